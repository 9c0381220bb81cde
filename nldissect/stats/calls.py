"""Requests and what answers them: what becomes of transactions, by operation and by port."""

from __future__ import annotations

from copy import deepcopy
from heapq import heappush, heapreplace
from typing import Final

from ..model import Message, Transaction
from ..wire.consts import NLM_F_ACK, NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR
from . import where
from .measure import EDGES, Durations, bucket
from .where import Kind, kind_of

_OPERATIONS: Final = 4096
_PORTS: Final = 4096
_PENDING: Final = 4096
_PENDING_BYTES: Final = 16 << 20
_TOP: Final = 10
OTHER_PORTS: Final = (-1, -1)

STATES: Final = {
    "complete": "txn.kind == request && txn.state == done",
    "failed": "txn.kind == request && txn.state == failed",
    "unfinished": "txn.kind == request && txn.state == open && txn.answers > 0",
    "unanswered": "txn.kind == request && txn.state == open && txn.answers == 0 && "
    "(nlmsg.flags.ack || nlmsg.flags.dump)",
    "no answer, no ack asked for": "txn.kind == request && txn.state == open && "
    "txn.answers == 0 && !(nlmsg.flags.ack || nlmsg.flags.dump)",
    "answers to no request": "txn.kind == orphan",
    "notifications": "txn.kind == notify",
}
"""What transactions come to, and the filter of each."""

MARKS: Final = {
    "interrupted dumps": "txn.interrupted",
    "ambiguous": "txn.ambiguous",
}
"""What can be odd about a transaction besides."""


def asks(message: Message) -> bool:
    """Whether a request says that it wants an answer."""
    flags = message.flags
    if flags & NLM_F_ACK:
        return True
    return flags & NLM_F_DUMP == NLM_F_DUMP and message.flag_class == "get"


def error_code(message: Message) -> int:
    """The code of an NLMSG_ERROR or NLMSG_DONE, 0 where there is none."""
    order = message.order
    data = message.record.data
    at = message.body
    if message.end - at < 4:
        return 0
    return int.from_bytes(data[at : at + 4], "big" if order == "big" else "little", signed=True)


class Operation:
    """What became of the requests of a kind; of an orphan's, what its answers are."""

    __slots__ = ("kind", "orphan", "messages", "requests", "answers", "errors", "dumps", "parts",
                 "latency", "ended", "answered")  # fmt: skip

    def __init__(self, kind: Kind, orphan: bool) -> None:
        self.kind = kind
        self.orphan = orphan
        self.messages = 0
        self.requests = 0
        self.answers = 0
        self.errors = 0
        self.dumps = 0
        self.parts = 0
        self.latency = Durations()
        self.ended = [0] * (len(EDGES) + 1)
        self.answered = [0] * (len(EDGES) + 1)

    @property
    def filter(self) -> str | None:
        """Selects the requests and their answers."""
        if self.orphan:
            return where.both("txn.kind == orphan", where.of_kind(self.kind))
        return where.of_kind(self.kind, "request.")


class _Call:
    """A transaction and what was seen of it."""

    __slots__ = ("txn", "operation", "held", "messages", "size", "requests", "answers", "errors",
                 "asks", "first_ns", "last_ns", "process")  # fmt: skip

    def __init__(self, txn: Transaction, operation: Operation) -> None:
        self.txn = txn
        self.operation = operation
        self.held = 0 if txn.where is None else len(txn.where[0].data)
        self.messages = 0
        self.size = 0
        self.requests = 0
        self.answers = 0
        self.errors = 0
        self.asks = False
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.process = ""

    @property
    def state(self) -> str:
        """One of STATES."""
        txn = self.txn
        if txn.kind != "request":
            return "answers to no request"
        if txn.state != "open":
            return "complete" if txn.state == "done" else "failed"
        if txn.answers:
            return "unfinished"
        return "unanswered" if self.asks else "no answer, no ack asked for"

    @property
    def duration_ns(self) -> int | None:
        """From the request to the last answer, where both are there."""
        txn = self.txn
        if txn.kind != "request" or txn.start_ns is None or txn.last_ns is None:
            return None
        return None if txn.dump and txn.state == "open" else txn.last_ns - txn.start_ns


class Port:
    """What a socket said and was told.

    process: the last one that is known to have had it, "" if none is.
    """

    __slots__ = ("messages", "size", "requests", "answers", "errors", "first_ns", "last_ns",
                 "process")  # fmt: skip

    def __init__(self) -> None:
        self.messages = 0
        self.size = 0
        self.requests = 0
        self.answers = 0
        self.errors = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.process = ""

    def take(self, call: _Call | Port) -> None:
        """Takes what was seen of a transaction, or of another port."""
        self.messages += call.messages
        self.size += call.size
        self.requests += call.requests
        self.answers += call.answers
        self.errors += call.errors
        if call.first_ns is not None and (self.first_ns is None or call.first_ns < self.first_ns):
            self.first_ns = call.first_ns
        if call.last_ns is not None and (self.last_ns is None or call.last_ns > self.last_ns):
            self.last_ns = call.last_ns
        self.process = call.process or self.process


PortKey = tuple[int, int]


class Conversation:
    """A transaction that stands out; number and state as in Transaction and STATES."""

    __slots__ = ("number", "kind", "port", "seq", "messages", "size", "duration_ns", "state")

    def __init__(self, call: _Call) -> None:
        txn = call.txn
        self.number = txn.number
        self.kind = call.operation.kind
        self.port = txn.port
        self.seq = txn.seq
        self.messages = call.messages
        self.size = call.size
        self.duration_ns = call.duration_ns
        self.state = call.state


