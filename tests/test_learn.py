"""What a capture teaches, and when it holds."""

from __future__ import annotations

import json

import pytest

from nldissect.errors import UsageError
from nldissect.learn import Learned, saved_families


def family(id_: int, name: str, **more: object) -> dict[str, object]:
    """The attributes of an nlctrl reply."""
    return {"family-id": id_, "family-name": name, **more}


def name_at(learned: Learned, id_: int, record: int, interface: int = 0) -> str | None:
    """The name of an id at a record."""
    info = learned.family(interface, id_, record)
    return None if info is None else info.name


def test_a_late_reply_names_earlier_records() -> None:
    learned = Learned()
    learned.observe(0, 50, 1, family(21, "ethtool"))
    assert name_at(learned, 21, 1) == name_at(learned, 21, 90) == "ethtool"


def test_interfaces_are_apart() -> None:
    learned = Learned()
    learned.observe(0, 1, 1, family(21, "ethtool"))
    learned.observe(1, 2, 1, family(21, "devlink"))
    assert name_at(learned, 21, 9, 0) == "ethtool"
    assert name_at(learned, 21, 9, 1) == "devlink"
    assert name_at(learned, 21, 9, 2) is None


def test_an_id_is_reused() -> None:
    learned = Learned()
    learned.observe(0, 10, 1, family(40, "fou"))
    learned.observe(0, 20, 2, family(40, "fou"))
    learned.observe(0, 30, 1, family(40, "team"))
    assert [name_at(learned, 40, record) for record in (5, 15, 25, 30, 99)] == [
        "fou", "fou", "fou", "team", "team",
    ]  # fmt: skip
    assert [(info.name, info.since, info.until) for info in learned.families()] == [
        ("fou", 10, 20),
        ("team", 30, None),
    ]


def test_a_family_that_moves_leaves_its_old_id() -> None:
    learned = Learned()
    learned.observe(0, 10, 1, family(55, "fou"))
    learned.observe(0, 20, 1, family(64, "fou"))
    assert [(info.id, info.until) for info in learned.families()] == [(55, 20), (64, None)]


def test_a_family_that_comes_back_under_its_id_is_a_new_entry() -> None:
    learned = Learned()
    learned.observe(0, 1, 1, family(55, "fou", hdrsize=0))
    learned.observe(0, 5, 2, family(55, "fou"))
    learned.observe(0, 9, 1, family(55, "fou", hdrsize=8))
    assert [(info.since, info.hdrsize) for info in learned.families()] == [(1, 0), (9, 8)]


def test_copies_of_a_removal_are_one_removal() -> None:
    learned = Learned()
    learned.observe(0, 1, 1, family(55, "fou"))
    for record in (5, 6, 7):
        learned.observe(0, record, 2, family(55, "fou"))
    assert [(info.since, info.until) for info in learned.families()] == [(1, 5)]


def test_details_of_a_family() -> None:
    learned = Learned()
    learned.observe(
        0, 1, 1,
        family(21, "ethtool", version=1, hdrsize=4, maxattr=9,
               ops=[{"1": {"id": 1, "flags": ["cmd-cap-do"]}}],
               **{"mcast-groups": [{"1": {"id": 5, "name": "monitor"}}]}),
    )  # fmt: skip
    info = learned.family(0, 21, 1)
    assert info is not None
    assert (info.version, info.hdrsize, info.maxattr) == (1, 4, 9)
    assert info.operations == {1: ["cmd-cap-do"]}
    assert info.groups == {5: "monitor"}


def test_policies_are_kept() -> None:
    learned = Learned()
    learned.observe(0, 1, 1, family(21, "ethtool"))
    learned.observe(0, 2, 10, {"family-id": 21, "op-policy": {"op-id": 1, "do": 3, "dump": 4}})
    rules = {"policy-id": 3, "attr-id": 2, "type": "u32", "max-value-u": 7}
    learned.observe(0, 3, 10, {"family-id": 21, "policy": rules})
    info = learned.family(0, 21, 3)
    assert info is not None
    assert info.policy.operations == {1: {"do": 3, "dump": 4}}
    assert info.policy.attributes == {3: {2: {"type": "u32", "max-value-u": 7}}}


def test_the_user_is_above_the_capture_and_the_capture_above_a_saved_map() -> None:
    first = Learned()
    first.observe(0, 1, 1, family(21, "ethtool", hdrsize=4))
    first.observe(0, 1, 1, family(22, "nl80211"))
    document = json.loads(json.dumps({"families": [info.as_json() for info in first.families()]}))
    learned = Learned({30: "mine"}, saved_families(document, "map.json"))
    learned.observe(0, 7, 1, family(22, "devlink"))
    learned.observe(0, 8, 1, family(30, "theirs"))
    assert name_at(learned, 21, 1) == "ethtool"
    assert name_at(learned, 22, 1) == "devlink"
    assert name_at(learned, 30, 9) == "mine"
    info = learned.family(0, 21, 1)
    assert info is not None
    assert (info.hdrsize, info.source) == (4, "saved")


def test_nlctrl_cannot_be_renamed() -> None:
    learned = Learned()
    learned.observe(0, 5, 1, family(0x10, "evil"))
    assert name_at(learned, 0x10, 9) == "nlctrl"


def test_fixed_ids() -> None:
    assert name_at(Learned(), 0x10, 1) == "nlctrl"
    assert name_at(Learned(), 0x13, 1) is None


@pytest.mark.parametrize("document", [None, [], {}, {"families": [1]}, {"families": [{"id": 1}]}])
def test_no_saved_map(document: object) -> None:
    with pytest.raises(UsageError):
        saved_families(document, "x.json")


@pytest.mark.parametrize(
    "attrs",
    [{}, {"family-id": "x"}, {"family-id": 1}, {"family-id": 1, "family-name": 5},
     family(1, "a", ops="odd", version="x", **{"mcast-groups": [{"1": {"id": "y"}}, 7]})],
)  # fmt: skip
def test_broken_replies_teach_nothing_wrong(attrs: dict[str, object]) -> None:
    learned = Learned()
    for command in (1, 2, 7, 8, 10, 99):
        learned.observe(0, 1, command, attrs)  # type: ignore[arg-type]
    assert all(info.operations == {} for info in learned.families())


def test_link_names_over_time() -> None:
    learned = Learned()
    for record, name in ((3, "eth0"), (4, "eth0"), (9, "wan0")):
        learned.teach(0, record, "link", (7,), (name,))
    assert [learned.link_name(0, 7, record) for record in (1, 5, 9)] == ["eth0", "eth0", "wan0"]
    assert learned.link_name(0, 8, 1) is None
    assert learned.fact(1, 9, "link", (7,)) is None


def test_what_is_steady_is_so_until_something_else_is_told() -> None:
    learned = Learned()
    assert learned.steady(0, "link", (3,))
    assert not learned.lessons
    for record, name in enumerate(("v0", "v0", "v1"), 1):
        learned.teach(0, record, "link", (3,), (name,))
        assert learned.steady(0, "link", (3,)) == (name == "v0")
        assert learned.lessons == (2 if name == "v1" else 1)
    assert learned.steady(1, "link", (3,))
