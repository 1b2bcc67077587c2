"""Where a variable stands at a place of the unit interval, how it is set, and what is told before anything is run."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario import sampling
from escalation_sim.scenario.designs import Variable
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.layers import Tree
from escalation_sim.scenario.load import read_tree
from escalation_sim.scenario.numbers import quantile
from escalation_sim.scenario.quantity import Quantity

U = np.linspace(0.0, 1.0, 41)
RATE = "events.collision.hazard.rate"


def _variable(**said: Any) -> Variable:
    return Variable.model_validate({"id": "x", "set": RATE} | said)


def _variants(*names: str) -> Variable:
    return Variable.model_validate({"id": "x", "variants": names})


@pytest.fixture(scope="module")
def tree() -> Tree:
    """The starter, merged."""
    return extended("library:starter", read_tree)


def test_a_range_is_even_and_holds_its_ends() -> None:
    low, high = 0.1, 0.7  # 0.1 + (0.7 - 0.1) is not 0.7
    values = sampling.values_at(_variable(between=(low, high)), U, {})
    assert (values[0], values[-1]) == (low, high)
    np.testing.assert_allclose(values, stats.uniform(low, high - low).ppf(U), rtol=1e-14)


def test_a_log_range_is_even_in_ratios_and_holds_its_ends() -> None:
    values = sampling.values_at(_variable(between=(0.003, 7.0), log=True), U, {})
    assert (values[0], values[-1]) == (0.003, 7.0)
    np.testing.assert_allclose(values, stats.loguniform(0.003, 7.0).ppf(U), rtol=1e-12)
    assert not np.allclose(values, sampling.values_at(_variable(between=(0.003, 7.0)), U, {}), rtol=0.1)


@pytest.mark.parametrize(
    ("said", "reference"),
    [
        ({"dist": "norm", "loc": 1.0, "scale": 2.0}, stats.norm(1.0, 2.0)),
        ({"value": 1.0, "se": 2.0}, stats.norm(1.0, 2.0)),
        ({"dist": "beta", "a": 2.0, "b": 5.0}, stats.beta(2.0, 5.0)),
        ({"dist": "gamma", "a": 2.0, "scale": 0.1}, stats.gamma(2.0, scale=0.1)),
        ({"dist": "lognorm", "s": 0.5, "scale": 3.0}, stats.lognorm(0.5, scale=3.0)),
        ({"dist": "loguniform", "a": 0.1, "b": 10.0}, stats.loguniform(0.1, 10.0)),
    ],
)
def test_distributions_are_those_of_the_scenario_language(said: dict[str, Any], reference: Any) -> None:
    values = sampling.values_at(_variable(distribution=said), U, {})
    inner = np.clip(U, 1e-6, 1 - 1e-6)
    assert values == quantile(Quantity.model_validate(said), inner).tolist()
    np.testing.assert_allclose(values, reference.ppf(inner), rtol=1e-9)
    assert np.isfinite(values).all()  # at 0 and 1, too
    own = sampling.values_at(_variable(distribution="scenario"), U, {RATE: Quantity.model_validate(said)})
    assert own == values


def test_choices_take_equal_shares() -> None:
    places = (np.arange(999) + 0.5) / 999
    values = sampling.values_at(_variable(values=("a", 2, True)), places, {})
    assert [values.count(choice) for choice in ("a", 2)] == [333, 333]
    assert values == sorted(values, key=["a", 2, True].index)
    assert sampling.values_at(_variants("base", "surge"), np.array([0.0, 0.4999, 0.5, 1.0]), {}) == [
        "base", "base", "surge", "surge"
    ]  # fmt: skip


def test_levels_are_listed_or_spread_over_the_range() -> None:
    assert sampling.levels_of(_variable(values=(3.0, 1.0, 2.0))) == [3.0, 1.0, 2.0]
    assert sampling.levels_of(_variants("b", "base")) == ["b", "base"]
    assert sampling.levels_of(_variable(between=(1.0, 3.0), levels=5)) == [1.0, 1.5, 2.0, 2.5, 3.0]
    np.testing.assert_allclose(sampling.levels_of(_variable(between=(1.0, 100.0), log=True, levels=3)), [1, 10, 100])


def test_a_distribution_that_the_scenario_does_not_have(tree: Tree) -> None:
    own = sampling.own_numbers(tree, [_variable(distribution="scenario")])
    assert own[RATE].dist == "gamma"
    assert sampling.own_numbers(tree, [_variable(values=(1.0,))]) == {}  # nobody asks
    mistyped = _variable(set="events.colision.hazard.rate", distribution="scenario")
    with pytest.raises(ScenarioError, match=r"^the scenario has no number .*collision\.hazard\.rate"):
        sampling.values_at(mistyped, U, own)
    certain = _variable(set="coefficients.memory.worst", distribution="scenario")
    fixed = {"coefficients.memory.worst": Quantity(value=26.0)}
    with pytest.raises(ScenarioError, match="has no distribution in the scenario; give it one, or a range"):
        sampling.values_at(certain, U, fixed)


def test_extremes() -> None:
    assert sampling.extremes(_variable(between=(0.5, 2.0)), {}) == [0.5, 2.0]
    assert sampling.extremes(_variable(values=(3, 1, 2.5)), {}) == [1, 3]
    assert sampling.extremes(_variable(values=(3,)), {}) == [3]
    assert sampling.extremes(_variable(values=(1, 0, "text", True)), {}) == [0, 1, "text", True]
    assert sampling.extremes(_variants("base", "surge"), {}) == ["base", "surge"]
    low, high = sampling.extremes(_variable(distribution={"dist": "norm", "loc": 0.0, "scale": 1.0}), {})
    assert (low, high) == pytest.approx((-3.09, 3.09), abs=0.001)


@pytest.mark.parametrize("text", ["plain", "😀 boat", 'it\'s "quoted": yes', "two\nlines", "NO", "1e-3", "-", "ü # no"])
def test_a_text_is_set_as_it_is(tree: Tree, text: str) -> None:
    change = sampling.setting_of("title", text)
    assert sampling.composed(tree, [change], (), ()).title == text


@pytest.mark.parametrize("value", [1e-7, 1e11, 0.1 + 0.2, -0.0, 5e-324, 3, 1 / 3])
def test_a_number_is_set_to_the_last_bit(tree: Tree, value: float) -> None:
    whole = sampling.composed(tree, [sampling.setting_of("coefficients.reply.war.intercept", value)], (), ())
    found = whole.coefficients.reply["war"]["intercept"].value
    assert found == value
    assert np.signbit(found) == np.signbit(value)


def test_variables_go_over_settings_and_variants(tree: Tree) -> None:
    path = "commitments.us-philippines.reliability"
    fixed = [f"{path}=0.9"]
    whole = sampling.composed(tree, [sampling.setting_of(path, 0.5)], ["doubted_treaty"], fixed)
    assert next(one for one in whole.commitments if one.id == "us-philippines").reliability.value == 0.5
    whole = sampling.composed(tree, [sampling.setting_of(None, "base")], ["doubted_treaty"], ())
    assert next(one for one in whole.commitments if one.id == "us-philippines").reliability.value == 0.3


FAULTS = [
    ({"set": "events.colision.hazard.rate", "values": (1.0,)}, "variable 'x': --set events.colision.hazard.rate"),
    ({"set": "commitments.us-philippines.reliability", "between": (0.5, 1.2)}, "a probability lies in [0, 1]"),
    ({"set": "commitments.us-philippines.reliability", "distribution": {"dist": "norm", "loc": 0.5, "scale": 0.5}},
     "a probability lies in [0, 1]"),
    ({"set": "horizon", "values": ("365 days", "400 days")}, "at 400 days: changes what is asked"),
    ({"set": "outcomes.american-fire.resolution", "values": ("else",)}, "changes what is asked"),
    ({"set": "outcomes.american-fire.enabled", "values": (False,)}, "changes what is asked"),
    ({"set": None, "variants": ("base", "surge")}, "surge"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), FAULTS)
def test_faults_are_told_before_anything_is_run(tree: Tree, said: dict[str, Any], expected: str) -> None:
    told = list(sampling.faults(tree, [_variable(**said)]))
    assert len(told) >= 1
    assert any(expected in line for line in told), told
    assert all(line.startswith("variable 'x'") for line in told)


def test_faults_of_every_variable_are_told(tree: Tree) -> None:
    wrong = [_variable(**said).model_copy(update={"id": f"v{k}"}) for k, (said, _) in enumerate(FAULTS)]
    told = " / ".join(sampling.faults(tree, wrong))
    assert [f"'v{k}'" in told for k in range(len(FAULTS))] == [True] * len(FAULTS)


def test_good_variables_have_no_faults(tree: Tree) -> None:
    good = [
        _variable(distribution="scenario"),
        _variable(set="coefficients.memory.fast", between=(1.0, 3.0)),
        _variants("base", "doubted_treaty"),
        _variable(set="title", values=("this", "that")),
    ]
    assert list(sampling.faults(tree, good)) == []
    assert list(sampling.faults(tree, good, ["doubted_treaty"], ["tick=14 days"])) == []


def test_faults_of_what_holds_at_every_point_are_told_once(tree: Tree) -> None:
    told = list(sampling.faults(tree, [_variable(values=(1.0,)), _variants("base")], ["surge"]))
    assert len(told) == 1
    assert "surge" in told[0]
