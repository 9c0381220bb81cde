"""The app as a whole, driven by keys and the mouse on real captures."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual import events

from nldissect.capture.source import Capture, open_capture
from nldissect.errors import NldissectError
from nldissect.tap.options import Options
from nldissect.tui.browser import BrowserScreen
from nldissect.tui.hexpane import BytesPane
from nldissect.tui.keys import DEEDS
from nldissect.tui.lines import Lines
from nldissect.tui.messages import MessageList
from nldissect.tui.state import Config, State
from nldissect.tui.tree import TreePane
from tests import attributed
from tests.tui.driving import CAPTURES, browser, drive, settled, shown, told, until

WIDE = (160, 48)


def screen_of(pilot: Any) -> BrowserScreen:
    return next(s for s in pilot.app.screen_stack if isinstance(s, BrowserScreen))


def list_of(pilot: Any) -> MessageList:
    return screen_of(pilot).query_one(MessageList)


def tree_of(pilot: Any) -> TreePane:
    return screen_of(pilot).query_one(TreePane)


def bytes_of(pilot: Any) -> BytesPane:
    return screen_of(pilot).query_one(BytesPane)


async def press(pilot: Any, keys: str) -> None:
    """Types words of keys: ``j`` is a key, ``'text`` is typed letter by letter."""
    for word in keys.split():
        if word.startswith("'") and len(word) > 1:
            await pilot.press(*word[1:])
        else:
            await pilot.press(word)
    await pilot.pause()


async def filter_by(pilot: Any, text: str) -> None:
    await pilot.press("slash", "ctrl+u")
    for char in text:
        await pilot.press("space" if char == " " else char)
    await pilot.press("enter")
    await settled(pilot)


# Three panes in step


def test_panes_show_the_same_message() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "7 G")
        assert list_of(pilot).selected == 7
        message = list_of(pilot).message
        assert message is not None
        assert tree_of(pilot).message is message
        await press(pilot, "tab")
        for _ in range(12):
            await press(pilot, "j")
            node = tree_of(pilot).node
            assert node is not None
            assert bytes_of(pilot).span == (node.start, node.end)
        await press(pilot, "tab")
        assert bytes_of(pilot).has_focus
        for _ in range(9):
            await press(pilot, "l")
            at = bytes_of(pilot).at
            node = tree_of(pilot).node
            assert node is not None
            assert node.start <= at < node.end

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


def test_status_line_tells_path_type_name_and_value() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        message = list_of(pilot).message
        assert message is not None
        node = message.node("nlmsg.nlmsg-seq")
        assert node is not None
        tree_of(pilot).select_node(node)
        await pilot.pause()
        last = shown(pilot.app).splitlines()[-2]
        assert "nlmsg.nlmsg-seq" in last
        assert "nlmsg_seq" in last
        assert "field" in last
        assert str(message.seq) in last

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


def test_zoom_split_and_layout() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        tree, bytes_, list_ = tree_of(pilot), bytes_of(pilot), list_of(pilot)
        assert tree.region.right <= bytes_.region.x
        before = tree.region.width
        await press(pilot, "greater_than_sign")
        assert tree.region.width > before
        before = list_.region.height
        await press(pilot, "plus plus")
        assert list_.region.height > before
        await press(pilot, "vertical_line")
        assert tree.region.bottom <= bytes_.region.y
        await press(pilot, "tab backslash")
        assert tree.region.height > 40
        assert not list_.display or not list_.region
        await press(pilot, "tab")
        assert bytes_.region.height > 40
        await press(pilot, "backslash")
        assert list_.region.height > 10

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


def test_mouse_selects_drags_and_sorts() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        await pilot.click(MessageList, offset=(20, 4))
        assert list_.selected == 5
        tree = tree_of(pilot)
        await pilot.click(TreePane, offset=(0, 1))
        assert tree.has_focus
        height = list_.region.height
        title = screen_of(pilot).query_one("Workspace").title  # type: ignore[attr-defined]
        await pilot.mouse_down(title, offset=(5, 0))
        await pilot.hover(title, offset=(5, 4))
        await pilot.mouse_up(title, offset=(5, 0))
        await pilot.pause()
        assert list_.region.height > height
        await pilot.click("MessageHead", offset=(20, 0))
        await settled(pilot)
        assert list_.sorted_by == "family"

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


