"""Intervals from repetitions: do they cover, and do they count the draws of the parameters?"""

import numpy as np
import pytest

from escalation_sim.analysis.rare import disagreement, repeated_estimate, told

DRAWS, EACH, TRUTH = 60, 2, 2e-4
SPREAD, NOISE = 0.8, 0.7  # standard deviations on the log scale: of the draws, of the luck


def _sample(rng):
    """Estimates of lognormal draws, each twice with lognormal noise of mean one."""
    draws = TRUTH * np.exp(rng.normal(-(SPREAD**2) / 2, SPREAD, DRAWS))
    index = np.arange(DRAWS * EACH) % DRAWS
    return draws[index] * np.exp(rng.normal(-(NOISE**2) / 2, NOISE, len(index))), index


def _covered(estimate, truth=TRUTH, n=400):
    rng, met = np.random.default_rng(7), 0
    for _ in range(n):
        values, index = _sample(rng)
        row = estimate(values[:, None], index).iloc[0]
        met += row.mc_low <= truth <= row.mc_high
    return met / n


def test_the_interval_covers_and_its_twin_that_forgets_the_draws_does_not():
    assert _covered(repeated_estimate) > 0.92
    assert _covered(lambda values, index: repeated_estimate(values, np.arange(len(index)))) < 0.92


def test_the_parameter_interval_is_that_of_the_draws_without_the_noise():
    rng = np.random.default_rng(3)
    rows = [repeated_estimate(v[:, None], i).iloc[0] for v, i in (_sample(rng) for _ in range(300))]
    reach = np.mean([np.log(row.parameter_high / row.parameter_low) for row in rows])
    exact = 2 * 1.645 * SPREAD
    assert reach == pytest.approx(exact, rel=0.15)
    assert reach < 0.9 * 2 * 1.645 * np.hypot(SPREAD, NOISE / np.sqrt(EACH)), "noise is taken out"


def test_n_and_count_tell_the_probability_as_surely():
    values, index = _sample(np.random.default_rng(1))
    row = repeated_estimate(values[:, None], index).iloc[0]
    assert row["count"] / row.n == pytest.approx(row.probability, rel=0.02)
    assert 0 < row["count"] < row.n


def test_a_window_that_was_never_reached_is_not_a_number():
    table = repeated_estimate([[0.0, 1e-5], [0.0, 3e-5], [0.0, 2e-5]], [0, 1, 2])
    assert table.loc[0, ["probability", "mc_low", "mc_high", "parameter_low"]].isna().all()
    assert table.loc[0, ["n", "count"]].tolist() == [0, 0]
    assert table.loc[1, "mc_low"] < 2e-5 < table.loc[1, "mc_high"]


def test_a_single_draw_has_the_spread_of_its_repetitions():
    table = repeated_estimate([[1e-5], [3e-5], [2e-5]], [0, 0, 0])
    assert table.mc_low[0] < 2e-5 < table.mc_high[0]
    assert table.parameter_low[0] == table.mc_low[0]


def test_told_is_a_bound_where_nothing_was_seen():
    assert told(0.0, 0, 1000) == "< 0.37 %"
    assert told(1.0, 1000, 1000).startswith(">")
    assert told(3.4e-4, 12, 35_000) == "0.03 %"


def test_disagreement_is_in_standard_errors():
    assert disagreement(1e-3, 0.0, 20, 10_000) == pytest.approx(10 / np.sqrt(10))
