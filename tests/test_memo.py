"""What is kept stays while it is asked for, and weighs no more than it may."""

from __future__ import annotations

import struct

from nldissect.dissect import Plan
from nldissect.memo import Bodies, Budget, Kept, Memo
from nldissect.model import Message
from tests.check import dissector
from tests.test_dissect import link, nlmsg, record


def test_what_is_asked_for_stays_and_the_rest_goes() -> None:
    memo: Memo[Kept] = Memo(Budget(100))
    memo.put(b"wanted", Kept(10))
    for number in range(200):
        memo.put(b"%d" % number, Kept(10))
        assert memo.get(b"wanted") is not None
    assert memo.get(b"0") is None
    assert sum(memo.get(b"%d" % number) is not None for number in range(200)) <= 20


def test_memos_of_one_budget_share_it() -> None:
    budget = Budget(100)
    first: Memo[Kept] = Memo(budget)
    second: Memo[Kept] = Memo(budget)
    first.put(b"a", Kept(60))
    for number in range(4):
        second.put(b"%d" % number, Kept(60))
    assert first.get(b"a") is None


def test_it_rests_where_nothing_is_found() -> None:
    memo: Memo[Kept] = Memo(Budget(1000))
    looks = 0
    for number in range(20_000):
        if not memo.rests():
            looks += 1
            memo.get(b"%d" % number)
    assert 2000 <= looks < 4000
    # What comes again after a while is found.
    memo = Memo(Budget(1 << 20))
    found = 0
    for number in range(9000):
        key = b"%d" % (number % 900)
        if not memo.rests() and memo.get(key) is None:
            memo.put(key, Kept(10))
        else:
            found += 1
    assert found > 8000


def test_what_follows_each_other_is_found_and_what_is_replaced_is_not() -> None:
    memo: Memo[Kept] = Memo(Budget(1 << 20))
    kept = {number: Kept(10) for number in range(50)}
    for number, thing in kept.items():
        memo.put(b"%d" % number, thing)
    for order in (range(50), range(50), range(0, 50, 7), range(49, -1, -1), range(50)):
        assert all(memo.get(b"%d" % number) is kept[number] for number in order)
    assert memo.get(b"5") is kept[5]
    assert memo.get(b"6") is kept[6]
    kept[6] = Kept(10)
    memo.put(b"6", kept[6])
    for number in (5, 6, 7, 5, 6, 7):
        assert memo.get(b"%d" % number) is kept[number]
    memo.age()
    assert memo.get(b"5") is kept[5]
    memo.age()
    memo.age()
    assert memo.get(b"5") is None


def message_of(flags: int, body: bytes = bytes(16), kind: int = 16) -> Message:
    (message,) = READER.dissect(record(link(0) + nlmsg(kind, body, flags)))
    return message


READER = dissector()


def test_bodies_are_kept_by_the_tables_that_read_them() -> None:
    bodies: Bodies[Kept] = Bodies(Budget(1000))
    asked, told = message_of(1), message_of(0)
    deleted = message_of(0, kind=17)
    bare = message_of(1, struct.pack("<B", 0), kind=18)

    def memo(message: Message) -> Memo[Kept]:
        assert isinstance(message.plan, Plan)
        return bodies.of(message, message.plan)

    assert memo(asked) is memo(message_of(5)) is memo(asked)
    # A request is remarked upon, and the same bytes from the kernel are not.
    assert memo(asked) is not memo(told)
    assert memo(told) is memo(deleted)
    assert memo(bare) is not memo(asked)
