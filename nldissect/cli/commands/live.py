"""``live``: messages as this machine's programs and kernel send them."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from ... import __version__
from ...errors import CaptureError, UsageError
from ...export import BINARY, COLUMNS, FORMATS, Writer, writer_class
from ...wire.consts import PROTOCOLS
from ..diagnostics import did_you_mean
from ..filters import FilterText, columns, field_option, filter_option, wanted
from ..options import (
    Settings,
    Word,
    count_option,
    secrets_option,
    time_option,
    with_settings,
)

if TYPE_CHECKING:
    from ...capture.live import Live
    from ...filter import Filter
    from ...model import Message
    from ...session import Session
    from ...tap.files import Limits
    from ..output import Output

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_OTHERS: Final = "!(process.by == self)"
_TOLD_EVERY_S: Final = 1.0
_LIMITS: Final = {"filesize": "size", "packets": "packets", "duration": "seconds", "files": "files"}
_KB: Final = 1000
_MOST: Final = 1 << 53
_MIB: Final = 1 << 20
_HEARD: Final = (0, 2, 4, 5, 6, 10, 12, 16)
"""The protocols whose messages the kernel passes to nlmon (net/netlink/af_netlink.c)."""


@click.command("live")
@click.option("-i", "interface", metavar="IFACE", help="An nlmon link; else one is found or made.")
@click.option(
    "-w", "target", metavar="OUT", type=click.Path(),
    help="Write all packets to OUT, as pcapng; - is standard output.",
)  # fmt: skip
@filter_option
@click.option("-T", "format_", type=Word("format", tuple(FORMATS)), help="Format, not lines.")
@field_option
@click.option("-V", "tree", count=True, help="Trees; -VV with spans, headers and padding.")
@click.option("-x", "hexdump", is_flag=True, help="The bytes of each message as well.")
@click.option("--tui", "browser", is_flag=True, help="Browse what comes.")
@click.option(
    "--proto", "protocols", metavar="NAME,…", help="Only these protocols: generic, route …"
)
@click.option("--policies", is_flag=True, help="Ask the kernel for all families' policies as well.")
@click.option("--own", is_flag=True, help="Print what this program asks the kernel as well.")
@click.option("--netns", "namespace", metavar="NAME|PID", help="Another network namespace.")
@count_option
@click.option(
    "--until", metavar="FILTER", type=FilterText(), help="End with the first message that matches."
)
@click.option(
    "-a", "stop", multiple=True, metavar="WHAT:N",
    help="End after packets:N, duration:SECONDS, filesize:KB or files:N.",
)  # fmt: skip
@click.option(
    "-b", "ring", multiple=True, metavar="WHAT:N",
    help="The next file after that many of the same; files:N keeps the last N.",
)  # fmt: skip
@click.option(
    "-B", "buffer", metavar="MIB", type=click.IntRange(1, 4095), default=32, show_default=True,
    help="The kernel's buffer.",
)  # fmt: skip
@time_option
@secrets_option
@with_settings
def live(
    settings: Settings,
    *,
    interface: str | None,
    target: str | None,
    filter_: str | None,
    format_: str | None,
    fields: tuple[str, ...],
    tree: int,
    hexdump: bool,
    browser: bool,
    protocols: str | None,
    policies: bool,
    own: bool,
    namespace: str | None,
    count: int | None,
    until: str | None,
    stop: tuple[str, ...],
    ring: tuple[str, ...],
    buffer: int,
    secrets: bool,
) -> int:
    """Capture what this machine's netlink sockets say, and print it at once.

    It needs root, or CAP_NET_RAW and CAP_NET_ADMIN; Ctrl-C ends it. Where no nlmon link is up, one
    is created and, at the end, removed. All generic netlink families are asked for first, so that
    whoever reads OUT knows their names.

    \b
    sudo nldissect live -w my.pcapng
    sudo nldissect live -Y 'error' -V
    sudo nldissect live -w ring.pcapng -b filesize:10000 -b files:5
    sudo nldissect live --tui
    """
    from ...capture.live import Live
    from ...tap.options import Options
    from ..output import Output

    printed = format_ is not None or tree or hexdump or fields
    if target == "-" and (printed or filter_ or browser or own or count is not None):
        raise UsageError("-w - writes packets to standard output, which is then for nothing else")
    if ring and target in (None, "-"):
        raise UsageError("-b is for files, which -w names")
    if format_ is not None and (tree or hexdump):
        raise UsageError(f"-V and -x are for lines, not for {format_}")
    if fields and format_ not in COLUMNS:
        raise UsageError("-e is for -T csv and -T parquet")
    if browser and (printed or count is not None or until is not None):
        raise UsageError("-T, -V, -x, -c and --until are for output, not for the browser")
    if namespace == "":
        raise UsageError("--netns needs a name or a process")
    options = Options(
        interface=interface,
        namespace=namespace or "",
        protocols=_protocols(protocols),
        policies=policies,
        buffer=buffer * _MIB,
        target=target,
        each=_limits("-b", ring),
        stop=_limits("-a", stop),
        program=f"nldissect {__version__}",
        command=shlex.join(["nldissect", *sys.argv[1:]]),
    )
    show = _Show(settings, format_, tree, hexdump, secrets)
    show.count = count
    # Who reads packets needs the names that the kernel was asked for.
    show.own = own or format_ in ("pcap", "pcapng")
    show.match, show.last = wanted(filter_, settings), wanted(until, settings)
    if fields:
        show.options["fields"] = columns(fields, settings)
    # What these name is wrong before anything begins.
    settings.registry()
    settings.saved()
    diagnostics = settings.diagnostics
    with ExitStack() as stack:
        ending = stack.enter_context(_ending())
        output = None if browser else stack.enter_context(Output())
        if output is not None and output.terminal and (target == "-" or format_ in BINARY):
            raise UsageError(f"{format_ or 'pcapng'} is not for a terminal")
        silent = target == "-" and until is None
        tap = stack.enter_context(Live(options, read=not silent))
        try:
            if output is None:
                return _browse(tap, settings, filter_, own, secrets)
            made = ", which was made for it" if tap.created else ""
            diagnostics.remark(f"listening on {tap.name}{made}; Ctrl-C ends it")
            ending.stop = tap.stop
            tap.told = _Telling(tap, settings)
            if silent:
                tap.wait()
            else:
                show.print(tap, None if target == "-" else output)
        except CaptureError as error:
            diagnostics.exception(error)
        finally:
            tap.close()
            _tell_of_end(tap, settings)
    return diagnostics.code


class _Show:
    """What is printed, and how; count: how many messages; last: the filter of the last one.

    match: the filter of those to print; own: whether what this program asks is among them.
    """

    def __init__(
        self, settings: Settings, format_: str | None, tree: int, hexdump: bool, secrets: bool
    ) -> None:
        self.settings = settings
        self.format = format_
        self.tree = tree
        self.hexdump = hexdump
        self.secrets = secrets
        self.options: dict[str, Any] = {}
        self.count: int | None = None
        self.own = False
        self.match: Filter | None = None
        self.last: Filter | None = None

    def print(self, tap: Live, output: Output | None) -> None:
        """Prints each message when it comes; output: None to look for the last one only.

        Raises CaptureError for what ended the capture, OutputError.
        """
        from ...session import Session

        settings, last = self.settings, self.last
        learned = settings.learned(settings.saved())
        source = Session(tap.capture(), settings.registry(), learned, order=settings.order)
        writer = None if output is None else self._writer(source, output)
        left = self.count
        try:
            for message in source.messages(self.match if last is None else None):
                if writer is not None and self._wanted(message):
                    writer.message(message)
                    assert output is not None
                    output.flush()
                    left = None if left is None else left - 1
                if left == 0 or (last is not None and last.match(message)):
                    break
        finally:
            if writer is not None:
                writer.close()

    def _wanted(self, message: Message) -> bool:
        if not self.own and (process := message.process) is not None and process.by == "self":
            return False
        return self.last is None or self.match is None or self.match.match(message)

    def _writer(self, source: Session, output: Output) -> Writer:
        """The format's writer; without a format that of the lines that ``show`` prints."""
        from ..inputs import titles

        settings, options = self.settings, self.options
        if self.format is not None:
            if self.format == "text":
                options |= {"titles": titles(source, settings), "secrets": self.secrets}
            made: Writer = writer_class(self.format)(output.write, source.interfaces, **options)
            return made
        from ...export.text import Writer as Lines
        from ..output import colored

        color = colored(settings.color, output)
        width = 0 if self.tree else output.width
        return Lines(
            output.write,
            source.interfaces,
            titles=titles(source, settings, color=color, width=width),
            verbose=self.tree > 1,
            hexdump=self.hexdump,
            color=color,
            secrets=self.secrets,
            tree=self.tree > 0,
        )


