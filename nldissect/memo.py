"""What was made once is kept for the next time, in bounded memory."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from mypy_extensions import i64

from .dissect import Plan
from .model import Message
from .spec.sets import AttrSet
from .spec.structs import StructType
from .wire.consts import NLM_F_DUMP

OVERHEAD: Final = 200
"""What a kept thing weighs beside its bytes."""

_FIRST_TRIES: Final = 2048
_TRIES: Final = 64
_REST: Final = 1024
_KINDS: Final = 4096


class Kept:
    """What a memo keeps; weight: roughly its bytes.

    key: what it was made of; next: what was asked for after it the last time, which is often so
    again; age: the generation of its memo in which it was asked for.
    """

    __slots__ = ("weight", "key", "next", "age")

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.key = b""
        self.next: Kept | None = None
        self.age: i64 = -1


V = TypeVar("V", bound=Kept)
T = TypeVar("T")


class Budget:
    """What several memos may weigh together: each of two generations may have ``limit``."""

    __slots__ = ("limit", "used", "memos")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.memos: list[Memo[Kept]] = []

    def spend(self, weight: int) -> None:
        """Takes note of a new thing; where it is too much, what is old is forgotten."""
        self.used += weight
        if self.used > self.limit:
            self.used = weight
            for memo in self.memos:
                memo.age()


class Memo(Generic[V]):
    """Things by the bytes they were made of: one that is asked for stays, the others go first.

    Where things are seldom found it rests for a while, since looking takes time as well; at first
    it is patient, since what comes again may be long in coming.
    """

    __slots__ = ("_budget", "_young", "_old", "_age", "_last", "_before", "_tries", "_hits",
                 "_rest", "_window")  # fmt: skip

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._young: dict[bytes, V] = {}
        self._old: dict[bytes, V] = {}
        self._age: i64 = 0
        # What was asked for last, and before that.
        self._last: V | None = None
        self._before: V | None = None
        self._tries: i64 = 0
        self._hits: i64 = 0
        self._rest: i64 = 0
        self._window: i64 = _FIRST_TRIES
        budget.memos.append(self)  # type: ignore[arg-type]

    def rests(self) -> bool:
        """Whether it is not worth to look this time; to be asked once before each look."""
        if not self._rest:
            return False
        self._rest -= 1
        return True

    def get(self, key: bytes) -> V | None:
        """What is kept under a key."""
        known: V | None = None
        last = self._last
        if last is not None:
            after = last.next
            if after is not None and after.age == self._age and after.key == key:
                known = after  # type: ignore[assignment]
        if known is None:
            known = self._young.get(key)
            if known is None and self._old:
                known = self._old.get(key)
                if known is not None:
                    del self._old[key]
                    self._keep(key, known)
            if known is not None and last is not None:
                last.next = known
        if known is not None:
            self._hits += 1
            self._before = last
            self._last = known
        self._tries += 1
        if self._tries == self._window:
            if self._hits * 4 < self._window:
                self._rest = _REST
            self._window = _TRIES
            self._tries = self._hits = 0
        return known

    def put(self, key: bytes, value: V) -> None:
        """Keeps a thing."""
        last = self._last
        if last is not None and last.key == key:
            # It takes the place of what was found.
            last = self._before
        self._keep(key, value)
        if last is not None:
            last.next = value
        self._before = last
        self._last = value

    def _keep(self, key: bytes, value: V) -> None:
        self._budget.spend(value.weight)
        value.key = key
        value.age = self._age
        self._young[key] = value

    def age(self) -> None:
        """Forgets what was not asked for since the last time."""
        for gone in self._old.values():
            # What follows each other in a circle would not be let go.
            gone.next = None
        self._old = self._young
        self._young = {}
        self._age += 1
        self._last = self._before = None


def is_dump(message: Message) -> bool:
    """Whether a message asks for a dump."""
    return message.flags & NLM_F_DUMP == NLM_F_DUMP and message.direction == "request"


class Bodies(Generic[V]):
    """What was made of the bytes behind messages' headers, by the tables that read them."""

    __slots__ = ("_budget", "_memos", "_of_kind", "_kind", "_memo")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._memos: dict[tuple[AttrSet | None, StructType | None, int, bool, bool], Memo[V]] = {}
        self._of_kind: dict[object, Memo[V]] = {}
        # The last kind, which is often the next one as well.
        self._kind: object = None
        self._memo: Memo[V] | None = None

    def of(self, message: Message, plan: Plan) -> Memo[V]:
        """What was made of bodies like a message's, whose plan it is."""
        kind = message.sketch
        if kind is not None:
            known = self._memo
            if kind is self._kind and known is not None:
                return known
            known = self._of_kind.get(kind)
            if known is not None:
                self._kind = kind
                self._memo = known
                return known
        key = (plan.set, plan.header, plan.attrs_at - plan.header_at,
               message.direction == "request", is_dump(message))  # fmt: skip
        memo = self._memos.get(key)
        if memo is None:
            memo = self._memos[key] = Memo(self._budget)
        if kind is not None:
            if len(self._of_kind) >= _KINDS:
                self._of_kind.clear()
            self._of_kind[kind] = memo
        return memo


class Kinds(Generic[T]):
    """What messages of one kind have in common, each under a number of whoever keeps it."""

    __slots__ = ("_kinds", "_kind", "_values", "_key", "_value")

    def __init__(self) -> None:
        self._kinds: dict[object, dict[int, T]] = {}
        # The last ones that were asked for, which are often the next ones as well.
        self._kind: object = None
        self._values: dict[int, T] = {}
        self._key = 0
        self._value: T | None = None

    def get(self, message: Message, key: int) -> T | None:
        """What is kept under a number for messages like this one."""
        kind = message.sketch
        if kind is None:
            return None
        if kind is not self._kind:
            known = self._kinds.get(kind)
            if known is None:
                return None
            self._kind = kind
            self._values = known
        elif key == self._key:
            return self._value
        self._key = key
        self._value = self._values.get(key)
        return self._value

    def put(self, message: Message, key: int, value: T) -> T:
        """Keeps something for messages like this one; not for one that is like no other."""
        kind = message.sketch
        if kind is not None:
            known = self._kinds.get(kind)
            if known is None:
                if len(self._kinds) >= _KINDS:
                    self._kinds.clear()
                known = self._kinds[kind] = {}
            known[key] = value
            # What was not there may have been asked for.
            self._kind = None
        return value
