"""Netlink in scapy: captures of nlmon show as layers, and layers build messages.

Importing this module binds link type 253, and what has ARPHRD 824 in the link types 113 and 276.
Packets are read by one dissector for all, which learns the ids of generic families as they come.
A packet builds the bytes that it was read from; lengths and padding follow what is changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from struct import Struct
from typing import Any, ClassVar, Final

from scapy.config import conf
from scapy.fields import (
    ByteField,
    Field,
    IntField,
    PacketListField,
    ShortEnumField,
    ShortField,
    StrField,
    StrFixedLenField,
)
from scapy.layers.l2 import CookedLinux, CookedLinuxV2
from scapy.packet import Packet, Raw
from scapy.plist import PacketList

from ..datagram import cooked, decode, dissector
from ..dissect import Plan, flag_class, flag_names
from ..encoder import Value, encode
from ..errors import UsageError
from ..explain import error_name
from ..model import Message, Node, Record
from ..registry import Registry
from ..spec.structs import StructType
from ..spec.types import PREFIX as _PREFIX, SCALARS, Scalar
from ..text import printable, show
from ..wire.consts import (
    ARPHRD_NETLINK,
    GENL_HDRLEN,
    LINKTYPE_NETLINK,
    LINKTYPE_SLL,
    LINKTYPE_SLL2,
    NETLINK_GENERIC,
    NLA_F_NESTED,
    NLA_TYPE_MASK,
    NLMSG_HDRLEN,
    PROTOCOLS,
)
from ..wire.headers import NLMSGHDR, link_protocol

__all__ = [
    "FamilyHeader",
    "Genlmsg",
    "NetlinkCooked",
    "NetlinkCooked2",
    "NlAttr",
    "NlAttrs",
    "Nlmsg",
    "Nlmsgerr",
    "header_class",
    "learn",
    "message",
    "packet",
    "reset",
]

_NATIVE: Final = sys.byteorder


class _State:
    """The dissector of all packets, and how many it has read."""

    def __init__(
        self, registry: Registry | None, families: Mapping[int, str] | None, order: str | None
    ) -> None:
        self.dissector = dissector(registry, families, order, learning=True)
        self.registry = self.dissector.registry
        self.families = families
        self.count = 0

    def read(self, data: bytes, link_type: int) -> list[Message]:
        self.count += 1
        record = Record(self.count, None, 0, link_type, data, len(data))
        return self.dissector.dissect(record)


_state = _State(None, None, None)


def reset(
    registry: Registry | None = None,
    families: Mapping[int, str] | None = None,
    order: str | None = None,
) -> None:
    """Forgets what was learned: what is read next comes from another machine.

    registry: the families that are described; families: names of generic ids, ``{0x15:
    "ethtool"}``; order: little or big where the bytes are not to decide.
    """
    global _state
    _state = _State(registry, families, order)


def learn(packets: Iterable[Packet]) -> PacketList:
    """Reads packets again, now that all of them have told which generic family has which id."""
    packets = list(packets)
    again = []
    for known in packets:
        if not isinstance(known, NetlinkCooked):
            again.append(known)
            continue
        fresh = type(known)(bytes(known))
        fresh.time, fresh.wirelen, fresh.comments = known.time, known.wirelen, known.comments
        again.append(fresh)
    return PacketList(again)


class _Mark(Field[Any, Any]):
    """A field without bytes: how the others are read."""

    def addfield(self, pkt: Packet, s: bytes, val: Any) -> bytes:
        return s

    def getfield(self, pkt: Packet, s: bytes) -> tuple[bytes, Any]:
        return s, self.default

    def any2i(self, pkt: Packet | None, x: Any) -> Any:
        return x

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        return str(x)


class _Number(Field[Any, Any]):
    """An integer in the byte order of its packet."""

    __slots__ = ("_layouts",)

    def __init__(self, name: str, default: Any, code: str) -> None:
        super().__init__(name, default, "=" + code)
        self._layouts = {order: Struct(prefix + code) for order, prefix in _PREFIX.items()}

    def addfield(self, pkt: Packet, s: bytes, val: Any) -> bytes:
        return s + self._layouts[pkt.order].pack(val or 0)

    def getfield(self, pkt: Packet, s: bytes) -> tuple[bytes, Any]:
        layout = self._layouts[pkt.order]
        return s[layout.size :], layout.unpack_from(s)[0]


class _Length(_Number):
    """The bytes of a packet: counted, unless it is set."""

    def i2h(self, pkt: Packet | None, x: Any) -> Any:
        return _counted(pkt) if x is None and pkt is not None else x

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        return str(self.i2h(pkt, x))


def _counted(pkt: Packet) -> int:
    if isinstance(pkt, NlAttr):
        return 4 + len(_attr_payload(pkt))
    return len(bytes(pkt)) - len(pkt.pad or b"")


class _Type(_Number):
    """An nla_type with the names of its marks, or an nlmsg_type."""

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        if isinstance(pkt, NlAttr) and x & ~NLA_TYPE_MASK:
            return f"{x & NLA_TYPE_MASK}{'+nested' if x & NLA_F_NESTED else '+net-byteorder'}"
        return str(x)


class _Flags(_Number):
    """nlmsg_flags by their names; the upper ones for what the message's type makes of them."""

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        class_ = "get"
        if pkt is not None:
            class_ = flag_class(pkt.protocol, pkt.type, "")
        return f"{x:#x} {' '.join(flag_names(x, class_))}".rstrip()


