"""Events from outside the model: on a date, within dates, or at a hazard; those of one group exclude each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .acts import Act
from .conditions import later

if TYPE_CHECKING:
    from random import Random

    from .conditions import Row
    from .model import EscalationModel
    from .plan import EventGroup, EventPlan


class Event:
    """An event in one replicate: when it falls due, who believes it, and its record once it has happened."""

    __slots__ = ("act", "believers", "due", "plan")

    def __init__(self, plan: EventPlan, random: Random) -> None:
        self.plan = plan
        self.due: float | None = None
        self.act: Act | None = None
        self.believers = set(plan.sure)
        for state, share in plan.unsure:
            if random.random() < share:
                self.believers.add(state)


def schedule(model: EscalationModel, group: EventGroup) -> None:
    """Draw at the start which of a group of dated events falls due, and when: slices of one draw."""
    luck, slice_end = model.random.random(), 0.0
    for number in group.events:
        event = model.events[number]
        slice_end += event.plan.chance
        if slice_end - event.plan.chance <= luck < slice_end:
            first = max(event.plan.first_day, 0.0)
            event.due = first + model.random.random() * (event.plan.last_day - first)


def fall_due(model: EscalationModel) -> None:
    """Let the events of this tick happen, group by group."""
    tomorrow = (model.tick + 1) * model.plan.tick_days
    for group in model.plan.groups:
        if group.is_hazard:
            if all(model.events[number].act is None for number in group.events):
                compete(model, group)
            continue
        for number in group.events:
            event = model.events[number]
            if event.act is None and event.due is not None and model.day <= event.due < tomorrow:
                conditions = event.plan.conditions
                if conditions.holds(model):
                    happen(model, event, conditions.evidence(model))


def compete(model: EscalationModel, group: EventGroup) -> None:
    """At most one hazard of a group happens, in proportion to the rates."""
    rates = [live_rate(model, model.events[number].plan) for number in group.events]
    total = sum(rates)
    if total <= 0.0:
        return
    left = model.random.random() / -math.expm1(-total * model.weeks) * total
    for number, rate in zip(group.events, rates, strict=True):
        if left < rate:
            event = model.events[number]
            happen(model, event, cause_of(model, event.plan))
            return
        left -= rate


def live_rate(model: EscalationModel, plan: EventPlan) -> float:
    """Rate a week of a hazard now: 0 outside its dates or when its conditions do not hold; rules move it."""
    if not plan.first_day <= model.day < plan.last_day or not plan.conditions.holds(model):
        return 0.0
    log_odds = sum(value for row, value in plan.rules if row.holds(model))
    if log_odds == 0.0 or plan.chance <= 0.0:
        return plan.chance
    p = -math.expm1(-plan.chance)
    return math.log1p(math.exp(math.log(p / (1.0 - p)) + log_odds))  # -log(1 - logistic(x)) = log(1 + e^x)


def strongest(model: EscalationModel, rules: tuple[tuple[Row, float], ...]) -> Act | None:
    """The act behind the rule that raised the odds most."""
    cause, most = None, 0.0
    for row, value in rules:
        if value > most and row.holds(model):
            found = row.evidence(model)
            if found is not None:
                cause, most = found, value
    return cause


def cause_of(model: EscalationModel, plan: EventPlan) -> Act | None:
    """The act that a hazard follows from: behind its strongest rule, or behind its conditions if that is later."""
    return later(strongest(model, plan.rules), plan.conditions.evidence(model))


def happen(model: EscalationModel, event: Event, cause: Act | None) -> None:
    """Let an event happen: its act, its troops, its recruits, its withdrawal."""
    plan = event.plan
    edge = None if plan.edge is None else model.edges[plan.edge]
    event.act = model.note(edge if plan.rung else None, plan.rung, plan.support, cause, event, plan.troops)
    if edge is not None:
        edge.deployed += plan.troops
        if plan.troops > 0.0 and edge.support is None:
            edge.support = plan.support
        if plan.withdraws:
            edge.standing, edge.deployed, edge.support = None, 0.0, None
    if plan.rung is not None:
        event.act.take_effect(model)
    for effort in model.efforts:
        if effort.plan.state == plan.actor:
            effort.recruits += plan.recruits
