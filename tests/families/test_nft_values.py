"""What values in rules of nftables are, and the structs of x_tables in them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.export import text
from nldissect.model import Interface, Message, Node, Record
from tests.check import check_record, dissector, leaves

NEST = 0x8000
Load = tuple[str, bytes]

both_orders = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])


def attr(kind: int, payload: bytes, order: str = "<") -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


class Writer:
    """Expressions in one byte order."""

    def __init__(self, order: str = "<") -> None:
        self.order = order

    def numbers(self, **values: int) -> bytes:
        """Attributes ``aN`` of 32 bits in network order."""
        return b"".join(
            attr(int(name[1:]), struct.pack(">I", value), self.order)
            for name, value in values.items()
        )

    def value(self, kind: int, raw: bytes) -> bytes:
        return attr(kind | NEST, attr(1, raw, self.order), self.order)

    def payload(self, dreg: int, base: int, offset: int, size: int) -> Load:
        return "payload", self.numbers(a1=dreg, a2=base, a3=offset, a4=size)

    def meta(self, dreg: int, key: int) -> Load:
        return "meta", self.numbers(a1=dreg, a2=key)

    def cmp(self, sreg: int, raw: bytes, op: int = 0) -> Load:
        return "cmp", self.numbers(a1=sreg, a2=op) + self.value(3, raw)

    def immediate(self, dreg: int, raw: bytes) -> Load:
        return "immediate", self.numbers(a1=dreg) + self.value(2, raw)

    def bitwise(self, sreg: int, dreg: int, mask: bytes, xor: bytes) -> Load:
        body = self.numbers(a1=sreg, a2=dreg, a3=len(mask))
        return "bitwise", body + self.value(4, mask) + self.value(5, xor)

    def rule(self, *loads: Load, family: int = 2) -> Message:
        elems = b""
        for name, data in loads:
            inner = attr(1, name.encode() + b"\0", self.order) + attr(2 | NEST, data, self.order)
            elems += attr(1 | NEST, inner, self.order)
        payload = struct.pack(">BBH", family, 0, 7) + attr(4 | NEST, elems, self.order)
        data = struct.pack(">HHH8xH", 4, 824, 0, 12)
        data += struct.pack(f"{self.order}IHHII", 16 + len(payload), 0x0A06, 1, 9, 0) + payload
        reader = dissector(order="little" if self.order == "<" else "big")
        (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
        return message

    def fields(self, *loads: Load, family: int = 2) -> list[tuple[str, Any]]:
        """Names and values of the fields of all values in a rule."""
        message = self.rule(*loads, family=family)
        assert message.notes == []
        return [(field.name, field.value) for field in fields_of(message)]


def nodes_of(message: Message) -> Iterator[Node]:
    ahead = list(message.layers)
    while ahead:
        node = ahead.pop(0)
        yield node
        ahead = node.children + ahead


def fields_of(message: Message) -> Iterator[Node]:
    for node in nodes_of(message):
        if node.c_name == "NFTA_DATA_VALUE":
            yield from (child for child in node.children[2:] if child.kind == "field")


@both_orders
def test_a_comparison_is_with_what_was_loaded(order: str) -> None:
    write = Writer(order)
    host = struct.pack(f"{order}I", 0x2A)
    assert write.fields(
        write.meta(1, 16), write.cmp(1, b"\6"),
        write.payload(1, 2, 2, 2), write.cmp(1, b"\0\x50"),
        write.meta(1, 6), write.cmp(1, b"eth0".ljust(16, b"\0")),
        write.meta(1, 3), write.cmp(1, host),
        ("ct", write.numbers(a1=1, a2=0)), write.cmp(1, struct.pack(f"{order}I", 6)),
    ) == [
        ("l4-proto", "tcp"), ("dport", 80), ("iifname", "eth0"), ("mark", "0x2a"),
        ("state", ["established", "related"]),
    ]  # fmt: skip


def test_the_object_keeps_the_bytes() -> None:
    write = Writer()
    message = write.rule(write.payload(1, 1, 12, 4), write.cmp(1, b"\xc0\0\2\1"))
    elem: Any = message.attrs["expressions"]
    assert elem["elem"][1]["data"]["data"] == {"value": "c0000201"}
    (field,) = fields_of(message)
    assert (field.name, field.value, field.end - field.start) == ("saddr", "192.0.2.1", 4)


def test_the_text_has_the_fields() -> None:
    out = bytearray()
    message = Writer().rule(Writer().meta(1, 16), Writer().cmp(1, b"\6"))
    text.Writer(out.extend, [Interface(0, 253, 262144, "", "", "little")]).message(message)
    assert "l4-proto: tcp" in out.decode()


def test_the_network_header_is_told_by_the_table_or_by_a_comparison() -> None:
    write = Writer()
    six = ip_address("2001:db8::1").packed
    load = (write.payload(1, 1, 8, 16), write.cmp(1, six))
    assert write.fields(*load, family=10) == [("saddr", "2001:db8::1")]
    assert write.fields(*load, family=1) == [("value", six.hex())]
    told = (write.meta(1, 15), write.cmp(1, b"\x0a"))
    assert write.fields(*told, *load, family=1)[1] == ("saddr", "2001:db8::1")
    differs = (write.meta(1, 15), write.cmp(1, b"\x0a", op=1))
    assert write.fields(*differs, *load, family=1)[1] == ("value", six.hex())
    ether = (write.payload(1, 0, 12, 2), write.cmp(1, b"\x08\6"))
    arp = (write.payload(1, 1, 6, 2), write.cmp(1, b"\0\1"))
    assert write.fields(*ether, *arp, family=7) == [("type", "arp"), ("operation", "request")]


def test_the_transport_header_is_told_by_its_protocol() -> None:
    write = Writer()
    flags = (write.payload(1, 2, 13, 1), write.cmp(1, b"\x02"))
    assert write.fields(*flags) == [("value", "02")]
    tcp = (write.payload(1, 1, 9, 1), write.cmp(1, b"\6"))
    assert write.fields(*tcp, *flags) == [("protocol", "tcp"), ("flags", ["syn"])]
    port = (write.payload(1, 2, 0, 2), write.cmp(1, b"\0\x35"))
    assert write.fields(*port) == [("sport", 53)]


def test_packets_in_tunnels_have_headers_of_their_own() -> None:
    write = Writer()

    def inner(load: Load) -> Load:
        name, data = load
        expr = attr(1, name.encode() + b"\0") + attr(2 | NEST, data)
        return "inner", write.numbers(a1=0, a2=1, a3=15, a4=8) + attr(5 | NEST, expr)

    address = (inner(write.payload(1, 1, 12, 4)), write.cmp(1, b"\xc0\0\2\1"))
    assert write.fields(*address, family=1) == [("value", "c0000201")]
    assert write.fields(
        inner(write.payload(1, 4, 4, 3)), write.cmp(1, b"\0\0\x0a"),
        inner(write.meta(1, 1)), write.cmp(1, b"\x08\0"), *address,
        write.payload(1, 1, 8, 16), write.cmp(1, ip_address("2001:db8::1").packed), family=10,
    ) == [
        ("inner-vni", "00 00 0a"), ("inner-protocol", "ipv4"), ("inner-saddr", "192.0.2.1"),
        ("saddr", "2001:db8::1"),
    ]  # fmt: skip


def test_concatenations_are_several_fields() -> None:
    write = Writer()
    message = write.rule(
        write.payload(1, 1, 12, 4),
        write.payload(9, 2, 2, 2),
        write.cmp(1, b"\xc0\0\2\1\0\x50\0\0"),
    )
    assert [(field.name, field.value) for field in fields_of(message)] == [
        ("saddr", "192.0.2.1"), ("dport", 80),
    ]  # fmt: skip
    (value,) = [node for node in nodes_of(message) if node.c_name == "NFTA_DATA_VALUE"]
    assert value.display == "192.0.2.1 . 80"
    assert value.children[-1].kind == "padding"
    both = (write.payload(1, 2, 0, 4), write.cmp(1, b"\0\1\0\2"))
    assert write.fields(*both) == [("sport", 1), ("dport", 2)]


def test_registers_lie_over_each_other() -> None:
    write = Writer()
    # NFT_REG32_04 is the first word of NFT_REG_2.
    assert write.fields(
        write.payload(12, 1, 12, 4), write.payload(1, 1, 16, 4),
        write.cmp(2, b"\xc0\0\2\1"), write.cmp(8, b"\xc0\0\2\2"),
    ) == [("saddr", "192.0.2.1"), ("daddr", "192.0.2.2")]  # fmt: skip
    # What is written last counts, also for a part.
    assert write.fields(
        write.meta(1, 6), write.meta(9, 16), write.cmp(9, b"\6"), write.cmp(1, b"lo\0\0"),
    ) == [("l4-proto", "tcp"), ("iifname", "lo")]  # fmt: skip


def test_the_first_bytes_of_an_address_are_a_prefix() -> None:
    write = Writer()
    assert write.fields(write.payload(1, 1, 12, 3), write.cmp(1, b"\xc0\0\2")) == [
        ("saddr", "192.0.2.0/24")
    ]
    assert write.fields(write.payload(1, 1, 14, 2), write.cmp(1, b"\2\1")) == [("saddr", "0201")]


@both_orders
def test_masks_are_bits_of_what_they_mask(order: str) -> None:
    write = Writer(order)
    mask, xor, mark = (struct.pack(f"{order}I", number) for number in (0xFF, 0x10, 0x13))
    assert write.fields(
        write.meta(1, 8), write.bitwise(1, 1, b"\xff\0", b"\0\0"), write.meta(1, 3),
        write.bitwise(1, 2, mask, xor), write.cmp(2, mark),
        write.payload(1, 1, 12, 4), write.bitwise(1, 1, b"\xff\xff\xff\0", bytes(4)),
    )[2:] == [
        ("mark", "0xff"), ("mark", "0x10"), ("mark", "0x13"),
        ("saddr", "255.255.255.0"), ("saddr", "0.0.0.0"),
    ]  # fmt: skip


@both_orders
def test_a_shifted_value_is_another(order: str) -> None:
    write = Writer(order)
    count = struct.pack(f"{order}I", 8)
    shift = write.numbers(a1=1, a2=1, a3=4, a6=1) + write.value(7, count)
    assert write.fields(write.meta(1, 3), ("bitwise", shift), write.cmp(1, count)) == [
        ("shift", 8), ("value", count.hex()),
    ]  # fmt: skip


@both_orders
def test_byteorder_swaps_a_number(order: str) -> None:
    write = Writer(order)
    hton = ("byteorder", write.numbers(a1=1, a2=1, a3=1, a4=4, a5=4))
    low, high = struct.pack(">I", 100), struct.pack(">I", 200)
    between = ("range", write.numbers(a1=1, a2=0) + write.value(3, low) + write.value(4, high))
    assert write.fields(write.meta(1, 10), hton, between) == [("skuid", 100), ("skuid", 200)]


@both_orders
def test_a_constant_is_what_it_is_used_for(order: str) -> None:
    write = Writer(order)
    host = struct.pack(f"{order}I", 7)
    nat = ("nat", write.numbers(a1=1, a2=2, a3=1, a4=9, a5=2))
    assert write.fields(
        write.immediate(1, b"\xcb\0\x71\1"), write.immediate(9, b"\xcb\0\x71\2"),
        write.immediate(2, b"\x1f\x90"), nat,
        write.immediate(1, host), ("meta", write.numbers(a2=3, a3=1)),
        write.immediate(1, host), ("dup", write.numbers(a2=1)),
        write.immediate(1, b"\0\1"), ("payload", write.numbers(a2=1, a3=4, a4=2, a5=1)),
    ) == [
        ("reg-addr-min", "203.0.113.1"), ("reg-addr-max", "203.0.113.2"), ("reg-proto-min", 8080),
        ("mark", "0x7"), ("sreg-dev", 7), ("id", 1),
    ]  # fmt: skip


def test_a_constant_that_is_written_over_is_nothing() -> None:
    write = Writer()
    use = ("meta", write.numbers(a2=3, a3=1))
    fields = write.fields(write.immediate(1, bytes(4)), write.immediate(1, b"\7\0\0\0"), use)
    assert fields == [("value", "00000000"), ("mark", "0x7")]


def test_what_a_lookup_gives_is_not_known() -> None:
    write = Writer()
    lookup = ("lookup", attr(1, b"s\0") + write.numbers(a2=1, a3=1))
    fields = write.fields(write.meta(1, 3), lookup, write.cmp(1, b"\1\0\0\0"))
    assert fields == [("value", "01000000")]


def test_presence_is_a_byte() -> None:
    write = Writer()
    header = write.numbers(a1=1) + attr(2, b"\x2c") + write.numbers(a3=0, a4=1, a5=1, a6=0)
    fib = write.numbers(a1=1, a2=1, a3=0x29)
    assert write.fields(
        ("exthdr", header), write.cmp(1, b"\1"), ("fib", fib), write.cmp(1, bytes(4))
    ) == [("present", 1), ("present", 0)]


def test_registers_and_lengths_that_there_are_not() -> None:
    write = Writer()
    assert write.fields(
        write.payload(24, 1, 12, 4), write.cmp(24, b"\1"), write.payload(5, 1, 12, 4),
        write.cmp(0, b"\1"), write.payload(23, 1, 0, 0xFFFFFFFF), write.cmp(23, b"\1\2\3\4"),
        write.payload(1, 77, 0xFFFFFFFF, 4), write.cmp(1, b""), write.cmp(1, bytes(20)),
    )[2:] == [
        ("version-ihl", "0x1"), ("tos", "0x2"), ("length", 772), ("value", bytes(20).hex()),
    ]  # fmt: skip


def test_more_expressions_than_a_rule_may_have_are_bytes() -> None:
    write = Writer()
    loads = [write.meta(1, 16), write.cmp(1, b"\6")] * 65
    assert set(write.fields(*loads)) == {("value", "06")}


EXPRESSIONS = st.tuples(
    st.sampled_from([b"cmp", b"payload", b"meta", b"ct", b"bitwise", b"immediate", b"nat",
                     b"byteorder", b"range", b"exthdr", b"inner", b"fib", b"match"]),
    st.lists(st.tuples(st.integers(1, 8), st.one_of(
        st.integers(0, 24).map(lambda number: struct.pack(">I", number)),
        st.binary(max_size=20).map(lambda raw: attr(1, raw)),
        st.binary(max_size=9),
    )), max_size=6),
)  # fmt: skip


@given(st.lists(EXPRESSIONS, max_size=8), st.sampled_from([0, 1, 2, 7, 10]))
def test_any_rule_tiles(drawn: list[tuple[bytes, list[tuple[int, bytes]]]], family: int) -> None:
    loads = [
        (name.decode(), b"".join(attr(kind, raw) for kind, raw in attrs)) for name, attrs in drawn
    ]
    Writer().rule(*loads, family=family)


# x_tables


def info(kind: str, name: str, revision: int, raw: bytes, family: int = 2, order: str = "<") -> Any:
    """What a match or target reads as; nothing about it is odd, and no byte without a name."""
    message = xt_rule(kind, name, revision, raw, family, order)
    assert [note.code for note in message.notes] == []
    assert [leaf for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"] == []
    return xt_data(message)["info"]


def xt_rule(
    kind: str, name: str, revision: int, raw: bytes, family: int = 2, order: str = "<"
) -> Message:
    write = Writer(order)
    body = attr(1, name.encode() + b"\0", order) + write.numbers(a2=revision)
    return write.rule((kind, body + attr(3, raw, order)), family=family)


def xt_data(message: Message) -> Any:
    expressions: Any = message.attrs["expressions"]
    return expressions["elem"][0]["data"]


@both_orders
def test_a_match_is_its_struct(order: str) -> None:
    raw = struct.pack(f"{order}HHHH4B", 0, 65535, 80, 81, 0, 0x17, 0x02, 0x04) + bytes(4)
    assert info("match", "tcp", 0, raw, order=order) == {
        "sport-min": 0, "sport-max": 65535, "dport-min": 80, "dport-max": 81, "option": 0,
        "flag-mask": ["fin", "syn", "rst", "ack"], "flag-cmp": ["syn"], "invflags": ["flags"],
    }  # fmt: skip


@both_orders
def test_a_connection_match_grew_with_its_revisions(order: str) -> None:
    source = ip_address("192.0.2.1").packed.ljust(16, b"\0") + b"\xff" * 4 + bytes(12)
    head = source + bytes(96) + struct.pack(f"{order}II5H", 0, 0, 6, 0, 0, 0, 0)
    head += struct.pack(f"{order}HH", 5, 0)
    first = info("match", "conntrack", 1, head + b"\x06\x02" + bytes(4), order=order)
    third = head + struct.pack(f"{order}HH8x", 6, 2)
    found = info("match", "conntrack", 3, third + bytes(-len(third) % 8), order=order)
    for values in (first, found):
        assert (values["origsrc-addr"], values["origsrc-mask"]) == ("192.0.2.1", "255.255.255.255")
        assert (values["match-flags"], values["l4proto"]) == (["state", "origsrc"], 6)
        assert values["state-mask"] == ["established", "related"]
        assert values["status-mask"] == ["seen-reply"]
    assert "origsrc-port-high" in found
    assert "origsrc-port-high" not in first


def test_the_family_says_which_addresses_and_structs() -> None:
    six = ip_address("2001:db8::1").packed
    raw = struct.pack("<I", 1) + six + six + struct.pack(">HHH2x", 80, 80, 0) + bytes(4)
    target = info("target", "DNAT", 2, raw, 10)
    assert (target["min-addr"], target["min-proto"]) == ("2001:db8::1", 80)
    assert info("target", "MASQUERADE", 0, raw[:40], 10)["flags"] == ["map-ips"]
    four = struct.pack("<II", 1, 1) + ip_address("192.0.2.9").packed * 2 + bytes(8)
    assert info("target", "MASQUERADE", 0, four)["min-ip"] == "192.0.2.9"
    with_ = struct.pack("<I4x", 4)
    assert info("target", "REJECT", 0, with_) == {"with": "echoreply"}
    assert info("target", "REJECT", 0, with_, 10) == {"with": "port-unreach"}


def test_pointers_of_the_kernel_are_filler() -> None:
    raw = struct.pack("<IIQIII4x", 10, 5, 0, 1, 2, 3) + b"\xff" * 8
    assert info("match", "limit", 0, raw) == {
        "avg": 10, "burst": 5, "prev": 0, "credit": 1, "credit-cap": 2, "cost": 3,
    }  # fmt: skip


def test_shorter_and_longer_structs_go_as_far_as_they_go() -> None:
    short = xt_rule("target", "MARK", 2, struct.pack("<I", 5))
    assert xt_data(short)["info"] == {"mark": "0x5"}
    assert [note.code for note in short.notes] == ["struct.short"]
    long = xt_rule("target", "MARK", 2, struct.pack("<IIQ", 5, 255, 1))
    assert xt_data(long)["info"] == {"mark": "0x5", "mask": "0xff"}
    assert [note.code for note in long.notes] == ["struct.long"]


@pytest.mark.parametrize(
    ("name", "revision", "family"), [("nosuch", 0, 2), ("tcp", 9, 2), ("limit", 0, 7)]
)
def test_what_nobody_knows_stays_raw(name: str, revision: int, family: int) -> None:
    message = xt_rule("match", name, revision, b"\1\2\3\4", family)
    assert message.notes == []
    assert xt_data(message)["info"] == "01020304"
    raw = [leaf for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"]
    assert [leaf.end - leaf.start for leaf in raw] == [4]


@given(st.sampled_from(["tcp", "conntrack", "set", "hashlimit"]), st.integers(0, 4),
       st.binary(max_size=64), st.sampled_from([2, 10]))  # fmt: skip
def test_any_struct_tiles(name: str, revision: int, raw: bytes, family: int) -> None:
    xt_rule("match", name, revision, raw, family)


@both_orders
def test_addresses_in_structs_of_structs_are_of_the_rule_family(order: str) -> None:
    elem = b"".join(bytes([192, 0, 2, n]) + bytes(12) for n in range(4))
    elem += struct.pack(">I", 0x100) + struct.pack(f"{order}I4B", 7, 50, 1, 1, 0)
    raw = elem + bytes(3 * 76) + struct.pack(f"{order}HH", 0b1001, 1) + bytes(4)
    found = info("match", "policy", 0, raw, order=order)
    assert found["flags"] == ["in", "strict"]
    assert found["pol-0"] == {
        "saddr": "192.0.2.0", "smask": "192.0.2.1", "daddr": "192.0.2.2", "dmask": "192.0.2.3",
        "spi": "0x100", "reqid": 7, "proto": "esp", "mode": "tunnel", "match": "0x1",
        "invert": "0x0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "revision", "size"),
    [
        ("match", "policy", 0, 308), ("match", "sctp", 0, 292), ("match", "osf", 0, 48),
        ("match", "rateest", 0, 72), ("match", "bpf", 0, 528), ("match", "bpf", 1, 528),
        ("match", "rt", 0, 280), ("match", "hbh", 0, 40), ("match", "dst", 0, 40),
        ("match", "srh", 0, 10), ("match", "srh", 1, 108), ("target", "RATEEST", 0, 32),
    ],
)  # fmt: skip
def test_structs_have_the_kernel_size(kind: str, name: str, revision: int, size: int) -> None:
    assert isinstance(info(kind, name, revision, bytes(size)), dict)
    short = xt_rule(kind, name, revision, bytes(size - 1), 10)
    assert short.notes
