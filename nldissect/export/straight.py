"""Runs of attributes written straight from their bytes: no node and no value is made of them.

Equal bytes of one attribute are written alike, which is kept for the next time, unless they seldom
come again. What is out of the ordinary raises Irregular: the message's tree tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mypy_extensions import i64

from ..dissect import Plan
from ..memo import OVERHEAD, Budget, Kept, Memo
from ..model import Fact, Message, Node, Note
from ..spec.sets import Attr, AttrSet
from ..spec.types import MAX_DEPTH, ZEROS, Irregular, Scope, Walk
from ..text import Json
from ..wire.consts import NLA_F_NET_BYTEORDER, NLA_HDRLEN, NLA_TYPE_MASK
from ..wire.ints import u16

KEEP_BYTES: Final = 4096
"""The longest bytes of which text is kept."""

_ANY_DEPTH: Final = MAX_DEPTH * 2
_NO_DEPTH: Final = -1


def framed(frame: list[str], values: tuple[int, ...]) -> str:
    """Numbers in the empty places of a frame, which stand at odd indexes."""
    filled = frame.copy()
    place = 1
    for value in values:
        filled[place] = str(value)
        place += 2
    return "".join(filled)


class Asking(Walk):
    """Tells what the capture taught, and remembers what was asked: text rests on it."""

    def __init__(self) -> None:
        self.truncated = False
        self.request = False
        self.message: Message | None = None
        self.asked: list[Fact] = []

    def about(self, message: Message) -> None:
        """The message that is written next."""
        self.message = message
        self.truncated = message.record.wire_len > len(message.record.data)
        self.request = message.direction == "request"
        if self.asked:
            self.asked = []

    def note(self, node: Node, code: str, message: str) -> None:
        node.notes.append(Note(code, message, "", node.start, node.end))

    def fact(self, fact: str, *key: str | int) -> tuple[Json, ...] | None:
        message = self.message
        assert message is not None
        told = message.fact(fact, *key)
        self.asked.append(((fact, *key), told))
        return told

    def holds(self, kept: Resting) -> bool:
        """Whether what was asked for is still so; then it is asked for again."""
        facts = kept.facts
        if not facts:
            return True
        message = self.message
        assert message is not None
        interface, lessons = message.record.interface, message.lessons
        if kept.interface != interface or kept.lessons != lessons:
            for (fact, *key), told in facts:
                if message.fact(str(fact), *key) != told:
                    return False
            if message.steady(facts):
                kept.interface, kept.lessons = interface, lessons
        self.asked += facts
        return True


class Resting(Kept):
    """What rests on facts. interface, lessons: for what and until when these are known to hold."""

    __slots__ = ("facts", "interface", "lessons")

    def __init__(self, weight: int, facts: Sequence[Fact]) -> None:
        super().__init__(weight + OVERHEAD)
        self.facts = facts
        self.interface = self.lessons = -1

    def stands(self, message: Message) -> bool:
        """Whether it holds for a message without a look at what it rests on."""
        return not self.facts or (
            self.lessons == message.lessons and self.interface == message.record.interface
        )


class KeptText(Resting):
    """Text that was made of so many bytes."""

    __slots__ = ("text",)

    def __init__(self, text: str, size: int, facts: Sequence[Fact]) -> None:
        super().__init__(len(text) + size, facts)
        self.text = text


class KeptBody(Resting):
    """What is written of a message's body, encoded, and made of so many bytes."""

    __slots__ = ("text",)

    def __init__(self, text: bytes, size: int, facts: Sequence[Fact]) -> None:
        super().__init__(len(text) + size, facts)
        self.text = text


class Mark:
    """Of an attribute's number in one run.

    many: whether two are ordinary; seen: the last run that had one; place: where it was written.
    """

    __slots__ = ("many", "seen", "place")

    def __init__(self, many: bool) -> None:
        self.many = many
        self.seen = 0
        self.place = 0


