"""``nldissect live`` as it is installed, in a machine of its own: Linux 6.12 under QEMU."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Final

import pytest

import nldissect
from nldissect.model import Message

from ..bench.measure import our_program
from ..capture.reading import read
from . import lab

TIMEOUT_S: Final = 300
SCRIPT: Final = Path(__file__).with_name("guest.sh")

NETLINK_GENERIC: Final = 16
GENL_ID_CTRL: Final = 16

pytestmark = pytest.mark.skipif(bool(lab.missing()), reason=lab.missing())


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all scenarios left, a directory for each. One guest serves all processes of the run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "guest"
    folder.mkdir(exist_ok=True)
    with (shared / "guest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "console").exists():
            lab.run(folder, SCRIPT, TIMEOUT_S)
    if not (folder / "results" / "uptime").exists():
        pytest.fail("the guest failed in another process of this run")
    return folder / "results"


def text(path: Path) -> str:
    return path.read_text(errors="replace").strip()


def messages(path: Path) -> list[Message]:
    with nldissect.open(str(path)) as session:
        return list(session)


def datas(path: Path) -> list[bytes]:
    """What the records of a whole file hold, link header included."""
    records, error = read(path)
    assert error is None
    return [record.data for record in records]


def run(*arguments: str | Path, stdin: Path = Path(os.devnull)) -> CompletedProcess[str]:
    """Runs the installed nldissect on this machine."""
    with stdin.open("rb") as file:
        command = [*our_program(), *map(str, arguments)]
        return subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)


def link_names(found: Iterable[Message]) -> set[str]:
    """The links that are told of."""
    return {
        str(message.attrs["ifname"])
        for message in found
        if message.family == "rt-link" and "ifname" in message.attrs
    }


def together(ours: list[bytes], theirs: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Both from the first of theirs on, up to the last of ours.

    One may come again, as it has no number; several in a row do not.
    """
    theirs = theirs[: len(theirs) - theirs[::-1].index(ours[-1])]
    starts = (at for at in range(len(ours)) if ours[at : at + 5] == theirs[:5])
    return ours[next(starts) :], theirs


def ended_well(folder: Path, name: str = "live") -> None:
    assert text(folder / f"{name}.code") == "0", text(folder / f"{name}.err")
    assert re.search(r"nldissect: \d+ packets captured", text(folder / f"{name}.err"))


def readable(path: Path, *codes: int) -> None:
    done = run("show", path)
    assert done.returncode in (codes or (0,)), done.stderr


# Beside tcpdump.


def test_it_hears_what_tcpdump_hears(results: Path) -> None:
    folder = results / "talk"
    ended_well(folder)
    ours, theirs = together(datas(folder / "live.pcapng"), datas(folder / "live.pcap"))
    assert len(ours) == len(theirs) > 100
    assert [at for at, data in enumerate(ours) if data != theirs[at]] == []
    assert "dropped" not in text(folder / "live.err")
    assert "\n0 packets dropped by kernel" in text(folder / "live.tcpdump")


def test_all_generic_families_have_names(results: Path) -> None:
    generic = [
        message
        for message in messages(results / "talk" / "live.pcapng")
        if message.protocol == NETLINK_GENERIC and message.type >= GENL_ID_CTRL
    ]
    assert {message.family for message in generic} >= {"nlctrl", "ethtool", "wireguard", "nldemo"}
    assert [message.type for message in generic if not message.family] == []


def test_the_file_begins_with_the_families(results: Path) -> None:
    for message in messages(results / "talk" / "live.pcapng"):
        if message.protocol != NETLINK_GENERIC:
            continue
        if message.direction == "reply":
            break
        assert (message.family, message.operation) == ("nlctrl", "getfamily")
    assert message.attrs["family-name"] == "nlctrl"


def test_its_link_is_gone(results: Path) -> None:
    assert "made for it" in text(results / "talk" / "live.err")
    for scenario in ("talk", "terminated", "full"):
        assert text(results / scenario / "live.links") == ""


def test_processes_are_named(results: Path) -> None:
    file = results / "talk" / "live.pcapng"
    for program in ("ip", "ethtool", "wg", "python3"):
        shown = run("show", "-Y", f'process == "{program}" && dir == request', file)
        assert shown.returncode == 0
        assert shown.stdout, f"{program} is not told"
    exported = run("export", "-T", "ndjson", "-Y", 'process == "ip"', file)
    for line in exported.stdout.splitlines():
        process = json.loads(line)["process"]
        assert process["name"] == "ip"
        assert process["pid"] > 0
        assert process["by"] in ("socket", "exec")


