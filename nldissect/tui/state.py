"""What the browser remembers from one run to the next, and what the user has configured."""

from __future__ import annotations

import os
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character
from textual.theme import BUILTIN_THEMES

from ..clock import TIME_FORMATS
from ..errors import FilterError
from ..filter import Catalogue
from .columns import Column, of_field, standard
from .keys import DEEDS

RECENT: Final = 30
_HISTORY: Final = 200
_LIMIT: Final = 1 << 20
_MODIFIERS: Final = frozenset(("ctrl", "alt", "shift", "super", "hyper", "meta"))
_PANES: Final = ("list", "tree", "bytes")
_COMMON: Final = ("lines", "panes", "browser", "screen", "app")

_Share = Annotated[int, msgspec.Meta(ge=0, le=100)]
_Width = Annotated[int, msgspec.Meta(ge=1, le=1000)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


# What is remembered


class SavedColumn(msgspec.Struct, omit_defaults=True):
    """A column of the list. width: in cells as the user made it, None for its own."""

    key: str
    width: _Width | None = None
    shown: bool = True


class Recent(msgspec.Struct, omit_defaults=True):
    """A file that was browsed. path: absolute; number: the message that was selected last."""

    path: str
    number: _Count = 0

    @property
    def gone(self) -> bool:
        """Whether there is no such file any more."""
        return not os.path.exists(self.path)


def remember(history: list[str], text: str) -> None:
    """Puts a text at the end of a history, which has each once and is not too long."""
    if text:
        if text in history:
            history.remove(text)
        history.append(text)
        del history[:-_HISTORY]


class State(msgspec.Struct):
    """What the browser remembers.

    layout: where the bytes stand, "" decides by width. upper_share: the list's part of the height;
    side_share: the tree's part beside the bytes; both in per cent. columns: empty for the standard
    ones. filters, searches: oldest first. recent: newest first. folded: parts and copies are.
    """

    theme: str = ""
    layout: Literal["", "right", "below"] = ""
    upper_share: _Share = 40
    side_share: _Share = 53
    columns: list[SavedColumn] = []
    time_format: str = ""
    filters: list[str] = []
    searches: list[str] = []
    recent: list[Recent] = []
    folded: bool = False

    def take_columns(self, columns: list[Column]) -> None:
        """Remembers a list's columns; a width that follows the content is not one to remember."""
        self.columns = [
            SavedColumn(column.key, None if column.grows else column.width or None, column.shown)
            for column in columns
        ]

    def columns_of(self, catalogue: Catalogue) -> list[Column]:
        """The remembered columns; those whose field is unknown are left out."""
        rest = {column.key: column for column in standard()}
        columns: list[Column] = []
        for saved in self.columns:
            column = rest.pop(saved.key, None)
            if column is None and all(known.key != saved.key for known in columns):
                with suppress(FilterError):
                    column = of_field(catalogue.field(saved.key))
            if column is not None:
                if saved.width and column.width:
                    column.width, column.grows = saved.width, 0
                column.shown = saved.shown
                columns.append(column)
        columns += rest.values()
        return columns if any(column.shown for column in columns) else standard()

    def met(self, path: str) -> None:
        """A file is browsed: it is the newest."""
        path = os.path.abspath(path)
        number = self.number_of(path)
        others = [recent for recent in self.recent if recent.path != path]
        self.recent = [Recent(path, number), *others][:RECENT]

    def left(self, path: str, number: int) -> None:
        """A file is left with a message selected."""
        path = os.path.abspath(path)
        for recent in self.recent:
            if recent.path == path:
                recent.number = number

    def number_of(self, path: str) -> int:
        """The message that was selected last in a file, 0 if that is not known."""
        path = os.path.abspath(path)
        return next((recent.number for recent in self.recent if recent.path == path), 0)


def _user_path(variable: str, default: str, name: str) -> Path | None:
    """A file of the user's, as the XDG base directories have it; None without a home."""
    base = os.environ.get(variable, "")
    if os.path.isabs(base):
        return Path(base, "nldissect", name)
    try:
        return Path.home() / default / "nldissect" / name
    except RuntimeError:
        return None


def state_path() -> Path | None:
    """Where the state is kept: ``$XDG_STATE_HOME/nldissect/browser.json``."""
    return _user_path("XDG_STATE_HOME", ".local/state", "browser.json")


def config_path() -> Path | None:
    """Where the user configures: ``$XDG_CONFIG_HOME/nldissect/browser.toml``."""
    return _user_path("XDG_CONFIG_HOME", ".config", "browser.toml")


def load_state(path: Path | None = None) -> State:
    """What is remembered; nothing where that cannot be read. path: by default state_path."""
    path = path or state_path()
    if path is None:
        return State()
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LIMIT), type=State)
    except (OSError, ValueError, RecursionError):
        return State()


