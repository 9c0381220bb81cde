"""``live``: lines and formats at once, what is written, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from nldissect.capture import live as module
from nldissect.capture.source import Capture
from nldissect.cli.main import main
from nldissect.errors import CaptureError, LiveError, OutputError
from tests.capture.build import enhanced, interface, section

from .capture_file import ROOT, TALK, lines, run, words

HEAD = section() + interface(name="nlmon0", tsresol=9)
PIECES = [HEAD, *(enhanced(time_ns, data) for time_ns, data in TALK)]


class Fake:
    """A live capture of such pieces; what can be called gives nothing and is called."""

    created = True
    received = 3
    name = "nlmon0"

    def __init__(self, pieces: Iterable[bytes | Callable[[], object]] = PIECES) -> None:
        self.pieces = list(pieces)
        self.drops = 0
        self.stopped = False
        self.closed = 0
        self.keep: Any = None

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def capture(self, keep: Any) -> Capture:
        self.keep = keep
        return Capture(self.name, -1, self.read)

    def read(self) -> bytes:
        while self.pieces and not self.stopped:
            piece = self.pieces.pop(0)
            if isinstance(piece, bytes):
                if self.keep is not None:
                    self.keep(piece)
                return piece
            piece()
        return b""

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fake]:
    """Has the command capture such pieces."""

    def begin(pieces: Iterable[bytes | Callable[[], object]] = PIECES) -> Fake:
        fake = Fake(pieces)

        def live(interface: str | None) -> Fake:
            fake.asked = interface  # type: ignore[attr-defined]
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


def test_all_packets_are_written_as_they_come(
    begin: Callable[..., Fake], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "out.pcapng"
    sizes: list[int] = []
    begin([*PIECES[:2], lambda: sizes.append(path.stat().st_size), *PIECES[2:]])
    assert main(["live", "-q", "-w", str(path), "-Y", "dir == notify"]) == 0
    assert sizes == [len(b"".join(PIECES[:2]))]
    assert path.read_bytes() == b"".join(PIECES)
    shown = capfdbinary.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert shown.err == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_the_end_and_no_error(
    number: int,
    begin: Callable[..., Fake],
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    path = tmp_path / "out.pcapng"
    fake = begin([*PIECES[:3], lambda: os.kill(os.getpid(), number), *PIECES[3:]])
    before = signal.getsignal(number)
    assert main(["live", "-w", str(path), "-T", "ndjson"]) == 0
    assert signal.getsignal(number) is before
    assert fake.stopped
    assert fake.closed
    assert path.read_bytes() == b"".join(PIECES[:3])
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
        "live.Live = lambda interface: fake\n"
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


def test_drops_are_told(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    fake = begin()
    fake.drops = 7
    assert main(["live"]) == 0
    said = capfdbinary.readouterr().err.decode()
    assert said.endswith("warning: 7 packets were dropped, which came too fast\n")


def test_an_interface_that_goes_down(
    begin: Callable[..., Fake], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def fail() -> None:
        raise CaptureError("the interface went down", "nlmon0")

    path = tmp_path / "out.pcapng"
    fake = begin([*PIECES, fail])
    assert main(["live", "-w", str(path)]) == 3
    shown = capfdbinary.readouterr()
    assert len(shown.out.splitlines()) == 3
    assert b"error: the interface went down (nlmon0" in shown.err
    assert b"3 packets captured" in shown.err
    assert fake.closed


def test_a_disk_that_is_full(
    begin: Callable[..., Fake], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def fail() -> None:
        raise OutputError("no space left on device (out)")

    fake = begin([*PIECES, fail])
    assert main(["live"]) == 5
    assert fake.closed
    if os.path.exists("/dev/full"):
        begin()
        assert main(["live", "-w", "/dev/full"]) == 5
    capfdbinary.readouterr()


def test_a_capture_that_cannot_begin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def refuse(interface: str | None) -> None:
        raise LiveError("no permission", "run it with sudo")

    path = tmp_path / "out.pcapng"
    path.write_bytes(b"precious")
    monkeypatch.setattr(module, "Live", refuse)
    assert main(["live", "-w", str(path)]) == 6
    assert path.read_bytes() == b"precious"
    shown = capfdbinary.readouterr()
    assert shown.err == b"nldissect: error: no permission; run it with sudo\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-w", "-"), "-T pcapng writes packets to standard output"),
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