# While it prints.


def test_what_is_printed_live_is_what_the_file_gives(results: Path) -> None:
    folder = results / "terminated"
    ended_well(folder)
    file, printed = folder / "live.pcapng", (folder / "live.out").read_text()
    assert link_names(messages(file)) >= {"dummy0", "many"}
    assert run("export", "-T", "ndjson", file).stdout == printed
    assert run("export", "-T", "ndjson", "-", stdin=file).stdout == printed


# Killed.


def test_the_tap_ends_when_its_reader_is_killed(results: Path) -> None:
    folder = results / "killed"
    assert text(folder / "live.gone") == "gone"
    readable(folder / "live.pcapng")
    assert "dummy0" in link_names(messages(folder / "live.pcapng"))


def test_both_killed_leave_a_file(results: Path) -> None:
    folder = results / "both_killed"
    readable(folder / "live.pcapng", 0, 4)
    records, _ = read(folder / "live.pcapng")
    assert any(b"dummy0" in record.data for record in records)


def test_the_next_one_removes_the_link_of_one_that_was_killed(results: Path) -> None:
    folder = results / "both_killed"
    assert text(folder / "live.links") != ""
    ended_well(folder, "next")
    assert text(folder / "next.links") == ""


# Links that were there before.


def test_a_link_that_is_named_is_left(results: Path) -> None:
    folder = results / "interface"
    ended_well(folder, "named")
    assert text(folder / "named.links").startswith("mine ")
    assert "dummy0" in link_names(messages(folder / "named.pcapng"))


def test_a_link_that_is_up_is_used_and_left(results: Path) -> None:
    folder = results / "interface"
    ended_well(folder, "found")
    assert "listening on mine" in text(folder / "found.err")
    assert "made for it" not in text(folder / "found.err")
    assert text(folder / "found.links") == text(folder / "named.links")
    assert "dummy1" in link_names(messages(folder / "found.pcapng"))


def test_a_link_that_is_deleted_ends_it(results: Path) -> None:
    folder = results / "lost"
    assert text(folder / "live.code") == "3"
    assert "the interface went down" in text(folder / "live.err")
    readable(folder / "live.pcapng")
    assert "dummy0" in link_names(messages(folder / "live.pcapng"))


# Too much.


def test_drops_are_counted(results: Path) -> None:
    folder = results / "drops"
    ended_well(folder)
    told = re.search(r"(\d+) packets were dropped", text(folder / "live.err"))
    assert told, text(folder / "live.err")
    dropped = int(told[1])
    ours, theirs = together(datas(folder / "live.pcapng"), datas(folder / "live.pcap"))
    assert dropped > 1000
    assert len(ours) + dropped == len(theirs)
    rest = iter(theirs)
    assert all(data in rest for data in ours), "what it has is not in the order of tcpdump"


def test_a_full_disk_ends_it(results: Path) -> None:
    folder = results / "full"
    assert text(folder / "live.code") == "5", text(folder / "live.err")
    file = folder / "live.pcapng"
    readable(file)
    assert file.stat().st_size > 200 << 10


# Elsewhere.


def test_another_namespace(results: Path) -> None:
    folder = results / "netns"
    ended_well(folder)
    assert link_names(messages(folder / "live.pcapng")) & {"here", "there"} == {"there"}
    assert text(folder / "here.links") == ""
    assert text(folder / "during.links") != ""
    assert text(folder / "live.links") == ""


def test_a_ring_of_files(results: Path) -> None:
    folder = results / "ring"
    ended_well(folder)
    files = sorted(folder.glob("live_*.pcapng"))
    assert len(files) == 3
    assert not (folder / "live.pcapng").exists()
    assert [file.name[:11] for file in files] != ["live_00001_", "live_00002_", "live_00003_"]
    for file in files:
        readable(file)
        found = messages(file)
        assert any(message.family == "rt-route" for message in found)
        assert any(message.family == "nlctrl" for message in found)
        unnamed = [m for m in found if m.protocol == NETLINK_GENERIC and not m.family]
        assert unnamed == []
