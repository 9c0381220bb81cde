"""C structs in payloads and family headers: members by offset, whatever the sender's age."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct

from ..model import Node
from ..text import Json
from .types import (
    PREFIX,
    SCALARS,
    Irregular,
    LabelScalar,
    Scalar,
    Scope,
    Type,
    Unscoped,
    Walk,
    address_text,
    format_bytes,
    hex_text,
    raw_node,
    text_of,
    zero_or_raw,
)


class MemberAddress(Type):
    """An IPv4 or IPv6 address in a struct's room for either, by the family of another member.

    away: where that member stands, counted from the address.
    """

    __slots__ = ("family", "away")

    def __init__(self, family: Scalar, away: int) -> None:
        self.family = family
        self.away = away

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        at = start + self.away
        stop = at + self.family.size
        family = self.family.number(data, at, stop) if stop <= len(data) else 0
        return address_text(data[start:end], family)


class Field:
    """One member of a struct, compiled. secret: key material."""

    __slots__ = ("name", "c_name", "offset", "size", "type", "kind", "secret")

    def __init__(
        self, name: str, offset: int, size: int, type_: Type | None, kind: str, secret: bool
    ) -> None:
        self.name = name
        self.c_name = name.replace("-", "_")
        self.offset = offset
        self.size = size
        self.type = type_
        self.kind = kind
        self.secret = secret


class Piece:
    """Members that are read at once: neighbours that are plain integers, or one of another type."""

    __slots__ = ("names", "offset", "size", "type", "unpack")

    def __init__(self, names: list[str], offset: int, size: int, type_: Type) -> None:
        self.names = names
        self.offset = offset
        self.size = size
        self.type = type_
        self.unpack: Callable[[bytes, int], tuple[int, ...]] | None = None


def _pieces_of(fields: Sequence[Field], order: str) -> list[Piece]:
    pieces: list[Piece] = []
    layout = ""
    for field in fields:
        type_ = field.type
        assert type_ is not None
        plain = isinstance(type_, Scalar) and type_.plain
        plain = plain and (type_.byte_order == order or field.size == 1)
        last = pieces[-1] if pieces else None
        if isinstance(type_, Scalar) and plain:
            if last is None or not layout or last.offset + last.size != field.offset:
                layout = PREFIX[order]
                last = Piece([], field.offset, 0, type_)
                pieces.append(last)
            layout += SCALARS[type_.kind]
            last.names.append(field.name)
            last.size += field.size
            last.unpack = Struct(layout).unpack_from
        else:
            layout = ""
            pieces.append(Piece([field.name], field.offset, field.size, type_))
    return pieces


class StructType(Unscoped):
    """A C struct; senders of other ages know shorter or longer ones.

    identity: dotted members that tell one object from another. pieces: the members that are shown.
    """

    __slots__ = ("name", "size", "fields", "shown", "names", "unpack", "simple", "identity",
                 "pieces", "_convert")  # fmt: skip

    def __init__(
        self, name: str, fields: list[Field], order: str, identity: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.identity = identity
        self.fields = fields
        self.size = fields[-1].offset + fields[-1].size if fields else 0
        self.shown = [field for field in fields if field.type is not None]
        self.names = [field.name for field in self.shown]
        # One unpack for all members if all are integers of the native order without a meaning.
        layout = PREFIX[order]
        simple = True
        for field in fields:
            type_ = field.type
            if type_ is None:
                layout += f"{field.size}x"
            elif isinstance(type_, Scalar) and (type_.order == order or field.size == 1):
                layout += SCALARS[type_.kind]
            else:
                simple = False
                break
        self.simple = simple
        self.unpack = Struct(layout if simple else "").unpack_from
        self.pieces = _pieces_of(self.shown, order)
        self._convert = [
            field
            for field in self.shown
            if simple and isinstance(field.type, Scalar) and not field.type.plain
        ]

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start != self.size:
            raise Irregular
        return self.members(data, start)

    def members(self, data: bytes, start: int) -> dict[str, Json]:
        """All members by name; the caller has checked the length."""
        if not self.simple:
            result: dict[str, Json] = {}
            for piece in self.pieces:
                at = start + piece.offset
                if piece.unpack is not None:
                    result.update(zip(piece.names, piece.unpack(data, at)))
                else:
                    value = piece.type.value(data, at, at + piece.size, None)
                    result[piece.names[0]] = value
            return result
        values: dict[str, Json] = dict(zip(self.names, self.unpack(data, start)))
        for field in self._convert:
            at = start + field.offset
            values[field.name] = field.type.value(data, at, at + field.size, None)  # type: ignore[union-attr]
        return values

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        at = self.fill_members(node, data, start, end, scope, walk)
        if at < end:
            if any(data[at:end]):
                walk.note(
                    node,
                    "struct.long",
                    f"{end - start} bytes where struct {self.name} has {self.size}",
                )
            node.children.append(zero_or_raw(data, at, end))

    def fill_members(
        self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk
    ) -> int:
        """Adds the members that are there; gives where they end."""
        values: dict[str, Json] = {}
        at = start
        for field in self.fields:
            stop = at + field.size
            if stop > end:
                if at < end:
                    node.children.append(cut := self._cut(field, data, at, end, scope, walk))
                    if isinstance(field.type, StructType):
                        values[field.name] = cut.value
                    at = end
                break
            child = Node(field.name, field.c_name, field.kind, at, stop, secret=field.secret)
            if field.type is None:
                child.display = "" if not any(data[at:stop]) else hex_text(data[at:stop])
            elif isinstance(field.type, StructType):
                field.type.fill(child, data, at, stop, scope, walk)
                values[field.name] = child.value
            else:
                child.value = field.type.value(data, at, stop, None)
                values[field.name] = child.value
                if isinstance(field.type, LabelScalar):
                    child.display = field.type.shown(field.type.number(data, at, stop), walk)
            if stop > at:
                node.children.append(child)
            at = stop
        if end - start < self.size:
            walk.note(
                node,
                "struct.short",
                f"{end - start} bytes where struct {self.name} has {self.size}",
            )
        node.value = values
        return at

    @staticmethod
    def _cut(field: Field, data: bytes, at: int, end: int, scope: Scope, walk: Walk) -> Node:
        """What is there of the member in which the struct ends."""
        if isinstance(field.type, StructType):
            node = Node(field.name, field.c_name, field.kind, at, end, secret=field.secret)
            field.type.fill_members(node, data, at, end, scope, walk)
            return node
        node = raw_node(data, at, end, "cut")
        node.secret = field.secret
        return node


class Member(Type):
    """A fixed-width string or bytes inside a struct."""

    __slots__ = ("hint", "text")

    def __init__(self, text: bool, hint: str) -> None:
        self.text = text
        self.hint = hint

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        raw = data[start:end]
        if self.text:
            return text_of(raw)
        return format_bytes(raw, self.hint) if self.hint else raw.hex()
