"""The main screen: list, tree and bytes in step, and everything that acts on them."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from functools import partial
from time import monotonic
from types import NoneType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from ..clock import TIME_FORMATS
from ..errors import NldissectError
from ..filter import Catalogue, Filter
from ..filter.suggest import field_for, filter_for, join
from ..model import Message, Node
from ..recording import Recording
from .columns import of_field
from .copying import FORMS, Part
from .filterbar import FilterBar
from .filtering import FilterPass, SortPass
from .hexpane import BytesPane
from .jobs import Courtesy, Job
from .jumps import Nowhere, blamed, counterpart, transaction_of
from .keys import bindings
from .lines import Lines, bug_text
from .messages import MessageList
from .panes import StatusLine
from .prefixes import Prefixes
from .search import Search, SearchBar, SearchPass, all_in, next_match
from .state import State, remember
from .tree import TreePane, describe
from .wish import Wish
from .workspace import Workspace

if TYPE_CHECKING:
    from ..capture.live import Live
    from .app import Browser
    from .exporting import Plan, Result

_STREAM_S: Final = 0.2
_TELL_S: Final = 0.5


class BrowserScreen(Screen[None]):
    """One capture.

    recording: what is browsed; path: its name. marks, comments: by message number.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("browser")]

    DEFAULT_CSS = """
    BrowserScreen { layout: vertical; layers: base overlay; }
    """

    app: Browser

    def __init__(
        self,
        recording: Recording,
        *,
        path: str,
        filter: str = "",
        secrets: bool = False,
        live: Live | None = None,
    ) -> None:
        super().__init__()
        self.recording = recording
        self.path = path
        self.live = live
        self.catalogue = Catalogue(recording.registry)
        self.marks: set[int] = set()
        self.comments: dict[int, str] = {}
        self.filter_text = ""
        self._first_filter = filter
        self._secrets = secrets
        self._list = MessageList(recording, id="list")
        self._list.marks = self.marks
        self._list.comments = self.comments
        self._tree = TreePane(id="tree", secrets=secrets)
        self._bytes = BytesPane(id="bytes", secrets=secrets)
        self._status = StatusLine(id="status")
        self._jobs: dict[str, Job] = {}
        self._filtering: FilterPass | None = None
        self._searching: SearchPass | None = None
        self._to_first = False
        self._keep = 0
        self._known = (-1, 0, False)
        self._paired = 0
        self._told = 0.0
        self._named: dict[str, int] = {}
        self._before_jump = 0
        self._prefixes = Prefixes()
        self._seen = 0
        self._node: Node | None = None
        self._node_path = ""
        self._paused = False
        self._stopped = False
        self._plan: Plan | None = None
        self._saved = False
        self._kept_comments: dict[int, str] = {}

    def compose(self) -> ComposeResult:
        state = self.app.state
        self._panes = Workspace(
            self._list, self._tree, self._bytes, state.layout, state.upper_share, state.side_share
        )
        self._filter_bar = FilterBar(self.catalogue, self.app.state.filters)
        yield self._filter_bar
        yield self._panes
        self._search_bar = SearchBar(self.app.state.searches)
        yield self._search_bar
        yield self._status
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        state = self.app.state
        self._list.rows.folded = state.folded
        self._list.clock.format = self.app.time_format
        if state.columns:
            self._list.columns = state.columns_of(self.catalogue)
        self._search_bar.display = False
        self._list.focus()
        self.start("read", "reading", self._read)
        if self._first_filter:
            self.apply_filter(self._first_filter)
        if self.recording.stream:
            self._list.follow(True)
            self.set_interval(_STREAM_S, self._stream_came)

    # Work

    def start(self, name: str, title: str, work: Callable[[Job], Any]) -> Job:
        """Begins a job; one of the same name ends."""
        old = self._jobs.get(name)
        if old is not None:
            old.cancel()
        job = self._jobs[name] = Job(name, title, self, work)
        return job.start()

    def running(self, name: str) -> bool:
        """Whether such a job is under way."""
        job = self._jobs.get(name)
        return job is not None and job.running and not job.cancelled

    def _growing(self) -> bool:
        """Whether more is being read, or found out of what is."""
        return self.running("read")

    def _read(self, job: Job) -> None:
        recording = self.recording
        capture = recording.capture
        try:
            size = os.path.getsize(capture.path) if capture.seekable else 0
        except OSError:
            size = 0
        if capture.compression:
            size = 0
        capture.wait = lambda: not (job.cancelled or self._stopped)

        def step() -> bool:
            if recording.whole:
                job.title = "pairing"
                return job.step(recording.paired, recording.count)
            return job.step(recording.read_bytes, size)

        recording.read(step)

    @on(Job.Progress)
    def _progressed(self, event: Job.Progress) -> None:
        job = event.job
        # What is asked for is answered first; there will be more progress.
        if self._jobs.get(job.name) is not job or Courtesy.asked():
            return
        if job.name == "read":
            self._grown()
        elif job.name == "filter":
            self._filter_grown()
        elif job.name == "search":
            self._search_grown()
        self._tell()

    @on(Job.Ended)
    def _ended(self, event: Job.Ended) -> None:
        job = event.job
        if self._jobs.get(job.name) is not job:
            return
        if job.error is not None:
            self.say_error(job.error)
        if job.name == "read":
            self._grown()
            self._read_ended(job)
        elif job.name == "filter":
            self._filter_ended()
        elif job.name == "search":
            self._search_grown()
        elif job.name == "sort" and job.error is None and not job.cancelled:
            self._sorted(job.result)
        elif job.name == "export" and job.error is None and job.result is not None:
            self._exported(job.result)
        self._tell()

    def _read_ended(self, job: Job) -> None:
        error = self.recording.error
        if error is not None:
            self._warn(f"{error}; what is before it is shown")
        elif job.cancelled:
            self._say("Reading was stopped: the messages so far are shown")
        self._renew()

    def _stream_came(self) -> None:
        """Looks at what a stream has brought."""
        if not self._paused and self.recording.count != self._seen:
            self._grown()
        self._tell()

    def _grown(self) -> None:
        """More is read, or more is known of what is."""
        recording = self.recording
        if self._paused:
            return
        if self._known != self._knows():
            self._renew()
            self._seen = recording.count
        elif self._paired_in_sight():
            self._list.renew()
        elif recording.count != self._seen and (recording.stream or self._late()):
            self._list.update()
            self._seen = recording.count
        if self._list.selected and self._list.message is not None and self._tree.message is None:
            self._show()

    def _late(self) -> bool:
        """Whether it is time to tell the list how long it is, which lays out the whole screen."""
        now = monotonic()
        if self.recording.whole or now - self._told >= _TELL_S or not self._seen:
            self._told = now
            return True
        return False

    def _paired_in_sight(self) -> bool:
        """Whether something that is in sight was paired since this was asked last."""
        before, self._paired = self._paired, self.recording.paired
        first, last = self._list.in_sight()
        return before < last and self._paired >= first and before != self._paired

    def _knows(self) -> tuple[int, int, bool]:
        """What changes when messages are to be made again."""
        recording = self.recording
        return recording.version, recording.learned.changes, recording.settled

    def _renew(self) -> None:
        """Names or transactions are known better: what is shown is made again."""
        self._known = self._knows()
        self._list.rows.renew()
        self._list.renew()
        self._show()

    def _say(self, words: str) -> None:
        self.notify(words, markup=False)

    def _warn(self, words: str) -> None:
        self.notify(words, severity="warning", markup=False)

    def say_error(self, error: Exception) -> None:
        """Tells of a mistake or a failure."""
        if isinstance(error, NldissectError):
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(bug_text(error), severity="error", markup=False)

    def _tell(self) -> None:
        """The right end of the status line: where we are, and what is under way."""
        parts: list[str] = []
        for job in self._jobs.values():
            if not job.running or job.cancelled or (self.recording.stream and job.name == "read"):
                continue
            share = f" {100 * job.done // job.total} %" if job.total else ""
            parts.append(f"{job.title}{share} (esc stops)")
        if self._searching is not None:
            parts.append(f"{len(self._searching.numbers):,} found")
        if self.recording.stream:
            parts.append(self._stream_state())
        if self.marks:
            parts.append(f"⚑{len(self.marks)}")
        rows, count = self._list.rows, self.recording.count
        shown = f"{len(rows):,} of {count:,} rows" if len(rows) != count else f"{count:,} messages"
        parts.append(shown)
        self._status.say(right="  ".join(parts))
        number = self._list.selected
        title = f"Message {number:,}" if number else "No message"
        self._panes.title.say(title + (f" of {self.path}" if self.path else ""))
        self._filter_bar.say(len(rows), count, self.running("filter"))

    def _stream_state(self) -> str:
        live = self.live
        lost = ""
        if live is not None:
            lost += f"  {live.drops:,} dropped" if live.drops else ""
            lost += f"  {live.skipped:,} not shown" if live.skipped else ""
        if self._paused:
            new = self.recording.count - self._seen
            return f"⏸ paused, {new:,} new{lost}"
        if not self.running("read"):
            why = f": {live.failure}" if live is not None and live.failure is not None else ""
            return f"■ ended{why}{lost}"
        new = 0 if self._list.following else len(self._list.rows) - 1 - self._list.furthest
        badge = f"  ▼ {new:,} new" if new > 0 else ""
        return f"● {'live' if live is not None else 'reading'}{badge}{lost}"

    # What is selected

    @on(MessageList.Selected)
    def _selected(self, event: MessageList.Selected) -> None:
        if event.number != self._keep:
            self._keep = 0
        if self._list.message is not self._tree.message:
            self._show()
        self._tell()

    def _show(self) -> None:
        message = self._list.message
        try:
            self._tree.show(message)
            self._bytes.show(message)
            # At once, so that all of it is drawn together.
            self._take_node(self._tree.node, self._tree.path)
        except Exception as error:
            # A bug in a decoder must not end the browser.
            self.say_error(error)

    @on(TreePane.NodeSelected)
    def _node_selected(self, event: TreePane.NodeSelected) -> None:
        if event.node is not self._node or event.path != self._node_path:
            self._take_node(event.node, event.path)

    def _take_node(self, node: Node | None, path: str) -> None:
        """Marks a node's bytes and describes it."""
        self._node, self._node_path = node, path
        message = self._list.message
        if node is None or message is None:
            self._bytes.select_span(0, 0)
            self._status.say(left="")
        else:
            self._bytes.select_span(node.start, node.end)
            self._status.say(left=describe(message, node, path, secrets=self._secrets))

    @on(BytesPane.ByteSelected)
    def _byte_selected(self, event: BytesPane.ByteSelected) -> None:
        self._tree.select_offset(event.offset)

    def goto(self, number: int) -> bool:
        """Selects a message; one that the filter hides is told of. False if it is not shown."""
        if not 1 <= number <= self.recording.count:
            self._warn(f"There is no message {number:,}")
            return False
        rows = self._list.rows
        if not rows.shows(number) and rows.foldable(number) and not rows.is_open(number):
            rows.toggle(number)
            self._list.rows_changed()
        if not rows.shows(number):
            self._warn(f"Message {number:,} is hidden by the filter: the nearest is shown")
        if self._list.selected != number:
            self._before_jump = self._list.selected
        self._list.following = False
        self._list.select(number)
        return self._list.selected == number

    # Keys that are typed one after the other

    def on_key(self, event: events.Key) -> None:
        if not isinstance(self.focused, Lines):
            return
        typed = self._prefixes.take(event.character or "")
        if not typed.kind:
            return
        event.stop()
        event.prevent_default()
        if typed.kind == "count":
            self._status.say(left=f"{typed.name}… (G goes to that message)")
        elif typed.kind == "top":
            self._before_jump = self._list.selected
            self._panes.focused_pane.action_top()
        elif typed.kind == "quit":
            self.app.exit()
        elif typed.kind == "set":
            self._named[typed.name] = self._list.selected
            self._say(f"'{typed.name} comes back to message {self._list.selected:,}")
        elif typed.kind == "jump":
            number = self._before_jump if typed.name == "'" else self._named.get(typed.name, 0)
            if number:
                self.goto(number)
            else:
                self._warn(f"There is no mark {typed.name}")

    def action_goto_count(self) -> None:
        number = self._prefixes.number()
        if number:
            self.goto(number)
        else:
            self._before_jump = self._list.selected
            self._panes.focused_pane.action_bottom()

    def action_goto(self) -> None:
        from .dialogs import GotoDialog, nearest_in

        self.ask(GotoDialog(self.recording.count, nearest_in(self.recording)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where text is typed, a slash is one."""
        return action not in ("filter", "search") or isinstance(self.focused, (Lines, NoneType))

    # Filtering

    def action_filter(self) -> None:
        self._filter_bar.open()

    def apply_filter(self, text: str) -> None:
        """Applies a filter by its text, as if it was typed."""
        self._filter_bar.apply(text)

    @on(FilterBar.Applied)
    def _filter_applied(self, event: FilterBar.Applied) -> None:
        self.filter_text = event.text
        self._filter(event.filter)
        if self.focused is None or self._filter_bar in self.focused.ancestors_with_self:
            self._list.focus()
        remember(self.app.state.filters, event.text)

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._list.focus()

    def _filter(self, filter: Filter | None) -> None:
        self._cancel("sort")
        self._list.sorted_by = ""
        self._keep = self._list.selected
        if filter is None:
            self._cancel("filter")
            self._filtering = None
            self._list.rows.choose(None)
            self._rows_changed()
            return
        work = self._filtering = FilterPass(self.recording, filter, self._growing)
        self.start("filter", "filtering", work.run)
        self._tell()

    def _filter_grown(self) -> None:
        work = self._filtering
        if work is None:
            return
        if work.numbers is not self._list.rows.chosen:
            # What was shown before stays until there is something else to show.
            self._list.rows.choose(work.numbers)
            self._rows_changed()
        elif not self._paused:
            self._list.update()
            if self._keep:
                self._list.select(self._keep)

    def _filter_ended(self) -> None:
        self._filter_grown()
        work = self._filtering
        if work is not None:
            self._list.rows.renew()
            self._rows_changed()
            if work.failures:
                self._warn(f"{work.failures:,} messages could not be decoded: a bug of nldissect")
        self._keep = 0

    def _rows_changed(self) -> None:
        keep = self._keep
        self._list.rows_changed()
        if keep:
            self._list.select(keep)
        self._keep = keep
        self._tell()

    @on(TreePane.FilterAsked)
    def _filter_asked(self, event: TreePane.FilterAsked) -> None:
        self._filter_by_node(event.how)

    def _filter_by_node(self, how: str) -> None:
        message, node = self._list.message, self._node
        if message is None or node is None:
            return
        text = filter_for(message, node, self._node_path, self.catalogue)
        if not text:
            self._warn("There is no filter for this part")
            return
        self.apply_filter(join(self.filter_text, text, how))

    # Searching

    def action_search(self) -> None:
        self._search_bar.display = True
        self._search_bar.open(where=self._pane_name())

    def _pane_name(self) -> str:
        pane = self._panes.focused_pane
        return "tree" if pane is self._tree else "bytes" if pane is self._bytes else "list"

    @on(SearchBar.Asked)
    def _search_asked(self, event: SearchBar.Asked) -> None:
        search = event.search
        self._searching = SearchPass(
            self.recording, self._list.rows.numbers(), search, start=self._list.selected,
            columns=self._list.shown_columns(), growing=self._growing,
        )  # fmt: skip
        self._to_first = True
        remember(self.app.state.searches, search.text)
        self._list.found = self._searching.found
        self.start("search", "searching", self._searching.run)
        panes: dict[str, Lines] = {"tree": self._tree, "bytes": self._bytes}
        self._panes.show(panes.get(search.where, self._list))

    @on(SearchBar.Again)
    def _search_again(self) -> None:
        self.action_search_next(1)

    @on(SearchBar.Left)
    def _search_left(self) -> None:
        self._search_bar.display = False
        self._list.focus()

    def _search_grown(self) -> None:
        work = self._searching
        if work is None:
            return
        self._list.refresh()
        if self._to_first and (work.numbers or not self.running("search")):
            self._to_first = False
            if work.numbers:
                self.action_search_next(0)
            else:
                self._warn("Nothing found")
        self._search_bar.say(work, self._list.selected, self.running("search"))

    def action_search_next(self, step: int) -> None:
        """Goes to the next match, or the one before; 0: to the first one from here on."""
        work = self._searching
        if work is None:
            self.action_search()
            return
        if not (step and self._step_inside(work.search, step)):
            number = work.next(self._list.selected, step)
            if not number:
                self._warn("Nothing found")
                return
            if self.goto(number):
                self._show()
                self._step_inside(work.search, step or 1, first=True)
        self._search_bar.say(work, self._list.selected, self.running("search"))
        self._tell()

    def _step_inside(self, search: Search, step: int, *, first: bool = False) -> bool:
        """Goes to the next match in the selected message, if there is another one."""
        message = self._list.message
        if message is None or search.where == "list":
            return False
        places = all_in(message, search)
        if search.where == "tree":
            self._tree.found = {id(place.node) for place in places}
            here = [at for at, place in enumerate(places) if place.node is self._tree.node]
        else:
            self._bytes.show_found([(place.start, place.end) for place in places])
            at = self._bytes.at
            here = [n for n, place in enumerate(places) if place.start <= at < place.end]
        edge = 0 if step > 0 else len(places) - 1
        following = edge if first or not here else here[0] + step
        if not 0 <= following < len(places):
            return False
        place = places[following]
        if place.node is None:
            self._bytes.select(place.start)
        else:
            self._tree.select_node(place.node)
        return True

    # Sorting and columns

    @on(MessageList.SortAsked)
    def _sort_asked(self, event: MessageList.SortAsked) -> None:
        self._cancel("sort")
        column = event.column
        if column is None or (column.key == "number" and not event.backwards):
            self._list.sorted_by = "" if column is None else column.key
            self._list.backwards = False
            self._list.rows.sorted = None
            self._keep = self._list.selected
            self._rows_changed()
            self._list.lay_out()
            return
        numbers = self._list.rows.numbers()
        work = SortPass(self.recording, numbers, column, event.backwards)
        self.start("sort", f"sorting by {column.title or column.key}", work.run)
        self._sorting = event

    def _sorted(self, numbers: array[int]) -> None:
        event = self._sorting
        assert event.column is not None
        self._list.sorted_by, self._list.backwards = event.column.key, event.backwards
        self._list.rows.sorted = numbers
        self._keep = self._list.selected
        self._rows_changed()
        self._list.lay_out()

    def action_columns(self) -> None:
        from .screens.columns import ColumnsScreen

        self.ask(ColumnsScreen(list(self._list.columns), self.catalogue))

    def _add_column(self) -> None:
        """A column of the selected node's field."""
        message, node = self._list.message, self._node
        if message is None or node is None:
            return
        name = field_for(message, node, self._node_path, self.catalogue)
        if not name:
            self._warn("There is no field for this part")
            return
        column = of_field(self.catalogue.field(name))
        if any(each.key == column.key for each in self._list.columns):
            self._warn(f"There is a column {column.title} already")
            return
        place = [each.key for each in self._list.columns].index("summary") + 1
        self._list.columns.insert(place, column)
        self._list.lay_out()

    def action_time_format(self) -> None:
        formats = list(TIME_FORMATS)
        clock = self._list.clock
        clock.format = formats[(formats.index(clock.format) + 1) % len(formats)]
        clock.base_ns = None
        self.app.time_format = clock.format
        next(column for column in self._list.columns if column.key == "time").width = 9
        self._list.refresh()
        self._say(f"Times: {TIME_FORMATS[clock.format]}")

    def action_time_reference(self) -> None:
        message = self._list.message
        if message is not None and message.record.time_ns is not None:
            clock = self._list.clock
            clock.format = "r"
            same = clock.base_ns == message.record.time_ns
            clock.base_ns = None if same else message.record.time_ns
            self._list.refresh()
            what = "the first message" if same else f"message {message.number:,}"
            self._say(f"Times are relative to {what}")

    # Transactions

    def action_transaction(self) -> None:
        from .screens.transaction import TransactionScreen

        number = self._list.selected
        try:
            transaction_of(self.recording, number)
        except Nowhere as reason:
            self._warn(str(reason))
            return
        self.ask(TransactionScreen(self.recording, number, self._list.clock))

    def action_other(self) -> None:
        """From a request to its first answer, from an answer to its request."""
        try:
            self.goto(counterpart(self.recording, self._list.selected))
        except Nowhere as reason:
            self._warn(str(reason))

    def action_blame(self) -> None:
        """From an error, or a request that was refused, to the attribute that is blamed."""
        message = self._list.message
        if message is None:
            return
        try:
            target = blamed(self.recording, self._list.reader, message)
        except Nowhere as reason:
            self._warn(str(reason))
            return
        if self.goto(target.number):
            self._show()
            request = self._list.message
            node = request.node(target.path) if request is not None and target.path else None
            if node is not None:
                self._tree.select_node(node)
            elif target.offset:
                self._tree.select_offset(target.offset)
            else:
                self._warn("The error blames no attribute")
                return
            self._panes.show(self._tree)

    # Marks and comments

    def action_mark(self) -> None:
        number = self._list.selected
        if number:
            self.marks.symmetric_difference_update((number,))
            self._list.action_down()
            self._list.refresh()
            self._tell()

    def action_next_mark(self, step: int) -> None:
        if not self.marks:
            self._warn("No message is marked (m marks)")
            return
        self.goto(next_match(sorted(self.marks), self._list.selected, step))

    def action_clear_marks(self) -> None:
        self.marks.clear()
        self._list.refresh()
        self._tell()

    def action_comment(self) -> None:
        from .dialogs import CommentDialog

        message = self._list.message
        if message is not None:
            text = self.comments.get(message.number, "")
            self.ask(CommentDialog(text))

    # Out

    def action_copy(self) -> None:
        from .dialogs import Menu

        items = [(letter, name, letter) for letter, (name, _) in FORMS.items()]
        what = "Copy the message" if self._pane_name() == "list" else "Copy this part"
        self.app.push_screen(Menu(what, items), self._copy)

    def _copy(self, wish: Wish | None) -> None:
        message = self._list.message
        if wish is None or message is None:
            return
        node = None if self._pane_name() == "list" else self._node
        row = self._list.row(message.number)
        assert row is not None
        line = self._list.plain(row)
        if not self._secrets:
            message = self._list.reader.redacted(message)
            if node is not None:
                node = _same(message, node)
                if node is None:
                    self._warn("This part cannot be copied without key material")
                    return
        part = Part(
            message, node, self._node_path, line, self.catalogue, self.recording.interfaces,
            self._secrets,
        )  # fmt: skip
        name, make = FORMS[wish.value]
        text = make(part)
        if not text:
            self._warn(f"There is no {name} for this part")
            return
        self.copy(text)

    def copy(self, text: str) -> None:
        """Puts text on the terminal's clipboard."""
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + 1
        what = f"{lines} lines" if lines > 1 else text[:60]
        self._say(f"Copied: {what}")

    def action_export(self) -> None:
        self._ask_export("")

    def action_save(self) -> None:
        self._ask_export("pcapng")

    def _ask_export(self, format_: str) -> None:
        from .screens.export import ExportScreen

        counts = {
            "all": self.recording.count,
            "shown": self._shown_count(),
            "marked": len(self.marks),
            "selected": 1 if self._list.selected else 0,
        }
        self.ask(
            ExportScreen(
                self.path, counts, format_=format_, comments=dict(self.comments),
                marks=set(self.marks), registry=self.recording.registry, secrets=self._secrets,
            )
        )  # fmt: skip

    def _shown_count(self) -> int:
        chosen = self._list.rows.chosen
        return self.recording.count if chosen is None else len(chosen)

    def _export(self, plan: Plan) -> None:
        from .exporting import run_export

        chosen = self._list.rows.chosen
        numbers: Any = {
            "all": None,
            "shown": None if chosen is None else array("I", chosen),
            "marked": array("I", sorted(self.marks)),
            "selected": array("I", [self._list.selected]),
        }[plan.what]
        work = partial(
            run_export, recording=self.recording, plan=plan, numbers=numbers,
            time_format=self._list.clock.format,
        )  # fmt: skip
        self._plan = plan
        self.start("export", f"writing {os.path.basename(plan.path)}", work)

    def _exported(self, result: Result) -> None:
        self._say(f"{result.count:,} messages written to {result.path} ({result.bytes:,} bytes)")
        for remark in result.remarks:
            self._warn(remark)
        plan = self._plan
        if plan is not None and plan.format == "pcapng":
            self._kept_comments.update(plan.comments)
        if plan is not None and plan.what == "all" and plan.format in ("pcap", "pcapng"):
            self._saved = True

    # Streams

    def action_follow(self) -> None:
        self._list.follow(not self._list.following)
        self._tell()

    def action_pause(self) -> None:
        """Holds the list still while the capture goes on."""
        if not self.recording.stream:
            self._warn("This capture is a file: nothing comes")
            return
        self._paused = not self._paused
        self._list.rows.limit = self.recording.count if self._paused else None
        if not self._paused:
            self._grown()
        self._tell()

    def action_record(self) -> None:
        """Stops the capture, or begins a new one."""
        if not self.recording.stream:
            self._warn("This capture is a file")
        elif not self.recording.whole and self.running("read"):
            if self.live is not None:
                self.live.stop()
            self._stopped = True
            self._say("The capture is stopped (w saves it)")
        elif self.live is not None:
            self.app.restart(self.live, self.path, self.filter_text)
        else:
            self._warn("The input has ended")

    # Screens and what they want

    def ask(self, screen: Screen[Wish | None]) -> None:
        """Shows a screen and does what it wants when it closes."""
        self.app.push_screen(screen, self.grant)

    def grant(self, wish: Wish | None) -> None:
        """Does what a screen wants."""
        if wish is None:
            return
        kind, value = wish
        if kind == "filter":
            self.apply_filter(value)
            self._list.focus()
        elif kind == "goto":
            self.goto(value)
        elif kind == "open":
            self.app.open(value)
        elif kind == "map":
            self._rename(*value)
        elif kind == "columns":
            self._list.columns = value
            self._list.chosen = 0
            self._list.lay_out()
        elif kind == "export":
            self._export(value)
        elif kind == "comment":
            self._comment(value)
        elif kind == "copy":
            self.copy(value)
        elif kind == "deed":
            self.call_later(self.app.do, value)

    def _comment(self, text: str) -> None:
        number = self._list.selected
        if text.strip():
            self.comments[number] = text
        else:
            self.comments.pop(number, None)
        self._list.renew()

    def _rename(self, id_: int, name: str) -> None:
        """Names a family id, above all that the capture says."""
        self.recording.rename(id_, name)
        self._renew()
        self._say(f"{id_:#x} is {name} now")

    def action_show(self, name: str) -> None:
        """Opens one of the screens."""
        recording = self.recording
        if name == "families":
            from .screens.families import FamiliesScreen

            self.ask(FamiliesScreen(recording))
        elif name == "statistics":
            from .screens.statistics import StatisticsScreen

            chosen = self._list.rows.chosen
            self.ask(StatisticsScreen(recording, self._list.clock, self.filter_text, chosen))
        elif name == "notes":
            from .screens.notes import NotesScreen

            self.ask(NotesScreen(recording, self._list.rows.chosen))
        elif name == "properties":
            from .screens.properties import PropertiesScreen

            self.ask(PropertiesScreen(recording, self.path))
        elif name == "recent":
            from .screens.recent import RecentScreen

            self.ask(RecentScreen(self.app.state.recent, os.getcwd()))

    @on(Lines.MenuAsked)
    def _menu_asked(self) -> None:
        self.action_menu()

    def action_menu(self) -> None:
        """What can be done with the selected part."""
        from .dialogs import Menu

        items = [
            ("=", "Filter: this value", "filter:"),
            ("!", "Filter: not this value", "filter:not"),
            ("&", "Filter: … and this value", "filter:and"),
            ("%", "Filter: … or this value", "filter:or"),
            ("a", "Add as a column", "column"),
            ("f", "Follow the transaction", "transaction"),
            ("o", "Request or answer", "other"),
            ("m", "Mark", "mark"),
            *((letter, f"Copy: {name}", f"copy:{letter}") for letter, (name, _) in FORMS.items()),
        ]  # fmt: skip
        taken: set[str] = set()
        unique = [
            (key if key not in taken and not taken.add(key) else "", label, value)  # type: ignore[func-returns-value]
            for key, label, value in items
        ]
        self.app.push_screen(Menu("This part", unique), self._menu_chosen)

    def _menu_chosen(self, wish: Wish | None) -> None:
        if wish is None:
            return
        what, _, rest = str(wish.value).partition(":")
        if what == "filter":
            self._filter_by_node(rest)
        elif what == "column":
            self._add_column()
        elif what == "copy":
            self._copy(Wish("copy", rest))
        else:
            getattr(self, f"action_{what}")()

    def target_of(self, where: str) -> Widget | BrowserScreen | App[Any]:
        """Who does what a key of the table does."""
        if where == "app":
            return self.app
        panes: dict[str, Widget] = {
            "list": self._list, "tree": self._tree, "bytes": self._bytes, "panes": self._panes,
        }  # fmt: skip
        return self._panes.focused_pane if where == "lines" else panes.get(where, self)

    # Ending

    def remember(self, state: State) -> None:
        """Puts into the state how things are now."""
        state.folded = self._list.rows.folded
        state.layout = self._panes.layout_name
        state.upper_share, state.side_share = self._panes.upper, self._panes.side
        state.take_columns(self._list.columns)
        if self.recording.capture.seekable:
            state.left(self.path, self._list.selected)

    def _cancel(self, name: str) -> None:
        job = self._jobs.get(name)
        if job is not None:
            job.cancel()

    def action_cancel(self) -> None:
        """Stops what runs, the latest first; else takes away what is found or zoomed."""
        for name in ("export", "sort", "search", "filter", "read"):
            if self.running(name) and not (name == "read" and self.recording.stream):
                self._cancel(name)
                self._say(f"Stopped: {self._jobs[name].title}")
                self._tell()
                return
        if self._searching is not None:
            self._searching = None
            self._list.found = ()
            self._search_bar.display = False
            self._list.refresh()
            self._tell()
        elif self._panes.zoomed:
            self._panes.action_zoom()

    def action_quit_view(self) -> None:
        """Leaves, after a question where something would be lost."""
        lost = ""
        live = self.live
        if live is not None and not (live.saved or self._saved):
            lost = "The capture is not saved."
        elif self.comments != self._kept_comments:
            lost = "The comments are not saved."
        elif live is not None and self.running("read"):
            lost = "The capture is still running."
        if not lost:
            self.app.exit()
            return
        from .dialogs import Question

        def answered(wish: Wish | None) -> None:
            if wish is not None and wish.value:
                self.app.exit()

        self.app.push_screen(Question(f"{lost} Quit?", "Quit", "Stay"), answered)

    def end(self) -> None:
        """Ends all work: the screen goes."""
        for job in self._jobs.values():
            job.cancel()
        if self.live is not None:
            self.live.stop()


def _same(message: Message, node: Node) -> Node | None:
    """The node of a message that stands where a node of its other reading does."""
    level = message.layers
    while level:
        inner = [each for each in level if each.start <= node.start and node.end <= each.end]
        for each in inner:
            if (each.start, each.end, each.name) == (node.start, node.end, node.name):
                return each
        level = [child for each in inner for child in each.children]
    return None
