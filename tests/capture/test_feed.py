from __future__ import annotations

from collections.abc import Callable

import pytest

from nldissect.capture.feed import Feed, length_limit
from nldissect.errors import CaptureError, TruncatedCapture


def reading(*pieces: bytes) -> Callable[[], bytes]:
    left = list(pieces)
    return lambda: left.pop(0) if left else b""


def test_reads_no_more_than_needed() -> None:
    pieces = [b"abc", b"def", b"ghi"]
    feed = Feed(lambda: pieces.pop(0), "x")
    assert feed.refill(0, 4)
    assert feed.buf == b"abcdef"
    assert pieces == [b"ghi"]


def test_what_is_there_is_not_read_for() -> None:
    feed = Feed(reading(b"abcdef"), "x")
    assert feed.refill(0, 1)
    assert feed.refill(4, 2)
    assert (feed.buf, feed.base) == (b"ef", 4)


def test_position_beyond_the_window_drops_what_is_between() -> None:
    feed = Feed(reading(b"ab", b"cd", b"efgh", b"ij"), "x")
    assert feed.refill(0, 1)
    assert feed.refill(5, 4)
    assert (feed.buf, feed.base) == (b"fghij", 5)


def test_end_leaves_the_rest() -> None:
    feed = Feed(reading(b"abc"), "x")
    assert feed.refill(0, 3)
    assert not feed.refill(1, 3)
    assert feed.buf == b"bc"
    assert not feed.refill(5, 1)
    assert feed.buf == b""


def test_errors_get_the_offset_of_the_window() -> None:
    def cut() -> bytes:
        raise TruncatedCapture("cut", "x")

    reads = [reading(b"abcdef"), cut]
    feed = Feed(lambda: reads.pop(0)(), "x")
    assert feed.refill(0, 1)
    with pytest.raises(TruncatedCapture) as caught:
        feed.refill(2, 100)
    assert caught.value.offset == 2


def test_system_errors_are_capture_errors() -> None:
    def fail() -> bytes:
        raise OSError(5, "Input/output error")

    with pytest.raises(CaptureError, match="input/output error"):
        Feed(fail, "x").refill(0, 1)


def test_length_limit() -> None:
    assert length_limit(0) == 1 << 28
    assert length_limit(64) == length_limit(262144) == 1 << 22
    assert length_limit(1 << 20) == 1 << 24
    assert length_limit(0xFFFFFFFF) == 1 << 28
