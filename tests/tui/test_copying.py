"""Forms for the clipboard: what they are, and that they can be read back."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from shutil import which

import pytest

from nldissect.explain import SECRET
from nldissect.filter import Catalogue, compile_filter
from nldissect.model import Message, Node
from nldissect.recording import Reader
from nldissect.tui.copying import FORMS, Part
from tests.tui.driving import recording_of, registry


@cache
def reader(name: str) -> Reader:
    return Reader(recording_of(name))


@cache
def catalogue() -> Catalogue:
    return Catalogue(registry())


def part(
    message: Message, path: str = "", *, node: Node | None = None, secrets: bool = False
) -> Part:
    if path and node is None:
        node = message.node(path)
        assert node is not None
    return Part(message, node, f"attrs.{path}", "the line", catalogue(), [], secrets)


def copied(form: str, of: Part) -> str:
    return FORMS[form][1](of)


def link() -> Message:
    return reader("rt-link.pcap").message(3)


def test_letters_are_keys_of_a_menu() -> None:
    assert len(FORMS) == 7
    assert all(len(letter) == 1 and name for letter, (name, _) in FORMS.items())


def test_a_node() -> None:
    of = part(link(), "linkinfo.kind")
    raw = of.data
    assert copied("v", of) == "dummy"
    assert copied("l", of) == "the line"
    assert copied("f", of) == 'rt-link.linkinfo.kind == "dummy"'
    assert bytes.fromhex(copied("h", of)) == raw
    assert json.loads(copied("j", of)) == {"kind": "dummy"}
    space: dict[str, bytes] = {}
    exec(copied("p", of), space)
    assert raw in space.values()
    numbers = re.findall(r"0x([0-9a-f]{2})", copied("c", of))
    assert bytes.fromhex("".join(numbers)) == raw


def test_a_message() -> None:
    message = link()
    of = part(message)
    assert copied("v", of) == copied("l", of) == "the line"
    assert bytes.fromhex(copied("h", of)) == message.data
    whole = json.loads(copied("j", of))
    assert (whole["n"], whole["attrs"]) == (3, message.attrs)
    wanted = compile_filter(copied("f", of), catalogue())
    assert [m.number for m in reader("rt-link.pcap").messages(1, 20) if wanted.match(m)] == [3]
    assert f"[{len(message.data)}]" in copied("c", of)


def test_headers_have_values_too() -> None:
    message = link()
    for layer in message.layers:
        made = json.loads(copied("j", part(message, node=layer)))
        assert list(made) == [layer.name]
        assert made[layer.name] is not None, layer.name


@pytest.mark.skipif(which("cc") is None, reason="needs a C compiler")
def test_arrays_compile(tmp_path: Path) -> None:
    message = link()
    arrays = [copied("c", part(message)), copied("c", part(message, "linkinfo.kind"))]
    source = tmp_path / "arrays.c"
    source.write_text("\n".join(arrays))
    command = ["cc", "-std=c11", "-Werror", "-fsyntax-only", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def keys(nodes: list[Node]) -> list[Node]:
    found: list[Node] = []
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node.secret:
            found.append(node)
        else:
            stack += node.children
    return found


@pytest.mark.parametrize("name", ["wireguard.pcap", "xfrm.pcap"])
def test_key_material_stays_where_it_is(name: str) -> None:
    met = 0
    for message in list(reader(name).messages())[:60]:
        found = keys(message.layers)
        if not found:
            continue
        met += 1
        clean = reader(name).redacted(message)
        for key, other in zip(found, keys(clean.layers)):
            raw = message.record.data[key.start + 4 : key.end]
            if len(set(raw)) < 4:
                continue
            for form in FORMS:
                for of in (part(clean, node=other), part(clean)):
                    text = copied(form, of)
                    numbers = "".join(re.findall(r"0x([0-9a-f]{2})", text))
                    told = [each for each in (raw.hex(), str(key.value)) if each in text + numbers]
                    assert not told, (form, key.name)
            assert copied("v", part(clean, node=other)) == SECRET
            assert str(key.value) in copied("j", part(message, node=key, secrets=True))
    assert met
