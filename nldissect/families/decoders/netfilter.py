"""Netfilter's lists whose numbers mean nothing, its user data, and the structs of x_tables."""

from __future__ import annotations

from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.sets import Attr, AttrSet, Nest, Shape, SubMessageType
from ...spec.structs import Field, Member, StructType
from ...spec.types import OPAQUE, Irregular, Scalar, Scope, Type, Unscoped, Walk, address_text
from ...text import Json, show
from ...wire.attrs import NLATTR, Span
from ...wire.consts import NLA_F_NESTED, NLA_TYPE_MASK

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_PRINTABLE: Final = bytes(range(0x20, 0x7F))


class Elements(AttrSet):
    """A set of one attribute, which the kernel takes under any number; libnftnl counts them."""

    __slots__ = ()

    def _admit(self, number: int) -> bool:
        """Gives a number its meaning; False if it has one."""
        if number in self.attrs:
            return False
        attr = next(iter(self.attrs.values()))
        self._by_number[number] = attr
        self._by_kind[number] = self._by_kind[number | NLA_F_NESTED] = attr
        return True

    def _odd(self, data: bytes, at: int, end: int, scope: Scope) -> int:
        if end - at >= 4:
            kind = NLATTR[self.order].unpack_from(data, at)[1]
            if self._admit(kind & NLA_TYPE_MASK):
                return at
        return super()._odd(data, at, end, scope)

    def _one(self, span: Span, parent: list[Node], data: bytes, scope: Scope, walk: Walk) -> None:
        self._admit(span.kind & NLA_TYPE_MASK)
        super()._one(span, parent, data, scope, walk)


class UserData(Type):
    """The user data of a table, chain, rule, set, element or object.

    The kernel gives it back as it is; libnftables and iptables keep entries of type, length and
    value there (libnftnl's udata.h), whose types mean something else in each kind of object: the
    set of attributes says what.
    """

    __slots__ = ("_known", "_order")

    def __init__(self, known: dict[int, Attr], order: str) -> None:
        self._known = known
        self._order = order

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return data[start:end].hex()

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        items = self._items(self._known, data, start, end)
        if items is None:
            OPAQUE.fill(node, data, start, end, scope, walk)
            return
        node.value = data[start:end].hex()
        node.display = ", ".join(item.display for item in items)
        node.children += items

    def _items(
        self, known: dict[int, Attr], data: bytes, start: int, end: int
    ) -> list[Node] | None:
        """The entries in data[start:end]; None if there is something else as well."""
        items: list[Node] = []
        at = start
        while end - at >= 2 and data[at + 1] <= end - at - 2:
            stop = at + 2 + data[at + 1]
            items.append(self._item(str(len(items)), known.get(data[at]), data, at, stop))
            at = stop
        return items if at == end else None

    def _item(self, name: str, attr: Attr | None, data: bytes, start: int, end: int) -> Node:
        kind = data[start]
        at = start + 2
        raw = data[at:end]
        text = raw[:-1]
        value: Json = raw.hex()
        if raw[-1:] == b"\0" and text and not text.translate(None, _PRINTABLE):
            value = text.decode()
        entry = Node(name, "", "item", start, end, {"type": kind, "value": value}, str(value))
        label = str(kind) if attr is None else f"{kind} ({attr.name})"
        entry.children = [
            Node("type", "", "field", start, start + 1, kind, label),
            Node("len", "", "field", start + 1, at, end - at),
        ]
        inner = None
        if attr is not None and isinstance(attr.type, Nest):
            inner = self._items(attr.type.set.attrs, data, at, end)
        if inner is not None:
            entry.children += inner
        elif raw:
            field = Node("data", "", "field", at, end, value)
            if attr is not None and isinstance(attr.type, Scalar) and attr.type.size == len(raw):
                field.display = show(attr.type.value(data, at, end, None))
            entry.children.append(field)
        return entry


def user_data(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_*_USERDATA: ``nested-attributes`` are the types of its entries."""
    known = attr.nested_attributes
    return UserData(family.attr_set(known, order).attrs if known else {}, order)


_NAMED_ALIKE: Final = (3, 7)
"""NFPROTO_ARP and NFPROTO_BRIDGE: matches and targets of their own under names of x_tables."""


class Ipv4InRoom(Unscoped):
    """An IPv4 address in a union nf_inet_addr."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return address_text(data[start:end], AF_INET)


class XtInfo(SubMessageType):
    """The struct of a match or target of x_tables, by name, revision and address family.

    A format's value is ``NAME-REVISION``, or ``NAME-REVISION-ipv6`` where IPv6 has another struct.
    Structs are padded to eight bytes (XT_ALIGN). What nobody knows stays bytes.
    """

    __slots__ = ()

    def shape(self, scope: Scope | None) -> Shape | None:
        if scope is None:
            return None
        family, name, revision = (scope.find(of) for of in ("nfgen-family", "name", "rev"))
        if family in _NAMED_ALIKE or not isinstance(name, str) or not isinstance(revision, int):
            return None
        key = f"{name}-{revision} {family}"
        if key not in self._shapes:
            if len(self._shapes) > 256:
                self._shapes.clear()
            self._shapes[key] = self._made(f"{name}-{revision}", family)
        return self._shapes[key]

    def _made(self, name: str, family: Json) -> Shape | None:
        shape = None
        if family == AF_INET6:
            shape = self._source.shape_of(self.name, f"{name}-ipv6", self.order)
        if shape is None:
            shape = self._source.shape_of(self.name, name, self.order)
        if shape is None or shape.header is None or family != AF_INET:
            return shape
        return Shape(_with_ipv4(shape.header, self.order), None)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        shape = self.shape(scope)
        if shape is None or shape.header is None:
            return data[start:end].hex()
        stop = start + shape.header.size
        if stop > end or any(data[stop:end]):
            raise Irregular
        return shape.header.members(data, start)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        shape = self.shape(scope)
        if shape is None or shape.header is None:
            node.kind = "attr"
            OPAQUE.fill(node, data, start, end, scope, walk)
        else:
            node.display = ""
            shape.header.fill(node, data, start, end, scope, walk)


def _with_ipv4(struct: StructType, order: str) -> StructType:
    """The struct with IPv4 addresses where it has room for either family."""
    fields = []
    for field in struct.fields:
        type_ = field.type
        if isinstance(type_, StructType):
            type_ = _with_ipv4(type_, order)
        elif isinstance(type_, Member) and type_.hint == "ipv4-or-v6":
            type_ = Ipv4InRoom()
        fields.append(Field(field.name, field.offset, field.size, type_, field.kind, field.secret))
    return StructType(struct.name, fields, order)


def xt_info(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_MATCH_INFO or NFTA_TARGET_INFO, in the attribute's ``sub-message``."""
    return XtInfo(attr.sub_message or "", attr.selector or "", order, family)
