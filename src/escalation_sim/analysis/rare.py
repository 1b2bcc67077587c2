"""Probabilities of rare outcomes from independent repetitions of a splitting estimate, with both uncertainties."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri, stdtrit

from escalation_sim.analysis.wording import percent, percent_of_count

Floats = npt.NDArray[np.float64]


def repeated_estimate(estimates: npt.ArrayLike, draw_index: npt.ArrayLike) -> pd.DataFrame:
    """Mean of unbiased estimates that are independent given the parameters; several may share a draw of these.

    Draws are clusters, as in `estimates.effective_size`: the spread of their means tells how sure the whole mean is,
    luck and parameters together. Such estimates are skewed, so the interval is Student's on the log scale. How the
    probability differs between draws is told from the spread of the draws' means less the noise within draws, as a
    lognormal distribution with these moments.

    Parameters
    ----------
    estimates : array, shape (M, K), >= 0
        Estimates by repetition and window.
    draw_index : array of int, shape (M,)
        Draw of the parameters that each repetition used.

    Returns
    -------
    DataFrame
        A row per window: probability, mc_low, mc_high (95 %), parameter_low, parameter_high (90 %; the former two
        where the spread is lost in noise), n and count: as many independent replicates would tell the probability as
        surely, and in as many of them it would be expected. All of a window that was never reached are NaN, and 0.

    >>> table = repeated_estimate([[1e-6], [3e-6], [2e-6], [2e-6]], [0, 0, 1, 1])
    >>> f"{table.probability[0]:.1e} {table.mc_low[0]:.1e} {table.mc_high[0]:.1e}"
    '2.0e-06 2.0e-06 2.0e-06'
    """
    values, draws = np.asarray(estimates, float), np.asarray(draw_index)
    mean, error, freedom = _clustered(values, draws)
    told = mean > 0.0
    relative = np.divide(error, mean, out=np.full_like(mean, np.nan), where=told)
    factor = np.exp(stdtrit(freedom, 0.975) * relative)
    low, high = mean / factor, np.minimum(mean * factor, 1.0)
    below, above = _over_draws(values, draws, mean)
    untold = np.isnan(below)
    size = np.divide((1.0 - mean) * mean, error**2, out=np.zeros_like(mean), where=told & (error > 0.0))
    frame = {
        "probability": mean,
        "mc_low": low,
        "mc_high": high,
        "parameter_low": np.where(untold, low, below),
        "parameter_high": np.where(untold, high, above),
    }
    table = pd.DataFrame(frame).where(pd.Series(told), np.nan)
    count = np.maximum(np.rint(size * mean), told)
    return table.assign(n=np.maximum(np.rint(size), count + told).astype(np.int64), count=count.astype(np.int64))


def _clustered(values: Floats, draws: npt.NDArray[np.int64]) -> tuple[Floats, Floats, int]:
    """Mean, its standard error and degrees of freedom; the draws are clusters, or the repetitions if there is one."""
    groups = draws if len(set(draws.tolist())) > 1 else np.arange(len(values))
    numbers, place = np.unique(groups, return_inverse=True)
    sizes = np.bincount(place)
    sums = np.zeros((len(numbers), values.shape[1]))
    np.add.at(sums, place, values)
    mean, k = values.mean(0), len(numbers)
    if k < 2:
        return mean, np.full_like(mean, np.nan), 1
    spread = ((sums - sizes[:, None] * mean) ** 2).sum(0)
    return mean, np.sqrt(k / (k - 1) * spread) / len(values), k - 1


def _over_draws(
    values: Floats, draws: npt.NDArray[np.int64], mean: Floats, level: float = 0.90
) -> tuple[Floats, Floats]:
    """Central range of the probability over the draws, noise taken out; NaN where it cannot be told from noise."""
    means, noise = [], []
    for draw in np.unique(draws):
        own = values[draws == draw]
        if len(own) > 1:
            means.append(own.mean(0))
            noise.append(own.var(0, ddof=1) / len(own))
    nothing = np.full_like(mean, np.nan)
    if len(means) < 2:
        return nothing, nothing.copy()
    between = np.var(means, axis=0, ddof=1) - np.mean(noise, axis=0)
    told = (between > 0.0) & (mean > 0.0)
    square = np.log1p(np.divide(between, mean**2, out=np.zeros_like(mean), where=told))
    middle = np.log(mean, out=nothing.copy(), where=told) - square / 2.0
    reach = float(ndtri(0.5 + level / 2.0)) * np.sqrt(square)
    return np.where(told, np.exp(middle - reach), np.nan), np.where(
        told, np.exp(np.minimum(middle + reach, 0.0)), np.nan
    )


def told(probability: float, count: int, n: int) -> str:
    """A probability in percent, by whatever method; a bound where nothing (or everything) was seen.

    >>> told(2e-4, 3, 15_000), told(0.0, 0, 10_000)
    ('0.02 %', '< 0.04 %')
    """
    return percent(probability) if 0 < count < n else percent_of_count(count, n)


def disagreement(probability: float, error: float, count: int, n: int) -> float:
    """Standard errors between an estimate by splitting and `count` of `n` replicates that were simply counted.

    >>> round(disagreement(1e-3, 1e-4, 10, 10_000), 2), disagreement(1e-3, 1e-4, 40, 10_000) > 4
    (0.0, True)
    """
    expected = n * probability
    return abs(count - expected) / math.sqrt(max(expected, 1e-300) + (n * error) ** 2)
