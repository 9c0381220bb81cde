"""One transaction: what was asked, all that came of it, and how long each took."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from ...clock import Clock
from ...explain import error_name
from ...model import Message, Transaction
from ...recording import Reader, Recording
from ...summary import Summarizer, Summary
from ...text import duration, printable
from ...wire.consts import NLMSG_DONE
from ..columns import KIND_STYLES, KINDS, Row
from ..dialogs import Dialog
from ..keys import bindings
from ..lines import Lines, Piece, bug_text, fit
from ..wish import Wish

_NEAR: Final = 1024
"""How many transactions after a request are asked whether it caused them."""

_RENEW_S: Final = 0.5
_HEIGHT: Final = 0.9
_LEAST_LINES: Final = 3
_FRAME: Final = 3
_HINT: Final = "enter: go there · /: filter by it · esc"


class _Members(Lines):
    """The messages in order: the cause, those of the transaction, and those that it caused."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    def __init__(self, recording: Recording, number: int) -> None:
        super().__init__(id="members")
        self._recording = recording
        self._number = number
        self._reader = Reader(recording)
        self._summarize = Summarizer(recording.learned).summary
        txn = recording.transaction(number)
        assert txn is not None
        self._take(txn)

    def renew(self) -> None:
        """Looks at what there is now."""
        txn = self._recording.transaction(self._number)
        if txn is not None:
            self._take(txn)

    def _take(self, txn: Transaction) -> None:
        recording = self._recording
        self.txn = txn
        self.own = recording.members(self._number)
        self.cause = recording.transaction(txn.cause) if txn.cause else None
        self.told = _caused(recording, txn)
        around = [] if self.cause is None else [self.cause.message]
        self.numbers = sorted({*around, *self.own, *self.told}) if around or self.told else self.own

    def read(self, number: int) -> tuple[Message, Summary]:
        """A message with its line. Raises CaptureError if it cannot be read."""
        message = self._reader.message(number)
        return message, self._summarize(message)

    def count(self) -> int:
        return len(self.numbers)

    def line(self, number: int) -> Sequence[Piece]:
        message, summary = self.read(self.numbers[number])
        row = Row(message, summary)
        what = self._what(row)
        style = self.style("dim" if what in ("cause", "told") else KIND_STYLES[row.kind])
        words = " ".join(flag for flag in summary.flags.split(",") if flag not in ("", "multi"))
        if not self._usual(message):
            words = f"{summary.family} {summary.operation} {words}".rstrip()
        return [
            (fit(f"{message.number:,}", len(f"{self.numbers[-1]:,}"), right=True), Style.null()),
            (fit(self._since(message), 10, right=True), self.style("dim")),
            (f" {KINDS[row.kind]} {fit(what, self._room)} ", style),
            (f"{words} {summary.details}".strip(), style),
        ]

    def _since(self, message: Message) -> str:
        """The time since the transaction began."""
        time, start = message.record.time_ns, self.txn.start_ns
        if time is None or start is None:
            return ""
        since = time - start
        return duration(since) if since < 0 else f"+{duration(since)}" if since else "0"

    @property
    def _room(self) -> int:
        """The width of what a message is."""
        return max(8, len(f"part {len(self.own)}"))

    def _usual(self, message: Message) -> bool:
        """Whether a message says what the headline says already."""
        first = self._reader.message(self.txn.message)
        return (message.family, message.operation) == (first.family, first.operation)

    def _what(self, row: Row) -> str:
        """What a message is in the transaction."""
        number = row.message.number
        place = bisect_left(self.own, number)
        if place == len(self.own) or self.own[place] != number:
            return "told" if number in self.told else "cause"
        if self.txn.kind == "notify":
            return f"copy {place}" if place else "notify"
        if row.message.error is not None:
            ended = row.message.type == NLMSG_DONE and row.kind != "error"
            return "end" if ended else "error" if row.message.error["name"] else "ack"
        if self.txn.kind == "orphan":
            place += 1
        elif not place:
            return "request"
        return f"{'part' if self.txn.dump or row.kind == 'part' else 'answer'} {place}"


