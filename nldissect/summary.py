"""A message in one line: what it does, to which object, and how that ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal

from librt.strings import BytesWriter
from mypy_extensions import i64

from .clock import Clock, Dates
from .digits import blanks, digits_of, write_number
from .dissect import Plan, Verdict, flag_names
from .explain import describe
from .learn import Learned
from .memo import OVERHEAD, Bodies, Budget, Kept, Kinds, Memo, is_dump
from .model import Message, Node
from .spec.labels import LABELS
from .spec.sets import AttrSet, GuessSet, IndexedArray, Nest
from .spec.structs import StructType
from .spec.types import Irregular, LabelScalar, Scalar, Type
from .text import Json, encoded, printable, show
from .wire.attrs import iter_attrs
from .wire.consts import (
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NLA_F_NET_BYTEORDER,
    NLA_HDRLEN,
    NLA_TYPE_MASK,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
    NLMSG_MIN_TYPE,
    PROTOCOLS,
)
from .wire.ints import u16

GLYPHS: Final = {"request": "→", "reply": "←", "notify": "⇐", "unknown": "↔"}

_LIMIT: Final = 48
_LINE: Final = 160
_PIECES: Final = 4
_TELLING: Final = 1 << 16
_FIRST: Final = 3
_KEEP_BYTES: Final = 1024
_KEEP: Final = 1 << 22
_PIECE: Final = 160
_MANY_SETS: Final = 64
_MOST: Final = 4096
_GRAVE: Final = ("warn", "error")

_NAMES: Final = (
    "ifname", "header.dev-name", "dev-name", "header.dev-index", "dev-index", "family-name",
    "family-id", "bus-name", "dst", "local", "address", "src", "gateway", "lladdr", "oif", "iif",
    "table", "chain", "set", "name", "kind", "linkinfo.kind", "priority", "key", "handle", "id",
    "ifindex", "index", "wiphy", "wiphy-name", "ssid", "bssid", "mac", "port", "port-index",
    "pid", "type",
)  # fmt: skip
_RANKS: Final = {name: rank for rank, name in enumerate(_NAMES)}
_LABELS: Final = {
    "ifname": "", "dev-name": "", "family-name": "", "name": "", "dst": "", "local": "",
    "address": "", "bus-name": "", "gateway": "via", "src": "from", "oif": "dev", "iif": "iif",
    "ifindex": "dev", "dev-index": "dev", "wiphy-name": "", "family-id": "id", "saddr": "from",
    "daddr": "to", "family": "", "state": "", "mode": "", "proto": "", "protocol": "", "dir": "",
    "raw-protocol": "", "action": "", "type": "", "fl-addr": "", "tb-id": "table",
}  # fmt: skip
_LINKS: Final = frozenset(("ifindex", "dev-index", "oif", "iif", "link", "master", "if-index"))
_ADDRESSES: Final = frozenset(("dst", "local", "address", "src"))
_PORTS: Final = frozenset(("sport", "dport"))
_LENGTHS: Final = frozenset(("prefixlen-s", "prefixlen-d"))
_ANYWHERE: Final = frozenset(("0.0.0.0", "::"))
_ENDS: Final = {"src": "saddr", "dst": "daddr"}
_PREFIXED: Final = ("dst", "local", "address")

_PLAIN: Final = re.compile(r"[\w.:/@*+%-]+")

_KEPT_PREFIXES: Final = ("ifa-", "rta-")
"""C prefixes that some specifications keep in their attributes' names."""

Pieces = list[tuple[str, str]]
"""Names of attributes (dotted) and their values as text."""


def _short(name: str) -> str:
    """An attribute's name without a C prefix that its specification kept."""
    for prefix in _KEPT_PREFIXES:
        name = name.removeprefix(prefix)
    return name


class Summary:
    """The columns of a message's line.

    direction: as in Message. family, operation: never empty. flags: names joined by commas.
    details: the rest of the line. outcome: ack, done, error, malformed or "". process: whose the
    message is, "" where nothing tells. head: the same object for summaries that differ in the last
    three alone, or None.
    """

    __slots__ = ("direction", "family", "operation", "flags", "details", "outcome", "process",
                 "head")  # fmt: skip

    def __init__(self, direction: str, family: str, operation: str, flags: str = "") -> None:
        self.direction = direction
        self.family = family
        self.operation = operation
        self.flags = flags
        self.details = ""
        self.outcome = ""
        self.process = ""
        self.head: Head | None = None


