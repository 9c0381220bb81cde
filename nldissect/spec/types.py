"""What YNL's types do with bytes: each knows its plain value and how to fill a tree node.

``value`` is the fast way: it gives what the ``attrs`` object holds and raises Irregular at
anything unusual. ``fill`` is the thorough way: it never raises on bytes, gives a node children
that tile its payload, and notes what is wrong. Both give equal values where both give one.
"""

from __future__ import annotations

from contextlib import suppress
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct
from typing import Final, Protocol

from ..model import GUESSED, Node, Note
from ..text import Json, show
from ..wire.attrs import (
    OVERRUN,
    PADDING_MISSING,
    PADDING_NONZERO,
    SHORT,
    TRAILING,
    Span,
    iter_attrs,
    reads_as_attrs,
)
from ..wire.consts import NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_TYPE_MASK

MAX_DEPTH: Final = 32
ZEROS: Final = (b"", b"\0\0\0", b"\0\0", b"\0")
_PREFIX: Final = {"little": "<", "big": ">"}
_SCALARS: Final = {
    "u8": "B",
    "u16": "H",
    "u32": "I",
    "u64": "Q",
    "s8": "b",
    "s16": "h",
    "s32": "i",
    "s64": "q",
}


class Irregular(Exception):
    """The bytes are not what the specification says; the thorough way tells why."""


class Walk(Protocol):
    """Who collects the notes."""

    truncated: bool

    def note(self, node: Node, severity: str, code: str, message: str) -> None:
        """Puts a note on a node and on the message."""

    def rewind(self, at: int) -> None:
        """Forgets what was settled about data[at:]: it is read again."""

    def settle(self, nodes: list[Node], prefix: str) -> None:
        """Gives the notes taken since the last call their paths, below ``prefix``.

        nodes: those of one attribute.
        """


class Scope:
    """The values of one attribute run and of the runs around it, for selectors and paths.

    name, index: the attribute of the run, and the element in it, that is being read.
    ahead: selectors that stand behind what they select. base: names that are no attributes.
    """

    __slots__ = ("values", "outer", "depth", "walk", "name", "index", "ahead", "base")

    def __init__(
        self, values: dict[str, Json], outer: Scope | None, walk: Walk | None = None
    ) -> None:
        self.values = values
        self.outer = outer
        self.name = ""
        self.index = -1
        self.ahead: dict[str, Json] | None = None
        self.base: frozenset[str] | None = None
        if outer is None:
            self.depth = 0
            self.walk = walk
        else:
            self.depth = outer.depth + 1
            self.walk = outer.walk

    def find(self, name: str) -> Json:
        """The nearest value of that name, from the inside out; None where there is none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            if scope.ahead is not None and name in scope.ahead:
                return scope.ahead[name]
            scope = scope.outer
        return None

    def path(self) -> str:
        """The names down to this run."""
        names: list[str] = []
        scope = self.outer
        while scope is not None:
            if scope.index >= 0:
                names.append(str(scope.index))
            names.append(scope.name)
            scope = scope.outer
        return ".".join(reversed(names))


def hex_text(raw: bytes, limit: int = 48) -> str:
    """Bytes for people: hex, cut with a count."""
    if len(raw) <= limit:
        return raw.hex(" ")
    return f"{raw[:limit].hex(' ')} … ({len(raw)} bytes)"


class Type:
    """Base of all types: how an attribute's payload, data[start:end], is read."""

    __slots__ = ()

    @property
    def scoped(self) -> bool:
        """Whether the value depends on, or holds, other attributes."""
        return True

    @property
    def byte_order(self) -> str:
        """The order in which an integer of unexpected width is read."""
        return "little"

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        """The plain value; raises Irregular."""
        raise Irregular

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        """Gives ``node`` its value, its display and children that tile data[start:end]."""
        try:
            value = self.value(data, start, end, scope)
        except Irregular as why:
            walk.note(node, "warn", "value.width", str(why) or "the length fits no such value")
            GUESS_INTEGER[self.byte_order].fill(node, data, start, end, scope, walk)
            return
        node.value = value
        if end > start:
            node.children.append(Node("value", "", "field", start, end, value, secret=node.secret))


class Unscoped(Type):
    """A type whose value lies in its own bytes alone."""

    __slots__ = ()

    @property
    def scoped(self) -> bool:
        return False


class Enum:
    """Names of numbers, as values or as bits."""

    __slots__ = ("name", "names", "bits", "_lists")

    def __init__(self, name: str, names: dict[int, str], bits: dict[int, str]) -> None:
        self.name = name
        self.names: dict[int, Json] = dict(names)
        self.bits = bits
        self._lists: dict[int, Json] = {}

    def name_of(self, number: int) -> Json:
        """The name, or ``enum(number)``."""
        value = self.names.get(number)
        return f"{self.name}({number})" if value is None else value

    def flags_of(self, number: int) -> Json:
        """Names of the set bits, lowest first; bits without a name together as hex."""
        known = self._lists.get(number)
        if known is not None:
            return known
        flags: list[Json] = []
        rest = number & 0xFFFFFFFFFFFFFFFF
        for bit, name in self.bits.items():
            if rest >> bit & 1:
                flags.append(name)
                rest &= ~(1 << bit)
        if rest:
            flags.append(hex(rest))
        if len(self._lists) < 1024:
            self._lists[number] = flags
        return flags


