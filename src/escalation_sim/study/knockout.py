"""Which assumption carries a result: each switched off in turn, whole kinds together, and pairs of the strongest."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.knockouts import KINDS, PLURALS, Element, elements, together
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.compare import Comparison, beside, compare
from escalation_sim.study.ensemble import Ensemble, Size, asked_for

if TYPE_CHECKING:
    import pandas as pd

REPLICATES, TOP = 2_000, 5  # of each knock-out; elements whose pairs are tried for an outcome
LEAST = 20  # replicates in which an outcome must have been seen to be told without being asked for
ALL = "all"
_CONFIDENCE = 0.95


@dataclasses.dataclass(frozen=True)
class Knockout:
    """What a scenario becomes without each of its elements.

    Attributes
    ----------
    comparison : Comparison
        Alternatives by "kind name".
    table : DataFrame
        As `Comparison.differences`, with element_kind, element, element_label, because, n_edges_gone and edges_gone
        (ordered pairs of states that could act only because of the element) in place of `variant`, and with told (0 or
        1: the difference is told from zero, at 95 % for all knock-outs at once) and sum_of_singles (of whole kinds).
    """

    comparison: Comparison
    table: pd.DataFrame


def planned(scenario: Scenario, kinds: Sequence[str] = ()) -> list[Element]:
    """What will be switched off: the elements of these kinds (all by default), and then each kind as a whole.

    Sorted by kind and name, so that the order of the file changes nothing. A kind of a single element is that element.

    Raises
    ------
    ComparisonError
        If the resolved scenario has nothing of these kinds.
    """
    singles = [element for element in elements(scenario) if not kinds or element.kind in kinds]
    if not singles:
        raise ComparisonError(f"{scenario.id}: has no {' or '.join(kinds or KINDS)} to switch off; leave --kind out")
    singles.sort(key=lambda element: (KINDS.index(element.kind), element.name))
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
    found = compare(whole, {key(element): element.off(whole) for element in plan}, *size, progress)
    return Knockout(found, _table(found, {key(element): element for element in plan}))


def _table(found: Comparison, plan: dict[str, Element]) -> pd.DataFrame:
    """The differences, with what was switched off."""
    table = found.differences.rename(columns={"variant": "element"})
    gone = {name: _gone(found.baseline, other) for name, other in found.alternatives.items()}
    names = list(table["element"])
    table.insert(0, "element_kind", [plan[name].kind for name in names])
    table["element"] = [plan[name].name for name in names]
    table.insert(2, "element_label", [plan[name].label for name in names])
    table.insert(3, "because", [plan[name].because for name in names])
    table.insert(4, "n_edges_gone", [len(gone[name]) for name in names])
    table.insert(5, "edges_gone", [", ".join(gone[name]) for name in names])
    table["told"] = told_at_once(table, len(plan))
    by = ["element_kind", "outcome", "window_days"]
    is_whole = table["element"].isin(PLURALS.values())
    sums = table["difference"].where(~is_whole, 0.0).groupby([table[name] for name in by]).transform("sum")
    table["sum_of_singles"] = sums.where(is_whole)
    return table


def told_at_once(table: pd.DataFrame, tried: int) -> Any:
    """Which differences are told from zero, at 95 % for all that were tried at once (Bonferroni); 0 or 1 a row.

    Dozens are held against one baseline: at 95 % each, some would be told from zero by chance.

    Parameters
    ----------
    table : DataFrame
        With gained, lost, n and n_effective; see `analysis.pairs.difference_table`.
    tried : int, >= 1
        Knock-outs of the table.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"gained": [0, 5], "lost": [30, 0], "n": [4000, 4000], "n_effective": [4000.0, 4000.0]})
    >>> told_at_once(table, 100).tolist()
    [1, 0]
    """
    from escalation_sim.analysis.pairs import paired_interval

    share = table["n_effective"] / table["n"]
    counts = table["gained"] * share, table["lost"] * share, table["n_effective"]
    low, high = paired_interval(*counts, 1.0 - (1.0 - _CONFIDENCE) / tried)
    return ((low > 0.0) | (high < 0.0)).astype(int)


def _gone(baseline: Ensemble, other: Ensemble) -> list[str]:
    """Ordered pairs of states that can act in the baseline and not in the other."""
    left = set(other.names.edges)
    return [edge for edge in baseline.names.edges if edge not in left]


def chosen(baseline: Ensemble, asked: Sequence[str]) -> list[str]:
    """Outcomes to tell of: those asked for (`all`: every one), else those whose paths the scenario shows.

    If it shows none, those seen in at least `LEAST` replicates within their longest window, or the first outcome.
    """
    scenario = baseline.scenario
    if ALL in asked:
        return [outcome.id for outcome in scenario.outcomes]
    if asked or scenario.show.paths:
        return asked_for(scenario, asked)
    longest = baseline.probabilities.sort_values("window_days").groupby("outcome", sort=False).last()
    seen = set(longest.index[longest["count"] >= LEAST])
    return [outcome.id for outcome in scenario.outcomes if outcome.id in seen] or asked_for(scenario, ())


def ranked(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Single elements at the longest window of an outcome, the largest change first."""
    own = _last(table, outcome)
    own = own[~own["element"].isin(PLURALS.values())]
    order = own.assign(least=-own["difference"].abs()).sort_values(["least", "element_kind", "element"])
    return own.loc[order.index]


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
    told = rows[rows["told"] == 1].head(TOP)
    known = {(element.kind, element.name): element for element in plan}
    return [known[pair] for pair in zip(told["element_kind"], told["element"], strict=True)]


