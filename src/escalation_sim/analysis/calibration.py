"""Do things come about as often as was said? Calibration of forecasts over K classes, all classes pooled."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis.estimates import Floats, binomial_interval

_CLIP = 1e-6  # the log-odds of 0 and 1 are infinite; a calibration line has to stop somewhere


def calibration_slope(p: npt.ArrayLike, observed: npt.ArrayLike) -> tuple[float, float]:
    """Slope and intercept of the calibration line in log-odds, over all forecasts and classes.

    A logistic regression of what came about on what was said: logit P(k came about) = intercept + slope * logit p_k.
    Forecasts that are calibrated have slope 1 and intercept 0. A slope below 1 means too extreme forecasts, one above 1
    too timid ones. With K = 2 the two classes mirror each other, so the intercept is 0 whatever was forecast.

    Parameters
    ----------
    p : array, shape (N, K)
        Clipped to [1e-6, 1 - 1e-6].
    observed : array of int, shape (N,)
        As for `brier`.

    Returns
    -------
    slope, intercept : float
        Both NaN where no finite line exists: all probabilities equal, or a threshold that tells hits from misses
        without error.

    References
    ----------
    Cox (1958), Biometrika 45, 562–565, doi:10.1093/biomet/45.3-4.562

    Of a hundred forecasts of "90 %", ninety were right, and of a hundred of "60 %", sixty:

    >>> p = [[0.9, 0.1]] * 100 + [[0.6, 0.4]] * 100
    >>> slope, intercept = calibration_slope(p, [0] * 90 + [1] * 10 + [0] * 60 + [1] * 40)
    >>> f"{slope:.3f} {abs(intercept):.3f}"
    '1.000 0.000'
    """
    table, hit = checked(p, observed)
    return logistic_line(logit(table).ravel(), hit.ravel())


def expected_calibration_error(p: npt.ArrayLike, observed: npt.ArrayLike, bins: int = 10) -> float:
    """Mean distance between what was forecast and how often it came about, over the bins of `reliability`.

    Parameters
    ----------
    p, observed, bins
        As for `reliability`: all classes pooled, bins of (nearly) equal counts.

    Returns
    -------
    float in [0, 1]
        sum over bins of n_b / n * abs(mean forecast_b - frequency_b). With finite data a calibrated forecaster has more
        than 0, the more so the more bins there are. Not a proper score: the base rate for everyone has nearly 0.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), AAAI 29, doi:10.1609/aaai.v29i1.9602

    >>> expected_calibration_error([[0.75, 0.25]] * 4, [0, 0, 0, 1])
    0.0
    >>> expected_calibration_error([[1.0, 0.0]] * 4, [0, 0, 0, 1])
    0.25
    """
    table = reliability(p, observed, bins)
    gap = (table["forecast"] - table["frequency"]).abs()
    return float((gap * table["n"]).sum() / table["n"].sum())


def reliability(p: npt.ArrayLike, observed: npt.ArrayLike, bins: int = 10) -> pd.DataFrame:
    """What was forecast and how often it came about, bin by bin: the points of a reliability diagram.

    Parameters
    ----------
    p : array, shape (N, K)
    observed : array of int, shape (N,)
        As for `brier`. All N * K pairs of a probability and a yes or no are pooled.
    bins : int, at least 1
        Borders are quantiles of the pooled probabilities, so bins hold (nearly) equal counts. Equal probabilities share
        a bin; with many of them there are fewer bins than asked for.

    Returns
    -------
    DataFrame
        A row per bin, from low to high: forecast (mean), frequency (observed), low and high (its exact 95 % interval),
        n and count. The interval takes the pairs as independent. Classes of one forecast are not, nor are rows of one
        group: where these are large it is too narrow.

    References
    ----------
    Murphy and Winkler (1977), Applied Statistics 26, 41–47, doi:10.2307/2346866;
    Clopper and Pearson (1934), Biometrika 26, 404–413, doi:10.1093/biomet/26.4.404

    >>> table = reliability([[0.9, 0.1]] * 10, [0] * 8 + [1] * 2)
    >>> table[["forecast", "frequency", "n", "count"]].values.round(3).tolist()
    [[0.1, 0.2, 10.0, 2.0], [0.9, 0.8, 10.0, 8.0]]
    """
    table, hit = checked(p, observed)
    if bins < 1:
        raise ValueError(f"a reliability table needs at least one bin, not {bins}")
    said, came = table.ravel(), hit.ravel()
    # "lower" takes borders from the data: one between two data points could part numbers that only rounding parts.
    borders = np.unique(np.quantile(said, np.arange(1, bins) / bins, method="lower"))
    place = np.unique(np.searchsorted(borders, said), return_inverse=True)[1]
    n, count = np.bincount(place), np.bincount(place, came).astype(int)
    low, high = binomial_interval(count, n)
    means = {"forecast": np.bincount(place, said) / n, "frequency": count / n}
    return pd.DataFrame({**means, "low": low, "high": high, "n": n, "count": count})


def checked(p: npt.ArrayLike, observed: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The forecasts (N, K) and where each came true (N, K), after a look at both.

    Raises
    ------
    ValueError
        If the shapes disagree, a row is no distribution, or a class does not exist.

    >>> checked([[0.2, 0.8]], [1])[1].tolist()
    [[False, True]]
    """
    table, seen = np.asarray(p, float), np.asarray(observed)
    if table.ndim != 2 or seen.shape != table.shape[:1] or not table.size:
        raise ValueError(f"forecasts {table.shape} must be (N, K) with N > 0, and observed {seen.shape} be (N,)")
    if not (np.all(table >= 0.0) and np.allclose(table.sum(axis=1), 1.0, rtol=0.0, atol=1e-6)):
        raise ValueError("each row of forecasts must hold probabilities that add up to 1")
    if seen.dtype.kind not in "iub" or seen.min() < 0 or seen.max() >= table.shape[1]:
        raise ValueError(f"observed must hold whole numbers from 0 to {table.shape[1] - 1}, the index of a class")
    return table, np.arange(table.shape[1]) == seen[:, None]


