"""The filter's bar: its text with live validity and completion, and how much it lets through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message as Event
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from ..errors import FilterError
from ..filter import Catalogue, Filter, compile_filter
from ..filter.complete import Completion, complete
from ..text import printable
from .jobs import Job
from .keys import bindings
from .lines import Lines, Piece, fit
from .state import remember

_PAUSE_S: Final = 0.08
_MOST_LINES: Final = 8
_MOST_WIDTH: Final = 76
_GOES_ON: Final = frozenset(("field", "operator", "keyword"))
_HEAVY: Final = ("attr.", "header.", "cmd == ")


class _Choices(Lines):
    """What the word at the cursor can be completed to. cursor: -1 while none is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = []
    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self.choices: Sequence[Completion] = ()
        self._sizes = (0, 0)

    def put(self, choices: Sequence[Completion], column: int, room: int) -> None:
        """Offers completions, below a column of a line that has so much room."""
        self.choices = choices
        self.cursor = -1
        self.display = bool(choices)
        if not choices:
            return
        text = max(len(each.text) for each in choices)
        kind = max(len(each.kind) for each in choices)
        help_ = max(len(each.help) for each in choices)
        width = max(12, min(room, _MOST_WIDTH, text + kind + help_ + 6))
        self._sizes = (min(text, max(8, width - kind - 6)), kind)
        self.styles.width = width
        self.styles.height = min(len(choices), _MOST_LINES)
        self.styles.offset = (max(0, min(column, room - width)), 0)
        self.scroll_to(y=0, animate=False, force=True)
        self.changed()

    def changed(self) -> None:
        chosen = self.cursor
        super().changed()
        if chosen < 0:
            self.cursor = -1

    def style(self, name: str) -> Style:
        # The keys are the input's, but this is where they go.
        return super().style("cursor" if name == "cursor-blurred" else name)

    def count(self) -> int:
        return len(self.choices)

    def line(self, number: int) -> Sequence[Piece]:
        choice = self.choices[number]
        text, kind = self._sizes
        return [
            (f" {fit(printable(choice.text), text)}  ", self.style("name")),
            (fit(choice.kind, kind) + "  ", self.style("note")),
            (printable(choice.help), self.style("dim")),
        ]

    def clicked(self, event: events.Click, number: int) -> None:
        self.action_choose()


class _Mistake(Highlighter):
    """Underlines where the text is wrong."""

    def __init__(self) -> None:
        self.span = (0, 0)

    def highlight(self, text: Text) -> None:
        start, end = self.span
        if start < end:
            text.stylize(Style(underline=True, bold=True), start, min(end, len(text)))


