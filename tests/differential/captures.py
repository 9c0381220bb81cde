"""The repository's captures and what they hold."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.errors import TruncatedCapture
from nldissect.learn import Learned
from nldissect.model import Message
from nldissect.registry import Registry
from nldissect.spec.load import load_spec

FOLDER: Final = Path(__file__).parents[2] / "captures"
CAPTURES: Final = sorted(FOLDER.glob("*.pcap*"))


@cache
def registry() -> Registry:
    """The built-in families and nldemo, whose module some captures show."""
    families = Registry(plugins=False)
    families.register(load_spec(FOLDER / "record" / "nldemo" / "nldemo.yaml"))
    return families


def messages(path: Path) -> list[Message]:
    """All messages of a capture, with the whole file learned from."""
    with open_capture(str(path)) as capture:
        learned = Learned()
        dissector = Dissector(registry(), learned, capture.interfaces)
        found: list[Message] = []
        # A capture may end inside a record: what stands before that counts.
        with suppress(TruncatedCapture):
            dissector.survey(capture)
        with suppress(TruncatedCapture):
            for record in capture:
                found.extend(dissector.dissect(record))
        return found
