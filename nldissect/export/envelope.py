"""What both JSON forms say of a message before they come to its content."""

from __future__ import annotations

from collections.abc import Sequence

from librt.strings import BytesWriter

from ..digits import write_integer, write_number
from ..dissect import flag_names
from ..memo import Kinds
from ..model import Interface, Message, Note, Process
from ..text import Json
from ..wire.consts import NLMSG_MIN_TYPE, PROTOCOLS
from .objects import json_bytes

CACHE_LIMIT = 4096


class _Head:
    """What stands in front of a message's length, and of its number, and behind its port id."""

    __slots__ = ("length", "seq", "genlmsg")

    def __init__(self, length: bytes, seq: bytes, genlmsg: bytes) -> None:
        self.length = length
        self.seq = seq
        self.genlmsg = genlmsg


class Envelope:
    """Writes the members of a message's object that both forms have.

    interfaces may grow while they are read. file: name of the input, told where it is not "".
    """

    def __init__(self, interfaces: Sequence[Interface], file: str = "") -> None:
        self._interfaces = interfaces
        self._file = b',"file":' + json_bytes(file) if file else b""
        self._heads: dict[tuple[int, int], bytes] = {}
        self._kinds: Kinds[_Head] = Kinds()
        self._starts: dict[tuple[bytes, str, str, str, str], bytes] = {}
        self._processes: dict[Process, bytes] = {}
        self._groups: dict[str, bytes] = {}
        self._notes: dict[tuple[str, str, str, int, int], bytes] = {}
        self._errors: dict[object, tuple[dict[str, Json], bytes]] = {}

    def write(self, out: BytesWriter, message: Message, content: bytes) -> None:
        """The object and the line's end; content: its members between ``genlmsg`` and ``error``."""
        record = message.record
        out.write(b'{"n":')
        write_number(out, message.number)
        out.write(b',"frame":')
        write_number(out, record.number)
        time_ns = record.time_ns
        if time_ns is None:
            out.write(b',"time_ns":null,')
        else:
            out.write(b',"time_ns":')
            write_integer(out, time_ns)
            out.write(b",")
        error = b""
        if message.type < 0:
            out.write(self._start_of(message))
            out.write(b'null,"genlmsg":null,')
        else:
            if message.type < NLMSG_MIN_TYPE:
                error = self._error(message)
            key = message.flags << 9 | message.version + 1
            head = self._kinds.get(message, key)
            if head is None:
                head = self._kinds.put(message, key, self._header(message))
            out.write(head.length)
            write_number(out, message.length)
            out.write(head.seq)
            write_number(out, message.seq)
            out.write(b',"pid":')
            write_number(out, message.pid)
            out.write(head.genlmsg)
        out.write(content)
        if error:
            out.write(error)
        process = message.process
        if process is not None:
            out.write(self._process(process))
        txn = message.txn
        if txn is None:
            out.write(b',"txn":null')
        else:
            out.write(b',"txn":')
            write_number(out, txn.number)
        latency = message.latency_ns
        if latency is not None:
            out.write(b',"latency_ns":')
            write_integer(out, latency)
        elif message.direction == "notify":
            self._notification(out, message)
        if self._file:
            out.write(self._file)
        notes = message.notes
        if not notes:
            out.write(b',"notes":[]}\n')
            return
        out.write(b',"notes":[')
        between = b""
        for note in notes:
            out.write(between)
            out.write(self._note(note))
            between = b","
        out.write(b"]}\n")

    def _header(self, message: Message) -> _Head:
        names = json_bytes(flag_names(message.flags, message.flag_class))
        genl = "null"
        if message.version >= 0:
            genl = f'{{"cmd":{message.command},"version":{message.version}}}'
        return _Head(
            self._start_of(message) + b'{"len":',
            b',"type":%d,"flags":%b,"flags_raw":%d,"seq":' % (message.type, names, message.flags),
            f'}},"genlmsg":{genl},'.encode(),
        )

    def _start_of(self, message: Message) -> bytes:
        """What stands between a message's time and its nlmsghdr."""
        head_key = (message.record.interface, message.protocol)
        head = self._heads.get(head_key)
        if head is None:
            head = self._heads[head_key] = self._source(*head_key)
        key = (head, message.direction, message.family, message.operation, message.operation_c)
        start = self._starts.get(key)
        if start is None:
            start = b'%b,%b,"nlmsg":' % (head, self._names(key[1:]))
            if len(self._starts) < CACHE_LIMIT:
                self._starts[key] = start
        return start

    def _error(self, message: Message) -> bytes:
        """The member ``error`` of an NLMSG_ERROR or DONE, else nothing."""
        error = message.error
        if error is None:
            return b""
        # Those that say the same have the same object.
        sketch = message.sketch
        known = None if sketch is None else self._errors.get(sketch)
        if known is not None and known[0] is error:
            return known[1]
        text = b',"error":' + json_bytes(error)
        if sketch is not None:
            if len(self._errors) >= CACHE_LIMIT:
                self._errors.clear()
            self._errors[sketch] = (error, text)
        return text

    def _process(self, process: Process) -> bytes:
        part = self._processes.get(process)
        if part is None:
            words = {"pid": process.pid, "name": process.name, "by": process.by}
            part = b',"process":' + json_bytes(words)
            if len(self._processes) < CACHE_LIMIT:
                self._processes[process] = part
        return part

    def _notification(self, out: BytesWriter, message: Message) -> None:
        """What only notifications have."""
        group = message.group
        if group:
            words = self._groups.get(group)
            if words is None:
                words = b',"group":' + json_bytes(group)
                if len(self._groups) < CACHE_LIMIT:
                    self._groups[group] = words
            out.write(words)
        if message.copy:
            out.write(b',"copy":')
            write_number(out, message.copy)
        if message.txn is not None and message.txn.cause:
            out.write(b',"cause":')
            write_number(out, message.txn.cause)

    def _note(self, note: Note) -> bytes:
        key = (note.code, note.message, note.path, note.start, note.end)
        text = self._notes.get(key)
        if text is None:
            text = json_bytes(note_object(note))
            if len(self._notes) >= CACHE_LIMIT:
                self._notes.clear()
            self._notes[key] = text
        return text

    def _source(self, interface: int, protocol: int) -> bytes:
        name = self._interfaces[interface].name if interface < len(self._interfaces) else ""
        known = PROTOCOLS.get(protocol, str(protocol)) if protocol >= 0 else None
        return b'"iface":%b,"proto":%b' % (json_bytes(name or None), json_bytes(known))

    def _names(self, key: tuple[str, str, str, str]) -> bytes:
        direction, family, operation, operation_c = key
        return b'"dir":%b,"family":%b,"cmd":%b,"cmd_c":%b' % (
            json_bytes(direction), json_bytes(family or None), json_bytes(operation or None),
            json_bytes(operation_c or None),
        )  # fmt: skip


def note_object(note: Note) -> dict[str, object]:
    """A note as JSON has it."""
    return {
        "severity": note.severity,
        "code": note.code,
        "message": note.message,
        "path": note.path,
        "start": note.start,
        "end": note.end,
    }
