"""Values to messages: the bytes that decode to a family's header and attributes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from socket import AF_INET, AF_INET6, inet_pton
from struct import Struct, error as StructError
from typing import Any, Final

from .datagram import shared_registry
from .dissect import flag_class
from .errors import UsageError
from .families.decoders.netfilter import UserData, XtInfo
from .families.decoders.nft_sets import Datatype, SetElements
from .families.decoders.nft_values import Expressions
from .families.decoders.packets import (
    CapturedPacket,
    Frame,
    LinkHeader,
    NetworkPacket,
    Packet,
    TransportHeader,
)
from .families.decoders.route import (
    DevConf,
    FlagOrByte,
    LinkAfSpec,
    LinkProtinfo,
    RouteAddress,
    StructArray,
)
from .registry import Registry
from .spec.compile import CompiledFamily, Op
from .spec.sets import AttrSet, IndexedArray, Nest, Shape, SubMessageType, TypeValue
from .spec.structs import Member, MemberAddress, StructType
from .spec.types import (
    PREFIX,
    SCALARS,
    AddressByFamily,
    AutoScalar,
    Bitfield32,
    CArray,
    Enum,
    EnumScalar,
    Flag,
    FlagsScalar,
    HintBytes,
    HintScalar,
    LabelScalar,
    LinkScalar,
    NamedArray,
    Opaque,
    Scalar,
    Scope,
    Text,
    Type,
)
from .wire.consts import (
    FLAGS,
    FLAGS_BY_CLASS,
    GENL_ID_CTRL,
    NETLINK_GENERIC,
    NLA_F_NESTED,
    NLM_F_DUMP,
    NLMSG_HDRLEN,
)
from .wire.headers import NLMSGHDR

_NUMBERED: Final = re.compile(r".*\((-?\d+)\)")
_GENLMSGHDR: Final = {"little": Struct("<BBH"), "big": Struct(">BBH")}
_NLATTR: Final = {"little": Struct("<HH"), "big": Struct(">HH")}
_U16: Final = 0xFFFF
_ONE: Final = b"\1" + bytes(7)

Value = Any
"""What the ``attrs`` object of a message holds, or bytes: a payload as it is."""


def encode(
    family: str,
    operation: str,
    attrs: Mapping[str, Value] | None = None,
    *,
    header: Mapping[str, Value] | None = None,
    flags: int | Iterable[str] | None = None,
    seq: int = 0,
    pid: int = 0,
    id: int | None = None,
    version: int | None = None,
    direction: str = "request",
    registry: Registry | None = None,
    order: str = sys.byteorder,
) -> bytes:
    """One nlmsg by names: what decoding it gives back.

    attrs, header: values as ``Message.attrs`` and ``Message.header`` have them, attributes in
    their order on the wire; bytes stand for a payload as it is, an enum's value may be its
    number, and members of the header that are not given are 0. flags: names (``dump`` is both of
    its bits) or a number; without, ``request`` alone for requests. id: the nlmsg_type of a generic
    family. version: of the genlmsghdr, by default the specification's. direction: ``request``,
    or ``reply`` for what the kernel sends. order: little or big, by default this machine's.

    Raises UsageError for names that do not exist, and values that their attribute cannot have.
    """
    if order not in NLMSGHDR:
        raise UsageError(f"byte order {order!r} is neither little nor big")
    registry = registry or shared_registry()
    compiled = registry.family(family, order)
    if compiled is None:
        raise _unknown("family", family, registry.names())
    op = _operation(compiled, operation, direction)
    if compiled.spec.protonum in (None, NETLINK_GENERIC):
        if id is None and family != "nlctrl":
            raise UsageError(f"{family} is a generic family, whose id must be told")
        type_ = GENL_ID_CTRL if id is None else id
        spec_version = compiled.spec.version if version is None else version
        body = _packed(_GENLMSGHDR[order], "genlmsghdr", op.number, spec_version, 0)
        protocol = NETLINK_GENERIC
    else:
        type_, body, protocol = op.number, b"", compiled.spec.protonum or 0
    body += _body(op, header or {}, attrs or {})
    if flags is None:
        flags = ("request",) if direction == "request" else ()
    bits = flags if isinstance(flags, int) else _flag_bits(flags, protocol, type_, op.c_name)
    size = NLMSG_HDRLEN + len(body)
    return _packed(NLMSGHDR[order], "nlmsghdr", size, type_, bits, seq, pid) + body


def encode_attrs(attr_set: AttrSet, attrs: Mapping[str, Value]) -> bytes:
    """A run of attributes. Raises UsageError."""
    return _run(attr_set, attrs, None)


def _unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    near = get_close_matches(str(name), [str(item) for item in known], 3)
    return UsageError(f"there is no {what} {name}" + (f"; did you mean {' or '.join(near)}?"
                                                      if near else ""))  # fmt: skip


def _packed(layout: Struct, what: str, *numbers: int) -> bytes:
    try:
        return layout.pack(*numbers)
    except StructError as why:
        raise UsageError(f"{what}: {why}") from None


def _operation(family: CompiledFamily, name: str, direction: str) -> Op:
    spec = next((op for op in family.spec.operations if op.name == name), None)
    if spec is None:
        raise _unknown("operation", name, [op.name for op in family.spec.operations])
    number = spec.request_value if direction == "request" else spec.reply_value
    op = None if number is None else family.op(number, direction)
    if op is None:
        raise UsageError(f"{name} of {family.name} has no {direction}")
    return op


def _flag_bits(names: Iterable[str], protocol: int, type_: int, c_name: str) -> int:
    tables = (FLAGS, FLAGS_BY_CLASS[flag_class(protocol, type_, c_name)])
    known = {name: bit for table in tables for bit, name in table.items()}
    known["dump"] = NLM_F_DUMP
    bits = 0
    for name in names:
        if name in known:
            bits |= known[name]
        elif _is_hex(name):
            bits |= int(name, 16)
        else:
            raise _unknown("flag", name, known)
    return bits


def _is_hex(text: str) -> bool:
    return re.fullmatch("0x[0-9a-f]+", text) is not None


def _body(op: Op, header: Mapping[str, Value], attrs: Mapping[str, Value]) -> bytes:
    """Family header and attributes, in the shape that the header's members ask for."""
    shapes = [Shape(op.header, op.set), *(shape for shape in op.shapes if shape.when is None)]
    shape = next((shape for shape in shapes if _has(shape.header, header)), shapes[0])
    if op.header is not None:
        own = {name: header[name] for name in header if name in op.header.names}
        first = _struct(op.header, own, None)
        shape = next((other for other in op.shapes if other.chosen(first, 0, len(first))), shape)
    raw = _header(shape.header, header)
    raw += bytes(-len(raw) % 4)
    if not attrs:
        return raw
    if shape.set is None:
        raise UsageError(f"{op.name} of {op.family.name} has no attributes")
    scope = None
    if shape.header is not None:
        scope = Scope(shape.header.members(raw, 0), None)
    return raw + _run(shape.set, attrs, scope)


