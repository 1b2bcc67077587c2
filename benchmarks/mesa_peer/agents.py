"""States as agents: what they see, how far they climb, what they do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa

from .aftermath import over

if TYPE_CHECKING:
    from .acts import Act, Dyad, Edge, Promise
    from .conditions import Row
    from .model import EscalationModel
    from .plan import Gate

INITIATIVE, REPLY = 0, 1


class StateAgent(mesa.Agent):
    """A state: it decides on each of its edges, and then acts on all of them."""

    model: EscalationModel

    def __init__(self, model: EscalationModel, number: int) -> None:
        super().__init__(model)
        self.number = number
        self.strain = 0.0
        self.edges: list[Edge] = []
        self.dyads: list[Dyad] = []
        self.promises: list[Promise] = []  # made to this state

    def remember(self) -> None:
        """Memories fade; what goes on is remembered undimmed."""
        kept, model = self.model.plan.kept, self.model
        for edge in self.edges:
            edge.fade(kept)
            edge.uphold(model)

    def uphold(self) -> None:
        """What goes on is remembered."""
        for edge in self.edges:
            edge.uphold(self.model)

    def decide(self, phase: int) -> None:
        """Choose on every edge (as a reply: on every edge that something prompts), and do nothing yet."""
        random = self.model.random.random
        for edge in self.edges:
            if phase == INITIATIVE or edge.prompt is not None:
                self.choose(edge, phase, random())

    def act(self) -> None:
        """Do what was chosen."""
        model = self.model
        for edge in self.edges:
            edge.prompt = None
            if edge.choice is not None:
                act = model.note(edge, edge.choice, edge.choice_support, edge.choice_cause)
                edge.choice = None
                act.take_effect(model)

    def choose(self, edge: Edge, phase: int, luck: float) -> None:
        """Climb while gates open; the highest rung reached is the choice.

        One draw serves all gates. An initiative is a rate a week, a reply an answer whatever the tick.
        """
        start = self.floor(edge)
        if start > 0 and phase == REPLY:
            return
        partner, at_war = edge.beneficiary()
        seen = self.perceive(edge, start)
        held: dict[Row, bool] = {}
        highest = self.cap(edge, phase, held)
        answered = None if phase == INITIATIVE else edge.prompt.rung.number
        weeks = self.model.weeks
        reach, top = 1.0, None
        for gate in edge.plan.gates[phase]:
            rung = gate.rung
            if rung.number > highest:
                break
            if rung.number <= start or (rung.needs_partner and (partner is None or (rung.needs_war and not at_war))):
                continue
            log_odds = self.log_odds(gate, seen, held)
            if answered is not None:
                log_odds += gate.replied_to[answered]
            reach *= 1.0 / (1.0 + math.exp(-log_odds)) if log_odds > -700.0 else 0.0
            if luck >= (reach if answered is not None else reach * weeks if weeks <= 1.0 else over(reach, weeks)):
                break
            top = rung
        if top is not None:
            edge.choice = top
            edge.choice_support = partner if top.needs_partner else None
            edge.choice_cause = edge.prompt if phase == REPLY else self.mover(edge, phase, start, top.number, held)

    def log_odds(self, gate: Gate, seen: list[float], held: dict[Row, bool]) -> float:
        """Log-odds of one gate; conditions of rules are looked at once in a decision, if at all."""
        total = gate.base
        for covariate, weight in gate.weights:
            total += weight * seen[covariate]
        for row, value in gate.rules:
            if row not in held:
                held[row] = row.holds(self.model)
            if held[row]:
                total += value
        return total

    def floor(self, edge: Edge) -> int:
        """Rung on which an edge already stands: war, combat beside a partner, or 0."""
        if edge.dyad.war:
            return self.model.plan.war_rung
        return self.model.plan.fight_rung if edge.in_combat() else 0

    def perceive(self, edge: Edge, standing: int) -> list[float]:
        """What the actor sees, in the order of the covariates; the last four only count in a reply."""
        their_fast = their_slow = their_worst = opposed = 0.0
        if (back := edge.reverse) is not None:
            their_fast, their_slow, their_worst = back.fast, back.slow, back.worst
            if back.support is not None:
                opposed = back.backing
        seen = [
            *(edge.fast, edge.slow, edge.worst, their_fast, their_slow, their_worst),
            edge.partner_fresh(),
            *(edge.obliged, edge.backing, opposed, self.strain, self.model.winter),
            1.0 if standing > 0 else 0.0,
            edge.dyad.frailty,
        ]
        if (prompt := edge.prompt) is not None:
            answer, is_first = edge.answer, 0.0 if edge.acted else 1.0
            seen += (is_first, answer.third_party, answer.accomplice, 1.0 - prompt.novelty)
        return seen

    def cap(self, edge: Edge, phase: int, held: dict[Row, bool]) -> int:
        """The highest rung that the rules of an edge allow."""
        highest = len(self.model.plan.rungs) - 1
        for row, allowed in edge.plan.caps[phase]:
            if allowed < highest:
                if row not in held:
                    held[row] = row.holds(self.model)
                if held[row]:
                    highest = allowed
        return highest

    def mover(self, edge: Edge, phase: int, above: int, highest: int, held: dict[Row, bool]) -> Act | None:
        """The act behind the rule that raised the gates of this climb most: what a decision follows from."""
        cause, most = None, 0.0
        for row, rung, value in edge.plan.movers[phase]:
            if value > most and above < rung <= highest:
                if row not in held:
                    held[row] = row.holds(self.model)
                if held[row]:
                    found = row.evidence(self.model)
                    if found is not None:
                        cause, most = found, value
        return cause
