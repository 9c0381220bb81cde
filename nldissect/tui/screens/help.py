"""The screen of help: what all keys do, and what the signs of the list mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.keys import format_key
from textual.screen import ModalScreen

from ..columns import KIND_STYLES, KINDS, SEVERITY_SIGNS, SEVERITY_STYLES
from ..keys import Deed, bindings
from ..lines import Lines, Piece, fit
from ..wish import Wish

_WIDE: Final = 120
_KEYS_WIDTH: Final = 15
_HINT: Final = "type to search · enter: do it · esc: back"
_SIGNS: Final = "Signs in the list"
_OF_KINDS: Final = {
    "request": "A request", "reply": "A reply", "part": "A part of a dump",
    "ack": "Acknowledged, or a dump's end", "error": "An error",
    "malformed": "Bytes that are no sound message", "notify": "A notification",
    "unknown": "It is not known which way it went",
}  # fmt: skip


class Entry(NamedTuple):
    """A line of help. keys: or a sign, in a style of ``Lines``; deed: what enter does."""

    group: str
    keys: str
    title: str
    style: str = "name"
    deed: Deed | None = None

    def has(self, words: Iterable[str]) -> bool:
        """Whether all words are in it."""
        name = "" if self.deed is None else self.deed.id
        text = f"{self.group} {self.keys} {self.title} {name}".casefold()
        return all(word in text for word in words)


def spelt(keys: str) -> str:
    """Keys as people write them: ``right,l`` is ``→ l``."""
    return " ".join(_spelt(key) for key in keys.split(",") if key)


def _spelt(key: str) -> str:
    *held, name = key.split("+")
    return "+".join([*held, format_key(name)])


def entries(deeds: Iterable[Deed], keymap: Mapping[str, str]) -> list[Entry]:
    """All lines, by group; keymap: the keys of deeds that have others than their own."""
    found = [
        Entry(deed.group, spelt(keymap.get(deed.id, deed.keys)), deed.title, deed=deed)
        for deed in deeds
    ]
    groups = {entry.group: place for place, entry in reversed(list(enumerate(found)))}
    found.sort(key=lambda entry: groups[entry.group])
    for kind, sign in KINDS.items():
        found.append(Entry(_SIGNS, sign, _OF_KINDS[kind], KIND_STYLES[kind]))
    for severity, sign in SEVERITY_SIGNS.items():
        title = f"Its gravest note is of severity {severity}"
        found.append(Entry(_SIGNS, sign, title, SEVERITY_STYLES[severity]))
    found.append(Entry(_SIGNS, "⚑", "Marked", "value"))
    found.append(Entry(_SIGNS, "[+3 parts]", "Stands for three more, which are folded", "value"))
    return found


class _Entries(Lines):
    """Lines of help under the titles of their groups; what is typed searches."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    DEFAULT_CSS = """
    _Entries { width: 1fr; height: 1fr; overflow-y: auto; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.searched = ""
        self._shown: list[Entry | str] = []

    def show(self, found: Sequence[Entry]) -> None:
        """Shows entries, with their groups' titles."""
        self._shown = []
        group = ""
        for entry in found:
            if entry.group != group:
                group = entry.group
                self._shown.append(group)
            self._shown.append(entry)
        self.changed()
        first = 1 if self._shown else 0
        self.scroll_to(y=0, animate=False, force=True)
        self.move(first, tell=False)

    @property
    def deed(self) -> Deed | None:
        """What the line under the cursor does."""
        entry = self._shown[self.cursor] if self.cursor < len(self._shown) else ""
        return None if isinstance(entry, str) else entry.deed

    def count(self) -> int:
        return len(self._shown)

    def line(self, number: int) -> Sequence[Piece]:
        entry = self._shown[number]
        if isinstance(entry, str):
            return [(entry, self.style("header"))]
        return [
            (f"  {fit(entry.keys, max(_KEYS_WIDTH, len(entry.keys)))} ", self.style(entry.style)),
            (entry.title, Style.null()),
        ]

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return self._types(character)

    def _types(self, character: str | None) -> bool:
        """Whether a key is part of what is searched: a first q closes."""
        if character is None or not character.isprintable():
            return False
        return bool(self.searched) or character not in "q "


class HelpScreen(ModalScreen[Wish | None]):
    """What keys do; enter does it.

    deeds: what there is; keymap: the keys of those that the user gave others, by id.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen")]

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen #box {
        width: 150;
        max-width: 100%;
        height: 44;
        max-height: 100%;
        padding: 0 1;
        background: $surface;
        border: round $primary;
        border-title-color: $text-primary;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    HelpScreen #second { margin-left: 2; }
    """

    def __init__(self, deeds: Sequence[Deed], keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._entries = entries(deeds, keymap)
        self._first = _Entries(id="first")
        self._second = _Entries(id="second")
        self._searched = ""
        self._box = Vertical(id="box")

    def compose(self) -> ComposeResult:
        self._box.border_subtitle = Content(_HINT)
        with self._box, Horizontal():
            yield self._first
            yield self._second

    def on_mount(self) -> None:
        self._first.focus()
        self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """Shows what is searched, in two columns where there is room."""
        words = self._searched.casefold().split()
        found = [entry for entry in self._entries if entry.has(words)]
        split = len(found)
        if self.app.size.width >= _WIDE:
            middle = (len(found) + 1) // 2
            starts = [
                at for at, entry in enumerate(found) if not at or found[at - 1].group != entry.group
            ]
            split = min(starts[1:], key=lambda at: abs(at - middle), default=len(found))
        self._first.show(found[:split])
        self._second.show(found[split:])
        self._second.display = split < len(found)
        if not self._second.display and self._second.has_focus:
            self._first.focus()
        self._first.searched = self._second.searched = self._searched
        title = f"Help: {self._searched}▏" if self._searched else "Help"
        self._box.border_title = Content(title)

    def on_key(self, event: events.Key) -> None:
        if event.key == "backspace":
            self._searched = self._searched[:-1]
        elif event.character is not None and event.is_printable:
            if not self._searched and event.character in "q ":
                return
            self._searched += event.character
        else:
            return
        event.stop()
        self._arrange()

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        if isinstance(event.lines, _Entries) and event.lines.deed is not None:
            self.dismiss(Wish("deed", event.lines.deed))

    def action_close(self) -> None:
        """Ends the search, or else closes."""
        if self._searched:
            self._searched = ""
            self._arrange()
        else:
            self.dismiss(None)
