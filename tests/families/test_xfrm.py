"""xfrm: a header for each message, addresses by family, keys, arrays of templates."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.model import Message, Record

from ..check import REGISTRY, check_record, dissector, leaves

REQUEST = 1
DUMP = 0x301
ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])

NEWSA, DELSA, GETSA, NEWPOLICY, GETPOLICY, ACQUIRE = 0x10, 0x11, 0x12, 0x13, 0x15, 0x17
FLUSHPOLICY, NEWAE, MAPPING, GETSPDINFO = 0x1D, 0x1E, 0x26, 0x25

SIZES = {
    0x10: 224, 0x11: 24, 0x12: 24, 0x13: 168, 0x14: 64, 0x15: 64, 0x16: 232, 0x17: 280,
    0x18: 232, 0x19: 168, 0x1A: 224, 0x1B: 176, 0x1C: 1, 0x1D: 0, 0x1E: 48, 0x1F: 48,
    0x20: 60, 0x21: 64, 0x22: 4, 0x23: 4, 0x24: 4, 0x25: 4, 0x26: 64, 0x27: 3, 0x28: 3,
}  # fmt: skip
"""Message number to the size of its struct on 64-bit machines."""

V4 = bytes([192, 0, 2, 1])
V6 = bytes.fromhex("20010db8" + "00" * 11 + "02")


def attr(kind: int, payload: bytes = b"", order: str = "<") -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def read(type_: int, body: bytes, order: str = "<", flags: int = 0) -> Message:
    """The only message of a record, checked."""
    data = struct.pack(">HHH8xH", 4, 824, 0, 6)
    data += struct.pack(f"{order}IHHII", 16 + len(body), type_, flags, 9, 0) + body
    reader = dissector(order="little" if order == "<" else "big")
    (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
    return message


def clean(type_: int, body: bytes, order: str = "<", flags: int = 0) -> Message:
    """A message of which there is nothing to remark."""
    message = read(type_, body, order, flags)
    assert [(note.code, note.path) for note in message.notes] == []
    assert not [
        leaf.name for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"
    ]
    return message


def member(values: Any, path: str) -> Any:
    for name in path.split("."):
        values = values[name]
    return values


def selector(order: str, family: int, daddr: bytes) -> bytes:
    head = daddr.ljust(16, b"\0") + bytes(16) + struct.pack(">HHHH", 500, 0xFFFF, 0, 0)
    return head + struct.pack(f"{order}HBBB3xiI", family, 24, 0, 17, 0, 0)


def sa_id(order: str, family: int, daddr: bytes) -> bytes:
    return (
        daddr.ljust(16, b"\0") + struct.pack(">I", 0x100) + struct.pack(f"{order}HBx", family, 50)
    )


@ORDERS
@pytest.mark.parametrize("number", SIZES)
def test_every_message_has_its_header(number: int, order: str) -> None:
    size = SIZES[number]
    body = bytes(size) + bytes(-size % 4)
    for flags in (0, REQUEST):
        message = clean(number, body, order, flags)
        assert message.operation_c.startswith("XFRM_MSG_")
        assert message.attrs == {}
        assert bool(message.header) == bool(size)


def test_all_messages_are_named() -> None:
    spec = REGISTRY.spec("xfrm")
    assert spec is not None
    assert sorted(op.request_value or 0 for op in spec.operations) == list(SIZES)


@ORDERS
def test_state_addresses_follow_their_families(order: str) -> None:
    identity = V6 + struct.pack(">I", 0xABC) + bytes([50, 0, 0, 0]) + V6
    tail = bytes(64 + 32 + 12) + struct.pack(f"{order}IIHBBB7x", 7, 8, 10, 1, 32, 0x81)
    body = selector(order, 2, V4) + identity + tail
    header = clean(NEWSA, body + attr(27, b"", order), order).header
    assert member(header, "sel.daddr") == "192.0.2.1"
    assert member(header, "sel.family") == "inet"
    assert (member(header, "sel.dport"), member(header, "sel.dport-mask")) == (500, "0xffff")
    assert (member(header, "daddr"), member(header, "saddr")) == ("2001:db8::2", "2001:db8::2")
    assert (member(header, "spi"), member(header, "proto")) == ("0xabc", "esp")
    assert (member(header, "mode"), member(header, "replay-window")) == ("tunnel", 32)
    assert member(header, "flags") == ["noecn", "esn"]


@ORDERS
@pytest.mark.parametrize(("family", "address", "text"), [
    (2, V4, "192.0.2.1"), (10, V6, "2001:db8::2"),
])  # fmt: skip
def test_source_address_follows_the_header(
    family: int, address: bytes, text: str, order: str
) -> None:
    body = sa_id(order, family, address) + attr(13, address.ljust(16, b"\0"), order)
    message = clean(DELSA, body, order, REQUEST)
    assert member(message.header, "daddr") == text
    assert message.attrs == {"srcaddr": text}


@ORDERS
def test_addresses_follow_a_member_of_an_inner_struct(order: str) -> None:
    body = sa_id(order, 2, V4) + V4.ljust(16, b"\0") + struct.pack(f"{order}II", 0x12, 1)
    header = clean(NEWAE, body, order).header
    assert (member(header, "sa-id.daddr"), member(header, "saddr")) == ("192.0.2.1",) * 2
    assert member(header, "flags") == ["rval", "cr"]
    ports = struct.pack(">HH", 4500, 4501)
    body = sa_id(order, 10, V6) + bytes(4) + V6 + V6 + ports
    header = clean(MAPPING, body, order).header
    assert (member(header, "new-saddr"), member(header, "new-sport")) == ("2001:db8::2", 4501)
    body = V4.ljust(16, b"\0") + bytes(8) + V4.ljust(16, b"\0") + selector(order, 2, V4)
    header = clean(ACQUIRE, body.ljust(280, b"\0"), order).header
    assert (member(header, "daddr"), member(header, "saddr")) == ("192.0.2.1",) * 2


@ORDERS
@pytest.mark.parametrize(
    ("kind", "name", "extra"),
    [
        (1, "alg-auth", {}),
        (18, "alg-aead", {"icv-len": 96}),
        (20, "alg-auth-trunc", {"trunc-len": 96}),
    ],
)
def test_key_is_the_rest_and_secret(
    kind: int, name: str, extra: dict[str, int], order: str
) -> None:
    numbers = struct.pack(f"{order}{1 + len(extra)}I", 16, *extra.values())
    alg = b"hmac(sha1)".ljust(64, b"\0") + numbers + b"\xab\xcd"
    message = clean(NEWSA, bytes(224) + attr(kind, alg, order), order)
    assert message.attrs == {name: {"name": "hmac(sha1)", "key-len": 16, **extra, "key": "ab cd"}}
    secrets = [n.name for layer in message.layers for n in leaves(layer) if n.secret]
    assert secrets == ["key"]


def test_algorithm_without_a_key() -> None:
    alg = b"deflate".ljust(64, b"\0") + bytes(4)
    assert clean(NEWSA, bytes(224) + attr(3, alg)).attrs["alg-comp"] == {
        "name": "deflate",
        "key-len": 0,
        "key": "",
    }


@ORDERS
def test_templates_and_window(order: str) -> None:
    template = (
        V4.ljust(16, b"\0") + struct.pack(">I", 0) + bytes([50, 0, 0, 0])
        + struct.pack(f"{order}Hxx", 2) + V4.ljust(16, b"\0")
        + struct.pack(f"{order}IBBBxIII", 5, 1, 0, 0, 0xFFFFFFFF, 1, 2)
    )  # fmt: skip
    found: Any = clean(NEWPOLICY, bytes(168) + attr(5, template * 2, order), order).attrs
    assert len(found["tmpl"]) == 2
    assert (found["tmpl"][1]["saddr"], found["tmpl"][1]["mode"]) == ("192.0.2.1", "tunnel")
    window = struct.pack(f"{order}8I", 2, 1, 2, 0, 0, 64, 0xF, 0x10)
    found = clean(NEWSA, bytes(224) + attr(23, window, order), order).attrs
    assert found["replay-esn-val"]["bmp"] == ["0xf", "0x10"]


def test_security_context_is_text() -> None:
    context = struct.pack("<HHBBH", 12, 8, 1, 1, 4) + b"a:b\0"
    found: Any = clean(NEWSA, bytes(224) + attr(8, context)).attrs
    assert found["sec-ctx"]["ctx"] == "a:b"


@pytest.mark.parametrize("number", [GETSA, GETPOLICY])
def test_dump_may_have_attributes_alone(number: int) -> None:
    address_filter = V4.ljust(16, b"\0") + bytes(16) + struct.pack("<HBB", 2, 32, 0)
    message = clean(number, attr(26, address_filter) + attr(25, b"\x32"), flags=DUMP)
    assert message.header is None
    assert message.attrs == {
        "address-filter": {
            "saddr": "192.0.2.1", "daddr": "0.0.0.0", "family": "inet", "splen": 32, "dplen": 0,
        },
        "proto": "esp",
    }  # fmt: skip


def test_flush_and_statistics() -> None:
    assert clean(FLUSHPOLICY, attr(16, b"\1" + bytes(5))).attrs == {"policy-type": {"type": "sub"}}
    body = bytes(4) + attr(3, b"\x20\x10")
    assert clean(GETSPDINFO, body).attrs == {"ipv4-hthresh": {"lbits": 32, "rbits": 16}}


@given(
    st.sampled_from(sorted(SIZES)),
    st.binary(max_size=300),
    st.integers(0, 45),
    st.sampled_from("<>"),
    st.booleans(),
)
def test_any_payload_is_data(
    number: int, payload: bytes, kind: int, order: str, whole: bool
) -> None:
    """Nothing raises, leaves tile, and both ways of reading agree."""
    if whole:
        header = bytes(SIZES[number] + -SIZES[number] % 4)
        read(number, header + attr(kind, payload, order), order)
    else:
        read(number, payload, order)
