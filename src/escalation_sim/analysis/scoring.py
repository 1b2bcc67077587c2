"""How good forecasts were: proper scores, calibration, skill, and intervals that respect what belongs together.

A forecast is a row of K probabilities, one per class (per rung that may be the highest, say); `observed` is the index
of the class that came about. A yes-or-no forecast is K = 2, so its scores are sums over both classes too: a Brier score
of a binary forecast is twice the (p - y)**2 that some authors print. Lower scores are better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis.calibration import (
    calibration_slope,
    checked,
    expected_calibration_error,
    logistic_line,
    logit,
    reliability,
)
from escalation_sim.analysis.estimates import Floats

__all__ = [
    "brier",
    "calibration_slope",
    "expected_calibration_error",
    "grouped_bootstrap",
    "log_score",
    "reliability",
    "score_table",
    "skill",
]

Integers = npt.NDArray[np.int64]

_SCORES = ("brier", "log_score", "skill", "calibration_slope", "calibration_intercept")


def brier(p: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Brier score of each forecast, in its original form: a sum over all classes.

    Parameters
    ----------
    p : array, shape (N, K)
        Probabilities of K classes; each row adds up to 1.
    observed : array of int, shape (N,)
        Index of the class that came about, 0 to K - 1.

    Returns
    -------
    array, shape (N,), in [0, 2]
        sum over k of (p_k - 1[k = observed])**2. 0 is a sure forecast that was right, 2 one that was wrong; a uniform
        forecast has 1 - 1/K, so "50 %" for a yes-or-no question has 0.5. Strictly proper.

    Raises
    ------
    ValueError
        If shapes disagree, a row is no distribution, or a class does not exist. The same holds for all functions here.

    References
    ----------
    Brier (1950), Monthly Weather Review 78, 1–3, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    >>> brier([[0.5, 0.5], [0.8, 0.2], [0.0, 1.0]], [0, 0, 0]).round(3).tolist()
    [0.5, 0.08, 2.0]
    """
    table, hit = checked(p, observed)
    score: Floats = ((table - hit) ** 2).sum(axis=1)
    return score


def log_score(p: npt.ArrayLike, observed: npt.ArrayLike, floor: float = 1e-6) -> Floats:
    """Logarithmic score of each forecast: minus the log of the probability of what came about.

    Parameters
    ----------
    p : array, shape (N, K)
    observed : array of int, shape (N,)
        As for `brier`.
    floor : float in (0, 1)
        A probability below it counts as the floor, one in a million unless told otherwise: no single miss is then worse
        than -log(floor) = 13.8. Only for probabilities above the floor is the score proper.

    Returns
    -------
    array, shape (N,), in [0, -log(floor)]
        -log(max(p_observed, floor)), in nats. A uniform forecast has log K.

    References
    ----------
    Good (1952), Journal of the Royal Statistical Society B 14, 107–114, doi:10.1111/j.2517-6161.1952.tb00104.x;
    Gneiting and Raftery (2007), JASA 102, 359–378, doi:10.1198/016214506000001437

    >>> log_score([[0.5, 0.5], [1.0, 0.0]], [0, 1]).round(3).tolist()
    [0.693, 13.816]
    """
    table, hit = checked(p, observed)
    if not 0.0 < floor < 1.0:
        raise ValueError(f"floor must lie between 0 and 1, not {floor!r}")
    return 0.0 - np.log(np.maximum(table[hit], floor))  # 0 and not -0 where it was certain


