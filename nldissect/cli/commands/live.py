"""``live``: messages as this machine's programs and kernel send them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from ...errors import CaptureError, UsageError
from ...export import BINARY, COLUMNS, FORMATS, Writer, writer_class
from ..filters import columns, field_option, filter_option, wanted
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
    from ...capture.source import Capture
    from ...session import Session
    from ..output import Output

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


@click.command("live")
@click.option("-i", "interface", metavar="IFACE", help="An nlmon link; else one is found or made.")
@click.option(
    "-w", "target", metavar="OUT", type=click.Path(), help="Write all packets to OUT, as pcapng."
)
@filter_option
@click.option("-T", "format_", type=Word("format", tuple(FORMATS)), help="Format, not lines.")
@field_option
@count_option
@click.option("-V", "tree", count=True, help="Trees; -VV with spans, headers and padding.")
@click.option("-x", "hexdump", is_flag=True, help="The bytes of each message as well.")
@click.option("--tui", "browser", is_flag=True, help="Browse what comes.")
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
    count: int | None,
    tree: int,
    hexdump: bool,
    browser: bool,
    secrets: bool,
) -> int:
    """Capture what this machine's netlink sockets say, and print it at once.

    It needs root, or CAP_NET_RAW and CAP_NET_ADMIN; Ctrl-C ends it. Where no nlmon link is up, one
    is created and, at the end, removed.

    \b
    sudo nldissect live -w my.pcapng
    sudo nldissect live -Y 'error' -V
    sudo nldissect live --tui
    """
    from ...capture.live import Live
    from ...session import Session
    from ..inputs import Printer, titles
    from ..output import Output

    if target == "-":
        raise UsageError("-w is for files; -T pcapng writes packets to standard output")
    if format_ is not None and (tree or hexdump):
        raise UsageError(f"-V and -x are for lines, not for {format_}")
    if fields and format_ not in COLUMNS:
        raise UsageError("-e is for -T csv and -T parquet")
    if browser and (format_ is not None or tree or hexdump or count is not None):
        raise UsageError("-T, -V, -x and -c are for output, not for the browser")
    match = wanted(filter_, settings)
    options: dict[str, Any] = {"fields": columns(fields, settings)} if fields else {}
    registry, saved = settings.registry(), settings.saved()
    diagnostics = settings.diagnostics
    with ExitStack() as stack:
        ending = stack.enter_context(_ending())
        output = None if browser else stack.enter_context(Output())
        if output is not None and format_ in BINARY and output.terminal:
            raise UsageError(f"{format_} is not for a terminal")
        tap = stack.enter_context(Live(interface))
        # Not before: what OUT holds is lost with this.
        file = None if target is None else stack.enter_context(Output(target, by_line=True))
        capture = tap.capture(None if file is None else file.write)
        try:
            if output is None:
                return _browse(capture, settings, filter_ or "", secrets, tap)
            made = ", which was made for it" if tap.created else ""
            diagnostics.remark(f"listening on {tap.name}{made}; Ctrl-C ends it")
            ending.stop = tap.stop
            source = Session(capture, registry, settings.learned(saved), order=settings.order)
            if format_ is None:
                writer = _lines(source, settings, output, tree, hexdump, secrets)
            else:
                if format_ == "text":
                    options |= {"title": titles(source, settings), "secrets": secrets}
                writer = writer_class(format_)(output.write, source.interfaces, **options)
            try:
                Printer(output, settings, count, match).print(source, writer)
            except CaptureError as error:
                diagnostics.exception(error)
            writer.close()
        finally:
            tap.close()
            if file is not None:
                file.sync()
            packets = "packet" if tap.received == 1 else "packets"
            diagnostics.remark(f"{tap.received} {packets} captured")
            if tap.drops:
                were = "packet was" if tap.drops == 1 else "packets were"
                diagnostics.warning(f"{tap.drops} {were} dropped, which came too fast")
    return diagnostics.code


def _lines(
    source: Session, settings: Settings, output: Output, tree: int, hexdump: bool, secrets: bool
) -> Writer:
    """What ``show`` prints."""
    from ...export.text import Writer
    from ..inputs import titles
    from ..output import colored

    color = colored(settings.color, output)
    width = 0 if tree else output.width
    return Writer(
        output.write,
        source.interfaces,
        title=titles(source, settings, color=color, width=width),
        verbose=tree > 1,
        hexdump=hexdump,
        color=color,
        secrets=secrets,
        tree=tree > 0,
    )


def _browse(capture: Capture, settings: Settings, filter_: str, secrets: bool, tap: Live) -> int:
    try:
        from ...tui.start import browse
    except ImportError as error:
        raise UsageError(f"the browser needs textual, which is not installed: {error}") from error
    return browse(capture, settings, path=tap.name, filter=filter_, secrets=secrets, live=tap)


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
