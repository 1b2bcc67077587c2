"""Paired differences: intervals that cover, also where little was seen; parameter spread without noise; symmetry."""

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis import pairs

SPEC = [{"id": "war", "label": "War", "kind": "vertical", "windows": [30.0, 90.0], "resolution": "War."}]
SHARES = [(0.0, 2e-4), (3e-4, 3e-4), (2e-3, 1e-3), (0.02, 0.005), (0.2, 0.01)]


def wald(gained, lost, n):
    """The interval that collapses where nothing was seen."""
    mean, z = (gained - lost) / n, 1.96
    half = z * np.sqrt(np.maximum((gained + lost) / n - mean**2, 0.0) / n)
    return mean - half, mean + half


def coverage(interval, gains, losses, n=2_000, seed=1):
    b, c, _ = np.random.default_rng(seed).multinomial(n, [gains, losses, 1 - gains - losses], size=5_000).T
    low, high = interval(b, c, n)
    return ((low <= gains - losses) & (gains - losses <= high)).mean()


@pytest.mark.parametrize(("gains", "losses"), SHARES)
def test_the_paired_interval_covers(gains, losses):
    assert coverage(pairs.paired_interval, gains, losses) > 0.935


def test_an_interval_that_collapses_would_be_noticed():
    assert coverage(wald, 1e-3, 0.0) < 0.935


def test_tango_for_the_data_of_newcombe():
    """36, 12, 2 and 0 pairs of 50 (Newcombe 1998): .0611 to .3447 by Tango's method."""
    low, high = pairs.paired_interval(12, 2, 50)
    assert (round(float(low[0]), 4), round(float(high[0]), 4)) == (0.0611, 0.3447)


def test_exchanging_both_changes_every_sign():
    b, c = np.array([0, 3, 40, 12]), np.array([7, 3, 5, 0])
    low, high = pairs.paired_interval(b, c, 500)
    other_low, other_high = pairs.paired_interval(c, b, 500)
    assert np.allclose(low, -other_high, atol=1e-9)
    assert np.allclose(high, -other_low, atol=1e-9)


@pytest.mark.parametrize(("both", "first", "second"), [(0.05, 0.01, 0.02), (0.002, 0.001, 0.003), (0.3, 0.001, 0.1)])
def test_the_interval_of_the_ratio_covers(both, first, second):
    p = [both, first, second, 1 - both - first - second]
    x = np.random.default_rng(2).multinomial(2_000, p, size=5_000).T
    low, high = pairs.ratio_interval(x[0] + x[1], x[0] + x[2], x[0])
    ratio = (both + second) / (both + first)
    inside = (np.nan_to_num(low) <= ratio) & (ratio <= np.where(np.isnan(high), np.inf, high))
    assert inside.mean() > 0.935


def test_a_ratio_to_nothing_has_no_upper_end():
    low, high = pairs.ratio_interval(0, 4, 0)
    assert low[0] > 0
    assert np.isnan(high[0])
    assert np.isnan(pairs.ratio_interval(0, 0, 0)[1][0])


def _draws(spread, seed=3, draws=200, each=100):
    """Changes of +1 or 0 whose probability is .2 in the mean and differs between draws as told."""
    rng = np.random.default_rng(seed)
    p = np.clip(rng.normal(0.2, spread, draws), 0, 1)
    index = np.repeat(np.arange(draws), each)
    return (rng.random(draws * each) < p[index]).astype(np.int8)[:, None], index


def test_the_spread_over_draws_is_that_of_the_parameters():
    change, index = _draws(0.06)
    means, sizes = pairs.by_draw(change, index)
    squares, _ = pairs.by_draw(change**2, index)
    low, high = pairs.spread_over_draws(means, sizes, squares)
    assert low[0] == pytest.approx(0.2 - 1.645 * 0.06, abs=0.02)
    assert high[0] == pytest.approx(0.2 + 1.645 * 0.06, abs=0.02)
    noisy = np.quantile(means[:, 0], (0.05, 0.95))
    assert noisy[1] - noisy[0] > 1.1 * (high[0] - low[0]), "the twin: with the noise in it the spread is wider"


