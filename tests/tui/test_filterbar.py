"""The filter's bar as the user sees and drives it."""

from __future__ import annotations

from functools import cache
from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input

from nldissect.filter import Catalogue, Filter
from nldissect.recording import Reader
from nldissect.tui.filterbar import FilterBar
from tests.tui.driving import drive, recording_of, registry, screen_text, shown, until


@cache
def catalogue() -> Catalogue:
    return Catalogue(registry())


class BarApp(App[None]):
    def __init__(self, history: list[str] | None = None, own: Catalogue | None = None) -> None:
        super().__init__()
        self.bar = FilterBar(own or catalogue(), history or [])
        self.other = Input()
        self.applied: list[tuple[str, Filter | None]] = []
        self.left = 0

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.other

    def on_mount(self) -> None:
        self.other.focus()

    def on_filter_bar_applied(self, event: FilterBar.Applied) -> None:
        self.applied.append((event.text, event.filter))

    def on_filter_bar_left(self) -> None:
        self.left += 1
        self.other.focus()

    @property
    def input(self) -> Input:
        return self.bar.query_one(Input)

    @property
    def offered(self) -> list[str]:
        """What is offered, the chosen one in brackets."""
        choices = self.bar.query_one("_Choices")
        if not choices.display:
            return []
        return [
            f"[{each.text}]" if number == choices.cursor else each.text  # type: ignore[attr-defined]
            for number, each in enumerate(choices.choices)  # type: ignore[attr-defined]
        ]

    async def opened(self, pilot: Any, *keys: str) -> None:
        self.bar.open()
        await pilot.pause()
        await until(pilot, lambda: self.bar._prepared)
        await typed(pilot, *keys)


async def typed(pilot: Any, *keys: str) -> None:
    """Presses keys and waits until the text was looked at."""
    await pilot.press(*keys)
    await pilot.pause(0.1)
    await until(pilot, lambda: pilot.app.bar._checked == pilot.app.input.value)


def test_tells_what_is_right_and_wrong_while_it_is_written() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        bar = app.bar
        assert "Filter   nothing is filtered" in shown(app)
        await app.opened(pilot, *"error ")
        assert bar.has_class("-valid")
        assert "Filter ✓ error" in shown(app)
        await typed(pilot, *"erorr")
        assert bar.has_class("-wrong")
        assert not bar.has_class("-valid")
        top = screen_text(app)[0]
        assert "Filter ✗ error erorr" in top
        assert "cannot stand here" in top
        strip = app.input.render_line(0)
        underlined = "".join(
            segment.text for segment in strip if segment.style and segment.style.underline
        )
        assert underlined == "erorr"
        await typed(pilot, "ctrl+u")
        assert not bar.has_class("-wrong")
        assert not bar.has_class("-valid")
        assert "✗" not in shown(app)
        assert app.applied == []

    drive(app, steps)


def test_what_can_be_completed_is_no_mistake_yet() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot, *"famil")
        assert app.offered == ["family"]
        assert not app.bar.has_class("-wrong")
        assert "Filter …" in shown(app)
        await typed(pilot, "escape")
        assert app.offered == []
        assert app.bar.has_class("-wrong")
        assert "did you mean family or frame?" in shown(app)
        assert app.left == 0

    drive(app, steps, (100, 24))


def test_completes_word_by_word() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot, *"rt-lin")
        assert "[" not in "".join(app.offered)
        await typed(pilot, "down", "down")
        assert "[rt-link.]" in app.offered
        assert "group" in shown(app)
        # A group goes on with what is in it.
        await typed(pilot, "enter")
        assert app.input.value == "rt-link."
        assert "rt-link.ifname" in app.offered
        await typed(pilot, *"ifnam")
        assert app.offered == ["rt-link.ifname"]
        assert "IFLA_IFNAME" in shown(app)
        await typed(pilot, "tab")
        assert app.input.value == "rt-link.ifname "
        assert app.offered[0] == "=="
        await typed(pilot, "tab", "enter")
        assert app.input.value == "rt-link.ifname == "
        await typed(pilot, *'"lo"', "enter")
        [(text, filter_)] = app.applied
        assert text == 'rt-link.ifname == "lo"'
        assert filter_ is not None
        reader = Reader(recording_of("rt-link.pcap"))
        matching = [message for message in reader.messages() if filter_.match(message)]
        assert {message.get("ifname") for message in matching} == {"lo"}

    drive(app, steps)


