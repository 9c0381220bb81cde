"""Files of one recording, as ring buffers write them: read one after the other as one capture."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Final, Self

from nldissect.capture.source import Capture, open_capture
from nldissect.errors import CaptureError
from nldissect.model import Interface, Record

GAP_NS: Final = 10_000_000_000
"""Files with numbers alone in their names are one recording if no more time lies between them."""

_DIGITS: Final = re.compile(r"\d+")
_DATED: Final = re.compile(r"\d{8,}|\d{6}[-_T.]?\d{6}|\d{4}[-_.]\d{2}[-_.]\d{2}")
_APPENDED: Final = re.compile(r"\.(?:pcap|pcapng|cap|dmp)\d*(?:\.(?:gz|xz|zst|lz4))?$")


class Series:
    """Several captures as one: records are numbered on, and equal interfaces are the same.

    paths: in order of time. errors: what ended the reading of a file before its end; the next
    one is read all the same. The other members are those of Capture.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = list(paths)
        self.path = f"{self.paths[0]} and {len(self.paths) - 1} more"
        self.interfaces: list[Interface] = []
        self.seekable = True
        self.diagnoses: list[CaptureError] = []
        self.errors: list[CaptureError] = []
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Each file is closed when it has been read."""

    def __iter__(self) -> Iterator[Record]:
        """The records of all files."""
        base = 0
        known: dict[tuple[int, str, int, str], int] = {}
        for place, interface in enumerate(self.interfaces):
            known.setdefault(_same(interface), place)
        for path in self.paths:
            last = 0
            places: list[int] = []
            try:
                with open_capture(path) as capture:
                    try:
                        for record in capture:
                            while len(places) <= record.interface:
                                place = self._place(capture, len(places), known)
                                self._share(capture.interfaces[len(places)], place)
                                places.append(place)
                            record.interface = places[record.interface]
                            last = record.number
                            record.number += base
                            yield record
                    finally:
                        self._take(capture, places)
            except CaptureError as error:
                if str(error) not in self._said:
                    self._said.add(str(error))
                    self.errors.append(error)
            base += last

    def _place(
        self, capture: Capture, index: int, known: dict[tuple[int, str, int, str], int]
    ) -> int:
        """Where the interface of a file stands among those of the series."""
        interface = capture.interfaces[index]
        key = _same(interface)
        place = known.get(key)
        if place is None:
            place = known[key] = len(self.interfaces)
            self.interfaces.append(interface)
        return place

    def _share(self, interface: Interface, place: int) -> None:
        """Has the interface of a file tell its processes to that of the series, at once."""
        shared = self.interfaces[place].processes
        if interface.processes is not shared:
            for process in interface.processes:
                shared.add(process)
            interface.processes = shared

    def _take(self, capture: Capture, places: Sequence[int]) -> None:
        for place, interface in zip(places, capture.interfaces):
            # Recorders count on from file to file.
            whole = self.interfaces[place]
            whole.received = _most(whole.received, interface.received)
            whole.dropped = _most(whole.dropped, interface.dropped)
        for diagnosis in capture.diagnoses:
            if str(diagnosis) not in self._said:
                self._said.add(str(diagnosis))
                self.diagnoses.append(diagnosis)


def _same(interface: Interface) -> tuple[int, str, int, str]:
    return (interface.link_type, interface.name, interface.snaplen, interface.order_hint)


def _most(one: int | None, other: int | None) -> int | None:
    return max((count for count in (one, other) if count is not None), default=None)


def group(paths: Sequence[str], together: bool | None) -> list[list[str]]:
    """Which of the files, in order, are to be read as one; those of one recording by time.

    together: all of them or none, None to look: names alike but for their numbers, and either
    dates in them, or numbers behind the suffix, or times that follow each other.
    """
    if together is not None or len(paths) < 2:
        return [_by_time(paths)] if together else [[path] for path in paths]
    groups: list[list[str]] = []
    at = 0
    while at < len(paths):
        stop = at + 1
        while stop < len(paths) and _skeleton(paths[stop]) == _skeleton(paths[at]):
            stop += 1
        some = list(paths[at:stop])
        if len(set(some)) < len(some) or len(some) < 2 or not _one_recording(some):
            groups.extend([path] for path in some)
        else:
            groups.append(_by_time(some))
        at = stop
    return groups


def _skeleton(path: str) -> str:
    """A file's name without its numbers."""
    folder, name = os.path.split(path)
    return os.path.join(folder, _DIGITS.sub("#", name).replace("pcap#", "pcap"))


def _one_recording(paths: Sequence[str]) -> bool:
    names = [os.path.basename(path) for path in paths]
    if any(path == "-" or not os.path.isfile(path) for path in paths):
        return False
    if all(_DATED.search(name) for name in names) or (
        all(_APPENDED.search(name) for name in names) and len({_stem(name) for name in names}) == 1
    ):
        return True
    spans = sorted(_span(path) for path in paths)
    return all(
        last and 0 <= following[0] - last <= GAP_NS for (_, last), following in pairwise(spans)
    )


def _stem(name: str) -> str:
    """The name up to its suffix."""
    return _APPENDED.sub("", name)


def _by_time(paths: Sequence[str]) -> list[str]:
    """In order of the first record's time; what has none stays where it is named."""
    firsts = [_first(path) for path in paths]
    if not all(firsts):
        return list(paths)
    return [path for _, _, path in sorted(zip(firsts, range(len(paths)), paths))]


def _first(path: str) -> int:
    """Time of a file's first record in ns, 0 where there is none."""
    try:
        with open_capture(path) as capture:
            for record in capture:
                return record.time_ns or 0
    except CaptureError:
        pass
    return 0


def _span(path: str) -> tuple[int, int]:
    """Times of a file's first and last record in ns, zeros where there are none."""
    first = last = 0
    try:
        with open_capture(path) as capture:
            for record in capture:
                last = record.time_ns or 0
                first = first or last
    except CaptureError:
        pass
    return first, last
