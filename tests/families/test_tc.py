"""Traffic control: structs as the kernel has them, arrays behind structs, classes, actions."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, strategies as st

from nldissect.model import Message, Record

from ..check import REGISTRY, check_record, dissector, leaves

REQUEST = 1
MULTI = 2
NEST = 0x8000
NEWQDISC, NEWTCLASS, NEWTFILTER, NEWCHAIN = 36, 40, 44, 100
NEWACTION, DELACTION, GETACTION = 48, 49, 50
both_orders = pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])


def attr(kind: int, payload: bytes, order: str = "<") -> bytes:
    raw = struct.pack(f"{order}HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def text(kind: int, value: str, order: str = "<") -> bytes:
    return attr(kind, value.encode() + b"\0", order)


def u32(kind: int, value: int, order: str = "<") -> bytes:
    return attr(kind, struct.pack(f"{order}I", value), order)


def read(type_: int, body: bytes = b"", order: str = "<", flags: int = REQUEST) -> Message:
    """The only message of a record; tcmsg is for link 4."""
    header = struct.pack(f"{order}BxxxiIII", 0, 4, 0x10000, 0xFFFFFFFF, 0)
    if NEWACTION <= type_ <= GETACTION:
        header = bytes(4)
    payload = header + body
    data = struct.pack(">HHH8xH", 4, 824, 0, 0)
    data += struct.pack(f"{order}IHHII", 16 + len(payload), type_, flags, 9, 0) + payload
    reader = dissector(order="little" if order == "<" else "big")
    (message,) = check_record(reader, Record(1, 0, 0, 253, data, len(data)))
    return message


def attrs(type_: int, body: bytes, order: str = "<", flags: int = REQUEST) -> dict[str, Any]:
    """The attributes of a message that has no notes and no byte without a name."""
    message = read(type_, body, order, flags)
    assert [(note.code, note.path) for note in message.notes] == []
    raw = [leaf for layer in message.layers for leaf in leaves(layer) if leaf.kind == "raw"]
    assert raw == []
    return message.attrs


def options(type_: int, kind: str, payload: bytes, order: str = "<") -> Any:
    """What a kind's TCA_OPTIONS read as."""
    return attrs(type_, text(1, kind, order) + attr(2, payload, order), order)["options"]


def action(kind: str, payload: bytes, order: str = "<") -> Any:
    """What an action's options read as."""
    inner = text(1, kind, order) + attr(2 | NEST, payload, order)
    tab = attr(1 | NEST, attr(1, inner, order), order)
    ((number, found),) = attrs(NEWACTION, tab, order)["tab"][0].items()
    assert number == "1"
    assert found["kind"] == kind
    return found["options"]


@pytest.mark.parametrize("flags", [REQUEST, MULTI, 0], ids=["request", "reply", "notify"])
def test_every_message_is_described(flags: int) -> None:
    names = {0: "NEW", 1: "DEL", 2: "GET"}
    for first, what in ((36, "QDISC"), (40, "TCLASS"), (44, "TFILTER"), (48, "ACTION")):
        for number, verb in names.items():
            if number == 2 and flags != REQUEST and what != "ACTION":
                continue
            message = read(first + number, flags=flags)
            assert message.family == "tc"
            assert message.operation_c == f"RTM_{verb}{what}"
    assert read(100, flags=flags).operation_c == "RTM_NEWCHAIN"


def test_kernel_messages_are_notifications() -> None:
    assert read(37, flags=0).operation == "delqdisc-ntf"
    assert read(44, flags=0).operation == "newtfilter-ntf"
    assert read(48, flags=0).operation == "newaction-ntf"


# qdiscs and classes


@both_orders
def test_rates_are_twelve_bytes(order: str) -> None:
    rate = struct.pack(f"{order}BBHhHI", 3, 1, 24, -1, 64, 1250000)
    opt = rate + rate + struct.pack(f"{order}IIIII", 20000, 10000, 125000, 0, 1)
    table = struct.pack(f"{order}256I", *range(256))
    found = options(NEWTCLASS, "htb", attr(1, opt, order) + attr(4, table, order), order)
    assert found["parms"]["ceil"] == {
        "cell-log": 3,
        "linklayer": 1,
        "overhead": 24,
        "cell-align": -1,
        "mpu": 64,
        "rate": 1250000,
    }
    assert found["parms"]["quantum"] == 125000
    assert found["rtab"] == list(range(256))


def test_a_class_has_other_options_than_its_qdisc() -> None:
    assert options(NEWQDISC, "hfsc", struct.pack("<H", 16)) == {"defcls": 16}
    curve = {"m1": 0, "d": 10, "m2": 1000}
    assert options(NEWTCLASS, "hfsc", attr(1, struct.pack("<III", 0, 10, 1000))) == {"rsc": curve}


