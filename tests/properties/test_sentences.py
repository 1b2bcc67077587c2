"""Sentences of the theory that are functions of numbers: bounds, order, symmetry, and what they promise of time."""

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from escalation_sim import world as w
from escalation_sim.theory.commitments import in_force
from escalation_sim.theory.effort import strain_of
from escalation_sim.theory.events import weekly_rate
from escalation_sim.theory.gates import at_most, in_tick, logistic, over, static_log_odds
from escalation_sim.theory.ladder import usable
from escalation_sim.theory.memory import habituation, kept_share
from escalation_sim.theory.wars import war_end_log_odds


def given(**drawn):
    """Hypothesis without a deadline: the first call compiles."""
    return lambda test: hypothesis.settings(deadline=None)(hypothesis.given(**drawn)(test))


share = st.floats(0.0, 1.0)
some = st.floats(0.01, 1.0)
odds = st.floats(-30.0, 30.0)
number = st.floats(-5.0, 5.0)
weeks = st.floats(0.01, 60.0)
day = st.floats(0.0, 1000.0)
troops = st.floats(0.0, 1e6)


@given(log_odds=odds)
def test_the_odds_against_are_those_for_turned_round(log_odds):
    p, q = logistic(log_odds), logistic(-log_odds)
    assert p + q == pytest.approx(1.0, rel=1e-12)
    assert math.log(p / q) == pytest.approx(log_odds, rel=1e-9, abs=1e-9)


@given(log_odds=st.floats(-800.0, 800.0))
def test_a_bound_is_above_the_probability_and_close_to_it(log_odds):
    assert logistic(log_odds) < at_most(log_odds) <= 1.0 + 1e-9
    assert at_most(log_odds) <= 1.07 * max(logistic(log_odds), 5e-18)


@given(p=st.floats(0.0, 0.999), first=weeks, second=weeks)
def test_to_wait_twice_is_to_wait_both_times(p, first, second):
    stays = (1.0 - over(p, first)) * (1.0 - over(p, second))
    assert 1.0 - over(p, first + second) == pytest.approx(stays, abs=1e-12)


@given(reach=share, other=share, length=weeks)
def test_a_tick_of_an_initiative_is_proportional_below_a_week_and_a_wait_above(reach, other, length):
    low, high = sorted((reach, other))
    assert in_tick(low, length) <= in_tick(high, length)
    assert in_tick(reach, length) <= reach * length * (1.0 + 1e-12)  # never more acts a week than in weekly ticks
    if length <= 1.0:
        assert in_tick(reach, length) == pytest.approx(2.0 * in_tick(reach, length / 2.0), rel=1e-12)


@given(covariates=st.lists(st.tuples(number, number, number), min_size=1, max_size=6))
def test_static_log_odds_are_linear(covariates):
    x, b, c = np.array(covariates).T
    both = static_log_odds(x, b + c)
    assert both == pytest.approx(static_log_odds(x, b) + static_log_odds(x, c), abs=1e-9)
    assert static_log_odds(x, b) == pytest.approx(float(x @ b), abs=1e-9)


@given(half_life=st.floats(0.1, 1000.0), first=weeks, second=weeks)
def test_a_memory_fades_alike_in_one_tick_or_two(half_life, first, second):
    twice = kept_share(half_life, first) * kept_share(half_life, second)
    assert kept_share(half_life, first + second) == pytest.approx(twice, rel=1e-9, abs=1e-300)
    assert kept_share(half_life, half_life) == pytest.approx(0.5)


@given(slow=share, worst=share, severity=some, other=some)
def test_the_worse_an_act_the_newer_it_is(slow, worst, severity, other):
    low, high = sorted((severity, other))
    assert habituation(slow, worst, high) <= habituation(slow, worst, low) <= slow
    assert habituation(slow, 0.0, severity) == 0.0
    assert habituation(slow, severity, severity) == slow


@given(first=share, second=share, worst=share, severity=some)
def test_the_longer_a_conflict_the_older_its_news(first, second, worst, severity):
    low, high = sorted((first, second))
    assert habituation(low, worst, severity) <= habituation(high, worst, severity)
    assert habituation(worst, low, severity) <= habituation(worst, high, severity)


@given(first=troops, second=troops, needed=troops, tolerance=some)
def test_more_troops_are_no_more_strain(first, second, needed, tolerance):
    few, many = sorted((first, second))
    assert 0.0 <= strain_of(many, needed, tolerance) <= strain_of(few, needed, tolerance) <= 1.0
    assert strain_of(needed, needed, tolerance) == 0.0


@given(present=troops, needed=st.floats(1.0, 1e6), first=some, second=some)
def test_who_bears_more_is_under_less_strain(present, needed, first, second):
    low, high = sorted((first, second))
    assert strain_of(present, needed, high) <= strain_of(present, needed, low)
    assert strain_of(present * 2.0, needed * 2.0, low) == pytest.approx(strain_of(present, needed, low), abs=1e-9)


@given(rate=st.floats(1e-6, 100.0), log_odds=st.floats(-900.0, 900.0))
def test_no_rule_makes_a_hazard_endless(rate, log_odds):
    assert 0.0 <= weekly_rate(rate, log_odds) <= rate + max(log_odds, 0.0) + 1e-9


@given(rate=st.floats(1e-6, 5.0), first=number, second=number)
def test_rules_move_a_hazard_in_order_and_add_up(rate, first, second):
    low, high = sorted((first, second))
    assert 0.0 <= weekly_rate(rate, low) <= weekly_rate(rate, high) * (1.0 + 1e-12)  # the last bits may differ
    assert weekly_rate(weekly_rate(rate, first), second) == pytest.approx(weekly_rate(rate, first + second), rel=1e-6)
    assert weekly_rate(rate, 0.0) == rate


@given(now=day, start=day, middle=day, end=day)
def test_two_treaties_end_to_end_are_one(now, start, middle, end):
    start, middle, end = sorted((start, middle, end))
    assert in_force(now, start, end) == (in_force(now, start, middle) or in_force(now, middle, end))
    assert not (in_force(now, start, middle) and in_force(now, middle, end))


@given(need=st.integers(0, 3))
def test_a_partner_at_war_opens_what_a_partner_opens_and_that_what_none_opens(need):
    alone, helped, at_war = usable(need, False, False), usable(need, True, False), usable(need, True, True)
    assert alone <= helped <= at_war
    assert at_war == 1
    assert alone == (need in (w.NEED_NOTHING, w.NEED_NUCLEAR_WEAPON))


@given(coefficient=st.tuples(number, st.floats(0.0, 5.0), st.floats(-5.0, 0.0), number),
       strains=st.tuples(share, share), years=st.tuples(day, day), winter=share)  # fmt: skip
def test_strain_ends_wars_and_their_length_keeps_them_going(coefficient, strains, years, winter):
    b, (calm, tense), (young, old) = np.array(coefficient), sorted(strains), sorted(years)
    assert war_end_log_odds(b, calm, young, winter) <= war_end_log_odds(b, tense, young, winter)
    assert war_end_log_odds(b, calm, old, winter) <= war_end_log_odds(b, calm, young, winter)
    assert war_end_log_odds(b, 0.0, 0.0, winter) == pytest.approx(b[0] + b[3] * winter)
