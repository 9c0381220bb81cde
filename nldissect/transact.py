"""Who asked what: requests with their answers, notifications with their copies, header by header.

The kernel answers to the port id of the socket that asked and repeats the request's sequence
number; the request itself often has port id 0, and several sockets use the same number at a time.
So an answer belongs to the oldest open request of its protocol and number whose port is the
answer's, or is not known yet and could get such an answer. Everything here is one pass forward and
keeps a bounded number of open requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from mypy_extensions import i64, mypyc_attr

from .dissect import Plan
from .model import Decode, Follower, Message, Record, Transaction
from .wire.attrs import iter_attrs
from .wire.consts import (
    CONTROL_TYPES,
    NETLINK_FIB_LOOKUP,
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NETLINK_USERSOCK,
    NETLINK_XFRM,
    NLA_F_NESTED,
    NLA_HDRLEN,
    NLM_F_ACK,
    NLM_F_CAPPED,
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
)
from .wire.ints import u16, u32

COPY_WITHIN_NS: Final = 50_000_000
"""Listeners are served one after the other: the next copy follows this soon."""

AT_ONCE_NS: Final = 500_000
"""The next copy follows mostly this soon: one more than usual is no copy after that."""

PATIENCE_NS: Final = 2_000_000_000
"""Whoever asks this long before another who asks the same has missed the answer."""

_COPY_WITHIN_RECORDS: Final = 16
_KEYS: Final = 8192
_FEW_KEYS: Final = 1024
_BATCH: Final = 65536
_PER_KEY: Final = 64
_RECENT: Final = 256
_MORE: Final = 4096
_RECENT_BYTES: Final = 65536
_SOURCE_BYTES: Final = 16 << 20

NO: Final = 0
MAYBE: Final = 1
SURE: Final = 2

# RTM numbers, by fours, whose answers and notifications repeat the flags of the request:
# filters, actions, DCB, chains and next hops.
_REPEATING: Final = frozenset((11, 12, 19, 25, 26))

# Addresses and rules: lone ones are no answers.
_DUMPED: Final = frozenset((20, 32))

# What the two lowest bits of an RTM number say.
_RTM_DEL: Final = 1
_RTM_GET: Final = 2

# GETSA, GETPOLICY, ALLOCSPI, GETAE, GETSADINFO, GETSPDINFO, GETDEFAULT.
_XFRM_ANSWERS: Final = {18: 16, 21: 19, 22: 16, 31: 30, 35: 34, 37: 36, 40: 40}

_Place = tuple[int, int, bytes]


class _Kind(NamedTuple):
    """Notifications that the same listeners get; command: of a genlmsghdr, or -1 for any."""

    interface: int
    protocol: int
    type: int
    command: int


@mypyc_attr(acyclic=True)
class _Held:
    """A record that open requests keep; count: how many."""

    __slots__ = ("record", "count")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.count = 0


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


@mypyc_attr(acyclic=True)
class _Told:
    """A notification, or a lone answer, that may be captured again."""

    __slots__ = ("txn", "last_ns", "record", "usual")

    def __init__(self, txn: Transaction, record: Record, usual: int) -> None:
        self.txn = txn
        self.last_ns = record.time_ns
        self.record = record.number
        self.usual = usual

    def again(self, record: Record) -> bool:
        """Whether the same bytes in that record are a copy."""
        if record.number == self.record:
            return False
        if record.time_ns is None or self.last_ns is None:
            return record.number - self.record <= _COPY_WITHIN_RECORDS
        gap = abs(record.time_ns - self.last_ns)
        return gap <= (AT_ONCE_NS if 0 < self.usual <= self.txn.copies else COPY_WITHIN_NS)


class Tracker(Follower):
    """Follows one capture.

    reader: makes a message of a request's bytes, and knows whether such get one in return: NO (what
    listeners are told of it then looks alike), MAYBE or SURE. fates, ended: are told of every
    transaction that nothing can be added to any more. outcomes: what became of transactions, by
    the number of their first message, from an earlier pass.
    """

    def __init__(
        self,
        reader: Decode,
        ended: Callable[[Transaction], None] | None = None,
        *,
        fates: Fates | None = None,
        outcomes: Mapping[int, Transaction] | None = None,
    ) -> None:
        super().__init__()
        self.count = 0
        self._head = _Header()
        self._reader = reader
        self._ended = ended
        self._fates = fates
        self._outcomes = outcomes
        self._open: dict[int, list[Transaction]] = {}
        self._room = _FEW_KEYS
        self._evicted_at = 0
        # What may come again, in two generations: what is forgotten first stands in the older one.
        self._recent: dict[_Place, _Told] = {}
        self._older: dict[_Place, _Told] = {}
        # One notification of each of the last two records with such: how often they came is usual.
        self._kinds: dict[_Kind, tuple[Transaction, Transaction]] = {}
        self._latest: dict[int, Transaction] = {}
        # What keeps the record of the last requests, and the bytes of all such records.
        self._hold: _Held | None = None
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
            self.alike = record.data[start + 4 : start + NLMSG_HDRLEN]
            dump.answers += 1
            if record.number != self._dump_record:
                self._time(dump, record)
                self._dump_record = record.number
            elif (
                dump.kind == "request" and dump.start_ns is not None and record.time_ns is not None
            ):
                self.latency_ns = record.time_ns - dump.start_ns
            return
        self.latency_ns = None
        self.copy = 0
        self.note = ""
        self.alike = b""
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
        known = self._open.get(_key(record.interface, protocol, seq))
        if protocol == NETLINK_USERSOCK:
            self.direction = "request" if flags & NLM_F_REQUEST else "unknown"
        elif type_ < NLMSG_MIN_TYPE and (protocol != NETLINK_FIB_LOOKUP or type_ in CONTROL_TYPES):
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

    def see_alike(self) -> None:
        dump = self._dump
        assert dump is not None
        dump.answers += 1

    def finish(self) -> None:
        """The capture is over: hands out what is still open, in order."""
        for txns in self._open.values():
            for txn in txns:
                self._end(txn)
        self._open.clear()
        for told in self._older.values():
            self._forget(told)
        for told in self._recent.values():
            self._forget(told)
        self._older.clear()
        self._recent.clear()
        self._dump = None

    def _end(self, txn: Transaction) -> None:
        if self._fates is not None:
            self._fates.take(txn, self._reader)
        if self._ended is not None:
            self._ended(txn)
        hold = txn.hold
        if isinstance(hold, _Held):
            txn.hold = None
            hold.count -= 1
            if not hold.count:
                self._held -= len(hold.record.data)

    def _new(self, kind: str, head: _Header) -> Transaction:
        self.count += 1
        txn = Transaction(self.count, kind, head.record, head.number)
        txn.protocol = head.protocol
        txn.type = head.type
        txn.flags = head.flags
        txn.seq = head.seq
        txn.port = head.pid
        if self._outcomes is not None:
            txn.outcome = self._outcomes.get(head.number)
        self.txn = txn
        return txn

    # Requests

    def _request(self, known: list[Transaction] | None, head: _Header) -> None:
        self.direction = "request"
        txn = self._new("request", head)
        txn.dump = head.flags & NLM_F_DUMP == NLM_F_DUMP and not head.flags & NLM_F_CREATE
        record = head.record
        txn.keep(self._reader, record, head.start)
        hold = self._hold
        if hold is None or hold.record is not record:
            hold = self._hold = _Held(record)
        if not hold.count:
            self._held += len(record.data)
        hold.count += 1
        txn.hold = hold
        self._latest[txn.interface << 16 | txn.protocol] = txn
        self._remember(txn, known)

    def _remember(self, txn: Transaction, known: list[Transaction] | None) -> None:
        if known is None:
            heavy = self._held > _SOURCE_BYTES and txn.record != self._evicted_at
            if heavy or len(self._open) >= self._room:
                self._evicted_at = txn.record
                self._evict()
            self._open[_key(txn.interface, txn.protocol, txn.seq)] = [txn]
            return
        # What is done stays until the next request, for answers that come late.
        for other in known:
            if other.state != "open":
                kept = [each for each in known if each.state == "open"]
                for each in known:
                    if each.state != "open":
                        self._end(each)
                known[:] = kept
                break
        while len(known) >= _PER_KEY:
            self._end(known.pop(0))
        known.append(txn)

    def _evict(self) -> None:
        """Gives up what waits for nothing, and of the rest the older half if that is too much."""
        done: list[int] = []
        left = len(self._open) - _RECENT
        for key, txns in self._open.items():
            if not left:
                break
            left -= 1
            for txn in txns:
                if self._waits(txn):
                    break
            else:
                done.append(key)
        for key in done:
            self._drop(key)
        if len(self._open) > _KEYS // 2 or self._held > _SOURCE_BYTES // 2:
            for key, txns in list(self._open.items())[: len(self._open) // 2 + 1]:
                if not self._near(txns[-1]):
                    self._drop(key)
        self._dump = None
        # What waits for long does not make the search for what is done frequent.
        self._room = max(_FEW_KEYS, 2 * len(self._open))

    def _waits(self, txn: Transaction) -> bool:
        """Whether more is to come, and must come."""
        if txn.state != "open":
            return False
        if self._near(txn):
            return True
        return bool(txn.flags & NLM_F_ACK) or txn.dump or self._reader.answered(txn) == SURE

    def _near(self, txn: Transaction) -> bool:
        """Whether it is of the batch that is looked at: an error may come for each message."""
        head = self._head
        return txn.record == head.record.number and head.number - txn.message < _BATCH

    def _drop(self, key: int) -> None:
        for txn in self._open.pop(key):
            self._end(txn)

    # Answers

    def _to_port(self, known: list[Transaction], head: _Header) -> None:
        """A message that names a port: an answer, or a notification that tells who caused it."""
        txn = self._pick(known, head)
        if txn is not None:
            self._answer(txn, head)
            return
        cause: Transaction | None
        if head.seq:
            cause = _latest(known, head.pid) or _latest(known, 0)
        else:
            # Some families tell listeners who caused it and leave the number out.
            cause = self._latest.get(head.record.interface << 16 | head.protocol)
            if cause is not None and (cause.state != "open" or cause.port not in (0, head.pid)):
                cause = None
        if cause is not None and not head.flags & NLM_F_MULTI:
            self._notify(head, cause.number)
        elif head.flags & NLM_F_MULTI or (head.seq and not self._tells(head)):
            self._answer(self._orphan(head), head)
        else:
            self._notify(head, 0)

    def _tells(self, head: _Header) -> bool:
        """Whether such a message never answers, which some listeners get of other namespaces."""
        if head.protocol == NETLINK_ROUTE and head.type in _DUMPED:
            return True
        message = self._reader.request(head.record, head.start, head.number)
        return message is not None and message.direction == "notify"

    def _pick(self, known: list[Transaction], head: _Header) -> Transaction | None:
        """The request that a message with this port id answers, or None."""
        best: Transaction | None = None
        late: Transaction | None = None
        multi = head.flags & NLM_F_MULTI
        for txn in known:
            if txn.port != head.pid or not _related(txn, head.type):
                continue
            if txn.state != "open":
                late = txn
            elif best is None or (multi and txn.dump and not best.dump):
                best = txn
        return best or self._unbound(known, head) or late

    def _unbound(self, known: list[Transaction], head: _Header) -> Transaction | None:
        """The open request of an unknown port that could get such a message.

        A request may claim any port id: without an answer, its own is a claim.
        """
        multi = head.flags & NLM_F_MULTI
        waiting = [
            txn
            for txn in known
            if txn.state == "open"
            and not txn.answers
            and _related(txn, head.type)
            and (multi or not txn.dump or txn.protocol != NETLINK_ROUTE)
        ]
        if len(waiting) < 2:
            return waiting[0] if waiting else None
        message = self._reader.request(head.record, head.start, head.number)
        sources = [txn.source for txn in waiting]
        ranks = [self._rank(txn, source, multi, message) for txn, source in zip(waiting, sources)]
        first = max(ranks)
        best = [txn for txn, rank in zip(waiting, ranks) if rank == first]
        if len(best) == 1:
            return best[0]
        # Of several at the same time, the one whose words come back.
        likeness = [
            _likeness(source, message) for source, rank in zip(sources, ranks) if rank == first
        ]
        top = max(likeness)
        alike = [txn for txn, part in zip(best, likeness) if part == top]
        if not multi and self._reader.answered(alike[0]) == NO:
            # Nothing ends a change that asks for no acknowledgement: the last is under way.
            last = alike[-1].record
            asking = [txn for txn in alike if txn.flags & NLM_F_ACK]
            alike = asking or [txn for txn in alike if txn.record == last]
        else:
            _doubt([txn for txn, part in zip(best, likeness) if part])
        return _first(alike, head.pid)

    def _rank(
        self, txn: Transaction, source: Message | None, multi: int, message: Message | None
    ) -> int:
        """How well the kind of a request, which is ``source``, goes with that of a message."""
        rank = int(txn.dump) if multi else 0 if txn.dump else self._reader.answered(txn)
        if not txn.port:
            rank += 4
        if source is not None and message is not None and source.operation == message.operation:
            rank += 8
        return rank

    def _answer(self, txn: Transaction, head: _Header) -> None:
        """A message that a request brought about: its answer, or what listeners are told."""
        txn.port = head.pid
        self.txn = txn
        multi = head.flags & NLM_F_MULTI
        if not multi and txn.kind == "request":
            answered = MAYBE if txn.flags & NLM_F_ECHO else self._reader.answered(txn)
            if answered == MAYBE:
                # Who asked may be told what listeners are told: one of the copies is the answer.
                place = _place(head)
                known = self._told(place)
                if known is not None and known.again(head.record):
                    answered = NO
                else:
                    self._recall(place, _Told(txn, head.record, 0), known)
            if answered == NO:
                self._notify(head, txn.number)
                return
        self.direction = "reply"
        self._count(txn, head)
        if multi and (txn.dump or txn.flags & NLM_F_DUMP or txn.kind == "orphan"):
            # Some protocols take either bit for a dump; some set the flag on a lone answer.
            txn.dump = True
            self._dump = txn
            self._dump_record = head.record.number
        elif txn.state == "open" and not txn.flags & NLM_F_ACK:
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
        """A record answers."""
        if txn is not self._dump or record.number != self._dump_record:
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
        self._remember(txn, self._open.get(_key(txn.interface, txn.protocol, txn.seq)))
        return txn

    def _control(self, known: list[Transaction], head: _Header) -> None:
        """NLMSG_ERROR and DONE."""
        if head.flags & NLM_F_REQUEST:
            self.direction = "request"
        else:
            # The kernel answers to a port id; some notifications end with a DONE as well.
            self.direction = "reply" if head.pid else "notify"
        if head.type not in (NLMSG_ERROR, NLMSG_DONE) or not head.pid:
            return
        data, body = head.record.data, head.start + NLMSG_HDRLEN
        big = head.order == "big"
        code = 0
        if head.end - body >= 4:
            code = u32(data, body, big)
            code -= (code & 0x80000000) << 1
        asked = b""
        if head.type == NLMSG_ERROR:
            if head.end - body > 4:
                asked = data[body + 4 : min(body + 4 + NLMSG_HDRLEN, head.end)]
            if len(asked) == NLMSG_HDRLEN and not head.flags & NLM_F_CAPPED:
                size = u32(asked, 0, big)
                if size > NLMSG_HDRLEN:
                    asked += data[body + 4 + NLMSG_HDRLEN : min(body + 4 + size, head.end)]
            txn = _refused(known, asked, head.pid, big)
        else:
            txn = _finished(known, head.pid)
        if txn is None:
            txn = _stray(known, head.pid)
        if txn is None:
            txn = self._orphan(head)
            txn.dump = head.type == NLMSG_DONE
            if len(asked) >= NLMSG_HDRLEN:
                txn.type, txn.flags = u16(asked, 4, big), u16(asked, 6, big)
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
        place = _place(head)
        known = self._told(place)
        if known is not None and known.txn.kind == "notify" and known.again(record):
            self.txn = txn = known.txn
            self.copy = txn.copies
            txn.copies += 1
            txn.last_ns = known.last_ns = record.time_ns
            known.record = record.number
            return
        txn = self._new("notify", head)
        txn.copies = 1
        txn.cause = cause
        txn.state = "done"
        self._recall(place, _Told(txn, record, self._usual(txn, head)), known)

    def _usual(self, txn: Transaction, head: _Header) -> int:
        """How many copies there are of such a notification, by those before it; 0 if unknown."""
        whole = _Kind(txn.interface, txn.protocol, txn.type, -1)
        kinds = [whole]
        body = head.start + NLMSG_HDRLEN
        if txn.protocol == NETLINK_GENERIC and body < head.end:
            kinds.insert(0, whole._replace(command=head.record.data[body]))
        usual = 0
        for kind in kinds:
            last, before = self._kinds.pop(kind, (txn, txn))
            if last.record != txn.record:
                if last is not before and not usual:
                    usual = max(last.copies, before.copies)
                last, before = txn, last
            elif last is not before and not usual:
                usual = before.copies
            if len(self._kinds) >= _RECENT:
                del self._kinds[next(iter(self._kinds))]
            self._kinds[kind] = (last, before)
        return usual

    def _recall(self, place: _Place, told: _Told, known: _Told | None) -> None:
        """Remembers what may come again; known: what was told in the same words before."""
        if len(place[2]) > _RECENT_BYTES:
            self._forget(told)
            return
        if known is not None:
            self._older.pop(place, None)
            self._forget(known)
        self._recent[place] = told
        if len(self._recent) >= _RECENT:
            for old in self._older.values():
                self._forget(old)
            self._older = self._recent
            self._recent = {}

    def _told(self, place: _Place) -> _Told | None:
        """What was told in the same words not long ago."""
        known = self._recent.get(place)
        return self._older.get(place) if known is None else known

    def _forget(self, told: _Told) -> None:
        if told.txn.kind == "notify":
            self._end(told.txn)


def _key(interface: int, protocol: i64, seq: i64) -> int:
    """What a request and its answers have in common."""
    key = protocol << 32 | seq
    return interface << 48 | key


def _place(head: _Header) -> _Place:
    """What copies have in common."""
    return head.record.interface, head.protocol, head.record.data[head.start : head.end]


def _repeated(known: list[Transaction], head: _Header) -> Transaction | None:
    """The open request that a message repeats with all its flags, as some families answer."""
    if head.protocol == NETLINK_ROUTE and head.type >> 2 not in _REPEATING:
        return None
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


def _latest(known: list[Transaction], port: int) -> Transaction | None:
    """The last open request of a port."""
    for txn in reversed(known):
        if txn.port == port and txn.state == "open":
            return txn
    return None


def _first(txns: list[Transaction], port: int) -> Transaction:
    """Of requests that could all be meant, in their order, the first that may still be waiting."""
    last = txns[-1]
    if txns[0].port != port and txns[0].record != last.record:
        _doubt(txns)
        for txn in txns:
            if txn.start_ns is None or last.start_ns is None:
                break
            if last.start_ns - txn.start_ns <= PATIENCE_NS:
                return txn
    return txns[0]


def _doubt(txns: list[Transaction]) -> None:
    """Marks requests of which each could be meant, unless one socket made them all at once."""
    if txns and txns[0].record != txns[-1].record:
        for txn in txns:
            txn.ambiguous = True


def _finished(known: list[Transaction], pid: int) -> Transaction | None:
    """The request whose answers a DONE ends."""
    best: list[Transaction] = []
    best_rank = 0
    for txn in known:
        waits = txn.state == "open"
        if txn.port == pid:
            rank = 6 if waits and txn.dump else 5 if txn.answers else 4 if waits else 0
        elif waits and not txn.answers:
            # Some protocols take either bit for a dump.
            rank = 1 if txn.dump or txn.flags & NLM_F_DUMP else 0
            rank *= 1 if txn.port else 2
        else:
            rank = 0
        if rank > best_rank:
            best, best_rank = [txn], rank
        elif rank and rank == best_rank:
            best.append(txn)
    return _first(best, pid) if best else None


def _refused(known: list[Transaction], asked: bytes, pid: int, big: bool) -> Transaction | None:
    """The request that an error or ack repeats, whole or its header alone."""
    best: list[Transaction] = []
    best_rank = 0
    size = min(len(asked), NLMSG_HDRLEN)
    type_ = u16(asked, 4, big) if size >= 6 else -1
    head, rest = asked[:6], asked[size:]
    numbers = asked[8:size] if size > 8 else b""
    for txn in known:
        if type_ not in (-1, txn.type):
            continue
        where = txn.where
        if txn.state != "open" or where is None or (txn.answers and txn.port != pid):
            continue
        record, at = where
        data = record.data
        # The kernel may have changed the flags of its copy while it worked.
        if data[at : at + len(head)] != head or data[at + 8 : at + 8 + len(numbers)] != numbers:
            continue
        rank = 1 + (data[at + size : at + len(asked)] == rest) + 2 * (txn.port == pid)
        if rank > best_rank:
            best, best_rank = [txn], rank
        elif rank == best_rank:
            best.append(txn)
    return _first(best, pid) if best else None


def _stray(known: list[Transaction], pid: int) -> Transaction | None:
    """The orphan of a port to which an end is due."""
    for txn in known:
        if txn.kind == "orphan" and txn.port == pid and txn.code is None:
            return txn
    return None


def _likeness(source: Message | None, message: Message | None) -> float:
    """Which part of a request's header and attributes stands in a message, from 0 to 1."""
    plan = None if source is None else source.plan
    if source is None or message is None or not isinstance(plan, Plan):
        return 0
    asked = source.record.data
    data = message.record.data[message.start : message.end]
    size, common = _common(asked, plan.attrs_at, source.end, source.order, data)
    for at in range(plan.header_at, min(plan.attrs_at, source.end)):
        if asked[at]:
            size += 1
            common += asked[at : at + 1] == data[at - source.start : at - source.start + 1]
    return common / size if size else 0.5