def test_a_class_has_other_statistics_than_its_qdisc() -> None:
    flow = struct.pack("<IiIIIIi12x", 1, -90, 13, 0, 0, 0, 0)
    body = text(1, "fq_codel") + attr(4, flow) + attr(7 | NEST, attr(4, flow))
    found = attrs(NEWTCLASS, body, flags=MULTI)
    assert found["xstats"]["deficit"] == -90
    assert found["stats2"]["app"]["ldelay"] == 13
    body = text(1, "fq_codel") + attr(4, struct.pack("<10I", *range(10)))
    assert attrs(NEWQDISC, body, flags=MULTI)["xstats"]["drop-overlimit"] == 2


@both_orders
def test_mqprio_has_attributes_behind_its_struct(order: str) -> None:
    opt = struct.pack(f"{order}B16sB16H16H", 2, bytes(16), 1, *range(16), *range(16))
    rates = b"".join(attr(3, struct.pack(f"{order}Q", rate), order) for rate in (7, 8))
    payload = opt + b"\0\0" + attr(1, struct.pack(f"{order}H", 1), order)
    payload += attr(3 | NEST, rates, order)
    payload += attr(5 | NEST, u32(1, 0, order) + u32(2, 2, order), order)
    found = options(NEWQDISC, "mqprio", payload, order)
    assert (found["num-tc"], found["hw"], found["mode"]) == (2, 1, 1)
    assert found["min-rate64"] == {"min-rate64": [7, 8]}
    assert found["tc-entry"] == [{"index": 0, "fp": 2}]


def test_taprio_has_a_schedule_in_waiting() -> None:
    entry = attr(2, b"\0") + u32(3, 1) + u32(4, 500000)
    payload = attr(7 | NEST, attr(2 | NEST, attr(1 | NEST, entry) + attr(1 | NEST, entry)))
    payload += attr(12 | NEST, u32(1, 0)) + attr(12 | NEST, u32(1, 1))
    found = options(NEWQDISC, "taprio", payload)
    entries = found["admin-sched"]["sched-entry-list"]["entry"]
    assert entries == [{"cmd": 0, "gate-mask": 1, "interval": 500000}] * 2
    assert found["tc-entry"] == [{"index": 0}, {"index": 1}]


@both_orders
def test_netem_has_distributions(order: str) -> None:
    qopt = struct.pack(f"{order}6I", 1, 2, 3, 4, 5, 6)
    dist = attr(2, struct.pack(f"{order}3h", -5, 0, 5), order)
    found = options(NEWQDISC, "netem", qopt + dist, order)
    assert (found["latency"], found["jitter"], found["delay-dist"]) == (1, 6, [-5, 0, 5])


def test_gred_has_a_queue_or_sixteen() -> None:
    queue = struct.pack("<10I4BII", *range(10), 1, 2, 3, 4, 5, 6)
    for count in (1, 16):
        found = options(NEWQDISC, "gred", attr(1, queue * count))
        assert [item["prio"] for item in found["parms"]] == [4] * count


def test_statistics_are_as_long_as_on_the_wire() -> None:
    stats2 = attr(1, struct.pack("<QI4x", 98, 1)) + attr(3, struct.pack("<5I", 0, 0, 2, 0, 0))
    stats = struct.pack("<Q7I4x", 98, *[1] * 7)
    body = text(1, "noqueue") + attr(7 | NEST, stats2) + attr(3, stats)
    found = attrs(NEWQDISC, body, flags=MULTI)
    assert found["stats2"]["basic"] == {"bytes": 98, "packets": 1}
    assert found["stats"]["backlog"] == 1


def test_sizes_are_a_table_of_u16() -> None:
    stab = attr(1, struct.pack("<BBhiIIII", 3, 0, 0, 18, 1, 0, 2048, 3))
    stab += attr(2, struct.pack("<3H", 64, 128, 1500))
    body = text(1, "pfifo") + attr(2, struct.pack("<I", 5)) + attr(8 | NEST, stab)
    found = attrs(NEWQDISC, body)
    assert found["options"] == {"limit": 5}
    assert found["stab"]["data"] == [64, 128, 1500]


# filters


