"""Messages as indented text for people, optionally with the bytes.

Attributes are written straight from their bytes; what is out of the ordinary goes through nodes.
Equal bytes of one attribute set at one depth give equal text, which is kept for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from ..dissect import Plan, flag_names
from ..learn import Learned
from ..model import Interface, Message, Node, Note
from ..policies import Told
from ..spec.sets import Attr, AttrSet, GuessSet, IndexedArray, Nest, SubMessageType, TypeValue
from ..spec.structs import StructType
from ..spec.types import (
    MAX_DEPTH,
    ZEROS,
    AutoScalar,
    Bitfield32,
    CArray,
    EnumScalar,
    Flag,
    FlagsScalar,
    Hidden,
    HintBytes,
    HintScalar,
    Irregular,
    LabelScalar,
    LinkScalar,
    NamedArray,
    Opaque,
    Scalar,
    Scope,
    Text,
    Type,
    Walk,
    hex_text,
)
from ..summary import Columns, Summarizer
from ..text import Json, date_text, printable, show
from ..wire.attrs import NLATTR, iter_attrs
from ..wire.consts import (
    CONTROL_TYPES,
    NETLINK_GENERIC,
    NLA_F_NESTED,
    NLA_F_NET_BYTEORDER,
    NLA_HDRLEN,
    NLA_TYPE_MASK,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    PROTOCOLS,
)
from ..wire.headers import NLMSGHDR

_INDENT: Final = "  "
_EMPTY: Final = "empty"
_C_COLUMN: Final = 58
_KEEP_BYTES: Final = 4096
_KEEP_CHARS: Final = 1 << 25
_ANY_DEPTH: Final = MAX_DEPTH * 2
_NO_DEPTH: Final = -1
_ALONE: Final = frozenset(
    (Scalar, LabelScalar, LinkScalar, EnumScalar, FlagsScalar, HintScalar, AutoScalar, Text,
     HintBytes, Opaque, Flag, CArray, NamedArray, Bitfield32, StructType, TypeValue, Hidden)
)  # fmt: skip
"""Types that read the same whatever stands around them."""

_DIM: Final = "\x1b[2m"
_RESET: Final = "\x1b[0m"
_SEVERITIES: Final = {"chat": "2", "note": "36", "warn": "33", "error": "31"}

_Fact = tuple[tuple[str | int, ...], tuple[Json, ...] | None]
"""What was asked for, and the answer."""

_Kept = dict[bytes, tuple[str, Sequence[_Fact]]]
"""Text by bytes, with the facts on which it rests."""

Render = Callable[[list[str], bytes, int, int, "_Scope"], None]
"""Appends the text of one attribute, data[start:stop] with its header."""


class _Notes(Walk):
    """Puts notes on nodes.

    asked: the facts that were asked for, on which text rests.
    """

    __slots__ = ("truncated", "request", "message", "asked")

    def __init__(self) -> None:
        self.truncated = False
        self.request = False
        self.message: Message
        self.asked: list[_Fact] = []

    def fact(self, fact: str, *key: str | int) -> tuple[Json, ...] | None:
        told = self.message.fact(fact, *key)
        self.asked.append(((fact, *key), told))
        return told

    def holds(self, facts: Sequence[_Fact]) -> bool:
        """Whether what was asked for is still so; then it is asked for again."""
        message = self.message
        for (fact, *key), told in facts:
            if message.fact(str(fact), *key) != told:
                return False
        self.asked += facts
        return True

    def note(self, node: Node, code: str, message: str) -> None:
        node.notes.append(Note(code, message, "", node.start, node.end))

    def rewind(self, at: int) -> None:
        """Nothing is settled here."""

    def settle(self, nodes: list[Node], prefix: str) -> None:
        """Paths are not wanted."""


class _Scope:
    """A run of attributes in which selectors are looked up when one is needed."""

    __slots__ = ("run", "data", "at", "end", "outer", "depth")

    def __init__(self, run: _Run, data: bytes, at: int, end: int, outer: _Scope | None) -> None:
        self.run = run
        self.data = data
        self.at = at
        self.end = end
        self.outer = outer
        self.depth: int = 0 if outer is None else outer.depth + 1

    def values(self) -> dict[str, Json]:
        """The texts and numbers of the run by name, as far as they are regular."""
        values: dict[str, Json] = {}
        table = self.run.set.attrs
        for span in iter_attrs(self.data, self.at, self.end, self.run.set.order):
            attr = table.get(span.kind & NLA_TYPE_MASK)
            if attr is None or span.problem or not isinstance(attr.type, (Text, Scalar)):
                continue
            try:
                value = attr.type.value(self.data, span.start + NLA_HDRLEN, span.stop, None)
            except Irregular:
                continue
            values.setdefault(attr.name, value)
        return values

    def find(self, name: str) -> tuple[Json, int]:
        """The nearest value of that name and the depth where it stands."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.run.texts:
                value = scope.values().get(name)
                if value is not None:
                    return value, scope.depth
            scope = scope.outer
        return None, _NO_DEPTH

    def plain(self, header: dict[str, Json]) -> Scope:
        """The same for the types themselves; header: what stands around all runs."""
        outer = Scope(header, None) if self.outer is None else self.outer.plain(header)
        return Scope(self.values(), outer)


