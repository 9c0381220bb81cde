"""The screen of notes over real captures."""

from __future__ import annotations

from array import array
from collections import Counter
from functools import cache
from threading import Thread
from typing import Any

import pytest
from textual.app import App

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.filter import Catalogue, compile_filter
from nldissect.learn import Learned
from nldissect.model import Message
from nldissect.notes import CATALOGUE
from nldissect.recording import Reader, Recording
from nldissect.tui.jobs import Job
from nldissect.tui.lines import Lines
from nldissect.tui.screens import notes
from nldissect.tui.screens.notes import Gathering, NotesScreen
from nldissect.tui.wish import Wish
from tests.check import CHANGEABLE
from tests.tui.driving import CAPTURES, drive, recording_of, registry, screen_text, shown, until

recorded = cache(recording_of)


class Stage(App[None]):
    def __init__(self, recording: Recording, numbers: array[int] | None = None) -> None:
        super().__init__()
        self.wishes: list[Wish | None] = []
        self.asked = NotesScreen(recording, numbers)

    def on_mount(self) -> None:
        self.push_screen(self.asked, self.wishes.append)

    def lines(self) -> list[str]:
        tree = self.asked.query_one("#notes", Lines)
        return ["".join(text for text, _ in tree.line(n)) for n in range(tree.count())]


def show(
    recording: Recording,
    steps: Any,
    numbers: array[int] | None = None,
    size: tuple[int, int] = (80, 24),
) -> Stage:
    app = Stage(recording, numbers)

    async def play(pilot: Any) -> None:
        await until(pilot, lambda: not app.asked._job.running)
        await steps(pilot)
        await pilot.pause()

    drive(app, play, size)
    return app


def gathered(recording: Recording, numbers: array[int] | None = None) -> Gathering:
    gathering = Gathering(recording, numbers)
    app: App[None] = App()
    gathering.run(Job("", "", app, gathering.run))
    return gathering


def by_hand(recording: Recording) -> Counter[str]:
    return Counter(note.code for each in Reader(recording).messages() for note in each.notes)


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap*")), ids=lambda path: path.name)
def test_all_notes_are_gathered(path: Any) -> None:
    recording = recording_of(path.name)
    gathering = gathered(recording)
    assert {code: group.count for code, group in gathering.groups.items()} == by_hand(recording)
    catalogue = Catalogue(registry())
    messages = list(Reader(recording).messages())
    for code, group in gathering.groups.items():
        match = compile_filter(f'note.code == "{code}"', catalogue).match
        assert sorted({*group.numbers}) == [each.number for each in messages if match(each)]


def test_groups_open_and_lead_to_messages() -> None:
    recording = recorded("genl-misc.pcap")

    async def steps(pilot: Any) -> None:
        app = pilot.app
        title = screen_text(app)[0]
        assert "Notes on all messages: ✖ 0 error  ▲ 0 warn  • 11 note  · 5 chat" in title
        assert [line.split()[1:5] for line in app.lines()] == [
            ["•", "note", "11", "error.refused"],
            ["·", "chat", "5", "header.deprecated"],
        ]
        assert "enter: note.code ==" in screen_text(app)[-2]
        assert CATALOGUE["error.refused"].summary in shown(app)
        await pilot.press("right")
        lines = app.lines()
        assert len(lines) == 13
        assert lines[1].split()[:3] == ["2", "rt-link", "newlink"]
        await pilot.press("down", "down")
        assert "the kernel refused the newlink: ENODEV" in shown(app)
        assert "enter: message 6" in screen_text(app)[-2]
        await pilot.press("enter")

    assert show(recording, steps).wishes == [Wish("goto", 6)]


def test_a_group_is_a_filter() -> None:
    async def steps(pilot: Any) -> None:
        await pilot.press("right", "down", "down", "left")
        assert len(pilot.app.lines()) == 2
        await pilot.press("down", "enter")

    app = show(recorded("genl-misc.pcap"), steps)
    assert app.wishes == [Wish("filter", 'note.code == "header.deprecated"')]


def test_severities_are_hidden() -> None:
    async def steps(pilot: Any) -> None:
        app = pilot.app
        await pilot.press("n")
        assert "11 note (hidden)" in screen_text(app)[0]
        assert len(app.lines()) == 1
        assert "header.deprecated" in app.lines()[0]
        await pilot.press("c", "e", "w")
        await pilot.pause()
        assert not app.lines()
        assert "All are hidden" in shown(app)
        await pilot.press("enter", "right", "left", "down", "n")
        assert "error.refused" in app.lines()[0]
        await pilot.press("q")

    assert show(recorded("genl-misc.pcap"), steps, size=(110, 24)).wishes == [None]


def test_only_the_messages_that_are_shown() -> None:
    async def steps(pilot: Any) -> None:
        title = screen_text(pilot.app)[0]
        assert "Notes on the messages shown: ✖ 0 error  ▲ 0 warn  • 2 note" in title

    show(recorded("genl-misc.pcap"), steps, array("I", [2, 3, 6, 7]), (110, 24))


def test_nothing_odd() -> None:
    async def steps(pilot: Any) -> None:
        assert "There is nothing odd" in shown(pilot.app)
        await pilot.press("enter", "right", "left", "down", "escape")

    assert show(recorded("nldemo-talk.pcap"), steps, array("I", [1])).wishes == [None]


def test_what_is_too_much_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_KEPT", 4)

    async def steps(pilot: Any) -> None:
        app = pilot.app
        await pilot.press("right", "down", "down", "down", "down", "down")
        assert "7 more are only counted" in app.lines()[5]
        assert "enter: note.code ==" in screen_text(app)[-2]
        await pilot.press("enter")

    app = show(recorded("genl-misc.pcap"), steps)
    assert app.wishes == [Wish("filter", 'note.code == "error.refused"')]


def test_sentences_beyond_the_limit_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_MOST_WORDS", 2)
    group = gathered(recorded("genl-misc.pcap")).groups["error.refused"]
    assert len(group.sentences) == 3
    assert (group.count, len(group.numbers)) == (11, 11)


def test_notes_are_gathered_while_the_capture_is_read() -> None:
    recording = Recording(open_capture(str(CAPTURES / "ovs.pcap.gz")), registry(), Learned())
    gathering = Gathering(recording, None)
    app: App[None] = App()
    job = Job("", "", app, gathering.run)
    thread = Thread(target=gathering.run, args=(job,), daemon=True)
    thread.start()
    recording.read(lambda: True)
    thread.join(30)
    assert not thread.is_alive()
    counts = {code: group.count for code, group in gathering.groups.items()}
    assert counts == by_hand(recording)
    # What a request came to is known at the end.
    assert counts["txn.unanswered"] == 1


def test_it_ends_with_its_screen() -> None:
    recording = Recording(open_capture(str(CAPTURES / "ovs.pcap.gz")), registry(), Learned())
    app = Stage(recording)

    async def steps(pilot: Any) -> None:
        await pilot.press("q")
        app.asked._job.join(10)
        assert not app.asked._job.running

    drive(app, steps)


@CHANGEABLE
def test_a_bug_in_a_decoder_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recorded("genl-misc.pcap")
    real = Dissector.attrs

    def broken(self: Dissector, message: Message) -> Any:
        if message.number == 5:
            raise ZeroDivisionError
        return real(self, message)

    monkeypatch.setattr(Dissector, "attrs", broken)
    gathering = gathered(recording)
    assert gathering.failures == 1
    assert gathering.groups["error.refused"].count == 11
