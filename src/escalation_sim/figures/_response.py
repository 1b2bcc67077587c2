"""The panels of `figures.response`: curves over numbers, and rows of dots over choices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from escalation_sim.figures import style
from escalation_sim.figures._sweep import WIDTH, number, row_scale, shown

COLUMNS, HEIGHTS = 3, {1: 2.2, 2: 1.5, 3: 1.0}  # panels side by side at most; inches of a panel, by how many there are
TOP, LINE, TICKS, AXIS = 0.22, 0.135, 0.42, 0.34  # inches: above all, a line of a title, left of a panel, below it
NAMES, NUMBER = 1.9, 0.62  # inches: the choices' names at most, a number at the right
SHADES = (style.BLUE, "#4F9CCB", "#8DBFDE", "#BBD8EA")  # the longest window first


class Panel(NamedTuple):
    """One outcome: its title, and the responses within each window, the longest first."""

    title: str
    windows: list[pd.DataFrame]


def shown_of(row: Any) -> str:
    """The probability of a row, as written."""
    return shown(row["probability"], row["mc_low"], row["mc_high"])


def shades(n: int) -> list[str]:
    """Colours of n windows, the longest darkest; beyond the shades there are, the palest again."""
    return [SHADES[min(i, len(SHADES) - 1)] for i in range(n)]


def _titles(panels: Sequence[Panel], cell: float) -> list[list[str]]:
    """The names of the outcomes, wrapped."""
    return [style.wrap(panel.title, cell - 0.12, style.SIZE, lines=3) for panel in panels]


def _tops(titles: Sequence[list[str]], below: float) -> list[float]:
    """How far down the panels of each row begin, and at the end how far down all reach: as the titles need."""
    tops, reached = [], 0.0
    for first in range(0, len(titles), COLUMNS):
        tops.append(reached + 0.14 + LINE * max(len(lines) for lines in titles[first : first + COLUMNS]))
        reached = tops[-1] + below
    return [*tops, reached]


def _title(axes: Axes, lines: list[str], left: float) -> None:
    """The name of an outcome above its panel, from `left` inches of it."""
    width, height = _inches(axes)
    place: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom", "linespacing": 1.1}
    axes.text(-left / width, 1 + 0.07 / height, "\n".join(lines), **place)


def _inches(axes: Axes) -> tuple[float, float]:
    """Width and height of a panel."""
    return axes.bbox.width / axes.figure.dpi, axes.bbox.height / axes.figure.dpi


def height_of_curves(panels: Sequence[Panel]) -> float:
    """Inches that `draw_curves` needs."""
    columns = min(COLUMNS, len(panels))
    return _tops(_titles(panels, WIDTH / columns), HEIGHTS[columns] + AXIS)[-1]


def draw_curves(fig: Figure, panels: Sequence[Panel], scales: Sequence[list[float]], log: bool) -> None:
    """A panel of curves for each outcome, the last value at the right of each curve."""
    columns = min(COLUMNS, len(panels))
    several = any(len(panel.windows) > 1 for panel in panels)
    cell, height = WIDTH / columns, HEIGHTS[columns]
    width = cell - TICKS - (1.2 if several else NUMBER)
    titles = _titles(panels, cell)
    tops = _tops(titles, height + AXIS)
    for i, (panel, ticks) in enumerate(zip(panels, scales, strict=True)):
        row, column = divmod(i, columns)
        axes = style.box(fig, 0.15 + column * cell + TICKS, TOP + tops[row], width, height)
        for rows, color in zip(panel.windows, shades(len(panel.windows)), strict=True):
            _curve(axes, rows, color, ticks[0])
        _value_axis(axes, pd.concat(panel.windows), log)
        axes.set_ylim(ticks[0], ticks[-1])
        axes.set_yticks(ticks, [*(f"{tick:g}" for tick in ticks[:-1]), f"{ticks[-1]:g} %"])
        axes.grid(axis="y", color=style.PALE, lw=0.5)
        axes.set_axisbelow(True)
        _last_values(axes, panel.windows, height, several)
        _title(axes, titles[i], TICKS)


def _curve(axes: Axes, rows: pd.DataFrame, color: str, bottom: float) -> None:
    """Line, dots and intervals within one window; a cross at the bottom where nothing is known."""
    axes.plot(rows["value"], 100 * rows["probability"], "o-", color=color, lw=1.0, ms=2.8, zorder=3)
    known = rows.dropna(subset="probability")
    bar: dict[str, Any] = {"color": color, "alpha": 0.5, "zorder": 2}
    axes.vlines(known["value"], 100 * known["mc_low"], 100 * known["mc_high"], lw=2.0, **bar)
    wide = known[known["value_low"] < known["value_high"]]
    axes.hlines(100 * wide["probability"], wide["value_low"], wide["value_high"], lw=0.7, **bar)
    missing = rows.loc[rows["probability"].isna(), "value"]
    cross: dict[str, Any] = {"ms": 3.5, "color": style.GREY, "clip_on": False, "zorder": 5}
    axes.plot(missing, [bottom] * len(missing), "x", **cross)


def _value_axis(axes: Axes, rows: pd.DataFrame, log: bool) -> None:
    """Scale and ticks of the values: at the levels themselves as far as there is room, or at round numbers of bins."""
    values = np.unique(rows["value"])
    sizes = np.abs(values[values != 0])
    if len(sizes) and (log or sizes.max() > 100 * sizes.min()):
        if (rows["value_low"] > 0).all():
            axes.set_xscale("log")
        else:
            axes.set_xscale("symlog", linthresh=sizes.min(), linscale=0.6)
    axes.margins(x=0.06)
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_xlim()
    if (rows["value_low"] < rows["value_high"]).any():
        inside = [tick for tick in axes.get_xticks() if low <= tick <= high]
        values = np.array(inside if len(inside) > 1 else values)
    texts = [number(value) for value in values]
    share = axes.transAxes.inverted().transform(axes.transData.transform([(value, 0.0) for value in values]))[:, 0]
    kept = _apart((share * _inches(axes)[0]).tolist(), [style.text_width(text, style.SMALL) for text in texts])
    axes.set_xlim(low, high)
    axes.set_xticks([values[i] for i in kept], [texts[i] for i in kept])


def _apart(at: Sequence[float], widths: Sequence[float]) -> list[int]:
    """Which texts, centred at ascending places, can be set without touching: the last, the first, then from the left.

    >>> _apart([0.0, 0.2, 1.0], [0.3, 0.3, 0.3])
    [0, 2]
    """
    kept: list[int] = []
    for i in dict.fromkeys([len(at) - 1, *range(len(at))]):
        if all(abs(at[i] - at[k]) > (widths[i] + widths[k]) / 2 + 0.06 for k in kept):
            kept.append(i)
    return sorted(kept)


def _last_values(axes: Axes, windows: Sequence[pd.DataFrame], height: float, several: bool) -> None:
    """The last value of each curve at its right, with its window if there are several."""
    low, high = axes.get_ylim()
    last = [rows.iloc[-1] for rows in windows][::-1]  # of equal ones the longest window ends up on top
    wanted = [low if math.isnan(row["probability"]) else 100 * row["probability"] for row in last]
    gap, edge = 0.13 * (high - low) / height, 0.06 * (high - low) / height
    places = style.spread(wanted, gap, low + edge, high - edge)
    for row, y, color in zip(last, places, shades(len(last))[::-1], strict=True):
        text = f"{row['window_days']:g} days: {shown_of(row)}" if several else shown_of(row)
        ink = style.INK if color in SHADES[2:] else color  # a pale shade is no colour for letters
        place: dict[str, Any] = {"textcoords": "offset points", "va": "center", "annotation_clip": False}
        axes.annotate(text, (row["value_high"], y), (6, 0), size=style.SMALL, weight="bold", color=ink, **place)


class _Layout(NamedTuple):
    """Where the rows of choices stand: their names (wrapped), inches of a row, of the names and of a panel's cell."""

    names: dict[str, list[str]]
    row: float
    left: float
    cell: float


