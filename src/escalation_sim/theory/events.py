"""Events: acts and flags from outside the model, on a date, within dates, or at a hazard.

Events of one group exclude each other. Dated ones share one draw, cut into slices by their probabilities; hazards
compete: something happens with 1 - exp(-sum of rates x time), and what happens is drawn in proportion to the rates.
"""

from __future__ import annotations

import math

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.draws import BELIEF, EVENT_CHANCE, EVENT_DATE, EVENT_HAZARD, Words, uniform
from escalation_sim.theory.acts import is_withheld, note, perform
from escalation_sim.theory.rules import ANY_PHASE, NO_RUNG, evidence, hold, mover, push, reconsider


@compiled
def _passed(setup: w.Setup, event: w.Whole, day: w.Real) -> float:
    """Share of the dates of a dated event that lie before a day."""
    first, last = max(setup.event_from[event], 0.0), setup.event_until[event]
    if day <= first:
        return 0.0
    return float((day - first) / (last - first)) if day < last else 1.0


@compiled
def _spent(setup: w.Setup, world: w.World, first: w.Whole, day: w.Real) -> bool:
    """Whether of the group that starts at `first` one has happened or fallen due before a day: no other one will."""
    event = first
    while event < len(setup.event_id) and setup.event_group[event] == setup.event_group[first]:
        if world.happened[event] >= 0.0 or 0.0 <= world.due[event] < day:
            return True
        event += 1
    return False


@compiled
def _open_share(setup: w.Setup, first: w.Whole, day: w.Real) -> float:
    """Probability that no dated event of the group that starts at `first` has fallen due before a day."""
    share, event = 1.0, first
    while event < len(setup.event_id) and setup.event_group[event] == setup.event_group[first]:
        share -= setup.event_chance[event] * _passed(setup, event, day)
        event += 1
    return share


@compiled
def schedule(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64, day: w.Real) -> None:
    """Which dated events will fall due from a day on and when, and who will believe each event that is to come.

    On later days than the first these are the draws that the trajectory has not shown yet, made anew given that it has
    not shown them: what may still come is as likely as it is to those who have waited until now.
    """
    slice_end, group, scale, spent = 0.0, -1, 1.0, False
    for event in range(len(setup.event_id)):
        if setup.event_group[event] != group:
            group, slice_end = setup.event_group[event], 0.0
            if not setup.event_is_hazard[event]:
                spent = _spent(setup, world, event, day)
                scale = 1.0 / max(_open_share(setup, event, day), 1e-300)
        if not setup.event_is_hazard[event] and not spent:
            world.due[event] = w.NEVER
            chance = setup.event_chance[event] * (1.0 - _passed(setup, event, day)) * scale
            slice_end += chance
            u = uniform(keys, lineage, 0, setup.group_id[group], EVENT_CHANCE)
            if slice_end - chance <= u < slice_end:
                when = uniform(keys, lineage, 0, setup.event_id[event], EVENT_DATE)
                earliest = max(setup.event_from[event], 0.0, day)
                world.due[event] = earliest + when * (setup.event_until[event] - earliest)
        if world.happened[event] < 0.0:
            _convince(setup, world, keys, lineage, event)


@compiled
def _convince(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64, event: w.Whole) -> None:
    """Draw who will believe an event."""
    for state in range(len(setup.nuclear)):
        entity = setup.event_id[event] ^ setup.state_id[state]
        world.believed[event, state] = uniform(keys, lineage, 0, entity, BELIEF) < setup.belief[event, state]


@compiled
def weekly_rate(rate: w.Real, log_odds: w.Real) -> float:
    """Hazard rate a week, finite, after rules have moved the log-odds of its weekly probability.

    Finite for whatever log-odds: a rate without end would leave nothing to compare a draw with.

    >>> round(weekly_rate(0.1, 0.0), 12), round(weekly_rate(0.1, 60.0), 2)
    (0.1, 57.75)
    """
    if log_odds == 0.0 or rate <= 0.0:
        return float(rate)
    moved = float(rate + math.log(-math.expm1(-rate)) + log_odds)  # p / (1 - p) is exp(rate) - 1
    return max(moved, 0.0) + math.log1p(math.exp(-abs(moved)))


