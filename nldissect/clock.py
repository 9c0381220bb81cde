"""Times of capture as text."""

from __future__ import annotations

from time import gmtime, localtime, strftime
from typing import Final

TIME_FORMATS: Final = {
    "a": "time of day, local",
    "ad": "date and time of day, local",
    "d": "seconds since the message before",
    "e": "seconds since 1970-01-01 UTC",
    "r": "seconds since the first record",
    "u": "time of day, UTC",
    "ud": "date and time of day, UTC",
}
_CLOCKS: Final = {
    "a": (localtime, "%H:%M:%S"),
    "ad": (localtime, "%Y-%m-%d %H:%M:%S"),
    "u": (gmtime, "%H:%M:%S"),
    "ud": (gmtime, "%Y-%m-%d %H:%M:%S"),
}
_SECOND: Final = 1_000_000_000


class Clock:
    """Times as text in one of TIME_FORMATS: microseconds until a capture shows finer ones.

    base_ns: what times are relative to, the first one that is asked for unless it is set.
    """

    def __init__(self, format_: str) -> None:
        self.format = format_
        self.base_ns: int | None = None
        self._unit = 1000
        self._one = 1_000_000
        self._second = -1
        self._text = ""
        self._last_ns: int | None = None
        self._last = ""

    def text(self, time_ns: int | None) -> str:
        """One time; the first of a capture is what later ones are relative to."""
        if time_ns is None:
            return "-"
        if time_ns == self._last_ns and self.format != "d":
            return self._last
        if time_ns % self._unit:
            self._unit, self._one = 1, _SECOND
        self._last_ns = time_ns
        self._last = self._written(time_ns)
        return self._last

    def _written(self, time_ns: int) -> str:
        # Compiled, the two operators are much faster than divmod().
        format_ = self.format
        if format_ in _CLOCKS:
            second, rest = time_ns // _SECOND, time_ns % _SECOND
            if second != self._second:
                zone, layout = _CLOCKS[format_]
                try:
                    self._text = strftime(layout, zone(second))
                except (ValueError, OverflowError, OSError):
                    self._text = f"@{second}"
                self._second = second
            return f"{self._text}.{self._fraction(rest)}"
        if format_ != "e":
            base = self.base_ns
            if base is None or format_ == "d":
                self.base_ns = time_ns
            time_ns -= time_ns if base is None else base
        sign = ""
        if time_ns < 0:
            sign, time_ns = "-", -time_ns
        return f"{sign}{time_ns // _SECOND}.{self._fraction(time_ns % _SECOND)}"

    def _fraction(self, rest: int) -> str:
        """The digits behind the point."""
        return str(self._one + rest // self._unit)[1:]
