"""The bytes of an input in order, never more read ahead than one read gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nldissect.errors import CaptureError

CHUNK: Final = 1 << 16

_LENGTH_LIMIT: Final = 1 << 28
_USUAL_SNAPLEN: Final = 1 << 18


def length_limit(snaplen: int) -> int:
    """The greatest captured length, in bytes, that a record may claim (snaplen 0: none is set)."""
    if snaplen == 0:
        return _LENGTH_LIMIT
    return min(_LENGTH_LIMIT, 16 * max(snaplen, _USUAL_SNAPLEN))


class Feed:
    """A window that moves over the input.

    buf: the bytes at hand; base: offset of ``buf[0]`` in the input.
    read: gives the next bytes as soon as there are any, b"" at the end.
    """

    __slots__ = ("_read", "base", "buf", "path")

    def __init__(self, read: Callable[[], bytes], path: str) -> None:
        self.buf = b""
        self.base = 0
        self.path = path
        self._read = read

    def refill(self, pos: int, need: int) -> bool:
        """Move the window to ``buf[pos:]`` and read until it holds ``need`` bytes.

        pos may lie beyond the window: what is between is read and dropped.
        False: the input ends before that; ``buf`` then holds what was left.
        Raises CaptureError, with the offset of the window, when the input cannot be read.
        """
        gap = pos - len(self.buf)
        self.buf = self.buf[pos:]
        self.base += pos
        while gap > 0:
            piece = self._next()
            if not piece:
                return False
            self.buf = piece[gap:]
            gap -= len(piece)
        have = len(self.buf)
        if have >= need:
            return True
        # Pieces are collected as they come: a claimed length never allocates anything.
        pieces = [self.buf]
        while have < need:
            piece = self._next()
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        self.buf = b"".join(pieces)
        return have >= need

    def keep(self, keep: Callable[[bytes], object]) -> None:
        """Hands out all bytes from ``buf`` on, as they are read."""
        read = self._read
        keep(self.buf)

        def read_and_keep() -> bytes:
            data = read()
            keep(data)
            return data

        self._read = read_and_keep

    def _next(self) -> bytes:
        try:
            return self._read()
        except CaptureError as error:
            raise type(error)(error.what, error.path, self.base) from error
        except OSError as failure:
            raise CaptureError(strerror(failure), self.path, self.base) from failure


def strerror(error: OSError) -> str:
    """The system's words for an error, as part of a sentence."""
    words = error.strerror or str(error)
    return words[:1].lower() + words[1:]
