"""Records to messages: one engine for all families, driven by their tables.

``Dissector.dissect`` finds the messages of a record and what each of them is; attributes, trees
and notes are read when a message is asked for them. Nothing that a record holds raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

from mypy_extensions import i64

from .explain import Request, describe, error_name, error_object, explain
from .learn import FamilyInfo, Learned
from .model import (
    Decode,
    Fact,
    Follower,
    Interface,
    Message,
    Node,
    Note,
    Process,
    Record,
    Transaction,
    direction_number,
    place_notes,
)
from .policies import PolicyTables
from .registry import Registry
from .spec.compile import Op
from .spec.lessons import Key
from .spec.sets import AttrSet, Shape, guess_set
from .spec.structs import StructType
from .spec.types import Irregular, Scope, Walk, hex_text, raw_node, zero_or_raw
from .text import Json, printable, show
from .wire.attrs import OVERRUN, SHORT, TRAILING, reads_as_attrs
from .wire.consts import (
    CONTROL_TYPES,
    FLAGS,
    FLAGS_BY_CLASS,
    GENL_HDRLEN,
    GENL_ID_CTRL,
    LINKTYPE_SLL2,
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NETLINK_USERSOCK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_DUMP,
    NLM_F_MULTI,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
    NLMSG_MIN_TYPE,
    NLMSG_OVERRUN,
    PROTOCOLS,
)
from .wire.headers import NLMSGHDR, NOT_NETLINK, link_header_size, link_protocol
from .wire.ints import u16, u32
from .wire.order import OrderVote

_NEW_WORDS: Final = frozenset(("NEW", "ADD", "SET", "CREATE"))
_DEL_WORDS: Final = frozenset(("DEL", "DELETE", "REMOVE", "DESTROY", "FLUSH"))
_ASKS: Final = re.compile(r"(^|_)GET")
# Changes that are only told to listeners, under the port id and number of who made them.
_TELLS: Final = re.compile(
    r"XFRM_MSG_(?!GET|ALLOCSPI)|NFT_MSG_DESTROY|OVS_(DP|FLOW|VPORT)_CMD_(?!GET)"
    r"|L2TP_CMD_(TUNNEL|SESSION)_(?!GET)"
)
EXT_ACK_FAMILY: Final = "nlctrl"
EXT_ACK_SET: Final = "ext-ack-attrs"


HeaderTest = Callable[[int, int, int, int, int, int, Record, int], bool]
"""Whether a message is wanted: protocol, type, flags, seq, pid, length, record, start in it."""


class Plan:
    """How the bytes behind a message's nlmsghdr are laid out.

    header_at..attrs_at: the family header with its alignment; regular: nothing but the attributes
    themselves can hold a surprise. error: what an NLMSG_ERROR or DONE says, None until somebody
    asked; facts: what that rests on.
    """

    __slots__ = ("op", "info", "header", "header_at", "header_end", "attrs_at", "set", "regular",
                 "error", "facts")  # fmt: skip

    def __init__(self, op: Op | None, info: FamilyInfo | None) -> None:
        self.op = op
        self.info = info
        self.header: StructType | None = None
        self.header_at = 0
        self.header_end = 0
        self.attrs_at = 0
        self.set: AttrSet | None = None
        self.regular = True
        self.error: dict[str, Json] | None = None
        self.facts: list[Fact] = []


class Verdict:
    """What all NLMSG_ERROR or DONE have in common that say the same of the same request.

    changes: what was learned until it was made; after more it may be wrong. problems: what is
    known of them before anything is decoded; notes: all remarks, None until somebody asked.
    """

    __slots__ = ("changes", "plan", "family", "operation", "command", "problems", "notes")

    def __init__(self, changes: int, message: Message, plan: Plan) -> None:
        self.changes = changes
        self.plan = plan
        self.family = message.family
        self.operation = message.operation
        self.command = message.command
        self.problems = message.problems.copy()
        self.notes: list[Note] | None = None

    def more(self, message: Message) -> list[Note] | None:
        """What is remarked on the header of one of them alone; None if that is not all."""
        more = message.problems[len(self.problems) :]
        for note in more:
            if note.path != "nlmsg":
                return None
        return more


class Sketch:
    """What all messages of a type, command and direction have in common where nothing is odd.

    changes: what was learned until it was made; after more it may be wrong. header_at, attrs_at:
    counted from the end of the nlmsghdr. remarks: codes and words of notes on the nlmsghdr.
    """

    __slots__ = ("changes", "plan", "family", "operation", "operation_c", "direction",
                 "flag_class", "header_at", "attrs_at", "remarks", "_plans", "_body",
                 "_plan")  # fmt: skip

    def __init__(self, changes: int, message: Message, plan: Plan) -> None:
        self.changes = changes
        self.plan = plan
        self.family = message.family
        self.operation = message.operation
        self.operation_c = message.operation_c
        self.direction = message.direction
        self.flag_class = message.flag_class
        self.header_at = plan.header_at - message.body
        self.attrs_at = plan.attrs_at - message.body
        self.remarks = [(note.code, note.message) for note in message.problems]
        self._plans: dict[int, Plan] = {}
        # Most messages are the only ones of their records.
        self._body = message.body
        self._plan = plan

    def plan_at(self, body: int) -> Plan:
        """The plan of a message whose nlmsghdr ends there."""
        if body == self._body:
            return self._plan
        known = self._plans.get(body)
        if known is None:
            like = self.plan
            known = Plan(like.op, like.info)
            known.header = like.header
            known.header_at = body + self.header_at
            known.header_end = known.header_at + like.header_end - like.header_at
            known.attrs_at = body + self.attrs_at
            known.set = like.set
            if len(self._plans) < _PLANS:
                self._plans[body] = known
        self._body = body
        self._plan = known
        return known


class _Walk(Walk):
    """Puts notes on nodes.

    noted: the nodes that have some, in the order of their bytes; notes: those that were settled
    while attributes were read without a tree; asked: the facts that were asked for.
    """

    __slots__ = ("truncated", "request", "noted", "notes", "asked", "_message", "_ids", "_origins")

    def __init__(self, message: Message) -> None:
        self._message = message
        self.truncated = message.record.wire_len > len(message.record.data)
        self.request = message.direction == "request"
        self.noted: list[Node] = []
        self.notes: list[Note] = []
        self.asked: list[Fact] = []
        self._ids: set[int] = set()
        self._origins: list[int] = []

    def note(self, node: Node, code: str, message: str) -> None:
        self.place(node, Note(code, message, "", node.start, node.end))

    def place(self, node: Node, note: Note) -> None:
        """Puts a ready note on a node."""
        if id(node) not in self._ids:
            self._ids.add(id(node))
            self.noted.append(node)
        node.notes.append(note)

    def rewind(self, at: int) -> None:
        while self._origins and self._origins[-1] >= at:
            self._origins.pop()
            self.notes.pop()

    def settle(self, nodes: list[Node], prefix: str) -> None:
        for note in place_notes(nodes, self.noted):
            note.path = f"{prefix}.{note.path}"
            self.notes.append(note)
            self._origins.append(nodes[0].start)
        self.noted.clear()
        self._ids.clear()

    def fact(self, fact: str, *key: str | int) -> tuple[Json, ...] | None:
        told = self._message.fact(fact, *key)
        self.asked.append(((fact, *key), told))
        return told


_SUSPECT: Final = frozenset(
    ("value.range", "value.mask", "value.length", "value.width", "struct.short",
     OVERRUN, SHORT, TRAILING)
)  # fmt: skip
"""What a request is refused for."""

_TRACKED: Final = {
    "txn.ambiguous": "another request could have this answer as well",
    "txn.orphan": "the request is not in the capture",
    "txn.interrupted": "the dump changed while it was read",
    "txn.unanswered": "the capture has no answer",
    "txn.endless": "the dump has no end in the capture",
}


_SIXTEEN: Final = (b"\x10\0", b"\0\x10")
_CTRL: Final = {"little": b"\0\0\x10\0", "big": b"\0\x10"}
"""What stands in every header of type 0x10 whose length is below 64 KB."""
_REFUSALS: Final = (b"\2\0", b"\0\2")
_NO_ERROR: Final = b"\0\0\0\0"
_CHOICE: Final = 1 << 19
_PLANS: Final = 256
_SKETCHES: Final = 1 << 14
_INTERFACES: Final = 1 << 18
"""Those that have room beside what else tells messages apart."""
_VERDICTS: Final = 1 << 12
_VERDICT_BYTES: Final = 1024
_ASKED: Final = 1 << 16


class _Choice:
    """Which records have a wanted message, by the headers alone.

    records: number of messages before each of them, by record number.
    """

    def __init__(self, wanted: HeaderTest) -> None:
        self.records: dict[int, int] = {}
        self.orders: set[tuple[int, str]] = set()
        self.count = 0
        self.given_up = False
        self._wanted = wanted
        self._asked: dict[tuple[int, int], tuple[int, int]] = {}
        self._unpack = NLMSGHDR["little"].unpack_from
        self._order = ""

    def look(self, record: Record, protocol: int, at: int, order: str) -> None:
        """Takes a record whose first message is at ``at``."""
        if order is not self._order:
            self._order = order
            self._unpack = NLMSGHDR[order].unpack_from
            self.orders.add((record.interface, order))
        data = record.data
        last = len(data) - NLMSG_HDRLEN
        wanted = self._wanted
        before = count = self.count
        hit = False
        while at <= last:
            length, type_, flags, seq, pid = self._unpack(data, at)
            if length < NLMSG_HDRLEN:
                break
            count += 1
            if flags & NLM_F_REQUEST:
                self._asked[protocol, seq] = (record.number, before)
            if wanted(protocol, type_, flags, seq, pid, length, record, at):
                hit = True
                # What it answers tells more of it.
                asked = self._asked.get((protocol, seq))
                if asked is not None:
                    self.records[asked[0]] = asked[1]
            at = (length + 3 & ~3) + at
        if count == before:
            hit = True
            count += 1
        self.count = count
        if hit:
            self.records[record.number] = before
            if len(self.records) > _CHOICE:
                self.given_up = True
                self.records.clear()
        if len(self._asked) > _ASKED:
            self._asked.clear()


@lru_cache(maxsize=4096)
def flag_class(protocol: int, type_: int, operation_c: str) -> str:
    """Which meaning the flag bits from 0x100 up have: get, new, del or ack."""
    if type_ < NLMSG_MIN_TYPE:
        return "ack"
    if protocol == NETLINK_ROUTE:
        return ("new", "del", "get", "new")[type_ & 3]
    words = operation_c.split("_")
    for word in words:
        if word in _NEW_WORDS or word.startswith("NEW"):
            return "new"
        if word in _DEL_WORDS or word.startswith("DEL"):
            return "del"
    return "get"


_flag_lists: dict[tuple[str, int], list[str]] = {}


def flag_names(flags: int, class_: str) -> list[str]:
    """Names of the set nlmsg_flags bits; those without a name together as hex."""
    key = (class_, flags)
    known = _flag_lists.get(key)
    if known is None:
        names = []
        rest = flags
        for table in (FLAGS, FLAGS_BY_CLASS.get(class_, {})):
            for bit, name in table.items():
                if flags & bit:
                    names.append(name)
                    rest &= ~bit
        if rest:
            names.append(hex(rest))
        if len(_flag_lists) < 65536:
            _flag_lists[key] = names
        known = names
    return known


class Dissector(Decode):
    """Dissects the records of one capture.

    registry: the families; learned: what is known of ids and links, which grows by ``dissect`` when
    ``learning`` is set (a pipe) or by ``survey`` beforehand (a file); order: little or big where
    the user decides it, None to decide by interface; interfaces: the capture's (for order hints);
    facts: learn what messages tell of things that others mention as well: names of links, types
    of sets.
    tracker: finds out what belongs together, where one is set; fate: the code of a note on a
    request, by its message's number, from an earlier pass over the same records.
    surveyed: how many records the first pass met. count: how many messages ``dissect`` has given,
    by which they are numbered.
    other_records: how many records of each link type were not netlink, by ``(type, ARPHRD)``.
    """

    def __init__(
        self,
        registry: Registry,
        learned: Learned,
        interfaces: list[Interface],
        *,
        order: str | None = None,
        learning: bool = False,
        facts: bool = False,
    ) -> None:
        self.registry = registry
        self.learned = learned
        self.interfaces = interfaces
        self.learning = learning
        self.facts = facts
        self.other_records: dict[int, int] = {}
        self.count = 0
        self.surveyed = 0
        self.tracker: Follower | None = None
        self.fate: Callable[[int], str] | None = None
        self._order = order
        self._orders: dict[int, str] = {}
        # The interface that was asked for last, and its byte order if that is settled.
        self._interface: i64 = -1
        self._settled_order = ""
        self._answered: dict[int, int] = {}
        self._answered_at = 0
        self._classic: dict[tuple[int, int, str, str], Op | None] = {}
        self._sketches: dict[int, Sketch] = {}
        # The last one that was asked for, and under what: often it is the next one as well.
        self._sketch: Sketch | None = None
        self._kind: i64 = 0
        self._verdicts: dict[tuple[int, bytes], Verdict] = {}
        self._taught: set[tuple[int, bytes]] = set()
        self._taught_at = 0
        self._policies = PolicyTables()
        self._earlier: dict[FamilyInfo, str] = {}
        self._heard = 0

    # Which bytes are messages

    def order_of(self, record: Record, at: int) -> str:
        """The byte order of a record's interface; while learning, a record may vote once."""
        interface: i64 = record.interface
        if interface == self._interface:
            return self._settled_order
        fixed = self._orders.get(record.interface)
        if fixed is not None:
            self._interface = interface
            self._settled_order = fixed
            return fixed
        if self._order is not None:
            return self._order
        heard = self.learning and record.number > self._heard
        if heard:
            self._heard = record.number
        return self._vote(record, at, heard).order

    def _vote(self, record: Record, at: int, heard: bool) -> OrderVote:
        """The vote of a record's interface; ``heard``: the record takes part while it is open."""
        index = record.interface
        hint = self.interfaces[index].order_hint if index < len(self.interfaces) else "little"
        vote = self.learned.vote(index, hint)
        if heard and not vote.decided:
            vote.add(record.data, at, record.wire_len)
        return vote

    def start(self) -> None:
        """Begins to number messages, and to count what is not netlink, anew."""
        self.count = 0
        self.other_records.clear()

    def survey(
        self,
        records: Iterable[Record],
        wanted: HeaderTest | None = None,
    ) -> dict[int, int] | None:
        """The first pass over a file: byte orders, families, and other facts if wanted.

        wanted: gives the records that have such a message, and those whose requests these answer,
        each with the number of messages before it; None where they are too many or another byte
        order than expected was decided on.
        """
        teachers: dict[tuple[int, str], tuple[bytes, ...]] = {}
        # Those of the last protocol, which is often the next one as well.
        types: tuple[bytes, ...] = ()
        taught: i64 = -1
        taught_order = ""
        orders: dict[int, str] = {}
        votes: dict[int, OrderVote] = {}
        choice = None if wanted is None else _Choice(wanted)
        self.surveyed = 0
        for record in records:
            self.surveyed += 1
            data = record.data
            link_type = record.link_type
            protocol = link_protocol(link_type, data)
            if protocol < 0:
                if choice is not None and protocol != NOT_NETLINK:
                    choice.count += 1
                continue
            at = link_header_size(link_type)
            interface = record.interface
            order = orders.get(interface)
            if order is None:
                # Until enough records have voted, the order is what most of them said so far.
                vote = votes.get(interface)
                if vote is None:
                    vote = votes[interface] = self._vote(record, at, False)
                vote.add(data, at, record.wire_len)
                order = self._order or vote.order
                if vote.decided or self._order is not None:
                    orders[interface] = order
            # nlctrl is type 0x10; in a record of several messages the one that teaches need not be
            # the first.
            if protocol == NETLINK_GENERIC:
                first = data[at + 4 : at + 6]
                alone = u32(data, at, order == "big") + at >= len(data) if first else True
                if (
                    first in _SIXTEEN
                    or first in _REFUSALS
                    or (not alone and data.find(_CTRL[order], at) > 0)
                ):
                    self._learn(record, protocol, at, order)
            elif self.facts:
                if protocol != taught or order is not taught_order:
                    known = teachers.get((protocol, order))
                    if known is None:
                        known = teachers[protocol, order] = self._teachers(protocol, order)
                    types, taught, taught_order = known, protocol, order
                # A batch of nftables holds messages of many types.
                if data[at + 4 : at + 6] in types or (
                    protocol == NETLINK_NETFILTER
                    and any(data.find(type_, at) > 0 for type_ in types)
                ):
                    self._learn(record, protocol, at, order)
            if choice is not None:
                choice.look(record, protocol, at, order)
        for interface, vote in votes.items():
            self._orders[interface] = self._order or vote.order
        self._interface = -1
        if choice is None or choice.given_up:
            return None
        for interface, order in choice.orders:
            if order != (self._order or votes[interface].order):
                return None
        return choice.records

    def _follow(
        self, record: Record, protocol: int, order: str, at: int, tracker: Follower
    ) -> None:
        """Shows the tracker the messages of a record, and counts them."""
        data = record.data
        size = len(data)
        big = order == "big"
        first = at
        alike = b""
        while size - at >= NLMSG_HDRLEN:
            length: i64 = u32(data, at, big)
            if length < NLMSG_HDRLEN:
                break
            end = at + length
            self.count += 1
            if alike and data[at + 4 : at + NLMSG_HDRLEN] == alike:
                tracker.see_alike()
            else:
                tracker.see(
                    record, self.count, protocol, order, at, end if end <= size else size,
                    u16(data, at + 4, big), u16(data, at + 6, big),
                    u32(data, at + 8, big), u32(data, at + 12, big),
                )  # fmt: skip
                alike = tracker.alike
            at = (length + 3 & ~3) + at
        # A record without a message counts as one.
        self.count += at == first

    def _teachers(self, protocol: int, order: str) -> tuple[bytes, ...]:
        """What stands in the headers of messages of a classic protocol that teach facts."""
        return tuple(
            type_.to_bytes(2, "big" if order == "big" else "little")
            for type_ in sorted(self.registry.teaching.get(protocol, ()))
        )

    def _learn(self, record: Record, protocol: int, at: int, order: str) -> None:
        """What nlctrl and others teach in a record whose first message is at ``at``."""
        teaching = self.registry.teaching.get(protocol, ()) if self.facts else ()
        data = record.data
        size = len(data)
        big = order == "big"
        while size - at >= NLMSG_HDRLEN:
            length: int = u32(data, at, big)
            if length < NLMSG_HDRLEN:
                break
            end = at + length
            if end > size:
                end = size
            type_: int = u16(data, at + 4, big)
            flags: int = u16(data, at + 6, big)
            if protocol == NETLINK_GENERIC:
                if type_ == GENL_ID_CTRL and not flags & NLM_F_REQUEST:
                    self._learn_family(record, protocol, order, at, end)
                elif type_ == NLMSG_ERROR and flags & NLM_F_ACK_TLVS:
                    self._learn_refusal(record, protocol, order, at)
            elif type_ in teaching:
                direction = "request" if flags & NLM_F_REQUEST else "reply"
                op = self._op(protocol, type_, direction, order)
                for lesson in op.lessons if op is not None else ():
                    told = lesson.read(data, at + NLMSG_HDRLEN, end)
                    if told is not None:
                        self.learned.teach(record.interface, record.number, lesson.fact, *told)
            at = (length + 3 & ~3) + at

    def _learn_family(
        self, record: Record, protocol: int, order: str, start: int, end: int
    ) -> None:
        """What was told before, and holds since, need not be read again."""
        learned = self.learned
        if self._taught_at != learned.changes or len(self._taught) > 4096:
            self._taught.clear()
            self._taught_at = learned.changes
        told = (record.interface, record.data[start + NLMSG_HDRLEN : end])
        if told in self._taught:
            return
        message = self._message(record, protocol, order, start)
        if message is not None:
            learned.observe(record.interface, record.number, message.command, message.attrs)
        if len(told[1]) <= 4096:
            self._taught.add(told)

    def _learn_refusal(self, record: Record, protocol: int, order: str, start: int) -> None:
        """What an error says of a request to a family that nobody described."""
        message = self._message(record, protocol, order, start)
        inner = None if message is None else self._inner(message)
        if message is None or inner is None or not inner.family or inner.family in self.registry:
            return
        error = message.error or {}
        said: tuple[tuple[Json, Json], ...] = (
            (error.get("attr"), error.get("policy")), (error.get("missing"), {}),
        )  # fmt: skip
        for path, rules in said:
            if isinstance(path, str):
                self.learned.observe_refusal(
                    record.interface, record.number, inner.type, inner.command, path, rules
                )

    def dissect(self, record: Record, wanted: HeaderTest | None = None) -> list[Message]:
        """The messages of a record; empty for a record that is not netlink's (which is counted).

        wanted: leave out the messages whose header fails it; what has no header is given.
        """
        protocol = link_protocol(record.link_type, record.data)
        if protocol < 0:
            if protocol == NOT_NETLINK:
                count = self.other_records.get(record.link_type, 0)
                self.other_records[record.link_type] = count + 1
                return []
            message = Message(self, record, 0, -1, "little", 0, len(record.data))
            message.last = True
            message.body = message.end
            message.remark(
                Note("record.short", "the link header is cut off", "link", 0, message.end)
            )
            message.plan = Plan(None, None)
            message.plan.regular = False
            self.count += 1
            message.number = self.count
            return [message]
        at = link_header_size(record.link_type)
        if not self.learning:
            return self._messages(record, protocol, at, self.tracker, wanted)
        messages = self._messages(record, protocol, at, self.tracker, None)
        self._learn(record, protocol, at, self.order_of(record, at))
        if wanted is None:
            return messages
        return [
            message
            for message in messages
            if message.type < 0
            or wanted(protocol, message.type, message.flags, message.seq, message.pid,
                      message.length, record, message.start)
        ]  # fmt: skip

    def starts(self, record: Record) -> list[int]:
        """Where each message that ``dissect`` would give of a record starts in it."""
        data = record.data
        protocol = link_protocol(record.link_type, data)
        if protocol < 0:
            return [] if protocol == NOT_NETLINK else [0]
        at = first = link_header_size(record.link_type)
        big = self.order_of(record, at) == "big"
        last = len(data) - NLMSG_HDRLEN
        starts: list[int] = []
        while at <= last:
            length: int = u32(data, at, big)
            if length < NLMSG_HDRLEN:
                break
            starts.append(at)
            at = (length + 3 & ~3) + at
        return starts or [first]

    def pass_over(self, record: Record) -> None:
        """Counts a record's messages and shows them to the tracker, but makes none."""
        protocol = link_protocol(record.link_type, record.data)
        if protocol < 0 or self.tracker is None or self.learning:
            self.dissect(record, nothing)
        else:
            at = link_header_size(record.link_type)
            self._follow(record, protocol, self.order_of(record, at), at, self.tracker)

    def request(self, record: Record, start: int, number: int) -> Message | None:
        """The message of that number, which starts there, without what belongs to it."""
        protocol = link_protocol(record.link_type, record.data)
        if protocol < 0:
            return None
        order = self.order_of(record, link_header_size(record.link_type))
        message = self._message(record, protocol, order, start)
        if message is not None:
            message.number = number
        return message

    def reading(
        self, record: Record, order: str, start: int, direction: str = ""
    ) -> Message | None:
        """The message that starts there, neither counted nor tracked; None where there is none.

        direction: read it as going there, whatever it says itself.
        """
        protocol = link_protocol(record.link_type, record.data)
        return self._message(record, protocol, order, start, direction)

    def answered(self, txn: Transaction) -> int:
        """Whether requests of that kind get a message in return: 0 no, 1 maybe, 2 surely.

        What a change is answered with, listeners are told; some families tell who asked as well.
        """
        where = txn.where
        if where is None:
            return 1
        record, start = where
        body = start + NLMSG_HDRLEN
        command = record.data[body] if body < len(record.data) else 0
        key = txn.protocol << 24 | txn.type << 8
        if txn.protocol == NETLINK_GENERIC:
            key |= command
        if self._answered_at != self.learned.changes:
            self._answered.clear()
            self._answered_at = self.learned.changes
        known = self._answered.get(key)
        if known is None:
            message = self.request(record, start, 0)
            known = 1
            if message is not None:
                plan = message.plan
                assert isinstance(plan, Plan)
                if _TELLS.match(message.operation_c):
                    known = 0
                elif plan.op is not None and plan.op.answered:
                    known = 2 if _ASKS.search(message.operation_c) else 1
                elif message.flag_class in ("new", "del"):
                    known = 0
            self._answered[key] = known
        return known

    def _message(
        self, record: Record, protocol: int, order: str, at: int, direction: str = ""
    ) -> Message | None:
        """The message whose header is at ``at``, planned; None where there is none.

        direction: where it is known better than by the message's own flags.
        """
        if len(record.data) - at < NLMSG_HDRLEN:
            return None
        length, type_, flags, seq, pid = NLMSGHDR[order].unpack_from(record.data, at)
        if length < NLMSG_HDRLEN:
            return None
        message = self._made(record, protocol, order, at, length, type_, flags, seq, pid)
        self._plan(message, direction)
        return message

    def _made(
        self, record: Record, protocol: int, order: str, at: int, length: int, type_: int,
        flags: int, seq: int, pid: int,
    ) -> Message:  # fmt: skip
        """A message with such a header, which is to be planned."""
        size = len(record.data)
        end = at + length
        message = Message(self, record, 0, protocol, order, at, end if end <= size else size)
        message.first = False
        message.length = length
        message.type = type_
        message.flags = flags
        message.seq = seq
        message.pid = pid
        if end > size:
            if record.wire_len > size and end - record.wire_len < 4:
                note = Note("truncated", "cut by the capture's snapshot length", "nlmsg", at, size)
            else:
                what = f"nlmsg_len {length} where {size - at} bytes are left"
                note = Note("nlmsg.len.overrun", what, "nlmsg", at, at + 4)
            message.remark(note)
        return message

    def _messages(
        self,
        record: Record,
        protocol: int,
        at: int,
        tracker: Follower | None,
        wanted: HeaderTest | None,
    ) -> list[Message]:
        data = record.data
        size = len(data)
        order = self.order_of(record, at)
        big = order == "big"
        messages: list[Message] = []
        message: Message | None = None
        index = 0
        alike = b""
        type_ = flags = seq = pid = 0
        while size - at >= NLMSG_HDRLEN:
            length: int = u32(data, at, big)
            if length < NLMSG_HDRLEN:
                break
            end = at + length
            if message is not None and message.length & 3:
                message.remark(
                    Note("nlmsg.align", f"nlmsg_len {message.length} is no multiple of 4", "nlmsg",
                         message.start, message.body)
                )  # fmt: skip
            self.count += 1
            if tracker is not None and alike and data[at + 4 : at + NLMSG_HDRLEN] == alike:
                tracker.see_alike()
            else:
                type_, flags = u16(data, at + 4, big), u16(data, at + 6, big)
                seq, pid = u32(data, at + 8, big), u32(data, at + 12, big)
                if tracker is not None:
                    tracker.see(
                        record, self.count, protocol, order, at, end if end <= size else size,
                        type_, flags, seq, pid,
                    )  # fmt: skip
                    alike = tracker.alike
            if wanted is None or wanted(protocol, type_, flags, seq, pid, length, record, at):
                direction = ""
                if tracker is not None and (flags & NLM_F_REQUEST or tracker.direction == "notify"):
                    direction = tracker.direction
                message = self._made(record, protocol, order, at, length, type_, flags, seq, pid)
                message.index = index
                message.first = index == 0
                message.number = self.count
                if tracker is not None:
                    message.txn = tracker.txn
                    message.latency_ns = tracker.latency_ns
                    message.copy = tracker.copy
                self._plan(message, direction)
                if tracker is not None:
                    self._note_fate(message, tracker.note)
                messages.append(message)
            else:
                message = None
            index += 1
            at = (length + 3 & ~3) + at
        if not index:
            message = Message(self, record, 0, protocol, order, at, at)
            message.plan = Plan(None, None)
            message.plan.regular = False
            self.count += 1
            message.number = self.count
            messages.append(message)
        if message is not None:
            message.last = True
            if at < size:
                self._note_tail(message, data, at, size)
            elif message.type < 0:
                message.remark(Note("record.empty", "no message", "tail", size, size))
        return messages

    def _note_fate(self, message: Message, code: str) -> None:
        """A note on what became of a message; code: what the tracker found out."""
        if not code and message.direction == "request" and self.fate is not None:
            code = self.fate(message.number)
        if code:
            message.remark(
                Note(code, _TRACKED[code], "nlmsg", message.start, message.start + NLMSG_HDRLEN)
            )

    @staticmethod
    def _note_tail(message: Message, data: bytes, start: int, end: int) -> None:
        if not any(data[start:end]):
            note = Note("record.tail.zero", f"{end - start} zero bytes after the messages",
                        "tail", start, end)  # fmt: skip
        elif end - start < NLMSG_HDRLEN:
            note = Note("record.tail", f"{end - start} bytes are too few for a message",
                        "tail", start, end)  # fmt: skip
        else:
            note = Note("nlmsg.len.short", "nlmsg_len is shorter than its header", "tail",
                        start, end)  # fmt: skip
        message.remark(note)

    # What a message is

    def _plan(self, message: Message, direction: str = "") -> None:
        """Names the message and lays out what stands behind its nlmsghdr.

        direction: where it is known better than by the message's own flags.
        """
        type_, flags, protocol = message.type, message.flags, message.protocol
        body = message.body = message.start + NLMSG_HDRLEN
        if type_ < NLMSG_MIN_TYPE and type_ in CONTROL_TYPES:
            self._plan_control(message)
            return
        if direction:
            pass
        elif flags & NLM_F_REQUEST:
            direction = "request"
        elif protocol == NETLINK_USERSOCK:
            direction = "unknown"
        elif message.pid:
            direction = "reply"
        else:
            direction = "notify"
        message.direction = direction
        command = 0
        if protocol == NETLINK_GENERIC and body < message.end:
            command = message.record.data[body]
        kind: i64 = protocol << 24 | type_ << 8 | command
        kind = kind << 5 | direction_number(direction) | (4 if message.order == "big" else 0)
        if flags & NLM_F_DUMP == NLM_F_DUMP:
            kind |= 24
        elif flags & NLM_F_MULTI:
            kind |= 8
        interface: i64 = message.record.interface
        kind |= interface << 45
        sketch = self._sketch
        if interface >= _INTERFACES:
            sketch = None
        elif sketch is None or kind != self._kind:
            sketch = self._sketches.get(kind)
            self._sketch = sketch
            self._kind = kind
        if sketch is not None and sketch.changes == self.learned.changes + self.learned.rules:
            attrs_at = body + sketch.attrs_at
            if attrs_at == message.end or (attrs_at < message.end and sketch.plan.set is not None):
                message.sketch = sketch
                message.plan = sketch.plan_at(body)
                message.family = sketch.family
                message.operation = sketch.operation
                message.operation_c = sketch.operation_c
                message.direction = sketch.direction
                message.flag_class = sketch.flag_class
                if protocol == NETLINK_GENERIC:
                    message.command = command
                    message.version = message.record.data[body + 1]
                for code, what in sketch.remarks:
                    message.remark(Note(code, what, "nlmsg", message.start, body))
                return
        cut = bool(message.problems)
        if protocol == NETLINK_GENERIC:
            self._plan_generic(message, direction)
        else:
            self._plan_classic(message, direction)
        plan = message.plan
        assert isinstance(plan, Plan)
        op = plan.op
        if (
            plan.regular
            and (op is None or (not op.shapes and op.header is plan.header))
            and plan.attrs_at == (plan.header_end - plan.header_at + 3 & ~3) + plan.header_at
            and (op is not None or (protocol == NETLINK_GENERIC and plan.attrs_at == body + 4))
            and not cut
            and all(note.path == "nlmsg" for note in message.problems)
            and self._settled(message)
            and interface < _INTERFACES
        ):
            if len(self._sketches) >= _SKETCHES:
                self._sketches.clear()
            changes = self.learned.changes + self.learned.rules
            self._sketch = self._sketches[kind] = Sketch(changes, message, plan)

    def _plan_classic(self, message: Message, direction: str) -> None:
        type_, protocol, body = message.type, message.protocol, message.body
        op = self._op(protocol, type_, direction, message.order)
        plan = Plan(op, None)
        message.plan = plan
        if op is not None:
            self._name(message, op)
            self._lay_out(message, plan, op, body)
            if direction == "request" and op.kind != "request":
                _against(message, "nlmsg", message.start, body)
        else:
            message.family = ""
            message.flag_class = flag_class(protocol, type_, "")
            name = PROTOCOLS.get(protocol, str(protocol))
            _remark(message, "type.undescribed", f"no specification of {name} message {type_:#x}")
            plan.header_at = plan.header_end = plan.attrs_at = body
            size = 4 if protocol == NETLINK_NETFILTER else 0
            self._lay_out_unknown(message, plan, body, size)

    def _op(self, protocol: int, type_: int, direction: str, order: str) -> Op | None:
        """The operation of a classic protocol's message; None where nobody described it."""
        key = (protocol, type_, direction, order)
        op = self._classic.get(key)
        if op is None and key not in self._classic:
            op = self.registry.classic(protocol, type_, direction, order)
            if op is None and direction == "request":
                op = self.registry.classic(protocol, type_, "reply", order)
            if len(self._classic) > 65536:
                self._classic.clear()
            self._classic[key] = op
        return op

    @staticmethod
    def _name(message: Message, op: Op) -> None:
        message.family = op.family.name
        message.operation = op.name
        message.operation_c = op.c_name
        message.flag_class = flag_class(message.protocol, message.type, op.c_name)
        if message.direction == "reply" and op.kind in ("notify", "event"):
            message.direction = "notify"

    def _plan_generic(self, message: Message, direction: str) -> None:
        record = message.record
        info = self.learned.family(record.interface, message.type, record.number)
        at = message.body
        data = record.data
        plan = Plan(None, info)
        message.plan = plan
        if info is not None:
            message.family = info.name
        if message.end - at < GENL_HDRLEN:
            plan.regular = False
            plan.header_at = plan.header_end = plan.attrs_at = message.end
            message.flag_class = "get"
            return
        message.command = command = data[at]
        message.version = data[at + 1]
        at += GENL_HDRLEN
        if info is not None and info.since and (earlier := self._earlier_name(info)):
            what = f"id {message.type} was {printable(earlier)} before record {info.since}"
            message.remark(Note("family.id.reused", what, "nlmsg", message.start, message.body))
        family = None if info is None else self.registry.family(info.name, message.order)
        if family is not None:
            op = family.op(command, direction)
            if op is None and direction == "request":
                op = family.against(command)
            plan.op = op
            if op is not None:
                self._name(message, op)
                self._lay_out(message, plan, op, at)
                if direction == "request" and op.kind != "request":
                    _against(message, "genlmsg", message.body, at)
                return
            what = f"command {command} is not in family {family.name}"
            message.remark(Note("genl.cmd.unknown", what, "genlmsg", at - GENL_HDRLEN, at))
            plan.set = family.only_set
            default = family.spec.fixed_header
            if default:
                plan.header = family.struct(default)
        elif info is not None:
            # Whatever this depends on is part of the key of sketches.
            dump = message.flags & NLM_F_DUMP == NLM_F_DUMP or message.flags & NLM_F_MULTI != 0
            plan.set = self._policies.find(info, command, dump, message.order)
            how = "read as the kernel's policy says" if plan.set is not None else "guessed"
            _remark(message, "family.undescribed", f"no specification of family {info.name}", how)
        else:
            _remark(message, "family.unlearned", f"nothing tells which family id {message.type} is")
        message.flag_class = "get"
        if plan.header is not None:
            plan.set = plan.set or guess_set(message.order)
            self._place(message, plan, at)
        else:
            self._lay_out_unknown(message, plan, at, 0 if info is None else info.hdrsize)

    def _earlier_name(self, info: FamilyInfo) -> str:
        """The name that a family's id had before, "" if it had none or the same."""
        known = self._earlier.get(info)
        if known is None:
            before = self.learned.family(info.interface, info.id, info.since - 1)
            known = "" if before is None or before.name == info.name else before.name
            self._earlier[info] = known
        return known

    def _lay_out(self, message: Message, plan: Plan, op: Op, at: int) -> None:
        plan.header = op.header
        plan.set = op.set
        self._place(message, plan, at)
        if op.shapes:
            self._choose_shape(message, plan, op, at)

    def _choose_shape(self, message: Message, plan: Plan, op: Op, at: int) -> None:
        """Takes the shape that the header asks for, or the first that reads to the message's end.

        The usual one if there is none.
        """
        data = message.record.data
        for shape in op.shapes:
            if shape.chosen(data, at, message.end):
                plan.header, plan.set, plan.regular = shape.header, shape.set, True
                self._place(message, plan, at)
                return
        if message.end - message.start < message.length:
            # What is left of a cut message does not tell: the usual one stands.
            return
        for shape in (Shape(op.header, op.set), *op.shapes):
            if shape.when is not None:
                continue
            plan.header, plan.set, plan.regular = shape.header, shape.set, True
            self._place(message, plan, at)
            if plan.regular and (
                plan.attrs_at == message.end
                or reads_as_attrs(data, plan.attrs_at, message.end, message.order)
            ):
                if shape.header is not op.header and plan.header_end > at:
                    what = f"struct {_c_name(shape.header)} in place of {_c_name(op.header)}"
                    message.remark(Note("header.deprecated", what, "header", at, plan.attrs_at))
                return
        plan.header, plan.set, plan.regular = op.header, op.set, True
        self._place(message, plan, at)

    @staticmethod
    def _place(message: Message, plan: Plan, at: int) -> None:
        """Puts the header at ``at`` and the attributes behind it."""
        size = 0 if plan.header is None else plan.header.size
        end = message.end
        plan.header_at = at
        plan.header_end = at + size
        plan.attrs_at = at + (size + 3 & ~3)
        if plan.attrs_at > end:
            plan.attrs_at = end
            if plan.header_end > end:
                plan.header_end = end
                # No body at all is an empty request, not a cut one.
                plan.regular = at == end
                if at == end:
                    plan.header = None
        elif plan.set is None and plan.attrs_at < end:
            plan.regular = False

    def _lay_out_unknown(self, message: Message, plan: Plan, at: int, hdrsize: int) -> None:
        """A family that nobody described: a header of so many bytes, attributes if they read so."""
        plan.header_at = at
        plan.header_end = min(message.end, at + hdrsize)
        plan.attrs_at = min(message.end, at + (hdrsize + 3 & ~3))
        plan.regular = plan.header_end == at
        data = message.record.data
        if message.protocol == NETLINK_GENERIC or reads_as_attrs(
            data, plan.attrs_at, message.end, message.order
        ):
            plan.set = plan.set or guess_set(message.order)
        else:
            plan.regular = plan.regular and plan.attrs_at == message.end

    def _plan_control(self, message: Message) -> None:
        if message.flags & NLM_F_REQUEST:
            message.direction = "request"
        else:
            # The kernel answers to a port id; some notifications end with a DONE as well.
            message.direction = "reply" if message.pid else "notify"
        message.flag_class = "ack"
        message.operation_c = CONTROL_TYPES[message.type]
        copied = self._copied(message)
        said = self._said(message, copied)
        key = (0, b"")
        if said:
            kind: i64 = message.protocol << 16 | message.start
            kind = kind << 2 | (1 if message.order == "big" else 0) | (2 if message.pid else 0)
            key = (message.record.interface << 35 | kind, said)
            verdict = self._verdicts.get(key)
            if verdict is not None and verdict.changes == self.learned.changes + self.learned.rules:
                message.sketch = verdict
                message.plan = verdict.plan
                message.family = verdict.family
                message.operation = verdict.operation
                message.command = verdict.command
                if verdict.problems:
                    message.problems = [*message.problems, *verdict.problems]
                return
        plan = Plan(None, None)
        message.plan = plan
        size = message.end - message.start
        plan.header_at = plan.header_end = plan.attrs_at = message.end
        settled = True
        if message.type == NLMSG_ERROR:
            # What was refused without a word may have a hint.
            plan.regular = (
                size == 36
                and not message.flags & NLM_F_ACK_TLVS
                and self._s32(message, message.body) >= 0
            )
            settled = self._name_inner(message)
            self._note_refusal(message)
        elif message.type == NLMSG_DONE:
            plan.regular = size == NLMSG_HDRLEN or (
                size == NLMSG_HDRLEN + 4 and self._s32(message, message.body) >= 0
            )
            self._note_refusal(message)
        else:
            plan.regular = size == 16
            if message.type == NLMSG_OVERRUN:
                note = Note("nlmsg.overrun", "messages were lost", "nlmsg", message.start,
                            message.body)  # fmt: skip
                message.remark(note)
        sent = None
        named = message.operation != "" or message.command >= 0
        if not named and message.txn is not None and message.type >= NLMSG_ERROR:
            # The end of a dump names no request, and a request's header alone no command.
            sent = message.txn.source if message.type != NLMSG_OVERRUN else None
        if sent is not None:
            message.family, message.operation = sent.family, sent.operation
            message.command = sent.command
            settled = self._settled(sent)
        # A copy whose command nobody knows does not tell it all: the request that was sent may.
        settled = settled and (named or not copied)
        if said and settled and not any(note.path == "nlmsg" for note in message.problems):
            if len(self._verdicts) >= _VERDICTS:
                self._verdicts.clear()
            verdict = Verdict(self.learned.changes + self.learned.rules, message, plan)
            message.sketch = self._verdicts[key] = verdict

    @staticmethod
    def _copied(message: Message) -> bool:
        """Whether an NLMSG_ERROR has the whole request in it."""
        size = message.end - message.body - 4
        return (
            message.type == NLMSG_ERROR
            and size >= NLMSG_HDRLEN
            and not message.flags & NLM_F_CAPPED
            and u32(message.record.data, message.body + 4, message.order == "big") <= size
        )

    @staticmethod
    def _said(message: Message, copied: bool) -> bytes:
        """All on which it depends what an NLMSG_ERROR or DONE says; b"" for what is rare.

        Sequence number and port id of the request that it is about say nothing. copied: that is
        there as a whole.
        """
        data = message.record.data
        start, end = message.start, message.end
        size = end - start
        if (
            message.type not in (NLMSG_ERROR, NLMSG_DONE)
            or size < message.length
            or size & 3
            or size > _VERDICT_BYTES
            or start > 0xFFFF
            or message.record.wire_len > len(data)
        ):
            return b""
        body = message.body
        if message.type == NLMSG_DONE:
            said = data[start : start + 8] + data[body:end]
        elif size < NLMSG_HDRLEN + 4 + NLMSG_HDRLEN:
            return b""
        else:
            said = data[start : start + 8] + data[body : body + 12] + data[body + 20 : end]
            if copied:
                return said
        # The request that was sent tells what is not repeated here.
        where = None if message.txn is None else message.txn.where
        if where is None:
            return said
        record, at = where
        sent = record.data
        blames = message.flags & NLM_F_ACK_TLVS or data[body : body + 4] != _NO_ERROR
        if size > NLMSG_HDRLEN and blames:
            if len(sent) - at > _VERDICT_BYTES:
                return b""
            return b"%b|%b%b" % (said, sent[at : at + 8], sent[at + 16 :])
        least = at + NLMSG_HDRLEN + GENL_HDRLEN
        if message.protocol == NETLINK_GENERIC and (
            len(sent) < least or u32(sent, at, message.order == "big") < least - at
        ):
            # It may be too short to have a command.
            return b""
        return b"%b|%b%b" % (said, sent[at + 4 : at + 6], sent[at + 16 : at + 17])

    def _settled(self, message: Message) -> bool:
        """Whether another message of that type has the same names."""
        return message.protocol != NETLINK_GENERIC or self.learned.settled(
            message.record.interface, message.type
        )

    def _note_refusal(self, message: Message) -> None:
        """A note on what the kernel did not do."""
        code = self._s32(message, message.body) if message.end - message.body >= 4 else 0
        if code < 0:
            asked = message.operation or ("request" if message.type == NLMSG_ERROR else "dump")
            what = f"the kernel refused the {asked}: {error_name(code)}"
            message.remark(Note("error.refused", what, "error", message.body, message.end))

    def _name_inner(self, message: Message) -> bool:
        """An error or ack is named by the request that it answers.

        Gives whether another about such a request has the same names.
        """
        inner = self._inner(message)
        if inner is None:
            return True
        message.family = inner.family
        message.operation = inner.operation
        message.command = inner.command
        return self._settled(inner)

    def _inner(self, message: Message) -> Message | None:
        """The request inside an NLMSG_ERROR, planned like any other."""
        data = message.record.data
        at = message.body + 4
        if message.end - at < NLMSG_HDRLEN:
            return None
        length, type_, flags, seq, pid = NLMSGHDR[message.order].unpack_from(data, at)
        stop = at + max(length, NLMSG_HDRLEN)
        header_only = message.flags & NLM_F_CAPPED or (
            stop > message.end and not message.flags & NLM_F_ACK_TLVS and message.end - at == 16
        )
        if header_only:
            stop = at + NLMSG_HDRLEN
        inner = Message(
            self, message.record, 0, message.protocol, message.order, at, min(stop, message.end)
        )
        inner.first = False
        inner.length, inner.type, inner.flags, inner.seq, inner.pid = (
            length, type_, flags | NLM_F_REQUEST, seq, pid
        )  # fmt: skip
        if stop > message.end:
            inner.remark(
                Note("nlmsg.inner.overrun", f"nlmsg_len {length} of the embedded request "
                     f"where {message.end - at} bytes are left", "", at, at + 4)
            )  # fmt: skip
        if type_ in CONTROL_TYPES and type_ < NLMSG_MIN_TYPE:
            inner.plan = Plan(None, None)
            inner.body = at + NLMSG_HDRLEN
        elif header_only and message.protocol == NETLINK_GENERIC:
            inner.plan = Plan(None, None)
            inner.body = inner.end
            info = self.learned.family(message.record.interface, type_, message.record.number)
            inner.family = "" if info is None else info.name
        else:
            self._plan(inner)
            if inner.end == inner.body:
                inner.problems = []
        inner.flags = flags
        return inner

    # What a message holds

    def attrs(self, message: Message) -> dict[str, Json]:
        plan = message.plan
        assert isinstance(plan, Plan)
        if plan.regular:
            if plan.set is None or plan.attrs_at == message.end:
                return {}
            record = message.record
            walk = _Walk(message)
            root = self._root(message, plan, walk)
            root.name = "attrs"
            try:
                attrs = plan.set.values(record.data, plan.attrs_at, message.end, root)
            except Irregular:
                pass
            else:
                if walk.notes:
                    message.take_notes(walk.notes)
                return attrs
        else:
            verdict = message.sketch
            if isinstance(verdict, Verdict) and verdict.notes is not None:
                more = verdict.more(message)
                if more is not None and self._hold(message, plan):
                    message.keep_notes([*more, *verdict.notes])
                    return {}
        return _attrs_of(message.layers)

    @staticmethod
    def _hold(message: Message, plan: Plan) -> bool:
        """Whether what the words of an error rest on is so for a message."""
        for (fact, *key), told in plan.facts:  # noqa: SIM110 (compiled, a loop is faster)
            if message.fact(str(fact), *key) != told:
                return False
        return True

    @staticmethod
    def _root(message: Message, plan: Plan, walk: _Walk) -> Scope:
        """The scope around the attributes: the header's members where attributes ask for them."""
        header, op = plan.header, plan.op
        if op is None or not op.scoped or header is None:
            return Scope({}, None, walk)
        if plan.header_end - plan.header_at < header.size:
            return Scope({}, None, walk)
        return Scope(header.members(message.record.data, plan.header_at), None, walk)

    def fact(self, message: Message, fact: str, key: Key) -> tuple[Json, ...] | None:
        record = message.record
        return self.learned.fact(record.interface, record.number, fact, key)

    def lessons(self, message: Message) -> int:
        return self.learned.lessons

    def steady(self, message: Message, facts: Sequence[Fact]) -> bool:
        for (fact, *key), _ in facts:
            if not self.learned.steady(message.record.interface, str(fact), tuple(key)):
                return False
        return True

    def header(self, message: Message) -> dict[str, Json] | None:
        plan = message.plan
        assert isinstance(plan, Plan)
        if plan.header is None:
            if plan.header_end > plan.header_at:
                return {"data": message.record.data[plan.header_at : plan.header_end].hex()}
            return None
        if plan.header_end - plan.header_at == plan.header.size:
            return plan.header.members(message.record.data, plan.header_at)
        for layer in message.layers:
            if layer.name == "header" and isinstance(layer.value, dict):
                return layer.value
        return None

    def group(self, message: Message) -> str:
        if message.direction != "notify":
            return ""
        plan = message.plan
        assert isinstance(plan, Plan)
        op = plan.op
        if op is not None:
            said = (message.header or {}) if op.choices else {}
            for choice in op.choices:
                if all(_says(message, said, name, value) for name, value in choice.when.items()):
                    return choice.group
            if op.group is not None:
                return op.group
        if plan.info is not None and len(plan.info.groups) == 1:
            return next(iter(plan.info.groups.values()))
        return ""

    def process(self, message: Message) -> Process | None:
        interface = message.record.interface
        if message.type < 0 or interface >= len(self.interfaces):
            return None
        processes = self.interfaces[interface].processes
        if not len(processes):
            return None
        port = message.pid
        txn = message.txn
        if not port and txn is not None and message.direction != "notify":
            port = txn.port or (txn.outcome.port if txn.outcome is not None else 0)
        return processes.of(message.protocol, port, message.record.time_ns) if port else None

    def error(self, message: Message) -> dict[str, Json] | None:
        if message.type not in (NLMSG_ERROR, NLMSG_DONE) or message.protocol < 0:
            return None
        plan = message.plan
        assert isinstance(plan, Plan)
        if plan.error is not None and self._hold(message, plan):
            return plan.error
        if not plan.regular:
            message.layers  # noqa: B018
            if plan.error is not None:
                return plan.error
        code = 0
        if message.end - message.body >= 4:
            code = self._s32(message, message.body)
        plan.error = error_object(code)
        return plan.error

    @staticmethod
    def _s32(message: Message, at: int) -> int:
        order = "big" if message.order == "big" else "little"
        return int.from_bytes(message.record.data[at : at + 4], order, signed=True)  # type: ignore[arg-type]

    def layers(self, message: Message) -> list[Node]:
        data = message.record.data
        layers: list[Node] = []
        walk = _Walk(message)
        if message.first:
            layers.append(self._link_layer(message))
        if message.type >= 0:
            layers.append(self._nlmsg_layer(message))
            self._body_layers(layers, message, walk)
        aligned = message.end
        if message.type >= 0:
            aligned = min(len(data), (message.end - message.start + 3 & ~3) + message.start)
        if aligned > message.end:
            layers.append(_padding(data, message.end, aligned))
        if message.last and aligned < len(data):
            tail = zero_or_raw(data, aligned, len(data))
            tail.name = "tail"
            layers.append(tail)
        self._place_problems(message, layers, walk)
        message.noted = walk.noted
        verdict = message.sketch
        if isinstance(verdict, Verdict):
            verdict.plan.facts = walk.asked
            more = verdict.more(message)
            if more is not None:
                verdict.notes = place_notes(layers, walk.noted)[len(more) :]
        return layers

    @staticmethod
    def _place_problems(message: Message, layers: list[Node], walk: _Walk) -> None:
        """Puts the notes about the message as a whole on the layers that they name."""
        for note in message.problems:
            name = note.path.split(".")[0]
            named = [layer for layer in layers if layer.name == name] or layers[-1:]
            if named:
                walk.place(named[0], note)

    @staticmethod
    def _link_layer(message: Message) -> Node:
        data = message.record.data
        size = min(len(data), link_header_size(message.record.link_type))
        link = Node("link", "", "header", 0, size)
        if message.protocol < 0:
            if size:
                link.children.append(raw_node(data, 0, size))
            return link
        fields: tuple[tuple[str, int], ...]
        if message.record.link_type == LINKTYPE_SLL2:
            fields = (("protocol", 2), ("reserved", 2), ("ifindex", 4), ("arphrd", 2),
                      ("packet-type", 1), ("address-length", 1), ("address", 8))  # fmt: skip
        else:
            fields = (("packet-type", 2), ("arphrd", 2), ("address-length", 2), ("address", 8),
                      ("protocol", 2))  # fmt: skip
        at = 0
        for name, width in fields:
            raw = data[at : at + width]
            value: Json = raw.hex() if width == 8 else int.from_bytes(raw, "big")
            display = show(value)
            if name == "protocol":
                display = f"{value} {PROTOCOLS.get(message.protocol, '')}".rstrip()
            link.children.append(Node(name, "", "field", at, at + width, value, display))
            at += width
        link.display = PROTOCOLS.get(message.protocol, str(message.protocol))
        return link

    def _nlmsg_layer(self, message: Message) -> Node:
        at = message.start
        names: list[Json] = list(flag_names(message.flags, message.flag_class))
        type_name = message.operation_c
        if message.protocol == NETLINK_GENERIC and message.type >= NLMSG_MIN_TYPE:
            type_name = printable(message.family)
        layer = Node("nlmsg", "nlmsghdr", "header", at, at + NLMSG_HDRLEN)
        layer.display = type_name or str(message.type)
        layer.children = [
            _field("nlmsg-len", "nlmsg_len", at, 4, message.length),
            _field("nlmsg-type", "nlmsg_type", at + 4, 2, message.type,
                   f"{message.type} {type_name}".rstrip()),
            _field("nlmsg-flags", "nlmsg_flags", at + 6, 2, names,
                   f"{message.flags:#x} {' '.join(str(name) for name in names)}".rstrip()),
            _field("nlmsg-seq", "nlmsg_seq", at + 8, 4, message.seq),
            _field("nlmsg-pid", "nlmsg_pid", at + 12, 4, message.pid),
        ]  # fmt: skip
        return layer

    def _body_layers(self, layers: list[Node], message: Message, walk: _Walk) -> None:
        plan = message.plan
        assert isinstance(plan, Plan)
        if message.type < NLMSG_MIN_TYPE and message.type in CONTROL_TYPES:
            if message.end > message.body:
                layers.append(self._control_layer(message, plan, walk))
            return
        data = message.record.data
        at = message.body
        if message.protocol == NETLINK_GENERIC and at < message.end:
            layers.append(self._genlmsg_layer(message))
        if plan.header_end > plan.header_at:
            layers.append(self._header_layer(message, plan, walk))
        if plan.attrs_at < message.end:
            attrs = Node("attrs", "", "nest", plan.attrs_at, message.end)
            if plan.set is not None:
                attrs.value = plan.set.fill(
                    attrs.children, data, plan.attrs_at, message.end,
                    self._root(message, plan, walk), walk,
                )  # fmt: skip
            else:
                attrs.name = "payload"
                attrs.kind = "raw"
                attrs.value = data[plan.attrs_at : message.end].hex()
                attrs.display = hex_text(data[plan.attrs_at : message.end])
            layers.append(attrs)

    @staticmethod
    def _genlmsg_layer(message: Message) -> Node:
        data = message.record.data
        at = message.body
        layer = Node("genlmsg", "genlmsghdr", "header", at, min(at + GENL_HDRLEN, message.end))
        if message.command < 0:
            layer.children.append(raw_node(data, at, layer.end, "cut"))
            return layer
        layer.display = message.operation_c or message.operation or f"command {message.command}"
        name = f"{message.command} {message.operation_c}".rstrip()
        reserved = int.from_bytes(
            data[at + 2 : at + 4], "big" if message.order == "big" else "little"
        )
        layer.children = [
            _field("cmd", "cmd", at, 1, message.command, name),
            _field("version", "version", at + 1, 1, message.version),
            _field("reserved", "reserved", at + 2, 2, reserved),
        ]
        return layer

    @staticmethod
    def _header_layer(message: Message, plan: Plan, walk: _Walk) -> Node:
        data = message.record.data
        start, end = plan.header_at, plan.header_end
        layer = Node("header", "", "header", start, plan.attrs_at)
        if plan.header is None:
            layer.children.append(raw_node(data, start, end))
            layer.display = hex_text(data[start:end])
        else:
            layer.c_name = plan.header.name.replace("-", "_")
            plan.header.fill_members(layer, data, start, end, Scope({}, None), walk)
        if plan.attrs_at > end:
            layer.children.append(_padding(data, end, plan.attrs_at))
        return layer

    def _control_layer(self, message: Message, plan: Plan, walk: _Walk) -> Node:
        """The error code, the request that it is about, and the kernel's own words."""
        data = message.record.data
        at, end = message.body, message.end
        layer = Node("error", "nlmsgerr", "header", at, end)
        if message.type not in (NLMSG_ERROR, NLMSG_DONE) or end - at < 4:
            layer.children.append(raw_node(data, at, end))
            return layer
        code = self._s32(message, at)
        name = error_name(code)
        fine = "ack" if message.type == NLMSG_ERROR else "done"
        layer.display = name or fine
        layer.children.append(_field("code", "error", at, 4, code, f"{code} {name or ''}".rstrip()))
        plan.error = error_object(code)
        at += 4
        inner: Message | None = None
        request = Node("request", "msg", "nest", at, at)
        if message.type == NLMSG_ERROR:
            inner = self._inner(message)
            if inner is None:
                if at < end:
                    layer.children.append(raw_node(data, at, end, "cut"))
                return layer
            request.end = inner.end
            request.display = inner.operation_c or inner.operation
            request.children.append(self._nlmsg_layer(inner))
            if inner.type == NLMSG_ERROR and inner.body < inner.end:
                # Errors inside errors would nest without end.
                request.children.append(raw_node(data, inner.body, inner.end))
            elif inner.body < inner.end:
                walk.request = True
                self._body_layers(request.children, inner, walk)
                walk.request = False
            self._place_problems(inner, request.children, walk)
            layer.children.append(request)
            at = inner.end
            padded = min(end, (at - inner.start + 3 & ~3) + inner.start)
            if padded > at:
                layer.children.append(_padding(data, at, padded))
                at = padded
        if at < end:
            tlvs = self.registry.family(EXT_ACK_FAMILY, message.order)
            if message.flags & NLM_F_ACK_TLVS and tlvs is not None:
                ext = Node("ext-ack", "", "nest", at, end)
                ext.value = tlvs.attr_set(EXT_ACK_SET).fill(
                    ext.children, data, at, end, Scope({}, None, walk), walk
                )
                layer.children.append(ext)
                if isinstance(ext.value, dict):
                    explain(plan.error, ext.value, self._blamed(message, inner, request))
                    layer.display = describe(plan.error, fine)
            else:
                layer.children.append(zero_or_raw(data, at, end))
        if name is not None and not any(plan.error[key] for key in ("message", "attr", "missing")):
            plan.error["hint"] = self._hint(message, inner, request, walk)
            layer.display = describe(plan.error, fine)
        return layer

    @staticmethod
    def _hint(message: Message, inner: Message | None, copy: Node, walk: _Walk) -> str | None:
        """What is odd about a request that was refused without a word, None if nothing is.

        copy: the node of the request's copy, inner.
        """
        asked, layers, noted = inner, copy.children, walk.noted
        if inner is None or inner.end - inner.start < inner.length:
            asked = None if message.txn is None else message.txn.source
            if asked is not None:
                layers, noted = asked.layers, asked.noted
        if asked is None or not isinstance(asked.plan, Plan):
            return None
        info = asked.plan.info
        if info is not None and info.operations and asked.command not in info.operations:
            return f"{info.name} has no command {asked.command}"
        inside = [node for node in noted if asked.start <= node.start < asked.end]
        for note in place_notes(layers, inside):
            if note.code in _SUSPECT:
                return f"{note.path.removeprefix('attrs.')}: {note.message}"
        return None

    def _blamed(self, message: Message, inner: Message | None, node: Node) -> Request | None:
        """The request that an error is about: the copy inside it if that is whole, or the sent one.

        node: the copy's.
        """
        if inner is None or inner.end - inner.start < inner.length:
            sent = None if message.txn is None else message.txn.source
            if sent is not None and (inner is None or sent.type == inner.type):
                return _request_of(sent, sent.layers)
        return None if inner is None else _request_of(inner, node.children)


