"""Statistics of recorded captures, counted again from the bytes, and of crafted transactions."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.filter import Catalogue, compile_filter
from nldissect.learn import Learned
from nldissect.model import Message, Record
from nldissect.stats import DEFAULT, TABLES, Statistics, Table, calls
from nldissect.transact import Tracker
from tests.check import REGISTRY
from tests.test_dissect import attr, link, nlmsg

CAPTURES = Path(__file__).parent.parent.parent / "captures"
SAMPLE = (
    "ethtool.pcap", "nldemo-reload.pcap", "nldemo-refuse-capped.pcap", "sockdiag.pcap",
    "ovs.pcap.gz", "nftables.pcap", "rt-neigh.pcap", "usersock.pcap", "format-snaplen.pcap",
)  # fmt: skip
MS = 1_000_000

Rows = list[dict[str, Any]]


@cache
def read(name: str) -> tuple[list[Message], list[str]]:
    """The messages of a capture, and the names of its families."""
    learned = Learned()
    with open_capture(str(CAPTURES / name)) as capture:
        dissector = Dissector(REGISTRY, learned, capture.interfaces)
        dissector.survey(capture)
        dissector.tracker = Tracker(dissector)
        messages = [message for record in capture for message in dissector.dissect(record)]
        return messages, [info.name for info in learned.families()]


def crafted(packets: Sequence[tuple[int, bytes]]) -> list[Message]:
    """The messages of records, each with its time in ms."""
    dissector = Dissector(REGISTRY, Learned(), [])
    dissector.tracker = Tracker(dissector)
    return [
        message
        for number, (time_ms, data) in enumerate(packets, 1)
        for message in dissector.dissect(Record(number, time_ms * MS, 0, 253, data, len(data)))
    ]


def tables(messages: Sequence[Message], *names: str) -> dict[str, Table]:
    statistics = Statistics(names or TABLES)
    for message in messages:
        statistics.add(message)
    statistics.finish()
    return {table.name: table for table in statistics.tables()}


def rows(table: Table) -> Rows:
    """The rows by the names of columns."""
    found = table.as_json()["rows"]
    assert isinstance(found, list)
    return found  # type: ignore[return-value]


def request(seq: int, flags: int = 5, kind: int = 18, pid: int = 0) -> bytes:
    return nlmsg(kind, bytes(16), flags=flags, seq=seq, pid=pid)


def ack(seq: int, asked: bytes, code: int = 0, pid: int = 77) -> bytes:
    flags = 0x100
    body = struct.pack("<i", code) + asked[:16]
    return link(0) + nlmsg(2, body, flags=flags, seq=seq, pid=pid)


def link_reply(seq: int, pid: int = 77, flags: int = 2) -> bytes:
    return link(0) + nlmsg(16, bytes(16) + attr(3, b"v0\0"), flags=flags, seq=seq, pid=pid)


def check_filters(messages: Sequence[Message], families: Sequence[str]) -> None:
    """Every row's filter selects as many messages as the row says."""
    catalogue = Catalogue(REGISTRY, families)
    for table in tables(messages).values():
        at = [column.name for column in table.columns].index(table.counted)
        for row in table.rows:
            if row.filter is not None:
                match = compile_filter(row.filter, catalogue).match if row.filter else bool
                selected = sum(1 for message in messages if match(message))
                assert (table.name, row.filter, selected) == (table.name, row.filter, row.cells[at])


@pytest.mark.parametrize("name", SAMPLE)
def test_every_filter_selects_what_its_row_counts(name: str) -> None:
    check_filters(*read(name))


def test_filters_of_damaged_messages() -> None:
    chance = Random(4)
    packets = []
    for name in SAMPLE:
        found = {message.record.number: message.record for message in read(name)[0]}
        for record in chance.sample(sorted(found.values(), key=lambda each: each.number), 4):
            for _ in range(8):
                data = bytearray(record.data[: chance.randrange(len(record.data)) + 1])
                for _ in range(chance.randrange(4)):
                    data[chance.randrange(min(len(data), 48))] = chance.randrange(256)
                packets.append((chance.randrange(1000), bytes(data)))
    check_filters(crafted(packets), [])


