"""Bytes of captures, made field by field and independent of the readers under test."""

from __future__ import annotations

import struct
from collections.abc import Iterable

# magic → (number, size of what follows the four usual words of a record header)
MAGICS = {"us": (0xA1B2C3D4, 0), "ns": (0xA1B23C4D, 0), "modified": (0xA1B2CD34, 8)}

Packet = tuple[int, bytes] | tuple[int, bytes, int]


def pcap_header(
    order: str = "<", magic: str = "us", link_type: int = 253, snaplen: int = 262144
) -> bytes:
    """A file header; link_type is the whole word, FCS bits included."""
    return struct.pack(order + "IHHiIII", MAGICS[magic][0], 2, 4, 0, 0, snaplen, link_type)


def pcap_record(packet: Packet, order: str = "<", magic: str = "us") -> bytes:
    """A record of (time in ns, data[, wire length])."""
    time_ns, data, *rest = packet
    seconds, ns = divmod(time_ns, 1_000_000_000)
    ticks = ns if magic == "ns" else ns // 1000
    wire_len = rest[0] if rest else len(data)
    head = struct.pack(order + "IIII", seconds, ticks, len(data), wire_len)
    return head + bytes(MAGICS[magic][1]) + data


def pcap(
    records: Iterable[Packet],
    order: str = "<",
    magic: str = "us",
    link_type: int = 253,
    snaplen: int = 262144,
) -> bytes:
    """A classic pcap file of (time in ns, data[, wire length]) records."""
    parts = [pcap_header(order, magic, link_type, snaplen)]
    parts += [pcap_record(packet, order, magic) for packet in records]
    return b"".join(parts)


def padded(data: bytes) -> bytes:
    """data, filled with zeros to a multiple of 4."""
    return data + bytes(-len(data) % 4)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    total = 12 + len(padded(body))
    return struct.pack(order + "II", kind, total) + padded(body) + struct.pack(order + "I", total)


def options(pairs: Iterable[tuple[int, bytes]], order: str = "<") -> bytes:
    """pcapng options with their end; nothing at all if there are none."""
    parts = [struct.pack(order + "HH", code, len(value)) + padded(value) for code, value in pairs]
    return b"".join([*parts, bytes(4)]) if parts else b""


def section(
    order: str = "<",
    length: int = -1,
    version: tuple[int, int] = (1, 0),
    words: Iterable[tuple[int, str]] = (),
) -> bytes:
    """A section header block; words: code and text of its options."""
    body = struct.pack(order + "IHHq", 0x1A2B3C4D, *version, length)
    pairs = [(code, text.encode()) for code, text in words]
    return block(0x0A0D0D0A, body + options(pairs, order), order)


def interface(
    order: str = "<",
    link_type: int = 253,
    snaplen: int = 262144,
    name: str = "",
    description: str = "",
    tsresol: int | None = None,
    tsoffset: int | None = None,
    words: Iterable[tuple[int, str]] = (),
) -> bytes:
    """An interface description block; words: code and text of further options."""
    texts = ((2, name), (3, description), *words)
    pairs = [(code, text.encode()) for code, text in texts if text]
    if tsresol is not None:
        pairs.append((9, bytes([tsresol])))
    if tsoffset is not None:
        pairs.append((14, struct.pack(order + "q", tsoffset)))
    return block(
        1, struct.pack(order + "HHI", link_type, 0, snaplen) + options(pairs, order), order
    )


def enhanced(
    ticks: int,
    data: bytes,
    order: str = "<",
    interface: int = 0,
    wire_len: int | None = None,
    comments: Iterable[str] = (),
) -> bytes:
    """An enhanced packet block; ticks are in units of the interface's resolution."""
    wire = len(data) if wire_len is None else wire_len
    head = struct.pack(order + "5I", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wire)
    pairs = [(1, comment.encode()) for comment in comments]
    return block(6, head + padded(data) + options(pairs, order), order)


def obsolete(
    ticks: int,
    data: bytes,
    order: str = "<",
    interface: int = 0,
    drops: int = 0xFFFF,
    comments: Iterable[str] = (),
) -> bytes:
    """A packet block of the obsolete type 2."""
    high, low = ticks >> 32, ticks & 0xFFFFFFFF
    head = struct.pack(order + "HH4I", interface, drops, high, low, len(data), len(data))
    pairs = [(1, comment.encode()) for comment in comments]
    return block(2, head + padded(data) + options(pairs, order), order)


def simple(data: bytes, order: str = "<", wire_len: int | None = None) -> bytes:
    """A simple packet block."""
    wire = len(data) if wire_len is None else wire_len
    return block(3, struct.pack(order + "I", wire) + data, order)


def process(
    port: int,
    pid: int,
    name: str,
    by: str,
    since_ns: int,
    order: str = "<",
    interface: int = 0,
    protocol: int = 0,
) -> bytes:
    """A block that tells whose a netlink port id is."""
    high, low = since_ns >> 32, since_ns & 0xFFFFFFFF
    head = struct.pack(order + "6I", interface, protocol, port, pid, high, low)
    pairs = [(2, name.encode()), (3, by.encode())]
    return block(0x80006E6C, head + options(pairs, order), order)


def statistics(counts: Iterable[tuple[int, int]], order: str = "<", interface: int = 0) -> bytes:
    """An interface statistics block; counts: option and number."""
    pairs = [(code, struct.pack(order + "Q", number)) for code, number in counts]
    return block(5, struct.pack(order + "3I", interface, 0, 0) + options(pairs, order), order)


def pcapng(records: Iterable[Packet], order: str = "<", link_type: int = 253) -> bytes:
    """A pcapng file of one section and one interface, nlmon0, that counts in ns."""
    parts = [section(order), interface(order, link_type, name="nlmon0", tsresol=9)]
    for time_ns, data, *rest in records:
        parts.append(enhanced(time_ns, data, order, wire_len=rest[0] if rest else None))
    return b"".join(parts)
