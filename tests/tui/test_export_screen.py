from __future__ import annotations

import importlib.util
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from nldissect.capture.source import open_capture
from nldissect.export import FORMATS
from nldissect.learn import Learned
from nldissect.recording import Recording
from nldissect.registry import Registry
from nldissect.tui.exporting import Plan, Result, run_export
from nldissect.tui.jobs import Job
from nldissect.tui.screens.export import _ABOUT, ExportScreen
from nldissect.tui.wish import Wish
from tests.tui.test_dialogs import Play, Text, ask, press, problem

REGISTRY = Registry(plugins=False)
TALK = Path(__file__).parents[2] / "captures" / "nldemo-talk.pcap"
COUNTS = {"all": 1234, "shown": 17, "marked": 0, "selected": 1}


@pytest.fixture
def capture(tmp_path: Path) -> str:
    copyfile(TALK, tmp_path / "talk.pcap")
    return str(tmp_path / "talk.pcap")


def screen(capture: str, **words: Any) -> ExportScreen:
    counts = words.pop("counts", COUNTS)
    return ExportScreen(capture, counts, registry=REGISTRY, **words)


def plan_of(dialog: ExportScreen, play: Play) -> Plan:
    [wish] = ask(dialog, play)
    assert wish is not None
    assert wish.kind == "export"
    assert isinstance(wish.value, Plan)
    return wish.value


def beside(capture: str, name: str) -> str:
    return str(Path(capture).with_name(name))


def test_every_format_is_told_of() -> None:
    assert list(_ABOUT) == list(FORMATS)


def test_enter_writes_what_is_proposed(capture: str) -> None:
    plan = plan_of(screen(capture), press("enter"))
    assert plan == Plan("shown", "ndjson", beside(capture, "talk.ndjson"))
    everything = {**COUNTS, "shown": COUNTS["all"]}
    assert plan_of(screen(capture, counts=everything), press("enter")).what == "all"


def test_saving(capture: str) -> None:
    comments = {3: "here"}
    plan = plan_of(screen(capture, format_="pcapng", comments=comments), press("enter"))
    path = beside(capture, "talk.pcapng")
    assert plan == Plan("shown", "pcapng", path, comments=comments)
    Path(path).write_bytes(b"")
    plan = plan_of(screen(capture, format_="pcapng"), press("enter"))
    assert plan.path == beside(capture, "talk-1.pcapng")


def test_escape_and_cancel(capture: str) -> None:
    assert ask(screen(capture), press("escape")) == [None]
    assert ask(screen(capture), lambda pilot: pilot.click("#cancel")) == [None]


def test_by_keys_alone(capture: str) -> None:
    """Selected messages as csv with two columns, redacted, to another file."""
    keys = [
        *("down",) * 5, "tab", Text("n, famil"), "tab", "tab", Text("2"),
        "tab", "tab", "tab", "end", "tab", "space", "enter",
    ]  # fmt: skip
    dialog = screen(capture)
    plan = plan_of(dialog, press(*keys))
    assert plan.what == "selected"
    assert plan.format == "csv"
    assert [field.name for field in plan.fields] == ["n", "family"]
    assert plan.redact
    assert plan.path == beside(capture, "talk.csv2")


def test_by_mouse(capture: str) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.click("#what", offset=(3, 0))
        await pilot.click("#format", offset=(3, 3))
        await pilot.click("#switches", offset=(3, 0))
        await pilot.click("#switches", offset=(3, 1))
        await pilot.click("#write")

    plan = plan_of(screen(capture, marks={4, 7}), play)
    assert plan == Plan("all", "pcap", beside(capture, "talk-1.pcap"), redact=True, marks={4, 7})


def test_marks_stay_out_unless_they_are_asked_for(capture: str) -> None:
    assert plan_of(screen(capture, marks={4}), press("enter")).marks == ()


def test_secrets_are_passed_on(capture: str) -> None:
    assert plan_of(screen(capture, secrets=True), press("enter")).secrets


def test_suffix_goes_with_the_format_as_long_as_it_is_one(capture: str) -> None:
    dialog = screen(capture)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down")
        assert dialog.plan.path == beside(capture, "talk.tree.ndjson")
        dialog.query_one("#file", expect_type=type(dialog._file)).value = "/tmp/x.tree.ndjson"
        await pilot.press("down")
        assert dialog.plan.path == "/tmp/x.txt"
        dialog._file.value = "/tmp/own"
        await pilot.press("down")
        assert dialog.plan.path == "/tmp/own"
        await pilot.press("escape")

    ask(dialog, play)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "missing"),
        ("/", "is a directory"),
        ("/no/such/place/x", "no directory"),
        ("{capture}", "the capture itself"),
    ],
)
def test_impossible_files_show_before(capture: str, path: str, words: str) -> None:
    dialog = screen(capture)

    async def play(pilot: Pilot[None]) -> None:
        dialog._file.value = path.format(capture=capture)
        await pilot.pause()
        assert words in problem(dialog)
        await pilot.press("enter")
        assert dialog.is_current
        await pilot.press("escape")

    assert ask(dialog, play) == [None]


