"""Tables: aligned rows under a head of titles, sorted, fitted to the room that there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from ..stats.text import bar
from .keys import bindings
from .lines import Lines, Piece, fit

_GAP: Final = 2
_LEAST_FLEXIBLE: Final = 20
_LEAST_TEXT: Final = 6
_LEAST_BAR: Final = 8
_MOST_BAR: Final = 60
_NO_STYLES: Final[Mapping[int, str]] = MappingProxyType({})


class TableColumn(NamedTuple):
    """A column.

    right: its cells stand at the right, as numbers do. flexible: it is cut first where there is no
    room. minor: where there is still none, the column with the greatest is left out first; 0 never
    is. bar: its cells are shares of 1, drawn as bars in the room that is left; the title of such a
    column stands over the end of the longest, as on a scale.
    """

    title: str
    right: bool = False
    flexible: bool = False
    minor: int = 0
    bar: bool = False


class TableRow(NamedTuple):
    """A row.

    cells: safe texts, one for each column; numbers in a bar's. data: what the row is about, by
    which it is found again when rows are replaced; None is found by its place. style: the name of
    the style of all cells; styles: of some, by the column's place. keys: what the row sorts by, one
    for each column, None last; the cells themselves if they are not given.
    """

    cells: Sequence[str | float]
    data: Any = None
    style: str = ""
    styles: Mapping[int, str] = _NO_STYLES
    keys: Sequence[Any] | None = None


class Table(Lines):
    """Rows of cells; enter on one posts ``Chosen``.

    rows: in the order that they are shown in. chosen: the place of the column that keys act on.
    sorted_by: the title of the column that they are sorted by, "" for the given order; backwards:
    the other way round. empty: what stands where there are no rows. sortable: rows may be sorted.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines"), *bindings("table")]

    def __init__(self, *, id: str | None = None, empty: str = "none") -> None:
        super().__init__(id=id)
        self.columns: Sequence[TableColumn] = ()
        self.rows: list[TableRow] = []
        self.empty = empty
        self.sortable = True
        self.chosen = 0
        self.sorted_by = ""
        self.backwards = False
        self._given: list[TableRow] = []
        self._sizes: list[int] = []
        self._laid: tuple[int, list[tuple[int, int]]] | None = None

    # Rows

    def set(self, columns: Sequence[TableColumn], rows: Iterable[TableRow]) -> None:
        """Replaces all; the row with the same data stays selected."""
        selected = self.selected
        cursor = self.cursor
        if [column.title for column in columns] != [column.title for column in self.columns]:
            self.chosen, self.sorted_by, self.backwards = 0, "", False
        self.columns = columns
        self._given = list(rows)
        self._sizes = [cell_len(column.title) for column in columns]
        self._measure(self._given)
        self._order(selected, cursor)

    def extend(self, rows: Iterable[TableRow]) -> None:
        """Appends rows."""
        selected = self.selected
        more = list(rows)
        self._given += more
        self._measure(more)
        if self.sorted_by:
            self._order(selected, self.cursor)
        else:
            self.rows += more
            self._show()

    def _measure(self, rows: Sequence[TableRow]) -> None:
        for at, column in enumerate(self.columns):
            size = self._sizes[at]
            if column.bar:
                continue
            for row in rows:
                text = row.cells[at]
                assert isinstance(text, str)
                # Fewer characters than half the cells cannot be wider.
                if 2 * len(text) > size:
                    size = max(size, len(text) if text.isascii() else cell_len(text))
            self._sizes[at] = size

    def _order(self, selected: TableRow | None, cursor: int) -> None:
        """Sorts the rows, and finds the selected one again."""
        self.rows = list(self._given)
        titles = [column.title for column in self.columns]
        if self.sorted_by in titles:
            at = titles.index(self.sorted_by)
            present = [row for row in self.rows if _key(row, at) is not None]
            absent = [row for row in self.rows if _key(row, at) is None]
            present.sort(key=lambda row: _rank(_key(row, at)), reverse=self.backwards)
            self.rows = present + absent
        if selected is not None and selected.data is not None:
            places = (at for at, row in enumerate(self.rows) if row.data == selected.data)
            cursor = next(places, cursor)
        self._show()
        self.move(cursor, tell=False)

    def _show(self) -> None:
        self._laid = None
        self.changed()
        self._draw_head()

    @property
    def selected(self) -> TableRow | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def count(self) -> int:
        return len(self.rows)

    # Drawing

    def widths(self) -> list[tuple[int, int]]:
        """The places of the columns that there is room for, with their widths."""
        width = self.scrollable_content_region.width
        if self._laid is None or self._laid[0] != width:
            self._laid = (width, self._lay_out(width))
        return self._laid[1]

    def _lay_out(self, width: int) -> list[tuple[int, int]]:
        columns = self.columns
        sizes = {at: _LEAST_BAR if columns[at].bar else size for at, size in enumerate(self._sizes)}
        least = {
            at: min(size, _LEAST_FLEXIBLE) if columns[at].flexible else size
            for at, size in sizes.items()
        }
        while _total(least) > width:
            minor = max(least, key=lambda at: (columns[at].minor, at))
            if not columns[minor].minor:
                break
            del least[minor], sizes[minor]
        # The widest is cut first, down to the next, flexible ones before others.
        for cuttable, bottom in (
            ([at for at in sizes if columns[at].flexible], _LEAST_FLEXIBLE),
            ([at for at in sizes if not columns[at].right and not columns[at].bar], _LEAST_TEXT),
        ):
            while cuttable and (over := _total(sizes) - width) > 0:
                widest = max(cuttable, key=lambda at: sizes[at])
                if sizes[widest] <= bottom:
                    break
                next_ = max([bottom, *(sizes[at] for at in cuttable if at != widest)])
                next_ = min(next_, sizes[widest] - 1)
                sizes[widest] = max(next_, sizes[widest] - over)
        for at in sizes:
            if columns[at].bar:
                sizes[at] = max(_LEAST_BAR, min(_MOST_BAR, sizes[at] + width - 1 - _total(sizes)))
        return list(sizes.items())

    def line(self, number: int) -> Sequence[Piece]:
        row = self.rows[number]
        none = Style.null()
        whole = self.style(row.style) if row.style else none
        pieces: list[Piece] = []
        for place, (at, width) in enumerate(self.widths()):
            if place:
                pieces.append((" " * _GAP, none))
            cell = row.cells[at]
            name = row.styles.get(at)
            style = whole + self.style(name) if name else whole
            text = cell if isinstance(cell, str) else bar(cell, width)
            pieces.append((fit(text, width, right=self.columns[at].right), style))
        return pieces

    def render_line(self, y: int) -> Strip:
        if self.rows or y:
            return super().render_line(y)
        width = self.scrollable_content_region.width
        style = self.rich_style + self.style("dim")
        return Strip([Segment(fit(self.empty, width), style)], width)

    def on_resize(self) -> None:
        self._draw_head()

    def on_focus(self) -> None:
        self._draw_head()

    def on_blur(self) -> None:
        self._draw_head()

    def _draw_head(self) -> None:
        if isinstance(self.parent, TableView):
            self.parent.head.refresh()

    # Sorting

    def action_column(self, step: int) -> None:
        """Chooses the next column that is in sight."""
        places = [at for at, _ in self.widths()]
        if places:
            at = places.index(self.chosen) if self.chosen in places else 0
            self.chosen = places[(at + step) % len(places)]
            self._show()

    def action_sort(self) -> None:
        """Sorts by the chosen column; if it is sorted by it, backwards; then no more."""
        if not self.sortable or not self.columns:
            return
        title = self.columns[self.chosen].title
        if self.sorted_by != title:
            self.sorted_by, self.backwards = title, False
        elif not self.backwards:
            self.backwards = True
        else:
            self.sorted_by, self.backwards = "", False
        self._order(self.selected, self.cursor)


