"""``export``: formats, files and limits."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest

from nldissect.cli.inputs import Printer
from nldissect.cli.output import Output
from nldissect.export import writer_class
from nldissect.session import open_session
from tests.test_dissect import attr, link, nlmsg

from .capture_file import NEWLINK, ROOT, SECOND, TALK, ifinfomsg, lines, run, words, write


@pytest.fixture
def file(tmp_path: Path) -> str:
    return write(tmp_path / "talk.pcap")


def test_ndjson_has_an_object_for_each_message(file: str) -> None:
    objects = [json.loads(line) for line in lines(run("export", "-T", "ndjson", file))]
    assert [item["n"] for item in objects] == [1, 2, 3]
    assert objects[0]["attrs"]["ifname"] == "v0"
    assert len(lines(run("export", "-T", "ndjson", "-c", "2", file))) == 2


def test_text_is_what_show_prints(file: str) -> None:
    assert run("export", "-T", "text", file).stdout == run("show", "-V", file).stdout


@pytest.mark.parametrize("format_", ["ndjson", "tree", "text"])
def test_out_file(format_: str, file: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    done = run("export", "-T", format_, "-o", str(target), file)
    assert (done.returncode, done.stdout) == (0, b"")
    assert target.read_bytes() == run("export", "-T", format_, "-o", "-", file).stdout


def test_out_file_that_cannot_be_written(file: str, tmp_path: Path) -> None:
    done = run("export", "-T", "ndjson", "-o", str(tmp_path / "no" / "out"), file)
    assert done.returncode == 5
    assert words(done).startswith("nldissect: error: no such file or directory (")


def test_the_input_is_never_overwritten(file: str) -> None:
    before = Path(file).read_bytes()
    done = run("export", "-T", "ndjson", "-o", file, file)
    assert done.returncode == 2
    assert "would overwrite the input" in words(done)
    assert Path(file).read_bytes() == before


CAPTURES = ROOT / "captures"
RING = [str(CAPTURES / f"format-ring-{number}.pcapng") for number in (1, 2)]


@pytest.mark.parametrize("format_", ["ndjson", "tree", "csv", "text", "pcap", "python"])
def test_processes_give_the_same_bytes(format_: str, tmp_path: Path) -> None:
    # More records than one process takes at a time, with answers and dumps across the border.
    packets: list[tuple[int, bytes]] = []
    for number in range(1700):
        packets += [(time + number * SECOND, data) for time, data in TALK]
    file = write(tmp_path / "long.pcap", packets)
    alone = run("export", "-T", format_, file)
    assert alone.returncode == 0
    assert alone.stdout
    together = run("export", "-T", format_, "-j", "3", file)
    assert (together.returncode, words(together)) == (0, "")
    assert together.stdout == alone.stdout


def test_processes_tell_of_a_cut_file_and_of_notes(tmp_path: Path) -> None:
    packets = [TALK[0]] * 5000
    file = Path(write(tmp_path / "cut.pcap", packets))
    file.write_bytes(file.read_bytes()[:-5])
    alone = run("export", "-T", "ndjson", str(file))
    together = run("export", "-T", "ndjson", "-j", "2", str(file))
    assert (together.returncode, together.stdout) == (4, alone.stdout)
    assert words(together) == words(alone)
    whole = write(tmp_path / "whole.pcap", packets)
    assert run("export", "-T", "ndjson", "-j", "2", "--fail-on", "note", whole).returncode == 1


def test_what_warms_up_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither where the capture ends too early: it would come out again."""
    file = Path(write(tmp_path / "cut.pcap", [TALK[0]] * 300))
    file.write_bytes(file.read_bytes()[:-5])
    settings = SimpleNamespace(diagnostics=None)
    never = SimpleNamespace(ready=False)
    with Output(str(tmp_path / "out")) as output, open_session(file) as source:
        writer = writer_class("ndjson")(output.write, source.interfaces)
        writer.hold = 1 << 20
        Printer(output, settings, None)._warm_up(source, writer, never)  # type: ignore[arg-type]
        assert len(writer.out) == 0
    assert (tmp_path / "out").read_bytes() == b""


