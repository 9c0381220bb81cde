"""What everything passes around: records in, messages out, nodes and notes inside them.

Spans are half-open and absolute in the record's captured bytes. Times are integer nanoseconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort_right
from collections.abc import Iterator, Sequence
from typing import Final

from mypy_extensions import i64, mypyc_attr

from .notes import severity_of
from .text import Json, printable, show

GUESSED: Final = "guessed"
"""The code of the mark on a node that was read by what its bytes look like."""


@mypyc_attr(acyclic=True, free_list_len=1)
class Record:
    """One captured packet.

    number: 1-based position in the input, over all link types.
    time_ns: time of capture in ns since 1970-01-01 UTC; None in a pcapng simple packet block.
    interface: index into the capture's interfaces (of all its sections, in order of appearance).
    link_type: LINKTYPE_* number (253 netlink, 113 SLL, 276 SLL2 carry netlink).
    data: the captured bytes; wire_len: how long the packet was before it was cut.
    comments: pcapng comments of this packet, in order.
    """

    __slots__ = ("number", "time_ns", "interface", "link_type", "data", "wire_len", "comments")

    def __init__(
        self,
        number: int,
        time_ns: int | None,
        interface: int,
        link_type: int,
        data: bytes,
        wire_len: int,
        comments: tuple[str, ...] = (),
    ) -> None:
        self.number = number
        self.time_ns = time_ns
        self.interface = interface
        self.link_type = link_type
        self.data = data
        self.wire_len = wire_len
        self.comments = comments


class Process:
    """The process that a netlink port id belonged to, from a time on.

    by: ``self`` for the program that captured, ``socket`` where the socket was found among what
    the process had open, ``exec`` where the port id is the pid of a program whose start was seen.
    since_ns: in ns since 1970-01-01 UTC.
    """

    __slots__ = ("protocol", "port", "pid", "name", "by", "since_ns")

    def __init__(
        self, protocol: int, port: int, pid: int, name: str, by: str, since_ns: int
    ) -> None:
        self.protocol = protocol
        self.port = port
        self.pid = pid
        self.name = name
        self.by = by
        self.since_ns = since_ns

    @property
    def label(self) -> str:
        """The process for people, one word of safe text: ``ip[1234]``."""
        return f"{printable(self.name)}[{self.pid}]"


KNOWN_BY: Final = ("self", "socket", "exec")
"""How it can be known whose a port id is."""

_PROCESSES: Final = 65536
_NAME_BYTES: Final = 256


class Processes:
    """Whose the port ids of an interface's packets were; the first 65,536 entries, in the order in
    which they were added.
    """

    __slots__ = ("_entries", "_known", "_of_port")

    def __init__(self) -> None:
        self._entries: list[Process] = []
        self._known: set[tuple[int, int, int, str, str, int]] = set()
        self._of_port: dict[tuple[int, int], list[Process]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Process]:
        return iter(self._entries)

    def __getitem__(self, place: int) -> Process:
        return self._entries[place]

    def add(self, process: Process) -> None:
        """Takes an entry, its name up to 256 bytes; one that is there is not taken again."""
        if len(self._entries) >= _PROCESSES:
            return
        if len(process.name) > _NAME_BYTES // 4:
            name = process.name.encode("utf-8", "backslashreplace")[:_NAME_BYTES]
            process.name = name.decode("utf-8", "ignore")
        port = (process.protocol, process.port)
        entry = (*port, process.pid, process.name, process.by, process.since_ns)
        if entry in self._known:
            return
        self._known.add(entry)
        insort_right(self._of_port.setdefault(port, []), process, key=_since)
        self._entries.append(process)

    def of(self, protocol: int, port: int, time_ns: int | None) -> Process | None:
        """Whose the port was at a time; without a time, whose it was first."""
        of_port = self._of_port.get((protocol, port))
        if of_port is None:
            return None
        if time_ns is None:
            return of_port[0]
        place = bisect_right(of_port, time_ns, key=_since)
        return of_port[place - 1] if place else None


def _since(process: Process) -> int:
    return process.since_ns


class Interface:
    """Where records come from: a classic pcap file has one, a pcapng section any number.

    section: 0-based section of the file; link_type, snaplen as the file says.
    order_hint: the byte order of the file or section header, ``little`` or ``big``.
    tick_ns: the unit of its times in ns, 1 also where that is no whole number.
    processes: whose port ids the recorder knew. received, dropped: how many packets came, and how
    many of them it lost, None where it does not say.
    about: what else the file says of its section and of it, each ``name: words``.
    """

    __slots__ = (
        "section", "link_type", "snaplen", "name", "description", "order_hint", "tick_ns",
        "processes", "received", "dropped", "about",
    )  # fmt: skip

    def __init__(
        self,
        section: int,
        link_type: int,
        snaplen: int,
        name: str,
        description: str,
        order_hint: str,
        tick_ns: int = 1,
    ) -> None:
        self.section = section
        self.link_type = link_type
        self.snaplen = snaplen
        self.name = name
        self.description = description
        self.order_hint = order_hint
        self.tick_ns = tick_ns
        self.processes = Processes()
        self.received: int | None = None
        self.dropped: int | None = None
        self.about: tuple[str, ...] = ()


@mypyc_attr(acyclic=True)
class Note:
    """A remark on a message: a stable dotted code of the catalogue, a sentence, where.

    severity: the code's, one of notes.SEVERITIES.
    path: names from the layer down to the node, joined by dots.
    """

    __slots__ = ("severity", "code", "message", "path", "start", "end")

    def __init__(self, code: str, message: str, path: str, start: int, end: int) -> None:
        self.severity = severity_of(code)
        self.code = code
        self.message = message
        self.path = path
        self.start = start
        self.end = end


@mypyc_attr(acyclic=True)
class Node:
    """A named span.

    name: YNL name; c_name: the C constant or member, "" where there is none.
    kind: header, field, attr, nest, item, packet, padding or raw; raw alone means "not understood".
    value: as in the ``attrs`` object (nests: the object); display: the same for people, made from
    the value when it is asked for unless it was given.
    secret: the bytes are key material.
    """

    __slots__ = (
        "name",
        "c_name",
        "kind",
        "start",
        "end",
        "value",
        "_display",
        "children",
        "notes",
        "secret",
    )

    def __init__(
        self,
        name: str,
        c_name: str,
        kind: str,
        start: int,
        end: int,
        value: Json = None,
        display: str | None = None,
        children: list[Node] | None = None,
        secret: bool = False,
    ) -> None:
        self.name = name
        self.c_name = c_name
        self.kind = kind
        self.start = start
        self.end = end
        self.value = value
        self._display = display
        self.children: list[Node] = [] if children is None else children
        self.notes: list[Note] = []
        self.secret = secret

    @property
    def display(self) -> str:
        """The value for people, one line of safe text."""
        if self._display is None:
            self._display = show(self.value)
        return self._display

    @display.setter
    def display(self, text: str) -> None:
        self._display = text


def holds_secret(node: Node) -> bool:
    """Whether there is key material in a node, or it is some."""
    stack = [node]
    while stack:
        each = stack.pop()
        if each.secret:
            return True
        stack += each.children
    return False


Fact = tuple[tuple[str | int, ...], tuple[Json, ...] | None]
"""What was asked of what a capture teaches, and the answer."""


class Transaction:
    """A request with all that answers it, or a notification with its copies.

    number: counted from 1, in the order of the first messages.
    kind: request, notify, or orphan for answers whose request is not in the capture.
    record, message: the numbers of the first message's record and of itself.
    interface, protocol, type, flags, seq: of the first message; of an orphan's, its answer.
    port: port id of the socket that asked, 0 while nothing tells it.
    start_ns, first_ns, last_ns: times of the request, of its first answer and of the last so far;
    None while there is none, or where the capture has no times.
    answers: messages that answer, the one that ends it among them; parts: records that hold them.
    dump: whether it is one. copies: how often a notification was captured, 0 for a request.
    cause: number of the transaction whose request made the kernel notify, 0 if none did.
    state: open, done (acknowledged, or the answer is whole), failed.
    code: what the kernel ended it with: 0, a negative errno, or None while it has not.
    interrupted: a dump was inconsistent (NLM_F_DUMP_INTR); ambiguous: an answer may belong to
    another request. outcome: the same at the capture's end, where an earlier pass found it out.
    hold: what its follower keeps for it.
    """

    __slots__ = (
        "number", "kind", "record", "message", "interface", "protocol", "type", "flags", "seq",
        "port", "start_ns", "first_ns", "last_ns", "answers", "parts", "dump", "copies", "cause",
        "state", "code", "interrupted", "ambiguous", "outcome", "hold", "_reader", "_where",
    )  # fmt: skip

    def __init__(self, number: int, kind: str, record: Record, message: int) -> None:
        self.number = number
        self.kind = kind
        self.record = record.number
        self.message = message
        self.interface = record.interface
        self.protocol = -1
        self.type = 0
        self.flags = 0
        self.seq = 0
        self.port = 0
        self.start_ns = record.time_ns
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.answers = 0
        self.parts = 0
        self.dump = False
        self.copies = 0
        self.cause = 0
        self.state = "open"
        self.code: int | None = None
        self.interrupted = False
        self.ambiguous = False
        self.outcome: Transaction | None = None
        self.hold: object = None
        self._reader: Decode | None = None
        self._where: tuple[Record, int] | None = None

    def keep(self, reader: Decode, record: Record, start: int) -> None:
        """Remembers where the request stands."""
        self._reader = reader
        self._where = (record, start)

    def forget(self) -> None:
        """Lets go of the request's bytes."""
        self._where = None

    @property
    def where(self) -> tuple[Record, int] | None:
        """The record of the request and where it starts in it."""
        return self._where

    @property
    def source(self) -> Message | None:
        """The request, None where there is none."""
        where, reader = self.where, self._reader
        if where is None or reader is None:
            return None
        record, start = where
        return reader.request(record, start, self.message)


