"""Charts: counts over time as columns of blocks on an axis with times."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from .keys import bindings

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_BELOW: Final = 2
_BETWEEN_LABELS: Final = 3
_ERROR: Final = "✗"


class Moment(NamedTuple):
    """A span of time, half open, with how many messages it has and how many of them are errors."""

    start_ns: int
    end_ns: int
    messages: int
    errors: int


def merged(moments: Sequence[Moment], most: int) -> list[Moment]:
    """At most so many moments, each of some neighbours."""
    size = max(1, -(-len(moments) // max(1, most)))
    groups = [moments[at : at + size] for at in range(0, len(moments), size)]
    return [
        Moment(
            group[0].start_ns, group[-1].end_ns,
            sum(each.messages for each in group), sum(each.errors for each in group),
        )
        for group in groups
    ]  # fmt: skip


def column(share: float, height: int) -> str:
    """A column over a share of so many lines, from the bottom up; more than nothing is seen."""
    eighths = round(8 * height * min(max(share, 0), 1))
    if share > 0 and not eighths:
        eighths = 1
    return "".join(_EIGHTHS[min(max(eighths - 8 * line, 0), 8)] for line in range(height))


class TimeChart(Widget, can_focus=True):
    """Messages over time; a part of each column, and a sign below it, tells of errors.

    moments: those that are drawn, each over the same share of the width; chosen: the place of the
    one that keys act on; lit: the span of time that is made to stand out, None for the chosen
    moment's. label: makes text of times.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chart")]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--column", "chart--error", "chart--axis", "chart--lit",
    }  # fmt: skip

    DEFAULT_CSS = """
    TimeChart { height: 10; background: $surface; color: $foreground; }
    TimeChart .chart--column { color: $primary; }
    TimeChart .chart--error { color: $error; text-style: bold; }
    TimeChart .chart--axis { color: $text-muted; }
    TimeChart .chart--lit { background: $primary 25%; }
    TimeChart:focus .chart--lit { background: $block-cursor-background 60%; }
    """

    class Moved(Message):
        """Another moment was chosen by key or mouse."""

        def __init__(self, moment: Moment) -> None:
            super().__init__()
            self.moment = moment

    class Chosen(Message):
        """A moment was entered."""

        def __init__(self, moment: Moment) -> None:
            super().__init__()
            self.moment = moment

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.moments: list[Moment] = []
        self.chosen = 0
        self.lit: tuple[int, int] | None = None
        self._given: Sequence[Moment] = ()
        self._label: Callable[[int], str] = str

    def set(self, moments: Sequence[Moment], label: Callable[[int], str]) -> None:
        """Shows other moments, all of the same width and without gaps."""
        self._given = moments
        self._label = label
        self._arrange()

    def light(self, start_ns: int, end_ns: int) -> None:
        """Makes a span of time stand out, and chooses its first moment."""
        self.lit = (start_ns, end_ns)
        self.chosen = self._at(start_ns)
        self.refresh()

    def _arrange(self) -> None:
        chosen = self.moments[self.chosen].start_ns if self.moments else None
        self.moments = merged(self._given, self._room)
        self.chosen = 0 if chosen is None else self._at(chosen)
        self.refresh()

    def on_resize(self) -> None:
        self._arrange()

    def _at(self, time_ns: int) -> int:
        """The place of the moment that a time is in."""
        return max(0, bisect_right(self.moments, time_ns, key=lambda each: each.start_ns) - 1)

    # Drawing

    @property
    def _top(self) -> int:
        return max((moment.messages for moment in self.moments), default=0)

    @property
    def _margin(self) -> int:
        """The width of the numbers at the left, with the axis; merging may ask for a digit more."""
        return len(str(sum(moment.messages for moment in self._given))) + 1

    @property
    def _room(self) -> int:
        return max(1, self.size.width - self._margin)

    def _place(self, x: int) -> int:
        """The place of the moment over a column of the chart."""
        return min(x * len(self.moments) // self._room, len(self.moments) - 1)

    def _style(self, name: str) -> Style:
        whole = self.get_component_rich_style(f"chart--{name}")
        return Style(color=whole.color, bold=whole.bold)

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        width, height = self.size.width, self.size.height - _BELOW
        if not self.moments:
            text = "no times" if y == 0 else ""
            return Strip([Segment(text, base)]).adjust_cell_length(width, base)
        axis = base + self._style("axis")
        margin = self._margin
        if y < height:
            number = str(self._top) if y == 0 else ""
            segments = [Segment(f"{number:>{margin - 1}}{'┤' if number else '│'}", axis)]
            segments += self._columns(height, height - 1 - y, base)
        elif y == height:
            segments = [Segment(f"{'0':>{margin - 1}}┼", axis)]
            segments += self._axis(base, axis)
        else:
            segments = [Segment(" " * margin + self._labels(), axis)]
        return Strip(segments).adjust_cell_length(width, base)

    def _columns(self, height: int, line: int, base: Style) -> list[Segment]:
        top = self._top or 1
        plain, error = self._style("column"), self._style("error")
        cells: list[Segment] = []
        for place, moment in enumerate(self.moments):
            under = base + self._light(place)
            whole = column(moment.messages / top, height)[line]
            bad = column(moment.errors / top, height)[line]
            if bad == " ":
                cells.append(Segment(whole, under + plain))
            elif whole == "█" and bad != "█":
                # Two colours in a cell: the errors below, the others behind.
                cells.append(Segment(bad, under + error + Style(bgcolor=plain.color)))
            else:
                cells.append(Segment(whole, under + error))
        return [cells[self._place(x)] for x in range(self._room)]

    def _light(self, place: int) -> Style:
        """What a moment's column has besides where it stands out."""
        moment = self.moments[place]
        if self.lit is None:
            lit = place == self.chosen
        else:
            lit = moment.start_ns < self.lit[1] and self.lit[0] < moment.end_ns
        if not lit:
            return Style.null()
        # A background that lets the chart's shine through is mixed with it.
        return Style(bgcolor=self.get_component_rich_style("chart--lit").bgcolor)

    def _axis(self, base: Style, axis: Style) -> list[Segment]:
        ticks = {x for x, _ in self._ticks()}
        error = base + self._style("error")
        segments = []
        for x in range(self._room):
            place = self._place(x)
            first = x == 0 or self._place(x - 1) != place
            light = self._light(place)
            if first and self.moments[place].errors:
                segments.append(Segment(_ERROR, error + light))
            else:
                sign = "┬" if x in ticks else "━" if light else "─"
                segments.append(Segment(sign, axis + light))
        return segments

    def _ticks(self) -> list[tuple[int, str]]:
        """Where the times stand, and their texts."""
        ticks: list[tuple[int, str]] = []
        free = 0
        for place, moment in enumerate(self.moments):
            x = -(-place * self._room // len(self.moments))
            if x < free:
                continue
            text = self._label(moment.start_ns)
            if x + len(text) > self._room:
                break
            ticks.append((x, text))
            free = x + len(text) + _BETWEEN_LABELS
        return ticks

    def _labels(self) -> str:
        line = ""
        for x, text in self._ticks():
            line += " " * (x - len(line)) + text
        return line

    # Choosing

    def _choose(self, place: int) -> None:
        self.chosen = max(0, min(place, len(self.moments) - 1))
        moment = self.moments[self.chosen]
        self.lit = (moment.start_ns, moment.end_ns)
        self.refresh()
        self.post_message(self.Moved(moment))

    def action_step(self, step: int) -> None:
        """Chooses a moment so many further on, of those that have messages."""
        some = [place for place, moment in enumerate(self.moments) if moment.messages]
        if some:
            find = bisect_right if step > 0 else bisect_left
            place = find(some, self.chosen) + step - (step > 0)
            self._choose(some[max(0, min(place, len(some) - 1))])

    def action_choose(self) -> None:
        """Enters the chosen moment."""
        if self.moments:
            self.post_message(self.Chosen(self.moments[self.chosen]))

    def on_click(self, event: events.Click) -> None:
        x = event.x - self._margin
        if not self.moments or not 0 <= x < self._room:
            return
        self._choose(self._place(x))
        if event.chain == 2:
            self.action_choose()
