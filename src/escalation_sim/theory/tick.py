"""One tick: events, initiatives, replies, aftermath. In each phase all decide on the same world; then all act."""

from __future__ import annotations

import math

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import compiled, inlined
from escalation_sim.draws import FRAILTY_ANGLE, FRAILTY_RADIUS, HONOUR, INITIATIVE, Words, uniform
from escalation_sim.theory.acts import is_withheld, note, perform
from escalation_sim.theory.beliefs import knows
from escalation_sim.theory.commitments import renew
from escalation_sim.theory.decision import ceiling, decide
from escalation_sim.theory.effort import foreign_troops, strain_of, wear
from escalation_sim.theory.events import fall_due, schedule
from escalation_sim.theory.gates import static_log_odds
from escalation_sim.theory.memory import kept_share
from escalation_sim.theory.outcomes import count_belligerents, settle
from escalation_sim.theory.wars import fight_on, uphold


@compiled
def hoist_base(setup: w.Setup) -> None:
    """Fill the static parts of gates alone: setups of one draw that differ in their states share all else."""
    for phase in range(2):
        for edge in range(len(setup.actor)):
            for rung in range(len(setup.severity)):
                setup.base[phase, edge, rung] = static_log_odds(
                    setup.static[edge], setup.static_coefficient[phase, rung]
                )


@compiled
def hoist(setup: w.Setup) -> None:
    """Fill what a parameter draw fixes once: static parts of gates, terms of the others, memory kept over a tick."""
    hoist_base(setup)
    for phase in range(2):
        for rung in range(len(setup.severity)):
            setup.n_terms[phase, rung] = 0
            for f in range(setup.dynamic_coefficient.shape[2]):
                if setup.dynamic_coefficient[phase, rung, f] != 0.0:
                    setup.terms[phase, rung, setup.n_terms[phase, rung]] = f
                    setup.n_terms[phase, rung] += 1
    for m in range(3):
        setup.kept[m] = kept_share(setup.half_life_weeks[m], setup.tick_days / 7.0)


@compiled
def _clear_edges(setup: w.Setup, world: w.World) -> None:
    """Edges as they are at the start. (Loops, since compiling the assignment of whole arrays takes seconds.)"""
    for edge in range(len(setup.actor)):
        world.fast[edge] = setup.first_memory[0, edge]
        world.slow[edge] = setup.first_memory[1, edge]
        world.worst[edge] = setup.first_memory[2, edge]
        world.standing[edge], world.support[edge] = setup.first_standing[edge], setup.first_support[edge]
        world.deployed[edge] = setup.first_deployed[edge]
        world.fresh[edge], world.obliged[edge], world.backing[edge] = 0.0, 0.0, 0.0
        world.doubtful[edge], world.acted[edge] = -1, 0
        world.prompt[edge], world.choice[edge] = -1, 0


@compiled
def _clear_rest(setup: w.Setup, world: w.World) -> None:
    """Wars, commitments, events, watches, outcomes and states as they are at the start."""
    for d in range(len(setup.dyad_id)):
        world.war[d], world.war_initiator[d] = setup.first_war[d], setup.first_initiator[d]
        world.war_begun[d], world.war_ended[d] = w.NEVER, w.NEVER
        world.war_record[d], world.war_coming[d] = -1, 0
    for c in range(len(setup.treaty)):
        world.triggered[c], world.triggered_by[c], world.trigger_record[c] = w.NEVER, -1, -1
    for event in range(len(setup.event_id)):
        world.happened[event], world.happened_record[event], world.due[event] = w.NEVER, -1, w.NEVER
    for k in range(len(setup.watch_low)):
        world.watch_day[k], world.watch_record[k] = w.NEVER, -1
    for o in range(len(setup.outcome_id)):
        world.outcome_day[o], world.outcome_record[o] = w.NEVER, -1
    for state in range(len(setup.nuclear)):
        world.strain[state] = 0.0


