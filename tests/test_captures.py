"""The recorded captures are those that captures/MANIFEST.json describes."""

import gzip
import hashlib
import io
import json
from pathlib import Path

import dpkt
import pytest
import yaml

CAPTURES = Path(__file__).parent.parent / "captures"
MANIFEST = json.loads((CAPTURES / "MANIFEST.json").read_text())
SCENARIOS = CAPTURES / "record" / "scenarios"


def count_records(data: bytes) -> int:
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    is_pcapng = data.startswith(b"\x0a\x0d\x0d\x0a")
    reader = dpkt.pcapng.Reader if is_pcapng else dpkt.pcap.Reader
    return sum(1 for _ in reader(io.BytesIO(data)))


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_entry_matches_its_file(entry: dict[str, str | int]) -> None:
    data = (CAPTURES / str(entry["file"])).read_bytes()
    assert entry["size"] == len(data)
    assert entry["sha256"] == hashlib.sha256(data).hexdigest()
    assert entry["records"] == count_records(data) > 0


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_entry_names_its_scenario_and_log(entry: dict[str, str | int]) -> None:
    scenario = (CAPTURES / str(entry["scenario"])).read_text()
    assert f"# what: {entry['what']}\n" in scenario
    log = (CAPTURES / str(entry["log"])).read_text()
    assert log.startswith(f"$ uname -r\n{entry['kernel']}\n")
    assert "command not found" not in log


def test_every_capture_is_listed_once() -> None:
    listed = [entry["file"] for entry in MANIFEST]
    assert sorted(listed) == sorted(path.name for path in CAPTURES.glob("*.pcap*"))


def test_every_scenario_has_been_recorded() -> None:
    recorded = {Path(entry["scenario"]).name for entry in MANIFEST}
    assert recorded == {path.name for path in SCENARIOS.iterdir()}


def test_the_captures_stay_small() -> None:
    assert sum(entry["size"] for entry in MANIFEST) < 4_000_000


def test_nldemo_spec_lists_what_its_header_lists() -> None:
    nldemo = CAPTURES / "record" / "nldemo"
    words = [word.strip(",") for word in (nldemo / "nldemo.h").read_text().split()]
    spec = yaml.safe_load((nldemo / "nldemo.yaml").read_text())
    lists = {"NLDEMO_CMD_": spec["operations"]["list"]}
    for space in spec["attribute-sets"]:
        lists[f"NLDEMO_A_{space['name'].upper()}_"] = space["attributes"]
    for prefix, entries in lists.items():
        in_spec = [prefix + entry["name"].upper().replace("-", "_") for entry in entries]
        assert [word for word in words if word.startswith(prefix)] == in_spec
