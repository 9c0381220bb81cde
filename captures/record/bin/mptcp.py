# SPDX-License-Identifier: GPL-2.0-or-later
"""One MPTCP connection within the guest, which makes its subflows and ends."""

import socket
import time

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("192.0.2.1", 5001))
server.listen()
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP)
client.connect(("192.0.2.1", 5001))
served, _ = server.accept()
for _ in range(3):
    client.sendall(b"x" * 1000)
    print(len(served.recv(1000)), flush=True)
    time.sleep(0.3)
client.close()
served.close()
time.sleep(0.5)
