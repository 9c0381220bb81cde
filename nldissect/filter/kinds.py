"""What each kind of value can be compared with, and how: literals read, tests made.

A value that is not what its kind says (a damaged attribute keeps its bytes) passes no test and
raises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any, Final

from ..text import show
from .shapes import Shape, flag_masks
from .syntax import Literal, Text, Word, close_words

Test = Callable[[Any], bool]

SEARCHED: Final = 4096
"""How many characters of a value a regular expression sees: some take ages for more."""

_PATTERN_LENGTH: Final = 1000
_NUMBER: Final = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(\d+))")
_DURATION: Final = re.compile(r"([+-]?)(\d+)(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m)")
_DECIMAL: Final = re.compile(r"([+-]?)(\d+)(?:\.(\d{1,9}))?")
_UNITS: Final = {
    "ns": 1, "us": 1000, "µs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
}  # fmt: skip
_COUNTED: Final = re.compile(r"(.*)\((.+)\)")
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?\s*(Z|z|[+-]\d\d:?\d\d)?"
)
_SEPARATORS: Final = re.compile(r"[:.-]")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_ORDERED: Final = frozenset(("<", ">", "<=", ">="))
_EQUAL: Final = frozenset(("==", "===", "!=", "!=="))

TITLES: Final = {
    "bool": "true or false",
    "uint": "a number",
    "sint": "a number",
    "string": 'a text in "…"',
    "bytes": 'bytes as 0a:0b:0c or "…"',
    "ipv4-or-v6": "an IP address or a prefix",
    "mac": "an address as 0a:0b:0c:0d:0e:0f",
    "enum": "a name or a number",
    "flags": "a flag's name or a number",
    "time": "a time as 2026-01-31T12:00:00Z, or ns since 1970",
    "duration": "a duration as 5ms",
    "object": "nothing: name something inside it",
    "any": "any value",
}
"""What a kind is compared with."""


class Misfit(Exception):
    """A literal or an operation that a kind does not have.

    place: literal or op, whichever is to blame.
    """

    def __init__(
        self,
        what: str,
        expected: tuple[str, ...] = (),
        near: tuple[str, ...] = (),
        place: str = "literal",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.near = near
        self.place = place


def never(value: Any) -> bool:
    """The test that nothing passes."""
    return False


def number_of(text: str) -> int | None:
    """A number as it is written in C, in any of its bases; None for other words."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, plain = match.groups()
    if hexadecimal:
        number = int(hexadecimal[:40], 16)
    elif binary:
        number = int(binary[:200], 2)
    elif octal:
        number = int(octal[:80], 8)
    else:
        number = int(plain[:60])
    return -number if sign == "-" else number


def _numeric(literal: Literal) -> bool:
    """Whether a literal can be a number, which has quotes where it is printed as hex."""
    return isinstance(literal, Word) or literal.value[:2] == "0x"


class Kind:
    """One kind: how its values are read, which literals it knows, which comparisons it has."""

    operations: frozenset[str] = _EQUAL | _ORDERED

    def __init__(self, shape: Shape, unit: int = 1) -> None:
        self.shape = shape
        self.unit = unit

    @property
    def name(self) -> str:
        """What values of two fields must have in common to be compared."""
        return "number"

    def read(self, value: Any) -> Any:
        """The value in the form that is compared; None if it is not of this kind."""
        return value

    def literal(self, literal: Literal) -> Any:
        """A literal in the form that is compared; raises Misfit."""
        raise NotImplementedError

    def refuse(self, literal: Literal) -> Misfit:
        """The error for a literal that is none of this kind."""
        return Misfit(f"{literal} is not {TITLES[self.shape.kind]}")

    def allow(self, op: str) -> None:
        """Raises Misfit for a comparison that the kind does not have."""
        if op not in self.operations:
            title = self.shape.kind
            raise Misfit(
                f"{op} does not go with {'an' if title[0] in 'aeiou' else 'a'} {title} value",
                tuple(sorted(self.operations)),
                place="op",
            )

    def test(self, op: str, literal: Literal) -> Test:
        """Whether one value compares so with a literal; != and !== are the contrary of ==.

        Raises Misfit.
        """
        self.allow(op)
        if op == "matches":
            return self.search(literal)
        return self.compare(op, self.literal(literal))

    def search(self, literal: Literal) -> Test:
        """Whether a regular expression is found in one value."""
        raise Misfit("only text can be searched", place="op")

    def compare(self, op: str, wanted: Any) -> Test:
        """Whether one value compares so with another that was read."""
        read = self.read
        if op in _EQUAL:
            return lambda value: read(value) == wanted
        if op == "contains":
            return lambda value: (it := read(value)) is not None and wanted in it
        order = ORDERS[op]
        return lambda value: (it := read(value)) is not None and order(it, wanted)

    def between(self, first: Literal, last: Literal) -> Test:
        """Whether one value is in a range; raises Misfit."""
        self.allow("<=")
        low, high = self.literal(first), self.literal(last)
        if low > high:
            raise Misfit(f"the range ends at {last}, before {first}")
        read = self.read
        return lambda value: (it := read(value)) is not None and bool(low <= it <= high)


ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": lambda a, b: bool(a < b),
    ">": lambda a, b: bool(a > b),
    "<=": lambda a, b: bool(a <= b),
    ">=": lambda a, b: bool(a >= b),
    "==": lambda a, b: bool(a == b),
    "contains": lambda a, b: b in a,
}
"""Comparisons of two values that were read."""


