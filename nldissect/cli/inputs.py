"""Files to messages: open, survey, dissect, and say what could not be read or was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from ..capture.source import STANDARD_INPUT, Capture, open_capture
from ..dissect import Dissector
from ..errors import CaptureError, UsageError
from ..export import Writer
from ..learn import Learned
from ..model import Message
from .options import Settings
from .output import Output

_LINK_TYPES: Final = {
    0: "BSD loopback",
    1: "Ethernet",
    12: "raw IP",
    101: "raw IP",
    105: "802.11",
    113: "Linux cooked",
    127: "802.11 radiotap",
    147: "user 0",
    189: "USB",
    220: "USB",
    276: "Linux cooked v2",
}
_DIAGNOSES_SHOWN: Final = 3


class Input:
    """One capture with what is learned from it. learned is complete but for a pipe."""

    def __init__(self, capture: Capture, dissector: Dissector, learned: Learned) -> None:
        self.capture = capture
        self.dissector = dissector
        self.learned = learned

    @property
    def live(self) -> bool:
        """Whether more may come while what is there is shown."""
        return not self.capture.seekable

    def titles(
        self, settings: Settings, *, color: bool = False, width: int = 0
    ) -> Callable[[Message], str]:
        """Makes a message's line; for messages in order."""
        from ..summary import Columns, Summarizer

        summarize = Summarizer(self.learned).summary
        line = Columns(color=color, width=width).line
        clock = settings.clock().text

        def title(message: Message) -> str:
            return line(message.number, clock(message.record.time_ns), summarize(message))

        return title

    def messages(self) -> Iterator[Message]:
        """All messages in order. Raises CaptureError after the last good one."""
        dissect = self.dissector.dissect
        for record in self.capture:
            yield from dissect(record)


class Printer:
    """Writes the messages of inputs, ``count`` of them over all inputs; None is all."""

    def __init__(self, output: Output, count: int | None) -> None:
        self._output = output
        self._left = count

    def print(self, source: Input, writer: Writer) -> bool:
        """Writes an input's messages, at once where more may come; False when enough is written.

        Raises CaptureError after the last good message, OutputError.
        """
        live = source.live
        write = writer.message
        try:
            for message in source.messages():
                write(message)
                if live:
                    self._output.flush()
                if self._left is not None:
                    self._left -= 1
                    if not self._left:
                        return False
            return True
        finally:
            writer.close()
            self._output.flush()


def each(
    files: Sequence[str], settings: Settings, use: Callable[[Input], bool | None], *, links: bool
) -> int:
    """Calls ``use`` for each file in turn; one that fails does not keep the others from it.

    use: gives False when it has seen enough. links: whether the names of links are wanted.
    Returns the exit code. Raises SpecError and UsageError for what the options name.
    """
    if files.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input can be read only once")
    registry = settings.registry()
    saved = settings.saved()
    diagnostics = settings.diagnostics
    for path in files:
        dissector = None
        enough = False
        try:
            with open_capture(path) as capture:
                learned = settings.learned(saved)
                dissector = Dissector(
                    registry,
                    learned,
                    capture.interfaces,
                    order=settings.order,
                    learning=not capture.seekable,
                    links=links,
                )
                if capture.seekable:
                    # What is wrong with the file is told by the pass that shows it.
                    with suppress(CaptureError):
                        dissector.survey(capture)
                try:
                    enough = use(Input(capture, dissector, learned)) is False
                finally:
                    for diagnosis in capture.diagnoses[:_DIAGNOSES_SHOWN]:
                        diagnostics.warning(str(diagnosis))
                    if len(capture.diagnoses) > _DIAGNOSES_SHOWN:
                        more = len(capture.diagnoses) - _DIAGNOSES_SHOWN
                        diagnostics.warning(f"{more} more of that kind ({path})")
        except CaptureError as error:
            diagnostics.exception(error)
        if dissector is not None:
            _tell_of_others(dissector, path, settings)
        if enough:
            break
    return diagnostics.code


def _tell_of_others(dissector: Dissector, path: str, settings: Settings) -> None:
    for link_type, count in sorted(dissector.other_records.items()):
        name = _LINK_TYPES.get(link_type)
        kind = f"link type {link_type}" + (f" ({name})" if name else "")
        records, verb, past = ("record", "is", "was") if count == 1 else ("records", "are", "were")
        settings.diagnostics.remark(
            f"{count} {records} of {kind} {verb} not netlink and {past} left out ({path})"
        )
