"""Transactions: crafted conversations, real captures, and header soup."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Record, Transaction
from nldissect.transact import COPY_WITHIN_NS, PATIENCE_NS, Fates, Tracker

from .check import REGISTRY, dissector

READER = dissector()
CAPTURES = sorted((Path(__file__).parent.parent / "captures").glob("*.pcap*"))

ROUTE, XFRM, NETFILTER, GENERIC, FIB_LOOKUP, USERSOCK = 0, 6, 12, 16, 10, 2
REQUEST, MULTI, ACK, ECHO, INTR, DUMP = 1, 2, 4, 8, 16, 0x300
CAPPED, CREATE = 0x100, 0x400
ERROR, DONE = 2, 3
NEWLINK, DELLINK, GETLINK, SETLINK = 16, 17, 18, 19
NEWADDR, GETADDR, NEWQDISC, NEWTFILTER, GETTFILTER = 20, 22, 36, 44, 46
DELTFILTER, DELCHAIN = 45, 101
NEWTABLE, NEWRULE, GETRULE, NEWGEN, GETGEN = 0xA00, 0xA06, 0xA07, 0xA0F, 0xA10
BATCH_BEGIN, BATCH_END, DESTROYTABLE = 16, 17, 0xA1A
MS = 1_000_000


def nlmsg(
    kind: int, flags: int = 0, seq: int = 0, pid: int = 0, body: bytes = bytes(16), order: str = "<"
) -> bytes:
    """One message, padded to a multiple of 4."""
    body += bytes(-len(body) % 4)
    return struct.pack(f"{order}IHHII", 16 + len(body), kind, flags, seq, pid) + body


def attr(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("<HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def link(index: int = 0, name: str = "") -> bytes:
    """The body of a link message."""
    head = struct.pack("<BxHiII", 0, 0, index, 0, 0)
    return head + (attr(3, name.encode() + b"\0") if name else b"")


def refusal(
    request: bytes, pid: int, code: int = 0, *, whole: bool = False, order: str = "<"
) -> bytes:
    """The error or ack of a request."""
    seq = struct.unpack_from(f"{order}I", request, 8)[0]
    body = struct.pack(f"{order}i", code) + (request if whole else request[:16])
    return nlmsg(ERROR, 0 if whole else CAPPED, seq, pid, body, order)


def done(seq: int, pid: int, order: str = "<") -> bytes:
    """The end of a dump."""
    return nlmsg(DONE, MULTI, seq, pid, bytes(4), order)


class Talk:
    """Takes records one by one, a millisecond apart unless told otherwise."""

    def __init__(self, protocol: int = ROUTE, *, order: str | None = None) -> None:
        interfaces = [Interface(0, 253, 262144, "", "", "little") for _ in range(3)]
        self.reader = Dissector(REGISTRY, Learned({21: "ethtool"}), interfaces, order=order)
        self.ended: list[Transaction] = []
        self.tracker = self.reader.tracker = Tracker(self.reader, self.ended.append)
        self.protocol = protocol
        self.records: list[Record] = []
        self.time_ns: int | None = 0

    def all(
        self, *messages: bytes, protocol: int = -1, interface: int = 0, after: int = MS
    ) -> list[Message]:
        """The messages of the next record."""
        if self.time_ns is not None:
            self.time_ns += after
        number = self.protocol if protocol < 0 else protocol
        data = struct.pack(">HHH8xH", 4, 824, 0, number) + b"".join(messages)
        record = Record(len(self.records) + 1, self.time_ns, interface, 253, data, len(data))
        self.records.append(record)
        return self.reader.dissect(record)

    def one(
        self, message: bytes, *, protocol: int = -1, interface: int = 0, after: int = MS
    ) -> Message:
        """The only message of the next record."""
        (found,) = self.all(message, protocol=protocol, interface=interface, after=after)
        return found


def txn_of(message: Message) -> Transaction:
    assert message.txn is not None
    return message.txn


def codes(message: Message) -> list[str]:
    return [note.code for note in message.problems if note.code.startswith("txn.")]


# One conversation


def test_a_get_and_its_answer() -> None:
    talk = Talk()
    request = talk.one(nlmsg(GETLINK, REQUEST, 7))
    txn = txn_of(request)
    assert (txn.kind, txn.number, txn.state, txn.port, txn.dump) == ("request", 1, "open", 0, False)
    answer = talk.one(nlmsg(NEWLINK, 0, 7, 99), after=5 * MS)
    assert answer.txn is txn
    assert (request.direction, answer.direction, answer.latency_ns) == ("request", "reply", 5 * MS)
    assert (txn.state, txn.port, txn.answers, txn.parts, txn.code) == ("done", 99, 1, 1, None)
    assert txn.first_ns == txn.last_ns == answer.record.time_ns
    assert txn.source is not None
    assert txn.source.number == request.number


def test_a_set_with_its_ack() -> None:
    talk = Talk()
    asked = nlmsg(NEWLINK, REQUEST | ACK | CREATE, 7)
    txn = txn_of(talk.one(asked))
    assert talk.one(refusal(asked, 99)).txn is txn
    assert (txn.state, txn.code, txn.port, txn.answers) == ("done", 0, 99, 1)


def test_a_get_with_answer_and_ack() -> None:
    talk = Talk()
    asked = nlmsg(GETLINK, REQUEST | ACK, 7)
    txn = txn_of(talk.one(asked))
    assert talk.one(nlmsg(NEWLINK, 0, 7, 99)).txn is txn
    assert txn.state == "open"
    assert talk.one(refusal(asked, 99)).txn is txn
    assert (txn.state, txn.code, txn.answers) == ("done", 0, 2)


@pytest.mark.parametrize("whole", [False, True])
def test_a_refusal(whole: bool) -> None:
    talk = Talk()
    asked = nlmsg(SETLINK, REQUEST, 7)
    txn = txn_of(talk.one(asked))
    assert talk.one(refusal(asked, 99, -19, whole=whole)).txn is txn
    assert (txn.state, txn.code, txn.port) == ("failed", -19, 99)


def test_the_kernel_may_change_the_flags_in_its_copy() -> None:
    talk = Talk()
    asked = nlmsg(24, REQUEST | ACK | CREATE | 0x200, 7)
    txn = txn_of(talk.one(asked))
    changed = asked[:6] + struct.pack("<H", REQUEST | ACK | CREATE) + asked[8:]
    assert talk.one(refusal(changed, 99, -17, whole=True)).txn is txn


def test_whole_copies_tell_requests_apart_whose_headers_are_equal() -> None:
    talk = Talk()
    asked = [nlmsg(SETLINK, REQUEST | ACK, 7, 0, link(index)) for index in (1, 2, 3)]
    txns = [txn_of(talk.one(each)) for each in asked]
    for index in (2, 0, 1):
        assert talk.one(refusal(asked[index], 90 + index, -19, whole=True)).txn is txns[index]
    assert not any(txn.ambiguous for txn in txns)


def test_a_dump_in_several_records() -> None:
    talk = Talk()
    txn = txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7)))
    part = nlmsg(NEWLINK, MULTI, 7, 99)
    answers = [*talk.all(part, part, part), *talk.all(part, part), *talk.all(part, done(7, 99))]
    assert {answer.txn for answer in answers} == {txn}
    assert {answer.direction for answer in answers} == {"reply"}
    assert [answer.latency_ns for answer in answers] == [MS] * 3 + [2 * MS] * 2 + [3 * MS] * 2
    assert (txn.dump, txn.state, txn.code, txn.answers, txn.parts) == (True, "done", 0, 7, 3)


@pytest.mark.parametrize("flag", [0x100, 0x200])
def test_either_bit_asks_for_a_dump(flag: int) -> None:
    talk = Talk()
    txn = txn_of(talk.one(nlmsg(GETLINK, REQUEST | flag, 7)))
    talk.all(nlmsg(NEWLINK, MULTI, 7, 99), nlmsg(NEWLINK, MULTI, 7, 99))
    assert (txn.dump, txn.state) == (True, "open")
    assert talk.one(done(7, 99)).txn is txn
    empty = txn_of(talk.one(nlmsg(GETLINK, REQUEST | flag, 8)))
    assert talk.one(done(8, 99)).txn is empty
    assert empty.state == "done"


def test_a_dump_that_asks_for_an_ack_ends_with_done() -> None:
    talk = Talk()
    txn = txn_of(talk.one(nlmsg(GETLINK, REQUEST | ACK | DUMP, 7)))
    talk.all(nlmsg(NEWLINK, MULTI, 7, 99), done(7, 99))
    assert txn.state == "done"


def test_a_do_may_answer_with_parts_a_done_and_an_ack() -> None:
    talk = Talk()
    asked = nlmsg(GETLINK, REQUEST | ACK, 7)
    txn = txn_of(talk.one(asked))
    for answer in (nlmsg(NEWLINK, MULTI, 7, 99), done(7, 99), refusal(asked, 99)):
        assert talk.one(answer).txn is txn
    assert (txn.state, txn.answers, txn.code) == ("done", 3, 0)


def test_a_do_without_ack_may_answer_with_several_messages() -> None:
    talk = Talk()
    txn = txn_of(talk.one(nlmsg(GETLINK, REQUEST, 7)))
    for index in range(3):
        assert talk.one(nlmsg(NEWLINK, 0, 7, 99, link(index))).txn is txn
    assert txn.answers == 3


def test_an_interrupted_dump() -> None:
    talk = Talk()
    txn = txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7)))
    part = nlmsg(NEWLINK, MULTI, 7, 99)
    talk.one(part)
    assert not txn.interrupted
    broken = talk.one(nlmsg(NEWLINK, MULTI | INTR, 7, 99))
    assert (broken.txn, txn.interrupted, codes(broken)) == (txn, True, ["txn.interrupted"])
    assert codes(talk.one(part)) == []


def test_a_dump_that_fails_while_it_runs() -> None:
    talk = Talk()
    txn = txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7)))
    talk.one(nlmsg(NEWLINK, MULTI, 7, 99))
    talk.one(nlmsg(DONE, MULTI, 7, 99, struct.pack("<i", -16)))
    assert (txn.state, txn.code) == ("failed", -16)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders(order: str) -> None:
    talk = Talk(order="big" if order == ">" else "little")
    asked = nlmsg(GETLINK, REQUEST | ACK, 7, order=order)
    txn = txn_of(talk.one(asked))
    talk.one(nlmsg(NEWLINK, 0, 7, 99, order=order))
    talk.one(refusal(asked, 99, -22, whole=True, order=order))
    assert (txn.state, txn.code, txn.port, txn.answers) == ("failed", -22, 99, 2)


def test_a_capture_without_times() -> None:
    talk = Talk()
    talk.time_ns = None
    txn = txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7)))
    answers = [*talk.all(nlmsg(NEWLINK, MULTI, 7, 99)), *talk.all(done(7, 99))]
    assert [answer.latency_ns for answer in answers] == [None, None]
    assert (txn.start_ns, txn.first_ns, txn.last_ns, txn.state) == (None, None, None, "done")
    told = nlmsg(NEWLINK)
    assert [talk.one(told).copy for _ in range(2)] == [0, 1]
    for index in range(1, 40):
        talk.one(nlmsg(NEWLINK, body=link(index)))
    assert talk.one(told).copy == 0


# Who asked


def test_five_sockets_with_one_number() -> None:
    talk = Talk()
    asked = [nlmsg(GETLINK + 4 * kind, REQUEST | DUMP, 7) for kind in range(5)]
    txns = [txn_of(talk.one(each)) for each in asked]
    for kind in (4, 2, 0, 1, 3):
        assert talk.one(nlmsg(NEWLINK + 4 * kind, MULTI, 7, 100 + kind)).txn is txns[kind]
    for kind in (3, 0, 4, 1, 2):
        assert talk.one(done(7, 100 + kind)).txn is txns[kind]
    assert [txn.port for txn in txns] == [100, 101, 102, 103, 104]
    assert not any(txn.ambiguous for txn in txns)


def test_dumps_of_the_same_kind_are_bound_by_their_first_answers() -> None:
    talk = Talk()
    first, second = (txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7))) for _ in range(2))
    one, two = nlmsg(NEWLINK, MULTI, 7, 101), nlmsg(NEWLINK, MULTI, 7, 102)
    assert talk.one(one).txn is first
    assert talk.one(two).txn is second
    for part, txn in ((two, second), (one, first), (one, first), (two, second)):
        assert talk.one(part).txn is txn
    assert talk.one(done(7, 102)).txn is second
    assert talk.one(one).txn is first
    assert talk.one(done(7, 101)).txn is first
    assert (first.answers, second.answers) == (5, 4)


def test_ambiguity_is_told_of_both() -> None:
    talk = Talk()
    first, second = (txn_of(talk.one(nlmsg(GETLINK, REQUEST, 7))) for _ in range(2))
    answers = [talk.one(nlmsg(NEWLINK, 0, 7, port)) for port in (101, 102)]
    assert [answer.txn for answer in answers] == [first, second]
    assert (first.ambiguous, second.ambiguous) == (True, True)
    assert [codes(answer) for answer in answers] == [["txn.ambiguous"], ["txn.ambiguous"]]


def test_ambiguous_ends() -> None:
    talk = Talk()
    first, second = (txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7))) for _ in range(2))
    assert talk.one(done(7, 101)).txn is first
    assert talk.one(done(7, 102)).txn is second
    assert first.ambiguous
    assert second.ambiguous


def test_requests_of_one_record_are_answered_in_order() -> None:
    talk = Talk()
    asked = nlmsg(GETLINK, REQUEST, 7)
    requests = talk.all(asked, asked)
    answers = [talk.one(nlmsg(NEWLINK, 0, 7, 99)) for _ in range(2)]
    assert [answer.txn for answer in answers] == [request.txn for request in requests]
    assert not any(txn_of(request).ambiguous for request in requests)


def test_attributes_that_come_back_tell_requests_apart() -> None:
    talk = Talk()
    names = ["eth0", "eth1", "wlan0"]
    txns = [txn_of(talk.one(nlmsg(GETLINK, REQUEST, 7, 0, link(0, name)))) for name in names]
    for index in (2, 0, 1):
        answer = nlmsg(NEWLINK, 0, 7, 100 + index, link(index + 1, names[index]))
        assert talk.one(answer).txn is txns[index]
    assert not any(txn.ambiguous for txn in txns)


def test_words_of_the_header_that_come_back_tell_requests_apart() -> None:
    talk = Talk()
    txns = [txn_of(talk.one(nlmsg(GETLINK, REQUEST, 7, 0, link(index)))) for index in (4, 5, 6)]
    for index in (6, 5, 4):
        answer = nlmsg(NEWLINK, 0, 7, 100 + index, link(index, "x"))
        assert talk.one(answer).txn is txns[index - 4]
    assert not any(txn.ambiguous for txn in txns)


def test_operations_and_nests_that_come_back_tell_requests_apart() -> None:
    def header(name: str, index: int) -> bytes:
        inner = (attr(1, struct.pack("<I", index)) if index else b"") + attr(
            2, name.encode() + b"\0"
        )
        return attr(0x8001, inner)

    talk = Talk(GENERIC)
    # LINKINFO_GET 2, LINKMODES_GET 4 and RINGS_GET 15, answered by 2, 4 and 16.
    # FEATURES_SET 12, whose answer is no sure thing, is answered by 12.
    asked = [(2, "v0"), (15, "v1"), (15, "v0"), (4, "v0"), (12, "v0")]
    txns = [
        txn_of(talk.one(nlmsg(21, REQUEST, 3, 0, bytes([command, 1, 0, 0]) + header(name, 0))))
        for command, name in asked
    ]
    for index, command in ((4, 12), (2, 16), (3, 4), (1, 16), (0, 2)):
        answer = bytes([command, 1, 0, 0]) + header(asked[index][1], 5)
        assert talk.one(nlmsg(21, 0, 3, 100 + index, answer)).txn is txns[index]
    assert not any(txn.ambiguous for txn in txns)


def test_the_port_in_a_request_need_not_be_the_real_one() -> None:
    talk = Talk()
    asked = nlmsg(GETLINK, REQUEST | ACK, 7, 4711)
    txn = txn_of(talk.one(asked))
    assert txn.port == 4711
    assert talk.one(nlmsg(NEWLINK, 0, 7, 99)).txn is txn
    assert talk.one(refusal(asked, 99)).txn is txn
    assert (txn.port, txn.state) == (99, "done")


def test_a_claimed_port_decides_among_requests() -> None:
    talk = Talk()
    txns = [txn_of(talk.one(nlmsg(GETLINK, REQUEST, 7, port))) for port in (0, 101, 102)]
    assert talk.one(nlmsg(NEWLINK, 0, 7, 102)).txn is txns[2]
    assert talk.one(nlmsg(NEWLINK, 0, 7, 101)).txn is txns[1]
    assert talk.one(nlmsg(NEWLINK, 0, 7, 103)).txn is txns[0]
    assert not any(txn.ambiguous for txn in txns)


def test_an_answer_is_about_what_was_asked() -> None:
    talk = Talk()
    talk.one(nlmsg(GETLINK, REQUEST, 7))
    stray = talk.one(nlmsg(NEWQDISC, MULTI, 7, 99))
    assert txn_of(stray).kind == "orphan"


def test_a_request_whose_answer_was_missed_does_not_take_later_ones() -> None:
    talk = Talk()
    missed = txn_of(talk.one(nlmsg(GETLINK, REQUEST, 1)))
    later = txn_of(talk.one(nlmsg(GETLINK, REQUEST, 1), after=PATIENCE_NS + 1))
    assert talk.one(nlmsg(NEWLINK, 0, 1, 102)).txn is later
    assert (missed.state, missed.answers) == ("open", 0)


def test_interfaces_and_protocols_are_kept_apart() -> None:
    talk = Talk()
    places = [(0, ROUTE), (1, ROUTE), (0, XFRM), (1, XFRM)]
    txns = [
        txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7), protocol=protocol, interface=interface))
        for interface, protocol in places
    ]
    part = nlmsg(NEWLINK, MULTI, 7, 99)
    for _ in range(2):
        for (interface, protocol), txn in zip(places, txns):
            assert talk.one(part, protocol=protocol, interface=interface).txn is txn
    told = nlmsg(NEWLINK)
    found = [
        talk.one(told, protocol=protocol, interface=interface) for interface, protocol in places
    ]
    assert len({message.txn for message in found}) == 4


# Requests without answers, answers without requests


def test_what_never_answers_is_no_orphan() -> None:
    talk = Talk()
    told = nlmsg(DELLINK, 0, 7, 99)
    first, second = talk.one(told), talk.one(told)
    assert (first.direction, second.direction) == ("notify", "notify")
    assert first.txn is second.txn
    assert (txn_of(first).kind, txn_of(first).cause) == ("notify", 0)
    talk.one(nlmsg(GETLINK, REQUEST, 8))
    assert talk.one(nlmsg(DELLINK, 0, 8, 99)).direction == "notify"


def test_notifications_of_other_namespaces_answer_nothing() -> None:
    talk = Talk()
    dump = txn_of(talk.one(nlmsg(GETADDR, REQUEST | DUMP, 7)))
    told = nlmsg(NEWADDR, 0, 7, 203)
    first, second = talk.one(told), talk.one(told)
    assert (first.direction, txn_of(first).kind, txn_of(first).copies) == ("notify", "notify", 2)
    assert first.txn is second.txn
    assert talk.one(nlmsg(NEWADDR, MULTI, 7, 99)).txn is dump


def test_orphans() -> None:
    talk = Talk()
    part = nlmsg(NEWLINK, MULTI, 7, 99)
    first, second = talk.all(part, part)
    end = talk.one(done(7, 99))
    assert first.txn is second.txn is end.txn
    txn = txn_of(first)
    assert (txn.kind, txn.dump, txn.state, txn.answers, txn.number) == (
        "orphan",
        True,
        "done",
        3,
        1,
    )
    assert [codes(each) for each in (first, second, end)] == [["txn.orphan"], [], []]
    assert first.latency_ns is None
    lone = talk.one(done(8, 99))
    assert (txn_of(lone).kind, codes(lone)) == ("orphan", ["txn.orphan"])


def test_an_orphan_answer_and_its_ack_are_one() -> None:
    talk = Talk()
    answer = talk.one(nlmsg(NEWLINK, 0, 7, 99))
    ack = talk.one(refusal(nlmsg(GETLINK, REQUEST | ACK, 7), 99))
    assert ack.txn is answer.txn
    assert (txn_of(answer).kind, txn_of(answer).code) == ("orphan", 0)


def test_an_orphan_error_knows_what_was_asked() -> None:
    talk = Talk()
    txn = txn_of(talk.one(refusal(nlmsg(SETLINK, REQUEST | ACK, 7), 99, -1)))
    assert (txn.kind, txn.type, txn.flags, txn.state) == ("orphan", SETLINK, 5, "failed")


@pytest.mark.parametrize("size", range(0, 20, 4))
def test_errors_cut_short(size: int) -> None:
    talk = Talk()
    asked = nlmsg(SETLINK, REQUEST | ACK, 7)
    txn = txn_of(talk.one(asked))
    body = (struct.pack("<i", -1) + asked[:16])[:size]
    assert talk.one(nlmsg(ERROR, CAPPED, 7, 99, body)).txn is txn


def fates_of(records: Sequence[Record]) -> tuple[Fates, list[Message]]:
    """A first pass over records, and the messages of a second one."""
    reader = dissector()
    fates = Fates()
    tracker = Tracker(reader, fates=fates)
    reader.survey(records)
    reader.tracker = tracker
    for record in records:
        reader.pass_over(record)
    tracker.finish()
    reader.start()
    reader.tracker = Tracker(reader)
    reader.fate = fates.of
    return fates, [message for record in records for message in reader.dissect(record)]


def test_fates_are_noted_on_requests_in_the_second_pass() -> None:
    talk = Talk()
    answered = nlmsg(GETLINK, REQUEST, 1)
    for asked in (
        answered,  # 1
        nlmsg(GETLINK, REQUEST, 2),  # 2: surely answered
        nlmsg(NEWLINK, REQUEST | ACK, 3),  # 3: wants an ack
        nlmsg(NEWLINK, REQUEST, 4),  # 4: nothing to be said
        nlmsg(GETADDR, REQUEST | DUMP, 5),  # 5: begins and does not end
        nlmsg(GETADDR, REQUEST | DUMP, 6),  # 6: does not begin
        nlmsg(GETADDR, REQUEST | DUMP, 7),  # 7: whole
    ):
        talk.one(asked)
    for answer in (
        nlmsg(NEWLINK, 0, 1, 99),
        nlmsg(NEWADDR, MULTI, 5, 99),
        nlmsg(NEWADDR, MULTI, 7, 99),
        done(7, 99),
    ):
        talk.one(answer)
    fates, messages = fates_of(talk.records)
    unanswered, endless = ["txn.unanswered"], ["txn.endless"]
    noted = [[], unanswered, unanswered, [], endless, unanswered, []]
    assert [codes(message) for message in messages] == noted + [[]] * 4
    assert [fates.of(number) for number in (0, 1, 2, 5, 99)] == [
        "", "", "txn.unanswered", "txn.endless", "",
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.integers(1, 40), st.booleans()),
    st.permutations(range(42)),
    st.lists(st.integers(0, 41)),
)
def test_fates_may_be_asked_for_in_any_order(
    ends: dict[int, bool], taken: list[int], asked: list[int]
) -> None:
    fates = Fates()
    for number in taken:
        if number in ends:
            txn = Transaction(number, "request", Record(1, 0, 0, 253, b"", 0), number)
            txn.flags, txn.dump, txn.answers = ACK, True, int(ends[number])
            fates.take(txn, READER)
    told = {number: "txn.endless" if ends[number] else "txn.unanswered" for number in ends}
    for number in (*range(42), *asked, *range(42)):
        assert fates.of(number) == told.get(number, "")


def test_what_ends_is_handed_out_once() -> None:
    talk = Talk()
    for seq in range(5):
        talk.one(nlmsg(GETLINK, REQUEST, seq))
        talk.one(nlmsg(NEWLINK, 0, seq, 99))
        for _ in range(3):
            talk.one(nlmsg(NEWLINK, body=link(seq)))
    talk.tracker.finish()
    assert sorted(txn.number for txn in talk.ended) == list(range(1, 11))


# Notifications


def test_two_listeners_copies_are_one_notification() -> None:
    talk = Talk()
    told = nlmsg(NEWLINK, body=link(3, "eth0"))
    first, second = talk.one(told), talk.one(told)
    txn = txn_of(first)
    assert second.txn is txn
    assert (first.direction, second.direction) == ("notify", "notify")
    assert (txn.kind, txn.copies, txn.state, txn.cause) == ("notify", 2, "done", 0)
    assert (first.copy, second.copy) == (0, 1)
    late = talk.one(told, after=COPY_WITHIN_NS + 1)
    assert (late.txn is txn, late.copy, txn.copies) == (False, 0, 2)


def test_copies_of_records_with_several_notifications() -> None:
    talk = Talk()
    told = [nlmsg(NEWLINK, body=link(index)) for index in (1, 2, 3)]
    first, second = talk.all(*told), talk.all(*told)
    assert [message.copy for message in first + second] == [0, 0, 0, 1, 1, 1]
    assert [message.txn for message in first] == [message.txn for message in second]


def test_copies_may_be_interleaved() -> None:
    talk = Talk()
    one, two = nlmsg(NEWLINK, body=link(1)), nlmsg(NEWLINK, body=link(2))
    messages = [talk.one(each) for each in (one, two, one, two)]
    assert [message.copy for message in messages] == [0, 0, 1, 1]


def test_more_copies_than_usual_are_another_notification() -> None:
    talk = Talk()
    for index in (1, 2):
        told = nlmsg(NEWLINK, body=link(index))
        assert [talk.one(told, after=20_000).copy for _ in range(2)] == [0, 1]
    again = nlmsg(NEWLINK, body=link(3))
    gaps = (MS, 20_000, MS, 20_000)
    assert [talk.one(again, after=gap).copy for gap in gaps] == [0, 1, 0, 1]
    # Another listener has come.
    more = nlmsg(NEWLINK, body=link(4))
    assert [talk.one(more, after=gap).copy for gap in (MS, 20_000, 20_000)] == [0, 1, 2]


def test_a_request_is_the_cause_of_what_listeners_are_told() -> None:
    talk = Talk()
    asked = nlmsg(NEWLINK, REQUEST | ACK | CREATE, 7)
    request = txn_of(talk.one(asked))
    told = nlmsg(NEWLINK, 0, 7, 99, link(5))
    first, second = talk.one(told), talk.one(told)
    assert first.txn is second.txn
    txn = txn_of(first)
    assert (txn.kind, txn.copies, txn.cause) == ("notify", 2, request.number)
    assert first.direction == second.direction == "notify"
    assert talk.one(refusal(asked, 99)).txn is request
    assert (request.answers, request.state) == (1, "done")
    # Told after the ack.
    assert txn_of(talk.one(nlmsg(NEWLINK, 0, 7, 99, link(6)))).cause == request.number


def test_some_families_tell_who_but_not_the_number() -> None:
    talk = Talk(NETFILTER)
    asked = nlmsg(0x102, REQUEST | ACK, 7)
    request = txn_of(talk.one(asked))
    told = txn_of(talk.one(nlmsg(0x102, 0, 0, 99)))
    assert (told.kind, told.cause) == ("notify", request.number)
    talk.one(refusal(asked, 99))
    assert txn_of(talk.one(nlmsg(0x102, 0, 0, 99, bytes(20)))).cause == 0


def test_a_request_causes_notifications_of_other_types() -> None:
    talk = Talk()
    asked = nlmsg(DELCHAIN, REQUEST | ACK, 7, body=bytes(20))
    request = txn_of(talk.one(asked))
    told = talk.one(nlmsg(DELTFILTER, 0, 7, 99, bytes(20)))
    assert (told.direction, txn_of(told).cause) == ("notify", request.number)
    assert talk.one(refusal(asked, 99)).txn is request


def test_an_echo_is_an_answer_and_its_repetition_a_notification() -> None:
    talk = Talk()
    asked = nlmsg(NEWLINK, REQUEST | ACK | ECHO, 7)
    request = txn_of(talk.one(asked))
    told = nlmsg(NEWLINK, 0, 7, 99, link(5))
    messages = [talk.one(told, after=10_000) for _ in range(3)]
    assert [message.direction for message in messages] == ["reply", "notify", "notify"]
    assert messages[0].txn is request
    assert messages[1].txn is messages[2].txn
    assert (txn_of(messages[1]).cause, txn_of(messages[1]).copies) == (request.number, 2)
    assert talk.one(refusal(asked, 99)).txn is request
    assert request.answers == 2


@pytest.mark.parametrize("flags", [REQUEST | ACK | CREATE, REQUEST])
def test_filters_repeat_the_flags_of_the_request(flags: int) -> None:
    talk = Talk()
    asked = nlmsg(NEWTFILTER, flags, 7, body=bytes(20))
    request = txn_of(talk.one(asked))
    told = nlmsg(NEWTFILTER, flags, 7, 99, bytes(20) + attr(1, b"u32\0"))
    first, second = talk.one(told), talk.one(told)
    assert (first.direction, second.direction) == ("notify", "notify")
    assert first.txn is second.txn
    assert txn_of(first).cause == request.number
    assert first.operation == "newtfilter-ntf" or first.operation_c == "RTM_NEWTFILTER"


def test_an_answer_that_repeats_the_flags_of_the_request() -> None:
    talk = Talk()
    request = txn_of(talk.one(nlmsg(GETTFILTER, REQUEST, 7, body=bytes(20))))
    answer = talk.one(nlmsg(NEWTFILTER, REQUEST, 7, 99, bytes(20)))
    assert (answer.txn, answer.direction) == (request, "reply")
    lookup = Talk(FIB_LOOKUP)
    request = txn_of(lookup.one(nlmsg(16, REQUEST, 7, body=bytes(36))))
    answer = lookup.one(nlmsg(16, REQUEST, 7, body=b"\1" * 36))
    assert (answer.txn, answer.direction) == (request, "reply")


def test_others_with_the_same_flags_are_requests() -> None:
    talk = Talk()
    first = talk.one(nlmsg(NEWLINK, REQUEST | ACK, 7, 0, link(1)))
    second = talk.one(nlmsg(NEWLINK, REQUEST | ACK, 7, 4711, link(2)))
    assert (second.direction, second.txn is first.txn) == ("request", False)


def test_xfrm_tells_listeners_under_the_port_of_who_asked() -> None:
    talk = Talk(XFRM)
    asked = nlmsg(16, REQUEST | ACK, 7, 4711, bytes(224))
    request = txn_of(talk.one(asked))
    told = talk.one(nlmsg(16, 0, 7, 4711, b"\1" * 224))
    assert (told.direction, txn_of(told).cause) == ("notify", request.number)
    spi = txn_of(talk.one(nlmsg(22, REQUEST, 8, 4711, bytes(232))))
    answer = talk.one(nlmsg(16, 0, 8, 4711, bytes(224)))
    assert (answer.direction, answer.txn) == ("reply", spi)


def test_messages_between_sockets_are_no_transactions() -> None:
    talk = Talk(USERSOCK)
    messages = [talk.one(nlmsg(kind, flags, 7, 99)) for kind, flags in ((256, 1), (256, 0))]
    assert [(message.txn, message.direction) for message in messages] == [
        (None, "request"),
        (None, "unknown"),
    ]


def test_notifications_may_end_with_a_done() -> None:
    talk = Talk(NETFILTER)
    end = talk.one(nlmsg(DONE, 0, 0, 0, bytes(4)))
    assert (end.txn, end.direction) == (None, "notify")


# Batches of nftables


def test_a_batch_is_refused_message_by_message() -> None:
    talk = Talk(NETFILTER)
    generation = txn_of(talk.one(nlmsg(GETGEN, REQUEST, 0, body=bytes(4))))
    assert talk.one(nlmsg(NEWGEN, 0, 0, 99, bytes(4))).txn is generation
    batch = [nlmsg(BATCH_BEGIN, REQUEST, 0, body=bytes(4))]
    batch += [nlmsg(NEWRULE, REQUEST | CREATE, seq, body=bytes(4)) for seq in range(1, 6)]
    batch.append(nlmsg(BATCH_END, REQUEST, 6, body=bytes(4)))
    requests = talk.all(*batch)
    for index in (2, 4):
        assert talk.one(refusal(batch[index], 99, -2, whole=True)).txn is requests[index].txn
    states = [txn_of(request).state for request in requests]
    assert states == ["open", "open", "failed", "open", "failed", "open", "open"]


def test_a_notification_belongs_to_the_last_batch() -> None:
    talk = Talk(NETFILTER)
    batch = (
        nlmsg(BATCH_BEGIN, REQUEST, 0, body=bytes(4)),
        nlmsg(NEWTABLE, REQUEST | CREATE, 1, body=bytes(4)),
        nlmsg(BATCH_END, REQUEST, 2, body=bytes(4)),
    )
    for _ in range(3):
        requests = talk.all(*batch)
    told = talk.one(nlmsg(NEWTABLE, 0, 1, 99, bytes(4) + attr(1, b"t\0")))
    generation = talk.one(nlmsg(NEWGEN, 0, 2, 99, bytes(4) + attr(1, bytes(4))))
    assert (told.direction, generation.direction) == ("notify", "notify")
    assert txn_of(told).cause == txn_of(requests[1]).number
    assert txn_of(generation).cause == txn_of(requests[2]).number
    assert not any(txn_of(request).ambiguous for request in requests)


def test_destroying_is_told_to_listeners() -> None:
    talk = Talk(NETFILTER)
    request = txn_of(talk.one(nlmsg(DESTROYTABLE, REQUEST, 7, body=bytes(4))))
    told = talk.one(nlmsg(0xA02, 0, 7, 99, bytes(4)))
    assert (told.direction, txn_of(told).cause) == ("notify", request.number)


def test_dumps_that_share_number_zero() -> None:
    talk = Talk(NETFILTER)
    first = txn_of(talk.one(nlmsg(GETRULE, REQUEST | DUMP, 0, body=bytes(4))))
    second = txn_of(talk.one(nlmsg(GETRULE, REQUEST | DUMP, 0, body=bytes(4))))
    talk.one(nlmsg(NEWRULE, MULTI, 0, 101, bytes(4)))
    talk.one(nlmsg(NEWRULE, MULTI, 0, 102, bytes(4)))
    third = txn_of(talk.one(nlmsg(GETGEN, REQUEST, 0, body=bytes(4))))
    assert talk.one(nlmsg(NEWGEN, 0, 0, 103, bytes(4))).txn is third
    assert talk.one(done(0, 102)).txn is second
    again = txn_of(talk.one(nlmsg(GETRULE, REQUEST | DUMP, 0, body=bytes(4))))
    assert talk.one(done(0, 101)).txn is first
    assert talk.one(done(0, 102)).txn is again
    assert not third.ambiguous
    assert not again.ambiguous


def test_an_error_early_in_a_large_batch() -> None:
    talk = Talk(NETFILTER)
    rule = bytes(200)
    batch = [nlmsg(NEWRULE, REQUEST | CREATE, seq, body=rule) for seq in range(20_000)]
    requests = talk.all(*batch)
    assert talk.one(refusal(batch[3], 99, -2, whole=True)).txn is requests[3].txn


# Bounds


def test_unanswered_requests_stay_few() -> None:
    reader = dissector()
    ended: list[Transaction] = []
    tracker = Tracker(reader, ended.append)
    record = Record(1, 0, 0, 253, bytes(4096), 4096)
    for seq in range(100_000):
        record.number = seq + 1
        tracker.see(record, seq + 1, ROUTE, "little", 16, 48, GETLINK, REQUEST, seq, 0)
    assert len(ended) > 60_000
    assert [txn.seq for txn in ended] == list(range(len(ended)))


def test_what_waits_outlives_what_is_done() -> None:
    talk = Talk()
    asked = nlmsg(SETLINK, REQUEST | ACK, 7)
    txn = txn_of(talk.one(asked))
    talk.one(nlmsg(GETLINK, REQUEST, 8))
    tracker, record = talk.tracker, talk.records[1]
    for seq in range(1000, 80_000):
        tracker.see(record, seq, ROUTE, "little", 16, 48, GETLINK, REQUEST, seq, 0)
        tracker.see(record, seq, ROUTE, "little", 16, 48, NEWLINK, 0, seq, 99)
    assert talk.one(refusal(asked, 98)).txn is txn


def test_large_requests_are_not_kept_for_ever() -> None:
    talk = Talk()
    body = bytes(100_000)
    for seq in range(300):
        talk.one(nlmsg(SETLINK, REQUEST, seq, body=body))
    held = [txn for txn in range(300) if not any(each.number == txn + 1 for each in talk.ended)]
    assert len(held) * len(body) <= 20_000_000


def test_many_requests_with_one_number_stay_few() -> None:
    talk = Talk()
    txns = [txn_of(talk.one(nlmsg(GETLINK, REQUEST, 0))) for _ in range(500)]
    assert len(talk.ended) == 500 - 64
    assert talk.one(nlmsg(NEWLINK, 0, 0, 99)).txn in txns[-64:]


# Whatever comes

headers = st.tuples(
    st.sampled_from([ROUTE, USERSOCK, XFRM, FIB_LOOKUP, NETFILTER, GENERIC]),
    st.sampled_from([1, 2, 3, 4, 16, 17, 18, 19, 21, 44, 46, 0xA00, 0xA01, 0xA10]),
    st.sampled_from([0, 1, 2, 4, 5, 8, 9, 0x10, 0x12, 0x100, 0x301, 0x305, 0x405, 0x40D]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 1),
    st.binary(max_size=24),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(headers, max_size=40), st.booleans())
def test_header_soup(soup: list[tuple[int, int, int, int, int, int, bytes]], timed: bool) -> None:
    talk = Talk()
    if not timed:
        talk.time_ns = None
    seen: set[int] = set()
    for protocol, kind, flags, seq, pid, interface, body in soup:
        message = nlmsg(kind, flags, seq, pid, body)
        for found in talk.all(message, message[: 16 + len(body) // 2], protocol=protocol,
                              interface=interface):  # fmt: skip
            txn = found.txn
            if txn is None:
                continue
            if txn.number not in seen:
                assert txn.number == len(seen) + 1
                assert (txn.message, txn.record) == (found.number, found.record.number)
                seen.add(txn.number)
            assert txn.seq == found.seq
            assert (txn.interface, txn.protocol) == (interface, protocol)
            assert found.direction == "notify" or txn.kind != "notify"
            assert found.copy < max(txn.copies, 1)
    talk.tracker.finish()
    assert sorted(txn.number for txn in talk.ended) == sorted(seen)


def conversation(kind: int, seq: int, port: int, claims: bool) -> list[bytes]:
    """What a socket sends and gets, in order."""
    own = port if claims else 0
    if kind == 0:
        return [nlmsg(GETLINK, REQUEST, seq, own), nlmsg(NEWLINK, 0, seq, port)]
    if kind == 1:
        part = nlmsg(NEWADDR, MULTI, seq, port)
        return [nlmsg(GETADDR, REQUEST | DUMP, seq, own), part, part, done(seq, port)]
    asked = nlmsg(NEWLINK, REQUEST | ACK, seq, own)
    if kind == 2:
        return [asked, refusal(asked, port)]
    if kind == 3:
        return [asked, refusal(asked, port, -22, whole=True)]
    return [nlmsg(GETLINK, REQUEST | DUMP, seq, own), done(seq, port)]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_conversations_with_their_own_numbers_are_never_mixed(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 6))
    queues = []
    for each in range(count):
        kinds = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
        claims = data.draw(st.booleans())
        messages: list[tuple[int, bytes]] = []
        for turn, kind in enumerate(kinds):
            seq = 100 * each + turn + 1
            messages += [(seq, part) for part in conversation(kind, seq, 9000 + each, claims)]
        queues.append(messages)
    talk = Talk()
    found: dict[int, Transaction] = {}
    while any(queues):
        each = data.draw(st.sampled_from([at for at, queue in enumerate(queues) if queue]))
        seq, raw = queues[each].pop(0)
        txn = txn_of(talk.one(raw))
        assert found.setdefault(seq, txn) is txn
        assert txn.port in (0, 9000 + each)
    assert len({txn.number for txn in found.values()}) == len(found)
    assert all(txn.state != "open" and not txn.ambiguous for txn in found.values())


# Real captures


def messages_of(path: Path) -> Iterable[Message]:
    with open_capture(str(path)) as capture:
        reader = Dissector(REGISTRY, Learned(), capture.interfaces)
        reader.survey(capture)
        reader.tracker = Tracker(reader)
        for record in capture:
            yield from reader.dissect(record)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_answers_fit_their_requests(path: Path) -> None:
    seen = 0
    for message in messages_of(path):
        txn = message.txn
        if txn is None:
            continue
        assert txn.number <= seen + 1
        seen = max(seen, txn.number)
        assert (message.seq, message.protocol) == (txn.seq, txn.protocol)
        if message.direction == "reply":
            assert message.pid == txn.port
            assert txn.record < message.record.number or txn.kind == "orphan"
        if message.type == ERROR and txn.kind == "request":
            order = ">" if message.order == "big" else "<"
            length, kind, _, seq, pid = struct.unpack_from(
                f"{order}IHHII", message.record.data, message.body + 4
            )
            request = txn.source
            assert request is not None
            assert (length, kind, seq, pid) == (
                request.length, txn.type, txn.seq, request.pid,
            )  # fmt: skip


def test_records_are_let_go_of_with_their_last_request() -> None:
    reader = dissector()
    ended: list[Transaction] = []

    def end(txn: Transaction) -> None:
        ended.append(txn)
        txn.forget()

    tracker = Tracker(reader, end)
    for number in range(1, 3001):
        record = Record(number, 0, 0, 253, bytes(20_000), 20_000)
        for seq in (2 * number, 2 * number + 1):
            tracker.see(record, seq, ROUTE, "little", 16, 48, GETLINK, REQUEST, seq, 0)
    # Many more bytes have passed than may be held: the oldest of them went first, in order.
    assert [txn.seq for txn in ended] == list(range(2, 2 + len(ended)))
    assert len(ended) > 4000
    tracker.finish()
    assert len(ended) == 6000
    assert not tracker._held


def test_parts_of_a_dump_in_one_record_are_counted_whatever_stands_between_them() -> None:
    talk = Talk()
    dump = txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7)))
    part, other = nlmsg(NEWLINK, MULTI, 7, 99), nlmsg(NEWLINK, 0, 0, 0)
    first = talk.all(part, part, part)
    second = talk.all(part, other, part, nlmsg(NEWLINK, MULTI, 7, 99, body=bytes(20)), part)
    assert [message.txn is dump for message in first + second] == [True] * 4 + [False] + [True] * 3
    assert {message.latency_ns for message in first} == {MS}
    assert [message.latency_ns for message in second] == [2 * MS, None, 2 * MS, 2 * MS, 2 * MS]
    assert [message.direction for message in second] == ["reply", "notify"] + ["reply"] * 3
    assert (dump.answers, dump.parts) == (7, 2)
    again = talk.tracker
    assert again.alike == nlmsg(NEWLINK, MULTI, 7, 99)[4:16]


def test_a_part_that_tells_of_a_change_is_not_like_those_before() -> None:
    talk = Talk()
    dump = txn_of(talk.one(nlmsg(GETLINK, REQUEST | DUMP, 7)))
    part = nlmsg(NEWLINK, MULTI, 7, 99)
    changed = nlmsg(NEWLINK, MULTI | INTR, 7, 99)
    messages = talk.all(part, part, changed, part, part)
    assert [codes(message) for message in messages] == [[], [], ["txn.interrupted"], [], []]
    assert dump.interrupted
    assert dump.answers == 5
