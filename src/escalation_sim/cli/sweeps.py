"""Commands about sweeps: sweep, status, sensitivity."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from escalation_sim.cli.options import FILE, limit_options, progress, say, scenario_options


class _Part(click.ParamType):
    """One part of many, i/n with i from 0 to n - 1."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        first, slash, second = str(value).partition("/")
        if not (slash and first.isdecimal() and second.isdecimal() and int(first) < int(second)):
            self.fail(f"{value}: write i/n with i from 0 to n - 1, such as 0/20", param, ctx)
        return int(first), int(second)


@click.command()
@FILE
@click.option("--design", required=True, metavar="ID|FILE", help="A design of the scenario, a .yaml or a .csv file.")
@scenario_options
@click.option("--replicates", type=click.IntRange(1), help="Of each point. [default: those of the design, or 1000]")
@click.option("--parameters", type=click.IntRange(1), help="Draws of what the design does not set. [default: 100]")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**63 - 1))
@click.option(
    "--common-random-numbers/--own-random-numbers", "common", default=None, help="Points share their luck, or not."
)
@click.option("--runs/--no-runs", default=True, help="Keep a row for each replicate. [default: runs]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder. [default: below results/]")
@click.option("--jobs", type=click.IntRange(1), help="Processes; all processors by default. Results do not change.")
@click.option("--dask", metavar="ADDRESS|local", help="Run on a Dask cluster that sees the folder.")
@click.option("--shard", type=_Part(), metavar="I/N", help="Only part I of N (from 0), for job arrays.")
@click.option("--emit", type=click.Choice(["slurm", "kubernetes"]), help="Print a script for a cluster; run nothing.")
@click.option("--dry-run", is_flag=True, help="Say how much it is, and what it will cost; run nothing.")
@limit_options(hours=1000.0)
@click.option("--retry-failed", is_flag=True, help="Run points that failed once more.")
@click.option("--parquet", is_flag=True, help="Also write the tables as Parquet.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the summary.")
def sweep(file: Path, design: str, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Run an ensemble at each point of a design; the same command goes on where it was stopped or killed."""
    from escalation_sim.study.planning import Asked

    own = (options.pop(name) for name in ("replicates", "parameters", "seed", "common", "runs"))
    asked = Asked(file, design, variants, settings, *own)
    if options["emit"]:
        from escalation_sim.report.emit import emitted

        say(emitted(asked, options, options["emit"]), newline=False)
        return
    from escalation_sim.report.sweep import sweep_and_report

    said = sweep_and_report(asked, options, progress)
    if said.text:
        say(said.text)
    sys.exit(said.exit_code)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(folder: Path, as_json: bool) -> None:
    """Say what of the sweep in FOLDER is done, missing or failed, who works on it, and the time left."""
    from escalation_sim.report.status import status_text

    say(status_text(folder, as_json))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--outcome", "outcomes", multiple=True, metavar="ID", help="Which; by default those of `show: paths`.")
@click.option(
    "--above",
    type=click.FloatRange(0.0, 1.0, max_open=True),
    help="Look for boxes in which the probability is above this. [default: about a quarter of the points are]",
)
@click.option("--heat", metavar="X,Y", help="Two variables for the heat map. [default: those that drive most]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the analysis. [default: FOLDER-sensitivity]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the summary.")
@click.option("--figures/--no-figures", default=True, show_default=True)
@click.option("--force", is_flag=True, help="Replace an analysis of another scenario.")
def sensitivity(folder: Path, outcomes: tuple[str, ...], above: float | None, heat: str | None, **options: Any) -> None:
    """Say which variables of the finished sweep in FOLDER drive its outcomes, and where these are likely."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.sensitivity import Asked, sensitivity_and_report

    pair = tuple(name.strip() for name in heat.split(",")) if heat else None
    if pair is not None and len(pair) != 2:
        raise click.UsageError(f"--heat {heat}: name two variables, such as troops,reliability.")
    say(sensitivity_and_report(Asked(folder, outcomes, above, pair), options, progress))
