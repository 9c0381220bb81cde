"""Every line of both JSON exports is what the package's JSON Schema says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import nldissect
from nldissect.export import writer_class

from .differential.captures import CAPTURES, messages

SCHEMA = json.loads((Path(nldissect.__file__).parent / "schema.json").read_text())


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("format_", ["ndjson", "tree"])
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_lines_are_valid(path: Path, format_: str) -> None:
    validator = Draft202012Validator(SCHEMA)
    found = messages(path)
    lines: list[bytes] = []
    writer = writer_class(format_)(lines.append, [])
    for number, message in enumerate(found, 1):
        writer.message(number, message)
    writer.close()
    assert len(lines) == len(found) > 0
    for line in lines:
        assert line.endswith(b"}\n")
        assert [error.message for error in validator.iter_errors(json.loads(line))] == []
