"""The fields that belong to no family: of the record, the headers, errors, transactions, notes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ..dissect import flag_names
from ..model import KNOWN_BY, Message
from ..notes import CATALOGUE, SEVERITIES
from ..spec.types import Enum
from ..text import Json
from ..wire.consts import (
    CONTROL_TYPES,
    ERRNO,
    FLAGS,
    FLAGS_BY_CLASS,
    GENL_ID_CTRL,
    NETLINK_GENERIC,
    NLM_F_DUMP,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    PROTOCOLS,
)
from .aliases import HEADER_FLAGS
from .field import Field, Source
from .shapes import ANY, Shape, Words

if TYPE_CHECKING:
    from .fields import Catalogue

_GENERIC: Final = "protocol == 16 and type >= 16"
_GENL: Final = f"{_GENERIC} and length >= 20 and len(record.data) >= start + 20"
SECOND: Final = 1_000_000_000
Get = Callable[[Message], list[Json]]

_NONE: Final[list[Json]] = []
_YES: Final[list[Json]] = [True]
_NO: Final[list[Json]] = [False]


class _Numbered(Enum):
    """Names of numbers, of which those without a name are shown as they are."""

    def name_of(self, number: int) -> Json:
        return self.names.get(number, str(number))


class _Errno(Enum):
    """Names of negative error numbers; without the sign they mean the same."""

    def name_of(self, number: int) -> Json:
        return self.names.get(-abs(number), str(abs(number)))


def _names(name: str, words: Collection[str]) -> Enum:
    return Enum(name, dict(enumerate(words)), {})


_PROTOCOL: Final = Shape("enum", _Numbered("protocol", PROTOCOLS, {}))
_ERROR_NAME: Final = Shape("enum", _Errno("errno", {-n: name for n, name in ERRNO.items()}, {}))
_DIRECTION: Final = Shape("enum", _names("dir", ("unknown", "request", "reply", "notify")))
_SEVERITY: Final = Shape("enum", _names("severity", SEVERITIES))
_TXN_STATE: Final = Shape("enum", _names("state", ("open", "done", "failed")))
_TXN_KIND: Final = Shape("enum", _names("kind", ("request", "notify", "orphan")))
_PROCESS_BY: Final = Shape("enum", _names("by", KNOWN_BY))
_UINT: Final = Shape("uint")
_SINT: Final = Shape("sint")
_TEXT: Final = Shape("string")
_BOOL: Final = Shape("bool")


@cache
def protocol_names() -> dict[str, int | None]:
    """Names of protocols as fields, ours and Wireshark's; None is all of netlink."""
    names: dict[str, int | None] = {name: number for number, name in PROTOCOLS.items()}
    names.update(
        {
            "netlink": None,
            "genl": NETLINK_GENERIC,
            "netlink-generic": NETLINK_GENERIC,
            "netlink-route": 0,
            "netlink-netfilter": 12,
            "netlink-sock_diag": 4,
        }
    )
    return names


class _HeaderFlags(Enum):
    """Flags whose names depend on the class of the message.

    masks: the bits of each name; groups: names for several.
    """

    groups: Final = {"dump": ("root", "match")}

    def __init__(self) -> None:
        super().__init__("nlmsg.flags", {}, {})
        self.masks = {name: bits for name, (bits, _) in flag_bits().items()}


def flag_bits() -> dict[str, tuple[int, str]]:
    """Every name of a flag: its bits, and the class in which they mean that ("" for all)."""
    names = {name: (bit, "") for bit, name in FLAGS.items()}
    for class_, table in FLAGS_BY_CLASS.items():
        names.update({name: (bit, class_) for bit, name in table.items()})
    names["dump"] = (NLM_F_DUMP, "get")
    return names


def _bit(bits: int, class_: str) -> Get:
    def get(message: Message) -> list[Json]:
        if message.type < 0:
            return _NONE
        there = message.flags & bits == bits and (not class_ or message.flag_class == class_)
        return _YES if there else _NO

    return get


def flag_alias(name: str, target: str) -> Field:
    """One of Wireshark's ``netlink.hdr_flags.*``, there in every message."""
    bits, class_ = HEADER_FLAGS[target.rpartition(".")[2].replace("-", "_")]
    return _flag(name, bits, class_, alias=target, presence=True)


