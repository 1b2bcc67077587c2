"""Which variables move the distribution of a probability over any design: PAWN, a density-free sensitivity index.

For each variable the points are cut into conditioning intervals (its levels, or equal numbers of points). The index is
the median over these intervals of the Kolmogorov-Smirnov distance between the distribution of the probability over the
points inside and over all points (Pianosi and Wagener 2015, Environmental Modelling & Software 67, 1-11, and 2018, 108,
197-207). Distances are never negative and grow with noise, so the index of finitely many points is too high, most of
all that of an inert variable. How high that may be a dummy tells: the same statistic after the values of the variable
were dealt out anew among the points. Read an index against its dummy and not against zero, and indices of one sweep
against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis.sweeps import KEYS, Floats, Ints, Variable, binned, rows_of, sweep_of

RESAMPLES = 199  # with 199 the 95 % quantile of a dummy is an exact test at 5 %: rank 190 of 200
MOST_INTERVALS, LEAST_POINTS = 10, 20  # fewer intervals where they would hold fewer points: bias grows as they shrink
_SEED = 2015
_COLUMNS = ("pawn", "low", "high", "dummy", "told", "n", "n_failed")


def pawn_table(
    points: pd.DataFrame, variables: Sequence[Variable], kind: str, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """PAWN index of each variable for every outcome and window of a sweep.

    What varies over points is the estimate of a probability, luck included: luck blurs what a variable does and never
    makes an inert one look active.

    Parameters
    ----------
    points : DataFrame
        As for `sweeps.sweep_of`. Failed points are left out.
    variables : sequence of mappings
    kind : str
        Of the design. Of a Saltelli design ("sobol") whole base rows are resampled and dealt out, for their points
        resemble each other; of any other design, points.
    resamples : int
        Of the bootstrap, and of the dummy.

    Returns
    -------
    DataFrame
        A row per outcome, window and variable: outcome, label, window_days, variable, variable_label, pawn; low, high:
        where indices of samples of as many points lie, their common bias included (the central 95 % of a bootstrap with
        the intervals held fixed, moved so that its median is the index, for resampling biases once more); dummy: the
        95 % quantile of the dummy; told: 1 if the index is above it, which 5 % of inert variables are; n and n_failed:
        points used, and left out. Of a variable with a single value left, all is NaN, and told 0.

    >>> rows = [(i, i % 20, "war", "War", 30.0, (i % 20) / 20, 0, 1, 0.1, 9, 0) for i in range(200)]
    >>> names = "point x outcome label window_days probability mc_low mc_high standard_error n n_failed".split()
    >>> x = {"id": "x", "label": "x", "kind": "number"}
    >>> pawn_table(pd.DataFrame(rows, columns=names), [x], "list")[["pawn", "told", "n"]].values.tolist()
    [[0.7, 1.0, 200.0]]
    """
    sweep = sweep_of(points, variables)
    rows = rows_of(len(sweep.n), len(variables), kind)
    groups = [_intervals(sweep.values[one["id"]], one["kind"] == "choice") for one in variables]
    weights, deals = _resamples(rows, resamples)
    head = [{"variable": one["id"], "variable_label": one["label"]} for one in variables]
    made = []
    for k, key in enumerate(sweep.keys):
        ok = sweep.n[:, k] > 0
        outcome = _Outcome.of(sweep.probability[:, k], ok, weights)
        for name, place in zip(head, groups, strict=True):
            found = _index(outcome, place, deals)
            numbers = zip(_COLUMNS, (*found, int(ok.sum()), int((~ok).sum())), strict=True)
            made.append({**key, **name, **dict(numbers)})
    return pd.DataFrame(made, columns=[*KEYS, "variable", "variable_label", *_COLUMNS])


def _intervals(values: pd.Series[Any], choice: bool) -> Ints:
    return binned(values, choice, max(min(MOST_INTERVALS, len(values) // LEAST_POINTS), 2)).place


def _resamples(rows: Ints, resamples: int) -> tuple[Floats, Ints]:
    """How often each resample has each point, (N, B); and the point whose values each point is dealt, (B, N)."""
    rng = np.random.default_rng(_SEED)
    units = int(rows.max(initial=0)) + 1
    size = len(rows) // units
    counts = rng.multinomial(units, np.full(units, 1.0 / units), resamples)
    dealt = np.stack([rng.permutation(units) for _ in range(resamples)])
    return counts.T[rows].astype(float), dealt[:, rows] * size + np.arange(len(rows)) % size


class _Outcome(NamedTuple):
    """The N points in ascending order of a probability, those that failed last; M of them have one."""

    order: Ints  # (N,)
    below: Floats  # (N,) share of the M points whose probability is lower; no bound on what failed
    upto: Floats  # (N,) share of those whose probability is not higher
    n: int  # M
    weights: Floats  # (M, B)
    running: Floats  # (M + 1, B) share of the weight up to each point

    @classmethod
    def of(cls, y: Floats, ok: npt.NDArray[np.bool_], weights: Floats) -> _Outcome:
        n = int(ok.sum())
        order = np.argsort(np.where(ok, y, np.inf), kind="stable")
        known = y[order[:n]]
        below, upto = np.full(len(y), -np.inf), np.full(len(y), np.inf)
        below[:n] = np.searchsorted(known, known, "left") / n
        upto[:n] = np.searchsorted(known, known, "right") / n
        own = weights[order[:n]]
        running = np.concatenate([np.zeros((1, own.shape[1])), np.cumsum(own, axis=0)])
        return cls(order, below, upto, n, own, running / np.maximum(running[-1], 1.0))


def _index(outcome: _Outcome, place: Ints, deals: Ints) -> tuple[float, ...]:
    """The index, its interval, the dummy, and whether it is told from it."""
    if len(np.unique(place[outcome.order[: outcome.n]])) < 2:
        return np.nan, np.nan, np.nan, np.nan, 0
    index = _dealt(outcome, place[outcome.order][None])[0]
    dummy = np.sort(_dealt(outcome, place[deals[:, outcome.order]]))
    limit = dummy[min(int(np.ceil(0.95 * (len(dummy) + 1))), len(dummy)) - 1]
    low, middle, high = np.quantile(_weighted(outcome, place), (0.025, 0.5, 0.975))
    ends = np.clip((index + low - middle, index + high - middle), 0.0, 1.0)
    return index, *ends, limit, int(index > limit + 1e-12)


# The distribution inside a group is flat between the group's own points, so its largest distance from that of all
# points is right after one of them, or right before. Of points that tie, all but the last (or first) give less.


def _dealt(outcome: _Outcome, place: Ints) -> Floats:
    """Median distance for each row of groups (B, N) of the points, in ascending order of the probability."""
    order = np.argsort(place.astype(np.int16), axis=1, kind="stable")  # 16 bits or fewer are sorted by radix
    found = []
    for members in np.split(order, np.cumsum(np.bincount(place[0]))[:-1], axis=1):
        size = (members < outcome.n).sum(axis=1, keepdims=True)
        step = 1.0 / np.maximum(size, 1)
        inside = np.arange(1, members.shape[1] + 1) * step
        after = (inside - outcome.upto[members]).max(axis=1)
        before = (outcome.below[members] - inside).max(axis=1) + step[:, 0]
        found.append(np.where(size[:, 0] > 0, np.maximum(after, before), np.nan))
    return np.nanmedian(found, axis=0)


def _weighted(outcome: _Outcome, place: Ints) -> Floats:
    """Median distance for each resample of the points."""
    known = place[outcome.order[: outcome.n]]
    below, upto = (np.rint(outcome.n * share[: outcome.n]).astype(int) for share in (outcome.below, outcome.upto))
    found = []
    for group in np.unique(known):
        members = np.flatnonzero(known == group)
        own = outcome.weights[members]
        inside = np.cumsum(own, axis=0)
        total = inside[-1].copy()
        own /= np.maximum(total, 1.0)
        inside /= np.maximum(total, 1.0)
        after = (inside - outcome.running[upto[members]]).max(axis=0)
        before = (outcome.running[below[members]] - inside + own).max(axis=0)
        found.append(np.where(total > 0.0, np.maximum(after, before), np.nan))
    empty = outcome.running[-1] == 0.0  # a resample of nothing but failed points
    return np.nanmedian(np.where(empty, 0.0, found), axis=0)
