"""Build hook: compiles the built-in families before a wheel or an editable install is made."""

from __future__ import annotations

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PrebuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Writes nldissect/families/prebuilt and adds it to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; raises SpecError if a family's YAML is wrong."""
        sys.path.insert(0, self.root)
        try:
            from nldissect.spec.prebuild import build
        finally:
            sys.path.remove(self.root)
        build()
        build_data["artifacts"].append("nldissect/families/prebuilt/*.msgpack")
