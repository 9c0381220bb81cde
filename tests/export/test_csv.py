"""Comma-separated values: what the csv module reads back, and what a spreadsheet must not run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.errors import UsageError
from nldissect.export import writer_class
from nldissect.export.csv import Writer
from nldissect.model import Interface, Message
from nldissect.text import Json
from tests.export.test_columns import JSON, KINDS, Given, messages_of, newlink
from tests.test_dissect import CAPTURES

HEADINGS = (
    "file,n,frame,time,iface,proto,dir,family,cmd,nlmsg_type,nlmsg_flags,nlmsg_seq,nlmsg_pid,"
    "nlmsg_len,txn,latency_ns,error_code,error_name,error_message,header,attrs\n"
)


def written(messages: list[Message], **options: Any) -> str:
    parts: list[bytes] = []
    writer = Writer(parts.append, [], **options)
    for message in messages:
        writer.message(message)
    writer.close()
    return b"".join(parts).decode()


def cell(kind: str, *values: Json, repeated: bool = False) -> str:
    """The cell that such values make."""
    columns = [Given("x", kind, values, repeated), Given("y", "uint", [1])]
    text = written(newlink(b"v0"), fields=columns)
    (_, (first, second)) = csv.reader(io.StringIO(text, newline=""))
    assert second == "1"
    return first


def test_headings_stand_above_no_message() -> None:
    assert written([]) == HEADINGS
    assert written([], fields=[Given("a", "uint", []), Given("b,c", "uint", [])]) == 'a,"b,c"\n'


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_captures_are_read_back(path: Path) -> None:
    _, messages = messages_of(path)
    text = written(messages)
    assert text.startswith(HEADINGS)
    assert "\r" not in text
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == len(messages)
    for row, message in zip(rows, messages, strict=True):
        assert row["n"] == str(message.number)
        assert json.loads(row["attrs"]) == message.attrs
        assert row["cmd"] == message.operation
        assert len(row["time"]) == 30


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("uint", [], ""),
        ("uint", [None], ""),
        ("bool", [True], "true"),
        ("bool", [False], "false"),
        ("sint", [-5], "-5"),
        ("uint", [2**64], str(2**64)),
        ("bytes", ["00ff"], "00ff"),
        ("string", ['a,b"c'], 'a,b"c'),
        ("string", ["a\nb\x1b\u202e"], "a\\nb\\x1b\\u202e"),
        ("time", [1_500_000_000], "1970-01-01T00:00:01.500000000Z"),
        ("duration", [1_500_000_000], "1500000000"),
        ("flags", [["up", "running"]], '["up","running"]'),
        ("object", [{"a": {"b": [1, True]}}], '{"a":{"b":[1,true]}}'),
    ],
)
def test_cells(kind: str, values: list[Json], text: str) -> None:
    assert cell(kind, *values) == text


def test_one_value_of_many_stands_alone() -> None:
    assert cell("string", "eth0", repeated=True) == "eth0"
    assert cell("string", "eth0", "-x", repeated=True) == '["eth0","-x"]'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "＝1"])
def test_text_is_no_formula(text: str) -> None:
    assert cell("string", text) == f"'{text}"
    assert cell("string", f"a{text}") == f"a{text}"


def test_an_interface_cannot_carry_a_formula() -> None:
    (message,) = newlink(b"=cmd|'/C'!A0")
    columns = [Given("ifname", "string", [message.attrs["ifname"]])]
    assert written([message], fields=columns) == "ifname\n'=cmd|'/C'!A0\n"


def test_each_input_has_its_interfaces() -> None:
    parts: list[bytes] = []
    writer = Writer(parts.append, [])
    for name, path in (("nlmon0", "one.pcap"), ("nlmon1", "=two\udcff.pcap")):
        writer.begin([Interface(0, 253, 0, name, "", "little")], path)
        writer.message(newlink(b"a")[0])
    writer.close()
    rows = csv.DictReader(io.StringIO(b"".join(parts).decode()))
    assert [(row["file"], row["n"], row["iface"]) for row in rows] == [
        ("one.pcap", "1", "nlmon0"),
        ("'=two\\udcff.pcap", "1", "nlmon1"),
    ]


def test_headings_stand_once_though_parts_are_written_apart() -> None:
    parts: list[bytes] = []
    writer = Writer(parts.append, [])
    writer.begin([])
    assert b"".join(parts).decode() == HEADINGS
    writer.close()
    assert b"".join(parts).decode() == HEADINGS


def test_separators() -> None:
    columns = [Given("a", "uint", [1]), Given("b", "string", ["x;y\tz"])]
    assert written(newlink(b"v0"), fields=columns, separator=";") == 'a;b\n1;"x;y\\tz"\n'
    assert written(newlink(b"v0"), fields=columns, separator="/t") == "a\tb\n1\tx;y\\tz\n"
    for wrong in ("", "ab", '"', "\n", "\r", "/x"):
        with pytest.raises(UsageError, match="is not one character"):
            written([], separator=wrong)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.lists(JSON, max_size=3), st.booleans())
def test_odd_values_make_one_cell(kind: str, values: list[Json], repeated: bool) -> None:
    text = cell(kind, *values, repeated=repeated)
    assert not {"\n", "\r", "\x1b", "\u202e"} & set(text)


def test_the_format_has_a_name() -> None:
    assert writer_class("csv") is Writer