def save_state(state: State, path: Path | None = None) -> bool:
    """Remembers; gives False where that cannot be written. path: by default state_path."""
    path = path or state_path()
    if path is None:
        return False
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=1))
        new.replace(path)
    except (OSError, ValueError):
        with suppress(OSError):
            new.unlink(missing_ok=True)
        return False
    return True


# What the user has configured


class Config(msgspec.Struct):
    """The user's own settings. keymap: keys by the deeds' ids, as ``App.set_keymap`` takes them.

    theme, time: "" where nothing is said. problems: what is wrong with the settings, in words; it
    is left out of them.
    """

    keymap: dict[str, str] = {}
    theme: str = ""
    time: str = ""
    problems: list[str] = []


def load_config(path: Path | None = None) -> Config:
    """The user's settings; none where there is no file. path: by default config_path."""
    path = path or config_path()
    config = Config()
    if path is None:
        return config
    try:
        with path.open("rb") as file:
            document = tomllib.loads(file.read(_LIMIT).decode())
    except FileNotFoundError:
        return config
    except OSError as error:
        config.problems.append(f"{path}: {(error.strerror or str(error)).lower()}")
        return config
    except (ValueError, RecursionError) as error:
        config.problems.append(f"{path}: {error}")
        return config
    problems = [f"{path.name}: {problem}" for problem in _take(config, document)]
    config.problems += problems
    return config


def _take(config: Config, document: dict[str, Any]) -> Iterator[str]:
    """Takes what is right, and gives words for what is wrong."""
    for name, value in document.items():
        if name == "keys" and isinstance(value, dict):
            yield from _take_keys(config, value)
        elif name not in ("keys", "theme", "time"):
            yield f"there is no setting {name!r}{_near(name, ('keys', 'theme', 'time'))}"
        elif not isinstance(value, str):
            yield f"{name} is no {'table' if name == 'keys' else 'text'}"
        elif name == "theme" and value not in BUILTIN_THEMES:
            yield f"there is no theme {value!r}{_near(value, BUILTIN_THEMES)}"
        elif name == "time" and value not in TIME_FORMATS:
            yield f"there is no time format {value!r}: there are {', '.join(TIME_FORMATS)}"
        elif name == "keys":
            yield "keys is no table"
        else:
            setattr(config, name, value)


def _near(word: str, words: Any) -> str:
    close = get_close_matches(word, list(words), 1)
    return f"; did you mean {close[0]}?" if close else ""


def _take_keys(config: Config, table: dict[str, Any]) -> Iterator[str]:
    ids = [deed.id for deed in DEEDS]
    wanted: dict[str, str] = {}
    for id_, keys in table.items():
        if id_ not in ids:
            yield f"keys: there is no {id_!r}{_near(id_, ids)}"
            continue
        names = [key.strip() for key in keys.split(",")] if isinstance(keys, str) else [""]
        wrong = [name for name in names if not _is_key(name)]
        if wrong:
            yield f"keys: {id_} = {keys!r}: {wrong[0]!r} is no key"
        else:
            wanted[id_] = ",".join(map(_full_name, names))
    while clash := _clash(wanted):
        key, first, second = clash
        yield f"keys: {key!r} is the key of {first!r} and of {second!r}"
        # What the user did not say stays as it is.
        del wanted[second if second in wanted else first]
    config.keymap = wanted


def _is_key(name: str) -> bool:
    """Whether Textual can give such a key."""
    *modifiers, key = name.split("+") if len(name) > 1 else [name]
    known = {each.value for each in Keys} | set(KEY_NAME_REPLACEMENTS.values())
    return not set(modifiers) - _MODIFIERS and (
        (len(key) == 1 and key.isprintable()) or key in known or key_to_character(key) is not None
    )


def _full_name(key: str) -> str:
    """A key by the name that bindings have."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _clash(wanted: dict[str, str]) -> tuple[str, str, str] | None:
    """A key with two meanings at one place, one of them at least the user's."""
    for first, second in combinations(DEEDS, 2):
        if not {first.id, second.id} & wanted.keys() or not _meet(first.where, second.where):
            continue
        both = set(wanted.get(first.id, first.keys).split(","))
        both &= set(wanted.get(second.id, second.keys).split(","))
        both -= set(first.keys.split(",")) & set(second.keys.split(","))
        if both:
            return min(both), first.id, second.id
    return None


def _meet(one: str, other: str) -> bool:
    """Whether keys of two places work at the same time."""
    if one == other:
        return True
    places = {one, other}
    if places == {"browser", "screen"}:
        return False
    if places <= {*_COMMON}:
        return True
    # A place of its own: a pane of the main screen, or a screen.
    meets: Callable[[str], bool] = (
        (lambda place: place in ("lines", "browser", "app"))
        if places & set(_PANES)
        else (lambda place: place in ("lines", "screen", "app"))
    )
    return any(map(meets, places))
