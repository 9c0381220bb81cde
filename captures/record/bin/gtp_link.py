# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a gtp link, whose two sockets the kernel opens by itself."""

import socket
import struct
import sys

RTM_NEWLINK, IFNAME, LINKINFO, KIND, DATA = 16, 3, 18, 1, 2
PDP_HASHSIZE, ROLE, CREATE_SOCKETS, LOCAL, RESTART_COUNT = 3, 4, 5, 7, 6


def attr(kind: int, payload: bytes) -> bytes:
    return struct.pack("HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


data = attr(PDP_HASHSIZE, struct.pack("I", 128)) + attr(CREATE_SOCKETS, b"\1")
data += attr(ROLE, struct.pack("I", 0)) + attr(RESTART_COUNT, b"\3")
data += attr(LOCAL, bytes([192, 0, 2, 1]))
info = attr(LINKINFO, attr(KIND, b"gtp\0") + attr(DATA, data))
body = bytes(16) + attr(IFNAME, sys.argv[1].encode() + b"\0") + info
opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
opened.bind((0, 0))
opened.send(struct.pack("IHHII", 16 + len(body), RTM_NEWLINK, 0x605, 1, 0) + body)
print("error", struct.unpack_from("i", opened.recv(65536), 16)[0])
