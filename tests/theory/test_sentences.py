"""The sentences of the theory that are functions of numbers, against values worked out by hand."""

import math

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.theory.commitments import in_force
from escalation_sim.theory.effort import strain_of
from escalation_sim.theory.events import weekly_rate
from escalation_sim.theory.gates import FAR, STEPS, at_most, in_tick, logistic, over, static_log_odds
from escalation_sim.theory.ladder import usable
from escalation_sim.theory.memory import habituation, kept_share
from escalation_sim.theory.wars import war_end_log_odds


@pytest.mark.parametrize(("log_odds", "p"), [(0.0, 0.5), (math.log(3), 0.75), (-math.log(9), 0.1), (700.0, 1.0)])
def test_log_odds_become_probabilities(log_odds, p):
    assert logistic(log_odds) == pytest.approx(p, rel=1e-12)
    assert logistic(-log_odds) == pytest.approx(1.0 - p, abs=1e-12)


def test_a_small_probability_keeps_its_digits():
    assert logistic(-50.0) == pytest.approx(math.exp(-50.0), rel=1e-12)


def test_no_probability_exceeds_its_bound():
    """Also at the very steps of the table and next to them, and where it has ended."""
    steps = np.arange(-FAR, FAR + 1.0 / STEPS, 1.0 / STEPS)
    odds = np.concatenate([steps, np.nextafter(steps, -np.inf), np.nextafter(steps, np.inf), steps + 0.3 / STEPS])
    for log_odds in [*odds.tolist(), -1e4, -41.0, 41.0, 1e4]:
        p, bound = logistic(log_odds), at_most(log_odds)
        assert p < bound
        assert bound <= max(p, logistic(-FAR)) * math.exp(1.01 / STEPS)
    for weeks in (0.1, 1.0, 2.0, 8.0):  # a tick's chance of passing is at most so often the week's
        assert all(in_tick(logistic(x), weeks) < weeks * at_most(x) for x in odds.tolist())


def test_a_weekly_probability_is_a_constant_hazard():
    assert over(0.19, 0.5) == pytest.approx(0.1, rel=1e-12)  # 1 - sqrt(0.81)
    assert over(0.1, 2.0) == pytest.approx(0.19, rel=1e-12)
    assert over(0.0, 5.0) == 0.0
    assert over(1.0, 0.1) == 1.0
    p, ticks = over(0.3, 1.0 / 7.0), 7 * 4
    assert 1.0 - (1.0 - p) ** ticks == pytest.approx(1.0 - 0.7**4, rel=1e-12)
    assert over(1e-12, 1 / 7) == pytest.approx(1e-12 / 7, rel=1e-9)  # not lost to rounding


def test_an_initiative_is_as_frequent_in_short_ticks_as_in_weekly_ones():
    assert in_tick(0.6, 1.0) == 0.6
    assert 2.0 * in_tick(0.6, 0.5) == pytest.approx(0.6)
    assert in_tick(0.6, 2.0) == pytest.approx(1.0 - 0.4**2)
    assert in_tick(1.0, 3.0) == 1.0


def test_static_covariates_add_up():
    assert static_log_odds(np.array([1.0, 2.0, -1.0]), np.array([0.5, 0.25, 4.0])) == -3.0


def test_half_of_a_memory_is_gone_after_its_half_life():
    assert kept_share(2.0, 2.0) == 0.5
    assert kept_share(20.0, 5.0) ** 4 == pytest.approx(0.5, rel=1e-12)
    assert kept_share(26.0, 0.0) == 1.0


def test_more_of_the_same_is_old_news():
    assert habituation(0.8, 0.6, 0.6) == 0.8
    assert habituation(0.8, 0.3, 0.6) == pytest.approx(0.4)
    assert habituation(0.0, 1.0, 0.1) == 0.0


def test_strain_is_the_share_of_the_bearable_shortage():
    assert strain_of(80.0, 100.0, 0.2) == pytest.approx(1.0)
    assert strain_of(95.0, 100.0, 0.2) == pytest.approx(0.25)
    assert strain_of(10.0, 100.0, 0.2) == 1.0  # not above full
    assert strain_of(150.0, 100.0, 0.2) == 0.0
    assert strain_of(0.0, 0.0, 0.2) == 0.0  # no front, no strain


def test_a_rule_moves_the_odds_of_a_weekly_probability():
    p = 1.0 - math.exp(-0.1)
    odds = p / (1.0 - p) * math.exp(0.7)
    assert weekly_rate(0.1, 0.7) == pytest.approx(math.log1p(odds), rel=1e-12)
    assert weekly_rate(0.1, 0.0) == 0.1
    assert weekly_rate(0.0, 5.0) == 0.0
    assert weekly_rate(50.0, 1.0) == pytest.approx(51.0)  # odds of exp(rate) - 1, near enough its exponential
    assert weekly_rate(0.1, 800.0) == pytest.approx(800.0 + math.log(math.expm1(0.1)))
    assert weekly_rate(0.1, -800.0) == 0.0


def test_a_war_ends_more_easily_under_strain_and_less_the_longer_it_lasts():
    coefficient = np.array([-5.0, 1.5, -0.4, 0.3])
    expected = -5.0 + 1.5 * 0.5 - 0.4 * math.log(3.0) + 0.3 * 0.25
    assert war_end_log_odds(coefficient, 0.5, 2.0, 0.25) == pytest.approx(expected, rel=1e-12)


def test_signed_is_not_in_force():
    assert [in_force(day, 41.0, 100.0) for day in (40.9, 41.0, 99.9, 100.0)] == [False, True, True, False]


def test_what_a_rung_needs():
    cases = [
        (need, partner, war) for need in range(4) for partner, war in ((False, False), (True, False), (True, True))
    ]
    open_to = {case for case in cases if usable(*case)}
    assert (w.NEED_PARTNER, False, False) not in open_to
    assert (w.NEED_PARTNER_AT_WAR, True, False) not in open_to
    assert {(w.NEED_PARTNER, True, False), (w.NEED_PARTNER_AT_WAR, True, True)} <= open_to
    assert {case for case in cases if case[0] in (w.NEED_NOTHING, w.NEED_NUCLEAR_WEAPON)} <= open_to
