from pathlib import Path

import msgspec
import pytest

from nldissect.errors import SpecError
from nldissect.spec.importer import write
from nldissect.spec.load import load_canonical, load_spec
from nldissect.spec.model import (
    Alternative,
    Attribute,
    Checks,
    Definition,
    Family,
    Format,
    Member,
    Operation,
)

from .samples import DATA, FILES, OPERATIONS, SETS, SPDX


def attribute(family: Family, set_name: str, name: str) -> Attribute:
    attributes = next(s.attributes for s in family.attribute_sets if s.name == set_name)
    return next(a for a in attributes if a.name == name)


def definition(family: Family, name: str) -> Definition:
    return next(d for d in family.definitions if d.name == name)


def operation(family: Family, name: str) -> Operation:
    return next(op for op in family.operations if op.name == name)


@pytest.fixture(scope="module")
def meter() -> Family:
    return load_spec(DATA / "meter.yaml")


def test_family(meter: Family) -> None:
    assert (meter.name, meter.protocol, meter.protonum) == ("meter", "genetlink-legacy", None)
    assert (meter.version, meter.license) == (3, "BSD-3-Clause")
    assert (meter.c_family_name, meter.uapi_header) == ("meter-genl-name", "linux/meter.h")
    assert (meter.operation_prefix, meter.async_prefix) == ("mtr-cmd-", "mtr-event-")
    assert (meter.enum_model, meter.fixed_header) == ("unified", "meter-header")
    assert [(group.name, group.value) for group in meter.groups] == [
        ("changes", None),
        ("alarms", None),
    ]


def test_definitions(meter: Family) -> None:
    colour = definition(meter, "colour").entries or []
    assert [(e.name, e.value) for e in colour] == [
        ("red", 4),
        ("green", 5),
        ("8021q", 0x8100),
        ("off", 0x8101),
    ]
    states = definition(meter, "states")
    assert (states.type, states.name_prefix, states.header) == (
        "flags",
        "mtr-state-",
        "linux/meter.h",
    )
    assert definition(meter, "nothing-yet").entries == []
    assert definition(meter, "key-len").value == 32
    assert definition(meter, "label").value == "meter-label"
    assert definition(meter, "meter-header").members == [
        Member("index", "u32"),
        Member("flags", "u8", enum="states", enum_as_flags=True),
        Member("gap", "pad", len=3),
        Member("title", "string", len=31),
        Member("address", "binary", len=6, display_hint="mac"),
        Member("where", "binary", struct="point"),
    ]


def test_attributes(meter: Family) -> None:
    assert attribute(meter, "meter", "unspec") == Attribute("unspec", 0, "unused")
    assert attribute(meter, "meter", "index").checks == Checks(min=1, max=2**31 - 1)
    assert attribute(meter, "meter", "label").checks == Checks(max_len=31, unterminated_ok=True)
    key = attribute(meter, "meter", "key")
    assert (key.secret, key.checks) == (True, Checks(exact_len=32))
    assert attribute(meter, "meter", "states").checks == Checks(flags_mask="states")
    assert attribute(meter, "meter", "ranges").multi_attr
    assert attribute(meter, "meter", "policy").type_value == ["meter-id", "attr-id"]
    assert attribute(meter, "meter", "frame").decoder == "ethernet"
    assert attribute(meter, "meter", "away").nested_attributes == "other_family/other-set"
    assert attribute(meter, "meter", "peer").name_prefix == "other-"
    old, new = attribute(meter, "meter", "old-slots"), attribute(meter, "meter", "slots")
    assert (old.type, old.sub_type) == (new.type, new.sub_type) == ("indexed-array", "nest")
    samples = attribute(meter, "meter", "samples")
    assert (samples.sub_type, samples.byte_order) == ("s32", "big-endian")
    assert meter.attribute_sets[0].identity == ["index", "range.low"]


def test_a_subset_says_what_differs_and_the_numbers(meter: Family) -> None:
    brief = next(s for s in meter.attribute_sets if s.name == "range-brief")
    assert brief.subset_of == "range"
    assert brief.attributes == [
        Attribute("high", 8, display_hint="hex"),
        Attribute("low", 7),
    ]


def test_operations(meter: Family) -> None:
    get, set_ = operation(meter, "get"), operation(meter, "set")
    assert (get.request_value, get.reply_value, get.fixed_header) == (1, 1, "meter-header")
    assert get.do is not None
    assert get.do.reply is not None
    assert get.do.reply.attributes == ["index", "label", "total"]
    assert set_.fixed_header == "point"
    assert set_.flags == ["admin-perm"]
    assert set_.alternatives == [Alternative("brief", attribute_set="range-brief")]
    unspec = operation(meter, "unspec")
    assert (unspec.request_value, unspec.do, unspec.attribute_set) == (0, None, None)


def test_a_notification_has_the_shape_of_the_operation_that_it_names(meter: Family) -> None:
    changed = operation(meter, "changed")
    assert (changed.attribute_set, changed.fixed_header) == ("meter", "point")
    assert (changed.request_value, changed.reply_value, changed.mcgrp) == (None, 3, "changes")
    alarm = operation(meter, "alarm")
    assert (alarm.reply_value, alarm.fixed_header) == (40, "meter-header")
    assert alarm.event is not None
    assert alarm.event.attributes == ["low", "high"]


def test_classic_protocol() -> None:
    lamp = load_spec(DATA / "rt_lamp.yaml")
    assert (lamp.name, lamp.protonum) == ("rt-lamp", 0)
    assert lamp.sub_messages[0].formats == [
        Format("led", attribute_set="led"),
        Format("bulb", fixed_header="bulb-header"),
        Format("tube", fixed_header="bulb-header", attribute_set="led"),
        Format("candle"),
    ]
    assert [(op.name, op.request_value, op.reply_value) for op in lamp.operations] == [
        ("newlamp", 200, None),
        ("getlamp", 202, 200),
        ("newlamp-ntf", None, 200),
    ]
    assert {op.fixed_header for op in lamp.operations} == {"lampmsg"}
    assert (lamp.groups[0].name, lamp.groups[0].value) == ("rtnlgrp-lamp", 77)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_canonical_file_is_the_same_family(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text(write(load_canonical(path)), encoding="utf-8")
    assert load_spec(copy) == load_spec(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_family_survives_msgpack(path: Path) -> None:
    family = load_spec(path)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(family), type=Family) == family


def test_the_first_mistake_is_raised_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"{SPDX}name: demo\nversion: x\nprotocol: y\n{SETS}{OPERATIONS}")
    with pytest.raises(SpecError, match=r"bad.yaml:3: expected an integer, found 'x'") as caught:
        load_spec(path)
    assert caught.value.line == 3


def test_warnings_do_not_stop(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(f"name: demo\nsome-day: 1\n{SETS}{OPERATIONS}")
    assert load_spec(path).license == ""
