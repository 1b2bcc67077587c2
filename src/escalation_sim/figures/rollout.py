"""What was played beside what happened: how high confrontations went, and how long they lasted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style

BODY, TITLES, AXIS = 1.75, 0.26, 0.34  # inches: the height of a panel, above it, below it
NAMES, DOTS, NUMBER = 0.62, 1.1, 0.55  # inches in the first panel: the levels' names, the scale, a column of numbers
CURVE, TICKS = 1.45, 0.42  # inches of the other two: width, and what is left of it

WEEKS = {"active_weeks": "Active weeks", "length_weeks": "Length in weeks"}
WEEK_TICKS = (1, 4, 13, 52, 156, 520)  # a week, a month, a quarter, a year, three, ten
COLORS = {"observed": style.INK, "simulated": style.BLUE}
OBSERVED: dict[str, Any] = {"color": style.INK, "marker": "o"}
SIMULATED: dict[str, Any] = {"color": style.BLUE, "marker": "D", "mfc": "white", "mew": 0.8}

NAMED_AT = {"simulated": 0.66, "observed": 0.48}  # the height of each curve at which it bears its name

KEY = (
    "Left: share of confrontations by their highest level. Middle: share with an act in at least so many weeks. Right: "
    "share with at least so many weeks from the first act to the last. Black dot, line and grey band: observed, with "
    "the exact 95 % interval if confrontations are independent. Blue diamond: share of replicates, mean over the same "
    "confrontations."
)


@style.styled
def rollout_figure(table: pd.DataFrame, note: str = "") -> Figure:
    """Highest levels as dots with intervals, the highest on top; weeks as survival curves on a log axis.

    Parameters
    ----------
    table : DataFrame
        A row per `quantity` ("highest_level", "active_weeks", "length_weeks") and `value`: a level from 1 upwards, or a
        number of weeks, at least 1. `label` (text) names the value. `observed` and `simulated` are shares in [0, 1] of
        the confrontations: those whose highest level is `value`, or those with at least `value` weeks.
        `observed_low` and `observed_high` bound the observed share (95 %), `n` is the number of confrontations. A
        quantity without rows leaves its place empty.
    note : str
        The caption: which record and years, how many replicates.
    """
    tables = {name: rows.sort_values("value") for name, rows in table.groupby("quantity")}
    sizes = sorted({int(n) for n in table["n"]})
    alt = f"Observed and simulated shares of {_span(sizes)} confrontations. {' '.join(_said(tables))}"
    fig = style.page(TITLES + BODY + AXIS, "How high and how long", f"{note} {KEY}".strip(), alt)
    if "highest_level" in tables:
        _levels(fig, tables["highest_level"])
    left = style.PAGE_WIDTH - 0.15 - len(WEEKS) * (TICKS + CURVE)
    for i, (quantity, title) in enumerate(WEEKS.items()):
        if quantity in tables:
            axes = style.box(fig, left + i * (TICKS + CURVE) + TICKS, TITLES, CURVE, BODY)
            axes.set_title(title, weight="bold", loc="left", pad=4)
            _curves(axes, tables[quantity])
    return fig


def _span(sizes: list[int]) -> str:
    """How many confrontations, as a range where quantities differ in it."""
    return "–".join(f"{n:,}" for n in dict.fromkeys((sizes[0], sizes[-1])))


def _said(tables: dict[Any, pd.DataFrame]) -> list[str]:
    """The numbers for a reader who cannot see them; of a curve, those at three of its points."""
    said = []
    for quantity, title in {"highest_level": "Highest level", **WEEKS}.items():
        if quantity in tables:
            rows = tables[quantity]
            if quantity in WEEKS:
                rows = rows.iloc[sorted({len(rows) * k // 4 for k in (1, 2, 3)})]
            shares = [
                f"{r['label']} {percent(r['observed'])}, simulated {percent(r['simulated'])}"
                for r in rows.to_dict("records")
            ]
            said.append(f"{title}: {'; '.join(shares)}.")
    return said


def _levels(fig: Figure, table: pd.DataFrame) -> None:
    """A row for each level: name, dot with interval, diamond, and both numbers in columns under their names."""
    axes = style.box(fig, 0.15 + NAMES, TITLES, DOTS, BODY)
    ticks = [float(t) for t in MaxNLocator(2).tick_values(0, table[["observed_high", "simulated"]].to_numpy().max())]
    axes.set_xlim(0, ticks[-1])
    axes.set_ylim(-0.5, len(table) - 0.5)
    axes.set_xticks(ticks, [f"{100 * t:g}" + (" %" if t == ticks[-1] else "") for t in ticks])
    axes.set_yticks([])
    axes.set_xlabel("share", size=style.SMALL, labelpad=1, color=style.GREY)
    axes.grid(axis="x", color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    lift = 1 + 4 / 72 / BODY  # where the titles of the other panels stand
    axes.text(-NAMES / DOTS, lift, "Highest level", transform=axes.transAxes, weight="bold")
    place: dict[str, Any] = {"va": "center", "transform": axes.get_yaxis_transform()}
    columns = {name: 1 + k * NUMBER / DOTS for k, name in enumerate(COLORS, start=1)}
    number: dict[str, Any] = {"size": style.SMALL, "ha": "right"}
    for name, x in columns.items():
        axes.text(x, lift, name, color=COLORS[name], transform=axes.transAxes, **number)
    for y, row in enumerate(table.to_dict("records")):
        lines = style.wrap(str(row["label"]), NAMES - 0.08, style.SIZE, lines=2)
        axes.text(-NAMES / DOTS, y, "\n".join(lines), linespacing=1.05, **place)
        axes.plot([row["observed_low"], row["observed_high"]], [y + 0.13] * 2, color=style.INK, lw=1.2)
        axes.plot([row["observed"]], [y + 0.13], ms=3.2, ls="none", clip_on=False, **OBSERVED)
        axes.plot([row["simulated"]], [y - 0.13], ms=3.2, ls="none", clip_on=False, **SIMULATED)
        for name, x in columns.items():
            axes.text(x, y, percent(row[name]), color=COLORS[name], **number, **place)


def _curves(axes: Axes, table: pd.DataFrame) -> None:
    """Shares that last at least so long, observed with its band and simulated, each named beside its line."""
    weeks, last = table["value"], max(float(table["value"].max()), 2.0)
    axes.fill_between(weeks, table["observed_low"], table["observed_high"], color=style.GREY, alpha=0.3, lw=0)
    axes.plot(weeks, table["observed"], lw=1.0, ms=2.2, clip_on=False, **OBSERVED)
    axes.plot(weeks, table["simulated"], lw=1.1, ms=2.8, clip_on=False, **SIMULATED)
    axes.set_xscale("log")
    axes.set_xlim(1, last)
    axes.set_ylim(0, 1)
    ticks = [t for t in WEEK_TICKS if t <= last]
    axes.set_xticks(ticks, [f"{t}" for t in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.set_xlabel("weeks or more, log scale", size=style.SMALL, labelpad=1, color=style.GREY)
    axes.grid(color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    _names(axes, table, last)


def _names(axes: Axes, table: pd.DataFrame, last: float) -> None:
    """The name of each curve, joined to it by a level line; right of a falling curve there is room."""
    across = np.log(table["value"].to_numpy(float)) / np.log(last)
    for name, height in NAMED_AT.items():
        # np.interp wants its points to rise; the shares fall with the weeks
        reach = {key: float(np.interp(height, table[key][::-1], across[::-1])) for key in (*NAMED_AT, "observed_high")}
        color = COLORS[name]
        start = min(max(reach.values()) + 0.06, 0.98 - style.text_width(name, style.SIZE, "bold") / CURVE)
        axes.plot([reach[name], start - 0.02], [height] * 2, color=color, lw=0.6, transform=axes.transAxes)
        axes.text(start, height, name, color=color, weight="bold", va="center", transform=axes.transAxes)