class _Code(_Number):
    """The negative number of an error."""

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        return f"{x} {error_name(x) or ''}".rstrip()


class _Bytes(StrField):
    """Bytes, and what they mean while they are those that were read."""

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        meaning = getattr(pkt, "meaning", None)
        text = repr(bytes(x))
        return f"{meaning[1]}  ({text})" if meaning and meaning[0] == x else text


class _Pad(StrField):
    """Bytes up to the next multiple of four: zeros, unless they are set."""

    def addfield(self, pkt: Packet, s: bytes, val: Any) -> bytes:
        return s

    def getfield(self, pkt: Packet, s: bytes) -> tuple[bytes, Any]:
        return s, None

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        return "zeros" if x is None else repr(x)


class _Titled(Packet):
    """A packet that keeps the title that its reading gave it, and what its bytes mean."""

    __slots__ = ("meaning",)

    match_subclass = True

    def __init__(self, *args: Any, **fields: Any) -> None:
        object.__setattr__(self, "meaning", None)
        super().__init__(*args, **fields)

    def copy(self) -> Any:
        return self._titled(super().copy())

    def clone_with(self, payload: Any = None, **kargs: Any) -> Any:
        return self._titled(super().clone_with(payload, **kargs))

    def _titled(self, twin: Any) -> Any:
        twin.name, twin.meaning = self.name, self.meaning
        return twin


class NlAttr(_Titled):
    """An attribute: its number, and ``data``, or the attributes in it, or both one after another.

    len and pad are counted unless they are set; type has NLA_F_NESTED where it is to be.
    """

    name = "NlAttr"
    fields_desc: ClassVar[list[Any]] = [
        _Mark("order", _NATIVE),
        _Length("len", None, "H"),
        _Type("type", 0, "H"),
        _Bytes("data", b""),
        PacketListField("attrs", [], Packet),
        _Pad("pad", None),
    ]

    def do_dissect(self, s: bytes) -> bytes:
        """One attribute as plain bytes: nobody tells what is in it."""
        if len(s) < 4:
            self.fields["data"] = s
            return b""
        length, number = Struct(_PREFIX[self.order] + "HH").unpack_from(s)
        stop = min(max(length, 4), len(s))
        self.fields.update(type=number, data=s[4:stop])
        if length != stop:
            self.fields["len"] = length
        end = min(stop + (-stop & 3), len(s))
        if s[stop:end] != bytes(-stop & 3):
            self.fields["pad"] = s[stop:end]
        return s[end:]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes | None]:
        return b"", s

    def self_build(self) -> bytes:
        payload = _attr_payload(self)
        length = self.fields.get("len")
        size = 4 + len(payload) if length is None else length
        head = Struct(_PREFIX[self.order] + "HH").pack(size, self.type)
        pad = bytes(-len(payload) & 3) if self.pad is None else self.pad
        return bytes(head + payload + pad)


def _attr_payload(attr: NlAttr) -> bytes:
    return bytes(attr.data) + b"".join([bytes(inner) for inner in attr.attrs])


class NlAttrs(_Titled):
    """A run of attributes."""

    name = "attributes"
    fields_desc: ClassVar[list[Any]] = [PacketListField("attrs", [], NlAttr)]


class Genlmsg(_Titled):
    """The header of generic netlink: a family's command."""

    name = "genlmsghdr"
    fields_desc: ClassVar[list[Any]] = [
        _Mark("order", _NATIVE),
        ByteField("cmd", 0),
        ByteField("version", 1),
        _Number("reserved", 0, "H"),
    ]


