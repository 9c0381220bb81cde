"""Which attributes can hold key material: sets in themselves, in others, across families."""

from __future__ import annotations

from nldissect.spec.load import family
from nldissect.spec.model import Family
from nldissect.spec.secrets import Secrets

from .samples import spec

DEMO = """name: demo
protocol: genetlink
definitions:
- {name: inside, type: struct, members: [{name: pin, type: u32, secret: true}]}
- {name: outside, type: struct, members: [{name: one, type: binary, struct: inside}]}
- {name: open, type: struct, members: [{name: one, type: u32}]}
attribute-sets:
- name: ring
  attributes:
  - {name: ring, type: nest, nested-attributes: other}
  - {name: number, type: u32}
- name: other
  attributes:
  - {name: ring, type: nest, nested-attributes: ring}
  - {name: leaf, type: nest, nested-attributes: leaf}
- {name: leaf, attributes: [{name: number, type: u32}, {name: key, type: binary, secret: true}]}
- {name: loop, attributes: [{name: loop, type: nest, nested-attributes: loop}]}
- {name: part, subset-of: leaf, attributes: [{name: number}, {name: key}]}
- {name: marked, subset-of: loop, attributes: [{name: loop, secret: true}]}
- name: structs
  attributes:
  - {name: open, type: binary, struct: open}
  - {name: outside, type: binary, struct: outside}
- name: messages
  attributes:
  - {name: kind, type: string}
  - {name: one, type: sub-message, sub-message: one, selector: kind}
  - {name: two, type: sub-message, sub-message: two, selector: kind}
  - {name: three, type: sub-message, sub-message: three, selector: kind}
- {name: abroad, attributes: [{name: a, type: nest, nested-attributes: demo2/plain},
                              {name: b, type: nest, nested-attributes: nowhere/plain}]}
sub-messages:
- {name: one, formats: [{value: a}, {value: b, attribute-set: leaf}]}
- {name: two, formats: [{value: a, fixed-header: outside}]}
- {name: three, formats: [{value: a, attribute-set: loop, fixed-header: open}]}
operations: {list: [{name: get, attribute-set: leaf, do: {}}]}
"""
SECOND = """name: demo2
protocol: genetlink
attribute-sets:
- {name: plain, attributes: [{name: back, type: nest, nested-attributes: demo/leaf}]}
- {name: calm, attributes: [{name: number, type: u32}]}
operations: {list: [{name: get, attribute-set: calm, do: {}}]}
"""
CALM = """name: calm
protocol: genetlink
attribute-sets:
- {name: calm, attributes: [{name: calm, type: nest, nested-attributes: calm}]}
operations: {list: [{name: get, attribute-set: calm, do: {}}]}
"""

FAMILIES: dict[str, Family] = {
    made.name: made for made in (family(spec(text)) for text in (DEMO, SECOND, CALM))
}
SECRETS = Secrets(FAMILIES.get)


def test_numbers() -> None:
    found = {
        item.name: sorted(SECRETS.numbers("demo", item.name))
        for item in FAMILIES["demo"].attribute_sets
    }
    assert found == {
        "ring": [1],
        "other": [1, 2],
        "leaf": [2],
        "loop": [],
        "part": [2],
        "marked": [1],
        "structs": [2],
        "messages": [2, 3],
        "abroad": [1],
    }
    assert SECRETS.numbers("demo", "nothing") == SECRETS.numbers("nobody", "leaf") == frozenset()


def test_the_order_of_questions_does_not_matter() -> None:
    for first in ("ring", "other", "loop"):
        secrets = Secrets(FAMILIES.get)
        secrets.numbers("demo", first)
        assert secrets.numbers("demo", "ring") == {1}
        assert secrets.numbers("demo", "loop") == frozenset()


def test_structs() -> None:
    found = [SECRETS.struct("demo", name) for name in ("inside", "outside", "open", "nothing")]
    assert found == [True, True, False, False]


def test_families() -> None:
    assert [SECRETS.family(name) for name in ("demo", "demo2", "calm", "nobody")] == [
        True, True, False, False,
    ]  # fmt: skip
