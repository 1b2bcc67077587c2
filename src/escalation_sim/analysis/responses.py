"""How a probability answers to one variable, or to two, over the points of a sweep.

The other variables are averaged over the points of the design. How sure such a mean is depends on what the points are:

- Points of a sample (latin hypercube, Saltelli design) are a draw of the other variables, and the spread of the points
  within a bin tells how far another draw could have moved the mean. Units of sampling are base rows in a Saltelli
  design, else points; they are treated as the clusters of a survey. If each point has its own luck, that spread
  contains the luck. If all share it, luck moves all points alike, does not show in their spread and does not average
  out: it is added as if the errors of all points were one and the same, the most that luck can do. (Where they are not
  one, their spread has a part of the luck already, and the interval is wider than need be.)
- Points of a grid or a list are all there is: the mean is over these very points, and only luck makes it uncertain.

The interval is Wilson's (1927) score interval of a proportion, with that variance in the place of p (1 - p) / n, and
Student's t for the units: near 0 and 1 it does not collapse, and for one unit of luck alone it is Wilson's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri, stdtrit

from escalation_sim.analysis.sweeps import (
    FEW_LEVELS,
    KEYS,
    Bins,
    Floats,
    Ints,
    Sweep,
    Variable,
    binned,
    rows_of,
    sweep_of,
)

BINS, HEAT_BINS = 10, 6
GRID_LEVELS = 100  # levels of a grid were chosen, so each is shown, unless there are more than these
_SAMPLED = ("latin_hypercube", "sobol")
_FOUND = ("probability", "mc_low", "mc_high", "n_points", "n", "n_failed")


class Design(NamedTuple):
    """What the points of a sweep are."""

    kind: str  # grid, latin_hypercube, sobol or list
    common: bool = True  # all points share their luck


def responses_table(points: pd.DataFrame, variables: Sequence[Variable], design: Design) -> pd.DataFrame:
    """Probability of every outcome and window at each level of each variable, or in ten bins of equally many points.

    Levels are those of a grid, or of a variable that takes a dozen values at most.

    Parameters
    ----------
    points : DataFrame
        As for `sweeps.sweep_of`. Failed points count in `n_failed` alone.
    variables : sequence of mappings
    design : Design

    Returns
    -------
    DataFrame
        A row per outcome, window, variable and level or bin: outcome, label, window_days, variable, variable_label,
        value (of a bin the mean of its points), value_low, value_high (edges; equal for a level), text (of a choice,
        else ""), probability (mean over the points), mc_low, mc_high (95 %; of a single point its own), n_points (with
        a result), n (their replicates), n_failed (replicates). Without any result probability is NaN, the interval
        [0, 1].

    >>> rows = [(i, i % 2, "war", "War", 30.0, (i % 2) / 2, 0, 1, 0.05, 100, 0) for i in range(4)]
    >>> names = "point x outcome label window_days probability mc_low mc_high standard_error n n_failed".split()
    >>> x = {"id": "x", "label": "x", "kind": "number"}
    >>> table = responses_table(pd.DataFrame(rows, columns=names), [x], Design("grid"))
    >>> table[["value", "probability", "mc_low", "mc_high", "n_points"]].round(2).values.tolist()
    [[0.0, 0.0, 0.0, 0.11, 2.0], [1.0, 0.5, 0.4, 0.6, 2.0]]
    """
    sweep = sweep_of(points, variables)
    rows = rows_of(len(sweep.n), len(variables), design.kind)
    axes = []
    for variable in variables:
        bins = _bins(sweep, variable, BINS, GRID_LEVELS if design.kind == "grid" else FEW_LEVELS)
        at = pd.DataFrame({"value": bins.mean, "value_low": bins.low, "value_high": bins.high, "text": bins.text})
        axes.append((at.assign(variable=variable["id"], variable_label=variable["label"]), bins.place))
    frames = [
        pd.concat([at.assign(**key), _means(sweep, rows, place, k, design)], axis=1)
        for k, key in enumerate(sweep.keys)
        for at, place in axes
    ]
    columns = [*KEYS, "variable", "variable_label", "value", "value_low", "value_high", "text", *_FOUND]
    return pd.concat(frames, ignore_index=True)[columns]


def tornado_table(responses: pd.DataFrame) -> pd.DataFrame:
    """What each variable does to a probability between its two ends.

    Parameters
    ----------
    responses : DataFrame
        From `responses_table`.

    Returns
    -------
    DataFrame
        A row per outcome, window and variable: outcome, label, window_days, variable, variable_label, low_value,
        high_value (first and last level or bin with a result; of choices the text where the probability is least and
        most), at_low, at_low_low, at_low_high, at_high, at_high_low, at_high_high (probabilities with their intervals),
        swing (at_high - at_low). The swing of many alike choices is above zero by chance: it picks the extremes.

    >>> rows = [("war", "War", 30.0, "x", "X", x, "", x / 10, 0.0, 1.0) for x in (1.0, 2.0, 3.0)]
    >>> names = [*KEYS, "variable", "variable_label", "value", "text", "probability", "mc_low", "mc_high"]
    >>> tornado_table(pd.DataFrame(rows, columns=names))[["low_value", "high_value", "swing"]].round(3).values.tolist()
    [[1.0, 3.0, 0.2]]
    """
    each = [*KEYS, "variable", "variable_label"]
    rows = []
    for key, group in responses.groupby(each, sort=False):
        known = group[group["probability"].notna()]
        choice = (group["text"] != "").any()
        known = known.sort_values("probability", kind="stable") if choice and len(known) else known
        ends = [(known if len(known) else group).iloc[place] for place in (0, -1)]
        values = [end["text"] if choice else end["value"] for end in ends]
        numbers = [end[name] for end in ends for name in ("probability", "mc_low", "mc_high")]
        rows.append((*key, *values, *numbers, numbers[3] - numbers[0]))
    bounds = [f"at_{end}{bound}" for end in ("low", "high") for bound in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=[*each, "low_value", "high_value", *bounds, "swing"])


def heat_table(points: pd.DataFrame, variables: Sequence[Variable], x: str, y: str, design: Design) -> pd.DataFrame:
    """Probability of every outcome and window where two variables meet: at their levels, or in six bins each.

    Parameters
    ----------
    points, variables, design
        As for `responses_table`.
    x, y : str
        Ids of two of the variables.

    Returns
    -------
    DataFrame
        A row per outcome, window and cell that holds a point: outcome, label, window_days, x_variable, y_variable,
        x_variable_label, y_variable_label, x, y (level, or mean of the bin), x_text, y_text, x_low, x_high, y_low,
        y_high, probability, mc_low, mc_high, n_points, n, n_failed; the numbers as in `responses_table`.
    """
    sweep = sweep_of(points, variables)
    rows = rows_of(len(sweep.n), len(variables), design.kind)
    named = {variable["id"]: variable for variable in variables}
    across, up = (_bins(sweep, named[name], HEAT_BINS, FEW_LEVELS) for name in (x, y))
    cells, place = np.unique(up.place * len(across.mean) + across.place, return_inverse=True)
    at: dict[str, Any] = {"x_variable": x, "y_variable": y}
    at |= {f"{axis}_variable_label": named[name]["label"] for axis, name in (("x", x), ("y", y))}
    where = dict(zip("xy", ((across, cells % len(across.mean)), (up, cells // len(across.mean))), strict=True))
    at |= {axis: bins.mean[i] for axis, (bins, i) in where.items()}
    at |= {f"{axis}_text": np.array(bins.text, dtype=object)[i] for axis, (bins, i) in where.items()}
    at |= {f"{axis}_{edge}": getattr(bins, edge)[i] for axis, (bins, i) in where.items() for edge in ("low", "high")}
    frames = [
        pd.concat([pd.DataFrame(at).assign(**key), _means(sweep, rows, place, k, design)], axis=1)
        for k, key in enumerate(sweep.keys)
    ]
    return pd.concat(frames, ignore_index=True)[[*KEYS, *at, *_FOUND]]


def _bins(sweep: Sweep, variable: Variable, n_bins: int, few: int) -> Bins:
    return binned(sweep.values[variable["id"]], variable["kind"] == "choice", n_bins, few)


def _means(sweep: Sweep, rows: Ints, place: Ints, k: int, design: Design) -> pd.DataFrame:
    """The columns _FOUND of outcome k, a row per group of points."""
    found = [_mean(sweep, rows, place == group, k, design) for group in range(int(place.max()) + 1)]
    return pd.DataFrame(found, columns=list(_FOUND))


def _mean(sweep: Sweep, rows: Ints, inside: npt.NDArray[np.bool_], k: int, design: Design) -> tuple[Any, ...]:
    """Mean over the points inside, with its interval and counts, in the order of _FOUND."""
    known = np.flatnonzero(inside & (sweep.n[:, k] > 0))
    n, failed = sweep.n[known, k], int(sweep.n_failed[inside, k].sum())
    counts = len(known), int(n.sum()), failed
    if len(known) == 0:
        return np.nan, 0.0, 1.0, *counts
    p = sweep.probability[known, k]
    if len(known) == 1:
        return p[0], sweep.mc_low[known[0], k], sweep.mc_high[known[0], k], *counts
    low, high = _interval(p, sweep.standard_error[known, k], n, rows[known], design)
    return p.mean(), low, high, *counts


def _interval(p: Floats, error: Floats, n: Floats, rows: Ints, design: Design) -> tuple[float, float]:
    """95 % interval of the mean of two points or more."""
    z, m, mean = float(ndtri(0.975)), len(p), p.mean()
    square = z**2 * (error.mean() ** 2 if design.common else (error**2).sum() / m**2)
    if design.kind in _SAMPLED:
        units, place = np.unique(rows, return_inverse=True)
        if len(units) < 2:
            return 0.0, 1.0  # one unit tells nothing about others
        sums = np.bincount(place, weights=p - mean)
        spread = len(units) / (len(units) - 1.0) * (sums**2).sum() / m**2
        square = float(stdtrit(len(units) - 1, 0.975)) ** 2 * spread + (square if design.common else 0.0)
    shift = z**2 / (2.0 * (n.mean() if design.common else n.sum()))
    half = np.sqrt(square + shift**2)
    low, high = ((mean + shift + side * half) / (1.0 + 2.0 * shift) for side in (-1.0, 1.0))
    return float(max(low, 0.0)), float(min(high, 1.0))
