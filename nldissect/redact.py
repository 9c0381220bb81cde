"""Key material to zeros: the same record, with the same lengths and types, and without its keys.

What is key material stands in the specifications as ``secret``. Where nothing tells what bytes
are, they go as well: attributes of more than eight bytes in messages that nobody described, and
in a run of attributes that can hold keys whatever is unknown, broken or cut.
"""

from __future__ import annotations

from typing import Final

from .dissect import Dissector, Plan
from .model import GUESSED, Message, Node, Record
from .spec.compile import Op
from .spec.secrets import Secrets
from .wire.attrs import iter_attrs
from .wire.consts import (
    CONTROL_TYPES,
    NETLINK_GENERIC,
    NLA_TYPE_MASK,
    NLM_F_ACK_TLVS,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
    NLMSG_MIN_TYPE,
)
from .wire.headers import NLMSGHDR, link_header_size, link_protocol

SHORT: Final = 8
"""As many bytes of an attribute that nobody described are no key."""

_BARE_ERROR: Final = NLMSG_HDRLEN + 4 + NLMSG_HDRLEN
_ENVELOPE: Final = frozenset(("link", "nlmsg", "genlmsg", "tail"))
_CLEAN, _OPEN, _BLIND = "clean", "open", "blind"
_DIRECTIONS: Final = ("request", "reply", "notify")
_DOUBTFUL: Final = frozenset((GUESSED, "value.width"))
_FROM_KERNEL: Final = ("reply", "notify")


