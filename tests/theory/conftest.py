"""Playing a crisis tick by tick, and reading what was done."""

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.theory.tick import begin, whole_tick


@pytest.fixture(scope="session")
def play(stage):
    """Function that plays some ticks of a scenario and returns the stage."""

    def played(scenario, ticks, lineage=0, **changes):
        scene = stage(scenario, **changes)
        keys, number = key_schedule(1), np.uint64(lineage)
        setup, world, records = scene.inside
        begin(setup, world, keys, number)
        for _ in range(ticks):
            whole_tick(setup, world, records, keys, number)
        return scene

    return played


@pytest.fixture(scope="session")
def acts():
    """Function that lists the acts of a stage in order: (tick, edge, rung, phase, cause)."""

    def listed(scene):
        r, n = scene.records, scene.world.clock[w.CLOCK_RECORDS]
        names = (*scene.names.edges, "-")
        columns = (r.tick, r.edge, r.rung, r.phase, r.cause)
        return [
            (int(tick), names[edge], scene.names.rungs[rung], int(phase), int(cause))
            for tick, edge, rung, phase, cause in zip(*(column[:n] for column in columns), strict=True)
        ]

    return listed


@pytest.fixture(scope="session")
def at():
    """Function that reads an array of the world at a named edge."""

    def value(scene, array, edge):
        return float(getattr(scene.world, array)[scene.names.edges.index(edge)])

    return value
