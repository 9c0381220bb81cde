"""Times of capture as text, of any size and on both sides of 1970."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from librt.strings import BytesWriter

from nldissect.clock import Clock, Dates
from nldissect.text import date_text

SECOND = 1_000_000_000


def texts(format_: str, *times: int | None) -> list[str]:
    clock = Clock(format_)
    return [clock.text(time_ns) for time_ns in times]


@pytest.mark.parametrize("first", [-SECOND, -1, 0, 1, 1 << 70])
@given(times=st.lists(st.integers(-(1 << 66), 1 << 66)))
def test_dates_are_as_those_of_text(first: int, times: list[int]) -> None:
    dates = Dates()
    for time_ns in (first, *times):
        out = BytesWriter()
        dates.write(out, time_ns)
        assert out.getvalue().decode() == date_text(time_ns)


def test_the_second_before_1970() -> None:
    assert texts("ud", -1, -1000, 0) == [
        "1969-12-31 23:59:59.999999999",
        "1969-12-31 23:59:59.999999000",
        "1970-01-01 00:00:00.000000000",
    ]


def test_microseconds_until_finer_ones_come() -> None:
    assert texts("e", 1_500_000_000, 1_500_000_001, 2 * SECOND) == [
        "1.500000",
        "1.500000001",
        "2.000000000",
    ]
    assert texts("e", -1_500_000_000, 10**30) == ["-1.500000", f"{10**21}.000000"]


def test_relative_times() -> None:
    assert texts("r", 5 * SECOND, 5 * SECOND, None, 7 * SECOND, 4 * SECOND) == [
        "0.000000", "0.000000", "-", "2.000000", "-1.000000",
    ]  # fmt: skip
    assert texts("d", 5 * SECOND, 5 * SECOND, 7 * SECOND) == ["0.000000", "0.000000", "2.000000"]
