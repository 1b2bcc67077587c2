"""Commands about results that lie in folders: report, reproduce."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from escalation_sim.cli.options import JOBS, limit_options, progress, say


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option(
    "--out", "-o", default="report.html", show_default=True, type=click.Path(path_type=Path), help="The HTML file."
)
@click.option(
    "--words",
    default="icd203",
    show_default=True,
    type=click.Choice(["icd203", "ipcc", "none"]),
    help="Terms beside the numbers: of the US intelligence community, of the climate panel, or none.",
)
@click.option("--markdown", is_flag=True, help="Also write the same as Markdown, beside it.")
@click.option("--pdf", is_flag=True, help="Also write it as PDF, beside it (extra `pdf`).")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def report(folders: tuple[Path, ...], **options: Any) -> None:
    """Make one page of result folders of a scenario: runs, comparisons, knock-outs, paths, signals, scores, sweeps."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.page import report_and_write

    said = report_and_write(folders, options)
    say(said.text)
    sys.exit(said.exit_code)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Keep what was run, in this folder.")
@JOBS
@limit_options()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--force", is_flag=True, help="With --out: replace a result of another scenario.")
def reproduce(folder: Path, **options: Any) -> None:
    """Run the result in DIR once more from its own files, and compare every table; exit code 3 if they differ."""
    from escalation_sim.report.reproduce import reproduce_and_report

    said = reproduce_and_report(folder, options, progress)
    say(said.text)
    sys.exit(said.exit_code)
