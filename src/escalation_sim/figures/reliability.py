"""Do things come about as often as was said: a reliability diagram for each task, one line for each forecaster."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style

COLUMNS, LARGEST = 3, 2.4  # panels side by side; the side of a panel, in inches, where there is room
TITLES, TICKS, GAP, STRIP, AXIS = 0.32, 0.42, 0.12, 0.26, 0.38  # inches around a panel
SAMPLE, BETWEEN, LINE = 0.34, 0.2, 0.17  # inches in the key: a piece of line, between two names, a row
ROOM = 0.02  # of the scale beyond 0 and 100 %, so that marks there stay whole

SIMULATION = "simulation"  # the forecaster that is judged; the others are there to compare it with

KEY = (
    "Point: the forecasts of one bin, their mean across, how often they came true upwards. On the diagonal things come "
    "about as often as was said; below it, less often. Vertical bar: exact 95 % interval for the simulation, too "
    "narrow where forecasts hang together. Strip: how many forecasts of the simulation each bin holds."
)


class Look(NamedTuple):
    """How the line of one forecaster is drawn: told apart by mark and dashes, not by colour alone."""

    color: str
    marker: str
    dashes: Any
    strong: bool = False


STRONG = Look(style.BLUE, "o", "-", strong=True)
OTHERS = (
    Look(style.ORANGE, "s", (0, (5, 1.5))),
    Look(style.GREEN, "^", (0, (1.5, 1.2))),
    Look(style.PURPLE, "D", (0, (6, 1.5, 1.5, 1.5))),
    Look(style.GREY, "x", (0, (3, 3))),
    Look(style.SKY, "v", "-"),
)


@style.styled
def reliability_figure(table: pd.DataFrame, note: str = "") -> Figure:
    """Reliability diagrams: mean forecast across, observed frequency upwards, a panel for each task.

    Parameters
    ----------
    table : DataFrame
        A row per task, forecaster and bin. `task` (text) is what was forecast, `forecaster` (text) by whom; both are
        drawn in order of first appearance, the forecaster "simulation" strong and on top. Of the columns from
        `analysis.calibration.reliability`, `forecast` is the mean forecast of a bin in [0, 1], `frequency` how often
        these forecasts came true, `low` and `high` its 95 % interval, `n` how many forecasts the bin holds.
    note : str
        The caption: forecasts of what, from which record, how many replicates.
    """
    tasks = list(dict.fromkeys(table["task"]))
    looks = _looks(dict.fromkeys(table["forecaster"]))
    columns = max(min(len(tasks), COLUMNS), 1)
    cell = (style.PAGE_WIDTH - 0.3) / columns
    side = min(cell - TICKS - GAP, LARGEST)
    row_height = TITLES + side + STRIP + AXIS
    places = _key_places(list(looks))
    top = LINE * (1 + max((row for _, row, _ in places), default=0)) - 0.04
    alt = f"Forecast and observed frequency by bin, of {', '.join(looks)}. {' '.join(_said(table, t) for t in tasks)}"
    height = top + math.ceil(len(tasks) / columns) * row_height
    fig = style.page(height, "As often as was said?", f"{note} {KEY}".strip(), alt)
    _key(fig, list(looks.values()), places, top)
    for i, task in enumerate(tasks):
        row, column = divmod(i, columns)
        place = (0.15 + TICKS + column * cell, top + row * row_height + TITLES)
        mine = table[table["task"] == task]
        axes = style.box(fig, *place, side, side)
        title = "\n".join(style.wrap(task[:1].upper() + task[1:], 0.9 * side, style.SIZE, lines=2))
        axes.set_title(title, weight="bold", loc="left", pad=4, linespacing=1.05)
        _panel(axes, mine, looks, named=column == 0)
        _strip(style.box(fig, place[0], place[1] + side + 0.05, side, STRIP), mine)
    return fig


def _looks(forecasters: Iterable[str]) -> dict[str, Look]:
    """The look of each forecaster, the simulation first."""
    ranked = sorted(forecasters, key=lambda name: name != SIMULATION)
    others = [name for name in ranked if name != SIMULATION]
    return {name: STRONG if name == SIMULATION else OTHERS[others.index(name) % len(OTHERS)] for name in ranked}


def _said(table: pd.DataFrame, task: str) -> str:
    """One task for a reader who cannot see it: what the simulation said, bin by bin, and what came about."""
    mine = table[(table["task"] == task) & (table["forecaster"] == SIMULATION)].sort_values("forecast")
    if mine.empty:
        return f"{task}: not forecast by the simulation."
    pairs = zip(mine["forecast"], mine["frequency"], strict=True)
    return f"{task}, simulation: " + "; ".join(f"said {percent(p)}, came {percent(f)}" for p, f in pairs) + "."


def _key_places(names: list[str]) -> list[tuple[float, int, str]]:
    """Inches from the left, row, and text of each name in the key; a row that is full goes on below."""
    places: list[tuple[float, int, str]] = []
    left, row, width = 0.0, 0, style.PAGE_WIDTH - 0.3
    for name in names:
        text = style.wrap(name, width / 2 - SAMPLE, style.SMALL, lines=1)[0]
        wide = SAMPLE + style.text_width(text, style.SMALL, "bold" if name == SIMULATION else "normal")
        if left > 0 and left + wide > width:
            left, row = 0.0, row + 1
        places.append((left, row, text))
        left += wide + BETWEEN
    return places


def _key(fig: Figure, looks: list[Look], places: list[tuple[float, int, str]], height: float) -> None:
    """The names above the panels, each beside a piece of its line: along a diagonal lines lie too near for labels."""
    width = style.PAGE_WIDTH - 0.3
    axes = style.box(fig, 0.15, 0.0, width, height)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    for look, (left, row, text) in zip(looks, places, strict=True):
        y = (row + 0.5) * LINE
        _line(axes, [left + 0.02, left + SAMPLE / 2 - 0.03, left + SAMPLE - 0.08], [y] * 3, look, markevery=[1])
        weight = "bold" if look.strong else "normal"
        axes.text(left + SAMPLE, y, text, size=style.SMALL, weight=weight, va="center")


def _line(axes: Axes, x: Any, y: Any, look: Look, markevery: list[int] | None = None) -> None:
    """One forecaster's line with its marks; those of the others thin, pale and hollow."""
    width, size = (1.5, 4.0) if look.strong else (0.8, 2.8)
    face = look.color if look.strong else "white"
    shape: dict[str, Any] = {"marker": look.marker, "ms": size, "mfc": face, "mec": look.color, "mew": 0.7}
    paint: dict[str, Any] = {"color": look.color, "lw": width, "alpha": 1.0 if look.strong else 0.7}
    axes.plot(x, y, ls=look.dashes, markevery=markevery, zorder=4 if look.strong else 2, **shape, **paint)


