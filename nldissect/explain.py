"""Errors in words: which attribute the kernel blames, what it asks for, what the request has."""

from __future__ import annotations

from typing import Final

from .learn import Policy
from .model import Node, holds_secret
from .spec.checks import LENGTH, SIZES, Check, check_of, count_bytes
from .spec.sets import Attr, AttrSet, IndexedArray, Nest, SubMessageType, TypeValue
from .spec.types import AutoScalar, Flag, Scalar, Scope, Type
from .text import Json, printable, show
from .wire.consts import ERRNO, NLA_HDRLEN, NLA_TYPE_MASK

SECRET: Final = "(secret)"
"""What is told of key material."""

_LIMIT: Final = 48


class Request:
    """The request that an error is about.

    data: the record's bytes, in which the request's nlmsghdr begins at start; layers: its tree, as
    far as its bytes are there; set: what its attributes are. policy: what the capture taught of
    its family, and index: the policy of its operation there, -1 if nothing is known.
    """

    __slots__ = ("data", "start", "order", "layers", "set", "policy", "index")

    def __init__(
        self,
        data: bytes,
        start: int,
        order: str,
        layers: list[Node],
        attr_set: AttrSet | None,
        policy: Policy | None = None,
        index: int = -1,
    ) -> None:
        self.data = data
        self.start = start
        self.order = order
        self.layers = layers
        self.set = attr_set
        self.policy = policy
        self.index = index

    def rules(self, index: int, number: int) -> dict[str, Json]:
        """What the learned policy says of an attribute; empty if nothing."""
        if self.policy is None:
            return {}
        return self.policy.attributes.get(index, {}).get(number, {})


class Place:
    """What stands at an offset of a request.

    path: dotted names; node: None for what is no attribute. attr, rules: what the specification
    and the learned policy say of it; inside: the set of the attributes in it. secret: it is, or
    stands in, key material.
    """

    __slots__ = ("path", "node", "attr", "rules", "inside", "secret")

    def __init__(self, path: str, node: Node | None) -> None:
        self.path = path
        self.node = node
        self.attr: Attr | None = None
        self.rules: dict[str, Json] = {}
        self.inside: AttrSet | None = None
        self.secret = False


def error_name(code: int) -> str | None:
    """The errno's name for a negative code, None for 0."""
    return None if code >= 0 else ERRNO.get(-code, str(-code))


def error_object(code: int) -> dict[str, Json]:
    """An error of which only the code is known."""
    return {
        "code": code,
        "name": error_name(code),
        "message": None,
        "offset": None,
        "attr": None,
        "missing": None,
        "needs": None,
        "got": None,
        "hint": None,
        "policy": None,
        "cookie": None,
    }


def explain(error: dict[str, Json], said: dict[str, Json], request: Request | None) -> None:
    """Puts the kernel's words (the extended ack's attributes) and what they mean into an error."""
    error["message"] = said.get("msg")
    error["offset"] = offset = said.get("offs")
    error["policy"] = policy = said.get("policy")
    error["cookie"] = said.get("cookie")
    missing, nest = said.get("miss-type"), said.get("miss-nest")
    if isinstance(missing, int):
        error["missing"] = missing_name(request, missing, nest if isinstance(nest, int) else None)
    rules = policy if isinstance(policy, dict) else None
    place = find(request, offset) if request is not None and isinstance(offset, int) else None
    if place is not None and request is not None:
        error["attr"] = place.path
        error["needs"], error["got"] = _demand(request, place, rules)
    elif rules is not None:
        error["needs"] = check_of(rules, "little").words() or None


def describe(error: dict[str, Json], fine: str = "ack", about: str = "") -> str:
    """An error in a line: ``EINVAL "integer out of range" at ifindex (needs 1…4095, got 0)``.

    fine: the first word where nothing is wrong; about: what the line tells besides.
    """
    words = [str(error["name"] or fine)]
    if error["message"]:
        words.append(f'"{show(error["message"])}"')
    if error["attr"]:
        words.append(f"at {printable(str(error['attr']))}")
    said = []
    if error["needs"]:
        said.append(f"needs {printable(str(error['needs']))}")
    if error["got"] is not None:
        got = show(error["got"]) or "nothing"
        if said or got not in about:
            said.append(f"got {_cut(got)}")
    if said:
        words.append(f"({', '.join(said)})")
    if error["missing"]:
        words.append(f"missing {printable(str(error['missing']))}")
    if error["hint"]:
        words.append(f"({printable(str(error['hint']))})")
    return " ".join(words)


def find(request: Request, offset: int) -> Place | None:
    """The attribute, or the member of the family header, at an offset from the nlmsghdr.

    None if there is none.
    """
    at = request.start + offset
    around: dict[str, Json] = {}
    for layer in request.layers:
        if layer.name == "header" and isinstance(layer.value, dict):
            around = layer.value
        if not layer.start <= at < layer.end:
            continue
        if layer.name == "header":
            for child in layer.children:
                if child.start == at and child.kind == "field":
                    place = Place(child.name, None)
                    place.secret = child.secret
                    return place
        elif layer.name == "attrs":
            return _descend(request, layer, at, around)
    return None


