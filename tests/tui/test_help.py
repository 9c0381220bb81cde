"""Help: keys as people write them, searched and done."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from textual.app import App

from nldissect.tui.columns import KINDS, SEVERITY_SIGNS
from nldissect.tui.keys import DEEDS
from nldissect.tui.screens.help import HelpScreen, entries, spelt
from nldissect.tui.wish import Wish
from tests.tui.driving import drive, screen_text


class HelpApp(App[None]):
    def __init__(self, keymap: dict[str, str] | None = None) -> None:
        super().__init__()
        self.keymap_ = keymap or {}
        self.wishes: list[Wish | None] = []

    def on_mount(self) -> None:
        self.push_screen(HelpScreen(DEEDS, self.keymap_), self.wishes.append)


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("right,l", "→ l"), ("slash", "/"), ("ctrl+f", "ctrl+f"), ("question_mark,f1", "? f1"),
        ("left_curly_bracket", "{"), ("escape,q", "esc q"), ("shift+up", "shift+↑"),
        ("pagedown,space", "pgdn space"), ("", ""),
    ],
)  # fmt: skip
def test_keys_are_spelt_for_people(keys: str, shown: str) -> None:
    assert spelt(keys) == shown


def test_every_deed_and_sign_is_listed_once_and_groups_stay_together() -> None:
    found = entries(DEEDS, {})
    assert sorted(entry.deed.id for entry in found if entry.deed) == sorted(
        deed.id for deed in DEEDS
    )
    signs = [entry.keys for entry in found if entry.deed is None]
    assert {*KINDS.values(), *SEVERITY_SIGNS.values()} <= set(signs)
    groups = [entry.group for entry in found]
    changes = sum(one != other for one, other in pairwise(groups))
    assert changes == len(set(groups)) - 1
    assert "" not in groups


def test_one_column_where_there_is_little_room_and_two_where_there_is_more() -> None:
    async def narrow(pilot: Any) -> None:
        screen = pilot.app.screen
        assert not screen.query_one("#second").display
        assert screen.query_one("#first").count() > len(DEEDS)
        await pilot.press("end")
        assert any("[+3 parts]" in line for line in screen_text(pilot.app))

    async def wide(pilot: Any) -> None:
        screen = pilot.app.screen
        first, second = screen.query_one("#first").count(), screen.query_one("#second").count()
        assert abs(first - second) < 20
        lines = screen_text(pilot.app)
        assert any("Moving" in line for line in lines)
        await pilot.press("tab")
        assert screen.query_one("#second").has_focus

    drive(HelpApp(), narrow)
    drive(HelpApp(), wide, size=(160, 48))


def test_typing_searches_and_enter_does_it() -> None:
    app = HelpApp({"follow": "ctrl+t"})

    async def steps(pilot: Any) -> None:
        await pilot.press(*"follow trans")
        lines = [line.strip("│ ") for line in screen_text(app)]
        assert "Help: follow trans" in lines[0]
        assert any(line.startswith("ctrl+t") for line in lines)
        assert not any("Up a line" in line for line in lines)
        await pilot.press("enter")
        assert app.wishes == [Wish("deed", next(deed for deed in DEEDS if deed.id == "follow"))]

    drive(app, steps)


def test_escape_ends_the_search_first_and_q_is_a_letter_of_it() -> None:
    app = HelpApp()

    async def steps(pilot: Any) -> None:
        await pilot.press("x", "q", "q", "backspace")
        assert "Help: xq" in screen_text(app)[0]
        await pilot.press("enter")
        assert app.wishes == []
        await pilot.press("escape")
        assert any("Up a line" in line for line in screen_text(app))
        await pilot.press("q")
        assert app.wishes == [None]

    drive(app, steps)
