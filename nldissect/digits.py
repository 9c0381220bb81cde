"""Numbers as digits in a buffer, three at a time: no object is made of them."""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

_FITS: Final = 1 << 62
_SHORT: Final = [b"%d" % number for number in range(1000)]
_THREE: Final = [b"%03d" % number for number in range(1000)]

_BLANKS: Final = [b" " * number for number in range(64)]


def blanks(number: i64) -> bytes:
    """So many spaces."""
    return _BLANKS[number] if number < 64 else b" " * number


def write_number(out: BytesWriter, number: i64) -> None:
    """Appends a number from 0 on."""
    if number < 1000:
        out.write(_SHORT[number])
        return
    thousands = number // 1000
    if thousands < 1000:
        out.write(_SHORT[thousands])
    else:
        write_number(out, thousands)
    out.write(_THREE[number % 1000])


def write_integer(out: BytesWriter, number: int) -> None:
    """Appends any number."""
    if 0 <= number < _FITS:
        write_number(out, number)
    else:
        out.write(str(number).encode())


def write_nine(out: BytesWriter, number: i64) -> None:
    """Appends a number below a milliard with zeros in front, as nanoseconds stand after a point."""
    out.write(_THREE[number // 1_000_000])
    thousands = number // 1000
    out.write(_THREE[thousands % 1000])
    out.write(_THREE[number % 1000])


def write_six(out: BytesWriter, number: i64) -> None:
    """Appends a number below a million with zeros in front, as microseconds."""
    out.write(_THREE[number // 1000])
    out.write(_THREE[number % 1000])


def digits_of(number: i64) -> i64:
    """How many digits a number from 0 on has."""
    digits: i64 = 1
    while number >= 10:
        number //= 10
        digits += 1
    return digits
