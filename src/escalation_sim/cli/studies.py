"""Commands that run a scenario: run, compare, knockout, paths, signals, score, trace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from escalation_sim.cli.options import (
    FILE,
    limit_options,
    luck_options,
    output_options,
    progress,
    replicates,
    say,
    scenario_options,
)


@click.command()
@FILE
@scenario_options
@luck_options
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
@output_options
@limit_options()
def run(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Run an ensemble of a scenario: probabilities, paths, figures."""
    os.environ["MPLBACKEND"] = "Agg"  # figures go to files; a backend meant for another session must not stop them
    from escalation_sim.report.run import run_and_report

    if options["precision"] and options["replicates"]:
        raise click.UsageError("--precision chooses the number of replicates; leave --replicates out.")
    if not options["precision"] and (options["of"] or options["max_replicates"]):
        raise click.UsageError("--of and --max-replicates say what --precision is about; add it.")
    say(run_and_report(file, variants, settings, options, progress))


@click.command()
@FILE
@click.argument("others", nargs=-1, type=click.Path(path_type=Path))
@click.option("--with", "variants", multiple=True, metavar="VARIANT[+VARIANT]", help="An alternative: variants.")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE[; ...]", help="An alternative: single values.")
@click.option("--baseline", multiple=True, metavar="VARIANT", help="Apply a variant to the baseline and all others.")
@click.option("--levers", is_flag=True, help="Try each lever of the file, and pairs: the frontier of two outcomes.")
@click.option("--less", multiple=True, metavar="OUTCOME", help="With --levers: an outcome of which less is better.")
@click.option("--more", multiple=True, metavar="OUTCOME", help="With --levers: an outcome of which more is better.")
@click.option("--by", multiple=True, metavar="STATE", help="With --levers: only levers in which a state has a hand.")
@luck_options
@click.option("--replicates", type=click.IntRange(1), help="Of each. [default: 10000; 2000 with --levers]")
@output_options
@limit_options()
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
    say(report(asked, options, progress))


@click.command()
@FILE
@scenario_options
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
@luck_options
@replicates(2_000)
@output_options
@limit_options()
def knockout(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Switch off each rule, commitment, event, belief and covariate in turn: which of them carries the result?"""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.knockout import knockout_and_report

    say(knockout_and_report(file, variants, settings, options, progress))


@click.command()
@FILE
@scenario_options
@click.option("--outcome", "outcomes", multiple=True, metavar="ID", help="Which; by default those of `show: paths`.")
@click.option("--chains", default=300, show_default=True, type=click.IntRange(1), help="Replicates looked into.")
@click.option("--futures", default=400, show_default=True, type=click.IntRange(1), help="Run from each turning point.")
@luck_options
@replicates(10_000)
@output_options
@limit_options()
def paths(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Find which acts an outcome needed, merge such chains into families, and see where the die was cast."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.pathways import pathways_and_report

    say(pathways_and_report(file, variants, settings, options, progress))


@click.command()
@FILE
@scenario_options
@click.option("--outcome", "outcomes", multiple=True, metavar="ID", help="Which; by default those of `show: paths`.")
@click.option("--weeks", default=8.0, show_default=True, type=click.FloatRange(0.0), help="What is seen by then.")
@luck_options
@replicates(10_000)
@output_options
@limit_options()
def signals(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Find what to watch: acts and events of the first weeks that tell most of what comes later."""
    os.environ["MPLBACKEND"] = "Agg"
    from escalation_sim.report.signals import signals_and_report

    say(signals_and_report(file, variants, settings, options, progress))


@click.command()
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

    say(score_and_report(result, truth, options))


@click.command()
@FILE
@scenario_options
@luck_options
@click.option(
    "--replicate", "-k", default=0, show_default=True, type=click.IntRange(0), help="Which replicate to tell."
)
@limit_options()
@click.option("--outcome", metavar="ID", help="Only the acts that this outcome needed, and what each did to it.")
def trace(file: Path, variants: tuple[str, ...], settings: tuple[str, ...], **options: Any) -> None:
    """Tell one trajectory week by week: each act, the odds of its gates, and what moved them."""
    from escalation_sim.scenario.load import load
    from escalation_sim.scenario.resolve import resolve
    from escalation_sim.study.trace import begun, needed_story, story

    scenario = resolve(load(file, variants, settings))
    luck = options["seed"], options["parameters"]
    model = begun(scenario, options["replicate"], *luck).run_model()
    outcome = options["outcome"]
    for line in needed_story(scenario, model, outcome, *luck) if outcome else story(scenario, model):
        say(line)
