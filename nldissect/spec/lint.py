"""Everything that is wrong with a specification, with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from ..errors import SpecError
from . import source
from .canonical import (
    MODES,
    Spec,
    attribute_values,
    constants,
    entry_values,
    main_mode,
    number,
    operation_values,
)
from .shape import BAD, HINTS, SCALARS, SPECIFICATION, fit, lacks, line_of, nearest, spell
from .source import Source

_MAX_ATTRIBUTE: Final = 0x3FFF
_MAX_COMMAND: Final = 0xFF
_MAX_MESSAGE: Final = 0xFFFF
_MAX_BIT: Final = 63
_PLAIN: Final = ("genetlink", "genetlink-c")
_INTEGERS: Final = (*SCALARS, "uint", "sint")
_WITH_LEN: Final = ("binary", "string", "pad")
# What a type cannot be read without.
_NEEDS: Final = {
    "nest": ("nested-attributes",),
    "nest-type-value": ("nested-attributes", "type-value"),
    "array-nest": ("nested-attributes",),
    "indexed-array": ("sub-type",),
    "sub-message": ("sub-message", "selector"),
}


class Problem(msgspec.Struct, frozen=True):
    """One mistake (``error``) or doubtful spot (``warning``); line is 1-based, 0 if unknown."""

    severity: str
    line: int
    message: str


def lint(path: str | Path) -> list[Problem]:
    """The problems of a file, by line; a file that is no YAML has that one problem."""
    try:
        read = source.read(path)
    except SpecError as error:
        return [Problem("error", error.line, error.what)]
    return check(read)


def check(read: Source) -> list[Problem]:
    """The problems of a file's content, by line."""
    checker = _Checker()
    for line, key in read.repeated:
        checker.report(line, f"the key {key} stands twice")
    if not read.license:
        checker.report(1, "the first line is no SPDX-License-Identifier comment", "warning")
    checker.check(read.data)
    return sorted(set(checker.problems), key=lambda problem: (problem.line, problem.message))


def require(spec: Spec, path: str) -> None:
    """Raises SpecError at the first error of a specification that comes from several files."""
    checker = _Checker()
    checker.check({key: value for key, value in spec.items() if key != "license"})
    for problem in checker.problems:
        if problem.severity == "error":
            raise SpecError(problem.message, path, problem.line)