def _has(struct: StructType | None, members: Mapping[str, Value]) -> bool:
    names = () if struct is None else [field.name for field in struct.fields]
    return all(name in names for name in members)


def _header(struct: StructType | None, members: Mapping[str, Value]) -> bytes:
    if struct is not None:
        return _struct(struct, members, None)
    if members:
        raise _unknown("member", next(iter(members)), ())
    return b""


def _run(attr_set: AttrSet, attrs: Mapping[str, Value], outer: Scope | None) -> bytes:
    """A run of attributes in the order of the mapping."""
    by_name = {attr.name: attr for attr in attr_set.attrs.values()}
    scope = Scope(dict(attrs), outer)
    out = []
    for name, value in attrs.items():
        attr = by_name.get(name)
        if attr is None:
            number = name.removeprefix("attr-")
            if not isinstance(value, bytes) or not number.isdecimal():
                raise _unknown(f"attribute in {attr_set.name}:", name, by_name)
            out.append(_attr(attr_set.order, int(number), value))
            continue
        several = attr.multi and isinstance(value, list)
        for item in value if several else [value]:
            try:
                payload = _payload(attr.type, item, scope)
            except (StructError, OSError, TypeError, ValueError, AttributeError) as why:
                raise UsageError(f"{name} cannot be {item!r}: {why}") from None
            except UsageError as why:
                raise UsageError(f"{name}: {why}") from None
            out.append(_attr(attr_set.order, attr.number | _nested(attr.type), payload))
    return b"".join(out)


