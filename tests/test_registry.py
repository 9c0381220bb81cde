"""Who decodes what: duplicates, overrides, plug-ins, decoders."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

import nldissect.registry as module
from nldissect.errors import UsageError
from nldissect.families.decoders import DECODERS
from nldissect.registry import Registry
from nldissect.spec.model import Attribute, AttributeSet, Family, Operation
from nldissect.spec.types import TEXT


def family(name: str = "mine", protonum: int | None = None, number: int = 1) -> Family:
    """A family with one operation and one attribute."""
    return Family(
        name=name,
        protocol="genetlink-legacy" if protonum is None else "netlink-raw",
        protonum=protonum,
        attribute_sets=[AttributeSet("a", [Attribute("x", 1, "u32")])],
        operations=[Operation("get", number, number, "a")],
    )


def test_duplicates_are_refused_and_override_is_explicit() -> None:
    registry = Registry(plugins=False)
    with pytest.raises(UsageError, match="ethtool"):
        registry.register(family("ethtool"))
    registry.register(family())
    with pytest.raises(UsageError):
        registry.register(family())
    registry.override(family("ethtool"))
    found = registry.family("ethtool", "little")
    assert found is not None
    assert found.op(1, "request") is not None
    assert found.op(2, "request") is None


def test_built_in_families_are_read_when_asked_for() -> None:
    registry = Registry(plugins=False)
    assert {"nlctrl", "ethtool", "rt-link", "nftables", "wireguard", "nl80211"} <= set(
        registry.names()
    )
    assert registry._specs == {}
    assert registry.family("nlctrl", "big") is not None
    assert set(registry._specs) == {"nlctrl"}
    assert registry.family("nobody", "little") is None


def test_every_built_in_family_compiles_in_full() -> None:
    registry = Registry(plugins=False)
    for name in registry.names():
        for order in ("little", "big"):
            compiled = registry.family(name, order)
            assert compiled is not None
            for attr_set in compiled.spec.attribute_sets:
                compiled.attr_set(attr_set.name).attrs  # noqa: B018
            for definition in compiled.spec.definitions:
                if definition.members is not None:
                    compiled.struct(definition.name)
            for sub in compiled.spec.sub_messages:
                for shape in sub.formats:
                    assert compiled.shape_of(sub.name, shape.value, order) is not None
            for op in compiled.spec.operations:
                for number, direction in ((op.request_value, "request"), (op.reply_value, "reply")):
                    if number is not None:
                        compiled.op(number, direction)


def test_every_named_decoder_is_there() -> None:
    registry = Registry(plugins=False)
    for name in DECODERS:
        assert callable(registry.decoder(name))
    assert registry.decoder("nothing") is None


def test_decoders_are_registered_like_families() -> None:
    registry = Registry(plugins=False)
    registry.register_decoder("shout", lambda family, attr, order: TEXT)
    with pytest.raises(UsageError):
        registry.register_decoder("shout", lambda family, attr, order: TEXT)
    spec = copy.deepcopy(family())
    spec.attribute_sets[0].attributes[0].decoder = "shout"
    registry.register(spec)
    found = registry.family("mine", "little")
    assert found is not None
    assert found.attr_set("a").attrs[1].type is TEXT


def test_classic_numbers_are_claimed_by_direction() -> None:
    registry = Registry(plugins=False)
    registry.register(family("late", protonum=0, number=16))
    op = registry.classic(0, 16, "request", "little")
    assert op is not None
    assert op.family.name == "late"
    assert registry.classic(0, 0xFFF0, "request", "little") is None


def test_plug_ins_are_given_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugged_families.py").write_text(
        "from nldissect.spec.model import Family\n"
        "def install(registry):\n"
        "    registry.register(Family(name='plugged', protocol='genetlink'))\n"
    )
    about = tmp_path / "plugged-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        f"[{module.ENTRY_POINTS}]\nx = plugged_families:install\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert "plugged" in Registry()
    assert "plugged" not in Registry(plugins=False)


@pytest.mark.parametrize("place", ["x-1.dist-info", "x.egg-info", "x.egg/EGG-INFO"])
def test_packages_tell_of_plug_ins(tmp_path: Path, place: str) -> None:
    folders = [str(tmp_path / "none"), str(tmp_path)]
    assert not module.has_plugins(folders)
    points = tmp_path / place / "entry_points.txt"
    points.parent.mkdir(parents=True)
    points.write_text("[console_scripts]\nx = x:main\n")
    assert not module.has_plugins(folders)
    points.write_text(f"[{module.ENTRY_POINTS}]\nx = x:install\n")
    assert module.has_plugins(folders)


def test_archives_may_hold_plug_ins(tmp_path: Path) -> None:
    archive = tmp_path / "packages.zip"
    archive.write_bytes(b"PK")
    assert module.has_plugins([str(archive)])