def _browse(tap: Live, settings: Settings, filter_: str | None, own: bool, secrets: bool) -> int:
    try:
        from ...tui.start import browse
    except ImportError as error:
        raise UsageError(f"the browser needs textual, which is not installed: {error}") from error
    words = filter_ or ""
    if not own:
        words = f"{_OTHERS} && ({words})" if words else _OTHERS
    return browse(tap.capture(), settings, path=tap.name, filter=words, secrets=secrets, live=tap)


class _Telling:
    """Says how much is lost while it happens, not more often than people read."""

    def __init__(self, tap: Live, settings: Settings) -> None:
        self._tap = tap
        self._diagnostics = settings.diagnostics
        self._lost = 0
        self._late_s = 0.0

    def __call__(self) -> None:
        tap = self._tap
        lost = tap.drops + tap.skipped
        if lost == self._lost or monotonic() < self._late_s:
            return
        self._lost = lost
        self._late_s = monotonic() + _TOLD_EVERY_S
        self._diagnostics.remark(
            f"{tap.received:,} packets so far, {tap.drops:,} dropped, {tap.skipped:,} not shown"
        )


def _tell_of_end(tap: Live, settings: Settings) -> None:
    diagnostics = settings.diagnostics
    diagnostics.remark(f"{tap.received} packet{'' if tap.received == 1 else 's'} captured")
    if tap.drops:
        diagnostics.warning(f"{_packets(tap.drops)} dropped, which came too fast")
    if tap.skipped:
        where = "; the file has them" if tap.saved else ""
        diagnostics.warning(f"{_packets(tap.skipped)} not shown, which came too fast{where}")
    if tap.failure is not None and not isinstance(tap.failure, CaptureError):
        diagnostics.exception(tap.failure)


