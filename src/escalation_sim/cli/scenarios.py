"""Commands about scenario files: check, explain, schema, new."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from escalation_sim.cli.options import FILE, say, scenario_options


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check scenario FILES, with every variant they hold."""
    from escalation_sim.scenario.check import check as problems_of

    bad = False
    for file in files:
        problems = problems_of(file)
        bad = bad or bool(problems)
        say("\n".join(problems), err=True) if problems else say(f"{file}: good")
    if bad:
        sys.exit(2)


@click.command()
@FILE
@scenario_options
@click.option("--state", metavar="ID", help="Only what concerns this state, such as KOR.")
def explain(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], state: str | None) -> None:
    """Say in plain sentences who can do what, bound by what, and what is uncertain."""
    from escalation_sim.scenario.explain import explain as explained
    from escalation_sim.scenario.load import load

    say(explained(load(file, variants, settings), state))


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from escalation_sim.scenario.dump import json_schema

    say(json.dumps(json_schema(), indent=1))


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Print a commented starter scenario called NAME."""
    from escalation_sim.scenario.starter import new_scenario

    say(new_scenario(name), newline=False)
