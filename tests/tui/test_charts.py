"""Charts over time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as some
from textual.app import App, ComposeResult

from nldissect.tui.charts import Moment, TimeChart, column, merged
from tests.tui.driving import drive, screen_text


def moments(*counts: int, errors: dict[int, int] | None = None) -> list[Moment]:
    errors = errors or {}
    return [
        Moment(at * 10, at * 10 + 10, count, errors.get(at, 0)) for at, count in enumerate(counts)
    ]


class ChartApp(App[None]):
    CSS = "TimeChart { height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.chart = TimeChart()
        self.seen: list[tuple[str, Moment]] = []

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.chart.focus()

    def on_time_chart_moved(self, event: TimeChart.Moved) -> None:
        self.seen.append(("moved", event.moment))

    def on_time_chart_chosen(self, event: TimeChart.Chosen) -> None:
        self.seen.append(("chosen", event.moment))


@pytest.mark.parametrize(
    ("share", "height", "shown"),
    [(0, 2, "  "), (0.001, 2, "▁ "), (0.5, 2, "█ "), (0.75, 2, "█▄"), (1, 3, "███"), (9, 1, "█")],
)
def test_a_column_is_drawn_to_an_eighth_and_never_lost(
    share: float, height: int, shown: str
) -> None:
    assert column(share, height) == shown


@given(some.lists(some.integers(0, 9), max_size=60), some.integers(1, 20))
def test_merging_loses_nothing(counts: list[int], most: int) -> None:
    given_ = moments(*counts, errors={0: 1})
    found = merged(given_, most)
    assert len(found) <= most
    assert sum(each.messages for each in found) == sum(counts)
    assert sum(each.errors for each in found) == (1 if counts else 0)
    assert all(one.end_ns == other.start_ns for one, other in pairwise(found))


def test_the_chart_has_axes_times_and_a_sign_for_errors() -> None:
    app = ChartApp()

    async def steps(pilot: Any) -> None:
        app.chart.set(moments(8, 0, 4, 1, errors={2: 2}), lambda time_ns: f"{time_ns} s")
        await pilot.pause()
        lines = [line.rstrip() for line in screen_text(app)[:6]]
        assert lines[0] == " 8┤" + "█" * 20
        assert lines[1] == "  │" + "█" * 20
        assert lines[2] == "  │" + "█" * 20 + " " * 19 + "█" * 19
        assert lines[3].count("▄") == 19
        assert "0┼" in lines[4]
        assert lines[4].count("✗") == 1
        assert lines[5].split() == ["0", "s", "10", "s", "20", "s", "30", "s"]
        assert lines[5].index("20") == lines[4].index("✗")

    drive(app, steps)


def test_keys_choose_moments_that_have_messages() -> None:
    app = ChartApp()

    async def steps(pilot: Any) -> None:
        given_ = moments(8, 0, 0, 1, 0, 2)
        app.chart.set(given_, str)
        await pilot.press("right", "right", "right", "left", "enter", "home")
        assert app.seen == [
            ("moved", given_[3]), ("moved", given_[5]), ("moved", given_[5]),
            ("moved", given_[3]), ("chosen", given_[3]), ("moved", given_[0]),
        ]  # fmt: skip
        app.seen.clear()
        await pilot.click(app.chart, offset=(79, 1), times=2)
        assert app.seen[-1] == ("chosen", given_[5])

    drive(app, steps)


def test_nothing_to_draw_is_said() -> None:
    app = ChartApp()

    async def steps(pilot: Any) -> None:
        assert screen_text(app)[0].startswith("no times")
        await pilot.press("right", "enter")
        assert app.seen == []

    drive(app, steps)
