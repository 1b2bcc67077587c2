"""From a place in [0, 1) to the value that a variable of a design takes there, and to the settings that make it so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.designs import BASE, OWN, Variable
from escalation_sim.scenario.layers import Tree
from escalation_sim.scenario.load import compose
from escalation_sim.scenario.messages import Marks, did_you_mean
from escalation_sim.scenario.numbers import is_random, quantile, quantities
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Quantity, Scenario

_EDGE = 1e-6  # quantiles nearer to 0 or 1 than this are those of the edge: some distributions have none beyond
_PLAUSIBLE = 0.001  # the ends at which a distribution is tried out before anything is run

OTHER_QUESTIONS = "changes what is asked; let a design leave outcomes, windows and the horizon alone"
Value = float | int | bool | str


class Setting(NamedTuple):
    """What one value of a variable lays over a scenario."""

    variants: tuple[str, ...]
    settings: tuple[str, ...]


def setting_of(path: str | None, value: Value) -> Setting:
    """The variant, or the setting of a path, that gives a variable its value.

    >>> setting_of("events.aid.probability", 0.5), setting_of(None, "surge"), setting_of(None, "base")[0]
    (Setting(variants=(), settings=('events.aid.probability=0.5',)), Setting(variants=('surge',), settings=()), ())
    """
    if path is None:
        return Setting(() if value == BASE else (str(value),), ())
    return Setting((), (f"{path}={json.dumps(value, ensure_ascii=False)}",))


def composed(tree: Tree, changes: Sequence[Setting], variants: Sequence[str], settings: Sequence[str]) -> Scenario:
    """A scenario with variants and settings, and then what each variable of a design sets; not yet resolved."""
    laid = [name for change in changes for name in change.variants]
    put = [text for change in changes for text in change.settings]
    return compose(tree, [*variants, *laid], [*settings, *put])


def values_at(variable: Variable, u: npt.NDArray[np.float64], own: Mapping[str, Quantity]) -> list[Value]:
    """Values of a variable at places `u` in [0, 1]: quantiles of its range or distribution, or its choices in turn.

    Parameters
    ----------
    variable : Variable
    u : array, shape (n,)
    own : mapping
        Dotted path -> number of the resolved scenario, for `distribution: scenario`.

    Raises
    ------
    ScenarioError
        If the scenario has no such number, or none that is uncertain.

    >>> from escalation_sim.scenario.designs import Variable
    >>> said = {"id": "troops", "set": "events.aid.troops", "between": (10.0, 1000.0), "log": True}
    >>> values_at(Variable.model_validate(said), np.array([0.0, 0.5, 1.0]), {})
    [10.0, 100.0, 1000.0]
    """
    choices = variable.values or variable.variants
    if choices:
        return [choices[min(int(x * len(choices)), len(choices) - 1)] for x in u]
    inner = np.clip(u, _EDGE, 1.0 - _EDGE)
    if variable.between is not None:
        low, high = variable.between
        drawn = low * (high / low) ** u if variable.log else low + (high - low) * u
        drawn = np.where(u >= 1.0, high, drawn)  # the end itself, not what rounding makes of it
    elif isinstance(variable.distribution, Quantity):
        drawn = quantile(variable.distribution, inner)
    else:
        drawn = quantile(_own(variable, own), inner)
    return [float(x) for x in drawn]


def _own(variable: Variable, own: Mapping[str, Quantity]) -> Quantity:
    """The distribution that a number has in the scenario."""
    found = own.get(variable.set_ or "")
    if found is None:
        near = did_you_mean(variable.set_ or "", own)
        raise ScenarioError([f"the scenario has no number '{variable.set_}'{near}"])
    if not is_random(found):
        raise ScenarioError([f"'{variable.set_}' has no distribution in the scenario; give it one, or a range"])
    return found


def levels_of(variable: Variable) -> list[Value]:
    """The levels of a variable of a grid, in their order."""
    if variable.between is None:
        return list(variable.values or variable.variants)
    return values_at(variable, np.linspace(0.0, 1.0, variable.levels or 2), {})


def own_numbers(
    tree: Tree, variables: Sequence[Variable], variants: Sequence[str] = (), settings: Sequence[str] = ()
) -> dict[str, Quantity]:
    """Dotted path -> number of the resolved scenario that a sweep starts from; empty if no variable asks."""
    if not any(one.distribution == OWN for one in variables):
        return {}
    return dict(quantities(resolve(composed(tree, (), variants, settings))))


def extremes(variable: Variable, own: Mapping[str, Quantity]) -> list[Value]:
    """Values at which a variable is tried out: both ends of a range, nearly those of a distribution, all choices."""
    numbers = [one for one in variable.values if isinstance(one, (int, float)) and not isinstance(one, bool)]
    others = [one for one in (*variable.values, *variable.variants) if one not in numbers or isinstance(one, bool)]
    if numbers or others:
        return [*sorted({min(numbers), max(numbers)} if numbers else ()), *others]
    ends = (0.0, 1.0) if variable.between is not None else (_PLAUSIBLE, 1.0 - _PLAUSIBLE)
    return values_at(variable, np.array(ends), own)


def questions(scenario: Scenario) -> list[tuple[object, ...]]:
    """What a resolved scenario asks; the same at every point of a sweep, else its rows would not compare."""
    return [(one.id, one.windows, one.resolution, scenario.horizon) for one in scenario.outcomes]


def faults(
    tree: Tree,
    variables: Sequence[Variable],
    variants: Sequence[str] = (),
    settings: Sequence[str] = (),
    marks: Marks | None = None,
) -> Iterator[str]:
    """What is wrong with the variables of a design, a line each: every one alone is set to its extremes.

    The lines begin with the places of the variables, if those of the design are given.
    """
    try:
        own = own_numbers(tree, variables, variants, settings)
        first = resolve(composed(tree, (), variants, settings))
    except ScenarioError as error:
        place = marks.place(("set",)) if marks and settings else None
        yield from (f"{place}: {line}" if place and line.startswith("--set") else line for line in error.problems)
        return
    for variable in variables:
        place = marks.place(("variables", variable.id)) if marks else None
        where = f"{place}: variable '{variable.id}'" if place else f"variable '{variable.id}'"
        try:
            for value in extremes(variable, own):
                whole = resolve(composed(tree, [setting_of(variable.set_, value)], variants, settings))
                if questions(whole) != questions(first):
                    yield f"{where} at {value}: {OTHER_QUESTIONS}"
        except ScenarioError as error:
            yield from (f"{where}: {line}" for line in error.problems)
