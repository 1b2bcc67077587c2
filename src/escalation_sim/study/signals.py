"""Early signals of the outcomes of a scenario: what was done in its first weeks, and what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from escalation_sim import world as w
from escalation_sim.analysis.estimates import counted, outcome_table
from escalation_sim.analysis.paths import Step, sentence
from escalation_sim.analysis.signals import LEAST, Flags, Signal, signal_table
from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.ensemble import Ensemble, Size, asked_for, labels_of, run_ensemble

if TYPE_CHECKING:
    import pandas as pd

WEEKS = 8


@dataclasses.dataclass(frozen=True)
class Watch:
    """An ensemble and the early signals of some of its outcomes.

    Attributes
    ----------
    ensemble : Ensemble
    landmark : float
        Day by which signals were seen.
    table : DataFrame
        See `analysis.signals.signal_table`; outcomes without a signal have no row.
    open : DataFrame
        For each outcome and window how likely it still is at the landmark, as from `analysis.estimates.outcome_table`:
        `n` replicates in which it has not come about by then, `count` in which it comes later within the window.
    """

    ensemble: Ensemble
    landmark: float
    table: pd.DataFrame
    open: pd.DataFrame


def watched_ticks(scenario: Scenario, weeks: float, outcomes: Sequence[str] = ()) -> int:
    """Whole ticks in so many weeks.

    Raises
    ------
    ComparisonError
        If that is none, or leaves nothing to foretell of an outcome (of the scenario, unless some are named).
    """
    ticks = int(weeks * 7.0 / scenario.tick + 1e-9)
    asked = [outcome for outcome in scenario.outcomes if outcome.id in outcomes or not outcomes]
    first = min(asked, key=lambda outcome: max(outcome.windows or (scenario.horizon,)))
    last_day = max(first.windows or (scenario.horizon,))
    if ticks < 1 or ticks * scenario.tick >= last_day:
        raise ComparisonError(
            f"--weeks {weeks:g}: the first weeks must hold a tick of {scenario.tick:g} days and end before the last "
            f"window of every outcome asked for, here after {last_day:g} days ({first.id})"
        )
    return ticks


def watch(
    scenario: Scenario,
    outcomes: Sequence[str],
    weeks: float = WEEKS,
    size: Size = Size(),  # noqa: B008 (a tuple cannot be changed)
    progress: Callable[[int], object] = lambda done: None,
) -> Watch:
    """Run an ensemble and find the early signals of these outcomes.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    outcomes : sequence of str
        Ids.
    weeks : float
        Length of the early period; it ends with the last whole tick in it.

    Raises
    ------
    ComparisonError
        If the scenario has no such outcome, or the weeks leave nothing to see or to foretell.

    >>> from escalation_sim import load
    >>> from escalation_sim.scenario.resolve import resolve
    >>> starter = resolve(load("library:starter"))
    >>> watch(starter, [starter.outcomes[0].id], weeks=4, size=Size(replicates=40, parameters=2)).landmark
    28.0
    """
    import pandas as pd

    chosen = asked_for(scenario, outcomes)
    ticks = watched_ticks(scenario, weeks, chosen)
    ensemble = run_ensemble(scenario, *size, progress, ticks)
    landmark = ticks * scenario.tick
    signals = list(signals_of(ensemble, landmark))
    known = {outcome.id: outcome for outcome in scenario.outcomes}
    tables, open_ = [], []
    for name in chosen:
        day = ensemble.tally.outcome_day[:, ensemble.names.outcomes.index(name)]
        windows = [days for days in known[name].windows or (scenario.horizon,) if days > landmark]
        asked = known[name].model_dump(include={"id", "label", "kind", "resolution"}) | {"windows": windows}
        still = (day < 0) | (day > landmark)
        open_.append(outcome_table(counted(day[still, None], ensemble.draw_index[still], asked["windows"]), [asked]))
        tables.append(signal_table(signals, asked, day, ensemble.draw_index, landmark))
    return Watch(ensemble, landmark, pd.concat(tables, ignore_index=True), pd.concat(open_, ignore_index=True))


def signals_of(ensemble: Ensemble, landmark: float) -> Iterator[Signal]:
    """What some replicates show by the landmark and others do not.

    Acts (on a rung or above, by ordered pair of states), events, outcomes, and strain of war efforts (at the landmark,
    in tenths).
    """
    names, tally, labels = ensemble.names, ensemble.tally, labels_of(ensemble.scenario)
    outcomes = {outcome.id: outcome.label for outcome in ensemble.scenario.outcomes}
    for place, outcome in enumerate(names.outcomes):
        day = tally.outcome_day[:, place]
        come = (day >= 0) & (day <= landmark)
        if come.any():
            yield Signal(f"{outcomes[outcome]} (outcome)", f"outcome {outcome}", come)
    for edge, name in enumerate(names.edges):
        actor, target = name.split(">")
        for rung, above, seen in _degrees(tally.early[:, edge]):
            yield Signal(f"{actor} against {target}: {names.rungs[rung]}{' or above' if above else ''}", name, seen)
    for place, event in enumerate(names.events):
        happened = tally.early_events[:, place] == 1
        if happened.any():
            yield Signal(sentence(Step(None, None, None, w.BY_EVENT, event, None), labels), f"event {event}", happened)
    for place, state in enumerate(sorted(effort.state for effort in ensemble.scenario.efforts)):
        for tenths, _, seen in _degrees(tally.early_strain[:, place] // 10):
            yield Signal(f"Strain of {state}: {tenths / 10:g} or above", f"strain {state}", seen)


def _degrees(highest: w.Flags) -> Iterator[tuple[int, bool, Flags]]:
    """Each degree that some replicates have as their highest, whether others have a higher one, and who has either."""
    for degree in np.unique(highest[highest > 0]).tolist():
        above = bool((highest > degree).any())
        if not above or (highest == degree).sum() >= LEAST:  # else it is the next degree under a less telling name
            yield degree, above, highest >= degree
