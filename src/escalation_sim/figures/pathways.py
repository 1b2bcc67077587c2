"""Families of minimal chains as streams that flow together into an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from escalation_sim.analysis.pathways import OTHER, often_words, turning_words
from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style
from escalation_sim.figures.paths import ARROW, Box, boxes, merged_order

ROWS = 10  # families drawn
LEFT, GAP, PAD, LINE, END = 1.0, 0.32, 0.05, 0.112, 1.0  # inches: shares, streams, inside a box, a line, the outcome
KEY = (
    "Read from left to right: each stream is a family of minimal chains, as wide as the share of the outcome that it "
    "carries (exact 95 % interval). No act of a chain could be left out, all luck being equal, without the outcome "
    "failing to come when it did. Shaded: an event from outside the model. Below the streams: where on the median path "
    "of each family the outcome became likelier than not, by new futures run from each act."
)


@style.styled
def pathways_figure(tables: Mapping[str, pd.DataFrame], outcome_label: str, note: str = "") -> Figure:
    """Streams of chains with the acts they pass, merging where they end alike.

    Parameters
    ----------
    tables : mapping
        `families`, `turns` and `common` of one outcome, as from `analysis.pathways`.
    outcome_label : str
        What to call it.
    note : str
        The caption: conditional on what, how many chains.
    """
    title = f"Pathways to: {outcome_label}"
    families, turns = tables["families"].head(ROWS), tables["turns"]
    if families.empty:
        fig = style.page(0.5, title, note, f"{outcome_label}: not seen in any replicate")
        fig.text(0.15 / style.PAGE_WIDTH, 0.5, "Not seen in any replicate, so there is no path to show.")
        return fig
    table = families.to_dict("records")
    backwards = [tuple(reversed(str(row["path"]).split(ARROW))) for row in table]
    order = merged_order([(chain, row["count"]) for chain, row in zip(backwards, table, strict=True)])
    rows, chains = [table[i] for i in order], [backwards[i] for i in order]
    width = (style.PAGE_WIDTH - 0.3 - LEFT - END) / max(len(chain) for chain in chains) - GAP
    texts = {act: _wrapped(act, width) for chain in chains for act in chain}
    row_height = 0.16 + LINE * max(2, *(len(lines) for lines in texts.values()))
    medians = [line for row in table for line in _median_path(row, turns[turns["family"] == row["family"]])]
    often = often_words(tables["common"])
    medians += style.wrap(often, style.PAGE_WIDTH - 0.4, style.SMALL, lines=3) if often else []
    said = "; ".join(f"{percent(row['share'])} by {row['path']}" for row in rows)
    height = row_height * len(rows)
    fig = style.page(height + 0.15 + 0.125 * len(medians), title, f"{note} {KEY}".strip(), f"{title}. {said}")
    axes = style.box(fig, 0.15, 0.0, style.PAGE_WIDTH - 0.3, height)
    axes.set_xlim(0, style.PAGE_WIDTH - 0.3)
    axes.set_ylim(height, 0)
    axes.axis("off")
    unit = _unit(chains, rows, row_height)
    _draw_streams(axes, chains, rows, (width, row_height, unit))
    for item in boxes(chains):
        _draw_box(axes, item, texts[item.text], (width, row_height, unit * _carried(item, rows)))
    _draw_end(axes, outcome_label, height, unit * sum(row["share"] for row in rows))
    for y, row in enumerate(rows):
        _draw_share(axes, row, (y + 0.5) * row_height)
    _draw_medians(fig, medians, height + 0.1)
    return fig


def _wrapped(act: str, width: float) -> list[str]:
    words = "other earlier acts" if act == OTHER else act
    return style.wrap(words, width - 2 * PAD, style.SMALL, lines=5)


def _median_path(row: Any, turns: pd.DataFrame) -> list[str]:
    """The median path of a family in a sentence, as lines; the first begins with the family's number."""
    where = f"median day {row['median_day']:.0f}; its median path (replicate {row['replicate']})"
    words = f"{row['family']}: {where} was {turning_words(turns)}."
    return style.wrap(words, style.PAGE_WIDTH - 0.4, style.SMALL, lines=2)


def _draw_medians(fig: Figure, lines: list[str], top: float) -> None:
    width, height = fig.get_size_inches()
    place: dict[str, Any] = {"va": "top", "linespacing": 1.25, "size": style.SMALL}
    fig.text(0.15 / width, 1 - (0.4 + top) / height, "\n".join(lines), **place)


