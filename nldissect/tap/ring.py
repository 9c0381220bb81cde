"""Packets of a link, from memory that the kernel shares (TPACKET_V3, linux/if_packet.h)."""

from __future__ import annotations

import ctypes
import errno
import mmap
import socket
import struct
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from ..capture.feed import strerror
from ..errors import CaptureError, LiveError, UsageError
from ..wire.consts import ARPHRD_NETLINK

SNAPLEN: Final = 262144
"""The most that is kept of a packet, in bytes; other programs refuse files with more."""

DENIED: Final = (errno.EPERM, errno.EACCES)

_ETH_P_ALL: Final = 3
_SO_ATTACH_FILTER: Final = 26
_SO_TIMESTAMPNS: Final = 35
_SOL_PACKET: Final = 263
_PACKET_RX_RING: Final = 5
_PACKET_STATISTICS: Final = 6
_PACKET_VERSION: Final = 10
_TPACKET_V3: Final = 2
_TP_STATUS_USER: Final = 1

# tpacket_req3: size and number of blocks, of frames; when a block that has packets is handed over.
_REQUEST: Final = struct.Struct("=7I")
_BLOCK_SIZE: Final = 1 << 19
_FRAME_SIZE: Final = 1 << 11
HAND_OVER_MS: Final = 50
"""How long a packet waits at most before it can be taken. Whoever stands still for so long loses a
block, however little is in it: all of them after that many times their number.
"""

_STATISTICS: Final = struct.Struct("=3I")

# tpacket_block_desc from block_status on: status, packets, offset of the first.
_BLOCK: Final = struct.Struct("=3I")
_STATUS_AT: Final = 8
_STATUS: Final = struct.Struct("=I")
# tpacket3_hdr: offset of the next, seconds, ns, captured, length, status, where the packet is.
_PACKET: Final = struct.Struct("=6I2H")
_ADDRESS_AT: Final = 48
_LENGTH_END: Final = _ADDRESS_AT + 12
_ADDRESS_END: Final = _ADDRESS_AT + 20
# sockaddr_ll: family, protocol (kept in network order), index, hardware, kind, length, address.
_ADDRESS: Final = struct.Struct("=H2siHBB8s")
_COOKED: Final = struct.Struct(">HHH8s2s")
COOKED_SIZE: Final = _COOKED.size
_COOKED_KEPT: Final = 4096

_SECOND: Final = 1_000_000_000

# Classic BPF (linux/bpf_common.h); SKF_AD_OFF + SKF_AD_PROTOCOL is what the packet's protocol is.
_LOAD_HALF: Final = 0x28
_LOAD_WORD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_PROTOCOL: Final = 0xFFFFF000

Code = tuple[int, int, int, int]
"""An instruction: code, steps to jump if true, if false, constant."""


def cooked(address: bytes, protocol: bytes) -> bytes:
    """The 16 bytes that stand before a packet in a capture of link type 253.

    address: a sockaddr_ll of 20 bytes, of which those behind its length mean nothing; protocol: the
    netlink protocol in network order.
    """
    _, _, _, hardware, kind, length, lladdr = _ADDRESS.unpack(address)
    return _COOKED.pack(kind, hardware, length, lladdr[:length], protocol)


def by_protocol(protocols: Collection[int], length: int) -> list[Code]:
    """A filter that lets so many bytes of packets of these protocols pass; of all, if none."""
    if not protocols:
        return [(_RETURN, 0, 0, length)]
    tests = [
        (_JUMP_EQUAL, len(protocols) - at, 0, number) for at, number in enumerate(sorted(protocols))
    ]
    return [(_LOAD_HALF, 0, 0, _PROTOCOL), *tests, (_RETURN, 0, 0, 0), (_RETURN, 0, 0, length)]


def by_word(offset: int, value: int) -> list[Code]:
    """A filter that lets packets pass that have this big-endian word there."""
    return [
        (_LOAD_WORD, 0, 0, offset),
        (_JUMP_EQUAL, 0, 1, value),
        (_RETURN, 0, 0, SNAPLEN),
        (_RETURN, 0, 0, 0),
    ]


def attach(sock: socket.socket, program: Sequence[Code]) -> None:
    """Has the kernel pass only what the filter lets through to a socket. Raises OSError."""
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    kept = ctypes.create_string_buffer(code, len(code))
    sock.setsockopt(
        socket.SOL_SOCKET,
        _SO_ATTACH_FILTER,
        struct.pack("@HP", len(program), ctypes.addressof(kept)),
    )


