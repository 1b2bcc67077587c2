"""What to watch: for each early signal, how likely the outcome is if it was seen and if it was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.wording import percent, percent_of_count
from escalation_sim.figures import style

ROWS, ROW, LABELS, NUMBERS = 12, 0.36, 2.3, 0.5  # rows drawn; inches: a row, names at the left, shares at the right
ROOM = 0.5  # inches at both ends of the scale, for numbers
KEY = (
    "Filled: probability of the outcome later, if the signal was seen; open: if it was not; bars: 95 %, replicates and "
    "draws. Dashed: if nothing is known. The dark part of the line between the two is the difference within parameter "
    "draws (the course of events); the light part is what the signal tells about the uncertain numbers. At the "
    "right: share of these replicates in which it is seen. Ranked by the information that the signal carries; only "
    "what chance does not explain (false discovery rate 5 %)."
)


@style.styled
def signals_figure(rows: pd.DataFrame, still: Mapping[str, Any], landmark: float, note: str = "") -> Figure:
    """A dumbbell for each signal of one outcome, the most telling on top.

    Parameters
    ----------
    rows : DataFrame
        As from `analysis.signals.signal_table`, of one outcome and window.
    still : mapping
        How likely the outcome still is, a row as from `analysis.estimates.outcome_table`: label, window_days,
        probability, count, n.
    landmark : float
        Day by which signals are seen.
    note : str
        The caption: conditional on what, how many replicates.
    """
    title = f"What to watch by week {landmark / 7:g}: {still['label']}"
    records = rows.head(ROWS).to_dict("records")
    if not records:
        fig = style.page(0.5, title, note, f"{title}: nothing tells more than chance")
        fig.text(0.15 / style.PAGE_WIDTH, 0.5, "Nothing seen by then tells more than chance.")
        return fig
    height, top = ROW * len(records), 0.15
    said = "; ".join(f"{_shown(r, 'seen')} after '{r['signal']}', else {_shown(r, 'unseen')}" for r in records)
    fig = style.page(height + top + 0.4, title, f"{note} {KEY}".strip(), f"{title}. {said}")
    width = style.PAGE_WIDTH - 0.3
    _names(style.box(fig, 0.15, top, width, height), records, width)
    axes = style.box(fig, 0.15 + LABELS, top, width - LABELS - NUMBERS, height)
    _scale(axes, records, still)
    for y, record in enumerate(records):
        _dumbbell(axes, y, record)
    return fig


def _shown(record: Mapping[Any, Any], which: str) -> str:
    return percent_of_count(record[f"count_{which}"], record[f"n_{which}"])


def _names(axes: Axes, records: list[dict[Any, Any]], width: float) -> None:
    """Signals at the left, how often they are seen at the right, and a light band behind every second row."""
    axes.set_xlim(0, width)
    axes.set_ylim(len(records) - 0.5, -0.5)
    axes.axis("off")
    axes.set_zorder(-1)
    grey: dict[str, Any] = {"ha": "right", "size": style.SMALL, "color": style.GREY}
    for y, record in enumerate(records):
        if y % 2:
            axes.axhspan(y - 0.5, y + 0.5, color=style.FAINT, lw=0)
        text = style.wrap(str(record["signal"]), LABELS - 0.12, style.SMALL, lines=2)
        axes.text(0.02, y, "\n".join(text), va="center", size=style.SMALL, linespacing=1.0)
        axes.text(width - 0.02, y, percent(record["seen"]), va="center", **grey)
    axes.text(width - 0.02, -0.58, "seen in", **grey)


def _scale(axes: Axes, records: list[dict[Any, Any]], still: Mapping[str, Any]) -> None:
    """Percent across, around all intervals with room for numbers, and what holds if nothing is known."""
    names = ("given_seen", "given_unseen")
    low = 100 * min(r[f"{name}_low"] for r in records for name in names)
    high = 100 * max(r[f"{name}_high"] for r in records for name in names)
    inches = axes.get_position().width * style.PAGE_WIDTH
    room = (high - low) * ROOM / (inches - 2 * ROOM)
    ends = max(0.0, low - room), min(100.0, high + room)
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(len(records) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xticks([tick for tick in axes.get_xticks() if ends[0] <= tick <= ends[1]])
    axes.spines["bottom"].set_bounds(*ends)
    axes.set_xlabel(f"probability of the outcome later, within {still['window_days']:g} days of the start, percent")
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)
    axes.axvline(100 * still["probability"], color=style.GREY, lw=0.8, ls=(0, (4, 2)), zorder=1)


def _dumbbell(axes: Axes, y: int, record: dict[Any, Any]) -> None:
    """Both probabilities with their intervals and numbers, joined; on the line, what stays within draws."""
    seen, unseen = 100 * record["given_seen"], 100 * record["given_unseen"]
    axes.plot([unseen, seen], [y, y], color=style.PALE, lw=2.4, solid_capstyle="butt", zorder=3)
    within = record["within_draws"] / record["difference"]  # NaN where no draw tells: then nothing is drawn dark
    if within > 0:
        end = unseen + min(within, 1.0) * (seen - unseen)
        axes.plot([unseen, end], [y, y], color=style.GREY, lw=2.4, solid_capstyle="butt", zorder=3)
    outwards = {"given_seen": seen > unseen, "given_unseen": seen <= unseen}
    for name, face in (("given_unseen", "white"), ("given_seen", style.BLUE)):
        low, high = 100 * record[f"{name}_low"], 100 * record[f"{name}_high"]
        axes.plot([low, high], [y, y], color=style.BLUE, lw=5.5, solid_capstyle="butt", alpha=0.3, zorder=2)
        axes.plot([100 * record[name]], [y], "o", ms=4.2, mfc=face, mec=style.BLUE, mew=1.0, zorder=4)
        axes.annotate(
            _shown(record, name.removeprefix("given_")),
            (high if outwards[name] else low, y),
            (5 if outwards[name] else -5, 0),
            textcoords="offset points",
            ha="left" if outwards[name] else "right",
            va="center",
            size=style.SMALL,
        )