# Compiled, a tuple would be made anew each time.
DIRECTIONS: Final = ["unknown", "request", "reply", "notify"]


def direction_number(direction: str) -> i64:
    """Where a direction stands in ``DIRECTIONS``."""
    if direction == "reply":
        return 2
    if direction == "request":
        return 1
    return 3 if direction == "notify" else 0


class Follower:
    """Who finds out what belongs together, header by header.

    After ``see``: txn, direction, latency_ns and copy of that message; note: the code of a note
    on it, or "". alike: what is said of it holds as well for messages that follow in the same
    record and have these bytes behind their length, of which ``see_alike`` takes note; b"" if
    for none.
    """

    def __init__(self) -> None:
        self.txn: Transaction | None = None
        self.direction = "unknown"
        self.latency_ns: int | None = None
        self.copy = 0
        self.note = ""
        self.alike = b""

    def see(
        self, record: Record, number: int, protocol: int, order: str, start: int, end: int,
        type_: int, flags: int, seq: int, pid: int,
    ) -> None:  # fmt: skip
        """Takes the header of a message, data[start:end] of the record; number counts messages."""
        raise NotImplementedError

    def see_alike(self) -> None:
        """Takes a message like the last one."""
        raise NotImplementedError


class Decode:
    """How a message's parts are read when they are asked for."""

    def attrs(self, message: Message) -> dict[str, Json]:
        """The attributes as an object."""
        raise NotImplementedError

    def header(self, message: Message) -> dict[str, Json] | None:
        """The family header as an object."""
        raise NotImplementedError

    def error(self, message: Message) -> dict[str, Json] | None:
        """What an NLMSG_ERROR or NLMSG_DONE says."""
        raise NotImplementedError

    def layers(self, message: Message) -> list[Node]:
        """The tree; sets the message's ``noted``."""
        raise NotImplementedError

    def group(self, message: Message) -> str:
        """The multicast group of a notification."""
        raise NotImplementedError

    def process(self, message: Message) -> Process | None:
        """Whose the port id of a message is."""
        raise NotImplementedError

    def fact(
        self, message: Message, fact: str, key: tuple[str | int, ...]
    ) -> tuple[Json, ...] | None:
        """See ``Message.fact``."""
        raise NotImplementedError

    def lessons(self, message: Message) -> int:
        """See ``Message.lessons``."""
        raise NotImplementedError

    def steady(self, message: Message, facts: Sequence[Fact]) -> bool:
        """See ``Message.steady``."""
        raise NotImplementedError

    def request(self, record: Record, start: int, number: int) -> Message | None:
        """The message that starts there."""
        raise NotImplementedError

    def answered(self, txn: Transaction) -> int:
        """Whether requests of that kind get a message in return: 0 no, 1 maybe, 2 surely."""
        raise NotImplementedError


