r"""Shards: what one chunk of a sweep gave, in one file that is there whole or not at all.

A shard is a line of JSON (which plan, which chunk, length and SHA-256 of every part, and a SHA-256 of the line itself)
and the bytes of its parts, one behind the other. Whatever was changed in it, cut off or put in its place shows when it
is read. Its content depends on the plan and the number of the chunk alone, so it does not matter who writes it, how
often, or in which order.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

from escalation_sim.errors import StoreError
from escalation_sim.store.provenance import sha256
from escalation_sim.store.read import bytes_of
from escalation_sim.store.write import put

FOLDER = "shards"
_LONGEST_LINE = 100_000


def path_of(folder: Path, chunk: int) -> Path:
    """Where the shard of a chunk lies.

    >>> path_of(Path("out"), 12).as_posix()
    'out/shards/000012.shard'
    """
    return folder / FOLDER / f"{chunk:06d}.shard"


def write_shard(folder: Path, chunk: int, plan: str, parts: Mapping[str, bytes]) -> Path:
    """Write the parts of a chunk, by a temporary file that is on the disk before it takes its name.

    Parameters
    ----------
    folder : path
        Of the sweep.
    chunk : int
    plan : str
        SHA-256 of the plan that the chunk belongs to.
    parts : mapping
        Name -> bytes.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    target = path_of(folder, chunk)
    parts = dict(sorted(parts.items()))  # as the line names them: JSON is written with its keys in order
    sizes = {name: [len(part), sha256(part)] for name, part in parts.items()}
    head: dict[str, object] = {"plan": plan, "chunk": chunk, "parts": sizes}
    line = _line({**head, "seal": sha256(_line(head))})
    put(target, b"".join([line, *parts.values()]))
    return target


def _line(head: Mapping[str, object]) -> bytes:
    return (json.dumps(head, sort_keys=True) + "\n").encode()


def read_shard(folder: Path, chunk: int, plan: str) -> dict[str, bytes]:
    """The parts of the shard of a chunk.

    Raises
    ------
    StoreError
        If it is missing, damaged, or of another plan or chunk.
    """
    path = path_of(folder, chunk)
    line, newline, rest = bytes_of(path).partition(b"\n")
    sizes = _parts(line + newline, chunk, plan, path)
    parts, start = {}, 0
    for name, (size, digest) in sizes.items():
        parts[name] = rest[start : start + size]
        start += size
        if sha256(parts[name]) != digest:
            raise _damaged(path)
    if start != len(rest):
        raise _damaged(path)
    return parts


def _parts(line: bytes, chunk: int, plan: str, path: Path) -> dict[str, tuple[int, str]]:
    """Length and SHA-256 of each part, from the first line of a shard; StoreError if the line is not as it was."""
    try:
        head = json.loads(line)
        seal = head.pop("seal")
        good = line == _line({**head, "seal": seal}) and seal == sha256(_line(head))
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        good = False
    if not good:
        raise _damaged(path)
    if head["plan"] != plan or head["chunk"] != chunk:
        raise StoreError(
            f"{path}: this shard is of another sweep or another chunk; delete it, the same command makes it"
        )
    return {name: (size, digest) for name, (size, digest) in head["parts"].items()}


def _damaged(path: Path) -> StoreError:
    return StoreError(f"{path}: the shard was changed or damaged; delete it, the same command makes it again")


def looks_whole(folder: Path, chunk: int, plan: str) -> bool:
    """Whether the shard of a chunk is there, of this plan and of the right length; its parts are not read.

    >>> looks_whole(Path("no such folder"), 0, "")
    False
    """
    path = path_of(folder, chunk)
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return False
        with path.open("rb") as file:
            line = file.readline(_LONGEST_LINE)
        sizes = _parts(line, chunk, plan, path)
    except (OSError, StoreError):
        return False
    return status.st_size == len(line) + sum(size for size, _ in sizes.values())


def is_whole(folder: Path, chunk: int, plan: str) -> bool:
    """Whether the shard of a chunk is there and every byte of it is as it was written.

    >>> is_whole(Path("no such folder"), 0, "")
    False
    """
    try:
        read_shard(folder, chunk, plan)
    except StoreError:
        return False
    return True


def has_part(folder: Path, chunk: int, plan: str, name: str) -> bool:
    """Whether the shard of a chunk, known to be whole, says more than nothing under a name."""
    path = path_of(folder, chunk)
    with path.open("rb") as file:
        return _parts(file.readline(_LONGEST_LINE), chunk, plan, path)[name][0] > 0


def sweep_up(folder: Path) -> None:
    """Take away what killed writers have left unfinished; only for who holds the folder alone."""
    for place in (folder, folder / FOLDER):
        for path in place.glob(".*.partial"):
            path.unlink(missing_ok=True)
