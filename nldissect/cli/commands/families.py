"""``families``: what a capture tells of generic netlink families."""

from __future__ import annotations

import click

from ...learn import FamilyInfo
from ...session import Session
from ...text import Json, printable
from ..options import Settings, with_files, with_settings

_HEAD = (
    "id", "name", "version", "hdrsize", "maxattr", "ops", "since", "until", "source", "groups",
)  # fmt: skip
_NUMBERS = frozenset((2, 3, 4, 5, 6, 7))


@click.command("families")
@click.option("--json", "as_json", is_flag=True, help="As JSON, which --families reads again.")
@with_settings
@with_files
def families(settings: Settings, files: tuple[str, ...], as_json: bool) -> int:
    """Print the families of each FILE: ids, names, operations, groups, and from which record on.

    since is the record that told of a family, until the one that told of its end.
    """
    from ..inputs import each
    from ..output import Output
    from ..tables import table

    found: list[tuple[str, list[FamilyInfo]]] = []

    def use(source: Session) -> None:
        try:
            # A pipe is learned from while it is dissected; a file needs only be read to its end.
            for _ in source.messages() if source.live else source.capture:
                pass
        finally:
            found.append((source.capture.path, source.learned.families()))

    with Output() as output:
        code = each(files, settings, use, facts=False)
        if as_json:
            import msgspec

            entries: list[Json] = [
                {**info.as_json(), "file": path} for path, infos in found for info in infos
            ]
            document = msgspec.json.encode({"families": entries})
            output.write(msgspec.json.format(document, indent=2) + b"\n")
        else:
            for path, infos in found:
                if len(files) > 1:
                    output.text(f"==> {printable(path)} <==\n")
                output.text(table(_HEAD, [_row(info) for info in infos], _NUMBERS))
    return code


def _row(info: FamilyInfo) -> tuple[str, ...]:
    groups = (f"{printable(name)}({number:#x})" for number, name in sorted(info.groups.items()))
    return (
        f"{info.id:#x}",
        printable(info.name),
        "-" if info.version is None else str(info.version),
        str(info.hdrsize),
        "-" if info.maxattr is None else str(info.maxattr),
        str(len(info.operations)),
        str(info.since) if info.since else "-",
        "-" if info.until is None else str(info.until),
        info.source,
        " ".join(groups) or "-",
    )
