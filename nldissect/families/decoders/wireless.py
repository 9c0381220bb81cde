"""What nl80211 carries of IEEE 802.11, and its attributes whose width depends on the message.

Everything of 802.11 is little-endian whatever the host is; only OUIs and suite selectors are
written most significant byte first.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from ...model import Node
from ...spec.compile import CompiledFamily
from ...spec.model import Attribute
from ...spec.sets import IndexedArray, Nest
from ...spec.types import Enum, Flag, Irregular, Scalar, Scope, Type, Walk, raw_node
from ...text import Json

Part = tuple[str, int, int, Json]
"""A named span of a frame or element, [start, end), and its value."""

_EXTENSION: Final = 255
_HEADER: Final = 24
_FRAME_FLAGS: Final = (
    *("to-ds", "from-ds", "more-fragments", "retry"),
    *("power-management", "more-data", "protected", "order"),
)
_ALGORITHMS: Final = {
    0: "open-system",
    1: "shared-key",
    2: "ft",
    3: "sae",
    4: "fils-sk",
    5: "fils-sk-pfs",
    6: "fils-pk",
}
# Rates that are no rates: the BSS demands a feature of those who join.
_SELECTORS: Final = {
    121: "eht",
    122: "he",
    123: "sae-h2e",
    124: "epd",
    125: "glk",
    126: "vht",
    127: "ht",
}


def _le(data: bytes, start: int, end: int) -> int:
    return int.from_bytes(data[start:end], "little")


def _mac(data: bytes, start: int) -> str:
    return data[start : start + 6].hex(":")


def ssid_text(raw: bytes) -> str:
    r"""An SSID as text; bytes that are no printable UTF-8 as ``\xNN``, a backslash as ``\\``."""
    text = raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else "".join(f"\\x{byte:02x}" for byte in char.encode())
        for char in text
    )


NL80211: Final = "nl80211"


class Ssid(Type):
    """A network's name: any bytes, but nearly always text."""

    __slots__ = ()

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return ssid_text(data[start:end])


class Bitmap(Type):
    """Bits counted from the first byte's lowest: the names of those that are set."""

    __slots__ = ("enum",)

    def __init__(self, enum: Enum) -> None:
        self.enum = enum

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        bits = _le(data, start, end)
        return [self.enum.name_of(bit) for bit in range(bits.bit_length()) if bits >> bit & 1]


class AnyWidth(Type):
    """An integer that requests and replies give different widths."""

    __slots__ = ("order",)

    def __init__(self, order: str) -> None:
        self.order = order

    @property
    def byte_order(self) -> str:
        return self.order

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start not in (1, 2, 4, 8):
            raise Irregular(f"{end - start} bytes are no integer")
        return int.from_bytes(data[start:end], "big" if self.order == "big" else "little")


