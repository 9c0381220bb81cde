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

NLMSGHDR: Final = {"little": Struct("<IHHII"), "big": Struct(">IHHII")}
LENGTH: Final = {"little": Struct("<I"), "big": Struct(">I")}

_BE16: Final = Struct(">H")

NOT_NETLINK: Final = -1
SHORT_LINK: Final = -2


def link_protocol(link_type: int, data: bytes) -> int:
    """The netlink protocol number in a record's cooked header.

    NOT_NETLINK for a link type or ARPHRD of something else, SHORT_LINK if the header is cut.
    """
    if link_type == LINKTYPE_NETLINK:
        if len(data) < 16:
            return SHORT_LINK
        return (data[14] << 8) | data[15]
    if link_type == LINKTYPE_SLL:
        if len(data) < 16:
            return SHORT_LINK
        at, arphrd = 14, _BE16.unpack_from(data, 2)[0]
    elif link_type == LINKTYPE_SLL2:
        if len(data) < 20:
            return SHORT_LINK
        at, arphrd = 0, _BE16.unpack_from(data, 8)[0]
    else:
        return NOT_NETLINK
    if arphrd != ARPHRD_NETLINK:
        return NOT_NETLINK
    return int(_BE16.unpack_from(data, at)[0])


def link_header_size(link_type: int) -> int:
    """Bytes in front of the first nlmsghdr."""
    return 20 if link_type == LINKTYPE_SLL2 else 16
