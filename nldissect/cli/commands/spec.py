"""``spec``: check, list and print the specifications of families."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from ...errors import UsageError
from ...spec.model import Attribute, AttributeSet, Definition, Family, Member, Mode, Operation
from ...text import printable
from ..diagnostics import DONE, USAGE, did_you_mean
from ..options import Settings, with_settings

_PROTOCOLS = {
    "genetlink": "generic netlink",
    "genetlink-c": "generic netlink",
    "genetlink-legacy": "generic netlink",
}


@click.group("spec")
def spec() -> None:
    """Check, list and print families' specifications."""


@spec.command("lint")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path())
def lint(files: tuple[str, ...]) -> int:
    """Print what is wrong with each specification FILE; exit 2 if there is an error."""
    from ...spec.lint import lint as problems_of
    from ..output import Output

    code = DONE
    with Output() as output:
        for file in files:
            for problem in problems_of(Path(file)):
                place = f"{file}:{problem.line}" if problem.line else file
                line = f"{place}: {problem.severity}: {problem.message}"
                output.text(f"{printable(line)}\n")
                if problem.severity == "error":
                    code = USAGE
    return code


@spec.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_settings
def list_(settings: Settings, as_json: bool) -> int:
    """List all families."""
    from ..output import Output
    from ..tables import table

    registry = settings.registry()
    specs = [family for name in registry.names() if (family := registry.spec(name)) is not None]
    with Output() as output:
        if as_json:
            import msgspec

            entries = [
                {
                    "name": family.name,
                    "protocol": family.protocol,
                    "protonum": family.protonum,
                    "operations": len(family.operations),
                    "attribute-sets": len(family.attribute_sets),
                }
                for family in specs
            ]
            document = msgspec.json.encode(entries)
            output.write(msgspec.json.format(document, indent=2) + b"\n")
        else:
            head = ("name", "protocol", "operations", "attribute sets")
            rows = [
                (
                    printable(family.name),
                    _protocol(family),
                    str(len(family.operations)),
                    str(len(family.attribute_sets)),
                )
                for family in specs
            ]
            output.text(table(head, rows, frozenset((2, 3))))
    return DONE


@spec.command("show")
@click.argument("name")
@with_settings
def show(settings: Settings, name: str) -> int:
    """Print the specification of the family NAME: operations, attributes, enums, structs."""
    from ..output import Output

    registry = settings.registry()
    family = registry.spec(name)
    if family is None:
        hint = did_you_mean(name, registry.names()) or "'nldissect spec list' names them all"
        raise UsageError(f"there is no family {name!r}; {hint}")
    with Output() as output:
        for part in _parts(family):
            output.text(part)
    return DONE


def _protocol(family: Family) -> str:
    if family.protonum is None:
        return _PROTOCOLS.get(family.protocol, family.protocol)
    from ...wire.consts import PROTOCOLS

    return f"{PROTOCOLS.get(family.protonum, family.protocol)} ({family.protonum})"


def _parts(family: Family) -> Iterator[str]:
    from ..tables import table

    words = [_protocol(family)]
    if family.protonum is None:
        words.append(f"version {family.version}")
        words.append(f"{family.enum_model} numbers")
    if family.uapi_header:
        words.append(family.uapi_header)
    yield f"{printable(family.name)}: {', '.join(words)}\n"
    rows = [_operation(operation) for operation in family.operations]
    head = ("  operation", "request", "reply", "kind", "attributes", "header")
    yield "\n" + table(head, rows, frozenset((1, 2)))
    if family.groups:
        yield "\nmulticast groups\n"
        yield table(
            (),
            [
                (f"  {printable(group.name)}", "" if group.value is None else str(group.value))
                for group in family.groups
            ],
        )
    for attr_set in family.attribute_sets:
        yield f"\nattributes {_set_title(attr_set)}\n"
        yield table((), [_attribute(attr) for attr in attr_set.attributes], frozenset((0,)))
    for message in family.sub_messages:
        yield f"\nsub-message {printable(message.name)}\n"
        yield table(
            (),
            [
                (
                    f"  {printable(shape.value)}",
                    shape.attribute_set or "",
                    f"header {shape.fixed_header}" if shape.fixed_header else "",
                )
                for shape in message.formats
            ],
        )
    for definition in family.definitions:
        yield f"\n{_definition_title(definition)}\n"
        if definition.entries:
            prefix = "bit " if definition.type == "flags" else ""
            yield table(
                (),
                [
                    (f"  {prefix}{entry.value}", printable(entry.name))
                    for entry in definition.entries
                ],
                frozenset((0,)),
            )
        if definition.members:
            yield table((), [_member(member) for member in definition.members])


def _operation(operation: Operation) -> tuple[str, ...]:
    kinds = []
    if operation.notify is not None:
        kinds.append("notify")
    if operation.event is not None:
        kinds.append("event")
    modes: tuple[tuple[str, Mode | None], ...] = (("do", operation.do), ("dump", operation.dump))
    kinds.extend(name for name, mode in modes if mode is not None)
    return (
        f"  {printable(operation.name)}",
        "-" if operation.request_value is None else str(operation.request_value),
        "-" if operation.reply_value is None else str(operation.reply_value),
        " ".join(kinds),
        operation.attribute_set or "",
        operation.fixed_header or "",
    )


def _set_title(attr_set: AttributeSet) -> str:
    words = printable(attr_set.name)
    if attr_set.subset_of:
        words += f", of {attr_set.subset_of}"
    return words


def _attribute(attr: Attribute) -> tuple[str, ...]:
    words = []
    for what in (attr.nested_attributes, attr.struct, attr.enum, attr.display_hint):
        if what:
            words.append(what)
    if attr.sub_message:
        words.append(f"{attr.sub_message} by {attr.selector}")
    if attr.byte_order:
        words.append(attr.byte_order)
    if attr.multi_attr:
        words.append("multi")
    if attr.secret:
        words.append("secret")
    type_ = attr.type or ""
    if attr.sub_type:
        type_ += f" of {attr.sub_type}"
    number = "" if attr.value is None else str(attr.value)
    return (f"  {number}", printable(attr.name), type_, " ".join(words))


def _definition_title(definition: Definition) -> str:
    if definition.type == "const":
        return f"const {printable(definition.name)} = {definition.value}"
    return f"{definition.type} {printable(definition.name)}"


def _member(member: Member) -> tuple[str, ...]:
    words = [word for word in (member.enum, member.display_hint, member.byte_order) if word]
    type_ = f"struct {member.struct}" if member.struct else member.type
    if member.len is not None:
        type_ += f"[{member.len}]"
    if member.secret:
        words.append("secret")
    return (f"  {printable(member.name)}", type_, " ".join(words))
