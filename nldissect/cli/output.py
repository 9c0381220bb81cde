"""Data output: the one place that writes to stdout or to the file named by ``-o``."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL, ENOTSUP
from types import TracebackType
from typing import IO, Final, Protocol

from ..errors import OutputError

_HOLD: Final = 1 << 16
_ASCII: Final = str.maketrans(
    {"→": "->", "←": "<-", "⇐": "<=", "…": "...", "↔": "--", "µ": "u"}
    | dict(zip("▁▂▃▄▅▆▇█▏▎▍▌▋▊▉", "_.-:=+*#...####"))
)


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> int: ...
    def flush(self) -> None: ...


class _Nowhere:
    """What is written here is not wanted."""

    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        """There is nothing to hand on."""


class OutputClosed(Exception):
    """The reader of the output has gone: nothing more is wanted and nothing is wrong."""


class Output:
    """Buffered bytes out; a context manager that writes out what is left.

    path: a file to write, None or ``-`` for stdout. Raises OutputError where that cannot be
    opened or written, OutputClosed when the pipe's reader has gone.
    by_line: nothing waits. terminal: whether people see it at once; width: its columns, 0 where it
    is no terminal.
    """

    def __init__(self, path: str | None = None, *, by_line: bool = False) -> None:
        self.path = path if path not in (None, "-") else None
        self.by_line = by_line
        self._held: list[bytes] = []
        self._size = 0
        self._file = self._open()
        self._stream: Sink = self._file
        self.terminal = self.path is None and self._file.isatty()
        self.width = _columns(self._file) if self.terminal else 0
        self._ascii = self.terminal and locale.getencoding().lower() not in ("utf-8", "utf8")

    def _open(self) -> IO[bytes]:
        if self.path is None:
            if sys.stdout is None:
                raise OutputError("standard output is closed")
            return sys.stdout.buffer
        try:
            return open(self.path, "wb", buffering=0)
        except (OSError, ValueError) as error:
            raise OutputError(f"{_reason(error)} ({self.path})") from error

    def write(self, data: bytes) -> None:
        """Takes bytes, in UTF-8 where they are text; writes when enough has come together."""
        self._held.append(data)
        self._size += len(data)
        if self._size >= _HOLD or self.by_line:
            self.flush()

    def redirect(self, stream: Sink) -> Sink:
        """From now on writes there; gives where it did before."""
        before = self._stream
        self._stream = stream
        return before

    @contextmanager
    def silent(self) -> Iterator[None]:
        """What is written meanwhile goes nowhere."""
        self.flush()
        before = self.redirect(_Nowhere())
        try:
            yield
        finally:
            self.flush()
            self.redirect(before)

    def text(self, text: str) -> None:
        """Takes text."""
        self.write(text.encode("utf-8", "backslashreplace"))

    def flush(self) -> None:
        """Hands over everything that is held."""
        if not self._held:
            return
        data = b"".join(self._held)
        self._held.clear()
        self._size = 0
        if self._ascii and self._stream is self._file:
            data = data.decode().translate(_ASCII).encode("ascii", "backslashreplace")
        try:
            left = data
            while left:
                left = left[self._stream.write(left) :]
            self._stream.flush()
        except BrokenPipeError:
            self._abandon()
            raise OutputClosed from None
        except (OSError, ValueError) as error:
            self._abandon()
            raise OutputError(f"{_reason(error)} ({self.path or 'standard output'})") from error

    def _abandon(self) -> None:
        """Keeps the interpreter from trying to write again on its way out."""
        if self.path is None:
            with suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, self._file.fileno())
                os.close(null)

    def sync(self) -> None:
        """Hands over everything that is held and waits until a file is on the disk."""
        self.flush()
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            # Pipes and devices have no disk.
            if error.errno not in (EINVAL, ENOTSUP):
                raise OutputError(f"{_reason(error)} ({self.path or 'standard output'})") from error

    def close(self) -> None:
        """Writes what is held and closes a file."""
        try:
            self.flush()
        finally:
            if self.path is not None:
                self._file.close()

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, (OutputError, OutputClosed)):
            return
        self.close()


def _columns(stream: IO[bytes]) -> int:
    with suppress(OSError):
        return os.get_terminal_size(stream.fileno()).columns
    return 0


def _reason(error: Exception) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text[:1].lower() + text[1:]


def colored(choice: str, output: Output) -> bool:
    """Whether to colour: ``--color``, then NO_COLOR and FORCE_COLOR, then whether people look."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return output.terminal and os.environ.get("TERM") != "dumb"