def skill(score: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Share of a reference's mean score that a forecaster does without.

    Parameters
    ----------
    score, reference : array, shape (N,)
        Scores of which lower is better and 0 is best, such as `brier` gives, of the same N forecasts.

    Returns
    -------
    float, at most 1
        1 - mean(score) / mean(reference): 1 is perfect, 0 as good as the reference, below 0 worse. NaN if the reference
        is perfect, for then there is nothing to be better than.

    References
    ----------
    Murphy (1988), Monthly Weather Review 116, 2417–2424, doi:10.1175/1520-0493(1988)116<2417:SSBOTM>2.0.CO;2

    >>> skill([0.1, 0.3], [0.5, 0.3])
    0.5
    """
    own, to_beat = np.asarray(score, float).mean(), np.asarray(reference, float).mean()
    return float(1.0 - own / to_beat) if to_beat > 0.0 else math.nan


def grouped_bootstrap(
    values: npt.ArrayLike,
    groups: npt.ArrayLike,
    statistic: Callable[[Integers], Any],
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[Any, Any]:
    """Percentile interval of a statistic when rows come in groups: whole groups are drawn with replacement.

    Weeks of one confrontation resemble each other. Were they drawn one by one, the interval would be far too narrow.

    Parameters
    ----------
    values : array, shape (N, ...)
        The table whose rows are drawn. Only its length is read here: `statistic` reads the rows.
    groups : array, shape (N,)
        Which group each row belongs to (numbers or texts).
    statistic : function of an array of int
        Called with the *positions* of the rows drawn (not with the rows); gives a number, or an array of any fixed
        shape. What is computed from several tables by the same positions is paired.
    n : int
        Number of bootstrap samples.
    seed : int
        The same seed, groups and order of rows give the same samples.
    level : float in (0, 1)
        Coverage that is aimed at. With few groups (below about 30) the true one is lower.

    Returns
    -------
    low, high : float or array, of the shape that `statistic` gives
        Quantiles (1 - level) / 2 and (1 + level) / 2. NaN where any sample gives NaN: an interval that leaves such
        samples out would look surer than it is.

    References
    ----------
    Field and Welsh (2007), Journal of the Royal Statistical Society B 69, 369–390,
    doi:10.1111/j.1467-9868.2007.00593.x

    >>> x = np.arange(8.0)
    >>> low, high = grouped_bootstrap(x, list("aabbccdd"), lambda rows: x[rows].mean())
    >>> bool(0.5 <= low < 3.5 < high <= 6.5)
    True
    """
    code = pd.factorize(np.asarray(groups), sort=True)[0]
    if len(code) != len(np.asarray(values)) or not len(code) or (code < 0).any():
        raise ValueError("each of the rows, at least one, needs a group")
    if not 0.0 < level < 1.0 or n < 1:
        raise ValueError(f"level must lie between 0 and 1 and n be at least 1, not {level!r} and {n}")
    size = np.bincount(code)
    members, begins = np.argsort(code, kind="stable"), np.cumsum(size) - size
    generator = np.random.Generator(np.random.Philox(seed))
    samples = []
    for _ in range(n):
        drawn = generator.integers(len(size), size=len(size))
        width = size[drawn]
        shift = np.repeat(begins[drawn] - (np.cumsum(width) - width), width)  # from place in the sample to `members`
        samples.append(statistic(members[np.arange(len(shift)) + shift]))
    low, high = np.quantile(np.asarray(samples, float), [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return (low, high) if np.ndim(low) else (float(low), float(high))


def score_table(
    forecasts: Mapping[str, npt.ArrayLike],
    observed: npt.ArrayLike,
    groups: npt.ArrayLike,
    reference: str,
    seed: int = 0,
) -> pd.DataFrame:
    """Several forecasters of the same things side by side, with intervals from the same bootstrap samples.

    Parameters
    ----------
    forecasts : mapping of name to array, shape (N, K)
    observed : array of int, shape (N,)
        As for `brier`.
    groups : array, shape (N,)
        Rows that belong together, as for `grouped_bootstrap`, which gives all intervals (1,000 samples, 95 %).
    reference : str
        The forecaster that skill is told against.
    seed : int

    Returns
    -------
    DataFrame
        A row per forecaster: forecaster, n (rows), groups, ece (of 10 bins), and each of brier, log_score, skill (of
        the Brier score against the reference), calibration_slope and calibration_intercept with its `_low` and `_high`.
        Skill is paired: both scores come from the same samples, so what makes all forecasts of a group hard does not
        widen it.

    >>> told = {"knows": [[0.9, 0.1], [0.2, 0.8]] * 2, "even": [[0.5, 0.5]] * 4}
    >>> table = score_table(told, [0, 1, 0, 1], ["a", "a", "b", "b"], reference="even")
    >>> table[["forecaster", "groups", "brier", "skill"]].round(3).values.tolist()
    [['knows', 2, 0.05, 0.9], ['even', 2, 0.5, 0.0]]
    """
    if reference not in forecasts:
        raise ValueError(f"no forecaster named {reference!r} to be the reference; there are {', '.join(forecasts)}")
    said = [(brier(p, observed), log_score(p, observed), logit(np.asarray(p, float))) for p in forecasts.values()]
    hit, base = checked(forecasts[reference], observed)[1], list(forecasts).index(reference)
    start = [logistic_line(x, hit) for *_, x in said]

    def scores(rows: Integers) -> Floats:
        lines = [logistic_line(x[rows], hit[rows], line) for (*_, x), line in zip(said, start, strict=True)]
        means = [(b[rows].mean(), log[rows].mean(), skill(b[rows], said[base][0][rows])) for b, log, _ in said]
        return np.hstack([means, lines])

    everything = np.arange(len(hit))
    estimate, (low, high) = scores(everything), grouped_bootstrap(everything, groups, scores, seed=seed)
    table = pd.DataFrame({"forecaster": list(forecasts), "n": len(hit), "groups": len(np.unique(np.asarray(groups)))})
    for column, name in enumerate(_SCORES):
        for ending, values in (("", estimate), ("_low", low), ("_high", high)):
            table[name + ending] = values[:, column]
    table["ece"] = [expected_calibration_error(p, observed) for p in forecasts.values()]
    return table
