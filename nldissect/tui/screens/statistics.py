"""The screen of statistics: tables and charts of what is counted in the background."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import monotonic, sleep
from typing import ClassVar, Final, NamedTuple

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer

from ...clock import Clock
from ...model import Message
from ...recording import Reader, Recording
from ...stats import TABLES, Row, Statistics, Table as Counted
from ...stats.text import GRAVE, LEFT, Printer, cell, heading, shares
from ...stats.where import within
from ...text import Json, printable
from ..charts import Moment, TimeChart
from ..columns import SEVERITY_SIGNS, SEVERITY_STYLES
from ..jobs import Job
from ..keys import bindings
from ..lines import Lines, Piece
from ..panes import StatusLine
from ..table import Table, TableColumn, TableRow, TableView
from ..wish import Wish

_REFRESH_S: Final = 0.5
_COST: Final = 10
_STEP: Final = 64
_WAIT_S: Final = 0.1
_NEAR: Final = 16
_MOMENTS: Final = 480
_COSTLY: Final = ("notes", "coverage")
_QUICK: Final = tuple(name for name in TABLES if name not in _COSTLY)
_BELOW: Final = {"latency": "latency-histogram", "coverage": "coverage-worst"}
_DRAWN: Final = {
    "latency": "median",
    "coverage": "understood",
    "coverage-worst": "not_understood",
}
"""By which column a table's bars are drawn, where it is not the one that counts messages."""


class Counting:
    """Counts messages in a job of its own, as they become known.

    names: the tables that are wanted. numbers: the messages, None for all; they may grow.
    tables: as they stood a moment ago, by name; moments: over time; messages: how many there were;
    first_ns: the earliest time; made: how often they were made. whole: nothing more comes.
    """

    def __init__(
        self, recording: Recording, names: Iterable[str], numbers: array[int] | None
    ) -> None:
        self.tables: dict[str, Counted] = {}
        self.moments: list[Moment] = []
        self.messages = 0
        self.first_ns: int | None = None
        self.made = 0
        self.whole = False
        self._recording = recording
        self._names = tuple(names)
        self._numbers = numbers
        self._due = 0.0

    def work(self, job: Job) -> None:
        """Counts until all is counted, or the job is cancelled."""
        while not self.whole and not job.cancelled:
            self._count(job)

    def _count(self, job: Job) -> None:
        """Counts all from the start; returns where messages have become others."""
        recording, numbers = self._recording, self._numbers
        version = recording.version
        reader = Reader(recording)
        statistics = Statistics(self._names)
        done = 0
        while recording.version == version:
            # Asked for first: what comes after it does not make less of it.
            last = recording.whole and recording.paired == recording.count
            ready = recording.paired if numbers is None else len(numbers)
            for message in self._messages(reader, done, ready):
                statistics.add(message)
                done += 1
                if not done % _STEP:
                    if not job.step(done, ready) or recording.version != version:
                        return
                    self._make(statistics)
            if last:
                statistics.finish()
                self._make(statistics, at_once=True)
                self.whole = True
                return
            self._make(statistics)
            if not job.step(done, ready):
                return
            sleep(_WAIT_S)

    def _messages(self, reader: Reader, done: int, ready: int) -> Iterator[Message]:
        if self._numbers is None:
            yield from reader.messages(done + 1, ready + 1)
            return
        # Those that are near each other are read in one go.
        while done < ready:
            start = stop = self._numbers[done]
            wanted: set[int] = set()
            while done < ready and self._numbers[done] <= stop + _NEAR and len(wanted) < _STEP:
                stop = self._numbers[done]
                wanted.add(stop)
                done += 1
            for message in reader.messages(start, stop + 1):
                if message.number in wanted:
                    yield message

    def _make(self, statistics: Statistics, *, at_once: bool = False) -> None:
        """Makes the tables, unless that was done but now, or would take too much of the time."""
        now = monotonic()
        if now < self._due and not at_once:
            return
        self.tables = {table.name: table for table in statistics.tables()}
        start, width, counts = statistics.timeline.buckets(_MOMENTS)
        self.moments = [
            Moment(start + at * width, start + (at + 1) * width, sum(each[:4]), each[4])
            for at, each in enumerate(counts)
        ]
        self.messages = statistics.messages
        self.first_ns = statistics.timeline.first_ns
        self.made += 1
        end = monotonic()
        self._due = end + max(_REFRESH_S, _COST * (end - now))


class _Subject(NamedTuple):
    """What a row is about: its filter, its texts, and its span of time where it has one."""

    filter: str | None
    names: tuple[str, ...]
    span: tuple[int, int] | None