def test_a_spread_lost_in_chance_is_not_told():
    change, index = _draws(0.0, seed=5)
    table = pairs.difference_table(np.full((len(change), 1), -1), np.where(change, 5, -1), index, SPEC[:1])
    means, sizes = pairs.by_draw(change, index)
    assert np.isnan(pairs.spread_over_draws(means, sizes, means)[0]).all() or (table["parameter_low"] > 0).all()
    assert np.isnan(pairs.spread_over_draws(means[:1], sizes[:1], means[:1])[0]).all(), "one draw says nothing"


@pytest.fixture(scope="module")
def days():
    rng = np.random.default_rng(7)
    first = np.where(rng.random((4_000, 1)) < 0.3, rng.uniform(0, 100, (4_000, 1)), -1)
    second = np.where(rng.random((4_000, 1)) < 0.1, rng.uniform(0, 100, (4_000, 1)), first)
    return first, second, np.arange(4_000) % 40


def test_the_table_adds_up(days):
    table = pairs.difference_table(*days, SPEC)
    assert table["window_days"].tolist() == [30.0, 90.0]
    assert np.allclose(table["difference"], table["alternative"] - table["baseline"])
    assert np.allclose(table["difference"], (table["gained"] - table["lost"]) / table["n"])
    assert (table["mc_low"] < table["difference"]).all()
    assert (table["difference"] < table["mc_high"]).all()
    assert (table["variance_ratio"] <= table["variance_ratio_limit"] + 1e-9).all()


def test_the_table_the_other_way_round(days):
    first, second, index = days
    there, back = pairs.difference_table(first, second, index, SPEC), pairs.difference_table(second, first, index, SPEC)
    for one, other in (("difference", "difference"), ("mc_low", "mc_high"), ("parameter_low", "parameter_high")):
        assert np.allclose(there[one], -back[other], atol=1e-9)
    assert there["gained"].tolist() == back["lost"].tolist()
    assert np.allclose(there["ratio"], 1 / back["ratio"])


def test_what_pairing_gains_is_what_simulation_says(days):
    """The variance ratio is that of unpaired over paired differences in repeated samples of the same replicates."""
    first, second, index = days
    x, y = first[:, 0] >= 0, second[:, 0] >= 0
    rng = np.random.default_rng(8)
    paired, apart = [], []
    for _ in range(3_000):
        one, other = rng.integers(0, len(x), (2, 300))
        paired.append(y[one].mean() - x[one].mean())
        apart.append(y[one].mean() - x[other].mean())
    spec = [SPEC[0] | {"windows": [200.0]}]
    ratio = pairs.difference_table(first, second, index, spec)["variance_ratio"].iloc[0]
    assert ratio == pytest.approx(np.var(apart) / np.var(paired), rel=0.12)


def test_the_same_computed_twice_is_exactly_zero(days):
    first, _, index = days
    table = pairs.difference_table(first, first, index, SPEC, same=True)
    ends = ["difference", "mc_low", "mc_high", "parameter_low", "parameter_high", "gained", "lost"]
    assert (table[ends] == 0).all(axis=None)
    assert (table[["ratio", "ratio_low", "ratio_high"]] == 1).all(axis=None)
    unsure = pairs.difference_table(first, first, index, SPEC)
    assert (unsure["mc_high"] > 0).all(), "agreement alone does not prove that nothing changed"
    assert table["variance_ratio"].isna().all()


def test_interactions_cover_and_do_not_collapse():
    rng, hits = np.random.default_rng(9), 0
    index = np.arange(2_000) % 20
    for _ in range(400):
        change = rng.choice([-2, -1, 0, 1], p=[0.0005, 0.001, 0.996, 0.0025], size=(2_000, 1)).astype(np.int8)
        found = pairs.interaction(change, index)
        hits += found.mc_low[0] <= 0.0005 <= found.mc_high[0]
    assert hits / 400 > 0.935
    none = pairs.interaction(np.zeros((100, 1), np.int8), index[:100])
    assert none.mc_low[0] < 0 < none.mc_high[0]


def test_no_outcome_no_row(days):
    assert pairs.difference_table(days[0][:, :0], days[1][:, :0], days[2], []).empty
    assert isinstance(pairs.difference_table(*days, SPEC), pd.DataFrame)
