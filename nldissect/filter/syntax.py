"""Filter text to a tree of what it says, and back.

The language is Wireshark's. A parser by hand costs no start-up time (a parser generator's import
alone takes longer than reading the headers of a small capture) and knows what was expected where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from ..errors import FilterError

MAX_LENGTH: Final = 20_000
MAX_DEPTH: Final = 40
FUNCTIONS: Final = ("count", "len", "lower", "max", "min", "string", "upper")

Span = tuple[int, int]
"""Where something stands in the text: its column and the column behind it."""

_NOWHERE: Final[Span] = (0, 0)


class Part:
    """A part of a filter; equal to another that says the same, wherever they stand."""

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span = span

    def said(self) -> tuple[object, ...]:
        """All that it says."""
        return tuple(getattr(self, name) for name in self.__slots__ if name != "at")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and type(self) is type(other) and self.said() == other.said()

    def __hash__(self) -> int:
        return hash(self.said())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.said()!r}"


class Text(Part):
    """A quoted string; bytes that are no text are surrogates, as in file names."""

    __slots__ = ("value",)

    def __init__(self, value: str, span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.value = value

    def __str__(self) -> str:
        return '"' + "".join(_escaped(char) for char in self.value) + '"'


class Word(Part):
    """Anything bare: a field's name, a number, an address, an enum's name."""

    __slots__ = ("value",)

    def __init__(self, value: str, span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.value = value

    def __str__(self) -> str:
        return self.value


class Slice(Part):
    """Parts of a value: (first, how many or None for all that follow) each."""

    __slots__ = ("operand", "parts")

    def __init__(
        self, operand: Operand, parts: tuple[tuple[int, int | None], ...], span: Span = _NOWHERE
    ) -> None:
        super().__init__(span)
        self.operand = operand
        self.parts = parts

    def __str__(self) -> str:
        inner = ",".join(
            f"{first}:" if count is None else f"{first}:{count}" for first, count in self.parts
        )
        return f"{self.operand}[{inner}]"


class Masked(Part):
    """The bits that a value has in common with a mask."""

    __slots__ = ("operand", "mask")

    def __init__(self, operand: Operand, mask: Operand, span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.operand = operand
        self.mask = mask

    def __str__(self) -> str:
        return f"{self.operand} & {self.mask}"


class Call(Part):
    """One of FUNCTIONS."""

    __slots__ = ("name", "arguments")

    def __init__(self, name: str, arguments: tuple[Operand, ...], span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.name = name
        self.arguments = arguments

    def __str__(self) -> str:
        return f"{self.name}({', '.join(str(each) for each in self.arguments)})"


Literal = Text | Word
Operand = Text | Word | Slice | Masked | Call


class Exists(Part):
    """An operand that stands alone."""

    __slots__ = ("operand",)

    def __init__(self, operand: Operand, span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.operand = operand

    def __str__(self) -> str:
        return str(self.operand)


class Compare(Part):
    """left op right. op: one of OPERATORS' values; every: of all values, not of any."""

    __slots__ = ("op", "left", "right", "every", "at")

    def __init__(
        self,
        op: str,
        left: Operand,
        right: Operand,
        every: bool = False,
        span: Span = _NOWHERE,
        at: Span = _NOWHERE,
    ) -> None:
        super().__init__(span)
        self.op = op
        self.left = left
        self.right = right
        self.every = every
        self.at = at

    def __str__(self) -> str:
        return f"{'all ' if self.every else ''}{self.left} {self.op} {self.right}"


class Within(Part):
    """operand in {…}; an item is one value or the ends of a range."""

    __slots__ = ("operand", "items", "every")

    def __init__(
        self,
        operand: Operand,
        items: tuple[tuple[Literal, Literal | None], ...],
        every: bool = False,
        span: Span = _NOWHERE,
    ) -> None:
        super().__init__(span)
        self.operand = operand
        self.items = items
        self.every = every

    def __str__(self) -> str:
        items = ", ".join(
            str(first) if last is None else f"{first} .. {last}" for first, last in self.items
        )
        return f"{'all ' if self.every else ''}{self.operand} in {{{items}}}"


