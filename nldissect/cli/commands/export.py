"""``export``: messages in a format for other programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from ...errors import UsageError
from ...export import BINARY, COLUMNS, FORMATS, VALUES, writer_class
from ..diagnostics import DONE
from ..filters import columns, field_option, filter_option, wanted
from ..options import (
    Settings,
    Word,
    count_option,
    fail_option,
    line_option,
    secrets_option,
    series_option,
    time_option,
    with_files,
    with_settings,
)

if TYPE_CHECKING:
    from ...filter.field import Field

_SEPARATOR: Final = "separator="


@click.command("export")
@click.option("-T", "format_", type=Word("format", tuple(FORMATS)), required=True, help="Format.")
@click.option("-o", "target", metavar="OUT", type=click.Path(), help="Write to OUT, not stdout.")
@field_option
@click.option(
    "-E", "table", metavar="separator=C", multiple=True, help="Between csv cells; /t is a tab."
)
@filter_option
@count_option
@click.option(
    "-j", "jobs", metavar="N", type=click.IntRange(min=1), default=1, help="Use N processes."
)
@click.option("--redact", is_flag=True, help="Zero key material.")
@time_option
@line_option
@fail_option
@series_option
@secrets_option
@with_settings
@with_files
def export(
    settings: Settings,
    files: tuple[str, ...],
    format_: str,
    target: str | None,
    fields: tuple[str, ...],
    table: tuple[str, ...],
    filter_: str | None,
    count: int | None,
    jobs: int,
    redact: bool,
    by_line: bool,
    fail_on: str | None,
    together: bool | None,
    secrets: bool,
) -> int:
    """Write the messages of each FILE in FORMAT, one FILE after the other."""
    from ...session import Session
    from ..inputs import Printer, each, titles
    from ..output import Output

    _check_target(target, files)
    match = wanted(filter_, settings)
    make = writer_class(format_)
    options = _options(format_, settings, fields, table, secrets)
    with Output(target, by_line=by_line) as output:
        if format_ in BINARY and output.terminal:
            raise UsageError(f"{format_} is not for a terminal; -o FILE writes a file")
        printer = Printer(output, settings, count, match, fail_on, jobs)
        writer = None

        def use(source: Session) -> bool:
            nonlocal writer
            if writer is None:
                writer = make(output.write, source.interfaces, **options)
            writer.begin(source.interfaces, source.capture.path if len(files) > 1 else "")
            if format_ == "text":
                writer.titles = titles(source, settings)
            return printer.print(source, writer)

        code = each(
            files,
            settings,
            use,
            facts=format_ not in VALUES,
            fates=fail_on is not None or _tells_fates(options.get("fields")),
            together=together,
            redact=redact,
            wanted=match,
        )
        if writer is None and code == DONE:
            writer = make(output.write, [], **options)
        if writer is not None:
            writer.close()
        if format_ == "parquet" and writer is not None:
            for name, number in writer.unfit.items():
                values = "value" if number == 1 else "values"
                settings.diagnostics.warning(
                    f"{number} {values} of {name} had no place in its column"
                )
        return code


def _options(
    format_: str,
    settings: Settings,
    fields: tuple[str, ...],
    table: tuple[str, ...],
    secrets: bool,
) -> dict[str, Any]:
    """What the writer is to know; raises UsageError for what the format cannot use."""
    if (fields and format_ not in COLUMNS) or (table and format_ != "csv"):
        option, formats = ("-e", "csv and parquet") if fields else ("-E", "csv")
        raise UsageError(f"{option} is for {formats}, not for {format_}")
    options: dict[str, Any] = {}
    if format_ == "text":
        options["secrets"] = secrets
    if fields:
        options["fields"] = columns(fields, settings)
    for item in table:
        if not item.startswith(_SEPARATOR):
            raise UsageError(f"-E {item}: there is only {_SEPARATOR}C")
        options["separator"] = item.removeprefix(_SEPARATOR)
    return options


def _tells_fates(fields: Sequence[Field] | None) -> bool:
    """Whether what is written says that a request has no answer: all formats, unless columns are
    named that do not.
    """
    if not fields:
        return True
    return any(source.need in ("notes", "txn") for field in fields for source in field.sources)


def _check_target(target: str | None, files: tuple[str, ...]) -> None:
    """Raises UsageError if the output would overwrite an input."""
    if target is None or not os.path.exists(target):
        return
    for file in files:
        if os.path.exists(file) and os.path.samefile(file, target):
            raise UsageError(f"-o {target} would overwrite the input")
