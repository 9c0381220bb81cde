"""What the values in a rule of nftables mean: that follows from what its registers hold.

A rule's expressions load packet fields and other keys into registers and compare, mask or use
what is there. The bytes of a value have no type of their own; the expressions before it, or for a
constant those behind it, tell what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ...model import Node
from ...spec.sets import Attr, AttrSet, Nest
from ...spec.structs import Member, StructType
from ...spec.types import (
    EnumScalar,
    FlagsScalar,
    HintBytes,
    HintScalar,
    Irregular,
    Scalar,
    Scope,
    Type,
    Walk,
)
from ...text import Json, show

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_MOST: Final = 128
"""Expressions in a rule (NFT_RULE_MAXEXPRS)."""

_REGISTERS: Final = 80
"""Bytes of all registers: the verdict's and four of 16 (NFT_REG32_NUM words)."""

_KEYED: Final = {
    "meta": "key",
    "ct": "key",
    "fib": "result",
    "rt": "key",
    "socket": "key",
    "tunnel": "key",
    "xfrm": "key",
}
"""Expressions that load by a key: the attribute with its name, looked up in ``EXPRESSION-data``."""

_BASES: Final = ("link-header", "network-header", "transport-header")
"""Sub-messages with the headers that enum nft_payload_bases counts."""

_SELECTS: Final = {"nfproto": 1, "ether-type": 1, "inet-proto": 2}
"""Enums whose values name the header at a base."""

_VALUES: Final = ("data", "mask", "xor", "from-data", "to-data")


class Part(NamedTuple):
    """Bytes of a register and what they are.

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


class Registers:
    """What every byte of the registers holds."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}

    def put(self, at: int, size: int, layout: Layout) -> None:
        """Overwrites ``size`` bytes, and the rest of their last word."""
        end = min(_REGISTERS, at + size + (-size & 3))
        for start, part in list(self._parts.items()):
            if start < at < start + part.size:
                self._parts[start] = part._replace(size=at - start)
            elif at <= start < end:
                del self._parts[start]
        for offset, part in layout:
            if at + offset < end:
                self._parts[at + offset] = part

    def get(self, at: int, size: int) -> Layout:
        """What ``size`` bytes hold, as far as it is known."""
        found: Layout = []
        for start in sorted(self._parts):
            if at <= start < at + size:
                part = self._parts[start]
                found.append((start - at, part._replace(size=min(part.size, at + size - start))))
        return found


def _place(data: dict[str, Json], name: str) -> int | None:
    """The byte at which a register begins (nft_parse_register); None for none and the verdict's."""
    number = data.get(name)
    if not isinstance(number, int):
        return None
    if 1 <= number <= 4:
        return number * 16
    return (number - 4) * 4 if 8 <= number <= 23 else None


def _number(data: dict[str, Json], name: str) -> int:
    number = data.get(name)
    return number if isinstance(number, int) else 0


