"""Result folders back into tables: every byte is checked against the manifest before it is believed."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from escalation_sim.errors import StoreError
from escalation_sim.store import columns, layout
from escalation_sim.store.provenance import sha256, unseal

_LARGEST_MANIFEST = 10_000_000  # bytes
_AGAIN = "run the scenario again"
_WITHOUT_SCENARIO = "backtest"  # kind of a folder that holds a coefficient table where others hold a scenario


class Result(NamedTuple):
    """A result folder as read."""

    folder: Path
    tables: dict[str, pd.DataFrame]
    manifest: dict[str, Any]
    resolved: str  # the scenario; of a backtest the coefficient table
    unlisted: tuple[str, ...]  # files in the folder that the manifest does not know; they were not read
    figures: Mapping[str, bytes]  # name in `figures/` -> content


def read_result(folder: str | Path) -> Result:
    """Read a result folder that `write_result` made.

    Text stays text (`NA` is Namibia, not a missing number), an empty cell is NaN in a column of numbers, and
    apostrophes set by `layout.escaped` are taken away. Nothing in the folder is run or followed: files are opened only
    if they are plain files inside it.

    Raises
    ------
    StoreError
        If the folder is incomplete, damaged, changed, or no result of ours; in one sentence that names the file.
    """
    root = Path(folder)
    record = read_manifest(root)
    contents = {name: _checked(root, name, wanted) for name, wanted in _listed(root, record).items()}
    about = layout.TABLE if record.get("kind") == _WITHOUT_SCENARIO else layout.RESOLVED
    for name in (about, layout.DICTIONARY):
        if name not in contents:
            raise StoreError(f"{root}: the result is incomplete, its manifest lists no {name}; {_AGAIN}")
    tables = {
        name.removesuffix(".csv"): content
        for name, content in contents.items()
        if name.endswith(".csv") and name != layout.DICTIONARY
    }
    try:
        kinds = kinds_of(contents[layout.DICTIONARY])
        frames = {name: frame_of(content, kinds.get(name, {})) for name, content in tables.items()}
        resolved = contents[about].decode()
    except (ValueError, KeyError, OverflowError) as error:
        raise StoreError(f"{root}: a table is not as its {layout.DICTIONARY} says ({error}); {_AGAIN}") from error
    unlisted = tuple(sorted(files_in(root) - set(contents) - {layout.MANIFEST}))
    drawn = {name.rpartition("/")[2]: content for name, content in contents.items() if "/" in name}
    return Result(root, frames, record, resolved, unlisted, drawn)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result folder, its seal checked; raises StoreError if there is none or it is damaged."""
    if not folder.is_dir():
        raise StoreError(f"{folder}: there is no such folder; give the folder that a run has written")
    path = folder / layout.MANIFEST
    if not os.path.lexists(path):
        raise StoreError(f"{folder}: this is not a result folder, it has no {layout.MANIFEST}")
    return unseal(bytes_of(path, _LARGEST_MANIFEST), str(path))


def files_in(folder: Path) -> set[str]:
    """Relative names of all that lies in a folder and is no folder; links are named, not followed."""
    return {
        (Path(where) / name).relative_to(folder).as_posix()
        for where, folders, files in os.walk(folder)
        for name in [*files, *(f for f in folders if (Path(where) / f).is_symlink())]
    }


def _listed(root: Path, record: dict[str, Any]) -> dict[str, str]:
    """Name -> SHA-256 of the files of a manifest, none of which may lie outside the folder."""
    files: dict[str, str] = record["files"]
    for name in files:
        parts = name.split("/")
        inside = len(parts) == 1 or (len(parts) == 2 and parts[0] == layout.FIGURES)
        if not inside or parts[-1] in {"", ".", ".."} or any(c in name for c in '\\:\0"'):
            raise StoreError(
                f"{root}: the manifest names {name!r}, which is no file of a result; do not trust the folder"
            )
    return files


def _checked(root: Path, name: str, wanted: str) -> bytes:
    """Content of a file, read once and compared with its hash."""
    path = root / name
    if (root / layout.FIGURES).is_symlink():
        raise StoreError(f"{root / layout.FIGURES}: this is a link, not a folder; do not trust the result")
    if not os.path.lexists(path):
        raise StoreError(f"{root}: the result is incomplete, {name} is missing; {_AGAIN}")
    content = bytes_of(path)
    if sha256(content) != wanted:
        raise StoreError(f"{path}: the file was changed or damaged after the run; {_AGAIN}")
    return content


def bytes_of(path: Path, largest: int | None = None) -> bytes:
    """Bytes of a plain file; a link, pipe or device is refused (and opening it never blocks)."""
    guarded = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise StoreError(f"{path}: this is not a plain file; do not trust the result")
        with os.fdopen(os.open(path, guarded), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or (largest is not None and status.st_size > largest):
                raise StoreError(f"{path}: this is not a plain file of a sensible size; do not trust the result")
            return file.read()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}; make it readable, or {_AGAIN}") from error


def kinds_of(content: bytes) -> dict[str, dict[str, str]]:
    """Table -> column -> kind, from the folder's own dictionary."""
    rows = _cells(io.BytesIO(content))
    kinds: dict[str, dict[str, str]] = {}
    for table, name, kind in zip(rows["table"], rows["column"], rows["kind"], strict=True):
        kinds.setdefault(table, {})[name] = kind
    return kinds


def frame_of(content: bytes, kinds: dict[str, str]) -> pd.DataFrame:
    """One table, its columns typed as the dictionary says."""
    return _typed(_cells(io.BytesIO(content)), kinds)


def frames_of(path: Path, kinds: dict[str, str], rows: int) -> Iterator[pd.DataFrame]:
    """The same for a file whose bytes were checked, so many rows at a time."""
    with _cells(path, chunksize=rows) as blocks:
        for cells in blocks:
            yield _typed(cells, kinds)


def _typed(cells: pd.DataFrame, kinds: dict[str, str]) -> pd.DataFrame:
    if list(cells.columns) != list(kinds):
        raise ValueError(f"columns {list(cells.columns)} instead of {list(kinds)}")
    return pd.DataFrame({name: _values(cells[name].tolist(), kind) for name, kind in kinds.items()})


def _cells(source: Any, **options: Any) -> Any:
    return pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8", lineterminator="\n", **options)


def _values(cells: list[str], kind: str) -> pd.Series[Any]:
    """Cells as values. (Numbers by Python itself: not every version of pandas reads them to the last bit.)"""
    if kind == columns.TEXT:
        return pd.Series([layout.unescaped(cell) for cell in cells], dtype=str)
    if kind == columns.WHOLE:
        return pd.Series([int(cell) for cell in cells], dtype="int64")
    if kind == columns.NUMBER:
        return pd.Series([float(cell or "nan") for cell in cells], dtype="float64")
    raise ValueError(f"unknown kind of column {kind!r}")
