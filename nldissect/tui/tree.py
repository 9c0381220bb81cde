"""The tree of the selected message: a line for each node in sight, and for each remark on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import ClassVar, Final, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message as Event

from ..explain import SECRET
from ..model import GUESSED, Message, Node, holds_secret
from ..text import printable
from .columns import SEVERITY_SIGNS, SEVERITY_STYLES
from .keys import bindings
from .lines import Lines, Piece

_OPEN: Final = frozenset(("header", "attrs", "error", "tail"))
_FRAME: Final = frozenset(("nla-len", "nla-type"))
_LAYERS: Final = {"link": "link header", "attrs": "attributes", "header": "family header"}
_C_COLUMN: Final = 44
_C_LEAST: Final = 76
_OPENED_AT_ONCE: Final = 4096
_GUIDE: Final = "│ "
_LEAST_NOTE: Final = 16
_PREVIEW: Final = 240
_SUMMARY: Final = ("nlmsg-flags", "nlmsg-seq", "nlmsg-pid", "nlmsg-len", "version")
"""Members of headers that are told while these are closed, in order."""

Path = tuple[str, ...]
"""Names from the layer down; what repeats among siblings has ``#2`` and so on behind it."""


class Line(NamedTuple):
    """A visible line: a node, or (note ≥ 0) a part of one of its remarks, text."""

    node: Node
    path: Path
    depth: int
    note: int = -1
    text: str = ""


