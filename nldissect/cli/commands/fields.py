"""``fields``: what filters and tables can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ..diagnostics import DONE
from ..filters import FieldName, catalogue
from ..options import Settings, with_settings

if TYPE_CHECKING:
    from ...filter import Field

_WIDTH: Final = 60
_KNOWN: Final = 8


@click.command("fields")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all values.")
@click.argument("prefix", metavar="[PREFIX]", default="", type=FieldName())
@with_settings
def fields(settings: Settings, prefix: str, as_json: bool) -> int:
    """List the fields whose names begin with PREFIX: name, type, values, C name.

    A type with * can have several values. Those of any family are listed for attr. and header. as
    PREFIX.
    """
    from ..output import Output
    from ..tables import table

    known = catalogue(settings)
    found = list(known.complete(prefix))
    if not found:
        # A name that cannot be listed, or a mistake.
        found = [known.field(prefix)]
    with Output() as output:
        if as_json:
            import msgspec

            document = msgspec.json.encode({"fields": [_entry(field) for field in found]})
            output.write(msgspec.json.format(document, indent=2) + b"\n")
        else:
            rows = [
                (field.name, _type(field), _values(field), field.c_name or "-") for field in found
            ]
            output.text(table(("field", "type", "values", "c name"), rows))
    return DONE


def _type(field: Field) -> str:
    return field.kind + ("*" if field.repeated else "")


def _values(field: Field) -> str:
    """Some of the words that the field is compared with; of an alias what it means."""
    if field.alias:
        return f"= {field.alias}"
    names = field.names(_KNOWN)
    text = " ".join(names[:_KNOWN])
    if len(names) > _KNOWN or len(text) > _WIDTH:
        text = text[:_WIDTH].rpartition(" ")[0] + " …"
    return text or "-"


def _entry(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "type": field.kind,
        "repeated": field.repeated,
        "values": field.names(),
        "c_name": field.c_name or None,
        "alias": field.alias or None,
        "secret": field.secret,
    }
