"""What messages teach of things that others mention: on files, on pipes, and from broken bytes."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given, strategies as st

from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Record
from nldissect.spec.lessons import Lesson
from tests.check import REGISTRY
from tests.test_dissect import attr, link, nlmsg

ORDERS = {"little": "<", "big": ">"}


def newlink(index: int, name: bytes, order: str = "<", flags: int = 0) -> bytes:
    header = struct.pack(f"{order}BxHiII", 0, 1, index, 0, 0)
    body = header + attr(13, bytes(4), order) + attr(3, name + b"\0", order)
    return link(0) + nlmsg(16, body, flags, order=order)


def newaddr(index: int, order: str = "<") -> bytes:
    header = struct.pack(f"{order}BBBBI", 2, 24, 0, 0, index)
    return link(0) + nlmsg(20, header + attr(2, b"\xc0\0\2\1", order), order=order)


def reader_of(order: str = "little", **options: bool) -> Dissector:
    interfaces = [Interface(0, 253, 262144, "", "", order)]
    return Dissector(REGISTRY, Learned(), interfaces, order=order, facts=True, **options)


def records(*bodies: bytes) -> list[Record]:
    return [Record(n, 0, 0, 253, body, len(body)) for n, body in enumerate(bodies, 1)]


@pytest.mark.parametrize("order", ORDERS)
def test_a_file_names_links_before_and_after_they_are_told_of(order: str) -> None:
    sign = ORDERS[order]
    items = records(
        newaddr(7, sign), newlink(7, b"eth0", sign), newaddr(7, sign), newlink(7, b"wan0", sign),
        newaddr(7, sign), newaddr(8, sign),
    )  # fmt: skip
    reader = reader_of(order)
    reader.survey(items)
    shown = []
    for item in items:
        (message,) = reader.dissect(item)
        node = message.node("header.ifa-index" if message.type == 20 else "header.ifi-index")
        assert node is not None
        assert node.value in (7, 8)
        shown.append(node.display)
    assert shown == ["7 (eth0)", "7 (eth0)", "7 (eth0)", "7 (wan0)", "7 (wan0)", "8"]


def test_a_pipe_knows_what_was_told() -> None:
    reader = reader_of(learning=True)
    shown = []
    for item in records(newaddr(7), newlink(7, b"eth0"), newaddr(7)):
        (message,) = reader.dissect(item)
        if message.type == 20:
            shown.append(message.fact("link", 7))
    assert shown == [None, ("eth0",)]


def test_who_asks_teaches_nothing_of_what_the_kernel_answers() -> None:
    reader = reader_of()
    items = records(newlink(7, b"eth0", flags=5))
    reader.survey(items)
    assert reader.dissect(items[0])[0].fact("link", 7) is None


def test_without_facts_nothing_is_learned() -> None:
    reader = reader_of()
    reader.facts = False
    items = records(newlink(7, b"eth0"))
    reader.survey(items)
    assert reader.dissect(items[0])[0].fact("link", 7) is None


def link_lesson() -> Lesson:
    op = REGISTRY.classic(0, 16, "notify", "little")
    assert op is not None
    (lesson,) = op.lessons
    return lesson


@given(st.binary(max_size=80))
def test_any_bytes_are_read_without_harm(data: bytes) -> None:
    told = link_lesson().read(data, 0, len(data))
    assert told is None or (len(told[0]) == 1 and isinstance(told[1][0], str))


LESSONS = [
    lesson
    for protocol, type_ in ((0, 16), (12, 2569))
    for order in ORDERS
    if (op := REGISTRY.classic(protocol, type_, "reply", order)) is not None
    for lesson in op.lessons
]
ATTRS = st.lists(
    st.tuples(st.sampled_from((0, 1, 2, 3, 4, 5, 9, 10, 3 | 0x8000)), st.binary(max_size=6)),
    max_size=8,
)


@given(st.sampled_from(LESSONS), st.binary(min_size=16, max_size=17), ATTRS, st.integers(0, 9))
def test_what_is_kept_is_what_is_read(
    lesson: Lesson, head: bytes, attrs: list[tuple[int, bytes]], cut: int
) -> None:
    order = "big" if lesson._big else "little"
    body = head + b"".join(attr(kind, value, ORDERS[order]) for kind, value in attrs)
    for _ in range(2):
        assert lesson.read(body, 0, len(body) - cut) == lesson._read(body, 0, len(body) - cut)


def test_many_of_what_tells_cost_no_more_than_one() -> None:
    head = newlink(7, b"eth0")[32:48]
    body = head + attr(3, b"") * 16000 + attr(3, b"eth1\0")
    begun = time.process_time()
    for _ in range(100):
        told = link_lesson().read(body, 0, len(body))
    assert time.process_time() - begun < 5
    assert told == link_lesson()._read(body, 0, len(body))


def test_a_key_that_is_cut_off_teaches_nothing() -> None:
    body = newlink(7, b"eth0")[32:]
    assert link_lesson().read(body, 0, len(body)) == ((7,), ("eth0",))
    assert link_lesson().read(body, 0, 12) is None
    assert link_lesson().read(body, 0, 24) is None
    long = body[:16] + attr(3, b"x" * 2000)
    assert link_lesson().read(long, 0, len(long)) is None
