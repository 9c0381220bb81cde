"""A capture as numbered messages: read once by a thread of its own, read anywhere by others."""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from .capture.source import Capture
from .dissect import Dissector
from .errors import CaptureError
from .learn import Learned
from .ledger import NOTES
from .model import (
    DIRECTIONS,
    Decode,
    Follower,
    Interface,
    Message,
    Record,
    Transaction,
    direction_number,
)
from .registry import Registry
from .transact import Fates, Tracker
from .wire.consts import NLMSG_DONE, NLMSG_ERROR

if TYPE_CHECKING:
    from .redact import Redactor

_DIRECTION: Final = 0x03
_NOTE: Final = 0x0C
_NOTE_SHIFT: Final = 2
COPY: Final = 0x10
"""The message is a further copy of a notification."""
PART: Final = 0x20
"""The message is a further part of a dump, or its end."""
_FOLDED: Final = COPY | PART

_STEP_RECORDS: Final = 256
_KEPT_RECORDS: Final = 512
_KEPT_BYTES: Final = 16 << 20
_KINDS: Final = ("request", "notify", "orphan")
_STATES: Final = ("open", "done", "failed")
_DUMP, _AMBIGUOUS, _INTERRUPTED = 1, 2, 4
_NO_TIME: Final = -(1 << 63)
_NO_CODE: Final = -(1 << 31)
_TXN: Final = struct.Struct("<BBBxHHHhiIIIIIIIIqqq")

Step = Callable[[], bool]
"""Is called every few milliseconds of work; False ends it."""


Source = Callable[[Transaction], tuple[Decode, Record, int]]
"""Where a request stands: who decodes it, its record and where it starts in that."""


class _Stored(Transaction):
    """A transaction that was read again: its request is looked for when it is asked for."""

    __slots__ = ("find",)

    def __init__(self, number: int, kind: str, record: Record, message: int) -> None:
        super().__init__(number, kind, record, message)
        self.find: Source | None = None

    @property
    def where(self) -> tuple[Record, int] | None:
        if self.find is not None:
            self.keep(*self.find(self))
            self.find = None
        return super().where


class _Ledger(Follower):
    """What a tracker finds out, kept by the number of each message and transaction.

    marks: a byte for each message; numbers: the transaction of each message, 0 for none; heads:
    the messages that no other one stands for; lasts: the last message of each transaction.
    """

    def __init__(self, dissector: Dissector) -> None:
        super().__init__()
        self.marks = bytearray()
        self.numbers = array("I")
        self.heads = array("I")
        self.lasts = array("I", (0,))
        self.fates = Fates()
        self.finished = False
        self._packed = bytearray()
        self._open: dict[int, Transaction] = {}
        self._tracker = Tracker(dissector, self._end, fates=self.fates)

    def see(
        self, record: Record, number: int, protocol: int, order: str, start: int, end: int,
        type_: int, flags: int, seq: int, pid: int,
    ) -> None:  # fmt: skip
        tracker = self._tracker
        tracker.see(record, number, protocol, order, start, end, type_, flags, seq, pid)
        txn = tracker.txn
        mark: int = direction_number(tracker.direction)
        if tracker.note:
            mark |= NOTES.index(tracker.note) << _NOTE_SHIFT
        if txn is None:
            self.numbers.append(0)
        else:
            place = txn.number
            self.numbers.append(place)
            if place >= len(self.lasts):
                self.lasts.append(number)
                self._open[place] = txn
            else:
                self.lasts[place] = number
                if tracker.copy:
                    mark |= COPY
                elif (
                    txn.dump
                    and txn.answers > 1
                    and type_ != NLMSG_ERROR
                    and (type_ != NLMSG_DONE or txn.state != "failed")
                ):
                    mark |= PART
        self.marks.append(mark)
        if not mark & _FOLDED:
            self.heads.append(number)

    def fill(self, count: int) -> None:
        """So many messages have passed: those that were not seen have no header."""
        for number in range(len(self.marks) + 1, count + 1):
            self.marks.append(0)
            self.numbers.append(0)
            self.heads.append(number)

    def finish(self) -> None:
        """The capture is over."""
        self._tracker.finish()
        self.finished = True

    def transaction(self, number: int, source: Source) -> Transaction | None:
        """A transaction as far as it is known; source: finds the bytes of requests."""
        known = self._open.get(number)
        if known is not None:
            return known
        if not 0 < number < len(self.lasts):
            return None
        (
            kind, state, marks, interface, type_, flags, protocol, code, seq, port, record, message,
            cause, answers, parts, copies, start, first, last,
        ) = _TXN.unpack_from(self._packed, (number - 1) * _TXN.size)  # fmt: skip
        first_record = Record(record, _time(start), interface, 0, b"", 0)
        txn = _Stored(number, _KINDS[kind], first_record, message)
        if kind == 0:
            txn.find = source
        txn.protocol, txn.type, txn.flags, txn.seq, txn.port = protocol, type_, flags, seq, port
        txn.first_ns, txn.last_ns = _time(first), _time(last)
        txn.cause, txn.answers, txn.parts, txn.copies = cause, answers, parts, copies
        txn.state = _STATES[state]
        txn.code = None if code == _NO_CODE else code
        txn.dump = bool(marks & _DUMP)
        txn.ambiguous = bool(marks & _AMBIGUOUS)
        txn.interrupted = bool(marks & _INTERRUPTED)
        return txn

    def _end(self, txn: Transaction) -> None:
        missing = txn.number * _TXN.size - len(self._packed)
        if missing > 0:
            self._packed += bytes(missing)
        marks = txn.dump * _DUMP | txn.ambiguous * _AMBIGUOUS | txn.interrupted * _INTERRUPTED
        _TXN.pack_into(
            self._packed, (txn.number - 1) * _TXN.size, _KINDS.index(txn.kind),
            _STATES.index(txn.state), marks, txn.interface, txn.type, txn.flags, txn.protocol,
            _NO_CODE if txn.code is None else txn.code, txn.seq, txn.port, txn.record, txn.message,
            txn.cause, txn.answers, txn.parts, txn.copies, _packed(txn.start_ns),
            _packed(txn.first_ns), _packed(txn.last_ns),
        )  # fmt: skip
        self._open.pop(txn.number, None)


