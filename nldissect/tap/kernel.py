"""Requests to the kernel: links of type nlmon, and what generic netlink families there are."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from typing import Final

from ..wire.attrs import iter_attrs
from ..wire.consts import (
    ARPHRD_NETLINK,
    GENL_HDRLEN,
    GENL_ID_CTRL,
    NETLINK_GENERIC,
    NETLINK_ROUTE,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
)
from ..wire.headers import NLMSGHDR

_RTM_NEWLINK: Final = 16
_RTM_DELLINK: Final = 17
_RTM_GETLINK: Final = 18
_RTM_SETLINK: Final = 19
_NLM_F_EXCL: Final = 0x200
_IFINFOMSG: Final = struct.Struct("=BxHiII")
_IFLA_IFNAME: Final = 3
_IFLA_LINKINFO: Final = 18
_IFLA_IFALIAS: Final = 20
_IFLA_INFO_KIND: Final = 1
_IFF_UP: Final = 1
_KIND: Final = b"nlmon\0"
_NAMES: Final = 1000

_GENLMSGHDR: Final = struct.Struct("=BBxx")
_CTRL_VERSION: Final = 2
_CTRL_CMD_GETFAMILY: Final = 3
_CTRL_CMD_GETPOLICY: Final = 10
_CTRL_ATTR_FAMILY_ID: Final = 1
_FAMILY_ID: Final = struct.Struct("=H")

_SOL_NETLINK: Final = 270
_NETLINK_ADD_MEMBERSHIP: Final = 1
_RECEIVE: Final = 1 << 17


class Asker:
    """A netlink socket for requests. All methods raise OSError.

    port: its port id, which its requests carry.
    """

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self._socket.bind((0, 0))
        self.port: int = self._socket.getsockname()[0]
        self._sequence = 0

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def ask(self, type_: int, flags: int, body: bytes) -> list[bytes]:
        """Sends a request and gives what the messages that answer it hold."""
        header = NLMSGHDR[sys.byteorder]
        self._sequence += 1
        length = NLMSG_HDRLEN + len(body)
        head = header.pack(length, type_, flags | NLM_F_REQUEST, self._sequence, self.port)
        self._socket.send(head + body)
        bodies: list[bytes] = []
        while True:
            data = self._socket.recv(_RECEIVE)
            at = 0
            while at + NLMSG_HDRLEN <= len(data):
                length, type_, _, sequence, _ = header.unpack_from(data, at)
                if sequence == self._sequence:
                    if type_ == NLMSG_ERROR:
                        code = struct.unpack_from("=i", data, at + NLMSG_HDRLEN)[0]
                        if code:
                            raise OSError(-code, os.strerror(-code))
                        return bodies
                    if type_ == NLMSG_DONE:
                        return bodies
                    bodies.append(data[at + NLMSG_HDRLEN : at + length])
                at += max(length + 3 & ~3, NLMSG_HDRLEN)


class Links(Asker):
    """Links of type nlmon. Those that are created carry an alias that tells by whom."""

    def __init__(self) -> None:
        super().__init__(NETLINK_ROUTE)

    def up(self) -> list[tuple[str, int, str]]:
        """Name, index and alias of the nlmon links that are up."""
        found: list[tuple[str, int, str]] = []
        for body in self.ask(_RTM_GETLINK, NLM_F_DUMP, _IFINFOMSG.pack(0, 0, 0, 0, 0)):
            _, hardware, index, flags, _ = _IFINFOMSG.unpack_from(body)
            if hardware == ARPHRD_NETLINK and flags & _IFF_UP:
                texts = _texts(body, _IFINFOMSG.size)
                found.append((texts.get(_IFLA_IFNAME, ""), index, texts.get(_IFLA_IFALIAS, "")))
        return [link for link in found if link[0]]

    def create(self, alias: str) -> tuple[str, int]:
        """Creates an nlmon link that is up; gives its name and index."""
        flags = NLM_F_ACK | NLM_F_CREATE | _NLM_F_EXCL
        head = _IFINFOMSG.pack(0, 0, 0, _IFF_UP, _IFF_UP)
        kind = _attr(_IFLA_LINKINFO, _attr(_IFLA_INFO_KIND, _KIND))
        for number in range(_NAMES):
            name = f"nlmon{number}"
            try:
                self.ask(_RTM_NEWLINK, flags, head + _attr(_IFLA_IFNAME, _string(name)) + kind)
            except FileExistsError:
                continue
            index = socket.if_nametoindex(name)
            self.mark(index, alias)
            return name, index
        raise FileExistsError(errno.EEXIST, f"all names from nlmon0 to nlmon{_NAMES - 1} are taken")

    def mark(self, index: int, alias: str) -> None:
        """Gives a link an alias."""
        body = _IFINFOMSG.pack(0, 0, index, 0, 0) + _attr(_IFLA_IFALIAS, alias.encode())
        self.ask(_RTM_SETLINK, NLM_F_ACK, body)

    def remove(self, index: int) -> None:
        """Removes a link, unless it is gone."""
        try:
            self.ask(_RTM_DELLINK, NLM_F_ACK, _IFINFOMSG.pack(0, 0, index, 0, 0))
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise


class Families(Asker):
    """What generic netlink families there are: asked so that a capture hears the answers."""

    def __init__(self) -> None:
        super().__init__(NETLINK_GENERIC)
        # Without a listener the kernel tells nobody of families that come and go.
        self._news = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self._news.bind((0, 0))
        self._news.setsockopt(_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, GENL_ID_CTRL)
        self._news.setblocking(False)

    def fileno(self) -> int:
        """Readable when families have come or gone."""
        return self._news.fileno()

    def forget(self) -> None:
        """Drops the news, which the capture has."""
        while True:
            try:
                self._news.recv(_RECEIVE)
            except BlockingIOError:
                return
            except OSError:
                # More came than there was room for.
                continue

    def close(self) -> None:
        """Closes both sockets."""
        self._news.close()
        super().close()

    def tell(self, policies: bool) -> None:
        """Asks for all families, and for the policies of each."""
        head = _GENLMSGHDR.pack(_CTRL_CMD_GETFAMILY, _CTRL_VERSION)
        ids = [
            attr
            for body in self.ask(GENL_ID_CTRL, NLM_F_DUMP, head)
            if (attr := _number(body, _CTRL_ATTR_FAMILY_ID))
        ]
        if not policies:
            return
        head = _GENLMSGHDR.pack(_CTRL_CMD_GETPOLICY, _CTRL_VERSION)
        for number in ids:
            try:
                id_ = _attr(_CTRL_ATTR_FAMILY_ID, _FAMILY_ID.pack(number))
                self.ask(GENL_ID_CTRL, NLM_F_DUMP, head + id_)
            except OSError:
                # A family may have no policy, or be gone by now.
                continue


def _attr(kind: int, value: bytes) -> bytes:
    head = struct.pack("=HH", 4 + len(value), kind)
    return head + value + bytes(-len(value) & 3)


def _string(text: str) -> bytes:
    return text.encode() + b"\0"


def _texts(body: bytes, at: int) -> dict[int, str]:
    """The strings among the attributes from there on, by number."""
    return {
        attr.kind: os.fsdecode(body[attr.start + 4 : attr.stop].rstrip(b"\0"))
        for attr in iter_attrs(body, at, len(body), sys.byteorder)
        if attr.kind in (_IFLA_IFNAME, _IFLA_IFALIAS) and not attr.problem
    }


def _number(body: bytes, kind: int) -> int:
    """The u16 attribute of that number in a generic netlink message, 0 if there is none."""
    for attr in iter_attrs(body, GENL_HDRLEN, len(body), sys.byteorder):
        if attr.kind == kind and attr.stop - attr.start == 6:
            value: int = _FAMILY_ID.unpack_from(body, attr.start + 4)[0]
            return value
    return 0
