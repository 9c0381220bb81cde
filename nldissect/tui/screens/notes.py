"""All notes of a capture by severity and code, each with the messages that it stands on."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from ...errors import CaptureError
from ...notes import CATALOGUE, SEVERITIES
from ...recording import Reader, Recording
from ...text import printable
from ..columns import SEVERITY_SIGNS, SEVERITY_STYLES
from ..filtering import messages_of
from ..jobs import Job
from ..keys import bindings
from ..lines import Lines, Piece
from ..wish import Wish

_CHUNK: Final = 64
_KEPT: Final = 20_000
"""So many messages are kept of each code; more are only counted."""


class Group:
    """One code: how often it stands somewhere, and on which messages, with its words there."""

    __slots__ = ("code", "severity", "count", "numbers", "words")

    def __init__(self, code: str, severity: str) -> None:
        self.code = code
        self.severity = severity
        self.count = 0
        self.numbers: array[int] = array("I")
        self.words: list[str] = []


class Gathering:
    """Gathers the notes of messages; groups by code, which grow meanwhile."""

    def __init__(self, recording: Recording, numbers: Sequence[int] | None) -> None:
        self.groups: dict[str, Group] = {}
        self.failures = 0
        self._recording = recording
        self._numbers = numbers

    def run(self, job: Job) -> None:
        """A job's work."""
        recording = self._recording
        numbers = range(1, recording.count + 1) if self._numbers is None else self._numbers
        reader = Reader(recording)
        for start in range(0, len(numbers), _CHUNK):
            some = numbers[start : start + _CHUNK]
            try:
                for message in messages_of(reader, some):
                    if message is None:
                        self.failures += 1
                        continue
                    for note in message.notes:
                        group = self.groups.get(note.code)
                        if group is None:
                            group = self.groups[note.code] = Group(note.code, note.severity)
                        group.count += 1
                        if len(group.numbers) < _KEPT:
                            where = f"{note.path}: " if note.path else ""
                            group.words.append(f"{where}{note.message}")
                            group.numbers.append(message.number)
            except CaptureError:
                self.failures += 1
            if not job.step(start + len(some), len(numbers)):
                return


class _Tree(Lines):
    """Groups, and below those that are open their messages."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines"), *bindings("notes")]

    def __init__(self, gathering: Gathering) -> None:
        super().__init__(id="notes")
        self._gathering = gathering
        self._opened: set[str] = set()
        self._hidden: set[str] = set()
        self._starts: list[tuple[int, Group]] = []
        self._count = 0

    def update(self) -> None:
        """There are more notes."""
        groups = sorted(
            (each for each in self._gathering.groups.values() if each.severity not in self._hidden),
            key=lambda each: (-SEVERITIES.index(each.severity), -each.count, each.code),
        )
        here = self.at(self.cursor)
        self._starts, count = [], 0
        for group in groups:
            self._starts.append((count, group))
            count += 1 + (len(group.numbers) if group.code in self._opened else 0)
        self._count = count
        if here is not None:
            for start, group in self._starts:
                if group is here[0]:
                    self.cursor = min(start + here[1] + 1, count - 1)
        self.changed()

    def count(self) -> int:
        return self._count

    def at(self, number: int) -> tuple[Group, int] | None:
        """The group of a line, and which of its messages it is, -1 for the group itself."""
        for start, group in reversed(self._starts):
            if start <= number:
                return group, number - start - 1
        return None

    def line(self, number: int) -> Sequence[Piece]:
        found = self.at(number)
        assert found is not None
        group, place = found
        style = self.style(SEVERITY_STYLES[group.severity])
        if place >= 0:
            return [
                (f"      {group.numbers[place]:>8,}  ", self.style("dim")),
                (printable(group.words[place]), self.style("value")),
            ]
        sign = "▾" if group.code in self._opened else "▸"
        summary = CATALOGUE[group.code].summary
        return [
            (f" {sign} {SEVERITY_SIGNS[group.severity]} {group.severity:<6}", style),
            (f"{group.count:>9,}  ", self.style("value")),
            (f"{group.code:<24} ", style),
            (summary, self.style("dim")),
        ]

    def action_open(self) -> None:
        self._open(True)

    def action_close(self) -> None:
        self._open(False)

    def _open(self, wanted: bool) -> None:
        found = self.at(self.cursor)
        if found is None:
            return
        group, place = found
        if wanted:
            self._opened.add(group.code)
        else:
            self._opened.discard(group.code)
            self.cursor -= place + 1
        self.update()
        self.reveal()

    def action_severity(self, severity: str) -> None:
        """Shows or hides the notes of a severity."""
        self._hidden ^= {severity}
        self.update()


class NotesScreen(Screen[Wish | None]):
    """Shows notes, the gravest first; enter goes to a message, or filters by a code."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen")]

    DEFAULT_CSS = """
    NotesScreen #title { height: 1; background: $panel; text-style: bold; padding: 0 1; }
    NotesScreen _Tree { height: 1fr; }
    NotesScreen #help { height: auto; max-height: 6; background: $panel; padding: 0 1; }
    """

    def __init__(self, recording: Recording, numbers: Sequence[int] | None) -> None:
        super().__init__()
        self._of = "the shown messages" if numbers is not None else "all messages"
        self._gathering = Gathering(recording, numbers)
        self._notes = _Tree(self._gathering)
        self._job = Job("notes", "gathering notes", self, self._gathering.run)

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield self._notes
        yield Static("", id="help", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._notes.focus()
        self._job.start()
        self._tell()

    def on_unmount(self) -> None:
        self._job.cancel()

    @on(Job.Progress)
    @on(Job.Ended)
    def _grown(self) -> None:
        self._notes.update()
        self._tell()

    @on(Lines.Moved)
    def _tell(self) -> None:
        total = sum(group.count for group in self._gathering.groups.values())
        job = self._job
        state = f", {100 * job.done // job.total} % looked through" if job.total else ""
        title = f"{total:,} notes on {self._of}{state if job.running else ''}"
        if self._gathering.failures:
            title += f"; {self._gathering.failures:,} messages could not be decoded"
        self.query_one("#title", Static).update(title)
        found = self._notes.at(self._notes.cursor)
        words = "" if found is None else CATALOGUE[found[0].code].help
        if not words and not job.running:
            words = "Nothing is odd here." if not total else ""
        self.query_one("#help", Static).update(words)

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        event.stop()
        found = self._notes.at(event.line)
        if found is None:
            return
        group, place = found
        if place >= 0:
            self.dismiss(Wish("goto", group.numbers[place]))
        else:
            self.dismiss(Wish("filter", f'note.code == "{group.code}"'))

    def action_close(self) -> None:
        self.dismiss(None)
