"""What a capture teaches: family ids and their names over time, groups, policies, other facts.

Everything is scoped by interface (an index that is unique over all sections of a capture) and
versioned by record number. Nothing here reads bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .errors import UsageError
from .spec.lessons import Key
from .text import Json
from .wire.consts import GENL_ID_CTRL
from .wire.order import OrderVote

FIXED_IDS: Final = {0x10: "nlctrl", 0x11: "VFS_DQUOT", 0x12: "pmcraid"}
"""Ids that never move (linux/genetlink.h)."""

CTRL_CMD_NEWFAMILY: Final = 1
CTRL_CMD_DELFAMILY: Final = 2
CTRL_CMD_NEWMCAST_GRP: Final = 7
CTRL_CMD_DELMCAST_GRP: Final = 8
CTRL_CMD_GETPOLICY: Final = 10
NAME_LIMIT: Final = 256
"""Far beyond GENL_NAMSIZ (16): what is longer is no name."""
_BELOW_COMMANDS: Final = -257
_MOST_POLICIES: Final = 4096
_MOST_FACTS: Final = 1 << 18
_MOST_TURNS: Final = 4096


class FamilyInfo:
    """One family under one id for a span of records.

    since: the record that told of it (0 for what did not come from the capture); until: the
    record that told of its end, None while it lasts. source: map, capture, saved or fixed.
    operations: flags by command; groups: names by id; policies: see ``Policy``.
    """

    __slots__ = (
        "id",
        "name",
        "version",
        "hdrsize",
        "maxattr",
        "operations",
        "groups",
        "policy",
        "interface",
        "since",
        "until",
        "source",
    )

    def __init__(self, id_: int, name: str, source: str, interface: int = 0, since: int = 0):
        self.id = id_
        self.name = name
        self.version: int | None = None
        self.hdrsize = 0
        self.maxattr: int | None = None
        self.operations: dict[int, list[str]] = {}
        self.groups: dict[int, str] = {}
        self.policy = Policy()
        self.interface = interface
        self.since = since
        self.until: int | None = None
        self.source = source

    def as_json(self) -> dict[str, Json]:
        """The form of ``families --json``, which ``--families`` reads again."""
        operations: list[Json] = [
            {"id": number, "flags": list(flags)}
            for number, flags in sorted(self.operations.items())
        ]
        groups: list[Json] = [
            {"id": number, "name": name} for number, name in sorted(self.groups.items())
        ]
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "hdrsize": self.hdrsize,
            "maxattr": self.maxattr,
            "interface": self.interface,
            "since": self.since,
            "until": self.until,
            "source": self.source,
            "operations": operations,
            "groups": groups,
            "policy": self.policy.as_json(),
        }


class Policy:
    """What CTRL_CMD_GETPOLICY told of a family.

    operations: command -> {"do": policy index, "dump": policy index}.
    attributes: policy index -> attribute number -> its rules (the attributes of
    NL_POLICY_TYPE_ATTR_* under their YNL names).
    """

    __slots__ = ("operations", "attributes")

    def __init__(self) -> None:
        self.operations: dict[int, dict[str, int]] = {}
        self.attributes: dict[int, dict[int, dict[str, Json]]] = {}

    def add(self, attrs: Mapping[str, Json]) -> None:
        """Takes one message of a policy dump."""
        for entry in _entries(attrs.get("op-policy")):
            command = entry.get("op-id")
            if isinstance(command, int):
                self.operations[command] = {
                    mode: number
                    for mode in ("do", "dump")
                    if isinstance(number := entry.get(mode), int)
                }
        for entry in _entries(attrs.get("policy")):
            index, number = entry.get("policy-id"), entry.get("attr-id")
            if isinstance(index, int) and isinstance(number, int):
                rules = {
                    name: value
                    for name, value in entry.items()
                    if name not in ("policy-id", "attr-id")
                }
                self.attributes.setdefault(index, {})[number] = rules

    def add_refusal(self, command: int, path: Sequence[int], rules: Mapping[str, Json]) -> None:
        """Takes what the kernel said of an attribute of a request that it refused.

        path: the attribute's number behind those around it. It counts where no dump told of the
        command, and stands under negative indexes.
        """
        known = self.operations.get(command)
        if known and min(known.values()) >= 0:
            return
        index = -1 - command
        self.operations[command] = {"do": index, "dump": index}
        for number in path[:-1]:
            outer = self.attributes.setdefault(index, {}).setdefault(number, {})
            below = outer.get("policy-idx")
            if not isinstance(below, int):
                below = outer["policy-idx"] = min(_BELOW_COMMANDS, *self.attributes) - 1
            outer["type"] = "nested"
            index = below
        self.attributes.setdefault(index, {}).setdefault(path[-1], {}).update(rules)

    def as_json(self) -> dict[str, Json]:
        """What dumps told: keys as text, in order of numbers."""
        operations: dict[str, Json] = {
            str(command): dict(modes)
            for command, modes in sorted(self.operations.items())
            if min(modes.values(), default=0) >= 0
        }
        attributes: dict[str, Json] = {
            str(index): {str(number): dict(rules) for number, rules in sorted(policy.items())}
            for index, policy in sorted(self.attributes.items())
            if index >= 0
        }
        return {"operations": operations, "attributes": attributes}


def _entries(value: Json) -> list[dict[str, Json]]:
    """One object or a list of them, as a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _integer(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class Learned:
    """The growing knowledge of one capture, or of a series of captures of one host.

    changes: how often an id got or lost a meaning, or a size of headers; rules: how often policies
    were told of; lessons: how often a fact was new.
    """

    def __init__(
        self, named: Mapping[int, str] | None = None, saved: Sequence[FamilyInfo] = ()
    ) -> None:
        """named: ids that the user names, above all else; saved: an earlier capture's map."""
        self._named = {id_: FamilyInfo(id_, name, "map") for id_, name in (named or {}).items()}
        self._fallback = {id_: FamilyInfo(id_, name, "fixed") for id_, name in FIXED_IDS.items()}
        for info in saved:
            self._fallback[info.id] = info
            if info.id in self._named and self._named[info.id].name == info.name:
                self._named[info.id].hdrsize = info.hdrsize
        self._history: dict[tuple[int, int], list[FamilyInfo]] = {}
        self._current: dict[tuple[int, str], FamilyInfo] = {}
        self._facts: dict[tuple[int, str, Key], tuple[list[int], list[tuple[Json, ...]]]] = {}
        self._votes: dict[int, OrderVote] = {}
        self.changes = 0
        self.rules = 0
        self.lessons = 0

    def rename(self, id_: int, name: str) -> None:
        """Names an id, above all that the capture says."""
        info = FamilyInfo(id_, name, "map")
        known = self._history.get((0, id_))
        if known:
            info.hdrsize = known[-1].hdrsize
        self._named[id_] = info
        self.changes += 1

    def vote(self, interface: int, hint: str) -> OrderVote:
        """The byte-order vote of an interface."""
        known = self._votes.get(interface)
        if known is None:
            known = self._votes[interface] = OrderVote(hint)
        return known

    def family(self, interface: int, id_: int, record: int) -> FamilyInfo | None:
        """The family that an id meant when a record was captured.

        Before the first word of an id its first meaning holds, after its removal its last one.
        """
        if self._named and id_ in self._named:
            return self._named[id_]
        history = self._history.get((interface, id_))
        if history is None:
            return self._fallback.get(id_)
        if len(history) > 1:
            for info in reversed(history):
                if info.since <= record:
                    return info
        return history[0]

    def settled(self, interface: int, id_: int) -> bool:
        """Whether an id has meant one family only, so far."""
        if id_ in self._named:
            return True
        return len(self._history.get((interface, id_), ())) < 2

    def families(self) -> list[FamilyInfo]:
        """All that is known, by interface, id and time; saved entries only where unlearned."""
        learned = [info for history in self._history.values() for info in history]
        ids = {info.id for info in learned}
        rest = [info for id_, info in self._fallback.items() if id_ not in ids]
        rest = [info for info in rest if info.source != "fixed" and info.id not in self._named]
        everything = [*self._named.values(), *rest, *learned]
        return sorted(everything, key=lambda info: (info.interface, info.id, info.since))

    def teach(
        self, interface: int, record: int, fact: str, key: Key, value: tuple[Json, ...]
    ) -> None:
        """Takes what a record tells of something."""
        about = (interface, fact, key)
        told = self._facts.get(about)
        if told is None:
            if len(self._facts) < _MOST_FACTS:
                self.lessons += 1
                self._facts[about] = ([record], [value])
            return
        records, values = told
        if values[-1] != value and len(values) < _MOST_TURNS:
            self.lessons += 1
            records.append(record)
            values.append(value)

    def fact(self, interface: int, record: int, fact: str, key: Key) -> tuple[Json, ...] | None:
        """What was known of something when a record was captured; at first what is told first."""
        told = self._facts.get((interface, fact, key))
        if told is None:
            return None
        records, values = told
        return values[max(0, bisect_right(records, record) - 1)]

    def steady(self, interface: int, fact: str, key: Key) -> bool:
        """Whether the same is known of something at all times, so far."""
        told = self._facts.get((interface, fact, key))
        return told is None or len(told[1]) == 1

    def link_name(self, interface: int, ifindex: int, record: int) -> str | None:
        """The name of a link when a record was captured; its first name before that was told."""
        told = self.fact(interface, record, "link", (ifindex,))
        return None if told is None else str(told[0])

    def observe(self, interface: int, record: int, command: int, attrs: Mapping[str, Json]) -> None:
        """Takes one message that nlctrl sent: its command and its attributes' values."""
        id_ = _integer(attrs.get("family-id"))
        if id_ is None:
            return
        name = attrs.get("family-name")
        if command == CTRL_CMD_GETPOLICY:
            self.rules += 1
            info = self.family(interface, id_, record)
            if info is not None and info.source != "fixed":
                info.policy.add(attrs)
            elif id_ in FIXED_IDS:
                self._learn(interface, record, id_, FIXED_IDS[id_]).policy.add(attrs)
            return
        if not isinstance(name, str) or len(name) > NAME_LIMIT:
            return
        if id_ == GENL_ID_CTRL and name != FIXED_IDS[id_]:
            # nlctrl's own id never moves: whoever says so lies.
            return
        if command == CTRL_CMD_DELFAMILY:
            self._forget(interface, record, id_, name)
            return
        if command not in (CTRL_CMD_NEWFAMILY, CTRL_CMD_NEWMCAST_GRP, CTRL_CMD_DELMCAST_GRP):
            return
        info = self._learn(interface, record, id_, name)
        if command == CTRL_CMD_NEWFAMILY:
            version, maxattr = _integer(attrs.get("version")), _integer(attrs.get("maxattr"))
            info.version = version if version is not None else info.version
            info.maxattr = maxattr if maxattr is not None else info.maxattr
            hdrsize = _integer(attrs.get("hdrsize")) or info.hdrsize
            if hdrsize != info.hdrsize:
                info.hdrsize = hdrsize
                self.changes += 1
            self._end_elsewhere(record, info)
        for item in _entries(attrs.get("ops")):
            for operation in _entries(list(item.values())):
                number = _integer(operation.get("id"))
                flags = operation.get("flags")
                if number is not None:
                    names = flags if isinstance(flags, list) else []
                    info.operations[number] = [str(flag) for flag in names]
        for item in _entries(attrs.get("mcast-groups")):
            for group in _entries(list(item.values())):
                number, group_name = _integer(group.get("id")), group.get("name")
                if number is not None and isinstance(group_name, str):
                    info.groups[number] = group_name

    def observe_refusal(
        self, interface: int, record: int, id_: int, command: int, path: str, rules: Json
    ) -> None:
        """Takes what the kernel said of an attribute of a request to a family nobody described.

        path: ``attr-3.attr-1``; what has other names is no news.
        """
        info = self.family(interface, id_, record)
        numbers = [part.removeprefix("attr-") for part in path.split(".")]
        if info is None or not all(number.isdecimal() for number in numbers):
            return
        if isinstance(rules, dict) and len(info.policy.attributes) < _MOST_POLICIES:
            self.rules += 1
            info.policy.add_refusal(command, [int(number) for number in numbers], rules)

    def _learn(self, interface: int, record: int, id_: int, name: str) -> FamilyInfo:
        """The current entry for an id; a new one if the id was free or had another name."""
        history = self._history.setdefault((interface, id_), [])
        if history:
            last = history[-1]
            if last.name == name and last.until is None:
                return last
            if last.until is None:
                last.until = record
        self.changes += 1
        info = FamilyInfo(id_, name, "capture", interface, record)
        if len(history) < 4096:
            history.append(info)
        return info

    def _forget(self, interface: int, record: int, id_: int, name: str) -> None:
        """A family is gone; each listener's copy says so again."""
        history = self._history.get((interface, id_))
        known = history[-1] if history else None
        if known is None or known.name != name:
            known = self._learn(interface, record, id_, name)
        if known.until is None:
            known.until = record
            self.changes += 1

    def _end_elsewhere(self, record: int, info: FamilyInfo) -> None:
        """A family has one id: an older id of the same name has ended."""
        key = (info.interface, info.name)
        other = self._current.get(key)
        if other is not None and other.id != info.id and other.until is None:
            other.until = record
            self.changes += 1
        self._current[key] = info


def saved_families(document: Any, path: str) -> list[FamilyInfo]:
    """Reads what ``families --json`` wrote; raises UsageError for anything else."""
    families = document.get("families") if isinstance(document, dict) else None
    if not isinstance(families, list):
        raise UsageError(f'{path} is no saved family map: no list under "families"')
    saved: list[FamilyInfo] = []
    for entry in families:
        if not isinstance(entry, dict):
            raise UsageError(f"{path} is no saved family map: {entry!r}")
        id_, name = entry.get("id"), entry.get("name")
        if not isinstance(id_, int) or not isinstance(name, str):
            raise UsageError(f"{path} is no saved family map: an entry lacks id or name")
        info = FamilyInfo(id_, name, "saved")
        hdrsize = entry.get("hdrsize")
        info.hdrsize = hdrsize if isinstance(hdrsize, int) else 0
        info.version = entry.get("version")
        info.maxattr = entry.get("maxattr")
        try:
            info.groups = {int(group["id"]): str(group["name"]) for group in entry["groups"]}
            for operation in entry["operations"]:
                info.operations[int(operation["id"])] = [str(flag) for flag in operation["flags"]]
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{path} is no saved family map: {name} has a broken list") from error
        saved.append(info)
    return saved
