"""What changes in a run, besides states: edges, dyads, promises, watches, and the acts that change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from .agents import StateAgent
    from .events import Event
    from .model import EscalationModel
    from .plan import Answer, DyadPlan, EdgePlan, PromisePlan, Rung, WatchPlan

ENGAGED = 0.5  # slow memory from which a partner without a war is in need


class Dyad:
    """Two states, the frailty of their peace, and their war."""

    __slots__ = ("act", "begun", "coming", "edges", "ended", "frailty", "initiator", "plan", "states", "war")

    def __init__(self, plan: DyadPlan, random: Random, frailty_sd: float) -> None:
        self.plan, self.frailty = plan, random.gauss(0.0, frailty_sd)
        self.edges: list[Edge] = []
        self.states: list[StateAgent] = []
        self.war, self.initiator = plan.war, plan.initiator
        self.begun: float | None = None
        self.ended: float | None = None
        self.coming = False
        self.act: Act | None = None  # that began the war


class Edge:
    """One state towards another: what it did, what it remembers, what it is about to do."""

    __slots__ = (
        *("plan", "actor", "dyad", "reverse", "third", "helped"),
        *("fast", "slow", "worst", "fresh", "doubtful", "acted", "obliged", "backing"),
        *("standing", "support", "deployed"),
        *("choice", "choice_support", "choice_cause", "prompt", "urgency", "answer"),
    )

    def __init__(self, plan: EdgePlan, actor: StateAgent, dyad: Dyad) -> None:
        self.plan, self.actor, self.dyad = plan, actor, dyad
        self.reverse: Edge | None = None
        self.third: list[tuple[Edge, float]] = []
        self.helped: list[tuple[int, Dyad]] = []
        self.fast, self.slow, self.worst = plan.memory
        self.fresh, self.obliged, self.backing = 0.0, 0.0, 0.0
        self.doubtful: Event | None = None  # that the fresh news rests on
        self.acted = False
        self.standing, self.support, self.deployed = plan.standing, plan.support, plan.deployed
        self.choice: Rung | None = None
        self.choice_support: int | None = None
        self.choice_cause: Act | None = None
        self.prompt: Act | None = None
        self.urgency: tuple[float, ...] = ()
        self.answer: Answer | None = None

    def in_combat(self) -> bool:
        """Whether one of the two states fights beside an enemy of the other."""
        if self.standing is not None and self.standing.joins_war:
            return True
        back = self.reverse
        return back is not None and back.standing is not None and back.standing.joins_war

    def beneficiary(self) -> tuple[int | None, bool]:
        """The partner that the actor could support against the target, and whether it is at war with the target."""
        in_conflict = None
        for partner, dyad in self.helped:
            if dyad.war:
                return partner, True
            if in_conflict is None and not self.plan.rival:
                for edge in dyad.edges:
                    if edge.slow > ENGAGED:
                        in_conflict = partner
        return in_conflict, False

    def partner_fresh(self) -> float:
        """What the target lately did to partners of the actor: the weightiest act, as far as believed."""
        largest, me = 0.0, self.plan.actor
        for other, weight in self.third:
            news = weight * other.fresh
            if news > largest and (other.doubtful is None or me in other.doubtful.believers):
                largest = news
        return largest

    def fade(self, kept: tuple[float, float, float]) -> None:
        """Memories fade by one tick."""
        fast, slow, worst = kept
        self.fast *= fast
        self.slow *= slow
        self.worst *= worst
        self.fresh *= fast
        self.obliged *= slow
        self.backing *= slow

    def uphold(self, model: EscalationModel) -> None:
        """War and support are remembered as they go on; combat beside a partner ends with the partner's war."""
        if self.dyad.war:
            self.fast = self.slow = 1.0
            self.worst = max(self.worst, model.plan.rungs[model.plan.war_rung].severity)
        for _, dyad in self.helped:
            if dyad.war:
                self.backing = 1.0
                break
        rung = self.standing
        if rung is None:
            return
        if rung.joins_war:
            between = model.dyad_of.get((self.support, self.plan.target))
            if between is None or not between.war:
                self.standing = None
                return
        self.fast = max(self.fast, rung.remembered)
        self.slow = max(self.slow, rung.remembered)
        self.worst = max(self.worst, rung.severity)


