"""Requests to the kernel, read back by the dissector, and its answers."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

import pytest

from nldissect import decode
from nldissect.tap.kernel import Asker, Families, Links

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has netlink")

Answer = list[bytes] | int


class Kernel:
    """A netlink socket: keeps requests, and answers each with bodies or an error number."""

    def __init__(self, *answers: Answer) -> None:
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


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[[Asker, Kernel], Any]:
    monkeypatch.setattr(socket, "if_nametoindex", lambda name: 40 + int(name[5:]))

    def ask(asker: Asker, kernel: Kernel) -> Any:
        asker._socket.close()
        asker._socket = kernel  # type: ignore[assignment]
        return asker

    return ask


def attr(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) & 3)


def link(name: bytes, hardware: int, flags: int, alias: bytes = b"") -> bytes:
    attrs = attr(1, b"\2\0\0\0\0\1") + attr(3, name + b"\0")
    if alias:
        attrs += attr(20, alias + b"\0")
    return struct.pack("=BxHiII", 0, hardware, 3, flags, 0) + attrs


def test_links_that_are_up(ask: Callable[..., Any]) -> None:
    some = [
        link(b"lo", 772, 1), link(b"down", 824, 0), link(b"mon", 824, 0x81),
        link(b"b", 824, 1, b"nldissect 77"),
    ]  # fmt: skip
    kernel = Kernel(some, some[:2], [])
    links = ask(Links(), kernel)
    assert links.up() == [("mon", 3, ""), ("b", 3, "nldissect 77")]
    assert links.up() == links.up() == []
    (message,) = decode(kernel.sent[0], protocol="route")
    assert (message.operation, message.flags) == ("getlink", 0x301)
    assert message.pid == links.port != 0


def test_links_are_created_under_a_free_name_and_removed(ask: Callable[..., Any]) -> None:
    kernel = Kernel(errno.EEXIST, 0, 0, 0, errno.ENODEV, errno.EPERM)
    links = ask(Links(), kernel)
    assert links.create("nldissect 5") == ("nlmon1", 41)
    links.remove(41)
    links.remove(41)
    with pytest.raises(PermissionError):
        links.remove(41)
    _, made, marked, removed, *_ = (decode(data, protocol="route")[0] for data in kernel.sent)
    assert (made.operation, made.flags) == ("newlink", 0x605)
    assert made.header is not None
    assert (made.header["ifi-flags"], made.header["ifi-change"]) == (["up"], 1)
    assert made.attrs == {"ifname": "nlmon1", "linkinfo": {"kind": "nlmon"}}
    assert marked.operation == "setlink"
    assert marked.get("ifi-index") == 41
    assert marked.attrs == {"ifalias": "nldissect 5"}
    assert removed.operation == "dellink"
    assert removed.get("ifi-index") == 41


def family(number: int) -> bytes:
    return struct.pack("=BBxx", 1, 2) + attr(2, b"name\0") + attr(1, struct.pack("=H", number))


def test_families_are_asked_for(ask: Callable[..., Any]) -> None:
    kernel = Kernel([family(0x10), family(0x1B)])
    families = ask(Families(), kernel)
    families.tell(False)
    (request,) = decode(kernel.sent[0], protocol="generic")
    assert (request.family, request.operation, request.flags) == ("nlctrl", "getfamily", 0x301)
    assert request.pid == families.port
    families.close()


def test_policies_are_asked_for_of_each_family(ask: Callable[..., Any]) -> None:
    kernel = Kernel([family(0x10), b"odd", family(0x1B), family(0x1C)], errno.ENODATA, [b""], 0)
    families = ask(Families(), kernel)
    families.tell(True)
    requests = [decode(data, protocol="generic")[0] for data in kernel.sent]
    assert [request.operation for request in requests] == ["getfamily", *["getpolicy"] * 3]
    assert [request.attrs for request in requests[1:]] == [
        {"family-id": number} for number in (0x10, 0x1B, 0x1C)
    ]
    families.close()


def test_the_kernel_answers_without_permissions() -> None:
    links, families = Links(), Families()
    assert isinstance(links.up(), list)
    families.tell(True)
    families.forget()
    links.close()
    families.close()
