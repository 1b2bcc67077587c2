"""What an act changes: memories, standing support, watches, commitments, wars to come."""

from __future__ import annotations

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.theory.beliefs import knows
from escalation_sim.theory.commitments import trigger
from escalation_sim.theory.ladder import is_support
from escalation_sim.theory.memory import habituation


@compiled
def is_withheld(world: w.World, phase: w.Whole, actor: w.Whole) -> bool:
    """Whether a counterfactual leaves out what an edge (or, in the phase of events, an event) is about to do."""
    withheld = world.withheld
    return bool(withheld[0] == world.clock[w.CLOCK_TICK] and withheld[1] == phase and withheld[2] == actor)


@compiled
def note(
    setup: w.Setup,
    world: w.World,
    records: w.Records,
    edge: w.Whole,
    rung: w.Whole,
    support: w.Whole,
    troops: w.Real,
    phase: w.Whole,
    cause: w.Whole,
    event: w.Whole,
) -> int:
    """Write a record and return its number. (Ten numbers: they are the record.)"""
    number = world.clock[w.CLOCK_RECORDS]
    world.clock[w.CLOCK_RECORDS] = number + 1
    records.tick[number] = world.clock[w.CLOCK_TICK]
    records.edge[number] = edge
    records.rung[number] = rung
    records.support[number] = support
    records.magnitude[number] = troops
    records.phase[number] = phase
    records.cause[number] = cause
    records.event[number] = event
    records.novelty[number] = 0.0
    if edge >= 0:
        severity = setup.severity[rung]
        records.novelty[number] = 1.0 - habituation(world.slow[edge], world.worst[edge], severity)
    return int(number)


@compiled
def _watch(setup: w.Setup, world: w.World, records: w.Records, number: w.Whole) -> None:
    """Let the watches of the edge see the act."""
    edge, rung, support = records.edge[number], records.rung[number], records.support[number]
    for row in range(setup.watches_from[edge], setup.watches_from[edge + 1]):
        k = setup.watch_of[row]
        if not setup.watch_low[k] <= rung <= setup.watch_high[k]:
            continue
        fits = setup.watch_support[k]
        if fits >= 0 and (support < 0 or not setup.sets[fits, support]):
            continue
        if records.magnitude[number] < setup.watch_magnitude[k]:
            continue
        observer = setup.watch_observer[k]
        if not knows(world, observer, records.event[number]):
            continue
        if setup.watch_at_war[k]:
            whom = setup.actor[edge] if setup.watch_at_war[k] == 1 else setup.target[edge]
            between = setup.edge_of[observer, whom]  # only a rule, which has an observer, asks for belligerents
            if between < 0 or not world.war[setup.dyad[between]]:
                continue
        # Events open a tick, decisions fill it: either is seen for as many ticks as the time a condition asks for.
        decided = records.phase[number] != w.BY_EVENT
        world.watch_day[k] = w.today(setup, world) + (setup.tick_days if decided else 0.0)
        world.watch_record[k] = number


@compiled
def perform(setup: w.Setup, world: w.World, records: w.Records, number: w.Whole) -> None:
    """Let a recorded act take effect on the world."""
    edge, rung = records.edge[number], records.rung[number]
    remembered, severity = setup.remembered[rung], setup.severity[rung]
    world.acted[edge] = 1
    world.fast[edge] = max(world.fast[edge], remembered)
    world.slow[edge] = max(world.slow[edge], remembered)
    world.worst[edge] = max(world.worst[edge], severity)
    news = severity * records.novelty[number]
    if news > world.fresh[edge]:
        world.fresh[edge] = news
        world.doubtful[edge] = records.event[number]
    if is_support(setup.need[rung]):
        world.standing[edge] = max(world.standing[edge], rung)
        world.support[edge] = records.support[number]
        if setup.joins_war[rung]:
            if world.deployed[edge] <= 0.0:
                world.deployed[edge] = setup.contingent[0]
            records.magnitude[number] = world.deployed[edge]
    if setup.starts_war[rung] and not world.war[setup.dyad[edge]] and not world.war_coming[setup.dyad[edge]]:
        world.war_coming[setup.dyad[edge]] = 1
        world.war_initiator[setup.dyad[edge]] = setup.actor[edge]
        world.war_record[setup.dyad[edge]] = number
    _watch(setup, world, records, number)
    trigger(setup, world, edge, rung, number, False)