class Ring:
    """A packet socket with a ring of blocks; it hears nothing before ``listen``.

    size: of the ring in bytes, rounded to blocks, two at least; a kernel that has no such memory
    gives less. protocols: netlink protocols to hear, all if none.
    received: packets given; dropped: those that the kernel had no room for.
    Raises LiveError without permission, CaptureError for the rest.
    """

    def __init__(self, size: int, protocols: Collection[int] = ()) -> None:
        self.received = 0
        self.dropped = 0
        self._counted = 0
        self._at = 0
        self._cooked: dict[bytes, bytes] = {}
        try:
            # Of the kind that leaves the link's header to us: it alone tells the protocol.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        except OSError as error:
            if error.errno in DENIED:
                what = "no permission to capture (CAP_NET_RAW)"
                raise LiveError(what, "run it with sudo") from error
            if error.errno == errno.EAFNOSUPPORT:
                what = "the kernel has no packet sockets"
                raise LiveError(what, "sudo modprobe af_packet") from error
            raise CaptureError(strerror(error), "packet socket") from error
        try:
            self._socket.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3)
            # Packets are stamped once, whoever else hears them.
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            attach(self._socket, by_protocol(protocols, SNAPLEN - COOKED_SIZE))
            self._blocks = self._allocate(max(2, size // _BLOCK_SIZE))
            self._memory = mmap.mmap(self._socket.fileno(), self._blocks * _BLOCK_SIZE)
        except OSError as error:
            self._socket.close()
            raise CaptureError(strerror(error), "packet socket") from error

    def fileno(self) -> int:
        """What to wait on: it is readable when a block is full or has waited long enough."""
        return self._socket.fileno()

    def listen(self, name: str) -> None:
        """Begins to hear a link. Raises UsageError if it is no nlmon link, LiveError if it is down,
        CaptureError for the rest.
        """
        try:
            socket.if_nametoindex(name)
        except (OSError, ValueError) as error:
            raise UsageError(f"there is no interface {name!r}") from error
        try:
            self._socket.bind((name, _ETH_P_ALL))
        except OSError as error:
            raise CaptureError(strerror(error), name) from error
        if self._socket.getsockname()[3] != ARPHRD_NETLINK:
            raise UsageError(f"{name} is no netlink monitor (a link of type nlmon)")
        if self.error() == errno.ENETDOWN:
            raise LiveError(f"{name} is down", f"sudo ip link set {name} up")

    def error(self) -> int:
        """What befell the socket, 0 for nothing; it is told once."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def take(self) -> Iterator[tuple[int, bytes, bytes, int]]:
        """The packets of the next block, none if the kernel has handed over none: time in ns,
        cooked header, the captured bytes and how many there were on the link.
        """
        memory, base = self._memory, self._at * _BLOCK_SIZE
        status, count, first = _BLOCK.unpack_from(memory, base + _STATUS_AT)
        if not status & _TP_STATUS_USER:
            return
        known, unpack = self._cooked, _PACKET.unpack_from
        at = base + first
        for _ in range(count):
            following, seconds, ns, captured, length, _, start, _ = unpack(memory, at)
            # Up to the length, which is 0 on nlmon: what lies behind that is left from before.
            address = memory[at + _ADDRESS_AT : at + _LENGTH_END]
            header = known.get(address)
            if header is None:
                whole = memory[at + _ADDRESS_AT : at + _ADDRESS_END]
                header = cooked(whole, whole[2:4])
                if not address[-1] and len(known) < _COOKED_KEPT:
                    known[address] = header
            start += at
            yield seconds * _SECOND + ns, header, memory[start : start + captured], length
            at += following
        self.received += count
        _STATUS.pack_into(memory, base + _STATUS_AT, 0)
        self._at = (self._at + 1) % self._blocks

    def count(self) -> int:
        """Brings ``dropped`` up to date; how many packets have been put into the ring so far."""
        # The kernel begins anew each time it is asked, and counts the dropped ones twice.
        size = _STATISTICS.size
        counts = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, size)
        packets, dropped, _ = _STATISTICS.unpack(counts)
        self.dropped += dropped
        self._counted += packets - dropped
        return self._counted

    def stop(self) -> int:
        """Hears nothing more; gives how many packets have been put into the ring by then."""
        attach(self._socket, [(_RETURN, 0, 0, 0)])
        return self.count()

    def close(self) -> None:
        """Gives the memory back. It may be called again."""
        if not self._memory.closed:
            self._memory.close()
            self._socket.close()

    def _allocate(self, blocks: int) -> int:
        """Has the kernel allocate so many blocks, or as many as it can; gives their number."""
        while True:
            frames = blocks * (_BLOCK_SIZE // _FRAME_SIZE)
            request = _REQUEST.pack(_BLOCK_SIZE, blocks, _FRAME_SIZE, frames, HAND_OVER_MS, 0, 0)
            try:
                self._socket.setsockopt(_SOL_PACKET, _PACKET_RX_RING, request)
            except OSError as error:
                if error.errno != errno.ENOMEM or blocks <= 2:
                    raise
                blocks = max(2, blocks // 2)
            else:
                return blocks
