"""The records of messages as a capture again, bytes untouched."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..capture import write as capture
from ..model import Interface, Message, Record
from .writer import Writer as Base


class _Writer(Base):
    """Writes the record of each message once; the messages of a record follow each other."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        writer: capture.PcapWriter | capture.PcapngWriter,
    ) -> None:
        super().__init__(write)
        self._writer = writer
        self._last: Record | None = None

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's records follow."""
        self._writer.begin(interfaces)

    def message(self, message: Message) -> None:
        """Writes the message's record unless the message before it has the same."""
        record = message.record
        if record is not self._last:
            self._last = record
            self._writer.record(record)

    def close(self) -> None:
        """Writes what a file needs that has no record."""
        self._writer.close()


class PcapWriter(_Writer):
    """Classic pcap. ``message`` raises UsageError at a second link type."""

    def __init__(self, write: Callable[[bytes], object], interfaces: Sequence[Interface]) -> None:
        super().__init__(write, capture.PcapWriter(write, interfaces))


class PcapngWriter(_Writer):
    """pcapng: interfaces and comments as well."""

    def __init__(self, write: Callable[[bytes], object], interfaces: Sequence[Interface]) -> None:
        super().__init__(write, capture.PcapngWriter(write, interfaces))