class _Run:
    """How the runs of one attribute set are written at one depth; kept: text by bytes."""

    __slots__ = ("set", "indent", "unpack", "renders", "kept", "single", "texts")

    def __init__(self, attr_set: AttrSet, indent: str) -> None:
        self.set = attr_set
        self.indent = indent
        self.unpack = NLATTR[attr_set.order].unpack_from
        self.renders: dict[int, Render] = {}
        self.kept: _Kept = {}
        self.single: set[int] = set()
        self.texts = {
            attr.name for attr in attr_set.attrs.values() if isinstance(attr.type, (Text, Scalar))
        }


class Writer:
    """Writes messages as text: a title, the headers in a line each, then a line per attribute.

    write: takes bytes. title: makes the first line of a message; without one it is the summary.
    verbose: everything, with spans, attribute headers and padding. hexdump: the bytes as well.
    secrets: show key material. tree: False leaves title and bytes.
    """

    parallel: Final = False

    def __init__(
        self,
        write: Callable[[bytes], object],
        interfaces: Sequence[Interface],
        *,
        title: Callable[[Message], str] | None = None,
        verbose: bool = False,
        hexdump: bool = False,
        color: bool = False,
        secrets: bool = False,
        tree: bool = True,
    ) -> None:
        self._write = write
        self._interfaces = interfaces
        self.title = title or _default_title()
        self._verbose = verbose
        self._hexdump = hexdump
        self._secrets = secrets
        self._tree = tree
        self._color = color
        self._dim, self._reset = (_DIM, _RESET) if color else ("", "")
        self._runs: dict[tuple[AttrSet, int], _Run] = {}
        self._structs: dict[tuple[StructType, str], Callable[[list[str], bytes, int], None]] = {}
        self._flags: dict[tuple[int, str], str] = {}
        self._bodies: dict[tuple[AttrSet | None, StructType | None, int, bool], _Kept] = {}
        self._results: dict[tuple[int, str, str, str, bytes], tuple[str, ...]] = {}
        self._kept_chars = 0
        self._reach = _ANY_DEPTH
        self._walk = _Notes()

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow; ``title`` may be set anew."""
        self._interfaces = interfaces

    def message(self, message: Message) -> None:
        """Writes a message."""
        out = [self.title(message), "\n"]
        if self._tree:
            if message.first:
                self._record(out, message)
            if self._verbose:
                for layer in message.layers:
                    self._all(out, layer, _INDENT)
            else:
                self._layers(out, message)
        if self._hexdump:
            self._hex(out, message)
        if self._tree or self._hexdump:
            out.append("\n")
        self._write("".join(out).encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Nothing is held back."""

    # Headers

    def _record(self, out: list[str], message: Message) -> None:
        record = message.record
        size = len(record.data)
        words = [f"{size} bytes"]
        if record.wire_len > size:
            words[0] += f" of {record.wire_len}"
        if record.interface < len(self._interfaces):
            name = self._interfaces[record.interface].name
            if name:
                words.append(f"on {printable(name)}")
        if record.time_ns is not None:
            words.append(f"at {date_text(record.time_ns)}")
        protocol = message.protocol
        if protocol >= 0:
            words.append(f"netlink {PROTOCOLS.get(protocol, 'protocol')} ({protocol})")
        out.append(f"{_INDENT}record {record.number}: {', '.join(words)}\n")
        for comment in record.comments:
            out.append(f"{_INDENT}comment: {printable(comment)}\n")

    def _nlmsg(
        self, indent: str, length: int, type_: str, flags: int, class_: str, seq: int, pid: int
    ) -> str:
        key = (flags, class_)
        names = self._flags.get(key)
        if names is None:
            names = " ".join((f"{flags:#x}", *flag_names(flags, class_)))
            if len(self._flags) < 4096:
                self._flags[key] = names
        return f"{indent}nlmsg: len {length}, type {type_}, flags {names}, seq {seq}, pid {pid}\n"

    def _layers(self, out: list[str], message: Message) -> None:
        """The usual tree."""
        if message.type < 0:
            self._nodes(out, message.layers, _INDENT)
            return
        protocol = message.protocol
        type_ = message.type
        if protocol == NETLINK_GENERIC and type_ >= NLMSG_MIN_TYPE:
            name = f"{type_} {printable(message.family)}" if message.family else str(type_)
        else:
            name = f"{type_} {message.operation_c}" if message.operation_c else str(type_)
        out.append(
            self._nlmsg(
                _INDENT, message.length, name, message.flags, message.flag_class, message.seq,
                message.pid,
            )
        )  # fmt: skip
        walk = self._walk
        walk.message = message
        walk.asked.clear()
        plan = message.plan
        assert isinstance(plan, Plan)
        control = type_ < NLMSG_MIN_TYPE and type_ in CONTROL_TYPES
        problems = message.problems
        unusual = (
            message.length & 3
            or message.end - message.start & 3
            or (problems and any(note.path != "nlmsg" for note in problems))
        )
        if problems and not unusual:
            self._remarks(out, problems, _INDENT)
        if control and plan.regular and not unusual and self._plain_result(out, message):
            return
        if unusual or control:
            layers = [layer for layer in message.layers if layer.name not in ("link", "nlmsg")]
            for layer in message.layers:
                if unusual and layer.name in ("link", "nlmsg"):
                    self._notes(out, layer, _INDENT)
            self._nodes(out, layers, _INDENT)
            return
        data = message.record.data
        end = message.end
        if message.command >= 0:
            command = f"{message.command} {message.operation_c}".rstrip()
            out.append(f"{_INDENT}genlmsg: cmd {command}, version {message.version}\n")
        elif protocol == NETLINK_GENERIC and message.body < end:
            self._nodes(out, message.layers[1 + message.first :], _INDENT)
            return
        if plan.header_at == end:
            return
        # Equal bytes under equal tables give the same text.
        asked = message.direction == "request"
        key = (plan.set, plan.header, plan.attrs_at - plan.header_at, asked)
        kept = self._bodies.get(key)
        if kept is None:
            kept = self._bodies[key] = {}
        body = data[plan.header_at : end]
        known = kept.get(body)
        if known is None or not walk.holds(known[1]):
            begin = len(out)
            self._body(out, message, plan)
            if len(body) > _KEEP_BYTES or message.record.wire_len > len(data):
                return
            text = "".join(out[begin:])
            self._count(len(text) + len(body))
            kept[body] = text, tuple(walk.asked)
        else:
            out.append(known[0])

    def _body(self, out: list[str], message: Message, plan: Plan) -> None:
        """The family header and the attributes."""
        data = message.record.data
        end = message.end
        header_size = plan.header_end - plan.header_at
        if header_size:
            mark = len(out)
            try:
                if plan.header is None or header_size != plan.header.size:
                    raise Irregular
                if plan.attrs_at != plan.header_end:
                    raise Irregular
                out.append(f"{_INDENT}header: {plan.header.name.replace('-', '_')}\n")
                self._struct(plan.header, _INDENT * 2)(out, data, plan.header_at)
            except Irregular:
                del out[mark:]
                layers = [layer for layer in message.layers if layer.name == "header"]
                self._nodes(out, layers, _INDENT)
        if plan.attrs_at < end:
            if plan.set is None:
                self._nodes(out, message.layers[-1:], _INDENT)
                return
            out.append(f"{_INDENT}attrs:\n")
            self._walk.truncated = message.record.wire_len > len(data)
            self._walk.request = message.direction == "request"
            self._attrs(out, plan.set, 2, data, plan.attrs_at, end, None)

    def _plain_result(self, out: list[str], message: Message) -> bool:
        """An ack, or an error without words, or a DONE; False if it holds anything more."""
        data = message.record.data
        at = message.body
        size = message.end - at
        if message.type == NLMSG_DONE and size in (0, 4):
            if size:
                if any(data[at : message.end]):
                    return False
                out.append(f"{_INDENT}error: done\n{_INDENT * 2}code: 0\n")
            return True
        if message.type != NLMSG_ERROR or size != 20:
            return False
        length, _, _, seq, pid = NLMSGHDR[message.order].unpack_from(data, at + 4)
        key = (message.protocol, message.order, message.family, message.operation,
               data[at : at + 4] + data[at + 8 : at + 12])  # fmt: skip
        words = self._results.get(key)
        if words is None:
            words = self._result_words(message)
            if len(self._results) < 4096:
                self._results[key] = words
        if not words:
            return False
        out.append(f"{words[0]}len {length}, type {words[1]}, seq {seq}, pid {pid}\n")
        return True

    def _result_words(self, message: Message) -> tuple[str, ...]:
        """What stands before and after the length of an error's request; () if there are notes."""
        lines: list[str] = []
        self._nodes(lines, message.layers[-1:], _INDENT)
        head, found, rest = "".join(lines).partition("len ")
        middle = rest.partition(", type ")[2].rpartition(", seq ")[0]
        return (head, middle) if found and middle and not message.noted else ()

    # Attributes straight from the bytes

    def _attrs(
        self,
        out: list[str],
        attr_set: AttrSet,
        depth: int,
        data: bytes,
        at: int,
        end: int,
        outer: _Scope | None,
    ) -> None:
        """Appends the lines of a run of attributes, data[at:end], at a depth."""
        run = self._runs.get((attr_set, depth))
        if run is None:
            run = self._runs[attr_set, depth] = self._run(attr_set, depth)
        if isinstance(attr_set, GuessSet) or depth > MAX_DEPTH:
            self._fallback(out, run, data, at, end, outer)
            return
        start, mark = at, len(out)
        unpack, kept, renders, single = run.unpack, run.kept, run.renders, run.single
        holds, facts = self._walk.holds, self._walk.asked
        seen: set[int] = set()
        scope: _Scope | None = None
        while at < end:
            if end - at < NLA_HDRLEN:
                break
            length, kind = unpack(data, at)
            stop = at + length
            if length < NLA_HDRLEN or stop > end:
                break
            if kind in single:
                if kind in seen:
                    break
                seen.add(kind)
            raw = data[at:stop]
            known = kept.get(raw)
            if known is not None and (not known[1] or holds(known[1])):
                out.append(known[0])
            else:
                if scope is None:
                    scope = _Scope(run, data, start, end, outer)
                begin = len(out)
                asked = len(facts)
                reach = self._reach
                self._reach = _ANY_DEPTH
                render = renders.get(kind)
                if render is None:
                    render = renders[kind] = self._render(run, kind, depth)
                try:
                    render(out, data, at, stop, scope)
                except Irregular:
                    del out[begin:]
                    self._one(out, run, data, at, stop, scope)
                if length <= _KEEP_BYTES and self._reach > scope.depth:
                    text = "".join(out[begin:])
                    self._count(len(text) + length)
                    kept[raw] = text, tuple(facts[asked:])
                if self._reach > reach:
                    self._reach = reach
            if length & 3:
                at = stop + (-length & 3)
                if (data[stop:at] != ZEROS[length & 3]) if at <= end else stop != end:
                    break
            else:
                at = stop
        else:
            return
        del out[mark:]
        self._fallback(out, run, data, start, end, outer)

    def _count(self, size: int) -> None:
        """Makes room for so many more characters of kept text."""
        self._kept_chars += size + 200
        if self._kept_chars > _KEEP_CHARS:
            for run in self._runs.values():
                run.kept.clear()
            for bodies in self._bodies.values():
                bodies.clear()
            self._kept_chars = 0

    def _fallback(
        self, out: list[str], run: _Run, data: bytes, at: int, end: int, outer: _Scope | None
    ) -> None:
        """A whole run through nodes."""
        self._reach = _NO_DEPTH
        nodes: list[Node] = []
        header = self._header()
        scope = Scope(header, None) if outer is None else outer.plain(header)
        run.set.fill(nodes, data, at, end, scope, self._walk)
        self._nodes(out, nodes, run.indent)

    def _one(
        self, out: list[str], run: _Run, data: bytes, at: int, stop: int, scope: _Scope
    ) -> None:
        """One attribute through nodes."""
        nodes: list[Node] = []
        attr = run.set.attrs.get(int(run.unpack(data, at)[1]) & NLA_TYPE_MASK)
        outer = None
        if attr is not None and type(attr.type) not in _ALONE:
            # The run's own values stand in for those of the siblings that are not read again.
            self._reach = _NO_DEPTH
            outer = scope.plain(self._header())
        run.set.fill(nodes, data, at, stop, outer, self._walk)
        self._nodes(out, nodes, run.indent)

    def _header(self) -> dict[str, Json]:
        """The members of the family header, which selectors may name."""
        message = self._walk.message
        plan = message.plan
        assert isinstance(plan, Plan)
        header, op = plan.header, plan.op
        if header is None or op is None or not op.scoped:
            return {}
        if plan.header_end - plan.header_at != header.size:
            return {}
        return header.members(message.record.data, plan.header_at)

    def _run(self, attr_set: AttrSet, depth: int) -> _Run:
        run = _Run(attr_set, _INDENT * depth)
        for number, attr in attr_set.attrs.items():
            if not attr.multi:
                run.single.update((number, number | NLA_F_NESTED))
        return run

    def _render(self, run: _Run, kind: int, depth: int) -> Render:
        """How an attribute of this nla_type is written."""
        attr = run.set.attrs.get(kind & NLA_TYPE_MASK)
        if attr is None or kind & NLA_F_NET_BYTEORDER or depth >= MAX_DEPTH:
            return _irregular
        if attr.check is not None:
            return self._render_checked(attr, self._render_attr(run, attr, depth))
        return self._render_attr(run, attr, depth)

    def _render_checked(self, attr: Attr, inner: Render) -> Render:
        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            # What breaks a limit has a note in requests alone.
            self._reach = _NO_DEPTH
            if attr.broken(data, at + NLA_HDRLEN, stop, self._walk):
                raise Irregular
            inner(out, data, at, stop, scope)

        return render

    def _render_attr(self, run: _Run, attr: Attr, depth: int) -> Render:
        """How an attribute without surprises is written."""
        type_: Any = attr.type
        if type(type_) is Told:
            type_ = type_.inner
        kind_ = type(type_)
        indent = run.indent
        if attr.secret and not self._secrets:
            return self._render_secret(attr, indent)
        if kind_ in (Flag, Hidden):
            line = self._line(indent, attr.name, "true", attr.c_name)
            return _if_empty("" if attr.hidden else line)
        if kind_ is StructType:
            return self._render_struct(attr, type_, indent)
        if kind_ is Nest:
            return self._render_nest(attr, type_, indent, depth)
        if kind_ is IndexedArray:
            return self._render_array(attr, type_, indent, depth)
        if kind_ is SubMessageType:
            return self._render_sub_message(attr, type_, indent, depth)
        if kind_ is TypeValue:
            return self._render_type_value(attr, type_, indent, depth)
        if kind_ is Opaque:
            return self._render_leaf(attr, hex_text, indent)
        if kind_ in (NamedArray, Bitfield32):
            return self._render_named(attr, type_, indent)
        if kind_ is CArray or issubclass(kind_, LabelScalar) or kind_.fill is Type.fill:
            return self._render_value(attr, type_, indent)
        return _irregular

    def _line(self, indent: str, name: str, display: str, c_name: str) -> str:
        left = f"{indent}{name}: {display}" if display else f"{indent}{name}:"
        if not c_name:
            return left + "\n"
        return f"{left:<{_C_COLUMN}}  {self._dim}{c_name}{self._reset}\n"

    def _render_value(self, attr: Attr, type_: Type, indent: str) -> Render:
        line, name, c_name = self._line, attr.name, attr.c_name
        value, shown = type_.value, self._shown_by(type_)

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            out.append(line(indent, name, shown(value(data, at + 4, stop, None)), c_name))

        return render

    def _render_named(self, attr: Attr, type_: Type, indent: str) -> Render:
        head = self._line(indent, attr.name, "", attr.c_name)
        inner = indent + _INDENT

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            value = type_.value(data, at + NLA_HDRLEN, stop, None)
            if not value or not isinstance(value, dict):
                raise Irregular
            out.append(head)
            for name, item in value.items():
                out.append(f"{inner}{name}: {_shown(item)}\n")

        return render

    def _render_leaf(self, attr: Attr, shown: Callable[[bytes], str], indent: str) -> Render:
        line, name, c_name = self._line, attr.name, attr.c_name

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            out.append(line(indent, name, shown(data[at + 4 : stop]) or _EMPTY, c_name))

        return render

    def _render_secret(self, attr: Attr, indent: str) -> Render:
        return self._render_leaf(attr, lambda raw: _secret(len(raw)), indent)

    def _render_struct(self, attr: Attr, type_: StructType, indent: str) -> Render:
        head = self._line(indent, attr.name, "", attr.c_name)
        members = self._struct(type_, indent + _INDENT)
        size = type_.size + NLA_HDRLEN

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            if stop - at != size and (stop - at < size or any(data[at + size : stop])):
                raise Irregular
            out.append(head)
            members(out, data, at + NLA_HDRLEN)

        return render

    def _render_nest(self, attr: Attr, type_: Nest, indent: str, depth: int) -> Render:
        head = self._line(indent, attr.name, "", attr.c_name)
        empty = self._line(indent, attr.name, _EMPTY, attr.c_name)

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            if stop - at == NLA_HDRLEN:
                out.append(empty)
                return
            out.append(head)
            self._attrs(out, type_.set, depth + 1, data, at + NLA_HDRLEN, stop, scope)

        return render

    def _render_array(self, attr: Attr, type_: IndexedArray, indent: str, depth: int) -> Render:
        item = type_.item
        inner = indent + _INDENT
        if type(item) is not Nest and type(item).fill is not Type.fill:
            return _irregular
        name, c_name = attr.name, attr.c_name

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            mark = len(out)
            out.append("")
            count = 0
            for span in iter_attrs(data, at + NLA_HDRLEN, stop, type_.order):
                if span.problem or span.kind & NLA_F_NET_BYTEORDER:
                    raise Irregular
                index = span.kind & NLA_TYPE_MASK
                start = span.start + NLA_HDRLEN
                count += 1
                if isinstance(item, Nest):
                    if start == span.stop:
                        out.append(f"{inner}{index}: {_EMPTY}\n")
                        continue
                    out.append(f"{inner}{index}:\n")
                    self._attrs(out, item.set, depth + 2, data, start, span.stop, scope)
                else:
                    text = self._shown_by(item)(item.value(data, start, span.stop, None))
                    out.append(self._line(inner, str(index), text, ""))
            items = f"{count} item" + ("" if count == 1 else "s")
            out[mark] = self._line(indent, name, items, c_name)

        return render

    def _render_sub_message(
        self, attr: Attr, type_: SubMessageType, indent: str, depth: int
    ) -> Render:
        head = self._line(indent, attr.name, "", attr.c_name)
        empty = self._line(indent, attr.name, _EMPTY, attr.c_name)
        selector = type_.selector

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            selected, where = scope.find(selector)
            if selected is None:
                selected = self._header().get(selector)
            self._reach = min(self._reach, where)
            shape = type_.shape(Scope({selector: selected}, None))
            if shape is None:
                raise Irregular
            start = at + NLA_HDRLEN
            if start == stop and shape.header is None:
                out.append(empty)
                return
            out.append(head)
            header = shape.header
            if header is not None:
                if stop - start < header.size:
                    raise Irregular
                self._struct(header, indent + _INDENT)(out, data, start)
                start += header.size + 3 & ~3
                if shape.set is None and stop - at - NLA_HDRLEN != header.size:
                    raise Irregular
            if start < stop:
                if shape.set is None:
                    raise Irregular
                self._attrs(out, shape.set, depth + 1, data, start, stop, scope)

        return render

    def _render_type_value(self, attr: Attr, type_: TypeValue, indent: str, depth: int) -> Render:
        unpack = NLATTR[type_.set.order].unpack_from

        def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
            start, end = at + NLA_HDRLEN, stop
            words = []
            for name in type_.names:
                if end - start < NLA_HDRLEN:
                    raise Irregular
                length, kind = unpack(data, start)
                if length < NLA_HDRLEN or length != end - start:
                    raise Irregular
                words.append(f"{name} {kind & NLA_TYPE_MASK}")
                start += NLA_HDRLEN
            out.append(self._line(indent, attr.name, ", ".join(words), attr.c_name))
            if start < end:
                self._attrs(out, type_.set, depth + 1, data, start, end, scope)

        return render

    def _struct(self, type_: StructType, indent: str) -> Callable[[list[str], bytes, int], None]:
        """Appends the members of a struct that is there as a whole."""
        known = self._structs.get((type_, indent))
        if known is None:
            known = self._structs[type_, indent] = self._struct_render(type_, indent)
        return known

    def _struct_render(
        self, type_: StructType, indent: str
    ) -> Callable[[list[str], bytes, int], None]:
        if type(type_) is not StructType:
            return _irregular_struct
        plain = all(
            isinstance(field.type, Scalar) and field.type.plain and not field.secret
            for field in type_.shown
        )
        if type_.simple and plain:
            # One format for all members.
            layout = "".join(f"{indent}{name.replace('%', '%%')}: %s\n" for name in type_.names)
            unpack = type_.unpack
            labelled = [
                (at, field.type)
                for at, field in enumerate(type_.shown)
                if isinstance(field.type, LabelScalar)
            ]

            def render_simple(out: list[str], data: bytes, at: int) -> None:
                values = list(unpack(data, at))
                for place, label in labelled:
                    values[place] = label.shown(values[place], self._walk)
                out.append(layout % tuple(values))

            if len(type_.shown) == len(type_.fields):
                return render_simple

        def render(out: list[str], data: bytes, at: int) -> None:
            for field in type_.fields:
                start = at + field.offset
                stop = start + field.size
                if field.type is None:
                    if any(data[start:stop]):
                        out.append(f"{indent}{field.name}: {hex_text(data[start:stop])}\n")
                elif field.secret and not self._secrets:
                    out.append(f"{indent}{field.name}: {_secret(field.size)}\n")
                elif isinstance(field.type, StructType):
                    out.append(f"{indent}{field.name}:\n")
                    self._struct(field.type, indent + _INDENT)(out, data, start)
                else:
                    text = self._shown_by(field.type)(field.type.value(data, start, stop, None))
                    out.append(self._line(indent, field.name, text, ""))

        return render

    def _shown_by(self, type_: Type) -> Callable[[Any], str]:
        """How values of a type are shown."""
        if isinstance(type_, LabelScalar):
            return partial(type_.shown, walk=self._walk)
        return _shown

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
            if node.secret and not self._secrets and kind in ("attr", "field", "item"):
                left = NLA_HDRLEN if kind != "field" else 0
                display = _secret(max(0, node.end - node.start - left))
                out.append(self._line(indent, node.name, display, _c_name(node)))
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
                display = _shown(node.value if node.value == [] else "")
            if kind == "header" and node.name == "header" and not node.c_name and indent != _INDENT:
                self._nodes(out, inner, indent)
                self._notes(out, node, indent)
                continue
            out.append(self._line(indent, node.name, display + guessed, _c_name(node)))
            self._notes(out, node, indent)
            if inner:
                self._nodes(out, inner, indent + _INDENT)

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
                line = f"\x1b[{_SEVERITIES[note.severity]}m{line}{_RESET}"
            out.append(f"{indent}{_INDENT}{line}\n")

    def _all(self, out: list[str], node: Node, indent: str) -> None:
        """A node and all below it, with spans."""
        display = node.display
        if node.secret and not self._secrets:
            display = _secret(node.end - node.start)
        elif node.children and isinstance(node.value, (dict, list)):
            # The members follow; the object itself may hold key material.
            display = ""
        span = f"{self._dim}{node.start:>5}+{node.end - node.start:<5}{self._reset}"
        out.append(span + self._line(indent, node.name, display, node.c_name))
        for note in node.notes:
            line = f"! {note.severity} {note.code}: {printable(note.message)}"
            if self._color:
                line = f"\x1b[{_SEVERITIES[note.severity]}m{line}{_RESET}"
            out.append(f"{'':11}{indent}{_INDENT}{line}\n")
        for child in node.children:
            self._all(out, child, indent + _INDENT)

    # Bytes

    def _hex(self, out: list[str], message: Message) -> None:
        data = message.record.data
        start = 0 if message.first else message.start
        end = len(data) if message.last else min(len(data), (message.end + 3) & ~3)
        hidden = bytearray(len(data))
        if not self._secrets:
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
            out.append(f"{_INDENT}{at:04x}  {words:<49} {raw.translate(_DOTS).decode()}\n")


_DOTS: Final = bytes(byte if 0x20 <= byte < 0x7F else 0x2E for byte in range(256))


def _irregular(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
    raise Irregular


def _irregular_struct(out: list[str], data: bytes, at: int) -> None:
    raise Irregular


def _if_empty(text: str) -> Render:
    def render(out: list[str], data: bytes, at: int, stop: int, scope: _Scope) -> None:
        if stop - at != NLA_HDRLEN:
            raise Irregular
        out.append(text)

    return render


def _shown(value: Json) -> str:
    """A value for people, never nothing."""
    return show(value) or ("none" if value == [] else _EMPTY)


def _secret(size: int) -> str:
    return f"(secret, {size} bytes)"


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


def _default_title() -> Callable[[Message], str]:
    summarize = Summarizer(Learned()).summary
    columns = Columns()

    def title(message: Message) -> str:
        time_ns = message.record.time_ns
        time = "-" if time_ns is None else date_text(time_ns)
        return columns.line(message.number, time, summarize(message))

    return title
