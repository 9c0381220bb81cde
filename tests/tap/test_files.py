"""Files of a capture: whole blocks whatever happens, rings, limits, and whose traffic counts."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from nldissect.errors import OutputError
from nldissect.tap import files as module
from nldissect.tap.files import Files, Limits

NONE = Limits()
HEAD, TAIL = b"<head>", b"<tail>"


def files(
    target: Path | str | None, each: Limits = NONE, all_: Limits = NONE, fd: int = -1
) -> Files:
    path = None if target is None else str(target)
    return Files(path, lambda: HEAD, lambda: TAIL, each, all_, fd)


def blocks(count: int, size: int = 10) -> list[bytes]:
    return [b"%0*d" % (size, number) for number in range(count)]


def give(some: Files, given: list[bytes], own: set[int] = frozenset()) -> int:  # type: ignore[assignment]
    return some.packets(given, [number in own for number in range(len(given))])


def test_a_file_has_all_between_head_and_tail(tmp_path: Path) -> None:
    path = tmp_path / "out"
    some = files(path)
    assert path.read_bytes() == HEAD
    assert give(some, blocks(3)) == 3
    some.other([b"other"])
    assert path.read_bytes() == HEAD + b"".join(blocks(3)) + b"other"
    some.close()
    assert path.read_bytes().endswith(b"other" + TAIL)
    assert not some.full


def test_without_a_target_packets_are_counted_all_the_same() -> None:
    some = files(None, all_=Limits(packets=3))
    assert give(some, blocks(2)) == 2
    assert give(some, blocks(2)) == 1
    assert some.full
    some.close()


@pytest.mark.parametrize(
    ("limits", "taken"),
    [(Limits(packets=4), 4), (Limits(size=35), 4), (Limits(size=40), 4), (Limits(size=41), 5)],
)
def test_a_capture_ends_exactly_at_its_limit(limits: Limits, taken: int, tmp_path: Path) -> None:
    path = tmp_path / "out"
    some = files(path, all_=limits)
    assert give(some, blocks(9)) == taken
    some.close()
    assert some.full
    assert path.read_bytes() == HEAD + b"".join(blocks(taken)) + TAIL


def test_own_traffic_is_written_and_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "out"
    some = files(path, all_=Limits(packets=2))
    assert give(some, blocks(9), own={0, 1, 2, 4, 8}) == 6
    some.close()
    assert path.read_bytes() == HEAD + b"".join(blocks(6)) + TAIL


def test_a_ring_keeps_its_last_files(tmp_path: Path) -> None:
    some = files(tmp_path / "ring.pcapng", each=Limits(packets=2, files=3))
    give(some, blocks(5))
    assert some.switched
    give(some, blocks(4))
    some.close()
    names = sorted(os.listdir(tmp_path))
    assert [name[:10] for name in names] == ["ring_00003", "ring_00004", "ring_00005"]
    assert all(name.endswith(".pcapng") and name[11:25].isdecimal() for name in names)
    contents = [(tmp_path / name).read_bytes() for name in names]
    given = blocks(5) + blocks(4)
    assert contents == [HEAD + b"".join(given[at : at + 2]) + TAIL for at in (4, 6, 8)]


def test_own_traffic_alone_begins_no_file(tmp_path: Path) -> None:
    some = files(tmp_path / "ring", each=Limits(packets=1))
    for _ in range(5):
        give(some, blocks(3), own={0, 1, 2})
    assert not some.switched
    give(some, blocks(1))
    give(some, blocks(3), own={0, 1, 2})
    assert not some.switched
    give(some, blocks(1))
    assert some.switched
    some.close()
    assert len(os.listdir(tmp_path)) == 2


def test_a_ring_may_end_with_its_last_file(tmp_path: Path) -> None:
    some = files(tmp_path / "ring", each=Limits(packets=2), all_=Limits(files=2))
    assert give(some, blocks(7)) == 4
    assert some.full
    some.close()
    assert len(os.listdir(tmp_path)) == 2


def test_time_begins_files_and_ends_captures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    some = files(tmp_path / "ring", each=Limits(seconds=5), all_=Limits(seconds=20))
    now[0] += 6
    some.tick()
    # A file without packets is not left for another.
    assert not some.switched
    give(some, blocks(1))
    some.tick()
    assert some.switched
    some.switched = False
    give(some, blocks(1))
    now[0] += 4
    some.tick()
    assert not some.switched
    now[0] += 11
    some.tick()
    assert some.full
    some.close()


class Disk:
    """os.write that has room for so many bytes."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.write = os.write

    def __call__(self, fd: int, data: memoryview) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self.write(fd, data[: self.room])
        self.room -= written
        return written


@pytest.mark.parametrize("room", range(45))
def test_a_full_disk_leaves_whole_blocks(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    some = files(path)
    give(some, blocks(1))
    monkeypatch.setattr(module.os, "write", Disk(room))
    with pytest.raises(OutputError, match="no space left on device"):
        give(some, blocks(5))
    monkeypatch.setattr(module.os, "write", Disk(0))
    with pytest.raises(OutputError):
        some.close()
    assert path.read_bytes() == HEAD + b"".join(blocks(1) + blocks(5)[: room // 10])


def test_a_descriptor_takes_it_as_well(tmp_path: Path) -> None:
    source, target = os.pipe()
    some = files("-", fd=target)
    give(some, blocks(2))
    some.close()
    assert os.read(source, 100) == HEAD + b"".join(blocks(2)) + TAIL
    assert os.read(source, 100) == b""
    os.close(source)


def test_a_reader_that_has_gone() -> None:
    source, target = os.pipe()
    some = files("-", fd=target)
    os.close(source)
    with pytest.raises(BrokenPipeError):
        give(some, blocks(1))
    with pytest.raises(BrokenPipeError):
        some.close()


@pytest.mark.parametrize("target", ["no-such-directory/out", "", "\0"])
def test_what_cannot_be_opened(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError):
        files(target)


def test_the_file_is_on_the_disk_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(module.os, "fsync", lambda fd: synced.append(fd))
    some = files(tmp_path / "ring", each=Limits(packets=1))
    give(some, blocks(3))
    assert len(synced) == 2
    some.close()
    assert len(synced) == 3
