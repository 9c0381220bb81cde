"""Reading in tests: a capture's records up to what ends them, and pipes that deliver in pieces."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nldissect.capture.source import open_capture
from nldissect.errors import NldissectError
from nldissect.model import Interface, Record

Fields = tuple[int, int | None, int, int, bytes, int, tuple[str, ...]]


def fields(record: Record) -> Fields:
    """A record as something that compares."""
    return (
        record.number,
        record.time_ns,
        record.interface,
        record.link_type,
        record.data,
        record.wire_len,
        record.comments,
    )


def interface_fields(interface: Interface) -> tuple[int, int, int, str, str, str]:
    """An interface as something that compares."""
    return (
        interface.section,
        interface.link_type,
        interface.snaplen,
        interface.name,
        interface.description,
        interface.order_hint,
    )


def read(path: Path | str) -> tuple[list[Record], NldissectError | None]:
    """All records of a capture, and what ended it before its end."""
    records: list[Record] = []
    try:
        with open_capture(str(path)) as capture:
            # Not of the capture itself: its length would be asked for first.
            records.extend(iter(capture))
    except NldissectError as error:
        return records, error
    return records, None


def read_bytes(data: bytes, path: Path) -> tuple[list[Record], NldissectError | None]:
    """read() of a file at path with this content."""
    path.write_bytes(data)
    return read(path)


@contextmanager
def pipe_of(*pieces: bytes) -> Iterator[str]:
    """The path of a pipe that gets the pieces one after the other, and then ends."""
    reader, writer = os.pipe()

    def write() -> None:
        with os.fdopen(writer, "wb", buffering=0) as pipe:
            for piece in pieces:
                sent = 0
                while sent < len(piece):
                    sent += pipe.write(piece[sent:]) or 0

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield f"/dev/fd/{reader}"
        thread.join(10)
    finally:
        os.close(reader)