@pytest.mark.parametrize("name", ["ethtool.pcap", "sockdiag.pcap", "nftables.pcap"])
def test_the_totals_are_those_of_the_bytes(name: str) -> None:
    count = size = errors = 0
    sums: dict[int, int] = {}
    with open_capture(str(CAPTURES / name)) as capture:
        for record in capture:
            at = 16
            while at + 16 <= len(record.data):
                length, kind = struct.unpack_from("<IH", record.data, at)
                protocol = struct.unpack_from(">H", record.data, 14)[0]
                sums[protocol] = sums.get(protocol, 0) + 1
                count += 1
                size += length
                if kind in (2, 3) and length >= 20:
                    errors += struct.unpack_from("<i", record.data, at + 16)[0] < 0
                at += (length + 3) & ~3
    found = tables(read(name)[0])
    (everything,) = rows(found["capture"])
    assert (everything["messages"], everything["bytes"]) == (count, size)
    tree = rows(found["hierarchy"])
    assert (tree[0]["name"], tree[0]["messages"], tree[0]["share"]) == ([], count, 1.0)
    assert sorted(row["messages"] for row in tree if len(row["name"]) == 1) == sorted(sums.values())
    assert sum(row["messages"] for row in tree if len(row["name"]) == 3) == count
    assert sum(row["count"] for row in rows(found["errors"])) == errors
    assert sum(row["messages"] for row in rows(found["time"])) == count


def test_operations_ports_and_transactions() -> None:
    dump = request(1, flags=0x301)
    refused = request(2, kind=19)
    messages = crafted(
        [
            (0, link(0) + dump),
            (2, link_reply(1) + link_reply(1)[16:]),
            (5, link_reply(1)),
            (9, link(0) + nlmsg(3, bytes(4), flags=2, seq=1, pid=77)),
            (20, link(0) + refused),
            (21, ack(2, refused, -19)),
            (30, link(0) + request(3, kind=19)),
            (40, link_reply(9, pid=5)),
        ]
    )
    found = tables(messages)
    get, setting, orphan = (
        next(row for row in rows(found["operations"]) if row[name])
        for name in ("dumps", "errors", "remark")
    )
    assert [get[key] for key in ("requests", "answers", "parts", "min", "max", "messages")] == [
        1, 4, 3, 9 * MS, 9 * MS, 5,
    ]  # fmt: skip
    assert setting["operation"] == "setlink"
    assert [setting[key] for key in ("requests", "answers", "errors", "median")] == [2, 1, 1, MS]
    assert (orphan["requests"], orphan["answers"], orphan["median"]) == (0, 1, None)
    assert [(row["port"], row["messages"], row["errors"]) for row in rows(found["ports"])] == [
        (77, 7, 1), (5, 1, 0), (0, 1, 0),
    ]  # fmt: skip
    assert {row["outcome"]: row["messages"] for row in rows(found["transactions"])} == {
        "complete": 5, "failed": 2, "unanswered": 1, "answers to no request": 1,
    }  # fmt: skip
    (error,) = rows(found["errors"])
    assert (error["errno"], error["operation"], error["first"]) == ("ENODEV", "setlink", 7)
    histogram = rows(found["latency-histogram"])
    assert sum(row["transactions"] for row in histogram) == 2
    assert sum(row["answers"] for row in histogram) == 5
    for row in rows(found["latency"]):
        assert len(row["distribution"]) == len(histogram)
    assert [row["messages"] for row in rows(found["conversations"])] == [5, 2, 1, 1]


def test_groups_count_copies_and_listeners() -> None:
    notice = link(0) + nlmsg(16, bytes(16) + attr(3, b"v0\0"))
    other = link(0) + nlmsg(16, bytes(16) + attr(3, b"v1\0"))
    (row,) = rows(tables(crafted([(0, notice), (1, notice), (2, notice), (1000, other)]))["groups"])
    assert (row["notifications"], row["copies"], row["listeners"]) == (2, 4, 3)
    assert row["rate"] == 2.0


