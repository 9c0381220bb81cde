"""What goes to the clipboard: a message, or a part of it, in the form that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ..explain import SECRET
from ..export import writer_class
from ..filter import Catalogue
from ..filter.suggest import filter_for
from ..model import Interface, Message, Node
from ..text import Json

_PER_LINE: Final = 12


class Part(NamedTuple):
    """What is copied: node None for all of the message; line: its row in the list.

    Key material is zero in it, unless it is to be shown (secrets).
    """

    message: Message
    node: Node | None
    path: str
    line: str
    catalogue: Catalogue
    interfaces: Sequence[Interface]
    secrets: bool = False

    @property
    def data(self) -> bytes:
        """The bytes."""
        if self.node is None:
            return self.message.data
        return self.message.record.data[self.node.start : self.node.end]

    @property
    def name(self) -> str:
        """An identifier for them."""
        words = self.path if self.node is not None else self.message.operation
        name = "".join(c if c.isascii() and c.isalnum() else "_" for c in words)
        return f"n{self.message.number}_{name}".rstrip("_")


def _value(part: Part) -> str:
    node = part.node
    if node is None:
        return part.line
    return SECRET if node.secret and not part.secrets else node.display


def _filter(part: Part) -> str:
    if part.node is None:
        return f"n == {part.message.number}"
    if part.node.secret and not part.secrets:
        return ""
    return filter_for(part.message, part.node, part.path, part.catalogue)


def _hex(part: Part) -> str:
    return part.data.hex()


def _c_array(part: Part) -> str:
    data = part.data
    lines = [f"static const unsigned char {part.name}[{len(data)}] = {{"]
    for at in range(0, len(data), _PER_LINE):
        row = ", ".join(f"0x{byte:02x}" for byte in data[at : at + _PER_LINE])
        lines.append(f"    {row},")
    return "\n".join([*lines, "};"])


def _python(part: Part) -> str:
    return f"{part.name} = bytes.fromhex({part.data.hex()!r})"


def _json(part: Part) -> str:
    if part.node is not None:
        from msgspec.json import encode

        return encode({part.node.name: _object(part.node)}).decode()
    out: list[bytes] = []
    writer = writer_class("ndjson")(out.append, part.interfaces)
    writer.message(part.message)
    writer.close()
    return b"".join(out).decode().rstrip("\n")


def _object(node: Node) -> Json:
    """A node's value; of what has none itself, the values of what is in it by name."""
    if node.value is not None or not node.children:
        return node.value
    return {child.name: _object(child) for child in node.children}


FORMS: Final[dict[str, tuple[str, Callable[[Part], str]]]] = {
    "v": ("value", _value),
    "f": ("filter", _filter),
    "l": ("line", lambda part: part.line),
    "h": ("hex", _hex),
    "c": ("C array", _c_array),
    "p": ("Python bytes", _python),
    "j": ("JSON", _json),
}
"""Letter to name, and what makes the text; "" where there is none."""