class Redactor:
    """Redacts the records of one capture, each before its dissector dissects it.

    blind: how many messages lost bytes because nobody described their family or type.
    """

    def __init__(self, dissector: Dissector) -> None:
        self.blind = 0
        self._dissector = dissector
        self._secrets = Secrets(dissector.registry.spec)
        self._classic: dict[tuple[int, int], bool] = {}
        self._others: dict[tuple[str, int, str, str], tuple[str, ...]] = {}

    def record(self, record: Record) -> Record:
        """The record without key material; the same object where it has none."""
        data = record.data
        protocol = link_protocol(record.link_type, data)
        if protocol < 0:
            return record
        size = len(data)
        at = link_header_size(record.link_type)
        order = self._dissector.order_of(record, at)
        unpack = NLMSGHDR[order].unpack_from
        out: bytearray | None = None
        while size - at >= NLMSG_HDRLEN:
            length, type_, flags, _, _ = unpack(data, at)
            if length < NLMSG_HDRLEN:
                break
            if type_ < NLMSG_MIN_TYPE and type_ in CONTROL_TYPES:
                open_ = self._control(record, protocol, order, at, length, type_, flags)
            else:
                open_ = self._open(record, protocol, type_)
            if open_:
                out = out or bytearray(data)
                self._message(record, order, at, out)
            at += length + 3 & ~3
        if at < size and any(data[at:]):
            # What follows the messages is none of them; what its length claims may stay.
            out = out or bytearray(data)
            out[at + 4 : size] = bytes(max(0, size - at - 4))
            if size - at < NLMSG_HDRLEN:
                out[at:size] = bytes(size - at)
        if out is None or out == data:
            return record
        return Record(
            record.number, record.time_ns, record.interface, record.link_type, bytes(out),
            record.wire_len, record.comments,
        )  # fmt: skip

    # Which messages can hold keys, as far as their headers tell

    def _open(self, record: Record, protocol: int, type_: int) -> bool:
        """Whether a message of that type can hold keys, or whether nobody knows."""
        if protocol == NETLINK_GENERIC:
            dissector = self._dissector
            info = dissector.learned.family(record.interface, type_, record.number)
            if info is None or info.name not in dissector.registry:
                return True
            return self._secrets.family(info.name)
        key = (protocol, type_)
        known = self._classic.get(key)
        if known is None:
            ops = [
                self._dissector.registry.classic(protocol, type_, direction, "little")
                for direction in _DIRECTIONS
            ]
            families = {op.family.name for op in ops if op is not None}
            known = not families or any(self._secrets.family(name) for name in families)
            self._classic[key] = known
        return known

    def _control(
        self,
        record: Record,
        protocol: int,
        order: str,
        at: int,
        length: int,
        type_: int,
        flags: int,
    ) -> bool:
        """The same for what the kernel says of requests, which may hold the request itself."""
        if type_ == NLMSG_DONE:
            return length > NLMSG_HDRLEN + 4 and not flags & NLM_F_ACK_TLVS
        if type_ != NLMSG_ERROR:
            return length > NLMSG_HDRLEN
        if length == _BARE_ERROR:
            return False
        inner = at + NLMSG_HDRLEN + 4
        if length < _BARE_ERROR or len(record.data) - inner < NLMSG_HDRLEN:
            return True
        inner_type = NLMSGHDR[order].unpack_from(record.data, inner)[1]
        return inner_type in CONTROL_TYPES or self._open(record, protocol, inner_type)

    # One message

    def _message(self, record: Record, order: str, at: int, out: bytearray) -> None:
        message = self._dissector.reading(record, order, at)
        assert message is not None
        self._read(message, out)
        plan = message.plan
        assert isinstance(plan, Plan)
        if plan.op is not None:
            for direction in self._other_readings(message, plan.op):
                other = self._dissector.reading(record, order, at, direction)
                assert other is not None
                self._read(other, out)

    def _other_readings(self, message: Message, op: Op) -> tuple[str, ...]:
        """The directions that the message may turn out to have with other attributes.

        What else the capture has may tell it better than the message's own flags.
        """
        key = (op.family.name, op.number, message.direction, message.order)
        known = self._others.get(key)
        if known is None:
            family = op.family
            found: list[str] = []
            # With a number space for each direction, only who speaks says which operation it is.
            if message.direction != "request" or family.spec.enum_model == "unified":
                for direction in _FROM_KERNEL:
                    other = family.op(op.number, direction)
                    if other is not None and (
                        other.set is not op.set or other.header is not op.header or other.shapes
                    ):
                        found.append(direction)
            known = self._others[key] = tuple(found)
        return known

    def _read(self, message: Message, out: bytearray) -> None:
        """Redacts a message as it is planned."""
        verdict = self._verdict(message)
        if verdict == _CLEAN:
            return
        blind = verdict == _BLIND
        before = bytes(out[message.start : message.end])
        for layer in message.layers:
            short = blind and layer.name == "header" and layer.end - layer.start <= SHORT
            if layer.name not in _ENVELOPE and not short:
                _wipe(layer, layer.secret, out)
        if blind and out[message.start : message.end] != before:
            self.blind += 1

    def _verdict(self, message: Message) -> str:
        """Whether a message is clean, may hold keys, or is one that nobody described."""
        plan = message.plan
        assert isinstance(plan, Plan)
        if message.type >= NLMSG_MIN_TYPE or message.type not in CONTROL_TYPES:
            if plan.op is None:
                return _BLIND
            return _OPEN if self._holds(message, plan, plan.op) else _CLEAN
        if message.type != NLMSG_ERROR:
            return _OPEN
        inner = self._dissector.reading(message.record, message.order, message.body + 4, "request")
        if inner is None or inner.type in CONTROL_TYPES:
            return _OPEN
        verdict = self._verdict(inner)
        rest = message.end - inner.end
        known = 0 <= rest < 4 or (rest > 0 and message.flags & NLM_F_ACK_TLVS)
        return verdict if verdict != _CLEAN or known else _OPEN

    def _holds(self, message: Message, plan: Plan, op: Op) -> bool:
        """Whether a described message has attributes that are, or can hold, key material."""
        if plan.header is not None and self._secrets.struct(op.family.name, plan.header.name):
            return True
        if plan.set is None:
            return plan.attrs_at < message.end
        numbers = self._secrets.numbers(plan.set.family, plan.set.name)
        if not numbers:
            return False
        known = plan.set.attrs
        for span in iter_attrs(message.record.data, plan.attrs_at, message.end, message.order):
            number = span.kind & NLA_TYPE_MASK
            if span.problem or number in numbers or number not in known:
                return True
        return False


def _wipe(node: Node, secret: bool, out: bytearray) -> None:
    """Zeroes what is key material in a tree, or may be."""
    if node.children:
        first = 0
        if node.children[0].name == "nla-len":
            # The attribute's own header.
            first = 2
            secret = secret or _is_guess(node)
        for child in node.children[first:]:
            _wipe(child, secret or child.secret, out)
    elif secret or node.kind in ("raw", "padding"):
        out[node.start : node.end] = bytes(node.end - node.start)


def _is_guess(node: Node) -> bool:
    """Whether an attribute's payload is long, and not what a specification says it is."""
    return (
        node.kind != "nest"
        and node.end - node.start > SHORT + 4
        and any(note.code in _DOUBTFUL for note in node.notes)
    )
