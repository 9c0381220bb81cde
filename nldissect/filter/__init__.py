"""Display filters: which messages are wanted, in Wireshark's syntax, and the fields they name."""

from .compile import Filter, compile_filter
from .fields import Catalogue, Field

__all__ = ["Catalogue", "Field", "Filter", "compile_filter"]
