"""The grammar of YNL: which keys stand where, and what each may hold."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date
from types import NoneType
from typing import Any, Final, Protocol

from .labels import LABELS
from .source import Map, Seq


class Report(Protocol):
    """Takes one mistake."""

    def __call__(self, line: int, message: str, severity: str = "error") -> None: ...


class Shape:
    """A mapping: the kind of each key's value, and the keys that must be there."""

    __slots__ = ("what", "keys", "required")

    def __init__(
        self, what: str, keys: dict[str, Any], required: Iterable[str] = ("name",)
    ) -> None:
        self.what = what
        self.keys = keys
        self.required = tuple(required)


class Many:
    """A sequence of items of one kind."""

    __slots__ = ("item",)

    def __init__(self, item: Any) -> None:
        self.item = item


# Leaf kinds: what a value of it is called, and its Python types.
_LEAVES: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "text": ("text", (str,)),
    "text or null": ("text or null", (str, NoneType)),
    "integer": ("an integer", (int,)),
    "boolean": ("true or false", (bool,)),
    "number": ("an integer or a constant's name", (int, str)),
    "members": ("a mapping of members to values", (dict,)),
    "anything": ("anything", (object,)),
}
_TEXTS: Final = Many("text")
_ORDERS: Final = ("little-endian", "big-endian")
HINTS: Final = (
    *("hex", "mac", "fddi", "ipv4", "ipv6", "ipv4-or-v6", "uuid", "ifindex"),
    *LABELS,
)
SCALARS: Final = ("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64")
MEMBER_TYPES: Final = (*SCALARS, "string", "binary", "pad")
TYPES: Final = (
    *("unused", "pad", "flag", "binary", "bitfield32", "uint", "sint", *SCALARS),
    *("string", "nest", "indexed-array", "array-nest", "nest-type-value", "sub-message"),
)

_ENTRY: Final = Shape("enum entry", {"name": "text", "value": "integer", "doc": "text"})
_MEMBER: Final = Shape(
    "struct member",
    {
        "name": "text",
        "type": MEMBER_TYPES,
        "len": "number",
        "byte-order": _ORDERS,
        "doc": "text",
        "enum": "text",
        "enum-as-flags": "boolean",
        "display-hint": "text",
        "struct": "text",
        "selector": "text",
        "secret": "boolean",
    },
    ("name", "type"),
)
_DEFINITION: Final = Shape(
    "definition",
    {
        "name": "text",
        "header": "text",
        "scope": ("uapi", "kernel", "user"),
        "type": ("const", "enum", "flags", "struct"),
        "doc": "text",
        "value": "number",
        "value-start": "number",
        "entries": Many(("text", _ENTRY)),
        "render-max": "boolean",
        "enum-name": "text or null",
        "name-prefix": "text",
        "enum-cnt-name": "text or null",
        "identity": _TEXTS,
        "members": Many(_MEMBER),
    },
    ("name", "type"),
)
_CHECKS: Final = Shape(
    "checks",
    {
        "flags-mask": "text",
        "min": "number",
        "max": "number",
        "min-len": "number",
        "max-len": "number",
        "exact-len": "number",
        "unterminated-ok": "boolean",
        "sparse": "boolean",
    },
    (),
)
_ATTRIBUTE: Final = Shape(
    "attribute",
    {
        "name": "text",
        "type": TYPES,
        "doc": "text",
        "value": "integer",
        "type-value": _TEXTS,
        "byte-order": _ORDERS,
        "multi-attr": "boolean",
        "nested-attributes": "text",
        "enum": "text",
        "enum-as-flags": "boolean",
        "checks": _CHECKS,
        "sub-type": TYPES,
        "display-hint": "text",
        "name-prefix": "text",
        "struct": "text",
        "len": "number",
        "sub-message": "text",
        "selector": "text",
        "or-selector": "text",
        "secret": "boolean",
        "decoder": "text",
        "index-enum": "text",
    },
)
_SET: Final = Shape(
    "attribute set",
    {
        "name": "text",
        "name-prefix": "text",
        "enum-name": "text or null",
        "doc": "text",
        "subset-of": "text",
        "attr-cnt-name": "text",
        "attr-max-name": "text",
        "header": "text",
        "attributes": Many(_ATTRIBUTE),
        "identity": _TEXTS,
    },
    ("name", "attributes"),
)
_FORMAT_KEYS: Final = {"value": "text", "fixed-header": "text", "attribute-set": "text"}
_SUB_MESSAGE: Final = Shape(
    "sub-message",
    {"name": "text", "formats": Many(Shape("format", _FORMAT_KEYS, ("value",))), "doc": "text"},
    ("name", "formats"),
)
_BODY: Final = Shape("message", {"attributes": _TEXTS, "value": "integer"}, ())
_MODE: Final = Shape("mode", {"request": _BODY, "reply": _BODY, "pre": "text", "post": "text"}, ())
_OPERATION: Final = Shape(
    "operation",
    {
        "name": "text",
        "doc": "text",
        "value": "integer",
        "attribute-set": "text",
        "flags": Many(("admin-perm", "uns-admin-perm")),
        "dont-validate": Many(("strict", "dump", "dump-strict")),
        "config-cond": "text",
        "fixed-header": "text",
        "do": _MODE,
        "dump": _MODE,
        "notify": "text",
        "event": Shape("event", {"attributes": _TEXTS}, ()),
        "mcgrp": "text",
        "mcgrp-when": Many(
            Shape("group choice", {"group": "text", "when": "members"}, ("group", "when"))
        ),
        "teaches": Many(
            Shape(
                "lesson", {"fact": "text", "key": _TEXTS, "value": _TEXTS}, ("fact", "key", "value")
            )
        ),
        "every-type": "boolean",
        "c-name": "text",
        "alternatives": Many(Shape("alternative", {**_FORMAT_KEYS, "when": "members"}, ("value",))),
    },
)
_OPERATIONS: Final = Shape(
    "operations",
    {
        "enum-model": ("unified", "directional"),
        "name-prefix": "text",
        "enum-name": "text or null",
        "async-prefix": "text",
        "async-enum": "text or null",
        "fixed-header": "text",
        "list": Many(_OPERATION),
    },
    ("list",),
)
_GROUP: Final = Shape(
    "multicast group",
    {
        "name": "text",
        "c-define-name": "text",
        "flags": Many(("admin-perm", "uns-admin-perm")),
        "value": "integer",
        "doc": "text",
    },
)
SPECIFICATION: Final = Shape(
    "specification",
    {
        "name": "text",
        "doc": "text",
        "protocol": ("genetlink", "genetlink-c", "genetlink-legacy", "netlink-raw"),
        "protonum": "integer",
        "uapi-header": "text",
        "c-family-name": "text",
        "c-version-name": "text",
        "max-by-define": "boolean",
        "cmd-max-name": "text",
        "cmd-cnt-name": "text",
        "kernel-policy": ("split", "per-op", "global"),
        "version": "integer",
        "definitions": Many(_DEFINITION),
        "attribute-sets": Many(_SET),
        "sub-messages": Many(_SUB_MESSAGE),
        "operations": _OPERATIONS,
        "mcast-groups": Shape("multicast groups", {"list": Many(_GROUP)}, ("list",)),
        "kernel-family": "anything",
    },
    ("name", "attribute-sets", "operations"),
)