class Head:
    """What the lines of messages of one kind have between their time and their details.

    raw: the columns as ``columns`` wrote them when its widths had that version; bare: the same
    where nothing follows.
    """

    __slots__ = ("family", "operation", "flags", "raw", "bare", "columns", "version")

    def __init__(self, family: str, operation: str, flags: str) -> None:
        self.family = family
        self.operation = operation
        self.flags = flags
        self.raw = self.bare = b""
        self.columns: Columns | None = None
        self.version = 0


class _Pick:
    """An attribute that is worth showing. inner: what to pick inside of it instead.

    Ranks from ``_TELLING`` on have those whose display, made with the tree, says it.
    """

    __slots__ = ("rank", "name", "type", "inner")

    def __init__(self, rank: int, name: str, type_: Type, inner: _Picks | None) -> None:
        self.rank = rank
        self.name = name
        self.type = type_
        self.inner = inner


class _Picks:
    """What is worth showing in the runs of one attribute set, by attribute number."""

    __slots__ = ("big", "by_number")

    def __init__(self, attr_set: AttrSet, ranks: dict[str, int], prefix: str = "") -> None:
        self.big = attr_set.order == "big"
        self.by_number: dict[int, _Pick] = {}
        for number, attr in attr_set.attrs.items():
            path = prefix + attr.name
            inner = None
            rank = ranks.get(path)
            if not prefix and attr.type.telling and not attr.secret:
                self.by_number[number] = _Pick(_TELLING + number, path, attr.type, None)
                continue
            if rank is None:
                if not isinstance(attr.type, Nest) or not any(
                    name.startswith(f"{path}.") for name in ranks
                ):
                    continue
                inner = _Picks(attr.type.set, ranks, f"{path}.")
            if not attr.secret:
                self.by_number[number] = _Pick(rank or 0, path, attr.type, inner)

    def spans(self, data: bytes, at: i64, end: i64) -> _Spans:
        """The attributes that are worth showing."""
        big = self.big
        by_number = self.by_number
        found = _Spans()
        while end - at >= NLA_HDRLEN:
            length = u16(data, at, big)
            stop = at + length
            if length < NLA_HDRLEN or stop > end:
                found.whole = False
                return found
            pick = by_number.get(u16(data, at + 2, big) & NLA_TYPE_MASK)
            if pick is not None:
                found.list.append(_Span(pick, at, stop))
            at = (length + 3 & ~3) + at
        found.whole = at >= end
        return found

    def collect(self, data: bytes, spans: _Spans, found: dict[int, tuple[str, Json]]) -> None:
        """Fills ``found`` by rank."""
        for span in spans.list:
            pick = span.pick
            at, stop = span.start + NLA_HDRLEN, span.stop
            if pick.inner is not None:
                pick.inner.collect(data, pick.inner.spans(data, at, stop), found)
            elif pick.rank >= _TELLING:
                found[pick.rank] = (pick.name, None)
            elif pick.rank not in found:
                type_ = pick.type
                try:
                    value = type_.value(data, at, stop, None)
                except Irregular:
                    pass
                else:
                    if isinstance(type_, LabelScalar) and isinstance(value, int):
                        value = type_.labels.get(value, value)
                    found[pick.rank] = (pick.name, value)


class _Span:
    """An attribute that is worth showing, data[start:stop]."""

    __slots__ = ("pick", "start", "stop")

    def __init__(self, pick: _Pick, start: int, stop: int) -> None:
        self.pick = pick
        self.start = start
        self.stop = stop


class _Spans:
    """What is worth showing in a run; whole: it can be walked to its end."""

    __slots__ = ("list", "whole")

    def __init__(self) -> None:
        self.list: list[_Span] = []
        self.whole = True


class _Header:
    """Which members of a family header tell objects apart."""

    __slots__ = ("index", "prefix", "family", "parent", "handle")

    def __init__(self, header: StructType) -> None:
        self.index = self.prefix = self.family = self.parent = self.handle = ""
        for field in header.fields:
            name = field.name
            if not isinstance(field.type, Scalar):
                continue
            if name.endswith(("ifindex", "-index", "_index")):
                self.index = self.index or name
            elif name.endswith(("dst-len", "prefixlen", "dst_len")):
                self.prefix = name
            elif name.endswith("family"):
                self.family = self.family or name
            elif name.endswith("parent"):
                self.parent = name
            elif name.endswith("handle"):
                self.handle = name


