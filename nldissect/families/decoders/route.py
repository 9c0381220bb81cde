"""What rtnetlink packs beside attributes: next hops, labels, source routes, shapes by family."""

from __future__ import annotations

from socket import AF_INET6, inet_ntop
from struct import Struct
from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.sets import AttrSet, ItemSet, Nest, Shape, SubMessageType
from ...spec.structs import Field, Member, StructType
from ...spec.types import (
    Enum,
    HintBytes,
    Irregular,
    NamedArray,
    Scalar,
    Scope,
    Type,
    Walk,
    format_bytes,
    hex_text,
    raw_node,
    zero_or_raw,
)
from ...text import Json, show
from ...wire.attrs import NLATTR, OVERRUN, SHORT, TRAILING, reads_as_attrs
from ...wire.consts import NLA_F_NET_BYTEORDER, NLA_TYPE_MASK

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

AF_BRIDGE: Final = 7
AF_MPLS: Final = 28
RTNL_FAMILY_IPMR: Final = 128
ETH_P_IP: Final = 0x0800
ETH_P_IPV6: Final = 0x86DD
_ADDRESS: Final = 16


class HeadedNest(SubMessageType):
    """A C struct and, behind it, attributes."""

    __slots__ = ("_fixed",)

    def __init__(self, family: CompiledFamily, shape: Shape, order: str) -> None:
        super().__init__("", "", order, family)
        self._fixed = shape

    def shape(self, scope: Scope | None) -> Shape | None:
        return self._fixed


