"""Whose port it is: by open sockets, by programs that were started, and what changes."""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nldissect.tap import processes as module
from nldissect.tap.processes import Sampler

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has netlink")

HEAD = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"


class Proc:
    """A /proc with processes and netlink sockets."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sockets: dict[tuple[int, int], int] = {}
        self.namespace(root / "self", "home")
        (root / "self/net").mkdir()
        self.write()

    def namespace(self, folder: Path, name: str) -> None:
        (self.root / name).touch()
        (folder / "ns").mkdir(parents=True)
        os.link(self.root / name, folder / "ns/net")

    def process(
        self, pid: int, name: str, *inodes: int, exe: str = "", where: str = "home"
    ) -> None:
        folder = self.root / str(pid)
        self.namespace(folder, where)
        (folder / "comm").write_text(f"{name}\n")
        (folder / "fd").mkdir()
        for fd, inode in enumerate(inodes, 3):
            (folder / "fd" / str(fd)).symlink_to(f"socket:[{inode}]")
        (folder / "fd/0").symlink_to("/dev/null")
        if exe:
            (folder / "exe").symlink_to(exe)

    def end(self, pid: int) -> None:
        (self.root / str(pid)).rename(self.root / f"gone-{pid}-{time.monotonic_ns()}")

    def open(self, protocol: int, port: int, inode: int) -> None:
        self.sockets[protocol, port] = inode
        self.write()

    def close(self, protocol: int, port: int) -> None:
        del self.sockets[protocol, port]
        self.write()

    def write(self) -> None:
        rows = [
            f"0000000000000000 {protocol:<3} {port:<10} 00000000 0 0 0 2 0 {inode:<8}\n"
            for (protocol, port), inode in {(0, 0): 4, **self.sockets}.items()
        ]
        (self.root / "self/net/netlink").write_text(HEAD + "".join(rows) + "odd line\n")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def monotonic_ns(self) -> int:
        self.now_s += 0.000001
        return int(self.now_s * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Proc:
    monkeypatch.setattr(module, "_PROC", str(tmp_path))
    return Proc(tmp_path)


class Events:
    """The kernel's end of the socket that tells of programs."""

    def __init__(self, sampler: Sampler) -> None:
        self.near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        far.setblocking(False)
        sampler._events = far

    def started(self, pid: int, what: int = 2) -> None:
        self.near.send(bytes(36) + struct.pack("=IIQii", what, 1, 99, pid, pid))


@pytest.fixture
def sampler(proc: Proc, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sampler]:
    monkeypatch.setattr(module, "_events", lambda: None)
    sampler = Sampler()
    assert sampler.fileno() == -1
    sampler.enter()
    yield sampler
    sampler.close()


def look(sampler: Sampler, *ports: tuple[int, int]) -> list[tuple[int, int, int, str, str]]:
    return [
        (found.protocol, found.port, found.pid, found.name, found.by)
        for found in sampler.look(ports, 5)
    ]


def test_an_open_socket_is_found_by_its_inode(proc: Proc, sampler: Sampler) -> None:
    proc.process(50, "daemon", 7, 8)
    proc.process(60, "other", 9)
    proc.open(0, 50, 7)
    proc.open(16, 4294963201, 8)
    proc.open(16, 50, 9)
    assert look(sampler, (0, 50), (16, 4294963201), (16, 50), (16, 51)) == [
        (0, 50, 50, "daemon", "socket"),
        (16, 4294963201, 50, "daemon", "socket"),
        (16, 50, 60, "other", "socket"),
    ]


def test_what_was_told_is_not_told_again(proc: Proc, sampler: Sampler, clock: Clock) -> None:
    proc.process(50, "daemon", 7)
    proc.open(0, 50, 7)
    assert look(sampler, (0, 50))
    for _ in range(3):
        assert look(sampler, (0, 50)) == []
        clock.now_s += 2


def test_a_port_that_another_has_later(proc: Proc, sampler: Sampler, clock: Clock) -> None:
    proc.process(50, "first", 7)
    proc.open(0, 50, 7)
    assert look(sampler, (0, 50)) == [(0, 50, 50, "first", "socket")]
    proc.end(50)
    proc.process(50, "second", 19)
    proc.open(0, 50, 19)
    assert look(sampler, (0, 50)) == []
    clock.now_s += 2
    assert look(sampler, (0, 50)) == [(0, 50, 50, "second", "socket")]