class Rule:
    """The expressions of one rule, read in their order."""

    __slots__ = ("_family", "_order", "_registers", "_headers", "_sets")

    def __init__(self, family: CompiledFamily, order: str, nfproto: Json) -> None:
        self._family = family
        self._order = order
        self._registers = Registers()
        self._headers: list[StructType | None] = [
            self._header(0, "unspec"),
            None,
            self._header(2, "unspec"),
        ]
        self._sets: dict[str, dict[str, Attr]] = {}
        if isinstance(nfproto, int):
            self._headers[1] = self._header(1, family.enum("nfproto").name_of(nfproto))

    def _header(self, base: int, value: Json) -> StructType | None:
        shape = self._family.shape_of(_BASES[base], str(value), self._order)
        return None if shape is None else shape.header

    def _named(self, set_name: str, name: Json) -> Part | None:
        """What a set of our specification says of that name."""
        known = self._sets.get(set_name)
        if known is None:
            attrs = self._family.attr_set(set_name, self._order).attrs.values()
            known = self._sets[set_name] = {attr.name: attr for attr in attrs}
        attr = known.get(name) if isinstance(name, str) else None
        if attr is None:
            return None
        type_ = attr.type
        if isinstance(type_, Scalar):
            return Part(attr.name, type_, type_.size, 0, type_.size)
        return Part(attr.name, type_, 0, 0, 16)

    def _keyed(self, name: str, data: dict[str, Json]) -> Part | None:
        part = self._named(f"{name}-data", data.get(_KEYED[name]))
        flags = data.get("flags")
        if part is not None and name == "fib" and isinstance(flags, list) and "present" in flags:
            return Part("present", Scalar("u8", self._order), 1, 0, 1)
        return part

    def _fields(self, data: dict[str, Json]) -> Layout:
        """The header's fields that a payload expression loads or stores."""
        base, offset, size = (_number(data, name) for name in ("base", "offset", "len"))
        header = self._headers[base] if base < len(_BASES) and "base" in data else None
        found: Layout = []
        for field in () if header is None else header.fields:
            first = max(field.offset, offset)
            last = min(field.offset + field.size, offset + size)
            if first < last:
                part = Part(field.name, field.type, field.size, first - field.offset, last - first)
                found.append((first - offset, part))
        return found

    def _load(self, name: str, data: dict[str, Json]) -> None:
        """Takes what an expression writes into its register."""
        at = _place(data, "dreg")
        if name == "inner":
            inner = data.get("expr")
            if isinstance(inner, dict) and isinstance(inner.get("data"), dict):
                self._drop(inner["data"])  # type: ignore[arg-type]
            return
        if at is None:
            return
        if name == "payload":
            self._registers.put(at, min(_number(data, "len"), _REGISTERS), self._fields(data))
        elif name in ("bitwise", "byteorder"):
            size = min(_number(data, "len"), _REGISTERS)
            self._registers.put(at, size, self._altered(name, data, size))
        else:
            part = self._loaded(name, data)
            if part is None:
                self._drop(data)
            else:
                self._registers.put(at, part.size, [(0, part)])

    def _drop(self, data: dict[str, Json]) -> None:
        """Forgets a register and all behind it: how much was written is not known."""
        at = _place(data, "dreg")
        if at is not None:
            self._registers.put(at, _REGISTERS - at, [])

    def _loaded(self, name: str, data: dict[str, Json]) -> Part | None:
        if name in _KEYED:
            return self._keyed(name, data)
        if name in ("numgen", "hash"):
            return self._named("register-data", "number")
        if name == "osf":
            return self._named("register-data", "osf")
        if name == "exthdr":
            flags = data.get("flags")
            if isinstance(flags, list) and "present" in flags:
                return Part("present", Scalar("u8", self._order), 1, 0, 1)
            size = min(_number(data, "len"), 16)
            return Part(str(data.get("op", "exthdr")), _BIG.get(size), size, 0, size)
        return None

    def _altered(self, name: str, data: dict[str, Json], size: int) -> Layout:
        """What a bitwise or byteorder expression makes of its source."""
        source = _place(data, "sreg")
        if source is None:
            return []
        layout = self._registers.get(source, size)
        if name == "bitwise":
            return [] if data.get("op") in ("lshift", "rshift") else layout
        order = self._order if data.get("op") == "ntoh" else "big"
        return [(offset, _reordered(part, order)) for offset, part in layout]

    def _use(self, at: int, size: int, behind: list[Expression]) -> Layout:
        """What a constant is, by what is done with its register before it is written again."""
        found: Layout = []
        free = at + size + (-size & 3)
        for name, data, _ in behind:
            for place, part in self._takes(name, data):
                if at <= place < free and all(place - at != offset for offset, _ in found):
                    found.append((place - at, part))
            written = _place(data, "dreg")
            if written is not None and written < free:
                free = max(at, written)
            if free == at:
                break
        found.sort(key=lambda item: item[0])
        ends = [offset for offset, _ in found[1:]] + [size]
        return [
            (offset, part._replace(size=min(part.size, end - offset)))
            for (offset, part), end in zip(found, ends)
            if offset < size
        ]

    def _takes(self, name: str, data: dict[str, Json]) -> Layout:
        """What an expression expects in the registers that it reads."""
        at = _place(data, "sreg")
        found: Layout = []
        if at is not None:
            if name in _KEYED:
                part = self._keyed(name, data)
                if part is not None:
                    found.append((at, part))
            elif name == "payload":
                found += [(at + offset, part) for offset, part in self._fields(data)]
        for key in data:
            place = _place(data, key) if "reg-" in key else None
            named = None if place is None else self._named("register-data", key)
            if place is not None and named is not None:
                found.append((place, named))
        return found

    def read(self, expressions: list[Expression]) -> None:
        """Gives the values of all expressions their fields."""
        for index, (name, data, node) in enumerate(expressions):
            if name == "immediate":
                self._constant(data, node, expressions[index + 1 :])
                continue
            if name in ("cmp", "range", "bitwise"):
                self._against(name, data, node)
            self._load(name, data)

    def _constant(self, data: dict[str, Json], node: Node, behind: list[Expression]) -> None:
        """A value that is put into a register."""
        at = _place(data, "dreg")
        size = _size_of(data.get("data"))
        if at is not None:
            layout = self._use(at, size, behind)
            self._tell(node, "data", layout)
            self._registers.put(at, size, layout)

    def _against(self, name: str, data: dict[str, Json], node: Node) -> None:
        """Values that a register is compared or combined with."""
        at = _place(data, "sreg")
        for key in _VALUES if at is not None else ():
            size = _size_of(data.get(key))
            if not size:
                continue
            if name == "bitwise" and key == "data":
                part = self._named("register-data", "shift")
                layout = [] if part is None else [(0, part)]
            else:
                layout = self._registers.get(at or 0, size)
            if name == "bitwise" and key in ("mask", "xor"):
                layout = [(offset, _as_mask(part)) for offset, part in layout]
            values = self._tell(node, key, layout)
            if name == "cmp" and data.get("op") == "eq" and len(layout) == 1:
                self._choose(layout[0][1], values)

    def _choose(self, part: Part, values: list[Json]) -> None:
        """Behind a comparison it is known which header is there."""
        if isinstance(part.type, EnumScalar) and part.type.enum.name in _SELECTS and values:
            base = _SELECTS[part.type.enum.name]
            self._headers[base] = self._header(base, values[0])

    def _tell(self, node: Node, key: str, layout: Layout) -> list[Json]:
        """Gives the value below ``key`` its fields; their values."""
        inner = _child(node, key)
        value = None if inner is None else _child(inner, "value")
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
        fields = _split(layout, raw, bytes_.start)
        value.children[-1:] = fields
        value.display = " . ".join(field.display for field in fields if field.kind == "field")
        return [field.value for field in fields if field.kind == "field"]


