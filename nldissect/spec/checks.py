"""What the kernel's policy asks of an attribute in a request, as a test of bytes and in words."""

from __future__ import annotations

from typing import Final

from ..text import Json

SIZES: Final[dict[str, tuple[int, ...]]] = {
    "u8": (1,), "u16": (2,), "u32": (4,), "u64": (8,), "uint": (4, 8),
    "s8": (1,), "s16": (2,), "s32": (4,), "s64": (8,), "sint": (4, 8),
}  # fmt: skip
"""Bytes that integers may have."""

RANGE: Final = "value.range"
MASK: Final = "value.mask"
LENGTH: Final = "value.length"

_KINDS: Final = {
    "flag": "no payload",
    "string": "a string",
    "nul-string": "a string that ends in NUL",
    "nested": "nested attributes",
    "nested-array": "an array of nested attributes",
    "bitfield32": "a bitfield32",
}


class Check:
    """One attribute's policy.

    kind: a type as policies name it (u8 … s64, uint, sint, string, nul-string, binary, flag …).
    low, high: the values that are taken; mask: the bits. shortest, longest: bytes of payload, of
    strings without the NUL, which a nul-string must have. None: no such limit.
    """

    __slots__ = ("kind", "order", "low", "high", "mask", "shortest", "longest")

    def __init__(
        self,
        kind: str,
        order: str,
        *,
        low: int | None = None,
        high: int | None = None,
        mask: int | None = None,
        shortest: int | None = None,
        longest: int | None = None,
    ) -> None:
        self.kind = kind
        self.order = order
        self.low = low
        self.high = high
        self.mask = mask
        self.shortest = shortest
        self.longest = longest

    @property
    def limits(self) -> bool:
        """Whether there is any."""
        return any(
            limit is not None
            for limit in (self.low, self.high, self.mask, self.shortest, self.longest)
        )

    def broken(self, data: bytes, start: int, stop: int) -> str:
        """The code of the limit that the payload data[start:stop] exceeds, or "".

        An integer of another width than its kind has breaks none: its width is the matter.
        """
        if self.kind in SIZES:
            if stop - start not in SIZES[self.kind]:
                return ""
            order = "big" if self.order == "big" else "little"
            number = int.from_bytes(data[start:stop], order, signed=self.kind[0] == "s")  # type: ignore[arg-type]
            if self.low is not None and number < self.low:
                return RANGE
            if self.high is not None and number > self.high:
                return RANGE
            return MASK if self.mask is not None and number & ~self.mask else ""
        if self.kind == "bitfield32":
            order = "big" if self.order == "big" else "little"
            for at in range(start, min(start + 8, stop - 3), 4):
                bits = int.from_bytes(data[at : at + 4], order)  # type: ignore[arg-type]
                if self.mask is not None and bits & ~self.mask:
                    return MASK
            return ""
        if self.kind == "nul-string" and 0 not in data[start:stop]:
            return LENGTH
        size = self.size(data, start, stop)
        if self.shortest is not None and size < self.shortest:
            return LENGTH
        return LENGTH if self.longest is not None and size > self.longest else ""

    def size(self, data: bytes, start: int, stop: int) -> int:
        """How many bytes of a payload count."""
        if self.kind == "nul-string":
            end = data.find(b"\0", start, stop)
            return stop - start if end < 0 else end - start
        ended = self.kind == "string" and stop > start and data[stop - 1] == 0
        return stop - start - ended

    def words(self) -> str:
        """What is asked for: ``1…4095``, ``at most 15 bytes``, ``u32``; "" if it is nothing."""
        said = [self._range(), self._bits(), self._lengths()]
        return ", ".join(filter(None, said)) or (
            self.kind if self.kind in SIZES else _KINDS.get(self.kind, "")
        )

    def _range(self) -> str:
        sizes = SIZES.get(self.kind)
        if sizes is None or (self.low is None and self.high is None):
            return ""
        bits = sizes[-1] * 8
        least, most = (-1 << bits - 1, (1 << bits - 1) - 1)
        if self.kind[0] == "u":
            least, most = (0, (1 << bits) - 1)
        low = least if self.low is None else self.low
        high = most if self.high is None else self.high
        if (low, high) == (least, most):
            return ""
        # The ends of 64 bits are numbers that nobody reads.
        if bits == 64 and high == most:
            return f"at least {low}"
        if bits == 64 and low == least and least:
            return f"at most {high}"
        return str(low) if low == high else f"{low}…{high}"

    def _bits(self) -> str:
        return "" if self.mask is None else f"bits of {self.mask:#x}"

    def _lengths(self) -> str:
        low, high = self.shortest, self.longest
        if low is not None and high is not None:
            return f"exactly {count_bytes(low)}" if low == high else f"{low}…{count_bytes(high)}"
        if low is not None:
            return f"at least {count_bytes(low)}"
        ended = " and a NUL" if self.kind == "nul-string" else ""
        return "" if high is None else f"at most {count_bytes(high)}{ended}"


def count_bytes(size: int) -> str:
    """``1 byte``, ``2 bytes``."""
    return "1 byte" if size == 1 else f"{size} bytes"


def check_of(rules: dict[str, Json], order: str) -> Check:
    """The policy that the kernel tells in NL_POLICY_TYPE_ATTR_* attributes, by their YNL names."""

    def limit(*names: str) -> int | None:
        for name in names:
            value = rules.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None

    return Check(
        str(rules.get("type", "")),
        order,
        low=limit("min-value-s", "min-value-u"),
        high=limit("max-value-s", "max-value-u"),
        mask=limit("mask", "bitfield32-mask"),
        shortest=limit("min-length"),
        longest=limit("max-length"),
    )
