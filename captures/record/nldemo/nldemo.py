#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of the nldemo family that uses nothing but a socket.

nldemo.py talk                  requests that succeed
nldemo.py refuse [--cap] [--no-ext]
                                requests that fail; with NETLINK_CAP_ACK, without NETLINK_EXT_ACK
nldemo.py dump                  dumps, one of them of a changing table
nldemo.py listen GROUP SECONDS [FAMILY]
                                prints what arrives for a multicast group
"""

import os
import socket
import struct
import sys
import time
from collections.abc import Iterator

NETLINK_GENERIC, SOL_NETLINK = 16, 270
ADD_MEMBERSHIP, CAP_ACK, EXT_ACK, STRICT_CHECK = 1, 10, 11, 12
NLM_F_REQUEST, NLM_F_ACK, NLM_F_ECHO, NLM_F_DUMP = 1, 4, 8, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3FFF

GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_FAMILY_ID, CTRL_FAMILY_NAME, CTRL_MCAST_GROUPS = 1, 2, 7
MCAST_GROUP_NAME, MCAST_GROUP_ID = 1, 2

SENSOR_GET, SENSOR_SET, RELAY_GET, RELAY_SET = 1, 2, 5, 6
ID, NAME, KIND, STATUS, VALUE, INTERVAL = 1, 2, 3, 4, 5, 6
LIMITS, SERIAL, MAC, ADDRESS, PORT = 12, 15, 16, 17, 18
LOW, HIGH = 1, 2
RELAY_POSITION, RELAY_MODE = 3, 4


def attr(kind: int, payload: bytes) -> bytes:
    return struct.pack("HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def nest(kind: int, *attrs: bytes) -> bytes:
    return attr(kind | NLA_F_NESTED, b"".join(attrs))


def u8(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("B", value))


def u16(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("H", value))


def u32(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("I", value))


def s32(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("i", value))


def string(kind: int, text: str) -> bytes:
    return attr(kind, text.encode() + b"\0")


def attrs(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        size, kind = struct.unpack_from("HH", data)
        yield kind & NLA_TYPE_MASK, data[4:size]
        data = data[size + 3 & ~3 :]


class Genl:
    """A generic netlink socket; `family` is the id that nlctrl gave for the name."""

    def __init__(
        self, name: str = "nldemo", *, ext_ack: bool = True, cap_ack: bool = False
    ) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.setsockopt(SOL_NETLINK, EXT_ACK, ext_ack)
        self.socket.setsockopt(SOL_NETLINK, CAP_ACK, cap_ack)
        self.socket.setsockopt(SOL_NETLINK, STRICT_CHECK, 1)
        self.socket.bind((0, 0))
        self.sequence = 1000
        self.version = 1
        self.family, self.groups = self.resolve(name)
        self.version = 2

    def resolve(self, name: str) -> tuple[int, dict[str, int]]:
        request = string(CTRL_FAMILY_NAME, name)
        [reply] = self.call(CTRL_CMD_GETFAMILY, request, family=GENL_ID_CTRL)
        found = dict(attrs(reply[20:]))
        groups = {}
        for _, group in attrs(found.get(CTRL_MCAST_GROUPS, b"")):
            entry = dict(attrs(group))
            title = entry[MCAST_GROUP_NAME].rstrip(b"\0").decode()
            groups[title] = struct.unpack("I", entry[MCAST_GROUP_ID])[0]
        return struct.unpack("H", found[CTRL_FAMILY_ID])[0], groups

    def send(self, command: int, body: bytes, flags: int, family: int) -> None:
        self.sequence += 1
        size, flags = 20 + len(body), flags | NLM_F_REQUEST
        header = struct.pack("IHHII", size, family, flags, self.sequence, 0)
        self.socket.send(header + struct.pack("BBH", command, self.version, 0) + body)

    def call(
        self, command: int, *body: bytes, flags: int = NLM_F_ACK, family: int | None = None
    ) -> Iterator[bytes]:
        """Yields the replies to a request; raises OSError where the kernel refuses it."""
        self.send(command, b"".join(body), flags, self.family if family is None else family)
        while True:
            for message in messages(self.socket.recv(4096)):
                kind = struct.unpack_from("H", message, 4)[0]
                if kind not in (NLMSG_ERROR, NLMSG_DONE):
                    yield message
                    continue
                error = struct.unpack_from("i", message, 16)[0]
                if error:
                    raise OSError(-error, os.strerror(-error))
                return


def messages(datagram: bytes) -> Iterator[bytes]:
    while len(datagram) >= 16:
        size = struct.unpack_from("I", datagram)[0]
        yield datagram[:size]
        datagram = datagram[size + 3 & ~3 :]


def attempt(genl: Genl, what: str, command: int, *body: bytes, **options: int) -> None:
    try:
        replies = list(genl.call(command, *body, **options))
        print(f"{what}: {len(replies)} replies")
    except OSError as error:
        print(f"{what}: {error.strerror}")


def talk() -> None:
    genl = Genl()
    print(f"nldemo has the id {genl.family} and the groups {genl.groups}")
    attempt(genl, "get sensor 3", SENSOR_GET, u32(ID, 3))
    attempt(
        genl,
        "set sensor 3",
        SENSOR_SET,
        u32(ID, 3),
        string(NAME, "lamp by door"),
        u16(INTERVAL, 500),
        nest(LIMITS, s32(LOW, -1000), s32(HIGH, 45000)),
        attr(MAC, bytes.fromhex("02005e100042")),
        attr(ADDRESS, socket.inet_aton("192.0.2.42")),
        attr(PORT, struct.pack(">H", 5042)),
    )
    attempt(genl, "set a short interval, with a warning", SENSOR_SET, u32(ID, 4), u16(INTERVAL, 20))
    attempt(genl, "get relay 2", RELAY_GET, u32(ID, 2))
    attempt(
        genl,
        "switch relay 2 on",
        RELAY_SET,
        u32(ID, 2),
        u8(RELAY_POSITION, 1),
        attr(RELAY_MODE, struct.pack("II", 2, 3)),
    )


def refuse(*, cap_ack: bool, ext_ack: bool) -> None:
    genl = Genl(cap_ack=cap_ack, ext_ack=ext_ack)
    some = u32(ID, 3)
    attempt(genl, "no id", SENSOR_GET)
    attempt(genl, "id of 2 bytes", SENSOR_GET, u16(ID, 3))
    attempt(genl, "id 0", SENSOR_GET, u32(ID, 0))
    attempt(genl, "id 4711", SENSOR_GET, u32(ID, 4711))
    attempt(genl, "name too long", SENSOR_SET, some, string(NAME, "a name of 25 characters.."))
    attempt(genl, "name without its NUL", SENSOR_SET, some, attr(NAME, b"lamp"))
    attempt(genl, "interval 5", SENSOR_SET, some, u16(INTERVAL, 5))
    attempt(genl, "status 0x10", SENSOR_SET, some, u32(STATUS, 0x10))
    attempt(genl, "mac of 4 bytes", SENSOR_SET, some, attr(MAC, b"\2\0\x5e\x10"))
    attempt(genl, "limits without high", SENSOR_SET, some, nest(LIMITS, s32(LOW, 0)))
    attempt(genl, "high limit 200000", SENSOR_SET, some, nest(LIMITS, s32(HIGH, 200000)))
    attempt(genl, "limits crossed", SENSOR_SET, some, nest(LIMITS, s32(LOW, 9), s32(HIGH, 1)))
    attempt(genl, "limits not marked nested", SENSOR_SET, some, attr(LIMITS, s32(LOW, 9)))
    attempt(genl, "an attribute that is not settable", SENSOR_SET, some, s32(VALUE, 1))
    attempt(genl, "an attribute that nobody knows", SENSOR_SET, some, u32(99, 1))
    attempt(genl, "attribute longer than the message", SENSOR_GET, struct.pack("HHI", 64, ID, 3))
    strange = attr(RELAY_MODE, struct.pack("II", 0, 0x80))
    attempt(genl, "mode with an unknown bit", RELAY_SET, u32(ID, 2), strange)
    attempt(genl, "a locked relay", RELAY_SET, u32(ID, 1), u8(RELAY_POSITION, 1))
    attempt(genl, "an unknown command", 42)
    attempt(genl, "a dump of what cannot be dumped", RELAY_SET, flags=NLM_F_DUMP)
    attempt(genl, "a dump that fails", SENSOR_GET, u8(KIND, 3), flags=NLM_F_DUMP)
    attempt(genl, "a family that is not there", 1, family=999)
    os.seteuid(65534)
    genl = Genl(cap_ack=cap_ack, ext_ack=ext_ack)
    attempt(genl, "set as nobody", SENSOR_SET, some, string(NAME, "x"))


def dump() -> None:
    genl = Genl()
    print(f"all sensors: {len(list(genl.call(SENSOR_GET, flags=NLM_F_DUMP)))} replies")
    attempt(genl, "sensors of soil moisture", SENSOR_GET, u8(KIND, 4), flags=NLM_F_DUMP)
    attempt(genl, "all relays", RELAY_GET, flags=NLM_F_DUMP)
    # The table changes between two parts; the kernel flags the first message after that.
    parts = genl.call(SENSOR_GET, flags=NLM_F_DUMP)
    next(parts)
    with open("/sys/kernel/nldemo/measure", "w") as measure:
        measure.write("1 19000")
    print(f"all sensors, one measuring meanwhile: {1 + len(list(parts))} replies")


def listen(group: str, seconds: float, family: str) -> None:
    genl = Genl(family)
    genl.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, genl.groups[group])
    print(f"pid {os.getpid()} listens to {family} {group}", flush=True)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        genl.socket.settimeout(left)
        try:
            datagram = genl.socket.recv(65536)
        except TimeoutError:
            break
        for message in messages(datagram):
            what = f"command {message[16]}, {len(message)} bytes"
            print(f"pid {os.getpid()} received {what}", flush=True)


def main(arguments: list[str]) -> None:
    match arguments:
        case ["talk"]:
            talk()
        case ["refuse", *options]:
            refuse(cap_ack="--cap" in options, ext_ack="--no-ext" not in options)
        case ["dump"]:
            dump()
        case ["listen", group, seconds, *family]:
            listen(group, float(seconds), *(family or ["nldemo"]))
        case _:
            sys.exit(__doc__)


main(sys.argv[1:])
