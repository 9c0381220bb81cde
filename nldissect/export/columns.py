"""The columns of tables: what they are asked for, and the ones that stand without being asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.json import Encoder

from ..dissect import flag_names
from ..model import Interface, Message
from ..text import Json, printable
from ..wire.consts import PROTOCOLS

_ENCODE = Encoder().encode


class Column(Protocol):
    """What tables need of a column; the filter's fields have it.

    kind: bool, uint, sint, string, bytes, ipv4-or-v6, mac, enum, flags, time, duration, object or
    any (nothing is known beforehand).
    Values are spelled as in ndjson: times and durations in ns, bytes as hex, flags as the list of
    their names. repeated: a message may have more than one value.
    """

    @property
    def name(self) -> str:
        """The column's heading."""

    @property
    def kind(self) -> str:
        """The type of its values."""

    @property
    def repeated(self) -> bool:
        """Whether there may be more than one."""

    def values(self, message: Message) -> list[Json]:
        """The values in the order of the message's bytes; empty if there is none."""


class Default:
    """A column that stands without being asked for; ``read`` gives None where nothing is."""

    repeated = False

    def __init__(self, name: str, kind: str, read: Callable[[Message], Json]) -> None:
        self.name = name
        self.kind = kind
        self._read = read

    def values(self, message: Message) -> list[Json]:
        """The value, if there is one."""
        value = self._read(message)
        return [] if value is None else [value]


class Origin:
    """The input that is being read: its interfaces, and its name where that is to be told."""

    def __init__(self, interfaces: Sequence[Interface], file: str = "") -> None:
        self.begin(interfaces, file)

    def begin(self, interfaces: Sequence[Interface], file: str) -> None:
        """Another input's messages follow."""
        self.interfaces = interfaces
        self.file = file

    def interface(self, message: Message) -> str:
        """The name of the interface that a message came from, "" if it has none."""
        index = message.record.interface
        return self.interfaces[index].name if index < len(self.interfaces) else ""


def default_columns(origin: Origin) -> list[Column]:
    """The fixed columns.

    file (where there are several inputs), n, frame, time, iface, proto, dir, family, cmd, then
    nlmsg_type, nlmsg_flags, nlmsg_seq, nlmsg_pid and nlmsg_len, txn, latency_ns, then error_code,
    error_name and error_message of an NLMSG_ERROR or DONE, and the objects header and attrs.
    """

    return [
        Default("file", "string", lambda message: origin.file or None),
        Default("n", "uint", lambda message: message.number),
        Default("frame", "uint", lambda message: message.record.number),
        Default("time", "time", lambda message: message.record.time_ns),
        Default("iface", "string", lambda message: origin.interface(message) or None),
        Default("proto", "enum", _protocol),
        Default("dir", "enum", lambda message: message.direction),
        Default("family", "string", lambda message: message.family or None),
        Default("cmd", "string", lambda message: message.operation or None),
        Default("nlmsg_type", "uint", _of_header(lambda message: message.type)),
        Default("nlmsg_flags", "flags", _of_header(_flags)),
        Default("nlmsg_seq", "uint", _of_header(lambda message: message.seq)),
        Default("nlmsg_pid", "uint", _of_header(lambda message: message.pid)),
        Default("nlmsg_len", "uint", _of_header(lambda message: message.length)),
        Default("txn", "uint", lambda message: message.txn.number if message.txn else None),
        Default("latency_ns", "duration", lambda message: message.latency_ns),
        Default("error_code", "sint", _of_error("code")),
        Default("error_name", "enum", _of_error("name")),
        Default("error_message", "string", _of_error("message")),
        Default("header", "object", _header),
        Default("attrs", "object", lambda message: message.attrs),
    ]


def _protocol(message: Message) -> Json:
    number = message.protocol
    return None if number < 0 else PROTOCOLS.get(number, str(number))


def _header(message: Message) -> Json:
    return message.header


def _flags(message: Message) -> Json:
    return list(flag_names(message.flags, message.flag_class))


def _of_header(read: Callable[[Message], Json]) -> Callable[[Message], Json]:
    """Nothing where there is no nlmsghdr."""
    return lambda message: None if message.type < 0 else read(message)


def _of_error(name: str) -> Callable[[Message], Json]:
    def read(message: Message) -> Json:
        error = message.error
        return None if error is None else error[name]

    return read


def json_text(value: Json) -> str:
    """A value as JSON in which unsafe characters are escaped the way that JSON has."""
    text = _ENCODE(value).decode()
    if text.isprintable():
        return text
    return "".join(c if printable(c) == c else f"\\u{ord(c):04x}" for c in text)
