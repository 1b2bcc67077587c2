"""Replicates and draws that a precision takes: enough of them, no more than needed, and never more than allowed."""

import math

import numpy as np
import pytest

from escalation_sim.analysis.precision import DRAW_COST, MOST_DRAWS, planned, relative_errors

MEAN, SPREAD = 0.05, 0.04  # a probability over draws of the parameters
WITHIN = MEAN * (1 - MEAN) - SPREAD**2


def piloted(rng, draws=100, each=40):
    """Counts and sizes of a pilot whose draws have Beta probabilities."""
    strength = MEAN * (1 - MEAN) / SPREAD**2 - 1
    p = rng.beta(MEAN * strength, (1 - MEAN) * strength, draws)
    return rng.binomial(each, p)[:, None], np.full(draws, each)


def true_error(replicates, draws):
    return math.sqrt(SPREAD**2 / draws + WITHIN / replicates) / MEAN


def test_most_plans_reach_what_was_asked_and_none_is_lavish():
    rng = np.random.default_rng(4)
    met, blind = [], []
    for _ in range(300):
        counts, sizes = piloted(rng)
        replicates, draws, _ = planned(counts, sizes, 0.05, 10**6, 100)
        met.append(true_error(replicates, draws))
        pooled = planned(np.full_like(counts, round(counts.mean())), sizes, 0.05, 10**6, 100)
        blind.append(true_error(pooled.replicates, pooled.parameters))
    assert np.mean(np.array(met) < 0.05) > 0.6
    assert 0.8 < np.median(met) / 0.05 < 1
    assert np.mean(np.array(blind) < 0.05) == 0, "the twin: a plan that takes all replicates for independent"


def test_no_other_number_of_draws_is_cheaper():
    counts, sizes = piloted(np.random.default_rng(5))
    replicates, draws, errors = planned(counts, sizes, 0.03, 10**7, 2)
    assert errors[0] <= 0.03
    between, error = (counts[:, 0] / 40).var(ddof=1), relative_errors(counts, sizes)[0]
    share = counts.sum() / sizes.sum()
    between = (between - np.mean(counts / 40 * (1 - counts / 40) / 39)) / share**2
    low = share / (1 + error)
    within, some = (1 - low) / low - between, np.arange(2, MOST_DRAWS)
    room = 0.03**2 - between / some
    cost = DRAW_COST * some + np.where(room > 0, within / np.where(room > 0, room, 1), np.inf)
    assert DRAW_COST * draws + replicates < 1.02 * cost.min()
    assert cost[100 - 2] > 1.5 * cost.min(), "the twin: a hundred draws, as a run has by default"


def test_out_of_reach_is_told():
    counts, sizes = np.array([[1, 500, 0]] * 50), np.full(50, 1000)
    plan = planned(counts, sizes, 0.05, 10_000, 100)
    assert 9_800 < plan.replicates <= 10_000
    assert plan.errors[1] < 0.05 < plan.errors[0] < 1
    assert plan.errors[2] == math.inf
    assert planned(counts, sizes, 0.05, 10**7, 100).replicates > 9_900_000
    assert planned(counts[:, :2], sizes, 0.05, 10**7, 100).errors.max() <= 0.05


def test_a_single_draw_stays_single_and_draws_are_limited():
    counts, sizes = np.array([[50]]), np.array([1000])
    assert planned(counts, sizes, 0.1, 10**6, 1).parameters == 1
    apart = np.array([[0], [100]] * 5)
    assert planned(apart, np.full(10, 100), 0.001, 10**9, 10).parameters == MOST_DRAWS


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_never_or_always_happens(share):
    counts = np.full((4, 1), int(100 * share))
    assert relative_errors(counts, np.full(4, 100))[0] == (0.0 if share else math.inf)
    assert planned(counts, np.full(4, 100), 0.1, 10_000, 4).replicates == (8 if share else 10_000)
