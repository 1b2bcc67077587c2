"""What to watch: for each early signal, how likely the outcome is if it was seen and if it was not."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.estimates import percent
from escalation_sim.figures import style

ROWS, ROW, LABELS, NUMBERS = 12, 0.27, 2.5, 0.75  # rows drawn; inches: a row, names at the left, shares at the right
KEY = (
    "Filled: probability of the outcome later, if the signal was seen; open: if it was not; bars: exact 95 %. At the "
    "right: share of these replicates in which it is seen. Ranked by the information that the signal carries; only "
    "what chance does not explain (false discovery rate 5 %)."
)


@style.styled
def signals_figure(rows: pd.DataFrame, outcome_label: str, landmark: float, note: str = "") -> Figure:
    """A dumbbell for each signal of one outcome, the most telling on top.

    Parameters
    ----------
    rows : DataFrame
        As from `analysis.signals.signal_table`, of one outcome.
    outcome_label : str
        What to call it.
    landmark : float
        Day by which signals are seen.
    note : str
        The caption: conditional on what, how many replicates.
    """
    title = f"What to watch by week {landmark / 7:g}: {outcome_label}"
    records = rows.head(ROWS).to_dict("records")
    if not records:
        fig = style.page(0.5, title, note, f"{title}: nothing tells more than chance")
        fig.text(0.15 / style.PAGE_WIDTH, 0.5, "Nothing seen by then tells more than chance.")
        return fig
    said = "; ".join(
        f"{percent(r['given_seen'])} after '{r['signal']}', else {percent(r['given_unseen'])}" for r in records
    )
    height = ROW * len(records)
    fig = style.page(height + 0.6, title, f"{note} {KEY}".strip(), f"{title}. {said}")
    axes = style.box(fig, 0.15 + LABELS, 0.15, style.PAGE_WIDTH - 0.3 - LABELS - NUMBERS, height)
    _scale(axes, records)
    for y, record in enumerate(records):
        _dumbbell(axes, y, record)
    names = style.box(fig, 0.15, 0.15, style.PAGE_WIDTH - 0.3, height)
    names.set_xlim(0, style.PAGE_WIDTH - 0.3)
    names.set_ylim(len(records) - 0.5, -0.5)
    names.axis("off")
    names.set_zorder(-1)
    for y, record in enumerate(records):
        if y % 2:
            names.axhspan(y - 0.5, y + 0.5, color=style.FAINT, lw=0)
        text = style.wrap(str(record["signal"]), LABELS - 0.12, style.SMALL, lines=2)
        names.text(0.02, y, "\n".join(text), va="center", size=style.SMALL, linespacing=1.0)
        names.text(
            style.PAGE_WIDTH - 0.32,
            y,
            percent(record["seen"]),
            va="center",
            ha="right",
            size=style.SMALL,
            color=style.GREY,
        )
    names.text(style.PAGE_WIDTH - 0.32, -0.62, "seen in", ha="right", size=style.SMALL, color=style.GREY)
    return fig


def _scale(axes: Axes, records: list[dict[Any, Any]]) -> None:
    """Percent across, from zero to a little beyond the highest interval."""
    high = 100 * max(max(r["given_seen_high"], r["given_unseen_high"]) for r in records)
    axes.set_xlim(0, min(1.12 * high, 103))
    axes.set_ylim(len(records) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlabel("probability of the outcome later in its window, percent")
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)


def _dumbbell(axes: Axes, y: int, record: dict[Any, Any]) -> None:
    """Both probabilities with their intervals, joined."""
    ends = [100 * record["given_unseen"], 100 * record["given_seen"]]
    axes.plot(ends, [y, y], color=style.PALE, lw=1.0, zorder=1)
    for name, color, face, shift in (
        ("given_unseen", style.GREY, "white", 0.13),
        ("given_seen", style.BLUE, style.BLUE, -0.13),
    ):
        bar = [100 * record[f"{name}_low"], 100 * record[f"{name}_high"]]
        axes.plot(bar, [y + shift] * 2, color=color, lw=2.0, solid_capstyle="butt", alpha=0.6, zorder=2)
        axes.plot([100 * record[name]], [y + shift], "o", ms=3.6, mfc=face, mec=color, mew=0.9, zorder=3)
