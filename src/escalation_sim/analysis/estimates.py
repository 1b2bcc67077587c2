"""How likely, and how sure: from days of first occurrence to probabilities with their intervals.

Two uncertainties are kept apart. *Monte-Carlo* error comes from the finite number of replicates and shrinks
with more of them; *parameter* uncertainty comes from not knowing the coefficients and does not. Neither shows
the uncertainty of the model itself: every number here is conditional on the model and the scenario.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betaincinv, stdtrit

Floats = npt.NDArray[np.float64]

_KEYS = ("outcome", "label", "kind", "window_days")
_INTERVALS = ("probability", "mc_low", "mc_high", "parameter_low", "parameter_high")


def binomial_interval(count: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> tuple[Any, Any]:
    """Exact interval of a proportion, `count` of `n` (Clopper and Pearson 1934).

    Never Wald: with 0 of 1,000 that one says [0, 0], though 0.3 % may well show nothing in so many.

    Parameters
    ----------
    count, n : int or array of int, 0 <= count <= n
        Replicates in which it happened, and all replicates. They broadcast.
    confidence : float in (0, 1)
        Coverage is at least this, whatever the true probability. (`ValueError` if outside, or a count is.)

    Returns
    -------
    low, high : float or array in [0, 1]
        With `n` = 0 nothing is known: 0 and 1.

    >>> low, high = binomial_interval(37, 1000)
    >>> f"{low:.5f} {high:.5f}"
    '0.02618 0.05064'
    >>> low, high = binomial_interval([0, 1000], 1000)
    >>> [f"{x:.5f}" for x in (*low, *high)]
    ['0.00000', '0.99632', '0.00368', '1.00000']
    """
    k, size = np.broadcast_arrays(np.asarray(count, float), np.asarray(n, float))
    if np.any(k < 0) or np.any(k > size):
        raise ValueError("a count must lie between 0 and n")
    _check_open_unit(confidence, "confidence")
    tail = (1.0 - confidence) / 2.0
    # Where the beta quantile is undefined (no successes, or no failures) the bound is the edge itself.
    low = np.where(k > 0, betaincinv(np.maximum(k, 1.0), size - k + 1.0, tail), 0.0)
    high = np.where(k < size, betaincinv(k + 1.0, np.maximum(size - k, 1.0), 1.0 - tail), 1.0)
    return (low, high) if low.ndim else (float(low), float(high))


def effective_size(means: Floats, sizes: npt.NDArray[Any], variance: Floats) -> Floats:
    """How many independent replicates the replicates are worth that share draws of the parameters.

    Those of one draw resemble each other, and another seed draws other parameters: a mean over 100 draws of 100
    replicates is less sure than one over 10,000 draws. The variance of the mean is estimated from the draws, as from
    the clusters of a survey, with Student's t for their number (Korn and Graubard 1998, Survey Methodology 24,
    193-201).

    Parameters
    ----------
    means : array, shape (P, K)
        Mean of some quantity in each of P draws.
    sizes : array of int, shape (P,)
        Replicates of each draw, all > 0.
    variance : array, shape (K,)
        Variance of one replicate, all draws pooled.

    Returns
    -------
    array, shape (K,)
        At most the number of replicates, which it is where nothing varies, or with a single draw: then the result is
        conditional on that draw.

    >>> effective_size(np.array([[0.1], [0.3]]), np.array([50, 50]), np.array([0.16])).round(2).tolist()
    [0.39]
    """
    n, draws = int(sizes.sum()), len(sizes)
    whole = np.full(means.shape[1:], float(n))
    if draws < 2:
        return whole
    clustered = variance_of_mean(means, sizes)
    told = (clustered > 1e-15) & (variance > 1e-15)
    worth = np.minimum(np.divide(variance, clustered, out=whole.copy(), where=told), n)
    student = (stdtrit(n - 1, 0.975) / stdtrit(draws - 1, 0.975)) ** 2
    return np.where(told, worth * student, whole)


def variance_of_mean(means: Floats, sizes: npt.NDArray[Any]) -> Floats:
    """Variance of the mean over all replicates, estimated from P > 1 draws as from clusters: arguments (P, K) and (P,).

    >>> variance_of_mean(np.array([[0.1], [0.3]]), np.array([50, 50])).round(4).tolist()
    [0.01]
    """
    weight, draws = sizes[:, None] / sizes.sum(), len(sizes)
    spread: Floats = ((weight * (means - (weight * means).sum(axis=0))) ** 2).sum(axis=0)
    return draws / (draws - 1) * spread


def parameter_interval(counts: npt.ArrayLike, sizes: npt.ArrayLike, level: float = 0.90) -> tuple[Any, Any]:
    """Where the probability lies when the parameters vary, with the Monte-Carlo noise taken out.

    Draw i of the parameters has its own probability p_i, seen only as x_i = counts_i / sizes_i. The x_i
    spread more than the p_i, for each carries binomial noise. With p_i ~ Beta(a, b), so that counts are
    beta-binomial, moments give (Kleinman 1973, JASA 68, 46–54, with equal weights)::

        mean    m = sum(counts) / sum(sizes)
        within  w = mean of x_i (1 - x_i) / (sizes_i - 1)    unbiased for the mean of p_i (1 - p_i) / sizes_i
        between v = max(0, variance of the x_i - w)
        a = m s,  b = (1 - m) s,  s = m (1 - m) / v - 1

    and the interval is the central `level` of Beta(a, b).

    Parameters
    ----------
    counts : array of int, shape (P,) or (P, K)
        Replicates in which it happened, for each of P parameter draws (and each of K windows).
    sizes : array of int, shape (P,)
        Replicates of each draw. A draw with fewer than two says nothing about its own noise and is left out.
    level : float in (0, 1)
        Share of the parameter draws inside the interval.

    Returns
    -------
    low, high : float, or array of shape (K,)
        NaN with fewer than two usable draws. Both equal the mean where the spread does not exceed chance: for
        an outcome seen a handful of times that means *not detectable*; read the Monte-Carlo interval instead.

    >>> low, high = parameter_interval([2, 9, 4, 15, 7], [100] * 5)
    >>> f"{low:.3f} {high:.3f}"
    '0.019 0.156'
    """
    _check_open_unit(level, "level")
    k, size = np.asarray(counts, float), np.asarray(sizes, float)
    if size.ndim != 1 or k.shape[:1] != size.shape:
        raise ValueError(f"counts {k.shape} and sizes {size.shape} must agree in their first axis")
    table, size = k.reshape(len(size), math.prod(k.shape[1:]))[size >= 2], size[size >= 2, None]
    if len(size) < 2:
        nothing = np.full(k.shape[1:], np.nan)
        return (nothing, nothing.copy()) if k.ndim > 1 else (math.nan, math.nan)
    x = table / size
    mean = table.sum(0) / size.sum()
    low, high = _beta_quantiles(mean, between_draws(x, size), (1.0 - level) / 2.0)
    return (low.reshape(k.shape[1:]), high.reshape(k.shape[1:])) if k.ndim > 1 else (float(low[0]), float(high[0]))


def between_draws(shares: Floats, sizes: npt.NDArray[Any]) -> Floats:
    """Variance of a probability between parameter draws, (K,), from shares (P, K) in sizes (P, 1), all > 1."""
    noise = shares * (1 - shares) / (sizes - 1)
    variance: Floats = np.maximum(shares.var(0, ddof=1) - noise.mean(0), 0.0)
    return variance


def _beta_quantiles(mean: Floats, variance: Floats, tail: float) -> tuple[Floats, Floats]:
    """Quantiles `tail` and 1 - `tail` of Beta distributions with these moments; the mean if no spread."""
    spread = variance > 1e-15  # below this the difference of two variances is rounding error
    room = mean * (1.0 - mean)
    # A sample variance may exceed m (1 - m), the most a distribution on [0, 1] has: then all mass is at 0 and
    # 1.
    strength = np.maximum(np.divide(room, variance, out=np.ones_like(room), where=spread) - 1.0, 1e-3)
    a, b = np.where(spread, mean * strength, 1.0), np.where(spread, (1.0 - mean) * strength, 1.0)
    low = np.where(spread, betaincinv(a, b, tail), mean)
    return low, np.where(spread, betaincinv(a, b, 1.0 - tail), mean)


def _check_open_unit(value: float, name: str) -> None:
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, not {value!r}")


def cumulative(first_day: npt.ArrayLike, days: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """In how many replicates it had happened by each day.

    Parameters
    ----------
    first_day : array, shape (R,)
        Days from the start to the first occurrence in each replicate; -1 = never.
    days : array, shape (K,)
        In any order. The day itself counts: an event on day 30 is within 30 days.

    Returns
    -------
    array of int, shape (K,)

    >>> cumulative([-1, 7, 14, 30, 200], [0, 7, 30, 365]).tolist()
    [0, 1, 3, 4]
    """
    first = np.asarray(first_day, float)
    return np.searchsorted(np.sort(first[first >= 0]), np.asarray(days, float), side="right").astype(np.int64)


class Counts(NamedTuple):
    """In how many replicates each of O outcomes had come about by each of W days, for each of P parameter draws."""

    by_draw: npt.NDArray[np.int64]  # (P, O, W)
    sizes: npt.NDArray[np.int64]  # (P,) replicates of each draw, all > 0
    days: Floats  # (W,) ascending


def counted(first_day: npt.ArrayLike, draw_index: npt.ArrayLike, days: npt.ArrayLike) -> Counts:
    """Replicates counted by parameter draw.

    Parameters
    ----------
    first_day : array, shape (R, O)
        Days from the start to the first occurrence, -1 = never, one column per outcome.
    draw_index : array of int, shape (R,)
        Which draw of the parameters each replicate used. (`ValueError` if not as many as `first_day`.)
    days : array, shape (W,)
        In any order.

    >>> counted([[-1], [10], [90], [-1]], [0, 0, 1, 1], [30, 365]).by_draw.tolist()
    [[[1, 1]], [[0, 1]]]
    """
    first, draw, some = np.asarray(first_day, float), np.asarray(draw_index), np.unique(np.asarray(days, float))
    if len(first) != len(draw):
        raise ValueError(f"first_day has {len(first)} rows, expected {len(draw)}, one for each of draw_index")
    draws, sizes = np.unique(draw, return_counts=True)
    by_draw = np.zeros((len(draws), first.shape[1], len(some)), dtype=np.int64)
    for p, number in enumerate(draws):
        by_draw[p] = [cumulative(column, some) for column in first[draw == number].T]
    return Counts(by_draw, sizes, some)


def outcome_table(counts: Counts, outcomes: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Probability of each outcome within each of its windows, with both intervals.

    Parameters
    ----------
    counts : Counts
        At least by the days at which the windows end. No window may be longer than the replicates ran: what lies
        beyond their horizon cannot be seen from here.
    outcomes : sequence of O mappings
        Each with ``id``, ``label``, ``kind``, ``windows`` (days) and ``resolution``.

    Returns
    -------
    DataFrame
        One row per outcome and window: outcome, label, kind, window_days, probability, mc_low, mc_high (95 %,
        replicates and draws), parameter_low, parameter_high (central 90 % of parameter draws), n, count, resolution.

    Raises
    ------
    ValueError
        If the counts are of another number of outcomes, or none by the end of a window.

    >>> spec = {"id": "war", "label": "War", "kind": "vertical", "windows": [30, 365], "resolution": "War."}
    >>> table = outcome_table(counted([[-1], [10], [90], [-1]], [0, 0, 1, 1], [30, 365]), [spec])
    >>> table[["window_days", "probability", "count", "n"]].values.tolist()
    [[30.0, 0.25, 1.0, 4.0], [365.0, 0.5, 2.0, 4.0]]
    """
    _check_outcomes(counts, outcomes)
    frames = [
        _estimates(counts, place, spec["windows"]).assign(
            outcome=spec["id"], **{key: spec[key] for key in ("label", "kind", "resolution")}
        )
        for place, spec in enumerate(outcomes)
    ]
    return _stacked(frames, [*_KEYS, *_INTERVALS, "n", "count", "resolution"])


