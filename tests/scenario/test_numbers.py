"""Draws of uncertain numbers: the quantiles of scipy.stats, the same draws however many are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from escalation_sim.scenario.load import load
from escalation_sim.scenario.numbers import is_random, parameter_draws, quantile, quantities
from escalation_sim.scenario.quantity import DISTRIBUTIONS, Quantity
from escalation_sim.scenario.resolve import resolve

LAWS = {
    "norm": {"loc": 2.0, "scale": 0.5},
    "uniform": {"loc": -1.0, "scale": 3.0},
    "triang": {"c": 0.3, "loc": 1.0, "scale": 2.0},
    "beta": {"a": 2.0, "b": 5.0, "loc": 0.1, "scale": 0.5},
    "lognorm": {"s": 0.4, "scale": 3.0, "loc": 1.0},
    "gamma": {"a": 2.5, "scale": 0.7},
    "truncnorm": {"a": -1.0, "b": 2.0, "loc": 5.0, "scale": 2.0},
    "expon": {"scale": 4.0},
    "loguniform": {"a": 0.01, "b": 10.0},
}
U = np.array([1e-9, 0.01, 0.25, 0.5, 0.9, 0.999999])


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_quantiles_are_those_of_scipy_stats(name: str) -> None:
    drawn = quantile(Quantity(dist=name, **LAWS[name]), U)
    assert drawn == pytest.approx(getattr(stats, name)(**LAWS[name]).ppf(U), rel=1e-9)


def test_a_wrong_parameter_is_noticed() -> None:
    """The twin that must fail: quantiles of another law are told apart."""
    drawn = quantile(Quantity(dist="beta", a=2.0, b=5.0), U)
    assert drawn != pytest.approx(stats.beta(5.0, 2.0).ppf(U), rel=1e-9)


def test_a_value_with_standard_error_is_normal() -> None:
    assert quantile(Quantity(value=1.0, se=0.2), U) == pytest.approx(stats.norm(1.0, 0.2).ppf(U))


def test_more_draws_leave_the_first_ones_alone() -> None:
    scenario = resolve(load("scenarios/north-korea-troops-2024.yaml"))
    few, many = parameter_draws(scenario, 3, 5), parameter_draws(scenario, 3, 50)
    assert few == many[:5]
    assert few != parameter_draws(scenario, 4, 5)
    spread = {path for path in few[0] if len({draw[path] for draw in many}) == 50}
    uncertain = {path for path, quantity in quantities(scenario) if is_random(quantity)}
    assert uncertain <= spread


def test_one_draw_is_the_median() -> None:
    scenario = resolve(load("scenarios/north-korea-troops-2024.yaml"))
    (draw,) = parameter_draws(scenario, 3, 1)
    for path, quantity in quantities(scenario):
        if is_random(quantity):
            assert draw[path] == pytest.approx(quantile(quantity, np.array([0.5]))[0])


def test_effects_of_one_rule_move_together() -> None:
    scenario = resolve(load("scenarios/north-korea-troops-2024.yaml"))
    rule = next(rule for rule in scenario.rules if rule.uncertainty and len(rule.then) > 1)
    draws = parameter_draws(scenario, 1, 20)
    shifts = [[draw[f"rules.{rule.id}.then.{gate}"] for draw in draws] for gate in rule.then]
    assert np.corrcoef(shifts[0], shifts[1])[0, 1] == pytest.approx(1.0)
