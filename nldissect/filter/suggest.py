"""Filters made of what a message shows: this field has this value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ..errors import FilterError
from ..model import Message, Node, holds_secret
from ..text import Json
from .compile import compile_filter
from .field import Field
from .fields import Catalogue
from .shapes import flag_masks, spelled
from .syntax import Text

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
_ERROR: Final = {"code": "code", "msg": "message", "offs": "offset", "cookie": "cookie"}
_FRAME: Final = ("nla-len", "nla-type")
_REPEAT: Final = re.compile(r"#\d+$")
_BARE: Final = re.compile(r"[\w.:/+%-]+")
_HEX: Final = re.compile(r"[0-9a-f]{2}(?:[: ]?[0-9a-f]{2})*")
_MOST_BYTES: Final = 32
_MOST_ITEMS: Final = 4
_JUNCTIONS: Final = re.compile(r"&&|\|\||\^\^|\b(?:and|or|xor|not)\b|!")


def filter_for(message: Message, node: Node, path: str, catalogue: Catalogue) -> str:
    """The filter that a message passes because a node of it has its value; "" if there is none.

    path: names from the layer down to the node, joined by dots. Of key material it says no more
    than that it is there.
    """
    for text in _candidates(message, node, path, catalogue):
        try:
            made = compile_filter(text, catalogue)
        except FilterError:
            continue
        if made.match(message):
            return text
    return ""


def field_for(message: Message, node: Node, path: str, catalogue: Catalogue) -> str:
    """The name of the field that a node's value is one of; "" if there is none."""
    for field in _fields(message, path.split("."), _chain(message.layers, node), catalogue):
        if field.values(message):
            return field.name
    return ""


def join(old: str, new: str, how: str) -> str:
    """A filter in place of another one ("", or "not": what it does not let through), or both
    together ("and", "or").
    """
    if how == "not":
        return f"!({new})" if _JUNCTIONS.search(new) or " " in new else f"!{new}"
    if not how or old.strip() in ("", new):
        return new
    sign = "&&" if how == "and" else "||"
    return f"{_bracketed(old)} {sign} {_bracketed(new)}"


def _bracketed(text: str) -> str:
    """In brackets, unless it is one comparison."""
    return f"({text})" if _JUNCTIONS.search(text) else text


def _chain(level: Sequence[Node], node: Node) -> list[Node]:
    """The nodes from a layer down to a node; none if it is in no layer."""
    for each in level:
        if each is node:
            return [each]
        if each.start <= node.start and node.end <= each.end:
            found = _chain(each.children, node)
            if found:
                return [each, *found]
    return []


def _candidates(
    message: Message, node: Node, path: str, catalogue: Catalogue
) -> Iterator[str]:  # fmt: skip
    """Filters to try, the most telling one first."""
    chain = _chain(message.layers, node)
    secret = any(each.secret for each in chain) or holds_secret(node)
    steps = path.split(".")
    if len(steps) == 1:
        yield from _of_layer(message, steps[0])
    if path in ("nlmsg.nlmsg-type", "genlmsg.cmd", "error.request"):
        yield from _of_operation(message)
    told = not secret and node.name not in _FRAME
    for field in _fields(message, steps, chain, catalogue):
        if field.name.endswith("nlmsg.flags_raw"):
            raw = message.record.data[node.start : node.end]
            yield f"{field.name} == {int.from_bytes(raw, message.order):#x}"  # type: ignore[arg-type]
        elif told and not field.secret:
            yield from _tests(field, node.value)
        if node.kind != "raw":
            yield field.name
    if told and len(chain) > 2 and node.kind in ("field", "item", "raw"):
        # What has no field of its own is a part of what is said of the node around it.
        above = chain[-2]
        for field in _fields(message, steps[:-1], chain[:-1], catalogue):
            if not field.secret:
                yield from _tests(field, above.value)
    if told and node.kind in ("raw", "attr", "field") and node.start >= message.start:
        data = message.record.data[node.start : min(node.end, node.start + _MOST_BYTES)]
        if any(data):
            yield f"bytes contains {data.hex(':')}"


def _of_layer(message: Message, layer: str) -> Iterator[str]:
    """Filters for a layer as a whole."""
    if layer == "link":
        yield f"proto == {message.protocol}"
    if layer == "error":
        error = message.error
        if error is not None and error["name"]:
            yield f"error.name == {error['name']}"
        yield "ack"
    if layer in ("nlmsg", "genlmsg", "error"):
        yield from _of_operation(message)
    if layer in ("nlmsg", "genlmsg", "header", "attrs", "error") and message.family:
        yield f"family == {Text(message.family)}"
    if layer != "link":
        yield f"nlmsg.type == {message.type}"


