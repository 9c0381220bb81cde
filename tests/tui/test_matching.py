"""What matches, and that no expression can hang whoever asks."""

from __future__ import annotations

from time import monotonic

import pytest
from hypothesis import given, strategies as st

from nldissect.errors import UsageError
from nldissect.tui.matching import Pattern, hex_bytes


def spans(text: str, how: str, *texts: str | bytes) -> list[list[tuple[int, int]]]:
    pattern = Pattern(text, how, in_bytes=isinstance(texts[0], bytes))
    try:
        return pattern.spans(texts)
    finally:
        pattern.close()


@pytest.mark.parametrize(
    ("text", "how", "where", "found"),
    [
        ("eth", "text", "an ETH0, eth1", [(3, 6), (9, 12)]),
        ("ETH", "text", "an ETH0, eth1", [(3, 6)]),
        ("a.b", "text", "axb a.b", [(4, 7)]),
        ("e.h", "regex", "an ETH0, eth1", [(3, 6), (9, 12)]),
        (r"\Deth\S", "regex", "an ETH0, eth1", [(2, 7), (8, 13)]),
        ("E[S-V]H", "regex", "an ETH0, eth1", [(3, 6)]),
        ("^$", "regex", "", [(0, 0)]),
        ("0a:00 ff", "hex", b"\x0a\x00\xff\x0a\x00\xff", [(0, 3), (3, 6)]),
        ("2e", "hex", b"a.b", [(1, 2)]),
        ("ü", "text", "aü".encode(), [(1, 3)]),
        ("lo", "text", b"LO lo", [(0, 2), (3, 5)]),
        (r"\x00.\x00", "regex", b"\x00\n\x00", [(0, 3)]),
    ],
)
def test_spans(text: str, how: str, where: str | bytes, found: list[tuple[int, int]]) -> None:
    assert spans(text, how, where) == [found]


@pytest.mark.parametrize(
    ("text", "raw"),
    [("0a00", b"\x0a\0"), ("0a:00 ff", b"\x0a\0\xff"), ("0x0A-00", b"\x0a\0"), (" 7f ", b"\x7f")],
)
def test_hex(text: str, raw: bytes) -> None:
    assert hex_bytes(text) == raw


@given(st.binary(min_size=1), st.sampled_from(["", " ", ":"]))
def test_hex_is_read_as_it_is_written(raw: bytes, between: str) -> None:
    assert hex_bytes(raw.hex(between) if between else raw.hex()) == raw


@pytest.mark.parametrize(
    ("text", "how", "words"),
    [
        ("", "text", "nothing to search for"),
        ("x" * 1001, "text", "longer than"),
        ("0", "hex", "two digits"),
        ("0g", "hex", "two digits"),
        ("0:a0", "hex", "two digits"),
        ("(", "regex", "no regular expression: "),
        ("a{99999999999999999999}", "regex", "no regular expression"),
    ],
)
def test_what_means_nothing(text: str, how: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Pattern(text, how, in_bytes=False)


def test_an_expression_without_end_is_given_up() -> None:
    pattern = Pattern("(a+)+$", "regex", in_bytes=False)
    started = monotonic()
    texts = ["aaa", "a" * 50 + "b", "b", "a"]
    assert pattern.spans(texts) == [[(0, 3)], [], [], [(0, 1)]]
    assert pattern.slow == 1
    assert monotonic() - started < 10
    assert pattern.spans(["a"]) == [[(0, 1)]]
    pattern.close()
    pattern.close()


def test_as_many_as_are_wanted() -> None:
    for how in ("text", "regex"):
        pattern = Pattern("a", how, in_bytes=False)
        assert pattern.spans(["aaa", "b"], 2) == [[(0, 1), (1, 2)], []]
        pattern.close()


@given(st.lists(st.text("ab\n\x00é", max_size=6)))
def test_many_texts(texts: list[str]) -> None:
    found = PATTERN.spans(texts)
    assert [[text[a:b] for a, b in each] for text, each in zip(texts, found)] == [
        ["ab"] * text.count("ab") for text in texts
    ]


PATTERN = Pattern("ab", "regex", in_bytes=False)


@pytest.fixture(autouse=True, scope="module")
def no_process_is_left() -> object:
    yield
    PATTERN.close()
