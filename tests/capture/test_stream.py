"""Several files as one stream: the messages are those of the series."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nldissect import Session
from nldissect.capture.series import Series
from nldissect.capture.source import Capture, open_capture
from nldissect.capture.stream import Packed, open_stream
from nldissect.errors import CaptureError
from nldissect.export.ndjson import Writer
from nldissect.learn import Learned
from nldissect.model import Interface, Record
from nldissect.registry import Registry

from . import build
from .reading import fields

CAPTURES = Path(__file__).parents[2] / "captures"
RING = [str(CAPTURES / f"format-ring-{number}.pcapng") for number in (1, 2)]
TIME = 1_700_000_000_123_456_789


def halves(path: Path, folder: Path) -> list[str]:
    """A capture as two files."""
    with open_capture(str(path)) as capture:
        packets = [(record.time_ns or 0, record.data, record.wire_len) for record in capture]
    middle = len(packets) // 2
    paths = [folder / "x.pcap0", folder / "x.pcap1"]
    for part, name in zip((packets[:middle], packets[middle:]), paths):
        name.write_bytes(build.pcap(part))
    return [str(name) for name in paths]


def said(capture: Capture | Series) -> list[tuple[object, ...]]:
    """Records with all that is known of their interfaces, but for the unit of times."""
    found: list[tuple[object, ...]] = []
    for record in capture:
        one = capture.interfaces[record.interface]
        about = (one.link_type, one.snaplen, one.name, one.description, one.order_hint)
        found.append((fields(record), about))
    return found


def ndjson(capture: Capture | Series) -> bytes:
    out = io.BytesIO()
    # Names that the capture tells of late are known to those who read it twice alone.
    session = Session(capture, Registry(), Learned({0x15: "ethtool"}), fates=False)
    writer = Writer(out.write, session.interfaces)
    for message in session:
        writer.message(message)
    writer.close()
    return out.getvalue()


@pytest.mark.parametrize("name", ["rt-link.pcap", "netfilter.pcap"])
def test_messages_are_those_of_the_series(name: str, tmp_path: Path) -> None:
    paths = halves(CAPTURES / name, tmp_path)
    with open_stream(paths) as capture:
        assert not capture.seekable
        assert ndjson(capture) == ndjson(Series(paths))


def test_records_are_those_of_a_ring(tmp_path: Path) -> None:
    with open_stream(RING) as capture:
        assert said(capture) == said(Series(RING))
    with open_stream(list(reversed(RING))) as capture:
        assert said(capture) == said(Series(RING)), "in order of time"


def test_sections_and_byte_orders(tmp_path: Path) -> None:
    packets = [(TIME, b"one!"), (TIME + 1, b"x", 9)]
    first = tmp_path / "x.pcapng0"
    parts = [build.section(), build.interface(name="a", tsresol=9), build.enhanced(TIME, b"a")]
    parts += [build.section(), build.interface(name="b", tsresol=9)]
    parts += [build.enhanced(TIME + 1, b"b", comments=["c"])]
    first.write_bytes(b"".join(parts))
    second = tmp_path / "x.pcapng1"
    second.write_bytes(b"".join(parts))
    third = tmp_path / "x.pcapng2"
    third.write_bytes(build.pcapng(packets, ">"))
    paths = [str(first), str(second), str(third)]
    with open_stream(paths) as capture:
        found = said(capture)
    assert found == said(Series(paths))
    assert [fields_[2] for fields_, _ in found] == [0, 1, 0, 1, 2, 2]  # type: ignore[index]


def test_it_can_be_indexed() -> None:
    with open_stream(RING) as capture:
        for _ in capture.indexing():
            pass
        index = capture.indexed
        assert index is not None
        records = [fields(record) for record in index.records(1, len(index) + 1)]
    assert records == [about[0] for about in said(Series(RING))]


def test_what_cannot_be_read_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    paths = halves(CAPTURES / "rt-link.pcap", tmp_path)
    Path(paths[0]).write_bytes(Path(paths[0]).read_bytes()[:-3])
    gone = str(tmp_path / "gone")
    with open_stream([gone, *paths]) as capture:
        records = list(iter(capture))
        assert {error.path for error in capture.diagnoses} == {gone, paths[0]}
    assert len(records) == len(list(Series(paths)))
    with pytest.raises(CaptureError, match="no such file"):
        open_stream([gone, gone + "2"])


def test_chunks() -> None:
    interfaces = [Interface(0, 253, 0, "nlmon0", "", "little")]
    records = (Record(n, TIME + n, 0, 253, bytes(4096), 4096) for n in range(100))
    packed = Packed(records, interfaces)
    chunks = list(iter(packed.read, b""))
    assert packed.read() == b""
    assert all(1 << 16 <= len(chunk) < 1 << 17 for chunk in chunks[:-1])
    rest = iter(chunks)
    capture = Capture("x", -1, lambda: next(rest, b""))
    assert [record.time_ns for record in capture] == [TIME + n for n in range(100)]


def test_slow_records_are_not_waited_for() -> None:
    given = 0

    def records() -> Iterator[Record]:
        nonlocal given
        for n in range(50):
            time.sleep(0.06)
            given += 1
            yield Record(n + 1, TIME, 0, 253, b"x", 1)

    packed = Packed(records(), [Interface(0, 253, 0, "", "", "little")])
    assert packed.read()
    assert given < 10


def test_nothing_is_a_capture_as_well() -> None:
    packed = Packed(iter(()), [])
    capture = Capture("x", -1, packed.read)
    assert list(iter(capture)) == []


def test_processes_and_counts(tmp_path: Path) -> None:
    paths: list[str] = []
    for place in range(2):
        data = build.section() + build.interface(name="nlmon0", tsresol=9)
        data += build.process(7, 7, f"a{place}", "exec", TIME + place)
        data += build.enhanced(TIME + place, b"x") + build.process(8, 8, f"b{place}", "self", TIME)
        data += build.enhanced(TIME + place, b"y") + build.statistics([(4, 9 + place), (7, 2)])
        path = tmp_path / f"x.pcapng{place}"
        path.write_bytes(data)
        paths.append(str(path))
    with open_stream(paths) as capture:
        known: list[list[str]] = []
        for record in capture:
            known.append([one.name for one in capture.interfaces[record.interface].processes])
        assert known == [["a0"], ["a0", "b0"], ["a0", "b0", "a1"], ["a0", "b0", "a1", "b1"]]
        [interface] = capture.interfaces
        assert (interface.received, interface.dropped) == (10, 2)
