"""Two-by-two tables of replicates that share parameter draws: intervals that cover, tests that are not fooled."""

import numpy as np
import pytest
from scipy import stats

from escalation_sim.analysis import contingency as c

TRIALS = 400


def _worlds(seed, together=0.0, draws=40, each=50, spread=1.0):
    """Splits of worlds in which a signal and an outcome depend on uncertain numbers, correlated by `together`."""
    rng = np.random.default_rng(seed)
    for _ in range(TRIALS):
        one, other = rng.normal(size=(2, draws))
        lean = np.stack([one, together * one + np.sqrt(1 - together**2) * other])
        p_seen, p_follows = 1 / (1 + np.exp(1 - spread * lean))
        seen = rng.random((each, draws)) < p_seen
        follows = rng.random((each, draws)) < p_follows
        parts = (seen & follows, seen, ~seen & follows, ~seen)
        yield c.Split(*(part.sum(axis=0).astype(float) for part in parts))


def _expected_difference(together, spread=1.0):
    """What `_worlds` come to in the long run."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 400_000))
    lean = np.stack([one, together * one + np.sqrt(1 - together**2) * other])
    p, q = 1 / (1 + np.exp(1 - spread * lean))
    return float((p * q).mean() / p.mean() - ((1 - p) * q).mean() / (1 - p).mean())


def _pooled(split):
    return [np.array([float(part.sum())]) for part in split]


def test_newcombe_for_his_own_example():
    low, high = c.difference_interval(56, 70, 48, 80)
    assert (round(float(low[0]), 4), round(float(high[0]), 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize(("p", "q"), [(0.02, 0.01), (0.3, 0.5), (0.004, 0.2)])
def test_intervals_of_difference_and_ratio_cover(p, q):
    rng = np.random.default_rng(6)
    a, b = rng.binomial(300, p, 8_000), rng.binomial(900, q, 8_000)
    low, high = c.difference_interval(a, 300, b, 900)
    assert ((low <= p - q) & (p - q <= high)).mean() > 0.935
    low, high = c.ratio_interval(a, 300, b, 900)
    assert ((low <= p / q) & ~(high < p / q)).mean() > 0.935


def test_walds_intervals_would_be_noticed():
    rng = np.random.default_rng(6)
    p, q = 0.004, 0.001
    a, b = rng.binomial(300, p, 8_000) / 300, rng.binomial(900, q, 8_000) / 900
    half = 1.96 * np.sqrt(a * (1 - a) / 300 + b * (1 - b) / 900)
    assert (np.abs(a - b - p + q) <= half).mean() < 0.935
    p, q = 0.02, 0.01
    a, b = rng.binomial(300, p, 8_000) / 300, np.maximum(rng.binomial(900, q, 8_000), 1) / 900
    half = 1.96 * a / b * np.sqrt(np.divide(1 - a, 300 * a, where=a > 0, out=np.zeros_like(a)) + (1 - b) / (900 * b))
    assert (np.abs(a / b - p / q) <= half).mean() < 0.935


def test_a_ratio_without_a_bound_is_no_number():
    low, high = c.ratio_interval([5, 0, 0], [50, 50, 50], [0, 5, 0], [50, 50, 50])
    assert low[0] > 0
    assert np.isnan(high[0])
    assert (low[1], low[2]) == (0.0, 0.0)
    assert 0 < high[1] < 1.5
    assert np.isnan(high[2])


def test_a_ratio_turned_over_is_its_reciprocal():
    low, high = c.ratio_interval(30, 70, 11, 90)
    turned = c.ratio_interval(11, 90, 30, 70)
    assert (turned[0][0], turned[1][0]) == pytest.approx((1 / high[0], 1 / low[0]))


def test_one_draw_gives_fishers_test():
    for a, n, b, m in ((3, 20, 9, 25), (0, 12, 6, 30), (40, 100, 38, 100)):
        exact = [stats.fisher_exact([[a, n - a], [b, m - b]], alternative=side).pvalue for side in ("less", "greater")]
        split = c.Split(*(np.array([float(count)]) for count in (a, n, b, m)))
        assert c.p_value(split) == pytest.approx(min(1.0, 2 * min(exact)))


def test_numbers_of_their_own_do_not_fool_the_test():
    p = np.array([c.p_value(split) for split in _worlds(1, each=150)])
    alone = np.array([c.p_value(c.Split(*_pooled(split))) for split in _worlds(1, each=150)])
    assert (p < 0.05).mean() < 0.08
    assert (alone < 0.05).mean() > 0.2, "the twin: replicates taken for independent"


def test_a_number_that_drives_both_is_found():
    assert np.mean([c.p_value(split) < 0.001 for split in _worlds(2, together=1.0, draws=100)]) > 0.95


def test_a_certain_connection_of_two_draws_is_not_sure():
    """Two draws say next to nothing of what other draws would show, however many replicates each has."""
    both = c.Split(*(np.array(counts, float) for counts in ([900, 0], [1000, 0], [0, 100], [0, 1000])))
    assert c.p_value(both) > 0.01


@pytest.mark.parametrize("together", [0.0, 0.8])
def test_the_interval_of_the_difference_covers_other_draws_too(together):
    truth = _expected_difference(together)
    covered = {"clustered": 0, "alone": 0}
    for split in _worlds(3, together):
        counts = np.concatenate(_pooled(split))
        for name, share in (("clustered", c.worth(split)), ("alone", 1.0)):
            low, high = c.difference_interval(*(counts * share))
            covered[name] += int(low[0] <= truth <= high[0])
    assert covered["clustered"] > 0.92 * TRIALS
    assert covered["alone"] < 0.90 * TRIALS, "the twin: without the draws it does not cover"


def test_the_interval_of_a_proportion_covers_other_draws_too():
    covered = twin = 0
    rng = np.random.default_rng(0)
    lean = rng.normal(size=400_000)
    p = 1 / (1 + np.exp(1 - lean))
    truth = float((p * p).mean() / p.mean())
    for split in _worlds(4, together=1.0):
        low, high = c.proportion_interval(split.follows_seen, split.seen)
        covered += low <= truth <= high
        low, high = c.proportion_interval(*(np.array([part.sum()]) for part in split[:2]))
        twin += low <= truth <= high
    assert covered > 0.92 * TRIALS
    assert twin < 0.90 * TRIALS


def test_within_draws_nothing_is_left_of_what_parameters_do():
    found = np.array([c.within_draws(split) for split in _worlds(5, together=0.8)])
    assert abs(found[:, 0].mean()) < 0.004
    assert ((found[:, 1] <= 0) & (found[:, 2] >= 0)).mean() > 0.92
    assert _expected_difference(0.8) > 0.05, "the twin: the difference over all draws is far from it"


def test_within_draws_needs_draws_that_hold_both():
    apart = c.Split(*(np.array(counts, float) for counts in ([5, 0], [10, 0], [0, 2], [0, 10])))
    assert np.isnan(c.within_draws(apart)).all()
    one = c.Split(*(np.array([count]) for count in (5.0, 10.0, 2.0, 10.0)))
    mean, low, high = c.within_draws(one)
    assert mean == pytest.approx(0.3)
    assert np.isnan([low, high]).all()


def test_information_is_symmetric_and_bounded():
    table = np.random.default_rng(7).integers(1, 50, (2, 2, 30)).astype(float)
    bits = c.information(table)
    assert np.allclose(bits, c.information(table.swapaxes(0, 1)))
    assert ((bits >= 0) & (bits <= 1)).all()
