import pytest

from nldissect.spec.canonical import Spec
from nldissect.spec.difference import difference
from nldissect.spec.merge import merge

from .samples import spec

OLD = """
name: demo
protocol: genetlink-legacy
definitions:
- {name: e, type: enum, entries: [zero, one]}
- {name: s, type: struct, members: [{name: a, type: u8}]}
attribute-sets:
- name: a
  attributes: [{name: x, type: u8, enum: e}, {name: n, type: nest, nested-attributes: old}]
- {name: old, attributes: [{name: y, type: binary, struct: s}]}
- {name: unused, attributes: [{name: z, type: u8}]}
operations:
  list:
  - {name: get, attribute-set: a, do: {request: {attributes: [x]}}}
"""


def changed(*pairs: tuple[str, str]) -> Spec:
    text = OLD
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    return spec(text)


def test_the_same_has_no_difference() -> None:
    assert difference(spec(OLD), spec(OLD)) is None


CHANGES = [
    ([("zero, one", "zero, uno, two")], {"definitions"}),
    ([("{name: a, type: u8}", "{name: b, type: u16}")], {"definitions"}),
    (
        [("name: x, type: u8, enum: e", "name: ex, type: u8"), ("[x]", "[ex]")],
        {"attribute-sets", "operations"},
    ),
    (
        [("nested-attributes: old", "nested-attributes: new"), ("name: old", "name: new")],
        {"attribute-sets"},
    ),
    ([("- {name: get,", "- {name: read,")], {"operations"}),
    (
        [("attribute-set: a, do: {request: {attributes: [x]}}", "attribute-set: a, dump: {}")],
        {"operations"},
    ),
    ([("name: demo\n", "name: demo\nversion: 2\n")], {"version"}),
    ([("operations:\n", "mcast-groups: {list: [{name: g}]}\noperations:\n")], {"mcast-groups"}),
]


@pytest.mark.parametrize(("pairs", "sections"), CHANGES)
def test_the_difference_leads_to_the_new(pairs: list[tuple[str, str]], sections: set[str]) -> None:
    old, new = spec(OLD), changed(*pairs)
    extra = difference(old, new)
    assert extra is not None
    assert set(extra) - {"name", "license"} == sections
    assert difference(merge(old, extra), new) is None


def test_only_what_differs_is_there() -> None:
    new = changed(("name: x, type: u8, enum: e", "name: x, type: u16, enum: e"))
    assert difference(spec(OLD), new) == {
        "license": "BSD-3-Clause",
        "name": "demo",
        "attribute-sets": [{"name": "a", "attributes": [{"name": "x", "value": 1, "type": "u16"}]}],
    }


def test_what_only_the_old_has_stays() -> None:
    old = spec(OLD)
    new = changed(("- {name: unused, attributes: [{name: z, type: u8}]}\n", ""))
    assert difference(old, new) is None


def test_a_renamed_set_leaves_no_orphan() -> None:
    new = changed(("nested-attributes: old", "nested-attributes: new"), ("name: old", "name: new"))
    old = spec(OLD)
    extra = difference(old, new)
    assert extra is not None
    assert {"name": "old", "attributes": None} in extra["attribute-sets"]
    assert {s["name"] for s in merge(old, extra)["attribute-sets"]} == {"a", "new", "unused"}
