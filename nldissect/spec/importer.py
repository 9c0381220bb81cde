"""Writes canonical files from a directory of YNL files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from ..errors import SpecError
from . import source
from .canonical import Spec
from .difference import difference
from .load import load_canonical

_BASE_DUMPER: Final[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BASE_DUMPER):  # type: ignore[misc]
    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_multi_representer(dict, yaml.representer.SafeRepresenter.represent_dict)
_Dumper.add_multi_representer(list, yaml.representer.SafeRepresenter.represent_list)


def write(spec: Spec) -> str:
    """A canonical specification as a YAML text, with its SPDX line if it has a licence."""
    keys = {key: value for key, value in spec.items() if key != "license"}
    text: str = yaml.dump(
        keys,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        width=100,
        allow_unicode=True,
    )
    license = spec.get("license")
    return f"# SPDX-License-Identifier: {license}\n---\n{text}" if license else text


def import_specs(specs: Path, out: Path, base: Path | None = None) -> list[Path]:
    """Writes ``FAMILY.yaml`` for each file of a directory and returns what was written.

    With ``base``, a directory of canonical files, only what differs from those is written.
    Raises SpecError at the first file with a mistake.
    """
    old = {} if base is None else {path.stem: path for path in base.glob("*.yaml")}
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted(specs.glob("*.yaml")):
        spec: Spec | None = load_canonical(path)
        assert spec is not None
        name = spec["name"]
        if name in old:
            spec = difference(read_canonical(old[name]), spec)
        if spec is not None:
            target = out / f"{name}.yaml"
            target.write_text(write(spec), encoding="utf-8")
            written.append(target)
    return written


def read_canonical(path: Path) -> Spec:
    """A file that is canonical already, or a part of one, unchecked; raises SpecError."""
    read = source.read(path)
    if not isinstance(read.data, dict):
        raise SpecError("is no specification", read.path)
    return {**read.data, "license": read.license}


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="importer", description=__doc__)
    parser.add_argument("specs", type=Path, metavar="SPEC_DIR")
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--base", type=Path, metavar="DIR", help="write the difference from these")
    args = parser.parse_args(argv)
    try:
        written = import_specs(args.specs, args.out, args.base)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    for path in written:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