def laid_out(
    counted: Counted, clock: Callable[[int | None], str]
) -> tuple[list[TableColumn], list[TableRow]]:
    """The columns and rows of a table on the screen; columns without values are left out."""
    places = [
        at
        for at, column in enumerate(counted.columns)
        if column.kind != "bar" and any(row.cells[at] is not None for row in counted.rows)
    ]
    columns = [
        TableColumn(
            heading(column),
            right=column.kind not in LEFT,
            flexible=column.kind in ("text", "words", "tree"),
            minor=1 if column.minor else 0,
        )
        for column in (counted.columns[at] for at in places)
    ]
    drawn, minor = _drawn(counted)
    lengths: list[float] = []
    if drawn is not None and len(counted.rows) > 1:
        values = [row.cells[drawn] for row in counted.rows]
        lengths = shares(values)
        most = max(value for value in values if isinstance(value, (int, float)))
        kind = counted.columns[drawn].kind
        title = cell("int" if kind == "bar" else kind, most, clock)
        columns.append(TableColumn(title, minor=minor, bar=True))
    rows = []
    for place, row in enumerate(counted.rows):
        cells: list[str | float] = []
        styles: dict[int, str] = {}
        for shown, at in enumerate(places):
            column = counted.columns[at]
            text = cell(column.kind, row.cells[at], clock)
            style = _style(column.name, column.kind, row.cells[at])
            if column.name == "severity":
                text = f"{SEVERITY_SIGNS.get(text, ' ')} {text}"
            if style:
                styles[shown] = style
            cells.append(text)
        keys = [_key(row.cells[at]) for at in places]
        if lengths:
            styles[len(cells)] = "name"
            cells.append(lengths[place])
            keys.append(lengths[place])
        rows.append(
            TableRow(
                cells, _subject(counted, row), "dim" if row.filter is None else "", styles, keys
            )
        )
    return columns, rows


def _drawn(counted: Counted) -> tuple[int | None, int]:
    """The place of the column that bars are drawn of, and how minor they are."""
    names = [column.name for column in counted.columns]
    if "bar" in names:
        return names.index("bar"), 0
    name = _DRAWN.get(counted.name, counted.counted)
    return (names.index(name) if name in names else None), 2


def _style(name: str, kind: str, value: Json) -> str:
    """The name of a cell's style."""
    if name in GRAVE and value:
        return "error"
    if name == "severity":
        return SEVERITY_STYLES.get(str(value), "dim")
    if isinstance(value, list):
        return "name" if kind == "bars" or len(value) == 1 else "" if value else "header"
    return ""


def _key(value: Json) -> Json:
    return None if isinstance(value, (list, dict)) else value


def _subject(counted: Counted, row: Row) -> _Subject:
    by_name = dict(zip((column.name for column in counted.columns), row.cells))
    names = tuple(
        str(value)
        for column, value in zip(counted.columns, row.cells)
        if column.kind in ("text", "words", "tree")
    )
    start, width = by_name.get("start"), by_name.get("width")
    span = None
    if isinstance(start, int) and isinstance(width, int):
        span = (start, start + width)
    return _Subject(row.filter, names, span)


