from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nldissect.capture.source import Capture, open_capture
from nldissect.errors import CaptureError, NldissectError, NotACapture, TruncatedCapture
from nldissect.model import Interface
from tests.capture import build
from tests.capture.reading import fields, interface_fields, read_bytes

ORDERS = ("<", ">")
TIME = 1_700_000_000_123_456_789
SAME_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def opened(data: bytes, tmp_path: Path) -> Capture:
    (tmp_path / "x").write_bytes(data)
    return open_capture(str(tmp_path / "x"))


def section_of_everything(order: str) -> bytes:
    return b"".join(
        (
            build.section(order),
            build.interface(order, 253, 0, "nlmon0", "netlink", tsresol=9),
            build.block(0x0BAD, b"custom", order),
            build.enhanced(TIME, b"enhanced", order, comments=["first", "zweiter: ä"]),
            build.interface(order, 113, 4),
            build.obsolete(TIME // 1000, b"obsolete", order, 1, comments=["old"]),
            build.block(5, bytes(16), order),
            build.simple(b"simple!", order),
            build.enhanced(TIME // 1000, b"cut", order, 1, wire_len=1000),
        )
    )


def records_of_everything(number: int, interface: int) -> list[object]:
    time_us = TIME // 1000 * 1000
    return [
        (number, TIME, interface, 253, b"enhanced", 8, ("first", "zweiter: ä")),
        (number + 1, time_us, interface + 1, 113, b"obsolete", 8, ("old",)),
        (number + 2, None, interface, 253, b"simple!", 7, ()),
        (number + 3, time_us, interface + 1, 113, b"cut", 1000, ()),
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_every_block(tmp_path: Path, order: str) -> None:
    with opened(section_of_everything(order), tmp_path) as capture:
        assert [fields(record) for record in capture] == records_of_everything(1, 0)
        hint = "little" if order == "<" else "big"
        assert [interface_fields(found) for found in capture.interfaces] == [
            (0, 253, 0, "nlmon0", "netlink", hint),
            (0, 113, 4, "", "", hint),
        ]
        assert capture.diagnoses == []
        assert capture.format == "pcapng"


def test_sections_of_both_orders(tmp_path: Path) -> None:
    data = b"".join(section_of_everything(order) for order in "<><")
    with opened(data, tmp_path) as capture:
        expected = [record for i in range(3) for record in records_of_everything(4 * i + 1, 2 * i)]
        assert [fields(record) for record in capture] == expected
        # A second pass finds the same interfaces, not more of them.
        assert [fields(record) for record in capture] == expected
        assert [found.section for found in capture.interfaces] == [0, 0, 1, 1, 2, 2]
        assert [found.order_hint for found in capture.interfaces] == [
            *["little"] * 2,
            *["big"] * 2,
            *["little"] * 2,
        ]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("tsresol", "tsoffset", "ticks", "time_ns"),
    [
        (None, None, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        (9, None, TIME, TIME),
        (9, None, (1 << 64) - 1, (1 << 64) - 1),
        (0, None, 1_700_000_000, 1_700_000_000_000_000_000),
        (3, 5, 1001, 6_001_000_000),
        (6, -1, 3, -999_997_000),
        (12, None, 1_999, 1),
        (127, None, (1 << 64) - 1, 0),
        (0x80, None, 7, 7_000_000_000),
        (0x81, None, 3, 1_500_000_000),
        (0x80 | 32, None, 1_700_000_000 << 32 | 1 << 31, 1_700_000_000_500_000_000),
        (0x80 | 30, 1_700_000_000, 1, 1_700_000_000_000_000_000),
        (0xFF, None, (1 << 64) - 1, 0),
    ],
)
def test_times(
    tmp_path: Path,
    order: str,
    tsresol: int | None,
    tsoffset: int | None,
    ticks: int,
    time_ns: int,
) -> None:
    data = build.section(order)
    data += build.interface(order, tsresol=tsresol, tsoffset=tsoffset)
    data += build.enhanced(ticks, b"x", order)
    with opened(data, tmp_path) as capture:
        assert [record.time_ns for record in capture] == [time_ns]


def test_simple_packet_is_cut_by_snaplen(tmp_path: Path) -> None:
    data = build.section() + build.interface(snaplen=5) + build.simple(b"fiveX", wire_len=900)
    with opened(data, tmp_path) as capture:
        assert [(record.data, record.wire_len) for record in capture] == [(b"fiveX", 900)]


def diagnosed(data: bytes, tmp_path: Path) -> tuple[list[bytes], list[tuple[str, int | None]]]:
    with opened(data, tmp_path) as capture:
        found = [record.data for record in capture]
        assert [record.data for record in capture] == found
        assert len(capture) == len(found)
        return found, [(note.what, note.offset) for note in capture.diagnoses]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (build.enhanced(1, b"bad", interface=7), "packet block names the unknown interface 7"),
        (build.obsolete(1, b"bad", interface=7), "packet block names the unknown interface 7"),
        (build.block(6, bytes(16)), "packet block is too short"),
        (build.block(6, b""), "packet block is too short"),
        (build.block(3, b""), "packet block is too short"),
        (
            build.block(6, struct.pack("<5I", 0, 0, 0, 900, 900) + b"bad!"),
            "captured length 900 does not fit its block",
        ),
    ],
)
def test_bad_packet_block_is_passed_over(tmp_path: Path, bad: bytes, what: str) -> None:
    good = build.pcapng([(1, b"one")])
    data = good + bad + build.enhanced(2, b"two")
    assert diagnosed(data, tmp_path) == ([b"one", b"two"], [(what, len(good))])


def test_simple_packet_without_interface(tmp_path: Path) -> None:
    found = diagnosed(build.section() + build.simple(b"x"), tmp_path)
    assert found == ([], [("packet block names the unknown interface 0", 28)])


@pytest.mark.parametrize(
    "block",
    [build.enhanced(2, b"two"), build.block(77, b"abcd"), build.interface(), build.section()],
)
def test_lengths_that_differ_are_diagnosed(tmp_path: Path, block: bytes) -> None:
    good = build.pcapng([(1, b"one")])
    data = good + block[:-4] + struct.pack("<I", 4)
    found, notes = diagnosed(data, tmp_path)
    assert found[0] == b"one"
    assert notes == [("the block's two lengths differ", len(good))]


def test_bad_option_keeps_the_packet(tmp_path: Path) -> None:
    good = build.pcapng([])
    body = struct.pack("<5I", 0, 0, 1, 4, 4) + b"data"
    body += struct.pack("<HH", 1, 2) + b"ok\0\0" + struct.pack("<HH", 1, 500)
    with opened(good + build.block(6, body), tmp_path) as capture:
        assert [(record.data, record.comments) for record in capture] == [(b"data", ("ok",))]
        assert [str(note) for note in capture.diagnoses] == [
            f"option 1 does not fit its block ({tmp_path / 'x'}, offset {len(good):#x})"
        ]


def test_comment_that_is_no_text(tmp_path: Path) -> None:
    body = struct.pack("<5I", 0, 0, 1, 0, 0) + build.options([(1, b"a\xffb\0")])
    with opened(build.pcapng([]) + build.block(6, body), tmp_path) as capture:
        assert [record.comments for record in capture] == [("a\\xffb",)]


def test_diagnoses_are_bounded(tmp_path: Path) -> None:
    data = build.pcapng([]) + build.enhanced(1, b"", interface=9) * 5000
    _, notes = diagnosed(data, tmp_path)
    assert len(notes) == 1000


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (struct.pack("<III", 6, 8, 8), "block length 8 is less than a block"),
        (struct.pack("<III", 0x99, 0, 0), "block length 0 is less than a block"),
        (struct.pack("<III", 0x0A0D0D0A, 28, 5), "a section header without byte-order magic"),
        (build.block(0x0A0D0D0A, b"\x4d\x3c\x2b\x1a"), "section header is too short"),
        (build.section(version=(2, 0)), "pcapng version 2.0 is not known"),
        (build.block(1, b""), "interface description is too short"),
        (struct.pack("<III", 6, 0xFFFFFFFC, 0), "record length 4294967292 is beyond sense"),
        (struct.pack("<III", 1, 0x10000000, 0), "record length 268435456 is beyond sense"),
    ],
)
def test_nothing_can_be_made_of_it(tmp_path: Path, bad: bytes, what: str) -> None:
    good = build.pcapng([(1, b"one")])
    records, error = read_bytes(good + bad, tmp_path / "x")
    assert [record.data for record in records] == [b"one"]
    assert type(error) is CaptureError
    assert (error.what, error.offset) == (what, len(good))