def expression(literal: Literal) -> re.Pattern[str]:
    """A literal as a regular expression; raises Misfit."""
    if not isinstance(literal, Text):
        raise Misfit("a regular expression needs quotes", (f'"{literal}"',))
    if len(literal.value) > _PATTERN_LENGTH:
        raise Misfit(f"a regular expression longer than {_PATTERN_LENGTH} characters")
    pattern: str = literal.value
    flags = re.IGNORECASE
    if pattern.startswith("(?-i)"):
        pattern, flags = pattern[5:], re.RegexFlag(0)
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise Misfit(f"no regular expression: {error}") from None
    except (OverflowError, RecursionError, ValueError):
        raise Misfit("no regular expression that can be handled") from None


class _Integer(Kind):
    def read(self, value: Any) -> int | None:
        if isinstance(value, int):
            return value
        if isinstance(value, str):
            return number_of(value) if value[:2] == "0x" else None
        return None

    def literal(self, literal: Literal) -> int:
        number = number_of(literal.value) if _numeric(literal) else None
        if number is None:
            raise self.refuse(literal)
        return number

    def compare(self, op: str, wanted: Any) -> Test:
        if op in _EQUAL:
            spelled = hex(wanted)
            return lambda value: value in (wanted, spelled)
        return super().compare(op, wanted)


class _Bool(Kind):
    operations = _EQUAL

    @property
    def name(self) -> str:
        return "bool"

    def read(self, value: Any) -> bool | None:
        return bool(value) if isinstance(value, int) else None

    def literal(self, literal: Literal) -> bool:
        known = {"true": True, "false": False, "1": True, "0": False}.get(literal.value.lower())
        if known is None or isinstance(literal, Text):
            raise self.refuse(literal)
        return known


class _Time(Kind):
    def read(self, value: Any) -> int | None:
        return value if isinstance(value, int) else None

    def literal(self, literal: Literal) -> int:
        text = literal.value
        if isinstance(literal, Word):
            if self.unit == 1 and (number := number_of(text)) is not None:
                return number
            if self.unit != 1 and (match := _DECIMAL.fullmatch(text)) is not None:
                return _scaled(match[1], match[2], match[3], self.unit)
        moment = _moment(text)
        if moment is None:
            raise self.refuse(literal)
        return moment


class _Duration(Kind):
    def read(self, value: Any) -> int | None:
        return value if isinstance(value, int) else None

    def literal(self, literal: Literal) -> int:
        text = literal.value if isinstance(literal, Word) else ""
        match = _DURATION.fullmatch(text)
        if match is not None:
            return _scaled(match[1], match[2], match[3], _UNITS[match[4]])
        if _DECIMAL.fullmatch(text):
            if number_of(text) == 0:
                return 0
            near = tuple(f"{text}{unit}" for unit in ("ms", "us", "s"))
            raise Misfit(f"{text} has no unit (ns, us, ms, s or m)", near=near)
        raise self.refuse(literal)