BAD: Final = object()
"""What fit() gives for a value that is not of its kind."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` where something known is spelled alike, else nothing."""
    close = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean {close[0]}?" if close else ""


def line_of(place: Any, key: Any) -> int:
    """The line of a key or an item; 0 where none is known."""
    lines = getattr(place, "lines", None)
    if isinstance(lines, dict):
        return int(lines.get(key, getattr(place, "line", 0)))
    return int(lines[key]) if lines else 0


def lacks(item: Any, key: str) -> bool:
    """Whether a mapping has not even a wrong value under a key."""
    return key not in item and key not in getattr(item, "lines", ())


def fit(value: Any, kind: Any, line: int, report: Report) -> Any:
    """The parts of a value that are of a kind, and a report on each that is not."""
    if isinstance(kind, Shape):
        return _fit_shape(value, kind, line, report)
    if isinstance(kind, Many):
        return _fit_many(value, kind, line, report)
    if isinstance(kind, tuple) and isinstance(kind[-1], Shape):
        kind = kind[-1] if isinstance(value, dict) else kind[0]
        return fit(value, kind, line, report)
    if isinstance(kind, tuple):
        if value in kind:
            return value
        hint = nearest(value, kind) if isinstance(value, str) else ""
        report(line, f"{spell(value)} is none of {', '.join(kind)}{hint}")
        return BAD
    what, types = _LEAVES[kind]
    if isinstance(value, types) and (not isinstance(value, bool) or bool in types):
        return value
    if kind == "anything":
        return value
    quote = ": put it in quotes" if "text" in kind and _is_plain(value) else ""
    report(line, f"expected {what}, found {spell(value)}{quote}")
    return BAD


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, date))


def spell(value: Any) -> str:
    """A value for a message."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "the truth value " + str(value).lower()
    if value is None:
        return "nothing"
    return f"{value!r}" if isinstance(value, str) else f"{value}"


def _fit_shape(value: Any, kind: Shape, line: int, report: Report) -> Any:
    if not isinstance(value, dict):
        report(line, f"expected a mapping ({kind.what}), found {spell(value)}")
        return BAD
    made = Map(getattr(value, "line", line))
    for key, item in value.items():
        here = line_of(value, key)
        if key not in kind.keys:
            hint = nearest(key, kind.keys)
            # A key like no other may be newer than this program; a misspelt one must not pass.
            severity = "error" if hint else "warning"
            report(here, f"unknown key {key} in {kind.what}{hint}", severity)
            continue
        fitted = fit(item, kind.keys[key], here, report)
        made.lines[key] = here
        if fitted is not BAD:
            made[key] = fitted
    for key in kind.required:
        if key not in value:
            name = value.get("name")
            which = f"{kind.what} {name}" if isinstance(name, str) else kind.what
            report(made.line, f"{which} lacks the key {key}")
    identity = {"name", "value"} & set(kind.required)
    return made if identity <= made.keys() else BAD


def _fit_many(value: Any, kind: Many, line: int, report: Report) -> Any:
    if not isinstance(value, list):
        report(line, f"expected a list, found {spell(value)}")
        return BAD
    made = Seq(getattr(value, "line", line))
    for index, item in enumerate(value):
        here = line_of(value, index) or line
        fitted = fit(item, kind.item, here, report)
        if fitted is not BAD:
            made.append(fitted)
            made.lines.append(here)
    return made