class TransactionScreen(Dialog):
    """Shows the transaction of a message; enter goes to one of its messages, / filters by it.

    number: a message that belongs to one; clock: how times are written.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("transaction")]

    DEFAULT_CSS = """
    TransactionScreen #box { width: 96%; max-width: 160; max-height: 90%; }
    TransactionScreen #headline { height: auto; text-style: bold; }
    TransactionScreen #headline.failed { color: $text-error; }
    TransactionScreen #facts { height: auto; color: $text-muted; }
    TransactionScreen _Members { height: auto; margin-top: 1; }
    """

    def __init__(self, recording: Recording, number: int, clock: Clock) -> None:
        super().__init__()
        self._recording = recording
        self._members = _Members(recording, recording.transaction_of(number))
        self._members.cursor = bisect_left(self._members.numbers, number)
        # Times since the message before mean nothing here.
        self._clock = Clock("r" if clock.format == "d" else clock.format)
        self._clock.base_ns = None if clock.format == "d" else clock.base_ns

    def compose(self) -> ComposeResult:
        with self.box(f"Transaction {self._members.txn.number:,}", _HINT):
            yield Static("", id="headline", markup=False)
            yield Static("", id="facts", markup=False)
            yield self._members

    def on_mount(self) -> None:
        self._members.focus()
        self._tell()
        if not self._recording.settled:
            self.set_interval(_RENEW_S, self._renew)

    def on_resize(self) -> None:
        self._fit()

    def _renew(self) -> None:
        """More of it may have come."""
        before = len(self._members.numbers), self._members.txn.state
        self._members.renew()
        if before != (len(self._members.numbers), self._members.txn.state):
            self._tell()

    def _tell(self) -> None:
        """Says what is known now."""
        headline = self.query_one("#headline", Static)
        headline.set_class(self._members.txn.state == "failed", "failed")
        try:
            words, facts = self._headline(), "\n".join(self._facts())
        except Exception as error:
            # Decoding is done when it is asked for: a bug in it must not end the browser.
            words, facts = bug_text(error), ""
        headline.update(printable(words))
        self.query_one("#facts", Static).update(facts)
        self._members.changed()
        self._fit()

    def _fit(self) -> None:
        """Gives the messages the room that is left."""
        self.call_after_refresh(self._take_room)

    def _take_room(self) -> None:
        facts = self.query_one("#facts")
        used = self.query_one("#headline").size.height + facts.size.height + _FRAME
        room = int(self.size.height * _HEIGHT) - used
        self._members.styles.max_height = max(_LEAST_LINES, room)
        self.call_after_refresh(self._members.reveal)

    def _headline(self) -> str:
        txn = self._members.txn
        message, summary = self._members.read(txn.message)
        name = f"{summary.family} {summary.operation}"
        if txn.kind == "notify":
            group = f" to group {message.group}" if message.group else ""
            return f"{KINDS['notify']} Notification {name}{group}"
        kind = "Dump" if txn.dump else "Request"
        if txn.kind == "orphan":
            kind = "Answers without their request:"
        if txn.state == "failed":
            reason = self._refusal() or error_name(txn.code or 0)
            return f"{KINDS['error']} {kind} {name}: refused, {reason}"
        if txn.state == "done":
            return f"{KINDS['ack']} {kind} {name}: done"
        return f"… {kind} {name}: {self._unfinished(message)}"

    def _refusal(self) -> str:
        """The kernel's words at the end."""
        for number in reversed(self._members.own):
            message, summary = self._members.read(number)
            if message.error is not None:
                return summary.details
        return ""

    def _unfinished(self, request: Message) -> str:
        """What a request that came to no end came to."""
        txn = self._members.txn
        if txn.answers:
            return "no end in the capture" if txn.dump else "answered"
        if not self._recording.settled:
            return "no answer so far"
        if any(note.code == "txn.unanswered" for note in request.problems):
            return "no answer in the capture"
        return "no answer, none was asked for"

    def _facts(self) -> Iterator[str]:
        """Lines of what is known besides."""
        txn = self._members.txn
        yield " · ".join(self._numbers())
        if txn.kind == "notify":
            if txn.copies > 1:
                yield " · ".join(self._copies())
        elif txn.answers:
            yield " · ".join(self._answers())
        if txn.interrupted:
            yield "interrupted: what was dumped changed meanwhile, it may be inconsistent"
        if txn.ambiguous:
            yield "ambiguous: an answer may belong to another request"
        cause = self._members.cause
        if cause is not None:
            _, summary = self._members.read(cause.message)
            name = printable(f"{summary.family} {summary.operation}")
            yield f"caused by message {cause.message:,}, {name} (transaction {cause.number:,})"
        if self._members.told:
            yield f"made the kernel send {_counted(len(self._members.told), 'notification')}"

    def _numbers(self) -> Iterator[str]:
        txn = self._members.txn
        if txn.port or txn.kind != "notify":
            yield f"port {txn.port or 'unknown'}"
        yield f"seq {txn.seq}"
        if len(self._recording.interfaces) > 1:
            name = printable(self._recording.interfaces[txn.interface].name)
            yield f"interface {name or txn.interface}"
        if txn.start_ns is not None and (self._clock.base_ns or self._clock.format != "r"):
            unit = " s" if self._clock.format in ("r", "e") else ""
            yield f"began at {self._clock.text(txn.start_ns)}{unit}"

    def _answers(self) -> Iterator[str]:
        txn = self._members.txn
        counted = _counted(txn.answers, "answer")
        if txn.answers > 1:
            counted += f" in {_counted(txn.parts, 'record')}"
        start = txn.start_ns if txn.kind == "request" else None
        if start is None or txn.first_ns is None or txn.last_ns is None:
            yield counted
        elif txn.last_ns == txn.first_ns:
            yield f"{counted} after {duration(txn.first_ns - start)}"
        else:
            yield counted
            yield f"the first after {duration(txn.first_ns - start)}"
            yield f"the last after {duration(txn.last_ns - start)}"

    def _copies(self) -> Iterator[str]:
        txn = self._members.txn
        yield f"captured {txn.copies:,} times"
        if txn.last_ns is not None and txn.start_ns is not None:
            yield f"the last after {duration(txn.last_ns - txn.start_ns)}"

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        event.stop()
        self.end(Wish("goto", self._members.numbers[event.line]))

    def action_filter(self) -> None:
        """Wishes for the transaction's messages alone."""
        self.end(Wish("filter", f"txn == {self._members.txn.number}"))


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _caused(recording: Recording, txn: Transaction) -> Sequence[int]:
    """The first messages of the notifications that a request made the kernel send."""
    found: list[int] = []
    if txn.kind == "request":
        for number in range(txn.number + 1, txn.number + _NEAR):
            other = recording.transaction(number)
            if other is None:
                break
            if other.cause == txn.number:
                found.append(other.message)
    return found
