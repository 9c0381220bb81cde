"""Whose port ids were: the table of processes."""

from __future__ import annotations

from hypothesis import given, strategies as st

from nldissect.model import Process, Processes


def table(*entries: tuple[int, int, str, int]) -> Processes:
    """A table of (protocol, port, name, since)."""
    processes = Processes()
    for protocol, port, name, since_ns in entries:
        processes.add(Process(protocol, port, port, name, "exec", since_ns))
    return processes


def name(processes: Processes, protocol: int, port: int, time_ns: int | None) -> str | None:
    found = processes.of(protocol, port, time_ns)
    return None if found is None else found.name


def test_the_latest_that_began_before() -> None:
    processes = table((0, 7, "b", 20), (0, 7, "a", 10), (16, 7, "c", 0), (0, 8, "d", 0))
    assert [name(processes, 0, 7, time_ns) for time_ns in (9, 10, 19, 20, 99)] == [
        None, "a", "a", "b", "b",
    ]  # fmt: skip
    assert name(processes, 0, 7, None) == "a"
    assert name(processes, 16, 7, 0) == "c"
    assert name(processes, 16, 8, 0) is None
    assert [process.name for process in processes] == ["b", "a", "c", "d"]


def test_of_one_time_the_last() -> None:
    assert name(table((0, 7, "a", 10), (0, 7, "b", 10)), 0, 7, 10) == "b"


def test_an_equal_entry_is_not_taken_again() -> None:
    processes = table((0, 7, "a", 10), (0, 7, "a", 10), (0, 7, "a", 11))
    assert len(processes) == 2
    assert processes[1].since_ns == 11


def test_it_is_bounded() -> None:
    processes = Processes()
    for port in range(65537):
        processes.add(Process(0, port, port, "", "exec", 0))
    assert len(processes) == 65536
    assert processes.of(0, 65535, 0) is not None
    assert processes.of(0, 65536, 0) is None


@given(st.text(st.characters(codec="utf-8"), min_size=60, max_size=400))
def test_names_are_cut(text: str) -> None:
    for _ in range(2):
        processes = table((0, 7, text, 0), (0, 7, text, 0))
        assert len(processes) == 1
        cut = processes[0].name
        assert text.startswith(cut)
        assert len(cut.encode()) <= 256
        assert cut == text or len((cut + text[len(cut)]).encode()) > 256


def test_the_label_is_safe() -> None:
    assert Process(0, 7, 12, "a\x1b[31m\n", "exec", 0).label == "a\\x1b[31m\\n[12]"