def curves(counts: Counts, days: npt.ArrayLike, ids: Sequence[str]) -> pd.DataFrame:
    """Probability that each outcome has happened by each day; input and intervals as in `outcome_table`.

    Returns
    -------
    DataFrame
        A row per outcome and day: outcome, day, probability, mc_low, mc_high, parameter_low, parameter_high.

    >>> curves(counted([[-1], [10], [90], [-1]], [0, 0, 1, 1], [0, 30, 90]), [0, 30, 90], ["war"]).probability.tolist()
    [0.0, 0.25, 0.5]
    """
    _check_outcomes(counts, ids)
    frames = [_estimates(counts, place, days).assign(outcome=name) for place, name in enumerate(ids)]
    return _stacked([f.rename(columns={"window_days": "day"}) for f in frames], ["outcome", "day", *_INTERVALS])


def _check_outcomes(counts: Counts, outcomes: Sequence[Any]) -> None:
    if (found := counts.by_draw.shape[1]) != len(outcomes):
        raise ValueError(f"counts of {found} outcomes, expected {len(outcomes)}")


def _stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _estimates(known: Counts, outcome: int, days: npt.ArrayLike) -> pd.DataFrame:
    """Probability of one outcome by each of `days` with both intervals, and of how many replicates."""
    found = estimated(known.by_draw[:, outcome].take(places(known, days), axis=1), known.sizes)
    del found["standard_error"]
    return pd.DataFrame({"window_days": np.asarray(days), **found})


