"""Lines, trees and hex of ``show``; times, colours and counts."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capture.build import pcap
from tests.test_dissect import link, nlmsg

from .capture_file import ROOT, SECOND, TALK, lines, newfamily, run, words, write


@pytest.fixture
def file(tmp_path: Path) -> str:
    return write(tmp_path / "talk.pcap")


def test_a_line_for_each_message(file: str) -> None:
    assert lines(run("show", file)) == [
        "    1   0.000000 → rt-link    newlink          ack,excl,create v0 kind veth",
        "    2   0.000250 ← rt-link    newlink                          ack",
        "    3   1.000000 ⇐ rt-link    newlink-ntf                      v0(3)",
    ]


def test_tsharks_letters(file: str) -> None:
    whole = run("show", file).stdout
    assert run("show", "-r", file).stdout == whole
    assert run("-r", file, "-l").stdout == whole
    assert lines(run("-c", "2", "-r", file)) == whole.decode().splitlines()[:2]


def test_count_goes_over_all_files(file: str) -> None:
    shown = lines(run("show", "-c", "4", file, file))
    assert len([line for line in shown if "==>" not in line]) == 4


def test_tree_and_hex(file: str) -> None:
    text = lines(run("show", "-V", "-x", "-c", "1", file))
    assert text[0].startswith("    1   0.000000 → rt-link")
    assert "      kind: veth                                            IFLA_INFO_KIND" in text
    assert any(line.startswith("  0010  38 00 00 00 10 00 05 06") for line in text)
    more = lines(run("show", "-VV", "-c", "1", file))
    assert any("nla-len: 7" in line for line in more)
    assert not any("nla-len" in line for line in text)


def test_the_pipe_and_the_file_read_the_same(file: str) -> None:
    assert run("show", "-V", "-", data=Path(file).read_bytes()).stdout == run("-V", file).stdout


def test_families_are_known_before_they_are_told_of_in_files_only(tmp_path: Path) -> None:
    packets = [
        (0, link(16) + nlmsg(0x25, b"\0\1\0\0", flags=1)),
        (1, newfamily(0x25, b"wireguard")),
    ]
    path = write(tmp_path / "x.pcap", packets)
    assert "wireguard  get-device" in lines(run("show", path))[0]
    data = Path(path).read_bytes()
    assert "id 0x25 command 0" in lines(run("show", "-", data=data))[0]
    assert "wireguard" in lines(run("show", "--map", "0x25=wireguard", "-", data=data))[0]


def test_map_is_above_the_capture_and_saved_families_below(tmp_path: Path) -> None:
    told = write(tmp_path / "told.pcap", [(0, newfamily(0x25, b"wireguard"))])
    saved = tmp_path / "saved.json"
    saved.write_bytes(run("families", "--json", told).stdout)
    request = (1, link(16) + nlmsg(0x25, b"\0\1\0\0", flags=1))
    untold = write(tmp_path / "untold.pcap", [request])
    other = write(tmp_path / "other.pcap", [request, (2, newfamily(0x25, b"team"))])
    assert " wireguard " in lines(run("show", "--families", str(saved), untold))[0]
    assert " team " in lines(run("show", "--families", str(saved), other))[0]
    assert " netdev " in lines(run("show", "--map", "37=netdev", other))[0]
    near = run("show", "--map", "37=netdv", other)
    assert "did you mean netdev?" in words(near)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"families": 3}',
        '{"families": [{"id": 3}]}',
        '{"families": [{"id": 3, "name": "x", "groups": [1]}]}',
    ],
)
def test_what_is_no_saved_map(text: str, file: str, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(text)
    done = run("show", "--families", str(saved), file)
    assert done.returncode == 2
    assert "is no saved family map" in words(done)
    assert len(words(done).splitlines()) == 1


def test_endian_overrides(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pcap", [(0, link(0) + nlmsg(18, bytes(16), flags=1, order=">"))])
    assert "getlink" in lines(run("show", path))[0]
    assert "getlink" not in lines(run("show", "--endian", "little", path))[0]


@pytest.mark.parametrize(
    ("format_", "first", "last"),
    [
        ("r", "0.000000", "1.000000"),
        ("d", "0.000000", "0.999750"),
        ("e", "1700000000.000000", "1700000001.000000"),
        ("u", "22:13:20.000000", "22:13:21.000000"),
        ("ud", "2023-11-14 22:13:20.000000", "2023-11-14 22:13:21.000000"),
        ("a", "07:13:20.000000", "07:13:21.000000"),
        ("ad", "2023-11-15 07:13:20.000000", "2023-11-15 07:13:21.000000"),
    ],
)
def test_times(format_: str, first: str, last: str, file: str) -> None:
    text = lines(run("show", "-t", format_, file, TZ="JST-9"))
    assert text[0].split("→")[0].split(None, 1)[1].strip() == first
    assert text[2].split("⇐")[0].split(None, 1)[1].strip() == last


def test_nanoseconds_are_shown_where_there_are_any(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([(SECOND, TALK[0][1]), (SECOND + 7, TALK[1][1])], magic="ns"))
    times = [line.split()[1] for line in lines(run("show", str(path)))]
    assert times == ["0.000000", "0.000000007"]


def test_colour(file: str) -> None:
    assert b"\x1b[" not in run("show", file).stdout
    assert b"\x1b[" in run("show", "--color", "always", file, NO_COLOR="1").stdout
    assert b"\x1b[" in run("show", file, FORCE_COLOR="1").stdout
    assert b"\x1b[" not in run("show", file, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert b"\x1b[" not in run("show", "--color", "never", file, FORCE_COLOR="1").stdout


def on_terminal(*arguments: str, **environment: str) -> tuple[str, str]:
    """stdout, which is a terminal of 40 columns, and stderr."""
    inside, outside = pty.openpty()
    os.set_blocking(inside, True)
    size = b"\x18\x00\x28\x00\0\0\0\0"
    import fcntl
    import termios

    fcntl.ioctl(outside, termios.TIOCSWINSZ, size)
    done = subprocess.run(
        [sys.executable, "-m", "nldissect", *arguments],
        stdout=outside,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **environment},
        check=True,
    )
    os.close(outside)
    shown = b""
    try:
        while piece := os.read(inside, 65536):
            shown += piece
    except OSError:
        pass
    os.close(inside)
    return shown.decode().replace("\r\n", "\n"), done.stderr.decode()


def test_on_a_terminal_lines_fit_and_have_colour(file: str) -> None:
    shown, told = on_terminal("show", file, TERM="xterm", LC_ALL="C.UTF-8")
    assert "\x1b[" in shown
    assert told == ""
    plain, _ = on_terminal(file, TERM="dumb", LC_ALL="C.UTF-8")
    assert "\x1b[" not in plain
    assert [len(line) for line in plain.splitlines()] == [40, 40, 40]
    assert plain.splitlines()[0].endswith("…")


def test_a_terminal_without_unicode_gets_ascii(file: str) -> None:
    shown, _ = on_terminal("show", "--color", "never", "-V", file, LC_ALL="POSIX")
    assert shown.isascii()
    assert " -> rt-link " in shown
    assert " <= rt-link " in shown
