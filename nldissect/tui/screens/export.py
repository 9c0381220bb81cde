"""The dialog for an export: which messages, as what, to which file."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from importlib.util import find_spec
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from ...errors import FilterError
from ...export import COLUMNS, FORMATS
from ...filter import Catalogue, Field
from ...registry import Registry
from ..completing import Completing, offer_fields, offer_paths
from ..dialogs import Dialog, Question
from ..exporting import SUFFIXES, Plan, default_path, problem_of
from ..keys import bindings
from ..lines import Lines, Piece, fit
from ..wish import Wish

WHAT: Final = ("all", "shown", "marked", "selected")
"""Which messages there are to choose from."""

_ABOUT: Final = {
    "ndjson": "JSON, a line per message",
    "tree": "JSON of the tree, byte by byte",
    "text": "text for people",
    "pcap": "a capture, classic",
    "pcapng": "a capture, with comments",
    "csv": "a table of cells",
    "parquet": "a table of typed columns",
    "c": "test vectors in C",
    "python": "test vectors in Python",
    "rust": "test vectors in Rust",
    "go": "test vectors in Go",
}
_REDACT, _MARKS = "redact", "marks"


class _Choice(Lines):
    """One of some words: that with the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    def __init__(
        self, words: Sequence[tuple[str, str]], chosen: str, *, right: bool = False, id: str
    ) -> None:
        super().__init__(id=id)
        self._words = words
        self._right = right
        self._width = max(len(word) for word, _ in words)
        self.cursor = [word for word, _ in words].index(chosen)

    @property
    def word(self) -> str:
        """The one that is chosen."""
        return self._words[self.cursor][0]

    def count(self) -> int:
        return len(self._words)

    def line(self, number: int) -> Sequence[Piece]:
        word, about = self._words[number]
        sign = "●" if number == self.cursor else "○"
        width = self.scrollable_content_region.width - self._width - 5
        return [
            (f" {sign} {fit(word, self._width)}  ", self.style("value")),
            (fit(about, width, right=self._right), self.style("dim")),
        ]


