"""The screen of statistics over real captures."""

from __future__ import annotations

from array import array
from time import sleep
from typing import Any

import pytest
from textual.app import App

from nldissect.capture.source import open_capture
from nldissect.clock import Clock
from nldissect.filter import Catalogue, compile_filter
from nldissect.learn import Learned
from nldissect.recording import Reader, Recording
from nldissect.stats import TABLES, Statistics
from nldissect.stats.text import Printer
from nldissect.tui.jobs import Job
from nldissect.tui.lines import Lines
from nldissect.tui.screens.statistics import Counting, StatisticsScreen
from nldissect.tui.table import Table
from nldissect.tui.wish import Wish
from tests.tui.driving import CAPTURES, drive, recording_of, registry, screen_text, until


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recording_of("rt-link.pcap")


class StatisticsApp(App[None]):
    def __init__(
        self, recording: Recording, filter_: str = "", numbers: array[int] | None = None
    ) -> None:
        super().__init__()
        self.wishes: list[Wish | None] = []
        self.asked = StatisticsScreen(recording, Clock("r"), filter_, numbers)

    def on_mount(self) -> None:
        self.push_screen(self.asked, self.wishes.append)

    @property
    def table(self) -> Table:
        return self.asked.query_one("#table", Table)

    async def show(self, pilot: Any, name: str) -> None:
        """Chooses a table and waits until all is counted."""
        names = self.asked.query_one("#names", Lines)
        names.move(list(names.names).index(name))  # type: ignore[attr-defined]
        await pilot.pause()
        await until(pilot, lambda: self.asked._counting()[0].whole)
        await until(pilot, lambda: "counting" not in screen_text(self)[0])


def numbers_of(recording: Recording, text: str) -> array[int]:
    match = compile_filter(text, Catalogue(registry())).match
    return array("I", [each.number for each in Reader(recording).messages() if match(each)])


def counted_by_hand(recording: Recording, numbers: array[int]) -> dict[str, Any]:
    statistics = Statistics(TABLES)
    reader = Reader(recording)
    for number in numbers:
        statistics.add(reader.message(number))
    statistics.finish()
    return {table.name: table.as_json() for table in statistics.tables()}


@pytest.mark.parametrize("text", ["", "error", "cmd == newlink", "nlmsg.seq == 1"])
def test_what_is_counted_in_the_background_is_what_there_is(
    recording: Recording, text: str
) -> None:
    app: App[None] = App()
    numbers = numbers_of(recording, text) if text else None
    counting = Counting(recording, TABLES, numbers)
    counting.work(Job("", "", app, counting.work))
    assert counting.whole
    everything = array("I", range(1, recording.count + 1))
    expected = counted_by_hand(recording, everything if numbers is None else numbers)
    assert {name: table.as_json() for name, table in counting.tables.items()} == expected
    assert sum(moment.messages for moment in counting.moments) == counting.messages


def test_a_recording_is_counted_while_it_grows(recording: Recording) -> None:
    growing = Recording(open_capture(str(CAPTURES / "rt-link.pcap")), registry(), Learned())
    app: App[None] = App()
    counting = Counting(growing, TABLES, None)
    job = Job("", "", app, counting.work).start()

    def step() -> bool:
        sleep(0.01)
        return True

    growing.read(step)
    job.join(20)
    assert job.error is None
    assert counting.whole
    expected = counted_by_hand(recording, array("I", range(1, recording.count + 1)))
    assert {name: table.as_json() for name, table in counting.tables.items()} == expected


def test_every_table_is_shown_and_its_rows_are_filters(recording: Recording) -> None:
    app = StatisticsApp(recording)

    async def steps(pilot: Any) -> None:
        names = app.asked.query_one("#names", Lines)
        for name in names.names:  # type: ignore[attr-defined]
            await app.show(pilot, name)
            assert app.table.rows or any("none" in line for line in screen_text(app)), name
        await app.show(pilot, "hierarchy")
        assert any("    getlink" in line for line in screen_text(app))
        await pilot.press("enter", "down", "down")
        assert "enter: family == rt-link" in screen_text(app)[-2]
        await pilot.press("enter")
        assert app.wishes == [Wish("filter", "family == rt-link")]

    drive(app, steps)


def test_notes_and_coverage_are_counted_only_when_they_are_chosen(recording: Recording) -> None:
    app = StatisticsApp(recording)

    async def steps(pilot: Any) -> None:
        await app.show(pilot, "errors")
        assert [counting._names for counting, _ in app.asked._countings.values()] == [
            tuple(name for name in TABLES if name not in ("notes", "coverage"))
        ]
        await app.show(pilot, "notes")
        assert list(app.asked._countings)[-1] == ("notes", False)

    drive(app, steps)


def test_shown_messages_are_counted_and_filters_joined(recording: Recording) -> None:
    text = "error || cmd == newlink"
    numbers = numbers_of(recording, text)
    app = StatisticsApp(recording, text, numbers)

    async def steps(pilot: Any) -> None:
        await app.show(pilot, "errors")
        assert f"{len(numbers)} messages shown by {text}" in screen_text(app)[0]
        await pilot.press("a")
        await app.show(pilot, "errors")
        assert f"{recording.count} messages in all" in screen_text(app)[0]
        await pilot.press("a", "enter", "enter")
        (wish,) = app.wishes
        assert wish is not None
        assert wish.kind == "filter"
        assert wish.value.startswith(f"({text}) && (error.name == ")
        assert numbers_of(recording, wish.value)

    drive(app, steps)


def test_a_row_that_no_filter_selects_says_so(recording: Recording) -> None:
    app = StatisticsApp(recording)

    async def steps(pilot: Any) -> None:
        await app.show(pilot, "groups")
        app.table.set(app.table.columns, [
            row._replace(data=row.data._replace(filter=None)) for row in app.table.rows
        ])  # fmt: skip
        await pilot.press("enter", "enter")
        assert app.wishes == []
        assert [each.message for each in app._notifications] == ["No filter selects these messages"]

    drive(app, steps)


def test_the_chart_and_its_table_go_together(recording: Recording) -> None:
    app = StatisticsApp(recording)

    async def steps(pilot: Any) -> None:
        await app.show(pilot, "time")
        await pilot.press("enter", "end")
        row = app.table.selected
        assert row is not None
        chart = app.asked._chart
        moment = chart.moments[chart.chosen]
        start, end = row.data.span
        assert start <= moment.start_ns < end
        assert "┼" in "".join(screen_text(app))
        await pilot.press("enter")
        (wish,) = app.wishes
        assert wish is not None
        assert len(numbers_of(recording, wish.value)) == moment.messages

    drive(app, steps)


def test_the_table_is_copied_as_the_command_line_prints_it(recording: Recording) -> None:
    app = StatisticsApp(recording)

    async def steps(pilot: Any) -> None:
        await app.show(pilot, "errors")
        await pilot.press("y")
        statistics = Statistics(["errors"])
        for message in Reader(recording).messages():
            statistics.add(message)
        printer = Printer(Clock("r").text, width=0, color=False, filters=False)
        assert app.wishes == [Wish("copy", printer.text(statistics.tables()[0]))]

    drive(app, steps)


def test_closing_ends_the_counting(recording: Recording) -> None:
    app = StatisticsApp(recording)

    async def steps(pilot: Any) -> None:
        jobs = [job for _, job in app.asked._countings.values()]
        await pilot.press("q")
        await pilot.pause()
        assert app.wishes == [None]
        assert jobs
        assert all(job.cancelled for job in jobs)

    drive(app, steps)
