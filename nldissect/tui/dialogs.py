"""Small questions over the browser: a number, a text, yes or no, one of several things."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.keys import key_to_character
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static, TextArea

from ..errors import NldissectError
from ..recording import Recording
from ..text import printable
from .keys import bindings
from .lines import Lines, Piece, fit
from .wish import Wish

_MOST_LINES: Final = 18
_DIGITS: Final = 18
_UNITS: Final = (("ms", 10**6), ("us", 10**3), ("µs", 10**3), ("ns", 1), ("s", 10**9))


def _safe(text: str) -> str:
    """Text of several lines without what controls a terminal."""
    return "\n".join(map(printable, text.split("\n")))


class Dialog(ModalScreen[Wish | None]):
    """A box in the middle with a title and an end without a wish."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("dialog")]

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog #box {
        width: 64;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        padding: 0 1;
        background: $surface;
        border: round $primary;
        border-title-color: $text-primary;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    Dialog #problem { height: auto; color: $text-error; }
    Dialog .buttons { height: 1; margin-top: 1; align-horizontal: right; }
    Dialog .buttons Button { margin-left: 2; min-width: 10; background: $panel; }
    Dialog .buttons Button:focus {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: bold underline;
    }
    Dialog Lines { overflow-y: auto; }
    Dialog Input, Dialog TextArea { background: $panel; padding: 0 1; }
    """

    def box(self, title: str, hint: str = "") -> Vertical:
        """The box; hint: a few words on keys."""
        box = Vertical(id="box")
        box.border_title = Content(_safe(title))
        box.border_subtitle = Content(hint)
        return box

    def action_close(self) -> None:
        """Ends without a wish."""
        self.end(None)

    def end(self, wish: Wish | None) -> None:
        """Ends once: a second click or key finds nothing to end."""
        if self.is_current:
            self.dismiss(wish)

    def complain(self, problem: str) -> None:
        """Says what is wrong, or with "" that nothing is."""
        self.query_one("#problem", Static).update(_safe(problem))


class GotoDialog(Dialog):
    """Asks for a message's number, or for a time since the first one where ``nearest`` is given.

    nearest: the number of the message that is nearest to a time since the first one, in ns.
    """

    def __init__(self, count: int, nearest: Callable[[int], int] | None = None) -> None:
        super().__init__()
        self._count = count
        self._nearest = nearest

    def compose(self) -> ComposeResult:
        with self.box("Go to message", "enter goes · esc"):
            words = f"1 to {self._count:,}"
            if self._nearest is not None:
                words += ", or a time such as 12.5s"
            yield Input(placeholder=words, compact=True)
            yield Static("", id="problem", markup=False)

    def number_of(self, text: str) -> int:
        """The message that a text means. Raises ValueError with words for what means none."""
        text = text.strip().replace(",", "").replace("_", "")
        if self._nearest is not None and text.endswith("s"):
            return self._nearest(_time_ns(text))
        if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
            raise ValueError(f"{text!r} is no number")
        number = int(text)
        if not 1 <= number <= self._count:
            count = f"{self._count:,}"
            raise ValueError(f"there is no message {number:,}: there are {count}")
        return number

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self.complain("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.end(None)
            return
        try:
            number = self.number_of(event.value)
        except ValueError as error:
            self.complain(str(error))
        else:
            self.end(Wish("goto", number))


def nearest_in(recording: Recording) -> Callable[[int], int]:
    """Finds the message that is nearest to a time since the first one, in ns.

    What it gives raises ValueError with words where that cannot be told.
    """

    def time_ns(record: int) -> int:
        index = recording.capture.indexed
        assert index is not None
        try:
            time = index.record(record).time_ns
        except NldissectError as error:
            raise ValueError(str(error)) from error
        if time is None:
            raise ValueError("there are messages without a time")
        return time

    def nearest(since_ns: int) -> int:
        records = range(1, recording.records + 1)
        if not records or not recording.count:
            raise ValueError("there are no messages")
        wanted = time_ns(recording.record_of(1)) + since_ns
        after = min(bisect_left(records, wanted, key=time_ns), len(records) - 1)
        record = min(records[max(0, after - 1) : after + 1], key=lambda n: abs(time_ns(n) - wanted))
        return min(recording.before(record) + 1, recording.count)

    return nearest


def _time_ns(text: str) -> int:
    """A time with its unit, s, ms, us or ns, in ns. Raises ValueError with words."""
    for unit, size in _UNITS:
        if text.endswith(unit):
            whole, _, part = text.removesuffix(unit).strip().partition(".")
            digits = (whole + part).removeprefix("-")
            if digits.isascii() and digits.isdigit() and len(part) <= len(digits) <= _DIGITS:
                time_ns = int(digits) * size // int("1" + "0" * len(part))
                return -time_ns if whole.startswith("-") else time_ns
    raise ValueError(f"{text!r} is no time")


class _Text(TextArea):
    """Text of several lines that the enter key ends."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("comment")]

    class Done(events.Event):
        """The enter key."""

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Done())

    def action_line(self) -> None:
        """Begins another line."""
        self.insert("\n")


