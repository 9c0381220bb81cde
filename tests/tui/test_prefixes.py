from __future__ import annotations

import pytest

from nldissect.tui.prefixes import Prefixes, Typed


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        ("gg", Typed("top")),
        ("ZZ", Typed("quit")),
        ("12", Typed("count", "12")),
        ('"a', Typed("set", "a")),
        ("'a", Typed("jump", "a")),
        ("''", Typed("jump", "'")),
        ("g", Typed("wait")),
        ("gj", Typed("")),
        ("gZ", Typed("wait")),
        ("0", Typed("")),
        ("10", Typed("count", "10")),
        ("5j", Typed("")),
        ('"G', Typed("set", "G")),
    ],
)
def test_what_keys_come_to(keys: str, last: Typed) -> None:
    prefixes = Prefixes()
    assert [prefixes.take(key) for key in keys][-1] == last


def test_number_is_used_once() -> None:
    prefixes = Prefixes()
    for key in "123G":
        prefixes.take(key)
    assert prefixes.number() == 123
    assert prefixes.number() == 0
    for key in "12j":
        prefixes.take(key)
    assert prefixes.number() == 0


def test_key_without_a_character_ends_a_sequence() -> None:
    prefixes = Prefixes()
    prefixes.take("g")
    assert prefixes.take("") == Typed("")
    assert prefixes.take("g") == Typed("wait")
