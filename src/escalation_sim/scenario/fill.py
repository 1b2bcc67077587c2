"""What a scenario leaves out, filled from the packaged library; what it switches off, taken out."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Any

from escalation_sim.scenario.claims import STATE_FACTS
from escalation_sim.scenario.load import library
from escalation_sim.scenario.messages import Problem, did_you_mean, unknown
from escalation_sim.scenario.schema import (
    Coefficients,
    Commitment,
    Condition,
    Correlation,
    Event,
    Quantity,
    Rung,
    Scenario,
    Sourced,
    State,
)

WINDOWS = (30.0, 90.0, 180.0, 365.0)
_CERTAIN = Quantity(value=1.0, basis="elicited", because="the scenario gives its date and no probability")
_NEVER = Quantity(value=0.0, basis="elicited", because="switched off in the scenario")
_NO_WARHEADS = Quantity(value=0.0, basis="elicited", because="not in the library and not said: taken to have none")
_FORM = ("members", "holder", "ally", "joined", "left")


def filled(scenario: Scenario) -> tuple[Scenario, list[Problem]]:
    """The scenario with its defaults, and the faults that kept it from being filled."""
    scenario = _without_disabled(scenario)
    problems: list[Problem] = []
    states = tuple(_state(state, problems) for state in scenario.states)
    home = _homes(states)
    windows = _windows(scenario.windows) or tuple(w for w in WINDOWS if w <= scenario.horizon) or (scenario.horizon,)
    changes: dict[str, Any] = {
        "extends": None,
        "variants": {},
        "levers": (),
        "designs": (),
        "windows": windows,
        "states": states,
        "ladder": scenario.ladder or library_ladder(),
        "commitments": tuple(_commitment(one, home, problems) for one in scenario.commitments),
        "events": tuple(map(_event, scenario.events)),
        "outcomes": tuple(
            one.model_copy(update={"windows": _windows(one.windows) or windows}) for one in scenario.outcomes
        ),
    }
    whole = scenario.model_copy(update=changes)
    return whole.model_copy(update={"coefficients": _coefficients(whole)}), problems


def _windows(windows: tuple[float, ...] | None) -> tuple[float, ...]:
    return tuple(sorted(set(windows or ())))


def _without_disabled(scenario: Scenario) -> Scenario:
    """Leave out what has `enabled: false`; an event or pact still spoken of stays, but never comes about."""
    spoken_of = set(_spoken_of(scenario))
    after = scenario.start + dt.timedelta(days=int(scenario.horizon) + 1)
    changes: dict[str, Any] = {}
    for name in type(scenario).model_fields:
        blocks = getattr(scenario, name)
        if not (isinstance(blocks, tuple) and blocks and hasattr(blocks[0], "enabled")):
            continue
        kept = []
        for block in blocks:
            if block.enabled:
                kept.append(block)
            elif isinstance(block, Event) and block.id in spoken_of:
                kept.append(_never(block))
            elif isinstance(block, Commitment) and block.id in spoken_of:
                kept.append(block.model_copy(update={"enabled": True, "in_force_from": after, "in_force_until": None}))
        changes[name] = tuple(kept)
    gone = {outcome.id for outcome in scenario.outcomes if not outcome.enabled}
    paths = tuple(name for name in scenario.show.paths if name not in gone)
    changes["show"] = scenario.show.model_copy(update={"paths": paths})
    return scenario.model_copy(update=changes)


def _never(event: Event) -> Event:
    """The event without a chance. Its conditions go, for they may speak of what is switched off, too."""
    idle: dict[str, Any] = {"enabled": True, "when": ()}
    if event.hazard is None:
        return event.model_copy(update=idle | {"probability": _NEVER})
    return event.model_copy(update=idle | {"hazard": event.hazard.model_copy(update={"rate": _NEVER})})


def _spoken_of(node: object) -> Iterator[str]:
    """Ids of events and commitments that conditions, selectors and effects name, wherever they stand."""
    if isinstance(node, Scenario):
        for part in (node.events, node.rules, node.outcomes):
            for block in part:
                yield from _spoken_of(block) if block.enabled else ()
    elif isinstance(node, Condition) and (node.event or node.commitment):
        yield node.event or (node.commitment.id if node.commitment else "")
    elif isinstance(node, (Sourced, Condition)) or hasattr(node, "model_fields_set"):
        for name in type(node).model_fields:  # type: ignore[attr-defined]
            if name not in {"id", "label", "source", "because", "resolution"}:
                yield from _spoken_of(getattr(node, name))
    elif isinstance(node, dict):
        yield from node
    elif isinstance(node, tuple):
        for item in node:
            yield from _spoken_of(item)
    elif isinstance(node, str):
        yield node


@functools.cache
def _library_state(name: str) -> State | None:
    record = library("states")["states"].get(name)
    if record is None:
        return None
    members = record.get("members")
    return State.model_validate({"id": name, **record, "members": tuple(members) if members else None})


@functools.cache
def library_ladder() -> tuple[Rung, ...]:
    """The packaged ladder."""
    return tuple(Rung.model_validate(record) for record in library("ladder")["ladder"])


@functools.cache
def library_coefficients() -> Coefficients:
    """The packaged table of coefficients."""
    table = library("coefficients")
    return Coefficients.model_validate(table.get("coefficients", table))


def _state(state: State, problems: list[Problem]) -> State:
    known = _library_state(state.id)
    facts = (
        {name: getattr(known, name) for name in (*STATE_FACTS, "name", "cow", "members", "major_power")}
        if known
        else {"name": state.id, "major_power": False, "warheads": _NO_WARHEADS}
    )
    missing = {name: fact for name, fact in facts.items() if getattr(state, name) is None}
    if known is None and state.capability is None:
        hint = did_you_mean(state.id, library("states")["states"])
        problems.append(
            Problem(("states", state.id), f"'{state.id}' is not in the library of states; give its 'capability'{hint}")
        )
    for place, member in enumerate(state.members or ()):
        if (
            member not in library("states")["states"]
        ):  # nothing that is packaged would name it, and it would say nothing
            what = unknown("state of the library", member, library("states")["states"])
            problems.append(Problem(("states", state.id, "members", place), what))
    return state.model_copy(update=missing)


def _homes(states: tuple[State, ...]) -> dict[str, str]:
    """For each state of the world that the scenario knows: itself, or the bloc that stands for it."""
    blocs = {member: state.id for state in states for member in state.members or ()}
    return blocs | {state.id: state.id for state in states}


@functools.cache
def _library_commitments() -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in library("alliances")["commitments"]}


@functools.cache
def _library_commitment(name: str) -> Commitment | None:
    record = _library_commitments().get(name)
    return None if record is None else Commitment.model_validate(record)


def _commitment(given: Commitment, home: dict[str, str], problems: list[Problem]) -> Commitment:
    known = _library_commitment(given.id)
    if known is None:
        if given.type is None and not (given.members or given.holder):
            hint = did_you_mean(given.id, _library_commitments())
            what = f"'{given.id}' is not in the library of commitments; give its type and members{hint}"
            problems.append(Problem(("commitments", given.id), what))
        return given
    form = {} if given.members or given.holder or given.ally else _form(known, home)
    if form and not (form["holder"] and form["ally"]) and len(form["members"] or ()) < 2:
        what = f"fewer than two states of this scenario are bound by '{given.id}'; leave it out or add them"
        problems.append(Problem(("commitments", given.id), what))
    missing = {
        name: getattr(known, name)
        for name in type(given).model_fields
        if name not in _FORM and getattr(given, name) is None
    }
    return given.model_copy(update=missing | form)


def _form(known: Commitment, home: dict[str, str]) -> dict[str, Any]:
    """Who holds a commitment of the library towards whom, in states of the scenario."""
    members = tuple(dict.fromkeys(home[name] for name in known.members or () if name in home))
    # A bloc has no date of its own: it stands for members that came at different times.
    dates = {
        key: {name: day for name, day in getattr(known, key).items() if name in members} for key in ("joined", "left")
    }
    return {
        "members": members or None,
        "holder": home.get(known.holder or ""),
        "ally": home.get(known.ally or ""),
        **dates,
    }


def _event(event: Event) -> Event:
    dated = event.hazard is None and event.probability is None
    return event.model_copy(update={"probability": _CERTAIN}) if dated else event


def _coefficients(scenario: Scenario) -> Coefficients:
    """The library's coefficients for the gates of the ladder, with the scenario's own on top."""
    base, own = library_coefficients(), scenario.coefficients
    rungs = {rung.id for rung in scenario.ladder}

    def table(phase: str) -> dict[str, dict[str, Quantity]]:
        known = {gate: row for gate, row in getattr(base, phase).items() if gate in rungs}
        known = {gate: {key: one for key, one in row.items() if _fits(key, rungs)} for gate, row in known.items()}
        given: dict[str, dict[str, Quantity]] = getattr(own, phase)
        return known | {gate: known.get(gate, {}) | row for gate, row in given.items()}

    return Coefficients(
        initiative=table("initiative"),
        reply=table("reply"),
        war_end=base.war_end | own.war_end,
        memory=base.memory | own.memory,
        frailty_sd=base.frailty_sd if own.frailty_sd is None else own.frailty_sd,
        violence=base.violence | own.violence,
        correlation=own.correlation or tuple(_left(base, own, rungs)),
    )


def _left(base: Coefficients, own: Coefficients, rungs: set[str]) -> Iterator[Correlation]:
    """The library's correlations among those of its coefficients that the scenario keeps and its ladder has."""
    for block in base.correlation:
        kept = [i for i, name in enumerate(block.of) if not _replaced(name, own) and _on_ladder(name, rungs)]
        if len(kept) == len(block.of):
            yield block
        elif len(kept) > 1:
            rows = tuple(tuple(block.rows[i - 1][j] for j in kept[:k]) for k, i in enumerate(kept) if k)
            yield Correlation(of=tuple(block.of[i] for i in kept), rows=rows)


def _replaced(name: str, own: Coefficients) -> bool:
    phase, gate, covariate = name.split(".")
    return covariate in getattr(own, phase).get(gate, {})


def _on_ladder(name: str, rungs: set[str]) -> bool:
    _, gate, covariate = name.split(".")
    return gate in rungs and _fits(covariate, rungs)


def _fits(covariate: str, rungs: set[str]) -> bool:
    return not covariate.startswith("reply_to_") or covariate.removeprefix("reply_to_") in rungs
