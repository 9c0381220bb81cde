"""Where one can go from a message: to the other side of its transaction, to what is blamed."""

from __future__ import annotations

from typing import NamedTuple

from ..model import Message, Transaction
from ..recording import Reader, Recording


class Nowhere(Exception):
    """There is nothing to go to; the words say why."""


class Target(NamedTuple):
    """A message, and what is meant there: the attribute at a path, or the byte at an offset of
    the record; neither for all of the message.
    """

    number: int
    path: str = ""
    offset: int = 0


def transaction_of(recording: Recording, number: int) -> Transaction:
    """The transaction of a message. Raises Nowhere."""
    txn = recording.transaction(recording.transaction_of(number))
    if txn is None:
        known = number <= recording.paired
        what = "belongs to no transaction" if known else "is not paired yet"
        raise Nowhere(f"Message {number:,} {what}")
    return txn


def counterpart(recording: Recording, number: int) -> int:
    """From a request its first answer, from an answer its request, from what the kernel told the
    request that made it. Raises Nowhere.
    """
    txn = transaction_of(recording, number)
    if txn.kind == "notify" and txn.cause:
        cause = recording.transaction(txn.cause)
        if cause is not None:
            return cause.message
    if number != txn.message:
        return txn.message
    members = recording.members(txn.number)
    if len(members) > 1:
        return members[1]
    what = "has no answer in the capture" if txn.kind == "request" else "has no copy"
    raise Nowhere(f"Message {number:,} {what}")


def blamed(recording: Recording, reader: Reader, message: Message) -> Target:
    """From an error, or the request that it refused, what it blames in the request; the request
    as a whole where it blames no attribute. Raises Nowhere.
    """
    txn = message.txn
    refusal = message
    if not _refuses(refusal) and txn is not None and txn.state == "failed":
        refusal = reader.message(recording.members(txn.number)[-1])
    error = refusal.error
    if error is None or not error.get("code"):
        raise Nowhere("No error is told here")
    request = None
    if txn is not None and txn.kind == "request":
        request = reader.message(txn.message)
    path, offset = error.get("attr"), error.get("offset")
    if request is None:
        if isinstance(offset, int) and offset:
            # The request's copy in the error itself, behind its code.
            return Target(refusal.number, offset=refusal.body + 4 + offset)
        raise Nowhere("The request is not in the capture")
    if isinstance(path, str) and path and request.node(path) is not None:
        return Target(request.number, path)
    if isinstance(offset, int) and offset:
        return Target(request.number, offset=request.start + offset)
    return Target(request.number)


def _refuses(message: Message) -> bool:
    error = message.error
    return error is not None and bool(error.get("code"))
