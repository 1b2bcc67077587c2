"""The uncertain numbers of a scenario as sliders: what each is called, how far it goes, and how it is fixed."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from escalation_sim.explorer.words import COVARIATES
from escalation_sim.scenario.numbers import is_random, middle, quantile, quantities
from escalation_sim.scenario.schema import Quantity, Rule, Scenario

_ENDS = (0.01, 0.5, 0.99)  # of a distribution: the ends of its slider and where it stands at first
_UNUSED = "coefficients.violence."  # turns what was played into codings of a crisis record; moves nothing here
_DIGITS = 4
_ORDER = ("", "events", "efforts", "rules", "commitments", "coefficients")  # other blocks come first


class Adjustable(NamedTuple):
    """An uncertain number that a slider can fix.

    Attributes
    ----------
    path : str
        As `--set` takes it.
    words, part : str
        The path in plain words, and the block of the scenario it stands in.
    low, middle, high : float
        The 1 %, 50 % and 99 % quantiles of its distribution.
    unit, basis, because : str
        As the scenario says, or empty.
    """

    path: str
    words: str
    part: str
    low: float
    middle: float
    high: float
    unit: str
    basis: str
    because: str


def adjustable(scenario: Scenario) -> list[Adjustable]:
    """Every uncertain number of a resolved scenario, the general coefficients last.

    >>> from escalation_sim import load, resolve
    >>> adjustable(resolve(load("library:starter")))[0].path
    'events.collision.hazard.rate'
    """
    rules = {rule.id: rule for rule in scenario.rules}
    label = _labels(scenario)
    found = []
    for path, quantity in quantities(scenario):
        parts = path.split(".")
        rule = rules[parts[1]] if parts[0] == "rules" else None
        low, mid, high = _span(quantity, rule.uncertainty.sd if rule and rule.uncertainty else 0.0)
        if low < high and not path.startswith(_UNUSED):
            told = quantity if quantity.because or quantity.source or rule is None else rule
            because = told.because or told.source or ""
            basis = quantity.basis or (rule.basis if rule else None) or ""
            unit = quantity.unit or _unit(parts, scenario)
            found.append(Adjustable(path, _words(parts, label), parts[0], low, mid, high, unit, basis, because))
    return sorted(found, key=lambda one: _ORDER.index(one.part) if one.part in _ORDER else 0)


def settings_of(fixed: Mapping[str, float]) -> list[str]:
    """The `--set` options that fix numbers.

    The effects of a rule share one doubt (`uncertainty`); a number in which it went on would not be fixed, so a rule of
    which one effect is fixed loses it, and its other effects stand at their middle.

    >>> settings_of({"rules.seoul.then.arm": 2.0})
    ['rules.seoul.then.arm=2.0', 'rules.seoul.uncertainty.sd=0']
    """
    rules = dict.fromkeys(path.split(".")[1] for path in fixed if path.startswith("rules."))
    return [f"{path}={value!r}" for path, value in fixed.items()] + [f"rules.{rule}.uncertainty.sd=0" for rule in rules]


def command(file: str, variants: Sequence[str], settings: Sequence[str], luck: tuple[int, int]) -> str:
    """The command that runs the real ensemble; `luck` is seed and number of parameter draws.

    >>> command("my crisis.yaml", ["surge"], ["events.aid.probability=0.5"], (1, 100))
    "escalation-sim run 'my crisis.yaml' --with surge --set events.aid.probability=0.5"
    """
    seed, parameters = luck
    words = ["escalation-sim", "run", file]
    words += [word for name in variants for word in ("--with", name)]
    words += [word for text in settings for word in ("--set", text)]
    words += ["--seed", str(seed)] if seed != 1 else []
    words += ["--parameters", str(parameters)] if parameters != 100 else []
    return shlex.join(words)


def rounded(value: float) -> float:
    """A position of a slider with the digits that count.

    >>> rounded(0.123456), rounded(4321.9)
    (0.1235, 4322.0)
    """
    return float(f"{value:.{_DIGITS}g}")


def search(numbers: Sequence[Adjustable], wanted: str, part: str, fixed: Mapping[str, float]) -> list[Adjustable]:
    """Numbers in whose path, words or reasons every word of a text stands; `part` is a block, "fixed" or "all"."""
    words = wanted.lower().split()

    def fits(one: Adjustable) -> bool:
        text = f"{one.path} {one.words} {one.because}".lower()
        of_part = part == "all" or (one.path in fixed if part == "fixed" else one.part == part)
        return of_part and all(word in text for word in words)

    return list(filter(fits, numbers))


def _span(quantity: Quantity, shared: float) -> tuple[float, float, float]:
    """Quantiles of a number; `shared` is the deviation of a normal doubt that is added to it."""
    mid = middle(quantity)
    low, _, high = quantile(quantity, np.array(_ENDS)) if is_random(quantity) else (mid, mid, mid)
    _, _, reach = quantile(Quantity(value=0.0, se=shared), np.array(_ENDS))
    return mid - math.hypot(mid - low, reach), mid, mid + math.hypot(high - mid, reach)


def _unit(parts: Sequence[str], scenario: Scenario) -> str:
    if parts[-1] == "rate":
        return "per " + next(event.hazard.per for event in scenario.events if event.id == parts[1] and event.hazard)
    if parts[0] in {"coefficients", "rules"}:
        return "log-odds"
    return {"probability": "probability", "reliability": "probability"}.get(parts[-1], "")


def _labels(scenario: Scenario) -> dict[str, str]:
    """What ids are called: states, events, commitments, rungs."""
    label = {rung.id: rung.label.partition(" (")[0] for rung in scenario.ladder}
    label |= {state.id: state.name or state.id for state in scenario.states}
    label |= {one.id: one.label or one.id for block in (scenario.events, scenario.commitments) for one in block}
    return label


_PARTS = {
    "probability": "probability", "reliability": "how likely the promise is kept", "rate": "how often it comes",
    "believed": "how likely it is believed by", "intercept": "base level", "war_end": "end of a war",
    "initiative": "initiative", "reply": "reply", "sd": "spread",
}  # fmt: skip


def _words(parts: Sequence[str], label: Mapping[str, str]) -> str:
    """A path in plain words."""
    block, *rest = parts
    said = [part for part in rest if part not in {"hazard", "then"}]
    if block == "rules":
        return f"{_plain(said[0])}: effect on {' '.join(label.get(part, _plain(part)) for part in said[1:])}"
    if block == "coefficients":
        return " · ".join(_coefficient(said, label))
    who, *what = (label.get(part) or _PARTS.get(part) or _plain(part) for part in said or [block])
    return f"{who}: {' '.join(what)}" if what else who


def _coefficient(parts: Sequence[str], label: Mapping[str, str]) -> Iterator[str]:
    for part in parts:
        answered = part.removeprefix("reply_to_")
        if answered != part:
            yield f"in answer to {label.get(answered, _plain(answered))}"
        else:
            yield label.get(part) or _PARTS.get(part) or COVARIATES.get(part) or _plain(part)


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")


def owner_of(path: str, rules: Sequence[Rule]) -> Rule | None:
    """The rule that a number belongs to, if it is one of several effects that share a doubt."""
    parts = path.split(".")
    shared = (rule for rule in rules if parts[:2] == ["rules", rule.id] and rule.uncertainty and len(rule.then) > 1)
    return next(shared, None)
