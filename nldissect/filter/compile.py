"""Filter trees to Python: every name, type and literal is checked, then one expression is made.

Beside the test of a whole message a condition on its nlmsghdr alone is made, so that most messages
need not be looked at further.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from ..errors import FilterError
from ..model import Message, Record
from ..text import Json, show
from ..wire.consts import NETLINK_GENERIC, NLMSG_MIN_TYPE
from .field import Field, Source
from .fields import Catalogue
from .kinds import ORDERS, Kind, Misfit, Test, kind_of, never
from .shapes import Shape, family_word
from .syntax import (
    And,
    Call,
    Compare,
    Exists,
    Expr,
    Literal,
    Masked,
    Not,
    Operand,
    Or,
    Slice,
    Span,
    Text,
    Within,
    Word,
    Xor,
    parse,
)

Match = Callable[[Message], bool]
Headers = Callable[[int, int, int, int, int, int, Record, int], bool]
Get = Callable[[Message], list[Any]]

_COST: Final = {"": 1, "txn": 2, "header": 4, "error": 4, "attrs": 8, "notes": 12, "tree": 16}
_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!=",
                   "===": "===", "!==": "!=="}  # fmt: skip
_MODES: Final = {"!=": "none", "===": "every", "!==": "other"}
_GIVEN: Final = ("protocol", "type", "flags", "seq", "pid", "length", "record", "start")
_HEADER: Final = re.compile(rf"(?<!\.)\b({'|'.join(_GIVEN)})\b")
_EQUAL: Final = frozenset(("==", "!=", "===", "!=="))
_PYTHON: Final = {"===": "==", "!==": "!="}
_COMPARED: Final = ("==", None)
_TRUE: Final = "True"
_FALSE: Final = "False"


class Filter:
    """A compiled filter.

    text: as it was written. match: whether a message is wanted. headers: whether a message with
    such an nlmsghdr (protocol, type, flags, seq, pid, length), at a start in a record, can be; None
    where that says nothing. exact: whether that alone decides, if there is an nlmsghdr.
    needs: what is read of a message: attrs, header, error, notes, txn, tree.
    """

    __slots__ = ("text", "match", "headers", "exact", "needs")

    def __init__(
        self, text: str, match: Match, headers: Headers | None, exact: bool, needs: frozenset[str]
    ) -> None:
        self.text = text
        self.match = match
        self.headers = headers
        self.exact = exact
        self.needs = needs


class _Code:
    """Python for one part: over a message m, and over an nlmsghdr.

    may, must: conditions on the header alone, without which it is false and with which it is true.
    """

    __slots__ = ("match", "may", "must", "cost")

    def __init__(self, match: str, may: str, must: str, cost: int) -> None:
        self.match = match
        self.may = may
        self.must = must
        self.cost = cost

    @property
    def exact(self) -> bool:
        return self.may == self.must


class _Value:
    """An operand that has values: a field, or what is made of one."""

    __slots__ = ("name", "sources", "unit", "head", "may", "field", "span")

    def __init__(
        self,
        name: str,
        sources: Sequence[Source],
        span: Span,
        *,
        unit: int = 1,
        head: str = "",
        may: str = "",
        field: Field | None = None,
    ) -> None:
        self.name = name
        self.sources = sources
        self.span = span
        self.unit = unit
        self.head = head
        self.may = may
        self.field = field

    def kinds(self, source: Source) -> list[Kind]:
        """The kinds that a source's values can be of, each once."""
        found: dict[tuple[str, int], Kind] = {}
        for shape in source.shapes:
            found.setdefault((shape.kind, id(shape.enum)), kind_of(shape, self.unit))
        return list(found.values())

    @property
    def needs(self) -> set[str]:
        return {source.need for source in self.sources if source.need}

    @property
    def cost(self) -> int:
        cost = max((_COST[source.need] for source in self.sources), default=1)
        return cost + min(4, len(self.sources) // 4)


def compile_filter(text: str, catalogue: Catalogue) -> Filter:
    """Compiles a filter; raises FilterError for every mistake in it."""
    return _Compiler(text, catalogue).filter()


def _joined(word: str, parts: Sequence[str]) -> str:
    """Conditions joined by ``and`` or ``or``, without those that say nothing."""
    strong, weak = (_FALSE, _TRUE) if word == "and" else (_TRUE, _FALSE)
    if strong in parts:
        return strong
    rest = list(dict.fromkeys(part for part in parts if part != weak))
    if not rest:
        return weak
    return rest[0] if len(rest) == 1 else "(" + f" {word} ".join(rest) + ")"


def _negated(part: str) -> str:
    if part in (_TRUE, _FALSE):
        return _FALSE if part == _TRUE else _TRUE
    return f"(not {part})"


class _Compiler:
    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self.text = text
        self.catalogue = catalogue
        self.names: dict[str, Any] = {}
        self.needs: set[str] = set()

    def filter(self) -> Filter:
        code = self.expr(parse(self.text))
        match = self.made(f"lambda m: {code.match}")
        headers = None
        if code.may != _TRUE:
            headers = self.made(f"lambda {', '.join(_GIVEN)}: {code.may}")
        return Filter(
            self.text, match, headers, code.exact and headers is not None, frozenset(self.needs)
        )

    def made(self, source: str) -> Any:
        # The text holds names that are made here, numbers, and family names as literals.
        return eval(source, {"__builtins__": {}, "len": len, **self.names})

    def name(self, value: object) -> str:
        """A name for something that the expression uses."""
        name = f"_{len(self.names)}"
        self.names[name] = value
        return name

    def error(self, misfit: Misfit, literal: Span, op: Span) -> FilterError:
        start, end = literal if misfit.place == "literal" else op
        return FilterError(misfit.what, self.text, start, end - start, misfit.expected, misfit.near)

    def wrong(self, what: str, span: Span, expected: tuple[str, ...] = ()) -> FilterError:
        return FilterError(what, self.text, span[0], span[1] - span[0], expected)

    # Junctions

    def expr(self, expr: Expr) -> _Code:
        if isinstance(expr, Not):
            code = self.expr(expr.term)
            return _Code(f"(not {code.match})", _negated(code.must), _negated(code.may), code.cost)
        if isinstance(expr, (And, Or)):
            codes = [self.expr(term) for term in expr.terms]
            word = "and" if isinstance(expr, And) else "or"
            ordered = sorted(codes, key=lambda code: code.cost)
            return _Code(
                "(" + f" {word} ".join(code.match for code in ordered) + ")",
                _joined(word, [code.may for code in codes]),
                _joined(word, [code.must for code in codes]),
                max(code.cost for code in codes),
            )
        if isinstance(expr, Xor):
            codes = [self.expr(term) for term in expr.terms]
            both = [self.odd([code.may for code in codes])] * 2
            if not all(code.exact for code in codes):
                both = [_TRUE, _FALSE]
            match = self.odd([code.match for code in codes])
            return _Code(match, both[0], both[1], max(code.cost for code in codes))
        if isinstance(expr, Exists):
            return self.exists(expr)
        if isinstance(expr, Within):
            return self.within(expr)
        return self.compare(expr)

    @staticmethod
    def odd(parts: list[str]) -> str:
        return "(" + " + ".join(f"({part})" for part in parts) + " & 1 == 1)"

    # Operands

    def field(self, word: Word) -> _Value:
        """The field of a name; raises FilterError."""
        try:
            field = self.catalogue.field(word.value)
        except FilterError as error:
            raise FilterError(
                error.what, self.text, word.span[0] + error.column, error.length,
                error.expected, error.near,
            ) from None  # fmt: skip
        return _Value(
            word.value, field.sources, word.span, unit=field.unit, head=field.head,
            may=field.may, field=field,
        )  # fmt: skip

    def value(self, operand: Operand) -> _Value:
        """An operand that must have values; raises FilterError."""
        if isinstance(operand, Word):
            return self.field(operand)
        if isinstance(operand, Slice):
            return self.sliced(operand)
        if isinstance(operand, Masked):
            return self.masked(operand)
        if isinstance(operand, Call):
            return self.call(operand)
        raise self.wrong(f"{operand} is no field", operand.span, ("a field",))

    def derived(
        self, value: _Value, span: Span, name: str, make: Callable[[Kind], tuple[Shape, Any] | None]
    ) -> _Value:
        """A value made of each value of another; ``make`` gives a kind's new shape and how."""
        sources = []
        for source in value.sources:
            shapes, hows = [], []
            for kind in value.kinds(source):
                made = make(kind)
                if made is not None:
                    shapes.append(made[0])
                    hows.append(made[1])
            if shapes:
                sources.append(Source(source.family, source.need, shapes, _mapper(source, hows)))
        if not sources:
            kinds = " or ".join(sorted(self.titles(value)))
            raise self.wrong(f"{name} does not go with {kinds}", span)
        bools = any(shape.kind == "bool" for source in value.sources for shape in source.shapes)
        return _Value(name, sources, span, may="" if bools else value.may)

    @staticmethod
    def titles(value: _Value) -> set[str]:
        """What the kinds of a value are called."""
        kinds = {shape.kind for source in value.sources for shape in source.shapes}
        return {f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} value" for kind in kinds}

    def sliced(self, operand: Slice) -> _Value:
        parts = operand.parts

        def make(kind: Kind) -> tuple[Shape, Any] | None:
            plain = kind.shape.kind
            if plain == "string":
                return Shape("string"), lambda value: _cut(kind.read(value), parts, "")
            if plain in ("bytes", "mac", "ipv4-or-v6"):
                return Shape("bytes"), lambda value: _cut(kind.read(value), parts, b"")
            if plain == "any":
                read = kind_of(Shape("bytes")).read
                return Shape("bytes"), lambda value: _cut(read(value), parts, b"")
            return None

        return self.derived(self.value(operand.operand), operand.span, "a slice", make)

    def masked(self, operand: Masked) -> _Value:
        value = self.value(operand.operand)
        mask = operand.mask
        if not isinstance(mask, (Word, Text)):
            raise self.wrong("a mask is a number or a flag's name", mask.span)
        numbers: list[int] = []
        errors: list[Misfit] = []

        def make(kind: Kind) -> tuple[Shape, Any] | None:
            if kind.shape.kind == "any":
                kind = kind_of(Shape("uint"))
            if kind.shape.kind not in ("uint", "sint", "flags", "enum"):
                return None
            try:
                number = kind.literal(mask)
            except Misfit as misfit:
                errors.append(misfit)
                return None
            numbers.append(number)
            read = kind.read
            return Shape("uint"), lambda value: None if (it := read(value)) is None else it & number

        try:
            made = self.derived(value, operand.span, "&", make)
        except FilterError:
            if errors:
                raise self.error(errors[0], mask.span, mask.span) from None
            raise
        if value.head and value.field is not None and value.field.kind == "uint":
            made.head = f"({value.head} & {numbers[0]})"
        elif value.field is not None and value.field.name == "nlmsg.flags":
            made.head = f"(flags & {numbers[0]})"
        return made

    def call(self, operand: Call) -> _Value:
        values = [self.value(argument) for argument in operand.arguments]
        name, span = operand.name, operand.span
        if name in ("min", "max"):
            return self.extreme(name, values, span)
        if len(values) != 1:
            raise self.wrong(f"{name} takes one field", span)
        value = values[0]
        if name == "count":
            return _Value(
                name, [Source(None, _need(value), [Shape("uint")], lambda: _counter(value))], span
            )

        def make(kind: Kind) -> tuple[Shape, Any] | None:
            plain = kind.shape.kind
            if name == "string":
                return None if plain == "object" else (Shape("string"), _as_text)
            if name == "len":
                if plain in ("bytes", "mac", "ipv4-or-v6"):
                    return Shape("uint"), lambda value: _size(kind.read(value))
                if plain in ("string", "any", "enum"):
                    return Shape(
                        "uint"
                    ), lambda value: len(value.encode()) if isinstance(value, str) else None
                return None
            if plain not in ("string", "any", "enum"):
                return None
            change = str.lower if name == "lower" else str.upper
            return Shape("string"), lambda value: change(value) if isinstance(value, str) else None

        return self.derived(value, span, name, make)

    def extreme(self, name: str, values: list[_Value], span: Span) -> _Value:
        pick = min if name == "min" else max
        readers: list[tuple[_Value, Source, list[Kind]]] = []
        shape = Shape("sint")
        for value in values:
            for source in value.sources:
                kinds = [kind for kind in value.kinds(source) if kind.name == "number"]
                if kinds:
                    readers.append((value, source, kinds))
                    if kinds[0].shape.kind in ("time", "duration"):
                        shape = kinds[0].shape
        if not readers:
            raise self.wrong(f"{name} takes numbers", span)

        def get(message: Message) -> list[Any]:
            found: list[int] = []
            for _, source, kinds in readers:
                if source.family is None or source.family == message.family:
                    read = source.get
                    for value in read(message):
                        number = _first_read(kinds, value)
                        if number is not None:
                            found.append(number)
            return [pick(found)] if found else []

        need = max((_need(value) for value in values), key=lambda need: _COST[need])
        for value in values:
            self.needs |= value.needs
        return _Value(name, [Source(None, need, [shape], lambda: get)], span)

    # Tests

    def exists(self, expr: Exists) -> _Code:
        value = self.value(expr.operand)
        kinds = {shape.kind for source in value.sources for shape in source.shapes}
        field = value.field
        if isinstance(expr.operand, Masked):
            return self.leaf(value, [bool] * len(value.sources), "any", expr.operand, ("!=", 0))
        if field is None and not isinstance(expr.operand, Slice):
            raise self.wrong(f"{value.name}(…) alone says nothing", expr.span, ("a comparison",))
        if kinds == {"bool"} and field is not None and not field.presence:
            return self.leaf(value, [bool] * len(value.sources), "any", expr.operand, None)
        return self.leaf(value, [_there] * len(value.sources), "any", None, None)

    def compare(self, expr: Compare) -> _Code:
        left, right, op = expr.left, expr.right, expr.op
        value = self.maybe(left)
        if value is None:
            # The literal stands first: turn it round.
            other = self.maybe(right)
            if other is None:
                if isinstance(left, Word):
                    self.field(left)
                raise self.wrong("neither side is a field", expr.span, ("a field",))
            if op not in _FLIPPED:
                raise self.wrong(f"the field stands before {op}", expr.at)
            if isinstance(left, Word) and _takes_any_word(other) and left.value[0].isalpha():
                self.field(left)
            left, right, op, value = right, left, _FLIPPED[op], other
        if isinstance(right, (Word, Text)):
            try:
                return self.with_literal(value, op, right, expr)
            except Misfit as misfit:
                second = self.maybe(right)
                if second is None:
                    if self.meant_field(right, expr.left is right):
                        self.value(right)
                    raise self.error(misfit, right.span, expr.at) from None
                try:
                    return self.with_value(value, op, second, expr)
                except FilterError:
                    # A family's name is a field too, but here rather a text.
                    if second.name in self.catalogue.registry:
                        raise self.error(misfit, right.span, expr.at) from None
                    raise
        return self.with_value(value, op, self.value(right), expr)

    def maybe(self, operand: Operand) -> _Value | None:
        """The operand's values; None for a literal."""
        if isinstance(operand, Text):
            return None
        if isinstance(operand, Word) and operand.value not in self.catalogue:
            return None
        return self.value(operand)

    def meant_field(self, literal: Literal, first: bool) -> bool:
        """Whether a word is more like a field than like a value. first: it stands on the left."""
        if isinstance(literal, Text):
            return False
        if first and literal.value[0].isalpha():
            return True
        head, dot, _ = literal.value.partition(".")
        return bool(dot) and (
            head in self.catalogue.registry or head in ("attr", "header", "nlmsg", "txn", "error")
        )

    def tests(self, value: _Value, make: Callable[[Kind], Test]) -> list[Test]:
        """The test for the values of each source; raises Misfit if none of them can have any."""
        tests: list[Test] = []
        misfit: Misfit | None = None
        fits = False
        for source in value.sources:
            made: list[Test] = []
            for kind in value.kinds(source):
                try:
                    made.append(make(kind))
                except Misfit as why:
                    if misfit is None or (why.near and not misfit.near):
                        misfit = why
            fits = fits or bool(made)
            tests.append(_any_of(made))
        if not fits and misfit is not None:
            raise misfit
        return tests

    def with_literal(self, value: _Value, op: str, literal: Literal, expr: Compare) -> _Code:
        tests = self.tests(value, lambda kind: kind.test(op, literal))
        mode = _MODES.get(op, "every" if expr.every else "any")
        known: tuple[str, Any] | None = (op, literal)
        return self.leaf(value, tests, mode, expr.left, known)

    def within(self, expr: Within) -> _Code:
        value = self.value(expr.operand)
        per_item: list[list[Test]] = []
        for first, last in expr.items:
            span = (first.span[0], (last or first).span[1])
            try:
                per_item.append(self.tests(value, _item_test(first, last)))
            except Misfit as misfit:
                raise self.error(misfit, span, value.span) from None
        tests = [_any_of(list(each)) for each in zip(*per_item)]
        return self.leaf(value, tests, "every" if expr.every else "any", None, ("in", expr.items))

    def with_value(self, left: _Value, op: str, right: _Value, expr: Compare) -> _Code:
        if op == "matches":
            raise self.wrong("a regular expression is needed", right.span, ('"…"',))
        names = [
            {kind.name for source in value.sources for kind in value.kinds(source)}
            for value in (left, right)
        ]
        common = names[0] & names[1] - {"object"}
        if not common and "any" not in names[0] | names[1]:
            what = f"{left.name} and {right.name} cannot be compared"
            titles = " with ".join(
                " or ".join(sorted(self.titles(value))) for value in (left, right)
            )
            raise self.wrong(f"{what}: {titles}", expr.at)
        for value in (left, right):
            for source in value.sources:
                for kind in value.kinds(source):
                    if kind.name in common:
                        try:
                            kind.allow(op)
                        except Misfit as misfit:
                            raise self.error(misfit, expr.at, expr.at) from None
        if left.head and right.head:
            condition = f"{left.head} {_PYTHON.get(op, op)} {right.head}"
            return self.head_code(_where(left, _where(right, condition)))
        one, two = _normal(left, common), _normal(right, common)
        order = ORDERS["==" if op in _EQUAL else op]
        mode = _MODES.get(op, "every" if expr.every else "any")

        def match(message: Message) -> bool:
            first, second = one(message), two(message)
            if not first or not second:
                return False
            pairs = (type(a) is type(b) and order(a, b) for a in first for b in second)
            if mode == "any":
                return any(pairs)
            if mode == "every":
                return all(pairs)
            return not any(pairs) if mode == "none" else not all(pairs)

        self.needs |= left.needs | right.needs
        may = _joined("and", [self.may(left, _COMPARED), self.may(right, _COMPARED)])
        return _Code(f"{self.name(match)}(m)", may, _FALSE, left.cost + right.cost)

    # Code

    def leaf(
        self,
        value: _Value,
        tests: Sequence[Test],
        mode: str,
        operand: Operand | None,
        known: tuple[str, Any] | None,
    ) -> _Code:
        """A test of a value's values. known: the comparison, where it can be told by the header."""
        exact = self.by_header(value, operand, known)
        if exact is not None:
            return exact
        self.needs |= value.needs
        by_family: dict[str | None, list[tuple[Get, Test]]] = {}
        for source, test in zip(value.sources, tests):
            by_family.setdefault(source.family, []).append((source.get, test))
        common = by_family.pop(None, [])
        cost = value.cost + (4 if known is not None and known[0] == "matches" else 0)
        may = self.may(value, known)
        if value.field is not None and known is not None:
            may = self.by_word(value.field, known, may)
        if not by_family:
            return _Code(f"{self.name(_runner(common, mode))}(m)", may, _FALSE, cost)
        if len(by_family) == 1 and not common:
            family, pairs = next(iter(by_family.items()))
            if all(test is _there or test is bool for _, test in pairs) and value.name == family:
                return _Code(f"(m.family == {family!r})", may, _FALSE, 1)
            run = self.name(_runner(pairs, mode))
            return _Code(f"(m.family == {family!r} and {run}(m))", may, _FALSE, cost)
        table = {family: _runner([*common, *pairs], mode) for family, pairs in by_family.items()}
        other = _runner(common, mode)
        return _Code(f"{self.name(_chooser(table, other))}(m)", may, _FALSE, cost)

    def head_code(self, condition: str) -> _Code:
        """A condition on the header that is the whole test."""
        names = set(_HEADER.findall(condition))
        match = _HEADER.sub(_of_message, condition)
        if names != {"record"}:
            guard = "m.type >= 0" if names - {"protocol"} else "m.protocol >= 0"
            match = f"({guard} and {match})"
        return _Code(match, f"({condition})", f"({condition})", 0)

    def by_header(
        self, value: _Value, operand: Operand | None, known: tuple[str, Any] | None
    ) -> _Code | None:
        """The test by the header alone, if that tells."""
        head = value.head
        field = value.field
        if not head:
            return None
        kind = value.kinds(value.sources[0])[0]
        if field is not None and field.kind == "bool":
            if known is None:
                if head == _TRUE:
                    return _Code(_TRUE, _TRUE, _TRUE, 0)
                return None if operand is None else self.head_code(head)
            if known[0] not in _EQUAL or head == _TRUE:
                return None
            yes = kind.literal(known[1]) is (known[0] in ("==", "==="))
            return self.head_code(head if yes else _negated(head))
        if known is None:
            return None
        op, literal = known
        if op in ("contains", "matches"):
            return None
        if op == "in":
            parts = []
            for first, last in literal:
                if last is None:
                    parts.append(f"{head} == {kind.literal(first)}")
                else:
                    parts.append(f"{kind.literal(first)} <= {head} <= {kind.literal(last)}")
            condition = "(" + " or ".join(parts) + ")"
        else:
            number = literal if isinstance(literal, int) else kind.literal(literal)
            condition = f"{head} {_PYTHON.get(op, op)} {number}"
        return self.head_code(_where(value, condition))

    def by_word(self, field: Field, known: tuple[str, Any], may: str) -> str:
        """The condition on the header where the direction or the family is asked for."""
        op, literal = known
        if op not in ("==", "==="):
            return may
        if field.name == "family":
            return self.family_may(literal.value, control=True)
        # Only who follows the talk knows the other directions: an echo has the request's flags.
        return "(flags & 1 != 0)" if (field.name, literal.value) == ("dir", "request") else may

    def may(self, value: _Value, known: tuple[str, Any] | None = None) -> str:
        """A condition on the header without which there is no value."""
        if value.may:
            kind = value.kinds(value.sources[0])[0]
            if kind.shape.kind == "bool":
                # It is there to be false as well.
                presence = value.field is not None and value.field.presence
                true = not presence if known is None else (
                    known[0] in ("==", "===") and known[1] is not None and kind.literal(known[1])
                )  # fmt: skip
                return f"({value.may})" if true else _TRUE
            return f"({value.may})"
        families = [source.family for source in value.sources]
        if None in families or len(families) > 8:
            return _TRUE
        words = [family_word(each or "") for each in families]
        control = value.field is not None and value.name in words
        return _joined("or", [self.family_may(each or "", control) for each in families])

    def family_may(self, family: str, control: bool) -> str:
        """What the header of a family's message can be; control: or of an answer to one."""
        spec = self.catalogue.registry.spec(family)
        lowest = 0 if control else NLMSG_MIN_TYPE
        if spec is None or spec.protonum is None:
            return f"(protocol == {NETLINK_GENERIC} and type >= {lowest})"
        numbers: set[int] = set()
        for op in spec.operations:
            numbers |= {n for n in (op.request_value, op.reply_value) if n is not None}
        types = ", ".join(str(number) for number in sorted(numbers))
        condition = f"type in {{{types}}}" if numbers else _FALSE
        if control:
            condition = f"(type < {NLMSG_MIN_TYPE} or {condition})"
        return f"(protocol == {spec.protonum} and {condition})"


def _where(value: _Value, condition: str) -> str:
    """A condition on a value's head, which can be read only where there is a value."""
    bools = value.field is not None and value.field.kind == "bool"
    return f"({value.may} and {condition})" if value.may and not bools else condition


def _takes_any_word(value: _Value) -> bool:
    """Whether every bare word could be one of the values, and so a slip as well."""
    return any(
        shape.kind == "any" or (shape.words is not None and not shape.words.closed)
        for source in value.sources
        for shape in source.shapes
    )


def _of_message(match: re.Match[str]) -> str:
    return f"m.{match[1]}"


def _item_test(first: Literal, last: Literal | None) -> Callable[[Kind], Test]:
    """Makes the test for one item of a set."""
    if last is None:
        return lambda kind: kind.test("==", first)
    return lambda kind: kind.between(first, last)


def _there(value: Any) -> bool:
    return True


def _any_of(tests: list[Test]) -> Test:
    tests = [test for test in tests if test is not never]
    if not tests:
        return never
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)


