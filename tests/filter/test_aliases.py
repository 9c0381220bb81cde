"""Wireshark's names: every one has a field, and tshark finds the same records by them."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache

import pytest

from nldissect.filter.aliases import ALIASES

from .sample import CAPTURES, CATALOGUE, compiled, messages

TSHARK = shutil.which("tshark")


def test_every_name_means_something() -> None:
    for name, target in ALIASES.items():
        assert CATALOGUE.field(name).alias == target


@cache
def tshark_fields() -> frozenset[str]:
    """The names that this tshark knows."""
    listed = subprocess.run([str(TSHARK), "-G", "fields"], capture_output=True, text=True)
    return frozenset(line.split("\t")[2] for line in listed.stdout.splitlines() if line[:1] == "F")


CASES = [
    ('netlink-route.ifla_ifname == "lo"', "rt-link.pcap"),
    ('netlink-route.ifla_ifname matches "^L"', "rt-link.pcap"),
    ("netlink-route.ifla_mtu == 1500", "rt-link.pcap"),
    ("netlink-route.ifla_operstate == 2", "rt-link.pcap"),
    ("netlink-route.ifi_index == 1", "rt-link.pcap"),
    ("netlink-route.ifi_flags & 1", "rt-link.pcap"),
    ("netlink-route.ifla_hwaddr[0:2] == 00:00", "rt-link.pcap"),
    ("netlink-route.nltype == 18", "rt-link.pcap"),
    ("netlink-route.ifa_prefixlen in {8, 64}", "rt-addr-route.pcap"),
    ("netlink-route.ifa_label", "rt-addr-route.pcap"),
    ("netlink-route.rt_dst_len == 24", "rt-addr-route.pcap"),
    ("netlink-route.rta_oif", "rt-addr-route.pcap"),
    ("netlink-route.nd_state == 2", "rt-neigh.pcap"),
    ("netlink.error == -19", "rt-link.pcap"),
    ("netlink.error", "rt-link.pcap"),
    ("netlink.hdr_flags.dump_intr == 1", "rt-link.pcap"),
    ("netlink.hdr_flags.multi == 1", "rt-link.pcap"),
    ("netlink.hdr_flags & 0x300 == 0x300 and not netlink.error", "nlctrl.pcap"),
    ("netlink.hdr_len > 1000", "rt-link.pcap"),
    ("netlink.family == 0", "rt-link.pcap"),
    ("genl.family_id == 16", "nlctrl.pcap"),
    ("genl.ctrl.cmd == 3", "nlctrl.pcap"),
    ('genl.ctrl.family_name == "ethtool"', "nlctrl.pcap"),
    ("genl.ctrl.op_id == 3", "nlctrl.pcap"),
    ('genl.ctrl.group_name contains "no"', "nlctrl.pcap"),
    ("frame.number < 10", "nlctrl.pcap"),
    ("frame.len > 1000", "nlctrl.pcap"),
    ("frame.cap_len == 60", "nlctrl.pcap"),
]  # fmt: skip


@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
@pytest.mark.parametrize(("text", "name"), CASES)
def test_tshark_finds_the_same_records(text: str, name: str) -> None:
    names = {word for word in re.findall(r"[\w.-]+", text) if word in ALIASES}
    if not names <= tshark_fields():
        pytest.skip("this tshark does not know the field")
    command = [str(TSHARK), "-r", str(CAPTURES / name), "-Y", text, "-T", "fields"]
    done = subprocess.run([*command, "-e", "frame.number"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    theirs = {int(line) for line in done.stdout.split()}
    ours = {message.record.number for message in messages(name) if compiled(text).match(message)}
    assert ours == theirs
