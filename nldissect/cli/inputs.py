"""Files to messages: open, survey, track, dissect, and say what could not be read."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from ..capture.series import Series, group
from ..capture.source import STANDARD_INPUT, Capture, open_capture
from ..errors import CaptureError, UsageError
from ..export import Writer
from ..ledger import Division
from ..model import Record
from ..notes import SEVERITIES
from ..session import Session
from ..text import printable
from .diagnostics import DONE, FOUND
from .jobs import Aside, Jobs, available
from .options import Settings
from .output import Output

if TYPE_CHECKING:
    from ..filter import Filter
    from ..summary import Titles

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
_DROPS_SHOWN: Final = 3
_FEW: Final = 2048
"""So many records are not worth several processes."""
_PART: Final = 512
_WARM: Final = 4096
_STEP: Final = 256
_HOLD: Final = 1 << 16


def titles(source: Session, settings: Settings, *, color: bool = False, width: int = 0) -> Titles:
    """The lines of a session's messages in order."""
    from ..summary import Titles

    return Titles(source.learned, settings.clock(), color=color, width=width)


class Printer:
    """Writes the messages of inputs that are wanted, ``count`` of them over all; None is all.

    fail_on: the severity from which on a note makes the exit code FOUND. jobs: how many processes
    to use where the format allows it.
    """

    def __init__(
        self,
        output: Output,
        settings: Settings,
        count: int | None,
        wanted: Filter | None = None,
        fail_on: str | None = None,
        jobs: int = 1,
    ) -> None:
        self._jobs = jobs
        self._output = output
        self._diagnostics = settings.diagnostics
        self._left = count
        self._wanted = wanted
        self._grave = () if fail_on is None else SEVERITIES[SEVERITIES.index(fail_on) :]

    def print(self, source: Session, writer: Writer) -> bool:
        """Writes an input's messages, at once where more may come; False when enough is written.

        Raises CaptureError after the last good message, OutputError.
        """
        alone = (
            self._jobs == 1
            or self._left is not None
            or not writer.parallel
            or not source.divisible
            or source.dissector.surveyed < _FEW
            or not available()
        )
        if not source.live and not self._output.by_line:
            writer.hold = _HOLD
        try:
            division = None if alone else self._divide(source, writer)
            if division is not None:
                self._write_in_parts(source, writer, division)
                return True
            return all(self._write(source, writer, run) for run in source.runs(_PART))
        finally:
            writer.flush()
            self._output.flush()

    def _write(self, source: Session, writer: Writer, records: Iterable[Record]) -> bool:
        live = source.live
        if not live and not self._grave and self._left is None:
            source.write(records, writer, self._wanted)
            return True
        for message in source.of(records, self._wanted):
            writer.message(message)
            if live:
                self._output.flush()
            if self._grave and any(note.severity in self._grave for note in message.notes):
                self._diagnostics.fail(FOUND)
            if self._left is not None:
                self._left -= 1
                if not self._left:
                    return False
        return True

    def _write_in_parts(self, source: Session, writer: Writer, division: Division) -> None:
        """Writes in several processes, which all know what belongs together."""
        source.take(division)
        parts = division.parts
        # Collecting would touch, and so copy, what the processes share.
        gc.freeze()

        def work(place: int, done: Callable[[], None]) -> int:
            records = iter(source.capture)
            for number, part in enumerate(parts):
                own = number % self._jobs == place
                some = islice(records, part.records)
                # What ends the capture is told by this process's parent.
                with suppress(CaptureError):
                    if own:
                        source.hear(part)
                        self._write(source, writer, some)
                    else:
                        deque(some, 0)
                if own:
                    writer.flush()
                    done()
            return FOUND if self._diagnostics.code == FOUND else DONE

        jobs = Jobs(min(self._jobs, len(parts)), work, self._output)
        try:
            codes = jobs.finish()
        finally:
            jobs.stop()
        if FOUND in codes:
            self._diagnostics.fail(FOUND)
        if source.failure is not None:
            raise source.failure

    def _divide(self, source: Session, writer: Writer) -> Division | None:
        """What belongs together; while that is found out, all else becomes warm."""
        # What was written so far, headings maybe, is no part of any process.
        writer.flush()
        if source.foresees:
            return source.divide(_PART)
        import pickle

        gc.freeze()
        aside = Aside(lambda: pickle.dumps(source.divide(_PART), pickle.HIGHEST_PROTOCOL))
        try:
            self._warm_up(source, writer, aside)
            found: Division | None = pickle.loads(aside.result())
        except (EOFError, pickle.UnpicklingError):
            found = source.divide(_PART)
        finally:
            aside.stop()
        return found

    def _warm_up(self, source: Session, writer: Writer, aside: Aside) -> None:
        """Writes for nobody what is often met again, until the fork is ready."""
        source.begin()
        records = iter(source.capture)
        with self._output.silent():
            with suppress(CaptureError):
                for _ in range(_WARM // _STEP):
                    if aside.ready:
                        break
                    self._write(source, writer, islice(records, _STEP))
            writer.flush()


def each(
    files: Sequence[str],
    settings: Settings,
    use: Callable[[Session], bool | None],
    *,
    facts: bool,
    fates: bool = False,
    together: bool | None = None,
    redact: bool = False,
    wanted: Filter | None = None,
) -> int:
    """Calls ``use`` for each input in turn; one that fails does not keep the others from it.

    use: gives False when it has seen enough. facts: whether names of links and the like are wanted;
    fates: whether requests are to know that they have no answer; together: whether the files are
    one recording, None to look; redact: zero key material. wanted: the filter of all messages that
    ``use`` will ask for.
    Returns the exit code. Raises SpecError and UsageError for what the options name.
    """
    if files.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input can be read only once")
    registry = settings.registry()
    saved = settings.saved()
    needs = frozenset[str]() if wanted is None else wanted.needs
    diagnostics = settings.diagnostics
    for paths in group(files, together):
        source: Session | None = None
        enough = False
        try:
            with open_capture(paths[0]) if len(paths) == 1 else Series(paths) as capture:
                if len(paths) > 1:
                    what = f"{len(paths)} files are read as one recording"
                    diagnostics.remark(f"{what} (--no-series reads each alone)")
                source = Session(
                    capture,
                    registry,
                    settings.learned(saved),
                    order=settings.order,
                    facts=facts,
                    fates=fates or "notes" in needs,
                    redact=redact,
                    only=None if fates or needs & {"notes", "txn"} else wanted,
                    outcomes="txn" in needs,
                )
                try:
                    enough = use(source) is False
                finally:
                    _tell_of_oddities(capture, settings)
        except CaptureError as error:
            diagnostics.exception(error)
        if source is not None:
            _tell_of_others(source, paths[0], settings)
        if enough:
            break
    return diagnostics.code


def _tell_of_oddities(capture: Capture | Series, settings: Settings) -> None:
    for diagnosis in capture.diagnoses[:_DIAGNOSES_SHOWN]:
        settings.diagnostics.warning(str(diagnosis))
    if len(capture.diagnoses) > _DIAGNOSES_SHOWN:
        more = len(capture.diagnoses) - _DIAGNOSES_SHOWN
        settings.diagnostics.warning(f"{more} more of that kind ({capture.path})")
    if isinstance(capture, Series):
        for error in capture.errors:
            settings.diagnostics.exception(error)
    _tell_of_drops(capture, settings)


def _tell_of_drops(capture: Capture | Series, settings: Settings) -> None:
    drops: Counter[str] = Counter()
    for interface in capture.interfaces:
        if interface.dropped:
            drops[printable(interface.name) or "an interface"] += interface.dropped
    for name, count in list(drops.items())[:_DROPS_SHOWN]:
        packets = "1 packet" if count == 1 else f"{count} packets"
        settings.diagnostics.warning(f"the recorder dropped {packets} of {name} ({capture.path})")
    if len(drops) > _DROPS_SHOWN:
        more = sum(list(drops.values())[_DROPS_SHOWN:])
        settings.diagnostics.warning(f"and {more} of others ({capture.path})")


def _tell_of_others(source: Session, path: str, settings: Settings) -> None:
    for link_type, count in sorted(source.dissector.other_records.items()):
        name = _LINK_TYPES.get(link_type)
        kind = f"link type {link_type}" + (f" ({name})" if name else "")
        records, verb, past = ("record", "is", "was") if count == 1 else ("records", "are", "were")
        settings.diagnostics.remark(
            f"{count} {records} of {kind} {verb} not netlink and {past} left out ({path})"
        )
    if source.redactor is not None and source.redactor.blind:
        blind = source.redactor.blind
        messages = "message" if blind == 1 else "messages"
        settings.diagnostics.remark(
            f"{blind} {messages} that nobody described: long attributes were zeroed ({path})"
        )
