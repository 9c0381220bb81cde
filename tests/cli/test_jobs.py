"""Processes that take turns: the order of their parts, and what becomes of those that fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nldissect.cli.jobs import Aside, Jobs
from nldissect.cli.output import Output, OutputClosed
from nldissect.errors import OutputError

Done = Callable[[], None]


def do(path: Path | str, count: int, work: Callable[[Output, int, Done], int]) -> set[int]:
    with Output(str(path)) as output:
        output.write(b"begin\n")
        jobs = Jobs(count, lambda place, done: work(output, place, done), output)
        try:
            codes = jobs.finish()
        finally:
            jobs.stop()
        output.write(b"end\n")
    return codes


@pytest.mark.parametrize("count", [1, 2, 5])
def test_parts_come_out_in_their_order(tmp_path: Path, count: int) -> None:
    parts = 23

    def work(output: Output, place: int, done: Done) -> int:
        for part in range(place, parts, count):
            # The later ones are ready before the first.
            time.sleep(0.02 if place == 0 else 0)
            output.write(b"%d\n" % part * 30_000)
            done()
        return int(place == 0)

    codes = do(tmp_path / "out", count, work)
    lines = (tmp_path / "out").read_bytes().split(b"\n")
    expected = [b"begin", *(b"%d" % part for part in range(parts) for _ in range(30_000)), b"end"]
    assert lines == [*expected, b""]
    assert codes == ({1} if count == 1 else {0, 1})


def test_more_than_may_wait_is_written_in_turn(tmp_path: Path) -> None:
    def work(output: Output, place: int, done: Done) -> int:
        for part in range(place, 12, 2):
            time.sleep(0.05 if place == 0 else 0)
            output.write(bytes([65 + part]) * (3 << 20))
            done()
        return 0

    do(tmp_path / "out", 2, work)
    data = (tmp_path / "out").read_bytes()
    assert data == b"begin\n" + b"".join(bytes([65 + p]) * (3 << 20) for p in range(12)) + b"end\n"


def test_one_that_dies_ends_all(tmp_path: Path) -> None:
    def work(output: Output, place: int, done: Done) -> int:
        if place == 1:
            os._exit(9)
        for _ in range(100):
            output.write(b"x" * (1 << 20))
            done()
        return 0

    with pytest.raises(OutputError, match="ended with 9"):
        do(tmp_path / "out", 3, work)


def test_the_reason_is_that_of_the_one_that_could_not_write() -> None:
    def work(output: Output, place: int, done: Done) -> int:
        output.write(b"x" * 100)
        done()
        return 0

    with Output("/dev/full") as output:
        jobs = Jobs(2, lambda place, done: work(output, place, done), output)
        with pytest.raises(OutputError, match=r"^no space left on device \(/dev/full\)$"):
            jobs.finish()
        jobs.stop()


def test_a_reader_that_has_gone_is_no_error(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen([sys.executable, "-c", f"open({str(fifo)!r}, 'rb').read(10)"]):

        def work(output: Output, place: int, done: Done) -> int:
            for _ in range(50):
                output.write(b"x" * (1 << 20))
                done()
            return 0

        with pytest.raises(OutputClosed):
            do(fifo, 2, work)


def test_one_aside_finds_out_while_this_one_works() -> None:
    gate, key = os.pipe()

    def find() -> bytes:
        os.read(gate, 1)
        return bytes(range(256)) * 4096

    aside = Aside(find)
    try:
        assert not aside.ready
        os.write(key, b".")
        assert aside.result() == bytes(range(256)) * 4096
    finally:
        aside.stop()
        os.close(gate)
        os.close(key)


def test_one_aside_that_fails_finds_nothing() -> None:
    aside = Aside(lambda: b"%d" % (1 // 0))
    try:
        assert aside.result() == b""
        assert aside.ready
    finally:
        aside.stop()


def test_one_aside_can_be_stopped() -> None:
    aside = Aside(lambda: bytes(int(time.sleep(60) or 0)))
    begun = time.monotonic()
    aside.stop()
    assert time.monotonic() - begun < 30


def test_whose_turn_it_is_writes_at_once(tmp_path: Path) -> None:
    """The first part is not held back until it is whole, nor a part that has become too large."""

    def work(output: Output, place: int, done: Done) -> int:
        if place == 0:
            for _ in range(1000):
                output.write(b"a" * 100_000)
                if (tmp_path / "out").stat().st_size >= 100_000:
                    break
                time.sleep(0.01)
            early = (tmp_path / "out").stat().st_size
            done()
            return int(early < 100_000)
        for _ in range(40):
            output.write(b"b" * (1 << 20))
        done()
        return 0

    assert do(tmp_path / "out", 2, work) == {0}
    data = (tmp_path / "out").read_bytes()
    whole = re.fullmatch(rb"begin\na+(b+)end\n", data)
    assert whole is not None
    assert len(whole[1]) == 40 << 20