class About(Kept):
    """What a message says it is about.

    whole: its attributes can be walked to the end; links: links are named in it; text: the words,
    and raw: the same encoded, b"" for what a line does not end with. Where links are named these
    are for messages of an interface while so much is learned.
    """

    __slots__ = ("pieces", "whole", "links", "text", "raw", "interface", "lessons")

    def __init__(self, pieces: Pieces, whole: bool, size: int) -> None:
        super().__init__(size + _PIECE * len(pieces) + OVERHEAD)
        self.pieces = pieces
        self.whole = whole
        self.links = any(map(_is_link, pieces))
        self.text: str | None = None
        self.raw: bytes | None = None
        self.interface = self.lessons = -1


class _Result:
    """The words of all that say the same; error: the object that they were made of."""

    __slots__ = ("error", "raw")

    def __init__(self, error: dict[str, Json], raw: bytes | None) -> None:
        self.error = error
        self.raw = raw


class _Read(Kept):
    """What one attribute says by itself: the names in it, and its plain value."""

    __slots__ = ("names", "pieces")

    def __init__(self, values: dict[str, Json], size: int) -> None:
        super().__init__(size + _PIECE + OVERHEAD)
        self.names = list(values)
        self.pieces: Pieces = [
            (name, _cut(_bare(value)))
            for name, value in values.items()
            if not isinstance(value, (dict, list))
        ]


def _read_alone(attr_set: AttrSet, kind: int, raw: bytes) -> dict[str, Json]:
    """The value of an attribute, with its header and padding, by name; raises Irregular.

    Nothing of what is secret or holds others.
    """
    attr = attr_set.attrs.get(kind & NLA_TYPE_MASK)
    if attr is not None and (attr.secret or isinstance(attr.type, (Nest, IndexedArray))):
        return {}
    if attr is None or not attr_set.name:
        return attr_set.values(raw, 0, len(raw), None)
    if attr.scoped or attr.multi or kind & NLA_F_NET_BYTEORDER:
        # What it is depends on others.
        raise Irregular
    size = u16(raw, 0, attr_set.order == "big")
    told = attr.type.value(raw, NLA_HDRLEN, size, None)
    return {} if attr.hidden else {attr.name: told}