def nothing(*_: object) -> bool:
    """Wants no message."""
    return False


def _says(message: Message, header: dict[str, Json], name: str, value: Json) -> bool:
    """Whether a member of the header, an attribute or one of the flags has a value."""
    if name == "nlmsg-flags":
        return value in flag_names(message.flags, message.flag_class)
    return (header[name] if name in header else message.attrs.get(name)) == value


def _remark(message: Message, code: str, what: str, how: str = "guessed") -> None:
    """A note that nobody described the message's attributes, and how they are read."""
    what += f": attributes are {how}"
    message.remark(Note(code, what, "nlmsg", message.start, message.body))


def _against(message: Message, layer: str, start: int, end: int) -> None:
    """A note that a request claims to be what only the kernel sends."""
    what = f"only the kernel sends {message.operation}"
    message.remark(Note("direction.odd", what, layer, start, end))


def _c_name(header: StructType | None) -> str:
    return "none" if header is None else header.name.replace("-", "_")


def _request_of(message: Message, layers: list[Node]) -> Request:
    """What is to be known of a message to say what is wrong with it."""
    plan = message.plan
    assert isinstance(plan, Plan)
    index, policy = -1, None
    if plan.info is not None:
        policy = plan.info.policy
        mode = "dump" if message.flags & NLM_F_DUMP == NLM_F_DUMP else "do"
        index = policy.operations.get(message.command, {}).get(mode, -1)
    return Request(
        message.record.data, message.start, message.order, layers, plan.set, policy, index
    )


def _attrs_of(layers: list[Node]) -> dict[str, Json]:
    """The attributes' object of a tree."""
    for layer in layers:
        if layer.name == "attrs" and isinstance(layer.value, dict):
            return layer.value
    return {}


def _field(
    name: str, c_name: str, at: int, size: int, value: Json, display: str | None = None
) -> Node:
    return Node(
        name, c_name, "field", at, at + size, value, str(value) if display is None else display
    )


def _padding(data: bytes, start: int, end: int) -> Node:
    node = Node("padding", "", "padding", start, end)
    if any(data[start:end]):
        node.display = hex_text(data[start:end])
    return node
