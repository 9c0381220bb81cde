"""Messages as test vectors: arrays of bytes in a programming language, their decode as comments.

An array holds the nlmsg: nlmsg_len bytes, or what the capture has of them. Each line of bytes has
its offset in the message and tells what it is, indented by depth. Comments are ASCII and end where
their line ends, whatever a packet says. Values stand as they are, key material too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from ..model import GUESSED, Interface, Message, Node
from ..text import Json, date_text, printable
from ..wire.consts import PROTOCOLS
from .columns import Origin
from .writer import Writer as Base

_PER_LINE: Final = 8
_COMMENT_CHARS: Final = 160
_NAME_CHARS: Final = 64
_LINE_CHARS: Final = 88
_NO_WORD: Final = re.compile("[^a-z0-9]+")

Line = tuple[int, int, int, str]
"""Depth, start and end of the bytes (none where both are equal), and what they are."""


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes an array of bytes.

    comment: what begins a comment. prologue: what stands above all. opening: the line above the
    bytes, with the places name and size; closing: the line below. indent, first,
    between, last: what stands around the hex digits in a line of bytes. name: makes an identifier
    from words of ``a-z0-9`` joined by ``_``. above: comments stand above their bytes, not behind.
    values: whether the messages' values follow as literals.
    """

    comment: str
    prologue: str
    opening: str
    closing: str
    indent: str
    first: str
    between: str
    last: str
    name: Callable[[str], str]
    above: bool = False
    values: bool = False

    def line(self, raw: bytes, told: str) -> str:
        """A line of bytes with what is told of it; either may be empty."""
        code = ""
        if raw:
            code = f"{self.first}{raw.hex(' ').replace(' ', self.between)}{self.last}"
        told = f"{self.comment}{told}"
        if self.above:
            return "".join([f"{self.indent}{text}\n" for text in (told, code) if text])
        width = len(self.first) + len(self.last) + (2 + len(self.between)) * _PER_LINE
        return f"{self.indent}{code:<{width - len(self.between) + 1}}{told}\n"


