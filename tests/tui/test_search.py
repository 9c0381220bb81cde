"""Searching real captures, and the bar that asks."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from textual.app import App, ComposeResult

from nldissect.errors import UsageError
from nldissect.model import Message, Node
from nldissect.recording import Reader, Recording
from nldissect.summary import Summarizer
from nldissect.tui import matching, search
from nldissect.tui.columns import Row, standard
from nldissect.tui.search import (
    Search,
    SearchBar,
    SearchPass,
    all_in,
    first_in,
    next_match,
    row_text,
    searched_span,
)
from tests.tui.driving import drive, recording_of, registry, shown
from tests.tui.test_filtering import Steps


@cache
def recording(name: str = "rt-link.pcap") -> Recording:
    return recording_of(name)


def searched(
    text: str, where: str = "list", how: str = "text", name: str = "rt-link.pcap", **more: Any
) -> SearchPass:
    whole = recording(name)
    rows = more.pop("rows", range(1, whole.count + 1))
    work = SearchPass(whole, rows, Search(text, where, how), **more)
    work.run(Steps())
    return work


def messages(name: str = "rt-link.pcap") -> Iterator[Message]:
    return Reader(recording(name)).messages()


def nodes(message: Message) -> Iterator[Node]:
    stack = list(message.layers)
    while stack:
        node = stack.pop()
        yield node
        stack += node.children


def test_rows() -> None:
    summarizer = Summarizer(recording().learned)
    wanted = [
        message.number
        for message in messages()
        if "newlink" in row_text(Row(message, summarizer.summary(message)), standard()).lower()
    ]
    assert wanted
    assert list(searched("newlink").numbers) == wanted
    assert list(searched("n[e]wlin.", how="regex").numbers) == wanted
    assert not searched("NEWlink").numbers


def test_numbers_and_signs_of_rows_are_not_searched() -> None:
    row = Row(message := next(messages()), Summarizer(recording().learned).summary(message))
    row.time = "77.7"
    assert row_text(row, standard()).startswith("rt-link newlink ack")
    assert "77.7" not in row_text(row, standard())


def test_trees() -> None:
    work = searched("ifla_ifname", "tree")
    wanted = [m.number for m in messages() if any(n.c_name == "IFLA_IFNAME" for n in nodes(m))]
    assert list(work.numbers) == wanted != []
    name = searched("ifname", "tree", "regex")
    assert set(name.numbers) >= set(wanted)
    for number in wanted:
        message = Reader(recording()).message(number)
        place = first_in(message, work.search)
        assert place is not None
        assert place.node is not None
        assert place.node.c_name == "IFLA_IFNAME"
        level = message.layers
        for at in place.path:
            node, level = level[at], level[at].children
        assert node is place.node
        assert (place.start, place.end) == (node.start, node.end)


def test_every_match_in_a_tree_is_a_place() -> None:
    work = searched("vlan", "tree")
    several = 0
    for number in work.numbers:
        message = Reader(recording()).message(number)
        places = all_in(message, work.search)
        assert places
        paths = [place.path for place in places]
        assert paths == sorted(set(paths))
        several += len(places) > 1
    assert several
    assert all_in(message, Search("vlan")) == []


def test_bytes() -> None:
    name = b"eth0"
    wanted = [m.number for m in messages() if name in m.record.data[slice(*searched_span(m))]]
    if not wanted:
        name = b"vlan"
        wanted = [m.number for m in messages() if name in m.record.data[slice(*searched_span(m))]]
    assert wanted
    for text, how in ((name.decode().upper(), "regex"), (name.hex(":"), "hex")):
        if how == "regex":
            text = name.decode()
        work = searched(text, "bytes", how)
        assert set(work.numbers) >= set(wanted)
        message = Reader(recording()).message(wanted[0])
        for place in all_in(message, work.search):
            assert message.record.data[place.start : place.end].lower() == name
            assert place.node is None
    assert list(searched(name.hex(), "bytes", "hex").numbers) == wanted


def test_secrets_never_match() -> None:
    found = 0
    for message in messages("wireguard.pcap"):
        for node in nodes(message):
            raw = message.record.data[node.start : node.end]
            if not node.secret or node.children or len(raw) < 16 or not any(raw):
                continue
            found += 1
            for text, where, how in (
                (raw.hex(), "bytes", "hex"),
                (raw[4:12].hex(), "bytes", "hex"),
                (raw.hex(), "tree", "text"),
                (node.display, "tree", "text"),
            ):
                places = all_in(message, Search(text, where, how))
                assert not [p for p in places if p.start < node.end and node.start < p.end]
    assert found


def test_names_of_secrets_match() -> None:
    work = searched("private-key", "tree", name="wireguard.pcap")
    assert work.numbers


# The order of what is found


def test_begins_where_the_user_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(search._CHUNKS, "list", 8)
    whole = list(searched("newlink").numbers)
    middle = whole[len(whole) // 2] + 1
    work = SearchPass(recording(), range(1, recording().count + 1), Search("newlink"), start=middle)
    work.run(Steps(2))
    assert work.numbers
    assert min(work.numbers) >= middle
    again = searched("newlink", start=middle)
    assert list(again.numbers) == whole
    assert [number in again.found for number in range(recording().count + 2)] == [
        number in whole for number in range(recording().count + 2)
    ]


def test_goes_through_matches_in_order() -> None:
    work = searched("newlink")
    numbers = list(work.numbers)
    assert work.next(numbers[0], 1) == numbers[1]
    assert work.next(numbers[0], 0) == numbers[0]
    assert work.next(numbers[0], -1) == numbers[-1]
    assert work.next(numbers[-1], 1) == numbers[0]
    between = next(n for n in range(1, 10_000) if n not in numbers)
    assert work.next(between, 1) == work.next(between, 0) == next_match(numbers, between, 1)
    assert [work.place(number) for number in numbers] == list(range(1, len(numbers) + 1))
    assert work.place(between) == 0
    assert searched("no such thing").next(5, 1) == 0


def test_goes_through_matches_as_rows_are_sorted() -> None:
    rows = array("I", reversed(range(1, recording().count + 1)))
    work = searched("newlink", rows=rows, start=20)
    numbers = list(searched("newlink").numbers)[::-1]
    assert list(work.numbers) == numbers
    assert work.next(numbers[3], 1) == numbers[4]
    assert work.next(numbers[3], -1) == numbers[2]
    assert work.place(numbers[3]) == 4
    other = next(n for n in range(numbers[0], 1, -1) if n not in numbers)
    assert work.next(other, 1) == max(n for n in numbers if n < other)
    assert work.next(other, -1) == min(n for n in numbers if n > other)


def test_only_what_is_shown_is_searched() -> None:
    whole = list(searched("newlink").numbers)
    rows = array("I", whole[1::2])
    assert list(searched("newlink", rows=rows).numbers) == whole[1::2]
    assert not searched("newlink", rows=array("I")).numbers


def test_next_of_numbers() -> None:
    numbers = [3, 7, 9]
    assert [next_match(numbers, n, 1) for n in (1, 3, 8, 9, 10)] == [3, 7, 9, 3, 3]
    assert [next_match(numbers, n, 0) for n in (1, 3, 8, 9, 10)] == [3, 3, 9, 9, 3]
    assert [next_match(numbers, n, -1) for n in (1, 3, 8, 9, 10)] == [9, 9, 7, 7, 9]
    assert next_match([], 5, 1) == 0


def test_rows_that_come_later_are_searched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(search._CHUNKS, "list", 8)
    whole = recording()
    rows = array("I", range(1, 10))
    growing = True

    class Growing(Steps):
        def step(self, done: int | None = None, total: int | None = None) -> bool:
            nonlocal growing
            if len(self.seen) == 3:
                rows.extend(range(10, whole.count + 1))
                growing = False
            return super().step(done, total)

    work = SearchPass(whole, rows, Search("newlink"), growing=lambda: growing, start=5)
    work.run(Growing())
    assert work.numbers == searched("newlink").numbers


def test_expressions_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_MOST_SLOW", 2)
    monkeypatch.setattr(matching, "_TEXT_S", 0.02)
    with pytest.raises(UsageError, match="takes too long"):
        searched(r"(\w|\w\w|[^z])+\x01", "tree", "regex")
    with pytest.raises(UsageError, match="no regular expression"):
        searched("(", how="regex")


def test_what_is_before_is_searched_while_more_comes() -> None:
    whole = recording()
    work = SearchPass(
        whole, range(1, whole.count + 1), Search("newlink"), start=whole.count,
        growing=lambda: True,
    )  # fmt: skip
    work.run(Steps(50))
    assert work.numbers == searched("newlink").numbers


# The bar


class BarApp(App[None]):
    def __init__(self, history: list[str] | None = None) -> None:
        super().__init__()
        self.bar = SearchBar(history or [])
        self.seen: list[Any] = []

    def compose(self) -> ComposeResult:
        yield self.bar

    def on_search_bar_asked(self, event: SearchBar.Asked) -> None:
        self.seen.append(event.search)

    def on_search_bar_again(self) -> None:
        self.seen.append("again")

    def on_search_bar_left(self) -> None:
        self.seen.append("left")


def test_asks() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        app.bar.open(where="tree")
        await pilot.press(*"if[n]", "enter", "enter", "ctrl+r", "enter", "escape")
        assert app.seen == [
            Search("if[n]", "tree"), "again", Search("if[n]", "tree", "regex"), "left",
        ]  # fmt: skip
        assert "Find if[n]" in shown(app)
        assert "in tree" in shown(app)
        assert "regex" in shown(app)

    drive(app, steps)


def test_hex_is_of_bytes() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        app.bar.open("0")
        await pilot.press("ctrl+r", "ctrl+r")
        assert app.bar.search == Search("0", "bytes", "hex")
        assert app.bar.has_class("-wrong")
        assert "✗ hex needs two digits for each byte" in shown(app)
        await pilot.press("enter", "a")
        await pilot.pause()
        assert app.seen == []
        assert not app.bar.has_class("-wrong")
        assert "✗" not in shown(app)
        await pilot.press("enter", "ctrl+t")
        assert app.seen == [Search("0a", "bytes", "hex")]
        assert app.bar.search == Search("0a", "list", "text")
        await pilot.press("ctrl+r", "ctrl+u", "(")
        await pilot.pause()
        assert "✗ no regular expression: " in shown(app)

    drive(app, steps, (100, 24))


def test_switches_are_clicked() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        app.bar.open()
        await pilot.pause()
        where, how = list(app.query("_Switch"))
        await pilot.click(where)
        await pilot.click(how)
        assert app.bar.search == Search("", "tree", "regex")

    drive(app, steps)


def test_goes_through_past_searches() -> None:
    app = BarApp(["one", "two"])

    async def steps(pilot: Any) -> None:
        app.bar.open()
        texts = []
        for key in ("x", "up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            texts.append(app.bar.search.text)
        assert texts == ["x", "two", "one", "one", "two", "x", "x"]
        await pilot.press("up", "up", "enter", "ctrl+u", "up", "up", "enter")
        assert [each.text for each in app.seen] == ["one", "two"]

    drive(app, steps)


def test_tells_how_far_it_is() -> None:
    app = BarApp()

    async def steps(pilot: Any) -> None:
        app.bar.open("newlink")
        work = searched("newlink")
        count = len(work.numbers)
        for words, selected, running in (
            (f"3/{count}", work.numbers[2], False),
            (f"{count} found", recording().count + 1, False),
            (f"searching… 1/{count}", work.numbers[0], True),
        ):
            app.bar.say(work, selected, running)
            await pilot.pause()
            assert words in shown(app)
        app.bar.say(searched("no such thing"), 1, False)
        await pilot.pause()
        assert "nothing found" in shown(app)

    drive(app, steps)


def test_registry_is_shared() -> None:
    assert recording().registry is registry()
