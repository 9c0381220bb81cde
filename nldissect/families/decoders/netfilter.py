"""Netfilter's lists whose numbers mean nothing, and what programs keep in its user data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.sets import AttrSet, Nest
from ...spec.types import OPAQUE, Scope, Type, Walk
from ...text import Json
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


def elements(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """``nested-attributes``, a set of one attribute, under any number."""
    return Nest(Elements(attr.nested_attributes or "", order, family, []))


class UserData(Type):
    """The user data of a table, chain, rule, set, element or object.

    The kernel gives it back as it is; libnftables and iptables keep entries of type, length and
    value there, whose types mean something else in each kind of object.
    """

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return data[start:end].hex()

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        items: list[Node] = []
        at = start
        while end - at >= 2 and data[at + 1] <= end - at - 2:
            stop = at + 2 + data[at + 1]
            items.append(_entry(str(len(items)), data, at, stop))
            at = stop
        if at < end:
            OPAQUE.fill(node, data, start, end, scope, walk)
            return
        node.value = data[start:end].hex()
        node.display = ", ".join(item.display for item in items)
        node.children += items


def _entry(name: str, data: bytes, start: int, end: int) -> Node:
    raw = data[start + 2 : end]
    text = raw[:-1]
    value = raw.hex()
    if raw[-1:] == b"\0" and text and not text.translate(None, _PRINTABLE):
        value = text.decode()
    entry = Node(name, "", "item", start, end, {"type": data[start], "value": value}, value)
    entry.children = [
        Node("type", "", "field", start, start + 1, data[start]),
        Node("len", "", "field", start + 1, start + 2, data[start + 1]),
    ]
    if raw:
        entry.children.append(Node("value", "", "field", start + 2, end, value))
    return entry


def user_data(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_*_USERDATA."""
    return UserData()
