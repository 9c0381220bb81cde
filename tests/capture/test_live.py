"""Live captures: the process that captures, what it says, and how either of the two ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nldissect.capture import live as module
from nldissect.capture.live import Live
from nldissect.errors import CaptureError, LiveError, NldissectError, OutputError, UsageError
from nldissect.tap.files import Limits
from nldissect.tap.options import Options

from .build import enhanced, interface, section

ROOT = Path(__file__).parents[2]
HEAD = section() + interface(name="nlmon9", tsresol=9)
PACKETS = [enhanced(1_700_000_000_000_000_000 + n, bytes([n]) * 40) for n in range(5)]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone is captured")

Start = Callable[..., Live]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Begins a capture by a process that runs such code."""
    begun: list[Live] = []

    def start(code: str, options: Options | None = None, *, read: bool = True) -> Live:
        program = f"""\
            import json, os, sys, time
            options = json.loads(sys.argv[2])
            head, packets = {HEAD!r}, {PACKETS!r}
            def tell(**words): os.write(options["status"], json.dumps(words).encode() + b"\\n")
            def feed(data): os.write(options["feed"], data)
            def told(): os.read(0, 1)
            """
        monkeypatch.setattr(module, "_PROGRAM", textwrap.dedent(program) + textwrap.dedent(code))
        live = Live(options, read=read)
        begun.append(live)
        return live

    yield start
    for live in begun:
        live.close()


READY = 'tell(name="nlmon9", created=True)\n'
WHOLE = READY + "feed(head)\nfor packet in packets: feed(packet)\n"


def rest_of(live: Live) -> bytes:
    return b"".join(iter(live.read, b""))


def test_all_that_comes_is_read_as_a_capture(start: Start) -> None:
    live = start(WHOLE + "tell(received=5)\n")
    assert (live.name, live.created) == ("nlmon9", True)
    capture = live.capture()
    records = list(capture)
    assert [record.data for record in records] == [bytes([n]) * 40 for n in range(5)]
    assert capture.interfaces[0].name == "nlmon9"
    assert live.received == 5
    assert live.read() == b""


def test_what_came_is_read_at_once(start: Start) -> None:
    live = start(READY + "feed(head + packets[0])\ntold()\nfeed(packets[1])\n")
    assert live.read() == HEAD + PACKETS[0]
    live.stop()
    assert live.read() == PACKETS[1]
    assert live.read() == b""


def test_the_options_arrive(start: Start) -> None:
    options = Options(
        interface="mon", namespace="x", protocols=[0, 16], policies=True, target="out é",
        each=Limits(size=1000, files=3), stop=Limits(seconds=1.5), command="nldissect live",
    )  # fmt: skip
    code = READY + 'import base64; feed(json.dumps(options).encode() + b"\\n")\n'
    live = start(code, options)
    import json

    got = json.loads(rest_of(live))
    assert got.pop("status") > 2
    assert got.pop("feed") > 2
    assert got == {
        "interface": "mon", "namespace": "x", "protocols": [0, 16], "policies": True,
        "target": "out é", "each": {"size": 1000, "packets": 0, "seconds": 0, "files": 3},
        "stop": {"size": 0, "packets": 0, "seconds": 1.5, "files": 0}, "command": "nldissect live",
    }  # fmt: skip
    assert live.saved


def test_numbers_are_told_as_they_change(start: Start) -> None:
    live = start(
        READY
        + "told()\ntell(received=3)\ntell(received=3)\ntold()\n"
        + "tell(received=9, dropped=2, skipped=4)\ntold()\n"
    )
    seen: list[tuple[int, int, int]] = []

    def told() -> None:
        seen.append((live.received, live.drops, live.skipped))
        live.stop()

    live.told = told
    live.stop()
    assert rest_of(live) == b""
    assert seen == [(3, 0, 0), (9, 2, 4)]


def test_without_reading_it_waits_for_the_end(start: Start) -> None:
    live = start(READY + 'assert "feed" not in options\ntold()\ntell(received=3)\n', read=False)
    timer = threading.Timer(0.1, live.stop)
    timer.start()
    live.wait()
    timer.join()
    assert live.received == 3
    assert live.failure is None


