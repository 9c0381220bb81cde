"""Generic families: every operation of each, and what their decoders make of bytes."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node, Record
from nldissect.spec.checks import LENGTH, RANGE
from nldissect.spec.sets import AttrSet, IndexedArray, Nest
from nldissect.spec.structs import StructType
from nldissect.spec.types import AutoScalar, Bitfield32, CArray, HintBytes, Scalar, Text, Type

from ..check import REGISTRY, check_record, leaves

ID = 0x2A
REQUEST = 1
MULTI = 2
ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])

FAMILIES = [
    "802.15.4 MAC",
    "HSR",
    "IOAM6",
    "IPVS",
    "MAC80211_HWSIM",
    "MAC802154_HWSIM",
    "NCSI",
    "NET_DM",
    "NLBL_CALIPSO",
    "NLBL_CIPSOv4",
    "NLBL_MGMT",
    "NLBL_UNLBL",
    "SEG6",
    "SMBD_GENL",
    "SMC_GEN_NETLINK",
    "SMC_PNETID",
    "TASKSTATS",
    "TCM-USER",
    "TIPC",
    "TIPCv2",
    "VFS_DQUOT",
    "acpi_event",
    "batadv",
    "cifs",
    "devlink",
    "dpll",
    "drbd",
    "ethtool",
    "fou",
    "gtp",
    "handshake",
    "ila",
    "l2tp",
    "lockd",
    "macsec",
    "mptcp_pm",
    "nbd",
    "net-shaper",
    "netdev",
    "nfc",
    "nfsd",
    "nl802154",
    "nlctrl",
    "ovpn",
    "psample",
    "pmcraid",
    "psp",
    "reg_event",
    "tcp_metrics",
    "team",
    "thermal",
    "vdpa",
    "wireguard",
]


def attr(kind: int, payload: bytes = b"", order: str = "<") -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def read(
    family: str, command: int, body: bytes, order: str = "<", flags: int = MULTI, pid: int = 7
) -> Message:
    """The only message of a record, checked."""
    payload = struct.pack("BBxx", command, 1) + body
    number = 0x10 if family == "nlctrl" else ID
    data = struct.pack(">HHH8xH", 4, 824, 0, 16)
    data += struct.pack(f"{order}IHHII", 16 + len(payload), number, flags, 9, pid) + payload
    reader = Dissector(
        REGISTRY,
        Learned({ID: family}),
        [Interface(0, 253, 262144, "", "", "little")],
        order="little" if order == "<" else "big",
    )
    (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
    return message


def attrs(
    family: str, command: int, body: bytes, order: str = "<", flags: int = MULTI, pid: int = 7
) -> dict[str, Any]:
    """The attributes of a message of which there is nothing to remark."""
    message = read(family, command, body, order, flags, pid)
    assert [(note.code, note.path) for note in message.notes] == []
    assert not [
        leaf.name for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"
    ]
    return message.attrs


def names(message: Message) -> tuple[str, str, str]:
    return message.direction, message.operation, message.operation_c


def payload_of(type_: Type, order: str, depth: int) -> bytes:
    """Some bytes that a type reads."""
    if isinstance(type_, Nest):
        return body_of(type_.set, order, depth + 1)
    if isinstance(type_, IndexedArray):
        return attr(1, payload_of(type_.item, order, depth + 1), order)
    if isinstance(type_, (Scalar, StructType)):
        return bytes(type_.size)
    if isinstance(type_, (AutoScalar, Bitfield32)):
        return bytes(8)
    if isinstance(type_, CArray):
        return bytes(2 * type_.item.size)
    if isinstance(type_, HintBytes):
        return bytes(16)
    return b"a\0" if isinstance(type_, Text) else b""


def body_of(attr_set: AttrSet, order: str, depth: int = 0) -> bytes:
    """Every attribute of a set whose payload needs no decoder of its own."""
    if depth > 4:
        return b""
    plain = (
        Nest,
        IndexedArray,
        Scalar,
        StructType,
        AutoScalar,
        Bitfield32,
        CArray,
        HintBytes,
        Text,
    )
    body = b"".join(
        attr(number, payload, order)
        for number, item in attr_set.attrs.items()
        if isinstance(item.type, plain)
        and len(payload := payload_of(item.type, order, depth)) < 16000
    )
    return body if len(body) < 60000 else b""


@ORDERS
@pytest.mark.parametrize("family", FAMILIES)
def test_every_operation_reads_all_its_attributes(family: str, order: str) -> None:
    compiled = REGISTRY.family(family, "little" if order == "<" else "big")
    assert compiled is not None
    tables = {
        (REQUEST, 0): compiled.requests,
        (MULTI, 7): compiled.replies,
        (0, 0): compiled.notifications,
    }
    for (flags, pid), table in tables.items():
        for number, operation in table.items():
            kind = "request" if flags == REQUEST else "reply" if pid else "notify"
            op = compiled.op(number, kind)
            assert op is not None
            header = bytes(op.header.size) if op.header is not None else b""
            body = b"" if op.set is None else body_of(op.set, order)
            message = read(family, number, header + body, order, flags, pid)
            assert message.operation == operation.name
            assert message.operation_c
            # Zeros are not what policies ask for.
            notes = [note for note in message.notes if note.code not in (RANGE, LENGTH)]
            assert [(note.code, note.path) for note in notes] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_object_has_an_identity_that_exists(family: str) -> None:
    compiled = REGISTRY.family(family, "little")
    assert compiled is not None
    for attribute_set in compiled.spec.attribute_sets:
        for path in attribute_set.identity or ():
            current: AttrSet | None = compiled.attr_set(attribute_set.name)
            for name in path.split("."):
                if current is None:
                    break  # A member of a struct.
                by_name = {item.name: item for item in current.attrs.values()}
                assert name in by_name, (attribute_set.name, path)
                type_ = by_name[name].type
                current = type_.set if isinstance(type_, Nest) else None


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("wireguard", {"private-key", "preshared-key"}),
        ("macsec", {"key", "salt"}),
        ("ovpn", {"cipher-key", "nonce-tail"}),
        ("psp", {"key"}),
        ("SEG6", {"secret"}),
        ("cifs", {"swn-password"}),
        ("nl802154", {"bytes"}),
        ("ethtool", {"sopass", "password"}),
    ],
)
def test_key_material_is_secret(family: str, expected: set[str]) -> None:
    spec = REGISTRY.spec(family)
    assert spec is not None
    secrets = {a.name for s in spec.attribute_sets for a in s.attributes if a.secret}
    assert secrets == expected


# Socket addresses


def sockaddr(order: str, family: int) -> bytes:
    head = struct.pack(f"{order}H", family) + struct.pack(">H", 51820)
    if family == 2:
        return head + bytes([192, 0, 2, 1]) + bytes(8)
    scope = struct.pack(f"{order}I", 3)
    return head + bytes(4) + bytes.fromhex("fe80" + "00" * 13 + "01") + scope


@ORDERS
@pytest.mark.parametrize(("family", "text"), [(2, "192.0.2.1:51820"), (10, "[fe80::1%3]:51820")])
def test_socket_address_mixes_byte_orders(family: int, text: str, order: str) -> None:
    peer = attr(4, sockaddr(order, family), order)
    body = attr(8, attr(0, peer, order), order)
    assert attrs("wireguard", 0, body, order) == {"peers": [{"0": {"endpoint": text}}]}


def test_socket_address_in_storage_and_of_another_family() -> None:
    stored = sockaddr("<", 2).ljust(128, b"\0")
    assert attrs("cifs", 1, attr(4, stored)) == {"swn-ip": "192.0.2.1:51820"}
    assert attrs("cifs", 1, attr(4, b"\1\0ab")) == {"swn-ip": "01 00 61 62"}


# Values whose type another attribute says


@ORDERS
@pytest.mark.parametrize(
    ("number", "name", "payload", "value"),
    [
        (1, "u8", "B", 5),
        (2, "u16", "H", 5),
        (3, "u32", "I", 5),
        (4, "u64", "Q", 5),
        (6, "flag", "", True),
    ],
)
def test_device_parameter_has_its_own_type(
    number: int, name: str, payload: str, value: int, order: str
) -> None:
    data = struct.pack(order + payload, *([value] if payload else []))
    values = attr(84, attr(85, attr(86, data, order) + attr(87, b"\0", order), order), order)
    body = attr(80, attr(81, b"p\0", order) + attr(83, bytes([number]), order) + values, order)
    assert attrs("devlink", 38, body, order)["param"] == {
        "param-name": "p",
        "param-type": name,
        "param-values-list": {
            "param-value": [{"param-value-data": value, "param-value-cmode": "runtime"}]
        },
    }


def test_type_may_stand_behind_the_value() -> None:
    body = attr(86, b"\7\0\0\0") + attr(83, b"\3")
    assert attrs("devlink", 39, body, flags=REQUEST) == {
        "param-value-data": 7,
        "param-type": "u32",
    }


def test_value_without_a_type_says_so() -> None:
    message = read("devlink", 39, attr(86, b"\7\0\0\0"), flags=REQUEST)
    assert [note.code for note in message.notes] == ["sub-message.unknown"]
    assert message.attrs == {"param-value-data": 7}


@pytest.mark.parametrize(
    ("number", "payload", "value"),
    [(3, b"\2\0\0\0", 2), (5, b"roundrobin\0", "roundrobin"), (14, b"\xff\xff\xff\xff", -1)],
)
def test_team_option_has_a_netlink_type(number: int, payload: bytes, value: object) -> None:
    option = attr(1, b"mode\0") + attr(3, bytes([number])) + attr(4, payload)
    body = attr(1, b"\5\0\0\0") + attr(2, attr(1, option) + attr(1, option))
    assert (
        attrs("team", 2, body)["list-option"]["option"]
        == [{"name": "mode", "type": number, "data": value}] * 2
    )


def test_health_message_keeps_its_order() -> None:
    pair = attr(108) + attr(111, b"ok\0") + attr(112, b"\6") + attr(113, b"\0") + attr(110)
    number = attr(111, b"n\0") + attr(112, b"\3") + attr(113, b"\1\0\0\0")
    body = attr(106, attr(107) + pair + number + attr(110))
    assert attrs("devlink", 55, body)["fmsg"] == [
        {"fmsg-obj-nest-start": True},
        {"fmsg-pair-nest-start": True},
        {"fmsg-obj-name": "ok"},
        {"fmsg-obj-value-type": "flag"},
        {"fmsg-obj-value-data": False},
        {"fmsg-nest-end": True},
        {"fmsg-obj-name": "n"},
        {"fmsg-obj-value-type": "u32"},
        {"fmsg-obj-value-data": 1},
        {"fmsg-nest-end": True},
    ]


# Structs of several ages


TASKSTATS_14 = 432
"""The size of struct taskstats before the extremes of delays."""


def stats(size: int, version: int, order: str = "<") -> dict[str, Any]:
    payload = struct.pack(f"{order}H", version) + bytes(range(256)) * 4
    body = attr(4, attr(1, bytes(4), order) + attr(3, payload[:size], order), order)
    found = attrs("TASKSTATS", 2, body, order)["aggr-pid"]["stats"]
    assert isinstance(found, dict)
    return found


@ORDERS
def test_process_statistics_grow_with_the_version(order: str) -> None:
    assert "freepages-count" not in stats(312, 7, order)
    assert "irq-delay-total" in stats(TASKSTATS_14, 14, order)
    assert "cpu-delay-max" not in stats(TASKSTATS_14, 14, order)
    assert list(stats(TASKSTATS_14 + 128, 16, order))[-2:] == ["irq-delay-max", "irq-delay-min"]
    assert list(stats(TASKSTATS_14 + 256, 17, order))[-1] == "irq-delay-max-ts"


def test_process_statistics_of_version_15_have_extremes_between() -> None:
    for extra, following in ((64, "blkio-count"), (128, "cpu-delay-min")):
        found = list(stats(TASKSTATS_14 + extra, 15))
        at = found.index("cpu-delay-max")
        assert found[at - 1 : at + 2] == ["cpu-delay-total", "cpu-delay-max", following]
        assert found[-1].startswith("irq-delay-m")


def test_drop_points_fill_the_message() -> None:
    points = struct.pack("<IQIQI", 2, 0xFFFF, 1, 0xABCD, 5)
    message = read("NET_DM", 1, attr(0, points), flags=0, pid=0)
    assert names(message) == ("notify", "alert", "NET_DM_CMD_ALERT")
    assert message.attrs == {
        "unspec": {
            "entries": 2,
            "points": [{"pc": "0xffff", "count": 1}, {"pc": "0xabcd", "count": 5}],
        }
    }


def test_node_key_alone_is_secret() -> None:
    key = b"gcm(aes)".ljust(32, b"\0") + b"\4\0\0\0" + b"\1\2\3\4"
    message = read("TIPCv2", 23, attr(6, attr(4, key)), flags=REQUEST)
    assert message.attrs["node"] == {
        "key": {"alg-name": "gcm(aes)", "keylen": 4, "key": "01 02 03 04"}
    }
    secrets = [n.name for layer in message.layers for n in leaves(layer) if n.secret]
    assert secrets == ["key"]


def test_old_tipc_header_names_its_command() -> None:
    message = read("TIPC", 1, struct.pack("<IHH", 0, 0x4004, 0), flags=REQUEST)
    values = [n.value for layer in message.layers for n in leaves(layer) if n.name == "cmd"]
    assert "get-max-ports" in values


# Addresses by family


@pytest.mark.parametrize("first", [True, False])
@ORDERS
def test_service_address_by_family(first: bool, order: str) -> None:
    family = attr(11, struct.pack(f"{order}H", 2), order)
    address = attr(1, bytes([192, 0, 2, 5]) + bytes(12), order)
    body = attr(2, family + address if first else address + family, order)
    assert attrs("IPVS", 5, body, order)["dest"] == {"addr-family": "inet", "addr": "192.0.2.5"}


def test_service_address_without_a_family() -> None:
    address = attr(1, bytes.fromhex("20010db8") + bytes(11) + b"\1")
    assert attrs("IPVS", 5, attr(2, address))["dest"] == {"addr": "2001:db8::1"}


# ethtool


@ORDERS
def test_bit_map_is_words(order: str) -> None:
    value = struct.pack(f"{order}II", 0x80000001, 2)
    message = read("ethtool", 11, attr(4, attr(4, value, order), order), order)
    assert message.attrs == {"active": {"value": value.hex()}}
    words = [n.value for layer in message.layers for n in leaves(layer) if n.kind == "item"]
    assert words == ["0x80000001", "0x00000002"]


def test_statistics_are_named_by_their_group() -> None:
    def group(number: int, kind: int) -> bytes:
        one = attr(4, attr(kind, (9).to_bytes(8, "little")))
        return attr(4, attr(2, number.to_bytes(4, "little")) + one + one)

    found = attrs("ethtool", 33, group(1, 1) + group(3, 1))
    assert found["grp"] == [
        {"id": 1, "stat": [{"3-single-col": 9}] * 2},
        {"id": 3, "stat": [{"oversize": 9}] * 2},
    ]


def test_cable_test_repeats_its_results() -> None:
    result = attr(1, attr(1, b"\1") + attr(2, b"\1"))
    amplitude = attr(2, attr(1, b"\1") + attr(2, b"\xff\xff"))
    assert attrs("ethtool", 27, attr(3, result * 2), flags=0, pid=0) == {
        "nest": {"result": [{"pair": 1, "code": 1}] * 2}
    }
    assert attrs("ethtool", 28, attr(3, amplitude * 2), flags=0, pid=0) == {
        "nest": {"amplitude": [{"pair": 1, "mv": -1}] * 2}
    }


# Operations by direction


@pytest.mark.parametrize(
    ("family", "command", "flags", "pid", "expected"),
    [
        ("ethtool", 11, MULTI, 7, ("features-get", "ETHTOOL_MSG_FEATURES_GET_REPLY")),
        ("ethtool", 13, 0, 0, ("features-ntf", "ETHTOOL_MSG_FEATURES_NTF")),
        ("devlink", 7, MULTI, 7, ("port-get", "DEVLINK_CMD_PORT_NEW")),
        ("devlink", 7, REQUEST, 0, ("port-new", "DEVLINK_CMD_PORT_NEW")),
        ("devlink", 8, 0, 0, ("port-del-ntf", "DEVLINK_CMD_PORT_DEL")),
        ("devlink", 38, MULTI, 7, ("param-get", "DEVLINK_CMD_PARAM_GET")),
        ("devlink", 40, 0, 0, ("param-new", "DEVLINK_CMD_PARAM_NEW")),
        ("nlctrl", 1, MULTI, 7, ("getfamily", "CTRL_CMD_NEWFAMILY")),
        ("nlctrl", 8, 0, 0, ("delmcast-grp", "CTRL_CMD_DELMCAST_GRP")),
        ("mptcp_pm", 3, MULTI, 7, ("get-addr", "MPTCP_PM_CMD_GET_ADDR")),
        ("mptcp_pm", 3, 0, 0, ("closed", "MPTCP_EVENT_CLOSED")),
        ("IOAM6", 1, REQUEST, 0, ("add-namespace", "IOAM6_CMD_ADD_NAMESPACE")),
        ("IOAM6", 1, 0, 0, ("trace", "IOAM6_EVENT_TRACE")),
        ("TASKSTATS", 2, 0, 0, ("new", "TASKSTATS_CMD_NEW")),
        ("thermal", 5, 0, 0, ("event-tz-trip-up", "THERMAL_GENL_EVENT_TZ_TRIP_UP")),
        ("nfc", 10, 0, 0, ("device-added", "NFC_EVENT_DEVICE_ADDED")),
    ],
)
def test_operation_by_direction(
    family: str, command: int, flags: int, pid: int, expected: tuple[str, str]
) -> None:
    assert names(read(family, command, b"", "<", flags, pid))[1:] == expected


def test_self_test_answers_with_results() -> None:
    result = attr(1, attr(2, b"\1\0\0\0") + attr(3, b"\1"))
    assert attrs("devlink", 83, attr(176, result), flags=0) == {
        "selftests": {"result": [{"id": "flash", "status": "pass"}]}
    }
    assert attrs("devlink", 83, attr(176, attr(1)), flags=REQUEST) == {"selftests": {"flash": True}}


def test_policy_mask_and_pad_have_the_numbers_of_the_header() -> None:
    policy = attr(1, attr(5, attr(12, bytes([7, 0, 0, 0, 0, 0, 0, 0])) + attr(11)))
    assert attrs("nlctrl", 10, attr(8, policy)) == {
        "policy": {"policy-id": 1, "attr-id": 5, "mask": 7}
    }


@given(st.data())
def test_any_payload_of_a_decoder_is_data(data: st.DataObject) -> None:
    """Decoders never raise, tile what they get, and read the same in both ways."""
    family, command, path = data.draw(
        st.sampled_from(
            [
                ("wireguard", 0, (8, 0, 4)),
                ("devlink", 38, (80, 84, 85, 86)),
                ("devlink", 55, (106,)),
                ("team", 2, (2, 1)),
                ("TASKSTATS", 2, (4, 3)),
                ("NET_DM", 1, (0,)),
                ("TIPCv2", 23, (6, 4)),
                ("IPVS", 5, (2,)),
                ("ethtool", 11, (4, 4)),
                ("ethtool", 33, (4,)),
            ]
        )
    )
    order = data.draw(st.sampled_from("<>"))
    body = data.draw(st.binary(max_size=200))
    if data.draw(st.booleans()):
        body = attr(data.draw(st.integers(0, 115)), body, order)
    for number in reversed(path):
        body = attr(number, body, order)
    message = read(family, command, body, order)
    assert all(isinstance(node, Node) for node in message.layers)
