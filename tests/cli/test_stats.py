"""``stats``: tables for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .capture_file import TALK, lines, run, words, write


@pytest.fixture
def file(tmp_path: Path) -> str:
    return write(tmp_path / "talk.pcap")


def test_the_tables_that_are_asked_for(file: str) -> None:
    assert lines(run("stats", "--by", "transactions", "--by", "ports", file)) == [
        "How transactions end",
        "outcome        transactions  messages",
        "complete                  1         2",
        "notifications             1         1",
        "",
        "Top talkers by port id",
        "port  protocol  messages  bytes  requests  answers  errors     first      last",
        "  41  route            2     92         1        1       0  0.000000  0.000250",
    ]


def test_the_usual_tables(file: str) -> None:
    shown = lines(run("stats", file))
    assert shown[0] == "Capture"
    assert "How transactions end" in shown
    assert "Messages over time" in shown
    assert "Payload that is understood" not in shown


def test_json_has_exact_numbers_and_filters(file: str) -> None:
    document = json.loads(run("stats", "--json", "--by", "time", "--by", "latency", file).stdout)
    latency, histogram, time = document["tables"]
    assert [table["name"] for table in document["tables"]] == [
        "latency", "latency-histogram", "time",
    ]  # fmt: skip
    assert latency["rows"][0]["median"] == 250_000
    assert histogram["rows"][0]["filter"] == "latency >= 200us && latency < 500us"
    assert time["rows"][0]["start"] == TALK[0][0]
    assert sum(row["messages"] for row in time["rows"]) == 3
    assert time["columns"][0] == {"name": "start", "kind": "time"}


def test_filters_beside_the_rows(file: str) -> None:
    shown = lines(run("stats", "--by", "hierarchy", "--filters", file))
    assert shown[1].endswith("  filter")
    assert shown[4].endswith("  family == rt-link")


def test_several_files_are_counted_together(file: str) -> None:
    document = json.loads(run("stats", "--json", "--by", "capture", file, file).stdout)
    (row,) = document["tables"][0]["rows"]
    assert (row["records"], row["messages"], row["span"]) == (6, 6, 1_000_000_000)


def test_nothing_to_count(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.pcap", [])
    done = run("stats", empty)
    assert (done.returncode, lines(done)) == (0, ["no messages"])
    document = json.loads(run("stats", "--json", "--by", "ports", empty).stdout)
    assert document["tables"][0]["rows"] == []


def test_a_wrong_table_is_told_the_right_one(file: str) -> None:
    done = run("stats", "--by", "operation", file)
    assert done.returncode == 2
    assert "did you mean operations" in words(done)


def test_a_cut_file_is_counted_up_to_the_cut(file: str) -> None:
    path = Path(file)
    path.write_bytes(path.read_bytes()[:-3])
    done = run("stats", "--by", "capture", file)
    assert done.returncode == 4
    records, _, messages, *_ = lines(done)[2].split()
    assert (records, messages) == ("2", "2")
