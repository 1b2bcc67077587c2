"""Write an ensemble to a result folder: tables, resolved scenario, manifest, figures."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from escalation_sim.store.provenance import manifest
from escalation_sim.store.write import write_result
from escalation_sim.study.ensemble import Ensemble


def provenance(
    result: Ensemble, command: str, source_hashes: dict[str, str], started: dt.datetime | None = None
) -> dict[str, Any]:
    """What a result was made from: the command that repeats it, versions, hashes, counts."""
    now = dt.datetime.now(dt.UTC)
    return manifest(
        command=command,
        seed=result.seed,
        replicates=result.replicates,
        draws=result.parameters,
        scenario_id=result.scenario.id,
        resolved_text=result.resolved_text,
        source_hashes=source_hashes,
        started=started or now,
        finished=now,
    )


def save(
    result: Ensemble,
    folder: Path | str,
    record: dict[str, Any] | None = None,
    figures: bool = True,
    force: bool = False,
) -> Path:
    """Write everything, atomically; returns the folder.

    Parameters
    ----------
    result : Ensemble
    folder : path
        New, empty, or a former result of the same scenario (of any scenario with `force`).
    record : dict, optional
        From `provenance`.
    figures : bool
        Draw them too.

    Raises
    ------
    StoreError
        If the folder cannot be written, or holds something that is not a result.
    """
    tables = {
        "probabilities": result.probabilities,
        "curves": result.curves,
        "rungs": result.rungs,
        "runs": result.runs,
        "paths": result.paths,
        "strain": result.strain,
    }

    def paint(target: Path) -> None:
        from escalation_sim.report.gallery import draw_figures

        draw_figures(result, target)

    record = record or provenance(result, "escalation_sim.save", {})
    return write_result(folder, tables, record, result.resolved_text, paint if figures else None, force=force)
