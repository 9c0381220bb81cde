"""Records to captures: classic pcap and pcapng, every byte of a packet as it was."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

from ..errors import UsageError
from ..model import Interface, Process, Processes, Record
from ..wire.consts import LINKTYPE_NETLINK
from .blocks import (
    BYTE_ORDER_MAGIC,
    ENHANCED_PACKET,
    IF_DESCRIPTION,
    IF_NAME,
    IF_TSRESOL,
    INTERFACE,
    ISB_ENDTIME,
    ISB_IFDROP,
    ISB_IFRECV,
    ISB_STARTTIME,
    OPT_COMMENT,
    OPT_END,
    PROCESS,
    PROCESS_BY,
    PROCESS_NAME,
    SECTION,
    SIMPLE_PACKET,
    STATISTICS,
)

_SNAPLEN: Final = 262144
_SECOND: Final = 1_000_000_000
_PREFIX: Final = {"little": "<", "big": ">"}
_OPTION_LIMIT: Final = 0xFFFF


class PcapWriter:
    """Writes a classic pcap file, whose records all have one link type.

    The first record decides it, and byte order and snapshot length are those of the interfaces
    that have it. Times are in µs if those of all interfaces known by then are, else in ns; a time
    that the file cannot hold becomes the nearest that it can. No time is 0. Comments are lost.
    """

    def __init__(self, write: Callable[[bytes], object], interfaces: Sequence[Interface]) -> None:
        self._write = write
        self._interfaces = interfaces
        self._link_type = -1
        self._tick_ns = 1
        self._pack: Callable[..., bytes] = struct.Struct("<IIII").pack

    def begin(self, interfaces: Sequence[Interface]) -> None:
        """Another input's records follow."""
        self._interfaces = interfaces

    def record(self, record: Record) -> None:
        """Writes a record. Raises UsageError if its link type is not that of the others."""
        if record.link_type != self._link_type:
            if self._link_type >= 0:
                raise UsageError(
                    f"a pcap file has one link type: record {record.number} has "
                    f"{record.link_type}, those before it {self._link_type}; use pcapng"
                )
            self._open(record.link_type)
        time_ns = min(max(record.time_ns or 0, 0), (_SECOND << 32) - 1)
        seconds, rest = divmod(time_ns, _SECOND)
        data = record.data
        self._write(self._pack(seconds, rest // self._tick_ns, len(data), record.wire_len) + data)

    def close(self) -> None:
        """Writes the file header if there was no record."""
        if self._link_type < 0:
            known = self._interfaces
            self._open(known[0].link_type if known else LINKTYPE_NETLINK)

    def _open(self, link_type: int) -> None:
        known = [item for item in self._interfaces if item.link_type == link_type]
        order = _PREFIX[known[0].order_hint if known else "little"]
        snaplens = [item.snaplen for item in known] or [_SNAPLEN]
        # 0 is no limit.
        snaplen = 0 if 0 in snaplens else max(snaplens)
        micro = bool(known) and all(item.tick_ns % 1000 == 0 for item in known)
        magic, self._tick_ns = (0xA1B2C3D4, 1000) if micro else (0xA1B23C4D, 1)
        self._link_type = link_type
        self._pack = struct.Struct(order + "IIII").pack
        self._write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type))


