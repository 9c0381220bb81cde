"""Packets inside of messages: Ethernet, IP and what these carry, down to an opaque payload.

dpkt knows the headers; it is imported with the first packet. What netlink carries is often cut (a
copy range, a snapshot length) or made up by a program, so each header is taken from its own bytes
alone, as far as they go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from socket import AF_INET, AF_INET6, inet_ntop
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ...model import Node
from ...spec.labels import LABELS
from ...spec.types import Scope, Type, Walk, hex_text, raw_node
from ...text import Json

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_MOST: Final = 24
"""Headers in a packet; what is deeper inside tunnels stays bytes."""

_ETHERTYPES: Final = {
    0x0800: "ipv4", 0x0806: "arp", 0x6558: "ethernet", 0x8035: "arp", 0x8100: "vlan",
    0x86DD: "ipv6", 0x8847: "mpls", 0x8848: "mpls", 0x88A8: "vlan",
}  # fmt: skip
_PROTOCOLS: Final = {
    1: "icmp", 2: "igmp", 4: "ipv4", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp",
    51: "ah", 58: "icmpv6", 132: "sctp", 136: "udp-lite", 137: "mpls", 143: "ethernet",
}  # fmt: skip
_EXTENSIONS: Final = {0: "hop-by-hop", 43: "routing", 44: "fragment", 60: "destination-options"}
_LENGTHS: Final = 0x0600
"""From here on the type of an Ethernet frame is no length (ETH_P_802_3_MIN)."""

_LINKS: Final = frozenset((1, 772))
"""ARPHRD_* of links whose frames begin with an Ethernet header: ether, loopback."""

_ARP_SIZES: Final = 8
"""Bytes before the addresses."""

_ARP: Final = {1: "request", 2: "reply", 3: "RARP request", 4: "RARP reply"}
_ICMP: Final = {
    0: "echo reply", 3: "destination unreachable", 4: "source quench", 5: "redirect",
    8: "echo request", 9: "router advertisement", 10: "router solicitation", 11: "time exceeded",
    12: "parameter problem", 13: "timestamp request", 14: "timestamp reply",
    42: "extended echo request", 43: "extended echo reply",
}  # fmt: skip
_ICMPV6: Final = {
    1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 4: "parameter problem",
    128: "echo request", 129: "echo reply", 130: "listener query", 131: "listener report",
    132: "listener done", 133: "router solicitation", 134: "router advertisement",
    135: "neighbour solicitation", 136: "neighbour advertisement", 137: "redirect",
    143: "listener report v2", 160: "extended echo request", 161: "extended echo reply",
}  # fmt: skip
_IGMP: Final = {
    0x11: "query", 0x12: "report v1", 0x16: "report v2", 0x17: "leave group", 0x22: "report v3",
}  # fmt: skip
_CHUNKS: Final = (
    "DATA", "INIT", "INIT ACK", "SACK", "HEARTBEAT", "HEARTBEAT ACK", "ABORT", "SHUTDOWN",
    "SHUTDOWN ACK", "ERROR", "COOKIE ECHO", "COOKIE ACK", "ECNE", "CWR", "SHUTDOWN COMPLETE",
)  # fmt: skip
_TCP_FLAGS: Final = ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae")
_TCP_OPTIONS: Final = {
    2: "mss", 3: "window-scale", 4: "sack-permitted", 5: "sack", 8: "timestamps", 19: "md5",
    28: "user-timeout", 29: "authentication", 30: "mptcp", 34: "fast-open",
}  # fmt: skip
_TCP_NUMBERS: Final = {2: 2, 3: 1, 5: 4, 8: 4}
"""TCP options that are numbers, and the bytes of one."""

_SPELLED: Final = {"icmpv6": "ICMPv6", "ipv4": "IPv4", "ipv6": "IPv6"}


def _protocol(number: int) -> str:
    """What an IP header says that follows, for people."""
    label = LABELS["ip-protocol"].get(number)
    return f"protocol {number}" if label is None else _SPELLED.get(label, label.upper())


def _v4(raw: bytes) -> str:
    return inet_ntop(AF_INET, raw)


def _v6(raw: bytes) -> str:
    return inet_ntop(AF_INET6, raw)


def _flags(number: int, names: tuple[str, ...]) -> list[Json]:
    return [name for bit, name in enumerate(names) if number >> bit & 1]


Convert = Callable[[Any], Json]
FieldSpec = tuple[str, int, Convert, Mapping[int, str] | None]
"""Name, size in bytes, the value from dpkt's header, and names for numbers."""


def _field(name: str, size: int, of: str, labels: Mapping[int, str] | None = None) -> FieldSpec:
    """A field that is a number of dpkt's header."""
    return name, size, lambda head: getattr(head, of), labels


def _hex(name: str, size: int, of: str) -> FieldSpec:
    return name, size, lambda head: hex(getattr(head, of)), None


