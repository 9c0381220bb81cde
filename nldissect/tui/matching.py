"""What is searched for, matched; expressions in a process of their own, so that none can hang."""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from ..errors import UsageError

Span = tuple[int, int]

_LONGEST: Final = 1000
_MOST_CHARACTERS: Final = 1 << 16
MOST_SPANS: Final = 10_000
_TEXT_S: Final = 0.2
_ROUND_S: Final = 0.5
_MOST_SLOW: Final = 20
_HEX: Final = re.compile(r"(?:0x)?((?:[0-9a-f]{2}[\s:.,_-]*)+)", re.IGNORECASE)
_NO_DIGIT: Final = re.compile(r"[^0-9a-fA-F]")

# Answers with the spans of as many texts as a round has time for, and None for one that took too
# long by itself: matching looks at signals, so that the alarm ends it.
_SERVE: Final = """
import itertools, marshal, re, signal, sys, time
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
taken, given = sys.stdin.buffer, sys.stdout.buffer
pattern, flags, text_s, round_s = marshal.load(taken)
compiled = re.compile(pattern, flags)
while True:
    try:
        texts, most = marshal.load(taken)
    except EOFError:
        break
    found = []
    end = time.monotonic() + round_s
    for text in texts:
        try:
            signal.setitimer(signal.ITIMER_REAL, text_s)
            spans = [match.span() for match in itertools.islice(compiled.finditer(text), most)]
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TimeoutError:
            spans = None
        found.append(spans)
        if time.monotonic() > end:
            break
    marshal.dump(found, given)
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
        self._asked = (source, int(flags), _TEXT_S, _ROUND_S)

    def spans(
        self,
        texts: Sequence[str | bytes],
        most: int = MOST_SPANS,
        step: Callable[[], bool] = lambda: True,
    ) -> list[list[Span]]:
        """Where it matches in each of some texts, in up to so many places.

        step: may end it, what is left does not match. Raises UsageError for an expression that
        takes too long in too many texts.
        """
        if not self._external:
            return [
                [match.span() for match in islice(self._compiled.finditer(text), most)]
                for text in texts
            ]
        left = [text[:_MOST_CHARACTERS] for text in texts]
        found: list[list[Span]] = []
        while left and step():
            answer = self._ask(left, most)
            self.slow += answer.count(None)
            if self.slow > _MOST_SLOW:
                raise UsageError("the expression takes too long: it repeats what repeats")
            found += [spans or [] for spans in answer]
            del left[: len(answer)]
        return found + [[] for _ in left]

    def _ask(self, texts: Sequence[str | bytes], most: int) -> list[list[Span] | None]:
        """The same of the process, for at least one text; None where it took too long."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SERVE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._send(self._asked)
        assert self._process.stdout is not None
        try:
            self._send((texts, most))
            answer: list[list[Span] | None] = marshal.load(self._process.stdout)
        except (EOFError, OSError):
            # It needs more memory than there is, or somebody ended it.
            self.close()
            return [None]
        return answer

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
