"""The command `backtest`: forecasts for the crises of a record, their scores, and pictures of both."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from escalation_sim.analysis.benchmarks import check_installed
from escalation_sim.report.estimate import table_of
from escalation_sim.scenario.table import dump_table
from escalation_sim.store import layout
from escalation_sim.store.history import read_history
from escalation_sim.store.provenance import file_hashes, manifest
from escalation_sim.store.write import BACKTEST, check_folder, write_study
from escalation_sim.study.backtest import Backtest, backtest
from escalation_sim.study.ensemble import processors

SUBJECT = "backtest"  # what stands in the manifest where a run names its scenario


def backtest_and_report(data: Path, out: Path, options: dict[str, Any], progress: Callable[[int], object]) -> str:
    """Run a backtest and write its folder; the scores as text."""
    started = dt.datetime.now(dt.UTC)
    check_installed()
    check_folder(out, SUBJECT, options["force"], BACKTEST)
    history, table = read_history(data), table_of(options["coefficients"])
    hashes = file_hashes(sorted(data.glob("*.csv")))
    asked = {name: options[name] for name in ("replicates", "draws", "seed", "folds", "held_out")}
    found = backtest(history, table, jobs=options["jobs"] or processors(), progress=progress, **asked)
    text = dump_table(table, "The table that the backtest was given.")
    record = manifest(
        command=_command(data, options),
        seed=options["seed"],
        replicates=options["replicates"],
        draws=options["draws"],
        scenario_id=SUBJECT,
        resolved_text=text,
        source_hashes={Path(name).name: value for name, value in hashes.items()},
        started=started,
        finished=dt.datetime.now(dt.UTC),
    )
    told = note(found, options)

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.reliability import reliability_figure
        from escalation_sim.figures.rollout import rollout_figure

        style.save(reliability_figure(found.reliability, told), target, "reliability")
        style.save(rollout_figure(found.rollout, told), target, "rollout")

    write_study(
        out, BACKTEST, found.tables(), record, {layout.TABLE: text.encode()}, paint if options["figures"] else None,
        options["force"],
    )  # fmt: skip
    return f"{told}\n\n{scores_text(found.scores)}\n\nWritten to {out}."


def note(found: Backtest, options: dict[str, Any]) -> str:
    """What was forecast from what, in a sentence or two."""
    onsets = found.predictions
    how = (
        f"The table was estimated anew for each of {options['folds']} folds of confrontations, on the others."
        if options["folds"]
        else "The table forecasts as it is: if it was fitted to these very rows, no comparison is fair (see --folds)."
    )
    return (
        f"{len(onsets):,} dyad-confrontations in {onsets['micnum'].nunique():,} confrontations, "
        f"{onsets['year'].min()}-{onsets['year'].max()}, each played {options['replicates']:,} times from its first "
        f"event, over {options['draws']} draws of the coefficients. {how} "
        "The statistical forecasters see other folds only."
    )


def scores_text(scores: pd.DataFrame) -> str:
    """Brier score, log score and calibration of each forecaster by task and era."""
    lines = []
    for (task, era), rows in scores.groupby(["task", "era"], sort=False):
        n = f"{rows['n'].iloc[0]:,} cases"
        lines += ["", f"{task}, {era} ({n})", f"  {'':20}{'Brier':>8}{'95 %':>16}{'log':>8}{'slope':>8}{'ECE':>8}"]
        for row in rows.itertuples():
            interval = f"{row.brier_low:.3f} – {row.brier_high:.3f}"
            lines.append(
                f"  {row.forecaster:20}{row.brier:>8.4f}{interval:>16}{row.log_score:>8.4f}"
                f"{row.calibration_slope:>8.2f}{row.ece:>8.3f}"
            )
    return "\n".join(lines[1:])


def _command(data: Path, options: dict[str, Any]) -> str:
    words = ["escalation-sim", "backtest", "--data", str(data)]
    if options["coefficients"]:
        words += ["--coefficients", str(options["coefficients"])]
    for name in ("replicates", "draws", "seed", "folds", "held_out"):
        words += [f"--{name.replace('_', '-')}", str(options[name])]
    return shlex.join(words)