Pairs = dict[str, list[tuple[Element, Element]]]


def pairs(found: Knockout, plan: Sequence[Element], outcomes: Sequence[str]) -> Pairs:
    """By outcome, all pairs of its strongest elements, each in the order of their names."""
    return {
        outcome: [
            (min(pair, key=key), max(pair, key=key))
            for pair in itertools.combinations(strongest(found, plan, outcome), 2)
        ]
        for outcome in outcomes
    }


def interactions(
    found: Knockout, tried: Pairs, jobs: int | None = None, progress: Callable[[int], object] = lambda done: None
) -> pd.DataFrame:
    """Whether two of the strongest elements do together what they do apart.

    A pair that several outcomes ask for is run once. `progress` is called with the replicates just finished.

    Returns
    -------
    DataFrame
        A row per outcome and pair: outcome, window_days, first, second (with their kinds), difference (without both),
        sum (of the two differences apart), interaction (the one minus the other) with mc_low, mc_high, parameter_low,
        parameter_high, n, told (0 or 1, at 95 % for all pairs of the outcome at once) and reading (see `reading`).
    """
    import pandas as pd

    baseline = found.comparison.baseline
    both = {
        key(*pair): resolve(pair[1].off(pair[0].off(baseline.scenario))) for asked in tried.values() for pair in asked
    }
    joint = beside(baseline, both, jobs, progress).alternatives
    rows = [
        _row(found, outcome, pair, joint[key(*pair)], len(asked)) for outcome, asked in tried.items() for pair in asked
    ]
    return pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS))


INTERACTION_COLUMNS = (
    "outcome", "window_days", "first", "second", "difference", "sum", "interaction", "mc_low", "mc_high",
    "parameter_low", "parameter_high", "n", "told", "reading",
)  # fmt: skip


def _row(found: Knockout, outcome: str, pair: tuple[Element, Element], without_both: Ensemble, tried: int) -> Any:
    """One pair for one outcome, of which so many pairs are tried."""
    from escalation_sim.analysis.pairs import interaction

    baseline, apart = found.comparison.baseline, found.comparison.alternatives
    window = max(next(one for one in baseline.scenario.outcomes if one.id == outcome).windows or (0.0,))
    start, both = (_within(ensemble, outcome, window) for ensemble in (baseline, without_both))
    first, second = (_within(apart[key(element)], outcome, window) for element in pair)
    change = (both - first - second + start)[:, None]
    contrast = interaction(change, baseline.draw_index)
    strict = interaction(change, baseline.draw_index, 1.0 - (1.0 - _CONFIDENCE) / tried)
    told = bool(strict.mc_low[0] > 0.0 or strict.mc_high[0] < 0.0)
    one, other = (float((without - start).mean()) for without in (first, second))
    ends = [float(end[0]) for end in contrast]
    words = reading(one, other, ends[0]) if told else ""
    names = [key(element) for element in pair]
    return (outcome, window, *names, float((both - start).mean()), one + other, *ends, len(start), int(told), words)


def reading(first: float, second: float, interaction: float) -> str:
    """What an interaction says of two elements that pull the same way.

    Parameters
    ----------
    first, second : float
        What a probability changes without the one, and without the other.
    interaction : float
        What it changes without both, beyond the sum of these.

    Returns
    -------
    str
        "redundant" (each does in part what the other does, so losing both costs more than the sum), "complementary"
        (they need each other, so losing the second costs less once the first is gone), or "" if they pull apart.

    >>> reading(-0.01, -0.02, -0.1), reading(-0.1, -0.1, 0.08), reading(-0.1, 0.1, 0.02)
    ('redundant', 'complementary', '')
    """
    if first * second <= 0.0 or interaction == 0.0:
        return ""
    return "redundant" if first * interaction > 0.0 else "complementary"


def _within(ensemble: Ensemble, outcome: str, window: float) -> Any:
    """Whether an outcome had come about by the end of a window, (R,), as 0 and 1."""
    day = ensemble.tally.outcome_day[:, ensemble.names.outcomes.index(outcome)]
    return ((day >= 0) & (day <= window)).astype(np.int8)
