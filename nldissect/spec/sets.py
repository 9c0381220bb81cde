"""Attribute runs and what holds them: sets, nests, arrays, sub-messages, and guesses."""

from __future__ import annotations

from contextlib import suppress
from struct import Struct
from typing import Final, Protocol

from ..model import GUESSED, Node, Note
from ..text import Json, show
from ..wire.attrs import (
    OVERRUN,
    PADDING_MISSING,
    PADDING_NONZERO,
    SHORT,
    TRAILING,
    TRAILING_ZERO,
    Span,
    iter_attrs,
    reads_as_attrs,
)
from ..wire.consts import NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_TYPE_MASK
from .checks import LENGTH, Check, count_bytes
from .structs import Field, StructType
from .types import (
    GUESS_INTEGER,
    MAX_DEPTH,
    OPAQUE,
    PREFIX,
    TEXT,
    ZEROS,
    Irregular,
    Scalar,
    Scope,
    Type,
    Walk,
    hex_text,
    raw_node,
    zero_or_raw,
)


class Attr:
    """One entry of an attribute table. check: what holds in requests, None if nothing is known."""

    __slots__ = ("name", "c_name", "number", "multi", "type", "hidden", "secret", "selector",
                 "check", "scalar", "size", "scoped")  # fmt: skip

    def __init__(
        self,
        name: str,
        c_name: str,
        number: int,
        multi: bool,
        type_: Type,
        hidden: bool = False,
        secret: bool = False,
        selector: str = "",
        check: Check | None = None,
    ) -> None:
        self.name = name
        self.c_name = c_name
        self.number = number
        self.multi = multi
        self.type = type_
        self.hidden = hidden
        self.secret = secret
        self.selector = selector
        self.check = check
        plain = type_ if isinstance(type_, Scalar) and type_.plain and check is None else None
        self.scalar = None if plain is None else plain.unpack
        self.size = -1 if plain is None else plain.size + 4
        self.scoped = type_.scoped or check is not None

    def broken(self, data: bytes, start: int, stop: int, walk: Walk | None) -> str:
        """The code of the limit that the payload exceeds in a request, or ""."""
        if self.check is None or walk is None or not walk.request:
            return ""
        return self.check.broken(data, start, stop)


class Table(Protocol):
    """Who compiles a set's attributes when they are first needed.

    name: the family's, "" for what belongs to none.
    """

    name: str

    def attrs_of(self, name: str, order: str) -> dict[int, Attr]:
        """Attributes by number."""


