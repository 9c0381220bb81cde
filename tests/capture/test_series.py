"""Several files as one recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from nldissect.capture.series import Series, group

from . import build
from .build import pcap

SECOND = 1_000_000_000


def file(folder: Path, name: str, *times: int) -> str:
    path = folder / name
    path.write_bytes(pcap([(time, b"\0" * 20) for time in times]))
    return str(path)


@pytest.mark.parametrize(
    "names",
    [
        ("x.pcap", "x.pcap1", "x.pcap2"),
        ("x.pcap00", "x.pcap01", "x.pcap02"),
        ("x_00001_20261122120000.pcapng", "x_00002_20261122120100.pcapng"),
        ("nl-20261122-120000.pcap", "nl-20261122-130000.pcap"),
        ("nl-2026-11-22T12.pcap", "nl-2026-11-22T13.pcap"),
    ],
)
def test_names_of_ring_buffers(names: tuple[str, ...], tmp_path: Path) -> None:
    # Hours may lie between them, and the shell sorts 10 before 2.
    paths = [file(tmp_path, name, 5000 * SECOND * (place + 1)) for place, name in enumerate(names)]
    assert group(list(reversed(paths)), None) == [paths]


def test_numbers_alone_need_times_that_follow_each_other(tmp_path: Path) -> None:
    first = file(tmp_path, "part1.pcap", SECOND, 9 * SECOND)
    second = file(tmp_path, "part2.pcap", 10 * SECOND)
    later = file(tmp_path, "part3.pcap", 9000 * SECOND)
    beside = file(tmp_path, "part4.pcap", 5 * SECOND)
    assert group([first, second], None) == [[first, second]]
    assert group([first, later], None) == [[first], [later]]
    assert group([first, beside], None) == [[first], [beside]]


def test_other_names_are_other_recordings(tmp_path: Path) -> None:
    paths = [file(tmp_path, name, SECOND) for name in ("a.pcap", "b.pcap")]
    assert group(paths, None) == [[path] for path in paths]
    assert group([paths[0], paths[0]], None) == [[paths[0]], [paths[0]]]
    assert group(["-"], None) == [["-"]]


def test_the_user_decides(tmp_path: Path) -> None:
    late, early = file(tmp_path, "a.pcap", 9 * SECOND), file(tmp_path, "b.pcap", SECOND)
    assert group([late, early], True) == [[early, late]]
    ring = [file(tmp_path, name, SECOND) for name in ("x.pcap", "x.pcap1")]
    assert group(ring, False) == [[path] for path in ring]


def test_records_are_numbered_on_and_equal_interfaces_are_one(tmp_path: Path) -> None:
    paths = [
        file(tmp_path, "x.pcap", SECOND, 2 * SECOND),
        file(tmp_path, "x.pcap1", 3 * SECOND),
    ]
    series = Series(paths)
    for _ in range(2):
        records = list(series)
        assert [record.number for record in records] == [1, 2, 3]
        assert [record.interface for record in records] == [0, 0, 0]
    assert len(series.interfaces) == 1


def test_a_file_that_is_cut_does_not_end_the_series(tmp_path: Path) -> None:
    paths = [
        file(tmp_path, "x.pcap", SECOND, 2 * SECOND),
        file(tmp_path, "x.pcap1", 3 * SECOND),
        str(tmp_path / "x.pcap2"),
    ]
    Path(paths[0]).write_bytes(Path(paths[0]).read_bytes()[:-3])
    series = Series(paths)
    for _ in range(2):
        assert [record.number for record in series] == [1, 2]
    assert ["record" in str(error) or "no such file" in str(error) for error in series.errors] == [
        True,
        True,
    ]


def told(series: Series) -> list[tuple[str, int]]:
    """The processes of the only interface."""
    [interface] = series.interfaces
    return [(process.name, process.since_ns) for process in interface.processes]


def test_processes_and_counts_of_all_files(tmp_path: Path) -> None:
    paths: list[str] = []
    for place in range(3):
        time = (place + 1) * SECOND
        data = build.section() + build.interface(name="nlmon0", tsresol=9)
        data += build.process(7, 7, "ip", "exec", 0)
        data += build.process(8, 8, f"daemon{place}", "socket", time)
        data += build.enhanced(time, b"x") + build.process(9, 9, f"late{place}", "exec", time)
        data += build.enhanced(time, b"y")
        data += build.statistics([(4, 100 * (place + 1)), (5, 5 * place)])
        path = tmp_path / f"x_{place}_2026112212000{place}.pcapng"
        path.write_bytes(data)
        paths.append(str(path))
    series = Series(paths)
    at: list[int] = []
    for _ in series:
        at.append(len(told(series)))
    assert at == [2, 3, 4, 5, 6, 7]
    assert told(series)[:3] == [("ip", 0), ("daemon0", SECOND), ("late0", SECOND)]
    for _ in range(2):
        [interface] = series.interfaces
        assert (interface.received, interface.dropped) == (300, 10)
        assert len(list(series)) == 6
        assert len(told(series)) == 7