def _nested(type_: Type) -> int:
    """The mark of attributes that hold attributes."""
    return NLA_F_NESTED if isinstance(type_, (Nest, IndexedArray, TypeValue)) else 0


def _attr(order: str, kind: int, payload: bytes) -> bytes:
    size = len(payload) + 4
    if size > _U16:
        raise UsageError(f"{len(payload)} bytes are too many for an attribute")
    return _NLATTR[order].pack(size, kind) + payload + bytes(-size % 4)


def _payload(type_: Type, value: Value, scope: Scope | None) -> bytes:
    """The bytes of a value. Raises UsageError, and what its conversion raises."""
    if isinstance(value, bytes):
        return value
    how = _ENCODERS.get(type(type_))
    if how is None:
        raise UsageError(f"only bytes are taken, {type(type_).__name__} is not written")
    return how(type_, value, scope)


def _integer(kind: str, order: str, number: int) -> bytes:
    return Struct(PREFIX[order] + SCALARS[kind]).pack(number)


def _number(value: Value) -> int:
    if isinstance(value, str):
        return int(value, 0)
    if isinstance(value, int):
        return int(value)
    raise TypeError("not a number")


def _named(enum: Enum, value: Value) -> int:
    if not isinstance(value, str):
        return _number(value)
    for number, name in enum.names.items():
        if name == value:
            return number
    numbered = _NUMBERED.fullmatch(value)
    if numbered is not None:
        return int(numbered[1])
    if _is_hex(value):
        return int(value, 16)
    raise _unknown(f"value in {enum.name}:", value, [str(name) for name in enum.names.values()])


def _bits(enum: Enum, value: Value) -> int:
    if isinstance(value, int):
        return value
    bits = 0
    names = {name: bit for bit, name in enum.bits.items()}
    for name in [value] if isinstance(value, str) else value:
        if name in names:
            bits |= 1 << names[name]
        elif _is_hex(name):
            bits |= int(name, 16)
        else:
            raise _unknown(f"flag in {enum.name}:", name, names)
    return bits


def _scalar(type_: Scalar, value: Value, scope: Scope | None) -> bytes:
    return _integer(type_.kind, type_.order, _number(value))


def _label(type_: LabelScalar, value: Value, scope: Scope | None) -> bytes:
    if isinstance(value, str):
        numbers = [number for number, name in type_.labels.items() if name == value]
        value = numbers[0] if numbers else value
    return _scalar(type_, value, scope)


def _enum(type_: EnumScalar, value: Value, scope: Scope | None) -> bytes:
    return _integer(type_.kind, type_.order, _named(type_.enum, value))


def _flags(type_: FlagsScalar, value: Value, scope: Scope | None) -> bytes:
    number = _bits(type_.enum, value)
    if type_.kind[0] == "s" and number >> (type_.size * 8 - 1) == 1:
        number -= 1 << type_.size * 8
    return _integer(type_.kind, type_.order, number)


def _hint(type_: HintScalar, value: Value, scope: Scope | None) -> bytes:
    if isinstance(value, str) and "." in value:
        number = int.from_bytes(inet_pton(AF_INET, value), "big")
    else:
        number = _number(value)
    return _integer(type_.kind, type_.order, number)


def _auto(type_: AutoScalar, value: Value, scope: Scope | None) -> bytes:
    if type_.enum is None:
        number = _number(value)
    else:
        number = (_bits if type_.flags else _named)(type_.enum, value)
    try:
        return _integer(type_.narrow.kind, type_.narrow.order, number)
    except StructError:
        return _integer(type_.wide.kind, type_.wide.order, number)


def _flag(type_: Flag, value: Value, scope: Scope | None) -> bytes:
    if value is not True:
        raise TypeError("a flag is there or not")
    return b""


