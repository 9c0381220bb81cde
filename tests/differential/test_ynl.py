"""Beside the kernel's own ynl tool: what it printed during a recording is what we read from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from nldissect.model import Message, Node
from nldissect.wire.consts import (
    NLM_F_ACK,
    NLM_F_CAPPED,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
)

from .captures import CAPTURES, messages, registry
from .transcript import Run, Verdict, read

LOGS: Final = {
    path: log
    for path in CAPTURES
    if (log := path.parent / f"{path.name.split('.')[0]}.log").exists()
    and "\n$ ynl --spec" in log.read_text(errors="replace")
}
"""Captures with a transcript in which ynl is called."""

FIRST_SEQ: Final = 1025
LAST_SEQ: Final = 65535
"""ynl draws the sequence number of what it is asked for from here, its own questions from below."""


RENAMED: Final = (
    # Linux 6.12's specification leaves out a number, and gives this one to the next name.
    ("nftables", r"getchain\.id", "id", "flags"),
)
"""Family, path as ynl has it, and what is replaced by what in the path's last name."""

SWAPPED: Final = (
    # In network order, which the specification of Linux 6.12 does not say.
    ("rt-link", r"getlink\.linkinfo\.(data|slave-data)\.(bridge|root)-id\.prio", 2),
    ("rt-link", r"getlink\.linkinfo\.data\.([io]flags|vlan-protocol|port|encap-[sd]port)", 2),
    ("rt-link", r"getlink\.linkinfo\.data\.[io]key", 4),
    ("nftables", r"getset\.timeout", 8),
)
"""Family, path as ynl has it, and how many bytes ynl has read in the wrong order."""

OURS: Final = (
    # Linux 6.12's specification calls IFA_FLAGS ifa-flags, as it calls the header's member.
    ("rt-addr", r"getaddr\.flags"),
    # Numbers or bytes where we have addresses.
    ("fou", r"get\.(local|peer)_v[46]"),
    ("mptcp_pm", r"get-addr\.addr\.addr[46]"),
    ("nftables", r"getchain\.flags"),
    # Bytes where we have structures, addresses or encapsulations.
    ("rt-route", r"getroute\.rta-(multipath|via|encap|encap-type)"),
    ("rt-link", r"getlink\.(devlink-port|af-spec\.inet6\.token)"),
    ("tc", r"gettfilter\.options\.ematches\.tree-list"),
    # Only the last of attributes that stand more than once, the first of a structure's array.
    ("ethtool", r"stats-get\.grp"),
    ("ovs_flow", r"get\.actions\..*"),
    ("rt-link", r"getlink\.prop-list\.alt-ifname"),
    ("tc", r"getqdisc\.options\.tc-entry|gettfilter\.options\.(pcnt\.kcnts|sel\.keys)"),
    ("nfsd", r"listener-get\.addr\.\d+\.addr"),
    # A structure that has grown since.
    ("rt-route", r"getroute\.rta-cacheinfo\.rta-(id|ts|tsage)"),
    # A member of one byte in an array of s32, and counters that begin with their own number.
    ("rt-link", r"getlink\.af-spec\.inet6\.(conf|stats|icmp6-stats)\..*"),
)
"""Family, and paths as we have them, where ynl's value is none, wrong or less."""


def differences(path: str, ours: Any, theirs: Any) -> list[str]:
    """Where values or their types differ; ynl prints sets, so lists of words have no order."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = []
        for name in sorted({*ours, *theirs}):
            inner = f"{path}.{name}"
            if name not in ours:
                found.append(f"{inner}: only ynl has {theirs[name]!r}")
            elif name not in theirs:
                found.append(f"{inner}: only we have {ours[name]!r}")
            else:
                found += differences(inner, ours[name], theirs[name])
        return found
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        if all(isinstance(item, str) for item in (*ours, *theirs)):
            ours, theirs = sorted(ours), sorted(theirs)
        return [
            line
            for at, (mine, other) in enumerate(zip(ours, theirs, strict=True))
            for line in differences(f"{path}.{at}", mine, other)
        ]
    if type(ours) is type(theirs) and ours == theirs:
        return []
    return [f"{path}: {ours!r} where ynl has {theirs!r}"]


def agreed(family: str, value: Any, path: str) -> Any:
    """ynl's value with its names and its byte orders mended."""
    if isinstance(value, list):
        return [agreed(family, item, path) for item in value]
    if not isinstance(value, dict):
        for family_, pattern, size in SWAPPED:
            if family_ == family and re.fullmatch(pattern, path):
                return int.from_bytes(value.to_bytes(size, "little"), "big")
        return value
    out = {}
    for name, inner in value.items():
        where = f"{path}.{name}"
        for family_, pattern, old, new in RENAMED:
            if family_ == family and re.fullmatch(pattern, where):
                name = name.replace(old, new)
        out[name] = agreed(family, inner, where)
    return out


