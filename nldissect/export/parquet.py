"""Messages as a Parquet file with typed columns.

Integers are int64 or uint64, times timestamps and durations durations in ns, bytes binary, enums
dictionaries of strings, flags lists of strings, objects JSON text, and what may repeat a list.
A value of another type than its column is read where that can be done without guessing: the number
in ``name(1232)`` or in hex, a number's digits in a text column. Else it is null, or the first one
where several stand in a column for one, and is counted: ``Writer.unfit`` and the file's metadata
``nldissect.unfit`` (a JSON object, columns to counts) tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..errors import UsageError
from ..model import Interface, Message
from ..text import Json
from .columns import Column, Origin, default_columns, json_text
from .writer import Writer as Base

try:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter
except ImportError as error:
    what = "parquet needs pyarrow: pip install 'nldissect[parquet]'"
    raise UsageError(what) from error

_GROUP_ROWS: Final = 1 << 14
_GROUP_BYTES: Final = 1 << 21
"""Of messages: a group of them is held with all its text before it is written."""

_UINT64: Final = range(1 << 64)
_INT64: Final = range(-(1 << 63), 1 << 63)


class _Unfit(Exception):
    """A value that the column's type has no room for."""


class Writer(Base):
    """Writes messages as rows of a Parquet file; ``write`` takes bytes.

    interfaces: whose names the column ``iface`` shows.
    fields: the columns, without them the fixed ones of ``default_columns``.
    unfit: how many values of a column were not of its type, complete after ``close``.
    Raises UsageError for two columns of one name.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        interfaces: Sequence[Interface],
        *,
        fields: Sequence[Column] = (),
    ) -> None:
        super().__init__(write)
        self._origin = Origin(interfaces)
        columns = fields or default_columns(self._origin)
        names = [column.name for column in columns]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"parquet has room for one column {name}, not for two")
        self.unfit: dict[str, int] = {}
        self._cells: list[tuple[Column, Callable[[Json], Any], list[Any]]] = [
            (column, _KINDS.get(column.kind, _TEXT)[1], []) for column in columns
        ]
        self._schema = pa.schema([(column.name, _arrow_type(column)) for column in columns])
        self._held = _Held()
        self._file = ParquetWriter(self._held, self._schema, compression="zstd")
        self._rows = 0
        self._bytes = 0

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow."""
        self._origin.begin(interfaces, file)

    def message(self, message: Message) -> None:
        """Takes one message; a group of them is written at once."""
        for column, read, cells in self._cells:
            values = column.values(message)
            cells.append(self._cell(column, read, values) if values else None)
        self._rows += 1
        self._bytes += message.end - message.start
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._group()

    def close(self) -> None:
        """Writes the last group and the file's footer."""
        if self._rows:
            self._group()
        if self.unfit:
            counts: Json = dict(sorted(self.unfit.items()))
            self._file.add_key_value_metadata({"nldissect.unfit": json_text(counts)})
        self._file.close()
        self._write(self._held.take())

    def _cell(self, column: Column, read: Callable[[Json], Any], values: list[Json]) -> Any:
        name = column.name
        if len(values) > 1 and not column.repeated:
            self.unfit[name] = self.unfit.get(name, 0) + len(values) - 1
        cell = []
        for value in values if column.repeated else values[:1]:
            try:
                cell.append(None if value is None else read(value))
            except _Unfit:
                self.unfit[name] = self.unfit.get(name, 0) + 1
                cell.append(None)
        return cell if column.repeated else cell[0]

    def _group(self) -> None:
        arrays = [
            pa.array(cells, type=field.type)
            for (_, _, cells), field in zip(self._cells, self._schema, strict=True)
        ]
        self._file.write_batch(pa.record_batch(arrays, schema=self._schema))
        for _, _, cells in self._cells:
            cells.clear()
        self._rows = self._bytes = 0
        self._write(self._held.take())


class _Held:
    """A file for pyarrow that keeps what it is given: the caller's errors stay out of pyarrow."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keeps bytes."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """What is kept stays."""

    def take(self) -> bytes:
        """All that is kept, once."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _bool(value: Json) -> bool:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    raise _Unfit


def _number(room: range) -> Callable[[Json], int]:
    def read(value: Json) -> int:
        if isinstance(value, str):
            # "name(12)", "0x1f", "12"
            digits = value[:-1].rpartition("(")[2] if value.endswith(")") else value
            try:
                value = int(digits, 0)
            except ValueError:
                raise _Unfit from None
        if isinstance(value, int) and int(value) in room:
            return int(value)
        raise _Unfit

    return read


def _text(value: Json) -> str:
    text = value if isinstance(value, str) else json_text(value)
    return text.encode("utf-8", "backslashreplace").decode()


def _binary(value: Json) -> bytes:
    if not isinstance(value, str):
        raise _Unfit
    try:
        return bytes.fromhex(value.replace(":", "").replace("-", ""))
    except ValueError:
        raise _Unfit from None


def _flags(value: Json) -> list[str]:
    return [_text(item) for item in (value if isinstance(value, list) else [value])]


_TEXT: Final[tuple[Any, Callable[[Json], Any]]] = (pa.string(), _text)
_KINDS: Final[dict[str, tuple[Any, Callable[[Json], Any]]]] = {
    "bool": (pa.bool_(), _bool),
    "uint": (pa.uint64(), _number(_UINT64)),
    "sint": (pa.int64(), _number(_INT64)),
    "time": (pa.timestamp("ns", tz="UTC"), _number(_INT64)),
    "duration": (pa.duration("ns"), _number(_INT64)),
    "bytes": (pa.binary(), _binary),
    "flags": (pa.list_(pa.string()), _flags),
    "enum": (pa.dictionary(pa.int32(), pa.string()), _text),
    "object": (pa.string(), json_text),
}
"""Kind of column: its type and how a value gets it; text is the rest."""


def _arrow_type(column: Column) -> Any:
    type_, _ = _KINDS.get(column.kind, _TEXT)
    if not column.repeated:
        return type_
    return pa.list_(pa.string() if column.kind == "enum" else type_)
