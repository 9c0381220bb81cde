"""``python -m tests.bench.instructions``: instructions per message, which no noise moves.

Counted by valgrind for every form that a program prints, on one copy of a few captures and on
three: what the second and the third add is what messages cost, without the start.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which
from typing import Final

from . import mix
from .measure import our_program

LIMITS: Final = Path(__file__).with_name("limits.json")
SOURCES: Final = ("rt-link.pcap", "genl-misc.pcap", "nl80211.pcap.gz", "nftables.pcap", "tc.pcap")
RUNS: Final = {
    "ndjson": ("export", "-T", "ndjson"),
    "trees": ("show", "-V"),
    "lines": ("show",),
    "families": ("families",),
    "header filter": ("show", "-Y", "nlmsg.seq == 1"),
    "csv of three": ("export", "-T", "csv", "-e", "frame", "-e", "family", "-e", "cmd"),
}
ROOM: Final = 1.1
"""How far above its figure a form may come before it is too much."""


def instructions(command: list[str]) -> int:
    """How many a program takes; raises CalledProcessError if it fails."""
    with tempfile.NamedTemporaryFile() as out:
        words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", *command]
        done = subprocess.run(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise ValueError(f"valgrind told no count: {done.stderr[-200:]}")
    return int(found.group(1))


def per_message(ours: list[str], rounds: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """Instructions per message by what is printed."""
    sources = mix.templates(mix.CAPTURES / name for name in SOURCES)
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        one, three = Path(folder) / "one.pcap", Path(folder) / "three.pcap"
        count = mix.write_file(three, sources, 3) - mix.write_file(one, sources, 1)
        for name, words in rounds.items():
            first, second = (instructions([*ours, *words, str(path)]) for path in (one, three))
            found[name] = (second - first) // count
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.instructions", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make these the figures to hold")
    parser.add_argument(
        "--form",
        choices=("compiled", "pure"),
        required=True,
        help="the installed program, or these sources",
    )
    options = parser.parse_args()
    if which("valgrind") is None:
        sys.exit("valgrind is not installed")
    limits = json.loads(LIMITS.read_text())
    sources = [sys.executable, "-m", "nldissect"]
    found = per_message(our_program() if options.form == "compiled" else sources, RUNS)
    known = limits.setdefault(options.form, {})
    worse = False
    for name, count in found.items():
        limit = int(known.get(name, 0) * ROOM)
        mark = "  too many" if known and count > limit else ""
        worse = worse or bool(mark)
        print(f"{name:14} {count:8} instructions a message, known {known.get(name, '-')}{mark}")
    if options.write:
        limits[options.form] = found
        LIMITS.write_text(json.dumps(limits, indent=2) + "\n")
    elif worse:
        sys.exit("more instructions than known: find out why, or --write the new figures")


main()
