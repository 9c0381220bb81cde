"""Captures to read: files, compressed or not, pipes and standard input."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from select import select
from time import sleep
from types import TracebackType
from typing import IO, Final, Self

from nldissect.capture import pcap, pcapng
from nldissect.capture.compression import CODECS, MAGIC_SIZE, Decompressor, codec_of
from nldissect.capture.feed import CHUNK, Feed, strerror
from nldissect.capture.index import Index
from nldissect.errors import CaptureError, NotACapture, TruncatedCapture, UsageError
from nldissect.model import Interface, Record

STANDARD_INPUT: Final = "-"

WAIT_S: Final = 0.1
"""How long to wait for more of an input before asking whether to go on."""

_DIAGNOSES_LIMIT: Final = 1000
_MAGICS: Final = (*pcap.MAGICS, pcapng.MAGIC, *(codec.magic for codec in CODECS))


def open_capture(path: str) -> Capture:
    """Open a capture; ``-`` is standard input.

    Blocks until the first bytes are there. Raises CaptureError if it cannot be opened,
    NotACapture if it is empty or begins like no capture.
    """
    if path == STANDARD_INPUT:
        return Capture(path, 0)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise CaptureError("no such file", path) from error
    except (OSError, ValueError) as error:
        what = strerror(error) if isinstance(error, OSError) else str(error)
        raise CaptureError(what, path) from error
    try:
        return Capture(path, fd)
    except BaseException:
        os.close(fd)
        raise


class Capture:
    """A capture: iterate over it for its records.

    A file can be iterated over again, and by several at the same time, and read by number;
    a pipe can be iterated over once.

    format: ``pcap`` or ``pcapng``; compression: ``gzip``, ``xz``, ``zstd``, ``lz4`` or "".
    interfaces: those met so far, in order of appearance.
    seekable: whether it is a file.
    diagnoses: what was passed over, each with its offset; the first thousand of them.
    error: what ended the index before the end of the file.
    growing: at its end, wait for more of it. wait: is asked every now and then while nothing
    comes, and ends the input with False.
    read: gives the next bytes of what has no descriptor, b"" at its end.
    """

    def __init__(self, path: str, fd: int, read: Callable[[], bytes] | None = None) -> None:
        mode = self._mode(path, fd) if read is None else 0
        self.path = path
        self.format = ""
        self.compression = ""
        self.interfaces: list[Interface] = []
        self.seekable = stat.S_ISREG(mode) and path != STANDARD_INPUT
        self.diagnoses: list[CaptureError] = []
        self.error: CaptureError | None = None
        self.growing = False
        self.wait: Callable[[], bool] | None = None
        self._fd = fd
        self._stream = read
        self._index: Index | None = None
        self._indexed = False
        self._unpacked: IO[bytes] | None = None
        self._noted: set[int] = set()
        self._first_feed: Feed | None = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. It may be called again."""
        if self._fd > 0:
            os.close(self._fd)
        self._fd = -1
        self._index = None
        self._indexed = False
        if self._unpacked is not None:
            self._unpacked.close()
            self._unpacked = None

    def __iter__(self) -> Iterator[Record]:
        """The records in order, in bounded memory, each as soon as it is whole.

        Raises, after the last good record, TruncatedCapture where the input ends inside a record,
        CaptureError where it makes no sense; UsageError when a pipe is read again.
        """
        feed = self._first_feed
        self._first_feed = None
        if feed is None:
            if not self.seekable:
                raise UsageError(f"{self.path} can be read only once")
            feed = self._start()
        return self._reader(feed).records()

    def __bool__(self) -> bool:
        return True

    @property
    def indexed(self) -> Index | None:
        """The index as far as it is built."""
        return self._index

    def __len__(self) -> int:
        """How many records the file has, by its index; a pipe has no length (TypeError)."""
        if not self.seekable:
            raise TypeError(f"{self.path} is no file and has no length")
        return len(self.index())

    def record(self, number: int) -> Record:
        """The record of this 1-based number, by the index.

        Raises UsageError if there is none.
        """
        index = self._index
        if index is None or not (self._indexed or 1 <= number <= len(index)):
            index = self.index()
        return index.record(number)

    def index(self) -> Index:
        """Where the records are; built when first asked for, as far as it was not yet.

        An input that is cut or makes no sense gives the good records, and ``error`` is set.
        Raises as indexing() does.
        """
        for _ in self.indexing():
            pass
        assert self._index is not None
        return self._index

    def indexing(self) -> Iterator[int]:
        """Build the index step by step, giving how many records are known at each step.

        Those can be read by number while it goes on. What is no file, or compressed, is kept in a
        temporary file. Raises UsageError on a pipe that was read already.
        """
        if not self._indexed:
            read_at: Callable[[int, int], bytes] = self._read_at
            feed = self._start() if self.seekable else self._first_feed
            if feed is None:
                raise UsageError(f"{self.path} can be read only once")
            if self.compression or not self.seekable:
                read_at, keep = self._spool()
                feed.keep(keep)
            index = Index(self.path, read_at)
            self._index = index
            self._first_feed = None
            self.error = None
            try:
                for _ in self._reader(feed).offsets(index.offsets, index.contexts):
                    yield len(index)
            except CaptureError as error:
                self.error = error
            self._indexed = True
        assert self._index is not None
        yield len(self._index)

    @staticmethod
    def _mode(path: str, fd: int) -> int:
        try:
            mode = os.fstat(fd).st_mode
        except OSError as error:
            raise CaptureError(strerror(error), path) from error
        if stat.S_ISDIR(mode):
            raise CaptureError("is a directory", path)
        return mode

    def _start(self) -> Feed:
        """The decompressed input from its start, with its first bytes at hand."""
        feed = Feed(self._read_on() if self.seekable else self._read_pipe, self.path)
        feed.refill(0, MAGIC_SIZE)
        codec = codec_of(feed.buf)
        if codec is not None:
            self.compression = codec.name
            read_at = self._read_at if self.seekable else None
            rest = self._read_on(len(feed.buf)) if self.seekable else self._read_pipe
            unpack = Decompressor(codec, self.path, feed.buf, rest, read_at, self._note)
            feed = Feed(unpack.read, self.path)
            feed.refill(0, MAGIC_SIZE)
        head = feed.buf[:MAGIC_SIZE]
        if head == pcapng.MAGIC:
            self.format = "pcapng"
        elif head in pcap.MAGICS:
            self.format = "pcap"
        elif not head:
            raise NotACapture("empty file", self.path)
        elif len(head) < MAGIC_SIZE and any(magic.startswith(head) for magic in _MAGICS):
            raise TruncatedCapture("the file header is cut short", self.path, 0)
        else:
            first = feed.buf[:8].hex(" ")
            raise NotACapture(f"not a capture: the first bytes are {first}", self.path)
        return feed

    def _reader(self, feed: Feed) -> pcap.PcapReader | pcapng.PcapngReader:
        if self.format == "pcapng":
            return pcapng.PcapngReader(feed, self.interfaces, self._note)
        return pcap.PcapReader(feed, self.interfaces)

    def _read_pipe(self) -> bytes:
        if self._stream is not None:
            return self._stream()
        while self.wait is not None and not select([self._fd], (), (), WAIT_S)[0]:
            if not self.wait():
                return b""
        return os.read(self._fd, CHUNK)

    def _read_at(self, offset: int, size: int) -> bytes:
        return os.pread(self._fd, size, offset)

    def _read_on(self, offset: int = 0) -> Callable[[], bytes]:
        """A reader of the file from ``offset`` on, independent of all others."""

        def read() -> bytes:
            nonlocal offset
            data = os.pread(self._fd, CHUNK, offset)
            while not data and self.growing and self.wait is not None and self.wait():
                sleep(WAIT_S)
                data = os.pread(self._fd, CHUNK, offset)
            offset += len(data)
            return data

        return read

    def _spool(self) -> tuple[Callable[[int, int], bytes], Callable[[bytes], None]]:
        """A file without a name for what cannot be read again: how to read it and to add to it."""
        if self._unpacked is not None:
            self._unpacked.close()
        import tempfile

        try:
            file = self._unpacked = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        except OSError as error:
            raise CaptureError(f"no temporary file: {strerror(error)}", self.path) from error

        def read_at(offset: int, size: int) -> bytes:
            return os.pread(file.fileno(), size, offset)

        def keep(data: bytes) -> None:
            file.write(data)
            file.flush()

        return read_at, keep

    def _note(self, what: str, offset: int) -> None:
        if offset not in self._noted and len(self._noted) < _DIAGNOSES_LIMIT:
            self._noted.add(offset)
            self.diagnoses.append(CaptureError(what, self.path, offset))