def test_too_many_interfaces(tmp_path: Path) -> None:
    data = build.section() + build.interface() * 65537
    _, error = read_bytes(data, tmp_path / "x")
    assert isinstance(error, CaptureError)
    assert error.what == "more than 65536 interfaces"


def test_section_header_block_type_alone_is_no_capture(tmp_path: Path) -> None:
    _, error = read_bytes(b"\n\r\r\n" + b"just some lines of text", tmp_path / "x")
    assert isinstance(error, NotACapture)


def test_unknown_block_larger_than_memory_should_hold(tmp_path: Path) -> None:
    body = bytes(5 << 20)
    data = build.pcapng([(1, b"one")]) + build.block(0x80000001, body) + build.enhanced(2, b"two")
    assert diagnosed(data, tmp_path) == ([b"one", b"two"], [])


@pytest.mark.parametrize("snaplen", [0, 1 << 20])
def test_large_packet_where_the_snaplen_allows_it(tmp_path: Path, snaplen: int) -> None:
    big = bytes(range(256)) * 24000
    head = build.section() + build.interface(snaplen=64) + build.interface(snaplen=snaplen)
    assert diagnosed(head + build.enhanced(1, big, interface=1), tmp_path) == ([big], [])


def test_unknown_block_that_is_cut(tmp_path: Path) -> None:
    good = build.pcapng([(1, b"one")])
    records, error = read_bytes(
        good + struct.pack("<II", 0x99, 3 << 30) + bytes(3 << 20), tmp_path / "x"
    )
    assert len(records) == 1
    assert isinstance(error, TruncatedCapture)
    assert error.offset == len(good)


