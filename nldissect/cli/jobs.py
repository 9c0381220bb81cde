"""Work in several processes that take turns with the parts of one output."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from typing import Final, cast

from ..errors import OutputError
from .output import Output

_AHEAD: Final = 1 << 23
"""How many bytes are taken of a process whose turn has not come."""

Work = Callable[[int, Callable[[], None]], int]
"""Is given the place of its process and what ends a part; gives an exit code."""


def available() -> bool:
    """Whether the system can do it."""
    return hasattr(os, "fork")


class _Sender:
    """What a process writes to, in place of the output."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def write(self, data: memoryview) -> int:
        if data:
            self._pipe.send_bytes(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


class _Worker:
    """A process; parts: what came of it, with b"" where a part ends."""

    def __init__(self, pid: int, pipe: Connection) -> None:
        self.pid = pid
        self.pipe = pipe
        self.parts: deque[bytes] = deque()
        self.held = 0
        self.ended = False

    def take(self) -> None:
        try:
            data = self.pipe.recv_bytes()
        except (EOFError, OSError):
            self.ended = True
            self.pipe.close()
        else:
            self.parts.append(data)
            self.held += len(data)


class Jobs:
    """``count`` forks of this process as it is, each doing ``work``.

    What the first writes until it ends a part comes first, then a part of the second, and so on.
    """

    def __init__(self, count: int, work: Work, output: Output) -> None:
        self._output = output
        self._workers: list[_Worker] = []
        output.flush()
        for place in range(count):
            ours, theirs = Pipe(duplex=False)
            pid = os.fork()
            if not pid:
                ours.close()
                self._work(work, place, theirs)
            theirs.close()
            self._workers.append(_Worker(pid, ours))

    def _work(self, work: Work, place: int, pipe: Connection) -> None:
        """What a process does; it does not return."""
        code = 70
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            output = self._output
            output.redirect(_Sender(pipe))

            def done() -> None:
                output.flush()
                pipe.send_bytes(b"")

            code = work(place, done)
            output.flush()
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt):
                with suppress(OSError, ValueError):
                    sys.stderr.write(f"nldissect: error: {type(error).__name__}: {error}\n")
        finally:
            os._exit(code)

    def finish(self) -> set[int]:
        """Hands over all parts and gives the exit codes; raises OutputError."""
        workers, turn = self._workers, 0
        while True:
            worker = workers[turn % len(workers)]
            if worker.parts:
                data = worker.parts.popleft()
                worker.held -= len(data)
                if data:
                    self._output.write(data)
                else:
                    turn += 1
            elif worker.ended:
                break
            else:
                due = [w for w in workers if not w.ended and (w is worker or w.held < _AHEAD)]
                for pipe in cast(list[Connection], wait([w.pipe for w in due])):
                    next(w for w in due if w.pipe is pipe).take()
        codes: set[int] = set()
        # The one that has no more parts first: if it came to grief, others may wait for ever.
        for worker in (workers[turn % len(workers)], *workers):
            if worker in workers:
                _, status = os.waitpid(worker.pid, 0)
                workers.remove(worker)
                worker.pipe.close()
                code = os.waitstatus_to_exitcode(status)
                codes.add(code)
                if code not in (0, 1):
                    raise OutputError(f"a process ended with {code}")
        return codes

    def stop(self) -> None:
        """Ends what is still running; its output is dropped."""
        for worker in self._workers:
            with suppress(OSError):
                os.kill(worker.pid, signal.SIGKILL)
                os.waitpid(worker.pid, 0)
            worker.pipe.close()
        self._workers.clear()
