"""The pipe to the reader: order, bounds, what is skipped, and readers that go."""

from __future__ import annotations

import os
import threading

from nldissect.tap import feed as module
from nldissect.tap.feed import Feed


def pipe() -> tuple[int, Feed]:
    source, target = os.pipe()
    return source, Feed(target)


def read_all(source: int) -> bytes:
    with os.fdopen(source, "rb") as file:
        return file.read()


def test_what_is_given_is_read() -> None:
    source, feed = pipe()
    feed.give(b"one", 1)
    feed.give(b"", 1)
    feed.give(b"two", 0)
    assert not feed.waiting
    feed.close()
    assert read_all(source) == b"onetwo"


def test_it_never_waits_and_keeps_the_order() -> None:
    source, feed = pipe()
    pieces = [bytes([number]) * 300_000 for number in range(20)]
    for piece in pieces:
        feed.give(piece, 1)
    assert feed.waiting
    thread = threading.Thread(target=feed.close)
    thread.start()
    assert read_all(source) == b"".join(pieces)
    thread.join(20)
    assert not thread.is_alive()
    assert feed.skipped == 0


def test_what_is_too_much_is_skipped_whole_and_counted() -> None:
    source, feed = pipe()
    piece = b"p" * 1_000_000
    for _ in range(40):
        feed.give(piece, 7)
    # What is no packet is passed on all the same.
    feed.give(b"other", 0)
    assert feed.skipped % 7 == 0
    assert 0 < feed.skipped < 40 * 7
    assert feed._size <= module.LIMIT + 5
    thread = threading.Thread(target=feed.close)
    thread.start()
    data = read_all(source)
    thread.join(20)
    assert data == piece * (40 - feed.skipped // 7) + b"other"


def test_a_reader_that_goes() -> None:
    source, feed = pipe()
    feed.give(b"x" * 5_000_000, 1)
    os.close(source)
    feed.pass_on()
    assert not feed.open
    assert not feed.waiting
    feed.give(b"more", 1)
    feed.close()