def _packed(time_ns: int | None) -> int:
    return _NO_TIME if time_ns is None else time_ns


def _time(packed: int) -> int | None:
    return None if packed == _NO_TIME else packed


class Recording:
    """The messages of a capture by number, while they are still being read.

    ``read`` runs in one thread. All else may be asked for at any time by any thread, but each
    thread has a ``Reader`` of its own.

    count: how many messages are known. paired: of how many it is known what they belong to.
    read_bytes: how far the input is read. whole: nothing more comes. version: changes when
    messages that were given before have other numbers or names now.
    """

    def __init__(
        self, capture: Capture, registry: Registry, learned: Learned, *, order: str | None = None
    ) -> None:
        self.capture = capture
        self.registry = registry
        self.learned = learned
        self.order = order
        self.count = 0
        self.whole = False
        self.version = 0
        # How many messages there are before each record.
        self._before = array("I")
        self._surveyor = self.dissector(facts=True)
        self._pairer = self.dissector()
        self._ledger = _Ledger(self._pairer)
        self._paired_records = 0
        self._orders: dict[int, str] = {}

    @property
    def interfaces(self) -> Sequence[Interface]:
        """Those met so far."""
        return self.capture.interfaces

    @property
    def records(self) -> int:
        """How many records are known."""
        return len(self._before)

    @property
    def transactions(self) -> int:
        """How many transactions are known."""
        return len(self._ledger.lasts) - 1

    @property
    def paired(self) -> int:
        return len(self._ledger.marks)

    @property
    def error(self) -> CaptureError | None:
        """What ended the capture before its end."""
        return self.capture.error

    @property
    def read_bytes(self) -> int:
        index = self.capture.indexed
        return index.offsets[-1] if index is not None and len(index) else 0

    @property
    def heads(self) -> array[int]:
        """The numbers of the messages that stand for themselves: without parts and copies.

        It grows by pairing, and must not be changed.
        """
        return self._ledger.heads

    def dissector(self, *, facts: bool = False) -> Dissector:
        """A dissector that knows what is learned of the capture."""
        return Dissector(
            self.registry, self.learned, self.capture.interfaces, order=self.order, facts=facts
        )

    # Reading

    def read(self, step: Step) -> None:
        """Reads the capture to its end: first what families and messages there are, then what
        belongs together; of a stream both as it comes.
        """
        self._surveyor.survey(self._records(step))
        if not self.whole:
            return
        self._pair(step)
        if self.paired == self.count:
            self._ledger.finish()

    @property
    def stream(self) -> bool:
        """Whether it comes in its own time."""
        return not self.capture.seekable or self.capture.growing

    @property
    def settled(self) -> bool:
        """Whether all is read and paired: nothing will be known better."""
        return self._ledger.finished

    def _records(self, step: Step) -> Iterator[Record]:
        """The records as they come; each is counted when the next one is asked for."""
        done = 0
        stream = self.stream
        for known in self.capture.indexing():
            index = self.capture.indexed
            assert index is not None
            while done < known:
                stop = min(done + _STEP_RECORDS, known)
                for record in index.records(done + 1, stop + 1):
                    yield record
                    self._take(record)
                done = stop
                if not step():
                    return
            if self._reordered():
                self._recount()
            if stream:
                self._pair(step)
            if not step():
                return
        self.whole = True

    def _take(self, record: Record) -> None:
        self._before.append(self.count)
        self.count += len(self._surveyor.starts(record))

    def _reordered(self) -> bool:
        """Whether an interface turns out to have another byte order than it was read in."""
        changed = False
        for index, interface in enumerate(self.capture.interfaces):
            order = self.order or self.learned.vote(index, interface.order_hint).order
            changed |= self._orders.get(index, interface.order_hint) != order
            self._orders[index] = order
        return changed

    def _recount(self) -> None:
        """Counts again what was counted in the wrong byte order."""
        index = self.capture.indexed
        assert index is not None
        before, count = array("I"), 0
        for record in index.records(1, len(self._before) + 1):
            before.append(count)
            count += len(self._surveyor.starts(record))
        self._before, self.count = before, count
        self._pairer = self.dissector()
        self._ledger = _Ledger(self._pairer)
        self._paired_records = 0
        self._take_version()

    def _pair(self, step: Step) -> None:
        """Follows transactions up to the last record that is known."""
        index = self.capture.indexed
        if index is None:
            return
        ledger, pairer = self._ledger, self._pairer
        pairer.tracker = ledger
        while self._paired_records < len(self._before):
            first = self._paired_records + 1
            stop = min(first + _STEP_RECORDS, len(self._before) + 1)
            for record in index.records(first, stop):
                pairer.pass_over(record)
                if pairer.count != len(ledger.marks):
                    ledger.fill(pairer.count)
            self._paired_records = stop - 1
            if not step():
                return

    def _take_version(self) -> None:
        self.version += 1

    def rename(self, id_: int, name: str) -> None:
        """Names a family id, above all that the capture says."""
        self.learned.rename(id_, name)
        self._take_version()

    # Asking

    def record_of(self, number: int) -> int:
        """The number of the record that a message is in. Raises IndexError if there is none."""
        if not 1 <= number <= self.count:
            raise IndexError(f"there is no message {number}")
        return bisect_right(self._before, number - 1)

    def before(self, record: int) -> int:
        """How many messages there are before a record."""
        return self._before[record - 1]

    def mark(self, number: int) -> int:
        """COPY, PART or neither; 0 while that is not known."""
        return self._ledger.marks[number - 1] & _FOLDED if number <= self.paired else 0

    def transaction_of(self, number: int) -> int:
        """The number of the transaction of a message, 0 for none and while it is not known."""
        return self._ledger.numbers[number - 1] if 0 < number <= self.paired else 0

    def transaction(self, number: int) -> Transaction | None:
        """A transaction as far as it is known."""
        return self._ledger.transaction(number, self._source)

    def members(self, txn: int) -> array[int]:
        """The numbers of the messages of a transaction, in order."""
        ledger = self._ledger
        found = array("I")
        known = self.transaction(txn)
        if known is None:
            return found
        numbers, at, stop = ledger.numbers, known.message - 1, ledger.lasts[txn]
        while at < stop:
            try:
                at = numbers.index(txn, at, stop) + 1
            except ValueError:
                break
            found.append(at)
        return found

    def _source(self, txn: Transaction) -> tuple[Decode, Record, int]:
        index = self.capture.indexed
        assert index is not None
        record = index.record(txn.record)
        before = self._before[txn.record - 1]
        dissector = self.dissector()
        return dissector, record, dissector.starts(record)[txn.message - before - 1]


