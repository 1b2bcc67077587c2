"""PAWN against distances computed one by one, and against variables that do nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, qmc

from escalation_sim.analysis.pawn import pawn_table
from escalation_sim.analysis.sweeps import binned


def _by_hand(x, y, choice=False):
    """The median of scipy's distances."""
    place = binned(pd.Series(x), choice, 10).place
    return np.median([ks_2samp(y[place == group], y).statistic for group in np.unique(place)])


@pytest.fixture
def mixed():
    """Numbers, few levels, choices and a variable without effect; shares that tie often."""
    rng = np.random.default_rng(1)
    x = {
        "reach": rng.random(400),
        "level": rng.choice([1.0, 2.0, 5.0], 400),
        "doctrine": rng.choice(["forward", "rear"], 400),
        "idle": rng.random(400),
    }
    p = 0.1 + 0.4 * x["reach"] ** 2 + 0.05 * x["level"] + 0.1 * (x["doctrine"] == "rear")
    return x, rng.binomial(40, p)[:, None] / 40


def test_the_index_is_the_median_of_distances(mixed, points_of, variables_of):
    x, share = mixed
    table = pawn_table(points_of(x, share), variables_of(x), "list")
    expected = [_by_hand(value, share[:, 0], name == "doctrine") for name, value in x.items()]
    assert table["pawn"].tolist() == pytest.approx(expected, abs=1e-12)
    assert table["told"].tolist() == [1, 1, 1, 0]
    assert (table["low"] <= table["pawn"]).all()
    assert (table["pawn"] <= table["high"]).all()
    assert table[["n", "n_failed"]].to_numpy().tolist() == [[400, 0]] * 4
    assert ",".join(table.columns) == (
        "outcome,label,window_days,variable,variable_label,pawn,low,high,dummy,told,n,n_failed"
    )
    assert table.equals(pawn_table(points_of(x, share), variables_of(x), "list"))


def test_the_bootstrap_and_the_dummy_are_distances_too(mixed, points_of, variables_of, monkeypatch):
    """Resamples and deals that change nothing give the index itself."""
    x, share = mixed
    n = len(share)

    def unchanged(rows, resamples):
        return np.ones((n, resamples)), np.tile(np.arange(n), (resamples, 1))

    monkeypatch.setattr("escalation_sim.analysis.pawn._resamples", unchanged)
    table = pawn_table(points_of(x, share, failed=[3, 50]), variables_of(x), "list", resamples=3)
    for end in ("low", "high", "dummy"):
        assert table[end].tolist() == pytest.approx(table["pawn"].tolist(), abs=1e-12)
    assert table["told"].tolist() == [0] * 4


def test_a_resample_counts_a_point_as_often_as_it_was_drawn(mixed, points_of, variables_of, monkeypatch):
    x, share = mixed
    times = np.random.default_rng(0).multinomial(len(share), np.full(len(share), 1.0 / len(share)))
    deal = np.arange(len(share))[None]
    monkeypatch.setattr(
        "escalation_sim.analysis.pawn._resamples", lambda rows, resamples: (times[:, None].astype(float), deal)
    )
    only = {"level": x["level"]}
    monkeypatch.setattr("escalation_sim.analysis.pawn.np.quantile", lambda values, at: (0.0, 0.0, values[0]))
    table = pawn_table(points_of(only, share), variables_of(only), "list", resamples=1)
    drawn = _by_hand(np.repeat(x["level"], times), np.repeat(share[:, 0], times))
    assert table["high"][0] - table["pawn"][0] == pytest.approx(drawn, abs=1e-12)


def test_an_inert_variable_is_told_in_one_of_twenty(points_of, variables_of):
    rng = np.random.default_rng(2)
    x = {"idle": rng.random(200), "choice": rng.choice(["a", "b", "c"], 200)}
    table = pawn_table(points_of(x, rng.binomial(100, 0.3, (200, 150)) / 100), variables_of(x), "latin_hypercube")
    assert 0.01 < table["told"].mean() < 0.09
    assert (table["pawn"] > 0.0).all(), "the twin: above zero though inert, so zero is nothing to compare with"


def _saltelli(n, d, seed):
    both = qmc.Sobol(2 * d, seed=seed).random(n)
    x = np.repeat(both[:, None, :d], d + 2, axis=1)
    x[:, 1] = both[:, d:]
    for i in range(d):
        x[:, 2 + i, i] = both[:, d + i]
    return x.reshape(-1, d)


def test_a_saltelli_design_is_dealt_out_by_rows(points_of, variables_of):
    told, twin = [], []
    for seed in range(12):
        x = _saltelli(32, 5, seed)
        other = np.random.default_rng(seed).normal(size=(2, 20))
        share = 0.5 + 0.4 * np.sin(6.0 * (x[:, :2] @ other))  # the others do nothing
        values = {f"x{i}": x[:, i] for i in range(5)}
        for kind, found in (("sobol", told), ("list", twin)):
            table = pawn_table(points_of(values, share), variables_of(values), kind, resamples=99)
            found.append(table.loc[table["variable"] > "x1", "told"].mean())
    assert np.mean(told) < 0.1
    assert np.mean(twin) > 0.15, "the twin: as if all points had been drawn apart"


def test_the_interval_says_where_indices_of_such_samples_lie(points_of, variables_of):
    def table(slope, seed):
        rng = np.random.default_rng(seed)
        x = {"x": rng.random(400)}
        y = np.clip(0.2 + slope * x["x"] + rng.normal(0.0, 0.15, 400), 0.0, 1.0)
        return pawn_table(points_of(x, y[:, None]), variables_of(x), "list")

    for slope in (0.0, 0.5):
        found = pd.concat([table(slope, seed) for seed in range(80)])
        mean = found["pawn"].mean()
        assert ((found["low"] <= mean) & (mean <= found["high"])).mean() > 0.88
        assert (found["high"] - found["low"]).mean() < 6.0 * found["pawn"].std()
        if slope == 0.0:
            assert (found["low"] > 0.02).all(), "the twin: the index of infinitely many points, zero, is never inside"


def test_failed_points_are_left_out(mixed, points_of, variables_of):
    x, share = mixed
    failed = np.arange(0, 400, 7)
    table = pawn_table(points_of(x, share, failed=failed), variables_of(x), "list")
    assert table[["n", "n_failed"]].to_numpy().tolist() == [[400 - len(failed), len(failed)]] * 4
    left = np.setdiff1d(np.arange(400), failed)
    expected = _by_hand(x["level"][left], share[left, 0])
    assert table["pawn"][1] == pytest.approx(expected, abs=1e-12)
    assert table["told"].tolist() == [1, 1, 1, 0]


def test_what_says_nothing_is_not_told(points_of, variables_of):
    x = {"fixed": np.ones(30), "free": np.arange(30.0)}
    table = pawn_table(points_of(x, np.full((30, 1), 0.2)), variables_of(x), "list")
    assert table["pawn"].isna().tolist() == [True, False]
    assert table[["pawn", "low", "high", "dummy", "told"]].iloc[1].tolist() == [0.0] * 5
    gone = pawn_table(points_of(x, np.full((30, 1), 0.2), failed=range(1, 30)), variables_of(x), "list")
    assert gone["pawn"].isna().all()
    assert gone["told"].tolist() == [0, 0]
    assert gone["n_failed"].tolist() == [29, 29]
