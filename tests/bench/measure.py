"""Runs programs and says what they took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds of the clock, seconds of the processor."""

    wall: float
    cpu: float


def run(command: Sequence[str]) -> Cost:
    """Runs a command with its output to /dev/null; raises CalledProcessError if it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def alternate(commands: Sequence[Sequence[str]], rounds: int) -> list[list[Cost]]:
    """Runs the commands in turn, so that the machine's moods meet all of them alike."""
    costs: list[list[Cost]] = [[] for _ in commands]
    for _ in range(rounds):
        for into, command in zip(costs, commands, strict=True):
            into.append(run(command))
    return costs


def middle(costs: list[Cost], what: Callable[[Cost], float]) -> float:
    """The median of one figure."""
    return median(map(what, costs))


# A process inherits the peak of the one that starts it: this one is small.
_STARTER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(command: Sequence[str]) -> float:
    """Runs a command; gives its peak memory in MB. Raises CalledProcessError if it fails."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    return int(subprocess.run(starter, capture_output=True, check=True).stdout) / 1024


def our_program() -> list[str]:
    """The installed command of this interpreter, else the package in the current directory."""
    installed = Path(sys.executable).with_name("nldissect")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "nldissect"]
