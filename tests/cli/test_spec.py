"""``spec``: lint, list and show; the user's own families."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from tests.test_dissect import attr, link, nlmsg

from .capture_file import lines, newfamily, run, words, write

DEMO = """\
# SPDX-License-Identifier: GPL-2.0-or-later
name: demo
protocol: genetlink
attribute-sets:
  - name: main
    attributes:
      - {name: colour, type: u32}
operations:
  list:
    - {name: paint, attribute-set: main, do: {request: {attributes: [colour]}}}
"""


def test_list_names_the_built_in_families() -> None:
    names = [line.split("  ")[0] for line in lines(run("spec", "list"))[1:]]
    assert {"ethtool", "nlctrl", "rt-link", "wireguard"} <= set(names)
    assert [item["name"] for item in json.loads(run("spec", "list", "--json").stdout)] == names


def test_show_tells_numbers() -> None:
    text = lines(run("spec", "show", "nlctrl"))
    assert text[0].startswith("nlctrl: generic netlink, ")
    assert any(line.split()[:3] == ["getfamily", "3", "1"] for line in text)
    assert any(line.split() == ["2", "family-name", "string"] for line in text)


def test_own_family(tmp_path: Path) -> None:
    spec = tmp_path / "demo.yaml"
    spec.write_text(DEMO)
    message = link(16) + nlmsg(0x30, b"\1\1\0\0" + attr(1, struct.pack("<I", 9)), flags=1)
    path = write(tmp_path / "x.pcap", [(0, newfamily(0x30, b"demo")), (1, message)])
    assert "demo       command 1" in lines(run("show", path))[1]
    for named in (spec, tmp_path):
        assert "demo       paint" in lines(run("show", "--spec", str(named), path))[1]
        assert "colour 9" in lines(run("show", "--spec", str(named), path))[1]
    assert "demo " in run("spec", "list", "--spec", str(spec)).stdout.decode()


def test_a_wrong_specification_is_told_with_its_line(tmp_path: Path) -> None:
    spec = tmp_path / "demo.yaml"
    spec.write_text(DEMO.replace("type: u32", "type: u33"))
    path = write(tmp_path / "x.pcap")
    done = run("show", "--spec", str(spec), path)
    assert done.returncode == 2
    assert words(done).startswith(f"nldissect: error: {spec}:7: ")
    linted = run("spec", "lint", str(spec))
    assert linted.returncode == 2
    assert lines(linted)[0].startswith(f"{spec}:7: error: ")


def test_lint_is_silent_about_a_good_one(tmp_path: Path) -> None:
    spec = tmp_path / "demo.yaml"
    spec.write_text(DEMO)
    done = run("spec", "lint", str(spec))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_directory_without_specifications(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("show", "--spec", str(tmp_path / "empty"), write(tmp_path / "x.pcap"))
    assert done.returncode == 2
    assert "holds no .yaml file" in words(done)
