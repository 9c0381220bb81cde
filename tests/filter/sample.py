"""Messages of recorded captures, and one catalogue for all tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nldissect.capture.source import open_capture
from nldissect.filter import Catalogue, Filter, compile_filter
from nldissect.learn import Learned
from nldissect.model import Message
from nldissect.session import Session

from ..check import REGISTRY

CAPTURES = Path(__file__).parent.parent.parent / "captures"
CATALOGUE = Catalogue(REGISTRY)


@cache
def messages(name: str) -> tuple[Message, ...]:
    """All messages of a recorded capture."""
    with Session(open_capture(str(CAPTURES / name)), REGISTRY, Learned()) as session:
        return tuple(session)


@cache
def compiled(text: str) -> Filter:
    """A filter over the built-in families."""
    return compile_filter(text, CATALOGUE)


def numbers(text: str, name: str) -> list[int]:
    """The numbers of a capture's messages that a filter matches."""
    return [message.number for message in messages(name) if compiled(text).match(message)]


def count(text: str, name: str = "rt-link.pcap") -> int:
    """How many messages of a capture a filter matches."""
    return len(numbers(text, name))
