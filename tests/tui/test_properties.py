"""The properties of captures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from nldissect.capture.source import open_capture
from nldissect.learn import Learned
from nldissect.recording import Recording
from nldissect.tui.jobs import Job
from nldissect.tui.screens.properties import PropertiesScreen, Tally, facts_of
from nldissect.tui.wish import Wish
from tests import attributed
from tests.capture.build import enhanced, interface, pcap, process, section, simple
from tests.tui.driving import CAPTURES, drive, recording_of, registry, shown, until

COOKED = bytes.fromhex("0004033800000000000000000000") + bytes(2)


def recording_at(path: Path, data: bytes) -> Recording:
    path.write_bytes(data)
    recording = Recording(open_capture(str(path)), registry(), Learned())
    recording.read(lambda: True)
    return recording


def facts(recording: Recording, path: str = "x") -> dict[str, list[str]]:
    """What is said under each label."""
    app: App[None] = App()
    tally = Tally(recording)
    tally.run(Job("", "", app, tally.run))
    said: dict[str, list[str]] = {}
    latest = ""
    for label, text, _ in facts_of(recording, path, tally):
        latest = label or latest
        said.setdefault(latest, []).append(text)
    return said


def test_a_pcap_file() -> None:
    said = facts(recording_of("rt-link.pcap"), "rt-link.pcap")
    assert said["file"] == ["rt-link.pcap"]
    assert said["format"] == ["pcap"]
    size = (CAPTURES / "rt-link.pcap").stat().st_size
    assert said["size"] == [f"{size:,} bytes"]
    assert said["records"] == ["288", f"{size - 24 - 16 * 288:,} bytes in them, 970 on the average"]
    assert said["messages"] == ["459, 1.6 in a record"]
    assert said["transactions"] == ["139"]
    assert said["first time"] == ["2026-11-22T18:10:57.331788000Z"]
    assert said["duration"] == ["14.1 s"]
    assert said["mean rate"] == ["32.6 messages, 19,871 bytes a second"]
    assert said["interface 0"] == [
        "no name",
        "link type 253, netlink, of nlmon",
        "little-endian, 262,144 bytes of each at most, times in µs",
    ]
    assert said["families"] == ["none named"]
    assert said["end"] == ["whole"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_the_recorder_tells(order: str, tmp_path: Path) -> None:
    said = facts(recording_at(tmp_path / "x", attributed.capture(order)))
    assert said["interface 0"][3:] == [
        "17 packets came to it",
        "12 packets were dropped by the recorder",
        "2 processes are known",
        "dhcpcd[5678], ip[1234]",
        "system: Linux 6.12",
        "comment: host: x",
    ]


def test_what_the_recorder_tells_is_safe_text(tmp_path: Path) -> None:
    data = section(words=[(1, "a\x1b[31m")]) + interface()
    data += process(7, 7, "b\x1b[31m\n", "exec", 0)
    said = facts(recording_at(tmp_path / "x", data))
    assert said["interface 0"][3:] == [
        "1 process is known", "b\\x1b[31m\\n[7]", "comment: a\\x1b[31m",
    ]  # fmt: skip


def test_compressed_and_cut_and_what_is_not_netlink() -> None:
    said = facts(recording_of("nl80211.pcap.gz"))
    assert said["format"] == ["pcap, compressed with gzip"]
    assert said["size"][1] == "about 460 kB unpacked"
    assert said["families"] == ["2 named", "nl80211, nlctrl"]
    said = facts(recording_of("format-snaplen.pcap"))
    assert said["records"][2] == "9 are cut: 11,248 bytes are not in the capture"
    said = facts(recording_of("format-ring-2.pcapng"))
    assert said["records"][2] == "4 are not netlink"
    assert said["interface 1"][:3] == ["lo, Loopback", "4 records", "link type 1, not netlink"]


def test_a_capture_that_is_cut(tmp_path: Path) -> None:
    whole = (CAPTURES / "rt-link.pcap").read_bytes()
    said = facts(recording_at(tmp_path / "cut.pcap", whole[:5000]))
    [end] = said["end"]
    assert "byte" in end
    assert str(tmp_path) not in end


def test_times_that_go_back_or_are_missing(tmp_path: Path) -> None:
    records = [(5_000_000_000, COOKED), (2_000_000_000, COOKED), (9_000_000_000, COOKED)]
    said = facts(recording_at(tmp_path / "back.pcap", pcap(records)))
    assert said["first time"] == ["1970-01-01T00:00:02.000000000Z"]
    assert said["duration"] == ["7.00 s"]
    assert said["mean rate"][1] == "time goes back once"
    data = section() + interface() + simple(COOKED)
    assert facts(recording_at(tmp_path / "none.pcapng", data))["times"] == ["none"]
    data += enhanced(1000, COOKED)
    said = facts(recording_at(tmp_path / "some.pcapng", data))
    assert said["duration"] == ["0 ns", "without a time: 1"]


def test_comments_are_safe_and_bounded(tmp_path: Path) -> None:
    data = section() + interface(name="mon\x1b[31m", description="[bold]")
    data += b"".join(enhanced(n, COOKED, comments=["one\x1b[31m", "[b]two"]) for n in range(30))
    recording = recording_at(tmp_path / "comments.pcapng", data)
    said = facts(recording, "\x1b[31mpath")
    assert said["file"] == ["\\x1b[31mpath"]
    assert said["interface 0"][0] == "mon\\x1b[31m, [bold]"
    assert said["comments"][:3] == ["60", "record 1: one\\x1b[31m", "record 1: [b]two"]
    assert said["comments"][-1] == "and 40 more"


def test_what_is_passed_over(tmp_path: Path) -> None:
    broken = section() + interface() + enhanced(0, COOKED, interface=7) + enhanced(1, COOKED)
    said = facts(recording_at(tmp_path / "odd.pcapng", broken * 30))
    assert len(said["passed over"]) == 21
    assert said["passed over"][-1] == "and 10 more"
    assert "at byte" in said["passed over"][0]


class Stage(App[None]):
    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self.wishes: list[Wish | None] = []
        self.asked = PropertiesScreen(recording, "some.pcap")

    def on_mount(self) -> None:
        self.push_screen(self.asked, self.wishes.append)


@pytest.mark.parametrize("size", [(80, 24), (160, 48), (40, 10)])
def test_the_dialog_and_its_text(size: tuple[int, int]) -> None:
    app = Stage(recording_of("format-ring-2.pcapng"))

    async def steps(pilot: Any) -> None:
        await until(pilot, lambda: not app.asked._job.running)
        assert "4,932 bytes" in shown(app)
        assert "4,164" in shown(app)
        await pilot.press("end")
        await pilot.pause()
        assert "whole" in shown(app)
        await pilot.press("y")

    drive(app, steps, size)
    [wish] = app.wishes
    assert wish is not None
    assert wish.kind == "copy"
    lines = wish.value.splitlines()
    assert lines[0] == "file          some.pcap"
    assert "messages      26, 2.0 in a record" in lines
    assert lines[-1] == "end           whole"


def test_it_is_left() -> None:
    for key in ("escape", "q"):
        app = Stage(recording_of("rt-link.pcap"))

        async def steps(pilot: Any, key: str = key) -> None:
            await pilot.press(key)

        drive(app, steps)
        assert app.wishes == [None]
