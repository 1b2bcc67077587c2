"""Sobol indices of a known function, seen through finitely many replicates."""

import numpy as np
import pytest
from scipy.stats import qmc, sobol_indices

from escalation_sim.analysis.luck import CommonLuck, independent_luck
from escalation_sim.analysis.sobol import _influence, indices, sobol_table

# Ishigami and Homma 1990, with a = 7, b = 0.1 and a fourth variable that does nothing; variances by hand.
_FIRST = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2
_SECOND = 7.0**2 / 8.0
_BOTH = 0.1**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
FIRST = np.array([_FIRST, _SECOND, 0.0, 0.0]) / (_FIRST + _SECOND + _BOTH)
TOTAL = np.array([_FIRST + _BOTH, _SECOND, _BOTH, 0.0]) / (_FIRST + _SECOND + _BOTH)
TRUTH = np.concatenate([FIRST, TOTAL])
D = 4


def probability(x, scale=32.0):
    """Ishigami's function of x in [0, 1]^4, pressed into a probability: its indices stay the same."""
    z = np.pi * (2.0 * x - 1.0)
    y = np.sin(z[..., 0]) + 7.0 * np.sin(z[..., 1]) ** 2 + 0.1 * z[..., 2] ** 4 * np.sin(z[..., 0])
    return 0.48 + (y - 3.5) / scale


def saltelli(n, seed, d=D, even=True):
    """Points (n, d + 2, d) of a Saltelli design: A_j, B_j, AB_1j .., from a Sobol sequence or plain random numbers."""
    both = qmc.Sobol(2 * d, seed=seed).random(n) if even else np.random.default_rng(seed).random((n, 2 * d))
    x = np.repeat(both[:, None, :d], d + 2, axis=1)
    x[:, 1] = both[:, d:]
    for i in range(d):
        x[:, 2 + i, i] = both[:, d + i]
    return x


def own_luck(x, replicates, seed):
    """Shares and standard errors if each point has its own luck."""
    share = np.random.default_rng(seed).binomial(replicates, probability(x)) / replicates
    return share[..., None], np.sqrt(share * (1.0 - share) / (replicates - 1))[..., None]


def shared_luck(x, replicates, seed, twist=3.0, draws=1, reach=0.0, scale=32.0):
    """Shares and luck if all points have the same: one uniform per replicate, turned by an angle that depends on x.

    With `draws` parameter draws each moves the probability by up to `reach`, here up and there down, 0 in the mean.
    """
    rng = np.random.default_rng(seed)
    u, angle = rng.random(replicates), rng.normal(size=(D, replicates)) * twist
    moved = rng.uniform(-reach, reach, draws)[np.arange(replicates) % draws]
    luck = CommonLuck(draws)
    shares = np.empty((*x.shape[:2], 1))
    for j, row in enumerate(x):
        p = probability(row, scale)[:, None] + moved * np.cos(2.0 * np.pi * row[:, 1:2])
        happened = ((u + row @ angle) % 1.0 < p)[..., None]
        luck.add(happened)
        shares[j] = happened.mean(axis=1)
    return shares, luck.result()


def no_luck(f):
    return independent_luck(np.zeros(f.shape))


def both(found):
    return np.concatenate([found.first[:, 0], found.total[:, 0]])


def covered(found):
    low = np.concatenate([found.first_low[:, 0], found.total_low[:, 0]])
    high = np.concatenate([found.first_high[:, 0], found.total_high[:, 0]])
    return (low <= TRUTH) & (high >= TRUTH)


@pytest.mark.parametrize(("d", "k"), [(3, 2), (1, 1), (1, 2), (2, 1)])
def test_without_luck_the_indices_are_scipys(d, k):
    rng = np.random.default_rng(5)
    f = rng.random((64, d + 2, k))
    found = indices(f, no_luck(f))
    if d > 1 or k > 1:  # scipy itself fails on a single variable and column
        ab = f[:, 2:].transpose(1, 2, 0)
        plain = sobol_indices(func={"f_A": f[:, 0].T, "f_B": f[:, 1].T, "f_AB": ab}, n=64)
        np.testing.assert_allclose(found.first.T.ravel(), plain.first_order.ravel(), rtol=1e-14)
        np.testing.assert_allclose(found.total.T.ravel(), plain.total_order.ravel(), rtol=1e-14)
    b, change = f[:, 1] - f[:, :2].mean(axis=(0, 1)), f[:, 2:] - f[:, :1]
    by_hand = (b[:, None] * change).mean(axis=0) / f[:, :2].var(axis=(0, 1))
    np.testing.assert_allclose(found.first, by_hand, atol=1e-12)
    assert found.luck_share.tolist() == [0.0] * k


