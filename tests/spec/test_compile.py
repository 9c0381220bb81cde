"""Every type of the YNL language, from YAML to values, in both byte orders, quick and thorough."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Record
from nldissect.registry import Registry
from nldissect.spec.load import load_spec

from ..check import check_record, dissector

SPEC = """\
# SPDX-License-Identifier: BSD-3-Clause
---
name: everything
protocol: netlink-raw
protonum: 31
doc: All of YNL.
definitions:
  - {name: size, type: const, value: 6}
  - {name: color, type: enum, value-start: 5, entries: [red, {name: green, value: 9}, blue]}
  - {name: caps, type: flags, entries: [fast, far, {name: loud, value: 4}]}
  - {name: bare, type: enum, entries: []}
  - name: point
    type: struct
    members:
      - {name: x, type: s16}
      - {name: y, type: u16, byte-order: big-endian}
  - name: box
    type: struct
    members:
      - {name: low, type: binary, struct: point}
      - {name: label, type: string, len: size}
      - {name: gap, type: pad, len: 2}
      - {name: kind, type: u8, enum: color}
      - {name: can, type: u8, enum: caps}
      - {name: mac, type: binary, len: size, display-hint: mac}
      - {name: at, type: u32, byte-order: big-endian, display-hint: ipv4}
      - {name: rest, type: binary, len: size - 1}
  - {name: head, type: struct, members: [{name: who, type: u16}, {name: what, type: u16}]}
attribute-sets:
  - name: all
    attributes:
      - {name: zero, type: u32, value: 0}
      - {name: a8, type: u8}
      - {name: a16, type: u16}
      - {name: a32, type: u32}
      - {name: a64, type: u64}
      - {name: b8, type: s8}
      - {name: b16, type: s16}
      - {name: b32, type: s32}
      - {name: b64, type: s64}
      - {name: auto, type: uint}
      - {name: sauto, type: sint}
      - {name: net, type: u32, byte-order: big-endian}
      - {name: intel, type: u32, byte-order: little-endian}
      - {name: flag, type: flag}
      - {name: text, type: string}
      - {name: blob, type: binary}
      - {name: hexed, type: binary, display-hint: hex}
      - {name: hexint, type: u32, display-hint: hex}
      - {name: mac, type: binary, display-hint: mac}
      - {name: ip4, type: u32, byte-order: big-endian, display-hint: ipv4}
      - {name: ip6, type: binary, display-hint: ipv6}
      - {name: ip, type: binary, display-hint: ipv4-or-v6}
      - {name: id, type: binary, display-hint: uuid}
      - {name: box, type: binary, struct: box}
      - {name: list, type: binary, sub-type: s16}
      - {name: nest, type: nest, nested-attributes: all}
      - {name: sub, type: nest, nested-attributes: some}
      - {name: rows, type: indexed-array, sub-type: nest, nested-attributes: some}
      - {name: nums, type: indexed-array, sub-type: u32}
      - {name: macs, type: indexed-array, sub-type: binary, display-hint: mac}
      - {name: tv, type: nest-type-value, nested-attributes: some, type-value: [outer, inner]}
      - {name: bits, type: bitfield32, enum: caps}
      - {name: many, type: u32, multi-attr: true}
      - {name: filler, type: pad}
      - {name: old, type: unused}
      - {name: color, type: u32, enum: color}
      - {name: caps, type: u16, enum: caps}
      - {name: asflags, type: u8, enum: color, enum-as-flags: true}
      - {name: kind, type: string}
      - {name: data, type: sub-message, sub-message: shapes, selector: kind}
      - {name: wrap, type: nest, nested-attributes: wrapped}
      - {name: hollow, type: u32, enum: bare}
      - {name: array-old, type: array-nest, nested-attributes: some}
      - {name: big, type: uint, enum: caps, enum-as-flags: true}
  - name: some
    subset-of: all
    attributes:
      - {name: a32}
      - {name: text}
      - {name: ip4, display-hint: hex}
  - name: wrapped
    name-prefix: w-
    attributes:
      - {name: app, type: sub-message, sub-message: shapes, selector: kind}
sub-messages:
  - name: shapes
    formats:
      - {value: attrs, attribute-set: some}
      - {value: head, fixed-header: head}
      - {value: both, fixed-header: head, attribute-set: some}
      - {value: none}
operations:
  enum-model: directional
  fixed-header: head
  name-prefix: ev-
  list:
    - name: get
      doc: Get.
      attribute-set: all
      do: {request: {value: 32, attributes: [a8]}, reply: {value: 33, attributes: [a8]}}
    - {name: get-ntf, doc: Told., notify: get, value: 34}
