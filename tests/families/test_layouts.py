"""Headers, structs and attributes of all families: in both byte orders, shorter and longer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from nldissect.dissect import Dissector
from nldissect.families.decoders.generic import FlexibleStruct
from nldissect.families.decoders.netfilter import Elements
from nldissect.families.decoders.route import StructArray
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node, Record
from nldissect.spec.compile import CompiledFamily, Op
from nldissect.spec.sets import AttrSet, IndexedArray, Nest
from nldissect.spec.structs import Field, Member, MemberAddress, StructType
from nldissect.spec.types import (
    AutoScalar,
    Bitfield32,
    CArray,
    Flag,
    HintBytes,
    Irregular,
    Scalar,
    Scope,
    Text,
    Type,
    Walk,
)

from ..check import REGISTRY, check_record, leaves

ID = 0x2A
DEPTH = 3
MANY = 30000
Twins = tuple[bytes, bytes]
"""The same in little and in big endian."""

FAMILIES = REGISTRY.names()


def compiled(family: str) -> tuple[CompiledFamily, CompiledFamily]:
    little, big = (REGISTRY.family(family, order) for order in ("little", "big"))
    assert little is not None
    assert big is not None
    return little, big


def structs(family: str) -> list[tuple[StructType, StructType]]:
    little, big = compiled(family)
    names = [item.name for item in little.spec.definitions if item.type == "struct"]
    return [(little.struct(name), big.struct(name)) for name in names]


WITH_STRUCTS = [family for family in FAMILIES if structs(family)]


# Bytes of both orders


def of_number(little: Scalar, big: Scalar, draw: Random) -> Twins:
    number = draw.getrandbits(8 * little.size)
    if draw.random() < 0.5:
        number &= 0x7F
    orders: Any = (little.order, big.order)
    first, second = (number.to_bytes(little.size, order) for order in orders)
    return first, second


def of_member(little: Field, big: Field, draw: Random) -> Twins:
    if isinstance(little.type, StructType) and isinstance(big.type, StructType):
        return of_struct(little.type, big.type, draw)
    if isinstance(little.type, Scalar) and isinstance(big.type, Scalar):
        return of_number(little.type, big.type, draw)
    assert little.type is None or isinstance(little.type, (Member, MemberAddress))
    raw = bytes(little.size)
    if isinstance(little.type, Member) and little.type.text:
        raw = b"text"[: little.size].ljust(little.size, b"\0")
    elif little.type is not None:
        raw = draw.randbytes(little.size)
    return raw, raw


def of_struct(little: StructType, big: StructType, draw: Random) -> Twins:
    assert [(one.name, one.offset, one.size) for one in little.fields] == [
        (one.name, one.offset, one.size) for one in big.fields
    ]
    parts = [of_member(one, two, draw) for one, two in zip(little.fields, big.fields)]
    return b"".join(one for one, _ in parts), b"".join(two for _, two in parts)


def of_type(little: Type, big: Type, draw: Random, depth: int) -> Twins | None:
    """A payload, None for what needs to know more."""
    parts: list[Twins]
    if isinstance(little, Nest) and isinstance(big, Nest):
        if type(little) is not Nest:
            return None
        return of_set(little.set, big.set, draw, depth + 1)
    if isinstance(little, IndexedArray) and isinstance(big, IndexedArray):
        items = [of_type(little.item, big.item, draw, depth + 1) for _ in range(2)]
        parts = [item for item in items if item is not None]
        return tuple(  # type: ignore[return-value]
            b"".join(attr(index, part[side], "<>"[side]) for index, part in enumerate(parts))
            for side in (0, 1)
        )
    if isinstance(little, StructType) and isinstance(big, StructType):
        return of_struct(little, big, draw)
    if isinstance(little, StructArray) and isinstance(big, StructArray):
        parts = [of_struct(little.item, big.item, draw) for _ in range(2)]
    elif isinstance(little, FlexibleStruct) and isinstance(big, FlexibleStruct):
        parts = [of_struct(little.head, big.head, draw)]
        parts += [of_member(little.tail, big.tail, draw) for _ in range(2)]
    elif isinstance(little, CArray) and isinstance(big, CArray):
        parts = [of_number(little.item, big.item, draw) for _ in range(3)]
    elif isinstance(little, Scalar) and isinstance(big, Scalar):
        return of_number(little, big, draw)
    elif isinstance(little, AutoScalar) and isinstance(big, AutoScalar):
        return of_number(little.wide, big.wide, draw)
    elif isinstance(little, Bitfield32):
        numbers = draw.getrandbits(32), draw.getrandbits(32)
        return struct.pack("<II", *numbers), struct.pack(">II", *numbers)
    else:
        if isinstance(little, HintBytes):
            raw = draw.randbytes(draw.choice((4, 6, 16)))
        elif isinstance(little, Text):
            raw = b"text\0"
        elif isinstance(little, Flag):
            raw = b""
        else:
            return None
        return raw, raw
    return b"".join(one for one, _ in parts), b"".join(two for _, two in parts)


def attr(kind: int, payload: bytes, order: str) -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def of_set(little: AttrSet, big: AttrSet, draw: Random, depth: int = 0) -> Twins:
    """Every attribute of a set whose payload the type alone tells."""
    if depth > DEPTH:
        return b"", b""
    numbers = [number for number in little.attrs if number in big.attrs]
    # Those add to their attributes what they meet.
    assert isinstance(little, Elements) or numbers == list(little.attrs) == list(big.attrs)
    made = [b"", b""]
    for number in numbers:
        twins = of_type(little.attrs[number].type, big.attrs[number].type, draw, depth)
        if twins is not None and len(made[0]) + len(twins[0]) < MANY:
            for side in (0, 1):
                made[side] += attr(number, twins[side], "<>"[side])
    return made[0], made[1]


# Messages of both orders


def read(family: str, op: Op, body: bytes, order: str) -> Message:
    protocol = op.family.spec.protonum
    flags, pid = {"request": (1, 0), "reply": (2, 7)}.get(op.kind, (0, 0))
    kind = op.number
    if protocol in (None, 16):
        protocol, kind = 16, 0x10 if family == "nlctrl" else ID
        body = struct.pack("BBxx", op.number, 1) + body
    data = struct.pack(">HHH8xH", 4, 824, 0, protocol)
    data += struct.pack(f"{order}IHHII", 16 + len(body), kind, flags, 9, pid) + body
    interfaces = [Interface(0, 253, 262144, "", "", "little")]
    reader = Dissector(
        REGISTRY, Learned({ID: family}), interfaces, order="little" if order == "<" else "big"
    )
    return check_record(reader, Record(1, 0, 0, 253, data, len(data)))[0]


def operations(family: str) -> Iterator[tuple[Op, Op]]:
    """One operation of each header and set, in each direction."""
    little, big = compiled(family)
    seen = set()
    for spec in little.spec.operations:
        for number, direction in (
            (spec.request_value, "request"),
            (spec.reply_value, "reply"),
            (spec.reply_value, "notify"),
        ):
            one = None if number is None else little.op(number, direction)
            two = None if number is None else big.op(number, direction)
            if one is None or two is None or (one.header, one.set, one.kind) in seen:
                continue
            seen.add((one.header, one.set, one.kind))
            yield one, two


def described(node: Node) -> tuple[Any, ...]:
    notes = [(note.code, note.message) for note in node.notes]
    return (
        node.name, node.c_name, node.kind, node.start, node.end, node.value, node.display,
        node.secret, notes, [described(child) for child in node.children],
    )  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_messages_say_the_same_in_both_orders(family: str) -> None:
    draw = Random(family)
    for little, big in operations(family):
        header: Twins = (b"", b"")
        if little.header is not None and big.header is not None:
            header = of_struct(little.header, big.header, draw)
            header = tuple(part + bytes(-len(part) % 4) for part in header)  # type: ignore[assignment]
        body: Twins = (b"", b"")
        if little.set is not None and big.set is not None:
            body = of_set(little.set, big.set, draw)
        one = read(family, little, header[0] + body[0], "<")
        two = read(family, big, header[1] + body[1], ">")
        assert (one.family, one.operation, one.direction) == (
            two.family, two.operation, two.direction,
        )  # fmt: skip
        assert one.header == two.header
        assert one.attrs == two.attrs
        assert [described(layer) for layer in one.layers[1:]] == [
            described(layer) for layer in two.layers[1:]
        ]


# Structs of all lengths


class Notes(Walk):
    """Collects the codes of notes."""

    truncated = False
    request = False

    def __init__(self) -> None:
        self.codes: list[str] = []

    def note(self, node: Node, code: str, message: str) -> None:
        self.codes.append(code)

    def rewind(self, at: int) -> None:
        raise AssertionError("no attributes are in structs")

    def settle(self, nodes: list[Node], prefix: str) -> None:
        raise AssertionError("no attributes are in structs")


def filled(type_: StructType, data: bytes) -> tuple[Node, list[str]]:
    """The tree of a struct behind two other bytes, and the codes of its notes."""
    notes = Notes()
    node = Node("it", "", "field", 2, 2 + len(data))
    type_.fill(node, b"--" + data + b"++", 2, 2 + len(data), Scope({}, None), notes)
    at = 2
    for leaf in leaves(node) if node.children else ():
        assert leaf.start == at
        at = leaf.end
    assert at == 2 + len(data)
    return node, notes.codes


def lengths(type_: StructType) -> list[int]:
    """Where members end, and beside that."""
    near: set[int] = set()
    for field in type_.fields:
        ends = [field.offset + field.size]
        if isinstance(field.type, StructType):
            ends += [field.offset + size for size in lengths(field.type)]
        near |= {end + away for end in ends for away in (-1, 0, 1)}
    return sorted(size for size in {0, *near} if 0 <= size < type_.size)


@pytest.mark.parametrize("family", WITH_STRUCTS)
def test_structs_say_the_same_in_both_orders(family: str) -> None:
    draw = Random(family)
    for little, big in structs(family):
        for _ in range(4):
            one, two = of_struct(little, big, draw)
            values = little.value(one, 0, len(one), None)
            assert values == big.value(two, 0, len(two), None)
            (first, _), (second, _) = filled(little, one), filled(big, two)
            assert described(first) == described(second)
            assert first.value == values


@pytest.mark.parametrize("family", WITH_STRUCTS)
def test_short_structs_are_read_as_far_as_they_go(family: str) -> None:
    draw = Random(family)
    for little, big in structs(family):
        twins = of_struct(little, big, draw)
        whole = little.value(twins[0], 0, little.size, None)
        assert isinstance(whole, dict)
        for size in lengths(little):
            trees = []
            for type_, data in zip((little, big), twins):
                with pytest.raises(Irregular):
                    type_.value(data, 0, size, None)
                node, codes = filled(type_, data[:size])
                assert codes[-1] == "struct.short"
                assert set(codes) == {"struct.short"}
                trees.append((node.value, [leaf.name for leaf in leaves(node)]))
            assert trees[0] == trees[1]
            there, before = trees[0][0], little.shown
            assert isinstance(there, dict)
            for field in before:
                if field.offset + field.size <= size:
                    assert there[field.name] == whole[field.name]
                elif not isinstance(field.type, StructType):
                    assert field.name not in there


@pytest.mark.parametrize("family", WITH_STRUCTS)
def test_long_structs_are_read_whole(family: str) -> None:
    draw = Random(family)
    for little, big in structs(family):
        for type_, data in zip((little, big), of_struct(little, big, draw)):
            values = type_.value(data, 0, type_.size, None)
            for more, codes in ((bytes(4), []), (b"more", ["struct.long"])):
                with pytest.raises(Irregular):
                    type_.value(data + more, 0, type_.size + 4, None)
                node, said = filled(type_, data + more)
                assert said == codes
                assert node.value == values


def test_a_key_that_is_cut_is_a_key() -> None:
    """Also of a struct in a struct."""
    family = REGISTRY.family("SMBD_GENL", "little")
    assert family is not None
    node, _ = filled(family.struct("login-response"), b"\1" * 70)
    assert [leaf.name for leaf in leaves(node) if leaf.secret] == ["cut"]
    whole = family.struct("spnego-authen-response")
    node, _ = filled(whole, b"\1" * 74)
    assert [leaf.name for leaf in leaves(node) if leaf.secret] == ["cut"]
    assert isinstance(node.value, dict)
    assert "account" in node.value["login-response"]


@pytest.mark.parametrize("family", FAMILIES)
def test_headers_of_all_lengths(family: str) -> None:
    """What a header lacks is a note; nothing raises and all bytes have a node."""
    draw = Random(family)
    for little, big in operations(family):
        if little.header is None or big.header is None:
            continue
        twins = of_struct(little.header, big.header, draw)
        for size in lengths(little.header):
            one, two = (
                read(family, op, part[:size], order)
                for op, part, order in zip((little, big), twins, "<>")
            )
            assert one.header == two.header
            assert [note.code for note in one.notes] == [note.code for note in two.notes]


# What is in network order, and what is not


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
def test_ports_of_a_route_are_in_network_order(order: str) -> None:
    op = next(one for one, _ in operations("rt-route") if one.name == "getroute")
    body = bytes(12) + attr(28, b"\x1f\x90", order) + attr(29, b"\0\x50", order)
    message = read("rt-route", op, body, order)
    assert message.attrs == {"rta-sport": 8080, "rta-dport": 80}


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize(("kind", "layout"), [("ip6tnl", "=I"), ("sit", ">H")])
def test_flags_of_tunnels(order: str, kind: str, layout: str) -> None:
    """Those of ip6tnl are a number of the host, those of sit and ipip network order."""
    op = next(one for one, _ in operations("rt-link") if one.name == "newlink")
    flags = attr(8, struct.pack(layout.replace("=", order), 0x10), order)
    info = attr(1, kind.encode() + b"\0", order) + attr(2, flags, order)
    message = read("rt-link", op, bytes(16) + attr(18, info, order), order)
    found: Any = message.attrs
    assert found["linkinfo"]["data"] == {"flags": 0x10}
