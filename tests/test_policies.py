"""Families of which only the kernel's policies are known."""

from __future__ import annotations

import struct

import pytest

from nldissect.learn import FamilyInfo
from nldissect.model import Message, Record
from nldissect.policies import PolicyTables
from tests.check import check_record, dissector
from tests.test_dissect import attr, link, nlmsg, record

RULES = {
    1: {"type": "nul-string", "max-length": 5},
    2: {"type": "u32", "min-value-u": 1, "max-value-u": 9},
    3: {"type": "nested", "policy-idx": 1},
    4: {"type": "s32"},
    5: {"type": "nested-array", "policy-idx": 1},
    6: {"type": "uint"},
    7: {"type": "flag"},
    8: {"type": "binary"},
}


def info() -> FamilyInfo:
    known = FamilyInfo(40, "mine", "capture", 0, 1)
    known.policy.operations = {1: {"do": 0}, 2: {"dump": 0}}
    known.policy.attributes = {
        0: RULES,
        1: {1: {"type": "u8"}, 2: {"type": "nested", "policy-idx": 1}},
    }
    return known


def dissected(body: bytes, command: int = 1, flags: int = 1) -> Message:
    reader = dissector()
    reader.learned._history[0, 40] = [info()]
    data = link(16) + nlmsg(40, bytes((command, 1, 0, 0)) + body, flags=flags)
    return check_record(reader, record(data))[0]


def test_types_are_those_of_the_policy() -> None:
    body = attr(1, b"x\0") + attr(4, struct.pack("<i", -5)) + attr(6, struct.pack("<Q", 7))
    body += attr(3, attr(1, b"\3") + attr(2, attr(1, b"\4"))) + attr(7, b"")
    body += attr(5, attr(0, attr(1, b"\5")) + attr(1, attr(1, b"\6")))
    message = dissected(body)
    assert message.attrs == {
        "attr-1": "x",
        "attr-4": -5,
        "attr-6": 7,
        "attr-3": {"attr-1": 3, "attr-2": {"attr-1": 4}},
        "attr-7": True,
        "attr-5": [{"attr-1": 5}, {"attr-1": 6}],
    }
    assert [note.code for note in message.notes] == ["family.undescribed"]


def test_limits_hold_for_requests() -> None:
    body = attr(2, struct.pack("<I", 10))
    assert "value.range" in [note.code for note in dissected(body).notes]
    assert "value.range" not in [note.code for note in dissected(body, flags=0).notes]


@pytest.mark.parametrize(("flags", "noted"), [(1, True), (0, False)])
def test_another_width_is_read_all_the_same(flags: int, noted: bool) -> None:
    message = dissected(attr(2, b"\1\2"), flags=flags)
    assert message.attrs == {"attr-2": 0x201}
    assert ("value.width" in [note.code for note in message.notes]) is noted


def test_what_the_policy_leaves_out_is_guessed_without_a_remark() -> None:
    message = dissected(attr(9, b"word\0"))
    assert message.attrs == {"attr-9": "word"}
    assert [note.code for note in message.notes] == ["family.undescribed"]


def test_notifications_use_the_numbers_of_all_commands() -> None:
    assert dissected(attr(4, struct.pack("<i", -5)), command=9, flags=0).attrs == {"attr-4": -5}


def test_a_policy_may_grow_while_it_is_told() -> None:
    tables, known = PolicyTables(), info()
    first = tables.find(known, 1, False, "little")
    assert first is tables.find(known, 2, True, "little")
    assert first is not tables.find(known, 1, False, "big")
    known.policy.attributes[2] = {1: {"type": "u8"}}
    assert tables.find(known, 1, False, "little") is not first
    known.policy.operations = {1: {"do": 0}, 3: {"do": 2}}
    assert tables.find(known, 9, False, "little") is None
    assert tables.find(FamilyInfo(1, "x", "capture"), 1, False, "little") is None


def refused(command: int, body: bytes, tlvs: bytes) -> bytes:
    """An error with the request in it and the kernel's words."""
    request = nlmsg(40, bytes((command, 1, 0, 0)) + body, flags=5)
    return link(16) + nlmsg(2, struct.pack("<i", -22) + request + tlvs, 0x200, pid=7)


def test_refusals_teach_where_no_policy_was_told() -> None:
    reader = dissector()
    known = FamilyInfo(40, "mine", "capture", 0, 1)
    reader.learned._history[0, 40] = [known]
    rules = attr(4 | 0x8000, attr(1, struct.pack("<I", 2)))
    inside = attr(3 | 0x8000, attr(2, b"a\0\0\0"))
    bodies = [
        refused(1, attr(2, b"ab\0"), attr(2, struct.pack("<I", 20)) + rules),
        refused(1, inside, attr(2, struct.pack("<I", 24)) + rules),
        refused(1, attr(5 | 0x8000, attr(1, b"ab\0")),
                attr(5, struct.pack("<I", 9)) + attr(6, struct.pack("<I", 20))),
    ]  # fmt: skip
    reader.survey([Record(n, 0, 0, 253, body, len(body)) for n, body in enumerate(bodies, 1)])
    body = attr(2, b"A") + attr(3, attr(2, b"b")) + attr(5, b"") + attr(9, b"C")
    message = check_record(reader, record(link(16) + nlmsg(40, b"\1\1\0\0" + body, 1)))[0]
    assert message.attrs == {"attr-2": 65, "attr-3": {"attr-2": 98}, "attr-5": {}, "attr-9": 67}
    guessed = [
        node.name
        for layer in message.layers
        if layer.name == "attrs"
        for node in layer.children
        if any(note.code == "guessed" for note in node.notes)
    ]
    assert guessed == ["attr-9"]
    assert known.as_json()["policy"] == {"operations": {}, "attributes": {}}
    # A dump of the policies knows better.
    known.policy.add({"op-policy": {"op-id": 1, "do": 0}})
    known.policy.add_refusal(1, [2], {"type": "u64"})
    assert known.policy.operations[1] == {"do": 0}


def test_refusals_of_described_families_and_broken_ones_teach_nothing() -> None:
    reader = dissector()
    reader.learned._history[0, 40] = [FamilyInfo(40, "mine", "capture", 0, 1)]
    policy = reader.learned.families()[0].policy
    for body in (
        refused(1, attr(2, b"ab\0"), attr(2, struct.pack("<I", 2000)) + attr(4, b"")),
        refused(1, b"", attr(1, b"no\0")),
        refused(1, attr(2, b"ab\0"), b"")[:40],
    ):
        reader.survey([Record(1, 0, 0, 253, body, len(body))])
    assert not policy.attributes
