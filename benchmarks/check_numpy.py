"""Compare the NumPy peer with the simulation: every outcome's probability, at each quarter of the horizon; and speed.

Usage: PYTHONPATH=src python benchmarks/check_numpy.py [replicates]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numpy_peer import simulate

from escalation_sim.drivers.ensemble import run
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.to_arrays import Compiler

SCENARIOS = ("north-korea-troops-2024", "cuban-missile-crisis-1962", "july-1914", "kargil-1999")
LIMIT = 4.0
QUARTERS = (1.0, 0.25, 0.5, 0.75)


def say(line=""):
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def z_score(ours, theirs):
    """Two-sample z of two arrays of truth values; 0 where both are constant and equal."""
    p, q, n, m = ours.mean(), theirs.mean(), len(ours), len(theirs)
    pooled = (p * n + q * m) / (n + m)
    spread = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    return (p - q) / spread if spread > 0.0 else 0.0


def both(name, setup, n):
    """Days of the outcomes by the simulation and by the peer, each on one thread; prints how fast either was."""
    run(lambda draw: setup, 1, 2)  # compile
    simulate(setup, 2, 0)
    began = time.perf_counter()
    shipped = run(lambda draw: setup, 1, n, seed=1).outcome_day
    middle = time.perf_counter()
    peer = simulate(setup, n, 2)
    ended = time.perf_counter()
    ticks = n * setup.n_ticks
    say(f"\n{name}: {n} replicates of {setup.n_ticks} ticks")
    say(f"replicate-ticks a second: shipped {ticks / (middle - began):,.0f}, NumPy {ticks / (ended - middle):,.0f}")
    return shipped, peer


def compare(name, n):
    """Print the table of a scenario; the largest |z| in it."""
    compiler = Compiler(resolve(load(str(Path(__file__).parent.parent / "scenarios" / f"{name}.yaml"))))
    setup = compiler.setup()
    shipped, peer = both(name, setup, n)
    say(f"{'outcome':36}{'shipped':>9}{'NumPy':>9}{'z':>7}{'z at 1/4':>10}{'at 1/2':>9}{'at 3/4':>9}")
    worst, horizon = 0.0, setup.n_ticks * setup.tick_days
    for o, outcome in enumerate(compiler.names.outcomes):
        came = [[(day[:, o] >= 0) & (day[:, o] < share * horizon) for day in (peer, shipped)] for share in QUARTERS]
        z = [z_score(*pair) for pair in came]
        worst = max(worst, *map(abs, z))
        p, q = came[0][1].mean(), came[0][0].mean()
        say(f"{outcome:36}{p:9.4f}{q:9.4f}{z[0]:7.2f}{z[1]:10.2f}{z[2]:9.2f}{z[3]:9.2f}")
    return worst


def main():
    """Print all tables; exit with 1 if anything is too far off."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    worst = max([compare(name, n) for name in SCENARIOS])
    say(f"\nlargest |z|: {worst:.2f} (limit {LIMIT})")
    sys.exit(int(worst >= LIMIT))


if __name__ == "__main__":
    main()
