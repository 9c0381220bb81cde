"""Captures whose recorder knew processes and lost packets, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import attributed
from tests.capture import build

from .capture_file import lines, run, words

LABELS = ["", "ip[1234]", "dhcpcd[5678]", "nldissect[77]", ""]
DROPPED = "nldissect: warning: the recorder dropped 12 packets of nlmon0 ({})\n"


@pytest.fixture(params=["<", ">"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / "x.pcapng"
    path.write_bytes(attributed.capture(request.param))
    return str(path)


def test_lines_end_with_the_process(file: str) -> None:
    shown = lines(run("show", file))
    assert [line.endswith(label) for line, label in zip(shown, LABELS)] == [True] * 5
    assert "[" not in shown[0] + shown[4]
    tree = lines(run("show", "-V", file))
    assert [line for line in tree if "[1234]" in line] == [shown[1]]


def test_the_pipe_and_the_file_read_the_same(file: str) -> None:
    data = Path(file).read_bytes()
    of_file, of_pipe = run("show", file), run("show", "-", data=data)
    assert of_file.stdout == of_pipe.stdout
    assert (words(of_file), words(of_pipe)) == (DROPPED.format(file), DROPPED.format("-"))
    assert of_file.returncode == of_pipe.returncode == 0
    told = [
        [json.loads(line).get("process") for line in lines(done)]
        for done in (run("export", "-T", "ndjson", file),
                     run("export", "-T", "ndjson", "-", data=data))
    ]  # fmt: skip
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("filter_", "numbers"),
    [
        ('process == "ip"', [1, 2]),
        ("process", [1, 2, 3, 4]),
        ("!process", [5]),
        ("process.by == self", [4]),
        ("!(process.by == self)", [1, 2, 3, 5]),
        ("process.by == exec || process.pid == 5678", [1, 2, 3]),
        ('process matches "^DHCP"', [3]),
    ],
)
def test_filters(filter_: str, numbers: list[int], file: str) -> None:
    done = run("export", "-T", "ndjson", "-Y", filter_, file)
    assert [json.loads(line)["n"] for line in lines(done)] == numbers


def test_a_wrong_way_of_knowing_is_told_the_right_ones(file: str) -> None:
    done = run("show", "-Y", "process.by == magic", file)
    assert done.returncode == 2
    assert "exec" in words(done)


def test_columns(file: str) -> None:
    columns = ("-e", "n", "-e", "process", "-e", "process.pid", "-e", "process.by")
    done = run("export", "-T", "csv", *columns, "-Y", "n > 1", file)
    assert lines(done)[1:] == ["2,ip,1234,exec", "3,dhcpcd,5678,socket", "4,nldissect,77,self",
                               "5,,,"]  # fmt: skip


@pytest.mark.parametrize("options", [(), ("--redact",)])
def test_a_part_that_is_exported_keeps_the_processes(
    options: tuple[str, ...], file: str, tmp_path: Path
) -> None:
    part = str(tmp_path / "part.pcapng")
    done = run("export", "-T", "pcapng", "-o", part, "-Y", "nlmsg.pid == 1234", *options, file)
    assert done.returncode == 0
    again = run("show", part)
    assert [line.split()[-1] for line in lines(again)] == LABELS[1:3]
    assert words(again) == "", "what was dropped is not said of a part"


def test_a_stream_that_is_exported_keeps_the_processes(file: str, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.pcapng")
    run("export", "-T", "pcapng", "-o", copy, "-", data=Path(file).read_bytes())
    assert lines(run("show", copy)) == lines(run("show", file))


def test_files_of_a_ring_are_told_of_once(tmp_path: Path) -> None:
    paths: list[str] = []
    for place in range(2):
        data = build.pcapng([(attributed.START + place, attributed.ACK)])
        data += build.statistics([(4, 9), (5, place + 1)])
        path = tmp_path / f"x_0000{place}_2026112212000{place}.pcapng"
        path.write_bytes(data)
        paths.append(str(path))
    said = words(run("show", *paths))
    assert said.count("dropped 2 packets of nlmon0") == said.count("dropped") == 1


def test_one_packet_of_an_interface_without_a_name(tmp_path: Path) -> None:
    data = build.section() + build.interface() + build.statistics([(7, 1)])
    (tmp_path / "x").write_bytes(data)
    done = run("show", str(tmp_path / "x"))
    assert done.returncode == 0
    assert "the recorder dropped 1 packet of an interface (" in words(done)


def test_many_interfaces_that_lost_packets(tmp_path: Path) -> None:
    data = build.section() + b"".join(build.interface(name=f"nlmon{n}") for n in range(9))
    data += b"".join(build.statistics([(5, 2)], interface=n) for n in range(9))
    (tmp_path / "x").write_bytes(data)
    said = words(run("show", str(tmp_path / "x"))).splitlines()
    assert len(said) == 4
    assert "and 12 of others" in said[3]


def test_top_talkers_have_names(file: str) -> None:
    done = run("stats", "--by", "ports", "--json", file)
    [table] = json.loads(done.stdout)["tables"]
    found = {row["port"]: row["process"] for row in table["rows"]}
    assert found == {1234: "dhcpcd[5678]", 77: "nldissect[77]", 99: None}
    assert "dhcpcd[5678]" in run("stats", "--by", "ports", file).stdout.decode()
