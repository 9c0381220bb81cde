import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nldissect.errors import SpecError
from nldissect.registry import Registry
from nldissect.spec import prebuild
from nldissect.spec.importer import import_specs
from nldissect.spec.load import load_spec
from nldissect.spec.prebuild import FAMILIES, build, is_stale, load_family, load_index

from .samples import DATA, OPERATIONS, SETS, SPDX

NAMES = sorted({path.stem for path in FAMILIES.glob("*/*.yaml")})


@pytest.fixture
def families(tmp_path: Path) -> Path:
    """A directory of families that has not been built."""
    import_specs(DATA, tmp_path / "kernel")
    (tmp_path / "extra").mkdir()
    return tmp_path


def later(path: Path) -> None:
    """Makes a path newer than everything that was written so far."""
    ahead = time.time_ns() + 10**10
    os.utime(path, ns=(ahead, ahead))


def test_a_family_is_what_its_file_says(families: Path) -> None:
    assert load_family("meter", families) == load_spec(DATA / "meter.yaml")
    assert not is_stale(families)


def test_index(families: Path) -> None:
    index = load_index(families)
    assert index.files == {name: f"{name}.msgpack" for name in ("meter", "rt-lamp", "switch")}
    assert index.generic == ["meter", "switch"]
    assert index.classic == {0: [("rt-lamp", [200, 202], [200])]}


def test_extra_is_laid_over_kernel(families: Path) -> None:
    text = f"{SPDX}name: switch\nversion: 9\n"
    (families / "extra/switch.yaml").write_text(text)
    (families / "extra/more.yaml").write_text(f"{SPDX}name: more\n{SETS}{OPERATIONS}")
    assert build(families) == ["meter", "more", "rt-lamp", "switch"]
    switch = load_family("switch", families)
    assert (switch.version, len(switch.operations)) == (9, 7)


def test_changed_added_and_removed_files_are_noticed(families: Path) -> None:
    load_index(families)
    assert not is_stale(families)
    later(families / "kernel/meter.yaml")
    assert is_stale(families)
    os.utime(families / "kernel/meter.yaml", ns=(0, 0))
    assert not is_stale(families)
    later(families / "extra")
    assert is_stale(families)
    (families / "kernel/meter.yaml").unlink()
    assert "meter" not in load_index(families).files
    assert not (families / "prebuilt/meter.msgpack").exists()


def test_an_installed_package_is_never_stale(families: Path) -> None:
    build(families)
    for layer in ("kernel", "extra"):
        (families / layer).rename(families / f"no-{layer}")
    os.utime(families / "prebuilt/index.msgpack", ns=(0, 0))
    assert not is_stale(families)
    assert load_family("meter", families).name == "meter"


def test_where_nothing_can_be_written_the_families_are_remembered(
    families: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(files: dict[str, bytes], directory: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(prebuild, "_write", refuse)
    assert load_family("meter", families) == load_spec(DATA / "meter.yaml")
    assert load_index(families).generic == ["meter", "switch"]
    with pytest.raises(SpecError):
        load_family("none", families)
    assert not (families / "prebuilt").exists()


def test_there_is_no_such_family(families: Path) -> None:
    with pytest.raises(SpecError, match="no such built-in family"):
        load_family("none", families)


def test_mistakes_name_the_file(families: Path) -> None:
    (families / "extra/switch.yaml").write_text(
        "name: switch\noperations: {list: [{name: get, attribute-set: nix}]}\n"
    )
    with pytest.raises(SpecError, match=r"extra/switch.yaml: there is no attribute set nix"):
        build(families)


def test_a_file_is_named_after_its_family(families: Path) -> None:
    (families / "kernel/meter.yaml").rename(families / "kernel/metre.yaml")
    with pytest.raises(SpecError, match="the file's name is not the family's, meter"):
        build(families)


def test_reading_needs_no_yaml() -> None:
    load_index()
    code = (
        "import sys; from nldissect.spec.prebuild import *; load_family(load_index().generic[0]);"
        "sys.exit('yaml' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_reading_is_fast() -> None:
    load_index()
    for read in (load_index, lambda: load_family("nl80211"), lambda: load_family("tc")):
        times = []
        for _ in range(7):
            start = time.thread_time()
            read()
            times.append(time.thread_time() - start)
        assert min(times) < 0.002


@pytest.mark.parametrize("name", NAMES)
def test_built_in_families_are_whole(name: str) -> None:
    family = load_family(name)
    assert family.license
    assert (family.protonum is None) == (family.protocol != "netlink-raw")
    compiled = Registry(plugins=False).family(name, "little")
    assert compiled is not None
    for definition in family.definitions:
        if definition.members is not None:
            compiled.struct(definition.name)
    for item in family.attribute_sets:
        # Makes the types of all attributes, in other families too.
        assert compiled.attrs_of(item.name, "little") or not item.attributes
    for operation in family.operations:
        if operation.request_value is not None:
            assert compiled.op(operation.request_value, "request") is not None
        elif operation.reply_value is not None:
            assert compiled.op(operation.reply_value, "notify") is not None
