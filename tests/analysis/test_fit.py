"""The fit of a gate, on data made with known coefficients; each answer has a twin that gets it wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from escalation_sim.analysis.fit import Data, Fit, Prior, _Problem, fit_gate

FREE = Prior(np.zeros(2), np.full(2, np.inf))
TRUE = np.array([-1.0, 0.7])


def made(seed: int, groups: int, rows: int, *, frailty: float = 0.0, below: float = 1.0, shared: bool = False) -> Data:
    """Groups of rows that share a draw of frailty; with `shared` also the covariate."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rows)
    covariate = rng.normal(size=groups)[group] if shared else rng.normal(size=groups * rows)
    x = np.column_stack([np.ones(len(group)), covariate])
    p = below * expit(x @ TRUE + frailty * rng.normal(size=groups)[group])
    return Data(x, rng.uniform(size=len(group)) < p, np.full(len(group), below), np.ones(len(group)), group)


def off(fit: Fit) -> float:
    """How many standard errors the worst coefficient is off."""
    return float(np.abs((fit.value - TRUE) / np.sqrt(np.diag(fit.covariance))).max())


def test_coefficients_are_recovered() -> None:
    fit = fit_gate(made(1, 5_000, 1), FREE)
    assert off(fit) < 3.0
    assert np.abs(fit.value - TRUE).max() < 0.15
    assert (fit.n, fit.frailty_sd) == (5_000, 0.0)


def test_gates_below_matter() -> None:
    """A climb that seldom comes to the gate: ignoring it makes the gate look nearly shut."""
    data = made(2, 20_000, 1, below=0.3)
    fit = fit_gate(data, FREE)
    assert off(fit) < 3.0
    ignorant = fit_gate(data._replace(below=np.ones(len(data.below))), FREE)
    assert off(ignorant) > 10.0
    assert ignorant.value[0] < TRUE[0] - 0.5


def test_where_the_act_was_seen_it_is_known_that_the_climb_came_to_the_gate() -> None:
    data = made(3, 4_000, 1)
    some = np.where(data.opened, 0.5, 1.0)
    assert fit_gate(data._replace(below=some), FREE).value == pytest.approx(fit_gate(data, FREE).value, abs=1e-4)


def test_frailty_is_recovered() -> None:
    data = made(4, 1_500, 8, frailty=1.2)
    fit = fit_gate(data, FREE, frailty=True)
    assert off(fit) < 3.0
    assert abs(np.log(fit.frailty_sd / 1.2)) < 3.0 * fit.frailty_log_se
    assert 0.0 < fit.frailty_log_se < 0.2
    blind = fit_gate(data, FREE)
    assert blind.value[1] < TRUE[1] - 0.05  # coefficients shrink where frailty is left out
    assert off(blind) > 3.0


def test_no_frailty_is_found_where_there_is_none() -> None:
    assert fit_gate(made(5, 1_500, 8), FREE, frailty=True).frailty_sd < 0.3


def test_intervals_cover_the_truth_where_rows_of_a_group_go_together() -> None:
    """95 % intervals of 60 data sets; the twin takes every row for a group of its own and is far too sure."""
    clustered, naive = [], []
    for seed in range(60):
        data = made(seed, 120, 10, frailty=1.0, shared=True)
        target = 0.7 / np.sqrt(1.0 + (16.0 * np.sqrt(3.0) / (15.0 * np.pi)) ** 2)  # of the mean over frailty
        for told, group in ((clustered, data.group), (naive, np.arange(len(data.group)))):
            fit = fit_gate(data._replace(group=group), FREE)
            told.append(abs(fit.value[1] - target) < 1.96 * np.sqrt(fit.covariance[1, 1]))
    assert np.mean(clustered) > 0.85
    assert np.mean(naive) < 0.80


def test_seeing_every_row_twice_makes_nobody_surer() -> None:
    data = made(6, 400, 3)
    twice = Data(*(np.concatenate([column, column]) for column in data[:5]))
    fit, doubled = fit_gate(data, FREE), fit_gate(twice, FREE)
    assert doubled.value == pytest.approx(fit.value, abs=1e-5)
    assert doubled.covariance == pytest.approx(fit.covariance, rel=1e-3)
    apart = fit_gate(twice._replace(group=np.arange(len(twice.group))), FREE)
    assert apart.covariance[1, 1] < 0.7 * fit.covariance[1, 1]


def test_a_weight_of_two_is_two_rows() -> None:
    data = made(7, 300, 3)
    twice = Data(*(np.concatenate([column, column]) for column in data[:5]))
    weighed = fit_gate(data._replace(weight=np.full(900, 2.0)), FREE)
    assert weighed.value == pytest.approx(fit_gate(twice, FREE).value, abs=1e-5)
    late = np.where(np.arange(900) < 450, 1.0, 5.0)
    assert weighed.value != pytest.approx(fit_gate(data._replace(weight=late), FREE).value, abs=1e-2)


def test_the_order_of_the_rows_changes_nothing() -> None:
    data = made(8, 200, 5, frailty=1.0)
    mixed = Data(*(column[np.random.default_rng(1).permutation(1_000)] for column in data[:5]))
    fit, other = (fit_gate(one, FREE, frailty=True) for one in (data, mixed))
    assert other.value == pytest.approx(fit.value, abs=1e-4)
    assert other.frailty_sd == pytest.approx(fit.frailty_sd, rel=1e-3)


def test_a_prior_keeps_estimates_finite_and_gives_way_to_data() -> None:
    x = np.column_stack([np.ones(40), np.repeat([0.0, 1.0], 20)])
    opened = np.r_[np.arange(20) < 5, np.ones(20, dtype=bool)]  # all open where the covariate is 1
    data = Data(x, opened, np.ones(40), np.ones(40), np.arange(40))
    kept = fit_gate(data, Prior(np.zeros(2), np.array([np.inf, 2.0])))
    assert 1.0 < kept.value[1] < 6.0
    assert kept.value[1] < fit_gate(data, FREE).value[1] - 1.0
    told = fit_gate(made(9, 50, 1), Prior(np.array([0.0, 3.0]), np.array([np.inf, 0.01])))
    assert told.value[1] == pytest.approx(3.0, abs=0.05)
    much = fit_gate(made(9, 5_000, 1), Prior(np.array([0.0, 3.0]), np.array([np.inf, 2.0])))
    assert much.value[1] == pytest.approx(0.7, abs=0.15)


@pytest.mark.parametrize("frailty", [False, True])
def test_the_gradient_is_that_of_the_loss(frailty: bool) -> None:
    data = made(10, 30, 4, below=0.6)._replace(weight=np.linspace(0.5, 2.0, 120))
    problem = _Problem(data, Prior(np.array([0.0, 0.3]), np.array([np.inf, 1.5])), frailty)
    theta = np.array([-0.5, 0.2, -0.3])[: problem.size]
    gradient = problem.loss(theta)[1]
    for k, step in enumerate(np.eye(problem.size) * 1e-6):
        slope = (problem.loss(theta + step)[0] - problem.loss(theta - step)[0]) / 2e-6
        assert slope == pytest.approx(gradient[k], rel=1e-4, abs=1e-6)


def test_what_is_known_beforehand_is_taken_off() -> None:
    data = made(12, 2_000, 1)
    fit = fit_gate(data, FREE)
    shifted = fit_gate(data._replace(offset=np.full(len(data.below), 0.7)), FREE)
    assert shifted.value == pytest.approx(fit.value - [0.7, *[0.0] * (len(fit.value) - 1)], abs=1e-3)
    assert shifted.value != pytest.approx(fit.value, abs=1e-1)
