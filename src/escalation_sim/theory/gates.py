"""Gates of the ladder: a continuation-ratio (sequential) logit with one draw for the whole climb.

A decision climbs while its gates open; the act is the highest rung k with u < p_1 p_2 ... p_k. Because one draw serves
all gates, a higher log-odds never lowers the rung for the same draw, which couples scenario variants monotonically.
"""

from __future__ import annotations

import math

import numpy as np

from escalation_sim._compiled import compiled, inlined
from escalation_sim.world import Floats, Real

FAR, STEPS = 40.0, 16  # the table of bounds: from -FAR to FAR, so many steps to each unit of log-odds
MARGIN = 1e-12  # more than rounding can do
MOST = (1.0 + MARGIN) / (
    1.0 + np.exp(FAR - np.arange(1, int(2 * FAR) * STEPS + 2) / STEPS)
)  # rounding may reach the last


@inlined
def logistic(log_odds: Real) -> float:
    """Probability with these log-odds; safe for large values of either sign.

    >>> logistic(0.0), logistic(-1e4), logistic(1e4)
    (0.5, 0.0, 1.0)
    """
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


@inlined
def at_most(log_odds: Real) -> float:
    """A probability that these log-odds do not exceed, read from a table: most gates stay shut, and need no more.

    >>> logistic(-2.03) < at_most(-2.03) < 1.07 * logistic(-2.03)
    True
    """
    if log_odds >= FAR:
        return 1.0 + MARGIN
    return float(MOST[int((max(log_odds, -FAR) + FAR) * STEPS)])


@compiled
def over(p_week: Real, weeks: Real) -> float:
    """Probability over `weeks` of what has probability `p_week` in one week, at a constant hazard.

    Ends of wars and initiatives in long ticks are such rates.

    >>> over(0.2, 1.0), round(over(over(0.2, 0.5), 2.0), 12)
    (0.2, 0.2)
    """
    if weeks == 1.0 or p_week >= 1.0:
        return float(p_week)
    return -math.expm1(weeks * math.log1p(-p_week))


@compiled
def static_log_odds(static: Floats, coefficient: Floats) -> float:
    """Sum of coefficient times covariate over what never changes on an edge; arrays of equal length."""
    total = 0.0
    for f in range(static.shape[0]):
        total += coefficient[f] * static[f]
    return total


@inlined
def in_tick(reach: Real, weeks: Real) -> float:
    """Probability over a tick of an initiative that comes this far with probability `reach` in a week.

    In ticks shorter than a week as many acts happen per week, on every rung, as in weekly ones; longer ticks have room
    for one act only, so there the chance that nothing happens is kept instead.

    Parameters
    ----------
    reach : float in [0, 1]
        Product of the gates up to a rung.
    weeks : float, > 0
        Length of the tick.

    >>> in_tick(0.2, 1.0), in_tick(0.2, 0.5), round(in_tick(0.2, 2.0), 12)
    (0.2, 0.1, 0.36)
    """
    return float(reach * weeks) if weeks <= 1.0 else over(reach, weeks)
