"""Starts the browser on a terminal, and leaves the terminal as it was."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..capture.source import STANDARD_INPUT, Capture, open_capture
from ..capture.stream import open_stream
from ..errors import UsageError
from ..learn import FamilyInfo, Learned
from ..registry import Registry

if TYPE_CHECKING:
    from ..capture.live import Live

_COLLECT = (5_000, 10, 1_000)
_SWITCH_S = 0.001


class Settings(Protocol):
    """What the options of the command line say."""

    order: str | None
    time_format: str

    def registry(self) -> Registry: ...
    def saved(self) -> list[FamilyInfo]: ...
    def learned(self, saved: Sequence[FamilyInfo]) -> Learned: ...


def open_input(paths: Sequence[str]) -> tuple[Capture, str]:
    """The capture to browse and its name; of standard input too, whose place the terminal takes.

    Blocks until the first bytes of a pipe are there: whoever feeds it may ask for a password
    before. Raises CaptureError, UsageError.
    """
    if len(paths) > 1:
        return open_stream(paths), f"{paths[0]} and {len(paths) - 1} more"
    if paths[0] != STANDARD_INPUT:
        return open_capture(paths[0]), paths[0]
    if os.isatty(0):
        raise UsageError("standard input is a terminal, no capture")
    capture = Capture(STANDARD_INPUT, os.dup(0))
    _take_keys_from_terminal()
    return capture, "standard input"


def _take_keys_from_terminal() -> None:
    """Standard input was a pipe: keys come from the terminal itself."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError("there is no terminal to take keys from") from error
    os.dup2(terminal, 0)
    os.close(terminal)


def browse(
    capture: Capture,
    settings: Settings,
    *,
    path: str,
    filter: str = "",
    secrets: bool = False,
    follow: bool = False,
    live: Live | None = None,
) -> int:
    """Runs the browser until the user leaves it; gives the exit code, or raises for a bug.

    path: the name to show. filter: to begin with. secrets: show key material. follow: read on
    as the file grows. live: the capture under way, to stop it.
    Raises UsageError where there is no terminal.
    """
    if not (os.isatty(0) and sys.stdout.isatty()):
        raise UsageError("the browser needs a terminal; 'show' and 'export' do not")
    from .app import Browser
    from .state import load_config, load_state, save_state

    # Few objects are looked through at a time, and threads let go often: keys are answered.
    gc.set_threshold(*_COLLECT)
    sys.setswitchinterval(_SWITCH_S)
    saved = settings.saved()
    registry = settings.registry()

    def learned() -> Learned:
        return settings.learned(saved)

    app = Browser(
        capture,
        registry,
        learned,
        path=path,
        order=settings.order,
        time_format=settings.time_format,
        filter=filter,
        secrets=secrets,
        follow=follow,
        live=live,
        state=load_state(),
        config=load_config(),
    )
    try:
        app.run()
    finally:
        save_state(app.state)
        capture.close()
    if app.return_code:
        # What went wrong was printed: the exit code is that of a bug.
        raise RuntimeError("the browser ended")
    return 0
