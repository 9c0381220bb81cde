from __future__ import annotations

import random
from array import array

import pytest

from nldissect.recording import Recording
from nldissect.tui.rows import Rows
from tests.tui.driving import recording_of


@pytest.fixture(scope="module", params=["nlctrl.pcap", "rt-link.pcap", "nl80211.pcap.gz"])
def recording(request: pytest.FixtureRequest) -> Recording:
    return recording_of(request.param)


def shown(rows: Rows) -> list[int]:
    return [rows.number(row) for row in range(len(rows))]


def expected(recording: Recording, base: list[int], open_: set[int], folded: bool) -> list[int]:
    """What is shown, said as plainly as can be."""
    result: list[int] = []
    met: set[int] = set()
    for number in base:
        txn = recording.transaction_of(number)
        is_open = not folded if txn not in open_ else folded
        whole = len(base) == recording.count
        if not recording.mark(number) or is_open or (not whole and txn not in met):
            result.append(number)
        met.add(txn)
    return result


def test_all(recording: Recording) -> None:
    rows = Rows(recording)
    assert shown(rows) == list(range(1, recording.count + 1))
    assert [rows.row(n) for n in (1, 5, recording.count)] == [0, 4, recording.count - 1]
    assert rows.number(-1) == rows.number(recording.count) == 0
    assert rows.row(recording.count + 9) == recording.count - 1


@pytest.mark.parametrize("some", [False, True])
@pytest.mark.parametrize("folded", [False, True])
def test_folding(recording: Recording, some: bool, folded: bool) -> None:
    random_ = random.Random(7)
    everything = range(1, recording.count + 1)
    base = sorted(random_.sample(everything, recording.count // 2)) if some else list(everything)
    rows = Rows(recording)
    rows.choose(array("I", base) if some else None)
    rows.fold(folded)
    toggled: set[int] = set()
    assert shown(rows) == expected(recording, base, toggled, folded)
    foldable = [number for number in base if rows.foldable(number)]
    assert foldable
    for number in random_.sample(foldable, min(6, len(foldable))):
        rows.toggle(number)
        toggled ^= {recording.transaction_of(number)}
        assert shown(rows) == expected(recording, base, toggled, folded)
    rows.renew()
    assert shown(rows) == expected(recording, base, toggled, folded)


def test_hidden_are_found_at_the_row_that_stands_for_them(recording: Recording) -> None:
    rows = Rows(recording)
    rows.fold(True)
    covered: list[int] = []
    for number in shown(rows):
        hidden = rows.hidden(number)
        covered += [number, *hidden]
        assert all(rows.row(each) == rows.row(number) for each in hidden)
        assert rows.shows(number)
        assert not any(rows.shows(each) for each in hidden)
    assert sorted(covered) == list(range(1, recording.count + 1))
    assert len(rows) < recording.count


def test_what_comes_later(recording: Recording) -> None:
    """Rows that grow with a filter's finds are those that are made at its end."""
    numbers = array("I")
    rows = Rows(recording)
    rows.fold(True)
    rows.choose(numbers)
    for number in range(1, recording.count + 1, 2):
        numbers.append(number)
        if number % 5 == 0:
            rows.update()
    rows.update()
    grown = shown(rows)
    rows.renew()
    assert shown(rows) == grown


def test_limit_holds_still(recording: Recording) -> None:
    rows = Rows(recording)
    rows.limit = 3
    assert shown(rows) == [1, 2, 3]
    rows.choose(array("I", [1, 2, 3, 4]))
    assert shown(rows) == [1, 2, 3]


def test_sorted(recording: Recording) -> None:
    rows = Rows(recording)
    rows.fold(True)
    rows.sorted = array("I", range(recording.count, 0, -1))
    assert shown(rows) == list(range(recording.count, 0, -1))
    assert rows.row(2) == recording.count - 2
    assert not rows.hidden(1)
    rows.choose(array("I", [2]))
    assert shown(rows) == [2]
