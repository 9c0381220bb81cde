"""The tree pane: what it shows, remembers, opens and selects, and what it keeps to itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from textual.app import App, ComposeResult

from nldissect.explain import SECRET
from nldissect.model import Message, Node
from nldissect.recording import Reader
from nldissect.tui.tree import TreePane, describe
from tests.tui.driving import drive, recording_of, screen_text, shown, twin


@cache
def messages(name: str) -> tuple[Message, ...]:
    return tuple(Reader(recording_of(name)).messages())


class TreeApp(App[None]):
    def __init__(self, *, secrets: bool = False) -> None:
        super().__init__()
        self.pane = TreePane(secrets=secrets)
        self.selected: list[tuple[Node | None, str]] = []
        self.asked: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()

    def on_tree_pane_node_selected(self, event: TreePane.NodeSelected) -> None:
        self.selected.append((event.node, event.path))

    def on_tree_pane_filter_asked(self, event: TreePane.FilterAsked) -> None:
        self.asked.append(event.how)

    def on_lines_menu_asked(self) -> None:
        self.asked.append("menu")


def walk(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from walk(node.children)


def line_of(app: TreeApp, text: str) -> str:
    return next(line.rstrip() for line in screen_text(app) if text in line)


def test_layers_are_lines_and_attributes_are_open() -> None:
    app = TreeApp()

    async def steps(pilot: Any) -> None:
        app.pane.show(messages("rt-link.pcap")[2])
        await pilot.pause()
        lines = [line[:62].rstrip() for line in screen_text(app)]
        assert lines[0].startswith("▸ link header  route")
        assert lines[1].startswith("▸ nlmsg  RTM_NEWLINK · request ack excl create · seq 17953710")
        assert lines[2].startswith("▾ family header")
        start = next(at for at, line in enumerate(lines) if line.startswith("▾ attributes"))
        assert [line[:40].rstrip() for line in lines[start : start + 4]] == [
            "▾ attributes",
            "│   ifname  d0",
            "│ ▾ linkinfo",
            "│ │   kind  dummy",
        ]
        assert line_of(app, "ifname").endswith("IFLA_IFNAME")

    drive(app, steps)


def test_keys_open_close_and_go() -> None:
    app = TreeApp()

    async def steps(pilot: Any) -> None:
        tree = app.pane
        tree.show(messages("rt-link.pcap")[2])
        tree.select_path("attrs.linkinfo.kind")
        await pilot.pause()
        assert (tree.path, app.selected[-1][1]) == ("attrs.linkinfo.kind",) * 2
        await pilot.press("h")
        assert tree.path == "attrs.linkinfo"
        await pilot.press("left")
        assert "kind: dummy" in line_of(app, "linkinfo")
        assert line_of(app, "linkinfo").startswith("│ ▸ linkinfo")
        await pilot.press("l")
        assert tree.path == "attrs.linkinfo"
        await pilot.press("l")
        assert tree.path == "attrs.linkinfo.kind"
        await pilot.press("C")
        assert tree.count() == len(messages("rt-link.pcap")[2].layers)
        await pilot.press("E")
        assert "nlmsg-seq" in shown(app)
        assert "nla-len" not in shown(app)
        await pilot.press("d")
        assert "nla-len" in shown(app)
        await pilot.press("equals_sign", "exclamation_mark", "ampersand", "percent_sign")
        await pilot.click(TreePane, offset=(8, 1), button=3)
        assert app.asked == ["", "not", "and", "or", "menu"]

    drive(app, steps, size=(100, 40))


def test_the_same_attribute_stays_selected_from_message_to_message() -> None:
    app = TreeApp()
    known = messages("rt-link.pcap")
    has = [m for m in known if m.direction == "request" and "linkinfo" in m.attrs]

    async def steps(pilot: Any) -> None:
        tree = app.pane
        tree.show(has[0])
        tree.select_path("attrs.linkinfo.kind")
        await pilot.pause()
        ack = known[3]
        tree.show(ack)
        await pilot.pause()
        assert app.selected[-1][1] == tree.path == "error"
        tree.show(has[1])
        await pilot.pause()
        assert app.selected[-1][1] == "attrs.linkinfo.kind"
        assert app.selected[-1][0] is has[1].node("linkinfo.kind")
        await pilot.press("h", "h")
        tree.show(has[0])
        assert tree.path == "attrs.linkinfo"
        assert "kind  dummy" not in shown(app)
        tree.show(None)
        await pilot.pause()
        assert app.selected[-1] == (None, "")
        assert tree.count() == 0
        await pilot.press("right", "left", "enter", "E", "C", "d", "down")

    drive(app, steps)


def test_a_byte_selects_the_deepest_node_and_opens_the_way() -> None:
    app = TreeApp()
    message = messages("rt-link.pcap")[2]

    async def steps(pilot: Any) -> None:
        tree = app.pane
        tree.show(message)
        await pilot.press("C")
        for offset, path in (
            (64, "attrs.linkinfo.kind"),
            (52, "attrs.ifname"),
            (25, "nlmsg.nlmsg-seq"),
            (36, "header.ifi-index"),
            (57, "attrs.linkinfo"),
            (0, "link.packet-type"),
        ):
            told = len(app.selected)
            tree.select_offset(offset)
            await pilot.pause()
            assert tree.path == path
            # Asking again is answered again, once.
            assert len(app.selected) == told + 1
            tree.select_offset(offset)
            await pilot.pause()
            assert len(app.selected) == told + 2
        node = message.node("linkinfo.kind")
        assert node is not None
        await pilot.press("C")
        tree.select_node(node)
        assert tree.node is node
        await pilot.press("d")
        tree.select_offset(50)
        assert tree.path == "attrs.ifname.nla-type"

    drive(app, steps)


def test_every_node_can_be_selected_by_its_bytes_in_every_message() -> None:
    app = TreeApp()

    async def steps(pilot: Any) -> None:
        tree = app.pane
        for message in messages("devlink.pcap")[::60]:
            tree.show(message)
            for node in walk(message.layers):
                if node.end > node.start:
                    tree.select_offset(node.start)
                    chosen = tree.node
                    assert chosen is not None
                    assert chosen.start <= node.start < chosen.end

    drive(app, steps)


def test_remarks_can_be_read_whole_in_a_narrow_pane() -> None:
    app = TreeApp()
    message = next(
        m for m in messages("wireguard.pcap") if any(len(note.message) > 40 for note in m.notes)
    )
    words = next(note.message for note in message.notes if len(note.message) > 40)

    async def steps(pilot: Any) -> None:
        app.pane.show(message)
        await pilot.pause()
        assert words in " ".join(shown(app).replace("│", " ").split())
        assert "✖" in shown(app) or "▲" in shown(app) or "•" in shown(app) or "·" in shown(app)
        await pilot.resize_terminal(100, 40)
        await pilot.pause()
        assert words in " ".join(shown(app).replace("│", " ").split())

    drive(app, steps, size=(34, 40))


@pytest.mark.parametrize(
    "name", ["wireguard.pcap", "xfrm.pcap", "genl-misc.pcap", "nl80211.pcap.gz"]
)
def test_key_material_is_never_shown_open_or_closed(name: str) -> None:
    app = TreeApp()
    open_app = TreeApp(secrets=True)
    with_keys = [
        (message, keys)
        for message in messages(name)
        if (keys := [n for n in walk(message.layers) if n.secret and len(set(str(n.value))) > 4])
    ][:4]
    assert with_keys

    def everything(tree: TreePane) -> str:
        return "\n".join("".join(text for text, _ in tree.line(at)) for at in range(tree.count()))

    async def steps(pilot: Any) -> None:
        tree = pilot.app.pane
        for message, keys in with_keys:
            values = {str(key.value) for key in keys if isinstance(key.value, str)}
            tree.show(message)
            text = everything(tree)
            for action in (tree.action_details, tree.action_open_all, tree.action_close_all):
                action()
                text += everything(tree)
            for node in walk(message.layers):
                text += describe(message, node, "x", secrets=pilot.app is open_app)
            for value in values:
                assert (value in text) == (pilot.app is open_app), value
            assert (SECRET in text) == (pilot.app is app)

    drive(app, steps, size=(400, 24))
    drive(open_app, steps, size=(400, 24))


def test_text_of_packets_is_no_markup_and_no_escape() -> None:
    app = TreeApp()
    message = messages("rt-link.pcap")[2]

    async def steps(pilot: Any) -> None:
        node = message.node("ifname")
        assert node is not None
        changed = Node("ifname", "IFLA_IFNAME", "attr", node.start, node.end, "[red]\x1b[31m")
        tree = app.pane
        tree.show(message)
        tree._lines = [line._replace(node=changed) for line in tree._lines if line.node is node]
        tree.changed()
        await pilot.pause()
        assert "[red]\\x1b[31m" in shown(app)

    drive(app, steps)


def test_sixty_thousand_nodes_open_at_once() -> None:
    app = TreeApp()
    layer = Node("attrs", "", "nest", 0, 480_000)
    for number in range(15_000):
        at = number * 32
        children = [
            Node("nla-len", "nla_len", "field", at, at + 2, 32),
            Node("nla-type", "nla_type", "field", at + 2, at + 4, number),
            Node("value", "", "field", at + 4, at + 32, "x"),
        ]
        layer.children.append(Node(f"a{number}", "A", "attr", at, at + 32, "x", children=children))
    message = messages("rt-link.pcap")[2]
    big = twin(message)
    big._layers = [layer]

    async def steps(pilot: Any) -> None:
        best = 9.0
        for _ in range(3):
            start = time.thread_time()
            app.pane.show(big)
            app.pane.line(100)
            best = min(best, time.thread_time() - start)
        assert app.pane.count() == 15_001
        assert best < 0.4
        app.pane.select_path("attrs.a14999")
        await pilot.pause()
        assert "a14999" in shown(app)

    drive(app, steps)


def test_a_node_in_one_line() -> None:
    message = messages("rt-link.pcap")[2]
    node = message.node("linkinfo.kind")
    assert node is not None
    line = describe(message, node, "attrs.linkinfo.kind")
    assert line == "attrs.linkinfo.kind  attr  IFLA_INFO_KIND  9 bytes  = dummy"
