"""The probability of every outcome as time goes by: one small panel each, grouped by kind of escalation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style

COLUMNS, PANEL_WIDTH, PANEL_HEIGHT = 4, 0.78, 0.72  # inches; what is between panels belongs to labels
CELL_WIDTH, CELL_HEIGHT, HEADING, TICKS = 1.66, 1.2, 0.22, 0.38

KEY = (
    "Line: share of replicates in which it has happened. Dark band: Monte-Carlo 95 %. Light band: "
    "central 90 % of parameter draws (as the dark one where it cannot be told from chance). Hatched: never seen, "
    "up to its 95 % upper bound. Each panel has its own scale."
)


@style.styled
def curves_figure(curves: pd.DataFrame, outcomes: Sequence[Mapping[str, Any]], note: str = "") -> Figure:
    """Cumulative probability of each outcome over time, small multiples grouped by kind.

    Probabilities of 90 % and 0.03 % cannot share an axis, so each panel has its own, with a top from the
    series 1, 2, 5, 10 …; the last value is printed at the end of its line. Within a kind the likeliest
    outcome comes first.

    Parameters
    ----------
    curves : DataFrame
        As from `analysis.estimates.curves`.
    outcomes : sequence of mappings
        Each with ``id``, ``label`` and ``kind``.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    tables = {name: table.sort_values("day") for name, table in curves.groupby("outcome")}
    last = {o["id"]: tables[o["id"]].iloc[-1] for o in outcomes}
    kinds = list(dict.fromkeys([*style.KINDS, *(o["kind"] for o in outcomes)]))
    ranked = sorted(outcomes, key=lambda o: (kinds.index(o["kind"]), -last[o["id"]].probability, o["id"]))
    groups = [(kind, list(members)) for kind, members in groupby(ranked, key=lambda o: str(o["kind"]))]
    rows = sum(math.ceil(len(group) / COLUMNS) for _, group in groups)
    height = rows * CELL_HEIGHT + len(groups) * HEADING + 0.12
    ends = "; ".join(f"{o['label']} {_shown(last[o['id']])}" for o in ranked)
    alt = f"Probability of {len(outcomes)} outcomes over {curves.day.max():g} days, at the end: {ends}"
    fig = style.page(height, "How likely, by when", f"{note} {KEY}".strip(), alt)
    top = 0.0
    for kind, group in groups:
        style.heading(fig, style.KIND_TITLES.get(kind, kind.capitalize()), top, style.kind_color(kind))
        for i, outcome in enumerate(group):
            row, column = divmod(i, COLUMNS)
            place = (0.15 + TICKS + column * CELL_WIDTH, top + HEADING + row * CELL_HEIGHT + 0.32)
            axes = style.box(fig, *place, PANEL_WIDTH, PANEL_HEIGHT)
            _panel(axes, tables[outcome["id"]], outcome["label"], style.kind_color(kind))
        top += HEADING + math.ceil(len(group) / COLUMNS) * CELL_HEIGHT
    return fig


def _panel(axes: Axes, table: pd.DataFrame, label: str, color: str) -> None:
    """One outcome: bands, line, its last value, and a title of at most two lines."""
    day, last = table["day"], table.iloc[-1]
    top = _axis_top(max(table[["probability", "mc_high", "parameter_high"]].max()))
    seen = last.probability > 0
    if seen:
        known = table["probability"] > 0  # the bound of days before the first case would look like a peak
        axes.fill_between(day, table["parameter_low"], table["parameter_high"], known, color=color, alpha=0.22, lw=0)
        axes.fill_between(day, table["mc_low"], table["mc_high"], known, color=color, alpha=0.5, lw=0)
        axes.plot(day, table["probability"], color=style.INK, lw=1.0)
    else:  # no band about a line: only a bound is known, and nothing of where below it
        axes.fill_between(day, table["mc_high"], fc="none", ec=color, hatch="////", lw=0, alpha=0.6)
        axes.plot(day, table["mc_high"], color=color, lw=0.8, ls="--")
    axes.set_xlim(day.min(), day.max())
    axes.set_ylim(0, top)
    ticks = style.day_ticks(day.max(), most=3)
    axes.set_xticks(ticks, [f"{t:g}" + (" d" if t == ticks[-1] else "") for t in ticks], size=6)
    axes.set_yticks([0, top / 2, top], ["0", "", f"{100 * top:g} %"])
    axes.grid(axis="y", color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    end = min(max(last.probability if seen else last.mc_high, 0.07 * top), 0.93 * top)
    place: dict[str, Any] = {
        "xytext": (3, 0),
        "textcoords": "offset points",
        "va": "center",
        "weight": "bold",
    }
    axes.annotate(_shown(last), (day.max(), end), annotation_clip=False, size=style.SMALL, **place)
    title = "\n".join(style.wrap(label, CELL_WIDTH - 0.12, style.SIZE, lines=2))
    axes.text(-TICKS / PANEL_WIDTH, 1.08, title, transform=axes.transAxes, va="bottom", linespacing=1.1)


def _shown(row: Any) -> str:
    return percent(row.probability) if row.probability > 0 else f"< {percent(row.mc_high)}"


def _axis_top(largest: float) -> float:
    """The next of 0.1 %, 0.2 %, 0.5 %, 1 %, … 100 % that holds the largest value shown."""
    tops = [m * 10.0**e for e in range(-6, 0) for m in (1, 2, 5)]
    return next((top for top in tops if largest <= top), 1.0)
