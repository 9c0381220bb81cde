"""The fields that a filter can name and an export can ask for, made from the specifications.

A family's attributes are ``FAMILY.path.to.attr``, the members of its header ``FAMILY.member`` or
``FAMILY.header.member``; ``attr.NAME`` and ``header.NAME`` mean those of any family. The others are
in ``fixed``. A family is read when a name asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from ..errors import FilterError
from ..model import Message
from ..registry import Registry
from ..spec.compile import CompiledFamily
from ..spec.model import Operation
from ..text import Json
from ..wire.consts import NLMSG_OVERRUN
from .aliases import ALIASES
from .field import Field, Source
from .fixed import SECOND, fixed_fields, flag_alias, protocol_names
from .shapes import (
    ANY,
    ELEMENTS,
    Member,
    Shape,
    Space,
    family_word,
    join,
    set_space,
    spelled,
    struct_space,
)
from .syntax import close_words

__all__ = ["Catalogue", "Field"]

ORDER: Final = "little"
_MAX_STEPS: Final = 32
_UNNAMED: Final = re.compile(r"attr-\d+")
_BITFIELD: Final = ("value", "selector")
_UNNAMED_PATH: Final = re.compile(rf"attr-\d+(\.attr-\d+)*(\.({'|'.join(_BITFIELD)}))?")
"""What families that nobody described have: a policy tells that an attribute is a bitfield32."""

Step = tuple[str, bool]
"""A name, and whether lists of it have each element in an object of its index."""


def collect(value: Json, steps: Sequence[Step], at: int, whole: bool, out: list[Json]) -> None:
    """Appends to ``out`` what stands below ``value`` at the end of ``steps``.

    whole: a value of that place may itself be a list of names, as flags are.
    """
    if isinstance(value, list):
        if whole and at == len(steps) and not (value and isinstance(value[0], list)):
            out.append(value)
            return
        keyed = at > 0 and steps[at - 1][1]
        for item in value:
            if keyed and isinstance(item, dict) and len(item) == 1:
                item = next(iter(item.values()))
            collect(item, steps, at, whole, out)
    elif at == len(steps):
        if value is not None:
            out.append(value)
    elif isinstance(value, dict):
        inner = value.get(steps[at][0])
        if inner is not None:
            collect(inner, steps, at + 1, whole, out)


def search(value: Json, steps: Sequence[Step], whole: bool, out: list[Json]) -> None:
    """Appends what stands under the one name of ``steps`` at any depth."""
    if isinstance(value, dict):
        name = steps[0][0]
        for key, inner in value.items():
            if key == name:
                collect(inner, steps, 1, whole, out)
            if isinstance(inner, (dict, list)):
                search(inner, steps, whole, out)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, (dict, list)):
                search(inner, steps, whole, out)


def _reader(
    root: str, steps: tuple[Step, ...], whole: bool, deep: bool = False
) -> Callable[[Message], list[Json]]:
    """Reads ``steps`` below a message's attributes or header."""
    name = steps[0][0]
    rest = len(steps) > 1

    def from_attrs(message: Message) -> list[Json]:
        # What an error answers has its family, and no attributes are its own.
        if 0 < message.type <= NLMSG_OVERRUN:
            return []
        value = message.attrs.get(name)
        if value is None:
            return []
        if not rest and not isinstance(value, list):
            return [value]
        found: list[Json] = []
        collect(value, steps, 1, whole, found)
        return found

    def from_header(message: Message) -> list[Json]:
        if 0 < message.type <= NLMSG_OVERRUN:
            return []
        header = message.header
        found: list[Json] = []
        if header is not None:
            collect(header, steps, 0, whole, found)
        return found

    def anywhere(message: Message) -> list[Json]:
        found: list[Json] = []
        if not 0 < message.type <= NLMSG_OVERRUN:
            search(message.attrs, steps, whole, found)
        return found

    if root == "header":
        return from_header
    return anywhere if deep else from_attrs


def _of_request(get: Callable[[Message], list[Json]]) -> Callable[[Message], list[Json]]:
    def read(message: Message) -> list[Json]:
        txn = message.txn
        if txn is None or txn.source is None:
            return []
        return get(txn.source)

    return read