class Summarizer:
    """Summaries of the messages of one capture, with the names of links that it has learned."""

    def __init__(self, learned: Learned) -> None:
        self._learned = learned
        self._picks: dict[AttrSet, _Picks] = {}
        self._headers: dict[StructType, _Header] = {}
        self._heads: Kinds[Head] = Kinds()
        self._abouts: dict[object, tuple[dict[str, Json], Pieces]] = {}
        self._results: dict[object, _Result] = {}
        self._budget = budget = Budget(_KEEP)
        self._values: dict[AttrSet, Memo[_Read]] = {}
        # By messages' bodies, and by what tells in these.
        self._bodies: Bodies[About] = Bodies(budget)
        self._telling: Bodies[About] = Bodies(budget)

    def summary(self, message: Message, about: About | None = None) -> Summary:
        """The line of one message; about: what it is about, if that is known."""
        if message.type < 0:
            summary = Summary(message.direction, _family(message), _operation(message))
            summary.outcome = "malformed"
            summary.details = "; ".join(note.message for note in message.problems)
            return summary
        head = self.head(message)
        summary = Summary(message.direction, head.family, head.operation, head.flags)
        if message.sketch is not None:
            summary.head = head
        process = message.process
        if process is not None:
            summary.process = process.label
        if message.type < NLMSG_MIN_TYPE and message.type in (NLMSG_ERROR, NLMSG_DONE):
            self._result(message, summary)
        else:
            if about is None:
                about = self.about(message)
            if not about.whole:
                summary.outcome = "malformed"
            summary.details = self._words(about, message)
        bad = None
        if message.problems:
            bad = [note.message for note in message.problems if note.severity in _GRAVE]
        if bad:
            summary.outcome = "malformed"
            summary.details = " ".join(filter(None, (summary.details, *bad)))
        elif summary.outcome == "malformed":
            summary.details = f"{summary.details} [malformed]".lstrip()
        return summary

    def head(self, message: Message) -> Head:
        """The names of a message."""
        head = self._heads.get(message, message.flags)
        if head is None:
            head = Head(_family(message), _operation(message), _flags(message))
            self._heads.put(message, message.flags, head)
        return head

    def _result(self, message: Message, summary: Summary) -> None:
        error = message.error
        if error is None or not error["name"]:
            summary.outcome = "ack" if message.type == NLMSG_ERROR else "done"
            if message.operation or message.command >= 0:
                summary.details = summary.outcome
            if error is not None and error["message"]:
                summary.details = describe(error, summary.outcome)
            return
        summary.outcome = "error"
        about = self._about(message, error)
        words = [describe(error, about=about)]
        if about:
            words.append(f"for {about}")
        summary.details = " ".join(words)

    def raw_result(self, message: Message) -> bytes | None:
        """How a request ended, encoded; None if a line does not end with that, or for no result."""
        verdict = message.sketch
        error = message.error
        if not isinstance(verdict, Verdict) or error is None:
            return None
        known = self._results.get(verdict)
        if known is not None and known.error is error:
            return known.raw
        summary = Summary(message.direction, "", "")
        self._result(message, summary)
        about = self._abouts.get(verdict)
        if about is None or not any(map(_is_link, about[1])):
            if len(self._results) >= _MOST:
                self._results.clear()
            raw = _ending(summary.details)
            self._results[verdict] = _Result(error, raw)
            return raw
        return _ending(summary.details)

    def _about(self, message: Message, error: dict[str, Json]) -> str:
        """The object of the request inside an error, or of the one that was sent."""
        verdict = message.sketch
        known = None if verdict is None else self._abouts.get(verdict)
        if known is not None and known[0] is error:
            return self._join(known[1], message)
        pieces = self._pieces_about(message)
        if verdict is not None:
            if len(self._abouts) >= _MOST:
                self._abouts.clear()
            self._abouts[verdict] = (error, pieces)
        return self._join(pieces, message)

    @staticmethod
    def _pieces_about(message: Message) -> Pieces:
        parts = [
            part
            for layer in message.layers
            for request in layer.children
            if request.name == "request"
            for part in request.children
        ]
        sent = None
        if len(parts) == 1 and message.txn is not None:
            # The error has the request's header alone.
            sent = message.txn.source
        for part in parts if sent is None else sent.layers:
            if part.name == "attrs":
                return _known(_public(part))
        return []

    def about(self, message: Message) -> About:
        """What a message is about; equal bytes under equal tables say the same."""
        plan = message.plan
        assert isinstance(plan, Plan)
        if message.end - plan.header_at > _KEEP_BYTES:
            return self.about_anew(message)
        memo = self._bodies.of(message, plan)
        if memo.rests():
            return self.about_anew(message)
        body = message.record.data[plan.header_at : message.end]
        known = memo.get(body)
        if known is None:
            known = self.about_anew(message)
            memo.put(body, known)
        return known

    def raw_words(self, about: About, message: Message) -> bytes | None:
        """The words on what a message is about, encoded; None if a line does not end with these."""
        if about.raw is None or (about.links and not self._holds(about, message)):
            words = self._words(about, message)
            raw = _ending(words)
            if about.text is not words:
                return raw
            about.raw = raw
        return about.raw

    def _words(self, about: About, message: Message) -> str:
        """The words on what a message is about."""
        if about.text is not None and (not about.links or self._holds(about, message)):
            return about.text
        words = self._join(about.pieces, message)
        interface = message.record.interface
        if all(
            self._learned.steady(interface, "link", (int(piece[1]),))
            for piece in about.pieces
            if _is_link(piece)
        ):
            about.text, about.raw = words, None
            about.interface, about.lessons = interface, self._learned.lessons
        return words

    def _holds(self, about: About, message: Message) -> bool:
        """Whether the links' names in the words are those of now."""
        return (
            about.lessons == self._learned.lessons and about.interface == message.record.interface
        )

    def about_anew(self, message: Message) -> About:
        """What a message is about, by the few attributes of it that tell."""
        plan = message.plan
        assert isinstance(plan, Plan)
        dump = is_dump(message)
        data = message.record.data
        at, end = plan.attrs_at, message.end
        spans: _Spans | None = None
        raw = b""
        attr_set = plan.set
        if attr_set is not None and at < end and not isinstance(attr_set, GuessSet):
            picks = self._picks.get(attr_set)
            if picks is None and attr_set.name:
                picks = self._picks[attr_set] = _picks_of(attr_set)
            if picks is not None:
                spans = picks.spans(data, at, end)
                for span in spans.list if spans.whole else ():
                    if span.pick.rank >= _TELLING:
                        raw = b""
                        break
                    raw += data[span.start : span.stop]
        if not raw or len(raw) > _KEEP_BYTES:
            return self._made(message, plan, dump, spans)
        memo = self._telling.of(message, plan)
        raw += data[plan.header_at : at]
        known = memo.get(raw)
        if known is None:
            known = self._made(message, plan, dump, spans)
            memo.put(raw, known)
        return known

    def _made(self, message: Message, plan: Plan, dump: bool, spans: _Spans | None) -> About:
        pieces, whole = self._read(message, plan, dump, spans)
        return About(pieces, whole, message.end - plan.header_at)

    def _read(
        self, message: Message, plan: Plan, dump: bool, spans: _Spans | None
    ) -> tuple[Pieces, bool]:
        """What identifies the object, and whether its attributes can be walked to the end."""
        data = message.record.data
        pieces: Pieces = []
        whole = True
        at, end = plan.attrs_at, message.end
        if plan.set is not None and at < end:
            if not plan.set.name:
                # Nobody described it: no name is known well.
                pieces = self._first(message, plan.set, at, end)
            else:
                found: dict[int, tuple[str, Json]] = {}
                if spans is not None:
                    whole = spans.whole
                    self._picks[plan.set].collect(data, spans, found)
                limit = len(plan.set.identity) or _PIECES
                ranks = sorted(rank for rank in found if rank < _TELLING)
                for rank in ranks[:limit]:
                    name, value = found[rank]
                    pieces.append((_short(name), _cut(_bare(value))))
                for rank in sorted(found)[len(ranks) :]:
                    node = message.node(found[rank][0])
                    if node is not None and node.display:
                        pieces.append(("", printable(node.display[:_LINE])))
                if not pieces and (plan.header is None or not plan.header.identity):
                    pieces = self._first(message, plan.set, at, end)
        elif plan.set is None and at < end:
            pieces = [("", f"{end - at} bytes")]
        if plan.header is not None and plan.header_end - plan.header_at >= plan.header.size:
            header = self._headers.get(plan.header)
            if header is None:
                header = self._headers[plan.header] = _Header(plan.header)
            values = plan.header.members(data, plan.header_at)
            own = _identity(plan.header, values)
            self._add_header(message.protocol, pieces, header, values, dump, bool(own))
            pieces[:0] = own
        return pieces, whole

    def _first(self, message: Message, attr_set: AttrSet, at: int, end: int) -> Pieces:
        """The first plain values, as far as they tell nothing secret."""
        pieces: Pieces = []
        data = message.record.data
        memo = self._values.get(attr_set)
        if memo is None:
            memo = self._values[attr_set] = Memo(self._budget)
        names: set[str] = set()
        try:
            for span in iter_attrs(data, at, end, attr_set.order):
                if span.problem:
                    raise Irregular
                raw = data[span.start : span.padded]
                kept = len(raw) <= _KEEP_BYTES and not memo.rests()
                read = memo.get(raw) if kept else None
                if read is None:
                    read = _Read(_read_alone(attr_set, span.kind, raw), len(raw))
                    if kept:
                        memo.put(raw, read)
                for name in read.names:
                    if name in names:
                        raise Irregular
                    names.add(name)
                pieces += read.pieces
                if len(pieces) == _FIRST:
                    return pieces
        except Irregular:
            pieces = []
        if pieces:
            return pieces
        attrs = message.attrs
        if attr_set.name and _secretive(attr_set):
            attrs = {}
            for layer in message.layers:
                if layer.name == "attrs":
                    attrs = _public(layer)
        return list(islice(_plain(attrs), _FIRST))

    @staticmethod
    def _add_header(
        protocol: int,
        pieces: Pieces,
        header: _Header,
        values: dict[str, Json],
        dump: bool,
        told: bool,
    ) -> None:
        """Puts what the family header tells into the pieces. told: its own identity is known."""
        names = [name for name, _ in pieces]
        prefix = values.get(header.prefix)
        if isinstance(prefix, int):
            for at, (name, text) in enumerate(pieces):
                if name in _PREFIXED and (":" in text or "." in text):
                    pieces[at] = (name, f"{text}/{prefix}")
                    if name == "local" and ("address", text) in pieces:
                        pieces.remove(("address", text))
                    break
            else:
                if prefix == 0 and header.prefix.endswith("dst-len") and names and not dump:
                    pieces.insert(0, ("", "default"))
        family = values.get(header.family)
        if family and not told and not _ADDRESSES.intersection(names):
            known = LABELS["nf-family" if protocol == NETLINK_NETFILTER else "address-family"]
            text = show(family)
            if isinstance(family, int):
                text = known.get(family, f"family {family}")
            pieces.insert(0, ("", text))
        index = values.get(header.index)
        if isinstance(index, int) and index:
            if "ifname" in names:
                at = names.index("ifname") + len(pieces) - len(names)
                pieces[at] = ("", f"{pieces[at][1]}({index})")
            else:
                pieces.append(("ifindex", str(index)))
        for role, name in (("parent", header.parent), ("handle", header.handle)):
            number = values.get(name)
            if isinstance(number, int) and number:
                pieces.append((role, LABELS["tc-handle"].get(number) or f"0:{number:x}"))

    def _join(self, pieces: Pieces, message: Message) -> str:
        words: list[str] = []
        named = ""
        for path, text in pieces:
            name = path.rpartition(".")[2]
            if _is_link((name, text)):
                if name == "dev-index" and named and words[-1] == named:
                    words[-1] = f"{named}({text})"
                    continue
                text = self._link(int(text), message)
            elif name == "dev-name":
                named = text
            elif name == "family-id" and text.isdecimal():
                text = f"{int(text):#x}"
            label = _LABELS.get(name, name)
            words.append(f"{label} {text}" if label else text)
        return " ".join(words)

    def _link(self, ifindex: int, message: Message) -> str:
        record = message.record
        name = self._learned.link_name(record.interface, ifindex, record.number)
        return str(ifindex) if name is None else f"{printable(name)}({ifindex})"


