"""Measures of fixed size over any number of values."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

_EXACT: Final = 64
_BITS: Final = 7
_FINE: Final = 4096

EDGES: Final = tuple(step * 10**power for power in range(3, 11) for step in (1, 2, 5))
"""Where the buckets of a histogram of durations begin, in ns: from 1 µs to 50 s; one more below."""


class Durations:
    """Durations in ns: count, least and most exact, quantiles to one percent, or exact if few."""

    __slots__ = ("count", "least", "most", "_few", "_many")

    def __init__(self) -> None:
        self.count = 0
        self.least = 0
        self.most = 0
        self._few: list[int] = []
        self._many: dict[int, int] = {}

    def add(self, value: int) -> None:
        """Takes a value; what is negative counts as 0."""
        value = max(value, 0)
        if not self.count or value < self.least:
            self.least = value
        self.most = max(self.most, value)
        self.count += 1
        if self._many:
            self._put(value, 1)
        else:
            self._few.append(value)
            if len(self._few) > _EXACT:
                self._spread()

    def _spread(self) -> None:
        for value in self._few:
            self._put(value, 1)
        self._few = []

    def _put(self, value: int, count: int) -> None:
        # The leading bits of a value name its bucket, which is narrower than 1 % of it.
        shift = max(0, value.bit_length() - _BITS)
        middle = (value >> shift << shift) + ((1 << shift) >> 1)
        self._many[middle] = self._many.get(middle, 0) + count

    def merge(self, other: Durations) -> None:
        """Takes all values of another."""
        if not other.count:
            return
        self.least = min(self.least, other.least) if self.count else other.least
        self.most = max(self.most, other.most)
        self.count += other.count
        if not self._many and not other._many and len(self._few) + len(other._few) <= _EXACT:
            self._few += other._few
            return
        self._spread()
        for value, count in other._values():
            self._put(value, count)

    def _values(self) -> list[tuple[int, int]]:
        return list(self._many.items()) or [(value, 1) for value in self._few]

    def quantile(self, share: float) -> int | None:
        """The least value that so many of all do not exceed; None without values."""
        if not self.count:
            return None
        rank = max(1, -int(-share * self.count // 1))
        for value, count in sorted(self._values()):
            rank -= count
            if rank <= 0:
                return min(max(value, self.least), self.most)
        return self.most

    def summary(self) -> tuple[int | None, int | None, int | None, int | None]:
        """Least, median, 99th percentile and most; None without values."""
        if not self.count:
            return (None, None, None, None)
        return (self.least, self.quantile(0.5), self.quantile(0.99), self.most)


def bucket(value_ns: int) -> int:
    """The histogram bucket of a duration: 0 for less than the first of EDGES, and so on."""
    return bisect_right(EDGES, value_ns)


def bounds(index: int) -> tuple[int, int | None]:
    """Where a histogram bucket begins, and where it ends, None for the last."""
    return (EDGES[index - 1] if index else 0, EDGES[index] if index < len(EDGES) else None)


class Timeline:
    """Counts over time in buckets that widen as the span grows; one begins at the first moment.

    columns: how many counts each moment has. first_ns, last_ns: the earliest and the latest, None
    while there is no time.
    """

    __slots__ = ("first_ns", "last_ns", "_origin", "_columns", "_width", "_fine", "_index",
                 "_counts")  # fmt: skip

    def __init__(self, columns: int) -> None:
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self._origin = 0
        self._columns = columns
        self._width = 1_000
        self._fine: dict[int, list[int]] = {}
        self._index: int | None = None
        self._counts: list[int] = []

    @property
    def span_ns(self) -> int:
        """From the first to the last time."""
        if self.first_ns is None or self.last_ns is None:
            return 0
        return self.last_ns - self.first_ns

    def at(self, time_ns: int) -> list[int]:
        """The counts of a moment, to be added to."""
        first, last = self.first_ns, self.last_ns
        if first is None or last is None:
            self._origin = self.first_ns = self.last_ns = first = last = time_ns
        elif time_ns > last:
            self.last_ns = last = time_ns
        elif time_ns < first:
            self.first_ns = first = time_ns
        index = (time_ns - self._origin) // self._width
        if index == self._index:
            return self._counts
        while (last - self._origin) // self._width - (first - self._origin) // self._width >= _FINE:
            self._widen()
        self._index = index = (time_ns - self._origin) // self._width
        counts = self._fine.get(index)
        if counts is None:
            counts = self._fine[index] = [0] * self._columns
        self._counts = counts
        return counts

    def _widen(self) -> None:
        self._width *= 10
        self._fine = _merged(self._fine, 10)

    def buckets(self, most: int) -> tuple[int, int, list[list[int]]]:
        """Start of the first, width, and counts of at most so many, 2 or more, of a round width."""
        if self.first_ns is None or self.last_ns is None:
            return (0, 0, [])
        first, last = self.first_ns - self._origin, self.last_ns - self._origin
        width, steps = self._width, iter(_steps())
        while last // width - first // width >= most:
            width = self._width * next(steps)
        merged = _merged(self._fine, width // self._width)
        none = [0] * self._columns
        start, end = first // width, last // width
        found = [merged.get(at, none) for at in range(start, end + 1)]
        return (self._origin + start * width, width, found)


def _steps() -> list[int]:
    return [step * 10**power for power in range(5) for step in (1, 2, 5)]


def _merged(fine: dict[int, list[int]], times: int) -> dict[int, list[int]]:
    """The counts in buckets so many times as wide."""
    merged: dict[int, list[int]] = {}
    for index, counts in fine.items():
        known = merged.get(index // times)
        if known is None:
            merged[index // times] = counts[:]
        else:
            for column, count in enumerate(counts):
                known[column] += count
    return merged
