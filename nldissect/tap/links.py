"""The nlmon link to listen on: one that is there, or one that is created and removed again."""

from __future__ import annotations

import errno
import os
import subprocess
from typing import Final

from ..capture.feed import strerror
from ..errors import CaptureError, LiveError
from .kernel import Links
from .ring import DENIED

_SUDO: Final = "run it with sudo"
_BY_HAND: Final = "sudo ip link add nlmon0 type nlmon && sudo ip link set nlmon0 up"
_ALIAS: Final = "nldissect"
_COMMAND: Final = b"nldissect.tap"


class Link:
    """A link of type nlmon that is up.

    interface: the name of one, which is left alone whatever it is. Else it is one that somebody
    made, which is left alone, or that a capture made which was killed, or that is created now:
    the latter are removed by ``close``.
    Raises LiveError without permission or module, CaptureError for the rest.
    """

    def __init__(self, interface: str | None) -> None:
        self.name = interface or "nlmon"
        self.created = False
        self._index = 0
        self._links: Links | None = None
        if interface is not None:
            return
        try:
            self._links = Links()
            self._find(self._links)
        except OSError as error:
            self.close()
            raise CaptureError(strerror(error), self.name) from error
        except BaseException:
            self.close()
            raise

    @property
    def port(self) -> int:
        """The port id of its requests, 0 where it makes none."""
        return self._links.port if self._links is not None else 0

    def close(self) -> None:
        """Removes the link that was created."""
        if self._links is None:
            return
        links, self._links = self._links, None
        try:
            if self.created:
                links.remove(self._index)
        except OSError as error:
            raise CaptureError(f"cannot remove it: {strerror(error)}", self.name) from error
        finally:
            links.close()

    def _find(self, links: Links) -> None:
        alias = f"{_ALIAS} {os.getpid()}"
        for name, index, owner in links.up():
            whose, _, pid = owner.partition(" ")
            if whose != _ALIAS:
                self.name = name
                return
            if not _captures(pid):
                links.mark(index, alias)
                self.name, self._index, self.created = name, index, True
                return
        refused = ""
        for attempt in range(2):
            try:
                self.name, self._index = links.create(alias)
            except OSError as error:
                if error.errno in DENIED:
                    what = "there is no nlmon link, nor permission (CAP_NET_ADMIN) to create one"
                    raise LiveError(what, f"{_SUDO}, or before it: {_BY_HAND}") from error
                if error.errno != errno.EOPNOTSUPP:
                    raise
                if attempt == 0:
                    refused = _load_module()
            else:
                self.created = True
                return
        what = "the kernel has no nlmon module" + (f" ({refused})" if refused else "")
        raise LiveError(
            what,
            "sudo modprobe nlmon; distributions have it in their kernel package or in the one of "
            "extra modules",
        )


def _captures(pid: str) -> bool:
    """Whether a process of that number is one that captures."""
    try:
        with open(f"/proc/{int(pid)}/cmdline", "rb") as file:
            return _COMMAND in file.read()
    except (OSError, ValueError):
        return False


def _load_module() -> str:
    """Loads nlmon's module; gives the reason why not."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    try:
        done = subprocess.run(
            ["modprobe", "nlmon"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PATH": path, "LC_ALL": "C"},
            check=False,
        )
    except OSError as error:
        return f"modprobe: {strerror(error)}"
    if not done.returncode:
        return ""
    said = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines()
    return said[0] if said else f"modprobe: exit code {done.returncode}"
