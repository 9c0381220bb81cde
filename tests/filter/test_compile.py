"""Compiled filters on recorded captures: what they match, their header conditions, mistakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.errors import FilterError
from nldissect.filter import Catalogue, compile_filter
from nldissect.model import Message
from nldissect.registry import Registry

from .sample import CATALOGUE, compiled, count, messages, numbers

NAMES = (
    "genl-misc.pcap", "nftables.pcap", "rt-link.pcap", "rt-addr-route.pcap", "nlctrl.pcap",
    "ethtool.pcap", "nl80211.pcap.gz",
    "sockdiag.pcap", "nldemo-refuse.pcap", "format-snaplen.pcap",
)  # fmt: skip


def attr_of(message: Message, name: str) -> object:
    """An attribute of a link's message."""
    if message.family != "rt-link" or message.type < 16:
        return None
    return message.attrs.get(name)


def code_of(message: Message) -> object:
    return None if message.error is None else message.error["code"]


def flag(message: Message, bits: int) -> bool:
    return message.flags & bits == bits


def name_of(message: Message) -> str:
    return str(attr_of(message, "ifname") or "")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('rt-link.ifname == "lo"', lambda m: name_of(m) == "lo"),
        ('rt-link.ifname != "lo"', lambda m: name_of(m) not in ("", "lo")),
        ('!(rt-link.ifname == "lo")', lambda m: name_of(m) != "lo"),
        ('rt-link.ifname in {"lo", "v0"}', lambda m: name_of(m) in ("lo", "v0")),
        ('rt-link.ifname not in {"lo"}', lambda m: name_of(m) != "lo"),
        ('rt-link.ifname contains "l"', lambda m: "l" in name_of(m)),
        ('rt-link.ifname matches "^L"', lambda m: name_of(m)[:1] == "l"),
        ('rt-link.ifname ~ "(?-i)^L"', lambda m: False),
        ('rt-link.ifname[0] == "l"', lambda m: name_of(m)[:1] == "l"),
        ('rt-link.ifname[-1:] == "o"', lambda m: name_of(m)[-1:] == "o"),
        ('upper(rt-link.ifname) == "LO"', lambda m: name_of(m) == "lo"),
        ("len(rt-link.ifname) == 2", lambda m: len(name_of(m)) == 2),
        ("rt-link.ifname", lambda m: name_of(m) != ""),
        ("count(rt-link.ifname) == 0", lambda m: name_of(m) == ""),
        ("count(rt-link.prop-list.alt-ifname) > 1", lambda m: False),
        ("rt-link.mtu >= 1500", lambda m: (attr_of(m, "mtu") or 0) >= 1500),
        ("1500 <= rt-link.mtu", lambda m: (attr_of(m, "mtu") or 0) >= 1500),
        ("0 < rt-link.mtu < 0x1000", lambda m: 0 < (attr_of(m, "mtu") or 0) < 4096),
        ("rt-link.mtu in {1500, 60000..70000}",
         lambda m: attr_of(m, "mtu") == 1500 or 60000 <= (attr_of(m, "mtu") or 0) <= 70000),
        ("max(rt-link.mtu, 5..6) > 1", None),
        ("string(rt-link.mtu) == \"1500\"", lambda m: attr_of(m, "mtu") == 1500),
        ("rt-link.address == 00:00:00:00:00:00",
         lambda m: attr_of(m, "address") == "00:00:00:00:00:00"),
        ("rt-link.address[0:2] == 0:0", lambda m: str(attr_of(m, "address"))[:5] == "00:00"),
        ("rt-link.ifi-index == 1", lambda m: (m.header or {}).get("ifi-index") == 1),
        ("rt-link.ifi-flags == up", lambda m: "up" in (m.header or {}).get("ifi-flags", ())),
        ("rt-link.ifi-flags == IFF_UP", lambda m: "up" in (m.header or {}).get("ifi-flags", ())),
        ("rt-link.ifi-flags & 1", lambda m: "up" in (m.header or {}).get("ifi-flags", ())),
        ("rt-link.ifi-flags & up == 0",
         lambda m: m.header is not None and "up" not in m.header.get("ifi-flags", ("up",))),
        ("rt-link", lambda m: m.family == "rt-link"),
        ("family == rt-link", lambda m: m.family == "rt-link"),
        ("cmd == newlink", lambda m: m.operation == "newlink"),
        ("cmd_c == RTM_NEWLINK", lambda m: m.operation_c == "RTM_NEWLINK"),
        ("dir == request", lambda m: m.direction == "request"),
        ("dir != request", lambda m: m.direction != "request"),
        ("request == dir", lambda m: m.direction == "request"),
        ("dir == notify", lambda m: m.direction == "notify"),
        ("proto == route", lambda m: m.protocol == 0),
        ("proto == 0", lambda m: m.protocol == 0),
        ("route", lambda m: m.protocol == 0),
        ("generic", lambda m: False),
        ("netlink", lambda m: True),
        ("nlmsg.type == 16", lambda m: m.type == 16),
        ("nlmsg.type in {16, 18..19}", lambda m: m.type in (16, 18, 19)),
        ("nlmsg.len > 100", lambda m: m.length > 100),
        ("nlmsg.flags_raw & 0x300 == 0x300", lambda m: flag(m, 0x300)),
        ("nlmsg.flags.dump", lambda m: flag(m, 0x300) and m.flag_class == "get"),
        ("nlmsg.flags == dump", lambda m: flag(m, 0x300) and m.flag_class == "get"),
        ("nlmsg.flags == create", lambda m: flag(m, 0x400) and m.flag_class == "new"),
        ("nlmsg.flags.create == false", lambda m: not flag(m, 0x400) or m.flag_class != "new"),
        ("nlmsg.flags == request", lambda m: flag(m, 1)),
        ("nlmsg.flags == 5", lambda m: m.flags == 5),
        ("nlmsg.flags & request", lambda m: flag(m, 1)),
        ("nlmsg.flags.ack xor nlmsg.flags.request", lambda m: flag(m, 4) != flag(m, 1)),
        ("netlink.hdr_flags.create == 1", lambda m: flag(m, 0x400) and m.flag_class == "new"),
        ("netlink.hdr_flags.create", lambda m: True),
        ("netlink.hdr_type == 16", lambda m: m.type == 16),
        ("netlink.error == -19", lambda m: m.type == 2 and code_of(m) == -19),
        ("frame.number == 5", lambda m: m.record.number == 5),
        ("frame == 5 or n == 2", lambda m: m.record.number == 5 or m.number == 2),
        ("len == frame.len", lambda m: True),
        ("error", lambda m: code_of(m) not in (None, 0)),
        ("ack", lambda m: m.type == 2 and code_of(m) == 0),
        ("!ack && !error", lambda m: m.type != 2),
        ("ack == false", lambda m: not (m.type == 2 and code_of(m) == 0)),
        ("error.name == ENODEV", lambda m: code_of(m) == -19),
        ("error.name == 19", lambda m: code_of(m) == -19),
        ("error.code < -18", lambda m: (code_of(m) or 0) < -18),
        ("bytes[0:4] == 14:00:00:00", lambda m: m.length == 20),
        ('bytes contains "lo\\0"',
         lambda m: b"lo\0" in m.record.data[m.start : m.end]),
        ("txn.state == failed", lambda m: m.txn is not None and m.txn.state == "failed"),
        ("latency > 20us", lambda m: (m.latency_ns or 0) > 20_000),
        ("latency > 0.00002s", lambda m: (m.latency_ns or 0) > 20_000),
        ("copy", lambda m: True),
        ("note.severity >= warn", lambda m: any(n.severity in ("warn", "error") for n in m.notes)),
        ("note", lambda m: bool(m.notes)),
        ("attr.ifname == \"lo\"", lambda m: name_of(m) == "lo"),
        ("rt-link.ifi-index == rt-link.link",
         lambda m: m.header is not None and attr_of(m, "link") is not None
         and attr_of(m, "link") == m.header["ifi-index"]),
        ("nlmsg.seq == nlmsg.pid", lambda m: m.seq == m.pid),
        ("nlmsg.len == len(bytes)", lambda m: m.length == m.end - m.start),
        ("request.nlmsg.flags.dump",
         lambda m: m.txn is not None and m.txn.source is not None
         and flag(m.txn.source, 0x300) and m.txn.source.flag_class == "get"),
    ],
)  # fmt: skip
def test_matches(text: str, wanted: Callable[[Message], bool] | None) -> None:
    if wanted is None:
        with pytest.raises(FilterError):
            compiled(text)
        return
    found = numbers(text, "rt-link.pcap")
    assert found == [m.number for m in messages("rt-link.pcap") if wanted(m)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('generic && family == "nl80211" && cmd == new-scan-results', "nl80211.pcap.gz"),
        ('ethtool.header.dev-name == "v0"', "ethtool.pcap"),
        ("rt-addr.ifa-address == 127.0.0.1", "rt-addr-route.pcap"),
        ("rt-addr.ifa-address == 127.0.0.0/8", "rt-addr-route.pcap"),
        ("rt-addr.ifa-address in {126.255.255.255..127.0.0.2}", "rt-addr-route.pcap"),
        ("attr.rta-dst == ff00::/8", "rt-addr-route.pcap"),
        ('nlctrl.mcast-groups.name == "monitor"', "ethtool.pcap"),
        ("nlctrl.ops.flags == cmd-cap-dump && all nlctrl.ops.id > 0", "nlctrl.pcap"),
        ("note.code == truncated", "format-snaplen.pcap"),
        ('error.message contains "range"', "nldemo-refuse.pcap"),
        ('group == "scan"', "nl80211.pcap.gz"),
        ("genl.ctrl.cmd == 3 && genl.ctrl.family_name", "nlctrl.pcap"),
    ],
)
def test_matches_something(text: str, name: str) -> None:
    assert 0 < count(text, name) < len(messages(name))


