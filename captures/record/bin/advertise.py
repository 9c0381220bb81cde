# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends one router advertisement with prefixes, DNS servers, a search list and a captive portal."""

import socket
import struct
import sys

link = socket.if_nametoindex(sys.argv[1])
PREFIX = struct.pack(">BBBBIII16s", 3, 4, 64, 0xC0, 7200, 3600, 0,
                     socket.inet_pton(10, "2001:db8:77::"))  # fmt: skip
SERVERS = struct.pack(">BBHI16s16s", 25, 5, 0, 600, socket.inet_pton(10, "2001:db8::53"),
                      socket.inet_pton(10, "2001:db8::54"))  # fmt: skip
SEARCH = struct.pack(">BBHI", 31, 4, 0, 600) + b"\x0agreenhouse\4test\0"
PORTAL = b"\x25\x03https://portal.test".ljust(24, b"\0")
ROUTE = struct.pack(">BBBBI8s", 24, 2, 48, 8, 1800, socket.inet_pton(10, "2001:db8:88::")[:8])
body = struct.pack(">BBHBBHII", 134, 0, 0, 64, 0xC0, 1800, 0, 0) + PREFIX + SERVERS
body += SEARCH.ljust(32, b"\0") + PORTAL + ROUTE
opened = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link)
print(opened.sendto(body, ("ff02::1", 0, 0, link)), "bytes sent")
