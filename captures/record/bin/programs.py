# SPDX-License-Identifier: GPL-2.0-or-later
"""BPF programs on a link and on a route: ``programs.py LINK``."""

import ctypes
import os
import socket
import struct
import sys

from rtnl import NEWLINK, Rtnl, attr, nest, text, u32

NEWROUTE, DELROUTE, GETLINK = 24, 25, 18
BPF, PROG_LOAD, LWT_OUT, XDP = 321, 5, 11, 6
INTERFACE, XDP_SKB_MODE = 16, 2


def load(kind: int, result: int) -> int:
    """A program that returns ``result``."""
    code = struct.pack("=BBhiBBhi", 0xB7, 0, 0, result, 0x95, 0, 0, 0)
    lines, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    places = ctypes.addressof(lines), ctypes.addressof(licence)
    asked = struct.pack("=IIQQIIQII16s", kind, 2, *places, 0, 0, 0, 0, 0, b"nothing")
    given = ctypes.CDLL(None, use_errno=True).syscall(
        BPF, PROG_LOAD, ctypes.create_string_buffer(asked), len(asked)
    )
    if given < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(given)


def main() -> None:
    index = socket.if_nametoindex(sys.argv[1])
    link = struct.pack("=BxHiII", 0, 0, index, 0, 0)
    with Rtnl() as rtnl:
        xdp = nest(43, u32(1, load(XDP, 2)), u32(3, XDP_SKB_MODE))
        print("xdp on", rtnl.ask(NEWLINK, link + xdp))
        print("the link", rtnl.ask(GETLINK, link + u32(29, 1)))
        os.system(f"ip -d link show dev {sys.argv[1]}")
        nothing = nest(43, attr(1, struct.pack("i", -1)), u32(3, XDP_SKB_MODE))
        print("xdp off", rtnl.ask(NEWLINK, link + nothing))
        body = struct.pack("=BBBBBBBBI", socket.AF_INET, 32, 0, 0, 254, 4, 253, 1, 0)
        body += attr(1, socket.inet_aton("198.51.100.99")) + u32(4, index)
        program = nest(2, u32(1, load(LWT_OUT, 0)), text(2, "nothing"))
        encap = nest(22, program) + attr(21, struct.pack("H", 6))
        print("a route through a program", rtnl.ask(NEWROUTE, body + encap, 0x605))
        os.system("ip route show 198.51.100.99")


main()
