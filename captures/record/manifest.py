# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes captures/MANIFEST.json: what each capture holds, how it was made, and its checksum."""

import gzip
import hashlib
import json
import re
import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent
CAPTURES = HERE.parent
PCAPNG_SECTION, PCAPNG_PACKETS = b"\x0a\x0d\x0d\x0a", (3, 6)


def settings(scenario: Path) -> dict[str, str]:
    """The `what:`, `with:` and `file:` comments at a scenario's head."""
    return dict(re.findall(r"^# (what|with|file): (.*)$", scenario.read_text(), re.MULTILINE))


def count_records(data: bytes) -> int:
    """How many packets a little-endian pcap or pcapng file holds."""
    is_pcapng = data.startswith(PCAPNG_SECTION)
    count, at = 0, 0 if is_pcapng else 24
    while at < len(data):
        if is_pcapng:
            block, size = struct.unpack_from("<II", data, at)
            count += block in PCAPNG_PACKETS
            at += size
        else:
            count += 1
            at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    return count


def describe(capture: Path) -> dict[str, object]:
    data = capture.read_bytes()
    name = re.sub(r"-\d+$", "", capture.name.split(".")[0])
    made = settings(HERE / "scenarios" / f"{name}.sh")
    return {
        "file": capture.name,
        "what": made["what"],
        "recorder": made.get("with", "tcpdump -i nlmon0"),
        "scenario": f"record/scenarios/{name}.sh",
        "log": f"{name}.log",
        "kernel": (CAPTURES / f"{name}.log").read_text().splitlines()[1],
        "records": count_records(gzip.decompress(data) if capture.suffix == ".gz" else data),
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def main() -> None:
    entries = [describe(capture) for capture in sorted(CAPTURES.glob("*.pcap*"))]
    (CAPTURES / "MANIFEST.json").write_text(json.dumps(entries, indent=1) + "\n")


main()
