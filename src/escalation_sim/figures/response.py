"""How probabilities answer to one variable: a small curve for each outcome, or dots where it is a choice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from escalation_sim.analysis.pairs import longest
from escalation_sim.figures import _response, style
from escalation_sim.figures._response import TICKS, TOP, Panel
from escalation_sim.figures._sweep import WIDTH, nothing, number

ALIKE = 3.0  # highest ends that differ by less than this factor share a scale
KEY = (
    "Dots: mean of all points of the design with this value, the other variables as the design varies them; bars: "
    "Monte-Carlo 95 %."
)
BINS = "Thin bars: the values put together; the dot stands at their mean."
MISSING = "×: no result."
STACKED = "Darkest, on top: the longest window."


@style.styled
def response_figure(responses: pd.DataFrame, note: str = "", unit: str = "", log: bool = False) -> Figure:
    """Probability against the value of one variable, a panel for each outcome.

    Each outcome is drawn at its longest window; a table of a single outcome is drawn at all its windows, in shades. The
    axis of values is logarithmic (about zero linear) if they span more than two decades.

    Parameters
    ----------
    responses : DataFrame
        Of one variable, a row per outcome, window and value: outcome, label, window_days, variable, variable_label,
        value, value_low, value_high, text (empty but for choices), probability (NaN: no result), mc_low, mc_high.
    note : str
        The caption: conditional on what, how many points and replicates.
    unit : str
        Of the values.
    log : bool
        Whether the axis of values is logarithmic in any case.

    Raises
    ------
    ValueError
        If the table holds several variables.
    """
    if responses.empty:
        return nothing("How likely, by the value of a variable", note, "No variable was varied.")
    if len(held := responses["variable"].unique()) > 1:
        raise ValueError(f"a figure of one variable was handed several: {', '.join(map(str, held))}")
    choices = bool((responses["text"] != "").any())
    binned = not choices and bool((responses["value_low"] < responses["value_high"]).any())
    panels = _panels(responses)
    scales = _scales(panels)
    missing = any(rows["probability"].isna().any() for panel in panels for rows in panel.windows)
    words = [note, KEY, _scale_words(scales), BINS * binned, MISSING * missing]
    words += [STACKED] * bool(choices and len(panels[0].windows) > 1)
    name = str(responses["variable_label"].iloc[0])
    title = f"How likely, by {name}"
    said = "; ".join(f"{panel.title}: {_told(panel.windows[0])}" for panel in panels)
    above = f"probability within {_days(responses)} days, percent"
    height = (_response.height_of_choices if choices else _response.height_of_curves)(panels)
    fig = style.page(TOP + height, title, " ".join(filter(None, words)), f"{title}, {above}. {said}")
    fig.text(0.15 / style.PAGE_WIDTH, 1 - 0.4 / fig.get_figheight(), above, color=style.GREY, va="top")
    if choices:
        _response.draw_choices(fig, panels, scales)
        return fig
    _response.draw_curves(fig, panels, scales, log)
    scale = "" if fig.axes[0].get_xscale() == "linear" else " (log scale)"
    below = style.wrap(f"{name}{f', {unit}' if unit else ''}{scale}", WIDTH - TICKS, lines=1)[0]
    fig.text((0.15 + TICKS) / style.PAGE_WIDTH, 1 - (0.4 + TOP + height) / fig.get_figheight(), below)
    return fig


def _panels(responses: pd.DataFrame) -> list[Panel]:
    """What is drawn in each panel, in the order of the table."""
    several = responses["outcome"].nunique() > 1
    panels = []
    for _, rows in (longest(responses) if several else responses).groupby("outcome", sort=False):
        by_window = [part.sort_values("value", kind="stable") for _, part in rows.groupby("window_days")]
        panels.append(Panel(str(rows["label"].iloc[0]), by_window[::-1]))
    return panels


def _days(responses: pd.DataFrame) -> str:
    """The window of all panels but those that say another one, or all windows of the only panel."""
    days = sorted(responses["window_days"].unique())
    texts = [f"{day:g}" for day in (days[-1:] if responses["outcome"].nunique() > 1 else days)]
    return ", ".join(texts[:-1]) + " and " * (len(texts) > 1) + texts[-1]


def _told(rows: pd.DataFrame) -> str:
    """All values of a panel in words."""
    records: list[dict[Any, Any]] = rows.to_dict("records")
    return ", ".join(f"{r['text'] or number(r['value'])} {_response.shown_of(r)}" for r in records)


def _scales(panels: Sequence[Panel]) -> list[list[float]]:
    """Ticks of each panel in percent, the first and last of them its ends; one scale for all if they are alike."""
    known = [pd.concat(panel.windows).dropna(subset="probability") for panel in panels]
    ends = [(100 * rows["mc_low"].min(), 100 * rows["mc_high"].max()) for rows in known if len(rows)] or [(0.0, 100.0)]
    highest = [high for _, high in ends]
    shared = (min(low for low, _ in ends), max(highest))
    if shared[1] <= ALIKE * min(highest):
        return [_ticks(*shared)] * len(panels)
    own = iter(ends)
    return [_ticks(*(next(own) if len(rows) else shared)) for rows in known]


def _ticks(low: float, high: float) -> list[float]:
    """Two to five round numbers around the interval, from zero unless only the upper third is needed.

    >>> _ticks(1.0, 17.0), _ticks(81.0, 93.0)
    ([0.0, 10.0, 20.0], [80.0, 85.0, 90.0, 95.0])
    """
    low = 0.0 if low < 2 / 3 * high else low
    steps = (m * 10.0**e for e in range(-5, 3) for m in (1, 2, 5))
    step = next((step for step in steps if high - low <= 3 * step), 50.0)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(k * step, 9) for k in range(first, last + 1)]


def _scale_words(scales: list[list[float]]) -> str:
    """What the caption says of the scales of probability."""
    cut = any(ticks[0] > 0 for ticks in scales)
    if len(scales) == 1:
        return "The scale does not begin at zero." * cut
    if all(ticks == scales[0] for ticks in scales):
        return f"All panels share one scale{', which does not begin at zero' * cut}."
    return f"Each panel has its own scale{', not always from zero' * cut}."
