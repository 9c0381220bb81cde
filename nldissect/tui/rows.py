"""Which messages the list shows, in which order: all or some, folded, sorted."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ..recording import Recording


class Rows:
    """Message numbers by row: of all messages or of those chosen, in order, or sorted.

    Folded, the parts of a dump and the copies of a notification have no rows: the row before them
    of the same transaction stands for them. What is sorted is not folded.

    chosen: the numbers in order that a filter let through, which may grow; None for all.
    sorted: the same numbers in an order of their own. folded: whether that is so for all, but
    for those that were toggled.
    """

    def __init__(self, recording: Recording) -> None:
        self.chosen: array[int] | None = None
        self.sorted: array[int] | None = None
        self.folded = False
        self.limit: int | None = None
        self._recording = recording
        self._others: set[int] = set()
        self._shown: array[int] | None = None
        self._seen = 0
        self._met: set[int] = set()

    @property
    def _numbers(self) -> array[int] | None:
        """The numbers by row; None for all messages as they are."""
        if self.sorted is not None:
            return self.sorted
        return self.chosen if self._shown is None else self._shown

    @property
    def _base(self) -> Sequence[int]:
        return range(1, self._count + 1) if self.chosen is None else self.chosen

    @property
    def _count(self) -> int:
        count = self._recording.count
        return count if self.limit is None else min(count, self.limit)

    def __len__(self) -> int:
        numbers = self._numbers
        if numbers is None:
            return self._count
        if self.limit is not None and self.sorted is None:
            return bisect_right(numbers, self.limit)
        return len(numbers)

    def number(self, row: int) -> int:
        """The message in a row; 0 where there is no such row."""
        if not 0 <= row < len(self):
            return 0
        numbers = self._numbers
        return row + 1 if numbers is None else numbers[row]

    def row(self, number: int) -> int:
        """The row of a message, or of that which stands for it, or the nearest; 0 if none is."""
        numbers = self._numbers
        if numbers is None:
            return max(0, min(number, len(self)) - 1)
        if self.sorted is not None:
            try:
                return self.sorted.index(number)
            except ValueError:
                return 0
        row = bisect_left(numbers, number)
        if self._hides(number):
            earlier = [n for n in self._group(number) if n < number and _has(numbers, n)]
            if earlier:
                return bisect_left(numbers, earlier[-1])
        return max(0, min(row, len(numbers) - 1))

    def shows(self, number: int) -> bool:
        """Whether a message has a row of its own."""
        return bool(number) and self.number(self.row(number)) == number

    def numbers(self) -> Sequence[int]:
        """All messages that are shown or stood for, in the order of rows."""
        return self._base if self.sorted is None else self.sorted

    def hidden(self, number: int) -> array[int]:
        """The messages for which the row of a message stands, in order."""
        found = array("I")
        if self._shown is None or self.sorted is not None:
            return found
        for each in self._group(number):
            if each > number:
                if _has(self._shown, each):
                    break
                found.append(each)
        return found

    def foldable(self, number: int) -> bool:
        """Whether the row of a message is one of several that fold."""
        return any(map(self._recording.mark, self._group(number)))

    # What is shown

    def choose(self, numbers: array[int] | None) -> None:
        """Shows only these messages, None for all, in the capture's order."""
        self.chosen = numbers
        self.sorted = None
        self.renew()

    def fold(self, folded: bool) -> None:
        """Folds all that can be, or unfolds it."""
        self.folded = folded
        self._others.clear()
        self.renew()

    def toggle(self, number: int) -> None:
        """Folds or unfolds the rows of a message's transaction."""
        txn = self._recording.transaction_of(number)
        if not txn or not self.foldable(number):
            return
        if self._shown is None:
            self._shown = array("I", self._base)
            self._seen = self._recording.count
        self._others ^= {txn}
        self._swap(txn)

    def is_open(self, number: int) -> bool:
        """Whether what folds with a message has rows of its own."""
        return self.folded == (self._recording.transaction_of(number) in self._others)

    def renew(self) -> None:
        """Folds anew, since it is known better what belongs together."""
        self._shown = None
        self._seen = 0
        self._met.clear()
        if self.folded and self.chosen is None:
            recording = self._recording
            self._shown = array("I", recording.heads)
            self._seen = recording.paired
        elif self._others or self.folded:
            self._shown = array("I")
        self.update()
        if self.chosen is None and self.folded:
            for txn in self._others:
                self._swap(txn)

    def update(self) -> None:
        """Takes what came since."""
        shown = self._shown
        if shown is None:
            return
        base = self._base
        for place in range(bisect_right(base, self._seen), len(base)):
            number = base[place]
            if not self._hides(number):
                shown.append(number)
            if self.chosen is not None and (txn := self._recording.transaction_of(number)):
                self._met.add(txn)
        if base:
            self._seen = max(self._seen, base[-1])

    def _hides(self, number: int) -> bool:
        """Whether a message has no row of its own."""
        recording = self._recording
        if self._shown is None or not recording.mark(number) or self.is_open(number):
            return False
        if self.chosen is None:
            return True
        if number > self._seen:
            return recording.transaction_of(number) in self._met
        return not _has(self._shown, number)

    def _group(self, number: int) -> Sequence[int]:
        """The messages of a message's transaction that may be shown."""
        txn = self._recording.transaction_of(number)
        members = self._recording.members(txn) if txn else array("I")
        if self.chosen is None:
            return members
        return [each for each in members if _has(self.chosen, each)]

    def _swap(self, txn: int) -> None:
        """Takes a transaction's parts or copies in, or out, as is_open now says."""
        shown = self._shown
        assert shown is not None
        recording = self._recording
        members = recording.members(txn)
        if self.chosen is not None:
            members = array("I", (each for each in members if _has(self.chosen, each)))
        opening = bool(members) and self.is_open(members[0])
        moved = [
            each
            for place, each in enumerate(members)
            if recording.mark(each) and (place or self.chosen is None) and each <= self._seen
        ]
        while moved:
            # As many as stand side by side go at once.
            at = bisect_left(shown, moved[0])
            run = 1
            if opening:
                after = shown[at] if at < len(shown) else 1 << 32
                while run < len(moved) and moved[run] < after:
                    run += 1
                if not _has(shown, moved[0]):
                    shown[at:at] = array("I", moved[:run])
            elif _has(shown, moved[0]):
                while run < len(moved) and shown[at + run : at + run + 1] == array(
                    "I", [moved[run]]
                ):
                    run += 1
                del shown[at : at + run]
            moved = moved[run:]


def _has(numbers: array[int], number: int) -> bool:
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number
