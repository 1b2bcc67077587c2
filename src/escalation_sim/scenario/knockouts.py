"""What can be switched off in a scenario to see what it does: rules, commitments, events, beliefs, covariates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from escalation_sim.scenario.schema import Event, Quantity, Scenario

OFF = Quantity(value=0.0, basis="elicited", because="switched off")
_BELIEVED = Quantity(value=1.0, basis="elicited", because="switched off: the event is believed")
_OTHERS = "others"
KINDS = ("rule", "commitment", "event", "belief", "covariate")
PLURALS = {kind: f"all {kind}s" for kind in KINDS}

# Covariates that make one thought, in the words of docs/model.md, section 7.4. Intercepts cannot be switched off.
BLOCKS: dict[str, tuple[str, ...]] = {
    "own-memories": ("own_fast", "own_slow", "own_worst"),
    "their-memories": ("their_fast", "their_slow", "their_worst"),
    "power-ratio": ("power_ratio",),
    "nuclear-weapons": ("own_nuclear", "their_nuclear", "both_nuclear"),
    "contiguity": ("contiguous",),
    "rivalry": ("rival",),
    "pact": ("pact",),
    "major-powers": ("own_major", "their_major"),
    "era": ("post_1990",),
    "news-of-partners": ("partner_fresh",),
    "obligation": ("obligation",),
    "supporter": ("supporter",),
    "opposed": ("opposed",),
    "strain": ("strain",),
    "winter": ("winter",),
    "standing": ("standing",),
    "frailty": ("frailty",),
    "first-reply": ("first_reply",),
    "third-parties": ("third_party", "accomplice"),
    "habituation": ("habituation",),
    "rung-replied-to": ("reply_to_*",),
}
_WAR_END = {"war-end-strain": "strain", "war-end-years": "years", "war-end-winter": "winter"}


class Element(NamedTuple):
    """Something that can be switched off; `off` gives the scenario without it.

    `label` is what it is called in a sentence, `because` the reason or source that the scenario gives for it.
    """

    kind: str
    name: str
    off: Callable[[Scenario], Scenario]
    label: str = ""
    because: str = ""


def elements(scenario: Scenario) -> Iterator[Element]:
    """Everything in a resolved scenario that can be switched off, in the order of the kinds and of the file.

    A covariate block all of whose coefficients are zero does nothing and is left out.

    >>> from escalation_sim.scenario.load import load
    >>> from escalation_sim.scenario.resolve import resolve
    >>> sorted({element.kind for element in elements(resolve(load("library:starter")))})
    ['commitment', 'covariate', 'event', 'rule']
    """
    for kind in ("rule", "commitment", "event"):
        for block in getattr(scenario, f"{kind}s"):
            yield Element(kind, block.id, _disabling(f"{kind}s", block.id), _label(block), _reason(block))
    for event in scenario.events:
        for believer, chance in event.believed.items():
            label = f"doubt of {believer} about {_label(event)}"
            yield Element("belief", f"{event.id}.{believer}", _convincing(event.id, believer), label, _reason(chance))
    for name, covariates in BLOCKS.items():
        if any(_counts(row, covariates) for row in _rows(scenario)):
            yield Element("covariate", name, _zeroing(covariates), ", ".join(covariates))
    for name, covariate in _WAR_END.items():
        if _counts(scenario.coefficients.war_end, (covariate,)):
            yield Element("covariate", name, _ending(covariate), f"war_end.{covariate}")


def idle(scenario: Scenario) -> list[str]:
    """Blocks of covariates all of whose coefficients are zero in a resolved scenario.

    >>> from escalation_sim import load, resolve
    >>> idle(resolve(load("library:starter")))
    ['strain', 'winter', 'first-reply']
    """
    busy = {element.name for element in elements(scenario) if element.kind == "covariate"}
    return [name for name in (*BLOCKS, *_WAR_END) if name not in busy]


def _label(block: Any) -> str:
    return getattr(block, "label", None) or str(block.id)


def _reason(block: Any) -> str:
    return block.because or block.source or ""


def together(kind: str, singles: list[Element]) -> Element:
    """Everything of one kind as one element."""
    inside = [element.off for element in singles if element.kind == kind]

    def off(scenario: Scenario) -> Scenario:
        for one in inside:
            scenario = one(scenario)
        return scenario

    return Element(kind, PLURALS[kind], off)


def element_name(row: Mapping[Any, Any]) -> str:
    """What a row of a table of knock-outs is about, by its element_kind and element.

    >>> element_name({"element_kind": "rule", "element": "answer-fire"})
    'rule answer-fire'
    >>> element_name({"element_kind": "rule", "element": "all rules"})
    'all rules'
    """
    whole = row["element"] in PLURALS.values()
    return str(row["element"]) if whole else f"{row['element_kind']} {row['element']}"


def _disabling(field: str, name: str) -> Callable[[Scenario], Scenario]:
    def off(scenario: Scenario) -> Scenario:
        blocks = getattr(scenario, field)
        changed = tuple(one.model_copy(update={"enabled": False}) if one.id == name else one for one in blocks)
        return scenario.model_copy(update={field: changed})

    return off


def _convincing(name: str, believer: str) -> Callable[[Scenario], Scenario]:
    def off(scenario: Scenario) -> Scenario:
        changed = tuple(_believed(one, believer) if one.id == name else one for one in scenario.events)
        return scenario.model_copy(update={"events": changed})

    return off


def _believed(event: Event, believer: str) -> Event:
    """The event without one doubter; a state that falls back to the `others` believes it outright."""
    doubts = {state: chance for state, chance in event.believed.items() if state != believer}
    if believer != _OTHERS and _OTHERS in doubts:
        doubts[believer] = _BELIEVED
    return event.model_copy(update={"believed": doubts})


def _named(covariate: str, names: tuple[str, ...]) -> bool:
    return any(covariate == name or (name.endswith("*") and covariate.startswith(name[:-1])) for name in names)


def _rows(scenario: Scenario) -> Iterator[dict[str, Quantity]]:
    for table in (scenario.coefficients.initiative, scenario.coefficients.reply):
        yield from table.values()


def _counts(row: dict[str, Quantity], names: tuple[str, ...]) -> bool:
    """Whether any of these coefficients can differ from zero."""
    return any(_named(key, names) and (one.value != 0.0 or bool(one.se)) for key, one in row.items())


def _zeroing(names: tuple[str, ...]) -> Callable[[Scenario], Scenario]:
    def row(given: dict[str, Quantity]) -> dict[str, Quantity]:
        return {key: OFF if _named(key, names) else one for key, one in given.items()}

    def off(scenario: Scenario) -> Scenario:
        tables: dict[str, Any] = {
            phase: {gate: row(given) for gate, given in getattr(scenario.coefficients, phase).items()}
            for phase in ("initiative", "reply")
        }
        return scenario.model_copy(update={"coefficients": scenario.coefficients.model_copy(update=tables)})

    return off


def _ending(covariate: str) -> Callable[[Scenario], Scenario]:
    def off(scenario: Scenario) -> Scenario:
        war_end = scenario.coefficients.war_end | {covariate: OFF}
        return scenario.model_copy(
            update={"coefficients": scenario.coefficients.model_copy(update={"war_end": war_end})}
        )

    return off
