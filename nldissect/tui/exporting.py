"""Messages of a recording to a file, which is there whole or not at all."""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, islice, pairwise
from secrets import token_hex
from typing import IO, Any, Final, NamedTuple

from msgspec import Struct

from ..clock import Clock
from ..errors import OutputError, UsageError
from ..export import COLUMNS, Writer, writer_class
from ..filter import Field
from ..model import Message, Record
from ..recording import Reader, Recording
from ..redact import Redactor
from ..summary import Titles
from .jobs import Job

SUFFIXES: Final = {
    "ndjson": ".ndjson",
    "tree": ".tree.ndjson",
    "text": ".txt",
    "pcap": ".pcap",
    "pcapng": ".pcapng",
    "csv": ".csv",
    "parquet": ".parquet",
    "c": ".h",
    "python": ".py",
    "rust": ".rs",
    "go": ".go",
}
"""How names of files end, by format."""

MARKED: Final = "marked"
"""The comment of marked messages, where they are to have one."""

_STEP: Final = 16
_RECORDS: Final = 256
_BUFFER: Final = 1 << 16


class Plan(NamedTuple):
    """What to write, and where.

    what: all, shown, marked or selected. format: one of ``nldissect.export.FORMATS``.
    redact: zero key material. overwrite: replace the file if there is one. secrets: show key
    material in text. fields: the columns of csv and parquet, without them the fixed ones.
    comments: texts by message number, put on the messages' records. marks: messages whose records
    get the comment MARKED.
    """

    what: str
    format: str
    path: str
    redact: bool = False
    overwrite: bool = False
    secrets: bool = False
    fields: Sequence[Field] = ()
    comments: Mapping[int, str] = {}
    marks: Collection[int] = ()


class Result(Struct, frozen=True):
    """What was written: messages, bytes, the file; remarks: sentences on what is not as usual."""

    count: int
    bytes: int
    path: str
    remarks: tuple[str, ...] = ()


def run_export(
    job: Job,
    recording: Recording,
    plan: Plan,
    numbers: Iterable[int] | None = None,
    time_format: str = "r",
) -> Result | None:
    """Writes messages in the order of the capture; None if the job was cancelled.

    numbers: of which messages, None for all. time_format: of the titles in text.
    Raises OutputError, UsageError and CaptureError; then, as when it is cancelled, there is no
    new file and an old one is as it was.
    """
    path = os.path.realpath(os.path.expanduser(plan.path))
    if problem := problem_of(path, recording.capture.path):
        raise UsageError(problem)
    chosen = _in_order(recording, numbers)
    source = _Source(recording, plan)
    try:
        with _File(path, plan.overwrite) as file:
            writer = _writer(file.write, recording, plan, time_format)
            writer.begin(recording.interfaces)
            count = 0
            for message in source.of(chosen):
                writer.message(message)
                count += 1
                if not count % _STEP and not job.step(count, len(chosen)):
                    return None
            writer.close()
            if not job.step(count, len(chosen)):
                return None
            size = file.keep()
    except OSError as error:
        raise OutputError(f"{_reason(error)} ({plan.path})") from error
    return Result(count, size, plan.path, tuple(_remarks(source, writer)))


def problem_of(path: str, capture: str = "") -> str:
    """Why a file cannot be written, in words, as far as that shows beforehand; "" if it can.

    capture: the name of a file that is not to be overwritten.
    """
    path = os.path.expanduser(path)
    if not path:
        return "a file's name is missing"
    folder = os.path.dirname(path) or "."
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        return f"{path}: {_reason(error)}"
    except ValueError:
        return f"{path!r} can be no file's name"
    if stat.S_ISDIR(mode) or path.endswith(os.sep):
        return f"{path} is a directory"
    if not stat.S_ISREG(mode):
        return f"{path} is no regular file"
    if not os.path.isdir(folder):
        return f"there is no directory {folder}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"nothing can be written to the directory {folder}"
    with suppress(OSError, ValueError):
        if os.path.samefile(path, capture):
            return f"{path} is the capture itself"
    return ""


def default_path(capture: str, format_: str) -> str:
    """A name for a file in a format that nothing has yet, beside the capture where it can be."""
    stem = "capture"
    if os.path.isfile(capture):
        folder, name = os.path.split(capture)
        if not os.access(folder or ".", os.W_OK):
            folder = ""
        first, dot, _ = name.lstrip(".").partition(".pcap")
        stem = os.path.join(folder, first if dot and first else os.path.splitext(name)[0])
    suffix = SUFFIXES[format_]
    path, number = stem + suffix, 1
    while os.path.lexists(path):
        path, number = f"{stem}-{number}{suffix}", number + 1
    return path


