"""Every value that is printed is one that a filter knows: ``FIELD == value`` finds its message."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from nldissect.filter import compile_filter
from nldissect.filter.shapes import family_word, spelled
from nldissect.filter.syntax import Text
from nldissect.model import Message
from nldissect.text import Json
from nldissect.wire.consts import NLMSG_OVERRUN

from .sample import CAPTURES, CATALOGUE, messages

NAMES = sorted(path.name for path in CAPTURES.glob("*.pcap*") if path.name != "format-snaplen.pcap")
BARE = re.compile(r"(?:[\w:/+@%-]|\.(?!\.))+(?:\(\w+\))?")
MOST = 150


def leaves(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    """What stands inside a value, with the names on the way to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, spelled(name)))
    elif isinstance(value, list):
        for inner in value:
            # An element of an indexed array stands in an object of its index.
            if isinstance(inner, dict) and len(inner) == 1 and next(iter(inner)).isdigit():
                (inner,) = inner.values()
            yield from leaves(inner, path)
    elif value is not None:
        yield path, value


def literals(kind: str, value: Json) -> list[str]:
    """A printed value as it can be written in a filter."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if not isinstance(value, str):
        return [str(value)]
    quoted = str(Text(value))
    # A text needs its quotes, and any value could be one.
    bare = kind not in ("string", "any") and BARE.fullmatch(value)
    return [quoted, value] if bare else [quoted]


def asked(message: Message) -> Iterator[str]:
    """A filter for each leaf of a message."""
    if not message.family or 0 < message.type <= NLMSG_OVERRUN:
        return
    for root, value in (((), message.attrs), (("header",), message.header)):
        for path, leaf in leaves(value, (family_word(message.family), *root)):
            name = ".".join(path)
            field = CATALOGUE.field(name)
            kind = field.kind
            kinds = {shape.kind for source in field.sources for shape in source.shapes}
            if kind == "object" or ("ipv4-or-v6" in kinds and str(leaf).isalnum()):
                # Bytes of which nobody knows what is in them, addresses of other protocols.
                continue
            if kind == "flags" and not isinstance(leaf, str):
                kind = "uint"
            for literal in literals(kind, leaf):
                # A number is all the bits of flags, which are listed one by one.
                if kind != "flags" or not literal.startswith("0x"):
                    yield f"{name} == {literal}"


@pytest.mark.parametrize("name", NAMES)
def test_printed_values_are_literals(name: str) -> None:
    pairs = {text: message for message in messages(name) for text in asked(message)}
    some = random.Random(name).sample(sorted(pairs), min(MOST, len(pairs)))
    for text in some:
        assert compile_filter(text, CATALOGUE).match(pairs[text]), (text, pairs[text].number)
