"""What the elements of nftables' sets are: the set says it, in a message of its own.

A set's key and data types are numbers of nft's, which the kernel keeps and gives back (enum
datatypes in nftables' include/datatype.h); a concatenation has six bits for each part, the last
one lowest. The parts stand in words of 32 bits.
"""

from __future__ import annotations

from ipaddress import ip_address, summarize_address_range
from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.sets import Attr, AttrSet, Nest
from ...spec.types import HintBytes, LabelScalar, Scalar, Scope, Type, Walk
from ...text import Json
from .netfilter import Elements
from .nft_parts import Layout, Part, child_of, reordered, tell

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_VERDICT: Final = 0xFFFFFF00
"""NFT_DATA_VERDICT, and above it NFT_DATA_RESERVED_MASK: types of the kernel."""

_BITS: Final = 6
"""nft's TYPE_BITS."""

_KEY_ORDER: Final = 0
"""NFTNL_UDATA_SET_KEYBYTEORDER."""

_DATA_ORDER: Final = 1
"""NFTNL_UDATA_SET_DATABYTEORDER."""

_DATA_INTERVAL: Final = 6
"""NFTNL_UDATA_SET_DATA_INTERVAL: data are ranges, and data-len is that of both ends."""

_BIG: Final = 2
"""BYTEORDER_BIG_ENDIAN; 1 is the host's."""

_WIDTHS: Final = {1: "u8", 2: "u16", 4: "u32", 8: "u64"}


def datatypes(family: CompiledFamily, order: str) -> dict[int, Attr]:
    """nft's types by their numbers."""
    return family.attr_set("datatypes", order).attrs


def kinds_of(number: int) -> list[int]:
    """The types in a concatenation, in their order; one where it is none."""
    kinds = []
    while number:
        kinds.append(number & (1 << _BITS) - 1)
        number >>= _BITS
    return kinds[::-1]


class Datatype(LabelScalar):
    """NFTA_SET_KEY_TYPE or NFTA_SET_DATA_TYPE: the number, shown with nft's name."""

    __slots__ = ("_family",)

    def __init__(self, family: CompiledFamily) -> None:
        super().__init__("u32", "big", {})
        self._family = family

    def shown(self, number: int, walk: Walk | None = None) -> str:
        if number >= _VERDICT:
            return f"{number} (verdict)" if number == _VERDICT else str(number)
        known = datatypes(self._family, self.order)
        kinds = kinds_of(number)
        if not kinds or any(kind not in known for kind in kinds):
            return str(number)
        return f"{number} ({' . '.join(known[kind].name for kind in kinds)})"