def _as(name: str, size: int, of: str, convert: Callable[[bytes], str]) -> FieldSpec:
    """A field that dpkt has as bytes."""
    return name, size, lambda head: convert(getattr(head, of)), None


def _mac(raw: bytes) -> str:
    return raw.hex(":")


_ETHERTYPE: Final = LABELS["ethertype"]
_PROTOCOL: Final = LABELS["ip-protocol"]

_CHECKSUM: Final = _hex("checksum", 2, "sum")
_PORTS: Final = (_field("sport", 2, "sport"), _field("dport", 2, "dport"))
_NEXT: Final = _field("next-header", 1, "nxt", _PROTOCOL)
_ECHO: Final = (_field("id", 2, "id"), _field("sequence", 2, "seq"))
_OPTIONS: Final = (_NEXT, ("length", 1, lambda head: head.len * 8 + 8, None))

_HEADS: Final[dict[str, tuple[str, tuple[FieldSpec, ...]]]] = {
    "ethernet": (
        "ethernet.Ethernet",
        (
            _as("dst", 6, "dst", _mac),
            _as("src", 6, "src", _mac),
            _field("type", 2, "type", _ETHERTYPE),
        ),
    ),
    "vlan": (
        "ethernet.VLANtag8021Q",
        (
            ("tci", 2, lambda head: {"priority": head.pri, "dei": head.cfi, "id": head.id}, None),
            _field("type", 2, "type", _ETHERTYPE),
        ),
    ),
    "mpls": (
        "ethernet.MPLSlabel",
        (
            (
                "label",
                4,
                lambda head: {"label": head.val, "tc": head.exp, "bos": head.s, "ttl": head.ttl},
                None,
            ),
        ),
    ),
    "llc": (
        "llc.LLC",
        (_hex("dsap", 1, "dsap"), _hex("ssap", 1, "ssap"), _hex("control", 1, "ctl")),
    ),
    "arp": (
        "arp.ARP",
        (
            _field("hardware-type", 2, "hrd", LABELS["arphrd"]),
            _field("protocol-type", 2, "pro", _ETHERTYPE),
            _field("hardware-length", 1, "hln"),
            _field("protocol-length", 1, "pln"),
            _field("operation", 2, "op", _ARP),
            _as("sender-hardware", 6, "sha", _mac),
            _as("sender", 4, "spa", _v4),
            _as("target-hardware", 6, "tha", _mac),
            _as("target", 4, "tpa", _v4),
        ),
    ),
    "ipv4": (
        "ip.IP",
        (
            ("header-length", 1, lambda head: head.hl * 4, None),
            _field("tos", 1, "tos"),
            _field("length", 2, "len"),
            _field("id", 2, "id"),
            (
                "fragment",
                2,
                lambda head: {
                    "flags": _flags(head._flags_offset >> 13, ("mf", "df", "reserved")),
                    "offset": head.offset * 8,
                },
                None,
            ),
            _field("ttl", 1, "ttl"),
            _field("protocol", 1, "p", _PROTOCOL),
            _CHECKSUM,
            _as("src", 4, "src", _v4),
            _as("dst", 4, "dst", _v4),
        ),
    ),
    "ipv6": (
        "ip6.IP6",
        (
            ("flow", 4, lambda head: {"class": head.fc, "label": head.flow}, None),
            _field("length", 2, "plen"),
            _NEXT,
            _field("hop-limit", 1, "hlim"),
            _as("src", 16, "src", _v6),
            _as("dst", 16, "dst", _v6),
        ),
    ),
    "hop-by-hop": ("ip6.IP6OptsHeader", _OPTIONS),
    "destination-options": ("ip6.IP6OptsHeader", _OPTIONS),
    "routing": (
        "ip6.IP6RoutingHeader",
        (
            *_OPTIONS,
            _field("type", 1, "type"),
            _field("segments-left", 1, "segs_left"),
            ("reserved", 4, lambda head: hex(head._rsvd_sl_bits), None),
        ),
    ),
    "fragment": (
        "ip6.IP6FragmentHeader",
        (
            _NEXT,
            ("reserved", 1, lambda head: None, None),
            (
                "fragment",
                2,
                lambda head: {
                    "flags": _flags(head.m_flag, ("mf",)),
                    "offset": head.frag_off * 8,
                },
                None,
            ),
            _field("id", 4, "id"),
        ),
    ),
    "ah": (
        "ah.AH",
        (
            _NEXT,
            ("length", 1, lambda head: head.len * 4 + 8, None),
            _field("reserved", 2, "rsvd"),
            _hex("spi", 4, "spi"),
            _field("sequence", 4, "seq"),
        ),
    ),
    "esp": ("esp.ESP", (_hex("spi", 4, "spi"), _field("sequence", 4, "seq"))),
    "tcp": (
        "tcp.TCP",
        (
            *_PORTS,
            _field("sequence", 4, "seq"),
            _field("acknowledgement", 4, "ack"),
            ("header-length", 1, lambda head: head.off * 4, None),
            ("flags", 1, lambda head: _flags(head.flags, _TCP_FLAGS), None),
            _field("window", 2, "win"),
            _CHECKSUM,
            _field("urgent", 2, "urp"),
        ),
    ),
    "udp": ("udp.UDP", (*_PORTS, _field("length", 2, "ulen"), _CHECKSUM)),
    "udp-lite": ("udp.UDP", (*_PORTS, _field("coverage", 2, "ulen"), _CHECKSUM)),
    "sctp": ("sctp.SCTP", (*_PORTS, _hex("vtag", 4, "vtag"), _hex("checksum", 4, "sum"))),
    "chunk": (
        "sctp.Chunk",
        (
            _field("type", 1, "type", dict(enumerate(_CHUNKS))),
            _hex("flags", 1, "flags"),
            _field("length", 2, "len"),
        ),
    ),
    "icmp": ("icmp.ICMP", (_field("type", 1, "type", _ICMP), _field("code", 1, "code"), _CHECKSUM)),
    "icmpv6": (
        "icmp6.ICMP6",
        (_field("type", 1, "type", _ICMPV6), _field("code", 1, "code"), _CHECKSUM),
    ),
    "echo": ("icmp.ICMP.Echo", _ECHO),
    "unreachable": ("icmp.ICMP.Unreach", (_field("unused", 2, "pad"), _field("mtu", 2, "mtu"))),
    "quote": ("icmp.ICMP.Quote", (_field("unused", 4, "pad"),)),
    "redirect": (
        "icmp.ICMP.Redirect",
        (("gateway", 4, lambda head: _v4(head.gw.to_bytes(4, "big")), None),),
    ),
    "too-big": ("icmp6.ICMP6.TooBig", (_field("mtu", 4, "mtu"),)),
    "pointer": ("icmp6.ICMP6.ParamProb", (_field("pointer", 4, "ptr"),)),
    "igmp": (
        "igmp.IGMP",
        (
            _field("type", 1, "type", _IGMP),
            _field("max-response", 1, "maxresp"),
            _CHECKSUM,
            _as("group", 4, "group", _v4),
        ),
    ),
    "gre": ("gre.GRE", (_hex("flags", 2, "flags"), _field("protocol", 2, "p", _ETHERTYPE))),
}
"""Headers: the class below dpkt, and its fields, which tile it."""

