"""One semantics, two drivers: for random scenarios every array of a replicate is equal, not merely close."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_sim.drivers import ensemble
from escalation_sim.drivers.agents import EscalationModel
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.verification.engine import alone, differences


def _compile(tree: dict[str, Any]) -> Compiler:
    return Compiler(resolve(Scenario.model_validate(tree)))


@pytest.mark.parametrize("most_states", [5, pytest.param(30, marks=pytest.mark.slow)])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_both_drivers_give_equal_arrays(data: st.DataObject, scenario_tree: Any, most_states: int) -> None:
    compiler = _compile(data.draw(scenario_tree(most_states)))
    setup = compiler.setup()
    tally = ensemble.run(lambda draw: setup, 1, 3, seed=5)
    acts = 0
    for replicate in range(3):
        model = EscalationModel(setup, compiler.names, luck=5, replicate=replicate).run_model()
        world, records = alone(setup, replicate, seed=5)
        assert differences(model.world, world) == []
        assert differences(model.records, records) == []
        assert np.array_equal(model.world.outcome_day.astype(np.float32), tally.outcome_day[replicate])
        acts += model.n_acts
        assert tally.acts[replicate] == model.n_acts
    assert acts > 0


def test_other_luck_is_seen_as_a_difference(small: Compiler) -> None:
    """The twin that must fail: with another seed the comparison above finds differences."""
    model = EscalationModel(small.setup(), small.names, luck=5, replicate=0).run_model()
    assert differences(model.world, alone(small.setup(), 0, seed=6)[0])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_threads_change_nothing(data: st.DataObject, scenario_tree: Any) -> None:
    setup = _compile(data.draw(scenario_tree())).setup()
    one, two = (ensemble.run(lambda draw: setup, 4, 40, seed=3, jobs=jobs, watched=3) for jobs in (1, 2))
    assert differences(one, two) == []


_PLAIN = """
import json, sys
from escalation_sim.drivers import ensemble
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
setup = Compiler(resolve(Scenario.model_validate(json.loads(sys.stdin.read())))).setup()
tally = ensemble.run(lambda draw: setup, 1, 2, seed=3, watched=3)
print(json.dumps([getattr(tally, name).tolist() for name in tally._fields]))
"""


def test_compilation_off_changes_nothing(small_tree: dict[str, Any]) -> None:
    answers = []
    for compiling in ("0", "1"):
        env = os.environ | {"ESCALATION_SIM_COMPILE": compiling}
        run = subprocess.run(
            [sys.executable, "-c", _PLAIN],
            input=json.dumps(small_tree),
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(json.loads(run.stdout))
    assert answers[0] == answers[1]
    acts = answers[0][ensemble.Tally._fields.index("acts")]
    assert min(acts) > 10  # there was something to compare


def test_models_are_let_go(small: Compiler) -> None:
    """Mesa 3.3.1 keeps every model alive unless the agents' id table is replaced."""
    setup = small.setup()
    for replicate in range(50):
        EscalationModel(setup, small.names, replicate=replicate)
    gc.collect()
    assert sum(isinstance(thing, EscalationModel) for thing in gc.get_objects()) <= 1


def test_mesa_batch_run_reports_the_last_state(small_scenario: Scenario) -> None:
    import mesa

    from escalation_sim.study.trace import mesa_model

    model_class = mesa_model(small_scenario, parameters=1)
    rows = mesa.batch_run(
        model_class, {"replicate": [0, 1, 2]}, number_processes=1, data_collection_period=-1, display_progress=False
    )
    last = {row["replicate"]: row["day"] for row in rows}
    n_ticks = Compiler(resolve(small_scenario)).setup().n_ticks
    assert last == {k: pytest.approx(n_ticks * small_scenario.tick) for k in (0, 1, 2)}
    assert len({row["acts"] for row in rows if row["replicate"] == 0}) == 1