class _Switches(Lines):
    """What is on or off."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("choice"), *bindings("lines")]

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__(id="switches")
        self._words = dict(words)
        self.on: set[str] = set()

    def count(self) -> int:
        return len(self._words)

    def line(self, number: int) -> Sequence[Piece]:
        key, word = list(self._words.items())[number]
        return [(f" [{'x' if key in self.on else ' '}] {word}", self.style("value"))]

    def action_switch_on(self) -> None:
        """Switches what has the cursor."""
        self.on ^= {list(self._words)[self.cursor]}
        self.refresh()
        self.post_message(self.Moved(self, self.cursor))

    def clicked(self, event: events.Click, number: int) -> None:
        self.action_switch_on()


class ExportScreen(Dialog):
    """Asks what to write, and where; the wish's value is a Plan.

    path: the capture's name. counts: how many messages there are of each WHAT. format_: chosen at
    first. comments: by message number. marks: the marked messages. registry: for names of fields.
    secrets: show key material in text.
    """

    DEFAULT_CSS = """
    ExportScreen #box { width: 76; }
    ExportScreen .halves { height: 12; }
    ExportScreen #left { width: 27; height: 12; margin-right: 1; }
    ExportScreen #right { width: 1fr; height: 12; }
    ExportScreen Label { color: $text-muted; text-style: bold; }
    ExportScreen #what { height: 4; margin-bottom: 1; }
    ExportScreen #switches { height: 2; }
    ExportScreen #switches .lines--cursor-blurred { background: $surface; }
    ExportScreen #format { height: 11; }
    ExportScreen .row { height: 1; margin-top: 1; }
    ExportScreen .row Label { width: 9; }
    ExportScreen .row Completing { width: 1fr; }
    ExportScreen #file-row { margin-top: 0; }
    ExportScreen #problem { min-height: 1; }
    ExportScreen #problem.remark { color: $text-muted; }
    ExportScreen .buttons { margin-top: 0; }
    """

    def __init__(
        self,
        path: str,
        counts: Mapping[str, int],
        *,
        format_: str = "",
        comments: Mapping[int, str] | None = None,
        marks: Collection[int] = (),
        registry: Registry | None = None,
        secrets: bool = False,
    ) -> None:
        super().__init__()
        self._capture = path
        self._counts = counts
        self._comments = comments or {}
        self._marks = marks
        self._secrets = secrets
        self._catalogue = Catalogue(registry or Registry())
        self._fields: list[Field] = []
        first = format_ or "ndjson"
        self._first_focus = "#file Input" if format_ else "#format"
        some = 0 < counts.get("shown", 0) < counts.get("all", 0)
        words = [(word, f"{counts.get(word, 0):,}") for word in WHAT]
        self._what = _Choice(words, "shown" if some else "all", right=True, id="what")
        self._format = _Choice([(name, _ABOUT[name]) for name in FORMATS], first, id="format")
        self._switches = _Switches(
            {_REDACT: "Redact key material"} | ({_MARKS: "Comment on the marked"} if marks else {})
        )
        self._shown_format = first
        self._columns = Completing(
            offer_fields(self._catalogue),
            placeholder="fields; none: the usual",
            id="fields",
        )
        self._file = Completing(
            offer_paths("", lambda name: False), default_path(path, first), id="file"
        )

    def compose(self) -> ComposeResult:
        with self.box("Export", "tab goes on · enter writes · esc"):
            with Horizontal(classes="halves"):
                with Vertical(id="left"):
                    yield Label("Messages", markup=False)
                    yield self._what
                    yield self._switches
                with Vertical(id="right"):
                    yield Label("Format", markup=False)
                    yield self._format
            with Horizontal(classes="row"):
                yield Label("Columns", markup=False)
                yield self._columns
            with Horizontal(classes="row", id="file-row"):
                yield Label("File", markup=False)
                yield self._file
            yield Static("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Write", id="write", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self.query_one(self._first_focus).focus()
        self._changed()

    # What is wrong

    def problem(self) -> str:
        """Why this cannot be written; "" if it can."""
        what, format_ = self._what.word, self._format.word
        if not self._counts.get(what, 0):
            return "There are no messages" if what == "all" else f"No message is {what}"
        if format_ == "parquet" and find_spec("pyarrow") is None:
            return "parquet needs pyarrow: pip install 'nldissect[parquet]'"
        if format_ in COLUMNS:
            try:
                self._fields = self._fields_of(self._columns.value)
            except FilterError as error:
                return str(error)
            names = [field.name for field in self._fields]
            twice = [name for name in names if names.count(name) > 1]
            if twice and format_ == "parquet":
                return f"parquet has room for one column {twice[0]}, not for two"
        return problem_of(self._file.value, self._capture)

    def _fields_of(self, text: str) -> list[Field]:
        """Raises FilterError."""
        return [self._catalogue.field(name.strip()) for name in text.split(",") if name.strip()]

    def _remark(self) -> str:
        """What to know before."""
        remarks = []
        if os.path.lexists(self._path):
            remarks.append("the file exists: you will be asked")
        format_, count = self._format.word, len(self._comments)
        if count and format_ == "pcap":
            remarks.append("pcap has no place for comments")
        elif count and format_ == "pcapng":
            remarks.append(f"with {count} comment{'s' * (count > 1)}")
        return "; ".join(remarks)

    @property
    def _path(self) -> str:
        return os.path.expanduser(self._file.value)

    @on(Lines.Moved)
    @on(Input.Changed)
    def _changed(self) -> None:
        format_, before = self._format.word, self._shown_format
        if format_ != before:
            self._shown_format = format_
            path = self._file.value
            if path.endswith(SUFFIXES[before]):
                stem = path.removesuffix(SUFFIXES[before])
                self._file.value = stem + SUFFIXES[format_]
                if path == self._offered(before):
                    self._file.value = self._offered(format_)
        self._columns.input.disabled = format_ not in COLUMNS
        problem = self.problem()
        static = self.query_one("#problem", Static)
        static.set_class(not problem, "remark")
        self.complain(problem or self._remark())

    def _offered(self, format_: str) -> str:
        return default_path(self._capture, format_)

    # Ending

    @property
    def plan(self) -> Plan:
        """What is chosen."""
        format_ = self._format.word
        on = self._switches.on
        return Plan(
            self._what.word,
            format_,
            self._path,
            redact=_REDACT in on,
            secrets=self._secrets,
            fields=tuple(self._fields) if format_ in COLUMNS else (),
            comments=self._comments,
            marks=self._marks if _MARKS in on else (),
        )

    @on(Input.Submitted)
    @on(Lines.Chosen)
    def write(self) -> None:
        """Ends with the plan; asks before a file is replaced."""
        if self.problem():
            self._changed()
            self.app.bell()
            return
        plan = self.plan

        def answered(wish: Wish | None) -> None:
            if wish is not None and wish.value:
                self.end(Wish("export", plan._replace(overwrite=True)))

        if os.path.lexists(plan.path):
            self.app.push_screen(Question(f"{plan.path} exists.", "Replace", "Keep"), answered)
        else:
            self.end(Wish("export", plan))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "write":
            self.write()
        else:
            self.end(None)
