"""Redacted messages of every family with keys: no format has a run of a key's bytes."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow.parquet import read_table

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.encoder import encode
from nldissect.export import COLUMNS, FORMATS, writer_class
from nldissect.filter.fields import Catalogue
from nldissect.learn import Learned
from nldissect.model import Interface, Message, Node, Record
from nldissect.redact import Redactor

from ..check import REGISTRY, leaves

CAPTURES = Path(__file__).parents[2] / "captures"
ID = 0x2A
RUN = 6
"""As many bytes of a key in one place are a leak."""

KEY = bytes(range(0xA1, 0xB1))
TEXT = b"correct horse 9x"


def algo(*numbers: int) -> bytes:
    return b"rfc4106(gcm(aes))".ljust(64, b"\0") + struct.pack(f"={len(numbers)}I", *numbers) + KEY


def aead() -> bytes:
    return b"gcm(aes)".ljust(32, b"\0") + struct.pack("=I", len(KEY)) + KEY


def login() -> bytes:
    return struct.pack("=3I48sHH18s66x", 9, 100, 1000, b"alice", 1, 16, KEY)


def md5sig() -> bytes:
    return struct.pack("=BBH16s", 2, 32, len(KEY), bytes([192, 0, 2, 9])) + KEY.ljust(80, b"\0")


MESSAGES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "802.15.4 MAC": [("llsec-add-key", {"dev-name": "wpan0", "llsec-key-bytes": KEY})],
    "SEG6": [("sethmac", {"hmackeyid": 7, "secret": KEY, "secretlen": 16})],
    "SMBD_GENL": [
        ("login-response", {"login-response": login()}),
        ("spnego-authen-response", {
            "spnego-authen-response":
                struct.pack("=I", 9) + login() + struct.pack("=HH", 16, 0) + KEY,
        }),
    ],
    "TIPCv2": [("key-set", {"node": {"id": bytes(16), "key": aead()}})],
    "cifs": [("swn-register", {"swn-net-name": "host", "swn-password": TEXT + b"\0"})],
    "drbd": [("adm-connect", {"net-conf": {"shared-secret": TEXT + b"\0"}})],
    "macsec": [
        ("add-txsa", {"ifindex": 3, "sa-config": {"an": 0, "key": KEY, "keyid": bytes(16)}}),
        ("add-rxsa", {"ifindex": 3, "sa-config": {"an": 0, "salt": KEY[:12]}}),
    ],
    "nl80211": [
        ("new-key", {"ifindex": 3, "key-data": KEY}),
        ("new-key", {"ifindex": 3, "key": {"data": KEY, "ltf-seed": KEY}}),
        ("connect", {"ifindex": 3, "pmk": KEY, "sae-password": TEXT}),
        ("set-rekey-offload", {"ifindex": 3, "rekey-data": {"kek": KEY, "kck": KEY}}),
        ("associate", {"ifindex": 3, "fils-kek": KEY, "fils-erp-rrk": KEY}),
    ],
    "nl802154": [("new-sec-key", {"ifindex": 3, "sec-key": {"bytes": KEY}})],
    "ovpn": [
        ("key-new", {"ifindex": 3, "keyconf": {
            "encrypt-dir": {"cipher-key": KEY, "nonce-tail": KEY[:8]},
            "decrypt-dir": {"cipher-key": KEY},
        }}),
    ],
    "psp": [("tx-assoc", {"dev-id": 3, "tx-key": {"key": KEY, "spi": 1}})],
    "sock-diag": [("tcpdiag-getsock-reply", {"md5sig": md5sig() * 2})],
    "wireguard": [
        ("set-device", {"ifindex": 3, "private-key": KEY * 2, "peers": [
            {"public-key": bytes(32), "preshared-key": KEY * 2},
        ]}),
    ],
    "xfrm": [
        ("newsa", {"alg-auth": algo(128), "alg-crypt": algo(128)}),
        ("updsa", {"alg-aead": algo(128, 96), "alg-auth-trunc": algo(128, 96)}),
    ],
}  # fmt: skip


def runs(key: bytes) -> Iterator[bytes]:
    """The parts of a key of which none may be anywhere."""
    for at in range(len(key) - RUN + 1):
        yield key[at : at + RUN]


def ways(run: bytes) -> set[bytes]:
    """A run of bytes as the formats might spell it."""
    found = {run}
    for separator in ("", ":", " ", ", ", ","):
        text = run.hex("|")
        found.add(text.replace("|", separator).encode())
        found.add(b"0x" + text.replace("|", f"{separator}0x").encode())
        found.add(("\\x" + text.replace("|", "\\x")).encode())
    return found


def leaks(output: bytes, keys: set[bytes]) -> set[str]:
    # A line's end may stand inside a key, and what stands beside hex digits must not hide it.
    flat = b" ".join(line.partition(b"  |")[0].strip() for line in output.splitlines())
    return {
        run.hex()
        for key in keys
        for run in runs(key)
        if any(way in output or way in flat for way in ways(run))
    }


def columns(messages: list[Message]) -> list[Any]:
    """Every field of the messages' families."""
    catalogue = Catalogue(REGISTRY)
    families = {message.family for message in messages}
    made: dict[str, Any] = {}
    for field in catalogue.complete("bytes"):
        made[field.name] = field
    for word in catalogue.family_words():
        for field in catalogue.level(f"{word}."):
            if any(source.family in families for source in field.sources):
                made[field.name] = field
    return list(made.values())