def test_prefixes_do_not_mix_address_families() -> None:
    everything = count("rt-addr.ifa-address", "rt-addr-route.pcap")
    four = count("rt-addr.ifa-address == 0.0.0.0/0", "rt-addr-route.pcap")
    six = count("rt-addr.ifa-address == ::/0", "rt-addr-route.pcap")
    assert 0 < four < everything
    assert four + six == everything


def test_times() -> None:
    moment = messages("rt-link.pcap")[0].record.time_ns
    assert moment is not None
    whole, part = divmod(moment, 1_000_000_000)
    text = f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{part:09}Z"
    for spelled in (str(moment), text, f'"{text}"'):
        assert numbers(f"time <= {spelled}", "rt-link.pcap") == [1]
    assert numbers(f"frame.time_epoch <= {whole}.{part:09}", "rt-link.pcap") == [1]


def test_quantifiers_over_repeated_values() -> None:
    name = "nlctrl.pcap"
    some = set(numbers("nlctrl.ops.id == 1", name))
    assert set(numbers("any nlctrl.ops.id == 1", name)) == some
    every = set(numbers("all nlctrl.ops.id == 1", name))
    assert every < some
    there = set(numbers("nlctrl.ops.id", name))
    assert set(numbers("nlctrl.ops.id != 1", name)) == there - some
    assert set(numbers("nlctrl.ops.id !== 1", name)) == there - every
    assert every == set(numbers("nlctrl.ops.id === 1", name))


