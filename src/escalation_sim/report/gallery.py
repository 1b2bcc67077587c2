"""Every figure of a run, drawn from its tables."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from escalation_sim.analysis.tables import SYSTEM
from escalation_sim.errors import ComparisonError, StoreError
from escalation_sim.figures import alliances, effort, ladder, outcomes, paths, probabilities, style
from escalation_sim.figures.style import Figure
from escalation_sim.report.compare import figures_of
from escalation_sim.scenario.load import load
from escalation_sim.scenario.messages import did_you_mean
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.words import spelled_out
from escalation_sim.store import layout
from escalation_sim.store.read import Result
from escalation_sim.store.write import RUN
from escalation_sim.study.compare import Comparison
from escalation_sim.study.ensemble import Ensemble


class Kept(NamedTuple):
    """What the figures of a run show, as it is read back from a folder; see `Ensemble` for the parts."""

    scenario: Scenario
    replicates: int
    parameters: int
    probabilities: pd.DataFrame
    curves: pd.DataFrame
    rungs: pd.DataFrame
    strain: pd.DataFrame
    paths: pd.DataFrame


def kept(result: Result) -> Kept:
    """What the figures show of a run that was read back.

    Raises
    ------
    StoreError
        If it is not a run, or has not all of its tables.
    """
    parts = ("probabilities", "curves", "rungs", "strain", "paths")
    if result.manifest.get("kind", RUN) != RUN or not result.tables.keys() >= set(parts):
        raise StoreError(f"{result.folder}: not the tables of a run; a study keeps its figures in its folder 'figures'")
    counts = result.manifest["replicates"]["requested"], result.manifest["parameter_draws"]
    scenario = resolve(load(result.folder / layout.RESOLVED))
    return Kept(scenario, *counts, *(result.tables[name] for name in parts))


def note(result: Ensemble | Kept) -> str:
    """The line under every figure: what the probabilities are conditional on, and how many replicates there are."""
    return (
        f"{result.scenario.title}. Conditional on this model and scenario. {result.replicates:,} replicates over "
        f"{result.parameters:,} parameter draws, from {result.scenario.start}."
    )


def drawn(kept: Kept) -> dict[str, bytes]:
    """The figures of a run that was kept without them, by the names of their files."""
    with tempfile.TemporaryDirectory() as folder:
        draw_figures(kept, Path(folder))
        return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def draw_figures(result: Ensemble | Kept, folder: Path) -> None:
    """Draw every figure of a run into `folder`, as SVG and PNG."""
    for name, make in _of_run(result).items():
        style.save(make(), folder, name)


def draw(result: Ensemble | Comparison | Result, figure: str | None = None) -> Figure:
    """One figure of a result, for a notebook or to be changed before it is printed.

    Parameters
    ----------
    result : Ensemble, Comparison or Result
        From `run_ensemble`, from `compare`, or a run that was read back by `read`.
    figure : str, optional
        Of a run: outcomes (the one that is drawn by default), probabilities, ladder, network, strain, paths-OUTCOME. Of
        a comparison: overview (by default, if there are two alternatives or more), differences-ALTERNATIVE.

    Returns
    -------
    matplotlib.figure.Figure
        6.9 inches wide; `figure.savefig("name.pdf")` writes it in any format of matplotlib.

    Raises
    ------
    ComparisonError
        If the result has no such figure; the text names those it has.
    StoreError
        If the folder that was read back is not that of a run.

    >>> from escalation_sim import load, run_ensemble
    >>> draw(run_ensemble(load("library:starter"), replicates=20, parameters=2)).texts[0].get_text()
    'How likely, how sure'
    """
    if isinstance(result, Comparison):
        known = figures_of(result)
        default = "overview" if "overview" in known else next(iter(known))
    else:
        known, default = _of_run(kept(result) if isinstance(result, Result) else result), "outcomes"
    asked = figure or default
    if asked not in known:
        near = did_you_mean(asked, known) or f"; there are: {', '.join(known)}"
        raise ComparisonError(f"draw: the result has no figure '{asked}'{near}")
    return known[asked]()


def _of_run(result: Ensemble | Kept) -> dict[str, Callable[[], Figure]]:
    """The figures of a run by the names of their files, each drawn when it is called."""
    scenario, text = result.scenario, note(result)
    labels = {outcome.id: outcome.label for outcome in scenario.outcomes}
    questions = [{"id": o.id, "label": o.label, "kind": o.kind} for o in scenario.outcomes]
    able = _dyads(result.rungs)  # others never act against each other: there is nothing to show
    dyads = [dyad for dyad in ("-".join(sorted(pair)) for pair in scenario.show.dyads) if dyad in able] or able[:5]
    names = {state.id: state.name or state.id for state in scenario.states}
    given = f"{scenario.title}. As the scenario has it on {scenario.start}; an assumption of it, no result."
    figures: dict[str, Callable[[], Figure]] = {
        "outcomes": partial(outcomes.table_figure, result.probabilities, text),
        "probabilities": partial(probabilities.curves_figure, result.curves, questions, text),
        "ladder": partial(ladder.stacked_figure, result.rungs, [*dyads, "system"], _rungs(result), text, names),
        "network": partial(alliances.network_figure, network(result), given),
    }
    if len(result.strain):
        named = result.strain.assign(state=result.strain["state"].replace(names))
        figures["strain"] = partial(effort.strain_figure, named, text)
    for outcome in scenario.show.paths or result.probabilities["outcome"].unique()[:1]:
        codes = spelled_out(scenario, result.paths.loc[result.paths["outcome"] == outcome, "path"])
        figures[f"paths-{outcome}"] = partial(
            paths.paths_figure, result.paths, outcome, labels[outcome], f"{text}{codes}"
        )
    return figures


def _dyads(rungs: pd.DataFrame) -> list[str]:
    """All dyads in their order."""
    return [str(dyad) for dyad in rungs["dyad"].unique() if dyad != SYSTEM]


def _rungs(result: Ensemble | Kept) -> list[dict[str, Any]]:
    return [{"id": rung.id, "label": rung.id} for rung in result.scenario.ladder]  # labels are too long here


def network(result: Ensemble | Kept) -> dict[str, Any]:
    """States, commitments, wars and support of the scenario, as the network figure takes them."""
    scenario = result.scenario
    shown = scenario.model_dump(mode="json", include={"states", "commitments", "wars", "support"})
    for commitment, block in zip(shown["commitments"], scenario.commitments, strict=True):
        begins = block.in_force_from
        commitment["in_force_at_start"] = begins is None or begins <= scenario.start
    for state in shown["states"]:
        state["capability"] = (state["capability"] or {}).get("value")
    return shown
