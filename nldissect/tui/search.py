"""Searching: the bar that asks, the pass over the messages, and the places within each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from time import monotonic, sleep
from typing import ClassVar, Final, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message as Event
from textual.widgets import Input, Static

from ..errors import CaptureError, UsageError
from ..model import Message, Node
from ..recording import Reader, Recording
from ..summary import Summarizer
from .columns import Column, Row, standard
from .filtering import Stepping, messages_of
from .keys import bindings
from .matching import Pattern, Span
from .state import remember

WHERE: Final = ("list", "tree", "bytes")
HOW: Final = ("text", "regex", "hex")

_CHUNKS: Final = {"list": 128, "tree": 4, "bytes": 16}
_WAIT_S: Final = 0.02
_PATIENCE_S: Final = 0.3
_FRAME: Final = frozenset(("nla-len", "nla-type"))
_NO_WORDS: Final = frozenset(("number", "time", "kind", "severity"))


class Search(NamedTuple):
    """What is searched for: a text, in the list's rows, the trees or the bytes.

    where: one of WHERE; how: one of HOW, hex only in bytes.
    """

    text: str
    where: str = "list"
    how: str = "text"

    @property
    def compiled(self) -> Pattern:
        """A pattern of its own for whoever searches. Raises UsageError for what means nothing."""
        return Pattern(self.text, self.how, in_bytes=self.where == "bytes")


class Place(NamedTuple):
    """A match within a message.

    node: the one that matches, None for bytes; path: its place among the layers, then among the
    children, and so on; start, end: the span in the record.
    """

    node: Node | None
    path: tuple[int, ...]
    start: int
    end: int


# In one message


def row_text(row: Row, columns: Sequence[Column]) -> str:
    """What is searched of a row: its words, without numbers and signs that all rows have."""
    words = [column.text(row) for column in columns if column.key not in _NO_WORDS]
    return " ".join(filter(None, words))


def tree_nodes(message: Message) -> Iterator[tuple[tuple[int, ...], Node, bool]]:
    """The nodes of a message that are searched, in the tree's order, with their paths.

    The flag tells whether what is in the node is searched by itself. Frames of attributes, padding
    and what is inside of key material are left out.
    """
    stack: list[tuple[tuple[int, ...], Node]] = []
    stack.extend(((at,), message.layers[at]) for at in reversed(range(len(message.layers))))
    while stack:
        path, node = stack.pop()
        if node.name in _FRAME or node.kind == "padding":
            continue
        children = [] if node.secret else node.children
        inner = [
            ((*path, at), child)
            for at, child in enumerate(children)
            # The value of an attribute stands in the attribute's line.
            if child.name != "value" or child.display != node.display
        ]
        yield path, node, any(child.name not in _FRAME for _, child in inner)
        stack.extend(reversed(inner))


def node_text(node: Node, split: bool) -> str:
    """What is searched of a node: its names and its value, on lines of their own.

    split: its value is that of its children, which are searched by themselves.
    """
    words = [node.name]
    if node.c_name:
        words.append(node.c_name)
    if not node.secret:
        if not split or not isinstance(node.value, (dict, list)):
            words.append(node.display)
        words.extend(note.message for note in node.notes)
    return "\n".join(words)


def searched_span(message: Message) -> Span:
    """The bytes of a record that belong to a message, with the link header or the tail."""
    data = message.record.data
    return (0 if message.first else message.start), (len(data) if message.last else message.end)


def all_in(message: Message, search: Search) -> list[Place]:
    """All matches within a message, in its order; none in the list. Raises UsageError."""
    if search.where == "list":
        return []
    pattern = search.compiled
    try:
        return _in_tree(message, pattern) if search.where == "tree" else _in_bytes(message, pattern)
    except UsageError:
        # An expression that takes too long: who goes through all messages says so.
        return []
    finally:
        pattern.close()


def first_in(message: Message, search: Search) -> Place | None:
    """The first match within a message."""
    return next(iter(all_in(message, search)), None)


def _in_tree(message: Message, pattern: Pattern) -> list[Place]:
    nodes = list(tree_nodes(message))
    end = monotonic() + _PATIENCE_S
    texts = [node_text(node, split) for _, node, split in nodes]
    found = pattern.spans(texts, 1, lambda: monotonic() < end)
    return [
        Place(node, path, node.start, node.end)
        for (path, node, _), spans in zip(nodes, found)
        if spans
    ]


def _in_bytes(message: Message, pattern: Pattern) -> list[Place]:
    first, last = searched_span(message)
    spans = pattern.spans([message.record.data[first:last]])[0]
    hidden = _secret_spans(message) if spans else []
    return [
        Place(None, (), first + start, first + end)
        for start, end in spans
        if start < end and not any(a < first + end and first + start < b for a, b in hidden)
    ]


def _secret_spans(message: Message) -> list[Span]:
    """Where key material stands in the record."""
    return [(node.start, node.end) for _, node, _ in tree_nodes(message) if node.secret]


# In all of them


class _Numbers:
    """A set of messages' numbers in little room, which may grow while it is asked."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        missing = (number >> 3) + 1 - len(self._bits)
        if missing > 0:
            self._bits += bytes(missing + 4096)
        self._bits[number >> 3] |= 1 << (number & 7)

    def __contains__(self, number: object) -> bool:
        bits = self._bits
        if not isinstance(number, int) or not 0 <= number >> 3 < len(bits):
            return False
        return bool(bits[number >> 3] >> (number & 7) & 1)


