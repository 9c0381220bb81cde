"""Literals and the tests made of them, kind by kind; damaged values pass none and raise nothing."""

from __future__ import annotations

import pytest

from nldissect.filter.kinds import Misfit, bytes_of, kind_of, number_of
from nldissect.filter.shapes import KINDS, Shape
from nldissect.filter.syntax import Text, Word
from nldissect.spec.types import Enum

STATE = Enum("state", {1: "up", 2: "lower-down"}, {})
BITS = Enum("bits", {}, {0: "a", 3: "d"})


def shape(kind: str) -> Shape:
    enum = {"enum": STATE, "flags": BITS}.get(kind)
    return Shape(kind, enum)


def passes(kind: str, op: str, literal: Text | Word, value: object) -> bool:
    return kind_of(shape(kind)).test(op, literal)(value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12), ("-12", -12), ("+3", 3), ("0x1F", 31), ("0b101", 5), ("0o17", 15),
        ("017", 15), ("0", 0), ("1.5", None), ("x", None), ("0x", None), ("--1", None),
    ],
)  # fmt: skip
def test_numbers(text: str, number: int | None) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("0a:0b", b"\n\x0b"), ("0a-0b", b"\n\x0b"), ("0a.0b", b"\n\x0b"), ("a:b", b"\n\x0b"),
        ("0a0b", b"\n\x0b"), ("0x0a0b", b"\n\x0b"), ("0xa", b"\n"), ("0a0b.0c0d", b"\n\x0b\x0c\r"),
        ("x", None), ("0a:", None), ("abc", None),
    ],
)  # fmt: skip
def test_bytes(text: str, raw: bytes | None) -> None:
    assert bytes_of(text) == raw


@pytest.mark.parametrize(
    ("kind", "op", "literal", "yes", "no"),
    [
        ("uint", "==", Word("0x10"), 16, 17),
        ("uint", "==", Word("16"), "0x10", "0x11"),
        ("uint", ">", Word("16"), "0x11", "0x10"),
        ("uint", "==", Text("0x10"), "0x10", "0x11"),
        ("enum", "==", Word("up"), "up", "lower-down"),
        ("enum", "==", Word("IF_STATE_LOWER_DOWN"), "lower-down", "up"),
        ("enum", "==", Word("1"), "up", "lower-down"),
        ("enum", "==", Word("7"), "state(7)", "up"),
        ("enum", "==", Word("state(7)"), "state(7)", "state(8)"),
        ("enum", "==", Text("up"), "up", "state(8)"),
        ("enum", ">", Word("up"), "state(8)", "up"),
        ("enum", "<=", Word("1"), "up", "lower-down"),
        ("enum", "contains", Text("down"), "lower-down", "up"),
        ("flags", "==", Word("d"), ["a", "d"], ["a"]),
        ("flags", "==", Word("9"), ["a", "d"], ["a"]),
        ("flags", "==", Word("0x11"), ["a", "0x10"], ["a", "d"]),
        ("flags", "==", Word("BIT_D"), ["d"], ["a"]),
        ("flags", "==", Text("0x10"), ["a", "0x10"], ["a", "d"]),
        ("flags", "contains", Word("9"), ["a", "d", "0x10"], ["a"]),
        ("bytes", "==", Word("00:01"), "0001", "0002"),
        ("bytes", "==", Word("00:01"), "00 01", "00 02"),
        ("bytes", "==", Text("00 01"), "00 01", "00 02"),
        ("bytes", "==", Text("abcd"), "61626364", "61"),
        ("bytes", "==", Text("abcd"), "abcd", "61"),
        ("bytes", "==", Word("bf5c06c3-d049-6601"), "bf5c06c3d0496601", "bf"),
        ("bytes", "contains", Word("ff"), b"\x00\xff", b"\x00"),
        ("bytes", "matches", Text("^\\x00.$"), b"\x00\xff", b"\xff\x00"),
        ("mac", "==", Word("0-1-2-3-4-5"), "00:01:02:03:04:05", "00:01:02:03:04:06"),
        ("mac", "==", Text("00:01:02:03:04:05"), "00:01:02:03:04:05", "00:01:02:03:04:06"),
        ("ipv4-or-v6", "==", Word("c0000205"), "c0000205", "10.0.0.1"),
        ("ipv4-or-v6", "==", Word("::1"), "::1", "::2"),
        ("ipv4-or-v6", "==", Word("0:0:0:0:0:0:0:1"), "::1", "::2"),
        ("ipv4-or-v6", "==", Word("10.0.0.0/8"), "10.1.2.3", "11.0.0.0"),
        ("ipv4-or-v6", "==", Word("fe80::/10"), "fe80::1", "10.0.0.1"),
        ("ipv4-or-v6", ">", Word("10.0.0.1"), "10.0.0.2", "fe80::1"),
        ("string", "==", Text("a\udcff"), "a\\xff", "a"),
        ("string", "<", Text("b"), "a", "c"),
        ("duration", ">", Word("1.5ms"), 1_500_001, 1_500_000),
        ("duration", "<", Word("2m"), 119_999_999_999, 120_000_000_000),
        ("time", "==", Word("1970-01-01T00:00:01.5Z"), 1_500_000_000, 1),
        ("time", "==", Text("1970-01-01 01:00:00+01:00"), 0, 1),
        ("bool", "==", Word("true"), True, False),
        ("any", "==", Word("3"), 3, 4),
        ("any", "==", Word("word"), "word", "other"),
        ("any", "==", Word("a"), ["a", "b"], ["b"]),
        ("any", "==", Word("0a:0b"), "0a0b", "0a"),
        ("any", "==", Word("10.0.0.0/8"), "10.9.9.9", "11.0.0.0"),
        ("any", "matches", Text("^x"), "xy", "yx"),
    ],
)
def test_tests(kind: str, op: str, literal: Text | Word, yes: object, no: object) -> None:
    assert passes(kind, op, literal, yes)
    assert not passes(kind, op, literal, no)


LITERALS = [Word("1"), Word("up"), Word("d"), Word("::1"), Word("0a:0b"), Word("5ms"), Text("x"),
            Word("true"), Word("10.0.0.0/8"), Word("1970-01-01"), Text("("), Text("")]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_values_raise_nothing(kind: str) -> None:
    values = [None, 3, -1, 1 << 70, True, "", "zz", "0x", "aa", "10.0.0.1", b"", [], ["x"], [3], {},
              [[]], "state(", "x" * 5000]  # fmt: skip
    for literal in LITERALS:
        for op in ("==", "<", ">=", "contains", "matches"):
            try:
                test = kind_of(shape(kind)).test(op, literal)
            except Misfit:
                continue
            for value in values:
                assert test(value) in (True, False)


def test_a_search_sees_so_much_of_a_text() -> None:
    assert passes("string", "matches", Text("x"), "x" + "y" * 100_000)
    assert not passes("string", "matches", Text("x"), "y" * 100_000 + "x")
