"""Work in several processes that take turns with the parts of one output."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from select import select
from typing import Final

from ..errors import OutputError
from .output import Output, OutputClosed

_AHEAD: Final = 1 << 23
"""How many bytes a process has ready before it waits for its turn."""

_CLOSED: Final = 71
_FAILED: Final = 72
_TURN: Final = b"."

Work = Callable[[int, Callable[[], None]], int]
"""Is given the place of its process and what ends a part; gives an exit code."""


def available() -> bool:
    """Whether the system can do it."""
    return hasattr(os, "fork")


class _Parts:
    """The parts of a process, which are written when the token comes to it.

    mine: where the token comes from; following: where it goes to.
    """

    def __init__(self, output: Output, mine: int, following: int) -> None:
        self._output = output
        self._stream = output.redirect(self)
        self._mine = mine
        self._following = following
        self._part: list[bytes] = []
        self._ready: deque[list[bytes]] = deque()
        self._size = 0

    def write(self, data: bytes) -> int:
        """Takes what belongs to the part that is under way."""
        self._part.append(data)
        self._size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is written before its turn."""

    def end(self) -> None:
        """The part is whole."""
        self._output.flush()
        self._ready.append(self._part)
        self._part = []
        while self._ready and select([self._mine], (), (), None if self._size > _AHEAD else 0)[0]:
            self._write()

    def finish(self) -> None:
        """Writes all that is left."""
        while self._ready:
            self._write()

    def _write(self) -> None:
        os.read(self._mine, 1)
        self._output.redirect(self._stream)
        for piece in self._ready.popleft():
            self._size -= len(piece)
            self._output.write(piece)
        self._output.flush()
        self._output.redirect(self)
        os.write(self._following, _TURN)


class Jobs:
    """``count`` forks of this process as it is, each doing ``work``.

    What the first writes until it ends a part comes first, then a part of the second, and so on.
    """

    def __init__(self, count: int, work: Work, output: Output) -> None:
        self._output = output
        self._pids: set[int] = set()
        self._tokens = [os.pipe() for _ in range(count)]
        self._words, words = os.pipe()
        output.flush()
        try:
            for place in range(count):
                pid = os.fork()
                if not pid:
                    self._work(work, place, words)
                self._pids.add(pid)
        finally:
            os.close(words)
        os.write(self._tokens[0][1], _TURN)

    def _work(self, work: Work, place: int, words: int) -> None:
        """What a process does; it does not return."""
        code = 70
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            following = self._tokens[(place + 1) % len(self._tokens)][1]
            parts = _Parts(self._output, self._tokens[place][0], following)
            code = work(place, parts.end)
            parts.finish()
        except OutputClosed:
            code = _CLOSED
        except OutputError as error:
            code = _FAILED
            os.write(words, str(error).encode("utf-8", "backslashreplace"))
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt):
                with suppress(OSError, ValueError):
                    sys.stderr.write(f"nldissect: error: {type(error).__name__}: {error}\n")
        finally:
            os._exit(code)

    def finish(self) -> set[int]:
        """Waits for all and gives the exit codes; raises OutputError and OutputClosed."""
        codes: set[int] = set()
        while self._pids:
            pid, status = os.wait()
            if pid not in self._pids:
                continue
            self._pids.remove(pid)
            code = os.waitstatus_to_exitcode(status)
            codes.add(code)
            if code == _CLOSED:
                raise OutputClosed
            if code == _FAILED:
                raise OutputError(os.read(self._words, 4096).decode())
            if code not in (0, 1):
                raise OutputError(f"a process ended with {code}")
        return codes

    def stop(self) -> None:
        """Ends what is still running; its output is dropped."""
        for pid in self._pids:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self._pids.clear()
        for pipe in (self._words, *(end for token in self._tokens for end in token)):
            with suppress(OSError):
                os.close(pipe)
        self._tokens.clear()
