"""Who asked what: requests with their answers, notifications with their copies, header by header.

The kernel answers to the port id of the socket that asked and repeats the request's sequence
number; the request itself often has port id 0, and several sockets use the same number at a time.
So an answer belongs to the oldest open request of its protocol and number whose port is the
answer's, or is not known yet and could get such an answer. Everything here is one pass forward and
keeps a bounded number of open requests.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from .dissect import Plan
from .model import Decode, Record, Transaction
from .wire.attrs import iter_attrs
from .wire.consts import (
    NETLINK_FIB_LOOKUP,
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NETLINK_USERSOCK,
    NLA_HDRLEN,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_DUMP_INTR,
    NLM_F_ECHO,
    NLM_F_MULTI,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
    NLMSG_MIN_TYPE,
    NLMSG_OVERRUN,
)
from .wire.headers import LENGTH, NLMSGHDR

COPY_WITHIN_NS: Final = 50_000_000
"""Listeners are served one after the other: the next copy follows this soon."""

_KEYS: Final = 8192
_PER_KEY: Final = 64
_RECENT: Final = 256
_RECENT_BYTES: Final = 65536
_SOURCE_BYTES: Final = 16 << 20

NO: Final = 0
MAYBE: Final = 1
SURE: Final = 2

_Key = tuple[int, int, int]


class _Header:
    """The header that is looked at: numbers of the nlmsghdr, and where it stands."""

    __slots__ = (
        "record", "number", "protocol", "order", "start", "end", "type", "flags", "seq", "pid",
    )  # fmt: skip

    record: Record
    number: int
    protocol: int
    order: str
    start: int
    end: int
    type: int
    flags: int
    seq: int
    pid: int


class Tracker:
    """Follows one capture.

    reader: makes a message of a request's bytes. answered: whether the kernel sends a message in
    return to such a request: NO (what listeners are told of it then looks alike), MAYBE or SURE.
    ended: is called with every transaction that nothing can be added to any more.
    """

    def __init__(
        self,
        reader: Decode,
        answered: Callable[[Transaction], int],
        ended: Callable[[Transaction], None] | None = None,
    ) -> None:
        self.txn: Transaction | None = None
        self.direction = "unknown"
        self.latency_ns: int | None = None
        self.copy = 0
        self.note = ""
        self.count = 0
        self._head = _Header()
        self._reader = reader
        self._answered = answered
        self._ended = ended
        self._open: dict[_Key, list[Transaction]] = {}
        self._recent: dict[bytes, tuple[Transaction, int | None, int]] = {}
        self._latest: dict[tuple[int, int], Transaction] = {}
        self._held = 0
        # The dump whose parts are coming, and the record of the last one.
        self._dump: Transaction | None = None
        self._dump_record = 0

    def see(
        self, record: Record, number: int, protocol: int, order: str, start: int, end: int,
        type_: int, flags: int, seq: int, pid: int,
    ) -> None:  # fmt: skip
        dump = self._dump
        if (
            dump is not None
            and type_ >= NLMSG_MIN_TYPE
            and flags & (NLM_F_REQUEST | NLM_F_MULTI | NLM_F_DUMP_INTR) == NLM_F_MULTI
            and seq == dump.seq
            and pid == dump.port
            and protocol == dump.protocol
            and record.interface == dump.interface
        ):
            # The next message of the dump that is under way, as most are.
            self.txn = dump
            self.direction = "reply"
            self.copy = 0
            self.note = ""
            dump.answers += 1
            if record.number != self._dump_record:
                self._dump_record = record.number
                self._time(dump, record)
            elif dump.start_ns is not None and record.time_ns is not None:
                self.latency_ns = record.time_ns - dump.start_ns
            return
        self.latency_ns = None
        self.copy = 0
        self.note = ""
        self.txn = None
        head = self._head
        head.record = record
        head.number = number
        head.protocol = protocol
        head.order = order
        head.start = start
        head.end = end
        head.type = type_
        head.flags = flags
        head.seq = seq
        head.pid = pid
        known = self._open.get((record.interface, protocol, seq))
        if protocol == NETLINK_USERSOCK:
            self.direction = "request" if flags & NLM_F_REQUEST else "unknown"
        elif type_ < NLMSG_MIN_TYPE:
            self._control(known or [], head)
        elif flags & NLM_F_REQUEST:
            repeated = None
            if known is not None and (pid or protocol == NETLINK_FIB_LOOKUP):
                repeated = _repeated(known, head)
            if repeated is None:
                self._request(known, head)
            else:
                self._answer(repeated, head)
        elif pid:
            self._to_port(known or [], head)
        else:
            self._notify(head, 0)

    def finish(self) -> None:
        """The capture is over: hands out what is still open, in order."""
        for txns in self._open.values():
            for txn in txns:
                self._end(txn)
        self._open.clear()
        for txn, _, _ in self._recent.values():
            self._end(txn)
        self._recent.clear()
        self._dump = None

    def _end(self, txn: Transaction) -> None:
        if self._ended is not None:
            self._ended(txn)
        if txn.where is not None:
            self._held -= len(txn.where[0].data)

    def _new(self, kind: str, head: _Header) -> Transaction:
        self.count += 1
        txn = Transaction(self.count, kind, head.record, head.number)
        txn.protocol = head.protocol
        txn.type = head.type
        txn.flags = head.flags
        txn.seq = head.seq
        txn.port = head.pid
        self.txn = txn
        return txn

    # Requests

    def _request(self, known: list[Transaction] | None, head: _Header) -> None:
        self.direction = "request"
        txn = self._new("request", head)
        txn.dump = head.flags & NLM_F_DUMP == NLM_F_DUMP and not head.flags & NLM_F_CREATE
        txn.keep(self._reader, head.record, head.start)
        self._held += len(head.record.data)
        self._latest[txn.interface, txn.protocol] = txn
        self._remember(txn, known)

    def _remember(self, txn: Transaction, known: list[Transaction] | None) -> None:
        if known is None:
            if len(self._open) >= _KEYS or self._held > _SOURCE_BYTES:
                self._evict()
            self._open[txn.interface, txn.protocol, txn.seq] = [txn]
            return
        # What is done stays until the next request, for answers that come late.
        kept = [other for other in known if other.state == "open"][1 - _PER_KEY :]
        if len(kept) != len(known):
            for other in known:
                if other not in kept:
                    self._end(other)
            known[:] = kept
        known.append(txn)

    def _evict(self) -> None:
        """Gives up the older half of what is remembered."""
        for key in list(self._open)[: len(self._open) // 2 + 1]:
            for txn in self._open.pop(key):
                self._end(txn)
        self._dump = None

    # Answers

    def _to_port(self, known: list[Transaction], head: _Header) -> None:
        """A message that names a port: an answer, or a notification that tells who caused it."""
        txn = self._pick(known, head)
        if txn is not None:
            self._answer(txn, head)
            return
        cause: Transaction | None
        if head.seq:
            cause = _only(known, head.pid) or _only(known, 0)
        else:
            # Some families tell listeners who caused it and leave the number out.
            cause = self._latest.get((head.record.interface, head.protocol))
            if cause is not None and (cause.state != "open" or cause.port not in (0, head.pid)):
                cause = None
        if head.flags & NLM_F_MULTI or (head.seq and cause is None):
            self._answer(self._orphan(head), head)
        else:
            self._notify(head, 0 if cause is None else cause.number)

    def _pick(self, known: list[Transaction], head: _Header) -> Transaction | None:
        """The request that a message with this port id answers, or None."""
        best: Transaction | None = None
        late: Transaction | None = None
        multi = head.flags & NLM_F_MULTI
        for txn in known:
            if txn.port != head.pid or not _related(txn, head.type):
                continue
            if txn.state != "open":
                if multi or txn.flags & NLM_F_ECHO:
                    late = txn
            elif best is None or (multi and txn.dump and not best.dump):
                best = txn
        return best or self._unbound(known, head) or late

    def _unbound(self, known: list[Transaction], head: _Header) -> Transaction | None:
        """The open request of an unknown port that could get such a message, the oldest of several.

        A request may claim any port id: without an answer, its own is a claim.
        """
        best: list[Transaction] = []
        best_rank = -1
        for txn in known:
            if txn.state != "open" or txn.answers or not _related(txn, head.type):
                continue
            if head.flags & NLM_F_MULTI:
                rank = 1 if txn.dump else 0
            else:
                rank = 0 if txn.dump else self._answered(txn)
            if not txn.port:
                rank += 4
            if rank > best_rank:
                best = [txn]
                best_rank = rank
            elif rank == best_rank:
                best.append(txn)
        if len(best) > 1:
            # Of several at the same time, the one whose attributes come back.
            data = head.record.data[head.start : head.end]
            likeness = [_likeness(txn, data) for txn in best]
            top = max(likeness)
            best = [txn for txn, alike in zip(best, likeness) if alike == top]
            for txn in best[1:]:
                best[0].ambiguous = txn.ambiguous = True
        return best[0] if best else None

    def _answer(self, txn: Transaction, head: _Header) -> None:
        """A message that a request brought about: its answer, or what listeners are told."""
        txn.port = head.pid
        self.txn = txn
        multi = head.flags & NLM_F_MULTI
        told = not multi and txn.kind == "request" and not txn.flags & NLM_F_ECHO
        if told and self._answered(txn) == NO:
            self._notify(head, txn.number)
            return
        self.direction = "reply"
        self._count(txn, head)
        if multi and (txn.dump or txn.flags & NLM_F_DUMP or txn.kind == "orphan"):
            # Some protocols take either bit for a dump; some set the flag on a lone answer.
            txn.dump = True
            self._dump = txn
            self._dump_record = head.record.number
        elif not txn.flags & NLM_F_ACK:
            txn.state = "done"

    def _count(self, txn: Transaction, head: _Header) -> None:
        txn.answers += 1
        self._time(txn, head.record)
        if txn.ambiguous and txn.answers == 1:
            self.note = "txn.ambiguous"
        if head.flags & NLM_F_DUMP_INTR:
            txn.interrupted = True
            self.note = "txn.interrupted"

    def _time(self, txn: Transaction, record: Record) -> None:
        """Another record answers."""
        txn.parts += 1
        now = record.time_ns
        self.latency_ns = None
        if now is None:
            return
        if txn.first_ns is None:
            txn.first_ns = now
        txn.last_ns = now
        if txn.kind == "request" and txn.start_ns is not None:
            self.latency_ns = now - txn.start_ns

    def _orphan(self, head: _Header) -> Transaction:
        """Answers whose request came before the capture began."""
        txn = self._new("orphan", head)
        self.note = "txn.orphan"
        self._remember(txn, self._open.get((txn.interface, txn.protocol, txn.seq)))
        return txn

    def _control(self, known: list[Transaction], head: _Header) -> None:
        """NLMSG_ERROR, DONE and OVERRUN."""
        if head.flags & NLM_F_REQUEST:
            self.direction = "request"
        else:
            # The kernel answers to a port id; some notifications end with a DONE as well.
            self.direction = "reply" if head.pid else "notify"
        if head.type == NLMSG_OVERRUN:
            self.note = "nlmsg.overrun"
        if head.type not in (NLMSG_ERROR, NLMSG_DONE) or not head.pid:
            return
        data, body = head.record.data, head.start + NLMSG_HDRLEN
        code = 0
        if head.end - body >= 4:
            code = LENGTH[head.order].unpack_from(data, body)[0]
            code -= (code & 0x80000000) << 1
        if head.type == NLMSG_ERROR:
            asked = data[body + 4 : min(body + 4 + NLMSG_HDRLEN, head.end)]
            txn = _refused(known, asked, head.pid)
        else:
            asked = b""
            txn = _finished(known, head.pid)
        if txn is None:
            txn = self._orphan(head)
            txn.dump = head.type == NLMSG_DONE
            if len(asked) == NLMSG_HDRLEN:
                _, txn.type, txn.flags, _, _ = NLMSGHDR[head.order].unpack(asked)
        txn.port = head.pid
        self.txn = txn
        self._count(txn, head)
        if head.type == NLMSG_ERROR or txn.dump or not txn.flags & NLM_F_ACK:
            txn.code = code
            txn.state = "failed" if code < 0 else "done"
        if self._dump is txn:
            self._dump = None

    # Notifications

    def _notify(self, head: _Header, cause: int) -> None:
        """What listeners are told; cause: number of the transaction that made the kernel tell."""
        self.direction = "notify"
        record = head.record
        now = record.time_ns
        data = bytes((record.interface & 0xFF, head.protocol & 0xFF))
        data += record.data[head.start : head.end]
        known = self._recent.pop(data, None)
        if known is not None:
            txn, last, last_record = known
            soon = now is None or last is None or 0 <= now - last <= COPY_WITHIN_NS
            if soon and last_record != record.number:
                self.copy = txn.copies
                txn.copies += 1
                txn.last_ns = now
                self.txn = txn
                self._recent[data] = (txn, now, record.number)
                return
            self._end(txn)
        txn = self._new("notify", head)
        txn.copies = 1
        txn.cause = cause
        txn.state = "done"
        if len(data) > _RECENT_BYTES:
            self._end(txn)
            return
        if len(self._recent) >= _RECENT:
            self._end(self._recent.pop(next(iter(self._recent)))[0])
        self._recent[data] = (txn, now, record.number)


def _repeated(known: list[Transaction], head: _Header) -> Transaction | None:
    """The open request that a message repeats with all its flags, as some families answer."""
    size = head.end - head.start
    for txn in known:
        if (
            txn.state == "open"
            and txn.flags == head.flags
            and txn.record != head.record.number
            and txn.port in (0, head.pid)
            and _related(txn, head.type)
            and txn.where is not None
        ):
            source, at = txn.where
            if source.data[at : at + size] != head.record.data[head.start : head.end]:
                return txn
    return None


def _only(known: list[Transaction], port: int) -> Transaction | None:
    """The open request of a port; of an unknown one only if there is a single one."""
    found = [txn for txn in known if txn.port == port and txn.state == "open"]
    return found[-1] if len(found) == 1 or (found and port) else None


def _finished(known: list[Transaction], pid: int) -> Transaction | None:
    """The request whose answers a DONE ends."""
    best: Transaction | None = None
    best_rank = 0
    for txn in known:
        rank = 0
        if txn.port == pid:
            if txn.state == "open" and txn.dump:
                rank = 4
            elif txn.answers:
                rank = 3
        elif txn.state == "open" and txn.dump and not txn.answers:
            rank = 1 if txn.port else 2
        if rank > best_rank:
            best, best_rank = txn, rank
    return best


def _refused(known: list[Transaction], header: bytes, pid: int) -> Transaction | None:
    """The request whose header an error or ack repeats."""
    best: Transaction | None = None
    for txn in known:
        if txn.state != "open" or txn.where is None or (txn.answers and txn.port != pid):
            continue
        asked, at = txn.where
        # The kernel may have changed the flags of its copy while it worked.
        if asked.data[at : at + 6] != header[:6] or asked.data[at + 8 : at + 16] != header[8:]:
            continue
        if best is None or (txn.port == pid and best.port != pid):
            best = txn
        elif (txn.port == pid) == (best.port == pid) and txn.record != best.record:
            best.ambiguous = True
    return best


def _likeness(txn: Transaction, data: bytes) -> int:
    """How many bytes of a request's attributes stand in a message."""
    source = txn.source
    plan = None if source is None else source.plan
    if source is None or not isinstance(plan, Plan):
        return 0
    asked = source.record.data
    return sum(
        span.stop - span.start
        for span in iter_attrs(asked, plan.attrs_at, source.end, source.order)
        if span.stop > span.start + NLA_HDRLEN and asked[span.start : span.stop] in data
    )


