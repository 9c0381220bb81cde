"""``show``: messages as lines or as trees."""

from __future__ import annotations

import click

from ..filters import filter_option, wanted
from ..options import (
    Settings,
    count_option,
    fail_option,
    line_option,
    secrets_option,
    series_option,
    time_option,
    with_files,
    with_settings,
)


@click.command("show")
@click.option("-V", "tree", count=True, help="Trees; -VV with spans, headers and padding.")
@click.option("-x", "hexdump", is_flag=True, help="The bytes of each message as well.")
@filter_option
@count_option
@time_option
@line_option
@fail_option
@series_option
@secrets_option
@with_settings
@with_files
def show(
    settings: Settings,
    files: tuple[str, ...],
    tree: int,
    hexdump: bool,
    filter_: str | None,
    count: int | None,
    by_line: bool,
    fail_on: str | None,
    together: bool | None,
    secrets: bool,
) -> int:
    """Print the messages of each FILE, one line or one tree for each."""
    from ...export.text import Writer
    from ...session import Session
    from ..inputs import Printer, each, titles
    from ..output import Output, colored

    match = wanted(filter_, settings)
    # Without trees no note is shown.
    fates = tree > 0 or fail_on is not None
    with Output(by_line=by_line) as output:
        color = colored(settings.color, output)
        width = 0 if tree else output.width
        printer = Printer(output, settings, count, match, fail_on)

        def use(source: Session) -> bool:
            if len(files) > 1:
                output.text(f"==> {source.capture.path} <==\n")
            writer = Writer(
                output.write,
                source.capture.interfaces,
                titles=titles(source, settings, color=color, width=width),
                verbose=tree > 1,
                hexdump=hexdump,
                color=color,
                secrets=secrets,
                tree=tree > 0,
            )
            return printer.print(source, writer)

        return each(files, settings, use, facts=True, fates=fates, together=together, wanted=match)
