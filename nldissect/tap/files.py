"""What is captured, on its way to a file, or to several that follow each other in a ring."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from errno import EINVAL, ENOTSUP
from typing import Final

import msgspec

from ..capture.feed import strerror
from ..errors import OutputError

STANDARD_OUTPUT: Final = "-"


class Limits(msgspec.Struct, frozen=True):
    """When a file, or a capture, is full; 0 is never. Own traffic does not count.

    size: of packets in bytes; packets: their number; seconds: since it began; files: their number.
    """

    size: int = 0
    packets: int = 0
    seconds: float = 0
    files: int = 0


class _Fill:
    """How full something is."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.size = 0
        self.packets = 0
        self._begun_s = time.monotonic()

    def add(self, size: int) -> None:
        self.size += size
        self.packets += 1

    def full(self) -> bool:
        limits = self._limits
        return bool(
            (limits.packets and self.packets >= limits.packets)
            or (limits.size and self.size >= limits.size)
            or self.late()
        )

    def late(self) -> bool:
        seconds = self._limits.seconds
        return bool(seconds) and time.monotonic() - self._begun_s >= seconds


class Files:
    """Takes blocks of a pcapng stream and writes whole ones only.

    target: a path, None to write nothing. descriptor: an open one in place of the path. head: what
    a file begins with; tail: what it ends with. each: when a file is full and the next one of a
    ring begins; all_: when the capture ends.
    full: nothing more is taken. switched: a further file has begun.
    All methods raise OutputError, BrokenPipeError where nobody reads.
    """

    def __init__(
        self,
        target: str | None,
        head: Callable[[], bytes],
        tail: Callable[[], bytes],
        each: Limits,
        all_: Limits,
        descriptor: int = -1,
    ) -> None:
        self.full = False
        self.switched = False
        self._target = target
        self._head = head
        self._tail = tail
        self._each = each
        self._all = all_
        self._ring = each != Limits()
        self._limited = self._ring or all_ != Limits()
        self._paths: deque[str] = deque()
        self._count = 0
        self._path = target or ""
        self._fd = descriptor
        self._in_file = _Fill(each)
        self._in_all = _Fill(all_)
        if target is not None:
            self._open()

    def packets(self, blocks: Sequence[bytes], own: Sequence[bool]) -> int:
        """Takes packets; own: which of them do not count. Gives how many were taken."""
        if not self._limited:
            self.other(blocks)
            return len(blocks)
        begun = 0
        for at, block in enumerate(blocks):
            if own[at]:
                continue
            if self._ring and self._in_file.full():
                self.other(blocks[begun:at])
                begun = at
                if self._all.files and self._count >= self._all.files:
                    self.full = True
                    return at
                self._switch()
            self._in_file.add(len(block))
            self._in_all.add(len(block))
            if self._in_all.full():
                self.full = True
                self.other(blocks[begun : at + 1])
                return at + 1
        self.other(blocks[begun:])
        return len(blocks)

    def other(self, blocks: Sequence[bytes]) -> None:
        """Takes blocks that are no packets."""
        if self._target is None or not blocks:
            return
        data = memoryview(b"".join(blocks))
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except BrokenPipeError:
            raise
        except OSError as error:
            self._cut(blocks, written)
            raise OutputError(f"{strerror(error)} ({self._path})") from error

    def tick(self) -> None:
        """Time has passed."""
        if self._in_all.late():
            self.full = True
        elif self._ring and self._in_file.packets and self._in_file.late():
            if self._all.files and self._count >= self._all.files:
                self.full = True
            else:
                self._switch()

    def close(self) -> None:
        """Ends the file, and waits until it is on the disk."""
        if self._target is None:
            return
        try:
            self.other([self._tail()])
        finally:
            self._end()

    def _open(self) -> None:
        if self._fd < 0:
            self._path = self._name()
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            try:
                self._fd = os.open(self._path, flags, 0o666)
            except (OSError, ValueError) as error:
                what = strerror(error) if isinstance(error, OSError) else str(error)
                raise OutputError(f"{what} ({self._path})") from error
        self._count += 1
        self._in_file = _Fill(self._each)
        self.other([self._head()])

    def _name(self) -> str:
        assert self._target is not None
        if not self._ring:
            return self._target
        stem, suffix = os.path.splitext(self._target)
        name = f"{stem}_{self._count + 1:05}_{time.strftime('%Y%m%d%H%M%S')}{suffix}"
        self._paths.append(name)
        if self._each.files and len(self._paths) > self._each.files:
            with suppress(OSError):
                os.unlink(self._paths.popleft())
        return name

    def _switch(self) -> None:
        if self._target is not None:
            self.close()
            self._open()
            self.switched = True
        else:
            self._in_file = _Fill(self._each)

    def _end(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError as error:
            # Pipes and devices have no disk.
            if error.errno not in (EINVAL, ENOTSUP):
                raise OutputError(f"{strerror(error)} ({self._path})") from error
        finally:
            os.close(self._fd)
            self._fd = -1

    def _cut(self, blocks: Sequence[bytes], written: int) -> None:
        """Takes away the part of a block that the file now ends with."""
        whole = 0
        for block in blocks:
            if whole + len(block) > written:
                break
            whole += len(block)
        with suppress(OSError):
            os.ftruncate(self._fd, os.lseek(self._fd, 0, os.SEEK_CUR) - written + whole)
            os.lseek(self._fd, 0, os.SEEK_END)
