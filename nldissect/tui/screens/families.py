"""The map of generic netlink families: what each id means, since when, and who told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from ...errors import CaptureError
from ...learn import FamilyInfo
from ...recording import Reader, Recording
from ...registry import Registry
from ...text import printable, show
from ...wire.consts import NETLINK_GENERIC, NLMSG_MIN_TYPE
from ..completing import Completing, Offer
from ..dialogs import Dialog
from ..jobs import Job
from ..keys import bindings
from ..lines import Lines
from ..table import Table, TableColumn, TableRow, TableView
from ..wish import Wish

_CHUNK: Final = 512
_MOST_OFFERS: Final = 50
_COLUMNS: Final = (
    TableColumn("id", right=True),
    TableColumn("family", flexible=True),
    TableColumn("messages", right=True),
    TableColumn("source", minor=1),
    TableColumn("records", right=True, minor=2),
    TableColumn("version", right=True, minor=5),
    TableColumn("ops", right=True, minor=4),
    TableColumn("groups", right=True, minor=4),
    TableColumn("policy", minor=3),
    TableColumn("spec", minor=1),
)


class Uses:
    """How many generic netlink messages have each id: by interface, id and what it meant."""

    def __init__(self, recording: Recording) -> None:
        self.counts: Counter[tuple[int, int, str]] = Counter()
        self.firsts: dict[tuple[int, int, str], int] = {}
        self._recording = recording

    def run(self, job: Job) -> None:
        """A job's work: headers alone are looked at."""
        recording = self._recording
        learned, counts, firsts = recording.learned, self.counts, self.firsts
        reader = Reader(recording)

        def take(
            protocol: int, type_: int, flags: int, seq: int, pid: int, length: int, record: object,
            start: int,
        ) -> bool:  # fmt: skip
            if protocol == NETLINK_GENERIC and type_ >= NLMSG_MIN_TYPE:
                interface, number = record.interface, record.number  # type: ignore[attr-defined]
                info = learned.family(interface, type_, number)
                key = (interface, type_, "" if info is None else info.name)
                counts[key] += 1
                firsts.setdefault(key, number)
            return False

        for start in range(1, recording.count + 1, _CHUNK):
            stop = min(start + _CHUNK, recording.count + 1)
            try:
                for _ in reader.messages(start, stop, take):
                    pass
            except CaptureError:
                return
            if not job.step(stop - 1, recording.count):
                return


