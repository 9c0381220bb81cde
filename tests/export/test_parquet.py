"""Parquet: what pyarrow and duckdb read back, and values that do not fit their column."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.errors import UsageError
from nldissect.export import writer_class
from nldissect.model import Interface, Message
from nldissect.text import Json
from tests.export.test_columns import JSON, KINDS, Given, messages_of, newlink
from tests.test_dissect import CAPTURES

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

Writer = writer_class("parquet")


def written(messages: list[Message], **options: Any) -> bytes:
    parts: list[bytes] = []
    writer = Writer(parts.append, [], **options)
    for message in messages:
        writer.message(message)
    writer.close()
    return b"".join(parts)


def table_of(data: bytes) -> Any:
    return pq.read_table(io.BytesIO(data))


def column(kind: str, *values: Json, repeated: bool = False) -> tuple[str, Any, int]:
    """Type and cell of such values, and how many of them did not fit."""
    data = written(newlink(b"v0"), fields=[Given("x", kind, values, repeated)])
    table = table_of(data)
    counts = (pq.read_metadata(io.BytesIO(data)).metadata or {}).get(b"nldissect.unfit", b"{}")
    cell = table.column("x")[0]
    plain = cell.value if hasattr(cell, "value") and kind in ("time", "duration") else cell.as_py()
    return str(table.schema.field("x").type), plain, json.loads(counts).get("x", 0)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_captures_are_read_back(path: Path) -> None:
    _, messages = messages_of(path)
    data = written(messages)
    assert data == written(messages)
    table = table_of(data)
    assert table.num_rows == len(messages)
    rows = table.drop_columns(["time", "latency_ns"]).to_pylist()
    times = [value.value for value in table.column("time")]
    assert times == [message.record.time_ns for message in messages]
    for row, message in zip(rows, messages, strict=True):
        assert (row["n"], row["nlmsg_len"] or 0) == (message.number, message.length)
        assert json.loads(row["attrs"]) == message.attrs


def test_the_fixed_columns_have_types() -> None:
    schema = table_of(written([])).schema
    assert {field.name: str(field.type) for field in schema} == {
        "file": "string",
        "n": "uint64",
        "frame": "uint64",
        "time": "timestamp[ns, tz=UTC]",
        "iface": "string",
        "proto": "dictionary<values=string, indices=int32, ordered=0>",
        "dir": "dictionary<values=string, indices=int32, ordered=0>",
        "family": "string",
        "cmd": "string",
        "nlmsg_type": "uint64",
        "nlmsg_flags": "list<element: string>",
        "nlmsg_seq": "uint64",
        "nlmsg_pid": "uint64",
        "nlmsg_len": "uint64",
        "txn": "uint64",
        "latency_ns": "duration[ns]",
        "error_code": "int64",
        "error_name": "dictionary<values=string, indices=int32, ordered=0>",
        "error_message": "string",
        "header": "string",
        "attrs": "string",
    }


ENUM = "dictionary<values=string, indices=int32, ordered=0>"


@pytest.mark.parametrize(
    ("kind", "value", "type_", "cell"),
    [
        ("bool", True, "bool", True),
        ("bool", 1, "bool", True),
        ("uint", 2**64 - 1, "uint64", 2**64 - 1),
        ("uint", "state(1232)", "uint64", 1232),
        ("uint", "0x1f", "uint64", 31),
        ("sint", -(2**63), "int64", -(2**63)),
        ("string", 5, "string", "5"),
        ("string", ["a"], "string", '["a"]'),
        ("any", True, "string", "true"),
        ("ipv4-or-v6", "10.0.0.1", "string", "10.0.0.1"),
        ("mac", "02:00:00:00:00:01", "string", "02:00:00:00:00:01"),
        ("bytes", "00ff", "binary", b"\0\xff"),
        ("bytes", "00:ff", "binary", b"\0\xff"),
        ("bytes", "00ff-00-ff", "binary", b"\0\xff\0\xff"),
        ("enum", "up", ENUM, "up"),
        ("enum", 7, ENUM, "7"),
        ("flags", ["up", "0x8"], "list<element: string>", ["up", "0x8"]),
        ("flags", 7, "list<element: string>", ["7"]),
        ("time", 5, "timestamp[ns, tz=UTC]", 5),
        ("duration", -5, "duration[ns]", -5),
        ("object", {"a": [1]}, "string", '{"a":[1]}'),
    ],
)
def test_values_keep_their_types(kind: str, value: Json, type_: str, cell: object) -> None:
    assert column(kind, value) == (type_, cell, 0)
    assert column(kind) == (type_, None, 0)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bool", 2),
        ("bool", "true"),
        ("uint", -1),
        ("uint", 2**64),
        ("uint", "abcd"),
        ("uint", {"a": 1}),
        ("sint", 2**63),
        ("time", 2**63),
        ("duration", "soon"),
        ("bytes", 5),
        ("bytes", "xyz"),
    ],
)
def test_what_does_not_fit_is_null_and_counted(kind: str, value: Json) -> None:
    assert column(kind, value)[1:] == (None, 1)
    assert column(kind, value, value, repeated=True)[1:] == ([None, None], 2)


def test_lists() -> None:
    assert column("uint", 1, 2, repeated=True) == ("list<element: uint64>", [1, 2], 0)
    assert column("enum", "a", 2, repeated=True) == ("list<element: string>", ["a", "2"], 0)
    assert column("flags", ["a"], ["b"], repeated=True)[1:] == ([["a"], ["b"]], 0)
    assert column("uint", repeated=True) == ("list<element: uint64>", None, 0)
    assert column("uint", 1, 2, 3) == ("uint64", 1, 2)


def test_the_writer_tells_what_did_not_fit() -> None:
    writer = Writer(lambda data: None, [], fields=[Given("a", "uint", [-1])])
    for message in newlink(b"v0", b"v1"):
        writer.message(message)
    writer.close()
    assert writer.unfit == {"a": 2}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.lists(JSON, max_size=3), st.booleans())
def test_odd_values_make_rows(kind: str, values: list[Json], repeated: bool) -> None:
    columns = [Given("x", kind, values, repeated)]
    data = written(newlink(b"v0", b"v1"), fields=columns)
    assert data == written(newlink(b"v0", b"v1"), fields=columns)
    assert table_of(data).num_rows == 2


def test_groups_are_written_as_they_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{Writer.__module__}._GROUP_ROWS", 4)
    parts: list[bytes] = []
    writer = Writer(parts.append, [])
    messages = newlink(*[f"v{number}".encode() for number in range(10)])
    sizes = []
    for message in messages:
        writer.message(message)
        sizes.append(sum(map(len, parts)))
    writer.close()
    assert [sizes.count(size) for size in sorted(set(sizes))] == [3, 4, 3]
    data = b"".join(parts)
    metadata = pq.read_metadata(io.BytesIO(data))
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    assert rows == [4, 4, 2]
    assert table_of(data).column("n").to_pylist() == list(range(1, 11))


def test_large_messages_fill_a_group_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{Writer.__module__}._GROUP_BYTES", 100)
    data = written(newlink(*[b"v0"] * 6))
    assert pq.read_metadata(io.BytesIO(data)).num_row_groups == 2


def test_several_inputs_are_one_table() -> None:
    parts: list[bytes] = []
    writer = Writer(parts.append, [])
    for path in ("one.pcap", "two\udcff.pcap"):
        writer.begin([Interface(0, 253, 0, "nlmon0", "", "little")], path)
        writer.message(newlink(b"a")[0])
    writer.close()
    table = table_of(b"".join(parts))
    assert table.column("file").to_pylist() == ["one.pcap", "two\\udcff.pcap"]
    assert table.column("iface").to_pylist() == ["nlmon0", "nlmon0"]


def test_the_writer_of_bytes_may_fail() -> None:
    def write(data: bytes) -> None:
        raise BrokenPipeError

    writer = Writer(write, [])
    writer.message(newlink(b"v0")[0])
    with pytest.raises(BrokenPipeError):
        writer.close()


def test_a_name_cannot_stand_twice() -> None:
    with pytest.raises(UsageError, match="one column a"):
        written([], fields=[Given("a", "uint", []), Given("a", "uint", [])])


def test_without_pyarrow_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "nldissect.export.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'nldissect\[parquet\]'"):
        writer_class("parquet")


def test_duckdb_reads_it(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "links.parquet"
    path.write_bytes(written(newlink(b"v0", b"v1")))
    query = "select n, nlmsg_flags, cmd, attrs->>'ifname', epoch_ns(time) from read_parquet(?)"
    with duckdb.connect() as base:
        rows = base.execute(query, [str(path)]).fetchall()
    assert rows == [
        (1, ["request", "ack"], "newlink", "v0", 0),
        (2, ["request", "ack"], "newlink", "v1", 0),
    ]
