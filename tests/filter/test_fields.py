"""The catalogue: names to fields, their kinds and values, the nearest right names, lists."""

from __future__ import annotations

import pytest

from nldissect.errors import FilterError
from nldissect.filter import Catalogue
from nldissect.filter.aliases import ALIASES
from nldissect.filter.shapes import KINDS
from nldissect.registry import Registry
from nldissect.spec.model import Attribute, AttributeSet, Family, Operation

from .sample import CATALOGUE, messages


@pytest.mark.parametrize(
    ("name", "kind", "repeated", "c_name"),
    [
        ("rt-link.ifname", "string", False, "IFLA_IFNAME"),
        ("rt-link.ifi-index", "sint", False, "ifi_index"),
        ("rt-link.header.ifi-index", "sint", False, "ifi_index"),
        ("rt-link.ifi-flags", "flags", False, "ifi_flags"),
        ("rt-link.address", "mac", False, "IFLA_ADDRESS"),
        ("rt-link.prop-list.alt-ifname", "string", True, "IFLA_ALT_IFNAME"),
        ("rt-link.linkinfo.data.vlan-filtering", "uint", False, "IFLA_BR_VLAN_FILTERING"),
        ("rt-link.linkinfo.data", "object", False, "IFLA_INFO_DATA"),
        ("rt-link.stats64.rx-packets", "uint", False, "rx_packets"),
        ("rt-route.rta-dst", "any", True, "RTA_DST"),
        ("rt-route.rta-multipath.rtnh-ifindex", "sint", True, "rtnh_ifindex"),
        ("nlctrl.ops.id", "uint", True, "CTRL_ATTR_OP_ID"),
        ("nlctrl.ops", "object", True, "CTRL_ATTR_OPS"),
        ("ethtool.header.dev-name", "string", False, "ETHTOOL_A_HEADER_DEV_NAME"),
        ("nl80211.wiphy-bands", "object", False, "NL80211_ATTR_WIPHY_BANDS"),
        ("wireguard.peers.allowedips.ipaddr", "ipv4-or-v6", True, "WGALLOWEDIP_A_IPADDR"),
        ("wireguard.ifname", "string", False, "WGDEVICE_A_IFNAME"),
        ("attr.allowedips", "object", True, "WGPEER_A_ALLOWEDIPS"),
        ("wireguard.peers.public-key", "bytes", True, "WGPEER_A_PUBLIC_KEY"),
        ("conntrack.labels_mask", "bytes", False, "CTA_LABELS_MASK"),
        ("attr.ifname", "string", True, ""),
        ("attr.header.dev-name", "string", False, "ETHTOOL_A_HEADER_DEV_NAME"),
        ("attr.attr-77", "any", True, ""),
        ("header.ifi-index", "sint", True, "ifi_index"),
        ("rt-link.attr-99.attr-2", "any", True, ""),
        ("nobody.attr-1.attr-2", "any", True, ""),
        ("request.rt-link.ifname", "string", False, "IFLA_IFNAME"),
        ("time", "time", False, ""),
        ("latency", "duration", False, ""),
        ("nlmsg.flags", "flags", False, "nlmsg_flags"),
        ("nlmsg.flags.dump", "bool", False, "NLM_F_DUMP"),
        ("error.name", "enum", False, ""),
        ("note.severity", "enum", False, ""),
        ("generic", "bool", False, ""),
        ("rt-link", "bool", False, ""),
    ],
)
def test_fields(name: str, kind: str, repeated: bool, c_name: str) -> None:
    field = CATALOGUE.field(name)
    assert (field.name, field.kind, field.c_name) == (name, kind, c_name)
    assert field.repeated is repeated


