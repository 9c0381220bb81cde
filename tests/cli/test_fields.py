"""``fields`` and the options that name fields and filters."""

from __future__ import annotations

import json
from pathlib import Path

from .capture_file import lines, run, words, write


def test_a_table() -> None:
    table = [line.split() for line in lines(run("fields", "rt-link.ifi-f"))]
    assert table[0] == ["field", "type", "values", "c", "name"]
    assert table[1] == ["rt-link.ifi-family", "uint", "-", "ifi_family"]
    assert table[2][:3] + table[2][-2:] == ["rt-link.ifi-flags", "flags", "up", "…", "ifi_flags"]


def test_json() -> None:
    document = json.loads(run("fields", "--json", "netlink.hdr_ty").stdout)
    assert document == {
        "fields": [
            {
                "name": "netlink.hdr_type",
                "type": "uint",
                "repeated": False,
                "values": [],
                "c_name": "nlmsg_type",
                "alias": "nlmsg.type",
                "secret": False,
            }
        ]
    }


def test_the_users_families_are_listed(tmp_path: Path) -> None:
    spec = tmp_path / "mine.yaml"
    spec.write_text(
        "name: mine\nattribute-sets: [{name: a, attributes: [{name: size, type: u32}]}]\n"
        "operations: {list: [{name: get, attribute-set: a}]}\n"
    )
    done = run("fields", "--spec", str(spec), "mine.")
    assert lines(done)[1].split() == ["mine.size", "uint", "-", "MINE_A_A_SIZE"]


def test_a_wrong_name_is_marked() -> None:
    done = run("fields", "rt-link.ifnme")
    assert done.returncode == 2
    assert words(done).splitlines() == [
        "nldissect: error: rt-link has no ifnme; did you mean rt-link.ifname or rt-link.ifindex or "
        "rt-link.alt-ifname?",
        "  rt-link.ifnme",
        "          ^~~~~",
    ]


def test_a_name_that_no_list_holds() -> None:
    assert lines(run("fields", "nobody.attr-3"))[1].split() == ["nobody.attr-3", "any*", "-", "-"]


def test_a_wrong_filter_is_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "x.pcap")
    done = run("show", path, "-Y", "n == 1 &&\ndir == reqest")
    assert done.returncode == 2
    assert done.stdout == b""
    assert words(done).splitlines() == [
        "nldissect: error: there is no reqest; did you mean request?",
        "  n == 1 &&?dir == reqest",
        "                   ^~~~~~",
    ]


def test_shells_complete_filters_and_fields() -> None:
    def complete(*line: str) -> list[str]:
        done = run(
            _NLDISSECT_COMPLETE="bash_complete",
            COMP_WORDS=" ".join(line),
            COMP_CWORD=str(len(line) - 1),
        )
        return [each.partition(",")[2] for each in lines(done)]

    assert complete("nldissect", "show", "-Y", "rt-link.ifn") == ["rt-link.ifname"]
    assert complete("nldissect", "show", "-Y", "dir==not") == ["dir==notify"]
    assert complete("nldissect", "export", "-e", "rt-link.ifn") == ["rt-link.ifname"]
    assert complete("nldissect", "fields", "rt-link.ifn") == ["rt-link.ifname"]
