"""Live capture on Linux: what an nlmon link hears, as a stream of pcapng bytes."""

from __future__ import annotations

import atexit
import errno
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Lock
from types import TracebackType
from typing import Final, Self

from nldissect.capture.blocks import SHB_HARDWARE, SHB_OS, SHB_USERAPPL
from nldissect.capture.feed import strerror
from nldissect.capture.source import WAIT_S, Capture
from nldissect.capture.write import PcapngWriter
from nldissect.errors import CaptureError, LiveError, UsageError
from nldissect.model import Interface, Record
from nldissect.wire.attrs import iter_attrs
from nldissect.wire.consts import (
    ARPHRD_NETLINK,
    LINKTYPE_NETLINK,
    NETLINK_ROUTE,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
)
from nldissect.wire.headers import NLMSGHDR

SNAPLEN: Final = 262144
"""The most that is kept of a packet, in bytes; other programs refuse files with more."""

_RECEIVE_BUFFER: Final = 32 << 20
_BATCH: Final = 1024
_SECOND: Final = 1_000_000_000

_ETH_P_ALL: Final = 3
_SO_RCVBUFFORCE: Final = 33
_SO_TIMESTAMPNS: Final = 35
_SOL_PACKET: Final = 263
_PACKET_STATISTICS: Final = 6
_STATISTICS: Final = struct.Struct("=II")
_TIMESPEC: Final = struct.Struct("@ll")
_COOKED: Final = struct.Struct(">HHH8sH")

_RTM_NEWLINK: Final = 16
_RTM_DELLINK: Final = 17
_RTM_GETLINK: Final = 18
_NLM_F_EXCL: Final = 0x200
_IFINFOMSG: Final = struct.Struct("=BxHiII")
_IFLA_IFNAME: Final = 3
_IFLA_LINKINFO: Final = 18
_IFLA_INFO_KIND: Final = 1
_IFF_UP: Final = 1
_KIND: Final = b"nlmon\0"
_NAMES: Final = 1000
_DENIED: Final = (errno.EPERM, errno.EACCES)


_SUDO: Final = "run it with sudo"
_BY_HAND: Final = "sudo ip link add nlmon0 type nlmon && sudo ip link set nlmon0 up"


def cooked(kind: int, hardware: int, address: bytes, protocol: int) -> bytes:
    """The 16 bytes that stand before a packet in a capture of link type 253.

    kind: sll_pkttype; hardware: ARPHRD_* number; address: of the link layer, empty on nlmon;
    protocol: the netlink protocol.
    """
    return _COOKED.pack(kind, hardware, len(address), address[:8], protocol)


