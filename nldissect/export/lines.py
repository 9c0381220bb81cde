"""Attributes as indented lines, straight from their bytes."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any, Final

from ..model import Node
from ..spec.sets import Attr, Guess, IndexedArray, Nest, SubMessageType, TypeValue
from ..spec.structs import Field, StructType
from ..spec.types import (
    PREFIX,
    SCALARS,
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
    Text,
    Type,
    hex_text,
)
from ..text import Json, show
from ..wire.attrs import NLATTR, iter_attrs
from ..wire.consts import NLA_F_NET_BYTEORDER, NLA_HDRLEN, NLA_TYPE_MASK
from ..wire.ints import u16
from .straight import Part, Run, RunScope, Straight, framed

INDENT: Final = "  "
EMPTY: Final = "empty"

_KEEP_CHARS: Final = 8 << 20
_C_COLUMN: Final = 58
DIM: Final = "\x1b[2m"
RESET: Final = "\x1b[0m"
_ALONE: Final = frozenset(
    (Scalar, LabelScalar, LinkScalar, EnumScalar, FlagsScalar, HintScalar, AutoScalar, Text,
     HintBytes, Opaque, Flag, CArray, NamedArray, Bitfield32, StructType, TypeValue, Hidden)
)  # fmt: skip
"""Types that read the same whatever stands around them."""


class Style:
    """How a line looks; secrets: key material is shown."""

    def __init__(self, color: bool, secrets: bool) -> None:
        self.secrets = secrets
        self._dim, self._reset = (DIM, RESET) if color else ("", "")

    def line(self, indent: str, name: str, display: str, c_name: str) -> str:
        """A line with its end; the C name, if there is one, stands in a column of its own."""
        left = f"{indent}{name}: {display}" if display else f"{indent}{name}:"
        if not c_name:
            return left + "\n"
        return f"{left.ljust(_C_COLUMN)}{self.tail(c_name)}"

    def tail(self, c_name: str) -> str:
        """What follows the left part, which is padded to the column."""
        return f"  {self._dim}{c_name}{self._reset}\n" if c_name else "\n"


def shown(value: Json) -> str:
    """A value for people, never nothing."""
    return show(value) or ("none" if value == [] else EMPTY)


def secret_text(size: int) -> str:
    """What stands in place of key material."""
    return f"(secret, {size} bytes)"


class Lines(Straight):
    """Writes runs as lines; odd_nodes: writes the nodes of what is out of the ordinary."""

    def __init__(
        self, style: Style, odd_nodes: Callable[[list[str], list[Node], str], None]
    ) -> None:
        super().__init__(_KEEP_CHARS)
        self.style = style
        self._odd_nodes = odd_nodes
        self._members: dict[tuple[StructType, str], Members] = {}

    def odd(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        nodes: list[Node] = []
        run = scope.run
        attr = run.set.attrs.get(u16(data, at + 2, run.big) & NLA_TYPE_MASK)
        around: RunScope | None = None
        if attr is not None and type(attr.type) not in _ALONE:
            # The run's own values stand in for those of the siblings that are not read again.
            around = scope
        run.set.fill(nodes, data, at, stop, around, self.walk)
        self._odd_nodes(out, nodes, INDENT * run.depth)

    def part_of(self, run: Run, attr: Attr | None, kind: int) -> Part:
        if attr is None:
            number = kind & NLA_TYPE_MASK
            if run.set.name or number in run.set.attrs:
                return Part()
            order = "big" if kind & NLA_F_NET_BYTEORDER else run.set.order
            guess = Attr(f"attr-{number}", "", number, False, Guess(order, kind))
            return _Guessed(self, guess, guess.type, run.depth)
        part = self.typed(attr, attr.type, run.depth)
        return part if attr.check is None else _Checked(self, attr, part)

    def typed(self, attr: Attr, type_: Type, depth: int) -> Part:
        """How an attribute of a type is written, where nothing is wrong with it."""
        class_ = type(type_)
        any_: Any = type_
        if attr.secret and not self.style.secrets:
            return _Secret(self, attr, depth)
        if class_ in (Flag, Hidden):
            return _Present(self, attr, depth)
        if class_ is StructType:
            return _Struct(self, attr, any_, depth)
        if class_ is Nest:
            return _Nest(self, attr, any_, depth)
        if class_ is IndexedArray:
            return _Array(self, attr, any_, depth)
        if class_ is Guess:
            return _Guessed(self, attr, type_, depth)
        if class_ is SubMessageType:
            return _SubMessage(self, attr, any_, depth)
        if class_ is TypeValue:
            return _TypeValue(self, attr, any_, depth)
        if class_ is Opaque:
            return _Bytes(self, attr, depth)
        if class_ in (NamedArray, Bitfield32):
            return _Named(self, attr, type_, depth)
        if class_ is Scalar:
            return _Number(self, attr, any_, depth)
        if isinstance(type_, LabelScalar):
            return _Label(self, attr, type_, depth)
        if class_ is CArray or not _fills(type_):
            return _Value(self, attr, type_, depth)
        return _Simpler(self, attr, type_, depth)

    def members(self, type_: StructType, indent: str) -> Members:
        """How the members of a struct that is there as a whole are written."""
        known = self._members.get((type_, indent))
        if known is None:
            known = self._members[type_, indent] = Members(self, type_, indent)
        return known

    def shown_by(self, type_: Type, value: Json) -> str:
        """How a value of a type is shown."""
        if isinstance(type_, LabelScalar) and isinstance(value, int):
            return type_.shown(value, self.walk)
        return shown(value)

    def item(self, type_: Type, data: bytes, start: int, stop: int, scope: RunScope) -> str:
        """How what stands in an array is shown; raises Irregular."""
        while type(type_).simpler is not Type.simpler:
            simpler = type_.simpler(data, start, stop, scope)
            if simpler is None:
                raise Irregular
            type_ = simpler
        if isinstance(type_, Guess):
            return self.guessed(type_, data, start, stop)
        if _fills(type_) and not isinstance(type_, LabelScalar):
            raise Irregular
        return self.shown_by(type_, type_.value(data, start, stop, None))

    @staticmethod
    def guessed(type_: Guess, data: bytes, start: int, stop: int) -> str:
        """How what nobody described is shown; raises Irregular where it seems to be attributes."""
        what = type_.what(data, start, stop)
        if what == "nest":
            raise Irregular
        if what == "bytes":
            text = hex_text(data[start:stop])
        else:
            text = shown(type_.value(data, start, stop, None))
        return f"{text} (guessed)"


def _fills(type_: Type) -> bool:
    """Whether a type has a way of its own to fill nodes."""
    return type(type_).fill is not Type.fill


class _Line(Part):
    """Base of parts whose text begins with the attribute's own line."""

    def __init__(self, lines: Lines, attr: Attr, depth: int) -> None:
        super().__init__()
        self.lines = lines
        self.indent = INDENT * depth
        self.depth = depth
        self.attr = attr
        self.left = f"{self.indent}{attr.name}: "
        self.tail = lines.style.tail(attr.c_name)
        self.wide = _C_COLUMN if attr.c_name else 0
        self.head = lines.style.line(self.indent, attr.name, "", attr.c_name)

    def line(self, display: str) -> str:
        """The line with a value, which is never empty."""
        return (self.left + display).ljust(self.wide) + self.tail


