"""A result folder back into tables, whichever command or function made it."""

from __future__ import annotations

from pathlib import Path

from escalation_sim.store import layout
from escalation_sim.store.read import Result, bytes_of, read_result
from escalation_sim.store.sweeps import PLAN, read_sweep


def read(folder: str | Path) -> Result:
    """Read a result folder, of a run, a study, a score or a finished sweep; every file is checked first.

    Parameters
    ----------
    folder : path
        What `run`, `compare`, `sweep`, `save` and the other commands and functions write.

    Returns
    -------
    Result
        `tables`: name -> DataFrame, such as "probabilities", or "points" of a sweep. `manifest`: command, versions,
        seed, hashes. `resolved`: the scenario as YAML. `figures`: name of the file -> bytes. What each column means
        stands in the folder's `dictionary.csv`. (Of a sweep `runs.csv.gz` is not read: it may not fit into memory.)

    Raises
    ------
    StoreError
        If the folder is incomplete, damaged, changed since it was written, or no result; naming the file.

    >>> import tempfile
    >>> from escalation_sim import load, run_ensemble, save
    >>> with tempfile.TemporaryDirectory() as place:
    ...     ensemble = run_ensemble(load("library:starter"), replicates=20, parameters=2)
    ...     kept = read(save(ensemble, f"{place}/kept", figures=False))
    >>> kept.manifest["seed"], kept.tables["probabilities"].equals(ensemble.probabilities)
    (1, True)
    """
    root = Path(folder)
    if not (root / PLAN).exists():
        return read_result(root)
    sweep = read_sweep(root)
    resolved = bytes_of(root / layout.RESOLVED).decode()
    return Result(root, {"points": sweep.points}, sweep.record, resolved, tuple(sweep.unlisted), {})
