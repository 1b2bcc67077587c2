"""Run a scenario as an ensemble and hold what came of it, as tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation_sim import world as w
from escalation_sim.drivers import ensemble
from escalation_sim.errors import ComparisonError, CostError
from escalation_sim.scenario.dump import dump
from escalation_sim.scenario.messages import did_you_mean
from escalation_sim.scenario.numbers import Draw, parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler

if TYPE_CHECKING:
    import pandas as pd

REPLICATES, PARAMETERS, SEED = 10_000, 100, 1
MOST_BYTES = 4e9  # refuse ensembles whose rows would take more memory than this
MOST_DECISIONS = 1e12  # and those that would take days


def processors() -> int:
    """Processors this process may use (not those the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Size(NamedTuple):
    """How much is run, and under whose luck."""

    replicates: int = REPLICATES
    parameters: int = PARAMETERS
    seed: int = SEED
    jobs: int | None = None


@dataclasses.dataclass(frozen=True)
class Ensemble:
    """What an ensemble of one scenario showed.

    Attributes
    ----------
    scenario : Scenario
        Fully resolved.
    seed, replicates, parameters : int
    tally : drivers.ensemble.Tally
        Rows and counts as the driver left them; the properties give them as tables.
    """

    scenario: Scenario
    names: w.Names
    tally: ensemble.Tally
    seed: int
    replicates: int
    parameters: int

    @cached_property
    def resolved_text(self) -> str:
        """The resolved scenario as YAML, as it is stored and hashed with the result."""
        return dump(self.scenario)

    @cached_property
    def draw_index(self) -> Any:
        """Parameter draw of each replicate, (R,)."""
        import numpy as np

        return np.arange(self.replicates) % self.parameters

    @cached_property
    def probabilities(self) -> pd.DataFrame:
        """One row per outcome and window, with both intervals, count and n."""
        from escalation_sim.analysis.estimates import outcome_table

        return outcome_table(self.tally.outcome_day, self.draw_index, self._questions)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Probability of each outcome by the end of each tick."""
        from escalation_sim.analysis.estimates import curves

        ends = [(tick + 1) * self.scenario.tick for tick in range(self.tally.levels.shape[0])]
        days = [0.0, *(min(day, self.scenario.horizon) for day in ends)]
        return curves(self.tally.outcome_day, self.draw_index, days, self.names.outcomes)

    @cached_property
    def rungs(self) -> pd.DataFrame:
        """Share of replicates by highest rung, per dyad (and for the system) and tick."""
        from escalation_sim.analysis.tables import rungs_table

        return rungs_table(self.tally, self.names, self.scenario.tick)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per replicate."""
        from escalation_sim.analysis.tables import runs_table

        return runs_table(self.tally, self.names, self.draw_index)

    @cached_property
    def strain(self) -> pd.DataFrame:
        """Quantiles of the strain of each war effort over time."""
        from escalation_sim.analysis.tables import strain_table

        states = sorted(effort.state for effort in self.scenario.efforts)
        return strain_table(self.tally, states, self.scenario.tick)

    @cached_property
    def paths(self) -> pd.DataFrame:
        """The most frequent chains of acts that led to each outcome."""
        from escalation_sim.analysis.paths import path_table

        return path_table(self.tally, self.names, self.labels)

    @cached_property
    def labels(self) -> dict[str, str]:
        """What to call events in sentences about paths."""
        return labels_of(self.scenario)

    @property
    def _questions(self) -> list[dict[str, Any]]:
        outcomes = {outcome.id: outcome for outcome in self.scenario.outcomes}
        return [
            {
                "id": name,
                "label": outcomes[name].label,
                "kind": outcomes[name].kind,
                "windows": list(outcomes[name].windows or ()),
                "resolution": outcomes[name].resolution,
            }
            for name in self.names.outcomes
        ]


def _check_cost(scenario: Scenario, names: w.Names, replicates: int, watched: int) -> None:
    """Refuse what would take days or all memory, before anything is spent."""
    ticks = scenario.horizon / scenario.tick
    row = len(names.outcomes) * (4 + 8 * ensemble.CHAIN) + 12
    row += len(names.edges) + len(names.events) + len(scenario.efforts) if watched else 0
    decisions = replicates * ticks * len(names.edges)
    if replicates * row > MOST_BYTES:
        most = int(MOST_BYTES / row)
        raise CostError(
            f"{replicates:,} replicates would need about {replicates * row / 1e9:,.0f} GB of memory; "
            f"ask for at most {most:,} with --replicates"
        )
    if decisions > MOST_DECISIONS:
        raise CostError(
            f"{replicates:,} replicates of {ticks:,.0f} ticks on {len(names.edges):,} edges are "
            f"{decisions:.1e} decisions, about {decisions * 1e-7 / 3600:,.0f} core hours; "
            "ask for fewer --replicates, or a shorter horizon"
        )


def run_ensemble(
    scenario: Scenario,
    replicates: int = REPLICATES,
    parameters: int = PARAMETERS,
    seed: int = SEED,
    jobs: int | None = None,
    progress: Callable[[int], object] = lambda done: None,
    watched: int = 0,
) -> Ensemble:
    """Run `replicates` of a scenario over `parameters` draws of its uncertain numbers.

    Replicate r uses draw r mod `parameters`; with one draw every uncertain number stands at its median. Results are the
    same for any number of jobs, and the first n replicates are the same however many are asked for. What was done in
    the first `watched` ticks is kept by replicate in the tally. (Seven parameters: a Size and more.)

    Raises
    ------
    CostError
        If the ensemble would not fit into memory or would take days.

    >>> from escalation_sim import load
    >>> ensemble = run_ensemble(load("library:starter"), replicates=20, parameters=2)
    >>> int(ensemble.probabilities["n"].iloc[0])
    20
    """
    resolved = resolve(scenario)
    compiler = Compiler(resolved)
    _check_cost(resolved, compiler.names, replicates, watched)
    draws = parameter_draws(resolved, seed, parameters)
    setups = _Setups(compiler, draws)
    tally = ensemble.run(setups, parameters, replicates, seed, jobs or processors(), progress, watched)
    return Ensemble(resolved, compiler.names, tally, seed, replicates, parameters)


class _Setups:
    def __init__(self, compiler: Compiler, draws: list[Draw]) -> None:
        self.compiler, self.draws = compiler, draws

    def __call__(self, number: int) -> w.Setup:
        return self.compiler.setup(self.draws[number])


def asked_for(scenario: Scenario, asked: Sequence[str]) -> list[str]:
    """Ids of the outcomes asked for, or those that the scenario shows paths of, or its first one.

    Raises
    ------
    ComparisonError
        If the scenario has no such outcome.
    """
    known = [outcome.id for outcome in scenario.outcomes]
    for name in asked:
        if name not in known:
            near = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
            raise ComparisonError(f"--outcome {name}: the scenario asks for no such outcome{near}")
    return list(dict.fromkeys(asked or scenario.show.paths or known[:1]))


def labels_of(scenario: Scenario) -> dict[str, str]:
    """Names of events for sentences; states keep their ids, which are shorter."""
    return {event.id: event.label or event.id for event in scenario.events}


def date_of(scenario: Scenario, day: float) -> dt.date:
    """Calendar date of a day of a run.

    >>> from escalation_sim import load
    >>> date_of(load("library:starter"), 7.0) - date_of(load("library:starter"), 0.0)
    datetime.timedelta(days=7)
    """
    return scenario.start + dt.timedelta(days=int(day))
