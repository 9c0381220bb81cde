# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP connection long enough for the kernel to keep metrics of its peer."""

import socket
import threading

server = socket.create_server(("192.0.2.7", 5003))


def drain() -> None:
    served, _ = server.accept()
    while served.recv(65536):
        pass


drainer = threading.Thread(target=drain)
drainer.start()
with socket.create_connection(("192.0.2.7", 5003)) as client:
    for _ in range(200):
        client.sendall(bytes(20000))
drainer.join()
print("sent 4 MB")
