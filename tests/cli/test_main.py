"""Which command is meant, exit codes, and that no error is more than two lines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nldissect import __version__, dissect
from nldissect.cli import main as module
from nldissect.cli.main import COMMANDS, form, implied, main
from tests.capture.build import pcap

from .capture_file import ROOT, TALK, lines, run, words, write


@pytest.fixture
def file(tmp_path: Path) -> str:
    return write(tmp_path / "talk.pcap")


def test_a_file_alone_is_shown(file: str) -> None:
    assert run(file).stdout == run("show", file).stdout
    assert len(lines(run(file))) == 3


def test_a_file_named_like_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "show")
    monkeypatch.chdir(tmp_path)
    assert implied(["./show"]) == ["show", "./show"]
    assert implied(["show"]) == ["show"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["-r", "x"], ["show", "-r", "x"]),
        (["-V", "x"], ["show", "-V", "x"]),
        (["-"], ["show", "-"]),
        (["x.pcap"], ["show", "x.pcap"]),
        (["x.pcap", "-T", "ndjson"], ["export", "x.pcap", "-T", "ndjson"]),
        (["-Ttext", "x.pcap"], ["export", "-Ttext", "x.pcap"]),
        (["--version"], ["--version"]),
        ([], ["--help"]),
    ],
)
def test_the_implied_command(given: list[str], meant: list[str]) -> None:
    assert implied(given) == meant


def test_version_and_help() -> None:
    assert form() == ("compiled" if dissect.__file__.endswith(".so") else "pure Python")
    told = run("--version").stdout.decode()
    assert told in (f"nldissect {__version__} ({kind})\n" for kind in ("compiled", "pure Python"))
    text = run("--help").stdout.decode()
    assert run().stdout.decode() == text
    for name in COMMANDS:
        assert f"\n  {name} " in text
        assert run(name, "--help").returncode == 0


def test_help_imports_no_dissector() -> None:
    code = (
        "import sys; from nldissect.cli.main import main; main(['--help']);"
        "sys.exit(any(name in sys.modules for name in "
        "('nldissect.dissect', 'msgspec', 'yaml', 'scapy', 'dpkt')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_show_imports_no_yaml(file: str) -> None:
    code = (
        "import sys; from nldissect.cli.main import main; main(sys.argv[1:]);"
        "sys.exit(any(name in sys.modules for name in ('yaml', 'scapy', 'dpkt', 'json')))"
    )
    command = [sys.executable, "-c", code, file]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (
            ["famlies"],
            2,
            "there is no command and no file 'famlies'; did you mean families or fields?",
        ),
        (["show"], 2, "no FILE is named; - is standard input"),
        (["show", "--quite", "x"], 2, "there is no option --quite; did you mean --quiet?"),
        (["show", "-c", "0", "x"], 2, "invalid value for '-c'"),
        (["show", "--map", "7=x", "x"], 2, "'7=x' is not ID=NAME"),
        (["show", "--endian", "bigg", "x"], 2, "no byte order 'bigg'; did you mean big?"),
        (["show", "-t", "q", "x"], 2, "there is no time format 'q'; there are: a, ad,"),
        (["export", "-T", "ndjsn", "x"], 2, "no format 'ndjsn'; did you mean ndjson?"),
        (["export", "x"], 2, "missing option '-T'"),
        (["spec", "shw"], 2, "there is no command 'shw'; did you mean show?"),
        (["spec", "show", "ethtol"], 2, "no family 'ethtol'; did you mean ethtool?"),
        (["completion", "tcsh"], 2, "there is no shell 'tcsh'"),
        (["show", "-", "-"], 2, "standard input can be read only once"),
        (["show", "missing.pcap"], 3, "no such file (missing.pcap)"),
        (["show", "."], 3, "is a directory (.)"),
        (["show", "--families", "missing.json", "x"], 2, "missing.json: no such file"),
        (["show", "--spec", "missing.yaml", "x"], 2, "missing.yaml"),
    ],
)
def test_an_error_is_one_line_and_a_hint(
    arguments: list[str], code: int, what: str, tmp_path: Path
) -> None:
    variables = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "nldissect", *arguments],
        capture_output=True,
        cwd=tmp_path,
        env=variables,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    told = done.stderr.decode().splitlines()
    assert done.returncode == code
    assert done.stdout == b""
    assert told[0].startswith("nldissect: error: ")
    assert what in told[0]
    assert len(told) <= 2
    assert all(line.startswith("nldissect: hint: ") for line in told[1:])


def test_garbage_is_no_capture(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\x7fELF" + bytes(60))
    done = run("show", str(path))
    assert done.returncode == 3
    assert words(done).startswith("nldissect: error: not a capture: the first bytes are 7f 45 4c")


def test_a_cut_file_gives_its_good_messages(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(TALK)[:-5])
    done = run("show", str(path))
    assert done.returncode == 4
    assert len(lines(done)) == 2
    assert f"nldissect: error: the input ends inside a record ({path}, offset 0x" in words(done)


def test_a_bad_file_does_not_keep_others_from_being_read(file: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(pcap(TALK)[:-5])
    done = run("show", str(tmp_path / "missing"), file, str(cut))
    assert done.returncode == 3
    assert [line for line in lines(done) if line.startswith("==>")] == [
        f"==> {file} <==", f"==> {cut} <==",
    ]  # fmt: skip
    assert len(lines(done)) == 7
    assert words(done).count("nldissect: error:") == 2


def test_what_is_not_netlink_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pcap", [(0, bytes(60))] * 3, link_type=1)
    told = "nldissect: 3 records of link type 1 (Ethernet) are not netlink and were left out"
    done = run("show", path)
    assert done.returncode == 0
    assert words(done).startswith(told)
    assert words(run("show", "-q", path)) == ""


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    path = write(tmp_path / "long.pcap", TALK * 20_000)
    command = f"{sys.executable} -m nldissect show -V {path}; echo $? >&2"
    done = subprocess.run(
        ["/bin/sh", "-c", f"({command}) | head -n 1"], capture_output=True, cwd=ROOT, check=False
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == b"0\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [["show"], ["export", "-T", "text"], ["families"]])
def test_a_full_disk_is_told(arguments: list[str], file: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "nldissect", *arguments, file],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 5
    assert done.stderr == b"nldissect: error: no space left on device (standard output)\n"


def test_a_closed_stdout_is_told(file: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m nldissect show {file} >&-"],
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 5
    assert done.stderr == b"nldissect: error: standard output is closed\n"


def test_interrupted_while_it_waits() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nldissect", "show", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(pcap(TALK[:1]))
    process.stdin.flush()
    assert b"newlink" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert told == b""


def test_a_pipe_is_shown_as_it_comes() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nldissect", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    whole = pcap(TALK)
    first = len(pcap(TALK[:1]))
    process.stdin.write(whole[:first])
    process.stdin.flush()
    assert b"newlink" in process.stdout.readline()
    time.sleep(0.05)
    assert process.poll() is None
    rest, _ = process.communicate(whole[first:], timeout=20)
    assert len(rest.splitlines()) == 2
    assert process.returncode == 0


def test_a_bug_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                           file: str) -> None:  # fmt: skip
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops\n\x1b[2J")

    monkeypatch.setattr(module.cli, "invoke", broken)
    assert main([file]) == 70
    told = capsys.readouterr().err.splitlines()
    what = "internal error: ZeroDivisionError: oops\\n\\x1b[2J"
    assert told[0].startswith(f"nldissect: error: {what}")
    assert len(told) == 1


def test_output_is_the_same_every_time_and_everywhere(file: str) -> None:
    once = run("show", "-V", file)
    for environment in (
        {"LC_ALL": "C"},
        {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONHASHSEED": "7"},
        {"TZ": "Asia/Tokyo", "COLUMNS": "20"},
        {"PYTHONIOENCODING": "ascii"},
    ):
        assert run("show", "-V", file, **environment).stdout == once.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    done = run("completion", shell)
    assert done.returncode == 0
    assert b"_NLDISSECT_COMPLETE" in done.stdout


def test_completion_offers_commands_and_options() -> None:
    def offered(*typed: str) -> str:
        environment = {
            "_NLDISSECT_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("nldissect", *typed)),
            "COMP_CWORD": str(len(typed)),
        }
        return run(**environment).stdout.decode()

    assert "plain,families" in offered("fam")
    assert "plain,--families" in offered("show", "--fam")
    assert "plain,ndjson" in offered("export", "-T", "nd")
