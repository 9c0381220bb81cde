"""Families of subsystems that few machines have: drbd, ksmbd, NC-SI, 802.15.4, adapters' events."""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import given, strategies as st

from nldissect.dissect import Dissector
from nldissect.filter import Catalogue, compile_filter
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Record

from ..check import REGISTRY
from .test_generic import ID, MULTI, ORDERS, REQUEST, attr, attrs, names, read

INTERFACES = [Interface(0, 253, 262144, "", "", "little")]
MANDATORY = 0x4000


def group_of(family: str, command: int, direction: str = "notify") -> str | None:
    compiled = REGISTRY.family(family, "little")
    assert compiled is not None
    op = compiled.op(command, direction)
    assert op is not None
    return op.group


# drbd


def drbd(order: str, minor: int, second: int, *parts: bytes) -> bytes:
    return struct.pack(f"{order}Ii", minor, second) + b"".join(parts)


@ORDERS
def test_drbd_marks_what_must_be_known_and_stays_in_host_order(order: str) -> None:
    context = attr(1 | MANDATORY, struct.pack(f"{order}I", 3), order)
    context += attr(2 | MANDATORY, b"r0\0", order)
    context += attr(3 | MANDATORY, struct.pack(f"{order}H", 2) + b"\x1e\x61\xc0\0\2\1" + bytes(8),
                    order)  # fmt: skip
    state = attr(4 | MANDATORY, struct.pack(f"{order}Q", 0x1122334455667788), order)
    state += attr(0, b"", order)
    body = drbd(order, 7, 101, attr(2, context, order), attr(8, state, order))
    message = read("drbd", 2, body, order, flags=MULTI)
    assert [note.code for note in message.notes] == []
    assert message.header == {"minor": 7, "ret-code": "no-error"}
    assert message.attrs == {
        "cfg-context": {
            "ctx-volume": 3,
            "ctx-resource-name": "r0",
            "ctx-my-addr": "192.0.2.1:7777",
        },
        "state-info": {"ed-uuid": "0x1122334455667788"},
    }


@ORDERS
def test_drbd_requests_and_answers_have_other_headers(order: str) -> None:
    request = read("drbd", 10, drbd(order, 1, 1), order, flags=REQUEST)
    assert names(request) == ("request", "adm-connect", "DRBD_ADM_CONNECT")
    assert request.header == {"minor": 1, "flags": ["set-defaults"]}
    reply = read("drbd", 10, drbd(order, 1, -2), order, flags=0)
    assert (reply.operation, reply.operation_c) == ("adm-connect-reply", "DRBD_ADM_CONNECT")
    assert reply.header == {"minor": 1, "ret-code": "ss-no-up-to-date-disk"}
    event = read("drbd", 34, drbd(order, 0xFFFFFFFF, 0), order, flags=0, pid=0)
    assert (event.direction, event.operation) == ("notify", "resource-state")
    assert group_of("drbd", 34) == "events"


# ksmbd


def fixed(text: str, size: int) -> bytes:
    return text.encode().ljust(size, b"\0")


@ORDERS
def test_ksmbd_asks_and_is_answered(order: str) -> None:
    body = struct.pack(f"{order}I", 9) + fixed("alice", 48) + bytes(64)
    asked = read("SMBD_GENL", 4, attr(4, body, order), order, flags=0, pid=0)
    assert names(asked) == ("notify", "login-request", "KSMBD_EVENT_LOGIN_REQUEST")
    assert asked.attrs == {"login-request": {"handle": 9, "account": "alice"}}
    login = struct.pack(f"{order}3I48sHH18s66x", 9, 100, 1000, b"alice", 0x41, 16, b"h" * 16)
    found = attrs("SMBD_GENL", 5, attr(5, login, order), order, flags=REQUEST)
    assert found["login-response"]["status"] == ["ok", "extension"]
    assert found["login-response"]["hash-sz"] == 16
    kerberos = struct.pack(f"{order}I", 9) + login + struct.pack(f"{order}HH", 4, 3) + b"KEYSAPR"
    found = attrs("SMBD_GENL", 15, attr(15, kerberos, order), order, flags=REQUEST)
    response = found["spnego-authen-response"]
    assert response["login-response"]["account"] == "alice"
    assert (response["session-key-len"], response["payload"]) == (4, "4b 45 59 53 41 50 52")


