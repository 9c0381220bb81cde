"""``notes``: the codes that notes on messages can have, and what they mean."""

from __future__ import annotations

import click

from ...errors import UsageError
from ...notes import CATALOGUE, Code
from ..diagnostics import DONE, did_you_mean
from ..tables import table


@click.command("notes")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all texts.")
@click.argument("codes", metavar="[CODE]…", nargs=-1)
def notes(codes: tuple[str, ...], as_json: bool) -> int:
    """List the codes of notes by severity and meaning; with CODE, say what to do about them."""
    from ..output import Output

    chosen = {code: _known(code) for code in codes} if codes else CATALOGUE
    with Output() as output:
        if as_json:
            import msgspec

            entries = [
                {"code": code, "severity": item.severity, "summary": item.summary,
                 "help": item.help}
                for code, item in chosen.items()
            ]  # fmt: skip
            document = msgspec.json.encode({"notes": entries})
            output.write(msgspec.json.format(document, indent=2) + b"\n")
        elif codes:
            for code, item in chosen.items():
                output.text(f"{code} ({item.severity})\n  {item.summary}\n")
                output.text(click.wrap_text(item.help, 88, "  ", "  ") + "\n")
        else:
            rows = [(code, item.severity, item.summary) for code, item in sorted(chosen.items())]
            output.text(table(("code", "severity", "summary"), rows))
    return DONE


def _known(code: str) -> Code:
    entry = CATALOGUE.get(code)
    if entry is None:
        hint = did_you_mean(code, CATALOGUE)
        what = f"there is no note code {code!r}"
        raise UsageError(f"{what}; {hint}" if hint else what)
    return entry
