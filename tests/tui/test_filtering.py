"""Passes over real captures, beside what a session and Python's own sort give."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cache
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.capture.source import open_capture
from nldissect.errors import UsageError
from nldissect.filter import Catalogue, Filter, compile_filter
from nldissect.learn import Learned
from nldissect.model import Message
from nldissect.recording import Reader, Recording
from nldissect.session import Session, open_session
from nldissect.summary import Summarizer
from nldissect.tui import filtering
from nldissect.tui.columns import Column, of_field, standard
from nldissect.tui.filtering import FilterPass, SortPass, messages_of, sorted_places
from tests.check import CHANGEABLE
from tests.tui.driving import CAPTURES, recording_of, registry

FILTERS = (
    "nlmsg.type == 16",
    'family == "rt-link"',
    "rt-link.ifname",
    "nlmsg.len > 60 && dir == reply",
    "error",
    "note",
    'txn.kind == "request"',
    "latency > 1us",
    "n < 40 || not ack",
    "frame > 20",
)


class Steps:
    """A job that goes on for so many steps."""

    def __init__(self, most: int = 1 << 30) -> None:
        self.most = most
        self.seen: list[tuple[int | None, int | None]] = []

    def step(self, done: int | None = None, total: int | None = None) -> bool:
        self.seen.append((done, total))
        return len(self.seen) < self.most


def filter_of(text: str) -> Filter:
    return compile_filter(text, Catalogue(registry()))


@pytest.mark.parametrize("name", ["rt-link.pcap", "nldemo-talk.pcap", "nl80211.pcap.gz"])
def test_the_same_messages_as_a_session(name: str) -> None:
    recording = recording_of(name)
    with open_session(CAPTURES / name, registry=registry()) as session:
        for text in FILTERS:
            wanted = filter_of(text)
            work = FilterPass(recording, wanted)
            steps = Steps()
            work.run(steps)
            assert list(work.numbers) == [each.number for each in session.messages(wanted)], text
            assert work.failures == 0
            assert steps.seen[-1] == (recording.count, recording.count)


def test_ends_and_keeps_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "CHUNK", 10)
    work = FilterPass(recording_of("rt-link.pcap"), filter_of("n > 5"))
    work.run(Steps(3))
    assert list(work.numbers) == list(range(6, 31))


def test_follows_what_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is judged before it is known what belongs to it, but for what headers tell."""
    monkeypatch.setattr(filtering, "CHUNK", 16)
    path = str(CAPTURES / "nldemo-talk.pcap")
    for text in ("dir == reply", "nlmsg.type >= 16", 'txn.state == "done"', 'family == "nldemo"'):
        recording = Recording(open_capture(path), registry(), Learned())
        reading = Event()
        reading.set()
        work = FilterPass(recording, filter_of(text), reading.is_set)
        thread = Thread(target=work.run, args=(Steps(),))
        thread.start()

        def step() -> bool:
            sleep(0.003)
            return True

        recording.read(step)
        reading.clear()
        thread.join()
        whole = FilterPass(recording_of("nldemo-talk.pcap"), filter_of(text))
        whole.run(Steps())
        assert work.numbers == whole.numbers, text
        assert work.numbers


def test_what_was_never_read_is_not_waited_for() -> None:
    recording = Recording(open_capture(str(CAPTURES / "rt-link.pcap")), registry(), Learned())
    recording.read(lambda: False)
    assert not recording.whole
    work = FilterPass(recording, filter_of("n"), lambda: False)
    work.run(Steps())
    assert list(work.numbers) == list(range(1, recording.count + 1))


def test_judges_again_what_has_another_name_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "CHUNK", 20)
    recording = recording_of("nldemo-talk.pcap")
    id_ = next(
        message.type for message in Reader(recording).messages() if message.family == "nldemo"
    )
    work = FilterPass(recording, filter_of('family == "renamed"'))

    class Renaming(Steps):
        def step(self, done: int | None = None, total: int | None = None) -> bool:
            if len(self.seen) == 2:
                recording.rename(id_, "renamed")
            return super().step(done, total)

    work.run(Renaming())
    whole = FilterPass(recording, filter_of('family == "renamed"'))
    whole.run(Steps())
    assert work.numbers == whole.numbers
    assert work.numbers


def test_a_decoder_that_fails_is_counted() -> None:
    def match(message: Message) -> bool:
        if message.number % 10 == 0:
            raise ValueError("a bug")
        return True

    recording = recording_of("rt-link.pcap")
    work = FilterPass(recording, Filter("x", match, None, False, frozenset()))
    work.run(Steps())
    assert work.failures == recording.count // 10
    assert len(work.numbers) == recording.count - work.failures
    assert not any(number % 10 == 0 for number in work.numbers)