def _runner(pairs: list[tuple[Get, Test]], mode: str) -> Match:
    """Runs tests over values. mode: any, every, none (of some) or other (than all)."""

    def any_(message: Message) -> bool:
        for get, test in pairs:
            for value in get(message):
                if test(value):
                    return True
        return False

    def several(message: Message) -> bool:
        seen = mode == "other"
        found = False
        for get, test in pairs:
            for value in get(message):
                found = True
                if test(value):
                    if mode == "none":
                        return False
                elif mode == "every":
                    return False
                elif mode == "other":
                    return True
        return found and not seen

    if mode != "any":
        return several
    if len(pairs) == 1:
        get, test = pairs[0]

        def one(message: Message) -> bool:
            # A loop: a generator for any() takes longer than most tests.
            for value in get(message):  # noqa: SIM110
                if test(value):
                    return True
            return False

        return one
    return any_


def _chooser(table: dict[str | None, Match], other: Match) -> Match:
    def choose(message: Message) -> bool:
        return table.get(message.family, other)(message)

    return choose


def _mapper(source: Source, hows: list[Any]) -> Callable[[], Get]:
    def make() -> Get:
        get = source.get

        def mapped(message: Message) -> list[Any]:
            found = []
            for value in get(message):
                for how in hows:
                    made = how(value)
                    if made is not None:
                        found.append(made)
                        break
            return found

        return mapped

    return make


