"""The catalogue of note codes is whole: every code can be raised, and no other one is."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node, Note, Record
from nldissect.notes import CATALOGUE, SEVERITIES
from nldissect.transact import Fates, Tracker

from .check import REGISTRY, check_record, dissector
from .test_dissect import RECORDS, attr, link, nlmsg, record

PACKAGE = Path(__file__).parent.parent / "nldissect"
IFINFO = bytes(16)
REQUEST = nlmsg(18, IFINFO, 5, seq=7)
DUMP = nlmsg(18, IFINFO, 0x301, seq=7)
PART = nlmsg(16, IFINFO, 2, seq=7, pid=9)
REFUSAL = struct.pack("<i", -22)


def read(data: bytes, *, wire_len: int | None = None) -> list[Message]:
    """The messages of one record, checked."""
    return check_record(dissector(), record(data, wire_len=wire_len))


def link_message(run: bytes, flags: int = 2) -> list[Message]:
    """An RTM_NEWLINK with attributes."""
    return read(link(0) + nlmsg(16, IFINFO + run, flags))


def generic(name: str, command: int, run: bytes, flags: int = 5) -> list[Message]:
    """A message of a generic family."""
    reader = Dissector(REGISTRY, Learned({21: name}), [Interface(0, 253, 0, "", "", "little")])
    data = link(16) + nlmsg(21, struct.pack("<BBH", command, 1, 0) + run, flags)
    return check_record(reader, record(data))


def undescribed() -> list[Message]:
    reader = dissector()
    reader.learned.observe(0, 1, 1, {"family-id": 77, "family-name": "nobody"})
    return check_record(reader, record(link(16) + nlmsg(77, b"\2\1\0\0", 1)))


def reused() -> list[Message]:
    reader = dissector()
    for number, name in ((1, "before"), (2, "after")):
        reader.learned.observe(0, number, 1, {"family-id": 77, "family-name": name})
    data = link(16) + nlmsg(77, b"\2\1\0\0", 1)
    return check_record(reader, Record(3, 0, 0, 253, data, len(data)))


def tracked(*bodies: bytes) -> list[Message]:
    """Messages of rtnetlink, one in each record, after a first pass over them."""
    records = [
        Record(number, number * 1000, 0, 253, link(0) + body, 16 + len(body))
        for number, body in enumerate(bodies, 1)
    ]
    reader = dissector()
    fates = Fates()
    first = Tracker(reader, fates=fates)
    reader.survey(records)
    reader.tracker = first
    for item in records:
        reader.pass_over(item)
    first.finish()
    reader.start()
    reader.fate = fates.of
    reader.tracker = Tracker(reader)
    return [message for item in records for message in check_record(reader, item)]


RAISED: dict[str, Callable[[], list[Message]]] = {
    "record.short": lambda: read(link(0)[:10]),
    "record.empty": lambda: read(link(0)),
    "record.tail": lambda: read(link(0) + b"\xff" * 7),
    "record.tail.zero": lambda: read(link(0) + REQUEST + bytes(9)),
    "truncated": lambda: read((link(0) + nlmsg(16, IFINFO, 2))[:40], wire_len=48),
    "nlmsg.len.short": lambda: read(link(0) + struct.pack("<IHHII", 5, 16, 0, 1, 0)),
    "nlmsg.len.overrun": lambda: read(link(0) + struct.pack("<IHHII", 99, 16, 0, 1, 0)),
    "nlmsg.inner.overrun": lambda: read(
        link(0) + nlmsg(2, REFUSAL + struct.pack("<IHHII", 99, 16, 1, 1, 0) + bytes(20))
    ),
    "nlmsg.align": lambda: read(link(0) + nlmsg(18, b"\0", 0x301) + bytes(3) + REQUEST),
    "nlmsg.overrun": lambda: read(link(0) + nlmsg(4)),
    "type.undescribed": lambda: read(link(0) + nlmsg(0x7FF0, b"", 1)),
    "family.undescribed": undescribed,
    "family.unlearned": lambda: read(link(16) + nlmsg(99, b"\1\1\0\0", 1)),
    "family.id.reused": reused,
    "genl.cmd.unknown": lambda: read(link(16) + nlmsg(16, b"\xc8\1\0\0", 1)),
    "direction.odd": lambda: read(link(16) + nlmsg(16, b"\1\1\0\0", 1)),
    "header.deprecated": lambda: read(link(0) + nlmsg(22, b"\2\0\0\0", 0x301)),
    "error.refused": lambda: read(link(0) + nlmsg(2, REFUSAL + REQUEST, pid=9)),
    "txn.unanswered": lambda: tracked(REQUEST),
    "txn.orphan": lambda: tracked(PART),
    "txn.interrupted": lambda: tracked(DUMP, nlmsg(16, IFINFO, 0x12, seq=7, pid=9)),
    "txn.endless": lambda: tracked(DUMP, PART),
    "txn.ambiguous": lambda: tracked(DUMP, DUMP, PART),
    "attr.unknown": lambda: link_message(attr(999, b"\0")),
    "attr.repeated": lambda: link_message(attr(3, b"a\0") * 2),
    "attr.depth": lambda: read(link(16) + nlmsg(99, b"\1\1\0\0" + nested(40), 1)),
    "attr.len.short": lambda: link_message(struct.pack("<HHI", 3, 1, 1)),
    "attr.len.overrun": lambda: link_message(struct.pack("<HHI", 99, 1, 1)),
    "attr.trailing": lambda: link_message(b"\1\2"),
    "attr.trailing.zero": lambda: link_message(bytes(8)),
    "attr.pad.missing": lambda: read(link(0) + nlmsg(16, IFINFO + attr(3, b"a")[:6], 2)),
    "attr.pad.nonzero": lambda: link_message(attr(3, b"a")[:5] + b"\1\1\1"),
    "sub-message.unknown": lambda: link_message(attr(18, attr(2, b"\1\0\0\0"))),
    "guessed": lambda: link_message(attr(999, b"\0")),
    "value.width": lambda: link_message(attr(4, b"\1\2")),
    "value.range": lambda: generic("netdev", 1, attr(1, bytes(4))),
    "value.mask": lambda: generic("wireguard", 1, attr(5, b"\0\0\0\x80")),
    "value.length": lambda: generic("wireguard", 1, attr(3, b"short")),
    "struct.short": lambda: link_message(attr(14, b"\1\0\0\0")),
    "struct.long": lambda: link_message(attr(14, b"\1" * 40)),
    "element.cut": lambda: generic("nl80211", 1, attr(42, b"\0\5ab")),
    "frame.short": lambda: generic("nl80211", 59, attr(51, b"\x80")),
}
"""What raises each code."""


def nested(depth: int) -> bytes:
    """Attributes inside attributes."""
    run = b""
    for _ in range(depth):
        run = attr(0x8001, run)
    return run


def marks(message: Message) -> Iterator[Note]:
    """The notes of a message and those that only its nodes have."""
    yield from message.notes
    nodes: list[Node] = list(message.layers)
    while nodes:
        node = nodes.pop()
        yield from node.notes
        nodes += node.children


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_is_raised(code: str) -> None:
    assert code in RAISED, "nothing in this file's table raises it"
    found = [note for message in RAISED[code]() for note in marks(message)]
    assert code in {note.code for note in found}
    assert {note.severity for note in found if note.code == code} == {CATALOGUE[code].severity}


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_entry_is_whole(code: str) -> None:
    entry = CATALOGUE[code]
    assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", code)
    assert entry.severity in SEVERITIES
    assert entry.summary.endswith(".")
    assert len(entry.summary) <= 70
    assert 1 <= len(re.findall(r"[.:](?: |$)", entry.help)) <= 4
    assert entry.help.endswith(".")


def test_the_source_names_no_other_code() -> None:
    said = re.compile(r"""(?:\bNote\(|\.note\(\s*\w+,|_remark\(message,)\s*"([^"]+)",""")
    named = {
        code
        for path in PACKAGE.rglob("*.py")
        if "capture" not in path.parts
        for code in said.findall(path.read_text())
    }
    assert len(named) > 15
    assert named - set(CATALOGUE) == set()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RECORDS), st.data())