def test_a_close_ends_it_while_another_thread_reads(start: Start) -> None:
    live = start(READY + "feed(head)\ntold()\n")
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(rest_of(live)))
    thread.start()
    time.sleep(0.1)
    live.close()
    thread.join(10)
    assert got == [HEAD]
    live.close()
    assert live.read() == b""


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("error='LiveError', what='no', remedy='sudo'", LiveError("no", "sudo")),
        ("error='UsageError', what='no such'", UsageError("no such")),
        ("error='CaptureError', what='no', remedy='nlmon9'", CaptureError("no", "nlmon9")),
        ("error='OutputError', what='full (out)'", OutputError("full (out)")),
    ],
)
def test_what_keeps_it_from_beginning(start: Start, words: str, error: NldissectError) -> None:
    with pytest.raises(type(error)) as caught:
        start(f"tell({words})\nsys.exit(1)\n")
    assert str(caught.value) == str(error)


def test_an_interface_that_goes_is_told_after_the_last_packet(start: Start) -> None:
    live = start(
        WHOLE + "tell(received=5, error='CaptureError', what='went down', remedy='nlmon9')\n"
    )
    records = iter(live.capture())
    assert len([next(records) for _ in range(5)]) == 5
    with pytest.raises(CaptureError, match="went down"):
        next(records)


def test_a_disk_that_is_full_is_no_end_of_what_is_read(start: Start) -> None:
    live = start(WHOLE + "tell(received=5, error='OutputError', what='full (out)')\n")
    assert len(list(live.capture())) == 5
    assert isinstance(live.failure, OutputError)
    # Both may be heard at once.
    reports = b'{"name": "mon"}\n{"error": "OutputError", "what": "no"}\n'
    live = start(f'os.write(options["status"], {reports!r})\nfeed(head)\n')
    assert (live.name, live.read()) == ("mon", HEAD)
    assert str(live.failure) == "no"


def test_a_reader_of_the_output_that_goes(start: Start) -> None:
    live = start(READY + "tell(error='closed')\n", read=False)
    live.wait()
    assert live.unread
    assert live.failure is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sys.exit(3)\n", "exit code 3"),
        ("os.kill(os.getpid(), 9)\n", "signal 9"),
    ],
)
def test_the_other_process_may_die(start: Start, code: str, words: str) -> None:
    with pytest.raises(CaptureError, match=f"the capturing process ended by {words}"):
        start(code)
    live = start(WHOLE + code)
    records = iter(live.capture())
    assert len([next(records) for _ in range(5)]) == 5
    with pytest.raises(CaptureError, match=words):
        next(records)


def test_the_other_process_hears_no_ctrl_c_and_of_the_death_of_this_one(tmp_path: Path) -> None:
    # Killed, this process cannot clean up: the end of its pipe tells the other to.
    code = f"""\
        import os, sys
        sys.path.insert(0, {str(ROOT)!r})
        from nldissect.capture import live
        live._PROGRAM = '''if True:
            import json, os, sys
            options = json.loads(sys.argv[2])
            os.write(options["status"], b'{{"name": "nlmon9"}}\\\\n')
            assert os.getsid(0) == os.getpid()
            os.read(0, 1)
            open({str(tmp_path / "ended")!r}, "w").close()
        '''
        capture = live.Live()
        print("ready", flush=True)
        capture.read()
    """
    program = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    late = time.monotonic() + 20
    while not (tmp_path / "ended").exists():
        assert time.monotonic() < late
        time.sleep(0.02)


def test_the_program_is_found_wherever_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What lies where the user is must not be what root runs.
    (tmp_path / "nldissect").mkdir()
    (tmp_path / "nldissect/__init__.py").write_text("raise SystemExit(99)\n")
    (tmp_path / "msgspec.py").write_text("raise SystemExit(99)\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no network namespace") as caught:
        Live(Options(namespace="no-such-namespace"))
    assert "99" not in str(caught.value)


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="only Linux"):
        Live()


def test_no_descriptor_is_left(start: Start) -> None:
    folder = "/proc/self/fd"
    before = len(os.listdir(folder))
    for _ in range(3):
        live = start(WHOLE)
        rest_of(live)
        live.close()
    with pytest.raises(UsageError):
        start("tell(error='UsageError', what='no')\n")
    assert len(os.listdir(folder)) == before
