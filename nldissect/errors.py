"""Exceptions for impossible requests; what a capture contains never raises one.

NldissectError
├── CaptureError          the input cannot be read as a capture (exit 3)
│   ├── NotACapture       the file's first bytes belong to no capture format
│   └── TruncatedCapture  the input ends inside a record or block (exit 4)
├── SpecError             a specification file is wrong (exit 2)
├── UsageError            a command was called with words that mean nothing (exit 2)
│   └── FilterError       a display filter or a field's name is wrong
├── OutputError           what was asked for cannot be written (exit 5)
└── LiveError             this machine or user cannot capture (exit 6)
"""

from __future__ import annotations


class NldissectError(Exception):
    """Root of all exceptions that this package raises on purpose."""


class CaptureError(NldissectError):
    """The input cannot be read as a capture.

    path: the file's name, or ``-`` for standard input.
    offset: position in the (decompressed) input, in bytes; None where no position applies.
    """

    def __init__(self, what: str, path: str, offset: int | None = None) -> None:
        self.what = what
        self.path = path
        self.offset = offset
        where = path if offset is None else f"{path}, offset {offset:#x}"
        super().__init__(f"{what} ({where})")


class NotACapture(CaptureError):
    """The first bytes belong to no capture format that is known here."""


class TruncatedCapture(CaptureError):
    """The input ends inside a record; every record before the cut has been given."""


class SpecError(NldissectError):
    """A specification is wrong.

    path: the file's name; line: 1-based line of the mistake, 0 where none applies.
    """

    def __init__(self, what: str, path: str, line: int = 0) -> None:
        self.what = what
        self.path = path
        self.line = line
        super().__init__(f"{path}:{line}: {what}" if line else f"{path}: {what}")


class UsageError(NldissectError):
    """An option or argument asks for something that does not exist."""


class FilterError(UsageError):
    """A display filter, or the name of a field, is wrong.

    what: a sentence. text: the filter; column: 0-based place of the mistake in it, length: how
    many characters it has, 0 at the end. expected: what could stand there; near: the nearest
    right spellings.
    """

    def __init__(
        self,
        what: str,
        text: str,
        column: int = 0,
        length: int = 0,
        expected: tuple[str, ...] = (),
        near: tuple[str, ...] = (),
    ) -> None:
        self.what = what
        self.text = text
        self.column = column
        self.length = length
        self.expected = expected
        self.near = near
        message = what
        if near:
            message += f"; did you mean {' or '.join(near)}?"
        elif expected:
            message += f"; expected {', '.join(expected)}"
        super().__init__(message)

    def caret(self, width: int = 78) -> tuple[str, str]:
        """The text, cut to a width around the mistake, and a line that marks the mistake.

        Characters that some terminals lack or show wider are ``?``.
        """
        text = "".join(char if " " <= char <= "~" else "?" for char in self.text)
        start = 0
        if len(text) > width:
            start = max(0, min(self.column - width // 2, len(text) - width))
        shown = text[start : start + width]
        column = self.column - start
        marks = max(1, min(self.length, len(shown) - column))
        return shown, " " * column + "^" + "~" * (marks - 1)


class OutputError(NldissectError):
    """The output cannot be written."""


class LiveError(NldissectError):
    """A live capture cannot begin.

    what: what is missing; remedy: what gives it, with the command.
    """

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")
