# SPDX-License-Identifier: GPL-2.0-or-later
"""Two processes that exchange messages of their own over NETLINK_USERSOCK."""

import contextlib
import os
import socket
import struct

NETLINK_USERSOCK, SOL_NETLINK, ADD_MEMBERSHIP = 2, 270, 1
PING, PONG, NEWS = 0x100, 0x101, 0x102
GROUP = 1


def message(kind: int, sequence: int, port: int, text: bytes) -> bytes:
    size = 16 + len(text)
    return struct.pack("IHHII", size, kind, 1, sequence, port) + text + bytes(-size % 4)


def open_socket() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK)
    opened.bind((0, 0))
    opened.settimeout(5)
    return opened


answering = open_socket()
answering.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, GROUP)
answering_port = answering.getsockname()[0]
child = os.fork()
if child == 0:
    for _ in range(4):
        data, (port, _group) = answering.recvfrom(4096)
        print(f"{os.getpid()} received {data[16:]!r} from port {port}", flush=True)
        if len(data) >= 16 and struct.unpack_from("H", data, 4)[0] == PING:
            answering.sendto(message(PONG, 1, answering_port, b"pong\0"), (port, 0))
    os._exit(0)

asking = open_socket()
asking_port = asking.getsockname()[0]
asking.sendto(message(PING, 1, asking_port, b"ping\0"), (answering_port, 0))
print(f"{os.getpid()} received {asking.recv(4096)[16:]!r}", flush=True)
two = message(NEWS, 2, asking_port, b"one datagram\0") + message(
    NEWS, 3, asking_port, b"two messages\0"
)
asking.sendto(two, (answering_port, 0))
# A multicast also goes to the port that it names; 0 is the kernel, which listens to no USERSOCK.
with contextlib.suppress(ConnectionRefusedError):
    asking.sendto(message(NEWS, 4, asking_port, b"to whom it may concern\0"), (0, GROUP))
asking.sendto(b"not a netlink message", (answering_port, 0))
os.waitpid(child, 0)