def test_unknown_families_and_attributes() -> None:
    """A catalogue without the specification reads what the dissector guessed with it."""
    bare = Catalogue(Registry(plugins=False))
    assert compile_filter("nobody.attr-1 == 3", bare).match(messages("rt-link.pcap")[0]) is False
    assert count("attr.attr-77 || !attr.attr-77") == len(messages("rt-link.pcap"))


MISTAKES = [
    ("frme == 3", 0, "did you mean frame"),
    ("famly == ethtool", 0, "did you mean family"),
    ("famly == iface", 0, "did you mean family"),
    ("famly == attr.attr-3", 0, "did you mean family"),
    ("reqest == dir", 0, "there is no field reqest"),
    ("n == 1 && rt-link.ifnam", 18, "did you mean rt-link.ifname"),
    ('rt-link.mtu == "x"', 15, "is not a number"),
    ("rt-link.mtu == 1.5", 15, "is not a number"),
    ("rt-link.ifname == lo", 18, 'expected "lo"'),
    ("nlctrl.family-name == ethtool", 22, 'expected "ethtool"'),
    ("rt-link.ifname & 3", 0, "& does not go with a string value"),
    ('rt-link.mtu contains "x"', 12, "contains does not go with"),
    ('rt-link.mtu matches "x"', 12, "matches does not go with"),
    ("rt-link.ifname matches x", 23, "needs quotes"),
    ('rt-link.ifname matches "("', 23, "no regular expression"),
    ('rt-link.ifname matches "' + "(" * 2000 + '"', 23, "longer than"),
    ('rt-link.ifname matches "' + "(" * 900 + ")" * 90 + '"', 23, "no regular expression"),
    ("rt-link.linkinfo == 3", 17, "an object cannot be compared"),
    ("error.name == ENODV", 14, "did you mean ENODEV"),
    ("dir == reqest", 7, "did you mean request"),
    ("dir == foo", 7, "expected unknown, request, reply, notify"),
    ("cmd == newlnk", 7, "did you mean newlink"),
    ("cmd == zzzzzzzz", 7, "there is no zzzzzzzz"),
    ("cmd_c == RTM_NEWLNK", 9, "did you mean RTM_NEWLINK"),
    ("family == rt-lnk", 10, "did you mean rt-link"),
    ("note.code == truncatd", 13, "did you mean truncated"),
    ("note.severity >= bad", 17, "there is no bad"),
    ("proto == nosuch(3)", 9, "is not the name of this enum"),
    ("nlmsg.flags == dmp", 15, "did you mean dump"),
    ("nlmsg.flags < 3", 12, "< does not go with a flags value"),
    ("latency > 5", 10, "has no unit"),
    ("latency > 5h", 10, "is not a duration"),
    ("time > yesterday", 7, "is not a time"),
    ("rt-addr.ifa-address == 10.0.0.300", 23, "is not an IP address"),
    ("rt-addr.ifa-address == 10.0.0.0/33", 23, "no prefix length up to 32"),
    ("rt-addr.ifa-address > 10.0.0.0/8", 20, "a prefix can only"),
    ("rt-addr.ifa-address in {1.1.1.1..::1}", 24, "there is no range"),
    ("rt-link.address == xx", 19, "is not an address"),
    ("ack == 3", 7, "is not true or false"),
    ("ack < true", 4, "< does not go with a bool value"),
    ("n in {5..3}", 6, "the range ends at 3"),
    ("rt-link.mtu[0] == 3", 0, "a slice does not go with"),
    ("len(n) == 3", 0, "len does not go with"),
    ("lower(n) == 3", 0, "lower does not go with"),
    ("len(n, n) == 3", 0, "takes one field"),
    ("len(rt-link.ifname)", 0, "alone says nothing"),
    ("min(rt-link.ifname) == 3", 0, "min takes numbers"),
    ("3 == 4", 0, "there is no field 3"),
    ('"x" == "y"', 0, "neither side is a field"),
    ('"x" contains rt-link.ifname', 4, "the field stands before"),
    ("rt-link.ifname == rt-link.mtu", 15, "cannot be compared"),
    ("rt-link.ifname matches rt-link.qdisc", 23, "a regular expression is needed"),
    ("rt-link.mtu == rt-link.mut", 23, "did you mean rt-link.mtu"),
]


