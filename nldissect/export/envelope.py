"""What both JSON forms say of a message before they come to its content."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.json import Encoder

from ..dissect import flag_names
from ..memo import Kinds
from ..model import Interface, Message, Note, Process, Record
from ..text import Json
from ..wire.consts import NLMSG_MIN_TYPE, PROTOCOLS

CACHE_LIMIT = 4096


class Envelope:
    """Makes the members of a message's object that both forms have.

    interfaces may grow while they are read. file: name of the input, told where it is not "".
    """

    def __init__(self, interfaces: Sequence[Interface], file: str = "") -> None:
        self.encode = Encoder().encode
        self._interfaces = interfaces
        self._file = f',"file":{self.text(file)}' if file else ""
        self._heads: dict[tuple[int, int], str] = {}
        self._kinds: Kinds[tuple[str, str, str]] = Kinds()
        self._starts: dict[tuple[str, str, str, str, str], str] = {}
        self._processes: dict[Process, str] = {}
        self._notes: dict[tuple[str, str, str, int, int], str] = {}
        self._errors: dict[object, tuple[dict[str, Json], str]] = {}
        self._record: Record | None = None
        self._record_text = ""

    def text(self, value: object) -> str:
        """A value as JSON text."""
        return self.encode(value).decode()

    def line(self, message: Message, content: str) -> str:
        """The object and the line's end; content: its members between ``genlmsg`` and ``error``."""
        record = message.record
        if record is not self._record:
            time = "null" if record.time_ns is None else str(record.time_ns)
            self._record = record
            self._record_text = f'"frame":{record.number},"time_ns":{time}'
        error = self._error(message) if 0 <= message.type < NLMSG_MIN_TYPE else ""
        process = message.process
        whose = "" if process is None else self._process(process)
        txn = message.txn
        words = "null" if txn is None else str(txn.number)
        latency = message.latency_ns
        if latency is not None:
            words = f'{words},"latency_ns":{latency}'
        elif message.direction == "notify":
            words += self._notification(message)
        notes = message.notes
        remarks = self.notes(notes) if notes else "[]"
        if message.type < 0:
            start = f'{self._start_of(message)}null,"genlmsg":null'
            return (
                f'{{"n":{message.number},{self._record_text},{start},{content}'
                f'{whose},"txn":{words}{self._file},"notes":{remarks}}}\n'
            )
        heads = self._kinds.of(message)
        key = message.flags << 9 | message.version + 1
        head = heads.get(key)
        if head is None:
            head = heads[key] = self._header(message)
        return (
            f'{{"n":{message.number},{self._record_text},{head[0]}{message.length}'
            f'{head[1]}{message.seq},"pid":{message.pid}{head[2]},{content}{error}'
            f'{whose},"txn":{words}{self._file},"notes":{remarks}}}\n'
        )

    def _header(self, message: Message) -> tuple[str, str, str]:
        """What stands before, between and behind a message's length, number and port id."""
        names = self.text(flag_names(message.flags, message.flag_class))
        genl = "null"
        if message.version >= 0:
            genl = f'{{"cmd":{message.command},"version":{message.version}}}'
        return (
            f'{self._start_of(message)}{{"len":',
            f',"type":{message.type},"flags":{names},"flags_raw":{message.flags},"seq":',
            f'}},"genlmsg":{genl}',
        )

    def _start_of(self, message: Message) -> str:
        """What stands between a message's time and its nlmsghdr."""
        head_key = (message.record.interface, message.protocol)
        head = self._heads.get(head_key)
        if head is None:
            head = self._heads[head_key] = self._head(*head_key)
        key = (head, message.direction, message.family, message.operation, message.operation_c)
        start = self._starts.get(key)
        if start is None:
            start = f'{head},{self._name_part(key[1:])},"nlmsg":'
            if len(self._starts) < CACHE_LIMIT:
                self._starts[key] = start
        return start

    def _error(self, message: Message) -> str:
        """The member ``error`` of an NLMSG_ERROR or DONE, else nothing."""
        error = message.error
        if error is None:
            return ""
        # Those that say the same have the same object.
        sketch = message.sketch
        known = None if sketch is None else self._errors.get(sketch)
        if known is not None and known[0] is error:
            return known[1]
        text = f',"error":{self.text(error)}'
        if sketch is not None:
            if len(self._errors) >= CACHE_LIMIT:
                self._errors.clear()
            self._errors[sketch] = (error, text)
        return text

    def _process(self, process: Process) -> str:
        part = self._processes.get(process)
        if part is None:
            words = self.text({"pid": process.pid, "name": process.name, "by": process.by})
            part = f',"process":{words}'
            if len(self._processes) < CACHE_LIMIT:
                self._processes[process] = part
        return part

    def _notification(self, message: Message) -> str:
        """What only notifications have."""
        words = ""
        group = message.group
        if group:
            words += f',"group":{self.text(group)}'
        if message.copy:
            words += f',"copy":{message.copy}'
        if message.txn is not None and message.txn.cause:
            words += f',"cause":{message.txn.cause}'
        return words

    def notes(self, notes: Sequence[Note]) -> str:
        """The list of notes."""
        if not notes:
            return "[]"
        texts: list[str] = []
        for note in notes:
            key = (note.code, note.message, note.path, note.start, note.end)
            text = self._notes.get(key)
            if text is None:
                text = self.text(note_object(note))
                if len(self._notes) >= CACHE_LIMIT:
                    self._notes.clear()
                self._notes[key] = text
            texts.append(text)
        return f"[{','.join(texts)}]"

    def _head(self, interface: int, protocol: int) -> str:
        name = self._interfaces[interface].name if interface < len(self._interfaces) else ""
        known = PROTOCOLS.get(protocol, str(protocol)) if protocol >= 0 else None
        return f'"iface":{self.text(name or None)},"proto":{self.text(known)}'

    def _name_part(self, key: tuple[str, str, str, str]) -> str:
        direction, family, operation, operation_c = key
        return (
            f'"dir":"{direction}","family":{self.text(family or None)},'
            f'"cmd":{self.text(operation or None)},"cmd_c":{self.text(operation_c or None)}'
        )


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