class _Replay(Follower):
    """Tells a dissector what the ledger has of a message."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._latest: Transaction | None = None
        self._recording = recording

    def see(
        self, record: Record, number: int, protocol: int, order: str, start: int, end: int,
        type_: int, flags: int, seq: int, pid: int,
    ) -> None:  # fmt: skip
        self.txn = None
        self.latency_ns = None
        self.copy = 0
        self.note = ""
        ledger = self._recording._ledger
        if number > len(ledger.marks):
            self.direction = "request"
            return
        mark = ledger.marks[number - 1]
        self.direction = DIRECTIONS[mark & _DIRECTION]
        self.note = NOTES[(mark & _NOTE) >> _NOTE_SHIFT]
        place = ledger.numbers[number - 1]
        if not place:
            return
        txn = self._latest
        if txn is None or txn.number != place:
            txn = self._latest = self._recording.transaction(place)
        self.txn = txn
        if txn is None:
            return
        if mark & COPY:
            self.copy = self._recording.members(place).index(number)
        elif (
            self.direction == "reply"
            and txn.kind == "request"
            and txn.start_ns is not None
            and record.time_ns is not None
        ):
            self.latency_ns = record.time_ns - txn.start_ns


class Reader:
    """Reads the messages of a recording at any place; of one thread alone."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._version = (-1, False)
        self._dissector = recording.dissector()
        self._kept: OrderedDict[int, list[Message]] = OrderedDict()
        self._kept_bytes = 0

    def message(self, number: int) -> Message:
        """A message. Raises IndexError if there is none, CaptureError if it cannot be read."""
        record = self.recording.record_of(number)
        messages = self._messages_of(record)
        return messages[number - messages[0].number]

    def messages(
        self, start: int = 1, stop: int | None = None, only: Callable[..., bool] | None = None
    ) -> Iterator[Message]:
        """The messages from one number up to another, which is not among them.

        only: leave out those whose header fails it. Raises CaptureError if one cannot be read.
        """
        recording = self.recording
        stop = recording.count + 1 if stop is None else stop
        if start >= stop:
            return
        index = recording.capture.indexed
        assert index is not None
        self._renew()
        first, last = recording.record_of(start), recording.record_of(stop - 1)
        for record in index.records(first, last + 1):
            for message in self._dissect(record, only):
                if start <= message.number < stop:
                    yield message

    def _messages_of(self, number: int) -> list[Message]:
        """The messages of a record, kept for a while."""
        self._renew()
        recording = self.recording
        kept = self._kept.get(number)
        if kept is not None:
            self._kept.move_to_end(number)
            return kept
        index = recording.capture.indexed
        assert index is not None
        record = index.record(number)
        messages = self._kept[number] = self._dissect(record)
        self._kept_bytes += len(record.data)
        while len(self._kept) > _KEPT_RECORDS or self._kept_bytes > _KEPT_BYTES:
            if len(self._kept) == 1:
                break
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped[0].record.data)
        return messages

    def of(self, record: Record) -> list[Message]:
        """The messages of a record of the recording, which may have other bytes or comments."""
        self._renew()
        return self._dissect(record)

    def redactor(self) -> Redactor:
        """What takes the key material out of the recording's records."""
        from .redact import Redactor

        self._renew()
        return Redactor(self._dissector)

    def redacted(self, message: Message) -> Message:
        """The same message with zeros for key material, and for what may be some."""
        record = self.redactor().record(message.record)
        if record is message.record:
            return message
        return self.of(record)[message.number - self.recording.before(record.number) - 1]

    def _dissect(self, record: Record, only: Callable[..., bool] | None = None) -> list[Message]:
        self._dissector.count = self.recording.before(record.number)
        return self._dissector.dissect(record, only)

    def forget(self) -> None:
        """What was read is read again when it is asked for: more may be known."""
        self._kept.clear()
        self._kept_bytes = 0

    def _renew(self) -> None:
        version = (self.recording.version, self.recording.settled)
        if self._version == version:
            return
        self._version = version
        self._dissector = self.recording.dissector()
        self._dissector.tracker = _Replay(self.recording)
        ledger = self.recording._ledger
        if version[1]:
            self._dissector.fate = ledger.fates.of
        self.forget()
