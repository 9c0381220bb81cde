"""Which multicast group a notification was sent to."""

from __future__ import annotations

import struct

import pytest

from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Record

from ..check import REGISTRY

ID = 0x2A
ROUTE, SOCK_DIAG, XFRM, NETFILTER, GENERIC = 0, 4, 6, 12, 16


def read(
    protocol: int, kind: int, body: bytes, flags: int = 0, family: str = "", port: int = 0
) -> Message:
    data = struct.pack(">HHH8xH", 4, 824, 0, protocol)
    data += struct.pack("<IHHII", 16 + len(body), kind, flags, 0, port) + body
    interfaces = [Interface(0, 253, 262144, "", "", "little")]
    reader = Dissector(REGISTRY, Learned({ID: family} if family else {}), interfaces)
    (message,) = reader.dissect(Record(1, 0, 0, 253, data, len(data)))
    return message


def header(*start: int) -> bytes:
    """A family header that begins with these bytes."""
    return bytes(start) + bytes(76 - len(start))


@pytest.mark.parametrize(
    ("kind", "family", "size", "group"),
    [
        (16, 0, 16, "link"),
        (16, 7, 16, "link"),
        (17, 0, 16, "link"),
        (16, 10, 16, "ipv6-ifinfo"),
        (17, 10, 16, "ipv6-ifinfo"),
        (92, 0, 12, "stats"),
        (20, 2, 8, "ipv4-ifaddr"),
        (21, 10, 8, "ipv6-ifaddr"),
        (20, 35, 8, "phonet-ifaddr"),
        (20, 45, 8, "mctp-ifaddr"),
        (20, 99, 8, ""),
        (56, 2, 8, "ipv4-mcaddr"),
        (57, 10, 8, "ipv6-mcaddr"),
        (60, 10, 8, "ipv6-acaddr"),
        (24, 2, 12, "ipv4-route"),
        (25, 10, 12, "ipv6-route"),
        (24, 28, 12, "mpls-route"),
        (24, 35, 12, "phonet-route"),
        (24, 128, 12, "ipv4-mroute"),
        (25, 129, 12, "ipv6-mroute"),
        (28, 7, 12, "neigh"),
        (29, 2, 12, "neigh"),
        (32, 2, 12, "ipv4-rule"),
        (33, 10, 12, "ipv6-rule"),
        (32, 128, 12, "ipv4-rule"),
        (32, 129, 12, "ipv6-rule"),
        (36, 0, 20, "tc"),
        (52, 10, 12, "ipv6-prefix"),
        (68, 10, 16, "nd-useropt"),
        (80, 2, 4, "ipv4-netconf"),
        (81, 10, 4, "ipv6-netconf"),
        (80, 28, 4, "mpls-netconf"),
        (84, 7, 8, "mdb"),
        (85, 7, 8, "mdb"),
        (88, 0, 4, "nsid"),
        (96, 128, 4, "ipv4-mroute-r"),
        (96, 129, 4, "ipv6-mroute-r"),
        (104, 2, 8, "nexthop"),
        (116, 0, 8, "nexthop"),
        (112, 7, 8, "brvlan"),
        (120, 7, 8, "tunnel"),
    ],
)
def test_route(kind: int, family: int, size: int, group: str) -> None:
    message = read(ROUTE, kind, header(family)[:size])
    assert message.direction == "notify"
    assert message.group == (f"rtnlgrp-{group}" if group else "")


def test_requests_and_replies_have_no_group() -> None:
    for flags, port in ((1, 0), (2, 77)):
        assert read(ROUTE, 16, header(0)[:16], flags, port=port).group == ""


@pytest.mark.parametrize(
    ("kind", "flags", "group"),
    [
        (0x100, 0x600, "conntrack-new"),
        (0x100, 0, "conntrack-update"),
        (0x102, 0, "conntrack-destroy"),
        (0x200, 0x600, "conntrack-exp-new"),
        (0x202, 0, "conntrack-exp-destroy"),
        (0xA00, 0, "mgmt"),
        (0xA0F, 0, "mgmt"),
        (0xA11, 0, "nftrace"),
        (0x703, 0, "acct-quota"),
        (0x400, 0, ""),
        (0x300, 0, ""),
    ],
)
def test_netfilter(kind: int, flags: int, group: str) -> None:
    assert read(NETFILTER, kind, header(2)[:4], flags).group == group


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        (16, "sa"),
        (17, "sa"),
        (26, "sa"),
        (28, "sa"),
        (19, "policy"),
        (20, "policy"),
        (25, "policy"),
        (29, "policy"),
        (40, "policy"),
        (23, "acquire"),
        (24, "expire"),
        (27, "expire"),
        (30, "aevents"),
        (32, "report"),
        (33, "migrate"),
        (38, "mapping"),
        (34, ""),
    ],
)
def test_xfrm(kind: int, group: str) -> None:
    assert read(XFRM, kind, bytes(8)).group == group


@pytest.mark.parametrize(
    ("family", "protocol", "group"),
    [
        (2, 6, "inet-tcp-destroy"),
        (2, 17, "inet-udp-destroy"),
        (10, 6, "inet6-tcp-destroy"),
        (10, 17, "inet6-udp-destroy"),
        (2, 132, ""),
        (1, 6, ""),
    ],
)
def test_sockets_destroyed(family: int, protocol: int, group: str) -> None:
    body = header(family)[:72] + struct.pack("<HHB3x", 5, 10, protocol)
    assert read(SOCK_DIAG, 20, body).group == group


@pytest.mark.parametrize(
    ("family", "command", "group"),
    [
        ("nlctrl", 1, "notify"),
        ("nlctrl", 8, "notify"),
        ("ethtool", 5, "monitor"),
        ("devlink", 7, "config"),
        ("netdev", 2, "mgmt"),
        ("netdev", 6, "page-pool"),
        ("nl80211", 34, "scan"),
        ("nl80211", 36, "regulatory"),
        ("nl80211", 46, "mlme"),
        ("nl80211", 3, "config"),
        ("nl80211", 59, ""),
        ("nl802154", 37, "scan"),
        ("batadv", 2, "tpmeter"),
        ("batadv", 15, "config"),
        ("psample", 0, "packets"),
        ("psample", 2, "config"),
        ("thermal", 2, "event"),
        ("team", 1, "change_event"),
        ("gtp", 3, "gtp"),
        ("ovs_vport", 1, "ovs_vport"),
        ("ovs_packet", 1, ""),
    ],
)
def test_generic(family: str, command: int, group: str) -> None:
    kind = 0x10 if family == "nlctrl" else ID
    body = struct.pack("BBxx", command, 1) + bytes(4 if family.startswith("ovs") else 0)
    message = read(GENERIC, kind, body, family="" if family == "nlctrl" else family)
    assert (message.family, message.group) == (family, group)


@pytest.mark.parametrize(("number", "group"), [(0, "none"), (1, "tlshd"), (7, "")])
def test_handshake(number: int, group: str) -> None:
    attr = next(
        number
        for number, attr in REGISTRY.family("handshake", "little").attr_set("accept").attrs.items()  # type: ignore[union-attr]
        if attr.name == "handler-class"
    )
    body = struct.pack("<BBxxHHI", 1, 1, 8, attr, number)
    assert read(GENERIC, ID, body, family="handshake").group == group
