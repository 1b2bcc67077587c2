"""States have no order and no rank but their numbers: under other names the same things happen to the same states.

Luck is tied to names. So that only the names differ, the luck is renamed with them; what is left is the theory, which
must treat any two states with the same numbers alike, wherever they stand in the arrays.
"""

import itertools

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.draws import key_schedule
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.theory.tick import begin, whole_tick

STATES = ("AAA", "BBB", "CCC", "DDD", "EEE")
ORDERS = [order for k, order in enumerate(itertools.permutations(STATES)) if k % 17 == 16]  # seven of 120
LUCK = {"edge_id": "edges", "dyad_id": "dyads", "state_id": "states", "commitment_id": "commitments"}


def renamed(part, names):
    """A part of a scenario with other names for its states."""
    if isinstance(part, dict):
        return {names.get(key, key): renamed(value, names) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [renamed(value, names) for value in part]
    return names.get(part, part) if isinstance(part, str) else part


def original(name, back):
    """Name of an edge, dyad, state or commitment in the first scenario; of dyads, both orders are meant."""
    pact, _, pair = name.rpartition(":")
    mark = next((mark for mark in (">", "-", "–") if mark in pair), None)
    parts = [back[part] for part in (pair.split(mark) if mark else [pair])]
    return (pact, tuple(parts) if mark == ">" else frozenset(parts))


def played(compiler, luck=None, lineages=4):
    """What was done in some replicates, (lineage, tick, phase, actor and target, rung), and days of outcomes."""
    setup = compiler.setup()
    setup = setup._replace(**(luck(setup) if luck else {}))
    done, days, keys = [], [], key_schedule(11)
    for lineage in range(lineages):
        world, records = w.blank_world(setup), w.blank_records(setup)
        inside = grouped(setup), grouped(world), grouped(records)
        begin(*inside[:2], keys, np.uint64(lineage))
        for _ in range(setup.n_ticks):
            whole_tick(*inside, keys, np.uint64(lineage))
        days.append(world.outcome_day)
        for number in range(world.clock[w.CLOCK_RECORDS]):
            edge = records.edge[number]
            who = compiler.names.edges[edge] if edge >= 0 else "-"
            done.append((lineage, records.tick[number], records.phase[number], who, records.rung[number]))
    return done, np.array(days)


def under_other_names(scenario, order, with_luck=True):
    """Acts, by the first names, and outcomes of a scenario whose states bear other names."""
    names = dict(zip(STATES, order, strict=True))
    back = {new: old for old, new in names.items()}
    tree = scenario.model_dump(exclude_none=True, by_alias=True)
    first, second = Compiler(scenario), Compiler(Scenario.model_validate(renamed(tree, names)))

    def luck(setup):
        before, found = first.setup(), {}
        for field, kind in LUCK.items():
            place = {original(name, {s: s for s in STATES}): k for k, name in enumerate(getattr(first.names, kind))}
            found[field] = getattr(before, field)[[place[original(n, back)] for n in getattr(second.names, kind)]]
        return found

    done, days = played(second, luck if with_luck else None)
    old = {name: ">".join(back[part] for part in name.split(">")) for name in second.names.edges} | {"-": "-"}
    return sorted((*rest, old[who], rung) for *rest, who, rung in done), days


@pytest.fixture(scope="module")
def base(storm):
    """A crisis, and what happens in it."""
    scenario = storm(horizon="126 days")
    done, days = played(Compiler(scenario))
    return scenario, sorted(done), days


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_under_other_names_the_same_happens(base, order):
    scenario, done, days = base
    again, when = under_other_names(scenario, order)
    assert again == done
    np.testing.assert_allclose(when, days)
    assert len(done) > 100


def test_with_the_luck_of_another_something_else_happens(base):
    """The twin: new names alone are new luck."""
    scenario, done, _ = base
    assert under_other_names(scenario, ORDERS[0], with_luck=False)[0] != done
