# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests to classic netlink protocols for which no program is at hand."""

import os
import socket
import struct

NEWLINK = 16
REQUEST, ACK, DUMP = 1, 4, 0x300
ERROR, DONE = 2, 3


def attr(kind: int, payload: bytes) -> bytes:
    return struct.pack("HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def nest(kind: int, *attrs: bytes) -> bytes:
    return attr(kind | 0x8000, b"".join(attrs))


def text(kind: int, value: str) -> bytes:
    return attr(kind, value.encode() + b"\0")


def u8(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("B", value))


def u32(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("I", value))


def be32(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack(">I", value))


class Rtnl:
    """A socket of a classic protocol; ``ask`` gives the error's name or "fine"."""

    def __init__(self, protocol: int = 0) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.socket.setsockopt(270, 11, 1)
        self.socket.bind((0, 0))
        self.sequence = 100

    def __enter__(self) -> "Rtnl":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, kind: int, body: bytes, flags: int) -> None:
        self.sequence += 1
        head = struct.pack("IHHII", 16 + len(body), kind, flags, self.sequence, 0)
        self.socket.send(head + body)

    def messages(self) -> list[bytes]:
        """Up to the end of what was asked for."""
        found = []
        while True:
            data = self.socket.recv(1 << 17)
            while data:
                size, kind = struct.unpack_from("IH", data)
                found.append(data[:size])
                if kind in (ERROR, DONE):
                    return found
                data = data[size + 3 & ~3 :]

    def ask(self, kind: int, body: bytes, flags: int = REQUEST | ACK) -> str:
        self.send(kind, body, flags | REQUEST)
        code = struct.unpack_from("i", self.messages()[-1], 16)[0]
        return os.strerror(-code) if code else "fine"

    def dump(self, kind: int, body: bytes) -> int:
        self.send(kind, body, REQUEST | DUMP)
        return len(self.messages()) - 1
