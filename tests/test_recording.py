from __future__ import annotations

import struct
from pathlib import Path

import pytest

from nldissect.capture.source import Capture, open_capture
from nldissect.export import writer_class
from nldissect.learn import Learned
from nldissect.recording import COPY, PART, Reader, Recording
from nldissect.registry import Registry
from nldissect.session import Session
from tests.capture import build

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.pcap*"))
TALK = Path(__file__).parents[1] / "captures" / "nldemo-talk.pcap"
REGISTRY = Registry(plugins=False)


def recording_of(path: Path) -> Recording:
    recording = Recording(open_capture(str(path)), REGISTRY, Learned())
    recording.read(lambda: True)
    return recording


def lines(messages: object, interfaces: object) -> list[bytes]:
    out: list[bytes] = []
    writer = writer_class("ndjson")(out.append, interfaces)
    for message in messages:  # type: ignore[attr-defined]
        writer.message(message)
    writer.close()
    return b"".join(out).splitlines()


def read_in_order(path: Path) -> list[bytes]:
    with Session(open_capture(str(path)), REGISTRY, Learned()) as session:
        return lines(session, session.interfaces)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_gives_what_reading_in_order_gives(path: Path) -> None:
    recording = recording_of(path)
    assert recording.whole
    assert recording.paired == recording.count
    messages = Reader(recording).messages()
    assert lines(messages, recording.interfaces) == read_in_order(path)


@pytest.mark.parametrize("name", ["nlctrl.pcap", "format-gzip.pcap.gz", "format-ring-1.pcapng"])
def test_any_message_at_any_time(name: str) -> None:
    recording = recording_of(TALK.with_name(name))
    expected = lines(Reader(recording).messages(), recording.interfaces)
    reader = Reader(recording)
    backwards = [reader.message(number) for number in range(recording.count, 0, -1)]
    assert lines(backwards[::-1], recording.interfaces) == expected
    some = lines(reader.messages(3, 9), recording.interfaces)
    assert some == expected[2:8]
    for number in (0, -1, recording.count + 1):
        with pytest.raises(IndexError):
            reader.message(number)


def test_stream_is_paired_as_it_comes() -> None:
    data = TALK.read_bytes()
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    seen: list[tuple[int, int]] = []
    made: list[Recording] = []

    def read() -> bytes:
        if made:
            seen.append((made[0].count, made[0].paired))
        return pieces.pop(0) if pieces else b""

    recording = Recording(Capture("stream", -1, read), REGISTRY, Learned())
    made.append(recording)
    recording.read(lambda: True)
    assert all(count == paired for count, paired in seen)
    assert len({count for count, _ in seen}) > 3
    assert lines(Reader(recording).messages(), recording.interfaces) == read_in_order(TALK)


def test_reading_can_be_ended() -> None:
    path = TALK.with_name("nl80211.pcap.gz")
    recording = Recording(open_capture(str(path)), REGISTRY, Learned())
    recording.read(lambda: False)
    assert not recording.whole
    assert 0 < recording.count < recording_of(path).count
    assert Reader(recording).message(1).number == 1


def test_byte_order_that_shows_later() -> None:
    """What was counted in the order of the file's header is counted again."""
    noop = struct.pack(">IHHII", 16, 0x12, 1, 7, 0)
    link = bytes(14) + b"\0\0"
    packets: list[build.Packet] = [(i, link + noop * 2) for i in range(20)]
    data = [build.pcap(packets), b""]
    recording = Recording(Capture("stream", -1, lambda: data.pop(0)), REGISTRY, Learned())
    recording.read(lambda: True)
    assert recording.count == recording.paired == 40
    messages = list(Reader(recording).messages())
    assert {message.order for message in messages} == {"big"}
    assert [message.seq for message in messages] == [7] * 40


def test_what_folds() -> None:
    recording = recording_of(TALK.with_name("nlctrl.pcap"))
    reader = Reader(recording)
    for number in range(1, recording.count + 1):
        message = reader.message(number)
        mark = recording.mark(number)
        assert bool(mark & COPY) == bool(message.copy)
        if mark & PART:
            assert message.txn is not None
            assert message.txn.dump
    marked = [number for number in range(1, recording.count + 1) if recording.mark(number)]
    assert sorted([*marked, *recording.heads]) == list(range(1, recording.count + 1))
    assert marked


def test_transactions_keep_their_requests() -> None:
    recording = recording_of(TALK)
    for message in Reader(recording).messages():
        txn = message.txn
        if txn is None or txn.kind != "request":
            continue
        source = txn.source
        assert source is not None
        assert source.number == txn.message
        assert source.data == Reader(recording).message(txn.message).data
        assert message.number in recording.members(txn.number)
