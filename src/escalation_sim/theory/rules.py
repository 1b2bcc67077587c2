"""Rules are rows of numbers; this module interprets them. Nothing is evaluated, no rule is code.

A row belongs to an edge, an event or a dyad. It holds when all its conditions hold; then it adds its log-odds at the
gates it names, and may cap the rung. Rules, events and outcomes share one language of conditions.
"""

from __future__ import annotations

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.theory.beliefs import knows
from escalation_sim.theory.commitments import in_force

WAR_ON, WAR_BEGAN, WAR_ENDED = range(3)
FORCE, TRIGGERED, HONOURED = range(3)
FAST, SLOW, WORST = range(3)


@compiled
def _war(setup: w.Setup, world: w.World, first: w.Whole, last: w.Whole, status: w.Whole) -> bool:
    for row in range(first, last):
        d = setup.listed[row]
        if status == WAR_ON and world.war[d]:
            return True
        if status == WAR_BEGAN and world.war_begun[d] >= 0.0:
            return True
        if status == WAR_ENDED and world.war_ended[d] >= 0.0:
            return True
    return False


@compiled
def _commitment(setup: w.Setup, world: w.World, treaty: w.Whole, status: w.Whole) -> bool:
    day = w.today(setup, world)
    for c in range(len(setup.treaty)):
        if setup.treaty[c] == treaty:
            if status == FORCE and in_force(day, setup.force_from[c], setup.force_until[c]):
                return True
            if status != FORCE and world.triggered[c] >= 0.0 and (status == TRIGGERED or world.honoured[c] == 1):
                return True
    return False


@compiled
def _standing(setup: w.Setup, world: w.World, x: w.Whole) -> bool:
    beneficiaries = setup.condition_c[x]
    for row in range(setup.condition_a[x], setup.condition_b[x]):
        edge = setup.listed[row]
        if world.standing[edge] >= setup.condition_low[x]:
            if beneficiaries < 0:
                return True
            if world.support[edge] >= 0 and setup.sets[beneficiaries, world.support[edge]]:
                return True
    return False


@compiled
def _memory(setup: w.Setup, world: w.World, edge: w.Whole, kind: w.Whole) -> float:
    if edge < 0:
        return 0.0
    if kind == FAST:
        return float(world.fast[edge])
    return float(world.slow[edge] if kind == SLOW else world.worst[edge])


@compiled
def _is_true(setup: w.Setup, world: w.World, x: w.Whole) -> bool:
    """Whether condition x holds, its `not` left aside."""
    kind, a, b = setup.condition_kind[x], setup.condition_a[x], setup.condition_b[x]
    low, high = setup.condition_low[x], setup.condition_high[x]
    day = w.today(setup, world)
    if kind == w.IF_ACT:
        return bool(world.watch_record[a] >= 0 and day - world.watch_day[a] <= high)
    if kind == w.IF_EVENT:
        return bool(world.happened[a] >= 0.0 and knows(world, b, a))
    if kind == w.IF_STRAIN:
        return bool(world.strain[a] >= low)
    if kind == w.IF_MEMORY:
        return bool(_memory(setup, world, a, b) >= low)
    if kind == w.IF_WAR:
        return _war(setup, world, a, b, setup.condition_c[x])
    if kind == w.IF_COMMITMENT:
        return _commitment(setup, world, a, b)
    if kind == w.IF_STANDING:
        return _standing(setup, world, x)
    if kind == w.IF_MONTH:
        return bool((a >> setup.month[world.clock[w.CLOCK_TICK]]) & 1 == 1)
    if kind == w.IF_DATE:
        return bool(low <= day < high)
    if kind == w.IF_BELLIGERENTS:
        return bool(world.clock[w.CLOCK_BELLIGERENTS] >= a)
    if kind == w.IF_OPPOSING_NUCLEAR:
        return bool(world.clock[w.CLOCK_OPPOSING] == 1)
    return bool(world.outcome_day[a] >= 0.0)


@compiled
def hold(setup: w.Setup, world: w.World, first: w.Whole, last: w.Whole) -> bool:
    """Whether all conditions from `first` to `last` (exclusive) hold; none is always true."""
    for x in range(first, last):  # noqa: SIM110 (compiled code has no generators)
        if _is_true(setup, world, x) == (setup.condition_not[x] == 1):
            return False
    return True


@compiled
def evidence(setup: w.Setup, world: w.World, first: w.Whole, last: w.Whole) -> int:
    """The latest record that made these conditions true, or -1: how an outcome or a rule points back at its cause."""
    latest = -1
    for x in range(first, last):
        kind, a = setup.condition_kind[x], setup.condition_a[x]
        if setup.condition_not[x]:
            continue
        if kind == w.IF_ACT:
            latest = max(latest, world.watch_record[a])
        elif kind == w.IF_EVENT:
            latest = max(latest, world.happened_record[a])
        elif kind == w.IF_OUTCOME:
            latest = max(latest, world.outcome_record[a])
        elif kind == w.IF_WAR:
            for row in range(a, setup.condition_b[x]):
                latest = max(latest, world.war_record[setup.listed[row]])
        elif kind == w.IF_COMMITMENT:
            for c in range(len(setup.treaty)):
                if setup.treaty[c] == a:
                    latest = max(latest, world.trigger_record[c])
    return latest


@compiled
def weigh(setup: w.Setup, world: w.World, owner: w.Whole, phase: w.Whole) -> tuple[int, int]:
    """Add up the rules of an edge into `world.effect`; (highest rung allowed, record that moved it most or -1).

    `phase` is 0 for initiatives and 1 for replies.
    """
    cap, cause, strongest = len(setup.severity), -1, 0.0
    for row in range(setup.rows_from[owner], setup.rows_from[owner + 1]):
        rule = setup.row_rule[row]
        if setup.rule_phase[rule] == 2 - phase:  # 1 initiative only, 2 reply only
            continue
        first, last = setup.row_conditions[row, 0], setup.row_conditions[row, 1]
        if not hold(setup, world, first, last):
            continue
        cap = min(cap, setup.rule_cap[rule])
        for effect in range(setup.row_effects[row, 0], setup.row_effects[row, 1]):
            value = setup.effect_value[effect]
            world.effect[setup.effect_gate[effect]] += value
            if value > strongest:
                record = evidence(setup, world, first, last)
                if record >= 0:
                    cause, strongest = record, value
    return cap, cause


@compiled
def shift(setup: w.Setup, world: w.World, owner: w.Whole) -> tuple[float, int]:
    """Log-odds that rules add to an event or to the end of a war; (sum, record that moved it most or -1)."""
    total, cause, strongest = 0.0, -1, 0.0
    for row in range(setup.rows_from[owner], setup.rows_from[owner + 1]):
        first, last = setup.row_conditions[row, 0], setup.row_conditions[row, 1]
        if hold(setup, world, first, last):
            for effect in range(setup.row_effects[row, 0], setup.row_effects[row, 1]):
                value = setup.effect_value[effect]
                total += value
                if value > strongest:
                    record = evidence(setup, world, first, last)
                    if record >= 0:
                        cause, strongest = record, value
    return total, cause
