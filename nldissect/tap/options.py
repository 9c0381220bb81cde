"""What the decoding process tells the capturing one at its start, and hears from it."""

from __future__ import annotations

import msgspec

from .files import Limits


class Options(msgspec.Struct, omit_defaults=True):
    """What to capture and where it goes.

    interface: an nlmon link, None to find or make one. namespace: a network namespace's name, a
    process in it or its path, "" for this one. protocols: netlink protocols, all if there are
    none. policies: ask the kernel for those of all families. buffer: of the kernel, in bytes.
    target: the pcapng file, ``-`` for standard output, None for none. each: when the next file of a
    ring begins; stop: when the capture ends. program: who captures, with its version; command: how
    it was called.
    feed, status: descriptors of pipes, for blocks and for reports; feed -1 for none.
    """

    status: int = -1
    feed: int = -1
    interface: str | None = None
    namespace: str = ""
    protocols: list[int] = []
    policies: bool = False
    buffer: int = 32 << 20
    target: str | None = None
    each: Limits = Limits()
    stop: Limits = Limits()
    program: str = "nldissect"
    command: str = ""


class Report(msgspec.Struct, omit_defaults=True):
    """A line of the capturing process.

    name, created: of the link, once it listens. received, dropped: packets heard, and those that
    the kernel had no room for; skipped: those that the decoding process does not get.
    error: the class of errors.py that ended it, ``closed`` where nobody reads its output any
    more; what, remedy: its words.
    """

    name: str = ""
    created: bool = False
    received: int = 0
    dropped: int = 0
    skipped: int = 0
    error: str = ""
    what: str = ""
    remedy: str = ""