@compiled
def happen(setup: w.Setup, world: w.World, records: w.Records, event: w.Whole, cause: w.Whole) -> None:
    """Let an event happen: its act, its troops, its recruits, its withdrawal."""
    if is_withheld(world, w.BY_EVENT, event):
        return
    edge, rung = setup.event_edge[event], setup.event_rung[event]
    troops = setup.event_troops[event]
    acting = edge if rung > 0 else -1
    number = note(setup, world, records, acting, rung, setup.event_support[event], troops, w.BY_EVENT, cause, event)
    world.happened[event] = w.today(setup, world)
    world.happened_record[event] = number
    if edge >= 0:
        world.deployed[edge] += troops
        if troops > 0.0 and world.support[edge] < 0:
            world.support[edge] = setup.event_support[event]
        if setup.event_withdraws[event]:
            world.standing[edge] = 0
            world.deployed[edge] = 0.0
            world.support[edge] = -1
    if rung > 0:
        perform(setup, world, records, number)
    for k in range(len(setup.effort_state)):
        if setup.effort_state[k] == setup.event_actor[event]:
            world.recruits[k] += setup.event_recruits[event]


@compiled
def _live_rate(setup: w.Setup, world: w.World, event: w.Whole) -> tuple[float, int]:
    """(rate a week of a hazard now, cause); 0 outside its dates or when its conditions do not hold."""
    day = w.today(setup, world)
    if not setup.event_from[event] <= day < setup.event_until[event]:
        return 0.0, -1
    first, last = setup.event_conditions[event, 0], setup.event_conditions[event, 1]
    if not hold(setup, world, first, last):
        return 0.0, -1
    owner = len(setup.actor) + event
    reconsider(setup, world, owner)
    log_odds = push(setup, world, owner, ANY_PHASE, NO_RUNG)
    cause = mover(setup, world, owner, ANY_PHASE, NO_RUNG, NO_RUNG)
    return weekly_rate(setup.event_chance[event], log_odds), max(cause, evidence(setup, world, first, last))


@compiled
def _compete(
    setup: w.Setup, world: w.World, records: w.Records, keys: Words, lineage: np.uint64, first: w.Whole
) -> None:
    """Hazards of the group that starts at event `first`: at most one of them happens."""
    group, weeks = setup.event_group[first], setup.tick_days / 7.0
    total, event = 0.0, first
    while event < len(setup.event_id) and setup.event_group[event] == group:
        total += _live_rate(setup, world, event)[0]
        event += 1
    if total <= 0.0:
        return
    u = uniform(keys, lineage, world.clock[w.CLOCK_TICK], setup.group_id[group], EVENT_HAZARD)
    left = u / -math.expm1(-total * weeks) * total  # below `total` if anything happens
    event = first
    while left < total and event < len(setup.event_id) and setup.event_group[event] == group:
        rate, cause = _live_rate(setup, world, event)
        if left < rate:
            happen(setup, world, records, event, cause)
            return
        left -= rate
        total -= rate
        event += 1


@compiled
def fall_due(setup: w.Setup, world: w.World, records: w.Records, keys: Words, lineage: np.uint64) -> None:
    """Phase 1 of a tick: the events that fall due happen, groups in order of their names."""
    day = w.today(setup, world)
    tomorrow = (world.clock[w.CLOCK_TICK] + 1) * setup.tick_days  # to the last bit what `today` will say next tick
    for event in range(len(setup.event_id)):
        group = setup.event_group[event]
        begins_group = event == 0 or setup.event_group[event - 1] != group
        if setup.event_is_hazard[event]:
            if begins_group and not _spent(setup, world, event, day):
                _compete(setup, world, records, keys, lineage, event)
        elif day <= world.due[event] < tomorrow:
            first, last = setup.event_conditions[event, 0], setup.event_conditions[event, 1]
            if hold(setup, world, first, last):
                happen(setup, world, records, event, evidence(setup, world, first, last))
