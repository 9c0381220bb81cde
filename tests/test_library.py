"""The package's public names, look-ups in messages, bytes in and out, and the examples."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import nldissect
from nldissect import Message, UsageError
from nldissect.wire.consts import NETLINK_GENERIC

from .check import REGISTRY

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT / "captures"
EXAMPLES = (ROOT / "docs" / "library.md").read_text()


def first(capture: str, wanted: str) -> Message:
    with nldissect.open(CAPTURES / capture, registry=REGISTRY) as session:
        return next(session.messages(wanted))


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scapy")
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", EXAMPLES, re.M | re.S)
    assert len(blocks) == EXAMPLES.count("```") // 2 > 7
    for block in blocks:
        exec(compile(block, "library.md", "exec"), names)


def test_every_public_name_is_there() -> None:
    for name in nldissect.__all__:
        assert getattr(nldissect, name).__module__.startswith("nldissect.")
        assert name in dir(nldissect)
    with pytest.raises(AttributeError, match="nothing_such"):
        nldissect.nothing_such  # noqa: B018
    assert (Path(nldissect.__file__).parent / "py.typed").exists()


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import nldissect, sys; print(*[n for n in sys.modules if n.startswith('nldissect.')])"
    run = [sys.executable, "-c", code + "; assert 'scapy' not in sys.modules"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(run, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == ""


def test_a_submodule_does_not_hide_a_public_name() -> None:
    import nldissect.datagram
    import nldissect.encoder

    assert callable(nldissect.decode)
    assert callable(nldissect.encode)
    assert callable(nldissect.open)


def test_get() -> None:
    family = first("nlctrl.pcap", "nlctrl && cmd == getfamily && dir == reply && nlctrl.ops")
    assert isinstance(family.attrs["ops"], list)
    ids = family.get("ops.id")
    assert isinstance(ids, list)
    assert len(ids) == len(family.attrs["ops"])
    assert family.get("ops.0.id") == ids[0] == family.get("ops.0.1.id")
    assert family.get(f"ops.{len(ids)}.id") is None
    assert family.get("ops.0.id.0") is None
    assert family.get("family-name.x", "default") == "default"
    assert family.get("nothing", 5) == 5


def test_get_looks_in_attributes_then_in_the_header() -> None:
    asked = first("ethtool.pcap", "ethtool && cmd == linkmodes-get && dir == request")
    assert asked.get("header.dev-name") == "v0"
    link = first("rt-link.pcap", "rt-link && dir == notify && rt-link.ifname")
    assert link.header is not None
    assert link.get("ifi-index") == link.header["ifi-index"] != 0


def test_find_gives_one_value_for_each_attribute() -> None:
    family = first("nlctrl.pcap", "nlctrl && cmd == getfamily && dir == reply && nlctrl.ops")
    assert family.find("id")[: len(family.attrs["ops"])] == family.get("ops.id")  # type: ignore[arg-type]
    assert family.find("nothing") == []


def test_node_has_the_bytes_of_what_get_gives() -> None:
    link = first("rt-link.pcap", "rt-link && dir == notify && rt-link.ifname")
    for path in ("ifname", "mtu", "ifi-index", "stats64.rx-packets"):
        node = link.node(path)
        assert node is not None
        assert node.value == link.get(path)
    node = link.node("ifname")
    assert node is not None
    assert str(node.value).encode() in link.record.data[node.start : node.end]
    family = first("nlctrl.pcap", "nlctrl && cmd == getfamily && dir == reply && nlctrl.ops")
    node = family.node("ops.1.id")
    assert node is not None
    assert node.value == family.get("ops.1.id")
    seq = link.node("nlmsg.nlmsg-seq")
    assert seq is not None
    assert seq.value == link.seq
    assert link.node("nothing") is None
    assert link.node("ifname.0.nothing") is None


def test_a_filter_may_be_text() -> None:
    with nldissect.open(CAPTURES / "ethtool.pcap", registry=REGISTRY) as session:
        wanted = nldissect.compile_filter("family == ethtool", nldissect.Catalogue(REGISTRY))
        assert [m.number for m in session.messages(wanted)] == [
            m.number for m in session.messages("family == ethtool")
        ]
        with pytest.raises(nldissect.FilterError):
            session.messages("family == ")


def everything() -> Iterator[Message]:
    for path in sorted(CAPTURES.glob("*.pcap*")):
        with nldissect.open(path, registry=REGISTRY) as session, suppress(nldissect.CaptureError):
            yield from session


@pytest.fixture(scope="module")
def whole() -> list[Message]:
    """Messages without fault whose operation is known."""
    return [
        m for m in everything()
        if m.type >= 16 and m.operation and m.length == len(m.data)
        and all(note.severity in ("chat", "note") for note in m.notes)
    ]  # fmt: skip


def test_decode_reads_bytes_as_a_capture_does(whole: list[Message]) -> None:
    for message in whole[::7]:
        families = {message.type: message.family} if message.protocol == NETLINK_GENERIC else None
        [again] = nldissect.decode(
            message.data, message.protocol, families=families, registry=REGISTRY,
            order=message.order,
        )  # fmt: skip
        assert again.attrs == message.attrs
        assert again.family == message.family
        assert again.data == message.data


def test_decode_takes_several_messages_and_a_name() -> None:
    one = nldissect.encode("rt-link", "getlink", {"ifname": "lo"}, registry=REGISTRY)
    several = nldissect.decode(bytearray(one * 3), "route", registry=REGISTRY)
    assert [m.attrs for m in several] == [{"ifname": "lo"}] * 3
    assert {m.direction for m in several} == {"request"}


def test_decode_learns_from_its_own_bytes() -> None:
    asked = nldissect.encode("ethtool", "features-get", id=0x33, registry=REGISTRY)
    told = nldissect.encode(
        "nlctrl", "getfamily", {"family-id": 0x33, "family-name": "ethtool"},
        direction="reply", registry=REGISTRY,
    )  # fmt: skip
    messages = nldissect.decode(asked + told, "generic", registry=REGISTRY)
    assert [m.family for m in messages] == ["ethtool", "nlctrl"]
    assert nldissect.decode(asked, "generic", registry=REGISTRY)[0].family == ""


@pytest.mark.parametrize("protocol", ["rout", -1, 1 << 16])
def test_decode_refuses_a_protocol_that_does_not_exist(protocol: str | int) -> None:
    with pytest.raises(UsageError):
        nldissect.decode(b"", protocol)


def test_decode_refuses_an_order_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="middle"):
        nldissect.decode(b"", "route", order="middle")


@given(st.binary(max_size=120), st.sampled_from([0, 2, 12, 16, 99]))
@settings(max_examples=150, deadline=None)
def test_decode_never_raises_on_bytes(data: bytes, protocol: int) -> None:
    for message in nldissect.decode(data, protocol, registry=REGISTRY):
        message.attrs, message.notes, message.layers  # noqa: B018
        message.get("a.b"), message.find("a"), message.node("a.0")


def plain(message: Message, data: bytes) -> bytes:
    """A message without the marks of nested attributes, which are the sender's choice."""
    raw = bytearray(data)
    [read] = nldissect.decode(
        data, message.protocol, registry=REGISTRY, order=message.order,
        families={message.type: message.family} if message.protocol == NETLINK_GENERIC else None,
    )  # fmt: skip
    nodes = list(read.layers)
    while nodes:
        node = nodes.pop()
        nodes += node.children
        if node.name == "nla-type" and isinstance(node.value, int):
            high = node.start - 16 + (message.order == "little")
            raw[high] &= 0x7F
    return bytes(raw)


def encoded(message: Message) -> bytes:
    return nldissect.encode(
        message.family,
        message.operation,
        message.attrs,
        header=message.header,
        flags=message.flags,
        seq=message.seq,
        pid=message.pid,
        id=message.type if message.protocol == NETLINK_GENERIC else None,
        version=message.version if message.version >= 0 else None,
        direction="request" if message.direction == "request" else "reply",
        registry=REGISTRY,
        order=message.order,
    )


def test_encoding_what_was_decoded_gives_its_bytes(whole: list[Message]) -> None:
    same_values = same_bytes = refused = 0
    sample = whole[::5]
    for message in sample:
        try:
            data = encoded(message)
        except UsageError:
            refused += 1
            continue
        families = {message.type: message.family} if message.protocol == NETLINK_GENERIC else None
        [again] = nldissect.decode(
            data, message.protocol, families=families, registry=REGISTRY, order=message.order
        )
        same_values += again.attrs == message.attrs
        same_bytes += plain(message, data) == plain(message, message.data)
    assert refused < 0.07 * len(sample)
    assert same_values + refused > 0.98 * len(sample)
    assert same_bytes > 0.8 * len(sample)


def test_the_readme_shows_what_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried
    assert not failed