class Scalar(Unscoped):
    """A fixed-width integer, plain."""

    __slots__ = ("size", "unpack", "kind", "order")

    def __init__(self, kind: str, order: str) -> None:
        coder = Struct(_PREFIX[order] + _SCALARS[kind])
        self.kind = kind
        self.order = order
        self.size: int = coder.size
        self.unpack = coder.unpack_from

    @property
    def byte_order(self) -> str:
        return self.order

    def number(self, data: bytes, start: int, end: int) -> int:
        """The integer; raises Irregular if the width differs."""
        if end - start != self.size:
            raise Irregular(f"{end - start} bytes where {self.kind} has {self.size}")
        return int(self.unpack(data, start)[0])

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start != self.size:
            raise Irregular(f"{end - start} bytes where {self.kind} has {self.size}")
        number: int = self.unpack(data, start)[0]
        return number


class EnumScalar(Scalar):
    """An integer with names for its values."""

    __slots__ = ("enum",)

    def __init__(self, kind: str, order: str, enum: Enum) -> None:
        super().__init__(kind, order)
        self.enum = enum

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start != self.size:
            raise Irregular(f"{end - start} bytes where {self.kind} has {self.size}")
        number: int = self.unpack(data, start)[0]
        value = self.enum.names.get(number)
        return f"{self.enum.name}({number})" if value is None else value


class FlagsScalar(EnumScalar):
    """An integer whose bits have names."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self.enum.flags_of(self.number(data, start, end))


class HintScalar(Scalar):
    """An integer shown as hex or as an IPv4 address."""

    __slots__ = ("hint",)

    def __init__(self, kind: str, order: str, hint: str) -> None:
        super().__init__(kind, order)
        self.hint = hint

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        number = self.number(data, start, end)
        if self.hint == "hex":
            return hex(number)
        if self.size == 4 and self.hint in ("ipv4", "ipv4-or-v6"):
            return inet_ntop(AF_INET, (number & 0xFFFFFFFF).to_bytes(4, "big"))
        return number


class AutoScalar(Unscoped):
    """YNL's uint and sint: four or eight bytes, as the sender likes."""

    __slots__ = ("narrow", "wide", "enum", "flags", "hint")

    def __init__(self, kind: str, order: str, enum: Enum | None, flags: bool, hint: str) -> None:
        self.narrow = Scalar(kind[0] + "32", order)
        self.wide = Scalar(kind[0] + "64", order)
        self.enum = enum
        self.flags = flags
        self.hint = hint

    @property
    def byte_order(self) -> str:
        return self.narrow.order

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        size = end - start
        if size == 4:
            number = int(self.narrow.unpack(data, start)[0])
        elif size == 8:
            number = int(self.wide.unpack(data, start)[0])
        else:
            raise Irregular(f"{size} bytes where a uint has 4 or 8")
        if self.enum is not None:
            return self.enum.flags_of(number) if self.flags else self.enum.name_of(number)
        return hex(number) if self.hint == "hex" else number


class Flag(Unscoped):
    """Presence is the value."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end != start:
            raise Irregular(f"{end - start} bytes where a flag has none")
        return True

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        node.value = True
        node.display = "true"
        if end > start:
            walk.note(node, "note", "value.width", f"{end - start} bytes where a flag has none")
            node.children.append(raw_node(data, start, end))


class Text(Unscoped):
    """A string, usually ended by NUL."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        raw = data[start:end].rstrip(b"\0")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("utf-8", "backslashreplace")


def text_of(raw: bytes) -> str:
    """The characters before the padding of NULs."""
    return raw.rstrip(b"\0").decode("utf-8", "backslashreplace")


def format_bytes(raw: bytes, hint: str) -> str:
    """Bytes by YNL display hint; plain hex where the length fits no address."""
    size = len(raw)
    if hint == "mac":
        return raw.hex(":")
    if hint in ("ipv4", "ipv6", "ipv4-or-v6"):
        if size == 4:
            return inet_ntop(AF_INET, raw)
        if size == 16:
            return inet_ntop(AF_INET6, raw)
    elif hint == "hex":
        return raw.hex(" ")
    elif hint == "uuid" and size == 16:
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return raw.hex()


class HintBytes(Unscoped):
    """Bytes with a display hint: mac, ipv4, ipv6, uuid, hex, fddi."""

    __slots__ = ("hint",)

    def __init__(self, hint: str) -> None:
        self.hint = hint

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        size = end - start
        hint = self.hint
        if hint == "mac":
            return data[start:end].hex(":")
        if size == 4 and hint in ("ipv4", "ipv6", "ipv4-or-v6"):
            return inet_ntop(AF_INET, data[start:end])
        return format_bytes(data[start:end], hint)


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


