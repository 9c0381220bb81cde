"""Families of which only the kernel's policies are known."""

from __future__ import annotations

import struct

import pytest

from nldissect.learn import FamilyInfo
from nldissect.model import Message
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
