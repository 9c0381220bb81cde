"""Build hook: compiles the built-in families and, where there is a C compiler, the hot modules."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HOT: Final = (
    "capture/blocks", "capture/feed", "capture/index", "capture/pcap", "capture/pcapng",
    "cli/output", "clock", "digits", "dissect", "explain", "export/columns", "export/csv",
    "export/envelope", "export/lines", "export/ndjson", "export/objects", "export/straight",
    "export/text", "export/writer", "families/decoders/*", "filter/field", "filter/fields",
    "filter/fixed", "learn", "ledger", "memo", "model", "notes", "policies", "recording",
    "registry", "session", "spec/checks", "spec/compile", "spec/labels", "spec/lessons",
    "spec/sets", "spec/structs", "spec/types", "summary", "text", "transact", "wire/*",
)  # fmt: skip
"""The modules that every message passes through, and those whose classes they share."""

COMPILE: Final = ("-O3", "-fno-semantic-interposition", "-fvisibility=hidden")
LINK: Final = ("-Wl,-Bsymbolic",)
"""What makes calls between the modules direct, where compiler and linker are GNU's or alike."""


class PrebuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Writes nldissect/families/prebuilt and adds it, and what was compiled, to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; raises SpecError if a family's YAML is wrong.

        NLDISSECT_PURE leaves the modules as they are; NLDISSECT_BUILD names a directory that is
        kept, which makes the next build fast.
        """
        sys.path.insert(0, self.root)
        try:
            from nldissect.spec.prebuild import build
        finally:
            sys.path.remove(self.root)
        build()
        build_data["artifacts"].append("nldissect/families/prebuilt/*.msgpack")
        if version != "standard" or os.environ.get("NLDISSECT_PURE"):
            return
        into = os.environ.get("NLDISSECT_BUILD") or tempfile.mkdtemp(prefix="nldissect-build-")
        try:
            compiled = compile_hot(Path(self.root), Path(into))
        except (Exception, SystemExit) as why:
            self.app.display_warning(f"not compiled, which is slower but the same: {why}")
            return
        for built in compiled:
            build_data["force_include"][str(built)] = str(built.relative_to(Path(into) / "lib"))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def compile_hot(root: Path, into: Path) -> list[Path]:
    """Compiles the hot modules into ``into``/lib; raises whatever mypyc or the compiler raises."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    # What another list of modules was built to would be packed as well.
    shutil.rmtree(into / "lib", ignore_errors=True)
    into.mkdir(parents=True, exist_ok=True)
    os.environ["MYPY_CACHE_DIR"] = str(into / "cache")
    package = root / "nldissect"
    files = [
        str(file.relative_to(root)) for name in HOT for file in sorted(package.glob(f"{name}.py"))
    ]
    before = Path.cwd()
    os.chdir(root)
    try:
        with redirect_stdout(sys.stderr):
            modules = mypycify(
                ["--config-file=", "--ignore-missing-imports", *files],
                opt_level="2", debug_level="0", multi_file=True, target_dir=str(into / "c"),
            )  # fmt: skip
            for module in modules if sys.platform == "linux" else ():
                module.extra_compile_args += COMPILE
                module.extra_link_args += LINK
            builder = build_ext(Distribution({"name": "nldissect", "ext_modules": modules}))
            builder.build_lib = str(into / "lib")
            builder.build_temp = str(into / "objects")
            builder.ensure_finalized()
            builder.run()
    finally:
        os.chdir(before)
    return sorted((into / "lib").rglob("*.so"))


if __name__ == "__main__":
    # For work on speed: python hatch_build.py DIRECTORY
    for made in compile_hot(Path(__file__).parent, Path(sys.argv[1]).absolute()):
        print(made)
