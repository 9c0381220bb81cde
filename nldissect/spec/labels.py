"""Names that numbers have all over the kernel, for people: values stay numbers.

A specification asks for them by ``display-hint``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final


class Handles(Mapping[int, str]):
    """Handles of traffic control: a name for a few (TC_H_* of linux/pkt_sched.h), else major:minor.

    Iterating gives those with a name.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names

    def __getitem__(self, number: int) -> str:
        name = self._names.get(number)
        if name is None:
            if not number >> 16:
                raise KeyError(number)
            minor = number & 0xFFFF
            name = f"{number >> 16:x}:{minor:x}" if minor else f"{number >> 16:x}:"
        return name

    def __iter__(self) -> Iterator[int]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


LABELS: Final[Mapping[str, Mapping[int, str]]] = {
    # AF_* of linux/socket.h; RTNL_FAMILY_* of linux/rtnetlink.h.
    "address-family": {
        0: "unspec", 1: "unix", 2: "inet", 3: "ax25", 4: "ipx", 5: "appletalk", 7: "bridge",
        8: "atmpvc", 9: "x25", 10: "inet6", 15: "key", 16: "netlink", 17: "packet", 20: "atmsvc",
        21: "rds", 24: "pppox", 26: "llc", 27: "ib", 28: "mpls", 29: "can", 30: "tipc",
        31: "bluetooth", 33: "rxrpc", 35: "phonet", 36: "ieee802154", 38: "alg", 39: "nfc",
        40: "vsock", 41: "kcm", 42: "qipcrtr", 43: "smc", 44: "xdp", 45: "mctp", 128: "ipmr",
        129: "ip6mr",
    },
    # NFPROTO_* of linux/netfilter.h.
    "nf-family": {
        0: "unspec", 1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6",
        12: "decnet",
    },
    # RT_TABLE_*, RTPROT_*, RT_SCOPE_* of linux/rtnetlink.h.
    "route-table": {0: "unspec", 252: "compat", 253: "default", 254: "main", 255: "local"},
    "route-protocol": {
        0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra",
        10: "mrt", 11: "zebra", 12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp",
        17: "mrouted", 18: "keepalived", 42: "babel", 84: "ovn", 99: "openr", 186: "bgp",
        187: "isis", 188: "ospf", 189: "rip", 192: "eigrp",
    },
    "route-scope": {0: "universe", 200: "site", 253: "link", 254: "host", 255: "nowhere"},
    # IPPROTO_* of linux/in.h and linux/in6.h.
    "ip-protocol": {
        1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 8: "egp", 12: "pup", 17: "udp",
        22: "idp", 29: "tp", 33: "dccp", 41: "ipv6", 43: "routing", 44: "fragment", 46: "rsvp",
        47: "gre", 50: "esp", 51: "ah", 58: "icmpv6", 59: "none", 60: "dstopts", 92: "mtp",
        94: "beetph", 98: "encap", 103: "pim", 108: "comp", 115: "l2tp", 132: "sctp", 135: "mh",
        136: "udplite", 137: "mpls", 143: "ethernet", 144: "aggfrag", 255: "raw", 256: "smc",
        262: "mptcp",
    },
    # ETH_P_* of linux/if_ether.h.
    "ethertype": {
        0x0003: "all", 0x0800: "ipv4", 0x0806: "arp", 0x22F0: "avtp", 0x8035: "rarp",
        0x8100: "802.1Q", 0x86DD: "ipv6", 0x8808: "pause", 0x8809: "slow", 0x8847: "mpls",
        0x8848: "mpls-mc", 0x8863: "pppoe-disc", 0x8864: "pppoe", 0x888E: "eapol",
        0x88A8: "802.1ad", 0x88CC: "lldp", 0x88E5: "macsec", 0x88F7: "ptp", 0x88FB: "prp",
        0x8906: "fcoe", 0x892F: "hsr", 0x894F: "nsh",
    },
    # ARPHRD_* of linux/if_arp.h.
    "arphrd": {
        1: "ether", 6: "ieee802", 24: "ieee1394", 27: "eui64", 32: "infiniband", 256: "slip",
        280: "can", 290: "mctp", 512: "ppp", 513: "hdlc", 519: "rawip", 768: "ipip", 769: "ip6tnl",
        772: "loopback", 776: "sit", 778: "ipgre", 779: "pimreg", 801: "802.11",
        802: "802.11-prism", 803: "802.11-radiotap", 804: "802.15.4", 805: "802.15.4-monitor",
        820: "phonet", 823: "ip6gre", 824: "netlink", 825: "6lowpan", 826: "vsockmon",
        0xFFFE: "none", 0xFFFF: "void",
    },
    "tc-handle": Handles({0xFFFFFFFF: "root", 0xFFFFFFF1: "ingress"}),
}  # fmt: skip
