"""Specification to decode tables: integer-keyed, one set for each byte order, made when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mypy_extensions import mypyc_attr

from ..errors import SpecError
from ..text import Json
from .checks import SIZES, Check
from .labels import LABELS
from .lessons import Lesson
from .model import (
    Alternative,
    Attribute,
    AttributeSet,
    Definition,
    Entry,
    Family,
    Format,
    GroupChoice,
    Member,
    Operation,
)
from .sets import Attr, AttrSet, IndexedArray, Nest, Shape, SubMessageType, TypeValue
from .structs import Field, Member as MemberType, MemberAddress, StructType
from .types import (
    OPAQUE,
    TEXT,
    AddressByFamily,
    AutoScalar,
    Bitfield32,
    CArray,
    Enum,
    EnumScalar,
    Flag,
    FlagsScalar,
    Hidden,
    HintBytes,
    HintScalar,
    LabelScalar,
    LinkScalar,
    NamedArray,
    Scalar,
    Type,
)

INTEGERS: Final = frozenset(("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"))
_SIZES: Final = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s8": 1, "s16": 2, "s32": 4, "s64": 8}
_CHECKED: Final = frozenset((*SIZES, "binary", "string"))
_ORDERS: Final = {"little-endian": "little", "big-endian": "big"}

DecoderFactory = Callable[["CompiledFamily", Attribute, str], Type]
"""Makes a decoder for one attribute in one byte order (``little`` or ``big``)."""


def c_upper(name: str) -> str:
    """A YNL name as a C constant spells it."""
    return name.upper().replace("-", "_").replace(" ", "_")


class Op:
    """One operation in one direction and byte order.

    number: nlmsg_type of a classic protocol, command of a generic family.
    kind: request, reply, notify or event. shapes: other headers and sets that the same message
    may have, chosen by the header or tried when the first does not read to the end. scoped: the
    header's members say what some attributes are. answered: the specification gives it a reply.
    group: the multicast group of a notification where none of ``choices`` says another.
    lessons: what the message tells of things that others mention.
    """

    __slots__ = ("family", "name", "c_name", "number", "kind", "header", "set", "group", "shapes",
                 "scoped", "answered", "choices", "lessons")  # fmt: skip

    def __init__(
        self,
        family: CompiledFamily,
        name: str,
        c_name: str,
        number: int,
        kind: str,
        header: StructType | None,
        attr_set: AttrSet | None,
        group: str | None,
        shapes: list[Shape],
        scoped: bool = False,
        answered: bool = False,
        choices: Sequence[GroupChoice] = (),
        lessons: Sequence[Lesson] = (),
    ) -> None:
        self.family = family
        self.name = name
        self.c_name = c_name
        self.number = number
        self.kind = kind
        self.header = header
        self.set = attr_set
        self.group = group
        self.shapes = shapes
        self.scoped = scoped
        self.answered = answered
        self.choices = choices
        self.lessons = lessons


@mypyc_attr(allow_interpreted_subclasses=True)
class Resolver:
    """What a family needs of its surroundings: other families and the registered decoders."""

    def family(self, name: str, order: str) -> CompiledFamily | None:
        """The compiled family of that name."""
        return None

    def decoder(self, name: str) -> DecoderFactory | None:
        """The registered decoder of that name."""
        return None


class CompiledFamily:
    """Decode tables of one family in one byte order.

    requests and replies map message numbers to operations, by direction.
    """

    def __init__(self, spec: Family, order: str, resolver: Resolver) -> None:
        self.spec = spec
        self.name = spec.name
        self.order = order
        self._resolver = resolver
        self._definitions = {definition.name: definition for definition in spec.definitions}
        self._sets_by_name = {item.name: item for item in spec.attribute_sets}
        self._enums: dict[str, Enum] = {}
        self._structs: dict[tuple[str, str], StructType] = {}
        self._sets: dict[tuple[str, str], AttrSet] = {}
        self._formats: dict[str, dict[str, Format]] = {
            item.name: {shape.value: shape for shape in item.formats} for item in spec.sub_messages
        }
        self.requests: dict[int, Operation] = {}
        self.replies: dict[int, Operation] = {}
        self.notifications: dict[int, Operation] = {}
        self._by_name = {op.name: op for op in spec.operations}
        for op in spec.operations:
            if op.notify is not None or op.event is not None:
                if op.reply_value is not None:
                    self.notifications.setdefault(op.reply_value, op)
                continue
            if op.request_value is not None:
                self.requests.setdefault(op.request_value, op)
            if op.reply_value is not None and self._answers(op):
                self.replies.setdefault(op.reply_value, op)
        self._ops: dict[tuple[int, str], Op | None] = {}

    @staticmethod
    def _answers(op: Operation) -> bool:
        """Whether the specification gives the operation a reply of its own."""
        return any(mode is not None and mode.reply is not None for mode in (op.dump, op.do))

    def op(self, number: int, direction: str) -> Op | None:
        """The operation of a message; direction is request, reply, notify or unknown.

        A message from the kernel whose number only requests have is named by that request.
        """
        key = (number, direction)
        if key not in self._ops:
            if len(self._ops) > 4096:
                self._ops.clear()
            self._ops[key] = self._find(number, direction)
        return self._ops[key]

    def _find(self, number: int, direction: str) -> Op | None:
        tables: list[tuple[dict[int, Operation], str]]
        if direction == "request":
            tables = [(self.requests, "request")]
        elif direction == "notify":
            tables = [(self.notifications, "notify"), (self.replies, "reply")]
        else:
            tables = [(self.replies, "reply"), (self.notifications, "notify")]
        for table, kind in tables:
            op = table.get(number)
            if op is not None:
                return self._compile_op(op, number, kind)
        if direction != "request" and self._same_numbers:
            op = self.requests.get(number)
            if op is not None:
                return self._compile_op(op, number, direction)
        return None

    def against(self, number: int) -> Op | None:
        """The kernel's own operation that a request claims to be; None for a number too new."""
        if number in self.requests:
            return None
        if self.spec.enum_model == "directional" and number > max(self.requests, default=0):
            return None
        return self.op(number, "reply")

    @property
    def only_set(self) -> AttrSet | None:
        """The attributes of all messages of a family that has one set for them; else None."""
        names = {op.attribute_set for op in self.spec.operations if op.attribute_set}
        return self.attr_set(names.pop()) if len(names) == 1 else None

    @property
    def _same_numbers(self) -> bool:
        """Whether both directions share one number space."""
        return self.spec.enum_model == "unified" or self.spec.protonum is not None

    @property
    def _only_group(self) -> str | None:
        """The group of all notifications of a family that has one."""
        return self.spec.groups[0].name if len(self.spec.groups) == 1 else None

    def _compile_op(self, op: Operation, number: int, kind: str) -> Op:
        set_name = op.attribute_set
        header = op.fixed_header
        told = op
        if op.notify is not None and op.notify in self._by_name:
            told = named = self._by_name[op.notify]
            set_name = set_name or named.attribute_set
            header = header or named.fixed_header
        order = self.order
        struct = None if not header else self.struct(header, order)
        attrs = None if not set_name else self.attr_set(set_name, order)
        lessons = []
        if told.teaches and attrs is not None and (kind != "request") == self._answers(told):
            lessons = [
                Lesson(item.fact, item.key, item.value, struct, attrs) for item in told.teaches
            ]
        return Op(
            self,
            op.name,
            self._op_c_name(op, number, kind),
            number,
            "event" if op.event is not None else kind,
            struct,
            attrs,
            op.mcgrp or self._only_group,
            [
                self._shape(shape, header, order)
                for shape in op.alternatives or ()
                # The kernel keeps to one shape, or says in the header which it is.
                if kind == "request" or shape.when is not None
            ],
            self._is_scoped(header, set_name),
            self._answers(op),
            op.mcgrp_when or (),
            lessons,
        )

    def _shape(self, shape: Alternative, own_header: str | None, order: str) -> Shape:
        when: list[tuple[Field, Json]] | None = None
        if shape.when is not None:
            fields = {field.name: field for field in self.struct(own_header or "", order).fields}
            when = [(fields[name], value) for name, value in shape.when.items()]
        return Shape(
            None if not shape.fixed_header else self.struct(shape.fixed_header, order),
            None if not shape.attribute_set else self.attr_set(shape.attribute_set, order),
            when,
        )

    def _is_scoped(self, header: str | None, set_name: str | None) -> bool:
        attribute_set = self._sets_by_name.get(set_name or "")
        if not header or attribute_set is None:
            return False
        members = {member.name for member in self._definition(header).members or ()}
        return any(attr.selector in members for attr in attribute_set.attributes)

    def _op_c_name(self, op: Operation, number: int, kind: str) -> str:
        if op.c_name is not None:
            return op.c_name
        if self.spec.protonum is not None:
            # A classic protocol's constant names the number, whoever sends it.
            named = self.requests.get(number) or self.notifications.get(number) or op
            return c_upper(self._prefix_of(named) + named.name.removesuffix("-ntf"))
        if kind == "request" or self.spec.enum_model != "directional":
            return c_upper(self._prefix_of(op) + op.name)
        named = self.notifications.get(number, op)
        if named is op and kind == "reply" and self.spec.async_prefix is not None:
            return c_upper(f"{self.spec.async_prefix}{op.name}-reply")
        request = self.requests.get(number)
        answer = named is op and kind == "reply"
        if request is not None and (answer or named.name == f"{request.name}-ntf"):
            # One enum for both directions, and one constant for a request and its answer.
            named = request
        return c_upper(self._prefix_of(named) + named.name)

    def _prefix_of(self, op: Operation) -> str:
        prefix = self.spec.operation_prefix
        if op.notify is not None or op.event is not None:
            prefix = self.spec.async_prefix or prefix
        return f"{self.spec.name}-cmd-" if prefix is None else prefix

    def attr_set(self, name: str, order: str | None = None) -> AttrSet:
        """An attribute set; FAMILY/SET names one of another family. Made when first used."""
        order = order or self.order
        key = (name, order)
        known = self._sets.get(key)
        if known is None:
            if "/" in name:
                other, inner = name.split("/", 1)
                known = self.other(other, order).attr_set(inner, order)
            else:
                spec = self._sets_by_name.get(name)
                if spec is None:
                    raise SpecError(f"there is no attribute set {name}", self.name)
                known = AttrSet(name, order, self, spec.identity or [])
            self._sets[key] = known
        return known

    def other(self, name: str, order: str | None = None) -> CompiledFamily:
        """Another family, of which this one has parts."""
        family = self._resolver.family(name, order or self.order)
        if family is None:
            raise SpecError(f"there is no family {name}", self.name)
        return family

    def attrs_of(self, name: str, order: str) -> dict[int, Attr]:
        """The table of a set (called by AttrSet when it is first used)."""
        spec = self._sets_by_name[name]
        if spec.subset_of is None:
            return {
                attr.value: self._compile_attr(spec, attr, order)
                for attr in spec.attributes
                if attr.value is not None and attr.type != "unused"
            }
        parent = self._sets_by_name[spec.subset_of]
        by_name = {attr.name: attr for attr in parent.attributes}
        table = {}
        for attr in spec.attributes:
            whole = by_name.get(attr.name)
            if whole is not None:
                attr = _merged(whole, attr)
            if attr.value is not None and attr.type != "unused":
                table[attr.value] = self._compile_attr(parent, attr, order)
        return table

    def _compile_attr(self, owner: AttributeSet, attr: Attribute, order: str) -> Attr:
        if attr.name_prefix is not None:
            prefix = attr.name_prefix
        elif owner.name_prefix is not None:
            prefix = owner.name_prefix
        elif owner.name == self.name:
            prefix = f"{self.name}-a-"
        else:
            prefix = f"{self.name}-a-{owner.name}-"
        return Attr(
            attr.name,
            c_upper(prefix + attr.name),
            attr.value or 0,
            attr.multi_attr,
            self.type_of(attr, order),
            attr.type == "pad",
            attr.secret,
            attr.selector or "",
            self._check(attr, order),
        )

    def _check(self, attr: Attribute, family_order: str) -> Check | None:
        """What the kernel asks of an attribute in a request."""
        checks, kind = attr.checks, attr.type or ""
        if checks is None or kind not in _CHECKED:
            return None
        if kind == "string" and not checks.unterminated_ok:
            kind = "nul-string"
        made = Check(
            kind,
            _ORDERS.get(attr.byte_order or "", family_order),
            low=checks.min,
            high=checks.max,
            mask=None if checks.flags_mask is None else self._mask(checks.flags_mask),
            shortest=checks.min_len if checks.exact_len is None else checks.exact_len,
            longest=checks.max_len if checks.exact_len is None else checks.exact_len,
        )
        return made if made.limits else None

    def _mask(self, name: str) -> int:
        """All bits of an enum or flags definition."""
        return sum(1 << bit for bit in self.enum(name).bits)

    def type_of(self, attr: Attribute, family_order: str) -> Type:
        """The decoder of one attribute."""
        if attr.decoder is not None:
            factory = self._resolver.decoder(attr.decoder)
            if factory is None:
                raise SpecError(f"attribute {attr.name}: no decoder {attr.decoder}", self.name)
            return factory(self, attr, family_order)
        kind = attr.type or ""
        order = _ORDERS.get(attr.byte_order or "", family_order)
        if kind in INTEGERS:
            return self._integer(kind, order, attr.enum, attr.enum_as_flags, attr.display_hint)
        if kind in ("uint", "sint"):
            enum = self.enum(attr.enum) if attr.enum else None
            flags = attr.enum_as_flags or self._is_flags(attr.enum)
            return AutoScalar(kind, order, enum, flags, attr.display_hint or "")
        if kind == "nest":
            return Nest(self.attr_set(attr.nested_attributes or "", family_order))
        if kind == "string":
            return TEXT
        if kind == "flag":
            return Flag()
        if kind == "binary":
            return self._binary(attr, order, family_order)
        if kind in ("indexed-array", "array-nest"):
            return self._array(attr, order, family_order)
        if kind == "nest-type-value":
            inner = self.attr_set(attr.nested_attributes or "", family_order)
            return TypeValue(attr.type_value or [], inner)
        if kind == "sub-message":
            return SubMessageType(
                attr.sub_message or "", attr.selector or "", family_order, self,
                attr.or_selector or "",
            )  # fmt: skip
        if kind == "bitfield32":
            return Bitfield32(family_order, self.enum(attr.enum) if attr.enum else None)
        if kind == "pad":
            return Hidden()
        return OPAQUE

    def _integer(
        self, kind: str, order: str, enum: str | None, as_flags: bool, hint: str | None
    ) -> Scalar:
        if enum:
            names = self.enum(enum)
            if as_flags or self._is_flags(enum):
                return FlagsScalar(kind, order, names)
            return EnumScalar(kind, order, names)
        if hint in ("hex", "ipv4", "ipv4-or-v6"):
            return HintScalar(kind, order, hint)
        if hint == "ifindex":
            return LinkScalar(kind, order)
        if hint is not None and hint in LABELS:
            return LabelScalar(kind, order, LABELS[hint])
        return Scalar(kind, order)

    def _binary(self, attr: Attribute, order: str, family_order: str) -> Type:
        if attr.struct:
            return self.struct(attr.struct, family_order)
        if attr.sub_type in INTEGERS:
            item = self._integer(
                attr.sub_type or "", order, attr.enum, attr.enum_as_flags, attr.display_hint
            )
            return NamedArray(item, self.enum(attr.index_enum)) if attr.index_enum else CArray(item)
        if attr.selector and attr.display_hint == "ipv4-or-v6":
            return AddressByFamily(attr.selector)
        if attr.display_hint:
            return HintBytes(attr.display_hint)
        return OPAQUE

    def _array(self, attr: Attribute, order: str, family_order: str) -> Type:
        kind = attr.sub_type or "nest"
        if kind == "nest":
            item: Type = Nest(self.attr_set(attr.nested_attributes or "", family_order))
            return IndexedArray(item, True, family_order)
        if kind in INTEGERS:
            item = self._integer(kind, order, attr.enum, attr.enum_as_flags, attr.display_hint)
        elif kind == "binary" and attr.struct:
            item = self.struct(attr.struct, family_order)
        elif kind == "string":
            item = TEXT
        elif attr.display_hint:
            item = HintBytes(attr.display_hint)
        else:
            item = OPAQUE
        return IndexedArray(item, False, family_order)

    def _is_flags(self, name: str | None) -> bool:
        definition = self._definitions.get(name or "")
        return definition is not None and definition.type == "flags"

    def enum(self, name: str) -> Enum:
        """The names of an enum or flags definition."""
        known = self._enums.get(name)
        if known is None:
            entries: list[Entry] = self._definition(name).entries or []
            names: dict[int, str] = {}
            for entry in entries:
                names.setdefault(entry.value, entry.name)
            bits = {value: name for value, name in sorted(names.items()) if 0 <= value < 64}
            known = self._enums[name] = Enum(name, names, bits)
        return known

    def struct(self, name: str, order: str | None = None) -> StructType:
        """The layout of a struct definition."""
        key = (name, order or self.order)
        known = self._structs.get(key)
        if known is None:
            fields: list[Field] = []
            offset = 0
            definition = self._definition(name)
            members = definition.members or []
            for member in members:
                field = self._field(member, offset, key[1])
                offset += field.size
                fields.append(field)
            for member, field in zip(members, fields):
                if member.selector:
                    field.type = self._member_address(member.selector, field, fields)
            known = self._structs[key] = StructType(name, fields, key[1], definition.identity or ())
        return known

    def _member_address(self, selector: str, address: Field, fields: list[Field]) -> Type:
        away = -address.offset
        for name in selector.split("."):
            field = next((field for field in fields if field.name == name), None)
            if field is None:
                raise SpecError(f"there is no member {selector} for {address.name}", self.name)
            away += field.offset
            fields = field.type.fields if isinstance(field.type, StructType) else []
        if field is None or not isinstance(field.type, Scalar):
            raise SpecError(f"{selector} is no address family", self.name)
        return MemberAddress(field.type, away)

    def _field(self, member: Member, offset: int, family_order: str) -> Field:
        order = _ORDERS.get(member.byte_order or "", family_order)
        kind = "field"
        type_: Type | None
        if member.type in INTEGERS:
            size = _SIZES[member.type]
            type_ = self._integer(
                member.type, order, member.enum, member.enum_as_flags, member.display_hint
            )
        elif member.struct:
            inner = self.struct(member.struct, family_order)
            size, type_ = inner.size, inner
        else:
            size = member.len or 0
            if member.type == "pad":
                type_, kind = None, "padding"
            else:
                type_ = MemberType(member.type == "string", member.display_hint or "")
        return Field(member.name, offset, size, type_, kind, member.secret)

    def _definition(self, name: str) -> Definition:
        definition = self._definitions.get(name)
        if definition is None:
            raise SpecError(f"there is no definition {name}", self.name)
        return definition

    def shape_of(self, sub_message: str, selector: str, order: str) -> Shape | None:
        """The format of a sub-message for a selector's value (called by SubMessageType)."""
        shape = self._formats.get(sub_message, {}).get(selector)
        if shape is None:
            return None
        return Shape(
            self.struct(shape.fixed_header, order) if shape.fixed_header else None,
            self.attr_set(shape.attribute_set, order) if shape.attribute_set else None,
        )


def _merged(parent: Attribute, own: Attribute) -> Attribute:
    """A subset's attribute: the parent's, with what the subset says itself."""
    merged = Attribute(**{name: getattr(parent, name) for name in parent.__struct_fields__})
    blank = Attribute(name="")
    for name in own.__struct_fields__:
        value = getattr(own, name)
        if value != getattr(blank, name):
            setattr(merged, name, value)
    return merged
