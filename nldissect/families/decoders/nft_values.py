"""What the values in a rule of nftables mean: that follows from what its registers hold.

A rule's expressions load packet fields and other keys into registers and compare, mask or use
what is there. The bytes of a value have no type of their own; the expressions before it, or for a
constant those behind it, tell what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.sets import Attr, AttrSet, Nest
from ...spec.structs import Member, StructType
from ...spec.types import (
    EnumScalar,
    FlagsScalar,
    HintBytes,
    HintScalar,
    Scalar,
    Scope,
    Type,
    Walk,
)
from ...text import Json
from .nft_parts import Layout, Part, child_of, reordered, tell
from .nft_sets import SetShape, set_shape

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

_TUNNEL: Final = 4
"""NFT_PAYLOAD_TUN_HEADER."""

_INNER: Final = "inner-"
"""What the names of fields of a packet in a tunnel begin with."""

_SELECTS: Final = {"nfproto": 1, "ether-type": 1, "inet-proto": 2}
"""Enums whose values name the header at a base."""

_VALUES: Final = ("data", "mask", "xor", "from-data", "to-data")


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

    __slots__ = (
        "_family",
        "_order",
        "_scope",
        "_walk",
        "_registers",
        "_headers",
        "_inner",
        "_sets",
    )

    def __init__(self, family: CompiledFamily, order: str, scope: Scope, walk: Walk) -> None:
        """scope: has the nfgen-family and the table."""
        self._family = family
        self._order = order
        self._scope = scope
        self._walk = walk
        self._registers = Registers()
        self._headers: list[StructType | None] = [
            self._header(0, "unspec"),
            None,
            self._header(2, "unspec"),
        ]
        self._inner = [self._headers[0], None, self._headers[2]]
        self._sets: dict[str, dict[str, Attr]] = {}
        nfproto = scope.find("nfgen-family")
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
        return _fields_in(header, offset, size)

    def _load_inner(self, data: dict[str, Json]) -> None:
        """Takes what is loaded of the packet in a tunnel, or of the tunnel's header."""
        expr = data.get("expr")
        inner = expr.get("data") if isinstance(expr, dict) else None
        if not isinstance(expr, dict) or not isinstance(inner, dict):
            return
        at = _place(inner, "dreg")
        base, offset, size = (_number(inner, name) for name in ("base", "offset", "len"))
        layout: Layout = []
        if expr.get("name") == "meta":
            part = self._keyed("meta", inner)
            if part is not None:
                layout, size = [(0, part)], part.size
        elif expr.get("name") == "payload" and base == _TUNNEL:
            shape = self._family.shape_of("tunnel-header", str(data.get("type")), self._order)
            layout = _fields_in(None if shape is None else shape.header, offset, size)
        elif expr.get("name") == "payload" and "base" in inner and base < len(_BASES):
            layout = _fields_in(self._inner[base], offset, size)
        if at is None or not layout:
            self._drop(inner)
        else:
            layout = [(to, part._replace(name=_INNER + part.name)) for to, part in layout]
            self._registers.put(at, min(size, _REGISTERS), layout)

    def _load(self, name: str, data: dict[str, Json]) -> None:
        """Takes what an expression writes into its register."""
        at = _place(data, "dreg")
        if name == "inner":
            self._load_inner(data)
            return
        if at is None:
            return
        if name == "payload":
            self._registers.put(at, min(_number(data, "len"), _REGISTERS), self._fields(data))
        elif name == "lookup":
            shape = self._set(data)
            layout = [] if shape is None else shape.data
            self._drop(data)
            if layout:
                self._registers.put(at, layout[-1][0] + layout[-1][1].size, layout)
        elif name in ("bitwise", "byteorder"):
            size = min(_number(data, "len"), _REGISTERS)
            self._registers.put(at, size, self._altered(name, data, size))
        else:
            part = self._loaded(name, data)
            if part is None:
                self._drop(data)
            else:
                self._registers.put(at, part.size, [(0, part)])

    def _set(self, data: dict[str, Json]) -> SetShape | None:
        """The set that a lookup searches."""
        name, number = data.get("set"), data.get("set id")
        return set_shape(self._family, self._order, self._scope, self._walk, name, number)

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
        return [(offset, reordered(part, order)) for offset, part in layout]

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
            elif name == "lookup":
                shape = self._set(data)
                found += [] if shape is None else [(at + i, part) for i, part in shape.key]
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
            tell(node, "data", layout, self._walk)
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
            fields = tell(node, key, layout, self._walk)
            if name == "cmp" and data.get("op") == "eq" and len(layout) == 1:
                self._choose(layout[0][1], fields)

    def _choose(self, part: Part, fields: list[Node]) -> None:
        """Behind a comparison it is known which header is there."""
        if isinstance(part.type, EnumScalar) and part.type.enum.name in _SELECTS and fields:
            base = _SELECTS[part.type.enum.name]
            headers = self._inner if part.name.startswith(_INNER) else self._headers
            headers[base] = self._header(base, fields[0].value)


Expression = tuple[str, dict[str, Json], Node]
"""An expression's name, its data and the node of that."""

_BIG: Final = {size: Scalar(kind, "big") for kind, size in (("u8", 1), ("u16", 2), ("u32", 4))}


def _fields_in(header: StructType | None, offset: int, size: int) -> Layout:
    """The fields in ``size`` bytes of a header."""
    found: Layout = []
    for field in () if header is None else header.fields:
        first = max(field.offset, offset)
        last = min(field.offset + field.size, offset + size)
        if first < last:
            part = Part(field.name, field.type, field.size, first - field.offset, last - first)
            found.append((first - offset, part))
    return found


def _size_of(value: Json) -> int:
    """Bytes of a nest's value."""
    raw = value.get("value") if isinstance(value, dict) else None
    return len(raw) // 2 if isinstance(raw, str) else 0


def _as_mask(part: Part) -> Part:
    """A part as the bits of it: flags and addresses stay, numbers are hex."""
    type_ = part.type
    if isinstance(type_, (FlagsScalar, HintScalar, HintBytes, Member)):
        return part
    if isinstance(type_, Scalar):
        return part._replace(type=HintScalar(type_.kind, type_.order, "hex"))
    return part._replace(type=None)


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
            inner = child_of(elem, "data") if elem.name == "elem" else None
            if inner is not None and isinstance(elem.value, dict):
                name, content = elem.value.get("name"), inner.value
                if isinstance(name, str) and isinstance(content, dict):
                    found.append((name, content, inner))
        if len(found) <= _MOST:
            Rule(self._family, self.set.order, scope, walk).read(found)


def expressions(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_RULE_EXPRESSIONS: the attribute's ``nested-attributes``."""
    return Expressions(family.attr_set(attr.nested_attributes or "", order), family)
