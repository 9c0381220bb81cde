"""Other network namespaces."""

from __future__ import annotations

import ctypes
import os
from typing import Final

from ..capture.feed import strerror
from ..errors import LiveError, UsageError
from .ring import DENIED

_NAMED: Final = "/run/netns"
_CLONE_NEWNET: Final = 0x40000000


def enter(where: str) -> None:
    """Has this process be in a network namespace: of that name (``ip netns``), of the process with
    that number, or at that path.

    Raises UsageError if there is none, LiveError without permission.
    """
    path = where if "/" in where else f"{_NAMED}/{where}"
    if where.isdecimal() and not os.path.exists(path):
        path = f"/proc/{where}/ns/net"
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # os.setns is of Python 3.12.
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(fd, _CLONE_NEWNET):
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        finally:
            os.close(fd)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in DENIED:
            what = f"no permission to enter the network namespace {where}"
            raise LiveError(what, "run it with sudo") from error
        why = strerror(error) if isinstance(error, OSError) else str(error)
        what = f"{where!r} is no network namespace's name and no process"
        raise UsageError(f"{what} ({path}: {why}); 'ip netns' lists them") from error
