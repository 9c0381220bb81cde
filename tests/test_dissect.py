"""The dissector on real captures, on mutated ones and on bytes from nowhere."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector, flag_names
from nldissect.export import ndjson, text
from nldissect.learn import Learned
from nldissect.model import Message, Process, Record
from nldissect.text import printable
from nldissect.transact import Tracker

from .check import REGISTRY, check_record, dissector

CAPTURES = sorted((Path(__file__).parent.parent / "captures").glob("*.pcap*"))


def link(protocol: int) -> bytes:
    """A cooked header as nlmon gives it."""
    return struct.pack(">HHH8xH", 4, 824, 0, protocol)


def nlmsg(
    kind: int, body: bytes = b"", flags: int = 0, seq: int = 1, pid: int = 0, order: str = "<"
) -> bytes:
    """One message, unpadded."""
    return struct.pack(f"{order}IHHII", 16 + len(body), kind, flags, seq, pid) + body


def attr(kind: int, payload: bytes, order: str = "<") -> bytes:
    """One attribute with its padding."""
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def record(data: bytes, *, link_type: int = 253, wire_len: int | None = None) -> Record:
    """A record of an only interface."""
    return Record(1, 0, 0, link_type, data, len(data) if wire_len is None else wire_len)


def one(data: bytes, **options: int) -> Message:
    """The only message of a record."""
    messages = check_record(dissector(), record(data, **options))
    assert len(messages) == 1
    return messages[0]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_leaves_tile_every_record(path: Path) -> None:
    with open_capture(str(path)) as capture:
        reader = Dissector(REGISTRY, Learned(), capture.interfaces)
        reader.survey(capture)
        assert sum(len(check_record(reader, item)) for item in capture) > 0


def real_records() -> list[Record]:
    """A few dozen records of all captures, the short ones."""
    found = []
    for path in CAPTURES:
        with open_capture(str(path)) as capture:
            if capture.format == "pcap":
                chosen = [item for item in capture if item.link_type == 253]
                found += [item for item in chosen if len(item.data) < 600][
                    :: max(1, len(chosen) // 12)
                ]
    return found


RECORDS = real_records()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(RECORDS), st.data())
def test_mutated_records_never_raise(original: Record, data: st.DataObject) -> None:
    raw = bytearray(original.data)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.sampled_from([0, 1, 3, 4, 5, 0x7F, 0x80, 0xFF]))
    tail = data.draw(st.binary(max_size=40))
    cut = data.draw(st.integers(0, len(raw)))
    whole = bytes(raw) + tail
    for mutant, wire in ((whole, len(whole)), (bytes(raw[:cut]), len(raw))):
        for order in (None, "big"):
            check_record(dissector(order=order, learning=True), record(mutant, wire_len=wire))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([0, 2, 4, 6, 10, 12, 16, 99]), st.binary(max_size=300))
def test_garbage_never_raises(protocol: int, body: bytes) -> None:
    check_record(dissector(learning=True), record(link(protocol) + body))


@given(st.sampled_from([253, 113, 276, 1]), st.binary(max_size=24))
def test_short_records_never_raise(link_type: int, body: bytes) -> None:
    check_record(dissector(link_type), record(body, link_type=link_type))


def test_deep_nests_end() -> None:
    inner = b""
    for _ in range(3000):
        inner = attr(0x8001, inner)
    message = one(link(16) + nlmsg(0x40, b"\1\1\0\0" + inner[:60000], flags=1))
    assert [note.code for note in message.notes].count("attr.depth") == 1


def test_errors_inside_errors_end() -> None:
    plain = words = nlmsg(16, bytes(16))
    for depth in range(1500):
        plain = nlmsg(2, struct.pack("<i", -22) + plain)
        words = nlmsg(2, struct.pack("<i", -22) + words + attr(2, struct.pack("<I", 20)), 0x200)
        if depth in (0, 1, 1499):
            one(link(0) + plain)
            one(link(0) + words)


def test_attributes_that_all_stand_twice() -> None:
    run = b"".join(attr(kind, b"") for kind in range(500, 15000))
    message = one(link(0) + nlmsg(16, bytes(16) + run + run))
    assert [note.code for note in message.notes].count("attr.repeated") == 14500


def test_a_family_name_is_escaped_wherever_it_is_shown() -> None:
    name = b"\x1b[31m\xe2\x80\xae\0"
    reply = nlmsg(16, b"\1\2\0\0" + attr(1, struct.pack("<H", 64)) + attr(2, name))
    request = nlmsg(64, b"\1\1\0\0", 5)
    reader = dissector(learning=True)
    check_record(reader, record(link(16) + reply))
    for data in (request, nlmsg(2, struct.pack("<i", -1) + request)):
        message = check_record(reader, record(link(16) + data))[0]
        assert message.family == name[:-1].decode()
        shown = [message.layers]
        while shown:
            for node in shown.pop():
                assert printable(node.display) == node.display
                shown.append(node.children)


def test_many_messages_in_one_record() -> None:
    body = nlmsg(16, bytes(16), 2) * 3
    messages = check_record(dissector(), record(link(0) + body))
    assert [message.operation_c for message in messages] == ["RTM_NEWLINK"] * 3
    assert [message.first for message in messages] == [True, False, False]


def test_unaligned_message_is_followed_by_the_next() -> None:
    body = nlmsg(0x40, b"\1\1\0\0" + struct.pack("<HH", 5, 1) + b"x", 1) + bytes(3) + nlmsg(3)
    messages = check_record(dissector(), record(link(16) + body))
    assert [message.type for message in messages] == [0x40, 3]


def test_zero_tail_is_padding_with_a_note() -> None:
    message = one(link(0) + nlmsg(18, b"\0", 0x301) + bytes(140))
    assert message.layers[-1].name == "tail"
    assert message.layers[-1].kind == "padding"
    assert [note.code for note in message.notes if note.path == "tail"] == ["record.tail.zero"]


def test_truncated_is_not_malformed() -> None:
    data = link(16) + nlmsg(0x40, b"\1\1\0\0" + attr(1, bytes(100)), 1)
    assert "truncated" in [note.code for note in one(data[:60], wire_len=len(data)).notes]
    codes = [note.code for note in one(data[:60]).notes]
    assert "nlmsg.len.overrun" in codes
    assert "truncated" not in codes


def test_a_cut_message_keeps_its_usual_header() -> None:
    body = struct.pack("<BBBBBBBBI", 2, 8, 0, 0, 255, 2, 254, 2, 0) + attr(15, b"\xff\0\0\0")
    data = link(0) + nlmsg(24, body, flags=2, pid=9)
    message = one(data[:36], wire_len=len(data))
    assert message.header == {"rtm-family": 2, "rtm-dst-len": 8, "rtm-src-len": 0, "rtm-tos": 0}


def test_record_without_a_message() -> None:
    message = one(link(0) + b"\xff" * 7)
    assert message.type == -1
    assert [note.code for note in message.notes] == ["record.tail"]


def test_direction() -> None:
    directions = {
        nlmsg(18, bytes(16), 0x301, pid=7): "request",
        nlmsg(16, bytes(16), 2, pid=7): "reply",
        nlmsg(16, bytes(16), 0, seq=0): "notify",
        nlmsg(2, struct.pack("<i", 0) + nlmsg(16, b"")[:16], 0x100, pid=7): "reply",
    }
    for body, direction in directions.items():
        assert one(link(0) + body).direction == direction
    assert one(link(2) + nlmsg(77, bytes(8))).direction == "unknown"


def ethtool_map() -> Learned:
    return Learned({21: "ethtool"})


def test_same_number_is_another_operation_by_direction() -> None:
    reader = Dissector(REGISTRY, ethtool_map(), dissector().interfaces)
    names = {}
    for flags, pid in ((1, 0), (0, 5), (0, 0)):
        data = link(16) + nlmsg(21, b"\x0d\1\0\0", flags, pid=pid)
        message = check_record(reader, record(data))[0]
        names[flags, pid] = (message.operation, message.operation_c)
    assert names[1, 0] == ("privflags-get", "ETHTOOL_MSG_PRIVFLAGS_GET")
    assert names[0, 0] == ("features-ntf", "ETHTOOL_MSG_FEATURES_NTF")


def test_flags_mean_another_thing_for_each_class() -> None:
    assert flag_names(0x301, "get") == ["request", "root", "match"]
    assert flag_names(0x601, "new") == ["request", "excl", "create"]
    assert flag_names(0x301, "ack") == ["request", "capped", "ack-tlvs"]
    assert flag_names(0x8001, "get") == ["request", "0x8000"]


def error(code: int, inner: bytes, tlvs: bytes = b"", flags: int = 0) -> bytes:
    return link(0) + nlmsg(2, struct.pack("<i", code) + inner + tlvs, flags, pid=9)


REQUEST = nlmsg(16, bytes(16) + attr(3, b"eth0\0") + attr(0x8012, attr(1, b"x\0")), 5)


def test_error_names_the_attribute_that_it_blames() -> None:
    message = one(
        error(-22, REQUEST, attr(1, b"bad name\0") + attr(2, struct.pack("<I", 32)), 0x200)
    )
    said = message.error
    assert said is not None
    assert (said["code"], said["name"], said["message"]) == (-22, "EINVAL", "bad name")
    assert (said["offset"], said["attr"]) == (32, "ifname")
    assert (message.family, message.operation) == ("rt-link", "newlink")


def test_error_in_a_nest() -> None:
    said = one(error(-95, REQUEST, attr(2, struct.pack("<I", 48)), 0x200)).error
    assert said is not None
    assert said["attr"] == "linkinfo.kind"


def test_capped_error_has_its_words_behind_the_bare_header() -> None:
    tlvs = attr(1, b"no\0") + attr(5, struct.pack("<I", 3))
    said = one(error(-22, REQUEST[:16], tlvs, 0x300)).error
    assert said is not None
    assert (said["message"], said["missing"]) == ("no", "ifname")


def test_missing_attribute_in_a_nest() -> None:
    tlvs = attr(5, struct.pack("<I", 1)) + attr(6, struct.pack("<I", 44))
    said = one(error(-22, REQUEST, tlvs, 0x200)).error
    assert said is not None
    assert said["missing"] == "linkinfo.kind"


def test_done_with_words() -> None:
    body = nlmsg(3, struct.pack("<i", -16) + attr(1, b"busy\0"), 0x202, pid=9)
    said = one(link(0) + body).error
    assert said is not None
    assert (said["name"], said["message"]) == ("EBUSY", "busy")


@pytest.mark.parametrize("order", ["<", ">"])
def test_byte_order_is_decided_by_the_chain(order: str) -> None:
    ifinfo = struct.pack(f"{order}BxHiII", 0, 1, 7, 0, 0)
    body = nlmsg(16, ifinfo + attr(4, struct.pack(f"{order}I", 1500), order), 2, order=order)
    messages = check_record(dissector(learning=True), record(link(0) + body))
    assert messages[0].attrs == {"mtu": 1500}
    header = messages[0].header
    assert header is not None
    assert header["ifi-index"] == 7


def test_network_order_flag_on_an_attribute() -> None:
    body = nlmsg(16, bytes(16) + attr(0x4004, struct.pack(">I", 1500)), 2)
    assert one(link(0) + body).attrs == {"mtu": 1500}


def test_selector_behind_its_data() -> None:
    vlan = attr(0x8002, attr(1, struct.pack("<H", 5))) + attr(1, b"vlan\0")
    message = one(link(0) + nlmsg(16, bytes(16) + attr(0x8012, vlan), 5))
    assert message.attrs["linkinfo"] == {"data": {"id": 5}, "kind": "vlan"}


def test_the_selector_of_the_own_run_comes_before_an_outer_one() -> None:
    """A tc action whose options stand before its kind, inside a filter that has a kind as well."""
    parms = struct.pack("<IIiII", 1, 0, 2, 0, 0)
    act = attr(0x8000 | 2, attr(2, parms)) + attr(1, b"gact\0")
    body = bytes(20) + attr(1, b"matchall\0") + attr(0x8000 | 2, attr(0x8000 | 2, attr(1, act)))
    options = one(link(0) + nlmsg(44, body, 5)).attrs["options"]
    assert isinstance(options, dict)
    (action,) = options["act"]  # type: ignore[misc]
    assert action["1"]["kind"] == "gact"  # type: ignore[index]
    assert "parms" in action["1"]["options"]  # type: ignore[index, operator]


def test_a_note_at_the_end_of_an_attribute_survives_the_next() -> None:
    body = bytes(20) + attr(1, b"netem\0") + attr(2, b"") + attr(999, b"")
    codes = [note.code for note in one(link(0) + nlmsg(36, body, 5)).notes]
    assert codes == ["struct.short", "attr.unknown"]


def test_unknown_attribute_keeps_its_place() -> None:
    body = bytes(16) + attr(3, b"eth0\0") + attr(999, b"what\0") + attr(4, struct.pack("<I", 9))
    message = one(link(0) + nlmsg(16, body, 2))
    assert message.attrs == {"ifname": "eth0", "attr-999": "what", "mtu": 9}
    assert [(note.code, note.path) for note in message.notes if note.code == "attr.unknown"] == [
        ("attr.unknown", "attrs.attr-999")
    ]


def test_repeated_attribute_becomes_a_list_with_a_note() -> None:
    message = one(link(0) + nlmsg(16, bytes(16) + attr(3, b"a\0") + attr(3, b"b\0"), 2))
    assert message.attrs == {"ifname": ["a", "b"]}
    assert [note.code for note in message.notes] == ["attr.repeated"]


def test_an_unknown_attribute_that_repeats_has_each_note_once() -> None:
    twice = attr(0x8000 | 999, attr(1, b"xyz\0")) * 2
    notes = one(link(0) + nlmsg(16, bytes(16) + twice, 2)).notes
    assert [(note.code, note.path) for note in notes] == [
        ("attr.unknown", "attrs.attr-999"),
        ("attr.unknown", "attrs.attr-999"),
        ("attr.repeated", "attrs.attr-999"),
    ]


def test_wrong_width_is_read_by_its_bytes() -> None:
    message = one(link(0) + nlmsg(16, bytes(16) + attr(4, b"\1\2"), 2))
    assert message.attrs == {"mtu": 0x0201}
    assert [note.code for note in message.notes] == ["value.width"]


def test_legacy_one_byte_header() -> None:
    message = one(link(0) + nlmsg(18, b"\x11", 0x301))
    assert message.operation == "getlink"
    assert message.header == {"ifi-family": 17}


def test_unknown_family_has_its_header_size_and_guesses() -> None:
    reader = dissector()
    attrs = {"family-id": 77, "family-name": "nobody", "hdrsize": 8}
    reader.learned.observe(0, 1, 1, attrs)
    body = b"\2\1\0\0" + bytes(8) + attr(1, b"text\0") + attr(0x8002, attr(1, b"\5\0\0\0"))
    message = check_record(reader, record(link(16) + nlmsg(77, body, 1)))[0]
    assert message.family == "nobody"
    assert message.attrs == {"attr-1": "text", "attr-2": {"attr-1": 5}}
    assert message.header == {"data": "0" * 16}
    guessed = [node for node in message.layers[-1].children if node.notes]
    assert {note.code for node in guessed for note in node.notes} == {"guessed"}


def processes() -> Dissector:
    """A dissector of a capture whose recorder knew who had port 7, and from 20 ns on who 8."""
    reader = dissector()
    known = reader.interfaces[0].processes
    known.add(Process(0, 7, 12, "ip", "exec", 0))
    known.add(Process(0, 8, 13, "dhcpcd", "socket", 20))
    return reader


@pytest.mark.parametrize(
    ("data", "time_ns", "name"),
    [
        (link(0) + nlmsg(16, bytes(16), pid=7), 0, "ip"),
        (link(0) + nlmsg(18, bytes(16), 5, pid=7), None, "ip"),
        (link(0) + nlmsg(2, bytes(20), pid=7), 5, "ip"),
        (link(16) + nlmsg(16, bytes(16), pid=7), 5, None),
        (link(0) + nlmsg(16, bytes(16), pid=8), 19, None),
        (link(0) + nlmsg(16, bytes(16), pid=8), 20, "dhcpcd"),
        (link(0) + nlmsg(16, bytes(16), pid=9), 20, None),
        (link(0) + nlmsg(16, bytes(16)), 20, None),
        (link(0) + b"\7\0", 20, None),
        (link(0)[:9], 20, None),
    ],
)
def test_whose_a_message_is(data: bytes, time_ns: int | None, name: str | None) -> None:
    [message] = processes().dissect(Record(1, time_ns, 0, 253, data, len(data)))
    assert (message.process and message.process.name) == name


def test_whose_a_message_of_an_unknown_interface_is() -> None:
    data = link(0) + nlmsg(16, bytes(16), pid=7)
    [message] = processes().dissect(Record(1, 0, 1, 253, data, len(data)))
    assert message.process is None


def test_a_request_without_a_port_has_that_of_its_answer() -> None:
    reader = processes()
    reader.tracker = Tracker(reader)
    request = link(0) + nlmsg(18, bytes(16), 5)
    reply = link(0) + nlmsg(2, bytes(4) + request[16:32], pid=7)
    [asked] = reader.dissect(Record(1, 0, 0, 253, request, len(request)))
    assert asked.process is None
    [told] = reader.dissect(Record(2, 5, 0, 253, reply, len(reply)))
    assert asked.process is told.process is not None
    assert asked.process.label == "ip[12]"


def test_an_unknown_command_is_read_by_the_only_set_of_its_family() -> None:
    reader = dissector()
    reader.learned.rename(0x23, "gtp")
    body = b"\x23\1\0\0" + attr(1, struct.pack("<I", 5)) + attr(2, struct.pack("<I", 1))
    (message,) = check_record(reader, record(link(16) + nlmsg(0x23, body, 2, pid=7)))
    assert message.attrs == {"link": 5, "version": "v1"}
    assert [note.code for note in message.notes] == ["genl.cmd.unknown"]


def test_a_slaves_data_is_chosen_by_the_kind_where_the_slaves_kind_is_absent() -> None:
    header = struct.pack("<BxHiII", 0, 0, 10, 0, 0)
    data = attr(1, b"bridge_slave\0") + attr(5, attr(29, b"\1"))
    assert one(link(0) + nlmsg(16, header + attr(18, data), 5)).attrs["linkinfo"] == {
        "kind": "bridge_slave",
        "slave-data": {"vlan-tunnel": 1},
    }


@pytest.mark.parametrize("order", ["<", ">"])
def test_sockets_of_tipc_are_told_without_a_header(order: str) -> None:
    sock = attr(2, attr(2, struct.pack(f"{order}I", 7), order), order)
    item = record(link(4) + nlmsg(20, sock, 2, pid=7, order=order))
    reader = dissector(order={"<": "little", ">": "big"}[order])
    (message,) = check_record(reader, item)
    assert (message.header, message.attrs) == (None, {"sock": {"ref": 7}})


CHANGES = st.lists(st.tuples(st.integers(0, 120), st.sampled_from((0, 1, 4, 8, 255))), max_size=3)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((0, 16)),  # the protocol
            st.sampled_from((2, 3)),
            st.sampled_from((0, 2, 0x100, 0x200, 0x300)),
            st.sampled_from((0, -22, -95)),
            st.sampled_from((0, 0, 17, 18, 24)),  # what is captured of the request, 0 for all
            st.booleans(),
            CHANGES,
        ),
        min_size=2,
        max_size=8,
    )
)
def test_what_is_said_again_is_what_is_said_at_first(
    told: list[tuple[int, int, int, int, int, bool, list[tuple[int, int]]]],
) -> None:
    first, again = dissector(), dissector()
    out: dict[Dissector, list[bytes]] = {first: [], again: []}
    for reader, lines in out.items():
        reader.learned.rename(0x23, "nl80211")
        reader.tracker = Tracker(reader)
        trees = text.Writer(lines.append, [])
        objects = ndjson.Writer(lines.append, [])
        for number, (protocol, kind, flags, code, size, whole, changes) in enumerate(told * 2, 1):
            id_, body = 18, bytes(16) + attr(3, b"v0\0")
            if protocol:
                id_, body = 0x23, b"\5\0\0\0" + attr(1, b"\1\0\0\0")
            asked = nlmsg(id_, body, 5, number % 3, number % 2)
            sent = asked[:size] if size else asked
            copy = asked if whole else asked[:16]
            said = struct.pack("<i", code) + (copy if kind == 2 else b"")
            if flags & 0x200:
                said += attr(1, b"no\0") + attr(2, struct.pack("<I", 32))
            data = bytearray(link(protocol) + nlmsg(kind, said, flags, number % 3, 9))
            for at, value in changes:
                data[16 + at % (len(data) - 16)] = value
            for side, raw in enumerate((link(protocol) + sent, bytes(data))):
                if reader is first:
                    reader._verdicts.clear()
                place = 2 * number + side
                for message in reader.dissect(Record(place, place, 0, 253, raw, len(raw))):
                    objects.message(message)
                    trees.message(message)
    assert out[first] == out[again]


def test_what_the_kernel_told_of_policies_since_is_told() -> None:
    reader = dissector(learning=True)
    reader.learned.rename(0x30, "novel")
    asked = nlmsg(0x30, b"\1\0\0\0" + attr(1, b"\1\0\0\0"), 5)
    refused = link(16) + nlmsg(
        2, struct.pack("<i", -22) + asked + attr(2, struct.pack("<I", 20)), 0x200, pid=7
    )
    rules = nlmsg(
        16,
        b"\x0a\2\0\0"
        + attr(1, b"\x30\0")
        + attr(9, attr(1, attr(1, struct.pack("<I", 0)) + attr(2, struct.pack("<I", 0))))
        + attr(8, attr(0, attr(1, attr(1, struct.pack("<I", 2))))),
        pid=7,
    )
    told = []
    for number, data in enumerate((refused, refused, link(16) + rules, refused), 1):
        (message,) = reader.dissect(Record(number, 0, 0, 253, data, len(data)))
        told.append(message.error)
    assert told[0] is told[1]
    assert told[3] is not told[1]


def test_a_refusal_without_a_copy_has_a_hint_from_the_request_that_was_sent() -> None:
    reader = dissector()
    reader.learned.rename(0x23, "nl80211")
    reader.tracker = Tracker(reader)
    errors = []
    for number, size in enumerate((3, 4, 3), 1):
        asked = nlmsg(0x23, b"\5\0\0\0" + attr(3, bytes(size)), 5, number)
        refused = nlmsg(2, struct.pack("<i", -22) + asked[:16], 0x100, number, 7)
        for data in (link(16) + asked, link(16) + refused):
            (message,) = reader.dissect(Record(number, 0, 0, 253, data, len(data)))
        assert message.error is not None
        errors.append(message.error["hint"])
    assert errors[0] == errors[2] == "ifindex: 3 bytes where u32 has 4"
    assert errors[1] is None


def test_an_ack_of_a_request_that_is_cut_has_no_command() -> None:
    reader = dissector()
    reader.learned.rename(0x23, "nl80211")
    reader.tracker = Tracker(reader)
    named = []
    for number, size in enumerate((24, 18, 24), 1):
        asked = nlmsg(0x23, b"\5\0\0\0" + attr(1, b"\1\0\0\0"), 5, number)
        done = nlmsg(2, bytes(4) + asked[:16], 0x100, number, 7)
        for data in (link(16) + asked[:size], link(16) + done):
            (message,) = reader.dissect(Record(number, 0, 0, 253, data, len(data)))
        named.append(message.operation)
    assert named == ["get-interface", "", "get-interface"]


def test_a_warning_is_about_the_request_that_was_sent() -> None:
    reader = dissector()
    reader.tracker = Tracker(reader)
    blamed = []
    for number, size in enumerate((1000, 33, 1000), 1):
        asked = nlmsg(18, bytes(16) + attr(3, b"v0\0"), 5, number)
        warned = bytes(4) + asked[:16] + attr(1, b"no\0") + attr(2, struct.pack("<I", 32))
        for data in (link(0) + asked[:size], link(0) + nlmsg(2, warned, 0x300, number, 9)):
            (message,) = reader.dissect(Record(number, 0, 0, 253, data, len(data)))
        assert message.error is not None
        blamed.append(message.error["attr"])
    assert blamed == ["ifname", None, "ifname"]
