"""``export``: formats, files and limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .capture_file import lines, run, words, write


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
