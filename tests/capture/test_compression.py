from __future__ import annotations

import gzip
import lzma
import os
import random
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from nldissect.capture.compression import codec_of
from nldissect.capture.source import open_capture
from nldissect.errors import CaptureError, TruncatedCapture
from tests.capture import build
from tests.capture.reading import fields, pipe_of, read, read_bytes


def zstd(data: bytes) -> bytes:
    zstandard = pytest.importorskip("zstandard")
    packed: bytes = zstandard.ZstdCompressor(write_checksum=True).compress(data)
    return packed


def lz4(data: bytes) -> bytes:
    frame = pytest.importorskip("lz4.frame")
    packed: bytes = frame.compress(data, content_checksum=True, block_size=frame.BLOCKSIZE_MAX64KB)
    return packed


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstd,
    "lz4": lz4,
}
codecs = pytest.mark.parametrize("codec", list(PACK))

ROOT = Path(__file__).resolve().parents[2]
RANDOM = random.Random(7)
PACKETS: list[build.Packet] = [(i * 1_000_000, RANDOM.randbytes(40) * 5) for i in range(3000)]
CAPTURE = build.pcap(PACKETS)


@codecs
def test_known_by_magic_not_by_name(tmp_path: Path, codec: str) -> None:
    packed = PACK[codec](CAPTURE)
    path = tmp_path / "x.pcap"
    path.write_bytes(packed)
    found = codec_of(packed)
    assert found is not None
    assert found.name == codec
    with open_capture(str(path)) as capture:
        assert (capture.compression, capture.format) == (codec, "pcap")
        assert [record.data for record in capture] == [packet[1] for packet in PACKETS]
        assert sum(1 for _ in capture) == len(PACKETS)


@codecs
def test_from_a_pipe_in_pieces(codec: str) -> None:
    packed = PACK[codec](CAPTURE)
    pieces = [packed[i : i + 777] for i in range(0, len(packed), 777)]
    with pipe_of(packed[:1], packed[1:3], packed[3:11], packed[11:777], *pieces[1:]) as path:
        records, error = read(path)
    assert error is None
    assert [record.data for record in records] == [packet[1] for packet in PACKETS]


@codecs
def test_pcapng_inside(tmp_path: Path, codec: str) -> None:
    records, error = read_bytes(PACK[codec](build.pcapng(PACKETS[:9])), tmp_path / "x")
    assert error is None
    assert len(records) == 9


@codecs
def test_frames_in_a_row_are_one_capture(tmp_path: Path, codec: str) -> None:
    pack = PACK[codec]
    data = pack(CAPTURE[:30]) + pack(CAPTURE[30:5000]) + pack(b"") + pack(CAPTURE[5000:])
    records, error = read_bytes(data, tmp_path / "x")
    assert error is None
    assert len(records) == len(PACKETS)


@codecs
def test_zeros_after_the_end_are_filling_and_other_bytes_a_diagnosis(
    tmp_path: Path, codec: str
) -> None:
    path = tmp_path / "x"
    for tail, diagnoses in (
        (bytes(512), []),
        (bytes(3), []),
        (b"junk after it", [f"bytes after the end of the {codec} stream"]),
        (b"j", [f"bytes after the end of the {codec} stream"]),
    ):
        path.write_bytes(PACK[codec](CAPTURE) + tail)
        with open_capture(str(path)) as capture:
            assert sum(1 for _ in capture) == len(PACKETS)
            assert [note.what for note in capture.diagnoses] == diagnoses
            assert all(note.offset == len(CAPTURE) for note in capture.diagnoses)


