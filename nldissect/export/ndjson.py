"""One JSON object per message, made for jq; ``attrs`` has the shape of the kernel's ynl tool.

Bodies are written straight from their bytes; what is out of the ordinary goes through objects.
Equal bytes under equal tables give equal text, which is kept for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..dissect import Plan
from ..memo import Bodies
from ..model import Interface, Message
from ..spec.structs import StructType
from ..spec.types import Irregular
from ..wire.consts import CONTROL_TYPES, NLMSG_MIN_TYPE
from .envelope import Envelope
from .objects import Members, Objects, json_bytes
from .straight import KEEP_BYTES, KeptBody
from .writer import Writer as Base

_NOTHING: Final = b'"header":null,"attrs":{}'


class Writer(Base):
    """Writes messages as lines of JSON; ``write`` takes bytes.

    straight: False makes objects of all bodies and keeps no text, which gives the same.
    """

    parallel = True

    def __init__(
        self,
        write: Callable[[bytes], object],
        interfaces: Sequence[Interface],
        *,
        straight: bool = True,
    ) -> None:
        super().__init__(write)
        self._envelope = Envelope(interfaces)
        self._straight = straight
        self._objects = Objects()
        self._headers: dict[StructType, Members] = {}
        self._bodies: Bodies[KeptBody] = Bodies(self._objects.budget)

    def begin(self, interfaces: Sequence[Interface], file: str = "") -> None:
        """Another input's messages follow."""
        self._envelope = Envelope(interfaces, file)

    def message(self, message: Message) -> None:
        """Writes one message."""
        body = self._body(message)
        self._envelope.write(self.out, message, body)
        self.end()

    def _body(self, message: Message) -> bytes:
        """The members ``header`` and ``attrs``."""
        if 0 <= message.type < NLMSG_MIN_TYPE and message.type in CONTROL_TYPES:
            return _NOTHING
        plan = message.plan
        assert isinstance(plan, Plan)
        if not self._straight or not plan.regular:
            return _content(message)
        data = message.record.data
        size = message.end - plan.header_at
        if not size:
            message.take_notes()
            return _NOTHING
        walk = self._objects.walk
        if size <= KEEP_BYTES and message.record.wire_len <= len(data):
            memo = self._bodies.of(message, plan)
            if not memo.rests():
                body = data[plan.header_at : message.end]
                known = memo.get(body)
                if known is not None and known.stands(message):
                    message.take_notes()
                    return known.text
                walk.about(message)
                if known is not None and walk.holds(known):
                    message.take_notes()
                    return known.text
                text = self._written(message, plan)
                if message.unremarked:
                    memo.put(body, KeptBody(text, size, walk.asked))
                return text
        walk.about(message)
        return self._written(message, plan)

    def _written(self, message: Message, plan: Plan) -> bytes:
        """The body, straight from its bytes where nothing is odd about it."""
        data = message.record.data
        try:
            attrs = "{}"
            if plan.set is not None and plan.attrs_at < message.end:
                attrs = self._objects.object(plan.set, 0, data, plan.attrs_at, message.end, None)
            header = "null"
            if plan.header is not None:
                members = self._headers.get(plan.header)
                if members is None:
                    members = self._headers[plan.header] = Members(plan.header)
                header = members.text(data, plan.header_at, plan.header_end, None)
            elif plan.header_end > plan.header_at:
                raise Irregular
        except Irregular:
            return _content(message)
        message.take_notes()
        return f'"header":{header},"attrs":{attrs}'.encode()


def _content(message: Message) -> bytes:
    """The body by way of objects."""
    attrs = message.attrs
    return b'"header":%b,"attrs":%b' % (json_bytes(message.header), json_bytes(attrs))
