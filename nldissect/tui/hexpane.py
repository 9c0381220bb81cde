"""The bytes of the selected message's record: offset, hex and text, rows made on demand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message as Event

from ..model import Message, Node
from .keys import bindings
from .lines import Lines, Piece

_HIDDEN: Final = "··"
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
        self._hidden: list[tuple[int, int]] | None = []

    def show(self, message: Message | None) -> None:
        """Shows the record of a message."""
        self._message = message
        self._data = b"" if message is None else message.record.data
        self._hidden = None
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
            after = style if offset + 1 < stop and self._style_at(offset + 1) == style else plain
            hexes.append((gap, after if after.bgcolor is not None else plain))
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
        start, end = self.span
        if start <= offset < end:
            style += self.style("span")
        if self.found:
            place = bisect_right(self.found, (offset, 1 << 62)) - 1
            if place >= 0 and offset < self.found[place][1]:
                style += self.style("found")
        if offset == self.at and self.has_focus:
            style += self.style("cursor")
        return style

    def _is_hidden(self, offset: int) -> bool:
        if self._secrets:
            return False
        if self._hidden is None:
            self._hidden = sorted(_secret_spans(self._message))
        place = bisect_right(self._hidden, (offset, 1 << 62)) - 1
        return place >= 0 and offset < self._hidden[place][1]

    # Moving

    def select_span(self, start: int, end: int) -> None:
        """Marks bytes and brings the first of them in sight."""
        self.span = (start, end)
        if start < end and not start <= self.at < end:
            self.at = start
        self._reveal()

    def select(self, offset: int) -> None:
        """Puts the cursor on a byte."""
        if self._data:
            self.at = max(0, min(offset, len(self._data) - 1))
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


def _secret_spans(message: Message | None) -> Iterator[tuple[int, int]]:
    """Where key material stands in a record: in all of its messages that are at hand."""
    if message is None:
        return
    stack: list[Node] = list(message.layers)
    while stack:
        node = stack.pop()
        if node.secret:
            inner = node.children
            yield (inner[-1].start if inner else node.start), node.end
        else:
            stack += node.children
