"""Messages as comma-separated values (RFC 4180), one line per message below a line of headings.

A cell without a value is empty. Booleans read true and false, bytes are hex, times are RFC 3339
in UTC with nine digits, durations are ns, several values of a repeated field are a JSON array,
and so are objects and lists of flags JSON text. Characters that control a terminal are escaped.
Text that begins with one of ``= + - @`` or an apostrophe gets an apostrophe in front, since
spreadsheets run such text as a formula; numbers are left as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from typing import Final

from librt.strings import BytesWriter

from ..errors import UsageError
from ..model import Interface, Message
from ..text import Json, date_text, printable
from .columns import Column, Origin, default_columns, json_text
from .writer import Writer as Base

_FORMULA: Final = ("=", "+", "-", "@", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_KEEP: Final = 1024
_WORDS: Final = {"/t": "\t", "/s": " "}


class Writer(Base):
    """Writes messages as lines of cells; ``write`` takes bytes.

    interfaces: whose names the column ``iface`` shows.
    fields: the columns, without them the fixed ones of ``default_columns``.
    separator: one character between cells; ``/t`` is a tab and ``/s`` a space.
    Raises UsageError for any other separator.
    """

    parallel = True

    def __init__(
        self,
        write: Callable[[bytes], object],
        interfaces: Sequence[Interface],
        *,
        fields: Sequence[Column] = (),
        separator: str = ",",
    ) -> None:
        separator = _WORDS.get(separator, separator)
        if len(separator) != 1 or separator in '"\r\n':
            raise UsageError(f"the separator {separator!r} is not one character, /t or /s")
        super().__init__(write)
        self._origin = Origin(interfaces)
        self._columns = fields or default_columns(self._origin)
        self._times = [column.kind == "time" for column in self._columns]
        self._texts: dict[str, str] = {}
        self._row = csv.writer(_Lines(self.out), delimiter=separator, lineterminator="\n").writerow
        self._headed = False

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow; the headings stand above those of the first."""
        self._origin.begin(interfaces, file)
        self._head()

    def message(self, message: Message) -> None:
        """Writes one message."""
        self._head()
        row: list[str] = []
        for column, time in zip(self._columns, self._times):
            row.append(self._cell(column.values(message), time))
        self._row(row)
        self.end()

    def _cell(self, values: list[Json], time: bool) -> str:
        if not values:
            return ""
        value = values if len(values) > 1 else values[0]
        if isinstance(value, str):
            text = self._texts.get(value)
            if text is None:
                text = _text(value)
                if len(self._texts) < _KEEP and len(value) < _KEEP:
                    self._texts[value] = text
            return text
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return date_text(value) if time else str(value)
        return "" if value is None else json_text(value)

    def close(self) -> None:
        """The headings stand even above no message."""
        self._head()
        super().close()

    def _head(self) -> None:
        if not self._headed:
            self._headed = True
            self._row([_text(column.name) for column in self._columns])
            self.end()


class _Lines:
    """Takes the csv module's lines."""

    def __init__(self, out: BytesWriter) -> None:
        self._out = out

    def write(self, line: str) -> None:
        """Appends a line."""
        self._out.write(line.encode("utf-8", "backslashreplace"))


def _text(text: str) -> str:
    text = printable(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
