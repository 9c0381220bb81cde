"""Events of SCSI adapters, whose layout their own content says (drivers/scsi/pmcraid.h)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model import Node
from ...spec.structs import StructType
from ...spec.types import Irregular, Scope, Type, Unscoped, Walk
from ...text import Json
from .generic import FlexibleStruct, flexible

if TYPE_CHECKING:
    from ...spec.compile import CompiledFamily
    from ...spec.model import Attribute

_HEAD: Final = 16
_STATE: Final = 20
_CCN, _LDN = 0xE1, 0xE2


class PmcraidEvent(Unscoped):
    """struct pmcraid_aen_msg: the adapter's new state, or what the adapter itself tells."""

    __slots__ = ("_any", "_state", "_told")

    def __init__(
        self, any_: FlexibleStruct, state: StructType, told: dict[int, FlexibleStruct]
    ) -> None:
        self._any = any_
        self._state = state
        self._told = told

    def _type(self, data: bytes, start: int, end: int) -> StructType | FlexibleStruct:
        size = end - start
        if size == _STATE:
            return self._state
        return self._told.get(data[start + _HEAD], self._any) if size > _HEAD else self._any

    def value(self, data: bytes, start: int, end: int, scope: Scope | None) -> Json:
        if end - start < _HEAD:
            raise Irregular
        return self._type(data, start, end).value(data, start, end, scope)

    def fill(self, node: Node, data: bytes, start: int, end: int, scope: Scope, walk: Walk) -> None:
        self._type(data, start, end).fill(node, data, start, end, scope, walk)


def pmcraid_event(family: CompiledFamily, attr: Attribute, order: str) -> Type:
    """The attribute's ``struct`` is what all events start with."""
    return PmcraidEvent(
        flexible(family, attr.struct or "", order),
        family.struct("state-msg", order),
        {_CCN: flexible(family, "ccn-msg", order), _LDN: flexible(family, "ldn-msg", order)},
    )