def _panel(axes: Axes, table: pd.DataFrame, looks: dict[str, Look], named: bool) -> None:
    """Diagonal, the lines of all forecasters, and the intervals of the simulation."""
    axes.set_xlim(-ROOM, 1 + ROOM)
    axes.set_ylim(-ROOM, 1 + ROOM)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [])
    axes.tick_params(axis="x", length=0)
    axes.spines["left"].set_bounds(0, 1)
    axes.spines["bottom"].set_visible(False)
    axes.grid(color=style.PALE, lw=0.5)
    axes.set_axisbelow(True)
    axes.plot([0, 1], [0, 1], color=style.GREY, lw=0.7, zorder=1)
    if named:
        axes.set_ylabel("came about", size=style.SMALL, labelpad=0, color=style.GREY)
    for name, look in looks.items():
        mine = table[table["forecaster"] == name].sort_values("forecast")
        if look.strong:
            axes.vlines(mine["forecast"], mine["low"], mine["high"], color=look.color, lw=1.0, zorder=3)
        if not mine.empty:
            _line(axes, mine["forecast"], mine["frequency"], look)


def _strip(axes: Axes, table: pd.DataFrame) -> None:
    """How many forecasts of the simulation each bin holds, under its point; below it the scale of the panel."""
    mine = table[table["forecaster"] == SIMULATION]
    most = int(mine["n"].max()) if len(mine) else 0
    axes.vlines(mine["forecast"], 0, mine["n"], color=style.BLUE, lw=1.6, alpha=0.6)
    axes.set_xlim(-ROOM, 1 + ROOM)
    axes.set_ylim(0, 1.05 * max(most, 1))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.set_yticks([most] if most else [], [f"n {most:,}"] if most else [], size=5.5)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(0, 1)
    axes.set_xlabel("forecast", size=style.SMALL, labelpad=1, color=style.GREY)
