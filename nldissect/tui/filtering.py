"""Passes over a recording in the background: what a filter lets through, and rows in order."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from time import sleep
from typing import Any, Final, Protocol

from ..errors import CaptureError, UsageError
from ..filter import Filter
from ..model import Message
from ..recording import Reader, Recording
from ..summary import Summarizer, Summary
from ..text import Json, show
from .columns import Column

CHUNK: Final = 256
"""How many messages a pass looks at between two steps."""

_WAIT_S: Final = 0.02
_READ_AT_ONCE: Final = 4
_MOST_TEXTS: Final = 2_000_000
_SPLITTERS: Final = 512
_LIMIT_Q: Final = 1 << 63
_NO_SUMMARY: Final = Summary("", "", "")


class Stepping(Protocol):
    """A job, as far as a pass knows of it."""

    def step(self, done: int | None = None, total: int | None = None) -> bool: ...


def messages_of(reader: Reader, numbers: Sequence[int]) -> Iterator[Message | None]:
    """The messages of some numbers, in their order; None for one on which a decoder fails.

    Raises CaptureError if one cannot be read.
    """
    at = 0
    while at < len(numbers):
        first, run = numbers[at], 1
        while at + run < len(numbers) and numbers[at + run] == first + run:
            run += 1
        given = 0
        if run >= _READ_AT_ONCE:
            try:
                for message in reader.messages(first, first + run):
                    yield message
                    given += 1
            except CaptureError:
                raise
            except Exception:
                # The rest is read one by one.
                pass
        for number in range(first + given, first + run):
            yield _message(reader, number)
        at += run


def _message(reader: Reader, number: int) -> Message | None:
    try:
        return reader.message(number)
    except CaptureError:
        raise
    except Exception:
        return None


class FilterPass:
    """Finds the messages that a filter lets through, also while the recording grows.

    numbers: those found so far, in order. It grows, and is another array once the recording tells
    that messages are others than they were when they were judged. failures: how many messages no
    decoder could read; they do not match. growing: whether more is being read.
    """

    def __init__(
        self,
        recording: Recording,
        filter: Filter,
        growing: Callable[[], bool] | None = None,
    ) -> None:
        self.recording = recording
        self.filter = filter
        self.numbers = array("I")
        self.failures = 0
        self._growing = growing or self._unfinished
        self._failures = 0

    def _unfinished(self) -> bool:
        return not self.recording.settled

    def run(self, job: Stepping) -> None:
        """Judges all messages, each when it is known what belongs to it; a job's work.

        Raises CaptureError if a message cannot be read.
        """
        recording = self.recording
        reader = Reader(recording)
        exact = self.filter.exact
        # What comes of a transaction in the end is known at the end.
        waits = bool(self.filter.needs & {"txn", "notes"})
        version, changes = recording.version, recording.learned.changes
        settled = False
        found, next_ = self.numbers, 1
        while True:
            growing = self._growing()
            whole = recording.whole
            if (recording.version != version and not settled) or (
                recording.learned.changes != changes
            ):
                version, changes = recording.version, recording.learned.changes
                if next_ > 1:
                    found, next_, self._failures = array("I"), 1, 0
            settled = whole and not waits
            count = recording.count
            ready = count if exact or not growing else min(count, recording.paired)
            stop = min(next_ + CHUNK, ready + 1)
            if next_ < stop:
                found.extend(self._judge(reader, next_, stop))
                next_ = stop
            elif not growing:
                break
            else:
                sleep(_WAIT_S)
            if len(found) >= len(self.numbers):
                self._take(found)
            if not job.step(next_ - 1, count):
                return
        self._take(found)

    def _take(self, found: array[int]) -> None:
        self.numbers, self.failures = found, self._failures

    def _judge(self, reader: Reader, start: int, stop: int) -> array[int]:
        """The numbers of those that match."""
        found = array("I")
        failures = self._failures
        try:
            for message in reader.messages(start, stop, self.filter.headers):
                self._put(message, found)
        except CaptureError:
            raise
        except Exception:
            found = array("I")
            self._failures = failures
            for number in range(start, stop):
                self._judge_one(reader, number, found)
        return found

    def _judge_one(self, reader: Reader, number: int, found: array[int]) -> None:
        try:
            for message in reader.messages(number, number + 1, self.filter.headers):
                self._put(message, found)
        except CaptureError:
            raise
        except Exception:
            self._failures += 1

    def _put(self, message: Message, found: array[int]) -> None:
        filter_ = self.filter
        try:
            if (filter_.exact and message.type >= 0) or filter_.match(message):
                found.append(message.number)
        except CaptureError:
            raise
        except Exception:
            self._failures += 1


class SortPass:
    """Puts messages in the order of a column's values; what has none comes last.

    numbers: of the messages, in the order that equal ones keep.
    """

    def __init__(
        self, recording: Recording, numbers: Sequence[int], column: Column, backwards: bool
    ) -> None:
        self.recording = recording
        self.numbers = numbers
        self.column = column
        self.backwards = backwards

    def run(self, job: Stepping) -> array[int] | None:
        """The numbers in order, None if the job was ended; a job's work.

        Raises UsageError where there are too many texts to sort, CaptureError if a message cannot
        be read.
        """
        # It may grow meanwhile.
        total = len(self.numbers)
        numeric, texts, absent = _Values(), _Values(), array("I")
        ranks: dict[str, int] = {}
        done = 0
        for number, value in self._values(total):
            if value is None:
                absent.append(number)
            elif isinstance(value, (int, float)):
                numeric.add(number, value)
            else:
                text = (value if isinstance(value, str) else show(value)).casefold()
                rank = ranks.setdefault(text, len(ranks))
                if rank >= _MOST_TEXTS:
                    raise UsageError(
                        f"there are more than {_MOST_TEXTS:,} different texts in the column "
                        f"{self.column.title or self.column.key}: a filter makes them fewer"
                    )
                texts.add(number, rank)
            done += 1
            if not done % CHUNK and not job.step(done, total):
                return None

        def step() -> bool:
            return job.step(done, total)

        order = sorted_places(list(ranks), False, step)
        if order is None:
            return None
        places = array("I", bytes(4 * len(order)))
        for place, rank in enumerate(order):
            places[rank] = place
        texts.values = array("q", (places[rank] for rank in texts.values))
        ordered = array("I")
        for group in (texts, numeric) if self.backwards else (numeric, texts):
            order = sorted_places(group.values, self.backwards, step)
            if order is None:
                return None
            ordered.extend(group.numbers[place] for place in order)
        ordered.extend(absent)
        return ordered

    def _values(self, total: int) -> Iterator[tuple[int, Json]]:
        """The messages' numbers and values."""
        column = self.column
        if column.key == "number":
            for at in range(total):
                yield self.numbers[at], self.numbers[at]
            return
        reader = Reader(self.recording)
        summarizer = Summarizer(self.recording.learned) if column.summed else None
        for start in range(0, total, CHUNK):
            numbers = self.numbers[start : min(start + CHUNK, total)]
            for number, message in zip(numbers, messages_of(reader, numbers)):
                yield number, None if message is None else self._value(message, summarizer)

    def _value(self, message: Message, summarizer: Summarizer | None) -> Json:
        try:
            summary = _NO_SUMMARY if summarizer is None else summarizer.summary(message)
            return self.column.value(message, summary)
        except CaptureError:
            raise
        except Exception:
            return None


