"""Numbers as digits in a buffer: compiled, no object is made of them."""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_le
from mypy_extensions import i32, i64, u8

_FITS: Final = 1 << 62
_PURE: Final = __file__.endswith(".py")
_ZERO: Final = 0x30
_ZEROS: Final = 0x30303030

_BLANKS: Final = [b" " * number for number in range(64)]


def blanks(number: i64) -> bytes:
    """So many spaces."""
    return _BLANKS[number] if number < 64 else b" " * number


def write_number(out: BytesWriter, number: i64) -> None:
    """Appends a number from 0 on."""
    if _PURE:
        out.write(b"%d" % number)
    elif number >= 10000:
        write_number(out, number // 10000)
        write_i32_le(out, _four(number % 10000))
    elif number >= 1000:
        write_i32_le(out, _four(number))
    else:
        if number >= 10:
            if number >= 100:
                out.append(u8(number // 100 + _ZERO))
            out.append(u8(number // 10 % 10 + _ZERO))
        out.append(u8(number % 10 + _ZERO))


def _four(number: i64) -> i32:
    """Four digits, the first in the lowest byte: two pairs, then all four, side by side."""
    pairs = number // 100 | number % 100 << 16
    tens = pairs * 103 >> 10 & 0xF000F
    return i32(tens | pairs - tens * 10 << 8 | _ZEROS)


def write_integer(out: BytesWriter, number: int) -> None:
    """Appends any number."""
    if 0 <= number < _FITS:
        write_number(out, number)
    else:
        out.write(str(number).encode())


def write_nine(out: BytesWriter, number: i64) -> None:
    """Appends a number below a milliard with zeros in front, as nanoseconds stand after a point."""
    if _PURE:
        out.write(b"%09d" % number)
        return
    out.append(u8(number // 100_000_000 + _ZERO))
    write_i32_le(out, _four(number // 10000 % 10000))
    write_i32_le(out, _four(number % 10000))


def write_six(out: BytesWriter, number: i64) -> None:
    """Appends a number below a million with zeros in front, as microseconds."""
    if _PURE:
        out.write(b"%06d" % number)
        return
    out.append(u8(number // 100_000 + _ZERO))
    out.append(u8(number // 10000 % 10 + _ZERO))
    write_i32_le(out, _four(number % 10000))


def digits_of(number: i64) -> i64:
    """How many digits a number from 0 on has."""
    digits: i64 = 1
    while number >= 10:
        number //= 10
        digits += 1
    return digits
