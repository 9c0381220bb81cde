"""Redaction: no key in any format, everything else as it was, nothing let through when in doubt."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.export import writer_class
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node, Record
from nldissect.redact import Redactor
from nldissect.registry import Registry
from nldissect.spec.load import load_spec

from .check import REGISTRY, check_record, leaves

CAPTURES = Path(__file__).parents[1] / "captures"
FILES = sorted(CAPTURES.glob("*.pcap*"))
FORMATS: list[tuple[str, dict[str, Any]]] = [
    ("ndjson", {}),
    ("tree", {}),
    ("text", {"secrets": True}),
    ("text", {"secrets": True, "verbose": True, "hexdump": True}),
    ("pcap", {}),
    ("pcapng", {}),
]
COUNTED = bytes(range(32))
KEYS = {
    "wireguard.pcap": [b"%032d" % 1000, b"%032d" % 2000],
    "xfrm.pcap": [COUNTED[:16]],
    "genl-misc.pcap": [COUNTED[:16], COUNTED[15::-1]],
    "nl80211.pcap.gz": [
        hashlib.pbkdf2_hmac("sha1", b"an example only", b"greenhouse", 4096, 32),
        b"an example only",
    ],
}
ID = 0x2A
KEY = bytes(range(0xA0, 0xC0))


def secrets_in(node: Node) -> Iterator[Node]:
    """The leaves of key material."""
    if node.secret:
        yield from (leaf for leaf in leaves(node) if not leaf.name.startswith("nla-"))
    for child in node.children:
        yield from secrets_in(child)


def spelled(key: bytes) -> set[bytes]:
    """A key as outputs might have it."""
    ways = {key}
    for separator in ("", ":", " "):
        text = key.hex(separator) if separator else key.hex()
        ways |= {text.encode(), text.upper().encode()}
    for skip in range(3):
        # What does not depend on where in a longer text the key stands.
        coded = base64.b64encode(bytes(skip) + key)
        ways.add(coded[4 if skip else 0 : len(coded) // 4 * 4 - 4])
    return ways


def exported(messages: list[Message], format_: str, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    interfaces = [Interface(0, messages[0].record.link_type, 262144, "nlmon0", "", "little")]
    writer = writer_class(format_)(out.write, interfaces, **options)
    for message in messages:
        writer.message(message)
    writer.close()
    return out.getvalue()


def shape(message: Message) -> list[tuple[str, str, int, int]]:
    found = []
    todo = list(message.layers)
    while todo:
        node = todo.pop()
        found.append((node.name, node.kind, node.start, node.end))
        todo += node.children
    return found


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("redacted", [True, False])
def test_no_format_shows_a_key(name: str, redacted: bool) -> None:
    found: set[bytes] = set(KEYS[name])
    messages: list[Message] = []
    with open_capture(str(CAPTURES / name)) as capture:
        dissector = Dissector(REGISTRY, Learned(), capture.interfaces)
        dissector.survey(capture)
        redactor = Redactor(dissector)
        for record in capture:
            for message in dissector.dissect(record):
                for layer in message.layers:
                    spans = [record.data[leaf.start : leaf.end] for leaf in secrets_in(layer)]
                    found |= {span for span in spans if len(span) > 3 and any(span)}
            given = redactor.record(record) if redacted else record
            messages += dissector.dissect(given)
    for format_, options in FORMATS:
        output = exported(messages, format_, options)
        leaks = {key.hex() for key in found if any(way in output for way in spelled(key))}
        # Where nothing is redacted the keys are there: the search is one that finds.
        assert bool(leaks) != redacted, (format_, leaks)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_all_else_stays(path: Path) -> None:
    with open_capture(str(path)) as capture:
        dissector = Dissector(REGISTRY, Learned(), capture.interfaces)
        dissector.survey(capture)
        redactor = Redactor(dissector)
        for record in list(capture)[::3]:
            before = dissector.dissect(record)
            redacted = redactor.record(record)
            assert (redacted is record) == (redacted.data == record.data)
            after = dissector.dissect(redacted)
            if redactor.blind:
                # Guesses follow the bytes.
                continue
            assert [shape(message) for message in after] == [shape(message) for message in before]
            for old, new in zip(before, after):
                for layer, twin in zip(old.layers, new.layers):
                    for leaf, copy in zip(leaves(layer), leaves(twin)):
                        part = redacted.data[copy.start : copy.end]
                        if part != record.data[leaf.start : leaf.end]:
                            assert leaf.secret or leaf.kind == "padding"
                            assert not any(part)


def test_redacting_needs_no_trees_where_there_are_no_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a tree was made")

    with open_capture(str(CAPTURES / "rt-link.pcap")) as capture:
        dissector = Dissector(REGISTRY, Learned(), capture.interfaces)
        redactor = Redactor(dissector)
        monkeypatch.setattr(Dissector, "layers", fail)
        for record in capture:
            assert redactor.record(record) is record


# A specification of one's own

SPEC = """# SPDX-License-Identifier: BSD-3-Clause
name: lock
protocol: genetlink
definitions:
- name: vault
  type: struct
  members:
  - {name: id, type: u32}
  - {name: pin, type: binary, len: 12, secret: true}
