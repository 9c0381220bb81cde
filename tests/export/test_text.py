"""The text of trees: the straight way and the way through nodes agree, secrets stay hidden."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.export import FORMATS, writer_class
from nldissect.export.text import Writer
from nldissect.learn import FamilyInfo, Learned
from nldissect.model import Message, Record
from tests.check import REGISTRY, dissector
from tests.test_dissect import CAPTURES, attr, link, nlmsg, record

IFINFOMSG = struct.pack("<BxHiII", 0, 1, 3, 1, 0)


def text_of(messages: list[Message], **options: bool) -> str:
    parts: list[bytes] = []
    writer = Writer(parts.append, [], **options)
    for message in messages:
        writer.message(message)
    writer.close()
    return b"".join(parts).decode()


def dissected(*data: bytes, **options: int) -> list[Message]:
    reader = dissector()
    return [message for item in data for message in reader.dissect(record(item, **options))]


def messages_of(path: Path) -> Iterator[Message]:
    with open_capture(str(path)) as capture:
        reader = Dissector(REGISTRY, Learned(), capture.interfaces)
        reader.survey(capture)
        for item in capture:
            yield from reader.dissect(item)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_both_ways_agree_on_captures(path: Path) -> None:
    messages = list(messages_of(path))
    assert text_of(messages) == text_of(messages, straight=False)


REQUEST = link(0) + nlmsg(
    16,
    IFINFOMSG
    + attr(3, b"v0\0")
    + attr(4, struct.pack("<I", 1500))
    + attr(18, attr(1, b"vxlan\0") + attr(2, attr(1, struct.pack("<I", 7)))),
    flags=5,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_both_ways_agree_on_broken_bytes(data: st.DataObject) -> None:
    broken = bytearray(REQUEST)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(16, len(broken) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    messages = dissected(bytes(broken))
    assert text_of(messages) == text_of(messages, straight=False)


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_bytes_make_lines(body: bytes) -> None:
    messages = dissected(link(0) + body)
    for options in ({}, {"verbose": True}, {"hexdump": True}):
        assert text_of(messages, **options).endswith("\n")


def test_a_tree_reads_like_the_message() -> None:
    assert text_of(dissected(REQUEST)).splitlines()[:14] == [
        "    1 1970-01-01T00:00:00.000000000Z → rt-link    newlink          ack      "
        "v0(3) kind vxlan",
        "  record 1: 92 bytes, at 1970-01-01T00:00:00.000000000Z, netlink route (0)",
        "  nlmsg: len 76, type 16 RTM_NEWLINK, flags 0x5 request ack, seq 1, pid 0",
        "  header: ifinfomsg",
        "    ifi-family: 0 (unspec)",
        "    ifi-type: 1 (ether)",
        "    ifi-index: 3",
        "    ifi-flags: up",
        "    ifi-change: 0",
        "  attrs:",
        "    ifname: v0                                              IFLA_IFNAME",
        "    mtu: 1500                                               IFLA_MTU",
        "    linkinfo:                                               IFLA_LINKINFO",
        "      kind: vxlan                                           IFLA_INFO_KIND",
    ]


def test_equal_bytes_after_another_selector_are_read_anew() -> None:
    data = attr(2, attr(1, struct.pack("<I", 7)))
    links = [
        link(0) + nlmsg(16, IFINFOMSG + attr(18, attr(1, kind) + data), flags=5)
        for kind in (b"vxlan\0", b"vlan\0\0", b"vxlan\0")
    ]
    messages = dissected(*links)
    first, second, third = (text_of([message]) for message in messages)
    assert "IFLA_VXLAN_ID" in first
    assert "IFLA_VXLAN_ID" not in second
    assert first.splitlines()[1:] == third.splitlines()[1:]
    together = text_of(messages).splitlines()
    assert [line for line in together if "IFLA_VX" in line] == [
        line for line in (first + third).splitlines() if "IFLA_VX" in line
    ]


def test_equal_bytes_after_a_link_has_another_name_are_read_anew() -> None:
    neighbour = link(0) + nlmsg(28, struct.pack("<BxxxiHBB", 2, 3, 2, 0, 1), pid=7)
    items = [
        link(0) + nlmsg(16, IFINFOMSG + attr(3, b"v0\0"), pid=7), neighbour,
        link(0) + nlmsg(16, IFINFOMSG + attr(3, b"w0\0"), pid=7), neighbour,
    ]  # fmt: skip
    reader = Dissector(REGISTRY, Learned(), [], learning=True, facts=True)
    messages = [
        message
        for number, body in enumerate(items, 1)
        for message in reader.dissect(Record(number, 0, 0, 253, body, len(body)))
    ]
    lines = [line for line in text_of(messages).splitlines() if "ifindex" in line]
    assert lines == ["    ndm-ifindex: 3 (v0)", "    ndm-ifindex: 3 (w0)"]


def test_notes_stand_with_their_attribute() -> None:
    lines = text_of(dissected(link(0) + nlmsg(16, IFINFOMSG + attr(4, b"abc"), flags=5)))
    assert "    mtu: " in lines
    assert "      ! warn value.width: 3 bytes where u32 has 4\n" in lines


def test_packet_text_cannot_move_the_cursor() -> None:
    name = attr(3, b"\x1b[2J\n\xe2\x80\xae\0")
    for options in ({}, {"verbose": True}, {"hexdump": True}):
        text = text_of(dissected(link(0) + nlmsg(16, IFINFOMSG + name, flags=5)), **options)
        assert "\\x1b[2J\\n\\u202e" in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def secret_message() -> list[Message]:
    learned = Learned(saved=[FamilyInfo(0x25, "wireguard", "saved")])
    reader = Dissector(REGISTRY, learned, [], order="little")
    body = b"\1\1\0\0" + attr(3, b"K" * 32)
    return reader.dissect(Record(1, 0, 0, 253, link(16) + nlmsg(0x25, body, flags=5), 72))


@pytest.mark.parametrize("straight", [True, False])
def test_key_material_is_hidden(straight: bool) -> None:
    for options in ({}, {"verbose": True}, {"hexdump": True}):
        text = text_of(secret_message(), straight=straight, **options)
        assert "(secret, 32 bytes)" in text
        assert "4b 4b" not in text
        assert "4b4b" not in text
        assert "KK" not in text


def test_key_material_is_shown_when_asked_for() -> None:
    text = text_of(secret_message(), secrets=True, hexdump=True)
    assert "(secret" not in text
    assert "4b 4b 4b 4b" in text
    assert "KKKK" in text


def test_hexdump_has_every_byte_of_the_record_once() -> None:
    data = link(0) + nlmsg(18, IFINFOMSG, flags=1) + nlmsg(18, IFINFOMSG, flags=1)
    text = text_of(dissected(data), hexdump=True, tree=False)
    rows = [line.split("  ") for line in text.splitlines() if line.startswith("  0")]
    dumped = b"".join(bytes.fromhex("".join(row[2:4])) for row in rows)
    assert dumped == data
    assert "  0010  20 00 00 00 12 00 01 00  01 00 00 00 00 00 00 00   ...............\n" in text


def test_colour_adds_nothing_but_colour() -> None:
    messages = dissected(REQUEST)
    coloured = text_of(messages, color=True)
    assert "\x1b[2mIFLA_IFNAME\x1b[0m" in coloured
    assert coloured.replace("\x1b[2m", "").replace("\x1b[0m", "") == text_of(messages)


def test_a_fresh_writer_makes_its_own_titles() -> None:
    parts: list[bytes] = []
    writer_class("text")(parts.append, []).message(dissected(REQUEST)[0])
    first = b"".join(parts).decode().splitlines()[0]
    assert first.split()[:5] == ["1", "1970-01-01T00:00:00.000000000Z", "→", "rt-link", "newlink"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_writer(name: str) -> None:
    parts: list[bytes] = []
    writer = writer_class(name)(parts.append, [])
    writer.message(dissected(REQUEST)[0])
    writer.close()
    assert b"".join(parts)


def test_the_header_of_an_undescribed_family_is_shown() -> None:
    said = attr(1, b"\x40\0") + attr(2, b"foo\0") + attr(4, struct.pack("<I", 4))
    reply = nlmsg(16, b"\1\2\0\0" + said)
    request = nlmsg(64, b"\1\1\0\0\x11\x22\x33\x44" + attr(1, b"abc\0"), 5)
    reader = dissector(learning=True)
    messages = [m for data in (reply, request) for m in reader.dissect(record(link(16) + data))]
    assert "  header: 11 22 33 44\n" in text_of(messages)


@pytest.mark.parametrize("flags", [0, 0x4000])
@pytest.mark.parametrize("payload", [b"", b"\1", b"\0\3", b"\0\0\0\3", b"\0" * 7 + b"\3", b"abc\0"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_guesses_are_the_same_both_ways(flags: int, payload: bytes, order: str) -> None:
    reader = dissector(order={"<": "little", ">": "big"}[order])
    run = attr(1, attr(1, payload, order), order) + attr(2 | flags, payload, order)
    data = link(16) + nlmsg(0x99, b"\1\1\0\0" + run, 1, order=order)
    messages = reader.dissect(record(data))
    assert text_of(messages) == text_of(messages, straight=False)


def test_names_change_in_what_is_kept_for_their_interface_alone() -> None:
    reader = dissector()
    body = struct.pack("<BBBBI", 2, 24, 0, 0, 3) + attr(2, b"\1\2\3\4") + attr(8, bytes(4))
    told = []
    for number in range(1, 9):
        reader.learned.teach(number % 2, number, "link", (3,), (f"v{number // 4}",))
        data = link(0) + nlmsg(20, body, 2, pid=7)
        told += reader.dissect(Record(number, 0, number % 2, 253, data, len(data)))
    shown: list[bytes] = []
    tree = Writer(shown.append, [])
    for message in told:
        tree.message(message)
    names = [re.search(rb"(v\d)\)? *\(?3|3 \((v\d)\)", text) for text in shown]
    found = [match and (match.group(1) or match.group(2)) for match in names]
    assert found == [b"v0"] * 3 + [b"v1"] * 4 + [b"v2"]


def test_the_padding_of_an_error_is_its_own() -> None:
    shown = []
    reader = dissector()
    asked = nlmsg(18, bytes(16), 5)
    writer = Writer(shown.append, [])
    for padding in (b"\1\2\3", bytes(3), b"\3\2\1"):
        data = link(0) + nlmsg(2, struct.pack("<i", -22) + asked + b"x", 0, pid=7) + padding
        for message in reader.dissect(record(data)):
            writer.message(message)
    assert b"01 02 03" in shown[0]
    assert b"03 02 01" in shown[2]
    assert b"01 02 03" not in shown[1] + shown[2]
