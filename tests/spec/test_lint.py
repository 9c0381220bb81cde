from pathlib import Path

import pytest

from nldissect.errors import SpecError
from nldissect.spec.lint import lint, require

from .samples import FILES, OPERATIONS, SETS, SPDX, problems, spec

STRUCTS = """\
definitions:
- {name: s, type: struct, members: [{name: m, type: u8}]}
- {name: e, type: enum, entries: [one]}
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_good_files_have_no_problem(path: Path) -> None:
    assert lint(path) == []


def attribute(text: str) -> str:
    """A set of that attribute, in line 5 where nothing precedes it."""
    return f"attribute-sets:\n- name: a\n  attributes:\n  - {{{text}}}\n"


def member(text: str) -> str:
    """A struct of that member, in line 5, of a protocol that has structs."""
    return (
        "definitions:\n- name: s\n  members:\n"
        f"  - {{{text}}}\n  type: struct\nprotocol: genetlink-legacy\n"
    )


def operation(text: str) -> str:
    """Operations of which that is the last, in line 9 after SETS and a protocol."""
    return (
        "operations:\n  list:\n  - {name: get, attribute-set: a, do: {}}\n"
        f"  - {{{text}}}\nmcast-groups: {{list: [{{name: group}}]}}\n"
    )


BODIES = [
    # The structure: keys, types, missing keys.
    ("protocl: genetlink\n", 3, "unknown key protocl in specification; did you mean protocol?"),
    ("version: x\n", 3, "expected an integer, found 'x'"),
    ("version: true\n", 3, "expected an integer, found the truth value true"),
    ("version:\n", 3, "expected an integer, found nothing"),
    ("doc: 1\n", 3, "expected text, found 1: put it in quotes"),
    ("doc: 2026-01-01\n", 3, "expected text, found 2026-01-01: put it in quotes"),
    ("doc: [a]\n", 3, "expected text, found a list"),
    ("max-by-define: 1\n", 3, "expected true or false, found 1"),
    (
        "protocol: genetlink-old\n",
        3,
        "'genetlink-old' is none of genetlink, genetlink-c, genetlink-legacy, netlink-raw; "
        "did you mean genetlink-c?",
    ),
    ("definitions: {}\n", 3, "expected a list, found a mapping"),
    ("definitions:\n- x\n", 4, "expected a mapping (definition), found 'x'"),
    ("definitions:\n- {type: const, value: 1}\n", 4, "definition lacks the key name"),
    ("definitions:\n- {name: d, value: 1}\n", 4, "definition d lacks the key type"),
    ("protocol: netlink-raw\n", 3, "a netlink-raw specification lacks the key protonum"),
    ("version: 1\nversion: 2\n", 4, "the key version stands twice"),
    # Definitions.
    ("definitions:\n- {name: d, type: const}\n", 4, "const d lacks the key value"),
    ("definitions:\n- {name: d, type: enum}\n", 4, "enum d lacks the key entries"),
    (
        "definitions:\n- {name: d, type: enum, entries: [off]}\n",
        4,
        "expected text, found the truth value false: put it in quotes",
    ),
    (
        "definitions:\n- name: d\n  type: enum\n  entries: [a,\n    a]\n",
        7,
        "entry a of d stands twice",
    ),
    (
        "definitions:\n- {name: d, type: flags, entries: [{name: a, value: 64}]}\n",
        4,
        "a is bit 64, not in 0…63",
    ),
    (
        "definitions:\n- {name: d, type: enum, entries: [{name: a, value: 0x10000000000000000}]}\n",
        4,
        "a is 18446744073709551616, more than 64 bits",
    ),
    (
        "definitions:\n- {name: d, type: enum, value-start: nix, entries: [a]}\n",
        4,
        "there is no constant nix",
    ),
    (
        "definitions:\n- {name: d, type: const, value: 1}\n- {name: d, type: const, value: 2}\n",
        5,
        "definition d stands twice, first in line 4",
    ),
    # Structs.
    (member("name: p, type: pad"), 6, "pad member p lacks the key len"),
    (member("name: p, type: binary"), 6, "binary member p lacks the key len"),
    (member("name: p, type: string"), 6, "string member p lacks the key len"),
    (member("name: p, type: pad, len: -1"), 6, "len is negative: -1"),
    (member("name: p, type: pad, len: sise - 1"), 6, "there is no constant sise"),
    (member("name: p, type: u8, enum: nix"), 6, "there is no definition nix"),
    (member("name: p, type: u8, enum: s"), 6, "s is of type struct, not enum or flags"),
    (member("name: p, type: binary, struct: s"), 6, "struct s contains itself"),
]


@pytest.mark.parametrize(("body", "line", "message"), BODIES)
def test_errors(body: str, line: int, message: str) -> None:
    found = [(p.line, p.message) for p in problems(body) if p.severity == "error"]
    assert found == [(line, message)]


ATTRIBUTES = [
    ("name: x, type: u23", "'u23' is none of "),
    ("name: x", "attribute x lacks the key type"),
    ("name: x, type: nest", "attribute x (nest) lacks the key nested-attributes"),
    ("name: x, type: indexed-array", "attribute x (indexed-array) lacks the key sub-type"),
    (
        "name: x, type: indexed-array, sub-type: nest",
        "attribute x (indexed-array) lacks the key nested-attributes",
    ),
    (
        "name: x, type: nest-type-value, nested-attributes: a",
        "attribute x (nest-type-value) lacks the key type-value",
    ),
    ("name: x, type: nest, nested-attributes: b", "there is no attribute set b"),
    ("name: x, type: nest, nested-attributes: /b", "/b is not of the form FAMILY/SET"),
    ("name: x, type: nest, nested-attributes: f/b/c", "f/b/c is not of the form FAMILY/SET"),
    ("name: x, type: u8, enum: f", "there is no definition f"),
    ("name: x, type: u8, enum: s", "s is of type struct, not enum or flags"),
    ("name: x, type: binary, struct: e", "e is of type enum, not struct"),
    ("name: x, type: binary, sub-type: u8, index-enum: s", "s is of type struct, not enum"),
    ("name: x, type: u8, value: 16384", "number 16384 of attribute x is not in 0…16383"),
    ("name: x, type: u8, value: -1", "number -1 of attribute x is not in 0…16383"),
    ("name: x, type: u8, checks: {max: u9-max}", "there is no constant u9-max"),
    ("name: x, type: u8, checks: {min: 3, max: 2}", "min 3 is more than max 2"),
    ("name: x, type: binary, checks: {min-len: 3, max-len: 2}", "min-len 3 is more than max-len 2"),
    ("name: x, type: u8, checks: {flags-mask: f}", "there is no definition f"),
    ("name: x, type: sub-message, sub-message: m, selector: x", "there is no sub-message m"),
]


@pytest.mark.parametrize(("text", "message"), ATTRIBUTES)
def test_errors_of_attributes(text: str, message: str) -> None:
    body = "protocol: genetlink-legacy\n" + STRUCTS
    found = [p for p in problems(body, sets=attribute(text)) if p.severity == "error"]
    assert [p.line for p in found] == [10]
    assert found[0].message.startswith(message)


def test_numbers_after_one_too_large_are_not_reported_again() -> None:
    sets = attribute("name: x, type: u8, value: 20000") + "  - {name: y, type: u8}\n"
    assert [p.line for p in problems("", sets=sets)] == [6]
    sets = attribute("name: x, type: u8, value: 16383") + "  - {name: y, type: u8}\n"
    assert [p.message for p in problems("", sets=sets)] == [
        "number 16384 of attribute y is not in 0…16383"
    ]


@pytest.mark.parametrize(
    ("second", "severity", "message"),
    [
        ("name: y, type: u8, value: 1", "error", "y and x of a are both 1"),
        ("name: x, type: u8", "error", "attribute x of a is both 1 and 2"),
        ("name: x, type: u8, value: 1", "warning", "attribute x of a stands twice"),
    ],
)
def test_repeated_attributes(second: str, severity: str, message: str) -> None:
    found = problems("", sets=attribute("name: x, type: u8") + f"  - {{{second}}}\n")
    assert [(p.severity, p.line, p.message) for p in found] == [(severity, 7, message)]


@pytest.mark.parametrize(
    ("subset", "message"),
    [
        ("subset-of: b, attributes: []", "there is no attribute set b"),
        ("subset-of: part, attributes: []", "set part is part of itself"),
        ("subset-of: a, attributes: [{name: z}]", "there is no attribute of a named z"),
        ("subset-of: a, attributes: [{name: x, value: 9}]", "x is 1 in a"),
        ("subset-of: a, attributes: [{name: x, enum: f}]", "there is no definition f"),
    ],
)
def test_errors_of_subsets(subset: str, message: str) -> None:
    found = problems("", sets=f"{SETS}- {{name: part, {subset}}}\n")
    assert [(p.severity, p.line, p.message) for p in found] == [("error", 5, message)]


OPERATION_ERRORS = [
    ("name: op, attribute-set: b, do: {}", "there is no attribute set b"),
    ("name: op, do: {}", "operation op lacks the key attribute-set"),
    ("name: op, event: {}", "operation op lacks the key attribute-set"),
    ("name: op, notify: gett", "there is no operation gett; did you mean get?"),
    ("name: op, notify: get, mcgrp: grup", "there is no multicast group grup; did you mean group?"),
    ("name: op, notify: get, do: {}", "operation op cannot be all of do, notify"),
    (
        "name: op, attribute-set: a, value: 256, do: {}",
        "number 256 of operation op is not in 0…255",
    ),
    (
        "name: op, attribute-set: a, value: 1, do: {}",
        "operations get and op have both request number 1",
    ),
    ("name: get, attribute-set: a, do: {}", "operation get stands twice, first in line 8"),
    ("name: op, attribute-set: a, fixed-header: s, do: {}", "there is no definition s"),
    (
        "name: op, attribute-set: a, flags: [root], do: {}",
        "'root' is none of admin-perm, uns-admin-perm",
    ),
    (
        "name: op, attribute-set: a, do: {}, alternatives: [{value: v, attribute-set: b}]",
        "there is no attribute set b",
    ),
    ("name: op, attribute-set: a, do: null", "expected a mapping (mode), found nothing"),
]


@pytest.mark.parametrize(("text", "message"), OPERATION_ERRORS)
def test_errors_of_operations(text: str, message: str) -> None:
    found = problems("protocol: genetlink-legacy\n", operations=operation(text))
    assert [(p.severity, p.line, p.message) for p in found] == [("error", 9, message)]


def test_numbers_of_the_directional_model() -> None:
    operations = """\
