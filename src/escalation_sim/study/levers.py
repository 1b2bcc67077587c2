"""Every position of the levers of a scenario, and every pair of them, against the scenario as it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from escalation_sim.analysis.frontier import along, unbeaten
from escalation_sim.analysis.pairs import told_from_zero
from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.levers import Lever, Position, pairs, positions
from escalation_sim.scenario.messages import did_you_mean
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.compare import Comparison, compare, difference, shared_outcomes
from escalation_sim.study.ensemble import Ensemble, Size

if TYPE_CHECKING:
    import pandas as pd

REPLICATES = 2_000  # of each position, unless asked otherwise: pairs of levers are many
BASELINE = "as it stands"


@dataclasses.dataclass(frozen=True)
class Aim:
    """An outcome that is wanted more or less."""

    outcome: str
    more: bool

    @property
    def sign(self) -> float:
        """+1 if more of it is better, -1 if less is."""
        return 1.0 if self.more else -1.0


def tried(scenario: Scenario, by: Sequence[str] = ()) -> list[Position]:
    """Positions of single levers and of pairs, those in which one of the states `by` has a hand, if any are given.

    Raises
    ------
    ComparisonError
        If there is no lever to try.
    """
    states = [state.id for state in scenario.states]
    for name in by:
        if name not in states:
            raise ComparisonError(f"--by {name}: the scenario has no such state{did_you_mean(name, states)}")
    singles = list(positions(_held(scenario.levers, by)))
    if not singles:
        whose = f" in the hands of {', '.join(by)}" if by else ""
        raise ComparisonError(f"{scenario.id}: has no levers{whose}; declare them under 'levers:'")
    return [*singles, *pairs(singles)]


def _held(levers: Sequence[Lever], by: Sequence[str]) -> list[Lever]:
    return [lever for lever in levers if not by or set(lever.by) & set(by)]


def frontier(
    baseline: Scenario,
    alternatives: Sequence[tuple[Position, Scenario]],
    aims: tuple[Aim, Aim],
    size: Size,
    progress: Callable[[int], object] = lambda done: None,
) -> tuple[Comparison, pd.DataFrame]:
    """Run all positions (their scenarios resolved) under the same luck and find those that none beats on both aims.

    Returns
    -------
    Comparison, DataFrame
        A row per position (the baseline first) and aim: position, levers, by, frontier (1 is best in the first aim, and
        so on; 0: beaten), alike (the baseline or the neighbour on the frontier from which it cannot be told in either
        outcome), wanted (less or more), and of the longest window the columns of `difference_table`.

    Raises
    ------
    ComparisonError
        If a position does not ask for one of the two outcomes within the longest window of the baseline.
    """
    import pandas as pd

    windows = _windows(baseline, alternatives, [aim.outcome for aim in aims])
    found = compare(baseline, {position.name: scenario for position, scenario in alternatives}, *size, progress)
    ensembles = {BASELINE: found.baseline, **found.alternatives}
    tables = {name: _at(windows, difference(found.baseline, one)) for name, one in ensembles.items()}
    chances = [table["alternative"].loc[list(windows)].to_numpy() for table in tables.values()]
    gains = np.stack(chances) * [aim.sign for aim in aims]
    order = [list(ensembles)[i] for i in along(gains, unbeaten(gains))]
    alike = _alike(ensembles, order, windows)
    known = {position.name: position for position, _ in alternatives}
    rows = []
    for name, table in tables.items():
        levers, by = (known[name].levers, known[name].by) if name in known else ((), ())
        place = order.index(name) + 1 if name in order else 0
        head = (name, ", ".join(levers), ", ".join(by), place, alike.get(name, ""))
        for aim in aims:
            own = table.loc[aim.outcome]
            rows.append((*head, aim.outcome, "more" if aim.more else "less", *own))
    columns = ["position", "levers", "by", "frontier", "alike", "outcome", "wanted", *tables[BASELINE].columns]
    return found, pd.DataFrame(rows, columns=columns)


def _windows(
    baseline: Scenario, alternatives: Sequence[tuple[Position, Scenario]], outcomes: Sequence[str]
) -> dict[str, float]:
    """The longest window of each of the outcomes; every position must have it, or probabilities would not compare."""
    first = resolve(baseline)
    longest = {one.id: max(one.windows or ()) for one in first.outcomes if one.id in outcomes}
    windows = {name: longest[name] for name in outcomes}
    for position, scenario in alternatives:
        asked = {one.id: days for one, days in shared_outcomes(first, scenario, position.name)}
        for name, days in windows.items():
            if days not in asked.get(name, ()):
                raise ComparisonError(
                    f"{position.name}: does not ask for '{name}' within {days:g} days as the baseline does; let levers "
                    "leave outcomes, windows and the horizon alone"
                )
    return windows


def _at(windows: Mapping[str, float], table: pd.DataFrame) -> pd.DataFrame:
    """The rows of outcomes at their windows, by outcome."""
    return table[table["outcome"].map(windows) == table["window_days"]].set_index("outcome")


def _alike(ensembles: Mapping[str, Ensemble], order: Sequence[str], windows: Mapping[str, float]) -> dict[str, str]:
    """For each member of the frontier the baseline, or the member before it, from which it cannot be told."""
    said: dict[str, str] = {}
    for before, name in zip([None, *order], order, strict=False):
        for other in (BASELINE, before):
            if other is not None and other != name and name not in said:
                table = _at(windows, difference(ensembles[other], ensembles[name]))
                if not told_from_zero(table).any():
                    said[name] = other
    return said