def _scaled(sign: str, whole: str, part: str | None, unit: int) -> int:
    number = int(whole[:30]) * unit
    if part:
        number += int(part) * unit // 10 ** len(part)
    return -number if sign == "-" else number


def _moment(text: str) -> int | None:
    """ns since 1970 of a time in RFC 3339, in UTC where it names no zone."""
    from datetime import datetime

    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    day, clock, part, zone = match.groups()
    zone = "+00:00" if zone in (None, "Z", "z") else zone
    try:
        seconds = datetime.fromisoformat(f"{day}T{clock}{zone}").timestamp()
    except (ValueError, OverflowError):
        return None
    return int(seconds) * 1_000_000_000 + int((part or "0").ljust(9, "0"))


class _Words(Kind):
    """Text: any, or one of some."""

    operations = _EQUAL | _ORDERED | {"contains", "matches"}

    @property
    def name(self) -> str:
        return "text"

    def read(self, value: Any) -> str | None:
        return value if isinstance(value, str) else None

    def test(self, op: str, literal: Literal) -> Test:
        self.allow(op)
        if op == "matches":
            return self.search(literal)
        words = self.shape.words
        if isinstance(literal, Word) and words is None:
            raise Misfit(f"{literal} lacks the quotes of a text", (f'"{literal}"',))
        if words is not None and op in _EQUAL:
            self._check(literal)
        return self.compare(op, self.literal(literal))

    def _check(self, literal: Literal) -> None:
        words, text = self.shape.words, literal.value
        if words is None or text in words.known:
            return
        near = close_words(text, words.known, 0.6 if words.closed else 0.75)
        if words.closed or near:
            raise Misfit(f"there is no {literal}", near=near)

    def literal(self, literal: Literal) -> str:
        # Text from packets keeps bytes that are no UTF-8 in this spelling.
        return literal.value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def compare(self, op: str, wanted: Any) -> Test:
        if op in _EQUAL:
            return lambda value: value == wanted
        return super().compare(op, wanted)

    def search(self, literal: Literal) -> Test:
        find, read = expression(literal).search, self.read
        return lambda value: (it := read(value)) is not None and find(it[:SEARCHED]) is not None


class _Bytes(Kind):
    operations = _EQUAL | _ORDERED | {"contains", "matches"}

    @property
    def name(self) -> str:
        return "bytes"

    def read(self, value: Any) -> bytes | None:
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            try:
                return bytes.fromhex(value if value.isalnum() else _SEPARATORS.sub("", value))
            except ValueError:
                return None
        return None

    def test(self, op: str, literal: Literal) -> Test:
        printed = self.read(literal.value) if isinstance(literal, Text) else None
        if printed is None or op not in _EQUAL:
            return super().test(op, literal)
        read, spelled = self.read, self.literal(literal)
        # In quotes stand bytes as they are printed, or the text that they hold.
        return lambda value: read(value) in (printed, spelled)

    def literal(self, literal: Literal) -> bytes:
        if isinstance(literal, Text):
            return literal.value.encode("utf-8", "surrogateescape")
        raw = bytes_of(literal.value)
        if raw is None:
            raise self.refuse(literal)
        return raw

    def search(self, literal: Literal) -> Test:
        find, read = expression(literal).search, self.read
        return lambda value: (
            (it := read(value)) is not None and find(it[:SEARCHED].decode("latin-1")) is not None
        )


def bytes_of(text: str) -> bytes | None:
    """Bytes in hex: joined, or with one kind of separator; or a number's in network order."""
    if text[:2] in ("0x", "0X"):
        text = text[2:]
        text = "0" + text if len(text) % 2 else text
        return bytes.fromhex(text) if _HEX.fullmatch(text) else None
    for separator in ":-.":
        if separator in text:
            parts = text.split(separator)
            if all(len(part) == 1 or (part and len(part) % 2 == 0) for part in parts):
                joined = "".join(part.zfill(2) for part in parts)
                return bytes.fromhex(joined) if _HEX.fullmatch(joined) else None
            return None
    if len(text) == 1:
        text = "0" + text
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


