"""What carries a result: changes without each element, ranked, whole kinds, and pairs that do not add up."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.pairs import bound_of
from escalation_sim.analysis.wording import points
from escalation_sim.figures import style
from escalation_sim.figures.differences import ROW, dots_and_intervals
from escalation_sim.scenario.knockouts import element_name

TOP, CELL, NAMES = 10, 0.34, 2.6  # rows drawn; inches: a row of the matrix, and the names beside it
COLUMN, AXIS, HEADING = 0.75, 0.5, 0.3  # inches: a column of the matrix, the axis below dots, a heading
KEY = (
    "Change of the probability when one element is switched off, under the same draws and luck. Dot: paired "
    "difference. Thick bar: Monte-Carlo 95 %. Thin bar: central 90 % of parameter draws. Scale: points of probability, "
    "linear within ± 1 and logarithmic beyond."
)
MATRIX_KEY = "Matrix: what two do together beyond the sum of both, in points; grey: cannot be told from zero."
EDGES_KEY = "*: it also closes edges (pairs of states that could act only because of it); part of the change is theirs."


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
    told = singles[singles["told"] == 1]
    rows = [_labelled(row) for row in told.head(TOP).to_dict("records")]
    kinds = [_labelled(row) for row in wholes.to_dict("records")]
    paired = {*interactions["first"], *interactions["second"]}
    names = [name for row in singles.to_dict("records") if (name := element_name(row)) in paired]
    parts = [ROW * max(len(rows), 1) + AXIS]
    parts += [HEADING + ROW * len(kinds) + AXIS] if kinds else []
    parts += [HEADING + CELL * (len(names) + 0.4)] if names else []
    said = "; ".join(f"without {row['label']} {points(row['difference'])} points" for row in rows)
    legend = " ".join([note, KEY, *_keys([*rows, *kinds], names), _rest(singles, len(rows))]).strip()
    fig = style.page(sum(parts), title, legend, f"{title}: {said or 'no single element can be told from zero'}")
    if rows:
        dots_and_intervals(fig, rows, 0.0, [style.BLUE] * len(rows))
    else:
        nothing = style.box(fig, 0.15, 0.0, style.PAGE_WIDTH - 0.3, ROW)
        nothing.axis("off")
        nothing.text(0, 0.5, "No single element can be told from zero.", va="center")
    top = parts[0]
    if kinds:
        style.heading(fig, "Whole kinds", top - 0.08, style.VERMILION)
        dots_and_intervals(fig, kinds, top + HEADING, [style.VERMILION] * len(kinds))
        top += parts[1]
    if names:
        style.heading(fig, "Pairs of the strongest: together, beyond the sum of both (points)", top - 0.08, style.GREY)
        _matrix(fig, names, interactions.to_dict("records"), top + HEADING)
    return fig


def _keys(rows: list[dict[Any, Any]], names: list[str]) -> list[str]:
    """What else the caption must explain."""
    return [MATRIX_KEY] * bool(names) + [EDGES_KEY] * any(row["n_edges_gone"] for row in rows)


def _rest(singles: pd.DataFrame, drawn: int) -> str:
    """What is not drawn: how many, and within what bound."""
    told = singles["told"] == 1
    rest = singles[~told]
    words = f"{told.sum() - drawn} more can be told from zero." if told.sum() > drawn else ""
    if len(rest):
        bound = bound_of(rest)
        size = f"each at most {points(bound)[1:]} points either way" if bound else "they compute the same"
        words += f" Not told from zero: {len(rest)}, {size}."
    return words.strip()


def _labelled(row: dict[Any, Any]) -> dict[Any, Any]:
    """A row with the name of its element for a label."""
    mark = "* " if row["n_edges_gone"] else ""  # in front, where a long name cannot push it off
    return row | {"label": f"{mark}{element_name(row)}"}


def _matrix(fig: Figure, names: list[str], pairs: list[dict[Any, Any]], top: float) -> None:
    """The names at the left, numbered as the columns are, and in the cells below the diagonal what pairs do."""
    width, height = NAMES + COLUMN * len(names), len(names) + 0.4
    axes = style.box(fig, 0.15, top, width, CELL * height)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    for x in range(len(names) - 1):
        axes.text(NAMES + COLUMN * (x + 0.5), 0.2, str(x + 1), ha="center", va="center", color=style.GREY)
    cells = {frozenset((pair["first"], pair["second"])): pair for pair in pairs}
    for y, name in enumerate(names):
        text = style.wrap(f"{y + 1}  {name}", NAMES - 0.1, style.SMALL, lines=2)
        axes.text(0.02, y + 0.9, "\n".join(text), linespacing=1.0, va="center", size=style.SMALL)
        axes.plot([0, width], [y + 0.4] * 2, color=style.PALE, lw=0.5)
        for x, other in enumerate(names[:y]):
            _cell(axes, NAMES + COLUMN * (x + 0.5), y + 0.9, cells[frozenset((name, other))])


def _cell(axes: Axes, x: float, y: float, pair: dict[str, Any]) -> None:
    """An interaction, and below it its interval; grey if it cannot be told from zero."""
    color = style.INK if pair["told"] else style.GREY
    place: dict[str, Any] = {"ha": "center", "va": "center", "color": color}
    ends = f"[{points(pair['mc_low'])}, {points(pair['mc_high'])}]"
    weight = "bold" if pair["told"] else "normal"
    axes.text(x, y - 0.17, points(pair["interaction"]), size=style.SMALL, weight=weight, **place)
    axes.text(x, y + 0.22, ends, size=style.SMALL - 1.5, **place)
