# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks taskstats, a family without a YNL spec, for this process, and waits for one that exits."""

import os
import socket
import struct
import subprocess

GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_FAMILY_ID, CTRL_FAMILY_NAME = 16, 3, 1, 2
TASKSTATS_GET, PID, TGID, REGISTER_CPUMASK = 1, 1, 2, 3


def attr(kind: int, payload: bytes) -> bytes:
    return struct.pack("HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def ask(family: int, command: int, body: bytes, flags: int = 1) -> bytes:
    opened.send(struct.pack("IHHIIBBH", 20 + len(body), family, flags, 1, 0, command, 1, 0) + body)
    return opened.recv(65536)


opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
opened.bind((0, 0))
reply = ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, attr(CTRL_FAMILY_NAME, b"TASKSTATS\0"))
at = 20
while struct.unpack_from("H", reply, at + 2)[0] != CTRL_FAMILY_ID:
    at += struct.unpack_from("H", reply, at)[0] + 3 & ~3
family = struct.unpack_from("H", reply, at + 4)[0]
print(f"TASKSTATS has the id {family}")
for kind, task in ((PID, os.getpid()), (TGID, os.getpid()), (PID, 4194303)):
    reply = ask(family, TASKSTATS_GET, attr(kind, struct.pack("I", task)))
    print(f"{len(reply)} bytes about {task}")
reply = ask(family, TASKSTATS_GET, attr(REGISTER_CPUMASK, b"0-1\0"), flags=5)
print(f"{len(reply)} bytes of ack")
subprocess.run(["/bin/true"], check=True)
print(f"{len(opened.recv(65536))} bytes about one that has exited")