_QUOTES: Final = {3: "unreachable", 4: "quote", 5: "redirect", 11: "quote", 12: "quote"}
_QUOTES_V6: Final = {1: "quote", 2: "too-big", 3: "quote", 4: "pointer"}


@cache
def _header(kind: str) -> tuple[Any, Callable[[Any, bytes], None], int]:
    """The class of a header, what reads its fixed part and no more, and the size of that."""
    path = _HEADS[kind][0].split(".")
    found: Any = import_module(f"dpkt.{path[0]}")
    for name in path[1:]:
        found = getattr(found, name)
    return found, import_module("dpkt.dpkt").Packet.unpack, found.__hdr_len__


class Part(NamedTuple):
    """A named span, [start, end) counted from the packet's beginning."""

    name: str
    start: int
    end: int
    value: Json
    display: str | None = None
    kind: str = "field"


class Layer:
    """One header. info: what it says, for people."""

    __slots__ = ("name", "start", "end", "parts", "info")

    def __init__(self, name: str, start: int) -> None:
        self.name = name
        self.start = start
        self.end = start
        self.parts: list[Part] = []
        self.info = ""

    def value(self) -> dict[str, Json]:
        """The fields by name."""
        values: dict[str, Json] = {"name": self.name}
        for part in self.parts:
            values[part.name] = part.value
        return values


