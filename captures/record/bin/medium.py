# SPDX-License-Identifier: GPL-2.0-or-later
"""Is the air between radios of mac80211_hwsim: hears frames, passes them on, acknowledges them."""

import socket
import struct
import time

GETFAMILY, FAMILY_ID, FAMILY_NAME = 3, 1, 2
REGISTER, FRAME, TX_INFO_FRAME = 1, 2, 3
RECEIVER, TRANSMITTER, DATA, FLAGS = 1, 2, 3, 4
RX_RATE, SIGNAL, TX_INFO, COOKIE, FREQUENCY = 5, 6, 7, 8, 19
ACKNOWLEDGED = 4


def attr(kind: int, payload: bytes) -> bytes:
    return struct.pack("HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def attrs(data: bytes) -> dict[int, bytes]:
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("HH", data)
        found[kind & 0x3FFF] = data[4:size]
        data = data[size + 3 & ~3 :]
    return found


def send(family: int, command: int, body: bytes, flags: int = 1) -> None:
    head = struct.pack("IHHII", 20 + len(body), family, flags, 1, 0)
    opened.send(head + struct.pack("BBH", command, 1, 0) + body)


opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
opened.bind((0, 0))
send(16, GETFAMILY, attr(FAMILY_NAME, b"MAC80211_HWSIM\0"))
family = struct.unpack("H", attrs(opened.recv(65536)[20:])[FAMILY_ID])[0]
send(family, REGISTER, b"", 5)
opened.recv(65536)
other = bytes.fromhex("420000000100")
end = time.monotonic() + 8
heard = 0
while (left := end - time.monotonic()) > 0 and heard < 40:
    opened.settimeout(left)
    try:
        message = opened.recv(65536)
    except TimeoutError:
        break
    kind = struct.unpack_from("H", message, 4)[0]
    if kind != family or message[16] != FRAME:
        continue
    heard += 1
    told = attrs(message[20:])
    sent = told[TX_INFO]
    send(family, TX_INFO_FRAME, b"".join((
        attr(TRANSMITTER, told[TRANSMITTER]),
        attr(FLAGS, struct.pack("I", struct.unpack("I", told[FLAGS])[0] | ACKNOWLEDGED)),
        attr(SIGNAL, struct.pack("i", -50)),
        attr(TX_INFO, sent),
        attr(COOKIE, told[COOKIE]),
    )))  # fmt: skip
    receiver = other if told[TRANSMITTER] != other else bytes.fromhex("420000000000")
    send(family, FRAME, b"".join((
        attr(RECEIVER, receiver),
        attr(DATA, told[DATA]),
        attr(RX_RATE, struct.pack("I", 0)),
        attr(SIGNAL, struct.pack("i", -50)),
        attr(FREQUENCY, told[FREQUENCY]),
    )))  # fmt: skip
print(f"{heard} frames in the air")
