"""A YNL file to a Family."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..errors import SpecError
from . import lint, source
from .canonical import Spec, canonical, operation_values
from .model import Family

_HIDDEN = ("license", "operations", "mcast-groups")


def load_spec(path: str | Path) -> Family:
    """Reads a specification; raises SpecError at its first mistake."""
    return family(load_canonical(path))


def load_canonical(path: str | Path) -> Spec:
    """The canonical form of a file; raises SpecError at its first mistake."""
    read = source.read(path)
    for problem in lint.check(read):
        if problem.severity == "error":
            raise SpecError(problem.message, read.path, problem.line)
    return canonical({**read.data, "license": read.license})


def family(spec: Spec) -> Family:
    """The model of a canonical specification."""
    operations = spec["operations"]
    made = {key: value for key, value in spec.items() if key not in _HIDDEN}
    made["license"] = spec.get("license", "")
    made["enum-model"] = operations.get("enum-model", "unified")
    made["operation-prefix"] = operations.get("name-prefix")
    made["async-prefix"] = operations.get("async-prefix")
    made["fixed-header"] = operations.get("fixed-header")
    made["operations"] = _operations(spec)
    made["groups"] = (spec.get("mcast-groups") or {}).get("list", [])
    return msgspec.convert(made, Family)


def _operations(spec: Spec) -> list[Spec]:
    default = spec["operations"].get("fixed-header")
    by_name = {operation["name"]: operation for operation in spec["operations"]["list"]}
    made = []
    for operation, request, reply in operation_values(spec):
        named = by_name.get(operation.get("notify", ""), {})
        made.append(
            {
                **operation,
                "request-value": request,
                "reply-value": reply,
                "attribute-set": operation.get("attribute-set", named.get("attribute-set")),
                "fixed-header": operation.get("fixed-header", named.get("fixed-header", default)),
            }
        )
    return made
