"""One transaction: what was asked, all that came of it, and how long each took."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from ...clock import Clock
from ...explain import error_name
from ...model import Transaction
from ...recording import Reader, Recording
from ...summary import Summarizer
from ...text import duration, printable
from ..columns import KINDS, KIND_STYLES, Row
from ..keys import bindings
from ..lines import Lines, Piece, fit
from ..wish import Wish

_STATES: Final = {"open": "no end in the capture", "done": "done", "failed": "refused"}
_NEAR: Final = 64
"""How many transactions after a request are asked whether it caused them."""


class _Members(Lines):
    """The messages, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    def __init__(self, recording: Recording, txn: Transaction, numbers: array[int]) -> None:
        super().__init__(id="members")
        self._txn = txn
        self._reader = Reader(recording)
        self._summarize = Summarizer(recording.learned).summary
        self.numbers = numbers

    def count(self) -> int:
        return len(self.numbers)

    def line(self, number: int) -> Sequence[Piece]:
        message = self._reader.message(self.numbers[number])
        row = Row(message, self._summarize(message))
        kind = self.style(KIND_STYLES[row.kind])
        since = ""
        if message.record.time_ns is not None and self._txn.start_ns is not None:
            since = f"+{duration(message.record.time_ns - self._txn.start_ns)}"
        what = self._what(row, number)
        operation = f"{row.summary.family} {row.summary.operation}"
        return [
            (f"{message.number:>7} ", self.style("dim")),
            (f"{since:>10} ", self.style("dim")),
            (f"{KINDS[row.kind]} {fit(what, 12)} ", kind),
            (fit(operation, 24) + " ", kind),
            (f"{row.summary.flags} {row.summary.details}".strip(), kind),
        ]

    def _what(self, row: Row, number: int) -> str:
        """What a message is in the transaction."""
        message = row.message
        if message.txn is not None and message.txn.number != self._txn.number:
            return "told"
        if self._txn.kind == "notify":
            return "notification" if not message.copy else f"copy {message.copy}"
        if message.number == self._txn.message and self._txn.kind == "request":
            return "request"
        if row.kind in ("ack", "error", "malformed"):
            return row.kind
        return f"part {number}" if self._txn.dump else "answer"


class TransactionScreen(ModalScreen[Wish | None]):
    """Shows the transaction of a message; enter goes to one of its messages, / filters by it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("transaction")]

    DEFAULT_CSS = """
    TransactionScreen { align: center middle; background: $background 60%; }
    TransactionScreen #box {
        width: 96%; height: 90%; background: $surface; border: round $primary; padding: 0 1;
    }
    TransactionScreen #headline { height: auto; text-style: bold; }
    TransactionScreen #facts { height: auto; color: $text-muted; margin-bottom: 1; }
    TransactionScreen _Members { height: 1fr; }
    """

    def __init__(self, recording: Recording, number: int, clock: Clock) -> None:
        super().__init__()
        txn = recording.transaction(recording.transaction_of(number))
        assert txn is not None
        self._recording = recording
        self._txn = txn
        numbers = recording.members(txn.number)
        numbers.extend(_caused(recording, txn))
        self._members = _Members(recording, txn, numbers)
        self._members.cursor = numbers.index(number) if number in numbers else 0

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = f"Transaction {self._txn.number:,}"
            yield Static(self._headline(), id="headline", markup=False)
            yield Static(self._facts(), id="facts", markup=False)
            yield self._members
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._members.changed()
        self._members.focus()
        self.call_after_refresh(self._members.reveal)

    def _headline(self) -> str:
        txn = self._txn
        first = Reader(self._recording).message(txn.message)
        name = f"{first.family or '?'} {first.operation or '?'}"
        if txn.kind == "notify":
            copies = f", {txn.copies} copies" if txn.copies > 1 else ""
            return printable(f"Notification {name}{copies}")
        kind = "Dump" if txn.dump else "Request"
        if txn.kind == "orphan":
            kind = "Answers without their request:"
        state = _STATES[txn.state]
        if txn.code:
            state = f"{state}: {error_name(txn.code)}"
        return printable(f"{kind} {name}: {state}")

    def _facts(self) -> str:
        txn = self._txn
        facts = [f"port {txn.port}", f"seq {txn.seq}"]
        if txn.kind != "notify":
            facts.append(_counted(txn.answers, "answer"))
            if txn.parts > 1:
                facts.append(_counted(txn.parts, "record"))
        if txn.start_ns is not None and txn.kind == "request":
            if txn.first_ns is not None:
                facts.append(f"first answer after {duration(txn.first_ns - txn.start_ns)}")
            if txn.last_ns is not None and txn.last_ns != txn.first_ns:
                facts.append(f"last after {duration(txn.last_ns - txn.start_ns)}")
        if txn.interrupted:
            facts.append("interrupted: the dump changed while it was read")
        if txn.ambiguous:
            facts.append("ambiguous: an answer may belong to another request")
        if txn.cause:
            cause = self._recording.transaction(txn.cause)
            if cause is not None:
                facts.append(f"caused by message {cause.message:,}")
        return " · ".join(facts)

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        event.stop()
        self.dismiss(Wish("goto", self._members.numbers[event.line]))

    def action_filter(self) -> None:
        self.dismiss(Wish("filter", f"txn == {self._txn.number}"))

    def action_close(self) -> None:
        self.dismiss(None)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _caused(recording: Recording, txn: Transaction) -> array[int]:
    """The first messages of the notifications that a request made the kernel send."""
    found = array("I")
    if txn.kind == "request":
        for number in range(txn.number + 1, txn.number + _NEAR):
            other = recording.transaction(number)
            if other is None:
                break
            if other.cause == txn.number:
                found.append(other.message)
    return found