@pytest.mark.parametrize(
    "options", [[], ["--redact"], ["-Y", "txn.state == open"], ["-Y", "nlmsg.type == 16"],
                ["-Y", "dir == reply"], ["-Y", "note"]],
    ids=" ".join,
)  # fmt: skip
def test_processes_leave_out_and_tell_the_same(options: list[str], tmp_path: Path) -> None:
    stranger = struct.pack(">HHH8xH", 4, 1, 6, 0) + bytes(20)
    unknown = link(16) + nlmsg(99, b"\1\1\0\0" + attr(1, b"k" * 40), 1)
    packets: list[tuple[int, bytes]] = []
    for number in range(1500):
        packets += [(time + number * SECOND, data) for time, data in (*TALK, (0, stranger))]
    packets += [(1500 * SECOND, unknown), (1501 * SECOND, stranger)]
    file = write(tmp_path / "long.pcap", packets, 113)
    alone = run("export", "-T", "csv", *options, file)
    assert alone.stdout
    assert "1501 records of link type 113" in words(alone)
    assert ("1 message that nobody described" in words(alone)) == (options == ["--redact"])
    together = run("export", "-T", "csv", "-j", "2", *options, file)
    assert (together.returncode, words(together)) == (alone.returncode, words(alone))
    assert together.stdout == alone.stdout


def test_a_filter_chooses_the_messages(file: str) -> None:
    objects = [
        json.loads(line)
        for line in lines(run("export", "-T", "ndjson", "-Y", "dir == reply", file))
    ]
    assert [item["n"] for item in objects] == [2]
    assert objects[0]["latency_ns"] == 250_000
    assert objects[0]["txn"] == 1


def test_a_wrong_filter_is_shown_with_a_caret_and_nothing_runs(file: str) -> None:
    done = run("export", "-T", "ndjson", "-Y", "famly == ethtool", file)
    assert (done.returncode, done.stdout) == (2, b"")
    said = words(done).splitlines()
    assert "family" in said[0]
    assert said[-1].lstrip().startswith("^")


def test_columns(file: str) -> None:
    done = run("export", "-T", "csv", "-e", "n", "-e", "rt-link.ifname", file)
    assert lines(done) == ["n,rt-link.ifname", "1,v0", "2,", "3,v0"]
    semicolons = run("export", "-T", "csv", "-E", "separator=;", "-e", "n", "-e", "dir", file)
    assert lines(semicolons)[1] == "1;request"


def test_columns_are_for_tables(file: str) -> None:
    done = run("export", "-T", "ndjson", "-e", "n", file)
    assert done.returncode == 2
    assert "-e is for csv and parquet" in words(done)


@pytest.mark.parametrize("format_", ["pcap", "pcapng"])
def test_a_subset_is_read_again_with_the_same_messages(format_: str, tmp_path: Path) -> None:
    source = str(CAPTURES / "nldemo-talk.pcap")
    target = str(tmp_path / f"subset.{format_}")
    assert (
        run("export", "-T", format_, "-Y", "nlmsg.type >= 0x10", "-o", target, source).returncode
        == 0
    )

    def bodies(file: str, *options: str) -> list[object]:
        found = [json.loads(line) for line in lines(run("export", "-T", "ndjson", *options, file))]
        return [(item["time_ns"], item["nlmsg"], item["attrs"]) for item in found]

    # A record is written as a whole, with all its messages.
    again = bodies(target)
    for body in bodies(source, "-Y", "nlmsg.type >= 0x10"):
        assert body in again


def test_a_ring_is_one_recording() -> None:
    done = run("export", "-T", "ndjson", "--series", *reversed(RING))
    objects = [json.loads(line) for line in lines(done)]
    assert "2 files are read as one recording" in words(done)
    assert [item["n"] for item in objects] == list(range(1, len(objects) + 1))
    times = [item["time_ns"] for item in objects]
    assert times == sorted(times)
    # A dump that begins in the first file ends in the second.
    alone = run("export", "-T", "ndjson", "--no-series", *RING)
    codes = [note["code"] for line in lines(alone) for note in json.loads(line)["notes"]]
    assert "txn.endless" in codes
    assert "txn.orphan" in codes
    assert not [
        note
        for item in objects
        for note in item["notes"]
        if note["code"] in ("txn.endless", "txn.orphan")
    ]


