"""nfnetlink: all subsystems and their messages, byte orders, lists, user data, nets in packets."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.model import Message, Node, Record

from ..check import check_record, dissector, leaves

REQUEST = 1
MULTI = 2
NET = 0x4000
NEST = 0x8000
both_orders = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])

SUBSYSTEMS = {
    1: ("conntrack", 8),
    2: ("nfnetlink-exp", 4),
    3: ("nfnetlink-queue", 4),
    4: ("nfnetlink-ulog", 2),
    5: ("nfnetlink-osf", 2),
    7: ("nfnetlink-acct", 5),
    8: ("nfnetlink-cttimeout", 5),
    9: ("nfnetlink-cthelper", 3),
    10: ("nftables", 34),
    11: ("nfnetlink-compat", 1),
    12: ("nfnetlink-hook", 1),
}
"""Subsystem number to family and how many messages it has; ipset counts from 1."""


def attr(kind: int, payload: bytes, order: str = "<") -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def be32(kind: int, value: int, order: str = "<") -> bytes:
    return attr(kind, struct.pack(">I", value), order)


def read(type_: int, body: bytes = b"", order: str = "<", flags: int = REQUEST) -> Message:
    """The only message of a record; nfgenmsg is for family 2 and resource 7."""
    payload = struct.pack(">BBH", 2, 0, 7) + body
    data = struct.pack(">HHH8xH", 4, 824, 0, 12)
    data += struct.pack(f"{order}IHHII", 16 + len(payload), type_, flags, 9, 0) + payload
    reader = dissector(order="little" if order == "<" else "big")
    (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
    return message


def attrs(type_: int, body: bytes, order: str = "<", flags: int = REQUEST) -> dict[str, Any]:
    """The attributes of a message that has no notes and no byte without a name."""
    message = read(type_, body, order, flags)
    assert [(note.code, note.path) for note in message.notes] == []
    raw = [leaf for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"]
    assert raw == []
    return message.attrs


def node_at(message: Message, name: str) -> Node:
    """The first attribute of that name, at any depth."""
    nodes = list(message.layers)
    while nodes:
        node = nodes.pop(0)
        if node.name == name:
            return node
        nodes += node.children
    raise AssertionError(name)


EVENTS = (0x0300, 0x0400, 0x0704, 0x0A11)
"""What nobody but the kernel says."""


@pytest.mark.parametrize("flags", [REQUEST, MULTI, 0], ids=["request", "reply", "notify"])
def test_every_message_is_described(flags: int) -> None:
    for subsystem, (family, count) in SUBSYSTEMS.items():
        for number in range(count):
            type_ = subsystem << 8 | number
            if flags & REQUEST and type_ in EVENTS:
                continue
            message = read(type_, flags=flags)
            assert message.family == family
            assert message.operation, hex(type_)
    for number in range(1, 16):
        assert read(6 << 8 | number, flags=flags).family == "nfnetlink-ipset"


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (0x0100, "IPCTNL_MSG_CT_NEW"),
        (0x0104, "IPCTNL_MSG_CT_GET_STATS_CPU"),
        (0x0105, "IPCTNL_MSG_CT_GET_STATS"),
        (0x0202, "IPCTNL_MSG_EXP_DELETE"),
        (0x0300, "NFQNL_MSG_PACKET"),
        (0x0401, "NFULNL_MSG_CONFIG"),
        (0x0607, "IPSET_CMD_LIST"),
        (0x0704, "NFNL_MSG_ACCT_OVERQUOTA"),
        (0x0803, "IPCTNL_MSG_TIMEOUT_DEFAULT_SET"),
        (0x0A0F, "NFT_MSG_NEWGEN"),
        (0x0A11, "NFT_MSG_TRACE"),
        (0x0A21, "NFT_MSG_GETSETELEM_RESET"),
    ],
)
def test_messages_have_the_names_of_their_constants(type_: int, name: str) -> None:
    for flags in (MULTI, 0) if type_ in EVENTS else (REQUEST, MULTI, 0):
        assert read(type_, flags=flags).operation_c == name


def test_kernel_messages_are_told_by_their_numbers() -> None:
    assert read(0x0A02, flags=0).operation == "deltable-ntf"
    assert read(0x0A11, flags=0).operation == "trace"
    assert read(0x0102, flags=0).operation == "delete-ntf"
    assert read(0x0300, flags=0).operation == "packet"


# nftables


def expression(name: str, data: bytes, order: str = "<") -> bytes:
    """A rule of one expression."""
    inner = attr(1, name.encode() + b"\0", order) + attr(2 | NEST, data, order)
    return attr(4 | NEST, attr(1 | NEST, inner, order), order)


def data_of(name: str, data: bytes, order: str = "<") -> Any:
    """What an expression's data reads as."""
    rule = attrs(0x0A06, expression(name, data, order), order)
    (elem,) = rule["expressions"]["elem"]
    assert elem["name"] == name
    return elem["data"]