class Reader:
    """Reads one packet, header by header.

    layers: the headers; rest: names, spans and kinds of what follows them. summary: a line.
    """

    __slots__ = ("layers", "rest", "summary", "_data", "_at", "_end", "_ends", "_network", "_words",
                 "_said", "_odd", "_quoted")  # fmt: skip

    def __init__(self, data: bytes, first: str) -> None:
        self.layers: list[Layer] = []
        self.rest: list[tuple[str, int, int, str]] = []
        self._data = data
        self._at = 0
        self._end = len(data)
        # Addresses of whom the packet is from and to, whether they are a network's, and what
        # follows them.
        self._ends: tuple[str, str, str] | None = None
        self._network = False
        self._words: list[str] = []
        self._said = False
        self._odd = ""
        self._quoted = False
        name = first
        while name and self._at < self._end and not self._odd:
            if len(self.layers) == _MOST:
                self._odd = "too deep"
                break
            self.layers.append(Layer(name, self._at))
            name = _STEPS[name](self)
            self._layer.end = self._at
        self._finish()
        self.summary = self._summary()

    def _finish(self) -> None:
        """Names what follows the headers."""
        self.layers = [layer for layer in self.layers if layer.parts]
        at, end, whole = self._at, self._end, len(self._data)
        if at < end:
            name, kind = ("data", "raw") if self._odd else ("payload", "field")
            self.rest.append((name, at, end, kind))
        if end < whole:
            name, kind = ("trailer", "field") if any(self._data[end:]) else ("padding", "padding")
            self.rest.append((name, end, whole, kind))

    def _summary(self) -> str:
        words = self._words
        if not self._said and self._ends is not None:
            src, dst, protocol = self._ends
            words = [*words, f"{src} → {dst} {protocol}".rstrip()]
        if not words:
            words = [f"{len(self._data)} bytes" if self._data else "empty"]
        if self._odd and not self._quoted:
            words = [*words, f"({self._odd})"]
        return " ".join(words)

    # What the steps are made of

    @property
    def _layer(self) -> Layer:
        return self.layers[-1]

    def _take(self, kind: str, size: int = 0) -> Any:
        """Reads the fixed part of a header, or ``size`` bytes of it.

        None where it is cut; the fields that are there are taken.
        """
        class_, unpack, whole = _header(kind)
        size = size or whole
        at = self._at
        end = min(self._end, at + size)
        raw = self._data[at:end]
        head = class_.__new__(class_)
        unpack(head, raw.ljust(whole, b"\0"))
        parts = self._layer.parts
        for name, width, convert, labels in _HEADS[kind][1]:
            stop = at + width
            if stop > end:
                break
            value = convert(head)
            display = None
            if labels is not None and isinstance(value, int) and value in labels:
                display = f"{value} ({labels[value]})"
            parts.append(Part(name, at, stop, value, display))
            at = stop
        self._at = at
        if len(raw) == size:
            return head
        self._cut()
        return None

    def _cut(self) -> None:
        """Takes what is left of a header that is not all there."""
        self._odd = "cut"
        if self._at < self._end:
            raw = self._data[self._at : self._end]
            part = Part("cut", self._at, self._end, raw.hex(), hex_text(raw), "raw")
            self._layer.parts.append(part)
            self._at = self._end

    def _more(self, name: str, size: int, convert: Callable[[bytes], Json] = bytes.hex) -> bool:
        """Takes a part of the header behind its fixed one; whether it is there."""
        if size <= 0:
            return True
        stop = self._at + size
        if stop > self._end:
            self._cut()
            return False
        self._layer.parts.append(Part(name, self._at, stop, convert(self._data[self._at : stop])))
        self._at = stop
        return True

    def _limit(self, end: int) -> None:
        """Bytes from ``end`` on belong to the link."""
        if self._at <= end < self._end:
            self._end = end

    def _malformed(self) -> str:
        self._odd = "malformed"
        return ""

    def _say(self, text: str) -> None:
        """Puts the addresses and what is between them into the summary."""
        self._layer.info = text
        if self._quoted:
            return
        self._said = True
        if self._ends is not None:
            text = f"{self._ends[0]} → {self._ends[1]} {text}"
        self._words.append(text)

    def _between(self, src: str, dst: str, protocol: str, network: bool) -> None:
        """Takes the addresses of a header, those of a network in place of those of a link."""
        self._layer.info = f"{src} → {dst}"
        if not self._quoted:
            self._ends = (src, dst, protocol)
            self._network = network

    def _follow(self, protocol: str) -> None:
        """Takes what follows the addresses."""
        if self._ends is not None and not self._quoted:
            self._ends = (*self._ends[:2], protocol)

    def _tunnel(self, name: str) -> None:
        """Says the addresses of a network that are around others."""
        if self._network and self._ends is not None and not self._quoted:
            self._words.append(f"{self._ends[0]} → {self._ends[1]} {name}:")
            self._ends = None
            self._network = False

    def _tag(self, text: str) -> None:
        """Says what a header without addresses has."""
        self._layer.info = text
        if not self._quoted:
            self._words.append(f"{self._layer.name} {text}:")

    def _ports(self, layer: Layer, name: str, head: Any, text: str) -> None:
        """Says what a transport header does."""
        layer.info = f"{head.sport} → {head.dport} {text}".rstrip()
        if self._quoted:
            return
        self._said = True
        src, dst = str(head.sport), str(head.dport)
        if self._ends is not None:
            from_, to = (f"[{each}]" if ":" in each else each for each in self._ends[:2])
            src, dst = f"{from_}:{src}", f"{to}:{dst}"
        self._words.append(f"{src} → {dst} {name} {text}".rstrip())

    def _named(self, name: str) -> str:
        """Says at least which header is cut."""
        if self._ends is None and not self._quoted:
            self._words.append(name)
        return ""

    # Links

    def _by_type(self, number: int) -> str:
        label = _ETHERTYPE.get(number, f"{number:#06x}")
        self._follow(_SPELLED.get(label) or (label.upper() if number in _ETHERTYPE else label))
        return _ETHERTYPES.get(number, "")

    def _ethernet(self) -> str:
        self._tunnel("Ethernet")
        head = self._take("ethernet")
        if head is None:
            return self._named("Ethernet")
        self._between(_mac(head.src), _mac(head.dst), "", False)
        if head.type >= _LENGTHS:
            return self._by_type(head.type)
        self._limit(self._at + head.type)
        return "llc"

    def _vlan(self) -> str:
        head = self._take("vlan")
        if head is None:
            return self._named("VLAN")
        self._tag(str(head.id))
        return self._by_type(head.type) if head.type >= _LENGTHS else "llc"

    def _llc(self) -> str:
        head = self._take("llc")
        if head is None:
            return ""
        if head.ctl & 3 != 3:
            self._more("control-more", 1)
        if not head.is_snap:
            self._say("STP" if head.dsap == 0x42 else f"LLC {head.dsap:#04x}")
            return ""
        if not self._more("oui", 3, lambda raw: raw.hex(":")):
            return ""
        at = self._at
        if not self._more("type", 2, lambda raw: int.from_bytes(raw, "big")):
            return ""
        # Other organizations have types of their own.
        plain = self._data[at - 3 : at] == b"\0\0\0"
        return self._by_type(int.from_bytes(self._data[at : at + 2], "big")) if plain else ""

    def _mpls(self) -> str:
        head = self._take("mpls")
        if head is None:
            return self._named("MPLS")
        self._tag(str(head.val))
        return _by_nibble(self._data, self._at, self._end) if head.s else "mpls"

    def _arp(self) -> str:
        sizes = self._data[self._at + 4 : self._at + 6]
        if self._end - self._at >= _ARP_SIZES and sizes != b"\6\4":
            # Addresses of other lengths than dpkt has.
            self._take("arp", _ARP_SIZES)
            self._say("ARP")
            for name in ("sender", "target"):
                if not self._more(f"{name}-hardware", sizes[0]) or not self._more(name, sizes[1]):
                    return ""
            self._limit(self._at)
            return ""
        head = self._take("arp")
        self._ends = None
        if head is None:
            return self._named("ARP")
        sender, target = _v4(head.spa), _v4(head.tpa)
        if head.op == 1:
            same = "announces" if sender == target else f"who has {target} tell"
            self._say(f"ARP {same} {sender}")
        elif head.op == 2:
            self._say(f"ARP {sender} is at {_mac(head.sha)}")
        else:
            self._say(f"ARP {_ARP.get(head.op, head.op)}")
        # What fills up the frame.
        self._limit(self._at)
        return ""

    # Networks

    def _ipv4(self) -> str:
        if self._data[self._at] >> 4 != 4:
            self._named("IPv4")
            return self._malformed()
        self._tunnel("IPv4")
        start = self._at
        head = self._take("ipv4")
        if head is None:
            return self._named("IPv4")
        self._between(_v4(head.src), _v4(head.dst), _protocol(head.p), True)
        if head.hl < 5:
            return self._malformed()
        # Of a packet that the hardware is to divide, the length may be zero.
        if head.len >= head.hl * 4:
            self._limit(start + head.len)
        if not self._more("options", head.hl * 4 - 20):
            return ""
        if head.offset:
            self._say(f"{_protocol(head.p)} fragment at {head.offset * 8}")
            return ""
        return _PROTOCOLS.get(head.p, "")

    def _ipv6(self) -> str:
        if self._data[self._at] >> 4 != 6:
            self._named("IPv6")
            return self._malformed()
        self._tunnel("IPv6")
        head = self._take("ipv6")
        if head is None:
            return self._named("IPv6")
        self._between(_v6(head.src), _v6(head.dst), "", True)
        if head.plen:
            self._limit(self._at + head.plen)
        return self._by_next(head.nxt)

    def _by_next(self, number: int) -> str:
        """The header behind one of IPv6 or its extensions."""
        self._follow(_protocol(number))
        return _EXTENSIONS.get(number) or _PROTOCOLS.get(number, "")

    def _extension(self) -> str:
        """Hop-by-hop and destination options, and the routing header."""
        head = self._take(self._layer.name)
        if head is None:
            return ""
        size = head.len * 8 + 8
        name = "data" if self._layer.name == "routing" else "options"
        if not self._more(name, size - (self._at - self._layer.start)):
            return ""
        return self._by_next(head.nxt)

    def _fragment(self) -> str:
        head = self._take("fragment")
        if head is None:
            return ""
        if head.frag_off:
            self._say(f"{_protocol(head.nxt)} fragment at {head.frag_off * 8}")
            return ""
        return self._by_next(head.nxt)

    def _ah(self) -> str:
        head = self._take("ah")
        if head is None or not self._more("icv", head.len * 4 - 4):
            return ""
        return self._by_next(head.nxt)

    def _esp(self) -> str:
        head = self._take("esp")
        if head is not None:
            self._say(f"ESP spi {head.spi:#x} sequence {head.seq}")
        return ""

    def _gre(self) -> str:
        head = self._take("gre")
        if head is None:
            return ""
        flags = head.flags
        parts = [("checksum", 2), ("offset", 2)] if flags & 0xC000 else []
        if flags & 0x2000:
            # Of version 1 (RFC 2637) the key is a length and a call.
            parts += [("payload-length", 2), ("call", 2)] if flags & 7 else [("key", 4)]
        if flags & 0x1000:
            parts.append(("sequence", 4))
        if flags & 7 and flags & 0x80:
            parts.append(("acknowledgement", 4))
        for name, size in parts:
            if not self._more(name, size, lambda raw: int.from_bytes(raw, "big")):
                return ""
        if flags & 0x4000 or flags & 7:
            self._say("GRE" if not flags & 7 else "GRE PPP")
            return ""
        name = _ETHERTYPES.get(head.p, "")
        if name in ("ipv4", "ipv6", "ethernet", "mpls"):
            self._tunnel("GRE")
            return name
        self._say(f"GRE {_ETHERTYPE.get(head.p, hex(head.p))}")
        return ""

    # Transports

    def _tcp(self) -> str:
        head = self._take("tcp")
        if head is None:
            return ""
        names = ", ".join(str(name).upper() for name in _flags(head.flags, _TCP_FLAGS))
        size = max(0, self._claimed() - head.off * 4)
        text = f"[{names}] seq {head.seq}"
        if head.flags & 0x10:
            text += f" ack {head.ack}"
        self._ports(self._layer, "TCP", head, f"{text} win {head.win} len {size}")
        if head.off < 5:
            return self._malformed()
        self._more("options", head.off * 4 - 20, _tcp_options)
        return ""

    def _claimed(self) -> int:
        """Bytes from the current header on, as the network header counts them."""
        start = self._layer.start
        for layer in reversed(self.layers[:-1]):
            if layer.name in ("ipv4", "ipv6"):
                values = {part.name: part.value for part in layer.parts}
                length = values.get("length")
                if isinstance(length, int) and length:
                    return length + (40 if layer.name == "ipv6" else 0) - (start - layer.start)
                break
        return self._end - start

    def _udp(self) -> str:
        head = self._take("udp")
        if head is not None:
            # Of a packet that the hardware is to divide, the length may be zero.
            size = head.ulen or self._claimed()
            self._ports(self._layer, "UDP", head, str(max(0, size - 8)))
        return ""

    def _udp_lite(self) -> str:
        head = self._take("udp-lite")
        if head is not None:
            self._ports(self._layer, "UDP-Lite", head, str(max(0, self._claimed() - 8)))
        return ""

    def _sctp(self) -> str:
        layer = self._layer
        head = self._take("sctp")
        if head is None:
            return ""
        names: list[str] = []
        while self._end - self._at >= 4 and not self._odd and len(self.layers) < _MOST:
            self._layer.end = self._at
            self.layers.append(Layer("chunk", self._at))
            chunk = self._take("chunk")
            name = _CHUNKS[chunk.type] if chunk.type < len(_CHUNKS) else f"chunk {chunk.type}"
            self._layer.info = name
            names.append(name)
            if chunk.len < 4:
                self._malformed()
            elif chunk.len > self._end - self._at + 4:
                self._cut()
            else:
                self._more("value", chunk.len - 4)
                self._more("padding", min(-chunk.len & 3, self._end - self._at))
        self._ports(layer, "SCTP", head, ", ".join(names))
        return ""

    # Messages of the networks

    def _icmp(self) -> str:
        head = self._take("icmp")
        if head is None:
            return ""
        text = f"ICMP {_ICMP.get(head.type, f'type {head.type}')}"
        if head.type in (0, 8):
            return self._echo(text)
        return self._error(text, head, _QUOTES, "ipv4")

    def _echo(self, text: str) -> str:
        echo = self._take("echo")
        self._say(text if echo is None else f"{text} id {echo.id} seq {echo.seq}")
        return ""

    def _error(self, text: str, head: Any, quotes: dict[int, str], inner: str) -> str:
        """A message that may repeat the packet that it is about."""
        quote = quotes.get(head.type)
        if quote is None:
            self._say(text)
            return ""
        more = self._take(quote)
        if more is not None and quote == "too-big":
            text += f" mtu {more.mtu}"
        elif more is not None and quote == "redirect":
            text += f" to {_v4(more.gw.to_bytes(4, 'big'))}"
        elif quote in ("unreachable", "quote") and head.code:
            text += f" code {head.code}"
        self._say(text)
        self._quoted = True
        return "" if more is None else inner

    def _icmpv6(self) -> str:
        head = self._take("icmpv6")
        if head is None:
            return ""
        text = f"ICMPv6 {_ICMPV6.get(head.type, f'type {head.type}')}"
        if head.type in (128, 129):
            return self._echo(text)
        if head.type in _ICMPV6_PARTS:
            for name, size, convert in _ICMPV6_PARTS[head.type]:
                if not self._more(name, size, convert):
                    break
                if name in ("target", "group"):
                    text += f" {self._layer.parts[-1].value}"
            self._say(text)
            if head.type in _WITH_OPTIONS:
                self._more("options", self._end - self._at)
            return ""
        return self._error(text, head, _QUOTES_V6, "ipv6")

    def _igmp(self) -> str:
        head = self._take("igmp")
        if head is None:
            return ""
        text = f"IGMP {_IGMP.get(head.type, f'type {head.type:#x}')}"
        self._say(text if head.type == 0x22 else f"{text} {_v4(head.group)}")
        return ""