@pytest.mark.parametrize(
    ("name", "column", "near"),
    [
        ("rt-link.ifnam", 8, "rt-link.ifname"),
        ("rt-lnk.ifname", 0, "rt-link.ifname"),
        ("rt-link.linkinfo.dta.mode", 17, "rt-link.linkinfo.data"),
        ("rt-link.header.ifi-idx", 15, "rt-link.header.ifi-index"),
        ("rt-link.ifname.x", 15, ""),
        ("ifname", 0, "attr.ifname"),
        ("attr.ifnam", 5, "attr.ifname"),
        ("header.ifi-idx", 7, "header.ifi-index"),
        ("frme", 0, "frame"),
        ("nlmsg.flag", 0, "nlmsg.flags"),
        ("nl8211.attr-3", 0, "nl80211"),
        ("request.rt-link.ifnam", 16, "request.rt-link.ifname"),
        ("request.request.n", 8, ""),
        ("rt-link.", 8, ""),
        ("zzzzzzzz", 0, ""),
        ("a." * 5000, 0, ""),
    ],
)
def test_wrong_names(name: str, column: int, near: str) -> None:
    with pytest.raises(FilterError) as caught:
        CATALOGUE.field(name)
    assert caught.value.column == column
    assert near in ("", *caught.value.near[:1])
    assert name not in CATALOGUE


def test_a_path_longer_than_any_nest_is_an_error() -> None:
    path = ".".join(["attr-1"] * 40)
    with pytest.raises(FilterError):
        CATALOGUE.field(f"rt-link.{path}")


def test_every_alias_means_something() -> None:
    for name, target in ALIASES.items():
        field = CATALOGUE.field(name)
        assert field.alias == target
        assert field.kind in KINDS


def test_lists_hold_what_can_be_asked_for() -> None:
    listed = {field.name: field.kind for field in CATALOGUE.complete("rt-link.")}
    assert {"rt-link.ifname", "rt-link.header.ifi-index", "rt-link.linkinfo.kind"} <= set(listed)
    for name, kind in listed.items():
        assert CATALOGUE.field(name).kind == kind
    names = [field.name for field in CATALOGUE.complete("rt-link.linkinfo.k")]
    assert names == ["rt-link.linkinfo.kind"]
    assert "attr.ifname" in {field.name for field in CATALOGUE.complete("attr.")}


def test_all_families_end() -> None:
    """Sets that hold themselves are listed once."""
    fields = list(CATALOGUE.complete())
    assert 5_000 < len(fields) < 100_000
    assert {field.kind for field in fields} == set(KINDS)


def test_the_next_level_alone() -> None:
    names = [field.name for field in CATALOGUE.level("rt-link.linkinfo.")]
    assert "rt-link.linkinfo.kind" in names
    assert all(name.count(".") == 2 for name in names)


def test_values_in_their_own_spelling() -> None:
    def of(name: str, capture: str = "rt-link.pcap") -> list[object]:
        field = CATALOGUE.field(name)
        return [value for message in messages(capture) for value in field.values(message)]

    assert "lo" in of("rt-link.ifname")
    assert 1 in of("rt-link.ifi-index")
    assert ["request", "ack"] in of("nlmsg.flags")
    assert "ENODEV" in of("error.name")
    assert "00:00:00:00:00:00" in of("rt-link.address")
    assert of("frame")[0] == 1
    assert bytes.fromhex(str(of("bytes")[0]))[0] == of("nlmsg.len")[0]
    assert set(of("proto")) == {"route"}
    assert "ethtool" in of("nlctrl.family-name", "nlctrl.pcap")
    assert "notify" in of("nlctrl.mcast-groups.name", "nlctrl.pcap")


def test_a_family_of_the_users() -> None:
    registry = Registry(plugins=False)
    inner = Attribute(name="again", value=1, type="nest", nested_attributes="a")
    deep = Attribute(name="size", value=2, type="u32")
    registry.register(
        Family(
            "mine",
            "genetlink",
            attribute_sets=[AttributeSet("a", [inner, deep])],
            operations=[Operation("get", request_value=1, attribute_set="a")],
        )
    )
    catalogue = Catalogue(registry)
    assert catalogue.field("mine.again.again.size").kind == "uint"
    names = [field.name for field in catalogue.complete("mine.")]
    assert names == ["mine.again", "mine.size"]


def test_a_family_that_only_the_capture_knows() -> None:
    catalogue = Catalogue(Registry(plugins=False), ["nl80212"])
    assert catalogue.field("nl80212.attr-3").families == ["nl80212"]
    assert catalogue.field("nl80212").kind == "bool"
    with pytest.raises(FilterError):
        catalogue.field("nl80212.ifname")
