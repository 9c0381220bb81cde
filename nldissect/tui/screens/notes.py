"""All notes of a capture by severity and code, each with the messages that it stands on."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from time import sleep
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from ...notes import CATALOGUE, SEVERITIES
from ...recording import Reader, Recording
from ...stats.where import word
from ...text import printable
from ..columns import SEVERITY_SIGNS, SEVERITY_STYLES
from ..filtering import messages_of
from ..jobs import Job
from ..keys import bindings
from ..lines import Lines, Piece, bug_text, fit
from ..panes import StatusLine
from ..wish import Wish

_CHUNK: Final = 64
_WAIT_S: Final = 0.1
_KEPT: Final = 20_000
"""So many notes of each code are kept; more are only counted."""
_MOST_WORDS: Final = 5_000
"""So many different sentences of each code are kept."""
_CODE_WIDTH: Final = 19
_NAME_WIDTH: Final = 20
_HINT: Final = "e w n c: hide or show a severity"


class Group:
    """The notes of one code.

    count: how many there are; numbers: the messages of those that are kept.
    """

    __slots__ = ("code", "severity", "count", "numbers", "_words", "_places")

    def __init__(self, code: str, severity: str) -> None:
        self.code = code
        self.severity = severity
        self.count = 0
        self.numbers = array("I")
        # Most notes say what others have said.
        self._words: dict[str, int] = {"": 0}
        self._places = array("I")

    def add(self, number: int, words: str) -> None:
        """Takes a note on a message."""
        self.count += 1
        if len(self.numbers) < _KEPT:
            if len(self._words) > _MOST_WORDS and words not in self._words:
                words = ""
            self._places.append(self._words.setdefault(words, len(self._words)))
            self.numbers.append(number)

    @property
    def sentences(self) -> list[str]:
        """The different sentences; those of ``places``."""
        return list(self._words)

    def place(self, at: int) -> int:
        """Which sentence a kept note has; 0: it was not kept."""
        return self._places[at]


class Gathering:
    """Gathers the notes of messages, also while the recording grows.

    numbers: the messages, None for all; they may grow. groups: by code, as far as they are
    gathered; done: of how many messages. failures: how many messages no decoder could read.
    """

    def __init__(self, recording: Recording, numbers: Sequence[int] | None) -> None:
        self.groups: dict[str, Group] = {}
        self.done = 0
        self.failures = 0
        self._recording = recording
        self._numbers = numbers

    def run(self, job: Job) -> None:
        """A job's work. Raises CaptureError if a message cannot be read."""
        while not self._gather(job):
            pass

    def _known(self) -> tuple[int, int, bool]:
        recording = self._recording
        # What came of a request in the end is noted on it when all is paired.
        return recording.version, recording.learned.changes, recording.settled

    def _gather(self, job: Job) -> bool:
        """Gathers all from the start; False where messages have become others."""
        recording = self._recording
        known = self._known()
        groups: dict[str, Group] = {}
        reader = Reader(recording)
        done = failures = 0
        while known == self._known():
            # Asked for first: what comes after it does not make less of it.
            last = recording.settled
            ready = recording.paired if self._numbers is None else len(self._numbers)
            stop = min(done + _CHUNK, ready)
            some = range(done + 1, stop + 1) if self._numbers is None else self._numbers[done:stop]
            for message in messages_of(reader, some):
                try:
                    notes = [] if message is None else message.notes
                    failures += message is None
                except Exception:
                    # A bug in a decoder must not end the gathering.
                    notes = []
                    failures += 1
                for note in notes:
                    group = groups.get(note.code)
                    if group is None:
                        group = groups[note.code] = Group(note.code, note.severity)
                    assert message is not None
                    group.add(message.number, f"{note.path}: {note.message}")
            waits = stop == done
            done = stop
            # What was gathered before stays until there is as much again.
            if done >= self.done or (last and waits):
                self.groups, self.done, self.failures = groups, done, failures
            if not job.step(done, ready):
                return True
            if waits:
                if last:
                    return True
                sleep(_WAIT_S)
        return False


