# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections of several protocols through connection tracking; one of them speaks some FTP."""

import socket
import threading
import time


def serve(server: socket.socket, answer: bytes) -> None:
    taken, _ = server.accept()
    taken.sendall(b"220 plants\r\n")
    taken.recv(100)
    taken.sendall(answer)
    time.sleep(0.3)
    taken.close()


for port, said, answer in (
    (2121, b"PORT 127,0,0,1,7,208\r\n", b"200 fine\r\n"),
    (2121, b"PASV\r\n", b"227 Entering Passive Mode (127,0,0,1,8,8)\r\n"),
    (5001, b"how warm is it?", b"21"),
):
    server = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=serve, args=(server, answer))
    thread.start()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.recv(100)
        client.sendall(said)
        print(client.recv(100))
    thread.join()
    server.close()
for kind, protocol in ((socket.SOCK_SEQPACKET, 132), (6, 33)):
    try:
        server = socket.socket(socket.AF_INET, kind, protocol)
        server.bind(("127.0.0.1", 6000))
        server.listen()
        client = socket.socket(socket.AF_INET, kind, protocol)
        client.settimeout(3)
        client.connect(("127.0.0.1", 6000))
        print("protocol", protocol, "is connected")
        time.sleep(0.2)
        client.close()
        server.close()
    except OSError as error:
        print("protocol", protocol, error.strerror)
datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
datagrams.sendto(b"how warm is it?", ("::1", 5002))
