"""The built-in families as msgpack: written once from their YAML, read at run time without it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from ..errors import SpecError
from .model import Family

_HERE: Final = Path(__file__).parent
FAMILIES: Final = _HERE.parent / "families"
_LAYERS: Final = ("kernel", "extra")
_CODE: Final = ("canonical.py", "load.py", "merge.py", "model.py", "prebuild.py")
_INDEX: Final = "index.msgpack"


class Index(msgspec.Struct):
    """What is built in.

    files: family name to file name. generic: the names of the generic netlink families.
    classic: protocol number to (family, request numbers, reply numbers) of its families.
    teaching: protocol number to the types of messages that tell of things which others mention.
    typeless: protocol number to the family and type that messages of all other types have.
    """

    files: dict[str, str]
    generic: list[str]
    classic: dict[int, list[tuple[str, list[int], list[int]]]]
    teaching: dict[int, list[int]]
    typeless: dict[int, tuple[str, int]]


_index_decoder: Final = msgspec.msgpack.Decoder(Index)
_family_decoder: Final = msgspec.msgpack.Decoder(Family)
_memory: dict[Path, dict[str, bytes]] = {}


def load_index(families: Path = FAMILIES) -> Index:
    """The index of the built-in families; builds them first where they are not up to date."""
    return _index_decoder.decode(_read(_INDEX, families))


def load_family(name: str, families: Path = FAMILIES) -> Family:
    """A built-in family; raises SpecError if there is none of that name."""
    try:
        raw = _read(f"{name}.msgpack", families)
    except FileNotFoundError:
        raise SpecError("there is no such built-in family", name) from None
    return _family_decoder.decode(raw)


def _read(name: str, families: Path) -> bytes:
    if is_stale(families):
        files = build_files(families)
        try:
            _write(files, families / "prebuilt")
        except OSError:
            # A directory that cannot be written is read-only for good: remember the files.
            _memory[families] = files
    if families in _memory:
        if name not in _memory[families]:
            raise FileNotFoundError(name)
        return _memory[families][name]
    return (families / "prebuilt" / name).read_bytes()


def is_stale(families: Path = FAMILIES) -> bool:
    """Whether the prebuilt files are missing or older than what they are made from.

    An installed package has no YAML and is never stale.
    """
    if families in _memory:
        return False
    try:
        built = (families / "prebuilt" / _INDEX).stat().st_mtime_ns
    except FileNotFoundError:
        return True
    sources: list[os.DirEntry[str] | Path] = []
    for layer in _LAYERS:
        # The directory's own time tells of files that were added or removed.
        with contextlib.suppress(FileNotFoundError):
            sources += [families / layer, *os.scandir(families / layer)]
    if sources:
        sources += [_HERE / name for name in _CODE]
    return any(source.stat().st_mtime_ns > built for source in sources)


def build(families: Path = FAMILIES) -> list[str]:
    """Writes the prebuilt files and returns the families' names; raises SpecError, OSError."""
    files = build_files(families)
    _write(files, families / "prebuilt")
    return sorted(_index_decoder.decode(files[_INDEX]).files)


def build_files(families: Path = FAMILIES) -> dict[str, bytes]:
    """The prebuilt files, by name; raises SpecError at the first mistake in the YAML."""
    # PyYAML and the checks are not needed where the files are up to date.
    from . import lint
    from .canonical import canonical
    from .importer import read_canonical
    from .load import family
    from .merge import merge

    index = Index({}, [], {}, {}, {})
    files = {}
    layers = [
        {path.stem: path for path in sorted((families / layer).glob("*.yaml"))} for layer in _LAYERS
    ]
    encoder = msgspec.msgpack.Encoder()
    for name in sorted({name for layer in layers for name in layer}):
        paths = [layer[name] for layer in layers if name in layer]
        parts = [read_canonical(path) for path in paths]
        whole = parts[0] if len(parts) == 1 else merge(*parts)
        lint.require(whole, str(paths[-1]))
        made = family(canonical(whole))
        if made.name != name:
            raise SpecError(f"the file's name is not the family's, {made.name}", str(paths[-1]))
        file = f"{name}.msgpack"
        index.files[name] = file
        files[file] = encoder.encode(made)
        if made.protonum is None:
            index.generic.append(name)
        else:
            requests = _distinct(op.request_value for op in made.operations)
            replies = _distinct(op.reply_value for op in made.operations)
            index.classic.setdefault(made.protonum, []).append((name, requests, replies))
            taught = teaching(made)
            every = typeless(made)
            if every is not None:
                index.typeless[made.protonum] = (name, every)
            if taught:
                index.teaching.setdefault(made.protonum, []).extend(taught)
    files[_INDEX] = encoder.encode(index)
    return files


def teaching(spec: Family) -> list[int]:
    """The types of a classic family's messages that tell of things which others mention."""
    return _distinct(
        op.request_value if op.reply_value is None else op.reply_value
        for op in spec.operations
        if op.teaches
    )


def typeless(spec: Family) -> int | None:
    """The number of the operation that a classic family's messages of every type are."""
    for op in spec.operations:
        if op.every_type:
            return op.request_value
    return None


def _distinct(numbers: Iterable[int | None]) -> list[int]:
    return sorted({number for number in numbers if number is not None})


def _write(files: dict[str, bytes], directory: Path) -> None:
    """Replaces the directory's files, the index last: a reader never sees half of one."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        temporary = directory / f".{name}.{os.getpid()}"
        temporary.write_bytes(content)
        temporary.replace(directory / name)
    for path in directory.glob("*.msgpack"):
        if path.name not in files:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        names = build()
    except SpecError as error:
        sys.exit(str(error))
    print(f"{len(names)} families in {FAMILIES / 'prebuilt'}")
