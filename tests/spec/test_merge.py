import copy

from nldissect.spec.canonical import Spec
from nldissect.spec.merge import merge

from .samples import spec

BASE = """
name: demo
protocol: genetlink-legacy
definitions:
- {name: e, type: enum, name-prefix: p-, entries: [zero, one, two]}
- {name: s, type: struct, members: [{name: a, type: u8}, {name: b, type: u8}]}
- {name: old, type: const, value: 1}
attribute-sets:
- name: a
  name-prefix: a-
  attributes: [{name: x, type: u8, enum: e}, {name: y, type: u16}]
- {name: part, subset-of: a, attributes: [{name: x}, {name: y}]}
operations:
  fixed-header: s
  list:
  - {name: get, attribute-set: a, flags: [admin-perm], do: {}}
  - {name: changed, notify: get}
mcast-groups: {list: [{name: g}]}
"""


def merged(extra: Spec) -> Spec:
    base = spec(BASE)
    before = copy.deepcopy(base)
    made = merge(base, extra)
    assert base == before
    return made


def named(items: list[Spec], name: str) -> Spec:
    return next(item for item in items if item["name"] == name)


def test_nothing_changes_nothing() -> None:
    assert merged({"name": "demo"}) == spec(BASE)
    assert merge({}, spec(BASE)) == spec(BASE)


def test_top_keys_win_and_null_removes() -> None:
    made = merged({"version": 2, "protocol": None, "operations": {"fixed-header": None}})
    assert made["version"] == 2
    assert "protocol" not in made
    assert list(made["operations"]) == ["list"]


def test_entries_are_found_by_number_and_by_name() -> None:
    extra = {"name": "e", "entries": [{"name": "uno", "value": 1}, {"name": "two", "value": 7}]}
    made = named(merged({"definitions": [extra]})["definitions"], "e")
    assert made["entries"] == [
        {"name": "zero", "value": 0},
        {"name": "uno", "value": 1},
        {"name": "two", "value": 7},
    ]
    assert made["name-prefix"] == "p-"


def test_members_are_replaced_together() -> None:
    extra = {"name": "s", "members": [{"name": "c", "type": "u32"}]}
    assert named(merged({"definitions": [extra]})["definitions"], "s") == {
        "name": "s",
        "type": "struct",
        "members": [{"name": "c", "type": "u32"}],
    }


def test_a_definition_of_another_type_is_replaced_whole() -> None:
    extra = {"name": "e", "type": "const", "value": 3}
    assert named(merged({"definitions": [extra]})["definitions"], "e") == extra


def test_null_content_removes_a_thing() -> None:
    made = merged(
        {
            "definitions": [{"name": "old", "type": None}],
            "attribute-sets": [{"name": "part", "attributes": None}],
        }
    )
    assert [d["name"] for d in made["definitions"]] == ["e", "s"]
    assert [s["name"] for s in made["attribute-sets"]] == ["a"]


def test_attributes_are_found_by_number() -> None:
    extra = {
        "name": "a",
        "attributes": [
            {"name": "ex", "value": 1, "enum": None, "display-hint": "hex"},
            {"name": "z", "value": 3, "type": "flag"},
        ],
    }
    made = named(merged({"attribute-sets": [extra]})["attribute-sets"], "a")
    assert made["name-prefix"] == "a-"
    assert made["attributes"] == [
        {"name": "ex", "value": 1, "type": "u8", "display-hint": "hex"},
        {"name": "y", "value": 2, "type": "u16"},
        {"name": "z", "value": 3, "type": "flag"},
    ]


def test_formats_are_found_by_value() -> None:
    old = {"sub-messages": [{"name": "m", "formats": [{"value": "v", "attribute-set": "a"}]}]}
    new = {
        "sub-messages": [
            {"name": "m", "formats": [{"value": "v", "fixed-header": "s"}, {"value": "w"}]},
            {"name": "n", "formats": []},
        ]
    }
    assert merge(old, new)["sub-messages"] == [
        {
            "name": "m",
            "formats": [{"value": "v", "attribute-set": "a", "fixed-header": "s"}, {"value": "w"}],
        },
        {"name": "n", "formats": []},
    ]


def test_operations_are_found_by_name() -> None:
    extra = {"operations": {"list": [{"name": "get", "flags": None, "mcgrp": "g"}]}}
    assert merged(extra)["operations"]["list"][0] == {
        "name": "get",
        "value": 1,
        "attribute-set": "a",
        "do": {},
        "mcgrp": "g",
    }


def names(spec: Spec) -> list[str]:
    return [operation["name"] for operation in spec["operations"]["list"]]


def test_an_operation_gives_way_to_one_with_its_number() -> None:
    read = {"name": "read", "value": 1, "attribute-set": "a", "do": {}}
    assert names(merged({"operations": {"list": [read]}})) == ["changed", "read"]
    moved = {"name": "moved", "value": 2, "notify": "get"}
    assert names(merged({"operations": {"list": [moved]}})) == ["get", "moved"]


def test_a_request_does_not_give_way_to_a_notification() -> None:
    told = {"name": "told", "value": 1, "notify": "get"}
    assert names(merged({"operations": {"list": [told]}})) == ["get", "changed", "told"]


def test_directional_operations_are_told_apart_by_their_requests() -> None:
    def listed(name: str, request: int, reply: int) -> Spec:
        do = {"request": {"value": request}, "reply": {"value": reply}}
        return {"operations": {"list": [{"name": name, "attribute-set": "a", "do": do}]}}

    assert names(merge(listed("get", 5, 6), listed("read", 5, 9))) == ["read"]
    assert names(merge(listed("get", 5, 6), listed("read", 7, 6))) == ["get", "read"]


def test_groups_are_found_by_name() -> None:
    extra = {"mcast-groups": {"list": [{"name": "g", "value": 4}, {"name": "h"}]}}
    assert merged(extra)["mcast-groups"]["list"] == [{"name": "g", "value": 4}, {"name": "h"}]
