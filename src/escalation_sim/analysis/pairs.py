"""What changes: two ensembles under the same luck, replicate against replicate.

A replicate of the one and the replicate of the same number of the other share parameters and luck, so what differs
between them is what was changed. Differences are therefore far better known than the two probabilities themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from escalation_sim.analysis.estimates import effective_size

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_LARGEST, _SMALLEST = 0.95, 0.05  # quantiles over the parameter draws: the central 90 %
_HALVINGS = 60


def paired_interval(
    gained: npt.ArrayLike, lost: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Score interval of the difference of two proportions from pairs (Tango 1998, Statistics in Medicine 17, 891-908).

    Unlike Wald's it does not collapse where no pair differs: then it is about ± 3.8 / n.

    Parameters
    ----------
    gained, lost : int or array of int, >= 0
        Pairs in which it happened in the second only, and in the first only. They broadcast.
    n : int or array of int, >= 1
        All pairs.
    confidence : float in (0, 1)

    Returns
    -------
    low, high : array
        Of the second proportion minus the first, in [-1, 1].

    >>> low, high = paired_interval(12, 2, 50)
    >>> f"{low[0]:.4f} {high[0]:.4f}"
    '0.0611 0.3447'
    """
    b, c, size = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in (gained, lost, n)))
    z = float(ndtri((1.0 + confidence) / 2.0))
    centre = (b - c) / size

    def end(outer: float) -> Floats:
        inside, outside = centre.copy(), np.full(centre.shape, outer)
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2.0
            near = np.abs(_score(b, c, size, middle)) <= z
            inside, outside = np.where(near, middle, inside), np.where(near, outside, middle)
        return (inside + outside) / 2.0

    return end(-1.0), end(1.0)


def _score(b: Floats, c: Floats, n: Floats, difference: Floats) -> Floats:
    """Tango's statistic: the difference seen minus the one supposed, in its standard errors under the latter."""
    quadratic, linear = 2.0 * n, (2.0 * n - b + c) * difference - b - c
    constant = -c * difference * (1.0 - difference)
    root = np.sqrt(np.maximum(linear**2 - 4.0 * quadratic * constant, 0.0))
    p_lost = (root - linear) / (2.0 * quadratic)  # the likeliest share of pairs lost, given the difference
    variance = n * np.maximum(2.0 * p_lost + difference * (1.0 - difference), 0.0)
    distance = b - c - n * difference
    certain = np.where(distance == 0.0, 0.0, np.copysign(np.inf, distance))
    return np.divide(distance, np.sqrt(variance), out=certain, where=variance > 0.0)


