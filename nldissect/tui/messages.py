"""The message list: rows made on demand of a recording that may still grow."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message as Event
from textual.strip import Strip
from textual.widget import Widget

from ..clock import Clock
from ..errors import CaptureError
from ..model import Message
from ..recording import Reader, Recording
from ..summary import Summarizer, Summary
from .columns import KIND_STYLES, KINDS, SEVERITY_SIGNS, Column, Row, standard
from .keys import bindings
from .lines import Lines, Piece, bug_text, fit
from .rows import Rows

_MOST_ROWS: Final = 500
_NARROW: Final = 100
_NARROW_LIMITS: Final = {"family": 9, "operation": 12, "time": 12}


class MessageList(Lines):
    """The messages that are shown, a row each.

    rows: which they are. columns: in their order, of which that of processes is only in sight
    where the capture tells of some; chosen: which one of those in sight keys act on.
    sorted_by: key of the column that the rows are sorted by, and whether backwards. following: the
    last message stays selected; furthest: the last row that was in sight. marks, found: numbers of
    messages; comments: the user's, by number.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines"), *bindings("list")]

    class Selected(Event):
        """Another message is selected; 0 is none."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class SortAsked(Event):
        """The rows are to be sorted by a column, or not at all."""

        def __init__(self, column: Column | None, backwards: bool) -> None:
            super().__init__()
            self.column = column
            self.backwards = backwards

    def __init__(self, recording: Recording, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.recording = recording
        self.rows = Rows(recording)
        self.reader = Reader(recording)
        self.columns = standard()
        self.chosen = 0
        self.sorted_by = ""
        self.backwards = False
        self.following = False
        self.marks: set[int] = set()
        self.comments: dict[int, str] = {}
        self.found: Container[int] = ()
        self.furthest = 0
        self.clock = Clock("r")
        self.selected = 0
        self._summarizer = Summarizer(recording.learned)
        self._made: dict[int, Row] = {}
        self._attributed = False

    # Rows

    def count(self) -> int:
        return len(self.rows)

    def row(self, number: int) -> Row | None:
        """The line of a message; None where it cannot be read."""
        row = self._made.get(number)
        if row is None:
            try:
                message = self.reader.message(number)
            except (IndexError, CaptureError):
                return None
            if len(self._made) > _MOST_ROWS:
                self._made.clear()
            row = self._made[number] = Row(message, self._summary(message))
            row.hidden = len(self.rows.hidden(number))
        row.comment = self.comments.get(number, "")
        row.time = self._time(row.message)
        return row

    def _summary(self, message: Message) -> Summary:
        try:
            return self._summarizer.summary(message)
        except Exception as error:
            # What a decoder cannot read is shown as that.
            summary = Summary(message.direction, message.family or "?", message.operation or "-")
            summary.outcome = "malformed"
            summary.details = bug_text(error)
            return summary

    def plain(self, row: Row) -> str:
        """A row's line as text."""
        return " ".join(filter(None, (column.text(row) for column in self.shown_columns())))

    def _time(self, message: Message) -> str:
        clock = self.clock
        if clock.format == "d":
            clock.base_ns = None
            place = self.rows.row(message.number)
            before = self.rows.number(place - 1)
            if before:
                clock.base_ns = self._time_of(before)
        elif clock.base_ns is None:
            clock.base_ns = self._time_of(1)
        return clock.text(message.record.time_ns)

    def _time_of(self, number: int) -> int | None:
        try:
            return self.reader.message(number).record.time_ns
        except (IndexError, CaptureError):
            return None

    @property
    def message(self) -> Message | None:
        """The selected message."""
        row = self.row(self.selected) if self.selected else None
        return None if row is None else row.message

    def shown_columns(self) -> list[Column]:
        """The columns in sight, in order."""
        return [
            column
            for column in self.columns
            if column.shown and (self._attributed or column.key != "process")
        ]

    def widths(self) -> list[tuple[Column, int]]:
        """The shown columns with their widths in this pane."""
        width = self.scrollable_content_region.width
        columns = self.shown_columns()
        sizes: dict[str, int] = {}
        for column in columns:
            size = column.width
            if width < _NARROW:
                size = min(size, _NARROW_LIMITS.get(column.key, size))
            sizes[column.key] = size
        rest = width - sum(sizes.values()) - max(0, len(columns) - 1)
        flexible = [column for column in columns if not column.width]
        for place, column in enumerate(flexible):
            share = rest // len(flexible) + (place < rest % len(flexible))
            sizes[column.key] = max(0, share)
        return [(column, sizes[column.key]) for column in columns]

    def line(self, number: int) -> Sequence[Piece]:
        self.furthest = max(self.furthest, number)
        row = self.row(self.rows.number(number))
        if row is None:
            return [("(cannot be read)", self.style("error"))]
        kind = self.style(KIND_STYLES[row.kind])
        dim = self.style("dim")
        pieces: list[Piece] = []
        for place, (column, width) in enumerate(self.widths()):
            try:
                text = column.text(row)
            except Exception:
                # The summary says what is wrong, or else the tree does.
                text = KINDS["malformed"]
            if column.grows and len(text) > column.width:
                self._grow(column, len(text))
            if place:
                pieces.append((" ", Style.null()))
            style = kind
            if column.key == "number" and row.message.number in self.marks:
                text = f"⚑{text}"
            if column.key in ("number", "time"):
                style = dim
            elif column.key == "severity":
                style = self.style(_SIGN_STYLES.get(text, "dim"))
            pieces.append((fit(text, width, right=column.right), style))
        return pieces

    def line_style(self, number: int) -> Style:
        message = self.rows.number(number)
        if message in self.found:
            return self.style("found")
        return self.style("marked") if message in self.marks else Style.null()

    def _grow(self, column: Column, size: int) -> None:
        size = min(size, column.grows)
        if size > column.width:
            column.width = size
            self.call_later(self.lay_out)

    def in_sight(self) -> tuple[int, int]:
        """The numbers of the first and the last message in sight, zeros where there is none."""
        top = self.scroll_offset.y
        bottom = min(top + self.scrollable_content_region.height, self.count()) - 1
        return self.rows.number(top), self.rows.number(bottom)

    def lay_out(self) -> None:
        """Columns are others, or have other widths."""
        self.refresh()
        for head in self.screen.query(MessageHead):
            head.refresh()

    def renew(self) -> None:
        """Messages are read again: more is known of them."""
        self._made.clear()
        self.reader.forget()
        self.update()

    def update(self) -> None:
        """The recording has grown, or other rows are shown."""
        if not self._attributed and any(len(each.processes) for each in self.recording.interfaces):
            self._attributed = True
            self.lay_out()
        self.rows.update()
        self.changed()
        if self.following and self.count():
            self.move(self.count() - 1)
        elif not self.selected and self.count():
            self.select(self.rows.number(0))

    # Selecting

    def select(self, number: int) -> None:
        """Selects a message, or the nearest that is shown."""
        if not self.count():
            self.selected = 0
            self.post_message(self.Selected(0))
            return
        self.move(self.rows.row(number), tell=False)
        self._take()

    def _take(self) -> None:
        number = self.rows.number(self.cursor)
        if number != self.selected:
            self.selected = number
            self.post_message(self.Selected(number))

    def on_lines_moved(self, event: Lines.Moved) -> None:
        self._take()

    def rows_changed(self) -> None:
        """Other rows are shown: the selected message stays selected where it is shown."""
        self._made.clear()
        self.furthest = 0
        number = self.selected
        self.changed()
        if self.count():
            row = self.rows.row(number)
            self.move(row, tell=False)
            self._take()
        else:
            self.selected = 0
            self.post_message(self.Selected(0))
        self.refresh()

    # Following what comes

    def follow(self, following: bool) -> None:
        """Whether the last message is kept selected."""
        self.following = following
        if following and self.count():
            self.move(self.count() - 1)

    def action_up(self) -> None:
        self.following = False
        super().action_up()

    def action_page_up(self) -> None:
        self.following = False
        super().action_page_up()

    def action_top(self) -> None:
        self.following = False
        super().action_top()

    def action_bottom(self) -> None:
        self.following = not self.recording.whole
        super().action_bottom()

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.following = False
        super()._on_mouse_scroll_up(event)

    # Folding

    def action_choose(self) -> None:
        number = self.rows.number(self.cursor)
        if number and self.rows.foldable(number):
            self.action_fold()
        else:
            super().action_choose()

    def action_fold(self) -> None:
        """Folds or unfolds the row."""
        number = self.rows.number(self.cursor)
        if number:
            self.rows.toggle(number)
            self.rows_changed()

    def action_open(self) -> None:
        number = self.rows.number(self.cursor)
        if number and self.rows.hidden(number):
            self.action_fold()

    def action_close(self) -> None:
        number = self.rows.number(self.cursor)
        if number and self.rows.foldable(number) and self.rows.is_open(number):
            self.action_fold()

    def action_open_all(self) -> None:
        self.rows.fold(False)
        self.rows_changed()

    def action_close_all(self) -> None:
        self.rows.fold(True)
        self.rows_changed()

    # Columns

    def action_column(self, step: int) -> None:
        """Chooses the next column."""
        columns = self.shown_columns()
        self.chosen = (self.chosen + step) % len(columns)
        self.lay_out()

    def action_shift(self, step: int) -> None:
        """Moves the chosen column."""
        columns = self.shown_columns()
        place, other = self.chosen, self.chosen + step
        if 0 <= other < len(columns):
            here, there = (self.columns.index(columns[at]) for at in (place, other))
            self.columns[here], self.columns[there] = self.columns[there], self.columns[here]
            self.chosen = other
            self.lay_out()

    def action_widen(self, step: int) -> None:
        """Makes the chosen column wider."""
        column = self.shown_columns()[self.chosen]
        if column.width:
            column.width = max(1, column.width + step)
            column.grows = 0
            self.lay_out()

    def action_hide(self) -> None:
        """Hides the chosen column."""
        columns = self.shown_columns()
        if len(columns) > 1:
            columns[self.chosen].shown = False
            self.chosen = min(self.chosen, len(columns) - 2)
            self.lay_out()

    def action_sort(self) -> None:
        """Sorts by the chosen column; if it is sorted by it, backwards; then no more."""
        column = self.shown_columns()[self.chosen]
        if self.sorted_by != column.key:
            self.post_message(self.SortAsked(column, False))
        elif not self.backwards:
            self.post_message(self.SortAsked(column, True))
        else:
            self.post_message(self.SortAsked(None, False))


_SIGN_STYLES: Final = {
    SEVERITY_SIGNS["note"]: "note", SEVERITY_SIGNS["warn"]: "warn",
    SEVERITY_SIGNS["error"]: "error", KINDS["malformed"]: "error",
}  # fmt: skip


class MessageHead(Widget):
    """The titles of the list's columns; a click sorts by one."""

    DEFAULT_CSS = """
    MessageHead { height: 1; background: $panel; color: $text-muted; text-style: bold; }
    """

    def __init__(self, list_: MessageList) -> None:
        super().__init__()
        self._list = list_

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        segments = []
        chosen = self._list.chosen
        for place, (column, width) in enumerate(self._list.widths()):
            title = column.title
            if self._list.sorted_by == column.key:
                title = f"{title}{'▼' if self._list.backwards else '▲'}"
            style = base + Style(underline=True) if place == chosen else base
            segments.append(Segment(fit(title, width, right=column.right), style))
            segments.append(Segment(" ", base))
        width = self.size.width
        return Strip(segments).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        at = 0
        for place, (_, width) in enumerate(self._list.widths()):
            if at <= event.x <= at + width:
                self._list.chosen = place
                self._list.action_sort()
                self.refresh()
                return
            at += width + 1