@pytest.mark.parametrize(("text", "column", "what"), MISTAKES)
def test_mistakes_never_run(text: str, column: int, what: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text, CATALOGUE)
    assert what in str(caught.value)
    assert caught.value.column == column
    assert caught.value.text == text


@pytest.mark.parametrize(
    ("text", "exact", "needs"),
    [
        ("nlmsg.type == 16", True, set()),
        ("route && nlmsg.flags.ack or nlmsg.len > 3", True, set()),
        ("not nlmsg.seq == nlmsg.pid xor proto == 16", True, set()),
        ("frame.number == 3 or len > 100", True, set()),
        ("genl.cmd == 3 and not genlmsg.version & 1", True, set()),
        ("netlink.hdr_flags.ack == 1 and nlmsg.flags.multi != true", True, set()),
        ("dir == request", False, set()),
        ("rt-link.ifname && nlmsg.len > 20", False, {"attrs"}),
        ("rt-link.ifi-index == 1", False, {"header"}),
        ("error.code == -1", False, {"error"}),
        ("note && generic", False, {"notes"}),
        ("txn.state == open && route", False, {"txn"}),
    ],
)
def test_headers(text: str, exact: bool, needs: set[str]) -> None:
    filter_ = compiled(text)
    assert filter_.headers is not None
    assert filter_.exact is exact
    assert filter_.needs == needs


