"""Rare outcomes of a scenario by splitting: over parameter draws, in threads, with what tells whether to trust it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from escalation_sim.draws import BRANCHES, key_schedule
from escalation_sim.drivers import splitting
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.ensemble import Ensemble, Size, asked_for, processors

if TYPE_CHECKING:
    import pandas as pd

HITS = 10  # an outcome seen less often than this in an ensemble is estimated by splitting
FEWEST = 20  # trajectories a stage
STEADY = 10  # repetitions that must have reached the outcome
PILOTS = 20  # draws that the levels are chosen from
LARGEST = 0.25  # share of the estimate that one repetition may carry
TOO_FAR = 4.0  # standard errors between splitting and counting


@dataclasses.dataclass(frozen=True)
class Rare:
    """What splitting found out about one outcome.

    Attributes
    ----------
    outcome : str
    window : float
        Days.
    levels : sequence of float
        Log chances (see `drivers.levels`) between which trajectories were multiplied.
    found : sequence of Repetition
        Repetition m (from 1) used parameter draw m mod P.
    draws : array of int, shape (M,)
    each : int
        Trajectories of each stage.
    ticks : int
        Simulated in all, those that chose the levels included.
    """

    outcome: str
    window: float
    levels: Sequence[float]
    found: Sequence[splitting.Repetition]
    draws: np.ndarray
    each: int
    ticks: int

    def estimates(self, days: Sequence[float]) -> pd.DataFrame:
        """Probability by each of `days` within the window; columns of `analysis.rare.repeated_estimate`."""
        from escalation_sim.analysis.rare import repeated_estimate

        by = np.array([[one.weight * np.sum(one.days <= day) for day in days] for one in self.found])
        return repeated_estimate(by, self.draws)

    @property
    def reached(self) -> int:
        """Repetitions in which the outcome came about."""
        return sum(len(one.days) > 0 for one in self.found)

    @property
    def stages(self) -> pd.DataFrame:
        """How many trajectories got through each stage: outcome, stage, level, started, entered, share."""
        import pandas as pd

        started = np.array(
            [[self.each if k == 0 or one.entered[k - 1] else 0 for k in range(len(one.entered))] for one in self.found]
        ).sum(0)
        entered = np.array([one.entered for one in self.found]).sum(0)
        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "stage": np.arange(1, len(entered) + 1),
                "level": [*self.levels, np.nan],
                "started": started,
                "entered": entered,
                "share": entered / np.maximum(started, 1),
            }
        )

    @property
    def record(self) -> dict[str, object]:
        """For the manifest: what was run, and how steadily it reached the outcome."""
        return {
            "levels": [round(level, 4) for level in self.levels],
            "repetitions": len(self.found),
            "trajectories": self.each,
            "reached": self.reached,
            "ticks": self.ticks,
        }

    def doubts(self, count: int, n: int) -> str:
        """Why not to trust it, as a clause; empty if nothing speaks against it. `count` of `n` were simply counted."""
        from escalation_sim.analysis.rare import disagreement

        if self.reached < STEADY:
            return f"only {self.reached} of {len(self.found)} repetitions reached it"
        weights = [one.weight * len(one.days) for one in self.found]
        largest = max(weights) / sum(weights)
        if largest > LARGEST:
            return f"one of {len(weights)} repetitions carries {100 * largest:.0f} % of the estimate"
        one = self.estimates([self.window]).iloc[0]
        error = math.sqrt(one.probability * (1.0 - one.probability) / one.n)
        if disagreement(one.probability, error, count, n) > TOO_FAR:
            return f"splitting and counting disagree ({one.probability:.2g} against {count} of {n:,})"
        return ""


def named(scenario: Scenario, asked: str) -> list[str]:
    """Ids with commas between them, checked; of ``none`` no outcome. Raises as `wanted` does."""
    return [] if asked == "none" else asked_for(scenario, [name.strip() for name in asked.split(",")], "--rare")


def wanted(result: Ensemble, asked: str | None) -> list[str]:
    """Outcomes of an ensemble to be estimated by splitting.

    Parameters
    ----------
    asked : str or None
        Ids with commas between them; ``none`` for no outcome; None for those seen fewer than 10 times, unless the
        ensemble is so small that splitting would cost more.

    Raises
    ------
    ComparisonError
        If the scenario has no such outcome.
    """
    if asked:
        return named(result.scenario, asked)
    if result.replicates < FEWEST * effort(Size(result.replicates, result.parameters))[0]:
        return []
    longest = result.probabilities.groupby("outcome", sort=False)["count"].max()
    return [str(name) for name in longest.index[longest < HITS]]


def effort(size: Size) -> tuple[int, int]:
    """(repetitions, trajectories a stage) that cost about as much as an ensemble of this size.

    >>> effort(Size(10_000, 100)), effort(Size(10_000, 1))
    ((200, 20), (20, 125))
    """
    repetitions = max(20, 2 * size.parameters)
    return repetitions, max(FEWEST, size.replicates // (4 * repetitions))


def estimate_rare(
    scenario: Scenario, outcome: str, size: Size, progress: Callable[[int], object] = lambda done: None
) -> Rare:
    """Estimate the probability of one outcome of a resolved scenario by splitting, at its longest window.

    Results do not depend on `size.jobs`. `progress` is called with 1 after each repetition.
    """
    compiler = Compiler(scenario)
    place = compiler.names.outcomes.index(outcome)
    window = max(next(o.windows or () for o in scenario.outcomes if o.id == outcome))
    draws = parameter_draws(scenario, size.seed, size.parameters)
    keys = key_schedule(size.seed, BRANCHES)
    repetitions, each = effort(size)

    def course(draw: int) -> splitting.Course:
        return splitting.Course(compiler.setup(draws[draw]), keys, place, window)

    pilots = [course(draw) for draw in range(0, len(draws), max(1, len(draws) // PILOTS))]
    levels = splitting.choose_levels(pilots, max(each, 1_000 // len(pilots)))

    def repeat(repetition: int) -> splitting.Repetition:
        found = splitting.repeat(course(repetition % len(draws)), levels, each, repetition)
        progress(1)
        return found

    numbers = range(1, repetitions + 1)
    pool = ThreadPoolExecutor(max_workers=size.jobs or processors())
    try:
        found = list(pool.map(repeat, numbers))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    ticks = sum(one.ticks for one in pilots) + sum(one.ticks for one in found)
    return Rare(outcome, window, levels, found, np.array(numbers) % len(draws), each, ticks)
