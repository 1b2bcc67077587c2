"""Blocks of a scenario as accounts of a sentence or more: wars, support, commitments, events, efforts, outcomes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from escalation_sim.scenario.numbers import Draw, is_random, middle
from escalation_sim.scenario.schema import (
    DAYS,
    Commitment,
    Effort,
    Event,
    Hazard,
    Outcome,
    Quantity,
    Scenario,
    Support,
    War,
)
from escalation_sim.scenario.sentences import describe_conditions, describe_quantity
from escalation_sim.scenario.words import Words, capitalised, date, listing, number
from escalation_sim.theory.effort import strain_of

_PACTS = {
    "defence": "a defence pact",
    "offence": "an offensive pact",
    "consultation": "a pact to consult",
    "neutrality": "a neutrality pact",
    "non_aggression": "a non-aggression pact",
    "support_policy": "a policy of support",
}


def full_stop(text: str) -> str:
    """The text with a full stop, unless it has an end of its own.

    >>> full_stop("It may rain"), full_stop("Will it?")
    ('It may rain.', 'Will it?')
    """
    return text if text.endswith((".", "!", "?")) else f"{text}."


def describe_war(war: War, words: Words) -> str:
    """Who fights whom since when."""
    one, other = (listing(map(words.state, side)) for side in war.sides)
    begun = f", begun by {words.state(war.initiator)}" if war.initiator else ""
    return f"{war.label or war.id}: {one} against {other}, since {date(war.since)}{begun}."


def describe_support(row: Support, words: Words) -> str:
    """Who supports whom against whom, on which rung, with which troops."""
    text = f"{words.state(row.by)} supports {words.state(row.to)} against {words.state(row.against)}"
    text += f" on {words.rung(row.rung)}" + (f" since {date(row.since)}" if row.since else "")
    text += f", with {describe_quantity(row.troops)} troops there" if row.troops else ""
    return full_stop(capitalised(text) + (f" ({row.because})" if row.because else ""))


def describe_commitment(c: Commitment, words: Words, start: dt.date) -> str:
    """Who promised what to whom, from when on it binds, what calls it up, and how far it is to be relied upon."""
    kind = _PACTS[c.type or "defence"]
    if c.holder and c.ally:
        parts = [f"{kind} of {words.state(c.holder)} towards {words.state(c.ally)}"]
    else:
        members = c.members or ()
        parts = [f"{kind} {'between' if len(members) == 2 else 'among'} {listing(map(words.state, members))}"]
    parts.append(_in_force(c, words, start))
    if c.trigger:
        began = "even if" if c.trigger.covers_initiators else "unless"
        whom = words.state(c.ally) if c.ally else "a party"
        act = f"{words.rung(c.trigger.at_least)} or above"
        parts.append(f"Called up by an act of {act} from outside against {whom}, {began} the victim began that war")
    if c.clause:
        parts.append(f"What it says: {c.clause.rstrip('.')}")
    if c.reliability:
        parts.append(f"Kept, once called up, with probability {describe_quantity(c.reliability)}")
    return full_stop(f"{c.label or c.id} [{c.id}]: {'. '.join(parts)}")


def _in_force(c: Commitment, words: Words, start: dt.date) -> str:
    signed = f"signed {date(c.signed)}, " if c.signed else ""
    if c.in_force_from is None or c.in_force_from <= start:
        text = f"in force since {date(c.in_force_from)}" if c.in_force_from else f"{signed}in force"
    else:
        text = f"{signed}not in force before {date(c.in_force_from)}"
    late = [f"{words.state(name)} from {date(day)}" for name, day in sorted(c.joined.items()) if day > start]
    gone = [f"{words.state(name)} only until {date(day)}" for name, day in sorted(c.left.items())]
    text += f", {listing([*late, *gone])}" if late or gone else ""
    return capitalised(text + (f", until {date(c.in_force_until)}" if c.in_force_until else ""))


def describe_event(event: Event, words: Words, start: dt.date, horizon: float) -> str:
    """What may happen, by whom, when, how likely, on what conditions, and who will believe it.

    Parameters
    ----------
    start, horizon : first day of the simulation and its length in days, to say what a hazard comes to
    """
    deed = words.state(event.actor) if event.act else f"by {words.state(event.actor)}"
    deed += f" acts on {words.rung(event.act)}" if event.act else ""
    deed += f" against {words.state(event.toward)}" if event.toward else ""
    deed += f" in support of {words.state(event.in_support_of)}" if event.in_support_of else ""
    timing = _hazard(event.hazard, start, horizon) if event.hazard else _dated(event)
    parts = [capitalised(f"{deed}, {timing}")]
    if event.when:
        parts.append(f"Only if {describe_conditions(event.when, words)}")
    if event.troops:
        parts.append(f"Brings {describe_quantity(event.troops)} troops")
    if event.recruits_per_week:
        parts.append(f"Brings {describe_quantity(event.recruits_per_week)} more recruits a week from then on")
    if event.withdraws:
        parts.append("Ends the standing support and takes all troops away")
    if event.believed:
        parts.append(capitalised(listing(_beliefs(event, words))))
    return full_stop(f"{capitalised(event.label or event.id)} [{event.id}]: {'. '.join(parts)}")


def _hazard(hazard: Hazard, start: dt.date, horizon: float) -> str:
    if not is_random(hazard.rate) and middle(hazard.rate) == 0.0:
        return "never: its rate is set to 0"
    first = max(0.0, float((hazard.from_ - start).days)) if hazard.from_ else 0.0
    last = min(horizon, float((hazard.until - start).days)) if hazard.until else horizon
    chance = -math.expm1(-middle(hazard.rate) * max(0.0, last - first) / DAYS[hazard.per])
    dates = f" from {date(hazard.from_)} on" if hazard.from_ else ""
    dates += f" until {date(hazard.until)}" if hazard.until else ""
    return (
        f"once at any time{dates}, at a rate of {describe_quantity(hazard.rate)} a {hazard.per}; at the median and "
        f"before rules move it, that is a probability of {number(chance)} by the end"
    )


def _dated(event: Event) -> str:
    chance = event.probability
    certain = chance is None or (not is_random(chance) and middle(chance) == 1.0)
    if chance is not None and not is_random(chance) and middle(chance) == 0.0:
        return "never: its probability is set to 0"
    how = "for certain" if chance is None or certain else f"with probability {describe_quantity(chance)}"
    if event.between:
        return f"some day from {date(event.between[0])} to {date(event.between[1])}, {how}"
    return f"on {date(event.on)}, {how}" if event.on else how


def _beliefs(event: Event, words: Words) -> Iterator[str]:
    named = {name: chance for name, chance in event.believed.items() if name != "others"}
    for name, chance in named.items():
        yield f"{words.state(name)} {_belief(chance)}"
    others = event.believed.get("others")
    yield f"each other state {_belief(others)}" if others else "all others believe it"


def _belief(chance: Quantity) -> str:
    if chance.dist is None and middle(chance) in (0.0, 1.0):
        return "believes it" if middle(chance) else "does not believe it"
    return f"believes it with probability {describe_quantity(chance)}"


def describe_effort(effort: Effort, words: Words) -> str:
    """The numbers of a war effort."""
    say = describe_quantity
    return (
        f"{capitalised(words.state(effort.state))}: {say(effort.troops)} troops of {say(effort.needed)} needed; loses "
        f"{say(effort.losses_per_week)} a week, in winter times {say(effort.winter_losses)}; recruits "
        f"{say(effort.recruits_per_week)} a week; can bear to miss a share of {say(effort.tolerance)}; a foreign "
        f"soldier in the rear is worth {say(effort.rear_value)} of one at the front."
    )


def strain_at_start(effort: Effort, scenario: Scenario, draw: Draw) -> float:
    """Strain of a war effort on the first day, in one draw of the numbers (medians where the draw has none).

    Returns
    -------
    float in [0, 1]
        Foreign soldiers count: in full on a rung of combat, at `rear_value` below it.
    """

    def value(path: str, quantity: Quantity) -> float:
        return draw[path] if path in draw else middle(quantity)

    own = f"efforts.{effort.state}"
    rear = value(f"{own}.rear_value", effort.rear_value)
    joins = {rung.id: rung.joins_war for rung in scenario.ladder}
    present = value(f"{own}.troops", effort.troops)
    for row in scenario.support:
        if row.to == effort.state and row.troops:
            present += value(f"support.{row.id}.troops", row.troops) * (1.0 if joins[row.rung] else rear)
    needed = value(f"{own}.needed", effort.needed)
    return float(strain_of(present, needed, value(f"{own}.tolerance", effort.tolerance)))


def describe_outcome(outcome: Outcome, words: Words) -> str:
    """When an outcome counts as come about, in the model and in its own words, and in which windows it is asked for."""
    clauses = outcome.any_of or (outcome.when,)
    when = ", or ".join(describe_conditions(clause, words) for clause in clauses)
    windows = f"; within {listing(f'{length:g}' for length in outcome.windows)} days" if outcome.windows else ""
    head = f"{capitalised(outcome.label)} [{outcome.id}; {outcome.kind}{windows}]"
    return full_stop(f"{head}: counted when {when}. {outcome.resolution}")
