"""A YNL specification's canonical form: all numbers explicit, only what the model holds.

Both forms are plain YNL as nested dicts and lists; a canonical one is its own canonical form.
``license`` is the one key that YNL has not: its place in a file is the SPDX line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from .model import (
    Alternative,
    Attribute,
    AttributeSet,
    Body,
    Checks,
    Definition,
    Format,
    Group,
    GroupChoice,
    Lesson,
    Member,
    Operation,
)

Spec = dict[str, Any]

MODES: Final = ("do", "dump", "event", "notify")
_LIMITS: Final = {
    f"{sign}{bits}-{end}": value
    for bits in (8, 16, 32, 64)
    for sign, low, high in (("u", 0, 2**bits - 1), ("s", -(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    for end, value in (("min", low), ("max", high))
}
_TOP: Final = ("license", "name", "protocol", "protonum", "version", "c-family-name", "uapi-header")
_OPERATIONS: Final = ("enum-model", "name-prefix", "async-prefix", "fixed-header")


def keys_of(model: type[msgspec.Struct]) -> tuple[str, ...]:
    """The YNL keys that a model class holds, in its order."""
    return tuple(field.encode_name for field in msgspec.structs.fields(model))


def _with_last(keys: tuple[str, ...], *last: str) -> tuple[str, ...]:
    """The keys with the long ones at the end, where they are read best."""
    return (*(key for key in keys if key not in last), *last)


_DEFINITION: Final = _with_last(keys_of(Definition), "entries", "members")
_MEMBER: Final = keys_of(Member)
_SET: Final = _with_last(keys_of(AttributeSet), "attributes")
_ATTRIBUTE: Final = keys_of(Attribute)
_CHECKS: Final = keys_of(Checks)
_FORMAT: Final = keys_of(Format)
_ALTERNATIVE: Final = keys_of(Alternative)
_CHOICE: Final = keys_of(GroupChoice)
_LESSON: Final = keys_of(Lesson)
_OPERATION: Final = ("name", "value", *keys_of(Operation)[1:])
_BODY: Final = keys_of(Body)


def constants(spec: Spec) -> dict[str, int]:
    """The numbers that lengths and limits may name: constants and the limits of integers.

    A constant is known by its name alone and with its C prefix.
    """
    found = dict(_LIMITS)
    for definition in spec.get("definitions") or ():
        value = definition.get("value")
        if definition.get("type") == "const" and isinstance(value, int):
            prefix = definition.get("name-prefix", f"{spec.get('name')}-")
            found.setdefault(prefix + definition["name"], value)
            found[definition["name"]] = value
    return found


def number(value: int | str, known: dict[str, int]) -> int:
    """A number, the name of one, or ``NAME - 1``; raises KeyError at an unknown name."""
    if isinstance(value, int):
        return value
    name, minus, _ = value.partition(" - 1")
    try:
        base = int(name, 0)
    except ValueError:
        base = known[name]
    return base - 1 if minus else base


def entry_values(definition: Spec, known: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The names and numbers of an enum or flags definition."""
    value = number(definition.get("value-start", 0), known)
    for entry in definition.get("entries") or ():
        name = entry
        if not isinstance(entry, str):
            name, value = entry["name"], entry.get("value", value)
        yield name, value
        value += 1


def attribute_values(attribute_set: Spec) -> Iterator[tuple[Spec, int]]:
    """The attributes of a set that is no subset, with their numbers."""
    value = 1
    for attribute in attribute_set.get("attributes") or ():
        value = attribute.get("value", value)
        yield attribute, value
        value += 1


def operation_values(spec: Spec) -> Iterator[tuple[Spec, int | None, int | None]]:
    """The operations with the numbers of the messages to and from the kernel.

    A reserved operation (no mode) keeps both numbers, so that it can be named. In the directional
    model a mode with a numbered reply and no request is of a message from the kernel alone.
    """
    operations = spec.get("operations") or {}
    if operations.get("enum-model") == "directional":
        yield from _directional(operations)
        return
    value = 1
    for operation in operations.get("list") or ():
        value = operation.get("value", value)
        yield operation, None if _is_async(operation) else value, value
        value += 1


def _directional(operations: Spec) -> Iterator[tuple[Spec, int | None, int | None]]:
    request = reply = 1
    for operation in operations.get("list") or ():
        if _is_async(operation):
            reply = operation.get("value", reply)
            yield operation, None, reply
            reply += 1
            continue
        mode = main_mode(operation)
        if mode is None:
            yield operation, None, None
            continue
        if "request" not in mode and "value" in mode.get("reply", {}):
            yield operation, None, mode["reply"]["value"]
            continue
        request = mode.get("request", {}).get("value", request)
        if "reply" in mode:
            reply = mode["reply"].get("value", reply)
            yield operation, request, reply
            reply += 1
        else:
            dump = operation.get("dump", {})
            yield operation, request, dump.get("reply", {}).get("value")
        request += 1