def _total(sizes: Mapping[int, int]) -> int:
    return sum(sizes.values()) + _GAP * max(0, len(sizes) - 1)


def _key(row: TableRow, at: int) -> Any:
    return row.cells[at] if row.keys is None else row.keys[at]


def _rank(key: Any) -> tuple[bool, Any]:
    """Numbers before texts."""
    return (True, key.casefold()) if isinstance(key, str) else (False, key)


class TableHead(Widget):
    """The titles of a table's columns; a click sorts by one."""

    DEFAULT_CSS = """
    TableHead { height: 1; background: $panel; color: $text-muted; text-style: bold; }
    """

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        table = self._table
        segments = []
        for at, width in table.widths():
            column = table.columns[at]
            title = column.title
            if column.bar and title:
                title = f"0 {'┈' * (width - len(title) - 3)} {title}"
            if table.sorted_by == title:
                title = f"{title[: width - 1]}{'▼' if table.backwards else '▲'}"
            style = base
            if at == table.chosen and table.has_focus and table.sortable:
                style += Style(underline=True)
            blank = " " * max(0, width - cell_len(title))
            title = fit(title, min(width, cell_len(title)))
            pieces = [Segment(blank, base), Segment(title, style)]
            segments += pieces if column.right else pieces[::-1]
            segments.append(Segment(" " * _GAP, base))
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def on_click(self, event: events.Click) -> None:
        left = 0
        for at, width in self._table.widths():
            if left <= event.x < left + width + _GAP:
                self._table.chosen = at
                self._table.action_sort()
                self.refresh()
                return
            left += width + _GAP


class TableView(Vertical):
    """A table under its head."""

    DEFAULT_CSS = """
    TableView { height: 1fr; width: 1fr; }
    TableView Table { height: 1fr; }
    """

    def __init__(self, table: Table, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = table
        self.head = TableHead(table)

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.table