class AddressByFamily(Type):
    """An IPv4 or IPv6 address in an attribute that may have room for either.

    selector: the attribute, or the member of the fixed header, that holds the address family.
    """

    __slots__ = ("selector",)

    def __init__(self, selector: str) -> None:
        self.selector = selector

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        raw = data[start:end]
        if len(raw) == 4:
            return inet_ntop(AF_INET, raw)
        family = None if scope is None else scope.find(self.selector)
        if family is None:
            raise Irregular
        return address_text(raw, AF_INET if family in ("inet", AF_INET) else AF_INET6)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        family = scope.find(self.selector)
        raw = data[start:end]
        node.value = address_text(raw, AF_INET if family in ("inet", AF_INET) else AF_INET6)
        if end > start:
            node.children.append(
                Node("value", "", "field", start, end, node.value, secret=node.secret)
            )


def address_text(raw: bytes, family: int) -> str:
    """An address of a family, from the bytes that hold it and maybe more; else hex."""
    if len(raw) == 4 or (family == AF_INET and len(raw) > 4):
        return inet_ntop(AF_INET, raw[:4])
    if len(raw) == 16 and (family == AF_INET6 or not any(raw)):
        return inet_ntop(AF_INET6, raw)
    return raw.hex()


class Opaque(Unscoped):
    """Bytes of which the specification says no more."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return data[start:end].hex()

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        node.value = data[start:end].hex()
        node.display = hex_text(data[start:end])
        if end > start:
            raw = raw_node(data, start, end)
            raw.secret = node.secret
            node.children.append(raw)


def raw_node(data: bytes, start: int, end: int, name: str = "data") -> Node:
    """Bytes that nobody understands."""
    raw = data[start:end]
    return Node(name, "", "raw", start, end, raw.hex(), hex_text(raw))


def zero_or_raw(data: bytes, start: int, end: int) -> Node:
    """Filler where all bytes are zero, else raw."""
    if any(data[start:end]):
        return raw_node(data, start, end, "trailing")
    return Node("padding", "", "padding", start, end, None, f"{end - start} zero bytes")


class Bitfield32(Unscoped):
    """A value and the selector of the bits that it speaks of (struct nla_bitfield32)."""

    __slots__ = ("unpack", "enum")

    def __init__(self, order: str, enum: Enum | None) -> None:
        self.unpack = Struct(_PREFIX[order] + "II").unpack_from
        self.enum = enum

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start != 8:
            raise Irregular(f"{end - start} bytes where a bitfield32 has 8")
        value, selector = self.unpack(data, start)
        return self._pair(value, selector)

    def _pair(self, value: int, selector: int) -> dict[str, Json]:
        if self.enum is None:
            return {"value": value, "selector": selector}
        return {"value": self.enum.flags_of(value), "selector": self.enum.flags_of(selector)}

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if end - start != 8:
            super().fill(node, data, start, end, scope, walk)
            return
        pair = self._pair(*self.unpack(data, start))
        node.value = pair
        for at, name in ((start, "value"), (start + 4, "selector")):
            node.children.append(Node(name, name, "field", at, at + 4, pair[name]))


class CArray(Unscoped):
    """A packed array of integers."""

    __slots__ = ("item", "_layouts")

    def __init__(self, item: Scalar) -> None:
        self.item = item
        self._layouts: dict[int, Struct] = {}

    def _numbers(self, data: bytes, start: int, end: int) -> tuple[int, ...]:
        """All elements at once."""
        layout = self._layouts.get(end - start)
        if layout is None:
            count = (end - start) // self.item.size
            layout = Struct(f"{_PREFIX[self.item.order]}{count}{_SCALARS[self.item.kind]}")
            if len(self._layouts) < 64:
                self._layouts[end - start] = layout
        return layout.unpack_from(data, start)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        size = self.item.size
        if (end - start) % size:
            raise Irregular(f"{end - start} bytes are no whole number of {self.item.kind}")
        item = self.item
        if type(item) is Scalar:
            return list(self._numbers(data, start, end))
        return [item.value(data, at, at + size, None) for at in range(start, end, size)]

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        size = self.item.size
        values: list[Json] = []
        at = start
        while end - at >= size:
            value = self.item.value(data, at, at + size, None)
            node.children.append(Node(str(len(values)), "", "item", at, at + size, value))
            values.append(value)
            at += size
        if at < end:
            walk.note(node, "warn", "value.width", f"{end - at} bytes after the last whole element")
            node.children.append(raw_node(data, at, end))
        node.value = values


class NamedArray(CArray):
    """A packed array whose indexes have names: an object instead of a list."""

    __slots__ = ("enum", "_names")

    def __init__(self, item: Scalar, enum: Enum) -> None:
        super().__init__(item)
        self.enum = enum
        self._names: list[str] = []

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        values = super().value(data, start, end, scope)
        assert isinstance(values, list)
        while len(self._names) < len(values):
            self._names.append(self._name(len(self._names)))
        return dict(zip(self._names, values))

    def _name(self, index: int) -> str:
        return str(self.enum.names.get(index, index))

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        first = len(node.children)
        super().fill(node, data, start, end, scope, walk)
        items = [child for child in node.children[first:] if child.kind == "item"]
        for index, child in enumerate(items):
            child.name = self._name(index)
        node.value = {child.name: child.value for child in items}


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


class StructType(Unscoped):
    """A C struct; senders of other ages know shorter or longer ones."""

    __slots__ = ("name", "size", "fields", "shown", "names", "unpack", "simple", "_convert")

    def __init__(self, name: str, fields: list[Field], order: str) -> None:
        self.name = name
        self.fields = fields
        self.size = fields[-1].offset + fields[-1].size if fields else 0
        self.shown = [field for field in fields if field.type is not None]
        self.names = [field.name for field in self.shown]
        # One unpack for all members if all are integers of the native order without a meaning.
        layout = _PREFIX[order]
        simple = True
        for field in fields:
            type_ = field.type
            if type_ is None:
                layout += f"{field.size}x"
            elif isinstance(type_, Scalar) and (type_.order == order or field.size == 1):
                layout += _SCALARS[type_.kind]
            else:
                simple = False
                break
        self.simple = simple
        self.unpack = Struct(layout if simple else "").unpack_from
        self._convert = [field for field in self.shown if simple and type(field.type) is not Scalar]

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start != self.size:
            raise Irregular
        return self.members(data, start)

    def members(self, data: bytes, start: int) -> dict[str, Json]:
        """All members by name; the caller has checked the length."""
        if not self.simple:
            result: dict[str, Json] = {}
            for field in self.shown:
                at = start + field.offset
                result[field.name] = field.type.value(data, at, at + field.size, None)  # type: ignore[union-attr]
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
                    "chat",
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
            if stop > at:
                node.children.append(child)
            at = stop
        if at < end and end - start < self.size:
            node.children.append(raw_node(data, at, end, "cut"))
            at = end
        if end - start < self.size:
            walk.note(
                node,
                "chat",
                "struct.short",
                f"{end - start} bytes where struct {self.name} has {self.size}",
            )
        node.value = values
        return at


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


class Attr:
    """One entry of an attribute table."""

    __slots__ = ("name", "c_name", "number", "multi", "type", "hidden", "secret", "selector",
                 "scalar", "size", "scoped")  # fmt: skip

    def __init__(
        self,
        name: str,
        c_name: str,
        number: int,
        multi: bool,
        type_: Type,
        hidden: bool = False,
        secret: bool = False,
        selector: str = "",
    ) -> None:
        self.name = name
        self.c_name = c_name
        self.number = number
        self.multi = multi
        self.type = type_
        self.hidden = hidden
        self.secret = secret
        self.selector = selector
        plain = type_ if type(type_) is Scalar else None
        self.scalar = None if plain is None else plain.unpack
        self.size = -1 if plain is None else plain.size + 4
        self.scoped = type_.scoped


class Table(Protocol):
    """Who compiles a set's attributes when they are first needed."""

    def attrs_of(self, name: str, order: str) -> dict[int, Attr]:
        """Attributes by number."""


