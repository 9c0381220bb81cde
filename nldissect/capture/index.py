"""Random access: where each record of a file starts, and how to read it there."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import Final, Protocol

from nldissect.errors import CaptureError, UsageError
from nldissect.model import Record

_USUAL_SIZE: Final = 4096


class Context(Protocol):
    """What the records of a file, or of a pcapng section, need to be read one by one.

    head: how many bytes size() needs; limit: the greatest believable length of a record.
    """

    @property
    def head(self) -> int: ...
    @property
    def limit(self) -> int: ...
    def size(self, data: bytes) -> int: ...
    def record(self, data: bytes, number: int, offset: int) -> Record | None: ...


class Index:
    """The records of a capture by number; it can be used while it still grows.

    offsets: where each record starts in the (decompressed) file.
    contexts: number of the first record that each context is for.
    """

    def __init__(self, path: str, read_at: Callable[[int, int], bytes]) -> None:
        self.offsets: array[int] = array("Q")
        self.contexts: list[tuple[int, Context]] = []
        self._path = path
        self._read_at = read_at

    def __len__(self) -> int:
        return len(self.offsets)

    def record(self, number: int) -> Record:
        """The record of this 1-based number.

        Raises UsageError if there is none, CaptureError if the file has changed meanwhile.
        """
        if not 1 <= number <= len(self.offsets):
            raise UsageError(f"no record {number}: there are {len(self.offsets)}")
        offset = self.offsets[number - 1]
        place = bisect_right(self.contexts, number, key=lambda context: context[0]) - 1
        context = self.contexts[place][1]
        data = self._read_at(offset, _USUAL_SIZE)
        if len(data) >= context.head:
            size = context.size(data)
            if len(data) < size <= context.head + context.limit:
                data = self._read_at(offset, size)
            if len(data) >= size:
                record = context.record(data[:size], number, offset)
                if record is not None:
                    return record
        raise CaptureError("the file has changed while it was read", self._path, offset)