class Nlmsgerr(_Titled):
    """What NLMSG_ERROR and NLMSG_DONE say: a code, the request, and the kernel's own words."""

    name = "nlmsgerr"
    fields_desc: ClassVar[list[Any]] = [
        _Mark("order", _NATIVE),
        _Code("error", 0, "i"),
        PacketListField("request", [], Packet),
        PacketListField("attrs", [], NlAttr),
    ]


class FamilyHeader(_Titled):
    """A family's fixed header; its subclasses are made of the families' structs."""

    name = "family header"
    fields_desc: ClassVar[list[Any]] = []


class Nlmsg(_Titled):
    """One message; what it holds is its payload: Genlmsg, a FamilyHeader, NlAttrs or Nlmsgerr.

    order and protocol have no bytes: they say how the others are read. len and pad are counted
    unless they are set.
    """

    name = "nlmsghdr"
    fields_desc: ClassVar[list[Any]] = [
        _Mark("order", _NATIVE),
        _Mark("protocol", 0),
        _Length("len", None, "I"),
        _Type("type", 0, "H"),
        _Flags("flags", 0, "H"),
        _Number("seq", 0, "I"),
        _Number("pid", 0, "I"),
        _Pad("pad", None),
    ]

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        size = len(pkt) + len(pay)
        if self.fields.get("len") is None:
            pkt = Struct(_PREFIX[self.order] + "I").pack(size) + pkt[4:]
        pad = b"" if self.pad is None else self.pad
        return bytes(pkt + pay + pad)

    def do_dissect(self, s: bytes) -> bytes:
        rest = bytes(super().do_dissect(s))
        self.raw_packet_cache = None
        if self.fields.get("len") == len(s):
            del self.fields["len"]
        return rest

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes | None]:
        length = self.fields.get("len")
        size = len(s) if length is None else max(0, length - NLMSG_HDRLEN)
        return s[:size], s[size:]

    @property
    def message(self) -> Message:
        """This message as it is now, decoded; its family is found by what was learned."""
        record = cooked(bytes(self), self.protocol, _state.count)
        found = _state.dissector.reading(record, self.order, 16)
        if found is None:
            raise UsageError("there is no whole nlmsghdr")
        return found


class NetlinkCooked(_Titled):
    """What nlmon records: a cooked link header and messages.

    protocol is that of the messages unless it is set. What is too short for the header is Raw.
    """

    name = "netlink"
    link_type = LINKTYPE_NETLINK
    fields_desc: ClassVar[list[Any]] = [
        ShortField("pkttype", 4),
        ShortField("arphrd", ARPHRD_NETLINK),
        ShortField("addrlen", 0),
        StrFixedLenField("addr", bytes(8), 8),
        ShortEnumField("protocol", None, PROTOCOLS),
        PacketListField("messages", [], Packet),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *args: Any, **fields: Any) -> type[Packet]:
        short = _pkt and link_protocol(cls.link_type, bytes(_pkt)) < 0
        return Raw if short else cls

    def do_dissect(self, s: bytes) -> bytes:
        rest = s
        for field in self.fields_desc[:-1]:
            rest, self.fields[field.name] = field.getfield(self, rest)
        found = _state.read(s, self.link_type)
        items = [item for message in found for item in _packets(message)]
        for item in items:
            item.add_parent(self)
        self.fields["messages"] = items
        return b""

    def self_build(self) -> bytes:
        out = b""
        for field in self.fields_desc[:-1]:
            value = self.getfieldval(field.name)
            if field.name == "protocol" and value is None:
                held = [item for item in (*self.messages, self.payload) if isinstance(item, Nlmsg)]
                value = held[0].protocol if held else 0
            out = field.addfield(self, out, value)
        return out + _chain(self.messages)

    def mysummary(self) -> str:
        return ", ".join([item.name for item in self.messages]) or str(self.name)


class NetlinkCooked2(NetlinkCooked):
    """The same with the header of ``tcpdump -i any``."""

    link_type = LINKTYPE_SLL2
    fields_desc: ClassVar[list[Any]] = [
        ShortEnumField("protocol", None, PROTOCOLS),
        ShortField("reserved", 0),
        IntField("ifindex", 0),
        ShortField("arphrd", ARPHRD_NETLINK),
        ByteField("pkttype", 4),
        ByteField("addrlen", 0),
        StrFixedLenField("addr", bytes(8), 8),
        PacketListField("messages", [], Packet),
    ]


