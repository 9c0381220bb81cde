"""One JSON object per message, made for jq; ``attrs`` has the shape of the kernel's ynl tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..model import Interface, Message
from .envelope import Envelope


class Writer:
    """Writes messages as lines of JSON; ``write`` takes bytes."""

    parallel: Final = True

    def __init__(self, write: Callable[[bytes], object], interfaces: Sequence[Interface]) -> None:
        self._write = write
        self._envelope = Envelope(interfaces)

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow."""
        self._envelope = Envelope(interfaces, file)

    def message(self, message: Message) -> None:
        """Writes one message."""
        envelope = self._envelope
        encode = envelope.encode
        attrs = message.attrs
        header = message.header
        self._write(
            f"{envelope.open(message)},"
            f'"header":{"null" if header is None else encode(header).decode()},'
            f'"attrs":{encode(attrs).decode() if attrs else "{}"}{envelope.error(message)}'
            f"{envelope.end(message)}".encode()
        )

    def close(self) -> None:
        """Nothing is held back."""
