"""Columns of tables: the fixed ones, and how their values are spelled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, strategies as st

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.export.columns import Origin, default_columns, json_text
from nldissect.learn import Learned
from nldissect.model import Interface, Message
from nldissect.text import Json
from tests.check import REGISTRY, dissector
from tests.test_dissect import attr, link, nlmsg, record

JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
KINDS = (
    "bool", "uint", "sint", "string", "bytes", "ipv4-or-v6", "mac", "enum", "flags", "time",
    "duration", "object", "any",
)  # fmt: skip


class Given:
    """A column with the same values for every message."""

    def __init__(self, name: str, kind: str, values: Sequence[Json], repeated: bool = False):
        self.name = name
        self.kind = kind
        self.repeated = repeated
        self._values = list(values)

    def values(self, message: Message) -> list[Json]:
        return list(self._values)


def messages_of(path: Path) -> tuple[list[Interface], list[Message]]:
    """All messages of a capture."""
    with open_capture(str(path)) as capture:
        reader = Dissector(REGISTRY, Learned(), capture.interfaces)
        reader.survey(capture)
        return capture.interfaces, [message for item in capture for message in reader.dissect(item)]


def newlink(*names: bytes) -> list[Message]:
    """RTM_NEWLINK requests for links of these names."""
    reader = dissector()
    made: list[Message] = []
    for name in names:
        body = bytes(16) + attr(3, name + b"\0") + attr(4, b"\xdc\5\0\0")
        made += reader.dissect(record(link(0) + nlmsg(16, body, flags=5, seq=7)))
    return made


def values_of(message: Message, interfaces: Sequence[Interface] = ()) -> dict[str, list[Json]]:
    return {column.name: column.values(message) for column in default_columns(Origin(interfaces))}


def test_the_fixed_columns_of_a_request() -> None:
    values = values_of(newlink(b"v0")[0], [Interface(0, 253, 0, "nlmon0", "", "little")])
    header = values.pop("header")
    assert [sorted(item) for item in header if isinstance(item, dict)] == [
        ["ifi-change", "ifi-family", "ifi-flags", "ifi-index", "ifi-type"]
    ]
    del values["txn"]
    assert values == {
        "file": [],
        "n": [1],
        "frame": [1],
        "time": [0],
        "iface": ["nlmon0"],
        "proto": ["route"],
        "dir": ["request"],
        "family": ["rt-link"],
        "cmd": ["newlink"],
        "nlmsg_type": [16],
        "nlmsg_flags": [["request", "ack"]],
        "nlmsg_seq": [7],
        "nlmsg_pid": [0],
        "nlmsg_len": [48],
        "latency_ns": [],
        "error_code": [],
        "error_name": [],
        "error_message": [],
        "attrs": [{"ifname": "v0", "mtu": 1500}],
    }


def test_the_fixed_columns_of_an_error() -> None:
    body = b"\xed\xff\xff\xff" + nlmsg(16, b"", flags=5)
    (message,) = dissector().dissect(record(link(0) + nlmsg(2, body)))
    values = values_of(message)
    assert values["error_code"] == [-19]
    assert values["error_name"] == ["ENODEV"]
    assert values["error_message"] == []


def test_no_message_has_no_numbers() -> None:
    (message,) = dissector().dissect(record(b"\0\4\3"))
    values = values_of(message)
    empty = (
        "iface",
        "proto",
        "family",
        "cmd",
        "nlmsg_type",
        "nlmsg_flags",
        "nlmsg_len",
        "error_code",
    )
    assert [values[name] for name in empty] == [[]] * len(empty)
    assert values["dir"] == ["unknown"]


@given(JSON)
def test_json_text_is_json_and_safe(value: Json) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert not {"\x7f", "\x9b", "\u202e", "\u2028", "\n"} & set(text)


def test_json_text_keeps_letters() -> None:
    assert json_text({"ssid": "Büro \x9b\\x9b \u202e"}) == '{"ssid":"Büro \\u009b\\\\x9b \\u202e"}'