def _text(type_: Text, value: Value, scope: Scope | None) -> bytes:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value.encode() + b"\0"


def _address(value: str) -> bytes:
    return inet_pton(AF_INET6 if ":" in value else AF_INET, value)


def _hint_bytes(type_: HintBytes, value: Value, scope: Scope | None) -> bytes:
    return _formatted(type_.hint, value)


def _formatted(hint: str, value: str) -> bytes:
    """What format_bytes wrote so."""
    if hint.startswith("ipv") and ("." in value or ":" in value):
        return _address(value)
    for mark in ":-":
        value = value.replace(mark, "")
    return bytes.fromhex(value)


def _by_family(type_: AddressByFamily, value: Value, scope: Scope | None) -> bytes:
    return _formatted("ipv4-or-v6", value)


def _hex(type_: Opaque, value: Value, scope: Scope | None) -> bytes:
    return bytes.fromhex(value)


def _bitfield(type_: Bitfield32, value: Value, scope: Scope | None) -> bytes:
    pair = (value["value"], value["selector"])
    if type_.enum is not None:
        pair = (_bits(type_.enum, pair[0]), _bits(type_.enum, pair[1]))
    order = "little" if type_.unpack(_ONE)[0] == 1 else "big"
    return Struct(PREFIX[order] + "II").pack(*pair)


def _array(type_: CArray, value: Value, scope: Scope | None) -> bytes:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return b"".join([_payload(type_.item, item, scope) for item in value])


def _named_array(type_: NamedArray, value: Value, scope: Scope | None) -> bytes:
    """The elements up to the last that is named; those left out are 0."""
    numbers = {
        int(name) if name.isdecimal() else _named(type_.enum, name): item
        for name, item in value.items()
    }
    size = max(numbers, default=-1) + 1
    return _array(type_, [numbers.get(index, 0) for index in range(size)], scope)


def _settings(type_: DevConf, value: Value, scope: Scope | None) -> bytes:
    """All settings as an array, as the kernel tells them; some as attributes, to set them."""
    indexes = [int(name) if name.isdecimal() else _named(type_.enum, name) for name in value]
    if len(indexes) > 1 and indexes == list(range(len(indexes))):
        return _named_array(type_, value, scope)
    order = type_.item.order
    return b"".join(
        [
            _attr(order, index + 1, _payload(type_.item, value[name], scope))
            for index, name in zip(indexes, value)
        ]
    )


def _struct(type_: StructType, value: Value, scope: Scope | None) -> bytes:
    """All members; those left out are 0."""
    names = {field.name for field in type_.fields if field.type is not None}
    for name in value:
        if name not in names:
            raise _unknown(f"member in struct {type_.name}:", name, names)
    out = bytearray(type_.size)
    for field in type_.fields:
        if field.name not in value or field.type is None:
            continue
        given = value[field.name]
        try:
            raw = _payload(field.type, given, scope)
        except (StructError, OSError, TypeError, ValueError, AttributeError) as why:
            raise UsageError(f"{field.name} cannot be {given!r}: {why}") from None
        if isinstance(field.type, Member) and field.type.text and not isinstance(given, bytes):
            # A name may fill its room to the last byte.
            raw = raw[: field.size] if len(raw) == field.size + 1 else raw
        if len(raw) > field.size:
            raise UsageError(f"{field.name} cannot be {given!r}: it has {field.size} bytes")
        out[field.offset : field.offset + len(raw)] = raw
    return bytes(out)


def _member(type_: Member, value: Value, scope: Scope | None) -> bytes:
    return str(value).encode() + b"\0" if type_.text else _formatted(type_.hint, value)


def _nest(type_: Nest, value: Value, scope: Scope | None) -> bytes:
    return _run(type_.set, value, scope)


def _chosen_nest(type_: LinkAfSpec | LinkProtinfo, value: Value, scope: Scope | None) -> bytes:
    if isinstance(type_, LinkProtinfo) and not isinstance(value, dict):
        return bytes([value])
    return _run(type_.choose(scope), value, scope)


