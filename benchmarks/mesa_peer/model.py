"""One replicate as a Mesa model: events, initiatives, replies, aftermath; in each phase all decide, then all act."""

from __future__ import annotations

import mesa

from .acts import Act, Dyad, Edge, Promise, Watch
from .aftermath import Effort, Outcome, count_belligerents, fight_on, renew
from .agents import INITIATIVE, REPLY, StateAgent
from .events import Event, fall_due, schedule
from .plan import Answer, Plan, Rung


class EscalationModel(mesa.Model):
    """The whole theory, with `random` for all luck.

    Parameters
    ----------
    plan : Plan
        From `build`.
    seed : int
        Of this replicate's luck.
    """

    def __init__(self, plan: Plan, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        self.plan, self.weeks = plan, plan.tick_days / 7.0
        self.tick, self.day, self.winter = 0, 0.0, 0.0
        self.acts: list[Act] = []
        self.n_belligerents, self.opposing_nuclear_powers = 0, False
        self.states = list(StateAgent.create_agents(self, len(plan.nuclear), list(range(len(plan.nuclear)))))
        self.dyads = [Dyad(dyad, self.random, plan.frailty_sd) for dyad in plan.dyads]
        self.edges = [Edge(edge, self.states[edge.actor], self.dyads[edge.dyad]) for edge in plan.edges]
        self.promises = [Promise(promise, self.random) for promise in plan.promises]
        self.watches = [Watch(watch) for watch in plan.watches]
        self.events = [Event(event, self.random) for event in plan.events]
        self.efforts = [Effort(effort) for effort in plan.efforts]
        self.outcomes = [Outcome(outcome) for outcome in plan.outcomes]
        self._link()
        for group in plan.groups:
            if not group.is_hazard:
                schedule(self, group)
        self._feel_strain()
        self.agents.do("uphold")
        count_belligerents(self)

    def _link(self) -> None:
        """Let states, edges and dyads know each other."""
        self.dyad_of: dict[tuple[int | None, int], Dyad] = {}
        for edge in self.edges:
            plan = edge.plan
            edge.actor.edges.append(edge)
            edge.reverse = None if plan.reverse is None else self.edges[plan.reverse]
            edge.third = [(self.edges[other], weight) for other, weight in plan.third]
            edge.helped = [(partner, self.dyads[dyad]) for partner, dyad in plan.helped]
            self.dyad_of[plan.actor, plan.target] = edge.dyad
        for dyad in self.dyads:
            dyad.edges = [self.edges[edge] for edge in dyad.plan.edges]
            dyad.states = [self.states[state] for state in dyad.plan.states]
            for state in dyad.states:
                state.dyads.append(dyad)
        for promise in self.promises:
            self.states[promise.plan.ally].promises.append(promise)

    def _feel_strain(self) -> None:
        for effort in self.efforts:
            self.states[effort.plan.state].strain = effort.strain(self)

    def note(
        self,
        edge: Edge | None,
        rung: Rung | None,
        support: int | None,
        cause: Act | None,
        event: Event | None = None,
        magnitude: float = 0.0,
    ) -> Act:
        """Write an act down."""
        act = Act(len(self.acts), edge, rung, support, cause, event, magnitude)
        self.acts.append(act)
        return act

    def step(self) -> None:
        """One tick."""
        plan = self.plan
        self.day, self.winter = self.tick * plan.tick_days, plan.winters[self.tick]
        if self.tick > 0:
            self.agents.do("remember")
        first = len(self.acts)
        fall_due(self)
        self.agents.do("decide", INITIATIVE)
        self.agents.do("act")
        for _ in range(plan.reply_rounds):
            last = len(self.acts)
            self.prompt(self.acts[first:last])
            self.agents.do("decide", REPLY)
            self.agents.do("act")
            first = last
        self.aftermath()
        self.tick += 1
        self.running = self.tick < plan.n_ticks

    def prompt(self, acts: list[Act]) -> None:
        """Find which edges may reply, and to which act: the most urgent that their actor knows of."""
        for act in acts:
            if act.edge is not None:
                plan = act.edge.plan
                self._offer(act, plan.answers)
                if act.support is not None:
                    self._offer(act, plan.answers_behind[act.support])

    def _offer(self, act: Act, answers: tuple[Answer, ...]) -> None:
        for answer in answers:
            edge = self.edges[answer.edge]
            heavier = answer.weight * act.rung.severity
            urgency = (heavier, -answer.accomplice, -answer.third_party, act.rung.number, act.novelty)
            if (edge.prompt is None or urgency > edge.urgency) and (
                act.event is None or edge.plan.actor in act.event.believers
            ):
                edge.prompt, edge.urgency, edge.answer = act, urgency, answer

    def aftermath(self) -> None:
        """Wars, efforts, commitments and outcomes."""
        fight_on(self)
        self.agents.do("uphold")
        for effort in self.efforts:
            effort.wear(self)
            self.states[effort.plan.state].strain = effort.strain(self)
        renew(self)
        count_belligerents(self)
        for outcome in self.outcomes:
            if outcome.day < 0.0:
                outcome.settle(self)
