"""pcapng: blocks in sections; interfaces and byte order are a section's own."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator
from typing import Final

from nldissect.capture.blocks import (
    ENHANCED_PACKET,
    IF_DESCRIPTION,
    IF_FILTER,
    IF_HARDWARE,
    IF_NAME,
    IF_OS,
    IF_TSOFFSET,
    IF_TSRESOL,
    INTERFACE,
    ISB_IFDROP,
    ISB_IFRECV,
    ISB_OSDROP,
    OBSOLETE_PACKET,
    OPT_COMMENT,
    OPT_END,
    PROCESS,
    PROCESS_BY,
    PROCESS_NAME,
    SECTION,
    SHB_HARDWARE,
    SHB_OS,
    SHB_USERAPPL,
    SIMPLE_PACKET,
    STATISTICS,
)
from nldissect.capture.feed import Feed, length_limit
from nldissect.capture.index import Context
from nldissect.errors import CaptureError, NotACapture, TruncatedCapture
from nldissect.model import KNOWN_BY, Interface, Process, Record

MAGIC: Final[bytes] = b"\x0a\x0d\x0d\x0a"

_PACKETS: Final = frozenset((OBSOLETE_PACKET, SIMPLE_PACKET, ENHANCED_PACKET))

_HEADERS: Final = frozenset((SECTION, INTERFACE, STATISTICS, PROCESS))
# What options say in words, of sections and of interfaces.
_SECTION_WORDS: Final = {
    OPT_COMMENT: "comment",
    SHB_HARDWARE: "hardware",
    SHB_OS: "system",
    SHB_USERAPPL: "program",
}
_INTERFACE_WORDS: Final = {
    OPT_COMMENT: "comment",
    IF_FILTER: "filter",
    IF_OS: "system",
    IF_HARDWARE: "hardware",
}

_COUNTS: Final = frozenset((ISB_IFRECV, ISB_IFDROP, ISB_OSDROP))

_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}


# What a packet block may hold besides the packet, and the most that a header block is read for.
_OPTIONS_LIMIT: Final = 1 << 20
_HEADER_LIMIT: Final = 1 << 24
_INTERFACES_LIMIT: Final = 1 << 16
_ABOUT_LIMIT: Final = 64
_SHOWN: Final = 32


class Section:
    """What reading a packet block needs from the section it is in.

    interfaces: (index in the capture, link type, snaplen, ns multiplier and divisor of a tick,
    ns to add) of each interface; limit: the greatest believable size of a packet block;
    head: how many bytes size() needs. about: what the section's header says.
    note: is told what is wrong with a block, and the block's offset.
    """

    __slots__ = (
        "about", "fields", "halves", "head", "interfaces", "limit", "note", "order", "pair", "word",
    )  # fmt: skip

    def __init__(self, order: str, note: Callable[[str, int], None]) -> None:
        self.order = order
        self.head = 8
        self.about: tuple[str, ...] = ()
        self.interfaces: list[tuple[int, int, int, int, int, int]] = []
        self.limit = length_limit(1) + _OPTIONS_LIMIT
        self.note = note
        self.word: Callable[[bytes, int], tuple[int]] = struct.Struct(order + "I").unpack_from
        self.pair: Callable[[bytes, int], tuple[int, int]] = struct.Struct(order + "II").unpack_from
        self.halves: Callable[[bytes, int], tuple[int, int]] = struct.Struct(
            order + "HH"
        ).unpack_from
        self.fields: Callable[[bytes, int], tuple[int, int, int, int, int]] = struct.Struct(
            order + "IIIII"
        ).unpack_from

    def size(self, data: bytes) -> int:
        """Size in bytes of the block that starts with ``data``."""
        return self.word(data, 4)[0]

    def record(self, data: bytes, number: int, offset: int) -> Record | None:
        """The record in the packet block that is all of ``data``; None if it holds none."""
        return self.packet(self.word(data, 0)[0], data, 0, len(data), number, offset)

    def packet(
        self, kind: int, buf: bytes, pos: int, stop: int, number: int, offset: int
    ) -> Record | None:
        """The record in the packet block ``buf[pos:stop]``; None, and a note, if it holds none."""
        if kind == SIMPLE_PACKET:
            return self._simple(buf, pos, stop, number, offset)
        if stop - pos < 32:
            self.note("packet block is too short", offset)
            return None
        interface, high, low, length, wire_len = self.fields(buf, pos + 8)
        if kind == OBSOLETE_PACKET:
            interface = self.halves(buf, pos + 8)[0]
        start = pos + 28
        end = start + length
        if end > stop - 4:
            self.note(f"captured length {length} does not fit its block", offset)
            return None
        if interface >= len(self.interfaces):
            self.note(f"packet block names the unknown interface {interface}", offset)
            return None
        index, link_type, _, multiplier, divisor, offset_ns = self.interfaces[interface]
        time_ns = (high << 32 | low) * multiplier
        if divisor != 1:
            time_ns //= divisor
        options = end + (-length & 3)
        comments: tuple[str, ...] = ()
        if options < stop - 4:
            comments = tuple(
                _text(value)
                for code, value in self.options(buf, options, stop - 4, offset)
                if code == OPT_COMMENT
            )
        return Record(
            number, time_ns + offset_ns, index, link_type, buf[start:end], wire_len, comments
        )

    def _simple(self, buf: bytes, pos: int, stop: int, number: int, offset: int) -> Record | None:
        if stop - pos < 16:
            self.note("packet block is too short", offset)
            return None
        if not self.interfaces:
            self.note("packet block names the unknown interface 0", offset)
            return None
        index, link_type, snaplen, _, _, _ = self.interfaces[0]
        wire_len = self.word(buf, pos + 8)[0]
        start = pos + 12
        end = min(start + wire_len, stop - 4)
        if snaplen:
            end = min(end, start + snaplen)
        return Record(number, None, index, link_type, buf[start:end], wire_len)

    def options(self, buf: bytes, pos: int, stop: int, offset: int) -> list[tuple[int, bytes]]:
        """(code, value) of each option in ``buf[pos:stop]``; a note where they are malformed."""
        found: list[tuple[int, bytes]] = []
        while pos + 4 <= stop:
            code, length = self.halves(buf, pos)
            if code == OPT_END:
                return found
            pos += 4
            if pos + length > stop:
                self.note(f"option {code} does not fit its block", offset)
                return found
            found.append((code, buf[pos : pos + length]))
            pos += length + (-length & 3)
        return found

    def add_interface(self, buf: bytes, index: int, number: int, offset: int) -> Interface:
        """Take the interface that the block ``buf`` describes as the capture's ``index``-th.

        number: the section's own, 0-based.
        """
        link_type = self.halves(buf, 8)[0]
        snaplen = self.word(buf, 12)[0]
        name = description = ""
        multiplier, divisor, offset_ns = 1000, 1, 0
        options = self.options(buf, 16, len(buf) - 4, offset)
        for code, value in options:
            if code == IF_NAME:
                name = _text(value)
            elif code == IF_DESCRIPTION:
                description = _text(value)
            elif code == IF_TSRESOL and len(value) == 1:
                multiplier, divisor = _resolution(value[0])
            elif code == IF_TSOFFSET and len(value) == 8:
                offset_ns = struct.unpack(self.order + "q", value)[0] * 1_000_000_000
        self.interfaces.append((index, link_type, snaplen, multiplier, divisor, offset_ns))
        self.limit = max(self.limit, length_limit(snaplen) + _OPTIONS_LIMIT)
        order_hint = "little" if self.order == "<" else "big"
        tick_ns = multiplier // divisor if multiplier % divisor == 0 else 1
        made = Interface(number, link_type, snaplen, name, description, order_hint, tick_ns)
        made.about = self.about + _about(options, _INTERFACE_WORDS)
        return made

    def statistics(self, buf: bytes, offset: int) -> tuple[int, int | None, int | None]:
        """Of the block ``buf``: index of the interface in the capture, how many packets came and
        how many were lost, None where it does not say; -1 and a note if it tells of no interface.
        """
        index = self._named(buf, 24, offset)
        counts: dict[int, int] = {}
        for code, value in self.options(buf, 20, len(buf) - 4, offset) if index >= 0 else ():
            if code in _COUNTS and len(value) == 8:
                counts[code] = struct.unpack(self.order + "Q", value)[0]
            elif code in _COUNTS:
                self.note(f"option {code} has {len(value)} bytes where a count has 8", offset)
        return index, counts.get(ISB_IFRECV), counts.get(ISB_OSDROP, counts.get(ISB_IFDROP))

    def process(self, buf: bytes, offset: int) -> tuple[int, Process | None]:
        """Of the block ``buf``: index of the interface in the capture, and whose a port is; -1 or
        None, and a note, where it does not say.
        """
        index = self._named(buf, 36, offset)
        if index < 0:
            return index, None
        protocol, port, pid, high, low = self.fields(buf, 12)
        name = by = ""
        for code, value in self.options(buf, 32, len(buf) - 4, offset):
            if code == PROCESS_NAME:
                name = _text(value)
            elif code == PROCESS_BY:
                by = _text(value)
        if by not in KNOWN_BY:
            self.note(f"a process known by {by[:_SHOWN]!r}", offset)
            return index, None
        return index, Process(protocol, port, pid, name, by, high << 32 | low)

    def _named(self, buf: bytes, least: int, offset: int) -> int:
        """The index in the capture of the interface that a block begins with, or -1, and a note."""
        if len(buf) < least:
            self.note("block is too short", offset)
            return -1
        number = self.word(buf, 8)[0]
        if number >= len(self.interfaces):
            self.note(f"block names the unknown interface {number}", offset)
            return -1
        return self.interfaces[number][0]


def _resolution(value: int) -> tuple[int, int]:
    """if_tsresol as what a tick is multiplied with and divided by to be ns."""
    exponent = value & 0x7F
    if value & 0x80:
        return 1_000_000_000, 1 << exponent
    return (10 ** (9 - exponent), 1) if exponent <= 9 else (1, 10 ** (exponent - 9))


def _about(options: list[tuple[int, bytes]], words: dict[int, str]) -> tuple[str, ...]:
    """What options say in words, of so many of them."""
    said: list[str] = []
    for code, value in options:
        if code == IF_FILTER and words is _INTERFACE_WORDS:
            # The first byte tells text, 0, from code.
            if value[:1] != b"\0":
                continue
            value = value[1:]
        if code in words and len(said) < _ABOUT_LIMIT:
            said.append(f"{words[code]}: {_text(value)}")
    return tuple(said)


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")


class PcapngReader:
    """One pass over a pcapng input.

    interfaces: gets the interfaces as they appear, unless an earlier pass has put them there.
    note: is told what is wrong with a block that is passed over, and the block's offset.
    """

    def __init__(
        self, feed: Feed, interfaces: list[Interface], note: Callable[[str, int], None]
    ) -> None:
        self._feed = feed
        self._interfaces = interfaces
        self._note = note
        self._section = Section("<", note)
        self._section_number = -1
        self._interface_count = 0
        # Of the last record: where its block starts in the input and ends in the window.
        self._offset = 0
        self._after = 0

    def records(self) -> Iterator[Record]:
        """The records. Raises CaptureError or TruncatedCapture after the last good one."""
        feed = self._feed
        number = 1
        pos = self._settle(0)
        while pos >= 0:
            section = self._section
            pair = section.pair
            word = section.word
            packet = section.packet
            limit = section.limit
            buf = feed.buf
            base = feed.base
            end = len(buf)
            last = end - 12
            while pos <= last:
                kind, total = pair(buf, pos)
                stop = pos + total
                if kind not in _PACKETS or stop > end or total > limit or total < 12:
                    break
                offset = base + pos
                if word(buf, stop - 4)[0] != total:
                    self._note("the block's two lengths differ", offset)
                record = packet(kind, buf, pos, stop, number, offset)
                pos = self._after = stop
                if record is not None:
                    number += 1
                    self._offset = offset
                    yield record
            pos = self._settle(pos)

    def offsets(self, offsets: array[int], contexts: list[tuple[int, Context]]) -> Iterator[None]:
        """Append the offset of every record; a pause after each chunk. Raises as records() does.

        contexts: gets each section, with the number of its first record.
        """
        feed = self._feed
        for record in self.records():
            section = self._section
            if not contexts or contexts[-1][1] is not section:
                contexts.append((record.number, section))
            offsets.append(self._offset)
            # What is read next may be long in coming.
            after = self._after
            left = len(feed.buf) - after
            kind, size = section.pair(feed.buf, after) if left >= section.head else (0, 0)
            if kind not in _PACKETS or size > left:
                yield

    def _settle(self, pos: int) -> int:
        """Have a whole packet block at the position returned, or pass over one other block.

        Returns -1 at the end of the input.
        """
        feed = self._feed
        if len(feed.buf) - pos < 12:
            if not feed.refill(pos, 12):
                if not feed.buf:
                    return -1
                raise TruncatedCapture("the input ends inside a block", feed.path, feed.base)
            pos = 0
        offset = feed.base + pos
        kind, total = self._section.pair(feed.buf, pos)
        if kind == SECTION:
            total = self._begin_section(feed.buf[pos : pos + 12], offset)
        if total < 12:
            raise CaptureError(f"block length {total} is less than a block", feed.path, offset)
        if kind in _PACKETS:
            self._have(pos, total, self._section.limit)
            return offset - feed.base
        if kind in _HEADERS:
            self._have(pos, total, _HEADER_LIMIT)
            pos = offset - feed.base
            block = feed.buf[pos : pos + total]
            if kind == SECTION:
                self._take_section(block, offset)
            elif kind == INTERFACE:
                self._add_interface(block, offset)
            elif kind == STATISTICS:
                self._take_statistics(block, offset)
            else:
                self._take_process(block, offset)
        elif pos + total > len(feed.buf) and not feed.refill(pos + total - 4, 4):
            raise TruncatedCapture("the input ends inside a block", feed.path, offset)
        pos = offset + total - feed.base
        if self._section.word(feed.buf, pos - 4)[0] != total:
            self._note("the block's two lengths differ", offset)
        return pos

    def _have(self, pos: int, total: int, limit: int) -> None:
        """Have the whole block in the window; it moves there if it has to."""
        feed = self._feed
        if total > limit:
            offset = feed.base + pos
            raise CaptureError(f"record length {total} is beyond sense", feed.path, offset)
        if pos + total > len(feed.buf) and not feed.refill(pos, total):
            raise TruncatedCapture("the input ends inside a block", feed.path, feed.base)

    def _begin_section(self, head: bytes, offset: int) -> int:
        """Start a section by the first 12 bytes of its header; returns the header's length."""
        order = _ORDERS.get(head[8:12])
        if order is None:
            error = CaptureError if offset else NotACapture
            raise error("a section header without byte-order magic", self._feed.path, offset)
        self._section = Section(order, self._note)
        self._section_number += 1
        return self._section.size(head)

    def _take_section(self, block: bytes, offset: int) -> None:
        if len(block) < 28:
            raise CaptureError("section header is too short", self._feed.path, offset)
        major, minor = self._section.halves(block, 12)
        if major != 1:
            what = f"pcapng version {major}.{minor} is not known"
            raise CaptureError(what, self._feed.path, offset)
        options = self._section.options(block, 24, len(block) - 4, offset)
        self._section.about = _about(options, _SECTION_WORDS)

    def _take_statistics(self, block: bytes, offset: int) -> None:
        index, received, dropped = self._section.statistics(block, offset)
        if index >= 0:
            interface = self._interfaces[index]
            if received is not None:
                interface.received = received
            if dropped is not None:
                interface.dropped = dropped

    def _take_process(self, block: bytes, offset: int) -> None:
        index, process = self._section.process(block, offset)
        if process is not None:
            self._interfaces[index].processes.add(process)

    def _add_interface(self, block: bytes, offset: int) -> None:
        if len(block) < 20:
            raise CaptureError("interface description is too short", self._feed.path, offset)
        index = self._interface_count
        if index == _INTERFACES_LIMIT:
            raise CaptureError(f"more than {index} interfaces", self._feed.path, offset)
        interface = self._section.add_interface(block, index, self._section_number, offset)
        if index == len(self._interfaces):
            self._interfaces.append(interface)
        self._interface_count += 1
