"""What stands between and below the panes: dividers that can be dragged, and the status line."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from .lines import fit


class Divider(Widget):
    """A line between panes with the title of the one after it; dragging it moves it."""

    DEFAULT_CSS = """
    Divider { background: $panel; color: $text-muted; }
    Divider:hover { background: $primary 30%; }
    Divider.upright { width: 1; height: 100%; }
    Divider.level { width: 100%; height: 1; }
    """

    class Dragged(Message):
        """The divider is wanted at a place of the screen."""

        def __init__(self, divider: Divider, x: int, y: int) -> None:
            super().__init__()
            self.divider = divider
            self.x = x
            self.y = y

    def __init__(self, title: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._dragging = False

    def say(self, title: str) -> None:
        """Shows another title."""
        if title != self._title:
            self._title = title
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self.rich_style
        if width == 1:
            return Strip([Segment("│", base)], 1)
        title = fit(self._title, min(width - 4, len(self._title))) if self._title else ""
        text = f"─ {title} " if title else ""
        return Strip([Segment(text + "─" * (width - Strip([Segment(text)]).cell_length), base)])

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragging = True
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._dragging = False
        self.release_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self.post_message(self.Dragged(self, event.screen_x, event.screen_y))


class StatusLine(Widget):
    """The selected node at the left; counts, and what is under way, at the right."""

    DEFAULT_CSS = """
    StatusLine { height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left = ""
        self._right = ""

    def say(self, left: str | None = None, right: str | None = None) -> None:
        """Shows other texts."""
        was = (self._left, self._right)
        self._left = self._left if left is None else left
        self._right = self._right if right is None else right
        if (self._left, self._right) != was:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        right = fit(self._right, min(len(self._right), width * 2 // 3))
        room = max(0, width - Strip([Segment(right)]).cell_length - 3)
        base = self.rich_style
        return Strip(
            [
                Segment(" " + fit(self._left, room) + " ", base),
                Segment(right + " ", base + Style(bold=True)),
            ]
        ).adjust_cell_length(width, base)
