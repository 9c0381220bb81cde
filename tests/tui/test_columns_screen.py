from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from nldissect.filter import Catalogue
from nldissect.registry import Registry
from nldissect.tui.columns import Column, of_field, standard
from nldissect.tui.screens.columns import ColumnsScreen
from tests.tui.test_dialogs import Play, Text, ask, press, problem

CATALOGUE = Catalogue(Registry(plugins=False))
KEYS = [column.key for column in standard()]


def columns() -> list[Column]:
    return [*standard(), of_field(CATALOGUE.field("rt-link.ifname"))]


def after(play: Play) -> list[Column]:
    """The columns that are wished for."""
    before = columns()
    [wish] = ask(ColumnsScreen(before, CATALOGUE), play)
    # What the list has is as it was.
    assert [column.key for column in before] == [*KEYS, "rt-link.ifname"]
    assert all(column.shown for column in before)
    assert wish is not None
    assert wish.kind == "columns"
    found: list[Column] = wish.value
    return found


def keys_of(found: list[Column]) -> list[str]:
    return [column.key for column in found]


def test_as_they_were() -> None:
    found = after(press("enter"))
    assert keys_of(found) == [*KEYS, "rt-link.ifname"]
    assert ask(ColumnsScreen(columns(), CATALOGUE), press("space", "J", "escape")) == [None]


@pytest.mark.parametrize(
    ("keys", "hidden"),
    [
        (["space"], ["number"]),
        (["space", "space"], []),
        (["down", "space", "end", "space"], ["time", "rt-link.ifname"]),
        (["d"], ["number"]),
        (["space", *["down", "space"] * 8], KEYS),
    ],
)
def test_show_and_hide(keys: list[str], hidden: list[str]) -> None:
    found = after(press(*keys, "enter"))
    assert [column.key for column in found if not column.shown] == hidden


def test_move() -> None:
    assert keys_of(after(press("J", "J", "K", "enter")))[:3] == ["time", "number", "kind"]
    assert keys_of(after(press("K", "enter")))[0] == "number"
    assert keys_of(after(press("end", "left_curly_bracket", "enter")))[-2:] == [
        "rt-link.ifname",
        KEYS[-1],
    ]


def test_width() -> None:
    own = standard()[1]
    time = after(press("down", ")", ")", "left", "enter"))[1]
    assert (time.width, time.grows) == (own.width + 1, 0)
    again = after(press("down", ")", "equals_sign", "enter"))[1]
    assert (again.width, again.grows) == (own.width, own.grows)
    narrow = after(press(*["("] * 8, "enter"))[0]
    assert narrow.width == 1
    # The one that takes what is left keeps doing so.
    assert after(press(*["down"] * 5, ")", "enter"))[5].width == 0


def test_remove_and_standard() -> None:
    assert keys_of(after(press("end", "d", "enter"))) == KEYS
    assert keys_of(after(press("J", "R", "enter"))) == KEYS


def test_add_a_field() -> None:
    found = after(press("a", Text("rt-link.mt"), "tab", "enter", "enter"))
    assert keys_of(found)[:3] == ["number", "rt-link.mtu", "time"]
    two = after(press("slash", Text("n, rt-link.mtu"), "enter", "enter"))
    assert keys_of(two)[1:3] == ["n", "rt-link.mtu"]
    # One that is there already is shown.
    again = after(press("end", "space", "a", Text("rt-link.ifname"), "enter", "enter"))
    assert keys_of(again) == [*KEYS, "rt-link.ifname"]
    assert again[-1].shown


def test_unknown_field() -> None:
    dialog = ColumnsScreen(columns(), CATALOGUE)

    async def play(pilot: Pilot[None]) -> None:
        await press("a", Text("rt-link.ifnam"), "enter")(pilot)
        assert "did you mean rt-link.ifname" in problem(dialog)
        await pilot.press("e")
        assert not problem(dialog)
        assert dialog.query_one(Input).value == "rt-link.ifname"
        await pilot.press("escape")

    assert ask(dialog, play) == [None]


def test_mouse() -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.click("#columns", offset=(2, 1))
        await pilot.click("#columns", offset=(12, 2))
        await pilot.click("#take")

    found = after(play)
    assert [column.key for column in found if not column.shown] == ["time"]

    async def cancel(pilot: Pilot[None]) -> None:
        await pilot.click("#cancel")

    assert ask(ColumnsScreen(columns(), CATALOGUE), cancel) == [None]


def test_many_columns_in_a_small_terminal() -> None:
    names = ["n", "frame", "time", "proto", "family", "cmd", "txn", "rt-link.mtu", "rt-link.ifname"]
    many = [*standard(), *(of_field(CATALOGUE.field(name)) for name in names)]
    [wish] = ask(ColumnsScreen(many, CATALOGUE), press("end", "space", "enter"), (60, 18))
    assert wish is not None
    assert not wish.value[-1].shown
