# SPDX-License-Identifier: GPL-2.0-or-later
"""Opens and closes two TCP connections to 127.0.0.1:5001, one of them through a translation."""

import socket

with socket.create_server(("127.0.0.1", 5001)) as server:
    for address in (("127.0.0.1", 5001), ("127.0.0.9", 81)):
        with socket.create_connection(address) as client, server.accept()[0] as served:
            client.sendall(b"a few bytes")
            print(f"connected to {address}, got {served.recv(100)!r}")
