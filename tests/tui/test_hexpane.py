"""The bytes pane: rows by width, the cursor, spans in step with the tree, and no key material."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import pytest
from textual.app import App, ComposeResult

from nldissect.model import Message, Node, Record
from nldissect.recording import Reader
from nldissect.tui.hexpane import BytesPane
from tests.tui.driving import drive, recording_of, screen_text, shown, twin


@cache
def messages(name: str) -> tuple[Message, ...]:
    return tuple(Reader(recording_of(name)).messages())


class BytesApp(App[None]):
    def __init__(self, *, secrets: bool = False) -> None:
        super().__init__()
        self.pane = BytesPane(secrets=secrets)
        self.selected: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()

    def on_bytes_pane_byte_selected(self, event: BytesPane.ByteSelected) -> None:
        self.selected.append(event.offset)


def large(size: int) -> Message:
    """A message of a record of so many bytes."""
    message = messages("rt-link.pcap")[2]
    big = twin(message)
    data = message.record.data + bytes(size - len(message.record.data))
    big.record = Record(1, 0, 0, 253, data, size)
    return big


def text(app: BytesApp) -> str:
    """All rows."""
    pane = app.pane
    return "\n".join("".join(words for words, _ in pane.line(at)) for at in range(pane.count()))


def tinted(app: BytesApp, style: str) -> str:
    """What stands in the rows in a style's background."""
    color = app.pane.style(style).bgcolor
    pieces = [piece for at in range(app.pane.count()) for piece in app.pane.line(at)]
    return "".join(words for words, each in pieces if each.bgcolor == color).strip()


@pytest.mark.parametrize(("width", "per_row"), [(120, 16), (75, 16), (60, 8), (42, 8), (30, 4)])
def test_rows_are_as_long_as_there_is_room(width: int, per_row: int) -> None:
    app = BytesApp()
    data = messages("rt-link.pcap")[2].record.data

    async def steps(pilot: Any) -> None:
        app.pane.show(messages("rt-link.pcap")[2])
        await pilot.pause()
        assert app.pane.per_row == per_row
        assert app.pane.count() == -(-len(data) // per_row)
        lines = screen_text(app)
        first = data[:per_row].hex(" ")
        assert lines[0].replace("  ", " ").startswith(f"0000 {first}")
        assert all(len(line.rstrip()) <= width for line in lines)
        assert "d0" in text(app).replace("\n", "")

    drive(app, steps, size=(width, 30))


def test_the_cursor_goes_by_keys_and_by_the_mouse() -> None:
    app = BytesApp()
    size = len(messages("rt-link.pcap")[2].record.data)

    async def steps(pilot: Any) -> None:
        pane = app.pane
        pane.show(messages("rt-link.pcap")[2])
        await pilot.press("right", "l", "down", "left", "up", "end", "right", "home", "left")
        assert app.selected == [1, 2, 18, 17, 1, size - 1, size - 1, 0, 0]
        for offset in (0, 7, 8, 15, 33, size - 1):
            row, place = divmod(offset, 16)
            for x in (6 + 3 * place + (place > 7), 56 + place):
                app.selected.clear()
                await pilot.click(pane, offset=(x, row))
                assert app.selected[-1:] == [offset], (offset, x)

    drive(app, steps)


def test_what_a_column_shows_is_what_a_click_on_it_selects() -> None:
    app = BytesApp()

    async def steps(pilot: Any) -> None:
        pane = app.pane
        for width in (100, 50, 30):
            await pilot.resize_terminal(width, 24)
            message = messages("rt-link.pcap")[2]
            pane.show(message)
            data = message.record.data
            row = 2
            line = "".join(words for words, _ in pane.line(row))
            for offset in range(row * pane.per_row, (row + 1) * pane.per_row):
                cells = [x for x in range(len(line) + 9) if pane.offset_at(x, row) == offset]
                byte = data[offset]
                letter = chr(byte) if 0x20 <= byte < 0x7F else "·"
                assert "".join(line[x] for x in cells[:-1]).strip() == f"{byte:02x}"
                assert line[cells[-1]] == letter

    drive(app, steps)


def test_a_span_is_marked_and_comes_in_sight() -> None:
    app = BytesApp()

    async def steps(pilot: Any) -> None:
        pane = app.pane
        message = messages("rt-link.pcap")[2]
        pane.show(message)
        pane.select_span(64, 69)
        data = message.record.data[64:69]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in data)
        app.screen.set_focus(None)
        await pilot.pause()
        assert tinted(app, "span") == data.hex(" ") + letters
        assert app.selected == []
        big = large(4096)
        pane.show(big)
        pane.select_span(4000, 4010)
        await pilot.pause()
        assert f"{4000:04x}" in shown(app)

    drive(app, steps)