class FamiliesScreen(Screen[Wish | None]):
    """Shows the map; enter filters by a family, e names an id."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen"), *bindings("families")]

    DEFAULT_CSS = """
    FamiliesScreen #title { height: 1; background: $panel; text-style: bold; padding: 0 1; }
    FamiliesScreen TableView { height: 1fr; }
    FamiliesScreen #details {
        height: auto; max-height: 40%; background: $panel; padding: 0 1; color: $text-muted;
    }
    """

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording = recording
        self._uses = Uses(recording)
        self._job = Job("families", "counting", self, self._uses.run)
        self._table = Table(empty="no generic netlink here")

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield TableView(self._table)
        yield Static("", id="details", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._table.focus()
        self._fill()
        self._job.start()

    def on_unmount(self) -> None:
        self._job.cancel()

    @on(Job.Progress)
    @on(Job.Ended)
    def _fill(self) -> None:
        rows = [*self._unknown(), *self._known()]
        self._table.set(_COLUMNS, rows)
        unknown = sum(1 for row in rows if isinstance(row.data, tuple))
        known = len(rows) - unknown
        title = f"{known} {'family' if known == 1 else 'families'}"
        if unknown:
            title += f", {unknown} unknown {'id' if unknown == 1 else 'ids'} (e names one)"
        if self._job.running and self._job.total:
            title += f" · counting {100 * self._job.done // self._job.total} %"
        self.query_one("#title", Static).update(title)
        self._tell()

    def _unknown(self) -> Iterator[TableRow]:
        """Ids that messages have and nobody named."""
        # The job adds to it meanwhile.
        for (interface, id_, name), count in sorted(self._uses.counts.copy().items()):
            if not name:
                first = str(self._uses.firsts[interface, id_, name])
                cells = (f"{id_:#x}", "unknown", f"{count:,}", "", first, "", "", "", "", "")
                yield TableRow(cells, (interface, id_), style="warn")

    def _known(self) -> Iterator[TableRow]:
        counts = self._uses.counts.copy()
        registry = self._recording.registry
        for info in self._recording.learned.families():
            count = counts.get((info.interface, info.id, info.name), 0)
            if info.source in ("map", "saved"):
                # Such a name holds on all interfaces.
                count = sum(
                    each
                    for (_, id_, name), each in counts.items()
                    if (id_, name) == (info.id, info.name)
                )
            until = "" if info.until is None else str(info.until)
            cells = (
                f"{info.id:#x}",
                printable(info.name),
                f"{count:,}" if count else "",
                info.source,
                f"{info.since}–{until}" if info.since else "",
                "" if info.version is None else str(info.version),
                str(len(info.operations) or ""),
                str(len(info.groups) or ""),
                "told" if info.policy.attributes else "",
                "yes" if info.name in registry else "none",
            )
            yield TableRow(cells, info, style="" if info.until is None else "dim")

    @on(Lines.Moved)
    def _tell(self) -> None:
        row = self._table.selected
        text = ""
        if row is not None:
            text = (
                "Nobody named this id: its attributes are guessed. e gives it a family's name."
                if isinstance(row.data, tuple)
                else _details(row.data, self._recording.registry)
            )
        self.query_one("#details", Static).update(text)

    @on(Lines.Chosen)
    def _chosen(self, event: Lines.Chosen) -> None:
        event.stop()
        row = self._table.selected
        if row is None:
            return
        if isinstance(row.data, tuple):
            text = f"generic && nlmsg.type == {row.data[1]:#x}"
        else:
            text = f'family == "{show(row.data.name)}"'
        self.dismiss(Wish("filter", text))

    def action_name(self) -> None:
        """Asks for the name of the selected id."""
        row = self._table.selected
        if row is not None:
            id_ = row.data[1] if isinstance(row.data, tuple) else row.data.id
            self.app.push_screen(_NameDialog(id_, self._recording.registry), self._named)

    def _named(self, wish: Wish | None) -> None:
        if wish is not None:
            self.dismiss(wish)

    def action_close(self) -> None:
        self.dismiss(None)


class _NameDialog(Dialog):
    """Asks which family an id is."""

    def __init__(self, id_: int, registry: Registry) -> None:
        super().__init__()
        self._id = id_
        self._names = registry.names()
        self._entry = Completing(self._offers, placeholder="a family's name")

    def compose(self) -> ComposeResult:
        with self.box(f"Which family is {self._id:#x}?", "enter: name it"):
            yield self._entry
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        self._entry.input.focus()

    def _offers(self, text: str) -> Sequence[Offer]:
        found = [name for name in self._names if text and name.lower().startswith(text.lower())]
        return [Offer(name, name) for name in found[:_MOST_OFFERS]]

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._entry.take():
            return
        name = self._entry.value.strip()
        if not name:
            self.complain("a name, please")
        else:
            self.end(Wish("map", (self._id, name)))


def _details(info: FamilyInfo, registry: Registry) -> str:
    """What is known of a family besides what its row says."""
    spec = registry.spec(info.name)
    names = {} if spec is None else {
        op.request_value: op.name for op in spec.operations if op.request_value is not None
    }  # fmt: skip
    lines = []
    if info.operations:
        words = [names.get(number, str(number)) for number in sorted(info.operations)]
        lines.append(f"operations: {', '.join(words)}")
    if info.groups:
        groups = (f"{printable(name)} ({id_})" for id_, name in sorted(info.groups.items()))
        lines.append(f"groups: {', '.join(groups)}")
    told = []
    if info.hdrsize:
        told.append(f"header of {info.hdrsize} bytes")
    if info.maxattr is not None:
        told.append(f"attributes up to {info.maxattr}")
    count = sum(map(len, info.policy.attributes.values()))
    if count:
        told.append(f"rules for {count} attributes")
    if told:
        lines.append(", ".join(told))
    return "\n".join(lines)
