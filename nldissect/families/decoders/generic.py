"""What several families pack alike: socket addresses, growing structs, values with a type."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop
from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.sets import AttrSet, Nest, guess_set
from ...spec.structs import Field, StructType
from ...spec.types import (
    TEXT,
    HintBytes,
    Irregular,
    Scalar,
    Scope,
    Type,
    Unscoped,
    Walk,
    zero_or_raw,
)
from ...text import Json
from ...wire.attrs import iter_attrs

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_NLA_TYPES: Final = {
    1: "u8",
    2: "u16",
    3: "u32",
    4: "u64",
    5: "string",
    6: "flag",
    10: "nul-string",
    11: "binary",
    12: "s8",
    13: "s16",
    14: "s32",
    15: "s64",
}


class SockAddr(Unscoped):
    """struct sockaddr_in, sockaddr_in6, or either in a sockaddr_storage: ``address:port``."""

    __slots__ = ("_family", "_port", "_scope")

    def __init__(self, order: str) -> None:
        self._family = Scalar("u16", order)
        self._port = Scalar("u16", "big")
        self._scope = Scalar("u32", order)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        size = end - start
        family = 0 if size < 2 else self._family.number(data, start, start + 2)
        if family == AF_INET and size >= 8:
            port = self._port.number(data, start + 2, start + 4)
            return f"{inet_ntop(AF_INET, data[start + 4 : start + 8])}:{port}"
        if family == AF_INET6 and size >= 28:
            address = inet_ntop(AF_INET6, data[start + 8 : start + 24])
            zone = self._scope.number(data, start + 24, start + 28)
            port = self._port.number(data, start + 2, start + 4)
            return f"[{address}%{zone}]:{port}" if zone else f"[{address}]:{port}"
        return data[start:end].hex(" ")

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        node.value = self.value(data, start, end, None)
        size = end - start
        family = 0 if size < 2 else self._family.number(data, start, start + 2)
        layout: tuple[tuple[str, int], ...] = ()
        if family == AF_INET and size >= 8:
            layout = (("family", 2), ("port", 2), ("address", 4))
        elif family == AF_INET6 and size >= 28:
            layout = (("family", 2), ("port", 2), ("flowinfo", 4), ("address", 16), ("scope-id", 4))
        at = start
        for name, width in layout:
            raw = data[at : at + width]
            value: Json
            if name == "address":
                value = inet_ntop(family, raw)
            elif name == "family":
                value = family
            elif name == "scope-id":
                value = self._scope.number(data, at, at + width)
            else:
                value = int.from_bytes(raw, "big")
            node.children.append(Node(name, "", "field", at, at + width, value))
            at += width
        if at == start and end > start:
            node.children.append(Node("value", "", "field", start, end, node.value))
        elif at < end:
            node.children.append(zero_or_raw(data, at, end))


def sockaddr(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A socket address."""
    return SockAddr(order)