@both_orders
def test_u32_has_as_many_keys_as_it_needs(order: str) -> None:
    keys = struct.pack(">II", 0xFFFFFF00, 0xC0000200) + struct.pack(f"{order}ii", 16, 0)
    keys += struct.pack(">II", 0xFFFF, 80) + struct.pack(f"{order}ii", 20, -1)
    head = struct.pack(f"{order}BBBx", 1, 0, 2) + struct.pack(">H", 0xF0F0)
    head += struct.pack(f"{order}Hhh", 0, 0, 0) + struct.pack(">I", 0xFF00)
    counts = struct.pack(f"{order}QQQQ", 9, 3, 3, 0)
    found = options(NEWTFILTER, "u32", attr(5, head + keys, order) + attr(9, counts, order), order)
    assert (found["sel"]["nkeys"], found["sel"]["offmask"]) == (2, 0xF0F0)
    assert found["sel"]["hmask"] == 0xFF00
    assert found["sel"]["keys"] == [
        {"mask": 0xFFFFFF00, "val": 0xC0000200, "off": 16, "offmask": 0},
        {"mask": 0xFFFF, "val": 80, "off": 20, "offmask": -1},
    ]
    assert found["pcnt"] == {"rcnt": 9, "rhit": 3, "kcnts": [3, 0]}


@given(st.binary(max_size=60))
def test_any_selector_tiles(raw: bytes) -> None:
    message = read(NEWTFILTER, text(1, "u32") + attr(2, attr(5, raw)))
    whole = len(raw) >= 16 and len(raw) % 16 == 0
    assert bool(message.notes) != whole


@both_orders
def test_flower_mixes_orders(order: str) -> None:
    payload = attr(23, struct.pack(f"{order}H", 5), order) + attr(8, b"\x08\0", order)
    payload += u32(70, 16, order) + attr(19, b"\0\x50", order)
    lse = attr(1 | NEST, attr(1, b"\1", order) + u32(5, 100, order), order)
    payload += attr(99 | NEST, lse + lse, order)
    geneve = attr(1, b"\1\2", order) + attr(2, b"\3", order) + attr(3, b"\0\0\0\1", order)
    payload += attr(84 | NEST, attr(1 | NEST, geneve, order), order)
    assert options(NEWTFILTER, "flower", payload, order) == {
        "key-vlan-id": 5,
        "key-eth-type": 0x800,
        "key-mpls-label": 16,
        "key-tcp-dst": 80,
        "key-mpls-opts": {"lse": [{"lse-depth": 1, "lse-label": 100}] * 2},
        "key-enc-opts": {"geneve": [{"class": 0x102, "type": 3, "data": "00 00 00 01"}]},
    }


def match(number: int, kind: int, payload: bytes, order: str, flags: int = 0) -> bytes:
    """An extended match in its list."""
    return attr(number, struct.pack(f"{order}HHHH", 0, kind, flags, 0) + payload, order)


@both_orders
def test_extended_matches(order: str) -> None:
    compare = struct.pack(f"{order}IIHBB", 6, 0, 9, 0x01, 0x01)
    meta = attr(1, struct.pack(f"{order}HBBHBB", 0x100C, 0, 0, 0x1000, 0, 0), order)
    meta += u32(3, 5, order)
    find = b"kmp".ljust(16, b"\0") + struct.pack(f"{order}HHHBx", 0, 40, 3, 0x11) + b"GET"
    tree = match(1, 1, compare, order, flags=1) + match(2, 4, meta, order)
    tree += match(3, 5, find, order) + match(4, 0, struct.pack(f"{order}I", 2), order)
    nest = attr(1, struct.pack(f"{order}HH", 4, 0), order) + attr(2 | NEST, tree, order)
    found = options(NEWTFILTER, "basic", attr(2 | NEST, nest, order), order)["ematches"]
    assert found["tree-hdr"] == {"nmatches": 4, "progid": 0}
    first, second, third, fourth = found["tree-list"]
    assert (first["kind"], first["flags"]) == ("cmp", ["and"])
    assert first["data"]["off"] == 9
    assert second["data"]["hdr"]["left"]["kind"] == "0x100c"
    assert second["data"]["rvalue"] == struct.pack(f"{order}I", 5).hex(" ")
    assert third["data"]["algo"] == "kmp"
    assert third["pattern"] == b"GET".hex()
    assert fourth["data"] == {"ref": 2}


def test_an_unknown_match_is_noted() -> None:
    tree = match(1, 77, b"\1\2\3\4", "<")
    message = read(NEWTFILTER, text(1, "basic") + attr(2, attr(2, attr(2, tree))))
    assert [note.code for note in message.notes] == ["sub-message.unknown"]


@given(st.binary(max_size=40))
def test_any_match_tiles(raw: bytes) -> None:
    read(NEWTFILTER, text(1, "basic") + attr(2, attr(2, attr(2, attr(1, raw)))))


# actions


