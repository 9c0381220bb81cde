"""The attribute walk over good and hostile runs."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st

from nldissect.wire.attrs import (
    OVERRUN,
    PADDING_MISSING,
    PADDING_NONZERO,
    SHORT,
    TRAILING,
    iter_attrs,
    reads_as_attrs,
)


@given(st.binary(max_size=200), st.sampled_from(["little", "big"]))
def test_spans_tile_any_run(data: bytes, order: str) -> None:
    at = 0
    for span in iter_attrs(data, 0, len(data), order):
        assert span.start == at
        assert span.start < span.stop <= span.padded <= len(data)
        at = span.padded
    assert at == len(data)


@pytest.mark.parametrize(
    ("run", "problems"),
    [
        (b"\x05\0\1\0x\0\0\0\4\0\2\0", ["", ""]),
        (b"\x05\0\1\0x\0\0\1\4\0\2\0", [PADDING_NONZERO, ""]),
        (b"\x05\0\1\0x", [""]),
        (b"\x05\0\1\0x\0", [PADDING_MISSING]),
        (b"\4\0\1\0\0\0\0\0", ["", SHORT]),
        (b"\3\0\1\0", [SHORT]),
        (b"\4\0\1\0\4\0", ["", TRAILING]),
        (b"\x40\0\1\0abcd", [OVERRUN]),
    ],
)
def test_problems(run: bytes, problems: list[str]) -> None:
    assert [span.problem for span in iter_attrs(run, 0, len(run), "little")] == problems


def test_flags_stay_in_the_kind() -> None:
    (span,) = iter_attrs(struct.pack(">HH", 4, 0xC005), 0, 4, "big")
    assert span.kind == 0xC005


@pytest.mark.parametrize(
    ("run", "reads"),
    [
        (b"", False),
        (b"\4\0\1\0", True),
        (b"\5\0\1\0x\0\0\0", True),
        (b"\5\0\1\0x\0\0\1", False),
        (b"\5\0\1\0x", True),
        (b"\4\0\1\0\0\0", False),
        (b"\x09\0\1\0", False),
    ],
)
def test_reads_as_attrs(run: bytes, reads: bool) -> None:
    assert reads_as_attrs(run, 0, len(run), "little") is reads