class Writer(Base):
    """Writes messages as arrays named after number, family and command; ``write`` takes bytes.

    interfaces: whose names the titles show. The numbers of a second input get ``f2`` in front, and
    so on. What a record holds in place of a message is a comment.
    """

    language: ClassVar[Language]
    parallel = True

    def __init__(self, write: Callable[[bytes], object], interfaces: Sequence[Interface]) -> None:
        self._origin = Origin(interfaces)
        super().__init__(write)
        self._headed = False
        self._inputs = 0

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow; the prologue stands above those of the first."""
        self._origin.begin(interfaces, file)
        self._inputs += 1
        self._head()

    def message(self, message: Message) -> None:
        """Writes one message."""
        language = self.language
        name = language.name("_".join(self._words(message)))
        self._head()
        out = ["\n", self._comment(_title(message, self._origin))]
        if message.type < 0:
            out += [self._comment(f"! {note.message}") for note in message.notes]
        else:
            data, start, size = message.record.data, message.start, message.end - message.start
            if size < message.length:
                out.append(self._comment(f"cut: {size} of the {message.length} bytes are there"))
            out.append(language.opening.format(name=name, size=size) + "\n")
            for depth, at, end, text in _lines(message):
                words = f" {'  ' * depth}{_ascii(text)}"
                if at == end:
                    out.append(language.line(b"", f"     {words}"))
                for place in range(at, end, _PER_LINE):
                    raw = data[place : min(end, place + _PER_LINE)]
                    out.append(language.line(raw, f"{place - start:>5}{words}"))
                    words = ""
            out.append(language.closing + "\n")
            if language.values:
                out += _values(name, message)
        self.out.write("".join(out).encode())
        self.end()

    def close(self) -> None:
        """Without a message there is what stands above all."""
        self._head()
        super().close()

    def _head(self) -> None:
        if not self._headed:
            self._headed = True
            self.out.write(self.language.prologue.encode())
            self.end()

    def _words(self, message: Message) -> Iterator[str]:
        yield "nl" if self._inputs < 2 else f"nl_f{self._inputs}"
        yield str(message.number)
        names = f"{message.family}_{message.operation}".lower()
        word = _NO_WORD.sub("_", names)[:_NAME_CHARS].strip("_")
        if word:
            yield word

    def _comment(self, text: str) -> str:
        return f"{self.language.comment} {_ascii(text)}\n"


def _camel(name: str) -> str:
    """``nl_1_features_get`` as ``Nl1FeaturesGet``; digits do not run into digits."""
    parts = name.split("_")
    out = parts[0].capitalize() + parts[1]
    for part in parts[2:]:
        out += part.capitalize() if part[0].isalpha() else f"_{part}"
    return out


_TITLE: Final = "Netlink messages as test vectors: each array is one nlmsg."


class C(Writer):
    """C: ``const unsigned char nl_1_family_command[]``."""

    language = Language(
        comment="//",
        prologue=f"// {_TITLE}\n",
        opening="const unsigned char {name}[{size}] = {{",
        closing="};",
        indent="\t",
        first="0x",
        between=", 0x",
        last=",",
        name=str,
    )


class Rust(Writer):
    """Rust: ``pub const NL_1_FAMILY_COMMAND: [u8; …]``."""

    language = Language(
        comment="//",
        prologue=f"// {_TITLE}\n",
        opening="#[allow(dead_code)]\n#[rustfmt::skip]\npub const {name}: [u8; {size}] = [",
        closing="];",
        indent="    ",
        first="0x",
        between=", 0x",
        last=",",
        name=str.upper,
    )


class Go(Writer):
    """Go, package netlink: ``var Nl1FamilyCommand = []byte{…}``."""

    language = Language(
        comment="//",
        prologue=f"// {_TITLE}\n\npackage netlink\n",
        opening="var {name} = []byte{{",
        closing="}",
        indent="\t",
        first="0x",
        between=", 0x",
        last=",",
        name=_camel,
        # gofmt would align comments behind the bytes another way in every few lines.
        above=True,
    )


class Python(Writer):
    """Python: ``NL_1_FAMILY_COMMAND`` of bytes, and the values that it decodes to.

    They are NAME_HEADER, NAME_ATTRS and NAME_ERROR, those that the message has.
    """

    language = Language(
        comment="#",
        prologue=f'"""{_TITLE}"""\n',
        opening="{name} = bytes.fromhex(",
        closing=")",
        indent="    ",
        first='"',
        between=" ",
        last='"',
        name=str.upper,
        values=True,
    )


def _ascii(text: str) -> str:
    """Text that no language takes for more than the comment that it is in."""
    text = printable(text)
    if not text.isascii():
        text = text.replace("…", "...").encode("ascii", "backslashreplace").decode()
    text = text.replace("*/", "* /").replace("/*", "/ *")
    if len(text) > _COMMENT_CHARS:
        text = f"{text[:_COMMENT_CHARS]} ..."
    text = text.rstrip()
    # In C a backslash, or its trigraph, would pull the next line into the comment.
    return f"{text} ." if text.endswith(("\\", "??/")) else text


def _title(message: Message, origin: Origin) -> str:
    record = message.record
    words = [origin.file] if origin.file else []
    words += [f"message {message.number}", f"frame {record.number}"]
    if record.time_ns is not None:
        words.append(date_text(record.time_ns))
    if interface := origin.interface(message):
        words.append(interface)
    if message.protocol >= 0:
        words.append(PROTOCOLS.get(message.protocol, str(message.protocol)))
    if message.type >= 0:
        names = (message.family, message.operation, message.operation_c, message.direction)
        words.append(" ".join([name for name in names if name]))
        words.append(f"{message.order} endian")
    return ", ".join(words)


def _lines(message: Message) -> list[Line]:
    """What the bytes of a message are, in their order and without a gap."""
    lines: list[Line] = []
    for layer in message.layers:
        if message.start <= layer.start and layer.end <= message.end:
            _node_lines(lines, layer, 0)
    return lines


def _node_lines(lines: list[Line], node: Node, depth: int) -> None:
    children = node.children
    name = node.name
    if node.c_name not in ("", name.replace("-", "_")):
        name += f" {node.c_name}"
    value = _value(node)
    end = node.start if children else node.end
    if len(children) > 1 and (children[0].name, children[1].name) == ("nla-len", "nla-type"):
        end = children[1].end
        head = f"nla-len {children[0].display}, nla-type {children[1].display}"
        children = children[2:]
        if children:
            value = ""
        name += f" ({head})"
    elif name == "value" and value:
        name, value = value, ""
    text = f"{name}: {value}" if value else name
    at = len(lines)
    lines.append((depth, node.start, end, text))
    for note in node.notes:
        if note.code == GUESSED:
            lines[at] = (depth, node.start, end, f"{text} (guessed)")
        else:
            lines.append((depth + 1, end, end, f"! {note.severity} {note.code}: {note.message}"))
    for child in children:
        _node_lines(lines, child, depth + 1)


def _value(node: Node) -> str:
    """The value for people, unless it only repeats the bytes or what follows."""
    value = node.value
    if node.kind in ("raw", "padding"):
        return ""
    if node.children:
        return "" if isinstance(value, (dict, list)) else node.display
    if isinstance(value, str) and len(value) == 2 * (node.end - node.start) > 2 * _PER_LINE:
        return ""
    return node.display or ("none" if value == [] else "")


def _values(name: str, message: Message) -> Iterator[str]:
    for kind, value in (
        ("HEADER", message.header),
        ("ATTRS", message.attrs if message.error is None else None),
        ("ERROR", message.error),
    ):
        if value is not None:
            yield f"{name}_{kind} = {_literal(value, 0)}\n"


def _literal(value: Json, depth: int) -> str:
    """A value in Python's own spelling, in ASCII."""
    flat = ascii(value)
    if not isinstance(value, (dict, list)) or len(flat) + 4 * depth <= _LINE_CHARS:
        return flat
    indent = "    " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{key!a}: {_literal(item, depth + 1)}" for key, item in value.items()]
        left, right = "{}"
    else:
        items = [_literal(item, depth + 1) for item in value]
        left, right = "[]"
    inside = "".join([f"{indent}{item},\n" for item in items])
    return f"{left}\n{inside}{'    ' * depth}{right}"