"""

NAMES = """
    zero a8 a16 a32 a64 b8 b16 b32 b64 auto sauto net intel flag text blob hexed hexint mac ip4 ip6
    ip id box list nest sub rows nums macs tv bits many filler old color caps asflags kind data wrap
    hollow array-old big
"""
NUMBERS = {name: number for number, name in enumerate(NAMES.split())}

BOX = b"ab\0\0\0\0" + b"\0\0" + b"\x05\x13" + b"\2\0\0\0\0\1" + b"\xc0\0\2\1" + b"12345"

# attribute, payload's struct format and arguments, value
CASES: list[tuple[str, str, tuple[Any, ...], Any]] = [
    ("zero", "I", (7,), 7),
    ("a8", "B", (255,), 255),
    ("a16", "H", (0xFFFE,), 0xFFFE),
    ("a32", "I", (0xFFFFFFFE,), 0xFFFFFFFE),
    ("a64", "Q", (1 << 63,), 1 << 63),
    ("b8", "b", (-1,), -1),
    ("b16", "h", (-2,), -2),
    ("b32", "i", (-3,), -3),
    ("b64", "q", (-4,), -4),
    ("auto", "I", (5,), 5),
    ("auto", "Q", (1 << 40,), 1 << 40),
    ("sauto", "i", (-5,), -5),
    ("sauto", "q", (-(1 << 40),), -(1 << 40)),
    ("net", "4s", (b"\0\0\0\x09",), 9),
    ("intel", "4s", (b"\x09\0\0\0",), 9),
    ("flag", "", (), True),
    ("text", "4s", (b"h\xc3\xa9\0",), "hé"),
    ("text", "2s", (b"no",), "no"),
    ("text", "3s", (b"\xff1\0",), "\\xff1"),
    ("blob", "3s", (b"\1\2\3",), "010203"),
    ("hexed", "3s", (b"\1\2\3",), "01 02 03"),
    ("hexint", "I", (0x20,), "0x20"),
    ("mac", "6s", (b"\2\0\0\0\0\1",), "02:00:00:00:00:01"),
    ("ip4", "4s", (b"\xc0\0\2\1",), "192.0.2.1"),
    ("ip6", "16s", (b"\x20\1\x0d\xb8" + bytes(11) + b"\1",), "2001:db8::1"),
    ("ip", "4s", (b"\xc0\0\2\1",), "192.0.2.1"),
    ("ip", "16s", (b"\x20\1\x0d\xb8" + bytes(11) + b"\1",), "2001:db8::1"),
    ("id", "16s", (bytes(range(16)),), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
    (
        "box",
        "h2s29s",
        (-7, b"\1\2", BOX),
        {
            "low": {"x": -7, "y": 0x102},
            "label": "ab",
            "kind": "red",
            "can": ["fast", "far", "loud"],
            "mac": "02:00:00:00:00:01",
            "at": "192.0.2.1",
            "rest": "3132333435",
        },
    ),
    ("list", "hhh", (1, -1, 2), [1, -1, 2]),
    ("bits", "II", (1, 0x13), {"value": ["fast"], "selector": ["fast", "far", "loud"]}),
    ("many", "I", (4,), [4]),
    ("color", "I", (9,), "green"),
    ("color", "I", (10,), "blue"),
    ("color", "I", (77,), "color(77)"),
    ("caps", "H", (0x8002,), ["far", "0x8000"]),
    ("asflags", "B", (0x20,), ["red"]),
    ("hollow", "I", (3,), "bare(3)"),
    ("big", "I", (2,), ["far"]),
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    path = Path(tmp_path_factory.mktemp("spec")) / "everything.yaml"
    path.write_text(SPEC)
    registry = Registry(plugins=False)
    registry.register(load_spec(path))
    return registry


class Case:
    """Builds and reads messages in one byte order."""

    def __init__(self, registry: Registry, order: str) -> None:
        self.order = order
        self.prefix = "<" if order == "little" else ">"
        self.reader = Dissector(registry, Learned(), dissector().interfaces, order=order)

    def attr(self, name: str | int, payload: bytes = b"", flags: int = 0) -> bytes:
        number = name if isinstance(name, int) else NUMBERS[name]
        raw = struct.pack(f"{self.prefix}HH", 4 + len(payload), number | flags) + payload
        return raw + bytes(-len(raw) % 4)

    def u32(self, value: int) -> bytes:
        return struct.pack(f"{self.prefix}I", value)

    def read(self, attrs: bytes, kind: int = 33, codes: tuple[str, ...] = ()) -> Any:
        head = struct.pack(f"{self.prefix}HH", 1, 2)
        size = 20 + len(attrs)
        body = struct.pack(f"{self.prefix}IHHII", size, kind, kind == 32, 0, 9)
        data = struct.pack(">HHH8xH", 4, 824, 0, 31) + body + head + attrs
        record = Record(1, 0, 0, 253, data, len(data))
        (message,) = check_record(self.reader, record)
        assert message.header == {"who": 1, "what": 2}
        assert tuple(note.code for note in message.notes) == codes
        return message.attrs


@pytest.fixture(params=["little", "big"])
def case(request: pytest.FixtureRequest, registry: Registry) -> Case:
    return Case(registry, request.param)


@pytest.mark.parametrize(
    ("name", "layout", "arguments", "value"), CASES, ids=[f"{row[0]}-{row[1]}" for row in CASES]
)
def test_types(case: Case, name: str, layout: str, arguments: tuple[Any, ...], value: Any) -> None:
    payload = struct.pack(case.prefix + layout, *arguments)
    assert case.read(case.attr(name, payload)) == {name: value}
    assert case.read(case.attr("nest", case.attr(name, payload), 0x8000)) == {"nest": {name: value}}


def test_operations(registry: Registry) -> None:
    case = Case(registry, "little")
    family = registry.family("everything", "little")
    assert family is not None
    names = [
        (family.op(number, direction).name, family.op(number, direction).c_name)  # type: ignore[union-attr]
        for number, direction in ((32, "request"), (33, "reply"), (34, "notify"))
    ]
    assert names == [("get", "EV_GET"), ("get", "EV_GET"), ("get-ntf", "EV_GET")]
    assert case.read(case.attr("a8", b"\1"), 34) == {"a8": 1}


def test_c_names(registry: Registry) -> None:
    family = registry.family("everything", "little")
    assert family is not None
    assert family.attr_set("all").attrs[3].c_name == "EVERYTHING_A_ALL_A32"
    assert family.attr_set("some").attrs[3].c_name == "EVERYTHING_A_ALL_A32"
    assert family.attr_set("wrapped").attrs[1].c_name == "W_APP"


def test_subset_overrides_the_hint_alone(case: Case) -> None:
    inner = case.attr("a32", case.u32(1)) + case.attr("ip4", b"\0\0\0\x10")
    assert case.read(case.attr("sub", inner)) == {"sub": {"a32": 1, "ip4": "0x10"}}


def test_multi_attr(case: Case) -> None:
    run = case.attr("many", case.u32(1)) + case.attr("many", case.u32(2))
    assert case.read(run) == {"many": [1, 2]}


def test_indexed_arrays(case: Case) -> None:
    row = case.attr(3, case.attr("a32", case.u32(8))) + case.attr(1, b"")
    for name in ("rows", "array-old"):
        assert case.read(case.attr(name, row)) == {name: [{"3": {"a32": 8}}, {"1": {}}]}
    nums = case.attr(0, case.u32(5)) + case.attr(0, case.u32(6))
    assert case.read(case.attr("nums", nums)) == {"nums": [5, 6]}
    assert case.read(case.attr("macs", case.attr(1, b"\1\2"))) == {"macs": ["01:02"]}


def test_type_value(case: Case) -> None:
    inner = case.attr(7, case.attr(2, case.attr("a32", case.u32(8))))
    assert case.read(case.attr("tv", inner)) == {"tv": {"outer": 7, "inner": 2, "a32": 8}}


def test_sub_messages(case: Case) -> None:
    head = struct.pack(case.prefix + "HH", 3, 4)
    some = case.attr("a32", case.u32(8))
    for kind, payload, value in (
        (b"attrs\0", some, {"a32": 8}),
        (b"head\0", head, {"who": 3, "what": 4}),
        (b"both\0", head + some, {"who": 3, "what": 4, "a32": 8}),
        (b"none\0", b"", {}),
    ):
        text = kind[:-1].decode()
        run = case.attr("kind", kind) + case.attr("data", payload)
        assert case.read(run) == {"kind": text, "data": value}
        run = case.attr("data", payload) + case.attr("kind", kind)
        assert case.read(run) == {"kind": text, "data": value}
        run = case.attr("kind", kind) + case.attr("wrap", case.attr(1, payload))
        assert case.read(run) == {"kind": text, "wrap": {"app": value}}


def test_unknown_selector_is_guessed(case: Case) -> None:
    run = case.attr("kind", b"other\0") + case.attr("data", case.attr("a32", case.u32(8)))
    value = {"kind": "other", "data": {"attr-3": 8}}
    assert case.read(run, codes=("sub-message.unknown",)) == value


def test_pad_is_hidden_and_unused_is_unknown(case: Case) -> None:
    assert case.read(case.attr("filler", bytes(4))) == {}
    run = case.attr("old", case.u32(1))
    assert case.read(run, codes=("attr.unknown",)) == {"attr-34": 1}


@pytest.mark.parametrize(
    ("tail", "code", "value"),
    [
        (0, "struct.short", {"low": {"x": 0, "y": 0}, "label": ""}),
        (40, "struct.long", None),
    ],
)
def test_structs_of_another_age(case: Case, tail: int, code: str, value: Any) -> None:
    payload = bytes(11) if tail == 0 else bytes(33) + b"\1" * 7
    read = case.read(case.attr("box", payload), codes=(code,))["box"]
    if value is not None:
        assert read == value
    else:
        assert read["rest"] == "0000000000"


def test_names_with_odd_characters_and_value_zero(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    spec = SPEC.replace("name: text,", 'name: "text mask",')
    path.write_text(spec.replace("{name: text}", '{name: "text mask"}'))
    registry = Registry(plugins=False)
    registry.register(load_spec(path))
    case = Case(registry, "little")
    assert case.read(case.attr("text", b"x\0")) == {"text mask": "x"}


BY_HEADER = """\
# SPDX-License-Identifier: BSD-3-Clause
---
name: by-header
protocol: netlink-raw
protonum: 30
definitions:
  - {name: af, type: enum, entries: [{name: inet, value: 2}, {name: inet6, value: 10}]}
  - {name: ask, type: struct, members: [{name: af, type: u8, enum: af}, {name: n, type: u8}]}
  - name: far
    type: struct
    members:
      - {name: to, type: binary, len: 16, display-hint: ipv4-or-v6, selector: inner.af}
      - {name: inner, type: binary, struct: ask}
      - {name: gap, type: pad, len: 2}
  - {name: told, type: struct, members: [{name: af, type: u32, enum: af}]}
