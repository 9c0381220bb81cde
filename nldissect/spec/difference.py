"""What a newer canonical specification adds to an older one or corrects, for merge()."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from .canonical import Spec
from .merge import merge

_Key = Callable[[Spec], Any]
_Change = Callable[[Spec, Spec], Spec]


def difference(old: Spec, new: Spec) -> Spec | None:
    """The smallest ``extra`` with which merge(old, extra) says all that new says.

    What only old has stays, but for definitions, sets and sub-messages that nothing refers to
    any more. None if there is nothing to say.
    """
    made = _keys(old, new, skip=("license", "operations", "mcast-groups", *_PARTS))
    for section, (_, change) in _PARTS.items():
        if items := _items(old, new, section, _name, change):
            made[section] = items
    operations = _keys(old["operations"], new["operations"], skip=("list",))
    if items := _items(old["operations"], new["operations"], "list", _name, _keys):
        operations["list"] = items
    if operations:
        made["operations"] = operations
    groups = _items(old.get("mcast-groups", {}), new.get("mcast-groups", {}), "list", _name, _keys)
    if groups:
        made["mcast-groups"] = {"list": groups}
    whole = merge(old, made)
    for section, (content, _) in _PARTS.items():
        gone = _names(old, section) - _names(new, section)
        gone &= _used(old)[section] - _used(whole)[section]
        if gone:
            made.setdefault(section, []).extend(
                {"name": item["name"], content: None}
                for item in old[section]
                if item["name"] in gone
            )
    if not made:
        return None
    order = ["license", "name", *new, *_PARTS, "operations", "mcast-groups"]
    made |= {"license": new["license"], "name": new["name"]}
    return {key: made[key] for key in dict.fromkeys(order) if key in made}


def _name(item: Spec) -> Any:
    return item["name"]


def _value(item: Spec) -> Any:
    return item["value"]


def _keys(old: Spec, new: Spec, skip: tuple[str, ...] = ()) -> Spec:
    """The keys of new that differ, and null for those that are gone."""
    made = {k: v for k, v in new.items() if k not in skip and old.get(k) != v}
    made |= {k: None for k in old if k not in new and k not in skip}
    return made


def _items(old: Spec, new: Spec, section: str, key: _Key, change: _Change) -> list[Spec]:
    """The items of a list in new that old lacks or has otherwise."""
    before = {key(item): item for item in old.get(section) or ()}
    made = []
    for item in new.get(section) or ():
        if key(item) not in before:
            made.append(item)
        elif changed := change(before[key(item)], item):
            identity = ("name",) if key is _name else ("name", "value")
            made.append({k: item[k] for k in identity if k in item} | changed)
    return made


def _inner(part: str, key: _Key) -> _Change:
    def change(old: Spec, new: Spec) -> Spec:
        made = _keys(old, new, skip=(part,))
        if items := _items(old, new, part, key, _keys):
            made[part] = items
        return made

    return change


def _definition(old: Spec, new: Spec) -> Spec:
    if old["type"] != new["type"]:
        return new
    made = _keys(old, new, skip=("entries",))
    before = old.get("entries") or ()
    if entries := [entry for entry in new.get("entries") or () if entry not in before]:
        made["entries"] = entries
    return made


_PARTS: Final[dict[str, tuple[str, _Change]]] = {
    "definitions": ("type", _definition),
    "attribute-sets": ("attributes", _inner("attributes", _value)),
    "sub-messages": ("formats", _inner("formats", _value)),
}


def _names(spec: Spec, section: str) -> set[str]:
    return {item["name"] for item in spec.get(section) or ()}


def _used(spec: Spec) -> dict[str, set[str]]:
    """The names in each section that operations lead to, directly or through others."""
    used: dict[str, set[str]] = {section: set() for section in _PARTS}
    things = {(part, item["name"]): item for part in _PARTS for item in spec.get(part) or ()}
    ahead: list[Spec] = [spec["operations"], *spec["operations"]["list"]]
    while ahead:
        for section, name in _references(ahead.pop()):
            if name not in used[section] and (section, name) in things:
                used[section].add(name)
                ahead.append(things[section, name])
    return used


_REFERENCES: Final = {
    "enum": "definitions",
    "index-enum": "definitions",
    "struct": "definitions",
    "fixed-header": "definitions",
    "flags-mask": "definitions",
    "nested-attributes": "attribute-sets",
    "attribute-set": "attribute-sets",
    "subset-of": "attribute-sets",
    "sub-message": "sub-messages",
}


def _references(item: Spec) -> Iterator[tuple[str, str]]:
    for key, section in _REFERENCES.items():
        if isinstance(item.get(key), str):
            yield section, item[key]
    if "checks" in item:
        yield from _references(item["checks"])
    for key in ("attributes", "members", "formats", "alternatives"):
        for part in item.get(key) or ():
            yield from _references(part)