def _of_operation(message: Message) -> Iterator[str]:
    if message.family and message.operation:
        yield f"family == {Text(message.family)} && cmd == {message.operation}"


def _fields(
    message: Message, steps: Sequence[str], chain: Sequence[Node], catalogue: Catalogue
) -> Iterator[Field]:
    """The fields that a path may be."""
    for name in dict.fromkeys(_names(message, steps, chain)):
        try:
            yield catalogue.field(name)
        except FilterError:
            continue


def _names(message: Message, steps: Sequence[str], chain: Sequence[Node]) -> Iterator[str]:
    """Names that a path may have among the fields. chain: its nodes, as far as they are known."""
    steps = [spelled(_REPEAT.sub("", step)) for step in steps]
    known = _ENVELOPE.get(".".join(steps))
    if known is not None:
        yield known
    layer, inner = steps[0], steps[1:]
    if not inner:
        return
    if layer == "error":
        if inner[0] == "request":
            for name in _names(message, inner[1:] or [""], chain[2:]):
                yield f"request.{name}"
        else:
            said = inner[0] if inner[0] != "ext-ack" else inner[1] if len(inner) > 1 else ""
            if said in _ERROR:
                yield f"error.{_ERROR[said]}"
        return
    if layer not in ("attrs", "header"):
        return
    nodes = list(chain[1:]) if len(chain) == len(steps) else []
    if inner[-1] in ("value", *_FRAME) and len(inner) > 1:
        inner, nodes = inner[:-1], nodes[:-1]
    # Items of arrays, headers inside of attributes and levels are no steps of a name.
    real = [
        step for step, node in zip(inner, nodes) if node is nodes[-1] or not _is_no_step(node)
    ] or inner
    named = [step for step in real if not step.isdecimal()]
    roots = [message.family] if message.family else []
    roots.append("header" if layer == "header" else "attr")
    for root in roots:
        for some in (named, real, inner):
            if some:
                yield f"{root}.{'.'.join(some)}"
        # Some nests on the way are no steps either.
        for start in range(2, len(named)):
            yield f"{root}.{named[0]}.{'.'.join(named[start:])}"
    if named:
        yield f"{roots[-1]}.{named[-1]}"


def _is_no_step(node: Node) -> bool:
    """Whether a node is a header, or a nest that is but a number with more inside."""
    return node.kind == "header" or (node.kind == "nest" and isinstance(node.value, int))


def _tests(field: Field, value: Json) -> Iterator[str]:
    """Comparisons of a field with a value, the plainest first."""
    name = field.name
    kinds = {shape.kind for shape in field.shapes}
    if isinstance(value, list):
        several = len(value) <= _MOST_ITEMS and all(isinstance(item, (int, str)) for item in value)
        if value and several:
            yield " && ".join(next(_single(name, item, kinds)) for item in value)
        if "flags" in kinds:
            for shape in field.shapes:
                yield f"{name} == {_bits(flag_masks(shape.enum), value):#x}"
        elif value:
            yield next(_single(name, value[0], kinds), name)
    else:
        yield from _single(name, value, kinds)


def _single(name: str, value: Json, kinds: set[str]) -> Iterator[str]:
    """The same for a value that is no list."""
    if value is True:
        yield name
    if isinstance(value, bool):
        yield f"{name} == {str(value).lower()}"
    elif isinstance(value, int):
        yield f"{name} == {value}"
    elif isinstance(value, str):
        if kinds & {"bytes", "mac", "any"} and _HEX.fullmatch(value):
            raw = bytes.fromhex(value.replace(":", ""))
            if len(raw) > _MOST_BYTES:
                yield f"{name}[0:{_MOST_BYTES}] == {raw[:_MOST_BYTES].hex(':')}"
            yield f"{name} == {raw.hex(':')}"
        if "string" not in kinds and _BARE.fullmatch(value):
            yield f"{name} == {value}"
        yield f"{name} == {Text(value)}"


def _bits(masks: dict[str, int], names: Sequence[Json]) -> int:
    """The number that flags are together."""
    bits = 0
    for name in names:
        if isinstance(name, str):
            bits |= masks.get(name) or (int(name, 16) if name[:2] == "0x" else 0)
    return bits