def _cut(value: Any, parts: tuple[tuple[int, int | None], ...], empty: Any) -> Any:
    """The parts of a text or of bytes, joined; None where one lies outside."""
    if value is None:
        return None
    whole = empty
    for first, count in parts:
        start = first if first >= 0 else len(value) + first
        if not 0 <= start < len(value):
            return None
        stop = len(value) if count is None else start + count
        if stop > len(value):
            return None
        whole += value[start:stop]
    return whole


def _as_text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else show(value)


def _size(value: Any) -> int | None:
    return None if value is None else len(value)


def _first_read(kinds: list[Kind], value: Json) -> Any:
    for kind in kinds:
        read = kind.read(value)
        if read is not None:
            return read
    return None


def _need(value: _Value) -> str:
    return max((source.need for source in value.sources), key=lambda need: _COST[need], default="")


def _counter(value: _Value) -> Get:
    def get(message: Message) -> list[Any]:
        total = 0
        for source in value.sources:
            if source.family is None or source.family == message.family:
                get = source.get
                total += len(get(message))
        return [total]

    return get


def _normal(value: _Value, common: set[str]) -> Get:
    """Reads values in the form in which two fields are compared."""
    readers = []
    for source in value.sources:
        kinds = [kind for kind in value.kinds(source) if not common or kind.name in common]
        readers.append((source, kinds))

    def get(message: Message) -> list[Any]:
        found = []
        for source, kinds in readers:
            if source.family is None or source.family == message.family:
                get = source.get
                for each in get(message):
                    read = _first_read(kinds, each)
                    if read is not None:
                        found.append(read)
        return found

    return get
