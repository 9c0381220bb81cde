"""The map of generic netlink families: what each id means, since when, and who told."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from time import monotonic, sleep
from typing import ClassVar, Final, NamedTuple

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from ...learn import FamilyInfo
from ...model import Record
from ...recording import Reader, Recording
from ...registry import Registry
from ...spec.checks import check_of
from ...spec.compile import CompiledFamily
from ...spec.sets import AttrSet, IndexedArray, Nest
from ...stats.where import word
from ...text import Json, printable
from ...wire.consts import NETLINK_GENERIC, NLMSG_MIN_TYPE
from ..completing import Completing, Offer
from ..dialogs import Dialog
from ..jobs import Job
from ..keys import bindings
from ..lines import Lines, Piece, bug_text, fit
from ..panes import StatusLine
from ..table import Table, TableColumn, TableRow, TableView
from ..wish import Wish

_CHUNK: Final = 512
_WAIT_S: Final = 0.1
_COST: Final = 10
_MOST_OFFERS: Final = 50
_NAME_WIDTH: Final = 26
_WIDE: Final = 130
_INTERFACE: Final = TableColumn("iface", minor=3)
_COLUMNS: Final = (
    TableColumn("id", right=True),
    TableColumn("family", flexible=True),
    TableColumn("messages", right=True),
    TableColumn("source", minor=1),
    TableColumn("since", right=True, minor=2),
    TableColumn("until", right=True, minor=2),
    TableColumn("version", right=True, minor=7),
    TableColumn("ops", right=True, minor=5),
    TableColumn("groups", right=True, minor=5),
    TableColumn("policy", minor=4),
    TableColumn("spec", minor=3),
)
_SOURCES: Final = {
    "map": "named by you, above all that the capture says",
    "capture": "told by the capture",
    "saved": "from a saved map: the capture does not tell",
    "fixed": "an id that never moves",
}


class Use(NamedTuple):
    """An id and what it meant: the family's name and since when, "" and 0 if nobody named it."""

    interface: int
    id: int
    name: str
    since: int


class Uses:
    """How many generic netlink messages have each id: counts; firsts: the first record of each."""

    def __init__(self, recording: Recording) -> None:
        self.counts: Counter[Use] = Counter()
        self.firsts: dict[Use, int] = {}
        self._recording = recording

    def run(self, job: Job) -> None:
        """Counts as messages become known, by headers alone; a job's work.

        Raises CaptureError if a message cannot be read.
        """
        while not self._count(job):
            pass

    def _count(self, job: Job) -> bool:
        """Counts all from the start; False where names have become others."""
        recording = self._recording
        learned = recording.learned
        known = (recording.version, learned.changes)
        counts: Counter[Use] = Counter()
        firsts: dict[Use, int] = {}
        reader = Reader(recording)
        start = 1

        def take(
            protocol: int, type_: int, flags: int, seq: int, pid: int, length: int, record: Record,
            at: int,
        ) -> bool:  # fmt: skip
            if protocol == NETLINK_GENERIC and type_ >= NLMSG_MIN_TYPE:
                info = learned.family(record.interface, type_, record.number)
                name, since = ("", 0) if info is None else (info.name, info.since)
                use = Use(record.interface, type_, name, since)
                counts[use] += 1
                firsts.setdefault(use, record.number)
            return False

        while known == (recording.version, learned.changes):
            # Asked for first: what comes after it does not make less of it.
            whole, stop = recording.whole, min(start + _CHUNK, recording.count + 1)
            for _ in reader.messages(start, stop, take):
                pass
            waits = stop == start
            start = stop
            # What was counted before stays until there is as much again.
            if counts.total() >= self.counts.total() or (whole and waits):
                self.counts, self.firsts = counts.copy(), firsts
            if not job.step(start - 1, recording.count):
                return True
            if waits:
                if whole:
                    return True
                sleep(_WAIT_S)
        return False


