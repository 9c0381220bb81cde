"""The map of families over real captures."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from textual import events
from textual.app import App

from nldissect.capture.source import open_capture
from nldissect.filter import Catalogue, compile_filter
from nldissect.learn import FamilyInfo, Learned
from nldissect.recording import Reader, Recording
from nldissect.tui.jobs import Job
from nldissect.tui.lines import Lines
from nldissect.tui.screens.families import FamiliesScreen, Use, Uses
from nldissect.tui.table import Table
from nldissect.tui.wish import Wish
from tests.tui.driving import CAPTURES, drive, recording_of, registry, screen_text, shown, until

recorded = cache(recording_of)
HOSTILE = 'a"\\ [b]\x1b[31m'


class Stage(App[None]):
    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self.wishes: list[Wish | None] = []
        self.asked = FamiliesScreen(recording)

    def on_mount(self) -> None:
        self.push_screen(self.asked, self.wishes.append)

    @property
    def table(self) -> Table:
        return self.asked.query_one("#families", Table)

    def row(self, name: str, at: int = 0) -> dict[str, Any]:
        """A row by the family's name, by titles; the cursor goes there."""
        places = [n for n, row in enumerate(self.table.rows) if name in row.cells]
        self.table.move(places[at])
        titles = [column.title for column in self.table.columns]
        return dict(zip(titles, self.table.rows[places[at]].cells))

    def details(self) -> list[str]:
        lines = self.asked.query_one("#details", Lines)
        return ["".join(text for text, _ in lines.line(n)) for n in range(lines.count())]


def show(recording: Recording, steps: Any, size: tuple[int, int] = (80, 24)) -> Stage:
    app = Stage(recording)

    async def play(pilot: Any) -> None:
        await until(pilot, lambda: not app.asked._job.running)
        await steps(pilot)
        await pilot.pause()

    drive(app, play, size)
    return app


def mapped(name: str, learned: Learned) -> Recording:
    recording = Recording(open_capture(str(CAPTURES / name)), registry(), learned)
    recording.read(lambda: True)
    return recording


def test_what_a_capture_tells() -> None:
    recording = recorded("nlctrl.pcap")

    async def steps(pilot: Any) -> None:
        app = pilot.app
        assert "20 families by id" in screen_text(app)[0]
        asked = sum(each.family == "nlctrl" and each.type == 0x10 for each in
                    Reader(recording).messages())  # fmt: skip
        row = app.row("nlctrl")
        assert (row["id"], row["messages"], row["source"]) == ("0x10", f"{asked:,}", "capture")
        assert (row["ops"], row["groups"], row["policy"], row["spec"]) == ("2", "1", "known", "yes")
        await pilot.pause()
        details = app.details()
        assert "    3 getfamily                  do dump haspol" in details
        assert " 0x10 notify" in details
        assert "policy 1 of getpolicy dump" in details
        assert "   10 op                         u32" in details
        ended = app.row("wireguard")
        assert (ended["since"], ended["until"]) == ("17", "18")
        await pilot.press("enter")

    app = show(recording, steps, (160, 48))
    assert app.wishes == [Wish("filter", "family == wireguard")]


def test_nested_policies_have_the_names_of_their_attributes() -> None:
    async def steps(pilot: Any) -> None:
        pilot.app.row("ethtool")
        await pilot.pause()
        details = "\n".join(pilot.app.details())
        assert "inside header" in details
        assert "dev-index" in details

    show(recorded("nlctrl.pcap"), steps, (160, 48))


def test_an_id_over_time() -> None:
    recording = recorded("nldemo-reload.pcap")

    async def steps(pilot: Any) -> None:
        app = pilot.app
        spans = [app.row("nldemo", at) for at in range(4)]
        assert [(row["id"], row["since"], row["until"], row["messages"]) for row in spans] == [
            ("0x23", "2", "22", "8"),
            ("0x24", "23", "47", "8"),
            ("0x24", "74", "", "8"),
            ("0x3ff", "49", "74", "8"),
        ]
        app.row("fou")
        await pilot.pause()
        assert " 0x23 nldemo since record 2 until 22" in app.details()
        assert spans[0]["spec"] == "none"

    show(recording, steps, (120, 40))


