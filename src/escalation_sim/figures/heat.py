"""Two variables at once: a probability for each pair of their values, as a number on a shade."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style
from escalation_sim.figures._sweep import WIDTH, bin_text, nothing, scope, shown

WIDEST, TALL, SHORT = 1.1, 0.36, 0.28  # inches of a cell; its height with an interval and without
NAMES, UPRIGHT, LABEL, LINE = 1.5, 1.2, 0.22, 0.115  # inches: names at the left and below, a label, a line of text
TINY = 5.0  # points of an interval


class Side(NamedTuple):
    """One of the two variables: its label, and the keys and names of its values in order."""

    label: str
    keys: list[Any]
    names: list[str]


@style.styled
def heat_figure(heat: pd.DataFrame, note: str = "") -> Figure:
    """A grid of cells, the first variable across and the second upwards, with the probability and its interval in each.

    The numbers stand in the cells, so there is no bar of colours; the caption says what the darkest and the lightest
    mean. The shades span at least the median interval, so that luck does not look like a pattern. Up to 12 x 12 cells
    are legible; the intervals go where they do not fit.

    Parameters
    ----------
    heat : DataFrame
        Of one outcome and window, a row per cell: outcome, label, window_days, x_variable and y_variable (or better
        x_variable_label and y_variable_label), x, x_low, x_high, x_text (empty but for choices), and so for y,
        probability (NaN: no result), mc_low, mc_high, n_failed.
    note : str
        The caption: conditional on what, how many points and replicates.

    Raises
    ------
    ValueError
        If the table holds several outcomes or windows.
    """
    title = "Two at once"
    if heat.empty:
        return nothing(title, note, "No two variables were varied.")
    title = f"{title}: {scope(heat)}"
    across, up, cells = _side(heat, "x"), _side(heat, "y"), heat.to_dict("records")
    left = min(NAMES, max(style.text_width(name, style.SMALL) for name in up.names)) + 0.12
    width = min(WIDEST, (WIDTH - left) / len(across.keys))
    told = all(style.text_width(_interval(cell), TINY) < width - 0.04 for cell in cells)
    sign = all(style.text_width(_shown(cell), style.SMALL) < width - 0.04 for cell in cells)
    tall = TALL if told else SHORT
    low, high = _span(heat)
    words = _caption(heat, told, len(cells) < len(across.keys) * len(up.keys))
    words += [f"Darkest: {percent(low)}; lightest: {percent(high)}."]
    said = "; ".join(f"{_name(cell, 'x')} and {_name(cell, 'y')}: {_shown(cell)}" for cell in cells)
    alt = f"{title}, by {across.label} (across) and {up.label} (up). {said}"
    upright, room = _below(across.names, width)
    size = width * len(across.keys), tall * len(up.keys)
    fig = style.page(LABEL + size[1] + room + 0.1 + LABEL, title, " ".join(filter(None, [note, *words])), alt)
    axes = style.box(fig, 0.15 + left, LABEL, *size)
    axes.set_xlim(0, size[0])
    axes.set_ylim(0, size[1])
    axes.axis("off")
    _values(axes, across, up, (width, tall), upright)
    for y, side, arrow in ((size[1] + 0.07, up, "↑"), (-room - 0.22, across, "→")):
        axes.text(-left, y, style.wrap(f"{arrow} {side.label}", WIDTH, style.SIZE, lines=1)[0], va="baseline")
    for cell in cells:
        corner = across.keys.index(_key(cell, "x")) * width, up.keys.index(_key(cell, "y")) * tall
        _cell(axes, (*corner, width, tall), cell, _color(cell["probability"], low, high), (told, sign))
    return fig


def _key(cell: dict[Any, Any], side: str) -> Any:
    """What tells the values of a variable apart: the choice, or the ends of the bin."""
    return cell[f"{side}_text"] or (cell[f"{side}_low"], cell[f"{side}_high"])


def _name(cell: dict[Any, Any], side: str) -> str:
    """A value as written: a choice, a level, or a bin as a range."""
    return cell[f"{side}_text"] or bin_text(cell[f"{side}_low"], cell[f"{side}_high"])


def _side(heat: pd.DataFrame, side: str) -> Side:
    """The values of one variable: numbers ascending, choices in the order of the table."""
    cells = heat.to_dict("records")
    names = {_key(cell, side): _name(cell, side) for cell in cells}
    keys = list(names) if any(heat[f"{side}_text"] != "") else sorted(names)
    label = cells[0].get(f"{side}_variable_label", cells[0][f"{side}_variable"])
    return Side(str(label), keys, [names[key] for key in keys])


def _shown(cell: dict[Any, Any]) -> str:
    return shown(cell["probability"], cell["mc_low"], cell["mc_high"])


def _interval(cell: dict[Any, Any]) -> str:
    """Both ends in percent, without the sign; nothing for a cell without result."""
    if math.isnan(cell["probability"]):
        return ""
    ends = (0.0 if cell["mc_low"] < 1e-5 else cell["mc_low"], 1.0 if cell["mc_high"] > 1 - 1e-5 else cell["mc_high"])
    return "–".join(percent(end).removesuffix(" %") for end in ends)


def _span(heat: pd.DataFrame) -> tuple[float, float]:
    """The probabilities at the ends of the shades: the extremes, but at least as far apart as the median interval."""
    known = heat.dropna(subset="probability")
    if known.empty:
        return 0.0, 1.0
    low, high = known["probability"].min(), known["probability"].max()
    more = max(0.0, (known["mc_high"] - known["mc_low"]).median() - (high - low)) / 2
    return max(0.0, low - more), min(1.0, high + more)


def _color(probability: float, low: float, high: float) -> str:
    """The shade of a probability; white for none."""
    if math.isnan(probability):
        return "#FFFFFF"
    return to_hex(mpl.colormaps["cividis"]((probability - low) / (high - low) if high > low else 0.5))


def ink_on(color: str) -> str:
    """Black or white, whichever is in greater contrast to a background (WCAG 2.2, relative luminance).

    >>> ink_on("#00224e"), ink_on("#fee838")
    ('#FFFFFF', '#000000')
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return style.BLACK if luminance > 0.179 else "#FFFFFF"  # there both contrasts are 4.6 to 1