def logit(p: Floats) -> Floats:
    """Log-odds, of probabilities clipped to [1e-6, 1 - 1e-6].

    >>> logit(np.array([0.5, 0.9, 0.0])).round(2).tolist()
    [0.0, 2.2, -13.82]
    """
    clipped = np.clip(p, _CLIP, 1.0 - _CLIP)
    odds: Floats = np.log(clipped) - np.log1p(-clipped)
    return odds


def logistic_line(x: Floats, y: npt.NDArray[np.bool_], start: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
    """Slope and intercept of largest likelihood of P(y) = logistic(intercept + slope * x), by Newton's method.

    `start` is a (slope, intercept) to begin at. A step that lowers the likelihood is halved, so that any start will do.
    Both NaN where there is no finite line; see `calibration_slope`.

    >>> slope, intercept = logistic_line(np.array([0.0, 0.0, 1.0, 1.0, 1.0]), np.array([1, 0, 1, 1, 0]) > 0)
    >>> f"{slope:.4f} {abs(intercept):.4f}"
    '0.6931 0.0000'
    """
    slope, intercept = start if math.isfinite(start[0]) else (0.0, 0.0)
    sign = np.where(y, 1.0, -1.0)

    def loss(slope: float, intercept: float) -> float:
        return float(np.logaddexp(0.0, -sign * (intercept + slope * x)).sum())

    now = loss(slope, intercept)
    for _ in range(50):
        fitted = 0.5 + 0.5 * np.tanh(0.5 * (intercept + slope * x))
        residual, weight = y - fitted, fitted * (1.0 - fitted)
        total, mean = weight.sum(), np.average(x, weights=weight) if weight.any() else 0.0
        spread = (weight * (x - mean) ** 2).sum()
        if spread <= 1e-9 or now <= 1e-6:  # a column of equal numbers, or hits and misses told apart without error
            break
        tilt = (residual * (x - mean)).sum() / spread
        lift = residual.sum() / total - tilt * mean
        if max(abs(tilt), abs(lift)) < 1e-9 * (1.0 + abs(slope) + abs(intercept)):
            return slope, intercept
        while (then := loss(slope + tilt, intercept + lift)) > now + 1e-9 * (1.0 + now):
            tilt, lift = tilt / 2.0, lift / 2.0
        slope, intercept, now = slope + tilt, intercept + lift, then
    return math.nan, math.nan
