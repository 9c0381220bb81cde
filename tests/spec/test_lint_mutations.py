"""Whatever is wrong with a specification, lint says so, and what it passes can be loaded."""

import copy
from typing import Any

from hypothesis import given, settings, strategies as st

from nldissect.spec.canonical import canonical
from nldissect.spec.lint import check
from nldissect.spec.load import family
from nldissect.spec.source import Source, read

from .samples import FILES

SPECS = [read(path).data for path in FILES]
NAMES = ["meter", "range", "range-brief", "colour", "states", "point", "lamp", "stats", "options"]
WORDS = ["", "value", "nest", "sub-message", "flags", "struct", "directional", "kind", "get", "x/y"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70000),
    st.sampled_from([2**63, 2**64, -(2**70)]),
    st.sampled_from(NAMES + WORDS),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
)


def places(data: Any) -> list[tuple[Any, Any]]:
    """All (container, key) of nested dicts and lists."""
    found = []
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        found.append((data, key))
        if isinstance(value, dict | list):
            found += places(value)
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutations(data: st.DataObject) -> None:
    spec = copy.deepcopy(plain(data.draw(st.sampled_from(SPECS))))
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(places(spec)))
        match data.draw(st.sampled_from(["replace", "remove", "copy"])):
            case "replace":
                container[key] = data.draw(VALUES)
            case "remove":
                del container[key]
            case "copy" if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
            case "copy":
                container[data.draw(st.sampled_from(WORDS))] = container[key]
    problems = check(Source("mutant.yaml", "", spec, []))
    if not any(problem.severity == "error" for problem in problems):
        made = canonical({**spec, "license": ""})
        assert canonical(made) == made
        assert family(made).name == spec["name"]


def plain(data: Any) -> Any:
    """The same as plain dicts and lists."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    return [plain(item) for item in data] if isinstance(data, list) else data