class _Details(Lines):
    """Lines of text, each with the name of its style; long ones are wrapped."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]

    DEFAULT_CSS = """
    _Details { background: $panel; padding: 0 1; overflow-y: auto; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._texts: Sequence[tuple[str, str]] = ()
        self._wrapped: list[tuple[str, str]] = []
        self._width = 0

    def show(self, texts: Sequence[tuple[str, str]]) -> None:
        """Shows other texts, which are safe."""
        if texts != self._texts:
            self._texts = texts
            self._wrap()
            self.cursor = 0
            self.scroll_to(y=0, animate=False, force=True)

    def _wrap(self) -> None:
        self._width = max(20, self.scrollable_content_region.width)
        self._wrapped = []
        for text, style in self._texts:
            indent = " " * (len(text) - len(text.lstrip()) + 2)
            lines = textwrap.wrap(text, self._width, subsequent_indent=indent)
            self._wrapped += [(line, style) for line in lines or [""]]
        self.changed()

    def on_resize(self) -> None:
        if self._width != self.scrollable_content_region.width:
            self._wrap()

    def cursor_style(self) -> Style:
        return super().cursor_style() if self.has_focus else Style.null()

    def count(self) -> int:
        return len(self._wrapped)

    def line(self, number: int) -> Sequence[Piece]:
        text, style = self._wrapped[number]
        return [(text, self.style(style) if style else Style.null())]


class FamiliesScreen(Screen[Wish | None]):
    """Shows the map; enter filters by a family, e names an id."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("families")]

    DEFAULT_CSS = """
    FamiliesScreen #title { text-style: bold; }
    FamiliesScreen #middle { height: 1fr; layout: vertical; }
    FamiliesScreen #details { height: 35%; }
    FamiliesScreen.-wide #middle { layout: horizontal; }
    FamiliesScreen.-wide #details { height: 100%; width: 40%; }
    """

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording = recording
        self._uses = Uses(recording)
        self._job = Job("families", "counting", self, self._uses.run)
        self._table = Table(id="families", empty="no generic netlink families here")
        self._details = _Details(id="details")
        self._title = StatusLine(id="title")
        self._about = StatusLine(id="about")
        self._due = 0.0
        self._moved = False

    def compose(self) -> ComposeResult:
        yield self._title
        with Container(id="middle"):
            yield TableView(self._table)
            yield self._details
        yield self._about
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._table.focus()
        self._fill()
        self._job.start()

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _WIDE, "-wide")

    def on_unmount(self) -> None:
        self._job.cancel()

    @on(Job.Progress)
    def _progressed(self) -> None:
        start = monotonic()
        if start >= self._due:
            self._fill()
            end = monotonic()
            self._due = end + _COST * (end - start)

    @on(Job.Ended)
    def _ended(self, event: Job.Ended) -> None:
        error = event.job.error
        if error is not None:
            self.notify(bug_text(error), severity="error", markup=False)
        self._fill()

    # Showing

    def _fill(self) -> None:
        """Shows the map as it stands."""
        unknown, known = list(self._unknown()), list(self._known())
        columns = list(_COLUMNS)
        if self._several:
            columns.insert(1, _INTERFACE)
        self._table.set(columns, [*unknown, *known])
        if not self._moved:
            self._table.move(0, tell=False)
        title = f"{len(known)} {'family' if len(known) == 1 else 'families'} by id"
        if unknown:
            title += f" · ▲ {len(unknown)} unknown {'id' if len(unknown) == 1 else 'ids'}"
        job = self._job
        # It may also wait for more of the capture.
        busy = job.running and job.done < job.total
        self._title.say(title, f"counting {100 * job.done // job.total} %" if busy else "")
        self._tell()

    @property
    def _several(self) -> bool:
        """Whether ids of several interfaces are to be told apart."""
        return len(self._recording.interfaces) > 1

    def _unknown(self) -> Iterator[TableRow]:
        """Ids that messages have and nobody named."""
        firsts = self._uses.firsts
        for use, count in sorted(self._uses.counts.items()):
            if not use.name:
                cells = ["", "unknown", f"{count:,}", "", f"{firsts[use]:,}", *[""] * 6]
                cells[0] = f"▲ {use.id:#x}"
                keys: list[int | str | None] = [use.id, "", count, None, firsts[use], *[None] * 6]
                yield self._row(use, cells, keys, "warn")

    def _known(self) -> Iterator[TableRow]:
        recording, counts = self._recording, self._uses.counts
        everywhere: Counter[tuple[int, str, int]] = Counter()
        for use, each in counts.items():
            everywhere[use[1:]] += each
        families = recording.learned.families()
        named = {info.id for info in families if info.source == "map"}
        for info in families:
            use = Use(info.interface, info.id, info.name, info.since)
            count = everywhere[use[1:]] if _everywhere(info) else counts[use]
            over = info.until is not None or (info.source != "map" and info.id in named)
            yield self._row(
                info,
                [
                    f"{info.id:#x}",
                    printable(info.name),
                    f"{count:,}" if count else "",
                    info.source,
                    f"{info.since:,}" if info.since else "",
                    "" if info.until is None else f"{info.until:,}",
                    "" if info.version is None else str(info.version),
                    str(len(info.operations) or ""),
                    str(len(info.groups) or ""),
                    "known" if info.policy.attributes else "",
                    "yes" if info.name in recording.registry else "none",
                ],
                [
                    info.id, info.name, count or None, info.source, info.since or None, info.until,
                    info.version, len(info.operations), len(info.groups),
                    len(info.policy.attributes), info.name in recording.registry,
                ],
                "dim" if over else "",
            )  # fmt: skip

    def _row(
        self,
        about: Use | FamilyInfo,
        cells: list[str],
        keys: Sequence[str | int | None],
        style: str,
    ) -> TableRow:
        if self._several:
            place: int | None = about.interface
            name = f"{place} {printable(self._recording.interfaces[about.interface].name)}"
            if isinstance(about, FamilyInfo) and _everywhere(about):
                place, name = None, "all"
            cells = [cells[0], name, *cells[1:]]
            keys = [keys[0], place, *keys[1:]]
        return TableRow(cells, about, style, keys=keys)

    @on(Lines.Moved, "#families")
    def _other_row(self) -> None:
        self._moved = True
        self._tell()

    def _tell(self) -> None:
        """Shows what is known of the selected row."""
        row = self._table.selected
        if row is None:
            self._details.show(())
            self._about.say("")
            return
        if isinstance(row.data, Use):
            texts = [
                (f"{row.data.id:#x}", "header"),
                ("Messages have this id and nobody named it: their attributes are guessed.", ""),
                ("Press e to give it a family's name.", ""),
            ]
        else:
            try:
                texts = list(_details(row.data, self._recording))
            except Exception as error:
                # A specification is compiled when it is asked for.
                texts = [(bug_text(error), "error")]
        self._details.show(texts)
        self._about.say(f"enter: {printable(self._filter(row))}")

    # Wishes

    def _filter(self, row: TableRow) -> str:
        """What selects the messages of a row."""
        if isinstance(row.data, Use):
            return f"generic && nlmsg.type == {row.data.id:#x}"
        return f"family == {word(row.data.name)}"

    @on(Lines.Chosen, "#families")
    def _chosen(self) -> None:
        row = self._table.selected
        if row is not None:
            self.dismiss(Wish("filter", self._filter(row)))

    def action_name(self) -> None:
        """Asks for the name of the selected id."""
        row = self._table.selected
        if row is not None:
            self.app.push_screen(NameDialog(row.data.id, self._recording.registry), self._named)

    def _named(self, wish: Wish | None) -> None:
        if wish is not None:
            self.dismiss(wish)

    def action_close(self) -> None:
        self.dismiss(None)


class NameDialog(Dialog):
    """Asks which family an id is."""

    def __init__(self, id_: int, registry: Registry) -> None:
        super().__init__()
        self._family_id = id_
        self._names = registry.names()
        self._entry = Completing(self._offers, placeholder="a family's name")

    def compose(self) -> ComposeResult:
        with self.box(f"Which family is {self._family_id:#x}?", "tab completes · enter · esc"):
            yield self._entry
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        self._entry.input.focus()

    def _offers(self, text: str) -> Sequence[Offer]:
        start = text.casefold()
        found = [name for name in self._names if start and name.casefold().startswith(start)]
        return [Offer(name, name) for name in found[:_MOST_OFFERS]]

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        name = event.value.strip()
        known = not name or name in self._names or self._offers(name)
        self.complain("" if known else "no specification is of that name: values stay guessed")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._entry.take():
            return
        name = self._entry.value.strip()
        if name:
            self.end(Wish("map", (self._family_id, name)))
        else:
            self.complain("a name, please")


# What is known of a family


def _everywhere(info: FamilyInfo) -> bool:
    """Whether a name holds on all interfaces."""
    return info.source in ("map", "saved")


def _details(info: FamilyInfo, recording: Recording) -> Iterator[tuple[str, str]]:
    """What is known of a family, as lines with the names of their styles."""
    registry = recording.registry
    order = recording.learned.vote(info.interface, "").order
    family = registry.family(info.name, order)
    yield f"{printable(info.name)} {info.id:#x}", "header"
    told = _SOURCES[info.source]
    yield f"{told}, record {info.since:,}" if info.since else told, ""
    facts = []
    if info.version is not None:
        facts.append(f"version {info.version}")
    if info.hdrsize:
        facts.append(f"a header of {info.hdrsize} bytes")
    if info.maxattr:
        facts.append(f"attributes up to {info.maxattr}")
    if facts:
        yield ", ".join(facts), ""
    if family is None:
        yield "no specification: attributes are guessed, or read by policies", "warn"
    yield from _history(info, recording)
    if info.operations:
        yield _counted(len(info.operations), "operation"), "header"
        for number, flags in sorted(info.operations.items()):
            can = " ".join(printable(flag.rpartition("-cap-")[2]) for flag in flags)
            name = _operation(family, number) or "-"
            yield f"{number:>5} {fit(name, _NAME_WIDTH)} {can}", ""
    if info.groups:
        yield _counted(len(info.groups), "multicast group"), "header"
        for number, name in sorted(info.groups.items()):
            yield f"{number:#5x} {printable(name)}", ""
    yield from _policy(info, family)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _history(info: FamilyInfo, recording: Recording) -> Iterator[tuple[str, str]]:
    """What the id meant else, and what other ids the name had."""
    others = [
        other
        for other in recording.learned.families()
        if other is not info and (other.id == info.id or other.name == info.name)
    ]
    if others:
        yield "other meanings of the id, other ids of the name", "header"
    for other in others:
        since = f"since record {other.since:,}" if other.since else other.source
        until = "" if other.until is None else f" until {other.until:,}"
        yield f"{other.id:#5x} {printable(other.name)} {since}{until}", ""


def _operation(family: CompiledFamily | None, number: int) -> str:
    """The name of a command, "" if nobody named it."""
    op = None if family is None else family.op(number, "request")
    return "" if op is None else op.name


def _policy(info: FamilyInfo, family: CompiledFamily | None) -> Iterator[tuple[str, str]]:
    """What the kernel takes, by policies: each with the operations that it is for."""
    policy = info.policy
    tops: dict[int, list[str]] = {}
    sets: dict[int, AttrSet | None] = {}
    for command, modes in sorted(policy.operations.items()):
        for mode, index in modes.items():
            name = _operation(family, command) or f"command {command}"
            tops.setdefault(index, []).append(f"{name} {mode}")
            op = None if family is None else family.op(command, "request")
            if op is not None:
                sets.setdefault(index, op.set)
    left = [*sorted(tops), *sorted(set(policy.attributes) - set(tops))]
    titles = {index: f"policy {index} of {', '.join(users)}" for index, users in tops.items()}
    done: set[int] = set()
    while left:
        index = left.pop(0)
        if index in done or index not in policy.attributes:
            continue
        done.add(index)
        yield titles.get(index, f"policy {index}"), "header"
        attrs = sets.get(index)
        nested = []
        for number, rules in sorted(policy.attributes[index].items()):
            attr = None if attrs is None else attrs.attrs.get(number)
            name = f"attr-{number}" if attr is None else attr.name
            yield f"{number:>5} {fit(name, _NAME_WIDTH)} {_rules(rules)}", ""
            inside = rules.get("policy-idx")
            if isinstance(inside, int):
                type_ = None if attr is None else attr.type
                type_ = type_.item if isinstance(type_, IndexedArray) else type_
                sets.setdefault(inside, type_.set if isinstance(type_, Nest) else None)
                titles.setdefault(inside, f"policy {inside} inside {name}")
                nested.append(inside)
        left = nested + left


def _rules(rules: dict[str, Json]) -> str:
    """What a policy asks of an attribute: ``u32 1…4095``."""
    kind = str(rules.get("type", ""))
    words = check_of(rules, "little").words()
    inside = rules.get("policy-idx")
    if isinstance(inside, int):
        return printable(f"{kind}, policy {inside}")
    return printable(kind if not words or words == kind else f"{kind}, {words}")
