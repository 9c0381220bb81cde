"""Statistics over messages: one pass, bounded memory, tables whose rows are filters as well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..model import Message
from . import calltables
from .calls import Calls
from .counts import Errors, Groups, Hierarchy, Notes, Times
from .coverage import Coverage
from .measure import Timeline
from .table import Column, Row, Table

__all__ = ["DEFAULT", "TABLES", "Column", "Row", "Statistics", "Table"]

TABLES: Final = {
    "capture": "records, messages, bytes and time in all",
    "hierarchy": "messages by protocol, family and operation",
    "operations": "requests, answers, errors and dumps by operation",
    "transactions": "how transactions end",
    "errors": "errors by name, operation, the kernel's words and the attribute that they blame",
    "latency": "time from requests to their last answers, by operation and in all",
    "groups": "notifications by multicast group",
    "ports": "the sockets that say and are told most",
    "time": "messages and errors over time",
    "conversations": "the largest and longest transactions",
    "notes": "notes by code; decodes every message",
    "coverage": "the share of the bytes that is understood; makes every message's tree",
}
"""The names that tables are asked for by, and what is in them."""

DEFAULT: Final = (
    "capture", "hierarchy", "operations", "transactions", "errors", "latency", "groups", "ports",
    "time",
)  # fmt: skip

_OF_CALLS: Final = frozenset(("operations", "transactions", "latency", "ports", "conversations"))


class Statistics:
    """Statistics over the messages of captures, each in order.

    names: which of TABLES are wanted; what others need is not looked at.
    """

    def __init__(self, names: Iterable[str] = DEFAULT) -> None:
        self._names = [name for name in TABLES if name in set(names)]
        self._times = Times()
        self._calls = Calls()
        self._hierarchy = Hierarchy()
        self._errors = Errors()
        self._groups = Groups()
        self._notes = Notes()
        self._coverage = Coverage()
        self._takers = [self._times.add]
        for taker, taken in (
            (self._calls.add, _OF_CALLS),
            (self._hierarchy.add, {"hierarchy"}),
            (self._errors.add, {"errors"}),
            (self._groups.add, {"groups"}),
            (self._notes.add, {"notes"}),
            (self._coverage.add, {"coverage"}),
        ):
            if taken.intersection(self._names):
                self._takers.append(taker)

    def add(self, message: Message) -> None:
        """Takes the next message of a capture."""
        for take in self._takers:
            take(message)

    def finish(self) -> None:
        """The capture is over: no message of it comes any more, but those of another one may."""
        self._calls.finish()
        self._times.finish()

    @property
    def messages(self) -> int:
        """How many messages were taken."""
        return self._times.messages

    @property
    def timeline(self) -> Timeline:
        """Requests, replies, notifications, others, and errors among the replies, over time."""
        return self._times.timeline

    def tables(self) -> list[Table]:
        """The tables as they stand, in the order of TABLES; may be called at any time."""
        calls = self._calls.now()
        tables: list[Table] = []
        for name in self._names:
            if name == "capture":
                tables.append(self._times.capture())
            elif name == "hierarchy":
                tables.append(self._hierarchy.table())
            elif name == "operations":
                tables.append(calltables.operations(calls))
            elif name == "transactions":
                tables.append(calltables.transactions(calls))
            elif name == "errors":
                tables.append(self._errors.table())
            elif name == "latency":
                tables += [calltables.latency(calls), calltables.histogram(calls)]
            elif name == "groups":
                tables.append(self._groups.table(self._times.timeline.span_ns))
            elif name == "ports":
                tables.append(calltables.ports(calls))
            elif name == "time":
                tables.append(self._times.table())
            elif name == "conversations":
                tables.append(calltables.conversations(calls))
            elif name == "notes":
                tables.append(self._notes.table())
            elif name == "coverage":
                tables += [self._coverage.table(), self._coverage.worst()]
        return tables
