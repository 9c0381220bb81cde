"""What the captures decode to, kept in files: a change in them is a change that users see."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from nldissect.errors import TruncatedCapture
from nldissect.export import ndjson, text
from nldissect.model import Message
from nldissect.registry import Registry
from nldissect.session import Session, open_session
from nldissect.spec.load import load_spec

HERE = Path(__file__).parent
CAPTURES = HERE.parent / "captures"
GOLDEN = HERE / "golden"
SAMPLE = 40


def messages(path: Path, registry: Registry) -> tuple[Session, list[Message]]:
    """The messages of a capture: SAMPLE of them, evenly spread, and what failed."""
    found: list[Message] = []
    with open_session(str(path), registry=registry) as session, suppress(TruncatedCapture):
        for message in session:
            found.append(message)
    step = max(1, len(found) // SAMPLE)
    failed = [message for message in found if (message.error or {}).get("message")][:20]
    chosen = {message.number: message for message in found[::step] + failed}
    return session, [chosen[number] for number in sorted(chosen)]


def registry() -> Registry:
    """The built-in families and the captures' own."""
    made = Registry(plugins=False)
    made.register(load_spec(CAPTURES / "record/nldemo/nldemo.yaml"))
    return made


REGISTRY = registry()


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap*")), ids=lambda path: path.name)
@pytest.mark.parametrize("form", ["ndjson", "txt"])
def test_golden(path: Path, form: str, request: pytest.FixtureRequest) -> None:
    reader, chosen = messages(path, REGISTRY)
    out = bytearray()
    writer: ndjson.Writer | text.Writer
    if form == "ndjson":
        writer = ndjson.Writer(out.extend, reader.interfaces)
    else:
        writer = text.Writer(out.extend, reader.interfaces)
    for message in chosen:
        writer.message(message)
    golden = GOLDEN / f"{path.name}.{form}"
    if request.config.getoption("--golden"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_bytes(out)
    assert golden.read_bytes() == bytes(out)


def test_no_golden_file_is_left_over() -> None:
    expected = {
        f"{path.name}.{form}" for path in CAPTURES.glob("*.pcap*") for form in ("ndjson", "txt")
    }
    assert {path.name for path in GOLDEN.iterdir()} == expected
