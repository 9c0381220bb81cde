"""The command line: which command is meant, and what becomes of its errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ExtensionFileLoader as Compiled
from importlib.util import find_spec
from typing import Any, Final

import click

from .. import __version__
from ..errors import NldissectError, OutputError
from .diagnostics import (
    DONE,
    INTERNAL,
    INTERRUPTED,
    OUTPUT_FAILED,
    USAGE,
    Diagnostics,
    did_you_mean,
)

COMMANDS: Final = {
    "tui": "Browse a capture on the terminal.",
    "show": "Print messages as lines or as trees.",
    "export": "Write messages in a format for other programs.",
    "live": "Capture what this machine's netlink sockets say, and print it at once.",
    "stats": "Count messages, errors, latencies and more.",
    "families": "Print the generic netlink families that a capture tells of.",
    "fields": "List the fields that filters and tables can name.",
    "notes": "List the codes of notes, or explain them.",
    "spec": "Check, list and print families' specifications.",
    "completion": "Print a completion script for a shell.",
}
PROGRAM: Final = "nldissect"
COMPLETE_VARIABLE: Final = "_NLDISSECT_COMPLETE"
_PACKAGE: Final = "nldissect.cli.commands"
_EXPORT_OPTION: Final = "-T"
_BROWSER_OPTIONS: Final = ("-Y", "-t", "-r", "-q", "--")
_LINES_OPTIONS: Final = ("--color", "--fail-on", "--series", "--no-series", "--help")


class Commands(click.Group):
    """Imports a command when it is used; arguments that begin with none are files to show."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"{_PACKAGE}.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["FILE…  |  COMMAND [OPTIONS] [ARGS]…"]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        words = super().shell_complete(ctx, incomplete)
        if not incomplete.startswith("-"):
            words.append(CompletionItem(incomplete, type="file"))
        return words


def form() -> str:
    """Which form of the package this is: compiled, or pure Python."""
    spec = find_spec("nldissect.dissect")
    return "compiled" if spec is not None and isinstance(spec.loader, Compiled) else "pure Python"


def _tell_version(context: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"nldissect {__version__} ({form()})")
        context.exit()


@click.group(
    PROGRAM,
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version,
    help="Show the version and exit.",
)  # fmt: skip
def cli() -> None:
    """Dissect Linux netlink captures.

    FILE is a pcap or pcapng file, plain or in gzip, xz, zstd or lz4; - is standard input.
    Without a command FILE is browsed on a terminal, and its messages are printed elsewhere; a file
    that is named like a command is written ./NAME.
    """


def implied(arguments: Sequence[str]) -> list[str]:
    """The arguments with the command that they leave out; raises click.UsageError.

    Files without a command are exported where a format is given, browsed on a terminal, unless an
    option asks for lines, and shown elsewhere.
    """
    words = list(arguments)
    if not words:
        return ["--help"]
    first = words[0]
    if first in COMMANDS or first in ("-h", "--help", "--version"):
        return words
    is_word = not first.startswith("-") and os.sep not in first and "." not in first
    if is_word and not os.path.lexists(first):
        hint = did_you_mean(first, COMMANDS)
        what = f"there is no command and no file {first!r}"
        raise click.UsageError(f"{what}; {hint}" if hint else what)
    if any(word.startswith(_EXPORT_OPTION) for word in words):
        return ["export", *words]
    return ["tui" if _browsable(words) else "show", *words]


def _browsable(words: Sequence[str]) -> bool:
    """Whether there is a terminal to browse on, and all options are the browser's as well."""
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("TERM") in (None, "dumb"):
        return False
    if "-" not in words and not os.isatty(0):
        return False
    options = [word for word in words if word.startswith("-") and word != "-"]
    return all(
        word.startswith(_BROWSER_OPTIONS) and not word.startswith(_LINES_OPTIONS)
        for word in options
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code; never raises."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    diagnostics = Diagnostics()
    try:
        return _run(given, diagnostics)
    except KeyboardInterrupt:
        _discard_stdout()
        return INTERRUPTED


def _run(given: list[str], diagnostics: Diagnostics) -> int:
    from .output import OutputClosed

    try:
        asked = os.environ.get(COMPLETE_VARIABLE)
        if asked:
            from click.shell_completion import shell_complete

            return shell_complete(cli, {}, PROGRAM, COMPLETE_VARIABLE, asked)
        words = implied(given)
        with cli.make_context(PROGRAM, words) as context:
            code = cli.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except OutputClosed:
        return DONE
    except BrokenPipeError:
        _discard_stdout()
        return DONE
    except (KeyboardInterrupt, click.Abort):
        _discard_stdout()
        return INTERRUPTED
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        diagnostics.error(_usage_text(error), USAGE, _usage_hint(error))
    except OutputError as error:
        _discard_stdout()
        diagnostics.exception(error)
    except NldissectError as error:
        diagnostics.exception(error)
    except OSError as error:
        # What commands read and write has its own errors: this is the help text's way out.
        _discard_stdout()
        diagnostics.error((error.strerror or str(error)).lower(), OUTPUT_FAILED)
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = ""
        if trace is not None:
            name = os.path.basename(trace.tb_frame.f_code.co_filename)
            where = f" ({name}, line {trace.tb_lineno})"
        what = f"internal error: {type(error).__name__}: {error}{where}"
        diagnostics.error(what, INTERNAL, "this is a bug in nldissect: please report it")
    return diagnostics.code


def _usage_text(error: click.ClickException) -> str:
    text = error.format_message()
    if isinstance(error, click.NoSuchOption):
        text = f"there is no option {error.option_name}"
        if error.possibilities:
            text += f"; did you mean {' or '.join(sorted(error.possibilities))}?"
        return text
    if isinstance(error, click.UsageError) and text.startswith("No such command"):
        name = text.split("'")[1] if "'" in text else ""
        text = f"there is no command {name!r}"
        if isinstance(error.ctx, click.Context) and isinstance(error.ctx.command, click.Group):
            hint = did_you_mean(name, error.ctx.command.list_commands(error.ctx))
            text += f"; {hint}" if hint else ""
        return text
    return text[:1].lower() + text[1:].rstrip(".")


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else PROGRAM
    return f"{path} --help tells more"


def _discard_stdout() -> None:
    """Lets the interpreter flush what nobody reads without a word."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError, AttributeError):
        return
