"""Integers read in place are what struct reads."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st

from nldissect.wire.ints import u16, u32


@given(st.binary(min_size=4, max_size=12), st.data())
def test_they_are_what_struct_reads(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 4))
    for big, order in ((False, "<"), (True, ">")):
        assert u16(data, at, big) == struct.unpack_from(f"{order}H", data, at)[0]
        assert u32(data, at, big) == struct.unpack_from(f"{order}I", data, at)[0]


def test_what_is_not_there_raises() -> None:
    with pytest.raises(IndexError):
        u16(b"\1", 0, False)
    with pytest.raises(IndexError):
        u32(b"\1\2\3", 0, True)