class _Sll(CookedLinux):
    """What link type 113 holds, by its ARPHRD."""

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *args: Any, **fields: Any) -> type[Packet]:
        netlink = _pkt and link_protocol(LINKTYPE_SLL, bytes(_pkt)) >= 0
        return NetlinkCooked if netlink else CookedLinux


class _Sll2(CookedLinuxV2):
    """What link type 276 holds, by its ARPHRD."""

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *args: Any, **fields: Any) -> type[Packet]:
        netlink = _pkt and link_protocol(LINKTYPE_SLL2, bytes(_pkt)) >= 0
        return NetlinkCooked2 if netlink else CookedLinuxV2


conf.l2types.register(LINKTYPE_NETLINK, NetlinkCooked)
conf.l2types.register_num2layer(LINKTYPE_SLL, _Sll)
conf.l2types.register_num2layer(LINKTYPE_SLL2, _Sll2)
conf.l2types.register_layer2num(LINKTYPE_SLL2, NetlinkCooked2)


def _chain(items: Iterable[Packet]) -> bytes:
    """Messages one after another, each at a multiple of four bytes."""
    out = b""
    for item in items:
        out += bytes(-len(out) & 3) + bytes(item)
    return out


def packet(message: Message) -> Nlmsg:
    """A decoded message as scapy's packet."""
    built = _packets(message)
    if not built or not isinstance(built[0], Nlmsg):
        raise UsageError("there is no whole nlmsghdr")
    return built[0]


def message(
    family: str,
    operation: str,
    attrs: Mapping[str, Value] | None = None,
    *,
    id: int | None = None,
    registry: Registry | None = None,
    order: str = _NATIVE,
    **options: Any,
) -> Nlmsg:
    """A packet by names: takes what ``nldissect.encode`` takes, and raises UsageError as it does.

    registry: by default that of ``reset``.
    """
    registry = registry or _state.dissector.registry
    raw = encode(family, operation, attrs, id=id, registry=registry, order=order, **options)
    spec = registry.spec(family)
    protocol = NETLINK_GENERIC if spec is None or spec.protonum is None else spec.protonum
    families = None if id is None else {id: family}
    return packet(decode(raw, protocol, families=families, registry=registry, order=order)[0])


def _packets(message: Message) -> list[Packet]:
    """A message, and what stands behind the last one of a record."""
    data = message.record.data
    layers = [layer for layer in message.layers if layer.name != "link"]
    items: list[Packet] = []
    body = [layer for layer in layers if layer.name not in ("padding", "tail")]
    if body and body[0].name == "nlmsg":
        raw = data[message.start : message.end]
        built = _nlmsg(message, body)
        if bytes(built) != raw:
            built = _nlmsg(message, body, careful=True)
        words = (message.family, message.operation or message.operation_c, message.direction)
        built.name = printable(" ".join([word for word in words if word])) or "nlmsghdr"
        items.append(built)
    for layer in layers:
        if layer.name in ("padding", "tail") and layer.end > layer.start:
            rest = data[layer.start : layer.end]
            if layer.name == "padding" and items and (message.last or any(rest)):
                items[0].fields["pad"] = rest
            elif layer.name == "tail":
                items.append(Raw(rest))
    return items


def _nlmsg(message: Message, layers: list[Node], *, careful: bool = False) -> Nlmsg:
    """Header and payload; ``layers`` begin with the nlmsghdr.

    careful: take the bytes as they are where a layer would make others of them.
    """
    data, order = message.record.data, message.order
    start, end = layers[0].start, layers[-1].end
    length, type_, flags, seq, pid = NLMSGHDR[order].unpack_from(data, start)
    built = Nlmsg(order=order, protocol=message.protocol, type=type_, flags=flags, seq=seq, pid=pid)
    if length != end - start:
        built.len = length
    built.explicit = 1
    last: Packet = built
    for layer in layers[1:]:
        raw = data[layer.start : layer.end]
        inner = _layer(message, layer, raw)
        if inner is None or (careful and bytes(inner) != raw):
            inner = Raw(raw)
        inner.explicit = 1
        last.add_payload(inner)
        last = inner
    return built


