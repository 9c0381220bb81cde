"""``show``: messages as lines or as trees."""

from __future__ import annotations

import click

from ..options import (
    Settings,
    count_option,
    line_option,
    time_option,
    with_files,
    with_settings,
)


@click.command("show")
@click.option("-V", "tree", count=True, help="Trees; -VV with spans, headers and padding.")
@click.option("-x", "hexdump", is_flag=True, help="The bytes of each message as well.")
@count_option
@time_option
@line_option
@click.option("--show-secrets", "secrets", is_flag=True, help="Show key material.")
@with_settings
@with_files
def show(
    settings: Settings,
    files: tuple[str, ...],
    tree: int,
    hexdump: bool,
    count: int | None,
    by_line: bool,
    secrets: bool,
) -> int:
    """Print the messages of each FILE, one line or one tree for each."""
    from ...export.text import Writer
    from ..inputs import Input, Printer, each
    from ..output import Output, colored

    with Output(by_line=by_line) as output:
        color = colored(settings.color, output)
        width = 0 if tree else output.width
        printer = Printer(output, count)

        def use(source: Input) -> bool:
            if len(files) > 1:
                output.text(f"==> {source.capture.path} <==\n")
            writer = Writer(
                output.write,
                source.capture.interfaces,
                title=source.titles(settings, color=color, width=width),
                verbose=tree > 1,
                hexdump=hexdump,
                color=color,
                secrets=secrets,
                tree=tree > 0,
            )
            return printer.print(source, writer)

        return each(files, settings, use, links=True)
