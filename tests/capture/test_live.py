"""Live captures: the stream that packets become, what is dropped, what is missing, what is left."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nldissect import decode
from nldissect.capture import live as module
from nldissect.capture.live import SNAPLEN, Live, cooked
from nldissect.capture.source import Capture, open_capture
from nldissect.errors import CaptureError, LiveError, NldissectError, UsageError
from nldissect.wire.consts import ARPHRD_NETLINK

from .reading import interface_fields

CAPTURES = Path(__file__).parents[2] / "captures"
TIME = 1_700_000_000_123_456_789

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has packet sockets")


class Packets:
    """A packet socket that gives what it is told to: (protocol, bytes, time in ns) or an error."""

    def __init__(self, *packets: tuple[int, bytes, int] | int) -> None:
        self.queue = list(packets)
        self.statistics: list[tuple[int, int]] = []
        self.hardware = ARPHRD_NETLINK
        self.pending = 0
        self.bound = ""
        self.closed = False
        # Readable while there is something.
        self.fd, self.bell = os.pipe()
        os.set_blocking(self.fd, False)
        os.write(self.bell, b"x")

    def fileno(self) -> int:
        return self.fd

    def bind(self, address: tuple[str, int]) -> None:
        self.bound = address[0]

    def getsockname(self) -> tuple[str, int, int, int, bytes]:
        return self.bound, 3, 0, self.hardware, b""

    def getsockopt(self, level: int, option: int, size: int = 0) -> int | bytes:
        if level == socket.SOL_SOCKET:
            return self.pending
        assert (level, option, size) == (263, 6, 8)
        return struct.pack("=II", *(self.statistics.pop(0) if self.statistics else (0, 0)))

    def recvmsg_into(self, buffers: list[memoryview], room: int, flags: int) -> tuple[Any, ...]:
        assert flags & socket.MSG_DONTWAIT
        if not self.queue:
            with suppress(BlockingIOError):
                os.read(self.fd, 1)
            raise BlockingIOError(errno.EAGAIN, "nothing")
        packet = self.queue.pop(0)
        if isinstance(packet, int):
            raise OSError(packet, os.strerror(packet))
        protocol, data, time_ns = packet
        size = min(len(data), len(buffers[0]))
        buffers[0][:size] = data[:size]
        stamp = struct.pack("@ll", *divmod(time_ns, 1_000_000_000))
        control = [(socket.SOL_SOCKET, 35, stamp)]
        return len(data), control, 0, (self.bound, protocol, 4, self.hardware, b"")

    def close(self) -> None:
        self.closed = True
        os.close(self.fd)
        os.close(self.bell)


class Links:
    """Links that are there, and what is done to them."""

    up = ""
    errors: tuple[int, ...] = ()
    deeds: tuple[str, ...] = ()

    def first_up(self) -> str:
        return self.up

    def create(self) -> tuple[str, int]:
        cls = type(self)
        if self.errors:
            error, *rest = self.errors
            cls.errors = tuple(rest)
            raise OSError(error, os.strerror(error))
        cls.deeds += ("create nlmon0",)
        return "nlmon0", 7

    def remove(self, index: int) -> None:
        type(self).deeds += (f"remove {index}",)

    def close(self) -> None:
        type(self).deeds += ("close",)


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> type[Links]:
    class Fresh(Links):
        pass

    monkeypatch.setattr(module, "_Links", Fresh)
    monkeypatch.setattr(socket, "if_nametoindex", lambda name: 7)
    return Fresh


@pytest.fixture
def start(links: type[Links], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Begins a capture of such packets."""
    begun: list[Live] = []

    def begin(packets: Packets, interface: str | None = "nlmon9") -> Live:
        monkeypatch.setattr(module, "_packets", lambda: packets)
        live = Live(interface)
        begun.append(live)
        return live

    yield begin
    for live in begun:
        live.close()


def rest_of(live: Live) -> bytes:
    return b"".join(iter(live.read, b""))