def test_nothing_to_write(capture: str) -> None:
    dialog = screen(capture)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.click("#what", offset=(3, 2))
        assert "No message is marked" in problem(dialog)
        await pilot.press("enter", "escape")

    assert ask(dialog, play) == [None]
    empty = screen(capture, counts=dict.fromkeys(COUNTS, 0))
    assert ask(empty, press("enter", "escape")) == [None]
    assert "no messages" in empty.problem().lower()


@pytest.mark.parametrize(
    ("format_", "text", "words"),
    [
        ("csv", "n, famly", "did you mean family"),
        ("parquet", "n,n", "not for two"),
        ("csv", "n,n", ""),
        ("ndjson", "famly", ""),
    ],
)
def test_columns(
    capture: str, monkeypatch: pytest.MonkeyPatch, format_: str, text: str, words: str
) -> None:
    monkeypatch.setattr("nldissect.tui.screens.export.find_spec", lambda name: name)
    dialog = screen(capture, format_=format_)

    async def play(pilot: Pilot[None]) -> None:
        dialog._columns.value = text
        await pilot.pause()
        assert words in problem(dialog)
        assert bool(words) == bool(dialog.problem())
        await pilot.press("escape")

    ask(dialog, play)


def test_parquet_without_its_library(capture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nldissect.tui.screens.export.find_spec", lambda name: None)
    dialog = screen(capture, format_="parquet")

    async def play(pilot: Pilot[None]) -> None:
        assert "needs pyarrow" in problem(dialog)
        await pilot.press("escape")

    ask(dialog, play)
    assert importlib.util.find_spec("nldissect")


@pytest.mark.parametrize(
    ("answer", "replaced"), [("y", True), ("n", False), ("escape", False), ("enter", False)]
)
def test_asks_before_a_file_is_replaced(capture: str, answer: str, replaced: bool) -> None:
    there = Path(beside(capture, "there.ndjson"))
    there.write_bytes(b"old")
    dialog = screen(capture)

    async def play(pilot: Pilot[None]) -> None:
        dialog._file.value = str(there)
        await pilot.pause()
        assert "you will be asked" in str(dialog.query_one("#problem", Static).content)
        await pilot.press("enter", answer)
        await pilot.pause()
        if not replaced:
            assert dialog.is_current
            await pilot.press("escape")

    [wish] = ask(dialog, play)
    expected = Plan("shown", "ndjson", str(there), overwrite=True)
    assert wish == (Wish("export", expected) if replaced else None)
    assert there.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("format_", "words"),
    [("pcap", "no place for comments"), ("pcapng", "with 2 comments"), ("csv", "")],
)
def test_says_what_becomes_of_comments(capture: str, format_: str, words: str) -> None:
    dialog = screen(capture, format_=format_, comments={1: "a", 2: "b"})

    async def play(pilot: Pilot[None]) -> None:
        assert problem(dialog) == words or words in problem(dialog)
        await pilot.press("escape")

    ask(dialog, play)


def test_plan_is_one_that_runs(capture: str) -> None:
    recording = Recording(open_capture(capture), REGISTRY, Learned())
    recording.read(lambda: True)
    counts = {**COUNTS, "all": recording.count}
    comments = {2: "second"}
    dialog = screen(capture, counts=counts, format_="pcapng", comments=comments, marks={3})
    keys = press("shift+tab", "shift+tab", "down", "space", "shift+tab", "home", "enter")
    plan = plan_of(dialog, keys)
    assert plan.what == "all"

    job = Job("export", "", None, lambda job: None)  # type: ignore[arg-type]
    job._told = float("inf")
    result = run_export(job, recording, plan)
    assert result == Result(recording.count, Path(plan.path).stat().st_size, plan.path)
    with open_capture(plan.path) as back:
        said = {record.number: record.comments for record in back if record.comments}
    assert said == {recording.record_of(2): ("second",), recording.record_of(3): ("marked",)}


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (160, 48)])
def test_all_is_in_sight(capture: str, size: tuple[int, int]) -> None:
    dialog = screen(capture, format_="pcapng", marks={1})

    async def play(pilot: Pilot[None]) -> None:
        box = dialog.query_one("#box").region
        assert pilot.app.screen.region.contains_region(box)
        if size >= (80, 24):
            for name in ("#write", "#file", "#problem", "#format"):
                assert box.contains_region(dialog.query_one(name).region)
        await pilot.press("enter")

    assert ask(dialog, play, size) != [None]
