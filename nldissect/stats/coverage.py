"""How many of the records' bytes are understood, and which are not."""

from __future__ import annotations

from typing import Final

from ..model import GUESSED, Message, Node
from . import where
from .table import Column, Table
from .where import OTHER, Kind, kind_of

_KINDS: Final = 4096
_PLACES: Final = 65536
_WORST: Final = 20
_HEADER: Final = ("nla-len", "nla-type")


class _Place:
    """An attribute of a kind of message: its bytes, how many of them are not understood and in how
    many messages, and the number of the first of these.
    """

    __slots__ = ("bytes", "count", "first", "unknown")

    def __init__(self) -> None:
        self.bytes = 0
        self.unknown = 0
        self.count = 0
        self.first = 0


class Coverage:
    """Bytes of records past the link header, in leaves that are understood and in others.

    Not understood is what is raw, and what was read by its looks alone. Needs every message's tree.
    """

    def __init__(self) -> None:
        # Of each kind: messages, bytes, those that are not understood.
        self._kinds: dict[Kind, list[int]] = {}
        self._places: dict[tuple[Kind, str], _Place] = {}

    def add(self, message: Message) -> None:
        """Takes a message."""
        kind = kind_of(message)
        known = self._kinds.get(kind)
        if known is None:
            if len(self._kinds) >= _KINDS:
                kind = OTHER
            known = self._kinds.setdefault(kind, [0, 0, 0])
        known[0] += 1
        places: dict[str, list[int]] = {}
        for layer in message.layers:
            if layer.name != "link":
                known[1] += layer.end - layer.start
                _look(layer, "", False, places)
        for path, (size, unknown) in places.items():
            place = self._place(kind, path)
            place.bytes += size
            if unknown:
                known[2] += unknown
                place.unknown += unknown
                place.count += 1
                place.first = place.first or message.number

    def _place(self, kind: Kind, path: str) -> _Place:
        place = self._places.get((kind, path))
        if place is None:
            key = (kind, path) if len(self._places) < _PLACES else (OTHER, "other")
            place = self._places.setdefault(key, _Place())
        return place

    def table(self) -> Table:
        """By protocol, family and operation; what has most bytes that are not understood first."""
        columns = (
            Column("name", "tree"),
            Column("understood", "share"),
            Column("bytes", "bytes"),
            Column("not_understood", "bytes"),
            Column("messages", "int"),
        )
        table = Table("coverage", "Bytes that are understood", columns, "messages")
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
            messages, size, unknown = sums[place]
            share = (size - unknown) / size if size else None
            table.add(filters[place], list(place), share, size, unknown, messages)
        return table

    def worst(self) -> Table:
        """The places with most bytes that are not understood; first is the number of a message."""
        columns = (
            Column("family", "text"),
            Column("operation", "text"),
            Column("place", "text"),
            Column("understood", "share"),
            Column("bytes", "bytes"),
            Column("not_understood", "bytes"),
            Column("count", "int"),
            Column("first", "int"),
            Column("messages", "int", True),
        )
        table = Table("coverage-worst", "Least understood", columns, "messages")
        found = [item for item in self._places.items() if item[1].unknown]
        found.sort(key=lambda item: (-item[1].unknown, item[1].first))
        for (kind, path), place in found[:_WORST]:
            messages = self._kinds[kind][0] if kind in self._kinds else None
            share = (place.bytes - place.unknown) / place.bytes
            table.add(
                where.of_kind(kind), where.family_name(kind), where.operation_name(kind), path,
                share, place.bytes, place.unknown, place.count, place.first, messages,
            )  # fmt: skip
        return table


def _look(node: Node, above: str, guessed: bool, places: dict[str, list[int]]) -> None:
    """Adds the bytes of leaves by their path without list indexes: all, and not understood ones."""
    path = above
    if node.kind != "item" and (node.children or node.name != "value"):
        path = f"{above}.{node.name}" if above else node.name
    guessed = guessed or any(note.code == GUESSED for note in node.notes)
    if node.children:
        for child in node.children:
            _look(child, path, guessed, places)
    elif node.end > node.start:
        place = places.setdefault(path, [0, 0])
        size = node.end - node.start
        place[0] += size
        if node.kind == "raw" or (guessed and node.kind != "padding" and node.name not in _HEADER):
            place[1] += size
