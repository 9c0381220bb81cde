from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from nldissect.capture.source import Capture, open_capture
from nldissect.learn import Learned
from nldissect.recording import Reader, Recording
from nldissect.registry import Registry
from nldissect.tui.dialogs import (
    CommentDialog,
    Dialog,
    GotoDialog,
    Menu,
    Question,
    nearest_in,
)
from nldissect.tui.wish import Wish
from tests.capture.build import pcap

Play = Callable[[Pilot[None]], Awaitable[object]]
HOSTILE = "[bold]x[/] \x1b[31m"


class Stage(App[None]):
    """Shows a dialog and keeps what it ends with."""

    def __init__(self, dialog: ModalScreen[Wish | None]) -> None:
        super().__init__()
        self.dialog = dialog
        self.ended: list[Wish | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.ended.append)


def ask(
    dialog: ModalScreen[Wish | None], play: Play, size: tuple[int, int] = (80, 24)
) -> list[Wish | None]:
    """What a dialog ends with when it is played so."""

    async def run() -> list[Wish | None]:
        app = Stage(dialog)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await play(pilot)
            await pilot.pause()
        return app.ended

    return asyncio.run(run())


class Text(str):
    """Text that comes at once, as if it was pasted."""


def press(*keys: str) -> Play:
    async def play(pilot: Pilot[None]) -> None:
        for key in keys:
            if isinstance(key, Text):
                focused = pilot.app.screen.focused
                assert focused is not None
                focused.post_message(events.Paste(key))
                await pilot.pause()
            else:
                await pilot.press(key)

    return play


def problem(dialog: Dialog) -> str:
    return str(dialog.query_one("#problem", Static).content)


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("12", Wish("goto", 12)),
        (" 1,2 ", Wish("goto", 12)),
        ("2s", Wish("goto", 7)),
        ("", None),
    ],
)
def test_goto(typed: str, wish: Wish | None) -> None:
    def nearest(time_ns: int) -> int:
        assert time_ns == 2_000_000_000
        return 7

    assert ask(GotoDialog(1234, nearest), press(Text(typed), "enter")) == [wish]


@pytest.mark.parametrize("typed", ["0", "1235", "x", "-1", "²", "9" * 20, "xs", "1.2.3s"])
def test_goto_says_what_is_wrong(typed: str) -> None:
    dialog = GotoDialog(1234, lambda time_ns: 1)

    async def play(pilot: Pilot[None]) -> None:
        await press(Text(typed), "enter")(pilot)
        assert problem(dialog)
        await pilot.press("ctrl+u", "7")
        assert not problem(dialog)
        await pilot.press("enter")

    assert ask(dialog, play) == [Wish("goto", 7)]


def test_times() -> None:
    seen: list[int] = []

    def nearest(time_ns: int) -> int:
        seen.append(time_ns)
        return 1

    dialog = GotoDialog(1, nearest)
    for text in ("12.5s", "3 ms", "250us", "7ns", "-1.5s", "0.000000001s"):
        dialog.number_of(text)
    assert seen == [12_500_000_000, 3_000_000, 250_000, 7, -1_500_000_000, 1]
    with pytest.raises(ValueError, match="no number"):
        GotoDialog(1).number_of("12.5s")


@pytest.mark.parametrize("name", ["nldemo-talk.pcap", "format-ring-1.pcapng"])
def test_nearest_message(name: str) -> None:
    path = Path(__file__).parents[2] / "captures" / name
    recording = Recording(open_capture(str(path)), Registry(plugins=False), Learned())
    recording.read(lambda: True)
    nearest = nearest_in(recording)
    messages = list(Reader(recording).messages())
    times = [message.record.time_ns or 0 for message in messages]
    for message, time_ns in zip(messages, times):
        found = nearest(time_ns - times[0])
        # Times of two interfaces need not be in order.
        assert abs(times[found - 1] - time_ns) < 2_000_000
        assert found <= message.number
    assert nearest(-(10**18)) == 1
    assert recording.record_of(nearest(10**18)) == recording.record_of(len(messages))


