"""``stats``: what a capture holds, counted."""

from __future__ import annotations

import click

from ...stats import DEFAULT, TABLES
from ..filters import filter_option, wanted
from ..options import Settings, Word, series_option, time_option, with_files, with_settings

_HELP = "A table; may be repeated. There are: " + ", ".join(TABLES) + "."


@click.command("stats")
@click.option(
    "--by", "names", metavar="TABLE", multiple=True, type=Word("table", tuple(TABLES)), help=_HELP
)
@click.option("--coverage", is_flag=True, help="The table of that name: what is not understood.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with each row's filter.")
@click.option("--filters", is_flag=True, help="Beside each row the filter that selects it.")
@filter_option
@time_option
@series_option
@with_settings
@with_files
def stats(
    settings: Settings,
    files: tuple[str, ...],
    names: tuple[str, ...],
    coverage: bool,
    as_json: bool,
    filters: bool,
    filter_: str | None,
    together: bool | None,
) -> int:
    """Count what the FILEs hold, all together.

    Latencies are from requests to their last answers. Bytes are those of messages.
    """
    from ...session import Session
    from ...stats import Statistics
    from ...stats.text import Printer
    from ..inputs import each
    from ..output import Output, colored

    match = wanted(filter_, settings)
    if coverage and "coverage" not in names:
        names = (*names, "coverage")
    statistics = Statistics(names or DEFAULT)

    def use(source: Session) -> None:
        try:
            for message in source.messages(match):
                statistics.add(message)
        finally:
            statistics.finish()

    with Output() as output:
        code = each(files, settings, use, facts=False, fates="notes" in names or match is not None,
                    together=together, wanted=match)  # fmt: skip
        tables = statistics.tables()
        if as_json:
            import msgspec

            document = msgspec.json.encode({"tables": [table.as_json() for table in tables]})
            output.write(msgspec.json.format(document, indent=2) + b"\n")
        elif not statistics.messages:
            output.text("no messages\n")
        else:
            clock = settings.clock().text
            clock(statistics.timeline.first_ns)
            printer = Printer(
                clock, width=output.width, color=colored(settings.color, output), filters=filters
            )
            output.text("\n".join(printer.text(table) for table in tables))
    return code