def ratio_interval(
    first: npt.ArrayLike, second: npt.ArrayLike, both: npt.ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of the ratio of two paired proportions (Bonett and Price 2006, Statistics in Medicine 25, 3039-3047).

    Parameters
    ----------
    first, second, both : int or array of int, >= 0
        Pairs in which it happened in the first, in the second, and in both.

    Returns
    -------
    low, high : array
        Of second / first; NaN where nothing bounds it (never seen in the first; in neither).

    >>> low, high = ratio_interval(20, 40, 18)
    >>> f"{low[0]:.2f} {high[0]:.2f}"
    '1.42 2.81'
    """
    x, y, shared = np.broadcast_arrays(*(np.atleast_1d(np.asarray(one, float)) for one in (first, second, both)))
    z = float(ndtri((1.0 + confidence) / 2.0))
    pairs = x + y - shared

    def spread(count: Floats) -> Floats:
        return np.sqrt((1.0 - (count + 1.0) / (pairs + 2.0)) / (count + 1.0))

    z = z * np.sqrt((x + y - 2.0 * shared + 2.0) / ((x + 1.0) * (y + 1.0))) / (spread(x) + spread(y))
    with np.errstate(divide="ignore", invalid="ignore"):
        (x_low, x_high), (y_low, y_high) = wilson(x, pairs, z), wilson(y, pairs, z)
        low, high = y_low / x_high, y_high / x_low
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def wilson(count: Floats, n: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Score interval of a proportion (Wilson 1927), for any quantile `z`."""
    middle = 2.0 * count + z**2
    half = z * np.sqrt(z**2 + 4.0 * count * np.maximum(1.0 - count / n, 0.0))
    low, high = (middle - half) / (2.0 * (n + z**2)), (middle + half) / (2.0 * (n + z**2))
    return np.where(count > 0, low, 0.0), np.where(count < n, high, 1.0)


def spread_over_draws(values: Floats, sizes: npt.NDArray[np.int64], squares: Floats) -> tuple[Floats, Floats]:
    """Where a mean difference lies when the parameters vary (central 90 %), the Monte-Carlo noise taken out.

    The means of the draws spread more than what they estimate. They are drawn together until their variance is what is
    left when the noise is subtracted (Louis 1984, JASA 79, 393-398); the shape of their distribution stays.

    Parameters
    ----------
    values : array, shape (P, K)
        Mean difference in each of P parameter draws.
    sizes : array of int, shape (P,)
        Replicates of each draw. A draw with fewer than two is left out.
    squares : array, shape (P, K)
        Mean of the squared differences.

    Returns
    -------
    low, high : arrays, shape (K,)
        NaN where the spread cannot be told from chance, or with fewer than two usable draws.
    """
    usable = sizes >= 2
    means, n, second = values[usable], sizes[usable, None], squares[usable]
    nothing = np.full(values.shape[1:], np.nan)
    if len(means) < 2:
        return nothing, nothing
    noise = ((second - means**2) / (n - 1)).mean(axis=0)
    variance = means.var(axis=0, ddof=1)
    left = np.maximum(variance - noise, 0.0)
    middle = means.mean(axis=0)
    told = left > 1e-15
    share = np.sqrt(np.divide(left, variance, out=np.zeros_like(left), where=told))
    drawn = middle + (means - middle) * share
    low, high = np.quantile(drawn, (_SMALLEST, _LARGEST), axis=0)
    return np.where(told, low, np.nan), np.where(told, high, np.nan)


class Contrast(NamedTuple):
    """A mean over replicates with its Monte-Carlo (95 %) and parameter (90 %) intervals, each of shape (K,)."""

    mean: Floats
    mc_low: Floats
    mc_high: Floats
    parameter_low: Floats
    parameter_high: Floats


def by_draw(values: npt.NDArray[Any], draw_index: npt.NDArray[np.int64]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Means (P, K) of `values` (R, K) within each parameter draw, and how many replicates each draw has, (P,)."""
    sizes = np.bincount(draw_index)
    sums = np.stack([np.bincount(draw_index, weights=column, minlength=len(sizes)) for column in values.T], axis=1)
    return sums / np.maximum(sizes, 1)[:, None], sizes


def _spread(change: npt.NDArray[np.int8], draw_index: Any, mc_low: Floats, mc_high: Floats) -> tuple[Floats, Floats]:
    """The parameter interval, or the Monte-Carlo one where it is lost in chance."""
    means, sizes = by_draw(change, draw_index)
    squares, _ = by_draw(change.astype(np.int64) ** 2, draw_index)
    low, high = spread_over_draws(means, sizes, squares)
    if (sizes >= 2).sum() < 2:
        return low, high
    return np.where(np.isnan(low), mc_low, low), np.where(np.isnan(high), mc_high, high)


def interaction(change: npt.NDArray[np.int8], draw_index: npt.NDArray[np.int64], confidence: float = 0.95) -> Contrast:
    """Mean of a contrast of whole numbers per replicate, such as both - one - other + neither.

    The Monte-Carlo interval is the normal one, widened by z² / 2 replicates on either side and z² / 4 in the variance,
    as a score interval is: it does not collapse where no replicate differs.

    Parameters
    ----------
    change : array of int, shape (R, K)
    draw_index : array of int, shape (R,)
    confidence : float in (0, 1)
        Of the Monte-Carlo interval.

    >>> import numpy as np
    >>> found = interaction(np.zeros((1000, 1), np.int8), np.zeros(1000, np.int64))
    >>> float(found.mean[0]), round(float(found.mc_high[0]), 5)
    (0.0, 0.00384)
    """
    z = float(ndtri((1.0 + confidence) / 2.0))
    mean = change.mean(axis=0, dtype=np.float64)
    variance = (change.astype(np.int64) ** 2).mean(axis=0) - mean**2
    worth = effective_size(*by_draw(change, draw_index), variance)
    half = (z * np.sqrt(worth * variance + z**2 / 4.0) + z**2 / 2.0) / worth
    low, high = mean - half, mean + half
    return Contrast(mean, low, high, *_spread(change, draw_index, low, high))


def difference_table(
    first_day: npt.NDArray[Any],
    second_day: npt.NDArray[Any],
    draw_index: npt.NDArray[np.int64],
    outcomes: Sequence[Mapping[str, Any]],
    same: bool = False,
) -> pd.DataFrame:
    """How much likelier each outcome is in a second ensemble than in a first one that shares its luck.

    Parameters
    ----------
    first_day, second_day : array, shape (R, O)
        Days from the start to the first occurrence, -1 = never; row r of both is one pair.
    draw_index : array of int, shape (R,)
        Which draw of the parameters each replicate used.
    outcomes : sequence of O mappings
        Each with ``id``, ``label``, ``kind``, ``windows`` (days) and ``resolution``, as for `outcome_table`.
    same : bool
        Both ensembles are known to compute the same: differences are then exactly zero, and so are their intervals.

    Returns
    -------
    DataFrame
        One row per outcome and window: outcome, label, kind, window_days, baseline, alternative (probabilities),
        difference, mc_low, mc_high (Tango, 95 %, for as many pairs as these are worth: `estimates.effective_size`),
        parameter_low, parameter_high (central 90 % of parameter draws), ratio, ratio_low, ratio_high,
        gained, lost (replicates that changed their answer to yes, to no), n, n_effective,
        variance_ratio (of the difference if replicates were not paired, over that of the paired one; NaN if no
        replicate differs) and variance_ratio_limit (what the best pairing could reach for these two probabilities).

    >>> import numpy as np
    >>> spec = {"id": "war", "label": "War", "kind": "vertical", "windows": [30], "resolution": "War."}
    >>> first, second = np.array([[-1], [10], [-1], [-1]]), np.array([[9], [10], [-1], [-1]])
    >>> table = difference_table(first, second, np.array([0, 0, 1, 1]), [spec])
    >>> table[["difference", "gained", "lost"]].values.tolist()
    [[0.25, 1.0, 0.0]]
    """
    frames = [
        _differences(_within(first_day[:, o], spec), _within(second_day[:, o], spec), draw_index, same).assign(
            outcome=spec["id"], label=spec["label"], kind=spec["kind"], window_days=list(spec["windows"])
        )
        for o, spec in enumerate(outcomes)
    ]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)]


COLUMNS = (
    "outcome", "label", "kind", "window_days", "baseline", "alternative", "difference", "mc_low", "mc_high",
    "parameter_low", "parameter_high", "ratio", "ratio_low", "ratio_high", "gained", "lost", "n", "n_effective",
    "variance_ratio", "variance_ratio_limit",
)  # fmt: skip


def longest(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of differences at the longest window of each outcome, in every alternative.

    An outcome that is asked for within less time than the others says so in its label, for titles name the longest.

    >>> rows = pd.DataFrame({"outcome": ["war", "war", "talks"], "label": ["War", "War", "Talks"]})
    >>> longest(rows.assign(window_days=[30.0, 365.0, 90.0]))["label"].tolist()
    ['War', 'Talks (90 days)']
    """
    each = [name for name in ("variant", "outcome") if name in table.columns]
    last = table[table["window_days"] == table.groupby(each)["window_days"].transform("max")]
    window = last["window_days"].max()
    shorter = last["label"] + last["window_days"].map(lambda days: f" ({days:g} days)")
    return last.assign(label=last["label"].where(last["window_days"] == window, shorter))


def told_from_zero(table: pd.DataFrame) -> pd.Series[bool]:
    """Rows of a table of differences whose Monte-Carlo interval leaves zero out."""
    return (table["mc_low"] > 0.0) | (table["mc_high"] < 0.0)


def bound_of(table: pd.DataFrame) -> float:
    """The largest change that the Monte-Carlo intervals of a table of differences leave room for, either way.

    >>> bound_of(pd.DataFrame({"mc_low": [-0.03, -0.01], "mc_high": [0.01, 0.02]}))
    0.03
    """
    return float(max(table["mc_high"].max(), -table["mc_low"].min()))


def _within(day: npt.NDArray[Any], spec: Mapping[str, Any]) -> Flags:
    """Whether it had happened by the end of each window, (R, K)."""
    return (day[:, None] >= 0) & (day[:, None] <= np.asarray(spec["windows"], float)[None, :])


def _differences(first: Flags, second: Flags, draw_index: npt.NDArray[np.int64], same: bool) -> pd.DataFrame:
    n = len(first)
    x, y = first.sum(axis=0), second.sum(axis=0)
    gained, lost = (second & ~first).sum(axis=0), (first & ~second).sum(axis=0)
    change = second.astype(np.int8) - first.astype(np.int8)
    mean = (gained - lost) / n
    unpaired = (x * (n - x) + y * (n - y)) / n**2
    paired = (gained + lost) / n - mean**2
    share = effective_size(*by_draw(change, draw_index), paired) / n
    mc_low, mc_high = paired_interval(gained * share, lost * share, n * share)
    low, high = _spread(change, draw_index, mc_low, mc_high)
    ratio = np.divide(y, x, out=np.full(len(x), np.nan), where=x > 0)
    ratio_low, ratio_high = ratio_interval(x * share, y * share, (x - lost) * share)
    if same:
        mc_low, mc_high, low, high = (np.zeros(len(x)) for _ in range(4))
        ratio_low, ratio_high = ratio, ratio
    least = np.abs(mean) * (1.0 - np.abs(mean))  # both probabilities given, no pairing of yes and no differs less
    return pd.DataFrame(
        {
            "baseline": x / n, "alternative": y / n, "difference": mean, "mc_low": mc_low, "mc_high": mc_high,
            "parameter_low": low, "parameter_high": high,
            "ratio": ratio, "ratio_low": ratio_low, "ratio_high": ratio_high,
            "gained": gained, "lost": lost, "n": n, "n_effective": n * share,
            "variance_ratio": np.divide(unpaired, paired, out=np.full(len(x), np.nan), where=paired > 1e-12),
            "variance_ratio_limit": np.divide(unpaired, least, out=np.full(len(x), np.nan), where=least > 1e-12),
        }
    )  # fmt: skip