@both_orders
def test_pedit_has_keys_and_what_they_are_relative_to(order: str) -> None:
    sel = struct.pack(f"{order}IIiiiBBxx", 1, 0, 3, 1, 1, 1, 0)
    sel += struct.pack(f"{order}6I", 0x00FFFFFF, 9, 8, 0, 0, 0)
    relative = attr(1, struct.pack(f"{order}H", 2), order)
    relative += attr(2, struct.pack(f"{order}H", 1), order)
    payload = attr(4, sel, order) + attr(5, attr(6, relative, order) * 2, order)
    found = action("pedit", payload, order)
    assert found["parms-ex"]["keys"] == [
        {"mask": 0x00FFFFFF, "val": 9, "off": 8, "at": 0, "offmask": 0, "shift": 0}
    ]
    assert found["keys-ex"] == {"key-ex": [{"htype": "ip4", "cmd": "add"}] * 2}


GENERAL = {"index": 1, "capab": 0, "action": 3, "refcnt": 1, "bindcnt": 1}


@both_orders
def test_parameters_of_actions(order: str) -> None:
    gen = struct.pack(f"{order}IIiii", 1, 0, 3, 1, 1)
    for kind, number, rest, members in (
        ("bpf", 2, b"", {}),
        ("connmark", 1, struct.pack(f"{order}Hxx", 5), {"zone": 5}),
        ("csum", 1, struct.pack(f"{order}I", 9), {"update-flags": ["ipv4hdr", "tcp"]}),
        ("ct", 1, b"", {}),
        ("ctinfo", 3, b"", {}),
        ("gate", 2, b"", {}),
        ("ife", 1, struct.pack(f"{order}Hxx", 1), {"flags": 1}),
        ("mirred", 2, struct.pack(f"{order}iI", 1, 4), {"eaction": 1, "ifindex": 4}),
        ("sample", 2, b"", {}),
        ("simple", 2, b"", {}),
        ("skbedit", 2, b"", {}),
        ("skbmod", 2, struct.pack(f"{order}4xQ", 4), {"flags": 4}),
        ("tunnel_key", 2, struct.pack(f"{order}i", 2), {"t-action": 2}),
        ("vlan", 2, struct.pack(f"{order}i", 1), {"v-action": 1}),
    ):
        (found,) = action(kind, attr(number, gen + rest, order), order).values()
        assert found == {**GENERAL, **members}, kind


@both_orders
def test_nat_has_addresses(order: str) -> None:
    gen = struct.pack(f"{order}IIiii", 1, 0, 3, 1, 1)
    addresses = bytes((192, 0, 2, 1, 192, 0, 2, 2, 255, 255, 255, 0))
    found = action("nat", attr(1, gen + addresses + struct.pack(f"{order}I", 1), order), order)
    assert found["parms"]["new-addr"] == "192.0.2.2"
    assert found["parms"]["mask"] == "255.255.255.0"


def test_a_tunnel_key_has_options() -> None:
    geneve = attr(1, b"\1\2") + attr(2, b"\3") + attr(3, b"\0\0\0\1")
    payload = attr(7, struct.pack(">I", 42)) + attr(4, bytes((192, 0, 2, 2)))
    payload += attr(11 | NEST, attr(1 | NEST, geneve) + attr(1 | NEST, geneve))
    found = action("tunnel_key", payload)
    assert (found["enc-key-id"], found["enc-ipv4-dst"]) == (42, "192.0.2.2")
    assert [opt["class"] for opt in found["enc-opts"]["geneve"]] == [0x102, 0x102]


def test_gates_and_programs() -> None:
    entry = attr(1 | NEST, u32(1, 0) + attr(2, b"") + u32(3, 200))
    found = action("gate", attr(5 | NEST, entry + entry))
    assert found["entry-list"] == {"one-entry": [{"index": 0, "gate": True, "interval": 200}] * 2}
    program = options(NEWTFILTER, "bpf", attr(5, struct.pack("<HBBI", 6, 0, 0, 1)))
    assert program["ops"] == [{"code": 6, "jt": 0, "jf": 0, "k": 1}]


def test_dumps_of_actions() -> None:
    body = u32(3, 2) + attr(1 | NEST, attr(0, text(1, "gact")) + attr(1, text(1, "gact")))
    found = attrs(GETACTION, body, flags=MULTI)
    assert found == {"count": 2, "tab": [{"0": {"kind": "gact"}}, {"1": {"kind": "gact"}}]}
    flush = attrs(DELACTION, attr(1, attr(1, text(1, "gact"))) + attr(2, struct.pack("<II", 1, 1)))
    assert flush["flags"] == {"value": 1, "selector": 1}


def test_every_kind_is_compiled() -> None:
    family = REGISTRY.family("tc", "big")
    assert family is not None
    for message in family.spec.sub_messages:
        for shape in message.formats:
            made = family.shape_of(message.name, shape.value, "big")
            assert made is not None
            if made.set is not None:
                assert made.set.attrs
