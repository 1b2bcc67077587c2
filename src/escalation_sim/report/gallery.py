"""Every figure of a run, drawn from its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from escalation_sim.figures import alliances, effort, ladder, outcomes, paths, probabilities, style
from escalation_sim.study.ensemble import Ensemble


def note(result: Ensemble) -> str:
    """The line under every figure: what the probabilities are conditional on, and how many replicates there are."""
    return (
        f"{result.scenario.title}. Conditional on this model and scenario. {result.replicates:,} replicates over "
        f"{result.parameters:,} parameter draws, from {result.scenario.start}."
    )


def draw_figures(result: Ensemble, folder: Path) -> None:
    """Draw every figure of a run into `folder`, as SVG and PNG."""
    scenario, text = result.scenario, note(result)
    labels = {outcome.id: outcome.label for outcome in scenario.outcomes}
    questions = [{"id": o.id, "label": o.label, "kind": o.kind} for o in scenario.outcomes]
    dyads = ["-".join(sorted(pair)) for pair in scenario.show.dyads] or list(result.names.dyads[:5])
    style.save(outcomes.table_figure(result.probabilities, text), folder, "outcomes")
    style.save(probabilities.curves_figure(result.curves, questions, text), folder, "probabilities")
    style.save(ladder.stacked_figure(result.rungs, [*dyads, "system"], _rungs(result), text), folder, "ladder")
    style.save(alliances.network_figure(network(result), text), folder, "network")
    if len(result.strain):
        style.save(effort.strain_figure(result.strain, text), folder, "strain")
    for outcome in scenario.show.paths or result.names.outcomes[:1]:
        drawn = paths.paths_figure(result.paths, outcome, labels[outcome], text)
        style.save(drawn, folder, f"paths-{outcome}")


def _rungs(result: Ensemble) -> list[dict[str, Any]]:
    return [{"id": rung.id, "label": rung.id} for rung in result.scenario.ladder]  # labels are too long here


def network(result: Ensemble) -> dict[str, Any]:
    """States, commitments, wars and support of the scenario, as the network figure takes them."""
    scenario = result.scenario
    shown = scenario.model_dump(mode="json", include={"states", "commitments", "wars", "support"})
    for commitment, block in zip(shown["commitments"], scenario.commitments, strict=True):
        begins = block.in_force_from
        commitment["in_force_at_start"] = begins is None or begins <= scenario.start
    for state in shown["states"]:
        state["capability"] = (state["capability"] or {}).get("value")
    return shown