class _Checker:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._spec: Spec = {}
        self._definitions: dict[str, Spec] = {}
        self._sets: dict[str, Spec] = {}
        self._messages: dict[str, Spec] = {}
        self._constants: dict[str, int] = {}

    def report(self, line: int, message: str, severity: str = "error") -> None:
        self.problems.append(Problem(severity, line, message))

    def check(self, data: Any) -> None:
        spec = fit(data, SPECIFICATION, 1, self.report)
        if spec is BAD:
            return
        self._spec = spec
        self._constants = constants(spec)
        self._definitions = self._named(spec.get("definitions"), "definition")
        self._sets = self._named(spec.get("attribute-sets"), "attribute set")
        self._messages = self._named(spec.get("sub-messages"), "sub-message")
        self._check_protocol()
        for definition in self._definitions.values():
            self._check_definition(definition)
        self._check_recursion()
        for item in self._sets.values():
            self._check_set(item)
        self._check_selectors()
        for message in self._messages.values():
            self._unique(message.get("formats"), "value", f"format of {message['name']}")
            for shape in message.get("formats") or ():
                self._check_shape(shape)
        if "operations" in spec:
            self._check_operations(spec["operations"])
        groups = spec.get("mcast-groups") or {}
        self._unique(groups.get("list"), "name", "multicast group")
        self._unique(groups.get("list"), "value", "number of a multicast group")

    # References

    def _named(self, items: Any, what: str) -> dict[str, Spec]:
        self._unique(items, "name", what)
        return {item["name"]: item for item in reversed(items or ())}

    def _unique(self, items: Any, key: str, what: str, severity: str = "error") -> None:
        seen: dict[Any, int] = {}
        for item in items or ():
            value = item.get(key)
            if value is None:
                continue
            line = line_of(item, key)
            if value in seen:
                first = f", first in line {seen[value]}" if seen[value] else ""
                self.report(line, f"{what} {value} stands twice{first}", severity)
            seen.setdefault(value, line)

    def _refer(self, item: Spec, key: str, known: Iterable[str], what: str) -> bool:
        """Whether the name under a key is known, or is not there; reports it otherwise."""
        name = item.get(key)
        if name is None or name in known:
            return True
        self.report(line_of(item, key), f"there is no {what} {name}{nearest(name, known)}")
        return False

    def _definition_of(self, item: Spec, key: str, *types: str) -> None:
        if key in item and self._refer(item, key, self._definitions, "definition"):
            type_ = self._definitions[item[key]].get("type")
            if type_ is not None and type_ not in types:
                self.report(
                    line_of(item, key),
                    f"{item[key]} is of type {type_}, not {' or '.join(types)}",
                )

    def _set_of(self, item: Spec, key: str) -> None:
        name = item.get(key, "")
        family, slash, inner = name.partition("/")
        if slash and name not in self._sets:
            if not family or not inner or "/" in inner:
                self.report(line_of(item, key), f"{name} is not of the form FAMILY/SET")
            return
        self._refer(item, key, self._sets, "attribute set")

    def _number_of(self, item: Spec, key: str) -> int | None:
        """The number under a key; reports a name that stands for none."""
        if key not in item:
            return None
        try:
            return number(item[key], self._constants)
        except KeyError as error:
            hint = nearest(error.args[0], self._constants)
            self.report(line_of(item, key), f"there is no constant {error.args[0]}{hint}")
            return None

    def _length_of(self, item: Spec, key: str) -> int | None:
        value = self._number_of(item, key)
        if value is not None and value < 0:
            self.report(line_of(item, key), f"{key} is negative: {value}")
        return value

    def _check_number(self, item: Spec, name: str, value: int, high: int, what: str) -> None:
        # Numbers that only count on from one that is too large are not reported again.
        if value < 0 or value == high + 1 or (value > high and "value" in item):
            line = line_of(item, "value")
            self.report(line, f"number {value} of {what} {name} is not in 0…{high}")

    # Definitions

    def _check_protocol(self) -> None:
        spec = self._spec
        protocol = spec.get("protocol", "genetlink")
        if protocol == "netlink-raw":
            if lacks(spec, "protonum"):
                self.report(
                    line_of(spec, "protocol"), "a netlink-raw specification lacks the key protonum"
                )
        elif "protonum" in spec:
            line = line_of(spec, "protonum")
            self.report(line, f"protonum says nothing in a {protocol} specification", "warning")
        if protocol != "netlink-raw":
            self._warn_if(spec, "sub-messages", protocol)
        if protocol not in _PLAIN:
            return
        self._warn_if(spec, "kernel-policy", protocol)
        for definition in spec.get("definitions") or ():
            if definition.get("type") == "struct":
                self._warn_if(definition, "type", protocol, "a struct")
        operations = spec.get("operations") or {}
        if operations.get("enum-model") == "directional":
            self._warn_if(operations, "enum-model", protocol, "the directional model")
        for item in (operations, *(operations.get("list") or ())):
            self._warn_if(item, "fixed-header", protocol)

    def _warn_if(self, item: Spec, key: str, protocol: str, what: str = "") -> None:
        if key in item:
            self.report(
                line_of(item, key), f"{what or key} is not part of protocol {protocol}", "warning"
            )

    def _check_definition(self, item: Spec) -> None:
        type_ = item.get("type")
        lacking = {"const": "value", "enum": "entries", "flags": "entries", "struct": "members"}
        needed = lacking.get(type_ or "")
        if needed and lacks(item, needed):
            self.report(line_of(item, "name"), f"{type_} {item['name']} lacks the key {needed}")
        for key in {*lacking.values(), "value-start"} - {needed}:
            if key in item and not (key == "value-start" and needed == "entries"):
                self.report(line_of(item, key), f"{key} says nothing in a {type_}", "warning")
        if needed == "entries":
            self._check_entries(item)
        elif type_ == "struct":
            self._unique(item.get("members"), "name", f"member of {item['name']}")
            for member in item.get("members") or ():
                self._check_member(member)

    def _check_entries(self, item: Spec) -> None:
        if "value-start" in item and self._number_of(item, "value-start") is None:
            return
        entries = item.get("entries") or []
        names: set[str] = set()
        values: dict[int, str] = {}
        for index, (name, value) in enumerate(entry_values(item, self._constants)):
            line = line_of(entries, index)
            if name in names:
                self.report(line, f"entry {name} of {item['name']} stands twice")
            elif value in values:
                self.report(
                    line,
                    f"{name} and {values[value]} of {item['name']} are both {value}",
                    "warning",
                )
            if item["type"] == "flags" and not 0 <= value <= _MAX_BIT:
                self.report(line, f"{name} is bit {value}, not in 0…{_MAX_BIT}")
            elif not -(1 << 63) <= value < 1 << 64:
                self.report(line, f"{name} is {value}, more than 64 bits")
            names.add(name)
            values.setdefault(value, name)

    def _check_member(self, item: Spec) -> None:
        self._definition_of(item, "enum", "enum", "flags")
        self._definition_of(item, "struct", "struct")
        self._check_hint(item)
        self._length_of(item, "len")
        type_ = item.get("type")
        if type_ in _WITH_LEN and lacks(item, "len") and lacks(item, "struct"):
            self.report(line_of(item, "name"), f"{type_} member {item['name']} lacks the key len")
        elif type_ in SCALARS and ("len" in item or "struct" in item):
            key = "len" if "len" in item else "struct"
            self.report(line_of(item, key), f"{key} says nothing of a {type_}", "warning")

    def _check_hint(self, item: Spec) -> None:
        hint = item.get("display-hint", "hex")
        if hint not in HINTS:
            message = f"unknown display-hint {hint}{nearest(hint, HINTS)}"
            self.report(line_of(item, "display-hint"), message, "warning")

    def _check_recursion(self) -> None:
        def inner(name: str) -> Iterator[tuple[str, Spec]]:
            for member in self._definitions[name].get("members") or ():
                if member.get("struct") in self._definitions:
                    yield member["struct"], member

        self._report_loops(self._definitions, inner, "struct", "struct {} contains itself")

    def _report_loops(
        self,
        names: Iterable[str],
        inner: Callable[[str], Iterator[tuple[str, Spec]]],
        key: str,
        message: str,
    ) -> None:
        """Reports each reference that leads back to a thing that is being followed."""
        done: set[str] = set()
        for name in names:
            if name in done:
                continue
            open_ = {name: inner(name)}
            while open_:
                last = next(reversed(open_))
                step = next(open_[last], None)
                if step is None:
                    done.add(last)
                    del open_[last]
                elif step[0] in open_:
                    self.report(line_of(step[1], key), message.format(step[0]))
                elif step[0] not in done:
                    open_[step[0]] = inner(step[0])

    # Attribute sets

    def _check_set(self, item: Spec) -> None:
        name = item["name"]
        if "subset-of" in item:
            self._unique(item.get("attributes"), "name", f"attribute of {name}", "warning")
            self._check_subset(item)
            return
        values: dict[int, str] = {}
        names: dict[str, int] = {}
        for attribute, value in attribute_values(item):
            self._check_number(attribute, attribute["name"], value, _MAX_ATTRIBUTE, "attribute")
            own = attribute["name"]
            line = line_of(attribute, "value")
            if names.get(own) == value:
                self.report(line, f"attribute {own} of {name} stands twice", "warning")
            elif own in names:
                self.report(line, f"attribute {own} of {name} is both {names[own]} and {value}")
            elif value in values:
                self.report(line, f"{own} and {values[value]} of {name} are both {value}")
            values.setdefault(value, own)
            names.setdefault(own, value)
            if lacks(attribute, "type"):
                self.report(
                    line_of(attribute, "name"), f"attribute {attribute['name']} lacks the key type"
                )
            self._check_attribute(attribute, attribute)

    def _check_subset(self, item: Spec) -> None:
        root = item
        seen = set()
        while "subset-of" in root:
            if root["name"] in seen:
                self.report(line_of(item, "subset-of"), f"set {item['name']} is part of itself")
                return
            seen.add(root["name"])
            if not self._refer(root, "subset-of", self._sets, "attribute set"):
                return
            root = self._sets[root["subset-of"]]
        whole = {attribute["name"]: attribute for attribute in root.get("attributes") or ()}
        values = {attribute["name"]: value for attribute, value in attribute_values(root)}
        for attribute in item.get("attributes") or ():
            if self._refer(attribute, "name", whole, f"attribute of {root['name']} named"):
                own = attribute.get("value", values[attribute["name"]])
                if own != values[attribute["name"]]:
                    self.report(
                        line_of(attribute, "value"),
                        f"{attribute['name']} is {values[attribute['name']]} in {root['name']}",
                    )
                self._check_attribute(attribute, {**whole[attribute["name"]], **attribute})

    def _check_attribute(self, item: Spec, whole: Spec) -> None:
        """Checks what an attribute says; ``whole`` has also what its set's parent says of it."""
        self._set_of(item, "nested-attributes")
        self._definition_of(item, "enum", "enum", "flags")
        self._definition_of(item, "index-enum", "enum")
        self._definition_of(item, "struct", "struct")
        self._check_hint(item)
        self._refer(item, "sub-message", self._messages, "sub-message")
        self._length_of(item, "len")
        type_ = whole.get("type", "")
        needs = _NEEDS.get(type_, ())
        if type_ == "indexed-array" and whole.get("sub-type") == "nest":
            needs = ("nested-attributes",)
        for key in needs:
            if key not in whole and lacks(item, key):
                self.report(
                    line_of(item, "name"), f"attribute {item['name']} ({type_}) lacks the key {key}"
                )
        if "checks" in item:
            self._check_checks(item["checks"], type_)

    def _check_checks(self, checks: Spec, type_: str) -> None:
        self._definition_of(checks, "flags-mask", "enum", "flags")
        low, high = self._number_of(checks, "min"), self._number_of(checks, "max")
        for key in ("min", "max", "flags-mask"):
            masked = key == "flags-mask" and type_ == "bitfield32"
            if key in checks and type_ and type_ not in _INTEGERS and not masked:
                self.report(line_of(checks, key), f"{key} says nothing of a {type_}", "warning")
        if low is not None and high is not None and low > high:
            self.report(line_of(checks, "min"), f"min {low} is more than max {high}")
        short, long = self._length_of(checks, "min-len"), self._length_of(checks, "max-len")
        self._length_of(checks, "exact-len")
        if short is not None and long is not None and short > long:
            self.report(line_of(checks, "min-len"), f"min-len {short} is more than max-len {long}")

    def _check_selectors(self) -> None:
        """A selector stands in the attribute's set, in one around it or in a fixed header."""
        operations = self._spec.get("operations") or {}
        headers = {item.get("fixed-header") for item in (operations, *operations.get("list", ()))}
        members = {
            member["name"]
            for name in headers
            for member in self._definitions.get(name or "", {}).get("members") or ()
        }
        outer: dict[str, set[str]] = {name: set() for name in self._sets}
        for name, item in self._sets.items():
            if item.get("subset-of") in outer:
                outer[item["subset-of"]].add(name)
            for attribute in item.get("attributes") or ():
                inner = [attribute.get("nested-attributes")]
                message = self._messages.get(attribute.get("sub-message", ""), {})
                inner += [shape.get("attribute-set") for shape in message.get("formats") or ()]
                for other in inner:
                    if other in outer:
                        outer[other].add(name)
        for name, item in self._sets.items():
            for attribute in item.get("attributes") or ():
                if "selector" in attribute:
                    known = self._in_scope(name, outer) | members
                    self._refer(attribute, "selector", known, "attribute")

    def _in_scope(self, name: str, outer: dict[str, set[str]]) -> set[str]:
        seen = {name}
        ahead = [name]
        while ahead:
            new = outer[ahead.pop()] - seen
            seen |= new
            ahead += new
        return {
            attribute["name"]
            for each in seen
            for attribute in self._sets[each].get("attributes") or ()
        }

    # Operations

    def _check_when(self, shape: Spec, operation: Spec) -> None:
        self._check_values(shape, self._header_of(operation), "header member")

    def _check_values(self, item: Spec, known: list[str], what: str) -> None:
        for name, value in item.get("when", {}).items():
            if name not in known:
                message = f"there is no {what} {name}{nearest(name, known)}"
                self.report(line_of(item, "when"), message)
            elif not isinstance(value, (int, str)):
                self.report(line_of(item, "when"), f"{spell(value)} is no value of {name}")

    def _header_of(self, operation: Spec) -> list[str]:
        """The members of an operation's header."""
        default = self._spec["operations"].get("fixed-header", "")
        header = self._definitions.get(operation.get("fixed-header", default), {})
        return [member["name"] for member in header.get("members") or ()]

    def _members_of(self, operation: Spec) -> list[str]:
        """The members of an operation's headers, and its attributes."""
        known = []
        for shape in (operation, *(operation.get("alternatives") or ())):
            known += self._header_of(shape)
            set_ = self._sets.get(shape.get("attribute-set", ""), {})
            known += [attribute["name"] for attribute in set_.get("attributes") or ()]
        return known

    def _check_lessons(self, operation: Spec) -> None:
        """What is taught stands in the operation's messages."""
        known = self._members_of(operation)
        for lesson in operation.get("teaches") or ():
            for name in (*lesson["key"], *lesson["value"]):
                if name not in known:
                    message = f"there is no header member or attribute {name}"
                    self.report(line_of(lesson, "fact"), message + nearest(name, known))

    def _check_groups(self, operation: Spec, named: Spec, groups: set[str]) -> None:
        """A notification's group goes by its header, its attributes or its flags."""
        self._refer(operation, "mcgrp", groups, "multicast group")
        choices = operation.get("mcgrp-when") or ()
        if not choices:
            return
        known = ["nlmsg-flags", *self._members_of(operation), *self._members_of(named)]
        for choice in choices:
            self._refer(choice, "group", groups, "multicast group")
            self._check_values(choice, known, "header member or attribute")

    def _check_shape(self, item: Spec) -> None:
        self._definition_of(item, "fixed-header", "struct")
        self._set_of(item, "attribute-set")

    def _check_operations(self, operations: Spec) -> None:
        self._definition_of(operations, "fixed-header", "struct")
        listed = operations.get("list") or ()
        by_name = self._named(listed, "operation")
        groups = {g["name"] for g in (self._spec.get("mcast-groups") or {}).get("list") or ()}
        for item in listed:
            self._check_operation(item, by_name, groups)
        self._check_numbers()

    def _check_operation(self, item: Spec, by_name: dict[str, Spec], groups: set[str]) -> None:
        line = line_of(item, "name")
        name = item["name"]
        self._check_shape(item)
        for shape in item.get("alternatives") or ():
            self._check_shape(shape)
            self._check_when(shape, item)
        modes = [mode for mode in MODES if mode in item]
        if ("notify" in modes or "event" in modes) and len(modes) > 1:
            self.report(line, f"operation {name} cannot be all of {', '.join(modes)}")
        if not self._refer(item, "notify", by_name, "operation"):
            return
        named = by_name[item.get("notify") or name]
        self._check_groups(item, named, groups)
        self._check_lessons(item)
        set_name = item.get("attribute-set") or named.get("attribute-set") or ""
        if modes and not set_name and lacks(item, "attribute-set"):
            self.report(line, f"operation {name} lacks the key attribute-set")
        set_ = self._sets.get(set_name)
        if set_ is not None:
            known = [attribute["name"] for attribute in set_.get("attributes") or ()]
            # Some specifications list the fixed header's members among the attributes.
            known += self._header_of(item)
            for body in self._bodies(item):
                self._check_listed(body, known, set_["name"])

    @staticmethod
    def _bodies(item: Spec) -> Iterator[Spec]:
        for mode in ("do", "dump"):
            for body in ("request", "reply"):
                if body in item.get(mode, {}):
                    yield item[mode][body]
        if "event" in item:
            yield item["event"]

    def _check_listed(self, body: Spec, known: list[str], set_name: str) -> None:
        listed = body.get("attributes") or []
        for index, name in enumerate(listed):
            if name not in known:
                self.report(
                    line_of(listed, index),
                    f"there is no attribute {name} in {set_name}{nearest(name, known)}",
                    "warning",
                )

    def _check_numbers(self) -> None:
        high = _MAX_MESSAGE if self._spec.get("protocol") == "netlink-raw" else _MAX_COMMAND
        seen: dict[tuple[str, int], str] = {}
        for item, request, reply in operation_values(self._spec):
            name = item["name"]
            mode = main_mode(item) or {}
            places = {
                key: item if "value" in item else mode.get(key, item)
                for key in ("request", "reply")
            }
            for key, value in (("request", request), ("reply", reply)):
                if value is not None:
                    self._check_number(places[key], name, value, high, "operation")
            kind, value = ("notification", reply) if request is None else ("request", request)
            if value is None:
                continue
            if (kind, value) in seen:
                line = line_of(places["request"], "value")
                other = seen[kind, value]
                self.report(line, f"operations {other} and {name} have both {kind} number {value}")
            seen.setdefault((kind, value), name)
