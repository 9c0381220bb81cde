"""What was made once is kept for the next time, in bounded memory."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

OVERHEAD: Final = 200
"""What a kept thing weighs beside its bytes."""

_TRIES: Final = 64
_REST: Final = 1024


class Kept:
    """What a memo keeps; weight: roughly its bytes."""

    __slots__ = ("weight",)

    def __init__(self, weight: int) -> None:
        self.weight = weight


K = TypeVar("K")
V = TypeVar("V", bound=Kept)


class Budget:
    """What several memos may weigh together: each of two generations may have ``limit``."""

    __slots__ = ("limit", "used", "memos")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.memos: list[Memo[bytes, Kept]] = []

    def spend(self, weight: int) -> None:
        """Takes note of a new thing; where it is too much, what is old is forgotten."""
        self.used += weight
        if self.used > self.limit:
            self.used = weight
            for memo in self.memos:
                memo.age()


class Memo(Generic[K, V]):
    """Things by what they were made of: one that is asked for stays, the others go first.

    Where things are seldom found it rests for a while, since looking takes time as well.
    """

    __slots__ = ("_budget", "_young", "_old", "_tries", "_hits", "_rest")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._tries = 0
        self._hits = 0
        self._rest = 0
        budget.memos.append(self)  # type: ignore[arg-type]

    def rests(self) -> bool:
        """Whether it is not worth to look this time; to be asked once before each look."""
        if not self._rest:
            return False
        self._rest -= 1
        return True

    def get(self, key: K) -> V | None:
        """What is kept under a key."""
        known = self._young.get(key)
        if known is not None:
            self._hits += 1
        elif self._old:
            known = self._old.pop(key, None)
            if known is not None:
                self._hits += 1
                self.put(key, known)
        self._tries += 1
        if self._tries == _TRIES:
            if self._hits * 4 < _TRIES:
                self._rest = _REST
            self._tries = self._hits = 0
        return known

    def put(self, key: K, value: V) -> None:
        """Keeps a thing."""
        self._budget.spend(value.weight)
        self._young[key] = value

    def age(self) -> None:
        """Forgets what was not asked for since the last time."""
        self._old = self._young
        self._young = {}