class Live:
    """A capture under way; ``read`` gives it as pcapng to one thread, any may ask and end it.

    interface: the nlmon link to listen on, which is left as it is. Without one it is a link that
    is up, or else one that is created, and removed by ``close``.
    asked: the interface as given; name: the link's; created: whether it is ours. received: how
    many packets were read; drops: how many the kernel had no room for. saved: whether what is
    read is kept elsewhere.
    Raises LiveError where permissions or the kernel's module are missing, UsageError for an
    interface that is no nlmon link and on other systems than Linux, CaptureError for the rest.
    """

    def __init__(self, interface: str | None = None) -> None:
        if sys.platform != "linux":
            raise UsageError("only Linux has netlink to capture; captures can be read anywhere")
        self.asked = interface
        self.name = interface or "nlmon"
        self.created = False
        self.received = 0
        self.drops = 0
        self.saved = False
        self._keep: Callable[[bytes], object] | None = None
        self._stopped_ns = 0
        self._failure = ""
        self._reading = Lock()
        self._blocks: list[bytes] = []
        self._buffer = memoryview(bytearray(SNAPLEN - _COOKED.size))
        self._links: _Links | None = None
        self._index = 0
        self._socket: socket.socket | None = None
        atexit.register(self.close)
        try:
            self._socket = self._open(interface)
        except BaseException:
            self.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        system = os.uname()
        self._writer = PcapngWriter(
            self._blocks.append,
            [Interface(0, LINKTYPE_NETLINK, SNAPLEN, self.name, "", sys.byteorder)],
            [
                (SHB_HARDWARE, system.machine),
                (SHB_OS, f"{system.sysname} {system.release}"),
                (SHB_USERAPPL, "nldissect"),
            ],
        )
        # Headers come before the first packet.
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def capture(self, keep: Callable[[bytes], object] | None = None) -> Capture:
        """All that is read, as a capture; keep: gets its bytes as they come, until ``close``."""
        self._keep = keep
        self.saved = keep is not None
        return Capture(self.name, -1, self.read)

    def read(self) -> bytes:
        """The next blocks, whole ones, as soon as there are any.

        b"" when it was stopped and all that came before that was read. Raises CaptureError, after
        the last packet, when the interface goes down.
        """
        while True:
            with self._reading:
                if self._socket is None:
                    return b""
                # Seen before the last look, or what comes between the two would be lost.
                stopped = self._stopped_ns
                if not self._blocks:
                    if not stopped:
                        self._poll.poll(WAIT_S * 1000)
                    self._take(self._socket)
                if self._blocks:
                    data = b"".join(self._blocks)
                    self._blocks.clear()
                    if self._keep is not None:
                        self._keep(data)
                    return data
            if self._failure:
                raise CaptureError(self._failure, self.name)
            if stopped:
                return b""

    def stop(self) -> None:
        """Nothing that comes after this is read. It may be called by signal handlers."""
        if not self._stopped_ns:
            self._stopped_ns = time.time_ns()

    def close(self) -> None:
        """Stops, and removes the link that was created. It may be called again."""
        self.stop()
        atexit.unregister(self.close)
        with self._reading:
            if self._socket is not None:
                self._count_drops(self._socket)
                self._socket.close()
                self._socket = None
            if self._links is not None:
                links, self._links = self._links, None
                try:
                    if self._index:
                        links.remove(self._index)
                finally:
                    links.close()

    def _open(self, interface: str | None) -> socket.socket:
        """A socket that hears the interface, or the link that is found or created."""
        try:
            packets = _packets()
        except OSError as error:
            if error.errno in _DENIED:
                raise LiveError("no permission to capture (CAP_NET_RAW)", _SUDO) from error
            if error.errno == errno.EAFNOSUPPORT:
                what = "the kernel has no packet sockets"
                raise LiveError(what, "sudo modprobe af_packet") from error
            raise CaptureError(strerror(error), self.name) from error
        try:
            try:
                self.name = interface if interface is not None else self._find()
                self._listen(packets)
            except OSError as error:
                raise CaptureError(strerror(error), self.name) from error
        except BaseException:
            packets.close()
            raise
        return packets

    def _listen(self, packets: socket.socket) -> None:
        try:
            socket.if_nametoindex(self.name)
        except (OSError, ValueError) as error:
            raise UsageError(f"there is no interface {self.name!r}") from error
        packets.bind((self.name, _ETH_P_ALL))
        if packets.getsockname()[3] != ARPHRD_NETLINK:
            raise UsageError(f"{self.name} is no netlink monitor (a link of type nlmon)")
        if packets.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ENETDOWN:
            raise LiveError(f"{self.name} is down", f"sudo ip link set {self.name} up")

    def _find(self) -> str:
        """The name of an nlmon link that is up; creates one where there is none."""
        self._links = _Links()
        name = self._links.first_up()
        if name:
            return name
        refused = ""
        for attempt in range(2):
            try:
                name, self._index = self._links.create()
            except OSError as error:
                if error.errno in _DENIED:
                    what = "there is no nlmon link, nor permission (CAP_NET_ADMIN) to create one"
                    raise LiveError(what, f"{_SUDO}, or before it: {_BY_HAND}") from error
                if error.errno != errno.EOPNOTSUPP:
                    raise
                if attempt == 0:
                    refused = _load_module()
            else:
                self.created = True
                return name
        what = "the kernel has no nlmon module" + (f" ({refused})" if refused else "")
        raise LiveError(
            what,
            "sudo modprobe nlmon; distributions have it in their kernel package or in the one of "
            "extra modules",
        )

    def _take(self, packets: socket.socket) -> None:
        """Takes what the socket holds, or a good part of it."""
        stopped = self._stopped_ns
        flags = socket.MSG_DONTWAIT | socket.MSG_TRUNC
        room = socket.CMSG_SPACE(_TIMESPEC.size)
        for _ in range(_BATCH):
            try:
                size, control, _, sender = packets.recvmsg_into([self._buffer], room, flags)
            except BlockingIOError:
                break
            except OSError as error:
                if self._failure:
                    break
                # It is told once, and what came before it is still there.
                down = error.errno in (errno.ENETDOWN, errno.ENODEV)
                self._failure = "the interface went down" if down else strerror(error)
                continue
            time_ns = _time(control)
            if stopped and time_ns > stopped:
                break
            _, protocol, kind, hardware, address = sender
            data = cooked(kind, hardware, address, protocol) + self._buffer[:size]
            wire_len = _COOKED.size + size
            self._writer.record(Record(0, time_ns, 0, LINKTYPE_NETLINK, data, wire_len))
            self.received += 1
        self._count_drops(packets)

    def _count_drops(self, packets: socket.socket) -> None:
        # The kernel begins anew each time it is asked.
        counts = packets.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
        self.drops += _STATISTICS.unpack(counts)[1]


