"""Live capture on Linux: what an nlmon link hears, as a stream of pcapng bytes.

Another process captures (nldissect.tap): it keeps pace with the kernel whatever this one does, and
leaves nothing behind when this one is killed.
"""

from __future__ import annotations

import atexit
import os
import select
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from types import TracebackType
from typing import Final, Self

import msgspec

from .. import errors
from ..errors import CaptureError, LiveError, NldissectError, OutputError, UsageError
from ..tap.options import Options, Report
from .feed import CHUNK, strerror
from .source import WAIT_S, Capture

_PATIENCE_S: Final = 10.0
_CLOSED: Final = "closed"
_ROOT: Final = os.path.dirname(os.path.dirname(errors.__file__))
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]); import nldissect.tap.main as tap; "
    "sys.exit(tap.main(sys.argv[2]))"
)


class Live:
    """A capture under way; ``read`` gives it as pcapng to one thread, any may ask and end it.

    options: what to capture and where to write it, but for the descriptors. read: whether this
    process reads it at all.
    name: the link's; created: whether it was made for this. received: how many packets were heard;
    drops: how many the kernel had no room for; skipped: how many came too fast for ``read``, which
    are only in the file. saved: whether there is one. unread: nobody reads what it writes.
    failure: what ended it before its time. told: is called when one of the numbers has changed.
    Raises LiveError where permissions or the kernel's module are missing, UsageError for an
    interface that is no nlmon link, a namespace that is none, and on other systems than Linux,
    OutputError for a file that cannot be written, CaptureError for the rest.
    """

    def __init__(self, options: Options | None = None, *, read: bool = True) -> None:
        if sys.platform != "linux":
            raise UsageError("only Linux has netlink to capture; captures can be read anywhere")
        self.options = options or Options()
        self.name = ""
        self.created = False
        self.received = 0
        self.drops = 0
        self.skipped = 0
        self.saved = self.options.target is not None
        self.unread = False
        self.failure: NldissectError | None = None
        self.told: Callable[[], None] | None = None
        self._lock = Lock()
        self._lines = b""
        self._feed, self._status = -1, -1
        self._tap: subprocess.Popen[bytes] | None = None
        self._begin(read)
        atexit.register(self.close)
        try:
            while not self.name and self._status >= 0:
                self._listen(None)
            if not self.name:
                self._end()
                if self.failure is not None:
                    raise self.failure
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def capture(self) -> Capture:
        """All that is read, as a capture."""
        return Capture(self.name, -1, self.read)

    def read(self) -> bytes:
        """The next bytes as soon as there are any; b"" when it has ended and all was read.

        Raises CaptureError, after the last packet, for what ended it before its time.
        """
        while True:
            with self._lock:
                if self._feed < 0:
                    return b""
                self._listen(WAIT_S)
                if not select.select([self._feed], (), (), 0)[0]:
                    continue
                data = os.read(self._feed, CHUNK)
                if data:
                    return data
                self._end()
            if isinstance(self.failure, CaptureError):
                raise self.failure
            return b""

    def wait(self) -> None:
        """Until it has ended, where nothing is read."""
        while self._status >= 0:
            with self._lock:
                self._listen(WAIT_S)
        with self._lock:
            self._end()

    def stop(self) -> None:
        """Nothing that comes after this is captured. It may be called by signal handlers."""
        tap = self._tap
        if tap is not None and tap.stdin is not None:
            with suppress(OSError, ValueError):
                os.write(tap.stdin.fileno(), b"q")

    def close(self) -> None:
        """Stops; files are whole and a link that was created is removed then. It may be called
        again.
        """
        self.stop()
        atexit.unregister(self.close)
        with self._lock:
            if self._feed >= 0:
                os.close(self._feed)
                self._feed = -1
            self._end()

    def _begin(self, read: bool) -> None:
        """Starts the process that captures."""
        self._status, status = os.pipe()
        feed = -1
        if read:
            self._feed, feed = os.pipe()
        theirs = [fd for fd in (status, feed) if fd >= 0]
        options = msgspec.structs.replace(self.options, status=status, feed=feed)
        # -P: nothing is imported from where the user happens to be.
        command = [
            sys.executable,
            "-P",
            "-c",
            _PROGRAM,
            _ROOT,
            msgspec.json.encode(options).decode(),
        ]
        try:
            self._tap = subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=theirs, start_new_session=True
            )
        except OSError as error:
            self.close()
            raise CaptureError(strerror(error), sys.executable) from error
        finally:
            for fd in theirs:
                os.close(fd)

    def _listen(self, seconds: float | None) -> None:
        """Takes the next reports, or waits so long for them or for bytes to read."""
        waited = [fd for fd in (self._status, self._feed) if fd >= 0]
        if seconds is None:
            waited = [self._status]
        ready = select.select(waited, (), (), seconds)[0]
        if self._status not in ready:
            return
        data = os.read(self._status, CHUNK)
        if not data:
            os.close(self._status)
            self._status = -1
            return
        *lines, self._lines = (self._lines + data).split(b"\n")
        for line in lines:
            self._take(msgspec.json.decode(line, type=Report))

    def _take(self, report: Report) -> None:
        if report.name:
            self.name, self.created = report.name, report.created
            return
        numbers = (report.received, report.dropped, report.skipped)
        if numbers != (self.received, self.drops, self.skipped):
            self.received, self.drops, self.skipped = numbers
            if self.told is not None:
                self.told()
        if report.error == _CLOSED:
            self.unread = True
        elif report.error:
            self.failure = _raised(report)

    def _end(self) -> None:
        """Hears the process out, and waits until it is gone."""
        while self._status >= 0:
            self._listen(None)
        tap, self._tap = self._tap, None
        if tap is None:
            return
        assert tap.stdin is not None
        with suppress(OSError):
            tap.stdin.close()
        try:
            code = tap.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            tap.kill()
            code = tap.wait()
        if code and self.failure is None:
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self.failure = CaptureError(f"the capturing process ended by {how}", self.name)


def _raised(report: Report) -> NldissectError:
    """The exception that the other process had."""
    kind = getattr(errors, report.error, NldissectError)
    if issubclass(kind, (LiveError, CaptureError)):
        error: NldissectError = kind(report.what, report.remedy)
        return error
    return OutputError(report.what) if kind is OutputError else UsageError(report.what)
