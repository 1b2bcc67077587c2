"""Two yes-or-no questions about the same replicates: do they hang together, how strongly, and how sure is that?

Replicates of one parameter draw resemble each other. Two things that have nothing to do with each other but depend on
numbers of their own are then correlated by chance over a hundred draws, and a test that takes ten thousand replicates
for independent finds a connection that another seed does not. So the draws are the sample here, as clusters are in a
survey, and replicates count for as many independent ones as they are worth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim.analysis.estimates import binomial_interval, effective_size
from escalation_sim.analysis.pairs import wilson

Floats = npt.NDArray[np.float64]
_Z95 = 1.959963984540054


class Split(NamedTuple):
    """Replicates of P parameter draws by whether a signal was seen and whether the outcome followed, each (P,)."""

    follows_seen: Floats
    seen: Floats
    follows_unseen: Floats
    unseen: Floats

    @property
    def pooled(self) -> tuple[float, float, float, float]:
        """The four counts over all draws."""
        a, n, b, m = (float(counts.sum()) for counts in self)
        return a, n, b, m


def difference_interval(
    a: npt.ArrayLike, n: npt.ArrayLike, b: npt.ArrayLike, m: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """95 % interval of a / n - b / m, independent (Newcombe 1998, Statistics in Medicine 17, 873-890, method 10).

    >>> low, high = difference_interval(56, 70, 48, 80)
    >>> f"{low[0]:.4f} {high[0]:.4f}"
    '0.0524 0.3339'
    """
    p, p_low, p_high, q, q_low, q_high = _two_proportions(a, n, b, m)
    low = p - q - np.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    return low, p - q + np.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)


def ratio_interval(a: npt.ArrayLike, n: npt.ArrayLike, b: npt.ArrayLike, m: npt.ArrayLike) -> tuple[Floats, Floats]:
    """95 % interval of (a / n) / (b / m), independent (MOVER-R: Newcombe 2016, Stat. Methods Med. Res. 25, 1774-1778).

    It is made of the two score intervals, as that of the difference is, and stays finite where one count is zero; with
    `b` = 0 nothing bounds it above: NaN.

    >>> low, high = ratio_interval(56, 70, 48, 80)
    >>> f"{low[0]:.2f} {high[0]:.2f}"
    '1.08 1.66'
    """
    p, p_low, p_high, q, q_low, q_high = _two_proportions(a, n, b, m)
    up, down = p_low * (2 * p - p_low), q_high * (2 * q - q_high)
    root = p * q + np.sqrt(np.maximum((p * q) ** 2 - up * down, 0.0))
    low = np.divide(up, root, out=np.zeros_like(root), where=root > 0)
    up, down = p_high * (2 * p - p_high), q_low * (2 * q - q_low)
    root = p * q + np.sqrt(np.maximum((p * q) ** 2 - up * down, 0.0))
    return low, np.divide(root, down, out=np.full_like(root, np.nan), where=down > 0)


def _two_proportions(a: npt.ArrayLike, n: npt.ArrayLike, b: npt.ArrayLike, m: npt.ArrayLike) -> tuple[Floats, ...]:
    """Each proportion with its score interval."""
    x, size, y, other = (np.atleast_1d(np.asarray(one, float)) for one in (a, n, b, m))
    z = np.full(np.broadcast_shapes(x.shape, y.shape), _Z95)
    return x / size, *wilson(x, size, z), y / other, *wilson(y, other, z)


def information(table: Floats) -> Floats:
    """Mutual information, in bits, of two-by-two tables (Shannon 1948): what seeing the signal tells of the outcome.

    Parameters
    ----------
    table : array, shape (2, 2, ...)
        Counts: outcome follows or not, by signal seen or not.

    >>> information(np.array([[50.0, 0.0], [0.0, 50.0]])).round(6).tolist(), float(information(np.full((2, 2), 7.0)))
    (1.0, 0.0)
    """
    p = table / table.sum(axis=(0, 1))
    expected = p.sum(axis=0, keepdims=True) * p.sum(axis=1, keepdims=True)
    terms = p * np.log2(np.divide(p, expected, out=np.ones_like(p), where=p > 0.0))
    bits: Floats = np.maximum(terms.sum(axis=(0, 1)), 0.0)
    return bits


def p_value(split: Split) -> float:
    """Probability of a connection at least as strong if there were none: Fisher's exact test, for clustered replicates.

    Two-sided by doubling the smaller tail. The quantile of the exact p-value is divided by the root of the design
    effect (Rao and Scott 1981, JASA 76, 221-230) and looked up in Student's t for the number of draws. With a single
    draw, on which all is then conditional, it is Fisher's.

    >>> one_draw = [np.array([float(count)]) for count in (3, 4, 1, 4)]
    >>> round(p_value(Split(*one_draw)), 4)
    0.4857
    """
    from scipy.special import ndtri, stdtr
    from scipy.stats import hypergeom

    a, n, b, m = split.pooled
    total, follows = n + m, a + b
    tails = hypergeom.cdf(a, total, follows, n), hypergeom.sf(a - 1, total, follows, n)
    exact = min(1.0, 2.0 * float(min(tails)))
    used = split.seen + split.unseen > 0
    draws = int(used.sum())
    if draws < 2 or exact >= 1.0:
        return exact
    share, came = n / total, follows / total
    size = (split.seen + split.unseen)[used]
    came_here = (split.follows_seen + split.follows_unseen)[used]
    score = split.follows_seen[used] - share * came_here - came * split.seen[used] + share * came * size
    clustered = draws / (draws - 1) * float(((score - score.sum() * size / total) ** 2).sum())
    alone = total * share * (1.0 - share) * came * (1.0 - came)
    quantile = -float(ndtri(exact / 2.0)) if exact > 1e-300 else abs(float(score.sum())) / float(np.sqrt(alone))
    return 2.0 * float(stdtr(draws - 1, -quantile / np.sqrt(max(1.0, clustered / alone))))


def worth(split: Split) -> float:
    """Share of the replicates that as many independent ones would be, for the difference between seen and unseen."""
    a, n, b, m = split.pooled
    p, q, size = a / n, b / m, split.seen + split.unseen
    used = size > 0
    score = (split.follows_seen - p * split.seen) / n - (split.follows_unseen - q * split.unseen) / m
    means = (score[used] * (n + m) / size[used])[:, None]
    variance = np.array([(n + m) * (p * (1 - p) / n + q * (1 - q) / m)])
    return float(effective_size(means, size[used], variance)[0] / (n + m))


def proportion_interval(count: Floats, size: Floats) -> tuple[float, float]:
    """Exact 95 % interval of a proportion for as many independent replicates as those of the draws, (P,), are worth.

    >>> low, high = proportion_interval(np.array([37.0]), np.array([1000.0]))
    >>> f"{low:.5f} {high:.5f}"
    '0.02618 0.05064'
    """
    used = size > 0
    share = float(count.sum() / size.sum())
    means = (count[used] / size[used])[:, None]
    n = effective_size(means, size[used], np.array([share * (1.0 - share)]))
    low, high = binomial_interval(share * n, n)
    return float(low[0]), float(high[0])


def within_draws(split: Split) -> tuple[float, float, float]:
    """Difference between seen and unseen within parameter draws, with its 95 % interval over the draws.

    Weighted as by Mantel and Haenszel (1959); the interval is Student's over draws that hold both. NaN where no draw
    does, and for the interval if only one does.

    >>> halves = Split(*(np.array(counts, float) for counts in ([8, 2], [10, 10], [7, 1], [10, 10])))
    >>> round(within_draws(halves)[0], 3)
    0.1
    """
    from scipy.special import stdtrit

    both = (split.seen > 0) & (split.unseen > 0)
    a, n, b, m = (counts[both] for counts in split)
    if not len(n):
        return float("nan"), float("nan"), float("nan")
    weight = n * m / (n + m)
    differences = a / n - b / m
    mean = float((weight * differences).sum() / weight.sum())
    if len(n) < 2:
        return mean, float("nan"), float("nan")
    squares = ((weight * (differences - mean)) ** 2).sum() / weight.sum() ** 2
    half = float(stdtrit(len(n) - 1, 0.975) * np.sqrt(len(n) / (len(n) - 1) * squares))
    return mean, mean - half, mean + half
