"""What to watch: which early acts and events tell most of whether an outcome will come about later.

A landmark analysis (Anderson, Cain and Gelber 1983, Journal of Clinical Oncology 1, 710-719): at the end of an early
period, replicates in which the outcome has not come about yet are split by what was seen in it. Counting those in which
it came first would let an outcome be a sign of itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis.estimates import binomial_interval
from escalation_sim.analysis.pairs import wilson

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
FALSE_DISCOVERIES = 0.05  # share of false ones among the signals that are told
ALIKE = 0.9  # squared correlation above which two signals are one
COLUMNS = (
    "outcome", "label", "window_days", "rank", "signal", "information", "seen", "given_seen", "given_seen_low",
    "given_seen_high", "given_unseen", "given_unseen_low", "given_unseen_high", "difference", "difference_low",
    "difference_high", "within_draws", "likelihood_ratio", "q_value", "n_seen", "n_unseen",
)  # fmt: skip


class Signal(NamedTuple):
    """Something that can be seen by the landmark: in words, what it is a degree of, and in which replicates."""

    words: str
    family: str  # of several degrees of one thing (rungs on an edge) the most telling is kept
    seen: Flags  # (R,)


def difference_interval(
    a: npt.ArrayLike, n: npt.ArrayLike, b: npt.ArrayLike, m: npt.ArrayLike, z: float = 1.959963984540054
) -> tuple[Floats, Floats]:
    """Interval of a / n - b / m, independent (Newcombe 1998, Statistics in Medicine 17, 873-890, method 10).

    >>> low, high = difference_interval(56, 70, 48, 80)
    >>> f"{low[0]:.4f} {high[0]:.4f}"
    '0.0524 0.3339'
    """
    x, size, y, other = (np.atleast_1d(np.asarray(one, float)) for one in (a, n, b, m))
    quantile = np.full(np.broadcast_shapes(x.shape, y.shape), z)
    (x_low, x_high), (y_low, y_high) = wilson(x, size, quantile), wilson(y, other, quantile)
    p, q = x / size, y / other
    return (
        p - q - np.sqrt((p - x_low) ** 2 + (y_high - q) ** 2),
        p - q + np.sqrt((x_high - p) ** 2 + (q - y_low) ** 2),
    )


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


def signal_table(
    signals: Sequence[Signal],
    outcome: Mapping[str, Any],
    day: npt.NDArray[Any],
    draw_index: npt.NDArray[np.int64],
    landmark: float,
) -> pd.DataFrame:
    """The signals of one outcome that chance does not explain, the most telling first.

    Parameters
    ----------
    signals : sequence of Signal
    outcome : mapping
        With ``id``, ``label`` and ``windows`` (days); the longest one counts.
    day : array, shape (R,)
        Day of first occurrence, -1 = never.
    draw_index : array of int, shape (R,)
    landmark : float
        Day by which signals are seen; replicates in which the outcome came by then are left out.

    Returns
    -------
    DataFrame
        A row per signal: outcome, label, window_days, rank, signal, information (bits), seen (share of replicates),
        probability given_seen and given_unseen with exact 95 % intervals, their difference (Newcombe), within_draws
        (the difference within parameter draws, Mantel and Haenszel weights: what remains when seeing the signal tells
        nothing about the parameters), likelihood_ratio (how much likelier the signal is where the outcome follows),
        q_value (false discovery rate at which it is still told), n_seen and n_unseen. Empty if nothing tells anything.
    """
    window = max(outcome["windows"])
    open_ = (day < 0) | (day > landmark)
    follows = (open_ & (day >= 0) & (day <= window))[open_]
    chosen = [one for one in signals if 0 < one.seen[open_].sum() < len(follows)]
    if not chosen or not 0 < follows.sum() < len(follows):
        return pd.DataFrame(columns=list(COLUMNS))
    seen = np.stack([one.seen[open_] for one in chosen])
    a, n = (seen & follows).sum(axis=1), seen.sum(axis=1)
    b, m = follows.sum() - a, len(follows) - n
    table = np.stack([np.stack([a, b]), np.stack([n - a, m - b])]).astype(float)
    bits, q = information(table), _q_values(a, n, int(follows.sum()), len(follows))
    kept = _told_apart(chosen, seen, bits, q)
    within = [_within_draws(seen[i], follows, draw_index[open_]) for i in kept]
    rows = _columns(a[kept], n[kept], b[kept], m[kept])
    head = {"outcome": outcome["id"], "label": outcome["label"], "window_days": window}
    rows |= {"signal": [chosen[i].words for i in kept], "information": bits[kept], "q_value": q[kept]}
    rows |= {"rank": np.arange(1, len(kept) + 1), "within_draws": within}
    return pd.DataFrame(rows).assign(**head)[list(COLUMNS)]


def _columns(a: Any, n: Any, b: Any, m: Any) -> dict[str, Any]:
    """Probabilities, intervals and ratio from counts: `a` of `n` where the signal was seen, `b` of `m` where not."""
    (a_low, a_high), (b_low, b_high) = binomial_interval(a, n), binomial_interval(b, m)
    low, high = difference_interval(a, n, b, m)
    where_follows, where_not = a / (a + b), (n - a) / (n - a + m - b)
    ratio = np.divide(where_follows, where_not, out=np.full(len(a), np.nan), where=where_not > 0)
    return {
        "seen": n / (n + m), "given_seen": a / n, "given_seen_low": a_low, "given_seen_high": a_high,
        "given_unseen": b / m, "given_unseen_low": b_low, "given_unseen_high": b_high,
        "difference": a / n - b / m, "difference_low": low, "difference_high": high,
        "likelihood_ratio": ratio, "n_seen": n, "n_unseen": m,
    }  # fmt: skip


def _q_values(a: Any, n: Any, follows: int, total: int) -> Floats:
    """Benjamini and Hochberg's adjusted p-values of Fisher's exact test, two-sided by doubling the smaller tail."""
    from scipy.stats import false_discovery_control, hypergeom

    lower, upper = hypergeom.cdf(a, total, follows, n), hypergeom.sf(a - 1, total, follows, n)
    adjusted: Floats = false_discovery_control(np.minimum(1.0, 2.0 * np.minimum(lower, upper)))
    return adjusted


def _told_apart(chosen: Sequence[Signal], seen: Flags, bits: Floats, q: Floats) -> list[int]:
    """Signals that chance does not explain, the most telling first, without those that say what a better one says."""
    kept: list[int] = []
    spoken_for: set[str] = set()
    for i in sorted(range(len(chosen)), key=lambda i: (-bits[i], chosen[i].words)):
        if q[i] > FALSE_DISCOVERIES or chosen[i].family in spoken_for:
            continue
        spoken_for.add(chosen[i].family)
        if all(np.corrcoef(seen[i], seen[k])[0, 1] ** 2 < ALIKE for k in kept):
            kept.append(i)
    return kept


def _within_draws(seen: Flags, follows: Flags, draw_index: npt.NDArray[np.int64]) -> float:
    """Risk difference within parameter draws, weighted as by Mantel and Haenszel (1959); NaN if no draw has both."""
    size = int(draw_index.max()) + 1
    n, m = np.bincount(draw_index[seen], minlength=size), np.bincount(draw_index[~seen], minlength=size)
    a = np.bincount(draw_index[seen], weights=follows[seen], minlength=size)
    b = np.bincount(draw_index[~seen], weights=follows[~seen], minlength=size)
    both = (n > 0) & (m > 0)
    if not both.any():
        return float("nan")
    weight = n[both] * m[both] / (n[both] + m[both])
    return float((weight * (a[both] / n[both] - b[both] / m[both])).sum() / weight.sum())
