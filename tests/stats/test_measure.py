"""Measures of fixed size against the values themselves."""

from __future__ import annotations

from hypothesis import given, strategies as st

from nldissect.stats.measure import EDGES, Durations, Timeline, bounds, bucket

VALUES = st.integers(0, 10**13)


def measured(values: list[int]) -> Durations:
    durations = Durations()
    for value in values:
        durations.add(value)
    return durations


def rank(values: list[int], share: float) -> int:
    """The quantile by definition."""
    return sorted(values)[max(1, -int(-share * len(values) // 1)) - 1]


@given(st.lists(VALUES, min_size=1, max_size=300))
def test_quantiles_are_right_to_one_percent(values: list[int]) -> None:
    durations = measured(values)
    least, median, p99, most = durations.summary()
    assert (durations.count, least, most) == (len(values), min(values), max(values))
    for found, share in ((median, 0.5), (p99, 0.99)):
        exact = rank(values, share)
        assert found is not None
        assert abs(found - exact) <= (exact * 0.01 if len(values) > 64 else 0)


def test_durations_without_values() -> None:
    assert Durations().summary() == (None, None, None, None)


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    durations = measured([index * index * 7919 for index in range(20_000)])
    assert len(durations._many) < 64 * 64
    assert not durations._few


def test_buckets_of_a_histogram() -> None:
    assert [bucket(value) for value in (0, 999, 1000, 1999, 2000)] == [0, 0, 1, 1, 2]
    for index in range(len(EDGES) + 1):
        start, end = bounds(index)
        assert bucket(start) == index
        assert end is None or (bucket(end - 1), bucket(end)) == (index, index + 1)


@given(st.lists(st.integers(-(10**15), 2 * 10**18), min_size=1, max_size=60), st.integers(2, 40))
def test_a_timeline_counts_everything_whatever_the_order(times: list[int], most: int) -> None:
    timeline = Timeline(1)
    for time_ns in times:
        timeline.at(time_ns)[0] += 1
    start, width, buckets = timeline.buckets(most)
    assert 1 <= len(buckets) <= most
    for index, (count,) in enumerate(buckets):
        low, high = start + index * width, start + (index + 1) * width
        assert count == sum(low <= time_ns < high for time_ns in times)
    assert sum(count for (count,) in buckets) == len(times)
    assert str(width).strip("0") in ("1", "2", "5")


def test_a_timeline_stays_small() -> None:
    timeline = Timeline(1)
    for index in range(50_000):
        timeline.at(index * 1_000_003)[0] += 1
    assert len(timeline._fine) <= 4096
    assert timeline.buckets(10)[:2] == (0, 5 * 10**9)


def test_a_timeline_without_times() -> None:
    assert Timeline(1).buckets(5) == (0, 0, [])