def _route_address(type_: RouteAddress, value: Value, scope: Scope | None) -> bytes:
    if not isinstance(value, str):
        raise TypeError("only addresses are written")
    return _formatted(type_.hint, value)


def _structs(type_: StructArray, value: Value, scope: Scope | None) -> bytes:
    return b"".join([_struct(type_.item, item, scope) for item in value])


def _flag_or_byte(type_: FlagOrByte, value: Value, scope: Scope | None) -> bytes:
    return b"" if value is True else bytes([value])


def _items(type_: IndexedArray, value: Value, scope: Scope | None) -> bytes:
    """The elements under their indexes, which count from 1 where they are not told."""
    return b"".join(
        [
            _attr(type_.order, index | _nested(type_.item), _payload(type_.item, item, scope))
            for index, item in _indexed(type_, value)
        ]
    )


def _indexed(type_: IndexedArray, value: Value) -> Iterator[tuple[int, Value]]:
    for place, item in enumerate(value, 1):
        if type_.keyed and isinstance(item, dict) and len(item) == 1:
            name, inner = next(iter(item.items()))
            if name.isdecimal():
                yield int(name), inner
                continue
        yield place, item


def _type_value(type_: TypeValue, value: Value, scope: Scope | None) -> bytes:
    rest = {name: item for name, item in value.items() if name not in type_.names}
    payload = _run(type_.set, rest, scope)
    for name in reversed(type_.names):
        payload = _attr(type_.set.order, _number(value[name]) | NLA_F_NESTED, payload)
    return payload


def _sub_message(type_: SubMessageType, value: Value, scope: Scope | None) -> bytes:
    shape = type_.shape(scope)
    if shape is None:
        raise UsageError(f"{type_.selector} does not say which {type_.name} it is")
    raw, rest = b"", value
    if shape.header is not None:
        names = shape.header.names
        raw = _struct(shape.header, {name: value[name] for name in value if name in names}, scope)
        rest = {name: item for name, item in value.items() if name not in names}
        if shape.set is not None:
            raw += bytes(-len(raw) % 4)
    if shape.set is not None:
        return raw + _run(shape.set, rest, scope)
    if rest:
        raise _unknown(f"attribute in {type_.name}:", next(iter(rest)), ())
    return raw


def _packet(type_: Packet, value: Value, scope: Scope | None) -> bytes:
    return bytes.fromhex(value["data"] if isinstance(value, Mapping) else value)


def _xt_info(type_: XtInfo, value: Value, scope: Scope | None) -> bytes:
    if type_.shape(scope) is None:
        return bytes.fromhex(value)
    raw = _sub_message(type_, value, scope)
    # XT_ALIGN: the kernel checks the padded size.
    return raw + bytes(-len(raw) % 8)


_ENCODERS: Final[dict[type[Type], Callable[[Any, Value, Scope | None], bytes]]] = {
    AddressByFamily: _by_family,
    AutoScalar: _auto,
    Bitfield32: _bitfield,
    CArray: _array,
    Datatype: _label,
    DevConf: _settings,
    EnumScalar: _enum,
    Expressions: _nest,
    Flag: _flag,
    FlagOrByte: _flag_or_byte,
    FlagsScalar: _flags,
    HintBytes: _hint_bytes,
    HintScalar: _hint,
    LabelScalar: _label,
    LinkScalar: _label,
    IndexedArray: _items,
    LinkAfSpec: _chosen_nest,
    LinkProtinfo: _chosen_nest,
    Member: _member,
    MemberAddress: _by_family,
    NamedArray: _named_array,
    Nest: _nest,
    Opaque: _hex,
    UserData: _hex,
    RouteAddress: _route_address,
    Scalar: _scalar,
    SetElements: _nest,
    StructArray: _structs,
    StructType: _struct,
    SubMessageType: _sub_message,
    Text: _text,
    TypeValue: _type_value,
    Frame: _packet,
    LinkHeader: _packet,
    NetworkPacket: _packet,
    TransportHeader: _packet,
    CapturedPacket: _packet,
    XtInfo: _xt_info,
}
