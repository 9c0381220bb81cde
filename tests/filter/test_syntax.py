"""The parser: trees, precedence, printing, and what it says of mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.errors import FilterError
from nldissect.filter.syntax import (
    FUNCTIONS,
    MAX_DEPTH,
    MAX_LENGTH,
    And,
    Call,
    Compare,
    Exists,
    Expr,
    Masked,
    Not,
    Operand,
    Or,
    Slice,
    Text,
    Within,
    Word,
    Xor,
    parse,
)

a, b, c = (Exists(Word(name)) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", a),
        ("a == any", Compare("==", Word("a"), Word("any"))),
        ("(a == in) && b", And((Compare("==", Word("a"), Word("in")), b))),
        ("a in {eq, all..or}", Within(Word("a"), ((Word("eq"), None), (Word("all"), Word("or"))))),
        ("!a", Not(a)),
        ("not a", Not(a)),
        ("!!a", a),
        ("a and b or c", Or((And((a, b)), c))),
        ("a or b and c", Or((a, And((b, c))))),
        ("a or b xor c", Or((a, Xor((b, c))))),
        ("a xor b and c", Xor((a, And((b, c))))),
        ("a && b && c", And((a, b, c))),
        ("a and (b and c)", And((a, And((b, c))))),
        ("not a and b", And((Not(a), b))),
        ("not a == 1", Not(Compare("==", Word("a"), Word("1")))),
        ("a eq 1", Compare("==", Word("a"), Word("1"))),
        ("a~\"x\"", Compare("matches", Word("a"), Text("x"))),
        ("a ne 1", Compare("!=", Word("a"), Word("1"))),
        ("a all_ne 1", Compare("!=", Word("a"), Word("1"))),
        ("a !== 1", Compare("!==", Word("a"), Word("1"))),
        ("any a != 1", Compare("!==", Word("a"), Word("1"))),
        ("all a == 1", Compare("===", Word("a"), Word("1"))),
        ("all a > 1", Compare(">", Word("a"), Word("1"), True)),
        (
            "1 < a <= 5",
            And((Compare("<", Word("1"), Word("a")), Compare("<=", Word("a"), Word("5")))),
        ),
        ("a & 3 == 1", Compare("==", Masked(Word("a"), Word("3")), Word("1"))),
        ("a & 3 && b", And((Exists(Masked(Word("a"), Word("3"))), b))),
        ("a[1]", Exists(Slice(Word("a"), ((1, 1),)))),
        ("a[1:2]", Exists(Slice(Word("a"), ((1, 2),)))),
        ("a[1-2]", Exists(Slice(Word("a"), ((1, 2),)))),
        ("a[:2]", Exists(Slice(Word("a"), ((0, 2),)))),
        ("a[2:]", Exists(Slice(Word("a"), ((2, None),)))),
        ("a[-4:2]", Exists(Slice(Word("a"), ((-4, 2),)))),
        ("a[0,2-3]", Exists(Slice(Word("a"), ((0, 1), (2, 2))))),
        ("len(a) > 3", Compare(">", Call("len", (Word("a"),)), Word("3"))),
        ("max(a, b) > 3", Compare(">", Call("max", (Word("a"), Word("b"))), Word("3"))),
        ("a in {1, 2..3}", Within(Word("a"), ((Word("1"), None), (Word("2"), Word("3"))))),
        ("a in{1..2}", Within(Word("a"), ((Word("1"), Word("2")),))),
        ("a not in {1}", Not(Within(Word("a"), ((Word("1"), None),)))),
        ("a == state(12)", Compare("==", Word("a"), Word("state(12)"))),
        ("a == fe80::1/64", Compare("==", Word("a"), Word("fe80::1/64"))),
        ('a == "x\\"\\x41\\n\\u20ac"', Compare("==", Word("a"), Text('x"A\n€'))),
        ('a == r"\\d\\"x"', Compare("==", Word("a"), Text('\\d"x'))),
        ('a == "\\xff"', Compare("==", Word("a"), Text("\udcff"))),
    ],
)  # fmt: skip
def test_trees(text: str, tree: Expr) -> None:
    assert parse(text) == tree
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("", 0, "the filter is empty"),
        ("a ==", 4, "ends too early"),
        ("a = b", 2, "did you mean ==?"),
        ("a AND b", 2, "did you mean and?"),
        ("a | b", 2, "did you mean ||?"),
        ("a b", 2, "b cannot stand here"),
        ("(a", 2, "ends too early"),
        ("a)", 1, ") cannot stand here"),
        ("a == == b", 5, "== cannot stand here"),
        ("a == any b", 5, "any cannot stand here"),
        ("a == and b == 1", 5, "and cannot stand here"),
        ("a in 3", 5, "expected {"),
        ("a in {1", 7, "ends too early"),
        ("a in {1 2}", 8, "expected ,, .., }"),
        ('a == "x', 5, "not closed"),
        ("a == 'x'", 5, 'text stands in "'),
        ('a == "\\d"', 6, "no escape \\d"),
        ('a == "\\ud800"', 6, "no such character"),
        ("a[", 1, "not closed"),
        ("a[x]", 2, "no slice"),
        ("a[0,]", 4, "no slice"),
        ("a[3-1]", 2, "ends at 1, before 3"),
        ("lenn(a) > 1", 0, "did you mean len?"),
        ("any a", 5, "expected a comparison"),
        ('"x"', 0, "says nothing"),
        ("a\0", 1, "character 0x0"),
        ("(" * 1000, MAX_DEPTH, "nested deeper"),
        ("!(" * 1000, MAX_DEPTH * 2 + 1, "nested deeper"),
        ("len(" * 1000, MAX_DEPTH * 4, "nested deeper"),
        ("!" * 1000, 1000, "ends too early"),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH, "longer than"),
    ],
)
def test_mistakes(text: str, column: int, what: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert what in str(caught.value)
    assert caught.value.column == column
    shown, mark = caught.value.caret()
    assert len(shown) <= 78
    assert len(mark) <= 79
    assert mark.strip("~ ") == "^"


def test_the_caret_stands_under_the_mistake() -> None:
    with pytest.raises(FilterError) as caught:
        parse("aa == 3 bb")
    assert caught.value.caret() == ("aa == 3 bb", "        ^~")
    with pytest.raises(FilterError) as caught:
        parse("x && " * 100 + "== 3")
    shown, mark = caught.value.caret()
    assert shown[mark.index("^") :] == "== 3"


RESERVED = ["in", "any", "all", "or", "and", "xor", "not", "eq", "ne", "gt", "lt", "ge", "le"]
NAME = r"[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3})?(\.[a-z][a-z0-9_]{0,4}){0,2}"
names = st.from_regex(NAME, fullmatch=True).filter(
    lambda name: name not in RESERVED and name not in FUNCTIONS
)
words = st.one_of(
    names,
    st.integers(-(2**64), 2**64).map(str),
    st.sampled_from(["0x1f", "5ms", "aa:bb:cc", "10.0.0.0/8", "::1", "enum(12)", "2026-01-01"]),
).map(Word)
texts = st.text(st.characters(codec="utf-8"), max_size=8).map(Text)
parts = st.tuples(st.integers(-9, 99), st.none() | st.integers(0, 99))
bases: st.SearchStrategy[Operand] = st.recursive(
    names.map(Word),
    lambda inner: st.one_of(
        st.builds(Slice, inner, st.lists(parts, min_size=1, max_size=2).map(tuple)),
        st.builds(
            Call, st.sampled_from(FUNCTIONS), st.lists(inner, min_size=1, max_size=2).map(tuple)
        ),
    ),
    max_leaves=3,
)
operands: st.SearchStrategy[Operand] = st.one_of(bases, st.builds(Masked, bases, words))
items = st.tuples(st.one_of(words, texts), st.none() | words)
tests: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Exists, operands),
    st.builds(
        Compare,
        st.sampled_from(["==", "===", "!=", "!==", "<", ">=", "contains", "matches"]),
        operands,
        st.one_of(words, texts, operands),
    ),
    st.builds(Compare, st.sampled_from(["<", ">="]), operands, words, st.just(True)),
    st.builds(Within, operands, st.lists(items, min_size=1, max_size=3).map(tuple), st.booleans()),
)
trees: st.SearchStrategy[Expr] = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        *(
            st.builds(kind, st.lists(inner, min_size=2, max_size=3).map(tuple))
            for kind in (And, Or, Xor)
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(trees)
def test_what_is_printed_reads_the_same(tree: Expr) -> None:
    assert parse(str(tree)) == tree