class BySize(Type):
    """One type for payloads of one size, another for all others."""

    __slots__ = ("size", "special", "usual")

    def __init__(self, size: int, special: Type, usual: Type) -> None:
        self.size = size
        self.special = special
        self.usual = usual

    def _pick(self, size: int) -> Type:
        return self.special if size == self.size else self.usual

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        return self._pick(end - start).value(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        picked = self._pick(end - start)
        if isinstance(picked, (Nest, IndexedArray)):
            node.kind = "nest"
        picked.fill(node, data, start, end, scope, walk)


class Elements(Type):
    """A run of elements: a list of objects with one name each, the element's."""

    __slots__ = ("ids", "extensions", "ciphers", "akms", "structs")

    def __init__(self, family: CompiledFamily) -> None:
        self.ids = family.enum("element-id").names
        self.extensions = family.enum("element-id-ext").names
        self.ciphers = family.enum("cipher-suite")
        self.akms = family.enum("akm-suite")
        self.structs = {name: family.struct(name) for name in ("ht-capability", "vht-capability")}

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        out: list[Json] = []
        at = start
        while at < end:
            stop = self._stop(data, at, end)
            if stop < 0:
                raise Irregular
            name, body = self._name(data, at, stop)
            out.append({name: _value_of(self._parts(name, data, body, stop))})
            at = stop
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        out: list[Json] = []
        at = start
        while at < end:
            stop = self._stop(data, at, end)
            if stop < 0:
                walk.note(node, "element.cut", f"{end - at} bytes are no whole element")
                node.children.append(raw_node(data, at, end, "cut"))
                out.append({"cut": data[at:end].hex()})
                break
            name, body = self._name(data, at, stop)
            parts = self._parts(name, data, body, stop)
            value = _value_of(parts)
            item = Node(name, "", "item", at, stop, value)
            item.children = [
                Node("id", "", "field", at, at + 1, data[at]),
                Node("length", "", "field", at + 1, at + 2, stop - at - 2),
            ]
            if body > at + 2:
                item.children.append(Node("id-extension", "", "field", at + 2, body, data[at + 2]))
            struct = self.structs.get(name)
            if struct is not None and stop - body == struct.size:
                struct.fill(item, data, body, stop, scope, walk)
            else:
                _append(item, parts)
            node.children.append(item)
            out.append({name: value})
            at = stop
        node.value = out
        node.display = " ".join(name for each in out if isinstance(each, dict) for name in each)

    @staticmethod
    def _stop(data: bytes, at: int, end: int) -> int:
        """Where the element at ``at`` ends; -1 if it is not all there."""
        if end - at < 2 or at + 2 + data[at + 1] > end:
            return -1
        return at + 2 + data[at + 1]

    def _name(self, data: bytes, at: int, stop: int) -> tuple[str, int]:
        """The element's name and where its body starts."""
        number = data[at]
        if number == _EXTENSION and stop > at + 2:
            number = data[at + 2]
            return str(self.extensions.get(number, f"element-255-{number}")), at + 3
        return str(self.ids.get(number, f"element-{number}")), at + 2

    def _parts(self, name: str, data: bytes, start: int, end: int) -> list[Part]:
        """Named spans that tile the body; one without a name where it is a single value."""
        size = end - start
        if name in ("ssid", "mesh-id"):
            return [("", start, end, ssid_text(data[start:end]))]
        if name in ("supp-rates", "ext-supp-rates"):
            return [("", start, end, [_rate(byte) for byte in data[start:end]])]
        if name in ("ds-params", "erp-info", "pwr-constraint") and size == 1:
            return [("", start, end, data[start])]
        if name == "tim" and size >= 4:
            return [
                ("dtim-count", start, start + 1, data[start]),
                ("dtim-period", start + 1, start + 2, data[start + 1]),
                ("bitmap-control", start + 2, start + 3, data[start + 2]),
                ("partial-virtual-bitmap", start + 3, end, data[start + 3 : end].hex()),
            ]
        if name == "country" and size >= 6:
            return _country(data, start, end)
        if name in self.structs and size == self.structs[name].size:
            return [("", start, end, self.structs[name].members(data, start))]
        parts = self._rsn(data, start, end) if name == "rsn" else []
        if parts:
            return parts
        if name == "vendor-specific" and size >= 4:
            return [
                ("oui", start, start + 3, data[start : start + 3].hex(":")),
                ("type", start + 3, start + 4, data[start + 3]),
                ("data", start + 4, end, data[start + 4 : end].hex()),
            ]
        return [("", start, end, data[start:end].hex())]

    def _rsn(self, data: bytes, start: int, end: int) -> list[Part]:
        """An RSN element, which may end before any of its fields; empty if it ends inside one."""
        parts: list[Part] = []
        at = start
        for name, unit, enum in (
            ("version", 0, None),
            ("group-cipher", 0, self.ciphers),
            ("pairwise-ciphers", 4, self.ciphers),
            ("akm-suites", 4, self.akms),
            ("capabilities", 0, None),
            ("pmkids", 16, None),
            ("group-management-cipher", 0, self.ciphers),
        ):
            if at == end:
                break
            stop = at + (2 + unit * _le(data, at, at + 2) if unit else 4 if enum else 2)
            if end - at < 2 or stop > end:
                return []
            value: Json
            if unit == 0:
                value = _le(data, at, stop) if enum is None else self._suite(enum, data, at)
            elif enum is None:
                value = [data[each : each + unit].hex() for each in range(at + 2, stop, unit)]
            else:
                value = [self._suite(enum, data, each) for each in range(at + 2, stop, unit)]
            parts.append((name, at, stop, value))
            at = stop
        return parts if at == end else []

    @staticmethod
    def _suite(enum: Enum, data: bytes, at: int) -> Json:
        return enum.name_of(int.from_bytes(data[at : at + 4], "big"))


def _rate(byte: int) -> str:
    """A rate in Mb/s, with a star where it is a basic one."""
    star = "*" if byte & 0x80 else ""
    number = byte & 0x7F
    return _SELECTORS.get(number, f"{number / 2:g}") + star


def _country(data: bytes, start: int, end: int) -> list[Part]:
    stop = end - (end - start) % 3
    triplets: list[Json] = [list(data[at : at + 3]) for at in range(start + 3, stop, 3)]
    parts: list[Part] = [
        ("alpha2", start, start + 2, ssid_text(data[start : start + 2])),
        ("environment", start + 2, start + 3, ssid_text(data[start + 2 : start + 3])),
        ("triplets", start + 3, stop, triplets),
    ]
    if stop < end:
        parts.append(("padding", stop, end, data[stop:end].hex()))
    return parts


def _value_of(parts: list[Part]) -> Json:
    if len(parts) == 1 and not parts[0][0]:
        return parts[0][3]
    return {name: value for name, _, _, value in parts}


def _append(node: Node, parts: list[Part]) -> None:
    node.children += [
        Node(name or "data", "", "field", start, end, value)
        for name, start, end, value in parts
        if end > start
    ]


class Frame(Type):
    """An 802.11 frame without its check sequence; management frames down to their elements.

    An object of frame-control, the header's fields, those that the subtype fixes, and
    ``elements``; ``body`` as hex in place of what is encrypted or has a structure of its own.
    """

    __slots__ = ("types", "capabilities", "reasons", "statuses", "categories", "elements")

    telling: ClassVar[bool] = True

    def __init__(self, family: CompiledFamily) -> None:
        self.types = family.enum("frame-type")
        self.capabilities = family.enum("bss-capability")
        self.reasons = family.enum("reason-code")
        self.statuses = family.enum("status-code")
        self.categories = family.enum("action-category")
        self.elements = Elements(family)

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        parts, rest, plain = self._parts(data, start, end)
        if not parts:
            raise Irregular
        out = {name: value for name, _, _, value in parts}
        if rest < end:
            if plain:
                out["elements"] = self.elements.value(data, rest, end, scope)
            else:
                out["body"] = data[rest:end].hex()
        return out

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        parts, rest, plain = self._parts(data, start, end)
        if not parts:
            node.value = data[start:end].hex()
            if end > start:
                walk.note(node, "frame.short", f"{end - start} bytes are no frame")
                node.children.append(raw_node(data, start, end))
            return
        _append(node, parts)
        out = {name: value for name, _, _, value in parts}
        if rest < end:
            if plain:
                child = Node("elements", "", "item", rest, end)
                self.elements.fill(child, data, rest, end, scope, walk)
            else:
                child = Node("body", "", "field", rest, end, data[rest:end].hex())
            node.children.append(child)
            out[child.name] = child.value
        node.value = out
        control = parts[0][3]
        node.display = str(control["type"]) if isinstance(control, dict) else ""

    def _parts(self, data: bytes, start: int, end: int) -> tuple[list[Part], int, bool]:
        """The fields before the elements, where those start, and whether they are elements."""
        if end - start < 2:
            return [], start, False
        control = _le(data, start, start + 2)
        flags: list[Json] = [
            name for bit, name in enumerate(_FRAME_FLAGS) if control >> (8 + bit) & 1
        ]
        kind = self.types.name_of(control & 0xFC)
        parts: list[Part] = [
            ("frame-control", start, start + 2, {"type": kind, "flags": flags}),
        ]
        if control & 0x0C or end - start < _HEADER:
            return parts, start + 2, False
        sequence = _le(data, start + 22, start + 24)
        parts += [
            ("duration", start + 2, start + 4, _le(data, start + 2, start + 4)),
            ("destination", start + 4, start + 10, _mac(data, start + 4)),
            ("source", start + 10, start + 16, _mac(data, start + 10)),
            ("bssid", start + 16, start + 22, _mac(data, start + 16)),
            (
                "sequence-control",
                start + 22,
                start + 24,
                {"sequence": sequence >> 4, "fragment": sequence & 15},
            ),
        ]
        at = start + _HEADER
        if "order" in flags and end - at >= 4:
            parts.append(("ht-control", at, at + 4, _le(data, at, at + 4)))
            at += 4
        if "protected" in flags:
            return parts, at, False
        fixed = _FIXED.get(str(kind))
        if fixed is None:
            return parts, at, False
        for name, size in fixed:
            if end - at < size:
                return parts, at, False
            parts.append((name, at, at + size, self._fixed(name, data, at, at + size)))
            at += size
        plain = kind not in ("action", "action-no-ack")
        if kind == "auth":
            plain = parts[-3][3] != "sae"
        return parts, at, plain

    def _fixed(self, name: str, data: bytes, start: int, end: int) -> Json:
        number = _le(data, start, end)
        if name == "capability":
            return self.capabilities.flags_of(number)
        if name == "reason-code":
            return self.reasons.name_of(number)
        if name == "status-code":
            return self.statuses.name_of(number)
        if name == "category":
            return self.categories.name_of(number)
        if name == "algorithm":
            return _ALGORITHMS.get(number, number)
        if name == "current-ap":
            return _mac(data, start)
        if name == "aid":
            return number & 0x3FFF
        return number


_RESPONSE: Final = (("capability", 2), ("status-code", 2), ("aid", 2))
_BEACON: Final = (("timestamp", 8), ("beacon-interval", 2), ("capability", 2))
_REASON: Final = (("reason-code", 2),)
_ACTION: Final = (("category", 1), ("action", 1))
_FIXED: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "assoc-req": (("capability", 2), ("listen-interval", 2)),
    "reassoc-req": (("capability", 2), ("listen-interval", 2), ("current-ap", 6)),
    "assoc-resp": _RESPONSE,
    "reassoc-resp": _RESPONSE,
    "probe-req": (),
    "probe-resp": _BEACON,
    "beacon": _BEACON,
    "auth": (("algorithm", 2), ("transaction", 2), ("status-code", 2)),
    "disassoc": _REASON,
    "deauth": _REASON,
    "action": _ACTION,
    "action-no-ack": _ACTION,
}


def _or_array(item: Type, attr: Attribute, order: str) -> Type:
    return IndexedArray(item, False, order) if attr.type == "indexed-array" else item


def _undecoded(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """What the specification says of the attribute beside its decoder."""
    return family.type_of(msgspec.structs.replace(attr, decoder=None), order)


def ssid(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """An SSID, or an indexed array of them."""
    return _or_array(Ssid(), attr, order)


def elements(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """Elements, or an indexed array of runs of them."""
    return _or_array(Elements(family), attr, order)


def frame(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A frame; the names in it are nl80211's."""
    return Frame(family if family.name == NL80211 else family.other(NL80211))


def named_bitmap(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """A bitmap of any length; the attribute's enum names its bits."""
    return Bitmap(family.enum(attr.enum or ""))


def any_width(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """An integer of any width."""
    return AnyWidth(order)


def or_flag(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's type, or a flag where there is no payload."""
    return BySize(0, Flag(), _undecoded(family, attr, order))


def or_u32(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's type, or a u32 where the payload has its size."""
    return BySize(4, Scalar("u32", order), _undecoded(family, attr, order))
