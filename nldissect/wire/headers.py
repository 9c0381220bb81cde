"""Link headers, nlmsghdr, genlmsghdr and nlmsgerr: where they are and what numbers they hold."""

from __future__ import annotations

from struct import Struct
from typing import Final

from .consts import (
    ARPHRD_NETLINK,
    LINKTYPE_NETLINK,
    LINKTYPE_SLL,
    LINKTYPE_SLL2,
)
from .ints import u16

NLMSGHDR: Final = {"little": Struct("<IHHII"), "big": Struct(">IHHII")}
LENGTH: Final = {"little": Struct("<I"), "big": Struct(">I")}

NOT_NETLINK: Final = -1
SHORT_LINK: Final = -2


def link_protocol(link_type: int, data: bytes) -> int:
    """The netlink protocol number in a record's cooked header.

    NOT_NETLINK for a link type or ARPHRD of something else, SHORT_LINK if the header is cut.
    """
    if link_type == LINKTYPE_NETLINK:
        if len(data) < 16:
            return SHORT_LINK
        return u16(data, 14, True)
    if link_type == LINKTYPE_SLL:
        if len(data) < 16:
            return SHORT_LINK
        at, arphrd = 14, u16(data, 2, True)
    elif link_type == LINKTYPE_SLL2:
        if len(data) < 20:
            return SHORT_LINK
        at, arphrd = 0, u16(data, 8, True)
    else:
        return NOT_NETLINK
    if arphrd != ARPHRD_NETLINK:
        return NOT_NETLINK
    return u16(data, at, True)


def link_header_size(link_type: int) -> int:
    """Bytes in front of the first nlmsghdr."""
    return 20 if link_type == LINKTYPE_SLL2 else 16
