"""What holds for every record, however broken: the checks that many tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nldissect import dissect
from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node, Note, Record, place_notes
from nldissect.registry import Registry

CHANGEABLE = pytest.mark.skipif(
    dissect.__file__.endswith(".so"), reason="the methods of compiled classes cannot be replaced"
)

REGISTRY = Registry(plugins=False)


def dissector(
    link_type: int = 253, *, order: str | None = None, learning: bool = False
) -> Dissector:
    """A dissector for records made in a test."""
    interfaces = [Interface(0, link_type, 262144, "", "", "little")]
    return Dissector(REGISTRY, Learned(), interfaces, order=order, learning=learning)


def leaves(node: Node) -> Iterator[Node]:
    """The nodes without children."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def note_keys(notes: list[Note]) -> list[tuple[str, str, str, str, int, int]]:
    """Notes as comparable tuples."""
    return [(n.severity, n.code, n.message, n.path, n.start, n.end) for n in notes]


def check_record(dissector: Dissector, record: Record) -> list[Message]:
    """Leaves tile the record; the quick reading and the tree agree in values and notes."""
    messages = dissector.dissect(record)
    at = 0
    for message in messages:
        attrs, notes = message.attrs, note_keys(message.notes)
        message.header, message.error  # noqa: B018
        layers = message.layers
        for layer in layers:
            for leaf in leaves(layer):
                assert leaf.start == at, (leaf.name, leaf.start, at)
                assert leaf.end >= leaf.start
                at = leaf.end
            assert isinstance(layer.display, str)
        trees = [layer.value for layer in layers if layer.name == "attrs"]
        if trees and isinstance(trees[0], dict):
            assert trees[0] == attrs
        assert note_keys(place_notes(layers, message.noted)) == notes
    if messages:
        assert at == len(record.data)
    return messages
