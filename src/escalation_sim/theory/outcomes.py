"""Outcomes: named predicates, absorbing once true; and the count of belligerents they may ask for."""

from __future__ import annotations

import math

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.draws import OUTCOME_DAY, Words, uniform
from escalation_sim.theory.ladder import in_combat
from escalation_sim.theory.rules import evidence, hold


@compiled
def count_belligerents(setup: w.Setup, world: w.World) -> None:
    """Aftermath: states at war or in combat, and whether two nuclear powers are among the opponents."""
    for state in range(len(world.belligerent)):
        world.belligerent[state] = 0
    opposing, belligerents = 0, 0
    for edge in range(len(setup.actor)):
        if world.war[setup.dyad[edge]] or in_combat(setup, world, edge):
            world.belligerent[setup.actor[edge]] = 1
            world.belligerent[setup.target[edge]] = 1
            if setup.nuclear[setup.actor[edge]] and setup.nuclear[setup.target[edge]]:
                opposing = 1
    for state in range(len(world.belligerent)):
        belligerents += world.belligerent[state]
    world.clock[w.CLOCK_BELLIGERENTS] = belligerents
    world.clock[w.CLOCK_OPPOSING] = opposing


@compiled
def _awaited(setup: w.Setup, world: w.World, first: w.Whole, last: w.Whole) -> float:
    """The day from which these conditions can have held in this tick: its first, or that of an outcome they await."""
    day = w.today(setup, world)
    for x in range(first, last):
        if setup.condition_kind[x] == w.IF_OUTCOME and not setup.condition_not[x]:
            day = max(day, world.outcome_day[setup.condition_a[x]])
    return float(day)


@compiled
def settle(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64) -> None:
    """Aftermath: outcomes that have become true, with their day and the record that made them true.

    Within its tick the day is drawn uniformly, so that windows which end inside a tick are not biased. Of several
    clauses that hold, the one counts that can have held first, then the one with the first record: their order says
    nothing.
    """
    for o in range(len(setup.outcome_id)):
        if world.outcome_day[o] >= 0.0:
            continue
        begun, record = math.inf, -1
        for clause in range(setup.clauses_from[o], setup.clauses_from[o + 1]):
            first, last = setup.clause_conditions[clause, 0], setup.clause_conditions[clause, 1]
            if hold(setup, world, first, last):
                since, latest = _awaited(setup, world, first, last), evidence(setup, world, first, last)
                if since < begun or (since == begun and (record < 0 or 0 <= latest < record)):
                    begun, record = since, latest
        if begun < math.inf:
            u = uniform(keys, lineage, world.clock[w.CLOCK_TICK], setup.outcome_id[o], OUTCOME_DAY)
            world.outcome_day[o] = begun + u * (w.today(setup, world) + setup.tick_days - begun)
            world.outcome_record[o] = record