class AttrSet:
    """An attribute number space in one byte order; its table is made at first use."""

    __slots__ = (
        "name",
        "order",
        "identity",
        "_source",
        "_by_kind",
        "_by_number",
        "_unpack",
        "_ready",
        "_other",
        "_selectors",
    )

    def __init__(self, name: str, order: str, source: Table, identity: list[str]) -> None:
        self.name = name
        self.order = order
        self.identity = identity
        self._source = source
        self._by_kind: dict[int, Attr] = {}
        self._by_number: dict[int, Attr] = {}
        self._unpack = Struct(_PREFIX[order] + "HH").unpack_from
        self._ready = False
        self._other: AttrSet | None = None
        self._selectors: list[str] = []

    @property
    def attrs(self) -> dict[int, Attr]:
        """Attributes by number."""
        if not self._ready:
            self._by_number = self._source.attrs_of(self.name, self.order)
            for number, attr in self._by_number.items():
                self._by_kind[number] = attr
                self._by_kind[number | NLA_F_NESTED] = attr
                if attr.selector:
                    self._selectors.append(attr.selector)
            self._ready = True
        return self._by_number

    def values(self, data: bytes, at: int, end: int, outer: Scope | None) -> dict[str, Json]:
        """The run as an object; what is unusual is read the thorough way, attribute by attribute.

        Raises Irregular where nobody collects notes, or beyond MAX_DEPTH.
        """
        if not self._ready:
            self.attrs  # noqa: B018
        if outer is not None and outer.depth >= MAX_DEPTH:
            raise Irregular
        out: dict[str, Json] = {}
        scope: Scope | None = None
        unpack = self._unpack
        by_kind = self._by_kind
        while at < end:
            if end - at < 4:
                scope = scope or Scope(out, outer)
                at = self._odd(data, at, end, scope)
                continue
            length, kind = unpack(data, at)
            stop = at + length
            attr = by_kind.get(kind)
            if attr is None or length < 4 or stop > end:
                scope = scope or Scope(out, outer)
                at = self._odd(data, at, end, scope)
                continue
            padded = stop
            if length & 3:
                padded += -length & 3
                if (data[stop:padded] != ZEROS[length & 3]) if padded <= end else stop != end:
                    scope = scope or Scope(out, outer)
                    at = self._odd(data, at, end, scope)
                    continue
            name = attr.name
            if length == attr.size:
                value: Json = attr.scalar(data, at + 4)[0]  # type: ignore[misc]
            else:
                if attr.scoped:
                    scope = scope or Scope(out, outer)
                    scope.name = name
                    if attr.selector and attr.selector not in out and scope.ahead is None:
                        scope.ahead = self._look_ahead(data, at, end)
                try:
                    value = attr.type.value(data, at + 4, stop, scope)
                except Irregular:
                    scope = scope or Scope(out, outer)
                    at = self._odd(data, at, end, scope)
                    continue
            if attr.multi:
                known = out.get(name)
                if known is None:
                    out[name] = [value]
                else:
                    known.append(value)  # type: ignore[union-attr]
            elif name in out:
                scope = scope or Scope(out, outer)
                at = self._odd(data, at, end, scope)
                continue
            elif not attr.hidden:
                out[name] = value
            at = padded
        return out

    def _odd(self, data: bytes, at: int, end: int, scope: Scope) -> int:
        """Reads the attribute at ``at`` the thorough way; gives where the run goes on."""
        walk = scope.walk
        if walk is None:
            raise Irregular
        walk.rewind(at)
        scope.index = -1
        if self._selectors and scope.ahead is None:
            scope.ahead = self._look_ahead(data, at, end)
        nodes: list[Node] = []
        span = next(iter_attrs(data, at, end, self.order))
        self._one(span, nodes, data, scope, walk)
        walk.settle(nodes, scope.path())
        return span.padded

    def fill(
        self,
        parent: list[Node],
        data: bytes,
        at: int,
        end: int,
        outer: Scope | None,
        walk: Walk,
        base: dict[str, Json] | None = None,
    ) -> dict[str, Json]:
        """Appends the run's nodes to ``parent`` and gives the run as an object.

        base: members that stand beside the attributes in the object (a sub-message's header).
        """
        out: dict[str, Json] = {} if base is None else base
        scope = Scope(out, outer)
        if base:
            scope.base = frozenset(base)
        if scope.depth > MAX_DEPTH:
            node = raw_node(data, at, end, "too-deep")
            walk.note(node, "warn", "attr.depth", f"nested deeper than {MAX_DEPTH} levels")
            parent.append(node)
            return out
        self.attrs  # noqa: B018
        if self._selectors:
            scope.ahead = self._look_ahead(data, at, end)
        for span in iter_attrs(data, at, end, self.order):
            self._one(span, parent, data, scope, walk)
        return out

    def _one(self, span: Span, parent: list[Node], data: bytes, scope: Scope, walk: Walk) -> None:
        """Appends the node of one attribute, with its padding, and collects its value."""
        start, stop = span.start, span.stop
        if span.problem in (SHORT, TRAILING):
            node = zero_or_raw(data, start, stop)
            if span.problem == SHORT:
                what = f"attribute length {span.length} is shorter than its header"
            else:
                what = f"{stop - start} bytes are too few for an attribute"
            walk.note(node, "note" if node.kind == "padding" else "error", span.problem, what)
            parent.append(node)
            return
        number = span.kind & NLA_TYPE_MASK
        attr = self._by_number.get(number)
        twin: Attr | None = attr
        if attr is not None and span.kind & NLA_F_NET_BYTEORDER:
            twin = self._network().attrs.get(number)
        container = twin is not None and isinstance(
            twin.type, (Nest, IndexedArray, SubMessageType, TypeValue)
        )
        node = self._attr_node(start, stop, span.length, span.kind, attr)
        if container:
            node.kind = "nest"
        if span.problem == OVERRUN:
            if walk.truncated and stop == len(data):
                walk.note(node, "note", "truncated", "cut by the capture's snapshot length")
            else:
                what = f"length {span.length} where {stop - start} bytes are left"
                walk.note(node, "error", OVERRUN, what)
        if span.problem == OVERRUN and not container:
            node.value = data[start + 4 : stop].hex()
            node.display = hex_text(data[start + 4 : stop])
            if stop > start + 4:
                node.children.append(raw_node(data, start + 4, stop))
        elif twin is None:
            if self.name:
                what = f"attribute {number} is not in {self.name}"
                walk.note(node, "note", "attr.unknown", what)
            reader = self._network() if span.kind & NLA_F_NET_BYTEORDER else self
            reader.guess(node, data, start + 4, stop, span.kind, scope, walk)
        else:
            twin.type.fill(node, data, start + 4, stop, scope, walk)
        if attr is None or not attr.hidden:
            self._collect(node, attr, scope, walk)
        parent.append(node)
        if span.padded > stop:
            pad = Node("padding", "", "padding", stop, span.padded)
            if span.problem == PADDING_NONZERO:
                pad.display = hex_text(data[stop : span.padded])
                walk.note(pad, "chat", PADDING_NONZERO, "padding is not zero")
            parent.append(pad)
        if span.problem == PADDING_MISSING:
            walk.note(node, "note", PADDING_MISSING, "padding is cut off")

    def _look_ahead(self, data: bytes, at: int, end: int) -> dict[str, Json]:
        """Values of the selectors, which a request may carry behind what they select."""
        ahead: dict[str, Json] = {}
        for span in iter_attrs(data, at, end, self.order):
            attr = self._by_number.get(span.kind & NLA_TYPE_MASK)
            whole = span.problem not in (SHORT, TRAILING, OVERRUN)
            if whole and attr is not None and attr.name in self._selectors:
                with suppress(Irregular):
                    ahead[attr.name] = attr.type.value(data, span.start + 4, span.stop, None)
        return ahead

    def _collect(self, node: Node, attr: Attr | None, scope: Scope, walk: Walk) -> None:
        """Puts an attribute's value into the run's object; an unexpected repeat makes a list."""
        name, out = node.name, scope.values
        known = out.get(name)
        if attr is not None and attr.multi:
            if isinstance(known, list):
                known.append(node.value)
            else:
                out[name] = [node.value]
        elif name not in out or (scope.base is not None and name in scope.base):
            out[name] = node.value
        else:
            if isinstance(known, _Repeated):
                known.append(node.value)
            else:
                out[name] = _Repeated([known, node.value])
            walk.note(node, "note", "attr.repeated", "the attribute stands more than once")

    def _network(self) -> AttrSet:
        """This set with all integers big-endian, for attributes with NLA_F_NET_BYTEORDER."""
        if self._other is None:
            self._other = NetworkOrder(self)
        return self._other

    @staticmethod
    def _attr_node(start: int, stop: int, length: int, kind: int, attr: Attr | None) -> Node:
        number = kind & NLA_TYPE_MASK
        name = f"attr-{number}" if attr is None else attr.name
        c_name = "" if attr is None else attr.c_name
        node = Node(name, c_name, "attr", start, stop, secret=attr is not None and attr.secret)
        marks = str(number)
        if kind & NLA_F_NESTED:
            marks += " nested"
        if kind & NLA_F_NET_BYTEORDER:
            marks += " net-byteorder"
        node.children = [
            Node("nla-len", "nla_len", "field", start, start + 2, length),
            Node("nla-type", "nla_type", "field", start + 2, start + 4, kind, marks),
        ]
        return node

    def guess(
        self, node: Node, data: bytes, start: int, end: int, kind: int, scope: Scope, walk: Walk
    ) -> None:
        """Reads an attribute that nobody described by what its bytes look like."""
        what = guess_kind(data, start, end, kind, self.order)
        # A mark on the node alone: the message says once that nobody described it.
        note = Note("chat", GUESSED, f"read as {what} by its bytes", "", node.start, node.end)
        node.notes.append(note)
        if what == "nest":
            node.kind = "nest"
            node.value = guess_set(self.order).fill(node.children, data, start, end, scope, walk)
            node.display = ""
        elif what == "string":
            TEXT.fill(node, data, start, end, scope, walk)
        elif what == "flag":
            node.value = True
            node.display = "true"
        elif what == "integer":
            GUESS_INTEGER[self.order].fill(node, data, start, end, scope, walk)
        else:
            OPAQUE.fill(node, data, start, end, scope, walk)


