"""Small captures in files, and the command line run on them."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.capture.build import pcap
from tests.test_dissect import attr, link, nlmsg

SECOND = 1_000_000_000
ROOT = Path(__file__).parent.parent.parent


def ifinfomsg(index: int = 0) -> bytes:
    return struct.pack("<BxHiII", 0, 0, index, 0, 0)


NEWLINK = link(0) + nlmsg(
    16, ifinfomsg() + attr(3, b"v0\0") + attr(18, attr(1, b"veth\0")), flags=0x605, seq=7
)
ACK = link(0) + nlmsg(2, struct.pack("<i", 0) + NEWLINK[16:32], flags=0x100, seq=7, pid=41)
NOTIFY = link(0) + nlmsg(16, ifinfomsg(3) + attr(3, b"v0\0"))
TALK = [
    (1_700_000_000 * SECOND, NEWLINK),
    (1_700_000_000 * SECOND + 250_000, ACK),
    (1_700_000_001 * SECOND, NOTIFY),
]


def newfamily(id_: int, name: bytes) -> bytes:
    body = b"\1\2\0\0" + attr(1, struct.pack("<H", id_)) + attr(2, name + b"\0")
    body += attr(3, struct.pack("<I", 1)) + attr(4, struct.pack("<I", 0))
    return link(16) + nlmsg(0x10, body, pid=5)


def write(path: Path, packets: Sequence[tuple[int, bytes]] = TALK, link_type: int = 253) -> str:
    path.write_bytes(pcap(packets, link_type=link_type))
    return str(path)


def run(
    *arguments: str, data: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs ``python -m nldissect`` with no more of the environment than it needs."""
    variables = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-m", "nldissect", *arguments],
        input=data,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        env=variables,
        timeout=60,
        check=False,
    )


def lines(result: subprocess.CompletedProcess[bytes]) -> list[str]:
    return result.stdout.decode().splitlines()


def words(result: subprocess.CompletedProcess[bytes]) -> str:
    """stderr."""
    return result.stderr.decode()