def headed_nest(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct``, then ``nested-attributes`` where it names a set."""
    return HeadedNest(family, _shape(family, attr, order), order)


def _shape(family: CompiledFamily, attr: Attribute, order: str) -> Shape:
    nested = attr.nested_attributes
    return Shape(
        family.struct(attr.struct or "", order),
        None if nested is None else family.attr_set(nested, order),
    )


class GroupAddress(Member):
    """The address in struct br_mdb_entry: IPv4, IPv6 or MAC."""

    __slots__ = ()


class MdbEntry(StructType):
    """struct br_mdb_entry: its protocol says what its address is."""

    __slots__ = ()

    def members(self, data: bytes, start: int) -> dict[str, Json]:
        values = super().members(data, start)
        field = next(field for field in self.fields if field.name == "addr")
        at = start + field.offset
        values["addr"] = _group_address(data[at : at + field.size], values["proto"])
        return values

    def fill_members(
        self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk
    ) -> int:
        at = super().fill_members(node, data, start, end, scope, walk)
        if isinstance(node.value, dict) and "proto" in node.value:
            child = next(child for child in node.children if child.name == "addr")
            raw = data[child.start : child.end]
            child.value = node.value["addr"] = _group_address(raw, node.value["proto"])
            child.display = show(child.value)
            node.display = show(node.value)
        return at


def _group_address(raw: bytes, proto: Json) -> str:
    """The member of the union that the protocol names: IPv4, IPv6, or MAC for 0."""
    if proto == ETH_P_IP:
        return format_bytes(raw[:4], "ipv4")
    if proto == ETH_P_IPV6:
        return format_bytes(raw, "ipv6")
    return format_bytes(raw[:6], "mac") if proto == 0 else raw.hex()


def mdb_entry(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A ``headed-nest`` whose struct is br_mdb_entry."""
    shape = _shape(family, attr, order)
    assert shape.header is not None
    fields = list(shape.header.fields)
    at = next(at for at, field in enumerate(fields) if field.name == "addr")
    old = fields[at]
    fields[at] = Field(old.name, old.offset, old.size, GroupAddress(False, ""), old.kind, False)
    return HeadedNest(family, Shape(MdbEntry(shape.header.name, fields, order), shape.set), order)


class StructArray(Type):
    """C structs one behind the other."""

    __slots__ = ("item",)

    def __init__(self, item: StructType) -> None:
        self.item = item

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        size = self.item.size
        if (end - start) % size:
            raise Irregular
        return [self.item.members(data, at) for at in range(start, end, size)]

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        values: list[Json] = []
        for at in range(start, end, self.item.size):
            child = Node(str(len(values)), "", "item", at, min(end, at + self.item.size))
            self.item.fill(child, data, at, child.end, scope, walk)
            node.children.append(child)
            values.append(child.value)
        node.value = values
        node.display = f"{len(values)} item" + ("" if len(values) == 1 else "s")


def struct_array(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """Any number of the attribute's ``struct``."""
    return StructArray(family.struct(attr.struct or "", order))


class NextHops(Nest):
    """struct rtnexthop with attributes, as often as the payload lasts (RTA_MULTIPATH)."""

    __slots__ = ("header",)

    def __init__(self, header: StructType, attr_set: AttrSet) -> None:
        super().__init__(attr_set)
        self.header = header

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        out: list[Json] = []
        size = self.header.size
        while start < end:
            if end - start < size:
                raise Irregular
            hop = self.header.members(data, start)
            length = hop["rtnh-len"]
            assert isinstance(length, int)
            stop = start + length
            if length < size or stop > end:
                raise Irregular
            if scope is not None:
                scope.index = len(out)
            hop.update(self.set.values(data, start + size, stop, scope))
            out.append(hop)
            start = min(end, stop + (-length & 3))
            if any(data[stop:start]):
                raise Irregular
        if scope is not None:
            scope.index = -1
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        out: list[Json] = []
        size = self.header.size
        while start < end:
            if end - start < size:
                rest = zero_or_raw(data, start, end)
                if rest.kind == "raw":
                    what = f"{end - start} bytes are too few for a next hop"
                    walk.note(rest, TRAILING, what)
                node.children.append(rest)
                break
            hop = Node(str(len(out)), "rtnexthop", "item", start, end)
            head = Node("header", "", "header", start, start + size)
            self.header.fill_members(head, data, start, start + size, scope, walk)
            hop.children.append(head)
            values = dict(head.value) if isinstance(head.value, dict) else {}
            length = values["rtnh-len"]
            assert isinstance(length, int)
            if length < size:
                walk.note(hop, SHORT, f"length {length} is shorter than its header")
                length = size
            elif length > end - start:
                what = f"length {length} where {end - start} bytes are left"
                walk.note(hop, OVERRUN, what)
            hop.end = min(end, start + length)
            hop.value = self.set.fill(
                hop.children, data, start + size, hop.end, scope, walk, values
            )
            out.append(hop.value)
            node.children.append(hop)
            start = min(end, hop.end + (-length & 3))
            if start > hop.end:
                pad = Node("padding", "", "padding", hop.end, start)
                if any(data[hop.end : start]):
                    pad.display = hex_text(data[hop.end : start])
                node.children.append(pad)
        node.value = out
        node.display = f"{len(out)} next hop" + ("" if len(out) == 1 else "s")


def next_hops(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct`` with its ``nested-attributes``, repeated."""
    header = family.struct(attr.struct or "", order)
    return NextHops(header, family.attr_set(attr.nested_attributes or "", order))


class Via(Type):
    """struct rtvia: an address of another family than the route's."""

    __slots__ = ("unpack",)

    def __init__(self, order: str) -> None:
        self.unpack = Struct(">H" if order == "big" else "<H").unpack_from

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start < 2:
            raise Irregular
        raw = data[start + 2 : end]
        hint = "ipv4-or-v6" if len(raw) in (4, _ADDRESS) else "mac"
        family: int = self.unpack(data, start)[0]
        return {"rtvia-family": family, "rtvia-addr": format_bytes(raw, hint)}

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if end - start < 2:
            super().fill(node, data, start, end, scope, walk)
            return
        value = self.value(data, start, end, scope)
        assert isinstance(value, dict)
        node.value = value
        node.display = show(value["rtvia-addr"])
        for name, at, stop in (("rtvia-family", start, start + 2), ("rtvia-addr", start + 2, end)):
            if stop > at:
                c_name = name.replace("-", "_")
                node.children.append(Node(name, c_name, "field", at, stop, value[name]))


def via(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """RTA_VIA."""
    return Via(order)


class Labels(Type):
    """A stack of MPLS labels, outermost first; always in network order."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if (end - start) % 4:
            raise Irregular("no whole number of label stack entries")
        return [_label(data, at) for at in range(start, end, 4)]

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if (end - start) % 4:
            super().fill(node, data, start, end, scope, walk)
            return
        entries: list[dict[str, Json]] = []
        for at in range(start, end, 4):
            entry = _label(data, at)
            text = show(entry["label"])
            node.children.append(Node(str(len(entries)), "", "item", at, at + 4, entry, text))
            entries.append(entry)
        node.value = list(entries)
        node.display = "/".join(show(entry["label"]) for entry in entries)


def _label(data: bytes, at: int) -> dict[str, Json]:
    entry = int.from_bytes(data[at : at + 4], "big")
    return {
        "label": entry >> 12,
        "tc": entry >> 9 & 7,
        "bos": entry >> 8 & 1,
        "ttl": entry & 0xFF,
    }


def labels(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """An MPLS label stack."""
    return Labels()


class RouteAddress(HintBytes):
    """An address of the route's own family; in a route by label, that label."""

    __slots__ = ("selector", "labels")

    def __init__(self, hint: str, selector: str) -> None:
        super().__init__(hint)
        self.selector = selector
        self.labels = Labels()

    @property
    def scoped(self) -> bool:
        return True

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if scope is not None and scope.find(self.selector) == AF_MPLS:
            return self.labels.value(data, start, end, scope)
        return super().value(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if scope.find(self.selector) == AF_MPLS:
            self.labels.fill(node, data, start, end, scope, walk)
        else:
            super().fill(node, data, start, end, scope, walk)


def route_address(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """RTA_DST and RTA_SRC; ``selector`` names the header's address family."""
    return RouteAddress(attr.display_hint or "", attr.selector or "")


class SourceRoute(Type):
    """An IPv6 routing header: a C struct, addresses, and TLVs where ``first-segment`` says so."""

    __slots__ = ("header",)

    def __init__(self, header: StructType) -> None:
        self.header = header

    def _end_of_segments(self, values: dict[str, Json], start: int, end: int) -> int:
        count = (end - start) // _ADDRESS
        first = values.get("first-segment")
        if isinstance(first, int):
            count = min(count, first + 1)
        return start + count * _ADDRESS

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        at = start + self.header.size
        if at > end:
            raise Irregular
        values = self.header.members(data, start)
        stop = self._end_of_segments(values, at, end)
        values["segments"] = [
            inet_ntop(AF_INET6, data[here : here + _ADDRESS]) for here in range(at, stop, _ADDRESS)
        ]
        if stop < end:
            values["tlvs"] = data[stop:end].hex()
        return values

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        at = self.header.fill_members(node, data, start, end, scope, walk)
        values = node.value
        if not isinstance(values, dict) or at - start < self.header.size:
            return
        segments: list[Json] = []
        stop = self._end_of_segments(values, at, end)
        for here in range(at, stop, _ADDRESS):
            text = inet_ntop(AF_INET6, data[here : here + _ADDRESS])
            node.children.append(
                Node(str(len(segments)), "", "item", here, here + _ADDRESS, text, text)
            )
            segments.append(text)
        values["segments"] = segments
        if stop < end:
            values["tlvs"] = data[stop:end].hex()
            node.children.append(raw_node(data, stop, end, "tlvs"))


def source_route(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct`` followed by the route's segments."""
    return SourceRoute(family.struct(attr.struct or "", order))


class NestOrByte(Nest):
    """Attributes, or the single byte that some answers have in their place."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start == 1:
            return data[start]
        return self.choose(scope).values(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if end - start == 1:
            node.value = data[start]
            node.children.append(Node("value", "", "field", start, end, node.value))
            return
        node.display = ""
        node.value = self.choose(scope).fill(node.children, data, start, end, scope, walk)

    def choose(self, scope: Scope | None) -> AttrSet:
        """The set that the payload is of."""
        return self.set


def nest_or_byte(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """``nested-attributes``, or one byte."""
    return NestOrByte(family.attr_set(attr.nested_attributes or "", order))


class FlagOrByte(Type):
    """A byte in what the kernel says, nothing but its presence in what it is asked."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start > 1:
            raise Irregular(f"{end - start} bytes where u8 has 1")
        return data[start] if end > start else True


def flag_or_byte(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """u8, or a flag."""
    return FlagOrByte()


class LinkProtinfo(NestOrByte):
    """IFLA_PROTINFO: a bridge port's attributes in a bridge's messages, else IPv6's.

    A single byte is a bridge port's state, as old programs set it.
    """

    __slots__ = ("selector", "port")

    def __init__(self, inet6: AttrSet, port: AttrSet, selector: str) -> None:
        super().__init__(inet6)
        self.port = port
        self.selector = selector

    def choose(self, scope: Scope | None) -> AttrSet:
        family = None if scope is None else scope.find(self.selector)
        return self.port if family == AF_BRIDGE else self.set


def link_protinfo(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """IFLA_PROTINFO of a link message; ``selector`` names the header's address family."""
    return LinkProtinfo(
        family.attr_set(attr.nested_attributes or "", order),
        family.attr_set("linkinfo-brport-attrs", order),
        attr.selector or "",
    )


class LinkAfSpec(Nest):
    """IFLA_AF_SPEC: by address family, but a bridge's or multicast router's own in theirs."""

    __slots__ = ("selector", "own", "_nests")

    def __init__(self, families: AttrSet, own: dict[int, AttrSet], selector: str) -> None:
        super().__init__(families)
        self.own = own
        self.selector = selector
        self._nests: dict[AttrSet, Nest] = {}

    def choose(self, scope: Scope | None) -> AttrSet:
        family = None if scope is None else scope.find(self.selector)
        return self.own.get(family, self.set) if isinstance(family, int) else self.set

    def simpler(self, data: bytes, start: int, end: int, scope: Scope) -> Type | None:
        chosen = self.choose(scope)
        nest = self._nests.get(chosen)
        if nest is None:
            nest = self._nests[chosen] = Nest(chosen)
        return nest

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self.choose(scope).values(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        node.display = ""
        node.value = self.choose(scope).fill(node.children, data, start, end, scope, walk)


def link_af_spec(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """IFLA_AF_SPEC of a link message; ``selector`` names the header's address family."""
    router = family.attr_set("ipmr-table-attrs", order)
    own = {AF_BRIDGE: family.attr_set("bridge-af-spec-attrs", order), RTNL_FAMILY_IPMR: router}
    families = family.attr_set(attr.nested_attributes or "", order)
    return LinkAfSpec(families, own, attr.selector or "")


class DevConf(NamedArray):
    """An array of settings where the kernel tells them, attributes where a program sets some.

    The attribute of the setting with index N has the number N + 1.
    """

    __slots__ = ("_array",)

    def __init__(self, item: Scalar, enum: Enum) -> None:
        super().__init__(item, enum)
        self._array = NamedArray(item, enum)

    def simpler(self, data: bytes, start: int, end: int, scope: Scope) -> Type | None:
        return None if reads_as_attrs(data, start, end, self.item.order) else self._array

    def _setting(self, data: bytes, at: int) -> tuple[int, int, str]:
        """Length, nla_type and name of the attribute at ``at``."""
        length, kind = NLATTR[self.item.order].unpack_from(data, at)
        return length, kind, self._name((kind & NLA_TYPE_MASK) - 1)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if not reads_as_attrs(data, start, end, self.item.order):
            return super().value(data, start, end, scope)
        out: dict[str, Json] = {}
        while start < end:
            length, kind, name = self._setting(data, start)
            if name in out or kind & NLA_F_NET_BYTEORDER:
                raise Irregular
            out[name] = self.item.value(data, start + 4, start + length, scope)
            start += length + 3 & ~3
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        if not reads_as_attrs(data, start, end, self.item.order):
            super().fill(node, data, start, end, scope, walk)
            return
        items: list[Node] = []
        ItemSet(self.item, self.item.order).fill(items, data, start, end, scope, walk)
        out: dict[str, Json] = {}
        for item in items:
            if item.kind == "attr":
                item.name = self._setting(data, item.start)[2]
                out[item.name] = item.value
        node.children += items
        node.kind = "nest"
        node.value = out


def devconf(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """An array of the attribute's ``sub-type`` named by ``index-enum``, or attributes of it."""
    names: Enum = family.enum(attr.index_enum or "")
    return DevConf(Scalar(attr.sub_type or "", order), names)