def test_many_small_unknown_blocks_are_passed_quickly(tmp_path: Path) -> None:
    data = build.pcapng([]) + (build.block(5, bytes(8)) + build.enhanced(1, b"x")) * 50_000
    start = time.process_time()
    assert len(diagnosed(data, tmp_path)[0]) == 50_000
    assert time.process_time() - start < 4.0


packets = st.lists(
    st.tuples(st.integers(0, (1 << 64) - 1), st.binary(max_size=40), st.integers(0, 0xFFFFFFFF)),
    max_size=5,
)


@SAME_FILE
@given(packets, st.sampled_from(ORDERS), st.data())
def test_cut_anywhere(
    tmp_path: Path, records: list[build.Packet], order: str, draw: st.DataObject
) -> None:
    whole = build.pcapng(records, order)
    cut = draw.draw(st.integers(1, len(whole)))
    ends = [len(build.pcapng(records[:count], order)) for count in range(len(records) + 1)]
    found, error = read_bytes(whole[:cut], tmp_path / "x")
    good = sum(end <= cut for end in ends[1:])
    assert [record.data for record in found] == [record[1] for record in records[:good]]
    header_end = len(build.section())
    if cut in ends or cut == header_end:
        assert error is None
    else:
        assert isinstance(error, TruncatedCapture)
        if cut > ends[0]:
            assert error.offset == ends[good]
        else:
            assert error.offset == (header_end if cut > header_end else 0)


@SAME_FILE
@given(st.binary(min_size=1, max_size=16), st.integers(0, 400))
def test_damage_anywhere(tmp_path: Path, patch: bytes, at: int) -> None:
    whole = section_of_everything("<") + section_of_everything(">")
    at %= len(whole)
    data = (whole[:at] + patch + whole[at + len(patch) :])[: len(whole)]
    records, error = read_bytes(data, tmp_path / "x")
    assert error is None or isinstance(error, NldissectError)
    try:
        with open_capture(str(tmp_path / "x")) as capture:
            index = capture.index()
            again = [index.record(number + 1) for number in range(len(index))]
            assert str(capture.error) == str(error)
    except CaptureError:
        # The first bytes tell already.
        assert records == []
        return
    assert [fields(record) for record in again] == [fields(record) for record in records]


