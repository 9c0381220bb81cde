"""Records as a stream of pcapng bytes: what is several files is read like one pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

from nldissect.capture.series import Series, group
from nldissect.capture.source import WAIT_S, Capture
from nldissect.capture.write import PcapngWriter
from nldissect.model import Interface, Record

_CHUNK: Final = 1 << 16
_SECTIONS: Final = {"little": 0, "big": 1}


class Packed:
    """A pcapng stream made of records.

    interfaces: those of the records; it grows before a record of a new one comes. Interfaces of
    one byte order are in one section.
    """

    def __init__(self, records: Iterator[Record], interfaces: Sequence[Interface]) -> None:
        self._records: Iterator[Record] | None = records
        self._source = interfaces
        self._interfaces: list[Interface] = []
        self._blocks: list[bytes] = []
        self._size = 0
        self._writer = PcapngWriter(self._write, self._interfaces)

    def read(self) -> bytes:
        """The next blocks, whole ones: 64 KiB or more, less where records are slow to come.

        b"" at the end. Raises what the records raise.
        """
        if self._records is None:
            return b""
        late = monotonic() + WAIT_S
        for record in self._records:
            self._describe()
            self._writer.record(record)
            if self._size >= _CHUNK or monotonic() > late:
                return self._taken()
        self._records = None
        self._describe()
        self._writer.close()
        self._tell_counts()
        return self._taken()

    def _describe(self) -> None:
        """Has the writer know the interfaces that are new."""
        for one in self._source[len(self._interfaces) :]:
            section = _SECTIONS[one.order_hint]
            copy = Interface(
                section, one.link_type, one.snaplen, one.name, one.description, one.order_hint
            )
            copy.processes = one.processes
            self._interfaces.append(copy)

    def _tell_counts(self) -> None:
        """Writes what recorders say of the interfaces of the last section."""
        last = self._interfaces[-1].section if self._interfaces else 0
        counted = [
            source for source, one in zip(self._source, self._interfaces) if one.section == last
        ]
        for number, one in enumerate(counted):
            if one.received is not None or one.dropped is not None:
                self._writer.statistics(
                    number, start_ns=0, end_ns=0, received=one.received, dropped=one.dropped
                )

    def _write(self, block: bytes) -> None:
        self._blocks.append(block)
        self._size += len(block)

    def _taken(self) -> bytes:
        data = b"".join(self._blocks)
        self._blocks.clear()
        self._size = 0
        return data


def open_stream(paths: Sequence[str]) -> Capture:
    """Several files of one recording, in order of time, as one capture that is read once.

    A file that cannot be read to its end is among the capture's diagnoses, and the next one
    follows. Raises CaptureError if none has a record.
    """
    series = Series(group(paths, True)[0])
    # To those who read a stream both are parts of it that are missing.
    series.errors = series.diagnoses
    capture = Capture(series.path, -1, Packed(iter(series), series.interfaces).read)
    if not series.interfaces and series.errors:
        raise series.errors[0]
    capture.diagnoses = series.diagnoses
    return capture
