"""Which byte order an interface has, decided by the whole nlmsg chain of its records."""

from __future__ import annotations

from .consts import NLMSG_HDRLEN
from .headers import LENGTH

CHAIN_VOTE = 4
FIRST_VOTE = 1


def _fits(data: bytes, at: int, order: str, cut: bool) -> int:
    """How well a chain of messages from ``at`` reads in ``order``: 0, FIRST_VOTE or CHAIN_VOTE.

    cut: the record was captured shorter than it was, so the last message may pass the end.
    """
    unpack = LENGTH[order].unpack_from
    size = len(data)
    first = at
    while size - at >= NLMSG_HDRLEN:
        length = unpack(data, at)[0]
        if length < NLMSG_HDRLEN:
            if at > first and not any(data[at:]):
                return CHAIN_VOTE
            break
        if length > size - at:
            # A record cut by the snapshot length: only a plausible size speaks for the order.
            if cut and length < 0x100000:
                return CHAIN_VOTE
            break
        at += (length + 3) & ~3
    else:
        if at > first and not any(data[at:]):
            return CHAIN_VOTE
    return FIRST_VOTE if at > first else 0


class OrderVote:
    """Votes of one interface's records for little and big."""

    __slots__ = ("little", "big", "hint")

    def __init__(self, hint: str) -> None:
        self.little = 0
        self.big = 0
        self.hint = hint

    def add(self, data: bytes, at: int, wire_len: int) -> None:
        """Lets a record vote; ``at`` is the offset of its first nlmsghdr."""
        if len(data) - at < NLMSG_HDRLEN:
            return
        cut = wire_len > len(data)
        little = _fits(data, at, "little", cut)
        big = _fits(data, at, "big", cut)
        if little > big:
            self.little += little
        elif big > little:
            self.big += big

    @property
    def decided(self) -> bool:
        """One order leads so clearly that further records need not be asked."""
        return abs(self.little - self.big) >= 64 * CHAIN_VOTE

    @property
    def order(self) -> str:
        """The order that leads; the hint where there was no vote or a tie."""
        if self.little == self.big:
            return self.hint
        return "little" if self.little > self.big else "big"
