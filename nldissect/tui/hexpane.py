"""The bytes of the selected message's record: offset, hex and text, rows made on demand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message as Event

from ..dissect import Dissector
from ..model import Message, Node
from .keys import bindings
from .lines import Lines, Piece

_HIDDEN: Final = "··"
_DIRECTIONS: Final = ("request", "reply", "notify")
_MOST_FOUND: Final = 10_000


class BytesPane(Lines):
    """A record's bytes; those of other messages in it are dim.

    at: the offset of the byte with the cursor. span: what is selected. secrets: show key material.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines"), *bindings("bytes")]

    class ByteSelected(Event):
        """The cursor went to another byte of the record."""

        def __init__(self, offset: int) -> None:
            super().__init__()
            self.offset = offset

    def __init__(self, *, id: str | None = None, secrets: bool = False) -> None:
        super().__init__(id=id)
        self.at = 0
        self.span = (0, 0)
        self.found: list[tuple[int, int]] = []
        self._secrets = secrets
        self._message: Message | None = None
        self._data = b""
        self._starts: list[int] = []
        self._hidden: dict[int, list[tuple[int, int]]] = {}
        self._asked: int | None = None
        self._fresh = True

    def show(self, message: Message | None) -> None:
        """Shows the record of a message."""
        self._message = message
        self._data = b"" if message is None else message.record.data
        self._starts = _starts(message)
        self._hidden.clear()
        self._asked = None
        self._fresh = True
        self.found = []
        self.at = min(self.at, max(0, len(self._data) - 1))
        self.span = (0, 0)
        self.changed()

    @property
    def per_row(self) -> int:
        """How many bytes a row has: as many as there is room for."""
        width = self.scrollable_content_region.width
        for count in (16, 8, 4):
            if width >= self._digits + 3 + 4 * count + count // 8:
                return count
        return 2

    @property
    def _digits(self) -> int:
        return max(4, len(f"{len(self._data):x}"))

    def count(self) -> int:
        return -(-len(self._data) // self.per_row)

    # Lines

    def line(self, number: int) -> Sequence[Piece]:
        per_row = self.per_row
        start = number * per_row
        stop = min(start + per_row, len(self._data))
        plain, dim = Style.null(), self.style("dim")
        hexes: list[Piece] = [(f"{start:0{self._digits}x}  ", dim)]
        texts: list[Piece] = [(" ", plain)]
        for offset in range(start, start + per_row):
            gap = " " if (offset + 1) % 8 or offset + 1 == start + per_row else "  "
            if offset >= stop:
                hexes.append((f"  {gap}", plain))
                continue
            style = self._style_at(offset)
            byte = self._data[offset]
            hidden = self._is_hidden(offset)
            hexes.append((_HIDDEN if hidden else f"{byte:02x}", style))
            mark = self._mark_at(offset)
            joined = mark and offset + 1 < stop and self._mark_at(offset + 1) == mark
            hexes.append((gap, self.style(mark) if joined else plain))
            shown = chr(byte) if 0x20 <= byte < 0x7F and not hidden else "·"
            texts.append((shown, style))
        return [*hexes, *texts]

    def cursor_style(self) -> Style:
        """The row of the cursor byte is like the others: the byte itself is marked."""
        return Style.null()

    def _style_at(self, offset: int) -> Style:
        message = self._message
        style = Style.null()
        if message is not None and not message.start <= offset < message.end:
            style = self.style("dim")
        if self._data[offset] == 0:
            style += self.style("dim")
        mark = self._mark_at(offset)
        if mark:
            style += self.style(mark)
        if offset == self.at and self.has_focus:
            style += self.style("cursor")
        return style

    def _mark_at(self, offset: int) -> str:
        """How a byte is marked: found, as (a part of) the span, or not."""
        if self.found:
            place = bisect_right(self.found, (offset, 1 << 62)) - 1
            if place >= 0 and offset < self.found[place][1]:
                return "found"
        return "span" if self.span[0] <= offset < self.span[1] else ""

    def _is_hidden(self, offset: int) -> bool:
        message = self._message
        if self._secrets or message is None:
            return False
        start = self._starts[max(0, bisect_right(self._starts, offset) - 1)]
        hidden = self._hidden.get(start)
        if hidden is None:
            # Those of other messages in the record are read when they come in sight.
            hidden = self._hidden[start] = _secret_spans(message, start)
        place = bisect_right(hidden, (offset, 1 << 62)) - 1
        return place >= 0 and offset < hidden[place][1]

    # Moving

    def select_span(self, start: int, end: int) -> None:
        """Marks bytes and brings them in sight; the cursor stays where the user put it."""
        self.span = (start, end)
        self.refresh()
        asked = self._asked
        if asked is not None:
            # The answer to where the cursor went, or to what came before.
            if start <= asked < end:
                self._asked = None
            return
        if start >= end or (self.has_focus and not self._fresh):
            return
        self._fresh = False
        self.at = start
        last = (end - 1) // self.per_row
        if last < start // self.per_row + self.page:
            self.move(last, tell=False)
        self._reveal()

    def select(self, offset: int) -> None:
        """Puts the cursor on a byte."""
        if self._data:
            self.at = max(0, min(offset, len(self._data) - 1))
            self._fresh = False
            layers = [] if self._message is None else self._message.layers
            named = bool(layers) and layers[0].start <= self.at < layers[-1].end
            self._asked = self.at if named else None
            self._reveal()
            self.post_message(self.ByteSelected(self.at))

    def _reveal(self) -> None:
        self.move(self.at // self.per_row, tell=False)

    def on_resize(self) -> None:
        super().on_resize()
        self._reveal()

    def action_left(self) -> None:
        self.select(self.at - 1)

    def action_right(self) -> None:
        self.select(self.at + 1)

    def action_up(self) -> None:
        if self.at >= self.per_row:
            self.select(self.at - self.per_row)

    def action_down(self) -> None:
        if self.at + self.per_row < len(self._data):
            self.select(self.at + self.per_row)

    def action_page_up(self) -> None:
        self.select(max(self.at % self.per_row, self.at - self.page * self.per_row))

    def action_page_down(self) -> None:
        self.select(self.at + self.page * self.per_row)

    def action_top(self) -> None:
        self.select(0)

    def action_bottom(self) -> None:
        self.select(len(self._data) - 1)

    def clicked(self, event: events.Click, number: int) -> None:
        offset = self.offset_at(event.x, number)
        if offset is not None:
            self.select(offset)

    def offset_at(self, x: int, number: int) -> int | None:
        """The byte that a column of a row shows, as hex or as text; None between them."""
        per_row = self.per_row
        x -= self._digits + 2
        wide = 3 * per_row + (per_row - 1) // 8
        if 0 <= x < wide:
            place = (x - x // 25) // 3
        elif wide < x <= wide + per_row:
            place = x - wide - 1
        else:
            return None
        offset = number * per_row + place
        return offset if place < per_row and offset < len(self._data) else None

    # Searching

    def show_found(self, spans: Sequence[tuple[int, int]]) -> None:
        """Marks what a search found in the record."""
        self.found = sorted(spans)[:_MOST_FOUND]
        self.refresh()


def _starts(message: Message | None) -> list[int]:
    """Where the messages of a message's record start; itself alone where none can tell."""
    if message is None:
        return []
    decode = message._decode
    starts = decode.starts(message.record) if isinstance(decode, Dissector) else []
    return starts or [message.start]


def _secret_spans(message: Message, start: int) -> list[tuple[int, int]]:
    """Where key material stands in the message of a message's record that starts there."""
    if start == message.start or not isinstance(message._decode, Dissector):
        return _joined(_secret_in(message.layers))
    found: list[tuple[int, int]] = []
    for direction in _DIRECTIONS:
        # What else the capture has tells the direction: hidden is what any reading hides.
        other = message._decode.reading(message.record, message.order, start, direction)
        if other is not None:
            found += _secret_in(other.layers)
    return _joined(found)


def _secret_in(layers: Sequence[Node]) -> Iterator[tuple[int, int]]:
    """The spans of key material in a tree, without the headers of attributes."""
    stack = list(layers)
    while stack:
        node = stack.pop()
        if node.secret:
            head = len(node.children) > 1 and node.children[0].name == "nla-len"
            yield node.children[1].end if head else node.start, node.end
        else:
            stack += node.children


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, of which none reaches into another."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