def _big(raw: bytes) -> Json:
    return int.from_bytes(raw, "big")


_Parts = tuple[tuple[str, int, Callable[[bytes], Json]], ...]

_NEIGHBOUR: Final[_Parts] = (("flags", 4, bytes.hex), ("target", 16, _v6))
_LISTENER: Final[_Parts] = (("max-delay", 2, _big), ("reserved", 2, _big), ("group", 16, _v6))
_ICMPV6_PARTS: Final[dict[int, _Parts]] = {
    130: _LISTENER,
    131: _LISTENER,
    132: _LISTENER,
    133: (("reserved", 4, _big),),
    134: (
        ("hop-limit", 1, _big),
        ("flags", 1, bytes.hex),
        ("lifetime", 2, _big),
        ("reachable-time", 4, _big),
        ("retransmit-time", 4, _big),
    ),
    135: _NEIGHBOUR,
    136: _NEIGHBOUR,
    137: (("reserved", 4, _big), ("target", 16, _v6), ("destination", 16, _v6)),
    143: (("reserved", 2, _big), ("records", 2, _big)),
}
"""What stands behind the checksum (RFC 4861, RFC 2710, RFC 3810)."""

_WITH_OPTIONS: Final = frozenset((133, 134, 135, 136, 137))

_STEPS: Final[dict[str, Callable[[Reader], str]]] = {
    "ethernet": Reader._ethernet,
    "vlan": Reader._vlan,
    "mpls": Reader._mpls,
    "llc": Reader._llc,
    "arp": Reader._arp,
    "ipv4": Reader._ipv4,
    "ipv6": Reader._ipv6,
    "hop-by-hop": Reader._extension,
    "destination-options": Reader._extension,
    "routing": Reader._extension,
    "fragment": Reader._fragment,
    "ah": Reader._ah,
    "esp": Reader._esp,
    "gre": Reader._gre,
    "tcp": Reader._tcp,
    "udp": Reader._udp,
    "udp-lite": Reader._udp_lite,
    "sctp": Reader._sctp,
    "icmp": Reader._icmp,
    "icmpv6": Reader._icmpv6,
    "igmp": Reader._igmp,
}


