"""All outcomes at one glance: a table whose cells are dots with intervals, one column per window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from escalation_sim.analysis.rare import told
from escalation_sim.figures import style

# Inches: the outcomes' names, between columns, a row, a group's heading, the axis below, the titles above.
LABELS, GAP, ROW, HEADING, AXIS, TITLES = 1.6, 0.2, 0.3, 0.27, 0.28, 0.2

KEY = (
    "Dot: share of replicates (rare outcomes: by splitting). Thick bar: Monte-Carlo 95 %. Thin bar: central 90 % "
    "of parameter draws (as the thick one where their spread cannot be told from chance). Triangle: never seen, "
    "95 % upper bound. Log-odds scale."
)


@style.styled
def table_figure(outcomes: pd.DataFrame, note: str = "") -> Figure:
    """Table-plot: outcomes in rows (by kind, the likeliest first), windows in columns, log-odds scale.

    On log-odds 0.03 % and 85 % can both be read, and equal distances are equal ratios of odds. The number
    stands above each dot; where nothing was seen it is the upper bound.

    Parameters
    ----------
    outcomes : DataFrame
        As from `analysis.estimates.outcome_table`. An outcome without some window leaves that cell empty.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    rows = _rows(outcomes)
    windows = sorted(outcomes["window_days"].unique())
    body = sum(HEADING if spec is None else ROW for _, spec in rows)
    said = [
        f"{spec['label']} {told(spec['probability'], spec['count'], spec['n'])} within {spec['window_days']:g} days"
        for _, spec in rows
        if spec is not None
    ]
    fig = style.page(body + AXIS + TITLES, "How likely, how sure", f"{note} {KEY}".strip(), "; ".join(said))
    limits = _limits(outcomes)
    width = (style.PAGE_WIDTH - 0.3 - LABELS) / len(windows)
    _labels(fig, rows, body)
    for column, window in enumerate(windows):
        axes = style.box(fig, 0.15 + LABELS + column * width, TITLES, width - GAP, body)
        _scale(axes, limits, body)
        axes.set_title(f"within {window:g} days", weight="bold", loc="left", pad=3)
        table = outcomes[outcomes["window_days"] == window]
        cells = dict(zip(table["outcome"], table.to_dict("records"), strict=True))
        for y, spec in rows:
            if spec is not None and spec["outcome"] in cells:
                _cell(axes, y, cells[spec["outcome"]])
    return fig


def _rows(outcomes: pd.DataFrame) -> list[tuple[float, Any]]:
    """Inches from the top, and each outcome at its longest window; a heading stands without an outcome."""
    last = outcomes.sort_values("window_days").groupby("outcome", sort=False).tail(1).to_dict("records")
    kinds = [*style.KINDS, *outcomes["kind"]]
    last.sort(key=lambda spec: (kinds.index(spec["kind"]), -spec["probability"], spec["outcome"]))
    rows: list[tuple[float, Any]] = []
    y, kind = 0.0, None
    for spec in last:
        if spec["kind"] != kind:
            kind = spec["kind"]
            rows.append((y + 0.55 * HEADING, None))
            y += HEADING
        rows.append((y + ROW / 2, spec))
        y += ROW
    return rows


def _limits(outcomes: pd.DataFrame) -> tuple[float, float]:
    """Ends of the scale: around every dot and bound, at least from 0.1 % to 90 %."""
    smallest = outcomes["probability"].where(outcomes["count"] > 0, outcomes["mc_high"])
    largest = outcomes["probability"].where(outcomes["count"] < outcomes["n"], outcomes["mc_low"])
    return 0.5 * min(0.001, smallest.min()), 1 - 0.5 * min(0.1, 1 - largest.max())


def _readable(ticks: list[float], limits: tuple[float, float]) -> list[str]:
    """Labels of ticks in percent; from the right, those left out that would run into the next one."""
    low, high = (math.log(end / (1.0 - end)) for end in limits)
    labels, free = [""] * len(ticks), math.inf
    for place in reversed(range(len(ticks))):
        text, tick = f"{100 * ticks[place]:g}", ticks[place]
        at, half = (math.log(tick / (1.0 - tick)) - low) / (high - low), 0.022 * len(text)
        if at + half <= free:
            labels[place], free = text, at - half - 0.02
    return labels


def _scale(axes: Axes, limits: tuple[float, float], body: float) -> None:
    """Log-odds across, inches downwards, and light vertical lines at the ticks."""
    axes.set_xscale("logit")
    axes.set_xlim(*limits)
    axes.set_ylim(body, 0)
    decades = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
    ticks = [t for t in decades if limits[0] <= t <= limits[1]]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter(_readable(ticks, limits)))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.tick_params(axis="x", labelsize=5.5, length=2)
    axes.set_xlabel("percent", size=5.5, labelpad=1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)


def _cell(axes: Axes, y: float, cell: dict[str, Any]) -> None:
    """The number of one outcome in one window, and below it dot and bars (or the bound of the unseen)."""
    line, seen, limits = y + 0.2 * ROW, cell["count"] > 0, axes.get_xlim()
    bar: dict[str, Any] = {"color": style.kind_color(cell["kind"]), "solid_capstyle": "butt"}
    if seen:
        dot = cell["probability"]
        axes.plot(np.clip([cell["parameter_low"], cell["parameter_high"]], *limits), [line] * 2, lw=1.2, **bar)
        axes.plot(np.clip([cell["mc_low"], cell["mc_high"]], *limits), [line] * 2, lw=4.5, alpha=0.6, **bar)
        axes.plot(np.clip([dot], *limits), [line], marker="o", ms=2.4, color=style.INK, ls="none")
    else:
        dot = cell["mc_high"]
        axes.plot([limits[0], dot], [line] * 2, lw=1.0, **bar)
        axes.plot([dot], [line], marker="<", ms=4.0, mfc="white", mec=bar["color"], mew=1.0, ls="none")
    shown = told(cell["probability"], cell["count"], cell["n"])
    half = 0.5 * style.text_width(shown, style.SMALL) / (axes.get_position().width * style.PAGE_WIDTH)
    ends = [np.log(p / (1 - p)) for p in (*limits, float(np.clip(dot, *limits)))]
    across = float(np.clip((ends[2] - ends[0]) / (ends[1] - ends[0]), half, 1 - half))
    place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "ha": "center"}
    axes.text(across, y - 0.2 * ROW, shown, size=style.SMALL, **place)


def _labels(fig: Figure, rows: list[tuple[float, Any]], body: float) -> None:
    """Names of outcomes and kinds at the left, and a light band behind every second row."""
    width = style.PAGE_WIDTH - 0.3
    axes = style.box(fig, 0.15, TITLES, width, body)
    axes.set_xlim(0, width)
    axes.set_ylim(body, 0)
    axes.axis("off")
    for i, (y, spec) in enumerate(rows):
        if spec is None:
            kind = rows[i + 1][1]["kind"]
            axes.text(0, y, kind.capitalize(), weight="bold", va="center", size=style.SIZE + 0.5)
            axes.plot([0, width], [y + 0.4 * HEADING] * 2, color=style.kind_color(kind), lw=1.0)
            continue
        if i % 2:
            axes.axhspan(y - ROW / 2, y + ROW / 2, color=style.FAINT, lw=0)
        lines = style.wrap(spec["label"], LABELS - 0.1, style.SIZE, lines=2)
        axes.text(0.02, y, "\n".join(lines), va="center", linespacing=1.05)