class TreePane(Lines):
    """The layers of a message with what is in them.

    What is open, and what is selected, is remembered by path from message to message. The headers
    of attributes and the padding between them are left out until they are asked for (details).
    secrets: show key material.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines"), *bindings("tree")]

    class NodeSelected(Event):
        """Another node has the cursor; path: names joined by dots."""

        def __init__(self, node: Node | None, path: str) -> None:
            super().__init__()
            self.node = node
            self.path = path

    class FilterAsked(Event):
        """The selected node is to become a filter: "" alone, not, and, or."""

        def __init__(self, how: str) -> None:
            super().__init__()
            self.how = how

    def __init__(self, *, id: str | None = None, secrets: bool = False) -> None:
        super().__init__(id=id)
        self.message: Message | None = None
        self.details = False
        self.found: set[int] = set()
        self._secrets = secrets
        self._lines: list[Line] = []
        self._opened: dict[Path, bool] = {}
        self._wanted: Path = ()
        self._width = 0

    # What is shown

    def show(self, message: Message | None) -> None:
        """Shows a message; the same node as before stays selected where there is one."""
        self.message = message
        self._flatten()
        self.cursor = self._nearest(self._wanted)
        self.changed()
        self.reveal()
        self._post()

    @property
    def node(self) -> Node | None:
        """The selected node."""
        return self._lines[self.cursor].node if self._lines else None

    @property
    def path(self) -> str:
        """The names down to the selected node, joined by dots."""
        return _text(self._lines[self.cursor].path) if self._lines else ""

    def _flatten(self) -> None:
        lines: list[Line] = []
        self._width = self.scrollable_content_region.width
        if self.message is not None:
            for path, node in self._named(self.message.layers, ()):
                self._put(lines, node, path, 0)
        self._lines = lines

    def _put(self, lines: list[Line], node: Node, path: Path, depth: int) -> None:
        """Adds a node and what is open below it; without recursion, for nests have no bottom."""
        stack = [(node, path, depth)]
        while stack:
            node, path, depth = stack.pop()
            lines.append(Line(node, path, depth))
            for number, note in enumerate(node.notes):
                if note.code != GUESSED:
                    room = max(_LEAST_NOTE, self._width - 2 * depth - 6)
                    words = f"{printable(note.message)} ({note.code})"
                    for text in wrap(words, room, break_on_hyphens=False):
                        lines.append(Line(node, path, depth + 1, number, text))
            if self._is_open(node, path):
                below = [
                    (child, child_path, depth + 1)
                    for child_path, child in self._named(node.children, path)
                ]
                stack.extend(reversed(below))

    def _named(
        self, nodes: Sequence[Node], path: Path, *, all_: bool = False
    ) -> Iterator[tuple[Path, Node]]:
        """The nodes to show of one level, or all, with their paths."""
        met: dict[str, int] = {}
        for node in nodes:
            name = node.name
            count = met[name] = met.get(name, 0) + 1
            if (
                all_
                or self.details
                or (name not in _FRAME and node.kind != "padding")
                or node.notes
            ):
                yield (*path, name if count == 1 else f"{name}#{count}"), node

    def _inside(self, node: Node) -> bool:
        """Whether a node can be opened: there is more in it than its value says."""
        if self._hides(node):
            return False
        return any(
            self.details
            or (child.name not in _FRAME and child.kind != "padding" and child.name != "value")
            or child.notes
            for child in node.children
        )

    def _is_open(self, node: Node, path: Path) -> bool:
        if not self._inside(node):
            return False
        known = self._opened.get(path)
        if known is not None:
            return known
        if len(path) == 1:
            return node.name in _OPEN
        return node.kind in ("nest", "item") and len(node.children) < _OPENED_AT_ONCE

    def _hides(self, node: Node) -> bool:
        return node.secret and not self._secrets

    def _nearest(self, path: Path) -> int:
        """The line of a path, or of the longest part of it that there is."""
        best, size = self._begin(), 0
        for number, line in enumerate(self._lines):
            if line.note >= 0 or len(line.path) <= size:
                continue
            if line.path == path[: len(line.path)]:
                best, size = number, len(line.path)
        return best

    def _begin(self) -> int:
        """Where to stand at first: what the message is about."""
        for number, line in enumerate(self._lines):
            if line.path[0] in ("attrs", "error", "header"):
                return number
        return 0

    # Lines

    def count(self) -> int:
        return len(self._lines)

    def line(self, number: int) -> Sequence[Piece]:
        line = self._lines[number]
        indent = _GUIDE * line.depth
        if line.note >= 0:
            severity = line.node.notes[line.note].severity
            before = self._lines[number - 1]
            more = before.node is line.node and before.note == line.note
            sign = "  " if more else f"{SEVERITY_SIGNS[severity]} "
            return [
                (indent, self.style("dim")),
                (f"{sign}{line.text}", self.style(SEVERITY_STYLES[severity])),
            ]
        node = line.node
        sign = "▾ " if self._is_open(node, line.path) else "▸ " if self._inside(node) else "  "
        is_layer = line.depth == 0
        name = _LAYERS.get(node.name, node.name) if is_layer else printable(node.name)
        pieces: list[Piece] = [
            (f"{indent}{sign}", self.style("dim")),
            (name, self.style("header" if is_layer else "name")),
        ]
        value = self._value(node, line)
        if value:
            pieces.append(("  ", Style.null()))
            pieces.append((value, self.style(self._value_style(node))))
        if node.c_name and self.scrollable_content_region.width >= _C_LEAST:
            used = sum(cell_len(text) for text, _ in pieces)
            gap = max(2, _C_COLUMN - used)
            pieces.append((" " * gap + node.c_name, self.style("dim")))
        if id(node) in self.found:
            pieces = [(text, style + self.style("found")) for text, style in pieces]
        return pieces

    def _value(self, node: Node, line: Line) -> str:
        whole = node.kind in ("nest", "item", "header") or isinstance(node.value, dict)
        if whole and self._is_open(node, line.path):
            return ""
        text = told(node, secrets=self._secrets)
        if node.kind == "raw":
            return f"{text}  (raw)"
        if any(note.code == GUESSED for note in node.notes):
            return f"{text}  (guessed)"
        return text

    def _value_style(self, node: Node) -> str:
        if self._hides(node):
            return "secret"
        if node.kind in ("nest", "item", "header"):
            return "dim"
        return "warn" if node.kind == "raw" else "value"

    # Moving

    def on_lines_moved(self, event: Lines.Moved) -> None:
        self._tell()

    def on_resize(self) -> None:
        if self._lines and self.scrollable_content_region.width != self._width:
            # Remarks are wrapped to the width.
            path = self._lines[self.cursor].path
            self._flatten()
            self.cursor = self._nearest(path)
        super().on_resize()

    def _tell(self) -> None:
        """The user went to another node, which is looked for in other messages as well."""
        if self._lines:
            self._wanted = self._lines[self.cursor].path
        self._post()

    def _post(self) -> None:
        self.post_message(self.NodeSelected(self.node, self.path))

    def select_offset(self, start: int, end: int = 0) -> None:
        """Selects the deepest node over a byte, or over all bytes up to an end."""
        end = max(end, start + 1)
        path: Path = ()
        level: Sequence[Node] = () if self.message is None else self.message.layers
        while True:
            over = (
                named
                for named in self._named(level, path)
                if named[1].start <= start and end <= named[1].end
            )
            found = next(over, None)
            if found is None:
                break
            if path:
                self._opened[path] = True
            path, node = found
            level = node.children
            if (
                self._hides(node)
                or not self._inside(node)
                or (node.start, node.end) == (start, end)
            ):
                break
        if path:
            self._select(path)

    def select_path(self, path: str) -> None:
        """Selects the node of a path as ``path`` gives it, and opens what it is in."""
        parts = tuple(path.split("."))
        for size in range(1, len(parts)):
            self._opened[parts[:size]] = True
        self._select(parts)

    def _select(self, path: Path) -> None:
        self._flatten()
        self.changed()
        number = self._nearest(path)
        if number != self.cursor:
            self.move(number)
        else:
            self.reveal()
            self._tell()

    # Opening

    def action_choose(self) -> None:
        self._toggle(None)

    def action_open(self) -> None:
        if not self._lines:
            return
        line = self._lines[self.cursor]
        if self._inside(line.node) and not self._is_open(line.node, line.path):
            self._toggle(True)
        elif self._inside(line.node):
            self.action_down()

    def action_close(self) -> None:
        if not self._lines:
            return
        line = self._lines[self.cursor]
        if self._is_open(line.node, line.path) and line.note < 0:
            self._toggle(False)
        elif len(line.path) > 1 or line.note >= 0:
            self.move(self._nearest(line.path if line.note >= 0 else line.path[:-1]))

    def _toggle(self, wanted: bool | None) -> None:
        if not self._lines:
            return
        line = self._lines[self.cursor]
        if not self._inside(line.node):
            return
        self._opened[line.path] = (
            not self._is_open(line.node, line.path) if wanted is None else wanted
        )
        self._again(line.path)

    def action_open_all(self) -> None:
        """Opens all there is, but for runs of thousands."""
        self._open_all(True)

    def action_close_all(self) -> None:
        self._open_all(False)

    def _open_all(self, wanted: bool) -> None:
        path = self._lines[self.cursor].path if self._lines else ()
        stack = [] if self.message is None else list(self._named(self.message.layers, ()))
        while stack:
            below, node = stack.pop()
            if node.children:
                self._opened[below] = wanted
                stack += self._named(node.children, below)
        self._again(path if wanted else path[:1])

    def action_details(self) -> None:
        """Shows or hides the headers of attributes and the padding."""
        self.details = not self.details
        self._again(self._lines[self.cursor].path if self._lines else ())

    def _again(self, path: Path) -> None:
        self._flatten()
        self.changed()
        self.move(self._nearest(path), tell=False)
        self._tell()

    def clicked(self, event: events.Click, number: int) -> None:
        line = self._lines[number]
        if event.chain == 2 or 2 * line.depth <= event.x < 2 * line.depth + 2:
            self._toggle(None)

    def action_filter(self, how: str) -> None:
        self.post_message(self.FilterAsked(how))

    def select_node(self, wanted: Node) -> None:
        """Selects a node of the message, and opens what it is in."""
        path: Path = ()
        level: Sequence[Node] = () if self.message is None else self.message.layers
        while True:
            over = (
                named
                for named in self._named(level, path, all_=True)
                if named[1] is wanted or _holds(named[1], wanted)
            )
            found = next(over, None)
            if found is None:
                return
            if path:
                self._opened[path] = True
            path, node = found
            level = node.children
            if node is wanted:
                self._select(path)
                return


def _holds(node: Node, wanted: Node) -> bool:
    """Whether a node is somewhere in another one."""
    stack = [node] if node.start <= wanted.start and wanted.end <= node.end else []
    while stack:
        for child in stack.pop().children:
            if child is wanted:
                return True
            if child.start <= wanted.start and wanted.end <= child.end:
                stack.append(child)
    return False


def _text(path: Path) -> str:
    return ".".join(path)


def describe(message: Message, node: Node, path: str, *, secrets: bool = False) -> str:
    """A node in one line: its path, what it is, its C name and its value."""
    size = node.end - node.start
    words = [path, node.kind]
    if node.c_name:
        words.append(node.c_name)
    words.append(f"{size} byte" if size == 1 else f"{size} bytes")
    value = "" if node.kind in ("nest", "header") else told(node, secrets=secrets)
    if value:
        words.append(value if value == SECRET else f"= {value}")
    return "  ".join(words)


def told(node: Node, *, secrets: bool) -> str:
    """A node's value in one line; of what holds others, as far as it fits, what these say."""
    if node.secret and not secrets:
        return SECRET
    if node.kind == "header":
        summary = [child for name in _SUMMARY for child in node.children if child.name == name]
        if summary:
            return " · ".join(filter(None, (node.display, *map(_member, summary))))
    inner = [
        child
        for child in node.children
        if child.name not in _FRAME and child.kind not in ("padding", "raw")
    ]
    if not isinstance(node.value, (dict, list)) or not inner:
        return node.display
    if isinstance(node.value, list) and (secrets or not any(map(holds_secret, inner))):
        return node.display
    words: list[str] = []
    size = 0
    for child in inner:
        if size > _PREVIEW:
            break
        value = told(child, secrets=secrets)
        words.append(f"{printable(child.name)}: {value}" if value else printable(child.name))
        size += len(words[-1])
    return ", ".join(words)


def _member(node: Node) -> str:
    """A member of a header in the header's line."""
    name = node.name.removeprefix("nlmsg-")
    if name != "flags":
        return f"{name} {node.display}"
    # Behind the number stand the names, if any bit is set.
    return node.display.partition(" ")[2]
