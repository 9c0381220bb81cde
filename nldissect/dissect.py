"""Records to messages: one engine for all families, driven by their tables.

``Dissector.dissect`` finds the messages of a record and what each of them is; attributes, trees
and notes are read when a message is asked for them. Nothing that a record holds raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from .learn import FamilyInfo, Learned
from .model import Interface, Message, Node, Note, Record, place_notes
from .registry import Registry
from .spec.compile import Op
from .spec.sets import AttrSet, Nest, Shape, guess_set
from .spec.structs import StructType
from .spec.types import Irregular, Scope, Walk, hex_text, raw_node, zero_or_raw
from .text import Json, printable, show
from .wire.attrs import iter_attrs, reads_as_attrs
from .wire.consts import (
    CONTROL_TYPES,
    ERRNO,
    FLAGS,
    FLAGS_BY_CLASS,
    GENL_HDRLEN,
    GENL_ID_CTRL,
    LINKTYPE_SLL2,
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NETLINK_USERSOCK,
    NLA_TYPE_MASK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_MULTI,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
    NLMSG_MIN_TYPE,
    PROTOCOLS,
)
from .wire.headers import NLMSGHDR, NOT_NETLINK, link_header_size, link_protocol
from .wire.order import OrderVote

_NEW_WORDS: Final = frozenset(("NEW", "ADD", "SET", "CREATE"))
_DEL_WORDS: Final = frozenset(("DEL", "DELETE", "REMOVE", "DESTROY", "FLUSH"))
EXT_ACK_FAMILY: Final = "nlctrl"
EXT_ACK_SET: Final = "ext-ack-attrs"


class Plan:
    """How the bytes behind a message's nlmsghdr are laid out.

    header_at..attrs_at: the family header with its alignment; regular: nothing but the attributes
    themselves can hold a surprise; inner: the request inside an NLMSG_ERROR.
    """

    __slots__ = ("op", "info", "header", "header_at", "header_end", "attrs_at", "set", "regular",
                 "error")  # fmt: skip

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


class _Walk(Walk):
    """Puts notes on nodes.

    noted: the nodes that have some, in the order of their bytes; notes: those that were settled
    while attributes were read without a tree.
    """

    __slots__ = ("truncated", "noted", "notes", "_ids", "_origins")

    def __init__(self, truncated: bool) -> None:
        self.truncated = truncated
        self.noted: list[Node] = []
        self.notes: list[Note] = []
        self._ids: set[int] = set()
        self._origins: list[int] = []

    def note(self, node: Node, severity: str, code: str, message: str) -> None:
        self.place(node, Note(severity, code, message, "", node.start, node.end))

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


def error_name(code: int) -> str | None:
    """The errno's name for a negative code, None for 0."""
    return None if code >= 0 else ERRNO.get(-code, str(-code))


