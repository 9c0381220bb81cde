"""A capture whose recorder knew processes, and lost packets."""

from __future__ import annotations

import struct

from tests.capture import build
from tests.cli.capture_file import SECOND, ifinfomsg
from tests.test_dissect import attr, link, nlmsg

START = 1_700_000_000 * SECOND
LATER = START + SECOND
IP = DHCPCD = 1234
OWN = 77

NEWLINK = link(0) + nlmsg(16, ifinfomsg() + attr(3, b"v0\0"), flags=0x605, seq=7)
ACK = link(0) + nlmsg(2, struct.pack("<i", 0) + NEWLINK[16:32], flags=0x100, seq=7, pid=IP)
NOTIFY = link(0) + nlmsg(16, ifinfomsg(3) + attr(3, b"v0\0"), seq=8, pid=DHCPCD)
GETLINK = link(0) + nlmsg(18, ifinfomsg(3), flags=5, seq=9, pid=OWN)
NOBODY = link(0) + nlmsg(18, ifinfomsg(3), flags=5, seq=10, pid=99)

WHOSE = [None, ("ip", IP, "exec"), ("dhcpcd", 5678, "socket"), ("nldissect", OWN, "self"), None]
"""Name, pid and how it is known, of each message; the first request does not say its port."""


def blocks(order: str = "<") -> list[bytes]:
    """The blocks of the file: the same port is of one program first and then of another."""
    packets = [(START, NEWLINK), (START + 250_000, ACK), (LATER, NOTIFY), (LATER + 1, GETLINK),
               (LATER + 2, NOBODY)]  # fmt: skip
    made = [build.enhanced(time_ns, data, order) for time_ns, data in packets]
    return [
        build.section(order, words=[(3, "Linux 6.12"), (1, "host: x")]),
        build.interface(order, name="nlmon0", tsresol=9),
        build.process(OWN, OWN, "nldissect", "self", 0, order),
        build.process(IP, IP, "ip", "exec", START, order),
        *made[:2],
        build.process(DHCPCD, 5678, "dhcpcd", "socket", LATER, order),
        *made[2:],
        build.statistics([(4, 17), (5, 12)], order),
    ]


def capture(order: str = "<") -> bytes:
    """The file."""
    return b"".join(blocks(order))
