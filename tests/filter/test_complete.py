"""Completion: what fits where the cursor stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.filter.complete import complete, complete_field

from .sample import CATALOGUE
from .test_compile import PIECES


def offered(text: str) -> list[str]:
    return [found.text for found in complete(text, len(text), CATALOGUE)]


@pytest.mark.parametrize(
    ("text", "some", "none"),
    [
        ("", ["n", "frame", "rt-link.", "attr.", "len(", "not"], ["netlink.hdr_type", "=="]),
        ("rt-link.ifn", ["rt-link.ifname"], ["rt-link.mtu"]),
        ("n == 1 && rt-link.ifn", ["rt-link.ifname"], ["rt-link.mtu"]),
        ("rt-link.linkin", ["rt-link.linkinfo", "rt-link.linkinfo."], ["rt-link.linkinfo.kind"]),
        ("rt-link.linkinfo.ki", ["rt-link.linkinfo.kind"], []),
        ("rt-link.header.ifi-i", ["rt-link.header.ifi-index"], []),
        ("attr.ifn", ["attr.ifname"], []),
        ("netlink.hdr_t", ["netlink.hdr_type"], []),
        ("rt-link.ifname ", ["==", "contains", "matches", "in", "&&"], ["&", ")"]),
        ("rt-link.mtu ", ["==", "<", "&", "in"], ["contains", "matches"]),
        ("rt-link.linkinfo ", ["&&"], ["==", "in"]),
        ("(n ", [")", "=="], []),
        ("rt-link.ifname con", ["contains"], ["=="]),
        ("rt-link.mtu == 3 ", ["&&", "or"], ["==", ")"]),
        ("(rt-link.mtu == 3 ", [")", "&&"], ["=="]),
        ("dir == ", ["request", "notify"], ["n", "=="]),
        ("dir == re", ["request", "reply"], ["notify"]),
        ("dir in ", ["{"], ["request"]),
        ("dir in {", ["request"], ["n"]),
        ("dir in {request, ", ["reply"], ["n"]),
        ("dir in {request ", [",", "}"], ["request"]),
        ("dir in {request} ", ["&&"], ["=="]),
        ("ack == ", ["true", "false"], []),
        ("family == rt-l", ["rt-link"], ["nl80211"]),
        ('family == "rt-l', ['"rt-link"'], ["rt-link"]),
        ("cmd == newl", ["newlink"], ["new-scan-results"]),
        ("family == nl80211 && cmd == new", ["new-scan-results"], ["newlink"]),
        ("rt-link.ifi-flags & ", ["up", "running"], []),
        ("nlmsg.flags == du", ["dump", "dump-intr"], []),
        ("note.severity >= w", ["warn"], ["error"]),
        ("note.code == trunc", ["truncated"], []),
        ("rt-link.link == rt-link.ifi-i", ["rt-link.ifi-index"], []),
        ("len(rt-link.ifn", ["rt-link.ifname"], []),
    ],
)
def test_offers(text: str, some: list[str], none: list[str]) -> None:
    found = offered(text)
    assert set(some) <= set(found)
    assert not set(none) & set(found)


@pytest.mark.parametrize("text", ['"', 'rt-link.ifname == "x', "a[", "a 'x", "rt-link.mtu.", "x y"])
def test_nothing_fits(text: str) -> None:
    assert offered(text) == []


def test_the_cursor_may_stand_inside() -> None:
    found = complete("dir == re && n == 3", 9, CATALOGUE)
    assert [(each.start, each.text) for each in found] == [(7, "request"), (7, "reply")]


def test_fields_alone() -> None:
    names = [found.text for found in complete_field("rt-link.ifi-", CATALOGUE)]
    assert names == [
        "rt-link.ifi-change", "rt-link.ifi-family", "rt-link.ifi-flags", "rt-link.ifi-index",
        "rt-link.ifi-type",
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(max_size=20), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)),
    st.integers(0, 30),
)
def test_any_text_can_be_completed(text: str, cursor: int) -> None:
    for found in complete(text, cursor, CATALOGUE):
        assert 0 <= found.start <= min(cursor, len(text))
