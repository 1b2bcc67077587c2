"""What things are called in a sentence: states, rungs, events, numbers, dates, lists."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from escalation_sim.scenario.schema import Rule, Scenario

_ARTICLE = re.compile(
    r"^(United|Rest of)\b|\b(Emirates|Netherlands|Philippines|Republic|Islands|Kingdom|States|Union)$"
)


def with_article(name: str) -> str:
    """The name of a state as it stands in a sentence.

    >>> with_article("United States"), with_article("Rest of NATO"), with_article("Poland")
    ('the United States', 'the rest of NATO', 'Poland')
    """
    if name.startswith("Rest of "):
        name = "r" + name[1:]
    return f"the {name}" if _ARTICLE.search(name) or name.startswith("rest of ") else name


def spelled_out(scenario: Scenario, texts: Iterable[str]) -> str:
    """What the ids of states in some texts stand for, as a sentence with a space before it; empty if there are none.

    >>> from types import SimpleNamespace as Some
    >>> some = Some(states=[Some(id="AUH", name="Austria-Hungary"), Some(id="SRB", name="Serbia")])
    >>> spelled_out(some, ["AUH goes to war (reply)"])
    ' AUH: Austria-Hungary.'
    """
    used = set(re.findall(r"\w+", " ".join(texts)))
    named = [f"{state.id}: {state.name}" for state in scenario.states if state.id in used and state.name]
    return f" {'; '.join(named)}." if named else ""


def capitalised(text: str) -> str:
    """The text with a capital first letter and the rest as it is.

    >>> capitalised("the United States")
    'The United States'
    """
    return text[:1].upper() + text[1:]


def possessive(name: str) -> str:
    """Whose it is.

    >>> possessive("Russia"), possessive("the United States")
    ("Russia's", "the United States'")
    """
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def listing(items: Iterable[str], last: str = "and") -> str:
    """The items as a list in a sentence.

    >>> listing(["a", "b", "c"]), listing(["a", "b"], "or"), listing(["a"]), listing([])
    ('a, b and c', 'a or b', 'a', '')
    """
    *front, end = list(items) or [""]
    return f"{', '.join(front)} {last} {end}" if front else end


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "rule"), counted(3, "rivalry")
    ('1 rule', '3 rivalries')
    """
    if n != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {noun}"


def number(value: float) -> str:
    """A number as a reader takes it in: three digits that count at most, thousands set apart.

    >>> [number(x) for x in (544871.0, 14.25, 0.8, 0.0362, -1.5, 0.0, 5000.0)]
    ['545,000', '14.2', '0.80', '0.036', '-1.50', '0', '5,000']
    """
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 100:
        return f"{round(value, 2 - math.floor(math.log10(size))):,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.2g}"


def date(day: dt.date) -> str:
    """A date as it is spoken.

    >>> date(dt.date(2024, 10, 24))
    '24 October 2024'
    """
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def duration(days: float) -> str:
    """A length of time in weeks where it is whole weeks, else in days.

    >>> duration(182.0), duration(7.0), duration(30.0), duration(1.5)
    ('26 weeks', '1 week', '30 days', '1.5 days')
    """
    if days % 7 == 0 and days < 365:
        return counted(round(days / 7), "week")
    return f"{days:g} day" + ("" if days == 1 else "s")


@dataclass(frozen=True)
class Words:
    """What the ids of a scenario are called in a sentence, and who `actor` and `toward` are.

    >>> Words().state("KOR"), Words(states={"KOR": "South Korea"}).state("KOR")
    ('KOR', 'South Korea')
    """

    states: Mapping[str, str] = field(default_factory=dict)
    pacts: Mapping[str, str] = field(default_factory=dict)
    rungs: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    actor: str = "the actor"
    target: str = "the target"

    @classmethod
    def of(cls, scenario: Scenario) -> Words:
        """The names and labels that a scenario gives."""
        return cls(
            states={state.id: with_article(state.name or state.id) for state in scenario.states},
            pacts={pact.id: f"“{pact.label or pact.id}”" for pact in scenario.commitments},
            rungs={rung.id: rung.label.partition(" (")[0] for rung in scenario.ladder},
            events={event.id: event.label or event.id for event in scenario.events},
            outcomes={outcome.id: outcome.label for outcome in scenario.outcomes},
        )

    def seen_from(self, rule: Rule) -> Words:
        """The same words with a rule's own states for `actor` and `toward`, where it names just one."""
        actor = self.states.get(rule.actor) if isinstance(rule.actor, str) else None
        target = self.states.get(rule.toward) if isinstance(rule.toward, str) else None
        return replace(self, actor=actor or "the actor", target=target or "the target")

    def state(self, name: str) -> str:
        """The name of a state."""
        return self.states.get(name, name)

    def rung(self, name: str) -> str:
        """The short label of a rung, in quotation marks."""
        return f"“{self.rungs.get(name, name)}”"

    def event(self, name: str) -> str:
        """The label of an event, in quotation marks."""
        return f"“{self.events.get(name, name)}”"

    def pact(self, name: str) -> str:
        """The label of a commitment, in quotation marks."""
        return self.pacts.get(name, f"“{name}”")

    def outcome(self, name: str) -> str:
        """The label of an outcome, in quotation marks."""
        return f"“{self.outcomes.get(name, name)}”"

    def party(self, name: str) -> str:
        """What one word of a selector stands for: a state, the parties to a commitment, or a relation."""
        relations = {
            "anyone": "any state",
            "ally": f"an ally of {self.actor}",
            "partner": f"a partner of {self.actor}",
            "rival": f"a rival of {self.actor}",
            "belligerent": f"a state at war with {self.actor}",
            "actor": self.actor,
            "toward": self.target,
        }
        if name in relations:
            return relations[name]
        return f"any party to {self.pacts[name]}" if name in self.pacts else self.state(name)