def test_completes_values_and_goes_around() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot, *"dir == re")
        assert app.offered == ["request", "reply"] or app.offered == ["reply", "request"]
        first, last = app.offered
        for key, chosen in (("up", last), ("down", first), ("tab", last), ("up", first)):
            await pilot.press(key)
            assert f"[{chosen}]" in app.offered
        await typed(pilot, "enter")
        assert app.input.value == f"dir == {first}"
        assert app.offered == []
        assert app.bar.has_class("-valid")
        await pilot.press("enter")
        assert [text for text, _ in app.applied] == [f"dir == {first}"]

    drive(app, steps)


def test_completes_in_the_middle_and_by_mouse() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot, *"== reply", *["left"] * 8, *"di")
        assert app.offered == ["dir"]
        row = next(at for at, line in enumerate(screen_text(app)) if " dir  field" in line)
        await pilot.click(offset=(12, row))
        await typed(pilot)
        assert app.input.value == "dir == reply"
        assert app.input.cursor_position == 4

    drive(app, steps)


def test_enter_applies_when_nothing_was_chosen() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot, *"error")
        assert app.offered
        await pilot.press("enter")
        await pilot.pause()
        assert [text for text, _ in app.applied] == ["error"]
        assert app.offered == []
        await pilot.press("ctrl+u", "enter")
        await pilot.pause()
        assert app.applied[1] == ("", None)
        # Faster than the text is looked at.
        await pilot.press(*"nonsense", "enter")
        await pilot.pause()
        assert len(app.applied) == 2
        assert "✗ nonsense" in shown(app)
        assert app.input.has_focus

    drive(app, steps)


def test_leaving_keeps_what_is_applied() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot, *"error", "enter")
        await typed(pilot, *" && no")
        await pilot.press("escape")
        await pilot.pause()
        assert app.left == 0
        await pilot.press("escape")
        await pilot.pause()
        assert app.left == 1
        assert app.input.value == "error"
        assert app.bar.text == "error"
        assert len(app.applied) == 1
        # What was written is not lost.
        app.bar.open()
        await pilot.press("up", "down")
        assert app.input.value == "error && no"

    drive(app, steps)


def test_past_filters() -> None:
    app = BarApp(["ack", "error"])

    async def steps(pilot: Any) -> None:
        await app.opened(pilot)
        texts = []
        for key in ("up", "up", "up", "down", "down"):
            await typed(pilot, key)
            texts.append(app.input.value)
            assert app.offered == []
        assert texts == ["error", "ack", "ack", "error", ""]
        await pilot.press("up", "up", "enter", "ctrl+u")
        await pilot.press("up", "up")
        assert app.input.value == "error"
        assert [text for text, _ in app.applied] == ["ack"]

    drive(app, steps)


def test_is_applied_from_outside() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        app.bar.apply("nlmsg.len > 100")
        app.bar.say(12, 3400, True)
        await pilot.pause()
        assert "filtering… 12/3,400" in shown(app)
        app.bar.say(13, 3400, False)
        await pilot.pause(0.1)
        assert "13/3,400" in shown(app)
        assert "filtering" not in shown(app)
        assert app.other.has_focus
        app.bar.apply("family == ")
        await pilot.pause()
        assert [text for text, _ in app.applied] == ["nlmsg.len > 100"]
        assert "too early" in shown(app)
        assert app.input.has_focus
        app.bar.open("prepared")
        await pilot.pause()
        assert app.input.value == "prepared"
        assert app.bar.text == "nlmsg.len > 100"

    drive(app, steps)


def test_several_lines_are_pasted_as_one() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot)
        app.input.post_message(events.Paste("error ||\n  ack\n"))
        await pilot.pause(0.15)
        assert app.input.value == "error ||   ack"
        assert app.bar.has_class("-valid")

    drive(app, steps)


def test_enter_waits_for_what_is_still_prepared() -> None:
    app = BarApp(own=Catalogue(registry()))

    async def steps(pilot: Any) -> None:
        app.bar.open("error")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: app.applied)
        assert [text for text, _ in app.applied] == ["error"]

    drive(app, steps)


def test_text_is_no_markup() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        await app.opened(pilot, *"[red]x")
        assert "[red]x" in shown(app)
        assert app.bar.has_class("-wrong")

    drive(app, steps)
