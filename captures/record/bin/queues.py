# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes packets from an nfnetlink queue and a log, with all that is told of them, and decides."""

import socket
import struct
import subprocess
import time

from rtnl import ACK, REQUEST, Rtnl, attr, be32, u8

QUEUE, LOG = 0x0300, 0x0400
PACKET, VERDICT, CONFIG, BATCH = 0, 1, 2, 3


def head(family: int, number: int) -> bytes:
    return struct.pack(">BBH", family, 0, number)


def rules(action: str) -> None:
    log = "-p udp -j NFLOG --nflog-group 9 --nflog-prefix drops:"
    for what in ("-p icmp -j NFQUEUE --queue-num 7", log):
        for chain in ("OUTPUT", "INPUT"):
            subprocess.run(f"iptables-nft {action} {chain} {what}".split(), check=False)


queue, log = Rtnl(12), Rtnl(12)
print("bind", queue.ask(QUEUE | CONFIG, head(0, 7) + attr(1, struct.pack(">BxH", 1, 2))))
print("params", queue.ask(QUEUE | CONFIG, head(0, 7) + attr(2, struct.pack(">IB", 4096, 2))))
flags = be32(5, 0x1F) + be32(4, 0x1F)
print("flags", queue.ask(QUEUE | CONFIG, head(0, 7) + flags + be32(3, 64)))
print("log", log.ask(LOG | 1, head(0, 9) + u8(1, 1)))
print(
    "mode",
    log.ask(
        LOG | 1,
        head(0, 9)
        + attr(2, struct.pack(">IBx", 2048, 2))
        + be32(4, 100)
        + be32(3, 2)
        + be32(5, 3)
        + attr(6, struct.pack(">H", 7)),
    ),
)
rules("-I")
pings = subprocess.Popen(["ping", "-c", "3", "-i", "0.3", "127.0.0.1"], stdout=subprocess.DEVNULL)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.sendto(b"how warm is it?", ("127.0.0.1", 5003))
udp.sendto(b"how warm is it now?", ("192.0.2.1", 5003))
queue.socket.settimeout(2)
taken = 0
end = time.monotonic() + 8
while time.monotonic() < end and taken < 12:
    try:
        message = queue.socket.recv(65536)
    except TimeoutError:
        break
    kind = struct.unpack_from("H", message, 4)[0]
    if kind != QUEUE | PACKET:
        continue
    taken += 1
    at, number = 20, 0
    while at < len(message):
        size, which = struct.unpack_from("HH", message, at)
        if which == 1:
            number = struct.unpack_from(">I", message, at + 4)[0]
        at += size + 3 & ~3
    verdict = attr(2, struct.pack(">II", 1, number)) + be32(3, 0x77)
    if taken % 3:
        queue.send(QUEUE | VERDICT, head(2, 7) + verdict, REQUEST)
    else:
        queue.send(QUEUE | BATCH, head(2, 7) + verdict, REQUEST)
print(taken, "packets decided on")
pings.wait()
rules("-D")
leave = attr(1, struct.pack(">BxH", 2, 2))
print("unbind", queue.ask(QUEUE | CONFIG, head(0, 7) + leave, REQUEST | ACK))
print("wrong queue", queue.ask(QUEUE | VERDICT, head(2, 99) + attr(2, struct.pack(">II", 1, 1))))
