"""The ring: packets as the kernel lays them out, what is counted, and what cannot begin."""

from __future__ import annotations

import errno
import mmap
import os
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nldissect.capture.source import open_capture
from nldissect.errors import CaptureError, LiveError, NldissectError, UsageError
from nldissect.tap import ring as module
from nldissect.tap.ring import Ring, by_protocol, by_word, cooked
from nldissect.wire.consts import ARPHRD_NETLINK

CAPTURES = Path(__file__).parents[2] / "captures"
TIME = 1_700_000_000_123_456_789
BLOCK = 1 << 19

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has packet sockets")

Packet = tuple[int, int, bytes, int]
"""Protocol, time in ns, captured bytes, length on the link."""


class Packets:
    """A packet socket that answers what it is told to."""

    def __init__(self) -> None:
        self.statistics: list[tuple[int, int]] = []
        self.hardware = ARPHRD_NETLINK
        self.pending: list[int] = []
        self.options: list[tuple[int, int, bytes | int]] = []
        self.refuse: dict[int, list[int]] = {}
        self.bound: tuple[str, int] = ("", 0)
        self.closed = False

    def setsockopt(self, level: int, option: int, value: bytes | int) -> None:
        errors = self.refuse.get(option, [])
        if errors and (error := errors.pop(0)):
            raise OSError(error, os.strerror(error))
        self.options.append((level, option, value))

    def getsockopt(self, level: int, option: int, size: int = 0) -> int | bytes:
        if level == socket.SOL_SOCKET:
            return self.pending.pop(0) if self.pending else 0
        assert (level, option, size) == (263, 6, 12)
        return struct.pack("=3I", *(self.statistics.pop(0) if self.statistics else (0, 0)), 0)

    def bind(self, address: tuple[str, int]) -> None:
        self.bound = address

    def getsockname(self) -> tuple[str, int, int, int, bytes]:
        return self.bound[0], 3, 0, self.hardware, b""

    def fileno(self) -> int:
        return 99

    def close(self) -> None:
        self.closed = True


class Memory(mmap.mmap):
    """Shared memory, as large as it is asked for."""

    def __new__(cls, fd: int, size: int) -> Memory:
        assert fd == 99
        return super().__new__(cls, -1, size)


