"""The options that all commands share, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..clock import TIME_FORMATS, Clock
from ..errors import UsageError
from .diagnostics import Diagnostics, did_you_mean

if TYPE_CHECKING:
    from ..learn import FamilyInfo, Learned
    from ..registry import Registry

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType

_MAP_LIMIT: Final = 1 << 26


class Word(ParamType):
    """One of some words; a near miss is told the right one."""

    def __init__(self, kind: str, words: Sequence[str]) -> None:
        self.name = kind
        self.words = words

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.words:
            hint = did_you_mean(value, self.words) or f"there are: {', '.join(self.words)}"
            self.fail(f"there is no {self.name} {value!r}; {hint}", param, ctx)
        return value

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return self.name.upper() if len(self.words) > 4 else "|".join(self.words)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


class NamedId(ParamType):
    """``ID=NAME``: a family id, hexadecimal or decimal, and the family's name."""

    name = "id=name"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        if isinstance(value, tuple):
            return value
        number, equals, name = value.partition("=")
        try:
            id_ = int(number, 16 if number[:2] in ("0x", "0X") else 10)
        except ValueError:
            id_ = -1
        if not equals or not name or not 0x10 <= id_ <= 0xFFFF:
            self.fail(f"{value!r} is not ID=NAME with an id from 0x10 to 0xffff", param, ctx)
        return id_, name


class Settings:
    """What the shared options say.

    order: little, big or None to decide by interface.
    """

    def __init__(
        self,
        spec: Sequence[str] = (),
        map: Sequence[tuple[int, str]] = (),
        families: str | None = None,
        endian: str | None = None,
        t: str = "r",
        color: str = "auto",
        quiet: bool = False,
    ) -> None:
        self.specs = spec
        self.named = dict(map)
        self.families = families
        self.order = endian
        self.time_format = t
        self.color = color
        self.diagnostics = Diagnostics(quiet)
        self._registry: Registry | None = None

    def registry(self) -> Registry:
        """The families, with the user's own in place of built-in ones of the same name.

        Raises SpecError, UsageError.
        """
        if self._registry is None:
            self._registry = self._load()
        return self._registry

    def _load(self) -> Registry:
        from ..registry import Registry

        registry = Registry()
        for file in self.spec_files():
            from ..spec.load import load_spec

            registry.override(load_spec(file))
        for id_, name in self.named.items():
            if name not in registry and (hint := did_you_mean(name, registry.names())):
                what = f"--map {id_:#x}={name}: there is no specification of that name; {hint}"
                self.diagnostics.warning(what)
        return registry

    def spec_files(self) -> list[Path]:
        """The files that ``--spec`` names, those of a directory in order of names."""
        files: list[Path] = []
        for name in self.specs:
            path = Path(name)
            if path.is_dir():
                inside = sorted({*path.glob("*.yaml"), *path.glob("*.yml")})
                if not inside:
                    raise UsageError(f"--spec {name}: the directory holds no .yaml file")
                files.extend(inside)
            else:
                files.append(path)
        return files

    def saved(self) -> list[FamilyInfo]:
        """The map of ``--families``; raises UsageError."""
        if self.families is None:
            return []
        import json

        from ..learn import saved_families

        try:
            with Path(self.families).open("rb") as file:
                data = file.read(_MAP_LIMIT)
            return saved_families(json.loads(data), self.families)
        except OSError as error:
            what = (error.strerror or str(error)).lower()
            raise UsageError(f"--families {self.families}: {what}") from error
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise UsageError(f"{self.families} is no saved family map") from error

    def learned(self, saved: Sequence[FamilyInfo]) -> Learned:
        """Fresh knowledge for one capture."""
        from ..learn import Learned

        return Learned(self.named, saved)

    def clock(self) -> Clock:
        """The times of one capture as text."""
        return Clock(self.time_format)


_SHARED: Final = (
    click.option(
        "--spec",
        metavar="FILE|DIR",
        multiple=True,
        type=click.Path(),
        help="Add a family's YNL specification; it replaces a built-in one of the same name.",
    ),
    click.option(
        "--map",
        metavar="ID=NAME",
        multiple=True,
        type=NamedId(),
        help="Name a generic netlink family id, above all that the capture says.",
    ),
    click.option(
        "--families",
        metavar="FILE",
        type=click.Path(),
        help="Use family ids saved by 'families --json' where the capture has none.",
    ),
    click.option(
        "--endian",
        type=Word("byte order", ("little", "big")),
        help="Read in this byte order.",
    ),
    click.option(
        "--color",
        type=Word("choice", ("auto", "always", "never")),
        default="auto",
        help="Colour the output; auto heeds NO_COLOR and FORCE_COLOR.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr."),
)

time_option: Final = click.option(
    "-t",
    metavar="FORMAT",
    type=Word("time format", tuple(TIME_FORMATS)),
    default="r",
    help="Times: " + "; ".join(f"{key} {text}" for key, text in TIME_FORMATS.items()) + ".",
)
count_option: Final = click.option(
    "-c", "count", metavar="N", type=click.IntRange(min=1), help="Stop after N messages."
)
secrets_option: Final = click.option(
    "--show-secrets", "secrets", is_flag=True, help="Show key material in text."
)
series_option: Final = click.option(
    "--series/--no-series",
    "together",
    default=None,
    help="Read the files as one recording, or each alone; otherwise their names and times decide.",
)
fail_option: Final = click.option(
    "--fail-on",
    metavar="SEVERITY",
    type=Word("severity", ("chat", "note", "warn", "error")),
    help="Exit with 1 if a note of this severity or a worse one stands on a message.",
)
line_option: Final = click.option(
    "-l", "by_line", is_flag=True, help="Write out every message at once."
)


def with_settings(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the shared options, as its first argument ``settings``."""

    @wraps(command)
    def run(*, t: str = "r", **words: Any) -> int:
        shared = {
            name: words.pop(name)
            for name in ("spec", "map", "families", "endian", "color", "quiet")
        }
        return command(Settings(t=t, **shared), **words)

    for option in reversed(_SHARED):
        run = option(run)
    return run


def with_files(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command FILE… and ``-r FILE``, as ``files``; raises UsageError if none is named."""

    @wraps(command)
    def run(*args: Any, files: tuple[str, ...], read_files: tuple[str, ...], **words: Any) -> int:
        names = (*read_files, *files)
        if not names:
            raise click.UsageError("no FILE is named; - is standard input")
        return command(*args, files=names, **words)

    run = click.argument("files", metavar="FILE…", nargs=-1, type=click.Path())(run)
    return click.option(
        "-r", "read_files", metavar="FILE", multiple=True, type=click.Path(), help="Read FILE."
    )(run)