class _Address(Kind):
    operations = _EQUAL | _ORDERED

    @property
    def name(self) -> str:
        return "address"

    def read(self, value: Any) -> bytes | None:
        return packed(value) if isinstance(value, str) else None

    def literal(self, literal: Literal) -> bytes:
        raw = packed(literal.value)
        if raw is None:
            raise self.refuse(literal)
        return raw

    def test(self, op: str, literal: Literal) -> Test:
        self.allow(op)
        address, slash, bits = literal.value.partition("/")
        if not slash:
            raw = self.literal(literal)
            if op in _EQUAL:
                spelled = inet_ntop(AF_INET if len(raw) == 4 else AF_INET6, raw)
                # Where nothing tells which family it is of, it is printed in hex.
                return lambda value: value in (spelled, raw.hex())
            return self.compare(op, raw)
        raw_or_none = packed(address)
        if raw_or_none is None:
            raise self.refuse(literal)
        size = len(raw_or_none)
        if not bits.isascii() or not bits.isdigit() or len(bits) > 3 or int(bits) > size * 8:
            raise Misfit(f"/{bits} is no prefix length up to {size * 8}")
        if op not in _EQUAL:
            raise Misfit("a prefix can only be compared by == and !=", place="op")
        drop = size * 8 - int(bits)
        network = int.from_bytes(raw_or_none, "big") >> drop

        def inside(value: Any) -> bool:
            raw = packed(value) if isinstance(value, str) else None
            if raw is None or len(raw) != size:
                return False
            return int.from_bytes(raw, "big") >> drop == network

        return inside

    def compare(self, op: str, wanted: Any) -> Test:
        order = ORDERS["==" if op in _EQUAL else op]

        def compared(value: Any) -> bool:
            raw = self.read(value)
            return raw is not None and len(raw) == len(wanted) and order(raw, wanted)

        return compared

    def between(self, first: Literal, last: Literal) -> Test:
        low, high = self.literal(first), self.literal(last)
        if len(low) != len(high) or low > high:
            raise Misfit(f"there is no range from {first} to {last}")

        def inside(value: Any) -> bool:
            raw = self.read(value)
            return raw is not None and len(raw) == len(low) and low <= raw <= high

        return inside


@lru_cache(maxsize=4096)
def packed(text: str) -> bytes | None:
    """The bytes of an IP address, which may be in hex; None for other text."""
    if len(text) in (8, 32) and _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except (OSError, ValueError):
        return None


class _Enum(Kind):
    """Names of numbers; by name where names are compared, by number where these are ordered."""

    operations = _EQUAL | _ORDERED | {"contains", "matches"}

    def __init__(self, shape: Shape, unit: int = 1) -> None:
        super().__init__(shape, unit)
        assert shape.enum is not None
        self.enum = shape.enum
        self.numbers = {str(name): number for number, name in self.enum.names.items()}

    def read(self, value: Any) -> int | None:
        if isinstance(value, int):
            return value
        if not isinstance(value, str):
            return None
        number = self.numbers.get(value)
        if number is None and (match := _COUNTED.fullmatch(value)) is not None:
            number = number_of(match[2])
        return number if number is not None else number_of(value)

    def literal(self, literal: Literal) -> int:
        text = literal.value
        number = self.numbers.get(text)
        if number is None and isinstance(literal, Word):
            number = number_of(text)
        if number is None and (match := _COUNTED.fullmatch(text)) is not None:
            if match[1] != self.enum.name:
                own = f"{self.enum.name}({match[2]})"
                raise Misfit(f"{match[1]} is not the name of this enum", near=(own,))
            number = number_of(match[2])
        if number is None and isinstance(literal, Word):
            number = self._constant(text)
        if number is None:
            near = close_words(text, self.numbers)
            listed = tuple(self.numbers) if len(self.numbers) <= 12 and not near else ()
            raise Misfit(f"there is no {literal}", listed, near)
        return number

    def _constant(self, text: str) -> int | None:
        """The number of a C constant, which ends like the name."""
        if not text.isupper():
            return None
        best = ""
        for name in self.numbers:
            end = "_" + name.upper().replace("-", "_")
            if text.endswith(end) and len(name) > len(best):
                best = name
        return self.numbers[best] if best else None

    def spellings(self, number: int) -> set[object]:
        """How values of a number are written."""
        return {self.enum.name_of(number), number}

    def test(self, op: str, literal: Literal) -> Test:
        self.allow(op)
        if op == "matches":
            return self.search(literal)
        if op == "contains":
            text = literal.value
            return lambda value: isinstance(value, str) and text in value
        number = self.literal(literal)
        if op in _EQUAL:
            spelled = self.enum.name_of(number)
            return lambda value: value in (spelled, number)
        return self.compare(op, number)

    def search(self, literal: Literal) -> Test:
        find = expression(literal).search
        return lambda value: isinstance(value, str) and find(value[:SEARCHED]) is not None


