"""``families``: the table and the JSON form."""

from __future__ import annotations

import json
from pathlib import Path

from .capture_file import lines, newfamily, run, write


def test_table_and_json(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.pcap",
        [(0, newfamily(0x25, b"wireguard")), (1, newfamily(0x26, b"wireguard"))],
    )
    assert lines(run("families", path)) == [
        "id    name       version  hdrsize  maxattr  ops  since  until  source   groups",
        "0x25  wireguard        1        0        -    0      1      2  capture  -",
        "0x26  wireguard        1        0        -    0      2      -  capture  -",
    ]
    document = json.loads(run("families", "--json", path).stdout)
    assert [(item["id"], item["name"], item["file"]) for item in document["families"]] == [
        (0x25, "wireguard", path),
        (0x26, "wireguard", path),
    ]


def test_a_pipe_is_learned_from(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pcap", [(0, newfamily(0x25, b"wireguard"))])
    assert run("families", "-", data=Path(path).read_bytes()).stdout == run("families", path).stdout


def test_names_from_the_capture_are_made_safe(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pcap", [(0, newfamily(0x25, b"\x1b[2J"))])
    assert "\\x1b[2J" in lines(run("families", path))[1]


def test_a_cut_file_tells_what_it_told(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pcap", [(0, newfamily(0x25, b"wireguard"))] * 2)
    Path(path).write_bytes(Path(path).read_bytes()[:-3])
    done = run("families", path)
    assert done.returncode == 4
    assert "wireguard" in lines(done)[1]
