from pathlib import Path

import pytest

from nldissect.errors import SpecError
from nldissect.spec.source import parse, read


def test_keys_and_items_know_their_lines() -> None:
    data = parse("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n", "f").data
    assert data == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert (data.line, data.lines) == (1, {"a": 1, "b": 2})
    assert data["b"].lines == [3, 4]
    assert data["b"][1].lines == {"c": 4, "d": 5}


def test_anchors_and_merge_keys() -> None:
    source = parse("a: &a {x: 1, y: 2}\nb: *a\nc:\n  <<: *a\n  y: 3\n", "f")
    assert source.data["b"] == {"x": 1, "y": 2}
    assert source.data["c"] == {"x": 1, "y": 3}
    assert source.repeated == []


def test_repeated_keys_are_told() -> None:
    assert parse("a: 1\nb: 2\na: 3\n", "f").repeated == [(3, "a")]


def test_licence_is_the_first_line() -> None:
    assert parse("# SPDX-License-Identifier: (A OR B)\na: 1\n", "f").license == "(A OR B)"
    assert parse("\n# SPDX-License-Identifier: A\n", "f").license == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1, 2\nb: 3\n", 2),
        ("a: 1\n\tb: 2\n", 2),
        ("a: &a [*a]\n", 1),
        ("a: *nothing\n", 1),
        ("a: \x01\n", 0),
        ("a: !unknown 1\n", 1),
        ("a: 2026-13-45\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
    ],
)
def test_what_is_no_yaml_is_a_spec_error(text: str, line: int) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, "f.yaml")
    assert (caught.value.path, caught.value.line) == ("f.yaml", line)


def test_tags_make_no_objects() -> None:
    assert parse("a: !!python/object:os.system {x: 1}\n", "f").data == {"a": {"x": 1}}


def test_aliases_that_grow_are_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 9):
        rows.append(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]")
    with pytest.raises(SpecError, match="grow too large"):
        parse("\n".join(rows), "f")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        read(tmp_path / "none.yaml")
    with pytest.raises(SpecError):
        read(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff\xfe\xe9")
    with pytest.raises(SpecError, match="UTF-8"):
        read(tmp_path / "latin.yaml")
    with pytest.raises(SpecError, match="larger than 16 MiB"):
        read("/dev/zero")
