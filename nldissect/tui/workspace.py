"""The three panes and their places: list above, tree and bytes beside each other or stacked."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from .hexpane import BytesPane
from .keys import bindings
from .lines import Lines
from .messages import MessageHead, MessageList
from .panes import Divider
from .tree import TreePane

Layout = Literal["", "right", "below"]
"""Where the bytes stand; "" decides by the width."""

_WIDE: Final = 120
_LEAST_SHARE: Final = 15
_MOST_SHARE: Final = 85


class Workspace(Container):
    """Holds the panes, one of which may fill it all.

    layout_name: right or below, where the bytes stand, "" by the width. upper, side: shares in
    percent, of the list and of the tree.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("panes")]

    DEFAULT_CSS = """
    Workspace { height: 1fr; layout: vertical; }
    Workspace #lower { height: 1fr; layout: vertical; }
    Workspace #lower.beside { layout: horizontal; }
    Workspace MessageList { height: 1fr; }
    Workspace TreePane, Workspace BytesPane { width: 1fr; height: 1fr; }
    """

    def __init__(
        self, list_: MessageList, tree: TreePane, bytes_: BytesPane, layout: Layout, upper: int,
        side: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layout_name: Layout = layout
        self.upper = _within(upper)
        self.side = _within(side)
        self.title = Divider()
        self.title.add_class("level")
        self._divider = Divider("Bytes")
        self._upper = Container(MessageHead(list_), list_)
        self._lower = Container(tree, self._divider, bytes_, id="lower")
        self._panes: tuple[Lines, ...] = (list_, tree, bytes_)
        self._zoomed: Lines | None = None

    def compose(self) -> ComposeResult:
        yield self._upper
        yield self.title
        yield self._lower

    def on_mount(self) -> None:
        self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    @property
    def focused_pane(self) -> Lines:
        """The pane that has the keys, the list where none has."""
        focused = self.screen.focused
        return next((pane for pane in self._panes if pane is focused), self._panes[0])

    @property
    def zoomed(self) -> bool:
        return self._zoomed is not None

    def show(self, pane: Lines) -> None:
        """Gives a pane the keys, and the room if another one had it all."""
        if self._zoomed is not None and self._zoomed is not pane:
            self._zoomed = pane
            self._arrange()
        pane.focus()

    def action_pane(self, step: int) -> None:
        place = self._panes.index(self.focused_pane)
        self.show(self._panes[(place + step) % len(self._panes)])

    def action_zoom(self) -> None:
        self._zoomed = self.focused_pane if self._zoomed is None else None
        self._arrange()

    def action_layout(self) -> None:
        self.layout_name = "below" if self._beside else "right"
        self._arrange()

    def action_split(self, step: int) -> None:
        self.side = _within(self.side + step)
        self._arrange()

    def action_height(self, step: int) -> None:
        self.upper = _within(self.upper + 4 * step)
        self._arrange()

    @on(Divider.Dragged)
    def _dragged(self, event: Divider.Dragged) -> None:
        if event.divider is self.title:
            self.upper = _share(event.y - self.region.y, self.region.height)
        elif self._beside:
            self.side = _share(event.x - self._lower.region.x, self._lower.region.width)
        else:
            self.side = _share(event.y - self._lower.region.y, self._lower.region.height)
        self._arrange()

    @property
    def _beside(self) -> bool:
        if self.layout_name:
            return self.layout_name == "right"
        return self.size.width >= _WIDE

    def _arrange(self) -> None:
        zoomed = self._zoomed
        list_, tree, bytes_ = self._panes
        self._upper.display = zoomed in (None, list_)
        self.title.display = zoomed is not list_
        self._lower.display = zoomed is not list_
        tree.display = zoomed in (None, tree)
        bytes_.display = zoomed in (None, bytes_)
        self._divider.display = zoomed is None
        beside = self._beside
        self._lower.set_class(beside, "beside")
        self._divider.set_class(beside, "upright")
        self._divider.set_class(not beside, "level")
        _size(self._upper, "height", self.upper if zoomed is None else 0)
        share = 100 - self.side if zoomed is None else 0
        _size(bytes_, "width", share if beside else 0)
        _size(bytes_, "height", 0 if beside else share)


def _size(widget: Widget, side: str, percent: int) -> None:
    """Gives a widget a share of the room, or for 0 what the others leave."""
    setattr(widget.styles, side, f"{percent}%" if percent else "1fr")


def _share(part: int, whole: int) -> int:
    return _within(100 * part // max(1, whole))


def _within(share: int) -> int:
    return max(_LEAST_SHARE, min(share, _MOST_SHARE))
