"""Filters made of nodes: they let through the message that they were made of, and tell no keys."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from nldissect.filter.suggest import field_for, filter_for, join
from nldissect.filter.syntax import parse
from nldissect.model import Message, Node

from .sample import CAPTURES, CATALOGUE, compiled, messages

NAMES = sorted(
    path.name for path in CAPTURES.iterdir() if path.name.endswith((".pcap", ".gz", ".pcapng"))
)
FRAME = ("nla-len", "nla-type", "value")


def walk(nodes: list[Node], above: str = "") -> Iterator[tuple[Node, str]]:
    for node in nodes:
        path = f"{above}.{node.name}" if above else node.name
        yield node, path
        yield from walk(node.children, path)


def at(message: Message, path: str) -> Node:
    return next(node for node, each in walk(message.layers) if each == path)


def made(name: str, number: int, path: str) -> str:
    message = messages(name)[number - 1]
    return filter_for(message, at(message, path), path, CATALOGUE)


def is_leaf(node: Node, path: str) -> bool:
    inner = [child for child in node.children if child.name not in FRAME]
    return (
        path.startswith("attrs.")
        and node.kind in ("attr", "field", "item")
        and node.name not in FRAME
        and all(child.kind == "padding" for child in inner)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_filter_lets_its_message_through(name: str) -> None:
    known = messages(name)
    leaves = told = 0
    for message in known[:: max(1, len(known) // 5)]:
        for node, path in islice(walk(message.layers), 150):
            text = filter_for(message, node, path, CATALOGUE)
            leaf = is_leaf(node, path)
            leaves += leaf
            told += leaf and bool(text)
            if not text:
                continue
            assert compiled(text).match(message), (path, text)
            field = field_for(message, node, path, CATALOGUE) if leaf else ""
            if field and f"{field} == " in text and isinstance(node.value, (int, str)):
                # It is this field that has the value, not another one of the same name.
                assert node.value in CATALOGUE.field(field).values(message), (path, text)
    assert told >= 0.9 * leaves


@pytest.mark.parametrize(
    ("name", "number", "path", "text"),
    [
        ("rt-link.pcap", 3, "attrs.ifname", 'rt-link.ifname == "d0"'),
        ("rt-link.pcap", 3, "attrs.ifname.value", 'rt-link.ifname == "d0"'),
        ("rt-link.pcap", 3, "attrs.ifname.nla-len", "rt-link.ifname"),
        ("rt-link.pcap", 3, "attrs.linkinfo", "rt-link.linkinfo"),
        ("rt-link.pcap", 3, "attrs.linkinfo.kind", 'rt-link.linkinfo.kind == "dummy"'),
        ("rt-link.pcap", 3, "header.ifi-index", "rt-link.ifi-index == 0"),
        ("rt-link.pcap", 3, "nlmsg.nlmsg-seq", "nlmsg.seq == 1795371058"),
        ("rt-link.pcap", 3, "nlmsg.nlmsg-flags", "nlmsg.flags_raw == 0x605"),
        ("rt-link.pcap", 3, "nlmsg.nlmsg-type", 'family == "rt-link" && cmd == newlink'),
        ("rt-link.pcap", 3, "link.protocol", "proto == 0"),
        ("rt-link.pcap", 3, "link.arphrd", ""),
        ("rt-link.pcap", 4, "error", "ack"),
        ("rt-link.pcap", 4, "error.code", "error.code == 0"),
        ("rt-link.pcap", 4, "error.request.nlmsg.nlmsg-flags", "request.nlmsg.flags_raw == 0x605"),
        ("wireguard.pcap", 2, "error", "error.name == ENODEV"),
        ("devlink.pcap", 2, "attrs.ops.1.id", "nlctrl.ops.id == 1"),
    ],
)
def test_filters(name: str, number: int, path: str, text: str) -> None:
    assert made(name, number, path) == text


def test_key_material_is_never_told() -> None:
    keys = 0
    for name in ("wireguard.pcap", "xfrm.pcap", "genl-misc.pcap"):
        for message in messages(name):
            for node, path in walk(message.layers):
                if not node.secret:
                    continue
                keys += 1
                text = filter_for(message, node, path, CATALOGUE)
                assert not {"==", "contains"}.intersection(text.split()), (path, text)
                parent = path.rpartition(".")[0]
                above = filter_for(message, at(message, parent), parent, CATALOGUE)
                assert message.record.data[node.start : node.end].hex(":") not in above
    assert keys > 10


def test_what_a_packet_says_never_becomes_syntax() -> None:
    message = messages("rt-link.pcap")[2]
    node = at(message, "attrs.ifname")
    for value in ('x" || n > 0 || "', "a || n > 0", "in", "\\", "n", "ä\x07"):
        changed = Node(node.name, node.c_name, node.kind, node.start, node.end, value)
        text = filter_for(message, changed, "attrs.ifname", CATALOGUE)
        assert text in ("rt-link.ifname", "") or text.startswith("bytes contains"), text


@pytest.mark.parametrize(
    ("old", "new", "how", "text"),
    [
        ("a == 1", "b == 2", "", "b == 2"),
        ("a == 1", "b == 2", "not", "!(b == 2)"),
        ("a == 1", "rt-link.mtu", "not", "!rt-link.mtu"),
        ("", "b == 2", "and", "b == 2"),
        ("  ", "b == 2", "or", "b == 2"),
        ("b == 2", "b == 2", "and", "b == 2"),
        ("a == 1", "b == 2", "and", "a == 1 && b == 2"),
        ("a == 1 || c", "b == 2", "and", "(a == 1 || c) && b == 2"),
        ("a == 1 and c", "b == 2", "or", "(a == 1 and c) || b == 2"),
        ("a", "b == 2 && c == 3", "or", "a || (b == 2 && c == 3)"),
    ],
)
def test_joining(old: str, new: str, how: str, text: str) -> None:
    assert join(old, new, how) == text
    parse(text)