_NONE: Final[list[Node]] = []
_NO_NOTES: Final[list[Note]] = []


@mypyc_attr(acyclic=True, free_list_len=1)
class Message:
    """One nlmsg of a record, or what a record holds in place of one.

    start, end: its span in the record, clipped to the bytes that are there; length: what
    nlmsg_len claims. type: -1 where there is no nlmsghdr; the numbers are then 0.
    protocol: netlink protocol number, -1 if unknown. order: little or big.
    direction: request, reply, notify or unknown. family, operation: YNL names, "" if unknown;
    operation_c: the C constant. command, version: of the genlmsghdr, -1 if there is none.
    number: 1-based, counted over the input's messages.
    txn: the transaction that it belongs to, if it was looked for; latency_ns: time since the
    request that it answers; copy: 1 for the second capture of the same notification, and so on.
    first, last: whether the record's link header, and what follows the messages, belong to it.
    problems: notes about the chain of messages, known before anything is decoded.
    plan: how its bytes are laid out; sketch: the same object for messages whose names and layout
    are the same, or None. noted: the tree's nodes that carry notes, once it is made.
    """

    __slots__ = (
        "record",
        "index",
        "number",
        "txn",
        "latency_ns",
        "copy",
        "start",
        "end",
        "length",
        "type",
        "flags",
        "flag_class",
        "seq",
        "pid",
        "protocol",
        "order",
        "direction",
        "family",
        "operation",
        "operation_c",
        "command",
        "version",
        "first",
        "last",
        "body",
        "problems",
        "plan",
        "sketch",
        "noted",
        "_decode",
        "_attrs",
        "_layers",
        "_notes",
    )

    def __init__(
        self,
        decode: Decode,
        record: Record,
        index: int,
        protocol: int,
        order: str,
        start: int,
        end: int,
    ) -> None:
        self._decode = decode
        self.record = record
        self.index = index
        self.number = 0
        self.txn: Transaction | None = None
        self.latency_ns: int | None = None
        self.copy = 0
        self.protocol = protocol
        self.order = order
        self.start = start
        self.end = end
        self.length = 0
        self.type = -1
        self.flags = 0
        self.flag_class = ""
        self.seq = 0
        self.pid = 0
        self.direction = "unknown"
        self.family = ""
        self.operation = ""
        self.operation_c = ""
        self.command = -1
        self.version = -1
        self.first = index == 0
        self.last = False
        self.body = start
        self.problems = _NO_NOTES
        self.plan: object = None
        self.sketch: object = None
        self.noted: list[Node] = _NONE
        self._attrs: dict[str, Json] | None = None
        self._layers: list[Node] | None = None
        self._notes: list[Note] | None = None

    @property
    def attrs(self) -> dict[str, Json]:
        """The attributes by YNL name, in the shape of the kernel's own ynl tool."""
        if self._attrs is None:
            self._attrs = self._decode.attrs(self)
        return self._attrs

    @property
    def header(self) -> dict[str, Json] | None:
        """The family header's members, None where there is no such header."""
        return self._decode.header(self)

    @property
    def error(self) -> dict[str, Json] | None:
        """code, name, message, offset, attr, missing and policy of an NLMSG_ERROR or DONE."""
        return self._decode.error(self)

    @property
    def group(self) -> str:
        """The multicast group of a notification, "" for other messages and where none is known."""
        return self._decode.group(self)

    @property
    def process(self) -> Process | None:
        """Who asked, who is answered, or who caused a notification, as far as the recorder knew."""
        return self._decode.process(self)

    def fact(self, fact: str, *key: str | int) -> tuple[Json, ...] | None:
        """What the capture has taught about something, ``("link", ifindex)`` for one, until then.

        None where it told nothing; a part of what it told is None where that was left out.
        """
        return self._decode.fact(self, fact, key)

    @property
    def lessons(self) -> int:
        """How much the capture has taught: while it is the same, ``steady`` is."""
        return self._decode.lessons(self)

    def steady(self, facts: Sequence[Fact]) -> bool:
        """Whether the answers are the same at all times, for messages of its interface."""
        return self._decode.steady(self, facts)

    @property
    def layers(self) -> list[Node]:
        """The tree, outermost first: link, nlmsg, genlmsg, header, attrs or error, tail."""
        if self._layers is None:
            self._layers = self._decode.layers(self)
        return self._layers

    @property
    def notes(self) -> list[Note]:
        """All notes on the message, in the order of its bytes."""
        if self._notes is None:
            self.attrs  # noqa: B018
        if self._notes is None:
            if self._layers is None:
                self._notes = sorted(self.problems, key=_note_start)
            else:
                self._notes = place_notes(self._layers, self.noted)
        return self._notes

    @property
    def data(self) -> bytes:
        """The message's own bytes, without link header and padding."""
        return self.record.data[self.start : self.end]

    def get(self, path: str, default: Json = None) -> Json:
        """The value at a dotted path of names, ``header.dev-name``; ``default`` where none is.

        A path begins among the attributes or, where these have no such name, among the members of
        the family header. On a list, a number picks an element, and a name gives the list of what
        all elements have under it; elements that an array keeps under their index are entered.
        """
        parts = path.split(".")
        for root in (self.attrs, self.header):
            if root is not None and parts[0] in root:
                found = _value_at(root, parts)
                return default if found is None else found
        return default

    def find(self, name: str) -> list[Json]:
        """Values of all attributes of that name, at any depth, in the order of the bytes."""
        found: list[Json] = []
        for layer in self.layers:
            if layer.name == "attrs":
                _search(layer, name, found)
        return found

    def node(self, path: str) -> Node | None:
        """The first node at a dotted path, None where there is none.

        A path begins among the attributes, the members of the family header or, where neither
        have such a name, with a layer: ``nlmsg.nlmsg-seq``. A number picks one of the attributes
        that repeat, or else an item of the array.
        """
        parts = path.split(".")
        inner = [layer for layer in self.layers if layer.name in ("attrs", "header")]
        inner.sort(key=_is_header)
        for level in (*(layer.children for layer in inner), self.layers):
            nodes = [node for node in level if node.name == parts[0]]
            if nodes:
                return _node_at(nodes, parts[1:])
        return None

    @property
    def unremarked(self) -> bool:
        """Whether its attributes were read without a tree and without a remark."""
        return self._layers is None and len(self.notes) == len(self.problems)

    def remark(self, note: Note) -> None:
        """Takes a note that is known before anything is decoded."""
        if self.problems:
            self.problems.append(note)
        else:
            self.problems = [note]

    def keep_notes(self, notes: list[Note]) -> None:
        """Keeps all notes, its problems among them, which others of the same bytes have as well."""
        self._notes = notes

    def take_notes(self, notes: list[Note] = _NO_NOTES) -> None:
        """Keeps what reading the attributes without a tree had to remark."""
        if notes or self.problems:
            self._notes = sorted([*self.problems, *notes], key=_note_start)
        else:
            self._notes = notes


