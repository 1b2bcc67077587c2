"""Does the plain Mesa model agree with the shipped engine? Every outcome's probability and the number of acts, as z.

Both sides have luck of their own, so their shares differ by chance: |z| stays below 4 where they run the same theory.
With `--same-luck` both get the very same draws (see `same_luck`), and every act must be equal.

    python benchmarks/check_peers.py [CASE ...] [--replicates 2000] [--seed 0] [--same-luck]
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mesa_peer
import numpy as np
import same_luck
import worlds

from escalation_sim import world as w
from escalation_sim.drivers import ensemble
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.to_arrays import Compiler

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
LIMIT = 4.0
ROW = "{:<28}{:<32}{:>9}{:>9}{:>8}\n"


def cases() -> Iterator[tuple[str, w.Setup, tuple[str, ...]]]:
    """Name, arrays at the medians and outcomes of each shipped scenario and of two made-up worlds."""
    for path in sorted(SCENARIOS.glob("*.yaml")):
        compiler = Compiler(resolve(load(path)))
        yield path.stem, compiler.setup(), compiler.names.outcomes
    for seed in range(2):
        compiler = Compiler(worlds.scenario(13, 52, seed=seed))
        yield f"world of 13, seed {seed}", compiler.setup(), compiler.names.outcomes


def z_of_shares(p: float, n: int, q: float, m: int) -> float:
    """Two-sample z of two shares.

    >>> round(z_of_shares(0.5, 100, 0.4, 100), 3)
    1.421
    """
    pooled = (p * n + q * m) / (n + m)
    error = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    return (p - q) / error if error > 0.0 else 0.0


def z_of_means(x: list[int], y: list[int]) -> float:
    """Two-sample z of two means."""
    error = math.sqrt(float(np.var(x)) / len(x) + float(np.var(y)) / len(y))
    return float(np.mean(x) - np.mean(y)) / error if error > 0.0 else 0.0


def compare(name: str, setup: w.Setup, outcomes: tuple[str, ...], replicates: int, seed: int = 0) -> float:
    """Print one case; its largest |z|. The engine runs four times as many replicates, which makes the test sharper."""
    ensemble.run(lambda _: setup, 1, 2, seed, jobs=1)  # compiles
    began = time.perf_counter()
    tally = ensemble.run(lambda _: setup, 1, 4 * replicates, seed, jobs=1)
    between = time.perf_counter()
    plan = mesa_peer.build(setup)
    days, acts = [], []
    for replicate in range(replicates):
        model = mesa_peer.run(plan, seed * 1_000_000 + replicate)
        days.append([outcome.day >= 0.0 for outcome in model.outcomes])
        acts.append(len(model.acts))
    ended = time.perf_counter()
    engine, peer = (tally.outcome_day >= 0).mean(axis=0), np.mean(days, axis=0)
    worst = 0.0
    for outcome, p, q in zip(outcomes, peer, engine, strict=True):
        z = z_of_shares(float(p), replicates, float(q), 4 * replicates)
        sys.stdout.write(ROW.format(name, outcome, f"{q:.4f}", f"{p:.4f}", f"{z:.2f}"))
        worst = max(worst, abs(z))
    z = z_of_means(acts, tally.acts.tolist())
    sys.stdout.write(
        ROW.format(name, "mean number of acts", f"{tally.acts.mean():.1f}", f"{np.mean(acts):.1f}", f"{z:.2f}")
    )
    rates = (4 * replicates * setup.n_ticks / (between - began), replicates * setup.n_ticks / (ended - between))
    sys.stdout.write(ROW.format(name, "replicate-ticks a second", *(f"{rate:,.0f}" for rate in rates), "") + "\n")
    sys.stdout.flush()
    return max(worst, abs(z))


def main() -> int:
    """Run all cases; 1 if any disagrees."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", help="beginnings of the names of cases; all if none is given")
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--same-luck", action="store_true", help="compare single replicates act by act instead")
    given = parser.parse_args()
    asked = [case for case in cases() if case[0].startswith(tuple(given.case or [""]))]
    if given.same_luck:
        different = sum(same_luck.compare(name, setup, given.replicates, given.seed) for name, setup, _ in asked)
        return 1 if different else 0
    sys.stdout.write(ROW.format("case", "outcome", "engine", "mesa", "z") + "\n")
    worst = max(compare(*case, given.replicates, given.seed) for case in asked)
    sys.stdout.write(f"largest |z|: {worst:.2f}, allowed: {LIMIT:g}\n")
    return 1 if worst >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
