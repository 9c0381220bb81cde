"""What kind of message something is, in words and as a display filter."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from ..model import Message
from ..wire.consts import (
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    NLMSG_NOOP,
    NLMSG_OVERRUN,
    PROTOCOLS,
)

_BARE: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_RESERVED: Final = frozenset(
    ("and", "or", "xor", "not", "in", "contains", "matches", "true", "false", "eq", "ne", "gt",
     "lt", "ge", "le", "any", "all")
)  # fmt: skip
_PLAIN: Final = re.compile(r'[^\x00-\x1f\x7f-\x9f"\\]*')
_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns"))

_CONTROL: Final = {
    NLMSG_NOOP: "noop",
    NLMSG_ERROR: "ack or error",
    NLMSG_DONE: "done",
    NLMSG_OVERRUN: "overrun",
}

Kind = tuple[int, str, str, int, int]
"""Protocol, family, operation; type and command are -1 where the operation has a name.

A generic family's messages have the type NLMSG_MIN_TYPE, whatever its id is at the time.
"""

OTHER: Final[Kind] = (-2, "", "", -1, -1)
"""Stands for all kinds for which there was no room."""


def kind_of(message: Message) -> Kind:
    """The kind of a message."""
    if message.operation:
        return (message.protocol, message.family, message.operation, -1, -1)
    type_ = message.type
    if type_ < NLMSG_MIN_TYPE:
        return (message.protocol, message.family, "", type_, -1)
    if message.family and message.protocol == NETLINK_GENERIC:
        type_ = NLMSG_MIN_TYPE
    return (message.protocol, message.family, "", type_, message.command)


def protocol_name(kind: Kind) -> str:
    """The protocol as rows name it."""
    if kind == OTHER:
        return "other"
    return "unknown" if kind[0] < 0 else PROTOCOLS.get(kind[0], str(kind[0]))


def family_name(kind: Kind) -> str:
    """The family, or what stands in its place."""
    protocol, family, operation, type_, _ = kind
    if family:
        return family
    if kind == OTHER:
        return "other"
    if operation or type_ >= NLMSG_MIN_TYPE:
        return f"id {type_:#x}" if protocol == NETLINK_GENERIC else "undescribed"
    return "no message" if type_ < 0 else "control"


def operation_name(kind: Kind) -> str:
    """The operation, or the numbers that stand in its place."""
    protocol, _, operation, type_, command = kind
    if operation:
        return operation
    if kind == OTHER:
        return "other"
    if type_ < 0:
        return "no message"
    if type_ < NLMSG_MIN_TYPE:
        return _CONTROL.get(type_, f"type {type_}")
    if protocol == NETLINK_GENERIC:
        return "no command" if command < 0 else f"command {command}"
    if protocol == NETLINK_NETFILTER:
        return f"subsystem {type_ >> 8} type {type_ & 0xFF}"
    return f"type {type_}"


# Filters


def word(text: str) -> str:
    """Text as a filter's value: bare where that is one word, else in quotes."""
    if _BARE.fullmatch(text) and text not in _RESERVED:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """Text as a filter's string."""
    if not _PLAIN.fullmatch(text):
        text = text.replace("\\", "\\\\").replace('"', '\\"')
        text = re.sub(r"[\x00-\x1f\x7f-\x9f]", _escape, text)
    return f'"{text}"'


def _escape(match: re.Match[str]) -> str:
    return f"\\x{ord(match.group()):02x}"


def both(*terms: str | None) -> str | None:
    """All of some filters at once; None if one of them cannot be said."""
    said = [term for term in terms if term is not None]
    return " && ".join(term for term in said if term) if len(said) == len(terms) else None


def is_or_absent(field: str, value: str) -> str:
    """A field with that text, or without any where it is empty."""
    return f"{field} == {quoted(value)}" if value else f"!{field}"


def of_protocol(kind: Kind, prefix: str = "") -> str | None:
    """Selects the messages of a kind's protocol; prefix: ``request.`` for those that answer it."""
    if kind == OTHER:
        return None
    protocol = kind[0]
    if protocol < 0:
        return f"!{prefix}proto"
    name = PROTOCOLS.get(protocol)
    return f"{prefix}proto == {protocol if name is None else word(name)}"


def of_family(kind: Kind, prefix: str = "") -> str | None:
    """Selects the messages of a kind's family."""
    protocol, family, operation, type_, _ = kind
    if family:
        return f"{prefix}family == {word(family)}"
    none = both(of_protocol(kind, prefix), f"!{prefix}family")
    if operation:
        return none
    if type_ < 0:
        return both(of_protocol(kind, prefix), f"!{prefix}nlmsg.type")
    if type_ < NLMSG_MIN_TYPE:
        return both(none, f"{prefix}nlmsg.type < {NLMSG_MIN_TYPE}")
    if protocol == NETLINK_GENERIC:
        return both(none, f"{prefix}nlmsg.type == {type_}")
    return both(none, f"{prefix}nlmsg.type >= {NLMSG_MIN_TYPE}")


def of_kind(kind: Kind, prefix: str = "") -> str | None:
    """Selects the messages of a kind."""
    protocol, family, operation, type_, command = kind
    of = of_family(kind, prefix)
    if operation:
        return both(of, f"{prefix}cmd == {word(operation)}")
    if type_ < 0:
        return of
    generic = protocol == NETLINK_GENERIC and type_ >= NLMSG_MIN_TYPE
    if family:
        sign = ">=" if generic else "=="
        of = both(of, f"!{prefix}cmd", f"{prefix}nlmsg.type {sign} {type_}")
    elif not generic:
        of = both(of_protocol(kind, prefix), f"!{prefix}family", f"{prefix}nlmsg.type == {type_}")
    if generic:
        none = f"!{prefix}genlmsg.cmd"
        of = both(of, none if command < 0 else f"{prefix}genlmsg.cmd == {command}")
    return of


def levels(kind: Kind) -> list[tuple[tuple[str, ...], str | None]]:
    """The places of a kind in the tree of protocols, families and operations, from the root.

    Each with what selects its messages.
    """
    path = (protocol_name(kind), family_name(kind), operation_name(kind))
    return [
        ((), ""),
        (path[:1], of_protocol(kind)),
        (path[:2], of_family(kind)),
        (path, of_kind(kind)),
    ]


def within(start_ns: int, end_ns: int) -> str:
    """Selects the messages of a span of time, its end not among it."""
    return f"time >= {moment(start_ns)} && time < {moment(end_ns)}"


def duration(value_ns: int) -> str:
    """A duration as a filter has it, exact."""
    for size, unit in _UNITS:
        if value_ns and not value_ns % size:
            return f"{value_ns // size}{unit}"
    return "0s"


def moment(time_ns: int) -> str:
    """A time as a filter has it, exact."""
    second, rest = divmod(time_ns, 1_000_000_000)
    try:
        text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(time_ns)
    return f'"{text}.{rest:09d}Z"'
