from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from nldissect.filter import Catalogue
from nldissect.registry import Registry
from nldissect.tui.completing import Completing, Offer, offer_fields, offer_paths
from tests.tui.test_dialogs import Text, press

WORDS = ["alpha", "alphabet", "beta", "[red]x[/]"]


def offer_words(text: str) -> list[Offer]:
    return [Offer(word, word, "a word") for word in WORDS if text and word.startswith(text)]


def typed(*keys: str, offer: Callable[[str], list[Offer]] = offer_words) -> str:
    """What stands in the input after some keys; a ! where another one has the focus."""

    return played(press(*keys), offer)


def played(
    play: Callable[[Pilot[None]], Awaitable[object]],
    offer: Callable[[str], list[Offer]] = offer_words,
) -> str:
    completing = Completing(offer)
    other = Input()

    class Small(App[None]):
        def compose(self) -> ComposeResult:
            yield completing
            yield other

    async def run() -> str:
        app = Small()
        async with app.run_test(size=(60, 12)) as pilot:
            completing.input.focus()
            await pilot.pause()
            await play(pilot)
            return completing.value + "!" * other.has_focus

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["b", "tab"], "beta"),
        (["a", "tab"], "alpha"),
        (["a", "tab", "tab"], "alphabet"),
        (["a", "down", "tab"], "alpha"),
        (["a", "down", "down", "tab"], "alphabet"),
        (["a", "down", "down", "up", "tab"], "alpha"),
        (["[", "tab"], "[red]x[/]"),
        (["x", "tab"], "x!"),
        (["tab"], "!"),
        (["b", "tab", "tab"], "beta!"),
    ],
)
def test_keys(keys: list[str], text: str) -> None:
    assert typed(*keys) == text


def test_mouse() -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("a")
        await pilot.click(offset=(4, 2))

    assert played(play) == "alphabet"


def test_fields() -> None:
    offer = offer_fields(Catalogue(Registry(plugins=False)))
    assert offer("") == offer("n, ") == []
    assert Offer("n, rt-link.ifname", "rt-link.ifname") in [
        each._replace(help="") for each in offer("n, rt-link.ifn")
    ]
    assert typed(Text("n,rt-link.ifna"), "tab", offer=offer) == "n,rt-link.ifname"


def test_paths(tmp_path: Path) -> None:
    for name in ("a.pcap", "b.txt", ".hidden.pcap", "c\x1b.pcap"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "d.pcap").write_bytes(b"")
    offer = offer_paths(str(tmp_path), lambda name: name.endswith(".pcap"))
    assert [each.text for each in offer("")] == ["a.pcap", "folder/"]
    assert [each.text for each in offer(".")] == [".hidden.pcap"]
    assert [each.text for each in offer("f")] == ["folder/"]
    assert offer("folder/") == [Offer("folder/d.pcap", "d.pcap")]
    whole = f"{tmp_path}/folder/d"
    assert offer(whole) == [Offer(whole + ".pcap", "d.pcap")]
    assert offer("no/such/") == offer("a.pcap/x") == offer("\0") == []
    assert typed("f", "tab", "tab", offer=offer) == "folder/d.pcap"
