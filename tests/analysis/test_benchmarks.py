"""The forecasters find what is there, and nothing where there is nothing; the folds keep groups whole."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from escalation_sim.analysis.benchmarks import (
    base_rate,
    first_level_table,
    gradient_boosting,
    grouped_folds,
    multinomial_logit,
)

FITTED = [multinomial_logit, gradient_boosting]
Fitted = Callable[..., Any]


def log_score(p: Any, y: Any) -> float:
    """Mean surprise; smaller is better."""
    return float(-np.log(p[np.arange(len(y)), y]).mean())


def invented(seed: int, n: int, *, signal: float) -> tuple[Any, Any, Any]:
    """Covariates, classes that depend on the first of them, and groups of four."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    score = signal * x[:, :1] * np.array([-1.0, 0.0, 1.0]) + rng.gumbel(size=(n, 3))
    return x, score.argmax(axis=1), np.arange(n) // 4


@pytest.mark.parametrize("forecast", FITTED)
def test_a_signal_is_found(forecast: Fitted) -> None:
    x, y, groups = invented(1, 400, signal=1.5)
    new_x, new_y, _ = invented(2, 2_000, signal=1.5)
    gain = log_score(base_rate(y, 2_000, 3), new_y) - log_score(forecast(x, y, new_x, 3, groups), new_y)
    truth = np.exp(1.5 * new_x[:, :1] * np.array([-1.0, 0.0, 1.0]))
    possible = log_score(base_rate(y, 2_000, 3), new_y) - log_score(truth / truth.sum(1, keepdims=True), new_y)
    assert 0.7 * possible < gain < 1.05 * possible


@pytest.mark.parametrize("forecast", FITTED)
def test_noise_is_not_taken_for_a_signal(forecast: Fitted) -> None:
    """The twin: where covariates say nothing, little is lost against the base rate, and nothing won."""
    x, y, groups = invented(3, 400, signal=0.0)
    new_x, new_y, _ = invented(4, 2_000, signal=0.0)
    gain = log_score(base_rate(y, 2_000, 3), new_y) - log_score(forecast(x, y, new_x, 3, groups), new_y)
    assert -0.03 < gain < 0.01


@pytest.mark.parametrize("forecast", FITTED)
def test_tuning_keeps_groups_whole(forecast: Fitted) -> None:
    """A covariate that names the group gives its class away only to those who tear groups apart."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(60), 8)
    y = rng.integers(0, 2, 60)[groups]
    x = rng.normal(size=(60, 6))[groups]
    new_y = rng.integers(0, 2, 4_000)
    new_x = rng.normal(size=(4_000, 6))
    whole = log_score(forecast(x, y, new_x, 2, groups), new_y)
    torn = log_score(forecast(x, y, new_x, 2, np.arange(480)), new_y)
    assert whole < 0.75
    assert torn > whole + 0.05


@pytest.mark.parametrize("forecast", FITTED)
def test_rows_are_probabilities_whatever_is_missing(forecast: Fitted) -> None:
    x, y, groups = invented(6, 80, signal=1.0)
    x[::7, 1], x[:, 2], x[:, 3] = np.nan, 4.0, np.nan
    y = np.where(y == 1, 3, y)  # 1 and 4 are classes that were never seen
    p = forecast(x, y, x[:9] * 100.0, 5, groups)
    assert p.shape == (9, 5)
    assert (p > 1e-3).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_array_equal(p, forecast(x, y, x[:9] * 100.0, 5, groups))


@pytest.mark.parametrize("forecast", FITTED)
@pytest.mark.parametrize(("y", "groups"), [([1, 1, 1, 1], [0, 1, 2, 3]), ([0, 1, 1, 1], [9, 9, 9, 9])])
def test_without_a_choice_it_is_the_base_rate(forecast: Fitted, y: list[int], groups: list[int]) -> None:
    p = forecast(np.eye(4), y, np.eye(4)[:2], 3, groups)
    np.testing.assert_array_equal(p, base_rate(y, 2, 3))


def test_the_table_counts_what_began_alike() -> None:
    first = [[4, 0], [4, 0], [4, 1], [2, 0]]
    p = first_level_table(first, [0, 1, 1, 2], [[4, 0], [4, 1], [2, 0], [2, 1]], 3)
    half = [[1.5, 1.5, 0.5], [0.5, 1.5, 0.5], [0.5, 0.5, 1.5], [1.5, 2.5, 1.5]]
    np.testing.assert_allclose(p, [np.divide(row, sum(row)) for row in half])


def test_folds_keep_groups_whole_and_are_balanced() -> None:
    rng = np.random.default_rng(8)
    groups = np.concatenate([np.repeat([901, 902], [60, 30]), rng.integers(0, 250, 500)])
    for seed in range(5):
        fold = grouped_folds(groups, 5, seed)
        assert all(np.unique(fold[groups == group]).size == 1 for group in np.unique(groups))
        assert np.ptp(np.bincount(fold, minlength=5)) <= 1
    assert (grouped_folds(groups, 5, 0) != grouped_folds(groups, 5, 1)).any()
    torn = rng.integers(0, 5, groups.size)  # the twin: dealing out rows tears groups apart
    assert any(np.unique(torn[groups == group]).size > 1 for group in np.unique(groups))


def test_folds_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(9)
    groups = rng.integers(0, 40, 200)
    order = rng.permutation(200)
    np.testing.assert_array_equal(grouped_folds(groups, 4, 3)[order], grouped_folds(groups[order], 4, 3))
    assert (grouped_folds(groups, 4, 3)[order] != grouped_folds(groups, 4, 3)).any()


@pytest.mark.parametrize("n_folds", [1, 4])
def test_too_many_or_too_few_folds_are_refused(n_folds: int) -> None:
    with pytest.raises(ValueError, match=f"3 groups cannot be dealt into {n_folds} folds"):
        grouped_folds([5, 6, 7, 7], n_folds, 0)