# The list


def test_first_rows_come_while_the_capture_is_read() -> None:
    """What has come is shown; the rest follows, and names fill in as they are learned."""
    data = (CAPTURES / "nlctrl.pcap").read_bytes()
    pieces = [data[:4000], data[4000:]]
    gate: list[bool] = []

    def read() -> bytes:
        while len(pieces) == 1 and not gate:
            time.sleep(0.01)
        return pieces.pop(0) if pieces else b""

    capture = Capture("stream", -1, read)

    async def steps(pilot: Any) -> None:
        await until(pilot, lambda: len(list_of(pilot).rows) > 5)
        assert not screen_of(pilot).recording.whole
        some = len(list_of(pilot).rows)
        await press(pilot, "g g j j")
        assert list_of(pilot).selected == 3
        gate.append(True)
        await settled(pilot)
        assert len(list_of(pilot).rows) > some
        assert list_of(pilot).selected == 3

    drive(browser(capture), steps)


def test_reading_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read by then stays."""
    from nldissect.recording import Recording

    read = Recording.read

    def slowly(self: Recording, step: Any) -> None:
        def slow() -> bool:
            time.sleep(0.3)
            return bool(step())

        read(self, slow)

    monkeypatch.setattr(Recording, "read", slowly)

    async def steps(pilot: Any) -> None:
        await until(pilot, lambda: len(list_of(pilot).rows) > 0)
        await until(pilot, lambda: "esc stops" in shown(pilot.app))
        await press(pilot, "escape")
        await settled(pilot)
        recording = screen_of(pilot).recording
        assert not recording.settled
        assert "stopped" in told(pilot.app)
        assert 0 < len(list_of(pilot).rows) == recording.count
        await press(pilot, "G")

    drive(browser("nl80211.pcap.gz"), steps)


def test_folding() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        whole = len(list_.rows)
        await press(pilot, "C")
        folded = len(list_.rows)
        assert folded < whole
        assert "parts]" in shown(pilot.app)
        while not list_.rows.hidden(list_.selected):
            await press(pilot, "j")
        head = list_.selected
        hidden = len(list_.rows.hidden(head))
        await press(pilot, "l")
        assert len(list_.rows) == folded + hidden
        await press(pilot, "j h")
        assert len(list_.rows) == folded
        assert list_.selected == head
        await press(pilot, "z z E")
        assert len(list_.rows) == whole

    drive(browser("nlctrl.pcap"), steps, WIDE)


def test_sorting_keeps_the_selection() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        await press(pilot, "5 G")
        titles = [column.key for column in list_.shown_columns()]
        for _ in range(titles.index("latency")):
            await press(pilot, "right_square_bracket")
        await press(pilot, "s")
        await settled(pilot)
        assert list_.selected == 5
        numbers = [list_.rows.number(row) for row in range(len(list_.rows))]
        times = [list_.reader.message(number).latency_ns for number in numbers]
        known = [time for time in times if time is not None]
        assert known == sorted(known)
        assert times[: len(known)] == known
        await press(pilot, "s")
        await settled(pilot)
        first = list_.reader.message(list_.rows.number(0)).latency_ns
        assert first == max(known)
        await press(pilot, "s")
        await settled(pilot)
        assert [list_.rows.number(row) for row in range(3)] == [1, 2, 3]

    drive(browser("rt-link.pcap"), steps, WIDE)


def test_columns_are_added_moved_resized_and_hidden() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        await press(pilot, "3 G")
        message = list_.message
        assert message is not None
        node = message.node("ifname")
        assert node is not None
        tree_of(pilot).select_node(node)
        await pilot.pause()
        tree_of(pilot).focus()
        await press(pilot, "full_stop a")
        assert "rt-link.ifname" in [column.key for column in list_.columns]
        assert "ifname" in shown(pilot.app)
        list_.focus()
        await press(pilot, "right_square_bracket right_curly_bracket")
        assert [column.key for column in list_.columns][:3] == ["number", "kind", "time"]
        width = next(c for c in list_.columns if c.key == "time").width
        await press(pilot, "right_parenthesis")
        assert next(c for c in list_.columns if c.key == "time").width == width + 2
        await press(pilot, "H")
        assert "time" not in [column.key for column in list_.shown_columns()]

    drive(browser("rt-link.pcap"), steps, WIDE)


@pytest.mark.parametrize("growing", [False, True])
def test_processes_have_a_column_where_there_are_some(growing: bool, tmp_path: Path) -> None:
    blocks = attributed.blocks()

    def read() -> bytes:
        return blocks.pop(0) if blocks else b""

    async def steps(pilot: Any) -> None:
        list_ = list_of(pilot)
        await until(pilot, lambda: screen_of(pilot).recording.whole)
        await settled(pilot)
        await until(pilot, lambda: "dhcpcd[5678]" in shown(pilot.app))
        # The request has no port of its own: its answer tells.
        assert shown(pilot.app).count("ip[1234]") == 2
        column = next(each for each in list_.shown_columns() if each.key == "process")
        assert column.width == len("nldissect[77]")
        column.shown = False
        list_.lay_out()
        await pilot.pause()
        assert "ip[1234]" not in shown(pilot.app)

    path = tmp_path / "x.pcapng"
    path.write_bytes(attributed.capture())
    drive(browser(Capture("stream", -1, read) if growing else path), steps, WIDE)


def test_without_processes_there_is_no_column_of_them() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        assert "process" in [column.key for column in list_.columns]
        assert "process" not in [column.key for column in list_.shown_columns()]
        assert "Process" not in shown(pilot.app)

    drive(browser("rt-link.pcap"), steps, WIDE)


def test_time_formats_and_reference() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        seen = {list_.clock.format}
        for _ in range(8):
            await press(pilot, "t")
            seen.add(list_.clock.format)
            assert shown(pilot.app)
        assert seen == {"a", "ad", "d", "e", "r", "u", "ud"}
        await press(pilot, "4 G T")
        row = list_.row(4)
        assert row is not None
        assert row.time == "0.000000"

    drive(browser("rt-link.pcap"), steps)


# Filter and search


def test_filter_shows_some_and_keeps_the_selection() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        await press(pilot, "7 G")
        await filter_by(pilot, "error")
        assert list_.selected == 7
        assert 0 < len(list_.rows) < list_.recording.count
        assert all(list_.reader.message(list_.rows.number(row)).error for row in range(3))
        await filter_by(pilot, "")
        assert len(list_.rows) == list_.recording.count
        assert list_.selected == 7

    drive(browser("nldemo-refuse.pcap"), steps)


def test_keys_typed_at_once_go_where_the_first_leads() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        for key in ("/", "e", "r", "r", "o", "r"):
            name = "slash" if key == "/" else key
            pilot.app.post_message(events.Key(name, key))
        await until(pilot, lambda: "error" in shown(pilot.app).splitlines()[0])
        await pilot.press("enter")
        await settled(pilot)
        assert screen_of(pilot).filter_text == "error"
        await pilot.press("slash", "ctrl+u", *"a/b")
        assert "a/b" in shown(pilot.app).splitlines()[0]

    drive(browser("nldemo-refuse.pcap"), steps)


def test_mistake_in_a_filter_is_not_applied() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        count = len(list_of(pilot).rows)
        await filter_by(pilot, "famly == x")
        assert "famly" in shown(pilot.app)
        assert len(list_of(pilot).rows) == count
        await press(pilot, "escape escape")
        assert list_of(pilot).has_focus

    drive(browser("nldemo-refuse.pcap"), steps)


@pytest.mark.parametrize("how", ["equals_sign", "exclamation_mark", "ampersand", "percent_sign"])
def test_filter_from_a_node(how: str) -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        screen, list_ = screen_of(pilot), list_of(pilot)
        if how in ("ampersand", "percent_sign"):
            screen.apply_filter("error")
            await settled(pilot)
            await press(pilot, "j")
        else:
            await press(pilot, "2 G")
        chosen = list_.message
        assert chosen is not None
        node = chosen.node("nlmsg.nlmsg-seq")
        assert node is not None
        tree_of(pilot).select_node(node)
        await pilot.pause()
        tree_of(pilot).focus()
        await press(pilot, how)
        await settled(pilot)
        rows = [list_.reader.message(list_.rows.number(row)) for row in range(len(list_.rows))]
        same = [message for message in rows if message.seq == chosen.seq]
        assert screen.filter_text
        if how == "equals_sign":
            assert rows == same != []
        elif how == "exclamation_mark":
            assert rows
            assert not same
        elif how == "ampersand":
            assert rows == same != []
            assert all(message.error for message in rows)
        else:
            assert len(rows) > len(same) > 0

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


def test_search_in_the_list_with_a_count() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "ctrl+f 'erange enter")
        await settled(pilot)
        list_ = list_of(pilot)
        first = list_.selected
        row = list_.row(first)
        assert row is not None
        assert "ERANGE" in row.summary.details
        await press(pilot, "n")
        second = list_.selected
        await press(pilot, "N")
        assert list_.selected == first
        assert second != first or "1/1" in shown(pilot.app)
        assert "/" in shown(pilot.app).splitlines()[-3]

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


def test_search_in_trees_and_bytes() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "tab ctrl+f 'nldemo enter")
        await settled(pilot)
        node = tree_of(pilot).node
        assert node is not None
        assert "nldemo" in node.display
        place = (list_of(pilot).selected, node.start)
        await press(pilot, "n")
        other = tree_of(pilot).node
        assert other is not None
        assert (list_of(pilot).selected, other.start) != place
        await press(pilot, "tab")
        assert bytes_of(pilot).has_focus
        await press(pilot, "ctrl+f ctrl+u 'nldemo enter")
        await settled(pilot)
        at = bytes_of(pilot).at
        message = list_of(pilot).message
        assert message is not None
        assert message.record.data[at : at + 6] == b"nldemo"
        assert bytes_of(pilot).found

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


# Transactions


def test_transaction_screen_jumps() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "7 G f")
        assert "request" in shown(pilot.app)
        await press(pilot, "home enter")
        assert list_of(pilot).selected == 6

    drive(browser("nldemo-refuse.pcap"), steps)


def test_between_request_and_answer_and_back() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "7 G o")
        assert list_of(pilot).selected == 6
        await press(pilot, "o")
        assert list_of(pilot).selected == 7
        await press(pilot, "apostrophe apostrophe")
        assert list_of(pilot).selected == 6

    drive(browser("nldemo-refuse.pcap"), steps)


def test_error_jumps_to_the_attribute_it_blames() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        blaming = [
            message.number
            for message in list_.reader.messages()
            if message.error and message.error["attr"]
        ]
        assert blaming
        for number in blaming[::5]:
            screen_of(pilot).goto(number)
            await pilot.pause()
            message = list_.message
            assert message is not None
            assert message.error
            attr = str(message.error["attr"])
            await press(pilot, "b")
            assert list_.selected == number - 1
            node = tree_of(pilot).node
            assert node is not None
            assert attr.endswith(node.name)
            assert tree_of(pilot).has_focus
            list_.focus()

    drive(browser("nldemo-refuse.pcap"), steps)


# Screens


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("L", "nldemo"),
        ("S", "hierarchy"),
        ("W", "error.refused"),
        ("I", "pcap"),
        ("O", "nldemo-refuse"),
        ("question_mark", "Moving"),
        ("x", "pcapng"),
        ("a", "Summary"),
        ("ctrl+g", "message"),
        ("semicolon", "omment"),
        ("y", "JSON"),
    ],
)
def test_screens_open_and_close(key: str, words: str) -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, key)
        await until(pilot, lambda: words in shown(pilot.app))
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, BrowserScreen)

    drive(browser("nldemo-refuse.pcap"), steps)


def test_unknown_family_is_named(tmp_path: Path) -> None:
    """A capture without the reply that names its family."""
    data = (CAPTURES / "nldemo-refuse.pcap").read_bytes()
    capture = open_capture(str(CAPTURES / "nldemo-refuse.pcap"))
    records = list(capture)
    from nldissect.capture.write import PcapWriter

    path = tmp_path / "cut.pcap"
    with path.open("wb") as out:
        writer = PcapWriter(out.write, capture.interfaces)
        for record in records[3:20]:
            writer.record(record)
        writer.close()
    assert data

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        assert "nldemo" not in shown(pilot.app)
        screen_of(pilot).grant(_wish("map", (0x23, "nldemo")))
        await pilot.pause()
        row = list_of(pilot).row(1)
        assert row is not None
        assert row.summary.family == "nldemo"
        assert "nldemo" in shown(pilot.app)

    drive(browser(path), steps)


def _wish(kind: str, value: Any) -> Any:
    from nldissect.tui.wish import Wish

    return Wish(kind, value)


def test_statistics_filter_by_their_row() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "S")
        await until(pilot, lambda: "Hierarchy" in shown(pilot.app) or "Capture" in shown(pilot.app))
        await press(pilot, "j j j j tab")
        await until(pilot, lambda: "ERANGE" in shown(pilot.app))
        await press(pilot, "j enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BrowserScreen))
        await settled(pilot)
        assert "error.name ==" in screen_of(pilot).filter_text
        assert 0 < len(list_of(pilot).rows) < 52

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


# Out


@pytest.mark.parametrize("letter", list("vflhcpj"))
def test_copies(letter: str) -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        message = list_of(pilot).message
        assert message is not None
        await press(pilot, f"y {letter}")
        text = pilot.app.clipboard
        expected = {
            "v": "getfamily", "f": "n == 1", "l": "getfamily", "h": message.data.hex(),
            "c": "0x", "p": message.data.hex(), "j": '"n":1',
        }  # fmt: skip
        assert expected[letter] in text
        if letter == "j":
            assert json.loads(text)["n"] == 1

    drive(browser("nldemo-refuse.pcap"), steps)


def test_key_material_is_neither_shown_nor_copied() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        secrets = 0
        for message in list(list_.reader.messages()):
            for node in _secrets(message.layers):
                raw = message.record.data[node.start + 4 : node.end]
                if not any(raw):
                    continue
                secrets += 1
                screen_of(pilot).goto(message.number)
                await pilot.pause()
                tree_of(pilot).select_node(node)
                tree_of(pilot).focus()
                await pilot.pause()
                assert raw.hex(" ")[:11] not in shown(pilot.app)
                for letter in "vhj":
                    await press(pilot, f"y {letter}")
                    assert raw.hex() not in pilot.app.clipboard
                    assert node.display not in pilot.app.clipboard
                list_.focus()
                await press(pilot, "y j")
                assert node.display not in pilot.app.clipboard
                break
            if secrets:
                break
        assert secrets

    drive(browser("wireguard.pcap"), steps, WIDE)


def _secrets(level: Any) -> Any:
    for node in level:
        if node.secret:
            yield node
        yield from _secrets(node.children)


def test_marks_and_named_marks() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        list_ = list_of(pilot)
        await press(pilot, "m j m")
        assert list_.marks == {1, 3}
        assert "⚑" in shown(pilot.app)
        await press(pilot, "M")
        assert list_.selected == 1
        await press(pilot, "quotation_mark a 9 G apostrophe a")
        assert list_.selected == 1
        await press(pilot, "U")
        assert not list_.marks

    drive(browser("nldemo-refuse.pcap"), steps)


@pytest.mark.parametrize(
    ("what", "count"), [("all", 52), ("shown", 24), ("marked", 2), ("selected", 1)]
)
def test_exports(what: str, count: int, tmp_path: Path) -> None:
    from nldissect.tui.exporting import Plan

    path = tmp_path / "out.ndjson"

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        if what == "shown":
            screen_of(pilot).apply_filter("error")
            await settled(pilot)
        await press(pilot, "m m")
        screen_of(pilot).grant(_wish("export", Plan(what, "ndjson", str(path))))
        await settled(pilot)
        assert "written" in told(pilot.app)

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)
    lines = path.read_text().splitlines()
    if what != "shown":
        assert len(lines) == count
    assert all("error" in json.loads(line) for line in lines if what == "shown")
    assert lines


def test_comment_is_kept_in_pcapng(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "5 G semicolon 'refused enter")
        assert "“refused”" in shown(pilot.app)
        await press(pilot, "w")
        await pilot.pause()
        from nldissect.tui.exporting import Plan

        await press(pilot, "escape")
        plan = Plan("all", "pcapng", str(path), comments=screen_of(pilot).comments)
        screen_of(pilot).grant(_wish("export", plan))
        await settled(pilot)

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)

    async def again(pilot: Any) -> None:
        await settled(pilot)
        assert "“refused”" in shown(pilot.app)
        assert len(list_of(pilot).rows) == 52

    drive(browser(path), again, WIDE)


def test_full_disk_is_told() -> None:
    from nldissect.tui.exporting import Plan

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        for path in ("/nowhere/at/all.ndjson", "/dev/full", "/proc/x"):
            screen_of(pilot).grant(_wish("export", Plan("all", "ndjson", path, overwrite=True)))
            await settled(pilot)
            assert "written to" not in told(pilot.app)
        assert list_of(pilot).selected == 1

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


# Live


def test_stream_is_followed() -> None:
    data = (CAPTURES / "nlctrl.pcap").read_bytes()
    pieces = [data[at : at + 3000] for at in range(0, len(data), 3000)]
    allowed = [2]

    def read() -> bytes:
        while pieces and len(data) // 3000 + 1 - len(pieces) >= allowed[0]:
            time.sleep(0.005)
        return pieces.pop(0) if pieces else b""

    async def steps(pilot: Any) -> None:
        list_ = list_of(pilot)
        await until(pilot, lambda: len(list_.rows) > 3)
        await until(pilot, lambda: list_.cursor == len(list_.rows) - 1)
        allowed[0] = 4
        before = len(list_.rows)
        await until(pilot, lambda: len(list_.rows) > before)
        await until(pilot, lambda: list_.selected == list_.rows.number(len(list_.rows) - 1))
        await press(pilot, "k")
        here = list_.selected
        allowed[0] = 6
        before = len(list_.rows)
        await until(pilot, lambda: len(list_.rows) > before)
        assert list_.selected == here
        await until(pilot, lambda: "new" in shown(pilot.app))
        await press(pilot, "p")
        frozen = len(list_.rows)
        allowed[0] = 9
        await until(pilot, lambda: screen_of(pilot).recording.count > frozen)
        await until(pilot, lambda: "paused" in shown(pilot.app))
        assert len(list_.rows) == frozen
        await press(pilot, "p end")
        assert len(list_.rows) > frozen
        allowed[0] = 1000
        await until(pilot, lambda: screen_of(pilot).recording.whole)
        await until(pilot, lambda: list_.cursor == len(list_.rows) - 1)
        await until(pilot, lambda: "ended" in shown(pilot.app))

    drive(browser(Capture("stream", -1, read)), steps, WIDE)


def test_growing_file_is_followed(tmp_path: Path) -> None:
    data = (CAPTURES / "nlctrl.pcap").read_bytes()
    path = tmp_path / "grows.pcap"
    path.write_bytes(data[:5000])

    async def steps(pilot: Any) -> None:
        list_ = list_of(pilot)
        await until(pilot, lambda: len(list_.rows) > 3)
        before = len(list_.rows)
        with path.open("ab") as out:
            out.write(data[5000:])
        await until(pilot, lambda: len(list_.rows) > before)
        await until(pilot, lambda: list_.cursor == len(list_.rows) - 1)
        await press(pilot, "R")
        await until(pilot, lambda: screen_of(pilot).recording.whole)

    drive(browser(path, follow=True), steps)


class FakeLive:
    """A live capture whose packets come from a file."""

    made: ClassVar[list[FakeLive]] = []

    def __init__(self, options: Options) -> None:
        self.options = options
        self.name = "nlmon7"
        self.drops = 0
        self.skipped = 0
        self.received = 0
        self.saved = False
        self.failure: NldissectError | None = None
        self.stopped = False
        self.closed = False
        data = (CAPTURES / "nlctrl.pcap").read_bytes()
        self._pieces = [data[:6000]]
        self.made.append(self)

    def read(self) -> bytes:
        while not self._pieces and not self.stopped:
            time.sleep(0.005)
        return self._pieces.pop(0) if self._pieces else b""

    def capture(self) -> Capture:
        return Capture(self.name, -1, self.read)

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.stopped = self.closed = True


def test_live_capture_is_stopped_started_and_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from nldissect.capture import live as module
    from nldissect.tui.exporting import Plan

    monkeypatch.setattr(module, "Live", FakeLive)
    FakeLive.made.clear()
    first = FakeLive(Options(interface="nlmon7", target="kept"))

    async def steps(pilot: Any) -> None:
        await until(pilot, lambda: len(list_of(pilot).rows) > 3)
        await until(pilot, lambda: "live" in shown(pilot.app))
        first.drops = 17
        first.skipped = 3000
        await until(pilot, lambda: "17 dropped  3,000 not shown" in shown(pilot.app))
        await press(pilot, "q")
        assert "not saved" in shown(pilot.app)
        await press(pilot, "escape R")
        await until(pilot, lambda: "ended" in shown(pilot.app))
        assert first.stopped
        path = tmp_path / "kept.pcapng"
        screen_of(pilot).grant(_wish("export", Plan("all", "pcapng", str(path))))
        await settled(pilot)
        kept = len(list_of(pilot).rows)
        screen_of(pilot).apply_filter("n > 0")
        await press(pilot, "R")
        await until(pilot, lambda: len(FakeLive.made) == 2)
        assert first.closed
        await until(pilot, lambda: "n > 0" in shown(pilot.app))
        # What was written is not written over.
        assert FakeLive.made[1].options == Options(interface="nlmon7")
        await until(pilot, lambda: len(list_of(pilot).rows) > 3)
        with open_capture(str(path)) as capture:
            assert len(list(capture)) <= kept
        pilot.app.exit()

    drive(browser(first.capture(), live=first), steps, WIDE)
    assert all(each.stopped for each in FakeLive.made)


# Manners


def test_keys_can_be_changed() -> None:
    config = Config(keymap={"mark": "f8", "down": "ctrl+j"})

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "f8")
        assert list_of(pilot).marks == {1}
        assert list_of(pilot).selected == 2
        await press(pilot, "ctrl+j")
        assert list_of(pilot).selected == 3
        await press(pilot, "m j")
        assert list_of(pilot).selected == 3
        assert list_of(pilot).marks == {1}

    drive(browser("nldemo-refuse.pcap", config=config), steps)


def test_palette_has_all_deeds_and_does_them() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        titles = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"Filter", "Export", "Statistics", "Mark or unmark", "Zoom the pane"} <= titles
        await press(pilot, "ctrl+p")
        await press(pilot, "'mark space 'or space 'unm")
        await until(pilot, lambda: "Mark or unmark" in shown(pilot.app))
        await press(pilot, "down enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BrowserScreen))
        await until(pilot, lambda: bool(list_of(pilot).marks))

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


def test_what_is_remembered(tmp_path: Path) -> None:
    state = State()

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        pilot.app.theme = "textual-light"
        await filter_by(pilot, "error")
        await press(pilot, "C H")
        await press(pilot, "vertical_line")
        pilot.app.end()

    drive(browser("nldemo-refuse.pcap", state=state), steps)
    assert state.theme == "textual-light"
    assert state.filters == ["error"]
    assert state.folded
    assert state.recent[0].path == str(CAPTURES / "nldemo-refuse.pcap")
    assert state.layout

    async def again(pilot: Any) -> None:
        await settled(pilot)
        assert pilot.app.theme == "textual-light"
        assert list_of(pilot).rows.folded
        assert "number" not in [column.key for column in list_of(pilot).shown_columns()]
        await press(pilot, "slash up enter")
        await settled(pilot)
        assert screen_of(pilot).filter_text == "error"

    drive(browser("nldemo-refuse.pcap", state=state), again)


def test_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        text = shown(pilot.app)
        # Signs say what colours would.
        assert "✗" in text
        assert "→" in text

    drive(browser("nldemo-refuse.pcap"), steps)


def test_packet_text_is_no_markup() -> None:
    """Names with brackets and escape codes stand there as they are, or escaped."""
    from nldissect.capture.source import open_capture as open_
    from nldissect.capture.write import PcapWriter

    capture = open_(str(CAPTURES / "rt-link.pcap"))
    records = list(capture)
    import io

    out = io.BytesIO()
    writer = PcapWriter(out.write, capture.interfaces)
    for record in records:
        record.data = record.data.replace(b"dummy0\0", b"[b]\x1b[1\0")
        writer.record(record)
    writer.close()
    pieces = [out.getvalue()]

    async def steps(pilot: Any) -> None:
        await until(pilot, lambda: screen_of(pilot).recording.whole)
        await settled(pilot)
        screen_of(pilot).apply_filter('attr.ifname contains "[b]"')
        await settled(pilot)
        text = shown(pilot.app)
        assert "[b]" in text
        assert "\x1b" not in text
        await press(pilot, "y l")
        await press(pilot, "f escape I escape")

    drive(browser(Capture("stream", -1, lambda: pieces.pop(0) if pieces else b"")), steps, WIDE)


@pytest.mark.parametrize("cut", [-7, -50, 1000])
def test_capture_that_ends_in_garbage(cut: int, tmp_path: Path) -> None:
    data = (CAPTURES / "nlctrl.pcap").read_bytes()
    path = tmp_path / "broken.pcap"
    path.write_bytes(data[:cut] + b"\xff" * 40)

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        assert len(list_of(pilot).rows) >= 1
        assert "is shown" in told(pilot.app)

    drive(browser(path), steps, WIDE)


def test_decoder_bug_is_told_and_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from nldissect.summary import Summarizer

    summary = Summarizer.summary

    def broken(self: Summarizer, message: Any) -> Any:
        if message.number == 3:
            raise RuntimeError("a decoder's bug")
        return summary(self, message)

    monkeypatch.setattr(Summarizer, "summary", broken)

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await press(pilot, "j j j j")
        assert "a decoder's bug" in shown(pilot.app)
        assert list_of(pilot).selected == 5

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)


def test_empty_capture(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes((CAPTURES / "nlctrl.pcap").read_bytes()[:24])

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        for key in "jkfobmMyxWSLIntszCEG":
            await press(pilot, key)
            await press(pilot, "escape")
        assert len(list_of(pilot).rows) == 0

    drive(browser(path), steps)


def test_other_file_is_opened() -> None:
    async def steps(pilot: Any) -> None:
        await settled(pilot)
        screen_of(pilot).grant(_wish("open", str(CAPTURES / "rt-link.pcap")))
        await pilot.pause()
        await settled(pilot)
        assert "rt-link" in shown(pilot.app)
        screen_of(pilot).grant(_wish("open", os.devnull))
        await pilot.pause()
        assert "rt-link" in shown(pilot.app)

    drive(browser("nldemo-refuse.pcap"), steps)


@pytest.mark.parametrize("pane", [MessageList, TreePane, BytesPane])
def test_every_key_of_the_table_in_every_pane(pane: type[Lines]) -> None:
    """Nothing that a key does ends the program."""
    places = {"lines", "list", "tree", "bytes", "panes"}
    if pane is MessageList:
        places.add("browser")
    leaving = {"quit", "quit.now", "suspend"}

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        for deed in DEEDS:
            if deed.where not in places or deed.id in leaving:
                continue
            screen_of(pilot).query_one(pane).focus()
            await pilot.press(deed.keys.split(",")[0])
            for _ in range(3):
                if not isinstance(pilot.app.screen, BrowserScreen):
                    await pilot.press("escape")
        assert isinstance(pilot.app.screen, BrowserScreen)
        assert shown(pilot.app)

    drive(browser("nldemo-refuse.pcap"), steps, WIDE)