def _packets() -> socket.socket:
    """A packet socket that hears nothing yet. Raises OSError."""
    # Of the kind that leaves the link's header to us: it alone tells the netlink protocol.
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    packets.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    try:
        packets.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except PermissionError:
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    return packets


def _time(control: list[tuple[int, int, bytes]]) -> int:
    """The kernel's time of a packet in ns."""
    for level, kind, value in control:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, ns = _TIMESPEC.unpack(value)
            return int(seconds * _SECOND + ns)
    return time.time_ns()


def _load_module() -> str:
    """Loads nlmon's module; gives the reason why not."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    try:
        done = subprocess.run(
            ["modprobe", "nlmon"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PATH": path, "LC_ALL": "C"},
            check=False,
        )
    except OSError as error:
        return f"modprobe: {strerror(error)}"
    if not done.returncode:
        return ""
    said = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines()
    return said[0] if said else f"modprobe: exit code {done.returncode}"


class _Links:
    """nlmon links, by requests to the kernel. All methods raise OSError."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
        self._sequence = 0

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def first_up(self) -> str:
        """The name of the first nlmon link that is up, "" if there is none."""
        for body in self._request(_RTM_GETLINK, NLM_F_DUMP, _IFINFOMSG.pack(0, 0, 0, 0, 0)):
            _, hardware, _, flags, _ = _IFINFOMSG.unpack_from(body)
            if hardware == ARPHRD_NETLINK and flags & _IFF_UP:
                for attr in iter_attrs(body, _IFINFOMSG.size, len(body), sys.byteorder):
                    if attr.kind == _IFLA_IFNAME and not attr.problem:
                        return os.fsdecode(body[attr.start + 4 : attr.stop].rstrip(b"\0"))
        return ""

    def create(self) -> tuple[str, int]:
        """Creates an nlmon link that is up; gives its name and index."""
        flags = NLM_F_ACK | NLM_F_CREATE | _NLM_F_EXCL
        head = _IFINFOMSG.pack(0, 0, 0, _IFF_UP, _IFF_UP)
        kind = _attr(_IFLA_LINKINFO, _attr(_IFLA_INFO_KIND, _KIND))
        for number in range(_NAMES):
            name = f"nlmon{number}"
            try:
                body = head + _attr(_IFLA_IFNAME, name.encode() + b"\0") + kind
                self._request(_RTM_NEWLINK, flags, body)
            except FileExistsError:
                continue
            return name, socket.if_nametoindex(name)
        raise FileExistsError(errno.EEXIST, f"all names from nlmon0 to nlmon{_NAMES - 1} are taken")

    def remove(self, index: int) -> None:
        """Removes a link, unless it is gone."""
        try:
            self._request(_RTM_DELLINK, NLM_F_ACK, _IFINFOMSG.pack(0, 0, index, 0, 0))
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise

    def _request(self, type_: int, flags: int, body: bytes) -> list[bytes]:
        """Sends a request and gives what the messages that answer it hold."""
        header = NLMSGHDR[sys.byteorder]
        self._sequence += 1
        length = NLMSG_HDRLEN + len(body)
        head = header.pack(length, type_, flags | NLM_F_REQUEST, self._sequence, 0)
        self._socket.send(head + body)
        bodies: list[bytes] = []
        while True:
            data = self._socket.recv(1 << 16)
            at = 0
            while at + NLMSG_HDRLEN <= len(data):
                length, type_, _, sequence, _ = header.unpack_from(data, at)
                if sequence == self._sequence:
                    if type_ == NLMSG_ERROR:
                        code = struct.unpack_from("=i", data, at + NLMSG_HDRLEN)[0]
                        if code:
                            raise OSError(-code, os.strerror(-code))
                        return bodies
                    if type_ == NLMSG_DONE:
                        return bodies
                    bodies.append(data[at + NLMSG_HDRLEN : at + length])
                at += max(length + 3 & ~3, NLMSG_HDRLEN)


def _attr(kind: int, value: bytes) -> bytes:
    head = struct.pack("=HH", 4 + len(value), kind)
    return head + value + bytes(-len(value) & 3)
