"""``tui``: browse a capture on the terminal."""

from __future__ import annotations

import click

from ...errors import UsageError
from ..options import Settings, secrets_option, time_option, with_files, with_settings


@click.command()
@with_files
@click.option("-Y", "filter_", metavar="FILTER", default="", help="Begin with this filter.")
@click.option("--follow", is_flag=True, help="Read on as the file grows.")
@secrets_option
@time_option
@with_settings
def tui(
    settings: Settings, *, files: tuple[str, ...], filter_: str, follow: bool, secrets: bool
) -> int:
    """Browse a capture on the terminal; - is standard input, with keys from the terminal.

    \b
    nldissect tui my.pcap
    nldissect tui -Y 'error' my.pcap
    tcpdump -i nlmon0 -U -w - | nldissect tui -
    """
    try:
        from ...tui.start import browse, open_input
    except ImportError as error:
        raise UsageError(f"the browser needs textual, which is not installed: {error}") from error
    if filter_:
        from ...filter import Catalogue, compile_filter

        compile_filter(filter_, Catalogue(settings.registry()))
    capture, path = open_input(files)
    return browse(capture, settings, path=path, filter=filter_, secrets=secrets, follow=follow)
