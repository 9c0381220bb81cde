"""Attribute tables of families that only the kernel's own policies describe."""

from __future__ import annotations

from .learn import FamilyInfo, Policy
from .model import Node
from .spec.checks import SIZES, Check, check_of
from .spec.sets import Attr, AttrSet, Guess, IndexedArray, Nest, guess_set
from .spec.types import (
    OPAQUE,
    TEXT,
    AutoScalar,
    Bitfield32,
    Flag,
    Irregular,
    Scalar,
    Scope,
    Type,
    Walk,
)
from .text import Json


class Told(Type):
    """What a policy says an attribute is; a guess where the bytes say otherwise.

    Policies speak of requests: the kernel may answer with something else under the same number.
    """

    __slots__ = ("inner", "order")

    def __init__(self, inner: Type, order: str) -> None:
        self.inner = inner
        self.order = order

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self.inner.value(data, start, end, scope)

    def simpler(self, data: bytes, start: int, end: int, scope: Scope) -> Type | None:
        return self.inner

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        try:
            self.inner.value(data, start, end, scope)
        except Irregular as why:
            guess_set(self.order).guess(node, data, start, end, 0, scope, walk)
            if walk.request and str(why):
                walk.note(node, "value.width", str(why))
        else:
            self.inner.fill(node, data, start, end, scope, walk)


class _Table:
    """The attributes of one policy. Names are attr-N: policies have numbers alone."""

    name = ""

    def __init__(self, tables: Tables, rules: dict[int, dict[str, Json]]) -> None:
        self._tables = tables
        self._rules = rules

    def attrs_of(self, name: str, order: str) -> dict[int, Attr]:
        """The table of the set."""
        return {
            number: Attr(
                f"attr-{number}", "", number, False, self._tables.type_of(rules),
                check=_limits(rules, order),
            )
            for number, rules in self._rules.items()
        }  # fmt: skip


def _limits(rules: dict[str, Json], order: str) -> Check | None:
    """What a policy asks beyond the type; None if that is nothing."""
    check = check_of(rules, order)
    if not check.limits or check.words() == check.kind:
        return None
    return check


class Tables:
    """The attribute sets of a family's learned policies in one byte order."""

    def __init__(self, policy: Policy, order: str) -> None:
        self._policy = policy
        self._order = order
        self._sets: dict[int, AttrSet] = {}

    def set_of(self, index: int) -> AttrSet:
        """The attributes of one policy; its table is made when it is first used.

        It has no name: what policies leave out is nothing to remark.
        """
        known = self._sets.get(index)
        if known is None:
            table = _Table(self, self._policy.attributes.get(index, {}))
            known = self._sets[index] = AttrSet("", self._order, table, [])
        return known

    def type_of(self, rules: dict[str, Json]) -> Type:
        """How an attribute with such rules is read."""
        order = self._order
        kind = str(rules.get("type"))
        inside = rules.get("policy-idx")
        if kind in ("uint", "sint"):
            return Told(AutoScalar(kind, order, None, False, ""), order)
        if kind in SIZES:
            return Told(Scalar(kind, order), order)
        if kind in ("string", "nul-string"):
            return TEXT
        if kind == "flag":
            return Flag()
        if kind == "bitfield32":
            return Told(Bitfield32(order, None), order)
        if kind == "nested":
            return Nest(self.set_of(inside) if isinstance(inside, int) else guess_set(order))
        if kind == "nested-array":
            item: Type = Told(Guess(order), order)
            if isinstance(inside, int):
                item = Nest(self.set_of(inside))
            return IndexedArray(item, False, order)
        if kind == "binary":
            return OPAQUE
        return Told(Guess(order), order)


class PolicyTables:
    """The tables of all families of a capture; equal policies have the same."""

    def __init__(self) -> None:
        self._sizes: dict[tuple[FamilyInfo, str], int] = {}
        self._known: dict[tuple[FamilyInfo, str], Tables] = {}
        self._equal: dict[tuple[str, str], Tables] = {}

    def find(self, info: FamilyInfo, command: int, dump: bool, order: str) -> AttrSet | None:
        """What the attributes of a command are, None if no policy was told."""
        modes = info.policy.operations.get(command)
        if modes:
            index = modes.get("dump" if dump else "do", modes.get("do", modes.get("dump")))
        else:
            # Notifications have no policy: they use the numbers that all commands use.
            used = {index for other in info.policy.operations.values() for index in other.values()}
            used = {index for index in used if index >= 0}
            index = used.pop() if len(used) == 1 else None
        if index is None or index not in info.policy.attributes:
            return None
        return self._tables(info, order).set_of(index)

    def _tables(self, info: FamilyInfo, order: str) -> Tables:
        # A policy is told in many messages: while a pipe is read, it may still grow.
        size = sum(map(len, info.policy.attributes.values()))
        key = (info, order)
        if self._sizes.get(key) != size:
            self._sizes[key] = size
            # A family that is told of again, under whatever id, is read by the same tables.
            text = repr(info.policy.attributes)
            tables = self._equal.get((text, order))
            if tables is None:
                policy = Policy()
                policy.attributes = {
                    number: dict(rules) for number, rules in info.policy.attributes.items()
                }
                tables = self._equal[text, order] = Tables(policy, order)
            self._known[key] = tables
        return self._known[key]
