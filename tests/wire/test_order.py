"""The byte-order vote."""

from __future__ import annotations

import struct

import pytest

from nldissect.wire.order import OrderVote


def chain(order: str, *sizes: int) -> bytes:
    """Messages of these lengths behind a cooked header."""
    out = bytes(16)
    for size in sizes:
        out += struct.pack(f"{order}IHHII", size, 16, 2, 1, 1) + bytes((size + 3 & ~3) - 16)
    return out


@pytest.mark.parametrize(("prefix", "order"), [("<", "little"), (">", "big")])
@pytest.mark.parametrize("sizes", [(16,), (20, 36), (17, 21, 64), (400, 16)])
def test_the_whole_chain_decides(prefix: str, order: str, sizes: tuple[int, ...]) -> None:
    for hint in ("little", "big"):
        vote = OrderVote(hint)
        data = chain(prefix, *sizes)
        vote.add(data, 16, len(data))
        assert vote.order == order


@pytest.mark.parametrize(("prefix", "order"), [("<", "little"), (">", "big")])
def test_tails_and_cuts_still_vote(prefix: str, order: str) -> None:
    data = chain(prefix, 64, 1000)
    for raw, wire in ((data[:300], len(data)), (chain(prefix, 24) + bytes(128), 0)):
        vote = OrderVote("big" if order == "little" else "little")
        vote.add(raw, 16, wire or len(raw))
        assert vote.order == order


def test_no_vote_leaves_the_hint() -> None:
    for hint in ("little", "big"):
        vote = OrderVote(hint)
        vote.add(b"\xff" * 64, 16, 64)
        vote.add(b"", 16, 0)
        assert vote.order == hint
        assert not vote.decided


def test_a_bad_record_does_not_turn_the_interface() -> None:
    vote = OrderVote("little")
    for _ in range(100):
        vote.add(chain(">", 20, 40), 16, 76)
    vote.add(chain("<", 20), 16, 36)
    assert vote.order == "big"
    assert vote.decided
