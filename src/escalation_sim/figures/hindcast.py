"""A forecast beside what happened: a bar for each outcome and window, and a mark at the end that came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.rare import told
from escalation_sim.figures import style

LABELS, GAP, ROW, AXIS, TITLES = 1.75, 0.26, 0.4, 0.24, 0.36  # inches, as in `outcomes`
INSET = 0.09  # a mark at 0 or 100 % stands this share of the width outside the scale, clear of bar and number

KEY = (
    "Bar and number: share of replicates, rare outcomes by splitting (blue vertical, orange horizontal, green "
    "political). Thin line: central 90 % of parameter draws, or Monte-Carlo 95 % where their spread cannot be told "
    "from chance. "
    "Diamond, right: it happened within the window. Circle, left: it did not. The nearer the end of a bar to its "
    "mark, the better the forecast."
)


@style.styled
def hindcast_figure(scores: pd.DataFrame, observed_until: str, note: str = "") -> Figure:
    """Outcomes in rows, the likeliest in the longest window on top; windows in columns; percent across.

    Parameters
    ----------
    scores : DataFrame
        From `analysis.hindcast.scored`. An outcome without some window leaves that cell empty.
    observed_until : str
        The last day for which the truth is known, in words.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    last = scores.sort_values("window_days").groupby("outcome", sort=False).tail(1)
    ranked = last.sort_values(["probability", "outcome"], ascending=[False, True]).to_dict("records")
    windows = sorted(scores["window_days"].unique())
    body = ROW * len(ranked)
    alt = "; ".join(
        f"{spec['label']} {_shown(spec)} within {spec['window_days']:g} days, {_became(spec)}" for spec in ranked
    )
    fig = style.page(body + AXIS + TITLES, f"Forecast and truth until {observed_until}", f"{note} {KEY}".strip(), alt)
    width = (style.PAGE_WIDTH - 0.3 - LABELS) / len(windows)
    _labels(fig, ranked, body)
    for column, window in enumerate(windows):
        axes = style.box(fig, 0.15 + LABELS + column * width, TITLES, width - GAP, body)
        _scale(axes, body, f"within {window:g} days")
        table = scores[scores["window_days"] == window]
        cells = dict(zip(table["outcome"], table.to_dict("records"), strict=True))
        for row, spec in enumerate(ranked):
            if spec["outcome"] in cells:
                _cell(axes, (row + 0.5) * ROW, cells[spec["outcome"]])
    return fig


def _shown(cell: Mapping[Any, Any]) -> str:
    return told(cell["probability"], cell["count"], cell["n"])


def _became(cell: Mapping[Any, Any]) -> str:
    return f"happened on {cell['on']}" if cell["on"] else "did not happen"


def _scale(axes: Axes, body: float, title: str) -> None:
    """Percent across with room for the marks at both ends, inches downwards."""
    axes.set_xlim(-2 * INSET, 1 + 2 * INSET)
    axes.set_ylim(body, 0)
    axes.set_xticks([0, 0.5, 1], ["0", "50", "100 %"], size=5.5)
    axes.tick_params(axis="x", length=2)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(0, 1)
    axes.vlines([0, 0.5, 1], 0, body, color=style.PALE, lw=0.5, zorder=0)
    axes.patch.set_visible(False)
    place: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "size": 5.5, "color": style.GREY, "va": "bottom"}
    lift = 1 + 0.04 / body
    axes.text(-2 * INSET, lift, "did not", ha="left", **place)
    axes.text(1 + 2 * INSET, lift, "happened", ha="right", **place)
    axes.text(
        0.5, 1 + 0.17 / body, title, ha="center", **(place | {"size": style.SIZE, "color": style.INK}), weight="bold"
    )


def _cell(axes: Axes, y: float, cell: Mapping[Any, Any]) -> None:
    """The number of one outcome in one window, below it bar and interval, and the mark of what came about."""
    line, color = y + 0.16 * ROW, style.kind_color(cell["kind"])
    axes.barh(line, cell["probability"], height=0.3 * ROW, color=color, alpha=0.55, lw=0)
    axes.plot(
        [cell["parameter_low"], cell["parameter_high"]], [line] * 2, color=style.INK, lw=0.9, solid_capstyle="butt"
    )
    if cell["happened"]:
        axes.plot([1 + INSET], [line], marker="D", ms=4.6, color=style.INK, ls="none", clip_on=False)
    else:
        axes.plot([-INSET], [line], marker="o", ms=4.6, mfc="white", mec=style.INK, mew=0.9, ls="none", clip_on=False)
    half = 0.5 * style.text_width(_shown(cell), style.SMALL) / (axes.get_position().width * style.PAGE_WIDTH)
    half *= 1 + 4 * INSET  # of the axes, in units of the scale
    across = min(max(cell["probability"], half + 0.03), 0.97 - half)  # clear of the lines at both ends
    axes.text(across, y - 0.2 * ROW, _shown(cell), size=style.SMALL, va="center", ha="center")


def _labels(fig: Figure, ranked: Sequence[Mapping[Any, Any]], body: float) -> None:
    """Names of the outcomes at the left with what became of them, and a light band behind every second row."""
    width = style.PAGE_WIDTH - 0.3
    axes = style.box(fig, 0.15, TITLES, width, body)
    axes.set_xlim(0, width)
    axes.set_ylim(body, 0)
    axes.axis("off")
    axes.set_zorder(-1)
    for row, spec in enumerate(ranked):
        if row % 2:
            axes.axhspan(row * ROW, (row + 1) * ROW, color=style.FAINT, lw=0)
        lines = style.wrap(spec["label"], LABELS - 0.15, style.SIZE, lines=2)
        top = (row + 0.5) * ROW - 0.058 * (len(lines) + 1)
        axes.text(0.02, top, "\n".join(lines), va="top", linespacing=1.05)
        axes.text(0.02, top + 0.125 * len(lines), _became(spec), va="top", size=5.5, color=style.GREY)