def places(known: Counts, days: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Where each of `days` stands among those by which replicates were counted (`ValueError` if one does not)."""
    place = np.searchsorted(known.days, np.asarray(days, float))
    if not np.array_equal(known.days[np.minimum(place, len(known.days) - 1)], days):
        raise ValueError(f"replicates were counted by {known.days} days, not by all of {days!r}")
    return place


def estimated(counts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> dict[str, Any]:
    """K probabilities with both intervals, from counts (P, K) of replicates in each of P draws (P,).

    The Monte-Carlo interval is the exact one for as many independent replicates as these are worth: it covers the
    luck of the replicates and that of the parameter draws. Where the draws differ no more than chance makes them
    differ, nothing finer than chance can be said of the parameters either, so the Monte-Carlo interval stands in for
    theirs: a width of nothing would look like certainty.

    Returns
    -------
    dict of str -> array, shape (K,)
        probability, mc_low, mc_high, parameter_low, parameter_high, standard_error (of the probability; its square is
        unbiased; NaN for a single replicate), n, count.

    >>> found = estimated(np.array([[1], [3]]), np.array([10, 10]))
    >>> found["probability"].tolist(), found["standard_error"].round(3).tolist()
    ([0.2], [0.1])
    """
    count, n = counts.sum(0), int(sizes.sum())
    share = count / n if n else np.zeros(len(count))
    bernoulli = share * (1.0 - share)
    worth = effective_size(counts / sizes[:, None], sizes, bernoulli) if n else n
    mc_low, mc_high = binomial_interval(share * worth, worth)
    parameter_low, parameter_high = parameter_interval(counts, sizes)
    untold = parameter_low == parameter_high
    parameter_low, parameter_high = np.where(untold, mc_low, parameter_low), np.where(untold, mc_high, parameter_high)
    probability = share if n else np.full(len(count), np.nan)
    if len(sizes) > 1:
        error = np.sqrt(variance_of_mean(counts / sizes[:, None], sizes))
    else:
        error = np.sqrt(bernoulli / (n - 1)) if n > 1 else np.full(len(count), np.nan)
    values = (probability, mc_low, mc_high, parameter_low, parameter_high)
    return {**dict(zip(_INTERVALS, values, strict=True)), "standard_error": error, "n": n, "count": count}
