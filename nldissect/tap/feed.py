"""What is captured, on its way to who decodes it: never waited for, what is too much is skipped."""

from __future__ import annotations

import fcntl
import os
import select
from collections import deque
from contextlib import suppress
from typing import Final

LIMIT: Final = 16 << 20
"""How many bytes wait for the reader before packets are skipped."""

_SET_PIPE_SIZE: Final = 1031
_PIPE_SIZE: Final = 1 << 20


class Feed:
    """A pipe to the reader. open: it reads; skipped: packets that it does not get."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.open = True
        self.skipped = 0
        self._waiting: deque[memoryview] = deque()
        self._size = 0
        os.set_blocking(fd, False)
        with suppress(OSError):
            fcntl.fcntl(fd, _SET_PIPE_SIZE, _PIPE_SIZE)

    @property
    def waiting(self) -> bool:
        """Whether it is to be told when the reader has room."""
        return bool(self._waiting)

    def give(self, data: bytes, packets: int) -> None:
        """Passes blocks on, as soon as there is room; packets: how many there are in them."""
        if not self.open or not data:
            return
        if packets and self._size + len(data) > LIMIT:
            self.skipped += packets
            return
        self._waiting.append(memoryview(data))
        self._size += len(data)
        self.pass_on()

    def pass_on(self) -> None:
        """Writes what the pipe has room for."""
        waiting = self._waiting
        try:
            while waiting:
                written = os.write(self.fd, waiting[0])
                self._size -= written
                if written < len(waiting[0]):
                    waiting[0] = waiting[0][written:]
                else:
                    waiting.popleft()
        except BlockingIOError:
            pass
        except OSError:
            self.shut()

    def shut(self) -> None:
        """Nobody reads it any more."""
        self.open = False
        self._waiting.clear()
        self._size = 0

    def close(self) -> None:
        """Waits until all is read, or nobody reads any more."""
        room = select.poll()
        room.register(self.fd, select.POLLOUT)
        while self._waiting:
            room.poll()
            self.pass_on()
        os.close(self.fd)
