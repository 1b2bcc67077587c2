"""The most frequent chains of acts that led to an outcome, merged where they begin alike."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from escalation_sim.analysis.estimates import binomial_interval
from escalation_sim.analysis.wording import percent
from escalation_sim.figures import style

ARROW = " → "  # what separates the acts of a path in the table
CHAINS, ACTS = 8, 5  # the most chains drawn, and the most boxes in one of them
BARS, GAP, PAD, LINE = 1.45, 0.17, 0.05, 0.112  # inches: bars, between boxes, inside a box, a line of text

KEY = (
    "Read from left to right; chains that begin alike share their boxes. Shaded: an event from outside the "
    "model. Bar: share of the replicates in which the outcome happened, with its exact 95 % interval."
)


class Box(NamedTuple):
    """One act: its text, its place in the chain, and the first and last row it stands in."""

    text: str
    depth: int
    first: int
    last: int


@style.styled
def paths_figure(paths: pd.DataFrame, outcome: str, outcome_label: str, note: str = "") -> Figure:
    """Chains of acts as rows of boxes, with the share of each and its interval.

    Parameters
    ----------
    paths : DataFrame
        outcome, rank, path, share, count, n. `path` is a text of acts separated by " → "; `count` replicates
        took it, of the `n` in which the outcome happened.
    outcome, outcome_label : str
        Which rows to draw, and what to call them. Without any row the figure says that it was never seen.
    note : str
        The caption: conditional on what, how many replicates and parameter draws.
    """
    table = paths[paths["outcome"] == outcome].nlargest(CHAINS, "count")
    title = f"Paths to: {outcome_label}"
    if table.empty:
        fig = style.page(0.5, title, note, f"{outcome_label}: not seen in any replicate")
        fig.text(0.15 / style.PAGE_WIDTH, 0.5, "Not seen in any replicate, so there is no path to show.")
        return fig
    order = merged_order([(_acts(row.path), row.n_) for row in _named(table)])
    rows = [_named(table)[i] for i in order]
    chains = [_acts(row.path) for row in rows]
    depth = max(len(chain) for chain in chains)
    width = (style.PAGE_WIDTH - 0.3 - BARS) / depth - GAP
    texts = _wrapped({act for chain in chains for act in chain}, width - 2 * PAD)
    row_height = 0.16 + LINE * max(2, *(len(lines) for lines in texts.values()))
    height = row_height * len(rows)
    covered = f"These {len(rows)} cover {percent(sum(r.n_ for r in rows) / rows[0].n)} of {rows[0].n:,} replicates."
    said = "; ".join(f"{percent(r.n_ / r.n)} by {r.path}" for r in rows)
    fig = style.page(height + 0.1, title, f"{note} {KEY} {covered}".strip(), f"{title}. {said}")
    axes = style.box(fig, 0.15, 0.0, style.PAGE_WIDTH - 0.3, height)
    axes.set_xlim(-0.01, style.PAGE_WIDTH - 0.31)
    axes.set_ylim(len(rows), 0)
    axes.axis("off")
    for item in boxes(chains):
        _draw_box(axes, item, "\n".join(texts[item.text]), width, row_height)
    for y, (row, chain) in enumerate(zip(rows, chains, strict=True)):
        _draw_bar(axes, y + 0.5, row, len(chain) * (width + GAP) - GAP, max(r.high for r in rows))
    return fig


def _wrapped(acts: Collection[str], width: float) -> dict[str, list[str]]:
    """The texts of the boxes in four lines each, or in as many as it takes to tell any two of them apart."""
    for lines in itertools.count(4):
        texts = {act: style.wrap(act, width, style.SMALL, lines) for act in acts}
        if len({tuple(text) for text in texts.values()}) == len(texts) or all(len(t) < lines for t in texts.values()):
            break
    return texts


def _named(table: pd.DataFrame) -> list[Any]:
    """Rows as named tuples with their interval; `count` is a method of tuples, so it is called `n_`."""
    low, high = binomial_interval(table["count"].to_numpy(), table["n"].to_numpy())
    return list(table.rename(columns={"count": "n_"}).assign(low=low, high=high).itertuples(index=False))


def _acts(path: str) -> tuple[str, ...]:
    """The acts of a path; in a long one those between the first two and the last two share a box."""
    acts = path.split(ARROW)
    if len(acts) <= ACTS:
        return tuple(acts)
    return (*acts[:2], f"… {'; '.join(acts[2:-2])} …", *acts[-2:])


def merged_order(chains: Sequence[tuple[tuple[str, ...], int]]) -> list[int]:
    """An order of the chains in which those that begin alike are neighbours, the heaviest beginning first."""
    weight: dict[tuple[str, ...], int] = {}
    for acts, count in chains:
        for k in range(1, len(acts) + 1):
            weight[acts[:k]] = weight.get(acts[:k], 0) + count

    def key(i: int) -> list[tuple[int, str]]:
        acts = chains[i][0]
        return [(-weight[acts[: k + 1]], acts[k]) for k in range(len(acts))]

    return sorted(range(len(chains)), key=key)


def boxes(chains: Sequence[tuple[str, ...]]) -> list[Box]:
    """One box for each beginning: it stands in all the (neighbouring) rows that share the chain up to it."""
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, acts in enumerate(chains):
        for k in range(1, len(acts) + 1):
            rows.setdefault(acts[:k], []).append(row)
    return [Box(acts[-1], len(acts) - 1, where[0], where[-1]) for acts, where in rows.items()]


def _draw_box(axes: Axes, item: Box, text: str, width: float, row_height: float) -> None:
    """The box over all its rows, its text, and the arrow that leads into it."""
    left, top = item.depth * (width + GAP), item.first + 0.04 / row_height
    height = item.last + 1 - 0.04 / row_height - top
    middle = top + height / 2
    face = style.PALE if item.text.endswith("(event)") else "white"
    axes.add_patch(FancyBboxPatch((left, top), width, height, boxstyle="square,pad=0", fc=face, ec=style.GREY, lw=0.7))
    axes.text(left + width / 2, middle, text, size=style.SMALL, ha="center", va="center", linespacing=1.1)
    if item.depth:
        arrow = {
            "arrowstyle": "-|>",
            "color": style.INK,
            "lw": 0.8,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 6,
        }
        axes.annotate("", (left, middle), (left - GAP, middle), arrowprops=arrow)


def _draw_bar(axes: Axes, y: float, row: Any, end: float, largest: float) -> None:
    """Share and interval at the right, joined to the chain's last box by a dotted line."""
    left = style.PAGE_WIDTH - 0.3 - BARS + 0.05
    scale = 0.55 / largest
    axes.plot([end, left], [y, y], color=style.GREY, lw=0.6, ls=":")
    axes.barh(y, scale * row.n_ / row.n, left=left, height=0.42, color=style.SKY, ec=style.BLUE, lw=0.6)
    axes.plot([left + scale * row.low, left + scale * row.high], [y, y], color=style.INK, lw=1.1)
    at = left + scale * row.high + 0.05
    place: dict[str, Any] = {"va": "center", "size": style.SMALL}
    axes.text(at, y - 0.12, percent(row.n_ / row.n), weight="bold", **place)
    axes.text(at, y + 0.14, f"{percent(row.low)[:-2]}–{percent(row.high)}", color=style.GREY, **place)
