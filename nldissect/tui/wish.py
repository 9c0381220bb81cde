"""What a screen or dialog wants of the browser when it closes."""

from __future__ import annotations

from typing import Any, NamedTuple


class Wish(NamedTuple):
    """kind: filter (its text), goto (a message's number), open (a path), map (an id and a name),
    columns (all columns in order), export (a Plan), comment (the text), copy (a form's text),
    deed (the one to do), answer (of a question), choice (of a menu).
    """

    kind: str
    value: Any
