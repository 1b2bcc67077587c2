"""Where an outcome is likely: boxes in the space of the variables, from scenario discovery."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style
from escalation_sim.figures._sweep import LABELS, ROW, WIDTH, bin_text, named_rows, nothing, number, scope, ticks_within

COLORS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE)
HEAD, GAP, LIMITS = 0.45, 0.2, 1.85  # inches: above the rows of a box, below them, the limits at the right
LINE = 0.115  # inches of a line of the limits
SCATTER, LEFT, AXIS = (3.2, 2.0), 0.65, 0.4  # inches of a scatter, left of it and below it
KEY = (
    "Pale: the range of the design; coloured: what the box keeps of it, in numbers at the right. Coverage: share of "
    "all cases that lie in the box; density: share of its points that are cases; mass: share of all points that lie in "
    "it. p: how likely chance alone makes a restriction as useful (quasi-p-value, Bryant and Lempert 2010)."
)
DOTS = "Points: filled: cases; pale: others."


@style.styled
def boxes_figure(boxes: pd.DataFrame, points: pd.DataFrame, note: str = "", log: Collection[str] = ()) -> Figure:
    """For each box, what it keeps of the range of each variable; points over two variables where it restricts just two.

    Parameters
    ----------
    boxes : DataFrame
        Of one outcome, window and threshold, a row per box and restricted variable: outcome, label, window_days,
        threshold, box, variable, variable_label, low, high (NaN where not restricted on that side), choices (text "a,
        b", empty for numbers), coverage, density, mass, base_rate, p_value. Rows that restrict nothing are left out.
    points : DataFrame
        A row per point of the design: a column per variable, and `case` (1 above the threshold, else 0).
    note : str
        The caption: conditional on what, how many points and replicates.
    log : collection of str
        Variables whose range is drawn on a logarithmic scale.

    Raises
    ------
    ValueError
        If the table holds several outcomes or windows.
    """
    title = "Where it is likely"
    if boxes.empty:
        words = f"No box tells the {points['case'].sum():,.0f} cases among {len(points):,} points from the others."
        return nothing(title, note, words)
    first = boxes.iloc[0]
    title = f"Likelier than {percent(first['threshold'])}: {scope(boxes)}"
    parts = [(name, _restricted(rows)) for name, rows in boxes.groupby("box", sort=True)]
    heights = [HEAD + _row(rows) * max(1, len(rows)) + _scatter_height(rows) + GAP for _, rows in parts]
    cases = f"Cases are {percent(first['base_rate'])} of {len(points):,} points."
    caption = [note, cases, KEY, DOTS * any(_scatter_height(rows) for _, rows in parts)]
    said = " ".join(f"Box {name}: {_told(boxes[boxes['box'] == name], rows)}." for name, rows in parts)
    fig = style.page(sum(heights), title, " ".join(filter(None, caption)), f"{title}. {said}")
    top = 0.0
    for k, ((name, rows), height) in enumerate(zip(parts, heights, strict=True)):
        color = COLORS[k % len(COLORS)]
        style.heading(fig, f"Box {name}", top - 0.05, color)
        _measures(fig, boxes[boxes["box"] == name].iloc[0].to_dict(), top + 0.2)
        _ranges(fig, rows, points, top + HEAD, color, log)
        if _scatter_height(rows):
            _scatter(fig, rows, points, top + HEAD + _row(rows) * len(rows) + 0.12, color, log)
        top += height
    return fig


def _row(rows: list[dict[Any, Any]]) -> float:
    """Inches of a row: higher where choices are named, which may take two lines."""
    return 0.44 if any(r["choices"] for r in rows) else ROW


def _restricted(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    """Rows that restrict their variable."""
    return [r for r in rows.to_dict("records") if r["choices"] or not (math.isnan(r["low"]) and math.isnan(r["high"]))]


def _limits(record: dict[Any, Any]) -> str:
    """What a box keeps of a variable, in words and numbers."""
    if record["choices"]:
        return str(record["choices"])
    low, high = record["low"], record["high"]
    if math.isnan(high):
        return f"at least {number(low)}"
    return f"at most {number(high)}" if math.isnan(low) else f"{number(low)} to {number(high)}"


def _told(rows: pd.DataFrame, restricted: list[dict[Any, Any]]) -> str:
    """A box in words."""
    first = rows.iloc[0]
    limits = "; ".join(f"{r['variable_label']} {_limits(r)}" for r in restricted) or "no restriction"
    return f"{limits}; {', '.join(f'{name} {percent(first[name])}' for name in ('coverage', 'density', 'mass'))}"


def _measures(fig: Figure, record: dict[Any, Any], top: float) -> None:
    """Coverage, density and mass on one line."""
    axes = style.box(fig, 0.15, top, WIDTH, 0.2)
    axes.set_xlim(0, WIDTH)
    axes.axis("off")
    for k, name in enumerate(("coverage", "density", "mass")):
        place: dict[str, Any] = {"va": "center", "size": style.SIZE}
        axes.text(0.02 + 1.3 * k, 0.5, name, color=style.GREY, **place)
        x = 0.02 + 1.3 * k + style.text_width(name) + 0.08
        axes.text(x, 0.5, percent(record[name]), weight="bold", **place)


def _ranges(
    fig: Figure, rows: list[dict[Any, Any]], points: pd.DataFrame, top: float, color: str, log: Collection[str]
) -> None:
    """A row per restricted variable: the design's range, the part that is kept, and the limits."""
    if not rows:
        axes = style.box(fig, 0.15, top, WIDTH, ROW)
        axes.axis("off")
        axes.text(0, 0.5, "It restricts no variable.", va="center", transform=axes.transAxes)
        return
    names = named_rows(fig, [r["variable_label"] for r in rows], top, _row(rows))
    axes = style.box(fig, 0.15 + LABELS, top, WIDTH - LABELS - LIMITS, _row(rows) * len(rows))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axis("off")
    for y, record in enumerate(rows):
        values = points[record["variable"]]
        if record["choices"]:
            whole = f"of {values.nunique()}"
            _segments(axes, y, record, list(dict.fromkeys(values)), color)
        else:
            low, high = values.min(), values.max()
            whole = f"of {number(low)}–{number(high)}" if record["variable"] in log else f"of {bin_text(low, high)}"
            axes.barh(y, 1.0, height=0.45, color=style.PALE, lw=0)
            left, right = _part(record, values, log)
            axes.barh(y, right - left, left=left, height=0.45, color=color, lw=0)
        x = WIDTH - LIMITS + 0.12
        limits = style.wrap(_limits(record), LIMITS - 0.14, style.SMALL, lines=2)
        chance = f"; p {_chance(record['p_value'])}" if math.isfinite(record["p_value"]) else ""
        step = LINE / _row(rows)
        place: dict[str, Any] = {"va": "center", "size": style.SMALL}
        for line, text in enumerate([*limits, f"{whole}{chance}"]):
            last = line == len(limits)
            names.text(x, y + (line - len(limits) / 2) * step, text, color=style.GREY if last else style.INK, **place)


def _chance(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def _part(record: dict[Any, Any], values: pd.Series[Any], log: Collection[str]) -> tuple[float, float]:
    """The kept part of a range as shares of it, on a logarithmic scale where asked."""
    low, high = values.min(), values.max()
    ends = [low if math.isnan(record["low"]) else record["low"], high if math.isnan(record["high"]) else record["high"]]
    scale = np.log if record["variable"] in log and low > 0 else np.asarray
    whole = scale(high) - scale(low)
    left, right = (float(np.clip((scale(end) - scale(low)) / whole, 0, 1)) if whole > 0 else 0.0 for end in ends)
    return left, right if whole > 0 else 1.0


def _segments(axes: Axes, y: int, record: dict[Any, Any], choices: list[Any], color: str) -> None:
    """A bar in as many parts as there are choices, the kept ones coloured and first, named where there is room."""
    kept = {choice for choice in choices if f", {choice}, " in f", {record['choices']}, "}
    width = axes.get_position(original=True).width * style.PAGE_WIDTH / len(choices)
    for k, choice in enumerate(sorted(choices, key=lambda one: one not in kept)):
        face = color if choice in kept else style.PALE
        axes.barh(y, 1 / len(choices), left=k / len(choices), height=0.55, color=face, edgecolor="white", lw=0.8)
        whole = all(style.text_width(word, style.SMALL - 1) < width - 0.06 for word in str(choice).split())
        lines = style.wrap(str(choice), width - 0.06, style.SMALL - 1, lines=2 if whole else 1)
        place: dict[str, Any] = {"ha": "center", "va": "center", "size": style.SMALL - 1, "linespacing": 1.0}
        if width > 0.4:
            ink = "white" if choice in kept else style.INK
            axes.text((k + 0.5) / len(choices), y, "\n".join(lines), color=ink, **place)


def _scatter_height(rows: list[dict[Any, Any]]) -> float:
    """Inches of the scatter of a box: none unless it restricts two variables, both numbers."""
    return SCATTER[1] + AXIS + 0.15 if len(rows) == 2 and not any(r["choices"] for r in rows) else 0.0


def _scatter(
    fig: Figure, rows: list[dict[Any, Any]], points: pd.DataFrame, top: float, color: str, log: Collection[str]
) -> None:
    """Cases and others over the two variables, and the outline of the box."""
    axes = style.box(fig, 0.15 + LEFT, top, *SCATTER)
    x, y = rows
    for face, edge, chosen, size in (("white", style.GREY, 0, 2.2), (color, color, 1, 2.8)):
        some = points[points["case"] == chosen]
        axes.plot(some[x["variable"]], some[y["variable"]], "o", ms=size, mfc=face, mec=edge, mew=0.4, alpha=0.8)
    corners = []
    for record, side in ((x, "x"), (y, "y")):
        axis, values = getattr(axes, f"{side}axis"), points[record["variable"]]
        if record["variable"] in log and values.min() > 0:
            axes.set(**{f"{side}scale": "log"})
        low, high = axis.get_view_interval()
        ticks = [float(tick) for tick in axis.get_majorticklocs() if low <= tick <= high]
        if axis.get_scale() == "linear":
            ticks = ticks_within(low, high, most=4)
        elif len(ticks) < 2:
            ticks = [values.min(), values.max()]
        axis.set_ticks(ticks, [number(tick) for tick in ticks])
        axis.set_minor_locator(NullLocator())
        axes.set(**{f"{side}lim": (low, high)})
        corners.append((np.fmax(record["low"], low), np.fmin(record["high"], high)))
    (left, right), (bottom, up) = corners
    outline: dict[str, Any] = {"fill": False, "edgecolor": style.INK, "lw": 1.2, "clip_on": False, "zorder": 5}
    axes.add_patch(Rectangle((left, bottom), right - left, up - bottom, **outline))
    axes.set_xlabel(style.wrap(str(x["variable_label"]), SCATTER[0], lines=1)[0])
    axes.set_ylabel("\n".join(style.wrap(str(y["variable_label"]), SCATTER[1], lines=2)))