@CHANGEABLE
def test_records_that_fail_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recording_of("rt-link.pcap")
    bad = recording.record_of(30)

    def dissect(self: Any, record: Any, only: Any = None) -> list[Message]:
        if record.number == bad:
            raise ValueError("a bug")
        return original(self, record, only)

    from nldissect.dissect import Dissector

    original: Callable[..., list[Message]] = Dissector.dissect
    monkeypatch.setattr(Dissector, "dissect", dissect)
    work = FilterPass(recording, filter_of("n"))
    work.run(Steps())
    lost = [n for n in range(1, recording.count + 1) if recording.record_of(n) == bad]
    assert work.failures == len(lost)
    assert list(work.numbers) == [n for n in range(1, recording.count + 1) if n not in lost]
    made = list(messages_of(Reader(recording), range(1, 41)))
    assert [each is None for each in made] == [n in lost for n in range(1, 41)]
    assert [each.number for each in made if each is not None] == [
        n for n in range(1, 41) if n not in lost
    ]


def test_messages_in_any_order() -> None:
    reader = Reader(recording_of("rt-link.pcap"))
    numbers = [9, 3, 4, 5, 6, 7, 8, 1, 1, 40]
    assert [each.number for each in messages_of(reader, numbers) if each] == numbers


# Sorting


def in_order(recording: Recording, numbers: Any, column: Column, backwards: bool) -> list[int]:
    """The plain way."""
    reader = Reader(recording)
    summarizer = Summarizer(recording.learned)
    present, absent = [], []
    for number in numbers:
        message = reader.message(number)
        value: Any = column.value(message, summarizer.summary(message))
        key = (1, value.casefold()) if isinstance(value, str) else (0, value)
        if value is None:
            absent.append(number)
        else:
            present.append((key, number))
    present.sort(key=lambda pair: pair[0], reverse=backwards)
    return [number for _, number in present] + absent


@pytest.mark.parametrize("backwards", [False, True])
def test_sorts_by_every_column(backwards: bool) -> None:
    recording = recording_of("rt-link.pcap")
    catalogue = Catalogue(registry())
    fields = [of_field(catalogue.field(name)) for name in ("rt-link.ifname", "nlmsg.len")]
    for numbers in (range(1, recording.count + 1), array("I", range(3, recording.count, 7))):
        for column in [*standard(), *fields]:
            work = SortPass(recording, numbers, column, backwards)
            found = work.run(Steps())
            assert list(found or ()) == in_order(recording, numbers, column, backwards), column.key


def column_of(values: dict[int, Any]) -> Column:
    return Column("x", "X", 5, lambda row: "", lambda message, _: values.get(message.number))


@given(
    st.dictionaries(
        st.integers(1, 60),
        st.none() | st.integers(-3, 3) | st.integers() | st.text("abC", max_size=2)
        | st.floats(allow_nan=False) | st.booleans(),
    ),
    st.booleans(),
)  # fmt: skip
def test_sorts_whatever_the_values(values: dict[int, Any], backwards: bool) -> None:
    recording = rt_link()
    column = column_of(values)
    found = SortPass(recording, range(1, 61), column, backwards).run(Steps())
    assert list(found or ()) == in_order(recording, range(1, 61), column, backwards)


@cache
def rt_link() -> Recording:
    return recording_of("rt-link.pcap")


def test_values_that_are_lists_sort_by_their_text_and_bugs_last() -> None:
    def value(message: Message, _: Any) -> Any:
        if message.number == 2:
            raise ValueError("a bug")
        return [["b"], None, "A", {"a": 1}][message.number - 1]

    column = Column("x", "X", 5, lambda row: "", value)
    found = SortPass(rt_link(), [1, 2, 3, 4], column, False).run(Steps())
    assert list(found or ()) == [3, 4, 1, 2]


def test_too_many_texts_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "_MOST_TEXTS", 5)
    column = column_of({number: f"text {number}" for number in range(10)})
    with pytest.raises(UsageError, match="more than 5 different texts in the column X"):
        SortPass(rt_link(), range(1, 20), column, False).run(Steps())


def test_sorting_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "CHUNK", 10)
    assert SortPass(rt_link(), range(1, 101), standard()[1], False).run(Steps(3)) is None
    assert sorted_places(list(range(9000)), False, lambda: False) is None


@given(st.lists(st.integers(0, 9) | st.integers()), st.booleans())
def test_places_are_stable(values: list[int], backwards: bool) -> None:
    found = sorted_places(values, backwards, lambda: True)
    wanted = sorted(range(len(values)), key=values.__getitem__, reverse=backwards)
    assert list(found or ()) == wanted


def test_places_of_many() -> None:
    values = array("q", ((number * 7919) % 50_021 // 3 for number in range(50_000)))
    found = sorted_places(values, False, lambda: True)
    assert list(found or ()) == sorted(range(50_000), key=values.__getitem__)


def test_session_is_the_measure() -> None:
    """The comparison above compares something."""
    with open_session(CAPTURES / "rt-link.pcap", registry=registry()) as session:
        assert isinstance(session, Session)
        counts = [len(list(session.messages(filter_of(text)))) for text in FILTERS]
    assert sum(map(bool, counts)) >= 7