def _unit(chains: list[tuple[str, ...]], rows: list[Any], row_height: float) -> float:
    """Inches for a share of one: as much as the fullest row and the fullest box have room for."""
    return min(
        0.85 * (item.last - item.first + 1) * row_height / _carried(item, rows)
        for item in [*boxes(chains), *(Box("", 0, y, y) for y in range(len(rows))), Box("", 0, 0, len(rows) - 1)]
    )


def _right(depth: int, width: float) -> float:
    """Right edge of the boxes that stand `depth` acts before the last one."""
    return style.PAGE_WIDTH - 0.3 - END - GAP - depth * (width + GAP)


def _middle(item: Box, row_height: float) -> float:
    return (item.first + item.last + 1) / 2 * row_height


def _draw_streams(
    axes: Axes, chains: list[tuple[str, ...]], rows: list[Any], sizes: tuple[float, float, float]
) -> None:
    """Each family as a band from its share, box by box, to the outcome; side by side where they have met."""
    width, row_height, unit = sizes
    placed = {(item.depth, row): item for item in boxes(chains) for row in range(item.first, item.last + 1)}
    whole = Box("", -1, 0, len(rows) - 1)
    for y, (chain, row) in enumerate(zip(chains, rows, strict=True)):
        thick = unit * float(row["share"])
        here = (LEFT, (y + 0.5) * row_height - thick / 2)
        for item in [*(placed[depth, y] for depth in range(len(chain) - 1, -1, -1)), whole]:
            above = unit * sum(float(rows[i]["share"]) for i in range(item.first, y))
            upper = _middle(item, row_height) - unit * _carried(item, rows) / 2 + above
            left = style.PAGE_WIDTH - 0.3 - END if item is whole else _right(item.depth, width) - width
            _band(axes, here, (left, upper), thick)
            here = (left + width, upper)


def _carried(item: Box, rows: list[Any]) -> float:
    return sum(float(rows[i]["share"]) for i in range(item.first, item.last + 1))


def _band(axes: Axes, start: tuple[float, float], end: tuple[float, float], thick: float) -> None:
    """A stream of constant width between two upper corners."""
    (x, y), (u, v) = start, end
    m = (x + u) / 2
    points = [(x, y), (m, y), (m, v), (u, v), (u, v + thick), (m, v + thick), (m, y + thick), (x, y + thick), (x, y)]
    curve = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, curve), fc=style.SKY, ec="white", lw=0.4, alpha=0.55, zorder=1))


def _draw_box(axes: Axes, item: Box, lines: list[str], sizes: tuple[float, float, float]) -> None:
    """An act, over all streams that pass it."""
    width, row_height, carried = sizes
    height = max(LINE * len(lines) + 0.07, carried)
    left, middle = _right(item.depth, width) - width, _middle(item, row_height)
    face = style.PALE if item.text.endswith("(event)") else "white"
    frame: dict[str, Any] = {"boxstyle": "square,pad=0", "fc": face, "ec": style.GREY, "lw": 0.7, "zorder": 2}
    frame["ls"] = ":" if item.text == OTHER else "-"
    axes.add_patch(FancyBboxPatch((left, middle - height / 2), width, height, **frame))
    place: dict[str, Any] = {"ha": "center", "va": "center", "size": style.SMALL, "linespacing": 1.1, "zorder": 3}
    axes.text(left + width / 2, middle, "\n".join(lines), **place)


def _draw_end(axes: Axes, label: str, height: float, carried: float) -> None:
    """The outcome at the right."""
    left = style.PAGE_WIDTH - 0.3 - END
    lines = style.wrap(label, 0.87 * (END - 2 * PAD), lines=6)  # bold letters are wider than those measured
    tall = max(0.135 * len(lines) + 0.12, carried)
    frame: dict[str, Any] = {"boxstyle": "square,pad=0", "fc": style.INK, "ec": style.INK, "zorder": 2}
    axes.add_patch(FancyBboxPatch((left, height / 2 - tall / 2), END, tall, **frame))
    place: dict[str, Any] = {"ha": "center", "va": "center", "color": "white", "weight": "bold", "zorder": 3}
    axes.text(left + END / 2, height / 2, "\n".join(lines), **place)


def _draw_share(axes: Axes, row: Any, middle: float) -> None:
    """Number, share and interval of a family at the left."""
    axes.text(0, middle, str(row["family"]), size=style.SMALL, va="center")
    place: dict[str, Any] = {"ha": "right", "va": "center"}
    axes.text(LEFT - 0.08, middle - 0.06, percent(row["share"]), weight="bold", **place)
    interval = f"{percent(row['low'])[:-2]}–{percent(row['high'])}"
    axes.text(LEFT - 0.08, middle + 0.07, interval, color=style.GREY, size=style.SMALL, **place)