def test_late_answers_do_not_move_the_cursor() -> None:
    app = BytesApp()

    async def steps(pilot: Any) -> None:
        pane = app.pane
        pane.show(messages("rt-link.pcap")[2])
        pane.select_span(16, 32)
        assert pane.at == 16
        await pilot.press("right", "right", "right", "right", "right")
        # The tree answers one by one, while the user is further.
        pane.select_span(16, 20)
        assert pane.at == 21
        pane.select_span(20, 22)
        assert pane.at == 21
        app.screen.set_focus(None)
        await pilot.pause()
        pane.select_span(48, 55)
        assert pane.at == 48
        # A search puts the cursor somewhere before the tree has told of the message.
        pane.show(messages("rt-link.pcap")[4])
        pane.select(40)
        pane.select_span(16, 32)
        assert pane.at == 40
        pane.select_span(32, 48)
        assert pane.at == 40
        pane.select_span(32, 36)
        assert pane.at == 32

    drive(app, steps)


def secret_values(message: Message) -> list[Node]:
    found: list[Node] = []
    stack = list(message.layers)
    while stack:
        node = stack.pop()
        if node.secret:
            found.append(node)
        else:
            stack += node.children
    return found


@pytest.mark.parametrize("name", ["wireguard.pcap", "xfrm.pcap", "nl80211.pcap.gz"])
def test_key_material_of_all_messages_of_a_record_is_hidden(name: str) -> None:
    app, open_app = BytesApp(), BytesApp(secrets=True)
    of_record: dict[int, list[Message]] = {}
    for message in messages(name):
        of_record.setdefault(message.record.number, []).append(message)
    groups = [group for group in of_record.values() if any(map(secret_values, group))]
    groups.sort(key=len, reverse=True)
    assert groups

    async def steps(pilot: Any) -> None:
        pane = pilot.app.pane
        hides = pilot.app is app
        for group in groups[:6]:
            for message in (group[0], group[-1]):
                pane.show(message)
                rows = text(pilot.app).splitlines()
                for node in (key for each in group for key in secret_values(each)):
                    for offset in range(node.start + 4, node.end):
                        row, place = divmod(offset, 16)
                        x = 6 + 3 * place + (place > 7)
                        assert (rows[row][x : x + 2] == "··") == hides

    drive(app, steps, size=(100, 24))
    drive(open_app, steps, size=(100, 24))


def test_a_record_of_several_messages_shows_the_others_dim_and_hides_their_keys() -> None:
    first, second = (
        next(m for m in messages("wireguard.pcap")[at:] if secret_values(m)) for at in (0, 20)
    )
    head = first.record.data[: first.start]
    data = head + first.data + bytes(-len(first.data) % 4) + second.data
    record = Record(1, 0, first.record.interface, first.record.link_type, data, len(data))
    both = recording_of("wireguard.pcap")
    made = both.dissector().dissect(record)
    assert [bool(secret_values(each)) for each in made] == [True, True]
    app = BytesApp()

    async def steps(pilot: Any) -> None:
        for message in made:
            app.pane.show(message)
            hidden = sum(key.end - key.start - 4 for each in made for key in secret_values(each))
            assert text(app).count("··") >= hidden
            for key in (key for each in made for key in secret_values(each)):
                assert data[key.start + 4 : key.start + 12].hex(" ") not in text(app)

    drive(app, steps, size=(100, 24))


def test_what_is_found_is_marked() -> None:
    app = BytesApp()

    async def steps(pilot: Any) -> None:
        pane = app.pane
        message = messages("rt-link.pcap")[2]
        pane.show(message)
        pane.show_found([(64, 66), (52, 54)])
        app.screen.set_focus(None)
        await pilot.pause()
        assert tinted(app, "found").startswith(message.record.data[52:54].hex(" "))

    drive(app, steps)


def test_large_records_are_no_problem() -> None:
    app = BytesApp()

    async def steps(pilot: Any) -> None:
        start = time.thread_time()
        app.pane.show(large(256 << 10))
        await pilot.press("end")
        assert f"{(256 << 10) - 16:05x}" in shown(app)
        assert time.thread_time() - start < 1
        app.pane.show(None)
        await pilot.press("right", "down", "home", "end", "pagedown")
        assert app.pane.count() == 0

    drive(app, steps)
