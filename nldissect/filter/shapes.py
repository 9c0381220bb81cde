"""What a type's values look like: the kind of each and the names inside, for whoever asks by name.

A type may have several shapes (a nest in one message, a byte in another); names inside are made
when they are asked for, so sets that hold themselves do no harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, Final

from ..spec.compile import CompiledFamily
from ..spec.sets import AttrSet, IndexedArray, Nest, Shape as Format, SubMessageType, TypeValue
from ..spec.structs import Member as Room, MemberAddress, StructType
from ..spec.types import (
    AddressByFamily,
    AutoScalar,
    Bitfield32,
    CArray,
    Enum,
    EnumScalar,
    Flag,
    FlagsScalar,
    GuessInteger,
    Hidden,
    HintBytes,
    HintScalar,
    NamedArray,
    Opaque,
    Scalar,
    Text,
    Type,
)

_NO_WORD: Final = re.compile(r"[^\w-]")

KINDS: Final = (
    "bool", "uint", "sint", "string", "bytes", "ipv4-or-v6", "mac", "enum", "flags", "time",
    "duration", "object", "any",
)  # fmt: skip


def flag_masks(enum: Enum | None) -> dict[str, int]:
    """The bits that each name of an enum's flags stands for."""
    if enum is None:
        return {}
    known: dict[str, int] | None = getattr(enum, "masks", None)
    if known is not None:
        return known
    return {str(name): 1 << bit for bit, name in enum.bits.items()}


class Words:
    """Texts that a value can be. closed: whether there are no others."""

    __slots__ = ("closed", "_make", "_known")

    def __init__(self, make: Callable[[], Collection[str]], closed: bool) -> None:
        self.closed = closed
        self._make = make
        self._known: Collection[str] | None = None

    @property
    def known(self) -> Collection[str]:
        """The texts."""
        if self._known is None:
            self._known = self._make()
        return self._known


class Shape:
    """One way in which a value can look.

    kind: one of KINDS; any is a value of which nothing is known beforehand. enum: the names of an
    enum or flags. repeated: there can be several; keyed: each in an object of its index.
    key: what an object is; one inside another of the same key begins to repeat itself.
    words: the texts that a string can be, where it is one of some.
    """

    __slots__ = ("kind", "enum", "repeated", "keyed", "key", "words", "_space", "_known")

    def __init__(
        self,
        kind: str,
        enum: Enum | None = None,
        repeated: bool = False,
        keyed: bool = False,
        space: Callable[[], Space] | None = None,
        key: str = "",
        words: Words | None = None,
    ) -> None:
        self.kind = kind
        self.enum = enum
        self.repeated = repeated
        self.keyed = keyed
        self.key = key
        self.words = words
        self._space = space
        self._known: Space | None = None

    def space(self) -> Space:
        """The names inside an object; all that is inside one that repeats does so too."""
        if self._known is None:
            space = {} if self._space is None else self._space()
            if self.repeated:
                space = {name: [each.many() for each in space[name]] for name in space}
            self._known = space
        return self._known

    def names(self) -> list[str]:
        """The words that stand for single values: of an enum, of flags, of a bool."""
        if self.kind == "bool":
            return ["true", "false"]
        if self.enum is None:
            return []
        if self.kind == "enum":
            return [str(name) for name in self.enum.names.values()]
        return list(flag_masks(self.enum))

    def many(self, keyed: bool = False) -> Shape:
        """The same, repeated."""
        return Shape(self.kind, self.enum, True, keyed, self._space, self.key, self.words)


class Member:
    """One meaning of a name inside an object. secret: key material."""

    __slots__ = ("name", "c_name", "secret", "_shapes", "_known")

    def __init__(
        self, name: str, c_name: str, shapes: Callable[[], list[Shape]], secret: bool = False
    ) -> None:
        self.name = name
        self.c_name = c_name
        self.secret = secret
        self._shapes = shapes
        self._known: list[Shape] | None = None

    @property
    def shapes(self) -> list[Shape]:
        """The ways in which it can look."""
        if self._known is None:
            self._known = self._shapes()
        return self._known

    def many(self) -> Member:
        """The same, repeated."""

        def made() -> list[Shape]:
            return [shape.many(shape.keyed) for shape in self.shapes]

        return Member(self.name, self.c_name, made, self.secret)


Space = dict[str, list[Member]]
"""Names to what they can mean."""