def _ending(words: str) -> bytes | None:
    """Words, encoded, that a line ends with; None where it would be shortened."""
    return None if words and words[-1].isspace() else encoded(words)


def _is_link(piece: tuple[str, str]) -> bool:
    """Whether a piece is the index of a link."""
    name = piece[0].rpartition(".")[2]
    return (name in _LINKS or "ifindex" in name) and piece[1].isdecimal()


def _identity(header: StructType, values: Json) -> Pieces:
    """The members of a header that tell its object from others.

    What is zero says nothing; an address takes its prefix length and its port along.
    """
    pieces: Pieces = []
    for path in header.identity:
        value: Json = values
        name = path
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not value or value == "unspec":
            continue
        text = _cut(_bare(value))
        if pieces and (name in _PORTS or name in _LENGTHS):
            about, before = pieces[-1]
            if about not in ("saddr", "daddr"):
                continue
            if name in _PORTS and ":" in before:
                before = f"[{before}]"
            pieces[-1] = (about, f"{before}{':' if name in _PORTS else '/'}{text}")
        else:
            pieces.append((_ENDS.get(name, name), text))
    return [(name, text) for name, text in pieces if text not in _ANYWHERE]


def _picks_of(attr_set: AttrSet) -> _Picks:
    identity = attr_set.identity
    if identity:
        return _Picks(attr_set, {path: rank for rank, path in enumerate(identity)})
    return _Picks(attr_set, _RANKS)


