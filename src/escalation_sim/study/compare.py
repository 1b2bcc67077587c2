"""One scenario and alternatives to it, on the same parameter draws and the same luck."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Outcome, Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.ensemble import Ensemble, Size, run_ensemble

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
    size: Size = Size(),  # noqa: B008 (a tuple cannot be changed)
    progress: Callable[[int], object] = lambda done: None,
) -> Comparison:
    """Run a scenario and alternatives to it under common random numbers.

    Replicate r of each uses the same draw of the parameters and the same luck, by the names of states, events and
    numbers. `progress` is called with the replicates just finished, of (1 + number of alternatives) x replicates.

    Raises
    ------
    ComparisonError
        If an alternative shares no outcome with the baseline, or means another thing by the same id.
    CostError
        As from `run_ensemble`.

    >>> from escalation_sim import load
    >>> starter = load("library:starter")
    >>> found = compare(starter, {"itself": starter}, Size(replicates=20, parameters=2)).differences()
    >>> float(found["difference"].abs().max()), float(found["mc_high"].max())
    (0.0, 0.0)
    """
    first = resolve(baseline)
    wholes = {name: resolve(scenario) for name, scenario in alternatives.items()}
    for name, whole in wholes.items():
        shared_outcomes(first, whole, name)
    start = run_ensemble(first, *size, progress)
    return Comparison(start, {name: _light(run_ensemble(whole, *size, progress)) for name, whole in wholes.items()})


def _light(ensemble: Ensemble) -> Ensemble:
    """The ensemble without its chains of acts, which take most of its memory and are not compared."""
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
    same = np.array_equal(first, second) and _compute_alike(baseline, other)
    return difference_table(first, second, baseline.draw_index, questions, same)


def _days(ensemble: Ensemble, outcomes: list[str]) -> Any:
    """Days of first occurrence, a column per outcome asked for."""
    return ensemble.tally.outcome_day[:, [ensemble.names.outcomes.index(name) for name in outcomes]]


def _compute_alike(one: Ensemble, other: Ensemble) -> bool:
    """Whether two ensembles were computed from the same arrays, to the last bit, in every draw of the parameters."""
    compilers = [Compiler(ensemble.scenario) for ensemble in (one, other)]
    if compilers[0].names != compilers[1].names:
        return False
    draws = [parameter_draws(ensemble.scenario, ensemble.seed, ensemble.parameters) for ensemble in (one, other)]
    return all(
        all(
            np.array_equal(x, y)
            for x, y in zip(*(c.setup(d) for c, d in zip(compilers, pair, strict=True)), strict=True)
        )
        for pair in zip(*draws, strict=True)
    )
