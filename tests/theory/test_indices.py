"""Compiled code reads fields of groups without turning negative indices around: nothing may ask for one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SCENARIOS = ("july-1914", "kargil-1999", "north-korea-troops-2024")


class Watched(np.ndarray):
    """An array that refuses negative indices."""

    def __getitem__(self, index):
        return super().__getitem__(_not_negative(index))

    def __setitem__(self, index, value):
        super().__setitem__(_not_negative(index), value)


def _not_negative(index):
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, (int, np.integer)) and part < 0:
            raise IndexError(f"negative index {part}")
    return index


def watched(group):
    """A named tuple of arrays that refuse negative indices."""
    return type(group)(*(x.view(Watched) if isinstance(x, np.ndarray) else x for x in group))


def play(name):
    """One replicate of a scenario in plain Python."""
    from escalation_sim import world as w
    from escalation_sim.draws import key_schedule
    from escalation_sim.scenario.load import load
    from escalation_sim.scenario.resolve import resolve
    from escalation_sim.scenario.to_arrays import Compiler
    from escalation_sim.theory.tick import begin, whole_tick

    setup = Compiler(resolve(load(ROOT / "scenarios" / f"{name}.yaml"))).setup()
    world, records = w.blank_world(setup), w.blank_records(setup)
    groups = watched(setup), watched(world), watched(records)
    begin(*groups[:2], key_schedule(1), np.uint64(0))
    for _ in range(min(setup.n_ticks, 40)):
        whole_tick(*groups, key_schedule(1), np.uint64(0))
    return int(world.clock[w.CLOCK_RECORDS])


def test_a_negative_index_is_refused():
    array = np.arange(3).view(Watched)
    assert array[2] == 2
    with pytest.raises(IndexError, match="negative"):
        array[np.int32(-1)]
    with pytest.raises(IndexError, match="negative"):
        array[-1] = 0


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_theory_asks_for_no_negative_index(name):
    environment = os.environ | {"ESCALATION_SIM_COMPILE": "0"}
    done = subprocess.run(
        [sys.executable, __file__, name], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


if __name__ == "__main__":
    print(play(sys.argv[1]))