def _descend(request: Request, layer: Node, at: int, around: dict[str, Json]) -> Place | None:
    """The innermost attribute around ``at``, or the one that begins there."""
    found: Place | None = None
    names: list[str] = []
    parent, inside, item, levels = layer, request.set, None, 0
    scope = Scope(around, None)
    index, in_array, secret = request.index, False, False
    type_: Type | None
    while True:
        if isinstance(parent.value, dict):
            scope = Scope(parent.value, scope)
        node = next((child for child in parent.children if child.start <= at < child.end), None)
        if node is None or node.kind not in ("attr", "nest", "item"):
            return found
        number = _number(node)
        if number is None and not node.children:
            return found
        names.append(node.name)
        if number is None:
            # One of several that stand in an attribute without being attributes themselves.
            parent, inside, item, levels, index = node, None, None, 0, -1
            continue
        found = Place(".".join(names), node)
        secret = found.secret = secret or node.secret
        # Members of an array and levels of a TypeValue have numbers that are no attributes.
        if item is not None:
            type_ = item
        elif levels:
            levels -= 1
            type_ = None
        else:
            found.attr = None if inside is None else inside.attrs.get(number)
            type_ = None if found.attr is None else found.attr.type
            inside = None
        if in_array:
            in_array = False
        else:
            found.rules = request.rules(index, number)
            inner = found.rules.get("policy-idx")
            index = inner if isinstance(inner, int) else -1
            in_array = found.rules.get("type") == "nested-array"
        item = None
        if isinstance(type_, Nest):
            inside = type_.set
        elif isinstance(type_, IndexedArray):
            item = type_.item
        elif isinstance(type_, TypeValue):
            inside, levels = type_.set, len(type_.names)
        elif isinstance(type_, SubMessageType):
            shape = type_.shape(scope)
            inside = None if shape is None else shape.set
        found.inside = inside if item is None and not levels else None
        if node.start == at:
            return found
        parent = node


def _number(node: Node) -> int | None:
    """The number of an attribute's node, None for other nodes."""
    if len(node.children) < 2 or node.children[1].name != "nla-type":
        return None
    kind = node.children[1].value
    return kind & NLA_TYPE_MASK if isinstance(kind, int) else None


def missing_name(request: Request | None, number: int, nest: int | None) -> str:
    """The dotted name of an attribute that a request lacks; nest: offset of where it belongs."""
    inside, path = (None, "") if request is None else (request.set, "")
    if nest is not None:
        place = None if request is None else find(request, nest)
        inside, path = (None, "") if place is None else (place.inside, f"{place.path}.")
    attr = None if inside is None else inside.attrs.get(number)
    return path + (f"attr-{number}" if attr is None else attr.name)


def _demand(request: Request, place: Place, said: dict[str, Json] | None) -> tuple[Json, Json]:
    """What an attribute needs, as words, and what it has: a value, or its length as words.

    What the kernel says itself counts; the specification and the learned policy only where the
    attribute does not keep to them. None for what nobody tells.
    """
    node = place.node
    if node is None:
        return None, None
    start, stop = node.start + NLA_HDRLEN, node.end
    got: Json = None if node.kind == "nest" else node.value
    if got is not None and (place.secret or holds_secret(node)):
        got = SECRET
    if said is not None:
        check = check_of(said, request.order)
        if _odd_width(check, stop - start):
            return check.kind, count_bytes(stop - start)
        words = check.words() or None
        if check.kind == "nul-string" and 0 not in request.data[start:stop]:
            return words, got
        sized = check.shortest is not None or check.longest is not None
        return words, count_bytes(check.size(request.data, start, stop)) if sized else got
    checks = [check_of(place.rules, request.order)] if place.rules else []
    if place.attr is not None and place.attr.check is not None:
        checks.insert(0, place.attr.check)
    for check in checks:
        if _odd_width(check, stop - start):
            return check.kind, count_bytes(stop - start)
        broken = check.broken(request.data, start, stop)
        if broken:
            size = check.size(request.data, start, stop)
            return check.words(), count_bytes(size) if broken == LENGTH else got
    if place.attr is not None and any(note.code == "value.width" for note in node.notes):
        return _kind(place.attr.type), count_bytes(stop - start)
    return None, got


def _odd_width(check: Check, size: int) -> bool:
    """Whether an integer has another width than its kind."""
    return check.kind in SIZES and size not in SIZES[check.kind]


def _kind(type_: Type) -> str | None:
    """The width that a type wants."""
    if isinstance(type_, Scalar):
        return type_.kind
    if isinstance(type_, AutoScalar):
        return "uint" if type_.narrow.kind == "u32" else "sint"
    return "no payload" if isinstance(type_, Flag) else None


def _cut(text: str) -> str:
    return text if len(text) <= _LIMIT else f"{text[: _LIMIT - 1]}…"
