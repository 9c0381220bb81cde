"""Text that is safe to show."""

from __future__ import annotations

from nldissect.text import date_text, printable, show


def test_times_have_nine_digits_and_an_end() -> None:
    assert date_text(1) == "1970-01-01T00:00:00.000000001Z"
    assert date_text(1795360951123456000) == "2026-11-22T15:22:31.123456000Z"
    assert date_text(10**21) == "@1000000000000.000000000Z"


def test_nothing_that_steers_a_terminal_is_left() -> None:
    assert printable("a\x1b[31m\x9b\u202e\n") == "a\\x1b[31m\\x9b\\u202e\\n"
    assert printable("grüße") == "grüße"


def test_values_in_one_line() -> None:
    assert show({"a": [1, True], "b": None, "c": "x\ny"}) == "a: 1, true, b: , c: x\\ny"
