"""Boots a guest with the kernel that ``captures/record/setup kernel`` prepared."""

from __future__ import annotations

import compileall
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import nldissect

from ..bench.measure import our_program

ROOT: Final = Path(__file__).parent.parent.parent

_RECORD: Final = ROOT / "captures" / "record"
_CACHE: Final = Path(os.environ.get("NLDISSECT_LAB") or Path.home() / ".cache" / "nldissect-lab")
_MODULE: Final = _CACHE / "nldemo" / "nldemo.ko"
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS: Final = ("qemu-system-x86_64", "busybox", "tcpdump", "ip", "ethtool", "wg", "unshare")


class BootError(Exception):
    """The guest did not come to its end in time, or its script failed."""


def missing() -> str:
    """What is missing to boot a guest, "" if nothing is."""
    for program in _PROGRAMS:
        if shutil.which(program, path=_PATH) is None:
            return f"there is no {program}; captures/record/setup kernel installs it"
    return "" if _MODULE.exists() else "captures/record/setup kernel was not run"


def run(lab: Path, script: Path, timeout_s: int) -> Path:
    """Runs a script in a guest that sees this machine's files and, as /lab, an empty directory.

    The script finds the installed ``nldissect`` by its name, and nldemo in the directory NLDEMO.
    Gives the directory that it is to leave its results in, /lab/results. Raises BootError.
    """
    program = our_program()
    # Once here, not by each program there.
    compileall.compile_dir(Path(nldissect.__file__).parent, quiet=2)
    _write(lab / "nldissect", f'exec {shlex.join(program)} "$@"')
    _write(
        lab / "guest.sh",
        f"export PATH=/lab:{_PATH} NLDEMO={shlex.quote(str(_MODULE.parent))}",
        # Where it is not installed it is the package of this tree.
        f"export PYTHONPATH={shlex.quote(str(ROOT))}" if len(program) > 1 else "unset PYTHONPATH",
        f"exec {shlex.quote(str(script))}",
    )
    console = lab / "console"
    command = [str(_RECORD / "boot"), str(lab), "/"]
    with console.open("wb") as out:
        subprocess.run(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LAB_TIMEOUT": str(timeout_s)},
            check=False,
        )
    said = console.read_text(errors="replace")
    if "guest rc=0" not in said:
        raise BootError(f"the guest did not end well within {timeout_s} s:\n{said[-4000:]}")
    return lab / "results"


def _write(path: Path, *lines: str) -> None:
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
