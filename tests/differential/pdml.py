"""What tshark reads in a capture: its fields with their places, packet by packet."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Final

TSHARK: Final = which("tshark")
SOME: Final = "frame.number <= 150 || frame.number % 4 == 0"
"""tshark takes its time for the many alike of a large capture."""

_LABEL = re.compile(r"(?:^|[ .] )(?:[^:=]*: )([A-Z][A-Z0-9]*_[A-Z0-9_]+) \(-?\d+\)$")


@dataclass(frozen=True)
class Field:
    """A field's name, its span in the packet, tshark's value and its whole line of text.

    masked: only some bits of the span are meant.
    """

    name: str
    start: int
    end: int
    show: str
    line: str
    masked: bool

    @property
    def label(self) -> str:
        """The C constant that names the value, "" where the line has none."""
        match = _LABEL.search(self.line)
        return "" if match is None else match[1]


@dataclass(frozen=True)
class Packet:
    """A packet: ``frame`` is about the packet itself, by name; ``fields`` are those with bytes."""

    frame: dict[str, str]
    fields: list[Field]


def packets(capture: Path) -> Iterator[Packet]:
    """The packets that ``SOME`` lets through, read in two passes as our dissector does."""
    command = [TSHARK or "tshark", "-n", "-2", "-Y", SOME, "-T", "pdml", "-r", str(capture)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for _, element in ET.iterparse(process.stdout):
            if element.tag == "packet":
                yield _packet(element)
                element.clear()


def _packet(element: ET.Element) -> Packet:
    frame: dict[str, str] = {}
    fields: list[Field] = []
    for field in element.iter("field"):
        name, size = field.get("name", ""), int(field.get("size", "0"))
        if name.startswith("frame."):
            frame[name] = field.get("show", "")
        elif size:
            start = int(field.get("pos", "0"))
            fields.append(
                Field(
                    name,
                    start,
                    start + size,
                    field.get("show", ""),
                    field.get("showname", ""),
                    field.get("unmaskedvalue") is not None,
                )
            )
    return Packet(frame, fields)