def _related(txn: Transaction, type_: int) -> bool:
    """Whether a message of that type can be about what the request is about."""
    protocol = txn.protocol
    if protocol == NETLINK_ROUTE:
        return txn.type >> 2 == type_ >> 2
    if protocol == NETLINK_NETFILTER:
        return txn.type >> 8 == type_ >> 8
    return protocol != NETLINK_GENERIC or txn.type == type_


class Fates:
    """Which requests came to no end, by the numbers of their messages: found in a first pass."""

    def __init__(self) -> None:
        self._unanswered = array("Q")
        self._endless = array("Q")

    def take(self, txn: Transaction, answered: Callable[[Transaction], int]) -> None:
        """Takes a transaction to which nothing can be added any more."""
        if txn.kind != "request" or txn.state != "open":
            return
        if txn.answers:
            if txn.dump:
                self._endless.append(txn.message)
        elif txn.flags & NLM_F_ACK or txn.dump or answered(txn) == SURE:
            self._unanswered.append(txn.message)

    def finish(self) -> None:
        """All are taken."""
        self._unanswered = array("Q", sorted(self._unanswered))
        self._endless = array("Q", sorted(self._endless))

    def of(self, message: int) -> str:
        """The code of the note on a request, or ""."""
        for numbers, code in ((self._unanswered, "txn.unanswered"), (self._endless, "txn.endless")):
            place = bisect_left(numbers, message)
            if place < len(numbers) and numbers[place] == message:
                return code
        return ""
