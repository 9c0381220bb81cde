"""What belongs together, found out by one process and told to others, part by part.

A part is a number of records in a row. What is written of it is a byte for each message, and more
where that is not enough: the first message of a part that belongs to something which began before
it brings along what is to be known of that, the bytes of a request among it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from librt.strings import BytesWriter, read_i64_le, write_i64_le
from mypy_extensions import i64, u8

from .model import DIRECTIONS, Decode, Follower, Record, Transaction, direction_number
from .wire.consts import NLMSG_HDRLEN

# Compiled, a tuple would be made anew each time.
NOTES: Final = ["", "txn.ambiguous", "txn.orphan", "txn.interrupted"]

_DIRECTION: Final = 0x03
_REPLY: Final = 0x02
_NOTE_SHIFT: Final = 2
_WHICH: Final = 0x30
_NONE: Final = 0x00
_NEW: Final = 0x10
_SAME: Final = 0x20
_OTHER: Final = 0x30
# Of a new one: a transaction that made the kernel tell follows, and its request is missing.
_CAUSED: Final = 0x40
_ORPHAN: Final = 0x80
# Of one that is not new: what is to be known of it follows.
_TOLD: Final = 0x40
# The same holds for messages with such a header behind it.
_ALIKE: Final = 0x80

_KINDS: Final = ["request", "notify", "orphan"]
_NO_TIME: Final = -(1 << 63)


class Part(NamedTuple):
    """What a process is told of the records of a part.

    records: how many. messages, transactions: how many there are before. told: what a ledger has
    of them.
    """

    records: int
    messages: int
    transactions: int
    told: bytes


class Division(NamedTuple):
    """A whole capture in parts.

    fates: which requests come to no end, as ``Fates`` has it; None where nobody wants to know.
    others: what its dissector's ``other_records`` are; blind: how many messages its redactor could
    not see through.
    """

    parts: list[Part]
    fates: bytes | None
    others: dict[int, int]
    blind: int


class Ledger(Follower):
    """Shows a tracker all messages, and writes down what it finds out."""

    def __init__(self, tracker: Follower) -> None:
        super().__init__()
        self._tracker = tracker
        self._out = BytesWriter()
        self._begin = 0
        self._messages = 0
        self._newest: i64 = 0
        self._first_newest: i64 = 0
        self._last: i64 = 0
        self._told: set[int] = set()
        self._records: set[int] = set()

    def see(
        self, record: Record, number: int, protocol: int, order: str, start: int, end: int,
        type_: int, flags: int, seq: int, pid: int,
    ) -> None:  # fmt: skip
        tracker = self._tracker
        tracker.see(record, number, protocol, order, start, end, type_, flags, seq, pid)
        self.alike = tracker.alike
        if not self._begin:
            self._begin = record.number
        txn = tracker.txn
        mark = direction_number(tracker.direction)
        if tracker.note:
            mark |= NOTES.index(tracker.note) << _NOTE_SHIFT
        out = self._out
        if txn is None:
            out.append(u8(mark))
            self._last = 0
            return
        place: i64 = txn.number
        if place > self._newest:
            self._newest = self._last = place
            mark |= _NEW
            if txn.kind == "orphan":
                mark |= _ORPHAN
            if txn.cause:
                out.append(u8(mark | _CAUSED))
                write_i64_le(out, txn.cause)
            else:
                out.append(u8(mark))
            return
        if self.alike:
            mark |= _ALIKE
        if place == self._last:
            out.append(u8(mark | _SAME))
            return
        self._last = place
        mark |= _OTHER
        if txn.record >= self._begin or txn.number in self._told:
            out.append(u8(mark))
            write_i64_le(out, place)
        else:
            out.append(u8(mark | _TOLD))
            write_i64_le(out, place)
            self._tell(txn, tracker.copy)

    def see_alike(self) -> None:
        self._tracker.see_alike()
        self._out.append(u8(_REPLY | _SAME | _ALIKE))

    def _tell(self, txn: Transaction, copy: i64) -> None:
        """What is to be known of a transaction that began in an earlier part."""
        out = self._out
        self._told.add(txn.number)
        out.append(u8(_KINDS.index(txn.kind)))
        write_i64_le(out, txn.message)
        write_i64_le(out, _NO_TIME if txn.start_ns is None else txn.start_ns)
        write_i64_le(out, txn.record)
        write_i64_le(out, txn.interface)
        write_i64_le(out, txn.cause)
        write_i64_le(out, copy)
        where = txn.where
        write_i64_le(out, -1 if where is None else where[1])
        if where is None or txn.record in self._records:
            return
        record = where[0]
        self._records.add(txn.record)
        write_i64_le(out, record.link_type)
        write_i64_le(out, record.wire_len)
        write_i64_le(out, len(record.data))
        out.write(record.data)

    def part(self, records: int, count: int) -> Part:
        """What was written of so many records, after which there are ``count`` messages.

        Nothing of it is known in the next part.
        """
        part = Part(records, self._messages, self._first_newest, self._out.getvalue())
        self._out.truncate(0)
        self._begin = 0
        self._messages = count
        self._first_newest = self._newest
        self._last = 0
        self._told.clear()
        self._records.clear()
        return part


class Replay(Follower):
    """Tells of the messages of a part what a ledger has of them.

    Transactions are known as far as writers look: what they are, where they began, and the bytes
    of requests. reader: makes messages of those. outcomes: what became of transactions, by the
    number of their first message.
    """

    def __init__(self, reader: Decode, outcomes: Mapping[int, Transaction] | None = None) -> None:
        super().__init__()
        self._reader = reader
        self._outcomes = outcomes
        self._part = b""
        self._at: i64 = 0
        self._newest: i64 = 0
        self._known: dict[int, Transaction] = {}
        self._records: dict[int, Record] = {}

    def begin(self, part: Part) -> None:
        """What comes next are the messages of that part."""
        self._part = part.told
        self._at = 0
        self._newest = part.transactions
        self._known.clear()
        self._records.clear()
        self.txn = None

    def see(
        self, record: Record, number: int, protocol: int, order: str, start: int, end: int,
        type_: int, flags: int, seq: int, pid: int,
    ) -> None:  # fmt: skip
        mark: i64 = self._part[self._at]
        self._at += 1
        self.direction = DIRECTIONS[mark & _DIRECTION]
        self.note = NOTES[mark >> _NOTE_SHIFT & 3]
        self.latency_ns = None
        self.copy = 0
        self.alike = b""
        which = mark & _WHICH
        if which == _NONE:
            self.txn = None
            return
        if which == _NEW:
            self.txn = self._new(record, number, start, mark)
            return
        txn = self.txn
        if which == _OTHER or txn is None:
            txn = self.txn = self._other(mark)
        if mark & _ALIKE:
            self.alike = record.data[start + 4 : start + NLMSG_HDRLEN]
        if txn.kind == "notify":
            self.copy = txn.copies
            txn.copies += 1
        elif (
            txn.kind == "request"
            and self.direction != "notify"
            and txn.start_ns is not None
            and record.time_ns is not None
        ):
            self.latency_ns = record.time_ns - txn.start_ns

    def see_alike(self) -> None:
        self._at += 1

    def _new(self, record: Record, number: int, start: int, mark: i64) -> Transaction:
        """A transaction that begins with this message."""
        self._newest += 1
        orphan = mark & _ORPHAN
        kind = "orphan" if orphan else "notify" if self.direction == "notify" else "request"
        txn = self._known[self._newest] = Transaction(self._newest, kind, record, number)
        if mark & _CAUSED:
            txn.cause = self._number()
        if kind == "notify":
            txn.copies = 1
        elif kind == "request":
            txn.keep(self._reader, record, start)
        if self._outcomes is not None:
            txn.outcome = self._outcomes.get(number)
        return txn

    def _other(self, mark: i64) -> Transaction:
        """A transaction that began before, in this part or in an earlier one."""
        place = self._number()
        if not mark & _TOLD:
            return self._known[place]
        kind = _KINDS[self._part[self._at]]
        self._at += 1
        message = self._number()
        time_ns = self._number()
        number = self._number()
        interface = self._number()
        cause = self._number()
        copy = self._number()
        start = self._number()
        record = self._records.get(number)
        if record is None:
            record = Record(number, None if time_ns == _NO_TIME else time_ns, interface, 0, b"", 0)
            if start >= 0:
                record.link_type = self._number()
                record.wire_len = self._number()
                size = self._number()
                record.data = self._part[self._at : self._at + size]
                self._at += size
                self._records[number] = record
        txn = self._known[place] = Transaction(place, kind, record, message)
        txn.cause = cause
        txn.copies = copy
        if start >= 0:
            txn.keep(self._reader, record, start)
        if self._outcomes is not None:
            txn.outcome = self._outcomes.get(message)
        return txn

    def _number(self) -> i64:
        at = self._at
        self._at = at + 8
        return read_i64_le(self._part, at)