def test_headers_are_absent_where_they_say_nothing() -> None:
    for text in ("latency > 5ms", "not rt-link.ifname", "n == 3 or route", "count(attr.mtu) == 0"):
        assert compiled(text).headers is None


def test_the_family_narrows_the_types() -> None:
    headers = compiled('rt-link.ifname == "lo"').headers
    assert headers is not None
    record = messages("rt-link.pcap")[0].record
    assert headers(0, 16, 0, 0, 0, 32, record, 0)
    assert not headers(0, 24, 0, 0, 0, 32, record, 0)
    assert not headers(16, 16, 0, 0, 0, 32, record, 0)


def test_depth_and_length_are_bounded() -> None:
    deep = "(" * 40 + "n == 1" + ")" * 40
    assert numbers(deep, "rt-link.pcap") == [1]
    deep = "!(n == 2 xor (frame == 3 and (" * 13 + "n == 1" + ")))" * 13
    assert compile_filter(deep, CATALOGUE).match(messages("rt-link.pcap")[0]) in (True, False)
    wide = " or ".join(["n == 1"] * 1500)
    assert numbers(wide, "rt-link.pcap") == [1]


LEAVES = (
    "nlmsg.type == 16", "nlmsg.type < 4", "nlmsg.len in {20..36, 100}", "nlmsg.flags.request",
    "nlmsg.flags.dump", "nlmsg.flags == create", "nlmsg.flags & 3", "nlmsg.flags_raw & 6 == 4",
    "nlmsg.seq == nlmsg.pid", "nlmsg.pid != 0", "route", "generic", "proto != sock-diag",
    "netlink", "rt-link", "family == rt-route", "family == nlctrl", "family != ethtool",
    "nlctrl.family-id == 16", "rt-link.ifname", 'rt-link.ifname != "lo"', "rt-link.ifi-index > 1",
    'attr.ifname == "lo"', "header.ifi-index == 1", "attr.attr-3", "nobody.attr-1",
    "count(rt-link.mtu) == 0", "len(attr.ifname) < 3", "nl80211.wiphy > 0",
    "error", "ack", "ack == false", "error.code == 0", "error.name == ENODEV", "netlink.error",
    "error.message contains \"a\"", "dir == request", "dir == reply", "dir != notify",
    "cmd == newlink", "genlmsg.cmd == 3", "genl.family_id", "group == \"scan\"",
    "note", "note.severity > chat", "txn.state == done", "latency", "request.nlmsg.flags.dump",
    "netlink.hdr_flags.create == 1", "netlink.hdr_flags.root", "n & 1", "bytes contains 00:10",
    "nlmsg.flags.create == ack", "string(ack) == \"true\"", "frame == 3", "frame in {2..5, 9}",
    "frame.number != 3", "len > 100", "frame.len == len", "frame & 1", "genlmsg.cmd & 1",
    "genlmsg.cmd != 3", "genlmsg.cmd in {1..3}", "genl.version == genl.cmd", "genlmsg.version",
    "nlmsg.flags.ack == false", "nlmsg.flags.ack != false", "nlmsg.flags.dump == true",
    "generic == false", "route == generic", "nlmsg.flags.ack == nlmsg.flags.request",
    "netlink.hdr_flags.multi == 0", "netlink.hdr_flags.request", "netlink.hdr_flags.dump != 1",
)  # fmt: skip


