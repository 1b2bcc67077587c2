"""The ladder picture: how the replicates spread over the highest rung reached, as time goes by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style

COLUMNS, WIDTH, HEIGHT, CELL_WIDTH, CELL_HEIGHT, TICKS = 2, 1.85, 1.5, 3.35, 2.05, 0.36  # inches
ROUTINE = "#E6E6E6"
SHOWN = 0.0005  # a rung that holds less than this share of the replicates at the end has no label,
VISIBLE = 0.005  # unless it held this much, which makes a band that can be seen, earlier on

KEY = "Shares of replicates by the highest rung in each tick; dark is high. At the right: the last tick."


@style.styled
def stacked_figure(
    rungs: pd.DataFrame,
    dyads: Sequence[str],
    ladder: Sequence[str | Mapping[str, Any]],
    note: str = "",
    states: Mapping[str, str] | None = None,
) -> Figure:
    """Stacked shares of the highest rung over time, one panel for each chosen dyad.

    Parameters
    ----------
    rungs : DataFrame
        dyad, tick, day, rung, share: the share in [0, 1] of replicates whose highest rung on the dyad in this
        tick is `rung`. An absent rung counts as 0.
    dyads : sequence of str
        Which panels, in which order: ``"RUS-UKR"``, or ``"system"`` for all edges together.
    ladder : sequence of str or mappings
        The labels of all rungs from 0 upwards (of a mapping its ``label``, else its ``id``).
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    states : mapping of str to str
        Names of the states by their ids, for the titles of the panels; an id without a name stands for itself.
    """
    labels = [r if isinstance(r, str) else str(r.get("label") or r["id"]) for r in ladder]
    tables = {dyad: _shares(rungs, dyad, len(labels)) for dyad in dyads}
    titles = {dyad: _title(dyad, states or {}) for dyad in dyads}
    said = []
    for dyad, (_, shares) in tables.items():
        top = ", ".join(f"{labels[k]} {_share(s)}" for k, s in enumerate(shares[:, -1]) if s >= SHOWN)
        said.append(f"{titles[dyad]} at the end: {top}")
    height = math.ceil(len(tables) / COLUMNS) * CELL_HEIGHT
    fig = style.page(height, "How high, and when", f"{note} {KEY}".strip(), "; ".join(said))
    for i, (dyad, (days, shares)) in enumerate(tables.items()):
        row, column = divmod(i, COLUMNS)
        axes = style.box(fig, 0.15 + TICKS + column * CELL_WIDTH, 0.22 + row * CELL_HEIGHT, WIDTH, HEIGHT)
        title = style.wrap(titles[dyad], 0.85 * (CELL_WIDTH - 0.1), style.SIZE, lines=1)[0]  # bold letters are wider
        axes.set_title(title, weight="bold", loc="left", pad=4)
        _stack(axes, days, shares, labels)
    return fig


def _share(share: float) -> str:
    """A share in percent; nobody needs the digits of one that cannot be told from nothing or all."""
    if 0 < share < SHOWN or 1 - SHOWN < share < 1:
        return f"< {100 * SHOWN:g} %" if share < 0.5 else f"> {100 - 100 * SHOWN:g} %"
    return percent(share)


def _title(dyad: str, states: Mapping[str, str]) -> str:
    return "Whole system" if dyad == "system" else " – ".join(states.get(end, end) for end in dyad.split("-"))


def _shares(rungs: pd.DataFrame, dyad: str, n_rungs: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Days (T,) and shares (K, T) of one dyad."""
    mine = rungs[rungs["dyad"] == dyad]
    if mine.empty:
        raise ValueError(f"no dyad {dyad!r} in the table; there are {', '.join(sorted(set(rungs['dyad'])))}")
    wide = mine.pivot_table(index="rung", columns="day", values="share", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(range(n_rungs), fill_value=0.0)
    return wide.columns.to_numpy(float), wide.to_numpy(float)


def _stack(axes: Axes, days: npt.NDArray[Any], shares: npt.NDArray[Any], labels: Sequence[str]) -> None:
    """The areas, lowest rung at the bottom, and at their right ends the names, spread so none collide."""
    n = len(labels)
    # cividis from light to dark, without its palest end (too near to the grey of routine)
    colors = [ROUTINE, *mpl.colormaps["cividis_r"](np.linspace(0.06, 1.0, max(n - 1, 1)))]
    axes.stackplot(days, 100 * shares, colors=colors[:n], edgecolor="white", linewidth=0.35, labels=labels)
    axes.set_xlim(days[0], days[-1])
    axes.set_ylim(0, 100)
    axes.set_xticks(style.day_ticks(days[-1]), [f"{t:g}" for t in style.day_ticks(days[-1])])
    axes.set_yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
    axes.set_xlabel("days", size=style.SMALL, labelpad=1, color=style.GREY)
    top = 100 * shares[:, -1].cumsum()
    middle = top - 50 * shares[:, -1]
    named = [k for k in range(n) if shares[k, -1] >= SHOWN or shares[k].max() >= VISIBLE]
    at = style.spread([float(middle[k]) for k in named], gap=100 * 0.115 / HEIGHT, low=1, high=99)
    place: dict[str, Any] = {"clip_on": False, "transform": axes.get_yaxis_transform()}
    for k, y in zip(named, at, strict=True):
        axes.plot([1.005, 1.06, 1.08], [middle[k], y, y], color=style.GREY, lw=0.5, **place)
        axes.plot([1.1], [y], marker="s", ms=4, mfc=colors[k], mec=style.GREY, mew=0.3, ls="none", **place)
        axes.text(1.135, y, f"{labels[k]} {_share(shares[k, -1])}", size=style.SMALL, va="center", **place)
