"""Work in several processes: one aside, or some that take turns with the parts of one output."""

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


class Aside:
    """A fork of this process as it is, which finds something out while this one does other work."""

    def __init__(self, find: Callable[[], bytes]) -> None:
        self._result, result = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            self._find(find, result)
        os.close(result)

    @staticmethod
    def _find(find: Callable[[], bytes], result: int) -> None:
        """What the fork does; it does not return."""
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            found = memoryview(find())
            while found:
                found = found[os.write(result, found) :]
        finally:
            os._exit(0)

    @property
    def ready(self) -> bool:
        """Whether ``result`` need not wait."""
        return bool(select([self._result], (), (), 0)[0])

    def result(self) -> bytes:
        """What was found; b"" if the fork came to nothing."""
        with open(self._result, "rb", buffering=0, closefd=False) as pipe:
            return pipe.readall()

    def stop(self) -> None:
        """Ends the fork; what it has not found is dropped."""
        os.close(self._result)
        with suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


class _Parts:
    """The parts of a process, which are written when the token comes to it.

    mine: where the token comes from; following: where it goes to.
    """

    def __init__(self, output: Output, mine: int, following: int) -> None:
        self._output = output
        self._stream = output.redirect(self)
        self._mine = mine
        self._following = following
        self._turn = False
        # The last one is under way.
        self._parts: deque[list[bytes]] = deque([[]])
        self._size = 0

    def write(self, data: bytes) -> int:
        """Takes what belongs to the part that is under way."""
        self._parts[-1].append(data)
        self._size += len(data)
        self._go_on()
        return len(data)

    def flush(self) -> None:
        """Nothing is written before its turn."""

    def end(self) -> None:
        """The part is whole."""
        self._output.flush()
        self._parts.append([])
        self._go_on()

    def finish(self) -> None:
        """Writes all that is left."""
        while len(self._parts) > 1:
            self._hand_on(wait=True)

    def _go_on(self) -> None:
        """Writes all that it is the turn of; waits for that while too much is ready."""
        while self._hand_on(wait=self._size > _AHEAD):
            pass

    def _hand_on(self, *, wait: bool) -> bool:
        """Writes the first part if it is its turn; whether the next one may have its turn as well.

        The turn is kept for a part that is under way.
        """
        if not self._turn:
            if not select([self._mine], (), (), None if wait else 0)[0]:
                return False
            os.read(self._mine, 1)
            self._turn = True
        self._output.redirect(self._stream)
        part = self._parts[0]
        for piece in part:
            self._size -= len(piece)
            self._output.write(piece)
        part.clear()
        self._output.flush()
        self._output.redirect(self)
        if len(self._parts) == 1:
            return False
        self._parts.popleft()
        self._turn = False
        os.write(self._following, _TURN)
        return True


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
