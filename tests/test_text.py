"""Text that is safe to show."""

from __future__ import annotations

import pytest

from nldissect.text import date_text, duration, printable, show


def test_times_have_nine_digits_and_an_end() -> None:
    assert date_text(1) == "1970-01-01T00:00:00.000000001Z"
    assert date_text(1795360951123456000) == "2026-11-22T15:22:31.123456000Z"
    assert date_text(10**21) == "@1000000000000.000000000Z"


def test_nothing_that_steers_a_terminal_is_left() -> None:
    assert printable("a\x1b[31m\x9b\u202e\n") == "a\\x1b[31m\\x9b\\u202e\\n"
    assert printable("grüße") == "grüße"


def test_values_in_one_line() -> None:
    assert show({"a": [1, True], "b": None, "c": "x\ny"}) == "a: 1, true, b: , c: x\\ny"


@pytest.mark.parametrize(
    ("value_ns", "shown"),
    [
        (0, "0 ns"), (7, "7 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (12_345, "12.3 µs"),
        (999_999, "1.00 ms"), (9_996_000, "10.0 ms"), (123_400_000, "123 ms"),
        (61_000_000_000, "61.0 s"), (-1_500, "-1.50 µs"), (3_600_000_000_000, "3600 s"),
    ],
)  # fmt: skip
def test_durations_have_three_digits_and_a_unit(value_ns: int, shown: str) -> None:
    assert duration(value_ns) == shown
