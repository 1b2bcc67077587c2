"""Two states play a confrontation until it has been quiet for long: the third loop over the one semantics.

An ensemble runs to the horizon of a scenario and asks for its outcomes. Records of history end differently: a
confrontation is closed when nothing militarized has happened for some weeks. This loop ends there too, so what it
counts can be held against such records, and most replicates are short.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import compiled, grouped
from escalation_sim.draws import Words
from escalation_sim.theory.tick import begin, whole_tick


class Played(NamedTuple):
    """What each of R replicates of one confrontation came to."""

    highest: w.Ints  # (R,) highest rung that a side reached against the other
    answered: w.Flags  # (R,) the target of the first act acted on a militarized rung
    active: w.Ints  # (R,) ticks with a militarized act or war
    length: w.Ints  # (R,) ticks from the first act to the last active one, both counted
    forceful: w.Ints  # (R,) ticks with an act on the rung of force or above, or war
    answer: w.Ints  # (R,) tick in which the target first acted, -1 never
    force_answer: w.Ints  # (R,) tick in which it first used force, -1 never


def blank_played(n_replicates: int) -> Played:
    """A Played of nothing yet for so many replicates."""

    def count(start: int) -> w.Ints:
        return np.full(n_replicates, start, dtype=np.int32)

    answered = np.zeros(n_replicates, dtype=np.uint8)
    return Played(count(0), answered, count(0), count(0), count(0), count(-1), count(-1))


@compiled
def _look(
    setup: w.Setup, world: w.World, records: w.Records, played: Played, replicate: w.Whole, rungs: w.Ints
) -> bool:
    """Count one tick of a replicate; whether anything militarized happened in it."""
    top = setup.war_rung if world.war.any() else 0
    for number in range(world.clock[w.CLOCK_TICK_START], world.clock[w.CLOCK_RECORDS]):
        edge, rung = records.edge[number], records.rung[number]
        top = max(top, rung)
        if edge >= 0 and setup.actor[edge] == 1:
            if rung >= rungs[0] and not played.answered[replicate]:
                played.answered[replicate] = 1
                played.answer[replicate] = world.clock[w.CLOCK_TICK] - 1  # the clock has moved on
            if rung >= rungs[1] and played.force_answer[replicate] < 0:
                played.force_answer[replicate] = world.clock[w.CLOCK_TICK] - 1
    played.highest[replicate] = max(played.highest[replicate], top)
    if top >= rungs[1]:
        played.forceful[replicate] += 1
    return bool(top >= rungs[0])


@compiled
def _play(
    setup: w.Setup,
    world: w.World,
    records: w.Records,
    keys: Words,
    lineages: Words,
    rungs: w.Ints,
    quiet: w.Whole,
    played: Played,
) -> None:
    """Replicates one after the other. (Eight parameters: the group of arrays, and the rule that closes.)"""
    for replicate in range(len(lineages)):
        begin(setup, world, keys, lineages[replicate])
        last = 0
        for tick in range(setup.n_ticks):
            whole_tick(setup, world, records, keys, lineages[replicate])
            if _look(setup, world, records, played, replicate, rungs):
                played.active[replicate] += 1
                last = tick
            elif tick - last > quiet:
                break
        played.length[replicate] = last + 1


def play(setup: w.Setup, keys: Words, lineages: Words, militarized: int, force: int, quiet_ticks: int) -> Played:
    """Play one confrontation of two states, state 0 the actor of the first act, once for each lineage.

    Parameters
    ----------
    setup : Setup
        Of a scenario with two states whose first act is an event.
    keys : uint64 array (10, 2)
        From `draws.key_schedule`.
    lineages : uint64 array (R,)
        Whose luck each replicate has.
    militarized, force : int
        Lowest rung that keeps the confrontation open; lowest rung of the use of force.
    quiet_ticks : int
        A replicate ends after more than so many ticks without a militarized act.
    """
    played = blank_played(len(lineages))
    world, records = grouped(w.blank_world(setup)), grouped(w.blank_records(setup))
    rungs = np.array([militarized, force], dtype=np.int32)
    _play(grouped(setup), world, records, keys, lineages, rungs, quiet_ticks, grouped(played))
    return played