@pytest.mark.parametrize(
    "name", ["rt-link.pcap", "genl-misc.pcap", "netfilter.pcap", "usersock.pcap", "xfrm.pcap"]
)
def test_the_cooked_header_is_the_recorded_one(name: str) -> None:
    with open_capture(str(CAPTURES / name)) as capture:
        for record in capture:
            protocol = int.from_bytes(record.data[14:16], "big")
            assert cooked(4, ARPHRD_NETLINK, b"", protocol) == record.data[:16]


def test_a_link_layer_address_in_the_cooked_header() -> None:
    assert cooked(3, 1, b"\1\2\3\4\5\6", 0x88CC).hex() == "000300010006010203040506" + "000088cc"


def test_the_stream_holds_the_packets(start: Any) -> None:
    packets = [(n % 17, bytes([n % 251]) * (16 + n), TIME + n) for n in range(3000)]
    live = start(Packets(*packets))
    capture = live.capture()
    records = iter(capture)
    for number, (protocol, data, time_ns) in enumerate(packets, 1):
        record = next(records)
        assert (record.number, record.time_ns, record.link_type) == (number, time_ns, 253)
        assert record.data == cooked(4, 824, b"", protocol) + data
        assert record.wire_len == len(record.data)
    assert live.received == 3000
    live.stop()
    assert next(records, None) is None
    assert [interface_fields(one) for one in capture.interfaces] == [
        (0, 253, SNAPLEN, "nlmon9", "", sys.byteorder)
    ]
    assert capture.interfaces[0].tick_ns == 1
    assert not capture.diagnoses


def test_headers_come_first_and_tell_who_wrote_them(start: Any) -> None:
    live = start(Packets())
    data = live.read()
    assert data[:4] == b"\x0a\x0d\x0d\x0a"
    assert b"nldissect" in data
    assert os.uname().release.encode() in data


def test_long_packets_are_cut(start: Any) -> None:
    live = start(Packets((0, b"x" * (SNAPLEN + 1000), TIME), (0, b"after", TIME)))
    records = iter(live.capture())
    record = next(records)
    assert (len(record.data), record.wire_len) == (SNAPLEN, SNAPLEN + 1016)
    assert next(records).data[16:] == b"after"


def test_drops_are_summed(start: Any) -> None:
    packets = Packets((0, b"one", TIME))
    packets.statistics = [(3, 2), (0, 0), (9, 5)]
    live = start(packets)
    live.stop()
    rest_of(live)
    packets.statistics = [(4, 4)]
    so_far = live.drops
    live.close()
    assert so_far == 2
    assert live.drops == 6


def test_the_kernels_counts_are_asked_for_once_more_at_the_end(start: Any) -> None:
    packets = Packets()
    live = start(packets)
    packets.statistics = [(10, 3)]
    live.close()
    live.close()
    assert live.drops == 3
    assert live.read() == b""


def test_what_came_before_the_stop_is_read_and_no_more(start: Any) -> None:
    now = time.time_ns()
    later = now + 3600 * 1_000_000_000
    live = start(Packets((0, b"before", now - 1), (0, b"after", later), (0, b"more", later)))
    live.stop()
    data = rest_of(live)
    assert b"before" in data
    assert b"after" not in data
    assert live.received == 1
    assert live.read() == b""


def test_a_stop_ends_the_wait(start: Any) -> None:
    live = start(Packets())
    live.read()
    thread = threading.Timer(0.15, live.stop)
    thread.start()
    assert live.read() == b""
    thread.join()


def test_a_close_waits_for_the_reader(start: Any) -> None:
    packets = Packets()
    live = start(packets)
    live.read()
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(live.read()))
    thread.start()
    live.close()
    thread.join(5)
    assert got == [b""]
    assert packets.closed


def test_what_is_kept_is_what_is_read(start: Any) -> None:
    kept: list[bytes] = []
    live = start(Packets((0, b"one", TIME), (12, b"two", TIME)))
    assert not live.saved
    capture = live.capture(kept.append)
    assert live.saved
    live.stop()
    records = [record.data for record in iter(capture)]
    pieces = iter(kept)
    again = Capture("again", -1, lambda: next(pieces, b""))
    assert [record.data for record in iter(again)] == records
    assert len(records) == 2


