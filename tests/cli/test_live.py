"""``live``: lines and formats at once, what is written, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable

import pytest
from msgspec.structs import replace

from nldissect import __version__
from nldissect.capture import live as module
from nldissect.capture.source import Capture
from nldissect.capture.write import PcapngWriter
from nldissect.cli.main import main
from nldissect.errors import CaptureError, LiveError, NldissectError, OutputError
from nldissect.model import Interface, Process, Record
from nldissect.tap.files import Limits
from nldissect.tap.options import Options
from tests.capture.build import enhanced, interface, section

from .capture_file import ROOT, TALK, lines, run, words

HEAD = section() + interface(name="nlmon0", tsresol=9)
PIECES = [HEAD, *(enhanced(time_ns, data) for time_ns, data in TALK)]


class Fake:
    """A live capture of such pieces; what can be called gives nothing and is called."""

    created = True
    name = "nlmon0"

    def __init__(self, pieces: Iterable[bytes | Callable[[], object]] = PIECES) -> None:
        self.pieces = list(pieces)
        self.options = Options()
        self.reads = True
        self.received = 3
        self.drops = 0
        self.skipped = 0
        self.saved = False
        self.unread = False
        self.failure: NldissectError | None = None
        self.told: Callable[[], None] | None = None
        self.stopped = False
        self.closed = 0
        self.waited = 0

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def capture(self) -> Capture:
        return Capture(self.name, -1, self.read)

    def read(self) -> bytes:
        while self.pieces and not self.stopped:
            piece = self.pieces.pop(0)
            if isinstance(piece, bytes):
                return piece
            piece()
        return b""

    def wait(self) -> None:
        self.waited += 1

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fake]:
    """Has the command capture such pieces."""

    def begin(pieces: Iterable[bytes | Callable[[], object]] = PIECES) -> Fake:
        fake = Fake(pieces)

        def live(options: Options, *, read: bool) -> Fake:
            fake.options, fake.reads = options, read
            return fake

        monkeypatch.setattr(module, "Live", live)
        return fake

    return begin


@pytest.mark.parametrize(
    ("options", "same"),
    [
        ((), ("show",)),
        (("-V", "-x"), ("show", "-V", "-x")),
        (("-t", "u", "-Y", "dir == notify"), ("show", "-t", "u", "-Y", "dir == notify")),
        (("-c", "2"), ("show", "-c", "2")),
        (("-T", "ndjson"), ("export", "-T", "ndjson")),
        (("-T", "text", "-Y", "dir == reply"), ("export", "-T", "text", "-Y", "dir == reply")),
        (
            ("-T", "csv", "-e", "n", "-e", "rt-link.ifname"),
            ("export", "-T", "csv", "-e", "n", "-e", "rt-link.ifname"),
        ),
        (("-T", "pcapng"), ("export", "-T", "pcapng")),
    ],
)
def test_it_prints_what_a_pipe_would(
    options: tuple[str, ...],
    same: tuple[str, ...],
    begin: Callable[..., Fake],
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    fake = begin()
    assert main(["live", *options]) == 0
    shown = capfdbinary.readouterr()
    assert shown.out == run(*same, "-", data=b"".join(PIECES)).stdout
    assert shown.out
    assert fake.closed
    assert shown.err.decode().splitlines() == [
        "nldissect: listening on nlmon0, which was made for it; Ctrl-C ends it",
        "nldissect: 3 packets captured",
    ]


def test_each_message_at_once(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(capfdbinary.readouterr().out.splitlines()))

    begin([HEAD, PIECES[1], look, PIECES[2], PIECES[3], look])
    assert main(["live", "-q", "-i", "mon"]) == 0
    assert seen == [1, 2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_the_end_and_no_error(
    number: int,
    begin: Callable[..., Fake],
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    fake = begin([*PIECES[:3], lambda: os.kill(os.getpid(), number), *PIECES[3:]])
    before = signal.getsignal(number)
    assert main(["live", "-T", "ndjson"]) == 0
    assert signal.getsignal(number) is before
    assert fake.stopped
    assert fake.closed
    assert len(capfdbinary.readouterr().out.splitlines()) == 2


def test_a_second_signal_does_not_wait() -> None:
    # In a process of its own: what is interrupted gives up its standard output.
    code = (
        "import os, signal, sys\n"
        "from nldissect.cli.main import main\n"
        "from nldissect.capture import live\n"
        "from tests.cli.test_live import Fake, PIECES\n"
        "def twice():\n"
        "    for _ in range(2): os.kill(os.getpid(), signal.SIGINT)\n"
        "fake = Fake([*PIECES[:2], twice])\n"
        "live.Live = lambda options, read: fake\n"
        "code = main(['live', '-q'])\n"
        "os._exit(code if fake.closed else 99)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130, done.stderr


def test_what_is_lost_is_told_while_it_happens_and_at_the_end(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def lose(drops: int, skipped: int) -> None:
        fake.drops, fake.skipped, fake.received = drops, skipped, 1000
        assert fake.told is not None
        fake.told()

    fake = begin([*PIECES, lambda: lose(7, 0), lambda: lose(8, 0), lambda: lose(8, 2)])
    fake.saved = True
    assert main(["live"]) == 0
    assert capfdbinary.readouterr().err.decode().splitlines()[1:] == [
        # More often than once a second nobody reads it.
        "nldissect: 1,000 packets so far, 7 dropped, 0 not shown",
        "nldissect: 1000 packets captured",
        "nldissect: warning: 8 packets were dropped, which came too fast",
        "nldissect: warning: 2 packets were not shown, which came too fast; the file has them",
    ]


def test_an_interface_that_goes_down(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def fail() -> None:
        raise CaptureError("the interface went down", "nlmon0")

    fake = begin([*PIECES, fail])
    assert main(["live"]) == 3
    shown = capfdbinary.readouterr()
    assert len(shown.out.splitlines()) == 3
    assert b"error: the interface went down (nlmon0" in shown.err
    assert b"3 packets captured" in shown.err
    assert fake.closed


def test_a_disk_that_is_full(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    fake = begin()
    fake.failure = OutputError("no space left on device (out)")
    assert main(["live", "-w", "out"]) == 5
    shown = capfdbinary.readouterr()
    assert len(shown.out.splitlines()) == 3
    assert shown.err.endswith(b"error: no space left on device (out)\n")


def test_a_capture_that_cannot_begin(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def refuse(options: Options, *, read: bool) -> None:
        raise LiveError("no permission", "run it with sudo")

    monkeypatch.setattr(module, "Live", refuse)
    assert main(["live", "-w", "out"]) == 6
    shown = capfdbinary.readouterr()
    assert shown.err == b"nldissect: error: no permission; run it with sudo\n"


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ((), Options()),
        (("-i", "mon", "--netns", "x"), Options(interface="mon", namespace="x")),
        (("--proto", "generic, route,4"), Options(protocols=[0, 4, 16])),
        (("--proto", "sock_diag"), Options(protocols=[4])),
        (("--policies", "-B", "3"), Options(policies=True, buffer=3 << 20)),
        (
            ("-a", "packets:9", "-a", "duration:1.5", "-a", "filesize:2"),
            Options(stop=Limits(packets=9, seconds=1.5, size=2000)),
        ),
        (
            ("-w", "o", "-b", "filesize:10", "-b", "files:3", "-a", "files:9"),
            Options(target="o", each=Limits(size=10_000, files=3), stop=Limits(files=9)),
        ),
    ],
)
def test_what_is_asked_of_the_capture(
    words: tuple[str, ...],
    options: Options,
    begin: Callable[..., Fake],
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/nldissect", "live", "-w", "a b"])
    fake = begin()
    assert main(["live", *words]) == 0
    asked = replace(options, program=f"nldissect {__version__}", command="nldissect live -w 'a b'")
    assert fake.options == asked
    assert fake.reads
    capfdbinary.readouterr()


def test_standard_output_is_for_packets_alone(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    fake = begin()
    assert main(["live", "-w", "-"]) == 0
    assert (fake.options.target, fake.reads, fake.waited) == ("-", False, 1)
    assert capfdbinary.readouterr().out == b""
    fake = begin()
    assert main(["live", "-w", "-", "--until", "n == 2"]) == 0
    assert (fake.reads, len(fake.pieces)) == (True, 1)
    assert capfdbinary.readouterr().out == b""


def test_it_ends_with_the_message_that_was_waited_for(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    fake = begin()
    assert main(["live", "--until", "n == 2"]) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) == 2
    assert fake.closed
    begin()
    assert main(["live", "--until", "n == 3", "-Y", "n == 2"]) == 0
    (line,) = capfdbinary.readouterr().out.splitlines()
    assert line.split()[0] == b"2"


def test_its_own_traffic_is_hidden_unless_it_is_asked_for(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    own = Process(16, 99, 4711, "nldissect", "self", 0)
    blocks: list[bytes] = []
    described = Interface(0, 253, 262144, "nlmon0", "", sys.byteorder)
    described.processes.add(own)
    writer = PcapngWriter(blocks.append, [described])
    for number, port in enumerate((99, 98, 99, 0)):
        message = struct.pack("=IHHIIBBxx", 20, 16, 0x301, number, port, 3, 1)
        writer.record(Record(0, number, 0, 253, bytes(14) + b"\0\x10" + message, 36))
    for options, numbers in (((), [2, 4]), (("--own",), [1, 2, 3, 4]), (("-Y", "n > 2"), [4])):
        begin(blocks)
        assert main(["live", *options]) == 0
        shown = capfdbinary.readouterr().out.splitlines()
        assert [int(line.split()[0]) for line in shown] == numbers
    begin(blocks)
    assert main(["live", "-T", "pcapng"]) == 0
    assert capfdbinary.readouterr().out == b"".join(blocks)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-w", "-", "-V"), "writes packets to standard output"),
        (("-w", "-", "-c", "3"), "writes packets to standard output"),
        (("-b", "files:3"), "-b is for files, which -w names"),
        (("-w", "-", "-b", "packets:3"), "-b is for files, which -w names"),
        (("-w", "o", "-b", "files:3"), "needs another -b"),
        (("-a", "packet:3"), "did you mean packets?"),
        (("-a", "color:3"), "there are: filesize, packets, duration, files"),
        (("-a", "packets:0"), "needs a number above 0"),
        (("-a", "packets:x"), "needs a number above 0"),
        (("-a", "duration:nan"), "needs a number above 0"),
        (("-a", "duration:inf"), "needs a number above 0"),
        (("--proto", "audit"), "nlmon links hear no such protocol"),
        (("--proto", "rout"), "did you mean route"),
        (("--proto", ""), "there are: route"),
        (("--netns", ""), "--netns needs a name"),
        (("-B", "0"), "-B"),
        (("--until", "nosuch == 1"), "nosuch"),
        (("-T", "ndjson", "-V"), "-V and -x are for lines, not for ndjson"),
        (("-e", "n"), "-e is for -T csv and -T parquet"),
        (("--tui", "-c", "1"), "not for the browser"),
        (("-Y", "nosuch == 1"), "nosuch"),
        (("-T", "csv", "-e", "nosuch.field"), "nosuch"),
        (("-c", "0"), "-c"),
    ],
)
def test_wrong_words_come_before_all(
    options: tuple[str, ...],
    said: str,
    begin: Callable[..., Fake],
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    fake = begin()
    assert main(["live", *options]) == 2
    assert said in capfdbinary.readouterr().err.decode()
    assert fake.pieces == PIECES


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is nothing to be permitted")
def test_without_permission() -> None:
    command = [sys.executable, "-m", "nldissect", "live"]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not here to give up root's permissions")
        none = "-net_raw,-net_admin"
        without = ["setpriv", "--bounding-set", none, "--inh-caps", none, "--ambient-caps", none]
        if subprocess.run([*without, "true"], check=False, capture_output=True).returncode:
            pytest.skip("permissions cannot be given up here")
        command = [*without, *command]
    done = subprocess.run(
        command,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert lines(done) == []
    assert words(done) == (
        "nldissect: error: no permission to capture (CAP_NET_RAW); run it with sudo\n"
    )
    assert done.returncode == 6
