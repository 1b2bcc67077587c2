"""The frontier between two outcomes: what positions of levers do to both, and which of them nothing beats."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from escalation_sim.figures import style

HEIGHT, NAMES = 3.6, 2.35  # inches: the axes, and the names at the right
HALO = [withStroke(linewidth=1.5, foreground="white")]
KEY = (
    "Each point is one position of one or two levers; grey: another position is at least as good in both outcomes and "
    "better in one. Numbered: the frontier, with Monte-Carlo 95 % of the paired differences from the scenario as it "
    "stands (star). Open: cannot be told from the star, or from the number before it."
)


@style.styled
def frontier_figure(table: pd.DataFrame, note: str = "") -> Figure:
    """Both outcomes on the axes, all positions as points, the frontier joined and numbered, its names at the right.

    Parameters
    ----------
    table : DataFrame
        As from `study.levers.frontier`.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    aims = list(table["outcome"].drop_duplicates())
    x, y = (table[table["outcome"] == aim].to_dict("records") for aim in aims)
    labels = [
        f"{one[0]['label']}, within {one[0]['window_days']:g} days ({one[0]['wanted']} is better)" for one in (x, y)
    ]
    order = sorted((i for i, row in enumerate(x) if row["frontier"] > 0), key=lambda i: x[i]["frontier"])
    names = [f"{x[i]['frontier']}  {x[i]['position']}" + (f" ({x[i]['by']})" if x[i]["by"] else "") for i in order]
    lines = [style.wrap(name, NAMES - 0.1, style.SMALL, lines=3) for name in names]
    tall = max(HEIGHT, 0.2 + sum(0.115 * len(text) + 0.05 for text in lines))
    said = "; ".join(names)
    fig = style.page(
        tall + 0.45, "What could be had", f"{note} {KEY}".strip(), f"Frontier of {' and '.join(labels)}: {said}"
    )
    width = style.PAGE_WIDTH - 0.3 - NAMES - 0.65
    axes = style.box(fig, 0.6, 0.05, width, tall)
    across, up = ([100 * row["alternative"] for row in one] for one in (x, y))
    axes.plot(across, up, "o", ms=3, color=style.PALE, mec=style.GREY, mew=0.3)
    axes.plot([across[i] for i in order], [up[i] for i in order], color=style.BLUE)
    for i in order:
        _member(axes, x[i], y[i])
    axes.plot(
        100 * x[0]["baseline"],
        100 * y[0]["baseline"],
        "*",
        ms=9,
        color=style.VERMILION,
        mec=style.INK,
        mew=0.4,
    )
    for axis, label, size in ((axes.set_xlabel, labels[0], width), (axes.set_ylabel, labels[1], tall)):
        axis("\n".join(style.wrap(f"{label}, percent", size, style.SIZE, lines=2)))
    axes.grid(color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    axes.margins(0.08)
    for ticks, ends, set_ticks in (
        (axes.get_xticks(), axes.get_xlim(), axes.set_xticks),
        (axes.get_yticks(), axes.get_ylim(), axes.set_yticks),
    ):
        set_ticks([tick for tick in ticks if ends[0] <= tick <= ends[1]])  # none outside, where captions stand
    _names(fig, lines, tall)
    return fig


def _member(axes: Axes, x: Any, y: Any) -> None:
    """A member of the frontier: dot, cross of intervals, and its number."""
    at = 100 * x["alternative"], 100 * y["alternative"]
    line: dict[str, Any] = {"color": style.BLUE, "lw": 0.8, "alpha": 0.7}
    axes.plot([100 * (x["baseline"] + x[end]) for end in ("mc_low", "mc_high")], [at[1], at[1]], **line)
    axes.plot([at[0], at[0]], [100 * (y["baseline"] + y[end]) for end in ("mc_low", "mc_high")], **line)
    face = "white" if x["alike"] else style.BLUE
    axes.plot([at[0]], [at[1]], "o", ms=5, color=face, mec=style.BLUE, mew=1.0)
    rises = x["wanted"] != y["wanted"]  # the joining line goes up to the right: the number stands at its other side
    place: dict[str, Any] = {"ha": "right" if rises else "left", "weight": "bold", "path_effects": HALO}
    offset = (-3.5 if rises else 3.5, 3.5)
    axes.annotate(str(x["frontier"]), at, offset, textcoords="offset points", size=style.SMALL, **place)


def _names(fig: Figure, lines: list[list[str]], tall: float) -> None:
    """The numbered positions at the right, one below the other."""
    axes = style.box(fig, style.PAGE_WIDTH - 0.15 - NAMES, 0.05, NAMES, tall)
    axes.set_xlim(0, NAMES)
    axes.set_ylim(tall, 0)
    axes.axis("off")
    y = 0.05
    for text in lines:
        axes.text(0.05, y, "\n".join(text), size=style.SMALL, va="top", linespacing=1.15)
        y += 0.115 * len(text) + 0.05