@codecs
def test_cut_short(tmp_path: Path, codec: str) -> None:
    packed = PACK[codec](CAPTURE)
    counts = []
    for cut in (len(packed) // 2, len(packed) - 1):
        records, error = read_bytes(packed[:cut], tmp_path / "x")
        assert isinstance(error, TruncatedCapture)
        assert error.what == f"the {codec} stream is cut short"
        assert [record.data for record in records] == [
            packet[1] for packet in PACKETS[: len(records)]
        ]
        assert error.offset == len(build.pcap(PACKETS[: len(records)]))
        counts.append(len(records))
    assert 0 < counts[0] < counts[1] == len(PACKETS)


@codecs
def test_cut_at_every_byte_of_a_small_one(tmp_path: Path, codec: str) -> None:
    packed = PACK[codec](build.pcap(PACKETS[:2]))
    for cut in range(1, len(packed)):
        records, error = read_bytes(packed[:cut], tmp_path / "x")
        assert isinstance(error, TruncatedCapture)
        assert len(records) <= 2


@codecs
def test_wrong_checksum_gives_every_record_first(tmp_path: Path, codec: str) -> None:
    packed = bytearray(PACK[codec](build.pcap(PACKETS[:5])))
    # The checksum: xz keeps an index and a footer of 24 bytes or so behind it, gzip the length.
    at = {"gzip": -8, "xz": -32, "zstd": -1, "lz4": -1}[codec]
    packed[at] ^= 0x55
    records, error = read_bytes(bytes(packed), tmp_path / "x")
    assert type(error) is CaptureError
    assert error.what.startswith(f"the {codec} stream is corrupt")
    assert [record.data for record in records] == [packet[1] for packet in PACKETS[:5]]


@pytest.mark.parametrize("codec", ["gzip", "zstd", "lz4"])
def test_damage_in_the_middle(tmp_path: Path, codec: str) -> None:
    pack = PACK[codec]
    second = bytearray(pack(CAPTURE[300_000:]))
    second[4:40] = b"\xff" * 36
    records, error = read_bytes(pack(CAPTURE[:300_000]) + second, tmp_path / "x")
    assert isinstance(error, CaptureError)
    assert len(records) >= (300_000 - 24) // 216 - 1


@codecs
def test_random_access(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(PACK[codec](CAPTURE))
    before = sorted(os.listdir(tmp_path))
    with open_capture(str(path)) as capture:
        expected = [fields(record) for record in capture]
        assert len(capture) == len(expected)
        for number in (3000, 1, 1500):
            assert fields(capture.record(number)) == expected[number - 1]
        assert sorted(os.listdir(tmp_path)) == before


@codecs
def test_random_access_to_what_is_before_a_cut(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "x"
    packed = PACK[codec](CAPTURE)
    path.write_bytes(packed[: len(packed) - 1])
    with open_capture(str(path)) as capture:
        assert len(capture) == len(PACKETS)
        assert isinstance(capture.error, TruncatedCapture)
        assert capture.record(len(PACKETS)).data == PACKETS[-1][1]


@codecs
def test_a_bomb_is_read_in_pieces(tmp_path: Path, codec: str) -> None:
    body = build.pcap([]) + bytes(64 << 20)
    path = tmp_path / "x"
    path.write_bytes(PACK[codec](body))
    del body
    tracemalloc.start()
    try:
        with open_capture(str(path)) as capture:
            found = next(iter(capture))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.data == b""
    assert peak < 80 << 20


WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from nldissect.capture.source import open_capture
from nldissect.errors import CaptureError
try:
    open_capture(sys.argv[2])
except CaptureError as error:
    print(error.what)
"""


@pytest.mark.parametrize(("codec", "package"), [("zstd", "zstandard"), ("lz4", "lz4")])
def test_missing_package_is_named(tmp_path: Path, codec: str, package: str) -> None:
    (tmp_path / "x").write_bytes(PACK[codec](CAPTURE))
    command = [sys.executable, "-c", WITHOUT, package, str(tmp_path / "x")]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode() == f"{codec} needs the Python package {package}\n"


def test_live_compressed_pipe_gives_what_is_there() -> None:
    reader, writer = os.pipe()
    pack = zlib.compressobj(wbits=31)
    try:
        first = build.pcap(PACKETS[:2])
        os.write(writer, pack.compress(first) + pack.flush(zlib.Z_SYNC_FLUSH))
        with open_capture(f"/dev/fd/{reader}") as capture:
            records = iter(capture)
            start = time.monotonic()
            assert [next(records).number, next(records).number] == [1, 2]
            assert time.monotonic() - start < 5
            os.write(writer, pack.flush())
            os.close(writer)
            writer = -1
            assert list(records) == []
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
