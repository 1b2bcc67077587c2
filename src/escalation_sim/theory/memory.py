"""Fading memories of acts, and why old news moves nobody."""

from __future__ import annotations

from escalation_sim._compiled import compiled
from escalation_sim.world import Real


@compiled
def kept_share(half_life_weeks: Real, weeks: Real) -> float:
    """Share of a memory kept over a time, so that half of it is gone after one half-life.

    Parameters
    ----------
    half_life_weeks : float, > 0
    weeks : float, >= 0

    Returns
    -------
    float in (0, 1]

    >>> kept_share(2.0, 2.0)
    0.5
    >>> round(kept_share(20.0, 1.0) ** 20, 12), round(kept_share(20.0, 0.5) ** 40, 12)
    (0.5, 0.5)
    """
    return float(2.0 ** (-weeks / half_life_weeks))


@compiled
def habituation(slow: Real, worst: Real, severity: Real) -> float:
    """How far an act is more of the same, in [0, 1], given the memories on its edge before the act.

    1 for an act no worse than a conflict that has long gone on, 0 for one out of the blue. This is why states that live
    beside a war do not climb every week.

    Parameters
    ----------
    slow, worst : float in [0, 1]
        Slow act memory and worst severity remembered.
    severity : float in [0, 1]
        Severity of the act.

    >>> habituation(1.0, 0.9, 0.6), habituation(0.0, 0.0, 0.6), habituation(1.0, 0.3, 0.6)
    (1.0, 0.0, 0.5)
    """
    if severity <= worst:
        return float(slow)
    return float(slow * worst / severity)
