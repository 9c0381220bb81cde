"""Test vectors: the bytes in each language are the message's, and packets cannot write code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nldissect.dissect import Dissector
from nldissect.export import writer_class
from nldissect.export.vectors import C, Go, Python, Rust, Writer
from nldissect.learn import FamilyInfo, Learned
from nldissect.model import Interface, Message, Record
from tests.check import REGISTRY, dissector
from tests.export.test_columns import messages_of, newlink
from tests.test_dissect import CAPTURES, RECORDS, link, nlmsg, record

KINDS = {"c": C, "python": Python, "rust": Rust, "go": Go}
RUSTC = shutil.which("rustc") or shutil.which("rustc", path=str(Path.home() / ".cargo/bin"))
_ARRAYS = {
    "c": re.compile(r"^const unsigned char (\w+)\[(\d+)\] = \{\n(.*?)^\};\n", re.M | re.S),
    "rust": re.compile(r"^pub const (\w+): \[u8; (\d+)\] = \[\n(.*?)^\];\n", re.M | re.S),
    "go": re.compile(r"^var (\w+)() = \[\]byte\{\n(.*?)^\}\n", re.M | re.S),
}


def written(format_: str, messages: Iterable[Message], interfaces: Sequence[Interface] = ()) -> str:
    parts: list[bytes] = []
    writer = KINDS[format_](parts.append, interfaces)
    for message in messages:
        writer.message(message)
    writer.close()
    return b"".join(parts).decode("ascii")


def arrays(format_: str, text: str) -> dict[str, bytes]:
    """The arrays of a file by name, read without a compiler."""
    found = {}
    for name, size, body in _ARRAYS[format_].findall(text):
        code = "".join(line.partition("//")[0] for line in body.splitlines())
        assert re.fullmatch(r"(\s|0x[0-9a-f]{2},)*", code)
        raw = bytes(int(byte, 16) for byte in re.findall("0x(..)", code))
        assert size in ("", str(len(raw)))
        assert name not in found
        found[name] = raw
    return found


def names_of(text: str) -> dict[str, Any]:
    """What a Python module of ours defines."""
    names: dict[str, Any] = {}
    exec(compile(text, "vectors.py", "exec"), names)
    return names


def nlmsgs(messages: Iterable[Message]) -> list[bytes]:
    return [item.record.data[item.start : item.end] for item in messages if item.type >= 0]


def some(messages: list[Message], count: int = 40) -> list[Message]:
    """About so many, from all over a capture."""
    return messages[:: max(1, len(messages) // count)]


def run(*command: str, **options: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stderr[:4000]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_captures_in_c(path: Path, tmp_path: Path) -> None:
    messages = some(messages_of(path)[1], 100)
    text = written("c", messages)
    assert list(arrays("c", text).values()) == nlmsgs(messages)
    if gcc := shutil.which("gcc"):
        file = tmp_path / "vectors.c"
        file.write_text(text)
        run(gcc, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(file))


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_captures_in_python(path: Path) -> None:
    interfaces, messages = messages_of(path)
    chosen = some(messages)
    names = names_of(written("python", chosen, interfaces))
    raw = {key: value for key, value in names.items() if isinstance(value, bytes)}
    assert list(raw.values()) == nlmsgs(chosen)
    for name, message in zip(raw, [item for item in chosen if item.type >= 0], strict=True):
        assert names.get(f"{name}_ERROR") == message.error
        assert names.get(f"{name}_HEADER") == message.header
        if message.error is None:
            assert names[f"{name}_ATTRS"] == message.attrs


def all_captures(kind: type[Writer]) -> tuple[str, list[bytes]]:
    """Some messages of each capture in one file, and their bytes."""
    parts: list[bytes] = []
    raw: list[bytes] = []
    writer = kind(parts.append, [])
    for path in CAPTURES:
        interfaces, messages = messages_of(path)
        writer.begin(interfaces, path.name)
        chosen = some(messages)
        raw += nlmsgs(chosen)
        for message in chosen:
            writer.message(message)
    writer.close()
    return b"".join(parts).decode("ascii"), raw


def test_all_captures_in_rust(tmp_path: Path) -> None:
    text, raw = all_captures(Rust)
    assert list(arrays("rust", text).values()) == raw
    if RUSTC:
        file = tmp_path / "vectors.rs"
        file.write_text(text)
        run(RUSTC, "--crate-type=lib", "--emit=metadata", "-Dwarnings", "--out-dir",
            str(tmp_path), str(file))  # fmt: skip


def test_all_captures_in_go(tmp_path: Path) -> None:
    text, raw = all_captures(Go)
    assert list(arrays("go", text).values()) == raw
    if go := shutil.which("go"):
        file = tmp_path / "vectors.go"
        file.write_text(text)
        environment = {**os.environ, "GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off"}
        run(go, "build", "-o", os.devnull, str(file), cwd=tmp_path, env=environment)
    if gofmt := shutil.which("gofmt"):
        formatted = subprocess.run([gofmt], input=text, capture_output=True, text=True, check=True)
        assert formatted.stdout == text


def test_c_reads_like_the_message() -> None:
    assert written("c", newlink(b"v0")) == (
        "// Netlink messages as test vectors: each array is one nlmsg.\n"
        "\n"
        "// message 1, frame 1, 1970-01-01T00:00:00.000000000Z, route, "
        "rt-link newlink RTM_NEWLINK request, little endian\n"
        "const unsigned char nl_1_rt_link_newlink[48] = {\n"
        + "".join(
            f"\t{code:<47} //{told}\n"
            for code, told in (
                ("", "      nlmsg nlmsghdr: RTM_NEWLINK"),
                ("0x30, 0x00, 0x00, 0x00,", "    0   nlmsg-len: 48"),
                ("0x10, 0x00,", "    4   nlmsg-type: 16 RTM_NEWLINK"),
                ("0x05, 0x00,", "    6   nlmsg-flags: 0x5 request ack"),
                ("0x07, 0x00, 0x00, 0x00,", "    8   nlmsg-seq: 7"),
                ("0x00, 0x00, 0x00, 0x00,", "   12   nlmsg-pid: 0"),
                ("", "      header ifinfomsg"),
                ("0x00,", "   16   ifi-family: 0 (unspec)"),
                ("0x00,", "   17   pad"),
                ("0x00, 0x00,", "   18   ifi-type: 0"),
                ("0x00, 0x00, 0x00, 0x00,", "   20   ifi-index: 0"),
                ("0x00, 0x00, 0x00, 0x00,", "   24   ifi-flags: none"),
                ("0x00, 0x00, 0x00, 0x00,", "   28   ifi-change: 0"),
                ("", "      attrs"),
                ("0x07, 0x00, 0x03, 0x00,", "   32   ifname IFLA_IFNAME (nla-len 7, nla-type 3)"),
                ("0x76, 0x30, 0x00,", "   36     v0"),
                ("0x00,", "   39   padding"),
                ("0x08, 0x00, 0x04, 0x00,", "   40   mtu IFLA_MTU (nla-len 8, nla-type 4)"),
                ("0xdc, 0x05, 0x00, 0x00,", "   44     1500"),
            )
        )
        + "};\n"
    )


def test_python_has_the_values() -> None:
    names = names_of(written("python", newlink(b"v0")))
    assert names["NL_1_RT_LINK_NEWLINK"][:4] == b"\x30\0\0\0"
    assert names["NL_1_RT_LINK_NEWLINK_ATTRS"] == {"ifname": "v0", "mtu": 1500}
    assert names["NL_1_RT_LINK_NEWLINK_HEADER"]["ifi-index"] == 0
    assert "NL_1_RT_LINK_NEWLINK_ERROR" not in names


def test_names_of_the_languages() -> None:
    (message,) = newlink(b"v0")
    assert "pub const NL_1_RT_LINK_NEWLINK: [u8; 48] = [" in written("rust", [message])
    assert "var Nl1RtLinkNewlink = []byte{" in written("go", [message])
    assert written("go", []).endswith("\npackage netlink\n")


NASTY = (
    b"*/ int x;",
    b"/* \\",
    b"??/",
    b"a\nb = 1",
    b"\\\\  ",
    "\u202e\u2066\ufeff\u2028é".encode(),
    b"\"\"\"'''",
    b"${}{name}%s\x00",
)


@pytest.mark.parametrize("format_", KINDS)
def test_packets_write_no_code(format_: str, tmp_path: Path) -> None:
    messages = newlink(*NASTY)
    text = written(format_, messages)
    lines = text.splitlines()
    assert not [line for line in lines if line.endswith(("\\", "??/"))]
    if format_ == "python":
        names = names_of(text)
        for message in messages:
            assert names[f"NL_{message.number}_RT_LINK_NEWLINK_ATTRS"] == message.attrs
        return
    assert "*/" not in text
    assert "/*" not in text
    assert list(arrays(format_, text).values()) == nlmsgs(messages)
    gcc = shutil.which("gcc")
    if format_ == "c" and gcc:
        file = tmp_path / "vectors.c"
        file.write_text(text)
        for standard in ("c99", "gnu11", "c2x"):
            run(gcc, f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(file))


def family(name: str, number: int) -> Message:
    """A message of a family whose name is the packet's."""
    learned = Learned(saved=[FamilyInfo(0x25, name, "saved")])
    reader = Dissector(REGISTRY, learned, [], order="little")
    (message,) = reader.dissect(Record(1, 0, 0, 253, link(16) + nlmsg(0x25, b"\1\1\0\0"), 36))
    message.number = number
    return message


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text(alphabet="0123456789_-ab"))
def test_names_are_identifiers_and_differ(first: str, second: str) -> None:
    messages = [family(first, 1), family(second, 12), family(second, 3), family(first, 2)]
    for format_, kind in KINDS.items():
        text = written(format_, messages)
        if kind is Python:
            names = [name for name, value in names_of(text).items() if isinstance(value, bytes)]
        else:
            names = list(arrays(format_, text))
        assert len(set(names)) == len(messages)
        assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name) for name in names)


