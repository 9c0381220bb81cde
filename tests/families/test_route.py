"""rtnetlink: what stands beside attributes, shapes by direction and family, both byte orders."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.model import Message, Record

from ..check import check_record, dissector

REQUEST = 1
MULTI = 2
BRIDGE = 7
MPLS = 28
ORDERS = ("<", ">")
both_orders = pytest.mark.parametrize("order", ORDERS)


def ip(text: str) -> bytes:
    """An address as it stands on the wire."""
    return ip_address(text).packed


def attr(kind: int, payload: bytes, order: str) -> bytes:
    """One attribute with its padding."""
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def u32(kind: int, value: int, order: str) -> bytes:
    """One attribute that holds an u32."""
    return attr(kind, struct.pack(f"{order}I", value), order)


def read(kind: int, header: bytes, body: bytes, order: str = "<", flags: int = REQUEST) -> Message:
    """The only message of a record; pid is set where it comes from the kernel."""
    payload = header + bytes(-len(header) % 4) + body
    pid = 0 if flags & REQUEST else 77
    data = struct.pack(">HHH8xH", 4, 824, 0, 0)
    data += struct.pack(f"{order}IHHII", 16 + len(payload), kind, flags, 9, pid) + payload
    reader = dissector(order="little" if order == "<" else "big")
    (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
    return message


def clean(message: Message) -> dict[str, Any]:
    """The attributes of a message that has no notes and no byte without a name."""
    assert [note.code for note in message.notes] == []
    nodes = list(message.layers)
    while nodes:
        node = nodes.pop()
        assert node.kind != "raw", node.name
        nodes += node.children
    attrs: dict[str, Any] = message.attrs
    return attrs


def ifinfomsg(order: str, family: int = 0) -> bytes:
    """struct ifinfomsg of link 5."""
    return struct.pack(f"{order}BxHiII", family, 1, 5, 0, 0)


def rtmsg(family: int, dst_len: int = 24) -> bytes:
    """struct rtmsg without flags."""
    return bytes((family, dst_len, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0))


def hop(index: int, order: str, body: bytes) -> bytes:
    """struct rtnexthop with attributes."""
    return struct.pack(f"{order}HBBi", 8 + len(body), 4, 0, index) + body


@both_orders
def test_next_hops_have_attributes_of_their_own(order: str) -> None:
    mpls = attr(22, attr(1, b"\0\1\0\0\0\1\x11\0", order), order)
    kind = attr(21, struct.pack(f"{order}H", 1), order)
    hops = hop(3, order, attr(5, ip("192.0.2.2"), order)) + hop(4, order, mpls + kind)
    body = attr(1, ip("203.0.113.0"), order) + attr(9, hops, order)
    attrs = clean(read(24, rtmsg(2), body, order))
    assert attrs["rta-dst"] == "203.0.113.0"
    first, second = attrs["rta-multipath"]
    assert first == {
        "rtnh-len": 16,
        "rtnh-flags": ["onlink"],
        "rtnh-hops": 0,
        "rtnh-ifindex": 3,
        "rta-gateway": "192.0.2.2",
    }
    assert second["rta-encap-type"] == "mpls"
    assert second["rta-encap"] == {
        "dst": [
            {"label": 16, "tc": 0, "bos": 0, "ttl": 0},
            {"label": 17, "tc": 0, "bos": 1, "ttl": 0},
        ]
    }


@pytest.mark.parametrize("length", [0, 7, 8, 40])
def test_broken_next_hops_are_noted_and_end(length: int) -> None:
    hops = struct.pack("<HBBi", length, 0, 0, 3) + attr(5, ip("192.0.2.2"), "<")
    message = read(24, rtmsg(2), attr(9, hops + b"\1\2\3\4", "<"))
    assert any(note.severity == "error" for note in message.notes)


@both_orders
def test_a_label_is_no_address(order: str) -> None:
    body = attr(1, b"\0\2\x81\0", order) + attr(
        18, struct.pack(f"{order}H", 10) + ip("2001:db8::5"), order
    )
    attrs = clean(read(24, rtmsg(MPLS, 20), body, order))
    assert attrs["rta-dst"] == [{"label": 40, "tc": 0, "bos": 1, "ttl": 0}]
    assert attrs["rta-via"] == {"rtvia-family": 10, "rtvia-addr": "2001:db8::5"}


@both_orders
def test_encapsulation_is_named_before_or_behind(order: str) -> None:
    segments = ip("2001:db8::b") + ip("2001:db8::a")
    srh = struct.pack(f"{order}i", 1) + bytes((0, 4, 4, 1, 1, 0, 0, 5)) + segments
    encap = attr(22, attr(1, srh, order), order)
    kind = attr(21, struct.pack(f"{order}H", 5), order)
    for body in (encap + kind, kind + encap):
        route = clean(read(24, rtmsg(10, 64), body, order))["rta-encap"]
        assert route == {
            "srh": {
                "mode": "encap",
                "nexthdr": 0,
                "hdrlen": 4,
                "type": 4,
                "segments-left": 1,
                "first-segment": 1,
                "flags": "0x0",
                "tag": 5,
                "segments": ["2001:db8::b", "2001:db8::a"],
            }
        }


def test_tlvs_behind_the_last_segment() -> None:
    srh = bytes((0, 7, 4, 0, 0, 8, 0, 0)) + ip("2001:db8::b") + b"\5\x26" + bytes(38)
    body = attr(22, attr(2, srh, "<"), "<") + attr(21, b"\7\0", "<")
    encap: Any = read(24, rtmsg(10), body).attrs["rta-encap"]
    assert encap["srh"]["segments"] == ["2001:db8::b"]
    assert encap["srh"]["tlvs"] == "0526" + "00" * 38


def test_expiry_has_either_width() -> None:
    assert clean(read(24, rtmsg(10), u32(23, 7, "<")))["rta-expires"] == 7
    assert clean(read(24, rtmsg(128), attr(23, struct.pack("<Q", 7), "<")))["rta-expires"] == 7


@both_orders
def test_veth_peer_is_a_link(order: str) -> None:
    peer = attr(1, ifinfomsg(order) + attr(3, b"v1\0", order), order)
    info = attr(1, b"veth\0", order) + attr(2, peer, order)
    attrs = clean(read(16, ifinfomsg(order), attr(18, info, order), order))
    data = attrs["linkinfo"]["data"]
    assert data["peer"]["ifi-index"] == 5
    assert data["peer"]["ifname"] == "v1"


@both_orders
def test_a_bridge_fills_af_spec_and_protinfo_itself(order: str) -> None:
    vlans = [struct.pack(f"{order}HH", 6, 1), struct.pack(f"{order}HH", 0, 100)]
    spec = b"".join(attr(2, vlan, order) for vlan in vlans)
    root = attr(13, b"\x80\0\2\0\0\0\0\1", order)
    body = attr(12 | 0x8000, attr(1, b"\3", order) + root, order) + attr(26, spec, order)
    attrs = clean(read(16, ifinfomsg(order, BRIDGE), body, order, MULTI))
    assert attrs["protinfo"] == {
        "state": 3,
        "root-id": {"prio": 32768, "addr": "02:00:00:00:00:01"},
    }
    assert attrs["af-spec"] == {
        "vlan-info": [{"flags": ["pvid", "untagged"], "vid": 1}, {"flags": [], "vid": 100}]
    }
    assert clean(read(19, ifinfomsg(order, BRIDGE), attr(12, b"\3", order), order))["protinfo"] == 3


@both_orders
def test_settings_are_an_array_when_told_and_attributes_when_set(order: str) -> None:
    told = attr(2, attr(1, struct.pack(f"{order}3I", 1, 0, 1), order), order)
    spec = clean(read(16, ifinfomsg(order), attr(26, told, order), order, MULTI))["af-spec"]
    assert spec == {"inet": {"conf": {"forwarding": 1, "mc-forwarding": 0, "proxy-arp": 1}}}
    set_ = attr(2, attr(1, u32(3, 1, order) + u32(25, 0, order), order), order)
    spec = clean(read(16, ifinfomsg(order), attr(26, set_, order), order))["af-spec"]
    assert spec == {"inet": {"conf": {"proxy-arp": 1, "proxy-arp-pvlan": 0}}}


@both_orders
def test_counters_begin_with_their_number(order: str) -> None:
    stats = attr(6, struct.pack(f"{order}7Q", 7, 1, 2, 3, 4, 5, 6), order)
    conf = attr(2, struct.pack(f"{order}60i", *range(7), -1, *range(8, 60)), order)
    body = attr(26, attr(10, conf + stats, order), order)
    inet6 = clean(read(16, ifinfomsg(order), body, order, MULTI))["af-spec"]["inet6"]
    assert inet6["icmp6-stats"]["num"] == 7
    assert inet6["icmp6-stats"]["ratelimithost"] == 6
    assert inet6["conf"]["rtr-solicits"] == -1
    assert inet6["conf"]["addr-gen-mode"] == 47
    assert inet6["conf"]["force-forwarding"] == 59


@both_orders
def test_vxlan_inherits_the_ttl_by_flag_or_byte(order: str) -> None:
    for payload, value in ((b"", True), (b"\1", 1)):
        data = attr(15, b"\x12\xb5", order) + attr(28, payload, order)
        info = attr(1, b"vxlan\0", order) + attr(2, data, order)
        attrs = clean(read(16, ifinfomsg(order), attr(18, info, order), order))
        assert attrs["linkinfo"] == {"kind": "vxlan", "data": {"port": 4789, "ttl-inherit": value}}


@both_orders
def test_can_counts_beside_its_data(order: str) -> None:
    info = attr(1, b"can\0", order) + attr(3, struct.pack(f"{order}6I", *range(6)), order)
    attrs = clean(read(16, ifinfomsg(order), attr(18, info, order), order, MULTI))
    xstats = attrs["linkinfo"]["xstats"]
    assert xstats["bus-off"] == 3


@both_orders
def test_statistics_are_asked_for_in_another_number_space(order: str) -> None:
    header = struct.pack(f"{order}B3xII", 0, 5, 1)
    asked = read(94, header, attr(1, u32(4, 3, order), order), order)
    assert clean(asked) == {"get-filters": {"link-offload-xstats": "0x3"}}
    stp = attr(4, struct.pack(f"{order}6Q", *range(6)), order)
    told = read(92, header, attr(2, attr(1, stp, order), order), order, MULTI)
    assert told.operation_c == "RTM_NEWSTATS"
    assert clean(told)["link-xstats"]["bridge"]["stp"]["tx-tcn"] == 5


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (18, "ifi-family"),
        (22, "ifa-family"),
        (26, "rtm-family"),
        (30, "ndm-family"),
        (34, "family"),
        (58, "ifa-family"),
        (66, "family"),
        (74, "ifal-family"),
    ],
)
def test_a_dump_may_be_asked_for_with_one_byte_or_a_link_header(kind: int, name: str) -> None:
    message = read(kind, b"\2", b"", flags=REQUEST | 0x300)
    assert (message.attrs, message.header) == ({}, {name: 2})
    # With its padding the byte is as long as struct ndtmsg.
    own = kind == 66
    assert [note.code for note in message.notes] == ([] if own else ["header.deprecated"])
    message = read(kind, ifinfomsg("<"), u32(29, 9, "<"), flags=REQUEST | 0x300)
    assert message.attrs == {"ext-mask": ["vf", "skip-stats"]}
    own = kind == 18
    assert [note.code for note in message.notes] == ([] if own else ["header.deprecated"])
    assert message.header is not None
    assert message.header["ifi-index"] == 5


@both_orders
def test_forwarding_database(order: str) -> None:
    header = struct.pack(f"{order}B3xiHBB", BRIDGE, 5, 0x80, 2, 0)
    body = attr(6, b"\x12\xb5", order) + attr(14, attr(1, b"\1", order), order)
    message = read(28, header, body, order, MULTI)
    assert clean(message) == {"port": 4789, "fdb-ext-attrs": {"activity-notify": ["notify"]}}
    assert message.header is not None
    assert message.header["ndm-flags"] == ["self"]


@both_orders
def test_rule_has_addresses_and_a_tunnel_in_network_order(order: str) -> None:
    header = struct.pack(f"{order}8BI", 10, 64, 0, 0, 254, 0, 0, 1, 0)
    body = attr(1, ip("2001:db8::"), order) + attr(12, struct.pack(">Q", 7), order)
    assert clean(read(32, header, body, order)) == {"dst": "2001:db8::", "tun-id": 7}


def group(order: str, proto: int, address: bytes) -> bytes:
    """struct br_mdb_entry."""
    head = struct.pack(f"{order}IBBH", 6, 1, 2, 10)
    return head + address + bytes(16 - len(address)) + struct.pack(">H2x", proto)


@both_orders
def test_multicast_groups_have_three_shapes(order: str) -> None:
    header = struct.pack(f"{order}B3xI", BRIDGE, 5)
    asked = read(84, header, attr(1, group(order, 0x0800, ip("233.252.0.1")), order), order)
    assert clean(asked)["set-entry"] == {
        "ifindex": 6,
        "state": "permanent",
        "flags": ["fast-leave"],
        "vid": 10,
        "addr": "233.252.0.1",
        "proto": 0x0800,
    }
    assert asked.operation_c == "RTM_NEWMDB"
    mac = b"\1\0\x5e\0\0\1"
    asked = read(86, header, attr(1, group(order, 0, mac), order), order)
    assert clean(asked)["get-entry"]["addr"] == "01:00:5e:00:00:01"
    info = group(order, 0x86DD, ip("ff0e::1")) + u32(1, 500, order)
    ports = [struct.pack(f"{order}I", 6) + attr(2, bytes((kind,)), order) for kind in (1, 2)]
    body = attr(1, attr(1, attr(1, info, order), order), order)
    body += attr(2, b"".join(attr(1, port, order) for port in ports), order)
    for kind in (84, 86):
        told = clean(read(kind, header, body, order, MULTI))
        (entry,) = told["mdb"]["entry"]
        assert (entry["info"][0]["addr"], entry["info"][0]["timer"]) == ("ff0e::1", 500)
        assert told["router"] == {
            "port": [{"ifindex": 6, "type": "temp-query"}, {"ifindex": 6, "type": "perm"}]
        }


@both_orders
def test_nexthop_group(order: str) -> None:
    header = struct.pack(f"{order}4BI", 0, 0, 3, 0, 16)
    members = struct.pack(f"{order}IBB2xIBB2x", 1, 9, 0, 2, 19, 1)
    message = read(104, header, u32(1, 10, order) + attr(2, members, order), order, MULTI)
    assert clean(message) == {
        "id": 10,
        "group": [
            {"id": 1, "weight": 9, "weight-high": 0},
            {"id": 2, "weight": 19, "weight-high": 1},
        ],
    }
    assert message.header is not None
    assert message.header["nh-flags"] == ["linkdown"]


@both_orders
def test_vlans_are_asked_for_in_another_number_space(order: str) -> None:
    header = struct.pack(f"{order}B3xI", BRIDGE, 5)
    assert clean(read(114, header, u32(1, 1, order), order)) == {"flags": ["stats"]}
    entry = attr(1, attr(1, struct.pack(f"{order}HH", 2, 7), order), order)
    told = clean(read(112, header, entry, order, MULTI))
    assert told == {"entry": [{"info": {"flags": ["pvid"], "vid": 7}}]}


@both_orders
def test_a_router_option_stands_before_the_attributes(order: str) -> None:
    option = b"\x19\3" + bytes(2) + b"\0\0\7\x08" + ip("2001:db8::53")
    header = struct.pack(f"{order}BxHiBBHI", 10, len(option), 5, 134, 0, 0, 0) + option
    message = read(68, header, attr(1, ip("fe80::1"), order), order, 0)
    assert clean(message) == {"srcaddr": "fe80::1"}
    assert message.header is not None
    assert message.header["nd-opt-type"] == "rdnss"
    assert message.header["nd-opt-data"] == option[2:].hex(" ")


@both_orders
def test_dcb_answers_a_nest_or_a_byte(order: str) -> None:
    asked = attr(4, attr(1, b"\1", order) + attr(9, b"", order), order)
    message = read(79, bytes((0, 8, 0, 0)), asked, order)
    assert clean(message) == {"pfc-cfg": {"0": 1, "all": True}}
    assert message.header == {"dcb-family": 0, "cmd": "pfc-scfg"}
    answer = read(79, bytes((0, 8, 0, 0)), attr(4, b"\0", order), order, 0)
    assert clean(answer) == {"pfc-cfg": 0}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (17, "RTM_DELLINK"),
        (21, "RTM_DELADDR"),
        (25, "RTM_DELROUTE"),
        (29, "RTM_DELNEIGH"),
        (33, "RTM_DELRULE"),
        (52, "RTM_NEWPREFIX"),
        (56, "RTM_NEWMULTICAST"),
        (61, "RTM_DELANYCAST"),
        (64, "RTM_NEWNEIGHTBL"),
        (68, "RTM_NEWNDUSEROPT"),
        (73, "RTM_DELADDRLABEL"),
        (81, "RTM_DELNETCONF"),
        (85, "RTM_DELMDB"),
        (89, "RTM_DELNSID"),
        (92, "RTM_NEWSTATS"),
        (96, "RTM_NEWCACHEREPORT"),
        (105, "RTM_DELNEXTHOP"),
        (113, "RTM_DELVLAN"),
        (117, "RTM_DELNEXTHOPBUCKET"),
        (121, "RTM_DELTUNNEL"),
    ],
)
def test_notifications_are_named(kind: int, name: str) -> None:
    message = read(kind, b"", b"", flags=0)
    assert message.operation_c == name
    assert message.operation


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from([16, 24, 28, 32, 68, 79, 84, 86, 92, 94, 104, 112]),
    flags=st.sampled_from([REQUEST, MULTI]),
    family=st.sampled_from([0, 2, 10, BRIDGE, MPLS, 128]),
    number=st.sampled_from([1, 2, 9, 12, 18, 19, 22, 26]),
    payload=st.binary(max_size=80),
)
def test_any_payload_is_read_alike_both_ways(
    kind: int, flags: int, family: int, number: int, payload: bytes
) -> None:
    body = attr(number, payload, "<") + attr(21, b"\5\0", "<")
    read(kind, bytes((family,)) + bytes(11), body, flags=flags)
