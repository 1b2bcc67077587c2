"""Parts of a scenario as sentences: numbers, selectors, conditions, rules.

Pure functions of schema objects. `Words` says what ids are called; without one, ids speak for themselves.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Mapping

import numpy as np

from escalation_sim.scenario.graph import plain
from escalation_sim.scenario.numbers import is_random, middle, quantile
from escalation_sim.scenario.schema import (
    RELATIONS,
    ActCondition,
    AnyoneBut,
    CalendarCondition,
    Condition,
    MemoryCondition,
    Quantity,
    Rule,
    Selector,
    StandingCondition,
    WarCondition,
)
from escalation_sim.scenario.words import Words, capitalised, counted, date, duration, listing, number, possessive

_ONE_SIGMA = (0.158655, 0.841345)
IDS = Words()


def describe_quantity(quantity: Quantity) -> str:
    """A number; if it is uncertain, its median and the range that holds 90 % of the belief.

    >>> describe_quantity(Quantity(value=3000.0)), describe_quantity(Quantity(dist="beta", a=8.0, b=2.0))
    ('3,000', '0.82 (5–95 %: 0.57–0.96)')
    """
    if not is_random(quantity):
        value = middle(quantity)
        return number(value) if abs(value) < 1000 else f"{value:,.10g}"
    low, mid, high = (number(float(x)) for x in quantile(quantity, np.array([0.05, 0.5, 0.95])))
    return f"{mid} (5–95 %: {low} to {high})" if "-" in low + high else f"{mid} (5–95 %: {low}–{high})"


def describe_selector(selector: Selector, words: Words = IDS) -> str:
    """Which states a selector means.

    >>> describe_selector(("GBR", "FRA")), describe_selector(AnyoneBut(anyone_but=("UKR", "RUS")))
    ('GBR or FRA', 'any state but UKR and RUS')
    """
    if isinstance(selector, AnyoneBut):
        parties = (words.party(name).replace("any party", "the parties") for name in selector.anyone_but)
        return f"any state but {listing(parties)}"
    return words.party(selector) if isinstance(selector, str) else listing(map(words.party, selector), "or")


def describe_conditions(conditions: Iterable[Condition], words: Words = IDS) -> str:
    """All of the conditions, joined by "and"; empty if there are none."""
    return " and ".join(describe_condition(condition, words) for condition in conditions)


def describe_condition(condition: Condition, words: Words = IDS) -> str:
    """What must be so for a condition to hold, as a clause that can follow "if".

    >>> describe_condition(Condition.model_validate({"not": {"event": "main_body"}}))
    '“main_body” has not happened'
    """
    inner, turned = plain(condition)
    no = " not" if turned else ""
    if inner.act:
        return _act(inner.act, words, turned)
    if inner.standing:
        return _standing(inner.standing, words, turned)
    if inner.war:
        return _war(inner.war, words, turned)
    if inner.calendar:
        return _calendar(inner.calendar, turned)
    if inner.memory:
        return _memory(inner.memory, words, turned)
    if inner.commitment:
        status = {"in_force": f"is{no} in force", "triggered": f"has{no} been triggered"}
        honoured = f"has{no} been triggered and honoured"
        return f"{words.pact(inner.commitment.id)} {status.get(inner.commitment.status, honoured)}"
    if inner.strain:
        bound = f"{'below' if turned else 'at least'} {inner.strain.at_least:g}"
        return f"the strain of {possessive(words.party(inner.strain.of))} war effort is {bound}"
    if inner.belligerents:
        n = inner.belligerents.at_least
        return f"{'fewer than' if turned else 'at least'} {counted(n, 'state')} {'is' if n == 1 else 'are'} at war"
    if inner.event:
        return f"{words.event(inner.event)} has{no} happened"
    if inner.outcome:
        return f"the outcome {words.outcome(inner.outcome)} has{no} come about"
    return f"{'no ' if turned else ''}nuclear powers fight on opposing sides"


def _negation(subject: Selector, words: Words, turned: bool) -> tuple[str, str]:
    """How a clause is turned round: by "not" where one state is its subject, as a whole otherwise."""
    if not turned:
        return "", ""
    one_state = isinstance(subject, str) and (subject in words.states or subject not in {*RELATIONS, *words.pacts})
    return ("", " not") if one_state or subject in ("actor", "toward") else ("it is not the case that ", "")


def _act(act: ActCondition, words: Words, turned: bool) -> str:
    denied, no = _negation(act.by, words, turned)
    parts = [f"{denied}{describe_selector(act.by, words)} has{no} acted on {_span(act.at_least, act.at_most, words)}"]
    if act.toward != "anyone":
        parts.append(f"against {describe_selector(act.toward, words)}")
    if act.in_support_of is not None:
        parts.append(f"in support of {describe_selector(act.in_support_of, words)}")
    if act.magnitude_at_least:
        parts.append(f"with at least {act.magnitude_at_least:,.10g} troops")
    if act.within is not None:
        parts.append(f"within the last {duration(act.within)}")
    return " ".join(parts)


def _span(low: str, high: str | None, words: Words) -> str:
    if high == low:
        return f"exactly {words.rung(low)}"
    return f"{words.rung(low)} to {words.rung(high)}" if high else f"{words.rung(low)} or above"


def _standing(standing: StandingCondition, words: Words, turned: bool) -> str:
    helped = "a partner" if standing.in_support_of is None else describe_selector(standing.in_support_of, words)
    level = f"{words.rung(standing.at_least)} or above"
    denied, no = _negation(standing.by, words, turned)
    return f"{denied}{describe_selector(standing.by, words)} is{no} supporting {helped} on {level}"


def _war(war: WarCondition, words: Words, turned: bool) -> str:
    one, other = (describe_selector(side, words) for side in war.between)
    if war.status == "on":
        denied, no = _negation(war.between[0], words, turned)
        return f"{denied}{one} is{no} at war with {other}"
    return (
        f"{'no' if turned else 'a'} war between {one} and {other} has {'begun' if war.status == 'began' else 'ended'}"
    )


def _calendar(when: CalendarCondition, turned: bool) -> str:
    if when.months:
        named = listing([calendar.month_name[month] for month in when.months], "or")
        return f"the month is {'not ' if turned else ''}{named}"
    if turned:
        parts = [f"before {date(when.from_)}"] if when.from_ else []
        parts += [f"on or after {date(when.until)}"] if when.until else []
        return f"the date is {' or '.join(parts)}"
    parts = [f"on or after {date(when.from_)}"] if when.from_ else []
    parts += [f"before {date(when.until)}"] if when.until else []
    return f"the date is {' and '.join(parts)}"


def _memory(memory: MemoryCondition, words: Words, turned: bool) -> str:
    doer, sufferer = (words.actor, words.target) if memory.of == "own" else (words.target, words.actor)
    what = {"fast": "recent acts", "slow": "acts over the years", "worst": "worst act"}[memory.kind]
    bound = f"{'below' if turned else 'at least'} {memory.at_least:g}"
    return f"the memory of {possessive(doer)} {what} against {sufferer} is {bound} (0 to 1)"


def spread(quantity: Quantity) -> float:
    """Standard deviation of a number, or half the range of 68 % where it has another distribution than the normal."""
    if not is_random(quantity):
        return 0.0
    low, high = quantile(quantity, np.array(_ONE_SIGMA))
    return float(high - low) / 2.0


def describe_effect(gate: str, quantity: Quantity, sd: float = 0.0, words: Words = IDS) -> str:
    """What one effect of a rule does to the odds at a gate.

    Parameters
    ----------
    gate : id of a rung, id of an event, or `war_end`
    quantity : log-odds
    sd : doubt about the rule as a whole, in log-odds (its `uncertainty`)

    >>> describe_effect("arm", Quantity(value=1.1), 0.6)
    'multiplies the odds of “arm” by about 3.0 (log-odds +1.1 ± 0.6)'
    """
    return describe_effects({gate: quantity}, sd, words)


def describe_effects(effects: Mapping[str, Quantity], sd: float = 0.0, words: Words = IDS) -> str:
    """What a rule does to the odds at its gates, those it raises first; `sd` as in `describe_effect`.

    >>> describe_effects({"arm": Quantity(value=-0.7), "war": Quantity(value=-2.3), "war_end": Quantity(value=0.0)})
    'divides the odds of “arm” by about 2.0 (log-odds -0.7) and of “war” by about 10 (-2.3) and leaves those of an
    end of the war as they are on average (log-odds 0.0)'
    """
    said: dict[str, list[str]] = {"multiplies": [], "divides": [], "leaves": []}
    for gate, quantity in effects.items():
        shift, doubt = middle(quantity), math.hypot(spread(quantity), sd)
        verb = "leaves" if shift == 0 else "multiplies" if shift > 0 else "divides"
        unit = "" if said[verb] else "log-odds "
        size = f"({unit}{_log_odds(shift)}" + (f" ± {_log_odds(doubt).lstrip('+')})" if doubt else ")")
        by = "as they are on average" if verb == "leaves" else f"by about {_times(shift)}"
        said[verb].append(f"of {_gate(gate, words)} {by} {size}")
    verbs = [verb for verb, parts in said.items() if parts]
    clauses = [f"{verb} {'those' if verb != verbs[0] else 'the odds'} {listing(said[verb])}" for verb in verbs]
    return listing(clauses)


def _gate(gate: str, words: Words) -> str:
    if gate == "war_end":
        return "an end of the war"
    return f"the event {words.event(gate)}" if gate in words.events else words.rung(gate)


def _log_odds(value: float) -> str:
    """With one digit after the point, or two where they say something; a plus sign unless it is nothing."""
    text = f"{value:+.2f}".removesuffix("0")
    return text[1:] if float(text) == 0 else text


def _times(shift: float) -> str:
    factor = math.exp(min(abs(shift), 50.0))
    return f"{factor:.1f}" if factor < 9.95 else f"{factor:,.0f}" if factor < 1e4 else f"{factor:.0e}"


def describe_rule(rule: Rule, words: Words = IDS) -> str:
    """Whom a rule concerns, when it fires, what it does and why, without its id."""
    here = words.seen_from(rule)
    sd = rule.uncertainty.sd if rule.uncertainty else 0.0
    effects = [describe_effects(rule.then, sd, here)] if rule.then else []
    if rule.not_above is not None:
        effects.append(f"keeps it to {here.rung(rule.not_above)} or below")
    phase = {"both": "", "initiative": ", on its own initiative", "reply": ", in reply"}[rule.phase]
    actor = "any state at war" if rule.actor == "belligerent" else describe_selector(rule.actor, here)
    toward = f" against {describe_selector(rule.toward, here)}"
    when = f", if {describe_conditions(rule.when, here)}" if rule.when else ", at all times"
    why = f". Why: {capitalised(rule.because)}" if rule.because else ""  # reasons are written as notes, not as clauses
    return f"{capitalised(actor)}{toward}{phase}{when}: {listing(effects)}{why}"
