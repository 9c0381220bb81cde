"""Decompression of an input as it is read, known by its first bytes."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from nldissect.errors import CaptureError, TruncatedCapture

MAGIC_SIZE: Final = 4

# How much is given to a decompressor at once: bounds what a bomb can make of it.
_PIECE: Final = 512
_ENOUGH: Final = 1 << 20
_XZ_MEMORY: Final = 1 << 28


class _Frame(Protocol):
    """A decompressor of one gzip member, or zstd, xz or lz4 frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, /) -> bytes: ...


# A decompressor, and what it raises on bytes that are corrupt.
_Start = tuple[_Frame, type[Exception]]


def _gzip() -> _Start:
    return zlib.decompressobj(31), zlib.error


def _xz() -> _Start:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY), lzma.LZMAError


def _zstd() -> _Start:
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError


def _lz4() -> _Start:
    import lz4.frame  # type: ignore[import-untyped, unused-ignore]

    return lz4.frame.LZ4FrameDecompressor(), RuntimeError


class Codec:
    """A compression: its name, the first bytes of a frame, the package it needs, how to start."""

    __slots__ = ("magic", "name", "package", "start")

    def __init__(self, name: str, magic: bytes, package: str, start: Callable[[], _Start]) -> None:
        self.name = name
        self.magic = magic
        self.package = package
        self.start = start

    def begins(self, head: bytes) -> bool:
        """Whether ``head`` begins a frame, or one of those that zstd and lz4 let be skipped."""
        skippable = head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5
        return head.startswith(self.magic) or (skippable and self.package != "")


CODECS: Final[tuple[Codec, ...]] = (
    Codec("gzip", b"\x1f\x8b\x08", "", _gzip),
    Codec("xz", b"\xfd7zX", "", _xz),
    Codec("zstd", b"\x28\xb5\x2f\xfd", "zstandard", _zstd),
    Codec("lz4", b"\x04\x22\x4d\x18", "lz4", _lz4),
)


def codec_of(head: bytes) -> Codec | None:
    """The compression of an input that starts with these bytes, None if there is none."""
    for codec in CODECS:
        if head.startswith(codec.magic):
            return codec
    return None


class Decompressor:
    """Reads what a compressed input contains; several frames in a row are one input.

    codec: the compression; path: the input's name, for errors.
    head, read: the compressed input, its first bytes and how to get more of it.
    read_at: gives ``(offset, size)`` bytes of a compressed file again; None for a pipe.
    note: is told of bytes that follow the compressed data, with their (decompressed) offset.
    """

    def __init__(
        self,
        codec: Codec,
        path: str,
        head: bytes,
        read: Callable[[], bytes],
        read_at: Callable[[int, int], bytes] | None,
        note: Callable[[str, int], None],
    ) -> None:
        self._codec = codec
        self._path = path
        self._input = head
        self._input_base = 0
        self._pos = 0
        self._read = read
        self._read_at = read_at
        self._note = note
        self._frame: _Frame | None = None
        self._flaw: type[Exception] = Exception
        self._frame_start = 0
        self._given = 0
        self._error: CaptureError | None = None
        self._ended = False

    def read(self) -> bytes:
        """The next bytes, as soon as there are any; b"" at the end.

        Raises TruncatedCapture where the input ends inside a frame, CaptureError where it is
        corrupt or needs a package that is not installed. All bytes before that have been given;
        of a corrupt pipe, all but what its last 512 bytes would have given.
        """
        out: list[bytes] = []
        size = 0
        while size < _ENOUGH and self._error is None and not self._ended:
            frame = self._frame
            wanted = 1 if frame is not None else MAGIC_SIZE
            if len(self._input) - self._pos < wanted:
                if size:
                    break
                if self._pull():
                    continue
                if frame is not None:
                    self._error = TruncatedCapture(
                        f"the {self._codec.name} stream is cut short", self._path
                    )
                    break
            if frame is None:
                self._begin(self._given + size)
            else:
                data = self._feed(frame)
                out.append(data)
                size += len(data)
        if size == 0 and self._error is not None:
            raise self._error
        self._given += size
        return b"".join(out)

    def _pull(self) -> bool:
        more = self._read()
        self._input_base += self._pos
        self._input = self._input[self._pos :] + more
        self._pos = 0
        return bool(more)

    def _begin(self, given: int) -> None:
        """Start a frame; ``given``: how much was decompressed before it."""
        head = self._input[self._pos : self._pos + MAGIC_SIZE]
        if self._codec.begins(head):
            self._frame_start = self._input_base + self._pos
            try:
                self._frame, self._flaw = self._codec.start()
            except ImportError:
                what = f"{self._codec.name} needs the Python package {self._codec.package}"
                self._error = CaptureError(what, self._path)
        elif head == bytes(MAGIC_SIZE):
            # Tape blocks and xz streams are filled up with zeros.
            self._pos += MAGIC_SIZE
        else:
            self._ended = True
            if head.strip(b"\0"):
                self._note(f"bytes after the end of the {self._codec.name} stream", given)

    def _feed(self, frame: _Frame) -> bytes:
        piece = self._input[self._pos : self._pos + _PIECE]
        try:
            data = frame.decompress(piece)
        except self._flaw as error:
            what = f"the {self._codec.name} stream is corrupt: {error}"
            self._error = CaptureError(what, self._path)
            return self._salvage(piece)
        self._pos += len(piece)
        if frame.eof:
            self._pos -= len(frame.unused_data or b"")
            self._frame = None
        return data

    def _salvage(self, piece: bytes) -> bytes:
        """What a piece that failed as a whole gives before the flaw."""
        if self._read_at is None:
            return b""
        frame, flaw = self._codec.start()
        out: list[bytes] = []
        offset = self._frame_start
        stop = self._input_base + self._pos
        with suppress(flaw):
            while offset < stop:
                before = self._read_at(offset, min(_PIECE, stop - offset))
                if not before:
                    break
                frame.decompress(before)
                offset += len(before)
            for at in range(len(piece)):
                out.append(frame.decompress(piece[at : at + 1]))
        return b"".join(out)
