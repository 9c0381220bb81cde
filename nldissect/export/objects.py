"""Attributes as JSON objects, straight from their bytes."""

from __future__ import annotations

from typing import Any, Final

from msgspec.json import Encoder

from ..model import Node
from ..spec.sets import Attr, AttrSet, IndexedArray, Nest, SubMessageType
from ..spec.structs import Piece, StructType
from ..spec.types import ZEROS, Irregular, Scalar, Type
from ..wire.consts import NLA_F_NET_BYTEORDER, NLA_HDRLEN, NLA_TYPE_MASK
from ..wire.ints import u16
from .straight import Asking, Mark, Part, Run, RunScope, Straight, framed

_KEEP_CHARS: Final = 4 << 20
_ENCODE: Final = Encoder().encode


def json_bytes(value: object) -> bytes:
    """A value as JSON, encoded."""
    return _ENCODE(value)


def json_text(value: object) -> str:
    """A value as JSON text."""
    return json_bytes(value).decode()


class _Strict(Asking):
    """Whoever has something to remark is out of the ordinary."""

    def note(self, node: Node, code: str, message: str) -> None:
        raise Irregular

    def settle(self, nodes: list[Node], prefix: str) -> None:
        raise Irregular


class Objects(Straight):
    """Writes runs as the members of objects, each behind a comma."""

    def __init__(self) -> None:
        super().__init__(_KEEP_CHARS)
        self.gathers = True
        self.walk = _Strict()

    def part_of(self, run: Run, attr: Attr | None, kind: int) -> Part:
        if attr is None or len(run.set.named(attr.name)) > 1:
            return Part()
        return _Member(self, attr, run.depth)

    def odd(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        attr_set = scope.run.set
        number: int = u16(data, at + 2, scope.run.big) & NLA_TYPE_MASK
        if attr_set.name or number in attr_set.attrs:
            raise Irregular
        # What a learned policy leaves out is no oddity.
        for name, value in attr_set.fill([], data, at, stop, scope, self.walk).items():
            out.append(f",{json_text(name)}:{json_text(value)}")

    def object(
        self, attr_set: AttrSet, depth: int, data: bytes, start: int, end: int,
        around: RunScope | None,
    ) -> str:  # fmt: skip
        """A run as an object; raises Irregular."""
        out: list[str] = []
        self.write_run(out, attr_set, depth, data, start, end, around)
        return f"{{{''.join(out)[1:]}}}"

    def gather(self, out: list[str], begin: int, part: Part, first: bool) -> None:
        assert isinstance(part, _Member)
        text = "".join(out[begin:])[len(part.key) :]
        del out[begin:]
        if first:
            part.mark.place = begin
            out.append(f"{part.key}[{text}")
        else:
            out[part.mark.place] += f",{text}"

    def close(self, out: list[str], mark: Mark) -> None:
        out[mark.place] += "]"

    def value_of(self, type_: Type, depth: int) -> Value:
        """How the values of a type are written."""
        class_ = type(type_)
        any_: Any = type_
        if class_ is Scalar:
            return _Number(any_)
        if class_ is StructType:
            return Members(any_)
        if class_ is Nest:
            return _Nest(self, any_, depth)
        if class_ is IndexedArray:
            return _Array(self, any_, depth)
        if class_ is SubMessageType:
            return _SubMessage(self, any_, depth)
        if class_.simpler is not Type.simpler:
            return _Simpler(self, type_, depth)
        return Value(type_)


class Value:
    """How the values of one type are written: by default as what they are."""

    def __init__(self, type_: Type) -> None:
        self.type = type_

    def text(self, data: bytes, start: int, stop: int, scope: RunScope) -> str:
        """The value of data[start:stop] as JSON; raises Irregular."""
        return json_text(self.type.value(data, start, stop, scope))


class _Number(Value):
    def __init__(self, type_: Scalar) -> None:
        super().__init__(type_)
        self.scalar = type_

    def text(self, data: bytes, start: int, stop: int, scope: RunScope) -> str:
        return str(self.scalar.number(data, start, stop))


class _Frame:
    """One piece of a struct: a frame with places for its numbers, or the text in front of it."""

    def __init__(self, piece: Piece, first: bool) -> None:
        self.piece = piece
        self.frame: list[str] = []
        keys = [f",{json_text(name)}:" for name in piece.names]
        if first:
            keys[0] = keys[0][1:]
        for key in keys:
            self.frame += (key, "")
        self.inner = Members(piece.type) if isinstance(piece.type, StructType) else None


class Members(Value):
    """A struct that is there as a whole."""

    def __init__(self, type_: StructType) -> None:
        super().__init__(type_)
        self.struct = type_
        self.frames: list[_Frame] = []
        if type(type_) is StructType:
            self.frames = [_Frame(piece, not at) for at, piece in enumerate(type_.pieces)]

    def text(self, data: bytes, start: int, stop: int, scope: RunScope | None) -> str:
        if stop - start != self.struct.size:
            raise Irregular
        if not self.frames:
            return json_text(self.struct.members(data, start))
        out = ["{"]
        for frame in self.frames:
            piece = frame.piece
            at = start + piece.offset
            if piece.unpack is not None:
                out.append(framed(frame.frame, piece.unpack(data, at)))
                continue
            out.append(frame.frame[0])
            if frame.inner is not None:
                out.append(frame.inner.text(data, at, at + piece.size, None))
            else:
                out.append(json_text(piece.type.value(data, at, at + piece.size, None)))
        out.append("}")
        return "".join(out)


class _Nest(Value):
    def __init__(self, objects: Objects, type_: Nest, depth: int) -> None:
        super().__init__(type_)
        self.objects = objects
        self.set = type_.set
        self.depth = depth + 1

    def text(self, data: bytes, start: int, stop: int, scope: RunScope) -> str:
        return self.objects.object(self.set, self.depth, data, start, stop, scope)


class _Array(Value):
    def __init__(self, objects: Objects, type_: IndexedArray, depth: int) -> None:
        super().__init__(type_)
        self.keyed = type_.keyed
        self.item = objects.value_of(type_.item, depth + 1)
        self.big = type_.order == "big"

    def text(self, data: bytes, start: int, stop: int, scope: RunScope) -> str:
        items: list[str] = []
        at = start
        while at < stop:
            if stop - at < NLA_HDRLEN:
                raise Irregular
            length: int = u16(data, at, self.big)
            kind: int = u16(data, at + 2, self.big)
            end = at + length
            if length < NLA_HDRLEN or end > stop or kind & NLA_F_NET_BYTEORDER:
                raise Irregular
            text = self.item.text(data, at + NLA_HDRLEN, end, scope)
            items.append(f'{{"{kind & NLA_TYPE_MASK}":{text}}}' if self.keyed else text)
            at = end + (-length & 3)
            if at > stop:
                if end != stop:
                    raise Irregular
            elif length & 3 and data[end:at] != ZEROS[length & 3]:
                raise Irregular
        return f"[{','.join(items)}]"


class _SubMessage(Value):
    def __init__(self, objects: Objects, type_: SubMessageType, depth: int) -> None:
        super().__init__(type_)
        self.objects = objects
        self.sub_message = type_
        self.depth = depth + 1

    def text(self, data: bytes, start: int, stop: int, scope: RunScope) -> str:
        shape = self.sub_message.shape(scope)
        if shape is None or (shape.header is not None and shape.set is not None):
            # A header's members and attributes of the same name would be one.
            return super().text(data, start, stop, scope)
        if shape.header is not None:
            return json_text(shape.header.value(data, start, stop, scope))
        if shape.set is not None:
            return self.objects.object(shape.set, self.depth, data, start, stop, scope)
        if stop > start:
            raise Irregular
        return "{}"


class _Simpler(Value):
    """What is read as another type, by the bytes or by what stands around."""

    def __init__(self, objects: Objects, type_: Type, depth: int) -> None:
        super().__init__(type_)
        self.objects = objects
        self.depth = depth
        self.values: dict[Type, Value] = {}

    def text(self, data: bytes, start: int, stop: int, scope: RunScope) -> str:
        simpler = self.type.simpler(data, start, stop, scope)
        if simpler is None:
            return super().text(data, start, stop, scope)
        value = self.values.get(simpler)
        if value is None:
            value = self.values[simpler] = self.objects.value_of(simpler, self.depth)
        return value.text(data, start, stop, scope)


class _Member(Part):
    """An attribute as a member of its run's object."""

    def __init__(self, objects: Objects, attr: Attr, depth: int) -> None:
        super().__init__()
        self.objects = objects
        self.attr = attr
        self.key = f",{json_text(attr.name)}:"
        self.value = objects.value_of(attr.type, depth)

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        attr = self.attr
        if attr.check is not None and attr.broken(data, at + NLA_HDRLEN, stop, self.objects.walk):
            raise Irregular
        text = self.value.text(data, at + NLA_HDRLEN, stop, scope)
        if not attr.hidden:
            out.append(self.key + text)
