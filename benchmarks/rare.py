"""Splitting against counting: do they agree, and how many simulated ticks does splitting save?

Cases are outcomes of the shipped scenarios under single draws of their parameters, in the order of the files, whose
probability lies in the range asked for. Both estimates are for the longest window. A case's gain is the number of ticks
that counting would need for the relative error that splitting reached, over the ticks that splitting took.

    python benchmarks/rare.py agree      # 20 cases of 0.1 to 5 %: z between both
    python benchmarks/rare.py gain       # the rarest outcomes of the article's scenario: ticks for a relative error
    python benchmarks/rare.py chain      # made-up crises with known probabilities from 1e-3 down to 1e-9
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tables import written

from escalation_sim import load
from escalation_sim.draws import BRANCHES, key_schedule
from escalation_sim.drivers import ensemble, splitting
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler

ROOT = Path(__file__).parents[1]
HEAD = f"{{:20}} {'probability':>11} {'rel. error':>10} {'ticks':>12} {'counting, ticks':>16} {'gain':>8}"
NORTH_KOREA = ROOT / "scenarios" / "north-korea-troops-2024.yaml"


class Split(NamedTuple):
    """An estimate by splitting: its mean, standard error, ticks, and number of levels."""

    mean: float
    error: float
    ticks: int
    levels: int


def split(
    compiler: Compiler, values: dict[str, float] | None, outcome: str, window: float, size: tuple[int, int]
) -> Split:
    """`size` is (repetitions, trajectories a stage)."""
    place, keys = compiler.names.outcomes.index(outcome), key_schedule(1, BRANCHES)
    course = splitting.Course(compiler.setup(values), keys, place, window)
    levels = splitting.choose_levels([course], max(500, size[1]))
    found = [splitting.repeat(course, levels, size[1], number) for number in range(1, size[0] + 1)]
    estimates = np.array([one.weight * len(one.days) for one in found])
    return Split(estimates.mean(), estimates.std(ddof=1) / math.sqrt(size[0]), course.ticks, len(levels))


def windows(scenario: Scenario) -> dict[str, float]:
    """Longest window of each outcome, in days."""
    return {outcome.id: max(outcome.windows or ()) for outcome in scenario.outcomes}


def cases(n: int, low: float, high: float) -> Iterator[tuple[str, Compiler, dict[str, float], str, float, int]]:
    """(file, compiled scenario, draw, outcome, window, count of n) of outcomes whose counted share lies in a range."""
    for draw in range(3):
        for file in sorted((ROOT / "scenarios").glob("*.yaml")):
            compiler = Compiler(resolve(load(file)))
            values = parameter_draws(compiler.scenario, 1, 3)[draw]
            setup = compiler.setup(values)
            days = ensemble.run(lambda _, setup=setup: setup, 1, n, seed=99, jobs=1).outcome_day
            for place, (outcome, window) in enumerate(sorted(windows(compiler.scenario).items())):
                place = compiler.names.outcomes.index(outcome)
                count = int(((days[:, place] >= 0) & (days[:, place] <= window)).sum())
                if low <= count / n <= high:
                    yield f"{file.stem} {draw}", compiler, values, outcome, window, count


def agree(n: int = 40_000, most: int = 20) -> Iterator[str]:
    """Lines of a table: both estimates and the standard errors between them."""
    yield f"{'scenario, draw':30} {'outcome':28} {'counting':>9} {'splitting':>9} {'rel. error':>10} {'z':>6}"
    for number, (file, compiler, values, outcome, window, count) in enumerate(cases(n, 1e-3, 5e-2)):
        if number == most:
            return
        one, share = split(compiler, values, outcome, window, (40, 100)), count / n
        z = (one.mean - share) / math.hypot(one.error, math.sqrt(share * (1 - share) / n))
        yield f"{file:30} {outcome:28} {share:9.5f} {one.mean:9.5f} {one.error / one.mean:10.3f} {z:6.2f}"


def gain(names: tuple[str, ...] = ("nato-russia-war", "article-5", "nuclear-use", "world-war")) -> Iterator[str]:
    """Lines of a table: what splitting saves on rare outcomes of the article's scenario, parameters at their middle."""
    compiler = Compiler(resolve(load(NORTH_KOREA)))
    yield HEAD.format("outcome")
    for name in names:
        window = windows(compiler.scenario)[name]
        yield _saved(name, split(compiler, None, name, window, (60, 200)), math.ceil(window / compiler.scenario.tick))


def _saved(name: str, one: Split, n_ticks: int, exact: float | None = None) -> str:
    p, relative = exact or one.mean, one.error / one.mean
    counting = (1.0 - p) / p / relative**2 * n_ticks
    told = f"{name:20} {one.mean:11.3g} {relative:10.3f} {one.ticks:12,} {counting:16,.0f} {counting / one.ticks:8,.0f}"
    return told if exact is None else f"{told}   exact {exact:.4g}, z {(one.mean - exact) / one.error:.2f}"


def chain(ticks: int = 52) -> Iterator[str]:
    """Lines of a table: two steps that must follow each other; the probability is known exactly."""
    yield HEAD.format("chance of a step")
    for step in (10**-1.5, 1e-2, 1e-3, 10**-3.5, 10**-4.5):
        compiler = Compiler(_two_steps(step, ticks))
        one = split(compiler, None, "struck", 7.0 * ticks, (100, 200))
        first = [step * (1 - step) ** t for t in range(ticks)]
        exact = math.fsum(a * -math.expm1((ticks - 1 - t) * math.log1p(-(step**2))) for t, a in enumerate(first))
        yield _saved(f"{step:.2g}", one, ticks, exact)


def _two_steps(step: float, ticks: int) -> Scenario:
    """A crisis in which A protests with a chance, and strikes with that chance in a later protest."""
    odds, shut = math.log(step / (1 - step)), {"intercept": -60.0}
    protest = {"act": {"by": "AAA", "toward": "BBB", "at_least": "protest"}}
    struck = {"act": {"by": "AAA", "at_least": "strike"}}
    outcome = {"id": "struck", "label": "struck", "kind": "vertical", "resolution": "A strikes.", "when": [struck]}
    blocks = {
        "format_version": 1,
        "id": "two-steps",
        "title": "Two steps",
        "start": "2024-10-24",
        "horizon": f"{7 * ticks} days",
        "ladder": [
            {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
            {"id": "protest", "label": "p", "severity": 0.1, "hostility_level": 1, "memory": 0.5},
            {"id": "strike", "label": "s", "severity": 0.6, "hostility_level": 4},
        ],
        "coefficients": {
            "initiative": {"protest": {"intercept": odds}, "strike": shut},
            "reply": {"protest": shut, "strike": shut},
            "war_end": shut,
            "memory": {"fast": 2.0, "slow": 20.0, "worst": 26.0},
            "frailty_sd": 0.0,
        },
        "states": [{"id": name, "capability": 0.1} for name in ("AAA", "BBB")],
        "rivalries": [{"between": ["AAA", "BBB"]}],
        "rules": [{"id": "again", "actor": "AAA", "toward": "BBB", "when": [protest], "then": {"strike": odds + 60.0}}],
        "outcomes": [outcome],
    }
    return Scenario.model_validate(blocks)


if __name__ == "__main__":
    written({"agree": agree, "gain": gain, "chain": chain}, "rare", __doc__)
