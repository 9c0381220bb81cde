import pytest

from nldissect.spec.canonical import canonical, constants, number, operation_values

from .samples import FILES, SETS, spec

ATTRIBUTES = """
name: demo
attribute-sets:
- name: a
  attributes:
  - {name: one, type: u8}
  - {name: two, type: u8}
  - {name: ten, type: u8, value: 10}
  - {name: eleven, type: u8}
  - {name: zero, type: u8, value: 0}
- {name: b, subset-of: a, attributes: [{name: eleven}, {name: one}, {name: eleven}]}
- {name: c, subset-of: b, attributes: [{name: one, display-hint: hex}]}
operations: {list: []}
"""


def test_attribute_numbers() -> None:
    sets = spec(ATTRIBUTES)["attribute-sets"]
    values = [{a["name"]: a["value"] for a in item["attributes"]} for item in sets]
    assert values == [
        {"one": 1, "two": 2, "ten": 10, "eleven": 11, "zero": 0},
        {"eleven": 11, "one": 1},
        {"one": 1},
    ]
    assert len(sets[1]["attributes"]) == 2
    assert sets[2]["attributes"] == [{"name": "one", "value": 1, "display-hint": "hex"}]


def operations(text: str, model: str = "unified") -> dict[str, tuple[int | None, int | None]]:
    """The numbers of operations, given as a flow sequence."""
    whole = spec(f"name: d\n{SETS}operations: {{enum-model: {model}, list: [{text}]}}")
    return {op["name"]: (request, reply) for op, request, reply in operation_values(whole)}


def test_unified_numbers() -> None:
    numbers = operations(
        """
        {name: nothing, value: 0},
        {name: get, attribute-set: a, do: {}},
        {name: set, attribute-set: a, value: 7, do: {}},
        {name: changed, notify: get},
        {name: alarm, attribute-set: a, event: {}}
        """
    )
    assert numbers == {
        "nothing": (0, 0),
        "get": (1, 1),
        "set": (7, 7),
        "changed": (None, 8),
        "alarm": (None, 9),
    }


def test_directional_numbers() -> None:
    numbers = operations(
        """
        {name: get, attribute-set: a, do: {request: {}, reply: {value: 4}}, dump: {reply: {}}},
        {name: act, attribute-set: a, do: {request: {}}},
        {name: list, attribute-set: a, dump: {reply: {}}},
        {name: changed, notify: get},
        {name: alarm, attribute-set: a, value: 20, event: {}},
        {name: jump, attribute-set: a, do: {request: {value: 9}, reply: {}}},
        {name: zero, attribute-set: a, do: {request: {value: 0}}},
        {name: apart, attribute-set: a, do: {request: {value: 40}}, dump: {reply: {value: 30}}}
        """,
        "directional",
    )
    assert numbers == {
        "get": (1, 4),
        "act": (2, None),
        "list": (3, 5),
        "changed": (None, 6),
        "alarm": (None, 20),
        "jump": (9, 21),
        "zero": (0, None),
        "apart": (40, 30),
    }


def test_enum_values() -> None:
    made = spec(
        "name: d\ndefinitions:\n"
        "- {name: start, type: const, value: 3}\n"
        "- {name: e, type: enum, value-start: start, entries: [a, {name: b, value: 9}, c]}\n"
        "- {name: f, type: flags, entries: [a, b]}\n" + SETS + "operations: {list: []}"
    )["definitions"]
    assert [(e["name"], e["value"]) for e in made[1]["entries"]] == [("a", 3), ("b", 9), ("c", 10)]
    assert [e["value"] for e in made[2]["entries"]] == [0, 1]
    assert "value-start" not in made[1]


def test_numbers_by_name() -> None:
    known = constants(
        {
            "name": "wg",
            "definitions": [
                {"name": "size", "type": "const", "value": 32},
                {"name": "top", "name-prefix": "abc-", "type": "const", "value": 5},
                {"name": "label", "type": "const", "value": "text"},
            ],
        }
    )
    assert number("size", known) == number("wg-size", known) == 32
    assert number("size - 1", known) == 31
    assert number("abc-top", known) == 5
    assert number("0x10", known) == 16
    assert [number(name, known) for name in ("u8-max", "u16-max", "s32-min", "s32-max")] == [
        255,
        65535,
        -(2**31),
        2**31 - 1,
    ]
    assert number("u64-max", known) == 2**64 - 1
    with pytest.raises(KeyError):
        number("label", known)


def test_only_facts_stay() -> None:
    made = spec(
        """
name: d
doc: Prose.
kernel-policy: global
attribute-sets:
- name: a
  doc: Prose.
  attr-cnt-name: n
  attributes: [{name: x, type: array-nest, nested-attributes: a, doc: Prose., multi-attr: false}]
operations:
  list:
  - {name: get, doc: P, attribute-set: a, dont-validate: [dump], do: {pre: f, request: {}}}
mcast-groups: {list: [{name: g, c-define-name: n}]}
"""
    )
    del made["license"]
    assert made == {
        "name": "d",
        "protocol": "genetlink",
        "attribute-sets": [
            {
                "name": "a",
                "attributes": [
                    {
                        "name": "x",
                        "value": 1,
                        "type": "indexed-array",
                        "sub-type": "nest",
                        "nested-attributes": "a",
                    }
                ],
            }
        ],
        "operations": {
            "list": [{"name": "get", "value": 1, "attribute-set": "a", "do": {"request": {}}}]
        },
        "mcast-groups": {"list": [{"name": "g"}]},
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_canonical_form_is_its_own(path: object) -> None:
    from nldissect.spec.load import load_canonical

    made = load_canonical(str(path))
    assert canonical(made) == made
