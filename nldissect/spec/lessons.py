"""What a message tells of things that other messages only mention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mypy_extensions import i64

from ..text import Json
from ..wire.consts import NLA_HDRLEN, NLA_TYPE_MASK
from ..wire.ints import u16
from .sets import Attr, AttrSet
from .structs import StructType
from .types import Irregular, Scope

Key = tuple[str | int, ...]
"""What a fact is about."""

Told = tuple[Key, tuple[Json, ...]]
"""What a fact is about, and what is so of that."""

_MOST_BYTES: Final = 1024
"""What is longer is no name and no description of something."""

_KEPT: Final = 1024


class Lesson:
    """How one fact is read from the messages of an operation.

    fact: which it is. key, value: names of header members and attributes.
    """

    __slots__ = ("fact", "_header", "_members", "_big", "_wanted", "_key", "_value", "_told")

    def __init__(
        self,
        fact: str,
        key: Sequence[str],
        value: Sequence[str],
        header: StructType | None,
        attr_set: AttrSet,
    ) -> None:
        self.fact = fact
        self._key = key
        self._value = value
        self._header = header
        self._big = attr_set.order == "big"
        self._members = [
            field
            for field in ([] if header is None else header.shown)
            if field.name in key or field.name in value
        ]
        taken = {field.name for field in self._members}
        self._wanted: dict[int, Attr] = {
            number: attr
            for number, attr in attr_set.attrs.items()
            if (attr.name in key or attr.name in value) and attr.name not in taken
        }
        # By the bytes of what tells: the same is told again and again.
        self._told: dict[bytes, Told | None] = {}

    def read(self, data: bytes, at: i64, end: i64) -> Told | None:
        """What the header and attributes in data[at:end] tell; None where the key is not whole."""
        raw = self._telling(data, at, end)
        if len(raw) > _MOST_BYTES:
            return self._read(data, at, end)
        known = self._told.get(raw)
        if known is None and raw not in self._told:
            known = self._read(data, at, end)
            if len(self._told) >= _KEPT:
                self._told.clear()
            self._told[raw] = known
        return known

    def _telling(self, data: bytes, at: i64, end: i64) -> bytes:
        """The bytes of a message on which it depends what that tells: all, or too many to keep."""
        raw = b""
        if self._header is not None:
            size: i64 = self._header.size
            if end - at < size:
                return b""
            for field in self._members:
                start = at + field.offset
                raw += data[start : start + field.size]
            at = (size + 3 & ~3) + at
        big, wanted = self._big, self._wanted
        seen: set[int] = set()
        while len(seen) < len(wanted) and end - at >= NLA_HDRLEN and len(raw) <= _MOST_BYTES:
            length = u16(data, at, big)
            if length < NLA_HDRLEN or length > end - at:
                break
            number: int = u16(data, at + 2, big) & NLA_TYPE_MASK
            if number in wanted and length <= _MOST_BYTES:
                seen.add(number)
                raw += data[at : at + length]
            at = (length + 3 & ~3) + at
        return raw

    def _read(self, data: bytes, at: i64, end: i64) -> Told | None:
        """The same, always from the bytes."""
        found: dict[str, Json] = {}
        if self._header is not None:
            size: i64 = self._header.size
            if end - at < size:
                return None
            for field in self._members:
                start = at + field.offset
                assert field.type is not None
                found[field.name] = field.type.value(data, start, start + field.size, None)
            at = (size + 3 & ~3) + at
        big, wanted = self._big, self._wanted
        left = len(wanted)
        while left and end - at >= NLA_HDRLEN:
            length = u16(data, at, big)
            if length < NLA_HDRLEN or length > end - at:
                break
            attr = wanted.get(u16(data, at + 2, big) & NLA_TYPE_MASK)
            if attr is not None and length <= _MOST_BYTES and attr.name not in found:
                left -= 1
                scope = Scope({}, None) if attr.type.scoped else None
                try:
                    told = attr.type.value(data, at + NLA_HDRLEN, at + length, scope)
                except Irregular:
                    told = None
                if told is not None:
                    found[attr.name] = told
            at = (length + 3 & ~3) + at
        key = []
        for name in self._key:
            part = found.get(name)
            if not isinstance(part, (str, int)):
                return None
            key.append(part)
        value = tuple(found.get(name) for name in self._value)
        return None if value.count(None) == len(value) else (tuple(key), value)