@both_orders
def test_expressions_are_in_network_order(order: str) -> None:
    limit = attr(1, struct.pack(">Q", 5), order) + attr(2, struct.pack(">Q", 60), order)
    assert data_of("limit", limit + be32(4, 1, order) + be32(5, 1, order), order) == {
        "rate": 5,
        "unit": 60,
        "type": "pkt-bytes",
        "flags": ["inv"],
    }
    log = attr(1, b"\0\3", order) + attr(2, b"x \0", order) + be32(5, 4, order)
    assert data_of("log", log, order) == {"group": 3, "prefix": "x ", "level": "warning"}
    counter = attr(1, struct.pack(">Q", 98), order) + attr(2, struct.pack(">Q", 1), order)
    assert data_of("counter", counter, order) == {"bytes": 98, "packets": 1}


def test_lookup_has_its_set_id_last() -> None:
    body = attr(1, b"s\0") + be32(2, 1) + be32(3, 0) + be32(4, 6) + be32(5, 1)
    assert data_of("lookup", body) == {
        "set": "s",
        "sreg": 1,
        "dreg": 0,
        "set id": 6,
        "flags": ["invert"],
    }


def test_expressions_stand_in_expressions() -> None:
    inner = attr(1, b"counter\0") + attr(2 | NEST, attr(1, struct.pack(">Q", 7)))
    dynset = attr(1, b"seen\0") + be32(3, 1) + be32(4, 9) + attr(6, struct.pack(">Q", 300000))
    dynset += attr(10 | NEST, attr(1 | NEST, inner))
    assert data_of("dynset", dynset) == {
        "set-name": "seen",
        "op": "update",
        "sreg-key": 9,
        "timeout": 300000,
        "expressions": {"elem": [{"name": "counter", "data": {"bytes": 7}}]},
    }


def test_notrack_has_no_data() -> None:
    assert data_of("notrack", b"") == {}


def test_an_unknown_expression_is_guessed() -> None:
    message = read(0x0A06, expression("nosuch", be32(1, 5)))
    assert "sub-message.unknown" in [note.code for note in message.notes]


@both_orders
def test_elements_may_have_any_number(order: str) -> None:
    def elem(number: int, key: bytes) -> bytes:
        value = attr(1 | NEST, attr(1, key, order), order)
        return attr(number | NEST, value + attr(4, struct.pack(">Q", 1000), order), order)

    body = attr(1, b"t\0", order) + attr(2, b"s\0", order)
    body += attr(3 | NEST, elem(1, b"\x0a\0\0\1") + elem(2, b"\x0a\0\0\2") + elem(9, b"\0"), order)
    elements: Any = read(0x0A0C, body, order).attrs["elements"]
    assert elements["elem"] == [
        {"key": {"value": "0a000001"}, "timeout": 1000},
        {"key": {"value": "0a000002"}, "timeout": 1000},
        {"key": {"value": "00"}, "timeout": 1000},
    ]


def test_elements_end_at_broken_attributes() -> None:
    body = attr(3 | NEST, attr(2 | NEST, attr(9, b"c1\0")) + b"\2\0\1\0\1")
    message = read(0x0A0C, body)
    assert message.attrs["elements"] == {"elem": [{"objref": "c1"}]}
    assert [note.severity for note in message.notes] == ["error"]


@both_orders
def test_an_object_is_what_its_type_says(order: str) -> None:
    body = attr(1, b"t\0", order) + attr(2, b"quick\0", order) + be32(3, 7, order)
    timeouts = be32(3, 120, order) + be32(8, 4, order)
    data = attr(1, b"\0\2", order) + attr(2, b"\6", order) + attr(3 | NEST, timeouts, order)
    found = attrs(0x0A12, body + attr(4 | NEST, data, order), order)
    assert found["type"] == "ct-timeout"
    assert found["data"] == {
        "l3proto": 2,
        "l4proto": "tcp",
        "data": {"established": 120, "close": 4},
    }