def main_mode(operation: Spec) -> Spec | None:
    """The mode that numbers an operation of the directional model."""
    mode: Spec | None = operation["do"] if "do" in operation else operation.get("dump")
    return mode


def _is_async(operation: Spec) -> bool:
    return "notify" in operation or "event" in operation


def canonical(spec: Spec) -> Spec:
    """The canonical form of a specification that has no mistakes (see lint.check)."""
    known = constants(spec)
    made = _only(spec, _TOP)
    made.setdefault("protocol", "genetlink")
    if definitions := spec.get("definitions"):
        made["definitions"] = [_definition(item, known) for item in definitions]
    made["attribute-sets"] = _attribute_sets(spec, known)
    if messages := spec.get("sub-messages"):
        made["sub-messages"] = [
            {"name": item["name"], "formats": [_only(shape, _FORMAT) for shape in item["formats"]]}
            for item in messages
        ]
    operations = _only(spec["operations"], _OPERATIONS)
    directional = operations.get("enum-model") == "directional"
    operations["list"] = [
        _operation(operation, request, reply, directional)
        for operation, request, reply in operation_values(spec)
    ]
    made["operations"] = operations
    if groups := (spec.get("mcast-groups") or {}).get("list"):
        made["mcast-groups"] = {"list": [_only(group, keys_of(Group)) for group in groups]}
    return made


def _only(item: Spec, keys: tuple[str, ...]) -> Spec:
    """The keys that say something, in the model's order; false and absent are the same."""
    made = {}
    for key in keys:
        value = item.get(key)
        if value is not None and value is not False:
            made[key] = list(value) if isinstance(value, list) else value
    return made


def _definition(item: Spec, known: dict[str, int]) -> Spec:
    made = _only(item, _DEFINITION)
    if item["type"] in ("enum", "flags"):
        entries = entry_values(item, known)
        made["entries"] = [{"name": name, "value": value} for name, value in entries]
    elif item["type"] == "struct":
        made["members"] = [_member(member, known) for member in item["members"]]
    return made


def _member(item: Spec, known: dict[str, int]) -> Spec:
    made = _only(item, _MEMBER)
    if "len" in made:
        made["len"] = number(made["len"], known)
    return made


def _attribute_sets(spec: Spec, known: dict[str, int]) -> list[Spec]:
    sets = {item["name"]: item for item in spec["attribute-sets"]}
    values = {
        name: {attribute["name"]: value for attribute, value in attribute_values(item)}
        for name, item in sets.items()
        if item.get("subset-of") is None
    }
    made = []
    for name, item in sets.items():
        parent = name
        while parent not in values:
            parent = sets[parent]["subset-of"]
        result = _only(item, _SET)
        once = {attribute["name"]: attribute for attribute in reversed(item["attributes"])}
        result["attributes"] = [
            _attribute(attribute, values[parent][attribute["name"]], known)
            for attribute in item["attributes"]
            if once[attribute["name"]] is attribute
        ]
        made.append(result)
    return made


def _attribute(item: Spec, value: int, known: dict[str, int]) -> Spec:
    made = _only({**item, "value": value}, _ATTRIBUTE)
    if made.get("type") == "array-nest":
        made["type"] = "indexed-array"
        made["sub-type"] = "nest"
    if "len" in made:
        made["len"] = number(made["len"], known)
    if "checks" in made:
        checks = _only(made["checks"], _CHECKS)
        made["checks"] = {
            key: number(check, known) if key.startswith(("min", "max", "exact")) else check
            for key, check in checks.items()
        }
    return made


def _operation(item: Spec, request: int | None, reply: int | None, directional: bool) -> Spec:
    made = _only(item, _OPERATION)
    made.pop("value", None)
    if "alternatives" in made:
        made["alternatives"] = [_only(shape, _ALTERNATIVE) for shape in made["alternatives"]]
    if "mcgrp-when" in made:
        made["mcgrp-when"] = [_only(choice, _CHOICE) for choice in made["mcgrp-when"]]
    if "teaches" in made:
        made["teaches"] = [_only(lesson, _LESSON) for lesson in made["teaches"]]
    for key in ("do", "dump", "event"):
        if key in made:
            made[key] = _mode(made[key])
    if directional and not _is_async(item):
        main = main_mode(made)
        for mode in (made.get("do"), made.get("dump")):
            if mode is not None:
                _set_value(mode, "request", request, mode is main)
                _set_value(mode, "reply", reply, False)
    else:
        made = {"name": made.pop("name"), "value": reply, **made}
    return made


def _set_value(mode: Spec, key: str, value: int | None, always: bool) -> None:
    if value is not None and (always or key in mode):
        mode[key] = {"value": value, **mode.get(key, {})}


def _mode(item: Spec) -> Spec:
    made: Spec = {key: _only(item[key], _BODY) for key in ("request", "reply") if key in item}
    if "attributes" in item:
        made["attributes"] = list(item["attributes"])
    return made
