"""One capture from its file to messages: surveyed, tracked, redacted, dissected, filtered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from os import PathLike, fspath
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from .capture.series import Series, group
from .capture.source import Capture, open_capture
from .dissect import Dissector
from .errors import CaptureError
from .export.writer import Writer
from .learn import Learned
from .ledger import Division, Ledger, Part, Replay
from .model import Follower, Interface, Message, Record, Transaction
from .registry import Registry
from .transact import Fates, Tracker

if TYPE_CHECKING:
    from .filter import Filter
    from .redact import Redactor

_MOST_TOLD: Final = 1 << 25


class Exchange:
    """A transaction with its messages.

    txn: what is known of it; request: None for notifications and orphans; answers: replies, dump
    parts and the ack or error, or the copies of a notification, in order.
    """

    __slots__ = ("txn", "request", "answers")

    def __init__(self, txn: Transaction) -> None:
        self.txn = txn
        self.request: Message | None = None
        self.answers: list[Message] = []

    @property
    def error(self) -> Message | None:
        """The message that refused the request."""
        last = self.answers[-1] if self.answers else None
        return last if self.txn.state == "failed" else None

    @property
    def latency_ns(self) -> int | None:
        """From the request to its last answer."""
        if self.txn.start_ns is None or self.txn.last_ns is None or self.request is None:
            return None
        return self.txn.last_ns - self.txn.start_ns


class Session:
    """The messages of a capture, or of a series of them, which can be iterated over again.

    A file is surveyed first, so that what its end tells names what its beginning holds; a pipe is
    learned from as it goes and can be read once.

    learned: the family map; fates: tell requests that they have no answer, which needs a file;
    facts: learn names of links and the like; redact: zero key material; order: little or big
    where the user decides it. only: the filter of all messages that will be asked for, where
    headers decide it and transactions do not matter: then only the records that have such a
    message, and the requests that they answer, are looked at. outcomes: tell transactions what
    becomes of them, which takes memory for each. The capture is closed with the session.
    failure: what ended a file before its end, in the first pass.
    """

    def __init__(
        self,
        capture: Capture | Series,
        registry: Registry,
        learned: Learned,
        *,
        order: str | None = None,
        facts: bool = True,
        fates: bool = True,
        redact: bool = False,
        only: Filter | None = None,
        outcomes: bool = False,
    ) -> None:
        self.capture = capture
        self.registry = registry
        self.learned = learned
        self.dissector = Dissector(
            registry,
            learned,
            capture.interfaces,
            order=order,
            learning=not capture.seekable,
            facts=facts,
        )
        self.redactor: Redactor | None = None
        if redact:
            from .redact import Redactor

            self.redactor = Redactor(self.dissector)
        self.failure: CaptureError | None = None
        self._chosen: dict[int, int] | None = None
        self._fates = Fates() if fates or outcomes else None
        self._replay: Replay | None = None
        self._outcomes: dict[int, Transaction] | None = {} if outcomes else None
        if capture.seekable:
            # What is wrong with the file is told by the pass that shows it.
            try:
                self._chosen = self.dissector.survey(
                    capture, only.headers if only is not None and only.exact else None
                )
            except CaptureError as error:
                self.failure = error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.capture.__exit__(kind, error, trace)

    @property
    def live(self) -> bool:
        """Whether more may come while what is there is read."""
        return not self.capture.seekable

    @property
    def interfaces(self) -> Sequence[Interface]:
        """Those met so far."""
        return self.capture.interfaces

    @property
    def divisible(self) -> bool:
        """Whether processes can share the work."""
        return self.capture.seekable and self._chosen is None

    @property
    def foresees(self) -> bool:
        """Whether messages tell what becomes of transactions, which this process finds out."""
        return self._outcomes is not None

    def _find_fates(self) -> None:
        """The second pass: which requests come to no end, and what becomes of all others."""
        fates = self._fates
        if self.live or fates is None or self.dissector.fate is not None:
            return
        tracker = self._follower()
        self.begin(tracker)
        with suppress(CaptureError):
            self.skip(self.capture)
        tracker.finish()
        self.dissector.fate = fates.of

    def _follower(self) -> Tracker:
        """What finds out fates and outcomes."""
        outcomes = self._outcomes

        def take(txn: Transaction) -> None:
            if outcomes is not None:
                outcomes[txn.message] = txn
                txn.forget()

        return Tracker(self.dissector, None if outcomes is None else take, fates=self._fates)

    def divide(self, size: int, most: int = _MOST_TOLD) -> Division | None:
        """The second pass: what belongs together, for each ``size`` records in turn.

        None where that are more than ``most`` bytes.
        """
        dissector, fates = self.dissector, self._fates
        tracker = self._follower()
        ledger = Ledger(tracker)
        self.begin(ledger)
        parts: list[Part] = []
        number = told = 0
        with suppress(CaptureError):
            for record in self.capture:
                dissector.pass_over(self._redacted(record))
                number += 1
                if number == size:
                    parts.append(ledger.part(number, dissector.count))
                    told += len(parts[-1].told)
                    number = 0
                    if told > most:
                        parts.clear()
        if number:
            parts.append(ledger.part(number, dissector.count))
        tracker.finish()
        if fates is not None:
            dissector.fate = fates.of
        if told > most:
            return None
        marks = None if fates is None else bytes(fates.marks)
        blind = 0 if self.redactor is None else self.redactor.blind
        return Division(parts, marks, dict(dissector.other_records), blind)

    def take(self, division: Division) -> None:
        """Knows what another process found out when it divided the same capture."""
        if division.fates is not None:
            self.dissector.fate = Fates(division.fates).of
        self.dissector.other_records = division.others
        if self.redactor is not None:
            self.redactor.blind = division.blind

    def hear(self, part: Part) -> None:
        """What is dissected next are the records of that part."""
        dissector = self.dissector
        if self._replay is None:
            self._replay = Replay(dissector, self._outcomes)
        self._replay.begin(part)
        dissector.tracker = self._replay
        dissector.count = part.messages

    def __iter__(self) -> Iterator[Message]:
        return self.messages()

    def messages(self, wanted: Filter | str | None = None) -> Iterator[Message]:
        """The messages in order, those that are wanted.

        wanted: a filter or its text, of which a mistake raises FilterError. Raises CaptureError
        after the last good message. Transactions of messages are as far known as the capture has
        been read.
        """
        if isinstance(wanted, str):
            from .filter import Catalogue, compile_filter

            wanted = compile_filter(wanted, Catalogue(self.registry))
        return self.of(self.records(), wanted)

    def records(self) -> Iterable[Record]:
        """The records that are to be looked at, from the first one again."""
        self._find_fates()
        self.begin()
        return self.capture if self._chosen is None else self._of_chosen(self._chosen)

    def runs(self, size: int) -> Iterator[Iterable[Record]]:
        """The same in runs of ``size`` or more, of which each is to be read before the next.

        Where requests are to know that they have no answer, transactions are followed once: of
        their messages they are known as far as writers look.
        """
        fates = self._fates is not None and self.dissector.fate is None
        division = self.divide(size) if fates and self.divisible else None
        if division is None:
            yield self.records()
            return
        self.begin()
        records = iter(self.capture)
        for part in division.parts:
            self.hear(part)
            yield islice(records, part.records)
        # What ended the capture is told behind its last record.
        next(records, None)

    def _of_chosen(self, chosen: dict[int, int]) -> Iterator[Record]:
        dissector = self.dissector
        for record in self.capture:
            before = chosen.get(record.number)
            if before is not None:
                dissector.count = before
                yield record

    def begin(self, follower: Follower | None = None) -> None:
        """What is read next is the first record again."""
        self.dissector.start()
        if self.redactor is not None:
            self.redactor.blind = 0
        self.dissector.tracker = follower or Tracker(self.dissector, outcomes=self._outcomes)

    def of(self, records: Iterable[Record], wanted: Filter | None = None) -> Iterator[Message]:
        """The wanted messages of records that follow those which were read before."""
        for record in records:
            yield from self._wanted(record, wanted)

    def write(
        self, records: Iterable[Record], writer: Writer, wanted: Filter | None = None
    ) -> None:
        """Hands the wanted messages of records to a writer, as ``of`` gives them."""
        for record in records:
            for message in self._wanted(record, wanted):
                writer.message(message)

    def _wanted(self, record: Record, wanted: Filter | None) -> list[Message]:
        record = self._redacted(record)
        if wanted is None:
            return self.dissector.dissect(record)
        return [
            message
            for message in self.dissector.dissect(record, wanted.headers)
            if (wanted.exact and message.type >= 0) or wanted.match(message)
        ]

    def skip(self, records: Iterable[Record]) -> None:
        """Passes over records, but for what they tell of those that follow."""
        dissector = self.dissector
        for record in records:
            dissector.pass_over(self._redacted(record))

    def _redacted(self, record: Record) -> Record:
        """A record as it is to be seen."""
        return record if self.redactor is None else self.redactor.record(record)

    def exchanges(self) -> Iterator[Exchange]:
        """Transactions with their messages, each when nothing can be added to it any more.

        Raises CaptureError after the last good one.
        """
        ended: list[Transaction] = []
        tracker = Tracker(self.dissector, ended.append)
        self._find_fates()
        self.begin(tracker)
        known: dict[int, Exchange] = {}
        record = None
        failure: CaptureError | None = None
        messages = self.of(self.capture)
        while True:
            try:
                message = next(messages, None)
            except CaptureError as error:
                failure, message = error, None
            if message is None:
                break
            if message.record is not record:
                record = message.record
                for txn in ended:
                    if txn.number in known:
                        yield known.pop(txn.number)
                ended.clear()
            own = message.txn
            if own is None:
                continue
            exchange = known.get(own.number)
            if exchange is None:
                exchange = known[own.number] = Exchange(own)
            if message.number == own.message and own.kind == "request":
                exchange.request = message
            else:
                exchange.answers.append(message)
        tracker.finish()
        for number in sorted(known):
            yield known[number]
        if failure is not None:
            raise failure


def open_session(
    path: str | PathLike[str],
    *more: str | PathLike[str],
    registry: Registry | None = None,
    order: str | None = None,
    redact: bool = False,
) -> Session:
    """A session of a file, of standard input (``-``), or of several files of one recording.

    registry: the families, by default the built-in ones and those of plug-ins. Other options are
    those of Session. Raises CaptureError if the file cannot be read.
    """
    names = [fspath(name) for name in (path, *more)]
    capture = open_capture(names[0]) if len(names) == 1 else Series(group(names, True)[0])
    return Session(capture, registry or Registry(), Learned(), order=order, redact=redact)
