"""Scores with known answers, calibration that is found and missed, and intervals that respect groups."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from escalation_sim.analysis.scoring import (
    brier,
    calibration_slope,
    expected_calibration_error,
    grouped_bootstrap,
    log_score,
    reliability,
    score_table,
    skill,
)


def drawn(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A class for each row, with the probabilities of the row."""
    return (p.cumsum(axis=1) < rng.random((len(p), 1))).sum(axis=1).clip(max=p.shape[1] - 1)


def forecasts(n: int = 20_000, k: int = 3, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated forecasts, and classes drawn from them."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k), n)
    return p, drawn(p, rng)


def sharpened(p: np.ndarray, power: float) -> np.ndarray:
    """The odds of each class against the others raised to a power (K = 2: log-odds times the power)."""
    raised = p**power
    return raised / raised.sum(axis=1, keepdims=True)


def test_brier_is_the_sum_over_classes() -> None:
    assert brier([[0.2, 0.3, 0.5]], [2]).tolist() == pytest.approx([0.04 + 0.09 + 0.25])
    assert brier([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]], [1, 1, 0]).tolist() == [0.0, 2.0, 0.5]
    assert brier([[1 / 4] * 4], [3])[0] == pytest.approx(1 - 1 / 4)


def test_a_binary_brier_is_twice_the_one_sided_square() -> None:
    p = np.array([0.1, 0.6, 0.95])
    assert brier(np.stack([1 - p, p], axis=1), [0, 1, 0]) == pytest.approx(2 * (p - [0, 1, 0]) ** 2)


def test_log_score_and_its_floor() -> None:
    assert log_score([[0.25, 0.75]], [0])[0] == pytest.approx(math.log(4))
    assert log_score([[0.0, 1.0]], [0])[0] == pytest.approx(-math.log(1e-6))
    assert log_score([[0.0, 1.0]], [0], floor=0.01)[0] == pytest.approx(-math.log(0.01))
    with pytest.raises(ValueError, match="floor"):
        log_score([[0.0, 1.0]], [0], floor=0.0)


@pytest.mark.parametrize("score", [brier, log_score])
def test_a_proper_score_is_best_at_the_truth(score) -> None:
    truth = np.array([0.6, 0.3, 0.1])
    expected = {
        tuple(told): float(truth @ score(np.tile(told, (3, 1)), np.arange(3)))
        for told in np.array(
            [(i, j, 20 - i - j) for i, j in itertools.product(range(1, 19), range(1, 19)) if i + j < 20]
        )
        / 20
    }
    assert min(expected, key=expected.__getitem__) == pytest.approx(tuple(truth))


def test_an_improper_score_is_not() -> None:
    """The twin: linear loss rewards certainty, so the search above would find its minimum elsewhere."""
    truth, told = np.array([0.6, 0.3, 0.1]), np.array([0.9, 0.05, 0.05])
    linear = 1 - np.stack([told, truth])
    assert (linear @ truth)[0] < (linear @ truth)[1]


@pytest.mark.parametrize(
    ("p", "observed", "said"),
    [
        ([[0.5, 0.6]], [0], "add up to 1"),
        ([[-0.5, 1.5]], [0], "add up to 1"),
        ([[math.nan, 1.0]], [0], "add up to 1"),
        ([[0.5, 0.5]], [2], "from 0 to 1"),
        ([[0.5, 0.5]], [-1], "from 0 to 1"),
        ([[0.5, 0.5]], [0.5], "whole numbers"),
        ([[0.5, 0.5]], [0, 1], r"\(N, K\)"),
        ([0.5, 0.5], [0, 1], r"\(N, K\)"),
        (np.empty((0, 2)), [], "N > 0"),
    ],
)
def test_what_is_no_forecast_is_refused(p, observed, said) -> None:
    for score in (brier, log_score, calibration_slope, reliability):
        with pytest.raises(ValueError, match=said):
            score(p, observed)


@pytest.mark.parametrize("k", [2, 3])
def test_calibrated_forecasts_have_slope_one(k) -> None:
    p, observed = forecasts(k=k)
    slope, intercept = calibration_slope(p, observed)
    assert slope == pytest.approx(1, abs=0.03)
    assert intercept == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_timid_and_bold_forecasts_are_told_by_their_slope(power) -> None:
    p, observed = forecasts(k=2)
    slope, intercept = calibration_slope(sharpened(p, power), observed)
    assert slope == pytest.approx(1 / power, rel=0.04)
    assert intercept == pytest.approx(0, abs=1e-6)