Expression = tuple[str, dict[str, Json], Node]
"""An expression's name, its data and the node of that."""

_BIG: Final = {size: Scalar(kind, "big") for kind, size in (("u8", 1), ("u16", 2), ("u32", 4))}


def _child(node: Node, name: str) -> Node | None:
    """The only child of that name; None also where there are several."""
    found = [child for child in node.children if child.name == name]
    return found[0] if len(found) == 1 else None


def _size_of(value: Json) -> int:
    """Bytes of a nest's value."""
    raw = value.get("value") if isinstance(value, dict) else None
    return len(raw) // 2 if isinstance(raw, str) else 0


def _reordered(part: Part, order: str) -> Part:
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


def _as_mask(part: Part) -> Part:
    """A part as the bits of it: flags and addresses stay, numbers are hex."""
    type_ = part.type
    if isinstance(type_, (FlagsScalar, HintScalar, HintBytes, Member)):
        return part
    if isinstance(type_, Scalar):
        return part._replace(type=HintScalar(type_.kind, type_.order, "hex"))
    return part._replace(type=None)


def _text(part: Part, raw: bytes) -> Json:
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


def _split(layout: Layout, raw: bytes, start: int) -> list[Node]:
    """Nodes for the fields of a value that begins at ``start``, and for what is between them."""
    nodes: list[Node] = []
    at = 0
    for offset, part in layout:
        if offset >= len(raw) or offset < at:
            continue
        if offset > at:
            nodes.append(_between(raw[at:offset], start + at))
        at = min(len(raw), offset + part.size)
        value = _text(part, raw[offset:at])
        nodes.append(Node(part.name, "", "field", start + offset, start + at, value))
    if at < len(raw):
        nodes.append(_between(raw[at:], start + at))
    return nodes


def _between(raw: bytes, start: int) -> Node:
    """What stands behind a field in its last word, or a field of which nothing is known."""
    end = start + len(raw)
    if len(raw) < 4 and not any(raw):
        return Node("padding", "", "padding", start, end, None, f"{len(raw)} zero bytes")
    return Node("data", "", "field", start, end, raw.hex())


class Expressions(Nest):
    """A rule's list of expressions: values are bytes in the object, and have fields in the tree."""

    __slots__ = ("_family",)

    def __init__(self, attr_set: AttrSet, family: CompiledFamily) -> None:
        super().__init__(attr_set)
        self._family = family

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        super().fill(node, data, start, end, scope, walk)
        found: list[Expression] = []
        for elem in node.children:
            inner = _child(elem, "data") if elem.name == "elem" else None
            if inner is not None and isinstance(elem.value, dict):
                name, content = elem.value.get("name"), inner.value
                if isinstance(name, str) and isinstance(content, dict):
                    found.append((name, content, inner))
        if len(found) <= _MOST:
            Rule(self._family, self.set.order, scope.find("nfgen-family")).read(found)


def expressions(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_RULE_EXPRESSIONS: the attribute's ``nested-attributes``."""
    return Expressions(family.attr_set(attr.nested_attributes or "", order), family)


def data(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_DATA_VALUE: bytes as they stand in registers, whose use alone tells what they are."""
    return HintBytes("")
