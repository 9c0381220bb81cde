"""nl80211: every attribute and command is known, frames are read down to their elements."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.dissect import Dissector
from nldissect.families.decoders.wireless import ssid_text
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node
from nldissect.spec.compile import CompiledFamily
from nldissect.spec.structs import StructType
from nldissect.spec.types import CArray, Irregular, Scope, Type, Walk

from ..check import REGISTRY, check_record, leaves
from ..test_dissect import attr, link, nlmsg, record

ID = 0x1C
ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])

REQUEST = 1


def family(order: str = "little") -> CompiledFamily:
    found = REGISTRY.family("nl80211", order)
    assert found is not None
    return found


def message(command: int, body: bytes, order: str = "<", flags: int = 0) -> Message:
    """One nl80211 message, checked."""
    interface = Interface(0, 253, 262144, "", "", "little")
    reader = Dissector(
        REGISTRY,
        Learned({ID: "nl80211"}),
        [interface],
        order="little" if order == "<" else "big",
    )
    genl = struct.pack("BBxx", command, 1)
    data = link(16) + nlmsg(ID, genl + body, flags, order=order)
    messages = check_record(reader, record(data))
    assert len(messages) == 1
    return messages[0]


def attrs_of(command: int, body: bytes, order: str = "<", flags: int = 0) -> dict[str, Any]:
    """The attributes of a message of which there is nothing to remark."""
    made = message(command, body, order, flags)
    assert [(note.code, note.path) for note in made.notes] == []
    assert not [leaf.name for layer in made.layers for leaf in leaves(layer) if leaf.kind == "raw"]
    return made.attrs


def u32(number: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}I", number)


def payload(type_: Type) -> bytes | None:
    """Zero bytes that the type reads without a remark."""
    for size in (0, 1, 2, 4, 6, 8, 12, 16, 24, 26):
        raw = bytes(size)
        if isinstance(type_, (CArray, StructType)) and not size:
            continue
        try:
            type_.value(raw, 0, size, Scope({}, None))
        except Irregular:
            continue
        return raw
    return None


@ORDERS
def test_every_attribute_of_every_set_has_a_payload_without_a_remark(order: str) -> None:
    compiled = family("little" if order == "<" else "big")
    for spec in compiled.spec.attribute_sets:
        attr_set = compiled.attr_set(spec.name)
        for number, item in attr_set.attrs.items():
            raw = payload(item.type)
            assert raw is not None, (spec.name, item.name)
            values = attr_set.values(attr(number, raw, order), 0, 4 + len(raw), None)
            assert item.hidden or list(values) == [item.name]


def test_every_command_is_named_whoever_sends_it() -> None:
    compiled = family()
    for number in range(1, 168):
        found = compiled.op(number, "notify")
        assert found is not None
        assert found.set is not None
        assert found.c_name == "NL80211_CMD_" + found.name.upper().replace("-", "_")
    for name in ("authenticate", "connect", "frame", "unexpected-frame", "set-wowlan"):
        (spec,) = (op for op in compiled.spec.operations if op.name == name)
        assert spec.request_value is not None
        asked = compiled.op(spec.request_value, "request")
        told = compiled.op(spec.request_value, "notify")
        assert asked is not None
        assert told is not None
        assert asked.name == told.name == name
    assert compiled.op(34, "request") is not None, "results of a scan can be a reply"
    assert compiled.op(36, "request") is None, "regulatory changes are only told"


def test_key_material_is_secret() -> None:
    compiled = family()
    secret = {
        (spec.name, item.name)
        for spec in compiled.spec.attribute_sets
        for item in compiled.attr_set(spec.name).attrs.values()
        if item.secret
    }
    assert secret == {
        ("nl80211-attrs", "key-data"),
        ("nl80211-attrs", "fils-kek"),
        ("nl80211-attrs", "fils-erp-rrk"),
        ("nl80211-attrs", "pmk"),
        ("nl80211-attrs", "sae-password"),
        ("key-attrs", "data"),
        ("key-attrs", "ltf-seed"),
        ("rekey-data-attrs", "kek"),
        ("rekey-data-attrs", "kck"),
    }


@ORDERS
def test_host_and_802_11_byte_orders_stand_side_by_side(order: str) -> None:
    rx = bytes.fromhex("ffff0000000000000000") + struct.pack("<HB3x", 300, 1)
    band = attr(3, rx, order) + attr(4, struct.pack(f"{order}H", 0x107E), order)
    data = attr(1, u32(1, order), order)
    iftype = attr(4, struct.pack("<6H", 0xFFFA, 0xFFFB, 1, 2, 3, 4), order)
    band += attr(9, attr(1, attr(1, attr(2, b"", order), order) + iftype, order), order)
    assert attrs_of(3, data + attr(22, attr(0, band, order), order), order) == {
        "wiphy": 1,
        "wiphy-bands": {
            "2ghz": {
                "ht-mcs-set": {
                    "rx-mask": "ffff0000000000000000",
                    "rx-highest": 300,
                    "tx-params": 1,
                },
                "ht-capa": 0x107E,
                "iftype-data": [
                    {
                        "1": {
                            "iftypes": {"station": True},
                            "he-cap-mcs-set": [0xFFFA, 0xFFFB, 1, 2, 3, 4],
                        }
                    }
                ],
            }
        },
    }


@ORDERS
def test_signed_values_names_and_flags(order: str) -> None:
    info = attr(7, b"\xe2", order) + attr(25, attr(0, b"\xe1", order), order)
    info += attr(17, struct.pack(f"{order}II", 0xFE, 1 << 1 | 1 << 7), order)
    info += attr(8, attr(1, struct.pack(f"{order}H", 540), order) + attr(4, b"", order), order)
    body = attr(6, bytes(6), order) + attr(21, info, order)
    sta_info = attrs_of(19, body, order)["sta-info"]
    assert sta_info["signal"] == -30
    assert sta_info["chain-signal"] == [-31]
    assert sta_info["sta-flags"]["set"] == ["authorized", "associated"]
    assert sta_info["tx-bitrate"] == {"bitrate": 540, "short-gi": True}

    suites = struct.pack(f"{order}2I", 0x000FAC04, 0x000FAC99)
    body = attr(73, suites, order) + attr(76, u32(0x000FAC08, order), order)
    body += attr(151, struct.pack(f"{order}i", -61), order)
    body += attr(54, struct.pack(f"{order}H", 3), order)
    values = attrs_of(46, body, order)
    assert values["cipher-suites-pairwise"] == ["ccmp-128", f"cipher-suite({0x000FAC99})"]
    assert values["akm-suites"] == ["sae"]
    assert values["rx-signal-dbm"] == -61
    assert values["reason-code"] == "deauth-leaving"


def test_features_are_bits_of_bytes() -> None:
    assert attrs_of(3, attr(217, b"\x03\0\x40"))["ext-features"] == [
        "vht-ibss",
        "rrm",
        "low-span-scan",
    ]


def test_a_repeated_frame_type_is_a_list() -> None:
    types = b"".join(attr(101, struct.pack("<H", kind)) for kind in (0x40, 0xD0))
    body = attr(99, attr(2, types) + attr(3, b""))
    assert attrs_of(3, body)["tx-frame-types"] == {
        "station": {"frame-type": ["probe-req", "action"]},
        "ap": {},
    }


def test_what_an_attribute_is_depends_on_the_message() -> None:
    info = struct.pack("<II", 0x1374, 7)
    assert attrs_of(3, attr(197, attr(1, info)))["vendor-data"] == [
        {"vendor-id": "0x1374", "subcmd": 7}
    ]
    vendor = message(103, attr(195, u32(0x1374)) + attr(196, u32(7)) + attr(197, b"abc"))
    assert vendor.attrs["vendor-data"] == b"abc".hex()

    support = struct.pack("<6I", 1, 2, 3, 4, 5, 6)
    assert attrs_of(3, attr(182, support))["coalesce-rule"]["max-delay"] == 6
    rule = attr(1, attr(1, u32(100)) + attr(2, u32(1)))
    assert attrs_of(101, attr(182, rule), flags=REQUEST)["coalesce-rule"] == [
        {"1": {"delay": 100, "condition": "no-match"}}
    ]

    assert attrs_of(3, attr(285, attr(2, struct.pack("<Q", 1 << 6))))["tid-config"] == {
        "vif-supp": ["noack"]
    }
    tids = attr(0, attr(5, struct.pack("<H", 3)) + attr(6, b"\1"))
    assert attrs_of(137, attr(285, tids), flags=REQUEST)["tid-config"] == [
        {"0": {"tids": 3, "noack": "disable"}}
    ]

    assert attrs_of(3, attr(102, b"")) == {"control-port-ethertype": True}
    assert attrs_of(46, attr(102, b"\x8e\x88")) == {"control-port-ethertype": 0x888E}
    eapol = attrs_of(129, attr(102, b"\x8e\x88") + attr(51, b"\2\3\0\0"))
    assert eapol["frame"] == "02 03 00 00"

    pattern = attr(1, attr(1, b"\1") + attr(2, b"\xff") + attr(3, u32(12)))
    assert attrs_of(74, attr(117, attr(4, pattern)), flags=REQUEST)["wowlan-triggers"] == {
        "pkt-pattern": [{"1": {"mask": "01", "pattern": "ff", "offset": 12}}]
    }
    assert attrs_of(74, attr(117, attr(4, u32(2))))["wowlan-triggers"] == {"pkt-pattern": 2}

    for raw in (b"\5", struct.pack("<I", 5)):
        assert attrs_of(142, attr(303, raw)) == {"color-change-count": 5}


def test_a_measurement_s_channel_is_made_of_attributes_of_the_message() -> None:
    channel = attr(38, u32(5180)) + attr(159, u32(3))
    request = attr(1, attr(1, attr(2, u32(2)) + attr(6, b"\4")))
    peer = attr(1, bytes(6)) + attr(2, channel) + attr(3, request)
    assert attrs_of(131, attr(273, attr(5, attr(1, peer))), flags=REQUEST) == {
        "peer-measurements": {
            "peers": [
                {
                    "1": {
                        "addr": "00:00:00:00:00:00",
                        "chan": {"wiphy-freq": 5180, "channel-width": "width-80"},
                        "req": {"data": {"ftm": {"preamble": "vht", "ftms-per-burst": 4}}},
                    }
                }
            ]
        }
    }


RSN = bytes.fromhex("30140100000fac040100000fac040100000fac020c00")
HEADER = bytes.fromhex("ffffffffffff 020000000000 020000000000 3200")


@pytest.mark.parametrize(
    ("raw", "elements"),
    [
        (b"\0\4home", [{"ssid": "home"}]),
        (b"\0\0", [{"ssid": ""}]),
        (b"\1\3\x82\x0c\xff", [{"supp-rates": ["1*", "6", "ht*"]}]),
        (b"\3\1\6", [{"ds-params": 6}]),
        (
            b"\5\4\1\2\0\x80",
            [
                {
                    "tim": {
                        "dtim-count": 1,
                        "dtim-period": 2,
                        "bitmap-control": 0,
                        "partial-virtual-bitmap": "80",
                    }
                }
            ],
        ),
        (
            b"\7\6DE \1\r\x14",
            [{"country": {"alpha2": "DE", "environment": " ", "triplets": [[1, 13, 20]]}}],
        ),
        (
            RSN,
            [
                {
                    "rsn": {
                        "version": 1,
                        "group-cipher": "ccmp-128",
                        "pairwise-ciphers": ["ccmp-128"],
                        "akm-suites": ["psk"],
                        "capabilities": 12,
                    }
                }
            ],
        ),
        (b"\x30\2\1\0", [{"rsn": {"version": 1}}]),
        (b"\x30\3\1\0\0", [{"rsn": "010000"}]),
        (
            b"\xdd\5\x00\x50\xf2\4\x10",
            [{"vendor-specific": {"oui": "00:50:f2", "type": 4, "data": "10"}}],
        ),
        (b"\xff\2\x23\7", [{"ext-he-capability": "07"}]),
        (b"\xff\1\xfe", [{"element-255-254": ""}]),
        (b"\xfe\1\7", [{"element-254": "07"}]),
    ],
)
def test_elements(raw: bytes, elements: list[Any]) -> None:
    assert attrs_of(33, attr(42, raw)) == {"ie": elements}


def test_an_element_that_is_cut_is_kept_and_noted() -> None:
    made = message(33, attr(42, b"\3\1\6\0\5hom"))
    assert made.attrs == {"ie": [{"ds-params": 6}, {"cut": b"\0\5hom".hex()}]}
    assert [(note.code, note.path) for note in made.notes] == [("element.cut", "attrs.ie")]


def test_runs_of_elements_and_names_in_arrays() -> None:
    assert attrs_of(33, attr(45, attr(0, b"a\\\xff") + attr(1, b""))) == {
        "scan-ssids": ["a\\\\\\xff", ""]
    }
    assert attrs_of(15, attr(307, attr(0, b"\3\1\6"))) == {"mbssid-elems": [[{"ds-params": 6}]]}


def frame(control: int, body: bytes) -> dict[str, Any]:
    """The value of a frame with the usual header."""
    raw = struct.pack("<HH", control, 314) + HEADER + body
    value: dict[str, Any] = attrs_of(59, attr(51, raw))["frame"]
    return value


def test_a_management_frame() -> None:
    assert frame(0xB0, struct.pack("<3H", 0, 2, 0) + b"\xdd\4\0\0\0\1") == {
        "frame-control": {"type": "auth", "flags": []},
        "duration": 314,
        "destination": "ff:ff:ff:ff:ff:ff",
        "source": "02:00:00:00:00:00",
        "bssid": "02:00:00:00:00:00",
        "sequence-control": {"sequence": 3, "fragment": 2},
        "algorithm": "open-system",
        "transaction": 2,
        "status-code": "success",
        "elements": [{"vendor-specific": {"oui": "00:00:00", "type": 1, "data": ""}}],
    }


@pytest.mark.parametrize(
    ("control", "body", "expected"),
    [
        (0x40, b"\0\1x", {"elements": [{"ssid": "x"}]}),
        (0xC0, b"\x07\0", {"reason-code": "class3-frame-from-nonassoc-sta"}),
        (0xB0, struct.pack("<3H", 3, 1, 0) + b"\x13\0", {"algorithm": "sae", "body": "1300"}),
        (0x10, struct.pack("<3H", 0x11, 0, 0xC001), {"capability": ["ess", "privacy"], "aid": 1}),
        (0xD0, b"\4\x09\x50\x6f", {"category": "public", "action": 9, "body": "506f"}),
        (0x40C0, b"\x07\0", {"body": "0700"}),
        (0xC0, b"\x07", {"body": "07"}),
        (0x60, b"\1\2", {"body": "0102"}),
        (0x8040, b"\1\0\0\0\0\0", {"ht-control": 1, "elements": [{"ssid": ""}]}),
    ],
)
def test_what_the_subtype_fixes(control: int, body: bytes, expected: dict[str, Any]) -> None:
    value = frame(control, body)
    assert {name: value[name] for name in expected} == expected
    assert "body" in expected or "body" not in value


def test_frames_that_are_no_management_frames() -> None:
    assert attrs_of(59, attr(51, b"\x88\x42\0\0\1"))["frame"] == {
        "frame-control": {"type": "qos-data", "flags": ["from-ds", "protected"]},
        "body": "000001",
    }
    made = message(59, attr(51, b"\x40"))
    assert made.attrs == {"frame": "40"}
    assert [note.code for note in made.notes] == ["frame.short"]


class Silent(Walk):
    """Takes notes and forgets them."""

    truncated = False
    request = False

    def note(self, node: Node, code: str, message: str) -> None:
        pass

    def rewind(self, at: int) -> None:
        pass

    def settle(self, nodes: list[Node], prefix: str) -> None:
        pass


@given(st.sampled_from(["ie", "frame", "ssid", "ext-features", "color-change-count"]), st.binary())
def test_decoders_take_any_bytes(name: str, raw: bytes) -> None:
    (item,) = (a for a in family().attr_set("nl80211-attrs").attrs.values() if a.name == name)
    scope = Scope({}, None, Silent())
    node = Node(name, "", "attr", 0, len(raw))
    item.type.fill(node, raw, 0, len(raw), scope, Silent())
    spans = [(leaf.start, leaf.end) for leaf in leaves(node)] if raw else []
    assert not raw or (spans[0][0], spans[-1][1]) == (0, len(raw))
    assert all(one[1] == two[0] for one, two in pairwise(spans))
    made = message(59, attr(item.number, raw))
    assert made.attrs == {name: node.value}


@given(st.binary(max_size=32))
def test_ssid_text_loses_nothing(raw: bytes) -> None:
    text = ssid_text(raw)
    assert text.isprintable()
    assert text.encode().decode("unicode_escape").encode("latin-1") == raw
