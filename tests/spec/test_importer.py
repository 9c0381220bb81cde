import os
from pathlib import Path

import pytest
import yaml

from nldissect.spec.importer import import_specs, main, read_canonical, write
from nldissect.spec.lint import lint
from nldissect.spec.load import load_canonical, load_spec
from nldissect.spec.merge import merge
from nldissect.spec.prebuild import FAMILIES

from .samples import DATA, FILES, OPERATIONS, SETS, SPDX

KERNEL = FAMILIES / "kernel"


def test_files_are_named_after_their_families(tmp_path: Path) -> None:
    written = import_specs(DATA, tmp_path)
    assert [path.name for path in written] == ["meter.yaml", "rt-lamp.yaml", "switch.yaml"]
    for path in written:
        assert lint(path) == []


def test_what_is_written_is_plain_and_stable(tmp_path: Path) -> None:
    import_specs(DATA, tmp_path)
    text = (tmp_path / "meter.yaml").read_text()
    assert text.startswith("# SPDX-License-Identifier: BSD-3-Clause\n---\nname: meter\n")
    assert "&" not in text
    assert "doc:" not in text
    assert "  - {name: present, value: 20, type: flag}\n" in text
    again = tmp_path / "again"
    import_specs(tmp_path, again)
    assert (again / "meter.yaml").read_text() == text
    assert read_canonical(again / "meter.yaml") == load_canonical(DATA / "meter.yaml")


@pytest.mark.parametrize("word", ["off", "1e3", "0x10", "null", "2026-01-01", "a: b", "", "é"])
def test_names_stay_texts(word: str) -> None:
    assert yaml.safe_load(write({"name": word})) == {"name": word}


def test_with_a_base_only_the_difference_is_written(tmp_path: Path) -> None:
    base, new, out = tmp_path / "base", tmp_path / "new", tmp_path / "out"
    import_specs(DATA, base)
    new.mkdir()
    for path in FILES:
        text = path.read_text()
        (new / path.name).write_text(
            text.replace("name: total, type: uint", "name: sum, type: u64")
        )
    (new / "more.yaml").write_text(f"{SPDX}name: more\n{SETS}{OPERATIONS}")
    written = import_specs(new, out, base)
    assert [path.name for path in written] == ["meter.yaml", "more.yaml"]
    extra = read_canonical(out / "meter.yaml")
    changed = {"name": "meter", "attributes": [{"name": "sum", "value": 21, "type": "u64"}]}
    assert extra["attribute-sets"] == [changed]
    whole = tmp_path / "whole.yaml"
    whole.write_text(write(merge(read_canonical(base / "meter.yaml"), extra)))
    assert load_spec(whole) == load_spec(new / "meter.yaml")


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(DATA), str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.count("\n") == 3
    (tmp_path / "bad.yaml").write_text("name: [")
    assert main([str(tmp_path), str(tmp_path / "out")]) == 2
    assert "bad.yaml:" in capsys.readouterr().err


@pytest.mark.skipif(not os.environ.get("LINUX_SPECS"), reason="LINUX_SPECS names no kernel tree")
def test_the_kernel_families_are_the_kernels(tmp_path: Path) -> None:
    """LINUX_SPECS: Linux 6.12's source tree or its directory of specifications."""
    specs = Path(os.environ["LINUX_SPECS"])
    if (specs / "Documentation").is_dir():
        specs = specs / "Documentation/netlink/specs"
    written = import_specs(specs, tmp_path)
    assert [path.name for path in written] == sorted(path.name for path in KERNEL.glob("*.yaml"))
    for path in written:
        assert path.read_text() == (KERNEL / path.name).read_text()
        assert not [problem for problem in lint(path) if problem.severity == "error"]
