"""The theory written once more, as a plain Mesa model (`benchmarks/mesa_peer`), under the same luck: the same acts.

The two drivers share the functions of the theory, so that they agree also where these are wrong. The peer shares none.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_sim.draws import key_schedule
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler

REPLICATES = 2


@pytest.fixture(scope="module")
def peer() -> Any:
    """The modules of the peer, which lie beside the package."""
    folder = str(Path(__file__).parents[2] / "benchmarks")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        import same_luck

        yield same_luck
        for name in [name for name, module in sys.modules.items() if folder in str(getattr(module, "__file__", ""))]:
            del sys.modules[name]


def _setup(tree: dict[str, Any]) -> Any:
    return Compiler(resolve(Scenario.model_validate(tree))).setup()


@pytest.mark.parametrize("most_states", [5, pytest.param(30, marks=pytest.mark.slow)])
@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_peer_does_the_same(data: st.DataObject, scenario_tree: Any, peer: Any, most_states: int) -> None:
    setup = _setup(data.draw(scenario_tree(most_states)))
    plan, keys = peer.mesa_peer.build(setup), key_schedule(5)
    for replicate in range(REPLICATES):
        same, acts = peer.alike(setup, plan, keys, replicate)
        assert same
        assert acts > 0


def test_another_theory_is_found(small_scenario: Scenario, peer: Any) -> None:
    """The twin: the peer of a world in which strikes weigh a little more does something else."""
    setup = Compiler(resolve(small_scenario)).setup()
    other = setup._replace(reply_to=setup.reply_to + 0.5)
    plan, keys = peer.mesa_peer.build(other), key_schedule(5)
    assert not all(peer.alike(setup, plan, keys, replicate)[0] for replicate in range(5))
