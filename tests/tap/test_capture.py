"""A capture from ring to file and reader, with a kernel that is made up."""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from nldissect.capture.source import Capture, open_capture
from nldissect.errors import CaptureError, LiveError, NldissectError, OutputError
from nldissect.model import Process
from nldissect.tap import capture as module
from nldissect.tap.capture import Tap
from nldissect.tap.files import Limits
from nldissect.tap.options import Options, Report

TIME = 1_700_000_000_123_456_789
HEADER = struct.pack(">HHH8sH", 4, 824, 0, bytes(8), 16)

Packet = tuple[int, bytes, bytes, int]


def packet(number: int, port: int = 0, size: int = 32) -> Packet:
    message = struct.pack("=IHHII", size, 16, 1, number, port) + bytes(size - 16)
    return TIME + number, HEADER, message, len(message)


class Ring:
    """Blocks of packets: given one by one; what can be called is called first."""

    blocks: ClassVar[list[list[Packet] | Callable[[], object]]] = []
    last: ClassVar[Ring]

    def __init__(self, size: int, protocols: list[int]) -> None:
        type(self).last = self
        self.asked = (size, protocols)
        self.left = list(self.blocks)
        self.received = 0
        self.dropped = 0
        self.code = 0
        self.closed = False
        self.near, self.far = socket.socketpair()

    def fileno(self) -> int:
        return self.far.fileno()

    def listen(self, name: str) -> None:
        self.name = name

    def take(self) -> Iterator[Packet]:
        while self.left and callable(self.left[0]):
            deed = self.left.pop(0)
            assert callable(deed)
            deed()
        if self.left:
            block = self.left.pop(0)
            assert isinstance(block, list)
            self.received += len(block)
            yield from block

    def count(self) -> int:
        return self.received

    def stop(self) -> int:
        return self.received + sum(len(block) for block in self.left if isinstance(block, list))

    def error(self) -> int:
        return self.code

    def fail(self, code: int) -> None:
        """Something befalls the socket."""
        self.code = code
        self.near.close()

    def close(self) -> None:
        self.closed = True
        self.near.close()
        self.far.close()


class Link:
    """A link that is made and removed."""

    closed: ClassVar[int] = 0

    def __init__(self, interface: str | None) -> None:
        self.name = interface or "nlmon0"
        self.created = interface is None
        self.port = 0 if interface else 500

    def close(self) -> None:
        type(self).closed += 1


class Families:
    """Generic netlink families that nobody is told of."""

    told: ClassVar[list[bool]] = []
    port = 600

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()

    def fileno(self) -> int:
        return self.far.fileno()

    def forget(self) -> None:
        pass

    def tell(self, policies: bool) -> None:
        self.told.append(policies)

    def close(self) -> None:
        self.near.close()
        self.far.close()


class Sampler:
    """Knows the processes that it is given."""

    processes: ClassVar[list[Process]] = []
    asked: ClassVar[list[tuple[int, int]]] = []

    def fileno(self) -> int:
        return -1

    def enter(self) -> None:
        pass

    def hear(self) -> None:
        pass

    def look(self, ports: list[tuple[int, int]], since_ns: int) -> list[Process]:
        self.asked.extend(ports)
        found = [each for each in self.processes if (each.protocol, each.port) in ports]
        for each in found:
            each.since_ns = since_ns
            self.processes.remove(each)
        return found

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    for fake in (Ring, Link, Families, Sampler):
        monkeypatch.setattr(module, fake.__name__, fake)
    Ring.blocks, Link.closed = [], 0
    Families.told, Sampler.processes, Sampler.asked = [], [], []


def run(options: Options | None = None, *, until: Callable[[Tap], bool] | None = None) -> Tap:
    """Captures until nothing is left in the ring, or so long."""
    control, end = os.pipe()
    tap = Tap(options or Options())

    def watch() -> None:
        late = time.monotonic() + 20
        while not (until(tap) if until is not None else not Ring.last.left):
            if time.monotonic() > late:
                break
            time.sleep(0.01)
        os.close(end)

    thread = threading.Thread(target=watch)
    thread.start()
    tap.run(control, lambda report: None)
    thread.join()
    tap.close()
    os.close(control)
    return tap


