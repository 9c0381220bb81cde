from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nldissect.capture.source import open_capture
from nldissect.errors import CaptureError, TruncatedCapture, UsageError
from tests.capture import build
from tests.capture.reading import fields, interface_fields

SAME_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
datas = st.lists(st.binary(max_size=50), max_size=8)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    if draw(st.booleans()):
        order, magic = draw(st.sampled_from("<>")), draw(st.sampled_from(list(build.MAGICS)))
        return build.pcap(enumerate(draw(datas)), order, magic)
    parts = []
    for order in draw(st.lists(st.sampled_from("<>"), min_size=1, max_size=4)):
        count = draw(st.integers(0, 3))
        parts.append(build.section(order))
        parts += [build.interface(order, 100 + i, name=f"i{i}") for i in range(count)]
        for data in draw(datas):
            which = draw(st.integers(0, 3))
            parts.append(build.enhanced(1 << 40, data, order, which, comments=["c"]))
            parts.append(build.simple(data, order))
    return b"".join(parts)


@SAME_FILE
@given(captures())
def test_random_access_equals_sequential(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with open_capture(str(path)) as capture:
        expected = [fields(record) for record in capture]
        interfaces = [interface_fields(found) for found in capture.interfaces]
    with open_capture(str(path)) as capture:
        assert len(capture) == len(expected)
        numbers = range(len(expected), 0, -1)
        assert [fields(capture.record(number)) for number in numbers] == expected[::-1]
        assert [interface_fields(found) for found in capture.interfaces] == interfaces


def test_no_such_record(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(build.pcap([(1, b"a")]))
    with open_capture(str(path)) as capture:
        for number in (0, 2, -1):
            with pytest.raises(UsageError, match=f"no record {number}: there are 1"):
                capture.record(number)


def test_large_records_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    big = bytes(range(256)) * 5000
    path.write_bytes(build.pcap([(1, b"a"), (2, big)]))
    with open_capture(str(path)) as capture:
        assert capture.record(2).data == big


def test_cut_file_gives_the_good_records_and_the_error(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(build.pcap([(1, b"a"), (2, b"bc")])[:-1])
    with open_capture(str(path)) as capture:
        assert len(capture) == 1
        assert isinstance(capture.error, TruncatedCapture)
        assert capture.record(1).data == b"a"


@pytest.mark.parametrize("make", [build.pcap, build.pcapng])
def test_file_that_changed_is_an_error(tmp_path: Path, make: type) -> None:
    path = tmp_path / "x"
    data: bytes = make([(1, b"a" * 9000), (2, b"b")])
    path.write_bytes(data)
    with open_capture(str(path)) as capture:
        assert len(capture) == 2
        path.write_bytes(data[:-8])
        with pytest.raises(CaptureError, match="has changed"):
            capture.record(2)
        path.write_bytes(b"\xff" * len(data))
        with pytest.raises(CaptureError, match="has changed"):
            capture.record(1)


@pytest.mark.parametrize("make", [build.pcap, build.pcapng])
def test_known_records_can_be_read_while_the_index_grows(tmp_path: Path, make: type) -> None:
    path = tmp_path / "x"
    path.write_bytes(make([(i, bytes(300)) for i in range(20_000)]))
    with open_capture(str(path)) as capture:
        steps = []
        for count in capture.indexing():
            steps.append(count)
            if count:
                assert capture.record(count).number == count
        assert len(steps) > 3
        assert steps == sorted(steps)
        assert steps[-1] == len(capture) == 20_000