def _common(asked: bytes, at: int, end: int, order: str, data: bytes) -> tuple[int, int]:
    """Bytes of a run of attributes, and of the nests in it: all, and those in a message."""
    size = common = 0
    for span in iter_attrs(asked, at, end, order):
        if asked[span.start : span.stop] in data:
            size += span.stop - span.start
            common += span.stop - span.start
        elif span.kind & NLA_F_NESTED:
            inner = _common(asked, span.start + NLA_HDRLEN, span.stop, order, data)
            size += inner[0]
            common += inner[1]
        else:
            size += span.stop - span.start
    return size, common


def _related(txn: Transaction, type_: int) -> bool:
    """Whether a message of that type can be about what the request is about."""
    protocol = txn.protocol
    if protocol == NETLINK_ROUTE:
        if txn.type & 3 == _RTM_GET and type_ & 3 == _RTM_DEL:
            return False
        return txn.type >> 2 == type_ >> 2
    if protocol == NETLINK_NETFILTER:
        return txn.type >> 8 == type_ >> 8
    if protocol == NETLINK_XFRM:
        return _XFRM_ANSWERS.get(txn.type, type_) == type_
    return protocol != NETLINK_GENERIC or txn.type == type_


_FATES: Final = ["", "txn.unanswered", "txn.endless"]
_UNANSWERED: Final = 1
_ENDLESS: Final = 2


class Fates:
    """Which requests came to no end, by the numbers of their messages: found in an earlier pass.

    marks: two bits for each message, as another one has them.
    """

    __slots__ = ("marks",)

    def __init__(self, marks: bytes = b"") -> None:
        self.marks = bytearray(marks)

    def take(self, txn: Transaction, reader: Decode) -> None:
        """Takes a transaction to which nothing can be added any more."""
        if txn.kind != "request" or txn.state != "open":
            return
        if txn.answers:
            if txn.dump:
                self._mark(txn.message, _ENDLESS)
        elif txn.flags & NLM_F_ACK or txn.dump or reader.answered(txn) == SURE:
            self._mark(txn.message, _UNANSWERED)

    def _mark(self, message: i64, mark: i64) -> None:
        marks = self.marks
        place = message >> 2
        if place >= len(marks):
            marks += bytes(place + _MORE - len(marks))
        marks[place] |= mark << 2 * (message & 3)

    def of(self, message: i64) -> str:
        """The code of the note on a request, or ""."""
        place = message >> 2
        marks = self.marks
        if place >= len(marks):
            return ""
        return _FATES[marks[place] >> 2 * (message & 3) & 3]
