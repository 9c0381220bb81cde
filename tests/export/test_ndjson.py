"""Lines of JSON: what is kept for equal bytes is what these bytes say each time."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.export.ndjson import Writer
from nldissect.model import Message, Record
from tests.check import dissector
from tests.test_dissect import CAPTURES, attr, link, nlmsg

from .test_text import messages_of


def lines(messages: list[Message], *, straight: bool) -> bytes:
    """Straight from the bytes, with what is kept, or by way of objects."""
    out = bytearray()
    writer = Writer(out.extend, [], straight=straight)
    for message in messages:
        writer.message(message)
    return bytes(out)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_what_is_kept_is_what_is_read(path: Path) -> None:
    assert lines(list(messages_of(path)), straight=True) == lines(
        list(messages_of(path)), straight=False
    )


def links(*changes: tuple[int, int]) -> list[Message]:
    """A few messages with an equal body, asked and told, then one with changed bytes."""
    header = struct.pack("<BxHiII", 0, 1, 3, 1, 0)
    run = attr(3, b"v0\0") + attr(4, struct.pack("<I", 1500)) + attr(16, b"\2")
    body = header + run + attr(18, attr(1, b"vlan\0") + attr(2, attr(1, struct.pack("<H", 7))))
    reader = dissector()
    found = []
    for number, flags in enumerate((0, 5, 0, 5, 2), 1):
        data = bytearray(link(0) + nlmsg(16, body, flags, seq=number, pid=7 if flags == 2 else 0))
        if number > 3:
            for at, value in changes:
                data[32 + at % (len(data) - 32)] = value
        found += reader.dissect(Record(number, 0, number, 253, bytes(data), len(data)))
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4))
def test_remarks_are_told_each_time(changes: list[tuple[int, int]]) -> None:
    assert lines(links(*changes), straight=True) == lines(links(*changes), straight=False)
