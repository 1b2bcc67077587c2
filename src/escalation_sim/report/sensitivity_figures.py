"""The figures of a sensitivity analysis: which are drawn, under which names, with which caption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from escalation_sim.figures import style
from escalation_sim.figures.boxes import boxes_figure
from escalation_sim.figures.heat import heat_figure
from escalation_sim.figures.indices import indices_figure, pawn_figure
from escalation_sim.figures.response import response_figure
from escalation_sim.figures.tornado import tornado_figure
from escalation_sim.report.sensitivity import Found

_RESPONSES = 6  # variables whose responses are drawn: those with the largest PAWN


def draw(found: Found, target: Path) -> None:
    """Draw what the tables hold into an empty folder."""
    caption = note(found)
    for variable in _drawn(found):
        rows = found.tables["responses"]
        rows = rows[rows["variable"] == variable["id"]]
        if len(found.variables) > 2:  # else a picture of all outcomes is the answer to the question asked
            rows = rows[rows["outcome"].isin(found.outcomes)]
        figure = response_figure(rows, caption, variable["unit"], variable["log"])
        style.save(figure, target, f"response-{variable['id']}")
    for outcome in found.outcomes:
        if len(found.variables) > 1:
            table = found.sweep.points[found.sweep.points["outcome"] == outcome]
            table = table[table["window_days"] == table["window_days"].max()]
            mean = float(table["probability"].mean())
            style.save(tornado_figure(found.at("tornado", outcome), caption, mean), target, f"tornado-{outcome}")
            style.save(pawn_figure(found.at("pawn", outcome), caption), target, f"pawn-{outcome}")
        if "indices" in found.tables:
            style.save(indices_figure(found.at("indices", outcome), caption), target, f"indices-{outcome}")
        if "heat" in found.tables:
            style.save(heat_figure(found.at("heat", outcome), caption), target, f"heat-{outcome}")
        if "boxes" in found.tables and len(found.tables["boxes"]):
            _draw_boxes(found, outcome, target, caption)


def _draw_boxes(found: Found, outcome: str, target: Path, caption: str) -> None:
    boxes = found.tables["boxes"]
    boxes = boxes[boxes["outcome"] == outcome]
    if boxes.empty:
        return
    rows = found.sweep.points[found.sweep.points["outcome"] == outcome]
    rows = rows[(rows["window_days"] == boxes["window_days"].iloc[0]) & (rows["n"] > 0)]
    names = [one["id"] for one in found.variables]
    cases = rows[names].assign(case=(rows["probability"] > boxes["threshold"].iloc[0]).astype(int))
    log = [one["id"] for one in found.variables if one["log"]]
    style.save(boxes_figure(boxes, cases, caption, log), target, f"boxes-{outcome}")


def _drawn(found: Found) -> list[dict[str, Any]]:
    """The variables whose responses are drawn, those first that drive any of the outcomes most."""
    pawn = pd.concat([found.at("pawn", outcome) for outcome in found.outcomes])
    order = pawn.groupby("variable", sort=False)["pawn"].max().sort_values(ascending=False, kind="stable")
    known = {one["id"]: one for one in found.variables}
    return [known[name] for name in order.index[:_RESPONSES]]


def note(found: Found) -> str:
    """The caption that all figures begin with."""
    plan = found.plan
    luck = "common random numbers" if plan.layout.common else "own random numbers"
    draws = (
        f"over {plan.parameters:,} draws of the other uncertain numbers"
        if plan.parameters > 1
        else "other uncertain numbers at their medians"
    )
    return (
        f"{plan.base.title}. Conditional on this model, this scenario and the design '{plan.layout.id}' "
        f"({plan.layout.kind}, {plan.layout.size:,} points). {plan.replicates:,} replicates a point, {draws}; {luck}."
    )
