"""What YNL's types do with bytes: each knows its plain value and how to fill a tree node.

``value`` is the fast way: it gives what the ``attrs`` object holds and raises Irregular at
anything unusual. ``fill`` is the thorough way: it never raises on bytes, gives a node children
that tile its payload, and notes what is wrong. Both give equal values where both give one.
"""

from __future__ import annotations

from collections.abc import Mapping
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct
from typing import ClassVar, Final

from mypy_extensions import mypyc_attr

from ..model import Node
from ..text import Json, printable
from ..wire.ints import u16, u32

MAX_DEPTH: Final = 32

ZEROS: Final = (b"", b"\0\0\0", b"\0\0", b"\0")

PREFIX: Final = {"little": "<", "big": ">"}

SCALARS: Final = {
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


@mypyc_attr(allow_interpreted_subclasses=True)
class Walk:
    """Who collects the notes.

    truncated: the record was cut; request: the attributes are the kernel's to check.
    """

    truncated: bool
    request: bool

    def note(self, node: Node, code: str, message: str) -> None:
        """Puts a note on a node and on the message."""

    def rewind(self, at: int) -> None:
        """Forgets what was settled about data[at:]: it is read again."""

    def settle(self, nodes: list[Node], prefix: str) -> None:
        """Gives the notes taken since the last call their paths, below ``prefix``.

        nodes: those of one attribute.
        """

    def fact(self, fact: str, *key: str | int) -> tuple[Json, ...] | None:
        """What the capture has taught about something when the record was captured.

        None where it told nothing; a part of what it told is None where that was left out.
        """
        return None


class Scope:
    """The values of one attribute run and of the runs around it, for selectors and paths.

    name, index: the attribute of the run, and the element in it, that is being read.
    ahead: selectors that stand behind what they select. base: names that are no attributes.
    repeated: attributes that became lists because they stand more than once.
    """

    __slots__ = ("values", "outer", "depth", "walk", "name", "index", "ahead", "base", "repeated")

    def __init__(
        self, values: dict[str, Json], outer: Scope | None, walk: Walk | None = None
    ) -> None:
        self.values = values
        self.outer = outer
        self.name = ""
        self.index = -1
        self.ahead: dict[str, Json] | None = None
        self.base: frozenset[str] | None = None
        self.repeated: set[str] | None = None
        if outer is None:
            self.depth = 0
            self.walk = walk
        else:
            self.depth = outer.depth + 1
            self.walk = outer.walk

    def find(self, name: str) -> Json:
        """The nearest value of that name, from the inside out; None where there is none."""
        if name in self.values:
            return self.values[name]
        if self.ahead is not None and name in self.ahead:
            return self.ahead[name]
        return None if self.outer is None else self.outer.find(name)

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


@mypyc_attr(allow_interpreted_subclasses=True)
class Type:
    """Base of all types: how an attribute's payload, data[start:end], is read.

    telling: its display says what a message is about, and belongs into the message's line.
    """

    __slots__ = ()

    telling: ClassVar[bool] = False

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

    def simpler(self, data: bytes, start: int, end: int, scope: Scope) -> Type | None:
        """Another type that reads exactly these bytes alike; None where there is none."""
        return None

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        """Gives ``node`` its value, its display and children that tile data[start:end]."""
        try:
            value = self.value(data, start, end, scope)
        except Irregular as why:
            walk.note(node, "value.width", str(why) or "the length fits no such value")
            GUESS_INTEGER[self.byte_order].fill(node, data, start, end, scope, walk)
            return
        node.value = value
        if end > start:
            node.children.append(Node("value", "", "field", start, end, value, secret=node.secret))


@mypyc_attr(allow_interpreted_subclasses=True)
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
    """A fixed-width integer. plain: its value is the number."""

    __slots__ = ("size", "unpack", "kind", "order")

    plain: ClassVar[bool] = True

    def __init__(self, kind: str, order: str) -> None:
        coder = Struct(PREFIX[order] + SCALARS[kind])
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
        kind = self.kind
        if kind == "u32":
            return u32(data, start, self.order == "big")
        if kind == "u8":
            return data[start]
        if kind == "u16":
            return u16(data, start, self.order == "big")
        return int(self.unpack(data, start)[0])

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self.number(data, start, end)


class LabelScalar(Scalar):
    """An integer that stays one, shown with the name that it has all over the kernel."""

    __slots__ = ("labels",)

    def __init__(self, kind: str, order: str, labels: Mapping[int, str]) -> None:
        super().__init__(kind, order)
        self.labels = labels

    def shown(self, number: int, walk: Walk | None = None) -> str:
        """The number for people. walk: knows what the capture taught."""
        label = self.labels.get(number)
        return str(number) if label is None else f"{number} ({label})"

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        super().fill(node, data, start, end, scope, walk)
        if end - start == self.size:
            shown = self.shown(self.number(data, start, end), walk)
            node.display = node.children[-1].display = shown


class LinkScalar(LabelScalar):
    """The index of a link, shown with the name that the capture taught."""

    __slots__ = ()

    def __init__(self, kind: str, order: str) -> None:
        super().__init__(kind, order, {})

    def shown(self, number: int, walk: Walk | None = None) -> str:
        told = None if walk is None else walk.fact("link", number)
        return str(number) if told is None else f"{number} ({printable(str(told[0]))})"


class EnumScalar(Scalar):
    """An integer with names for its values."""

    __slots__ = ("enum",)

    plain: ClassVar[bool] = False

    def __init__(self, kind: str, order: str, enum: Enum) -> None:
        super().__init__(kind, order)
        self.enum = enum

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        number = self.number(data, start, end)
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

    plain: ClassVar[bool] = False

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
            number = self.narrow.number(data, start, end)
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
            walk.note(node, "value.width", f"{end - start} bytes where a flag has none")
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
        self.unpack = Struct(PREFIX[order] + "II").unpack_from
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
            layout = Struct(f"{PREFIX[self.item.order]}{count}{SCALARS[self.item.kind]}")
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
            walk.note(node, "value.width", f"{end - at} bytes after the last whole element")
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
