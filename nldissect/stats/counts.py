"""Statistics that count messages one by one: by kind, error, group, time and note."""

from __future__ import annotations

from typing import Final

from ..model import Message
from ..notes import SEVERITIES
from ..text import Json
from ..wire.consts import NLMSG_DONE, NLMSG_ERROR
from . import where
from .calls import error_code
from .measure import Timeline
from .table import Column, Table
from .where import OTHER, Kind, kind_of

_KINDS: Final = 8192
_ERRORS: Final = 2048
_GROUPS: Final = 1024
_CODES: Final = 1024
_BUCKETS: Final = 20
_DIRECTIONS: Final = {"request": 0, "reply": 1, "notify": 2, "unknown": 3}
_SECOND: Final = 1_000_000_000


class Hierarchy:
    """Messages by protocol, family, operation and direction."""

    def __init__(self) -> None:
        self._cells: dict[tuple[Kind, str], list[int]] = {}

    def add(self, message: Message) -> None:
        """Takes a message."""
        key = (kind_of(message), message.direction)
        cell = self._cells.get(key)
        if cell is None:
            if len(self._cells) >= _KINDS:
                key = (OTHER, message.direction)
            cell = self._cells.setdefault(key, [0, 0])
        cell[0] += 1
        cell[1] += message.end - message.start

    def table(self) -> Table:
        """The tree, the most frequent first; bytes are those of the messages themselves."""
        columns = (
            Column("name", "tree"),
            Column("messages", "int"),
            Column("share", "share"),
            Column("bytes", "bytes"),
            Column("requests", "int", True),
            Column("replies", "int", True),
            Column("notify", "int", True),
        )
        table = Table("hierarchy", "Messages by operation", columns, "messages")
        sums: dict[tuple[str, ...], list[int]] = {}
        filters: dict[tuple[str, ...], str | None] = {}
        for (kind, direction), (count, size) in self._cells.items():
            for place, filter_ in where.levels(kind):
                sum_ = sums.setdefault(place, [0, 0, 0, 0, 0, 0])
                filters.setdefault(place, filter_)
                sum_[0] += count
                sum_[1] += size
                sum_[2 + _DIRECTIONS[direction]] += count
        total = sums.get((), [0])[0]

        def order(place: tuple[str, ...]) -> list[tuple[int, str]]:
            return [(-sums[place[: at + 1]][0], name) for at, name in enumerate(place)]

        for place in sorted(sums, key=order):
            count, size, *directions = sums[place]
            path_cell: list[Json] = list(place)
            table.add(filters[place], path_cell, count, count / total, size, *directions[:3])
        return table


class Errors:
    """Errors by errno, operation, the kernel's words and the attribute that they blame."""

    def __init__(self) -> None:
        self._found: dict[tuple[Kind, str, str, str, str, str], list[int]] = {}

    def add(self, message: Message) -> None:
        """Takes a message."""
        if message.type not in (NLMSG_ERROR, NLMSG_DONE) or error_code(message) >= 0:
            return
        error = message.error
        if error is None:
            return
        name, words, attr, missing = (
            "" if error[key] is None else str(error[key])
            for key in ("name", "message", "attr", "missing")
        )
        of, prefix = message, ""
        if not message.operation and message.txn is not None:
            # What repeats the request's header alone does not name its operation.
            source = message.txn.source
            if source is not None:
                of, prefix = source, "request."
        key = (kind_of(of), prefix, name, words, attr, missing)
        known = self._found.get(key)
        if known is None:
            if len(self._found) >= _ERRORS:
                key = (OTHER, "", "other", "", "", "")
            known = self._found.setdefault(key, [0, message.number])
        known[0] += 1

    def table(self) -> Table:
        """The errors, the most frequent first; first is the number of a message."""
        columns = (
            Column("errno", "text"),
            Column("family", "text"),
            Column("operation", "text"),
            Column("count", "int"),
            Column("first", "int"),
            Column("attribute", "text"),
            Column("missing", "text"),
            Column("message", "words"),
        )
        table = Table("errors", "Errors", columns, "count")
        for key, (count, first) in sorted(
            self._found.items(), key=lambda item: (-item[1][0], item[1][1])
        ):
            kind, prefix, name, words, attr, missing = key
            filter_ = where.both(
                f"error.name == {name}",
                "!cmd" if prefix else "",
                # Without an operation of its own the request would name it, if there were one.
                "" if prefix or kind[2] else "!request.nlmsg.type",
                where.of_kind(kind, prefix),
                where.is_or_absent("error.message", words),
                where.is_or_absent("error.attr", attr),
                where.is_or_absent("error.missing", missing),
            )
            table.add(
                filter_, name, where.family_name(kind), where.operation_name(kind), count, first,
                attr or None, missing or None, words or None,
            )  # fmt: skip
        return table


