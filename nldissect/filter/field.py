"""A field: a named value of messages, and the places where its values come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..model import Message
from ..text import Json
from .shapes import Shape


class Source:
    """One place where a field's values come from.

    family: the messages that have it, None for all. need: what of a message it reads (attrs,
    header, error, notes, txn, tree) or "" for what is known of every message.
    """

    __slots__ = ("family", "need", "shapes", "_make", "_get")

    def __init__(
        self,
        family: str | None,
        need: str,
        shapes: Sequence[Shape],
        make: Callable[[], Callable[[Message], list[Any]]],
    ) -> None:
        self.family = family
        self.need = need
        self.shapes = shapes
        self._make = make
        self._get: Callable[[Message], list[Any]] | None = None

    @property
    def get(self) -> Callable[[Message], list[Any]]:
        """The values in a message of the family."""
        if self._get is None:
            self._get = self._make()
        return self._get


class Field:
    """A named value of messages.

    kind: one of ``shapes.KINDS``; any where messages differ in it, or nothing is known beforehand.
    repeated: a message can have several. c_name: the C constant or member, "" where there is none.
    alias: the name of ours that a name of Wireshark's means, "". head: the value as an expression
    over an nlmsghdr (protocol, type, flags, seq, pid, length), the record and the message's start
    in it, "" where these do not tell it; may: a condition on the same without which there is no
    value,
    or no true one. presence: whether
    a field that stands alone in a filter asks for its being there, whatever its value. unit: ns of
    a bare number that is compared with a time.
    """

    __slots__ = ("name", "sources", "c_name", "alias", "secret", "head", "may", "presence", "unit")

    def __init__(
        self,
        name: str,
        sources: Sequence[Source],
        c_name: str = "",
        alias: str = "",
        secret: bool = False,
        head: str = "",
        may: str = "",
        presence: bool = False,
        unit: int = 1,
    ) -> None:
        self.name = name
        self.sources = sources
        self.c_name = c_name
        self.alias = alias
        self.secret = secret
        self.head = head
        self.may = may
        self.presence = presence
        self.unit = unit

    @property
    def shapes(self) -> list[Shape]:
        """All ways in which the values can look."""
        return [shape for source in self.sources for shape in source.shapes]

    @property
    def kind(self) -> str:
        kinds = {shape.kind for shape in self.shapes}
        if kinds == {"uint", "sint"}:
            return "sint"
        return kinds.pop() if len(kinds) == 1 else "any"

    @property
    def repeated(self) -> bool:
        return len(self.sources) > 1 or any(shape.repeated for shape in self.shapes)

    @property
    def families(self) -> list[str]:
        """The families whose messages can have it; empty for a field of all."""
        return sorted({source.family for source in self.sources if source.family is not None})

    def names(self, some: int | None = None) -> list[str]:
        """The names that its values can have, of enums and flags; all, or more than ``some``."""
        found: dict[str, None] = {}
        for shape in self.shapes:
            if shape.kind != "bool":
                found.update(dict.fromkeys(shape.names()))
            if some is not None and len(found) > some:
                break
        return list(found)

    def values(self, message: Message) -> list[Json]:
        """The values in a message, in the spelling of ``attrs``; bytes as hex."""
        found: list[Json] = []
        for source in self.sources:
            if source.family is None or source.family == message.family:
                get = source.get
                for value in get(message):
                    found.append(value.hex() if isinstance(value, bytes) else value)
        return found