def _layout(panels: Sequence[Panel]) -> _Layout:
    """Rows as high as names of two lines or several windows need."""
    texts = dict.fromkeys(text for panel in panels for rows in panel.windows for text in rows["text"])
    left = min(NAMES, max(style.text_width(text, style.SMALL) for text in texts) + 0.12)
    names = {text: style.wrap(text, left - 0.1, style.SMALL, lines=2) for text in texts}
    n_windows = max(len(panel.windows) for panel in panels)
    row = max(0.22 if max(map(len, names.values())) == 1 else 0.3, 0.09 + LINE * n_windows)
    return _Layout(names, row, left, (WIDTH - left) / min(COLUMNS, len(panels)))


def height_of_choices(panels: Sequence[Panel]) -> float:
    """Inches that `draw_choices` needs."""
    layout = _layout(panels)
    return _tops(_titles(panels, layout.cell), layout.row * len(layout.names) + AXIS)[-1]


def draw_choices(fig: Figure, panels: Sequence[Panel], scales: Sequence[list[float]]) -> None:
    """A panel of dots for each outcome: the choices one below the other, probability across, numbers at the right."""
    layout = _layout(panels)
    height, titles = layout.row * len(layout.names), _titles(panels, layout.cell)
    tops = _tops(titles, height + AXIS)
    for i, (panel, ticks) in enumerate(zip(panels, scales, strict=True)):
        line, column = divmod(i, COLUMNS)
        if column == 0:
            _names(style.box(fig, 0.15, TOP + tops[line], WIDTH, height), list(layout.names.values()))
        left = 0.15 + layout.left + column * layout.cell
        axes = style.box(fig, left, TOP + tops[line], layout.cell - NUMBER - 0.12, height)
        row_scale(axes, len(layout.names), ticks[0], ticks[-1])
        axes.set_xticks(ticks, [*(f"{tick:g}" for tick in ticks[:-1]), f"{ticks[-1]:g} %"])
        axes.spines["left"].set_visible(True)
        _title(axes, titles[i], 0.0)
        order = {text: y for y, text in enumerate(layout.names)}
        for k, (rows, color) in enumerate(zip(panel.windows, shades(len(panel.windows)), strict=True)):
            shift = (k - (len(panel.windows) - 1) / 2) * LINE / layout.row
            for record in rows.to_dict("records"):
                _dot(axes, record, order[record["text"]] + shift, color)


