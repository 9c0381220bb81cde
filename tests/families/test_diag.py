"""sock_diag: headers by family and direction, socket information, options, addresses."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.model import Message, Record

from ..check import check_record, dissector, leaves

BY_FAMILY = 20
REQUEST = 1
MULTI = 2
ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])


def attr(kind: int, payload: bytes = b"", order: str = "<") -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def read(body: bytes, order: str = "<", flags: int = MULTI, type_: int = BY_FAMILY) -> Message:
    """The only message of a record, checked."""
    data = struct.pack(">HHH8xH", 4, 824, 0, 4)
    data += struct.pack(f"{order}IHHII", 16 + len(body), type_, flags, 9, 7) + body
    reader = dissector(order="little" if order == "<" else "big")
    (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
    return message


def clean(message: Message) -> Message:
    """The message, of which there is nothing to remark."""
    assert [(note.code, note.path) for note in message.notes] == []
    assert not [
        leaf.name for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"
    ]
    return message


def sockid(family: int, order: str) -> bytes:
    source = bytes([192, 0, 2, 1]) if family == 2 else bytes.fromhex("20010db8") + bytes(12)
    ports = struct.pack(">HH", 5000, 80)
    return ports + source.ljust(16, b"\0") + bytes(16) + struct.pack(f"{order}III", 4, 9, 1)


def inet(order: str = "<", family: int = 2) -> bytes:
    tail = struct.pack(f"{order}IIIII", 0, 1, 2, 1000, 77)
    return bytes([family, 1, 2, 0]) + sockid(family, order) + tail


@ORDERS
@pytest.mark.parametrize(("family", "source"), [(2, "192.0.2.1"), (10, "2001:db8::")])
def test_inet_request_and_message_differ(family: int, source: str, order: str) -> None:
    states = struct.pack(f"{order}I", 1 << 1 | 1 << 10)
    request = bytes([family, 6, 2, 0]) + states + sockid(family, order)
    body = request + attr(3, struct.pack(f"{order}I", 132), order)
    asked = clean(read(body, order, REQUEST))
    assert (asked.operation, asked.operation_c) == ("sock-diag-by-family", "SOCK_DIAG_BY_FAMILY")
    header = asked.header or {}
    assert (header["protocol"], header["ext"]) == ("tcp", ["info"])
    assert header["states"] == ["established", "listen"]
    assert (header["src"], header["sport"], header["if"]) == (source, 5000, 4)
    assert asked.attrs == {"protocol": "sctp"}

    told = clean(read(inet(order, family) + attr(4, b"cubic\0", order), order))
    assert told.operation_c == "SOCK_DIAG_BY_FAMILY"
    header = told.header or {}
    assert (header["state"], header["timer"], header["src"]) == ("established", "keepalive", source)
    assert (header["cookie-lo"], header["cookie-hi"], header["inode"]) == ("0x9", "0x1", 77)
    assert told.attrs == {"cong": "cubic"}


def test_raw_request_names_its_protocol() -> None:
    body = bytes([2, 255, 0, 1]) + bytes(4) + sockid(2, "<")
    assert (clean(read(body, flags=REQUEST)).header or {})["raw-protocol"] == "icmp"


@pytest.mark.parametrize(
    ("family", "size", "asked", "told_size", "told"),
    [
        ("unix", 24, "show", 16, "type"),
        ("netlink", 20, "ino", 28, "portid"),
        ("packet", 20, "show", 16, "num"),
        ("vsock", 24, "states", 32, "src-cid"),
        ("xdp", 20, "show", 16, "ino"),
        ("smc", 52, "ext", 64, "mode"),
    ],
)
def test_header_by_family(family: str, size: int, asked: str, told_size: int, told: str) -> None:
    number = {"unix": 1, "netlink": 16, "packet": 17, "vsock": 40, "smc": 43, "xdp": 44}[family]
    for flags, length, member in ((REQUEST, size, asked), (MULTI, told_size, told)):
        message = clean(read(bytes([number]) + bytes(length - 1), flags=flags))
        header = message.header or {}
        assert header["family"] == family
        assert member in header
    kill = clean(read(bytes([number]) + bytes(size - 1), flags=REQUEST, type_=21))
    assert kill.operation_c == "SOCK_DESTROY"
    assert asked in (kill.header or {})


def test_family_that_nobody_described() -> None:
    message = read(bytes([99, 1, 0, 0]) + attr(1, b"abc\0"))
    assert (message.header or {})["family"] == "address-family(99)"
    assert message.attrs == {"attr-1": "abc"}


def test_old_numbers_have_the_old_request() -> None:
    body = bytes([2, 32, 0, 1]) + sockid(2, "<") + struct.pack("<II", 2, 0)
    message = clean(read(body, flags=REQUEST, type_=18))
    assert message.operation_c == "TCPDIAG_GETSOCK"
    assert (message.header or {})["states"] == ["established"]
    assert (clean(read(inet(), type_=18)).header or {})["uid"] == 1000


@ORDERS
@pytest.mark.parametrize(
    ("size", "last"), [(104, "total-retrans"), (232, "snd-wnd"), (248, "total-rto-time")]
)
def test_tcp_information_grows(size: int, last: str, order: str) -> None:
    first = bytes([1, 0, 0, 0, 0, 7])
    bits = bytes([0x75, 0x03]) if order == "<" else bytes([0x57, 0xA0])
    info = (first + bits).ljust(size, b"\0")
    found = clean(read(inet(order) + attr(2, info, order), order)).attrs["info"]
    assert isinstance(found, dict)
    assert list(found)[-1] == last
    assert found["options"] == ["timestamps", "sack", "wscale"]
    assert found["wscale"] == {"snd": 5, "rcv": 7}
    assert found["delivery"] == {"rate-app-limited": 1, "fastopen-client-fail": 1}


@pytest.mark.parametrize(("size", "member"), [(96, "token"), (40, "write-seq"), (368, "p-cwnd")])
def test_information_of_other_protocols(size: int, member: str) -> None:
    found = clean(read(inet() + attr(2, bytes(size)))).attrs["info"]
    assert isinstance(found, dict)
    assert member in found
    assert "snd-mss" not in found


@ORDERS
def test_memory_and_options(order: str) -> None:
    memory = struct.pack(f"{order}9I", *range(9))
    options = bytes([0x12, 0x04]) if order == "<" else bytes([0x48, 0x20])
    body = inet(order) + attr(7, memory, order) + attr(22, options, order)
    found = clean(read(body, order)).attrs
    assert found["skmeminfo"] == {
        "rmem-alloc": 0, "rcvbuf": 1, "wmem-alloc": 2, "sndbuf": 3, "fwd-alloc": 4,
        "wmem-queued": 5, "optmem": 6, "backlog": 7, "drops": 8,
    }  # fmt: skip
    assert found["sockopt"] == ["is-icsk", "mc-loop", "defer-connect"]


@ORDERS
def test_addresses_of_an_association(order: str) -> None:
    one = struct.pack(f"{order}H", 2) + struct.pack(">H", 80) + bytes([192, 0, 2, 1])
    two = struct.pack(f"{order}H", 10) + struct.pack(">H", 80) + bytes(19) + b"\1"
    body = inet(order) + attr(13, one.ljust(128, b"\0") + two.ljust(128, b"\0"), order)
    assert clean(read(body, order)).attrs["peers"] == ["192.0.2.1:80", "[::1]:80"]


def test_signature_key_is_secret() -> None:
    entry = struct.pack("<BBH", 2, 32, 3) + bytes([192, 0, 2, 9]) + bytes(12)
    message = clean(read(inet() + attr(18, entry + b"abc".ljust(80, b"\0"))))
    found: Any = message.attrs["md5sig"]
    assert [(one["addr"], one["keylen"]) for one in found] == [("192.0.2.9", 3)]
    secrets = [n.name for layer in message.layers for n in leaves(layer) if n.secret]
    assert secrets == ["key"]


def test_upper_layer_protocols() -> None:
    tls = attr(1, b"\4\3") + attr(2, b"\x33\0") + attr(3, b"\2\0") + attr(5)
    body = inet() + attr(19, attr(1, b"tls\0") + attr(2, tls))
    assert clean(read(body)).attrs["ulp-info"] == {
        "name": "tls",
        "tls": {
            "version": "tls-1-3",
            "cipher": "aes-gcm-128",
            "txconf": "sw",
            "zc-ro-tx": True,
        },
    }
    subflow = attr(1, b"\1\0\0\0") + attr(10, b"\2")
    body = inet() + attr(19, attr(3, subflow))
    assert clean(read(body)).attrs["ulp-info"] == {"mptcp": {"token-rem": 1, "id-loc": 2}}


def test_packet_filter_is_instructions() -> None:
    header = bytes([17]) + bytes(15)
    code = struct.pack("<HBBI", 6, 0, 0, 0x40000)
    found: Any = clean(read(header + attr(7, code))).attrs
    assert found == {"filter": [{"code": "0x6", "jt": 0, "jf": 0, "k": "0x40000"}]}


@given(st.binary(max_size=400), st.integers(0, 25), st.sampled_from("<>"))
def test_any_payload_is_data(payload: bytes, kind: int, order: str) -> None:
    """Nothing raises, leaves tile, and both ways of reading agree."""
    read(inet(order) + attr(kind, payload, order), order)
    read(payload, order)
    read(payload, order, REQUEST)