class SearchPass:
    """Finds the messages that match, from one message to the end, and then from the first.

    rows: the numbers of the messages to search in their order, which may grow. start: where to
    begin. columns: those that the rows show. growing: whether there are more rows to come.
    numbers: those that match, in the order of rows; found: the same as a set. slow: in how many
    texts an expression took too long.
    """

    def __init__(
        self,
        recording: Recording,
        rows: Sequence[int],
        search: Search,
        *,
        start: int = 0,
        columns: Sequence[Column] | None = None,
        growing: Callable[[], bool] = lambda: False,
    ) -> None:
        self.recording = recording
        self.search = search
        self.numbers = array("I")
        self.found = _Numbers()
        self.slow = 0
        self._rows = rows
        self._start = start
        self._columns = standard() if columns is None else list(columns)
        self._growing = growing
        self._places = array("I")

    @property
    def _all(self) -> Sequence[int]:
        """The rows as they are now."""
        if isinstance(self._rows, range) and self._growing():
            return range(1, self.recording.count + 1)
        return self._rows

    def run(self, job: Stepping) -> None:
        """Searches; a job's work.

        Raises UsageError for what means nothing, or takes too long; CaptureError if a message
        cannot be read.
        """
        reader = Reader(self.recording)
        summarizer = Summarizer(self.recording.learned)
        pattern = self.search.compiled
        first = max(0, self._row_of(self._start)) if self._start else 0
        # What is searched: rows from first to after, and from 0 to before.
        after, before, front = first, 0, 0
        chunk = _CHUNKS[self.search.where]
        try:
            while True:
                growing = self._growing()
                rows = self._all
                if after < len(rows):
                    part = rows[after : after + chunk]
                    matches = self._matches(job, reader, summarizer, pattern, part)
                    self._put(rows, after, matches, len(self.numbers))
                    after += len(part)
                elif before < first:
                    part = rows[before : min(before + chunk, first)]
                    matches = self._matches(job, reader, summarizer, pattern, part)
                    self._put(rows, before, matches, front)
                    front += len(matches)
                    before += len(part)
                elif not growing:
                    break
                else:
                    sleep(_WAIT_S)
                if not job.step(after - first + before, len(rows)):
                    break
        finally:
            pattern.close()

    def _matches(
        self,
        job: Stepping,
        reader: Reader,
        summarizer: Summarizer,
        pattern: Pattern,
        numbers: Sequence[int],
    ) -> list[int]:
        """The places in a part of the rows where the search matches."""
        owners: list[int] = []
        texts: list[str | bytes] = []
        messages: dict[int, Message] = {}
        where = self.search.where
        for place, message in enumerate(messages_of(reader, numbers)):
            if message is None:
                continue
            try:
                own = self._texts(message, summarizer)
            except CaptureError:
                raise
            except Exception:  # A decoder's bug: what cannot be read does not match.
                continue
            texts += own
            owners += [place] * len(own)
            if where == "bytes":
                messages[place] = message
        spans = pattern.spans(texts, 1, job.step)
        self.slow = pattern.slow
        found = sorted({owner for owner, own_spans in zip(owners, spans) if own_spans})
        if where == "bytes":
            found = [place for place in found if _in_bytes(messages[place], pattern)]
        return found

    def _texts(self, message: Message, summarizer: Summarizer) -> list[str] | list[bytes]:
        if self.search.where == "list":
            return [row_text(Row(message, summarizer.summary(message)), self._columns)]
        if self.search.where == "tree":
            texts = [node_text(node, split) for _, node, split in tree_nodes(message)]
            # A text has one line and so matches within one node, an expression may not.
            return ["\n".join(texts)] if self.search.how == "text" else texts
        first, last = searched_span(message)
        return [message.record.data[first:last]]

    def _put(self, rows: Sequence[int], at: int, matches: list[int], place: int) -> None:
        """Takes what matches in the rows from one on, to stand from a place among all matches."""
        numbers = array("I", (rows[at + match] for match in matches))
        for number in numbers:
            self.found.add(number)
        self._places[place:place] = array("I", (at + match for match in matches))
        self.numbers[place:place] = numbers

    # Going through them

    def _row_of(self, number: int) -> int:
        """The place of a message among the rows, or where it would stand; -1 if none is known."""
        rows = self._rows
        if isinstance(rows, range):
            return number - 1
        place = bisect_left(rows, number)
        if place < len(rows) and rows[place] == number:
            return place
        try:
            return rows.index(number)
        except ValueError:
            # What is not shown stands between its neighbours, where rows are in order.
            return place

    def next(self, current: int, step: int) -> int:
        """The match that follows a message (1), or is before it (-1), around the end; 0: the
        message itself if it matches, else what follows. 0 if there is none.
        """
        places = self._places[: len(self.numbers)]
        if not places:
            return 0
        return self.numbers[_next(places, self._row_of(current), step)]

    def place(self, number: int) -> int:
        """Which one of the matches a message is, from 1; 0 if it is none."""
        if number not in self.found:
            return 0
        at = bisect_left(self._places, self._row_of(number))
        return at + 1 if at < len(self.numbers) and self.numbers[at] == number else 0