def _layer(message: Message, layer: Node, raw: bytes) -> Packet | None:
    """One layer; None where its bytes are not what it ought to have."""
    order = message.order
    if layer.name == "genlmsg" and len(raw) == GENL_HDRLEN:
        reserved = int.from_bytes(raw[2:], "big" if order == "big" else "little")
        return Genlmsg(order=order, cmd=raw[0], version=raw[1], reserved=reserved)
    if layer.name == "header":
        plan = message.plan
        struct = plan.header if isinstance(plan, Plan) else None
        if struct is None or len(raw) != struct.size + 3 & ~3:
            return None
        return header_class(struct)(raw)
    if layer.name == "error":
        return _error(message, layer)
    if layer.name == "attrs":
        return NlAttrs(attrs=_attrs(layer.children, message))
    return None


def _error(message: Message, layer: Node) -> Packet | None:
    if not layer.children or layer.children[0].name != "code":
        return None
    data = message.record.data
    code = int.from_bytes(
        data[layer.start : layer.start + 4], "big" if message.order == "big" else "little",
        signed=True,
    )  # fmt: skip
    built = Nlmsgerr(order=message.order, error=code)
    for child in layer.children[1:]:
        if child.name == "request":
            inner = _state.dissector.reading(message.record, message.order, child.children[0].start,
                                             "request")  # fmt: skip
            nodes = [node for node in child.children if node.kind != "padding"]
            request = _nlmsg(inner or message, nodes)
            request.name = printable(child.display) or request.name
            built.request.append(request)
        elif child.name == "padding" and built.request:
            built.request[0].pad = data[child.start : child.end]
        elif child.name == "ext-ack":
            built.attrs = _attrs(child.children, message)
    return built


def _attrs(nodes: list[Node], message: Message) -> list[Packet]:
    """The attributes of a run; what is none of them as it is."""
    data = message.record.data
    built: list[Packet] = []
    pad: Node | None = None
    for node, following in zip(nodes, [*nodes[1:], None]):
        if _is_attr(node):
            built.append(_attr(node, message))
            pad = following if following is not None and following.name == "padding" else None
            raw = b"" if pad is None else data[pad.start : pad.end]
            if raw != bytes(-(node.end - node.start) & 3):
                built[-1].fields["pad"] = raw
        elif node is not pad:
            built.append(Raw(data[node.start : node.end]))
    return built


def _is_attr(node: Node) -> bool:
    return bool(node.children) and node.children[0].name == "nla-len"


def _attr(node: Node, message: Message) -> NlAttr:
    """One attribute, with those in it where they tile its end."""
    data = message.record.data
    length, type_ = Struct(_PREFIX[message.order] + "HH").unpack_from(data, node.start)
    built = NlAttr(order=message.order, type=type_)
    built.name = printable(node.name)
    places = [at for at, child in enumerate(node.children) if _is_attr(child)]
    start = node.start + 4
    if places:
        first = node.children[places[0]].start
        built.data = data[start:first]
        built.attrs = _attrs(node.children[places[0] :], message)
    else:
        built.data = data[start : node.end]
    built.meaning = (built.data, printable(node.display))
    if length != node.end - node.start:
        built.len = length
    built.explicit = 1
    return built


class _Member(_Number):
    """An integer of a family header, and what it means."""

    __slots__ = ("_order", "_type")

    def __init__(self, name: str, type_: Scalar) -> None:
        super().__init__(name, 0, SCALARS[type_.kind])
        self._order = type_.order
        self._type = type_

    def addfield(self, pkt: Packet, s: bytes, val: Any) -> bytes:
        return s + self._layouts[self._order].pack(val)

    def getfield(self, pkt: Packet, s: bytes) -> tuple[bytes, Any]:
        layout = self._layouts[self._order]
        return s[layout.size :], layout.unpack_from(s)[0]

    def i2repr(self, pkt: Packet | None, x: Any) -> str:
        raw = self._layouts[self._order].pack(x)
        value = self._type.value(raw, 0, len(raw), None)
        return str(x) if value == x else f"{x} {show(value)}".rstrip()


@lru_cache(maxsize=1024)
def header_class(struct: StructType) -> type[FamilyHeader]:
    """The FamilyHeader of a struct: its members, named as in C, and the padding behind them."""
    fields: list[Any] = []
    for member in struct.fields:
        name = member.c_name if not hasattr(Packet, member.c_name) else f"{member.c_name}_"
        if isinstance(member.type, Scalar):
            fields.append(_Member(name, member.type))
        else:
            fields.append(StrFixedLenField(name, bytes(member.size), member.size))
    if struct.size & 3:
        size = -struct.size & 3
        fields.append(StrFixedLenField("padding", bytes(size), size))
    name = struct.name.replace("-", "_")
    return type(
        name, (FamilyHeader,), {"name": name, "fields_desc": fields, "__module__": __name__}
    )
