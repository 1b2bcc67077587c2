"""A quick ensemble: the first replicates of what `run` gives for the same file, settings and seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from escalation_sim.scenario.schema import Scenario
from escalation_sim.study.ensemble import Ensemble, run_ensemble


class SupersededError(Exception):
    """Somebody has asked for another ensemble meanwhile; this one is not needed any more."""


class Row(NamedTuple):
    """An outcome within a window: probability, 95 % Monte-Carlo interval, replicates; and as it is untouched."""

    outcome: str
    label: str
    probability: float
    low: float
    high: float
    n: int
    before: float
    before_high: float


class Curve(NamedTuple):
    """Probability of an outcome by the end of each tick, with the ends of its 95 % Monte-Carlo interval."""

    days: Sequence[float]
    probability: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def run_quick(
    scenario: Scenario,
    replicates: int,
    luck: tuple[int, int],
    wanted: Callable[[], bool] = lambda: True,
) -> Ensemble:
    """Run a small ensemble; `luck` is seed and number of parameter draws.

    Raises
    ------
    SupersededError
        As soon as `wanted()` is false.

    >>> from escalation_sim import load
    >>> run_quick(load("library:starter"), 20, (1, 2)).replicates
    20
    """

    def progress(_done: int) -> None:
        if not wanted():
            raise SupersededError

    progress(0)
    seed, parameters = luck
    ensemble = run_ensemble(scenario, replicates, parameters, seed, progress=progress)
    progress(0)
    return ensemble


def curves_of(ensemble: Ensemble) -> dict[str, Curve]:
    """Outcome -> its curve."""
    columns = ("day", "probability", "mc_low", "mc_high")
    tables: Any = ensemble.curves.groupby("outcome", sort=False)
    return {name: Curve(*(rows[column].tolist() for column in columns)) for name, rows in tables}


def windows_of(ensemble: Ensemble) -> list[float]:
    """The windows that are asked for, in days."""
    return sorted(ensemble.probabilities["window_days"].unique().tolist())


def rows_of(ensemble: Ensemble, untouched: Ensemble, window: float) -> list[Row]:
    """A row for each outcome that is asked for within the window."""
    found, before = _by_outcome(ensemble, window), _by_outcome(untouched, window)
    return [
        Row(
            name,
            str(row["label"]),
            float(row["probability"]),
            float(row["mc_low"]),
            float(row["mc_high"]),
            int(row["n"]),
            *(float(before.get(name, {}).get(column, math.nan)) for column in ("probability", "mc_high")),
        )
        for name, row in found.items()
    ]


def _by_outcome(ensemble: Ensemble, window: float) -> Mapping[str, Mapping[str, Any]]:
    """Outcome -> its row of the table, in the order of the scenario."""
    table = ensemble.probabilities
    rows: Any = {row["outcome"]: row for row in table[table["window_days"] == window].to_dict("records")}
    return {one.id: rows[one.id] for one in ensemble.scenario.outcomes if one.id in rows}
