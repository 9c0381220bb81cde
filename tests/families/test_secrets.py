"""Which attributes and members of the built-in families are marked as key material."""

from __future__ import annotations

import pytest

from nldissect.spec.secrets import Secrets

from ..check import REGISTRY

MARKED = {
    "802.15.4 MAC": {"ieee802154.llsec-key-bytes"},
    "SEG6": {"seg6.secret"},
    "SMBD_GENL": {
        "login-response.hash",
        "spnego-authen-request.spnego-blob",
        "spnego-authen-response.payload",
    },
    "TIPCv2": {"aead-key.key", "node.key"},
    "cifs": {"cifs.swn-password"},
    "drbd": {"net-conf.shared-secret"},
    "ethtool": {"wol.sopass", "module-fw-flash.password"},
    "l2tp": {"l2tp.cookie", "l2tp.peer-cookie"},
    "macsec": {"sa.key", "sa.salt"},
    "nl80211": {
        "nl80211-attrs.key-data",
        "nl80211-attrs.fils-kek",
        "nl80211-attrs.fils-erp-rrk",
        "nl80211-attrs.pmk",
        "nl80211-attrs.sae-password",
        "key-attrs.data",
        "key-attrs.ltf-seed",
        "rekey-data-attrs.kek",
        "rekey-data-attrs.kck",
    },
    "nl802154": {"key.bytes"},
    "ovpn": {"keydir.cipher-key", "keydir.nonce-tail"},
    "psp": {"keys.key"},
    "sock-diag": {"tcp-diag-md5sig.key"},
    "wireguard": {"wgdevice.private-key", "wgpeer.preshared-key"},
    "xfrm": {"algo.key", "algo-auth.key", "algo-aead.key"},
}
REACHED = [
    (
        "SMBD_GENL",
        "ksmbd",
        {"login-response", "spnego-authen-request", "spnego-authen-response"},
        {"login-request", "login-response-ext", "rpc-request", "tree-connect-request"},
    ),
    ("drbd", "drbd", {"net-conf"}, {"disk-conf", "cfg-context"}),
    ("nl80211", "nl80211-attrs", {"key", "keys", "rekey-data", "pmk"}, {"ssid", "pmkid", "bss"}),
    ("wireguard", "wgdevice", {"private-key", "peers"}, {"public-key", "ifname"}),
    ("macsec", "macsec", {"sa-config", "txsa-list", "rxsc-list"}, {"secy", "ifindex"}),
    ("xfrm", "xfrm", {"alg-auth", "alg-crypt", "alg-aead", "alg-auth-trunc"}, {"tmpl", "sa"}),
    ("nl802154", "nl802154", {"sec-key"}, {"sec-devkey", "sec-level"}),
    ("ovpn", "ovpn", {"keyconf"}, {"peer"}),
    ("TIPCv2", "tipc", {"node"}, {"bearer"}),
    ("psp", "assoc", {"rx-key", "tx-key"}, {"spi"}),
    ("sock-diag", "inet", {"md5sig"}, {"info"}),
    ("MAC80211_HWSIM", "hwsim", {"pmsr-request"}, {"frame"}),
]


def test_marks() -> None:
    found = {}
    for name in REGISTRY.names():
        spec = REGISTRY.spec(name)
        assert spec is not None
        marks = {
            f"{item.name}.{attr.name}"
            for item in spec.attribute_sets
            for attr in item.attributes
            if attr.secret
        }
        marks |= {
            f"{item.name}.{member.name}"
            for item in spec.definitions
            for member in item.members or ()
            if member.secret
        }
        if marks:
            found[name] = marks
    assert found == MARKED


@pytest.mark.parametrize(
    ("family", "attribute_set", "inside", "outside"), REACHED, ids=[item[0] for item in REACHED]
)
def test_what_leads_to_them(
    family: str, attribute_set: str, inside: set[str], outside: set[str]
) -> None:
    compiled = REGISTRY.family(family, "little")
    assert compiled is not None
    numbers = Secrets(REGISTRY.spec).numbers(family, attribute_set)
    attrs = compiled.attr_set(attribute_set).attrs
    names = {attrs[number].name for number in numbers}
    assert inside <= names
    assert not outside & names


@pytest.mark.parametrize("family", ["rt-link", "rt-route", "tc", "nftables", "devlink", "nlctrl"])
def test_families_without_any(family: str) -> None:
    assert not Secrets(REGISTRY.spec).family(family)
