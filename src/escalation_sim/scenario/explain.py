"""A resolved scenario told to an analyst: who can do what against whom, what may happen, and how sure all of it is."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.accounts import (
    describe_commitment,
    describe_effort,
    describe_event,
    describe_outcome,
    describe_support,
    describe_war,
    full_stop,
    strain_at_start,
)
from escalation_sim.scenario.confidence import foundations, uncertain
from escalation_sim.scenario.graph import plain
from escalation_sim.scenario.levers import describe
from escalation_sim.scenario.messages import unknown
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.reach import Reaches, needs_help, reasons
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Rule, Scenario
from escalation_sim.scenario.sentences import describe_rule
from escalation_sim.scenario.words import Words, capitalised, counted, date, duration, listing

Lines = Iterator[str]
_DRAWS = 200  # for the strain at the start; its 5 % and 95 % points then move by about 0.02
_EACH = "\0"


def explain(scenario: Scenario, state: str | None = None, width: int = 100) -> str:
    """Tell what a scenario says, in plain English.

    Parameters
    ----------
    scenario : Scenario
        It is resolved first, which changes nothing if it was already.
    state : str, optional
        Id of a state: tell only what concerns it.
    width : int
        Characters in a line.

    Returns
    -------
    str
        Lines of at most `width` characters, without a newline at the end.

    Raises
    ------
    ScenarioError
        If the scenario has no such state, or cannot be resolved.

    >>> from escalation_sim.scenario.load import load
    >>> print(explain(load("library:starter"), "PHL").splitlines()[0])
    A first scenario
    """
    levers, scenario = scenario.levers, resolve(scenario)
    known = [one.id for one in scenario.states]
    if state is not None and state not in known:
        raise ScenarioError([unknown("state", state, known)])
    telling = _Telling(scenario, state)
    parts: list[tuple[str, Lines]] = [
        ("", telling.overview()),
        (f"What {telling.subject} can do" if state else "Who can act against whom", telling.doing()),
        (f"What can be done to {telling.subject}", telling.suffering()),
        ("Wars and standing support", telling.wars()),
        ("Commitments", telling.commitments()),
        ("Events that may happen", telling.events()),
        ("Rules that may fire", telling.rules()),
        ("War effort", telling.efforts()),
        ("Outcomes", telling.outcomes()),
    ]
    if state is None:
        parts += [("Levers", (f"- {told}" for told in describe(levers, telling.words.state)))]
        parts += [("What is uncertain", uncertain(scenario)), ("What it rests on", foundations(scenario))]
    return "\n\n".join(filled for title, lines in parts if (filled := _section(title, lines, width)))


def _section(title: str, lines: Iterable[str], width: int) -> str:
    """A title over wrapped lines: "- " begins an item, anything else a paragraph. Empty without lines."""
    out = [_wrapped(line, width) for line in lines]
    if out and title:
        heading = textwrap.wrap(title, width)
        out = [*heading, "-" * max(map(len, heading)), *out]
    return "\n".join(out)


def _wrapped(line: str, width: int) -> str:
    item = line.startswith("- ")
    bound = line.replace("95 %", "95\0%").replace(" ± ", "\0±\0")  # no line ends between a number and its sign
    first, later = ("  ", "    ") if item else ("", "")
    filled = textwrap.fill(bound, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
    return filled.replace("\0", " ")


def _mentions(node: Any, names: set[str]) -> bool:
    """Whether any of the names stands anywhere in a block, free text left aside."""
    if isinstance(node, str):
        return node in names
    if isinstance(node, BaseModel):
        told = {"label", "source", "because", "basis", "resolution"}
        return any(_mentions(getattr(node, key), names) for key in type(node).model_fields if key not in told)
    if isinstance(node, dict):
        return any(key in names or _mentions(value, names) for key, value in node.items())
    return isinstance(node, tuple) and any(_mentions(item, names) for item in node)


class _Telling:
    """The sections of one explanation, each a generator of lines still to be wrapped."""

    def __init__(self, scenario: Scenario, state: str | None) -> None:
        self.scenario, self.state, self.words = scenario, state, Words.of(scenario)
        self.reaches = Reaches(scenario)
        self.graph, self.why = self.reaches.graph, reasons(self.reaches, self.words)
        self.subject = self.words.state(state) if state else ""
        pacts = {c.id for c in scenario.commitments if state in self.graph.members(c)}
        self.names = {state, *pacts} if state else set()

    def concerns(self, block: BaseModel) -> bool:
        """Whether a block belongs into this explanation."""
        return self.state is None or _mentions(block, self.names)

    # ------------------------------------------------------------------------------------------------- the crisis

    def overview(self) -> Lines:
        s = self.scenario
        yield s.title
        yield "=" * min(len(s.title), 72)
        if s.description:
            yield s.description.strip()
        yield ""
        n = math.ceil(s.horizon / s.tick - 1e-9)
        yield (
            f"Starts on {date(s.start)} and runs {s.horizon:g} days in {counted(n, 'step')} of {duration(s.tick)}. In "
            f"each, every state may take the initiative against any other it has to do with, and then "
            f"{('nobody replies', 'those acted upon may reply')[s.reply_rounds > 0]}. It has "
            f"{counted(len(s.states), 'state')}, {counted(len(self.graph.dyads), 'pair')} of them with something at "
            f"stake between the two, {counted(len(s.rules), 'rule')}, {counted(len(s.events), 'event')} and "
            f"{counted(len(s.outcomes), 'outcome')}."
        )
        rungs = [f"{k} {rung.label}" for k, rung in enumerate(s.ladder)]
        yield f"The ladder, rung by rung: {'; '.join(rungs)}."

    # ---------------------------------------------------------------------------------------------- who can do what

    def doing(self) -> Lines:
        yield "Up to which rung, and why the two have to do with each other. How likely it is, only a run can tell."
        for actor in sorted(self.graph.states, key=self._by_name):
            if self.state not in (None, actor):
                continue
            armed = "has nuclear weapons" if actor in self.reaches.structure.nuclear else "no nuclear weapons"
            alike: dict[tuple[str, str], list[str]] = {}  # targets that differ in nothing but their names
            targets = sorted((b for a, b in self.reaches.edges if a == actor), key=self._by_name)
            for target in targets:
                name = self.words.state(target)
                why = "; ".join(self.why[min(actor, target), max(actor, target)]).replace(name, _EACH)
                alike.setdefault((self._reach(actor, target), why), []).append(name)
            who = f"{capitalised(self.words.state(actor))} ({actor}; {armed})"
            yield f"{who} can act against {counted(len(targets), 'state')}{':' if targets else '.'}"
            for (reach, why), names in alike.items():
                why = why.replace(_EACH, names[0] if len(names) == 1 else "each of them")
                yield f"- {capitalised(listing(names))}, {reach}. Why: {why}."

    def _by_name(self, state: str) -> str:
        return self.words.state(state).removeprefix("the ")

    def suffering(self) -> Lines:
        for actor, target in self.reaches.edges:
            if target == self.state:
                yield f"- By {self.words.state(actor)}, {self._reach(actor, target)}."

    def _reach(self, actor: str, target: str) -> str:
        words, reach = self.words, self.reaches.of(actor, target)
        parts = [f"{'at war now, ' if reach.at_war else ''}up to {words.rung(reach.top)}"]
        if reach.helps:
            parts.append(f"also beside {listing(map(words.state, reach.helps))}")
        elif reach.could_help and self.state:
            parts.append(f"also beside {listing(map(words.state, reach.could_help), 'or')} once they are in conflict")
        needs = {rung.id: rung.needs for rung in self.scenario.ladder}
        alone = [words.rung(rung) for rung in reach.barred if needs_help(needs[rung])]
        shut = [words.rung(rung) for rung in reach.barred if not needs_help(needs[rung])]
        if alone:
            parts.append(f"not {listing(alone, 'or')} for want of a partner to support")
        if shut:
            parts.append(f"never {listing(shut, 'or')}")
        reasons_given = [c for c in self.scenario.closed if actor in c.by and target in c.toward and c.because]
        closed = [f"{listing(map(words.rung, c.rungs))} closed: {c.because}" for c in reasons_given]
        return ", ".join(parts) + (f" ({'; '.join(closed)})" if closed else "")

    def wars(self) -> Lines:
        for war in filter(self.concerns, self.scenario.wars):
            yield f"- {describe_war(war, self.words)}"
        for row in filter(self.concerns, self.scenario.support):
            yield f"- {describe_support(row, self.words)}"

    def commitments(self) -> Lines:
        chosen = [c for c in self.scenario.commitments if self.state in (None, *self.graph.members(c))]
        if chosen:
            yield "Whether each pledge is kept is drawn once in every replicate, apart from whether it is called up."
        for c in chosen:
            yield f"- {describe_commitment(c, self.words, self.scenario.start)}"

    # --------------------------------------------------------------------------------------------- what may happen

    def events(self) -> Lines:
        spoken_of = {condition.event for rule in self._rules() for condition, _ in map(plain, rule.when)}
        gates = {gate for rule in self._rules() for gate in rule.then}
        chosen = [e for e in self.scenario.events if self.concerns(e) or e.id in spoken_of | gates]
        for event in chosen:
            told = describe_event(event, self.words, self.scenario.start, self.scenario.horizon)
            rest = [o.id for o in self.scenario.events if o.one_of and o.one_of == event.one_of and o is not event]
            yield f"- {told}" + (f" Excludes {listing(map(self.words.event, rest))}." if rest else "")

    def _rules(self) -> tuple[Rule, ...]:
        """The rules to tell: all; or where the state acts, then those of others that name it as their target."""
        every = self.scenario.rules
        if self.state is None:
            return every
        own = [rule for rule in every if self.state in self.graph.select(rule.actor)]
        against = [rule for rule in every if rule not in own and _mentions(rule.toward, self.names)]
        return (*own, *against)

    def rules(self) -> Lines:
        rules = self._rules()
        if rules:
            yield (
                "Odds are those of climbing on to a rung once the rungs below it are reached; of an event or of peace, "
                "those of one week. A state goes by what it believes has happened."
            )
        for rule in rules:
            yield full_stop(f"- [{rule.id}] {describe_rule(rule, self.words)}")

    def efforts(self) -> Lines:
        chosen = [effort for effort in self.scenario.efforts if self.state in (None, effort.state)]
        draws = parameter_draws(self.scenario.model_copy(update={"rules": ()}), 1, _DRAWS) if chosen else []
        if chosen:
            yield (
                "Strain is the share of the needed troops that is missing, over the share that the state can bear to "
                "miss: 0 is none, 1 is all it can bear."
            )
        for effort in chosen:
            low, mid, high = np.quantile(
                [strain_at_start(effort, self.scenario, draw) for draw in draws], (0.05, 0.5, 0.95)
            )
            strain = f"{mid:.2f} (5–95 %: {low:.2f}–{high:.2f})"
            yield f"- {describe_effort(effort, self.words)} Strain at the start, from these: {strain}."

    def outcomes(self) -> Lines:
        for outcome in filter(self.concerns, self.scenario.outcomes):
            yield f"- {describe_outcome(outcome, self.words)}"