def _tree(inner: st.SearchStrategy[tuple[str, object]]) -> st.SearchStrategy[tuple[str, object]]:
    return st.one_of(
        inner.map(lambda one: (f"!({one[0]})", ("not", one))),
        st.tuples(st.sampled_from(["and", "or", "xor"]), inner, inner).map(
            lambda one: (f"({one[1][0]}) {one[0]} ({one[2][0]})", one)
        ),
    )


trees: st.SearchStrategy[tuple[str, object]] = st.recursive(
    st.sampled_from(LEAVES).map(lambda leaf: (leaf, leaf)), _tree, max_leaves=6
)


def evaluate(tree: tuple[str, object], message: Message) -> bool:
    """The tree by its leaves alone."""
    text, what = tree
    if isinstance(what, str):
        return compiled(text).match(message)
    assert isinstance(what, tuple)
    values = [evaluate(each, message) for each in what[1:]]
    if what[0] == "not":
        return not values[0]
    if what[0] == "and":
        return all(values)
    return any(values) if what[0] == "or" else values[0] != values[1]


SAMPLE = [message for name in NAMES for message in messages(name)[:120]]


@pytest.mark.parametrize("leaf", LEAVES)
def test_headers_of_single_tests(leaf: str) -> None:
    for name in NAMES:
        check_headers(leaf, messages(name))


def check_headers(text: str, some: list[Message] | tuple[Message, ...]) -> None:
    """The header condition holds for all that match, and for no other where it is exact."""
    for negated in (False, True):
        filter_ = compiled(f"!({text})" if negated else text)
        if filter_.headers is None:
            continue
        for m in some:
            if m.type >= 0:
                may = filter_.headers(
                    m.protocol, m.type, m.flags, m.seq, m.pid, m.length, m.record, m.start
                )
                match = filter_.match(m)
                assert may or not match, (text, m.number)
                assert may == match or not filter_.exact, (text, m.number)


@settings(max_examples=60, deadline=None)
@given(trees)
def test_junctions_and_their_headers(tree: tuple[str, object]) -> None:
    filter_ = compile_filter(tree[0], CATALOGUE)
    for message in SAMPLE[::7]:
        assert filter_.match(message) is evaluate(tree, message)
    check_headers(tree[0], SAMPLE[::7])


PIECES = [
    *"&|!^=<>(){}[],.\"~ ", "&&", "||", "==", "in", "and", "not", "all", "n", "rt-link", "dir",
    "rt-link.ifname", "nlmsg.flags", "0x3", "1..2", "5ms", "::1/3", "request", '"x"', "len(",
    "matches", "contains", "[0:2]", "state(3)", "attr.", "header.x", "request.n", "time", "error",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
                 st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))  # fmt: skip
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    caught = None
    try:
        filter_ = compile_filter(text, CATALOGUE)
    except FilterError as error:
        caught = error
    if caught is not None:
        assert 0 <= caught.column <= len(text)
        assert caught.caret()[1].strip("~ ") == "^"
        return
    for message in SAMPLE[::50]:
        assert filter_.match(message) in (True, False)