def records(path: Path) -> tuple[Capture, list[bytes]]:
    with open_capture(str(path)) as capture:
        return capture, [record.data for record in capture]


def test_packets_are_in_the_file_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    sent = [packet(number, size=32 + number) for number in range(40)]
    sent.append((TIME + 99, HEADER, b"cut", 300_000))
    Ring.blocks = [sent[:7], sent[7:8], sent[8:]]
    tap = run(Options(target=str(path), command="nldissect live -w x"))
    with open_capture(str(path)) as capture:
        got = [(each.time_ns, each.data, each.wire_len) for each in capture]
        (interface,) = capture.interfaces
    assert got == [(when, head + data, 16 + length) for when, head, data, length in sent]
    assert (interface.name, interface.received, interface.dropped) == ("nlmon0", 41, 0)
    about = dict(each.split(": ", 1) for each in interface.about if "comment" not in each)
    assert about["system"] == f"{os.uname().sysname} {os.uname().release}"
    assert "comment: command: nldissect live -w x" in interface.about
    assert not capture.diagnoses
    assert tap.report == Report(received=41)
    assert tap.failure is None


def test_the_reader_gets_what_the_file_gets(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    Ring.blocks = [[packet(number, port=7) for number in range(5)], [packet(9)]]
    Sampler.processes = [Process(16, 7, 77, "ip", "socket", 0)]
    source, feed = os.pipe()
    run(Options(target=str(path), feed=feed))
    with os.fdopen(source, "rb") as file:
        data = file.read()
    # The times of the statistics at the end are not those of the same moment.
    assert data[: len(data) - 100] == path.read_bytes()[: len(data) - 100]
    assert len(data) == path.stat().st_size


def test_processes_stand_before_their_packets(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    Sampler.processes = [Process(16, 7, 77, "ip", "exec", 0), Process(16, 9, 99, "tc", "exec", 0)]
    Ring.blocks = [[packet(1, port=7)], [packet(2), packet(3, port=9), packet(4, port=600)]]
    run(Options(target=str(path)))
    with open_capture(str(path)) as capture:
        known: list[list[str]] = []
        for record in capture:
            found = capture.interfaces[0].processes.of(
                16, struct.unpack_from("=I", record.data, 28)[0], record.time_ns
            )
            known.append([found.name, found.by] if found else [])
    assert known == [["ip", "exec"], [], ["tc", "exec"], ["nldissect", "self"]]
    assert Sampler.asked == [(16, 7), (16, 9)]


def test_the_kernel_is_asked_for_families_at_the_start_and_for_each_file(tmp_path: Path) -> None:
    Ring.blocks = [[packet(number)] for number in range(3)]
    run(Options(target=str(tmp_path / "ring"), each=Limits(packets=1), policies=True))
    assert Families.told == [True, True, True]
    assert len(os.listdir(tmp_path)) == 3
    Families.told.clear()
    run(Options(protocols=[0]))
    assert Families.told == []
    assert Ring.last.asked == (32 << 20, [0])
    run(Options(protocols=[0, 16]))
    assert Families.told == [False]


def test_a_limit_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "out"
    Ring.blocks = [[packet(number) for number in range(5)] for _ in range(5)]
    tap = run(
        Options(target=str(path), stop=Limits(packets=12)),
        until=lambda _: Ring.last.closed,
    )
    assert len(records(path)[1]) == 12
    assert tap.report.received == 12
    begun = time.monotonic()
    run(Options(stop=Limits(seconds=0.3)), until=lambda _: Ring.last.closed)
    assert 0.25 < time.monotonic() - begun < 10


def test_what_is_in_the_ring_at_the_end_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "out"
    Ring.blocks = [[packet(number)] for number in range(50)]
    run(Options(target=str(path)), until=lambda _: True)
    assert len(records(path)[1]) == 50
    assert Ring.last.closed
    assert Link.closed == 1


def test_drops_are_in_the_file_before_its_end(tmp_path: Path) -> None:
    path = tmp_path / "out"
    seen: list[int | None] = []

    def drop() -> None:
        Ring.last.dropped = 5

    def look() -> None:
        seen.append(records(path)[0].interfaces[0].dropped)

    def wait() -> None:
        time.sleep(0.3)

    Ring.blocks = [[packet(1)], drop, wait, [packet(2)], wait, look, [packet(3)]]
    tap = run(Options(target=str(path)))
    interface = records(path)[0].interfaces[0]
    assert seen == [5]
    assert (interface.received, interface.dropped) == (8, 5)
    assert tap.report == Report(received=3, dropped=5)


def test_a_full_disk_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    write = os.write
    room = [2000]

    def limited(fd: int, data: bytes) -> int:
        if os.fstat(fd).st_ino != os.stat(path).st_ino:
            return write(fd, data)
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(fd, data[: room[0]])
        room[0] -= written
        return written

    Ring.blocks = [[packet(number)] for number in range(100)]
    source, feed = os.pipe()
    monkeypatch.setattr(os, "write", limited)
    tap = run(Options(target=str(path), feed=feed), until=lambda _: Ring.last.closed)
    os.close(source)
    assert isinstance(tap.failure, OutputError)
    assert "no space left on device" in str(tap.failure)
    assert len(records(path)[1]) > 5
    assert Link.closed == 1


def test_a_link_that_goes_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "out"
    Ring.blocks = [[packet(1)], lambda: Ring.last.fail(errno.ENETDOWN)]
    tap = run(Options(target=str(path), interface="mon"), until=lambda _: Ring.last.closed)
    assert isinstance(tap.failure, CaptureError)
    assert str(tap.failure) == "the interface went down (mon)"
    assert len(records(path)[1]) == 1


def test_a_reader_that_goes_ends_what_nobody_else_has(tmp_path: Path) -> None:
    for target in (None, str(tmp_path / "out")):
        source, feed = os.pipe()

        def leave(source: int = source) -> None:
            with suppress(OSError):
                os.close(source)

        Ring.blocks = [[packet(1)], leave, [packet(2)], [packet(3)]]
        tap = run(
            Options(target=target, feed=feed),
            until=lambda _, alone=target is None: Ring.last.closed if alone else not Ring.last.left,  # type: ignore[misc]
        )
        assert tap.unread == (target is None)
        assert tap.failure is None
    assert len(records(tmp_path / "out")[1]) == 3


def test_a_slow_reader_skips_and_the_file_does_not(tmp_path: Path) -> None:
    path = tmp_path / "out"
    Ring.blocks = [[packet(number, size=200_000) for number in range(40)] for _ in range(5)]
    source, feed = os.pipe()
    control, end = os.pipe()
    tap = Tap(Options(target=str(path), feed=feed))
    os.write(end, b"q")
    tap.run(control, lambda report: None)
    received: list[bytes] = []

    def read() -> None:
        with os.fdopen(source, "rb") as file:
            received.append(file.read())

    thread = threading.Thread(target=read)
    thread.start()
    tap.close()
    thread.join()
    skipped = tap.report.skipped
    pieces = iter(received)
    there = list(Capture("feed", -1, lambda: next(pieces, b"")))
    assert 0 < skipped < 200
    assert len(there) == 200 - skipped
    assert len(records(path)[1]) == tap.report.received == 200
    os.close(control)
    os.close(end)


@pytest.mark.parametrize("error", [LiveError("no", "sudo"), OSError(errno.EMFILE, "no more")])
def test_what_fails_at_the_start_leaves_nothing(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: Any) -> None:
        raise error

    path = tmp_path / "precious"
    path.write_bytes(b"precious")
    monkeypatch.setattr(module, "Families", fail)
    with pytest.raises(NldissectError):
        Tap(Options(target=str(path)))
    assert Ring.last.closed
    assert Link.closed == 1
    assert path.read_bytes() == b"precious"
