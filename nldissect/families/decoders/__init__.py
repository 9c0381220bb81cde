"""Decoders for payloads that YNL cannot describe.

A specification calls one by name (``decoder: NAME``); its module is imported when the attribute's
table is made. Each is a ``spec.compile.DecoderFactory``: called with the family, the attribute and
the byte order, it gives a ``spec.types.Type``.
"""

from __future__ import annotations

from typing import Final

DECODERS: Final[dict[str, str]] = {}
"""Name to ``module:factory``."""
