"""One decision of one state on one edge: what it sees, what the gates say, how far it climbs."""

from __future__ import annotations

import math

from escalation_sim import world as w
from escalation_sim._compiled import compiled, inlined
from escalation_sim.theory.beliefs import knows
from escalation_sim.theory.gates import at_most, in_tick, logistic
from escalation_sim.theory.ladder import beneficiary, floor, is_support, usable
from escalation_sim.theory.rules import cap, mover, push, reconsider

ROUNDING = 1e-9  # on a bound of log-odds: sums in another order may differ in their last bits


@inlined
def _partner_fresh(setup: w.Setup, world: w.World, edge: w.Whole) -> float:
    """What the target lately did to partners of the actor: the weightiest act not yet old news, as far as believed."""
    largest = 0.0
    for row in range(setup.third_from[edge], setup.third_from[edge + 1]):
        other = setup.third_edge[row]
        if knows(world, setup.actor[edge], world.doubtful[other]):
            largest = max(largest, setup.third_weight[row] * world.fresh[other])
    return largest


@inlined
def perceive(setup: w.Setup, world: w.World, records: w.Records, edge: w.Whole, standing: w.Whole) -> None:
    """Fill `world.covariate` with what the actor of an edge sees; the reply's own part if it has a prompt."""
    x, back = world.covariate, setup.reverse[edge]
    x[w.OWN_FAST], x[w.OWN_SLOW], x[w.OWN_WORST] = world.fast[edge], world.slow[edge], world.worst[edge]
    x[w.THEIR_FAST], x[w.THEIR_SLOW], x[w.THEIR_WORST] = world.fast[back], world.slow[back], world.worst[back]
    x[w.OPPOSED] = world.backing[back] if world.support[back] >= 0 else 0.0
    x[w.PARTNER_FRESH] = _partner_fresh(setup, world, edge)
    x[w.OBLIGATION] = world.obliged[edge]
    x[w.SUPPORTER] = world.backing[edge]
    x[w.STRAIN] = world.strain[setup.actor[edge]]
    x[w.WINTER] = setup.winter[world.clock[w.CLOCK_TICK]]
    x[w.STANDING] = 1.0 if standing > 0 else 0.0
    x[w.FRAILTY] = world.frailty[setup.dyad[edge]]
    x[w.FIRST_REPLY], x[w.THIRD_PARTY], x[w.ACCOMPLICE], x[w.HABITUATION] = 0.0, 0.0, 0.0, 0.0
    prompt = world.prompt[edge]
    if prompt >= 0:
        link = world.prompt_link[edge]
        x[w.FIRST_REPLY] = 0.0 if world.acted[edge] else 1.0
        x[w.THIRD_PARTY] = 1.0 if link == w.THIRD or link == w.THIRD_ALONGSIDE else 0.0
        x[w.ACCOMPLICE] = 1.0 if link >= w.ALONGSIDE else 0.0
        x[w.HABITUATION] = 1.0 - records.novelty[prompt]


@inlined
def gate_log_odds(
    setup: w.Setup, world: w.World, records: w.Records, edge: w.Whole, phase: w.Whole, rung: w.Whole
) -> float:
    """Log-odds of one gate, after `perceive`; phase 0 initiative, 1 reply."""
    total = setup.base[phase, edge, rung] + push(setup, world, edge, phase, rung)
    for n in range(setup.n_terms[phase, rung]):
        f = setup.terms[phase, rung, n]
        total += setup.dynamic_coefficient[phase, rung, f] * world.covariate[f]
    if phase == 1:
        total += setup.reply_to[rung, records.rung[world.prompt[edge]]]
    return float(total)