def test_what_nobody_named_comes_first_and_can_be_named() -> None:
    recording = recorded("nldemo-refuse.pcap")

    async def steps(pilot: Any) -> None:
        app = pilot.app
        assert "1 unknown id" in screen_text(app)[0]
        assert "▲ 0x3e7  unknown         1" in shown(app)
        assert app.table.rows[0].style == "warn"
        assert "enter: generic && nlmsg.type == 0x3e7" in screen_text(app)[-2]
        await pilot.press("e")
        assert "Which family is 0x3e7?" in shown(app)
        await pilot.press("enter")
        assert "a name, please" in shown(app)
        await pilot.press("e", "t", "h", "t", "tab", "enter")

    assert show(recording, steps).wishes == [Wish("map", (0x3E7, "ethtool"))]

    async def choose(pilot: Any) -> None:
        await pilot.press("e", "n", "l", "down", "down", "enter", "enter")

    [wish] = show(recording, choose).wishes
    assert wish is not None
    assert wish.value == (0x3E7, [name for name in registry().names()
                                  if name.casefold().startswith("nl")][1])  # fmt: skip

    async def leave(pilot: Any) -> None:
        await pilot.press("e")
        pilot.app.screen.focused.post_message(events.Paste("nobody"))
        await pilot.pause()
        assert "no specification is of that name" in shown(pilot.app)
        await pilot.press("escape", "escape")

    assert show(recording, leave).wishes == [None]


@pytest.mark.parametrize("name", ["nldemo-refuse.pcap", "nldemo-reload.pcap", "genl-misc.pcap"])
def test_filters_find_what_is_counted(name: str) -> None:
    recording = recorded(name)
    catalogue = Catalogue(registry())

    async def steps(pilot: Any) -> None:
        app = pilot.app
        counts: dict[str, int] = {}
        for row in app.table.rows:
            text = app.asked._filter(row)
            counts[text] = counts.get(text, 0) + int(str(row.cells[2]).replace(",", "") or 0)
        messages = list(Reader(recording).messages())
        for text, count in counts.items():
            match = compile_filter(text, catalogue).match
            found = [each for each in messages if match(each) and each.type >= 16]
            assert len(found) == count, text

    show(recording, steps)


def test_maps_and_saved_families() -> None:
    saved = [FamilyInfo(0x3E7, "saved-one", "saved"), FamilyInfo(0x50, HOSTILE, "saved")]
    recording = mapped("nldemo-refuse.pcap", Learned({0x23: "netdev"}, saved))

    async def steps(pilot: Any) -> None:
        app = pilot.app
        row = app.row("netdev")
        assert (row["id"], row["source"], row["messages"], row["spec"]) == (
            "0x23", "map", "22", "yes",
        )  # fmt: skip
        # What the capture says of it does not hold.
        app.row("nldemo")
        assert app.table.selected.style == "dim"
        assert app.row("saved-one")["messages"] == "1"
        await pilot.pause()
        assert "from a saved map: the capture does not tell" in app.details()
        place = [row.data.name for row in app.table.rows].index(HOSTILE)
        app.table.move(place)
        await pilot.pause()
        assert "\x1b" not in shown(app)
        assert 'a"\\ [b]\\x1b[31m' in shown(app)
        text = app.asked._filter(app.table.selected)
        compile_filter(text, Catalogue(registry()))

    show(recording, steps, (100, 40))


def test_several_interfaces() -> None:
    async def steps(pilot: Any) -> None:
        assert pilot.app.row("nlctrl")["iface"] == "0 nlmon0"

    show(recorded("format-ring-2.pcapng"), steps, (120, 30))


def test_no_families() -> None:
    async def steps(pilot: Any) -> None:
        assert "no generic netlink families here" in shown(pilot.app)
        await pilot.press("enter", "e", "s", "tab", "q")

    assert show(recorded("rt-link.pcap"), steps).wishes == [None]


def test_small_terminals() -> None:
    async def steps(pilot: Any) -> None:
        await pilot.press("end", "tab", "end", "shift+tab", "home")
        assert "nlctrl" in shown(pilot.app)

    show(recorded("nlctrl.pcap"), steps, (30, 8))


def test_ids_are_counted_anew_when_they_are_named() -> None:
    recording = mapped("nldemo-refuse.pcap", Learned())
    app: App[None] = App()
    uses = Uses(recording)

    class Renaming(Job):
        def step(self, done: int | None = None, total: int | None = None) -> bool:
            if not recording.version:
                assert uses.counts[Use(0, 0x3E7, "", 0)] == 1
                recording.rename(0x3E7, "netdev")
            return True

    uses.run(Renaming("", "", app, uses.run))
    assert uses.counts[Use(0, 0x3E7, "netdev", 0)] == 1
    assert Use(0, 0x3E7, "", 0) not in uses.counts
