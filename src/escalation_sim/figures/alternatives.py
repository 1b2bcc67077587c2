"""All alternatives at one glance: outcomes in rows, alternatives in columns, each cell a paired difference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from escalation_sim.analysis.pairs import longest, told_from_zero
from escalation_sim.analysis.wording import points
from escalation_sim.figures import style

MOST = 10  # columns of a page
ROW, LABELS, NAMES = 0.25, 2.15, 1.3  # inches: a row, names at the left and, at most, above
KEY = (
    "Cells: paired difference in points of probability; vermilion: likelier, blue: less likely. Bold: its sign also "
    "stays the same over the central 90 % of parameter draws. Dot: cannot be told from zero (Monte-Carlo 95 %). "
    "Empty: not asked there."
)


def pages(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows of all alternatives, ten alternatives at a time: what one `overview_figure` can show."""
    names = list(table["variant"].drop_duplicates())
    for first in range(0, len(names), MOST):
        yield table[table["variant"].isin(names[first : first + MOST])]


@style.styled
def overview_figure(table: pd.DataFrame, note: str = "") -> Figure:
    """Differences of all outcomes that some alternative changes, each at its longest window.

    Parameters
    ----------
    table : DataFrame
        As from `study.compare.Comparison.differences`; at most ten alternatives (`variant`) stay legible.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    last = longest(table)
    told = last[told_from_zero(last)]
    largest = told.assign(size=told["difference"].abs()).groupby("outcome")["size"].max()
    outcomes = list(largest.sort_values(ascending=False, kind="stable").index)
    names, labels = list(last["variant"].drop_duplicates()), dict(zip(last["outcome"], last["label"], strict=True))
    unchanged = sorted({label for outcome, label in labels.items() if outcome not in largest.index})
    rest = f" Changed by none of them beyond chance: {'; '.join(unchanged)}." if unchanged else ""
    title = f"Within {last['window_days'].max():g} days, what each alternative changes"
    said = "; ".join(
        f"{row['variant']}: {row['label']} {points(row['difference'])} points" for row in told.to_dict("records")
    )
    height = ROW * max(len(outcomes), 1)
    width, longest_name = (style.PAGE_WIDTH - 0.3 - LABELS) / len(names), max(map(_width, names))
    above = 0.2 if longest_name < width - 0.1 else 0.1 + min(NAMES - 0.1, longest_name)
    fig = style.page(above + height, title, f"{note} {KEY}{rest}".strip(), f"{title}: {said or 'nothing seen'}")
    axes = style.box(fig, 0.15, above, style.PAGE_WIDTH - 0.3, height)
    axes.set_xlim(0, style.PAGE_WIDTH - 0.3)
    axes.set_ylim(height, 0)
    axes.axis("off")
    _names(axes, names, width)
    cells = {(row["outcome"], row["variant"]): row for row in last.to_dict("records")}
    for y, outcome in enumerate(outcomes):
        text = "\n".join(style.wrap(labels[outcome], LABELS - 0.1, style.SMALL, lines=2))
        axes.text(0.02, ROW * (y + 0.5), text, va="center", size=style.SMALL, linespacing=1.0)
        for x, name in enumerate(names):
            if (cell := cells.get((outcome, name))) is not None:
                _cell(axes, LABELS + width * x, ROW * y, width, cell)
    return fig


def _width(name: str) -> float:
    return style.text_width(name, style.SMALL)


def _names(axes: Axes, names: Sequence[str], width: float) -> None:
    """The alternatives above their columns; where one is too long, all upright, in as many lines as fit."""
    upright = max(map(_width, names)) >= width - 0.1
    for x, name in enumerate(names):
        text = (
            style.wrap(name, NAMES - 0.1, style.SMALL, lines=max(1, min(3, int(width / 0.12)))) if upright else [name]
        )
        place: dict[str, Any] = {"rotation": 90 * upright, "rotation_mode": "default", "ha": "center", "va": "bottom"}
        axes.text(LABELS + width * (x + 0.5), -0.05, "\n".join(text), size=style.SMALL, linespacing=1.1, **place)


def _cell(axes: Axes, x: float, y: float, width: float, row: Any) -> None:
    """A tint by sign and size with the number on it; a dot where the difference cannot be told from zero."""
    place: dict[str, Any] = {"ha": "center", "va": "center", "size": style.SMALL}
    middle = x + width / 2, y + ROW / 2
    if row["mc_low"] <= 0.0 <= row["mc_high"]:
        axes.text(*middle, "·", color=style.GREY, **place)
        return
    size = math.log10(1.0 + 100.0 * abs(row["difference"])) / math.log10(101.0)
    color = style.VERMILION if row["difference"] > 0 else style.BLUE
    axes.add_patch(
        Rectangle((x + 0.01, y + 0.01), width - 0.02, ROW - 0.02, color=color, alpha=0.08 + 0.42 * size, lw=0)
    )
    sure = row["parameter_low"] > 0.0 or row["parameter_high"] < 0.0
    axes.text(*middle, points(row["difference"]), weight="bold" if sure else "normal", **place)
