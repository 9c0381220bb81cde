"""Errors explained: what the kernel blames, what it asks for, and what the request has."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.explain import describe, error_object
from nldissect.learn import Learned
from nldissect.model import Message, Record
from nldissect.registry import Registry
from nldissect.spec.checks import Check
from nldissect.spec.load import load_spec
from nldissect.summary import Summarizer
from nldissect.transact import Tracker

from .check import REGISTRY, check_record, dissector
from .test_dissect import attr, link, nlmsg

CAPTURES = Path(__file__).parent.parent / "captures"
ACK_TLVS, CAPPED = 0x200, 0x100
EINVAL, ERANGE, ENODEV = -22, -34, -19
OFFSET, POLICY, MISS_TYPE, MISS_NEST = 2, 4, 5, 6


def u32(number: int, value: int, order: str = "<") -> bytes:
    return attr(number, struct.pack(f"{order}I", value), order)


def u64(number: int, value: int, order: str = "<") -> bytes:
    return attr(number, struct.pack(f"{order}Q", value & 0xFFFFFFFFFFFFFFFF), order)


def text(words: str, order: str = "<") -> bytes:
    return attr(1, words.encode() + b"\0", order)


def talk(
    *bodies: bytes, protocol: int = 0, ids: dict[int, str] | None = None, order: str = "little"
) -> list[Message]:
    """Messages with their transactions, one in each record."""
    reader = Dissector(REGISTRY, Learned(ids), dissector().interfaces, order=order)
    reader.tracker = Tracker(reader)
    messages = []
    for number, body in enumerate(bodies, 1):
        data = link(protocol) + body
        messages += check_record(reader, Record(number, number, 0, 253, data, len(data)))
    return messages


def refusal(
    code: int, request: bytes, tlvs: bytes, flags: int = ACK_TLVS, order: str = "<"
) -> bytes:
    return nlmsg(2, struct.pack(f"{order}i", code) + request + tlvs, flags, pid=9, order=order)


def said(message: Message) -> dict[str, Any]:
    error = message.error
    assert error is not None
    return error


# An RTM_NEWLINK: ifname at 32, linkinfo at 44 with kind at 48 and data at 60 (id at 64).
VLAN = attr(0x8012, attr(1, b"vlan\0") + attr(0x8002, attr(1, b"\5\0")))
NEWLINK = nlmsg(16, bytes(16) + attr(3, b"eth0\0") + VLAN, 0x605)


def test_an_attribute_of_the_request_inside() -> None:
    (message,) = talk(refusal(EINVAL, NEWLINK, text("no") + u32(OFFSET, 32)))
    error = said(message)
    assert (error["attr"], error["needs"], error["got"]) == ("ifname", None, "eth0")
    assert describe(error) == 'EINVAL "no" at ifname (got eth0)'


def test_a_nested_attribute() -> None:
    error = said(talk(refusal(EINVAL, NEWLINK, u32(OFFSET, 64)))[0])
    assert (error["attr"], error["got"]) == ("linkinfo.data.id", 5)
    error = said(talk(refusal(EINVAL, NEWLINK, u32(OFFSET, 44)))[0])
    assert (error["attr"], error["got"]) == ("linkinfo", None)


def test_a_member_of_the_header() -> None:
    assert said(talk(refusal(EINVAL, NEWLINK, u32(OFFSET, 20)))[0])["attr"] == "ifi-index"


@pytest.mark.parametrize("offset", [0, 15, 33, 57, 63, 4000, 0xFFFFFFFF])
def test_an_offset_of_nothing_in_particular(offset: int) -> None:
    error = said(talk(refusal(EINVAL, NEWLINK, u32(OFFSET, offset)))[0])
    assert error["offset"] == offset
    assert error["attr"] in (None, "ifname", "linkinfo", "linkinfo.kind", "linkinfo.data")


def test_a_capped_error_is_about_the_request_that_was_sent() -> None:
    asked, refused = talk(
        NEWLINK, refusal(EINVAL, NEWLINK[:16], text("no") + u32(OFFSET, 48), ACK_TLVS | CAPPED)
    )
    assert refused.txn is asked.txn
    error = said(refused)
    assert (error["attr"], error["got"]) == ("linkinfo.kind", "vlan")
    (alone,) = talk(refusal(EINVAL, NEWLINK[:16], u32(OFFSET, 48), ACK_TLVS | CAPPED))
    assert said(alone)["attr"] is None


def test_a_missing_attribute() -> None:
    (message,) = talk(refusal(EINVAL, NEWLINK, u32(MISS_TYPE, 13)))
    assert describe(said(message)) == "EINVAL missing txqlen"
    tlvs = u32(MISS_TYPE, 5) + u32(MISS_NEST, 60)
    (message,) = talk(refusal(EINVAL, NEWLINK, tlvs))
    assert said(message)["missing"] == "linkinfo.data.protocol"
    _, message = talk(NEWLINK, refusal(EINVAL, NEWLINK[:16], tlvs, ACK_TLVS | CAPPED))
    assert said(message)["missing"] == "linkinfo.data.protocol"


@pytest.mark.parametrize(
    ("tlvs", "missing"),
    [
        (u32(MISS_TYPE, 999), "attr-999"),
        (u32(MISS_TYPE, 5) + u32(MISS_NEST, 4000), "attr-5"),
        (u32(MISS_TYPE, 5) + u32(MISS_NEST, 32), "ifname.attr-5"),
    ],
)
def test_a_missing_attribute_that_nothing_names(tlvs: bytes, missing: str) -> None:
    assert said(talk(refusal(EINVAL, NEWLINK, tlvs))[0])["missing"] == missing


def policy(*rules: bytes) -> bytes:
    return attr(0x8000 | POLICY, b"".join(rules))


MTU = nlmsg(16, bytes(16) + u32(4, 9), 5)
NAME = nlmsg(16, bytes(16) + attr(3, b"abcd"), 5)
GROUP = nlmsg(16, bytes(16) + attr(27, struct.pack("<i", -5)), 5)


@pytest.mark.parametrize(
    ("request_", "rules", "needs", "got"),
    [
        (MTU, u32(1, 4) + u64(4, 68) + u64(5, 65535), "68…65535", 9),
        (MTU, u32(1, 4) + u64(4, 0) + u64(5, 0xFFFFFFFF), "u32", 9),
        (GROUP, u32(1, 8) + u64(2, -1) + u64(3, 7), "-1…7", 4294967291),
        (MTU, u32(1, 5) + u64(4, 1) + u64(5, -1), "u64", "4 bytes"),
        (MTU, u32(1, 17) + u64(4, 10) + u64(5, -1), "at least 10", 9),
        (MTU, u32(1, 4) + u64(12, 6), "bits of 0x6", 9),
        (NAME, u32(1, 11) + u32(7, 3), "at most 3 bytes", "4 bytes"),
        (NAME, u32(1, 12) + u32(7, 15), "at most 15 bytes and a NUL", "abcd"),
        (NAME, u32(1, 10) + u32(6, 6) + u32(7, 6), "exactly 6 bytes", "4 bytes"),
        (NAME, u32(1, 10) + u32(6, 6), "at least 6 bytes", "4 bytes"),
        (NAME, u32(1, 13), "nested attributes", "abcd"),
        (NAME, u32(1, 1), "no payload", "abcd"),
        (NAME, b"", None, "abcd"),
    ],
)
def test_the_policy_that_the_kernel_names(
    request_: bytes, rules: bytes, needs: str | None, got: object
) -> None:
    error = said(talk(refusal(ERANGE, request_, u32(OFFSET, 32) + policy(rules)))[0])
    assert (error["needs"], error["got"]) == (needs, got)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders(order: str) -> None:
    request = nlmsg(16, bytes(16) + u32(4, 9, order), 5, order=order)
    rules = u32(1, 4, order) + u64(4, 68, order) + u64(5, 65535, order)
    tlvs = text("bad", order) + u32(OFFSET, 32, order) + attr(0x8000 | POLICY, rules, order)
    body = refusal(ERANGE, request, tlvs, order=order)
    (message,) = talk(body, order="little" if order == "<" else "big")
    assert describe(said(message)) == 'ERANGE "bad" at mtu (needs 68…65535, got 9)'


DEVICE = nlmsg(21, b"\1\1\0\0" + attr(1, bytes(4)), 5)


def test_the_specification_tells_what_the_kernel_does_not() -> None:
    (message,) = talk(refusal(ERANGE, DEVICE, u32(OFFSET, 20)), protocol=16, ids={21: "netdev"})
    assert describe(said(message)) == "ERANGE at ifindex (needs 1…4294967295, got 0)"
    good = nlmsg(21, b"\1\1\0\0" + u32(1, 77), 5)
    (message,) = talk(refusal(ENODEV, good, u32(OFFSET, 20)), protocol=16, ids={21: "netdev"})
    assert describe(said(message)) == "ENODEV at ifindex (got 77)"


def test_a_wrong_width_is_the_matter() -> None:
    short = nlmsg(16, bytes(16) + attr(4, b"\1\2"), 5)
    (message,) = talk(refusal(ERANGE, short, u32(OFFSET, 32)))
    assert describe(said(message)) == "ERANGE at mtu (needs u32, got 2 bytes)"


def test_the_learned_policy_tells_of_a_family_without_specification() -> None:
    reader = dissector()
    learned = reader.learned
    learned.observe(0, 1, 1, {"family-id": 77, "family-name": "nobody"})
    rules = {"type": "nested", "policy-idx": 1, "policy-id": 0, "attr-id": 3}
    inner = {"type": "u32", "min-value-u": 1, "max-value-u": 4096, "policy-id": 1, "attr-id": 2}
    ops = {"op-id": 2, "do": 0}
    for said_ in ({"op-policy": ops}, {"policy": rules}, {"policy": inner}):
        learned.observe(0, 1, 10, {"family-id": 77, **said_})
    request = nlmsg(77, b"\2\1\0\0" + attr(0x8003, u32(2, 9999)), 5)
    data = link(16) + refusal(ERANGE, request, u32(OFFSET, 24))
    (message,) = check_record(reader, Record(2, 2, 0, 253, data, len(data)))
    assert describe(said(message)) == "ERANGE at attr-3.attr-2 (needs 1…4096, got 9999)"


def test_key_material_is_not_told() -> None:
    key = bytes(range(1, 33))
    request = nlmsg(21, b"\1\1\0\0" + attr(3, key), 5)
    (message,) = talk(refusal(EINVAL, request, u32(OFFSET, 20)), protocol=16, ids={21: "wireguard"})
    error = said(message)
    assert (error["attr"], error["got"]) == ("private-key", "(secret)")
    assert key.hex() not in str(error)


def test_a_dump_that_ends_with_words() -> None:
    dump = nlmsg(18, bytes(16) + attr(3, b"eth0\0"), 0x305)
    tlvs = text("odd name") + u32(OFFSET, 32)
    done = nlmsg(3, struct.pack("<i", EINVAL) + tlvs, 0x202, pid=9)
    asked, ended = talk(dump, done)
    assert ended.txn is asked.txn
    assert describe(said(ended)) == 'EINVAL "odd name" at ifname (got eth0)'
    assert ended.layers[-1].display == describe(said(ended))
    (alone,) = talk(done)
    assert describe(said(alone)) == 'EINVAL "odd name"'


def test_a_warning_with_an_ack() -> None:
    (message,) = talk(refusal(0, NEWLINK[:16], text("slow"), ACK_TLVS | CAPPED))
    assert message.layers[-1].display == 'ack "slow"'
    assert Summarizer(Learned()).summary(message).details == 'ack "slow"'


def test_a_line_says_a_value_once() -> None:
    (message,) = talk(refusal(ENODEV, NEWLINK, u32(OFFSET, 32)))
    line = Summarizer(Learned()).summary(message).details
    assert line == "ENODEV at ifname for eth0 kind vlan"


def test_a_capped_refusal_is_named_by_the_request_that_was_sent() -> None:
    asked, refused = talk(
        DEVICE, refusal(ERANGE, DEVICE[:16], b"", CAPPED), protocol=16, ids={21: "netdev"}
    )
    assert (refused.family, refused.operation, refused.command) == ("netdev", "dev-get", 1)
    assert asked.operation == "dev-get"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from([0, 0x200, 0x300]))
def test_garbage(request_: bytes, tlvs: bytes, flags: int) -> None:
    inner = nlmsg(16, bytes(16) + request_, 5)
    done = nlmsg(3, struct.pack("<i", -1) + tlvs, 0x202, pid=9)
    for message in talk(inner, refusal(-1, inner, tlvs, flags), done, NEWLINK):
        if message.error is not None:
            assert describe(message.error)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 200), st.integers(0, 70), st.integers(0, 200), st.binary(max_size=24))
def test_any_offsets(offset: int, missing: int, nest: int, rules: bytes) -> None:
    tlvs = u32(OFFSET, offset) + u32(MISS_TYPE, missing) + u32(MISS_NEST, nest)
    (message,) = talk(refusal(-1, NEWLINK, tlvs + attr(0x8000 | POLICY, rules)))
    error = said(message)
    assert error["missing"]
    assert describe(error).startswith("EPERM")


def refusals(name: str) -> dict[int, str]:
    """The refusals of a recorded capture in words, by the numbers of their messages."""
    registry = Registry(plugins=False)
    registry.register(load_spec(CAPTURES / "record/nldemo/nldemo.yaml"))
    found = {}
    with open_capture(str(CAPTURES / name)) as capture:
        reader = Dissector(registry, Learned(), capture.interfaces)
        reader.survey(capture)
        reader.tracker = Tracker(reader)
        for item in capture:
            for message in reader.dissect(item):
                if message.error is not None and message.error["message"]:
                    found[message.number] = describe(message.error)
    return found


NLDEMO = {
    7: 'EINVAL "invalid attribute length" at id (needs u32, got 2 bytes)',
    9: 'ERANGE "integer out of range" at id (needs 1…4294967295, got 0)',
    11: 'ENOENT "there is no sensor 4711" at id (got 4711)',
    13: 'EINVAL "Attribute failed policy validation" at name'
    " (needs at most 15 bytes and a NUL, got 25 bytes)",
    15: 'EINVAL "Attribute failed policy validation" at name'
    " (needs at most 15 bytes and a NUL, got lamp)",
    17: 'ERANGE "integer out of range" at interval (needs 10…60000, got 5)',
    19: 'EINVAL "reserved bit set" at status (needs bits of 0x7, got 0x10)',
    21: 'ERANGE "binary attribute size out of range" at mac (needs exactly 6 bytes, got 4 bytes)',
    25: 'ERANGE "integer out of range" at limits.high (needs -100000…100000, got 200000)',
    29: 'EINVAL "NLA_F_NESTED is missing" at limits (needs nested attributes)',
    33: 'EINVAL "Unknown attribute type" at attr-99 (got 1)',
    45: 'ENODEV "the light sensors are away for repair" at kind (got light)',
}


@pytest.mark.parametrize("name", ["nldemo-refuse.pcap", "nldemo-refuse-capped.pcap"])
def test_what_a_kernel_refused(name: str) -> None:
    found = refusals(name)
    assert {number: found[number] for number in NLDEMO} == NLDEMO


def test_what_ethtool_was_refused() -> None:
    found = refusals("ethtool.pcap")
    line = 'EOPNOTSUPP "bit name not found" at wanted.bits.bit.name (got nosuch)'
    assert found[255] == line
    assert found[818] == 'ENODEV "no device matches name" at header.dev-name (got nosuch)'


def test_an_error_of_which_only_the_code_is_known() -> None:
    assert describe(error_object(-1)) == "EPERM"
    assert describe(error_object(-4103)) == "4103"
    assert describe(error_object(0)) == "ack"


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Check("u8", "little", high=7), "0…7"),
        (Check("u16", "little", low=3, high=3), "3"),
        (Check("s8", "little", low=-128, high=127), "s8"),
        (Check("s64", "little", high=5), "at most 5"),
        (Check("binary", "little", shortest=4, longest=16), "4…16 bytes"),
        (Check("string", "little", longest=1), "at most 1 byte"),
        (Check("bitfield32", "little", mask=3), "bits of 0x3"),
        (Check("invalid", "little"), ""),
    ],
)
def test_limits_in_words(check: Check, words: str) -> None:
    assert check.words() == words


@pytest.mark.parametrize(
    ("check", "raw", "code"),
    [
        (Check("u8", "little", high=7), b"\7", ""),
        (Check("u8", "little", high=7), b"\x08", "value.range"),
        (Check("s16", "big", low=-1), b"\xff\xfe", "value.range"),
        (Check("u32", "little", mask=3), b"\4\0\0\0", "value.mask"),
        (Check("u32", "little", low=1), b"\0", ""),
        (Check("uint", "little", low=1), bytes(8), "value.range"),
        (Check("nul-string", "little", longest=3), b"abc\0junk", ""),
        (Check("nul-string", "little", longest=3), b"abcd\0", "value.length"),
        (Check("nul-string", "little", longest=3), b"abc", "value.length"),
        (Check("string", "little", longest=3), b"abc\0", ""),
        (Check("binary", "little", shortest=2, longest=2), b"a", "value.length"),
        (Check("bitfield32", "little", mask=3), b"\1\0\0\0\4\0\0\0", "value.mask"),
        (Check("bitfield32", "little", mask=3), b"\1", ""),
    ],
)
def test_limits_of_bytes(check: Check, raw: bytes, code: str) -> None:
    assert check.broken(b"." + raw + b".", 1, 1 + len(raw)) == code