def _value_at(value: Json, parts: list[str]) -> Json:
    """What stands below a value, None where nothing does."""
    for at, part in enumerate(parts):
        if isinstance(value, dict):
            if part not in value and len(value) == 1 and next(iter(value)).isdecimal():
                value = next(iter(value.values()))
            if not isinstance(value, dict):
                return None
            value = value.get(part)
        elif not isinstance(value, list):
            return None
        elif part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            values: list[Json] = []
            for item in value:
                found = _value_at(item, parts[at:])
                if isinstance(found, list):
                    values += found
                elif found is not None:
                    values.append(found)
            return values or None
    return value


def _search(node: Node, name: str, found: list[Json]) -> None:
    for child in node.children:
        if child.name == name and child.kind in ("attr", "nest") and child.value is not None:
            found.append(child.value)
        if child.children:
            _search(child, name, found)


def _node_at(nodes: list[Node], parts: list[str]) -> Node | None:
    """The first node below some of one name."""
    for part in parts:
        below = [child for node in nodes for child in node.children]
        if part.isdecimal():
            if len(nodes) == 1:
                nodes = [child for child in below if child.kind == "item"]
            nodes = nodes[int(part) : int(part) + 1]
        else:
            named = [child for child in below if child.name == part]
            if not named:
                items = [child for child in below if child.kind in ("item", "header")]
                named = [child for item in items for child in item.children if child.name == part]
            nodes = named
    return nodes[0] if nodes else None


def _is_header(layer: Node) -> bool:
    return layer.name == "header"


def _note_start(note: Note) -> int:
    return note.start


def place_notes(layers: list[Node], nodes: list[Node]) -> list[Note]:
    """The notes of ``nodes``, each with the path of its node in the tree of ``layers``.

    Guesses are marks of their nodes alone and left out.
    """
    notes: list[Note] = []
    for node in sorted(nodes, key=_start):
        path = _path_of(layers, node)
        for note in node.notes:
            note.path = path
            if note.code != GUESSED:
                notes.append(note)
    return notes


def _start(node: Node) -> int:
    return node.start


def _path_of(layers: list[Node], node: Node) -> str:
    """Names from the layer down to a node."""
    names: list[str] = []
    level = layers
    while True:
        # Siblings stand in the order of their bytes.
        first = max(0, bisect_left(level, node.start, key=_start) - 1)
        for place in range(first, len(level)):
            child = level[place]
            if child is node:
                return ".".join([*names, child.name])
            if child.start <= node.start and node.end <= child.end and child.children:
                names.append(child.name)
                level = child.children
                break
        else:
            return ".".join([*names, node.name])