def _tcp_options(raw: bytes) -> Json:
    """A list of objects with one name each; without those that only fill."""
    out: list[Json] = []
    for option in import_module("dpkt.tcp").parse_opts(raw):
        if option is None:
            out.append({"cut": True})
            continue
        kind, data = option
        if kind <= 1:
            continue
        width = _TCP_NUMBERS.get(kind)
        value: Json = data.hex() if data else True
        if width is not None and data and not len(data) % width:
            numbers: list[Json] = [
                int.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width)
            ]
            value = numbers[0] if len(numbers) == 1 else numbers
        out.append({_TCP_OPTIONS.get(kind, f"option-{kind}"): value})
    return out


def _by_nibble(data: bytes, at: int, end: int) -> str:
    """The network header that begins with its version."""
    return {4: "ipv4", 6: "ipv6"}.get(data[at] >> 4, "") if at < end else ""


@lru_cache(16)
def read(data: bytes, first: str) -> Reader:
    """A packet that begins with a header; "" is one of which nothing is known.

    Copies of a notification, and the two ways of reading it, have the same packets.
    """
    return Reader(data, first)


class Packet(Type):
    """A packet: an object of its summary, its headers' fields and its bytes as hex."""

    __slots__ = ()

    telling: ClassVar[bool] = True

    def first(self, raw: bytes, scope: Scope | None) -> str:
        """The header that it begins with, "" where nothing tells."""
        raise NotImplementedError

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        raw = data[start:end]
        packet = read(raw, self.first(raw, scope))
        return {
            "summary": packet.summary,
            "layers": [layer.value() for layer in packet.layers],
            "data": raw.hex(),
        }

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        raw = data[start:end]
        first = self.first(raw, scope)
        packet = read(raw, first)
        node.value = self.value(data, start, end, scope)
        node.display = packet.summary
        if not raw:
            return
        if not first:
            node.children.append(raw_node(data, start, end))
            return
        children: list[Node] = []
        for layer in packet.layers:
            fields = [_node(part, start) for part in layer.parts]
            if fields:
                at, stop = start + layer.start, start + layer.end
                children.append(Node(layer.name, "", "header", at, stop, None, layer.info, fields))
        children += [_rest(data, name, start + at, start + stop, kind)
                     for name, at, stop, kind in packet.rest]  # fmt: skip
        node.children.append(
            Node("packet", "", "packet", start, end, packet.summary, packet.summary, children)
        )


