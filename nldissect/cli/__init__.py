"""The command line; ``program`` is the installed command."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import Final, NoReturn

_COLLECT: Final = 2_000_000


def program() -> NoReturn:
    """Runs the command line as a process, and ends it: nothing that was remembered is tidied up."""
    # What is imported stays and messages make no cycles: looking for some takes its time.
    gc.set_threshold(_COLLECT)
    from .main import main

    code = main()
    with suppress(OSError, ValueError):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    os._exit(code)
