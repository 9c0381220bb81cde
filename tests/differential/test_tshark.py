"""Beside tshark: where it reads a field, we read the same value in the same bytes."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

from nldissect.model import Message, Node, Record
from nldissect.text import Json
from nldissect.wire.consts import LINKTYPE_NETLINK, LINKTYPE_SLL

from .captures import CAPTURES, messages
from .pdml import TSHARK, Field, Packet, packets

pytestmark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")

READ: Final = (LINKTYPE_NETLINK, LINKTYPE_SLL)
"""Link types in which tshark looks for netlink; it passes over SLL2."""

STRUCTURE: Final = {
    "netlink.hatype": "arphrd",
    "netlink.family": "protocol",
    "netlink.hdr_len": "nlmsg-len",
    "netlink.hdr_type": "nlmsg-type",
    "netlink-route.nltype": "nlmsg-type",
    "netlink-sock_diag.nltype": "nlmsg-type",
    "genl.family_id": "nlmsg-type",
    "netlink.hdr_flags": "nlmsg-flags",
    "netlink.hdr_seq": "nlmsg-seq",
    "netlink.hdr_pid": "nlmsg-pid",
    "netlink.error": "code",
    "genl.cmd": "cmd",
    "genl.ctrl.cmd": "cmd",
    "nl80211.cmd": "cmd",
    "genl.version": "version",
    "netlink.attr_len": "nla-len",
    "netlink.attr_type": "nla-type",
    "nflog.tlv_length": "nla-len",
    "nflog.tlv_type": "nla-type",
}
"""tshark's fields of headers, and our names for them."""

VALUES: Final = re.compile(
    r"(genl\.ctrl|nl80211|nflog|netlink-(route|netfilter|sock_diag))\.(?!\w+_attr_type$).*"
)
"""tshark's fields of families' headers and attributes; attribute types are in STRUCTURE."""

DISAGREEMENTS: Final = (
    # tshark's field has 8 bits of a family id's 16.
    r"genl\.family_id Family ID: 0x[0-9a-f]{3,} .*",
    # Zeros behind a record's last message, which tshark takes for the next header.
    r"netlink\.hdr_len Length: 0: we have nothing there",
    # Attributes without a dissector are unsigned integers to tshark where the width allows that.
    r"nl80211\.attr_value(16|32|64)? Attribute Value: .*",
    # Four bytes of sixteen, two integers in one, another name of AF_UNIX, of a leading NUL.
    r"netlink-sock_diag\.(inet_(src|dest)_ip4|cookie) .*: we have nothing there",
    r"netlink-sock_diag\.family Family: AF_LOCAL \(1\): we have \['unix'\]",
    r"netlink-sock_diag\.unix_name Name: @(\w+): we have \['\\x00\1'\]",
    # Notifications of sockets that are gone, which tshark reads as requests.
    r"netlink-sock_diag\.inet_(states|[sd]port|(src|dest)_ip6) .*: we have nothing there",
    # Bytes of an address whose length stands before them, microseconds as nanoseconds, two names
    # of one number, an integer in the wrong order.
    r"netlink-netfilter\.queue\.hwaddr\.addr Address: .*: we have nothing there",
    r"(nflog|netlink-netfilter\.queue)\.timestamp Timestamp: .*: we have nothing there",
    r"netlink-netfilter\.queue\.ct_info .*IS_REPLY \(3\): we have \['established-reply'\]",
    r"netlink-netfilter\.queue\.config\.queue_maxlen .*: 1073741824: we have \[64\]",
    # Attributes that tshark does not know, and the flag for nests in their type.
    r"nflog\.tlv_(value Value|type .* = Type: Unknown \(\d+\)).*",
    # An index of the array, which tshark takes for an attribute of the array's elements.
    r"nl80211\.if_combination_attrs Attribute Type: NL80211_IFACE_COMB_LIMITS \(1\): .*",
)
"""Differences, as patterns, where tshark is wrong or only guesses."""