_NO_MARK: Final = Mark(True)


class Part:
    """How the attributes of one nla_type are written where they stand in one run.

    mark: of its attribute's number, whatever the flags beside it.
    """

    def __init__(self) -> None:
        self.mark = _NO_MARK
        self.memo: Memo[KeptText] | None = None

    def write(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        """Appends the text of the attribute data[at:stop], with its header; raises Irregular."""
        raise Irregular


class Run:
    """The parts of one attribute set at one depth."""

    __slots__ = ("set", "depth", "big", "parts", "marks")

    def __init__(self, attr_set: AttrSet, depth: int) -> None:
        self.set = attr_set
        self.depth = depth
        self.big = attr_set.order == "big"
        self.parts: dict[int, Part] = {}
        self.marks: dict[int, Mark] = {}


class RunScope(Scope):
    """A run whose values are read when one is looked for. here: the attribute that is written."""

    __slots__ = ("run", "data", "start", "end", "here", "around", "writer")

    def __init__(
        self, writer: Straight, run: Run, data: bytes, start: int, end: int,
        around: RunScope | None,
    ) -> None:  # fmt: skip
        super().__init__({}, around, writer.walk)
        self.walk = writer.walk
        self.writer = writer
        self.run = run
        self.data = data
        self.start = start
        self.end = end
        self.here = start
        self.around = around

    def find(self, name: str) -> Json:
        scope: RunScope | None = self
        while scope is not None:
            ahead = scope.ahead
            value = scope.own(name) if ahead is None or name not in ahead else ahead[name]
            if value is not None:
                if self.writer.reach > scope.depth:
                    self.writer.reach = scope.depth
                return value
            scope = scope.around
        self.writer.reach = _NO_DEPTH
        return self.writer.header().get(name)

    def own(self, name: str) -> Json:
        """The value of the attribute of that name, as far as the run is read; None for none."""
        attr_set = self.run.set
        numbers = attr_set.named(name)
        if not numbers:
            return None
        # Selectors may stand behind what they select.
        end = self.end if name in attr_set.selectors else self.here
        at = self.start
        data, big = self.data, self.run.big
        while end - at >= NLA_HDRLEN:
            length: int = u16(data, at, big)
            stop = at + length
            if length < NLA_HDRLEN or stop > self.end:
                return None
            attr = numbers.get(u16(data, at + 2, big) & NLA_TYPE_MASK)
            if attr is not None:
                if attr.multi or attr.type.scoped:
                    raise Irregular
                return attr.type.value(data, at + NLA_HDRLEN, stop, None)
            at += (length + 3) & ~3
        return None


class Straight:
    """Writes runs; subclasses say how each attribute is written.

    walk: what types may ask; reach: the outermost depth that what is being written depends on.
    gathers: attributes that may stand more than once are written as one.
    """

    def __init__(self, limit: int) -> None:
        self.budget = Budget(limit)
        self.gathers = False
        self.walk = Asking()
        self.reach = _ANY_DEPTH
        self._runs: dict[tuple[AttrSet, int, bool], Run] = {}
        self._count = 0

    def part_of(self, run: Run, attr: Attr | None, kind: int) -> Part:
        """How the attributes of an nla_type are written; ``attr`` is None for unknown ones."""
        raise NotImplementedError

    def odd(self, out: list[str], data: bytes, at: int, stop: int, scope: RunScope) -> None:
        """Writes an attribute that is out of the ordinary, or raises Irregular."""
        raise Irregular

    def gather(self, out: list[str], begin: int, part: Part, first: bool) -> None:
        """Puts out[begin:] to those of the same number that stand before, if it gathers."""
        raise NotImplementedError

    def close(self, out: list[str], mark: Mark) -> None:
        """All of one number are gathered."""
        raise NotImplementedError

    def header(self) -> dict[str, Json]:
        """The members of the family header, which selectors may name."""
        message = self.walk.message
        assert message is not None
        plan = message.plan
        assert isinstance(plan, Plan)
        header, op = plan.header, plan.op
        if header is None or op is None or not op.scoped:
            return {}
        if plan.header_end - plan.header_at != header.size:
            return {}
        return header.members(message.record.data, plan.header_at)

    def write_run(
        self, out: list[str], attr_set: AttrSet, depth: int, data: bytes, at: i64, end: i64,
        around: RunScope | None,
    ) -> None:  # fmt: skip
        """Appends the text of the attributes data[at:end]; raises Irregular."""
        walk = self.walk
        key = (attr_set, depth, walk.request)
        run = self._runs.get(key)
        if run is None:
            if depth > MAX_DEPTH:
                raise Irregular
            run = self._runs[key] = Run(attr_set, depth)
        start: int = at
        big, parts = run.big, run.parts
        self._count += 1
        count = self._count
        scope: RunScope | None = None
        gathered: list[Mark] = []
        while at < end:
            if end - at < NLA_HDRLEN:
                raise Irregular
            length = u16(data, at, big)
            kind: int = u16(data, at + 2, big)
            stop = at + length
            if length < NLA_HDRLEN or stop > end:
                raise Irregular
            part = parts.get(kind)
            if part is None:
                part = self._new_part(run, kind)
            mark = part.mark
            first = mark.seen != count
            if not first and not mark.many:
                raise Irregular
            mark.seen = count
            begin = len(out)
            known: KeptText | None = None
            raw: bytes | None = None
            memo = part.memo
            if memo is not None and length <= KEEP_BYTES and not memo.rests():
                raw = data[at:stop]
                known = memo.get(raw)
            if known is not None and (not known.facts or walk.holds(known)):
                out.append(known.text)
            else:
                if scope is None:
                    scope = RunScope(self, run, data, start, end, around)
                scope.here = at
                if raw is None or memo is None:
                    self._write(part, out, data, at, stop, scope)
                else:
                    self._write_new(part, memo, raw, out, data, at, stop, scope)
            if mark.many and self.gathers:
                self.gather(out, begin, part, first)
                if first:
                    gathered.append(mark)
            if length & 3:
                at = stop + (-length & 3)
                if (data[stop:at] != ZEROS[length & 3]) if at <= end else stop != end:
                    raise Irregular
            else:
                at = stop
        for mark in gathered:
            self.close(out, mark)

    def _new_part(self, run: Run, kind: int) -> Part:
        number = kind & NLA_TYPE_MASK
        attr = run.set.attrs.get(number)
        mark = run.marks.get(number)
        if mark is None:
            mark = run.marks[number] = Mark(attr is not None and attr.multi)
        if kind & NLA_F_NET_BYTEORDER or run.depth >= MAX_DEPTH:
            attr = None
        part = self.part_of(run, attr, kind)
        part.mark = mark
        part.memo = Memo(self.budget)
        run.parts[kind] = part
        return part

    def _write(
        self, part: Part, out: list[str], data: bytes, at: int, stop: int, scope: RunScope
    ) -> None:
        begin = len(out)
        try:
            part.write(out, data, at, stop, scope)
        except Irregular:
            del out[begin:]
            self.odd(out, data, at, stop, scope)

    def _write_new(
        self, part: Part, memo: Memo[KeptText], raw: bytes, out: list[str], data: bytes,
        at: int, stop: int, scope: RunScope,
    ) -> None:  # fmt: skip
        """Writes what is not known, and keeps it if it depends on nothing else."""
        begin = len(out)
        asked = len(self.walk.asked)
        reach = self.reach
        self.reach = _ANY_DEPTH
        self._write(part, out, data, at, stop, scope)
        if self.reach > scope.depth:
            text = "".join(out[begin:])
            del out[begin:]
            out.append(text)
            facts = self.walk.asked
            memo.put(raw, KeptText(text, len(raw), facts[asked:] if len(facts) > asked else ()))
        if self.reach > reach:
            self.reach = reach
