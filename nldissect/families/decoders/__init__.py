"""Decoders for payloads that YNL cannot describe.

A specification calls one by name (``decoder: NAME``); its module is imported when the attribute's
table is made. Each is a ``spec.compile.DecoderFactory``: called with the family, the attribute and
the byte order, it gives a ``spec.types.Type``.
"""

from __future__ import annotations

from typing import Final

DECODERS: Final[dict[str, str]] = {
    "devconf": "nldissect.families.decoders.route:devconf",
    "flag-or-byte": "nldissect.families.decoders.route:flag_or_byte",
    "headed-nest": "nldissect.families.decoders.route:headed_nest",
    "link-af-spec": "nldissect.families.decoders.route:link_af_spec",
    "link-protinfo": "nldissect.families.decoders.route:link_protinfo",
    "mdb-entry": "nldissect.families.decoders.route:mdb_entry",
    "mpls-labels": "nldissect.families.decoders.route:labels",
    "nest-or-byte": "nldissect.families.decoders.route:nest_or_byte",
    "next-hops": "nldissect.families.decoders.route:next_hops",
    "source-route": "nldissect.families.decoders.route:source_route",
    "struct-array": "nldissect.families.decoders.route:struct_array",
    "via": "nldissect.families.decoders.route:via",
}
"""Name to ``module:factory``."""
