"""What can follow in a filter that is being written: fields, comparisons, values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ..errors import FilterError
from .field import Field
from .fields import Catalogue
from .fixed import protocol_names
from .kinds import kind_of
from .shapes import Shape
from .syntax import FUNCTIONS, Token, tokens

_BARE: Final = re.compile(r"[\w.:/+-]+")
_JOIN: Final = ("&&", "||", "^^", "and", "or", "xor")
_LISTED: Final = ("==", "!=", ">", "<", ">=", "<=", "===", "!==", "contains", "matches")


class Completion:
    """One thing that can stand at a place.

    start: where what it replaces begins. kind: field, group (of fields, to be gone on with),
    operator, value, function or keyword; help: a few words on it, "" for none.
    """

    __slots__ = ("start", "text", "kind", "help")

    def __init__(self, start: int, text: str, kind: str, help: str = "") -> None:
        self.start = start
        self.text = text
        self.kind = kind
        self.help = help

    def __repr__(self) -> str:
        return f"Completion({self.start}, {self.text!r}, {self.kind!r})"


class _Place:
    """What the words before a place ask for there.

    state: operand, operator, value, or done where a comparison is. field: the last one named.
    family: which one the filter asks for, "" where it does not.
    """

    __slots__ = ("state", "field", "op", "in_set", "depth", "family")

    def __init__(self, before: Sequence[Token], catalogue: Catalogue) -> None:
        self.state = "operand"
        self.field: Field | None = None
        self.op = ""
        self.in_set = False
        self.depth = 0
        self.family = ""
        for token in before:
            self._pass(token, catalogue)

    def _pass(self, token: Token, catalogue: Catalogue) -> None:
        text = token.text
        if self.state == "value" and token.kind == "word":
            self._word(token, catalogue)
        elif token.operator:
            self.state, self.op = "value", token.operator
        elif token.junction:
            self.state = "operand"
            if token.junction != "!":
                self.field = None
        elif text == "in" and token.kind == "word":
            self.state = "operator"
        elif text in ("any", "all") and token.kind == "word":
            self.state = "operand"
        elif text == "{":
            self.state, self.op, self.in_set = "value", "==", True
        elif text == "}":
            self.state, self.in_set = "done", False
        elif text in (",", "..", "&") and token.kind == "op":
            self.state = "value" if self.in_set or text == "&" else "operand"
        elif text in ("(", ")") and token.kind == "op":
            self.state = "operand" if text == "(" else "operator"
            self.depth += 1 if text == "(" else -1
        elif token.kind in ("word", "text"):
            self._word(token, catalogue)

    def _word(self, token: Token, catalogue: Catalogue) -> None:
        if self.state == "value":
            if self.field is not None and self.field.name == "family" and self.op == "==":
                self.family = token.value or token.text
            self.state = "operator" if self.in_set else "done"
            return
        if token.kind == "word" and token.text not in FUNCTIONS:
            try:
                self.field = catalogue.field(token.text)
            except FilterError:
                self.field = None
            if self.field is not None and len(self.field.families) == 1:
                self.family = self.field.families[0]
        self.state = "operator"


def complete(text: str, cursor: int, catalogue: Catalogue) -> list[Completion]:
    """What can stand at ``cursor``, in place of the word that is begun there; never raises."""
    cursor = min(cursor, len(text))
    text = text[:cursor]
    quoted = False
    try:
        before = tokens(text)[:-1]
        start, word = cursor, ""
    except FilterError as error:
        if text[error.column : error.column + 1] != '"':
            return []
        quoted = True
        start, word = error.column, text[error.column + 1 :]
        try:
            before = tokens(text[:start])[:-1]
        except FilterError:
            return []
    if not quoted and before and before[-1].kind == "word" and before[-1].end == cursor:
        start, word = before[-1].start, before[-1].text
        before = before[:-1]
    place = _Place(before, catalogue)
    if place.state == "value":
        found = list(_values(place, catalogue, quoted))
        if not quoted and not place.in_set and ("." in word or not found):
            found += _fields(word, catalogue)
    elif quoted:
        found = []
    elif place.state in ("operator", "done"):
        found = list(_operators(place, bool(before) and before[-1].text == "in"))
    else:
        found = [
            *_fields(word, catalogue),
            *((f"{name}(", "function", "") for name in FUNCTIONS),
            *((name, "keyword", "") for name in ("not", "any", "all", "(")),
        ]
    lower = word.lower()
    return [
        Completion(start, name, kind, help_)
        for name, kind, help_ in found
        if name.lstrip('"').lower().startswith(lower) and name != word
    ]


def complete_field(text: str, catalogue: Catalogue) -> list[Completion]:
    """The fields whose names begin so, and groups of them."""
    return [
        Completion(0, name, kind, help_)
        for name, kind, help_ in _fields(text, catalogue)
        if name.startswith(text)
    ]


_Offer = tuple[str, str, str]


def _fields(word: str, catalogue: Catalogue) -> Iterator[_Offer]:
    """Fields that go on where the word ends, to the next dot of families' names."""
    for field in catalogue.fixed_fields(word):
        if field.alias and "." not in word:
            continue
        yield field.name, "field", _help(field)
    if "." not in word:
        for family in catalogue.family_words():
            if family not in protocol_names():
                yield family, "field", "family"
            yield f"{family}.", "group", "family"
        yield "attr.", "group", "an attribute of any family"
        yield "header.", "group", "a header's member of any family"
        return
    for field in catalogue.level(word):
        yield field.name, "field", _help(field)
        if any(shape.kind == "object" for shape in field.shapes):
            yield f"{field.name}.", "group", field.c_name


def _help(field: Field) -> str:
    return f"{field.kind} {field.c_name or field.alias}".rstrip()


def _operators(place: _Place, in_: bool) -> Iterator[_Offer]:
    if in_:
        yield "{", "operator", ""
        return
    if place.in_set:
        for text in (",", "..", "}"):
            yield text, "operator", ""
        return
    if place.depth > 0:
        yield ")", "operator", ""
    if place.field is not None and place.state == "operator":
        known: set[str] = set()
        for shape in place.field.shapes:
            known |= kind_of(shape).operations
        for text in _LISTED:
            if text in known:
                yield text, "operator", ""
        if known:
            yield "in", "operator", "one of {…}"
            yield "not in", "operator", "none of {…}"
        if place.field.kind in ("uint", "sint", "flags", "enum"):
            yield "&", "operator", "the bits in common"
    for text in _JOIN:
        yield text, "operator", ""


def _values(place: _Place, catalogue: Catalogue, quoted: bool) -> Iterator[_Offer]:
    field = place.field
    if field is None or place.op in ("matches", "contains"):
        return
    seen: set[str] = set()
    if field.name == "cmd" and place.family:
        spec = catalogue.registry.spec(place.family)
        words: Iterable[str] = [] if spec is None else [op.name for op in spec.operations]
    else:
        words = (word for shape in field.shapes for word in _names(shape))
    for word in words:
        if word in seen:
            continue
        seen.add(word)
        if quoted or not _BARE.fullmatch(word):
            yield f'"{word}"', "value", ""
        else:
            yield word, "value", ""


def _names(shape: Shape) -> list[str]:
    """The names that values of a shape can have."""
    if shape.words is not None:
        return sorted(shape.words.known)
    return shape.names()
