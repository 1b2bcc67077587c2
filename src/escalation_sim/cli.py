"""The command line: words typed in a shell, one call each. Heavy imports stay inside the commands."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from escalation_sim import __version__
from escalation_sim.errors import EscalationSimError, StoreError

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_FILE = click.argument("file", type=click.Path(path_type=Path))


def _scenario_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that choose a version of a scenario: a variant of the file, single values."""
    function = click.option(
        "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Override a value: states.RUS.capability=0.1"
    )(function)
    return click.option("--with", "variants", multiple=True, metavar="VARIANT", help="Apply a variant of the file.")(
        function
    )


def _luck_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that choose the random numbers."""
    function = click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**63 - 1))(function)
    return click.option(
        "--parameters", default=100, show_default=True, type=click.IntRange(1), help="Draws of the uncertain numbers."
    )(function)


def _output_options(function: Callable[..., Any]) -> Callable[..., Any]:
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


def _replicates(default: int) -> Callable[..., Any]:
    """The option that says how many replicates of each ensemble are run."""
    return click.option("--replicates", default=default, show_default=True, type=click.IntRange(1))


class _Commands(click.Group):
    """Suggests a command for a mistyped one, and turns our errors into one clear message and an exit code."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if close and "Did you mean" not in error.message:
                raise click.UsageError(f"{error.message} Did you mean '{close[0]}'?", ctx) from None
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EscalationSimError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has seen enough
                raise
            click.echo(f"{error.filename or 'output'}: {error.strerror}; nothing more was written", err=True)
            ctx.exit(StoreError.exit_code)
        except KeyboardInterrupt:
            click.echo("Stopped; nothing was written. The same command starts again.", err=True)
            ctx.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="escalation-sim")
def main() -> None:
    """How likely is each kind of escalation, within which window, by which path, and how sure are we?

    \b
    Start with:  escalation-sim new my-crisis > my-crisis.yaml
                 escalation-sim explain my-crisis.yaml
                 escalation-sim run my-crisis.yaml
    """


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check scenario FILES, with every variant they hold."""
    from escalation_sim.scenario.check import check as problems_of

    bad = False
    for file in files:
        problems = problems_of(file)
        bad = bad or bool(problems)
        click.echo("\n".join(problems), err=True) if problems else click.echo(f"{file}: good")
    if bad:
        sys.exit(2)


@main.command()
@_FILE
@_scenario_options
@click.option("--state", metavar="ID", help="Only what concerns this state, such as KOR.")
def explain(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], state: str | None) -> None:
    """Say in plain sentences who can do what, bound by what, and what is uncertain."""
    from escalation_sim.scenario.explain import explain as explained
    from escalation_sim.scenario.load import load

    click.echo(explained(load(file, variants, settings), state))


@main.command()
@_FILE
@_scenario_options
@_luck_options
@click.option("--replicates", type=click.IntRange(1), help="[default: 10000]")
@click.option(
    "--precision",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    help="Run as many replicates and draws as give outcomes this relative standard error: 0.1 for a tenth.",
)
@click.option("--of", metavar="ID[,...]", help="With --precision: of which outcomes. [default: those not too rare]")
@click.option("--max-replicates", type=click.IntRange(1000), help="With --precision. [default: 1000000]")
@click.option(
    "--rare", metavar="ID[,...]", help="By splitting. [default: outcomes seen fewer than 10 times; none: none]"
)
@click.option(
    "--rows", default=10_000, show_default=True, type=click.IntRange(1), help="Replicates, the first ones, in runs.csv."
)
@_output_options
def run(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Run an ensemble of a scenario: probabilities, paths, figures."""
    os.environ["MPLBACKEND"] = "Agg"  # figures go to files; a backend meant for another session must not stop them
    from escalation_sim.report.run import run_and_report

    if options["precision"] and options["replicates"]:
        raise click.UsageError("--precision chooses the number of replicates; leave --replicates out.")
    if not options["precision"] and (options["of"] or options["max_replicates"]):
        raise click.UsageError("--of and --max-replicates say what --precision is about; add it.")
    click.echo(run_and_report(file, variants, settings, options, _progress))


@main.command()
@_FILE
@click.argument("others", nargs=-1, type=click.Path(path_type=Path))
@click.option("--with", "variants", multiple=True, metavar="VARIANT[+VARIANT]", help="An alternative: variants.")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE[; ...]", help="An alternative: single values.")
@click.option("--baseline", multiple=True, metavar="VARIANT", help="Apply a variant to the baseline and all others.")
@click.option("--levers", is_flag=True, help="Try each lever of the file, and pairs: the frontier of two outcomes.")
@click.option("--less", multiple=True, metavar="OUTCOME", help="With --levers: an outcome of which less is better.")
@click.option("--more", multiple=True, metavar="OUTCOME", help="With --levers: an outcome of which more is better.")
@click.option("--by", multiple=True, metavar="STATE", help="With --levers: only levers in which a state has a hand.")
@_luck_options
@click.option("--replicates", type=click.IntRange(1), help="Of each. [default: 10000; 2000 with --levers]")
@_output_options
def compare(
    file: Path,
    others: tuple[Path, ...],
    variants: tuple[str, ...],
    settings: tuple[str, ...],
    baseline: tuple[str, ...],
    **options: Any,
) -> None:
    """Hold alternatives against FILE under the same luck: its variants, settings, OTHERS (all variants by default)."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.compare import Asked, compare_and_report
    from escalation_sim.report.levers import levers_and_report

    asked = Asked(file, baseline, others, variants, settings)
    report = levers_and_report if options.pop("levers") else compare_and_report
    click.echo(report(asked, options, _progress))


@main.command()
@_FILE
@_scenario_options
@click.option(
    "--outcome", "outcomes", multiple=True, metavar="ID", help="Which, or `all`; by default those of `show: paths`."
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(["rule", "commitment", "event", "belief", "covariate"]),
    help="What to switch off. [default: everything]",
)
@_luck_options
@_replicates(2_000)
@_output_options
def knockout(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Switch off each rule, commitment, event, belief and covariate in turn: which of them carries the result?"""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.knockout import knockout_and_report

    click.echo(knockout_and_report(file, variants, settings, options, _progress))


