"""An input with what it can be completed to below it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import ClassVar, Final, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from ..filter import Catalogue
from ..filter.complete import complete_field
from ..text import printable
from .keys import bindings
from .lines import Lines, Piece, fit

_MOST_LINES: Final = 6
_LABEL_WIDTH: Final = 30


class Offer(NamedTuple):
    """A completion. text: the whole input with it; label: what is shown; help: a few words."""

    text: str
    label: str
    help: str = ""


class _Offers(Lines):
    """What an input can be completed to."""

    BINDINGS: ClassVar[list[BindingType]] = []
    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self.offers: Sequence[Offer] = ()

    def count(self) -> int:
        return len(self.offers)

    def line(self, number: int) -> Sequence[Piece]:
        offer = self.offers[number]
        label, help_ = printable(offer.label), printable(offer.help)
        width = self.scrollable_content_region.width
        label_width = min(width, max(_LABEL_WIDTH, width - len(help_) - 2)) if help_ else width
        return [
            (" " + fit(label, label_width - 1), self.style("name")),
            (help_, self.style("dim")),
        ]

    def clicked(self, event: events.Click, number: int) -> None:
        self.action_choose()


class Completing(Vertical):
    """An input that ``offer`` completes: tab takes what is certain, or the chosen completion.

    offer: gives the completions of a text. earlier: is asked for the text that was typed before,
    or after, where there is nothing to complete.
    """

    DEFAULT_CSS = """
    Completing { height: 1; }
    Completing Input { width: 100%; background: $panel; padding: 0 1; }
    Completing _Offers {
        overlay: screen;
        constrain: inside inflect;
        display: none;
        width: 100%;
        background: $panel;
        overflow-y: auto;
    }
    """

    class _Input(Input):
        BINDINGS: ClassVar[list[BindingType]] = [*bindings("input")]

        def action_complete(self) -> None:
            """Completes, or leaves for what is next."""
            assert isinstance(self.parent, Completing)
            if not self.parent.complete():
                self.screen.focus_next()

        def action_offer(self, step: int) -> None:
            """Chooses another completion."""
            assert isinstance(self.parent, Completing)
            self.parent.choose(step)

    def __init__(
        self,
        offer: Callable[[str], Sequence[Offer]],
        value: str = "",
        *,
        placeholder: str = "",
        earlier: Callable[[int], None] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._earlier = earlier
        self.input = self._Input(placeholder=placeholder, compact=True, select_on_focus=False)
        self._first = value
        self._offer = offer
        self._offers = _Offers()
        self._chosen = False

    def compose(self) -> ComposeResult:
        self.value = self._first
        yield self.input
        yield self._offers

    @property
    def value(self) -> str:
        """The text."""
        return self.input.value

    @value.setter
    def value(self, text: str) -> None:
        self.input.value = text
        self.input.cursor_position = len(text)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._chosen = False
        self._show()

    def on_descendant_focus(self) -> None:
        self._show()

    def on_descendant_blur(self) -> None:
        self.hide()

    def _show(self) -> None:
        """Shows what the text can be completed to."""
        if not self.input.has_focus:
            return
        text = self.input.value
        self._offers.offers = [offer for offer in self._offer(text) if offer.text != text]
        self._offers.cursor = 0
        self._offers.styles.height = min(len(self._offers.offers), _MOST_LINES)
        self._offers.display = bool(self._offers.offers)
        self._offers.changed()

    @property
    def offering(self) -> bool:
        """Whether completions are shown."""
        return bool(self._offers.display)

    def hide(self) -> bool:
        """Takes the completions away; False if there are none."""
        shown = self.offering
        self._offers.display = False
        self._chosen = False
        return shown

    def choose(self, step: int) -> None:
        """Chooses the next completion, at first the first one; without any asks ``earlier``."""
        if self.offering:
            self._offers.move(self._offers.cursor + step if self._chosen else 0, tell=False)
            self._chosen = True
        elif self._earlier is not None:
            self._earlier(-step)

    def take(self) -> bool:
        """Takes the completion that was chosen; False if none was."""
        if not (self._chosen and self.offering):
            return False
        self.value = self._offers.offers[self._offers.cursor].text
        return True

    def complete(self) -> bool:
        """Completes as far as it is certain, else to the chosen one; False if there is none."""
        offers = self._offers.offers if self._offers.display else ()
        if not offers:
            return False
        text = self.input.value
        certain = _common([offer.text for offer in offers])
        if self._chosen or len(certain) <= len(text) or not certain.startswith(text):
            certain = offers[self._offers.cursor].text
        self.value = certain
        return True

    @on(Lines.Chosen)
    def _clicked(self, event: Lines.Chosen) -> None:
        event.stop()
        self.value = self._offers.offers[event.line].text
        self.input.focus()


def _common(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    first, last = min(texts), max(texts)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last))
    return first[: sum(1 for _ in same)]


def offer_fields(catalogue: Catalogue) -> Callable[[str], list[Offer]]:
    """Completes the last one of several names of fields, between which are commas."""

    def offer(text: str) -> list[Offer]:
        before, comma, word = text.rpartition(",")
        blank = word[: len(word) - len(word.lstrip())]
        head = before + comma + blank
        found = complete_field(word.lstrip(), catalogue) if word.strip() else []
        return [Offer(head + each.text, each.text, each.help) for each in found]

    return offer


def offer_paths(folder: str, wanted: Callable[[str], bool]) -> Callable[[str], list[Offer]]:
    """Completes a path: directories, and files whose names are wanted. folder: what it is in."""

    def offer(text: str) -> list[Offer]:
        head, name = os.path.split(text)
        place = os.path.join(folder, os.path.expanduser(head))
        found = []
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if not entry.name.startswith(name) or (entry.name[0] == "." and not name):
                        continue
                    if printable(entry.name) != entry.name:
                        continue
                    is_folder = entry.is_dir()
                    if is_folder or wanted(entry.name):
                        found.append(entry.name + "/" * is_folder)
        except (OSError, ValueError):
            return []
        found.sort(key=lambda name: (name.endswith("/"), name))
        return [Offer(os.path.join(head, name), name) for name in found]

    return offer