def _flag(name: str, bits: int, class_: str, **more: Any) -> Field:
    get, asked = _bit(bits, class_), f"(flags & {bits} == {bits})"
    source = Source(None, "", [_BOOL], lambda: get)
    return Field(name, [source], head="" if class_ else asked, may=asked, **more)


def _attribute(name: str, absent: object = None) -> Get:
    """A slot of the message; no value where it has the one that means none."""

    def get(message: Message) -> list[Json]:
        value = getattr(message, name)
        return _NONE if value is None or value == absent else [value]

    return get


def _of_header(name: str) -> Get:
    def get(message: Message) -> list[Json]:
        return _NONE if message.type < 0 else [getattr(message, name)]

    return get


def _of_record(name: str) -> Get:
    def get(message: Message) -> list[Json]:
        value = getattr(message.record, name)
        return _NONE if value is None else [value]

    return get


def _of_genl(name: str) -> Get:
    def get(message: Message) -> list[Json]:
        return [getattr(message, name)] if message.version >= 0 else _NONE

    return get


def _of_error(name: str) -> Get:
    def get(message: Message) -> list[Json]:
        error = message.error
        value = None if error is None else error.get(name)
        return _NONE if value is None else [value]

    return get


def _of_txn(name: str) -> Get:
    def get(message: Message) -> list[Json]:
        txn = message.txn
        if txn is not None and txn.outcome is not None and name != "number":
            txn = txn.outcome
        value = None if txn is None else getattr(txn, name)
        return _NONE if value is None else [value]

    return get


def _of_process(name: str) -> Get:
    def get(message: Message) -> list[Json]:
        process = message.process
        return _NONE if process is None else [getattr(process, name)]

    return get


def _of_notes(name: str) -> Get:
    def get(message: Message) -> list[Json]:
        return [getattr(note, name) for note in message.notes]

    return get


def _interface(message: Message) -> list[Json]:
    # Only who dissects knows the interfaces, which a capture may add to on its way.
    interfaces = getattr(message._decode, "interfaces", ())
    index = message.record.interface
    name = interfaces[index].name if index < len(interfaces) else ""
    return [name] if name else _NONE


def _proto(message: Message) -> list[Json]:
    number = message.protocol
    return _NONE if number < 0 else [PROTOCOLS.get(number, str(number))]


def _failed(message: Message) -> list[Json]:
    error = message.error
    return _YES if error is not None and error["code"] else _NONE


def _ack(message: Message) -> list[Json]:
    if message.type != NLMSG_ERROR:
        return _NO
    error = message.error
    return _YES if error is not None and error["code"] == 0 else _NO


def _error_code(message: Message) -> list[Json]:
    return _of_error("code")(message) if message.type == NLMSG_ERROR else _NONE


def _flag_names(message: Message) -> list[Json]:
    return _NONE if message.type < 0 else [list(flag_names(message.flags, message.flag_class))]


def _whole(message: Message) -> list[Any]:
    return [message.record.data[message.start : message.end]]


def _captured(message: Message) -> list[Json]:
    return [len(message.record.data)]


def _comments(message: Message) -> list[Json]:
    return list(message.record.comments)


def _noted(message: Message) -> list[Json]:
    return _YES if message.notes else _NONE


def _family_id(message: Message) -> list[Json]:
    generic = message.protocol == NETLINK_GENERIC and message.type >= NLMSG_MIN_TYPE
    return [message.type] if generic else _NONE


def _control_command(message: Message) -> list[Json]:
    generic = message.protocol == NETLINK_GENERIC and message.type == GENL_ID_CTRL
    return [message.command] if generic and message.command >= 0 else _NONE