class AttrSet:
    """An attribute number space in one byte order; its table is made at first use.

    selectors: names of those that say what others are.
    """

    __slots__ = (
        "name",
        "order",
        "identity",
        "_source",
        "_by_kind",
        "_by_number",
        "_unpack",
        "_ready",
        "_other",
        "_named",
        "selectors",
    )

    def __init__(self, name: str, order: str, source: Table, identity: list[str]) -> None:
        self.name = name
        self.order = order
        self.identity = identity
        self._source = source
        self._by_kind: dict[int, Attr] = {}
        self._by_number: dict[int, Attr] = {}
        self._unpack = Struct(PREFIX[order] + "HH").unpack_from
        self._ready = False
        self._other: AttrSet | None = None
        self._named: dict[str, dict[int, Attr]] = {}
        self.selectors: list[str] = []

    @property
    def family(self) -> str:
        """The family that the set belongs to, "" if it belongs to none."""
        return self._source.name

    @property
    def attrs(self) -> dict[int, Attr]:
        """Attributes by number."""
        if not self._ready:
            self._by_number = self._source.attrs_of(self.name, self.order)
            for number, attr in self._by_number.items():
                self._by_kind[number] = attr
                self._by_kind[number | NLA_F_NESTED] = attr
                if attr.selector:
                    self.selectors.append(attr.selector)
            self._ready = True
        return self._by_number

    def named(self, name: str) -> dict[int, Attr]:
        """The attributes of a name by number, mostly one."""
        known = self._named.get(name)
        if known is None:
            attrs = self.attrs
            known = {number: attr for number, attr in attrs.items() if attr.name == name}
            if len(self._named) < 256:
                self._named[name] = known
        return known

    def values(self, data: bytes, at: int, end: int, outer: Scope | None) -> dict[str, Json]:
        """The run as an object; what is unusual is read the thorough way, attribute by attribute.

        Raises Irregular where nobody collects notes, or beyond MAX_DEPTH.
        """
        if not self._ready:
            self.attrs  # noqa: B018
        if outer is not None and outer.depth >= MAX_DEPTH:
            raise Irregular
        out: dict[str, Json] = {}
        scope: Scope | None = None
        unpack = self._unpack
        by_kind = self._by_kind
        while at < end:
            if end - at < 4:
                scope = scope or Scope(out, outer)
                at = self._odd(data, at, end, scope)
                continue
            length, kind = unpack(data, at)
            stop = at + length
            attr = by_kind.get(kind)
            if attr is None or length < 4 or stop > end:
                scope = scope or Scope(out, outer)
                at = self._odd(data, at, end, scope)
                continue
            padded = stop
            if length & 3:
                padded += -length & 3
                if (data[stop:padded] != ZEROS[length & 3]) if padded <= end else stop != end:
                    scope = scope or Scope(out, outer)
                    at = self._odd(data, at, end, scope)
                    continue
            name = attr.name
            if length == attr.size:
                value: Json = attr.scalar(data, at + 4)[0]  # type: ignore[misc]
            else:
                if attr.scoped:
                    scope = scope or Scope(out, outer)
                    scope.name = name
                    if attr.selector and attr.selector not in out and scope.ahead is None:
                        scope.ahead = self._look_ahead(data, at, end)
                    if attr.check is not None and attr.broken(data, at + 4, stop, scope.walk):
                        at = self._odd(data, at, end, scope)
                        continue
                try:
                    value = attr.type.value(data, at + 4, stop, scope)
                except Irregular:
                    scope = scope or Scope(out, outer)
                    at = self._odd(data, at, end, scope)
                    continue
            if attr.multi:
                known = out.get(name)
                if known is None:
                    out[name] = [value]
                else:
                    known.append(value)  # type: ignore[union-attr]
            elif name in out:
                scope = scope or Scope(out, outer)
                at = self._odd(data, at, end, scope)
                continue
            elif not attr.hidden:
                out[name] = value
            at = padded
        return out

    def _odd(self, data: bytes, at: int, end: int, scope: Scope) -> int:
        """Reads the attribute at ``at`` the thorough way; gives where the run goes on."""
        walk = scope.walk
        if walk is None:
            raise Irregular
        walk.rewind(at)
        scope.index = -1
        if self.selectors and scope.ahead is None:
            scope.ahead = self._look_ahead(data, at, end)
        nodes: list[Node] = []
        span = next(iter_attrs(data, at, end, self.order))
        self._one(span, nodes, data, scope, walk)
        walk.settle(nodes, scope.path())
        return span.padded

    def fill(
        self,
        parent: list[Node],
        data: bytes,
        at: int,
        end: int,
        outer: Scope | None,
        walk: Walk,
        base: dict[str, Json] | None = None,
    ) -> dict[str, Json]:
        """Appends the run's nodes to ``parent`` and gives the run as an object.

        base: members that stand beside the attributes in the object (a sub-message's header).
        """
        out: dict[str, Json] = {} if base is None else base
        scope = Scope(out, outer)
        if base:
            scope.base = frozenset(base)
        if scope.depth > MAX_DEPTH:
            node = raw_node(data, at, end, "too-deep")
            walk.note(node, "attr.depth", f"nested deeper than {MAX_DEPTH} levels")
            parent.append(node)
            return out
        self.attrs  # noqa: B018
        if self.selectors:
            scope.ahead = self._look_ahead(data, at, end)
        for span in iter_attrs(data, at, end, self.order):
            self._one(span, parent, data, scope, walk)
        return out

    def _one(self, span: Span, parent: list[Node], data: bytes, scope: Scope, walk: Walk) -> None:
        """Appends the node of one attribute, with its padding, and collects its value."""
        start, stop = span.start, span.stop
        if span.problem in (SHORT, TRAILING):
            node = zero_or_raw(data, start, stop)
            if span.problem == SHORT:
                what = f"attribute length {span.length} is shorter than its header"
            else:
                what = f"{stop - start} bytes are too few for an attribute"
            walk.note(node, TRAILING_ZERO if node.kind == "padding" else span.problem, what)
            parent.append(node)
            return
        number = span.kind & NLA_TYPE_MASK
        attr = self._by_number.get(number)
        twin: Attr | None = attr
        if attr is not None and span.kind & NLA_F_NET_BYTEORDER:
            twin = self._network().attrs.get(number)
        container = self._holds(twin)
        node = self._attr_node(start, stop, span.length, span.kind, attr)
        if container:
            node.kind = "nest"
        if span.problem == OVERRUN:
            if walk.truncated and stop == len(data):
                walk.note(node, "truncated", "cut by the capture's snapshot length")
            else:
                what = f"length {span.length} where {stop - start} bytes are left"
                walk.note(node, OVERRUN, what)
        if span.problem == OVERRUN and not container:
            node.value = data[start + 4 : stop].hex()
            node.display = hex_text(data[start + 4 : stop])
            if stop > start + 4:
                node.children.append(raw_node(data, start + 4, stop))
        elif twin is None:
            if self.name:
                what = f"attribute {number} is not in {self.name}"
                walk.note(node, "attr.unknown", what)
            reader = self._network() if span.kind & NLA_F_NET_BYTEORDER else self
            reader.guess(node, data, start + 4, stop, span.kind, scope, walk)
        else:
            twin.type.fill(node, data, start + 4, stop, scope, walk)
            broken = twin.broken(data, start + 4, stop, walk)
            if broken and twin.check is not None:
                size = twin.check.size(data, start + 4, stop)
                got = count_bytes(size) if broken == LENGTH else node.display
                walk.note(node, broken, f"{got} where the kernel takes {twin.check.words()}")
        if attr is None or not attr.hidden:
            self._collect(node, attr, scope, walk)
        parent.append(node)
        if span.padded > stop:
            pad = Node("padding", "", "padding", stop, span.padded)
            if span.problem == PADDING_NONZERO:
                pad.display = hex_text(data[stop : span.padded])
                walk.note(pad, PADDING_NONZERO, "padding is not zero")
            parent.append(pad)
        if span.problem == PADDING_MISSING:
            walk.note(node, PADDING_MISSING, "padding is cut off")

    def _look_ahead(self, data: bytes, at: int, end: int) -> dict[str, Json]:
        """Values of the selectors, which a request may carry behind what they select."""
        ahead: dict[str, Json] = {}
        for span in iter_attrs(data, at, end, self.order):
            attr = self._by_number.get(span.kind & NLA_TYPE_MASK)
            whole = span.problem not in (SHORT, TRAILING, OVERRUN)
            if whole and attr is not None and attr.name in self.selectors:
                with suppress(Irregular):
                    ahead[attr.name] = attr.type.value(data, span.start + 4, span.stop, None)
        return ahead

    def _collect(self, node: Node, attr: Attr | None, scope: Scope, walk: Walk) -> None:
        """Puts an attribute's value into the run's object; an unexpected repeat makes a list."""
        name, out = node.name, scope.values
        known = out.get(name)
        if attr is not None and attr.multi:
            if isinstance(known, list):
                known.append(node.value)
            else:
                out[name] = [node.value]
        elif name not in out or (scope.base is not None and name in scope.base):
            out[name] = node.value
        else:
            if scope.repeated is None:
                scope.repeated = set()
            if name in scope.repeated and isinstance(known, list):
                known.append(node.value)
            else:
                out[name] = [known, node.value]
                scope.repeated.add(name)
            walk.note(node, "attr.repeated", "the attribute stands more than once")

    def _holds(self, attr: Attr | None) -> bool:
        """Whether an attribute's payload is attributes, of which a cut one still has some."""
        return attr is not None and isinstance(attr.type, CONTAINERS)

    def _network(self) -> AttrSet:
        """This set with all integers big-endian, for attributes with NLA_F_NET_BYTEORDER."""
        if self._other is None:
            self._other = NetworkOrder(self)
        return self._other

    @staticmethod
    def _attr_node(start: int, stop: int, length: int, kind: int, attr: Attr | None) -> Node:
        number = kind & NLA_TYPE_MASK
        name = f"attr-{number}" if attr is None else attr.name
        c_name = "" if attr is None else attr.c_name
        node = Node(name, c_name, "attr", start, stop, secret=attr is not None and attr.secret)
        marks = str(number)
        if kind & NLA_F_NESTED:
            marks += " nested"
        if kind & NLA_F_NET_BYTEORDER:
            marks += " net-byteorder"
        node.children = [
            Node("nla-len", "nla_len", "field", start, start + 2, length),
            Node("nla-type", "nla_type", "field", start + 2, start + 4, kind, marks),
        ]
        return node

    def guess(
        self, node: Node, data: bytes, start: int, end: int, kind: int, scope: Scope, walk: Walk
    ) -> None:
        """Reads an attribute that nobody described by what its bytes look like."""
        what = guess_kind(data, start, end, kind, self.order)
        # A mark on the node alone: the message says once that nobody described it.
        note = Note(GUESSED, f"read as {what} by its bytes", "", node.start, node.end)
        node.notes.append(note)
        if what == "nest":
            node.kind = "nest"
            node.value = guess_set(self.order).fill(node.children, data, start, end, scope, walk)
            node.display = ""
        elif what == "string":
            TEXT.fill(node, data, start, end, scope, walk)
        elif what == "flag":
            node.value = True
            node.display = "true"
        elif what == "integer":
            GUESS_INTEGER[self.order].fill(node, data, start, end, scope, walk)
        else:
            OPAQUE.fill(node, data, start, end, scope, walk)


