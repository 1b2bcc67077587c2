"""Names that point from one block of a scenario to another: do they point to something?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from escalation_sim.scenario.fill import library_coefficients
from escalation_sim.scenario.messages import Path, Problem, unknown
from escalation_sim.scenario.schema import (
    RELATIONS,
    AnyoneBut,
    Coefficients,
    Commitment,
    Condition,
    Event,
    Rule,
    Scenario,
    Selector,
)

WAR_END = "war_end"
_LEAST_EIGENVALUE = -0.15  # of a correlation matrix it is 0 or more; entries rounded to two decimals may take it lower


@dataclass(frozen=True)
class Names:
    """The ids that a scenario defines, by kind, and those that it has switched off."""

    states: frozenset[str]
    rungs: tuple[str, ...]
    commitments: frozenset[str]
    events: dict[str, Event]
    outcomes: frozenset[str]
    off: frozenset[str]

    @classmethod
    def of(cls, whole: Scenario, written: Scenario) -> Names:
        """Names of a filled scenario; what is only in the scenario as written was switched off."""
        blocks = ("states", "commitments", "events", "outcomes")
        left = {block.id for name in blocks for block in getattr(whole, name)}
        return cls(
            states=frozenset(state.id for state in whole.states),
            rungs=tuple(rung.id for rung in whole.ladder),
            commitments=frozenset(commitment.id for commitment in whole.commitments),
            events={event.id: event for event in whole.events},
            outcomes=frozenset(outcome.id for outcome in whole.outcomes),
            off=frozenset(block.id for name in blocks for block in getattr(written, name)) - left,
        )

    def missing(self, kind: str, name: str | None, known: Iterable[str], path: Path) -> Iterator[Problem]:
        """A problem if the name is none of the known ones."""
        known = list(known)
        if name is not None and name not in known:
            what = f"'{name}' is switched off here (enabled: false)" if name in self.off else unknown(kind, name, known)
            yield Problem(path, what)

    def state(self, name: str | None, path: Path) -> Iterator[Problem]:
        """A problem if there is no such state."""
        return self.missing("state", name, self.states, path)

    def rung(self, name: str | None, path: Path) -> Iterator[Problem]:
        """A problem if the ladder has no such rung."""
        return self.missing("rung", name, self.rungs, path)


class _Frame(NamedTuple):
    """Whose conditions are checked: what relations in them can refer to."""

    actor: bool
    toward: bool


def references(scenario: Scenario, names: Names) -> Iterator[Problem]:
    """A problem for each name in a filled scenario that points to nothing or to the wrong kind of thing."""
    yield from _ambiguous(names)
    yield from _start(scenario, names)
    for commitment in scenario.commitments:
        yield from _commitment(commitment, names)
    for event in scenario.events:
        yield from _event(event, names)
    for rule in scenario.rules:
        yield from _rule(rule, scenario, names)
    for outcome in scenario.outcomes:
        for path, conditions in _clauses(outcome.when, outcome.any_of, ("outcomes", outcome.id)):
            yield from _conditions(conditions, path, names, _Frame(actor=False, toward=False))
    for index, pair in enumerate(scenario.show.dyads):
        for side, state in enumerate(pair):
            yield from names.state(state, ("show", "dyads", index, side))
    for index, name in enumerate(scenario.show.paths):
        yield from names.missing("outcome", name, names.outcomes, ("show", "paths", index))
    yield from coefficient_names(scenario.coefficients, names.rungs)


def lever_names(written: Scenario, names: Names) -> Iterator[Problem]:
    """A problem for each state and variant that a lever of a scenario as written names in vain, or path set by two."""
    holder: dict[str, str] = {}
    for lever in written.levers:
        if lever.set_ and lever.enabled and (other := holder.setdefault(lever.set_, lever.id)) != lever.id:
            yield Problem(
                ("levers", lever.id, "set"), f"lever '{other}' sets the same; give one of them all the values"
            )
        for place, state in enumerate(lever.by):
            yield from names.state(state, ("levers", lever.id, "by", place))
        for place, variant in enumerate(lever.variants):
            yield from names.missing("variant", variant, written.variants, ("levers", lever.id, "variants", place))


def _clauses(
    when: tuple[Condition, ...], any_of: tuple[tuple[Condition, ...], ...], path: Path
) -> Iterator[tuple[Path, tuple[Condition, ...]]]:
    yield (*path, "when"), when
    for index, conditions in enumerate(any_of):
        yield (*path, "any_of", index), conditions


def _ambiguous(names: Names) -> Iterator[Problem]:
    for state in sorted(names.states & (names.commitments | set(RELATIONS))):
        kind = "a commitment" if state in names.commitments else "a relation of the language"
        yield Problem(("states", state), f"'{state}' is also {kind}; a selector could mean either, so rename one")
    for name in sorted(names.commitments & set(RELATIONS)):
        yield Problem(("commitments", name), f"'{name}' is also a relation of the language; rename the commitment")
    for event in sorted(names.events.keys() & {*names.rungs, WAR_END}):
        yield Problem(("events", event), f"'{event}' is also a gate of the ladder or of wars; rename the event")
    if WAR_END in names.rungs:
        yield Problem(("ladder", WAR_END), f"'{WAR_END}' is the gate at which wars end; rename the rung")


def _start(scenario: Scenario, names: Names) -> Iterator[Problem]:
    """Names in what holds at the start."""
    for field in ("rivalries", "borders"):
        for index, relation in enumerate(getattr(scenario, field)):
            for side, state in enumerate(relation.between):
                yield from names.state(state, (field, index, "between", side))
    for index, closed in enumerate(scenario.closed):
        for key in ("by", "toward"):
            for item, state in enumerate(getattr(closed, key)):
                yield from names.state(state, ("closed", index, key, item))
        for item, rung in enumerate(closed.rungs):
            yield from names.rung(rung, ("closed", index, "rungs", item))
    for war in scenario.wars:
        for side, states in enumerate(war.sides):
            for item, state in enumerate(states):
                yield from names.state(state, ("wars", war.id, "sides", side, item))
    for support in scenario.support:
        for key in ("by", "to", "against"):
            yield from names.state(getattr(support, key), ("support", support.id, key))
        yield from names.rung(support.rung, ("support", support.id, "rung"))
    for index, act in enumerate(scenario.history):
        for key in ("by", "toward"):
            yield from names.state(getattr(act, key), ("history", index, key))
        yield from names.rung(act.act, ("history", index, "act"))
    for effort in scenario.efforts:
        yield from names.state(effort.state, ("efforts", effort.state, "state"))


def _commitment(commitment: Commitment, names: Names) -> Iterator[Problem]:
    path: Path = ("commitments", commitment.id)
    for index, member in enumerate(commitment.members or ()):
        yield from names.state(member, (*path, "members", index))
    for key in ("holder", "ally"):
        yield from names.state(getattr(commitment, key), (*path, key))
    parties = commitment.members or [name for name in (commitment.holder, commitment.ally) if name]
    for key in ("joined", "left"):
        for member in getattr(commitment, key):
            yield from names.missing("member", member, parties, (*path, key, member))
    if commitment.trigger:
        yield from names.rung(commitment.trigger.at_least, (*path, "trigger", "at_least"))
        for index, state in enumerate(commitment.trigger.by or ()):
            yield from names.state(state, (*path, "trigger", "by", index))


def _event(event: Event, names: Names) -> Iterator[Problem]:
    path: Path = ("events", event.id)
    for key in ("actor", "toward", "in_support_of"):
        yield from names.state(getattr(event, key), (*path, key))
    yield from names.rung(event.act, (*path, "act"))
    for state in event.believed:
        if state != "others":
            yield from names.state(state, (*path, "believed", state))
    yield from _conditions(event.when, (*path, "when"), names, _Frame(True, event.toward is not None))


def _rule(rule: Rule, scenario: Scenario, names: Names) -> Iterator[Problem]:
    path: Path = ("rules", rule.id)
    yield from _selector(rule.actor, (*path, "actor"), names, _Frame(False, False))
    yield from _selector(rule.toward, (*path, "toward"), names, _Frame(True, False))
    yield from _conditions(rule.when, (*path, "when"), names, _Frame(True, True))
    yield from names.rung(rule.not_above, (*path, "not_above"))
    for gate in rule.then:
        here: Path = (*path, "then", gate)
        yield from names.missing("gate", gate, [*names.rungs[1:], *names.events, WAR_END], here)
        if (event := names.events.get(gate)) is None:
            continue
        if event.hazard is None:
            yield Problem(here, f"event '{gate}' has a date and no hazard, so there are no odds to move")
        elif event.actor not in _selected(rule.actor, scenario):
            yield Problem(here, f"event '{gate}' is an act of {event.actor}, which the rule's actor does not select")


def _selected(selector: Selector, scenario: Scenario) -> set[str]:
    """The states that a selector without a relation names."""
    states = {state.id for state in scenario.states}
    if isinstance(selector, AnyoneBut):
        return states - _selected(selector.anyone_but, scenario)
    chosen: set[str] = set()
    for name in (selector,) if isinstance(selector, str) else selector:
        parties = [one for one in scenario.commitments if one.id == name]
        bound = {state for one in parties for state in (*(one.members or ()), one.holder, one.ally) if state}
        chosen |= states if name == "anyone" else bound or {name}
    return chosen


def _selector(selector: Selector | None, path: Path, names: Names, frame: _Frame) -> Iterator[Problem]:
    if selector is None:
        return
    known = names.states | names.commitments
    if isinstance(selector, str):
        if selector not in RELATIONS:
            yield from names.missing("state, commitment or relation", selector, {*known, *RELATIONS}, path)
        elif selector != "anyone" and not frame.actor:
            yield Problem(path, f"'{selector}' is relative to the actor of a rule, and here is none; name the states")
        elif selector == "toward" and not frame.toward:
            yield Problem(path, "'toward' needs a target, and here is none; name the states")
        return
    listed = selector.anyone_but if isinstance(selector, AnyoneBut) else selector
    here = (*path, "anyone_but") if isinstance(selector, AnyoneBut) else path
    for index, name in enumerate(listed):
        yield from names.missing("state or commitment", name, known, (*here, index))


def _conditions(conditions: tuple[Condition, ...], path: Path, names: Names, frame: _Frame) -> Iterator[Problem]:
    for index, condition in enumerate(conditions):
        yield from _condition(condition, (*path, index), names, frame)


def _condition(condition: Condition, path: Path, names: Names, frame: _Frame) -> Iterator[Problem]:
    kind = condition.kind()
    if condition.not_ is not None:
        yield from _condition(condition.not_, (*path, "not"), names, frame)
        return
    here: Path = (*path, kind)
    block = getattr(condition, kind)
    for key in ("by", "toward", "in_support_of"):
        yield from _selector(getattr(block, key, None), (*here, key), names, frame)
    if kind in {"act", "standing"}:
        for key in ("at_least", "at_most"):
            yield from names.rung(getattr(block, key, None), (*here, key))
    if condition.war:
        for side, selector in enumerate(condition.war.between):
            yield from _selector(selector, (*here, "between", side), names, frame)
    if condition.commitment:
        yield from names.missing("commitment", condition.commitment.id, names.commitments, (*here, "id"))
    if condition.strain and not (condition.strain.of in _Frame._fields and getattr(frame, condition.strain.of)):
        yield from names.state(condition.strain.of, (*here, "of"))
    if condition.memory and not frame.toward:
        yield Problem(here, "a memory is one actor's of one target, and here is no such pair")
    yield from names.missing("event", condition.event, names.events, here)
    yield from names.missing("outcome", condition.outcome, names.outcomes, here)


def coefficient_names(table: Coefficients, rungs: tuple[str, ...], at: Path = ("coefficients",)) -> Iterator[Problem]:
    """A problem for each gate, covariate, memory or correlated coefficient of a table that is none."""
    # Imported here: the arrays bring the compiler with them, and `--help` must not wait for it.
    from escalation_sim.world import DYNAMIC_COVARIATES, STATIC_COVARIATES, WAR_END_COVARIATES

    names = Names(frozenset(), rungs, frozenset(), {}, frozenset(), frozenset())
    common = [*STATIC_COVARIATES, *DYNAMIC_COVARIATES]
    replies = [f"reply_to_{rung}" for rung in rungs[1:]]
    for phase, gates, known in (("initiative", table.initiative, common), ("reply", table.reply, common + replies)):
        for gate, row in gates.items():
            yield from names.missing("gate", gate, rungs[1:], (*at, phase, gate))
            for covariate in row:
                yield from names.missing("covariate", covariate, known, (*at, phase, gate, covariate))
    for covariate in table.war_end:
        yield from names.missing("covariate", covariate, WAR_END_COVARIATES, (*at, "war_end", covariate))
    for name in table.memory:
        yield from names.missing("memory", name, library_coefficients().memory, (*at, "memory", name))
    yield from _correlations(table, names, at)


def _correlations(table: Coefficients, names: Names, at: Path) -> Iterator[Problem]:
    """A coefficient known exactly may be named, so that one can be set to a plain number; it then has no error."""
    from numpy.linalg import eigvalsh

    from escalation_sim.scenario.numbers import matrix_of

    known = {
        f"{phase}.{gate}.{covariate}": quantity
        for phase, gates in (("initiative", table.initiative), ("reply", table.reply))
        for gate, row in gates.items()
        for covariate, quantity in row.items()
    }
    taken: set[str] = set()
    for place, block in enumerate(table.correlation):
        for item, name in enumerate(block.of):
            here: Path = (*at, "correlation", place, "of", item)
            yield from names.missing("coefficient", name, known, here)
            if name in known and known[name].dist:
                yield Problem(here, f"'{name}' is a distribution; only values with 'se' are drawn together")
            if name in taken:
                yield Problem(here, f"'{name}' stands in an earlier block, too; put what goes together into one")
        taken |= set(block.of)
        if eigvalsh(matrix_of(block))[0] < _LEAST_EIGENVALUE:
            what = "these correlations contradict each other, as if A went with B and B with C, but A against C"
            yield Problem((*at, "correlation", place, "rows"), what)
