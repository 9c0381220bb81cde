"""Which processes netlink port ids belong to: samples of /proc, and programs that are started.

A port id in a capture says nothing of who has it. While its socket is open, /proc/net/netlink
tells its inode and /proc/PID/fd who has that open. What lives for milliseconds is gone by then:
but the kernel gives a process's first socket of a protocol its pid as the port id, and tells of
each program that is started (linux/cn_proc.h).
"""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from collections.abc import Collection, Iterator
from typing import Final

from ..model import Process
from .ring import attach, by_word

Port = tuple[int, int]
"""Netlink protocol and port id."""

_PROC: Final = "/proc"
_INODE: Final = re.compile(r"socket:\[(\d+)\]")
_AGAIN_S: Final = 1.0
# A look at all that is open may take a twentieth of the time.
_SHARE: Final = 20
_KEPT: Final = 65536
_STARTED: Final = 4096

# libnl makes port ids of the pid and a number above it.
_PID_BITS: Final = 22

_NETLINK_CONNECTOR: Final = 11
_CN_IDX_PROC: Final = 1
_CN_VAL_PROC: Final = 1
_PROC_CN_MCAST_LISTEN: Final = 1
_PROC_EVENT_EXEC: Final = 2
_NLMSG_DONE: Final = 3
# nlmsghdr, cn_msg and what is asked for.
_LISTEN: Final = struct.Struct("=IHHIIIIIIHHI")
# Behind nlmsghdr and cn_msg: what, processor, time, thread, process.
_EVENT_AT: Final = 36
_EVENT: Final = struct.Struct("=II8xii")
_RECEIVE: Final = 4096
_BUFFER: Final = 1 << 20


class _Known:
    """What was found out about a port, when, and what it was told by."""

    __slots__ = ("checked_s", "told_ns", "by", "pid", "stamp")

    def __init__(self) -> None:
        self.checked_s = 0.0
        self.told_ns = 0
        self.by = ""
        self.pid = 0
        self.stamp = 0