class NetworkOrder(AttrSet):
    """A set read in network order."""

    __slots__ = ()

    def __init__(self, base: AttrSet) -> None:
        super().__init__(base.name, "big", base._source, base.identity)


class _NoAttrs:
    """A number space of which nothing is known."""

    __slots__ = ()

    name: str = ""

    def attrs_of(self, name: str, order: str) -> dict[int, Attr]:
        """Empty."""
        return {}


class GuessSet(AttrSet):
    """The attribute space of a family that nobody described: every entry is a guess."""

    __slots__ = ()

    def values(self, data: bytes, at: int, end: int, outer: Scope | None) -> dict[str, Json]:
        out: dict[str, Json] = {}
        scope = Scope(out, outer)
        if scope.depth > MAX_DEPTH:
            raise Irregular
        unpack = self._unpack
        while at < end:
            if end - at < 4:
                at = self._odd(data, at, end, scope)
                continue
            length, kind = unpack(data, at)
            start, stop = at + 4, at + length
            padded = stop + (-length & 3)
            name = f"attr-{kind & NLA_TYPE_MASK}"
            if (
                length < 4
                or stop > end
                or kind & NLA_F_NET_BYTEORDER
                or name in out
                or ((data[stop:padded] != ZEROS[length & 3]) if padded <= end else stop != end)
            ):
                at = self._odd(data, at, end, scope)
                continue
            scope.name = name
            try:
                out[name] = self.guessed(data, start, stop, kind, scope)
            except Irregular:
                at = self._odd(data, at, end, scope)
                continue
            at = padded
        return out

    def guessed(self, data: bytes, start: int, stop: int, kind: int, scope: Scope | None) -> Json:
        """The value of a payload by what its bytes look like; raises Irregular."""
        what = guess_kind(data, start, stop, kind, self.order)
        if what == "nest":
            return self.values(data, start, stop, scope)
        if what == "string":
            return TEXT.value(data, start, stop, None)
        if what == "flag":
            return True
        if what == "integer":
            return int.from_bytes(data[start:stop], "big" if self.order == "big" else "little")
        return data[start:stop].hex()