def test_an_interface_that_goes_down_ends_it_after_the_last_packet(start: Any) -> None:
    live = start(Packets((0, b"one", TIME), errno.ENETDOWN, (0, b"two", TIME)))
    records = iter(live.capture())
    assert [next(records).data[16:] for _ in range(2)] == [b"one", b"two"]
    with pytest.raises(CaptureError, match="the interface went down \\(nlmon9, offset"):
        next(records)


def test_an_error_that_stays_ends_it(start: Any) -> None:
    live = start(Packets(*[errno.EIO] * 9))
    with pytest.raises(CaptureError, match="input/output error"):
        rest_of(live)


def test_a_named_interface_is_left_alone(start: Any, links: type[Links]) -> None:
    with start(Packets(), "nlmon3") as live:
        assert (live.name, live.asked, live.created) == ("nlmon3", "nlmon3", False)
    assert links.deeds == ()


def test_a_link_that_is_up_is_used(start: Any, links: type[Links]) -> None:
    links.up = "mon"
    packets = Packets()
    with start(packets, None) as live:
        assert (live.name, live.asked, live.created) == ("mon", None, False)
    assert packets.bound == "mon"
    assert links.deeds == ("close",)


def test_a_link_that_was_created_is_removed(start: Any, links: type[Links]) -> None:
    live = start(Packets(), None)
    assert (live.name, live.created) == ("nlmon0", True)
    assert links.deeds == ("create nlmon0",)
    live.close()
    live.close()
    assert links.deeds == ("create nlmon0", "remove 7", "close")


def test_it_is_removed_when_the_rest_fails(start: Any, links: type[Links]) -> None:
    packets = Packets()
    packets.hardware = 1
    with pytest.raises(UsageError):
        start(packets, None)
    assert links.deeds == ("create nlmon0", "remove 7", "close")
    assert packets.closed


def test_the_module_is_loaded(
    start: Any, links: type[Links], monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[int] = []
    monkeypatch.setattr(module, "_load_module", lambda: loads.append(1) or "")
    links.errors = (errno.EOPNOTSUPP,)
    assert start(Packets(), None).created
    assert loads == [1]


def test_a_kernel_without_the_module(
    start: Any, links: type[Links], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_load_module", lambda: "modprobe: not found")
    links.errors = (errno.EOPNOTSUPP, errno.EOPNOTSUPP)
    with pytest.raises(LiveError, match=r"no nlmon module \(modprobe: not found\); sudo modprobe"):
        start(Packets(), None)


def test_modprobe_says_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "modprobe"
    monkeypatch.setenv("PATH", str(tmp_path))
    fake.write_text("#!/bin/sh\necho FATAL: no $1 here >&2\nexit 1\n")
    fake.chmod(0o755)
    assert module._load_module() == "FATAL: no nlmon here"
    fake.write_text("#!/bin/sh\n")
    assert module._load_module() == ""
    fake.write_text("#!/bin/sh\nexit 3\n")
    assert module._load_module() == "modprobe: exit code 3"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (errno.EPERM, LiveError, "CAP_NET_ADMIN.*ip link add nlmon0 type nlmon"),
        (errno.EACCES, LiveError, "CAP_NET_ADMIN"),
        (errno.ENOBUFS, CaptureError, "no buffer space"),
    ],
)
def test_links_that_cannot_be_created(
    start: Any, links: type[Links], error: int, kind: type[NldissectError], words: str
) -> None:
    links.errors = (error,)
    packets = Packets()
    with pytest.raises(kind, match=words):
        start(packets, None)
    assert packets.closed
    assert links.deeds == ("close",)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (errno.EPERM, LiveError, "no permission to capture \\(CAP_NET_RAW\\); run it with sudo"),
        (errno.EAFNOSUPPORT, LiveError, "sudo modprobe af_packet"),
        (errno.EMFILE, CaptureError, "too many open files"),
    ],
)
def test_sockets_that_cannot_be_made(
    links: type[Links],
    monkeypatch: pytest.MonkeyPatch,
    error: int,
    kind: type[NldissectError],
    words: str,
) -> None:
    def refuse() -> socket.socket:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(module, "_packets", refuse)
    with pytest.raises(kind, match=words):
        Live()
    assert links.deeds == ()


