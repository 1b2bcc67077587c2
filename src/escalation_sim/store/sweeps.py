"""The folder of a sweep: its plan, written first; its shards; and, once all are there, its tables and manifest.

`plan.json` holds all that the results depend on. As long as `manifest.json` is missing, the sweep is not finished.
"""

from __future__ import annotations

import gzip
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import pandas as pd

from escalation_sim.errors import StoreError
from escalation_sim.store import layout
from escalation_sim.store.columns import Column
from escalation_sim.store.lock import WHOLE
from escalation_sim.store.provenance import digest_of, hash_of, seal, sha256, unseal
from escalation_sim.store.read import bytes_of, files_in, frame_of, frames_of, kinds_of, read_manifest
from escalation_sim.store.shards import FOLDER, path_of, read_shard
from escalation_sim.store.write import OTHER_FOLDER, check_parents, csv, flush_folder, put, remedied

PLAN, SWEEP = "plan.json", "sweep"
PARQUET = {"points.parquet": "points.csv", "runs.parquet": layout.SWEEP_RUNS}  # each made of a table, if asked for
FILES = {"points.csv", "failures.csv", layout.SWEEP_RUNS, layout.DICTIONARY, layout.RESOLVED, PLAN, *PARQUET}
_PASSING = re.compile(rf"({FOLDER}/)?\.[^/]+\.partial|{WHOLE}(-tables|-\d+-of-\d+)?")
_AGAIN = "run the sweep again, or give another folder"


class Sweep(NamedTuple):
    """A finished sweep.

    Attributes
    ----------
    folder : Path
    plan : dict
        As in `plan.json`; its `layout` has the variables and their values at each point.
    points : DataFrame
        A row per point, outcome and window.
    record : dict
        The manifest.
    unlisted : sequence of str
        Files in the folder that the manifest does not know and that were not read.
    """

    folder: Path
    plan: dict[str, Any]
    points: pd.DataFrame
    record: dict[str, Any]
    unlisted: Sequence[str]

    def runs(self, points: int = 1) -> Iterator[pd.DataFrame]:
        """Rows of the replicates of so many points at a time, in their order; none may have failed.

        Raises
        ------
        StoreError
            If the sweep kept no rows, or not those of all points.
        """
        rows = self.plan["replicates"] * points
        path = self.folder / layout.SWEEP_RUNS
        if not self.plan["runs"] or int(self.points["n_failed"].max()):
            raise StoreError(f"{self.folder}: the replicates of some or all points were not kept")
        for number, frame in enumerate(pd.read_csv(path, chunksize=rows)):
            last = number * points + len(frame) // self.plan["replicates"] - 1
            if frame["point"].iloc[0] != number * points or frame["point"].iloc[-1] != last:
                raise StoreError(f"{path}: the rows are not in the order of the points; {_AGAIN}")
            yield frame


def prepare(folder: Path) -> None:
    """Make the folder of a sweep; refuse one that holds something else. What a killed beginning left is nothing else.

    Raises
    ------
    StoreError
        Saying what is in the way and what to do.
    """
    with remedied(folder):
        check_parents(folder.absolute())
        if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
            raise StoreError(f"{folder}: this is a file or a link, not a folder; {OTHER_FOLDER}")
        folder.mkdir(parents=True, exist_ok=True)
        begun = (path.name for path in folder.iterdir() if not path.name.endswith(".partial"))
        if not (folder / PLAN).exists() and any(not name.startswith(WHOLE) for name in begun):
            raise StoreError(f"{folder}: the folder holds other things than a sweep; {OTHER_FOLDER}")
        if (folder / FOLDER).is_symlink():
            raise StoreError(f"{folder / FOLDER}: this is a link, not a folder; {OTHER_FOLDER}")