operations:
  enum-model: directional
  list:
  - {name: get, attribute-set: a, do: {request: {value: 1}, reply: {value: 300}}}
  - {name: set, attribute-set: a, do: {request: {value: 1}}}
  - {name: ntf, notify: get, value: 7}
  - {name: other-ntf, notify: get, value: 7}
"""
    found = problems("protocol: genetlink-legacy\n", operations=operations)
    assert [(p.line, p.message) for p in found] == [
        (9, "number 300 of operation get is not in 0…255"),
        (10, "operations get and set have both request number 1"),
        (12, "operations ntf and other-ntf have both notification number 7"),
    ]


RAW = "protocol: netlink-raw\nprotonum: 0\n"
SUB_MESSAGES = "sub-messages:\n- name: m\n  formats:\n  - {value: v, attribute-set: inner}\n"


def selectors(outer: str, inner: str, formats: str = "") -> list[str]:
    """The problems of a set and the set of its sub-message's format, given their attributes."""
    sets = (
        f"attribute-sets:\n- {{name: a, attributes: [{outer}]}}\n"
        f"- {{name: inner, attributes: [{inner}]}}\n"
    )
    return [p.message for p in problems(RAW + SUB_MESSAGES + formats, sets=sets)]


def test_a_selector_stands_in_the_set_or_around_it() -> None:
    choice = "{name: data, type: sub-message, sub-message: m, selector: kind}"
    kind = "{name: kind, type: string}"
    assert selectors(f"{kind}, {choice}", kind) == []
    assert selectors(f"{choice}, {kind}", choice) == []
    assert selectors(choice, kind) == ["there is no attribute kind"]
    nest = "{name: nest, type: nest, nested-attributes: inner}"
    assert selectors(f"{kind}, {nest}", choice) == []
    assert selectors(nest, choice) == ["there is no attribute kind"]


