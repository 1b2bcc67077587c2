"""The command that shows a scenario in a browser: explore."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from escalation_sim.cli.options import FILE, luck_options, replicates, say, scenario_options


@click.command()
@FILE
@scenario_options
@luck_options
@replicates(1_000)
@click.option("--replicate", "-k", default=0, show_default=True, type=click.IntRange(0), help="Which trajectory first.")
@click.option("--port", type=click.IntRange(1, 65535), help="Of the local page. [default: 8642 if free, else any]")
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser.")
def explore(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Explore a scenario in a browser: one trajectory step by step, sliders, a quick ensemble (extra `viz`)."""
    from escalation_sim.explorer.server import check_installed, free_port, serve
    from escalation_sim.explorer.session import Case

    check_installed()
    case = Case(file, variants, settings, (options["seed"], options["parameters"]), options["replicates"])
    port = free_port(options["port"])
    say("Preparing; the first time on a machine this compiles the model, about a minute.", err=True)
    case.prepare()
    serve(case, options["replicate"], port, options["browser"], lambda address: say(f"{address}  (Ctrl-C ends)"))