def _names(axes: Axes, names: Sequence[list[str]]) -> None:
    """The choices at the left, a light band behind every second one."""
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.axis("off")
    axes.set_zorder(-1)
    for y, lines in enumerate(names):
        if y % 2:
            axes.axhspan(y - 0.5, y + 0.5, color=style.FAINT, lw=0)
        axes.text(0.02, y, "\n".join(lines), va="center", size=style.SMALL, linespacing=1.0)


def _dot(axes: Axes, record: dict[Any, Any], y: float, color: str) -> None:
    """A choice within one window: dot, interval, and the number right of the axes; a cross where nothing is known."""
    low, high = axes.get_xlim()
    if math.isnan(record["probability"]):
        axes.plot([low], [y], "x", ms=3.5, color=style.GREY, clip_on=False)
    else:
        ends = [100 * record["mc_low"], 100 * record["mc_high"]]
        axes.plot(ends, [y, y], color=color, alpha=0.5, lw=2.0, solid_capstyle="butt", zorder=2)
        axes.plot([100 * record["probability"]], [y], "o", ms=3.4, color=color, zorder=3)
    ink = style.INK if color in SHADES[2:] else color
    place: dict[str, Any] = {"textcoords": "offset points", "va": "center", "annotation_clip": False}
    axes.annotate(shown_of(record), (high, y), (7, 0), size=style.SMALL, weight="bold", color=ink, **place)