@compiled
def begin(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64) -> None:
    """The world at the start, with everything that is drawn once per replicate."""
    for number in range(len(world.clock)):
        world.clock[number] = 0
    for number in range(len(world.withheld)):
        world.withheld[number] = -1
    _clear_edges(setup, world)
    _clear_rest(setup, world)
    for d in range(len(setup.dyad_id)):  # Box and Muller (1958)
        radius = uniform(keys, lineage, 0, setup.dyad_id[d], FRAILTY_RADIUS)
        angle = uniform(keys, lineage, 0, setup.dyad_id[d], FRAILTY_ANGLE)
        normal = math.sqrt(-2.0 * math.log1p(-radius)) * math.cos(2.0 * math.pi * angle)
        world.frailty[d] = setup.frailty_sd[0] * normal
    foretell(setup, world, keys, lineage, 0.0)
    for k in range(len(setup.effort_state)):
        state = setup.effort_state[k]
        world.troops[k], world.recruits[k] = setup.effort_troops[k], setup.effort_recruits[k]
        present = world.troops[k] + foreign_troops(setup, world, state, setup.effort_rear[k])
        world.strain[state] = strain_of(present, setup.effort_needed[k], setup.effort_tolerance[k])
    uphold(setup, world)
    count_belligerents(setup, world)
    for edge in range(len(setup.actor)):
        world.ceiling[edge] = ceiling(setup, world, edge)


@compiled
def foretell(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64, day: w.Real) -> None:
    """Draw what is drawn once per replicate and shows itself from `day` on: promises to be kept, events to fall due.

    Called again in the midst of a trajectory, it gives it another future as open as it looks by then.
    """
    for c in range(len(setup.treaty)):
        if world.triggered[c] < 0.0:
            world.honoured[c] = uniform(keys, lineage, 0, setup.commitment_id[c], HONOUR) < setup.reliability[c]
    schedule(setup, world, keys, lineage, day)


@compiled
def fade(setup: w.Setup, world: w.World) -> None:
    """Memories fade by one tick."""
    for edge in range(len(setup.actor)):
        world.fast[edge] *= setup.kept[0]
        world.slow[edge] *= setup.kept[1]
        world.worst[edge] *= setup.kept[2]
        world.fresh[edge] *= setup.kept[0]
        world.obliged[edge] *= setup.kept[1]
        world.backing[edge] *= setup.kept[1]


@compiled
def unprompt(world: w.World) -> None:
    """Nothing prompts anybody."""
    for edge in range(len(world.prompt)):
        world.prompt[edge] = -1


@compiled
def open_tick(setup: w.Setup, world: w.World, records: w.Records, keys: Words, lineage: np.uint64) -> None:
    """Phase 1: memories fade, events that fall due happen."""
    if world.clock[w.CLOCK_TICK] > 0:
        fade(setup, world)
        uphold(setup, world)
    world.clock[w.CLOCK_TICK_START] = world.clock[w.CLOCK_RECORDS]
    unprompt(world)
    fall_due(setup, world, records, keys, lineage)


@compiled
def act(setup: w.Setup, world: w.World, records: w.Records, phase: w.Whole) -> None:
    """All act on what they chose: first everything is written down, then everything takes effect."""
    first = world.clock[w.CLOCK_RECORDS]
    for edge in range(len(setup.actor)):
        if world.choice[edge] > 0 and not is_withheld(world, phase, edge):
            support, cause = world.choice_support[edge], world.choice_cause[edge]
            note(setup, world, records, edge, world.choice[edge], support, 0.0, phase, cause, -1)
        world.choice[edge] = 0
    for number in range(first, world.clock[w.CLOCK_RECORDS]):
        perform(setup, world, records, number)
    unprompt(world)


@inlined
def _urgency(
    setup: w.Setup, records: w.Records, number: w.Whole, link: w.Whole, weight: w.Real
) -> tuple[float, float, float, float]:
    """What decides which of two prompts is answered: all that a reply depends on, so that names never count."""
    rung = records.rung[number]
    return float(weight * setup.severity[rung]), float(-link), float(rung), float(records.novelty[number])


@compiled
def _offer(
    setup: w.Setup, world: w.World, records: w.Records, edge: w.Whole, number: w.Whole, link: w.Whole, weight: w.Real
) -> None:
    """Let an edge reply to a record if its actor knows of it and nothing more urgent prompts it."""
    if edge < 0 or not knows(world, setup.actor[edge], records.event[number]):
        return
    if world.prompt[edge] >= 0:
        known = _urgency(setup, records, world.prompt[edge], world.prompt_link[edge], world.prompt_weight[edge])
        if known >= _urgency(setup, records, number, link, weight):
            return
    world.prompt[edge] = number
    world.prompt_link[edge] = link
    world.prompt_weight[edge] = weight