class PcapngWriter:
    """Writes a pcapng file: sections and interfaces as they were, times in ns, comments, processes.

    An interface that the list lacks, or has with another link type, is described without a name.
    header: (code, text) of each option of section headers.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        interfaces: Sequence[Interface],
        header: Sequence[tuple[int, str]] = (),
    ) -> None:
        self._write = write
        self._interfaces = interfaces
        self._header = header
        # How many of the list are written; those of the open section: (index, link type) → id.
        self._known = 0
        self._ids: dict[tuple[int, int], int] = {}
        self._snaplens: list[int] = []
        self._section = -1
        self._order = ""
        # Of each interface of the open section: its processes, and how many of them are written.
        self._processes: list[tuple[Processes, int]] = []

    def begin(self, interfaces: Sequence[Interface]) -> None:
        """Another input's records follow, in a section of their own."""
        if interfaces is not self._interfaces:
            self.close()
            self._interfaces = interfaces
            self._known = 0
            self._ids.clear()
            self._order = ""

    def record(self, record: Record) -> None:
        """Writes a record, after the interfaces up to its own."""
        key = (record.interface, record.link_type)
        number = self._ids.get(key)
        if number is None:
            number = self._introduce(key)
        processes, written = self._processes[number]
        if len(processes) != written:
            self._tell_processes(number)
        data, order = record.data, self._order
        comments = record.comments
        size, wire_len = len(data), record.wire_len
        padding = bytes(-size & 3)
        if record.time_ns is None and not number and not comments:
            # A simple block says how much was captured by the snapshot length alone.
            limit = self._snaplens[0] or wire_len
            if size == min(wire_len, limit):
                head = struct.pack(order + "I", wire_len)
                self._block(SIMPLE_PACKET, head + data + padding)
                return
        time_ns = min(max(record.time_ns or 0, 0), (1 << 64) - 1)
        head = struct.pack(
            order + "IIIII", number, time_ns >> 32, time_ns & 0xFFFFFFFF, size, wire_len
        )
        options = self._options([(OPT_COMMENT, text) for text in comments])
        self._block(ENHANCED_PACKET, head + data + padding + options)

    def process(self, interface: int, process: Process) -> None:
        """Writes whose a port id is; interface: its number in the section."""
        order = self._order
        head = struct.pack(
            order + "IIIIII", interface, process.protocol, process.port, process.pid,
            *_halves(process.since_ns),
        )  # fmt: skip
        options = [(PROCESS_NAME, process.name), (PROCESS_BY, process.by)]
        self._block(PROCESS, head + self._options(options))

    def statistics(
        self,
        interface: int,
        *,
        start_ns: int,
        end_ns: int,
        received: int | None,
        dropped: int | None,
    ) -> None:
        """Writes how many packets came to an interface and how many of them were lost since the
        capture began, as far as it is known; interface: its number in the section.
        """
        order = self._order
        start, end = (struct.pack(order + "II", *_halves(ns)) for ns in (start_ns, end_ns))
        options = [(ISB_STARTTIME, start), (ISB_ENDTIME, end)]
        for code, count in ((ISB_IFRECV, received), (ISB_IFDROP, dropped)):
            if count is not None:
                options.append((code, struct.pack(order + "Q", count)))
        self._block(STATISTICS, struct.pack(order + "I", interface) + end + self._packed(options))

    def close(self) -> None:
        """Writes the interfaces that have no record, and the processes that came last."""
        self._describe(len(self._interfaces))
        if not self._order:
            self._open(-1, "little")
        for number in range(len(self._processes)):
            self._tell_processes(number)

    def _introduce(self, key: tuple[int, int]) -> int:
        """The number, in the open section, of an interface that is new to it."""
        index, link_type = key
        self._describe(index + 1)
        if key not in self._ids:
            known = index < len(self._interfaces)
            interface = Interface(self._section, link_type, 0, "", "", "little")
            if known and self._interfaces[index].link_type == link_type:
                # Of a section that was left already.
                interface = self._interfaces[index]
            self._add(key, interface)
        return self._ids[key]

    def _describe(self, count: int) -> None:
        """Writes the interfaces of the list up to so many."""
        for index in range(self._known, min(count, len(self._interfaces))):
            interface = self._interfaces[index]
            self._add((index, interface.link_type), interface)
            self._known = index + 1

    def _add(self, key: tuple[int, int], interface: Interface) -> None:
        if interface.section != self._section or not self._order:
            self._open(interface.section, interface.order_hint)
        self._ids[key] = len(self._snaplens)
        self._snaplens.append(interface.snaplen)
        options = self._options(
            [
                *((IF_NAME, text) for text in (interface.name,) if text),
                *((IF_DESCRIPTION, text) for text in (interface.description,) if text),
                (IF_TSRESOL, "\x09"),
            ]
        )
        head = struct.pack(self._order + "HHI", interface.link_type, 0, interface.snaplen)
        self._block(INTERFACE, head + options)
        self._processes.append((interface.processes, 0))
        self._tell_processes(len(self._processes) - 1)

    def _tell_processes(self, number: int) -> None:
        """Writes the processes of an interface that are new."""
        processes, written = self._processes[number]
        for place in range(written, len(processes)):
            self.process(number, processes[place])
        self._processes[number] = processes, len(processes)

    def _open(self, section: int, order: str) -> None:
        self._section = section
        self._order = _PREFIX[order]
        self._ids.clear()
        self._snaplens.clear()
        self._processes.clear()
        body = struct.pack(self._order + "IHHq", BYTE_ORDER_MAGIC, 1, 0, -1)
        self._block(SECTION, body + self._options(self._header))

    def _options(self, options: Sequence[tuple[int, str]]) -> bytes:
        values: list[tuple[int, bytes]] = []
        for code, text in options:
            value = text.encode("utf-8", "backslashreplace")[:_OPTION_LIMIT]
            values.append((code, value.decode("utf-8", "ignore").encode()))
        return self._packed(values)

    def _packed(self, options: Sequence[tuple[int, bytes]]) -> bytes:
        """Options with their end; nothing where there are none."""
        if not options:
            return b""
        parts: list[bytes] = []
        for code, value in options:
            parts.append(struct.pack(self._order + "HH", code, len(value)))
            parts.append(value + bytes(-len(value) & 3))
        parts.append(struct.pack(self._order + "HH", OPT_END, 0))
        return b"".join(parts)

    def _block(self, kind: int, body: bytes) -> None:
        total = len(body) + 12
        head = struct.pack(self._order + "II", kind, total)
        self._write(head + body + head[4:])


def _halves(time_ns: int) -> tuple[int, int]:
    return time_ns >> 32, time_ns & 0xFFFFFFFF
