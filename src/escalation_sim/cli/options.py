"""Options that several commands share, and the progress bar."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
FILE = click.argument("file", type=click.Path(path_type=Path))
JOBS = click.option("--jobs", type=click.IntRange(1), help="Threads; all processors by default.")


def scenario_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that choose a version of a scenario: a variant of the file, single values."""
    function = click.option(
        "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override a value: states.RUS.capability=0.1"
    )(function)
    return click.option("--with", "variants", multiple=True, metavar="VARIANT", help="Apply a variant of the file.")(
        function
    )


def luck_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that choose the random numbers."""
    function = click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**63 - 1))(function)
    return click.option(
        "--parameters", default=100, show_default=True, type=click.IntRange(1), help="Draws of the uncertain numbers."
    )(function)


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say where results go and in which form."""
    options = (
        click.option(
            "--jobs", type=click.IntRange(1), help="Threads; all processors by default. Results do not depend on it."
        ),
        click.option("--out", type=click.Path(path_type=Path), help="Result folder. [default: below results/]"),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the summary."),
        click.option("--figures/--no-figures", default=True, show_default=True),
        click.option("--force", is_flag=True, help="Replace a result of another scenario."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def replicates(default: int) -> Callable[..., Any]:
    """The option that says how many replicates of each ensemble are run."""
    return click.option("--replicates", default=default, show_default=True, type=click.IntRange(1))


def limit_options(hours: float = 50.0) -> Decorator:
    """Options that lift the limits on what a command may spend; they hold while it runs."""

    def within(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def limited(**options: Any) -> Any:
            from escalation_sim.study.cost import Limits, allowed

            with allowed(Limits(*(options[f"max_{name}"] for name in Limits._fields))):
                return function(**options)

        above_zero = click.FloatRange(0.0, min_open=True)
        for name, default, what in (
            ("disk", 200.0, "in GB"),
            ("memory", 4.0, "in GB"),
            ("hours", hours, "in hours of one processor"),
        ):
            option = click.option(
                f"--max-{name}", default=default, show_default=True, type=above_zero, help=f"Refuse more, {what}."
            )
            limited = option(limited)
        return limited

    return within


def say(text: str, err: bool = False, newline: bool = True) -> None:
    """Print what a command says, with characters escaped that a terminal would obey or an eye would miss."""
    from escalation_sim.scenario.messages import legible

    click.echo(legible(text), err=err, nl=newline)


@contextmanager
def progress(total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """A progress bar on stderr, silent where stderr is not a terminal."""
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", disable=None, leave=False, file=sys.stderr) as bar:
        yield bar.update
