"""Rules are rows of numbers; this module interprets them. Nothing is evaluated, no rule is code.

A row belongs to an edge, an event or a dyad. It holds when all its conditions hold; then it adds its log-odds at the
gates it names, and may cap the rung. Rules, events and outcomes share one language of conditions. What speaks at a gate
is listed beforehand by phase, owner and gate, so that a decision looks at nothing else.
"""

from __future__ import annotations

from escalation_sim import world as w
from escalation_sim._compiled import compiled, inlined
from escalation_sim.theory.beliefs import knows
from escalation_sim.theory.commitments import in_force

WAR_ON, WAR_BEGAN, WAR_ENDED = range(3)
FORCE, TRIGGERED, HONOURED = range(3)
FAST, SLOW, WORST = range(3)
UNKNOWN = 2  # in `world.held`: not looked at yet
ANY_PHASE = 0  # of events and wars, whose rules are listed under both phases
NO_RUNG = 0  # the gate of effects that are not on a rung


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
def is_true(setup: w.Setup, world: w.World, x: w.Whole) -> bool:
    """Whether condition x holds, its `not` left aside."""
    kind, a, b = setup.condition_kind[x], setup.condition_a[x], setup.condition_b[x]
    low, high = setup.condition_low[x], setup.condition_high[x]
    day = w.today(setup, world)
    if kind == w.IF_ACT:
        return bool(world.watch_record[a] >= 0 and day - world.watch_day[a] < high)
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
        if is_true(setup, world, x) == (setup.condition_not[x] == 1):
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


@inlined
def reconsider(setup: w.Setup, world: w.World, owner: w.Whole) -> None:
    """Forget which rows of an owner held: the world may have changed since."""
    for row in range(setup.rows_from[owner], setup.rows_from[owner + 1]):
        world.held[row] = UNKNOWN


@inlined
def _holds(setup: w.Setup, world: w.World, row: w.Whole) -> bool:
    """Whether a row holds; its conditions are looked at once in a decision, if at all."""
    if world.held[row] == UNKNOWN:
        world.held[row] = hold(setup, world, setup.row_conditions[row, 0], setup.row_conditions[row, 1])
    return bool(world.held[row] == 1)


@inlined
def push(setup: w.Setup, world: w.World, owner: w.Whole, phase: w.Whole, gate: w.Whole) -> float:
    """Log-odds that the rules of an owner add at a gate (`NO_RUNG` for an event or the end of a war).

    `phase` is 0 for initiatives, 1 for replies, `ANY_PHASE` where there are none.
    """
    total = 0.0
    for n in range(setup.push_from[phase, owner, gate], setup.push_from[phase, owner, gate + 1]):
        if _holds(setup, world, setup.push_row[n]):
            total += setup.effect_value[setup.push_effect[n]]
    return total


@inlined
def cap(setup: w.Setup, world: w.World, edge: w.Whole, phase: w.Whole) -> int:
    """The highest rung that the rules of an edge allow."""
    highest = len(setup.severity) - 1
    for n in range(setup.cap_from[phase, edge], setup.cap_from[phase, edge + 1]):
        allowed = setup.rule_cap[setup.row_rule[setup.cap_row[n]]]
        if allowed < highest and _holds(setup, world, setup.cap_row[n]):
            highest = allowed
    return highest


@compiled
def mover(setup: w.Setup, world: w.World, owner: w.Whole, phase: w.Whole, lowest: w.Whole, highest: w.Whole) -> int:
    """The record behind the rule that raised these gates most, or -1: what a decision follows from."""
    record, strongest, first = -1, 0.0, -1
    for n in range(setup.push_from[phase, owner, lowest], setup.push_from[phase, owner, highest + 1]):
        row, value = setup.push_row[n], setup.effect_value[setup.push_effect[n]]
        better = value > strongest or (value == strongest and row < first)  # among equals, the first rule
        if better and _holds(setup, world, row):
            found = evidence(setup, world, setup.row_conditions[row, 0], setup.row_conditions[row, 1])
            if found >= 0:
                record, strongest, first = found, value, row
    return record
