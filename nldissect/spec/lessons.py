"""What a message tells of things that other messages only mention."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ..text import Json
from ..wire.attrs import NLATTR
from ..wire.consts import NLA_HDRLEN, NLA_TYPE_MASK
from .sets import Attr, AttrSet
from .structs import StructType
from .types import Irregular, Scope

Key = tuple[str | int, ...]
"""What a fact is about."""

_MOST_BYTES: Final = 1024
"""What is longer is no name and no description of something."""


class Lesson:
    """How one fact is read from the messages of an operation.

    fact: which it is. key, value: names of header members and attributes.
    """

    __slots__ = ("fact", "_header", "_members", "_unpack", "_wanted", "_key", "_value")

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
        self._unpack = NLATTR[attr_set.order].unpack_from
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

    def read(self, data: bytes, at: int, end: int) -> tuple[Key, tuple[Json, ...]] | None:
        """What the header and attributes in data[at:end] tell; None where the key is not whole."""
        found: dict[str, Json] = {}
        if self._header is not None:
            if end - at < self._header.size:
                return None
            for field in self._members:
                start = at + field.offset
                assert field.type is not None
                found[field.name] = field.type.value(data, start, start + field.size, None)
            at += self._header.size + 3 & ~3
        unpack, wanted = self._unpack, self._wanted
        left = len(wanted)
        while left and end - at >= NLA_HDRLEN:
            length, kind = unpack(data, at)
            if length < NLA_HDRLEN or length > end - at:
                break
            attr = wanted.get(kind & NLA_TYPE_MASK)
            if attr is not None and length <= _MOST_BYTES and attr.name not in found:
                left -= 1
                with suppress(Irregular):
                    found[attr.name] = attr.type.value(
                        data, at + NLA_HDRLEN, at + length, Scope({}, None)
                    )
            at += length + 3 & ~3
        key = []
        for name in self._key:
            part = found.get(name)
            if not isinstance(part, (str, int)):
                return None
            key.append(part)
        value = tuple(found.get(name) for name in self._value)
        return None if value.count(None) == len(value) else (tuple(key), value)
