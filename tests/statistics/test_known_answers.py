"""Small crises whose probabilities can be worked out exactly: those of `escalation-sim verify`, and what it leaves out.

Here with enough replicates to see a bias of half a percentage point; a hundredfold under the mark `slow`. The usual
mistakes, which these must see, are planted in tests/verification.
"""

import numpy as np
import pytest

from escalation_sim.verification.checks import verified
from escalation_sim.verification.verdict import Effort
from escalation_sim.verification.worlds import calm

LIMIT = 4.5  # standard errors; a right model fails one such comparison in 150,000
MONTH = 365.25 / 12
KNOWN = (
    *("geometric", "ruin", "absorbing", "competing", "joiners", "simultaneous", "promises", "rising"),
    *("climb", "memory", "replies", "frailty"),
)


@pytest.mark.parametrize("n", [80_000, pytest.param(2_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", KNOWN)
def test_a_known_answer(name, n):
    (verdict,) = verified([name], Effort(n, 20241024, 2, LIMIT), again=False)
    assert verdict.passed, [row for row in verdict.rows if not row.passed]


@pytest.mark.slow
def test_hazards_asked_one_after_the_other_are_found(run, z):
    """Each in its own group, the first to happen counts, `war` where both do: .305541 at a tick of a month."""
    rates = {"settle": 0.5, "war": 0.3}
    events = [{"id": name, "hazard": {"rate": rate, "per": "year"}} for name, rate in rates.items()]
    scenario = calm(events, horizon=2 * 365.25, tick=MONTH)
    month = np.floor(run(scenario, 400_000).outcome_day / MONTH)
    month[month < 0] = np.inf
    war_first = (month[:, 1] <= month[:, 0]) & np.isfinite(month[:, 1])
    assert abs(z(war_first, 0.305541)) < LIMIT
    assert abs(z(war_first, 0.29928881)) > LIMIT


def test_dated_events_of_a_group_exclude_each_other(run, came_true, z):
    shares = {"ceasefire": 0.2, "offensive": 0.5, "talks": 0.25}
    events = [{"id": name, "one_of": "spring", "between": ["2024-11-01", "2024-12-01"], "probability": p}
              for name, p in shares.items()]  # fmt: skip
    scenario = calm(events, horizon="70 days")
    tally = run(scenario, 50_000)
    assert ((tally.outcome_day >= 0).sum(axis=1) <= 1).all()
    for name, p in shares.items():
        assert abs(z(came_true(tally, scenario, name), p)) < LIMIT
    alone = calm([event | {"one_of": None} for event in events], horizon="70 days")
    assert ((run(alone, 2000).outcome_day >= 0).sum(axis=1) > 1).any()
