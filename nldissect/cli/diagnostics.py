"""Words for people: the one place that writes to stderr and that owns the exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from ..errors import (
    CaptureError,
    FilterError,
    LiveError,
    NldissectError,
    NotACapture,
    OutputError,
    TruncatedCapture,
)
from ..text import printable

DONE: Final = 0
FOUND: Final = 1
USAGE: Final = 2
UNREADABLE: Final = 3
CUT_SHORT: Final = 4
OUTPUT_FAILED: Final = 5
NOT_ALLOWED: Final = 6
INTERNAL: Final = 70
INTERRUPTED: Final = 130

_WORSE: Final = (
    DONE,
    FOUND,
    CUT_SHORT,
    UNREADABLE,
    USAGE,
    OUTPUT_FAILED,
    NOT_ALLOWED,
    INTERNAL,
    INTERRUPTED,
)


def code_of(error: NldissectError) -> int:
    """The exit code that an error leads to."""
    if isinstance(error, TruncatedCapture):
        return CUT_SHORT
    if isinstance(error, CaptureError):
        return UNREADABLE
    if isinstance(error, OutputError):
        return OUTPUT_FAILED
    if isinstance(error, LiveError):
        return NOT_ALLOWED
    return USAGE


class Diagnostics:
    """Says what went wrong, once, and remembers the worst of it in ``code``.

    quiet: errors only.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.code = DONE

    def error(self, what: str, code: int, hint: str = "") -> None:
        """One line: what is wrong and, behind it, what to do about it."""
        self.fail(code)
        _say(f"nldissect: error: {what}{f'; {hint}' if hint and not self.quiet else ''}")

    def fail(self, code: int) -> None:
        """Remembers an exit code if it is worse than what is known."""
        self.code = max(self.code, code, key=_WORSE.index)

    def exception(self, error: NldissectError) -> None:
        """An error of this package, under its exit code."""
        hint = ""
        if isinstance(error, NotACapture):
            hint = "nldissect reads pcap and pcapng, also in gzip, xz, zstd or lz4"
        self.error(str(error), code_of(error), hint)
        if isinstance(error, FilterError):
            for line in error.caret():
                _say(f"  {line}")

    def warning(self, what: str) -> None:
        """Something is odd and the work goes on."""
        if not self.quiet:
            _say(f"nldissect: warning: {what}")

    def remark(self, what: str) -> None:
        """Something to know."""
        if not self.quiet:
            _say(f"nldissect: {what}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean X?`` with the nearest known words, "" if none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else ""


def _say(line: str) -> None:
    # Where nobody can be told, the exit code still tells.
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(printable(line).encode("ascii", "backslashreplace").decode() + "\n")
            sys.stderr.flush()
