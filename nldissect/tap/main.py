"""Runs a capture: options come as JSON, reports go to a pipe, line by line."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import msgspec

from ..errors import CaptureError, LiveError, NldissectError
from .capture import Tap
from .options import Options, Report


def main(words: str) -> int:
    """Captures until standard input ends or has a byte, or SIGTERM comes; gives the exit code.

    words: Options as JSON.
    """
    options = msgspec.json.decode(words, type=Options)
    status = options.status
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)

    def tell(report: Report) -> None:
        with suppress(BrokenPipeError):
            os.write(status, msgspec.json.encode(report) + b"\n")

    def tell_if_read(report: Report) -> None:
        os.set_blocking(status, False)
        with suppress(BlockingIOError):
            tell(report)
        os.set_blocking(status, True)

    try:
        tap = Tap(options)
    except NldissectError as error:
        tell(_failed(Report(), error))
        return 1
    signal.signal(signal.SIGTERM, lambda *_: tap.stop())
    tell(Report(name=tap.name, created=tap.created))
    tap.run(0, tell_if_read)
    report = tap.report
    if tap.failure is not None:
        report = _failed(report, tap.failure)
    elif tap.unread:
        report.error = "closed"
    tell(report)
    tap.close()
    return 0


def _failed(report: Report, error: NldissectError) -> Report:
    """A report with an error in it, which the other process raises again."""
    report.error = type(error).__name__
    report.what = str(error)
    if isinstance(error, LiveError):
        report.what, report.remedy = error.what, error.remedy
    elif isinstance(error, CaptureError):
        report.what, report.remedy = error.what, error.path
    return report
