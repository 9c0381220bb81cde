"""Specifications for the tests of this directory."""

from pathlib import Path

from nldissect.spec.canonical import Spec, canonical
from nldissect.spec.lint import Problem, check
from nldissect.spec.source import parse

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("*.yaml"))

SPDX = "# SPDX-License-Identifier: BSD-3-Clause\n"
SETS = "attribute-sets:\n- {name: a, attributes: [{name: x, type: u8}]}\n"
OPERATIONS = "operations: {list: [{name: get, attribute-set: a, do: {}}]}\n"


def problems(body: str, *, sets: str = SETS, operations: str = OPERATIONS) -> list[Problem]:
    """The problems of a small specification; line 1 is SPDX, line 2 the name, body follows."""
    return check(parse(f"{SPDX}name: demo\n{body}{sets}{operations}", "demo.yaml"))


def spec(text: str) -> Spec:
    """The canonical form of a specification without mistakes, given as YAML."""
    read = parse(SPDX + text, "demo.yaml")
    assert [problem for problem in check(read) if problem.severity == "error"] == []
    return canonical({**read.data, "license": read.license})
