"""Open vSwitch: commands of all families, actions in actions, masks, keys of another family."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Record

from ..check import REGISTRY, check_record, leaves

REQUEST = 1
MULTI = 2
FAMILIES = {
    "ovs_datapath": ("NEW", "DEL", "GET", "SET"),
    "ovs_vport": ("NEW", "DEL", "GET", "SET"),
    "ovs_flow": ("NEW", "DEL", "GET", "SET"),
    "ovs_packet": ("MISS", "ACTION", "EXECUTE"),
    "ovs_meter": ("FEATURES", "SET", "DEL", "GET"),
    "ovs_ct_limit": ("SET", "DEL", "GET"),
}
IDS = {name: 32 + index for index, name in enumerate(FAMILIES)}
KEY, ACTIONS, MASK = 1, 2, 7
both_orders = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])


def attr(kind: int, payload: bytes, order: str = "<") -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def u32(kind: int, value: int, order: str = "<") -> bytes:
    return attr(kind, struct.pack(f"{order}I", value), order)


def read(family: str, command: int, body: bytes, order: str = "<", flags: int = REQUEST) -> Message:
    """The only message of a record, for datapath 3."""
    payload = struct.pack(f"{order}BBxxi", command, 1, 3) + body
    data = struct.pack(">HHH8xH", 4, 824, 0, 16)
    data += struct.pack(f"{order}IHHII", 16 + len(payload), IDS[family], flags, 9, 0) + payload
    reader = Dissector(
        REGISTRY,
        Learned({number: name for name, number in IDS.items()}),
        [Interface(0, 253, 262144, "", "", "little")],
        order="little" if order == "<" else "big",
    )
    (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
    return message


def attrs(
    family: str, command: int, body: bytes, order: str = "<", flags: int = REQUEST
) -> dict[str, Any]:
    """The attributes of a message that has no notes and no byte without a name."""
    message = read(family, command, body, order, flags)
    assert [(note.code, note.path) for note in message.notes] == []
    raw = [leaf for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"]
    assert raw == []
    assert message.header == {"dp-ifindex": 3}
    return message.attrs


def actions(payload: bytes, order: str = "<") -> Any:
    return attrs("ovs_flow", 1, attr(ACTIONS, payload, order), order)["actions"]


def key(payload: bytes, order: str = "<") -> Any:
    return attrs("ovs_flow", 1, attr(KEY, payload, order), order)["key"]


@pytest.mark.parametrize("flags", [REQUEST, MULTI, 0], ids=["request", "reply", "notify"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_command_is_described(family: str, flags: int) -> None:
    prefix = family.replace("datapath", "dp").upper()
    for command, name in enumerate(FAMILIES[family], 1):
        if name in ("MISS", "ACTION") and flags & REQUEST:
            continue
        message = read(family, command, b"", flags=flags)
        assert message.family == family
        assert message.operation_c == f"{prefix}_CMD_{name}"


@both_orders
def test_actions_repeat_and_nest(order: str) -> None:
    output = u32(1, 5, order)
    sample = attr(6, u32(1, 7, order) + attr(2, output + u32(1, 6, order), order), order)
    check = attr(1, struct.pack(f"{order}H", 1500), order) + attr(2, output, order)
    check += attr(3, attr(5, b"", order), order)
    found = actions(
        output + u32(1, 2, order) + sample + attr(20, sample, order) + attr(21, check, order)
        + attr(23, attr(1, output, order), order),
        order,
    )  # fmt: skip
    inner = {"probability": 7, "actions": {"output": [5, 6]}}
    assert found == {
        "output": [5, 2],
        "sample": [inner],
        "clone": [{"sample": [inner]}],
        "check-pkt-len": [
            {
                "pkt-len": 1500,
                "actions-if-greater": {"output": [5]},
                "actions-if-less-equal": {"pop-vlan": [True]},
            }
        ],
        "dec-ttl": [{"action": {"output": [5]}}],
    }


@both_orders
def test_a_masked_set_has_the_mask_behind_the_value(order: str) -> None:
    addresses = bytes(4) + ip_address("192.0.2.1").packed
    value, mask = addresses + b"\0\0\x09\0", bytes(8) + b"\0\0\xff\0"
    base = bytes((0, 63, 1, 3)) + struct.pack(">I", 0x100)
    nsh = attr(28, attr(1, base + b"\0\xff\0\0\0\0\0\0", order), order)
    found = actions(
        attr(11, attr(7, value + mask, order), order)
        + attr(11, attr(15, struct.pack(f"{order}II", 7, 0xFF), order), order)
        + attr(11, nsh, order),
        order,
    )["set-masked"]
    assert found[0]["ipv4"]["value"]["ipv4-dst"] == "192.0.2.1"
    assert found[0]["ipv4"]["mask"]["ipv4-ttl"] == 255
    assert found[1] == {"skb-mark": {"value": 7, "mask": 0xFF}}
    assert found[2]["nsh"]["base"]["value"]["path-hdr"] == "0x100"
    assert found[2]["nsh"]["base"]["mask"]["ttl"] == 255


@given(st.integers(0, 40), st.binary(max_size=60))
def test_any_masked_set_tiles(number: int, raw: bytes) -> None:
    read("ovs_flow", 1, attr(ACTIONS, attr(11, attr(number, raw))))


def test_a_masked_set_of_odd_length_is_noted() -> None:
    message = read("ovs_flow", 1, attr(ACTIONS, attr(11, attr(15, bytes(7)))))
    assert [note.code for note in message.notes] == ["value.width"]


@both_orders
def test_keys_are_as_long_as_on_the_wire(order: str) -> None:
    arp = ip_address("192.0.2.1").packed + ip_address("192.0.2.2").packed + b"\0\1"
    arp += b"\2\0\0\0\0\1" + bytes(6) + bytes(2)
    tuple6 = ip_address("2001:db8::1").packed * 2 + b"\0\x50\x04\0\6" + bytes(3)
    labels = struct.pack(">III", 0x10140, 0x11140, 0x12100)
    found = key(attr(13, arp, order) + attr(27, tuple6, order) + attr(21, labels, order), order)
    assert (found["arp"]["arp-tip"], found["arp"]["arp-op"]) == ("192.0.2.2", 1)
    assert found["ct-orig-tuple-ipv6"]["src-port"] == 80
    assert found["mpls"] == [{"mpls-lse": 0x10140}, {"mpls-lse": 0x11140}, {"mpls-lse": 0x12100}]


@both_orders
def test_a_tunnel(order: str) -> None:
    erspan = struct.pack(f"{order}i", 1) + struct.pack(">IHH", 9, 0, 0)
    tunnel = attr(0, struct.pack(">Q", 42), order) + attr(2, bytes((198, 51, 100, 9)), order)
    tunnel += attr(4, b"\x40", order) + attr(5, b"", order) + attr(15, erspan, order)
    tunnel += attr(11, u32(1, 5, order), order) + attr(13, ip_address("2001:db8::9").packed, order)
    found = key(attr(16, tunnel, order), order)["tunnel"]
    assert (found["id"], found["ipv4-dst"], found["ttl"]) == (42, "198.51.100.9", 64)
    assert found["dont-fragment"] is True
    assert found["erspan-opts"]["index-or-timestamp"] == 9
    assert found["vxlan-opts"] == {"gbp": 5}
    assert found["ipv6-dst"] == "2001:db8::9"


@both_orders
def test_conntrack_and_user_space(order: str) -> None:
    nat = attr(1, b"", order) + attr(3, bytes((192, 0, 2, 9)), order)
    nat += attr(5, struct.pack(f"{order}H", 1024), order)
    ct = attr(1, b"", order) + attr(2, struct.pack(f"{order}H", 4), order)
    ct += attr(3, struct.pack(f"{order}II", 1, 0xF), order) + attr(6, nat, order)
    ct += attr(4, b"\1" + bytes(15) + b"\xff" * 16, order)
    user = u32(1, 77, order) + attr(2, b"\1\2", order)
    found = actions(attr(12, ct, order) + attr(2, user, order) + u32(24, 3, order), order)
    (tracked,) = found["ct"]
    assert (tracked["commit"], tracked["zone"]) == (True, 4)
    assert tracked["mark"] == {"value": 1, "mask": 0xF}
    assert tracked["nat"] == {"src": True, "ip-min": "192.0.2.9", "proto-min": 1024}
    assert tracked["labels"]["mask"] == " ".join(["ff"] * 16)
    assert found["userspace"] == [{"pid": 77, "userdata": "01 02"}]
    assert found["drop"] == [3]


def test_mpls_is_pushed_with_a_sixteen_bit_type() -> None:
    push = struct.pack(">IHH", 0x10140, 0x8847, 0)
    found = actions(attr(9, push) + attr(22, push[:6] + b"\1\0") + attr(14, bytes(12)))
    assert found["push-mpls"] == [{"mpls-lse": 0x10140, "mpls-ethertype": 0x8847}]
    assert found["add-mpls"][0]["tun-flags"] == 1
    assert found["push-eth"][0]["eth-dst"] == "00:00:00:00:00:00"


@both_orders
def test_a_packet_has_the_key_and_actions_of_a_flow(order: str) -> None:
    body = attr(2, u32(3, 1, order) + attr(6, b"\x08\0", order), order)
    body += attr(3, u32(1, 2, order), order) + attr(11, struct.pack(f"{order}Q", 5), order)
    found = attrs("ovs_packet", 3, body, order)
    assert found == {
        "key": {"in-port": 1, "ethertype": 0x800},
        "actions": {"output": [2]},
        "hash": 5,
    }
    frame = read("ovs_packet", 1, attr(1, bytes(14)), flags=0)
    assert frame.get("packet.data") == "00" * 14


@both_orders
def test_a_meter_has_bands(order: str) -> None:
    stats = struct.pack(f"{order}QQ", 3, 294)
    band = attr(0, u32(1, 1, order) + u32(2, 1000, order) + attr(4, stats, order), order)
    found = attrs("ovs_meter", 4, u32(1, 9, order) + attr(4, band + band, order), order, MULTI)
    counted = {"n-packets": 3, "n-bytes": 294}
    assert found["bands"]["unspec"] == [{"type": "drop", "rate": 1000, "stats": counted}] * 2


@both_orders
def test_zone_limits_stand_without_headers(order: str) -> None:
    limits = struct.pack(f"{order}iIIiII", -1, 0, 0, 4, 10, 2)
    assert attrs("ovs_ct_limit", 3, attr(1, limits, order), order, MULTI)["zone-limit"] == [
        {"zone-id": -1, "limit": 0, "count": 0},
        {"zone-id": 4, "limit": 10, "count": 2},
    ]


@both_orders
def test_a_port_has_options_of_tunnels(order: str) -> None:
    options = attr(1, struct.pack(f"{order}H", 4789), order)
    options += attr(2, attr(1, b"", order), order)
    found = attrs("ovs_vport", 1, attr(4, options, order), order)
    assert found == {"options": {"dst-port": 4789, "extension": {"gbp": True}}}
