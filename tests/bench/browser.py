"""``python -m tests.bench.browser``: how fast the browser answers on a capture of any size."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from . import mix
from .measure import our_program
from .terminal import Terminal

_PATIENCE_S: Final = 900


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.browser", description=__doc__)
    parser.add_argument("capture", nargs="?", type=Path, help="browse this file as it is")
    parser.add_argument("--megabytes", type=int, default=1000, metavar="N",
                        help="so much of the captures here is mixed (1000)")  # fmt: skip
    parser.add_argument("--keys", type=int, default=40, metavar="N", help="pressed each time (40)")
    return parser.parse_args()


def answers(terminal: Terminal, first: int, keys: int) -> list[float]:
    """Presses ``j`` so many times; gives the ms until each was answered on the screen."""
    took = []
    for number in range(first + 1, first + keys + 1):
        before = terminal.press("j")
        took.append((terminal.wait(f"Message {number:,} ", 20) - before) * 1000)
        time.sleep(0.03)
    return took


def told(title: str, took: list[float]) -> None:
    print(f"{title:34} median {statistics.median(took):6.0f} ms   most {max(took):6.0f} ms")


def measure(path: Path, total: int, keys: int) -> None:
    """Prints the figures for one capture."""
    command = [*our_program(), "tui", str(path)]
    with (
        tempfile.TemporaryDirectory() as home,
        Terminal(command, 160, 48, {"XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}) as terminal,
    ):
        shown = terminal.wait("Message 1 ", 60) - terminal.started
        print(f"{'first rows':34} {shown * 1000:13.0f} ms")
        told("a key, while indexing", answers(terminal, 1, keys))
        terminal.wait(f"{total:,}", _PATIENCE_S)
        print(f"{'the end is known':34} {time.monotonic() - terminal.started:13.1f} s")
        before = terminal.press("G")
        last = terminal.wait(f"Message {total:,} ", 60) - before
        print(f"{'jump to the end':34} {last * 1000:13.0f} ms")
        terminal.press("gg")
        terminal.wait("Message 1 ", 60)
        told("a key, while pairing", answers(terminal, 1, keys))
        terminal.wait("esc stops", 5)
        while True:
            terminal.press("j")
            try:
                terminal.wait("esc stops", 2)
            except TimeoutError:
                break
        print(f"{'all is known':34} {time.monotonic() - terminal.started:13.1f} s")
        before = terminal.press("G")
        last = terminal.wait(f"Message {total:,} ", 60) - before
        print(f"{'jump to the end':34} {last * 1000:13.0f} ms")
        terminal.press("gg")
        terminal.wait("Message 1 ", 60)
        told("a key, at rest", answers(terminal, 1, keys))
        print(f"{'memory':34} {terminal.memory():13.0f} MB")


def count_of(path: Path) -> int:
    """How many messages a capture holds."""
    from nldissect.capture.source import open_capture
    from nldissect.dissect import Dissector
    from nldissect.learn import Learned
    from nldissect.registry import Registry

    with open_capture(str(path)) as capture:
        dissector = Dissector(Registry(), Learned(), capture.interfaces)
        return sum(len(dissector.starts(record)) for record in capture)


def main() -> None:
    options = arguments()
    if options.capture is not None:
        measure(options.capture, count_of(options.capture), options.keys)
        return
    sources = mix.templates(sorted(mix.CAPTURES.glob("*.pcap*")))
    size = sum(len(each.data) + 16 for each in sources)
    copies = max(1, options.megabytes * 1_000_000 // size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.pcap"
        total = mix.write_file(path, sources, copies)
        print(f"{total} messages, {path.stat().st_size / 1e6:.0f} MB")
        measure(path, total, options.keys)


if __name__ == "__main__":
    main()
