"""The link to listen on: which is used, which is made, and which of them goes again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nldissect.errors import CaptureError, LiveError, NldissectError
from nldissect.tap import links as module
from nldissect.tap.links import Link


class Links:
    """Links that are there, and what is done to them."""

    there: tuple[tuple[str, int, str], ...] = ()
    errors: tuple[int, ...] = ()
    deeds: tuple[str, ...] = ()
    port = 4711

    def up(self) -> list[tuple[str, int, str]]:
        return list(self.there)

    def create(self, alias: str) -> tuple[str, int]:
        cls = type(self)
        if self.errors:
            error, *rest = self.errors
            cls.errors = tuple(rest)
            raise OSError(error, os.strerror(error))
        cls.deeds += (f"create for {alias}",)
        return "nlmon0", 7

    def mark(self, index: int, alias: str) -> None:
        type(self).deeds += (f"mark {index} for {alias}",)

    def remove(self, index: int) -> None:
        type(self).deeds += (f"remove {index}",)

    def close(self) -> None:
        type(self).deeds += ("close",)


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> type[Links]:
    class Fresh(Links):
        pass

    monkeypatch.setattr(module, "Links", Fresh)
    return Fresh


MINE = f"nldissect {os.getpid()}"


def test_a_named_one_is_left_alone(links: type[Links]) -> None:
    link = Link("nlmon3")
    assert (link.name, link.created, link.port) == ("nlmon3", False, 0)
    link.close()
    assert links.deeds == ()


def test_one_that_is_up_is_used(links: type[Links]) -> None:
    links.there = (("mon", 3, ""), ("other", 4, "for tests"))
    link = Link(None)
    assert (link.name, link.created, link.port) == ("mon", False, 4711)
    link.close()
    assert links.deeds == ("close",)


def test_what_was_created_is_removed_once(links: type[Links]) -> None:
    link = Link(None)
    assert (link.name, link.created) == ("nlmon0", True)
    link.close()
    link.close()
    assert links.deeds == (f"create for {MINE}", "remove 7", "close")


def test_what_a_killed_capture_left_is_used_and_removed(
    links: type[Links], monkeypatch: pytest.MonkeyPatch
) -> None:
    links.there = (("nlmon4", 9, "nldissect 1"), ("mon", 3, ""))
    link = Link(None)
    assert (link.name, link.created) == ("nlmon4", True)
    link.close()
    assert links.deeds == (f"mark 9 for {MINE}", "remove 9", "close")


def test_what_another_capture_made_is_left_to_it(
    links: type[Links], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_captures", lambda pid: pid == "1234")
    links.there = (("nlmon0", 9, "nldissect 1234"),)
    Link(None).close()
    assert links.deeds == (f"create for {MINE}", "remove 7", "close")


@pytest.mark.parametrize("pid", ["", "x", "-1", "99999999999999999999", "1 2"])
def test_aliases_that_name_no_process(pid: str) -> None:
    assert not module._captures(pid)


def test_a_process_that_captures_is_known_by_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not module._captures(str(os.getpid()))
    command = Path(f"/proc/{os.getpid()}/cmdline").read_bytes().split(b"\0")[0]
    monkeypatch.setattr(module, "_COMMAND", command)
    assert module._captures(str(os.getpid()))


def test_the_module_is_loaded(links: type[Links], monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[int] = []
    monkeypatch.setattr(module, "_load_module", lambda: loads.append(1) or "")
    links.errors = (errno.EOPNOTSUPP,)
    assert Link(None).created
    assert loads == [1]


def test_a_kernel_without_the_module(links: type[Links], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_load_module", lambda: "modprobe: not found")
    links.errors = (errno.EOPNOTSUPP, errno.EOPNOTSUPP)
    with pytest.raises(LiveError, match=r"no nlmon module \(modprobe: not found\); sudo modprobe"):
        Link(None)
    assert links.deeds == ("close",)


def test_modprobe_says_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "modprobe"
    monkeypatch.setenv("PATH", str(tmp_path))
    fake.write_text("#!/bin/sh\necho FATAL: no $1 here >&2\nexit 1\n")
    fake.chmod(0o755)
    assert module._load_module() == "FATAL: no nlmon here"
    fake.write_text("#!/bin/sh\n")
    assert module._load_module() == ""
    fake.write_text("#!/bin/sh\nexit 3\n")
    assert module._load_module() == "modprobe: exit code 3"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (errno.EPERM, LiveError, "CAP_NET_ADMIN.*ip link add nlmon0 type nlmon"),
        (errno.EACCES, LiveError, "CAP_NET_ADMIN"),
        (errno.ENOBUFS, CaptureError, "no buffer space"),
    ],
)
def test_links_that_cannot_be_created(
    links: type[Links], error: int, kind: type[NldissectError], words: str
) -> None:
    links.errors = (error,)
    with pytest.raises(kind, match=words):
        Link(None)
    assert links.deeds == ("close",)
