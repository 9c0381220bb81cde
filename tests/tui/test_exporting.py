from __future__ import annotations

import os
from array import array
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nldissect.capture.source import Capture, open_capture
from nldissect.errors import NldissectError, OutputError, UsageError
from nldissect.export import FORMATS
from nldissect.filter import Catalogue, compile_filter
from nldissect.learn import Learned
from nldissect.model import Record
from nldissect.recording import Reader, Recording
from nldissect.registry import Registry
from nldissect.tui.exporting import (
    MARKED,
    SUFFIXES,
    Plan,
    Result,
    default_path,
    problem_of,
    run_export,
)
from nldissect.tui.jobs import Job
from tests.capture.build import pcap
from tests.cli.capture_file import TALK, run as command

CAPTURES = Path(__file__).parents[2] / "captures"
NAMES = ["nlctrl.pcap", "wireguard.pcap", "format-ring-1.pcapng"]
REGISTRY = Registry(plugins=False)


class Steps(Job):
    """A job without a thread; it is cancelled at a step."""

    def __init__(self, cancel_at: int = 0) -> None:
        super().__init__("export", "", None, lambda job: None)  # type: ignore[arg-type]
        self.seen: list[tuple[int | None, int | None]] = []
        self.cancel_at = cancel_at

    def step(self, done: int | None = None, total: int | None = None) -> bool:
        self.seen.append((done, total))
        return len(self.seen) != self.cancel_at


@cache
def recording_of(name: str) -> Recording:
    recording = Recording(open_capture(str(CAPTURES / name)), REGISTRY, Learned())
    recording.read(lambda: True)
    return recording


def export(name: str, plan: Plan, numbers: Any = None) -> Result:
    result = run_export(Steps(), recording_of(name), plan, numbers)
    assert result is not None
    assert result.bytes == os.path.getsize(plan.path)
    assert result.path == plan.path
    return result


def records(path: str) -> list[Record]:
    with open_capture(path) as capture:
        return list(capture)


def test_suffixes() -> None:
    assert list(SUFFIXES) == list(FORMATS)


# The same bytes as the command line gives


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "parquet"])
@pytest.mark.parametrize("name", NAMES)
def test_is_what_the_command_line_writes(tmp_path: Path, name: str, format_: str) -> None:
    plan = Plan("all", format_, str(tmp_path / "out"))
    result = export(name, plan)
    assert result.count == recording_of(name).count
    told = command("export", "-T", format_, str(CAPTURES / name))
    assert told.returncode == 0
    assert Path(plan.path).read_bytes() == told.stdout


