"""Pictures of the screens, compared with those in tests/tui/pictures (--golden writes them)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nldissect.tui.browser import BrowserScreen
from tests.tui.driving import browser, drive, settled, shown, until

PICTURES = Path(__file__).parent / "pictures"
SIZES = {"80x24": (80, 24), "160x48": (160, 48)}
CAPTURE = "nldemo-refuse.pcap"


async def main_screen(pilot: Any) -> None:
    await pilot.press("7", "G", "b", "tab", "tab")
    await until(pilot, lambda: "attrs.attr-1" in shown(pilot.app))


async def completion(pilot: Any) -> None:
    await pilot.press("slash", *"error.na")
    await until(pilot, lambda: "error.name" in shown(pilot.app))


async def families(pilot: Any) -> None:
    await pilot.press("L")
    await until(pilot, lambda: "0x23" in shown(pilot.app) and "22" in shown(pilot.app))


async def statistics(pilot: Any) -> None:
    await pilot.press("S", *"jjjj", "tab")
    await until(pilot, lambda: "ERANGE" in shown(pilot.app) and "0 %" not in shown(pilot.app))


async def refused(pilot: Any) -> None:
    await pilot.press(*"278", "G", "tab")
    await until(pilot, lambda: "rings-set" in shown(pilot.app))
    await pilot.press("b")
    await until(pilot, lambda: "attrs.rx" in shown(pilot.app))


SCREENS = {
    "refused": refused,
    "main": main_screen,
    "completion": completion,
    "families": families,
    "statistics": statistics,
}


def picture(name: str, size: tuple[int, int], theme: str, capture: str = CAPTURE) -> str:
    """A screen as SVG."""
    taken: list[str] = []

    async def steps(pilot: Any) -> None:
        await settled(pilot)
        await SCREENS[name](pilot)
        await settled(pilot)
        for worker in list(pilot.app.screen_stack):
            if not isinstance(worker, BrowserScreen):
                await pilot.pause(0.2)
        pilot.app.clear_notifications()
        await pilot.pause(0.1)
        taken.append(pilot.app.export_screenshot(title="nldissect"))

    app = browser(capture, path=capture)
    app.theme = theme
    drive(app, steps, size)
    # Blanks at the ends of texts count for viewers that go by XML's rules.
    return taken[0].replace("<svg ", '<svg xml:space="preserve" ', 1)


def compare(taken: str, path: Path, write: bool) -> None:
    if write:
        path.parent.mkdir(exist_ok=True)
        path.write_text(taken)
    assert taken == path.read_text(), f"{path.name} looks different"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "theme"),
    [
        ("main", "textual-dark"),
        ("main", "textual-light"),
        ("completion", "textual-dark"),
        ("families", "textual-dark"),
        ("statistics", "textual-dark"),
    ],
)
def test_picture(name: str, theme: str, size: str, pytestconfig: pytest.Config) -> None:
    path = PICTURES / f"{name}-{theme.rpartition('-')[2]}-{size}.svg"
    taken = picture(name, SIZES[size], theme)
    compare(taken, path, pytestconfig.getoption("golden"))


def test_picture_of_the_readme(pytestconfig: pytest.Config) -> None:
    path = Path(__file__).parents[2] / "docs" / "browser.svg"
    taken = picture("refused", (118, 34), "textual-dark", "ethtool.pcap")
    compare(taken, path, pytestconfig.getoption("golden"))