- name: door
  type: struct
  members:
  - {name: floor, type: u32}
  - {name: code, type: u32, secret: true}
attribute-sets:
- name: lock
  attributes:
  - {name: name, type: string}
  - {name: key, type: binary, secret: true}
  - {name: vault, type: binary, struct: vault}
  - {name: inner, type: nest, nested-attributes: lock}
  - {name: all, type: nest, nested-attributes: plain, secret: true}
  - {name: kind, type: string}
  - {name: data, type: sub-message, sub-message: data, selector: kind}
  - {name: many, type: indexed-array, sub-type: nest, nested-attributes: lock}
  - {name: plain, type: nest, nested-attributes: plain}
- name: plain
  attributes:
  - {name: number, type: u64}
  - {name: text, type: string}
sub-messages:
- name: data
  formats:
  - {value: safe, attribute-set: lock}
  - {value: door, fixed-header: door}
operations:
  list:
  - {name: set, attribute-set: lock, do: {request: {attributes: [name]}}}
  - {name: get, attribute-set: plain, do: {request: {attributes: [number]}}}
  - {name: open, attribute-set: plain, fixed-header: door, do: {request: {attributes: [number]}}}
"""
NAME, SECRET, VAULT, INNER, ALL, KIND, DATA, MANY, PLAIN = range(1, 10)
SET, GET, OPEN = 1, 2, 3


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    path = tmp_path_factory.mktemp("spec") / "lock.yaml"
    path.write_text(SPEC)
    made = Registry(plugins=False)
    made.register(load_spec(path))
    return made


class Bench:
    """Makes records of one byte order and redacts them."""

    def __init__(self, registry: Registry, order: str) -> None:
        self.order = order
        word = "little" if order == "<" else "big"
        interfaces = [Interface(0, 253, 262144, "", "", word)]
        self.dissector = Dissector(registry, Learned({ID: "lock"}), interfaces)
        self.redactor = Redactor(self.dissector)

    def attr(self, kind: int, payload: bytes = b"", length: int | None = None) -> bytes:
        length = 4 + len(payload) if length is None else length
        raw = struct.pack(f"{self.order}HH", length, kind) + payload
        return raw + bytes(-len(raw) % 4)

    def nlmsg(self, payload: bytes, kind: int = ID, flags: int = 1) -> bytes:
        head = struct.pack(f"{self.order}IHHII", 16 + len(payload), kind, flags, 1, 0)
        return head + payload + bytes(-len(payload) % 4)

    def genl(self, command: int, body: bytes, kind: int = ID) -> bytes:
        return self.nlmsg(bytes((command, 1, 0, 0)) + body, kind)

    def error(self, request: bytes, flags: int = 0, tlvs: bytes = b"") -> bytes:
        code = struct.pack(f"{self.order}i", -22)
        return self.nlmsg(code + request + tlvs, 2, flags)

    def redact(self, data: bytes, protocol: int = 16, cut: int = 0) -> bytes:
        """The messages of a record, redacted; ``cut`` bytes of them were not captured."""
        head = struct.pack(">HHH8xH", 4, 824, 0, protocol)
        whole = head + data
        record = Record(1, 5, 0, 253, whole[: len(whole) - cut], len(whole), ("a comment",))
        redacted = self.redactor.record(record)
        assert (redacted.number, redacted.time_ns, redacted.interface) == (1, 5, 0)
        assert (redacted.link_type, redacted.comments) == (253, ("a comment",))
        assert redacted.wire_len == record.wire_len
        assert len(redacted.data) == len(record.data)
        check_record(self.dissector, redacted)
        assert self.redactor.record(redacted) is redacted
        return redacted.data[16:]


@pytest.fixture(params=["<", ">"], ids=["little", "big"])
def bench(request: pytest.FixtureRequest, registry: Registry) -> Bench:
    return Bench(registry, request.param)


def test_an_attribute(bench: Bench) -> None:
    a, name = bench.attr, bench.attr(NAME, b"front door, left\0")
    data = bench.genl(SET, name + a(SECRET, KEY) + name)
    assert bench.redact(data) == bench.genl(SET, name + a(SECRET, bytes(32)) + name)
    assert bench.redactor.blind == 0


def test_no_secret(bench: Bench) -> None:
    for body in (b"", bench.attr(NAME, KEY), bench.attr(PLAIN, bench.attr(2, KEY))):
        data = bench.genl(SET, body)
        assert bench.redact(data) == data
    data = bench.genl(GET, bench.attr(77, KEY) + bench.attr(2, KEY, 99))
    assert bench.redact(data) == data


@pytest.mark.parametrize("depth", [1, 3])
def test_nested(bench: Bench, depth: int) -> None:
    def body(key: bytes) -> bytes:
        made = bench.attr(SECRET, key)
        for level in range(depth):
            made = bench.attr(7, made) if level & 1 else made
            made = bench.attr(NAME, b"x") + bench.attr(MANY if level & 1 else INNER, made)
        return made

    assert bench.redact(bench.genl(SET, body(KEY))) == bench.genl(SET, body(bytes(32)))


def test_an_array(bench: Bench) -> None:
    def body(key: bytes) -> bytes:
        items = b"".join(bench.attr(i, bench.attr(SECRET, key)) for i in range(3))
        return bench.attr(MANY, items)

    assert bench.redact(bench.genl(SET, body(KEY))) == bench.genl(SET, body(bytes(32)))


def test_a_secret_nest_keeps_its_shape(bench: Bench) -> None:
    def body(number: bytes, text: bytes) -> bytes:
        return bench.attr(ALL, bench.attr(1, number) + bench.attr(2, text) + bench.attr(9, text))

    data = bench.genl(SET, body(b"12345678", KEY))
    assert bench.redact(data) == bench.genl(SET, body(bytes(8), bytes(32)))


@pytest.mark.parametrize("more", [b"", b"longer than the struct"])
def test_a_struct_member(bench: Bench, more: bytes) -> None:
    vault = bench.attr(VAULT, b"1234" + KEY[:12] + more)
    hidden = bench.attr(VAULT, b"1234" + bytes(12 + len(more)))
    assert bench.redact(bench.genl(SET, vault)) == bench.genl(SET, hidden)


def test_a_short_struct(bench: Bench) -> None:
    vault = bench.attr(VAULT, b"1234" + KEY[:7])
    hidden = bench.attr(VAULT, b"1234" + bytes(7))
    assert bench.redact(bench.genl(SET, vault)) == bench.genl(SET, hidden)


def test_a_header_member(bench: Bench) -> None:
    body = bench.attr(2, b"text")
    data = bench.genl(OPEN, b"ABCD" + KEY[:4] + body)
    assert bench.redact(data) == bench.genl(OPEN, b"ABCD" + bytes(4) + body)
    assert bench.redact(bench.genl(OPEN, b"ABCD" + KEY[:3])) == bench.genl(OPEN, b"ABCD" + bytes(3))


@pytest.mark.parametrize("early", [True, False])
def test_sub_messages(bench: Bench, early: bool) -> None:
    def body(kind: bytes, data: bytes) -> bytes:
        parts = [bench.attr(KIND, kind + b"\0"), bench.attr(DATA, data)]
        return b"".join(parts if early else reversed(parts))

    safe = body(b"safe", bench.attr(SECRET, KEY))
    hidden = body(b"safe", bench.attr(SECRET, bytes(32)))
    assert bench.redact(bench.genl(SET, safe)) == bench.genl(SET, hidden)
    door = bench.genl(SET, body(b"door", b"ABCD" + KEY[:4]))
    assert bench.redact(door) == bench.genl(SET, body(b"door", b"ABCD" + bytes(4)))
    unknown = bench.redact(bench.genl(SET, body(b"safest", bench.attr(SECRET, KEY))))
    assert KEY not in unknown


def test_unknown_attributes_beside_secrets(bench: Bench) -> None:
    """A newer kernel's key has a number that is not known yet."""
    data = bench.genl(SET, bench.attr(99, KEY) + bench.attr(98, b"12345678"))
    hidden = bench.genl(SET, bench.attr(99, bytes(32)) + bench.attr(98, b"12345678"))
    assert bench.redact(data) == hidden