class Not(Part):
    """The contrary."""

    __slots__ = ("term",)

    def __init__(self, term: Expr, span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.term = term

    def __str__(self) -> str:
        return f"!{_wrapped(self.term, (Or, Xor, And, Not, Compare, Within))}"


class And(Part):
    """All of two or more."""

    __slots__ = ("terms",)

    def __init__(self, terms: tuple[Expr, ...], span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.terms = terms

    def __str__(self) -> str:
        return " && ".join(_wrapped(term, (Or, Xor, And)) for term in self.terms)


class Xor(Part):
    """An odd number of two or more."""

    __slots__ = ("terms",)

    def __init__(self, terms: tuple[Expr, ...], span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.terms = terms

    def __str__(self) -> str:
        return " ^^ ".join(_wrapped(term, (Or, Xor)) for term in self.terms)


class Or(Part):
    """Any of two or more."""

    __slots__ = ("terms",)

    def __init__(self, terms: tuple[Expr, ...], span: Span = _NOWHERE) -> None:
        super().__init__(span)
        self.terms = terms

    def __str__(self) -> str:
        return " || ".join(_wrapped(term, (Or,)) for term in self.terms)


Expr = Exists | Compare | Within | Not | And | Xor | Or

OPERATORS: Final = {
    "==": "==", "eq": "==", "any_eq": "==",
    "===": "===", "all_eq": "===",
    "!=": "!=", "ne": "!=", "all_ne": "!=",
    "!==": "!==", "any_ne": "!==",
    ">": ">", "gt": ">", "<": "<", "lt": "<",
    ">=": ">=", "ge": ">=", "<=": "<=", "le": "<=",
    "contains": "contains", "matches": "matches", "~": "matches",
}  # fmt: skip
"""Spellings of comparisons to the one that is used here."""

_QUANTIFIED: Final = {"==": ("==", "==="), "!=": ("!==", "!="), "===": ("==", "==="),
                      "!==": ("!==", "!=")}  # fmt: skip
"""What ``any`` and ``all`` make of an equality."""

_JUNCTIONS: Final = {"and": "&&", "or": "||", "xor": "^^", "not": "!", "&&": "&&", "||": "||",
                     "^^": "^^", "!": "!"}  # fmt: skip
_RESERVED: Final = {*OPERATORS, *_JUNCTIONS, "in", "any", "all"}
_AFTER_VALUE: Final = (")", ",", "..", "}")
AFTER_OPERAND: Final = ("a comparison", "in", "&", "&&", "||")
AT_OPERAND: Final = ("a field", "a value", "(", "!")

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>r?")
    |(?P<op>===|!==|&&|\|\||\^\^|==|!=|>=|<=|\.\.|[=<>~!&(){},])
    |(?P<slice>\[[^\]]*\])
    |(?P<word>(?:[^\W]|[:/+@%µ-]|\.(?!\.))+)
    """,
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_SIMPLE: Final = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0",
    "\\": "\\", '"': '"', "'": "'",
}  # fmt: skip
_PART: Final = re.compile(r"\s*(?:(-?\d{1,9}))?\s*(?:(:)\s*(\d{1,9})?|-\s*(-?\d{1,9}))?\s*")
_NUMBER: Final = re.compile(r"[+-]?(?:0x[0-9a-fA-F]+|\d+)")


class Token:
    """kind: word, text, op, slice or end; value: a text's content."""

    __slots__ = ("kind", "text", "start", "end", "value")

    def __init__(self, kind: str, text: str, start: int, end: int, value: str = "") -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end
        self.value = value

    @property
    def operator(self) -> str:
        """The comparison that it is, or ""."""
        return "" if self.kind in ("text", "slice") else OPERATORS.get(self.text, "")

    @property
    def junction(self) -> str:
        """&&, ||, ^^ or ! if it is one."""
        return "" if self.kind in ("text", "slice") else _JUNCTIONS.get(self.text, "")


def tokens(text: str) -> list[Token]:
    """The text cut up, ended by a token ``end``; raises FilterError."""
    if len(text) > MAX_LENGTH:
        raise FilterError(f"longer than {MAX_LENGTH} characters", text, MAX_LENGTH, 1)
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text, at)
        kind = match.lastgroup or ""
        end = match.end()
        if kind == "text":
            token = _quoted(text, at, end)
            found.append(token)
            end = token.end
        elif kind != "space":
            found.append(Token(kind, match.group(), at, end))
        at = end
    found.append(Token("end", "", len(text), len(text)))
    return found


def _unreadable(text: str, at: int) -> FilterError:
    char = text[at]
    near: tuple[str, ...] = ()
    if char == "[":
        return FilterError("a slice that is not closed", text, at, 1, ("]",))
    if char == "'":
        return FilterError("text stands in \", not in '", text, at, 1)
    if char in "|^":
        near = (char * 2,)
    shown = char if char.isprintable() else f"character {ord(char):#x}"
    return FilterError(f"{shown} means nothing here", text, at, 1, near=near)


def _quoted(text: str, start: int, begin: int) -> Token:
    """The string whose opening quote ends at ``begin``."""
    raw = text[start] == "r"
    at = begin
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise FilterError("a string that is not closed", text, start, len(text) - start, ('"',))
    body = text[begin:at]
    value = body.replace('\\"', '"') if raw else _unescaped(text, begin, body)
    return Token("text", text[start : at + 1], start, at + 1, value)


def _unescaped(text: str, begin: int, body: str) -> str:
    def char(match: re.Match[str]) -> str:
        byte, short, long, octal, simple = match.groups()
        if byte or octal:
            code = int(byte, 16) if byte else int(octal, 8) & 0xFF
            return chr(code) if code < 0x80 else chr(0xDC00 + code)
        if short or long:
            code = int(short or long, 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise FilterError("no such character", text, begin + match.start(), len(match[0]))
            return chr(code)
        if simple not in _SIMPLE:
            raise FilterError(
                f"no escape \\{simple}; \\\\{simple} is a backslash, and r\"…\" takes all as it is",
                text, begin + match.start(), 2,
            )  # fmt: skip
        return _SIMPLE[simple]

    return _ESCAPE.sub(char, body)


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return "\\" + char
    if 0xDC80 <= code < 0xDD00:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if char.isprintable():
        return char
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _wrapped(term: Expr, kinds: tuple[type, ...]) -> str:
    return f"({term})" if isinstance(term, kinds) else str(term)


def parse(text: str) -> Expr:
    """The tree of a filter; raises FilterError."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def wrong(self, expected: tuple[str, ...], token: Token | None = None) -> FilterError:
        token = token or self.next
        length = token.end - token.start
        if token.kind == "end":
            return FilterError("the filter ends too early", self.text, token.start, 0, expected)
        near: tuple[str, ...] = ()
        if token.text == "=":
            near = ("==",)
        elif token.text.lower() in _RESERVED and token.text not in _RESERVED:
            near = (token.text.lower(),)
        shown = token.text if len(token.text) <= 40 else token.text[:40] + "…"
        return FilterError(
            f"{shown} cannot stand here", self.text, token.start, length, expected, near
        )

    def whole(self) -> Expr:
        if self.next.kind == "end":
            raise FilterError("the filter is empty", self.text, 0, 0, AT_OPERAND)
        expr = self.either()
        if self.next.kind != "end":
            raise self.wrong(AFTER_OPERAND)
        return expr

    def either(self) -> Expr:
        terms = self.chain("||", self.odd)
        return terms[0] if len(terms) == 1 else Or(tuple(terms), self.since(terms[0]))

    def odd(self) -> Expr:
        terms = self.chain("^^", self.both)
        return terms[0] if len(terms) == 1 else Xor(tuple(terms), self.since(terms[0]))

    def both(self) -> Expr:
        terms = self.chain("&&", self.negation)
        return terms[0] if len(terms) == 1 else And(tuple(terms), self.since(terms[0]))

    def chain(self, junction: str, one: Callable[[], Expr]) -> list[Expr]:
        terms = [one()]
        while self.next.junction == junction:
            self.take()
            terms.append(one())
        return terms

    def since(self, first: Expr) -> Span:
        return first.span[0], self.tokens[self.at - 1].end

    def negation(self) -> Expr:
        start = self.next.start
        negative = False
        while self.next.junction == "!":
            self.take()
            negative = not negative
        expr = self.primary()
        return Not(expr, (start, expr.span[1])) if negative else expr

    def primary(self) -> Expr:
        token = self.next
        if token.text != "(" or token.kind != "op":
            return self.relation()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FilterError(f"nested deeper than {MAX_DEPTH} levels", self.text, token.start, 1)
        self.take()
        expr = self.either()
        if self.next.text != ")":
            raise self.wrong((")", "&&", "||"))
        self.take()
        self.depth -= 1
        return expr

    def relation(self) -> Expr:
        start = self.next.start
        every = self.next.kind == "word" and self.next.text == "all"
        quantified = every or (self.next.kind == "word" and self.next.text == "any")
        if quantified:
            self.take()
        left = self.operand()
        tests: list[Expr] = []
        while True:
            token = self.next
            op = token.operator
            if op:
                self.take()
                right = self.reserved() or self.operand()
                span = left.span[0], right.span[1]
                if quantified and op in _QUANTIFIED:
                    made = Compare(_QUANTIFIED[op][every], left, right, False, span)
                else:
                    made = Compare(op, left, right, every, span)
                made.at = token.start, token.end
                tests.append(made)
                left = right
                continue
            negative = token.junction == "!" and self.tokens[self.at + 1].text == "in"
            if token.text != "in" and not (negative and token.text == "not"):
                break
            self.at += 2 if negative else 1
            items = self.items()
            within = Within(left, items, every, (left.span[0], self.tokens[self.at - 1].end))
            tests.append(Not(within, within.span) if negative else within)
            break
        if not tests:
            if quantified:
                raise self.wrong(("a comparison",))
            if isinstance(left, Text):
                raise FilterError(
                    "a text alone says nothing", self.text, left.span[0],
                    left.span[1] - left.span[0], ("a comparison",),
                )  # fmt: skip
            return Exists(left, left.span)
        end = self.tokens[self.at - 1].end
        return tests[0] if len(tests) == 1 else And(tuple(tests), (start, end))

    def items(self) -> tuple[tuple[Literal, Literal | None], ...]:
        if self.next.text != "{":
            raise self.wrong(("{",))
        self.take()
        items: list[tuple[Literal, Literal | None]] = []
        while True:
            first = self.literal()
            last: Literal | None = None
            if self.next.text == "..":
                self.take()
                last = self.literal()
            items.append((first, last))
            if self.next.text == ",":
                self.take()
                continue
            if self.next.text != "}":
                raise self.wrong((",", "..", "}"))
            self.take()
            return tuple(items)

    def literal(self) -> Literal:
        token = self.next
        if token.kind == "text":
            self.take()
            return Text(token.value, (token.start, token.end))
        if (word := self.reserved()) is not None:
            return word
        if token.kind != "word" or token.text in _RESERVED:
            raise self.wrong(("a value",))
        self.take()
        return self.counted(token) or Word(token.text, (token.start, token.end))

    def reserved(self) -> Word | None:
        """A value that is spelled like a word of the language: ``any``, ``in``, ``eq``."""
        token = self.next
        if token.kind != "word" or token.text not in _RESERVED:
            return None
        after = self.tokens[self.at + 1]
        if after.kind != "end" and not after.junction and after.text not in _AFTER_VALUE:
            return None
        self.take()
        return Word(token.text, (token.start, token.end))

    def counted(self, token: Token) -> Word | None:
        """``name(12)``: a number that an enum has no name for."""
        if token.text in FUNCTIONS or self.next.text != "(" or self.next.kind != "op":
            return None
        if self.at + 2 >= len(self.tokens):
            return None
        number, close = self.tokens[self.at + 1 : self.at + 3]
        if number.kind != "word" or not _NUMBER.fullmatch(number.text) or close.text != ")":
            return None
        self.at += 3
        return Word(f"{token.text}({number.text})", (token.start, close.end))

    def operand(self) -> Operand:
        left = self.sliced()
        while self.next.text == "&" and self.next.kind == "op":
            self.take()
            mask = self.sliced()
            left = Masked(left, mask, (left.span[0], mask.span[1]))
        return left

    def sliced(self) -> Operand:
        operand = self.single()
        for _ in range(MAX_DEPTH):
            if self.next.kind != "slice":
                break
            token = self.take()
            operand = Slice(operand, self.parts(token), (operand.span[0], token.end))
        return operand

    def single(self) -> Operand:
        token = self.next
        if token.kind == "text":
            return self.literal()
        if token.kind != "word" or token.text in _RESERVED:
            raise self.wrong(AT_OPERAND)
        self.take()
        word = self.counted(token)
        if word is not None:
            return word
        if self.next.text == "(" and self.next.kind == "op":
            return self.call(token)
        return Word(token.text, (token.start, token.end))

    def call(self, name: Token) -> Operand:
        if name.text not in FUNCTIONS:
            raise FilterError(
                f"there is no function {name.text}", self.text, name.start,
                name.end - name.start, FUNCTIONS, close_words(name.text, FUNCTIONS),
            )  # fmt: skip
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FilterError(f"nested deeper than {MAX_DEPTH} levels", self.text, name.start, 1)
        self.take()
        arguments = [self.operand()]
        while self.next.text == ",":
            self.take()
            arguments.append(self.operand())
        if self.next.text != ")":
            raise self.wrong((",", ")"))
        end = self.take().end
        self.depth -= 1
        return Call(name.text, tuple(arguments), (name.start, end))

    def parts(self, token: Token) -> tuple[tuple[int, int | None], ...]:
        """[first:count], [first-last], [first], [:count], [first:], several with commas."""
        parts: list[tuple[int, int | None]] = []
        at = token.start + 1
        for part in token.text[1:-1].split(","):
            match = _PART.fullmatch(part)
            if match is None or not part.strip():
                raise FilterError(
                    "no slice", self.text, at, max(1, len(part)), ("[first:count]", "[first-last]")
                )
            first, colon, count, last = match.groups()
            begin = int(first or 0)
            if colon:
                parts.append((begin, None if count is None else int(count)))
            elif last is not None:
                stop = int(last)
                if stop < begin or (stop < 0) != (begin < 0):
                    raise FilterError(
                        f"the slice ends at {stop}, before {begin}", self.text, at, len(part)
                    )
                parts.append((begin, stop - begin + 1))
            else:
                parts.append((begin, 1))
            at += len(part) + 1
        return tuple(parts)


def close_words(word: str, known: Iterable[str], cutoff: float = 0.6) -> tuple[str, ...]:
    """The known words most like one, whatever their case."""
    from difflib import get_close_matches

    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(word.lower(), by_lower, n=3, cutoff=cutoff)
    return tuple(by_lower[each] for each in found)
