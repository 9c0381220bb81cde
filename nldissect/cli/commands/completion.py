"""``completion``: shell completion scripts."""

from __future__ import annotations

import click

from ..options import Word


@click.command("completion")
@click.argument("shell", type=Word("shell", ("bash", "zsh", "fish")))
def completion(shell: str) -> int:
    """Print the completion script of SHELL: bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    from ..main import COMPLETE_VARIABLE, PROGRAM, cli
    from ..output import Output

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, PROGRAM, COMPLETE_VARIABLE)
    with Output() as output:
        output.text(script.source_template % script.source_vars() + "\n")
    return 0
