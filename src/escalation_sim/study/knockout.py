"""Which assumption carries a result: each switched off in turn, whole kinds together, and pairs of the strongest."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation_sim.scenario.knockouts import KINDS, PLURALS, Element, elements, together
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.compare import Comparison, compare
from escalation_sim.study.ensemble import Ensemble, Size

if TYPE_CHECKING:
    import pandas as pd

REPLICATES, TOP = 2_000, 5  # of each knock-out; elements whose pairs are tried for an outcome


@dataclasses.dataclass(frozen=True)
class Knockout:
    """What a scenario becomes without each of its elements.

    Attributes
    ----------
    comparison : Comparison
        Alternatives by "kind name".
    table : DataFrame
        As `Comparison.differences`, with element_kind, element and edges_gone (ordered pairs of states that could act
        only because of the element) in place of `variant`.
    """

    comparison: Comparison
    table: pd.DataFrame


def planned(scenario: Scenario, kinds: Sequence[str] = ()) -> list[Element]:
    """What will be switched off: the elements of these kinds (all by default), and then each kind as a whole."""
    singles = [element for element in elements(scenario) if not kinds or element.kind in kinds]
    wholes = [together(kind, singles) for kind in KINDS if sum(one.kind == kind for one in singles) > 1]
    return [*singles, *wholes]


def key(*chosen: Element) -> str:
    """The name of a knock-out among the alternatives."""
    return " & ".join(f"{element.kind} {element.name}" for element in chosen)


def knockout(
    scenario: Scenario, plan: Sequence[Element], size: Size, progress: Callable[[int], object] = lambda done: None
) -> Knockout:
    """Switch off each element of a plan, under the same parameter draws and the same luck."""
    whole = resolve(scenario)
    found = compare(whole, {key(element): element.off(whole) for element in plan}, size, progress)
    known = {key(element): element for element in plan}
    table = found.differences().rename(columns={"variant": "element"})
    table.insert(0, "element_kind", [known[name].kind for name in table["element"]])
    gone = {name: _gone(found.baseline, other) for name, other in found.alternatives.items()}
    table.insert(2, "edges_gone", [gone[name] for name in table["element"]])
    table["element"] = [known[name].name for name in table["element"]]
    return Knockout(found, table)


def _gone(baseline: Ensemble, other: Ensemble) -> str:
    """Ordered pairs of states that can act in the baseline and not in the other."""
    return ", ".join(edge for edge in baseline.names.edges if edge not in set(other.names.edges))


def ranked(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Single elements at the longest window of an outcome, the largest change first."""
    own = _last(table, outcome)
    own = own[~own["element"].isin(PLURALS.values())]
    return own.loc[own["difference"].abs().sort_values(ascending=False, kind="stable").index]


def wholes(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Whole kinds at the longest window of an outcome."""
    own = _last(table, outcome)
    return own[own["element"].isin(PLURALS.values())]


def _last(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    own = table[table["outcome"] == outcome]
    return own[own["window_days"] == own["window_days"].max()]


def strongest(found: Knockout, plan: Sequence[Element], outcome: str) -> list[Element]:
    """The elements whose absence changes an outcome most, and is told from zero, at most five."""
    rows = ranked(found.table, outcome)
    told = rows[(rows["mc_low"] > 0.0) | (rows["mc_high"] < 0.0)].head(TOP)
    known = {(element.kind, element.name): element for element in plan}
    return [known[pair] for pair in zip(told["element_kind"], told["element"], strict=True)]


def interactions(
    found: Knockout, plan: Sequence[Element], outcome: str, size: Size, progress: Callable[[int], object]
) -> pd.DataFrame:
    """Whether two of the strongest elements do together what they do apart.

    Returns
    -------
    DataFrame
        A row per pair: outcome, window_days, first, second (with their kinds), difference (without both), sum (of the
        two differences apart), interaction (the one minus the other) with mc_low, mc_high, parameter_low,
        parameter_high, and n.
    """
    import pandas as pd

    from escalation_sim.analysis.pairs import interaction

    chosen = strongest(found, plan, outcome)
    baseline = found.comparison.baseline
    pairs = list(itertools.combinations(chosen, 2))
    both = {key(*pair): pair[1].off(pair[0].off(baseline.scenario)) for pair in pairs}
    if not pairs:
        return pd.DataFrame(columns=list(INTERACTION_COLUMNS))
    joint = compare(baseline.scenario, both, size, progress).alternatives
    window = max(next(one for one in baseline.scenario.outcomes if one.id == outcome).windows or (0.0,))
    apart = found.comparison.alternatives
    start, rows = _within(baseline, outcome, window), []
    for one, other in pairs:
        first, second = (_within(apart[key(element)], outcome, window) for element in (one, other))
        together_ = _within(joint[key(one, other)], outcome, window)
        contrast = interaction((together_ - first - second + start)[:, None], baseline.draw_index)
        change, added = float((together_ - start).mean()), float((first - start).mean() + (second - start).mean())
        ends = (float(end[0]) for end in contrast)
        rows.append((outcome, window, key(one), key(other), change, added, *ends, len(start)))
    return pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS))


INTERACTION_COLUMNS = (
    "outcome", "window_days", "first", "second", "difference", "sum", "interaction", "mc_low", "mc_high",
    "parameter_low", "parameter_high", "n",
)  # fmt: skip


def _within(ensemble: Ensemble, outcome: str, window: float) -> Any:
    """Whether an outcome had come about by the end of a window, (R,), as 0 and 1."""
    day = ensemble.tally.outcome_day[:, ensemble.names.outcomes.index(outcome)]
    return ((day >= 0) & (day <= window)).astype(np.int8)
