"""How much of the messages' payload is understood, and what is not."""

from __future__ import annotations

from typing import Final

from ..model import GUESSED, Message, Node
from . import where
from .table import Column, Table
from .where import OTHER, Kind, kind_of

_KINDS: Final = 4096
_PLACES: Final = 4096
_WORST: Final = 20
_HEADER: Final = ("nla-len", "nla-type")


class Coverage:
    """Payload bytes, of what stands behind the nlmsghdr, in leaves that are not understood.

    Not understood is what is raw, and what was read by its looks alone. Needs every message's tree.
    """

    def __init__(self) -> None:
        self._kinds: dict[Kind, list[int]] = {}
        self._places: dict[tuple[Kind, str], list[int]] = {}

    def add(self, message: Message) -> None:
        """Takes a message."""
        kind = kind_of(message)
        known = self._kinds.get(kind)
        if known is None:
            if len(self._kinds) >= _KINDS:
                kind = OTHER
            known = self._kinds.setdefault(kind, [0, 0, 0])
        known[0] += 1
        if message.type < 0:
            return
        places: dict[str, int] = {}
        for layer in message.layers:
            if layer.name not in ("link", "nlmsg", "tail"):
                known[1] += layer.end - layer.start
                _unknown(layer, "", False, places)
        for path, size in places.items():
            known[2] += size
            key = (kind, path)
            place = self._places.get(key)
            if place is None:
                if len(self._places) >= _PLACES:
                    key = (OTHER, "other")
                place = self._places.setdefault(key, [0, 0, message.number])
            place[0] += 1
            place[1] += size

    def table(self) -> Table:
        """By protocol, family and operation; what has most bytes that are not understood first."""
        columns = (
            Column("name", "tree"),
            Column("understood", "share"),
            Column("payload", "bytes"),
            Column("not_understood", "bytes"),
            Column("messages", "int"),
        )
        table = Table("coverage", "Payload that is understood", columns, "messages")
        sums: dict[tuple[str, ...], list[int]] = {}
        filters: dict[tuple[str, ...], str | None] = {}
        for kind, counts in self._kinds.items():
            for place, filter_ in where.levels(kind):
                sum_ = sums.setdefault(place, [0, 0, 0])
                filters.setdefault(place, filter_)
                for at, count in enumerate(counts):
                    sum_[at] += count

        def order(place: tuple[str, ...]) -> list[tuple[int, int, str]]:
            above = [sums[place[: at + 1]] for at in range(len(place))]
            return [(-sum_[2], -sum_[1], name) for sum_, name in zip(above, place)]

        for place in sorted(sums, key=order):
            messages, payload, unknown = sums[place]
            share = (payload - unknown) / payload if payload else None
            table.add(filters[place], list(place), share, payload, unknown, messages)
        return table

    def worst(self) -> Table:
        """The places with most bytes that are not understood; first is the number of a message."""
        columns = (
            Column("family", "text"),
            Column("operation", "text"),
            Column("place", "text"),
            Column("not_understood", "bytes"),
            Column("count", "int"),
            Column("first", "int"),
            Column("messages", "int", True),
        )
        table = Table("coverage-worst", "Least understood", columns, "messages")
        found = sorted(self._places.items(), key=lambda item: (-item[1][1], item[1][2]))
        for (kind, path), (count, size, first) in found[:_WORST]:
            messages = self._kinds[kind][0] if kind in self._kinds else None
            filter_ = where.of_kind(kind)
            table.add(
                filter_, where.family_name(kind), where.operation_name(kind), path, size, count,
                first, messages,
            )  # fmt: skip
        return table


def _unknown(node: Node, above: str, guessed: bool, places: dict[str, int]) -> None:
    """Adds the bytes of leaves that are not understood, by their path without list indexes."""
    path = above
    if node.kind != "item" and (node.children or node.name != "value"):
        path = f"{above}.{node.name}" if above else node.name
    guessed = guessed or any(note.code == GUESSED for note in node.notes)
    if node.children:
        for child in node.children:
            _unknown(child, path, guessed, places)
    elif node.end > node.start and (
        node.kind == "raw" or (guessed and node.kind != "padding" and node.name not in _HEADER)
    ):
        places[path] = places.get(path, 0) + node.end - node.start