def test_network_order_and_nested_bits(bench: Bench) -> None:
    for bits in (0x4000, 0x8000, 0xC000):
        data = bench.genl(SET, bench.attr(SECRET | bits, KEY))
        assert bench.redact(data) == bench.genl(SET, bench.attr(SECRET | bits, bytes(32)))


@pytest.mark.parametrize("cut", [1, 20, 33, 35])
def test_cut_by_the_snapshot_length(bench: Bench, cut: int) -> None:
    data = bench.genl(SET, bench.attr(NAME, b"front") + bench.attr(SECRET, KEY))
    redacted = bench.redact(data, cut=cut)
    left = data[: len(data) - cut]
    # An attribute's header stays if it is whole.
    keep = len(data) - (32 if cut <= 32 else 36)
    assert redacted == left[:keep] + bytes(len(left) - keep)


@pytest.mark.parametrize("length", [0, 3, 200, 0xFFFF])
@pytest.mark.parametrize("kind", [NAME, SECRET, INNER, VAULT, DATA])
def test_broken_lengths(bench: Bench, kind: int, length: int) -> None:
    """What follows a broken attribute may be anything."""
    body = bench.attr(kind, KEY, length) + bench.attr(SECRET, KEY)
    for data in (bench.genl(SET, body), bench.genl(SET, bench.attr(INNER, body))):
        redacted = bench.redact(data)
        for at in range(len(KEY) - 8):
            assert KEY[at : at + 9] not in redacted


