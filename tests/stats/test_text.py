"""Tables of statistics as text."""

from __future__ import annotations

import pytest

from nldissect.stats import Column, Table
from nldissect.stats.text import Printer, bar


def clock(time_ns: int | None) -> str:
    return f"t{time_ns}"


def text(table: Table, *, width: int = 0, color: bool = False, filters: bool = False) -> list[str]:
    return Printer(clock, width=width, color=color, filters=filters).text(table).splitlines()


def errors() -> Table:
    columns = (
        Column("errno", "text"),
        Column("count", "int"),
        Column("first", "time", True),
        Column("missing", "text"),
        Column("message", "words"),
    )
    table = Table("errors", "Errors", columns, "count")
    table.add("a", "ENODEV", 12, 7, None, "no device \x1b matches")
    table.add(None, "EINVAL", 3, 8, None, None)
    return table


def test_columns_are_aligned_and_empty_ones_left_out() -> None:
    assert text(errors()) == [
        "Errors",
        "errno   count  first  message",
        "ENODEV     12     t7  no device \\x1b matches",
        "EINVAL      3     t8",
    ]


def test_filters_stand_beside_the_rows() -> None:
    assert text(errors(), filters=True)[1:] == [
        "errno   count  first  message                 filter",
        "ENODEV     12     t7  no device \\x1b matches  a",
        "EINVAL      3     t8                          -",
    ]


def test_a_narrow_terminal_leaves_out_what_is_minor_and_puts_words_below() -> None:
    assert text(errors(), width=24) == [
        "Errors",
        "errno   count",
        "ENODEV     12",
        "    no device \\x1b matc…",
        "EINVAL      3",
    ]


def test_texts_are_cut_before_numbers() -> None:
    table = Table("x", "X", (Column("name", "text"), Column("n", "int")), "n")
    table.add("", "a" * 40, 10**12)
    assert text(table, width=30) == ["X", f"name{'n':>26}", f"{'a' * 14}…  1000000000000"]


def test_bars_take_the_room_that_is_left() -> None:
    table = Table("x", "X", (Column("n", "int"), Column("bar", "bar")), "n")
    for number in (0, 1, 50, 100):
        table.add("", number, number)
    assert text(table, width=25)[2:] == [
        "  0",
        "  1  ▎",
        f" 50  {'█' * 10}",
        f"100  {'█' * 20}",
    ]


def test_trees_shares_rates_and_distributions() -> None:
    columns = (
        Column("name", "tree"),
        Column("share", "share"),
        Column("rate", "rate"),
        Column("distribution", "bars"),
    )
    table = Table("x", "X", columns, "name")
    table.add("", [], 1.0, 1234.5, [0, 1, 8])
    table.add("", ["a"], 0.9999, 0.25, [])
    table.add("", ["a", "b"], 0.0001, None, [])
    assert text(table)[2:] == [
        "all   100.0 %  1234/s   ▂█",
        "a     >99.9 %  0.25/s",
        "  b    <0.1 %       -",
    ]


def test_a_table_without_rows_says_so() -> None:
    assert text(Table("x", "X", (Column("n", "int"),), "n")) == ["X", "none"]


def test_colour_marks_titles_and_errors() -> None:
    lines = text(errors(), color=True)
    assert lines[0] == "\x1b[1mErrors\x1b[0m"
    assert lines[2].startswith("\x1b[1;31mENODEV\x1b[0m ")


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, ""), (0.001, "▏"), (0.5, "██"), (0.53125, "██▏"), (0.99, "████"), (7, "████")],
)
def test_a_bar_is_drawn_to_an_eighth_and_never_lost(share: float, shown: str) -> None:
    assert bar(share, 4) == shown
