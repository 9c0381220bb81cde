"""What writers of all formats have in common: bytes gather until there are enough to hand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from librt.strings import BytesWriter
from mypy_extensions import mypyc_attr

from ..model import Interface, Message


@mypyc_attr(allow_interpreted_subclasses=True)
class Writer:
    """Writes messages in one format.

    write: takes bytes. parallel: whether several processes may write parts of an input.
    hold: how many bytes may wait for more messages.
    """

    parallel: ClassVar[bool] = False

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.out = BytesWriter()
        self.hold = 0
        self._write = write

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow; file: its name, where it is to be told."""

    def message(self, message: Message) -> None:
        """Writes a message."""
        raise NotImplementedError

    def end(self) -> None:
        """A message is whole."""
        if len(self.out) > self.hold:
            self.flush()

    def flush(self) -> None:
        """Hands on what waits."""
        if len(self.out):
            self._write(self.out.getvalue())
            self.out.truncate(0)

    def close(self) -> None:
        """Writes what was held back."""
        self.flush()