@pytest.fixture
def packets(monkeypatch: pytest.MonkeyPatch) -> Packets:
    fake = Packets()

    def make(family: int, kind: int, protocol: int) -> Packets:
        # It must hear nothing before all is set up.
        assert (family, kind, protocol) == (socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        return fake

    monkeypatch.setattr(socket, "socket", make)
    monkeypatch.setattr(mmap, "mmap", Memory)
    monkeypatch.setattr(socket, "if_nametoindex", lambda name: 7)
    return fake


def address(protocol: int, lladdr: bytes = b"", left: bytes = b"") -> bytes:
    """A sockaddr_ll; left: what the kernel does not write over."""
    return struct.pack(
        "=H2siHBB8s",
        17,
        protocol.to_bytes(2, "big"),
        7,
        ARPHRD_NETLINK,
        4,
        len(lladdr),
        lladdr or left,
    )


def fill(ring: Ring, block: int, packets: Sequence[Packet], offset: int = 48) -> None:
    """Puts packets into a block, as the kernel does, and hands it over."""
    memory: Any = ring._memory
    at = base = block * BLOCK
    at += offset
    for number, (protocol, time_ns, data, length) in enumerate(packets, 1):
        start = 48 + 20 + 14
        following = start + len(data) + 15 & ~15
        seconds, ns = divmod(time_ns, 1_000_000_000)
        head = struct.pack(
            "=6I2H", following if number < len(packets) else 0, seconds, ns, len(data), length, 1,
            start, start,
        )  # fmt: skip
        memory[at : at + len(head)] = head
        memory[at + 48 : at + 68] = address(protocol, left=data[:8])
        memory[at + start : at + start + len(data)] = data
        at += following
    struct.pack_into("=3I", memory, base + 8, 1 | 1 << 5, len(packets), offset)


@pytest.mark.parametrize(
    "name", ["rt-link.pcap", "genl-misc.pcap", "netfilter.pcap", "usersock.pcap", "xfrm.pcap"]
)
def test_the_cooked_header_is_the_recorded_one(name: str) -> None:
    with open_capture(str(CAPTURES / name)) as capture:
        for record in capture:
            protocol = record.data[14:16]
            assert cooked(address(int.from_bytes(protocol, "big")), protocol) == record.data[:16]


def test_a_link_layer_address_in_the_cooked_header() -> None:
    packed = struct.pack("=H2siHBB8s", 17, b"\x88\xcc", 7, 1, 3, 6, b"\1\2\3\4\5\6")
    assert cooked(packed, b"\x88\xcc").hex() == "000300010006010203040506" + "000088cc"


def test_what_is_left_in_a_block_from_before_is_no_address() -> None:
    assert cooked(address(16, left=b"leftover"), b"\0\x10") == cooked(address(16), b"\0\x10")
    assert cooked(address(16, b"\1\2\3"), b"\0\x10")[4:14] == b"\0\3\1\2\3\0\0\0\0\0"


def test_packets_are_given_block_by_block(packets: Packets) -> None:
    ring = Ring(3 * BLOCK)
    assert list(ring.take()) == []
    first = [(n % 17, TIME + n, bytes([n]) * n, n) for n in range(1, 200)]
    last = [(16, TIME + 1_000_000_000, b"x" * 5000, 300_000)]
    fill(ring, 0, first)
    fill(ring, 1, last, 64)
    for expected in (first, last):
        assert list(ring.take()) == [
            (time_ns, cooked(address(protocol), protocol.to_bytes(2, "big")), data, length)
            for protocol, time_ns, data, length in expected
        ]
    assert list(ring.take()) == []
    assert ring.received == 200


def test_blocks_are_given_back_and_used_again(packets: Packets) -> None:
    ring = Ring(2 * BLOCK)
    for turn in range(7):
        fill(ring, turn % 2, [(0, TIME, bytes([turn]), 1)])
        assert [data for _, _, data, _ in ring.take()] == [bytes([turn])]
        # The block is the kernel's again.
        status: Any = ring._memory
        assert struct.unpack_from("=I", status, turn % 2 * BLOCK + 8) == (0,)


def test_what_the_kernel_is_asked_for(packets: Packets) -> None:
    Ring(5 * BLOCK + 100)
    asked = {option: value for _, option, value in packets.options}
    assert asked[10] == 2
    ring = asked[5]
    assert isinstance(ring, bytes)
    size, blocks, frame, frames, _, _, _ = struct.unpack("=7I", ring)
    assert (size, blocks) == (BLOCK, 5)
    assert frames == blocks * (size // frame)
    assert size % mmap.PAGESIZE == 0


def test_it_is_content_with_less_memory(packets: Packets) -> None:
    packets.refuse[5] = [errno.ENOMEM, errno.ENOMEM]
    ring = Ring(64 * BLOCK)
    assert len(ring._memory) == 16 * BLOCK
    packets.refuse[5] = [errno.ENOMEM] * 99
    with pytest.raises(CaptureError, match="cannot allocate memory"):
        Ring(64 * BLOCK)
    assert packets.closed


def test_drops_are_summed_and_packets_are_counted_without_them(packets: Packets) -> None:
    ring = Ring(BLOCK)
    packets.statistics = [(5, 2), (0, 0), (9, 5)]
    assert [ring.count(), ring.count(), ring.count()] == [3, 3, 7]
    assert ring.dropped == 7


def test_a_stopped_ring_hears_nothing_more(packets: Packets) -> None:
    ring = Ring(BLOCK)
    packets.statistics = [(4, 1)]
    before = len(packets.options)
    assert ring.stop() == 3
    level, option, _ = packets.options[before]
    assert (level, option) == (socket.SOL_SOCKET, 26)


def test_it_listens_on_nlmon_links_alone(packets: Packets) -> None:
    ring = Ring(BLOCK)
    ring.listen("nlmon9")
    assert packets.bound == ("nlmon9", 3)
    packets.hardware = 772
    with pytest.raises(UsageError, match="lo is no netlink monitor"):
        ring.listen("lo")


def test_a_link_that_is_down(packets: Packets) -> None:
    packets.pending = [errno.ENETDOWN]
    with pytest.raises(LiveError, match="nlmon9 is down; sudo ip link set nlmon9 up"):
        Ring(BLOCK).listen("nlmon9")


@pytest.mark.parametrize("name", ["", "no-such-if", "nlmon0\0", "x" * 40])
def test_a_link_that_is_not_there(
    name: str, packets: Packets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(socket, "socket", lambda *_: packets)
    monkeypatch.setattr(mmap, "mmap", Memory)
    with pytest.raises(UsageError, match="there is no interface"):
        Ring(BLOCK).listen(name)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (errno.EPERM, LiveError, "no permission to capture \\(CAP_NET_RAW\\); run it with sudo"),
        (errno.EACCES, LiveError, "CAP_NET_RAW"),
        (errno.EAFNOSUPPORT, LiveError, "sudo modprobe af_packet"),
        (errno.EMFILE, CaptureError, "too many open files"),
    ],
)
def test_sockets_that_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, error: int, kind: type[NldissectError], words: str
) -> None:
    def refuse(*_: int) -> socket.socket:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(kind, match=words):
        Ring(BLOCK)


def runs(program: Sequence[module.Code], packet: bytes, protocol: int) -> int:
    """What a filter says of a packet: a little machine of the instructions that are used."""
    at = accumulator = 0
    while True:
        code, true, false, constant = program[at]
        at += 1
        if code == 0x28:
            assert constant == 0xFFFFF000
            accumulator = protocol
        elif code == 0x20:
            accumulator = int.from_bytes(packet[constant : constant + 4], "big")
        elif code == 0x15:
            at += true if accumulator == constant else false
        else:
            assert code == 0x06
            return constant


@pytest.mark.parametrize("wanted", [(), (16,), (0, 12), (12, 0, 16, 4, 6)])
def test_the_filter_of_protocols(wanted: tuple[int, ...]) -> None:
    program = by_protocol(wanted, 1000)
    for protocol in range(25):
        passes = not wanted or protocol in wanted
        assert runs(program, b"", protocol) == (1000 if passes else 0)


def test_the_filter_of_a_word() -> None:
    program = by_word(4, 0x01020304)
    assert runs(program, bytes(range(1, 9)), 0) == 0
    assert runs(program, bytes(4) + bytes(range(1, 5)), 0) > 0


def test_a_filter_is_attached() -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near, far:
        module.attach(far, by_word(0, 0x61626364))
        far.settimeout(5)
        near.send(b"no such word")
        near.send(b"abcd")
        assert far.recv(100) == b"abcd"
