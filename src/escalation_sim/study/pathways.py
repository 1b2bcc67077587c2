"""By which paths an outcome comes about: what each replicate needed, families of chains, where the die was cast."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from escalation_sim.analysis.paths import recorded
from escalation_sim.analysis.pathways import Act, Chain, Family, Turn, families
from escalation_sim.draws import key_schedule
from escalation_sim.drivers.branching import Moment, Trajectory
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Outcome, Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.cost import check, cost_of
from escalation_sim.study.ensemble import PARAMETERS, SEED, Ensemble, asked_for, labels_of, processors

if TYPE_CHECKING:
    import pandas as pd

CHAINS, FUTURES = 300, 400  # replicates looked at for an outcome; futures run from a point of a trajectory
BLOC = 3  # states that a defence pact must have for its members to be told as one
Bar = Callable[[int, str], AbstractContextManager[Callable[[int], object]]]  # (total, unit) -> advance
T = TypeVar("T")
R = TypeVar("R")


@dataclasses.dataclass(frozen=True)
class Pathways:
    """How one outcome came about.

    Attributes
    ----------
    outcome : Outcome
    window : float
        Days within which it was asked for: the longest of its windows.
    hits, n : int
        Replicates in which it came about, and all replicates.
    chains : list of Chain
        What it needed in the replicates that were looked at, evenly spread over the hits.
    families : list of Family
    turns : list of list of Turn
        For each family the acts of its median path, with the outcome's probability around each.
    labels, grouped : dict
        What events are called; and what states are called besides when chains are merged.
    tick_days : float
    """

    outcome: Outcome
    window: float
    hits: int
    n: int
    chains: list[Chain]
    families: list[Family]
    turns: list[list[Turn]]
    labels: dict[str, str]
    grouped: dict[str, str]
    tick_days: float

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables `families`, `common`, `needed` and `turns`; see `analysis.pathways`."""
        from escalation_sim.analysis.pathways import act_table, common_table, family_table, turn_table

        name = self.outcome.id
        return {
            "families": family_table(name, self.families, self.chains),
            "common": common_table(name, self.chains, self.grouped),
            "needed": act_table(name, self.families, self.chains, self.labels, self.tick_days),
            "turns": turn_table(name, self.turns, self.labels, self.tick_days),
        }


def pathways(
    ensemble: Ensemble,
    outcome: str,
    chains: int = CHAINS,
    futures: int = FUTURES,
    jobs: int | None = None,
    bar: Bar | None = None,
) -> Pathways:
    """Trace an outcome of an ensemble back to the acts it needed, and forward from each act of its median paths.

    Parameters
    ----------
    ensemble : Ensemble
    outcome : str
        Its id.
    chains : int, >= 1
        At most so many of the replicates in which the outcome came about are looked at.
    futures : int, >= 1
        Futures run from just before and just after each act of a median path.
    jobs : int, optional
        Threads; results do not depend on it.
    bar : callable, optional
        Opens a progress bar: (total, unit) -> context manager that gives a function to advance it.

    Raises
    ------
    ComparisonError
        If the scenario has no such outcome.

    >>> from escalation_sim import load
    >>> from escalation_sim.study.ensemble import run_ensemble
    >>> ensemble = run_ensemble(load("library:starter"), replicates=100, parameters=2)
    >>> found = pathways(ensemble, ensemble.names.outcomes[0], chains=5, futures=10)
    >>> len(found.chains) == min(5, found.hits)
    True
    """
    seeker = Seeker(ensemble.scenario, outcome, ensemble.seed, ensemble.parameters)
    day = ensemble.tally.outcome_day[:, seeker.index]
    hits = np.flatnonzero((day >= 0) & (day <= seeker.window))
    looked_at = hits[np.unique(np.linspace(0, max(len(hits) - 1, 0), min(chains, len(hits))).round().astype(int))]
    found = _in_threads(seeker.chain, looked_at.tolist(), jobs, bar, f"chains of {outcome}")
    labels, grouped = labels_of(ensemble.scenario), grouped_labels(ensemble.scenario)
    merged = families(found, grouped)
    medians = [found[family.median] for family in merged]
    turns = _in_threads(lambda chain: seeker.turns(chain, futures), medians, jobs, bar, f"paths to {outcome}")
    return Pathways(
        seeker.outcome,
        seeker.window,
        len(hits),
        len(day),
        found,
        merged,
        turns,
        labels,
        grouped,
        ensemble.scenario.tick,
    )