class NetworkOrder(AttrSet):
    """A set read in network order."""

    __slots__ = ()

    def __init__(self, base: AttrSet) -> None:
        super().__init__(base.name, "big", base._source, base.identity)


class _Repeated(list[Json]):
    """Values of an attribute that stands more than once without being a multi-attr."""


class _NoAttrs:
    """A number space of which nothing is known."""

    __slots__ = ()

    def attrs_of(self, name: str, order: str) -> dict[int, Attr]:
        """Empty."""
        return {}


class GuessSet(AttrSet):
    """The attribute space of a family that nobody described: every entry is a guess."""

    __slots__ = ()

    def values(self, data: bytes, at: int, end: int, outer: Scope | None) -> dict[str, Json]:
        out: dict[str, Json] = {}
        scope = Scope(out, outer)
        if scope.depth > MAX_DEPTH:
            raise Irregular
        order = self.order
        unpack = self._unpack
        while at < end:
            if end - at < 4:
                at = self._odd(data, at, end, scope)
                continue
            length, kind = unpack(data, at)
            start, stop = at + 4, at + length
            padded = stop + (-length & 3)
            name = f"attr-{kind & NLA_TYPE_MASK}"
            if (
                length < 4
                or stop > end
                or kind & NLA_F_NET_BYTEORDER
                or name in out
                or ((data[stop:padded] != ZEROS[length & 3]) if padded <= end else stop != end)
            ):
                at = self._odd(data, at, end, scope)
                continue
            what = guess_kind(data, start, stop, kind, order)
            if what == "nest":
                scope.name = name
                try:
                    out[name] = self.values(data, start, stop, scope)
                except Irregular:
                    at = self._odd(data, at, end, scope)
                    continue
            elif what == "string":
                out[name] = TEXT.value(data, start, stop, None)
            elif what == "flag":
                out[name] = True
            elif what == "integer":
                out[name] = int.from_bytes(data[start:stop], "big" if order == "big" else "little")
            else:
                out[name] = data[start:stop].hex()
            at = padded
        return out


