"""How far a world is from an outcome, in natural logarithms of the model's own chances: the levels of splitting.

An outcome misses conditions, a condition misses acts, and how likely an act is in a tick the gates say. So the distance
is the log of the chance that what is still missing comes about in the time that is left, were the world to stay as it
is. A decision in which such an act was nearly taken counts as well: if the act needs a draw below c and the draw was u,
the distance left is log(c / u). Both are seen as they happen, so estimates by splitting are unbiased whatever these
levels are worth; bad levels only cost time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.theory.decision import within_reach
from escalation_sim.theory.ladder import floor
from escalation_sim.theory.rules import FORCE, is_true

FARTHEST = -60.0  # log chance of what nobody can do now
FOLLOWING = 2.0  # log chance, without its sign, that one more state is drawn into a war that others have joined
STEP = 15.0  # log chance, without its sign, that takes the place of what cannot be seen of a rung from the rung below
UNKNOWN = -1.0  # of what no act brings about: a date, a strain, an event


class Aims(NamedTuple):
    """What an outcome needs. Aims are laid out by clause; acts that serve an aim by aim, and again by edge.

    C clauses, A aims (conditions that some act or event must make true), S pairs of an aim and an act that serves it.
    """

    clause_from: w.Ints  # (C + 1,) aims of each clause
    condition: w.Ints  # (A,) row of the table of conditions
    act_from: w.Ints  # (A + 1,)
    act_edge: w.Ints  # (S,)
    act_rung: w.Ints  # (S,) the lowest rung that serves
    aims_from: w.Ints  # (E + 1,) the same pairs by edge
    aim_of: w.Ints  # (S,)
    rung_of: w.Ints  # (S,)
    missing: w.Floats  # (A,) log chance of each aim in the time left, 0 once it is met; filled by `distance`
    others: w.Floats  # (A,) of all that its clause misses, but for one act that serves this aim


def aims_of(setup: w.Setup, outcome: int) -> Aims:
    """Read the aims of an outcome from its predicate."""
    clauses = range(setup.clauses_from[outcome], setup.clauses_from[outcome + 1])
    rows = [list(_wanted(setup, *setup.clause_conditions[clause])) for clause in clauses]
    acts = [sorted(set(_acts(setup, x))) for row in rows for x in row]
    pairs = sorted((edge, aim, rung) for aim, served in enumerate(acts) for edge, rung in served)
    n_aims = len(acts)

    def ints(values: object) -> w.Ints:
        return np.array(list(values), dtype=np.int32)  # type: ignore[call-overload]

    return Aims(
        clause_from=ints(np.cumsum([0] + [len(row) for row in rows])),
        condition=ints(x for row in rows for x in row),
        act_from=ints(np.cumsum([0] + [len(served) for served in acts])),
        act_edge=ints(edge for served in acts for edge, _ in served),
        act_rung=ints(rung for served in acts for _, rung in served),
        aims_from=ints(np.searchsorted([edge for edge, _, _ in pairs], range(len(setup.actor) + 1))),
        aim_of=ints(aim for _, aim, _ in pairs),
        rung_of=ints(rung for _, _, rung in pairs),
        missing=np.zeros(n_aims),
        others=np.zeros(n_aims),
    )


def _wanted(setup: w.Setup, first: int, last: int) -> Iterator[int]:
    """Conditions that must become true: those of a clause, and those of events that it waits for."""
    for x in range(first, last):
        if not setup.condition_not[x]:
            yield x
            if setup.condition_kind[x] == w.IF_EVENT:
                yield from _wanted(setup, *setup.event_conditions[setup.condition_a[x]])


def _acts(setup: w.Setup, x: int) -> Iterator[tuple[int, int]]:
    """(edge, lowest rung) of the acts that would make a condition true, or bring it nearer."""
    kind, a, b = (int(part[x]) for part in (setup.condition_kind, setup.condition_a, setup.condition_b))
    edges, to_arms = range(len(setup.actor)), min(int(setup.war_rung), int(setup.fight_rung))
    if kind == w.IF_ACT:
        for edge in edges:
            if a in setup.watch_of[setup.watches_from[edge] : setup.watches_from[edge + 1]]:
                yield edge, int(setup.watch_low[a])
    elif kind == w.IF_WAR:
        for dyad in setup.listed[a:b]:
            yield from ((int(edge), int(setup.war_rung)) for edge in setup.dyad_edges[dyad])
    elif kind == w.IF_STANDING:
        yield from ((int(edge), int(setup.condition_low[x])) for edge in setup.listed[a:b])
    elif kind == w.IF_COMMITMENT and b != FORCE:
        for c in np.flatnonzero(setup.treaty == a):
            for edge in edges:
                if setup.target[edge] == setup.ally_of[c] and not setup.inside[a, setup.actor[edge]]:
                    yield edge, int(setup.trigger_rung[c])
    elif kind in (w.IF_BELLIGERENTS, w.IF_OPPOSING_NUCLEAR):
        both = setup.nuclear[setup.actor] & setup.nuclear[setup.target]
        yield from ((edge, to_arms) for edge in edges if kind == w.IF_BELLIGERENTS or both[edge])
    elif kind == w.IF_OUTCOME:
        for clause in range(setup.clauses_from[a], setup.clauses_from[a + 1]):
            for condition in _wanted(setup, *setup.clause_conditions[clause]):
                yield from _acts(setup, condition)


@compiled
def _serves(setup: w.Setup, world: w.World, x: w.Whole, edge: w.Whole) -> bool:
    """Whether acts of an edge still serve a condition: where belligerents are counted, those who fight are counted."""
    if setup.condition_kind[x] != w.IF_BELLIGERENTS:
        return True
    return not (world.belligerent[setup.actor[edge]] and world.belligerent[setup.target[edge]])


@compiled
def _log_chance(setup: w.Setup, world: w.World, records: w.Records, aims: Aims, aim: w.Whole, ticks: w.Whole) -> float:
    """Log chance that some act serves an aim within so many ticks, were the world to stay as it is."""
    first, last = aims.act_from[aim], aims.act_from[aim + 1]
    if first == last:
        return UNKNOWN
    chance = 0.0
    for n in range(first, last):
        if _serves(setup, world, aims.condition[aim], aims.act_edge[n]):
            chance += within_reach(setup, world, records, aims.act_edge[n], 0, aims.act_rung[n])
    return max(FARTHEST, math.log(-math.expm1(-chance * ticks))) if chance > 0.0 else FARTHEST


@compiled
def distance(setup: w.Setup, world: w.World, records: w.Records, aims: Aims, ticks: w.Whole) -> float:
    """Log chance, before a tick, that the outcome comes about in the ticks that are left: 0 is near, -60 is far."""
    nearest = FARTHEST
    for clause in range(len(aims.clause_from) - 1):
        total = 0.0
        for aim in range(aims.clause_from[clause], aims.clause_from[clause + 1]):
            x = aims.condition[aim]
            aims.missing[aim], aims.others[aim] = 0.0, 0.0
            if not is_true(setup, world, x):
                one = _log_chance(setup, world, records, aims, aim, ticks)
                several = setup.condition_kind[x] == w.IF_BELLIGERENTS  # as many acts as states are missing
                acts = max(1, setup.condition_a[x] - world.clock[w.CLOCK_BELLIGERENTS]) if several else 1
                aims.missing[aim], aims.others[aim] = one - FOLLOWING * (acts - 1), -one
                total += aims.missing[aim]
        for aim in range(aims.clause_from[clause], aims.clause_from[clause + 1]):
            aims.others[aim] += total
        nearest = max(nearest, total)
    return nearest


@compiled
def _log_reach(
    setup: w.Setup, world: w.World, records: w.Records, edge: w.Whole, phase: w.Whole, rung: w.Whole
) -> float:
    """Log chance that a decision climbs to a rung.

    Where that is next to hopeless: to a lower rung, from which rules may open the way; a missing one counts as `STEP`.
    """
    start = floor(setup, world, edge)
    if start >= rung or (phase == 1 and start > 0):
        return -math.inf
    chance = within_reach(setup, world, records, edge, phase, rung)
    best = math.log(chance) if chance > 0.0 else -math.inf
    reach = 1.0
    if best < -STEP:
        for lower in range(start + 1, rung):
            if world.p_gate[lower] > 0.0:
                reach *= world.p_gate[lower]
                best = max(best, math.log(reach) - STEP * (rung - lower))
    return best


@compiled
def log_need(setup: w.Setup, world: w.World, records: w.Records, aims: Aims, edge: w.Whole, phase: w.Whole) -> float:
    """For a decision to come: the log of the draw below which it would bring the outcome, discounted by what else it
    misses; minus infinity if nothing that this edge can do serves. (After `distance` in this tick.)
    """
    need = -math.inf
    for n in range(aims.aims_from[edge], aims.aims_from[edge + 1]):
        aim = aims.aim_of[n]
        if aims.missing[aim] < 0.0 and _serves(setup, world, aims.condition[aim], edge):
            need = max(need, _log_reach(setup, world, records, edge, phase, aims.rung_of[n]) + aims.others[aim])
    return need
