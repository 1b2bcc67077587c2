"""Coefficients whose errors go together: drawn together, and let go one by one where a scenario replaces them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario import fill
from escalation_sim.scenario.dump import dump
from escalation_sim.scenario.load import load
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Coefficients, Correlation, Scenario
from escalation_sim.scenario.to_arrays import Compiler

NAMES = ("initiative.strike.intercept", "initiative.strike.own_slow", "reply.war.reply_to_strike")
MATRIX = np.array([[1.0, -0.8, 0.3], [-0.8, 1.0, -0.2], [0.3, -0.2, 1.0]])
ERRORS = {NAMES[0]: 0.5, NAMES[1]: 0.1, NAMES[2]: 2.0}
VALUES = {NAMES[0]: -3.0, NAMES[1]: 1.5, NAMES[2]: 0.4}
GATES: Any = {
    "initiative": {
        "strike": {"intercept": {"value": -3.0, "se": 0.5}, "own_slow": {"value": 1.5, "se": 0.1}, "rival": 0.3}
    },
    "reply": {"war": {"reply_to_strike": {"value": 0.4, "se": 2.0}}},
}
BLOCK = {"of": list(NAMES), "rows": [[-0.8], [0.3, -0.2]]}


@pytest.fixture
def library(table: Any, monkeypatch: pytest.MonkeyPatch) -> Coefficients:
    """A packaged table with one block of correlations."""
    made = table(**{phase: getattr(table(), phase) | GATES[phase] for phase in GATES}, correlation=[BLOCK])
    monkeypatch.setattr(fill, "library_coefficients", lambda: made)
    return made


def scenario(**blocks: Any) -> Scenario:
    tree = {
        "format_version": 1, "id": "two", "title": "Two states", "start": "2000-01-01", "horizon": "60 days",
        "states": [{"id": "RUS"}, {"id": "UKR"}], "rivalries": [{"between": ["RUS", "UKR"], "because": "an example"}],
        "outcomes": [{"id": "war", "label": "w", "kind": "vertical", "resolution": "w",
                      "when": [{"act": {"at_least": "war"}}]}],
    }  # fmt: skip
    return Scenario.model_validate(tree | blocks)


def drawn(whole: Scenario, n: int = 4_000, seed: int = 1) -> Any:
    draws = parameter_draws(whole, seed, n)
    return np.array([[draw[f"coefficients.{name}"] for name in NAMES] for draw in draws])


def alone(whole: Scenario) -> Scenario:
    return whole.model_copy(update={"coefficients": whole.coefficients.model_copy(update={"correlation": ()})})


def test_joint_draws_have_the_correlation_and_the_standard_errors(library: Coefficients) -> None:
    sample = drawn(resolve(scenario()))
    assert np.corrcoef(sample.T) == pytest.approx(MATRIX, abs=0.05)
    assert sample.std(axis=0) == pytest.approx(list(ERRORS.values()), rel=0.05)
    assert sample.mean(axis=0) == pytest.approx(list(VALUES.values()), abs=0.1)
    apart = drawn(alone(resolve(scenario())))
    assert np.corrcoef(apart.T) == pytest.approx(np.eye(3), abs=0.05)
    assert np.corrcoef(apart.T) != pytest.approx(MATRIX, abs=0.05)


def test_what_is_drawn_together_changes_nothing_else(library: Coefficients) -> None:
    whole = resolve(scenario())
    pairs = list(zip(parameter_draws(whole, 1, 5), parameter_draws(alone(whole), 1, 5), strict=True))
    for one, other in pairs:
        assert {path for path in one if one[path] != other[path]} == {f"coefficients.{name}" for name in NAMES}
    assert parameter_draws(whole, 1, 5)[:3] == parameter_draws(whole, 1, 3)
    (middle,) = parameter_draws(whole, 1, 1)
    assert [middle[f"coefficients.{name}"] for name in NAMES] == list(VALUES.values())


def test_perfect_correlations_and_rounded_matrices_can_be_drawn(library: Coefficients) -> None:
    """Errors that all go one way; and entries rounded so that no errors go together quite like that."""
    for rows in ([[1.0], [1.0, 1.0]], [[0.9], [0.9, 0.45]]):
        block = Correlation.model_validate({"of": list(NAMES), "rows": rows})
        whole = resolve(scenario())
        whole = whole.model_copy(update={"coefficients": library.model_copy(update={"correlation": (block,)})})
        sample = drawn(whole, 20_000)
        assert sample.std(axis=0) == pytest.approx(list(ERRORS.values()), rel=0.015)
        assert np.corrcoef(sample.T)[0, 1] == pytest.approx(rows[0][0], abs=0.05)


@pytest.mark.parametrize(
    ("own", "left"),
    [
        ({}, ((NAMES, ((-0.8,), (0.3, -0.2))),)),
        ({"initiative": {"strike": {"own_slow": 2.0}}}, (((NAMES[0], NAMES[2]), ((0.3,),)),)),
        ({"initiative": {"strike": {"own_slow": 2.0, "intercept": -2.0}}}, ()),  # one alone goes with nothing
        ({"initiative": {"strike": {"rival": 2.0}}}, ((NAMES, ((-0.8,), (0.3, -0.2))),)),
    ],
)
def test_what_a_scenario_replaces_is_let_go(library: Coefficients, own: Any, left: Any) -> None:
    kept = resolve(scenario(coefficients=own)).coefficients.correlation
    assert tuple((block.of, block.rows) for block in kept) == left


def test_what_a_ladder_lacks_is_let_go(library: Coefficients) -> None:
    whole = resolve(scenario())
    rungs = [rung for rung in whole.ladder if rung.id != "war"]
    events = [{"act": {"at_least": "strike"}}]
    outcomes = [whole.outcomes[0].model_dump(exclude_none=True) | {"when": events}]
    short = resolve(scenario(ladder=[r.model_dump(exclude_none=True) for r in rungs], outcomes=outcomes))
    assert [(block.of, block.rows) for block in short.coefficients.correlation] == [(NAMES[:2], ((-0.8,),))]


def test_a_scenario_s_own_correlations_stand_in_place_of_the_library_s(library: Coefficients) -> None:
    own = {"correlation": [{"of": list(NAMES[:2]), "rows": [[0.5]]}]}
    kept = resolve(scenario(coefficients=own)).coefficients.correlation
    assert [(block.of, block.rows) for block in kept] == [(NAMES[:2], ((0.5,),))]


def test_a_resolved_scenario_draws_the_same_and_may_be_set(library: Coefficients, tmp_path: Any) -> None:
    whole = resolve(scenario())
    file = tmp_path / "resolved.yaml"
    file.write_text(dump(whole))
    again = resolve(load(file))
    assert parameter_draws(again, 1, 4) == parameter_draws(whole, 1, 4)
    known = resolve(load(file, settings=[f"coefficients.{NAMES[1]}=2"]))  # known exactly: its error goes with nothing
    assert known.coefficients.initiative["strike"]["own_slow"].value == 2.0
    sample = parameter_draws(known, 1, 2_000)
    assert f"coefficients.{NAMES[1]}" not in sample[0]
    Compiler(known).setup(sample[0])
    two = np.array([[draw[f"coefficients.{name}"] for name in (NAMES[0], NAMES[2])] for draw in sample])
    assert np.corrcoef(two.T)[0, 1] == pytest.approx(0.3, abs=0.06)
    with pytest.raises(ScenarioError, match="is a distribution; only values with 'se' are drawn together"):
        resolve(load(file, settings=[f"coefficients.{NAMES[1]}={{dist: uniform, loc: 0, scale: 1}}"]))
