"""The command about the installation itself: verify."""

from __future__ import annotations

import sys
from typing import Any

import click

from escalation_sim.cli.options import JOBS, say


@click.command()
@click.option("--quick/--full", "quick", default=True, show_default=True, help="A minute, or some ten.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="[default: 1; new luck each time with --full]")
@click.option("--only", metavar="NAME[,...]", help="Only these checks.")
@click.option("--list", "listing", is_flag=True, help="Name the checks and stop.")
@JOBS
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def verify(quick: bool, listing: bool, **options: Any) -> None:
    """Check this installation against exact probabilities, known laws and itself; exit code 3 if a check fails."""
    from escalation_sim.verification.table import listed, verify_and_report

    if listing:
        say(listed())
        return
    said = verify_and_report({"full": not quick, **options}, lambda line: say(line, err=True))
    say(said.text)
    if said.sentence:
        say(said.sentence, err=True)
    sys.exit(said.exit_code)