ANY: Final = Shape("any", repeated=True)
ELEMENTS: Final = "802.11 elements"
"""The key of what holds hundreds of names of which nothing more is known."""
_ADDRESS_HINTS: Final = ("ipv4", "ipv6", "ipv4-or-v6")


def spelled(name: str) -> str:
    """A YNL name as fields have it: a few have spaces."""
    return name.replace(" ", "_")


def family_word(name: str) -> str:
    """A family's name as fields have it: those of the kernel may have anything but a NUL."""
    return _NO_WORD.sub("_", name)


def add(space: Space, member: Member) -> None:
    """Puts a meaning beside those that its name has."""
    space.setdefault(spelled(member.name), []).append(member)


def join(spaces: Iterable[Space]) -> Space:
    """All meanings of all names."""
    whole: Space = {}
    for space in spaces:
        for name, members in space.items():
            whole.setdefault(name, []).extend(members)
    return whole


@lru_cache(maxsize=4096)
def set_space(attr_set: AttrSet) -> Space:
    """The attributes of a set."""
    space: Space = {}
    for attr in attr_set.attrs.values():
        if attr.hidden:
            continue
        made = Member(attr.name, attr.c_name, _later(attr.type, attr.multi), attr.secret)
        add(space, made)
    return space


@lru_cache(maxsize=4096)
def struct_space(struct: StructType) -> Space:
    """The members of a struct."""
    space: Space = {}
    for field in struct.shown:
        assert field.type is not None
        add(space, Member(field.name, field.c_name, _later(field.type), field.secret))
    return space


def _later(type_: Type, repeated: bool = False) -> Callable[[], list[Shape]]:
    def made() -> list[Shape]:
        found = shapes_of(type_)
        return [shape.many(shape.keyed) for shape in found] if repeated else found

    return made


def _format_space(shape: Format) -> Space:
    return join(
        [
            *([] if shape.header is None else [struct_space(shape.header)]),
            *([] if shape.set is None else [set_space(shape.set)]),
        ]
    )


def _object(space: Callable[[], Space], key: str = "") -> list[Shape]:
    return [Shape("object", space=space, key=key)]


def _struct(struct: StructType) -> list[Shape]:
    return _object(lambda: struct_space(struct), struct.name)


def _set(attr_set: AttrSet) -> list[Shape]:
    return _object(lambda: set_space(attr_set), attr_set.name)


def _many(shapes: list[Shape], keyed: bool = False) -> list[Shape]:
    return [shape.many(keyed) for shape in shapes]


def _plain(**kinds: str) -> Space:
    """Members of simple kinds; their names with underscores for dashes."""
    space: Space = {}
    for name, kind in kinds.items():
        _put(space, name.replace("_", "-"), Shape(kind))
    return space


def _put(space: Space, name: str, *shapes: Shape) -> None:
    found = list(shapes)
    add(space, Member(name, "", lambda: found))


def _hint(hint: str) -> str:
    if hint in _ADDRESS_HINTS:
        return "ipv4-or-v6"
    return "mac" if hint == "mac" else "bytes"


def shapes_of(type_: Type) -> list[Shape]:
    """The ways in which values of a type look."""
    if isinstance(type_, Scalar):
        return [_scalar(type_)]
    if isinstance(type_, AutoScalar):
        if type_.enum is not None:
            return [Shape("flags" if type_.flags else "enum", type_.enum)]
        return [Shape("sint" if type_.narrow.kind[0] == "s" else "uint")]
    if isinstance(type_, Text):
        return [Shape("string")]
    if isinstance(type_, Flag):
        return [Shape("bool")]
    if isinstance(type_, Opaque):
        return [Shape("bytes")]
    if isinstance(type_, (AddressByFamily, MemberAddress)):
        return [Shape("ipv4-or-v6")]
    if isinstance(type_, Bitfield32):
        return _object(lambda: _bitfield(type_.enum))
    if isinstance(type_, Hidden):
        return []
    if isinstance(type_, GuessInteger):
        return [ANY]
    known = _decoded().get(type(type_))
    if known is not None:
        return known(type_)
    if isinstance(type_, Room):
        return [Shape("string" if type_.text else _hint(type_.hint))]
    return _container(type_)


