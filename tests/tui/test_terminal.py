"""The installed program on a real terminal: in tmux, and behind a pipe."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.driving import CAPTURES

PROGRAM = Path(sys.executable).with_name("nldissect")
pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="nldissect is not installed"),
]


class Tmux:
    """A tmux server of its own with one session of 80×24."""

    def __init__(self, folder: Path) -> None:
        self._base = ["tmux", "-S", str(folder / "socket"), "-f", "/dev/null"]
        self._environment = {
            **os.environ,
            "XDG_STATE_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }
        self("new-session", "-d", "-x", "80", "-y", "24", "sh")
        self("set-option", "-s", "set-clipboard", "on")

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            [*self._base, *words], env=self._environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    def run(self, command: str) -> None:
        """Types a shell command."""
        self.type(command, "Enter")

    def type(self, *keys: str) -> None:
        """Presses keys by tmux's names; what is none is typed as it is."""
        self("send-keys", *keys)

    def screen(self) -> str:
        return self("capture-pane", "-p")

    def until(self, condition: Callable[[str], bool], seconds: float = 30) -> str:
        """The screen, as soon as it is as wanted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.screen()
            if condition(screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"not what was wanted:\n{screen}")


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    server = Tmux(tmp_path)
    yield server
    subprocess.run([*server._base, "kill-server"], check=False)


def test_browses_and_leaves_the_terminal_as_it_was(tmux: Tmux) -> None:
    tmux.run(f"{PROGRAM} {CAPTURES / 'nldemo-refuse.pcap'}; echo left with $?")
    screen = tmux.until(lambda text: "nlctrl" in text and "Message 1 " in text)
    lines = screen.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any("getfamily" in line for line in lines)
    tmux.type("G")
    tmux.until(lambda text: "Message 1 " not in text)
    tmux.type("/")
    tmux.type("error")
    tmux.type("Enter")
    filtered = tmux.until(lambda text: "✗" in text and "→" not in text.split("Message")[0])
    assert "ERANGE" in filtered or "EINVAL" in filtered
    tmux.type("q")
    tmux.until(lambda text: "left with 0" in text)
    tmux.run("echo still $((20 + 3)) here")
    tmux.until(lambda text: "still 23 here" in text)


def test_pipe_takes_keys_from_the_terminal(tmux: Tmux) -> None:
    capture = shlex.quote(str(CAPTURES / "nlctrl.pcap"))
    tmux.run(f"(cat {capture}; sleep 2) | {PROGRAM} -; echo left with $?")
    tmux.until(lambda text: "nlctrl" in text and "Message" in text)
    tmux.type("gg")
    tmux.until(lambda text: "Message 1 " in text)
    tmux.type("Q")
    tmux.until(lambda text: "left with 0" in text)


def test_what_is_no_capture_is_said_before_the_screen_is_taken(tmux: Tmux, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no capture at all\n")
    tmux.run(f"{PROGRAM} tui {tmp_path / 'text'}; echo left with $?")
    screen = tmux.until(lambda text: "left with 3" in text)
    assert "not a capture" in screen


def test_killed_program_is_the_only_thing_that_ends(tmux: Tmux) -> None:
    """A hang-up or a termination leaves a terminal that can be used."""
    tmux.run(f"{PROGRAM} {CAPTURES / 'nlctrl.pcap'}; echo left with $?")
    tmux.until(lambda text: "Message 1 " in text)
    pane = tmux("list-panes", "-F", "#{pane_pid}").strip()
    children = subprocess.run(["pgrep", "-P", pane], capture_output=True, text=True, check=True)
    os.kill(int(children.stdout.split()[0]), 15)
    tmux.until(lambda text: "left with" in text)
    tmux.run("echo still $((20 + 3)) here")
    tmux.until(lambda text: "still 23 here" in text)
