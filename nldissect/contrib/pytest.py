"""What the netlink sockets of a program under test send and receive, decoded.

``pytest_plugins = ["nldissect.contrib.pytest"]`` in a conftest.py brings the fixture
``netlink_tap``; NetlinkTap works without it as well.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self

import pytest

from ..datagram import cooked, dissector, protocol_number, read
from ..model import Message, Record
from ..registry import Registry
from ..summary import Columns, Summarizer
from ..text import Json

__all__ = ["NetlinkTap", "netlink_tap"]

AF_NETLINK: Final = 16
_MSG_PEEK: Final = 2
_SENDS: Final = ("send", "sendall", "sendto", "sendmsg")
_RECEIVES: Final = ("recv", "recvfrom", "recvmsg", "recv_into", "recvfrom_into", "recvmsg_into")


class NetlinkTap:
    """Records datagrams, and decodes them when it is asked.

    As a context manager it hears all netlink sockets of the process that are Python's; ``wrap``
    hears one; ``add`` takes bytes from anywhere. families: names of generic ids, for what the
    sockets did not ask nlctrl themselves. registry: as for ``nldissect.open``; order: little or
    big where the bytes are not to decide. What is read with MSG_PEEK is left out.
    """

    def __init__(
        self,
        families: Mapping[int, str] | None = None,
        registry: Registry | None = None,
        order: str | None = None,
    ) -> None:
        self._families = families
        self._registry = registry
        self._order = order
        self._records: list[Record] = []
        self._sent: list[bool] = []
        self._decoded: list[tuple[bool, Message]] = []
        self._read = 0
        self._saved: dict[str, Any] = {}

    def add(self, data: bytes, protocol: str | int, *, sent: bool) -> None:
        """Takes a datagram that was sent or received. Raises UsageError for no such protocol."""
        number = len(self._records) + 1
        self._records.append(cooked(data, protocol_number(protocol), number, time.time_ns()))
        self._sent.append(sent)

    def clear(self) -> None:
        """Forgets the datagrams, but for what they told of families."""
        self._families = {**self._learned(), **(self._families or {})}
        self._records.clear()
        self._sent.clear()
        self._decoded.clear()
        self._read = 0

    def _learned(self) -> dict[int, str]:
        using = dissector(self._registry, self._families, self._order)
        using.survey(self._records)
        return {info.id: info.name for info in using.learned.families() if info.until is None}

    # The sockets

    def wrap(self, sock: socket.socket) -> Any:
        """The same socket, heard: calls that send or receive are recorded on their way."""
        return _Heard(self, sock)

    def __enter__(self) -> Self:
        for name in (*_SENDS, *_RECEIVES):
            self._saved[name] = socket.socket.__dict__.get(name)
            setattr(socket.socket, name, self._heard(name, getattr(socket.socket, name)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, own in self._saved.items():
            if own is None:
                delattr(socket.socket, name)
            else:
                setattr(socket.socket, name, own)
        self._saved.clear()

    def _heard(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def heard(sock: socket.socket, *args: Any, **options: Any) -> Any:
            result = call(sock, *args, **options)
            if sock.family == AF_NETLINK:
                self._hear(name, sock, args, options, result)
            return result

        return heard

    def _hear(
        self, name: str, sock: Any, args: tuple[Any, ...], options: dict[str, Any], result: Any
    ) -> None:
        """Takes what a call sent or received."""
        if name in _SENDS:
            if name == "sendmsg":
                data = b"".join([bytes(part) for part in args[0]])
            else:
                data = bytes(args[0])
            size = len(data) if result is None else result
            self.add(data[:size], sock.proto, sent=True)
            return
        place = 2 if name.startswith("recvmsg") or name.endswith("_into") else 1
        flags = options.get("flags", args[place] if len(args) > place else 0)
        if flags & _MSG_PEEK:
            return
        if name.endswith("_into"):
            given: Any = args[0] if args else options["buffer"]
            size = result if name == "recv_into" else result[0]
            buffers = given if name == "recvmsg_into" else [given]
            data = b"".join([bytes(part) for part in buffers])[:size]
        else:
            data = result if name == "recv" else result[0]
        self.add(data, sock.proto, sent=False)

    # What they said

    def _all(self) -> list[tuple[bool, Message]]:
        if self._read != len(self._records):
            using = dissector(self._registry, self._families, self._order)
            messages = read(self._records, using, track=True)
            self._decoded = [(self._sent[item.record.number - 1], item) for item in messages]
            self._read = len(self._records)
        return self._decoded

    @property
    def messages(self) -> list[Message]:
        """All messages, in order."""
        return [message for _, message in self._all()]

    @property
    def sent(self) -> list[Message]:
        """What the program sent."""
        return [message for sent, message in self._all() if sent]

    @property
    def received(self) -> list[Message]:
        """What the program received."""
        return [message for sent, message in self._all() if not sent]

    @property
    def requests(self) -> list[Message]:
        """What was sent to the kernel."""
        return [message for message in self.sent if message.direction == "request"]

    @property
    def replies(self) -> list[Message]:
        """Answers that were received: with data, acks, errors and ends of dumps."""
        return [message for message in self.received if message.direction == "reply"]

    @property
    def notifications(self) -> list[Message]:
        """What was received without being asked for."""
        return [message for message in self.received if message.direction == "notify"]

    def assert_sent(
        self,
        family: str | None = None,
        cmd: str | None = None,
        attrs: Mapping[str, Json] | None = None,
        **named: Json,
    ) -> Message:
        """The first message that was sent and is like this; AssertionError shows all if none is.

        cmd: the operation's YNL name or C constant. attrs: values by path as ``Message.get`` takes
        it, or by the name of an attribute at any depth. named: the same, with ``_`` for ``-``.
        """
        __tracebackhide__ = True
        return self._assert("sent", self.sent, family, cmd, attrs, named)

    def assert_received(
        self,
        family: str | None = None,
        cmd: str | None = None,
        attrs: Mapping[str, Json] | None = None,
        **named: Json,
    ) -> Message:
        """The first message that was received and is like this; as ``assert_sent``."""
        __tracebackhide__ = True
        return self._assert("received", self.received, family, cmd, attrs, named)

    def _assert(
        self,
        what: str,
        messages: list[Message],
        family: str | None,
        cmd: str | None,
        attrs: Mapping[str, Json] | None,
        named: Mapping[str, Json],
    ) -> Message:
        __tracebackhide__ = True
        wanted = {name.replace("_", "-"): value for name, value in named.items()}
        wanted.update(attrs or {})
        near: list[str] = []
        for message in messages:
            if family not in (None, message.family):
                continue
            if cmd not in (None, message.operation, message.operation_c):
                continue
            wrong = {path: _values(message, path) for path in wanted}
            wrong = {path: got for path, got in wrong.items() if wanted[path] not in got}
            if not wrong:
                return message
            for path, got in wrong.items():
                told = " or ".join([repr(value) for value in got]) or "not there"
                near.append(f"  message {message.number}: {path} is {told}")
        words = [word for word in (family, cmd) if word is not None]
        words += [f"{path}={value!r}" for path, value in wanted.items()]
        lines = [f"no message was {what} with {' '.join(words) or 'anything'}"]
        lines += near
        lines += [f"{what}:", self.describe(messages) or "  nothing"]
        raise AssertionError("\n".join(lines))

    def describe(self, messages: Iterable[Message] | None = None) -> str:
        """A line for each message, by default for all, and one for each note that warns."""
        lines = []
        summary, columns = Summarizer(dissector(self._registry).learned).summary, Columns()
        for message in self.messages if messages is None else messages:
            lines.append("  " + columns.line(message.number, "", summary(message)).strip())
            for note in message.notes:
                if note.severity in ("warn", "error"):
                    lines.append(f"    {note.severity}: {note.path}: {note.message}")
        return "\n".join(lines)


def _values(message: Message, path: str) -> list[Json]:
    """What a path or a name may mean in a message."""
    value = message.get(path)
    found: list[Json] = [] if value is None else [value]
    if isinstance(value, list):
        found += value
    elif value is None and "." not in path:
        found += message.find(path)
    return found


class _Heard:
    """A socket whose calls a tap hears; all else is the socket's own."""

    def __init__(self, tap: NetlinkTap, sock: socket.socket) -> None:
        self._tap = tap
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        own = getattr(self._sock, name)
        if name not in _SENDS and name not in _RECEIVES:
            return own

        def heard(*args: Any, **options: Any) -> Any:
            result = own(*args, **options)
            self._tap._hear(name, self._sock, args, options, result)
            return result

        return heard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._sock.close()


@pytest.fixture
def netlink_tap() -> Iterator[NetlinkTap]:
    """A tap that hears all netlink sockets of the process during a test."""
    with NetlinkTap() as tap:
        yield tap
