"""Messages as indented text for people, optionally with the bytes.

Attributes are written straight from their bytes; what is out of the ordinary goes through nodes.
Equal bytes of one attribute set at one depth give equal text, which is kept for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

from ..clock import Dates
from ..digits import write_number
from ..dissect import Plan, Verdict, flag_names
from ..learn import Learned
from ..memo import Bodies, Kinds
from ..model import Fact, Interface, Message, Node, Note
from ..spec.types import Irregular, Scope
from ..summary import About, Titles
from ..text import Json, encoded, printable
from ..wire.consts import (
    CONTROL_TYPES,
    NETLINK_GENERIC,
    NLA_HDRLEN,
    NLMSG_HDRLEN,
    NLMSG_MIN_TYPE,
    PROTOCOLS,
)
from ..wire.ints import u32
from .lines import DIM, INDENT, RESET, Lines, Style, secret_text, shown
from .straight import KEEP_BYTES, KeptBody
from .writer import Writer as Base

_MOST: Final = 4096
_CUT: Final = "\0"
"""What no text that is shown has in it."""

_SEVERITIES: Final = {"chat": "2", "note": "36", "warn": "33", "error": "31"}


class _Body(KeptBody):
    """What stands behind the headers' lines; about: what that is about, once it is known."""

    __slots__ = ("about",)

    def __init__(self, text: bytes, size: int, facts: Sequence[Fact]) -> None:
        super().__init__(text, size, facts)
        self.about: About | None = None


class _Head:
    """Of messages of one kind: what stands behind their length, and the line of the genlmsghdr."""

    __slots__ = ("text", "genlmsg")

    def __init__(self, text: bytes, genlmsg: bytes) -> None:
        self.text = text
        self.genlmsg = genlmsg


class _Result:
    """The lines of an ack, an error or a DONE, cut where the numbers of the request stand."""

    __slots__ = ("error", "parts")

    def __init__(self, error: dict[str, Json] | None, parts: list[bytes]) -> None:
        self.error = error
        self.parts = parts