def test_userdata_is_hex_with_its_entries_beside() -> None:
    message = read(0x0A00, attr(1, b"t\0") + attr(6, b"\0\4one\0\7\1\x05"))
    assert message.attrs["userdata"] == "00046f6e6500070105"
    userdata = node_at(message, "userdata")
    assert userdata.display == "one, 05"
    entries = [child.value for child in userdata.children if child.kind == "item"]
    assert entries == [{"type": 0, "value": "one"}, {"type": 7, "value": "05"}]


@given(st.binary(max_size=24))
def test_any_userdata_tiles(raw: bytes) -> None:
    assert read(0x0A00, attr(6, raw)).attrs["userdata"] == raw.hex()


# conntrack and what carries it


def tuple_of(source: str, target: str, order: str) -> bytes:
    first = 1 if ip_address(source).version == 4 else 3
    address = attr(first, ip_address(source).packed, order)
    address += attr(first + 1, ip_address(target).packed, order)
    ports = attr(1, b"\x11", order) + attr(2, b"\0\x35", order) + attr(3, b"\x04\0", order)
    return attr(1 | NEST, address, order) + attr(2 | NEST, ports, order)


@both_orders
def test_a_connection(order: str) -> None:
    body = attr(1 | NEST, tuple_of("192.0.2.1", "198.51.100.2", order), order)
    body += attr(2 | NEST, tuple_of("2001:db8::1", "2001:db8::2", order), order)
    body += be32(3, 0x0E, order)
    nat = attr(1, ip_address("192.0.2.9").packed, order)
    nat += attr(3 | NEST, attr(1, b"\0\x50", order), order)
    nat += attr(4, ip_address("2001:db8::9").packed, order)
    body += attr(6 | NEST, nat, order)
    body += attr(20 | NEST, attr(1, struct.pack(">Q", 1 << 60), order), order)
    body += attr(25 | NEST, attr(1, struct.pack(f"{order}I", 9), order), order)
    found = attrs(0x0100, body, order, flags=0)
    assert found["tuple-orig"] == {
        "tuple-ip": {"ip-v4-src": "192.0.2.1", "ip-v4-dst": "198.51.100.2"},
        "tuple-proto": {"proto-num": 17, "proto-src-port": 53, "proto-dst-port": 1024},
    }
    assert found["tuple-reply"]["tuple-ip"]["ip-v6-dst"] == "2001:db8::2"
    assert found["status"] == ["seen-reply", "assured", "confirmed"]
    assert found["nat-src"] == {
        "nat-v4-minip": "192.0.2.9",
        "nat-proto": {"nat-port-min": 80},
        "nat-v6-minip": "2001:db8::9",
    }
    assert found["timestamp"] == {"start": 1 << 60}
    assert found["filter"] == {"orig-flags": ["ip-src", "proto-num"]}


def test_a_queued_packet_knows_its_connection() -> None:
    body = attr(1, struct.pack(">IHB", 5, 0x800, 1))
    body += attr(9, struct.pack(">HH8s", 6, 0, b"\2\0\0\0\0\1"))
    body += attr(11 | NEST, attr(1 | NEST, tuple_of("192.0.2.1", "192.0.2.2", "<")))
    body += be32(12, 2) + attr(19 | NEST, attr(1, b"\x81\0") + attr(2, b"\0\5"))
    found = attrs(0x0300, body, flags=0)
    assert found["packet-hdr"] == {"packet-id": 5, "hw-protocol": 0x800, "hook": 1}
    assert found["hwaddr"] == {"hw-addrlen": 6, "hw-addr": "02:00:00:00:00:01:00:00"}
    assert found["ct"]["tuple-orig"]["tuple-ip"]["ip-v4-dst"] == "192.0.2.2"
    assert found["ct-info"] == "new"
    assert found["vlan"] == {"proto": "0x8100", "tci": 5}


def test_a_verdict() -> None:
    verdict = attrs(0x0301, attr(2, struct.pack(">II", 1, 5)))
    assert verdict["verdict-hdr"] == {"verdict": "accept", "id": 5}


def test_hooks_say_whose_they_are() -> None:
    chain = attr(1, b"t\0") + attr(2, b"\1") + attr(3, b"c\0")
    body = be32(1, 1) + be32(2, 0xFFFFFF6A) + attr(4, b"f\0")
    body += attr(6 | NEST, be32(2, 1) + attr(1 | NEST, chain))
    found = attrs(0x0C00, body, flags=MULTI)
    assert found["priority"] == -150
    assert found["chain-info"] == {
        "type": "nftables",
        "desc": {"table": "t", "family": 1, "name": "c"},
    }