class _Flags(Kind):
    """Lists of names of bits."""

    operations = _EQUAL | {"contains"}

    def __init__(self, shape: Shape, unit: int = 1) -> None:
        super().__init__(shape, unit)
        self.masks = flag_masks(shape.enum)

    def read(self, value: Any) -> int | None:
        """The bits together."""
        if isinstance(value, int):
            return value
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            return None
        bits = 0
        for name in value:
            if isinstance(name, str):
                bits |= self.masks.get(name) or (number_of(name) if name[:2] == "0x" else 0) or 0
        return bits

    def flag(self, literal: Literal) -> str:
        """The flag that a literal names, by its own name or as a C constant; "" for none."""
        text = literal.value
        if text in self.masks or (isinstance(literal, Text) and _numeric(literal)):
            return text
        if isinstance(literal, Word) and text.isupper():
            for name in self.masks:
                if text.endswith("_" + name.upper().replace("-", "_")):
                    return name
        return ""

    def literal(self, literal: Literal) -> int:
        number = self.masks.get(self.flag(literal))
        if number is None and _numeric(literal):
            number = number_of(literal.value)
        if number is None:
            near = close_words(literal.value, self.masks)
            listed = tuple(self.masks) if len(self.masks) <= 12 and not near else ()
            raise Misfit(f"there is no flag {literal}", listed, near)
        return number

    def test(self, op: str, literal: Literal) -> Test:
        self.allow(op)
        name = self.flag(literal)
        read = self.read
        if name:
            groups: dict[str, tuple[str, ...]] = getattr(self.shape.enum, "groups", {})
            names = groups.get(name, (name,))
            return lambda value: isinstance(value, list) and all(each in value for each in names)
        number = self.literal(literal)
        if op == "contains":
            return lambda value: (it := read(value)) is not None and it & number == number
        return lambda value: read(value) == number


class _Any(Kind):
    """Whatever it is: a literal says what it could be."""

    operations = _EQUAL | _ORDERED | {"contains", "matches"}

    @property
    def name(self) -> str:
        return "any"

    def test(self, op: str, literal: Literal) -> Test:
        if op == "matches":
            find = expression(literal).search
            return lambda value: (
                isinstance(value, (str, int)) and find(show(value)[:SEARCHED]) is not None
            )
        text = literal.value
        tests: list[Test] = []
        word = isinstance(literal, Word)
        kinds = (_Integer, _Bool, _Address, _Bytes) if word else (_Bytes,)
        for kind in kinds:
            if op in kind.operations:
                try:
                    tests.append(kind(self.shape).test(op, literal))
                except Misfit:
                    continue
        order = ORDERS["==" if op in _EQUAL else op]

        def as_text(value: Any) -> bool:
            if isinstance(value, list):
                return op in _EQUAL and text in value
            return isinstance(value, str) and order(value, text)

        tests.append(as_text)
        return lambda value: any(test(value) for test in tests)

    def between(self, first: Literal, last: Literal) -> Test:
        return _Integer(self.shape).between(first, last)


class _Object(Kind):
    operations = frozenset()

    @property
    def name(self) -> str:
        return "object"

    def allow(self, op: str) -> None:
        raise Misfit("an object cannot be compared: name something inside it", place="op")


_KINDS: Final[dict[str, type[Kind]]] = {
    "bool": _Bool,
    "uint": _Integer,
    "sint": _Integer,
    "string": _Words,
    "bytes": _Bytes,
    "ipv4-or-v6": _Address,
    "mac": _Bytes,
    "enum": _Enum,
    "flags": _Flags,
    "time": _Time,
    "duration": _Duration,
    "object": _Object,
    "any": _Any,
}


def kind_of(shape: Shape, unit: int = 1) -> Kind:
    """How a shape's values are compared; unit: ns of a bare number that is a time."""
    return _KINDS[shape.kind](shape, unit)
