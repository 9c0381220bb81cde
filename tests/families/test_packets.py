"""Packets inside of messages: headers in their places, and any bytes read without harm."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from typing import Any

import dpkt
import pytest
from hypothesis import given, settings, strategies as st

import nldissect
from nldissect.dissect import Dissector
from nldissect.families.decoders.packets import _HEADS, _STEPS, _header, read
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node

from ..check import REGISTRY, check_record, leaves
from ..test_dissect import attr, link, nlmsg, record

ID = 0x1C
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A4, B4 = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
A6, B6 = bytes.fromhex("fe80" + "00" * 13 + "01"), bytes.fromhex("ff02" + "00" * 13 + "fb")


# Packets


def eth(payload: bytes, type_: int = 0x0800) -> bytes:
    return MAC_B + MAC_A + struct.pack(">H", type_) + payload


def ip4(payload: bytes, protocol: int, src: bytes = A4, dst: bytes = B4, **more: int) -> bytes:
    options = bytes(more.get("options", 0))
    total = more.get("total", 20 + len(options) + len(payload))
    first = 0x45 + len(options) // 4
    head = struct.pack(
        ">BBHHHBBH", first, 0, total, 7, more.get("fragment", 0x4000), 64, protocol, 0
    )
    return head + src + dst + options + payload


def ip6(payload: bytes, next_: int, src: bytes = A6, dst: bytes = B6) -> bytes:
    return struct.pack(">IHBB", 0x60012345, len(payload), next_, 255) + src + dst + payload


def udp(payload: bytes, sport: int = 5353, dport: int = 5353) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0xABCD) + payload


def tcp(payload: bytes, flags: int = 0x02, options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack(">HHIIBBHHH", 40000, 80, 100, 0, words << 4, flags, 64240, 0x1234, 0)
    return head + options + payload


ECHO = struct.pack(">BBHHH", 8, 0, 0x4618, 24, 1)
ARP = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + MAC_A + A4 + bytes(6) + B4
MSS = bytes((2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7))


# Messages


def classic(subsystem: int, type_: int, family: int, body: bytes, protocol: int = 12) -> Message:
    interface = Interface(0, 253, 262144, "", "", "little")
    reader = Dissector(REGISTRY, Learned(), [interface], order="little")
    data = link(protocol) + nlmsg(subsystem << 8 | type_, bytes((family, 0, 0, 0)) + body, 0)
    (made,) = check_record(reader, record(data))
    return made


def generic(family: str, command: int, body: bytes, flags: int = 0) -> Message:
    interface = Interface(0, 253, 262144, "", "", "little")
    reader = Dissector(REGISTRY, Learned({ID: family}), [interface], order="little")
    data = link(16) + nlmsg(ID, struct.pack("BBxx", command, 1) + body, flags)
    (made,) = check_record(reader, record(data))
    return made


def logged(packet: bytes, protocol: int = 0x0800) -> Message:
    """A packet as nfnetlink_log has it."""
    head = attr(1, struct.pack(">HBx", protocol, 3))
    return classic(4, 0, 2, head + attr(9, packet))


def upcall(packet: bytes) -> Message:
    """A frame as Open vSwitch has it."""
    return generic("ovs_packet", 1, bytes(4) + attr(1, packet))


def understood(made: Message, name: str) -> dict[str, Any]:
    """The value of an attribute in a message of which all bytes are understood."""
    assert [(note.code, note.path) for note in made.notes] == []
    assert not [leaf.name for layer in made.layers for leaf in leaves(layer) if leaf.kind == "raw"]
    value = made.attrs[name]
    assert isinstance(value, dict)
    return value


def names(value: dict[str, Any]) -> list[str]:
    return [layer["name"] for layer in value["layers"]]


def packet_node(made: Message, name: str) -> Node:
    found = made.node(f"{name}.packet")
    assert found is not None
    assert found.kind == "packet"
    return found


def test_a_frame_has_a_summary_headers_and_a_payload_in_their_places() -> None:
    packet = eth(ip4(udp(b"x" * 64), 17))
    made = upcall(packet)
    value = understood(made, "packet")
    assert value["summary"] == "10.0.0.1:5353 → 10.0.0.2:5353 UDP 64"
    assert value["data"] == packet.hex()
    assert value["layers"] == [
        {
            "name": "ethernet",
            "dst": "02:00:00:00:00:02",
            "src": "02:00:00:00:00:01",
            "type": 0x0800,
        },
        {
            "name": "ipv4",
            "header-length": 20,
            "tos": 0,
            "length": 92,
            "id": 7,
            "fragment": {"flags": ["df"], "offset": 0},
            "ttl": 64,
            "protocol": 17,
            "checksum": "0x0",
            "src": "10.0.0.1",
            "dst": "10.0.0.2",
        },
        {"name": "udp", "sport": 5353, "dport": 5353, "length": 72, "checksum": "0xabcd"},
    ]
    node = packet_node(made, "packet")
    data = made.record.data
    at = data.index(packet)
    assert (node.start, node.end) == (at, at + len(packet))
    assert node.display == value["summary"]
    spans = [(child.name, child.kind, child.start - at) for child in node.children]
    assert spans == [
        ("ethernet", "header", 0),
        ("ipv4", "header", 14),
        ("udp", "header", 34),
        ("payload", "field", 42),
    ]
    protocol = made.node("packet.packet.ipv4.protocol")
    assert protocol is not None
    assert (data[protocol.start : protocol.end], protocol.display) == (b"\x11", "17 (udp)")
    payload = made.node("packet.packet.payload")
    assert payload is not None
    assert payload.value == (b"x" * 64).hex()


@pytest.mark.parametrize(
    ("packet", "layers", "summary"),
    [
        (eth(ARP, 0x0806), "ethernet arp", "ARP who has 10.0.0.2 tell 10.0.0.1"),
        (
            eth(ARP[:7] + b"\2" + ARP[8:], 0x0806),
            "ethernet arp",
            "ARP 10.0.0.1 is at 02:00:00:00:00:01",
        ),
        (
            eth(struct.pack(">HHBBH", 32, 0x0800, 2, 4, 1) + bytes(12), 0x0806),
            "ethernet arp",
            "02:00:00:00:00:01 → 02:00:00:00:00:02 ARP",
        ),
        (
            eth(struct.pack(">HH", 0x6005, 0x0800) + ip4(ECHO, 1), 0x8100),
            "ethernet vlan ipv4 icmp",
            "vlan 5: 10.0.0.1 → 10.0.0.2 ICMP echo request id 24 seq 1",
        ),
        (
            eth(struct.pack(">I", 16 << 12 | 0x1FF) + ip4(ECHO, 1), 0x8847),
            "ethernet mpls ipv4 icmp",
            "mpls 16: 10.0.0.1 → 10.0.0.2 ICMP echo request id 24 seq 1",
        ),
        (
            eth(ip4(tcp(b"", 0x02, MSS), 6)),
            "ethernet ipv4 tcp",
            "10.0.0.1:40000 → 10.0.0.2:80 TCP [SYN] seq 100 win 64240 len 0",
        ),
        (
            eth(ip4(tcp(b"GET", 0x18), 6, options=8)),
            "ethernet ipv4 tcp",
            "10.0.0.1:40000 → 10.0.0.2:80 TCP [PSH, ACK] seq 100 ack 0 win 64240 len 3",
        ),
        (
            eth(ip4(b"more", 17, fragment=185)),
            "ethernet ipv4",
            "10.0.0.1 → 10.0.0.2 UDP fragment at 1480",
        ),
        (
            eth(ip6(udp(b""), 17), 0x86DD),
            "ethernet ipv6 udp",
            "[fe80::1]:5353 → [ff02::fb]:5353 UDP 0",
        ),
        (
            eth(ip6(bytes((58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 1, 2, 0, 0, 0, 1)), 0), 0x86DD),
            "ethernet ipv6 hop-by-hop icmpv6",
            "fe80::1 → ff02::fb ICMPv6 listener report v2",
        ),
        (
            eth(ip6(bytes((17, 0, 0, 9, 0, 0, 0, 1)) + b"more", 44), 0x86DD),
            "ethernet ipv6 fragment",
            "fe80::1 → ff02::fb UDP fragment at 8",
        ),
        (
            eth(ip6(bytes((58, 2, 4, 1)) + bytes(20) + ECHO[:0] + b"\x80" + ECHO[1:], 43), 0x86DD),
            "ethernet ipv6 routing icmpv6",
            "fe80::1 → ff02::fb ICMPv6 echo request id 24 seq 1",
        ),
        (
            eth(ip6(b"\x87\0\1\2" + bytes(4) + A6 + b"\1\1" + MAC_A, 58), 0x86DD),
            "ethernet ipv6 icmpv6",
            "fe80::1 → ff02::fb ICMPv6 neighbour solicitation fe80::1",
        ),
        (
            eth(ip4(struct.pack(">BBHI", 3, 1, 0, 0) + ip4(udp(b"")[:8], 17, B4, A4), 1)),
            "ethernet ipv4 icmp ipv4 udp",
            "10.0.0.1 → 10.0.0.2 ICMP destination unreachable code 1",
        ),
        (
            eth(ip4(ip4(udp(b"x", 1, 2), 17, B4, A4), 4)),
            "ethernet ipv4 ipv4 udp",
            "10.0.0.1 → 10.0.0.2 IPv4: 10.0.0.2:1 → 10.0.0.1:2 UDP 1",
        ),
        (
            eth(ip4(struct.pack(">HHI", 0x2000, 0x6558, 9) + eth(ip6(udp(b""), 17), 0x86DD), 47)),
            "ethernet ipv4 gre ethernet ipv6 udp",
            "10.0.0.1 → 10.0.0.2 GRE: [fe80::1]:5353 → [ff02::fb]:5353 UDP 0",
        ),
        (
            eth(
                ip4(
                    struct.pack(">HHII", 1, 2, 3, 4) + bytes((0, 3, 0, 17, *range(13), 0, 0, 0))
                    + bytes((14, 0, 0, 4)),
                    132,
                )
            ),
            "ethernet ipv4 sctp chunk chunk",
            "10.0.0.1:1 → 10.0.0.2:2 SCTP DATA, SHUTDOWN COMPLETE",
        ),
        (
            eth(ip4(struct.pack(">II", 0x100, 9) + b"secret", 50)),
            "ethernet ipv4 esp",
            "10.0.0.1 → 10.0.0.2 ESP spi 0x100 sequence 9",
        ),
        (
            eth(ip4(bytes((0x16, 0, 0, 0, 224, 0, 0, 251)), 2, options=4)),
            "ethernet ipv4 igmp",
            "10.0.0.1 → 10.0.0.2 IGMP report v2 224.0.0.251",
        ),
        (
            eth(b"\x42\x42\3" + bytes(35), 38),
            "ethernet llc",
            "02:00:00:00:00:01 → 02:00:00:00:00:02 STP",
        ),
        (eth(b"\2\7\4", 0x88CC), "ethernet", "02:00:00:00:00:01 → 02:00:00:00:00:02 LLDP"),
        (eth(b"", 0x1234), "ethernet", "02:00:00:00:00:01 → 02:00:00:00:00:02 0x1234"),
        (eth(ip4(b"", 103)), "ethernet ipv4", "10.0.0.1 → 10.0.0.2 PIM"),
        (eth(ip4(b"", 200)), "ethernet ipv4", "10.0.0.1 → 10.0.0.2 protocol 200"),
    ],
)  # fmt: skip
def test_protocols(packet: bytes, layers: str, summary: str) -> None:
    value = understood(upcall(packet), "packet")
    assert " ".join(names(value)) == layers
    assert value["summary"] == summary


def test_tcp_options_are_named() -> None:
    value = understood(logged(ip4(tcp(b"", 2, MSS), 6)), "payload")
    assert value["layers"][-1]["options"] == [
        {"mss": 1460},
        {"sack-permitted": True},
        {"timestamps": [1, 2]},
        {"window-scale": 7},
    ]
    options = tcp(b"", 2, bytes((2, 40, 1, 1)))
    cut = understood(logged(ip4(options, 6)), "payload")["layers"][-1]["options"]
    assert cut == [{"mss": 257}]


def test_what_fills_up_a_frame_is_no_payload() -> None:
    packet = eth(ip4(udp(b"ab"), 17)) + bytes(16)
    node = packet_node(upcall(packet), "packet")
    assert [child.name for child in node.children[-2:]] == ["payload", "padding"]
    assert node.children[-1].kind == "padding"
    node = packet_node(upcall(packet[:-1] + b"\1"), "packet")
    assert (node.children[-1].name, node.children[-1].kind) == ("trailer", "field")


def test_a_packet_without_a_length_goes_to_the_end() -> None:
    packet = ip4(tcp(b"x" * 70, 0x10), 6, total=0)
    value = understood(logged(packet), "payload")
    assert value["summary"].endswith("len 70")


def test_a_copy_range_cuts_where_it_likes() -> None:
    packet = ip4(udp(b"x" * 100), 17)
    value = understood(logged(packet[:30]), "payload")
    assert value["summary"] == "10.0.0.1:5353 → 10.0.0.2:5353 UDP 100"
    made = logged(packet[:23])
    assert made.get("payload.summary") == "10.0.0.1 → 10.0.0.2 UDP (cut)"
    assert made.get("payload.layers.1.sport") == 5353
    cut = made.node("payload.packet.udp.cut")
    assert cut is not None
    assert (cut.kind, cut.value) == ("raw", "14")
    made = logged(packet[:13])
    assert made.get("payload.summary") == "IPv4 (cut)"
    assert made.get("payload.layers.0.ttl") == 64


@pytest.mark.parametrize(
    ("packet", "summary"),
    [
        (b"\x44" + ip4(b"x" * 9, 17)[1:], "10.0.0.1 → 10.0.0.2 UDP (malformed)"),
        (b"\x65" + ip4(b"", 17)[1:], "IPv4 (malformed)"),
        (
            ip4(struct.pack(">HHIIBBHHH", 1, 2, 0, 0, 0x40, 2, 0, 0, 0), 6),
            "10.0.0.1:1 → 10.0.0.2:2 TCP [SYN] seq 0 win 0 len 4 (malformed)",
        ),
    ],
)
def test_what_cannot_be_is_said(packet: bytes, summary: str) -> None:
    assert logged(packet).get("payload.summary") == summary


def test_an_empty_packet() -> None:
    made = logged(b"")
    assert made.attrs["payload"] == {"summary": "empty", "layers": [], "data": ""}
    assert made.node("payload.packet") is None


def test_tunnels_do_not_go_on_for_ever() -> None:
    packet = ip4(b"", 17)
    for _ in range(60):
        packet = ip4(packet, 4)
    made = logged(packet)
    value = made.attrs["payload"]
    assert isinstance(value, dict)
    assert len(names(value)) < 30
    assert str(value["summary"]).endswith("(too deep)")
    labels = eth(b"\0\0\0\0" * 5000, 0x8847)
    assert len(read(labels, "ethernet").layers) < 30


# Families


def test_a_log_says_with_its_protocol_what_it_has() -> None:
    assert names(understood(logged(ip6(udp(b""), 17), 0x86DD), "payload")) == ["ipv6", "udp"]
    assert names(understood(logged(ARP, 0x0806), "payload")) == ["arp"]
    tag = struct.pack(">HH", 5, 0x0800) + ip4(ECHO, 1)
    assert names(understood(logged(tag, 0x8100), "payload")) == ["vlan", "ipv4", "icmp"]
    behind = attr(9, ARP) + attr(1, struct.pack(">HBx", 0x0806, 3))
    assert names(understood(classic(4, 0, 2, behind), "payload")) == ["arp"]
    unknown = logged(b"\x45abc", 0x88CC)
    assert unknown.attrs["payload"] == {"summary": "4 bytes", "layers": [], "data": "45616263"}
    node = unknown.node("payload.data")
    assert node is not None
    assert node.kind == "raw"


def test_a_log_has_the_link_header_of_its_link() -> None:
    for kind, header, found in (
        (1, eth(b""), ["ethernet"]),
        (772, eth(b""), ["ethernet"]),
        (776, ip4(b"", 41), ["ipv4"]),
        (823, ip6(b"", 47), ["ipv6"]),
    ):
        body = attr(15, struct.pack(">H", kind)) + attr(16, header)
        assert names(understood(classic(4, 0, 2, body), "hwheader")) == found
    assert names(understood(classic(4, 0, 7, attr(21, eth(b""))), "l2hdr")) == ["ethernet"]
    other = classic(4, 0, 2, attr(15, struct.pack(">H", 32)) + attr(16, eth(b"")))
    assert other.get("hwheader.layers") == []


def test_a_queue_has_packets_both_ways() -> None:
    head = attr(1, struct.pack(">IHB", 1, 0x86DD, 0))
    made = classic(3, 0, 10, head + attr(10, ip6(udp(b""), 17)))
    assert names(understood(made, "payload")) == ["ipv6", "udp"]
    # A verdict changes the packet, and does not say its protocol again.
    verdict = classic(3, 1, 0, attr(2, struct.pack(">II", 1, 1)) + attr(10, ip4(ECHO, 1)))
    assert verdict.get("payload.summary") == ("10.0.0.1 → 10.0.0.2 ICMP echo request id 24 seq 1")
    assert names(understood(classic(3, 0, 7, attr(20, eth(b""))), "l2hdr")) == ["ethernet"]


@pytest.mark.parametrize(
    ("family", "command", "proto", "data"), [("NET_DM", 5, 6, 7), ("psample", 0, 14, 6)]
)
def test_drops_and_samples_begin_with_the_link_if_it_has_a_header(
    family: str, command: int, proto: int, data: int
) -> None:
    name = "payload" if family == "NET_DM" else "data"
    for number, packet, found in (
        (0x0800, eth(ip4(ECHO, 1)), ["ethernet", "ipv4", "icmp"]),
        (0x0800, ip4(ECHO, 1), ["ipv4", "icmp"]),
        (0x86DD, ip6(udp(b""), 17), ["ipv6", "udp"]),
        (0x86DD, eth(ip6(udp(b""), 17), 0x86DD), ["ethernet", "ipv6", "udp"]),
        (
            0x0800,
            eth(struct.pack(">HH", 5, 0x0800) + ip4(ECHO, 1), 0x8100),
            ["ethernet", "vlan", "ipv4", "icmp"],
        ),
        (0x0806, eth(ARP, 0x0806), ["ethernet", "arp"]),
        (4, eth(b"\x42\x42\3" + bytes(35), 38), ["ethernet", "llc"]),
    ):
        for body in (
            attr(proto, struct.pack("<H", number)) + attr(data, packet),
            attr(data, packet) + attr(proto, struct.pack("<H", number)),
        ):
            assert names(understood(generic(family, command, body), name)) == found
    old = generic(family, command, attr(data, eth(ip4(ECHO, 1))))
    assert names(understood(old, name)) == ["ethernet", "ipv4", "icmp"]


def test_a_trace_has_its_packet_in_three_parts() -> None:
    segment = tcp(b"", 0x02)
    for network in (
        ip4(segment, 6),
        ip6(bytes((6, 0, 1, 4, 0, 0, 0, 0)) + segment, 60),
        ip4(segment, 6)[:20],
    ):
        body = attr(11, struct.pack(">H", 1)) + attr(7, eth(b"")) + attr(8, network)
        made = classic(10, 17, 2, body + attr(9, segment))
        assert names(understood(made, "ll-header")) == ["ethernet"]
        assert names(understood(made, "network-header"))[0] in ("ipv4", "ipv6")
        value = understood(made, "transport-header")
        assert value["summary"] == "40000 → 80 TCP [SYN] seq 100 win 64240 len 0"
    tunnel = attr(8, ip4(ip4(segment, 6), 4)) + attr(9, ip4(segment, 6))
    value = understood(classic(10, 17, 2, tunnel), "transport-header")
    assert names(value) == ["ipv4", "tcp"]
    assert classic(10, 17, 2, attr(9, segment)).get("transport-header.layers") == []


def test_a_multicast_router_is_told_whole_packets() -> None:
    for packet, found in (
        (ip4(udp(b""), 17), ["ipv4", "udp"]),
        (ip6(udp(b""), 17), ["ipv6", "udp"]),
        (bytes((1, 0, 0, 0, 0, 0, 0, 0)), []),
    ):
        made = classic(0, 96, 128, attr(5, packet), protocol=0)
        value = made.attrs["pkt"]
        assert isinstance(value, dict)
        assert names(value) == found


def test_odd_selectors_do_no_harm() -> None:
    twice = attr(6, b"\0\x08") + attr(6, b"\0\x08") + attr(7, ip4(ECHO, 1))
    assert generic("NET_DM", 5, twice).get("payload.layers.0.name") == "ethernet"
    wide = attr(6, b"0x1") + attr(7, ip4(ECHO, 1))
    assert generic("NET_DM", 5, wide).get("payload.layers.0.name") == "ethernet"
    types = attr(15, b"\0\1") + attr(15, b"\0\1") + attr(16, eth(b""))
    assert classic(4, 0, 2, types).get("hwheader.layers") == []
    short = attr(1, b"\x08") + attr(9, ip4(ECHO, 1))
    assert classic(4, 0, 2, short).get("payload.layers.0.name") == "ipv4"


# All bytes


SAMPLES = [
    eth(ARP, 0x0806),
    eth(struct.pack(">HH", 0x6005, 0x0800) + ip4(tcp(b"GET", 0x18, MSS), 6), 0x8100),
    eth(ip4(ip4(udp(b"x" * 9), 17), 4)) + bytes(8),
    eth(ip4(struct.pack(">HHIII", 0xB000, 0x6558, 0, 9, 1) + eth(ip6(udp(b""), 17), 0x86DD), 47)),
    eth(ip4(struct.pack(">BBHI", 11, 0, 0, 0) + ip4(udp(b"abc"), 17, B4, A4), 1)),
    eth(ip6(bytes((60, 0, 1, 4, 0, 0, 0, 0, 44, 0, 1, 4, 0, 0, 0, 0, 58, 0, 0, 1, 0, 0, 0, 1))
            + b"\x86\0\1\2\x40\0\x07\x08" + bytes(8) + b"\1\1" + MAC_A, 0), 0x86DD),
    eth(ip6(bytes((51, 2, 4, 1)) + bytes(20) + bytes((17, 4, 0, 0)) + bytes(20) + udp(b""), 43),
        0x86DD),
    eth(ip4(struct.pack(">HHII", 1, 2, 3, 4) + bytes((0, 3, 0, 17, *range(13), 0, 0, 0)), 132)),
    eth(b"\xaa\xaa\3\0\0\0\x08\0" + ip4(ECHO, 1), 36),
    eth(struct.pack(">II", 16 << 12 | 0xFF, 17 << 12 | 0x1FF) + ip4(ECHO, 1), 0x8847),
]  # fmt: skip


def tiles(raw: bytes, first: str) -> None:
    packet = read(raw, first)
    at = 0
    for layer in packet.layers:
        assert layer.start == at
        for part in layer.parts:
            assert part.start == at < part.end
            at = part.end
        assert layer.end == at
    for _, start, end, _ in packet.rest:
        assert start == at < end
        at = end
    assert at == len(raw)
    assert packet.summary
    assert packet.summary.isprintable()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(_STEPS)), st.binary(max_size=120))
def test_random_bytes_are_tiled(first: str, raw: bytes) -> None:
    if raw:
        tiles(raw, first)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 255)), max_size=4),
    st.integers(0, 99),
)
def test_mutated_packets_are_read_alike_in_both_ways(
    packet: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    raw = bytearray(packet)
    for at, byte in changes:
        raw[at % len(raw)] = byte
    end = len(raw) - cut % len(raw)
    for made in (bytes(raw), bytes(raw[:end])):
        tiles(made, "ethernet")
        upcall(made)
        logged(made[14:])
        generic("NET_DM", 5, attr(6, b"\0\x08") + attr(7, made[14:]))


def test_every_sample_is_tiled_however_it_is_cut() -> None:
    for packet in SAMPLES:
        for end in range(1, len(packet) + 1):
            tiles(packet[:end], "ethernet")
    generator = random.Random(1)
    for _ in range(3000):
        raw = bytearray(generator.choice(SAMPLES))
        for _ in range(generator.randrange(1, 6)):
            raw[generator.randrange(len(raw))] = generator.choice((0, 1, 4, 6, 0x45, 0x60, 0xFF))
        tiles(bytes(raw), "ethernet")


def test_dpkt_reads_the_same() -> None:
    for packet in (eth(ip4(tcp(b"GET", 0x18, MSS), 6)), eth(ip4(udp(b"abc"), 17))):
        frame = dpkt.ethernet.Ethernet(packet)
        segment = frame.data.data
        ours = read(packet, "ethernet")
        values = [layer.value() for layer in ours.layers]
        assert values[0]["type"] == frame.type
        assert (values[1]["ttl"], values[1]["length"]) == (frame.data.ttl, frame.data.len)
        assert (values[2]["sport"], values[2]["dport"]) == (segment.sport, segment.dport)
        ((name, start, end, _),) = ours.rest
        assert (name, packet[start:end]) == ("payload", segment.data)


@pytest.mark.parametrize("kind", sorted(_HEADS))
def test_fields_tile_their_headers(kind: str) -> None:
    assert sum(size for _, size, _, _ in _HEADS[kind][1]) == _header(kind)[2]


def test_dpkt_is_imported_with_the_first_packet() -> None:
    code = (
        "import sys, nldissect.families.decoders.packets as p; assert 'dpkt' not in sys.modules;"
        "p.read(b'x', 'ethernet'); assert 'dpkt' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_messages_are_made_from_what_was_decoded() -> None:
    frame = bytes.fromhex("0200000000010200000000020800") + bytes(46)
    made = [
        nldissect.encode("ovs_packet", "execute", {"packet": packet}, id=0x21)
        for packet in (frame.hex(), {"summary": "", "layers": [], "data": frame.hex()})
    ]
    assert made[0] == made[1]
    assert frame in made[0]
