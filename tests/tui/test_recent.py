from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from nldissect.tui.screens.recent import RecentScreen
from nldissect.tui.state import Recent
from nldissect.tui.wish import Wish
from tests.tui.test_dialogs import Text, ask, press, problem


@pytest.fixture
def recents(tmp_path: Path) -> list[Recent]:
    for name in ("a.pcap", "b.pcap"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "c.pcapng").write_bytes(b"")
    names = ("a.pcap", "gone.pcap", "[b].pcap", "b.pcap")
    return [Recent(str(tmp_path / name), n) for n, name in enumerate(names)]


def screen(recents: list[Recent], tmp_path: Path) -> RecentScreen:
    return RecentScreen(recents, str(tmp_path))


def test_newest_is_chosen_by_enter(recents: list[Recent], tmp_path: Path) -> None:
    wish = Wish("open", str(tmp_path / "a.pcap"))
    assert ask(screen(recents, tmp_path), press("enter")) == [wish]
    wish = Wish("open", str(tmp_path / "b.pcap"))
    assert ask(screen(recents, tmp_path), press("end", "enter")) == [wish]
    assert ask(screen(recents, tmp_path), press("escape")) == [None]


def test_mouse(recents: list[Recent], tmp_path: Path) -> None:
    async def click(pilot: Pilot[None]) -> None:
        await pilot.click("#recents", offset=(5, 3), times=2)

    wish = Wish("open", str(tmp_path / "b.pcap"))
    assert ask(screen(recents, tmp_path), click) == [wish]


def test_gone_files_are_marked_and_not_opened(recents: list[Recent], tmp_path: Path) -> None:
    dialog = screen(recents, tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        picture = pilot.app.export_screenshot()
        assert picture.count("✗") == 2
        assert "[b].pcap" in picture
        await pilot.press("down", "enter")
        assert "no such file" in problem(dialog)
        await pilot.press("d", "escape")

    assert ask(dialog, play) == [None]
    assert [Path(recent.path).name for recent in recents] == ["a.pcap", "[b].pcap", "b.pcap"]


def test_all_can_be_forgotten(recents: list[Recent], tmp_path: Path) -> None:
    keys = press(*["delete"] * 6, "enter", "escape")
    assert ask(screen(recents, tmp_path), keys) == [None]
    assert recents == []


def test_path(recents: list[Recent], tmp_path: Path) -> None:
    wish = Wish("open", str(tmp_path / "folder" / "c.pcapng"))
    keys = press("tab", "f", "tab", "tab", "enter")
    assert ask(screen(recents, tmp_path), keys) == [wish]
    keys = press("f", "tab", "c", "tab", "enter")
    assert ask(screen([], tmp_path), keys) == [wish]
    assert ask(screen([], tmp_path), press(Text(tmp_path / "a.pcap"), "enter")) == [
        Wish("open", str(tmp_path / "a.pcap"))
    ]


@pytest.mark.parametrize(
    ("text", "words"), [("none", "no such file"), ("folder", "is a directory")]
)
def test_path_that_cannot_be_opened(
    recents: list[Recent], tmp_path: Path, text: str, words: str
) -> None:
    dialog = screen([], tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        await press(Text(text), "enter")(pilot)
        assert words in problem(dialog)
        await pilot.press("x")
        assert not problem(dialog)
        await pilot.press("ctrl+u", "enter")

    assert ask(dialog, play) == [None]