class _FilterInput(Input):
    """Hands keys to the bar."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("input"), *bindings("filter")]

    @property
    def bar(self) -> FilterBar:
        bar = self.query_ancestor(FilterBar)
        assert isinstance(bar, FilterBar)
        return bar

    def _on_paste(self, event: events.Paste) -> None:
        # Several lines are one filter.
        event.prevent_default()
        event.stop()
        start, end = self.selection
        self.replace(" ".join(event.text.split("\n")).strip(), *sorted((start, end)))

    def action_complete(self) -> None:
        self.bar.complete()

    def action_offer(self, step: int) -> None:
        self.bar.choose(step)

    def action_clear(self) -> None:
        self.value = ""

    def action_leave(self) -> None:
        self.bar.leave()


class FilterBar(Widget):
    """The line in which a filter is written.

    history: past filters, oldest first. text: the filter that is applied, "" for none.
    """

    DEFAULT_CSS = """
    FilterBar { height: 1; layout: vertical; }
    FilterBar > Horizontal { height: 1; background: $panel; }
    FilterBar Static { width: auto; height: 1; padding: 0 1; }
    FilterBar #filter-label { color: $text-muted; }
    FilterBar.-applied #filter-label { color: $text-success; text-style: bold; }
    FilterBar.-wrong #filter-label { color: $text-error; text-style: bold; }
    FilterBar #filter-state {
        color: $text-muted;
        max-width: 60%;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    FilterBar.-wrong #filter-state { color: $text-error; }
    FilterBar Input { width: 1fr; min-width: 16; background: $surface; }
    FilterBar.-valid Input { background: $success 25%; }
    FilterBar.-wrong Input { background: $error 25%; }
    FilterBar > _Choices {
        overlay: screen;
        constrain: inside inflect;
        display: none;
        background: $panel;
        overflow-y: auto;
    }
    """

    class Applied(Event):
        """A filter is to be applied; None for all messages."""

        def __init__(self, text: str, filter: Filter | None) -> None:
            super().__init__()
            self.text = text
            self.filter = filter

    class Left(Event):
        """The bar is left; the filter that was applied stays."""

    def __init__(
        self, catalogue: Catalogue, history: Sequence[str] = (), *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.text = ""
        self._catalogue = catalogue
        self._history = list(history)
        self._at = len(self._history)
        self._draft = ""
        # The text for which nothing is offered, since it was not typed.
        self._given = ""
        self._error: FilterError | None = None
        self._filter: Filter | None = None
        self._checked = ""
        self._counts = ""
        self._timer: Timer | None = None
        self._preparing: Job | None = None
        self._prepared = False
        self._applying = False
        self._mistake = _Mistake()
        self._input = _FilterInput(
            placeholder='nothing is filtered; / to write one: family == "nlctrl" && error',
            highlighter=self._mistake,
            compact=True,
            select_on_focus=False,
        )
        self._input.cursor_blink = False
        self._label = Static("Filter  ", id="filter-label", markup=False)
        self._state = Static(id="filter-state", markup=False)
        self._choices = _Choices()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._label
            yield self._input
            yield self._state
        yield self._choices

    # From outside

    def open(self, text: str | None = None) -> None:
        """Takes the keys, with another text that is not applied yet."""
        if text is not None:
            self._set(text)
        self._input.cursor_position = len(self._input.value)
        self._at = len(self._history)
        self.screen.set_focus(self._input)

    def apply(self, text: str) -> None:
        """Applies a filter; one with a mistake is shown with it."""
        self._set(text)
        self._apply()

    def say(self, shown: int, total: int, running: bool) -> None:
        """Tells how many messages are shown, and whether the filter is still looking."""
        counts = f"{shown:,}/{total:,}" if self.text else ""
        if counts and running:
            counts = f"filtering… {counts}"
        if counts != self._counts:
            # Another text lays out the whole screen.
            self._counts = counts
            self._show()

    # The text

    def _set(self, text: str) -> None:
        self._given = text
        self._input.value = text
        self._input.cursor_position = len(text)
        self._hide()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_S, self._check)

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        if not self._prepared and self._preparing is None:
            self._preparing = Job("complete", "completing", self, self._prepare).start()

    def _prepare(self, job: Job) -> None:
        """What is slow for the first time."""
        for text in _HEAVY:
            if job.step():
                complete(text, len(text), self._catalogue)

    @on(Job.Progress)
    def _progressed(self, event: Job.Progress) -> None:
        event.stop()

    @on(Job.Ended)
    def _ended(self, event: Job.Ended) -> None:
        event.stop()
        self._preparing = None
        self._prepared = True
        if self._applying:
            self._applying = False
            self._apply()
        else:
            self._check()

    @on(events.Unmount)
    def _gone(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()

    def _check(self) -> None:
        """Sees whether the text is a filter, and what it can be completed to."""
        # The catalogue is asked by one thread at a time; the end of the other's work comes back.
        if self._preparing is not None:
            return
        text = self._input.value
        if self._input.has_focus and text.strip() and text != self._given:
            self._offer()
        else:
            self._hide()
        self._compile()

    def _compile(self) -> None:
        text = self._input.value
        self._checked, self._filter, self._error = text, None, None
        if text.strip():
            try:
                self._filter = compile_filter(text, self._catalogue)
            except FilterError as error:
                self._error = error
        span = (0, 0)
        if self._error is not None and not self._begun:
            span = (self._error.column, self._error.column + max(1, self._error.length))
        if span != self._mistake.span:
            self._mistake.span = span
            self._input.refresh()
        self._show()

    def _show(self) -> None:
        """The colours, signs and words of how things are."""
        wrong, valid = self._error is not None, self._filter is not None
        begun = wrong and self._begun
        self.set_class(wrong and not begun, "-wrong")
        self.set_class(valid, "-valid")
        self.set_class(bool(self.text), "-applied")
        self._label.update(f"Filter {'…' if begun else '✗' if wrong else '✓' if valid else ' '}")
        words = printable(str(self._error)) if wrong else self._counts
        self._state.update("" if begun else words)

    @property
    def _begun(self) -> bool:
        """Whether what is wrong is only that the end can be completed."""
        error = self._error
        end = len(self._checked.rstrip())
        return bool(self._choices.display and error and error.column + error.length >= end)

    def _apply(self) -> None:
        """Applies the text, if it is a filter."""
        if self._preparing is not None:
            self._applying = True
            return
        if self._timer is not None:
            self._timer.stop()
        self._hide()
        self._compile()
        if self._error is not None:
            self.open()
            return
        text = self._input.value.strip()
        self.text = text
        self._draft = ""
        remember(self._history, text)
        self._at = len(self._history)
        self._given = self._input.value
        self._show()
        self.post_message(self.Applied(text, self._filter))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._choices.display and self._choices.cursor >= 0:
            self._take(self._choices.cursor)
        else:
            self._apply()

    def leave(self) -> None:
        """Closes the completions, or else gives the keys back and shows what is applied."""
        if self._choices.display:
            self._hide()
            self._compile()
            return
        text = self._input.value
        if text != self.text:
            self._draft = text
            self._set(self.text)
            if self._preparing is None:
                self._compile()
        self.post_message(self.Left())

    # Completing

    def _offer(self) -> None:
        text, cursor = self._input.value, self._input.cursor_position
        found = complete(text, cursor, self._catalogue)
        column = self._input.content_region.x - self.region.x - 1
        if found:
            begun = cell_len(text[: found[0].start])
            column += max(0, begun - self._input.scroll_offset.x)
        self._choices.put(found, column, self.app.size.width)

    def _hide(self) -> None:
        self._choices.put((), 0, 0)

    @on(events.DescendantBlur)
    def _blurred(self) -> None:
        self._hide()

    def complete(self) -> None:
        """Offers completions; takes the only one, or chooses the next one."""
        choices = self._choices
        if not choices.display:
            self._given = ""
            if self._preparing is None:
                self._offer()
                self._compile()
        if choices.count() == 1:
            self._take(0)
        elif choices.display:
            choices.move((choices.cursor + 1) % choices.count(), tell=False)

    def choose(self, step: int) -> None:
        """Chooses another completion, or a past filter where nothing is offered."""
        choices = self._choices
        if choices.display:
            # From where nothing is chosen, up is the last one.
            at = choices.cursor + step if choices.cursor >= 0 or step > 0 else -1
            choices.move(at % choices.count(), tell=False)
        else:
            self._past(step)

    @on(Lines.Chosen)
    def _clicked(self, event: Lines.Chosen) -> None:
        event.stop()
        self._take(event.line)

    def _take(self, number: int) -> None:
        """Puts a completion in place of the word at the cursor."""
        choice = self._choices.choices[number]
        text, cursor = self._input.value, self._input.cursor_position
        # All of them begin at one place.
        new = choice.text
        rest = text[cursor:]
        if choice.kind in _GOES_ON and not new.endswith("(") and rest[:1] != " ":
            new += " "
        self._input.value = text[: choice.start] + new + rest
        self._input.cursor_position = choice.start + len(new)
        self.screen.set_focus(self._input)
        self._hide()
        if choice.kind == "value":
            self._given = self._input.value
        self._check()

    def _past(self, step: int) -> None:
        """Goes through past filters: -1 to older ones; after the newest is what was written."""
        size = len(self._history)
        if self._at == size and self._input.value not in self._history:
            self._draft = self._input.value or self._draft
        self._at = max(0, min(size, self._at + step))
        self._set(self._draft if self._at == size else self._history[self._at])
