"""One JSON object per message, made for jq; ``attrs`` has the shape of the kernel's ynl tool.

Equal bytes under equal tables give equal text, which is kept for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..dissect import Plan
from ..model import Interface, Message
from ..spec.sets import AttrSet
from ..spec.structs import StructType
from .envelope import Envelope

_KEEP_BYTES: Final = 4096
_KEEP_CHARS: Final = 1 << 25


class Writer:
    """Writes messages as lines of JSON; ``write`` takes bytes."""

    parallel: Final = True

    def __init__(self, write: Callable[[bytes], object], interfaces: Sequence[Interface]) -> None:
        self._write = write
        self._envelope = Envelope(interfaces)
        self._bodies: dict[
            tuple[AttrSet | None, StructType | None, int, bool], dict[bytes, str]
        ] = {}
        self._kept_chars = 0

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow."""
        self._envelope = Envelope(interfaces, file)

    def message(self, message: Message) -> None:
        """Writes one message."""
        envelope = self._envelope
        body = self._body(message)
        self._write(
            f"{envelope.open(message)},{body}{envelope.error(message)}"
            f"{envelope.end(message)}".encode()
        )

    def _body(self, message: Message) -> str:
        """The members ``header`` and ``attrs``."""
        plan = message.plan
        assert isinstance(plan, Plan)
        data = message.record.data
        size = message.end - plan.header_at
        if not plan.regular or size > _KEEP_BYTES or message.record.wire_len > len(data):
            return self._content(message)
        key = (plan.set, plan.header, plan.attrs_at - plan.header_at,
               message.direction == "request")  # fmt: skip
        kept = self._bodies.get(key)
        if kept is None:
            kept = self._bodies[key] = {}
        body = data[plan.header_at : message.end]
        text = kept.get(body)
        if text is not None:
            message.take_notes([])
            return text
        text = self._content(message)
        if message.unremarked:
            self._kept_chars += len(text) + size + 200
            if self._kept_chars > _KEEP_CHARS:
                for bodies in self._bodies.values():
                    bodies.clear()
                self._kept_chars = len(text)
            kept[body] = text
        return text

    def _content(self, message: Message) -> str:
        encode = self._envelope.encode
        attrs = message.attrs
        header = message.header
        return (
            f'"header":{"null" if header is None else encode(header).decode()},'
            f'"attrs":{encode(attrs).decode() if attrs else "{}"}'
        )

    def close(self) -> None:
        """Nothing is held back."""