class _Values:
    """Numbers of messages with a value each, in as little room as the values allow."""

    def __init__(self) -> None:
        self.numbers = array("I")
        self.values: MutableSequence[Any] = array("q")

    def add(self, number: int, value: float) -> None:
        values = self.values
        if isinstance(values, array):
            if isinstance(value, int):
                fits = values.typecode == "q" and -_LIMIT_Q <= value < _LIMIT_Q
            else:
                if not values:
                    values = self.values = array("d")
                fits = values.typecode == "d"
            if not fits:
                values = self.values = list(values)
        self.numbers.append(number)
        values.append(value)


def sorted_places(
    values: Sequence[Any], backwards: bool, step: Callable[[], bool]
) -> array[int] | None:
    """The places of values in their order, equal ones as they stand; None if step ended it.

    Only small parts are sorted at once, since nothing else runs meanwhile.
    """
    size = len(values)
    sample = values[:: max(1, size // (8 * _SPLITTERS))]
    splitters = sorted(set(sample))
    splitters = splitters[:: max(1, len(splitters) // _SPLITTERS)]
    # What equals a splitter has a part of its own, which is in order already.
    parts = [array("I") for _ in range(2 * len(splitters) + 1)]
    for place in range(size):
        value = values[place]
        at = bisect_left(splitters, value)
        equal = at < len(splitters) and splitters[at] == value
        parts[2 * at + equal].append(place)
        if not place % 4096 and not step():
            return None
    found = array("I")
    for at in range(len(parts) - 1, -1, -1) if backwards else range(len(parts)):
        part = parts[at]
        parts[at] = array("I")
        if at % 2:
            found.extend(part)
        elif part:
            found.extend(sorted(part, key=values.__getitem__, reverse=backwards))
            if not step():
                return None
    return found
