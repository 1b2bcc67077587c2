"""What a decision rests on: memories that fade, frailty that a dyad keeps, replies made on one and the same world."""

from __future__ import annotations

import math

import numpy as np

from escalation_sim.scenario.schema import Scenario
from escalation_sim.verification.verdict import Effort, Row, share
from escalation_sim.verification.worlds import LADDER, START, STEP, crisis, logit, outcome, run

_RAID = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "on": START.isoformat()}
_FAST, _LOW, _PULL = 2.0, logit(0.02), 4.0  # half-life in weeks; log-odds without a memory, and what a full one adds


def remembering() -> Scenario:
    """AAA strikes once; BBB protests the likelier the better it remembers that, and nothing else can happen."""
    return crisis(
        initiative={"protest": {"intercept": _LOW, "their_fast": _PULL}},
        rules=[{"id": "still", "actor": "AAA", "not_above": "routine"}],
        memory={"fast": _FAST, "slow": 20.0, "worst": 26.0},
        events=[_RAID],
        reply_rounds=0,
        outcomes=[outcome("protest", {"act": {"by": "BBB", "at_least": "protest"}})],
        horizon="84 days",
    )


def remembered_by(ticks: int) -> float:
    """P(BBB has protested by the end of so many weeks): the memory is whole in the first and halves every two.

    >>> round(remembered_by(1), 6)
    0.527019
    """
    kept = (0.5 ** (t / _FAST) for t in range(ticks))
    return 1.0 - math.prod(1.0 - 1.0 / (1.0 + math.exp(-_LOW - _PULL * share)) for share in kept)


def memory(effort: Effort) -> list[Row]:
    """An act is remembered with a half-life."""
    n, weeks = effort.share(0.5, 500), (1, 2, 4, 12)
    tally = run(remembering(), n, effort.seed, effort.jobs, days=[7.0 * t for t in weeks], rows=0)
    seen = zip(weeks, tally.counts[0, 0], strict=True)
    return [share(f"protest by week {t}", count, n, remembered_by(t), effort) for t, count in seen]


_AT_RAID, _PER_SEVERITY = (
    -1.0,
    5.0,
)  # log-odds of a reply to a strike, and by how much a worse act behind it raises them


def answering() -> Scenario:
    """Two states strike each other by events; each answers or not, on a rung above, by the worst it has suffered."""
    step, blow = STEP, {"id": "blow", "label": "b", "severity": 0.9, "hostility_level": 4}
    severity = float(str(step[1]["severity"]))
    events = [_RAID, {"id": "raid_back", "actor": "BBB", "act": "strike", "toward": "AAA", "on": START.isoformat()}]
    gates = {"strike": {"intercept": _AT_RAID - _PER_SEVERITY * severity, "their_worst": _PER_SEVERITY},
             "blow": {"intercept": 60.0}}  # fmt: skip
    blows = [outcome(name, {"act": {"by": name, "at_least": "blow"}}) for name in ("AAA", "BBB")]
    return crisis(ladder=[*step, blow], events=events, reply=gates, outcomes=blows)


def replies(effort: Effort) -> list[Row]:
    """Two replies of one round do not see each other."""
    n = effort.n
    one, other = (run(answering(), n, effort.seed, effort.jobs).outcome_day >= 0.0).T
    p = 1.0 / (1.0 + math.exp(-_AT_RAID))
    return [
        share("the first answers", one.sum(), n, p, effort),
        share("the second answers", other.sum(), n, p, effort),
        share("both answer", (one & other).sum(), n, p**2, effort),
    ]


_SPREAD, _MIDDLE = 2.0, -0.5


def frailty(effort: Effort) -> list[Row]:
    """Frailty is normal, and the two edges of a dyad share it; by Gauss and Hermite's quadrature."""
    names, n = ("AAA", "BBB"), effort.n
    scenario = crisis(
        ladder=LADDER,
        initiative={"protest": {"intercept": _MIDDLE, "frailty": 1.0}},
        frailty_sd=_SPREAD,
        outcomes=[outcome(name, {"act": {"by": name, "at_least": "protest"}}) for name in names],
    )
    one, other = (run(scenario, n, effort.seed, effort.jobs).outcome_day >= 0.0).T
    x, weight = np.polynomial.hermite_e.hermegauss(80)
    p, weight = 1.0 / (1.0 + np.exp(-_MIDDLE - _SPREAD * x)), weight / weight.sum()
    return [
        share("the first acts", one.sum(), n, float(weight @ p), effort),
        share("the second acts", other.sum(), n, float(weight @ p), effort),
        share("both act", (one & other).sum(), n, float(weight @ p**2), effort),
    ]


_GATES = {"protest": 0.3, "strike": 0.5, "war": 0.4}


def climbing(weeks: float) -> Scenario:
    """One decision of AAA in one tick of so many weeks."""
    gates = {gate: {"intercept": logit(p)} for gate, p in _GATES.items()}
    rungs = [outcome(gate, {"act": {"by": "AAA", "at_least": gate}}) for gate in _GATES]
    days = 7.0 * weeks
    still = {"id": "still", "actor": "BBB", "not_above": "routine"}
    return crisis(initiative=gates, rules=[still], reply_rounds=0, tick=days, horizon=days, outcomes=rungs)


def reached(weeks: float) -> list[float]:
    """P(a decision climbs to each rung or above): the product of the gates so far, a rate over the tick.

    >>> [round(p, 6) for p in reached(0.5)], [round(p, 6) for p in reached(2.0)]
    ([0.15, 0.075, 0.03], [0.51, 0.2775, 0.1164])
    """
    products = np.cumprod(list(_GATES.values()))
    return [float(p * weeks if weeks <= 1.0 else 1.0 - (1.0 - p) ** weeks) for p in products]


def climb(effort: Effort) -> list[Row]:
    """One draw climbs through all gates; its chance goes with the length of the tick."""
    rows, n = [], effort.n
    for weeks in (0.5, 1.0, 2.0):
        came = run(climbing(weeks), n, effort.seed, effort.jobs).outcome_day >= 0.0
        for gate, count, p in zip(sorted(_GATES), came.sum(axis=0), reached(weeks), strict=True):
            rows.append(share(f"{gate} or above, tick of {weeks:g} weeks", count, n, p, effort))
    return rows
