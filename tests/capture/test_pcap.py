from __future__ import annotations

import io
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nldissect.capture.source import open_capture
from nldissect.errors import CaptureError, NldissectError, TruncatedCapture
from tests.capture import build
from tests.capture.reading import fields, interface_fields, read, read_bytes

TIME = 1_700_000_000_123_456_789
ORDERS = ("<", ">")
SAME_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

packets = st.lists(
    st.tuples(
        st.integers(0, (1 << 32) * 1_000_000_000 - 1),
        st.binary(max_size=64),
        st.integers(0, 0xFFFFFFFF),
    ),
    max_size=6,
)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("magic", list(build.MAGICS))
def test_every_variant(tmp_path: Path, order: str, magic: str) -> None:
    data = build.pcap([(TIME, b"one"), (TIME + 1, b"", 99)], order, magic, 276, 4096)
    (tmp_path / "x").write_bytes(data)
    with open_capture(str(tmp_path / "x")) as capture:
        records = [fields(record) for record in capture]
        assert capture.format == "pcap"
        assert [interface_fields(found) for found in capture.interfaces] == [
            (0, 276, 4096, "", "", "little" if order == "<" else "big")
        ]
    time_ns = TIME if magic == "ns" else TIME // 1000 * 1000
    second = TIME + 1 if magic == "ns" else time_ns
    assert records == [
        (1, time_ns, 0, 276, b"one", 3, ()),
        (2, second, 0, 276, b"", 99, ()),
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_fcs_bits_are_not_link_type(tmp_path: Path, order: str) -> None:
    records, error = read_bytes(
        build.pcap([(TIME, b"x")], order, link_type=0x2400_0000 | 253), tmp_path / "x"
    )
    assert error is None
    assert records[0].link_type == 253


def test_time_is_unsigned_and_ticks_may_exceed_a_second(tmp_path: Path) -> None:
    data = build.pcap([])
    data += (0xFFFFFFFF).to_bytes(4, "little") + (2_000_000).to_bytes(4, "little") + bytes(8)
    records, _ = read_bytes(data, tmp_path / "x")
    assert records[0].time_ns == 0xFFFFFFFF * 1_000_000_000 + 2_000_000_000


def test_wire_length_below_captured_length_is_data(tmp_path: Path) -> None:
    records, error = read_bytes(build.pcap([(TIME, b"abcd", 1)]), tmp_path / "x")
    assert error is None
    assert (records[0].data, records[0].wire_len) == (b"abcd", 1)


def test_captured_length_above_snaplen_is_data(tmp_path: Path) -> None:
    records, error = read_bytes(build.pcap([(TIME, bytes(1000))], snaplen=96), tmp_path / "x")
    assert error is None
    assert len(records[0].data) == 1000


def test_records_larger_than_a_read(tmp_path: Path) -> None:
    big = bytes(range(256)) * 12000
    records, error = read_bytes(
        build.pcap([(1, b"a"), (2, big), (3, b"c")], snaplen=0), tmp_path / "x"
    )
    assert error is None
    assert [record.data for record in records] == [b"a", big, b"c"]


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, (1 << 28) + 1, 100_000_000])
def test_senseless_length_ends_the_capture_unallocated(tmp_path: Path, length: int) -> None:
    good = build.pcap([(TIME, b"good")])
    path = tmp_path / "x"
    path.write_bytes(good + bytes(8) + length.to_bytes(4, "little") + bytes(4 + 1000))
    tracemalloc.start()
    try:
        records, error = read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [record.data for record in records] == [b"good"]
    assert type(error) is CaptureError
    assert error.what == f"record length {length} is beyond sense"
    assert error.offset == len(good)
    assert peak < 8 << 20


def test_believable_length_is_not_allocated_either(tmp_path: Path) -> None:
    path = tmp_path / "x"
    length = (200 << 20).to_bytes(4, "little")
    path.write_bytes(build.pcap([], snaplen=0) + bytes(8) + length + bytes(5000))
    tracemalloc.start()
    try:
        _, error = read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, TruncatedCapture)
    assert peak < 8 << 20


@SAME_FILE
@given(packets, st.sampled_from(ORDERS), st.sampled_from(list(build.MAGICS)), st.data())
def test_cut_anywhere(
    tmp_path: Path, records: list[build.Packet], order: str, magic: str, draw: st.DataObject
) -> None:
    whole = build.pcap(records, order, magic)
    cut = draw.draw(st.integers(1, len(whole)))
    ends = [len(build.pcap(records[:count], order, magic)) for count in range(len(records) + 1)]
    found, error = read_bytes(whole[:cut], tmp_path / "x")
    good = sum(end <= cut for end in ends[1:])
    assert [record.data for record in found] == [record[1] for record in records[:good]]
    if cut in ends:
        assert error is None
    else:
        assert isinstance(error, TruncatedCapture)
        assert error.offset == (ends[good] if cut > ends[0] else 0)


@SAME_FILE
@given(st.sampled_from(ORDERS), st.sampled_from(list(build.MAGICS)), st.binary(max_size=200))
def test_garbage_after_the_header(tmp_path: Path, order: str, magic: str, tail: bytes) -> None:
    _, error = read_bytes(build.pcap([], order, magic) + tail, tmp_path / "x")
    assert error is None or isinstance(error, NldissectError)


@SAME_FILE
@given(packets, st.sampled_from(ORDERS), st.sampled_from(["us", "ns"]))
def test_agrees_with_dpkt(
    tmp_path: Path, records: list[build.Packet], order: str, magic: str
) -> None:
    dpkt = pytest.importorskip("dpkt")
    whole = build.pcap(records, order, magic)
    reader = dpkt.pcap.Reader(io.BytesIO(whole))
    expected = list(reader)
    found, error = read_bytes(whole, tmp_path / "x")
    assert error is None
    assert [record.data for record in found] == [data for _, data in expected]
    for record, (seconds, _) in zip(found, expected, strict=True):
        assert record.link_type == reader.datalink()
        # Its times are floats or decimals: a µs is what they hold of the years that fit.
        assert record.time_ns == pytest.approx(float(seconds) * 1e9, abs=2000)


def test_speed_is_linear(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(build.pcap([(TIME, bytes(200))] * 100_000))
    start = time.process_time()
    records = sum(1 for _ in open_capture(str(path)))
    assert records == 100_000
    # Some twenty times what it takes; a reader that copies its window per record takes minutes.
    assert time.process_time() - start < 2.0