@ORDERS
def test_ksmbd_tails(order: str) -> None:
    groups = struct.pack(f"{order}Ii128x3I", 9, 3, 10, 20, 30)
    found = attrs("SMBD_GENL", 17, attr(17, groups, order), order, flags=REQUEST)
    assert found["login-response-ext"] == {"handle": 9, "ngroups": 3, "groups": [10, 20, 30]}
    start = struct.pack(
        f"{order}Ii16s16s16s64s64sHHIIIIII3IIIIbI499xI",
        1, 2, b"SMB2_10", b"SMB3_11", b"HOST", b"GROUP", b"words", 445, 10,
        0, 10000, 4096, 4097, 4098, 64, 1, 2, 3, 8192, 9, 128, 1, 64, 3,
    )  # fmt: skip
    found = attrs("SMBD_GENL", 2, attr(2, start + b"lo\0", order), order, flags=REQUEST)
    request = found["starting-up"]
    assert (request["flags"], request["signing"]) == (["smb2-leases"], "auto")
    assert (request["tcp-port"], request["max-ip-connections"]) == (445, 64)
    assert (request["ifc-list-sz"], request["interfaces"]) == (3, "6c 6f 00")


# NC-SI


@ORDERS
def test_ncsi_packages_hold_channels(order: str) -> None:
    def u32(kind: int, value: int) -> bytes:
        return attr(kind, struct.pack(f"{order}I", value), order)

    vlans = b"".join(attr(10, struct.pack(f"{order}H", vid), order) for vid in (5, 6))
    channel = u32(2, 0) + u32(6, 1) + attr(7, b"", order) + attr(5, b"fw 1\0", order)
    channel += attr(9, vlans, order)
    package = u32(2, 1) + attr(4, attr(1, channel, order) * 2, order)
    found = attrs("NCSI", 1, attr(2, attr(1, package, order), order), order)
    (one,) = found["package-list"]["package"]
    assert one["id"] == 1
    assert (
        one["channel-list"]["channel"]
        == [
            {
                "id": 0,
                "link-state": "0x1",
                "active": True,
                "version-str": "fw 1",
                "vlan-list": {"vlan-id": [5, 6]},
            }
        ]
        * 2
    )


@ORDERS
def test_ncsi_packets_are_in_network_order(order: str) -> None:
    packet = bytes.fromhex("0001000250 1f 0004") + bytes(8) + b"\0\0\x01\x57"
    found = attrs("NCSI", 4, attr(5, packet, order), order, flags=REQUEST)
    assert found["data"] == {
        "mc-id": 0, "revision": 1, "id": 2, "type": "cmd-oem", "channel": "0x1f", "length": 4,
        "payload": "00 00 01 57",
    }  # fmt: skip


# 802.15.4


@ORDERS
def test_ieee802154_keys_and_addresses(order: str) -> None:
    address = bytes(range(8))
    body = attr(1, b"wpan0\0", order) + attr(43, b"\3", order) + attr(45, address, order)
    body += attr(5, address, order) + attr(6, struct.pack(f"{order}H", 0xABCD), order)
    body += attr(49, b"\x0a", order) + attr(48, bytes(16), order)
    message = read("802.15.4 MAC", 39, body, order, flags=REQUEST)
    assert names(message) == ("request", "llsec-add-key", "IEEE802154_LLSEC_ADD_KEY")
    assert message.attrs["llsec-key-mode"] == "hw-index"
    assert message.attrs["llsec-key-source-extended"] == "00:01:02:03:04:05:06:07"
    assert message.attrs["pan-id"] == "0xabcd"
    assert message.attrs["llsec-key-usage-frame-types"] == ["data", "mac-cmd"]


