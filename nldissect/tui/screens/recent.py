"""Files to open: those browsed before, and any other by its path."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from ...text import printable
from ..completing import Completing, offer_paths
from ..dialogs import Dialog
from ..keys import bindings
from ..lines import Lines, Piece, fit
from ..state import Recent
from ..wish import Wish

_CAPTURE: Final = re.compile(r"\.(pcap|pcapng|cap|dmp|nlmon)\d*(\.(gz|xz|zst|lz4))?$")
_MOST_LINES: Final = 12


class _Recents(Lines):
    """The files, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("recent"), *bindings("lines")]

    def __init__(self, recents: list[Recent], cwd: str) -> None:
        super().__init__(id="recents")
        self._recents = recents
        self._gone = {recent.path for recent in recents if recent.gone}
        self._cwd = os.path.join(os.path.abspath(cwd), "")
        self._home = os.path.join(os.path.expanduser("~"), "")

    def count(self) -> int:
        return len(self._recents)

    def path(self, number: int) -> str:
        """The file of a line."""
        return self._recents[number].path

    def line(self, number: int) -> Sequence[Piece]:
        recent = self._recents[number]
        gone = recent.path in self._gone
        words = "gone" if gone else f"message {recent.number:,}" if recent.number else ""
        width = self.scrollable_content_region.width
        room = max(10, width - len(words) - 4)
        return [
            (" ✗ " if gone else "   ", self.style("error")),
            (fit(_from_end(self._shown(recent.path), room), room),
             self.style("dim" if gone else "value")),
            (words, self.style("dim")),
        ]  # fmt: skip

    def _shown(self, path: str) -> str:
        """A path as short as it can be."""
        for base, sign in ((self._cwd, ""), (self._home, "~/")):
            if path.startswith(base):
                return printable(sign + path[len(base) :])
        return printable(path)

    def action_forget(self) -> None:
        """Takes the file off the list."""
        if self._recents:
            del self._recents[self.cursor]
            self.changed()


def _from_end(text: str, width: int) -> str:
    """The end of a text, after an ellipsis where something is left out."""
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :]


class RecentScreen(Dialog):
    """Asks for a file; the wish's value is its path.

    recents: newest first; those that the user forgets are taken out. cwd: what paths begin at.
    """

    DEFAULT_CSS = """
    RecentScreen #box { width: 76; }
    RecentScreen #none { color: $text-muted; }
    RecentScreen .row { height: 1; margin-top: 1; }
    RecentScreen .row Label { width: 6; color: $text-muted; text-style: bold; }
    RecentScreen .row Completing { width: 1fr; }
    RecentScreen #problem { min-height: 6; }
    """

    def __init__(self, recents: list[Recent], cwd: str) -> None:
        super().__init__()
        self._cwd = cwd
        self._recents = _Recents(recents, cwd)
        self._path = Completing(
            offer_paths(cwd, lambda name: _CAPTURE.search(name) is not None),
            placeholder="a file's path, tab completes",
            id="path",
        )

    def compose(self) -> ComposeResult:
        with self.box("Open", "enter opens · tab the path · d forgets · esc"):
            count = self._recents.count()
            self._recents.styles.height = min(count, _MOST_LINES)
            self._recents.display = bool(count)
            yield self._recents
            if not count:
                yield Static("No file was browsed before.", id="none", markup=False)
            with Horizontal(classes="row"):
                yield Label("Path", markup=False)
                yield self._path
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        if self._recents.count():
            self._recents.focus()
        else:
            self._path.input.focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self.complain("")

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        self.open(self._recents.path(event.line))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if not text:
            self.end(None)
            return
        self.open(os.path.join(self._cwd, os.path.expanduser(text)))

    def open(self, path: str) -> None:
        """Ends with a path, or says why not."""
        try:
            os.stat(path)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            self.complain(f"{printable(path)}: {(reason or str(error)).lower()}")
            return
        if os.path.isdir(path):
            self.complain(f"{printable(path)} is a directory")
        elif not os.access(path, os.R_OK):
            self.complain(f"{printable(path)}: permission denied")
        else:
            self.end(Wish("open", path))
