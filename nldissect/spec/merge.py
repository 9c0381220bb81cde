"""Puts two canonical specifications of one family together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .canonical import Spec, main_mode

# What a thing consists of: null there removes the thing itself.
_CONTENT: Final = {
    "definitions": "type",
    "attribute-sets": "attributes",
    "sub-messages": "formats",
}
_Key = Callable[[Spec], Any]


def _by_name(item: Spec) -> Any:
    return item["name"]


def _by_value(item: Spec) -> Any:
    return item["value"]


def merge(base: Spec, extra: Spec) -> Spec:
    """``base`` with what ``extra`` adds and corrects; both stay as they are.

    Keys of extra win and null removes one. Definitions, sets, sub-messages, operations and groups
    are found by name, attributes and entries by number, formats by value. Members of a struct are
    replaced together, and so is a definition whose type differs. A thing goes when its content
    (``type``, ``attributes``, ``formats``) is null, an operation when another one of extra has
    its number.
    """
    made = _keys(base, extra)
    for section, content in _CONTENT.items():
        if section in base or section in extra:
            made[section] = [
                item
                for item in _items(base, extra, section, _by_name, _PARTS[section])
                if item.get(content) is not None
            ]
    operations = _keys(base.get("operations", {}), extra.get("operations", {}))
    operations["list"] = _operations(base.get("operations", {}), extra.get("operations", {}))
    made["operations"] = operations
    if "mcast-groups" in base or "mcast-groups" in extra:
        groups = _items(
            base.get("mcast-groups", {}), extra.get("mcast-groups", {}), "list", _by_name, _keys
        )
        made["mcast-groups"] = {"list": groups}
    return made


def _keys(base: Spec, extra: Spec) -> Spec:
    return {key: value for key, value in {**base, **extra}.items() if value is not None}


def _items(
    base: Spec, extra: Spec, section: str, key: _Key, join: Callable[[Spec, Spec], Spec]
) -> list[Spec]:
    """The items of a list in both: base's in their order, then those that only extra has."""
    made = {key(item): item for item in base.get(section) or ()}
    for item in extra.get(section) or ():
        name = key(item)
        made[name] = join(made[name], item) if name in made else join({}, item)
    return list(made.values())


def _definition(base: Spec, extra: Spec) -> Spec:
    if "type" in extra and extra["type"] != base.get("type"):
        base = {}
    made = _keys(base, extra)
    if "entries" in base and extra.get("entries") is not None:
        renumbered = {entry["name"] for entry in extra["entries"]}
        kept = [entry for entry in base["entries"] if entry["name"] not in renumbered]
        made["entries"] = _items({"entries": kept}, extra, "entries", _by_value, _keys)
    members = extra.get("members") or ()
    if "members" in base and not any("type" in member for member in members):
        # More is said of some; a layout of its own says types.
        made["members"] = _items(base, extra, "members", _by_name, _keys)
    return made


def _attribute_set(base: Spec, extra: Spec) -> Spec:
    made = _keys(base, extra)
    if extra.get("attributes") is not None:
        made["attributes"] = _items(base, extra, "attributes", _by_value, _keys)
    elif "attributes" in extra:
        made["attributes"] = None
    return made


def _sub_message(base: Spec, extra: Spec) -> Spec:
    made = _keys(base, extra)
    if extra.get("formats") is not None:
        made["formats"] = _items(base, extra, "formats", _by_value, _keys)
    return made


_PARTS: Final = {
    "definitions": _definition,
    "attribute-sets": _attribute_set,
    "sub-messages": _sub_message,
}


def _number(operation: Spec) -> tuple[str, int] | None:
    """The number that is the operation's own: of its request, or of its notification."""
    if "notify" in operation or "event" in operation:
        kind, value = "notify", operation.get("value")
    else:
        mode = main_mode(operation) or {}
        kind, value = "request", mode.get("request", {}).get("value", operation.get("value"))
    return None if value is None else (kind, value)


def _operations(base: Spec, extra: Spec) -> list[Spec]:
    taken = {_number(operation): operation["name"] for operation in extra.get("list") or ()}
    taken.pop(None, None)
    kept = [
        operation
        for operation in base.get("list") or ()
        if taken.get(_number(operation), operation["name"]) == operation["name"]
    ]
    return _items({"list": kept}, extra, "list", _by_name, _keys)
