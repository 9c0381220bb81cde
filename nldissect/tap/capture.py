"""A capture under way: from the ring to files and to the reader, until something ends it."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final

from ..capture.blocks import ENHANCED_PACKET, OPT_COMMENT, SHB_HARDWARE, SHB_OS, SHB_USERAPPL
from ..capture.feed import strerror
from ..capture.write import PcapngWriter
from ..errors import CaptureError, NldissectError
from ..model import Interface, Process
from ..wire.consts import LINKTYPE_NETLINK, NETLINK_GENERIC, NETLINK_ROUTE
from . import namespace
from .feed import Feed
from .files import STANDARD_OUTPUT, Files
from .kernel import Families
from .links import Link
from .options import Options, Report
from .processes import Port, Sampler
from .ring import COOKED_SIZE, HAND_OVER_MS, SNAPLEN, Ring

_TURN_S: Final = 0.25
_LATE_S: Final = 2.0
_DROPS_EVERY_S: Final = 1.0
_PACKET: Final = struct.Struct("=7I")
_LENGTH: Final = struct.Struct("=I")
_AROUND: Final = _PACKET.size + _LENGTH.size
_PADDING: Final = (b"", b"\0\0\0", b"\0\0", b"\0")
_PORT: Final = struct.Struct("=I")
_PORT_AT: Final = 12
_PORT_END: Final = 16
_FAILED: Final = select.POLLERR | select.POLLHUP
_OWN: Final = "nldissect"


class Tap:
    """Captures as the options say, from its making to the end of ``run``.

    name, created: of the link. failure: what ended it before its time; unread: nobody reads what
    it writes any more.
    Raises NldissectError where it cannot begin.
    """

    def __init__(self, options: Options) -> None:
        self.failure: NldissectError | None = None
        self.unread = False
        self._options = options
        self._ended = False
        self._received = 0
        self._own: set[int] = set()
        self._blocks: list[bytes] = []
        self._told_drops = 0
        self._drops_told_s = 0.0
        self._families: Families | None = None
        self._feed = Feed(options.feed) if options.feed >= 0 else None
        with ExitStack() as stack:
            self._sampler = Sampler()
            stack.callback(self._sampler.close)
            if options.namespace:
                namespace.enter(options.namespace)
            self._sampler.enter()
            self._ring = Ring(options.buffer, options.protocols)
            stack.callback(self._ring.close)
            self._link = Link(options.interface)
            stack.callback(self._link.close)
            self.name, self.created = self._link.name, self._link.created
            where = f"network namespace {options.namespace}" if options.namespace else ""
            self._interface = Interface(
                0, LINKTYPE_NETLINK, SNAPLEN, self.name, where, sys.byteorder
            )
            self._writer = PcapngWriter(self._blocks.append, [self._interface])
            self._ring.listen(self.name)
            if not options.protocols or NETLINK_GENERIC in options.protocols:
                self._families = self._listener()
                stack.callback(self._families.close)
                self._take_as_own(NETLINK_GENERIC, self._families.port)
            if self._link.port:
                self._take_as_own(NETLINK_ROUTE, self._link.port)
            self._begun_ns = time.time_ns()
            # Not before: what the target holds is lost with this.
            self._files = Files(
                options.target,
                self._head,
                self._statistics,
                options.each,
                options.stop,
                os.dup(1) if options.target == STANDARD_OUTPUT else -1,
            )
            self._stack = stack.pop_all()
        head = self._head()
        if self._feed is not None:
            self._feed.give(head, 0)

    @property
    def report(self) -> Report:
        """How far it is."""
        skipped = self._feed.skipped if self._feed is not None else 0
        return Report(received=self._received, dropped=self._ring.dropped, skipped=skipped)

    def stop(self) -> None:
        """Ends it soon; signal handlers may call it."""
        self._ended = True

    def run(self, control: int, progress: Callable[[Report], None]) -> None:
        """Captures until ``stop``, until ``control`` is readable, a limit or a failure.

        progress: is called several times a second. All is in the files then, and the link is
        removed; what waits for the reader is passed on by ``close``.
        """
        try:
            self._tell_families()
            self._turns(control, progress)
            self._drain()
        except BrokenPipeError:
            self.unread = True
        except NldissectError as error:
            self.failure = error
        except OSError as error:
            self.failure = CaptureError(strerror(error), self.name)
        finally:
            self._finish()

    def close(self) -> None:
        """Waits until the reader has got what it is to get."""
        if self._feed is not None:
            self._feed.close()

    def _turns(self, control: int, progress: Callable[[Report], None]) -> None:
        poll = select.poll()
        ring, feed = self._ring.fileno(), self._feed
        poll.register(ring, select.POLLIN)
        poll.register(control, select.POLLIN)
        if self._sampler.fileno() >= 0:
            poll.register(self._sampler.fileno(), select.POLLIN)
        if self._families is not None:
            poll.register(self._families.fileno(), select.POLLIN)
        if feed is not None:
            poll.register(feed.fd, 0)
        report_s = 0.0
        busy = False
        while not self._ended:
            if feed is not None:
                if feed.open:
                    poll.modify(feed.fd, select.POLLOUT if feed.waiting else 0)
                elif self._options.target is None:
                    self.unread = True
                    return
            events = dict(poll.poll(0 if busy else int(_TURN_S * 1000)))
            if control in events:
                return
            self._sampler.hear()
            if self._families is not None:
                self._families.forget()
            if feed is not None and feed.fd in events:
                if events[feed.fd] & _FAILED:
                    poll.unregister(feed.fd)
                    feed.shut()
                else:
                    feed.pass_on()
            busy = self._take()
            if not busy and events.get(ring, 0) & _FAILED:
                self._see_error()
            self._files.tick()
            if self._files.full:
                return
            if self._files.switched:
                self._files.switched = False
                self._tell_families()
            now = time.monotonic()
            if now - report_s >= _TURN_S:
                report_s = now
                self._count_drops(now)
                progress(self.report)

    def _tell_families(self) -> None:
        """Has the kernel say what families there are."""
        if self._families is not None:
            # Without an answer the capture goes on, and has no names.
            with suppress(OSError):
                self._families.tell(self._options.policies)

    def _take(self) -> bool:
        """Takes the next block of the ring; False if there is none."""
        blocks: list[bytes] = []
        own: list[bool] = []
        ports: set[tuple[bytes, int]] = set()
        mine = self._own
        since_ns = 0
        for time_ns, header, data, length in self._ring.take():
            since_ns = since_ns or time_ns
            size = COOKED_SIZE + len(data)
            total = _AROUND + size + (-size & 3)
            blocks.append(
                _PACKET.pack(
                    ENHANCED_PACKET, total, 0, time_ns >> 32, time_ns & 0xFFFFFFFF, size,
                    COOKED_SIZE + length,
                )
                + header + data + _PADDING[size & 3] + _LENGTH.pack(total)
            )  # fmt: skip
            port = _PORT.unpack_from(data, _PORT_AT)[0] if len(data) >= _PORT_END else 0
            own.append(port in mine)
            if port:
                ports.add((header, port))
        if not blocks:
            return False
        self._attribute(ports, since_ns)
        taken = self._files.packets(blocks, own)
        self._received += taken
        if self._feed is not None:
            self._feed.give(b"".join(blocks[:taken]), taken)
        return True

    def _attribute(self, ports: set[tuple[bytes, int]], since_ns: int) -> None:
        """Says which processes the ports belong to, before their packets are passed on."""
        heard: list[Port] = [
            (int.from_bytes(header[-2:], "big"), port)
            for header, port in ports
            if port not in self._own
        ]
        found = self._sampler.look(heard, since_ns) if heard else ()
        if not found:
            return
        for process in found:
            self._interface.processes.add(process)
            self._writer.process(0, process)
        data = self._made()
        self._files.other([data])
        if self._feed is not None:
            self._feed.give(data, 0)

    def _see_error(self) -> None:
        code = self._ring.error()
        if code in (errno.ENETDOWN, errno.ENODEV):
            raise CaptureError("the interface went down", self.name)
        if code:
            raise CaptureError(strerror(OSError(code, os.strerror(code))), self.name)

    def _count_drops(self, now: float) -> None:
        self._ring.count()
        if self._ring.dropped != self._told_drops and now - self._drops_told_s >= _DROPS_EVERY_S:
            # Whoever kills it does not lose that.
            self._drops_told_s = now
            self._told_drops = self._ring.dropped
            self._files.other([self._statistics()])

    def _drain(self) -> None:
        """Takes what the ring holds, and hears nothing more."""
        total = self._ring.stop()
        late = time.monotonic() + _LATE_S
        while self._ring.received < total and not self._files.full and time.monotonic() < late:
            if not self._take():
                # The last block is handed over when its time has come.
                time.sleep(HAND_OVER_MS / 1000)

    def _finish(self) -> None:
        """Ends all but the feed."""
        try:
            self._ring.count()
            if self._feed is not None:
                self._feed.give(self._statistics(), 0)
        finally:
            try:
                self._stack.close()
            except NldissectError as error:
                self.failure = self.failure or error
            try:
                self._files.close()
            except BrokenPipeError:
                self.unread = True
            except NldissectError as error:
                self.failure = self.failure or error

    def _listener(self) -> Families:
        try:
            return Families()
        except OSError as error:
            raise CaptureError(strerror(error), "generic netlink socket") from error

    def _take_as_own(self, protocol: int, port: int) -> None:
        self._own.add(port)
        self._interface.processes.add(Process(protocol, port, os.getpid(), _OWN, "self", 0))

    def _head(self) -> bytes:
        """What a file begins with: who captured where, and whose ports are known. What is made
        after it belongs behind it.
        """
        system = os.uname()
        header = [
            (SHB_HARDWARE, system.machine),
            (SHB_OS, f"{system.sysname} {system.release}"),
            (SHB_USERAPPL, self._options.program),
            (OPT_COMMENT, f"host: {socket.gethostname()}"),
        ]
        if self._options.command:
            header.append((OPT_COMMENT, f"command: {self._options.command}"))
        self._writer = PcapngWriter(self._blocks.append, [self._interface], header)
        self._writer.close()
        return self._made()

    def _statistics(self) -> bytes:
        """A block that tells how many packets came and were dropped."""
        self._writer.statistics(
            0,
            start_ns=self._begun_ns,
            end_ns=time.time_ns(),
            received=self._received + self._ring.dropped,
            dropped=self._ring.dropped,
        )
        return self._made()

    def _made(self) -> bytes:
        """The blocks that the writer has made."""
        data = b"".join(self._blocks)
        self._blocks.clear()
        return data
