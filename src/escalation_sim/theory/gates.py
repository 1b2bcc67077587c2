"""Gates of the ladder: a continuation-ratio (sequential) logit with one draw for the whole climb.

A decision climbs while its gates open; the act is the highest rung k with u < p_1 p_2 ... p_k. Because one draw serves
all gates, a higher log-odds never lowers the rung for the same draw, which couples scenario variants monotonically.
"""

from __future__ import annotations

import math

from escalation_sim._compiled import compiled
from escalation_sim.world import Floats, Real


@compiled
def logistic(log_odds: Real) -> float:
    """Probability with these log-odds; safe for large values of either sign.

    >>> logistic(0.0), logistic(-1e4), logistic(1e4)
    (0.5, 0.0, 1.0)
    """
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


@compiled
def over(p_week: Real, weeks: Real) -> float:
    """Probability over `weeks` of what has probability `p_week` in one week, at a constant hazard.

    The first gate of an initiative is a rate; with this, results converge as the tick shrinks.

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


@compiled
def climb(u: Real, reach: Real, p_gate: Real) -> float:
    """One gate of a climb: the probability of having come through it, or -1 if the climb ends before it.

    Parameters
    ----------
    u : float in [0, 1)
        The one draw of the decision.
    reach : float in [0, 1]
        Product of the gates passed so far.
    p_gate : float in [0, 1]
        Probability that this gate opens.

    >>> climb(0.3, 1.0, 0.5), climb(0.3, 0.5, 0.5)
    (0.5, -1.0)
    """
    through = reach * p_gate
    return float(through) if u < through else -1.0
