"""What is known of a capture as a whole: its file, times, interfaces, and what is wrong with it."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from ...errors import CaptureError
from ...model import Interface, Processes
from ...recording import Recording
from ...text import date_text, duration, printable
from ...wire.consts import LINKTYPE_NETLINK, LINKTYPE_SLL, LINKTYPE_SLL2
from ..dialogs import Dialog
from ..jobs import Job
from ..keys import bindings
from ..lines import Lines, Piece, bug_text, fit
from ..wish import Wish

_LINK_TYPES: Final = {
    LINKTYPE_NETLINK: "netlink, of nlmon",
    LINKTYPE_SLL: "Linux cooked",
    LINKTYPE_SLL2: "Linux cooked v2",
}
_UNITS: Final = {1: "ns", 1_000: "µs", 1_000_000: "ms", 1_000_000_000: "s"}
_SECOND: Final = 1_000_000_000
_LABEL: Final = 14
_CHUNK: Final = 1024
_MOST_DIAGNOSES: Final = 20
_MOST_COMMENTS: Final = 20
_MOST_WORDS: Final = 20
_MOST_LINES: Final = 6
_WRAP: Final = 58
_FRAME: Final = 2
_HEIGHT: Final = 0.9

Fact = tuple[str, str, str]
"""A label, "" for more of the one before; what is to be said; the name of its style."""


class Tally:
    """What only the records tell, counted one by one without looking into them.

    data_bytes: captured; wire_bytes: before records were cut; cut: how many were. by_interface:
    records of each; comments: the first ones with their records, and how many there are.
    first_ns, last_ns: the earliest and the latest time. backwards: how often time went back.
    """

    def __init__(self, recording: Recording) -> None:
        self.records = 0
        self.data_bytes = 0
        self.wire_bytes = 0
        self.cut = 0
        self.by_interface: Counter[int] = Counter()
        self.comments: list[tuple[int, str]] = []
        self.commented = 0
        self.timeless = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.backwards = 0
        self._recording = recording

    def run(self, job: Job) -> None:
        """Counts the records that are known; a job's work. Raises CaptureError."""
        recording = self._recording
        index = recording.capture.indexed
        if index is None:
            return
        latest: int | None = None
        while self.records < recording.records:
            stop = min(self.records + _CHUNK, recording.records)
            for record in index.records(self.records + 1, stop + 1):
                self.data_bytes += len(record.data)
                self.wire_bytes += record.wire_len
                self.cut += record.wire_len > len(record.data)
                self.by_interface[record.interface] += 1
                self.commented += len(record.comments)
                for comment in record.comments:
                    if len(self.comments) < _MOST_COMMENTS:
                        self.comments.append((record.number, comment))
                time = record.time_ns
                if time is None:
                    self.timeless += 1
                    continue
                if latest is None or time > latest:
                    self.last_ns = time if self.last_ns is None else max(self.last_ns, time)
                else:
                    self.backwards += time < latest
                if self.first_ns is None or time < self.first_ns:
                    self.first_ns = time
                latest = time
            self.records = stop
            if not job.step(stop, recording.records):
                return