def test_nearest_without_times() -> None:
    data = [pcap([]), b""]
    recording = Recording(
        Capture("stream", -1, lambda: data.pop(0)), Registry(plugins=False), Learned()
    )
    with pytest.raises(ValueError, match="no messages"):
        nearest_in(recording)(0)


def test_escape_wishes_nothing() -> None:
    for dialog in (
        GotoDialog(5), CommentDialog("x"), Question("?", "a", "b"), Menu("m", [("a", "b", 1)]),
    ):  # fmt: skip
        assert ask(dialog, press("escape")) == [None]


def test_comment() -> None:
    keys = press("a", "ctrl+j", "b", "enter")
    assert ask(CommentDialog("first "), keys) == [Wish("comment", "first a\nb")]


def test_empty_comment() -> None:
    async def clear(pilot: Pilot[None]) -> None:
        pilot.app.screen.query_one(TextArea).clear()
        await pilot.press("space", "enter")

    assert ask(CommentDialog("old"), clear) == [Wish("comment", "")]


def test_comment_by_mouse() -> None:
    async def keep(pilot: Pilot[None]) -> None:
        await pilot.press("!")
        await pilot.click("#keep")

    assert ask(CommentDialog("[b]x[/]"), keep) == [Wish("comment", "[b]x[/]!")]
    assert ask(CommentDialog("x"), lambda pilot: pilot.click("#remove")) == [Wish("comment", "")]
    assert ask(CommentDialog("x"), lambda pilot: pilot.click("#cancel")) == [None]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["y"], True),
        (["n"], False),
        (["enter"], False),
        (["left", "enter"], True),
        (["tab", "enter"], True),
        (["left", "right", "enter"], False),
    ],
)
def test_question(keys: list[str], answer: bool) -> None:
    assert ask(Question(HOSTILE, "[Do]", "Don't"), press(*keys)) == [Wish("answer", answer)]


def test_question_by_mouse() -> None:
    yes = ask(Question("Sure?", "Do", "Stay"), lambda pilot: pilot.click("#yes"))
    no = ask(Question("Sure?", "Do", "Stay"), lambda pilot: pilot.click("#no"))
    assert [*yes, *no] == [Wish("answer", True), Wish("answer", False)]


ITEMS: list[tuple[str, str, Any]] = [
    ("v", "Value", 1),
    ("j", "JSON", 2),
    ("=", HOSTILE, 3),
    ("", "Only by arrows", 4),
    ("q", "Not the way out", 5),
]


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (["v"], 1),
        (["j"], 2),
        (["equals_sign"], 3),
        (["down", "down", "down", "enter"], 4),
        (["end", "up", "enter"], 4),
        (["q"], 5),
        (["z", "enter"], 1),
    ],
)
def test_menu(keys: list[str], value: int) -> None:
    assert ask(Menu("Copy", ITEMS, "copy"), press(*keys)) == [Wish("copy", value)]


def test_menu_by_mouse() -> None:
    async def click(pilot: Pilot[None]) -> None:
        await pilot.click("_Items", offset=(4, 1), times=2)

    assert ask(Menu("Copy", ITEMS), click) == [Wish("choice", 2)]


def test_long_menu_in_a_small_terminal() -> None:
    items = [("", f"line {n}", n) for n in range(60)]
    assert ask(Menu("Many", items), press("end", "enter"), (40, 10)) == [Wish("choice", 59)]


@pytest.mark.parametrize(
    "dialog",
    [
        Question(HOSTILE, HOSTILE, HOSTILE),
        Menu(HOSTILE, [("a", HOSTILE, 1)]),
        CommentDialog(f"one\n{HOSTILE}"),
    ],
)
def test_text_controls_neither_the_terminal_nor_its_colour(dialog: Dialog) -> None:
    async def look(pilot: Pilot[None]) -> None:
        picture = pilot.app.export_screenshot()
        assert "\x1b" not in picture
        assert "\\x1b[31m" in picture
        assert "[bold]x[/]" in picture

    ask(dialog, look)