def datatype(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_SET_KEY_TYPE, NFTA_SET_DATA_TYPE."""
    return Datatype(family)


class SetShape:
    """The layouts of a set's keys and data, as its message has told them.

    ranges: data are two values, the first and the last.
    """

    __slots__ = ("key", "data", "ranges")

    def __init__(self, family: CompiledFamily, order: str, told: tuple[Json, ...]) -> None:
        """told: key-type, key-len, data-type, data-len, flags, desc and userdata of the set."""
        key, key_len, data, data_len, flags, desc, user = told
        known = datatypes(family, order)
        said = _user_data(user, order)
        orders = {1: order, _BIG: "big"}
        key_order, data_order = (orders.get(said.get(of, 0)) for of in (_KEY_ORDER, _DATA_ORDER))
        self.key = _layout(known, key, key_len, _lengths(desc), key_order)
        if isinstance(flags, list) and "interval" in flags:
            # Ranges are compared as bytes.
            self.key = [
                (at, part if isinstance(part.type, HintBytes) else _sorted(part))
                for at, part in self.key
            ]
        self.ranges = bool(said.get(_DATA_INTERVAL))
        if self.ranges and isinstance(data_len, int):
            data_len //= 2
        self.data = _layout(known, data, data_len, [], data_order)


def _sorted(part: Part) -> Part:
    """A part with its integer in network order."""
    if isinstance(part.type, Scalar) and part.type.order != "big" and part.size > 1:
        return reordered(part, "big")
    return part


def set_shape(
    family: CompiledFamily, order: str, scope: Scope, walk: Walk, name: Json, number: Json
) -> SetShape | None:
    """What is known of a set that a message names, by an id where its name is not made yet."""
    nfproto, table = scope.find("nfgen-family"), scope.find("table")
    if not isinstance(nfproto, int) or not isinstance(table, str) or not isinstance(name, str):
        return None
    if "%d" in name and isinstance(number, int):
        told = walk.fact("nft-set-id", nfproto, table, name, number)
    else:
        told = walk.fact("nft-set", nfproto, table, name)
    return None if told is None else SetShape(family, order, told)


def _lengths(desc: Json) -> list[int]:
    """The sizes of a concatenation's parts (NFTA_SET_DESC_CONCAT)."""
    found = []
    runs = desc.get("concat") if isinstance(desc, dict) else None
    for run in runs if isinstance(runs, list) else [runs]:
        elems = run.get("elem") if isinstance(run, dict) else None
        for elem in elems if isinstance(elems, list) else [elems]:
            size = elem.get("len") if isinstance(elem, dict) else None
            if isinstance(size, int):
                found.append(size)
    return found


def _user_data(user: Json, order: str) -> dict[int, int]:
    """The numbers in the user data, by their types."""
    try:
        raw = bytes.fromhex(user) if isinstance(user, str) else b""
    except ValueError:
        raw = b""
    found: dict[int, int] = {}
    at = 0
    while len(raw) - at >= 2:
        kind, size = raw[at], raw[at + 1]
        if size == 4:
            number = raw[at + 2 : at + 6]
            found[kind] = int.from_bytes(number, "big" if order == "big" else "little")
        at += 2 + size
    return found


def _layout(
    known: dict[int, Attr], number: Json, length: Json, lengths: list[int], order: str | None
) -> Layout:
    """The parts of a value; none where the types and the lengths do not fit each other."""
    if not isinstance(number, int) or not isinstance(length, int) or number >= _VERDICT:
        return []
    attrs = [known.get(kind) for kind in kinds_of(number)]
    if len(attrs) == 1:
        return [(0, _part(attrs[0], length, order))]
    sizes = [0 if attr is None else _size(attr) for attr in attrs]
    if len(lengths) == len(sizes):
        sizes = lengths
    if sizes.count(0) == 1:
        sizes[sizes.index(0)] = max(0, length - sum(size + 3 & ~3 for size in sizes))
    if 0 in sizes or sum(size + 3 & ~3 for size in sizes) != length:
        return []
    layout: Layout = []
    at = 0
    for attr, size in zip(attrs, sizes):
        layout.append((at, _part(attr, size, None)))
        at += size + 3 & ~3
    return layout


def _size(attr: Attr) -> int:
    """The bytes of a type; 0 if it has no size of its own."""
    if isinstance(attr.type, Scalar):
        return attr.type.size
    return 0 if attr.check is None else attr.check.longest or 0


def _part(attr: Attr | None, size: int, order: str | None) -> Part:
    """A value of ``size`` bytes. order: that of an integer whose type has none."""
    if attr is None:
        return Part("data", None, size, 0, size)
    type_: Type | None = attr.type
    if attr.name == "integer":
        type_ = Scalar(_WIDTHS[size], order) if order is not None and size in _WIDTHS else None
    elif isinstance(type_, Scalar) and type_.size != size:
        type_ = None
    return Part(attr.name, type_, size, 0, size)


class SetElements(Nest):
    """A set's list of elements: keys and data are bytes in the object, and have fields in the tree.

    The end of an interval is an element of its own, the first key behind it (rbtree), or the last
    key that is in it (NFTA_SET_ELEM_KEY_END, in concatenations for each part).
    """

    __slots__ = ("_family",)

    def __init__(self, attr_set: AttrSet, family: CompiledFamily) -> None:
        super().__init__(attr_set)
        self._family = family

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        super().fill(node, data, start, end, scope, walk)
        name, number = scope.find("set"), scope.find("set-id")
        shape = set_shape(self._family, self.set.order, scope, walk, name, number)
        if shape is None:
            return
        for elem in node.children:
            if elem.name == "elem" and isinstance(elem.value, dict):
                _element(elem, shape, walk)


def _element(elem: Node, shape: SetShape, walk: Walk) -> None:
    """Gives the key, its end and the data of an element their fields."""
    first = tell(elem, "key", shape.key, walk)
    last = tell(elem, "key-end", shape.key, walk)
    for low, high in zip(first, last):
        _ranged(low, high)
    flags = child_of(elem, "flags")
    if flags is not None and isinstance(flags.value, list) and "interval-end" in flags.value:
        for field in first:
            field.display = f"{field.display} (behind the interval)"
    layout = shape.data
    if layout and shape.ranges:
        at, part = layout[-1]
        width = at + part.size if len(layout) == 1 else at + part.size + 3 & ~3
        layout = layout + [(width + at, part) for at, part in layout]
    fields = tell(elem, "data", layout, walk)
    if shape.ranges:
        for low, high in zip(fields, fields[len(shape.data) :]):
            _ranged(low, high)


def _ranged(low: Node, high: Node) -> None:
    """Says at the end of a range what it is."""
    if low.value == high.value:
        return
    text = f"{low.display}-{high.display}"
    try:
        nets = list(summarize_address_range(ip_address(low.value), ip_address(high.value)))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        nets = []
    if len(nets) == 1:
        text = str(nets[0])
    high.display = f"{high.display} ({text})"


def elements(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """NFTA_SET_ELEM_LIST_ELEMENTS: ``nested-attributes``, a set of one attribute."""
    attr_set = Elements(attr.nested_attributes or "", order, family, [])
    return SetElements(attr_set, family)