def test_the_bootstrap_speaks_of_the_same_numbers():
    f = np.random.default_rng(6).random((256, 5, 2))
    once = indices(f, no_luck(f), resamples=400)
    middle = (once.total_low + once.total_high) / 2.0
    np.testing.assert_allclose(middle, once.total, atol=0.05)
    np.testing.assert_allclose((once.first_low + once.first_high) / 2.0, once.first, atol=0.08)
    assert (once.first_low < once.first).all()
    assert (once.first < once.first_high).all()


def _battery(make, runs=40):
    """Mean and its standard error of corrected and of plain indices, over designs and luck."""
    corrected, plain = [], []
    for seed in range(runs):
        f, luck = make(saltelli(64, seed), seed)
        corrected.append(both(indices(f, luck, resamples=19)))
        plain.append(both(indices(f, no_luck(f), resamples=19)))
    told = np.isfinite(corrected).all(axis=1)
    assert told.mean() > 0.9
    return [(np.mean(x, axis=0), np.std(x, axis=0) / np.sqrt(len(x))) for x in (np.array(corrected)[told], plain)]


def _with_own_luck(x, seed):
    f, error = own_luck(x, 100, seed)
    return f, independent_luck(error)


def _with_shared_luck(x, seed):
    return shared_luck(x, 100, seed)


def _with_draws(x, seed):
    return shared_luck(x, 200, seed, draws=20, reach=0.15)


@pytest.mark.parametrize("make", [_with_own_luck, _with_shared_luck, _with_draws])
def test_the_luck_is_taken_out(make):
    (mean, error), (plain, plain_error) = _battery(make)
    assert (np.abs(mean - TRUTH) < 4.0 * error + 0.01).all()
    assert abs(mean[-1]) < 0.02, "the total index of the inert variable"
    # The twin: what comes out if estimates are taken for probabilities.
    wrong = np.abs(plain - TRUTH) / plain_error
    assert (wrong[-2:] > 4.0).all()
    assert plain[-1] > 0.05


def test_luck_is_what_a_covariance_of_replicates_says():
    rng = np.random.default_rng(1)
    row = rng.random((5, 60, 2)) < rng.random((5, 1, 2))
    luck = CommonLuck(draws=1)
    luck.add(row)
    luck.add(row[::-1])
    found = luck.result()
    for k in range(2):
        covariance = np.cov(row[:, :, k]) / 60
        assert found.variance[0, k] == pytest.approx((covariance[0, 0] + covariance[1, 1]) / 2)
        for i in range(3):
            change = row[2 + i, :, k].astype(float) - row[0, :, k]
            assert found.difference[0, i, k] == pytest.approx(change.var(ddof=1) / 60)
            expected = np.cov(row[1, :, k], change)[0, 1] / 60
            assert found.covariance[0, i, k] == pytest.approx(expected)
        means = (row[:2, :, k].mean(axis=0) + row[::-1][:2, :, k].mean(axis=0)) / 2.0
        assert found.mean_variance[k] == pytest.approx(means.var(ddof=1) / 60)
    np.testing.assert_allclose(found.estimates[0], row.mean(axis=1))


def test_draws_are_the_clusters_of_replicates():
    draws = np.array([0, 1, 1, 0, 0]).astype(bool)
    happened = np.tile(draws[np.arange(50) % 5], (3, 1))[..., None]
    luck = CommonLuck(draws=5)
    luck.add(happened)
    assert luck.result().variance[0, 0] == pytest.approx(draws.var(ddof=1) / 5)
    twin = CommonLuck(draws=1)
    twin.add(happened)
    assert twin.result().variance[0, 0] < luck.result().variance[0, 0] / 9, "as if all replicates were independent"


