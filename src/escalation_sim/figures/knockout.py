"""What carries a result: changes without each element, ranked, whole kinds, and pairs that do not add up."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from escalation_sim.analysis.estimates import points
from escalation_sim.figures import style
from escalation_sim.figures.differences import ROW, dots_and_intervals

TOP, CELL, NAMES = 10, 0.34, 2.6  # rows drawn; inches: a cell of the matrix, and the names beside it
KEY = (
    "Change of the probability when one element is switched off, under the same draws and luck. Dot: paired "
    "difference. Thick bar: Monte-Carlo 95 %. Thin bar: central 90 % of parameter draws. Scale: points of probability, "
    "linear within ± 1 and logarithmic beyond. Matrix: what two do together beyond the sum of both, in points; grey: "
    "cannot be told from zero. *: pairs of states that could act only because of the element are gone with it."
)


@style.styled
def knockout_figure(singles: pd.DataFrame, wholes: pd.DataFrame, interactions: pd.DataFrame, note: str = "") -> Figure:
    """Ranked dots and intervals of single elements and of whole kinds, and a matrix of interactions.

    Parameters
    ----------
    singles, wholes : DataFrame
        As from `study.knockout.ranked` and `wholes`, of one outcome.
    interactions : DataFrame
        As from `study.knockout.interactions`, of the same outcome.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    first = singles.iloc[0]
    title = f"What carries it: {first['label']}, within {first['window_days']:g} days"
    told = singles[(singles["mc_low"] > 0.0) | (singles["mc_high"] < 0.0)]
    rows = [_labelled(row) for row in told.head(TOP).to_dict("records")]
    kinds = [_labelled(row) for row in wholes.to_dict("records")]
    names = list(dict.fromkeys([*interactions["first"], *interactions["second"]]))
    below = 0.3 + CELL * len(names) if names else 0.0
    top = ROW * len(rows) + 0.5
    height = top + (0.3 + ROW * len(kinds) + 0.5 if kinds else 0.0) + below
    said = "; ".join(f"without {row['label']} {points(row['difference'])} points" for row in rows)
    fig = style.page(height, title, f"{note} {KEY}".strip(), f"{title}: {said or 'no single element matters'}")
    if rows:
        dots_and_intervals(fig, rows, 0.0, [style.BLUE] * len(rows))
    else:
        fig.text(0.15 / style.PAGE_WIDTH, 1 - 0.6 / fig.get_figheight(), "No single element changes it beyond chance.")
    if kinds:
        style.heading(fig, "Whole kinds", top, style.VERMILION)
        dots_and_intervals(fig, kinds, top + 0.28, [style.VERMILION] * len(kinds))
        top += 0.28 + ROW * len(kinds) + 0.5
    if names:
        style.heading(fig, "Pairs of the strongest: together beyond the sum", top, style.GREY)
        _matrix(fig, names, interactions.to_dict("records"), top + 0.28)
    return fig


def _labelled(row: dict[Any, Any]) -> dict[Any, Any]:
    """A row with the name of its element for a label."""
    name = row["element"] if row["element"].startswith("all ") else f"{row['element_kind']} {row['element']}"
    return row | {"label": name + ("*" if row["edges_gone"] else "")}


def _matrix(fig: Figure, names: list[str], pairs: list[dict[Any, Any]], top: float) -> None:
    """Numbers of the pairs in the cells below the diagonal, the names on it."""
    width = NAMES + 0.75 * len(names)
    axes = style.box(fig, 0.15, top, width, CELL * len(names))
    axes.set_xlim(0, width)
    axes.set_ylim(len(names), 0)
    axes.axis("off")
    place: dict[str, Any] = {"va": "center", "size": style.SMALL}
    cells = {frozenset((pair["first"], pair["second"])): pair for pair in pairs}
    for y, name in enumerate(names):
        text = style.wrap(f"{y + 1}  {name}", NAMES - 0.1, style.SMALL, lines=2)
        axes.text(0.02, y + 0.5, "\n".join(text), linespacing=1.0, **place)
        for x, other in enumerate(names[:y]):
            pair = cells[frozenset((name, other))]
            told = pair["mc_low"] > 0.0 or pair["mc_high"] < 0.0
            style_of: dict[str, Any] = {"weight": "bold"} if told else {"color": style.GREY}
            left = NAMES + 0.75 * x
            axes.text(left + 0.375, y + 0.5, points(pair["interaction"]), ha="center", **style_of, **place)
        axes.text(NAMES + 0.75 * y + 0.375, y + 0.5, str(y + 1), ha="center", color=style.GREY, **place)
        axes.axhline(y, color=style.PALE, lw=0.5)
