"""One large capture out of many small ones, in which no two copies of a message are the same."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Message, Node
from nldissect.registry import Registry
from nldissect.wire.consts import LINKTYPE_NETLINK

CAPTURES: Final = Path(__file__).parents[2] / "captures"
SNAPLEN: Final = 262144
START_NS: Final = 1_700_000_000_000_000_000
GAP_NS: Final = (5_000, 400_000)
KEPT: Final = "nlctrl"
"""The family whose values stay as they are: it tells what the other messages are."""


@dataclass
class Template:
    """A record, and where a copy of it may differ.

    numbers: offsets of sequence numbers and port ids other than 0; counters: of 64-bit values.
    """

    data: bytes
    messages: int
    numbers: list[int] = field(default_factory=list)
    counters: list[int] = field(default_factory=list)


def templates(paths: Iterable[Path]) -> list[Template]:
    """All whole little-endian netlink records of link type 253, in order."""
    registry = Registry(plugins=False)
    found: list[Template] = []
    for path in paths:
        with open_capture(str(path)) as capture:
            dissector = Dissector(registry, Learned(), capture.interfaces)
            dissector.survey(capture)
            for record in capture:
                if record.link_type == LINKTYPE_NETLINK and record.wire_len == len(record.data):
                    messages = dissector.dissect(record)
                    if messages and all(item.order == "little" for item in messages):
                        found.append(template(record.data, messages))
    return found


def template(data: bytes, messages: list[Message]) -> Template:
    """Finds what may vary in a record."""
    made = Template(data, len(messages))
    for message in messages:
        if message.type < 0:
            continue
        if message.seq:
            made.numbers.append(message.start + 8)
        if message.pid:
            made.numbers.append(message.start + 12)
        if message.family != KEPT:
            collect_counters(message.layers, made.counters)
    return made


def collect_counters(nodes: list[Node], counters: list[int]) -> None:
    """Appends where 64-bit integers begin."""
    for node in nodes:
        if node.kind == "field" and node.end - node.start == 8 and type(node.value) is int:
            counters.append(node.start)
        collect_counters(node.children, counters)


def write(out: BinaryIO, sources: list[Template], copies: int) -> int:
    """Writes a classic pcap with nanoseconds; gives how many messages it holds."""
    rng = random.Random(1)
    out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAPLEN, LINKTYPE_NETLINK))
    clock = START_NS
    for copy in range(copies):
        for source in sources:
            clock += rng.randrange(*GAP_NS)
            data = bytearray(source.data)
            for at in source.numbers:
                (number,) = struct.unpack_from("<I", data, at)
                struct.pack_into("<I", data, at, (number + copy * 1000) & 0xFFFFFFFF)
            for at in source.counters if copy else ():
                data[at : at + 2] = rng.randbytes(2)
            seconds, rest = divmod(clock, 1_000_000_000)
            out.write(struct.pack("<IIII", seconds, rest, len(data), len(data)))
            out.write(data)
    return copies * sum(source.messages for source in sources)


def write_file(path: Path, sources: list[Template], copies: int) -> int:
    """Writes a capture; gives how many messages it holds."""
    with path.open("wb") as out:
        return write(out, sources, copies)