def _in_order(recording: Recording, numbers: Iterable[int] | None) -> Sequence[int]:
    """Numbers as they follow each other in the capture, each once."""
    if numbers is None:
        return range(1, recording.count + 1)
    chosen = array("I", numbers)
    if any(one >= other for one, other in pairwise(chosen)):
        chosen = array("I", sorted(set(chosen)))
    return chosen


class _Source:
    """The messages of a recording with their records as a plan wants them.

    blind: how many lost bytes to redaction because nobody described them.
    """

    def __init__(self, recording: Recording, plan: Plan) -> None:
        self._recording = recording
        self._reader = Reader(recording)
        self._plan = plan
        self._redactor: Redactor | None = None

    @property
    def blind(self) -> int:
        return 0 if self._redactor is None else self._redactor.blind

    def of(self, numbers: Sequence[int]) -> Iterator[Message]:
        """The messages of these numbers, which are in order. Raises CaptureError."""
        if self._plan.redact:
            self._redactor = self._reader.redactor()
        by_record = groupby(numbers, self._recording.record_of)
        while wanted := {record: frozenset(some) for record, some in islice(by_record, _RECORDS)}:
            for record in self._records(wanted):
                some = wanted[record.number]
                for message in self._reader.of(self._changed(record, some)):
                    if message.number in some:
                        yield message

    def _records(self, wanted: Collection[int]) -> Iterator[Record]:
        """Records by number: at one go where they are near to each other."""
        index = self._recording.capture.indexed
        assert index is not None
        first, last = min(wanted), max(wanted)
        if last - first < 2 * len(wanted):
            for record in index.records(first, last + 1):
                if record.number in wanted:
                    yield record
        else:
            yield from map(index.record, wanted)

    def _changed(self, record: Record, some: Collection[int]) -> Record:
        """A record with its comments and without what is redacted."""
        if self._redactor is not None:
            record = self._redactor.record(record)
        plan = self._plan
        if not plan.comments and not plan.marks:
            return record
        comments = list(record.comments)
        texts = [plan.comments[number] for number in sorted(some) if number in plan.comments]
        if any(number in plan.marks for number in some):
            texts.append(MARKED)
        comments += [text for text in texts if text not in record.comments]
        if len(comments) == len(record.comments):
            return record
        return Record(
            record.number, record.time_ns, record.interface, record.link_type, record.data,
            record.wire_len, tuple(comments),
        )  # fmt: skip


def _writer(
    write: Callable[[bytes], object], recording: Recording, plan: Plan, time_format: str
) -> Writer:
    """Raises UsageError where the format cannot be written."""
    options: dict[str, Any] = {}
    if plan.format == "text":
        options["secrets"] = plan.secrets
        options["titles"] = Titles(recording.learned, Clock(time_format))
    elif plan.format in COLUMNS and plan.fields:
        options["fields"] = plan.fields
    writer: Writer = writer_class(plan.format)(write, recording.interfaces, **options)
    return writer


def _remarks(source: _Source, writer: Writer) -> Iterator[str]:
    if source.blind:
        messages = "message" if source.blind == 1 else "messages"
        yield f"{source.blind} {messages} that nobody described: long attributes were zeroed"
    unfit: Mapping[str, int] = getattr(writer, "unfit", {})
    for name, number in unfit.items():
        values = "value" if number == 1 else "values"
        yield f"{number} {values} of {name} had no place in its column"


class _File:
    """A new file that has its name only once it is whole; a context manager.

    Without ``keep`` nothing is left of it. Raises OSError, and UsageError where there is a file
    of that name that is not to be replaced.
    """

    def __init__(self, path: str, overwrite: bool) -> None:
        self._path = path
        self._overwrite = overwrite
        self._temporary = ""
        self._stream: IO[bytes]

    def __enter__(self) -> _File:
        self._check()
        folder, name = os.path.split(self._path)
        self._temporary = os.path.join(folder, f".{name[:40]}.{token_hex(4)}.part")
        self._stream = open(self._temporary, "xb", buffering=_BUFFER)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._stream.close()
        if self._temporary:
            with suppress(OSError):
                os.unlink(self._temporary)

    def write(self, data: bytes) -> None:
        """Takes bytes."""
        self._stream.write(data)

    def keep(self) -> int:
        """Gives the file its name; returns its size in bytes."""
        self._stream.flush()
        size = self._stream.tell()
        self._stream.close()
        self._check()
        with suppress(OSError):
            # What is replaced keeps its permissions.
            os.chmod(self._temporary, stat.S_IMODE(os.stat(self._path).st_mode))
        os.replace(self._temporary, self._path)
        self._temporary = ""
        return size

    def _check(self) -> None:
        if not self._overwrite and os.path.lexists(self._path):
            raise UsageError(f"{self._path} exists")


def _reason(error: OSError) -> str:
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