class _Tree(Lines):
    """Groups, and below those that are open their messages."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines"), *bindings("notes")]

    def __init__(self, recording: Recording, gathering: Gathering) -> None:
        super().__init__(id="notes")
        self.hidden: set[str] = set()
        self._recording = recording
        self._reader = Reader(recording)
        self._gathering = gathering
        self._opened: set[str] = set()
        self._starts: list[tuple[int, Group]] = []
        self._sentences: dict[str, list[str]] = {}
        self._count = 0

    def update(self) -> None:
        """There are more notes."""
        here = self.at(self.cursor)
        groups = [each for each in self._gathering.groups.copy().values()
                  if each.severity not in self.hidden]  # fmt: skip
        groups.sort(key=lambda each: (-SEVERITIES.index(each.severity), -each.count, each.code))
        self._starts, count = [], 0
        self._sentences.clear()
        for group in groups:
            self._starts.append((count, group))
            count += 1
            if group.code in self._opened:
                self._sentences[group.code] = group.sentences
                count += len(group.numbers) + (group.count > len(group.numbers))
        self._count = count
        if here is not None and (self.cursor or here[0].code in self._opened):
            for start, group in self._starts:
                if group.code == here[0].code:
                    self.cursor = start + here[1] + 1
        self.changed()
        self.reveal()

    def count(self) -> int:
        return self._count

    def at(self, number: int) -> tuple[Group, int] | None:
        """The group of a line, and which of its notes it is, -1 for the group itself."""
        for start, group in reversed(self._starts):
            if start <= number < self._count:
                return group, number - start - 1
        return None

    def line(self, number: int) -> Sequence[Piece]:
        found = self.at(number)
        if found is None:
            return []
        group, place = found
        style = self.style(SEVERITY_STYLES[group.severity])
        if place >= 0:
            return list(self._note(group, place))
        sign = "▾" if group.code in self._opened else "▸"
        return [
            (f"{sign} {SEVERITY_SIGNS[group.severity]} {group.severity:<5}", style),
            (f"{group.count:>9,}  ", self.style("value")),
            (fit(group.code, max(_CODE_WIDTH, len(group.code))) + " ", style),
            (CATALOGUE[group.code].summary, self.style("dim")),
        ]

    def _note(self, group: Group, place: int) -> Iterator[Piece]:
        """The line of one of a group's notes."""
        if place >= len(group.numbers):
            more = f"{group.count - place:,} more are only counted: enter filters by all"
            yield f"{'…':>11}  {more}", self.style("dim")
            return
        number = group.numbers[place]
        message = self._reader.message(number)
        name = printable(f"{message.family or '?'} {message.operation or '?'}")
        yield f"{number:>11,}  ", self.style("value")
        yield fit(name, _NAME_WIDTH) + " ", self.style("name")
        yield self.sentence(group, place), self.style("dim")

    def sentence(self, group: Group, place: int) -> str:
        """What a note says, "" for what is not kept."""
        sentences = self._sentences.get(group.code, [])
        if not 0 <= place < len(group.numbers) or group.place(place) >= len(sentences):
            return ""
        return printable(sentences[group.place(place)])

    def action_open(self) -> None:
        """Shows the messages of a group."""
        self._open(True)

    def action_close(self) -> None:
        """Hides them."""
        self._open(False)

    def _open(self, wanted: bool) -> None:
        found = self.at(self.cursor)
        if found is None:
            return
        group, place = found
        if wanted:
            if group.code in self._opened and place < 0:
                self.action_down()
            self._opened.add(group.code)
        else:
            self._opened.discard(group.code)
            self.move(self.cursor - place - 1)
        self.update()

    def action_severity(self, severity: str) -> None:
        """Shows or hides the notes of a severity."""
        self.hidden ^= {severity}
        self.update()
        self.post_message(self.Moved(self, self.cursor))


class NotesScreen(Screen[Wish | None]):
    """Shows notes, the gravest first; enter goes to a message, or filters by a code.

    numbers: the messages that are shown, None for all.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen")]

    DEFAULT_CSS = """
    NotesScreen #title { text-style: bold; }
    NotesScreen _Tree { height: 1fr; overflow-y: auto; }
    NotesScreen #help {
        height: auto; min-height: 3; max-height: 8; background: $panel; padding: 0 1;
    }
    """

    def __init__(self, recording: Recording, numbers: Sequence[int] | None) -> None:
        super().__init__()
        self._of = "all messages" if numbers is None else "the messages shown"
        self._gathering = Gathering(recording, numbers)
        self._notes = _Tree(recording, self._gathering)
        self._job = Job("notes", "gathering notes", self, self._gathering.run)
        self._title = StatusLine(id="title")
        self._about = StatusLine(id="about")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._notes
        yield Static("", id="help", markup=False)
        yield self._about
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._notes.focus()
        self._job.start()
        self._tell()

    def on_unmount(self) -> None:
        self._job.cancel()

    @on(Job.Progress)
    def _progressed(self) -> None:
        self._notes.update()
        self._tell()

    @on(Job.Ended)
    def _ended(self, event: Job.Ended) -> None:
        error = event.job.error
        if error is not None:
            self.notify(bug_text(error), severity="error", markup=False)
        self._progressed()

    @on(Lines.Moved)
    def _tell(self) -> None:
        """Says how many notes there are, and what the selected ones mean."""
        gathering, job = self._gathering, self._job
        counts = dict.fromkeys(reversed(SEVERITIES), 0)
        for group in gathering.groups.copy().values():
            counts[group.severity] += group.count
        parts = [
            f"{SEVERITY_SIGNS[severity]} {count:,} {severity}"
            + (" (hidden)" if severity in self._notes.hidden else "")
            for severity, count in counts.items()
        ]
        # It may also wait for more of the capture.
        busy = job.running and job.done < job.total
        state = f"gathering {100 * job.done // job.total} %" if busy else ""
        if gathering.failures:
            state = f"{gathering.failures:,} messages could not be decoded  {state}".rstrip()
        self._title.say(f"Notes on {self._of}: " + "  ".join(parts), state)
        found = self._notes.at(self._notes.cursor)
        words, about = "", ""
        if found is not None:
            code = CATALOGUE[found[0].code]
            words = f"{found[0].code}: {code.summary} {code.help}"
            sentence = self._notes.sentence(*found)
            words = f"{sentence}\n{words}" if sentence else words
            wish = self._wish(*found)
            about = f"enter: {'message ' if wish.kind == 'goto' else ''}{wish.value}"
        elif not job.running:
            words = "There is nothing odd." if not any(counts.values()) else "All are hidden."
        self.query_one("#help", Static).update(words)
        self._about.say(about, _HINT)

    def _wish(self, group: Group, place: int) -> Wish:
        """What enter does on a line."""
        if 0 <= place < len(group.numbers):
            return Wish("goto", group.numbers[place])
        return Wish("filter", f"note.code == {word(group.code)}")

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        found = self._notes.at(event.line)
        if found is not None:
            self.dismiss(self._wish(*found))

    def action_close(self) -> None:
        self.dismiss(None)
