"""Open vSwitch's keys that carry their mask behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import Node
from ...spec.sets import Attr, AttrSet, Nest
from ...spec.types import Irregular, Scope, Type, Walk
from ...text import Json

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute


class Masked(Type):
    """A value and, as long, the mask that says which of its bits count."""

    __slots__ = ("half",)

    def __init__(self, half: Type) -> None:
        self.half = half

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if (end - start) % 2:
            raise Irregular("no mask of the value's length")
        middle = (start + end) // 2
        return {
            "value": self.half.value(data, start, middle, scope),
            "mask": self.half.value(data, middle, end, scope),
        }

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if (end - start) % 2:
            super().fill(node, data, start, end, scope, walk)
            return
        middle = (start + end) // 2
        values: dict[str, Json] = {}
        for name, at, stop in (("value", start, middle), ("mask", middle, end)):
            child = Node(name, "", "field", at, stop)
            self.half.fill(child, data, at, stop, scope, walk)
            values[name] = child.value
            if stop > at:
                node.children.append(child)
        node.value = values


class _MaskedKeys:
    """The attributes of a family's set, each with its mask."""

    def __init__(self, family: CompiledFamily) -> None:
        self.name = family.name
        self._family = family

    def attrs_of(self, name: str, order: str) -> dict[int, Attr]:
        """Attributes by number; those in a nest have their masks there."""
        made = {}
        for number, attr in self._family.attrs_of(name, order).items():
            if isinstance(attr.type, Nest):
                type_: Type = self.nest(attr.type.set.name, order)
            else:
                type_ = Masked(attr.type)
            made[number] = Attr(
                attr.name, attr.c_name, number, attr.multi, type_, attr.hidden, attr.secret
            )
        return made

    def nest(self, name: str, order: str) -> Nest:
        """A set of the family as an attribute's type."""
        return Nest(AttrSet(name, order, self, []))


def masked(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """``nested-attributes`` whose values are followed by their masks."""
    return _MaskedKeys(family).nest(attr.nested_attributes or "", order)
