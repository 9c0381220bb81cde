"""Names for numbers: shown beside the number, which stays one in every value."""

from __future__ import annotations

import io
import struct

import pytest

import nldissect
from nldissect.export.text import Writer
from nldissect.filter import Catalogue, compile_filter
from nldissect.learn import Learned
from nldissect.registry import Registry
from nldissect.spec.labels import LABELS
from nldissect.spec.merge import merge
from nldissect.spec.types import LabelScalar
from nldissect.summary import Summarizer

RTMSG = struct.Struct("=BBBBBBBBI")


def route(table: int, protocol: int = 4, family: int = 2, attrs: bytes = b"") -> nldissect.Message:
    body = RTMSG.pack(family, 24, 0, 0, table & 0xFF, protocol, 253, 1, 0) + attrs
    data = struct.pack("=IHHII", 16 + len(body), 24, 0x605, 1, 0) + body
    (message,) = nldissect.decode(data, protocol="route")
    return message


def attr(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) & 3)


TABLE = attr(15, struct.pack("=I", 255))


def test_values_stay_numbers() -> None:
    message = route(254, attrs=TABLE)
    assert message.header is not None
    assert (message.header["rtm-table"], message.header["rtm-protocol"]) == (254, 4)
    assert message.attrs["rta-table"] == 255
    for path, number in (("rtm-table", 254), ("rta-table", 255)):
        node = message.node(path)
        assert node is not None
        assert node.value == number


def test_people_see_both() -> None:
    message = route(254, attrs=TABLE)
    shown = {
        path: message.node(path).display  # type: ignore[union-attr]
        for path in ("rtm-family", "rtm-table", "rtm-protocol", "rtm-scope", "rta-table")
    }
    assert shown == {
        "rtm-family": "2 (inet)",
        "rtm-table": "254 (main)",
        "rtm-protocol": "4 (static)",
        "rtm-scope": "253 (link)",
        "rta-table": "255 (local)",
    }


def test_numbers_without_a_name_are_shown_as_they_are() -> None:
    message = route(77, protocol=99, family=6)
    assert [message.node(path).display for path in ("rtm-table", "rtm-family")] == ["77", "6"]  # type: ignore[union-attr]
    assert message.notes == []


def test_the_quick_way_writes_what_the_tree_says() -> None:
    message = route(254, attrs=TABLE)
    out = io.BytesIO()
    writer = Writer(out.write, [], tree=True)
    writer.message(message)
    writer.close()
    text = out.getvalue().decode()
    for name in ("rtm-table", "rtm-protocol", "rta-table"):
        node = message.node(name)
        assert node is not None
        assert f"{name}: {node.display}" in text


def test_the_line_of_a_message_has_the_name() -> None:
    message = route(252, attrs=attr(15, struct.pack("=I", 252)))
    assert "table compat" in Summarizer(Learned()).summary(message).details


def test_filters_ask_for_numbers() -> None:
    match = compile_filter("rt-route.rta-table == 255", Catalogue(Registry())).match
    assert match(route(254, attrs=TABLE))
    assert not match(route(254))


def test_messages_are_made_by_name_or_number() -> None:
    made = [
        nldissect.encode("rt-route", "newroute", {"rta-table": table}, header={"rtm-table": table})
        for table in ("main", 254)
    ]
    assert made[0] == made[1]
    with pytest.raises(nldissect.UsageError):
        nldissect.encode("rt-route", "newroute", {"rta-table": "nosuch"})


def test_a_wrong_width_is_no_such_number() -> None:
    message = route(254, attrs=attr(15, b"\xff"))
    node = message.node("rta-table")
    assert node is not None
    assert "(local)" not in node.display
    assert [note.code for note in message.notes] == ["value.width"]


@pytest.mark.parametrize("order", ["little", "big"])
def test_every_name_is_found_in_both_orders(order: str) -> None:
    for labels in LABELS.values():
        type_ = LabelScalar("u32", order, labels)
        for number, name in labels.items():
            data = number.to_bytes(4, order)  # type: ignore[arg-type]
            assert type_.value(data, 0, 4, None) == number
            assert type_.shown(number) == f"{number} ({name})"


def test_more_is_said_of_members_without_a_layout() -> None:
    members = [{"name": "one", "type": "u8"}, {"name": "two", "type": "u16"}]
    base = {"name": "x", "definitions": [{"name": "s", "type": "struct", "members": members}]}

    def merged(members: list[dict[str, str]]) -> object:
        extra = {"name": "x", "definitions": [{"name": "s", "members": members}]}
        return merge(base, extra)["definitions"][0]["members"]

    assert merged([{"name": "two", "display-hint": "hex"}]) == [
        {"name": "one", "type": "u8"},
        {"name": "two", "type": "u16", "display-hint": "hex"},
    ]
    assert merged([{"name": "new", "type": "u8"}]) == [{"name": "new", "type": "u8"}]


def test_handles_of_traffic_control_are_major_and_minor() -> None:
    type_ = LabelScalar("u32", "little", LABELS["tc-handle"])
    shown = [type_.shown(number) for number in (0, 7, 0x10000, 0x1000A, 0xFFFFFFFF, 0xFFFFFFF2)]
    assert shown == ["0", "7", "65536 (1:)", "65546 (1:a)", "4294967295 (root)",
                     "4294967282 (ffff:fff2)"]  # fmt: skip