class Writer(Base):
    """Writes messages as text: a title, the headers in a line each, then a line per attribute.

    write: takes bytes. titles: the first lines of messages, by default with their dates.
    verbose: everything, with spans, attribute headers and padding. hexdump: the bytes as well.
    secrets: show key material. tree: False leaves title and bytes. straight: False reads every
    attribute into nodes first and keeps no text, which gives the same.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        interfaces: Sequence[Interface],
        *,
        titles: Titles | None = None,
        verbose: bool = False,
        hexdump: bool = False,
        color: bool = False,
        secrets: bool = False,
        tree: bool = True,
        straight: bool = True,
    ) -> None:
        super().__init__(write)
        self._interfaces = interfaces
        self.titles = titles or Titles(Learned())
        self._verbose = verbose
        self._hexdump = hexdump
        self._tree = tree
        self._straight = straight
        self._color = color
        self._dim, self._reset = (DIM, RESET) if color else ("", "")
        self._style = Style(color, secrets)
        self._lines = Lines(self._style, self._nodes)
        self._dates = Dates()
        self._heads: Kinds[_Head] = Kinds()
        # The last record's interface and protocol, and what is said of them.
        self._origin: i64 = -1
        self._source = self._carrier = b""
        self._bodies: Bodies[_Body] = Bodies(self._lines.budget)
        self._results: dict[object, _Result] = {}
        self._remarked: dict[tuple[str, str], bytes] = {}

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow; ``titles`` may be set anew."""
        self._interfaces = interfaces
        self._origin = -1

    def message(self, message: Message) -> None:
        """Writes a message."""
        out = self.out
        if not self._tree:
            self._top(out, message, None)
        elif self._verbose:
            self._top(out, message, None)
            lines: list[str] = []
            for layer in message.layers:
                self._all(lines, layer, INDENT)
            _put(out, lines)
        elif _usual(message):
            self._plain(out, message)
        else:
            self._top(out, message, None)
            self._unusual(out, message)
        if self._hexdump:
            self._hex(out, message)
        if self._tree or self._hexdump:
            out.write(b"\n")
        self.end()

    # Headers

    def _top(self, out: BytesWriter, message: Message, about: About | None) -> About | None:
        """The title, and the line of the record above its first message; gives what it is about."""
        about = self.titles.write(out, message, about)
        out.write(b"\n")
        if message.first and self._tree:
            self._record(out, message)
        return about

    def _record(self, out: BytesWriter, message: Message) -> None:
        record = message.record
        key: i64 = record.interface << 32 | message.protocol + 1
        if key != self._origin:
            self._origin = key
            self._source, self._carrier = self._origin_of(message)
        out.write(b"  record ")
        write_number(out, record.number)
        out.write(b": ")
        size = len(record.data)
        write_number(out, size)
        out.write(b" bytes")
        if record.wire_len > size:
            out.write(b" of ")
            write_number(out, record.wire_len)
        out.write(self._source)
        if record.time_ns is not None:
            out.write(b", at ")
            self._dates.write(out, record.time_ns)
        out.write(self._carrier)
        for comment in record.comments:
            out.write(encoded(f"{INDENT}comment: {printable(comment)}\n"))

    def _origin_of(self, message: Message) -> tuple[bytes, bytes]:
        """What the line of a record says of its interface and of its protocol."""
        source, carrier = b"", b"\n"
        interface, protocol = message.record.interface, message.protocol
        if interface < len(self._interfaces):
            name = self._interfaces[interface].name
            source = encoded(f", on {printable(name)}") if name else b""
        if protocol >= 0:
            carrier = f", netlink {PROTOCOLS.get(protocol, 'protocol')} ({protocol})\n".encode()
        return source, carrier

    def _nlmsg(self, out: BytesWriter, message: Message) -> _Head:
        """The line of the nlmsghdr."""
        key = message.flags << 9 | message.version + 1
        head = self._heads.get(message, key)
        if head is None:
            head = self._heads.put(message, key, _head_of(message))
        out.write(b"  nlmsg: len ")
        write_number(out, message.length)
        out.write(head.text)
        write_number(out, message.seq)
        out.write(b", pid ")
        write_number(out, message.pid)
        out.write(b"\n")
        return head

    def _plain(self, out: BytesWriter, message: Message) -> None:
        """A message whose headers are as they should be: its body may be kept."""
        plan = message.plan
        assert isinstance(plan, Plan)
        if plan.header_at < message.end:
            body = self._kept_body(message, plan)
            body.about = self._top(out, message, body.about)
            text = body.text
        else:
            self._top(out, message, None)
            text = b""
        head = self._nlmsg(out, message)
        if message.problems:
            self._remarks_on(out, message.problems)
        out.write(head.genlmsg)
        out.write(text)

    def _unusual(self, out: BytesWriter, message: Message) -> None:
        """The lines of the layers where something is special about one of the headers."""
        lines: list[str] = []
        if message.type < 0:
            self._nodes(lines, message.layers, INDENT)
            _put(out, lines)
            return
        self._nlmsg(out, message)
        verdict = message.sketch
        if self._straight and isinstance(verdict, Verdict):
            self._result(out, message, verdict)
            return
        if _odd(message):
            for layer in message.layers:
                if layer.name in ("link", "nlmsg"):
                    self._notes(lines, layer, INDENT)
        elif message.problems:
            self._remarks(lines, message.problems, INDENT)
        rest = [layer for layer in message.layers if layer.name not in ("link", "nlmsg")]
        self._nodes(lines, rest, INDENT)
        _put(out, lines)

    def _remarks_on(self, out: BytesWriter, notes: Sequence[Note]) -> None:
        """The lines of notes on the headers, of which many messages have the same."""
        for note in notes:
            key = (note.code, note.message)
            line = self._remarked.get(key)
            if line is None:
                lines: list[str] = []
                self._remarks(lines, [note], INDENT)
                line = encoded("".join(lines))
                if len(self._remarked) >= _MOST:
                    self._remarked.clear()
                self._remarked[key] = line
            out.write(line)

    def _kept_body(self, message: Message, plan: Plan) -> _Body:
        """The lines of the body; equal bytes under equal tables give the same."""
        data = message.record.data
        walk = self._lines.walk
        size = message.end - plan.header_at
        if self._straight and size <= KEEP_BYTES and message.record.wire_len <= len(data):
            memo = self._bodies.of(message, plan)
            if not memo.rests():
                raw = data[plan.header_at : message.end]
                known = memo.get(raw)
                if known is not None and known.stands(message):
                    return known
                walk.about(message)
                if known is None or not walk.holds(known):
                    known = _Body(self._body(message, plan), size, walk.asked)
                    memo.put(raw, known)
                return known
        walk.about(message)
        return _Body(self._body(message, plan), size, ())

    def _body(self, message: Message, plan: Plan) -> bytes:
        """The family header and the attributes."""
        out: list[str] = []
        data = message.record.data
        end = message.end
        header_size = plan.header_end - plan.header_at
        if header_size:
            try:
                if plan.header is None or header_size != plan.header.size:
                    raise Irregular
                if plan.attrs_at != plan.header_end:
                    raise Irregular
                out.append(f"{INDENT}header: {plan.header.name.replace('-', '_')}\n")
                self._lines.members(plan.header, INDENT * 2).write(out, data, plan.header_at)
            except Irregular:
                out.clear()
                layers = [layer for layer in message.layers if layer.name == "header"]
                self._nodes(out, layers, INDENT)
        if plan.attrs_at < end:
            if plan.set is None:
                self._nodes(out, message.layers[-1:], INDENT)
            else:
                out.append(f"{INDENT}attrs:\n")
                begin = len(out)
                try:
                    if not self._straight:
                        raise Irregular
                    self._lines.write_run(out, plan.set, 2, data, plan.attrs_at, end, None)
                except Irregular:
                    del out[begin:]
                    nodes: list[Node] = []
                    around = Scope(self._lines.header(), None)
                    plan.set.fill(nodes, data, plan.attrs_at, end, around, self._lines.walk)
                    self._nodes(out, nodes, INDENT * 2)
        return encoded("".join(out))

    def _result(self, out: BytesWriter, message: Message, verdict: Verdict) -> None:
        """The lines of an ack, an error or a DONE; they differ in the numbers of the request."""
        error = message.error
        if message.problems:
            heads = [note for note in message.problems if note.path == "nlmsg"]
            if heads:
                self._remarks_on(out, heads)
        known = self._results.get(verdict)
        shared = verdict.more(message) is not None
        if known is None or known.error is not error or not shared:
            known = _Result(error, self._result_parts(message))
            if shared:
                # Reading the tree may have found other words.
                known.error = message.error
                if len(self._results) >= _MOST:
                    self._results.clear()
                self._results[verdict] = known
        parts = known.parts
        out.write(parts[0])
        if len(parts) > 1:
            big = message.order == "big"
            at = message.body + 4 + NLMSG_HDRLEN
            data = message.record.data
            write_number(out, u32(data, at - 8, big))
            out.write(parts[1])
            write_number(out, u32(data, at - 4, big))
            out.write(parts[2])

    def _result_parts(self, message: Message) -> list[bytes]:
        """The lines, cut where the sequence number and the port id of the request stand."""
        layers = message.layers
        lines: list[str] = []
        numbers: list[Node] = []
        for layer in layers:
            for request in layer.children:
                if request.name == "request" and request.children:
                    numbers = request.children[0].children[3:5]
        shown_before = [node.display for node in numbers]
        for node in numbers:
            node.display = _CUT
        rest = [layer for layer in layers if layer.name not in ("link", "nlmsg")]
        self._nodes(lines, rest, INDENT)
        for node, display in zip(numbers, shown_before):
            node.display = display
        return [encoded(part) for part in "".join(lines).split(_CUT)]

    # Nodes

    def _nodes(self, out: list[str], nodes: list[Node], indent: str) -> None:
        """The lines of nodes; attribute headers and zero padding are left out."""
        for node in nodes:
            kind = node.kind
            if kind == "padding":
                if node.notes or (node.display and not node.display.endswith(" zero bytes")):
                    out.append(f"{indent}{node.name}: {node.display}\n")
                    self._notes(out, node, indent)
                continue
            if node.name in ("nlmsg", "genlmsg", "link") and kind == "header":
                self._header_line(out, node, indent)
                continue
            if node.name in ("nla-len", "nla-type") and kind == "field":
                continue
            children = node.children
            guessed = ""
            for note in node.notes:
                if note.code == "guessed":
                    guessed = " (guessed)"
            if node.secret and not self._style.secrets and kind in ("attr", "field", "item"):
                left = NLA_HDRLEN if kind != "field" else 0
                display = secret_text(max(0, node.end - node.start - left))
                out.append(self._style.line(indent, node.name, display, _c_name(node)))
                self._notes(out, node, indent)
                continue
            inner = [child for child in children if not _told(child, node)]
            told = len(inner) == 1 and _is_level(inner[0])
            while len(inner) == 1 and _is_level(inner[0]):
                inner = [child for child in inner[0].children if not _told(child, inner[0])]
            if kind == "attr" and node.value is None and not inner and not node.notes:
                continue
            display = node.display
            if kind == "header" and node.name == "header":
                display = node.c_name or node.display
            elif _is_level(node) or told:
                pass
            elif inner and kind in ("nest", "attr", "field", "item"):
                # The members follow.
                display = display if display.endswith((" item", " items")) else ""
            elif not display and kind in ("nest", "attr", "item", "field"):
                display = shown(node.value if node.value == [] else "")
            if kind == "header" and node.name == "header" and not node.c_name and indent != INDENT:
                self._nodes(out, inner, indent)
                self._notes(out, node, indent)
                continue
            out.append(self._style.line(indent, node.name, display + guessed, _c_name(node)))
            self._notes(out, node, indent)
            if inner:
                self._nodes(out, inner, indent + INDENT)

    def _header_line(self, out: list[str], node: Node, indent: str) -> None:
        """A header whose members fit into one line."""
        words = []
        for child in node.children:
            if child.kind == "field" and child.name != "reserved":
                name = child.name.removeprefix("nlmsg-")
                words.append(f"{name} {child.display}")
            elif child.kind != "field":
                words.append(f"{child.name} {child.display}")
        out.append(f"{indent}{node.name}: {', '.join(words)}\n")
        self._notes(out, node, indent)

    def _notes(self, out: list[str], node: Node, indent: str) -> None:
        if node.notes:
            self._remarks(out, node.notes, indent)

    def _remarks(self, out: list[str], notes: Sequence[Note], indent: str) -> None:
        for note in notes:
            if note.code == "guessed":
                continue
            line = f"! {note.severity} {note.code}: {printable(note.message)}"
            if self._color:
                line = f"\x1b[{_SEVERITIES[note.severity]}m{line}{RESET}"
            out.append(f"{indent}{INDENT}{line}\n")

    def _all(self, out: list[str], node: Node, indent: str) -> None:
        """A node and all below it, with spans."""
        display = node.display
        if node.secret and not self._style.secrets:
            display = secret_text(node.end - node.start)
        elif node.children and isinstance(node.value, (dict, list)):
            # The members follow; the object itself may hold key material.
            display = ""
        span = f"{self._dim}{node.start:>5}+{node.end - node.start:<5}{self._reset}"
        out.append(span + self._style.line(indent, node.name, display, node.c_name))
        for note in node.notes:
            line = f"! {note.severity} {note.code}: {printable(note.message)}"
            if self._color:
                line = f"\x1b[{_SEVERITIES[note.severity]}m{line}{RESET}"
            out.append(f"{'':11}{indent}{INDENT}{line}\n")
        for child in node.children:
            self._all(out, child, indent + INDENT)

    # Bytes

    def _hex(self, out: BytesWriter, message: Message) -> None:
        data = message.record.data
        start = 0 if message.first else message.start
        end = len(data) if message.last else min(len(data), (message.end + 3) & ~3)
        hidden = bytearray(len(data))
        if not self._style.secrets:
            for node in message.layers:
                _mark_secret(node, hidden)
        for at in range(start, end, 16):
            raw = data[at : min(at + 16, end)]
            if any(hidden[at : at + len(raw)]):
                pairs = ["**" if hidden[at + i] else f"{byte:02x}" for i, byte in enumerate(raw)]
                words = " ".join(pairs)
                raw = bytes(0x2A if hidden[at + i] else byte for i, byte in enumerate(raw))
            else:
                words = raw.hex(" ")
            if len(raw) > 8:
                words = f"{words[:23]}  {words[24:]}"
            line = f"{INDENT}{at:04x}  {words:<49} {raw.translate(_DOTS).decode()}\n"
            out.write(line.encode())