class CommentDialog(Dialog):
    """Asks for a comment of one or several lines; an empty one means none."""

    DEFAULT_CSS = """
    CommentDialog TextArea { height: 6; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with self.box("Comment", "enter keeps · ctrl+j another line · esc"):
            yield _Text(_safe(self._text), compact=True, soft_wrap=True, show_line_numbers=False)
            with Horizontal(classes="buttons"):
                yield Button("Keep", id="keep", compact=True)
                yield Button("Remove", id="remove", compact=True, disabled=not self._text)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        area = self.query_one(_Text)
        area.move_cursor(area.document.end)

    @on(_Text.Done)
    def _done(self) -> None:
        self.end(Wish("comment", self.query_one(_Text).text.strip()))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "keep":
            self._done()
        else:
            self.end(Wish("comment", "") if event.button.id == "remove" else None)


class Question(Dialog):
    """Asks yes or no, as the wish's value tells; the enter key at first means no.

    yes, no: what stands on the buttons.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("question")]

    def __init__(self, text: str, yes: str = "Yes", no: str = "No") -> None:
        super().__init__()
        self._text = text
        self._yes = yes
        self._no = no

    def compose(self) -> ComposeResult:
        with self.box("Question", "y · n · esc"):
            yield Static(_safe(self._text), markup=False)
            with Horizontal(classes="buttons"):
                yield Button(Content(_safe(self._yes)), id="yes", compact=True)
                yield Button(Content(_safe(self._no)), id="no", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def action_answer(self, yes: bool) -> None:
        """Ends with an answer."""
        self.end(Wish("answer", yes))

    def action_other(self) -> None:
        """Goes to the other button."""
        self.focus_next(Button)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id == "yes")


MenuItem = tuple[str, str, Any]
"""A key, "" for none; what it says; the wish's value."""


class _Items(Lines):
    """The lines of a menu."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    def __init__(self, items: Sequence[MenuItem]) -> None:
        super().__init__()
        self._items = items

    def count(self) -> int:
        return len(self._items)

    def line(self, number: int) -> Sequence[Piece]:
        key, label, _ = self._items[number]
        return [
            (f" {fit(key, 2)} ", self.style("header")),
            (printable(label), self.style("value")),
        ]

    def on_key(self, event: events.Key) -> None:
        """An item's own key goes before what keys do in lines."""
        pressed = key_to_character(event.key) if len(event.key) > 1 else event.key
        pressed = event.character if event.is_printable else pressed
        for number, (key, _, _) in enumerate(self._items):
            if key and key in (pressed, event.key):
                event.stop()
                event.prevent_default()
                self.cursor = number
                self.action_choose()
                return

    def clicked(self, event: events.Click, number: int) -> None:
        self.action_choose()


class Menu(Dialog):
    """Asks for one of several things; keys, enter or a click choose."""

    DEFAULT_CSS = """
    Menu _Items { width: 100%; }
    """

    def __init__(self, title: str, items: Sequence[MenuItem], kind: str = "choice") -> None:
        super().__init__()
        self._title = title
        self._items = list(items)
        self._kind = kind

    def compose(self) -> ComposeResult:
        with self.box(self._title, "enter chooses · esc") as box:
            widest = max([len(label) for _, label, _ in self._items], default=0)
            box.styles.width = max(len(self._title) + 6, min(widest + 10, 76), 30)
            items = _Items(self._items)
            items.styles.height = min(len(self._items), _MOST_LINES)
            yield items

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        self.end(Wish(self._kind, self._items[event.line][2]))
