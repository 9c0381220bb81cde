"""Messages to files: one module per format, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, Protocol

from ..model import Message

FORMATS: Final = {
    "ndjson": "nldissect.export.ndjson:Writer",
    "tree": "nldissect.export.tree:Writer",
    "text": "nldissect.export.text:Writer",
}
"""Format name to ``module:class``; the class is called with (write, interfaces)."""


class Writer(Protocol):
    """What every format offers."""

    def message(self, message: Message) -> None:
        """Writes a message."""

    def close(self) -> None:
        """Writes what was held back."""


def writer_class(format_: str) -> Any:
    """The class behind a name of FORMATS; raises KeyError for any other name."""
    module, _, name = FORMATS[format_].partition(":")
    return getattr(import_module(module), name)
