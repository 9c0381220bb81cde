"""Messages as indented text for people, optionally with the bytes.

Attributes are written straight from their bytes; what is out of the ordinary goes through nodes.
Equal bytes of one attribute set at one depth give equal text, which is kept for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..dissect import Plan, Verdict, flag_names
from ..learn import Learned
from ..memo import Bodies, Kinds
from ..model import Fact, Interface, Message, Node, Note
from ..spec.types import Irregular, Scope
from ..summary import Titles
from ..text import Json, date_text, encoded, printable
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
from .straight import KEEP_BYTES, Resting

_MOST: Final = 4096
_CUT: Final = "\0"
"""What no text that is shown has in it."""

_SEVERITIES: Final = {"chat": "2", "note": "36", "warn": "33", "error": "31"}


class _Body(Resting):
    """What stands behind the headers' lines, encoded, and made of so many bytes."""

    __slots__ = ("text",)

    def __init__(self, text: bytes, size: int, facts: Sequence[Fact]) -> None:
        super().__init__(len(text) + size, facts)
        self.text = text


class Writer:
    """Writes messages as text: a title, the headers in a line each, then a line per attribute.

    write: takes bytes. title: makes the first line of a message; without one it is the summary.
    verbose: everything, with spans, attribute headers and padding. hexdump: the bytes as well.
    secrets: show key material. tree: False leaves title and bytes. straight: False reads every
    attribute into nodes first and keeps no text, which gives the same.
    """

    parallel: Final = False

    def __init__(
        self,
        write: Callable[[bytes], object],
        interfaces: Sequence[Interface],
        *,
        title: Callable[[Message], bytes] | None = None,
        verbose: bool = False,
        hexdump: bool = False,
        color: bool = False,
        secrets: bool = False,
        tree: bool = True,
        straight: bool = True,
    ) -> None:
        self._write = write
        self._interfaces = interfaces
        self.title = title or Titles(Learned()).title
        self._verbose = verbose
        self._hexdump = hexdump
        self._tree = tree
        self._straight = straight
        self._color = color
        self._dim, self._reset = (DIM, RESET) if color else ("", "")
        self._style = Style(color, secrets)
        self._lines = Lines(self._style, self._nodes)
        self._heads: Kinds[tuple[str, str]] = Kinds()
        self._sources: dict[int, str] = {}
        self._carriers: dict[int, str] = {}
        self._bodies: Bodies[_Body] = Bodies(self._lines.budget)
        self._results: dict[object, tuple[dict[str, Json] | None, list[str]]] = {}

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow; ``title`` may be set anew."""
        self._interfaces = interfaces
        self._sources.clear()

    def message(self, message: Message) -> None:
        """Writes a message."""
        title = self.title(message)
        out: list[str] = ["\n"]
        body = b""
        if self._tree:
            if message.first:
                self._record(out, message)
            if self._verbose:
                for layer in message.layers:
                    self._all(out, layer, INDENT)
            else:
                body = self._layers(out, message)
        text = encoded("".join(out))
        if self._hexdump:
            out.clear()
            self._hex(out, message)
            body += "".join(out).encode()
        end = b"\n" if self._tree or self._hexdump else b""
        self._write(b"".join((title, text, body, end)))

    def close(self) -> None:
        """Nothing is held back."""

    # Headers

    def _record(self, out: list[str], message: Message) -> None:
        record = message.record
        size = len(record.data)
        source = self._sources.get(record.interface)
        if source is None:
            source = ""
            if record.interface < len(self._interfaces):
                name = self._interfaces[record.interface].name
                source = f", on {printable(name)}" if name else ""
            self._sources[record.interface] = source
        whole = f" of {record.wire_len}" if record.wire_len > size else ""
        protocol = message.protocol
        carrier = self._carriers.get(protocol)
        if carrier is None:
            carrier = ""
            if protocol >= 0:
                carrier = f", netlink {PROTOCOLS.get(protocol, 'protocol')} ({protocol})"
            self._carriers[protocol] = carrier
        if record.time_ns is None:
            line = f"{INDENT}record {record.number}: {size} bytes{whole}{source}{carrier}\n"
        else:
            line = (
                f"{INDENT}record {record.number}: {size} bytes{whole}{source}, at "
                f"{date_text(record.time_ns)}{carrier}\n"
            )
        out.append(line)
        for comment in record.comments:
            out.append(f"{INDENT}comment: {printable(comment)}\n")

    def _head(self, message: Message) -> tuple[str, str]:
        """What stands between a message's length, sequence number and port id, and behind them."""
        heads = self._heads.of(message)
        key = message.flags << 9 | message.version + 1
        known = heads.get(key)
        if known is not None:
            return known
        type_ = message.type
        name = message.operation_c
        if message.protocol == NETLINK_GENERIC and type_ >= NLMSG_MIN_TYPE:
            name = printable(message.family)
        flags = " ".join((f"{message.flags:#x}", *flag_names(message.flags, message.flag_class)))
        head = f", type {f'{type_} {name}'.rstrip()}, flags {flags}, seq "
        genlmsg = ""
        if message.command >= 0 and type_ >= NLMSG_MIN_TYPE:
            name = f" {message.operation_c}" if message.operation_c else ""
            genlmsg = f"{INDENT}genlmsg: cmd {message.command}{name}, version {message.version}\n"
        known = heads[key] = (head, genlmsg)
        return known

    def _layers(self, out: list[str], message: Message) -> bytes:
        """Appends the lines of the headers, and gives those of the body, which may be kept."""
        if message.type < 0:
            self._nodes(out, message.layers, INDENT)
            return b""
        type_ = message.type
        head, genlmsg = self._head(message)
        out.append(f"{INDENT}nlmsg: len {message.length}{head}{message.seq}, pid {message.pid}\n")
        plan = message.plan
        assert isinstance(plan, Plan)
        control = type_ < NLMSG_MIN_TYPE and type_ in CONTROL_TYPES
        if control and self._straight and isinstance(message.sketch, Verdict):
            return self._result(out, message, message.sketch)
        problems = message.problems
        unusual = (
            message.length & 3
            or message.end - message.start & 3
            or (problems and any(note.path != "nlmsg" for note in problems))
        )
        if problems and not unusual:
            self._remarks(out, problems, INDENT)
        if unusual or control:
            layers = [layer for layer in message.layers if layer.name not in ("link", "nlmsg")]
            for layer in message.layers:
                if unusual and layer.name in ("link", "nlmsg"):
                    self._notes(out, layer, INDENT)
            self._nodes(out, layers, INDENT)
            return b""
        if genlmsg:
            out.append(genlmsg)
        elif message.protocol == NETLINK_GENERIC and message.body < message.end:
            self._nodes(out, message.layers[1 + message.first :], INDENT)
            return b""
        return b"" if plan.header_at == message.end else self._kept_body(message, plan)

    def _kept_body(self, message: Message, plan: Plan) -> bytes:
        """The lines of the body; equal bytes under equal tables give the same."""
        data = message.record.data
        lines = self._lines
        lines.walk.about(message)
        size = message.end - plan.header_at
        if not self._straight or size > KEEP_BYTES or message.record.wire_len > len(data):
            return self._body(message, plan)
        memo = self._bodies.of(message, plan)
        if memo.rests():
            return self._body(message, plan)
        body = data[plan.header_at : message.end]
        known = memo.get(body)
        if known is not None and lines.walk.holds(known):
            return known.text
        text = self._body(message, plan)
        memo.put(body, _Body(text, size, lines.walk.asked))
        return text

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

    def _result(self, out: list[str], message: Message, verdict: Verdict) -> bytes:
        """The lines of an ack, an error or a DONE; they differ in the numbers of the request."""
        error = message.error
        if message.problems:
            heads = [note for note in message.problems if note.path == "nlmsg"]
            self._remarks(out, heads, INDENT)
        known = self._results.get(verdict)
        if known is not None and known[0] is error and verdict.more(message) is not None:
            parts = known[1]
        else:
            parts = self._result_parts(message)
            if verdict.more(message) is not None:
                if len(self._results) >= _MOST:
                    self._results.clear()
                self._results[verdict] = (message.error, parts)
        out.append(parts[0])
        if len(parts) > 1:
            big = message.order == "big"
            at = message.body + 4 + NLMSG_HDRLEN
            data = message.record.data
            out += (str(u32(data, at - 8, big)), parts[1], str(u32(data, at - 4, big)), parts[2])
        return b""

    def _result_parts(self, message: Message) -> list[str]:
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
        return "".join(lines).split(_CUT)

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

    def _hex(self, out: list[str], message: Message) -> None:
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
            out.append(f"{INDENT}{at:04x}  {words:<49} {raw.translate(_DOTS).decode()}\n")


_DOTS: Final = bytes(byte if 0x20 <= byte < 0x7F else 0x2E for byte in range(256))


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