def fixed_fields(catalogue: Catalogue) -> dict[str, Field]:
    """The fields by name."""
    fields: dict[str, Field] = {}

    def put(name: str, shape: Shape, get: Get, need: str = "", **more: Any) -> None:
        fields[name] = Field(name, [Source(None, need, [shape], lambda: get)], **more)

    commands = Words(catalogue.operations, True)
    constants = Words(lambda: catalogue.constants() | set(CONTROL_TYPES.values()), True)
    families = Words(catalogue.families, False)
    codes = Words(lambda: CATALOGUE.keys(), True)
    control = "(type == 2 or type == 3)"
    open_ = Words(lambda: (), False)

    put("n", _UINT, _attribute("number"))
    put("frame", _UINT, _of_record("number"), head="record.number")
    put("time", Shape("time"), _of_record("time_ns"))
    put("len", _UINT, _captured, head="len(record.data)")
    put("frame.len", _UINT, _of_record("wire_len"), head="record.wire_len")
    put("iface", Shape("string", words=open_), _interface)
    put("comment", Shape("string", repeated=True), _comments)
    put("proto", _PROTOCOL, _proto, head="protocol")
    put("dir", _DIRECTION, _attribute("direction"))
    put("family", Shape("string", words=families), _attribute("family", ""))
    put("cmd", Shape("string", words=commands), _attribute("operation", ""))
    put("cmd_c", Shape("string", words=constants), _attribute("operation_c", ""))
    put("group", Shape("string", words=open_), _attribute("group", ""))
    put("copy", _UINT, _attribute("copy"))
    put("bytes", Shape("bytes"), _whole)
    put("latency", Shape("duration"), _attribute("latency_ns"))

    put("nlmsg.len", _UINT, _of_header("length"), c_name="nlmsg_len", head="length")
    put("nlmsg.type", _UINT, _of_header("type"), c_name="nlmsg_type", head="type")
    put("nlmsg.flags", Shape("flags", _HeaderFlags()), _flag_names, c_name="nlmsg_flags")
    put("nlmsg.flags_raw", _UINT, _of_header("flags"), c_name="nlmsg_flags", head="flags")
    put("nlmsg.seq", _UINT, _of_header("seq"), c_name="nlmsg_seq", head="seq")
    put("nlmsg.pid", _UINT, _of_header("pid"), c_name="nlmsg_pid", head="pid")
    for name, (bits, class_) in flag_bits().items():
        c_name = "NLM_F_" + name.upper().replace("-", "_")
        fields[f"nlmsg.flags.{name}"] = _flag(f"nlmsg.flags.{name}", bits, class_, c_name=c_name)
    for at, (name, slot) in enumerate((("cmd", "command"), ("version", "version")), 16):
        head = f"record.data[start + {at}]"
        put(f"genlmsg.{name}", _UINT, _of_genl(slot), c_name=name, head=head, may=_GENL)

    put("error", _BOOL, _failed, "error", may=control)
    put("error.code", _SINT, _of_error("code"), "error", may=control)
    put("error.name", _ERROR_NAME, _of_error("name"), "error", may=control)
    for name in ("message", "attr", "missing", "needs", "hint"):
        put(f"error.{name}", _TEXT, _of_error(name), "error", may=control)
    put("error.offset", _UINT, _of_error("offset"), "error", may=control)
    put("error.got", ANY, _of_error("got"), "error", may=control)
    put("error.policy", ANY, _of_error("policy"), "error", may=control)
    put("error.cookie", Shape("bytes"), _of_error("cookie"), "error", may=control)
    put("ack", _BOOL, _ack, "error", may="type == 2")

    put("txn", _UINT, _of_txn("number"), "txn", presence=True)
    put("txn.state", _TXN_STATE, _of_txn("state"), "txn")
    put("txn.kind", _TXN_KIND, _of_txn("kind"), "txn")
    for name in ("parts", "answers", "port", "copies"):
        put(f"txn.{name}", _UINT, _of_txn(name), "txn")
    put("txn.code", _SINT, _of_txn("code"), "txn")
    for name in ("interrupted", "ambiguous"):
        put(f"txn.{name}", _BOOL, _of_txn(name), "txn")

    # Requests often do not say their port: the transaction does in the end.
    put("process", Shape("string", words=open_), _of_process("name"), "txn")
    put("process.pid", _UINT, _of_process("pid"), "txn")
    put("process.by", _PROCESS_BY, _of_process("by"), "txn")

    put("note", _BOOL, _noted, "notes")
    put("note.severity", _SEVERITY, _of_notes("severity"), "notes")
    put("note.code", Shape("string", repeated=True, words=codes), _of_notes("code"), "notes")
    for name in ("message", "path"):
        put(f"note.{name}", Shape("string", repeated=True), _of_notes(name), "notes")

    put("netlink.error", _SINT, _error_code, "error", presence=True, may="type == 2")
    put("genl.family_id", _UINT, _family_id, presence=True, may=_GENERIC)
    put(
        "genl.ctrl.cmd", _UINT, _control_command, presence=True, may="protocol == 16 and type == 16"
    )
    return fields
