"""Every figure of a run, drawn from its tables."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from escalation_sim.analysis.tables import SYSTEM
from escalation_sim.figures import alliances, effort, ladder, outcomes, paths, probabilities, style
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.words import spelled_out
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
    scenario, text = result.scenario, note(result)
    labels = {outcome.id: outcome.label for outcome in scenario.outcomes}
    questions = [{"id": o.id, "label": o.label, "kind": o.kind} for o in scenario.outcomes]
    dyads = ["-".join(sorted(pair)) for pair in scenario.show.dyads] or _dyads(result.rungs)[:5]
    style.save(outcomes.table_figure(result.probabilities, text), folder, "outcomes")
    style.save(probabilities.curves_figure(result.curves, questions, text), folder, "probabilities")
    names = {state.id: state.name or state.id for state in scenario.states}
    shown = ladder.stacked_figure(result.rungs, [*dyads, "system"], _rungs(result), text, names)
    style.save(shown, folder, "ladder")
    given = f"{scenario.title}. As the scenario has it on {scenario.start}; an assumption of it, no result."
    style.save(alliances.network_figure(network(result), given), folder, "network")
    if len(result.strain):
        named = result.strain.assign(state=result.strain["state"].replace(names))
        style.save(effort.strain_figure(named, text), folder, "strain")
    for outcome in scenario.show.paths or result.probabilities["outcome"].unique()[:1]:
        codes = spelled_out(scenario, result.paths.loc[result.paths["outcome"] == outcome, "path"])
        drawn = paths.paths_figure(result.paths, outcome, labels[outcome], f"{text}{codes}")
        style.save(drawn, folder, f"paths-{outcome}")


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
