"""All that keys do: one table, from which bindings, palette, footer and help are made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from textual.binding import Binding


class Deed(NamedTuple):
    """Something that a key does.

    id: the name to remap it by. where: the widgets that have it: ``lines`` (all panes), ``list``,
    ``tree``, ``bytes``, ``browser`` (the main screen), ``screen`` (all others), ``app``, or the
    screen, dialog or input that has a name of its own here.
    keys: joined by commas. action: Textual's name. title: a few words. hint: shown in the footer,
    there as ``label`` if that is not empty. group: what it is listed under. at_once: done before
    the next key is looked at, which then goes where this one leads.
    """

    id: str
    where: str
    keys: str
    action: str
    title: str
    hint: bool = False
    group: str = ""
    label: str = ""
    at_once: bool = False


_GROUPS: Final = {
    "Moving": (
        Deed("up", "lines", "up,k", "up", "Up a line"),
        Deed("down", "lines", "down,j", "down", "Down a line"),
        Deed("page-up", "lines", "pageup,ctrl+b", "page_up", "Up a page"),
        Deed("page-down", "lines", "pagedown,space", "page_down", "Down a page"),
        Deed("top", "lines", "home", "top", "To the first line (gg)"),
        Deed("bottom", "lines", "end", "bottom", "To the last line; follow what comes"),
        Deed("choose", "lines", "enter", "choose", "Enter: open, fold, jump"),
    ),
    "List": (
        Deed("list.open", "list", "right,l", "open", "Unfold the parts or copies"),
        Deed("list.close", "list", "left,h", "close", "Fold the parts or copies"),
        Deed("list.fold", "list", "z", "fold", "Fold or unfold this row"),
        Deed("list.open-all", "list", "E", "open_all", "Unfold all rows"),
        Deed("list.close-all", "list", "C", "close_all", "Fold all rows"),
        Deed("list.sort", "list", "s", "sort", "Sort by the chosen column; again: reverse, off"),
        Deed("list.column-before", "list", "left_square_bracket", "column(-1)",
             "Choose the column before"),
        Deed("list.column-after", "list", "right_square_bracket", "column(1)",
             "Choose the column after"),
        Deed("list.column-left", "list", "left_curly_bracket", "shift(-1)", "Move the column left"),
        Deed("list.column-right", "list", "right_curly_bracket", "shift(1)",
             "Move the column right"),
        Deed("list.narrower", "list", "left_parenthesis", "widen(-2)", "Make the column narrower"),
        Deed("list.wider", "list", "right_parenthesis", "widen(2)", "Make the column wider"),
        Deed("list.hide", "list", "H", "hide", "Hide the column"),
        Deed("list.columns", "browser", "a", "columns", "Columns: add any field, show, hide"),
        Deed("list.time", "browser", "t", "time_format", "Next time format"),
        Deed("list.reference", "browser", "T", "time_reference", "Times relative to this message"),
    ),
    "Tables": (
        Deed("table.sort", "table", "s", "sort", "Sort by the chosen column; again: reverse, off"),
        Deed("table.column-before", "table", "left_square_bracket", "column(-1)",
             "Choose the column before"),
        Deed("table.column-after", "table", "right_square_bracket", "column(1)",
             "Choose the column after"),
        Deed("chart.before", "chart", "left,h", "step(-1)", "The moment before"),
        Deed("chart.after", "chart", "right,l", "step(1)", "The next moment"),
        Deed("chart.first", "chart", "home", "step(-9999)", "The first moment"),
        Deed("chart.last", "chart", "end", "step(9999)", "The last moment"),
        Deed("chart.choose", "chart", "enter", "choose", "Filter by the moment"),
        Deed("statistics.shown", "statistics", "a", "all",
             "All or shown messages", True),
        Deed("statistics.copy", "statistics", "y,c", "copy", "Copy as text", True),
    ),
    "Tree": (
        Deed("tree.open", "tree", "right,l", "open", "Open, or go to the first child"),
        Deed("tree.close", "tree", "left,h", "close", "Close, or go to the parent"),
        Deed("tree.open-all", "tree", "E", "open_all", "Open all"),
        Deed("tree.close-all", "tree", "C", "close_all", "Close all"),
        Deed("tree.details", "tree", "d", "details", "Attribute headers and padding too"),
        Deed("tree.filter", "tree", "equals_sign", "filter('')", "Filter by this value"),
        Deed("tree.filter-not", "tree", "exclamation_mark", "filter('not')",
             "Filter by all but this value"),
        Deed("tree.filter-and", "tree", "ampersand", "filter('and')", "Filter: and this value"),
        Deed("tree.filter-or", "tree", "percent_sign", "filter('or')", "Filter: or this value"),
        Deed("tree.menu", "browser", "full_stop", "menu", "Menu: filter, copy, column"),
    ),
    "Bytes": (
        Deed("bytes.left", "bytes", "left,h", "left", "A byte back"),
        Deed("bytes.right", "bytes", "right,l", "right", "A byte on"),
    ),
    "Panes": (
        Deed("pane.next", "panes", "tab", "pane(1)", "Next pane"),
        Deed("pane.previous", "panes", "shift+tab", "pane(-1)", "Pane before"),
        Deed("pane.zoom", "panes", "backslash", "zoom", "Zoom the pane", True, label="Zoom"),
        Deed("pane.layout", "panes", "vertical_line", "layout", "Bytes at the right or below"),
        Deed("pane.narrower", "panes", "less_than_sign", "split(-4)", "Move the divider left"),
        Deed("pane.wider", "panes", "greater_than_sign", "split(4)", "Move the divider right"),
        Deed("pane.lower", "panes", "plus", "height(1)", "Make the list higher"),
        Deed("pane.higher", "panes", "minus", "height(-1)", "Make the list lower"),
    ),
    "Finding": (
        Deed("filter", "browser", "slash", "filter", "Filter", True, at_once=True),
        Deed("search", "browser", "ctrl+f", "search", "Search in list, tree or bytes", True,
             label="Search", at_once=True),
        Deed("search.next", "browser", "n", "search_next(1)", "Next match"),
        Deed("search.previous", "browser", "N", "search_next(-1)", "Match before"),
        Deed("goto", "browser", "ctrl+g", "goto", "Go to a message (123G)"),
        Deed("goto.bottom", "browser", "G", "goto_count",
             "To the last message, or to the number typed"),
        Deed("cancel", "browser", "escape", "cancel", "Stop what runs; close what is open"),
    ),
    "Transactions": (
        Deed("follow", "browser", "f", "transaction", "Follow the transaction", True,
             label="Follow"),
        Deed("other", "browser", "o", "other", "Jump between request and answer"),
        Deed("blame", "browser", "b", "blame", "Jump to the attribute that an error blames"),
    ),
    "Marks": (
        Deed("mark", "browser", "m", "mark", "Mark or unmark"),
        Deed("mark.next", "browser", "M", "next_mark(1)", "Next marked message"),
        Deed("mark.clear", "browser", "U", "clear_marks", "Unmark all"),
        Deed("comment", "browser", "semicolon", "comment", "Comment on the message"),
    ),
    "Out": (
        Deed("copy", "browser", "y,c", "copy", "Copy", True),
        Deed("export", "browser", "x", "export", "Export"),
        Deed("save", "browser", "w", "save", "Save as a capture, with marks' comments"),
    ),
    "Live": (
        Deed("live.follow", "browser", "F", "follow", "Follow what comes"),
        Deed("live.pause", "browser", "p", "pause", "Pause the list"),
        Deed("live.stop", "browser", "R", "record", "Stop or start the capture"),
    ),
    "Screens": (
        Deed("families", "browser", "L", "show('families')", "Families: the map of ids"),
        Deed("statistics", "browser", "S", "show('statistics')", "Statistics", True, label="Stats"),
        Deed("notes", "browser", "W", "show('notes')", "Notes by severity"),
        Deed("properties", "browser", "I", "show('properties')", "Properties of the capture"),
        Deed("recent", "browser", "O", "show('recent')", "Recent files"),
        Deed("help", "app", "question_mark,f1", "help", "Help", True),
        Deed("palette", "app", "ctrl+p,colon", "command_palette", "Command palette"),
        Deed("theme", "app", "f9", "change_theme", "Theme"),
    ),
    "Recent files": (
        Deed("recent.forget", "recent", "d,delete", "forget", "Forget the file", True),
    ),
    "Leaving": (
        Deed("close", "screen", "escape,q", "close", "Back", True),
        Deed("quit", "browser", "q", "quit_view",
             "Quit, after a question if something would be lost", True, label="Quit"),
        Deed("quit.now", "app", "Q,ctrl+q", "quit", "Quit at once (ZZ)"),
        Deed("suspend", "app", "ctrl+z", "suspend_process", "Suspend to the shell"),
    ),
    "Dialogs": (
        Deed("dialog.close", "dialog", "escape", "close", "Cancel", True),
        Deed("question.yes", "question", "y", "answer(True)", "Yes"),
        Deed("question.no", "question", "n", "answer(False)", "No"),
        Deed("question.other", "question", "left,right,h,l", "other", "The other answer"),
        Deed("choice.toggle", "choice", "space", "switch_on", "Switch on or off"),
        Deed("comment.line", "comment", "ctrl+j,alt+enter", "line", "Another line"),
    ),
    "Screens' own": (
        Deed("transaction.filter", "transaction", "slash", "filter", "Filter by it", True),
        Deed("families.name", "families", "e", "name", "Name the id", True),
        Deed("notes.open", "notes", "right,l", "open", "Show the messages", True),
        Deed("notes.close", "notes", "left,h", "close", "Hide the messages"),
        Deed("notes.error", "notes", "e", "severity('error')", "Show or hide errors"),
        Deed("notes.warn", "notes", "w", "severity('warn')", "Show or hide warnings"),
        Deed("notes.note", "notes", "n", "severity('note')", "Show or hide notes"),
        Deed("notes.chat", "notes", "c", "severity('chat')", "Show or hide chat"),
        Deed("properties.copy", "properties", "y,c", "copy", "Copy as text", True),
    ),
    "Filter bar": (
        Deed("filter.leave", "filter", "escape", "leave", "Close completions; leave", True),
        Deed("filter.clear", "filter", "ctrl+u", "clear", "Clear", True),
    ),
    "Search bar": (
        Deed("search.leave", "search", "escape", "leave", "Leave", True),
        Deed("search.where", "search", "ctrl+t", "where", "List, tree or bytes", True),
        Deed("search.how", "search", "ctrl+r", "how", "Text, regex or hex", True),
        Deed("search.older", "search", "up", "past(-1)", "The search before"),
        Deed("search.newer", "search", "down", "past(1)", "The search after"),
        Deed("search.clear", "search", "ctrl+u", "clear", "Clear"),
    ),
    "Inputs that complete": (
        Deed("input.complete", "input", "tab", "complete", "Complete, or go on"),
        Deed("input.down", "input", "down,ctrl+n", "offer(1)", "Next completion"),
        Deed("input.up", "input", "up,ctrl+p", "offer(-1)", "Completion before"),
    ),
    "Columns": (
        Deed("columns.show", "columns", "space", "show", "Show or hide", True),
        Deed("columns.up", "columns", "K,left_curly_bracket", "shift(-1)",
             "Move up", True),
        Deed("columns.down", "columns", "J,right_curly_bracket", "shift(1)",
             "Move down", True),
        Deed("columns.narrower", "columns", "left_parenthesis,left", "widen(-1)", "Narrower", True),
        Deed("columns.wider", "columns", "right_parenthesis,right", "widen(1)", "Wider", True),
        Deed("columns.own-width", "columns", "equals_sign", "own_width",
             "As wide as the content"),
        Deed("columns.remove", "columns", "d,delete", "remove", "Remove a field's column", True),
        Deed("columns.add", "columns", "a,slash", "add", "Add a field", True),
        Deed("columns.standard", "columns", "R", "standard", "The standard columns again"),
    ),
}  # fmt: skip

DEEDS: Final = tuple(
    deed._replace(group=group) for group, deeds in _GROUPS.items() for deed in deeds
)


def bindings(where: str) -> list[Binding]:
    """Textual's bindings of one kind of widget."""
    return [
        Binding(
            deed.keys,
            deed.action,
            deed.label or deed.title,
            show=deed.hint,
            id=deed.id,
            priority=deed.at_once,
        )
        for deed in DEEDS
        if deed.where == where
    ]


def deeds(where: Iterable[str]) -> list[Deed]:
    """What can be done in some places, in the table's order."""
    places = set(where)
    return [deed for deed in DEEDS if deed.where in places]