def _node(part: Part, start: int) -> Node:
    name, at, stop, value, display, kind = part
    return Node(name, "", kind, start + at, start + stop, value, display)


def _rest(data: bytes, name: str, start: int, end: int, kind: str) -> Node:
    raw = data[start:end]
    if kind == "padding":
        return Node(name, "", kind, start, end, None, f"{len(raw)} zero bytes")
    return Node(name, "", kind, start, end, raw.hex(), hex_text(raw))


def _number(value: Json) -> int:
    """An integer, also where it stands as hex."""
    if isinstance(value, str):
        try:
            return int(value, 16)
        except ValueError:
            return 0
    return value if isinstance(value, int) else 0


class Frame(Packet):
    """An Ethernet frame, whole or its header alone."""

    __slots__ = ()

    @property
    def scoped(self) -> bool:
        return False

    def first(self, raw: bytes, scope: Scope | None) -> str:
        return "ethernet"


class LinkHeader(Packet):
    """A link's header, by the ARPHRD_* of the link; that of a tunnel is the packet's around it."""

    __slots__ = ("_selector",)

    def __init__(self, selector: str) -> None:
        self._selector = selector

    def first(self, raw: bytes, scope: Scope | None) -> str:
        link = 0 if scope is None else _number(scope.find(self._selector))
        if link in _LINKS:
            return "ethernet"
        if link in _TUNNELS:
            return _by_nibble(raw, 0, len(raw))
        return ""


