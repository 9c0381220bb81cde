"""Times of capture as text."""

from __future__ import annotations

from time import gmtime, localtime, strftime
from typing import Final

from librt.strings import BytesWriter

from .digits import write_integer, write_nine, write_six
from .text import date_text

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
        self._fine = False
        self._second = 0
        self._text = b""
        # The last time, if that reads the same whenever it is asked for.
        self._known = False
        self._out = BytesWriter()
        self._last_ns = 0
        self._last = b""

    def text(self, time_ns: int | None) -> str:
        """One time; the first of a capture is what later ones are relative to."""
        return self.raw(time_ns).decode()

    def raw(self, time_ns: int | None) -> bytes:
        """The same, encoded."""
        if time_ns is None:
            return b"-"
        now: int = time_ns
        if self._known and now == self._last_ns:
            return self._last
        if not self._fine and now % 1000:
            self._fine = True
        self._last = self._written(now)
        self._last_ns = now
        self._known = self.format != "d"
        return self._last

    def _written(self, time_ns: int) -> bytes:
        # Compiled, the two operators are much faster than divmod().
        out = self._out
        out.truncate(0)
        format_ = self.format
        if format_ in _CLOCKS:
            second, rest = time_ns // _SECOND, time_ns % _SECOND
            if second != self._second or not self._text:
                zone, layout = _CLOCKS[format_]
                try:
                    self._text = strftime(layout, zone(second)).encode()
                except (ValueError, OverflowError, OSError):
                    self._text = b"@%d" % second
                self._second = second
            out.write(self._text)
        else:
            if format_ != "e":
                base = self.base_ns
                if base is None or format_ == "d":
                    self.base_ns = time_ns
                time_ns -= time_ns if base is None else base
            if time_ns < 0:
                out.write(b"-")
                time_ns = -time_ns
            rest = time_ns % _SECOND
            write_integer(out, time_ns // _SECOND)
        out.write(b".")
        if self._fine:
            write_nine(out, rest)
        else:
            write_six(out, rest // 1000)
        return out.getvalue()


class Dates:
    """Writes times as ``date_text`` does."""

    def __init__(self) -> None:
        self._second = 0
        self._text = b""

    def write(self, out: BytesWriter, time_ns: int) -> None:
        """Appends a time."""
        second = time_ns // _SECOND
        if second != self._second or not self._text:
            self._text = date_text(time_ns).partition(".")[0].encode()
            self._second = second
        out.write(self._text)
        out.write(b".")
        write_nine(out, time_ns % _SECOND)
        out.write(b"Z")
