"""What an alternative changes: dots with intervals on both sides of a marked zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from escalation_sim.analysis.pairs import bound_of, longest, told_from_zero
from escalation_sim.analysis.wording import percent_of_share, points
from escalation_sim.figures import style

ROW, LABELS, NUMBERS = 0.25, 2.15, 1.35  # inches: a row, names at the left, numbers at the right
KEY = (
    "Dot: paired difference. Thick bar: Monte-Carlo 95 %. Thin bar: central 90 % of parameter draws. Scale: points of "
    "probability, linear within ± 1 and logarithmic beyond."
)


def seen(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows at the longest windows whose Monte-Carlo interval leaves zero out, the most positive first."""
    last = longest(rows)
    told = last[told_from_zero(last)]
    return told.sort_values("difference", ascending=False, kind="stable")


@style.styled
def differences_figure(rows: pd.DataFrame, name: str, note: str = "") -> Figure:
    """Differences of all outcomes that can be told from zero, sorted, with both intervals and both probabilities.

    Parameters
    ----------
    rows : DataFrame
        As from `analysis.pairs.difference_table`, of one alternative; each outcome is drawn at its longest window.
    name : str
        The alternative.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    last, told = longest(rows), seen(rows)
    rest = last[~last.index.isin(told.index)]
    title = f"Within {last['window_days'].max():g} days, what changes with {name}"
    if len(rest):
        bound = bound_of(rest)
        beyond = f"No difference seen beyond ± {points(bound).lstrip('+')} points: " if bound else "Exactly zero: "
        note = f"{note} {KEY} {beyond}{'; '.join(sorted(rest['label']))}."
    else:
        note = f"{note} {KEY}"
    records = told.to_dict("records")
    said = "; ".join(f"{record['label']} {points(record['difference'])} points" for record in records)
    fig = style.page(
        ROW * max(len(told), 1) + 0.45 * bool(records), title, note.strip(), f"{title}: {said or 'nothing seen'}"
    )
    if told.empty:
        place = 1 - 0.5 / fig.get_figheight()
        fig.text(0.15 / style.PAGE_WIDTH, place, "No outcome changes by more than chance.", va="top")
        return fig
    dots_and_intervals(fig, records, 0.0, [style.kind_color(record["kind"]) for record in records])
    return fig


def dots_and_intervals(fig: Figure, records: Sequence[Any], top: float, colors: Sequence[str]) -> None:
    """A row for each record: label, dot with both intervals about a marked zero, and from what to what.

    Parameters
    ----------
    records : sequence of mappings
        With label, difference, the ends of both intervals, baseline, alternative and n.
    top : float
        Inches below the top of the drawing area.
    """
    height = ROW * len(records)
    width = style.PAGE_WIDTH - 0.3 - LABELS - NUMBERS
    axes = style.box(fig, 0.15 + LABELS, top, width, height)
    _scale(axes, records, len(records))
    for y, (record, color) in enumerate(zip(records, colors, strict=False)):
        _row(axes, y, record, color)
    names = style.box(fig, 0.15, top, style.PAGE_WIDTH - 0.3, height)
    names.set_xlim(0, style.PAGE_WIDTH - 0.3)
    names.set_ylim(len(records) - 0.5, -0.5)
    names.axis("off")
    for y, record in enumerate(records):
        if y % 2:
            names.axhspan(y - 0.5, y + 0.5, color=style.FAINT, lw=0)
        text = style.wrap(str(record["label"]), LABELS - 0.12, style.SMALL, lines=2)
        names.text(0.02, y, "\n".join(text), va="center", size=style.SMALL, linespacing=1.0)
        before, after = (percent_of_share(record[column], record["n"]) for column in ("baseline", "alternative"))
        place: dict[str, Any] = {"va": "center", "size": style.SMALL, "ha": "right"}
        names.text(style.PAGE_WIDTH - 0.32, y, f"{before} → {after}", color=style.GREY, **place)
        left = style.PAGE_WIDTH - 0.3 - NUMBERS + 0.38
        names.text(left, y, points(record["difference"]), weight="bold", **place)
    names.set_zorder(-1)


def _scale(axes: Axes, records: Sequence[Any], n_rows: int) -> None:
    """Points across on a symmetric logarithmic scale, as wide as the intervals, with zero marked."""
    ends = [
        100.0 * record[column]
        for record in records
        for column in ("mc_low", "mc_high", "parameter_low", "parameter_high")
    ]
    low, high = min([-0.5, *(x for x in ends if np.isfinite(x))]), max([0.5, *(x for x in ends if np.isfinite(x))])
    axes.set_xscale("symlog", linthresh=1.0, linscale=0.7)
    axes.set_xlim(1.15 * low, 1.15 * high)
    axes.set_ylim(n_rows - 0.5, -0.5)
    ticks = [t for t in (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100) if low <= t <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{t:+d}" if t else "0" for t in ticks]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.set_xlabel("percentage points")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.PALE, lw=0.5)
    axes.axvline(0.0, color=style.INK, lw=1.0)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)


def _row(axes: Axes, y: int, record: Any, color: str) -> None:
    bar: dict[str, Any] = {"color": color, "solid_capstyle": "butt"}
    axes.plot([100.0 * record["parameter_low"], 100.0 * record["parameter_high"]], [y, y], lw=1.2, **bar)
    axes.plot([100.0 * record["mc_low"], 100.0 * record["mc_high"]], [y, y], lw=4.5, alpha=0.6, **bar)
    axes.plot([100.0 * record["difference"]], [y], marker="o", ms=2.6, color=style.INK, ls="none")
