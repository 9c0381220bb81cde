"""The mixed capture holds what the sources hold, over and over, and never the same bytes."""

from __future__ import annotations

from pathlib import Path

from nldissect.model import Message

from ..differential.captures import CAPTURES, messages
from . import mix

SOURCE = next(path for path in CAPTURES if path.name == "nldemo-talk.pcap")


def named(found: list[Message]) -> list[tuple[str, str]]:
    return [(message.family, message.operation) for message in found]


def test_copies_differ_in_numbers_alone(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.pcap"
    sources = mix.templates([SOURCE])
    with mixed.open("wb") as out:
        count = mix.write(out, sources, 3)
    found, original = messages(mixed), messages(SOURCE)
    assert len(found) == count == 3 * len(original)
    assert named(found) == 3 * named(original)
    times = [message.record.time_ns or 0 for message in found]
    assert times == sorted(times)
    first, second = found[: len(original)], found[len(original) : 2 * len(original)]
    assert [message.record.data for message in first] == [item.record.data for item in original]
    for ours, other in zip(first, second, strict=True):
        assert ours.flags == other.flags
        assert ours.attrs.keys() == other.attrs.keys()
        assert not ours.seq or ours.seq != other.seq
