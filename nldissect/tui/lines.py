"""A pane of lines of which only those in sight are made: cursor, keys, mouse and scrolling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..text import printable

ELLIPSIS: Final = "…"

_RIGHT: Final = 3

Piece = tuple[str, Style]
"""A part of a line and its style over the line's own."""


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Text in just so many cells: cut with an ellipsis or filled with blanks."""
    if text.isascii():
        size = len(text)
        if size > width:
            return text[: width - 1] + ELLIPSIS if width > 0 else ""
        return f"{text:>{width}}" if right else f"{text:<{width}}"
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + ELLIPSIS if width > 0 else ""
    blank = " " * (width - size)
    return blank + text if right else text + blank


def bug_text(error: Exception) -> str:
    """What is shown in place of what cannot be made for a bug."""
    return printable(f"a bug of nldissect: {type(error).__name__}: {error}")


class Lines(ScrollView, can_focus=True):
    """Lines by number from 0, one of which has the cursor.

    Subclasses give ``count`` and ``line``, and call ``changed`` when there are others.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--cursor", "lines--cursor-blurred", "lines--dim", "lines--found", "lines--marked",
        "lines--error", "lines--warn", "lines--note", "lines--request", "lines--reply",
        "lines--part", "lines--ack", "lines--notify", "lines--unknown", "lines--name",
        "lines--value", "lines--header", "lines--span", "lines--secret",
    }  # fmt: skip

    DEFAULT_CSS = """
    Lines {
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        overflow-x: hidden;
        overflow-y: scroll;
    }
    Lines .lines--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    Lines .lines--cursor-blurred { background: $block-cursor-blurred-background; }
    Lines .lines--dim { color: $text-muted; }
    Lines .lines--found { background: $warning 40%; text-style: bold; }
    Lines .lines--marked { background: $secondary 30%; }
    Lines .lines--error { color: $text-error; text-style: bold; }
    Lines .lines--warn { color: $text-warning; }
    Lines .lines--note { color: $text-accent; }
    Lines .lines--request { color: $text-primary; }
    Lines .lines--reply { color: $text-success; }
    Lines .lines--part { color: $text-success; text-style: dim; }
    Lines .lines--ack { color: $text-muted; }
    Lines .lines--notify { color: $text-accent; }
    Lines .lines--unknown { color: $text-warning; }
    Lines .lines--name { color: $text-primary; }
    Lines .lines--value { color: $foreground; }
    Lines .lines--header { color: $text-accent; text-style: bold; }
    Lines .lines--span { background: $primary 40%; }
    Lines .lines--secret { color: $text-disabled; text-style: italic; }
    """

    class Moved(Message):
        """The cursor went to another line, or the line under it is another one."""

        def __init__(self, lines: Lines, line: int) -> None:
            super().__init__()
            self.lines = lines
            self.line = line

        @property
        def control(self) -> Lines:
            return self.lines

    class Chosen(Message):
        """A line was entered: the enter key or a double click."""

        def __init__(self, lines: Lines, line: int) -> None:
            super().__init__()
            self.lines = lines
            self.line = line

        @property
        def control(self) -> Lines:
            return self.lines

    class MenuAsked(Message):
        """What can be done with the line is to be shown: the right button."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._styles_kept: dict[str, Style] = {}

    # What subclasses say

    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line(self, number: int) -> Sequence[Piece]:
        """The pieces of a line; what is too wide for the pane is cut with an ellipsis."""
        raise NotImplementedError

    def line_style(self, number: int) -> Style:
        """What all pieces of a line have below their own style."""
        return Style.null()

    def cursor_style(self) -> Style:
        """What the line with the cursor has above all pieces' styles."""
        return self.style("cursor" if self.has_focus else "cursor-blurred")

    # Styles

    def style(self, name: str) -> Style:
        """The style of a component class ``lines--NAME``, without what the pane's own gives."""
        known = self._styles_kept.get(name)
        if known is None:
            component = f"lines--{name}"
            own = self.get_component_rich_style(component, partial=True)
            # Colours that let the pane's shine through are mixed with it.
            whole = self.get_component_rich_style(component)
            known = own + Style(
                color=whole.color if own.color is not None else None,
                bgcolor=whole.bgcolor if own.bgcolor is not None else None,
            )
            self._styles_kept[name] = known
        return known

    def _base(self) -> Style:
        """The pane's own style."""
        known = self._styles_kept.get("")
        if known is None:
            known = self._styles_kept[""] = self.rich_style
        return known

    def notify_style_update(self) -> None:
        """The theme is another one."""
        super().notify_style_update()
        self._styles_kept.clear()
        self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self._base()
        if number >= self.count():
            return Strip.blank(width, base)
        base += self.line_style(number)
        cursor = self.cursor_style() if number == self.cursor else None
        segments = []
        left = width
        for text, style in self._pieces(number):
            size = len(text) if text.isascii() else cell_len(text)
            if size > left:
                text, size = fit(text, left), left
            if text:
                own = base + style
                segments.append(Segment(text, own if cursor is None else own + cursor))
            left -= size
            if left <= 0:
                break
        if left > 0:
            segments.append(Segment(" " * left, base if cursor is None else base + cursor))
        return Strip(segments, width)

    def _pieces(self, number: int) -> Sequence[Piece]:
        try:
            return self.line(number)
        except Exception as error:
            # Decoding is done when it is asked for: a bug in it must not end the browser.
            return [(bug_text(error), self.style("error"))]

    def changed(self) -> None:
        """There are other lines, or another number of them."""
        count = self.count()
        size = Size(self.scrollable_content_region.width, count)
        if size != self.virtual_size:
            if self.styles.overflow_y == "scroll" and self.show_vertical_scrollbar:
                # The scrollbar is there whatever the size: nothing else moves, and to lay out the
                # whole screen anew would take longer than all the rest.
                self.set_reactive(ScrollView.virtual_size, size)
                self.vertical_scrollbar.window_virtual_size = count
                self.scroll_target_y = self.scroll_y = self.validate_scroll_y(self.scroll_y)
            else:
                self.virtual_size = size
        self.cursor = max(0, min(self.cursor, count - 1))
        self.refresh()

    def on_resize(self) -> None:
        self.changed()
        self.reveal()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # The cursor

    def move(self, number: int, *, tell: bool = True) -> None:
        """Puts the cursor on a line, or the nearest that there is, and brings it in sight."""
        number = max(0, min(number, self.count() - 1))
        moved = number != self.cursor
        self.cursor = number
        self.reveal()
        self.refresh()
        if tell and moved:
            self.post_message(self.Moved(self, number))

    def reveal(self) -> None:
        """Scrolls as little as it takes to have the cursor in sight."""
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif height and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    @property
    def page(self) -> int:
        """How many lines a page has."""
        return max(1, self.scrollable_content_region.height - 1)

    def action_up(self) -> None:
        self.move(self.cursor - 1)

    def action_down(self) -> None:
        self.move(self.cursor + 1)

    def action_page_up(self) -> None:
        self.move(self.cursor - self.page)

    def action_page_down(self) -> None:
        self.move(self.cursor + self.page)

    def action_top(self) -> None:
        self.move(0)

    def action_bottom(self) -> None:
        self.move(self.count() - 1)

    def action_choose(self) -> None:
        """Enters the line under the cursor."""
        if self.count():
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        number = event.y + self.scroll_offset.y
        if not 0 <= number < self.count():
            return
        self.move(number)
        if event.button == _RIGHT:
            self.post_message(self.MenuAsked())
            return
        self.clicked(event, number)
        if event.chain == 2:
            self.post_message(self.Chosen(self, number))

    def clicked(self, event: events.Click, number: int) -> None:
        """A line was clicked and has the cursor."""

    def refresh_number(self, number: int) -> None:
        """Draws a line again."""
        y = number - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))
