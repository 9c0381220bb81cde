"""``export``: messages in a format for other programs."""

from __future__ import annotations

import os
from typing import Any

import click

from ...errors import UsageError
from ...export import FORMATS, writer_class
from ..options import (
    Settings,
    Word,
    count_option,
    line_option,
    time_option,
    with_files,
    with_settings,
)


@click.command("export")
@click.option("-T", "format_", type=Word("format", tuple(FORMATS)), required=True, help="Format.")
@click.option("-o", "target", metavar="OUT", type=click.Path(), help="Write to OUT, not stdout.")
@count_option
@time_option
@line_option
@click.option("--show-secrets", "secrets", is_flag=True, help="Show key material in text.")
@with_settings
@with_files
def export(
    settings: Settings,
    files: tuple[str, ...],
    format_: str,
    target: str | None,
    count: int | None,
    by_line: bool,
    secrets: bool,
) -> int:
    """Write the messages of each FILE in FORMAT."""
    from ..inputs import Input, Printer, each
    from ..output import Output

    _check_target(target, files)
    with Output(target, by_line=by_line) as output:
        make = writer_class(format_)
        printer = Printer(output, count)

        def use(source: Input) -> bool:
            options: dict[str, Any] = {}
            if format_ == "text":
                options = {"title": source.titles(settings), "secrets": secrets}
            return printer.print(source, make(output.write, source.capture.interfaces, **options))

        return each(files, settings, use, links=format_ == "text")


def _check_target(target: str | None, files: tuple[str, ...]) -> None:
    """Raises UsageError if the output would overwrite an input."""
    if target is None or not os.path.exists(target):
        return
    for file in files:
        if os.path.exists(file) and os.path.samefile(file, target):
            raise UsageError(f"-o {target} would overwrite the input")
