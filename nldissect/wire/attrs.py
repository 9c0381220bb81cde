"""The attribute walk: where each attribute of a run begins and ends, whatever its lengths claim."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

from mypy_extensions import mypyc_attr

from .consts import NLA_HDRLEN
from .ints import u16

NLATTR: Final = {"little": Struct("<HH"), "big": Struct(">HH")}

SHORT: Final = "attr.len.short"
OVERRUN: Final = "attr.len.overrun"
PADDING_MISSING: Final = "attr.pad.missing"
PADDING_NONZERO: Final = "attr.pad.nonzero"
TRAILING: Final = "attr.trailing"
TRAILING_ZERO: Final = "attr.trailing.zero"


@mypyc_attr(acyclic=True)
class Span:
    """One attribute, or the rest of a run that holds none.

    start..stop is the attribute with its header, stop..padded its padding; kind is nla_type with
    flags; problem is "" or one of the codes of this module. With SHORT and TRAILING the span is
    the whole rest of the run and holds no attribute; with OVERRUN stop is the end of the run.
    """

    __slots__ = ("start", "stop", "padded", "length", "kind", "problem")

    def __init__(
        self, start: int, stop: int, padded: int, length: int, kind: int, problem: str
    ) -> None:
        self.start = start
        self.stop = stop
        self.padded = padded
        self.length = length
        self.kind = kind
        self.problem = problem


def iter_attrs(data: bytes, at: int, end: int, order: str) -> Iterator[Span]:
    """The attributes of data[at:end]; the spans with their padding tile it exactly.

    A length below the header's size ends the run: what follows cannot be trusted.
    """
    big = order == "big"
    while at < end:
        if end - at < NLA_HDRLEN:
            yield Span(at, end, end, 0, 0, TRAILING)
            return
        length: int = u16(data, at, big)
        kind: int = u16(data, at + 2, big)
        stop = at + length
        if length < NLA_HDRLEN:
            yield Span(at, end, end, length, kind, SHORT)
            return
        if stop > end:
            yield Span(at, end, end, length, kind, OVERRUN)
            return
        padded = (length + 3 & ~3) + at
        problem = ""
        if padded > end:
            # The last attribute's padding may be missing: the kernel itself leaves it out at times.
            if stop != end:
                problem = PADDING_MISSING
            padded = end
        elif padded != stop and any(data[stop:padded]):
            problem = PADDING_NONZERO
        yield Span(at, stop, padded, length, kind, problem)
        at = padded


def reads_as_attrs(data: bytes, at: int, end: int, order: str) -> bool:
    """Whether data[at:end] is a non-empty run of attributes without any problem."""
    if end - at < NLA_HDRLEN:
        return False
    big = order == "big"
    while at < end:
        if end - at < NLA_HDRLEN:
            return False
        length = u16(data, at, big)
        if length < NLA_HDRLEN or at + length > end:
            return False
        stop = at + length
        at += (length + 3) & ~3
        if at <= end and any(data[stop:at]):
            return False
    return True
