"""How much of the variation of a probability each variable explains: Sobol's indices, and PAWN."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style
from escalation_sim.figures._sweep import (
    LABELS,
    MOST,
    ROW,
    WIDTH,
    interval_dot,
    named_rows,
    nothing,
    rest,
    row_scale,
    scope,
)

HEADER, COLUMN = 0.2, 0.5  # inches: above the numbers at the right, and each column of them
LEAST, MOST_SHARE = -0.25, 1.25  # a share of variance lies in [0, 1]; wider intervals are cut here
SOBOL_KEY = (
    "Share of the variance of the probability over the design. Filled: by the variable alone (first order); open: with "
    "all its interactions (total); bars: 95 %, bootstrap."
)
CUT = "Arrows: the interval goes on."
DASH = "–: not told from luck."
UNTOLD = "cannot be told from luck"
PAWN_KEY = (
    "PAWN: how far the distribution of the probability over the design moves once the variable is known, from 0 to 1; "
    "bars: 95 %, bootstrap. Of variables without influence, 95 % stay in the grey band. Filled: above it."
)


@style.styled
def indices_figure(indices: pd.DataFrame, note: str = "") -> Figure:
    """First-order and total indices of each variable with their intervals, the largest total on top.

    Parameters
    ----------
    indices : DataFrame
        Of one outcome and window, a row per variable: outcome, label, window_days, variable_label, first, first_low,
        first_high, total, total_low, total_high, n (base rows), luck_share. NaN where an index cannot be told from
        luck. At most `MOST` are drawn.
    note : str
        The caption: conditional on what, how many points and replicates.

    Raises
    ------
    ValueError
        If the table holds several outcomes or windows.
    """
    title = "What its variation comes from"
    if indices.empty:
        return nothing(title, note, "No variable was varied.")
    title = f"{title}: {scope(indices)}"
    ranked = indices.sort_values("total", ascending=False, kind="stable", na_position="last")
    caption = [note, SOBOL_KEY, _luck(indices), rest(ranked.iloc[MOST:], "smaller, or untold")]
    if indices[["first", "total"]].isna().all(axis=None):
        words = "How the probability differs between points cannot be told from luck: no variable is ranked."
        return nothing(title, " ".join(filter(None, [note, _luck(indices)])), words)
    records = ranked.head(MOST).to_dict("records")
    ends = [r[f"{kind}_{end}"] for r in records for kind in ("first", "total") for end in ("low", "high")]
    ends = [end for end in ends if math.isfinite(end)]
    low, high = max(LEAST, min([0.0, *ends])), min(MOST_SHARE, max([0.1, *ends]))
    caption += [CUT] * (min(ends, default=low) < low or max(ends, default=high) > high)
    caption += [DASH] * bool(indices[["first", "total"]].isna().any(axis=None))
    said = "; ".join(f"{r['variable_label']} {_share(r['first'])} alone, {_share(r['total'])} in all" for r in records)
    fig = style.page(HEADER + ROW * len(records) + 0.4, title, " ".join(filter(None, caption)), f"{title}. {said}")
    names = named_rows(fig, [r["variable_label"] for r in records], HEADER)
    axes = style.box(fig, 0.15 + LABELS, HEADER, WIDTH - LABELS - 2 * COLUMN - 0.1, ROW * len(records))
    margin = 0.02 * (high - low)
    row_scale(axes, len(records), low - margin, high + margin)
    axes.axvline(0.0, color=style.GREY, lw=0.6)
    axes.set_xlabel("share of the variance")
    for x, kind, filled, color in ((1, "first", True, style.BLUE), (0, "total", False, style.VERMILION)):
        right: dict[str, Any] = {"ha": "right", "size": style.SMALL, "color": color}
        names.text(WIDTH - 0.02 - x * COLUMN, -0.6, kind, weight="bold", **right)
        for y, r in enumerate(records):
            names.text(WIDTH - 0.02 - x * COLUMN, y, _share(r[kind]), va="center", **right)
            if math.isfinite(r[kind]):
                at = r[kind], y - 0.15 if filled else y + 0.15
                interval_dot(axes, at, (r[f"{kind}_low"], r[f"{kind}_high"]), color, filled)
    for y, r in enumerate(records):
        if math.isnan(r["first"]) and math.isnan(r["total"]):
            axes.text(max(low, 0.0) + 0.01 * (high - low), y, UNTOLD, va="center", size=style.SMALL, color=style.GREY)
    return fig


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _luck(indices: pd.DataFrame) -> str:
    """How many base rows, and how much of the variance was luck."""
    share, n = indices["luck_share"].max(), indices["n"].max()
    luck = f" Luck, which made {percent(min(max(share, 0.0), 1.0))} of the variance of their estimates, is taken out."
    return f"{n:,.0f} base rows of points.{luck if math.isfinite(share) else ''}"


@style.styled
def pawn_figure(pawn: pd.DataFrame, note: str = "") -> Figure:
    """PAWN of each variable with its interval, the largest on top, over what a variable without influence reaches.

    Parameters
    ----------
    pawn : DataFrame
        Of one outcome and window, a row per variable: outcome, label, window_days, variable_label, pawn, low, high,
        dummy, told (1: above the dummy), n and n_failed (points). At most `MOST` are drawn.
    note : str
        The caption: conditional on what, how many points and replicates.

    Raises
    ------
    ValueError
        If the table holds several outcomes or windows.
    """
    title = "What has an influence on it"
    if pawn.empty:
        return nothing(title, note, "No variable was varied.")
    title = f"{title}: {scope(pawn)}"
    ranked = pawn.sort_values("pawn", ascending=False, kind="stable", na_position="last")
    failed = f", {pawn['n_failed'].max():,.0f} more failed" if pawn["n_failed"].any() else ""
    size = f"{pawn['n'].max():,.0f} points{failed}."
    caption = " ".join(filter(None, [note, PAWN_KEY, size, rest(ranked.iloc[MOST:], "smaller, or unknown")]))
    records = ranked.head(MOST).to_dict("records")
    said = "; ".join(
        f"{r['variable_label']} {_share(r['pawn'])}{'' if r['told'] else ' (not above chance)'}" for r in records
    )
    fig = style.page(HEADER + ROW * len(records) + 0.4, title, caption, f"{title}. {said}")
    names = named_rows(fig, [r["variable_label"] for r in records], HEADER)
    axes = style.box(fig, 0.15 + LABELS, HEADER, WIDTH - LABELS - COLUMN - 0.1, ROW * len(records))
    ends = [x for r in records for x in (r["high"], r["dummy"]) if math.isfinite(x)]
    row_scale(axes, len(records), 0.0, min(1.0, 1.05 * max([0.1, *ends])))
    axes.set_xlabel("PAWN")
    band: dict[str, Any] = {"height": 1.0, "color": style.GREY, "alpha": 0.25, "lw": 0, "zorder": 1}
    axes.barh(range(len(records)), [r["dummy"] for r in records], **band)
    for y, r in enumerate(records):
        names.text(WIDTH - 0.02, y, _share(r["pawn"]), ha="right", va="center", size=style.SMALL)
        if math.isfinite(r["pawn"]):
            interval_dot(axes, (r["pawn"], y), (r["low"], r["high"]), style.BLUE, bool(r["told"]))
    band_name: dict[str, Any] = {"textcoords": "offset points", "size": style.SMALL, "color": style.GREY}
    axes.annotate("what a variable without influence reaches", (0.0, -0.5), (0, 3), **band_name)
    return fig
