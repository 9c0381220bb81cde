"""Classic pcap: one header, then records."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from typing import Final

from mypy_extensions import i64

from nldissect.capture.feed import Feed, length_limit
from nldissect.capture.index import Context
from nldissect.errors import CaptureError, TruncatedCapture
from nldissect.model import Interface, Record
from nldissect.wire.ints import u32

# The magic's bytes → byte order, ns per tick, size of a record's header.
MAGICS: Final[dict[bytes, tuple[str, int, int]]] = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\xc3\xd4": (">", 1000, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    # Kuznetzov's variant: each record header has interface, protocol and packet type as well.
    b"\x34\xcd\xb2\xa1": ("<", 1000, 24),
    b"\xa1\xb2\xcd\x34": (">", 1000, 24),
}

_HEADER_SIZE: Final = 24
_LENGTH_AT: Final = 8


class FileHeader:
    """What the file says once for all of its records.

    big: the order of bytes in the records' headers; head: size of such a header; tick_ns: unit of
    ticks; limit: greatest believable length.
    """

    __slots__ = ("big", "head", "limit", "link_type", "order_hint", "snaplen", "tick_ns")

    def __init__(self, data: bytes) -> None:
        order, self.tick_ns, self.head = MAGICS[data[:4]]
        self.snaplen, link_word = struct.unpack_from(order + "II", data, 16)
        # The upper half holds the FCS length and reserved bits.
        self.link_type: int = link_word & 0xFFFF
        self.limit = length_limit(self.snaplen)
        self.order_hint = "little" if order == "<" else "big"
        self.big = order == ">"

    def interface(self) -> Interface:
        """The file's one interface."""
        return Interface(
            0, self.link_type, self.snaplen, "", "", self.order_hint, tick_ns=self.tick_ns
        )

    def size(self, data: bytes) -> int:
        """Size in bytes of the record that starts with ``data``, its header included."""
        return self.head + u32(data, _LENGTH_AT, self.big)

    def record(self, data: bytes, number: int, offset: int) -> Record | None:
        """The record that is all of ``data``."""
        return self.record_at(data, 0, len(data), number)

    def record_at(self, data: bytes, at: int, stop: int, number: int) -> Record:
        """The record that is data[at:stop], with its header."""
        # In 64 bits, which both fields at their most cannot leave.
        tick_ns: i64 = self.tick_ns
        time_ns = u32(data, at, self.big) * 1_000_000_000 + u32(data, at + 4, self.big) * tick_ns
        wire_len = u32(data, at + 12, self.big)
        return Record(number, time_ns, 0, self.link_type, data[at + self.head : stop], wire_len)


class PcapReader:
    """One pass over a classic pcap input.

    interfaces: gets the file's one interface, unless an earlier pass has put it there.
    """

    def __init__(self, feed: Feed, interfaces: list[Interface]) -> None:
        self._feed = feed
        self._interfaces = interfaces

    def records(self) -> Iterator[Record]:
        """The records. Raises CaptureError or TruncatedCapture after the last good one."""
        header = self._header()
        feed = self._feed
        big = header.big
        head = header.head
        limit = header.limit
        number = 0
        while self._settle(header):
            buf = feed.buf
            end = len(buf)
            last = end - head
            pos = 0
            while pos <= last:
                length = u32(buf, pos + _LENGTH_AT, big)
                stop = pos + head + length
                if stop > end or length > limit:
                    break
                number += 1
                yield header.record_at(buf, pos, stop, number)
                pos = stop
            feed.refill(pos, 0)

    def offsets(self, offsets: array[int], contexts: list[tuple[int, Context]]) -> Iterator[None]:
        """Append the offset of every record; a pause after each chunk. Raises as records() does.

        contexts: gets the file header, as what the records from number 1 on need to be read.
        """
        header = self._header()
        contexts.append((1, header))
        feed = self._feed
        big = header.big
        head = header.head
        limit = header.limit
        append = offsets.append
        while self._settle(header):
            buf = feed.buf
            base = feed.base
            end = len(buf)
            last = end - head
            pos = 0
            while pos <= last:
                length = u32(buf, pos + _LENGTH_AT, big)
                stop = pos + head + length
                if stop > end or length > limit:
                    break
                append(base + pos)
                pos = stop
            feed.refill(pos, 0)
            yield

    def _header(self) -> FileHeader:
        feed = self._feed
        if not feed.refill(0, _HEADER_SIZE):
            raise TruncatedCapture("the file header is cut short", feed.path, 0)
        header = FileHeader(feed.buf[:_HEADER_SIZE])
        if not self._interfaces:
            self._interfaces.append(header.interface())
        feed.refill(_HEADER_SIZE, 0)
        return header

    def _settle(self, header: FileHeader) -> bool:
        """Have a whole record at the start of the window; False at the end of the input."""
        feed = self._feed
        if not feed.refill(0, header.head):
            if not feed.buf:
                return False
            raise TruncatedCapture("the input ends inside a record", feed.path, feed.base)
        size = header.size(feed.buf)
        if size - header.head > header.limit:
            length = size - header.head
            raise CaptureError(f"record length {length} is beyond sense", feed.path, feed.base)
        if not feed.refill(0, size):
            raise TruncatedCapture("the input ends inside a record", feed.path, feed.base)
        return True
