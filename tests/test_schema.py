"""Every line of both JSON exports is what the package's JSON Schema says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import nldissect
from nldissect.export import writer_class
from nldissect.model import Message

from . import attributed
from .differential.captures import CAPTURES, messages

SCHEMA = json.loads((Path(nldissect.__file__).parent / "schema.json").read_text())


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def kind(message: Message) -> tuple[object, ...]:
    """What the shape of a message's tree depends on."""
    codes = frozenset(note.code for note in message.notes)
    where = (message.type, message.direction, message.first)
    return (message.family, message.operation, where, codes)


def check(format_: str, found: list[Message]) -> None:
    validator = Draft202012Validator(SCHEMA)
    lines: list[bytes] = []
    writer = writer_class(format_)(lines.append, [])
    for message in found:
        writer.message(message)
    writer.close()
    assert len(lines) == len(found) > 0
    for line in lines:
        assert line.endswith(b"}\n")
        assert [error.message for error in validator.iter_errors(json.loads(line))] == []


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_every_line_of_ndjson(path: Path) -> None:
    check("ndjson", messages(path)[::3])


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_a_tree_of_each_kind(path: Path) -> None:
    check("tree", list({kind(message): message for message in messages(path)}.values()))


@pytest.mark.parametrize("format_", ["ndjson", "tree"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_processes(format_: str, order: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(attributed.capture(order))
    found = messages(path)
    check(format_, found)
    lines: list[bytes] = []
    writer = writer_class(format_)(lines.append, [])
    for message in found:
        writer.message(message)
    told = [json.loads(line).get("process") for line in lines]
    assert [one and (one["name"], one["pid"], one["by"]) for one in told] == attributed.WHOSE