def test_several_inputs_are_told_apart(file: str, tmp_path: Path) -> None:
    other = write(tmp_path / "other.pcap")
    objects = [
        json.loads(line)
        for line in lines(run("export", "-T", "ndjson", "--no-series", file, other))
    ]
    assert [(item["file"], item["n"]) for item in objects] == [
        (path, number) for path in (file, other) for number in (1, 2, 3)
    ]
    table = lines(run("export", "-T", "csv", "-e", "n", "--no-series", file, other))
    assert table == ["n", "1", "2", "3", "1", "2", "3"]


def test_parquet_keeps_all_values_of_a_nest_that_repeats(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    source, target = str(CAPTURES / "nlctrl.pcap"), tmp_path / "out"
    done = run("export", "-T", "parquet", "-e", "nlctrl.ops.id", "-o", str(target), source)
    assert (done.returncode, words(done)) == (0, "")
    told = [json.loads(line) for line in lines(run("export", "-T", "ndjson", source))]
    assert parquet.read_table(target).column("nlctrl.ops.id").to_pylist() == [
        [op["id"] for each in item["attrs"]["ops"] for op in each.values()]
        if item["family"] == "nlctrl" and "ops" in (item["attrs"] or {})
        else None
        for item in told
    ]


def test_parquet_tells_of_values_without_a_place(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    twice = NEWLINK[:16] + nlmsg(16, ifinfomsg() + attr(3, b"v0\0") + attr(3, b"v1\0"), flags=5)
    file = write(tmp_path / "twice.pcap", [(SECOND, twice)] * 2)
    done = run("export", "-T", "parquet", "-e", "rt-link.ifname", "-o", str(tmp_path / "out"), file)
    assert done.returncode == 0
    assert words(done) == (
        "nldissect: warning: 2 values of rt-link.ifname had no place in its column\n"
    )


@pytest.mark.parametrize("format_", ["parquet", "pcap", "pcapng"])
def test_no_input_gives_a_file_that_can_be_read(format_: str, tmp_path: Path) -> None:
    file = write(tmp_path / "empty.pcap", [])
    target = tmp_path / "out"
    assert run("export", "-T", format_, "-o", str(target), file).returncode == 0
    if format_ == "parquet":
        pytest.importorskip("pyarrow.parquet").read_table(target)
    else:
        assert run("show", str(target)).returncode == 0


def test_redacted_exports_hold_no_key() -> None:
    source = str(CAPTURES / "wireguard.pcap")
    plain = [json.loads(line) for line in lines(run("export", "-T", "ndjson", source))]
    keys = {
        item["attrs"]["private-key"]
        for item in plain
        if set(item["attrs"].get("private-key", "")) - {"0"}
    }
    assert keys
    for format_ in ("ndjson", "tree", "csv", "text", "c", "python", "pcap", "pcapng"):
        done = run("export", "-T", format_, "--redact", "--show-secrets", source)
        assert done.returncode == 0
        text = done.stdout.hex() if format_.startswith("pcap") else done.stdout.decode()
        assert not [key for key in keys if key in text.replace(" ", "").replace(",0x", "")]


def test_fail_on_makes_the_exit_code_one(file: str, tmp_path: Path) -> None:
    assert run("show", "--fail-on", "warn", file).returncode == 0
    assert run("show", "--fail-on", "note", write(tmp_path / "ask.pcap", TALK[:1])).returncode == 1
    refused = str(CAPTURES / "nldemo-refuse.pcap")
    assert run("export", "-T", "ndjson", "--fail-on", "note", refused).returncode == 1
    done = run("show", "--fail-on", "fatal", file)
    assert done.returncode == 2
