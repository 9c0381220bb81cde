"""Tables of statistics as text: aligned, with bars, as wide as there is room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..text import Json, duration, printable, show
from .table import Column, Row, Table

_NARROW: Final = 80
_LEAST_BAR: Final = 10
_MOST_BAR: Final = 50
_LEAST_TEXT: Final = 12
_GAP: Final = 2
_INDENT: Final = 4
_LEVELS: Final = "▁▂▃▄▅▆▇█"
_EIGHTHS: Final = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
LEFT: Final = frozenset(("text", "words", "tree", "bar", "bars"))
"""The kinds of columns whose cells stand at the left."""
GRAVE: Final = frozenset(("errors", "errno"))
"""The names of columns that tell of errors."""

_TITLE: Final = "1"
_HEAD: Final = "2"
_BAD: Final = "1;31"
_BAR: Final = "36"


def heading(column: Column) -> str:
    """A column's title; a bar has none."""
    return "" if column.kind == "bar" else column.name.replace("_", " ")


def cell(kind: str, value: Json, clock: Callable[[int | None], str]) -> str:
    """A cell of a kind of column as text, but for bars, which need to know their width."""
    if value is None:
        return "" if kind in LEFT else "-"
    if isinstance(value, list):
        if kind == "bars":
            return spark([int(str(each)) for each in value])
        return "  " * max(0, len(value) - 1) + (show(value[-1]) if value else "all")
    if isinstance(value, (int, float)):
        if kind == "duration":
            return duration(int(value))
        if kind == "share":
            return _share(value)
        if kind == "rate":
            return f"{value:.3g}/s" if value < 100 else f"{value:.0f}/s"
        if kind == "time":
            return clock(int(value))
    return printable(show(value))


def shares(values: Sequence[Json]) -> list[float]:
    """Numbers as shares of the greatest; what is no number is nothing."""
    numbers = [value if isinstance(value, (int, float)) else 0 for value in values]
    most = max(numbers, default=0) or 1
    return [number / most for number in numbers]


def bar(share: float, width: int) -> str:
    """A bar over a share of so many cells, to an eighth; what is more than nothing is seen."""
    eighths = round(8 * width * min(max(share, 0), 1))
    if share > 0 and not eighths:
        eighths = 1
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]


def spark(values: Sequence[int]) -> str:
    """Numbers side by side, a character each, the greatest as high as can be."""
    most = max(values, default=0) or 1
    top = len(_LEVELS) - 1
    return "".join(_LEVELS[-(-value * top // most)] if value else " " for value in values)


class Printer:
    """Makes the text of tables.

    clock: makes text of times. width: columns of the terminal, 0 where there is none: nothing is
    left out or cut then. filters: each row's filter beside it.
    """

    def __init__(
        self, clock: Callable[[int | None], str], *, width: int, color: bool, filters: bool
    ) -> None:
        self._clock = clock
        self._width = width
        self._color = color
        self._filters = filters

    def text(self, table: Table) -> str:
        """The table under its title, each line ended."""
        lines = [self._style(table.title, _TITLE)]
        if table.rows:
            lines += self._lines(table)
        else:
            lines.append("none")
        return "\n".join(lines) + "\n"

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color and text.strip() else text

    def _lines(self, table: Table) -> list[str]:
        columns = [
            (at, column)
            for at, column in enumerate(table.columns)
            if any(row.cells[at] is not None for row in table.rows)
        ]
        cells = {at: self._column(column, table.rows, at) for at, column in columns}
        widths = {at: max(map(len, [heading(column), *cells[at]])) for at, column in columns}
        below = self._fit(columns, widths)
        bars = [at for at, column in columns if column.kind == "bar"]
        for at in bars:
            parts = shares([row.cells[at] for row in table.rows])
            cells[at] = [bar(part, widths[at]) for part in parts]
        head = _join(columns, {at: heading(each) for at, each in columns}, widths)
        if self._filters:
            head = f"{head}{' ' * _GAP}filter"
        lines = [self._style(head.rstrip(), _HEAD)]
        for index, row in enumerate(table.rows):
            made = {at: cells[at][index] for at, _ in columns}
            line = _join(columns, made, widths, self._paint(row) if self._color else None)
            if self._filters:
                line = f"{line}{' ' * _GAP}{self._style(_filter(row), _HEAD)}"
            lines.append(line.rstrip())
            if below is not None and cells[below][index]:
                text = " " * _INDENT + cells[below][index]
                lines.append(text if len(text) <= self._width else f"{text[: self._width - 1]}…")
        return lines

    def _paint(self, row: Row) -> Callable[[int, Column, str], str]:
        def paint(at: int, column: Column, text: str) -> str:
            if column.name in GRAVE and row.cells[at]:
                return self._style(text, _BAD)
            return self._style(text, _BAR) if column.kind in ("bar", "bars") else text

        return paint

    def _column(self, column: Column, rows: Sequence[Row], at: int) -> list[str]:
        """The cells as text; a bar's when its width is known."""
        if column.kind == "bar":
            return [""] * len(rows)
        return [cell(column.kind, row.cells[at], self._clock) for row in rows]

    def _fit(self, columns: list[tuple[int, Column]], widths: dict[int, int]) -> int | None:
        """Leaves out minor columns, cuts texts, and gives bars the room that is left.

        Gives the column that has no room but below each row.
        """
        below = None
        limit = self._width
        for at, column in columns:
            if column.kind == "bar":
                widths[at] = _LEAST_BAR
        if limit:
            for place in [each for each in reversed(columns) if each[1].minor]:
                if _total(columns, widths) <= limit:
                    break
                columns.remove(place)
            if columns[-1][1].kind == "words" and _total(columns, widths) > limit:
                below = columns.pop()[0]
            texts = [at for at, column in columns if column.kind in ("text", "tree")]
            while texts and (over := _total(columns, widths) - limit) > 0:
                widest = max(texts, key=lambda at: widths[at])
                least = max([_LEAST_TEXT, *(widths[at] for at in texts if at != widest)])
                if widths[widest] <= _LEAST_TEXT:
                    break
                least = least if least < widths[widest] else widths[widest] - 1
                widths[widest] = max(least, widths[widest] - over)
        for at, column in columns:
            if column.kind == "bar":
                room = (limit or _NARROW) - _total(columns, widths) + _LEAST_BAR
                widths[at] = max(_LEAST_BAR, min(_MOST_BAR, room))
        return below


def _total(columns: Sequence[tuple[int, Column]], widths: dict[int, int]) -> int:
    return sum(widths[at] + _GAP for at, _ in columns) - _GAP


def _join(
    columns: Sequence[tuple[int, Column]],
    cells: dict[int, str],
    widths: dict[int, int],
    paint: Callable[[int, Column, str], str] | None = None,
) -> str:
    made = []
    for at, column in columns:
        text, width = cells[at], widths[at]
        if len(text) > width:
            text = f"{text[: width - 1]}…"
        space = " " * (width - len(text))
        shown = text if paint is None else paint(at, column, text)
        if column.kind not in LEFT:
            shown = space + shown
        else:
            shown += space
        made.append(shown)
    return (" " * _GAP).join(made)


def _filter(row: Row) -> str:
    return "-" if row.filter is None else printable(row.filter)


def _share(value: float) -> str:
    """In percent; what is neither all nor nothing does not look so."""
    percent = 100 * value
    if 0 < percent < 0.05:
        return "<0.1 %"
    if 99.95 <= percent < 100:
        return ">99.9 %"
    return f"{percent:.1f} %"