def test_the_slope_is_that_of_largest_likelihood() -> None:
    p, observed = forecasts(n=300)
    slope, intercept = calibration_slope(p, observed)
    x, y = np.log(p / (1 - p)), np.arange(3) == observed[:, None]

    def loss(a: float, b: float) -> float:
        return float(np.logaddexp(0, -np.where(y, 1, -1) * (b + a * x)).sum())

    around = [loss(slope + da, intercept + db) for da, db in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3))]
    assert loss(slope, intercept) < min(around)


def test_extreme_forecasts_do_not_overflow() -> None:
    p, observed = forecasts(n=2000, k=2)
    slope, _ = calibration_slope(np.where(p > 0.5, 1.0, 0.0), observed)
    hits = (p.argmax(axis=1) == observed).mean()
    assert slope == pytest.approx(math.log(hits / (1 - hits)) / math.log(1 / 1e-6 - 1), rel=1e-6)


@pytest.mark.parametrize(
    ("p", "observed"), [([[0.5, 0.5]] * 4, [0, 1, 0, 0]), ([[0.9, 0.1], [0.2, 0.8]], [0, 1])], ids=["equal", "parted"]
)
def test_where_there_is_no_line_there_is_no_number(p, observed) -> None:
    assert np.isnan(calibration_slope(p, observed)).all()


def test_reliability_has_the_counts_and_the_exact_interval() -> None:
    p, observed = forecasts(n=1000)
    table = reliability(p, observed, bins=10)
    assert table["n"].tolist() == pytest.approx([300] * 10, abs=1)
    assert table["n"].sum() == 3000
    assert table["count"].sum() == 1000
    assert table["forecast"].is_monotonic_increasing
    row = table.iloc[3]
    exact = binomtest(int(row["count"]), int(row["n"])).proportion_ci(0.95, "exact")
    assert (row["low"], row["high"]) == pytest.approx((exact.low, exact.high))


def test_equal_forecasts_share_a_bin() -> None:
    p = np.array([[0.3, 0.7]] * 50 + [[0.4, 0.6]] * 50)
    table = reliability(p, np.arange(100) % 2, bins=10)
    assert table["forecast"].tolist() == pytest.approx([0.3, 0.4, 0.6, 0.7])
    assert table["n"].tolist() == [50] * 4


def covered(p: np.ndarray, observed: np.ndarray) -> int:
    """In how many of ten bins the interval holds the forecast."""
    table = reliability(p, observed)
    return int(((table["low"] <= table["forecast"]) & (table["forecast"] <= table["high"])).sum())


def test_calibration_is_seen_in_the_diagram_and_in_its_error() -> None:
    p, observed = forecasts()
    assert covered(p, observed) >= 8
    assert expected_calibration_error(p, observed) < 0.01


def test_miscalibration_is_seen_too() -> None:
    p, observed = forecasts()
    assert covered(sharpened(p, 3.0), observed) <= 2
    assert expected_calibration_error(sharpened(p, 3.0), observed) > 0.05


def test_the_calibration_error_is_a_weighted_mean() -> None:
    p = [[0.9, 0.1]] * 10 + [[0.5, 0.5]] * 30
    observed = [0] * 8 + [1] * 2 + [0] * 15 + [1] * 15
    assert expected_calibration_error(p, observed, bins=20) == pytest.approx((10 * 0.1 + 60 * 0.0 + 10 * 0.1) / 80)
    assert expected_calibration_error(p, observed, bins=1) == pytest.approx(0.0)
    with pytest.raises(ValueError, match="at least one bin"):
        expected_calibration_error(p, observed, bins=0)


def test_skill() -> None:
    assert skill([0.0, 0.0], [0.2, 0.4]) == 1.0
    assert skill([0.2, 0.4], [0.4, 0.2]) == pytest.approx(0.0)
    assert skill([0.6, 0.6], [0.2, 0.4]) == pytest.approx(-1.0)
    assert math.isnan(skill([0.1], [0.0]))