class Groups:
    """Notifications by multicast group, and how many listeners there were."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str, str], list[int]] = {}

    def add(self, message: Message) -> None:
        """Takes a message."""
        if message.direction != "notify":
            return
        key = (message.protocol, message.family, message.group)
        known = self._found.get(key)
        if known is None:
            if len(self._found) >= _GROUPS:
                key = (-2, "", "")
            known = self._found.setdefault(key, [0, 0, 0])
        known[0] += 1
        if not message.copy:
            known[1] += 1
        if message.copy >= known[2]:
            known[2] = message.copy + 1

    def table(self, span_ns: int) -> Table:
        """The groups, the busiest first; span_ns: how long the capture took."""
        columns = (
            Column("family", "text"),
            Column("group", "text"),
            Column("notifications", "int"),
            Column("copies", "int"),
            Column("rate", "rate"),
            Column("listeners", "int"),
        )
        table = Table("groups", "Notifications by multicast group", columns, "copies")
        for (protocol, family, group), (copies, distinct, listeners) in sorted(
            self._found.items(), key=lambda item: (-item[1][0], item[0])
        ):
            kind = (protocol, family, "", -1, -1)
            rate = distinct * _SECOND / span_ns if span_ns else None
            filter_ = None
            if protocol != OTHER[0]:
                of = f"family == {where.word(family)}" if family else "!family"
                filter_ = where.both(
                    "dir == notify", where.of_protocol(kind), of, where.is_or_absent("group", group)
                )
            name = family or where.protocol_name(kind)
            table.add(filter_, name, group or None, distinct, copies, rate, listeners)
        return table


class Times:
    """Messages and errors over time, and what there is in all."""

    def __init__(self) -> None:
        self.timeline = Timeline(5)
        self._records = 0
        self._record_bytes = 0
        self.messages = 0
        self._bytes = 0
        self._record = 0

    def add(self, message: Message) -> None:
        """Takes a message."""
        record = message.record
        self.messages += 1
        self._bytes += message.end - message.start
        if record.number != self._record:
            self._record = record.number
            self._records += 1
            self._record_bytes += len(record.data)
        if record.time_ns is None:
            return
        counts = self.timeline.at(record.time_ns)
        counts[_DIRECTIONS[message.direction]] += 1
        if message.type == NLMSG_ERROR and error_code(message) < 0:
            counts[4] += 1

    def finish(self) -> None:
        """The capture is over: another one counts its records anew."""
        self._record = 0

    def capture(self) -> Table:
        """Everything in one row. first is None without times."""
        columns = (
            Column("records", "int"),
            Column("record_bytes", "bytes"),
            Column("messages", "int"),
            Column("bytes", "bytes"),
            Column("first", "time"),
            Column("span", "duration"),
            Column("rate", "rate", True),
        )
        table = Table("capture", "Capture", columns, "messages")
        timed = self.timeline.first_ns is not None
        span = self.timeline.span_ns
        if self.messages:
            table.add(
                "", self._records, self._record_bytes, self.messages, self._bytes,
                self.timeline.first_ns, span if timed else None,
                self.messages * _SECOND / span if span else None,
            )  # fmt: skip
        return table

    def table(self) -> Table:
        """Messages over time by direction; errors are among the replies."""
        columns = (
            Column("start", "time"),
            Column("requests", "int", True),
            Column("replies", "int", True),
            Column("notify", "int", True),
            Column("errors", "int"),
            Column("messages", "int"),
            Column("width", "duration", True),
            Column("bar", "bar"),
        )
        table = Table("time", "Messages over time", columns, "messages")
        start, width, buckets = self.timeline.buckets(_BUCKETS)
        for counts in buckets:
            messages = sum(counts[:4])
            table.add(
                where.within(start, start + width), start, *counts[:3], counts[4], messages, width,
                messages,
            )  # fmt: skip
            start += width
        return table


class Notes:
    """Notes by code, read off whole messages."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[int]] = {}

    def add(self, message: Message) -> None:
        """Takes a message."""
        seen: set[str] = set()
        for note in message.notes:
            key = (note.code, note.severity)
            known = self._found.get(key)
            if known is None:
                if len(self._found) >= _CODES:
                    key = ("other", "")
                known = self._found.setdefault(key, [0, 0, message.number])
            known[0] += 1
            if note.code not in seen:
                seen.add(note.code)
                known[1] += 1

    def table(self) -> Table:
        """The codes, the gravest first; first is the number of a message."""
        columns = (
            Column("severity", "text"),
            Column("code", "text"),
            Column("notes", "int"),
            Column("messages", "int"),
            Column("first", "int"),
        )
        table = Table("notes", "Notes", columns, "messages")
        ranks = {severity: rank for rank, severity in enumerate(SEVERITIES)}
        for (code, severity), (notes, messages, first) in sorted(
            self._found.items(),
            key=lambda item: (-ranks.get(item[0][1], -1), -item[1][0], item[0][0]),
        ):
            filter_ = f"note.code == {where.word(code)}" if severity else None
            table.add(filter_, severity, code, notes, messages, first)
        return table