_secretives: dict[AttrSet, bool] = {}


def _secretive(attr_set: AttrSet) -> bool:
    """Whether key material may be anywhere in the runs of a set."""
    known = _secretives.get(attr_set)
    if known is None:
        sets = [attr_set]
        known = False
        for each in sets:
            # Some sets have others inside without end.
            known = known or len(sets) > _MANY_SETS
            for attr in () if known else each.attrs.values():
                if isinstance(attr.type, Nest):
                    if attr.type.set not in sets:
                        sets.append(attr.type.set)
                elif attr.scoped:
                    known = True
                known = known or attr.secret
        _secretives[attr_set] = known
    return known


def _public(parent: Node) -> dict[str, Json]:
    """The values below a node by name, without key material."""
    values: dict[str, Json] = {}
    for node in parent.children:
        if node.secret or node.kind not in ("attr", "nest", "item", "field"):
            continue
        if node.name in ("nla-len", "nla-type"):
            continue
        value = node.value
        if isinstance(value, (dict, list)):
            value = _public(node)
        values.setdefault(node.name, value)
    return values


def _known(attrs: dict[str, Json]) -> Pieces:
    """The well-known names in an object."""
    pieces: Pieces = []
    for name in _NAMES:
        value: Json = attrs
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None and not isinstance(value, (dict, list)):
            pieces.append((name, _cut(_bare(value))))
            if len(pieces) == _PIECES:
                break
    return pieces


