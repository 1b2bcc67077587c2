"""What the figures of sweeps share: how a value is written, rows with names, dots with intervals, empty pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from escalation_sim.analysis.wording import above, below, percent
from escalation_sim.figures import style

MOST = 15  # variables drawn; the others are said in the caption
ROW, LABELS, WIDTH = 0.32, 2.2, style.PAGE_WIDTH - 0.3  # inches: a row, the names at the left, between the margins


def number(value: float) -> str:
    """A value of a variable as people write it: up to four digits as they are, else three that count.

    >>> [number(x) for x in (0.0, 0.25, 12.25, 0.0487312, 999.96, 12345.6, 100_000.0)]
    ['0', '0.25', '12.25', '0.0487', '1,000', '12,346', '100,000']
    >>> number(1e-5), number(2.5e13), number(-0.5)
    ('1e-5', '2.5e13', '-0.5')
    """
    if 1000.0 <= abs(value) < 1e12:
        return f"{value:,.0f}"
    four = float(f"{value:.4g}")
    text = f"{four if math.isclose(four, value, rel_tol=1e-9) else float(f'{value:.3g}'):,.6g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def bin_text(low: float, high: float) -> str:
    """A range of values, rounded to a hundredth or so of its width.

    >>> bin_text(0.000136, 0.1671), bin_text(211.0, 16_698.0), bin_text(0.5, 0.5), bin_text(-0.5, -0.25)
    ('0–0.17', '0–17,000', '0.5', '-0.5 to -0.25')
    """
    if not low < high:
        return number(low)
    digits = 1 - math.floor(math.log10(high - low))
    between = " to " if low < 0.0 else "–"  # a dash before a minus is hard to read
    return f"{number(round(low, digits))}{between}{number(round(high, digits))}"


def shown(probability: float, low: float, high: float) -> str:
    """A probability in percent; instead of 0 (or 100) the bound of its 95 % interval; "unknown" for NaN.

    >>> shown(0.037, 0.026, 0.051), shown(0.0, 0.0, 0.0004), shown(1.0, 0.9926, 1.0)
    ('3.7 %', '< 0.04 %', '> 99.26 %')
    >>> shown(0.0, 0.0, 1e-6), shown(math.nan, 0.0, 1.0)
    ('< 0.001 %', 'unknown')
    """
    if math.isnan(probability):
        return "unknown"
    if probability == 0.0:
        return below(high)
    return above(low) if probability == 1.0 else percent(probability)


def scope(table: pd.DataFrame) -> str:
    """The outcome and window of a table of one of them, for a title.

    Raises
    ------
    ValueError
        If the table holds several outcomes or windows.

    >>> scope(pd.DataFrame({"outcome": ["war"], "label": ["War"], "window_days": [365.0]}))
    'War, within 365 days'
    """
    held = table[["outcome", "window_days"]].drop_duplicates()
    if len(held) > 1:
        names = "; ".join(f"{row['outcome']} within {row['window_days']:g} days" for row in held.to_dict("records"))
        raise ValueError(f"a figure of one outcome and window was handed several: {names}")
    first = table.iloc[0]
    return f"{first['label']}, within {first['window_days']:g} days"


def nothing(title: str, note: str, words: str) -> Figure:
    """A page that says why there is nothing to draw."""
    fig = style.page(0.3, title, note, f"{title}. {words}")
    axes = style.box(fig, 0.15, 0.0, WIDTH, 0.3)
    axes.axis("off")
    axes.text(0, 0.5, words, va="center")
    return fig


def rest(rows: pd.DataFrame, bound: str) -> str:
    """Variables that are not drawn, for the caption; nothing if there are none."""
    return f"Not drawn ({bound}): {'; '.join(rows['variable_label'])}." if len(rows) else ""


def named_rows(fig: Figure, labels: Sequence[str], top: float, row: float = ROW) -> Axes:
    """Names at the left, a light band behind every second row; across in inches, so that numbers can be added."""
    axes = style.box(fig, 0.15, top, WIDTH, row * len(labels))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.axis("off")
    axes.set_zorder(-1)
    for y, label in enumerate(labels):
        if y % 2:
            axes.axhspan(y - 0.5, y + 0.5, color=style.FAINT, lw=0)
        text = style.wrap(str(label), LABELS - 0.12, style.SMALL, lines=2)
        axes.text(0.02, y, "\n".join(text), va="center", size=style.SMALL, linespacing=1.1)
    return axes


def row_scale(axes: Axes, n_rows: int, low: float, high: float) -> None:
    """A scale below rows, with a grid behind them and ticks within its ends only."""
    axes.set_xlim(low, high)
    axes.set_ylim(n_rows - 0.5, -0.5)
    axes.set_yticks([])
    ticks = ticks_within(low, high, most=6)
    axes.set_xticks(ticks, [number(tick) for tick in ticks])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)


def ticks_within(low: float, high: float, most: int) -> list[float]:
    """Round numbers from `low` to `high`, about `most` of them.

    >>> ticks_within(0.0, 23.0, 4)
    [0.0, 10.0, 20.0]
    """
    ticks = MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(low, high)
    slack = 1e-9 * (high - low)
    return [float(tick) for tick in ticks if low - slack <= tick <= high + slack]


def interval_dot(axes: Axes, at: tuple[float, float], ends: tuple[float, float], color: str, filled: bool) -> None:
    """A dot with a horizontal bar for its interval; where the bar leaves the axes, an arrow at their edge."""
    low, high = axes.get_xlim()
    x, y = at
    line: dict[str, Any] = {"color": color, "alpha": 0.35, "lw": 3.6, "solid_capstyle": "butt"}
    axes.plot([max(ends[0], low), min(ends[1], high)], [y, y], zorder=2, **line)
    for edge, beyond, mark in ((low, ends[0] < low, "<"), (high, ends[1] > high, ">")):
        if beyond:
            axes.plot([edge], [y], mark, ms=3, color=color, clip_on=False, zorder=3)
    face = color if filled else "white"
    axes.plot([x], [y], "o", ms=4.2, mfc=face, mec=color, mew=1.0, zorder=4)
