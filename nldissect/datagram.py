"""What netlink sockets send and receive, nlmsgs without a link header, to messages."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from struct import Struct
from typing import Final

from .dissect import Dissector
from .errors import UsageError
from .learn import Learned
from .model import Interface, Message, Record
from .registry import Registry
from .transact import Tracker
from .wire.consts import ARPHRD_NETLINK, LINKTYPE_NETLINK, PROTOCOLS

_COOKED: Final = Struct(">HHH8xH")
_PACKET_TYPE: Final = 4
_ORDERS: Final = (None, "little", "big")


@lru_cache(maxsize=1)
def shared_registry() -> Registry:
    """The families where nobody brings a registry: the built-in ones and those of plug-ins."""
    return Registry()


def protocol_number(protocol: str | int) -> int:
    """The number of a netlink protocol, given as that or by name; raises UsageError."""
    if isinstance(protocol, int):
        if 0 <= protocol <= 0xFFFF:
            return protocol
        raise UsageError(f"{protocol} is no number of a netlink protocol")
    for number, name in PROTOCOLS.items():
        if name == protocol:
            return number
    raise UsageError(f"no netlink protocol {protocol}; there are {', '.join(PROTOCOLS.values())}")


def cooked(data: bytes, protocol: int, number: int = 1, time_ns: int | None = None) -> Record:
    """A datagram as nlmon would record it, with its link header of 16 bytes in front."""
    header = _COOKED.pack(_PACKET_TYPE, ARPHRD_NETLINK, 0, protocol)
    data = header + data
    return Record(number, time_ns, 0, LINKTYPE_NETLINK, data, len(data))


def dissector(
    registry: Registry | None = None,
    families: Mapping[int, str] | None = None,
    order: str | None = None,
    *,
    learning: bool = False,
) -> Dissector:
    """A dissector for records of this machine. Raises UsageError for an order that is none."""
    if order not in _ORDERS:
        raise UsageError(f"byte order {order!r} is neither little nor big")
    interface = Interface(0, LINKTYPE_NETLINK, 0, "", "", sys.byteorder)
    known = registry or shared_registry()
    return Dissector(known, Learned(families), [interface], order=order, learning=learning)


def decode(
    data: bytes | bytearray | memoryview,
    protocol: str | int,
    *,
    families: Mapping[int, str] | None = None,
    registry: Registry | None = None,
    order: str | None = None,
) -> list[Message]:
    """The messages of one buffer, as a netlink socket sends or receives it.

    protocol: its number or name, ``route``, ``generic``, ``netfilter``. families: which generic
    family has which id, ``{0x15: "ethtool"}``; what nlctrl says in the buffer itself is learned.
    order: little or big, None to tell it from the bytes. Spans count from a link header of 16
    bytes in front of the data. Whatever the bytes are, they never raise: what is wrong with them
    is in the notes. Raises UsageError for a protocol or an order that does not exist.
    """
    record = cooked(bytes(data), protocol_number(protocol))
    return read([record], dissector(registry, families, order))


def read(records: Iterable[Record], using: Dissector, *, track: bool = False) -> list[Message]:
    """The messages of records, of which each may tell the families of the others.

    track: find out which messages answer which.
    """
    records = list(records)
    using.survey(records)
    using.start()
    using.tracker = Tracker(using) if track else None
    return [message for record in records for message in using.dissect(record)]
