"""Messages to files: one module per format, imported when it is used."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, Protocol

from ..model import Interface, Message

FORMATS: Final = {
    "ndjson": "nldissect.export.ndjson:Writer",
    "tree": "nldissect.export.tree:Writer",
    "text": "nldissect.export.text:Writer",
    "pcap": "nldissect.export.pcap:PcapWriter",
    "pcapng": "nldissect.export.pcap:PcapngWriter",
    "csv": "nldissect.export.csv:Writer",
    "parquet": "nldissect.export.parquet:Writer",
    "c": "nldissect.export.vectors:C",
    "python": "nldissect.export.vectors:Python",
    "rust": "nldissect.export.vectors:Rust",
    "go": "nldissect.export.vectors:Go",
}
"""Format name to ``module:class``; the class is called with (write, interfaces)."""


BINARY: Final = frozenset(("parquet", "pcap", "pcapng"))
COLUMNS: Final = frozenset(("csv", "parquet"))
VALUES: Final = BINARY | COLUMNS | {"ndjson"}
"""Those without the names that stand beside numbers."""


class Writer(Protocol):
    """What every format offers; parallel: whether several processes may write parts of an input."""

    @property
    def parallel(self) -> bool: ...

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow; file: its name, where it is to be told."""

    def message(self, message: Message) -> None:
        """Writes a message."""

    def close(self) -> None:
        """Writes what was held back."""


def writer_class(format_: str) -> Any:
    """The class behind a name of FORMATS; raises KeyError for any other name."""
    module, _, name = FORMATS[format_].partition(":")
    return getattr(import_module(module), name)
