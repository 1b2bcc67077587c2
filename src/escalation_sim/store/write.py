"""Tables into a result folder that appears whole or not at all.

All is written into a hidden folder beside the final one, flushed to the disk and hashed; the manifest comes last; one
rename puts it in place. A run that is killed leaves at most a folder named `.escalation-sim-*`, which may be deleted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from escalation_sim.errors import StoreError
from escalation_sim.store import layout
from escalation_sim.store.provenance import seal, sha256
from escalation_sim.store.read import files_in, read_manifest

OTHER_FOLDER = "choose another folder with --out"
_REMEDIES = {
    errno.ENOSPC: f"the disk is full: free some space, or {OTHER_FOLDER}",
    errno.EDQUOT: f"your quota is used up: free some space, or {OTHER_FOLDER}",
    errno.ENAMETOOLONG: "choose a shorter name with --out",
}
# Kinds of folders; a manifest that names none is a run's.
RUN, SCORE, BACKTEST = "run", "score", "backtest"
COMPARISON, KNOCKOUT, PATHWAYS, SIGNALS = "comparison", "knockout", "pathways", "signals"
SENSITIVITY = "sensitivity"
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what file browsers leave behind


def write_result(
    folder: str | Path,
    tables: Mapping[str, pd.DataFrame],
    manifest: Mapping[str, Any],
    resolved: str,
    figures: Callable[[Path], object] | None = None,
    force: bool = False,
) -> Path:
    """Write a result folder; afterwards it is there as a whole, or the one before it is still there.

    Parameters
    ----------
    folder : path
        Made with its parents. An earlier result of the same scenario is replaced; see `check_folder`.
    tables : mapping
        Names and columns as in `layout.TABLES` (`ValueError` otherwise).
    manifest : mapping
        From `provenance.manifest`; the SHA-256 of every file is added.
    resolved : str
        The resolved scenario.
    figures : callable
        Gets an empty folder and draws into it.
    force : bool
        Whether to replace the result of another scenario.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    StoreError
        If it cannot be written. Whatever was written by then is removed again.
    """
    return _write(
        Path(folder), manifest, lambda fresh: _fill(fresh, tables, {layout.RESOLVED: resolved.encode()}, figures), force
    )


def write_study(
    folder: str | Path,
    kind: str,
    tables: Mapping[str, pd.DataFrame],
    manifest: Mapping[str, Any],
    texts: Mapping[str, bytes],
    figures: Callable[[Path], object] | None = None,
    force: bool = False,
) -> Path:
    """Write a folder that is not a run's (a score, a comparison ...), as whole and as guarded; see `write_result`.

    Parameters
    ----------
    folder, tables, figures, force
        As for `write_result`; an earlier folder of the same kind and subject is replaced, one of another kind never.
    kind : str
        Any but `RUN`.
    manifest : mapping
        From `provenance.manifest`; it is marked with the kind.
    texts : mapping
        Name in the folder -> content of the files beside the tables.
    """
    return _write(Path(folder), {**manifest, "kind": kind}, lambda fresh: _fill(fresh, tables, texts, figures), force)


def check_file(path: str | Path, force: bool = False) -> None:
    """Refuse a file that must not be written to; to be called before a long run, too.

    Raises
    ------
    StoreError
        If it is there already (with `force`: if it is no plain file), or its folder cannot be written to.
    """
    target = Path(path).absolute()
    with remedied(target):
        check_parents(target)
        if not os.path.lexists(target):
            return
        if not stat.S_ISREG(target.lstat().st_mode):
            raise StoreError(f"{target}: this is a folder or a link, not a file; choose another file with --out")
        if not force:
            raise StoreError(f"{target}: this is there already; choose another file, or replace it with --force")


def write_text(path: str | Path, text: str, force: bool = False) -> Path:
    """Write one text file, whole or not at all, where `check_file` lets it."""
    check_file(path, force)
    target = Path(path).absolute()
    put(target, text.encode())
    return target


def put(target: Path, data: bytes) -> None:
    """Put a file in place, whole: first under another name in the same folder, flushed to the disk, then renamed."""
    with remedied(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.parent / f".{target.name}.{secrets.token_hex(6)}.partial"
        try:
            with fresh.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise
        flush_folder(target.parent)


def _write(folder: Path, manifest: Mapping[str, Any], fill: Callable[[Path], object], force: bool) -> Path:
    """Fill a hidden folder, hash and seal it, and put it in place."""
    target = folder.absolute()  # a link is not resolved but refused
    check_folder(target, str(manifest["scenario"]["id"]), force, manifest.get("kind", RUN))
    with remedied(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = _sibling(target, "partial")
        fresh.mkdir()
        try:
            fill(fresh)
            (fresh / layout.MANIFEST).write_bytes(seal({**manifest, "files": _flushed_files(fresh)}))
            _flush_file(fresh / layout.MANIFEST)
            flush_folder(fresh)
            _move(fresh, target)
        except BaseException:  # an interrupt, too, must not leave half a result behind
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return target


def check_folder(folder: str | Path, scenario_id: str, force: bool = False, kind: str = RUN) -> None:
    """Refuse a folder that a result must not be written to; to be called before a long run, too.

    A folder may be absent, empty, or an earlier result: of the same scenario, or of any with `force`. A result that
    somebody has put other files into is left alone, and so is a link. A score (`kind`) never replaces a run, nor a run
    a score.

    Raises
    ------
    StoreError
        Saying what is in the way and what to do.
    """
    target = Path(folder).absolute()
    with remedied(target):
        check_parents(target)
        if not os.path.lexists(target):
            return
        if not stat.S_ISDIR(target.lstat().st_mode):
            raise StoreError(f"{target}: this is a file or a link, not a folder; {OTHER_FOLDER}")
        if not any(target.iterdir()):
            return
        if not os.path.lexists(target / layout.MANIFEST):
            raise StoreError(f"{target}: the folder holds other things than a result; {OTHER_FOLDER}")
        earlier = read_manifest(target)
        if (lies := earlier.get("kind", RUN)) != kind:
            raise StoreError(f"{target}: here lies a {lies}, which a {kind} does not replace; {OTHER_FOLDER}")
        others = files_in(target) - set(earlier["files"]) - {layout.MANIFEST}
        for name in sorted(other for other in others if Path(other).name not in _LITTER):
            raise StoreError(f"{target}: {name} is no part of the earlier result; move it away, or {OTHER_FOLDER}")
        if not force and earlier["scenario"]["id"] != scenario_id:
            raise StoreError(
                f"{target}: here lies a result of another scenario ({earlier['scenario']['id']}); {OTHER_FOLDER}, or "
                "replace it with --force"
            )


def check_parents(target: Path) -> None:
    """That the nearest folder above the target that exists is one we may write to."""
    above = next(folder for folder in target.parents if os.path.lexists(folder))
    if not above.is_dir():
        raise StoreError(f"{above}: this is not a folder, so no result can be written below it; {OTHER_FOLDER}")
    if not os.access(above, os.W_OK | os.X_OK):
        raise StoreError(f"{above}: the folder cannot be written to; make it writable, or {OTHER_FOLDER}")


@contextmanager
def remedied(target: Path) -> Iterator[None]:
    """Turn errors of the operating system into a StoreError with a remedy."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, f"make it writable, or {OTHER_FOLDER}")
        raise StoreError(f"{target}: the result cannot be written: {error.strerror or error}; {remedy}") from error


