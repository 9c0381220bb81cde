"""What the elements of nftables' sets are, by what the set's own message told."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Record
from tests.check import REGISTRY, check_record
from tests.families.test_nft_values import NEST, Writer, attr, both_orders, fields_of

INTERVAL, MAP, CONCAT = 4, 8, 0x80


class Kernel(Writer):
    """Messages about one set."""

    def message(self, kind: int, body: bytes) -> bytes:
        payload = struct.pack(">BBH", 2, 0, 7) + body
        head = struct.pack(f"{self.order}IHHII", 16 + len(payload), 0x0A00 | kind, 1, 9, 0)
        return head + payload

    def text(self, kind: int, text: str) -> bytes:
        return attr(kind, text.encode() + b"\0", self.order)

    def set(
        self, name: str = "s", key: int = 7, size: int = 4, flags: int = 0, more: bytes = b"",
        order: int = 0,
    ) -> bytes:  # fmt: skip
        body = self.text(1, "t") + self.text(2, name) + self.numbers(a3=flags, a4=key, a5=size)
        user = struct.pack(f"{self.order}BBI", 0, 4, order)
        return self.message(9, body + more + attr(13, user, self.order))

    def elements(self, *elems: bytes, name: str = "s", more: bytes = b"") -> bytes:
        run = b"".join(attr(1 | NEST, elem, self.order) for elem in elems)
        body = self.text(1, "t") + self.text(2, name) + more + attr(3 | NEST, run, self.order)
        return self.message(12, body)

    def read(self, *batch: bytes) -> list[Message]:
        order = "little" if self.order == "<" else "big"
        interfaces = [Interface(0, 253, 262144, "", "", order)]
        reader = Dissector(REGISTRY, Learned(), interfaces, order=order, facts=True)
        link = struct.pack(">HHH8xH", 4, 824, 0, 12)
        records = [
            Record(number, 0, 0, 253, link + data, len(link + data))
            for number, data in enumerate(batch, 1)
        ]
        reader.survey(records)
        return [message for record in records for message in check_record(reader, record)]

    def shown(self, *batch: bytes) -> list[tuple[str, str]]:
        message = self.read(*batch)[-1]
        assert message.notes == []
        return [(field.name, field.display) for field in fields_of(message)]


def test_a_key_is_of_its_set_type() -> None:
    write = Kernel()
    elements = write.elements(write.value(1, b"\xc0\0\2\1"))
    assert write.shown(write.set(), elements) == [("ipv4_addr", "192.0.2.1")]
    message = write.read(write.set(), elements)[-1]
    found: Any = message.attrs["elements"]
    assert found["elem"] == [{"key": {"value": "c0000201"}}]


def test_a_set_may_be_told_of_later() -> None:
    write = Kernel()
    elements = write.elements(write.value(1, b"\0\x50"))
    message = write.read(elements, write.set(key=13, size=2))[0]
    assert [(f.name, f.value) for f in fields_of(message)] == [("inet_service", 80)]


def test_of_an_unknown_set_the_bytes_stay() -> None:
    write = Kernel()
    elements = write.elements(write.value(1, b"\xc0\0\2\1"), name="other")
    assert write.shown(write.set(), elements) == [("value", "c0000201")]


def test_a_concatenation_has_its_parts() -> None:
    write = Kernel()
    key = b"\xc0\0\2\1" + b"\6\0\0\0" + b"\0\x50\0\0"
    elements = write.elements(write.value(1, key))
    made = write.set(key=7 << 12 | 12 << 6 | 13, size=12)
    assert write.shown(made, elements) == [
        ("ipv4_addr", "192.0.2.1"), ("inet_proto", "tcp"), ("inet_service", "80"),
    ]  # fmt: skip
    broken = write.set(key=7 << 12 | 12 << 6 | 13, size=16)
    assert write.shown(broken, elements) == [("value", key.hex())]


def test_lengths_of_parts_are_told() -> None:
    write = Kernel()
    lengths = b"".join(attr(1 | NEST, write.numbers(a1=size)) for size in (4, 2))
    desc = attr(9 | NEST, attr(2 | NEST, lengths))
    made = write.set(key=7 << 6 | 4, size=8, more=desc)
    assert write.shown(made, write.elements(write.value(1, b"\xc0\0\2\1\1\2\0\0"))) == [
        ("ipv4_addr", "192.0.2.1"), ("integer", "0102"),
    ]  # fmt: skip


def test_an_interval_has_an_end() -> None:
    write = Kernel()
    made = write.set(flags=INTERVAL)
    start, end = write.value(1, b"\xc0\0\2\0"), write.value(1, b"\xc0\0\3\0")
    assert write.shown(made, write.elements(start, write.numbers(a3=1) + end)) == [
        ("ipv4_addr", "192.0.2.0"), ("ipv4_addr", "192.0.3.0 (behind the interval)"),
    ]  # fmt: skip


def test_ranges_of_parts() -> None:
    write = Kernel()
    made = write.set(key=7 << 12 | 12 << 6 | 13, size=12, flags=INTERVAL | CONCAT)
    first = b"\xc0\0\2\0" + b"\6\0\0\0" + b"\0\x50\0\0"
    last = b"\xc0\0\2\xff" + b"\6\0\0\0" + b"\0\x5a\0\0"
    elements = write.elements(write.value(1, first) + write.value(10, last))
    assert write.shown(made, elements)[3:] == [
        ("ipv4_addr", "192.0.2.255 (192.0.2.0/24)"), ("inet_proto", "tcp"),
        ("inet_service", "90 (80-90)"),
    ]  # fmt: skip


@both_orders
def test_numbers_are_in_the_order_of_the_host_and_of_ranges_in_that_of_the_network(
    order: str,
) -> None:
    write = Kernel(order)
    host = write.elements(write.value(1, struct.pack(f"{order}I", 0x2A)))
    big = write.elements(write.value(1, struct.pack(">I", 0x2A)))
    assert write.shown(write.set(key=19), host) == [("mark", "0x2a")]
    assert write.shown(write.set(key=19, flags=INTERVAL), big) == [("mark", "0x2a")]
    assert write.shown(write.set(key=4, order=1), host) == [("integer", "42")]
    assert write.shown(write.set(key=4, order=2), big) == [("integer", "42")]


def test_anonymous_sets_of_a_batch_have_ids() -> None:
    write = Kernel()
    ports = write.set("__set%d", 13, 2, more=write.numbers(a10=1))
    protocols = write.set("__set%d", 12, 1, more=write.numbers(a10=2))
    elements = write.elements(write.value(1, b"\0\x16"), name="__set%d", more=write.numbers(a4=1))
    assert write.shown(ports + protocols, elements) == [("inet_service", "22")]


def test_data_of_maps() -> None:
    write = Kernel()
    made = write.set(flags=MAP, more=write.numbers(a6=7 << 6 | 13, a7=8))
    key, data = write.value(1, bytes(4)), write.value(2, b"\xcb\0\x71\1\0\x50\0\0")
    assert write.shown(made, write.elements(key + data))[1:] == [
        ("ipv4_addr", "203.0.113.1"), ("inet_service", "80"),
    ]  # fmt: skip
    ranges = attr(13, struct.pack("<BBI", 6, 4, 1))
    wide = write.set(flags=MAP, more=write.numbers(a6=7, a7=8) + ranges)
    data = write.value(2, b"\xcb\0\x71\0\xcb\0\x71\x7f")
    assert write.shown(wide, write.elements(key + data))[1:] == [
        ("ipv4_addr", "203.0.113.0"), ("ipv4_addr", "203.0.113.127 (203.0.113.0/25)"),
    ]  # fmt: skip


def test_a_lookup_gives_a_register_what_the_map_has() -> None:
    write = Kernel()
    made = write.set(flags=MAP, more=write.numbers(a6=13, a7=2))
    load = ("lookup", write.text(1, "s") + write.numbers(a2=1, a3=2))
    elems = b""
    for name, data in (load, write.cmp(2, b"\0\x50")):
        elems += attr(1 | NEST, attr(1, name.encode() + b"\0") + attr(2 | NEST, data))
    rule = write.message(6, write.text(1, "t") + write.text(2, "c") + attr(4 | NEST, elems))
    assert write.shown(made, rule) == [("inet_service", "80")]


def test_types_are_named() -> None:
    write = Kernel()
    (message,) = write.read(write.set(key=7 << 6 | 13, more=write.numbers(a6=0xFFFFFF00)))
    shown = {
        node.name: node.display for layer in message.layers for node in layer.children
    }  # fmt: skip
    assert shown["key-type"] == "461 (ipv4_addr . inet_service)"
    assert shown["data-type"] == "4294967040 (verdict)"
    assert message.attrs["key-type"] == 461


@pytest.mark.parametrize("key", [0, 63, 0xFFFFFFFF, 63 << 6])
def test_unknown_types_are_numbers(key: int) -> None:
    write = Kernel()
    message, _ = write.read(write.set(key=key), write.elements(write.value(1, bytes(4))))
    node = message.node("attrs.key-type")
    assert node is not None
    assert node.display == str(key)


@given(
    key=st.integers(0, 0xFFFFFFFF), size=st.integers(0, 80), flags=st.integers(0, 511),
    raw=st.binary(min_size=0, max_size=70), end=st.binary(max_size=70), user=st.integers(0, 3),
)  # fmt: skip
def test_any_set_and_any_element_tile(
    key: int, size: int, flags: int, raw: bytes, end: bytes, user: int
) -> None:
    write = Kernel()
    more = write.numbers(a6=key, a7=size)
    elem = write.value(1, raw) + write.value(10, end) + write.value(2, raw + end)
    write.read(write.set("s", key, size, flags, more, user), write.elements(elem))