def _container(type_: Type) -> list[Shape]:
    if isinstance(type_, HintBytes):
        return [Shape(_hint(type_.hint))]
    if isinstance(type_, Nest):
        return _set(type_.set)
    if isinstance(type_, StructType):
        return _struct(type_)
    if isinstance(type_, IndexedArray):
        return _many(shapes_of(type_.item), type_.keyed)
    if isinstance(type_, NamedArray):
        return _object(lambda: _named(type_))
    if isinstance(type_, CArray):
        return _many(shapes_of(type_.item))
    if isinstance(type_, SubMessageType):
        return _object(lambda: _formats(type_), type_.name)
    if isinstance(type_, TypeValue):
        return _object(
            lambda: join([_plain(**dict.fromkeys(type_.names, "uint")), set_space(type_.set)])
        )
    return [ANY]


def _scalar(type_: Scalar) -> Shape:
    if isinstance(type_, FlagsScalar):
        return Shape("flags", type_.enum)
    if isinstance(type_, EnumScalar):
        return Shape("enum", type_.enum)
    if isinstance(type_, HintScalar) and type_.hint in _ADDRESS_HINTS and type_.size == 4:
        return Shape("ipv4-or-v6")
    return Shape("sint" if type_.kind[0] == "s" else "uint")


def _bitfield(enum: Enum | None) -> Space:
    space: Space = {}
    for name in ("value", "selector"):
        _put(space, name, Shape("uint") if enum is None else Shape("flags", enum))
    return space


def _named(type_: NamedArray) -> Space:
    space: Space = {}
    for name in type_.enum.names.values():
        add(space, Member(str(name), "", _later(type_.item)))
    return space


def _formats(type_: SubMessageType) -> Space:
    """The names in all formats of a sub-message."""
    source = type_._source
    fixed = type_.shape(None)
    if fixed is not None:
        return _format_space(fixed)
    if not isinstance(source, CompiledFamily):
        return {}
    found = []
    for message in source.spec.sub_messages:
        if message.name == type_.name:
            for format_ in message.formats:
                shape = source.shape_of(type_.name, format_.value, type_.order)
                if shape is not None:
                    found.append(_format_space(shape))
    return join(found)


# What the decoders of families make, by their classes.


def _labels() -> list[Shape]:
    return _many(_object(lambda: _plain(label="uint", tc="uint", bos="uint", ttl="uint")))


def _tailed(type_: Any) -> list[Shape]:
    def space() -> Space:
        inside: Space = {}
        tail = type_.tail
        if tail.type is not None:
            several = isinstance(tail.type, (Scalar, StructType))
            made = _later(tail.type, several)
            add(inside, Member(tail.name, tail.c_name, made, tail.secret))
        return join([struct_space(type_.head), inside])

    return _object(space)


def _masked(type_: Any) -> list[Shape]:
    def space() -> Space:
        inside: Space = {}
        for name in ("value", "mask"):
            add(inside, Member(name, "", _later(type_.half)))
        return inside

    return _object(space)


def _next_hops(type_: Any) -> list[Shape]:
    def space() -> Space:
        return join([struct_space(type_.header), set_space(type_.set)])

    return _many(_object(space, type_.set.name))


def _link_protinfo(type_: Any) -> list[Shape]:
    return [*_set(type_.set), *_set(type_.port)]


def _link_af_spec(type_: Any) -> list[Shape]:
    return [shape for each in (type_.set, *type_.own.values()) for shape in _set(each)]


def _source_route(type_: Any) -> list[Shape]:
    def space() -> Space:
        inside = _plain(tlvs="bytes")
        _put(inside, "segments", Shape("ipv4-or-v6", repeated=True))
        return join([struct_space(type_.header), inside])

    return _object(space)


def _ematch(type_: Any) -> list[Shape]:
    def space() -> Space:
        inside = _plain(pattern="bytes")
        formats = list(type_.shapes.values())
        data = _object(lambda: join([_format_space(shape) for shape in formats]))
        _put(inside, "data", *data)
        return join([struct_space(type_.head), inside])

    return _object(space, "ematch")


def _socket_info(type_: Any) -> list[Shape]:
    structs = (type_._tcp.whole, type_._mptcp.whole, type_._sctp)
    return [shape for struct in structs for shape in _struct(struct)]


def _bit_fields(type_: Any) -> list[Shape]:
    return _object(lambda: _plain(**{name: "uint" for name, _, _ in type_._parts}))


def _options(type_: Any) -> list[Shape]:
    module = import_module("nldissect.families.decoders.diag")
    names = [name for part in module._OPTIONS for name in part]
    return [Shape("flags", Enum("sockopt", {}, dict(enumerate(names))))]