class _Facts(Lines):
    """Labels and what is said of them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    def __init__(self) -> None:
        super().__init__(id="facts")
        self.facts: Sequence[Fact] = ()

    def count(self) -> int:
        return len(self.facts)

    def line(self, number: int) -> Sequence[Piece]:
        label, text, style = self.facts[number]
        return [
            (fit(label, _LABEL), self.style("dim")),
            (text, self.style(style) if style else Style.null()),
        ]


class PropertiesScreen(Dialog):
    """Shows the properties of a capture; y copies them as text."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("properties")]

    DEFAULT_CSS = """
    PropertiesScreen #box { width: 100; max-width: 96%; max-height: 90%; }
    PropertiesScreen _Facts { height: auto; }
    """

    def __init__(self, recording: Recording, path: str) -> None:
        super().__init__()
        self._recording = recording
        self._path = path
        self._facts = _Facts()
        self._tally = Tally(recording)
        self._job = Job("properties", "looking at records", self, self._tally.run)

    def compose(self) -> ComposeResult:
        with self.box("Capture", "y: copy · esc"):
            yield self._facts

    def on_mount(self) -> None:
        self._facts.focus()
        self._show()
        self._job.start()

    def on_unmount(self) -> None:
        self._job.cancel()

    def on_resize(self) -> None:
        self._facts.styles.max_height = int(self.size.height * _HEIGHT) - _FRAME

    @on(Job.Progress)
    def _show(self) -> None:
        tally = None if self._job.running else self._tally
        self._facts.facts = list(facts_of(self._recording, self._path, tally))
        if self._job.running:
            share = f" {100 * self._job.done // self._job.total} %" if self._job.total else ""
            self._facts.facts.append(("", f"looking at records{share} …", "dim"))
        self._facts.changed()

    @on(Job.Ended)
    def _ended(self, event: Job.Ended) -> None:
        self._show()
        error = event.job.error
        if error is not None:
            self.notify(bug_text(error), severity="error", markup=False)

    def action_copy(self) -> None:
        """Wishes for the text."""
        facts = facts_of(self._recording, self._path, None if self._job.running else self._tally)
        lines = [f"{label:<{_LABEL}}{text}".rstrip() for label, text, _ in facts]
        self.end(Wish("copy", "\n".join(lines)))


def facts_of(recording: Recording, path: str, tally: Tally | None) -> Iterator[Fact]:
    """What there is to say of a capture; tally: of all its records, None while they are counted."""
    capture = recording.capture
    yield "file", printable(path), ""
    yield from _size(recording)
    yield "records", f"{recording.records:,}", ""
    if tally is not None and tally.records:
        yield from _records(tally, capture.interfaces)
    yield "messages", _per(recording.count, recording.records), ""
    yield "transactions", f"{recording.transactions:,}", ""
    yield from _times(recording, tally)
    for place, interface in enumerate(capture.interfaces):
        yield from _interface(recording, place, interface, tally)
    names = sorted({info.name for info in recording.learned.families()})
    yield "families", f"{len(names):,} named" if names else "none named", ""
    yield from _paragraph([printable(name) for name in names])
    if tally is not None:
        yield from _comments(tally)
    yield from _end(recording)


def _per(messages: int, records: int) -> str:
    average = f", {messages / records:.1f} in a record" if records else ""
    return f"{messages:,}{average}"


def _size(recording: Recording) -> Iterator[Fact]:
    capture = recording.capture
    compressed = f", compressed with {capture.compression}" if capture.compression else ""
    yield "format", f"{capture.format}{compressed}", ""
    try:
        size = os.path.getsize(capture.path) if capture.seekable else recording.read_bytes
    except OSError as error:
        yield "size", (error.strerror or str(error)).lower(), "error"
        return
    yield "size", f"{size:,} bytes", ""
    if capture.compression:
        yield "", f"about {recording.read_bytes // 1000:,} kB unpacked", ""


def _records(tally: Tally, interfaces: Sequence[Interface]) -> Iterator[Fact]:
    average = tally.data_bytes // tally.records
    yield "", f"{tally.data_bytes:,} bytes in them, {average:,} on the average", ""
    if tally.cut:
        lost = tally.wire_bytes - tally.data_bytes
        yield "", f"{tally.cut:,} are cut: {lost:,} bytes are not in the capture", "warn"
    other = sum(
        count
        for place, count in tally.by_interface.items()
        if interfaces[place].link_type not in _LINK_TYPES
    )
    if other:
        yield "", f"{other:,} are not netlink", "warn"