def test_formats() -> None:
    assert selectors("", "", "  - {value: v}\n") == ["format of m v stands twice, first in line 8"]
    assert selectors("", "", "  - {value: w, attribute-set: b, fixed-header: h}\n") == [
        "there is no attribute set b",
        "there is no definition h",
    ]
    assert selectors("", "", "  - {attribute-set: inner}\n") == ["format lacks the key value"]


WARNINGS = [
    ("future-key: 1\n", 3, "unknown key future-key in specification"),
    ("protonum: 3\n", 3, "protonum says nothing in a genetlink specification"),
    ("kernel-policy: global\n", 3, "kernel-policy is not part of protocol genetlink"),
    (SUB_MESSAGES.replace("inner", "a"), 3, "sub-messages is not part of protocol genetlink"),
    (
        "definitions:\n- {name: s, type: struct, members: []}\n",
        4,
        "a struct is not part of protocol genetlink",
    ),
    (
        "definitions:\n- {name: d, type: enum, entries: [a, {name: b, value: 0}]}\n",
        4,
        "b and a of d are both 0",
    ),
    (
        "definitions:\n- {name: d, type: const, value: 1, value-start: 2}\n",
        4,
        "value-start says nothing in a const",
    ),
]


@pytest.mark.parametrize(("body", "line", "message"), WARNINGS)
def test_warnings(body: str, line: int, message: str) -> None:
    found = [(p.severity, p.line, p.message) for p in problems(body)]
    assert found == [("warning", line, message)]