@pytest.mark.parametrize("options", [[], ["--redact"]])
def test_parquet_is_what_the_command_line_writes(tmp_path: Path, options: list[str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path, other = tmp_path / "out", tmp_path / "other"
    export("wireguard.pcap", Plan("all", "parquet", str(path), redact=bool(options)))
    name = str(CAPTURES / "wireguard.pcap")
    assert command("export", "-T", "parquet", *options, "-o", str(other), name).returncode == 0
    assert parquet.read_table(path).equals(parquet.read_table(other))


@pytest.mark.parametrize("format_", ["ndjson", "text", "pcapng"])
@pytest.mark.parametrize("name", NAMES[1:2])
def test_redacts_as_the_command_line_does(tmp_path: Path, name: str, format_: str) -> None:
    plan = Plan("all", format_, str(tmp_path / "out"), redact=True)
    export(name, plan)
    told = command("export", "-T", format_, "--redact", str(CAPTURES / name))
    assert Path(plan.path).read_bytes() == told.stdout
    whole = plan._replace(path=str(tmp_path / "whole"), redact=False)
    export(name, whole)
    assert (Path(whole.path).read_bytes() != told.stdout) == (format_ != "text")


def test_secrets_in_text(tmp_path: Path) -> None:
    plan = Plan("all", "text", str(tmp_path / "out"))
    export("wireguard.pcap", plan)
    hidden = Path(plan.path).read_bytes()
    assert b"(secret, " in hidden
    export("wireguard.pcap", plan._replace(secrets=True, overwrite=True))
    assert b"(secret, " not in Path(plan.path).read_bytes()


@pytest.mark.parametrize("format_", ["ndjson", "pcapng", "text"])
def test_those_shown(tmp_path: Path, format_: str) -> None:
    recording = recording_of("nlctrl.pcap")
    text = "nlmsg.flags.dump || error"
    match = compile_filter(text, Catalogue(REGISTRY)).match
    shown = array("I", (each.number for each in Reader(recording).messages() if match(each)))
    plan = Plan("shown", format_, str(tmp_path / "out"))
    assert export("nlctrl.pcap", plan, shown).count == len(shown)
    told = command("export", "-T", format_, "-Y", text, str(CAPTURES / "nlctrl.pcap"))
    assert Path(plan.path).read_bytes() == told.stdout


def test_fields(tmp_path: Path) -> None:
    catalogue = Catalogue(REGISTRY)
    fields = tuple(map(catalogue.field, ("n", "family", "cmd")))
    plan = Plan("all", "csv", str(tmp_path / "out"), fields=fields)
    export("nlctrl.pcap", plan)
    options = ["-e", "n", "-e", "family", "-e", "cmd"]
    told = command("export", "-T", "csv", *options, str(CAPTURES / "nlctrl.pcap"))
    assert Path(plan.path).read_bytes() == told.stdout


def test_order_and_repetitions_do_not_matter(tmp_path: Path) -> None:
    recording = recording_of("nlctrl.pcap")
    few = [1, 2, 3, recording.count // 2, recording.count]
    plan = Plan("marked", "ndjson", str(tmp_path / "out"))
    export("nlctrl.pcap", plan, few)
    lines = Path(plan.path).read_bytes()
    export("nlctrl.pcap", plan._replace(overwrite=True), iter([*few[::-1], 2]))
    assert Path(plan.path).read_bytes() == lines
    assert lines.count(b"\n") == len(few)
    assert export("nlctrl.pcap", plan._replace(overwrite=True), []).count == 0


def test_record_of_several_messages_is_written_once(tmp_path: Path) -> None:
    recording = recording_of("nlctrl.pcap")
    numbers = range(1, recording.count + 1)
    of = [recording.record_of(number) for number in numbers]
    several = [number for number in numbers if of.count(of[number - 1]) > 2]
    assert several
    plan = Plan("marked", "pcapng", str(tmp_path / "out"))
    # Every other one, so that some of a record are left out.
    export("nlctrl.pcap", plan, several[::2])
    written = records(plan.path)
    assert len(written) == len({of[number - 1] for number in several[::2]})


# Comments


@pytest.mark.parametrize("format_", ["pcapng", "pcap"])
def test_comments_and_marks(tmp_path: Path, format_: str) -> None:
    name = "nldemo-talk.pcap"
    comments = {2: "two\nlines ☃", 5: "the fifth"}
    plan = Plan("all", format_, str(tmp_path / "out"), comments=comments, marks={5, 7})
    export(name, plan)
    recording = recording_of(name)
    said: dict[int, tuple[str, ...]] = {
        recording.record_of(2): ("two\nlines ☃",),
        recording.record_of(5): ("the fifth", MARKED),
        recording.record_of(7): (MARKED,),
    }
    if format_ == "pcap":
        said = {}
    back = records(plan.path)
    assert [record.comments for record in back] == [
        said.get(number, ()) for number in range(1, len(back) + 1)
    ]
    assert [record.data for record in back] == [record.data for record in records(_of(name))]


def test_comments_of_the_file_are_kept(tmp_path: Path) -> None:
    first = Plan("all", "pcapng", str(tmp_path / "first.pcapng"), comments={1: "old"})
    export("nldemo-talk.pcap", first)
    recording = Recording(open_capture(first.path), REGISTRY, Learned())
    recording.read(lambda: True)
    second = first._replace(path=str(tmp_path / "second"), comments={1: "new", 3: "other"})
    assert run_export(Steps(), recording, second)
    assert records(second.path)[0].comments == ("old", "new")
    again = first._replace(path=str(tmp_path / "again"))
    assert run_export(Steps(), recording, again)
    assert records(again.path)[0].comments == ("old",)
    # Those of messages that are not written are not, either.
    part = second._replace(path=str(tmp_path / "part"))
    assert run_export(Steps(), recording, part, [2])
    assert [record.comments for record in records(part.path)] == [()]


def _of(name: str) -> str:
    return str(CAPTURES / name)


# The file


def test_steps_tell_how_far_it_is(tmp_path: Path) -> None:
    job = Steps()
    recording = recording_of("nlctrl.pcap")
    run_export(job, recording, Plan("all", "ndjson", str(tmp_path / "out")))
    count = recording.count
    assert len(job.seen) > 2
    assert {total for _, total in job.seen} == {count}
    assert job.seen[-1] == (count, count)


@pytest.mark.parametrize("cancel_at", [1, 2, -1])
@pytest.mark.parametrize("format_", ["ndjson", "parquet"])
def test_cancelled_leaves_nothing(tmp_path: Path, cancel_at: int, format_: str) -> None:
    if format_ == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / "out"
    path.write_bytes(b"old")
    plan = Plan("all", format_, str(path), overwrite=True)
    recording = recording_of("nlctrl.pcap")
    if cancel_at < 0:
        counting = Steps()
        run_export(counting, recording, plan._replace(path=str(tmp_path / "whole")))
        cancel_at = len(counting.seen)
        (tmp_path / "whole").unlink()
    assert run_export(Steps(cancel_at), recording, plan) is None
    assert os.listdir(tmp_path) == ["out"]
    assert path.read_bytes() == b"old"


def test_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(0o640)
    plan = Plan("all", "ndjson", str(path))
    with pytest.raises(UsageError, match="exists"):
        export("nldemo-talk.pcap", plan)
    assert path.read_bytes() == b"old"
    export("nldemo-talk.pcap", plan._replace(overwrite=True))
    assert path.stat().st_size > 100
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["out"]


def test_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    plan = Plan("all", "ndjson", str(tmp_path / "out"))
    export("nldemo-talk.pcap", plan)
    (tmp_path / "usual").write_bytes(b"")
    assert os.stat(plan.path).st_mode == (tmp_path / "usual").stat().st_mode


def test_what_a_link_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    export("nldemo-talk.pcap", Plan("all", "ndjson", str(tmp_path / "link"), overwrite=True))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").stat().st_size > 100


def test_file_that_appears_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "out"

    class Late(Steps):
        def step(self, done: int | None = None, total: int | None = None) -> bool:
            path.write_bytes(b"late")
            return True

    plan = Plan("all", "ndjson", str(path))
    with pytest.raises(UsageError, match="exists"):
        run_export(Late(), recording_of("nldemo-talk.pcap"), plan)
    assert path.read_bytes() == b"late"
    assert os.listdir(tmp_path) == ["out"]


def test_impossible_targets(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "fifo")
    capture = tmp_path / "own.pcap"
    capture.write_bytes((CAPTURES / "nldemo-talk.pcap").read_bytes())
    (tmp_path / "same").hardlink_to(capture)
    words = {
        "": "missing",
        "a\0b": "no file's name",
        "\ud800": "no file's name",
        str(tmp_path / "folder"): "is a directory",
        str(tmp_path / "none") + "/": "is a directory",
        str(tmp_path / "none" / "x"): "no directory",
        str(tmp_path / "file" / "x"): "not a directory",
        str(tmp_path / "fifo"): "no regular file",
        str(capture): "the capture itself",
        str(tmp_path / "same"): "the capture itself",
        str(tmp_path / ("x" * 300)): "too long",
    }
    recording = Recording(open_capture(str(capture)), REGISTRY, Learned())
    recording.read(lambda: True)
    for path, word in words.items():
        assert word in problem_of(path, str(capture)), path
        if path.isprintable() and path and not path.endswith("/"):
            with pytest.raises(UsageError, match=word):
                run_export(Steps(), recording, Plan("all", "ndjson", path, overwrite=True))
    assert problem_of(str(tmp_path / "new"), str(capture)) == ""
    assert problem_of(str(tmp_path / "file"), str(capture)) == ""
    recording.capture.close()


def test_directory_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "nothing can be written" in problem_of(str(tmp_path / "x"))


@pytest.mark.parametrize("format_", ["ndjson", "parquet", "pcapng"])
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    if format_ == "parquet":
        pytest.importorskip("pyarrow")
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    real_open = open

    def full(path: Any, *args: Any, **words: Any) -> Any:
        if not str(path).endswith(".part"):
            return real_open(path, *args, **words)
        Path(path).write_bytes(b"")
        return real_open("/dev/full", "wb", buffering=words["buffering"])

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(OutputError, match="no space left on device"):
        export("nlctrl.pcap", Plan("all", format_, str(tmp_path / "out")))
    assert os.listdir(tmp_path) == []


def test_pcap_of_two_link_types_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(pcap(TALK))
    second.write_bytes(pcap(TALK, link_type=113))
    one, two = records(str(first)), records(str(second))
    assert one[0].link_type != two[0].link_type
    mixed = Plan("all", "pcapng", str(tmp_path / "mixed"))
    from nldissect.capture.write import PcapngWriter
    from nldissect.model import Interface

    out: list[bytes] = []
    ends = [Interface(0, kind, 0, "", "", "little") for kind in (253, 113)]
    writer = PcapngWriter(out.append, ends)
    for index, found in enumerate((one[0], two[0])):
        writer.record(Record(1, 0, index, found.link_type, found.data, found.wire_len))
    Path(mixed.path).write_bytes(b"".join(out))
    recording = Recording(open_capture(mixed.path), REGISTRY, Learned())
    recording.read(lambda: True)
    with pytest.raises(NldissectError, match="link type"):
        run_export(Steps(), recording, Plan("all", "pcap", str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_stream(tmp_path: Path) -> None:
    data = [(CAPTURES / "nldemo-talk.pcap").read_bytes(), b""]
    recording = Recording(Capture("stream", -1, lambda: data.pop(0)), REGISTRY, Learned())
    recording.read(lambda: True)
    plan = Plan("all", "pcap", str(tmp_path / "out"))
    assert run_export(Steps(), recording, plan)
    assert Path(plan.path).read_bytes() == (CAPTURES / "nldemo-talk.pcap").read_bytes()


@pytest.mark.parametrize(
    ("capture", "format_", "name"),
    [
        ("a.pcap", "ndjson", "a.ndjson"),
        ("a.pcap.gz", "csv", "a.csv"),
        ("a.b.pcapng", "pcapng", "a.b-1.pcapng"),
        ("trace", "text", "trace.txt"),
        (".pcap", "text", ".pcap.txt"),
    ],
)
def test_default_names(tmp_path: Path, capture: str, format_: str, name: str) -> None:
    (tmp_path / capture).write_bytes(b"")
    assert default_path(str(tmp_path / capture), format_) == str(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    assert default_path(str(tmp_path / capture), format_) not in (name, capture)


def test_default_name_beside_what_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pcap").write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path))
    assert default_path(str(tmp_path / "a.pcap"), "csv") == "a.csv"


def test_default_name_of_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_path("standard input", "pcapng") == "capture.pcapng"