@compiled
def ceiling(setup: w.Setup, world: w.World, edge: w.Whole) -> float:
    """The most that the chance of an initiative in a tick can come to on an edge in peace, whatever else happens.

    All dynamic covariates but frailty lie in [0, 1], and frailty stays what it is. The first gate of a climb is one of
    those up to the first rung that needs no partner. A draw above the ceiling is a climb that ends before it begins, so
    that edges on which nothing goes on cost one comparison.
    """
    log_odds = -math.inf
    for rung in range(1, len(setup.severity)):
        if setup.closed[edge, rung]:
            continue
        most = (
            setup.base[0, edge, rung] + setup.dynamic_coefficient[0, rung, w.FRAILTY] * world.frailty[setup.dyad[edge]]
        )
        for n in range(setup.n_terms[0, rung]):
            if setup.terms[0, rung, n] != w.FRAILTY:
                most += max(0.0, setup.dynamic_coefficient[0, rung, setup.terms[0, rung, n]])
        for n in range(setup.push_from[0, edge, rung], setup.push_from[0, edge, rung + 1]):
            most += max(0.0, setup.effect_value[setup.push_effect[n]])
        log_odds = max(log_odds, most)
        if usable(setup.need[rung], False, False):
            break
    return in_tick(logistic(log_odds + ROUNDING), setup.tick_days / 7.0)


@inlined
def _forget_gates(world: w.World) -> None:
    """No gate was looked at in this decision so far."""
    for rung in range(len(world.p_gate)):
        world.p_gate[rung] = w.NEVER


@inlined
def climb(
    setup: w.Setup,
    world: w.World,
    records: w.Records,
    edge: w.Whole,
    phase: w.Whole,
    start: w.Whole,
    u: w.Real,
    enough: w.Whole,
) -> tuple[int, float]:
    """Climb while the gates open: the rung reached (0: none), and the chance of coming as far as was looked.

    Parameters
    ----------
    edge, phase, u
        As for `decide`.
    start : int
        The edge's floor.
    enough : int
        The climb is not followed beyond the first usable rung from here on.

    (Eight parameters: the groups of arrays, whose climb, and from where to where.)
    """
    partner, partner_at_war = beneficiary(setup, world, edge)
    perceive(setup, world, records, edge, start)
    reconsider(setup, world, edge)
    reach, chance, top = 1.0, 0.0, 0
    most = 1.0 if phase == 1 else setup.tick_days / 7.0  # chance of passing a gate over its probability, at most
    for rung in range(start + 1, cap(setup, world, edge, phase) + 1):
        if setup.closed[edge, rung] or not usable(setup.need[rung], partner >= 0, partner_at_war):
            continue
        log_odds = gate_log_odds(setup, world, records, edge, phase, rung)
        if top == 0:
            if u >= most * at_most(log_odds):
                break  # before it began; whoever acts leaves the probabilities of his gates behind
            _forget_gates(world)
        world.p_gate[rung] = logistic(log_odds)
        reach *= world.p_gate[rung]
        chance = in_tick(reach, setup.tick_days / 7.0) if phase == 0 else reach
        if u >= chance:
            break
        top = rung
        if rung >= enough:
            break
    return top, chance


@compiled
def within_reach(
    setup: w.Setup, world: w.World, records: w.Records, edge: w.Whole, phase: w.Whole, rung: w.Whole
) -> float:
    """Chance that a decision made now climbs to a rung or above; 0 if the edge stands there or cannot come so far."""
    start = floor(setup, world, edge)
    if start >= rung or (phase == 1 and start > 0):
        return 0.0
    top, chance = climb(setup, world, records, edge, phase, start, 0.0, rung)
    return float(chance) if top >= rung else 0.0


@inlined
def decide(setup: w.Setup, world: w.World, records: w.Records, edge: w.Whole, phase: w.Whole, u: w.Real) -> int:
    """Let the actor of an edge decide; the choice is left in `world.choice` and does not act yet.

    Gates that the edge cannot use open by themselves, and the climb cannot end there. An initiative is a rate: the
    product of its gates is the chance of an act that high in a week. A reply is an answer to an act, whatever the tick.

    Parameters
    ----------
    edge : int
    phase : int
        0 initiative, 1 reply (to `world.prompt[edge]`).
    u : float in [0, 1)

    Returns
    -------
    int
        The rung chosen (0: nothing).
    """
    world.choice[edge] = 0
    start = floor(setup, world, edge)
    if (phase == 1 and start > 0) or (phase == 0 and start == 0 and u >= world.ceiling[edge]):
        return 0
    top = climb(setup, world, records, edge, phase, start, u, len(setup.severity))[0]
    world.choice[edge] = top
    if top == 0:
        return 0
    world.choice_support[edge] = beneficiary(setup, world, edge)[0] if is_support(setup.need[top]) else -1
    world.choice_cause[edge] = world.prompt[edge] if phase == 1 else mover(setup, world, edge, phase, start + 1, top)
    return top