def test_ieee802154_events() -> None:
    message = read("802.15.4 MAC", 14, attr(3, b"\xec"), flags=0, pid=0)
    assert names(message) == ("notify", "start-conf", "IEEE802154_START_CONF")
    assert message.attrs == {"status": "no-short-address"}
    assert group_of("802.15.4 MAC", 14) == "coordinator"


def test_ieee802154_in_filters() -> None:
    """A family whose name is no word is one with other characters as underscores."""
    message = read("802.15.4 MAC", 39, attr(1, b"wpan0\0"), flags=REQUEST)
    catalogue = Catalogue(REGISTRY)
    for text, there in (
        ('802_15_4_MAC.dev-name == "wpan0"', True),
        ('802_15_4_MAC.dev-name == "wpan1"', False),
        ("802_15_4_MAC", True),
        ('family == "802.15.4 MAC" && attr.dev-name matches "^wpan"', True),
    ):
        assert compile_filter(text, catalogue).match(message) is there
    refused = struct.pack("<i", -22) + message.record.data[16:]
    error = struct.pack("<IHHII", 16 + len(refused), 2, 0, 9, 7) + refused
    data = message.record.data[:16] + error
    (answer,) = Dissector(REGISTRY, Learned({ID: "802.15.4 MAC"}), INTERFACES).dissect(
        Record(1, 0, 0, 253, data, len(data))
    )
    assert compile_filter("802_15_4_MAC", catalogue).match(answer)
    assert "802_15_4_MAC.pan-id" in [field.name for field in catalogue.level("802_15_4_MAC.")]


# Events of hardware


@ORDERS
def test_regulator_events(order: str) -> None:
    event = fixed("vdd-cpu", 32) + struct.pack(f"{order}Q", 0x2001)
    found = attrs("reg_event", 1, attr(1, event, order), order, flags=0, pid=0)
    flags = ["under-voltage", "under-voltage-warn"]
    assert found == {"event": {"reg-name": "vdd-cpu", "event": flags}}
    assert group_of("reg_event", 1) == "reg_mc_group"


def pmcraid(order: str, payload: bytes) -> Any:
    head = struct.pack(f"{order}II8x", 0x10002, len(payload))
    return attrs("pmcraid", 1, attr(1, head + payload, order), order, flags=0, pid=0)["event"]


@ORDERS
def test_adapter_events(order: str) -> None:
    state = pmcraid(order, struct.pack(f"{order}I", 0x11000001))
    assert state == {"hostno": "0x10002", "length": 4, "ioa-state": "reset-success"}
    header = struct.pack("<BBBBB3xIIII", 0xE1, 1, 0, 0, 0, 1, 2, 3, 64)
    entry = struct.pack("<BBHBBBBII8s8s", 2, 8, 0x102, 0, 0, 0, 1, 5, 6, b"d" * 8, b"l" * 8)
    change = pmcraid(order, header + entry * 2)
    assert change["header"]["op-code"] == "ccn"
    assert change["header"]["data-len"] == 64
    assert change["cfg-entry-old"]["resource-type"] == "vset"
    assert change["cfg-entry"]["array-id"] == "0x102"
    header = struct.pack("<BBBBB3xIIII", 0xE2, 0x10, 0, 0, 0, 1, 2, 3, 20)
    error = pmcraid(order, header + struct.pack("<IIII", 0x04448500, 0, 0, 0) + b"more")
    assert error["header"]["notification-type"] == "error-log"
    assert (error["fd-ioasc"], error["data"]) == ("0x4448500", "6d 6f 72 65")
    assert pmcraid(order, b"other")["data"] == "6f 74 68 65 72"


@given(st.binary(max_size=200), st.sampled_from("<>"))
def test_any_adapter_event_is_data(payload: bytes, order: str) -> None:
    message: Message = read("pmcraid", 1, attr(1, payload, order), order, flags=0, pid=0)
    assert message.operation == "event"


@given(st.binary(max_size=300), st.integers(0, 24), st.integers(1, 41), st.sampled_from("<>"))
def test_any_drbd_payload_is_data(payload: bytes, kind: int, command: int, order: str) -> None:
    read("drbd", command, drbd(order, 0, 0, attr(kind, payload, order)), order)