def test_no_other_code_is_raised(original: Record, data: st.DataObject) -> None:
    raw = bytearray(original.data)
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for message in dissector(learning=True).dissect(record(bytes(raw))):
        for note in marks(message):
            assert note.code in CATALOGUE


def codes(messages: list[Message]) -> list[str]:
    return [note.code for message in messages for note in message.notes]


def test_policies_hold_in_requests_alone() -> None:
    run = attr(1, bytes(4))
    (asked,) = generic("netdev", 1, run)
    assert [(note.code, note.path, note.message) for note in asked.notes] == [
        ("value.range", "attrs.ifindex", "0 where the kernel takes 1…4294967295")
    ]
    assert codes(generic("netdev", 1, run, flags=2)) == []
    assert codes(generic("netdev", 1, attr(1, b"\1\0\0\0"))) == []


def test_a_request_inside_an_error_is_checked() -> None:
    reader = Dissector(REGISTRY, Learned({21: "netdev"}), dissector().interfaces)
    request = nlmsg(21, b"\1\1\0\0" + attr(1, bytes(4)), 5)
    data = link(16) + nlmsg(2, REFUSAL + request, pid=9)
    (message,) = check_record(reader, record(data))
    assert [(note.code, note.path) for note in message.notes] == [
        ("error.refused", "error"),
        ("value.range", "error.request.attrs.ifindex"),
    ]


def test_a_check_in_a_nest_says_where() -> None:
    (message,) = generic("wireguard", 1, attr(0x8008, attr(0x8000, attr(1, b"key"))))
    assert [(note.code, note.path, note.message) for note in message.notes] == [
        ("value.length", "attrs.peers.0.public-key",
         "3 bytes where the kernel takes exactly 32 bytes")
    ]  # fmt: skip


def test_a_command_beyond_all_requests_is_no_reply() -> None:
    assert codes(generic("ethtool", 200, b"")) == ["genl.cmd.unknown"]
