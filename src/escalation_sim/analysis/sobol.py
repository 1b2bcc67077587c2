"""Which variables make a probability vary: Sobol indices over a Saltelli design, with the luck taken out.

The probability at a point is an estimate f = p + e from finitely many replicates. Luck e adds to the variance of the
estimates and to their differences, so plain indices are wrong: the total index of an inert variable is not zero. With f
at A_j, B_j and AB_ij (A_j with variable i from B_j), n base rows, and c, V the mean and variance (divisor 2 n) of all
f_A and f_B, the plain indices (Saltelli et al. 2010, Computer Physics Communications 181, 259-270) are::

    first_i = mean_j (f_B - c)(f_AB - f_A) / V        total_i = mean_j (f_A - f_AB)^2 / 2 / V

and what luck adds to each, in expectation over luck, is::

    V                     mean var(e_A), var(e_B) - var(mean of all e_A, e_B)
    numerator of first_i  mean_j cov(e_B, e_AB - e_A) - cov(mean of all e_A, e_B; mean_j (e_AB - e_A))
    numerator of total_i  mean_j var(e_A - e_AB) / 2

Unbiased estimates of these (`luck.Luck`) are subtracted, as within-cell variance is in an analysis of variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import sobol_indices

from escalation_sim.analysis.luck import Luck, independent_luck
from escalation_sim.analysis.sweeps import KEYS, Floats, Variable, sweep_of

RESAMPLES = 999
_SEED = 1993  # of the bootstrap; a constant, so that the same points give the same table
_ENDS = (0.025, 0.975)
_ROUNDING = 1e-15  # a variance below it is rounding error


class Indices(NamedTuple):
    """Indices (d, K) with the ends of their 95 % intervals, and the share (K,) of the variance that is luck."""

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    luck_share: Floats


class _Parts(NamedTuple):
    """Variance (.., K) and plain indices (.., d, K), with what luck adds to the variance and to the numerators."""

    variance: Floats
    first: Floats
    total: Floats
    luck_variance: Floats
    luck_first: Floats
    luck_total: Floats


def indices(f: npt.ArrayLike, luck: Luck, resamples: int = RESAMPLES) -> Indices:
    """Sobol indices of the probability itself, and how sure they are.

    The intervals are percentiles of a bootstrap over base rows. If luck is common to all points it does not average out
    over rows; then clusters of replicates are resampled as well, to first order (Owen 2007, Annals of Applied
    Statistics 1, 386-411): without it the intervals would be too narrow. They err on the wide side.

    Parameters
    ----------
    f : array, shape (n, d + 2, K)
        Estimates at A_j, B_j, AB_1j .. AB_dj; n is a power of 2.
    luck : Luck
    resamples : int

    Returns
    -------
    Indices
        NaN where the variance of the probability is not told from luck: not above it in 97.5 % of the resamples. Then
        luck_share is near 1, or NaN if all points gave the same. Indices are not forced into [0, 1].

    Raises
    ------
    ValueError
        If an estimate or its luck is missing, or n is no power of 2.

    >>> x = np.array([[0.1, 0.7], [0.8, 0.2], [0.3, 0.4], [0.6, 0.9]])  # A_j and B_j; f = x
    >>> f = np.stack([x[:, 0], x[:, 1], x[:, 1]], axis=1)[:, :, None]
    >>> found = indices(f, independent_luck(np.zeros(f.shape)))
    >>> found.first.shape, found.luck_share.tolist()
    ((1, 1), [0.0])
    """
    values = np.asarray(f, float)
    if not np.isfinite(values).all():
        missing = int((~np.isfinite(values).all(axis=2)).sum())
        raise ValueError(f"{missing} of {values.shape[0] * values.shape[1]} points have no result; all are needed")
    if not np.isfinite(luck.variance).all():
        raise ValueError("the luck of some points is not known: each needs two replicates or more")
    whole = _whole(values, luck)
    resampled = _resampled(values, luck, resamples)
    first, total = _taken_out(whole)
    variance = resampled.variance - resampled.luck_variance
    lost = (variance <= _ROUNDING).mean(axis=0) > _ENDS[0]
    lost |= whole.variance - whole.luck_variance <= _ROUNDING
    ends = [np.nanquantile(np.where(lost, 0.0, found), _ENDS, axis=0) for found in _taken_out(resampled)]
    varies = whole.variance > _ROUNDING
    share = np.divide(whole.luck_variance, whole.variance, out=np.full(len(lost), np.nan), where=varies)
    made = [np.where(lost, np.nan, one) for one in (first, *ends[0], total, *ends[1])]
    return Indices._make([*made, np.clip(share, 0.0, 1.0)])


def _taken_out(parts: _Parts) -> tuple[Floats, Floats]:
    """First and total indices without luck; NaN where no variance is left."""
    left = parts.variance - parts.luck_variance
    told = (parts.variance > _ROUNDING) & (left > _ROUNDING)
    whole, left = (np.where(told, one, np.nan)[..., None, :] for one in (parts.variance, left))
    first, total = parts.first - parts.luck_first / whole, parts.total - parts.luck_total / whole
    return first * (whole / left), total * (whole / left)


def _whole(f: Floats, luck: Luck) -> _Parts:
    """From all rows; the plain indices are scipy's."""
    # A column is repeated, because scipy drops the axes of a single variable and column and then fails.
    a, b, ab = (np.concatenate([part, part[..., :1]], axis=-1) for part in (f[:, 0], f[:, 1], f[:, 2:]))
    plain = sobol_indices(func={"f_A": a.T, "f_B": b.T, "f_AB": ab.transpose(1, 2, 0)}, n=len(f))
    shape = a.shape[1], ab.shape[1]
    first, total = (one.reshape(shape)[:-1].T for one in (plain.first_order, plain.total_order))
    variance = f[:, :2].var(axis=(0, 1))
    added = luck.variance.mean(axis=0), luck.covariance.mean(axis=0), luck.difference.mean(axis=0) / 2.0
    return _Parts(
        variance,
        first,
        total,
        added[0] - luck.mean_variance,
        added[1] - luck.mean_covariance,
        added[2],
    )