class _Simpler(_Line):
    """What is read as another type, by the bytes or by what stands around."""

    def __init__(self, lines: Lines, attr: Attr, type_: Type, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_
        self.parts: dict[Type, Part] = {}

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        simpler = self.type.simpler(data, at + NLA_HDRLEN, stop, scope)
        if simpler is None:
            raise Irregular
        part = self.parts.get(simpler)
        if part is None:
            part = self.parts[simpler] = self.lines.typed(self.attr, simpler, self.depth)
        part.write(out, data, at, stop, scope)


class _Checked(Part):
    """What breaks a limit has a note in requests."""

    def __init__(self, lines: Lines, attr: Attr, inner: Part) -> None:
        super().__init__()
        self.lines = lines
        self.attr = attr
        self.inner = inner

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        if self.attr.broken(data, at + NLA_HDRLEN, stop, self.lines.walk):
            raise Irregular
        self.inner.write(out, data, at, stop, scope)


class _Number(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: Scalar, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        number = self.type.number(data, at + NLA_HDRLEN, stop)
        out.append((self.left + str(number)).ljust(self.wide) + self.tail)


class _Guessed(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: Type, depth: int) -> None:
        super().__init__(lines, attr, depth)
        assert isinstance(type_, Guess)
        self.type = type_

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        out.append(self.line(self.lines.guessed(self.type, data, at + NLA_HDRLEN, stop)))


class _Label(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: LabelScalar, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        number = self.type.number(data, at + NLA_HDRLEN, stop)
        out.append(self.line(self.type.shown(number, self.lines.walk)))


class _Value(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: Type, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        value = self.type.value(data, at + NLA_HDRLEN, stop, scope)
        out.append(self.line(shown(value)))


class _Present(_Line):
    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        if stop - at != NLA_HDRLEN:
            raise Irregular
        if not self.attr.hidden:
            out.append(self.line("true"))


class _Bytes(_Line):
    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        out.append(self.line(hex_text(data[at + NLA_HDRLEN : stop]) or EMPTY))


class _Secret(_Line):
    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        out.append(self.line(secret_text(stop - at - NLA_HDRLEN)))


class _Named(_Line):
    """An object's members in a line each."""

    def __init__(self, lines: Lines, attr: Attr, type_: Type, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        value = self.type.value(data, at + NLA_HDRLEN, stop, None)
        if not value or not isinstance(value, dict):
            raise Irregular
        out.append(self.head)
        for name, item in value.items():
            words = str(item) if type(item) is int else shown(item)
            out.append(f"{self.indent}{INDENT}{name}: {words}\n")


class _Struct(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: StructType, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.members = lines.members(type_, self.indent + INDENT)
        self.size = type_.size + NLA_HDRLEN

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        size = self.size
        if stop - at != size and (stop - at < size or any(data[at + size : stop])):
            raise Irregular
        out.append(self.head)
        self.members.write(out, data, at + NLA_HDRLEN)


class _Nest(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: Nest, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.set = type_.set

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        if stop - at == NLA_HDRLEN:
            out.append(self.line(EMPTY))
            return
        out.append(self.head)
        self.lines.write_run(out, self.set, self.depth + 1, data, at + NLA_HDRLEN, stop, scope)


class _Array(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: IndexedArray, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        mark = len(out)
        out.append("")
        item = self.type.item
        inner = self.indent + INDENT
        count = 0
        for span in iter_attrs(data, at + NLA_HDRLEN, stop, self.type.order):
            if span.problem or span.kind & NLA_F_NET_BYTEORDER:
                raise Irregular
            index = span.kind & NLA_TYPE_MASK
            start = span.start + NLA_HDRLEN
            count += 1
            if isinstance(item, Nest):
                if start == span.stop:
                    out.append(f"{inner}{index}: {EMPTY}\n")
                    continue
                out.append(f"{inner}{index}:\n")
                self.lines.write_run(out, item.set, self.depth + 2, data, start, span.stop, scope)
            else:
                text = self.lines.item(item, data, start, span.stop, scope)
                out.append(f"{inner}{index}: {text}\n")
        out[mark] = self.line(f"{count} item" + ("" if count == 1 else "s"))


class _SubMessage(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: SubMessageType, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        shape = self.type.shape(scope)
        if shape is None:
            raise Irregular
        start = at + NLA_HDRLEN
        header = shape.header
        if start == stop and header is None:
            out.append(self.line(EMPTY))
            return
        out.append(self.head)
        if header is not None:
            if stop - start < header.size:
                raise Irregular
            self.lines.members(header, self.indent + INDENT).write(out, data, start)
            if shape.set is None and stop - start != header.size:
                raise Irregular
            start += header.size + 3 & ~3
        if start < stop:
            if shape.set is None:
                raise Irregular
            self.lines.write_run(out, shape.set, self.depth + 1, data, start, stop, scope)


class _TypeValue(_Line):
    def __init__(self, lines: Lines, attr: Attr, type_: TypeValue, depth: int) -> None:
        super().__init__(lines, attr, depth)
        self.type = type_
        self.unpack = NLATTR[type_.set.order].unpack_from

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        start = at + NLA_HDRLEN
        words = []
        for name in self.type.names:
            if stop - start < NLA_HDRLEN:
                raise Irregular
            length, kind = self.unpack(data, start)
            if length < NLA_HDRLEN or length != stop - start:
                raise Irregular
            words.append(f"{name} {kind & NLA_TYPE_MASK}")
            start += NLA_HDRLEN
        out.append(self.line(", ".join(words)))
        if start < stop:
            self.lines.write_run(out, self.type.set, self.depth + 1, data, start, stop, scope)


class _Step:
    """Members that are written at once: neighbours that are numbers, or one of another type.

    frame: lines with empty places for the numbers; labels: which of these have names.
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.frame: list[str] = []
        self.labels: list[tuple[int, LabelScalar]] = []
        self.unpack: Callable[[bytes, int], tuple[int, ...]] | None = None


class Members:
    """The members of one struct in a line each."""

    def __init__(self, lines: Lines, type_: StructType, indent: str) -> None:
        self.lines = lines
        self.type = type_
        self.indent = indent
        self.steps: list[_Step] = []
        layout = ""
        for field in type_.fields:
            kind = field.type
            if not isinstance(kind, Scalar) or not kind.plain or field.secret:
                layout = ""
                self.steps.append(_Step(field))
                continue
            if not layout or layout[0] != PREFIX[kind.order]:
                layout = PREFIX[kind.order]
                self.steps.append(_Step(field))
            step = self.steps[-1]
            if isinstance(kind, LabelScalar):
                step.labels.append((len(step.frame) // 2, kind))
            if step.frame:
                step.frame.pop()
            step.frame += (f"\n{indent}{field.name}: ", "", "\n")
            layout += SCALARS[kind.kind]
            step.unpack = Struct(layout).unpack_from
        for step in self.steps:
            if step.frame:
                step.frame[0] = step.frame[0][1:]

    def write(self, out: list[str], data: bytes, at: int) -> None:
        """Appends the lines of the struct at ``at``; raises Irregular."""
        if type(self.type) is not StructType:
            raise Irregular
        indent, lines = self.indent, self.lines
        for step in self.steps:
            field = step.field
            start = at + field.offset
            stop = start + field.size
            if step.unpack is not None:
                values = step.unpack(data, start)
                if step.labels:
                    filled = step.frame.copy()
                    for place, number in enumerate(values):
                        filled[2 * place + 1] = str(number)
                    for place, label in step.labels:
                        filled[2 * place + 1] = label.shown(values[place], lines.walk)
                    out.append("".join(filled))
                else:
                    out.append(framed(step.frame, values))
            elif field.type is None:
                if any(data[start:stop]):
                    out.append(f"{indent}{field.name}: {hex_text(data[start:stop])}\n")
            elif field.secret and not lines.style.secrets:
                out.append(f"{indent}{field.name}: {secret_text(field.size)}\n")
            elif isinstance(field.type, StructType):
                out.append(f"{indent}{field.name}:\n")
                lines.members(field.type, indent + INDENT).write(out, data, start)
            else:
                text = lines.shown_by(field.type, field.type.value(data, start, stop, None))
                out.append(f"{indent}{field.name}: {text}\n")
