"""What a scenario must keep to beyond types and names: times, shapes of blocks, odds of alternatives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from escalation_sim.scenario.messages import Path, Problem
from escalation_sim.scenario.schema import Commitment, Condition, Event, Scenario


def soundness(scenario: Scenario) -> Iterator[Problem]:
    """A problem for each thing in a filled scenario that cannot be so."""
    for check in (_times, _ladder, _blocs, _start, _commitments, _events, _alternatives, _ranges, _cycles):
        yield from check(scenario)


def _times(scenario: Scenario) -> Iterator[Problem]:
    if scenario.tick > scenario.horizon:
        yield Problem(("tick",), f"a tick of {scenario.tick:g} days is longer than the horizon")
    asked: list[tuple[Path, tuple[float, ...]]] = [((), scenario.windows)]
    asked += [(("outcomes", one.id), one.windows or ()) for one in scenario.outcomes if one.windows != scenario.windows]
    for owner, windows in asked:
        longest = max(windows)
        if longest > scenario.horizon:
            what = f"a window of {longest:g} days is longer than the horizon of {scenario.horizon:g} days"
            yield Problem((*owner, "windows"), what)


def _ladder(scenario: Scenario) -> Iterator[Problem]:
    first, *rest = scenario.ladder
    path: Path = ("ladder", first.id)
    if not rest:
        yield Problem(("ladder",), "a ladder needs a rung above the first")
    if first.severity != 0:
        yield Problem((*path, "severity"), "the first rung is where nothing is done; its severity is 0")
    if first.needs or first.starts_war or first.joins_war:
        yield Problem(path, "the first rung is where nothing is done; it needs nothing and starts no war")
    if scenario.wars and not any(rung.starts_war for rung in rest):
        yield Problem(("ladder",), "a scenario with wars needs a rung with starts_war: true, on which they stand")
    for lower, rung in zip(scenario.ladder, rest, strict=False):
        if rung.severity < lower.severity:
            what = f"{rung.severity:g} is below '{lower.id}' ({lower.severity:g}); severity never falls"
            yield Problem(("ladder", rung.id, "severity"), what)


def _blocs(scenario: Scenario) -> Iterator[Problem]:
    inside: dict[str, str] = {}
    states = {state.id for state in scenario.states}
    for bloc in scenario.states:
        for member in bloc.members or ():
            if member in states or member in inside:
                other = inside.get(member, "itself")
                yield Problem(
                    ("states", bloc.id), f"bloc '{bloc.id}' holds '{member}', which also stands for {other} here"
                )
            inside[member] = bloc.id


def _start(scenario: Scenario) -> Iterator[Problem]:
    needs = {rung.id: rung.needs for rung in scenario.ladder}
    for field in ("rivalries", "borders"):
        for index, relation in enumerate(getattr(scenario, field)):
            yield from _distinct(relation.between, (field, index, "between"))
    for war in scenario.wars:
        path: Path = ("wars", war.id)
        yield from _distinct((*war.sides[0], *war.sides[1]), (*path, "sides"))
        yield from _until_start(war.since, scenario, (*path, "since"))
        if war.initiator is not None and war.initiator not in (*war.sides[0], *war.sides[1]):
            yield Problem((*path, "initiator"), f"'{war.initiator}' is on neither side of this war")
    for support in scenario.support:
        path = ("support", support.id)
        yield from _distinct((support.by, support.to, support.against), path)
        yield from _until_start(support.since, scenario, (*path, "since"))
        if needs.get(support.rung, "partner") not in {"partner", "partner_at_war"}:
            yield Problem((*path, "rung"), f"'{support.rung}' is no support: it needs no partner on the ladder")
    for index, act in enumerate(scenario.history):
        yield from _distinct((act.by, act.toward), ("history", index))
        if act.on >= scenario.start:
            yield Problem(
                ("history", index, "on"), f"{act.on} is not before the start ({scenario.start}); make it an event"
            )
        if act.act == scenario.ladder[0].id:
            yield Problem(("history", index, "act"), f"'{act.act}' is the rung where nothing is done")


def _distinct(states: tuple[str, ...], path: Path) -> Iterator[Problem]:
    twice = sorted({state for state in states if states.count(state) > 1})
    if twice:
        yield Problem(path, f"'{twice[0]}' stands here twice; the states must differ")


def _until_start(day: dt.date | None, scenario: Scenario, path: Path) -> Iterator[Problem]:
    if day is not None and day > scenario.start:
        yield Problem(path, f"{day} is after the start ({scenario.start}); what begins later is an event")


def _commitments(scenario: Scenario) -> Iterator[Problem]:
    for commitment in scenario.commitments:
        for key, what in _shape(commitment):
            yield Problem(("commitments", commitment.id, *key), what)


def _shape(one: Commitment) -> Iterator[tuple[Path, str]]:
    paired = one.holder is not None and one.ally is not None
    if bool(one.members) == paired or (one.members and (one.holder or one.ally)):
        yield (), "say either 'members' or both 'holder' and 'ally'"
    elif paired and one.holder == one.ally:
        yield ("ally",), f"'{one.ally}' cannot be its own ally"
    elif one.members and len(set(one.members)) < max(2, len(one.members)):
        yield ("members",), "a commitment needs two members or more, each named once"
    for key in ("type", "reliability"):
        if getattr(one, key) is None:
            yield (), f"'{key}' is missing, and the library has no commitment '{one.id}' to take it from"
    if one.type == "defence" and one.trigger is None:
        yield (), "a defence commitment needs a 'trigger', such as {at_least: strike}"
    if one.in_force_from and one.in_force_until and one.in_force_from >= one.in_force_until:
        yield ("in_force_until",), f"{one.in_force_until} is not after in_force_from ({one.in_force_from})"


def _events(scenario: Scenario) -> Iterator[Problem]:
    needs = {rung.id: rung.needs for rung in scenario.ladder}
    for event in scenario.events:
        path: Path = ("events", event.id)
        yield from _distinct(tuple(one for one in (event.actor, event.toward, event.in_support_of) if one), path)
        last, key = _last_day(event)
        if last is not None and last < scenario.start:
            what = f"{last} is before the start ({scenario.start}), so it cannot happen; the past is 'history'"
            yield Problem((*path, *key), what)
        if needs.get(event.act or "") in {"partner", "partner_at_war"} and event.in_support_of is None:
            yield Problem((*path, "act"), f"'{event.act}' is done in support of a partner; say 'in_support_of'")
        elif event.troops and event.in_support_of is None:
            yield Problem((*path, "troops"), "troops serve a state; say 'in_support_of' whom")
        if event.act == scenario.ladder[0].id:
            yield Problem((*path, "act"), f"'{event.act}' is the rung where nothing is done; leave 'act' out")
        if event.hazard and event.hazard.from_ and event.hazard.until and event.hazard.from_ >= event.hazard.until:
            yield Problem(
                (*path, "hazard", "until"), f"{event.hazard.until} is not after 'from' ({event.hazard.from_})"
            )


def _last_day(event: Event) -> tuple[dt.date | None, Path]:
    if event.hazard:
        return event.hazard.until, ("hazard", "until")
    return (event.between[1], ("between",)) if event.between else (event.on, ("on",))


def _alternatives(scenario: Scenario) -> Iterator[Problem]:
    groups: dict[str, list[Event]] = {}
    for event in scenario.events:
        if event.one_of is not None:
            groups.setdefault(event.one_of, []).append(event)
    for name, events in groups.items():
        path: Path = ("events", events[-1].id, "one_of")
        hazards = [event for event in events if event.hazard]
        most = sum(event.probability.support()[1] for event in events if event.probability)
        if hazards and len(hazards) < len(events):
            yield Problem(path, f"the alternatives of '{name}' mix dates and hazards; give all of them the same")
        elif most > 1 + 1e-9:
            yield Problem(path, f"the probabilities of the alternatives of '{name}' can add up to {most:g}, above 1")


def _ranges(scenario: Scenario) -> Iterator[Problem]:
    """Conditions on acts whose highest rung lies below their lowest."""
    height = {rung.id: number for number, rung in enumerate(scenario.ladder)}
    for path, condition in _all_conditions(scenario):
        act = (condition.not_ or condition).act
        if act and act.at_most and height.get(act.at_most, 0) < height.get(act.at_least, 0):
            yield Problem(path, f"at_most '{act.at_most}' is below at_least '{act.at_least}' on the ladder")


def _all_conditions(scenario: Scenario) -> Iterator[tuple[Path, Condition]]:
    for field in ("events", "rules", "outcomes"):
        for block in getattr(scenario, field):
            for index, condition in enumerate(block.when):
                yield (field, block.id, "when", index), condition
            for clause, conditions in enumerate(getattr(block, "any_of", ())):
                for index, condition in enumerate(conditions):
                    yield (field, block.id, "any_of", clause, index), condition


def _cycles(scenario: Scenario) -> Iterator[Problem]:
    """Outcomes that wait for one another."""
    waits: dict[str, list[str]] = {outcome.id: [] for outcome in scenario.outcomes}
    for path, condition in _all_conditions(scenario):
        awaited = (condition.not_ or condition).outcome
        if path[0] == "outcomes" and awaited in waits:
            waits[str(path[1])].append(awaited)
    settled: set[str] = set()
    while ready := [name for name, others in waits.items() if name not in settled and settled.issuperset(others)]:
        settled.update(ready)
    if left := [name for name in waits if name not in settled]:
        chain = [left[0]]
        while chain.count(chain[-1]) < 2:
            chain.append(next(name for name in waits[chain[-1]] if name not in settled))
        chain = chain[chain.index(chain[-1]) :]
        yield Problem(("outcomes", chain[0]), f"these outcomes wait for one another: {' -> '.join(chain)}")