def _times(recording: Recording, tally: Tally | None) -> Iterator[Fact]:
    first, last = (None, None) if tally is None else (tally.first_ns, tally.last_ns)
    index = recording.capture.indexed
    if tally is None and index is not None and recording.records:
        try:
            first, last = index.record(1).time_ns, index.record(recording.records).time_ns
        except CaptureError as error:
            yield "times", printable(str(error)), "error"
            return
    if first is None or last is None:
        yield "times", "none", ""
        return
    yield "first time", date_text(first), ""
    yield "last time", date_text(last), ""
    span = last - first
    yield "duration", duration(span), ""
    if span > 0 and recording.count:
        rate = f"{recording.count * _SECOND / span:,.1f} messages"
        if tally is not None:
            rate += f", {tally.data_bytes * _SECOND / span:,.0f} bytes"
        yield "mean rate", f"{rate} a second", ""
    if tally is not None and tally.backwards:
        yield "", f"time goes back {_times_of(tally.backwards)}", "warn"
    if tally is not None and tally.timeless:
        yield "", f"without a time: {tally.timeless:,}", "warn"


def _times_of(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _interface(
    recording: Recording, place: int, interface: Interface, tally: Tally | None
) -> Iterator[Fact]:
    name = printable(interface.name) or "no name"
    if interface.description:
        name += f", {printable(interface.description)}"
    if len({each.section for each in recording.interfaces}) > 1:
        name += f", of section {interface.section}"
    yield f"interface {place}", name, ""
    if tally is not None and len(recording.interfaces) > 1:
        yield "", f"{tally.by_interface[place]:,} records", ""
    kind = _LINK_TYPES.get(interface.link_type)
    words = f"link type {interface.link_type}, {kind or 'not netlink'}"
    yield "", words, "" if kind else "warn"
    order = recording.order or recording.learned.vote(place, interface.order_hint).order
    length = f"{interface.snaplen:,} bytes of each" if interface.snaplen else "whole records"
    unit = _UNITS.get(interface.tick_ns) or duration(interface.tick_ns)
    yield "", f"{order}-endian, {length} at most, times in {unit}", ""
    if interface.received is not None:
        came = "1 packet" if interface.received == 1 else f"{interface.received:,} packets"
        yield "", f"{came} came to it", ""
    if interface.dropped:
        lost = "1 packet was" if interface.dropped == 1 else f"{interface.dropped:,} packets were"
        yield "", f"{lost} dropped by the recorder", "warn"
    yield from _processes(interface.processes)
    for words in interface.about[:_MOST_WORDS]:
        yield "", printable(words), ""


def _processes(processes: Processes) -> Iterator[Fact]:
    labels = sorted({process.label for process in processes if process.by != "self"})
    if labels:
        plural = "process is" if len(labels) == 1 else "processes are"
        yield "", f"{len(labels):,} {plural} known", ""
        yield from _paragraph(labels)


def _paragraph(words: Sequence[str]) -> Iterator[Fact]:
    """So many words as have room in a few lines."""
    lines = textwrap.wrap(", ".join(words), _WRAP)
    for line in lines[:_MOST_LINES]:
        yield "", line, ""
    if len(lines) > _MOST_LINES:
        yield "", "…", "dim"


def _comments(tally: Tally) -> Iterator[Fact]:
    if tally.commented:
        yield "comments", f"{tally.commented:,}", ""
    for number, comment in tally.comments:
        yield "", f"record {number:,}: {printable(comment)}", ""
    if tally.commented > len(tally.comments):
        yield "", f"and {tally.commented - len(tally.comments):,} more", "dim"


def _end(recording: Recording) -> Iterator[Fact]:
    diagnoses = recording.capture.diagnoses
    for place, diagnosis in enumerate(diagnoses[:_MOST_DIAGNOSES]):
        yield "" if place else "passed over", printable(_words(diagnosis)), "warn"
    if len(diagnoses) > _MOST_DIAGNOSES:
        yield "", f"and {len(diagnoses) - _MOST_DIAGNOSES:,} more", "dim"
    error = recording.error
    if error is not None:
        yield "end", printable(_words(error)), "error"
    elif recording.whole:
        yield "end", "whole", ""
    else:
        yield "end", "not read to its end so far", "warn"


def _words(error: CaptureError) -> str:
    """What is wrong and where, without the path."""
    where = "" if error.offset is None else f", at byte {error.offset:,}"
    return f"{error.what}{where}"
