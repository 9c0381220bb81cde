"""Fields of nftables' values, whose bytes have no type of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...model import Node
from ...spec.structs import Member
from ...spec.types import (
    EnumScalar,
    HintBytes,
    HintScalar,
    Irregular,
    LabelScalar,
    Scalar,
    Type,
    Walk,
)
from ...text import Json, show

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute


class Part(NamedTuple):
    """Bytes of a value and what they are.

    type: None where only the name is known. whole: the field's size, 0 if it has no fixed one.
    skip: bytes of the field that stand before. size: bytes that are there.
    """

    name: str
    type: Type | None
    whole: int
    skip: int
    size: int


Layout = list[tuple[int, Part]]
"""Parts with their offsets, ascending, apart."""


def child_of(node: Node, name: str) -> Node | None:
    """The only child of that name; None also where there are several."""
    found = None
    for child in node.children:
        if child.name == name:
            if found is not None:
                return None
            found = child
    return found


def reordered(part: Part, order: str) -> Part:
    """A part after its integer was swapped; of anything else only the name stays."""
    type_ = part.type
    if part.skip or part.size != part.whole:
        return part._replace(type=None)
    if isinstance(type_, EnumScalar):
        return part._replace(type=type(type_)(type_.kind, order, type_.enum))
    if isinstance(type_, HintScalar):
        return part._replace(type=HintScalar(type_.kind, order, type_.hint))
    if isinstance(type_, Scalar):
        return part._replace(type=Scalar(type_.kind, order))
    return part._replace(type=None)


def tell(node: Node, key: str, layout: Layout, walk: Walk) -> list[Node]:
    """Gives the value in the nest below ``key`` its fields, and returns them."""
    inner = child_of(node, key)
    value = None if inner is None else child_of(inner, "value")
    if value is None or not layout or not value.children:
        return []
    bytes_ = value.children[-1]
    if bytes_.kind != "field" or not isinstance(bytes_.value, str) or not value.value:
        return []
    try:
        raw = bytes.fromhex(bytes_.value)
    except ValueError:
        return []
    if len(raw) != bytes_.end - bytes_.start:
        return []
    fields = _split(layout, raw, bytes_.start, walk)
    value.children[-1:] = fields
    fields = [field for field in fields if field.kind == "field"]
    value.display = " . ".join(field.display for field in fields)
    return fields


def _split(layout: Layout, raw: bytes, start: int, walk: Walk) -> list[Node]:
    """Nodes for the fields of a value that begins at ``start``, and for what is between them."""
    nodes: list[Node] = []
    at = 0
    for offset, part in layout:
        if offset >= len(raw) or offset < at:
            continue
        if offset > at:
            nodes.append(_between(raw[at:offset], start + at))
        at = min(len(raw), offset + part.size)
        value = _value(part, raw[offset:at])
        field = Node(part.name, "", "field", start + offset, start + at, value)
        if isinstance(part.type, LabelScalar) and isinstance(value, int):
            field.display = part.type.shown(value, walk)
        nodes.append(field)
    if at < len(raw):
        nodes.append(_between(raw[at:], start + at))
    return nodes


def _value(part: Part, raw: bytes) -> Json:
    """The value of a part's bytes; the first bytes of an address are a prefix."""
    type_ = part.type
    if type_ is not None:
        try:
            if part.whole in (0, part.skip + len(raw)) and part.skip == 0:
                return type_.value(raw, 0, len(raw), None)
            hint = type_.hint if isinstance(type_, (HintScalar, HintBytes, Member)) else ""
            if hint.startswith("ipv") and part.skip == 0 and len(raw) < part.whole:
                whole = raw + bytes(part.whole - len(raw))
                address = type_.value(whole, 0, part.whole, None)
                return f"{show(address)}/{8 * len(raw)}"
        except Irregular:
            pass
    return raw.hex()


def _between(raw: bytes, start: int) -> Node:
    """What stands behind a field in its last word, or a field of which nothing is known."""
    end = start + len(raw)
    if len(raw) < 4 and not any(raw):
        return Node("padding", "", "padding", start, end, None, f"{len(raw)} zero bytes")
    return Node("data", "", "field", start, end, raw.hex())


def data(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_DATA_VALUE: bytes as they stand in registers, whose use alone tells what they are."""
    return HintBytes("")