def test_both_forms_agree_where_each_point_has_its_own_luck():
    rng = np.random.default_rng(3)
    p = probability(saltelli(256, 3))
    common = CommonLuck(draws=1)
    for row in p:
        common.add(rng.random((D + 2, 50, 1)) < row[:, None, None])
    luck = common.result()
    share = luck.estimates
    own = independent_luck(np.sqrt(share * (1.0 - share) / 49))
    np.testing.assert_allclose(luck.variance, own.variance)
    np.testing.assert_allclose(luck.difference.mean(axis=0), own.difference.mean(axis=0), rtol=0.05)
    np.testing.assert_allclose(luck.covariance.mean(axis=0), 0.0, atol=0.0002)
    one, other = indices(share, luck), indices(share, own)
    np.testing.assert_allclose(both(one), both(other), atol=0.03)


def test_what_a_row_leaves_behind_does_not_grow_with_replicates():
    luck = CommonLuck(draws=10)
    rng = np.random.default_rng(4)
    for _ in range(8):
        luck.add(rng.random((5, 1000, 2)) < 0.4)
    found = luck.result()
    assert found.sway.shape == (10, 2 + 3 * 3, 2)
    assert max(part.size for part in found) <= 8 * 5 * 2 * 3
    np.testing.assert_allclose(found.sway.sum(axis=0), 0.0, atol=1e-12)


def _terms(f):
    """Variance and the numerators of the plain indices, (1 + 2 d, K)."""
    b, change = f[:, 1:2] - f[:, :2].mean(axis=(0, 1)), f[:, 2:] - f[:, :1]
    return np.concatenate([f[:, :2].var(axis=(0, 1))[None], (b * change).mean(axis=0), (change**2 / 2.0).mean(axis=0)])


def test_what_a_cluster_moves_is_what_happens_when_it_weighs_more():
    rng = np.random.default_rng(7)
    p = rng.random((16, 5, 1, 2))
    happened = (rng.random((1, 1, 100, 2)) + 0.3 * rng.random((16, 5, 100, 2))) % 1.0 < p
    luck = CommonLuck(draws=10)
    for row in happened:
        luck.add(row)
    found = luck.result()
    shares = np.stack([happened[:, :, c::10].mean(axis=2) for c in range(10)], axis=2)
    weights = rng.multinomial(10, np.full(10, 0.1)) - 1.0
    moved = [_terms((shares * (1.0 + step * weights)[:, None]).sum(axis=2) / 10) for step in (1e-4, -1e-4)]
    expected = (moved[0] - moved[1]) / 2e-4
    np.testing.assert_allclose(np.tensordot(weights, _influence(found.estimates, found.sway), 1), expected, atol=1e-9)
    assert np.abs(expected).max() > 1e-3


def test_intervals_cover_with_own_luck():
    inside = []
    for seed in range(100):
        f, error = own_luck(saltelli(128, seed, even=False), 100, seed)
        inside.append(covered(indices(f, independent_luck(error), resamples=199)))
    assert np.mean(inside) == pytest.approx(0.95, abs=0.04)


def test_intervals_cover_luck_that_does_not_average_out():
    inside, twin = [], []
    for seed in range(40):
        f, luck = shared_luck(saltelli(512, seed), 100, 1000 + seed, twist=1.0, draws=10, reach=0.2, scale=50.0)
        inside.append(covered(indices(f, luck, resamples=199)))
        twin.append(covered(indices(f, luck._replace(sway=luck.sway[:0]), resamples=199)))
    assert np.mean(inside) > 0.93
    assert np.mean(twin, axis=0).min() < 0.8, "the twin: as if rows were all that is sampled"