def check_futures(scenario: Scenario, replicates: int, chains: int, futures: int, outcomes: int) -> None:
    """Refuse chains and futures that take more than is allowed, counted as if there were one act to look at.

    Raises
    ------
    CostError
        With the estimate; see `study.cost.check`.
    """
    least = replicates + outcomes * (min(chains, replicates) + 2 * futures)
    check(cost_of(Compiler(resolve(scenario)), least, 1, rows=0), "--replicates, --chains or --futures")


class Seeker:
    """Runs replicates of a scenario again, as far as one outcome, and asks what it needed."""

    def __init__(self, scenario: Scenario, outcome: str, seed: int = SEED, parameters: int = PARAMETERS) -> None:
        self._compiler = Compiler(resolve(scenario))
        self.names = self._compiler.names
        asked_for(self._compiler.scenario, [outcome])
        self.index = self.names.outcomes.index(outcome)
        self.outcome = next(one for one in self._compiler.scenario.outcomes if one.id == outcome)
        self.window = max(self.outcome.windows or (self._compiler.scenario.horizon,))
        self._draws = parameter_draws(self._compiler.scenario, seed, parameters)
        self._keys = key_schedule(seed)

    def chain(self, replicate: int) -> Chain:
        """The acts without any one of which the outcome would not have come about when it did, to the tick."""
        path = self._trajectory(replicate)
        tick_days = float(path.setup.tick_days)
        end = (np.floor(path.day / tick_days) + 1.0) * tick_days if path.day >= 0 else 0.0
        left_out = ((number, path.without(number)) for number in range(len(path.acts.tick) if end else 0))
        acts = [self._act(path, number, day) for number, day in left_out if day >= end]
        return Chain(replicate, tuple(acts), path.day)

    def turns(self, chain: Chain, futures: int) -> list[Turn]:
        """How likely the outcome was just before and just after each act of a chain, by futures run from there."""
        path = self._trajectory(chain.replicate)
        return [
            Turn(
                act,
                path.futures(Moment(act.tick, -1), futures),
                path.futures(path.moment(act.number), futures),
                futures,
            )
            for act in chain.acts
        ]

    def _trajectory(self, replicate: int) -> Trajectory:
        setup = self._compiler.setup(self._draws[replicate % len(self._draws)])
        return Trajectory(setup, self._keys, replicate, self.index, self.window)

    def _act(self, path: Trajectory, number: int, day: float) -> Act:
        cause = int(path.acts.cause[number])
        step, answered = (recorded(self.names, path.setup, path.acts, n) if n >= 0 else None for n in (number, cause))
        assert step is not None
        return Act(number, step, int(path.acts.tick[number]), answered, day - path.day)


def grouped_labels(scenario: Scenario) -> dict[str, str]:
    """What to call states and events when chains are merged: states of a defence pact of three or more are its members.

    >>> from escalation_sim import load
    >>> grouped_labels(load("library:starter")).get("RUS", "RUS")
    'RUS'
    """
    labels = labels_of(scenario)
    for commitment in scenario.commitments:
        members = commitment.members or ()
        if commitment.type == "defence" and len(members) >= BLOC:
            labels |= {member: f"{commitment.id} member" for member in members if member not in labels}
    return labels


def _in_threads(work: Callable[[T], R], items: Sequence[T], jobs: int | None, bar: Bar | None, unit: str) -> list[R]:
    """Results in the order of the items, whatever the number of threads."""
    pool = ThreadPoolExecutor(jobs or processors())
    try:
        results: Iterable[R] = pool.map(work, items)
        if bar is None:
            return list(results)
        with bar(len(items), unit) as advance:
            return [_after(result, advance) for result in results]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C, only what is under way is finished


def _after(result: R, advance: Callable[[int], Any]) -> R:
    advance(1)
    return result
