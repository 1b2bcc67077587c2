"""Early signals of the outcomes of a scenario: what was done in its first weeks, and what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from escalation_sim.analysis.paths import Step, sentence
from escalation_sim.analysis.signals import Signal, signal_table
from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.ensemble import Ensemble, Size, labels_of, run_ensemble
from escalation_sim.world import BY_EVENT

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
    open_share : dict of str -> (int, int)
        For each outcome: replicates in which it came later than the landmark, and in which it had not come by then.
    """

    ensemble: Ensemble
    landmark: float
    table: pd.DataFrame
    open_share: dict[str, tuple[int, int]]


def watched_ticks(scenario: Scenario, weeks: float) -> int:
    """Whole ticks in so many weeks.

    Raises
    ------
    ComparisonError
        If that is none, or leaves nothing of a window to foretell.
    """
    ticks = int(weeks * 7.0 / scenario.tick + 1e-9)
    shortest = min(max(outcome.windows or (scenario.horizon,)) for outcome in scenario.outcomes)
    if ticks < 1 or ticks * scenario.tick >= shortest:
        raise ComparisonError(
            f"--weeks {weeks:g}: the first weeks must hold a tick of {scenario.tick:g} days and end before the last "
            f"window of every outcome, here after {shortest:g} days"
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

    >>> from escalation_sim import load
    >>> from escalation_sim.scenario.resolve import resolve
    >>> starter = resolve(load("library:starter"))
    >>> watch(starter, [starter.outcomes[0].id], weeks=4, size=Size(replicates=40, parameters=2)).landmark
    28.0
    """
    import pandas as pd

    ticks = watched_ticks(scenario, weeks)
    ensemble = run_ensemble(scenario, *size, progress, ticks)
    landmark = ticks * scenario.tick
    signals = list(signals_of(ensemble, landmark))
    known = {outcome.id: outcome for outcome in scenario.outcomes}
    tables, open_share = [], {}
    for name in outcomes:
        day = ensemble.tally.outcome_day[:, ensemble.names.outcomes.index(name)]
        windows = known[name].windows or (scenario.horizon,)
        asked = {"id": name, "label": known[name].label, "windows": windows}
        tables.append(signal_table(signals, asked, day, ensemble.draw_index, landmark))
        later = (day > landmark) & (day <= max(windows))
        open_share[name] = int(later.sum()), int(((day < 0) | (day > landmark)).sum())
    return Watch(ensemble, landmark, pd.concat(tables, ignore_index=True), open_share)


def signals_of(ensemble: Ensemble, landmark: float) -> Iterator[Signal]:
    """Acts (on a rung or above, by ordered pair of states), events and outcomes that some replicates show early."""
    names, tally, labels = ensemble.names, ensemble.tally, labels_of(ensemble.scenario)
    outcomes = {outcome.id: outcome.label for outcome in ensemble.scenario.outcomes}
    for place, outcome in enumerate(names.outcomes):
        day = tally.outcome_day[:, place]
        come = (day >= 0) & (day <= landmark)
        if come.any():
            yield Signal(f"{outcomes[outcome]} (outcome)", f"outcome {outcome}", come)
    for edge, name in enumerate(names.edges):
        actor, target = name.split(">")
        highest = tally.early[:, edge]
        for rung in range(1, int(highest.max(initial=0)) + 1):
            if not (highest == rung).any():
                continue  # the next rung that was reached is the same signal
            above = " or above" if (highest > rung).any() else ""
            yield Signal(f"{actor} against {target}: {names.rungs[rung]}{above}", name, highest >= rung)
    for place, event in enumerate(names.events):
        happened = tally.early_events[:, place] == 1
        if happened.any():
            yield Signal(sentence(Step(None, None, None, BY_EVENT, event, None), labels), f"event {event}", happened)
