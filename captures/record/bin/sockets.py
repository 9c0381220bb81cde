# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds sockets of many kinds open for a few seconds, for ss to list."""

import socket
import time

server = socket.create_server(("127.0.0.1", 5000))
client = socket.create_connection(("127.0.0.1", 5000))
served, _ = server.accept()
client.sendall(b"some bytes that nobody reads")
server6 = socket.create_server(("::1", 5001), family=socket.AF_INET6)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("127.0.0.1", 5002))
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
packet.bind(("lo", 3))
pair = socket.socketpair()
named = socket.socket(socket.AF_UNIX)
named.bind("/tmp/named")
named.listen()
abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
abstract.bind("\0abstract")
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
netlink.bind((0, 1))
time.sleep(20)