@compiled
def prompt(setup: w.Setup, world: w.World, records: w.Records, first: w.Whole, last: w.Whole) -> None:
    """Find which edges may reply to the records from `first` to `last` (exclusive), and to which of them.

    The target replies to the actor and to the beneficiary; so do all who care about the target, by the weight of the
    commitment.
    """
    unprompt(world)
    for number in range(first, last):
        edge = records.edge[number]
        if edge < 0:
            continue
        target = setup.target[edge]
        for behind in range(2):
            whom = records.support[number] if behind else setup.actor[edge]
            if whom < 0:
                continue
            link = w.ALONGSIDE if behind else w.DIRECT
            _offer(setup, world, records, setup.edge_of[target, whom], number, link, 1.0)
            for row in range(setup.holders_from[target], setup.holders_from[target + 1]):
                if setup.holder[row] == setup.actor[edge]:
                    continue  # it acted itself, against a state it cares about
                third = setup.edge_of[setup.holder[row], whom]
                _offer(setup, world, records, third, number, link + 1, setup.holder_weight[row])


@compiled
def ask(setup: w.Setup, world: w.World, records: w.Records, phase: w.Whole) -> None:
    """Before a round of replies: find who may answer what. Before initiatives nobody is asked."""
    if phase >= w.BY_REPLY:
        first, last = world.clock[w.CLOCK_TICK_START], world.clock[w.CLOCK_RECORDS]
        while phase > w.BY_REPLY and first < last and records.phase[first] < phase - 1:
            first += 1  # a later round answers the replies of the round before it
        prompt(setup, world, records, first, last)


@inlined
def may_decide(world: w.World, edge: w.Whole, phase: w.Whole) -> bool:
    """Whether an edge has a decision in a phase: initiatives all, replies those that are prompted."""
    return bool(phase == w.BY_INITIATIVE or world.prompt[edge] >= 0)


@inlined
def luck(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64, edge: w.Whole, phase: w.Whole) -> float:
    """The draw of an edge's decision in a phase."""
    purpose = int(INITIATIVE + phase - w.BY_INITIATIVE)
    return uniform(keys, lineage, world.clock[w.CLOCK_TICK], setup.edge_id[edge], purpose)


@compiled
def aftermath(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64) -> None:
    """Phase 4: wars, efforts, commitments and outcomes; then the clock moves on."""
    fight_on(setup, world, keys, lineage)
    wear(setup, world)
    renew(setup, world)
    count_belligerents(setup, world)
    settle(setup, world, keys, lineage)
    world.clock[w.CLOCK_TICK] += 1


@compiled
def phase_of_tick(
    setup: w.Setup, world: w.World, records: w.Records, keys: Words, lineage: np.uint64, phase: w.Whole
) -> None:
    """One phase of a tick: events (`BY_EVENT`), initiatives, rounds of replies (`BY_REPLY` and on)."""
    if phase == w.BY_EVENT:
        open_tick(setup, world, records, keys, lineage)
        return
    ask(setup, world, records, phase)
    for edge in range(len(setup.actor)):
        if may_decide(world, edge, phase):
            u = luck(setup, world, keys, lineage, edge, phase)
            decide(setup, world, records, edge, int(phase >= w.BY_REPLY), u)
    act(setup, world, records, phase)


@compiled
def finish_tick(
    setup: w.Setup, world: w.World, records: w.Records, keys: Words, lineage: np.uint64, phase: w.Whole
) -> None:
    """The phases of a tick from `phase` on, and its aftermath."""
    for later in range(phase, w.BY_REPLY + setup.reply_rounds):
        phase_of_tick(setup, world, records, keys, lineage, later)
    aftermath(setup, world, keys, lineage)


@compiled
def whole_tick(setup: w.Setup, world: w.World, records: w.Records, keys: Words, lineage: np.uint64) -> None:
    """All four phases of one tick: the sentence both drivers speak."""
    finish_tick(setup, world, records, keys, lineage, w.BY_EVENT)


@compiled
def is_sound(world: w.World, records: w.Records) -> bool:
    """Whether a replicate ended as every one must: memories and strain in [0, 1], all else finite, no record lost.

    Inputs are bounded (see `scenario.to_arrays`), so all that is computed from them is; this is the proof at run time.
    """
    bounded = 0 <= world.clock[w.CLOCK_RECORDS] <= len(records.tick)
    for edge in range(len(world.fast)):
        for share in (world.fast[edge], world.slow[edge], world.worst[edge], world.ceiling[edge], world.backing[edge]):
            bounded = bounded and 0.0 <= share <= 1.0
        bounded = bounded and 0.0 <= world.deployed[edge] < math.inf
    for d in range(len(world.frailty)):
        bounded = bounded and abs(world.frailty[d]) < math.inf
    for state in range(len(world.strain)):
        bounded = bounded and 0.0 <= world.strain[state] <= 1.0
    for k in range(len(world.troops)):
        bounded = bounded and 0.0 <= world.troops[k] < math.inf
    return bool(bounded)