class Dissector:
    """Dissects the records of one capture.

    registry: the families; learned: what is known of ids and links, which grows by ``dissect`` when
    ``learning`` is set (a pipe) or by ``survey`` beforehand (a file); order: little or big where
    the user decides it, None to decide by interface; interfaces: the capture's (for order hints);
    links: learn the names of links as well.
    count: how many messages ``dissect`` has given, by which they are numbered.
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
        links: bool = False,
    ) -> None:
        self.registry = registry
        self.learned = learned
        self.interfaces = interfaces
        self.learning = learning
        self.links = links
        self.other_records: dict[int, int] = {}
        self.count = 0
        self._order = order
        self._classic: dict[tuple[int, int, str, str], Op | None] = {}
        self._taught: set[tuple[int, bytes]] = set()
        self._taught_at = 0

    # Which bytes are messages

    def order_of(self, record: Record, at: int) -> str:
        """The byte order of a record's interface; a record may vote while learning."""
        if self._order is not None:
            return self._order
        return self._vote(record, at, self.learning).order

    def _vote(self, record: Record, at: int, heard: bool) -> OrderVote:
        """The vote of a record's interface; ``heard``: the record takes part while it is open."""
        index = record.interface
        hint = self.interfaces[index].order_hint if index < len(self.interfaces) else "little"
        vote = self.learned.vote(index, hint)
        if heard and not vote.decided:
            vote.add(record.data, at, record.wire_len)
        return vote

    def survey(self, records: Iterable[Record]) -> None:
        """The first pass over a file: byte orders, families, and names of links if wanted."""
        undecided = self._order is None
        taught = {NETLINK_GENERIC, NETLINK_ROUTE} if self.links else {NETLINK_GENERIC}
        for record in records:
            data = record.data
            protocol = link_protocol(record.link_type, data)
            if protocol < 0:
                continue
            at = link_header_size(record.link_type)
            if undecided:
                self._vote(record, at, True)
            # nlctrl and RTM_NEWLINK both are type 0x10, which reads 10 00 or 00 10.
            if protocol in taught and data[at + 4 : at + 6] in (b"\x10\0", b"\0\x10"):
                for message in self._messages(record, protocol, at):
                    self._learn_from(message)

    def _learn_from(self, message: Message) -> None:
        if message.type != GENL_ID_CTRL or message.flags & NLM_F_REQUEST:
            return
        record = message.record
        if message.protocol == NETLINK_GENERIC:
            self._learn_family(message)
        elif message.protocol == NETLINK_ROUTE and self.links:
            self.learned.observe_link(
                record.interface, record.number, record.data, message.body, message.end,
                message.order,
            )  # fmt: skip

    def _learn_family(self, message: Message) -> None:
        """What was told before, and holds since, need not be read again."""
        record, learned = message.record, self.learned
        if self._taught_at != learned.changes or len(self._taught) > 4096:
            self._taught.clear()
            self._taught_at = learned.changes
        told = (record.interface, record.data[message.body : message.end])
        if told not in self._taught:
            learned.observe(record.interface, record.number, message.command, message.attrs)
            if len(told[1]) <= 4096:
                self._taught.add(told)

    def dissect(self, record: Record) -> list[Message]:
        """The messages of a record; empty for a record that is not netlink's (which is counted)."""
        protocol = link_protocol(record.link_type, record.data)
        if protocol < 0:
            if protocol == NOT_NETLINK:
                count = self.other_records.get(record.link_type, 0)
                self.other_records[record.link_type] = count + 1
                return []
            message = Message(self, record, 0, -1, "little", 0, len(record.data))
            message.last = True
            message.body = message.end
            message.problems.append(
                Note("warn", "record.short", "the link header is cut off", "link", 0, message.end)
            )
            message.plan = Plan(None, None)
            message.plan.regular = False
            self._number([message])
            return [message]
        messages = self._messages(record, protocol, link_header_size(record.link_type))
        self._number(messages)
        if self.learning:
            for message in messages:
                self._learn_from(message)
        return messages

    def _number(self, messages: list[Message]) -> None:
        for message in messages:
            self.count += 1
            message.number = self.count

    def _messages(self, record: Record, protocol: int, at: int) -> list[Message]:
        data = record.data
        size = len(data)
        order = self.order_of(record, at)
        unpack = NLMSGHDR[order].unpack_from
        messages: list[Message] = []
        while size - at >= NLMSG_HDRLEN:
            length, type_, flags, seq, pid = unpack(data, at)
            if length < NLMSG_HDRLEN:
                break
            end = at + length
            message = Message(
                self, record, len(messages), protocol, order, at, end if end <= size else size
            )
            message.length = length
            message.type = type_
            message.flags = flags
            message.seq = seq
            message.pid = pid
            if end > size:
                if record.wire_len > size and end - record.wire_len < 4:
                    note = Note("note", "truncated", "cut by the capture's snapshot length",
                                "nlmsg", at, size)  # fmt: skip
                else:
                    note = Note("error", "nlmsg.len.overrun",
                                f"nlmsg_len {length} where {size - at} bytes are left",
                                "nlmsg", at, at + 4)  # fmt: skip
                message.problems.append(note)
            self._plan(message)
            messages.append(message)
            at = (length + 3 & ~3) + at
        if not messages:
            message = Message(self, record, 0, protocol, order, at, at)
            message.plan = Plan(None, None)
            message.plan.regular = False
            messages.append(message)
        last = messages[-1]
        last.last = True
        rest = at if last.type < 0 else min(size, (last.length + 3 & ~3) + last.start)
        if rest < size:
            self._note_tail(last, data, rest, size)
        elif last.type < 0:
            last.problems.append(Note("warn", "record.empty", "no message", "tail", size, size))
        return messages

    @staticmethod
    def _note_tail(message: Message, data: bytes, start: int, end: int) -> None:
        if not any(data[start:end]):
            note = Note("chat", "record.tail.zero", f"{end - start} zero bytes after the messages",
                        "tail", start, end)  # fmt: skip
        elif end - start < NLMSG_HDRLEN:
            note = Note("warn", "record.tail", f"{end - start} bytes are too few for a message",
                        "tail", start, end)  # fmt: skip
        else:
            note = Note("error", "nlmsg.len.short", "nlmsg_len is shorter than its header", "tail",
                        start, end)  # fmt: skip
        message.problems.append(note)

    # What a message is

    def _plan(self, message: Message) -> None:
        """Names the message and lays out what stands behind its nlmsghdr."""
        type_, flags, protocol = message.type, message.flags, message.protocol
        body = message.body = message.start + NLMSG_HDRLEN
        if type_ < NLMSG_MIN_TYPE and type_ in CONTROL_TYPES:
            self._plan_control(message)
            return
        if flags & NLM_F_REQUEST:
            direction = "request"
        elif protocol == NETLINK_USERSOCK:
            direction = "unknown"
        elif flags & NLM_F_MULTI or message.pid:
            direction = "reply"
        else:
            direction = "notify"
        message.direction = direction
        if protocol == NETLINK_GENERIC:
            self._plan_generic(message, direction)
            return
        key = (protocol, type_, direction, message.order)
        op = self._classic.get(key)
        if op is None and key not in self._classic:
            op = self.registry.classic(protocol, type_, direction, message.order)
            if len(self._classic) > 65536:
                self._classic.clear()
            self._classic[key] = op
        plan = Plan(op, None)
        message.plan = plan
        if op is not None:
            self._name(message, op)
            self._lay_out(message, plan, op, body)
        else:
            message.family = ""
            message.flag_class = flag_class(protocol, type_, "")
            name = PROTOCOLS.get(protocol, str(protocol))
            _remark(message, "type.undescribed", f"no specification of {name} message {type_:#x}")
            plan.header_at = plan.header_end = plan.attrs_at = body
            size = 4 if protocol == NETLINK_NETFILTER else 0
            self._lay_out_unknown(message, plan, body, size)

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
        family = None if info is None else self.registry.family(info.name, message.order)
        if family is not None:
            op = plan.op = family.op(command, direction)
            if op is not None:
                self._name(message, op)
                self._lay_out(message, plan, op, at)
                return
            what = f"command {command} is not in family {family.name}"
            message.problems.append(
                Note("note", "genl.cmd.unknown", what, "genlmsg", at - GENL_HDRLEN, at)
            )
            default = family.spec.fixed_header
            if default:
                plan.header = family.struct(default)
        elif info is not None:
            _remark(message, "family.undescribed", f"no specification of family {info.name}")
        else:
            _remark(message, "family.unlearned", f"nothing tells which family id {message.type} is")
        message.flag_class = "get"
        if plan.header is not None:
            plan.set = guess_set(message.order)
            self._place(message, plan, at)
        else:
            self._lay_out_unknown(message, plan, at, 0 if info is None else info.hdrsize)

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
            plan.set = guess_set(message.order)
        else:
            plan.regular = plan.regular and plan.attrs_at == message.end

    def _plan_control(self, message: Message) -> None:
        plan = Plan(None, None)
        message.plan = plan
        message.direction = "request" if message.flags & NLM_F_REQUEST else "reply"
        message.flag_class = "ack"
        message.operation_c = CONTROL_TYPES[message.type]
        size = message.end - message.start
        plan.header_at = plan.header_end = plan.attrs_at = message.end
        if message.type == NLMSG_ERROR:
            plan.regular = size == 36 and not message.flags & NLM_F_ACK_TLVS
            self._name_inner(message)
        elif message.type == NLMSG_DONE:
            plan.regular = size in (16, 20)
        else:
            plan.regular = size == 16

    def _name_inner(self, message: Message) -> None:
        """An error or ack is named by the request that it answers."""
        inner = self._inner(message)
        if inner is not None:
            message.family = inner.family
            message.operation = inner.operation
            message.command = inner.command

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
            inner.problems.append(
                Note("warn", "nlmsg.len.overrun", f"nlmsg_len {length} of the embedded request "
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
            if header_only:
                inner.problems.clear()
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
            walk = _Walk(record.wire_len > len(record.data))
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
        return _attrs_of(message.layers)

    @staticmethod
    def _root(message: Message, plan: Plan, walk: _Walk) -> Scope:
        """The scope around the attributes: the header's members where attributes ask for them."""
        header, op = plan.header, plan.op
        if op is None or not op.scoped or header is None:
            return Scope({}, None, walk)
        if plan.header_end - plan.header_at < header.size:
            return Scope({}, None, walk)
        return Scope(header.members(message.record.data, plan.header_at), None, walk)

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
        if plan.op is not None and plan.op.group is not None:
            return plan.op.group
        if plan.info is not None and len(plan.info.groups) == 1:
            return next(iter(plan.info.groups.values()))
        return ""

    def error(self, message: Message) -> dict[str, Json] | None:
        if message.type not in (NLMSG_ERROR, NLMSG_DONE) or message.protocol < 0:
            return None
        plan = message.plan
        assert isinstance(plan, Plan)
        if not plan.regular:
            message.layers  # noqa: B018
            if plan.error is not None:
                return plan.error
        code = 0
        if message.end - message.body >= 4:
            code = self._s32(message, message.body)
        return _error_object(code)

    @staticmethod
    def _s32(message: Message, at: int) -> int:
        order = "big" if message.order == "big" else "little"
        return int.from_bytes(message.record.data[at : at + 4], order, signed=True)  # type: ignore[arg-type]

    def layers(self, message: Message) -> list[Node]:
        data = message.record.data
        layers: list[Node] = []
        walk = _Walk(message.record.wire_len > len(data))
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
        layer.display = name or ("ack" if message.type == NLMSG_ERROR else "done")
        layer.children.append(_field("code", "error", at, 4, code, f"{code} {name or ''}".rstrip()))
        plan.error = _error_object(code)
        at += 4
        inner: Message | None = None
        if message.type == NLMSG_ERROR:
            inner = self._inner(message)
            if inner is None:
                if at < end:
                    layer.children.append(raw_node(data, at, end, "cut"))
                return layer
            request = Node("request", "msg", "nest", inner.start, inner.end)
            request.display = inner.operation_c or inner.operation
            request.children.append(self._nlmsg_layer(inner))
            if inner.type == NLMSG_ERROR and inner.body < inner.end:
                # Errors inside errors would nest without end.
                request.children.append(raw_node(data, inner.body, inner.end))
            elif inner.body < inner.end:
                self._body_layers(request.children, inner, walk)
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
                    self._explain(plan.error, ext.value, inner)
                    if plan.error["message"]:
                        layer.display += f' "{show(plan.error["message"])}"'
            else:
                layer.children.append(zero_or_raw(data, at, end))
        return layer

    def _explain(
        self, error: dict[str, Json], said: dict[str, Json], inner: Message | None
    ) -> None:
        """Puts the kernel's words into the error and names the attribute that they blame."""
        error["message"] = said.get("msg")
        error["offset"] = said.get("offs")
        error["policy"] = said.get("policy")
        error["cookie"] = said.get("cookie")
        missing = said.get("miss-type")
        if inner is None or not isinstance(inner.plan, Plan):
            error["missing"] = None if missing is None else f"attr-{missing}"
            return
        offset = error["offset"]
        if isinstance(offset, int):
            error["attr"] = self._path_at(inner, inner.start + offset)
        if isinstance(missing, int):
            nest = said.get("miss-nest")
            attr_set, path = inner.plan.set, ""
            if isinstance(nest, int):
                attr_set, path = self._set_at(inner, inner.start + nest)
            attr = None if attr_set is None else attr_set.attrs.get(missing)
            name = f"attr-{missing}" if attr is None else attr.name
            error["missing"] = f"{path}.{name}" if path else name

    def _path_at(self, inner: Message, at: int) -> str | None:
        """The dotted name of what begins at an offset of a request: attribute or header member."""
        layers: list[Node] = []
        if inner.type == NLMSG_ERROR:
            return None
        self._body_layers(layers, inner, _Walk(False))
        for layer in layers:
            path: list[str] = []
            node = layer
            while node.start <= at < node.end:
                for child in node.children:
                    if child.start <= at < child.end and child.kind in ("attr", "nest", "item"):
                        break
                    if child.start == at and child.kind == "field" and layer.name == "header":
                        return child.name
                else:
                    break
                node = child
                path.append(node.name)
                if node.start == at:
                    return ".".join(path)
            if path:
                return ".".join(path)
        return None

    @staticmethod
    def _set_at(inner: Message, at: int) -> tuple[AttrSet | None, str]:
        """The attribute set inside the nest that begins at an offset, and the nest's path."""
        plan = inner.plan
        assert isinstance(plan, Plan)
        attr_set = plan.set
        data = inner.record.data
        start, end, path = plan.attrs_at, inner.end, ""
        while attr_set is not None:
            for span in iter_attrs(data, start, end, inner.order):
                if span.start <= at < span.padded:
                    break
            else:
                return None, path
            attr = attr_set.attrs.get(span.kind & NLA_TYPE_MASK)
            if attr is None or not isinstance(attr.type, Nest):
                return None, path
            path = f"{path}.{attr.name}" if path else attr.name
            attr_set = attr.type.set
            if span.start == at:
                break
            start, end = span.start + 4, span.stop
        return attr_set, path


def _remark(message: Message, code: str, what: str) -> None:
    """A note that the message's attributes are guessed, and why."""
    what += ": attributes are guessed"
    message.problems.append(Note("chat", code, what, "nlmsg", message.start, message.body))


def _error_object(code: int) -> dict[str, Json]:
    return {
        "code": code,
        "name": error_name(code),
        "message": None,
        "offset": None,
        "attr": None,
        "missing": None,
        "policy": None,
        "cookie": None,
    }


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
