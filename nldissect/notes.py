"""The catalogue of note codes: how grave each one is, and what it means to whoever meets it.

A plug-in whose decoders have more to say adds its own codes to ``CATALOGUE``.
"""

from __future__ import annotations

from typing import Final

SEVERITIES: Final = ("chat", "note", "warn", "error")
"""From a remark by the way to what cannot be right."""


class Code:
    """One entry: severity (one of SEVERITIES), what it says in a line, and what to do about it."""

    __slots__ = ("severity", "summary", "help")

    def __init__(self, severity: str, summary: str, help_: str) -> None:
        self.severity = severity
        self.summary = summary
        self.help = help_


CATALOGUE: Final[dict[str, Code]] = {
    # The record and its chain of messages
    "record.short": Code(
        "warn",
        "The link header is cut off.",
        "The record ends inside the 16 or 20 bytes that stand before the first message. The "
        "capture's snapshot length is too small, or the file is damaged: record with -s 0.",
    ),
    "record.empty": Code(
        "warn",
        "The record holds no message.",
        "Nothing follows the link header. Either the sender wrote an empty datagram or the capture "
        "was cut right behind the link header.",
    ),
    "record.tail": Code(
        "warn",
        "Bytes after the last message are too few for another.",
        "Fewer than 16 bytes follow and not all of them are zero. Usually nlmsg_len of the last "
        "message does not count all that the sender wrote.",
    ),
    "record.tail.zero": Code(
        "chat",
        "Zero bytes follow the last message.",
        "The sender gave the kernel more bytes than its messages have, as programs do that send a "
        "whole fixed buffer. The kernel ignores them.",
    ),
    "truncated": Code(
        "note",
        "The capture's snapshot length cut the message.",
        "The message was whole on its way; the capture kept only its beginning. Record with a "
        "larger snapshot length (-s 0) to see the rest.",
    ),
    "nlmsg.len.short": Code(
        "error",
        "nlmsg_len is shorter than the header itself.",
        "A message has at least 16 bytes, so no message can begin here and the rest of the record "
        "cannot be read. Look for a wrong nlmsg_len, or for a message before it whose length is "
        "not rounded up to 4.",
    ),
    "nlmsg.len.overrun": Code(
        "error",
        "nlmsg_len claims more bytes than there are.",
        "The message is read as far as it goes. The kernel drops such a message without an answer: "
        "check how the sender computes nlmsg_len.",
    ),
    "nlmsg.inner.overrun": Code(
        "warn",
        "The request inside an error claims more bytes than there are.",
        "An error repeats the request that it answers, whole or as its header alone. Here neither "
        "fits, so the embedded request and what follows it may be misread.",
    ),
    "nlmsg.align": Code(
        "chat",
        "A message of odd length is followed by another.",
        "nlmsg_len is no multiple of 4, and the next message begins at the next multiple. That is "
        "allowed, but programs that step by nlmsg_len alone lose their way here: use NLMSG_NEXT.",
    ),
    "nlmsg.overrun": Code(
        "error",
        "Messages were lost.",
        "The kernel says with NLMSG_OVERRUN that data was lost. The receiver has to ask for "
        "everything again.",
    ),
    # What the message is
    "type.undescribed": Code(
        "chat",
        "No specification describes this message type.",
        "The number is unknown for this netlink protocol, so attributes are read by what their "
        "bytes look like. A specification given with --spec names them.",
    ),
    "family.undescribed": Code(
        "chat",
        "No specification describes this generic netlink family.",
        "Its name is known and nothing more, so attributes are read by what their bytes look like. "
        "A specification given with --spec names them.",
    ),
    "family.unlearned": Code(
        "chat",
        "Nothing tells which family has this id.",
        "Ids of generic netlink families are handed out at run time, and the capture has no "
        "nlctrl message that names this one. Use --map ID=NAME or --families, or begin the next "
        "capture with `genl ctrl list`.",
    ),
    "family.id.reused": Code(
        "chat",
        "The id of this generic netlink family had another name earlier.",
        "A family went and another got its number, as when modules are loaded anew. A program "
        "that keeps the id from before now talks to the wrong family.",
    ),
    "genl.cmd.unknown": Code(
        "note",
        "The family's specification has no such command.",
        "Attributes are read by what their bytes look like. The kernel or the program is newer "
        "than the specification, or the command is wrong: the kernel answers EOPNOTSUPP then.",
    ),
    "direction.odd": Code(
        "note",
        "The message goes against its direction.",
        "Only the kernel sends this operation, and here it is a request. The kernel answers "
        "EOPNOTSUPP or EINVAL: look for the command that asks for it.",
    ),
    "header.deprecated": Code(
        "chat",
        "The request has another header than the operation's own.",
        "The kernel takes struct rtgenmsg (or ifinfomsg) in place of the operation's own header "
        "for the sake of old programs. With NETLINK_GET_STRICT_CHK set it refuses the request: "
        "send the operation's own header.",
    ),
    # Answers
    "error.refused": Code(
        "note",
        "The kernel refused a request.",
        "The error names what it objects to as far as the kernel told it; a program sees most if "
        "it sets NETLINK_EXT_ACK on its socket.",
    ),
    "txn.unanswered": Code(
        "note",
        "The capture has no answer to this request.",
        "The request asked for an answer or an acknowledgement. Either the capture ended before "
        "it came, it was lost, or the kernel dropped the request as malformed.",
    ),
    "txn.orphan": Code(
        "chat",
        "The request that this answers is not in the capture.",
        "The capture began after the request was sent, or lost it. Latency and the request's "
        "attributes are unknown.",
    ),
    "txn.interrupted": Code(
        "warn",
        "The dump changed while it was read.",
        "The kernel set NLM_F_DUMP_INTR: objects may be missing or stand twice. The program has "
        "to dump again.",
    ),
    "txn.endless": Code(
        "warn",
        "The dump has no end in the capture.",
        "Parts of a dump came and no NLMSG_DONE. Either the capture ended first, or the program "
        "closed its socket before it had read everything.",
    ),
    "txn.ambiguous": Code(
        "note",
        "This answer may belong to another request as well.",
        "Several sockets had open requests with one sequence number, and nothing tells them apart. "
        "Programs that choose their own sequence numbers avoid this.",
    ),
    # Attributes
    "attr.unknown": Code(
        "note",
        "The attribute set has no such number.",
        "The value is read by what its bytes look like and stands under attr-N. The kernel or the "
        "program is newer than the specification, or the number is wrong.",
    ),
    "attr.repeated": Code(
        "note",
        "An attribute stands more than once.",
        "It is described as single, and the kernel takes the last one; all are shown as a list. "
        "Usually a program adds the attribute in two places.",
    ),
    "attr.depth": Code(
        "warn",
        "Attributes are nested too deep to be read.",
        "What lies deeper is shown as bytes. No family of the kernel nests like this; the bytes "
        "are damaged or made to confuse.",
    ),
    "attr.len.short": Code(
        "error",
        "An attribute's length is shorter than its header.",
        "nla_len counts the 4 bytes of the header, so less than 4 cannot be and the rest of the "
        "run cannot be read. Check how the sender computes nla_len.",
    ),
    "attr.len.overrun": Code(
        "error",
        "An attribute's length claims more bytes than there are.",
        "nla_len goes beyond the message or the nest around it. Usually the length of the message "
        "or the nest was not updated after the attribute was added.",
    ),
    "attr.trailing": Code(
        "error",
        "Bytes after the last attribute are too few for another.",
        "Less than an attribute's header is left, and it is not zero. Usually a length or the "
        "padding before it is wrong.",
    ),
    "attr.trailing.zero": Code(
        "note",
        "Zero bytes stand where an attribute should.",
        "What is left of the run is all zero, so nothing is lost. Programs that round a message's "
        "size up too far leave this.",
    ),
    "attr.pad.missing": Code(
        "note",
        "The last attribute's padding is cut off.",
        "Attributes are padded to a multiple of 4; here some of the padding is there and some not. "
        "Usually the length around it was computed from unpadded sizes.",
    ),
    "attr.pad.nonzero": Code(
        "chat",
        "Padding after an attribute is not zero.",
        "The sender did not clear the bytes between attributes. They mean nothing, but may leak "
        "what was in memory.",
    ),
    "sub-message.unknown": Code(
        "note",
        "Nothing tells how this payload is laid out.",
        "Its layout depends on another attribute, which is missing or has a value that the "
        "specification does not know; it is read by what its bytes look like.",
    ),
    "guessed": Code(
        "chat",
        "The value was read by what its bytes look like.",
        "Nothing describes this attribute. The mark stands on the tree's node alone.",
    ),
    # Values
    "value.width": Code(
        "warn",
        "The payload has another size than its type.",
        "An integer, flag, struct or array has bytes too few or too many. Usually the sender used "
        "another integer type than the family has.",
    ),
    "value.range": Code(
        "note",
        "The value is outside the range that the kernel takes.",
        "The family's policy gives a smallest and a largest value for this attribute of a request; "
        "the kernel answers ERANGE or EINVAL to anything else.",
    ),
    "value.mask": Code(
        "note",
        "The value has bits that the kernel does not know.",
        "The family's policy lists the bits that a request may set; the kernel answers EINVAL to "
        "any other. Usually a program is newer than its kernel.",
    ),
    "value.length": Code(
        "note",
        "The payload is shorter or longer than the kernel takes.",
        "The family's policy limits the length of this attribute of a request; the kernel answers "
        "ERANGE or EINVAL to anything else.",
    ),
    "struct.short": Code(
        "chat",
        "A struct is shorter than described.",
        "Structs grow with time: the sender is older than the specification. The members that are "
        "there are read.",
    ),
    "struct.long": Code(
        "chat",
        "A struct is longer than described.",
        "Structs grow with time: the sender is newer than the specification. What is known is "
        "read, the rest is shown as bytes.",
    ),
    "element.cut": Code(
        "warn",
        "An 802.11 information element is cut.",
        "An element's length goes beyond the bytes that are there. The frame was cut by the "
        "driver, or is malformed.",
    ),
    "frame.short": Code(
        "warn",
        "The payload is no whole frame.",
        "The attribute should hold an 802.11 frame, and its bytes end before the frame does.",
    ),
}
"""Every code that a note can have."""


def severity_of(code: str) -> str:
    """How grave notes of a code are."""
    return CATALOGUE[code].severity