def test_a_chain_description_may_stand_before_its_type() -> None:
    body = attr(6 | NEST, attr(1 | NEST, be32(1, 77)) + be32(2, 2))
    assert attrs(0x0C00, body, flags=MULTI)["chain-info"] == {"desc": {"id": 77}, "type": "bpf"}


# ipset


@both_orders
def test_ipset_marks_network_order(order: str) -> None:
    ip = attr(1 | NEST, attr(1 | NET, ip_address("192.0.2.5").packed, order), order)
    data = ip + attr(6 | NET, struct.pack(">I", 60), order) + attr(9, b"\0\0\0\0", order)
    data += attr(8 | NET, struct.pack(">I", 4), order) + attr(26, b"fifth\0", order)
    body = attr(1, b"\7", order) + attr(2, b"hosts\0", order)
    found = attrs(0x0609, body + attr(7 | NEST, data, order), order)
    assert found["data"] == {
        "ip": {"ipv4": "192.0.2.5"},
        "timeout": 60,
        "lineno": 0,
        "cadt-flags": ["nomatch"],
        "comment": "fifth",
    }


def test_a_set_has_creation_data_and_elements() -> None:
    elem = attr(7 | NEST, attr(17, b"\2\0\0\0\0\1") + attr(24 | NET, struct.pack(">Q", 84)))
    body = attr(2, b"hosts\0") + attr(3, b"hash:mac\0")
    body += attr(7 | NEST, attr(18 | NET, struct.pack(">I", 64)) + attr(21, b"\x0c"))
    body += attr(8 | NEST, elem + elem)
    found = attrs(0x0607, body, flags=MULTI)
    assert found["data"] == {"hashsize": 64, "bucketsize": 12}
    assert found["adt"]["data"] == [{"ether": "02:00:00:00:00:01", "bytes": 84}] * 2


@both_orders
def test_a_markmask_is_in_network_order_only_where_marked(order: str) -> None:
    for kind, byte_order in ((11, order), (11 | NET, ">")):
        data = attr(kind, struct.pack(f"{byte_order}I", 0xFF), order)
        assert attrs(0x0602, attr(7 | NEST, data, order), order)["data"] == {"markmask": 0xFF}


# the smaller ones


@both_orders
def test_a_fingerprint_has_its_options(order: str) -> None:
    finger = struct.pack(f"{order}IIBBHHH", 1, 4, 64, 1, 60, 0, 2)
    finger += b"Linux".ljust(32, b"\0") + b"5.x".ljust(32, b"\0") + bytes(32)
    finger += struct.pack(f"{order}HHII", 2, 4, 0, 1460) + struct.pack(f"{order}HHII", 1, 1, 0, 0)
    found = attrs(0x0500, attr(1, finger, order), order)["finger"]
    assert found["wss"] == {"wc": "mss", "val": 4}
    assert (found["genre"], found["version"], found["opt-num"]) == ("Linux", "5.x", 2)
    assert found["opt"] == [
        {"kind": "mss", "length": 4, "wc": {"wc": "plain", "val": 1460}},
        {"kind": "nop", "length": 1, "wc": {"wc": "plain", "val": 0}},
    ]


def test_a_cut_fingerprint_is_noted() -> None:
    message = read(0x0500, attr(1, bytes(112 + 5)))
    assert [note.code for note in message.notes] == ["value.width"]
    assert message.attrs["finger"]["opt"] == []  # type: ignore[index, call-overload]


def test_a_conntrack_helper() -> None:
    policy = be32(1, 1) + attr(2 | NEST, attr(1, b"ftp\0") + be32(2, 1) + be32(3, 300))
    body = attr(1, b"ftp\0") + attr(2 | NEST, attr(1, b"\0\2") + attr(2, b"\6"))
    body += be32(3, 0) + attr(4 | NEST, policy) + be32(6, 1)
    found = attrs(0x0900, body)
    assert found["policy"] == {
        "set-num": 1,
        "set1": {"name": "ftp", "expect-max": 1, "expect-timeout": 300},
    }
    assert found["status"] == "enabled"


def test_an_account() -> None:
    body = attr(1, b"web\0") + attr(2, struct.pack(">Q", 3)) + be32(5, 2)
    assert attrs(0x0700, body) == {"name": "web", "pkts": 3, "flags": ["quota-bytes"]}
