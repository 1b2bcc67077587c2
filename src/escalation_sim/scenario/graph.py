"""Who can act against whom, who cares about whom: edges, dyads, partners and selectors of a resolved scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from escalation_sim.scenario.packing import force_days
from escalation_sim.scenario.schema import (
    RELATIONS,
    AnyoneBut,
    Commitment,
    Condition,
    Rule,
    Scenario,
    Selector,
)

_CALLS_TO_ARMS = ("defence", "offence")

# How much a state cares about what is done to the other side of a commitment. Elicited: a defence pact counts in full,
# a promise to consult by half, a policy of support somewhat more; neutrality and non-aggression promise no care.
WEIGHT_OF_TYPE = {
    "defence": 1.0,
    "offence": 1.0,
    "support_policy": 0.6,
    "consultation": 0.5,
    "neutrality": 0.1,
    "non_aggression": 0.0,
}


class Graph:
    """Edges and relations between the states of a resolved scenario.

    Attributes
    ----------
    states : list of str, sorted
    edges : list of (actor, target), sorted
    dyads : list of (state, state), sorted, each pair in alphabetical order
    weight : dict of (state, partner) -> float in (0, 1]
        How much the state cares about what is done to the partner.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.states = sorted(state.id for state in scenario.states)
        self.severity = {rung.id: rung.severity for rung in scenario.ladder}
        self.pacts = {c.id: self.members(c) for c in scenario.commitments}
        self.allies = {pair for c in scenario.commitments if c.type in _CALLS_TO_ARMS for pair in self.bound(c)}
        self.rivals = {pair for r in scenario.rivalries for pair in permutations(r.between)}
        self.borders = {pair for b in scenario.borders for pair in permutations(b.between)}
        self.wars = {(a, b) for war in scenario.wars for a in war.sides[0] for b in war.sides[1]}
        self.wars |= {(b, a) for a, b in self.wars}
        self.weight = self._weights()
        self.edges = sorted(self._edges())
        self.dyads = sorted({(min(pair), max(pair)) for pair in self.edges})

    def members(self, commitment: Commitment) -> tuple[str, ...]:
        """States of the scenario inside a commitment."""
        if commitment.members:
            return commitment.members
        return tuple(state for state in (commitment.holder, commitment.ally) if state)

    def pairs(self, commitment: Commitment) -> Iterator[tuple[str, str]]:
        """Ordered (holder, ally) pairs that a commitment binds."""
        if commitment.holder and commitment.ally:
            yield (commitment.holder, commitment.ally)
        else:
            yield from permutations(sorted(commitment.members or ()), 2)

    def bound(self, commitment: Commitment) -> Iterator[tuple[str, str]]:
        """Those of its pairs that a commitment binds at some time of the run."""
        for holder, ally in self.pairs(commitment):
            begins, ends = force_days(commitment, holder, ally, self.scenario.start)
            if begins < self.scenario.horizon and ends > 0 and begins < ends:
                yield holder, ally

    def _weights(self) -> dict[tuple[str, str], float]:
        weight: dict[tuple[str, str], float] = {}
        for c in self.scenario.commitments:
            for pair in self.bound(c):
                value = c.weight if c.weight is not None else WEIGHT_OF_TYPE[c.type or "defence"]
                weight[pair] = max(weight.get(pair, 0.0), value)
        for s in self.scenario.support:
            pair = (s.by, s.to)
            weight[pair] = max(weight.get(pair, 0.0), min(1.0, 2.0 * self.severity[s.rung]))
        return {pair: value for pair, value in weight.items() if value > 0.0}

    def _edges(self) -> set[tuple[str, str]]:
        pairs = self.wars | self.rivals
        pairs |= {(s.by, s.against) for s in self.scenario.support}
        pairs |= {(holder, enemy) for holder, _, enemy in self.drawn_in()}
        pairs |= {(act.by, act.toward) for act in self.scenario.history}
        pairs |= {(event.actor, event.toward) for event in self.scenario.events if event.toward}
        for rule in self.scenario.rules:
            if not _relational(rule.actor) and not _relational(rule.toward):
                pairs |= {(a, b) for a in self.select(rule.actor) for b in self.select(rule.toward)}
        return {pair for a, b in pairs if a != b for pair in ((a, b), (b, a))}

    def drawn_in(self) -> Iterator[tuple[str, str, str]]:
        """(holder, ally, enemy): who could be called to arms against whom, on the ground that the clause covers."""
        for c in self.scenario.commitments:
            if c.type in _CALLS_TO_ARMS:
                covered = c.trigger.by if c.trigger and c.trigger.by else self.states
                for holder, ally in self.bound(c):
                    enemies = {b for a, b in self.wars | self.rivals if a == ally and b in covered}
                    yield from ((holder, ally, enemy) for enemy in sorted(enemies))

    def select(self, selector: Selector, actor: str | None = None, toward: str | None = None) -> set[str]:
        """States that a selector names, seen from an edge. `belligerent` gives all: who is at war shows later."""
        if isinstance(selector, AnyoneBut):
            return set(self.states) - self.select(selector.anyone_but)
        if isinstance(selector, tuple):
            return {state for one in selector for state in self.select(one, actor, toward)}
        if selector in ("anyone", "belligerent"):
            return set(self.states)
        if selector in ("actor", "toward"):
            state = actor if selector == "actor" else toward
            return {state} if state else set()
        if selector in self.pacts:
            return set(self.pacts[selector])
        relations: dict[str, Iterable[tuple[str, ...]]]
        relations = {"ally": self.allies, "partner": self.weight, "rival": self.rivals}
        if selector in RELATIONS:
            return {b for a, b in relations.get(selector, ()) if a == actor}
        return {selector}


def _relational(selector: Selector) -> bool:
    parts = selector if isinstance(selector, tuple) else (selector,)
    return any(isinstance(part, AnyoneBut) or part in RELATIONS for part in parts)


def is_belligerent(selector: Selector) -> bool:
    """Whether a selector asks for states at war.

    >>> is_belligerent("belligerent"), is_belligerent(("RUS", "UKR"))
    (True, False)
    """
    return selector == "belligerent" or (isinstance(selector, tuple) and "belligerent" in selector)


def rows_of(rule: Rule, graph: Graph) -> Iterator[tuple[str, str]]:
    """The edges (actor, toward) that a rule speaks about."""
    actors = graph.select(rule.actor)
    for actor, toward in graph.edges:
        if actor in actors and toward in graph.select(rule.toward, actor):
            yield actor, toward


def plain(condition: Condition) -> tuple[Condition, bool]:
    """A condition without its `not`, and whether it had one."""
    return (condition.not_, True) if condition.not_ is not None else (condition, False)