def test_the_bootstrap_depends_on_the_seed_alone() -> None:
    x, groups = np.arange(60.0), np.arange(60) // 3
    one, again, other = (grouped_bootstrap(x, groups, lambda rows: x[rows].mean(), 200, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_the_bootstrap_keeps_groups_whole() -> None:
    groups = np.array(["b", "a", "b", "c", "a", "b"])
    seen = []
    grouped_bootstrap(groups, groups, lambda rows: seen.append(np.bincount(rows, minlength=6)) or 0.0, 50)
    for times in seen:
        assert times[0] == times[2] == times[5]
        assert times[1] == times[4]
        assert times[0] + times[1] + times[3] == 3
    assert len({tuple(times) for times in seen}) > 5


def test_the_bootstrap_takes_arrays_and_keeps_nan() -> None:
    x = np.arange(12.0)
    low, high = grouped_bootstrap(x, x, lambda rows: np.array([x[rows].mean(), math.nan]), 100)
    assert low.shape == high.shape == (2,)
    assert low[0] < 5.5 < high[0]
    assert np.isnan([low[1], high[1]]).all()


@pytest.mark.parametrize("options", [{"groups": [1, 2]}, {"level": 1.0}, {"n": 0}, {"groups": [1, 2, math.nan]}])
def test_the_bootstrap_refuses_nonsense(options) -> None:
    with pytest.raises(ValueError, match=r"group|level"):
        grouped_bootstrap(**{"values": [1.0, 2.0, 3.0], "groups": [1, 2, 3], "statistic": len} | options)


def coverage(of_groups: bool, times: int = 150) -> float:
    """How often a 90 % interval of a mean holds the truth, 0, when rows of a group share most of what they are."""
    rng = np.random.default_rng(11)
    groups, held = np.repeat(np.arange(40), 10), 0
    for _ in range(times):
        x = rng.normal(size=40)[groups] + 0.3 * rng.normal(size=400)
        units = groups if of_groups else np.arange(400)
        low, high = grouped_bootstrap(x, units, lambda rows, x=x: x[rows].mean(), 200, level=0.9)
        held += low <= 0 <= high
    return held / times


def test_the_interval_covers_when_rows_come_in_groups() -> None:
    assert coverage(of_groups=True) == pytest.approx(0.88, abs=0.07)


def test_without_the_groups_it_would_not() -> None:
    assert coverage(of_groups=False) < 0.6


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A calibrated, a bold and a uniform forecaster of 300 things in 60 groups."""
    p, observed = forecasts(n=300)
    told = {"calibrated": p, "bold": sharpened(p, 3.0), "uniform": np.full_like(p, 1 / 3)}
    return score_table(told, observed, np.arange(300) // 5, "uniform", seed=5).set_index("forecaster")


def test_the_table_agrees_with_the_functions_it_stands_on(table) -> None:
    p, observed = forecasts(n=300)
    row = table.loc["calibrated"]
    assert (row["n"], row["groups"]) == (300, 60)
    assert row["brier"] == pytest.approx(brier(p, observed).mean())
    assert row["log_score"] == pytest.approx(log_score(p, observed).mean())
    assert (row["calibration_slope"], row["calibration_intercept"]) == pytest.approx(calibration_slope(p, observed))
    assert row["ece"] == pytest.approx(expected_calibration_error(p, observed))
    assert row["skill"] == pytest.approx(skill(brier(p, observed), np.full(300, 2 / 3)))
    interval = grouped_bootstrap(p, np.arange(300) // 5, lambda rows: brier(p, observed)[rows].mean(), seed=5)
    assert (row["brier_low"], row["brier_high"]) == pytest.approx(interval)


def test_the_table_tells_the_forecasters_apart(table) -> None:
    assert table.loc["calibrated", "skill_low"] > 0.1
    assert table.loc["calibrated", "calibration_slope_low"] < 1 < table.loc["calibrated", "calibration_slope_high"]
    assert table.loc["bold", "calibration_slope_high"] < 0.8
    assert table.loc["uniform", ["skill", "skill_low", "skill_high"]].tolist() == [0.0, 0.0, 0.0]
    assert table.loc["uniform", ["calibration_slope", "calibration_slope_low"]].isna().all()


def test_differences_are_paired() -> None:
    """Half the groups are hard for everyone: the scores vary far more from sample to sample than the skill does."""
    rng = np.random.default_rng(8)
    groups = np.repeat(np.arange(50), 4)
    hit = np.where(groups % 2, rng.random(200) < 0.98, rng.random(200) < 0.5).astype(int)
    p = np.clip(np.where(groups % 2, 0.98, 0.5), 0.02, 0.98)
    near = np.clip(p + 0.01, 0, 1)
    told = {"one": np.stack([1 - p, p], 1), "near": np.stack([1 - near, near], 1)}
    row = score_table(told, hit, groups, "one").iloc[1]
    spread = row["brier_high"] - row["brier_low"]
    assert row["skill_high"] - row["skill_low"] < 0.2 * spread / row["brier"]


def test_a_reference_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no forecaster named 'base'"):
        score_table({"even": [[0.5, 0.5]]}, [0], [0], "base")
