"""Numbers as digits in a buffer."""

from __future__ import annotations

from hypothesis import given, strategies as st
from librt.strings import BytesWriter

from nldissect.digits import (
    blanks,
    digits_of,
    write_integer,
    write_nine,
    write_number,
    write_six,
)


@given(st.integers(0, 1 << 62) | st.integers(0, 20_000))
def test_numbers_are_as_python_writes_them(number: int) -> None:
    out = BytesWriter()
    write_number(out, number)
    assert out.getvalue() == str(number).encode()
    assert digits_of(number) == len(str(number))


def test_each_number_of_few_digits() -> None:
    for number in range(10_001):
        out = BytesWriter()
        write_number(out, number)
        assert out.getvalue() == str(number).encode()


@given(st.integers(-(1 << 70), 1 << 70))
def test_numbers_of_any_size(number: int) -> None:
    out = BytesWriter()
    write_integer(out, number)
    assert out.getvalue() == str(number).encode()


@given(st.integers(0, 999_999_999))
def test_fractions_have_zeros_in_front(number: int) -> None:
    out = BytesWriter()
    write_nine(out, number)
    write_six(out, number // 1000)
    assert out.getvalue() == f"{number:09}{number // 1000:06}".encode()


def test_blanks() -> None:
    assert [blanks(count) for count in (0, 1, 63, 64, 100)] == [
        b" " * count for count in (0, 1, 63, 64, 100)
    ]
