"""What writers hold back comes out whole, in order, and at the end."""

from __future__ import annotations

from itertools import islice

import pytest

from nldissect.export import writer_class
from nldissect.export.writer import Writer
from nldissect.session import open_session
from tests.test_dissect import CAPTURES


@pytest.mark.parametrize("name", ["ndjson", "tree", "csv", "text", "c"])
def test_what_waits_comes_with_the_rest(name: str) -> None:
    results = []
    with open_session(CAPTURES[0]) as session:
        messages = list(islice(session, 40))
        for hold in (0, 5000, 1 << 30):
            parts: list[bytes] = []
            writer: Writer = writer_class(name)(parts.append, session.interfaces)
            writer.hold = hold
            writer.begin(session.interfaces)
            for message in messages:
                writer.message(message)
                assert len(writer.out) <= hold
            writer.close()
            results.append(parts)
    assert len({b"".join(parts) for parts in results}) == 1
    assert len(results[0]) >= len(messages)
    assert len(results[0]) > len(results[1]) > len(results[2]) == 1