def test_an_interface_that_is_down(start: Any) -> None:
    packets = Packets()
    packets.pending = errno.ENETDOWN
    with pytest.raises(LiveError, match="nlmon9 is down; sudo ip link set nlmon9 up"):
        start(packets)
    assert packets.closed


def test_an_interface_of_another_kind(start: Any) -> None:
    packets = Packets()
    packets.hardware = 772
    with pytest.raises(UsageError, match="lo is no netlink monitor"):
        start(packets, "lo")


@pytest.mark.parametrize("name", ["", "no-such-if", "nlmon0\0", "x" * 40])
def test_an_interface_that_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_packets", Packets)
    with pytest.raises(UsageError, match="there is no interface"):
        Live(name)


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="only Linux"):
        Live()


class Kernel:
    """A route netlink socket: keeps requests, and answers each with what it is told to."""

    def __init__(self, *answers: list[bytes] | int) -> None:
        self.answers = list(answers)
        self.sent: list[bytes] = []
        self.waiting: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        seq = struct.unpack_from("=I", data, 8)[0]
        answer = self.answers.pop(0)
        bodies = [(2, struct.pack("=i", -answer) + data[:16])] if isinstance(answer, int) else []
        if not isinstance(answer, int):
            bodies = [(16, body) for body in answer] + [(3, bytes(4))]
        # Of another request: it is no answer to this one.
        messages = [struct.pack("=IHHIi", 20, 2, 0, seq + 9, 0) + struct.pack("=i", -1)]
        for kind, body in bodies:
            head = struct.pack("=IHHII", 16 + len(body), kind, 2, seq, 0)
            messages.append(head + body + bytes(-len(body) & 3))
        self.waiting = [b"".join(messages[:2]), *messages[2:]]

    def recv(self, size: int) -> bytes:
        return self.waiting.pop(0)

    def close(self) -> None:
        self.sent.append(b"")


def links_of(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> module._Links:
    monkeypatch.setattr(socket, "if_nametoindex", lambda name: 40 + int(name[5:]))
    found = module._Links()
    found._socket.close()
    found._socket = kernel  # type: ignore[assignment]
    return found


def link(name: bytes, hardware: int, flags: int) -> bytes:
    address = struct.pack("=HH", 10, 1) + b"\2\0\0\0\0\1\0\0"
    attr = struct.pack("=HH", 5 + len(name), 3) + name + b"\0" + bytes(-(len(name) + 1) & 3)
    return struct.pack("=BxHiII", 0, hardware, 3, flags, 0) + address + attr


def test_the_first_link_that_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [link(b"lo", 772, 1), link(b"down", 824, 0), link(b"mon", 824, 0x81), link(b"b", 824, 1)]
    kernel = Kernel(some, some[:2], [])
    found = links_of(kernel, monkeypatch)
    assert [found.first_up() for _ in range(3)] == ["mon", "", ""]
    (message,) = decode(kernel.sent[0], protocol="route")
    assert (message.operation, message.flags) == ("getlink", 0x301)


def test_links_are_created_under_a_free_name_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(errno.EEXIST, 0, 0, errno.ENODEV, errno.EPERM)
    found = links_of(kernel, monkeypatch)
    assert found.create() == ("nlmon1", 41)
    found.remove(41)
    found.remove(41)
    with pytest.raises(PermissionError):
        found.remove(41)
    _, made, removed, *_ = (decode(data, protocol="route")[0] for data in kernel.sent)
    assert (made.operation, made.flags) == ("newlink", 0x605)
    assert made.header is not None
    assert (made.header["ifi-flags"], made.header["ifi-change"]) == (["up"], 1)
    assert made.attrs == {"ifname": "nlmon1", "linkinfo": {"kind": "nlmon"}}
    assert removed.operation == "dellink"
    assert removed.header is not None
    assert removed.header["ifi-index"] == 41


def test_the_kernel_answers_without_permissions() -> None:
    found = module._Links()
    try:
        assert isinstance(found.first_up(), str)
    finally:
        found.close()
