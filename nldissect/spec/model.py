"""The canonical form of a YNL specification: every number explicit, nothing that is only prose.

Field names are YNL's with dashes turned to underscores. A canonical specification differs from a
YNL file in that implicit numbers (attributes, operations, enum entries) are written out, constant
names in lengths are replaced by their values, and ``doc`` is absent.
"""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, rename="kebab", omit_defaults=True):
    """One name of an enum or flags definition; for ``flags``, value is the bit's index."""

    name: str
    value: int


class Member(msgspec.Struct, rename="kebab", omit_defaults=True):
    """One member of a struct; ``len`` is in bytes (binary, pad, string).

    Beyond YNL: ``selector`` names the member, dotted into inner structs, whose address family says
    what an ``ipv4-or-v6`` of 16 bytes is.
    """

    name: str
    type: str
    len: int | None = None
    byte_order: str | None = None
    enum: str | None = None
    enum_as_flags: bool = False
    display_hint: str | None = None
    struct: str | None = None
    selector: str | None = None
    secret: bool = False


class Definition(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A constant (``value``), an enum or flags (``entries``) or a struct (``members``).

    Beyond YNL: ``identity`` lists the dotted members of a header that tell one object from another.
    """

    name: str
    type: str
    value: int | str | None = None
    entries: list[Entry] | None = None
    members: list[Member] | None = None
    enum_name: str | None = None
    name_prefix: str | None = None
    header: str | None = None
    identity: list[str] | None = None


class Checks(msgspec.Struct, rename="kebab", omit_defaults=True):
    """What the kernel's policy demands of a request's attribute (numbers resolved)."""

    min: int | None = None
    max: int | None = None
    min_len: int | None = None
    max_len: int | None = None
    exact_len: int | None = None
    flags_mask: str | None = None
    unterminated_ok: bool = False


class Attribute(msgspec.Struct, rename="kebab", omit_defaults=True):
    """One attribute of a set.

    In a set with ``subset-of`` type and value may be absent and are the parent's.
    Beyond YNL: ``secret`` marks key material, ``decoder`` names a registered decoder,
    ``index_enum`` names the elements of a C array by their index; the ``selector`` of an
    ``ipv4-or-v6`` names the attribute or header member with the address family; ``or_selector``
    names what selects a sub-message where there is no selector.
    """

    name: str
    value: int | None = None
    type: str | None = None
    len: int | None = None
    byte_order: str | None = None
    multi_attr: bool = False
    nested_attributes: str | None = None
    enum: str | None = None
    enum_as_flags: bool = False
    checks: Checks | None = None
    sub_type: str | None = None
    display_hint: str | None = None
    name_prefix: str | None = None
    struct: str | None = None
    sub_message: str | None = None
    selector: str | None = None
    or_selector: str | None = None
    type_value: list[str] | None = None
    secret: bool = False
    decoder: str | None = None
    index_enum: str | None = None


class AttributeSet(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A number space of attributes.

    Beyond YNL: ``identity`` lists dotted attribute paths that tell one object from another, for
    summaries.
    """

    name: str
    attributes: list[Attribute]
    name_prefix: str | None = None
    enum_name: str | None = None
    subset_of: str | None = None
    identity: list[str] | None = None


class Format(msgspec.Struct, rename="kebab", omit_defaults=True):
    """One shape of a sub-message, chosen by the selector's value."""

    value: str
    fixed_header: str | None = None
    attribute_set: str | None = None


class Alternative(Format, rename="kebab", omit_defaults=True):
    """Another shape of an operation's messages.

    ``when`` chooses it by the values of members of the operation's own fixed header; without, it
    is tried where the operation's own does not read to the end.
    """

    when: dict[str, int | str] | None = None


class GroupChoice(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A multicast group, and what a notification sent to it says.

    ``when`` has values of members of the header and of attributes, and names of flags for
    ``nlmsg-flags``; all of them must be there.
    """

    group: str
    when: dict[str, int | str]


class Lesson(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A fact that an operation's messages tell, for messages that do not.

    ``key`` and ``value`` name members of the header and attributes: what the fact is about, and
    what is known of it.
    """

    fact: str
    key: list[str]
    value: list[str]


class SubMessage(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A family of shapes that one attribute's payload can have."""

    name: str
    formats: list[Format]


class Body(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A request or reply: its attributes as a hint, its number in the directional model."""

    attributes: list[str] | None = None
    value: int | None = None


class Mode(msgspec.Struct, rename="kebab", omit_defaults=True):
    """What ``do``, ``dump`` or ``event`` says of its messages."""

    request: Body | None = None
    reply: Body | None = None
    attributes: list[str] | None = None


class Operation(msgspec.Struct, rename="kebab", omit_defaults=True):
    """One operation.

    ``request_value`` is the number of the message to the kernel, ``reply_value`` that of the
    message from the kernel (reply, notification or event); None where there is no such message.
    Beyond YNL: ``c_name`` where the prefix makes another constant, ``alternatives``, and
    ``mcgrp_when``, of which the first that holds goes before ``mcgrp``; ``teaches``: what the
    replies tell, or the requests where the operation has no replies; ``every_type``: the protocol
    does not look at the type of messages, all that no other operation has are of this one.
    """

    name: str
    request_value: int | None = None
    reply_value: int | None = None
    attribute_set: str | None = None
    fixed_header: str | None = None
    do: Mode | None = None
    dump: Mode | None = None
    event: Mode | None = None
    notify: str | None = None
    mcgrp: str | None = None
    mcgrp_when: list[GroupChoice] | None = None
    teaches: list[Lesson] | None = None
    every_type: bool = False
    c_name: str | None = None
    flags: list[str] | None = None
    alternatives: list[Alternative] | None = None


class Group(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A multicast group; ``value`` only where the protocol fixes it."""

    name: str
    value: int | None = None


class Family(msgspec.Struct, rename="kebab", omit_defaults=True):
    """A whole specification.

    ``operation_prefix`` and ``async_prefix`` make the C names of operations; ``fixed_header`` is
    the family-wide default, already copied into the operations that lack their own.
    """

    name: str
    protocol: str
    protonum: int | None = None
    version: int = 1
    c_family_name: str | None = None
    uapi_header: str | None = None
    license: str = ""
    definitions: list[Definition] = []
    attribute_sets: list[AttributeSet] = []
    sub_messages: list[SubMessage] = []
    operations: list[Operation] = []
    enum_model: str = "unified"
    operation_prefix: str | None = None
    async_prefix: str | None = None
    fixed_header: str | None = None
    groups: list[Group] = []
