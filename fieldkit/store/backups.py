"""The backup file: a mark, one line that lists the files with sizes and hashes, then the files one after another.

    fieldkit backup 1\\n {"files":[{"hash":...,"name":"fieldkit.db","size":...},...]} \\n <bytes> <bytes>

Where there are recordings or pictures it is version 2, and their chunks are its third file, one after another in the
order in which the database lists them.

All that is worth reading in it is encrypted. It is treated as hostile: nothing is taken in before every hash is right.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.platform import check_free, flush_folder
from fieldkit.records import canonical

MARK = b"fieldkit backup "
CHUNKS = "chunks"
FILES = ("fieldkit.db", "slots.json")
VERSIONS = {1: FILES, 2: (*FILES, CHUNKS)}
CHUNK = 1 << 20
LONGEST_LINE = 4096
DRAFT = ".new"  # until it is whole


class NotABackup(Refusal):
    """Another kind of file, or one that was cut or changed."""

    code = "not_a_backup"
    message = N_(
        "This file is not a whole fieldkit backup. Nothing was changed. Look for the right file, or an older backup."
    )
    status = 422


class NewerBackup(Refusal):
    """Written by a later version."""

    code = "newer_backup"
    message = N_(
        "This backup was written by a newer fieldkit. Nothing was changed. Install the newer version, then restore it."
    )
    status = 422


def write(path: Path, files: Mapping[str, Path], chunks: Sequence[Path] = ()) -> None:
    """Write *files* and *chunks* into one file at *path*, read back before it takes that name: whole or absent.

    Raises Occupied, OSError.
    """
    check_free(path)  # also another laptop's backup stays
    draft = path.with_name(f"{path.name}.{new_id()[:6]}{DRAFT}")
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            version = 2 if chunks else 1
            sources = {**{name: [files[name]] for name in FILES}, CHUNKS: chunks}
            facts = [_fact(name, sources[name]) for name in VERSIONS[version]]
            file.write(MARK + b"%d\n" % version + canonical({"files": facts}) + b"\n")
            for name in VERSIONS[version]:
                file.writelines(_bytes(sources[name]))
            file.flush()
            os.fsync(file.fileno())
        check(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    flush_folder(path.parent)


def _open(path: Path) -> IO[bytes]:
    """Open a file to be read; raises NotABackup for what is none: a pipe would let us wait for ever."""
    if path.exists() and not path.is_file():
        raise NotABackup
    return path.open("rb")


def check(path: Path) -> None:
    """Raise NotABackup or NewerBackup unless every byte of *path* is as it was written."""
    with _open(path) as file:
        for fact in _listed(file):
            for _ in _checked(file, fact):
                continue
        _ended(file)


def unpack(path: Path, folder: Path) -> dict[str, Path]:
    """Copy what a backup holds into *folder* and return where each file lies; raises NotABackup, NewerBackup."""
    found = {}
    with _open(path) as file:
        for fact in _listed(file):
            found[fact["name"]] = folder / fact["name"]
            with open(
                found[fact["name"]], "wb", opener=lambda name, flags: os.open(name, flags | os.O_EXCL, 0o600)
            ) as out:
                out.writelines(_checked(file, fact))
                out.flush()
                os.fsync(out.fileno())
        _ended(file)
    return found


def _bytes(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield what lies in *paths*, one after another, a megabyte at a time."""
    for path in paths:
        with path.open("rb") as source:
            yield from iter(lambda: source.read(CHUNK), b"")


def _fact(name: str, paths: Iterable[Path]) -> dict[str, Any]:
    summed, size = blake2b(digest_size=32), 0
    for part in _bytes(paths):
        summed.update(part)
        size += len(part)
    return {"name": name, "size": size, "hash": _b64(summed.digest())}


def _listed(file: IO[bytes]) -> list[dict[str, Any]]:
    """Return the facts of the files that follow: exactly ours, in our order."""
    first = file.readline(LONGEST_LINE)
    if not first.startswith(MARK) or not first[len(MARK) :].strip().isdigit():
        raise NotABackup
    expected = VERSIONS.get(int(first[len(MARK) :]))
    if expected is None or first != MARK + b"%d\n" % int(first[len(MARK) :]):
        raise NewerBackup
    try:
        facts: list[dict[str, Any]] = json.loads(file.readline(LONGEST_LINE))["files"]
        right = tuple(fact["name"] for fact in facts) == expected
        right = right and all(type(fact["size"]) is int and type(fact["hash"]) is str for fact in facts)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotABackup from error
    if not right:
        raise NotABackup
    return facts


def _checked(file: IO[bytes], fact: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the bytes of one file; raises NotABackup at its end where they are not what was listed."""
    left, summed = fact["size"], blake2b(digest_size=32)
    while left > 0:
        part = file.read(min(CHUNK, left))
        if not part:
            raise NotABackup
        summed.update(part)
        left -= len(part)
        yield part
    if _b64(summed.digest()) != fact["hash"]:
        raise NotABackup


def _ended(file: IO[bytes]) -> None:
    if file.read(1):
        raise NotABackup


def _b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