def _resampled(f: Floats, luck: Luck, resamples: int) -> _Parts:
    """The same from resampled rows (and clusters), (resamples, ..): all are means over rows, so one product does it."""
    n, d, k = f.shape[0], f.shape[1] - 2, f.shape[2]
    rng = np.random.default_rng(_SEED)
    centred = f - f[:, :2].mean(axis=(0, 1))
    b, change = centred[:, 1:2], centred[:, 2:] - centred[:, :1]
    pair, square = centred[:, :2].mean(axis=1), (centred[:, :2] ** 2).mean(axis=1)
    terms = [pair[:, None], square[:, None], change, b * change, change**2 / 2.0]
    terms += [luck.variance[:, None], luck.covariance, luck.difference / 2.0]
    rows = np.concatenate(terms, axis=1).reshape(n, -1)
    means = (rng.multinomial(n, np.full(n, 1.0 / n), resamples) / n @ rows).reshape(resamples, -1, k)
    mean, square, change, product, half, added, covariance, difference = np.split(
        means, np.cumsum([1, 1, d, d, d, 1, d]), axis=1
    )
    moved = np.zeros((resamples, 1 + 2 * d, k))
    if len(luck.sway):
        clusters = len(luck.sway)
        counts = rng.multinomial(clusters, np.full(clusters, 1.0 / clusters), resamples).astype(float)
        moved = (counts @ _influence(f, luck.sway).reshape(clusters, -1)).reshape(moved.shape)
    variance = (square - mean**2)[:, 0] + moved[:, 0]
    whole = np.where(variance > _ROUNDING, variance, np.nan)[:, None]
    return _Parts(
        variance,
        (product - mean * change + moved[:, 1 : 1 + d]) / whole,
        (half + moved[:, 1 + d :]) / whole,
        added[:, 0] - luck.mean_variance,
        covariance - luck.mean_covariance,
        difference,
    )


def _influence(f: Floats, sway: Floats) -> Floats:
    """How far each cluster moves the variance and the numerators, (C, 1 + 2 d, K)."""
    d = f.shape[1] - 2
    c, change = f[:, :2].mean(axis=(0, 1)), (f[:, 2:] - f[:, :1]).mean(axis=0)
    mean, square, moved, product, half = np.split(sway, np.cumsum([1, 1, d, d]), axis=1)
    return np.concatenate([square - 2.0 * c * mean, product - c * moved - change * mean, half], axis=1)


def sobol_table(
    points: pd.DataFrame, variables: Sequence[Variable], luck: Luck | None = None, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """Sobol indices of every outcome and window of a sweep over a Saltelli design.

    Parameters
    ----------
    points : DataFrame
        As for `sweeps.sweep_of`; point j (d + 2) + k is A_j, B_j, AB_1j .. AB_dj for k = 0, 1, 2 ..
    variables : sequence of d mappings
        In the order of the design.
    luck : Luck, optional
        From `CommonLuck`, its columns in the order of the outcomes and windows in `points`. None: each point has its
        own luck, and the standard errors tell it.

    Returns
    -------
    DataFrame
        A row per outcome, window and variable: outcome, label, window_days, variable, variable_label, first,
        first_low, first_high, total, total_low, total_high (95 %), n (base rows), luck_share. See `indices`.

    Raises
    ------
    ValueError
        If a point failed, if the points are no whole Saltelli design, or if `luck` is that of other points.
    """
    sweep, d = sweep_of(points, variables), len(variables)
    if len(sweep.n) % (d + 2):
        raise ValueError(f"{len(sweep.n)} points are no whole number of base rows of {d + 2} points")
    f = sweep.probability.reshape(-1, d + 2, len(sweep.keys))
    if luck is None:
        luck = independent_luck(sweep.standard_error.reshape(f.shape))
    elif luck.estimates.shape != f.shape or not np.allclose(luck.estimates, f, rtol=0.0, atol=1e-9, equal_nan=True):
        raise ValueError("the luck is that of other points, or of other outcomes and windows")
    found = indices(f, luck, resamples)
    rows = [
        {**key, "variable": variable["id"], "variable_label": variable["label"]}
        | {name: float(getattr(found, name)[i, k]) for name in Indices._fields[:-1]}
        | {"n": len(f), "luck_share": float(found.luck_share[k])}
        for k, key in enumerate(sweep.keys)
        for i, variable in enumerate(variables)
    ]
    return pd.DataFrame(rows, columns=[*KEYS, "variable", "variable_label", *Indices._fields[:-1], "n", "luck_share"])