class _Found:
    """The meanings that a path has below a space."""

    __slots__ = ("steps", "members", "shapes")

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.members: list[Member] = []
        self.shapes: list[Shape] = []

    @property
    def unknown(self) -> bool:
        """Whether it can hold what nobody knows beforehand."""
        return any(shape.kind == "any" for shape in self.shapes)


class _Spaces:
    """The names at the top of a family's messages.

    own: without the attributes that only another family's sets give it. sets: where they are from.
    """

    __slots__ = ("attrs", "header", "own", "sets")

    def __init__(self, attrs: Space, header: Space, own: Space, sets: frozenset[str]) -> None:
        self.attrs = attrs
        self.header = header
        self.own = own
        self.sets = sets


class Catalogue:
    """All fields. registry: the families.

    captured: names of families that a capture knows and nobody described.
    """

    def __init__(self, registry: Registry, captured: Collection[str] = ()) -> None:
        self.registry = registry
        self.captured = captured
        self.fixed: dict[str, Field] = fixed_fields(self)
        self._fields: dict[str, Field] = {}
        self._spaces: dict[str, _Spaces] = {}
        self._index: dict[str, dict[str, list[tuple[str, bool]]]] = {}
        self._parts: dict[tuple[str, str, bool], Space] = {}

    # What the registry has

    def families(self) -> list[str]:
        """Names of all families."""
        return sorted({*self.registry.names(), *self.captured})

    def family_words(self) -> list[str]:
        """All families, as fields name them."""
        return sorted({family_word(name) for name in (*self.registry.names(), *self.captured)})

    def _family(self, word: str) -> str | None:
        """The name of the family that fields name so, None if there is none."""
        if word in self.registry or word in self.captured:
            return word
        names = (*self.registry.names(), *self.captured)
        return next((name for name in names if family_word(name) == word), None)

    def operations(self) -> frozenset[str]:
        """Names of all operations of all families."""
        return frozenset(op.name for name in self.registry.names() for op in self._ops(name))

    def _ops(self, name: str) -> list[Operation]:
        spec = self.registry.spec(name)
        return [] if spec is None else spec.operations

    def constants(self) -> frozenset[str]:
        """C names of all operations of all families."""
        found = set()
        for name in self.registry.names():
            family = self._compiled(name)
            if family is None:
                continue
            for op in family.spec.operations:
                for number in {op.request_value, op.reply_value} - {None}:
                    for direction in ("request", "reply", "notify"):
                        known = family.op(number or 0, direction)
                        if known is not None:
                            found.add(known.c_name)
        return frozenset(found)

    def _compiled(self, name: str) -> CompiledFamily | None:
        return self.registry.family(name, ORDER)

    def spaces(self, name: str) -> _Spaces:
        """A family's attributes at the top and its header's members."""
        known = self._spaces.get(name)
        if known is None:
            known = self._spaces[name] = self._read(name)
        return known

    def _read(self, name: str) -> _Spaces:
        family = self._compiled(name)
        if family is None:
            return _Spaces({}, {}, {}, frozenset())
        sets: dict[str, None] = {}
        headers: dict[str, None] = {}
        if family.spec.fixed_header:
            headers[family.spec.fixed_header] = None
        for op in family.spec.operations:
            for shape in (op, *(op.alternatives or ())):
                if shape.attribute_set:
                    sets[shape.attribute_set] = None
                if shape.fixed_header:
                    headers[shape.fixed_header] = None
        own = join([set_space(family.attr_set(each)) for each in sets if "/" not in each])
        lent = join([set_space(family.attr_set(each)) for each in sets if "/" in each])
        header = join([struct_space(family.struct(struct)) for struct in headers])
        return _Spaces(join([own, lent]), header, own, frozenset(sets))

    # Names to fields

    def field(self, name: str) -> Field:
        """The field of a name; raises FilterError with the nearest right ones."""
        known = self._fields.get(name)
        if known is None:
            known = self._fields[name] = self._find(name)
        return known

    def __contains__(self, name: str) -> bool:
        try:
            self.field(name)
        except FilterError:
            return False
        return True

    def _find(self, name: str) -> Field:
        fixed = self.fixed.get(name)
        if fixed is not None:
            return fixed
        target = ALIASES.get(name)
        if target is not None:
            return self._alias(name, target)
        if name in protocol_names():
            return self._protocol(name)
        head, _, rest = name.partition(".")
        family = self._family(head)
        if family is not None:
            return self._of_family(name, family, name.split(".")[1:])
        if head in ("attr", "header") and rest:
            return self._of_any(name, head, rest)
        if head == "request" and rest:
            return self._of_request(name, rest)
        if _UNNAMED_PATH.fullmatch(rest):
            near = self.near_families(head)
            if near:
                raise FilterError(f"there is no family {head}", name, 0, len(head), near=near)
            return self._of_family(name, head, rest.split("."))
        raise self._unknown(name)

    def near_families(self, name: str) -> tuple[str, ...]:
        """Families with names so like this one that it is a slip."""
        return close_words(name, self.family_words(), 0.75)

    def _alias(self, name: str, target: str) -> Field:
        if target.startswith("nlmsg.flags."):
            return flag_alias(name, target)
        field = self.field(target)
        unit = SECOND if name == "frame.time_epoch" else 1
        return Field(
            name,
            field.sources,
            field.c_name,
            target,
            field.secret,
            field.head,
            field.may,
            True,
            unit,
        )

    def _protocol(self, name: str) -> Field:
        number = protocol_names()[name]
        head = "True" if number is None else f"(protocol == {number})"

        def get(message: Message) -> list[Json]:
            there = message.protocol == number if number is not None else message.type >= 0
            return [there] if message.protocol >= 0 else []

        return Field(name, [Source(None, "", [Shape("bool")], lambda: get)], head=head)

    def _of_family(self, name: str, family: str, steps: list[str]) -> Field:
        if not steps:
            yes: list[Json] = [True]
            source = Source(family, "", [Shape("bool")], lambda: lambda message: yes)
            return Field(name, [source])
        spaces = self.spaces(family)
        attrs, header = spaces.attrs, spaces.header
        sources: list[Source] = []
        members: list[Member] = []
        for root, space, inside in (
            ("attrs", attrs, steps),
            ("header", header, steps),
            ("header", header, steps[1:] if steps[0] == "header" else []),
        ):
            found = self._walk(space, inside, root == "attrs") if inside else None
            if found is not None:
                sources.append(self._source(family, root, found))
                members += found.members
        if not sources:
            raise self._unknown_step(name, family, steps, attrs, header)
        return _field_of(name, sources, members)

    def _of_any(self, name: str, root: str, path: str) -> Field:
        steps = path.split(".")
        if root == "attr" and all(_UNNAMED.fullmatch(step) for step in steps):
            found = _Found()
            found.steps = [(step, False) for step in steps]
            found.shapes = [ANY]
            return Field(name, [self._source(None, "attrs", found, len(steps) == 1)])
        sources: list[Source] = []
        members: list[Member] = []
        deep = root == "attr" and len(steps) == 1
        families = self._places().get(path, ()) if deep else self.registry.names()
        for family in families:
            if deep:
                there = self._named(family, path)
            elif root == "header":
                there = self._walk(self.spaces(family).header, steps, False)
            else:
                there = self._walk(self.spaces(family).attrs, steps, True)
            if there is not None:
                where = "header" if root == "header" else "attrs"
                sources.append(self._source(family, where, there, deep))
                members += there.members
        if not sources:
            known = self._any_names(root)
            raise FilterError(
                f"no family has {'an attribute' if root == 'attr' else 'a header member'} {path}",
                name,
                len(root) + 1,
                len(path),
                near=tuple(f"{root}.{each}" for each in close_words(path, known)),
            )
        return _field_of(name, sources, members)

    def _named(self, family: str, wanted: str) -> _Found | None:
        """The attributes and members of structs of that name, wherever the family has them."""
        found = _Found()
        for where, is_set in self._places().get(wanted, {}).get(family, ()):
            found.members += self._space_of(family, where, is_set).get(wanted, [])
        if not found.members:
            return None
        found.shapes = [shape for member in found.members for shape in member.many().shapes]
        real = found.members[0].name
        found.steps = [(real, any(shape.keyed for shape in found.shapes))]
        return found

    def _places(self) -> dict[str, dict[str, list[tuple[str, bool]]]]:
        """Names of attributes and members to families, and the sets or structs that have them."""
        if not self._index:
            for family in self.registry.names():
                spec = self.registry.spec(family)
                assert spec is not None
                for attr_set in spec.attribute_sets:
                    for attr in attr_set.attributes:
                        self._note_place(attr.name, family, attr_set.name, True)
                for definition in spec.definitions:
                    for member in definition.members or ():
                        self._note_place(member.name, family, definition.name, False)
        return self._index

    def _note_place(self, name: str, family: str, where: str, is_set: bool) -> None:
        places = self._index.setdefault(spelled(name), {}).setdefault(family, [])
        places.append((where, is_set))

    def _space_of(self, name: str, where: str, is_set: bool) -> Space:
        key = (name, where, is_set)
        if key not in self._parts:
            family = self._compiled(name)
            if family is None:
                self._parts[key] = {}
            elif is_set:
                self._parts[key] = set_space(family.attr_set(where))
            else:
                self._parts[key] = struct_space(family.struct(where))
        return self._parts[key]

    def _any_names(self, root: str) -> list[str]:
        """The names that ``attr.`` or ``header.`` can be followed by."""
        names: set[str] = set()
        for family in self.registry.names():
            if root == "header":
                names.update(self.spaces(family).header)
                continue
            spec = self.registry.spec(family)
            for attr_set in () if spec is None else spec.attribute_sets:
                names.update(
                    spelled(attr.name)
                    for attr in attr_set.attributes
                    if attr.type not in ("unused", "pad")
                )
        return sorted(names)

    def _of_request(self, name: str, rest: str) -> Field:
        try:
            field = self.field(rest)
        except FilterError as error:
            at = len("request.")
            near = tuple(f"request.{each}" for each in error.near)
            raise FilterError(
                error.what, name, error.column + at, error.length, near=near
            ) from None
        if rest.startswith("request."):
            raise FilterError("a request has no request", name, len("request."), len(rest))
        sources = []
        for source in field.sources:
            sources.append(self._request_source(source))
        return Field(name, sources, field.c_name, secret=field.secret, presence=field.presence)

    @staticmethod
    def _request_source(source: Source) -> Source:
        family, get = source.family, source.get

        def read(message: Message) -> list[Json]:
            return get(message) if family is None or message.family == family else []

        return Source(None, "txn", source.shapes, lambda: _of_request(read))

    @staticmethod
    def _source(family: str | None, root: str, found: _Found, deep: bool = False) -> Source:
        whole = any(shape.kind == "flags" for shape in found.shapes)
        steps = tuple(found.steps)
        return Source(family, root, found.shapes, lambda: _reader(root, steps, whole, deep))

    @staticmethod
    def _walk(space: Space, steps: Sequence[str], attrs: bool) -> _Found | None:
        """Follows names down; None where one means nothing."""
        found = _Found()
        if len(steps) > _MAX_STEPS:
            return None
        for step in steps:
            members = space.get(step, [])
            if members:
                shapes = [shape for member in members for shape in member.shapes]
                real = members[0].name
            elif attrs and (
                _UNNAMED.fullmatch(step)
                or found.unknown
                or (step in _BITFIELD and found.shapes == [ANY])
            ):
                shapes, real = [ANY], step
            else:
                return None
            found.steps.append((real, any(shape.keyed for shape in shapes)))
            found.members, found.shapes = members, shapes
            space = join([shape.space() for shape in shapes if shape.kind == "object"])
        return found

    # Names that are wrong

    def _unknown(self, name: str) -> FilterError:
        head, _, rest = name.partition(".")
        if rest:
            near = self.near_families(head)
            tail = f".{rest}"
            fitting = tuple(f"{each}{tail}" for each in near if f"{each}{tail}" in self)
            if near:
                return FilterError(
                    f"there is no family {head}", name, 0, len(head), near=fitting or near
                )
        known = [*self.fixed, *ALIASES, *protocol_names(), *self.family_words()]
        anywhere = f"attr.{name}"
        near = (anywhere,) if not rest and anywhere in self else close_words(name, known)
        return FilterError(f"there is no field {name}", name, 0, len(name), near=near)

    def _unknown_step(
        self, name: str, family: str, steps: list[str], attrs: Space, header: Space
    ) -> FilterError:
        """Which step of a path means nothing, and what is like it there."""
        spaces = [attrs, header]
        if len(steps) > 1 and steps[0] == "header" and "header" not in attrs:
            spaces = [_as_header(header)]
        done = 0
        space = join(spaces)
        while done < len(steps) - 1 and steps[done] in space:
            members = space[steps[done]]
            shapes = [shape for member in members for shape in member.shapes]
            space = join([shape.space() for shape in shapes])
            done += 1
        before = ".".join([family_word(family), *steps[:done]])
        column = len(before) + 1
        step = steps[done]
        near = tuple(f"{before}.{each}" for each in close_words(step, list(space)))
        what = f"{before} has no {step}" if space else f"{before} has nothing inside"
        return FilterError(what, name, column, len(step), near=near)

    # Listing

    def fixed_fields(self, prefix: str) -> Iterator[Field]:
        """The fields beside those of families whose names begin so: ours, then Wireshark's."""
        for names in (self.fixed, protocol_names(), ALIASES):
            for name in sorted(names):
                if name.startswith(prefix):
                    yield self.field(name)

    def complete(self, prefix: str = "") -> Iterator[Field]:
        """All fields whose names begin so, in an order fit to read.

        Those of any family, ``attr.`` and ``header.``, only where the prefix says so.
        """
        yield from self.fixed_fields(prefix)
        for root in ("attr", "header"):
            if prefix.startswith(root):
                for name in self._any_names(root):
                    if f"{root}.{name}".startswith(prefix):
                        yield self.field(f"{root}.{name}")
        for word in self.family_words():
            if prefix.startswith(f"{word}.") or word.startswith(prefix):
                yield from self._list(word, prefix)

    def level(self, prefix: str) -> Iterator[Field]:
        """The fields of families whose names begin so and have no dot behind it."""
        head = prefix.partition(".")[0]
        if head in ("attr", "header"):
            yield from self.complete(prefix)
        elif self._family(head) is not None:
            yield from self._list(head, prefix, prefix.count("."))

    def _list(self, word: str, prefix: str, depth: int = _MAX_STEPS) -> Iterator[Field]:
        """A family's fields whose names begin so, down to a depth of dots."""
        if word.startswith(prefix) and word not in protocol_names():
            yield self.field(word)
        family = self._family(word) or word
        spaces = self.spaces(family)
        header = spaces.header
        whole = [("attrs", spaces.own)]
        if header:
            whole += [("header", header), ("", _as_header(header))]
        for root, space in whole:
            yield from self._below(family, root, space, word, [], spaces.sets, prefix, depth)

    def _below(
        self,
        family: str,
        root: str,
        space: Space,
        path: str,
        steps: list[Step],
        above: frozenset[str],
        prefix: str,
        depth: int,
    ) -> Iterator[Field]:
        for name in sorted(space):
            full = f"{path}.{name}"
            if not (full.startswith(prefix) or prefix.startswith(f"{full}.")):
                continue
            members = space[name]
            found = _Found()
            found.members = members
            found.shapes = [shape for member in members for shape in member.shapes]
            keyed = any(shape.keyed for shape in found.shapes)
            inner = [*steps, (members[0].name, keyed)]
            if root and found.shapes and full.startswith(prefix):
                found.steps = inner
                yield _field_of(full, [self._source(family, root, found)], members)
            objects = [
                shape
                for shape in found.shapes
                if shape.kind == "object" and shape.key not in above and shape.key != ELEMENTS
            ]
            if objects and depth > 1:
                yield from self._below(
                    family,
                    root or "header",
                    join([shape.space() for shape in objects]),
                    full,
                    inner if root else [],
                    above | {shape.key for shape in objects if shape.key},
                    prefix,
                    depth - 1,
                )


def _as_header(members: Space) -> Space:
    """The members of a header below the name ``header``."""
    inside = [Shape("object", space=lambda: members)]
    return {"header": [Member("header", "", lambda: inside)]}


def _field_of(name: str, sources: Sequence[Source], members: Sequence[Member]) -> Field:
    c_names = {member.c_name for member in members}
    return Field(
        name,
        sources,
        c_names.pop() if len(c_names) == 1 else "",
        secret=any(member.secret for member in members),
    )