@pytest.mark.parametrize("format_", KINDS)
def test_a_second_input_has_names_of_its_own(format_: str) -> None:
    parts: list[bytes] = []
    writer = KINDS[format_](parts.append, [])
    for path in ("a.pcap", "b*/\udcff\n.pcap"):
        writer.begin([], path)
        writer.message(newlink(b"v0")[0])
    writer.close()
    text = b"".join(parts).decode("ascii")
    assert " a.pcap, message 1, " in text
    assert " b* /\\udcff\\n.pcap, message 1, " in text
    if format_ == "python":
        names = [name for name, value in names_of(text).items() if isinstance(value, bytes)]
    else:
        names = list(arrays(format_, text))
    assert [name.lower().replace("_", "") for name in names] == [
        "nl1rtlinknewlink",
        "nlf21rtlinknewlink",
    ]


def test_what_is_no_message_is_a_comment() -> None:
    messages = dissector().dissect(record(b"\0\4\3"))
    for format_ in KINDS:
        text = written(format_, messages)
        assert text.splitlines()[-1].endswith("! the link header is cut off")


def test_a_cut_message_says_so() -> None:
    whole = link(0) + nlmsg(16, bytes(16), flags=5)
    messages = dissector().dissect(record(whole[:-6], wire_len=len(whole)))
    text = written("c", messages)
    assert "// cut: 26 of the 32 bytes are there\n" in text
    assert list(arrays("c", text).values()) == [whole[16:-6]]


def test_notes_stand_with_their_bytes() -> None:
    (message,) = dissector().dissect(record(link(0) + nlmsg(16, bytes(16) + b"\7\0\4\0abc")))
    assert "! warn value.width: 3 bytes where u32 has 4\n" in written("c", [message])


def test_long_values_are_cut_in_comments() -> None:
    text = written("c", newlink(b"x" * 500))
    assert max(map(len, text.splitlines())) < 240


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(RECORDS), st.data())
def test_broken_messages_keep_their_bytes(original: Record, data: st.DataObject) -> None:
    raw = bytearray(original.data)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(16, len(raw) - 1))] = data.draw(st.integers(0, 255))
    messages = dissector().dissect(record(bytes(raw)))
    assert list(arrays("c", written("c", messages)).values()) == nlmsgs(messages)


@pytest.mark.parametrize("format_", KINDS)
def test_the_formats_have_names(format_: str) -> None:
    assert writer_class(format_) is KINDS[format_]