def _plain(attrs: Json) -> Iterator[tuple[str, str]]:
    """The plain values of an object in order; what is nested only if that is all there is."""
    if isinstance(attrs, list):
        for item in attrs:
            yield from _plain(item)
    elif isinstance(attrs, dict):
        plain = [name for name, value in attrs.items() if not isinstance(value, (dict, list))]
        for name in plain:
            yield name, _cut(_bare(attrs[name]))
        if not plain:
            for value in attrs.values():
                yield from _plain(value)


def _bare(value: Json) -> str:
    """Text without quotes where nothing in it calls for them."""
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return f'"{printable(value)}"'
    return show(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LIMIT else f"{text[: _LIMIT - 1]}…"


def _family(message: Message) -> str:
    if message.family:
        return printable(message.family)
    if message.protocol < 0:
        return "?"
    return PROTOCOLS.get(message.protocol, f"protocol-{message.protocol}")


def _operation(message: Message) -> str:
    if message.operation:
        return message.operation
    if message.type < 0:
        return "-"
    if message.type in (NLMSG_ERROR, NLMSG_DONE) and message.command >= 0:
        return f"command {message.command}"
    if message.type == NLMSG_DONE:
        return "done"
    if message.type == NLMSG_ERROR:
        order: Literal["little", "big"] = "big" if message.order == "big" else "little"
        code = message.data[NLMSG_HDRLEN : NLMSG_HDRLEN + 4]
        refused = len(code) == 4 and int.from_bytes(code, order, signed=True) < 0
        return "error" if refused else "ack"
    if message.type < NLMSG_MIN_TYPE:
        return message.operation_c.removeprefix("NLMSG_").lower() or f"type {message.type}"
    if message.protocol == NETLINK_NETFILTER:
        return f"subsystem {message.type >> 8} type {message.type & 0xFF}"
    if message.protocol == NETLINK_GENERIC:
        if message.family:
            return f"command {message.command}"
        return f"id {message.type:#x} command {message.command}"
    return f"type {message.type}"


_flag_texts: dict[tuple[int, str], str] = {}


def _flags(message: Message) -> str:
    key = (message.flags, message.flag_class)
    known = _flag_texts.get(key)
    if known is None:
        names = flag_names(message.flags, message.flag_class)
        if "root" in names and "match" in names:
            names = ["dump", *(name for name in names if name not in ("root", "match"))]
        hidden = ("request", "dump-filtered", "capped", "ack-tlvs")
        known = ",".join(name for name in names if name not in hidden)
        _flag_texts[key] = known
    return known


_STYLES: Final = {"request": "36", "reply": "32", "notify": "35", "unknown": "33"}
_OUTCOMES: Final = {"error": "1;31", "malformed": "31", "ack": "2", "done": "2"}


class Columns:
    """Summaries as aligned lines; a column widens when something does not fit.

    width: cut lines to so many columns, 0 for never. The process at the end of a line is not cut
    but left out where it would take half of that.
    """

    def __init__(self, *, color: bool = False, width: int = 0) -> None:
        self._color = color
        self._width = width
        self._number: i64 = 5
        self._time: i64 = 10
        self._family = 10
        self._operation = 16
        self._flags = 8
        self._version = 0
        self._scratch = BytesWriter()
        self.plain = not color and not width

    def _stamp(self, out: BytesWriter, number: i64, time: bytes) -> None:
        """The first two columns."""
        digits = digits_of(number)
        if digits > self._number:
            self._number = digits
        size: i64 = len(time)
        if size > self._time:
            self._time = size
        out.write(blanks(self._number - digits))
        write_number(out, number)
        out.write(blanks(self._time - size + 1))
        out.write(time)
        out.write(b" ")

    def _head(self, head: Head, direction: str) -> bytes:
        """The columns between time and details, encoded."""
        if head.columns is self and head.version == self._version:
            return head.raw
        if len(head.family) > self._family:
            self._family = len(head.family)
            self._version += 1
        if len(head.operation) > self._operation:
            self._operation = len(head.operation)
            self._version += 1
        if len(head.flags) > self._flags:
            self._flags = len(head.flags)
            self._version += 1
        head.columns = self
        head.version = self._version
        head.raw = encoded(
            f"{GLYPHS[direction]} {head.family.ljust(self._family)} "
            f"{head.operation.ljust(self._operation)} {head.flags.ljust(self._flags)} "
        )
        head.bare = head.raw.rstrip()
        return head.raw

    def write(
        self, out: BytesWriter, number: int, time: bytes, head: Head, direction: str, details: bytes
    ) -> None:
        """Appends a plain line without its end."""
        self._stamp(out, number, time)
        raw = self._head(head, direction)
        if details:
            out.write(raw)
            out.write(details)
        else:
            out.write(head.bare)

    def line(self, number: int, time: str, summary: Summary) -> str:
        """The line without its end."""
        out = self._scratch
        out.truncate(0)
        self._stamp(out, number, time.encode())
        head = summary.head or Head(summary.family, summary.operation, summary.flags)
        out.write(self._head(head, summary.direction))
        line = f"{out.getvalue().decode()}{summary.details}".rstrip()
        width = self._width
        end = f"  {summary.process}" if summary.process else ""
        if width:
            if 2 * len(end) > width:
                end = ""
            if len(line) + len(end) > width:
                line = f"{line[: width - len(end) - 1]}…"
        if not self._color:
            return line + end
        style = _OUTCOMES.get(summary.outcome) or _STYLES[summary.direction]
        start: int = self._number + self._time + 2
        line = f"\x1b[2m{line[:start]}\x1b[0m\x1b[{style}m{line[start:]}\x1b[0m"
        return f"{line}\x1b[2m{end}\x1b[0m" if end else line


class Titles:
    """The lines of a capture's messages, in their order.

    clock: tells their times; without one these are dates.
    """

    def __init__(
        self, learned: Learned, clock: Clock | None = None, *, color: bool = False, width: int = 0
    ) -> None:
        self._summarizer = Summarizer(learned)
        self._columns = Columns(color=color, width=width)
        self._clock = clock
        self._dates = Dates()
        self._date = BytesWriter()

    def write(self, out: BytesWriter, message: Message, about: About | None) -> About | None:
        """Appends a message's line without its end; gives what it is about.

        about: the same, if it is known.
        """
        time = self._time(message)
        summarizer, columns = self._summarizer, self._columns
        words: bytes | None = None
        if columns.plain and message.type >= 0:
            if message.type >= NLMSG_MIN_TYPE:
                if about is None:
                    about = summarizer.about(message)
                if about.whole:
                    words = summarizer.raw_words(about, message)
            elif message.type in (NLMSG_ERROR, NLMSG_DONE):
                words = summarizer.raw_result(message)
        if words is not None and not _grave(message) and message.process is None:
            head = summarizer.head(message)
            columns.write(out, message.number, time, head, message.direction, words)
            return about
        summary = summarizer.summary(message, about)
        out.write(encoded(columns.line(message.number, time.decode(), summary)))
        return about

    def _time(self, message: Message) -> bytes:
        time_ns = message.record.time_ns
        if self._clock is not None:
            return self._clock.raw(time_ns)
        if time_ns is None:
            return b"-"
        self._date.truncate(0)
        self._dates.write(self._date, time_ns)
        return self._date.getvalue()


def _grave(message: Message) -> bool:
    """Whether something is wrong with a message, as far as is known before it is decoded."""
    for note in message.problems:  # noqa: SIM110 (compiled, a loop is faster)
        if note.severity in _GRAVE:
            return True
    return False