def disputes(family: str, operation: str, message: Message, theirs: Any) -> list[str]:
    """Differences between a message and what ynl printed of it that nobody has decided on."""
    return [
        line
        for line in differences(operation, whole(message), agreed(family, theirs, operation))
        if not any(
            family_ == family and re.fullmatch(pattern, line.split(":", 1)[0])
            for family_, pattern in OURS
        )
    ]


def family_of(run: Run) -> str:
    """The family that a specification's file is about."""
    return run.spec if run.spec in registry() else run.spec.replace("_", "-")


def is_ynl_request(message: Message) -> bool:
    """Whether a message is what ynl was asked to send."""
    return (
        message.type >= NLMSG_MIN_TYPE
        and message.flags & (NLM_F_REQUEST | NLM_F_ACK) == NLM_F_REQUEST | NLM_F_ACK
        and message.pid == 0
        and FIRST_SEQ <= message.seq <= LAST_SEQ
        and message.version in (-1, 1)
    )


def whole(message: Message) -> dict[str, Any]:
    """Header members and attributes in one object, as ynl has them."""
    return {**message.attrs, **(message.header or {})}


def replies_to(request: Message, found: list[Message]) -> list[Message]:
    """What the kernel sent back for a request, to the end of the conversation."""
    replies = []
    for message in found[found.index(request) + 1 :]:
        if message.seq == request.seq and not message.flags & NLM_F_REQUEST:
            replies.append(message)
            if message.type in (NLMSG_DONE, NLMSG_ERROR):
                break
    return replies


def path_at(nodes: list[Node], offset: int) -> str:
    """The path of the attribute that begins at an offset of the record."""
    for node in nodes:
        if node.kind in ("attr", "nest") and node.start == offset:
            return f".{node.name}"
        if node.start < offset < node.end:
            return f".{node.name}{path_at(node.children, offset)}"
    return ""


def check_verdict(verdict: Verdict, answer: Message, request: Message) -> None:
    """What we say of an NLMSG_ERROR or NLMSG_DONE is what ynl said of it."""
    error = answer.error
    assert error is not None
    assert (answer.length, answer.flags) == (verdict.length, verdict.flags)
    assert (answer.type, error["code"]) == (verdict.type, verdict.code)
    extack = dict(verdict.extack)
    assert error["message"] == extack.pop("msg", None)
    if "bad-attr" in extack:
        layers = [layer for layer in request.layers if layer.name == "attrs"]
        offset = error["offset"]
        assert isinstance(offset, int)
        assert path_at(layers[0].children, request.start + offset) == extack.pop("bad-attr")
        if answer.type == NLMSG_ERROR and not answer.flags & NLM_F_CAPPED:
            assert f".{error['attr']}" == verdict.extack["bad-attr"]
    assert error["policy"] == extack.pop("policy", None)
    assert not extack


def check_run(run: Run, request: Message, found: list[Message]) -> int:
    """One call of ynl beside its messages; gives how many replies were compared."""
    family = family_of(run)
    assert run.request.keys() <= whole(request).keys()
    answers = replies_to(request, found)
    ends = [m for m in answers if m.type < NLMSG_MIN_TYPE]
    for verdict in run.verdicts:
        check_verdict(verdict, ends[-1], request)
    if run.reply is None:
        return 0
    theirs = run.reply if isinstance(run.reply, list) else [run.reply]
    replies = [message for message in answers if message.type >= NLMSG_MIN_TYPE]
    assert len(replies) == len(theirs)
    assert not [
        line
        for message, other in zip(replies, theirs, strict=True)
        for line in disputes(family, run.operation, message, other)
    ]
    return len(replies)


def check_events(run: Run, found: list[Message]) -> int:
    """What a subscriber printed is what the kernel sent to it, here once per listener."""
    names = {event["name"] for event in run.reply}
    ours: list[Message] = []
    for message in found:
        if message.family == family_of(run) and message.operation in names:
            raw = message.record.data[message.start : message.end]
            if not ours or ours[-1].record.data[ours[-1].start : ours[-1].end] != raw:
                ours.append(message)
    # The subscriber came after others, and stayed to the end.
    ours = ours[-len(run.reply) :]
    assert [message.operation for message in ours] == [event["name"] for event in run.reply]
    for message, event in zip(ours, run.reply, strict=True):
        assert message.direction == "notify"
        assert not disputes(message.family, event["name"], message, event["msg"])
    return len(ours)


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name)
def test_values_are_those_of_ynl(path: Path) -> None:
    runs = read(LOGS[path])
    found = messages(path)
    requests = [message for message in found if is_ynl_request(message)]
    sent = [run for run in runs if run.sent and run.mode != "subscribe"]
    assert [(m.family, m.operation) for m in requests] == [
        (family_of(run), run.operation) for run in sent
    ]
    compared = sum(map(lambda run, m: check_run(run, m, found), sent, requests))
    compared += sum(check_events(run, found) for run in runs if run.mode == "subscribe")
    assert compared or not any(run.reply for run in runs)