def _sibling(target: Path, ending: str) -> Path:
    return target.parent / f".escalation-sim-{secrets.token_hex(6)}.{ending}"


def _fill(
    fresh: Path,
    tables: Mapping[str, pd.DataFrame],
    texts: Mapping[str, bytes],
    figures: Callable[[Path], object] | None,
) -> None:
    """All files but the manifest."""
    explained: list[tuple[str, ...]] = []
    for name, frame in tables.items():
        explained += [(name, *layout.column(name, column)) for column in frame.columns]
        (fresh / f"{name}.csv").write_bytes(csv(frame))
    dictionary = pd.DataFrame(explained, columns=list(layout.DICTIONARY_COLUMNS))
    (fresh / layout.DICTIONARY).write_bytes(csv(dictionary))
    for name, text in texts.items():
        (fresh / name).write_bytes(text)
    if figures is not None:
        (fresh / layout.FIGURES).mkdir()
        figures(fresh / layout.FIGURES)


def csv(frame: pd.DataFrame, header: bool = True) -> bytes:
    r"""A table as CSV: UTF-8, LF, decimal points, NaN as an empty cell, no formulas.

    >>> csv(pd.DataFrame({"state": ["=cmd", "NA"], "day": [0.5, float("nan")]}))
    b"state,day\n'=cmd,0.5\nNA,\n"
    """
    texts = {
        name: [layout.escaped(cell) if isinstance(cell, str) else cell for cell in frame[name]]
        for name in frame.columns
        if not pd.api.types.is_numeric_dtype(frame[name])
    }
    return frame.assign(**texts).to_csv(index=False, header=header, lineterminator="\n").encode()


def _flush_file(path: Path) -> bytes:
    """Have a written file on the disk; returns what it holds."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return file.read()


def _flushed_files(fresh: Path) -> dict[str, str]:
    """Name -> SHA-256 of all files, each of them on the disk by now."""
    hashes = {}
    for name in sorted(files_in(fresh)):
        path = fresh / name
        if not stat.S_ISREG(path.lstat().st_mode):
            raise StoreError(f"{path}: a result holds plain files only, and this is none")
        hashes[name] = sha256(_flush_file(path))
    for below in fresh.iterdir():
        if below.is_dir():
            flush_folder(below)
    return hashes


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, too: a rename is safe only then."""
    if os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _move(fresh: Path, target: Path) -> None:
    """Put the fresh folder in place; an earlier one steps aside and is deleted, or comes back if this fails."""
    if not os.path.lexists(target):
        fresh.rename(target)
        flush_folder(target.parent)
        return
    aside = _sibling(target, "old")
    target.rename(aside)
    try:
        fresh.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    try:
        flush_folder(target.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