class Truth(Unscoped):
    """A flag by its presence, or a byte that is 0 or not."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start > 1:
            raise Irregular(f"{end - start} bytes where a flag has none or one")
        return end == start or data[start] != 0


class TypedValue(Type):
    """A value whose type another attribute says, by name or by the kernel's NLA_* number."""

    __slots__ = ("selector", "order", "_types")

    def __init__(self, selector: str, order: str) -> None:
        self.selector = selector
        self.order = order
        self._types: dict[str, Type] = {
            "string": TEXT,
            "nul-string": TEXT,
            "flag": Truth(),
            "binary": HintBytes("hex"),
        }
        for kind in ("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"):
            self._types[kind] = Scalar(kind, order)

    def _type(self, scope: Scope | None) -> Type | None:
        said = None if scope is None else scope.find(self.selector)
        name = _NLA_TYPES.get(said) if isinstance(said, int) else said
        return self._types.get(name) if isinstance(name, str) else None

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        type_ = self._type(scope)
        if type_ is None:
            raise Irregular
        return type_.value(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        type_ = self._type(scope)
        if type_ is not None:
            type_.fill(node, data, start, end, scope, walk)
            return
        walk.note(node, "sub-message.unknown", f"no {self.selector} says what this is")
        guess_set(self.order).guess(node, data, start, end, 0, scope, walk)


def typed_value(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A value of the type that the attribute's ``selector`` says."""
    return TypedValue(attr.selector or "", order)


class OrderedNest(Nest):
    """A nest whose order matters: a list of objects with one attribute each.

    A selector inside finds the latest value before it.
    """

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if scope is None:
            raise Irregular
        return self._read(data, start, end, scope, None, None)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        values = self._read(data, start, end, scope, node, walk)
        node.value = values
        node.display = f"{len(values)} item" + ("" if len(values) == 1 else "s")

    def _read(
        self,
        data: bytes,
        start: int,
        end: int,
        scope: Scope,
        node: Node | None,
        walk: Walk | None,
    ) -> list[Json]:
        values: list[Json] = []
        before, scope.ahead = scope.ahead, dict(scope.ahead or ())
        try:
            for span in iter_attrs(data, start, end, self.set.order):
                if node is None or walk is None:
                    one = self.set.values(data, span.start, span.padded, scope)
                else:
                    one = self.set.fill(node.children, data, span.start, span.padded, scope, walk)
                if one:
                    values.append(one)
                    scope.ahead.update(one)
        finally:
            scope.ahead = before
        return values


def ordered_nest(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``nested-attributes``, in their order."""
    return OrderedNest(family.attr_set(attr.nested_attributes or "", order))


class HostOrderSet(AttrSet):
    """A set whose attributes stay in the sender's order, whatever NLA_F_NET_BYTEORDER says."""

    __slots__ = ()

    def __init__(self, base: AttrSet) -> None:
        super().__init__(base.name, base.order, base._source, base.identity)

    def _network(self) -> AttrSet:
        return self


def host_order_nest(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``nested-attributes``, where the bit of NLA_F_NET_BYTEORDER means other.

    drbd marks with it what a receiver must know (linux/genl_magic_struct.h).
    """
    return Nest(HostOrderSet(family.attr_set(attr.nested_attributes or "", order)))


class BitWords(Unscoped):
    """A bit map in u32 words: as a whole its bytes in hex, as YNL has it, in the tree words."""

    __slots__ = ("_word",)

    def __init__(self, order: str) -> None:
        self._word = Scalar("u32", order)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if (end - start) % 4:
            raise Irregular(f"{end - start} bytes are no whole number of u32")
        return data[start:end].hex()

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        node.value = data[start:end].hex()
        at = start
        while end - at >= 4:
            word = f"{self._word.number(data, at, at + 4):#010x}"
            node.children.append(Node(str((at - start) // 4), "", "item", at, at + 4, word))
            at += 4
        if at < end:
            walk.note(node, "value.width", f"{end - at} bytes after the last whole element")
            node.children.append(zero_or_raw(data, at, end))


def bit_words(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A bit map in u32 words of the sender's order."""
    return BitWords(order)


class FlexibleStruct(Unscoped):
    """A C struct whose last member is repeated to the end, as a flexible array member is."""

    __slots__ = ("head", "tail")

    def __init__(self, head: StructType, tail: Field) -> None:
        self.head = head
        self.tail = tail

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        at = start + self.head.size
        if at > end:
            raise Irregular
        values = self.head.members(data, start)
        type_ = self.tail.type
        if isinstance(type_, (Scalar, StructType)):
            size = type_.size
            if (end - at) % size:
                raise Irregular
            values[self.tail.name] = [
                type_.value(data, here, here + size, None) for here in range(at, end, size)
            ]
        elif type_ is not None:
            values[self.tail.name] = type_.value(data, at, end, None)
        return values

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        at = self.head.fill_members(node, data, start, end, scope, walk)
        values = node.value if isinstance(node.value, dict) else {}
        type_ = self.tail.type
        if end - start < self.head.size or type_ is None:
            return
        name, secret = self.tail.name, self.tail.secret
        if not isinstance(type_, (Scalar, StructType)):
            values[name] = type_.value(data, at, end, None)
            if at < end:
                node.children.append(
                    Node(name, self.tail.c_name, "field", at, end, values[name], secret=secret)
                )
            return
        items: list[Json] = []
        array = Node(name, self.tail.c_name, "field", at, end, items, secret=secret)
        while end - at >= type_.size:
            stop = at + type_.size
            child = Node(str(len(items)), "", "item", at, stop, secret=secret)
            if isinstance(type_, StructType):
                type_.fill(child, data, at, stop, scope, walk)
            else:
                child.value = type_.value(data, at, stop, None)
            items.append(child.value)
            array.children.append(child)
            at = stop
        if at < end:
            walk.note(node, "value.width", f"{end - at} bytes after the last whole element")
            array.children.append(zero_or_raw(data, at, end))
        values[name] = items
        if array.children:
            node.children.append(array)


def flexible(family: CompiledFamily, name: str, order: str) -> FlexibleStruct:
    """A struct whose last member stands once in the definition."""
    whole = family.struct(name, order)
    return FlexibleStruct(StructType(whole.name, whole.fields[:-1], order), whole.fields[-1])


def flexible_struct(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct``, with its last member repeated."""
    return flexible(family, attr.struct or "", order)


class GrowingStruct(Unscoped):
    """A C struct that grew with the kernel's versions: any whole number of members is normal."""

    __slots__ = ("whole", "order", "_cuts")

    def __init__(self, whole: StructType, order: str) -> None:
        self.whole = whole
        self.order = order
        self._cuts: dict[int, StructType] = {}
        fields: list[Field] = []
        for field in whole.fields:
            fields.append(field)
            size = field.offset + field.size
            self._cuts[size] = (
                whole if size == whole.size else StructType(whole.name, list(fields), order)
            )

    def layout(self, data: bytes, start: int, end: int) -> StructType | None:
        """The struct as the sender knew it; None where the length ends inside a member."""
        return self._cuts.get(end - start)

    def simpler(self, data: bytes, start: int, end: int, scope: Scope) -> Type | None:
        return self.layout(data, start, end)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        struct = self.layout(data, start, end)
        if struct is None:
            raise Irregular
        return struct.members(data, start)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        struct = self.layout(data, start, end) or self.whole
        struct.fill(node, data, start, end, scope, walk)


def growing_struct(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct``, or as much of it as the sender knew."""
    return GrowingStruct(family.struct(attr.struct or "", order), order)


class TaskStats(GrowingStruct):
    """struct taskstats; version 15 had the extremes of delays behind each total, not at the end."""

    __slots__ = ("_version", "_versions_15")

    def __init__(self, whole: StructType, order: str) -> None:
        super().__init__(whole, order)
        self._version = Scalar("u16", order)
        self._versions_15: dict[int, StructType] = {}
        for ends in (("-max",), ("-max", "-min")):
            struct = self._interleaved(ends)
            self._versions_15[struct.size] = struct

    def _interleaved(self, ends: tuple[str, ...]) -> StructType:
        by_name = {field.name: field for field in self.whole.fields}
        fields: list[Field] = []
        offset = 0
        for field in self.whole.fields:
            if "-delay-m" in field.name:
                break
            group = [field]
            stem = field.name.removesuffix("-total")
            if stem.endswith("-delay"):
                group += [by_name[stem + end] for end in ends]
            for one in group:
                fields.append(Field(one.name, offset, one.size, one.type, one.kind, one.secret))
                offset += one.size
        return StructType(self.whole.name, fields, self.order)

    def layout(self, data: bytes, start: int, end: int) -> StructType | None:
        if end - start >= 2 and self._version.number(data, start, start + 2) == 15:
            return self._versions_15.get(end - start)
        return super().layout(data, start, end)


def taskstats(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct`` is struct taskstats of the newest version."""
    return TaskStats(family.struct(attr.struct or "", order), order)
