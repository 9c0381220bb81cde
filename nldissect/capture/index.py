"""Random access: where each record of a file starts, and how to read it there."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from nldissect.errors import CaptureError, UsageError
from nldissect.model import Record

_USUAL_SIZE: Final = 4096
_BLOCK: Final = 1 << 18


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
        context = self.contexts[self._place(number)][1]
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

    def records(self, first: int, stop: int) -> Iterator[Record]:
        """The records from one number up to another, which is not among them, in order.

        Raises as record() does.
        """
        number = first
        while number < stop:
            base = self.offsets[number - 1]
            data = self._read_at(base, _BLOCK)
            place = self._place(number)
            context = self.contexts[place][1]
            end = stop
            if place + 1 < len(self.contexts):
                end = min(end, self.contexts[place + 1][0])
            begun = number
            last = len(data) - context.head
            while number < end:
                at = self.offsets[number - 1] - base
                if at > last:
                    break
                after = at + context.size(data[at : at + context.head])
                if after > len(data):
                    break
                record = context.record(data[at:after], number, base + at)
                if record is None:
                    break
                yield record
                number += 1
            if number == begun:
                yield self.record(number)
                number += 1

    def _place(self, number: int) -> int:
        return bisect_right(self.contexts, number, key=lambda context: context[0]) - 1
