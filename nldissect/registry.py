"""Who decodes what: family names and classic message numbers to compiled families, decoder names.

Plug-ins stand in the entry-point group ``nldissect.families``: each entry point names a callable
that is given the Registry and calls ``register``, ``override`` or ``register_decoder`` on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from .errors import UsageError
from .families.decoders import DECODERS
from .spec.compile import CompiledFamily, DecoderFactory, Op, Resolver
from .spec.model import Family
from .spec.prebuild import Index, load_family, load_index, teaching, typeless

ENTRY_POINTS = "nldissect.families"


class _Claim:
    """The message numbers that one classic family has in each direction."""

    __slots__ = ("family", "requests", "replies")

    def __init__(self, family: str, requests: frozenset[int], replies: frozenset[int]) -> None:
        self.family = family
        self.requests = requests
        self.replies = replies


def _claim_of(spec: Family) -> _Claim:
    requests = (op.request_value for op in spec.operations)
    replies = (op.reply_value for op in spec.operations)
    return _Claim(
        spec.name,
        frozenset(number for number in requests if number is not None),
        frozenset(number for number in replies if number is not None),
    )


def has_plugins(path: Sequence[str]) -> bool:
    """Whether a package in these directories may have entry points of ours.

    What can ask for them takes ten times as long to be imported as a look at all packages.
    """
    group = ENTRY_POINTS.encode()
    for folder in path:
        try:
            names = os.listdir(folder or ".")
        except NotADirectoryError:
            # What an archive holds is not looked at here.
            return True
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info", ".egg")):
                inner = "EGG-INFO" if name.endswith(".egg") else ""
                try:
                    with open(os.path.join(folder, name, inner, "entry_points.txt"), "rb") as file:
                        if group in file.read():
                            return True
                except OSError:
                    continue
    return False


class Registry(Resolver):
    """All families and decoders; built-in families are read when they are first asked for.

    teaching: protocol number to the types of messages that tell of things which others mention.
    """

    def __init__(self, *, plugins: bool = True) -> None:
        self._index: Index = load_index()
        self._specs: dict[str, Family] = {}
        self._compiled: dict[tuple[str, str], CompiledFamily | None] = {}
        self._claims: dict[int, list[_Claim]] = {}
        for protonum, claims in self._index.classic.items():
            self._claims[protonum] = [
                _Claim(name, frozenset(requests), frozenset(replies))
                for name, requests, replies in claims
            ]
        self.teaching: dict[int, set[int]] = {
            protonum: set(types) for protonum, types in self._index.teaching.items()
        }
        self._typeless = dict(self._index.typeless)
        self._decoders: dict[str, DecoderFactory] = {}
        if plugins and has_plugins(sys.path):
            from importlib.metadata import entry_points

            for point in entry_points(group=ENTRY_POINTS):
                point.load()(self)

    def __contains__(self, name: object) -> bool:
        return name in self._specs or name in self._index.files

    def names(self) -> list[str]:
        """All family names, sorted."""
        return sorted({*self._specs, *self._index.files})

    def spec(self, name: str) -> Family | None:
        """The specification of a family; None where there is none."""
        known = self._specs.get(name)
        if known is None and name in self._index.files:
            known = self._specs[name] = load_family(name)
        return known

    def register(self, spec: Family) -> None:
        """Adds a family; raises UsageError if its name is taken."""
        if spec.name in self:
            raise UsageError(f"there is a family {spec.name} already; override() replaces it")
        self.override(spec)

    def override(self, spec: Family) -> None:
        """Adds a family in place of the one of the same name, if there is one."""
        self._specs[spec.name] = spec
        self._compiled.clear()
        for claims in self._claims.values():
            claims[:] = [claim for claim in claims if claim.family != spec.name]
        if spec.protonum is not None:
            self._claims.setdefault(spec.protonum, []).insert(0, _claim_of(spec))
            self.teaching.setdefault(spec.protonum, set()).update(teaching(spec))
            every = typeless(spec)
            if every is not None:
                self._typeless[spec.protonum] = (spec.name, every)

    def register_decoder(self, name: str, factory: DecoderFactory) -> None:
        """Adds a decoder for ``decoder: NAME`` in specifications; raises UsageError if taken."""
        if name in self._decoders or name in DECODERS:
            raise UsageError(f"there is a decoder {name} already; override_decoder() replaces it")
        self.override_decoder(name, factory)

    def override_decoder(self, name: str, factory: DecoderFactory) -> None:
        """Adds a decoder in place of the one of the same name, if there is one."""
        self._decoders[name] = factory
        self._compiled.clear()

    def decoder(self, name: str) -> DecoderFactory | None:
        known = self._decoders.get(name)
        if known is None and name in DECODERS:
            module, factory = DECODERS[name].split(":")
            known = self._decoders[name] = getattr(import_module(module), factory)
        return known

    def family(self, name: str, order: str) -> CompiledFamily | None:
        """The compiled family in one byte order; None where nobody described it."""
        key = (name, order)
        if key not in self._compiled:
            spec = self.spec(name)
            self._compiled[key] = None if spec is None else CompiledFamily(spec, order, self)
        return self._compiled[key]

    def classic(self, protonum: int, number: int, direction: str, order: str) -> Op | None:
        """The operation of a classic protocol's message type; None where nobody described it."""
        other: str | None = None
        for claim in self._claims.get(protonum, ()):
            if number in (claim.requests if direction == "request" else claim.replies):
                family = self.family(claim.family, order)
                op = None if family is None else family.op(number, direction)
                if op is not None:
                    return op
            elif other is None and (number in claim.requests or number in claim.replies):
                other = claim.family
        if other is not None:
            family = self.family(other, order)
            return None if family is None else family.op(number, direction)
        if protonum in self._typeless:
            name, every = self._typeless[protonum]
            family = self.family(name, order)
            return None if family is None else family.op(every, direction)
        return None