def test_warnings_of_plain_generic_netlink() -> None:
    body = "protocol: genetlink-c\n" + STRUCTS
    operations = """\
operations:
  fixed-header: s
  enum-model: directional
  list: [{name: get, attribute-set: a, fixed-header: s, do: {request: {attributes: [y]}}}]
"""
    found = problems(body, operations=operations)
    assert [(p.severity, p.line, p.message) for p in found] == [
        ("warning", 5, "a struct is not part of protocol genetlink-c"),
        ("warning", 10, "fixed-header is not part of protocol genetlink-c"),
        ("warning", 11, "the directional model is not part of protocol genetlink-c"),
        ("warning", 12, "fixed-header is not part of protocol genetlink-c"),
        ("warning", 12, "there is no attribute y in a"),
    ]


def test_warnings_of_attributes() -> None:
    sets = attribute("name: x, type: string, display-hint: ip, checks: {max: 4}")
    assert [(p.severity, p.line, p.message) for p in problems("", sets=sets)] == [
        ("warning", 6, "max says nothing of a string"),
        ("warning", 6, "unknown display-hint ip; did you mean ipv6?"),
    ]


def test_missing_licence(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"name: demo\n{SETS}{OPERATIONS}")
    assert [(p.severity, p.line) for p in lint(path)] == [("warning", 1)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (SPDX, 1, "expected a mapping (specification), found nothing"),
        (SPDX + "- a\n", 1, "expected a mapping (specification), found a list"),
        (SPDX + "a: b: c\n", 2, "mapping values are not allowed in this context"),
    ],
)
def test_what_is_no_specification(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert [(p.severity, p.line, p.message) for p in lint(path)] == [("error", line, message)]


def test_many_mistakes_are_all_told_by_line() -> None:
    body = "version: x\ndoc: 1\nzzz: 1\n"
    assert [p.line for p in problems(body, operations=operation("name: op, do: {}"))] == [
        3,
        4,
        5,
        11,
    ]


def test_a_merged_specification_is_checked_too() -> None:
    good = spec(f"name: demo\n{SETS}{OPERATIONS}")
    require(good, "demo.yaml")
    good["operations"]["list"][0]["attribute-set"] = "b"
    with pytest.raises(SpecError, match="there is no attribute set b"):
        require(good, "demo.yaml")


def test_conditions_of_alternatives() -> None:
    body = "definitions:\n- {name: h, type: struct, members: [{name: low, type: u8}]}\n"
    text = "name: op, attribute-set: a, fixed-header: h, do: {}, alternatives: "
    for when, message in (
        ("{low: 1}", None),
        ("{lo: 1}", "there is no header member lo; did you mean low?"),
        ("{low: [1]}", "a list is no value of low"),
        ("low", "expected a mapping of members to values, found 'low'"),
    ):
        operations = operation(f"{text}[{{value: x, when: {when}}}]")
        found = [
            p.message
            for p in problems("protocol: genetlink-legacy\n" + body, operations=operations)
            if p.severity == "error"
        ]
        assert found == ([] if message is None else [message])


def test_conditions_of_groups() -> None:
    body = "definitions:\n- {name: h, type: struct, members: [{name: low, type: u8}]}\n"
    text = "name: op, attribute-set: a, fixed-header: h, event: {}, mcgrp-when: "
    for choice, message in (
        ("group: group, when: {low: 1}", None),
        ("group: group, when: {x: 1, nlmsg-flags: create}", None),
        ("group: grou, when: {low: 1}", "there is no multicast group grou; did you mean group?"),
        (
            "group: group, when: {lo: 1}",
            "there is no header member or attribute lo; did you mean low?",
        ),
        ("group: group, when: {low: [1]}", "a list is no value of low"),
        ("group: group", "group choice lacks the key when"),
    ):
        found = [
            p.message
            for p in problems(
                "protocol: genetlink-legacy\n" + body, operations=operation(f"{text}[{{{choice}}}]")
            )
            if p.severity == "error"
        ]
        assert found == ([] if message is None else [message])


def test_lessons_name_what_stands_in_the_messages() -> None:
    text = "name: op, attribute-set: a, do: {request: {}}, teaches: "
    for lesson, message in (
        ("fact: x, key: [x], value: [x]", None),
        ("fact: x, key: [y], value: [x]",
         "there is no header member or attribute y"),
        ("fact: x, key: [x]", "lesson lacks the key value"),
    ):  # fmt: skip
        found = [
            p.message
            for p in problems(
                "protocol: genetlink\n", operations=operation(f"{text}[{{{lesson}}}]")
            )
            if p.severity == "error"
        ]
        assert found == ([] if message is None else [message])
