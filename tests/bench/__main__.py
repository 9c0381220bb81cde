"""``python -m tests.bench``: our speed and memory, with tshark beside on the same capture."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from shutil import which
from typing import Final

from . import mix
from .measure import Cost, alternate, middle, our_program, peak

STARTS: Final = 5
"""How many times a program is started for each round of the long runs."""


def wall(cost: Cost) -> float:
    return cost.wall


def cpu(cost: Cost) -> float:
    return cost.cpu


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE",
                        help="what to mix; the repository's captures by default")  # fmt: skip
    parser.add_argument("--copies", type=int, default=5, metavar="N", help="of each record (5)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of each run (3)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the mixed capture")
    return parser.parse_args()


def speed(title: str, ours: list[str], theirs: list[str] | None, rounds: int, count: int) -> None:
    """Prints what reading a large capture takes."""
    costs = alternate([ours] if theirs is None else [ours, theirs], rounds)
    rate = count / middle(costs[0], wall)
    line = f"{title:14} {middle(costs[0], wall):8.2f} {middle(costs[0], cpu):8.2f} {rate:9.0f}"
    if theirs is not None:
        line += f" {middle(costs[1], wall):8.2f} {middle(costs[1], cpu):8.2f}"
        line += f" {count / middle(costs[1], wall):9.0f}"
        line += f" {middle(costs[1], wall) / middle(costs[0], wall):7.2f}"
        line += f" {middle(costs[1], cpu) / middle(costs[0], cpu):7.2f}"
    print(line)


def start(title: str, command: list[str], rounds: int) -> None:
    """Prints what starting a program takes."""
    (costs,) = alternate([command], rounds * STARTS)
    print(
        f"{title:30} {middle(costs, wall) * 1000:6.0f} ms   cpu {middle(costs, cpu) * 1000:6.0f} ms"
    )


def main() -> None:
    options = arguments()
    ours, tshark = our_program(), which("tshark")
    sources = mix.templates(options.captures or sorted(mix.CAPTURES.glob("*.pcap*")))
    if not sources:
        sys.exit("no netlink records of link type 253 in these captures")
    with tempfile.TemporaryDirectory() as folder:
        large, twice, small = (Path(folder) / name for name in ("large", "twice", "small"))
        total = mix.write_file(large, sources, options.copies)
        mix.write_file(twice, sources, 2 * options.copies)
        mix.write_file(small, sources[:20], 1)
        if options.keep is not None:
            options.keep.write_bytes(large.read_bytes())
        size = large.stat().st_size / 1e6
        print(f"{total} messages, {size:.1f} MB; medians of {options.rounds} rounds, in seconds\n")
        if tshark is None:
            print("tshark is not installed: nothing to compare with\n")
        print(f"{'':14} {'nldissect':^27} {'tshark':^27} {'times as fast':^15}")
        print(f"{'':14}" + f" {'wall':>8} {'cpu':>8} {'msg/s':>9}" * 2 + f" {'wall':>7} {'cpu':>7}")
        for title, our_words, their_words in (
            ("export as JSON", ["export", "-T", "ndjson"], ["-T", "json"]),
            ("show -V", ["show", "-V"], ["-V"]),
            ("header filter", ["show", "-Y", "nlmsg.seq == 1"], ["-Y", "netlink.hdr_seq == 1"]),
            (
                "attr filter",
                ["show", "-Y", 'attr.ifname == "lo"'],
                ["-Y", 'netlink-route.ifla_ifname == "lo"'],
            ),
            (
                "csv of three",
                ["export", "-T", "csv", "-e", "frame", "-e", "family", "-e", "cmd"],
                ["-T", "fields", "-e", "frame.number", "-e", "genl.cmd", "-e", "netlink.hdr_type"],
            ),
            ("JSON, -j 2", ["export", "-T", "ndjson", "-j", "2"], None),
            ("stats", ["stats"], None),
        ):
            theirs = None
            if tshark is not None and their_words is not None:
                theirs = [tshark, "-n", *their_words, "-r", str(large)]
            speed(title, [*ours, *our_words, str(large)], theirs, options.rounds, total)
        print("\nstart")
        start("nldissect --help", [*ours, "--help"], options.rounds)
        start("nldissect show -c 1 SMALL", [*ours, "show", "-c", "1", str(small)], options.rounds)
        if tshark is not None:
            start("tshark -c 1 -r SMALL", [tshark, "-n", "-c", "1", "-r", str(small)],
                  options.rounds)  # fmt: skip
        print("\npeak memory of export -T ndjson")
        for copies, path in ((options.copies, large), (2 * options.copies, twice)):
            print(f"{copies:4} copies {peak([*ours, 'export', '-T', 'ndjson', str(path)]):8.1f} MB")


main()
