"""Rows to aligned text."""

from __future__ import annotations

from collections.abc import Sequence


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()
) -> str:
    """Lines of a table, each ended; right: columns that are aligned to the right.

    An empty head is left out; without rows the head stands alone.
    """
    lines = [head, *rows] if head else list(rows)
    if not lines:
        return ""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    made = []
    for line in lines:
        cells = [
            f"{cell:>{width}}" if column in right else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        made.append("  ".join(cells).rstrip())
    return "\n".join(made) + "\n"
