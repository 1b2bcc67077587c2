"""One scenario and alternatives to it, on the same parameter draws and the same luck."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Outcome, Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.cost import check, cost_of
from escalation_sim.study.ensemble import PARAMETERS, REPLICATES, SEED, Ensemble, run_ensemble
from escalation_sim.world import Setup

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A baseline and what each alternative to it changed.

    Attributes
    ----------
    baseline : Ensemble
    alternatives : dict of str -> Ensemble
        By the name they were given.
    """

    baseline: Ensemble
    alternatives: dict[str, Ensemble]

    @cached_property
    def differences(self) -> pd.DataFrame:
        """A row per alternative, outcome and window; see `analysis.pairs.difference_table`."""
        import pandas as pd

        frames = []
        for name, other in self.alternatives.items():
            frame = difference(self.baseline, other)
            frame.insert(0, "variant", name)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)


def compare(
    baseline: Scenario,
    alternatives: Mapping[str, Scenario],
    replicates: int = REPLICATES,
    parameters: int = PARAMETERS,
    seed: int = SEED,
    jobs: int | None = None,
    progress: Callable[[int], object] = lambda done: None,
) -> Comparison:
    """Run a scenario and alternatives to it under common random numbers.

    Replicate r of each uses the same draw of the parameters and the same luck, by the names of states, events and
    numbers, so what differs comes from what was changed. (Seven parameters: two more than `run_ensemble` needs.)

    Parameters
    ----------
    baseline : Scenario
    alternatives : mapping of str -> Scenario
        By any names, such as {"no soldiers": load(file, variants=["no_deployment"])}.
    replicates, parameters, seed, jobs
        Of each, as in `run_ensemble`.
    progress : callable
        Called with the replicates just finished, of (1 + number of alternatives) x replicates.

    Returns
    -------
    Comparison
        `differences` has a row per alternative, outcome and window: both probabilities, their difference (in [-1, 1])
        with its Monte-Carlo 95 % and parameter 90 % interval, the ratio, and how many replicates gained and lost it.

    Raises
    ------
    ComparisonError
        If an alternative shares no outcome with the baseline, or means another thing by the same id.
    CostError
        As from `run_ensemble`.

    >>> from escalation_sim import load
    >>> starter = load("library:starter")
    >>> found = compare(starter, {"itself": starter}, replicates=20, parameters=2).differences
    >>> float(found["difference"].abs().max()), float(found["mc_high"].max())
    (0.0, 0.0)
    """
    first = resolve(baseline)
    wholes = {name: resolve(scenario) for name, scenario in alternatives.items()}
    for name, whole in wholes.items():
        shared_outcomes(first, whole, name)
    check(cost_of(Compiler(first), replicates, parameters).times(1 + len(wholes)))
    return beside(run_ensemble(first, replicates, parameters, seed, jobs, progress), wholes, jobs, progress)


def beside(
    baseline: Ensemble,
    alternatives: Mapping[str, Scenario],
    jobs: int | None = None,
    progress: Callable[[int], object] = lambda done: None,
) -> Comparison:
    """Resolved alternatives to an ensemble that has been run, of its size and under its luck; see `compare`.

    An alternative that asks and computes the same as the baseline is not run: it comes out the same.
    """
    first = baseline.scenario
    luck = baseline.replicates, baseline.parameters, baseline.seed, jobs, progress
    found = {}
    for name, whole in alternatives.items():
        asks_alike = whole.outcomes == first.outcomes  # else other days are counted
        if asks_alike and compute_alike(first, whole, baseline.seed, baseline.parameters):
            progress(baseline.replicates)
            found[name] = _light(dataclasses.replace(baseline, scenario=whole))
        else:
            found[name] = _light(run_ensemble(whole, *luck))
    return Comparison(baseline, found)


def _light(ensemble: Ensemble) -> Ensemble:
    """The ensemble without its chains of acts, which take much of its memory and are not compared."""
    return dataclasses.replace(ensemble, tally=ensemble.tally._replace(chains=ensemble.tally.chains[:0].copy()))


def shared_outcomes(baseline: Scenario, other: Scenario, name: str) -> list[tuple[Outcome, list[float]]]:
    """Outcomes that two resolved scenarios both ask for, with the windows that both have.

    Raises
    ------
    ComparisonError
        If there are none, or if one id stands for two things.
    """
    theirs = {outcome.id: outcome for outcome in other.outcomes}
    shared = []
    for outcome in baseline.outcomes:
        if outcome.id not in theirs:
            continue
        if outcome.resolution != theirs[outcome.id].resolution:
            raise ComparisonError(
                f"{name}: outcome '{outcome.id}' has another resolution rule than in the baseline; the same id must "
                "mean the same, so rename one of the two"
            )
        windows = [days for days in outcome.windows or () if days in (theirs[outcome.id].windows or ())]
        if windows:
            shared.append((outcome, windows))
    if not shared:
        raise ComparisonError(f"{name}: no outcome with a common id and window; compare scenarios that ask the same")
    return shared


def difference(baseline: Ensemble, other: Ensemble) -> pd.DataFrame:
    """How much likelier each shared outcome is in `other`; see `analysis.pairs.difference_table`."""
    from escalation_sim.analysis.pairs import difference_table

    shared = shared_outcomes(baseline.scenario, other.scenario, other.scenario.id)
    questions = [
        {"id": outcome.id, "label": outcome.label, "kind": outcome.kind, "windows": windows}
        for outcome, windows in shared
    ]
    first, second = (_days(ensemble, [outcome.id for outcome, _ in shared]) for ensemble in (baseline, other))
    luck = baseline.seed, baseline.parameters
    same = np.array_equal(first, second) and compute_alike(baseline.scenario, other.scenario, *luck)
    return difference_table(first, second, baseline.draw_index, questions, same)


def _days(ensemble: Ensemble, outcomes: list[str]) -> Any:
    """Days of first occurrence, a column per outcome asked for."""
    return ensemble.tally.outcome_day[:, [ensemble.names.outcomes.index(name) for name in outcomes]]


def compute_alike(one: Scenario, other: Scenario, seed: int, parameters: int) -> bool:
    """Whether two resolved scenarios give the same arrays, to the last bit, in every draw of the parameters.

    >>> from escalation_sim import load, resolve
    >>> starter = resolve(load("library:starter"))
    >>> compute_alike(starter, starter, seed=1, parameters=2)
    True
    """
    compilers = [Compiler(scenario) for scenario in (one, other)]
    if compilers[0].names != compilers[1].names or not _equal(*(compiler.setup() for compiler in compilers)):
        return False  # told at the medians already, before any draw is made
    draws = [parameter_draws(scenario, seed, parameters) for scenario in (one, other)]
    return all(
        _equal(*(compiler.setup(draw) for compiler, draw in zip(compilers, pair, strict=True)))
        for pair in zip(*draws, strict=True)
    )


def _equal(one: Setup, other: Setup) -> bool:
    pairs: Iterable[tuple[Any, Any]] = zip(one, other, strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)
