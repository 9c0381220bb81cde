"""Keys that are typed one after the other, as in vi: numbers, gg, ZZ, named marks."""

from __future__ import annotations

from typing import Final, NamedTuple

_BEGIN: Final = frozenset("gZ\"'")
_MOST_DIGITS: Final = 12


class Typed(NamedTuple):
    """What the keys so far come to.

    kind: count, top, quit, set (a mark of that name), jump (to it; ``'`` is back), wait (for
    more), or "" for a key that is none of them.
    """

    kind: str
    name: str = ""


class Prefixes:
    """Takes characters. count: the number typed so far, "" for none."""

    def __init__(self) -> None:
        self.count = ""
        self._first = ""

    def take(self, char: str) -> Typed:
        """Takes the next key's character, "" for a key without one."""
        first, self._first = self._first, ""
        if first and char:
            if first in ('"', "'"):
                return Typed("set" if first == '"' else "jump", char)
            if char == first:
                return Typed("top" if first == "g" else "quit")
        if char in _BEGIN and char:
            self._first = char
            return Typed("wait")
        if len(char) == 1 and char in "0123456789" and (self.count or char != "0"):
            self.count = (self.count + char)[-_MOST_DIGITS:]
            return Typed("count", self.count)
        if char != "G":
            self.count = ""
        return Typed("")

    def number(self) -> int:
        """The number typed, 0 for none; it is used up."""
        count, self.count = self.count, ""
        return int(count or "0")
