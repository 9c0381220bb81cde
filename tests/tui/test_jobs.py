from __future__ import annotations

from time import monotonic, sleep
from typing import Any

import pytest
from textual import on
from textual.app import App

from nldissect.tui.jobs import Courtesy, Job
from tests.tui.driving import drive, until


class Listener(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.progress: list[int] = []
        self.ended: list[Job] = []

    @on(Job.Progress)
    def take_progress(self, event: Job.Progress) -> None:
        self.progress.append(event.job.done)

    @on(Job.Ended)
    def take_end(self, event: Job.Ended) -> None:
        self.ended.append(event.job)


def test_tells_of_progress_and_result() -> None:
    app = Listener()

    def work(job: Job) -> str:
        end = monotonic() + 0.5
        count = 0
        while monotonic() < end:
            count += 1
            assert job.step(count, 10)
        return "made"

    async def steps(pilot: Any) -> None:
        job = Job("x", "making", app, work).start()
        await until(pilot, lambda: bool(app.ended))
        assert app.ended == [job]
        assert (job.result, job.error, job.running) == ("made", None, False)
        assert 1 <= len(app.progress) <= 8
        assert app.progress == sorted(app.progress)

    drive(app, steps)


def test_ends_when_it_is_cancelled() -> None:
    app = Listener()

    def work(job: Job) -> int:
        count = 0
        while job.step(count):
            count += 1
        return count

    async def steps(pilot: Any) -> None:
        job = Job("x", "counting", app, work).start()
        await until(pilot, lambda: bool(app.progress))
        job.cancel()
        await until(pilot, lambda: not job.running)
        assert job.result > 0

    drive(app, steps)


def test_an_error_is_told() -> None:
    app = Listener()

    def work(job: Job) -> None:
        raise ValueError("no")

    async def steps(pilot: Any) -> None:
        job = Job("x", "failing", app, work).start()
        await until(pilot, lambda: bool(app.ended))
        assert isinstance(job.error, ValueError)

    drive(app, steps)


def test_keys_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Listener()
    job = Job("x", "", app, lambda job: None)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        sleep(seconds)

    monkeypatch.setattr("nldissect.tui.jobs.sleep", nap)
    Courtesy.ask()
    job.step()
    assert naps
    Courtesy.until = 0.0
    naps.clear()
    job.step()
    assert not naps