def test_trailing_bytes_and_padding(bench: Bench) -> None:
    data = bench.genl(SET, bench.attr(SECRET, b"12345")[:-3] + b"678" + b"9ab")
    assert not set(bench.redact(data)) & set(b"123456789ab")


@pytest.mark.parametrize("flags", [0, 0x200])
def test_the_request_inside_an_error(bench: Bench, flags: int) -> None:
    tlvs = bench.attr(1, b"no such lock\0") if flags else b""
    request = bench.genl(SET, bench.attr(NAME, b"x") + bench.attr(SECRET, KEY))
    hidden = bench.genl(SET, bench.attr(NAME, b"x") + bench.attr(SECRET, bytes(32)))
    assert bench.redact(bench.error(request, flags, tlvs)) == bench.error(hidden, flags, tlvs)


def test_an_error_without_the_request(bench: Bench) -> None:
    request = bench.genl(SET, bench.attr(SECRET, KEY))
    capped = bench.error(request[:16], 0x300, bench.attr(1, b"no such lock\0"))
    assert bench.redact(capped) == capped
    assert bench.redact(bench.error(request[:16], 0x100)) == bench.error(request[:16], 0x100)


def test_errors_that_do_not_add_up(bench: Bench) -> None:
    request = bench.genl(SET, bench.attr(SECRET, KEY))
    for data in (
        bench.error(request[:40]),
        bench.error(request, 0x100),
        bench.error(request[:16] + request),
        bench.error(bench.error(request)),
        bench.error(request, 0, b"extra" + KEY),
        bench.nlmsg(KEY, 3),
        bench.nlmsg(KEY, 1),
        bench.nlmsg(KEY, 2)[:24],
    ):
        assert KEY[:9] not in bench.redact(data)


def test_bytes_behind_the_messages(bench: Bench) -> None:
    good = bench.genl(GET, b"")
    short = struct.pack(f"{bench.order}I", 3) + KEY
    assert bench.redact(good + short) == good + short[:4] + bytes(32)
    assert bench.redact(good + KEY[:9]) == good + bytes(9)
    assert bench.redact(short) == short[:4] + bytes(32)


def test_several_messages(bench: Bench) -> None:
    plain, secret = bench.genl(GET, bench.attr(2, KEY)), bench.genl(SET, bench.attr(SECRET, KEY))
    hidden = bench.genl(SET, bench.attr(SECRET, bytes(32)))
    assert bench.redact(plain + secret + plain + secret) == plain + hidden + plain + hidden


