"""How far each state can climb against each other one at the start, beside whom, and why the two have to do at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from escalation_sim.scenario.graph import is_belligerent, rows_of
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.structure import Structure
from escalation_sim.scenario.words import Words, counted, date, listing

Pair = tuple[str, str]


@dataclass(frozen=True)
class Reach:
    """What is open to one state against another at the start.

    Attributes
    ----------
    top : id of the highest rung that can come to be open
    barred : ids of rungs below `top` that are closed for good
    helps : states at war with the target now, beside which the actor can act
    could_help : states that it can come to support, once they are in conflict with the target
    at_war : whether the two are at war, so that nothing is left to climb to but higher rungs of war
    """

    top: str
    barred: tuple[str, ...]
    helps: tuple[str, ...]
    could_help: tuple[str, ...]
    at_war: bool


class Reaches:
    """The reach of every edge of a resolved scenario.

    Attributes
    ----------
    structure : Structure
    edges : list of (actor, target)
    """

    def __init__(self, scenario: Scenario) -> None:
        self.structure = Structure(scenario)
        self.scenario, self.graph = scenario, self.structure.graph
        self.edges = self.graph.edges
        self._cap = dict(self._caps())

    def of(self, actor: str, target: str) -> Reach:
        """What is open on one edge.

        Raises
        ------
        KeyError
            If the two are no edge.
        """
        ladder, edge = self.scenario.ladder, self.structure.index["edge"][actor, target]
        first, last = self.structure.fixed["helped_from"][edge : edge + 2]
        helped = [self.graph.states[k] for k in self.structure.fixed["helped"][first:last]]
        closed = self.structure.fixed["closed"][edge]
        usable = [not closed[k] and not (needs_help(rung.needs) and not helped) for k, rung in enumerate(ladder)]
        top = max((k for k, is_open in enumerate(usable) if is_open), default=0)
        top = min(top, self._cap.get((actor, target), top))
        return Reach(
            top=ladder[top].id,
            barred=tuple(rung.id for rung, is_open in zip(ladder[:top], usable, strict=False) if not is_open),
            helps=tuple(k for k in helped if (k, target) in self.graph.wars),
            could_help=tuple(k for k in helped if (k, target) not in self.graph.wars),
            at_war=(actor, target) in self.graph.wars,
        )

    def _caps(self) -> Iterator[tuple[Pair, int]]:
        """Edges that a rule without conditions caps, and the number of the rung; the lowest cap comes last."""
        rungs = self.structure.index["rung"]
        always = [rule for rule in self.scenario.rules if rule.not_above and not rule.when and rule.phase == "both"]
        always = [rule for rule in always if not is_belligerent(rule.actor) and not is_belligerent(rule.toward)]
        for rule in sorted(always, key=lambda rule: -rungs[rule.not_above]):
            for pair in rows_of(rule, self.graph):
                yield pair, rungs[rule.not_above]


def needs_help(need: str | None) -> bool:
    """Whether a rung with this need is open only beside a partner.

    >>> needs_help("partner_at_war"), needs_help("nuclear_weapon")
    (True, False)
    """
    return need in ("partner", "partner_at_war")


def reasons(reaches: Reaches, words: Words) -> dict[Pair, list[str]]:
    """Why two states can act against each other: one list for each dyad, in alphabetical order of the pair.

    The reasons are those for which `graph` makes an edge, the weightiest first.
    """
    found: dict[Pair, list[str]] = {}
    for (a, b), reason in _reasons(reaches, words):
        held = found.setdefault((min(a, b), max(a, b)), [])
        if a != b and reason not in held:
            held.append(reason)
    return {pair: held for pair, held in found.items() if pair[0] != pair[1]}


def _reasons(reaches: Reaches, words: Words) -> Iterator[tuple[Pair, str]]:
    scenario, graph = reaches.scenario, reaches.graph
    for war in scenario.wars:
        for pair in ((a, b) for a in war.sides[0] for b in war.sides[1]):
            yield pair, f"at war since {date(war.since)}"
    for rivalry in scenario.rivalries:
        yield rivalry.between, "rivals"
    for support in scenario.support:
        yield (support.by, support.against), f"{words.state(support.by)} supports {words.state(support.to)}"
    bound: dict[Pair, list[str]] = {}
    for holder, ally, enemy in sorted(set(graph.drawn_in())):
        bound.setdefault((holder, enemy), []).append(words.state(ally))
    for (holder, enemy), allies in bound.items():
        yield (holder, enemy), f"{words.state(holder)} has a defence pact with {listing(allies)}"
    past = [tuple(sorted((act.by, act.toward))) for act in scenario.history]
    for a, b in dict.fromkeys(past):
        yield (a, b), f"{counted(past.count((a, b)), 'act')} before the start"
    events, rules = (Counter(map(_dyad, pairs)) for pairs in (_in_events(scenario), _in_rules(reaches)))
    for pair in events | rules:
        counts = ((events[pair], "event"), (rules[pair], "rule"))
        yield pair, f"named in {listing(counted(n, kind) for n, kind in counts if n)}"


def _in_events(scenario: Scenario) -> Iterator[Pair]:
    return ((event.actor, event.toward) for event in scenario.events if event.toward)


def _in_rules(reaches: Reaches) -> Iterator[Pair]:
    """Pairs that rules name on both sides; a rule on "any state" makes nobody an adversary."""
    for rule in reaches.scenario.rules:
        named = {part for side in (rule.actor, rule.toward) for part in _parts(side)}
        if named <= {*reaches.graph.states, *reaches.graph.pacts}:
            yield from set(map(_dyad, rows_of(rule, reaches.graph)))  # once, though it may name both directions


def _dyad(pair: Pair) -> Pair:
    return min(pair), max(pair)


def _parts(selector: object) -> tuple[object, ...]:
    return selector if isinstance(selector, tuple) else (selector,)