_Ranked = tuple[int, int, Conversation]
"""A measure, and a number of its own that puts the first before others of that measure."""


class Totals:
    """What transactions come to.

    operations: by kind, and whether they are answers to no request. ports: by protocol and port.
    states: transactions and messages of each of STATES and MARKS. top: the foremost by messages,
    by bytes and by duration.
    """

    def __init__(self) -> None:
        self.operations: dict[tuple[Kind, bool], Operation] = {}
        self.ports: dict[PortKey, Port] = {}
        self.states = {name: [0, 0] for name in (*STATES, *MARKS)}
        self.top: tuple[list[_Ranked], list[_Ranked], list[_Ranked]] = ([], [], [])
        self._taken = 0

    def operation(self, kind: Kind, orphan: bool) -> Operation:
        """The operation of a kind."""
        key = (kind, orphan)
        operation = self.operations.get(key)
        if operation is None:
            if len(self.operations) >= _OPERATIONS:
                key = (where.OTHER, False)
            operation = self.operations.setdefault(key, Operation(*key))
        return operation

    def take(self, call: _Call) -> None:
        """Takes a transaction as it stands."""
        txn = call.txn
        operation = self.operation(call.operation.kind, call.operation.orphan)
        operation.parts += txn.parts
        if txn.dump and call.requests:
            operation.dumps += 1
        duration = call.duration_ns
        if duration is not None:
            operation.latency.add(duration)
            operation.ended[bucket(duration)] += 1
        self._count(call.state, call)
        if txn.interrupted:
            self._count("interrupted dumps", call)
        if txn.ambiguous:
            self._count("ambiguous", call)
        key = (txn.protocol, txn.port)
        port = self.ports.get(key)
        if port is None:
            if len(self.ports) >= _PORTS:
                key = OTHER_PORTS
            port = self.ports.setdefault(key, Port())
        port.take(call)
        self._rank(call, duration or 0)

    def _count(self, name: str, call: _Call) -> None:
        counts = self.states[name]
        counts[0] += 1
        counts[1] += call.messages

    def _rank(self, call: _Call, duration: int) -> None:
        self._taken += 1
        made: Conversation | None = None
        for top, measure in zip(self.top, (call.messages, call.size, duration)):
            if len(top) >= _TOP and measure <= top[0][0]:
                continue
            made = made or Conversation(call)
            if len(top) < _TOP:
                heappush(top, (measure, -self._taken, made))
            else:
                heapreplace(top, (measure, -self._taken, made))


class Calls:
    """Follows the transactions of messages, of a bounded number at a time.

    A transaction is settled when so many others have come that nothing more is to be expected of
    it, or when its capture ends. The tables count those that are not settled as they stand.
    """

    def __init__(self) -> None:
        self._totals = Totals()
        self._pending: dict[int, _Call] = {}
        self._held = 0
        self._settled = 0

    def add(self, message: Message) -> None:
        """Takes a message."""
        txn = message.txn
        if txn is None:
            return
        if txn.kind == "notify":
            counts = self._totals.states["notifications"]
            counts[0] += not message.copy
            counts[1] += 1
            return
        call = self._pending.get(txn.number)
        if call is None:
            call = self._follow(message, txn)
        time_ns = message.record.time_ns
        if time_ns is not None:
            if call.first_ns is None:
                call.first_ns = time_ns
            call.last_ns = time_ns
        if not call.process and (process := message.process) is not None:
            call.process = process.label
        call.messages += 1
        call.size += message.end - message.start
        operation = call.operation
        if operation.orphan:
            operation = self._totals.operation(kind_of(message), True)
        operation.messages += 1
        if txn.kind == "request" and message.number == txn.message:
            operation.requests += 1
            call.requests += 1
            call.asks = asks(message)
            return
        operation.answers += 1
        call.answers += 1
        if message.latency_ns is not None:
            operation.answered[bucket(message.latency_ns)] += 1
        if message.type in (NLMSG_ERROR, NLMSG_DONE) and error_code(message) < 0:
            operation.errors += 1
            call.errors += 1

    def _follow(self, message: Message, txn: Transaction) -> _Call:
        if txn.kind == "request":
            source = message if message.number == txn.message else txn.source
            operation = self._totals.operation(kind_of(source or message), False)
        else:
            operation = self._totals.operation(kind_of(message), True)
        call = _Call(txn, operation)
        if txn.number > self._settled:
            self._pending[txn.number] = call
            self._held += call.held
            if len(self._pending) > _PENDING or self._held > _PENDING_BYTES:
                self._settle()
        return call

    def _settle(self) -> None:
        """Settles the older half, but for what is open if that is not most of it."""
        older = list(self._pending.values())[: len(self._pending) // 2]
        over = [call for call in older if call.txn.state != "open"]
        for call in over if 2 * len(over) >= len(older) else older:
            del self._pending[call.txn.number]
            self._held -= call.held
            self._settled = max(self._settled, call.txn.number)
            self._totals.take(call)

    def finish(self) -> None:
        """The capture is over: another one counts its transactions anew."""
        for call in self._pending.values():
            self._totals.take(call)
        self._pending.clear()
        self._held = 0
        self._settled = 0

    def now(self) -> Totals:
        """What all transactions come to as they stand."""
        totals = self._totals
        if self._pending:
            totals = deepcopy(totals)
            for call in self._pending.values():
                totals.take(call)
        return totals
