"""The shape of a statistic: columns, and rows that know which messages they are about."""

from __future__ import annotations

from collections.abc import Sequence

from ..text import Json

KINDS = (
    "text", "words", "tree", "int", "bytes", "share", "rate", "duration", "time", "bar", "bars",
)  # fmt: skip
"""Kinds of columns.

text: a string; words: a long one. tree: the names from the root down to the row, as a list.
int, bytes: whole numbers. share: a fraction of 1. rate: how often in a second. duration: ns.
time: ns since 1970-01-01 UTC. bar: a number that is drawn as a bar; bars: a list of numbers that
are drawn side by side. A cell without a value is None.
"""


class Column:
    """A column's name, in snake_case, and its kind, one of KINDS.

    minor: people can do without it where there is no room.
    """

    __slots__ = ("name", "kind", "minor")

    def __init__(self, name: str, kind: str, minor: bool = False) -> None:
        self.name = name
        self.kind = kind
        self.minor = minor


class Row:
    """cells: one for each column. filter: selects the row's messages; None where no filter does."""

    __slots__ = ("cells", "filter")

    def __init__(self, cells: Sequence[Json], filter: str | None) -> None:
        self.cells = cells
        self.filter = filter


class Table:
    """A statistic.

    name: by which it is asked for; title: a heading for people.
    counted: the name of the column that says how many messages a row's filter selects.
    """

    __slots__ = ("name", "title", "columns", "counted", "rows")

    def __init__(self, name: str, title: str, columns: Sequence[Column], counted: str) -> None:
        self.name = name
        self.title = title
        self.columns = columns
        self.counted = counted
        self.rows: list[Row] = []

    def add(self, filter: str | None, *cells: Json) -> None:
        """Appends a row."""
        self.rows.append(Row(cells, filter))

    def as_json(self) -> dict[str, Json]:
        """The table as JSON has it: the rows are objects by column name, with their ``filter``."""
        names = [column.name for column in self.columns]
        return {
            "name": self.name,
            "title": self.title,
            "counted": self.counted,
            "columns": [{"name": column.name, "kind": column.kind} for column in self.columns],
            "rows": [{**dict(zip(names, row.cells)), "filter": row.filter} for row in self.rows],
        }