@SAME_FILE
@given(packets, st.sampled_from(ORDERS), st.sampled_from([None, 9, 6, 3]))
def test_agrees_with_scapy(
    tmp_path: Path, records: list[build.Packet], order: str, tsresol: int | None
) -> None:
    utils = pytest.importorskip("scapy.utils")
    whole = build.section(order) + build.interface(order, 276, tsresol=tsresol)
    whole += build.interface(order, 253, tsresol=9)
    for number, (time_ns, data, *rest) in enumerate(records):
        whole += build.enhanced(time_ns, data, order, number % 2, wire_len=rest[0] if rest else 0)
    found, error = read_bytes(whole, tmp_path / "x")
    assert error is None
    with utils.RawPcapNgReader(str(tmp_path / "x")) as reader:
        expected = list(reader)
    assert len(found) == len(expected)
    for record, (data, meta) in zip(found, expected, strict=True):
        ticks = meta.tshigh << 32 | meta.tslow
        assert record.data == data
        assert record.wire_len == meta.wirelen
        assert record.link_type == meta.linktype
        assert record.time_ns == ticks * 1_000_000_000 // meta.tsresol


def told(interface: Interface) -> list[tuple[object, ...]]:
    """What is known of processes."""
    return [
        (one.protocol, one.port, one.pid, one.name, one.by, one.since_ns)
        for one in interface.processes
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_processes(tmp_path: Path, order: str) -> None:
    data = build.section(order) + build.interface(order) + build.interface(order, name="b")
    data += build.process(7, 77, "ip", "exec", TIME, order)
    data += build.process(1 << 31, 5, "müller\n", "socket", 0, order, interface=1, protocol=16)
    data += build.process(7, 77, "ip", "exec", TIME, order)
    data += build.process(8, 8, "", "self", (1 << 64) - 1, order)
    expected = [
        [(0, 7, 77, "ip", "exec", TIME), (0, 8, 8, "", "self", (1 << 64) - 1)],
        [(16, 1 << 31, 5, "müller\n", "socket", 0)],
    ]
    with opened(data, tmp_path) as capture:
        for _ in range(2):
            assert list(iter(capture)) == []
            assert [told(interface) for interface in capture.interfaces] == expected
        assert not capture.diagnoses


@pytest.mark.parametrize("order", ORDERS)
def test_processes_are_known_before_the_records_behind_them(tmp_path: Path, order: str) -> None:
    data = build.pcapng([(TIME, b"one")], order)
    data += build.process(7, 77, "ip", "exec", TIME, order) + build.enhanced(TIME, b"two", order)
    with opened(data, tmp_path) as capture:
        counts = [len(capture.interfaces[record.interface].processes) for record in capture]
    assert counts == [0, 1]
    with opened(data, tmp_path) as capture:
        steps = {known: len(capture.interfaces[0].processes) for known in capture.indexing()}
        assert steps == {1: 0, 2: 1}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda order: struct.pack(order + "5I", 0, 0, 7, 7, 0), "block is too short"),
        (lambda order: struct.pack(order + "6I", 3, 0, 7, 7, 0, 0), "unknown interface 3"),
        (lambda order: struct.pack(order + "6I", 0, 0, 7, 7, 0, 0), "known by ''"),
        (
            lambda order: (
                struct.pack(order + "6I", 0, 0, 7, 7, 0, 0)
                + build.options([(2, b"ip"), (3, b"magic")], order)
            ),
            "known by 'magic'",
        ),
        (
            lambda order: struct.pack(order + "6IHH", 0, 0, 7, 7, 0, 0, 2, 1000) + b"ip",
            "option 2 does not fit its block",
        ),
    ],
)
def test_a_bad_process_is_told_and_passed_over(
    tmp_path: Path, order: str, body: Callable[[str], bytes], words: str
) -> None:
    data = build.section(order) + build.interface(order)
    data += build.block(0x80006E6C, body(order), order) + build.enhanced(TIME, b"x", order)
    with opened(data, tmp_path) as capture:
        assert len(list(iter(capture))) == 1
        assert len(capture.interfaces[0].processes) == 0
        [diagnosis] = capture.diagnoses
        assert words in diagnosis.what


