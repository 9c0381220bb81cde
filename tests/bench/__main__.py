"""``python -m tests.bench``: our speed and memory, beside tshark's and the floor.

The floor is a C program that walks all message and attribute headers and prints nothing of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from shutil import which
from subprocess import run
from typing import Final

from . import mix
from .measure import Cost, alternate, middle, our_program, peak

STARTS: Final = 5
"""How many times a program is started for each round of the long runs."""

SIZES: Final = (7_000, 213_000)
LARGE: Final = 2_000_000

_FIELDS: Final = ("-e", "frame.number", "-e", "genl.cmd", "-e", "netlink.hdr_type")
_OURS: Final = ("-e", "frame", "-e", "family", "-e", "cmd")
RUNS: Final = (
    ("ndjson", ("export", "-T", "ndjson"), ("-T", "json")),
    ("show -V", ("show", "-V"), ("-V",)),
    ("summaries", ("show",), ()),
    ("families", ("families",), ()),
    ("header filter", ("show", "-Y", "nlmsg.seq == 1"), ("-Y", "netlink.hdr_seq == 1")),
    (
        "attr filter",
        ("show", "-Y", 'attr.ifname == "lo"'),
        ("-Y", 'netlink-route.ifla_ifname == "lo"'),
    ),
    ("csv of three", ("export", "-T", "csv", *_OURS), ("-T", "fields", *_FIELDS)),
    ("stats", ("stats",), None),
    ("ndjson -j 2", ("export", "-T", "ndjson", "-j", "2"), None),
)
"""What is run, and what tshark is asked for beside it."""


def wall(cost: Cost) -> float:
    return cost.wall


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE",
                        help="what to mix; the repository's captures by default")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of each run (3)")
    parser.add_argument("--large", action="store_true", help="two million messages as well")
    parser.add_argument("--file", type=Path, metavar="FILE", help="measure this capture alone")
    return parser.parse_args()


def thinned(sources: list[mix.Template]) -> list[mix.Template]:
    """About as many messages as the smallest size has, from all over the captures."""
    total = sum(source.messages for source in sources)
    return sources[:: max(1, total // SIZES[0])]


def speed(path: Path, rounds: int, floor: Path | None, tshark: str | None) -> None:
    """Prints what reading a capture takes."""
    ours = our_program()
    print(f"{'':14} {'nldissect':>10} {'tshark':>10} {'times as fast':>14}")
    for title, words, their_words in RUNS:
        commands = [[*ours, *words, str(path)]]
        if tshark is not None and their_words is not None:
            commands.append([tshark, "-n", *their_words, "-r", str(path)])
        costs = alternate(commands, rounds)
        times = [middle(cost, wall) for cost in costs]
        line = f"{title:14} {times[0]:9.2f}s"
        if len(times) > 1:
            line += f" {times[1]:9.2f}s {times[1] / times[0]:14.2f}"
        print(line, flush=True)
    if floor is not None:
        (costs,) = alternate([[str(floor), str(path)]], rounds * STARTS)
        print(f"{'floor':14} {middle(costs, wall):9.3f}s")


def start(title: str, command: list[str], rounds: int) -> None:
    """Prints what starting a program takes."""
    (costs,) = alternate([command], rounds * STARTS)
    print(f"{title:30} {middle(costs, wall) * 1000:6.0f} ms")


def main() -> None:
    options = arguments()
    ours, tshark, compiler = our_program(), which("tshark"), which("gcc")
    version = run([*ours, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version}; medians of {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        floor: Path | None = None
        if compiler is not None:
            floor = Path(folder) / "floor"
            source = Path(__file__).with_name("floor.c")
            run([compiler, "-O2", "-o", str(floor), str(source)], check=True)
        if options.file is not None:
            speed(options.file, options.rounds, floor, tshark)
            return
        sources = thinned(mix.templates(options.captures or sorted(mix.CAPTURES.glob("*.pcap*"))))
        if not sources:
            sys.exit("no netlink records of link type 253 in these captures")
        once = sum(source.messages for source in sources)
        path = Path(folder) / "mix.pcap"
        for size in (*SIZES, *([LARGE] if options.large else ())):
            total = mix.write_file(path, sources, max(1, round(size / once)))
            print(f"\n{total} messages, {path.stat().st_size / 1e6:.1f} MB")
            speed(path, options.rounds, floor, tshark)
            for words in (("export", "-T", "ndjson"), ("show", "-V")):
                print(f"memory of {words[-1]:6} {peak([*ours, *words, str(path)]):8.1f} MB")
        print("\nstart")
        small = Path(folder) / "small.pcap"
        mix.write_file(small, sources[:20], 1)
        start("nldissect --help", [*ours, "--help"], options.rounds)
        start("nldissect show -c 1 SMALL", [*ours, "show", "-c", "1", str(small)], options.rounds)
        if tshark is not None:
            start("tshark -c 1 -r SMALL", [tshark, "-n", "-c", "1", "-r", str(small)],
                  options.rounds)  # fmt: skip


main()
