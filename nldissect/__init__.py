"""Dissect netlink: captures of Linux nlmon interfaces become trees of named bytes.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .datagram import decode
    from .dissect import Dissector
    from .encoder import encode
    from .errors import (
        CaptureError,
        FilterError,
        NldissectError,
        NotACapture,
        OutputError,
        SpecError,
        TruncatedCapture,
        UsageError,
    )
    from .filter import Catalogue, Filter, compile_filter
    from .learn import Learned
    from .model import Interface, Message, Node, Note, Record, Transaction
    from .registry import Registry
    from .session import Exchange, Session, open_session as open
    from .spec.load import load_spec

__version__ = "0.1.0"

__all__ = [
    "CaptureError",
    "Catalogue",
    "Dissector",
    "Exchange",
    "Filter",
    "FilterError",
    "Interface",
    "Learned",
    "Message",
    "NldissectError",
    "Node",
    "NotACapture",
    "Note",
    "OutputError",
    "Record",
    "Registry",
    "Session",
    "SpecError",
    "Transaction",
    "TruncatedCapture",
    "UsageError",
    "compile_filter",
    "decode",
    "encode",
    "load_spec",
    "open",
]

_HOMES: Final = {
    "datagram": ("decode",),
    "dissect": ("Dissector",),
    "encoder": ("encode",),
    "errors": (
        "CaptureError",
        "FilterError",
        "NldissectError",
        "NotACapture",
        "OutputError",
        "SpecError",
        "TruncatedCapture",
        "UsageError",
    ),
    "filter": ("Catalogue", "Filter", "compile_filter"),
    "learn": ("Learned",),
    "model": ("Interface", "Message", "Node", "Note", "Record", "Transaction"),
    "registry": ("Registry",),
    "session": ("Exchange", "Session", "open"),
    "spec.load": ("load_spec",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            module = import_module(f".{home}", __name__)
            value = getattr(module, "open_session" if name == "open" else name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