def _elements(type_: Any) -> list[Shape]:
    def space() -> Space:
        inside: Space = {}
        for name in (*type_.ids.values(), *type_.extensions.values()):
            _put(inside, str(name), ANY)
        return inside

    return _many(_object(space, ELEMENTS))


def _frame(type_: Any) -> list[Shape]:
    def space() -> Space:
        inside = _plain(
            duration="uint", destination="mac", source="mac", bssid="mac", ht_control="uint",
            timestamp="uint", beacon_interval="uint", listen_interval="uint", current_ap="mac",
            aid="uint", algorithm="any", transaction="uint", action="uint", body="bytes",
        )  # fmt: skip
        control = _plain(flags="any")
        _put(control, "type", Shape("enum", type_.types))
        _put(inside, "frame-control", Shape("object", space=lambda: control))
        sequence = _plain(sequence="uint", fragment="uint")
        _put(inside, "sequence-control", Shape("object", space=lambda: sequence))
        _put(inside, "capability", Shape("flags", type_.capabilities))
        _put(inside, "reason-code", Shape("enum", type_.reasons))
        _put(inside, "status-code", Shape("enum", type_.statuses))
        _put(inside, "category", Shape("enum", type_.categories))
        _put(inside, "elements", *_elements(type_.elements))
        return inside

    return _object(space)


_DECODED: Final[dict[str, Callable[[Any], list[Shape]]]] = {
    "diag.BitFields": _bit_fields,
    "diag.SockAddrArray": lambda type_: [Shape("string", repeated=True)],
    "diag.SocketInfo": _socket_info,
    "diag.SocketOptions": _options,
    "generic.BitWords": lambda type_: [Shape("bytes")],
    "generic.FlexibleStruct": _tailed,
    "generic.GrowingStruct": lambda type_: _struct(type_.whole),
    "generic.OrderedNest": lambda type_: _many(_set(type_.set)),
    "generic.SockAddr": lambda type_: [Shape("string")],
    "generic.TaskStats": lambda type_: _struct(type_.whole),
    "netfilter.UserData": lambda type_: [Shape("bytes")],
    "ovs.Masked": _masked,
    "route.GroupAddress": lambda type_: [Shape("ipv4-or-v6"), Shape("mac")],
    "route.FlagOrByte": lambda type_: [Shape("uint"), Shape("bool")],
    "route.Labels": lambda type_: _labels(),
    "route.LinkAfSpec": _link_af_spec,
    "route.LinkProtinfo": _link_protinfo,
    "route.NestOrByte": lambda type_: [*_set(type_.set), Shape("uint")],
    "route.NextHops": _next_hops,
    "route.RouteAddress": lambda type_: [Shape("ipv4-or-v6"), *_labels()],
    "route.SourceRoute": _source_route,
    "route.StructArray": lambda type_: _many(_struct(type_.item)),
    "route.Via": lambda type_: _object(
        lambda: _plain(rtvia_family="uint", rtvia_addr="ipv4-or-v6")
    ),
    "tc.Ematch": _ematch,
    "tc.TailedStruct": lambda type_: _tailed_array(type_),
    "wireless.AnyWidth": lambda type_: [Shape("uint")],
    "wireless.Bitmap": lambda type_: [Shape("flags", _as_bits(type_.enum))],
    "wireless.BySize": lambda type_: [*shapes_of(type_.usual), *shapes_of(type_.special)],
    "wireless.Elements": _elements,
    "wireless.Frame": _frame,
    "wireless.Ssid": lambda type_: [Shape("string")],
}
"""Module and class below ``families.decoders``; any other type holds anything."""


def _tailed_array(type_: Any) -> list[Shape]:
    def space() -> Space:
        inside: Space = {}
        add(inside, Member(type_.tail.name, type_.tail.c_name, _later(type_.item, True)))
        return join([struct_space(type_.head), inside])

    return _object(space)


def _as_bits(enum: Enum) -> Enum:
    """An enum whose values are numbers of bits."""
    return Enum(enum.name, {}, {number: str(name) for number, name in enum.names.items()})


@cache
def _decoded() -> dict[type[Type], Callable[[Any], list[Shape]]]:
    found = {}
    for path, shape in _DECODED.items():
        module, name = path.split(".")
        found[getattr(import_module(f"nldissect.families.decoders.{module}"), name)] = shape
    return found
