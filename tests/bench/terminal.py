"""A program on a terminal of its own: keys in, and what it writes as plain text."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Final, Self

_ESCAPES: Final = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])"
)


class Terminal:
    """Runs a command on a pseudo-terminal of ``columns`` × ``rows``."""

    def __init__(
        self, command: Sequence[str], columns: int, rows: int, environment: Mapping[str, str]
    ) -> None:
        self.started = time.monotonic()
        self.pid, self._fd = pty.fork()
        if not self.pid:
            os.environ.update(TERM="xterm-256color", COLUMNS=str(columns), LINES=str(rows))
            os.environ.update(environment)
            os.execvp(command[0], list(command))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            os.kill(self.pid, 9)
        except ProcessLookupError:
            return
        finally:
            os.close(self._fd)
        os.waitpid(self.pid, 0)

    def press(self, keys: str) -> float:
        """Types keys; gives the time."""
        self._written = b""
        now = time.monotonic()
        os.write(self._fd, keys.encode())
        return now

    def wait(self, text: str, seconds: float) -> float:
        """Waits until a text is written since the last keys; gives the time when it was.

        Raises TimeoutError with what was written instead.
        """
        wanted = text.encode()
        end = time.monotonic() + seconds
        while True:
            plain = _ESCAPES.sub(b"", self._written)
            if wanted in plain:
                return time.monotonic()
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no {text!r} in {plain[-2000:]!r}")
            if select.select([self._fd], [], [], left)[0]:
                try:
                    self._written += os.read(self._fd, 1 << 16)
                except OSError as error:
                    raise TimeoutError(f"it ended: {plain[-2000:]!r}") from error

    def memory(self) -> float:
        """The most memory that the program has had, in MB."""
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) / 1024
        return 0.0
