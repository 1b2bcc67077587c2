"""The strain of the war effort: one fan per belligerent, from relaxed (0) to exhausted (1)."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.figures import style

COLUMNS, WIDTH, HEIGHT, CELL_WIDTH, CELL_HEIGHT, TICKS = 2, 2.15, 1.35, 3.35, 1.9, 0.36  # inches
COLORS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)

KEY = "Line: median. Dashed: mean. Dark band: middle half of the replicates. Light band: 5 % to 95 % of them."


@style.styled
def strain_figure(strain: pd.DataFrame, note: str = "") -> Figure:
    """Fan chart of the strain of each state that keeps up a war effort.

    The bands show how replicates differ (chance and parameters together); they are no confidence interval.

    Parameters
    ----------
    strain : DataFrame
        state, day, mean, q05, q25, q50, q75, q95, all in [0, 1]; states in order of first appearance.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    states = list(dict.fromkeys(strain["state"]))
    tables = [strain[strain["state"] == state].sort_values("day") for state in states]
    said = [
        f"{state} median {t.q50.iloc[-1]:.2f}, 5 % to 95 % {t.q05.iloc[-1]:.2f} to {t.q95.iloc[-1]:.2f}"
        for state, t in zip(states, tables, strict=True)
    ]
    height = max(math.ceil(len(states) / COLUMNS), 1) * CELL_HEIGHT
    alt = f"Strain of the war effort after {strain['day'].max():g} days: " + "; ".join(said)
    fig = style.page(height, "How strained the war effort is", f"{note} {KEY}".strip(), alt)
    for i, (state, table) in enumerate(zip(states, tables, strict=True)):
        row, column = divmod(i, COLUMNS)
        axes = style.box(fig, 0.15 + TICKS + column * CELL_WIDTH, 0.22 + row * CELL_HEIGHT, WIDTH, HEIGHT)
        axes.set_title(str(state), weight="bold", loc="left", pad=4)
        _fan(axes, table, COLORS[i % len(COLORS)])
    return fig


def _fan(axes: Axes, table: pd.DataFrame, color: str) -> None:
    """Bands, median and mean, each named once at its right end."""
    day, last = table["day"], table.iloc[-1]
    axes.fill_between(day, table["q05"], table["q95"], color=color, alpha=0.22, lw=0)
    axes.fill_between(day, table["q25"], table["q75"], color=color, alpha=0.45, lw=0)
    axes.plot(day, table["q50"], color=style.INK)
    axes.plot(day, table["mean"], color=style.INK, lw=0.8, ls=(0, (4, 2)))
    axes.set_xlim(day.min(), day.max())
    axes.set_ylim(0, 1)
    axes.set_xticks(style.day_ticks(day.max()), [f"{t:g}" for t in style.day_ticks(day.max())])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.grid(axis="y", color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel("days", size=style.SMALL, labelpad=1, color=style.GREY)
    names = {"q95": "95 %", "q75": "75 %", "q50": "median", "mean": "mean", "q25": "25 %", "q05": "5 %"}
    at = style.spread([float(last[key]) for key in names], gap=0.105 / HEIGHT, low=0.03, high=0.97)
    place: dict[str, Any] = {"clip_on": False, "transform": axes.get_yaxis_transform()}
    for (key, name), y in zip(names.items(), at, strict=True):
        weight = "bold" if key == "q50" else "normal"
        axes.plot([1.005, 1.04], [last[key], y], color=style.GREY, lw=0.5, **place)
        axes.text(1.05, y, f"{name}: {last[key]:.2f}", size=style.SMALL, va="center", weight=weight, **place)
