"""Fading memories of acts, and why old news moves nobody."""

from __future__ import annotations

from escalation_sim._compiled import compiled


@compiled
def kept_share(half_life_weeks, weeks):  # type: ignore[no-untyped-def]
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
    >>> kept_share(20.0, 1.0) ** 20 == kept_share(20.0, 0.5) ** 40 or "equal up to rounding"
    'equal up to rounding'
    """
    return 2.0 ** (-weeks / half_life_weeks)


@compiled
def habituation(slow, worst, severity):  # type: ignore[no-untyped-def]
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
        return slow
    return slow * worst / severity
