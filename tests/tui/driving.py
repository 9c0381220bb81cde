"""How the tests drive widgets and the app: recordings, pilots, pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from nldissect.capture.source import Capture, open_capture
from nldissect.learn import Learned
from nldissect.model import Message
from nldissect.recording import Recording
from nldissect.registry import Registry

CAPTURES = Path(__file__).parents[2] / "captures"

Steps = Callable[[Any], Awaitable[None]]


@cache
def registry() -> Registry:
    """The built-in families, once for all tests."""
    return Registry(plugins=False)


def recording_of(name: str) -> Recording:
    """A capture of the repository, read to its end."""
    recording = Recording(open_capture(str(CAPTURES / name)), registry(), Learned())
    recording.read(lambda: True)
    return recording


def twin(message: Message) -> Message:
    """Another message of the same, to be changed."""
    made = Message(
        message._decode, message.record, message.index, message.protocol, message.order,
        message.start, message.end,
    )  # fmt: skip
    for name in dir(message):
        if not name.startswith("__"):
            with suppress(AttributeError, TypeError):
                setattr(made, name, getattr(message, name))
    return made


def drive(app: Any, steps: Steps, size: tuple[int, int] = (80, 24)) -> None:
    """Runs an app and lets ``steps`` use its pilot."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await steps(pilot)

    asyncio.run(run())


async def until(pilot: Any, condition: Callable[[], object], seconds: float = 30) -> None:
    """Waits for what another thread brings about."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.01)
    raise AssertionError("it did not happen:\n" + "\n".join(screen_text(pilot.app)))


def screen_text(app: Any) -> list[str]:
    """What stands on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def shown(app: Any) -> str:
    """The same as one text."""
    return "\n".join(screen_text(app))


def browser(capture: Capture | str | Path, **options: Any) -> Any:
    """The app on a capture, by its name in the repository or its path; remembers nothing."""
    from nldissect.tui.app import Browser

    path = options.pop("path", "capture" if isinstance(capture, Capture) else CAPTURES / capture)
    path = str(path)
    if not isinstance(capture, Capture):
        capture = open_capture(str(CAPTURES / capture))
    return Browser(capture, registry(), Learned, path=path, **options)


async def settled(pilot: Any) -> None:
    """Waits until the capture is read and no work is under way."""
    app = pilot.app

    def at_rest() -> bool:
        screen = app.screen_stack[1] if len(app.screen_stack) > 1 else None
        jobs = getattr(screen, "_jobs", {})
        return bool(jobs) and not any(job.running for job in jobs.values())

    await until(pilot, at_rest)
    await pilot.pause()


def told(app: Any) -> str:
    """What the app has told so far."""
    return "\n".join(notice.message for notice in app._notifications)