class Spans:
    """The nodes of a record's messages by their spans, and its attributes by their starts."""

    def __init__(self, found: list[Message]) -> None:
        self.nodes: dict[tuple[int, int], list[Node]] = defaultdict(list)
        self.attrs: dict[int, list[Node]] = defaultdict(list)
        for message in found:
            self._collect(message.layers)

    def _collect(self, nodes: list[Node]) -> None:
        for node in nodes:
            self.nodes[node.start, node.end].append(node)
            if node.kind in ("attr", "nest", "item"):
                self.attrs[node.start].append(node)
            self._collect(node.children)


def number_of(field: Field) -> int | None:
    """tshark's value as a number, None where it is none."""
    try:
        return int(field.show, 0)
    except ValueError:
        return None


def same_word(label: str, word: str) -> bool:
    """Whether a C constant ends in one of our names, in its spelling."""
    plain = word.upper().replace("-", "_")
    return label == plain or label.endswith(f"_{plain}")


def same_value(field: Field, value: Json) -> bool:
    """Whether our value of the same bytes is tshark's, as far as tshark's can be compared."""
    number = number_of(field)
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int):
        return number is None or number == value
    if isinstance(value, list):
        return number is None or number.bit_count() == sum(map(bits_of, value))
    if isinstance(value, str):
        if number is None:
            return field.show == value or plain_hex(field.show) == plain_hex(value)
        return not field.label or same_word(field.label, value)
    return True


def bits_of(flag: Json) -> int:
    """How many bits an entry of a list of flags stands for."""
    return int(flag, 16).bit_count() if isinstance(flag, str) and flag[:2] == "0x" else 1


def plain_hex(text: str) -> str:
    """Bytes in hex without what stands between them."""
    return text.replace(":", "").replace(" ", "")


def difference(field: Field, spans: Spans) -> str | None:
    """What is different about a field of tshark's, None where nothing is."""
    nodes = spans.nodes.get((field.start, field.end), [])
    name = STRUCTURE.get(field.name)
    found = "nothing there"
    if name is not None:
        nodes = [node for node in nodes if node.name == name]
    elif field.label and any(node.name == "nla-type" for node in nodes):
        names = [node.c_name for node in spans.attrs.get(field.start - 2, [])]
        if field.label in names:
            return None
        nodes, found = [], f"{names} there"
    elif field.masked or not VALUES.fullmatch(field.name):
        return None
    if nodes:
        leaves = [node for node in nodes if not node.children]
        if not leaves or any(same_value(field, node.value) for node in leaves):
            return None
        found = f"{[node.value for node in leaves]}"
    line = f"{field.name} {field.line}: we have {found}"
    return None if any(re.fullmatch(known, line) for known in DISAGREEMENTS) else line


def frame_differences(packet: Packet, record: Record) -> list[str]:
    """What is different about the record itself: its number, its lengths, its time."""
    frame = packet.frame
    ours = {
        "frame.number": str(record.number),
        "frame.len": str(record.wire_len),
        "frame.cap_len": str(len(record.data)),
    }
    if record.time_ns is not None:
        seconds, rest = divmod(record.time_ns, 1_000_000_000)
        ours["frame.time_epoch"] = f"{seconds}.{rest:09}"
    return [
        f"{name} {frame[name]}: we have {value}"
        for name, value in ours.items()
        if frame[name] != value
    ]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_fields_are_those_of_tshark(path: Path) -> None:
    by_record: dict[int, list[Message]] = defaultdict(list)
    for message in messages(path):
        by_record[message.record.number].append(message)
    found: list[str] = []
    for packet in packets(path):
        number = int(packet.frame["frame.number"])
        if number not in by_record:
            assert "netlink" not in packet.frame["frame.protocols"]
            continue
        record = by_record[number][0].record
        assert ("netlink" in packet.frame["frame.protocols"]) == (record.link_type in READ)
        found += frame_differences(packet, record)
        spans = Spans(by_record[number])
        for field in packet.fields:
            line = difference(field, spans)
            if line is not None:
                found.append(f"frame {number}, {field.start}..{field.end}: {line}")
    assert not found
