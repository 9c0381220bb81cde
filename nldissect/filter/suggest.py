"""Filters made of what a message shows: this field has this value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..errors import FilterError
from ..model import Message, Node
from ..text import Json
from .compile import compile_filter
from .fields import Catalogue

_ENVELOPE: Final = {
    "nlmsg.nlmsg-len": "nlmsg.len",
    "nlmsg.nlmsg-type": "nlmsg.type",
    "nlmsg.nlmsg-flags": "nlmsg.flags_raw",
    "nlmsg.nlmsg-seq": "nlmsg.seq",
    "nlmsg.nlmsg-pid": "nlmsg.pid",
    "genlmsg.cmd": "genlmsg.cmd",
    "genlmsg.version": "genlmsg.version",
    "link.protocol": "proto",
}
_REPEAT: Final = re.compile(r"#\d+$")
_WORD: Final = re.compile(r"[A-Za-z_][\w.-]*")
_MOST_BYTES: Final = 16
_JUNCTIONS: Final = re.compile(r"&&|\|\||\^\^|\b(?:and|or|xor|not)\b|!")


def filter_for(message: Message, node: Node, path: str, catalogue: Catalogue) -> str:
    """The filter that a message passes because a node of it has its value; "" if there is none.

    path: names from the layer down to the node, joined by dots.
    """
    for text in _candidates(message, node, path):
        try:
            made = compile_filter(text, catalogue)
        except FilterError:
            continue
        if made.match(message):
            return text
    return ""


def field_for(message: Message, node: Node, path: str, catalogue: Catalogue) -> str:
    """The name of the field that a node's value is one of; "" if there is none."""
    for name in _names(message, path):
        try:
            field = catalogue.field(name)
        except FilterError:
            continue
        if field.values(message):
            return name
    return ""


def join(old: str, new: str, how: str) -> str:
    """A filter in place of another one ("", or "not": what it does not let through), or both
    together ("and", "or").
    """
    if how == "not":
        return f"!({new})" if _JUNCTIONS.search(new) or " " in new else f"!{new}"
    if not how or not old.strip():
        return new
    sign = "&&" if how == "and" else "||"
    return f"{_bracketed(old)} {sign} {_bracketed(new)}"


def _bracketed(text: str) -> str:
    """In brackets, unless it is one comparison."""
    return f"({text})" if _JUNCTIONS.search(text) else text


def _candidates(message: Message, node: Node, path: str) -> Iterator[str]:
    """Filters to try, the most telling one first."""
    layer, _, rest = path.partition(".")
    if not rest:
        if layer == "nlmsg" and message.operation and message.family:
            yield f"family == {_quoted(message.family)} && cmd == {message.operation}"
        if layer in ("nlmsg", "link", "genlmsg", "attrs", "header") and message.family:
            yield f"family == {_quoted(message.family)}"
        yield layer
    if path == "nlmsg.nlmsg-type" and message.operation and message.family:
        yield f"family == {_quoted(message.family)} && cmd == {message.operation}"
    if path == "genlmsg.cmd" and message.operation:
        yield f"cmd == {message.operation}"
    if path == "nlmsg.nlmsg-flags":
        yield f"nlmsg.flags_raw == {message.flags:#x}"
    values = list(_literals(node.value, message.record.data[node.start : node.end]))
    for name in _names(message, path):
        if isinstance(node.value, dict):
            yield name
            continue
        if node.value is True:
            yield name
        for value in values:
            yield f"{name} == {value}"
        if node.kind != "raw":
            yield name
    if node.kind in ("raw", "attr"):
        payload = message.record.data[node.start : min(node.end, node.start + _MOST_BYTES)]
        yield f"bytes contains {payload.hex(':')}"


def _names(message: Message, path: str) -> Iterator[str]:
    """Names of fields that a path may be."""
    known = _ENVELOPE.get(path)
    if known is not None:
        yield known
    parts = [_REPEAT.sub("", part) for part in path.split(".")]
    layer, inner = parts[0], parts[1:]
    if layer == "error" and inner:
        yield ".".join(parts)
        yield f"error.{inner[-1]}"
        if "request" in inner:
            place = inner.index("request")
            deeper = inner[place + 1 :]
            if deeper:
                for name in _names(message, ".".join(deeper)):
                    yield f"request.{name}"
    if layer not in ("attrs", "header", "error") or not inner:
        return
    if inner[-1] in ("value", "nla-len", "nla-type"):
        inner = inner[:-1]
    named = [part for part in inner if not part.isdecimal()]
    for some in (inner, named):
        if some and message.family:
            yield f"{message.family}.{'.'.join(some)}"
            if layer == "header":
                yield f"{message.family}.header.{'.'.join(some)}"
    # Some nests are steps of arrays, which names of fields leave out.
    for size in range(len(named), 0, -1):
        if message.family:
            yield f"{message.family}.{'.'.join(named[:1] + named[len(named) - size + 1 :])}"
    if named:
        kind = "header" if layer == "header" else "attr"
        yield f"{kind}.{named[-1]}"


def _literals(value: Json, data: bytes) -> Iterator[str]:
    """Spellings of a value."""
    if isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, int):
        yield str(value)
    elif isinstance(value, str):
        if _WORD.fullmatch(value):
            yield value
        yield _quoted(value)
        yield value
    elif isinstance(value, list) and value:
        for item in value:
            yield from _literals(item, b"")
    if data and len(data) <= 64:
        payload = data[4:] if len(data) > 4 else data
        yield payload.hex(":")


def _quoted(text: str) -> str:
    """A text as a literal in quotes."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text) + '"'
