"""scapy's packets: the bytes of all captures come back, and what is changed stays consistent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

pytest.importorskip("scapy")

from scapy.config import conf
from scapy.layers.l2 import CookedLinux, Ether
from scapy.packet import Packet, Raw
from scapy.utils import rdpcap, wrpcap

import nldissect
from nldissect import UsageError
from nldissect.contrib.scapy import (
    FamilyHeader,
    Genlmsg,
    NetlinkCooked,
    NetlinkCooked2,
    NlAttr,
    NlAttrs,
    Nlmsg,
    Nlmsgerr,
    learn,
    message,
    packet,
    reset,
)

from ..check import REGISTRY

CAPTURES = Path(__file__).parent.parent.parent / "captures"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    reset(REGISTRY)
    yield
    reset()


def read(name: str) -> list[Packet]:
    return list(learn(rdpcap(str(CAPTURES / name), count=60)))


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap*")), ids=lambda path: path.name)
def test_captures_come_back_byte_for_byte(path: Path) -> None:
    packets = rdpcap(str(path), count=25)
    for known in packets:
        assert bytes(known) == known.original == bytes(known.copy())
    assert any(isinstance(known, NetlinkCooked) for known in packets)


def test_link_types() -> None:
    assert conf.l2types.num2layer[253] is NetlinkCooked
    assert any(type(p) is NetlinkCooked2 for p in read("format-sll2.pcap"))
    other = CookedLinux(lladdrtype=1) / b"x"
    assert type(conf.l2types.num2layer[113](bytes(other))) is CookedLinux
    netlink = NetlinkCooked(messages=[Nlmsg(type=16)])
    assert type(conf.l2types.num2layer[113](bytes(netlink))) is NetlinkCooked
    assert type(conf.l2types.num2layer[1](bytes(Ether()))) is Ether


def test_a_written_file_is_a_capture(tmp_path: Path) -> None:
    path = tmp_path / "made.pcap"
    built = NetlinkCooked(messages=[message("rt-link", "getlink", {"ifname": "lo"})])
    wrpcap(str(path), [built])
    with nldissect.open(path, registry=REGISTRY) as session:
        assert [m.attrs for m in session] == [{"ifname": "lo"}]


def test_show_has_names_and_values() -> None:
    shown = [known.show(dump=True) for known in read("ethtool.pcap")]
    request = next(text for text in shown if "ethtool linkmodes-get request" in text)
    for words in ("genlmsghdr", "###[ header ]###", "###[ dev-name ]###", "v0  (b'v0\\x00')"):
        assert words in request
    shown = [known.show(dump=True) for known in read("rt-link.pcap")]
    assert any("-19 ENODEV" in text for text in shown)
    assert any("ifi_index" in text for text in shown)


def test_learning_names_earlier_packets() -> None:
    packets = rdpcap(str(CAPTURES / "ethtool.pcap"))
    names = [item.name for known in learn(packets) for item in known.messages]
    assert any(name.startswith("ethtool ") for name in names)


def test_a_changed_attribute_changes_all_lengths() -> None:
    built = message("ethtool", "features-get", {"header": {"dev-name": "v0"}}, id=0x15)
    assert built.len == len(bytes(built)) == 32
    inner = built[NlAttrs].attrs[0].attrs[0]
    assert (inner.name, inner.len, inner.pad) == ("dev-name", 7, None)
    inner.data = b"eth0.4094\0"
    assert inner.len == 14
    assert built[NlAttrs].attrs[0].len == 4 + 16
    assert built.len == len(bytes(built)) == 40
    reset(REGISTRY, {0x15: "ethtool"})
    assert built.message.attrs == {"header": {"dev-name": "eth0.4094"}}
    assert built.message.notes == []
    inner.len = 99
    assert built.message.notes != []


def test_a_packet_of_a_capture_can_be_changed() -> None:
    known = next(p for p in read("rt-link.pcap") if p.messages[0].haslayer(FamilyHeader))
    item = known.messages[0]
    assert item.len == 32
    item[FamilyHeader].ifi_index = 77
    item.payload.add_payload(NlAttrs(attrs=[NlAttr(type=3, data=b"lo\0")]))
    again = item.message
    assert again.header is not None
    assert (again.length, again.header["ifi-index"], again.attrs) == (40, 77, {"ifname": "lo"})
    assert bytes(known)[16:] == bytes(item)


def test_building_by_layers() -> None:
    nest = NlAttr(type=0x8001, attrs=[NlAttr(type=2, data=b"v0\0")])
    built = Nlmsg(type=0x15, flags=1, seq=2, pid=3, protocol=16)
    built = built / Genlmsg(cmd=11) / NlAttrs(attrs=[nest])
    attrs = {"header": {"dev-name": "v0"}}
    assert bytes(built) == nldissect.encode(
        "ethtool", "features-get", attrs, id=0x15, seq=2, pid=3, registry=REGISTRY
    )
    assert bytes(NetlinkCooked() / built) == bytes(NetlinkCooked(messages=[built]))
    assert bytes(NetlinkCooked(messages=[built]))[14:16] == b"\0\x10"


def test_messages_stand_at_multiples_of_four() -> None:
    odd = Nlmsg(type=3) / Raw(b"x")
    raw = bytes(NetlinkCooked(messages=[odd, Nlmsg(type=3)]))[16:]
    assert len(raw) == 20 + 16
    assert odd.len == 17


@pytest.mark.parametrize("order", ["little", "big"])
def test_both_orders(order: str) -> None:
    built = message("rt-link", "getlink", {"mtu": 1500}, order=order, seq=1)
    assert built.message.attrs == {"mtu": 1500}
    raw = bytes(built)
    assert int.from_bytes(raw[:4], order) == len(raw)  # type: ignore[arg-type]


def test_an_error_has_its_request() -> None:
    items = [item for known in read("rt-link.pcap") for item in known.messages]
    failed = next(i for i in items if i.haslayer(Nlmsgerr) and i[Nlmsgerr].error == -19)
    [request] = failed[Nlmsgerr].request
    assert isinstance(request, Nlmsg)
    assert request.flags & 1


def test_a_decoded_message_as_a_packet() -> None:
    raw = nldissect.encode("rt-link", "getlink", {"ifname": "lo"}, registry=REGISTRY)
    built = packet(nldissect.decode(raw, "route", registry=REGISTRY)[0])
    assert bytes(built) == raw
    with pytest.raises(UsageError):
        packet(nldissect.decode(b"xy", "route", registry=REGISTRY)[0])


def test_raw_bytes_keep_following_their_changes() -> None:
    raw = nldissect.encode("rt-link", "getlink", {"ifname": "lo"}, registry=REGISTRY)
    built = Nlmsg(raw)
    assert bytes(built) == raw
    built.remove_payload()
    assert built.len == len(bytes(built)) == 16
    attr = NlAttr(b"\x07\x00\x03\x00lo\x00\x00") if nldissect.decode(raw, 0)[0].order == "little" \
        else NlAttr(type=3, data=b"lo\0")  # fmt: skip
    attr.data = b"eth0\0"
    assert attr.len == 9


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_come_back(data: bytes) -> None:
    link = bytes(NetlinkCooked(protocol=0))
    for raw in (data, link + data):
        if raw:
            assert bytes(conf.l2types.num2layer[253](raw)) == raw


def test_wrong_names_are_refused() -> None:
    with pytest.raises(UsageError, match="ifname"):
        message("rt-link", "getlink", {"ifnam": "lo"})