@main.command()
@_FILE
@_scenario_options
@click.option("--outcome", "outcomes", multiple=True, metavar="ID", help="Which; by default those of `show: paths`.")
@click.option("--chains", default=300, show_default=True, type=click.IntRange(1), help="Replicates looked into.")
@click.option("--futures", default=400, show_default=True, type=click.IntRange(1), help="Run from each turning point.")
@_luck_options
@_replicates(10_000)
@_output_options
def paths(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Find which acts an outcome needed, merge such chains into families, and see where the die was cast."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.pathways import pathways_and_report

    click.echo(pathways_and_report(file, variants, settings, options, _progress))


@main.command()
@_FILE
@_scenario_options
@click.option("--outcome", "outcomes", multiple=True, metavar="ID", help="Which; by default those of `show: paths`.")
@click.option("--weeks", default=8.0, show_default=True, type=click.FloatRange(0.0), help="What is seen by then.")
@_luck_options
@_replicates(10_000)
@_output_options
def signals(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Find what to watch: acts and events of the first weeks that tell most of what comes later."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.signals import signals_and_report

    click.echo(signals_and_report(file, variants, settings, options, _progress))


@main.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--truth", type=click.Path(path_type=Path), required=True, help="YAML file that says what happened.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the score. [default: RESULT-score]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the tables.")
@click.option("--figures/--no-figures", default=True, show_default=True)
@click.option("--force", is_flag=True, help="Replace a score of another scenario.")
def score(result: Path, truth: Path, **options: Any) -> None:
    """Score the RESULT folder of a run against what happened."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.score import score_and_report

    click.echo(score_and_report(result, truth, options))


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
_JOBS = click.option("--jobs", type=click.IntRange(1), help="Threads; all processors by default.")


@main.command()
@_DATA
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File for the table.")
@click.option("--base", type=click.Path(path_type=Path), help="Table whose elicited rows are kept. [default: packaged]")
@_HELD_OUT
@_JOBS
@click.option("--force", is_flag=True, help="Replace the file.")
def estimate(data: Path, out: Path, **options: Any) -> None:
    """Estimate the table of coefficients from public records of history (takes some minutes)."""
    from escalation_sim.report.estimate import estimate_and_report
    from escalation_sim.study.moments import evaluations

    with _progress(evaluations(), "evaluations") as advance:
        text = estimate_and_report(data, out, options, advance)
    click.echo(text)


@main.command()
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
@_JOBS
@click.option("--figures/--no-figures", default=True, show_default=True)
@click.option("--force", is_flag=True, help="Replace an earlier backtest.")
def backtest(data: Path, out: Path, **options: Any) -> None:
    """Forecast many crises of the past, each from its first day, and score the forecasts."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.backtest import backtest_and_report

    with _progress(0, "confrontations") as advance:
        text = backtest_and_report(data, out, options, advance)
    click.echo(text)


@main.command()
@_FILE
@_scenario_options
@_luck_options
@click.option(
    "--replicate", "-k", default=0, show_default=True, type=click.IntRange(0), help="Which replicate to tell."
)
@click.option("--outcome", metavar="ID", help="Only the acts that this outcome needed, and what each did to it.")
def trace(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Tell one trajectory week by week: each act, the odds of its gates, and what moved them."""
    from escalation_sim.scenario.load import load
    from escalation_sim.scenario.resolve import resolve
    from escalation_sim.study.trace import needed_story, story, trajectory

    scenario = resolve(load(file, variants, settings))
    luck = options["seed"], options["parameters"]
    model = trajectory(scenario, options["replicate"], *luck)
    outcome = options["outcome"]
    for line in needed_story(scenario, model, outcome, *luck) if outcome else story(scenario, model):
        click.echo(line)


@main.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from escalation_sim.scenario.dump import json_schema

    click.echo(json.dumps(json_schema(), indent=1))


@main.command()
@click.argument("name")
def new(name: str) -> None:
    """Print a commented starter scenario called NAME."""
    from escalation_sim.scenario.starter import new_scenario

    click.echo(new_scenario(name), nl=False)


@contextmanager
def _progress(total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """A progress bar on stderr, silent where stderr is not a terminal."""
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", disable=None, leave=False, file=sys.stderr) as bar:
        yield bar.update
