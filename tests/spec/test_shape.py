import pytest

from nldissect.spec import canonical, model
from nldissect.spec.shape import SPECIFICATION, Many, Shape, nearest


def shape_at(*path: str) -> Shape:
    """The shape that stands under a path of keys."""
    kind: object = SPECIFICATION
    for key in path:
        assert isinstance(kind, Shape)
        kind = kind.keys[key]
        if isinstance(kind, Many):
            kind = kind.item
    if isinstance(kind, tuple):
        kind = kind[-1]
    assert isinstance(kind, Shape)
    return kind


@pytest.mark.parametrize(
    ("path", "of"),
    [
        (("definitions",), model.Definition),
        (("definitions", "entries"), model.Entry),
        (("definitions", "members"), model.Member),
        (("attribute-sets",), model.AttributeSet),
        (("attribute-sets", "attributes"), model.Attribute),
        (("attribute-sets", "attributes", "checks"), model.Checks),
        (("sub-messages",), model.SubMessage),
        (("sub-messages", "formats"), model.Format),
        (("operations", "list", "do", "request"), model.Body),
        (("operations", "list", "alternatives"), model.Alternative),
        (("operations", "list", "mcgrp-when"), model.GroupChoice),
        (("operations", "list", "teaches"), model.Lesson),
        (("mcast-groups", "list"), model.Group),
    ],
)
def test_the_grammar_has_every_key_of_the_model(
    path: tuple[str, ...], of: type[model.Definition]
) -> None:
    assert set(canonical.keys_of(of)) <= set(shape_at(*path).keys)


def test_nearest_spelling() -> None:
    assert nearest("protocl", ["name", "protocol"]) == "; did you mean protocol?"
    assert nearest("zzz", ["name", "protocol"]) == ""
