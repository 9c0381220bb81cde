# SPDX-License-Identifier: GPL-2.0-or-later
"""A multicast router for a moment: two interfaces, an unresolved packet, a route; IPv4 and IPv6."""

import socket
import struct
import subprocess
import sys
import time

from rtnl import Rtnl

MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC = 200, 202, 204
indexes = [socket.if_nametoindex(name) for name in sys.argv[1:3]]

four = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
four.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
for vif, index in enumerate(indexes):
    # VIFF_USE_IFINDEX: the address is an index.
    entry = struct.pack("=HBBIiI", vif, 8, 1, 0, index, 0)
    four.setsockopt(socket.IPPROTO_IP, MRT_ADD_VIF, entry)
six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
six.setsockopt(socket.IPPROTO_IPV6, MRT_INIT, 1)
for mif, index in enumerate(indexes):
    entry = struct.pack("=HBBHxxI", mif, 0, 1, index, 0)
    six.setsockopt(socket.IPPROTO_IPV6, MRT_ADD_VIF, entry)

sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
request = struct.pack("=8xi", indexes[0])
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 9)
sender.sendto(b"how warm is it?", ("239.7.7.7", 7000))
later = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
later.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, indexes[0])
later.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 9)
later.sendto(b"and at the window?", ("ff05::7", 7000))
time.sleep(0.5)
ends = bytes([192, 0, 2, 1]) + bytes([239, 7, 7, 7])
route = ends + struct.pack("=H32sxxIIIi", 0, bytes([0, 1]) + bytes(30), 0, 0, 0, 0)
four.setsockopt(socket.IPPROTO_IP, MRT_ADD_MFC, route)
address = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(10, "2001:db8::1"), 0)
group = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(10, "ff05::7"), 0)
route = address + group + struct.pack("=Hxx8I", 0, 2, 0, 0, 0, 0, 0, 0, 0)
six.setsockopt(socket.IPPROTO_IPV6, MRT_ADD_MFC, route)
for command in ("ip mroute show", "ip -6 mroute show", "ip route show table all type multicast"):
    print(subprocess.run(command.split(), capture_output=True, text=True, check=False).stdout)
for family in (socket.AF_INET, socket.AF_INET6):
    with Rtnl() as rtnl:
        kind = 128 if family == socket.AF_INET else 129
        print("routes", rtnl.dump(26, bytes([kind]) + bytes(11)))
        print("links", rtnl.dump(18, bytes([128]) + bytes(15)))
