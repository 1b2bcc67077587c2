"""Run a scenario as an ensemble and hold what came of it, as tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation_sim import world as w
from escalation_sim.drivers import ensemble
from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.dump import dump
from escalation_sim.scenario.messages import did_you_mean
from escalation_sim.scenario.numbers import Draw, parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.cost import check, cost_of

if TYPE_CHECKING:
    import pandas as pd

    from escalation_sim.analysis.estimates import Counts
    from escalation_sim.study.rare import Rare

REPLICATES, PARAMETERS, SEED = 10_000, 100, 1
ROWS = 10_000  # stored of a run


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
    rare : mapping
        Outcomes that were estimated by splitting: what their rows of `probabilities` and `curves` are taken from.
    """

    scenario: Scenario
    names: w.Names
    tally: ensemble.Tally
    seed: int
    replicates: int
    parameters: int
    rare: Mapping[str, Rare] = dataclasses.field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Replicates of which the tally has a row, the first ones."""
        return len(self.tally.acts)

    @cached_property
    def resolved_text(self) -> str:
        """The resolved scenario as YAML, as it is stored and hashed with the result."""
        return dump(self.scenario)

    @cached_property
    def draw_index(self) -> Any:
        """Parameter draw of each replicate that has a row, (R,)."""
        import numpy as np

        return np.arange(self.rows) % self.parameters

    @property
    def counts(self) -> Counts:
        """Replicates in which an outcome had come about by the end of each window and tick."""
        from escalation_sim.analysis.estimates import Counts

        return Counts(self.tally.counts, self.tally.sizes, self.tally.days)

    @cached_property
    def probabilities(self) -> pd.DataFrame:
        """One row per outcome and window, with both intervals, count and n."""
        from escalation_sim.analysis.estimates import outcome_table

        table = outcome_table(self.counts, self._questions).assign(method="counting")
        return self._with_rare(table, "window_days").assign(resolution=table["resolution"])

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Probability of each outcome by the end of each tick."""
        from escalation_sim.analysis.estimates import curves

        table = curves(self.counts, _ends(self.scenario, len(self.tally.levels)), self.names.outcomes)
        return self._with_rare(table, "day")

    def _with_rare(self, table: pd.DataFrame, by: str) -> pd.DataFrame:
        """A table with the estimates by splitting in their rows, wherever splitting saw anything."""
        for name, found in self.rare.items():
            rows = table.index[table["outcome"] == name]
            better = found.estimates(table.loc[rows, by].tolist()).assign(method="splitting").set_index(rows)
            better = better[better["probability"].notna()]
            shared = [column for column in better if column in table]
            table.loc[better.index, shared] = better[shared]
        return table

    @cached_property
    def rungs(self) -> pd.DataFrame:
        """Share of replicates by highest rung, per dyad (and for the system) and tick."""
        from escalation_sim.analysis.tables import rungs_table

        return rungs_table(self.tally, self.names, self.scenario.tick)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per replicate, for the first ones."""
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


def _ends(scenario: Scenario, ticks: int) -> list[float]:
    """The start and the ends of the ticks, in days; the last one ends with the horizon."""
    return [min(tick * scenario.tick, scenario.horizon) for tick in range(ticks + 1)]


def _days(scenario: Scenario, ticks: int) -> list[float]:
    """Every day by which outcomes are counted: ends of windows and of ticks."""
    windows = (days for outcome in scenario.outcomes for days in outcome.windows or ())
    return sorted({*windows, *_ends(scenario, ticks)})


def run_ensemble(
    scenario: Scenario,
    replicates: int = REPLICATES,
    parameters: int = PARAMETERS,
    seed: int = SEED,
    jobs: int | None = None,
    progress: Callable[[int], object] = lambda done: None,
    watched: int = 0,
    rows: int | None = None,
) -> Ensemble:
    """Run a scenario many times over draws of its uncertain numbers.

    Results are the same for any number of jobs, and the first n replicates are the same however many are asked for.
    Outcomes are counted; `escalation-sim run` also estimates rare ones by splitting. (Eight parameters: a
    Size and more.)

    Parameters
    ----------
    scenario : Scenario
    replicates : int
        Trajectories.
    parameters : int
        Draws of the uncertain numbers; replicate r uses draw r mod `parameters`. With one, each is at its median. Of
        more than there are replicates only as many are made, and told.
    seed : int
        Of all luck, 0 to 2^63 - 1; the same for what is to be compared.
    jobs : int, optional
        Threads; all processors by default.
    progress : callable
        Called with the replicates just finished.
    watched : int
        Ticks, the first ones, of which it is kept by replicate in the tally what was done.
    rows : int, optional
        Replicates, the first ones, that have a row in `runs`; all by default. A million with few rows need no more
        memory than ten thousand.

    Returns
    -------
    Ensemble
        Tables, as pandas: `probabilities` (in [0, 1], with both intervals, count and n), `curves`, `rungs`, `runs`,
        `paths`, `strain`. Days count from the start of the scenario.

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
    cost = cost_of(compiler, replicates, parameters, watched, rows)
    check(cost, "--replicates or --parameters" if rows is None else "--replicates, --parameters or --rows")
    parameters = min(parameters, max(replicates, 2))  # two: one would be no draw, but the medians
    setups, days = (
        _Setups(compiler, parameter_draws(resolved, seed, parameters)),
        _days(resolved, compiler.fixed["n_ticks"]),
    )
    tally = ensemble.run(setups, parameters, replicates, seed, jobs or processors(), progress, watched, days, rows)
    return Ensemble(resolved, compiler.names, tally, seed, replicates, parameters)


class _Setups:
    def __init__(self, compiler: Compiler, draws: list[Draw]) -> None:
        self.compiler, self.draws = compiler, draws

    def __call__(self, number: int) -> w.Setup:
        return self.compiler.setup(self.draws[number])


def asked_for(scenario: Scenario, asked: Sequence[str], option: str = "--outcome") -> list[str]:
    """Ids of the outcomes asked for with an option, or those that the scenario shows paths of, or its first one.

    Raises
    ------
    ComparisonError
        If the scenario has no such outcome.
    """
    known = [outcome.id for outcome in scenario.outcomes]
    for name in asked:
        if name not in known:
            near = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
            raise ComparisonError(f"{option} {name}: the scenario asks for no such outcome{near}")
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