def test_a_probability_that_does_not_vary_has_no_indices():
    told, plain = 0, 0
    for seed in range(40):
        share = np.random.default_rng(seed).binomial(50, 0.3, (64, D + 2, 1)) / 50
        luck = independent_luck(np.sqrt(share * (1.0 - share) / 49))
        found = indices(share, luck, resamples=199)
        told += np.isfinite(found.total).any()
        plain += np.isfinite(indices(share, no_luck(share), resamples=19).total).any()
        assert found.luck_share[0] > 0.75
        assert np.isnan(found.first).all() == np.isnan(found.total_high).all() == np.isnan(found.first_low).all()
    assert told <= 4
    assert plain == 40, "the twin: luck taken for variance"


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_a_constant_has_no_indices_and_no_share_of_luck(p):
    found = indices(np.full((16, 4, 2), p), no_luck(np.zeros((16, 4, 2))))
    assert all(np.isnan(part).all() for part in found)


def test_shared_luck_that_never_differs_makes_an_inert_variable_exactly_inert():
    f, luck = shared_luck(saltelli(64, 2), 100, 2, twist=0.0)
    found = indices(f, luck)
    assert found.total[3, 0] == pytest.approx(0.0, abs=1e-12)
    assert found.total_high[3, 0] == pytest.approx(0.0, abs=1e-12)
    assert found.total[1, 0] > 0.3


@pytest.fixture
def sweep(points_of, variables_of):
    x = saltelli(64, 8)
    share, error = own_luck(x, 100, 8)
    other = np.random.default_rng(0).random((64 * (D + 2), 1))
    values = {f"x{i}": x[:, :, i].ravel() for i in range(D)}
    both_shares = np.hstack([share.reshape(-1, 1), other])
    points = points_of(values, both_shares, n=100, error=np.hstack([error.reshape(-1, 1), np.zeros(other.shape)]))
    return points, variables_of(values), share, error


def test_the_table(sweep):
    points, variables, share, error = sweep
    table = sobol_table(points, variables)
    assert ",".join(table.columns) == (
        "outcome,label,window_days,variable,variable_label,first,first_low,first_high,total,total_low,total_high,n,"
        "luck_share"
    )
    assert table["outcome"].tolist() == ["o0"] * D + ["o1"] * D
    assert table["variable"].tolist() == [f"x{i}" for i in range(D)] * 2
    found = indices(share, independent_luck(error))
    np.testing.assert_allclose(table["first"][:D], found.first[:, 0])
    np.testing.assert_allclose(table["total"][:D], found.total[:, 0])
    assert table["n"].unique().tolist() == [64]
    assert table.equals(sobol_table(points.sample(frac=1.0, random_state=1).sort_values("outcome"), variables))


def test_the_table_with_common_luck(points_of, variables_of):
    x = saltelli(32, 9)
    share, luck = shared_luck(x, 80, 9)
    values = {f"x{i}": x[:, :, i].ravel() for i in range(D)}
    points, variables = points_of(values, share.reshape(-1, 1), n=80), variables_of(values)
    table = sobol_table(points, variables, luck)
    np.testing.assert_allclose(table["total"], indices(share, luck).total[:, 0])
    with pytest.raises(ValueError, match="luck is that of other points"):
        sobol_table(points, variables, luck._replace(estimates=luck.estimates[::-1]))
    with pytest.raises(ValueError, match="luck is that of other points"):
        sobol_table(points, variables, luck._replace(estimates=luck.estimates[:16]))


def test_what_cannot_be_computed_is_refused(sweep, points_of):
    points, variables, _, _ = sweep
    with pytest.raises(ValueError, match="no whole number of base rows of 6 points"):
        sobol_table(points[points["point"] > 0], variables)
    with pytest.raises(ValueError, match="1 of 384 points have no result"):
        sobol_table(points.assign(probability=points["probability"].where(points["point"] != 7)), variables)
    with pytest.raises(ValueError, match="luck of some points is not known"):
        sobol_table(points.assign(standard_error=np.nan), variables)
    with pytest.raises(ValueError, match="power of 2"):
        sobol_table(points[points["point"] < 18], variables)
    with pytest.raises(ValueError, match="each outcome and window once"):
        sobol_table(points[1:], variables)
    with pytest.raises(ValueError, match="tell nothing about luck"):
        CommonLuck(draws=1).add(np.zeros((3, 1, 1), dtype=bool))
    with pytest.raises(ValueError, match="no base row"):
        CommonLuck(draws=2).result()