class Promise:
    """A commitment of one state to another; whether it will be kept is drawn at the start."""

    __slots__ = ("act", "aggressor", "honoured", "plan", "triggered")

    def __init__(self, plan: PromisePlan, random: Random) -> None:
        self.plan, self.honoured = plan, random.random() < plan.reliability
        self.triggered = False
        self.aggressor = -1
        self.act: Act | None = None  # that triggered it

    def oblige(self, model: EscalationModel) -> None:
        """Raise the obligation of the holder against the aggressor, if the promise calls to arms and is kept."""
        if self.honoured and self.plan.to_arms:
            edge = self.plan.holder_edges.get(self.aggressor)
            if edge is not None:
                model.edges[edge].obliged = 1.0


class Watch:
    """The last act that fits a pattern, as one observer (or nobody in particular) knows it."""

    __slots__ = ("act", "day", "plan")

    def __init__(self, plan: WatchPlan) -> None:
        self.plan, self.day = plan, -1.0
        self.act: Act | None = None

    def look(self, model: EscalationModel, act: Act) -> None:
        """Remember the act if it fits."""
        plan, edge = self.plan, act.edge
        if plan.beneficiaries is not None and act.support not in plan.beneficiaries:
            return
        if act.magnitude < plan.magnitude:
            return
        if act.event is not None and plan.observer is not None and plan.observer not in act.event.believers:
            return
        if plan.whom_at_war:
            if plan.observer is None:
                dyad = edge.dyad
            else:
                whom = edge.plan.actor if plan.whom_at_war == 1 else edge.plan.target
                number = plan.dyads.get(whom)
                if number is None:
                    return
                dyad = model.dyads[number]
            if not dyad.war:
                return
        # Events open a tick, decisions fill it: either is seen for as many ticks as the time a condition asks for.
        self.day = model.day + (model.plan.tick_days if act.event is None else 0.0)
        self.act = act


@dataclass(slots=True, eq=False)
class Act:
    """What was done: by a decision, or by an event (then possibly without an edge)."""

    number: int
    edge: Edge | None
    rung: Rung | None
    support: int | None
    cause: Act | None
    event: Event | None = None
    magnitude: float = 0.0
    novelty: float = 0.0  # 1: nothing like it before; 0: more of the same

    def __post_init__(self) -> None:
        if self.edge is not None:
            known, severity = self.edge.slow, self.rung.severity
            if severity > self.edge.worst:
                known *= self.edge.worst / severity
            self.novelty = 1.0 - known

    def take_effect(self, model: EscalationModel) -> None:
        """Change the world: memories, standing support, wars to come, watches, promises."""
        edge, rung = self.edge, self.rung
        edge.acted = True
        edge.fast = max(edge.fast, rung.remembered)
        edge.slow = max(edge.slow, rung.remembered)
        edge.worst = max(edge.worst, rung.severity)
        news = rung.severity * self.novelty
        if news > edge.fresh:
            edge.fresh, edge.doubtful = news, self.event
        if rung.needs_partner:
            if edge.standing is None or rung.number > edge.standing.number:
                edge.standing = rung
            edge.support = self.support
            if rung.joins_war:
                if edge.deployed <= 0.0:
                    edge.deployed = model.plan.contingent
                self.magnitude = edge.deployed
        dyad = edge.dyad
        if rung.starts_war and not dyad.war and not dyad.coming:
            dyad.coming, dyad.initiator, dyad.act = True, edge.plan.actor, self
        for watch in edge.plan.watches[rung.number]:
            model.watches[watch].look(model, self)
        trigger(model, edge, rung.number, self)


def trigger(model: EscalationModel, edge: Edge, rung: int, act: Act | None, going_on: bool = False) -> None:
    """Let an act (or a war that goes on) trigger the promises made to its target."""
    promises = model.states[edge.plan.target].promises
    if not promises:
        return
    aggressor, dyad, back = edge.plan.actor, edge.dyad, edge.reverse
    began_it = (dyad.war or dyad.coming) and dyad.initiator == edge.plan.target
    if back is not None and back.standing is not None and back.standing.joins_war:
        began_it = True  # it fights the aggressor beside a partner: what it meets there is no attack on it
    for promise in promises:
        plan = promise.plan
        if promise.triggered or rung < plan.trigger_rung or (going_on and not plan.to_arms):
            continue
        if aggressor in plan.inside or (began_it and not plan.covers_initiators):
            continue
        if plan.force_from <= model.day < plan.force_until:
            promise.triggered, promise.aggressor, promise.act = True, aggressor, act
            promise.oblige(model)
