"""Reads YAML into dicts and lists that know their lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

from ..errors import SpecError

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SPDX: Final = re.compile(r"#\s*SPDX-License-Identifier:\s*(.+?)\s*$")
_MAX_NODES: Final = 1_000_000
_MAX_BYTES: Final = 1 << 24


class Map(dict[str, Any]):
    """A mapping; ``line`` is where it starts, ``lines`` where each key stands (1-based)."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Seq(list[Any]):
    """A sequence; ``line`` is where it starts, ``lines`` where each item stands (1-based)."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class Source:
    """One YAML file: its content, its licence and the keys that stand twice, as (line, key)."""

    __slots__ = ("path", "license", "data", "repeated")

    def __init__(self, path: str, license: str, data: Any, repeated: list[tuple[int, str]]) -> None:
        self.path = path
        self.license = license
        self.data = data
        self.repeated = repeated


def read(path: str | Path) -> Source:
    """Reads a file; raises SpecError if it cannot be read or is not YAML."""
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise SpecError(f"is larger than {_MAX_BYTES >> 20} MiB", name)
        text = data.decode()
    except OSError as error:
        raise SpecError(error.strerror or "cannot be read", name) from error
    except UnicodeDecodeError as error:
        raise SpecError("is not UTF-8 text", name) from error
    return parse(text, name)


def parse(text: str, path: str) -> Source:
    """Reads a text; ``path`` is for messages. Raises SpecError if it is not YAML."""
    first = text.split("\n", 1)[0]
    spdx = _SPDX.match(first)
    loader = _LOADER(text)
    builder = _Builder(loader)
    try:
        node = loader.get_single_node()
        data = None if node is None else builder.build(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "not YAML"
        raise SpecError(what, path, mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise SpecError(str(error).replace("\n", " "), path) from error
    except RecursionError as error:
        raise SpecError("nested too deep", path) from error
    finally:
        loader.dispose()
    return Source(path, spdx[1] if spdx else "", data, builder.repeated)


class _Builder:
    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._open: set[int] = set()
        self._count = 0
        self.repeated: list[tuple[int, str]] = []

    def build(self, node: Any) -> Any:
        self._count += 1
        if id(node) in self._open:
            raise yaml.MarkedYAMLError(
                problem="an alias inside itself", problem_mark=node.start_mark
            )
        if self._count > _MAX_NODES:
            raise yaml.MarkedYAMLError(
                problem="the aliases grow too large", problem_mark=node.start_mark
            )
        if isinstance(node, yaml.ScalarNode):
            try:
                return self._loader.construct_object(node)
            except (ValueError, OverflowError) as error:
                raise yaml.MarkedYAMLError(
                    problem=str(error), problem_mark=node.start_mark
                ) from error
        self._open.add(id(node))
        line = node.start_mark.line + 1
        made: Map | Seq
        if isinstance(node, yaml.MappingNode):
            made = self._map(node, Map(line))
        else:
            made = Seq(line)
            for item in node.value:
                made.append(self.build(item))
                made.lines.append(item.start_mark.line + 1)
        self._open.discard(id(node))
        return made

    def _map(self, node: Any, made: Map) -> Map:
        # Keys merged from elsewhere (<<) come first in a flattened node and may be repeated.
        merging = any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value)
        self._loader.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in made and not merging:
                self.repeated.append((key_node.start_mark.line + 1, key))
            made[key] = self.build(value_node)
            made.lines[key] = key_node.start_mark.line + 1
        return made
