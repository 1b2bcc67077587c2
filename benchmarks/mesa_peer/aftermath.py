"""The end of a tick: wars, war efforts, promises, belligerents and outcomes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .acts import Act, Dyad, trigger

if TYPE_CHECKING:
    from .model import EscalationModel
    from .plan import EffortPlan, OutcomePlan


class Effort:
    """The war effort of a state: its troops and recruits."""

    __slots__ = ("plan", "recruits", "troops")

    def __init__(self, plan: EffortPlan) -> None:
        self.plan, self.troops, self.recruits = plan, plan.troops, plan.recruits

    def foreign_troops(self, model: EscalationModel, rear: float) -> float:
        """Foreign soldiers that serve the front: in full if they fight, at `rear` each if not."""
        total = 0.0
        for edge in model.edges:
            if edge.support == self.plan.state and edge.deployed > 0.0:
                fighting = edge.standing is not None and edge.standing.joins_war
                total += edge.deployed * (1.0 if fighting else rear)
        return total

    def strain(self, model: EscalationModel) -> float:
        """Shortage of troops over the shortage that can be borne, clipped to [0, 1]."""
        plan = self.plan
        if plan.needed <= 0.0:
            return 0.0
        present = self.troops + self.foreign_troops(model, plan.rear)
        return min(1.0, max(0.0, (1.0 - present / plan.needed) / max(plan.tolerance, 1e-9)))

    def wear(self, model: EscalationModel) -> None:
        """Losses and recruits of one tick, of own and fighting foreign troops."""
        plan, weeks = self.plan, model.weeks
        if any(dyad.war for dyad in model.states[plan.state].dyads):
            lost = weeks * (1.0 + model.winter * (plan.winter - 1.0)) * plan.losses
            present = max(self.troops + self.foreign_troops(model, 0.0), 1.0)
            for edge in model.edges:
                if edge.support == plan.state and edge.standing is not None and edge.standing.joins_war:
                    edge.deployed *= max(0.0, 1.0 - lost / present)
            self.troops -= lost * self.troops / present
        self.troops = max(0.0, self.troops + weeks * self.recruits)


class Outcome:
    """A question and the day on which it became true, -1 if it has not."""

    __slots__ = ("act", "day", "plan")

    def __init__(self, plan: OutcomePlan) -> None:
        self.plan, self.day = plan, -1.0
        self.act: Act | None = None

    def settle(self, model: EscalationModel) -> None:
        """Become true if a clause holds, on a day drawn within the tick."""
        held = [
            (max([model.day, *(model.outcomes[other].day for other in awaited)]), row.evidence(model))
            for row, awaited in self.plan.clauses
            if row.holds(model)
        ]
        if held:
            begun, self.act = min(held, key=lambda one: (one[0], one[1] is None, one[1].number if one[1] else 0))
            self.day = begun + model.random.random() * (model.day + model.plan.tick_days - begun)


def fight_on(model: EscalationModel) -> None:
    """Wars that were begun in this tick begin; others end or go on."""
    for dyad in model.dyads:
        if dyad.coming:
            dyad.coming, dyad.war, dyad.begun = False, True, model.day
        elif dyad.war and model.random.random() < end_of_war(model, dyad):
            dyad.war, dyad.ended = False, model.day


def end_of_war(model: EscalationModel, dyad: Dyad) -> float:
    """Probability that a war ends in this tick."""
    constant, by_strain, by_years, by_winter = model.plan.war_end
    strain = max(state.strain for state in dyad.states)
    began = dyad.plan.war_day if dyad.begun is None else dyad.begun
    log_odds = constant + by_strain * strain + by_years * math.log1p((model.day - began) / 365.25)
    log_odds += by_winter * model.winter
    log_odds += sum(value for row, value in dyad.plan.war_end_rules if row.holds(model))
    p_week = logistic(log_odds)
    return over(p_week, model.weeks)


def renew(model: EscalationModel) -> None:
    """Wars that go on trigger calls to arms that came into force, and keep obligations alive."""
    for dyad in model.dyads:
        if dyad.war:
            for edge in dyad.edges:
                trigger(model, edge, model.plan.war_rung, dyad.act, going_on=True)
    for promise in model.promises:
        if promise.triggered:
            dyad = promise.plan.ally_dyads.get(promise.aggressor)
            if dyad is not None and model.dyads[dyad].war:
                promise.oblige(model)


def count_belligerents(model: EscalationModel) -> None:
    """States at war or in combat, and whether two nuclear powers are among the opponents."""
    belligerents, nuclear, opposing = set(), model.plan.nuclear, False
    for edge in model.edges:
        if edge.dyad.war or edge.in_combat():
            actor, target = edge.plan.actor, edge.plan.target
            belligerents.add(actor)
            belligerents.add(target)
            opposing = opposing or (nuclear[actor] and nuclear[target])
    model.n_belligerents, model.opposing_nuclear_powers = len(belligerents), opposing


def logistic(log_odds: float) -> float:
    """Probability with these log-odds."""
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds > -700.0 else 0.0


def over(p_week: float, weeks: float) -> float:
    """Probability over `weeks` of what has probability `p_week` in one week, at a constant hazard."""
    return p_week if weeks == 1.0 or p_week >= 1.0 else -math.expm1(weeks * math.log1p(-p_week))
