"""What sock_diag packs by protocol and by bits: socket information and its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.structs import Field, StructType
from ...spec.types import Irregular, Scope, Type, Unscoped, Walk, zero_or_raw
from ...text import Json
from .generic import GrowingStruct, SockAddr

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_STORAGE: Final = 128
_BITS: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "wscale": (("snd", 4), ("rcv", 4)),
    "delivery": (("rate-app-limited", 1), ("fastopen-client-fail", 2), ("unused", 5)),
}
"""Bytes of C bit fields by the member's name: the fields in the order of their declaration."""


_OPTIONS: Final = (
    ("recverr", "is-icsk", "freebind", "hdrincl", "mc-loop", "transparent", "mc-all", "nodefrag"),
    ("bind-address-no-port", "recverr-rfc4884", "defer-connect"),
)
"""struct inet_diag_sockopt: one-bit fields by byte."""


class BitFields(Unscoped):
    """C bit fields in one byte: their order in it is the machine's byte order."""

    __slots__ = ("_parts",)

    def __init__(self, parts: tuple[tuple[str, int], ...], order: str) -> None:
        self._parts: list[tuple[str, int, int]] = []
        shift = 0
        for name, width in parts:
            at = shift if order == "little" else 8 - shift - width
            if name != "unused":
                self._parts.append((name, at, (1 << width) - 1))
            shift += width

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return {name: data[start] >> at & mask for name, at, mask in self._parts}


def _with_bits(struct: StructType, order: str) -> StructType:
    fields = [
        Field(
            field.name,
            field.offset,
            field.size,
            BitFields(_BITS[field.name], order) if field.name in _BITS else field.type,
            field.kind,
            field.secret,
        )
        for field in struct.fields
    ]
    return StructType(struct.name, fields, order)


class SocketInfo(Unscoped):
    """INET_DIAG_INFO: what it is depends on a protocol that the message need not name.

    struct sctp_info has one size, every struct mptcp_info is shorter than any tcp_info.
    """

    __slots__ = ("_tcp", "_mptcp", "_sctp", "_shortest_tcp")

    def __init__(self, tcp: GrowingStruct, mptcp: GrowingStruct, sctp: StructType) -> None:
        self._tcp = tcp
        self._mptcp = mptcp
        self._sctp = sctp
        by_name = {field.name: field for field in tcp.whole.fields}
        last = by_name["total-retrans"]
        self._shortest_tcp = last.offset + last.size

    def _type(self, size: int) -> Type:
        if size == self._sctp.size:
            return self._sctp
        return self._mptcp if size < self._shortest_tcp else self._tcp

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self._type(end - start).value(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        self._type(end - start).fill(node, data, start, end, scope, walk)


def socket_info(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """struct tcp_info, mptcp_info or sctp_info."""
    return SocketInfo(
        GrowingStruct(_with_bits(family.struct("tcp-info", order), order), order),
        GrowingStruct(family.struct("mptcp-info", order), order),
        family.struct("sctp-info", order),
    )


class SocketOptions(Unscoped):
    """struct inet_diag_sockopt: the options that are set."""

    __slots__ = ("order",)

    def __init__(self, order: str) -> None:
        self.order = order

    def _set_in(self, byte: int, names: tuple[str, ...]) -> list[Json]:
        found: list[Json] = []
        for at, name in enumerate(names):
            if byte >> (at if self.order == "little" else 7 - at) & 1:
                found.append(name)
        return found

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start != len(_OPTIONS):
            raise Irregular(f"{end - start} bytes where the options have {len(_OPTIONS)}")
        found: list[Json] = []
        for at, names in enumerate(_OPTIONS):
            found += self._set_in(data[start + at], names)
        return found

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        found: list[Json] = []
        at = start
        for names in _OPTIONS:
            if at < end:
                there = self._set_in(data[at], names)
                node.children.append(Node(str(at - start), "", "item", at, at + 1, there))
                found += there
                at += 1
        if end - start != len(_OPTIONS):
            code = "struct.short" if end - start < len(_OPTIONS) else "struct.long"
            walk.note(node, code, f"{end - start} bytes of options where {len(_OPTIONS)} are known")
        if at < end:
            node.children.append(zero_or_raw(data, at, end))
        node.value = found


def socket_options(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The options of an inet socket."""
    return SocketOptions(order)


class SockAddrArray(Unscoped):
    """Socket addresses in one struct sockaddr_storage each."""

    __slots__ = ("_item",)

    def __init__(self, order: str) -> None:
        self._item = SockAddr(order)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if (end - start) % _STORAGE:
            raise Irregular(f"{end - start} bytes are no whole number of addresses")
        return [
            self._item.value(data, at, at + _STORAGE, None) for at in range(start, end, _STORAGE)
        ]

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        values: list[Json] = []
        at = start
        while end - at >= _STORAGE:
            child = Node(str(len(values)), "", "item", at, at + _STORAGE)
            self._item.fill(child, data, at, at + _STORAGE, scope, walk)
            values.append(child.value)
            node.children.append(child)
            at += _STORAGE
        if at < end:
            walk.note(node, "value.width", f"{end - at} bytes after the last whole address")
            node.children.append(zero_or_raw(data, at, end))
        node.value = values


def sockaddr_array(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """Addresses of one end of an association."""
    return SockAddrArray(order)
