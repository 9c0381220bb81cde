# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds sockets of many families open for a while, so that they can be asked for."""

import contextlib
import ctypes
import socket
import struct
import time

kept = []
libc = ctypes.CDLL(None)


@contextlib.contextmanager
def maybe(what):
    try:
        yield
    except OSError as error:
        print(what, error.strerror)


def pair(kind, protocol, port, address="127.0.0.1", congestion=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family, kind, protocol)
    server.bind((address, port))
    server.listen()
    client = socket.socket(family, kind, protocol)
    if congestion:
        client.setsockopt(socket.IPPROTO_TCP, 13, congestion.encode())
    client.connect((address, port))
    taken, _ = server.accept()
    kept.extend((server, client, taken))
    return client, taken


with maybe("tls"):
    client, taken = pair(socket.SOCK_STREAM, 0, 7001)
    client.send(b"how warm is it?")
    taken.recv(100)
    client.setsockopt(socket.IPPROTO_TCP, 31, b"tls")
    key = struct.pack("=HH8s16s4s8s", 0x0303, 51, bytes(8), bytes(range(16)), bytes(4), bytes(8))
    client.setsockopt(282, 1, key)
for number, congestion in enumerate(("bbr", "dctcp", "vegas")):
    with maybe(congestion):
        pair(socket.SOCK_STREAM, 0, 7010 + number, congestion=congestion)
with maybe("md5"):
    server = socket.socket()
    server.setsockopt(6, 14, struct.pack("=HxxI120xBBHi80s", 2, 0, 0, 0, 8, 0, b"marigold")[:216])
    kept.append(server)
with maybe("mptcp"):
    pair(socket.SOCK_STREAM, 262, 7020)
with maybe("sctp"):
    pair(socket.SOCK_STREAM, 132, 7030)
with maybe("dccp"):
    pair(6, 33, 7040)
with maybe("v6"):
    pair(socket.SOCK_STREAM, 0, 7050, "::1")
with maybe("raw"):
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_RAW, 89))
with maybe("icmp"):
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1))
with maybe("udp"):
    some = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    some.setsockopt(socket.SOL_SOCKET, 36, 7)
    some.connect(("127.0.0.1", 7060))
    kept.append(some)
with maybe("vsock"):
    server = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    server.bind((0xFFFFFFFF, 7070))
    server.listen()
    client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    client.connect((1, 7070))
    kept.extend((server, client))
with maybe("tipc"):
    some = socket.socket(socket.AF_TIPC, socket.SOCK_RDM)
    some.bind((socket.TIPC_ADDR_NAMESEQ, 18888, 7, 7, socket.TIPC_NODE_SCOPE))
    kept.append(some)
with maybe("packet ring"):
    ring = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    ring.bind(("lo", 0x88B5))
    ring.setsockopt(263, 10, 2)
    ring.setsockopt(263, 5, struct.pack("IIIIIII", 4096, 4, 2048, 8, 60, 0, 0))
    group = b"\1\0\x5e\0\0\7\0\0"
    ring.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex("lo"), 0, 6, group))
    kept.append(ring)
    fan = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    fan.bind(("lo", 0x88B5))
    fan.setsockopt(263, 18, struct.pack("I", 7))
    kept.append(fan)
with maybe("xdp"):
    some = socket.socket(44, socket.SOCK_RAW, 0)
    area = ctypes.create_string_buffer(1 << 17)
    start = (ctypes.addressof(area) + 4095) & ~4095
    some.setsockopt(283, 4, struct.pack("=QQIIII", start, 1 << 16, 4096, 0, 0, 0))
    some.setsockopt(283, 5, struct.pack("=I", 16))
    some.setsockopt(283, 6, struct.pack("=I", 16))
    some.setsockopt(283, 2, struct.pack("=I", 16))
    sockaddr = struct.pack("=HHIII", 44, 0, socket.if_nametoindex("lo"), 0, 0)
    print("xdp bind", libc.bind(some.fileno(), sockaddr, len(sockaddr)))
    kept.extend((some, area))
with maybe("unix"):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind("/tmp/greenhouse")
    server.listen(7)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect("/tmp/greenhouse")
    kept.extend((server, client, socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)))
print(len(kept), "kept", flush=True)
time.sleep(25)
