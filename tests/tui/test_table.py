"""Tables as the user sees and drives them."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult

from nldissect.tui.lines import Lines
from nldissect.tui.table import Table, TableColumn, TableRow, TableView
from tests.tui.driving import drive, screen_text

COLUMNS = (
    TableColumn("name", flexible=True),
    TableColumn("count", right=True),
    TableColumn("remark", minor=1),
    TableColumn("first", right=True, minor=2),
    TableColumn("share", bar=True),
)


def row(name: str, count: int, *, first: int = 7, remark: str = "", **words: Any) -> TableRow:
    cells = (name, str(count), remark, str(first), count / 100)
    return TableRow(cells, name, keys=(name, count, remark or None, first, count), **words)


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.table = Table()
        self.chosen: list[Any] = []

    def compose(self) -> ComposeResult:
        yield TableView(self.table)

    def on_mount(self) -> None:
        self.table.focus()

    def on_lines_chosen(self, event: Lines.Chosen) -> None:
        self.chosen.append(self.table.rows[event.line].data)


def names(app: TableApp) -> list[str]:
    return [str(each.cells[0]) for each in app.table.rows]


def test_columns_are_aligned_under_a_head_that_stays() -> None:
    app = TableApp()

    async def steps(pilot: Any) -> None:
        app.table.set(COLUMNS, [row("link", 100), row("addr 日本", 5, remark="odd")])
        await pilot.pause()
        lines = screen_text(app)
        assert lines[0].startswith("name       count  remark  first  0 ┈")
        assert lines[0].rstrip().endswith("┈ share")
        assert lines[1].rstrip("│ ▁▂▃▄▅▆▇█").rstrip() == "link         100              7"
        assert lines[2].startswith("addr 日本      5  odd         7  ")
        app.table.extend(row(f"row {at}", at) for at in range(50))
        await pilot.press("end")
        lines = screen_text(app)
        assert lines[0].startswith("name ")
        assert lines[-1].startswith("row 49 ")

    drive(app, steps)


def test_what_is_minor_is_left_out_and_what_is_flexible_is_cut() -> None:
    app = TableApp()

    async def steps(pilot: Any) -> None:
        app.table.set(COLUMNS, [row("a" * 60, 1, remark="r" * 12)])
        await pilot.pause()
        assert screen_text(app)[0].split() == ["name", "count", "remark", "first", "0", "share"]
        assert screen_text(app)[1].startswith("a" * 20)
        assert "…" in screen_text(app)[1]
        await pilot.resize_terminal(54, 10)
        await pilot.pause()
        assert screen_text(app)[0].split() == ["name", "count", "remark", "0", "share"]
        await pilot.resize_terminal(36, 10)
        await pilot.pause()
        assert screen_text(app)[0].split() == ["name", "count", "0", "share"]
        await pilot.resize_terminal(12, 10)
        await pilot.pause()
        assert screen_text(app)[1].startswith("aaaaa…  ")

    drive(app, steps)


def test_the_selected_row_is_found_again_by_its_data() -> None:
    app = TableApp()

    async def steps(pilot: Any) -> None:
        app.table.set(COLUMNS, [row("a", 1), row("b", 2), row("c", 3)])
        await pilot.press("down", "enter")
        assert app.chosen == ["b"]
        app.table.set(COLUMNS, [row("x", 9), row("a", 1), row("c", 3), row("b", 2)])
        await pilot.press("enter")
        assert app.chosen == ["b", "b"]
        app.table.set(COLUMNS, [row("x", 9)])
        await pilot.press("enter")
        assert app.chosen == ["b", "b", "x"]
        app.table.set(COLUMNS, [])
        await pilot.press("enter")
        assert app.chosen == ["b", "b", "x"]
        assert screen_text(app)[1].startswith("none")

    drive(app, steps)


def test_keys_and_clicks_sort_by_values() -> None:
    app = TableApp()

    async def steps(pilot: Any) -> None:
        rows = [row("b", 10, remark="q"), row("C", 9), row("a", 100, remark="p")]
        app.table.set(COLUMNS, rows)
        await pilot.press("s")
        assert names(app) == ["a", "b", "C"]
        assert app.table.selected is not None
        assert app.table.selected.data == "b"
        await pilot.press("right_square_bracket", "s")
        assert names(app) == ["C", "b", "a"]
        assert "coun▲" in screen_text(app)[0]
        await pilot.press("s")
        assert names(app) == ["a", "b", "C"]
        await pilot.press("s")
        assert names(app) == ["b", "C", "a"]
        await pilot.click(app.table.parent.head, offset=(13, 0))  # type: ignore[union-attr]
        assert app.table.sorted_by == "remark"
        assert names(app) == ["a", "b", "C"]
        app.table.extend([row("n", 1, remark="a")])
        assert names(app) == ["n", "a", "b", "C"]
        app.table.sortable = False
        await pilot.press("s")
        assert names(app) == ["n", "a", "b", "C"]

    drive(app, steps)


def test_cells_and_rows_have_styles() -> None:
    app = TableApp()

    async def steps(pilot: Any) -> None:
        app.table.set(COLUMNS, [row("a", 1), row("b", 2, style="dim", styles={1: "error"})])
        await pilot.pause()
        pieces = {text.strip(): style for text, style in app.table.line(1)}
        assert pieces["b"] == app.table.style("dim")
        assert pieces["2"] == app.table.style("dim") + app.table.style("error")

    drive(app, steps)
