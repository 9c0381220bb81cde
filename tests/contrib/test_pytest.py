"""The tap: crafted bytes, sockets that are heard, and what its assertions say."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import nldissect
from nldissect import UsageError
from nldissect.contrib.pytest import AF_NETLINK, NetlinkTap, netlink_tap  # noqa: F401

from ..check import REGISTRY

GETLINK = nldissect.encode(
    "rt-link", "getlink", {"ifname": "lo"}, flags=["request", "ack"], seq=7, registry=REGISTRY
)
NEWLINK = nldissect.encode(
    "rt-link", "getlink", {"ifname": "lo", "mtu": 65536}, seq=7, pid=99, direction="reply",
    registry=REGISTRY,
)  # fmt: skip


@pytest.fixture
def tap() -> NetlinkTap:
    tap = NetlinkTap(registry=REGISTRY)
    tap.add(GETLINK, "route", sent=True)
    tap.add(NEWLINK, 0, sent=False)
    return tap


def test_messages_by_direction(tap: NetlinkTap) -> None:
    assert [m.operation for m in tap.messages] == ["getlink", "getlink"]
    assert tap.messages == tap.sent + tap.received
    assert tap.requests == tap.sent
    assert tap.replies == tap.received
    assert tap.notifications == []


def test_answers_know_their_requests(tap: NetlinkTap) -> None:
    assert tap.replies[0].txn is tap.requests[0].txn is not None
    assert tap.replies[0].latency_ns is not None


def test_assertions_give_the_message(tap: NetlinkTap) -> None:
    assert tap.assert_sent() is tap.sent[0]
    assert tap.assert_sent("rt-link", "RTM_GETLINK", ifname="lo") is tap.sent[0]
    assert tap.assert_received(cmd="getlink", attrs={"mtu": 65536}) is tap.received[0]
    assert tap.assert_received(ifi_index=0) is tap.received[0]


def test_a_failed_assertion_tells_what_was_sent(tap: NetlinkTap) -> None:
    with pytest.raises(AssertionError) as failed:
        tap.assert_sent("rt-link", "getlink", ifname="eth0", mtu=1)
    lines = str(failed.value).splitlines()
    assert lines[0] == "no message was sent with rt-link getlink ifname='eth0' mtu=1"
    assert lines[1:3] == ["  message 1: ifname is 'lo'", "  message 1: mtu is not there"]
    assert lines[3] == "sent:"
    assert "getlink" in lines[4]
    tap.clear()
    with pytest.raises(AssertionError, match="no message was received with anything"):
        tap.assert_received()


def test_attributes_at_any_depth() -> None:
    tap = NetlinkTap({0x15: "ethtool"}, REGISTRY)
    attrs = {"header": {"dev-name": "v0"}}
    tap.add(
        nldissect.encode("ethtool", "features-get", attrs, id=0x15, registry=REGISTRY),
        "generic",
        sent=True,
    )
    tap.assert_sent("ethtool", dev_name="v0")
    tap.assert_sent("ethtool", attrs={"header.dev-name": "v0"})
    with pytest.raises(AssertionError):
        tap.assert_sent("ethtool", dev_name="v1")


def test_families_are_learned_and_survive_clear() -> None:
    told = nldissect.encode(
        "nlctrl", "getfamily", {"family-id": 0x33, "family-name": "ethtool"}, direction="reply",
        pid=9, registry=REGISTRY,
    )  # fmt: skip
    asked = nldissect.encode("ethtool", "features-get", id=0x33, registry=REGISTRY)
    tap = NetlinkTap(registry=REGISTRY)
    tap.add(told, "generic", sent=False)
    tap.add(asked, "generic", sent=True)
    tap.assert_sent("ethtool", "features-get")
    tap.clear()
    tap.add(asked, "generic", sent=True)
    tap.assert_sent("ethtool", "features-get")


def test_bytes_of_no_protocol_are_refused() -> None:
    with pytest.raises(UsageError):
        NetlinkTap().add(b"", "rout", sent=True)


@pytest.fixture
def kernel() -> Iterator[socket.socket]:
    try:
        sock = socket.socket(AF_NETLINK, socket.SOCK_RAW, 0)
        sock.bind((0, 0))
        sock.settimeout(5)
    except OSError as why:
        pytest.skip(f"no AF_NETLINK here: {why}")
    with sock:
        yield sock


def check_loopback(tap: NetlinkTap) -> None:
    tap.assert_sent("rt-link", "getlink", ifname="lo")
    assert tap.replies[0].get("ifname") == "lo"


def test_a_wrapped_socket_is_heard(kernel: socket.socket) -> None:
    tap = NetlinkTap()
    sock = tap.wrap(kernel)
    assert sock.sendto(GETLINK, (0, 0)) == len(GETLINK)
    assert sock.recvfrom(65536)[1] == (0, 0)
    assert sock.fileno() == kernel.fileno()
    check_loopback(tap)


@pytest.mark.parametrize("send", ["send", "sendall", "sendto", "sendmsg"])
@pytest.mark.parametrize("receive", ["recv", "recvfrom", "recvmsg", "recv_into", "recvmsg_into"])
def test_all_sockets_are_heard(
    send: str,
    receive: str,
    kernel: socket.socket,
    netlink_tap: NetlinkTap,  # noqa: F811
) -> None:
    room = bytearray(65536)
    if send == "sendmsg":
        kernel.sendmsg([GETLINK[:16], GETLINK[16:]])
    else:
        getattr(kernel, send)(GETLINK, *([(0, 0)] if send == "sendto" else []))
    kernel.recv(65536, socket.MSG_PEEK)
    given: object = 65536
    if receive.endswith("_into"):
        given = [room] if receive == "recvmsg_into" else room
    getattr(kernel, receive)(given)
    assert len({message.record.number for message in netlink_tap.messages}) == 2
    check_loopback(netlink_tap)


def test_sockets_are_what_they_were_afterwards() -> None:
    before = {name: socket.socket.__dict__.get(name) for name in dir(socket.socket)}
    with NetlinkTap(registry=REGISTRY) as tap:
        left, right = socket.socketpair()
        with left, right:
            left.send(b"x")
            assert right.recv(1) == b"x"
    assert tap.messages == []
    assert {name: socket.socket.__dict__.get(name) for name in dir(socket.socket)} == before
