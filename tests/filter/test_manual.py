"""What the manual shows is what the language takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nldissect.filter import Catalogue, compile_filter
from nldissect.registry import Registry

MANUAL = (Path(__file__).parent.parent.parent / "docs" / "filter.md").read_text()
EXAMPLES = [line.strip() for line in re.findall(r"^    (?!nldissect)(.+)$", MANUAL, re.M)]
CELLS = [
    code.replace("\\|", "|")
    for line in MANUAL.splitlines()
    if line.startswith("| `") and "…" not in line
    for code in re.findall(r"`([^`]+)`", line.split(" | ")[0])
    if " " in code and not code.startswith(("and or", "&&", "( )"))
]


@pytest.mark.parametrize("text", EXAMPLES + CELLS)
def test_examples_compile(text: str) -> None:
    assert compile_filter(text, Catalogue(Registry(plugins=False))).text == text


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 10
    assert len(CELLS) > 10