@pytest.mark.parametrize("order", ORDERS)
def test_statistics(tmp_path: Path, order: str) -> None:
    data = build.section(order) + 3 * build.interface(order)
    for interface, counts in (
        (0, [(4, 10), (5, 1)]),
        (1, [(4, 1 << 40), (5, 7), (7, 3)]),
        (0, [(4, 20), (5, 2), (6, 9), (8, 9)]),
        (0, []),
    ):
        data += build.statistics(counts, order, interface)
    with opened(data, tmp_path) as capture:
        list(iter(capture))
        found = [(interface.received, interface.dropped) for interface in capture.interfaces]
        assert found == [(20, 2), (1 << 40, 3), (None, None)]
        assert not capture.diagnoses


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda order: struct.pack(order + "2I", 0, 0), "block is too short"),
        (lambda order: struct.pack(order + "3I", 1, 0, 0), "unknown interface 1"),
        (
            lambda order: struct.pack(order + "3I", 0, 0, 0) + build.options([(5, b"12")], order),
            "option 5 has 2 bytes",
        ),
    ],
)
def test_bad_statistics_are_told_and_passed_over(
    tmp_path: Path, order: str, body: Callable[[str], bytes], words: str
) -> None:
    data = build.section(order) + build.interface(order) + build.block(5, body(order), order)
    with opened(data, tmp_path) as capture:
        assert list(iter(capture)) == []
        assert capture.interfaces[0].dropped is None
        [diagnosis] = capture.diagnoses
        assert words in diagnosis.what


@pytest.mark.parametrize("order", ORDERS)
def test_what_the_recorder_says_of_itself(tmp_path: Path, order: str) -> None:
    words = [(2, "x86_64"), (3, "Linux 6.12"), (4, "nldissect 1"), (1, "host: x")]
    data = build.section(order, words=words)
    data += build.interface(order, words=[(11, "\0proto 16"), (11, "\1code"), (15, "nlmon")])
    data += build.interface(order, words=[(1, "second"), (12, "Linux 6.1")])
    with opened(data, tmp_path) as capture:
        list(iter(capture))
        section = ("hardware: x86_64", "system: Linux 6.12", "program: nldissect 1")
        section += ("comment: host: x",)
        assert [interface.about for interface in capture.interfaces] == [
            (*section, "filter: proto 16", "hardware: nlmon"),
            (*section, "comment: second", "system: Linux 6.1"),
        ]


def test_what_is_said_is_bounded(tmp_path: Path) -> None:
    words = [(1, str(number)) for number in range(100_000)]
    data = build.section(words=words) + build.interface(words=words)
    with opened(data, tmp_path) as capture:
        assert list(iter(capture)) == []
        assert len(capture.interfaces[0].about) == 128


@SAME_FILE
@given(
    st.sampled_from(ORDERS),
    st.lists(
        st.tuples(st.sampled_from((1, 5, 0x80006E6C, 0x0A0D0D0A)), st.binary(max_size=80)),
        max_size=5,
    ),
)
def test_any_bytes_in_header_blocks(
    tmp_path: Path, order: str, bodies: list[tuple[int, bytes]]
) -> None:
    data = build.pcapng([(TIME, b"one")], order)
    data += b"".join(build.block(kind, body, order) for kind, body in bodies)
    records, error = read_bytes(data, tmp_path / "x")
    assert [record.data for record in records] == [b"one"]
    assert error is None or isinstance(error, CaptureError)


@SAME_FILE
@given(st.sampled_from(ORDERS), st.sampled_from((5, 0x80006E6C)), st.binary(max_size=80))
def test_any_bytes_behind_an_interface_number(
    tmp_path: Path, order: str, kind: int, rest: bytes
) -> None:
    data = build.pcapng([(TIME, b"one")], order)
    data += build.block(kind, bytes(4) + rest, order) + build.enhanced(TIME, b"two", order)
    records, error = read_bytes(data, tmp_path / "x")
    assert [record.data for record in records] == [b"one", b"two"]
    assert error is None