def test_tables_at_any_time_and_again_for_another_capture() -> None:
    asked = request(1)
    messages = crafted([(0, link(0) + asked), (4, ack(1, asked))])
    statistics = Statistics(("operations", "transactions"))
    statistics.add(messages[0])
    first = [rows(table) for table in statistics.tables()]
    assert first[0][0]["requests"] == 1
    statistics.add(messages[1])
    assert statistics.tables()[0].as_json() == statistics.tables()[0].as_json()
    statistics.finish()
    for message in messages:
        statistics.add(message)
    statistics.finish()
    operations, transactions = (rows(table) for table in statistics.tables())
    assert [(row["requests"], row["answers"], row["max"]) for row in operations] == [(2, 2, 4 * MS)]
    assert [(row["outcome"], row["transactions"]) for row in transactions] == [("complete", 2)]


def test_coverage_tells_what_is_not_understood() -> None:
    # A family that nothing tells of: the attribute's value is guessed, its header is not.
    unknown = link(16) + nlmsg(0x55, bytes((1, 1, 0, 0)) + attr(1, b"abc\0"), flags=5)
    found = tables(crafted([(0, unknown), (1, link(0) + request(1))]), "coverage")
    share = {tuple(row["name"]): row["understood"] for row in rows(found["coverage"])}
    assert share["generic", "id 0x55"] == 24 / 28
    assert share["route",] == 1.0
    (worst,) = rows(found["coverage-worst"])
    assert (worst["place"], worst["not_understood"]) == ("attrs.attr-1", 4)
    assert (worst["bytes"], worst["understood"], worst["first"]) == (4, 0.0, 1)


def test_coverage_counts_records_that_hold_no_message() -> None:
    broken = link(0) + b"\1\0\0\0\0\0\0"
    found = tables(crafted([(0, broken), (1, link(0) + request(1))]), "coverage")
    total = rows(found["coverage"])[0]
    assert total["not_understood"] == 7
    assert total["bytes"] == 7 + len(request(1))


def test_notes_by_code() -> None:
    short = link(0) + b"\1\0\0\0\0"
    found = tables(crafted([(0, short), (1, short)]), "notes")
    (row,) = rows(found["notes"])
    assert (row["code"], row["notes"], row["messages"], row["first"]) == ("record.tail", 2, 2, 1)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_PENDING", 64)
    monkeypatch.setattr(calls, "_PORTS", 50)
    packets = []
    for seq in range(1, 400):
        asked = request(seq)
        packets += [(seq * 10, link(0) + asked), (seq * 10 + 1, ack(seq, asked, pid=seq))]
    messages = crafted(packets)
    statistics = Statistics(DEFAULT)
    for message in messages:
        statistics.add(message)
        assert len(statistics._calls._pending) <= 64
    found = {table.name: rows(table) for table in statistics.tables()}
    assert [(row["requests"], row["answers"]) for row in found["operations"]] == [(399, 399)]
    assert found["transactions"][0]["transactions"] == 399
    assert sum(row["messages"] for row in found["ports"]) == 798
    assert found["ports"][-1]["protocol"] == "other"
    the_rest = compile_filter(found["ports"][-1]["filter"], Catalogue(REGISTRY))
    assert sum(map(the_rest.match, messages)) == found["ports"][-1]["messages"]


def test_records_without_a_time_or_a_message() -> None:
    dissector = Dissector(REGISTRY, Learned(), [])
    data = link(0) + request(1)
    messages = [
        *dissector.dissect(Record(1, None, 0, 253, data, len(data))),
        *dissector.dissect(Record(2, None, 0, 253, link(0), 16)),
        *dissector.dissect(Record(3, None, 0, 253, b"\0\4\3\x38", 4)),
    ]
    found = tables(messages)
    (everything,) = rows(found["capture"])
    assert (everything["messages"], everything["first"], everything["span"]) == (3, None, None)
    assert not found["time"].rows


def test_nothing_at_all() -> None:
    assert [table.rows for table in tables([], *DEFAULT).values()] == [[]] * (len(DEFAULT) + 1)
