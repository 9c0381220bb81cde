"""What is searched for, matched; expressions in a process of their own, so that none can hang."""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from ..errors import UsageError

Span = tuple[int, int]

_LONGEST: Final = 1000
_MOST_CHARACTERS: Final = 1 << 16
MOST_SPANS: Final = 10_000
_LIMIT_S: Final = 0.5
_HEX: Final = re.compile(r"(?:0x)?((?:[0-9a-f]{2}[\s:.,_-]*)+)", re.IGNORECASE)
_NO_DIGIT: Final = re.compile(r"[^0-9a-fA-F]")

# A round that takes too long ends the process by its alarm, which its reader sees as an end.
_SERVE: Final = f"""
import itertools, marshal, re, signal, sys
taken, given = sys.stdin.buffer, sys.stdout.buffer
compiled = re.compile(*marshal.load(taken))
while True:
    try:
        texts, most = marshal.load(taken)
    except EOFError:
        break
    signal.setitimer(signal.ITIMER_REAL, {_LIMIT_S})
    spans = [
        [match.span() for match in itertools.islice(compiled.finditer(text), most)]
        for text in texts
    ]
    signal.setitimer(signal.ITIMER_REAL, 0)
    marshal.dump(spans, given)
    given.flush()
"""


def hex_bytes(text: str) -> bytes:
    """The bytes that hex digits mean, with or without separators; raises UsageError."""
    text = text.strip()
    whole = _HEX.fullmatch(text)
    if whole is None:
        raise UsageError("hex needs two digits for each byte: 0a:00 ff")
    return bytes.fromhex(_NO_DIGIT.sub("", whole.group(1)))


class Pattern:
    """Something to search for in texts or in bytes.

    how: text, hex, or regex for an expression. Text without capitals matches capitals as well.
    slow: how many texts took too long for the expression; they do not match.
    Raises UsageError for what means nothing.
    """

    def __init__(self, text: str, how: str, *, in_bytes: bool) -> None:
        if not text:
            raise UsageError("there is nothing to search for")
        if len(text) > _LONGEST:
            raise UsageError(f"what is searched for is longer than {_LONGEST} characters")
        self.slow = 0
        self._external = how == "regex"
        self._process: subprocess.Popen[bytes] | None = None
        source: str | bytes
        if how == "hex":
            source = re.escape(hex_bytes(text))
        elif in_bytes:
            raw = text.encode("utf-8", "surrogateescape")
            source = raw if how == "regex" else re.escape(raw)
        else:
            source = text if how == "regex" else re.escape(text)
        # A capital after a backslash is none of the text.
        capitals = re.sub(r"\\.", "", text) if how == "regex" else text
        flags = re.DOTALL
        if how != "hex" and capitals == capitals.lower():
            flags |= re.IGNORECASE
        try:
            self._compiled: re.Pattern[Any] = re.compile(source, flags)
        except re.error as error:
            raise UsageError(f"no regular expression: {error}") from None
        except (OverflowError, RecursionError, ValueError):
            raise UsageError("no regular expression that can be handled") from None
        self._asked = (source, int(flags))

    def spans(self, texts: Sequence[str | bytes], most: int = MOST_SPANS) -> list[list[Span]]:
        """Where it matches in each of some texts, in up to so many places."""
        if not self._external:
            return [
                [match.span() for match in islice(self._compiled.finditer(text), most)]
                for text in texts
            ]
        texts = [text[:_MOST_CHARACTERS] for text in texts]
        found = self._ask(texts, most)
        if found is not None:
            return found
        if len(texts) == 1:
            self.slow += 1
            return [[]]
        middle = len(texts) // 2
        return self.spans(texts[:middle], most) + self.spans(texts[middle:], most)

    def _ask(self, texts: Sequence[str | bytes], most: int) -> list[list[Span]] | None:
        """The same of the process; None if it took too long."""
        process = self._process
        if process is None:
            process = self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SERVE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._send(self._asked)
        assert process.stdout is not None
        try:
            self._send((texts, most))
            found: list[list[Span]] = marshal.load(process.stdout)
        except (EOFError, OSError, ValueError, TypeError):
            self.close()
            return None
        return found

    def _send(self, value: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(marshal.dumps(value))
        self._process.stdin.flush()

    def close(self) -> None:
        """Ends the process, if there is one; the next question begins another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for end in (process.stdin, process.stdout):
            if end is not None:
                with suppress(OSError):
                    end.close()
        process.wait()