_PRINTABLE: Final = bytes(range(0x20, 0x7F))


def guess_kind(data: bytes, start: int, end: int, kind: int, order: str) -> str:
    """nest, string, flag, integer or bytes, by what the payload looks like."""
    size = end - start
    if size == 0:
        return "flag"
    if kind & NLA_F_NESTED and reads_as_attrs(data, start, end, order):
        return "nest"
    if data[end - 1] == 0 and size > 2 and not data[start : end - 1].translate(None, _PRINTABLE):
        return "string"
    if size in (1, 2, 4):
        return "integer"
    if reads_as_attrs(data, start, end, order):
        low = data[start + 3] if order == "little" else data[start + 2]
        number = data[start + 2] if order == "little" else data[start + 3]
        if size > 8 or (low & 0x7F == 0 and number):
            return "nest"
    return "integer" if size == 8 else "bytes"


class GuessInteger(Type):
    """An integer of whatever width the payload has, or bytes."""

    __slots__ = ("order",)

    def __init__(self, order: str) -> None:
        self.order = order

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        raw = data[start:end]
        if len(raw) in (1, 2, 4, 8):
            return int.from_bytes(raw, "big" if self.order == "big" else "little")
        return raw.hex()

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if end - start not in (1, 2, 4, 8):
            OPAQUE.fill(node, data, start, end, scope, walk)
            return
        node.value = self.value(data, start, end, scope)
        node.children.append(Node("value", "", "field", start, end, node.value, secret=node.secret))


