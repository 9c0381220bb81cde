"""``notes``: the list, the help of a code, and words for an unknown one."""

from __future__ import annotations

import json

from nldissect.notes import CATALOGUE

from .capture_file import lines, run, words


def test_the_list() -> None:
    head, *rows = lines(run("notes"))
    assert head.split() == ["code", "severity", "summary"]
    assert [row.split()[0] for row in rows] == sorted(CATALOGUE)
    assert "value.range          note      The value is outside the range" in "\n".join(rows)


def test_the_help_of_a_code() -> None:
    first, second, *rest = lines(run("notes", "txn.endless"))
    assert first == "txn.endless (warn)"
    assert second == "  The dump has no end in the capture."
    assert " ".join(line.strip() for line in rest) == CATALOGUE["txn.endless"].help


def test_json() -> None:
    document = json.loads(run("notes", "--json").stdout)
    assert {entry["code"]: entry["severity"] for entry in document["notes"]} == {
        code: entry.severity for code, entry in CATALOGUE.items()
    }
    (entry,) = json.loads(run("notes", "--json", "attr.unknown").stdout)["notes"]
    assert set(entry) == {"code", "severity", "summary", "help"}


def test_an_unknown_code() -> None:
    done = run("notes", "attr.len.overun")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "did you mean attr.len.overrun" in words(done)
