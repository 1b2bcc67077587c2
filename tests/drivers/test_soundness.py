"""No replicate is lost: bounded inputs keep every number finite, and a replicate that ends otherwise stops the run."""

import json
import random

import numpy as np
import pytest

from escalation_sim.drivers import ensemble
from escalation_sim.errors import EngineError, ScenarioError
from escalation_sim.scenario.load import load
from escalation_sim.scenario.numbers import quantities
from escalation_sim.scenario.quantity import MOST, Quantity
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.ensemble import run_ensemble
from escalation_sim.world import blank_records

EXTREMES = [0.0, 5e-324, 1e-300, 1e-9, 0.5, 1.0, 40.0, 800.0, 1e6, MOST]
ZERO_TO_ONE = ("reliability", "believed", "probability", "tolerance", "rear_value")
AMOUNTS = ("states.", "efforts.", "support.", "events.", "contingent", "coefficients.memory", "coefficients.frailty")


def _extreme(path: str, luck: random.Random) -> float:
    """A value at the edge of what the language allows at a path."""
    if any(word in path for word in ZERO_TO_ONE):
        return luck.choice([0.0, 5e-324, 0.5, 1.0 - 2**-53, 1.0])
    return luck.choice(EXTREMES) * (1.0 if path.startswith(AMOUNTS) else luck.choice([-1.0, 1.0]))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_numbers_every_replicate_ends_as_it_must(storm, seed):
    scenario, luck = storm(), random.Random(seed)
    compiler = Compiler(scenario)
    draws = [{path: _extreme(path, luck) for path, _ in quantities(scenario)} for _ in range(20)]
    with np.errstate(all="raise", under="ignore"):
        tally = ensemble.run(lambda p: compiler.setup(draws[p]), 20, 200, seed)
    assert tally.sizes.tolist() == [10] * 20
    assert (tally.acts >= 0).all()
    assert np.isfinite(tally.outcome_day).all()
    assert (tally.outcome_day <= scenario.horizon).all()
    assert (tally.strain.sum(axis=2) == 200).all()
    assert (tally.levels.sum(axis=2) == 200).all()


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_records_have_room_for_all_that_can_be_done(crisis, run, rounds):
    """Both sides act in every tick and answer in every round: the records are full, and not one is too many."""
    gates = {"protest": {"intercept": 60.0}}
    scenario = crisis(initiative=gates, reply=gates, reply_rounds=rounds, horizon="70 days")
    assert (run(scenario, 8).acts == 10 * 2 * (1 + rounds)).all()
    assert len(blank_records(Compiler(scenario).setup()).tick) == 10 * 2 * (1 + rounds)


@pytest.mark.parametrize("broken", ["first_memory", "frailty_sd", "first_deployed", "kept"])
def test_a_replicate_that_ends_otherwise_is_named_and_there_is_no_result(storm, broken):
    """Three replicates in a hundred, those of one draw, are given what no scenario can hold."""
    compiler = Compiler(storm())

    def setup_of(draw):
        setup = compiler.setup()
        return setup._replace(**{broken: np.full_like(getattr(setup, broken), np.nan)}) if draw == 17 else setup

    with pytest.raises(EngineError, match=r"replicate (17|50|83) did not end") as told:
        ensemble.run(setup_of, 33, 100, 1, 2)
    assert told.value.exit_code == 1
    assert "\n" not in str(told.value)
    assert ensemble.run(lambda draw: compiler.setup(), 33, 100, 1, 2).sizes.sum() == 100


def test_a_block_that_is_counted_twice_or_not_at_all_is_found(storm, monkeypatch):
    setup, merge = Compiler(storm()).setup(), ensemble._merge
    for times in (0, 2):
        monkeypatch.setattr(ensemble, "_merge", lambda *words, n=times: [merge(*words) for _ in range(n)])
        with pytest.raises(EngineError, match=f"{40 * times} of 40 replicates were counted"):
            ensemble.run(lambda draw: setup, 1, 40)


WILD = {
    "lognorm": {"dist": "lognorm", "s": 1000.0, "scale": 1.0},
    "expon": {"dist": "expon", "scale": MOST},
    "gamma": {"dist": "gamma", "a": 1e9, "scale": 1e9},
}


@pytest.mark.parametrize("wild", WILD.values(), ids=WILD)
def test_a_draw_beyond_all_bounds_is_refused_by_its_name(wild):
    setting = f"coefficients.frailty_sd={json.dumps(wild | {'because': 'made up'})}"
    scenario = load("library:starter", settings=[setting])
    with pytest.raises(ScenarioError, match=r"^coefficients\.frailty_sd: its distribution gives .*make it narrower$"):
        run_ensemble(scenario, 100, 50)


@pytest.mark.parametrize("key", ["value", "se", "loc", "scale", "a", "b"])
def test_a_number_beyond_all_bounds_is_refused_where_it_stands(key):
    whole = (
        {"value": 0.0} if key in ("value", "se") else {"dist": "truncnorm", "a": -1.0, "b": 1.0, "loc": 0, "scale": 1}
    )
    assert Quantity.model_validate(whole | {key: MOST if key != "a" else -MOST})
    with pytest.raises(ValueError, match=f"no number here may exceed 1e\\+12 in size, but '{key}' does"):
        Quantity.model_validate(whole | {key: 1.1e12 if key != "a" else -1.1e12})


@pytest.mark.parametrize("effect", [20.0, 36.0, 37.0, 60.0, MOST])
@pytest.mark.parametrize("rate", [0.5, 100.0, 3000.0])
def test_a_rule_that_makes_an_event_certain_makes_it_happen(crisis, outcome, run, effect, rate):
    """A certain event has no finite rate: it once had an infinite one, and then it never happened."""
    scenario = crisis(
        events=[{"id": "coup", "actor": "AAA", "hazard": {"rate": rate, "per": "year"}}],
        rules=[{"id": "push", "actor": "AAA", "then": {"coup": effect}}],
        outcomes=[outcome("coup", {"event": "coup"})],
    )
    assert (run(scenario, 200).outcome_day >= 0.0).all()