class Sampler:
    """Finds processes of ports; of the network namespace that the calling process is in.

    It begins to hear of programs when it is made, which is before that namespace is entered.
    """

    def __init__(self) -> None:
        self._started: dict[int, tuple[str, int, int]] = {}
        self._events = _events()
        self._ports: dict[Port, _Known] = {}
        self._owners: dict[int, int] = {}
        self._not_before_s = 0.0
        self._namespace = 0

    def fileno(self) -> int:
        """Readable when programs were started; -1 where the kernel does not tell."""
        return self._events.fileno() if self._events is not None else -1

    def close(self) -> None:
        """Hears nothing more."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def enter(self) -> None:
        """The network namespace is entered."""
        self._namespace = _inode(f"{_PROC}/self/ns/net")

    def hear(self) -> None:
        """Takes what the kernel told of started programs, while they still live."""
        while self._events is not None:
            try:
                data = self._events.recv(_RECEIVE)
            except BlockingIOError:
                return
            except OSError:
                # More came than there was room for.
                continue
            if len(data) < _EVENT_AT + _EVENT.size:
                continue
            what, _, _, pid = _EVENT.unpack_from(data, _EVENT_AT)
            name = _name(pid) if what == _PROC_EVENT_EXEC else ""
            if name:
                self._started.pop(pid, None)
                if len(self._started) >= _STARTED:
                    del self._started[next(iter(self._started))]
                namespace = _inode(f"{_PROC}/{pid}/ns/net")
                self._started[pid] = (name, namespace, time.monotonic_ns())

    def look(self, ports: Collection[Port], since_ns: int) -> list[Process]:
        """The processes of ports that were heard, as far as they are new or not the same as before.

        since_ns: when they were heard.
        """
        now = time.monotonic()
        due = [
            port
            for port in ports
            if (known := self._ports.get(port)) is None or now - known.checked_s >= _AGAIN_S
        ]
        if not due:
            return []
        self.hear()
        sockets = _sockets()
        self._find_owners({sockets[port] for port in due if port in sockets}, due)
        found: list[Process] = []
        for port in due:
            process = self._find(port, sockets.get(port, 0), since_ns, now)
            if process is not None:
                found.append(process)
        return found

    def _find(self, port: Port, inode: int, since_ns: int, now: float) -> Process | None:
        """The process of a port, if it is known and not the one that was told last."""
        known = self._ports.get(port)
        if known is None:
            if len(self._ports) >= _KEPT:
                self._ports.clear()
            known = self._ports[port] = _Known()
        known.checked_s = now
        pid, by, stamp = self._owners.get(inode, 0), "socket", inode
        name = _name(pid) if pid else ""
        if not name:
            by = "exec"
            pid, name, stamp = self._starter(port[1])
            if pid == known.pid and stamp <= known.told_ns:
                # Its socket is closed by now: that told it better.
                return None
        if not name or (by, pid, stamp) == (known.by, known.pid, known.stamp):
            return None
        known.by, known.pid, known.stamp = by, pid, stamp
        known.told_ns = time.monotonic_ns()
        return Process(port[0], port[1], pid, name, by, since_ns)

    def _starter(self, port: int) -> tuple[int, str, int]:
        """Pid, name and time of the program whose pid the port id is made of."""
        pid = port if port in self._started else port & ((1 << _PID_BITS) - 1)
        name, namespace, time_ns = self._started.get(pid, ("", 0, 0))
        if not name or namespace != self._namespace:
            return 0, "", 0
        return pid, name, time_ns

    def _find_owners(self, inodes: Collection[int], ports: Collection[Port]) -> None:
        """Finds out who has sockets open: those whose pid the ports tell, or else all processes."""
        missing = {inode for inode in inodes if inode not in self._owners}
        if not missing:
            return
        for _, port in ports:
            self._open_in(port & ((1 << _PID_BITS) - 1))
        missing.difference_update(self._owners)
        begun = time.monotonic()
        if not missing or begun < self._not_before_s:
            return
        self._owners.clear()
        for pid in _pids():
            self._open_in(pid)
        ended = time.monotonic()
        self._not_before_s = ended + max(_AGAIN_S, _SHARE * (ended - begun))

    def _open_in(self, pid: int) -> None:
        """Takes down the sockets that a process has open."""
        folder = f"{_PROC}/{pid}/fd"
        try:
            names = os.listdir(folder)
        except OSError:
            return
        for name in names:
            try:
                match = _INODE.fullmatch(os.readlink(f"{folder}/{name}"))
            except OSError:
                continue
            if match:
                # Whoever has it first is, of several, the one that made it.
                self._owners.setdefault(int(match[1]), pid)


def _sockets() -> dict[Port, int]:
    """The inodes of the netlink sockets of this namespace that have port ids."""
    found: dict[Port, int] = {}
    try:
        with open(f"{_PROC}/self/net/netlink", encoding="ascii", errors="replace") as lines:
            next(lines, None)
            for line in lines:
                words = line.split()
                if len(words) >= 10 and words[2] != "0":
                    found[int(words[1]), int(words[2]) & 0xFFFFFFFF] = int(words[9])
    except (OSError, ValueError):
        # As far as it can be read.
        pass
    return found


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir(_PROC) if name.isdecimal())


def _name(pid: int) -> str:
    """The name of a process, "" if it is gone."""
    try:
        with open(f"{_PROC}/{pid}/comm", encoding="utf-8", errors="backslashreplace") as file:
            name = file.read().rstrip("\n")
    except OSError:
        return ""
    # The kernel keeps 15 bytes.
    if len(name) == 15:
        try:
            whole = os.path.basename(os.readlink(f"{_PROC}/{pid}/exe"))
        except OSError:
            return name
        if whole.startswith(name):
            return whole
    return name


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


def _events() -> socket.socket | None:
    """A socket that hears of started programs; None where the kernel refuses it."""
    try:
        events = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_CONNECTOR)
    except OSError:
        return None
    try:
        attach(events, by_word(_EVENT_AT, socket.htonl(_PROC_EVENT_EXEC)))
        events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        events.bind((0, _CN_IDX_PROC))
        events.setblocking(False)
        ask = (_CN_IDX_PROC, _CN_VAL_PROC, 0, 0, 4, 0, _PROC_CN_MCAST_LISTEN)
        events.send(_LISTEN.pack(_LISTEN.size, _NLMSG_DONE, 0, 0, 0, *ask))
    except OSError:
        events.close()
        return None
    return events