_TUNNELS: Final = frozenset((768, 769, 776, 778, 823))


class NetworkPacket(Packet):
    """A packet as a network layer has it: what skb->protocol says, or else the IP version.

    selector: a struct with ``hw-protocol``, "" where there is none.
    """

    __slots__ = ("_selector",)

    def __init__(self, selector: str) -> None:
        self._selector = selector

    def first(self, raw: bytes, scope: Scope | None) -> str:
        header = scope.find(self._selector) if scope is not None and self._selector else None
        number = _number(header.get("hw-protocol")) if isinstance(header, dict) else 0
        if number:
            return _ETHERTYPES.get(number, "")
        return _by_nibble(raw, 0, len(raw))


class TransportHeader(Packet):
    """What follows a network header.

    selector: a packet that begins with that.
    """

    __slots__ = ("_selector",)

    def __init__(self, selector: str) -> None:
        self._selector = selector

    def first(self, raw: bytes, scope: Scope | None) -> str:
        network = None if scope is None else scope.find(self._selector)
        layers = network.get("layers") if isinstance(network, dict) else None
        number: Json = None
        for at, layer in enumerate(layers if isinstance(layers, list) else ()):
            name = layer.get("name") if isinstance(layer, dict) else None
            if not isinstance(layer, dict) or name not in (_EXTENDED if at else _NETWORKS):
                break
            number = layer.get("protocol", layer.get("next-header"))
        return _PROTOCOLS.get(number, "") if isinstance(number, int) else ""


_NETWORKS: Final = frozenset(("ipv4", "ipv6"))
_EXTENDED: Final = frozenset((*_EXTENSIONS.values(), "ah"))


class CapturedPacket(Packet):
    """A packet from the link header on, or, of links that have none, from the network header on.

    selector: skb->protocol, which a frame repeats in its type; older kernels do not tell it.
    """

    __slots__ = ("_selector",)

    def __init__(self, selector: str) -> None:
        self._selector = selector

    def first(self, raw: bytes, scope: Scope | None) -> str:
        number = 0 if scope is None else _number(scope.find(self._selector))
        kind = int.from_bytes(raw[12:14], "big")
        if number not in (0x0800, 0x86DD) or _ETHERTYPES.get(kind) == "vlan" or kind == number:
            return "ethernet"
        name = _ETHERTYPES[number]
        return name if _by_nibble(raw, 0, len(raw)) == name else "ethernet"


def frame(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """An Ethernet frame."""
    return Frame()


def link_header(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The header of a link of the type that the attribute's ``selector`` says."""
    return LinkHeader(attr.selector or "")


def network_packet(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A packet without link header; ``selector`` is the struct that knows its protocol."""
    return NetworkPacket(attr.selector or "")


def captured_packet(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A packet whose ``selector`` has its protocol, with the link's header if that has one."""
    return CapturedPacket(attr.selector or "")


def transport_header(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The header behind the network header that the attribute's ``selector`` has."""
    return TransportHeader(attr.selector or "")
