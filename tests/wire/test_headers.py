"""Link headers."""

from __future__ import annotations

import struct

from nldissect.wire.headers import (
    NOT_NETLINK,
    SHORT_LINK,
    link_header_size,
    link_protocol,
)


def test_protocol_of_each_link_type() -> None:
    cooked = struct.pack(">HHH8xH", 4, 824, 0, 12)
    cooked2 = struct.pack(">HHIHBB8x", 12, 0, 3, 824, 4, 0)
    assert link_protocol(253, cooked) == link_protocol(113, cooked) == 12
    assert link_protocol(276, cooked2) == 12
    assert [link_header_size(kind) for kind in (253, 113, 276)] == [16, 16, 20]


def test_other_links_are_not_netlink() -> None:
    ethernet = struct.pack(">HHH8xH", 0, 1, 6, 0x800)
    assert link_protocol(113, ethernet) == NOT_NETLINK
    assert link_protocol(276, struct.pack(">HHIHBB8x", 0x800, 0, 3, 1, 4, 6)) == NOT_NETLINK
    assert link_protocol(1, bytes(64)) == NOT_NETLINK


def test_cut_headers() -> None:
    assert link_protocol(253, bytes(15)) == SHORT_LINK
    assert link_protocol(276, bytes(19)) == SHORT_LINK
