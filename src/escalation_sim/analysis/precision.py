"""How precise is a probability, relative to itself, and how many replicates and draws would make it more so?

A probability p is the mean over P draws of the parameters and R replicates. Its variance has a part for each: B / P + W
/ R, with B the variance of the probability between draws and W that of a replicate within its draw. More replicates
of the same draws leave B / P as it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim.analysis.estimates import Floats, between_draws, effective_size

DRAW_COST = 3.0  # replicates that could be run in the time that it takes to set up a draw (2.4 ms and 0.8 ms)
MOST_DRAWS = 10_000  # beyond it the draws themselves fill the memory

Ints = npt.NDArray[np.int64]


class Plan(NamedTuple):
    """How much to run."""

    replicates: int
    parameters: int  # draws
    errors: Floats  # (K,) relative standard errors to expect; inf for what a pilot has never seen


def relative_errors(counts: Ints, sizes: Ints) -> Floats:
    """Standard error of each probability as a share of it; inf if it was never seen.

    Parameters
    ----------
    counts : array of int, shape (P, K)
        Replicates in which it happened, for each of P parameter draws.
    sizes : array of int, shape (P,)
        Replicates of each draw, all > 0.

    >>> relative_errors(np.array([[10, 0]]), np.array([1000])).round(3).tolist()
    [0.315, inf]
    """
    share = counts.sum(axis=0) / sizes.sum()
    worth = effective_size(counts / sizes[:, None], sizes, share * (1.0 - share))
    error: Floats = np.sqrt(np.divide(1.0 - share, share * worth, out=np.full(len(share), np.inf), where=share > 0.0))
    return error


def planned(counts: Ints, sizes: Ints, precision: float, most: int, least_draws: int) -> Plan:
    """The replicates and draws that reach a relative standard error for all of some probabilities, at least cost.

    The pilot's own error is allowed for: a probability may be lower than it looked, by one of its standard errors
    (on a scale of ratios), and then takes more replicates. For each probability alone the cheapest P : R is that of
    √(B / DRAW_COST) : √W (Cochran 1977, *Sampling Techniques*, section 10.6); the largest P of all is taken, then the
    smallest R with which it is enough.

    Parameters
    ----------
    counts, sizes : array of int, shapes (P, K) and (P,)
        Of a pilot, as for `relative_errors`.
    precision : float in (0, 1)
        The relative standard error wanted.
    most : int >= 1
        Replicates at most. What cannot be reached with them gets as near as they allow.
    least_draws : int >= 1
        Draws at least; with 1 every parameter stands at its median, and it stays at 1.

    >>> planned(np.array([[20], [20], [20]]), np.array([1000, 1000, 1000]), 0.1, 10**6, 3)[:2]
    (5540, 3)
    >>> planned(np.array([[20], [400], [90]]), np.array([1000, 1000, 1000]), 0.1, 10**6, 3)[:2]
    (1954, 383)
    """
    share, error = counts.sum(axis=0) / sizes.sum(), relative_errors(counts, sizes)
    seen = share > 0.0
    low = np.divide(share, 1.0 + error, out=np.zeros(len(share)), where=seen)
    between = np.zeros(len(share))
    if least_draws > 1:
        np.divide(between_draws(counts / sizes[:, None], sizes[:, None]), share**2, out=between, where=seen)
    odds = np.divide(1.0 - low, low, out=np.full(len(share), np.inf), where=seen)
    within = np.maximum(odds - between, 0.0)
    draws = _draws(between, within, precision, most, least_draws)
    room = precision**2 - between / draws
    needed = np.divide(within, room, out=np.full(len(share), np.inf), where=room > 0.0).max()
    replicates = int(min(max(np.ceil(needed), 2.0 * draws), most))
    return Plan(replicates, draws, np.sqrt(between / draws + within / replicates))


def _draws(between: Floats, within: Floats, precision: float, most: int, least: int) -> int:
    """Draws that the one of all probabilities needs that needs most of them; two replicates or more for each."""
    if least == 1 or most < 2 * least:
        return min(least, most)
    seen = np.isfinite(within)
    scale = (np.sqrt(DRAW_COST * between[seen]) + np.sqrt(within[seen])) / precision**2
    beyond = np.maximum(np.sqrt(within[seen]) * scale / most, 1.0)  # out of reach: as far as `most` replicates go
    wanted = np.sqrt(between[seen] / DRAW_COST) * scale / beyond
    return int(min(max(np.ceil(wanted.max(initial=0.0)), least), MOST_DRAWS, most // 2))
