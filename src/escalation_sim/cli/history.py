"""Commands about the record of history: estimate, backtest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from escalation_sim.cli.options import JOBS, limit_options, progress, say

_DATA = click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Folder of public tables; see docs/data.md."
)
_HELD_OUT = click.option(
    "--held-out",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0.0, 1.0, max_open=True),
    help="Share of confrontations that was taken out of the tables.",
)


@click.command()
@_DATA
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File for the table.")
@click.option("--base", type=click.Path(path_type=Path), help="Table whose elicited rows are kept. [default: packaged]")
@_HELD_OUT
@JOBS
@click.option("--force", is_flag=True, help="Replace the file.")
def estimate(data: Path, out: Path, **options: Any) -> None:
    """Estimate the table of coefficients from public records of history (takes some minutes)."""
    from escalation_sim.report.estimate import estimate_and_report
    from escalation_sim.study.moments import evaluations

    with progress(evaluations(), "evaluations") as advance:
        text = estimate_and_report(data, out, options, advance)
    say(text)


@click.command()
@_DATA
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for forecasts, scores, figures.")
@click.option("--coefficients", type=click.Path(path_type=Path), help="Table that forecasts. [default: packaged]")
@click.option("--replicates", default=1_000, show_default=True, type=click.IntRange(1), help="For each first event.")
@click.option("--draws", default=20, show_default=True, type=click.IntRange(1), help="Draws of the coefficients.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**63 - 1))
@click.option(
    "--folds",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Estimate anew for each of so many folds; 0: do not.",
)
@_HELD_OUT
@JOBS
@limit_options()
@click.option("--figures/--no-figures", default=True, show_default=True)
@click.option("--force", is_flag=True, help="Replace an earlier backtest.")
def backtest(data: Path, out: Path, **options: Any) -> None:
    """Forecast many crises of the past, each from its first day, and score the forecasts."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.backtest import backtest_and_report

    with progress(0, "confrontations") as advance:
        text = backtest_and_report(data, out, options, advance)
    say(text)