def _packets(count: int) -> str:
    return "1 packet was" if count == 1 else f"{count} packets were"


def _limits(option: str, words: Sequence[str]) -> Limits:
    """What ``-a`` and ``-b`` say, each ``WHAT:N``; raises UsageError."""
    from ...tap.files import Limits

    found: dict[str, Any] = {}
    for word in words:
        what, _, number = word.partition(":")
        name = _LIMITS.get(what)
        if name is None:
            hint = did_you_mean(what, _LIMITS) or f"there are: {', '.join(_LIMITS)}"
            raise UsageError(f"{option} {word}: there is no limit {what!r}; {hint}")
        try:
            value = float(number) if name == "seconds" else int(number)
        except ValueError:
            value = 0
        if not 0 < value < _MOST:
            raise UsageError(f"{option} {word}: {what}: needs a number above 0")
        found[name] = value * _KB if name == "size" else value
    if option == "-b" and found.keys() == {"files"}:
        raise UsageError("-b files: needs another -b that says when a file is full")
    return Limits(**found)


def _protocols(words: str | None) -> list[int]:
    """The numbers of the protocols that ``--proto`` names; raises UsageError."""
    if words is None:
        return []
    numbers = {name: number for number, name in PROTOCOLS.items()}
    heard = [PROTOCOLS[number] for number in _HEARD]
    found: set[int] = set()
    for word in words.split(","):
        name = word.strip()
        number = int(name) if name.isdecimal() else numbers.get(name.replace("_", "-"), -1)
        if number not in _HEARD:
            hint = did_you_mean(name, heard) or f"there are: {', '.join(heard)}"
            raise UsageError(f"--proto {name}: nlmon links hear no such protocol; {hint}")
        found.add(number)
    return sorted(found)


class _Ending:
    """Calls ``stop`` at the first signal; at the next, or without one, ends the program."""

    def __init__(self) -> None:
        self.stop: Callable[[], None] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        stop, self.stop = self.stop, None
        if stop is None:
            raise KeyboardInterrupt
        stop()


@contextmanager
def _ending() -> Iterator[_Ending]:
    """Has the signals that end programs end the capture first."""
    ending = _Ending()
    before: dict[int, Any] = {}
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        # What was started to outlive its terminal does so.
        if number is not None and not (
            name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN
        ):
            before[number] = signal.signal(number, ending)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