def _cell(axes: Axes, place: tuple[float, ...], cell: dict[Any, Any], color: str, room: tuple[bool, bool]) -> None:
    """A shade with the probability and below it the interval, for which, and for its sign, there may be no room.

    Hatched where replicates failed.
    """
    (x, y, width, tall), (told, sign) = place, room
    ink = ink_on(color)
    axes.add_patch(Rectangle((x, y), width, tall, facecolor=color, edgecolor="white", lw=0.6))
    back = None
    if cell["n_failed"] > 0:
        axes.add_patch(Rectangle((x, y), width, tall, fill=False, lw=0, edgecolor=ink, alpha=0.4, hatch="////"))
        back = {"facecolor": color, "lw": 0, "pad": 0.8}
    if math.isnan(cell["probability"]):
        return
    text = _shown(cell)
    text = text if sign else text.removesuffix(" %")
    size = min(style.SMALL, style.SMALL * (width - 0.02) / style.text_width(text, style.SMALL))
    middle: dict[str, Any] = {"ha": "center", "color": ink, "bbox": back}
    axes.text(x + width / 2, y + tall * (0.64 if told else 0.5), text, va="center_baseline", size=size, **middle)
    if told:
        axes.text(x + width / 2, y + 0.25 * tall, _interval(cell), va="center_baseline", size=TINY, **middle)


def _below(names: Sequence[str], width: float) -> tuple[bool, float]:
    """Whether the names below the cells must stand upright, and how many inches they take."""
    widest = max(style.text_width(word, style.SMALL) for name in names for word in name.split() or [""])
    lines = max(len(style.wrap(name, width - 0.06, style.SMALL)) for name in names)
    if widest < width - 0.06 and lines <= 3:
        return False, LINE * lines
    return True, min(UPRIGHT, max(style.text_width(name, style.SMALL) for name in names))


def _values(axes: Axes, across: Side, up: Side, cell: tuple[float, float], upright: bool) -> None:
    """The values of both variables, below the cells and at their left."""
    width, tall = cell
    small: dict[str, Any] = {"size": style.SMALL, "color": style.GREY, "linespacing": 1.1}
    for i, name in enumerate(across.names):
        room, most = (UPRIGHT, max(1, int(width / LINE))) if upright else (width - 0.06, 3)
        lines = "\n".join(style.wrap(name, room, style.SMALL, lines=most))
        axes.text((i + 0.5) * width, -0.05, lines, ha="center", va="top", rotation=90 * upright, **small)
    for i, name in enumerate(up.names):
        lines = "\n".join(style.wrap(name, NAMES, style.SMALL, lines=2))
        axes.text(-0.06, (i + 0.5) * tall, lines, ha="right", va="center", **small)


def _caption(heat: pd.DataFrame, told: bool, gaps: bool) -> list[str]:
    """What the cells say, and what is not in them."""
    below = "below it the Monte-Carlo 95 % interval" if told else "the intervals do not fit and are left out"
    failed, asked = heat["n_failed"].sum(), (heat["n"] + heat["n_failed"]).sum()
    words = [f"Number: mean probability of the points of the design in the cell, in percent; {below}."]
    words += [f"Hatched: some replicates failed ({failed:,.0f} of {asked:,.0f} in all)."] * bool(failed)
    return words + ["White: no result."] * bool(gaps or heat["probability"].isna().any())
