"""The tables of a sweep as Parquet, for who has pyarrow: the only door to it."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pandas as pd

from escalation_sim.errors import StoreError
from escalation_sim.store import columns, layout
from escalation_sim.store.provenance import hash_of, seal
from escalation_sim.store.read import bytes_of, kinds_of, read_manifest
from escalation_sim.store.sweeps import PARQUET, all_fresh
from escalation_sim.store.write import put

_ROWS = 200_000  # read and written at a time
_TYPES = {columns.TEXT: "str", columns.WHOLE: "int64", columns.NUMBER: "float64"}


def write_parquet(folder: Path) -> list[Path]:
    """Write points.parquet and, if the replicates were kept, runs.parquet beside the CSV files; returns what was made.

    The folder is that of a finished sweep; its manifest is sealed anew, with their hashes.

    Raises
    ------
    StoreError
        If pyarrow is not installed, or the files cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise StoreError("--parquet: pyarrow is not installed; pip install 'escalation-sim[parquet]'") from None
    record = read_manifest(folder)
    kinds = kinds_of(bytes_of(folder / layout.DICTIONARY))
    made = {name: source for name, source in PARQUET.items() if source in record["files"]}
    with all_fresh(folder, made) as streams:
        for name, source in made.items():
            _copy(folder / source, streams[name], kinds[name.removesuffix(".parquet")], pyarrow, parquet)
    hashes = {name: hash_of(folder / name) for name in made}
    put(folder / layout.MANIFEST, seal({**record, "files": {**record["files"], **hashes}}))
    return [folder / name for name in made]


def _copy(source: Path, target: IO[bytes], kinds: dict[str, str], pyarrow: Any, parquet: Any) -> None:
    """A CSV file as Parquet, a piece at a time."""
    types = {name: _TYPES[kind] for name, kind in kinds.items()}
    texts = [name for name, kind in kinds.items() if kind == columns.TEXT]
    # Only an empty cell of a number is missing: NA is Namibia.
    missing = {name: [""] for name in kinds if name not in texts}
    with pd.read_csv(source, dtype=types, na_values=missing, keep_default_na=False, chunksize=_ROWS) as pieces:
        writer = None
        try:
            for piece in pieces:
                plain = piece.assign(**{name: piece[name].map(layout.unescaped) for name in texts})
                table = pyarrow.Table.from_pandas(plain, preserve_index=False)
                writer = writer or parquet.ParquetWriter(target, table.schema, compression="zstd")
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()