class _Names(Lines):
    """The tables by name."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    DEFAULT_CSS = """
    _Names { width: 15; height: 1fr; background: $panel; overflow-y: auto; }
    """

    names: Final = tuple(each for name in TABLES for each in (name, _BELOW.get(name)) if each)

    @property
    def chosen(self) -> str:
        """The name of the table under the cursor."""
        return self.names[self.cursor]

    def count(self) -> int:
        return len(self.names)

    def line(self, number: int) -> Sequence[Piece]:
        name = self.names[number]
        if name in TABLES:
            return [(f" {name}", Style.null())]
        return [(f"   {name.partition('-')[2]}", self.style("dim"))]


class StatisticsScreen(Screen[Wish | None]):
    """What there is, counted: tables by name at the left, the chosen one at the right.

    clock: how times are written. filter_text, numbers: the filter and the messages that it shows,
    None where all are shown. Wishes for a filter, or for a table's text to be copied.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("statistics")]

    DEFAULT_CSS = """
    StatisticsScreen { layout: vertical; }
    StatisticsScreen #title { text-style: bold; }
    StatisticsScreen #middle { height: 1fr; }
    StatisticsScreen #right { width: 1fr; padding-left: 1; }
    StatisticsScreen TimeChart { height: 45%; margin-bottom: 1; }
    """

    def __init__(
        self, recording: Recording, clock: Clock, filter_text: str, numbers: array[int] | None
    ) -> None:
        super().__init__()
        self._recording = recording
        # Times since the message before mean nothing among moments.
        self._clock = Clock("r" if clock.format == "d" else clock.format)
        if clock.format != "d":
            self._clock.base_ns = clock.base_ns
        self._filter = filter_text
        self._numbers = numbers
        self._shown = numbers is not None
        self._countings: dict[tuple[str, bool], tuple[Counting, Job]] = {}
        self._drawn: tuple[str, bool, int] | None = None
        self._names = _Names(id="names")
        self._chart = TimeChart(id="chart")
        self._table = Table(id="table")
        self._title = StatusLine(id="title")
        self._about = StatusLine(id="about")

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="middle"):
            yield self._names
            with Vertical(id="right"):
                yield self._chart
                yield TableView(self._table)
        yield self._about
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._names.focus()
        self._names.changed()
        self._draw()

    def on_unmount(self) -> None:
        for _, job in self._countings.values():
            job.cancel()

    # Counting

    def _counting(self) -> tuple[Counting, Job]:
        """Who counts for the chosen table; begins where nobody does."""
        name = self._names.chosen.partition("-")[0]
        group = (name,) if name in _COSTLY else _QUICK
        key = (group[0], self._shown)
        if key not in self._countings:
            counting = Counting(self._recording, group, self._numbers if self._shown else None)
            self._countings[key] = (counting, Job(name, "counting", self, counting.work).start())
        return self._countings[key]

    @on(Job.Progress)
    def _progressed(self) -> None:
        self._draw()

    @on(Job.Ended)
    def _ended(self, event: Job.Ended) -> None:
        if event.job.error is not None:
            self.notify(str(event.job.error), severity="error", markup=False)
        self._draw()

    # Showing

    def _draw(self) -> None:
        """Shows the chosen table as it stands."""
        counting, job = self._counting()
        name = self._names.chosen
        counted = counting.tables.get(name)
        title = counted.title if counted is not None else name
        what = f"shown by {printable(self._filter)}" if self._shown else "in all"
        under_way = ""
        if job.running:
            share = f" {100 * job.done // job.total} %" if job.total else ""
            under_way = f"counting{share}"
        self._title.say(f"{title} · {counting.messages} messages {what}", under_way)
        drawn = (name, self._shown, counting.made)
        if drawn == self._drawn:
            return
        if self._drawn is None or drawn[:2] != self._drawn[:2]:
            self._table.set((), ())
        self._drawn = drawn
        if self._clock.base_ns is None:
            self._clock.base_ns = counting.first_ns
        self._table.empty = "counting …" if counted is None else "none"
        self._chart.display = name == "time"
        if counted is not None:
            self._table.sortable = all(column.kind != "tree" for column in counted.columns)
            self._table.set(*laid_out(counted, self._clock.text))
        if name == "time":
            self._chart.set(counting.moments, self._label)
        self._tell()

    def _label(self, time_ns: int) -> str:
        """A time on an axis."""
        text = self._clock.text(time_ns)
        whole, point, rest = text.partition(".")
        text = f"{whole}{point}{rest.rstrip('0')}".rstrip(".")
        return f"{text} s" if self._clock.format in ("r", "e") else text

    def _tell(self, filter_: str | None = None) -> None:
        """Says what enter would filter by."""
        row = self._table.selected
        if filter_ is None and row is not None:
            filter_ = row.data.filter
            if row.data.span is not None and not self._chart.has_focus:
                self._chart.light(*row.data.span)
        if row is None:
            text = ""
        elif filter_ is None:
            text = "no filter selects these messages"
        else:
            text = f"enter: {printable(filter_) or 'all messages'}"
        self._about.say(text)

    @on(Lines.Moved, "#names")
    def _other_table(self) -> None:
        self._draw()

    @on(Lines.Chosen, "#names")
    def _table_entered(self) -> None:
        (self._chart if self._chart.display else self._table).focus()

    @on(Lines.Moved, "#table")
    def _other_row(self) -> None:
        self._tell()

    @on(TimeChart.Moved)
    def _other_moment(self, event: TimeChart.Moved) -> None:
        moment = event.moment
        for at, row in enumerate(self._table.rows):
            span = row.data.span
            if span is not None and span[0] <= moment.start_ns < span[1]:
                self._table.move(at, tell=False)
        self._tell(within(moment.start_ns, moment.end_ns))

    # Wishes

    @on(Lines.Chosen, "#table")
    def _row_chosen(self) -> None:
        row = self._table.selected
        if row is not None:
            self._filter_by(row.data.filter)

    @on(TimeChart.Chosen)
    def _moment_chosen(self, event: TimeChart.Chosen) -> None:
        self._filter_by(within(event.moment.start_ns, event.moment.end_ns))

    def _filter_by(self, filter_: str | None) -> None:
        if filter_ is None:
            self.notify("No filter selects these messages", severity="warning", markup=False)
            return
        if self._shown and self._filter:
            filter_ = f"({self._filter}) && ({filter_})" if filter_ else self._filter
        self.dismiss(Wish("filter", filter_))

    def action_all(self) -> None:
        """Counts all messages, or only those that are shown."""
        if self._numbers is None:
            self.notify("All messages are shown: there is no filter", markup=False)
            return
        self._shown = not self._shown
        self._draw()

    def action_copy(self) -> None:
        """Wishes for the table's text."""
        counted = self._counting()[0].tables.get(self._names.chosen)
        if counted is None:
            self.notify("Nothing is counted yet", markup=False)
            return
        printer = Printer(self._clock.text, width=0, color=False, filters=False)
        self.dismiss(Wish("copy", printer.text(counted)))

    def action_close(self) -> None:
        self.dismiss(None)
