from __future__ import annotations

import pytest

from nldissect.recording import Reader
from nldissect.tui.jumps import Nowhere, blamed, counterpart
from tests.tui.driving import recording_of


def test_between_request_and_answer() -> None:
    recording = recording_of("nlctrl.pcap")
    reader = Reader(recording)
    there = 0
    for message in reader.messages():
        txn = message.txn
        if txn is None or txn.kind != "request":
            continue
        if message.number != txn.message:
            assert counterpart(recording, message.number) == txn.message
            there += 1
        elif txn.answers:
            answer = reader.message(counterpart(recording, message.number))
            assert answer.direction == "reply"
            assert answer.txn is not None
            assert answer.txn.number == txn.number
    assert there > 10


def test_from_a_notification_to_its_cause() -> None:
    recording = recording_of("rt-addr-route.pcap")
    reader = Reader(recording)
    told = [
        message
        for message in reader.messages()
        if message.txn is not None and message.txn.kind == "notify" and message.txn.cause
    ]
    assert told
    for message in told:
        assert reader.message(counterpart(recording, message.number)).direction == "request"


def test_blame_finds_the_attribute() -> None:
    recording = recording_of("nldemo-refuse.pcap")
    reader = Reader(recording)
    found = 0
    for message in list(reader.messages()):
        error = message.error
        if error is None or not error["code"] or not error["attr"]:
            continue
        target = blamed(recording, reader, message)
        request = reader.message(target.number)
        assert request.direction == "request"
        assert target.path == error["attr"]
        assert request.node(target.path) is not None
        # From the request the same is found.
        assert blamed(recording, reader, request) == target
        found += 1
    assert found >= 3


def test_nowhere() -> None:
    recording = recording_of("nlctrl.pcap")
    reader = Reader(recording)
    with pytest.raises(Nowhere, match="No error"):
        blamed(recording, reader, reader.message(1))
    alone = recording_of("usersock.pcap")
    with pytest.raises(Nowhere, match="no transaction"):
        counterpart(alone, 1)
