"""What the kernel's ynl tool printed while a capture was recorded, command by command."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

_COMMAND = re.compile(r"^\$+ (.*)$")
_HEADER = re.compile(
    r"^nl_len = (\d+) \(\d+\) nl_flags = 0x([0-9a-f]+) nl_type = (\d+)"
    r"(?:\n\terror: (-\d+))?(?:\n\textack: (\{.*\}))?",
    re.MULTILINE,
)


@dataclass
class Verdict:
    """An error, or a warning at a dump's end, as ynl prints it."""

    length: int
    flags: int
    type: int
    code: int
    extack: dict[str, Any]


@dataclass
class Run:
    """One call of ynl.

    spec: the specification's file name; mode: do, dump or subscribe; request: its --json.
    sent: whether ynl came as far as to send the request; reply: the JSON that it printed, read.
    """

    line: int
    spec: str
    mode: str
    operation: str
    request: dict[str, Any]
    sent: bool = True
    reply: Any = None
    verdicts: list[Verdict] = field(default_factory=list)


def read(log: Path) -> list[Run]:
    """The calls of ynl in a log, in order; what subscribers print comes with other commands."""
    runs: list[Run] = []
    subscribers: list[Run] = []
    for line, command, output in _commands(log):
        words = _words(command)
        run = _run(line, words) if words[:1] == ["ynl"] else None
        if run is not None and run.mode == "subscribe":
            subscribers.append(run)
        events, other = _split_events(output) if subscribers else (None, output)
        if events is not None:
            subscribers[0].reply = events
            runs.append(subscribers.pop(0))
        if run is not None and run.mode != "subscribe":
            _take_output(run, other)
            runs.append(run)
    return runs


def _commands(log: Path) -> Iterator[tuple[int, str, str]]:
    """Line number, command and output."""
    command, start = "", 0
    output: list[str] = []
    for number, line in enumerate(log.read_text(errors="replace").splitlines(), 1):
        match = _COMMAND.match(line)
        if match:
            yield start, command, "\n".join(output)
            command, start, output = match[1], number, []
        else:
            output.append(line)
    yield start, command, "\n".join(output)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _run(line: int, words: list[str]) -> Run | None:
    options = dict(pairwise(words))
    for mode in ("do", "dump", "subscribe"):
        if f"--{mode}" in options:
            request = json.loads(options.get("--json", "{}"))
            return Run(line, options["--spec"], mode, options[f"--{mode}"], request)
    return None


def _split_events(output: str) -> tuple[list[Any] | None, str]:
    """What a subscriber prints at its end, if it had events, and all other lines."""
    lines = output.splitlines()
    for at, line in enumerate(lines):
        if line.startswith('[{"name": "'):
            events = json.loads(line)
            if all(event.keys() == {"name", "msg"} for event in events):
                return events, "\n".join(lines[:at] + lines[at + 1 :])
    return None, output


def _take_output(run: Run, output: str) -> None:
    run.sent = "self.ops[method]\n" not in output and "self._encode_message(" not in output
    for match in _HEADER.finditer(output):
        length, flags, type_, code, extack = match.groups()
        run.verdicts.append(
            Verdict(
                int(length),
                int(flags, 16),
                int(type_),
                int(code or 0),
                ast.literal_eval(extack) if extack else {},
            )
        )
    for line in output.splitlines():
        if line.startswith(("{", "[")):
            run.reply = json.loads(line)
            return
