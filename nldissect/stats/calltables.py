"""What transactions come to, as tables."""

from __future__ import annotations

from typing import Final

from ..text import Json
from . import where
from .calls import MARKS, OTHER_PORTS, STATES, Operation, Port, Totals
from .measure import EDGES, bounds
from .table import Column, Table

_PORTS_SHOWN: Final = 20
_OPERATION: Final = (Column("family", "text"), Column("operation", "text"))
_QUANTILES: Final = (
    Column("min", "duration", True),
    Column("median", "duration"),
    Column("p99", "duration", True),
    Column("max", "duration"),
)


def _ordered(totals: Totals) -> list[Operation]:
    """The operations, the most used first; answers to no request come last."""
    return sorted(
        totals.operations.values(), key=lambda each: (each.orphan, -each.messages, each.kind)
    )


def operations(totals: Totals) -> Table:
    """Requests and their answers by operation."""
    columns = (
        *_OPERATION,
        Column("requests", "int"),
        Column("answers", "int"),
        Column("errors", "int"),
        Column("dumps", "int"),
        Column("parts", "int", True),
        *_QUANTILES,
        Column("messages", "int", True),
        Column("remark", "text"),
    )
    table = Table("operations", "Operations and what answers them", columns, "messages")
    for each in _ordered(totals):
        table.add(
            each.filter, where.family_name(each.kind), where.operation_name(each.kind),
            each.requests, each.answers, each.errors, each.dumps, each.parts,
            *each.latency.summary(), each.messages, "no request seen" if each.orphan else None,
        )  # fmt: skip
    return table


def latency(totals: Totals) -> Table:
    """Time from requests to their last answers, by operation.

    The distribution has a number for each row of ``histogram``.
    """
    columns = (
        *_OPERATION,
        Column("measured", "int"),
        *(Column(each.name, each.kind) for each in _QUANTILES),
        Column("distribution", "bars", True),
        Column("messages", "int", True),
    )
    table = Table("latency", "Time from requests to their last answers", columns, "messages")
    measured = [each for each in totals.operations.values() if each.latency.count]
    used = _used(totals)
    for each in sorted(measured, key=lambda each: (-(each.latency.quantile(0.5) or 0), each.kind)):
        distribution: list[Json] = [each.ended[index] for index in used]
        table.add(
            each.filter, where.family_name(each.kind), where.operation_name(each.kind),
            each.latency.count, *each.latency.summary(), distribution, each.messages,
        )  # fmt: skip
    return table


def histogram(totals: Totals) -> Table:
    """How many transactions took how long, over all operations; and how late answers came."""
    columns = (
        Column("from", "duration"),
        Column("to", "duration"),
        Column("transactions", "int"),
        Column("answers", "int", True),
        Column("bar", "bar"),
    )
    table = Table("latency-histogram", "Latency of all transactions", columns, "answers")
    for index in _used(totals):
        start, end = bounds(index)
        ended = sum(each.ended[index] for each in totals.operations.values())
        answered = sum(each.answered[index] for each in totals.operations.values())
        table.add(
            where.both(
                f"latency >= {where.duration(start)}" if start else "",
                "" if end is None else f"latency < {where.duration(end)}",
            ),
            start, end, ended, answered, ended,
        )  # fmt: skip
    return table


def _used(totals: Totals) -> range:
    """The histogram's buckets from the first to the last that is not empty."""
    used = [
        index
        for index in range(len(EDGES) + 1)
        if any(each.ended[index] or each.answered[index] for each in totals.operations.values())
    ]
    return range(used[0], used[-1] + 1) if used else range(0)


def ports(totals: Totals) -> Table:
    """The sockets that say and are told most. Port 0 is those whose port id nothing tells."""
    columns = (
        Column("port", "int"),
        Column("protocol", "text"),
        Column("process", "text"),
        Column("messages", "int"),
        Column("bytes", "bytes"),
        Column("requests", "int"),
        Column("answers", "int"),
        Column("errors", "int"),
        Column("first", "time", True),
        Column("last", "time", True),
    )
    table = Table("ports", "Top talkers by port id", columns, "messages")

    def order(item: tuple[tuple[int, int], Port]) -> tuple[int, int, tuple[int, int]]:
        return (-item[1].messages, -item[1].size, item[0])

    found = sorted(totals.ports.items(), key=order)
    shown = [item for item in found if item[0] != OTHER_PORTS][:_PORTS_SHOWN]
    rest = Port()
    for key, port in found:
        if (key, port) not in shown:
            rest.take(port)
    numbers: dict[str | None, list[str]] = {}
    for (protocol, number), port in shown:
        kind = (protocol, "", "", 0, -1)
        of = where.of_protocol(kind)
        numbers.setdefault(of, []).append(str(number))
        of = where.both(of, f"txn.port == {number}", "txn.kind != notify")
        whose = port.process or None
        table.add(of, number, where.protocol_name(kind), whose, *_cells(port))
    if rest.messages:
        others = [f"!({of} && txn.port in {{{', '.join(some)}}})" for of, some in numbers.items()]
        table.add(where.both("txn.kind != notify", *others), None, "other", None, *_cells(rest))
    return table


def _cells(port: Port) -> tuple[Json, ...]:
    return (
        port.messages, port.size, port.requests, port.answers, port.errors, port.first_ns,
        port.last_ns,
    )  # fmt: skip


def conversations(totals: Totals) -> Table:
    """The transactions with the most messages, the most bytes, and that took longest."""
    columns = (
        Column("txn", "int"),
        Column("protocol", "text", True),
        *_OPERATION,
        Column("port", "int"),
        Column("seq", "int", True),
        Column("messages", "int"),
        Column("bytes", "bytes"),
        Column("duration", "duration"),
        Column("state", "text"),
    )
    table = Table("conversations", "Largest and longest transactions", columns, "messages")
    found = dict.fromkeys(each for top in totals.top for _, _, each in top)
    for each in sorted(found, key=lambda each: (-each.messages, each.number)):
        table.add(
            f"txn == {each.number}", each.number, where.protocol_name(each.kind),
            where.family_name(each.kind), where.operation_name(each.kind), each.port, each.seq,
            each.messages, each.size, each.duration_ns, each.state,
        )  # fmt: skip
    return table


def transactions(totals: Totals) -> Table:
    """How transactions end, and what is odd about them."""
    columns = (
        Column("outcome", "text"),
        Column("transactions", "int"),
        Column("messages", "int"),
    )
    table = Table("transactions", "How transactions end", columns, "messages")
    for name, filter_ in {**STATES, **MARKS}.items():
        count, messages = totals.states[name]
        if count:
            table.add(filter_, name, count, messages)
    return table