def test_libnl_makes_ports_of_pids(proc: Proc, sampler: Sampler) -> None:
    port = 3 << 22 | 50
    proc.process(50, "iw", 7)
    proc.open(16, port, 7)
    assert look(sampler, (16, port)) == [(16, port, 50, "iw", "socket")]


def test_long_names_are_those_of_the_program(proc: Proc, sampler: Sampler) -> None:
    proc.process(50, "systemd-network", 7, exe="/usr/lib/systemd/systemd-networkd")
    proc.process(51, "fifteen-letters", 8, exe="/usr/bin/python3")
    proc.open(0, 50, 7)
    proc.open(0, 51, 8)
    names = [name for _, _, _, name, _ in look(sampler, (0, 50), (0, 51))]
    assert names == ["systemd-networkd", "fifteen-letters"]


def test_a_program_that_ended_is_known_by_its_start(proc: Proc, sampler: Sampler) -> None:
    events = Events(sampler)
    proc.process(77, "ip")
    events.started(77)
    sampler.hear()
    proc.end(77)
    assert look(sampler, (0, 77), (16, 2 << 22 | 77), (0, 78)) == [
        (0, 77, 77, "ip", "exec"),
        (16, 2 << 22 | 77, 77, "ip", "exec"),
    ]


def test_the_start_is_heard_before_it_is_asked_for(proc: Proc, sampler: Sampler) -> None:
    events = Events(sampler)
    proc.process(77, "ip")
    events.started(77)
    assert look(sampler, (0, 77)) == [(0, 77, 77, "ip", "exec")]


def test_a_program_elsewhere_is_another(proc: Proc, sampler: Sampler) -> None:
    events = Events(sampler)
    proc.process(77, "ip", where="elsewhere")
    events.started(77)
    assert look(sampler, (0, 77)) == []


def test_other_events_and_ended_programs_say_nothing(proc: Proc, sampler: Sampler) -> None:
    events = Events(sampler)
    proc.process(77, "ip")
    events.started(77, what=1)
    events.started(78)
    events.near.send(b"short")
    assert look(sampler, (0, 77), (0, 78)) == []


def test_a_pid_that_is_used_again(proc: Proc, sampler: Sampler, clock: Clock) -> None:
    events = Events(sampler)
    for name in ("ip", "tc"):
        proc.process(77, name)
        events.started(77)
        assert look(sampler, (0, 77)) == [(0, 77, 77, name, "exec")]
        proc.end(77)
        clock.now_s += 2
    assert look(sampler, (0, 77)) == []


def test_a_closed_socket_is_not_told_worse(proc: Proc, sampler: Sampler, clock: Clock) -> None:
    events = Events(sampler)
    proc.process(77, "ip", 9)
    events.started(77)
    proc.open(0, 77, 9)
    assert look(sampler, (0, 77)) == [(0, 77, 77, "ip", "socket")]
    proc.close(0, 77)
    proc.end(77)
    clock.now_s += 2
    assert look(sampler, (0, 77)) == []


def test_all_processes_are_looked_through_now_and_then(
    proc: Proc, sampler: Sampler, clock: Clock
) -> None:
    proc.process(50, "daemon", 7)
    for port in (1000, 1001, 1002):
        proc.open(0, port, port)
    assert look(sampler, (0, 1000)) == []
    proc.process(60, "late", 1001, 1002)
    assert look(sampler, (0, 1001)) == []
    clock.now_s += 1.5
    assert look(sampler, (0, 1002), (0, 1001)) == [
        (0, 1002, 60, "late", "socket"),
        (0, 1001, 60, "late", "socket"),
    ]


def test_it_remembers_no_more_than_so_much(
    proc: Proc, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STARTED", 3)
    monkeypatch.setattr(module, "_KEPT", 3)
    events = Events(sampler)
    for pid in range(70, 80):
        proc.process(pid, f"p{pid}")
        events.started(pid)
    assert [port for _, port, *_ in look(sampler, *((0, pid) for pid in range(70, 80)))] == [
        77, 78, 79
    ]  # fmt: skip
    assert len(sampler._ports) <= 3


def test_without_a_proc_nothing_is_known(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_PROC", str(tmp_path / "nowhere"))
    assert look(sampler, (0, 50)) == []


def test_a_socket_of_this_process() -> None:
    sampler = Sampler()
    sampler.enter()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as mine:
        mine.bind((0, 0))
        port = mine.getsockname()[0]
        (found,) = sampler.look([(0, port)], 5)
    assert (found.pid, found.by) == (os.getpid(), "socket")
    sampler.close()