# What nobody described


def test_unlearned_families_are_zeroed(bench: Bench) -> None:
    def body(key: bytes) -> bytes:
        inner = bench.attr(1, b"12345678") + bench.attr(2, key)
        return bench.attr(1, key) + bench.attr(2 | 0x8000, inner) + bench.attr(3, b"1234")

    data = bench.genl(1, body(KEY), kind=0x77)
    assert bench.redact(data) == bench.genl(1, body(bytes(32)), kind=0x77)
    assert bench.redactor.blind == 1
    bench.redact(bench.error(data))
    bench.redact(bench.genl(1, bench.attr(1, b"12345678"), kind=0x77))
    assert bench.redactor.blind == 2


def test_names_without_a_specification_are_zeroed(registry: Registry) -> None:
    bench = Bench(registry, "<")
    bench.dissector.learned = Learned({ID: "nameless"})
    data = bench.genl(1, bench.attr(1, KEY))
    assert bench.redact(data) == bench.genl(1, bench.attr(1, bytes(32)))
    assert bench.redactor.blind == 1


def test_unknown_commands_and_types_are_zeroed(bench: Bench) -> None:
    data = bench.genl(200, bench.attr(1, KEY))
    assert bench.redact(data) == bench.genl(200, bench.attr(1, bytes(32)))
    for protocol in (0, 2, 16):
        assert KEY[:9] not in bench.redact(bench.nlmsg(KEY, 0x3FFF), protocol)
    assert bench.redactor.blind == 4


def test_records_of_others_stay(bench: Bench) -> None:
    record = Record(1, 0, 0, 1, KEY, 32)
    assert bench.redactor.record(record) is record
    record = Record(1, 0, 0, 253, KEY[:9], 9)
    assert bench.redactor.record(record) is record


def test_what_a_pipe_has_not_told_yet_is_unknown(registry: Registry) -> None:
    """A pipe is redacted with what it told so far, in the byte order that it shows."""
    interfaces = [Interface(0, 253, 262144, "", "", "big")]
    dissector = Dissector(registry, Learned(), interfaces, learning=True)
    redactor = Redactor(dissector)
    bench = Bench(registry, "<")
    head = struct.pack(">HHH8xH", 4, 824, 0, 16)
    data = head + bench.genl(SET, bench.attr(NAME, b"front door") + bench.attr(SECRET, KEY))
    told = head + bench.nlmsg(
        b"\1\1\0\0" + bench.attr(1, struct.pack("<H", ID)) + bench.attr(2, b"lock\0"), 0x10, 0
    )
    found = []
    for number, part in enumerate((data, told, data), 1):
        redacted = redactor.record(Record(number, 0, 0, 253, part, len(part)))
        dissector.dissect(redacted)
        found.append((b"front door" in redacted.data, KEY in redacted.data, redactor.blind))
    assert found == [(False, False, 1), (False, False, 1), (True, False, 1)]


# Whatever the bytes are

SEEDS = ["wireguard.pcap", "xfrm.pcap", "nl80211.pcap.gz", "nldemo-talk.pcap", "genl-misc.pcap"]


@pytest.fixture(scope="module")
def seeds() -> list[tuple[Dissector, list[Record]]]:
    made = []
    for name in SEEDS:
        with open_capture(str(CAPTURES / name)) as capture:
            dissector = Dissector(REGISTRY, Learned(), capture.interfaces)
            dissector.survey(capture)
            made.append((dissector, [record for record in capture if len(record.data) < 600]))
    return made


@given(st.data())
def test_no_key_in_any_bytes(seeds: list[tuple[Dissector, list[Record]]], data: Any) -> None:
    dissector, records = data.draw(st.sampled_from(seeds))
    record = data.draw(st.sampled_from(records))
    raw = bytearray(record.data)
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(16, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(16, len(raw)))] if data.draw(st.booleans()) else raw
    broken = Record(record.number, 0, 0, record.link_type, bytes(raw), record.wire_len)
    redacted = Redactor(dissector).record(broken)
    assert len(redacted.data) == len(raw)
    for message in dissector.dissect(redacted):
        for layer in message.layers:
            for leaf in secrets_in(layer):
                assert not any(redacted.data[leaf.start : leaf.end])