def begin(folder: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Write the plan of a sweep into its folder; where the same plan lies already, that stays. Returns what lies there.

    Only for who holds the folder: of two that begin at once, each would find none.

    Raises
    ------
    StoreError
        If another plan lies there; saying in what they differ.
    """
    if not (folder / PLAN).exists():
        put(folder / PLAN, seal({**record, "files": {}}))
    with remedied(folder):
        (folder / FOLDER).mkdir(exist_ok=True)
    known = read_plan(folder)
    for part, what in (("plan", "of another scenario, design or size"), ("made_by", "by another version")):
        if known[part] != record[part]:
            path, ours, theirs = _difference(known[part], record[part])
            raise StoreError(
                f"{folder}: here lies a sweep {what} ({path}: {theirs} instead of {ours}); {OTHER_FOLDER}, or repeat "
                "that one as it was begun"
            )
    return known


def _difference(theirs: Any, ours: Any, path: str = "") -> tuple[str, str, str]:
    """The first place at which two records differ, ours and theirs there."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*ours, *theirs}):
            if ours.get(key) != theirs.get(key):
                return _difference(theirs.get(key), ours.get(key), f"{path}.{key}".lstrip("."))
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if one != other:
                name = one.get("id", place) if isinstance(one, dict) else place
                return _difference(other, one, f"{path}.{name}")
    first, second = ("nothing" if one is None else str(one)[:60] for one in (ours, theirs))
    return path, first, second


def read_plan(folder: Path, digest: str | None = None) -> dict[str, Any]:
    """The record of a sweep's plan, its seal checked.

    Raises
    ------
    StoreError
        If there is none, it is damaged, or (with `digest`) it is not the plan that is meant.
    """
    path = folder / PLAN
    if not path.exists():
        raise StoreError(f"{folder}: this is not the folder of a sweep, it has no {PLAN}")
    record = unseal(bytes_of(path), str(path))
    if "plan" not in record or (digest is not None and digest_of(record["plan"]) != digest):
        raise StoreError(f"{path}: this is not the plan of the sweep that was meant; {_AGAIN}")
    return record


def is_finished(folder: Path) -> bool:
    """Whether a sweep's tables and manifest are there."""
    return (folder / layout.MANIFEST).exists()


def flaw(folder: Path) -> str:
    """What is not there of a sweep's tables and manifest, or not as it was made; empty if all is."""
    try:
        _checked(folder)
    except StoreError as error:
        return str(error)
    return ""


def strangers(folder: Path, chunks: int, files: Iterable[str] = FILES) -> list[str]:
    """What lies in the folder of a sweep and is none of its files or shards; locks and half-written files are no news.

    `files` are those that its manifest lists; by default all that it may list.
    """
    known = {*files, layout.MANIFEST, *(path_of(Path(), chunk).as_posix() for chunk in range(chunks))}
    return sorted(name for name in files_in(folder) - known if not _PASSING.fullmatch(name))


def reopen(folder: Path) -> None:
    """Take the manifest away, since some of what it vouches for is about to change, and tables that nothing renews."""
    with remedied(folder):
        for path in (folder / layout.MANIFEST, *(folder / name for name in PARQUET)):
            path.unlink(missing_ok=True)
        flush_folder(folder)


def finish(
    folder: Path,
    record: Mapping[str, Any],
    chunks: int,
    heads: Mapping[str, Sequence[str]],
    variables: Sequence[Column],
    resolved: str,
) -> None:
    """Put the shards of all chunks together, in their order, and seal what comes of it; memory is that of one shard.

    (Six parameters: where, of which plan, and what the tables hold.)

    Raises
    ------
    StoreError
        If a shard is missing or damaged, or a table cannot be written.
    """
    reopen(folder)
    digest = digest_of(record["plan"])
    tables = [name for name in heads if name != layout.SWEEP_RUNS_TABLE or record["plan"]["runs"]]
    files = {name: layout.SWEEP_RUNS if name == layout.SWEEP_RUNS_TABLE else f"{name}.csv" for name in tables}
    shards, failed = [], False
    with all_fresh(folder, files.values()) as streams:
        for name in tables:
            head = csv(pd.DataFrame(columns=list(heads[name])))
            streams[files[name]].write(gzip.compress(head, mtime=0) if files[name].endswith(".gz") else head)
        for chunk in range(chunks):
            parts = read_shard(folder, chunk, digest)
            shards.append(sha256(bytes_of(path_of(folder, chunk))))
            failed = failed or bool(parts[layout.FAILURES])
            for name in tables:
                streams[files[name]].write(parts[name])
    if not failed:
        (folder / files.pop(layout.FAILURES)).unlink()
    explained = [row for name in files for row in _explained(name, heads[name], variables)]
    put(folder / layout.DICTIONARY, csv(pd.DataFrame(explained, columns=list(layout.DICTIONARY_COLUMNS))))
    put(folder / layout.RESOLVED, resolved.encode())
    names = [*files.values(), layout.DICTIONARY, layout.RESOLVED, PLAN]
    hashes = {name: hash_of(folder / name) for name in sorted(names)}
    told = {key: value for key, value in record.items() if key != "plan"}
    put(folder / layout.MANIFEST, seal({**told, "kind": SWEEP, "files": hashes, "shards": shards}))


def _explained(table: str, names: Sequence[str], variables: Sequence[Column]) -> Iterator[tuple[str, ...]]:
    """Rows of the data dictionary for one table of a sweep."""
    own = {column.name: column for column in variables}
    for name in names:
        yield (table, *(own[name] if name in own else layout.column(table, name)))


@contextmanager
def all_fresh(folder: Path, names: Iterable[str]) -> Iterator[dict[str, IO[bytes]]]:
    """Files to be written into, that take their names together when the block ends, and are gone if it fails."""
    fresh = {name: folder / f".{name}.{secrets.token_hex(6)}.partial" for name in names}
    streams: dict[str, IO[bytes]] = {}
    with remedied(folder):
        try:
            for name, path in fresh.items():
                streams[name] = path.open("xb")
            yield streams
            for name, stream in streams.items():
                stream.flush()
                os.fsync(stream.fileno())
                stream.close()
                fresh[name].replace(folder / name)
        finally:
            for name, stream in streams.items():
                stream.close()
                fresh[name].unlink(missing_ok=True)
        flush_folder(folder)


def read_sweep(folder: Path) -> Sweep:
    """A finished sweep; every file of its manifest is checked, none is followed or run.

    Raises
    ------
    StoreError
        If it is not finished, damaged, or no sweep.
    """
    plan, manifest, kinds = _checked(folder)
    points = frame_of(bytes_of(folder / "points.csv"), kinds)
    return Sweep(folder, plan, points, manifest, strangers(folder, len(manifest.get("shards", ())), manifest["files"]))


def blocks_of_points(folder: Path, rows: int = 20_000) -> Iterator[pd.DataFrame]:
    """The rows of `points` of a finished sweep, so many at a time: all of them may not fit into memory.

    Raises
    ------
    StoreError
        As for `read_sweep`.
    """
    yield from frames_of(folder / "points.csv", _checked(folder)[2], rows)


def _checked(folder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Plan and manifest of a finished sweep, every file compared with its hash, and the kinds of columns of points."""
    record = read_plan(folder)
    if not is_finished(folder):
        raise StoreError(f"{folder}: the sweep is not finished; the command that began it goes on with it")
    manifest = read_manifest(folder)
    if manifest.get("kind") != SWEEP or PLAN not in manifest["files"]:
        raise StoreError(f"{folder}: the manifest is not that of a sweep; {_AGAIN}")
    for name, wanted in manifest["files"].items():
        if Path(name).name != name or (folder / name).is_symlink() or not (folder / name).is_file():
            raise StoreError(f"{folder}: {name} is missing or no plain file of the folder; {_AGAIN}")
        if hash_of(folder / name) != wanted:
            raise StoreError(f"{folder / name}: the file was changed or damaged after the sweep; {_AGAIN}")
    return record["plan"], manifest, kinds_of(bytes_of(folder / layout.DICTIONARY))["points"]
