from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, strategies as st
from textual.app import App
from textual.binding import BindingType

from nldissect.filter import Catalogue
from nldissect.registry import Registry
from nldissect.tui.columns import of_field, standard
from nldissect.tui.keys import DEEDS, bindings
from nldissect.tui.state import (
    RECENT,
    Config,
    Recent,
    SavedColumn,
    State,
    config_path,
    load_config,
    load_state,
    save_state,
    state_path,
)

CATALOGUE = Catalogue(Registry(plugins=False))


# What is remembered


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    assert load_state(tmp_path / "browser.json") == State()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "browser.json"
    state = State("nord", "right", 30, 70, [SavedColumn("time", 12, False)], "ad", ["x"], ["y"])
    state.folded = True
    state.met("/tmp/a.pcap")
    assert save_state(state, path)
    assert load_state(path) == state
    assert os.listdir(path.parent) == ["browser.json"]
    assert save_state(State(), path)
    assert load_state(path) == State()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"theme": 1}',
        '{"layout": "left"}',
        '{"upper_share": 101}',
        '{"upper_share": "40"}',
        '{"columns": [{"width": 3}]}',
        '{"columns": [{"key": "time", "width": 0}]}',
        '{"recent": [{"path": "/a", "number": -1}]}',
        '{"filters": [null]}',
        "[" * 100_000,
    ],
)
def test_broken_file_counts_for_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "browser.json"
    path.write_text(text)
    assert load_state(path) == State()


@given(data=st.binary(max_size=200))
def test_any_bytes_count_for_nothing(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    assert isinstance(load_state(path), State)


def test_what_a_later_version_wrote_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "browser.json"
    path.write_text(json.dumps({"theme": "nord", "future": {"a": 1}}))
    assert load_state(path).theme == "nord"


def test_what_cannot_be_written_or_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "browser.json"
    assert not save_state(State(), path)
    assert load_state(path) == State()
    (tmp_path / "browser.json").mkdir()
    assert not save_state(State(), tmp_path / "browser.json")
    assert load_state(tmp_path / "browser.json") == State()
    assert sorted(os.listdir(tmp_path)) == ["browser.json", "file"]


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute")
    assert state_path() == tmp_path / "nldissect" / "browser.json"
    assert config_path() == Path("/home/someone/.config/nldissect/browser.toml")
    assert save_state(State(theme="nord"))
    assert load_state().theme == "nord"


def test_columns_come_back_as_they_were() -> None:
    columns = [of_field(CATALOGUE.field("rt-link.ifname")), *standard()[::-1]]
    columns[0].width, columns[0].grows = 20, 0
    columns[2].shown = False
    state = State()
    state.take_columns(columns)
    back = state.columns_of(CATALOGUE)
    assert [column.key for column in back] == [column.key for column in columns]
    assert [column.shown for column in back] == [column.shown for column in columns]
    assert (back[0].width, back[0].grows) == (20, 0)
    # Widths that follow the content begin anew.
    assert [column.width for column in back[1:]] == [column.width for column in standard()[::-1]]


def test_columns_that_are_no_more() -> None:
    saved = [SavedColumn("no.such.field"), SavedColumn("number"), SavedColumn("number")]
    keys = [column.key for column in State(columns=saved).columns_of(CATALOGUE)]
    assert sorted(keys) == sorted(column.key for column in standard())
    hidden = [SavedColumn(column.key, None, False) for column in standard()]
    assert all(column.shown for column in State(columns=hidden).columns_of(CATALOGUE))


def test_recent_files(tmp_path: Path) -> None:
    state = State()
    here = tmp_path / "a.pcap"
    here.write_bytes(b"")
    state.met(str(here))
    state.left(str(here), 17)
    for number in range(RECENT + 5):
        state.met(f"/gone/{number}")
        state.met(str(here))
    assert state.recent[0] == Recent(str(here), 17)
    assert state.number_of(str(here)) == 17
    assert state.number_of("/elsewhere") == 0
    assert len(state.recent) == RECENT
    assert len({recent.path for recent in state.recent}) == RECENT
    assert [recent.gone for recent in state.recent[:2]] == [False, True]


# What the user has configured


def config_of(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "browser.toml"
    path.write_text(text)
    return load_config(path)


def test_no_configuration(tmp_path: Path) -> None:
    assert load_config(tmp_path / "browser.toml") == Config()
    assert config_of(tmp_path, "") == Config()


def test_configuration(tmp_path: Path) -> None:
    text = 'theme = "nord"\ntime = "ad"\n[keys]\nmark = "ctrl+t, #"\nfollow = "v"\n'
    config = config_of(tmp_path, text)
    assert config == Config({"mark": "ctrl+t,number_sign", "follow": "v"}, "nord", "ad", [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('theme = "nordd"', "did you mean nord"),
        ("theme = 1", "theme is no text"),
        ('time = "z"', "no time format 'z'"),
        ("keys = 1", "keys is no table"),
        ('keys = "x"', "keys is no table"),
        ('colour = "x"', "no setting 'colour'"),
        ('[keys]\nfolow = "v"', "did you mean follow"),
        ('[keys]\nfollow = "foo"', "'foo' is no key"),
        ('[keys]\nfollow = ""', "'' is no key"),
        ("[keys]\nfollow = 1", "is no key"),
        ('[keys]\nmark = "x"', "'x' is the key of 'mark' and of 'export'"),
        ('[keys]\nmark = "j"', "'j' is the key of 'down' and of 'mark'"),
        ('[keys]\n"tree.open" = "x"', "'x' is the key of 'tree.open' and of 'export'"),
        ('[keys]\nmark = "#"\nfollow = "#"', "'number_sign' is the key of"),
        ("[keys", "browser.toml"),
        ("\xff" * 3, "browser.toml"),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "browser.toml"
    path.write_bytes(text.encode("latin-1"))
    config = load_config(path)
    assert len(config.problems) == 1
    assert words in config.problems[0]
    assert not set(config.keymap) - {"mark", "follow"}
    assert len(config.keymap) == (2 if "#" in text else 0) // 2
    assert (config.theme, config.time) == ("", "")


def test_unreadable_configuration(tmp_path: Path) -> None:
    (tmp_path / "browser.toml").mkdir()
    assert len(load_config(tmp_path / "browser.toml").problems) == 1


def test_keys_can_be_swapped_and_shared_by_places_that_never_meet(tmp_path: Path) -> None:
    text = '[keys]\nmark = "x"\nexport = "m"\n"tree.open" = "H"\n"bytes.left" = "H"\n'
    config = config_of(tmp_path, text)
    assert config.problems == []
    assert len(config.keymap) == 4


def test_all_deeds_can_be_named(tmp_path: Path) -> None:
    text = "[keys]\n" + "".join(f'"{deed.id}" = "{deed.keys}"\n' for deed in DEEDS)
    config = config_of(tmp_path, text)
    assert config.problems == []
    assert config.keymap == {deed.id: deed.keys for deed in DEEDS}


def test_keymap_works(tmp_path: Path) -> None:
    class Small(App[None]):
        BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
        helped = 0

        def action_help(self) -> None:
            self.helped += 1

    async def run() -> int:
        app = Small()
        app.set_keymap(config_of(tmp_path, '[keys]\nhelp = "#,f7"\n').keymap)
        async with app.run_test() as pilot:
            await pilot.press("#", "f7", "question_mark")
        return app.helped

    assert asyncio.run(run()) == 2
