"""The whole ordered tree of each message as JSON: spans, values and notes of every node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model import Interface, Message, Node
from .envelope import Envelope, note_object
from .objects import json_bytes
from .writer import Writer as Base


class Writer(Base):
    """Writes messages as lines of JSON; ``write`` takes bytes."""

    parallel = True

    def __init__(self, write: Callable[[bytes], object], interfaces: Sequence[Interface]) -> None:
        super().__init__(write)
        self._envelope = Envelope(interfaces)

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow."""
        self._envelope = Envelope(interfaces, file)

    def message(self, message: Message) -> None:
        """Writes one message."""
        layers = json_bytes([node_object(layer, "") for layer in message.layers])
        self._envelope.write(self.out, message, b'"layers":' + layers)
        self.end()


def node_object(node: Node, above: str) -> dict[str, object]:
    """A node as JSON has it, below the path ``above``; what holds others has no value itself."""
    path = f"{above}.{node.name}" if above else node.name
    for note in node.notes:
        note.path = path
    return {
        "name": node.name,
        "c_name": node.c_name,
        "kind": node.kind,
        "start": node.start,
        "end": node.end,
        "value": None if node.kind in ("nest", "header") else node.value,
        "display": node.display,
        "children": [node_object(child, path) for child in node.children],
        "notes": [note_object(note) for note in node.notes],
    }
