"""Traffic control's C structs that end in an array, and its trees of extended matches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.sets import IndexedArray, Shape
from ...spec.structs import Field, StructType
from ...spec.types import Irregular, Scope, Type, Walk, raw_node, zero_or_raw
from ...text import Json

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_HEADER: Final = "tcf-ematch-hdr"


class TailedStruct(Type):
    """A struct whose last member stands as often as the payload lasts."""

    __slots__ = ("head", "tail", "item")

    def __init__(self, head: StructType, tail: Field, item: Type) -> None:
        self.head = head
        self.tail = tail
        self.item = item

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        at, size = start + self.head.size, self.tail.size
        if at > end or (end - at) % size:
            raise Irregular
        values = self.head.members(data, start)
        values[self.tail.name] = [
            self.item.value(data, here, here + size, None) for here in range(at, end, size)
        ]
        return values

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        at = self.head.fill_members(node, data, start, end, scope, walk)
        if end - start < self.head.size:
            return
        size = self.tail.size
        stop = end - (end - at) % size
        array = Node(self.tail.name, self.tail.c_name, "field", at, stop)
        items: list[Json] = []
        for here in range(at, stop, size):
            item = Node(str(len(items)), "", "item", here, here + size)
            self.item.fill(item, data, here, here + size, scope, walk)
            array.children.append(item)
            items.append(item.value)
        array.value = items
        if isinstance(node.value, dict):
            node.value[self.tail.name] = items
        if stop > at:
            node.children.append(array)
        if stop < end:
            rest = f"{end - stop} bytes after the last whole element of {self.tail.name}"
            walk.note(node, "value.width", rest)
            node.children.append(zero_or_raw(data, stop, end))


def tailed_struct(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct``, its last member repeated."""
    whole = family.struct(attr.struct or "", order)
    tail = whole.fields[-1]
    assert tail.type is not None
    return TailedStruct(StructType(whole.name, whole.fields[:-1], order), tail, tail.type)


class Ematch(Type):
    """One node of a tree: struct tcf_ematch_hdr, then what its kind has, then perhaps a pattern.

    The value has the header's members, ``data`` and ``pattern`` where there is one.
    """

    __slots__ = ("head", "shapes")

    def __init__(self, head: StructType, shapes: dict[str, Shape]) -> None:
        self.head = head
        self.shapes = shapes

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        at = start + self.head.size
        if at > end:
            raise Irregular
        values = self.head.members(data, start)
        shape = self.shapes.get(str(values["kind"]))
        if shape is None:
            raise Irregular
        if shape.header is None:
            assert shape.set is not None
            values["data"] = shape.set.values(data, at, end, scope)
            return values
        stop = at + shape.header.size
        if stop > end:
            raise Irregular
        values["data"] = shape.header.members(data, at)
        if stop < end:
            values["pattern"] = data[stop:end].hex()
        return values

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        at = self.head.fill_members(node, data, start, end, scope, walk)
        values = node.value
        if not isinstance(values, dict) or end - start < self.head.size:
            return
        kind = str(values["kind"])
        shape = self.shapes.get(kind)
        if shape is None:
            if at < end:
                walk.note(node, "sub-message.unknown", f"{kind} is no kind of match")
                node.children.append(raw_node(data, at, end))
                values["data"] = data[at:end].hex()
            return
        stop = end
        inner = Node("data", "", "nest", at, end)
        if shape.header is None:
            assert shape.set is not None
            inner.value = shape.set.fill(inner.children, data, at, end, scope, walk)
        else:
            inner.end = stop = min(end, at + shape.header.size)
            shape.header.fill(inner, data, at, stop, scope, walk)
        values["data"] = inner.value
        if stop > at:
            node.children.append(inner)
        if stop < end:
            text = data[stop:end].hex()
            node.children.append(Node("pattern", "", "field", stop, end, text))
            values["pattern"] = text


def ematch_tree(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A list of matches whose data is of the attribute's ``sub-message``."""
    message = attr.sub_message or ""
    shapes = {}
    for name in family.enum("ematch-kind").names.values():
        shape = family.shape_of(message, str(name), order)
        if shape is not None:
            shapes[str(name)] = shape
    return IndexedArray(Ematch(family.struct(_HEADER, order), shapes), False, order)