class Nest(Type):
    """Attributes inside an attribute."""

    __slots__ = ("set",)

    def __init__(self, attr_set: AttrSet) -> None:
        self.set = attr_set

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self.set.values(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        node.display = ""
        node.value = self.set.fill(node.children, data, start, end, scope, walk)


class IndexedArray(Type):
    """A nest whose attribute numbers are indexes."""

    __slots__ = ("item", "keyed", "order", "_unpack")

    def __init__(self, item: Type, keyed: bool, order: str) -> None:
        self.item = item
        self.keyed = keyed
        self.order = order
        self._unpack = Struct(_PREFIX[order] + "HH").unpack_from

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        out: list[Json] = []
        at = start
        unpack = self._unpack
        item = self.item
        while at < end:
            if end - at < 4:
                raise Irregular
            length, kind = unpack(data, at)
            stop = at + length
            if length < 4 or stop > end or kind & NLA_F_NET_BYTEORDER:
                raise Irregular
            if scope is not None:
                scope.index = kind & NLA_TYPE_MASK
            value = item.value(data, at + 4, stop, scope)
            out.append({str(kind & NLA_TYPE_MASK): value} if self.keyed else value)
            at = stop + (-length & 3)
            if at > end:
                if stop != end:
                    raise Irregular
            elif length & 3 and data[stop:at] != ZEROS[length & 3]:
                raise Irregular
        if scope is not None:
            scope.index = -1
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        items = ItemSet(self.item, self.order)
        first = len(node.children)
        items.fill(node.children, data, start, end, scope, walk)
        out: list[Json] = []
        for child in node.children[first:]:
            if child.kind in ("attr", "nest"):
                child.kind = "item"
                out.append({child.name: child.value} if self.keyed else child.value)
        node.value = out
        node.display = f"{len(out)} item" + ("" if len(out) == 1 else "s")


class ItemSet(AttrSet):
    """The number space of an indexed array: every number is an index and has the same type."""

    __slots__ = ("item",)

    def __init__(self, item: Type, order: str) -> None:
        super().__init__("", order, _NoAttrs(), [])
        self.item = item

    def guess(
        self, node: Node, data: bytes, start: int, end: int, kind: int, scope: Scope, walk: Walk
    ) -> None:
        node.name = str(kind & NLA_TYPE_MASK)
        self.item.fill(node, data, start, end, scope, walk)

    def _collect(self, node: Node, attr: Attr | None, scope: Scope, walk: Walk) -> None:
        pass


class TypeValue(Type):
    """A nest whose attribute numbers are values with names, one level for each name."""

    __slots__ = ("names", "set", "_unpack")

    def __init__(self, names: list[str], attr_set: AttrSet) -> None:
        self.names = names
        self.set = attr_set
        self._unpack = Struct(_PREFIX[attr_set.order] + "HH").unpack_from

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        out: dict[str, Json] = {}
        if scope is not None:
            scope.name = ".".join([scope.name, *self.names])
        for name in self.names:
            if end - start < 4:
                raise Irregular
            length, kind = self._unpack(data, start)
            if length < 4 or ((length + 3) & ~3) != end - start:
                raise Irregular
            out[name] = kind & NLA_TYPE_MASK
            start, end = start + 4, start + length
        out.update(self.set.values(data, start, end, scope))
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        out: dict[str, Json] = {}
        _TypeLevel(self, 0, out).fill(node.children, data, start, end, scope, walk)
        node.value = out
        node.display = ", ".join(f"{name} {show(out.get(name))}" for name in self.names)


class _TypeLevel(AttrSet):
    """One level of a TypeValue: the number is the value of its name."""

    __slots__ = ("owner", "level", "out")

    def __init__(self, owner: TypeValue, level: int, out: dict[str, Json]) -> None:
        super().__init__("", owner.set.order, _NoAttrs(), [])
        self.owner = owner
        self.level = level
        self.out = out

    def guess(
        self, node: Node, data: bytes, start: int, end: int, kind: int, scope: Scope, walk: Walk
    ) -> None:
        name = self.owner.names[self.level]
        number = kind & NLA_TYPE_MASK
        node.name = name
        node.kind = "nest"
        node.display = str(number)
        if name in self.out:
            node.value = number
            walk.note(node, "note", "attr.repeated", f"a second {name}; kept in the tree only")
            raw: dict[str, Json] = {}
            self.owner.set.fill(node.children, data, start, end, scope, walk, raw)
            return
        node.value = number
        self.out[name] = number
        if self.level + 1 < len(self.owner.names):
            inner = _TypeLevel(self.owner, self.level + 1, self.out)
            inner.fill(node.children, data, start, end, scope, walk)
        else:
            self.owner.set.fill(node.children, data, start, end, scope, walk, self.out)

    def _collect(self, node: Node, attr: Attr | None, scope: Scope, walk: Walk) -> None:
        pass


class Shape:
    """A fixed header, attributes, both or nothing: one format of a sub-message or an operation.

    when: members of the operation's own header, and the values that choose this shape.
    """

    __slots__ = ("header", "set", "when")

    def __init__(
        self,
        header: StructType | None,
        attr_set: AttrSet | None,
        when: list[tuple[Field, Json]] | None = None,
    ) -> None:
        self.header = header
        self.set = attr_set
        self.when = when

    def chosen(self, data: bytes, at: int, end: int) -> bool:
        """Whether the header at ``at`` asks for this shape."""
        if self.when is None:
            return False
        for field, wanted in self.when:
            start = at + field.offset
            stop = start + field.size
            if field.type is None or stop > end:
                return False
            if field.type.value(data, start, stop, None) != wanted:
                return False
        return True


class Shapes(Protocol):
    """Who compiles a sub-message's formats when they are first needed."""

    def shape_of(self, sub_message: str, selector: str, order: str) -> Shape | None:
        """The format for a selector's value."""


class SubMessageType(Type):
    """A payload whose format another attribute's value selects."""

    __slots__ = ("name", "selector", "order", "_source", "_shapes")

    def __init__(self, name: str, selector: str, order: str, source: Shapes) -> None:
        self.name = name
        self.selector = selector
        self.order = order
        self._source = source
        self._shapes: dict[str, Shape | None] = {}

    def shape(self, scope: Scope | None) -> Shape | None:
        """The format that the selector in scope names."""
        selected = None if scope is None else scope.find(self.selector)
        if isinstance(selected, int):
            selected = str(selected)
        if not isinstance(selected, str):
            return None
        if selected not in self._shapes:
            if len(self._shapes) > 256:
                self._shapes.clear()
            self._shapes[selected] = self._source.shape_of(self.name, selected, self.order)
        return self._shapes[selected]

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        shape = self.shape(scope)
        if shape is None:
            raise Irregular
        if shape.header is None:
            if shape.set is None:
                if end > start:
                    raise Irregular
                return {}
            return shape.set.values(data, start, end, scope)
        header = shape.header
        if end - start < header.size:
            raise Irregular
        values = header.members(data, start)
        rest = start + ((header.size + 3) & ~3)
        if shape.set is not None:
            if rest < end:
                values.update(shape.set.values(data, rest, end, scope))
        elif end - start != header.size:
            raise Irregular
        return values

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        shape = self.shape(scope)
        if shape is None:
            selected = scope.find(self.selector)
            if selected is None:
                what = f"no {self.selector} says what this is"
            else:
                what = f"{self.selector} {show(selected)} is not in {self.name}"
            if end > start:
                walk.note(node, "note", "sub-message.unknown", what)
            guess = guess_set(self.order)
            guess.guess(node, data, start, end, NLA_F_NESTED, scope, walk)
            return
        base: dict[str, Json] = {}
        at = start
        node.display = ""
        if shape.header is not None:
            if shape.set is None:
                shape.header.fill(node, data, start, end, scope, walk)
                return
            head = Node("header", "", "header", start, min(end, start + shape.header.size))
            stop = shape.header.fill_members(head, data, start, head.end, scope, walk)
            node.children.append(head)
            node.display = head.display
            if isinstance(head.value, dict):
                base.update(head.value)
            at = min(end, (stop - start + 3 & ~3) + start)
            if at > stop:
                node.children.append(Node("padding", "", "padding", stop, at))
        if shape.set is not None:
            node.value = shape.set.fill(node.children, data, at, end, scope, walk, base)
        else:
            node.value = base
            if at < end:
                node.children.append(zero_or_raw(data, at, end))


class Hidden(Unscoped):
    """Filler for alignment."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return None

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if end > start:
            node.children.append(zero_or_raw(data, start, end))


TEXT: Final = Text()
OPAQUE: Final = Opaque()
GUESS_INTEGER: Final = {"little": GuessInteger("little"), "big": GuessInteger("big")}
_GUESS: Final = {
    "little": GuessSet("", "little", _NoAttrs(), []),
    "big": GuessSet("", "big", _NoAttrs(), []),
}


def guess_set(order: str) -> GuessSet:
    """The number space that knows no attribute."""
    return _GUESS[order]