def exported(format_: str, messages: list[Message], options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    interfaces = [Interface(0, 253, 262144, "nlmon0", "", "little")]
    writer = writer_class(format_)(out.write, interfaces, **options)
    for message in messages:
        writer.message(message)
    writer.close()
    if format_ == "parquet":
        # Its pages are compressed: what it says is what a reader gets.
        table = read_table(io.BytesIO(out.getvalue()))
        return repr([
            {name: value.hex() if isinstance(value, bytes) else value
             for name, value in row.items()}
            for row in table.to_pylist()
        ]).encode()  # fmt: skip
    return out.getvalue()


def options_of(format_: str, messages: list[Message]) -> list[dict[str, Any]]:
    if format_ == "text":
        shown = {"secrets": True}
        return [shown, {**shown, "verbose": True, "hexdump": True}]
    if format_ in COLUMNS:
        return [{}, {"fields": columns(messages)}]
    return [{}]


def secrets(node: Node) -> Iterator[Node]:
    if node.secret:
        yield from (leaf for leaf in leaves(node) if not leaf.name.startswith("nla-"))
    for child in node.children:
        yield from secrets(child)


def of_family(family: str) -> tuple[Dissector, list[Record]]:
    """The messages of a family above, as records of this machine's byte order."""
    spec = REGISTRY.spec(family)
    assert spec is not None
    generic = spec.protonum in (None, 16)
    protocol = 16 if generic else spec.protonum
    learned = Learned({ID: family} if generic else {})
    interfaces = [Interface(0, 253, 262144, "", "", "little")]
    records = []
    for number, (operation, given) in enumerate(MESSAGES[family], 1):
        direction = "reply" if family == "sock-diag" else "request"
        raw = encode(family, operation, given, id=ID if generic else None, direction=direction,
                     registry=REGISTRY)  # fmt: skip
        data = struct.pack(">HHH8xH", 4, 824, 0, protocol) + raw
        records.append(Record(number, 0, 0, 253, data, len(data)))
    return Dissector(REGISTRY, learned, interfaces), records


def read(
    dissector: Dissector, records: list[Record], redacted: bool
) -> tuple[list[Message], set[bytes]]:
    """Messages, and what their keys are."""
    redactor = Redactor(dissector)
    keys: set[bytes] = set()
    messages: list[Message] = []
    for record in records:
        for message in dissector.dissect(record):
            for layer in message.layers:
                parts = [record.data[leaf.start : leaf.end] for leaf in secrets(layer)]
                keys |= {part.rstrip(b"\0") for part in parts if len(part) >= RUN and any(part)}
        given = redactor.record(record) if redacted else record
        messages += dissector.dissect(given)
    return messages, {key for key in keys if len(key) >= RUN}


def check(dissector: Dissector, records: list[Record], format_: str) -> None:
    whole, keys = read(dissector, records, False)
    redacted, _ = read(dissector, records, True)
    assert keys
    for options in options_of(format_, whole):
        assert leaks(exported(format_, redacted, options), keys) == set()
    # The search is one that finds.
    assert any(leaks(exported(format_, whole, each), keys) for each in options_of(format_, whole))


def test_every_family_with_keys_has_a_message() -> None:
    from .test_secrets import MARKED

    # These have no keys that are as long as a run, or only tell link layers apart.
    assert set(MARKED) - set(MESSAGES) == {"ethtool", "l2tp"}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("family", MESSAGES)
def test_no_format_has_a_run_of_a_key(family: str, format_: str) -> None:
    dissector, records = of_family(family)
    check(dissector, records, format_)


@pytest.mark.parametrize("family", MESSAGES)
def test_the_keys_are_the_marked_ones(family: str) -> None:
    """What is put in as a key is known as one."""
    dissector, records = of_family(family)
    _, keys = read(dissector, records, False)
    for record in records:
        for key in (KEY, TEXT):
            if key in record.data:
                assert any(key in known for known in keys)


@pytest.mark.parametrize("format_", FORMATS)
def test_no_format_has_a_key_of_a_capture(format_: str) -> None:
    with open_capture(str(CAPTURES / "xfrm.pcap")) as capture:
        dissector = Dissector(REGISTRY, Learned(), capture.interfaces)
        dissector.survey(capture)
        check(dissector, list(capture), format_)