def _next(ordered: Sequence[int], current: int, step: int) -> int:
    """The place of what follows or is before a value, around the end."""
    at = bisect_left(ordered, current) - 1 if step < 0 else bisect_left(ordered, current)
    if step > 0:
        at = bisect_right(ordered, current)
    return at % len(ordered)


def next_match(numbers: Sequence[int], current: int, step: int) -> int:
    """The same as SearchPass.next of numbers in ascending order."""
    return numbers[_next(numbers, current, step)] if numbers else 0


# The bar


class _SearchInput(Input):
    """Hands keys to the bar."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("search")]

    @property
    def bar(self) -> SearchBar:
        bar = self.query_ancestor(SearchBar)
        assert isinstance(bar, SearchBar)
        return bar

    def action_where(self) -> None:
        self.bar.turn_where()

    def action_how(self) -> None:
        self.bar.turn_how()

    def action_past(self, step: int) -> None:
        self.bar.past(step)

    def action_leave(self) -> None:
        self.bar.leave()

    def action_clear(self) -> None:
        self.value = ""


class _Switch(Static):
    """A word that changes when it is clicked."""

    def __init__(self, turn: Callable[[], None], tooltip: str) -> None:
        super().__init__(markup=False)
        self.tooltip = tooltip
        self._turn = turn

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self._turn()


class SearchBar(Horizontal):
    """Asks what to search for, where and how, and tells how many matches there are.

    history: past searches, oldest first.
    """

    DEFAULT_CSS = """
    SearchBar { height: 1; background: $panel; }
    SearchBar > Static { width: auto; height: 1; padding: 0 1; }
    SearchBar > #search-label { color: $text-primary; text-style: bold; }
    SearchBar > _Switch { color: $text-accent; text-style: underline; }
    SearchBar > _Switch:hover { background: $primary 30%; }
    SearchBar > #search-state {
        color: $text-muted;
        max-width: 45%;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    SearchBar.-wrong > #search-state { color: $text-error; }
    SearchBar > Input { width: 1fr; min-width: 12; background: $surface; }
    SearchBar.-wrong > Input { background: $error 25%; }
    """

    class Asked(Event):
        """Something is to be searched for."""

        def __init__(self, search: Search) -> None:
            super().__init__()
            self.search = search

    class Again(Event):
        """What was searched for last is wanted again: its next match."""

    class Left(Event):
        """The bar is left."""

    def __init__(self, history: Sequence[str] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.where = "list"
        self.how = "text"
        self._history = list(history)
        self._at = len(self._history)
        self._draft = ""
        self._asked: Search | None = None
        self._wrong = False
        self._input = _SearchInput(
            placeholder="what to search for", compact=True, select_on_focus=False
        )
        self._input.cursor_blink = False
        self._where = _Switch(self.turn_where, "where to search")
        self._how = _Switch(self.turn_how, "what the text is")
        self._state = Static(id="search-state", markup=False)

    def compose(self) -> ComposeResult:
        yield Static("Find", id="search-label", markup=False)
        yield self._input
        yield self._where
        yield self._how
        yield self._state

    def on_mount(self) -> None:
        self._show_words()

    def open(self, text: str | None = None, where: str | None = None) -> None:
        """Takes the keys; with another text, or another place to search."""
        if where is not None:
            self.where = where
            if where != "bytes" and self.how == "hex":
                self.how = "text"
        if text is not None:
            self._input.value = text
        self._input.cursor_position = len(self._input.value)
        self._at = len(self._history)
        self._show_words()
        self.screen.set_focus(self._input)

    @property
    def search(self) -> Search:
        """What is asked for now."""
        return Search(self._input.value, self.where, self.how)

    def say(self, work: SearchPass | None, selected: int, running: bool) -> None:
        """Tells how far a search is. selected: the message that is shown."""
        if self._wrong:
            return
        words = ""
        if work is not None:
            place = work.place(selected)
            count = f"{len(work.numbers):,}"
            words = f"{place:,}/{count}" if place else f"{count} found"
            if running:
                words = f"searching… {words}"
            elif not work.numbers:
                words = "nothing found"
            if work.slow:
                words += f", {work.slow} took too long"
        self._state.update(words)

    def turn_where(self) -> None:
        """Searches elsewhere."""
        self.where = WHERE[(WHERE.index(self.where) + 1) % len(WHERE)]
        if self.how == "hex" and self.where != "bytes":
            self.how = "text"
        self._show_words()

    def turn_how(self) -> None:
        """Takes the text for something else."""
        self.how = HOW[(HOW.index(self.how) + 1) % len(HOW)]
        if self.how == "hex":
            self.where = "bytes"
        self._show_words()

    def _show_words(self) -> None:
        self._where.update(f"in {self.where}")
        self._how.update(self.how)
        self._check()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._check()

    def _check(self) -> None:
        """Tells whether the text means something."""
        words = ""
        if self._input.value:
            try:
                self.search.compiled  # noqa: B018
            except UsageError as error:
                words = str(error)
        was, self._wrong = self._wrong, bool(words)
        self.set_class(self._wrong, "-wrong")
        if words or was:
            self._state.update(f"✗ {words}" if words else "")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        search = self.search
        if self._wrong or not search.text:
            return
        if search == self._asked:
            self.post_message(self.Again())
            return
        self._asked = search
        remember(self._history, search.text)
        self._at = len(self._history)
        self.post_message(self.Asked(search))

    def past(self, step: int) -> None:
        """Goes through past searches: -1 to older ones."""
        size = len(self._history)
        if self._at == size:
            self._draft = self._input.value
        self._at = max(0, min(size, self._at + step))
        text = self._draft if self._at == size else self._history[self._at]
        self._input.value = text
        self._input.cursor_position = len(text)

    def leave(self) -> None:
        """Gives the keys back."""
        self._asked = None
        self.post_message(self.Left())
