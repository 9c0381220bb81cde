"""Text from packets made safe to show: the one place that escapes control characters."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

# C0, DEL, C1, line and paragraph separators, and the characters that change writing direction.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SECOND_NS: Final = 1_000_000_000
_UNITS: Final = ((10**9, "s"), (10**6, "ms"), (10**3, "µs"), (1, "ns"))
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    short = _SHORT.get(char)
    if short is not None:
        return short
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text: str) -> str:
    """``text`` with control, C1, separator and bidirectional characters escaped."""
    # What is unsafe is not printable; the look for it is much faster.
    return text if text.isprintable() else _UNSAFE.sub(_escape, text)


def encoded(text: str) -> bytes:
    """``text`` in UTF-8; what has no place there is escaped."""
    return text.encode() if text.isascii() else text.encode("utf-8", "backslashreplace")


def show(value: Json) -> str:
    """A plain value as one line of safe text."""
    if isinstance(value, str):
        return printable(value)
    if value is True:
        return "true"
    if isinstance(value, list):
        return ", ".join([show(item) for item in value])
    if isinstance(value, dict):
        return ", ".join([f"{name}: {show(item)}" for name, item in value.items()])
    return "" if value is None else str(value)


def date_text(time_ns: int) -> str:
    """A time as RFC 3339 in UTC with nine digits; ``@seconds`` where no calendar reaches."""
    # Compiled, the two operators are much faster than divmod().
    seconds, rest = time_ns // _SECOND_NS, time_ns % _SECOND_NS
    return f"{_second(seconds)}.{str(_SECOND_NS + rest)[1:]}Z"


@lru_cache(1024)
def _second(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"@{seconds}"


def duration(value_ns: int) -> str:
    """A duration with its unit: to three digits, or to seconds."""
    size = abs(value_ns)
    step = max(1, min(10 ** (len(str(size)) - 3), _UNITS[0][0]))
    # What is rounded up may have reached the next unit.
    size = (size + step // 2) // step * step
    for unit, name in _UNITS:
        if size >= unit:
            whole, rest = divmod(size, unit)
            digits = 0 if unit == 1 else max(0, 3 - len(str(whole)))
            point = f".{rest:0{len(str(unit)) - 1}d}"[: digits + 1] if digits else ""
            return f"{'-' if value_ns < 0 else ''}{whole}{point} {name}"
    return "0 ns"