_PRINTABLE: Final = bytes(range(0x20, 0x7F))


def guess_kind(data: bytes, start: int, end: int, kind: int, order: str) -> str:
    """nest, string, flag, integer or bytes, by what the payload looks like."""
    size = end - start
    if size == 0:
        return "flag"
    if kind & NLA_F_NESTED and reads_as_attrs(data, start, end, order):
        return "nest"
    if data[end - 1] == 0 and size > 2 and not data[start : end - 1].translate(None, _PRINTABLE):
        return "string"
    if size in (1, 2, 4):
        return "integer"
    if reads_as_attrs(data, start, end, order):
        low = data[start + 3] if order == "little" else data[start + 2]
        number = data[start + 2] if order == "little" else data[start + 3]
        if size > 8 or (low & 0x7F == 0 and number):
            return "nest"
    return "integer" if size == 8 else "bytes"


class Guess(Type):
    """What nobody described, read by what its bytes look like. kind: its nla_type, 0 if it has
    none of its own.
    """

    __slots__ = ("set", "kind")

    def __init__(self, order: str, kind: int = 0) -> None:
        self.set = guess_set(order)
        self.kind = kind

    def what(self, data: bytes, start: int, end: int) -> str:
        """As guess_kind."""
        return guess_kind(data, start, end, self.kind, self.set.order)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self.set.guessed(data, start, end, self.kind, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        self.set.guess(node, data, start, end, self.kind, scope, walk)


class Nest(Type):
    """Attributes inside an attribute."""

    __slots__ = ("set",)

    def __init__(self, attr_set: AttrSet) -> None:
        self.set = attr_set

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self.set.values(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        node.display = ""
        node.value = self.set.fill(node.children, data, start, end, scope, walk)


class IndexedArray(Type):
    """A nest whose attribute numbers are indexes."""

    __slots__ = ("item", "keyed", "order", "_unpack")

    def __init__(self, item: Type, keyed: bool, order: str) -> None:
        self.item = item
        self.keyed = keyed
        self.order = order
        self._unpack = Struct(PREFIX[order] + "HH").unpack_from

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        out: list[Json] = []
        at = start
        unpack = self._unpack
        item = self.item
        while at < end:
            if end - at < 4:
                raise Irregular
            length, kind = unpack(data, at)
            stop = at + length
            if length < 4 or stop > end or kind & NLA_F_NET_BYTEORDER:
                raise Irregular
            if scope is not None:
                scope.index = kind & NLA_TYPE_MASK
            value = item.value(data, at + 4, stop, scope)
            out.append({str(kind & NLA_TYPE_MASK): value} if self.keyed else value)
            at = stop + (-length & 3)
            if at > end:
                if stop != end:
                    raise Irregular
            elif length & 3 and data[stop:at] != ZEROS[length & 3]:
                raise Irregular
        if scope is not None:
            scope.index = -1
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        items = ItemSet(self.item, self.order)
        first = len(node.children)
        items.fill(node.children, data, start, end, scope, walk)
        out: list[Json] = []
        for child in node.children[first:]:
            if child.kind in ("attr", "nest"):
                child.kind = "item"
                out.append({child.name: child.value} if self.keyed else child.value)
        node.value = out
        node.display = f"{len(out)} item" + ("" if len(out) == 1 else "s")


class ItemSet(AttrSet):
    """The number space of an indexed array: every number is an index and has the same type."""

    __slots__ = ("item",)

    def __init__(self, item: Type, order: str) -> None:
        super().__init__("", order, _NoAttrs(), [])
        self.item = item

    def guess(
        self, node: Node, data: bytes, start: int, end: int, kind: int, scope: Scope, walk: Walk
    ) -> None:
        node.name = str(kind & NLA_TYPE_MASK)
        self.item.fill(node, data, start, end, scope, walk)

    def _holds(self, attr: Attr | None) -> bool:
        return isinstance(self.item, CONTAINERS)

    def _collect(self, node: Node, attr: Attr | None, scope: Scope, walk: Walk) -> None:
        pass


class TypeValue(Type):
    """A nest whose attribute numbers are values with names, one level for each name."""

    __slots__ = ("names", "set", "_unpack")

    def __init__(self, names: list[str], attr_set: AttrSet) -> None:
        self.names = names
        self.set = attr_set
        self._unpack = Struct(PREFIX[attr_set.order] + "HH").unpack_from

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        out: dict[str, Json] = {}
        if scope is not None:
            scope.name = ".".join([scope.name, *self.names])
        for name in self.names:
            if end - start < 4:
                raise Irregular
            length, kind = self._unpack(data, start)
            if length < 4 or ((length + 3) & ~3) != end - start:
                raise Irregular
            out[name] = kind & NLA_TYPE_MASK
            start, end = start + 4, start + length
        out.update(self.set.values(data, start, end, scope))
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        out: dict[str, Json] = {}
        _TypeLevel(self, 0, out).fill(node.children, data, start, end, scope, walk)
        node.value = out
        node.display = ", ".join(f"{name} {show(out.get(name))}" for name in self.names)


class _TypeLevel(AttrSet):
    """One level of a TypeValue: the number is the value of its name."""

    __slots__ = ("owner", "level", "out")

    def __init__(self, owner: TypeValue, level: int, out: dict[str, Json]) -> None:
        super().__init__("", owner.set.order, _NoAttrs(), [])
        self.owner = owner
        self.level = level
        self.out = out

    def guess(
        self, node: Node, data: bytes, start: int, end: int, kind: int, scope: Scope, walk: Walk
    ) -> None:
        name = self.owner.names[self.level]
        number = kind & NLA_TYPE_MASK
        node.name = name
        node.kind = "nest"
        node.display = str(number)
        if name in self.out:
            node.value = number
            walk.note(node, "attr.repeated", f"a second {name}; kept in the tree only")
            raw: dict[str, Json] = {}
            self.owner.set.fill(node.children, data, start, end, scope, walk, raw)
            return
        node.value = number
        self.out[name] = number
        if self.level + 1 < len(self.owner.names):
            inner = _TypeLevel(self.owner, self.level + 1, self.out)
            inner.fill(node.children, data, start, end, scope, walk)
        else:
            self.owner.set.fill(node.children, data, start, end, scope, walk, self.out)

    def _collect(self, node: Node, attr: Attr | None, scope: Scope, walk: Walk) -> None:
        pass


class Shape:
    """A fixed header, attributes, both or nothing: one format of a sub-message or an operation.

    when: members of the operation's own header, and the values that choose this shape.
    """

    __slots__ = ("header", "set", "when")

    def __init__(
        self,
        header: StructType | None,
        attr_set: AttrSet | None,
        when: list[tuple[Field, Json]] | None = None,
    ) -> None:
        self.header = header
        self.set = attr_set
        self.when = when

    def chosen(self, data: bytes, at: int, end: int) -> bool:
        """Whether the header at ``at`` asks for this shape."""
        if self.when is None:
            return False
        for field, wanted in self.when:
            start = at + field.offset
            stop = start + field.size
            if field.type is None or stop > end:
                return False
            if field.type.value(data, start, stop, None) != wanted:
                return False
        return True


class Shapes(Protocol):
    """Who compiles a sub-message's formats when they are first needed."""

    def shape_of(self, sub_message: str, selector: str, order: str) -> Shape | None:
        """The format for a selector's value."""


class SubMessageType(Type):
    """A payload whose format another attribute's value selects.

    otherwise: the attribute that does where there is no selector.
    """

    __slots__ = ("name", "selector", "otherwise", "order", "_source", "_shapes")

    def __init__(
        self, name: str, selector: str, order: str, source: Shapes, otherwise: str = ""
    ) -> None:
        self.name = name
        self.selector = selector
        self.otherwise = otherwise
        self.order = order
        self._source = source
        self._shapes: dict[str, Shape | None] = {}

    def shape(self, scope: Scope | None) -> Shape | None:
        """The format that the selector in scope names."""
        selected = None if scope is None else scope.find(self.selector)
        if selected is None and scope is not None and self.otherwise:
            selected = scope.find(self.otherwise)
        if isinstance(selected, int):
            selected = str(selected)
        if not isinstance(selected, str):
            return None
        if selected not in self._shapes:
            if len(self._shapes) > 256:
                self._shapes.clear()
            self._shapes[selected] = self._source.shape_of(self.name, selected, self.order)
        return self._shapes[selected]

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        shape = self.shape(scope)
        if shape is None:
            raise Irregular
        if shape.header is None:
            if shape.set is None:
                if end > start:
                    raise Irregular
                return {}
            return shape.set.values(data, start, end, scope)
        header = shape.header
        if end - start < header.size:
            raise Irregular
        values = header.members(data, start)
        rest = start + ((header.size + 3) & ~3)
        if shape.set is not None:
            if rest < end:
                values.update(shape.set.values(data, rest, end, scope))
        elif end - start != header.size:
            raise Irregular
        return values

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        shape = self.shape(scope)
        if shape is None:
            selected = scope.find(self.selector)
            if selected is None:
                what = f"no {self.selector} says what this is"
            else:
                what = f"{self.selector} {show(selected)} is not in {self.name}"
            if end > start:
                walk.note(node, "sub-message.unknown", what)
            guess = guess_set(self.order)
            guess.guess(node, data, start, end, NLA_F_NESTED, scope, walk)
            return
        base: dict[str, Json] = {}
        at = start
        node.display = ""
        if shape.header is not None:
            if shape.set is None:
                shape.header.fill(node, data, start, end, scope, walk)
                return
            head = Node("header", "", "header", start, min(end, start + shape.header.size))
            stop = shape.header.fill_members(head, data, start, head.end, scope, walk)
            node.children.append(head)
            node.display = head.display
            if isinstance(head.value, dict):
                base.update(head.value)
            at = min(end, (stop - start + 3 & ~3) + start)
            if at > stop:
                node.children.append(Node("padding", "", "padding", stop, at))
        if shape.set is not None:
            node.value = shape.set.fill(node.children, data, at, end, scope, walk, base)
        else:
            node.value = base
            if at < end:
                node.children.append(zero_or_raw(data, at, end))


_GUESS: Final = {
    "little": GuessSet("", "little", _NoAttrs(), []),
    "big": GuessSet("", "big", _NoAttrs(), []),
}


CONTAINERS: Final = (Nest, IndexedArray, SubMessageType, TypeValue)


def guess_set(order: str) -> GuessSet:
    """The number space that knows no attribute."""
    return _GUESS[order]
