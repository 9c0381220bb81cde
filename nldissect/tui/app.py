"""The browser as an app: captures on screens, theme, keys, palette, and what is remembered."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from ..capture.source import Capture, open_capture
from ..clock import TIME_FORMATS
from ..errors import NldissectError
from ..learn import Learned
from ..recording import Recording
from ..registry import Registry
from .browser import BrowserScreen
from .jobs import Courtesy
from .keys import DEEDS, Deed, bindings
from .state import Config, State

if TYPE_CHECKING:
    from ..capture.live import Live

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
_MAIN: Final = frozenset(("lines", "list", "tree", "bytes", "panes", "browser"))


class Browser(App[int]):
    """Browses captures, one at a time.

    capture: what to begin with, and path its name; learned: makes fresh knowledge for a capture.
    state: what was remembered, and is again at the end; config: the user's own settings.
    """

    TITLE = "nldissect"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]

    CSS = """
    Footer { background: $panel; }
    Toast { max-width: 70; }
    """

    def __init__(
        self,
        capture: Capture,
        registry: Registry,
        learned: Callable[[], Learned],
        *,
        path: str,
        order: str | None = None,
        time_format: str = "r",
        filter: str = "",
        secrets: bool = False,
        follow: bool = False,
        live: Live | None = None,
        state: State | None = None,
        config: Config | None = None,
    ) -> None:
        super().__init__()
        self.state = state or State()
        self.config = config or Config()
        self.time_format = time_format
        self._families = registry
        self._learned = learned
        self._order = order
        self._secrets = secrets
        self._first = (capture, path, filter, follow, live)
        self._captures: list[Capture] = [capture]
        self._lives: list[Live] = []
        self.animation_level = "none"
        theme = self.config.theme or self.state.theme
        if theme in self.available_themes:
            self.theme = theme
        if self.config.time in TIME_FORMATS:
            self.time_format = self.config.time
        self.set_keymap(self.config.keymap)

    def on_mount(self) -> None:
        capture, path, filter_, follow, live = self._first
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        for number in _ENDING:
            # Whoever ends the program gets a terminal that can be used.
            asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self._browse(capture, path, filter=filter_, follow=follow, live=live)
        for problem in self.config.problems:
            self.notify(problem, severity="warning", markup=False)

    def _browse(
        self,
        capture: Capture,
        path: str,
        *,
        filter: str = "",
        follow: bool = False,
        live: Live | None = None,
    ) -> None:
        """Shows a capture on a screen of its own, in place of the one before."""
        capture.growing = follow
        recording = Recording(capture, self._families, self._learned(), order=self._order)
        screen = BrowserScreen(
            recording, path=path, filter=filter, secrets=self._secrets, live=live
        )
        if isinstance(self.screen, BrowserScreen):
            self.screen.end()
            self.switch_screen(screen)
        else:
            self.push_screen(screen)
        self.title = f"{os.path.basename(path)} - nldissect"
        if capture.seekable:
            self.state.met(path)

    def open(self, path: str) -> None:
        """Browses another file; one that cannot be opened is told of."""
        try:
            capture = open_capture(path)
        except NldissectError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self._captures.append(capture)
        self._browse(capture, path)

    def restart(self, old: Live, path: str, filter: str) -> None:
        """Begins a new live capture of the same, with a filter."""
        from ..capture.live import Live

        old.close()
        try:
            # What was written before stays as it is.
            live = Live(msgspec.structs.replace(old.options, target=None))
        except NldissectError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        capture = live.capture()
        self._lives.append(live)
        self._captures.append(capture)
        self._browse(capture, path, filter=filter, live=live)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.MouseEvent, events.Paste)):
            Courtesy.ask()
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """All that keys do, by name."""
        there = isinstance(screen, BrowserScreen)
        for deed in DEEDS:
            if deed.where != "app" and not (there and deed.where in _MAIN):
                continue
            keys = self.keys_of(deed)
            yield SystemCommand(
                deed.title, f"{deed.id} ({keys})", lambda deed=deed: self.call_later(self.do, deed)
            )

    def keys_of(self, deed: Deed) -> str:
        """The keys that do it, as the user has them."""
        return self.config.keymap.get(deed.id, deed.keys)

    async def do(self, deed: Deed) -> None:
        """Does what a key would do, in the pane that has it."""
        screen = self.screen
        target: Any = self
        if isinstance(screen, BrowserScreen):
            target = screen.target_of(deed.where)
        if target is not None:
            await self.run_action(deed.action, target)

    def action_help(self) -> None:
        from .screens.help import HelpScreen

        if isinstance(self.screen, BrowserScreen):
            self.screen.ask(HelpScreen(DEEDS, self.config.keymap))

    # What is remembered

    def _theme_changed(self, _: object) -> None:
        self.state.theme = self.theme

    def end(self) -> None:
        """Ends all work, and puts into the state what is to be remembered."""
        for screen in self.screen_stack:
            if isinstance(screen, BrowserScreen):
                screen.remember(self.state)
                screen.end()
        self.state.time_format = self.time_format

    def on_unmount(self) -> None:
        for capture in self._captures[1:]:
            capture.close()
        for live in self._lives:
            live.close()

    def exit(self, *args: Any, **words: Any) -> None:
        self.end()
        super().exit(*args, **words)
