"""The one-line summary: which object, how it ended, and that it is one safe line."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.learn import FamilyInfo, Learned
from nldissect.model import Interface, Record
from nldissect.summary import GLYPHS, Columns, Summarizer, Summary
from tests.check import REGISTRY
from tests.test_dissect import CAPTURES, attr, link, nlmsg

U32 = struct.Struct("<I").pack
INTERFACES = [Interface(0, 253, 262144, "", "", "little")]


def ifinfomsg(index: int = 0, family: int = 0) -> bytes:
    return struct.pack("<BxHiII", family, 0, index, 0, 0)


def ifaddrmsg(family: int, prefix: int, index: int) -> bytes:
    return struct.pack("<BBBBI", family, prefix, 0, 0, index)


def rtmsg(family: int, prefix: int) -> bytes:
    return struct.pack("<BBBBBBBBI", family, prefix, 0, 0, 254, 3, 0, 1, 0)


def summary_of(*bodies: bytes, learned: Learned | None = None) -> Summary:
    """The summary of the last message; all of them are learned from."""
    learned = learned or Learned()
    reader = Dissector(REGISTRY, learned, INTERFACES, facts=True)
    records = [Record(n, 0, 0, 253, body, len(body)) for n, body in enumerate(bodies, 1)]
    reader.survey(records)
    return Summarizer(learned).summary(reader.dissect(records[-1])[-1])


V0 = link(0) + nlmsg(16, ifinfomsg(3) + attr(3, b"v0\0"))


@pytest.mark.parametrize(
    ("body", "details"),
    [
        (nlmsg(16, ifinfomsg() + attr(3, b"v1\0") + attr(18, attr(1, b"veth\0")), 5),
         "v1 kind veth"),
        (nlmsg(16, ifinfomsg(3), 5), "dev v0(3)"),
        (nlmsg(16, ifinfomsg(9), 5), "dev 9"),
        (nlmsg(20, ifaddrmsg(2, 24, 3) + attr(2, b"\xc0\0\2\1") + attr(1, b"\xc0\0\2\1"), 5),
         "192.0.2.1/24 dev v0(3)"),
        (nlmsg(24, rtmsg(2, 8) + attr(1, b"\x0a\0\0\0") + attr(5, b"\xc0\0\2\1")
               + attr(4, U32(3)), 5), "10.0.0.0/8 via 192.0.2.1 dev v0(3)"),
        (nlmsg(24, rtmsg(2, 0) + attr(5, b"\xc0\0\2\1"), 5), "inet default via 192.0.2.1"),
        (nlmsg(22, ifaddrmsg(10, 0, 0), 0x301), "inet6"),
    ],
)  # fmt: skip
def test_the_object_of_a_message(body: bytes, details: str) -> None:
    assert summary_of(V0, link(0) + body).details == details


SOCKET = struct.pack(">HH4s12x4s12x", 22, 4000, b"\x7f\0\0\1", b"\xc0\0\2\1")


@pytest.mark.parametrize(
    ("protocol", "body", "details"),
    [
        (4, nlmsg(20, bytes((2, 1, 0, 0)) + SOCKET + bytes(32), pid=9),
         "inet established from 127.0.0.1:22 to 192.0.2.1:4000"),
        (4, nlmsg(20, bytes((10, 10, 0, 0)) + bytes((0, 22)) + bytes(66), pid=9),
         "inet6 listen from [::]:22"),
        (10, nlmsg(7, b"\xc0\0\2\1" + bytes((0,) * 6 + (254, 254, 24, 0, 1, 0)) + bytes(4), 1),
         "192.0.2.1 table 254 unicast"),
        (6, nlmsg(19, bytes(16) + b"\xc0\0\2\0" + bytes(12 + 8) + struct.pack("<HBB", 2, 0, 24)
                  + bytes(12) + bytes(96 + 8) + bytes((1, 0, 0, 0)) + bytes(4), 5),
         "out from 192.0.2.0/24 allow"),
    ],
)  # fmt: skip
def test_headers_say_which_object(protocol: int, body: bytes, details: str) -> None:
    assert summary_of(link(protocol) + body).details == details


def test_packets_and_frames_are_told() -> None:
    packet = bytes.fromhex("4500001c000100004001000 0c0000201c0000202".replace(" ", ""))
    body = struct.pack(">BBH", 2, 0, 7) + attr(1, b"\x08\0\3\0") + attr(5, b"\0\0\0\3")
    body += attr(9, packet + b"\x08\0\xf7\xff\0\0\0\0")
    summary = summary_of(V0, link(12) + nlmsg(0x400, body))
    assert summary.details == (
        "ip ifindex-outdev v0(3) 192.0.2.1 → 192.0.2.2 ICMP echo request id 0 seq 0"
    )


def test_columns_of_a_request() -> None:
    summary = summary_of(link(0) + nlmsg(16, ifinfomsg() + attr(3, b"v1\0"), 0x605))
    assert (summary.direction, summary.family) == ("request", "rt-link")
    assert (summary.operation, summary.flags) == ("newlink", "ack,excl,create")
    assert summary_of(link(0) + nlmsg(18, ifinfomsg(), 0x301)).flags == "dump"


def error(code: int, inner: bytes, tlvs: bytes = b"", flags: int = 0) -> bytes:
    return link(0) + nlmsg(2, struct.pack("<i", code) + inner + tlvs, flags, pid=7)


REQUEST = nlmsg(16, ifinfomsg() + attr(3, b"v1\0") + attr(4, U32(5)), 5)


def test_ack() -> None:
    summary = summary_of(error(0, REQUEST[:16], flags=0x100))
    assert (summary.operation, summary.details, summary.outcome) == ("newlink", "ack", "ack")


def test_error_has_the_kernels_words_and_the_attribute() -> None:
    words = attr(1, b"no\x1b[2J\0") + attr(2, U32(40))
    summary = summary_of(error(-22, REQUEST, words, flags=0x200))
    assert summary.details == 'EINVAL "no\\x1b[2J" at mtu (got 5) for v1'
    assert summary.outcome == "error"


def test_done() -> None:
    summary = summary_of(link(0) + nlmsg(3, bytes(4), 2))
    assert (summary.family, summary.operation, summary.details) == ("route", "done", "")


def test_unknown_families_are_numbers() -> None:
    summary = summary_of(link(16) + nlmsg(0x99, b"\7\1\0\0" + attr(1, U32(8)), 1))
    assert (summary.family, summary.operation) == ("generic", "id 0x99 command 7")
    assert summary.details == "attr-1 8"


def test_generic_header_names_the_device() -> None:
    learned = Learned(saved=[FamilyInfo(0x16, "ethtool", "saved")])
    header = attr(1 | 0x8000, attr(1, U32(3)) + attr(2, b"v0\0"))
    summary = summary_of(link(16) + nlmsg(0x16, b"\x0b\1\0\0" + header, 5), learned=learned)
    assert (summary.operation, summary.details) == ("features-get", "v0(3)")


def test_no_key_material() -> None:
    learned = Learned(saved=[FamilyInfo(0x25, "wireguard", "saved")])
    body = b"\1\1\0\0" + attr(3, b"K" * 32)
    inner = nlmsg(0x25, body, 5)
    for data in (inner, nlmsg(2, struct.pack("<i", -22) + inner, pid=7)):
        summary = summary_of(link(16) + data, learned=learned)
        assert summary.family == "wireguard"
        assert "4b4b" not in summary.details
        assert "KK" not in summary.details


def test_broken_attributes_are_told() -> None:
    summary = summary_of(link(0) + nlmsg(16, ifinfomsg(3) + b"\xff\0\3\0v0\0\0", 5))
    assert summary.details.endswith("[malformed]")
    assert summary.outcome == "malformed"
    assert summary_of(link(0) + nlmsg(16, ifinfomsg(3), 5)[:-1]).outcome == "malformed"


def test_long_values_are_cut() -> None:
    summary = summary_of(link(0) + nlmsg(16, ifinfomsg() + attr(3, b"x" * 200), 5))
    assert summary.details == "x" * 47 + "…"


@given(st.integers(0, 20), st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_record_has_a_line(protocol: int, body: bytes) -> None:
    summary = summary_of(link(protocol) + body)
    line = Columns().line(1, "0", summary)
    assert line.isprintable()
    assert summary.family
    assert summary.operation


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_every_message_of_a_capture_has_a_line(path: object) -> None:
    with open_capture(str(path)) as capture:
        learned = Learned()
        reader = Dissector(REGISTRY, learned, capture.interfaces, facts=True)
        reader.survey(capture)
        summarize = Summarizer(learned).summary
        columns = Columns()
        for item in capture:
            for message in reader.dissect(item):
                line = columns.line(1, "0", summarize(message))
                assert line.isprintable(), line
                assert GLYPHS[message.direction] in line


def line_of(details: str, **options: bool | int) -> str:
    summary = Summary("request", "rt-link", "newlink")
    summary.details = details
    return Columns(**options).line(1, "0.000000", summary)  # type: ignore[arg-type]


def test_columns_widen_and_stay_wide() -> None:
    columns = Columns()
    wide = Summary("reply", "rt-link", "an-operation-with-a-long-name")
    wide.details = narrow_details = "x"
    narrow = Summary("request", "tc", "get")
    narrow.details = narrow_details
    before = columns.line(1, "0", narrow)
    assert columns.line(2, "0", wide).index("x", 60) == columns.line(3, "0", narrow).index("x")
    assert len(before) < len(columns.line(3, "0", narrow))


def test_width_cuts_and_colour_surrounds() -> None:
    assert line_of("d" * 200, width=60) == line_of("d" * 200)[:59] + "…"
    plain = line_of("d")
    coloured = line_of("d", color=True)
    assert coloured != plain
    assert coloured.replace("\x1b[2m", "").replace("\x1b[36m", "").replace("\x1b[0m", "") == plain


def test_equal_bytes_behind_another_header_size_are_read_again() -> None:
    reader = Dissector(REGISTRY, Learned(), INTERFACES, learning=True)
    summarizer = Summarizer(reader.learned)
    data = nlmsg(64, b"\1\1\0\0" + b"\4\0\3\0" + attr(1, b"abc\0"), 5)
    details = []
    for number, size in ((1, 0), (3, 4)):
        said = attr(1, b"\x40\0") + attr(2, b"foo\0") + attr(4, U32(size))
        body = link(16) + nlmsg(16, b"\1\2\0\0" + said)
        reader.dissect(Record(number, 0, 0, 253, body, len(body)))
        message = reader.dissect(Record(number + 1, 0, 0, 253, link(16) + data, 52))[0]
        details.append(summarizer.summary(message).details)
    assert details == ["attr-3 true attr-1 abc", "attr-1 abc"]


def test_the_process_stands_at_the_end() -> None:
    summary = Summary("request", "rt-link", "newlink")
    summary.details = "d"
    plain = Columns().line(1, "0", summary)
    summary.process = "ip[1234]"
    assert Columns().line(1, "0", summary) == f"{plain}  ip[1234]"
    colored = Columns(color=True).line(1, "0", summary)
    assert colored.endswith("d\x1b[0m\x1b[2m  ip[1234]\x1b[0m")
    summary.details = "d" * 200
    line = Columns(width=90).line(1, "0", summary)
    assert len(line) == 90
    assert line.endswith("ddd…  ip[1234]")
    narrow = Columns(width=19).line(1, "0", summary)
    assert len(narrow) == 19
    assert "ip" not in narrow


@given(st.text("d", max_size=120), st.text("p", max_size=60), st.integers(10, 120))
def test_no_line_is_wider_than_it_may_be(details: str, process: str, width: int) -> None:
    summary = Summary("request", "rt-link", "newlink")
    summary.details, summary.process = details, process
    assert len(Columns(width=width).line(1, "0", summary)) <= width
