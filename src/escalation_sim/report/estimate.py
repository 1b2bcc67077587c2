"""The command `estimate`: a folder of public tables becomes a table of coefficients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from escalation_sim import __version__
from escalation_sim.scenario.fill import library_coefficients
from escalation_sim.scenario.schema import Coefficients
from escalation_sim.scenario.table import dump_table, load_table
from escalation_sim.store.history import read_history
from escalation_sim.store.write import check_file, write_text
from escalation_sim.study.ensemble import processors
from escalation_sim.study.estimate import Estimate, estimate


def table_of(file: Path | None) -> Coefficients:
    """The table in a file, or the packaged one."""
    return library_coefficients() if file is None else load_table(file)


def estimate_and_report(data: Path, out: Path, options: dict[str, Any], progress: Callable[[int], object]) -> str:
    """Estimate a table and write it; what was fitted to what, as text."""
    check_file(out, options["force"])
    base = table_of(options["base"])
    found = estimate(
        read_history(data),
        base,
        held_out=options["held_out"],
        jobs=options["jobs"] or processors(),
        progress=progress,
    )
    head = _head(found, options["held_out"])
    written = write_text(out, dump_table(found.coefficients, head), options["force"])
    return f"{_gates(found)}\n\n{head}\n\nWritten to {written}."


def _head(found: Estimate, held_out: float) -> str:
    onsets, moved = found.onsets, found.moved
    years = f"{onsets['year'].min()}-{onsets['year'].max()}"
    before, after = moved.distance[0], moved.distance[-1]
    return (
        f"Coefficients of the gates (log-odds, default ladder), written by escalation-sim {__version__} estimate.\n"
        f"Record: {len(onsets):,} dyad-confrontations in {onsets['confrontation'].nunique():,} confrontations, {years};"
        f" share of confrontations taken out of it: {held_out:g}.\n"
        "estimated: fitted; se clustered by dyad-confrontation or war; n rows (weeks or acts); sources in short.\n"
        "elicited: a judgement, taken over from the table that the estimation started from; se is its doubt.\n"
        f"Step 1: each gate a logit on weeks, normal priors on slopes. Step 2: {len(moved.paths)} coefficients moved so"
        f" that\nplayed confrontations match the record in {moved.n_moments} moments: weighted distance {before:.0f}"
        f" before, {after:.0f} after."
    )


def _gates(found: Estimate) -> str:
    lines = [f"{'phase':12}{'gate':10}{'rows':>10}{'opened':>8}  largest effects (log-odds, se)"]
    for (phase, gate), one in found.fits.items():
        row = getattr(found.coefficients, phase)[gate]
        effects = [(name, row[name]) for name in one.names if name != "intercept"]
        ranked = sorted(effects, key=lambda e: -abs((e[1].value or 0.0) / max(e[1].se or np.inf, 1e-9)))[:4]
        told = ", ".join(f"{name} {q.value:+.2f} ({q.se:.2f})" for name, q in ranked)
        lines.append(f"{phase:12}{gate:10}{one.fit.n:>10,}{one.fit.n_opened:>8,}  {told}")
    return "\n".join(lines)
