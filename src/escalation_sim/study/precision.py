"""How many replicates a precision takes, found with a pilot whose luck is not that of the run.

Whoever runs on until the error looks small enough stops more often when the estimate is off, and is biased by it. Here
the size is settled before the first replicate of the run, from a pilot that is thrown away afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from escalation_sim.analysis.precision import planned, relative_errors
from escalation_sim.draws import entity_id
from escalation_sim.errors import CostError
from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.ensemble import Ensemble, Size, asked_for, run_ensemble
from escalation_sim.study.pathways import Bar

PILOT = 2_000  # replicates of a pilot; four times as many, and again, if an outcome that was named is seldom seen
MOST_PILOT = 100_000  # but no more than these, nor more than a tenth of what the run may take
SEEN = 10  # times that an outcome has to come about in a pilot, or its probability is a guess
PER_DRAW = 20  # replicates of each draw in a pilot, so that draws can be told apart


class Chosen(NamedTuple):
    """The size of a run, and the reasons for it."""

    size: Size
    pilot: tuple[int, int]  # its replicates and draws
    expected: dict[str, float]  # relative standard error of each outcome, at its longest window
    seldom: list[str]  # outcomes seen too seldom in the pilot to count, if none were named


def choose(scenario: Scenario, precision: float, outcomes: Sequence[str], most: int, size: Size, bar: Bar) -> Chosen:
    """How many replicates and draws give some outcomes a relative standard error, at their longest windows.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    precision : float in (0, 1)
        0.1: a standard error of a tenth of the probability.
    outcomes : sequence of str
        Ids; without any all that the pilot shows `SEEN` times or more.
    most : int
        Replicates at most.
    size : Size
        Of which the seed, the jobs and, as the fewest, the parameter draws are taken.
    bar : callable
        Makes a progress bar from a total and a unit.

    Raises
    ------
    ComparisonError
        If the scenario has no such outcome.
    CostError
        If no outcome was seen often enough, or the pilot would take days.
    """
    named = asked_for(scenario, outcomes, "--of") if outcomes else []
    pilot = _pilot(scenario, named, most, size, bar)
    hits = dict(zip(pilot.names.outcomes, at_last(pilot).sum(axis=0).tolist(), strict=True))
    asked = named or [outcome.id for outcome in scenario.outcomes if hits[outcome.id] >= SEEN]
    if not asked:
        raise CostError(
            f"--precision {precision:g}: no outcome came about {SEEN} times in a pilot of {pilot.replicates:,} "
            "replicates; name one with --of"
        )
    plan = planned(at_last(pilot, asked), pilot.tally.sizes, precision, most, size.parameters)
    return Chosen(
        size._replace(replicates=plan.replicates, parameters=plan.parameters),
        (pilot.replicates, pilot.parameters),
        dict(zip(asked, plan.errors.tolist(), strict=True)),
        [] if named else [outcome.id for outcome in scenario.outcomes if outcome.id not in asked],
    )


def _pilot(scenario: Scenario, named: Sequence[str], most: int, size: Size, bar: Bar) -> Ensemble:
    """A pilot in which every outcome that was named is seen often enough, or one as large as may be.

    Its seed is made from that of the run, so neither its draws of the parameters nor its replicates are the run's.
    """
    replicates, seed = min(PILOT, most), entity_id(f"pilot:{size.seed}")
    limit = max(min(most // 10, MOST_PILOT), replicates)
    while True:
        draws = min(size.parameters, max(replicates // PER_DRAW, 2))
        with bar(replicates, "replicates of a pilot") as advance:
            pilot = run_ensemble(scenario, replicates, draws, seed, size.jobs, advance, rows=0)
        if replicates == limit or (at_last(pilot, named).sum(axis=0) >= SEEN).all():
            return pilot
        replicates = min(4 * replicates, limit)


def at_last(ensemble: Ensemble, outcomes: Sequence[str] | None = None) -> Any:
    """In how many replicates of each draw outcomes came about within their longest windows, (P, number of outcomes).

    Without names, all of them in the order of `names.outcomes`.
    """
    import numpy as np

    longest = {outcome.id: max(outcome.windows or (0.0,)) for outcome in ensemble.scenario.outcomes}
    known = ensemble.names.outcomes
    names = known if outcomes is None else outcomes
    days = np.searchsorted(ensemble.tally.days, [longest[name] for name in names])
    return ensemble.tally.counts[:, [known.index(name) for name in names], days]


def reached(ensemble: Ensemble, outcomes: Sequence[str]) -> dict[str, float]:
    """Relative standard error of some outcomes at their longest windows, as estimated from the run itself.

    >>> from escalation_sim import load
    >>> ensemble = run_ensemble(load("library:starter"), replicates=40, parameters=2)
    >>> list(reached(ensemble, ensemble.names.outcomes)) == list(ensemble.names.outcomes)
    True
    """
    errors = relative_errors(at_last(ensemble, outcomes), ensemble.tally.sizes)
    return dict(zip(outcomes, errors.tolist(), strict=True))
