"""Decoders for payloads that YNL cannot describe.

A specification calls one by name (``decoder: NAME``); its module is imported when the attribute's
table is made. Each is a ``spec.compile.DecoderFactory``: called with the family, the attribute and
the byte order, it gives a ``spec.types.Type``.
"""

from __future__ import annotations

from typing import Final

DECODERS: Final[dict[str, str]] = {
    "any-width": "nldissect.families.decoders.wireless:any_width",
    "bit-words": "nldissect.families.decoders.generic:bit_words",
    "captured-packet": "nldissect.families.decoders.packets:captured_packet",
    "devconf": "nldissect.families.decoders.route:devconf",
    "ematch-tree": "nldissect.families.decoders.tc:ematch_tree",
    "ethernet-frame": "nldissect.families.decoders.packets:frame",
    "flag-or-byte": "nldissect.families.decoders.route:flag_or_byte",
    "flexible-struct": "nldissect.families.decoders.generic:flexible_struct",
    "growing-struct": "nldissect.families.decoders.generic:growing_struct",
    "headed-nest": "nldissect.families.decoders.route:headed_nest",
    "host-order-nest": "nldissect.families.decoders.generic:host_order_nest",
    "ieee80211-elements": "nldissect.families.decoders.wireless:elements",
    "ieee80211-frame": "nldissect.families.decoders.wireless:frame",
    "ieee80211-ssid": "nldissect.families.decoders.wireless:ssid",
    "inet-diag-info": "nldissect.families.decoders.diag:socket_info",
    "inet-diag-sockopt": "nldissect.families.decoders.diag:socket_options",
    "link-af-spec": "nldissect.families.decoders.route:link_af_spec",
    "link-header": "nldissect.families.decoders.packets:link_header",
    "link-protinfo": "nldissect.families.decoders.route:link_protinfo",
    "mdb-entry": "nldissect.families.decoders.route:mdb_entry",
    "mpls-labels": "nldissect.families.decoders.route:labels",
    "named-bitmap": "nldissect.families.decoders.wireless:named_bitmap",
    "nest-or-byte": "nldissect.families.decoders.route:nest_or_byte",
    "network-packet": "nldissect.families.decoders.packets:network_packet",
    "next-hops": "nldissect.families.decoders.route:next_hops",
    "nft-data": "nldissect.families.decoders.nft_parts:data",
    "nft-datatype": "nldissect.families.decoders.nft_sets:datatype",
    "nft-elements": "nldissect.families.decoders.nft_sets:elements",
    "nft-expressions": "nldissect.families.decoders.nft_values:expressions",
    "nft-userdata": "nldissect.families.decoders.netfilter:user_data",
    "or-flag": "nldissect.families.decoders.wireless:or_flag",
    "or-u32": "nldissect.families.decoders.wireless:or_u32",
    "ordered-nest": "nldissect.families.decoders.generic:ordered_nest",
    "ovs-masked": "nldissect.families.decoders.ovs:masked",
    "pmcraid-event": "nldissect.families.decoders.scsi:pmcraid_event",
    "route-address": "nldissect.families.decoders.route:route_address",
    "sockaddr": "nldissect.families.decoders.generic:sockaddr",
    "sockaddr-array": "nldissect.families.decoders.diag:sockaddr_array",
    "source-route": "nldissect.families.decoders.route:source_route",
    "struct-array": "nldissect.families.decoders.route:struct_array",
    "tailed-struct": "nldissect.families.decoders.tc:tailed_struct",
    "taskstats": "nldissect.families.decoders.generic:taskstats",
    "transport-header": "nldissect.families.decoders.packets:transport_header",
    "typed-value": "nldissect.families.decoders.generic:typed_value",
    "via": "nldissect.families.decoders.route:via",
    "xt-info": "nldissect.families.decoders.netfilter:xt_info",
}
"""Name to ``module:factory``."""
