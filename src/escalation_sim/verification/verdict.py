"""What a check says: rows that hold what came out against what should, each passed or not."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

LARGEST = 40.0  # a z-score beyond which no p-value can be told from 0
NORMAL = 50.0  # variance of a count from which its law is as good as normal


class Effort(NamedTuple):
    """How hard to look.

    Attributes
    ----------
    n : int
        Replicates of a closed-form case; other checks take a fixed share of it.
    seed : int
    jobs : int
        Threads.
    limit : float
        The largest z-score (of either sign) that passes.
    """

    n: int
    seed: int
    jobs: int
    limit: float

    def share(self, part: float, least: int = 1) -> int:
        """A part of `n`, at least so many.

        >>> Effort(1000, 1, 1, 4.5).share(0.001, least=20)
        20
        """
        return max(least, round(self.n * part))


class Row(NamedTuple):
    """One comparison.

    Attributes
    ----------
    compared : str
    exact, got : float
        What it should be, and what it is. (NaN where a whole law is compared.)
    off : float
        How far apart: in standard errors if `by_chance`, else as a plain difference.
    n : int
        Replicates, draws or things compared.
    passed : bool
    by_chance : bool
        Whether luck can make it fail, so that it is worth another try.
    """

    compared: str
    exact: float
    got: float
    off: float
    n: int
    passed: bool
    by_chance: bool


def share(compared: str, count: Any, n: int, p: float, effort: Effort) -> Row:
    """`count` of `n` against the probability they should come from, 0 < p < 1.

    Where so few are expected that luck is not normal, the z-score is that of the tail of the binomial law.

    >>> row = share("heads", 5_100, 10_000, 0.5, Effort(10_000, 1, 1, 4.5))
    >>> round(row.off, 2), row.passed
    (2.0, True)
    >>> round(share("rare", 8, 1_000, 0.002, Effort(1_000, 1, 1, 4.5)).off, 2)
    3.07
    """
    from scipy.stats import binom

    got, variance = int(count) / n, n * p * (1.0 - p)
    off = (got - p) * n / math.sqrt(variance)
    if variance < NORMAL:
        off = math.copysign(_z(binom.sf(count - 1, n, p) if got > p else binom.cdf(count, n, p)), off)
    return _by_chance(compared, p, got, off, n, effort)


def _z(tail: float) -> float:
    """The z-score that is exceeded with this probability, 0 for more than a half."""
    from scipy.stats import norm

    return float(norm.isf(min(max(tail, 1e-300), 0.5)))


def mean(compared: str, sample: Any, exact: float, effort: Effort) -> Row:
    """Mean of independent numbers against what it should be."""
    values = np.asarray(sample, float)
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    apart = float(values.mean()) - exact
    off = apart / error if error > 0.0 else math.copysign(LARGEST, apart) if apart else 0.0
    return _by_chance(compared, exact, float(values.mean()), off, len(values), effort)


def few(compared: str, sample: Any, exact: float, effort: Effort) -> Row:
    """As `mean`, for few numbers: by Student's law, told as the z-score of the same p-value."""
    from scipy.stats import t

    row = mean(compared, sample, exact, effort)
    off = math.copysign(_z(t.sf(abs(row.off), row.n - 1)), row.off)
    return _by_chance(compared, exact, row.got, off, row.n, effort)


def law(compared: str, p_value: float, n: int, effort: Effort) -> Row:
    """A whole distribution against the one it should be: the p-value of a test, and its z-score."""
    return _by_chance(compared, math.nan, math.nan, _z(p_value / 2.0), n, effort)


def between(compared: str, got: float, low: float, high: float, error: float, n: int, effort: Effort) -> Row:
    """A share that has no exact value but bounds: standard errors by which it lies outside them; 0 inside."""
    off = min(got - low, 0.0) + max(got - high, 0.0)
    return _by_chance(f"{compared} in [{low:g}, {high:g}]", math.nan, got, off / error, n, effort)


def _by_chance(compared: str, exact: float, got: float, off: float, n: int, effort: Effort) -> Row:
    return Row(compared, exact, got, off, n, bool(abs(off) <= effort.limit), True)  # false for NaN


def equal(compared: str, exact: float, got: float, n: int, within: float = 0.0) -> Row:
    """Two numbers that luck cannot move apart.

    >>> equal("differing rows", 0, 3, 1000).passed
    False
    """
    return Row(compared, float(exact), float(got), float(got - exact), n, bool(abs(got - exact) <= within), False)


def differing(compared: str, one: Any, other: Any) -> Row:
    """Places at which two arrays differ, which should be none."""
    a, b = np.asarray(one), np.asarray(other)
    if a.shape != b.shape:
        return equal(f"{compared} (another shape)", 0, 1, a.size)
    return equal(compared, 0, int((a != b).sum()), a.size)


def fit(counts: npt.ArrayLike, p: npt.ArrayLike) -> float:
    """p-value of counts against probabilities that sum to 1 (cells that expect fewer than five are joined).

    >>> fit([50, 50], [0.5, 0.5])
    1.0
    """
    from scipy.stats import chisquare

    expected = np.sum(counts) * np.asarray(p, dtype=float)
    cells = [(0.0, 0.0)]
    for pair in zip(np.asarray(counts), expected, strict=True):
        cells[-1] = (cells[-1][0] + pair[0], cells[-1][1] + pair[1])
        if cells[-1][1] >= 5.0:
            cells.append((0.0, 0.0))
    rest = cells.pop()
    cells[-1] = (cells[-1][0] + rest[0], cells[-1][1] + rest[1])
    seen, wanted = zip(*cells, strict=True)
    return float(chisquare(seen, wanted).pvalue)
