from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nldissect.capture import pcapng
from nldissect.capture.compression import CODECS
from nldissect.capture.source import Capture, open_capture
from nldissect.errors import CaptureError, NldissectError, NotACapture, TruncatedCapture, UsageError
from tests.capture import build
from tests.capture.reading import fields, pipe_of, read, read_bytes

ROOT = Path(__file__).resolve().parents[2]
PACKETS: list[build.Packet] = [(i, bytes([i]) * i * 3) for i in range(40)]
SAME_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
makers = pytest.mark.parametrize("make", [build.pcap, build.pcapng])


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as caught:
        open_capture(str(tmp_path / "none"))
    assert str(caught.value) == f"no such file ({tmp_path / 'none'})"


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="is a directory"):
        open_capture(str(tmp_path))


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(CaptureError, match="permission denied"):
        open_capture(str(tmp_path / "x"))


def test_name_that_no_file_can_have() -> None:
    with pytest.raises(CaptureError, match="null"):
        open_capture("a\0b")


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(NotACapture, match="empty file"):
        open_capture(str(tmp_path / "x"))


@pytest.mark.parametrize("data", [b"#!/bin/sh\n", b"PK\x03\x04", b"ab", b"\0"])
def test_not_a_capture(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(NotACapture) as caught:
        open_capture(str(tmp_path / "x"))
    assert caught.value.what == f"not a capture: the first bytes are {data[:8].hex(' ')}"


@makers
def test_file_header_cut_short(tmp_path: Path, make: type) -> None:
    whole: bytes = make([])
    for size in range(1, 24):
        records, error = read_bytes(whole[:size], tmp_path / "x")
        assert records == []
        assert isinstance(error, TruncatedCapture)
        assert error.offset == 0


def test_failed_open_leaves_no_descriptor(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"text, no capture")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(NotACapture):
            open_capture(str(tmp_path / "x"))
    assert len(os.listdir("/proc/self/fd")) == before


@makers
def test_two_passes_at_the_same_time(tmp_path: Path, make: type) -> None:
    (tmp_path / "x").write_bytes(make(PACKETS))
    with open_capture(str(tmp_path / "x")) as capture:
        for first, second in zip(capture, capture, strict=True):
            assert fields(first) == fields(second)
        assert len(capture.interfaces) == 1


@makers
def test_pipe_equals_file(tmp_path: Path, make: type) -> None:
    data: bytes = make(PACKETS)
    expected, _ = read_bytes(data, tmp_path / "x")
    with pipe_of(*(data[i : i + 5] for i in range(0, len(data), 5))) as path:
        found, error = read(path)
    assert error is None
    assert [fields(record) for record in found] == [fields(record) for record in expected]


def test_pipe_is_read_once() -> None:
    with pipe_of(build.pcap(PACKETS)) as path, open_capture(path) as capture:
        assert not capture.seekable
        assert capture
        # list() asks for a length first: that a pipe has none must not stop it.
        assert len(list(capture)) == len(PACKETS)
        with pytest.raises(UsageError, match="only once"):
            iter(capture)
        with pytest.raises(UsageError, match="only once"):
            capture.index()
        with pytest.raises(UsageError, match="only once"):
            capture.record(1)
        with pytest.raises(TypeError):
            len(capture)


@makers
def test_pipe_that_is_indexed_can_be_read_by_number(make: Callable[..., bytes]) -> None:
    with pipe_of(make(PACKETS)) as path, open_capture(path) as capture:
        index = capture.index()
        assert len(index) == len(PACKETS)
        again = [fields(record) for record in index.records(1, len(index) + 1)]
        one_by_one = [fields(capture.record(n)) for n in range(1, len(index) + 1)]
    assert again == one_by_one
    with pipe_of(make(PACKETS)) as path, open_capture(path) as capture:
        assert [fields(record) for record in capture] == again


@makers
def test_index_of_a_pipe_tells_each_record_at_once(make: Callable[..., bytes]) -> None:
    """What is whole is known before more is waited for."""
    data = make(PACKETS)
    ends = [len(make(PACKETS[:count])) for count in range(len(PACKETS) + 1)]
    pieces = [data[: ends[0]], *(data[a:b] for a, b in pairwise(ends))]
    given: list[int] = []

    def read() -> bytes:
        given.append(1)
        return pieces[len(given) - 1] if len(given) <= len(pieces) else b""

    with Capture("stream", -1, read) as capture:
        known = 0
        for known in capture.indexing():
            # The header's piece, and one for each record.
            assert len(given) <= known + 2
        assert known == len(PACKETS)


def test_growing_file_is_waited_for(tmp_path: Path) -> None:
    data = build.pcap(PACKETS)
    path = tmp_path / "x.pcap"
    path.write_bytes(data[:-10])
    waits = 0
    with open_capture(str(path)) as capture:

        def wait() -> bool:
            nonlocal waits
            waits += 1
            with path.open("ab") as file:
                file.write(data[-10:] if waits == 1 else b"")
            return waits < 3

        capture.growing, capture.wait = True, wait
        assert len(capture.index()) == len(PACKETS)
        assert capture.error is None
    assert waits == 3


def test_cut_pipe() -> None:
    data = build.pcap(PACKETS)
    with pipe_of(data[:-1]) as path:
        records, error = read(path)
    assert len(records) == len(PACKETS) - 1
    assert isinstance(error, TruncatedCapture)


@makers
def test_each_record_is_given_as_soon_as_it_is_whole(make: type) -> None:
    start: bytes = make([])
    pieces = [make(PACKETS[: i + 1])[len(make(PACKETS[:i])) :] for i in range(4)]
    reader, writer = os.pipe()
    # A reader that waits for more than the next record hangs here: this ends it.
    watchdog = threading.Timer(10, os.close, [writer])
    watchdog.start()
    try:
        os.write(writer, start)
        with open_capture(f"/dev/fd/{reader}") as capture:
            records = iter(capture)
            for number, piece in enumerate(pieces, 1):
                os.write(writer, piece)
                assert next(records).number == number
    finally:
        watchdog.cancel()
        os.close(writer)
        os.close(reader)


def test_fifo(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_bytes, args=[build.pcap(PACKETS)], daemon=True)
    thread.start()
    records, error = read(path)
    thread.join(10)
    assert error is None
    assert len(records) == len(PACKETS)


SCRIPT = """
from nldissect.capture.source import Capture, open_capture
capture = open_capture("-")
print(capture.path, capture.seekable, sum(1 for _ in capture))
"""


@pytest.mark.parametrize("as_file", [False, True])
def test_standard_input(tmp_path: Path, as_file: bool) -> None:
    data = build.pcap(PACKETS)
    (tmp_path / "x").write_bytes(data)
    command = [sys.executable, "-c", SCRIPT]
    if as_file:
        with (tmp_path / "x").open("rb") as file:
            done = subprocess.run(command, stdin=file, capture_output=True, cwd=ROOT, check=True)
    else:
        done = subprocess.run(command, input=data, capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode() == "- False 40\n"


@SAME_FILE
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", pcapng.MAGIC, *(codec.magic for codec in CODECS)]),
)
def test_garbage(tmp_path: Path, data: bytes, head: bytes) -> None:
    _, error = read_bytes(head + data, tmp_path / "x")
    assert isinstance(error, NldissectError)


PEAK = """
import re, sys
from nldissect.capture.source import Capture, open_capture
for record in open_capture(sys.argv[1]):
    pass
print(re.search("VmHWM:\\s*([0-9]+) kB", open("/proc/self/status").read())[1])
"""


@makers
def test_memory_is_flat(tmp_path: Path, make: type) -> None:
    peaks = []
    for count in (10_000, 200_000):
        path = tmp_path / str(count)
        path.write_bytes(make([(1, bytes(230))] * count))
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(path)], capture_output=True, cwd=ROOT, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 4000


def test_import_needs_the_standard_library_only() -> None:
    script = (
        "import sys; from nldissect.capture import source; "
        "print(sorted({'zstandard', 'lz4', 'dpkt', 'scapy', 'mmap'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode() == "[]\n"
