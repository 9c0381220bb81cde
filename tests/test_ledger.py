"""What belongs together, told in parts: the same messages as when one process follows them all."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from nldissect.capture.source import Capture, open_capture
from nldissect.errors import TruncatedCapture
from nldissect.export import writer_class
from nldissect.learn import Learned
from nldissect.ledger import Part
from nldissect.model import Message
from nldissect.registry import Registry
from nldissect.session import Session
from tests.capture import build

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.pcap*"))
REGISTRY = Registry(plugins=False)


def session_of(path: Path, **options: bool) -> Session:
    return Session(open_capture(str(path)), REGISTRY, Learned(), **options)


def lines(messages: list[Message], session: Session) -> list[bytes]:
    out: list[bytes] = []
    writer = writer_class("ndjson")(out.append, session.interfaces)
    for message in messages:
        writer.message(message)
    writer.close()
    return b"".join(out).splitlines()


def in_parts(session: Session, size: int, *, every: int = 1, first: int = 0) -> list[Message]:
    """The messages of some parts, dissected by a process that is told of these alone."""
    division = session.divide(size)
    assert division is not None
    found: list[Message] = []
    records = list(session.capture)
    at = 0
    for number, part in enumerate(division.parts):
        assert 0 < part.records <= size
        if number % every == first:
            session.hear(part)
            found += session.of(records[at : at + part.records])
        at += part.records
    assert at == len(records)
    return found


@pytest.mark.parametrize("size", [1, 7, 512])
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_parts_give_what_the_whole_gives(path: Path, size: int) -> None:
    with session_of(path) as session:
        expected = lines(list(session), session)
    with session_of(path) as session:
        assert lines(in_parts(session, size), session) == expected
        others = session.dissector.other_records
        division = session.divide(size)
    assert division is not None
    with session_of(path) as session:
        assert division.others == others
        session.take(division)
        assert session.dissector.other_records == others


@pytest.mark.parametrize("path", CAPTURES[::4], ids=lambda path: path.name)
def test_each_process_knows_its_own_parts(path: Path) -> None:
    with session_of(path) as session:
        expected = lines(list(session), session)
    parts: dict[int, bytes] = {}
    for first in range(3):
        with session_of(path) as session:
            messages = in_parts(session, 5, every=3, first=first)
            parts |= {
                message.number: line
                for message, line in zip(messages, lines(messages, session), strict=True)
            }
    assert [parts[number] for number in sorted(parts)] == expected


@pytest.mark.parametrize("outcomes", [False, True])
def test_transactions_are_known_as_far_as_writers_look(outcomes: bool) -> None:
    path = Path(__file__).parents[1] / "captures" / "nldemo-talk.pcap"
    with session_of(path, outcomes=outcomes) as session:
        whole = list(session)
    with session_of(path, outcomes=outcomes) as session:
        parts = in_parts(session, 3)
    assert len(whole) == len(parts)
    for one, other in zip(whole, parts):
        assert (one.direction, one.latency_ns, one.copy) == (
            other.direction, other.latency_ns, other.copy
        )  # fmt: skip
        if one.txn is None:
            assert other.txn is None
            continue
        assert other.txn is not None
        for name in ("number", "kind", "message", "record", "cause", "start_ns", "interface"):
            assert getattr(one.txn, name) == getattr(other.txn, name), name
        known = one.txn.outcome
        assert (known is not None) == outcomes
        assert (other.txn.outcome is None) == (known is None)
        if known is not None and other.txn.outcome is not None:
            assert other.txn.outcome.state == known.state
        source, told = one.txn.source, other.txn.source
        assert (source is None) == (told is None)
        if source is not None and told is not None:
            assert source.attrs == told.attrs


def test_a_request_is_told_once_where_its_answers_are_in_another_part(tmp_path: Path) -> None:
    """A batch whose errors fill later parts: its bytes are told once in each of them."""
    link = struct.pack(">HHH8xH", 4, 824, 0, 0)
    head = struct.pack("<IHHII", 1016, 16, 5, 0, 0) + bytes(1000)
    batch = b"".join(head[:8] + struct.pack("<II", seq, 0) + head[16:] for seq in range(1, 21))
    packets: list[build.Packet] = [(0, link + batch)]
    for seq in range(1, 21):
        refused = struct.pack("<i", -22) + head[:8] + struct.pack("<II", seq, 0)
        packets.append((seq, link + struct.pack("<IHHII", 36, 2, 0, seq, 9) + refused))
    file = tmp_path / "batch.pcap"
    file.write_bytes(build.pcap(packets))
    with session_of(file) as session:
        expected = lines(list(session), session)
        division = session.divide(7)
        assert division is not None
        parts = division.parts
        told = [len(part.told) for part in parts]
        assert told[0] < 200
        assert len(batch) < told[1] < len(batch) + 1000
        assert len(batch) < told[2] < len(batch) + 1000
        assert all(isinstance(part, Part) for part in parts)
        assert lines(in_parts(session, 7), session) == expected
    assert sum(b'"txn.' in line for line in expected) == 0


def test_a_capture_that_ends_too_early_gives_its_good_parts(tmp_path: Path) -> None:
    path = Path(__file__).parents[1] / "captures" / "nldemo-talk.pcap"
    file = tmp_path / "cut.pcap"
    file.write_bytes(path.read_bytes()[:-3])
    with session_of(file) as session:
        count = session.dissector.surveyed
        assert session.failure is not None
        division = session.divide(4)
        assert division is not None
        assert sum(part.records for part in division.parts) == count
        with pytest.raises(TruncatedCapture):
            assert sum(len(list(run)) for run in session.runs(4)) == count


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_what_is_too_much_to_remember_is_followed_again(most: int) -> None:
    path = Path(__file__).parents[1] / "captures" / "nldemo-talk.pcap"
    with session_of(path) as session:
        expected = lines(list(session), session)
    with session_of(path) as session:
        assert (session.divide(4, most) is None) == (most == 0)
        messages = [message for run in session.runs(4) for message in session.of(run)]
        assert lines(messages, session) == expected


def test_a_stream_cannot_be_divided() -> None:
    data = [(Path(__file__).parents[1] / "captures" / "nldemo-talk.pcap").read_bytes(), b""]
    session = Session(Capture("stream", -1, lambda: data.pop(0)), REGISTRY, Learned())
    assert not session.divisible
