"""Which variable moves a probability most: its value at both ends of each, sorted by what lies between."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.wording import points
from escalation_sim.figures import style
from escalation_sim.figures._sweep import (
    LABELS,
    MOST,
    ROW,
    WIDTH,
    named_rows,
    nothing,
    number,
    rest,
    row_scale,
    scope,
    shown,
    ticks_within,
)

END = 1.0  # inches at either end of a bar that a value may take up
KEY = (
    "Bar: from the probability at the lowest value of a variable (open dot) to that at the highest (filled dot), "
    "the others as the design varies them; the values stand at its ends. Blue: the higher the value, the likelier; "
    "orange: the less likely; grey: a choice, from the least likely to the likeliest. Thin lines: 95 %, above for the "
    "open dot, below for the filled one. At the right: from what to what, and by how many points."
)
DASHED = "Dashed: mean of all points."


@style.styled
def tornado_figure(tornado: pd.DataFrame, note: str = "", mean: float = math.nan) -> Figure:
    """Bars between the probabilities at both ends of each variable, the longest on top.

    Parameters
    ----------
    tornado : DataFrame
        Of one outcome and window, a row per variable: outcome, label, window_days, variable_label, low_value and
        high_value (numbers, or text for choices), at_low, at_low_low, at_low_high, at_high, at_high_low, at_high_high
        (probabilities with their 95 % intervals), swing. At most `MOST` are drawn.
    note : str
        The caption: conditional on what, how many points and replicates.
    mean : float
        Mean probability of all points; NaN draws none.

    Raises
    ------
    ValueError
        If the table holds several outcomes or windows.
    """
    title = "What moves it most"
    if tornado.empty:
        return nothing(title, note, "No variable was varied.")
    title = f"{title}: {scope(tornado)}"
    told = tornado[["at_low", "at_high"]].notna().all(axis=1)
    ranked = tornado[told].sort_values("swing", key=abs, ascending=False, kind="stable")
    others = ranked.iloc[MOST:]
    bound = f"at most {points(others['swing'].abs().max()).lstrip('+')} points each" if len(others) else ""
    words = [note, KEY, DASHED * math.isfinite(mean), rest(others, bound), rest(tornado[~told], "no result at an end")]
    caption = " ".join(filter(None, words))
    if ranked.empty:
        return nothing(title, caption, "No variable has results at both of its ends.")
    records = ranked.head(MOST).to_dict("records")
    said = "; ".join(f"{r['variable_label']} {_value(r, 'low')} to {_value(r, 'high')}: {_change(r)}" for r in records)
    fig = style.page(ROW * len(records) + 0.4, title, caption, f"{title}. {said}")
    changes = [(" → ".join(_shown(r, end) for end in ("low", "high")), points(r["swing"])) for r in records]
    swing = max(style.text_width(text, style.SMALL, "bold") for _, text in changes)
    numbers = max(style.text_width(text, style.SMALL) for text, _ in changes) + swing + 0.3
    names = named_rows(fig, [r["variable_label"] for r in records], 0.0)
    for y, (change, size) in enumerate(changes):
        right: dict[str, Any] = {"ha": "right", "va": "center", "size": style.SMALL}
        names.text(WIDTH - swing - 0.14, y, change, color=style.GREY, **right)
        names.text(WIDTH - 0.02, y, size, weight="bold", **right)
    axes = style.box(fig, 0.15 + LABELS, 0.0, WIDTH - LABELS - numbers, ROW * len(records))
    _scale(axes, records, mean)
    for y, record in enumerate(records):
        _bar(axes, y, record)
    return fig


def _value(record: dict[Any, Any], end: str) -> str:
    """The value of the variable at an end of the bar, as written."""
    value = record[f"{end}_value"]
    return value if isinstance(value, str) else number(value)


def _shown(record: dict[Any, Any], end: str) -> str:
    return shown(*(record[f"at_{end}{part}"] for part in ("", "_low", "_high")))


def _change(record: dict[Any, Any]) -> str:
    return f"{_shown(record, 'low')} to {_shown(record, 'high')}, {points(record['swing'])} points"


def _reach(record: dict[Any, Any]) -> tuple[float, float]:
    """The ends of both intervals of a row, in percent."""
    ends = [100 * record[f"at_{end}{part}"] for end in ("low", "high") for part in ("", "_low", "_high")]
    return min(ends), max(ends)


def _end_text(record: dict[Any, Any], end: str) -> str:
    return "\n".join(style.wrap(_value(record, end), END, style.SMALL, lines=2))


def _scale(axes: Axes, records: list[dict[Any, Any]], mean: float) -> None:
    """Percent across, around all intervals, with room at both sides for the values at the ends of the bars."""
    low, high = min(_reach(r)[0] for r in records), max(_reach(r)[1] for r in records)
    if math.isfinite(mean):
        low, high = min(low, 100 * mean), max(high, 100 * mean)
    texts = [_end_text(r, end) for r in records for end in ("low", "high")]
    room = max(style.text_width(line, style.SMALL) for text in texts for line in text.split("\n")) + 0.1
    inches = axes.get_position().width * style.PAGE_WIDTH
    per_inch = max(high - low, 1e-3) / (inches - 2 * room)
    row_scale(axes, len(records), low - room * per_inch, high + room * per_inch)
    ends = max(0.0, low - room * per_inch), min(100.0, high + room * per_inch)
    ticks = ticks_within(*ends, most=6)
    axes.set_xticks(ticks, [number(tick) for tick in ticks])
    axes.spines["bottom"].set_bounds(*ends)
    axes.set_xlabel("probability, percent")
    if math.isfinite(mean):
        axes.axvline(100 * mean, color=style.GREY, lw=0.8, ls=(0, (4, 2)), zorder=1)


def _bar(axes: Axes, y: int, record: dict[Any, Any]) -> None:
    """Bar, dots, intervals and the values at both ends."""
    first, last = 100 * record["at_low"], 100 * record["at_high"]
    choice = isinstance(record["low_value"], str)
    color = style.GREY if choice else style.BLUE if last >= first else style.VERMILION
    axes.barh(y, last - first, left=first, height=0.5, color=color, alpha=0.3, lw=0, zorder=2)
    for end, x, shift, face in (("low", first, -0.13, "white"), ("high", last, 0.13, color)):
        ends = [100 * record[f"at_{end}_{side}"] for side in ("low", "high")]
        axes.plot(ends, [y + shift] * 2, color=color, lw=1.0, solid_capstyle="butt", zorder=3)
        axes.plot([x], [y + shift], "o", ms=3.4, mfc=face, mec=color, mew=0.9, zorder=4)
    left, right = ("low", "high") if first <= last else ("high", "low")
    for end, x, offset, side in ((left, _reach(record)[0], -4, "right"), (right, _reach(record)[1], 4, "left")):
        place: dict[str, Any] = {"textcoords": "offset points", "ha": side, "va": "center", "linespacing": 1.0}
        place["bbox"] = {"facecolor": style.FAINT if y % 2 else "white", "lw": 0, "pad": 0.5}  # over the dashed line
        axes.annotate(_end_text(record, end), (x, y), (offset, 0), size=style.SMALL, **place)
