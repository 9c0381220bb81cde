from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import dpkt
import pytest
from hypothesis import given, strategies as st

from nldissect.capture.source import open_capture
from nldissect.capture.write import PcapngWriter, PcapWriter
from nldissect.errors import UsageError
from nldissect.model import Interface, Process, Record
from tests.capture import build
from tests.capture.reading import fields, interface_fields
from tests.capture.test_pcap import SAME_FILE

CAPTURES = Path(__file__).parents[2] / "captures"
TIME = 1_700_000_000_123_456_789
Writing = type[PcapWriter] | type[PcapngWriter]


def written(kind: Writing, interfaces: list[Interface], records: list[Record]) -> bytes:
    out = io.BytesIO()
    writer = kind(out.write, interfaces)
    for record in records:
        writer.record(record)
    writer.close()
    return out.getvalue()


def reread(data: bytes, path: Path) -> tuple[list[Interface], list[Record]]:
    path.write_bytes(data)
    with open_capture(str(path)) as capture:
        records = list(iter(capture))
        assert not capture.diagnoses
        return capture.interfaces, records


def copied(kind: Writing, path: Path) -> bytes:
    with open_capture(str(path)) as capture:
        records = list(iter(capture))
        return written(kind, capture.interfaces, records)


def nlmon(order: str = "little", **kind: int) -> Interface:
    return Interface(0, kind.get("link_type", 253), 262144, "nlmon0", "", order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", ["us", "ns"])
@pytest.mark.parametrize("snaplen", [0, 96, 262144])
def test_a_copied_pcap_is_the_same_file(
    tmp_path: Path, order: str, magic: str, snaplen: int
) -> None:
    packets = [(TIME, b"one"), (TIME + 1, bytes(96), 5000), (0, b"")]
    data = build.pcap(packets, order, magic, 276, snaplen)
    (tmp_path / "x").write_bytes(data)
    assert copied(PcapWriter, tmp_path / "x") == data


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap")), ids=lambda path: path.name)
def test_a_copied_recording_is_the_same_file(path: Path) -> None:
    assert copied(PcapWriter, path) == path.read_bytes()


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap*")), ids=lambda path: path.name)
def test_pcapng_holds_all_of_a_recording(tmp_path: Path, path: Path) -> None:
    with open_capture(str(path)) as capture:
        before = [fields(record) for record in capture]
        interfaces = capture.interfaces
    found, records = reread(copied(PcapngWriter, path), tmp_path / "x")
    assert [fields(record) for record in records] == before
    assert [interface_fields(item) for item in found] == [
        interface_fields(item) for item in interfaces
    ]


def test_times_without_a_unit_are_ns(tmp_path: Path) -> None:
    data = written(PcapWriter, [nlmon()], [Record(1, TIME, 0, 253, b"x", 1)])
    assert reread(data, tmp_path / "x")[1][0].time_ns == TIME


def test_times_that_pcap_cannot_hold(tmp_path: Path) -> None:
    times = (None, -5, 1 << 70, (1 << 32) * 1_000_000_000 - 1)
    records = [Record(1, time, 0, 253, b"x", 1) for time in times]
    _, found = reread(written(PcapWriter, [nlmon()], records), tmp_path / "x")
    latest = times[3]
    assert [record.time_ns for record in found] == [0, 0, latest, latest]


def test_pcap_has_one_link_type() -> None:
    records = [Record(1, 0, 0, 253, b"", 0), Record(2, 0, 1, 1, b"", 0)]
    with pytest.raises(UsageError, match="use pcapng"):
        written(PcapWriter, [nlmon(), nlmon(link_type=1)], records)


def test_what_is_not_written_does_not_matter_to_pcap(tmp_path: Path) -> None:
    data = written(
        PcapWriter, [nlmon("big", link_type=1), nlmon()], [Record(2, TIME, 1, 253, b"x", 1)]
    )
    interfaces, _ = reread(data, tmp_path / "x")
    assert (interfaces[0].link_type, interfaces[0].order_hint) == (253, "little")


@pytest.mark.parametrize("kind", [PcapWriter, PcapngWriter])
@pytest.mark.parametrize("interfaces", [[], [nlmon("big", link_type=276)]])
def test_no_record(tmp_path: Path, kind: Writing, interfaces: list[Interface]) -> None:
    found, records = reread(written(kind, interfaces, []), tmp_path / "x")
    assert records == []
    assert [item.link_type for item in found] == (
        [276] if interfaces else [253] if kind is PcapWriter else []
    )


def test_sections_and_orders(tmp_path: Path) -> None:
    interfaces = [
        Interface(0, 253, 96, "nlmon0", "the first", "little"),
        Interface(0, 1, 0, "eth0", "", "little"),
        Interface(1, 276, 262144, "", "any", "big"),
        Interface(2, 253, 65535, "nlmon0", "", "big"),
    ]
    records = [
        Record(1, TIME, 1, 1, b"abc", 3, ("a comment", "", "ein Wörtchen")),
        Record(2, TIME, 0, 253, b"abcd", 400),
        Record(3, TIME, 2, 276, b"x" * 33, 33),
    ]
    found, again = reread(written(PcapngWriter, interfaces, records), tmp_path / "x")
    assert [fields(record) for record in again] == [fields(record) for record in records]
    assert [interface_fields(item) for item in found] == [
        interface_fields(item) for item in interfaces
    ]


def test_interfaces_may_come_late(tmp_path: Path) -> None:
    out = io.BytesIO()
    interfaces: list[Interface] = []
    writer = PcapngWriter(out.write, interfaces)
    records = []
    for number in range(3):
        interfaces.append(Interface(number // 2, 253, 0, f"nlmon{number}", "", "little"))
        records.append(Record(number + 1, TIME, number, 253, b"", 0))
        writer.record(records[-1])
    writer.close()
    found, again = reread(out.getvalue(), tmp_path / "x")
    assert [fields(record) for record in again] == [fields(record) for record in records]
    assert [item.name for item in found] == ["nlmon0", "nlmon1", "nlmon2"]


def test_unknown_interfaces_are_described(tmp_path: Path) -> None:
    records = [
        Record(1, TIME, 7, 253, b"a", 1),
        Record(2, TIME, 0, 276, b"b", 1),
        Record(3, TIME, 0, 253, b"c", 1),
        Record(4, TIME, 7, 253, b"d", 1),
    ]
    found, again = reread(written(PcapngWriter, [nlmon()], records), tmp_path / "x")
    assert [(found[record.interface].name, record.link_type) for record in again] == [
        ("", 253), ("", 276), ("nlmon0", 253), ("", 253),
    ]  # fmt: skip
    data = written(PcapWriter, [], records[:1])
    assert reread(data, tmp_path / "y")[1][0].data == b"a"


def test_going_back_to_an_earlier_section(tmp_path: Path) -> None:
    interfaces = [
        Interface(0, 253, 0, "a", "", "little"),
        Interface(1, 253, 0, "b", "", "big"),
    ]
    records = [Record(number + 1, TIME, number & 1, 253, b"", 0) for number in range(4)]
    found, again = reread(written(PcapngWriter, interfaces, records), tmp_path / "x")
    assert [found[record.interface].name for record in again] == ["a", "b", "a", "b"]
    assert [found[record.interface].order_hint for record in again][:2] == ["little", "big"]


@pytest.mark.parametrize(
    ("snaplen", "data", "wire_len", "comments", "time_ns"),
    [
        (0, b"abc", 3, (), None),
        (4, b"abcd", 90, (), None),
        (4, b"abc", 90, (), 0),
        (0, b"abc", 90, (), 0),
        (0, b"abc", 3, ("said",), 0),
    ],
)
def test_no_time(
    tmp_path: Path,
    snaplen: int,
    data: bytes,
    wire_len: int,
    comments: tuple[str, ...],
    time_ns: int | None,
) -> None:
    """Only a simple packet block has no time, and it cannot say everything."""
    record = Record(1, None, 0, 253, data, wire_len, comments)
    interface = Interface(0, 253, snaplen, "", "", "little")
    _, (again,) = reread(written(PcapngWriter, [interface], [record]), tmp_path / "x")
    assert fields(again) == (1, time_ns, 0, 253, data, wire_len, comments)


def test_comments_have_a_limit(tmp_path: Path) -> None:
    record = Record(1, TIME, 0, 253, b"x", 1, ("ö" * 40000, "\udcff"))
    _, (again,) = reread(written(PcapngWriter, [nlmon()], [record]), tmp_path / "x")
    assert again.comments == ("ö" * 32767, "\\udcff")


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
packets = st.lists(
    st.tuples(
        st.integers(0, (1 << 32) * 1_000_000_000 - 1),
        st.integers(0, 3),
        st.binary(max_size=70),
        st.integers(0, 0xFFFFFFFF),
        st.lists(text, max_size=3),
    ),
    max_size=8,
)


@SAME_FILE
@given(packets)
def test_any_records_are_read_again(tmp_path: Path, packets: list) -> None:
    interfaces = [
        Interface(0, 253, 262144, "nlmon0", "", "little"),
        Interface(0, 253, 0, "", "words", "little"),
        Interface(1, 276, 65535, "any", "", "big"),
    ]
    # Sections follow each other; the last number is no interface.
    packets.sort(key=lambda packet: packet[1])
    records = [
        Record(number, time_ns, index, 276 if index == 2 else 253, data, size, tuple(comments))
        for number, (time_ns, index, data, size, comments) in enumerate(packets, 1)
    ]
    _, again = reread(written(PcapngWriter, interfaces, records), tmp_path / "x")
    assert [fields(record) for record in again] == [fields(record) for record in records]
    records = [record for record in records if record.link_type == 253]
    _, again = reread(written(PcapWriter, interfaces, records), tmp_path / "x")
    assert [
        (record.time_ns, record.data, record.wire_len) for record in again
    ] == [(record.time_ns, record.data, record.wire_len) for record in records]  # fmt: skip


RECORDS = [
    Record(1, TIME, 0, 253, b"abcde", 5, ("hello",)),
    Record(2, TIME + 1_000_000_001, 0, 253, b"abcd", 90),
]


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("tick_ns", [1, 1000])
def test_dpkt_and_scapy_read_pcap(order: str, tick_ns: int) -> None:
    from scapy.utils import RawPcapReader

    interface = Interface(0, 253, 262144, "", "", order, tick_ns)
    data = written(PcapWriter, [interface], RECORDS)
    packets = list(dpkt.pcap.Reader(io.BytesIO(data)))
    assert [packet for _, packet in packets] == [b"abcde", b"abcd"]
    assert float(packets[0][0]) == pytest.approx(TIME / 1e9, abs=1e-6)
    found = list(RawPcapReader(io.BytesIO(data)))
    assert [(meta.sec, meta.usec, meta.wirelen) for _, meta in found] == [
        (TIME // 10**9, TIME % 10**9 // tick_ns, 5),
        (TIME // 10**9 + 1, (TIME + 1) % 10**9 // tick_ns, 90),
    ]


@pytest.mark.parametrize("order", ["little", "big"])
def test_dpkt_and_scapy_read_pcapng(order: str) -> None:
    from scapy.utils import RawPcapNgReader

    interface = Interface(0, 253, 262144, "nlmon0", "a monitor", order)
    data = written(PcapngWriter, [interface], RECORDS)
    reader = dpkt.pcapng.Reader(io.BytesIO(data))
    assert reader.datalink() == 253
    assert [packet for _, packet in reader] == [b"abcde", b"abcd"]
    found = list(RawPcapNgReader(io.BytesIO(data)))
    times = [((meta.tshigh << 32) + meta.tslow) for _, meta in found]
    assert times == [record.time_ns for record in RECORDS]
    assert [meta.wirelen for _, meta in found] == [5, 90]
    assert {meta.ifname for _, meta in found} == {b"nlmon0"}


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("kind", [PcapWriter, PcapngWriter])
@pytest.mark.parametrize("order", ["little", "big"])
def test_tshark_reads(tmp_path: Path, kind: Writing, order: str) -> None:
    interface = Interface(0, 253, 262144, "nlmon0", "", order)
    (tmp_path / "x").write_bytes(written(kind, [interface], RECORDS))
    wanted = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.comment"]
    command = ["tshark", "-r", str(tmp_path / "x"), "-T", "fields", "-E", "separator=/s"]
    command += [part for name in wanted for part in ("-e", name)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    comment = " hello" if kind is PcapngWriter else ""
    assert [line.rstrip() for line in run.stdout.splitlines()] == [
        f"1700000000.123456789 5 5{comment}",
        "1700000001.123456790 90 4",
    ]


def test_another_input_has_a_section_of_its_own(tmp_path: Path) -> None:
    out = io.BytesIO()
    first = [Interface(0, 253, 0, "first", "", "little")]
    second = [Interface(0, 253, 0, "second", "", "little")]
    record = Record(1, TIME, 0, 253, bytes(32), 32)
    writer = PcapngWriter(out.write, first)
    writer.record(record)
    writer.begin(second)
    writer.record(record)
    writer.close()
    interfaces, records = reread(out.getvalue(), tmp_path / "x.pcapng")
    assert [(each.section, each.name) for each in interfaces] == [(0, "first"), (1, "second")]
    assert [each.interface for each in records] == [0, 1]


def known(interface: Interface) -> list[tuple[object, ...]]:
    """The processes of an interface as something that compares."""
    return [
        (one.protocol, one.port, one.pid, one.name, one.by, one.since_ns)
        for one in interface.processes
    ]


@pytest.mark.parametrize("order", ["little", "big"])
def test_processes_stand_before_the_records_behind_them(tmp_path: Path, order: str) -> None:
    interfaces = [nlmon(order), nlmon(order, link_type=276)]
    out = io.BytesIO()
    writer = PcapngWriter(out.write, interfaces)
    interfaces[0].processes.add(Process(16, 1 << 31, 7, "müller", "socket", TIME))
    interfaces[1].processes.add(Process(0, 8, 8, "", "exec", 0))
    counts: list[list[int]] = []
    for number in range(4):
        link_type = interfaces[number & 1].link_type
        writer.record(Record(number, TIME, number & 1, link_type, b"x", 1))
        counts.append([len(each.processes) for each in interfaces])
        one = Process(0, number, 9, "a" * number, "self", (1 << 64) - 1)
        interfaces[number & 1].processes.add(one)
    writer.close()
    (tmp_path / "x").write_bytes(out.getvalue())
    with open_capture(str(tmp_path / "x")) as capture:
        for record, expected in zip(capture, counts):
            index = record.interface
            assert len(capture.interfaces[index].processes) == expected[index]
        assert not capture.diagnoses
        assert [known(each) for each in capture.interfaces] == [known(each) for each in interfaces]


def test_processes_are_written_in_each_section_of_their_interface(tmp_path: Path) -> None:
    interfaces = [nlmon(), nlmon("big")]
    interfaces[1].section = 1
    interfaces[0].processes.add(Process(0, 7, 7, "ip", "exec", 0))
    records = [Record(n, TIME, n & 1, 253, b"x", 1) for n in range(3)]
    found, _ = reread(written(PcapngWriter, interfaces, records), tmp_path / "x")
    ip = [(0, 7, 7, "ip", "exec", 0)]
    assert [known(each) for each in found] == [ip, [], ip]


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("received", [None, 1 << 40])
def test_statistics(tmp_path: Path, order: str, received: int | None) -> None:
    out = io.BytesIO()
    writer = PcapngWriter(out.write, [nlmon(order)])
    writer.record(Record(1, TIME, 0, 253, b"x", 1))
    writer.statistics(0, start_ns=TIME, end_ns=TIME + 5, received=received, dropped=12)
    writer.close()
    [found], _ = reread(out.getvalue(), tmp_path / "x")
    assert (found.received, found.dropped) == (received, 12)


@pytest.mark.skipif(shutil.which("capinfos") is None, reason="capinfos is not installed")
@pytest.mark.parametrize("order", ["little", "big"])
def test_wireshark_knows_what_was_dropped(tmp_path: Path, order: str) -> None:
    interface = nlmon(order)
    interface.processes.add(Process(16, 7, 7, "ip", "exec", TIME))
    out = io.BytesIO()
    writer = PcapngWriter(out.write, [interface])
    writer.record(Record(1, TIME, 0, 253, b"x", 1))
    writer.statistics(0, start_ns=TIME, end_ns=TIME + 5, received=13, dropped=12)
    writer.close()
    (tmp_path / "x").write_bytes(out.getvalue())
    run = subprocess.run(
        ["capinfos", "-I", str(tmp_path / "x")], capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert "Number of stat entries = 1" in run.stdout
    assert "Number of packets = 1" in run.stdout
