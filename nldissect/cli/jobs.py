"""Work in several processes whose outputs come out in the order in which they were begun."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from ..errors import OutputError
from .output import Output


def available() -> bool:
    """Whether the system can do it."""
    return hasattr(os, "fork")


class Jobs:
    """At most ``limit`` processes at a time, each a fork of this one as it was at ``run``."""

    def __init__(self, limit: int, output: Output) -> None:
        self._limit = limit
        self._output = output
        self._running: deque[tuple[int, IO[bytes]]] = deque()
        self.codes: set[int] = set()

    def run(self, work: Callable[[], int]) -> None:
        """Begins ``work`` in a process; what it writes to the output comes when its turn is.

        work: gives an exit code, which is added to ``codes``. Raises OutputError.
        """
        while len(self._running) >= self._limit:
            self._take()
        self._output.flush()
        try:
            held = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed when it was taken)
        except OSError as error:
            raise OutputError(f"no temporary file: {error.strerror}") from error
        pid = os.fork()
        if pid:
            self._running.append((pid, held))
            return
        code = 70
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            self._output.redirect(held)
            code = work()
            self._output.flush()
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt):
                with suppress(OSError, ValueError):
                    sys.stderr.write(f"nldissect: error: {type(error).__name__}: {error}\n")
        finally:
            os._exit(code)

    def finish(self) -> None:
        """Waits for all; raises OutputError."""
        while self._running:
            self._take()

    def stop(self) -> None:
        """Ends what is still running; its output is dropped."""
        while self._running:
            pid, held = self._running.popleft()
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            held.close()

    def _take(self) -> None:
        """Waits for the oldest and hands over its output."""
        pid, held = self._running[0]
        _, status = os.waitpid(pid, 0)
        self._running.popleft()
        with held:
            self._output.copy(held)
        code = os.waitstatus_to_exitcode(status)
        self.codes.add(code)
        if code not in (0, 1):
            raise OutputError(f"a process ended with {code}")
