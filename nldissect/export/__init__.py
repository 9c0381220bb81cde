"""Messages to files: one module per format, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from .writer import Writer

__all__ = ["BINARY", "COLUMNS", "FORMATS", "VALUES", "Writer", "writer_class"]

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


def writer_class(format_: str) -> Any:
    """The class behind a name of FORMATS; raises KeyError for any other name."""
    module, _, name = FORMATS[format_].partition(":")
    return getattr(import_module(module), name)
