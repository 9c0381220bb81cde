"""The columns of the message list: shown, hidden, moved, widened, and any field as another one."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import ClassVar, Final

from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Input, Label, Static

from ...errors import FilterError
from ...filter import Catalogue
from ...text import printable
from ..columns import Column, of_field, standard
from ..completing import Completing, offer_fields
from ..dialogs import Dialog
from ..keys import bindings
from ..lines import Lines, Piece, fit
from ..wish import Wish

_NAMES: Final = {"kind": "what it is", "severity": "gravest note"}
_WIDEST: Final = 200


class _Columns(Lines):
    """The columns, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("columns"), *bindings("lines")]

    class AddAsked(Message):
        """Another column is wanted."""

    def __init__(self, columns: list[Column]) -> None:
        super().__init__(id="columns")
        self.columns = columns

    def count(self) -> int:
        return len(self.columns)

    def line(self, number: int) -> Sequence[Piece]:
        column = self.columns[number]
        width = str(column.width) if column.width else "the rest"
        if column.width and column.grows:
            width += f" to {column.grows}"
        name = _NAMES.get(column.key, column.key)
        room = max(10, self.scrollable_content_region.width - 32)
        return [
            (f" [{'x' if column.shown else ' '}] ", self.style("value")),
            (fit(printable(column.title), 14), self.style("name" if column.shown else "dim")),
            (fit(printable(name), room), self.style("dim")),
            (fit(width, 10, right=True), self.style("dim")),
        ]

    def line_style(self, number: int) -> Style:
        return Style.null() if self.columns[number].shown else self.style("dim")

    def clicked(self, event: events.Click, number: int) -> None:
        if event.x < 5:
            self.action_show()

    def action_show(self) -> None:
        """Shows or hides the column; one at least is shown."""
        column = self.columns[self.cursor]
        column.shown = not column.shown or not any(
            other.shown for other in self.columns if other is not column
        )
        self.refresh()

    def action_shift(self, step: int) -> None:
        """Moves the column."""
        here, there = self.cursor, self.cursor + step
        if 0 <= there < len(self.columns):
            columns = self.columns
            columns[here], columns[there] = columns[there], columns[here]
            self.move(there)

    def action_widen(self, step: int) -> None:
        """Changes the width, which then no longer follows the content."""
        column = self.columns[self.cursor]
        if column.width:
            column.width = max(1, min(column.width + step, _WIDEST))
            column.grows = 0
            self.refresh()

    def action_own_width(self) -> None:
        """Lets the width follow the content again."""
        column = self.columns[self.cursor]
        own = next((each for each in standard() if each.key == column.key), None)
        column.width, column.grows = (own.width, own.grows) if own else _FIELD_WIDTHS
        self.refresh()

    def action_remove(self) -> None:
        """Removes a field's column; hides another one."""
        column = self.columns[self.cursor]
        if column.key in _STANDARD:
            column.shown = True
            self.action_show()
        elif len([each for each in self.columns if each.shown]) > column.shown:
            del self.columns[self.cursor]
            self.changed()

    def action_standard(self) -> None:
        """Takes the standard columns alone."""
        self.columns[:] = standard()
        self.changed()

    def action_add(self) -> None:
        """Asks for a field."""
        self.post_message(self.AddAsked())


_STANDARD: Final = frozenset(column.key for column in standard())
_FIELD_WIDTHS: Final = (8, 24)


class ColumnsScreen(Dialog):
    """Changes copies of the columns; the wish's value is all of them in order.

    catalogue: the fields that can become columns.
    """

    DEFAULT_CSS = """
    ColumnsScreen #box { width: 74; }
    ColumnsScreen #columns { height: auto; min-height: 8; max-height: 12; }
    ColumnsScreen .row { height: 1; margin-top: 1; }
    ColumnsScreen .row Label { width: 11; color: $text-muted; text-style: bold; }
    ColumnsScreen .row Completing { width: 1fr; }
    ColumnsScreen #problem { min-height: 1; }
    ColumnsScreen #keys { color: $text-muted; }
    ColumnsScreen .buttons { margin-top: 0; }
    """

    def __init__(self, columns: Sequence[Column], catalogue: Catalogue) -> None:
        super().__init__()
        self._columns = _Columns([copy(column) for column in columns])
        self._catalogue = catalogue
        self._field = Completing(
            offer_fields(catalogue), placeholder="a field's name, tab completes", id="field"
        )

    def compose(self) -> ComposeResult:
        with self.box("Columns", "enter takes them · esc"):
            yield self._columns
            with Horizontal(classes="row"):
                yield Label("Add field", markup=False)
                yield self._field
            yield Static("", id="problem", markup=False)
            yield Static(
                "space shows · K J move · ( ) width · d removes · a adds · R standard",
                id="keys",
                markup=False,
            )
            with Horizontal(classes="buttons"):
                yield Button("Take", id="take", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._columns.focus()

    @on(_Columns.AddAsked)
    def _ask_field(self) -> None:
        self._field.input.focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self.complain("")

    @on(Input.Submitted)
    def _add(self, event: Input.Submitted) -> None:
        """Adds the fields after the column with the cursor; without any, takes the columns."""
        names = [name.strip() for name in event.value.split(",") if name.strip()]
        if not names:
            self.take()
            return
        columns, lines = self._columns.columns, self._columns
        for name in names:
            try:
                added = of_field(self._catalogue.field(name))
            except FilterError as error:
                self.complain(str(error))
                return
            known = next((column for column in columns if column.key == added.key), None)
            if known is not None:
                known.shown = True
                lines.cursor = columns.index(known)
            else:
                lines.cursor += 1
                columns.insert(lines.cursor, added)
        self._field.value = ""
        lines.changed()
        lines.reveal()
        lines.focus()

    @on(Lines.Chosen)
    def take(self) -> None:
        """Ends with the columns."""
        self.end(Wish("columns", self._columns.columns))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self.take()
        else:
            self.end(None)
