"""``python -m tests.bench.live``: a flood under QEMU, captured by nldissect and by tcpdump.

It needs what ``captures/record/setup kernel`` prepares; under software emulation all is some ten
times slower than on a machine.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from ..live import lab

TIMEOUT_S: Final = 900
RUNS: Final = {
    "nldissect": ("nldissect",),
    "tcpdump": ("tcpdump",),
    "both": ("nldissect", "tcpdump"),
}


def number(pattern: str, text: str) -> int:
    """The number that a program told, 0 if it did not."""
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def samples(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Of each process, over time: peak memory in MB and seconds of the processor."""
    found: dict[str, list[tuple[int, float]]] = {}
    ticks = os.sysconf("SC_CLK_TCK")
    for line in (folder / "samples").read_text().splitlines():
        name, peak, spent = line.split()
        found.setdefault(name, []).append((int(peak) // 1024, int(spent) / ticks))
    return found


def seconds(path: Path) -> float:
    """What the guest measured in microseconds."""
    return int(path.read_text()) / 1e6


def report(folder: Path, program: str) -> None:
    """Prints what one program captured in a run."""
    said = (folder / f"{program}.err").read_text()
    captured = number(r"(\d+) packets? captured", said)
    dropped = number(r"(\d+) packets? (?:was |were )?dropped", said)
    hidden = number(r"(\d+) packets? (?:was|were) not shown", said)
    flood_s, end_s = seconds(folder / "flood"), seconds(folder / "end")
    print(
        f"{folder.name:10} {program:10} {captured:9} {dropped:8} {hidden:10} {flood_s:8.1f} "
        f"{captured / flood_s:10.0f} {end_s:6.1f}"
    )


def report_processes(folder: Path) -> None:
    """Prints what the processes took, at five times that are as far from each other."""
    for name, found in samples(folder).items():
        last = len(found) - 1
        times = [found[last * quarter // 4] for quarter in range(5)]
        peaks = " ".join(f"{peak:6}" for peak, _ in times)
        print(f"{folder.name:10} {name:10} {found[last][1]:9.1f} {peaks}")


def main() -> int:
    """Boots the guest and prints two tables."""
    missing = lab.missing()
    if missing:
        print(missing, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        results = lab.run(Path(folder), Path(__file__).with_suffix(".sh"), TIMEOUT_S)
        print("run        program     captured  dropped  not shown  flood s  records/s  end s")
        for name, programs in RUNS.items():
            for program in programs:
                report(results / name, program)
        print("\nrun        process        cpu s   peak MB at start, 1/4, 1/2, 3/4, end")
        for name in RUNS:
            report_processes(results / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
