# SPDX-License-Identifier: GPL-2.0-or-later
"""Connects a network block device to a socket of this process, as nbd-client does by netlink."""

import socket
import struct
import threading

GETFAMILY, FAMILY_ID, FAMILY_NAME = 3, 1, 2
CONNECT, RECONFIGURE = 1, 3
INDEX, SIZE, BLOCK, TIMEOUT, SERVER_FLAGS, CLIENT_FLAGS, SOCKETS, BACKEND = 1, 2, 3, 4, 5, 6, 7, 10


def attr(kind: int, payload: bytes) -> bytes:
    return struct.pack("HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def nest(kind: int, payload: bytes) -> bytes:
    return attr(kind | 0x8000, payload)


def u64(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("Q", value))


def ask(family: int, command: int, body: bytes) -> bytes:
    head = struct.pack("IHHII", 20 + len(body), family, 5, 1, 0)
    opened.send(head + struct.pack("BBH", command, 1, 0) + body)
    return opened.recv(65536)


def serve(end: socket.socket) -> None:
    """Answers reads with zeros until the device goes."""
    while len(request := end.recv(28, socket.MSG_WAITALL)) == 28:
        _, _, command, handle, _, size = struct.unpack(">IHHQQI", request)
        if command == 2:
            return
        end.sendall(struct.pack(">IIQ", 0x67446698, 0, handle) + bytes(size if command == 0 else 0))


opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
opened.bind((0, 0))
opened.send(struct.pack("IHHIIBBH", 28, 16, 1, 1, 0, GETFAMILY, 1, 0) + attr(FAMILY_NAME, b"nbd\0"))
reply = opened.recv(65536)
at = 20
while struct.unpack_from("H", reply, at + 2)[0] != FAMILY_ID:
    at += struct.unpack_from("H", reply, at)[0] + 3 & ~3
family = struct.unpack_from("H", reply, at + 4)[0]
near, far = socket.socketpair()
threading.Thread(target=serve, args=(far,), daemon=True).start()
entry = nest(SOCKETS, nest(1, attr(1, struct.pack("I", near.fileno()))))
body = attr(INDEX, struct.pack("I", 0)) + u64(SIZE, 1 << 20) + u64(BLOCK, 4096) + u64(TIMEOUT, 10)
body += u64(SERVER_FLAGS, 1) + u64(CLIENT_FLAGS, 3) + attr(BACKEND, b"greenhouse\0") + entry
print(len(ask(family, CONNECT, body)), "bytes for the connection")
body = attr(INDEX, struct.pack("I", 0)) + u64(TIMEOUT, 20) + attr(BACKEND, b"greenhouse\0")
print(len(ask(family, RECONFIGURE, body)), "bytes for other settings")
