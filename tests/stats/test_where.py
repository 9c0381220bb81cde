"""Kinds of messages in words and as filters."""

from __future__ import annotations

import pytest

from nldissect.stats import where
from nldissect.stats.where import OTHER, Kind


@pytest.mark.parametrize(
    ("kind", "names", "filter_"),
    [
        ((16, "nl80211", "new-scan-results", -1, -1), ("generic", "nl80211", "new-scan-results"),
         "family == nl80211 && cmd == new-scan-results"),
        ((16, 'a "b"\n', "", 16, 7), ("generic", 'a "b"\n', "command 7"),
         'family == "a \\"b\\"\\x0a" && !cmd && nlmsg.type >= 16 && genlmsg.cmd == 7'),
        ((16, "", "", 0x25, 1), ("generic", "id 0x25", "command 1"),
         "proto == generic && !family && nlmsg.type == 37 && genlmsg.cmd == 1"),
        ((16, "", "", 0x25, -1), ("generic", "id 0x25", "no command"),
         "proto == generic && !family && nlmsg.type == 37 && !genlmsg.cmd"),
        ((12, "", "", 0x0A05, -1), ("netfilter", "undescribed", "subsystem 10 type 5"),
         "proto == netfilter && !family && nlmsg.type == 2565"),
        ((0, "", "", 3, -1), ("route", "control", "done"),
         "proto == route && !family && nlmsg.type == 3"),
        ((0, "", "", -1, -1), ("route", "no message", "no message"),
         "proto == route && !nlmsg.type"),
        ((-1, "", "", -1, -1), ("unknown", "no message", "no message"), "!proto && !nlmsg.type"),
        ((131, "", "", 16, -1), ("131", "undescribed", "type 16"),
         "proto == 131 && !family && nlmsg.type == 16"),
        (OTHER, ("other", "other", "other"), None),
    ],
)  # fmt: skip
def test_kinds(kind: Kind, names: tuple[str, ...], filter_: str | None) -> None:
    place, found = where.levels(kind)[-1]
    assert place == names
    assert found == filter_


def test_words_of_the_language_are_quoted() -> None:
    assert [where.word(text) for text in ("set-x", "not", "in", "a.b", "Upper", "")] == [
        "set-x", '"not"', '"in"', '"a.b"', '"Upper"', '""',
    ]  # fmt: skip


def test_times_and_durations_are_exact() -> None:
    assert [where.duration(value) for value in (0, 5, 1_500, 2_000, 10**6, 3 * 10**9)] == [
        "0s", "5ns", "1500ns", "2us", "1ms", "3s",
    ]  # fmt: skip
    assert where.moment(1_700_000_000_000_000_001) == '"2023-11-14T22:13:20.000000001Z"'
    assert where.moment(10**25) == str(10**25)


def test_what_cannot_be_said_makes_the_whole_unsaid() -> None:
    assert where.both("a", "", "b") == "a && b"
    assert where.both("a", None) is None
