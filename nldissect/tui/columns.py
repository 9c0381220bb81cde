"""The columns of the message list: what each says of a message, how wide it is, how it sorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..filter import Field
from ..model import Message
from ..notes import SEVERITIES
from ..summary import GLYPHS, Summary
from ..text import Json, duration, show
from ..wire.consts import NLM_F_MULTI

KINDS: Final = {
    "request": GLYPHS["request"],
    "reply": GLYPHS["reply"],
    "part": "⇇",
    "ack": "✓",
    "error": "✗",
    "malformed": "‼",
    "notify": GLYPHS["notify"],
    "unknown": GLYPHS["unknown"],
}
"""What a message is, with the sign for it."""

KIND_STYLES: Final = {kind: kind for kind in KINDS} | {"malformed": "error"}
"""The style of what has such a sign."""

SEVERITY_STYLES: Final = {"chat": "dim", "note": "note", "warn": "warn", "error": "error"}
"""The style of what a note of a severity stands on."""

SEVERITY_SIGNS: Final = {"chat": "·", "note": "•", "warn": "▲", "error": "✖"}


class Row:
    """A message with its line.

    time: as text; hidden: how many messages it stands for as well; comment: the user's.
    """

    __slots__ = ("message", "summary", "time", "hidden", "comment")

    def __init__(self, message: Message, summary: Summary) -> None:
        self.message = message
        self.summary = summary
        self.time = ""
        self.hidden = 0
        self.comment = ""

    @property
    def kind(self) -> str:
        """One of KINDS."""
        outcome = self.summary.outcome
        if outcome in ("error", "malformed"):
            return outcome
        if outcome in ("ack", "done"):
            return "ack"
        message = self.message
        if message.direction == "reply" and message.flags & NLM_F_MULTI:
            return "part"
        return message.direction

    @property
    def severity(self) -> str:
        """The gravest note's, "" where there is none."""
        return gravest(self.message)


def gravest(message: Message) -> str:
    """The severity of a message's gravest note, "" where there is none."""
    notes = message.notes
    if not notes:
        return ""
    return max((note.severity for note in notes), key=SEVERITIES.index)


class Column:
    """One column.

    key: ``number`` and the like, or the name of a field. width: in cells; 0 takes what is left.
    text: of a row. value: what it sorts by, of a message and its summary: numbers or texts, None
    for nothing. right: numbers stand at the right. grows: up to how wide it gets by itself.
    summed: the value is in the summary.
    """

    __slots__ = ("key", "title", "width", "text", "value", "right", "grows", "shown", "summed")

    def __init__(
        self,
        key: str,
        title: str,
        width: int,
        text: Callable[[Row], str],
        value: Callable[[Message, Summary], Json],
        *,
        right: bool = False,
        grows: int = 0,
        summed: bool = False,
    ) -> None:
        self.key = key
        self.title = title
        self.width = width
        self.text = text
        self.value = value
        self.right = right
        self.grows = grows
        self.shown = True
        self.summed = summed


def _latency(row: Row) -> str:
    latency = row.message.latency_ns
    return "" if latency is None else duration(latency)


def _summary(row: Row) -> str:
    summary = row.summary
    # That it is a part is told by its sign.
    flags = ",".join(flag for flag in summary.flags.split(",") if flag != "multi")
    words = f"{flags} {summary.details}".strip()
    if row.hidden:
        plural = "part" if row.message.direction == "reply" else "copy"
        if row.hidden > 1:
            plural = "parts" if plural == "part" else "copies"
        words = f"{words}  [+{row.hidden} {plural}]".lstrip()
    comment = row.comment or " · ".join(row.message.record.comments)
    if comment:
        words = f"{words}  “{show(comment)}”"
    return words


def _severity_rank(message: Message, summary: Summary) -> int:
    severity = gravest(message)
    return SEVERITIES.index(severity) + 1 if severity else 0


def standard() -> list[Column]:
    """The columns that a list begins with."""
    return [
        Column("number", "No.", 5, lambda row: str(row.message.number),
               lambda message, _: message.number, right=True, grows=10),
        Column("time", "Time", 9, lambda row: row.time,
               lambda message, _: message.record.time_ns, right=True, grows=30),
        Column("kind", "", 1, lambda row: KINDS[row.kind],
               lambda message, summary: Row(message, summary).kind, summed=True),
        Column("family", "Family", 8, lambda row: row.summary.family,
               lambda _, summary: summary.family, grows=14, summed=True),
        Column("operation", "Operation", 10, lambda row: row.summary.operation,
               lambda _, summary: summary.operation, grows=22, summed=True),
        Column("summary", "Summary", 0, _summary,
               lambda _, summary: summary.details, summed=True),
        Column("process", "Process", 8, lambda row: row.summary.process,
               lambda _, summary: summary.process or None, grows=18, summed=True),
        Column("latency", "Latency", 7, _latency,
               lambda message, _: message.latency_ns, right=True, grows=9),
        Column("severity", "!", 1, lambda row: SEVERITY_SIGNS.get(row.severity, ""),
               _severity_rank),
    ]  # fmt: skip


def of_field(field: Field, title: str = "") -> Column:
    """A column with the values of a field."""

    def value(message: Message, _: Summary) -> Json:
        values = field.values(message)
        return values[0] if len(values) == 1 else show(values) if values else None

    def text(row: Row) -> str:
        if field.secret:
            return "(secret)"
        return show(field.values(row.message)).strip("[]")

    name = field.name
    numeric = field.kind in ("uint", "sint", "duration")
    return Column(
        name, title or name.rpartition(".")[2], max(6, min(len(name), 12)), text, value,
        right=numeric, grows=24,
    )  # fmt: skip
