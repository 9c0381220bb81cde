from __future__ import annotations

import io
from pathlib import Path

import pytest

from nldissect.capture.source import open_capture
from nldissect.dissect import Dissector
from nldissect.export import writer_class
from nldissect.learn import Learned
from nldissect.registry import Registry

CAPTURES = Path(__file__).parents[2] / "captures"


@pytest.mark.parametrize("format_", ["pcap", "pcapng"])
def test_records_of_matching_messages_once(tmp_path: Path, format_: str) -> None:
    out = io.BytesIO()
    with open_capture(str(CAPTURES / "nftables.pcap")) as capture:
        dissector = Dissector(Registry(), Learned(), capture.interfaces)
        writer = writer_class(format_)(out.write, capture.interfaces)
        wanted = []
        several = 0
        for record in capture:
            messages = dissector.dissect(record)
            matching = [message for message in messages if message.direction == "request"]
            several += len(matching) > 1
            if matching:
                wanted.append((record.time_ns, record.data, record.wire_len))
            for message in matching:
                writer.message(message)
        writer.close()
    assert several
    path = tmp_path / "x"
    path.write_bytes(out.getvalue())
    with open_capture(str(path)) as again:
        assert again.format == format_
        found = [(record.time_ns, record.data, record.wire_len) for record in again]
    assert found == wanted


def test_equal_records_are_not_the_same_record() -> None:
    """A notification captured once for each listener stays there as often."""
    out = io.BytesIO()
    with open_capture(str(CAPTURES / "rt-link.pcap")) as capture:
        dissector = Dissector(Registry(), Learned(), capture.interfaces)
        writer = writer_class("pcap")(out.write, capture.interfaces)
        for record in capture:
            for message in dissector.dissect(record):
                writer.message(message)
        writer.close()
    assert out.getvalue() == (CAPTURES / "rt-link.pcap").read_bytes()
