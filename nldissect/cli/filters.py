"""The options that name filters and fields: ``-Y FILTER``, ``-e FIELD``, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from .options import Settings

if TYPE_CHECKING:
    from ..filter import Catalogue, Field, Filter

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType

_SHOWN: Final = 200


def catalogue(settings: Settings) -> Catalogue:
    """The fields of the families that the options name; raises SpecError, UsageError."""
    from ..filter import Catalogue

    names = {*settings.named.values(), *(info.name for info in settings.saved())}
    return Catalogue(settings.registry(), names)


def wanted(text: str | None, settings: Settings) -> Filter | None:
    """The filter of ``-Y``, None without one; raises FilterError, SpecError, UsageError."""
    if text is None:
        return None
    from ..filter import compile_filter

    return compile_filter(text, catalogue(settings))


def columns(names: Sequence[str], settings: Settings) -> list[Field]:
    """The fields of ``-e``; raises FilterError, SpecError, UsageError."""
    known = catalogue(settings)
    return [known.field(name) for name in names]


def _settings(ctx: click.Context) -> Settings:
    """What of the command line says which families there are."""
    return Settings(spec=ctx.params.get("spec") or (), map=ctx.params.get("map") or (), quiet=True)


class FilterText(ParamType):
    """A display filter."""

    name = "filter"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[Any]:
        from click.shell_completion import CompletionItem

        from ..filter.complete import complete

        return [
            CompletionItem(incomplete[: found.start] + found.text, help=found.help or None)
            for found in complete(incomplete, len(incomplete), catalogue(_settings(ctx)))[:_SHOWN]
        ]


class FieldName(ParamType):
    """A field's name."""

    name = "field"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[Any]:
        from click.shell_completion import CompletionItem

        from ..filter.complete import complete_field

        return [
            CompletionItem(found.text, help=found.help or None)
            for found in complete_field(incomplete, catalogue(_settings(ctx)))[:_SHOWN]
        ]


filter_option: Final = click.option(
    "-Y", "filter_", metavar="FILTER", type=FilterText(), help="Only messages that FILTER matches."
)
field_option: Final = click.option(
    "-e",
    "fields",
    metavar="FIELD",
    multiple=True,
    type=FieldName(),
    help="A column; 'nldissect fields' lists them.",
)