attribute-sets:
  - name: all
    attributes:
      - {name: at, type: binary, display-hint: ipv4-or-v6, selector: af}
operations:
  enum-model: directional
  list:
    - name: look
      attribute-set: all
      fixed-header: ask
      do: {request: {value: 16}}
      alternatives:
        - {value: far, when: {af: inet6, n: 1}, fixed-header: far, attribute-set: all}
    - name: look-reply
      attribute-set: all
      fixed-header: told
      do: {reply: {value: 16}}
"""


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
def test_header_chooses_shapes_and_addresses(order: str, tmp_path: Path) -> None:
    path = tmp_path / "by-header.yaml"
    path.write_text(BY_HEADER)
    registry = Registry(plugins=False)
    registry.override(load_spec(path))
    reader = Dissector(
        registry, Learned(), dissector().interfaces, order="little" if order == "<" else "big"
    )
    wide = bytes(range(16))

    def read(body: bytes, flags: int) -> tuple[str, Any, Any]:
        data = struct.pack(">HHH8xH", 4, 824, 0, 30)
        data += struct.pack(f"{order}IHHII", 16 + len(body), 16, flags, 1, 5) + body
        (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
        assert not message.notes
        return message.operation, message.header, message.attrs

    at = struct.pack(f"{order}HH", 20, 1) + wide
    v4, v6 = "0.1.2.3", "1:203:405:607:809:a0b:c0d:e0f"
    assert read(b"\2\0\0\0" + at, 1) == ("look", {"af": "inet", "n": 0}, {"at": v4})
    assert read(b"\x0a\0\0\0" + at, 1) == ("look", {"af": "inet6", "n": 0}, {"at": v6})
    told = struct.pack(f"{order}I", 2)
    assert read(told + at, 2) == ("look-reply", {"af": "inet"}, {"at": v4})
    # The first two bytes are the own header's members and the begin of the alternative's address.
    for tail, text in ((b"\2", "10.1.0.0"), (b"\x0a", "a01::")):
        body = b"\x0a\1".ljust(16, b"\0") + tail + bytes(3)
        name, header, attrs = read(body, 1)
        assert (name, header["to"], attrs) == ("look", text, {})
