"""Splitting against probabilities that are known exactly, and every branch against itself, run alone."""

import math

import numpy as np
import pytest

from escalation_sim.draws import BRANCHES, key_schedule
from escalation_sim.drivers import splitting
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.verification.engine import TICKS, one_climb, two_steps, two_steps_by

REPETITIONS, EACH = 40, 100
LIMIT = 4.0


def _course(scenario, forgets=True, window=None):
    setup = Compiler(scenario).setup()
    return splitting.Course(setup, key_schedule(5, BRANCHES), 0, window or scenario.horizon, forgets)


def _estimates(course, each=EACH, repetitions=REPETITIONS):
    levels = splitting.choose_levels([course], 500)
    found = [splitting.repeat(course, levels, each, number) for number in range(1, repetitions + 1)]
    return levels, found, np.array([one.weight * len(one.days) for one in found])


def _z(estimates, exact):
    return (estimates.mean() - exact) / (estimates.std(ddof=1) / math.sqrt(len(estimates)))


@pytest.mark.parametrize("p", [1e-3, 1e-6, 1e-9])
def test_an_act_of_one_climb_is_split_inside_its_decision(p):
    _, found, estimates = _estimates(_course(one_climb(p)))
    exact = -math.expm1(TICKS * math.log1p(-p))
    assert abs(_z(estimates, exact)) < LIMIT
    assert estimates.std() / estimates.mean() / math.sqrt(REPETITIONS) < 0.15, "however rare"
    last = estimates * EACH / np.array([max(one.entered[-2], 1) for one in found])
    assert abs(_z(last, exact)) > LIMIT, "the twin: the share of one level left out"


@pytest.mark.parametrize("step", [0.03, 1e-3, 10**-3.5])
def test_two_steps_that_follow_each_other(step):
    _, _, estimates = _estimates(_course(two_steps(step)))
    assert abs(_z(estimates, two_steps_by(step, TICKS))) < LIMIT
    at_once = -math.expm1(TICKS * math.log1p(-(step**2)))
    assert abs(_z(estimates, at_once)) > LIMIT, "the twin: both steps in one week"


def test_shorter_windows_come_from_the_same_trajectories():
    _, found, _ = _estimates(_course(one_climb(1e-5)))
    early = np.array([one.weight * np.sum(one.days <= 91.0) for one in found])
    assert abs(_z(early, -math.expm1(13 * math.log1p(-1e-5)))) < LIMIT


def test_every_branch_replays_alone(storm):
    """Random worlds with every feature on: what a branch came to, it comes to again without its siblings."""
    scenario = storm()
    course, full = _course(scenario), _course(scenario, forgets=False)
    levels = splitting.choose_levels([course], 100)
    met = 0
    for number in range(1, 6):
        found = splitting.repeat(course, levels, 30, number)
        again = splitting.repeat(course, levels, 30, number)
        assert np.array_equal(found.days, again.days)
        assert found.weight == again.weight
        for hit in range(len(found.hits)):
            assert splitting.replay(full, levels, found, number, hit) == found.days[hit]
            met += 1
    assert met > 10


def test_an_outcome_that_is_not_rare_needs_no_levels():
    levels, found, estimates = _estimates(_course(one_climb(0.05)))
    assert levels == []
    assert abs(_z(estimates, 1.0 - 0.95**TICKS)) < LIMIT
    assert all(len(one.entered) == 1 for one in found)


def test_what_cannot_come_about_is_never_reached(crisis, outcome):
    struck = outcome("struck", {"act": {"by": "AAA", "at_least": "strike"}})
    _, found, estimates = _estimates(_course(crisis(horizon=70.0, outcomes=[struck])), each=10, repetitions=3)
    assert not estimates.any()
    assert all(one.entered[-1] == 0 and one.roots == 0 for one in found)


def test_copies_are_shared_out_evenly_and_the_odd_ones_by_lot():
    keys, firsts = key_schedule(1, BRANCHES), np.zeros(3)
    for repetition in range(300):
        copies = splitting._copies(keys, 3, 10, repetition, 0)
        counts = np.bincount(copies, minlength=3)
        assert sorted(counts) == [3, 3, 4]
        firsts += counts - 3
    assert (abs(firsts - 100) < 4 * math.sqrt(300 * 2 / 9)).all(), "each gets the odd one equally often"
