"""One capture from its file to messages: surveyed, tracked, redacted, dissected, filtered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike, fspath
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .capture.series import Series, group
from .capture.source import Capture, open_capture
from .dissect import Dissector
from .errors import CaptureError
from .export.writer import Writer
from .learn import Learned
from .model import Interface, Message, Record, Transaction
from .registry import Registry
from .transact import Fates, Tracker

if TYPE_CHECKING:
    from .filter import Filter
    from .redact import Redactor


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
        self._outcomes: dict[int, Transaction] | None = {} if outcomes else None
        if capture.seekable:
            self._survey(fates or outcomes, only)

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

    def _survey(self, fates: bool, only: Filter | None) -> None:
        """The first pass."""
        dissector = self.dissector
        first: Tracker | None = None
        found = Fates()
        if fates:
            outcomes = self._outcomes

            def take(txn: Transaction) -> None:
                if outcomes is not None:
                    outcomes[txn.message] = txn
                    txn.forget()

            first = Tracker(dissector, None if outcomes is None else take, fates=found)
        # What is wrong with the file is told by the pass that shows it.
        try:
            self._chosen = dissector.survey(
                self.capture, first, only.headers if only is not None and only.exact else None
            )
        except CaptureError as error:
            self.failure = error
        if first is not None:
            first.finish()
            dissector.fate = found.of

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
        self.begin()
        return self.capture if self._chosen is None else self._of_chosen(self._chosen)

    def _of_chosen(self, chosen: dict[int, int]) -> Iterator[Record]:
        dissector = self.dissector
        for record in self.capture:
            before = chosen.get(record.number)
            if before is not None:
                dissector.count = before
                yield record

    def begin(self, tracker: Tracker | None = None) -> None:
        """What is read next is the first record again."""
        self.dissector.start()
        if self.redactor is not None:
            self.redactor.blind = 0
        self.dissector.tracker = tracker or Tracker(self.dissector, outcomes=self._outcomes)

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
        if self.redactor is not None:
            record = self.redactor.record(record)
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
        redactor = self.redactor
        for record in records:
            dissector.pass_over(record if redactor is None else redactor.record(record))

    def exchanges(self) -> Iterator[Exchange]:
        """Transactions with their messages, each when nothing can be added to it any more.

        Raises CaptureError after the last good one.
        """
        ended: list[Transaction] = []
        tracker = Tracker(self.dissector, ended.append)
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
