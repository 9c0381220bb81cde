"""``python -m nldissect``."""

from .cli import program

program()
