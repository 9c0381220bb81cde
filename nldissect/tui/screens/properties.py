"""What is known of a capture as a whole, without reading it again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer

from ...capture.source import Capture
from ...errors import CaptureError
from ...recording import Recording
from ...text import date_text, duration, printable
from ...wire.consts import LINKTYPE_NETLINK, LINKTYPE_SLL, LINKTYPE_SLL2
from ..keys import bindings
from ..lines import Lines, Piece
from ..wish import Wish

_LINK_TYPES = {
    LINKTYPE_NETLINK: "netlink (nlmon)",
    LINKTYPE_SLL: "Linux cooked",
    LINKTYPE_SLL2: "Linux cooked v2",
}
_LABEL = 16
_MOST_DIAGNOSES = 20

Fact = tuple[str, str]
"""A label, "" for more of the one before, and what is to be said."""


class _Facts(Lines):
    """Labels and what is said of them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    def __init__(self, facts: list[Fact]) -> None:
        super().__init__(id="facts")
        self.facts = facts

    def count(self) -> int:
        return len(self.facts)

    def line(self, number: int) -> list[Piece]:
        label, text = self.facts[number]
        return [(f"{label:<{_LABEL}}", self.style("dim")), (text, Style.null())]


class PropertiesScreen(ModalScreen[Wish | None]):
    """Shows the properties of a capture; y copies them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("properties")]

    DEFAULT_CSS = """
    PropertiesScreen { align: center middle; background: $background 60%; }
    PropertiesScreen #box {
        width: 90%; height: 90%; max-width: 110; background: $surface; border: round $primary;
        padding: 0 1;
    }
    PropertiesScreen _Facts { height: 1fr; }
    """

    def __init__(self, recording: Recording, path: str) -> None:
        super().__init__()
        self._facts = _Facts(list(facts_of(recording, path)))

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Capture"
            yield self._facts
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._facts.changed()
        self._facts.focus()

    def action_copy(self) -> None:
        lines = [f"{label:<{_LABEL}}{text}".rstrip() for label, text in self._facts.facts]
        self.dismiss(Wish("copy", "\n".join(lines)))

    def action_close(self) -> None:
        self.dismiss(None)


def facts_of(recording: Recording, path: str) -> Iterator[Fact]:
    """What there is to say of a capture."""
    capture = recording.capture
    yield "file", printable(path)
    yield "format", _format(capture)
    if capture.seekable:
        try:
            yield "size", f"{os.path.getsize(capture.path):,} bytes"
        except OSError as error:
            yield "size", (error.strerror or str(error)).lower()
    yield "records", f"{recording.records:,}"
    yield "messages", f"{recording.count:,}"
    yield "transactions", f"{recording.transactions:,}"
    yield from _times(recording)
    for place, interface in enumerate(capture.interfaces):
        order = recording.learned.vote(place, interface.order_hint).order
        kind = _LINK_TYPES.get(interface.link_type, "not netlink")
        name = printable(interface.name) or f"number {place}"
        yield f"interface {place}", f"{name}, link type {interface.link_type} ({kind})"
        if interface.description:
            yield "", printable(interface.description)
        length = f"up to {interface.snaplen:,} bytes" if interface.snaplen else "whole packets"
        resolution = f"times in {duration(interface.tick_ns)}"
        yield "", f"{recording.order or order}-endian, {length}, {resolution}"
    families = sorted({info.name for info in recording.learned.families()})
    yield "families", f"{len(families)} are named by it" if families else "none is named by it"
    yield "end", _end(recording)
    for place, diagnosis in enumerate(capture.diagnoses[:_MOST_DIAGNOSES]):
        yield "passed over" if not place else "", printable(str(diagnosis))
    if len(capture.diagnoses) > _MOST_DIAGNOSES:
        yield "", f"{len(capture.diagnoses) - _MOST_DIAGNOSES} more"


def _format(capture: Capture) -> str:
    return f"{capture.format}, {capture.compression}" if capture.compression else capture.format


def _times(recording: Recording) -> Iterator[Fact]:
    index = recording.capture.indexed
    if index is None or not recording.records:
        return
    try:
        first, last = index.record(1).time_ns, index.record(recording.records).time_ns
    except CaptureError as error:
        yield "times", printable(str(error))
        return
    if first is None or last is None:
        yield "times", "none"
        return
    yield "first record", date_text(first)
    yield "last record", date_text(last)
    span = last - first
    yield "duration", duration(span)
    if span > 0:
        seconds = span / 1e9
        yield "mean rate", f"{recording.count / seconds:,.1f} messages a second"
        yield "", f"{recording.read_bytes / seconds / 1000:,.1f} kB a second"


def _end(recording: Recording) -> str:
    if recording.error is not None:
        return printable(str(recording.error))
    if recording.settled:
        return "whole"
    return "pairing goes on" if recording.whole else "reading goes on, or was stopped"