_DOTS: Final = bytes(byte if 0x20 <= byte < 0x7F else 0x2E for byte in range(256))


def _put(out: BytesWriter, lines: list[str]) -> None:
    """Appends lines."""
    out.write(encoded("".join(lines)))


def _odd(message: Message) -> bool:
    """Whether there is something about the headers that a line each does not tell."""
    if message.length & 3 or message.end - message.start & 3:
        return True
    for note in message.problems:  # noqa: SIM110 (compiled, a loop is faster)
        if note.path != "nlmsg":
            return True
    return False


def _usual(message: Message) -> bool:
    """Whether headers and attributes are all that there is to a message."""
    type_ = message.type
    if type_ < 0 or (type_ < NLMSG_MIN_TYPE and type_ in CONTROL_TYPES) or _odd(message):
        return False
    generic = message.protocol == NETLINK_GENERIC and message.body < message.end
    return not generic or (message.command >= 0 and type_ >= NLMSG_MIN_TYPE)


def _head_of(message: Message) -> _Head:
    type_ = message.type
    name = message.operation_c
    if message.protocol == NETLINK_GENERIC and type_ >= NLMSG_MIN_TYPE:
        name = printable(message.family)
    flags = " ".join((f"{message.flags:#x}", *flag_names(message.flags, message.flag_class)))
    text = f", type {f'{type_} {name}'.rstrip()}, flags {flags}, seq "
    genlmsg = ""
    if message.command >= 0 and type_ >= NLMSG_MIN_TYPE:
        name = f" {message.operation_c}" if message.operation_c else ""
        genlmsg = f"{INDENT}genlmsg: cmd {message.command}{name}, version {message.version}\n"
    return _Head(encoded(text), encoded(genlmsg))


def _c_name(node: Node) -> str:
    """The C constant; the name of a struct's member says nothing new."""
    return node.c_name if node.c_name.isupper() else ""


def _is_level(node: Node) -> bool:
    """Whether a nest is a number with a name, which its parent's display tells."""
    return node.kind == "nest" and isinstance(node.value, int) and not node.notes


def _told(child: Node, parent: Node) -> bool:
    """Whether a child's line would only repeat its parent's."""
    if child.notes:
        return False
    name = child.name
    if child.kind == "field":
        if name in ("nla-len", "nla-type"):
            return True
        return name == "value" and not child.c_name
    if child.kind == "raw":
        return name == "data" and child.display == parent.display
    if child.kind == "padding":
        return not child.display or child.display.endswith(" zero bytes")
    if child.kind != "item" or child.children or isinstance(parent.value, dict):
        return False
    return not parent.display.endswith((" item", " items"))


def _mark_secret(node: Node, hidden: bytearray) -> None:
    if node.secret:
        start = node.start
        if node.kind in ("attr", "nest", "item"):
            start += NLA_HDRLEN
        hidden[start : node.end] = b"\1" * (node.end - start)
        return
    for child in node.children:
        _mark_secret(child, hidden)
