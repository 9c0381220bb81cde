"""The screen of a transaction over real captures."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from textual.app import App

from nldissect.capture.source import open_capture
from nldissect.clock import Clock
from nldissect.learn import Learned
from nldissect.model import Transaction
from nldissect.recording import Recording
from nldissect.tui.lines import Lines
from nldissect.tui.screens.transaction import TransactionScreen
from nldissect.tui.wish import Wish
from tests.capture.build import pcap
from tests.tui.driving import drive, recording_of, registry, screen_text, shown

recorded = cache(recording_of)


class Stage(App[None]):
    def __init__(self, recording: Recording, number: int, clock: Clock | None = None) -> None:
        super().__init__()
        self.wishes: list[Wish | None] = []
        self.asked = TransactionScreen(recording, number, clock or Clock("r"))

    def on_mount(self) -> None:
        self.push_screen(self.asked, self.wishes.append)

    @property
    def members(self) -> Lines:
        return self.asked.query_one("#members", Lines)

    def lines(self) -> list[str]:
        return ["".join(text for text, _ in self.members.line(n)) for n in
                range(self.members.count())]  # fmt: skip


def all_of(recording: Recording) -> list[Transaction]:
    numbers = range(1, recording.transactions + 1)
    found = [recording.transaction(number) for number in numbers]
    return [txn for txn in found if txn is not None]


def first_of(recording: Recording, **wanted: Any) -> Transaction:
    return next(
        txn
        for txn in all_of(recording)
        if all(getattr(txn, name) == value for name, value in wanted.items())
    )


def show(recording: Recording, number: int, steps: Any, **options: Any) -> Stage:
    app = Stage(recording, number, options.pop("clock", None))

    async def play(pilot: Any) -> None:
        await pilot.pause()
        await steps(pilot)
        await pilot.pause()

    drive(app, play, **options)
    return app


def test_a_dump_with_its_parts() -> None:
    recording = recorded("rt-link.pcap")
    txn = max(all_of(recording), key=lambda each: each.answers)
    numbers = recording.members(txn.number)

    async def steps(pilot: Any) -> None:
        app = pilot.app
        text = shown(app)
        assert f"Transaction {txn.number}" in text
        assert "✓ Dump rt-netconf getnetconf: done" in text
        assert f"port {txn.port} · seq {txn.seq}" in text
        assert f"{txn.answers} answers in {txn.parts} records · the first after" in text
        # The selected one is in sight and stays selected.
        assert app.members.cursor == 40
        assert any(f" {numbers[40]} " in line and "part 40" in line for line in screen_text(app))
        lines = app.lines()
        assert len(lines) == len(numbers)
        assert "→ request  dump" in lines[0]
        assert "⇇ part 1" in lines[1]
        assert "dev lo(1)" in lines[1]
        assert "✓ end" in lines[-1]
        await pilot.press("home", "down", "enter")

    app = show(recording, numbers[40], steps)
    assert app.wishes == [Wish("goto", numbers[1])]


def test_the_filter_and_no_wish() -> None:
    recording = recorded("rt-link.pcap")

    async def ask(pilot: Any) -> None:
        await pilot.press("slash")

    async def leave(pilot: Any) -> None:
        await pilot.press("escape")

    txn = recording.transaction_of(30)
    assert show(recording, 30, ask).wishes == [Wish("filter", f"txn == {txn}")]
    assert show(recording, 30, leave).wishes == [None]


def test_a_refusal_has_the_kernels_words() -> None:
    recording = recorded("nldemo-refuse.pcap")
    txn = next(each for each in all_of(recording) if each.state == "failed" and each.number == 9)

    async def steps(pilot: Any) -> None:
        words = 'EINVAL "reserved bit set" at attr-4'
        assert f"✗ Request nldemo command 2: refused, {words}" in shown(pilot.app)
        assert pilot.app.asked.query_one("#headline").has_class("failed")
        assert "✗ error" in pilot.app.lines()[-1]
        assert words in pilot.app.lines()[-1]

    show(recording, txn.message, steps, size=(120, 30))


def test_what_a_request_made_the_kernel_tell() -> None:
    recording = recorded("rt-neigh.pcap")
    told = next(txn for txn in all_of(recording) if txn.cause and txn.copies > 1)
    cause = recording.transaction(told.cause)
    assert cause is not None

    async def of_cause(pilot: Any) -> None:
        lines = pilot.app.lines()
        assert "made the kernel send 1 notification" in shown(pilot.app)
        assert [line.split()[0] for line in lines] == [
            str(number) for number in sorted({*recording.members(cause.number), told.message})
        ]
        assert "⇐ told" in lines[1]
        assert "rt-neigh newneigh-ntf" in lines[1]
        await pilot.press("home", "down", "enter")

    assert show(recording, cause.message, of_cause).wishes == [Wish("goto", told.message)]

    async def of_told(pilot: Any) -> None:
        text = shown(pilot.app)
        assert "⇐ Notification rt-neigh newneigh-ntf to group rtnlgrp-neigh" in text
        assert f"captured {told.copies} times" in text
        assert f"caused by message {cause.message}, rt-neigh newneigh" in text
        lines = pilot.app.lines()
        assert "→ cause" in lines[0]
        assert "⇐ notify" in lines[1]
        assert "⇐ copy 1" in lines[2]
        assert pilot.app.members.cursor == 2
        await pilot.press("home", "enter")

    app = show(recording, recording.members(told.number)[1], of_told)
    assert app.wishes == [Wish("goto", cause.message)]


@pytest.mark.parametrize(
    ("name", "wanted", "words"),
    [
        ("nldemo-dump.pcap", {"interrupted": True}, "interrupted: "),
        ("rt-neigh.pcap", {"ambiguous": True}, "ambiguous: "),
        ("format-ring-2.pcapng", {"kind": "orphan"}, "Answers without their request:"),
        ("nl80211.pcap.gz", {"state": "open"}, "setlink: no answer, none was asked for"),
        ("ovs.pcap.gz", {"message": 249}, ": no answer in the capture"),
        ("format-ring-1.pcapng", {"state": "open"}, "no end in the capture"),
        ("format-ring-2.pcapng", {}, "interface nlmon0"),
    ],
)
def test_what_is_odd_is_told(name: str, wanted: dict[str, Any], words: str) -> None:
    recording = recorded(name)
    txn = first_of(recording, **wanted)

    async def steps(pilot: Any) -> None:
        assert words in shown(pilot.app)

    show(recording, txn.message, steps, size=(160, 48))


@pytest.mark.parametrize("format_", ["r", "d", "ud"])
def test_when_it_began(format_: str) -> None:
    recording = recorded("rt-link.pcap")
    clock = Clock(format_)
    clock.text(recording.capture.record(1).time_ns)
    before = clock.base_ns

    async def steps(pilot: Any) -> None:
        told = {"r": "began at 0.0", "ud": "began at 2026-11-22 18:10:57", "d": "seq"}[format_]
        assert told in shown(pilot.app)
        assert ("began at" in shown(pilot.app)) == (format_ != "d")

    show(recording, 3, steps, clock=clock)
    assert clock.base_ns == before


def test_every_transaction_of_a_capture_is_shown() -> None:
    for name in ("netfilter.pcap", "format-snaplen.pcap", "ovs.pcap.gz"):
        recording = recorded(name)
        for txn in all_of(recording)[:120]:
            screen = TransactionScreen(recording, txn.message, Clock("r"))
            assert screen._headline()
            assert "seq" in "".join(screen._facts())
            for number in recording.members(txn.number):
                assert number in screen._members.numbers


def link_dump(parts: int, each: int = 100) -> bytes:
    """A dump of so many parts, some in each record, that comes to no end."""
    request = struct.pack("<IHHII", 32, 18, 0x301, 7, 0) + bytes(16)
    part = struct.pack("<IHHII", 32, 16, 2, 7, 99) + bytes(16)
    cooked = struct.pack(">HH10xH", 4, 824, 0)
    records = [(0, cooked + request)]
    records += [(n * 1000, cooked + part * each) for n in range(1, parts // each + 1)]
    return pcap(records)


def test_thousands_of_parts_are_read_as_they_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "dump.pcap"
    path.write_bytes(link_dump(20_000))
    recording = Recording(open_capture(str(path)), registry(), Learned())
    recording.read(lambda: True)

    async def steps(pilot: Any) -> None:
        assert "no end in the capture" in shown(pilot.app)
        assert "20,000 answers in 200 records" in shown(pilot.app)
        await pilot.press("end")
        await pilot.pause()
        assert "part 20000" in shown(pilot.app)
        assert len(pilot.app.members._reader._kept) < 10

    show(recording, 2, steps)


def test_it_grows_while_the_capture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dump.pcap"
    path.write_bytes(link_dump(2_000, 4))
    recording = Recording(open_capture(str(path)), registry(), Learned())
    go_on = Event()

    def step() -> bool:
        return not recording.paired or go_on.wait(10)

    thread = Thread(target=recording.read, args=(step,), daemon=True)
    thread.start()

    async def steps(pilot: Any) -> None:
        app = pilot.app
        before = app.members.count()
        assert 1 < before < 2_001
        assert "no end in the capture" in shown(app)
        go_on.set()
        thread.join()
        app.asked._renew()
        await pilot.pause()
        assert app.members.count() == 2_001
        assert "2,000 answers" in shown(app)

    while not recording.paired:
        sleep(0.01)
    show(recording, 1, steps)
